"""The eight directions of flow and their codes, and how far each step is."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..grid import GridFrame

# Direction d leads from (row, col) to (row + DROW[d], col + DCOL[d]): E, SE, S, SW, W, NW, N, NE.
DROW = np.array([0, 1, 1, 1, 0, -1, -1, -1], np.int64)
DCOL = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
OUTLET = 8  # drains off the DEM or into nodata
NODATA = 255

_CACHED_CELLS = 1 << 17
# Of equally steep descents the first in this order wins: E, NE, N, NW, W, SW, S, SE, as TauDEM counts.
TIE_ORDER = (0, 7, 6, 5, 4, 3, 2, 1)


def steps_on_grid(cols: int) -> np.ndarray:
    """What each direction adds to a cell's flat number, int64 (8,)."""
    return DROW * cols + DCOL


def step_lengths(frame: GridFrame) -> np.ndarray:
    """Length in m of a step in each direction from each row's centre, float64 (8, rows)."""
    east, south = (np.asarray(step, np.float64) for step in frame.row_steps())
    along = np.where(DROW[:, None] < 0, np.concatenate([south[:1], south[:-1]]), south) * (DROW[:, None] != 0)
    return np.hypot(east * (DCOL[:, None] != 0), along)


def slope_factors(frame: GridFrame) -> np.ndarray:
    """Inverse lengths of the steps from each row, relative to the step east.

    float32 (4, rows): north, south, diagonal north, diagonal south; 1 and 0.7071 for square
    cells. In degrees they follow the row's latitude.
    """
    east, south, north = 0, 2, 6
    lengths = step_lengths(frame)
    return (lengths[east] / lengths[[north, south, north + 1, south - 1]]).astype(np.float32)


def checked(direction: np.ndarray) -> np.ndarray:
    """``direction`` in C order, with OUTLET for what leads off the grid; a copy only where needed.

    Raises InputError where it is no uint8 (rows, cols) of the codes above.
    """
    if direction.dtype != np.uint8 or direction.ndim != 2:
        raise InputError("QL-FLOW-CODES", found=f"{direction.dtype}, {direction.ndim}D")
    rows, cols = direction.shape
    step = 1 + _CACHED_CELLS // max(1, cols)
    for first in range(0, rows, step):
        part = direction[first : first + step]
        if (part + np.uint8(1)).max(initial=0) > OUTLET + 1:  # NODATA + 1 is 0
            raise InputError("QL-FLOW-CODES", found=int(part[part != NODATA].max()))
    sides = [((0,), DROW < 0), ((-1,), DROW > 0), ((slice(None), 0), DCOL < 0), ((slice(None), -1), DCOL > 0)]
    off = [np.isin(direction[side], np.flatnonzero(across)) for side, across in sides if direction.size]
    if any(o.any() for o in off):
        direction = direction.copy()
        for (side, _), lost in zip(sides, off):
            direction[side] = np.where(lost, np.uint8(OUTLET), direction[side])
    return np.ascontiguousarray(direction)
