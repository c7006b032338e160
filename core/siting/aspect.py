"""Which way a slope faces (6.2.2-3-1), by the same weights as slope (Horn 1981)."""

from __future__ import annotations

import numpy as np

FLAT = 1e-6


def aspect_degrees(heights: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """Aspect clockwise from north, degrees, float32 (rows, cols); NaN at nodata, at its neighbours and where flat.

    ``heights`` in m, rows from the north, cells of ``dx`` by ``dy`` m. At the edge the outermost row or
    column is repeated, which keeps the direction of a plane only inside.
    """
    z = np.pad(heights.astype(np.float64), 1, mode="edge")
    east = (z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:] - z[:-2, :-2] - 2 * z[1:-1, :-2] - z[2:, :-2]) / (8 * dx)
    north = (z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:] - z[2:, :-2] - 2 * z[2:, 1:-1] - z[2:, 2:]) / (
        8 * dy
    )
    facing = np.degrees(np.arctan2(-east, -north)) % 360
    facing[np.hypot(east, north) < FLAT] = np.nan
    return facing.astype(np.float32)
