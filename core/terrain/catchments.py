"""Which cells drain through a given cell (4.3.1).

From every cell the way down is followed to the first cell that is already known, and what is
found there is written back along the way: each cell is passed twice, whatever the shape of
the land. Threads may follow the same way at once; they write the same values.
"""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..progress import SILENT, Progress
from . import jit
from .d8 import NODATA, checked, steps_on_grid
from .strips import strips, sweep

_NOWHERE = -1  # drains off without meeting a labelled cell


def label_catchments(
    direction: np.ndarray,
    seeds: np.ndarray | tuple[np.ndarray, np.ndarray],
    progress: Progress = SILENT,
) -> np.ndarray:
    """For each cell the label of the first seed reached going downstream, itself included; 0 none.

    ``seeds``: a grid int32 (rows, cols) of labels > 0, 0 elsewhere (left as it is), or two
    arrays: flat numbers of the seed cells and their labels. Returns int32 (rows, cols). Raises
    InputError where directions run in a circle.
    """
    rows, cols = direction.shape
    if isinstance(seeds, tuple):
        labels = np.zeros((rows, cols), np.int32)
        labels.reshape(-1)[np.asarray(seeds[0], np.int64)] = seeds[1]
    else:
        labels = np.array(seeds, np.int32, order="C")
    follow(direction, labels, progress)
    for first, stop in strips(0, rows, cols):
        np.maximum(labels[first:stop], 0, out=labels[first:stop])
    return labels


def catchment_mask(direction: np.ndarray, row: int, col: int, progress: Progress = SILENT) -> np.ndarray:
    """The cells that drain through one cell, itself included: bool (rows, cols); none where it is nodata."""
    if direction[row, col] == NODATA:
        return np.zeros(direction.shape, np.bool_)
    cell = np.array([row * direction.shape[1] + col]), np.ones(1, np.int32)
    return label_catchments(direction, cell, progress) > 0


def follow(direction: np.ndarray, labels: np.ndarray, progress: Progress) -> None:
    """Fill the zeros of ``labels`` (int32, C order) from downstream; -1 where nothing is met."""
    rows, cols = direction.shape
    ways = checked(direction).reshape(-1)
    flat = labels.reshape(-1)
    steps = steps_on_grid(cols)

    def walk(first: int, stop: int) -> int:
        return int(_follow(ways, flat, steps, first * cols, stop * cols))

    progress.stage("catchments", direction.size)
    if not all(sweep(walk, rows, cols, progress)):
        raise InputError("QL-FLOW-CIRCLE")


@jit.kernel("i8", "u1r", "i4w", "i8r", "i8", "i8")
def _follow(
    direction: np.ndarray, labels: np.ndarray, steps: np.ndarray, first: int, stop: int,
) -> int:  # fmt: skip
    """Label cells first..stop and the ways down from them; 0 where a way has no end."""
    for start in range(first, stop):
        if labels[start] != 0:
            continue
        s = start
        length = 0
        while labels[s] == 0 and direction[s] < 8:
            s += steps[direction[s]]
            length += 1
            if length > len(direction):
                return 0
        if labels[s] == 0:
            labels[s] = -1
        found = labels[s]
        s = start
        while labels[s] == 0:
            labels[s] = found
            s += steps[direction[s]]
    return 1
