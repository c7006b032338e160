"""How the figures' layers look: one verb for each ``draw`` of ``resources/figures/layers.yaml``."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Callable, NamedTuple, Sequence

from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsColorRampShader,
    QgsCoordinateReferenceSystem,
    QgsExpression,
    QgsFillSymbol,
    QgsGeometry,
    QgsHillshadeRenderer,
    QgsInvertedPolygonRenderer,
    QgsLineSymbol,
    QgsMapLayer,
    QgsMarkerSymbol,
    QgsPalettedRasterRenderer,
    QgsPalLayerSettings,
    QgsRasterBandStats,
    QgsRasterContourRenderer,
    QgsRasterDataProvider,
    QgsRasterLayer,
    QgsRasterShader,
    QgsRectangle,
    QgsRendererCategory,
    QgsRuleBasedRenderer,
    QgsSingleBandPseudoColorRenderer,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor, QFont

from ..core.data import RESOURCES, load_yaml
from ..core.errors import InputError, Problem
from ..core.landuse import classify, code_text
from ..core.standard import Edition
from ..layers.landuse import read_map
from ..layers.records import NAME_FIELDS
from ..layers.schema import code_lists
from .content import Drawing
from .export import DPI
from .inside import codes_inside, values_inside
from .measures import label_expression, measure_renderer
from .sources import Fields

ENGLISH = re.compile(r"(?<=[\u4e00-\u9fff）])\s+[A-Za-z].*$")
SLOPE_BREAKS = (5, 8, 15, 25, 35)  # SL 190-2007
SLOPE_COLOURS = ("#f7fcb9", "#d9ef8b", "#fee08b", "#fdae61", "#f46d43", "#a50026")
HEIGHT_COLOURS = ("#1b7f5c", "#66b36a", "#b6d889", "#f5eeb0", "#e3c07a", "#c08a4e", "#9a6a48", "#e8e0da")
_CONTOUR_DPI = 96.0
CONTOUR_STEPS = (1, 2, 5, 10, 20, 50, 100, 200)
BANK_COLOURS = {"自然": "#1a9850", "人工生态": "#91cf60", "硬质": "#d73027", "硬质（已柔化美化）": "#fc8d59"}
OTHER = "#969696"
_MARKERS = ("circle", "triangle", "square", "diamond", "pentagon", "star")
_COLOURS = ("#e31a1c", "#6a3d9a", "#ff7f00", "#1f78b4", "#a6761d", "#33a02c")


class Easel(NamedTuple):
    """What a drawing needs to know beside its layer: font, lettering factor, the map's extent, fields.

    ``outline`` is the watershed's in ``crs``.
    """

    font: str
    size: float
    edition: Edition
    fields: Fields
    extent: QgsRectangle
    height_range: tuple[float, float] | None = None
    outline: QgsGeometry | None = None
    crs: QgsCoordinateReferenceSystem | None = None


def draw(layer: QgsMapLayer, drawing: Drawing, easel: Easel) -> list[Problem]:
    """Give ``layer`` the symbols and labels of ``drawing``; warnings."""
    verb = _VERBS.get(drawing.draw, _single)
    warnings = verb(layer, drawing, easel) or []
    field = _label_field(layer, drawing.label) if isinstance(layer, QgsVectorLayer) else ""
    if field:
        _label(layer, QgsExpression.quotedColumnRef(field), drawing.colour, easel, drawing.size)
    return warnings


def _label_field(layer: QgsVectorLayer, wanted: str) -> str:
    """The field of a label; names may stand in a field that the layer's makers call otherwise."""
    names = [wanted, *(NAME_FIELDS if wanted == NAME_FIELDS[0] else ())]
    return next((name for name in names if name and layer.fields().indexOf(name) >= 0), "")


# -- single symbols ----------------------------------------------------------
def _single(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    if drawing.kinds and layer.fields().indexOf(drawing.field) >= 0:
        layer.setRenderer(_kinds(layer, drawing, easel))
    else:
        layer.setRenderer(QgsSingleSymbolRenderer(_symbol(layer, drawing)))


def _symbol(layer: QgsVectorLayer, drawing: Drawing) -> QgsSymbol:
    """The symbol given for the layer's kind of geometry; else QGIS's with the colour of another's."""
    kind = layer.geometryType()
    made: QgsSymbol
    if kind == QgsWkbTypes.GeometryType.PolygonGeometry and drawing.fill:
        made = QgsFillSymbol.createSimple(dict(drawing.fill))
    elif kind == QgsWkbTypes.GeometryType.LineGeometry and drawing.line:
        made = QgsLineSymbol.createSimple(dict(drawing.line))
    elif kind == QgsWkbTypes.GeometryType.PointGeometry and drawing.marker:
        made = QgsMarkerSymbol.createSimple(dict(drawing.marker))
    else:
        made = QgsSymbol.defaultSymbol(kind)
        made.setColor(QColor(drawing.colour))
    return made


def _kinds(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> QgsCategorizedSymbolRenderer:
    categories = []
    for number, item in enumerate(code_lists()[drawing.kinds]):
        look = {"name": _MARKERS[number % 6], "color": _COLOURS[number % 6], "outline_color": "#ffffff"}
        symbol = QgsMarkerSymbol.createSimple({**look, "size": "3.4", "outline_width": "0.25"})
        categories.append(QgsRendererCategory(item.code, symbol, item.zh))
    return QgsCategorizedSymbolRenderer(drawing.field, categories)


# -- styles of the plugin ----------------------------------------------------
def _load(layer: QgsMapLayer, style: str) -> None:
    """One of the plugin's own styles, its labels in Chinese only."""
    layer.loadNamedStyle(str(RESOURCES / "styles" / f"{style}.qml"))
    if not isinstance(layer, QgsVectorLayer):
        return
    renderer = layer.renderer()
    if isinstance(renderer, QgsCategorizedSymbolRenderer):
        for index, category in enumerate(renderer.categories()):
            renderer.updateCategoryLabel(index, ENGLISH.sub("", category.label()))
    elif isinstance(renderer, QgsRuleBasedRenderer):
        for rule in renderer.rootRule().children():
            rule.setLabel(ENGLISH.sub("", rule.label()))


def _zones(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    _load(layer, "zones")


def _zones_pale(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    """The zones as a ground on which measures can be read."""
    _load(layer, "zones")
    renderer = layer.renderer().clone()
    for index, category in enumerate(renderer.categories()):
        symbol = category.symbol().clone()
        colour = symbol.color()
        colour.setAlpha(80)
        symbol.setColor(colour)
        symbol.symbolLayer(0).setStrokeColor(QColor("#b0b0b0"))
        renderer.updateCategorySymbol(index, symbol)
    layer.setRenderer(renderer)


def _channels(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    if layer.fields().indexOf("survey_reason") >= 0 and layer.fields().indexOf("near_miss") >= 0:
        _load(layer, "channels")
        layer.setLabelsEnabled(False)
    else:
        look = {"line_color": "#1f78b4", "line_width": "0.6", "capstyle": "round"}
        layer.setRenderer(QgsSingleSymbolRenderer(QgsLineSymbol.createSimple(look)))


def _banks(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    if layer.fields().indexOf("bank_class") >= 0:
        _load(layer, "banks")
        return
    categories = [
        QgsRendererCategory(name, QgsLineSymbol.createSimple({"line_color": c, "line_width": "1.0"}), name)
        for name, c in BANK_COLOURS.items()
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer("bank_type", categories))


def _erosion(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    _load(layer, "erosion")
    name = easel.fields.erosion or "class"
    renderer = layer.renderer().clone()
    items = [i for i in code_lists()["erosion_intensity"] if i.code.isdigit()]
    steps = " ".join(f"when to_string(\"{name}\") in ('{i.code}','{i.zh}') then {i.code}" for i in items)
    renderer.setClassAttribute(f'case {steps} else "{name}" end' if steps else name)
    layer.setRenderer(renderer)


# -- land use ----------------------------------------------------------------
def _landuse(layer: QgsMapLayer, drawing: Drawing, easel: Easel) -> list[Problem]:
    """First level classes of GB/T 21010 of whatever list the layer uses."""
    codes, name = _codes_of(layer, drawing, easel)
    mapping, warnings = read_map(easel.fields.landuse_map)
    try:
        found = classify(dict.fromkeys(codes, 1.0), layer=layer.name(), mapping=mapping)
    except InputError as error:
        return [*warnings, *error.problems]
    groups: dict[str, list[Any]] = {}
    for code in codes:
        land = found.classes.get(code)
        groups.setdefault(land.code[:2] if land else "", []).append(code)
    if "" in groups:
        listed = ", ".join(code_text(c) for c in groups[""])
        warnings.append(Problem("QL-FIG-LANDUSE", {"layer": layer.name(), "codes": listed}))
    looks = [(_land_name(c), _land_colours().get(c, OTHER), groups[c]) for c in sorted(groups)]
    if isinstance(layer, QgsRasterLayer):
        classes = [
            QgsPalettedRasterRenderer.Class(int(code), QColor(colour), label)
            for label, colour, members in looks
            for code in members
        ]
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, classes))
    else:
        outline = {"outline_color": "120,120,120,160", "outline_width": "0.08"}
        categories = [
            QgsRendererCategory(members, QgsFillSymbol.createSimple({"color": colour, **outline}), label)
            for label, colour, members in looks
        ]
        layer.setRenderer(QgsCategorizedSymbolRenderer(name, categories))
    return warnings


def _codes_of(layer: QgsMapLayer, drawing: Drawing, easel: Easel) -> tuple[list[Any], str]:
    if isinstance(layer, QgsRasterLayer):
        inside = codes_inside(layer, easel.outline, easel.crs) if easel.outline and easel.crs else None
        if inside is None:
            classes = QgsPalettedRasterRenderer.classDataFromRaster(layer.dataProvider(), 1)
            inside = {int(c.value) for c in classes}
        return sorted(inside), ""
    names = [easel.fields.landuse, "landuse", "DLBM"]
    name = next((n for n in names if n and layer.fields().indexOf(n) >= 0), layer.fields().at(0).name())
    if drawing.clip and easel.outline is not None and easel.crs is not None:
        return sorted(values_inside(layer, name, easel.outline, easel.crs), key=str), name
    index = layer.fields().indexOf(name)
    return sorted((v for v in layer.uniqueValues(index) if v not in (None, "")), key=str), name


@cache
def _land_colours() -> dict[str, str]:
    found: dict[str, str] = load_yaml(RESOURCES / "styles" / "colours.yaml")["landuse"]
    return found


@cache
def _land_names() -> dict[str, str]:
    layer = QgsVectorLayer("Polygon?field=landuse:string", "", "memory")
    _load(layer, "landuse")
    labels = [c.label() for c in layer.renderer().categories()]
    return {label[:2]: label for label in labels if label[:2].isdigit()}


def _land_name(code: str) -> str:
    return _land_names().get(code, "其他") if code else "未归类"


# -- terrain -----------------------------------------------------------------
def _hillshade(layer: QgsRasterLayer, drawing: Drawing, easel: Easel) -> None:
    renderer = QgsHillshadeRenderer(layer.dataProvider(), 1, 315, 45)
    renderer.setZFactor(1.5 if not layer.crs().isGeographic() else 1.5e-5)
    layer.setRenderer(renderer)
    layer.setOpacity(0.35)
    smooth(layer)


def smooth(layer: QgsRasterLayer) -> None:
    """Heights between the cells are interpolated: contours are no staircases, shading shows no stripes."""
    source = layer.dataProvider()
    source.setZoomedInResamplingMethod(QgsRasterDataProvider.ResamplingMethod.Cubic)
    source.enableProviderResampling(True)
    layer.setResamplingStage(Qgis.RasterResamplingStage.Provider)


def _heights(layer: QgsRasterLayer, drawing: Drawing, easel: Easel) -> None:
    """Eight height classes with round limits over the watershed's relief."""
    low, high = _range_of(layer, easel)
    step = next((s for s in CONTOUR_STEPS if (high - low) / s <= len(HEIGHT_COLOURS) - 1), CONTOUR_STEPS[-1])
    first = int(low // step + 1) * step
    limits = [first + step * i for i in range(len(HEIGHT_COLOURS) - 1) if first + step * i < high]
    _classes(layer, limits, HEIGHT_COLOURS)
    smooth(layer)  # so that a class ends at its contour


def _slope(layer: QgsRasterLayer, drawing: Drawing, easel: Easel) -> None:
    _classes(layer, list(SLOPE_BREAKS), SLOPE_COLOURS)


def _classes(layer: QgsRasterLayer, limits: Sequence[float], colours: tuple[str, ...]) -> None:
    ramp = QgsColorRampShader()
    ramp.setColorRampType(QgsColorRampShader.Type.Discrete)
    names = [f"<{limits[0]:g}" if limits else "全部"]
    names += [f"{a:g}～{b:g}" for a, b in zip(limits, limits[1:])] + [f"≥{top:g}" for top in limits[-1:]]
    tops = [*limits, float("inf")]
    items = [
        QgsColorRampShader.ColorRampItem(top, QColor(colour), name)
        for top, colour, name in zip(tops, colours, names)
    ]
    ramp.setColorRampItemList(items)
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(ramp)
    layer.setRenderer(QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader))


def _contours(layer: QgsRasterLayer, drawing: Drawing, easel: Easel) -> None:
    low, high = _range_of(layer, easel)
    step = next((s for s in CONTOUR_STEPS if (high - low) / s <= 30), CONTOUR_STEPS[-1])
    renderer = QgsRasterContourRenderer(layer.dataProvider())
    renderer.setContourInterval(float(step))
    renderer.setContourIndexInterval(5.0 * step)
    contour_lines(renderer, "#8c510a", (0.12, 0.25))
    layer.setRenderer(renderer)
    smooth(layer)


def contour_lines(
    renderer: QgsRasterContourRenderer, colour: str, widths: tuple[float, float], dpi: float = DPI
) -> None:
    """Lines as wide in a print of ``dpi`` as ``widths`` say (mm; all contours, each fifth).

    QGIS draws them on an image of its own at 96 dpi, whatever the print's: there a millimetre is a third of one.
    """
    printed = (f"{width * dpi / _CONTOUR_DPI:.2f}" for width in widths)
    thin, thick = ({"line_color": colour, "line_width": width} for width in printed)
    renderer.setContourSymbol(QgsLineSymbol.createSimple(thin))
    renderer.setContourIndexSymbol(QgsLineSymbol.createSimple(thick))


def contour_step(heights: tuple[float, float]) -> int:
    """Distance of the contours in m for a relief from lowest to highest."""
    return next((s for s in CONTOUR_STEPS if (heights[1] - heights[0]) / s <= 30), CONTOUR_STEPS[-1])


def _range_of(layer: QgsRasterLayer, easel: Easel) -> tuple[float, float]:
    return easel.height_range or height_range(layer, QgsRectangle())


def height_range(layer: QgsRasterLayer, extent: QgsRectangle) -> tuple[float, float]:
    """Lowest and highest value of a raster within ``extent`` (in its CRS; empty: all of it)."""
    wanted = QgsRasterBandStats.Stats.Min | QgsRasterBandStats.Stats.Max
    stats = layer.dataProvider().bandStatistics(1, wanted, extent, 250_000)
    return stats.minimumValue, stats.maximumValue


def _outside(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    veil = QgsFillSymbol.createSimple({"color": "255,255,255,190", "outline_style": "no"})
    layer.setRenderer(QgsInvertedPolygonRenderer(QgsSingleSymbolRenderer(veil)))


def _mask(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    cover = QgsFillSymbol.createSimple({"color": "#ffffff", "outline_style": "no"})
    layer.setRenderer(QgsInvertedPolygonRenderer(QgsSingleSymbolRenderer(cover)))


# -- measures and labels -----------------------------------------------------
def _measures(layer: QgsVectorLayer, drawing: Drawing, easel: Easel) -> None:
    layer.setRenderer(measure_renderer(layer, easel.edition))
    _label(layer, label_expression(easel.edition), "#000000", easel, 7.0)


def _label(layer: QgsVectorLayer, expression: str, colour: str, easel: Easel, size: float) -> None:
    settings = QgsPalLayerSettings()
    settings.fieldName = expression
    settings.isExpression = True
    kind = layer.geometryType()
    if kind == QgsWkbTypes.GeometryType.PointGeometry:
        settings.placement = QgsPalLayerSettings.Placement.OrderedPositionsAroundPoint
        settings.dist = 1.0
    elif kind == QgsWkbTypes.GeometryType.LineGeometry:
        settings.placement = QgsPalLayerSettings.Placement.Line
        settings.dist = 0.6
        settings.mergeLines = True
    else:
        settings.placement = QgsPalLayerSettings.Placement.Horizontal
    settings.setFormat(text_format(easel.font, size * easel.size, colour, buffer=0.7))
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def text_format(
    family: str, points: float, colour: str = "#000000", *, bold: bool = False, buffer: float = 0.0
) -> QgsTextFormat:
    """Lettering in points; ``buffer`` is a white halo in mm."""
    made = QgsTextFormat()
    font = QFont(family)
    font.setBold(bold)
    font.setPointSizeF(points)
    made.setFont(font)
    made.setSize(points)
    made.setColor(QColor(colour))
    if buffer:
        halo = QgsTextBufferSettings()
        halo.setEnabled(True)
        halo.setSize(buffer)
        halo.setColor(QColor("#ffffff"))
        made.setBuffer(halo)
    return made


_VERBS: dict[str, Callable[[Any, Drawing, Easel], Any]] = {
    "": _single,
    "banks": _banks,
    "channels_survey": _channels,
    "contours": _contours,
    "erosion": _erosion,
    "heights": _heights,
    "hillshade": _hillshade,
    "landuse": _landuse,
    "mask": _mask,
    "measures": _measures,
    "outside": _outside,
    "slope": _slope,
    "zones": _zones,
    "zones_pale": _zones_pale,
}
