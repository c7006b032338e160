"""Sources as layers in QGIS, without the style that lies in or beside them.

A style of a mailed file may hold code, and what a figure or a form shows is ours to say.
"""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsRasterLayer, QgsVectorLayer


def open_raster(source: str, title: str, provider: str = "gdal") -> QgsRasterLayer:
    """A raster as a layer."""
    options = QgsRasterLayer.LayerOptions(loadDefaultStyle=False)
    return QgsRasterLayer(source, title, provider, options)


def open_vector(source: str, title: str, provider: str = "ogr") -> QgsVectorLayer:
    """A table as a layer."""
    options = QgsVectorLayer.LayerOptions(loadDefaultStyle=False)
    return QgsVectorLayer(source, title, provider, options)


def open_again(layer: QgsMapLayer, title: str) -> QgsMapLayer:
    """A layer of its own on the same data, in the same CRS; one in memory is copied."""
    made: QgsMapLayer
    if layer.providerType() == "memory":
        made = layer.clone()
    elif isinstance(layer, QgsRasterLayer):
        made = open_raster(layer.source(), title, layer.providerType())
    else:
        made = open_vector(layer.source(), title, layer.providerType())
        read_as = layer.dataProvider().encoding() if isinstance(layer, QgsVectorLayer) else ""
        if read_as and made.isValid() and made.dataProvider().encoding() != read_as:
            made.setProviderEncoding(read_as)
    made.setName(title)
    made.setCrs(layer.crs())
    return made
