"""Which cells of a grid a place holds: polygons by the centres inside, lines by points along, points by their cell."""

from __future__ import annotations

from typing import NamedTuple, Sequence

import numpy as np

from ..grid import GridFrame


class Sample(NamedTuple):
    """The cells of a place: ``mask`` over the window whose first cell is (``row``, ``col``)."""

    row: int
    col: int
    mask: np.ndarray

    def values(self, grid: np.ndarray) -> np.ndarray:
        """The grid over the window, shape of ``mask``."""
        rows, cols = self.mask.shape
        return grid[self.row : self.row + rows, self.col : self.col + cols]


def sample(rings: Sequence[np.ndarray], dimension: int, frame: GridFrame) -> Sample | None:
    """The cells of a place with ``rings`` (n, 2), None where it lies outside the grid.

    A polygon so small that it holds no centre has the cell in which its middle lies.
    """
    everything = np.concatenate(list(rings))
    window = _window(everything, frame)
    if window is None:
        return None
    row, col = window[:2]
    if dimension == 2:
        mask = _inside(rings, frame, window)
        if not mask.any():
            middle = (everything.min(axis=0) + everything.max(axis=0)) / 2
            mask = _touched(middle[None, :], frame, window)
    else:
        step = min(frame.dx, frame.dy) / 2
        points = [along(ring, step) if dimension == 1 else ring for ring in rings]
        mask = _touched(np.concatenate(points), frame, window)
    return Sample(row, col, mask) if mask.any() else None


def along(line: np.ndarray, step: float) -> np.ndarray:
    """Points (k, 2) along a line no farther apart than ``step``, the vertices among them."""
    pieces = [line[:1]]
    for a, b in zip(line[:-1], line[1:]):
        count = max(int(np.ceil(np.hypot(*(b - a)) / step)), 1)
        pieces.append(a + (b - a) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(pieces)


def _window(points: np.ndarray, frame: GridFrame) -> tuple[int, int, int, int] | None:
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    left = max(int(np.floor((west - frame.x0) / frame.dx)), 0)
    right = min(int(np.floor((east - frame.x0) / frame.dx)) + 1, frame.cols)
    top = max(int(np.floor((frame.y0 - north) / frame.dy)), 0)
    bottom = min(int(np.floor((frame.y0 - south) / frame.dy)) + 1, frame.rows)
    if left >= right or top >= bottom:
        return None
    return top, left, bottom - top, right - left


def _inside(rings: Sequence[np.ndarray], frame: GridFrame, window: tuple[int, int, int, int]) -> np.ndarray:
    """Cells whose centre lies inside, by the even-odd rule along each row."""
    rows, cols = window[2:]
    flips = np.zeros((rows, cols + 1), np.int32)
    for ring in rings:
        _cross(ring, frame, window, flips)
    return (np.cumsum(flips, axis=1)[:, :cols] % 2).astype(bool)


def _cross(ring: np.ndarray, frame: GridFrame, window: tuple[int, int, int, int], flips: np.ndarray) -> None:
    """Count, for every row, where the ring crosses the line of the centres."""
    row, col, rows, cols = window
    closed = ring if (ring[0] == ring[-1]).all() else np.concatenate([ring, ring[:1]])
    # rows whose centre lies between the ends of each edge, the lower end counted, the upper not
    level = (frame.y0 - closed[:, 1]) / frame.dy - row - 0.5
    first, last = np.ceil(np.minimum(level[:-1], level[1:])), np.ceil(np.maximum(level[:-1], level[1:]))
    first, last = np.clip(first, 0, rows).astype(int), np.clip(last, 0, rows).astype(int)
    count = last - first
    edge = np.repeat(np.arange(len(count)), count)
    if not edge.size:
        return
    at = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    a, b = closed[:-1][edge], closed[1:][edge]
    t = (at - level[:-1][edge]) / (level[1:] - level[:-1])[edge]
    x = (a[:, 0] + (b[:, 0] - a[:, 0]) * t - frame.x0) / frame.dx - col - 0.5
    np.add.at(flips, (at, np.clip(np.ceil(x), 0, cols).astype(int)), 1)


def _touched(points: np.ndarray, frame: GridFrame, window: tuple[int, int, int, int]) -> np.ndarray:
    row, col, rows, cols = window
    mask = np.zeros((rows, cols), bool)
    r = np.floor((frame.y0 - points[:, 1]) / frame.dy).astype(int) - row
    c = np.floor((points[:, 0] - frame.x0) / frame.dx).astype(int) - col
    known = (r >= 0) & (r < rows) & (c >= 0) & (c < cols)
    mask[r[known], c[known]] = True
    return mask
