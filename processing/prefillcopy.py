"""Given layers taken into the survey's empty ones, so that its rows have features to point to."""

from __future__ import annotations

import uuid as uuids
from typing import Any, Mapping

from qgis.core import QgsCoordinateTransform, QgsGeometry, QgsWkbTypes

from ..layers.datums import Transform
from ..layers.store import GpkgStore, Insert, TableInfo
from ..layers.store.values import Misfit, to_sql
from .prefillroles import ROLES, Layer, name_in

COPIED = (
    "ADMIN", "VILLAGES", "CHANNELS", "WATERBODIES", "POLLUTION", "ROADS",
    "BANKS", "TREATED", "GREEN", "BUILT", "LAYOUT",
)  # fmt: skip
"""Roles whose features rows of the survey describe or count, or indicators are measured on."""
KEEPING = ("LAYOUT",)
"""Roles whose features keep their uuid."""


def adopted(
    role: str, layer: Layer, store: GpkgStore, boundary: QgsGeometry | None, to_target: Transform
) -> tuple[Layer, list[Insert]]:
    """The layer as the survey's own, with what must be inserted; nothing is where the survey has one already.

    Only features that meet the boundary are taken, and only they are kept of a layer that is not, so that a
    second run counts what the first did; ``to_target`` leads from the survey's CRS to that of ``layer``.
    Values go where the survey's layer has a field of that name and kind.
    """
    name = ROLES[role][0]
    if layer.own or not layer:
        return layer, []
    layer = _meeting(layer, boundary)
    if store.count(name):
        return layer, []
    info = store.tables()[name]
    records, shapes, inserts = [], [], []
    for record, shape, own in zip(layer.records, layer.shapes, _uuids(role, layer)):
        values = fitting(record.attributes, info)
        inserts.append(Insert(name, values, _stored(shape, info, to_target), own))
        records.append(record._replace(uuid=own))
        shapes.append(shape)
    return Layer(name, layer.title, True, records, shapes), inserts


def _uuids(role: str, layer: Layer) -> list[str]:
    """New uuids; of measures their own where they have one, as findings of the layout check name them by it."""
    found: dict[str, None] = {}
    for record in layer.records:
        own = record.uuid if role in KEEPING and _is_uuid(record.uuid) else None
        found[own if own is not None and own not in found else str(uuids.uuid4())] = None
    return list(found)


def _is_uuid(text: str | None) -> bool:
    """Whether a text is a uuid as the survey writes them."""
    try:
        return text is not None and str(uuids.UUID(text)) == text
    except ValueError:
        return False


def _meeting(layer: Layer, boundary: QgsGeometry | None) -> Layer:
    """The features of a layer that meet the boundary; all of them without one."""
    pairs = zip(layer.records, layer.shapes)
    kept = [(r, s) for r, s in pairs if boundary is None or s.intersects(boundary)]
    return layer._replace(records=[r for r, _ in kept], shapes=[s for _, s in kept])


def fitting(values: Mapping[str, Any], info: TableInfo) -> dict[str, Any]:
    """Values that the survey's layer has a field for and that the field takes."""
    found: dict[str, Any] = {}
    wanted = {**values, "name": name_in(values)}
    for column in info.columns:
        value = wanted.get(column.name)
        if value is None or column.name in ("uuid", "version"):
            continue
        try:
            to_sql(column, value)
        except Misfit:
            continue
        found[column.name] = value
    return found


def _stored(shape: QgsGeometry, info: TableInfo, to_target: Transform) -> bytes:
    """The geometry as the survey's layer keeps it: its type, its CRS."""
    if info.geometry == "POINT":
        found = (
            shape.centroid()
            if shape.type() == QgsWkbTypes.GeometryType.PointGeometry
            else shape.pointOnSurface()
        )
    else:
        found = QgsGeometry(shape)
        if info.geometry != "GEOMETRY":
            found.convertToMultiType()
    if not to_target.identity:
        found.transform(to_target.qgis(), QgsCoordinateTransform.TransformDirection.Reverse)
    return bytes(found.asWkb())
