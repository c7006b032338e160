"""The printed field map series (4.1.3): one atlas layout, a page for each sheet or part of a sheet.

The layout is worked on as the plan figures are: what the designer changed by hand stays and is listed.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, TypeVar

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsLayout,
    QgsLayoutItem,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemMapGrid,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutObject,
    QgsLayoutSize,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsLineSymbol,
    QgsPrintLayout,
    QgsProject,
    QgsProperty,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QColor

from ..core.data import RESOURCES
from ..core.errors import Problem
from ..layers.fieldmarks import DIRECTIONS
from .compose import MM, Page, extent_at, literal, put
from .content import Figure
from .drawings import text_format
from .fieldmaps_layers import FieldLayers
from .fieldmaps_sheet import FieldSheet
from .figureset import DRAWN
from .legend import SMALLEST, paint_once, settle
from .sheet import GAP, Box, grid_interval

KEY, TITLE = "fieldmaps", "外业调查图"
SIGNATURES = ("调查人", "记录人", "检查人", "调查日期")
LEGEND_SIZES = (7.5, 7.0, 6.5, 6.0, 5.5, SMALLEST)  # points
_WRITING = 30.0  # mm, the least room to write in
_NUMBER_WIDTH = 10 * 0.64 * 0.3528  # mm of a sheet number in letters of one point
ItemKind = TypeVar("ItemKind", bound=QgsLayoutItem)
FIGURE = Figure(KEY, TITLE, "Field map", 0, "4.1.3", (), ())


class Series(NamedTuple):
    """What the series shows: name of the watershed, CRS, scale, a first centre, font, general notes."""

    project: str
    crs: QgsCoordinateReferenceSystem
    scale: float
    centre: tuple[float, float]
    font: str
    notes: str


class MadeSeries(NamedTuple):
    """The layout, the parts left alone, and warnings."""

    layout: QgsPrintLayout
    kept: list[str]
    warnings: list[Problem]


def make_series(project: QgsProject, sheet: FieldSheet, layers: FieldLayers, series: Series) -> MadeSeries:
    """The atlas layout of the series in ``project``, new or brought up to date."""
    layout = _layout(project)
    page = Page(layout, FIGURE, sheet.page, series.font)
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(sheet.page.width, sheet.page.height, MM))
    page.frame("frame", sheet.page.frame, 0.7)
    heading = f'{literal(series.project)}{TITLE}  [% "sheet" %]（[% "page" %]/[% "pages" %]）'
    page.label("title", heading, sheet.page.title, 15 * _scaled(page, sheet), bold=True, template=True)
    chart = _map(page, layers, series)
    if chart is not None:
        _bar(page, sheet, chart)
        _legend(page, sheet, layers, chart)
    _writing_room(page, sheet)
    _panel(page, sheet, series)
    _atlas(layout, layers)
    page.keeper.finish()
    if chart is not None:
        layout.setReferenceMap(chart)
    return MadeSeries(layout, page.keeper.kept, page.warnings)


def _scaled(page: Page, sheet: FieldSheet) -> float:
    """Lettering of a field map over that of a plan figure on the same paper."""
    return sheet.letters / page.sheet.size


def _new(kind: Callable[[QgsLayout], ItemKind]) -> Callable[[QgsLayout], ItemKind]:
    """Makes an item of a kind and puts it on the layout."""

    def make(layout: QgsLayout) -> ItemKind:
        item = kind(layout)
        layout.addLayoutItem(item)
        return item

    return make


def _layout(project: QgsProject) -> QgsPrintLayout:
    """The series' layout by its property, whatever the designer calls it."""
    manager = project.layoutManager()
    for layout in manager.printLayouts():
        if layout.customProperty(DRAWN) == KEY:
            return layout
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setCustomProperty(DRAWN, KEY)
    layout.setName(TITLE)
    manager.addLayout(layout)
    return layout


def _atlas(layout: QgsPrintLayout, layers: FieldLayers) -> None:
    atlas = layout.atlas()
    atlas.setEnabled(True)
    atlas.setCoverageLayer(layers.pages)
    atlas.setHideCoverage(False)
    atlas.setPageNameExpression('"tile"')
    atlas.setFilenameExpression("'fieldmap_' || \"tile\"")
    atlas.setSortFeatures(True)
    atlas.setSortExpression('"page"')


# -- the map -----------------------------------------------------------------
def _map(page: Page, layers: FieldLayers, series: Series) -> QgsLayoutItemMap | None:
    item = page.keeper.item("map", _new(QgsLayoutItemMap))
    if item is None:
        found = page.keeper.look("map")
        return found if isinstance(found, QgsLayoutItemMap) else None
    put(item, page.sheet.map)
    item.setCrs(series.crs)
    item.setLayers(list(layers.shown))
    item.setKeepLayerSet(True)
    item.setFrameEnabled(True)
    item.setBackgroundColor(QColor("#ffffff"))
    item.setExtent(extent_at(series.centre, series.scale, page.sheet.map))
    item.setAtlasDriven(True)
    item.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Fixed)
    _grid(page, item, series.scale)
    return item


def _grid(page: Page, chart: QgsLayoutItemMap, scale: float) -> None:
    """Full kilometre lines, thin, with km at all four sides: coordinates are read off in the field."""
    grid = chart.grid()
    interval = grid_interval(scale)
    grid.setEnabled(True)
    grid.setIntervalX(interval)
    grid.setIntervalY(interval)
    grid.setStyle(QgsLayoutItemMapGrid.GridStyle.Solid)
    grid.setLineSymbol(QgsLineSymbol.createSimple({"line_color": "90,90,90,130", "line_width": "0.1"}))
    grid.setFrameStyle(QgsLayoutItemMapGrid.FrameStyle.ExteriorTicks)
    grid.setFrameWidth(1.0)
    grid.setAnnotationEnabled(True)
    grid.setAnnotationFormat(QgsLayoutItemMapGrid.AnnotationFormat.CustomFormat)
    digits = 0 if interval >= 1000 else 1
    grid.setAnnotationExpression(f"to_string(round(@grid_number/1000,{digits}))")
    grid.setAnnotationTextFormat(text_format(page.font, page.points(6.5)))
    grid.setAnnotationFrameDistance(0.5)
    side, turned = QgsLayoutItemMapGrid.BorderSide, QgsLayoutItemMapGrid.AnnotationDirection
    for edge in (side.Left, side.Right):
        grid.setAnnotationDirection(turned.Vertical, edge)
    chart.updateBoundingRect()


# -- the panel ---------------------------------------------------------------
def _panel(page: Page, sheet: FieldSheet, series: Series) -> None:
    size = _scaled(page, sheet)
    _neighbours(page, sheet)
    page.label("facts", '[% "facts" %]', sheet.facts, 7 * size, centred=False, template=True)
    _code(page, sheet)
    page.label(
        "warning",
        "[% coalesce(\"note\", '') %]",
        sheet.warning,
        7 * size,
        bold=True,
        centred=False,
        frame=True,
        template=True,
    )
    count = '第 [% "page" %] 页，共 [% "pages" %] 页'
    notes = f"{count}\n{literal(series.notes)}"
    page.label("notes", notes, sheet.page.notes, 5.6 * size, centred=False, frame=True, template=True)
    _signatures(page, sheet)
    arrow = page.keeper.item("north", _new(QgsLayoutItemPicture))
    if arrow is not None:
        arrow.setPicturePath(str(RESOURCES / "figures" / "north.svg"))
        put(arrow, page.sheet.north.inner(0.5))


def _neighbours(page: Page, sheet: FieldSheet) -> None:
    """The eight sheets around, as they join."""
    size = _scaled(page, sheet)
    box, head = sheet.neighbours, 5 * sheet.letters
    page.label("neighbours", "接图表", box._replace(height=head), 7 * size, bold=True)
    width, height = box.width / 3, (box.height - head) / 3
    letters = min(0.85 * width / _NUMBER_WIDTH, 7.5 * sheet.letters) / page.sheet.size
    places = {**DIRECTIONS, "tile": (0, 0)}
    for key, (east, north) in places.items():
        cell = Box(box.x + (east + 1) * width, box.y + head + (1 - north) * height, width, height)
        text = f'[% "{key}" %]'
        page.label(f"next.{key}", text, cell, letters, bold=key == "tile", frame=True, template=True)


def _code(page: Page, sheet: FieldSheet) -> None:
    """The page's own code, from the atlas."""
    item = page.keeper.item("code", _new(QgsLayoutItemPicture))
    if item is None:
        return
    put(item, sheet.code)
    source = QgsProperty.fromExpression("coalesce(\"code\", '')")
    item.dataDefinedProperties().setProperty(QgsLayoutObject.DataDefinedProperty.PictureSource, source)


def _signatures(page: Page, sheet: FieldSheet) -> None:
    box = sheet.signatures
    row, name = box.height / len(SIGNATURES), 0.38 * box.width
    size = 7.5 * _scaled(page, sheet)
    for number, title in enumerate(SIGNATURES):
        y = box.y + number * row
        page.label(f"sign.{number}.name", title, Box(box.x, y, name, row), size, frame=True)
        page.label(f"sign.{number}", "", Box(box.x + name, y, box.width - name, row), size, frame=True)


def _bar(page: Page, sheet: FieldSheet, chart: QgsLayoutItemMap) -> None:
    box, size = page.sheet.bar, _scaled(page, sheet)
    page.label("scale", f"1:{chart.scale():.0f}", box._replace(height=0.36 * box.height), 9 * size, bold=True)
    bar = page.keeper.item("scalebar", _new(QgsLayoutItemScaleBar))
    if bar is None:
        return
    part = _bar_part(chart.scale(), 0.62 * box.width)
    bar.setStyle("Single Box")
    bar.setLinkedMap(chart)
    bar.setUnits(QgsUnitTypes.DistanceUnit.DistanceMeters)
    bar.setUnitLabel("m")
    bar.setUnitsPerSegment(part)
    bar.setMapUnitsPerScaleBarUnit(1.0)
    bar.setNumberOfSegments(2)
    bar.setNumberOfSegmentsLeft(0)
    bar.setHeight(1.4)
    bar.setTextFormat(text_format(page.font, page.points(6 * size)))
    bar.update()
    left = box.x + (box.width - bar.rect().width()) / 2
    put(bar, Box(left, box.y + 0.36 * box.height, bar.rect().width(), bar.rect().height()))


def _bar_part(scale: float, room: float) -> float:
    """Length of half the scale bar in m, the longest round one of which two fit into ``room`` mm."""
    most = room / 2 * scale / 1000
    power = 10.0 ** len(str(int(most)))
    while True:
        for step in (5.0, 2.0, 1.0):
            if step * power <= most:
                return step * power
        power /= 10


def _legend(page: Page, sheet: FieldSheet, layers: FieldLayers, chart: QgsLayoutItemMap) -> None:
    """The same on all pages, so that they can be laid side by side."""
    legend = page.keeper.item("legend", _new(QgsLayoutItemLegend))
    if legend is None:
        return
    legend.setAutoUpdateModel(False)
    tree = legend.model().rootGroup()
    tree.removeAllChildren()
    for layer in layers.legend:
        node = tree.addLayer(layer)
        if layer.customProperty(DRAWN, "").split("/")[-1] in ("point", "line", "area"):
            QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Style.Hidden)
    legend.setTitle("图  例")
    legend.setLinkedMap(chart)
    legend.setFrameEnabled(False)
    legend.setBackgroundEnabled(False)
    legend.setResizeToContents(True)
    put(legend, page.sheet.legend)
    paint_once(page.layout, page.sheet.legend)
    sizes = [(page.points(size * _scaled(page, sheet)), 1) for size in LEGEND_SIZES]
    if not settle(legend, page.sheet.legend, page.font, sizes):
        page.warnings.append(Problem("QL-FIG-LEGEND", {"figure": TITLE}))


def _writing_room(page: Page, sheet: FieldSheet) -> None:
    """What the legend leaves of the panel is for notes in the field, where it is worth a frame."""
    legend, box = page.keeper.look("legend"), page.sheet.legend
    top = legend.pagePos().y() + legend.rect().height() + GAP if legend is not None else box.y
    height = box.bottom - top
    if height > _WRITING:
        size = 7 * _scaled(page, sheet)
        page.label("writing", "现场记录", Box(box.x, top, box.width, height), size, centred=False, frame=True)
