"""A figure becomes a print layout: map with kilometre grid, legend, tables, scale bar, notes, title block."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemMapGrid,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutItemShape,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsLineSymbol,
    QgsMapLayer,
    QgsPrintLayout,
    QgsRasterLayer,
    QgsRectangle,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ..core.data import RESOURCES
from ..core.errors import Problem
from .content import Figure
from .drawings import text_format
from .kept import Keeper
from .legend import SMALLEST, classes_only, paint_once, settle
from .sheet import Box, Sheet, grid_interval
from .titleblock import TitleBlock, cells

MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters
LEGEND_SIZES = ((8.0, 1), (8.0, 2), (7.0, 1), (7.0, 2), (6.0, 2), (SMALLEST, 2), (SMALLEST, 3))
INSET_SIZES = LEGEND_SIZES[:5]  # an inset is not worth smaller type


class Inset(NamedTuple):
    """The small map of the place: layers top first, and its extent in the maps' CRS."""

    layers: Sequence[QgsMapLayer]
    extent: QgsRectangle


class View(NamedTuple):
    """What the map shows: layers top first with those of the legend, CRS, centre and scale."""

    layers: Sequence[QgsMapLayer]
    legend: Sequence[QgsMapLayer]
    crs: QgsCoordinateReferenceSystem
    centre: tuple[float, float]
    scale: float
    inset: Inset | None = None


class Page:
    """One layout being composed; ``warnings`` tell what did not fit."""

    def __init__(self, layout: QgsPrintLayout, figure: Figure, sheet: Sheet, font: str) -> None:
        self.layout, self.figure, self.sheet, self.font = layout, figure, sheet, font
        self.keeper = Keeper(layout)
        self.warnings: list[Problem] = []

    def points(self, size: float) -> float:
        """Lettering of ``size`` points on A3, on this paper."""
        return size * self.sheet.size

    def label(self, name: str, text: str, box: Box, size: float, *, bold: bool = False, frame: bool = False,
              centred: bool = True, template: bool = False) -> None:  # fmt: skip
        """A text in a box, as it stands; of a ``template`` the expressions between [% and %] are worked out."""
        item = self.keeper.item(name, _new_label)
        if item is None:
            return
        item.setText(text if template else literal(text))
        letters = text_format(self.font, self.points(size), bold=bold)
        if hasattr(item, "setTextFormat"):
            item.setTextFormat(letters)
        else:
            font = letters.font()
            font.setPointSizeF(letters.size())
            item.setFont(font)
        item.setHAlign(Qt.AlignmentFlag.AlignHCenter if centred else Qt.AlignmentFlag.AlignLeft)
        item.setVAlign(Qt.AlignmentFlag.AlignVCenter if centred else Qt.AlignmentFlag.AlignTop)
        item.setMarginX(0.8)
        item.setMarginY(0.3)
        item.setFrameEnabled(frame)
        put(item, box)

    def frame(self, name: str, box: Box, width: float) -> None:
        """An empty rectangle with a line of ``width`` mm."""
        item = self.keeper.item(name, _new_shape)
        if item is None:
            return
        look = {"style": "no", "outline_color": "#000000", "outline_width": str(width), "joinstyle": "miter"}
        item.setSymbol(QgsFillSymbol.createSimple(look))
        put(item, box)


def literal(text: str) -> str:
    """A text of the survey's for a label: QGIS would work out what stands between [% and %]."""
    return text.replace("[%", "[% '[%' %]")


def plain(text: str) -> str:
    """What was given to :func:`literal`."""
    return text.replace("[% '[%' %]", "[%")


def put(item: object, box: Box) -> None:
    """Lay an item into a box of the page."""
    item.attemptMove(QgsLayoutPoint(box.x, box.y, MM))  # type: ignore[attr-defined]
    item.attemptResize(QgsLayoutSize(box.width, box.height, MM))  # type: ignore[attr-defined]


def _new_label(layout: QgsPrintLayout) -> QgsLayoutItemLabel:
    item = QgsLayoutItemLabel(layout)
    layout.addLayoutItem(item)
    return item


def _new_shape(layout: QgsPrintLayout) -> QgsLayoutItemShape:
    item = QgsLayoutItemShape(layout)
    item.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    layout.addLayoutItem(item)
    return item


def new_map(layout: QgsPrintLayout) -> QgsLayoutItemMap:
    """A map on the layout."""
    item = QgsLayoutItemMap(layout)
    layout.addLayoutItem(item)
    return item


def _new_legend(layout: QgsPrintLayout) -> QgsLayoutItemLegend:
    item = QgsLayoutItemLegend(layout)
    layout.addLayoutItem(item)
    return item


def new_bar(layout: QgsPrintLayout) -> QgsLayoutItemScaleBar:
    """A scale bar on the layout."""
    item = QgsLayoutItemScaleBar(layout)
    layout.addLayoutItem(item)
    return item


def new_picture(layout: QgsPrintLayout) -> QgsLayoutItemPicture:
    """A picture on the layout."""
    item = QgsLayoutItemPicture(layout)
    layout.addLayoutItem(item)
    return item


# -- the parts ---------------------------------------------------------------
def compose(page: Page, view: View, block: TitleBlock, notes: str) -> QgsLayoutItemMap | None:
    """Lay out all parts but tables; the map, None where the designer removed it."""
    sheet = page.sheet
    page.layout.pageCollection().page(0).setPageSize(QgsLayoutSize(sheet.width, sheet.height, MM))
    page.frame("frame", sheet.frame, 0.7)
    page.label("title", title_of(block.project, page.figure.zh), sheet.title, 20, bold=True)
    chart = _map(page, view)
    if chart is not None:
        _grid_and_bar(page, chart)
        _legend(page, view, chart)
    _north(page)
    page.label("notes", notes, sheet.notes.inner(1.5), 6.5, centred=False)
    for cell in cells(block, sheet.block):
        page.label(f"block.{cell.key}", cell.text, cell.box, cell.size, bold=cell.bold, frame=True)
    page.frame("block", sheet.block, 0.5)
    return chart


def title_of(project: str, figure: str) -> str:
    """The heading; 小流域 at the end of one and the beginning of the other stands once."""
    twice = project.endswith("小流域") and figure.startswith("小流域")
    gap = " " if project[-1:].isascii() and project.strip() else ""  # between Latin and Chinese letters
    return f"{project}{gap}{figure[3:] if twice else figure}"


def _map(page: Page, view: View) -> QgsLayoutItemMap | None:
    item = page.keeper.item("map", new_map)
    if item is None:
        found = page.keeper.look("map")
        return found if isinstance(found, QgsLayoutItemMap) else None
    put(item, page.sheet.map)
    item.setCrs(view.crs)
    item.setLayers(list(view.layers))
    item.setKeepLayerSet(True)
    item.setFrameEnabled(True)
    item.setBackgroundColor(QColor("#ffffff"))
    item.setExtent(extent_at(view.centre, view.scale, page.sheet.map))
    return item


def extent_at(centre: tuple[float, float], scale: float, box: Box) -> QgsRectangle:
    """The ground that a box of paper shows at a scale, in metres around ``centre``."""
    half_width, half_height = (0.5 * scale * size / 1000 for size in (box.width, box.height))
    x, y = centre
    return QgsRectangle(x - half_width, y - half_height, x + half_width, y + half_height)


def _grid_and_bar(page: Page, chart: QgsLayoutItemMap) -> None:
    if "map" not in page.keeper.kept:
        _grid(page, chart)
    box = page.sheet.bar
    page.label("scale", f"1:{chart.scale():.0f}", box._replace(height=box.height * 0.35), 10)
    bar = page.keeper.item("scalebar", new_bar)
    if bar is not None:
        _bar(page, chart, bar)


def _grid(page: Page, chart: QgsLayoutItemMap) -> None:
    """Kilometre grid: crosses on the map, km outside its frame."""
    grid = chart.grid()
    interval = grid_interval(chart.scale())
    grid.setEnabled(True)
    grid.setIntervalX(interval)
    grid.setIntervalY(interval)
    grid.setStyle(QgsLayoutItemMapGrid.GridStyle.Cross)
    grid.setCrossLength(2.0)
    grid.setLineSymbol(QgsLineSymbol.createSimple({"line_color": "#333333", "line_width": "0.12"}))
    grid.setFrameStyle(QgsLayoutItemMapGrid.FrameStyle.ExteriorTicks)
    grid.setFrameWidth(1.2)
    grid.setAnnotationEnabled(True)
    grid.setAnnotationFormat(QgsLayoutItemMapGrid.AnnotationFormat.CustomFormat)
    digits = 0 if interval >= 1000 else 1
    grid.setAnnotationExpression(f"to_string(round(@grid_number/1000,{digits}))")
    grid.setAnnotationTextFormat(text_format(page.font, page.points(6.5)))
    grid.setAnnotationFrameDistance(0.8)
    side = QgsLayoutItemMapGrid.BorderSide
    turned = QgsLayoutItemMapGrid.AnnotationDirection
    for edge in (side.Left, side.Right):
        grid.setAnnotationDirection(turned.Vertical, edge)
    chart.updateBoundingRect()


def _bar(page: Page, chart: QgsLayoutItemMap, bar: QgsLayoutItemScaleBar) -> None:
    """A bar of four parts of round length, at least half the panel wide, with the scale above it."""
    box = page.sheet.bar
    part = _bar_part(chart.scale(), 0.72 * box.width)
    km = part >= 1000 or 4 * part >= 2000
    units = QgsUnitTypes.DistanceUnit
    bar.setStyle("Single Box")
    bar.setLinkedMap(chart)
    bar.setUnits(units.DistanceKilometers if km else units.DistanceMeters)
    bar.setUnitLabel("km" if km else "m")
    bar.setUnitsPerSegment(part / 1000 if km else part)
    bar.setMapUnitsPerScaleBarUnit(1.0)
    bar.setNumberOfSegments(4)
    bar.setNumberOfSegmentsLeft(0)
    bar.setHeight(1.6)
    bar.setTextFormat(text_format(page.font, page.points(7)))
    bar.update()
    top = box.y + 0.35 * box.height
    width = bar.rect().width()
    bar.attemptMove(QgsLayoutPoint(box.x + (box.width - width) / 2, top, MM))


def _bar_part(scale: float, room: float) -> float:
    """Length of a quarter of the scale bar in m, the longest round one that fits into ``room`` mm."""
    most = room / 4 * scale / 1000
    power = 10.0 ** len(str(int(most)))
    while True:
        for step in (5.0, 2.5, 2.0, 1.0):
            if step * power <= most:
                return step * power
        power /= 10


def _legend(page: Page, view: View, chart: QgsLayoutItemMap) -> None:
    legend = page.keeper.item("legend", _new_legend)
    small = page.sheet.with_inset()
    if legend is None:  # the designer's; the inset beside it stays where it was
        if view.inset is not None and small.inset is not None and page.keeper.look("inset") is not None:
            _inset(page, view, view.inset, small.inset)
        return
    legend.setAutoUpdateModel(False)
    tree = legend.model().rootGroup()
    tree.removeAllChildren()
    named: set[str] = set()
    for layer in view.legend:
        node = tree.addLayer(layer)
        if layer.name() in named:  # points, lines and areas of one subject stand under one heading
            QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Style.Hidden)
        named.add(layer.name())
        if isinstance(layer, QgsRasterLayer):
            classes_only(legend, node)
    legend.setTitle("图  例")
    legend.setLinkedMap(chart)
    legend.setLegendFilterByMapEnabled(True)
    legend.setFrameEnabled(False)
    legend.setBackgroundEnabled(False)
    legend.setSplitLayer(True)
    legend.setResizeToContents(True)
    put(legend, page.sheet.legend)
    paint_once(page.layout, page.sheet.legend)
    fits = view.inset is not None and settle(legend, small.legend, page.font, _lettering(page, INSET_SIZES))
    if fits and view.inset is not None and small.inset is not None:
        _inset(page, view, view.inset, small.inset)
        return
    if not settle(legend, page.sheet.legend, page.font, _lettering(page, LEGEND_SIZES)):
        page.warnings.append(Problem("QL-FIG-LEGEND", {"figure": page.figure.zh}))


def _lettering(page: Page, sizes: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    return [(page.points(size), columns) for size, columns in sizes]


def _inset(page: Page, view: View, inset: Inset, box: Box) -> None:
    """Where the watershed lies, without scale or grid."""
    caption = 0.12 * box.height
    page.label("inset.title", "位置示意", box._replace(height=caption), 7)
    item = page.keeper.item("inset", new_map)
    if item is None:
        return
    room = box._replace(y=box.y + caption, height=box.height - caption)
    put(item, room)
    item.setCrs(view.crs)
    item.setLayers(list(inset.layers))
    item.setKeepLayerSet(True)
    item.setFrameEnabled(True)
    item.setBackgroundColor(QColor("#ffffff"))
    extent = inset.extent
    scale = 1.08 * 1000 * max(extent.width() / room.width, extent.height() / room.height)
    centre = extent.center()
    item.setExtent(extent_at((centre.x(), centre.y()), scale, room))


def _north(page: Page) -> None:
    arrow = page.keeper.item("north", new_picture)
    if arrow is None:
        return
    arrow.setPicturePath(str(RESOURCES / "figures" / "north.svg"))
    put(arrow, page.sheet.north.inner(1.0))
