"""Check and repair of zones in a layer: faults shown as a list with places, mended as a list of changes.

Nothing is written here: the caller shows the list, asks, and applies the changes inside one edit
command of the layer, so that undo takes them back. Attributes (author, reason) stay as they are.
"""

from __future__ import annotations

from typing import Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureIterator,
    QgsFeatureRequest,
    QgsFeatureSource,
    QgsFields,
    QgsGeometry,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
    QgsWkbTypes,
)

from ..core.errors import InputError, Problem, problem
from ..core.progress import SILENT, Progress
from ..core.zoning.mending import Change, Check, Zone, check_zones, mend
from .outputs import string_field
from .records import POLYGON, Wanted, id_list, read_records

ZONE_FIELD = "zone"
SIGNATURE = ("edited_by", "edit_reason", "edited_on")


class LayerState(QgsFeatureSource):
    """A layer as it is now, its unsaved edits included, to be read in another thread.

    ``changed`` are the ids whose geometry was drawn or moved by hand since the last save.
    """

    def __init__(self, layer: QgsVectorLayer) -> None:
        super().__init__()
        self._features = QgsVectorLayerFeatureSource(layer)
        self._crs, self._fields, self._type = layer.crs(), layer.fields(), layer.wkbType()
        self._name, self._count, self._extent = layer.name(), layer.featureCount(), layer.extent()
        buffer = layer.editBuffer()
        drawn = [*buffer.changedGeometries(), *buffer.addedFeatures()] if buffer is not None else []
        self.changed: tuple[int, ...] = tuple(sorted(drawn))

    def getFeatures(self, request: QgsFeatureRequest = QgsFeatureRequest()) -> QgsFeatureIterator:  # noqa: B008
        return self._features.getFeatures(request)

    def sourceName(self) -> str:
        return str(self._name)

    def sourceCrs(self) -> QgsCoordinateReferenceSystem:
        return self._crs

    def sourceExtent(self) -> QgsRectangle:
        return self._extent

    def fields(self) -> QgsFields:
        return self._fields

    def wkbType(self) -> QgsWkbTypes.Type:
        return self._type

    def featureCount(self) -> int:
        return int(self._count)


def read_zones(
    layer: QgsFeatureSource, zone_field: str = ZONE_FIELD, progress: Progress = SILENT
) -> tuple[list[Zone], list[Problem]]:
    """The zones of a layer in its own CRS, and what must be said. Raises QL-LAYER-*, QL-ZONING-ZONEFIELD."""
    reading = read_records(
        layer, layer.sourceCrs(), "ZONES", Wanted(POLYGON, (zone_field,)), progress=progress
    )
    nameless = [r.fid for r in reading.records if not r.attributes.get(zone_field)]
    if nameless:
        facts = {"layer": layer.sourceName(), "count": len(nameless), "ids": id_list(nameless)}
        raise InputError(problems=[problem("QL-ZONING-ZONEFIELD", **facts)])
    zones = [Zone(r.fid, str(r.attributes[zone_field]), r.wkb) for r in reading.records if r.wkb]
    return zones, reading.warnings


def check_layer(
    layer: QgsFeatureSource,
    boundary: QgsFeatureSource,
    *,
    edited: Sequence[int] = (),
    progress: Progress = SILENT,
) -> tuple[Check, list[Problem]]:
    """Faults of a layer of zones against a boundary; ``edited`` are ids whose outline counts in overlaps."""
    zones, warnings = read_zones(layer, progress=progress)
    reading = read_records(boundary, layer.sourceCrs(), "BOUNDARY", Wanted(POLYGON), progress=progress)
    shapes = [r.wkb for r in reading.records if r.wkb]
    if not shapes:
        raise InputError("QL-ZONING-NOBOUNDARY", layer=boundary.sourceName())
    return check_zones(zones, shapes, edited, progress), [*warnings, *reading.warnings]


def preview(check: Check, chosen: Sequence[int] | None = None, progress: Progress = SILENT) -> list[Change]:
    """What mending the chosen faults (default all) would change, zone by zone."""
    return mend(check, chosen, progress)


def apply(layer: QgsVectorLayer, changes: Sequence[Change], title: str) -> None:
    """Apply changes to a layer in edit mode as one command that undo takes back; emptied zones are deleted.

    Where a layer takes single polygons, the largest part stays the feature and the others become new ones
    with its attributes (without key and uuid). Raises QL-ZONING-NOTEDITED where the layer refuses.
    """
    layer.beginEditCommand(title)
    done = all(_applied(layer, change) for change in changes)
    if not done:
        layer.destroyEditCommand()
        raise InputError("QL-ZONING-NOTEDITED", layer=layer.name())
    layer.endEditCommand()


def sign(layer: QgsVectorLayer, ids: Sequence[int], author: str, reason: str, day: str, title: str) -> None:
    """Write who drew these zones by hand, why and when (``day``, ISO) beside them, as one edit command.

    Columns ``edited_by``, ``edit_reason`` and ``edited_on`` are added where they lack. Raises
    QL-ZONING-NOTEDITED where the layer refuses.
    """
    layer.beginEditCommand(title)
    if not all(_has(layer, name) for name in SIGNATURE) or not all(
        layer.changeAttributeValue(fid, layer.fields().indexOf(name), value)
        for fid in ids
        for name, value in zip(SIGNATURE, (author, reason, day))
    ):
        layer.destroyEditCommand()
        raise InputError("QL-ZONING-NOTEDITED", layer=layer.name())
    layer.endEditCommand()


def _has(layer: QgsVectorLayer, name: str) -> bool:
    if layer.fields().indexOf(name) >= 0:
        return True
    return bool(layer.addAttribute(string_field(name)))


def _applied(layer: QgsVectorLayer, change: Change) -> bool:
    if change.wkb is None:
        return bool(layer.deleteFeature(change.id))
    shape = QgsGeometry()
    shape.fromWkb(change.wkb)
    if QgsWkbTypes.isMultiType(layer.wkbType()):
        return bool(layer.changeGeometry(change.id, shape))
    parts = sorted(shape.asGeometryCollection(), key=lambda part: -part.area())
    new = [_copied(layer, change.id, part) for part in parts[1:]]
    return bool(layer.changeGeometry(change.id, parts[0])) and all(layer.addFeature(f) for f in new)


def _copied(layer: QgsVectorLayer, fid: int, shape: QgsGeometry) -> QgsFeature:
    made = QgsFeature(layer.getFeature(fid))
    for index in {*layer.primaryKeyAttributes(), layer.fields().indexOf("uuid")} - {-1}:
        made.setAttribute(index, None)
    made.setGeometry(shape)
    return made
