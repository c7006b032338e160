"""Sheets of a series by QGIS's atlas: one for each parcel, channel or village, with record, photo and map (ch. 4).

The layout is worked on as the plan figures are: what the designer changed by hand stays and is listed.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsLayoutItemMap,
    QgsLayoutObject,
    QgsLayoutSize,
    QgsLineSymbol,
    QgsMapLayer,
    QgsMarkerSymbol,
    QgsPrintLayout,
    QgsProject,
    QgsProperty,
    QgsRuleBasedRenderer,
    QgsScaleBarSettings,
    QgsSymbol,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

from ..core.data import RESOURCES
from ..core.errors import Problem
from .compose import MM, Page, extent_at, literal, new_bar, new_map, new_picture, put
from .content import Figure
from .drawings import text_format
from .figureset import DRAWN, GROUP
from .series_records import MAP, NEAR, Subject
from .sheet import GAP, Box, Sheet, make_sheet

PAPER = "A4"
_THIS = "$id = @atlas_featureid"


class SeriesParts(NamedTuple):
    """Where things lie on a sheet, mm."""

    sheet: Sheet
    record: Box
    more: Box
    photo: Box
    caption: Box
    foot: Box


class SeriesWish(NamedTuple):
    """Names on the sheets, font, the maps' CRS and a first centre."""

    project: str
    unit: str
    drawn: str
    date: str
    font: str
    crs: QgsCoordinateReferenceSystem
    centre: tuple[float, float]
    notes: str


class MadeLayout(NamedTuple):
    """The layout of a series, the parts left alone, and warnings."""

    layout: QgsPrintLayout
    kept: list[str]
    warnings: list[Problem]


def series_parts() -> SeriesParts:
    """A4 upright: map above, record below in two columns, photo to the right."""
    sheet = make_sheet(PAPER, False)
    frame = sheet.frame
    title = Box(frame.x, frame.y + GAP, frame.width, 11.0)
    chart = Box(frame.x + 3, title.bottom + GAP, MAP.width, MAP.height)
    strip = Box(chart.x, chart.bottom + GAP, chart.width, 13.0)
    foot = Box(frame.x + 3, frame.bottom - 11.0, frame.width - 6, 10.0)
    top = strip.bottom + GAP
    below = Box(chart.x, top, chart.width, foot.y - GAP - top)
    photo = Box(below.right - 66.0, below.y, 66.0, 50.0)
    record = Box(below.x, below.y, below.width - photo.width - GAP, below.height)
    caption = Box(photo.x, photo.bottom + 1, photo.width, 5.0)
    more = Box(photo.x, caption.bottom + 1, photo.width, below.bottom - caption.bottom - 1)
    own = sheet._replace(
        title=title,
        map=chart,
        north=Box(strip.x, strip.y, 12.0, strip.height),
        bar=Box(strip.x + 14.0, strip.y, strip.width - 14.0, strip.height),
    )
    return SeriesParts(own, record, more, photo, caption, foot)


def pages_of(project: QgsProject, subject: Subject) -> QgsVectorLayer | None:
    """The layer of a series' sheets in a project, None where there is none yet."""
    for layer in project.mapLayers().values():
        if layer.customProperty(DRAWN) == _pages_key(subject) and isinstance(layer, QgsVectorLayer):
            return layer
    return None


def _pages_key(subject: Subject) -> str:
    return f"series_{subject.key}/0"


def add_pages(project: QgsProject, subject: Subject, path: Path) -> QgsVectorLayer:
    """The layer of the sheets in a project, marking the one that is printed."""
    found = pages_of(project, subject)
    if found is not None:
        return found
    layer = QgsVectorLayer(f"{path}|layername=series", subject.zh, "ogr")
    layer.setCustomProperty(DRAWN, _pages_key(subject))
    layer.setRenderer(_only_this(layer))
    project.addMapLayer(layer, False)
    root = project.layerTreeRoot()
    group = root.findGroup(GROUP)
    if group is None:
        group = root.addGroup(GROUP)
        group.setItemVisibilityChecked(False)
        group.setExpanded(False)
    group.addLayer(layer)
    return layer


def _only_this(layer: QgsVectorLayer) -> QgsRuleBasedRenderer:
    kind = layer.geometryType()
    symbol: QgsSymbol
    if kind == QgsWkbTypes.GeometryType.PolygonGeometry:
        look = {"color": "255,0,0,30", "outline_color": "#e31a1c", "outline_width": "0.9"}
        symbol = QgsFillSymbol.createSimple(look)
    elif kind == QgsWkbTypes.GeometryType.LineGeometry:
        symbol = QgsLineSymbol.createSimple({"line_color": "#e31a1c", "line_width": "1.1"})
    else:
        ring = {"name": "circle", "color": "255,0,0,0", "outline_color": "#e31a1c", "outline_width": "0.8"}
        symbol = QgsMarkerSymbol.createSimple({**ring, "size": "7"})
    rule = QgsRuleBasedRenderer.Rule(symbol, filterExp=_THIS)
    root = QgsRuleBasedRenderer.Rule(None)
    root.appendChild(rule)
    return QgsRuleBasedRenderer(root)


# -- the layout ----------------------------------------------------------------
def make_layout(
    project: QgsProject,
    subject: Subject,
    pages: QgsVectorLayer,
    layers: Sequence[QgsMapLayer],
    wish: SeriesWish,
) -> MadeLayout:
    """The atlas layout of a series, new or brought up to date."""
    layout = _layout(project, subject)
    parts = series_parts()
    figure = Figure(_key(subject), subject.zh, "Series", 0, None, (), ())
    page = Page(layout, figure, parts.sheet, wish.font)
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(parts.sheet.width, parts.sheet.height, MM))
    page.frame("frame", parts.sheet.frame, 0.7)
    heading = f'{literal(wish.project)}{subject.zh}  [% "name" %]'
    page.label("title", heading, parts.sheet.title, 15, bold=True, template=True)
    chart = _map(page, pages, layers, wish)
    if chart is not None:
        _strip(page, chart)
    _record(page, parts)
    _foot(page, parts, wish)
    _atlas(layout, pages)
    page.keeper.finish()
    if chart is not None:
        layout.setReferenceMap(chart)
    return MadeLayout(layout, page.keeper.kept, page.warnings)


def _key(subject: Subject) -> str:
    return f"series_{subject.key}"


def _layout(project: QgsProject, subject: Subject) -> QgsPrintLayout:
    manager = project.layoutManager()
    for layout in manager.printLayouts():
        if layout.customProperty(DRAWN) == _key(subject):
            return layout
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setCustomProperty(DRAWN, _key(subject))
    layout.setName(subject.zh)
    manager.addLayout(layout)
    return layout


def _map(
    page: Page, pages: QgsVectorLayer, layers: Sequence[QgsMapLayer], wish: SeriesWish
) -> QgsLayoutItemMap | None:
    """The map that follows the sheets, each at its own scale of the series."""
    item = page.keeper.item("map", new_map)
    if item is None:
        found = page.keeper.look("map")
        return found if isinstance(found, QgsLayoutItemMap) else None
    put(item, page.sheet.map)
    item.setCrs(wish.crs)
    item.setLayers([pages, *layers])
    item.setKeepLayerSet(True)
    item.setFrameEnabled(True)
    item.setBackgroundColor(QColor("#ffffff"))
    item.setExtent(extent_at(wish.centre, NEAR, page.sheet.map))
    item.setAtlasDriven(True)
    item.setAtlasScalingMode(
        QgsLayoutItemMap.AtlasScalingMode.Fixed
    )  # the centre follows, the scale is given
    scale = QgsProperty.fromExpression('"scale"')
    item.dataDefinedProperties().setProperty(QgsLayoutObject.DataDefinedProperty.MapScale, scale)
    return item


def _strip(page: Page, chart: QgsLayoutItemMap) -> None:
    """North arrow, scale in words and a bar that follows the sheet's scale."""
    arrow = page.keeper.item("north", new_picture)
    if arrow is not None:
        arrow.setPicturePath(str(RESOURCES / "figures" / "north.svg"))
        put(arrow, page.sheet.north.inner(0.5))
    box = page.sheet.bar
    page.label("scale", '1:[% to_string(round("scale")) %]', box._replace(width=34.0), 10, template=True)
    bar = page.keeper.item("scalebar", new_bar)
    if bar is None:
        return
    bar.setStyle("Single Box")
    bar.setLinkedMap(chart)
    bar.setUnits(QgsUnitTypes.DistanceUnit.DistanceMeters)
    bar.setUnitLabel("m")
    bar.setMapUnitsPerScaleBarUnit(1.0)
    bar.setNumberOfSegments(2)
    bar.setNumberOfSegmentsLeft(0)
    bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
    bar.setMinimumBarWidth(40.0)
    bar.setMaximumBarWidth(90.0)
    bar.setHeight(1.5)
    bar.setTextFormat(text_format(page.font, page.points(7)))
    put(bar, Box(box.x + 36.0, box.y, box.width - 36.0, box.height))


def _record(page: Page, parts: SeriesParts) -> None:
    page.label("record", '[% "record" %]', parts.record, 10.5, centred=False, frame=True, template=True)
    page.label("more", '[% "more" %]', parts.more, 10.5, centred=False, template=True)
    page.label("caption", '[% "caption" %]', parts.caption, 7, template=True)
    photo = page.keeper.item("photo", new_picture)
    if photo is not None:
        put(photo, parts.photo)
        photo.setFrameEnabled(True)
        source = QgsProperty.fromExpression("coalesce(\"photo\", '')")
        photo.dataDefinedProperties().setProperty(QgsLayoutObject.DataDefinedProperty.PictureSource, source)


def _foot(page: Page, parts: SeriesParts, wish: SeriesWish) -> None:
    texts = [wish.unit, f"制图 {wish.drawn}" if wish.drawn else "", wish.date]
    named = "    ".join(text for text in texts if text)
    count = "第 [% @atlas_featurenumber %] 张，共 [% @atlas_totalfeatures %] 张"
    half = parts.foot.height / 2
    foot = f"{literal(named)}    {count}".strip()
    page.label("foot", foot, parts.foot._replace(height=half), 8, template=True)
    page.label("notes", wish.notes, parts.foot._replace(y=parts.foot.y + half, height=half), 6)


def _atlas(layout: QgsPrintLayout, pages: QgsVectorLayer) -> None:
    atlas = layout.atlas()
    atlas.setEnabled(True)
    atlas.setCoverageLayer(pages)
    atlas.setPageNameExpression('"name"')
    atlas.setSortFeatures(True)
    atlas.setSortExpression('"number"')
