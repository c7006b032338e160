"""How a survey's located layers look: one colour a layer, categories where a field holds codes."""

from __future__ import annotations

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsFillSymbol,
    QgsMapLayer,
    QgsRendererCategory,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

from ..core.data import RESOURCES
from ..core.standard import CodeItem
from .schema import StoreTable, code_lists

_MOST_CATEGORIES = 12
_EROSION = ("#ffffcc", "#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026")


def style_layer(layer: QgsVectorLayer, table: StoreTable, language: str) -> None:
    """Give a located layer its symbols; plain tables have none."""
    if not layer.isSpatial():
        return
    if table.style:
        path = RESOURCES / "styles" / f"{table.style}.qml"
        layer.loadNamedStyle(str(path), False, QgsMapLayer.StyleCategory.Symbology)
        return
    found = _categories(layer, table, language)
    layer.setRenderer(found or QgsSingleSymbolRenderer(_symbol(layer, table, QColor(table.colour))))


def _symbol(layer: QgsVectorLayer, table: StoreTable, colour: QColor) -> QgsSymbol:
    polygon = layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry
    if polygon and table.outline:
        outline = {"style": "no", "outline_color": colour.name(), "outline_width": "0.6"}
        return QgsFillSymbol.createSimple(outline)
    if polygon:
        return QgsFillSymbol.createSimple(
            {"color": colour.name(), "outline_color": colour.darker(140).name(), "outline_width": "0.1"}
        )
    made = QgsSymbol.defaultSymbol(layer.geometryType())
    made.setColor(colour)
    return made


def _categories(layer: QgsVectorLayer, table: StoreTable, language: str) -> QgsFeatureRenderer | None:
    for field in table.fields:
        items = code_lists().get(field.codes or "", ())
        if 0 < len(items) <= _MOST_CATEGORIES and field.kind != "list":
            colours = _colours(table, len(items))
            return QgsCategorizedSymbolRenderer(
                field.name,
                [_category(layer, table, i, c, language) for i, c in zip(items, colours)],
            )
    return None


def _category(
    layer: QgsVectorLayer, table: StoreTable, item: CodeItem, colour: QColor, language: str
) -> QgsRendererCategory:
    value = int(item.code) if table.name == "erosion" else item.code
    label = item.zh if language == "zh" else item.en
    return QgsRendererCategory(value, _symbol(layer, table, colour), label)


def _colours(table: StoreTable, count: int) -> list[QColor]:
    if table.name == "erosion":
        return [QColor(c) for c in _EROSION[:count]]
    base = QColor(table.colour)
    turned = []
    for number in range(count):
        hue = (max(base.hue(), 0) + 360 * number // count) % 360
        turned.append(QColor.fromHsv(hue, max(base.saturation(), 90), max(base.value(), 120)))
    return turned
