"""The two loops that numpy cannot do well: naming patches and their nearest neighbours.

Compiled by numba where it is there; :mod:`.labels` and :mod:`.nearest` give the same
answers without it.
"""

from __future__ import annotations

import numpy as np

from .compiled import jit

NO_ROW = -(1 << 30)


@jit
def _root(parent: np.ndarray, label: int) -> int:
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@jit
def scan_rows(
    codes: np.ndarray, labels: np.ndarray, parent: np.ndarray, used: int, first: int, last: int, eight: bool
) -> int:
    """Provisional patch numbers for rows ``first`` .. ``last`` - 1, joined in ``parent``.

    Two-pass connected components (Rosenfeld & Pfaltz 1966) over all classes at once.
    Returns how many numbers are used so far.
    """
    cols = codes.shape[1]
    for r in range(first, last):
        for c in range(cols):
            code = codes[r, c]
            if code < 0:
                labels[r, c] = -1
                continue
            mine = -1
            if c > 0 and codes[r, c - 1] == code:
                mine = _root(parent, labels[r, c - 1])
            if r > 0:
                for step in range(-1, 2):
                    if step != 0 and not eight:
                        continue
                    k = c + step
                    if k < 0 or k >= cols or codes[r - 1, k] != code:
                        continue
                    other = _root(parent, labels[r - 1, k])
                    if mine < 0:
                        mine = other
                    elif other < mine:
                        parent[mine] = other
                        mine = other
                    elif other > mine:
                        parent[other] = mine
            if mine < 0:
                mine = used
                parent[used] = used
                used += 1
            labels[r, c] = mine
    return used


@jit
def number_patches(parent: np.ndarray, used: int) -> int:
    """Replace ``parent`` by final numbers 0 .. n-1 in order of each patch's first cell; returns n."""
    count = 0
    for label in range(used):
        if parent[label] == label:
            parent[label] = count
            count += 1
        else:
            parent[label] = parent[parent[label]]
    return count


@jit
def rename_rows(labels: np.ndarray, parent: np.ndarray, first: int, last: int) -> None:
    """Final numbers for rows ``first`` .. ``last`` - 1, in place."""
    for r in range(first, last):
        for c in range(labels.shape[1]):
            if labels[r, c] >= 0:
                labels[r, c] = parent[labels[r, c]]


@jit
def nearest_above(
    codes: np.ndarray,
    labels: np.ndarray,
    row1: np.ndarray,
    label1: np.ndarray,
    row2: np.ndarray,
    label2: np.ndarray,
    best: np.ndarray,
    floor: int,
    first: int,
    last: int,
) -> None:
    """Lower ``best[patch]`` (squared, cells) to the nearest cell, not below it, of another patch of its class.

    For each class and column the last row met and its patch (``row1``, ``label1``) and the last row of
    another patch (``row2``, ``label2``), shape (classes, cols), carry over between calls; a cell of patch p
    then looks sideways only as far as the best distance of p so far. Exact.
    """
    rows, cols = codes.shape
    for r in range(first, last):
        for c in range(cols):
            k = codes[r, c]
            if k < 0:
                continue
            mine = labels[r, c]
            if label1[k, c] != mine:
                row2[k, c] = row1[k, c]
                label2[k, c] = label1[k, c]
                label1[k, c] = mine
            row1[k, c] = r
        for c in range(cols):
            k = codes[r, c]
            if k < 0:
                continue
            mine = labels[r, c]
            limit = best[mine]
            if limit <= floor:
                continue
            if (
                r > 0
                and c > 0
                and r < rows - 1
                and c < cols - 1
                and labels[r - 1, c] == mine
                and labels[r + 1, c] == mine
                and labels[r, c - 1] == mine
                and labels[r, c + 1] == mine
            ):
                continue
            away = 0
            while away * away < limit and (c - away >= 0 or c + away < cols):
                for side in range(2):
                    x = c - away if side == 0 else c + away
                    if x < 0 or x >= cols:
                        continue
                    y = row1[k, x] if label1[k, x] != mine else row2[k, x]
                    if y >= 0:
                        found = (r - y) * (r - y) + away * away
                        if found < limit:
                            limit = found
                away += 1
            best[mine] = limit
