"""The layers of a field map, top first: frames and corners, marks with their labels, the ground beneath."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsInvertedPolygonRenderer,
    QgsLineSymbol,
    QgsMapLayer,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsProject,
    QgsProperty,
    QgsPropertyCollection,
    QgsRasterContourRenderer,
    QgsRasterLayer,
    QgsRendererCategory,
    QgsRuleBasedRenderer,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)

from ..core.mapsheets.marks import KINDS
from ..layers.fieldmarks import CORNERS, PAGES, SHAPES
from ..layers.opened import open_again, open_vector
from ..layers.roles import clear_role
from .content import drawings
from .drawings import Easel, contour_lines, draw, smooth, text_format
from .export import DPI
from .figureset import DRAWN

GROUP = "外业图图层"
BACKDROPS = ("outline", "admin", "roads", "contours", "relief")
VEIL = "veil"
_RELIEF = 0.22  # opacity: one writes on it
Look = Callable[[Any], object]
TITLES = {"point": "标注点", "line": "沟（河）道", "area": "水体", PAGES: "图廓", CORNERS: "图廓点"}
_THIS_PAGE = "$id = @atlas_featureid"
_LOOKS: Mapping[str, Mapping[str, str]] = {
    "farm": {"name": "square", "color": "#a6611a"},
    "outfall": {"name": "triangle", "color": "#e31a1c"},
    "waste_point": {"name": "diamond", "color": "#252525"},
    "plant": {"name": "pentagon", "color": "#1f78b4"},
    "sand_pit": {"name": "star", "color": "#ff7f00"},
    "pollution": {"name": "cross_fill", "color": "#6a3d9a"},
    "villages": {"name": "circle", "color": "#ffffff", "outline_color": "#000000"},
    "enterprises": {"name": "hexagon", "color": "#8073ac"},
}
_WATER = "#1f78b4"


class Backdrop(NamedTuple):
    """A layer under the marks: a drawing of ``resources/figures/layers.yaml`` and the source it shows."""

    key: str
    source: QgsMapLayer


class FieldLayers(NamedTuple):
    """Layers of the map top first, those of the legend, and the atlas's pages."""

    shown: list[QgsMapLayer]
    legend: list[QgsMapLayer]
    pages: QgsVectorLayer


def field_layers(
    project: QgsProject,
    data: Path,
    backdrops: Sequence[Backdrop],
    given: Sequence[QgsMapLayer],
    easel: Easel,
    dpi: float = DPI,
) -> FieldLayers:
    """The layers of the series in ``data``, new or as the designer left them in ``project``.

    ``given`` lie under all others, as they look in their project; ``dpi`` is the print's.
    """
    room = _Room(project)
    corners, pages = (
        room.own(name, _vector(data, name), look)
        for name, look in ((CORNERS, lambda x: _corner_look(x, easel)), (PAGES, _page_look))
    )
    veil = room.own(VEIL, _vector(data, PAGES), veil_look)
    marks = [room.own(shape, _vector(data, shape), _mark_looks(shape, easel)) for shape in SHAPES]
    below = [
        room.own(f"{b.key}/{n}", open_again(b.source, drawings()[b.key].zh), _drawing_look(b.key, easel, dpi))
        for n, b in enumerate(backdrops)
    ]
    bases = [room.own(f"given/{n}", layer.clone(), lambda x: None) for n, layer in enumerate(given)]
    outline = [x for x, b in zip(below, backdrops) if b.key == "outline"]
    others = [x for x, b in zip(below, backdrops) if b.key != "outline"]
    used = [x for x in marks if x.featureCount() > 0]
    shown = [corners, pages, veil, *used, *outline, *others, *bases]
    legend = [*used, *outline, *(x for x, b in zip(below, backdrops) if b.key in ("admin", "roads"))]
    return FieldLayers(shown, legend, pages)


class _Room:
    """The project's layers of a field map by their own names, whatever the designer calls them."""

    def __init__(self, project: QgsProject) -> None:
        self.project = project
        root = project.layerTreeRoot()
        self.group = root.findGroup(GROUP) or root.addGroup(GROUP)

    def own(self, name: str, made: Any, look: Look) -> Any:
        """The layer ``name``: one that was there on the same data keeps its looks, else ``made`` gets ``look``."""
        key = f"field/{name}"
        for layer in list(self.project.mapLayers().values()):
            if layer.customProperty(DRAWN) != key:
                continue
            if layer.isValid() and layer.source() == made.source() and layer.providerType() != "memory":
                return layer
            self.project.removeMapLayer(layer.id())
        clear_role(made)
        made.setCustomProperty(DRAWN, key)
        look(made)
        self.project.addMapLayer(made, False)
        self.group.addLayer(made)
        return made


def _vector(data: Path, name: str) -> QgsVectorLayer:
    table = f"marks_{name}" if name in SHAPES else name
    return open_vector(f"{data}|layername={table}", TITLES[name])


# -- looks -------------------------------------------------------------------
def _page_look(layer: QgsVectorLayer) -> None:
    """The page's own frame thick, its neighbours' thin, what lies outside it pale."""
    root = QgsRuleBasedRenderer.Rule(None)
    for rule, colour, width in ((_THIS_PAGE, "#000000", "0.6"), ("ELSE", "#7f7f7f", "0.25")):
        look = {"style": "no", "outline_color": colour, "outline_width": width, "joinstyle": "miter"}
        root.appendChild(QgsRuleBasedRenderer.Rule(QgsFillSymbol.createSimple(look), 0, 0, rule))
    layer.setRenderer(QgsRuleBasedRenderer(root))


def veil_look(layer: QgsVectorLayer) -> None:
    """What lies outside the page's own frame shows through a veil."""
    root = QgsRuleBasedRenderer.Rule(None)
    pale = QgsFillSymbol.createSimple({"color": "255,255,255,120", "outline_style": "no"})
    root.appendChild(QgsRuleBasedRenderer.Rule(pale, 0, 0, _THIS_PAGE))
    layer.setRenderer(QgsInvertedPolygonRenderer(QgsRuleBasedRenderer(root)))


def _corner_look(layer: QgsVectorLayer, easel: Easel) -> None:
    """Longitude and latitude along the frame, outside it, at the page's own corners."""
    look = {"name": "cross", "color": "#000000", "outline_width": "0.3", "size": "3"}
    root = QgsRuleBasedRenderer.Rule(None)
    mine = "\"tile\" = attribute(@atlas_feature, 'tile')"
    root.appendChild(QgsRuleBasedRenderer.Rule(QgsMarkerSymbol.createSimple(look), 0, 0, mine))
    layer.setRenderer(QgsRuleBasedRenderer(root))
    settings = QgsPalLayerSettings()
    settings.fieldName = f'case when {mine} then "text" end'
    settings.isExpression = True
    settings.placement = QgsPalLayerSettings.Placement.OverPoint
    settings.displayAll = True
    settings.obstacle = False
    properties = QgsPropertyCollection()
    properties.setProperty(QgsPalLayerSettings.Property.OffsetQuad, QgsProperty.fromField("quadrant"))
    # away from the frame, which rises or falls along the text where the sheet's meridian is not the map's
    away = "if(\"quadrant\" < 3, '0,-1.2', '0,1.2')"
    properties.setProperty(QgsPalLayerSettings.Property.OffsetXY, QgsProperty.fromExpression(away))
    settings.setDataDefinedProperties(properties)
    settings.setFormat(text_format(easel.font, 6.5 * easel.size, buffer=0.6))
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def _drawing_look(key: str, easel: Easel, dpi: float) -> Look:
    def look(layer: QgsMapLayer) -> None:
        draw(layer, drawings()[key], easel)
        if isinstance(layer, QgsRasterLayer):
            smooth(layer)
            if isinstance(layer.renderer(), QgsRasterContourRenderer):
                contour_lines(layer.renderer(), "#a6753a", (0.18, 0.36), dpi)
            else:
                layer.setOpacity(_RELIEF)
        elif key == "roads":
            look = {"line_color": "#4d4d4d", "line_width": f"{0.3 * easel.size:.2f}"}
            layer.setRenderer(QgsSingleSymbolRenderer(QgsLineSymbol.createSimple(look)))

    return look


def _mark_looks(shape: str, easel: Easel) -> Look:
    return lambda layer: _mark_look(layer, shape, easel)


def _mark_look(layer: QgsVectorLayer, shape: str, easel: Easel) -> None:
    symbols = {"point": _points, "line": _lines, "area": _areas}[shape](layer, easel.size)
    layer.setRenderer(symbols)
    settings = QgsPalLayerSettings()
    settings.fieldName = "\"mark\" || coalesce(' ' || \"name\", '')"
    settings.isExpression = True
    settings.displayAll = True  # a mark that is not printed cannot come back
    settings.priority = {"point": 9, "line": 6, "area": 4}[shape]
    if shape == "point":
        settings.placement = QgsPalLayerSettings.Placement.OrderedPositionsAroundPoint
        settings.offsetType = QgsPalLayerSettings.OffsetType.FromSymbolBounds
        settings.dist = 0.6
    elif shape == "line":
        settings.placement = QgsPalLayerSettings.Placement.Curved
        settings.dist = 0.5
        settings.repeatDistance = 90.0
    else:
        settings.placement = QgsPalLayerSettings.Placement.Horizontal
    size = {"point": 8.5, "line": 7.5, "area": 7.5}[shape]
    colour = "#000000" if shape == "point" else "#08519c"
    letters = text_format(easel.font, size * easel.size, colour, bold=shape == "point", buffer=0.8)
    settings.setFormat(letters)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def _points(layer: QgsVectorLayer, size: float) -> QgsCategorizedSymbolRenderer:
    """A symbol for each kind that occurs."""
    present = layer.uniqueValues(layer.fields().indexOf("kind"))
    categories = []
    for kind in KINDS:
        if kind.key in present:
            look = {
                "outline_color": "#ffffff",
                "outline_width": "0.3",
                **_LOOKS.get(kind.key, {"name": "circle"}),
            }
            symbol: QgsSymbol = QgsMarkerSymbol.createSimple({**look, "size": f"{3.6 * size:.2f}"})
            categories.append(QgsRendererCategory(kind.key, symbol, f"{kind.zh}（{kind.letter}）"))
    return QgsCategorizedSymbolRenderer("kind", categories)


def _lines(layer: QgsVectorLayer, size: float) -> QgsCategorizedSymbolRenderer:
    look = {
        "line_color": _WATER,
        "line_width": f"{0.55 * size:.2f}",
        "capstyle": "round",
        "joinstyle": "round",
    }
    return _by_kind(layer, QgsLineSymbol.createSimple(look))


def _areas(layer: QgsVectorLayer, size: float) -> QgsCategorizedSymbolRenderer:
    look = {"color": "166,206,227,150", "outline_color": _WATER, "outline_width": f"{0.3 * size:.2f}"}
    return _by_kind(layer, QgsFillSymbol.createSimple(look))


def _by_kind(layer: QgsVectorLayer, symbol: QgsSymbol) -> QgsCategorizedSymbolRenderer:
    """One look for all kinds that occur; kinds that are points by rule may come as outlines too."""
    present = layer.uniqueValues(layer.fields().indexOf("kind"))
    categories = [
        QgsRendererCategory(k.key, symbol.clone(), f"{k.zh}（{k.letter}）") for k in KINDS if k.key in present
    ]
    return QgsCategorizedSymbolRenderer("kind", categories)
