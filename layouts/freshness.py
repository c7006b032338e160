"""What the data of a figure were like when it was made, so that a later look can tell whether they changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from qgis.core import QgsMapLayer, QgsVectorLayer

MOST_FEATURES = 20_000  # beyond them number and extent speak for a layer
_END = 1 << 20  # bytes looked at on either end of a raster's file


def state_of(layer: QgsMapLayer) -> str:
    """A short text that changes when the layer's features or cells do; equal for a copy elsewhere."""
    if isinstance(layer, QgsVectorLayer):
        return _features(layer)
    path = Path(layer.source().split("|")[0])
    digest = hashlib.sha256()
    if path.is_file():
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as file:
            digest.update(file.read(_END))
            file.seek(max(0, size - _END))
            digest.update(file.read(_END))
    return digest.hexdigest()[:20]


def _features(layer: QgsVectorLayer) -> str:
    count = layer.featureCount()
    digest = hashlib.sha256(str(count).encode())
    if count > MOST_FEATURES:
        digest.update(layer.extent().asWktCoordinates().encode())
        return digest.hexdigest()[:20]
    for feature in layer.getFeatures():
        digest.update(bytes(feature.geometry().asWkb()))
        digest.update("\x1f".join(str(value) for value in feature.attributes()).encode())
    return digest.hexdigest()[:20]
