"""The picture of a layout that comes out the same every time.

QGIS up to 3.2x puts labels of three or more layers down in an order that hangs on where things lie in memory
(a hash table keyed by pointers): now and then another label gives way. The order without collisions is by far
the most frequent; so such a layout is rendered until one picture has clearly won.
"""

from __future__ import annotations

import hashlib
from collections import Counter

from qgis.core import QgsLayoutExporter, QgsLayoutItemMap, QgsPrintLayout, QgsVectorLayer
from qgis.PyQt.QtGui import QImage

from ..core.progress import SILENT, Progress

VOTES, LEAD, MOST = 4, 3, 16
_STEADY_LAYERS = 2


def steady_image(
    layout: QgsPrintLayout, dpi: float, progress: Progress = SILENT, share: float = 0.0
) -> QImage:
    """The layout's first page at ``dpi``; a null image where memory does not allow it.

    ``share`` is how far the stage has got; cancel is looked for between renderings (Cancelled)."""
    exporter = QgsLayoutExporter(layout)
    first = exporter.renderPageToImage(0, dpi=dpi)
    if labelled_layers(layout) <= _STEADY_LAYERS or first.isNull():
        return first
    seen: Counter[str] = Counter()
    images: dict[str, QImage] = {}
    ballast: list[list[bytearray]] = []
    image = first
    for turn in range(MOST):
        progress.step(share)
        key = _key(image)
        images.setdefault(key, image)
        seen[key] += 1
        if _decided(seen):
            break
        # what lies in memory between two renderings should not be the same twice
        ballast.append([bytearray(600 + 37 * turn + 16 * n) for n in range(50)])
        image = exporter.renderPageToImage(0, dpi=dpi)
    return images[winner(seen)]


def winner(seen: Counter[str]) -> str:
    """What was seen most often; among equals the first by name, so that chance has no say."""
    most = max(seen.values())
    return min(key for key, count in seen.items() if count == most)


def _decided(seen: Counter[str]) -> bool:
    counts = [count for _, count in seen.most_common(2)]
    return counts[0] >= VOTES and (len(counts) == 1 or counts[0] - counts[1] >= LEAD)


def labelled_layers(layout: QgsPrintLayout) -> int:
    """The most layers with labels that a map of the layout has."""
    maps = [item for item in layout.items() if isinstance(item, QgsLayoutItemMap)]
    return max((sum(_has_labels(x) for x in item.layers()) for item in maps), default=0)


def _has_labels(layer: object) -> bool:
    return isinstance(layer, QgsVectorLayer) and layer.labelsEnabled()


def _key(image: QImage) -> str:
    bits = image.constBits()
    size = image.sizeInBytes() if hasattr(image, "sizeInBytes") else image.byteCount()
    return hashlib.sha256(bits.asstring(size)).hexdigest()
