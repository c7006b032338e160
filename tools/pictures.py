"""Pictures of the demo's results: layers over shaded relief, rendered by QGIS offscreen.

tools/pictures.py OUT.png DEM STYLED...      STYLED is layer.gpkg=style.qml, bottom first;
    the picture shows the extent of the last one
"""

from __future__ import annotations

import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateTransformContext,
    QgsHillshadeRenderer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

WIDTH, HEIGHT = 1400, 1000


def layers_of(dem: str, styled: list[str]) -> list:
    found = []
    for entry in styled:
        path, _, style = entry.rpartition("=")
        layer = QgsVectorLayer(path, Path(path).stem, "ogr")
        if layer.isValid():
            if style:
                layer.loadNamedStyle(style)
            found.insert(0, layer)
    if dem:
        relief = QgsRasterLayer(dem, "relief")
        renderer = QgsHillshadeRenderer(relief.dataProvider(), 1, 315, 45)
        renderer.setZFactor(2 if not relief.crs().isGeographic() else 2e-5)
        relief.setRenderer(renderer)
        relief.setOpacity(0.75)
        found.append(relief)
    return found


def extent_of(layers: list, settings: QgsMapSettings) -> QgsRectangle:
    """The topmost layer's extent with a margin."""
    box = QgsRectangle(settings.layerExtentToOutputExtent(layers[0], layers[0].extent()))
    box.scale(1.1)
    return box


def main() -> int:
    out, dem, *styled = sys.argv[1:]
    application = QgsApplication([], True)
    application.initQgis()
    layers = layers_of(dem, styled)
    settings = QgsMapSettings()
    settings.setTransformContext(QgsCoordinateTransformContext())
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[0].crs())
    settings.setOutputSize(QSize(WIDTH, HEIGHT))
    settings.setBackgroundColor(QColor("white"))
    settings.setExtent(extent_of(layers, settings))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    saved = job.renderedImage().save(out)
    del job, layers, settings
    application.exitQgis()
    return 0 if saved else 1


if __name__ == "__main__":
    sys.exit(main())
