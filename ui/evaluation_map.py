"""Features that a number rests on, lit up on the map; homes beyond the service radius as a layer (row 12)."""

from __future__ import annotations

import struct
from typing import Dict, Iterable, List, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsExpression,
    QgsFeature,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QColor

from ..core.provenance import Feature
from ..layers.outputs import Column, feature, fields
from ..layers.surveyfigures import Home
from .evaluation_work import Asked

MOST = 3000
"""More features of one layer are not lit one by one: the layer is shown instead."""

HOME_FIELDS = (
    Column("name", "text"), Column("distance_m", "number"), Column("along_roads_m", "number"),
    Column("limit_m", "number"), Column("outside", "text"),
)  # fmt: skip


def survey_layers(project: QgsProject, asked: Asked) -> Dict[str, List[QgsVectorLayer]]:
    """The project's located layers of a survey, by table."""
    found: Dict[str, List[QgsVectorLayer]] = {}
    path = str(asked.path)
    for layer in project.mapLayers().values():
        if isinstance(layer, QgsVectorLayer) and layer.isValid():
            file, _, rest = layer.source().partition("|")
            name = next((p[len("layername=") :] for p in rest.split("|") if p.startswith("layername=")), "")
            if file == path and name:
                found.setdefault(name, []).append(layer)
    return found


class Lights:
    """Lights features up by selecting them, and puts them out again."""

    def __init__(self) -> None:
        self.lit: List[str] = []

    def put_out(self, project: QgsProject) -> None:
        """Take back what was lit."""
        for key in self.lit:
            layer = project.mapLayer(key)
            if isinstance(layer, QgsVectorLayer):
                layer.removeSelection()
        self.lit = []

    def light(self, project: QgsProject, asked: Asked, features: Iterable[Feature]) -> int:
        """Select the features in the survey's layers; how many there are now."""
        self.put_out(project)
        wanted: Dict[str, set[str | None]] = {}
        for role, uuid in features:
            wanted.setdefault(role, set()).add(uuid)
        layers = survey_layers(project, asked)
        count = 0
        for role, uuids in wanted.items():
            for layer in layers.get(role, ()):
                if layer.isSpatial():
                    count += self._select(layer, uuids)
        return count

    def _select(self, layer: QgsVectorLayer, uuids: set[str | None]) -> int:
        if None in uuids and layer.featureCount() > MOST:
            return 0
        # a form that follows the selection must not jump to what is only lit up
        layer.blockSignals(True)
        if None in uuids:
            layer.selectAll()
        else:
            quoted = ", ".join(QgsExpression.quotedValue(u) for u in sorted(map(str, uuids)))
            layer.selectByExpression(f'"uuid" IN ({quoted})')
        layer.blockSignals(False)
        layer.triggerRepaint()
        self.lit.append(layer.id())
        return int(layer.selectedFeatureCount())

    def zoom(self, canvas: QgsMapCanvas | None, project: QgsProject) -> None:
        """Show all that is lit."""
        if canvas is None:
            return
        box = QgsRectangle()
        for key in self.lit:
            layer = project.mapLayer(key)
            if isinstance(layer, QgsVectorLayer) and layer.selectedFeatureCount():
                own = layer.boundingBoxOfSelected()
                box.combineExtentWith(canvas.mapSettings().layerExtentToOutputExtent(layer, own))
        if box.isNull():
            return
        if box.isEmpty():  # a single point
            box.grow(200 * canvas.mapUnitsPerPixel())
        box.scale(1.15)
        canvas.setExtent(box)
        canvas.refresh()


def homes_layer(homes: Sequence[Home], limit: float, crs: QgsCoordinateReferenceSystem) -> QgsVectorLayer:
    """The homes as a layer of points: red where the straight distance is too long, orange along roads only."""
    title = QCoreApplication.translate("EvaluationMap", "Homes outside {:g} m of a public toilet ({})")
    layer = QgsVectorLayer("Point", title.format(limit, len(homes)), "memory")
    layer.setCrs(crs)
    provider = layer.dataProvider()
    provider.addAttributes(list(fields(HOME_FIELDS)))
    layer.updateFields()
    made = layer.fields()
    rows: List[QgsFeature] = [feature(made, h.values, struct.pack("<BIdd", 1, 1, h.x, h.y)) for h in homes]
    provider.addFeatures(rows)
    layer.updateExtents()
    _style(layer)
    return layer


def _style(layer: QgsVectorLayer) -> None:
    from qgis.core import QgsCategorizedSymbolRenderer, QgsMarkerSymbol, QgsRendererCategory

    named = (
        ("both", QCoreApplication.translate("EvaluationMap", "straight and along roads"), "#b3261e"),
        ("straight", QCoreApplication.translate("EvaluationMap", "straight"), "#b3261e"),
        ("roads", QCoreApplication.translate("EvaluationMap", "along roads only (not deciding)"), "#e08a00"),
    )
    categories = []
    for value, label, colour in named:
        symbol = QgsMarkerSymbol.createSimple({"name": "circle", "size": "2.6", "outline_color": "white"})
        symbol.setColor(QColor(colour))
        categories.append(QgsRendererCategory(value, symbol, label))
    layer.setRenderer(QgsCategorizedSymbolRenderer("outside", categories))
