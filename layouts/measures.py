"""Symbols of the measures and their quantities (5.1.2, table B.1).

Told apart by colour family (zone), pattern, marker or dash, and by their number of table B.1.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Iterable, NamedTuple

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPointPatternFillSymbolLayer,
    QgsProperty,
    QgsRendererCategory,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

from ..core.data import RESOURCES, load_yaml
from ..core.layoutplan.cutting import Cutter
from ..core.layoutplan.model import Part
from ..core.layoutplan.palette import measure_named
from ..core.layoutplan.quantities import Row, bill
from ..core.layoutplan.units import WIDTH, decimals_of
from ..core.standard import Edition
from ..layers.layoutplan import Placed, placed
from ..layers.records import ANY, Wanted, read_records
from ..layers.sitingshapes import QgisShapes

UNITS = "units"
"""Code list of the units."""

FIELD, STATUS = "measure", "status"
_ANGLES = {
    "slash": (45,), "backslash": (135,), "horizontal": (0,), "vertical": (90,),
    "cross": (45, 135), "squares": (0, 90), "diagonal": (30,), "ticks": (60,),
}  # fmt: skip
_DEFAULT = {"colour": "#444444", "pattern": "slash", "marker": "circle", "dash": "solid"}


class Amount(NamedTuple):
    """How much of a measure there is, in its unit of table B.1: its key (``hm2``) and as printed (hm²)."""

    number: int
    measure: str
    name: str
    unit: str
    unit_text: str
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
    """Amounts of the measures, planar in ``crs``: what ``qingliu:quantities`` adds up, without zones and prices.

    Features whose ``measure`` is none of table B.1 are left out, as they are from the legend.
    """
    shapes = QgisShapes()
    cutter = Cutter(shapes)
    parts: list[Part] = []
    for layer in layers:
        for put in _placed(layer, shapes, edition, crs):
            parts += cutter.parts(put.item, put.shape)
    return [_amount(row, edition) for row in bill(parts, edition).rows if row.of != WIDTH]


def _placed(
    layer: QgsVectorLayer, shapes: QgisShapes, edition: Edition, crs: QgsCoordinateReferenceSystem
) -> list[Placed]:
    if layer.fields().indexOf(FIELD) < 0 or not layer.featureCount():
        return []
    records = read_records(layer, crs, "MEASURES", Wanted(ANY, (FIELD,))).records
    known = [r for r in records if measure_named(edition, str(r.attributes.get(FIELD))) is not None]
    found = placed(known, shapes, edition, layer.name(), "MEASURES")
    # features that share a uuid are counted each for itself
    return [p._replace(item=replace(p.item, uuid=f"{n}:{p.item.uuid}")) for n, p in enumerate(found)]


def _amount(row: Row, edition: Edition) -> Amount:
    measure = edition.measures[row.measure]
    unit = edition.code_label(UNITS, row.unit, "zh") if UNITS in edition.codelists else row.unit
    planned = round(row.quantity - row.built, decimals_of(row.unit))
    return Amount(
        measure.number, measure.key, row.name or measure.name_zh, row.unit, unit, row.built, planned
    )
