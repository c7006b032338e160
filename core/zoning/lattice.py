"""Coordinates as whole numbers: the lattice on which all lines of a partition meet.

The unit is a power of two of a metre, so that lattice points are exact in binary: a vertex has
the same bits in every polygon that has it, in memory and in a file. Origins are whole metres, so
that points of one lattice stay points of every later one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Iterable, Iterator, Sequence

import numpy as np

from ..errors import InputError

FINEST = 2.0**-12
"""Smallest unit, m: about a quarter of a millimetre."""

# Products of two differences must stay exact in 64 bits, twofold and summed.
_MOST_UNITS = 2**28
_POLYGON, _MULTIPOLYGON = 3, 6


@dataclass(frozen=True)
class Lattice:
    """``x0``, ``y0``: whole metres south-west of everything; ``unit`` in m."""

    x0: float
    y0: float
    unit: float

    def snap(self, xy: np.ndarray) -> np.ndarray:
        """Lattice numbers int64 (k, 2) of coordinates (k, 2)."""
        return np.rint((np.asarray(xy, np.float64) - (self.x0, self.y0)) / self.unit).astype(np.int64)

    def place(self, points: np.ndarray) -> np.ndarray:
        """Coordinates (k, 2) of lattice points, exact."""
        return points * self.unit + (self.x0, self.y0)


def lattice_over(bounds: tuple[float, float, float, float]) -> Lattice:
    """The finest lattice over west, south, east, north. Raises QL-ZONING-EXTENT where there is none."""
    west, south, east, north = bounds
    if not np.isfinite(bounds).all() or east < west or north < south:
        raise InputError("QL-ZONING-EXTENT", extent="-")
    x0, y0 = np.floor(west) - 1.0, np.floor(south) - 1.0
    reach = max(east - x0, north - y0) + 2.0
    unit = FINEST
    while reach / unit >= _MOST_UNITS:
        unit *= 2
    if unit > 2.0**-6:
        raise InputError("QL-ZONING-EXTENT", extent=f"{reach / 1000:.0f}")
    return Lattice(float(x0), float(y0), unit)


def polygons_of(wkb: bytes) -> Iterator[list[np.ndarray]]:
    """Rings of each polygon of a 2-D (Multi)Polygon's WKB, shell first, each (k, 2) and closed."""
    order = "<" if wkb[0] == 1 else ">"
    (kind,) = struct.unpack_from(order + "I", wkb, 1)
    if kind == _POLYGON:
        yield _rings(wkb, 0)[0]
        return
    if kind != _MULTIPOLYGON:
        raise InputError("QL-ZONING-NOTPOLYGON", kind=kind)
    (count,) = struct.unpack_from(order + "I", wkb, 5)
    at = 9
    for _ in range(count):
        rings, at = _rings(wkb, at)
        yield rings


def _rings(wkb: bytes, at: int) -> tuple[list[np.ndarray], int]:
    order = "<" if wkb[at] == 1 else ">"
    (count,) = struct.unpack_from(order + "I", wkb, at + 5)
    at += 9
    rings = []
    for _ in range(count):
        (points,) = struct.unpack_from(order + "I", wkb, at)
        rings.append(np.frombuffer(wkb, order + "f8", 2 * points, at + 4).reshape(-1, 2))
        at += 4 + 16 * points
    return rings, at


def polygon_wkb(rings: Sequence[np.ndarray]) -> bytes:
    """WKB of one polygon from closed rings (k, 2), shell first."""
    parts = [struct.pack("<BII", 1, _POLYGON, len(rings))]
    for ring in rings:
        parts += [struct.pack("<I", len(ring)), np.ascontiguousarray(ring, "<f8").tobytes()]
    return b"".join(parts)


def multipolygon_wkb(polygons: Sequence[Sequence[np.ndarray]]) -> bytes:
    """WKB of a MultiPolygon from the rings of each polygon."""
    return struct.pack("<BII", 1, _MULTIPOLYGON, len(polygons)) + b"".join(polygon_wkb(p) for p in polygons)


def bounds_of(shapes: Iterable[bytes]) -> tuple[float, float, float, float]:
    """West, south, east, north of polygons given as WKB; infinite and reversed for none."""
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for wkb in shapes:
        for rings in polygons_of(wkb):
            if rings and len(rings[0]):
                low, high = np.minimum(low, rings[0].min(axis=0)), np.maximum(high, rings[0].max(axis=0))
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def kept_within(ring: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """A closed ring with what lies outside ``box`` (west, south, east, north) laid onto its sides.

    Inside the box nothing moves, and the ring winds around the same points. Crossings of the sides are
    the same for both directions of a segment.
    """
    low, high = np.array(box[:2]), np.array(box[2:])
    if ((ring >= low) & (ring <= high)).all():
        return ring
    a, b = ring[:-1], ring[1:]
    swapped = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    start, end = np.where(swapped[:, None], b, a), np.where(swapped[:, None], a, b)
    way = end - start
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.concatenate([(low - start) / way, (high - start) / way], axis=1)
    last = np.where(swapped, 0.0, 1.0)[:, None]
    shares = np.sort(np.where((shares > 0) & (shares < 1), shares, last), axis=1)
    shares[swapped] = shares[swapped][:, ::-1]
    cut = start[:, None] + shares[..., None] * way[:, None]
    cut = np.where(shares[..., None] == last[..., None], b[:, None], cut)
    points = np.concatenate([a[:, None], cut], axis=1).reshape(-1, 2)
    return np.clip(np.concatenate([points, points[:1]]), low, high)
