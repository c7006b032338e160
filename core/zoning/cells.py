"""Cells become zones: rules on arrays, speckle out, and the borders between classes as lines."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence

import numpy as np

from ..landscape.labels import label_patches
from ..progress import SILENT, Progress
from .faces import Linework
from .lattice import Lattice
from .merging import Preference, merge_small
from .rules import LAND_USE, Scheme, Test

UNDECIDED = -1
_COMPARE: dict[str, Callable[..., Any]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
}


class Cells(NamedTuple):
    """What is known of each cell of one grid: attribute -> float array (rows, cols), NaN unknown.

    ``land_use`` int (rows, cols) is a position in ``codes``, -1 where it is unknown.
    """

    measured: Mapping[str, np.ndarray]
    land_use: np.ndarray | None = None
    codes: Sequence[str] = ()


def decide(scheme: Scheme, cells: Cells, progress: Progress = SILENT) -> np.ndarray:
    """The position of the first rule that holds in each cell, int16 (rows, cols). Belt rules never do."""
    known = [*cells.measured.values(), *(() if cells.land_use is None else (cells.land_use,))]
    shape = known[0].shape
    found = np.full(shape, UNDECIDED, np.int16)
    progress.stage("zoning_rules", len(scheme.rules))
    for number, rule in enumerate(scheme.rules):
        progress.step(number / len(scheme.rules))
        if rule.belt:
            continue
        holds = found == UNDECIDED
        for test in rule.when:
            holds &= _passed(scheme, test, cells)
        found[holds] = number
    return found


def _passed(scheme: Scheme, test: Test, cells: Cells) -> np.ndarray:
    if test.attribute == LAND_USE:
        if cells.land_use is None:
            raise ValueError("a rule asks for land use, which is not known")
        prefixes = scheme.codes(test)
        table = np.array([c.startswith(prefixes) for c in cells.codes] + [False])
        return np.asarray(table[cells.land_use])
    values, limit = cells.measured[test.attribute], np.float32(scheme.number(test))
    with np.errstate(invalid="ignore"):
        return np.asarray(_COMPARE[test.operator or ">"](values, limit))


# -- generalising -----------------------------------------------------------


def smoothed(labels: np.ndarray, count: int, rounds: int = 2, progress: Progress = SILENT) -> np.ndarray:
    """Majority of the 3 x 3 cells around each, where at least five agree; labels 0 .. count - 1."""
    for turn in range(rounds):
        best, votes = labels.copy(), np.zeros(labels.shape, np.int8)
        for label in range(count):
            progress.step((turn + label / count) / rounds)
            mine = (labels == label).astype(np.int8)
            if not mine.any():
                continue
            around = _box_sums(mine)
            more = around > votes
            votes[more] = around[more]
            best[more & (around >= 5)] = label
        labels = best
    return labels


def _box_sums(values: np.ndarray) -> np.ndarray:
    wide = np.pad(values, 1)
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    return rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]


def filled(labels: np.ndarray, rings: int = 2) -> np.ndarray:
    """Cells without a label (below 0) take one: that of a neighbour for so many rings, beyond that the last one
    met from the west, then from the north, or the next one."""
    found = labels.copy()
    for _ in range(rings):
        if not (found < 0).any():
            return found
        wide = np.pad(found, 1, constant_values=-1)
        for dr, dc in ((0, 1), (2, 1), (1, 0), (1, 2)):
            beside = wide[dr : dr + found.shape[0], dc : dc + found.shape[1]]
            take = (found < 0) & (beside >= 0)
            found[take] = beside[take]
    for turned in (found, found[:, ::-1], found.T, found.T[:, ::-1]):
        if (found < 0).any():
            turned[...] = _carried(turned)
    return found


def _carried(labels: np.ndarray) -> np.ndarray:
    """Each row with its last label carried on."""
    place = np.where(labels >= 0, np.arange(labels.shape[1]), 0)
    np.maximum.accumulate(place, axis=1, out=place)
    return np.take_along_axis(labels, place, axis=1)


def without_small_patches(
    labels: np.ndarray, cell_area: float, minimum: float, preference: Preference, progress: Progress = SILENT
) -> np.ndarray:
    """Patches (of edge neighbours) below ``minimum`` join a neighbour; areas in m²."""
    progress.stage("zoning_patches", labels.size)
    patch, count = label_patches(np.ascontiguousarray(labels, np.int32), False, progress)
    sizes = np.bincount(patch.ravel(), minlength=count) * cell_area
    own = np.zeros(count, np.int64)
    own[patch.ravel()] = labels.ravel()
    one, other, borders = _contacts(patch, count)
    fresh = merge_small(own, sizes, (one, other), borders, minimum, preference, progress)
    return fresh[patch].astype(labels.dtype)


def _contacts(patch: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of patches side by side and how many cell edges they share."""
    codes = []
    for a, b in ((patch[:, :-1], patch[:, 1:]), (patch[:-1], patch[1:])):
        differ = a != b
        low, high = np.minimum(a[differ], b[differ]), np.maximum(a[differ], b[differ])
        codes.append(low.astype(np.int64) * count + high)
    pairs, edges = np.unique(np.concatenate(codes), return_counts=True)
    return pairs // count, pairs % count, edges.astype(np.float64)


# -- borders ----------------------------------------------------------------


class Placing(NamedTuple):
    """Where cells lie: north-west corner and cell size in the plane."""

    x0: float
    y0: float
    dx: float
    dy: float


def border_lines(
    labels: np.ndarray, placing: Placing, lattice: Lattice, first_key: int, smooth: bool = True
) -> Linework:
    """The borders of every class: ``first_key + label`` is the key; labels below 0 have none.

    Smooth borders cut each corner of the stairs from middle to middle of its two cell edges; where three
    or more classes meet the point stays. No two of these lines cross.
    """
    step = _steps(labels)
    if len(step.start) == 0:
        empty = np.empty(0, np.int64)
        return Linework(np.empty((0, 4), np.int64), empty, empty)
    a, b, owner = (
        _halved(step, labels.shape) if smooth else (2 * step.start, 2 * step.end, np.arange(len(step.start)))
    )

    def placed(halves: np.ndarray) -> np.ndarray:
        x = placing.x0 + halves[:, 1] * (placing.dx / 2)
        y = placing.y0 - halves[:, 0] * (placing.dy / 2)
        return lattice.snap(np.stack([x, y], axis=1))

    xy = np.concatenate([placed(a), placed(b)], axis=1)
    left, right = step.left[owner], step.right[owner]
    keys = np.concatenate([left, right]) + first_key
    gains = np.concatenate([np.ones(len(left), np.int64), -np.ones(len(right), np.int64)])
    kept = np.concatenate([left, right]) >= 0
    return Linework(np.concatenate([xy, xy])[kept], keys[kept], gains[kept])


class _Steps(NamedTuple):
    """Cell edges between different labels: corners (row, col) from and to, labels on either side."""

    start: np.ndarray
    end: np.ndarray
    left: np.ndarray
    right: np.ndarray


def _steps(labels: np.ndarray) -> _Steps:
    wide = np.pad(labels.astype(np.int64), 1, constant_values=UNDECIDED)
    west, east = wide[1:-1, :-1], wide[1:-1, 1:]
    row, col = np.nonzero(west != east)  # upright edge at corner column col, run north: west on the left
    upright = (np.stack([row + 1, col], 1), np.stack([row, col], 1), west[row, col], east[row, col])
    north, south = wide[:-1, 1:-1], wide[1:, 1:-1]
    row, col = np.nonzero(north != south)  # level edge at corner row, run east: north on the left
    level = (np.stack([row, col], 1), np.stack([row, col + 1], 1), north[row, col], south[row, col])
    return _Steps(*(np.concatenate([u, v]) for u, v in zip(upright, level)))


def _halved(step: _Steps, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Segments in half cells: middle to middle past a corner of two edges, middle to corner elsewhere."""
    width = shape[1] + 1
    corner = np.concatenate([step.start @ (width, 1), step.end @ (width, 1)])
    edge = np.tile(np.arange(len(step.start)), 2)
    comes_in = np.repeat([False, True], len(step.start))
    degree = np.bincount(corner)
    middle = step.start + step.end
    order = np.argsort(corner, kind="stable")
    order = order[degree[corner[order]] == 2].reshape(-1, 2)
    one, other = edge[order[:, 0]], edge[order[:, 1]]
    forth = comes_in[order[:, 0]]  # the first edge ends here: along it, else against it
    turn_a, turn_b = (
        np.where(forth[:, None], middle[one], middle[other]),
        np.where(forth[:, None], middle[other], middle[one]),
    )
    # the first edge's direction rules: where it leaves the corner, the segment ends in its middle
    node = np.flatnonzero(degree[corner] != 2)
    at = 2 * np.stack([corner[node] // width, corner[node] % width], axis=1)
    mid = middle[edge[node]]
    inward = comes_in[node][:, None]
    stub_a, stub_b = np.where(inward, mid, at), np.where(inward, at, mid)
    return (
        np.concatenate([turn_a, stub_a]),
        np.concatenate([turn_b, stub_b]),
        np.concatenate([one, edge[node]]),
    )
