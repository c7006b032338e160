"""The eight directions of flow and their codes, and how far each step is."""

from __future__ import annotations

import numpy as np

from ..grid import GridFrame

# Direction d leads from (row, col) to (row + DROW[d], col + DCOL[d]): E, SE, S, SW, W, NW, N, NE.
DROW = np.array([0, 1, 1, 1, 0, -1, -1, -1], np.int64)
DCOL = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
OUTLET = 8  # drains off the DEM or into nodata
NODATA = 255

# Of equally steep descents the first in this order wins: E, NE, N, NW, W, SW, S, SE, as TauDEM counts.
TIE_ORDER = (0, 7, 6, 5, 4, 3, 2, 1)


def steps_on_grid(cols: int) -> np.ndarray:
    """What each direction adds to a cell's flat number, int64 (8,)."""
    return DROW * cols + DCOL


def slope_factors(frame: GridFrame) -> np.ndarray:
    """Inverse lengths of the steps from each row, relative to the step east.

    float32 (4, rows): north, south, diagonal north, diagonal south; 1 and 0.7071 for square
    cells. In degrees they follow the row's latitude.
    """
    east, south = frame.row_steps()
    north = np.concatenate([south[:1], south[:-1]])
    factors = [east / north, east / south, east / np.hypot(east, north), east / np.hypot(east, south)]
    return np.stack(factors).astype(np.float32)
