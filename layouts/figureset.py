"""The figures of a watershed as layouts of a project: which can be drawn, their layers, their sheets."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsLayoutItemMap,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core.errors import InputError, Problem
from ..core.standard import Edition
from ..layers.crs import output_crs
from ..layers.opened import open_again
from ..layers.roles import clear_role
from .compose import Inset, Page, View, compose
from .content import Figure, drawings
from .drawings import Easel, contour_step, draw, height_range
from .freshness import state_of
from .measures import quantities
from .sheet import Sheet, best_sheet, fitting_scale
from .sources import Sources
from .tables import Table, evaluation_table, measures_table, place_table
from .titleblock import TitleBlock

DRAWN = "qingliu/figure"
DATA, EDITION = "qingliu/data", "qingliu/edition"
GROUP = "图件图层"
INSETS = (("townships", "inset_townships"), ("admin_villages", "inset_admin"))
LEAST_AROUND = 1.1  # times the watershed's width or height, else an inset tells nothing


class Wish(NamedTuple):
    """How the figures are to be: ``scale`` 0 chooses it; ``block`` are title-block fields; ``numbered``
    the lead of the figures' numbers."""

    paper: str
    scale: float
    font: str
    block: Mapping[str, str]
    numbered: str
    facts: Sequence[tuple[str, str]] = ()


class Ground(NamedTuple):
    """Where the watershed lies, in the maps' CRS (metric)."""

    crs: QgsCoordinateReferenceSystem
    extent: QgsRectangle
    area_km2: float
    outline: QgsGeometry | None = None


class Made(NamedTuple):
    """A figure with its layout, the parts left alone, and warnings."""

    figure: Figure
    layout: QgsPrintLayout
    kept: list[str]
    warnings: list[Problem]


def missing_roles(figure: Figure, sources: Sources) -> list[str]:
    """Roles without which the figure would be an empty map."""
    lacks = [role for role in figure.needs if role not in sources.layers]
    if figure.needs_any and not any(role in sources.layers for role in figure.needs_any):
        lacks.append(" | ".join(figure.needs_any))
    return lacks


def ground_of(sources: Sources) -> tuple[Ground, list[Problem]]:
    """The watershed's place; warnings of the CRS. Raises InputError QL-FIG-NOBOUNDARY, QL-CRS-*."""
    found = sources.layers.get("boundary")
    if not found:
        raise InputError("QL-FIG-NOBOUNDARY")
    layer = found[0]
    place = output_crs(layer.crs(), layer.extent(), layer.name(), "BOUNDARY")
    transform = QgsCoordinateTransform(layer.crs(), place.crs, QgsProject.instance().transformContext())
    extent, area, parts = QgsRectangle(), 0.0, []
    for feature in layer.getFeatures():
        geometry = QgsGeometry(feature.geometry())
        geometry.transform(transform)
        extent.combineExtentWith(geometry.boundingBox())
        area += geometry.area()
        parts.append(geometry)
    if extent.isEmpty():
        raise InputError("QL-FIG-NOBOUNDARY")
    return Ground(place.crs, extent, area / 1e6, QgsGeometry.collectGeometry(parts)), place.warnings


def drop_elsewhere(sources: Sources, ground: Ground) -> list[Problem]:
    """Take out layers that lie wholly beside the watershed, tables excepted; a warning for each."""
    warnings = []
    transforms = QgsProject.instance().transformContext()
    for role, layers in list(sources.layers.items()):
        kept = []
        for layer in layers:
            if not layer.isSpatial():
                kept.append(layer)
                continue
            transform = QgsCoordinateTransform(ground.crs, layer.crs(), transforms)
            if transform.transformBoundingBox(ground.extent).intersects(layer.extent()):
                kept.append(layer)
            else:
                warnings.append(Problem("QL-FIG-ELSEWHERE", {"role": role, "layer": layer.name()}))
        if kept:
            sources.layers[role] = kept
        else:
            del sources.layers[role]
    return warnings


class Studio:
    """Makes the figures of one watershed in one project."""

    def __init__(
        self, project: QgsProject, sources: Sources, edition: Edition, ground: Ground, wish: Wish
    ) -> None:
        self.project, self.sources, self.edition = project, sources, edition
        self.ground, self.wish = ground, wish
        self._drawn: dict[str, list[QgsMapLayer]] = {}
        self._states: dict[str, str] = {}
        self._heights = self._height_range()

    def make(self, figure: Figure) -> Made:
        """The figure's layout, new or brought up to date."""
        warnings: list[Problem] = []
        sheet, scale = self._sheet(figure, warnings)
        layers, legend = self._layers(figure, sheet, warnings)
        page = Page(self._layout(figure), figure, sheet, self.wish.font)
        centre = self.ground.extent.center()
        view = View(
            layers,
            legend,
            self.ground.crs,
            (centre.x(), centre.y()),
            scale,
            self._inset(figure, sheet, warnings),
        )
        chart = compose(page, view, self._block(figure, scale, page), self._notes(figure))
        self._tables(page, figure)
        page.keeper.finish()
        if chart is not None:
            page.layout.setReferenceMap(chart)
            page.layout.setCustomProperty(DATA, self._data(chart))
        page.layout.setCustomProperty(EDITION, self.edition.header.id)
        return Made(figure, page.layout, page.keeper.kept, [*warnings, *page.warnings])

    def _sheet(self, figure: Figure, warnings: list[Problem]) -> tuple[Sheet, float]:
        width, height = self.ground.extent.width(), self.ground.extent.height()
        split = bool(figure.table or figure.facts)
        sheet, scale = best_sheet(self.wish.paper, width, height, split, figure.wider)
        if not self.wish.scale:
            return sheet, scale
        needed = fitting_scale(width, height, sheet.map, 1.0)
        if self.wish.scale < needed:
            facts = {"scale": f"{self.wish.scale:g}", "needed": f"{needed:g}", "paper": sheet.paper}
            warnings.append(Problem("QL-FIG-CUT", {"figure": figure.zh, **facts}))
        return sheet, self.wish.scale

    def ground_layers(self, figure: Figure, sheet: Sheet) -> tuple[list[QgsMapLayer], list[Problem]]:
        """The layers of a map that is laid out elsewhere, top first; warnings."""
        warnings: list[Problem] = []
        return self._layers(figure, sheet, warnings)[0], warnings

    # -- layers --------------------------------------------------------------
    def _layers(
        self, figure: Figure, sheet: Sheet, warnings: list[Problem]
    ) -> tuple[list[QgsMapLayer], list[QgsMapLayer]]:
        """The map's layers and those of the legend, top first."""
        shown: list[QgsMapLayer] = []
        legend = []
        for key in figure.layers:
            if drawing_of(key).clip:
                shown += self._draw("mask", sheet, warnings)
            for layer in self._draw(key, sheet, warnings):
                shown.append(layer)
                if drawing_of(key).legend:
                    legend.append(layer)
        return shown, legend

    def _data(self, chart: QgsLayoutItemMap) -> str:
        """What the map's layers are like now, a line for each that we drew."""
        lines = []
        for layer in chart.layers():
            name = str(layer.customProperty(DRAWN) or "")
            if name and layer.isValid():
                if layer.id() not in self._states:
                    self._states[layer.id()] = state_of(layer)
                lines.append(f"{name} {self._states[layer.id()]}")
        return "\n".join(lines)

    def _inset(self, figure: Figure, sheet: Sheet, warnings: list[Problem]) -> Inset | None:
        """The watershed in what lies around it, where a layer of townships or villages reaches beyond it."""
        if "place" in figure.layers:
            return None  # this figure shows the place itself
        for role, key in INSETS:
            around = self._reach(role)
            if around is not None:
                layers = [
                    *self._draw("inset_place", sheet, warnings),
                    *self._draw(key, sheet, warnings),
                ]
                return Inset(layers, around)
        return None

    def _reach(self, role: str) -> QgsRectangle | None:
        """Extent of a role's layers in the maps' CRS; None where it shows hardly more than the watershed."""
        found = QgsRectangle()
        transforms = QgsProject.instance().transformContext()
        for layer in self.sources.layers.get(role, []):
            transform = QgsCoordinateTransform(layer.crs(), self.ground.crs, transforms)
            found.combineExtentWith(transform.transformBoundingBox(layer.extent()))
        here = self.ground.extent
        wider = max(found.width() / here.width(), found.height() / here.height())
        return found if wider >= LEAST_AROUND else None

    def _draw(self, key: str, sheet: Sheet, warnings: list[Problem]) -> list[QgsMapLayer]:
        if key in self._drawn:
            return self._drawn[key]
        drawing = drawing_of(key)
        easel = Easel(
            self.wish.font,
            sheet.size,
            self.edition,
            self.sources.fields,
            self.ground.extent,
            self._heights,
            self.ground.outline,
            self.ground.crs,
        )
        found = []
        sources = sorted(self.sources.layers.get(drawing.role, []), key=_depth)
        for number, source in enumerate(sources):
            layer, fresh = self._own(source, f"{key}/{number}", drawing.zh)
            if fresh:
                warnings += draw(layer, drawing, easel)
            found.append(layer)
        self._drawn[key] = found
        return found

    def _own(self, source: QgsMapLayer, name: str, title: str) -> tuple[QgsMapLayer, bool]:
        """The project's layer for a drawing; one that was there keeps its looks, the designer's too."""
        for layer in self.project.mapLayers().values():
            if layer.customProperty(DRAWN) == name:
                if layer.source() != source.source() and source.providerType() != "memory":
                    layer.setDataSource(source.source(), layer.name(), source.providerType())
                    return layer, True
                return layer, False
        made = open_again(source, title)
        clear_role(made)
        made.setCustomProperty(DRAWN, name)
        self.project.addMapLayer(made, False)
        root = self.project.layerTreeRoot()
        group = root.findGroup(GROUP)
        if group is None:
            group = root.addGroup(GROUP)
            group.setItemVisibilityChecked(False)
            group.setExpanded(False)
        group.addLayer(made)
        return made, True

    def _height_range(self) -> tuple[float, float] | None:
        found = self.sources.layers.get("dem")
        if not found or not isinstance(found[0], QgsRasterLayer):
            return None
        transforms = QgsProject.instance().transformContext()
        transform = QgsCoordinateTransform(self.ground.crs, found[0].crs(), transforms)
        low, high = height_range(found[0], transform.transformBoundingBox(self.ground.extent))
        return (low, high) if -1000 < low <= high < 10_000 else None  # no valid cell there

    # -- texts ---------------------------------------------------------------
    def _layout(self, figure: Figure) -> QgsPrintLayout:
        """The layout of a figure, by its property and not by its name."""
        manager = self.project.layoutManager()
        for layout in manager.printLayouts():
            if layout.customProperty(DRAWN) == figure.key:
                return layout
        layout = QgsPrintLayout(self.project)
        layout.initializeDefaults()
        layout.setCustomProperty(DRAWN, figure.key)
        taken = {other.name() for other in manager.printLayouts()}
        name = f"{figure.number:02d} {figure.zh}"
        while name in taken:
            name += "*"
        layout.setName(name)
        manager.addLayout(layout)
        return layout

    def _block(self, figure: Figure, scale: float, page: Page) -> TitleBlock:
        chart = page.keeper.look("map")
        if isinstance(chart, QgsLayoutItemMap) and page.keeper.is_touched("map"):
            scale = chart.scale()
        number = f"{self.wish.numbered}{figure.number:02d}"
        return TitleBlock(figure=figure.zh, number=number, scale=f"1:{scale:.0f}", **self.wish.block)

    def _notes(self, figure: Figure) -> str:
        if figure.required_by:
            status = f"本图按 {self.edition.header.number} 第 {figure.required_by} 条要求绘制。"
        else:
            status = "本图为惯例图件，规范未要求。"
        lines = [
            f"说明：{status}",
            f"坐标系 {self.ground.crs.authid() or ''} {self.ground.crs.description()}，方里网注记单位 km。",
        ]
        if "contours" in figure.layers and self._heights:
            lines.append(f"等高距 {contour_step(self._heights)} m。")
        if figure.table == "measures":
            lines.append("图中数字为表 B.1 措施序号；面状措施实线框为已建，虚线框为规划。")
        if figure.table == "evaluation":
            lines.append("自评结果，认定由水行政主管部门作出（3.0.8）。")
        lines.append("符号为本插件样式，参照 SL 73.6，未经核对。")
        lines.append(self.edition.header.status_zh or "")
        return "\n".join(line for line in lines if line)

    # -- tables --------------------------------------------------------------
    def _tables(self, page: Page, figure: Figure) -> None:
        box = page.sheet.table
        for table in self._wanted_tables(figure):
            bottom = place_table(page, table, box)
            box = box._replace(y=bottom + 3, height=box.bottom - bottom - 3)

    def _wanted_tables(self, figure: Figure) -> Iterator[Table]:
        if figure.facts:
            rows = [*self.wish.facts, ("流域面积", f"{self.ground.area_km2:.2f} km²"), *self._more_facts()]
            yield Table("facts", ("项目", "内容"), rows, (0.4, 0.6))
        if figure.table == "measures":
            layers = [x for x in self.sources.layers.get("measures", []) if isinstance(x, QgsVectorLayer)]
            yield measures_table(quantities(layers, self.edition, self.ground.crs))
        if figure.table == "evaluation":
            yield evaluation_table(self.sources.layers["evaluation"][0], self.edition)

    def _more_facts(self) -> Iterator[tuple[str, str]]:
        if self._heights:
            yield "高程范围", f"{self._heights[0]:.0f}～{self._heights[1]:.0f} m"
        for role, name, unit in (("channels", "沟（河）道", "条"), ("villages", "自然村", "个")):
            found = self.sources.layers.get(role)
            if found:
                yield name, f"{sum(layer.featureCount() for layer in found)} {unit}"


def drawing_of(key: str) -> Any:
    """The drawing ``key``; a figure's own layer that has none is drawn by a single symbol."""
    from .content import Drawing

    return drawings().get(key) or Drawing(key, key, key)


def _depth(layer: QgsMapLayer) -> int:
    """Points before lines before areas."""
    kind = QgsWkbTypes.GeometryType
    order = [kind.PointGeometry, kind.LineGeometry, kind.PolygonGeometry]
    if not isinstance(layer, QgsVectorLayer) or layer.geometryType() not in order:
        return len(order)
    return order.index(layer.geometryType())
