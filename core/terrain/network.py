"""Which cells of a DEM are channel, and how they hang together (clause 4.3.1).

The answer is sparse: a :class:`Network` holds arrays of the number of channel
cells, about two in a hundred of the grid's, so that a county's DEM of 10⁸ cells
costs one pass over its drained area and a few arrays of some megabytes. Cells
are flat indices (row · cols + col) in ascending order; ``down`` leads from each
to the next one downstream.

Directions are 0 = E, then clockwise to 7 = NE (rows grow south); 8 leaves the
DEM or enters nodata; 255 has no data. The kernels are plain loops over channel
cells: compiled where numba is there, otherwise run as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, NamedTuple, Optional, Sequence

import numpy as np

from ..grid import GridFrame
from .d8 import DCOL, DROW, NODATA, OUTLET
from .jit import kernel

# Directions with the outlet's behind them: an outlet leads nowhere.
ROW_STEP = np.append(DROW, 0)
COL_STEP = np.append(DCOL, 0)

# Rows read at a time: the mask of a strip stays in the processor's cache.
_STRIP_CELLS = 4_000_000
# Drained areas closer than this (m²) are equal: sums in another order differ by less.
_EQUAL_M2 = 1e-3


@dataclass(frozen=True)
class Network:
    """The channel cells of a DEM as a forest of flow paths.

    All arrays have shape (n,), n the number of channel cells:
    ``cells`` int64 flat grid index, ascending; ``down`` int64 index into ``cells`` of the
    next cell downstream, -1 at an outlet; ``drained_m2`` float64, the cell itself included;
    ``step_m`` float64, centre to centre to the next cell (0 at an outlet), ellipsoidal on a
    geographic frame; ``order`` int64, a permutation that lists every cell after all cells
    upstream of it; ``stem`` int64, the donor that carries the whole channel on (-1 at a
    head); ``strahler`` int32; ``given`` bool, channel whatever the initiation area, because
    a surveyed line reaches it.
    """

    frame: GridFrame
    initiation_m2: float
    cells: np.ndarray
    down: np.ndarray
    drained_m2: np.ndarray
    step_m: np.ndarray
    order: np.ndarray
    stem: np.ndarray
    strahler: np.ndarray
    given: np.ndarray

    def __len__(self) -> int:
        return len(self.cells)

    def rows_cols(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Grid row and column of channel cells given by index."""
        return np.divmod(self.cells[index], self.frame.cols)

    def centres(self, index: np.ndarray) -> np.ndarray:
        """Centres of channel cells, CRS units, shape (len(index), 2)."""
        row, col = self.rows_cols(index)
        return cell_centres(self.frame, row, col)

    def cells_in(self, bounds: Sequence[float], margin: int = 0) -> np.ndarray:
        """Indices of channel cells in a box (left, bottom, right, top), ``margin`` cells around it included."""
        left, bottom, right, top = bounds
        frame = self.frame
        upper = max(0, int((frame.y0 - top) // frame.dy) - margin)
        lower = min(frame.rows, int((frame.y0 - bottom) // frame.dy) + 1 + margin)
        first, last = np.searchsorted(self.cells, [upper * frame.cols, max(upper, lower) * frame.cols])
        near = np.arange(first, last)
        col = self.cells[near] % frame.cols
        return near[
            (col >= (left - frame.x0) // frame.dx - margin) & (col <= (right - frame.x0) // frame.dx + margin)
        ]


def cell_centres(frame: GridFrame, row: np.ndarray, col: np.ndarray) -> np.ndarray:
    """Coordinates of cell centres, the same bits as ``frame.centre``; shape (n, 2)."""
    x = frame.x0 + (col + 0.5) * frame.dx
    y = frame.y0 - (row + 0.5) * frame.dy
    return np.column_stack([x, y])


def build_network(
    direction: np.ndarray,
    drained: np.ndarray,
    frame: GridFrame,
    initiation_m2: float,
    extra_cells: Optional[np.ndarray] = None,
) -> Network:
    """Channel cells: those that drain ``initiation_m2`` or more, and all downstream of ``extra_cells``.

    ``direction`` uint8 and ``drained`` (int32 cells, or float64 m²) have the grid's shape;
    ``extra_cells`` are flat indices, for instance of surveyed lines whose head lies above the
    initiation area. The stem at a confluence is the donor that drains more, then the one with the
    longer channel above it, then the one of lower row and column. A lone channel cell at the
    DEM's edge gets its largest donor too (and is none if it has none), so that every channel has a
    length.
    Raises ValueError where counts of cells meet cells of unequal size, or where directions run in a circle.
    """
    found = channel_cells(direction, drained, frame, initiation_m2, extra_cells)
    return network_of(found, direction, frame, initiation_m2)


class ChannelCells(NamedTuple):
    """Where channels run: all that is needed of the drained area once it is known.

    ``cells`` int64 (n,) ascending; ``area_m2`` float64 (n,); ``comparable`` (n,): areas of which
    equal ones are equal; ``extra`` int64: those of ``cells`` that a surveyed line reaches.
    """

    cells: np.ndarray
    area_m2: np.ndarray
    comparable: np.ndarray
    extra: np.ndarray


def channel_cells(
    direction: np.ndarray,
    drained: np.ndarray,
    frame: GridFrame,
    initiation_m2: float,
    extra_cells: Optional[np.ndarray] = None,
) -> ChannelCells:
    """The first half of :func:`build_network`, after which ``drained`` may go; arguments as there."""
    base = cells_draining(drained, frame, initiation_m2)
    extra = _downstream_of(extra_cells, direction, drained, frame, initiation_m2)
    cells = np.union1d(base, extra) if len(extra) else base
    cells = _with_company(cells, direction, drained)
    area = area_of_cells(cells, drained, frame)
    return ChannelCells(cells, area, _rounded(area, drained), extra)


def network_of(found: ChannelCells, direction: np.ndarray, frame: GridFrame, initiation_m2: float) -> Network:
    """How channel cells hang together; ``direction`` uint8 of the grid's shape."""
    cells, area, comparable, extra = found
    down = _receivers(cells, direction, frame.cols)
    step = step_lengths(cells, direction.ravel()[cells], frame)
    order = _upstream_first(down)
    stem, strahler = _grow(order, down, comparable, step)
    given = _given(order, down, np.isin(cells, extra)) if len(extra) else np.zeros(len(cells), bool)
    return Network(frame, initiation_m2, cells, down, area, step, order, stem, strahler, given)


def cells_draining(drained: np.ndarray, frame: GridFrame, least_m2: float) -> np.ndarray:
    """Flat indices of the cells that drain ``least_m2`` or more, ascending, int64."""
    limit = _threshold(drained, frame, least_m2)
    found = [first * frame.cols + np.flatnonzero(block.ravel() >= limit) for first, block in _strips(drained)]
    return np.concatenate(found).astype(np.int64) if found else np.empty(0, np.int64)


def _strips(grid: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    rows = max(1, _STRIP_CELLS // max(1, grid.shape[1]))
    for first in range(0, grid.shape[0], rows):
        yield first, grid[first : first + rows]


def _threshold(drained: np.ndarray, frame: GridFrame, least_m2: float) -> float:
    """``least_m2`` in the unit of ``drained``."""
    if drained.dtype.kind == "f":
        return least_m2 - _EQUAL_M2
    if frame.geographic:
        raise ValueError("cells in degrees differ in size: drained area must be m² (float64)")
    return max(1, int(np.ceil(least_m2 / (frame.dx * frame.dy) - 1e-9)))


def _rounded(area: np.ndarray, drained: np.ndarray) -> np.ndarray:
    """Areas for comparison: sums of unequal cells in another order may differ in the last digits."""
    return np.round(area / _EQUAL_M2) if drained.dtype.kind == "f" else area


def area_of_cells(cells: np.ndarray, drained: np.ndarray, frame: GridFrame) -> np.ndarray:
    """Area drained by cells given by flat index, m², from counts of cells or areas."""
    taken = drained.ravel()[cells].astype(np.float64)
    return taken if drained.dtype.kind == "f" else taken * (frame.dx * frame.dy)


def _offsets(cols: int) -> np.ndarray:
    return ROW_STEP * cols + COL_STEP


def _downstream_of(
    extra_cells: Optional[np.ndarray],
    direction: np.ndarray,
    drained: np.ndarray,
    frame: GridFrame,
    initiation_m2: float,
) -> np.ndarray:
    """The extra cells and what lies between them and the first cell that is channel anyway."""
    if extra_cells is None or len(extra_cells) == 0:
        return np.empty(0, np.int64)
    flat, area = direction.ravel(), drained.ravel()
    limit = _threshold(drained, frame, initiation_m2)
    offsets = _offsets(frame.cols)
    seen: set[int] = set()
    for start in np.unique(np.asarray(extra_cells, np.int64)).tolist():
        cell = start
        while flat[cell] != NODATA and cell not in seen:
            seen.add(cell)
            if flat[cell] == OUTLET or area[cell] >= limit:
                break
            cell += int(offsets[flat[cell]])
    return np.array(sorted(seen), dtype=np.int64)


def _with_company(cells: np.ndarray, direction: np.ndarray, drained: np.ndarray) -> np.ndarray:
    """Outlets that no channel cell drains into get their largest donor, or go where they have none."""
    flat, area = direction.ravel(), drained.ravel()
    more, gone = [], []
    for cell in cells[flat[cells] == OUTLET].tolist():
        donors = _donors(cell, flat, direction.shape)
        if not donors:
            gone.append(cell)
        elif not any(_is_member(cells, d) for d in donors):
            more.append(max(donors, key=lambda d: (area[d], -d)))
    if gone:
        cells = np.setdiff1d(cells, np.array(gone, np.int64), assume_unique=True)
    return np.union1d(cells, np.array(more, np.int64)) if more else cells


def _is_member(ascending: np.ndarray, value: int) -> bool:
    place = int(np.searchsorted(ascending, value))
    return place < len(ascending) and int(ascending[place]) == value


def _donors(cell: int, flat: np.ndarray, shape: tuple[int, ...]) -> list[int]:
    """Flat indices of the neighbours that drain into ``cell``."""
    row, col = divmod(cell, shape[1])
    found = []
    for d in range(8):
        r, c = row - int(ROW_STEP[d]), col - int(COL_STEP[d])
        if 0 <= r < shape[0] and 0 <= c < shape[1] and flat[r * shape[1] + c] == d:
            found.append(r * shape[1] + c)
    return found


def _receivers(cells: np.ndarray, direction: np.ndarray, cols: int) -> np.ndarray:
    """Index into ``cells`` of each cell's receiver, -1 at outlets."""
    code = direction.ravel()[cells]
    down = np.full(len(cells), -1, dtype=np.int64)
    for d, offset in enumerate(_offsets(cols)[:8].tolist()):
        mine = np.flatnonzero(code == d)
        down[mine] = np.searchsorted(cells, cells[mine] + offset)
    return down


def step_lengths(cells: np.ndarray, code: np.ndarray, frame: GridFrame) -> np.ndarray:
    """Metres from each cell's centre to its receiver's; diagonals by Pythagoras, 0 at outlets.

    On a geographic frame east and south steps are those of the ellipsoid at the step's middle.
    """
    if not frame.geographic:
        step = np.hypot(COL_STEP * frame.dx, ROW_STEP * frame.dy)
        return step[code]
    east, south = frame.row_steps()
    row = cells // frame.cols
    drow, dcol = ROW_STEP[code], COL_STEP[code]
    upper = np.minimum(row, row + drow)
    lower = np.maximum(row, row + drow)
    width = (east[upper] + east[np.minimum(lower, frame.rows - 1)]) / 2
    return np.hypot(np.abs(dcol) * width, np.abs(drow) * south[np.maximum(upper, 0)])


def _upstream_first(down: np.ndarray) -> np.ndarray:
    """Permutation that lists each cell after all its donors."""
    waiting = np.bincount(down[down >= 0], minlength=len(down)).astype(np.int64)
    order = np.empty(len(down), np.int64)
    if _walk_from_heads(down, (waiting == 0).astype(np.uint8), waiting, order) < len(down):
        raise ValueError("the flow directions run in a circle")
    return order


def _grow(
    order: np.ndarray, down: np.ndarray, area: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Stem donor and Strahler order of every cell."""
    n = len(down)
    stem = np.full(n, -1, np.int64)
    strahler = np.ones(n, np.int32)
    _join_at_confluences(
        order, down, area, step, stem, strahler, np.zeros(n, np.uint8), np.zeros(n), np.zeros(n)
    )
    return stem, strahler


def _given(order: np.ndarray, down: np.ndarray, extra: np.ndarray) -> np.ndarray:
    """Cells that an extra cell drains through."""
    found = extra.astype(np.uint8)
    _hand_down(order, down, found)
    return found.astype(bool)


@kernel("i8", "i8r", "u1r", "i8w", "i8w")
def _walk_from_heads(down: np.ndarray, heads: np.ndarray, waiting: np.ndarray, order: np.ndarray) -> int:
    """From each head downstream as long as all donors have been seen (O(n)); cells reached."""
    count = 0
    for k in range(len(down)):
        if heads[k]:
            cell = k
            while True:
                order[count] = cell
                count += 1
                cell = down[cell]
                if cell < 0:
                    break
                waiting[cell] -= 1
                if waiting[cell] > 0:
                    break
    return count


@kernel("no", "i8r", "i8r", "f8r", "f8r", "i8w", "i4w", "u1w", "f8w", "f8w")
def _join_at_confluences(
    order: np.ndarray,
    down: np.ndarray,
    area: np.ndarray,
    step: np.ndarray,
    stem: np.ndarray,
    strahler: np.ndarray,
    twice: np.ndarray,
    longest: np.ndarray,
    above: np.ndarray,
) -> None:
    """One walk downstream: the largest donor becomes the stem, two donors of the top order raise it."""
    for i in range(len(order)):
        k = order[i]
        if stem[k] >= 0:
            strahler[k] += twice[k]
            longest[k] = above[k]
        d = down[k]
        if d < 0:
            continue
        reach = longest[k] + step[k]
        s = stem[d]
        if s < 0 or strahler[k] > strahler[d]:
            strahler[d] = strahler[k]
            twice[d] = 0
        elif strahler[k] == strahler[d]:
            twice[d] = 1
        if s < 0 or area[k] > area[s]:
            stem[d] = k
        elif area[k] == area[s]:
            theirs = longest[s] + step[s]
            if reach > theirs or (reach == theirs and k < s):
                stem[d] = k
        if reach > above[d]:
            above[d] = reach


@kernel("no", "i8r", "i8r", "u1w")
def _hand_down(order: np.ndarray, down: np.ndarray, found: np.ndarray) -> None:
    """A mark goes on to everything downstream."""
    for i in range(len(order)):
        k = order[i]
        if found[k] and down[k] >= 0:
            found[down[k]] = 1
