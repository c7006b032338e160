"""Geometries as a GeoPackage keeps them: header, envelope and WKB (OGC 12-128r18, 2.1.3).

Located rows are written through SQLite, so the functions that the R-tree triggers call
(``ST_IsEmpty``, ``ST_MinX`` …) are ours; they read the envelope in the blob's header.
"""

from __future__ import annotations

import math
import sqlite3
import struct
from typing import Iterator, NamedTuple, Optional, Tuple

from ...core.errors import InputError

POINT, LINESTRING, POLYGON, COLLECTION = 1, 2, 3, 7
MULTI_OF = {1: 4, 2: 5, 3: 6}
TYPE_NAMES = {
    1: "POINT",
    2: "LINESTRING",
    3: "POLYGON",
    4: "MULTIPOINT",
    5: "MULTILINESTRING",
    6: "MULTIPOLYGON",
    7: "GEOMETRYCOLLECTION",
}
_ENVELOPE_DOUBLES = (0, 4, 6, 6, 8)
_EMPTY_FLAG = 0x10


class Envelope(NamedTuple):
    """Bounds in the layer's CRS units."""

    min_x: float
    max_x: float
    min_y: float
    max_y: float

    def joined(self, other: Envelope | None) -> Envelope:
        """Bounds of both."""
        if other is None:
            return self
        return Envelope(
            min(self.min_x, other.min_x), max(self.max_x, other.max_x),
            min(self.min_y, other.min_y), max(self.max_y, other.max_y),
        )  # fmt: skip


class _Reader:
    """Walks WKB; only 2-D, straight geometries are known."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, pattern: str) -> tuple[float, ...]:
        found = struct.unpack_from(pattern, self.data, self.at)
        self.at += struct.calcsize(pattern)
        return found

    def points(self, order: str, count: int) -> Iterator[Tuple[float, float]]:
        values = self.take(f"{order}{2 * count}d")
        return zip(values[::2], values[1::2])

    def geometry(self) -> Iterator[Tuple[float, float]]:
        order, kind = self.head()
        if kind == POINT:
            yield from self.points(order, 1)
        elif kind == LINESTRING:
            yield from self.points(order, int(self.take(order + "I")[0]))
        elif kind == POLYGON:
            for _ in range(int(self.take(order + "I")[0])):
                yield from self.points(order, int(self.take(order + "I")[0]))
        else:
            for _ in range(int(self.take(order + "I")[0])):
                yield from self.geometry()

    def head(self) -> tuple[str, int]:
        order = "<" if self.take("B")[0] else ">"
        kind = int(self.take(order + "I")[0])
        if not POINT <= kind <= COLLECTION:
            raise InputError("QL-STORE-WKB", table="-", row="-", reason=f"type {kind}")
        return order, kind


def wkb_type(wkb: bytes) -> int:
    """The WKB type number. Raises InputError QL-STORE-WKB."""
    try:
        return _Reader(wkb).head()[1]
    except struct.error as error:
        raise InputError("QL-STORE-WKB", table="-", row="-", reason=str(error)) from error


def envelope_of_wkb(wkb: bytes) -> Envelope | None:
    """Bounds of a 2-D WKB, None where it is empty.

    Raises InputError QL-STORE-WKB for broken WKB, Z or M, curves and coordinates that are not finite.
    """
    reader = _Reader(wkb)
    try:
        points = list(reader.geometry())
    except (struct.error, RecursionError) as error:
        raise InputError("QL-STORE-WKB", table="-", row="-", reason=str(error)) from error
    if reader.at != len(wkb):
        raise InputError("QL-STORE-WKB", table="-", row="-", reason=f"{len(wkb) - reader.at} bytes too many")
    if all(math.isnan(x) and math.isnan(y) for x, y in points):
        return None
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    found = Envelope(min(xs), max(xs), min(ys), max(ys))
    if not all(math.isfinite(v) for v in (*xs, *ys)):
        raise InputError("QL-STORE-WKB", table="-", row="-", reason="NaN/Inf")
    return found


def fitted(wkb: bytes, geometry_type: str) -> bytes:
    """The WKB as a column of ``geometry_type`` takes it: a single one becomes a multi one where asked.

    Raises InputError QL-STORE-GEOMETRY where it does not fit.
    """
    kind = wkb_type(wkb)
    name = TYPE_NAMES[kind]
    if geometry_type in ("GEOMETRY", name):
        return wkb
    multi = MULTI_OF.get(kind)
    if multi is not None and TYPE_NAMES[multi] == geometry_type:
        return struct.pack("<BII", 1, multi, 1) + wkb
    raise InputError("QL-STORE-GEOMETRY", table="-", row="-", found=name, wanted=geometry_type)


def to_blob(wkb: bytes, srs_id: int) -> bytes:
    """The GeoPackage blob of a 2-D WKB with its envelope."""
    box = envelope_of_wkb(wkb)
    if box is None:
        return struct.pack("<2sBBi", b"GP", 0, 1 | _EMPTY_FLAG, srs_id) + wkb
    return struct.pack("<2sBBi4d", b"GP", 0, 3, srs_id, *box) + wkb


def _header_size(blob: bytes) -> int:
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP" or blob[3] >> 1 & 7 > 4:
        raise InputError("QL-STORE-WKB", table="-", row="-", reason="GP")
    return 8 + 8 * _ENVELOPE_DOUBLES[blob[3] >> 1 & 7]


def to_wkb(blob: bytes | None) -> bytes | None:
    """The WKB inside a GeoPackage blob."""
    return None if blob is None else bytes(blob[_header_size(blob) :])


def envelope_of_blob(blob: bytes) -> Envelope | None:
    """Bounds from the header, or from the WKB where the header has none; None where it is empty."""
    size = _header_size(blob)
    if len(blob) < size:
        raise InputError("QL-STORE-WKB", table="-", row="-", reason="GP")
    if blob[3] & _EMPTY_FLAG:
        return None
    if blob[3] >> 1 & 7:
        order = "<" if blob[3] & 1 else ">"
        found = struct.unpack_from(order + "4d", blob, 8)
        return None if math.isnan(found[0]) else Envelope(*found)
    wkb = to_wkb(blob)
    return envelope_of_wkb(wkb) if wkb is not None else None


class _Memo:
    """The envelope of the last blob: each trigger asks for it five times."""

    def __init__(self) -> None:
        self.blob: Optional[bytes] = None
        self.box: Optional[Envelope] = None

    def __call__(self, blob: bytes) -> Envelope | None:
        if blob is not self.blob and blob != self.blob:
            self.box = envelope_of_blob(blob)
            self.blob = blob
        return self.box


def register_functions(connection: sqlite3.Connection) -> None:
    """Give the connection the functions that a GeoPackage's R-tree triggers call."""
    memo = _Memo()

    def part(index: int) -> object:
        def found(blob: bytes | None) -> float | None:
            box = memo(blob) if blob is not None else None
            return None if box is None else box[index]

        return found

    def is_empty(blob: bytes | None) -> int | None:
        return None if blob is None else int(memo(blob) is None)

    for index, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, part(index), deterministic=True)  # type: ignore[arg-type]
    connection.create_function("ST_IsEmpty", 1, is_empty, deterministic=True)
