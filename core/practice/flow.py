"""Which way water runs on the practice ground: the generator's own steepest descent and its tree.

Written apart from :mod:`core.terrain` on purpose, with other algorithms (pointer doubling over levels of the
tree, no heap over cells), because the answer key must not share a fault with what it judges.

All trees are flat index arrays: ``receiver[c]`` is the cell that ``c`` drains to, itself at a root.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

OFFSETS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
_ROOT2 = np.sqrt(2.0)


@dataclass(frozen=True)
class Tree:
    """A flow tree in the order of its levels.

    ``receiver`` (n,) int64; ``step`` (n,) distance to it in cells (1 or root 2; 1 at roots); ``order`` cells
    sorted by their number of steps to the root; ``bounds`` where each level begins in ``order``.
    """

    receiver: np.ndarray
    step: np.ndarray
    order: np.ndarray
    bounds: np.ndarray

    def levels(self) -> list[np.ndarray]:
        """Cells of each level above the roots, downstream first."""
        return [self.order[a:b] for a, b in zip(self.bounds[1:-1], self.bounds[2:])]


def steepest(z: np.ndarray, base: np.ndarray) -> np.ndarray:
    """D8 receiver of each cell (flat index), itself where no neighbour is lower or where ``base`` is true.

    ``z`` (rows, cols) heights; slopes are per cell width. The first of equally steep neighbours wins.
    """
    rows, cols = z.shape
    padded = np.full((rows + 2, cols + 2), np.inf)
    padded[1:-1, 1:-1] = z
    best = np.zeros(z.shape)
    shift = np.zeros(z.shape, dtype=np.int64)
    for di, dj in OFFSETS:
        drop = z - padded[1 + di : 1 + di + rows, 1 + dj : 1 + dj + cols]
        if di and dj:
            drop = drop / _ROOT2
        better = drop > best
        best = np.where(better, drop, best)
        shift = np.where(better, di * cols + dj, shift)
    shift[base] = 0
    return (np.arange(z.size) + shift.ravel()).astype(np.int64)


def roots(receiver: np.ndarray) -> np.ndarray:
    """The root that each cell drains to, by pointer doubling."""
    at = receiver
    while True:
        further = at[at]
        if np.array_equal(further, at):
            return at
        at = further


def tree(receiver: np.ndarray, cols: int) -> Tree:
    """Levels of the forest given by ``receiver`` (acyclic)."""
    me = np.arange(receiver.size)
    depth = (receiver != me).astype(np.int64)
    at = receiver
    while True:
        gain = depth[at]
        if not gain.any():
            break
        depth = depth + gain
        at = at[at]
    order = np.argsort(depth, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(depth))])
    apart = np.abs(receiver - me)
    diagonal = (apart == cols + 1) | (apart == cols - 1)
    return Tree(receiver, np.where(diagonal, _ROOT2, 1.0), order, bounds)


def drained_cells(forest: Tree) -> np.ndarray:
    """Number of cells that drain through each cell, itself included (int64)."""
    count = np.ones(forest.receiver.size, dtype=np.int64)
    for cells in reversed(forest.levels()):
        np.add.at(count, forest.receiver[cells], count[cells])
    return count


def upstream(forest: Tree, cell: int) -> np.ndarray:
    """True for the cells that drain through ``cell``, itself included."""
    inside = np.zeros(forest.receiver.size, dtype=bool)
    inside[cell] = True
    for cells in forest.levels():
        inside[cells] |= inside[forest.receiver[cells]]
    return inside


def carry_up(forest: Tree, start: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """For each cell the value of ``start`` at the first marked cell downstream (its root's where there is
    none).
    """
    found = start.copy()
    for cells in forest.levels():
        free = cells[~marked[cells]]
        found[free] = found[forest.receiver[free]]
    return found


def distance_down(forest: Tree) -> np.ndarray:
    """Length of the flow path to the root, in cells."""
    length = np.zeros(forest.receiver.size)
    for cells in forest.levels():
        length[cells] = length[forest.receiver[cells]] + forest.step[cells]
    return length


def raise_over(z: np.ndarray, forest: Tree, least_rise: np.ndarray) -> np.ndarray:
    """Heights lifted so that each cell stands at least ``least_rise`` x step above its receiver (flat
    arrays).
    """
    lifted = z.copy()
    for cells in forest.levels():
        below = lifted[forest.receiver[cells]]
        lifted[cells] = np.maximum(lifted[cells], below + least_rise[cells] * forest.step[cells])
    return lifted


def drained_receivers(z: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Receivers without pits: every pit is let out through its lowest pass (Cordonnier, Bovy & Braun 2019)."""
    receiver = steepest(z, base)
    root = roots(receiver)
    if base.ravel()[root].all():
        return receiver
    return _let_out(z, base, receiver, root)


def _passes(z: np.ndarray, basin: np.ndarray) -> np.ndarray:
    """Lowest pass between each two neighbouring basins: rows of (basin a, basin b, cell in a, cell in b)."""
    rows, cols = z.shape
    index = np.arange(z.size).reshape(rows, cols)
    label = basin.reshape(rows, cols)
    found = []
    for di, dj in ((0, 1), (1, -1), (1, 0), (1, 1)):
        a = (slice(0, rows - di), slice(max(0, -dj), cols - max(0, dj)))
        b = (slice(di, rows), slice(max(0, dj), cols - max(0, -dj)))
        apart = label[a] != label[b]
        found.append(np.stack([index[a][apart], index[b][apart]]))
    one, two = np.concatenate(found, axis=1)
    one, two = np.concatenate([one, two]), np.concatenate([two, one])
    flat = z.ravel()
    height = np.maximum(flat[one], flat[two])
    order = np.lexsort((two, one, height, basin[two], basin[one]))
    pairs = np.stack([basin[one], basin[two], one, two])[:, order]
    first = np.ones(pairs.shape[1], dtype=bool)
    first[1:] = (pairs[0, 1:] != pairs[0, :-1]) | (pairs[1, 1:] != pairs[1, :-1])
    return pairs[:, first].T


def _let_out(z: np.ndarray, base: np.ndarray, receiver: np.ndarray, root: np.ndarray) -> np.ndarray:
    sea = -1
    basin = np.where(base.ravel()[root], sea, root)
    flat = z.ravel()
    doors: dict[int, list[tuple[float, int, int, int]]] = {}
    for a, b, i, j in _passes(z, basin).tolist():
        doors.setdefault(a, []).append((max(flat[i], flat[j]), j, i, b))
    out = receiver.copy()
    done = {sea}
    queue = list(doors.get(sea, []))
    heapq.heapify(queue)
    while queue:
        _, inner, outer, basin_in = heapq.heappop(queue)
        if basin_in in done:
            continue
        done.add(basin_in)
        _turn_round(out, receiver, inner, outer)
        for door in doors[basin_in]:
            if door[3] not in done:
                heapq.heappush(queue, door)
    return out


def _turn_round(out: np.ndarray, receiver: np.ndarray, inner: int, outer: int) -> None:
    """Reverse the path from ``inner`` to its pit so that the pit drains through ``inner`` to ``outer``."""
    towards, cell = outer, inner
    while True:
        following = int(receiver[cell])
        out[cell] = towards
        if following == cell:
            return
        towards, cell = cell, following
