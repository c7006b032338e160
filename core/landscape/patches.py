"""What the pattern metrics count: patches, their cells and sides, who lies beside whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..progress import SILENT, Progress
from .labels import label_patches, row_blocks
from .mosaic import Mosaic
from .nearest import nearest_neighbours


@dataclass(frozen=True)
class Patches:
    """The patches of a mosaic (n of them) and the sides between its classes (m of them).

    ``owner`` (n,) class position; ``cells`` (n,) size; ``sides`` (n,) perimeter in cell sides, the
    border of the landscape included; ``nearest`` (n,) distance in cells to the nearest patch of the
    class, NaN where there is none, None where not asked for; ``beside`` (m, m) cell sides between
    classes, each counted from both of its cells (FRAGSTATS' double count); ``border`` (m,) sides on
    the border of the landscape or beside no data.
    """

    owner: np.ndarray
    cells: np.ndarray
    sides: np.ndarray
    nearest: np.ndarray | None
    beside: np.ndarray
    border: np.ndarray


def patches(
    landscape: Mosaic, eight: bool = True, distances: bool = True, progress: Progress = SILENT
) -> Patches:
    """Count patches and sides; ``distances`` also measures nearest neighbours (the dearest part)."""
    codes, many = landscape.codes, len(landscape.classes)
    progress.stage("landscape_patches", codes.size)
    labels, count = label_patches(codes, eight, progress)
    progress.stage("landscape_sides", codes.size)
    cells, like, between = _tally(codes, labels, count, many, progress)
    owner = np.empty(count, np.int32)
    owner[labels[labels >= 0]] = codes[labels >= 0]
    nearest = None
    if distances:
        progress.stage("landscape_nearest", count)
        nearest = nearest_neighbours(codes, labels, owner, eight, progress)
    return Patches(owner, cells, 4 * cells - 2 * like, nearest, between[1:, 1:], between[1:, 0])


def _tally(
    codes: np.ndarray, labels: np.ndarray, count: int, many: int, progress: Progress
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells of each patch, pairs of neighbours inside it, and the matrix of sides with class 0 = outside."""
    cells = np.zeros(count, np.int64)
    like = np.zeros(count, np.int64)
    kinds = many + 1
    pairs = np.zeros(kinds * kinds, np.int64)
    blocks = row_blocks(codes.shape)
    for done, (first, last) in enumerate(blocks):
        progress.step(done / len(blocks))
        part, name = codes[first:last] + 1, labels[first:last]
        cells += np.bincount(name[name >= 0], minlength=count)
        # the block's last row meets the first row of the next one
        tall, long_name = codes[first : last + 1] + 1, labels[first : last + 1]
        for a, b, at in (
            (part[:, :-1], part[:, 1:], name[:, 1:]),
            (tall[:-1], tall[1:], long_name[1:]),
        ):
            like += np.bincount(at[(a == b) & (at >= 0)], minlength=count)
            pairs += np.bincount((a * kinds + b).ravel(), minlength=kinds * kinds)
    matrix = pairs.reshape(kinds, kinds)
    matrix = matrix + matrix.T
    for rim in (codes[0], codes[-1], codes[:, 0], codes[:, -1]):
        matrix[:, 0] += np.bincount(rim + 1, minlength=kinds)
    return cells, like, matrix
