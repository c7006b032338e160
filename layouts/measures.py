"""Symbols of the measures and their quantities (5.1.2, table B.1).

Told apart by colour family (zone), pattern, marker or dash, and by their number of table B.1.
"""

from __future__ import annotations

from functools import cache
from typing import Iterable, NamedTuple

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFillSymbol,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPointPatternFillSymbolLayer,
    QgsProject,
    QgsProperty,
    QgsRendererCategory,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

from ..core.data import RESOURCES, load_yaml
from ..core.standard import Edition

FIELD, STATUS = "measure", "status"
_ANGLES = {
    "slash": (45,), "backslash": (135,), "horizontal": (0,), "vertical": (90,),
    "cross": (45, 135), "squares": (0, 90), "diagonal": (30,), "ticks": (60,),
}  # fmt: skip
_DEFAULT = {"colour": "#444444", "pattern": "slash", "marker": "circle", "dash": "solid"}


class Amount(NamedTuple):
    """How much of a measure there is: ``unit`` hm², m or 处."""

    number: int
    name: str
    unit: str
    built: float
    planned: float


@cache
def looks() -> dict[str, dict[str, str]]:
    """Symbols of ``resources/figures/measures.yaml``: measure -> colour, pattern, marker, dash."""
    found: dict[str, dict[str, str]] = load_yaml(RESOURCES / "figures" / "measures.yaml")
    return found


def measure_renderer(layer: QgsVectorLayer, edition: Edition) -> QgsCategorizedSymbolRenderer:
    """A category for each measure in ``layer``, in the order of table B.1."""
    present = {str(v) for v in layer.uniqueValues(layer.fields().indexOf(FIELD)) if v}
    categories = []
    for measure in sorted(edition.measures.values(), key=lambda m: m.number):
        if measure.key in present:
            symbol = _symbol(layer, looks().get(measure.key, _DEFAULT))
            categories.append(QgsRendererCategory(measure.key, symbol, f"{measure.number} {measure.name_zh}"))
    return QgsCategorizedSymbolRenderer(FIELD, categories)


def label_expression(edition: Edition) -> str:
    """The number of table B.1 for a feature's measure."""
    pairs = ",".join(f"'{m.key}','{m.number}'" for m in edition.measures.values())
    return f'map_get(map({pairs}),"{FIELD}")'


def _symbol(layer: QgsVectorLayer, look: dict[str, str]) -> QgsSymbol:
    kind = layer.geometryType()
    colour = look["colour"]
    if kind == QgsWkbTypes.GeometryType.PointGeometry:
        return QgsMarkerSymbol.createSimple(
            {"name": look["marker"], "color": colour, "outline_color": "#ffffff", "outline_width": "0.2",
             "size": "3.2"}
        )  # fmt: skip
    if kind == QgsWkbTypes.GeometryType.LineGeometry:
        return QgsLineSymbol.createSimple(
            {"line_color": colour, "line_width": "0.9", "line_style": look["dash"], "capstyle": "flat"}
        )
    return _fill(layer, colour, look["pattern"])


def _fill(layer: QgsVectorLayer, colour: str, pattern: str) -> QgsFillSymbol:
    ground = QColor(colour)
    ground.setAlpha(45)
    symbol = QgsFillSymbol.createSimple(
        {"color": ground.name(QColor.NameFormat.HexArgb), "outline_color": colour, "outline_width": "0.3"}
    )
    symbol.symbolLayer(0).setFillColor(ground)
    if layer.fields().indexOf(STATUS) >= 0:
        dashed = QgsProperty.fromExpression(f"if(\"{STATUS}\"='planned','dash','solid')")
        symbol.symbolLayer(0).setDataDefinedProperty(QgsSymbolLayer.Property.PropertyStrokeStyle, dashed)
    for angle in _ANGLES.get(pattern, ()):
        symbol.appendSymbolLayer(_hatch(angle, colour))
    if pattern not in _ANGLES:
        symbol.appendSymbolLayer(_dots(pattern, colour))
    return symbol


def _hatch(angle: int, colour: str) -> QgsLinePatternFillSymbolLayer:
    made = QgsLinePatternFillSymbolLayer()
    made.setLineAngle(angle)
    made.setDistance(1.6)
    made.setSubSymbol(QgsLineSymbol.createSimple({"line_color": colour, "line_width": "0.15"}))
    return made


def _dots(pattern: str, colour: str) -> QgsPointPatternFillSymbolLayer:
    made = QgsPointPatternFillSymbolLayer()
    made.setDistanceX(2.0)
    made.setDistanceY(2.0)
    name = "triangle" if pattern == "triangles" else "circle"
    dot = {"name": name, "color": colour, "outline_style": "no", "size": "0.8"}
    made.setSubSymbol(QgsMarkerSymbol.createSimple(dot))
    return made


def quantities(
    layers: Iterable[QgsVectorLayer], edition: Edition, crs: QgsCoordinateReferenceSystem
) -> list[Amount]:
    """Amounts of the measures by table B.1, planar in ``crs``: areas in hm², lengths in m, points counted."""
    sums: dict[tuple[str, str], list[float]] = {}
    for layer in layers:
        transform = QgsCoordinateTransform(layer.crs(), crs, QgsProject.instance().transformContext())
        unit, size = _UNITS[layer.geometryType()]
        has_status = layer.fields().indexOf(STATUS) >= 0
        for feature in layer.getFeatures():
            geometry = feature.geometry()
            geometry.transform(transform)
            pair = sums.setdefault((str(feature[FIELD]), unit), [0.0, 0.0])
            pair[int(has_status and feature[STATUS] == "planned")] += size(geometry)
    found = []
    for (key, unit), (built, planned) in sums.items():
        measure = edition.measures.get(key)
        if measure is not None:
            found.append(Amount(measure.number, measure.name_zh, unit, built, planned))
    return sorted(found)


_UNITS = {
    QgsWkbTypes.GeometryType.PolygonGeometry: ("hm²", lambda g: g.area() / 10_000),
    QgsWkbTypes.GeometryType.LineGeometry: ("m", lambda g: g.length()),
    QgsWkbTypes.GeometryType.PointGeometry: ("处", lambda g: 1.0),
}
