"""Which cell is the outlet, and is its catchment a small watershed (3.0.2)?

An outlet put on a map misses the channel by some cells; it is moved to where the most land drains
within ``SNAP_DISTANCE``. A small watershed has 5 to 50 km². Where no outlet is given, the
largest complete catchment of that size on the DEM is proposed.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional

import numpy as np

from ..grid import GridFrame
from .network import NODATA, area_of_cells

LEAST_KM2, MOST_KM2 = 5.0, 50.0
BELOW, WITHIN, ABOVE = "below", "within", "above"
_STRIP_CELLS = 4_000_000


class Outlet(NamedTuple):
    """A cell that a catchment drains to: flat index, row, column, area drained, distance it was moved."""

    cell: int
    row: int
    col: int
    area_m2: float
    snapped_m: float


def snap_outlet(
    x: float, y: float, direction: np.ndarray, drained: np.ndarray, frame: GridFrame, distance_m: float
) -> Optional[Outlet]:
    """The cell that drains most among those whose centre lies within ``distance_m`` of the point.

    ``direction``, ``drained`` (int32 cells or float64 m²) have the grid's shape. Of cells that
    drain the same the nearest, then the first. The cell that holds the point is always
    among them; None where no cell with data is in reach.
    """
    rows, cols, gap = _cells_within(x, y, frame, distance_m)
    if len(rows):
        here = direction[rows, cols] != NODATA
        rows, cols, gap = rows[here], cols[here], gap[here]
    if not len(rows):
        return None
    cells = rows * frame.cols + cols
    area = area_of_cells(cells, drained, frame)
    best = np.lexsort((cells, gap, -np.round(area, 3)))[0]
    return Outlet(int(cells[best]), int(rows[best]), int(cols[best]), float(area[best]), float(gap[best]))


def _cells_within(
    x: float, y: float, frame: GridFrame, distance_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and distances (m) of cell centres within reach of a point, its own cell included."""
    col, row = (x - frame.x0) / frame.dx - 0.5, (frame.y0 - y) / frame.dy - 0.5
    east, south = frame.row_steps()
    nearest = int(np.clip(np.rint(row), 0, frame.rows - 1))
    down = int(distance_m / south[nearest]) + 1
    right = int(distance_m / east[nearest]) + 2
    r = np.arange(max(0, int(row) - down), min(frame.rows, int(row) + down + 2))
    c = np.arange(max(0, int(col) - right), min(frame.cols, int(col) + right + 2))
    if not len(r) or not len(c):
        empty = np.empty(0, np.int64)
        return empty, empty, np.empty(0)
    gap = np.hypot((r[:, None] - row) * south[r][:, None], (c[None, :] - col) * east[r][:, None])
    within = gap <= distance_m
    own = frame.cell_at(x, y)
    if own is not None:
        within[own[0] - r[0], own[1] - c[0]] = True
    at = np.nonzero(within)
    return r[at[0]], c[at[1]], gap[within]


def size_check(area_km2: float, least: float = LEAST_KM2, most: float = MOST_KM2) -> str:
    """``below``, ``within`` (limits included) or ``above`` the size of a small watershed, on whole m²."""
    area = round(area_km2 * 1e6)
    if area < round(least * 1e6):
        return BELOW
    return ABOVE if area > round(most * 1e6) else WITHIN


def is_complete(mask: np.ndarray, direction: np.ndarray) -> bool:
    """Whether a catchment (bool, the grid's shape) touches neither the DEM's edge nor nodata."""
    if mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any():
        return False
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return False
    first, stop = int(rows[0]) - 1, int(rows[-1]) + 2
    inside, empty = mask[first:stop], direction[first:stop] == NODATA
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            shifted = np.roll(np.roll(empty, dr, axis=0), dc, axis=1)
            if (shifted & inside)[1:-1].any():
                return False
    return True


def largest_complete(
    direction: np.ndarray,
    drained: np.ndarray,
    contaminated: np.ndarray,
    frame: GridFrame,
    least_km2: float = LEAST_KM2,
    most_km2: float = MOST_KM2,
) -> Optional[Outlet]:
    """Outlet of the largest catchment of ``least_km2`` to ``most_km2`` that lies wholly on the DEM.

    ``contaminated`` is not 0 where the catchment touches the edge or nodata above the cell
    itself; cells on the edge or beside nodata are passed over too. None where there is no such
    catchment. One pass over the grid, nothing of its size kept.
    """
    best: Optional[Outlet] = None
    for first, block in _strips(drained):
        clean = (contaminated[first : first + len(block)] == 0) & (block > 0)
        rows, cols = np.nonzero(clean & _in_range(block, frame, least_km2, most_km2))
        if not len(rows):
            continue
        cells = (rows + first) * frame.cols + cols
        area = area_of_cells(cells, drained, frame)
        for k in np.lexsort((cells, -area)).tolist():
            if best is not None and area[k] <= best.area_m2:
                break
            if not _beside_nothing(int(cells[k]), direction):
                row, col = divmod(int(cells[k]), frame.cols)
                best = Outlet(int(cells[k]), row, col, float(area[k]), 0.0)
                break
    return best


def _strips(grid: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    rows = max(1, _STRIP_CELLS // max(1, grid.shape[1]))
    for first in range(0, grid.shape[0], rows):
        yield first, grid[first : first + rows]


def _in_range(block: np.ndarray, frame: GridFrame, least_km2: float, most_km2: float) -> np.ndarray:
    unit = 1.0 if block.dtype.kind == "f" else frame.dx * frame.dy
    least, most = (round(limit * 1e6) / unit for limit in (least_km2, most_km2))
    half = 0.5 / unit  # the nearest whole m² decides
    return (block >= least - half) & (block <= most + half)


def _beside_nothing(cell: int, direction: np.ndarray) -> bool:
    """Whether a cell lies on the edge or beside nodata."""
    row, col = divmod(cell, direction.shape[1])
    if row in (0, direction.shape[0] - 1) or col in (0, direction.shape[1] - 1):
        return True
    return bool((direction[row - 1 : row + 2, col - 1 : col + 2] == NODATA).any())
