"""How far each patch lies from the nearest other patch of its class (ENN).

Distance from cell centre to cell centre, as FRAGSTATS v4 measures it (McGarigal 2015, ENN).
"""

from __future__ import annotations

from functools import partial
from typing import Callable

import numpy as np

from ..progress import SILENT, Progress
from ..terrain import jit
from . import kernels
from .labels import row_blocks

UNKNOWN = np.int64(1) << 62


def nearest_neighbours(
    codes: np.ndarray, labels: np.ndarray, owner: np.ndarray, eight: bool, progress: Progress = SILENT
) -> np.ndarray:
    """Distance of each patch to its nearest neighbour, in cells, NaN where the class has one patch only.

    ``codes``, ``labels`` (rows, cols) int32 as :func:`.labels.label_patches` has them, ``owner`` (n,)
    class of each patch. Returns (n,) float64.
    """
    alone = np.bincount(owner, minlength=int(owner.max()) + 1)[owner] < 2
    # diagonal cells are one patch by the 8-neighbour rule: nothing nearer than two cells then
    floor = 4 if eight else 2
    best = np.where(alone, 0, UNKNOWN).astype(np.int64)
    search = _search_compiled if jit.compiled() else search_by_columns
    search(codes, labels, best, floor, progress)
    distance = np.sqrt(best.astype(np.float64))
    distance[alone] = np.nan
    return distance


def _search_compiled(
    codes: np.ndarray, labels: np.ndarray, best: np.ndarray, floor: int, progress: Progress
) -> None:
    rows, cols = codes.shape
    blocks = row_blocks(codes.shape, 500_000)
    for turn in range(2):
        # the second turn sees the raster upside down: what was below is above
        kinds = np.ascontiguousarray(codes[::-1] if turn else codes, dtype=np.int32).ravel()
        names = np.ascontiguousarray(labels[::-1] if turn else labels, dtype=np.int32).ravel()
        size = (int(codes.max()) + 1) * cols
        row1, row2 = np.full(size, kernels.NO_ROW, np.int64), np.full(size, kernels.NO_ROW, np.int64)
        name1 = np.full(size, -1, np.int32)
        for done, (first, last) in enumerate(blocks):
            progress.step((turn + done / len(blocks)) / 2)
            kernels.nearest_above(kinds, names, row1, name1, row2, best, floor, rows, cols, first, last)


def search_by_columns(
    codes: np.ndarray, labels: np.ndarray, best: np.ndarray, floor: int, progress: Progress = SILENT
) -> None:
    """The same in numpy alone: class by class, columns first, then sideways step by step."""
    count = int(codes.max()) + 1
    edge = _edge_cells(labels)
    for code in range(count):
        progress.step(code / count)
        rows, cols = np.nonzero(edge & (codes == code))
        waiting = best[labels[rows, cols]] > floor
        if not waiting.any():
            continue
        own = np.where(codes == code, labels, -1)
        for flip in (False, True):
            plane = own[::-1] if flip else own
            at = (own.shape[0] - 1 - rows if flip else rows)[waiting]
            _look_sideways(plane, at, cols[waiting], best, floor, partial(progress.step, code / count))


def _edge_cells(labels: np.ndarray) -> np.ndarray:
    padded = np.pad(labels, 1, constant_values=-1)
    middle = padded[1:-1, 1:-1]
    same = (padded[:-2, 1:-1] == middle) & (padded[2:, 1:-1] == middle)
    same &= (padded[1:-1, :-2] == middle) & (padded[1:-1, 2:] == middle)
    return (labels >= 0) & ~same


def _last_two(own: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each cell: row and patch of the last cell met in its column, and row of the last of another patch.

    -1 and NO_ROW where there is none.
    """
    row1 = np.full(own.shape, kernels.NO_ROW, np.int32)
    row2 = np.full(own.shape, kernels.NO_ROW, np.int32)
    name = np.full(own.shape, -1, np.int32)
    here = np.full((2, own.shape[1]), kernels.NO_ROW, np.int32)
    label = np.full(own.shape[1], -1, np.int32)
    for r in range(own.shape[0]):
        met = own[r] >= 0
        other = met & (own[r] != label)
        here[1] = np.where(other, here[0], here[1])
        here[0] = np.where(met, r, here[0])
        label = np.where(met, own[r], label)
        row1[r], row2[r], name[r] = here[0], here[1], label
    return row1, name, row2


def _look_sideways(
    own: np.ndarray,
    rows: np.ndarray,
    cols: np.ndarray,
    best: np.ndarray,
    floor: int,
    alive: Callable[[], None],
) -> None:
    row1, name, row2 = _last_two(own)
    order = np.argsort(own[rows, cols], kind="stable")
    rows, cols = rows[order].astype(np.int64), cols[order].astype(np.int64)
    mine = own[rows, cols]
    for away in range(own.shape[1]):
        if away % 64 == 0:
            alive()
        active = best[mine] > max(away * away, floor)
        if not active.all():
            rows, cols, mine = rows[active], cols[active], mine[active]
        if not rows.size:
            return
        found = np.full(rows.size, UNKNOWN, np.int64)
        for x in (cols - away, cols + away):
            inside = (x >= 0) & (x < own.shape[1])
            r, k = rows[inside], x[inside]
            y = np.where(name[r, k] != mine[inside], row1[r, k], row2[r, k]).astype(np.int64)
            reach = np.where(y >= 0, (r - y) ** 2 + away * away, UNKNOWN)
            found[inside] = np.minimum(found[inside], reach)
        groups = np.flatnonzero(np.r_[True, mine[1:] != mine[:-1]])
        patch = mine[groups]
        best[patch] = np.minimum(best[patch], np.minimum.reduceat(found, groups))
