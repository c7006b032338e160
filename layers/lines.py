"""Lines between QGIS and core: coordinates as arrays, WKB, projection of many points at once."""

from __future__ import annotations

import struct
from typing import Any, Callable, Iterable, Iterator, Sequence

import numpy as np
from qgis.core import QgsCoordinateReferenceSystem, QgsCsException, QgsGeometry, QgsLineString

from ..core.errors import InputError
from ..core.progress import SILENT, Progress
from ..core.terrain.shapes import shapely_modules
from .crs import distance_area
from .datums import Transform
from .records import Record

_POINT, _LINE = 1, 2


def line_wkb(xy: np.ndarray) -> bytes:
    """A LineString's WKB from coordinates of shape (k, 2)."""
    return struct.pack("<BII", 1, _LINE, len(xy)) + np.ascontiguousarray(xy, "<f8").tobytes()


def line_parts(wkb: bytes) -> Iterator[np.ndarray]:
    """Coordinates (k, 2) of each part of a 2-D (Multi)LineString's WKB in little-endian order."""
    kind, count = struct.unpack_from("<II", wkb, 1)
    if kind == _LINE:
        yield np.frombuffer(wkb, "<f8", 2 * count, 9).reshape(-1, 2)
        return
    place = 9
    for _ in range(count):
        (points,) = struct.unpack_from("<I", wkb, place + 5)
        yield np.frombuffer(wkb, "<f8", 2 * points, place + 9).reshape(-1, 2)
        place += 9 + 16 * points


def point_parts(wkb: bytes) -> np.ndarray:
    """Coordinates (k, 2) of a 2-D (Multi)Point's WKB in little-endian order."""
    kind, count = struct.unpack_from("<II", wkb, 1) if len(wkb) > 9 else (_POINT, 0)
    if kind == _POINT:
        return np.frombuffer(wkb, "<f8", 2, 5).reshape(-1, 2)
    packed = np.dtype([("order", "u1"), ("kind", "<u4"), ("xy", "<f8", 2)])
    return np.frombuffer(wkb, packed, count, 9)["xy"].astype(np.float64)


def projector(transform: Transform) -> Callable[[np.ndarray], np.ndarray] | None:
    """Moves coordinates (k, 2) by ``transform``; None where there is nothing to move.

    The function raises InputError QL-CRS-OUTSIDE where a point lies beyond the CRS's reach.
    """
    if transform.identity:
        return None
    operation = transform.qgis()

    def project(xy: np.ndarray) -> np.ndarray:
        line = QgsLineString(xy[:, 0].tolist(), xy[:, 1].tolist())
        try:
            line.transform(operation)
        except QgsCsException as error:
            x, y = xy[0]
            raise InputError(
                "QL-CRS-OUTSIDE",
                where=f"{x:.3f}, {y:.3f}",
                source=transform.source.description(),
                target=transform.target.description(),
            ) from error
        return next(line_parts(bytes(line.asWkb()))).copy()

    return project


def union(records: Sequence[Record]) -> QgsGeometry:
    """The polygons of ``records`` as one geometry."""
    parts = []
    for record in records:
        part = QgsGeometry()
        part.fromWkb(record.wkb or b"")
        parts.append(part)
    return QgsGeometry.unaryUnion(parts)


def inside_lengths(
    lines: Sequence[np.ndarray], lengths: np.ndarray, boundary: QgsGeometry, progress: Progress = SILENT
) -> np.ndarray:
    """Planar length of each line inside ``boundary``, m; ``lengths`` are those of the whole lines."""
    prepared = QgsGeometry.createGeometryEngine(boundary.constGet())
    prepared.prepareGeometry()
    found = np.zeros(len(lines))
    for i, xy in enumerate(lines):
        progress.step(i / len(lines))
        line = QgsGeometry()
        line.fromWkb(line_wkb(xy))
        if not prepared.intersects(line.constGet()):
            continue
        within = prepared.contains(line.constGet())
        found[i] = lengths[i] if within else line.intersection(boundary).length()
    return found


def ellipsoidal_length(lines: Iterable[np.ndarray], crs: QgsCoordinateReferenceSystem) -> float:
    """Length of all ``lines`` (coordinates (k, 2) in ``crs``) on its ellipsoid, m."""
    measure = distance_area(crs)
    total = 0.0
    for xy in lines:
        line = QgsGeometry()
        line.fromWkb(line_wkb(xy))
        total += measure.measureLength(line)
    return total


def polygon_shapes(records: Sequence[Record]) -> list[Any]:
    """The records' polygons as shapely geometries. Raises MissingLibrary where shapely is not there."""
    if not records:
        return []
    loads = shapely_modules().wkb.loads
    return [loads(record.wkb) for record in records if record.wkb]
