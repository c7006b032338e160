"""Which sheet of the national map series a place lies on (GB/T 13989-2012; serves 4.1.3).

The 1:1 000 000 sheets are 6° by 4°; all larger scales divide them evenly, so that a sheet is a pair of
whole numbers. All reckoning is in whole millionths of an arc second (0.03 mm): a place on an edge is on
the edge, whatever binary fractions of a degree it was handed over in. Sizes are data of the edition
(code list ``map_sheets``).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Iterator, Mapping, NamedTuple

from ..errors import InputError
from ..standard import default_edition

MICRO = 1_000_000
DEGREE = 3600 * MICRO
MILLION_WIDTH, MILLION_HEIGHT = 6 * DEGREE, 4 * DEGREE
NORTHMOST = 60 * DEGREE  # further north two or four columns share a sheet
HALF_CIRCLE = 180 * DEGREE


class SheetScale(NamedTuple):
    """A scale of the series: ``code`` letter, ``denominator``, sheets along a side of 1:1 000 000 (``rows``),
    ``width`` and ``height`` of a sheet in millionths of an arc second."""

    code: str
    denominator: int
    rows: int
    width: int
    height: int


class MapSheet(NamedTuple):
    """A sheet: ``column`` counts sheets east from Greenwich, ``row`` north from the equator, from 0."""

    scale: SheetScale
    column: int
    row: int

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """West, south, east, north in millionths of an arc second, exact."""
        west, south = self.column * self.scale.width, self.row * self.scale.height
        return west, south, west + self.scale.width, south + self.scale.height

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, each the nearest number to its exact value."""
        west, south, east, north = self.edges
        return west / DEGREE, south / DEGREE, east / DEGREE, north / DEGREE

    def neighbour(self, east: int, north: int) -> MapSheet | None:
        """The sheet so many columns east and rows north; None beyond the equator or 60° N."""
        around = 2 * HALF_CIRCLE // self.scale.width
        column = (self.column + east + around // 2) % around - around // 2
        row = self.row + north
        inside = 0 <= row < NORTHMOST // self.scale.height
        return MapSheet(self.scale, column, row) if inside else None


@cache
def scales() -> Mapping[str, SheetScale]:
    """The scales of the series by their letter, B (1:500 000) to H (1:5000)."""
    found = {}
    for item in default_edition().codelist("map_sheets").items:
        width, height = (round(item.data[key] * MICRO) for key in ("dlon_seconds", "dlat_seconds"))
        denominator = int(item.zh.split(":")[1])
        found[item.code] = SheetScale(item.code, denominator, int(item.data["rows_per_1m"]), width, height)
    return found


def sheet_scale(denominator: int) -> SheetScale:
    """The scale 1:``denominator``. Raises InputError QL-SHEET-SCALE where the series has none."""
    for scale in scales().values():
        if scale.denominator == denominator:
            return scale
    known = ", ".join(f"1:{s.denominator}" for s in scales().values())
    raise InputError("QL-SHEET-SCALE", scale=denominator, known=known)


def sheet_at(longitude: float, latitude: float, scale: SheetScale) -> MapSheet:
    """The sheet of a place in degrees; on an edge the one to the east or north.

    Raises InputError QL-SHEET-LATITUDE south of the equator and from 60° N on, where the division differs,
    QL-SHEET-LONGITUDE beyond 180° east and west; 180° east itself is the west edge of the first sheets.
    """
    return next(sheets_over((longitude, latitude, longitude, latitude), scale))


def sheets_over(bounds: tuple[float, float, float, float], scale: SheetScale) -> Iterator[MapSheet]:
    """All sheets that west, south, east, north (degrees) reach into, from north-west row by row.

    A rectangle that only touches an edge does not reach beyond it. Raises InputError QL-SHEET-LATITUDE, -LONGITUDE.
    """
    columns, rows = _span(bounds, scale)
    for row in reversed(rows):
        for column in columns:
            yield MapSheet(scale, column, row)


def count_over(bounds: tuple[float, float, float, float], scale: SheetScale) -> int:
    """How many sheets :func:`sheets_over` gives. Raises InputError QL-SHEET-LATITUDE, -LONGITUDE."""
    columns, rows = _span(bounds, scale)
    return len(columns) * len(rows)


def _span(bounds: tuple[float, float, float, float], scale: SheetScale) -> tuple[range, range]:
    """The columns and rows of sheets that a rectangle reaches into."""
    west, east = (_whole(value) for value in bounds[::2])
    south, north = (_whole(value) for value in bounds[1::2])
    if south is None or north is None or not (0 <= south < NORTHMOST and north <= NORTHMOST):
        raise InputError("QL-SHEET-LATITUDE", south=f"{bounds[1]:.6f}", north=f"{bounds[3]:.6f}")
    if west is None or east is None or not -HALF_CIRCLE <= west <= east <= HALF_CIRCLE:
        raise InputError("QL-SHEET-LONGITUDE", west=f"{bounds[0]:.6f}", east=f"{bounds[2]:.6f}")
    if west == HALF_CIRCLE:  # the meridian alone: no column begins there but the first
        west = east = -HALF_CIRCLE
    return _steps(west, east, scale.width), _steps(south, north, scale.height)


def _whole(degrees: float) -> int | None:
    """Millionths of an arc second, None for what is no angle."""
    return round(degrees * DEGREE) if math.isfinite(degrees) else None


def _steps(low: int, high: int, size: int) -> range:
    first = low // size
    return range(first, max(-(-high // size), first + 1))
