"""The two loops that numpy cannot do well: naming patches and finding their nearest neighbours.

Flat arrays in reading order. :mod:`.labels` and :mod:`.nearest` hold twins in numpy for
installations without numba.
"""

from __future__ import annotations

from typing import Any

from ..terrain.jit import kernel

NO_ROW = -(1 << 30)


@kernel("i8", "i4r", "i4w", "i4w", "i8", "i8", "i8", "i8", "i8")
def scan_rows(  # noqa: C901 - one loop: kernels call no functions
    codes: Any, labels: Any, parent: Any, used: int, cols: int, first: int, last: int, eight: int
) -> int:
    """Provisional patch numbers for rows ``first`` .. ``last`` - 1, joined in ``parent``.

    Two-pass connected components (Rosenfeld & Pfaltz 1966) over all classes at once.
    Returns how many numbers are used so far.
    """
    for r in range(first, last):
        for c in range(cols):
            at = r * cols + c
            code = codes[at]
            if code < 0:
                labels[at] = -1
                continue
            mine = -1
            # the neighbour to the left, then those in the row above
            for step in range(-2, 2):
                if step == -2:
                    if c == 0:
                        continue
                    beside = at - 1
                else:
                    k = c + step
                    if r == 0 or k < 0 or k >= cols or (step != 0 and eight == 0):
                        continue
                    beside = at - cols + step
                if codes[beside] != code:
                    continue
                other = labels[beside]
                while parent[other] != other:
                    parent[other] = parent[parent[other]]
                    other = parent[other]
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
            labels[at] = mine
    return used


@kernel("i8", "i4w", "i8")
def number_patches(parent: Any, used: int) -> int:
    """Replace ``parent`` by final numbers 0 .. n-1 in order of each patch's first cell; returns n."""
    count = 0
    for label in range(used):
        if parent[label] == label:
            parent[label] = count
            count += 1
        else:
            parent[label] = parent[parent[label]]
    return count


@kernel("i8", "i4w", "i4r", "i8", "i8")
def rename_cells(labels: Any, parent: Any, first: int, last: int) -> int:
    """Final numbers for cells ``first`` .. ``last`` - 1, in place."""
    for at in range(first, last):
        if labels[at] >= 0:
            labels[at] = parent[labels[at]]
    return last


@kernel("i8", "i4r", "i4r", "i8w", "i4w", "i8w", "i8w", "i8", "i8", "i8", "i8", "i8")
def nearest_above(  # noqa: C901
    codes: Any,
    labels: Any,
    row1: Any,
    name1: Any,
    row2: Any,
    best: Any,
    floor: int,
    rows: int,
    cols: int,
    first: int,
    last: int,
) -> int:
    """Lower ``best[patch]`` (squared, cells) to the nearest cell, not below, of another patch of its class.

    For each class and column the last row met (``row1``), its patch (``name1``) and the last row of
    another patch (``row2``), flat (classes × cols), carry over between calls; a cell of patch p then
    looks sideways only as far as the best distance of p so far. Exact.
    """
    for r in range(first, last):
        line = r * cols
        for c in range(cols):
            code = codes[line + c]
            if code < 0:
                continue
            k = code * cols + c
            mine = labels[line + c]
            if name1[k] != mine:
                row2[k] = row1[k]
                name1[k] = mine
            row1[k] = r
        for c in range(cols):
            at = line + c
            code = codes[at]
            if code < 0:
                continue
            mine = labels[at]
            limit = best[mine]
            if limit <= floor:
                continue
            if (
                0 < r < rows - 1
                and 0 < c < cols - 1
                and labels[at - cols] == mine
                and labels[at + cols] == mine
                and labels[at - 1] == mine
                and labels[at + 1] == mine
            ):
                continue  # another patch is always nearer to an edge cell
            start = code * cols
            away = 0
            while away * away < limit and (c - away >= 0 or c + away < cols):
                for side in range(2):
                    x = c - away if side == 0 else c + away
                    if x < 0 or x >= cols:
                        continue
                    y = row1[start + x] if name1[start + x] != mine else row2[start + x]
                    if y >= 0:
                        found = (r - y) * (r - y) + away * away
                        if found < limit:
                            limit = found
                away += 1
            best[mine] = limit
    return last
