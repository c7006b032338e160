"""Which cells form a patch: connected cells of one class by the 4- or 8-neighbour rule."""

from __future__ import annotations

import numpy as np

from ..progress import SILENT, Progress
from ..terrain import jit
from . import kernels

BLOCK_CELLS = 2_000_000


def label_patches(
    codes: np.ndarray, eight: bool = True, progress: Progress = SILENT
) -> tuple[np.ndarray, int]:
    """Patch of every cell and how many patches there are.

    ``codes`` (rows, cols) int32, negative outside the landscape. Returns int32 labels of the same
    shape, 0 .. n-1 in order of each patch's first cell in reading order, -1 outside, and n.
    """
    if jit.compiled():
        return _label_compiled(codes, eight, progress)
    return label_by_runs(codes, eight, progress)


def row_blocks(shape: tuple[int, ...], cells: int = BLOCK_CELLS) -> list[tuple[int, int]]:
    """Row ranges of about ``cells`` cells each."""
    rows, cols = shape
    height = max(1, cells // max(1, cols))
    return [(first, min(first + height, rows)) for first in range(0, rows, height)]


def _label_compiled(codes: np.ndarray, eight: bool, progress: Progress) -> tuple[np.ndarray, int]:
    flat = np.ascontiguousarray(codes, dtype=np.int32).ravel()
    labels = np.empty(flat.size, dtype=np.int32)
    parent = np.empty(flat.size + 1, dtype=np.int32)
    cols, used = codes.shape[1], 0
    blocks = row_blocks(codes.shape)
    for done, (first, last) in enumerate(blocks):
        progress.step(0.7 * done / len(blocks))
        used = kernels.scan_rows(flat, labels, parent, used, cols, first, last, int(eight))
    count = kernels.number_patches(parent, used)
    for done, (first, last) in enumerate(blocks):
        progress.step(0.7 + 0.3 * done / len(blocks))
        kernels.rename_cells(labels, parent, first * cols, last * cols)
    return labels.reshape(codes.shape), int(count)


def label_by_runs(
    codes: np.ndarray, eight: bool = True, progress: Progress = SILENT
) -> tuple[np.ndarray, int]:
    """As :func:`label_patches` in numpy alone: runs of a row are joined to touching runs of the next."""
    rows, cols = codes.shape
    starts = np.ones(codes.shape, dtype=bool)
    np.not_equal(codes[:, 1:], codes[:, :-1], out=starts[:, 1:])
    run = (np.cumsum(starts.ravel(), dtype=np.int32) - 1).reshape(rows, cols)
    progress.step(0.2)
    upper, lower = _touching_runs(codes, run, starts, eight, progress)
    root = _join(upper, lower, int(run[-1, -1]) + 1, progress)
    outside = codes.ravel()[np.flatnonzero(starts.ravel())] < 0
    number = np.where((root == np.arange(root.size)) & ~outside, 1, 0).cumsum() - 1
    final = np.where(outside, -1, number[root]).astype(np.int32)
    return final[run], int(number[-1]) + 1


def _touching_runs(
    codes: np.ndarray, run: np.ndarray, starts: np.ndarray, eight: bool, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of runs (upper, lower) of one class that touch between consecutive rows."""
    above: list[np.ndarray] = []
    below: list[np.ndarray] = []
    for done, (a, b) in enumerate(_row_pairs(eight)):
        progress.step(0.2 + 0.1 * done)
        touch = (codes[:-1, a] == codes[1:, b]) & (codes[:-1, a] >= 0)
        # one pair is enough for each stretch where both runs go on
        repeated = touch[:, 1:] & touch[:, :-1] & ~starts[:-1, a][:, 1:] & ~starts[1:, b][:, 1:]
        touch[:, 1:] &= ~repeated
        above.append(run[:-1, a][touch])
        below.append(run[1:, b][touch])
    return np.concatenate(above), np.concatenate(below)


def _row_pairs(eight: bool) -> list[tuple[slice, slice]]:
    straight = [(slice(None), slice(None))]
    diagonal = [(slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))]
    return straight + diagonal if eight else straight


def _join(u: np.ndarray, v: np.ndarray, count: int, progress: Progress) -> np.ndarray:
    """Smallest member of each component: hooking and pointer jumping (Shiloach & Vishkin 1982)."""
    parent = np.arange(count, dtype=np.int32)
    while u.size:
        progress.step(0.6)
        pu, pv = parent[u], parent[v]
        apart = pu != pv
        u, v, pu, pv = u[apart], v[apart], pu[apart], pv[apart]
        # both ends are roots and the larger hangs under the smaller: no cycle, whoever writes last
        parent[np.maximum(pu, pv)] = np.minimum(pu, pv)
        while True:
            above = parent[parent]
            if np.array_equal(above, parent):
                break
            parent = above
    return parent
