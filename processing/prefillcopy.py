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
    for record, shape in zip(layer.records, layer.shapes):
        own = str(uuids.uuid4())
        values = fitting(record.attributes, info)
        inserts.append(Insert(name, values, _stored(shape, info, to_target), own))
        records.append(record._replace(uuid=own))
        shapes.append(shape)
    return Layer(name, layer.title, True, records, shapes), inserts


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
