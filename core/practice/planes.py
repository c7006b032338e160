"""Tilted planes side by side, for siting by slope: each parcel's slope is the one it was tilted to.

A plane has the same slope in every cell and by every method, so a terrace on 24.9 or 25.1 degrees (6.2.2-1) is decided
by the rule alone. The tangents are written out, so that no library's rounding comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .ground import CELL, EAST, NORTH
from .mosaic import Polygon

TANGENTS = {
    2.0: 0.03492076949174773,
    5.9: 0.10333994738766085,
    6.1: 0.10686917055032724,
    15.0: 0.2679491924311227,
    24.9: 0.46418454532923853,
    25.1: 0.46843422963402254,
    27.0: 0.5095254494944288,
    40.0: 0.8390996311772799,
}
"""Degrees to rise over run."""

_WIDE, _HIGH, _INSET = 40, 60, 10


@dataclass(frozen=True)
class Planes:
    """``z`` (rows, cols) float32 with its upper-left corner; one parcel per plane with what is right about it."""

    z: np.ndarray
    x0: float
    y0: float
    parcels: list[tuple[Polygon, dict[str, Any]]]


def build() -> Planes:
    """The planes, rising to the north, from gentle in the west to steep in the east; the same for every seed."""
    up = CELL * np.arange(_HIGH - 1, -1, -1.0)[:, None]
    z = np.concatenate([np.repeat(100 + t * up, _WIDE, axis=1) for t in TANGENTS.values()], axis=1)
    x0, y0 = EAST - 3000.0, NORTH - 4000.0
    parcels = [(_parcel(x0, y0, k), _facts(degrees)) for k, degrees in enumerate(TANGENTS)]
    return Planes(z.astype(np.float32), x0, y0, parcels)


def _parcel(x0: float, y0: float, number: int) -> Polygon:
    left, right = x0 + (number * _WIDE + _INSET) * CELL, x0 + ((number + 1) * _WIDE - _INSET) * CELL
    top, bottom = y0 - _INSET * CELL, y0 - (_HIGH - _INSET) * CELL
    return (np.array([[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]),)


def _facts(degrees: float) -> dict[str, Any]:
    """Slope, area (100 m x 200 m) and what 6.2.2-1 says of a terrace there."""
    gentle = "preferred" if degrees >= 6 else "permitted"
    terrace = "forbidden" if degrees > 25 else gentle
    return {
        "name": f"{degrees:g}°",
        "landuse": "0103",
        "slope_deg": degrees,
        "area_m2": 20000.0,
        "terrace": terrace,
    }
