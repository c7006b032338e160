"""How much of two sets of lines runs in the same beds, for many lines at once.

Lines are sampled evenly and the samples sorted into squares as wide as a bed, so that a county's
ten thousand channels are compared in seconds.
"""

from __future__ import annotations

from typing import Iterator, Sequence

import numpy as np

from ..progress import SILENT, Progress

_CHUNK = 100_000
_SHORT_SAMPLES = 64


class Bundle:
    """Lines with samples in the middle of equal intervals, at most ``spacing`` long.

    ``points`` (n, 2), ``owner`` (n,) the sample's line, ``weight`` (n,) the length it stands for.
    """

    def __init__(self, lines: Sequence[np.ndarray], spacing: float, progress: Progress = SILENT) -> None:
        self.lines = list(lines)
        found = []
        for xy in self.lines:
            progress.step(0.0)
            found.append(_samples(xy, spacing))
        counts = [len(points) for points in found]
        self.points = np.concatenate([np.empty((0, 2)), *found])
        self.owner = np.repeat(np.arange(len(lines)), counts)
        self.lengths = np.array([float(np.hypot(*np.diff(xy, axis=0).T).sum()) for xy in self.lines])
        each = np.array([length / count if count else 0.0 for length, count in zip(self.lengths, counts)])
        self.weight = np.repeat(each, counts)


def _samples(xy: np.ndarray, spacing: float) -> np.ndarray:
    if len(xy) < 2:
        return np.empty((0, 2))
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    count = max(1, int(np.ceil(along[-1] / spacing)))
    at = (np.arange(count) + 0.5) * along[-1] / count
    return np.column_stack([np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1])])


def lengths_in_common(
    news: Bundle, olds: Bundle, tolerance: float, progress: Progress
) -> dict[tuple[int, int], float]:
    """(line of ``news``, line of ``olds``) -> length that runs within ``tolerance``, the smaller side's."""
    count = len(olds.lines)
    near_new: list[np.ndarray] = []
    near_old: list[np.ndarray] = []
    for one, other in _near_samples(news.points, olds.points, tolerance, progress):
        near_new.append(np.unique(one * count + olds.owner[other]))
        near_old.append(np.unique(other * len(news.lines) + news.owner[one]))
    if not near_new:
        return {}
    one = np.unique(np.concatenate(near_new))
    other = np.unique(np.concatenate(near_old))
    new_side = _sums(news.owner[one // count] * count + one % count, news.weight[one // count])
    sample = other // len(news.lines)
    old_side = _sums(other % len(news.lines) * count + olds.owner[sample], olds.weight[sample])
    return {divmod(pair, count): min(length, old_side[pair]) for pair, length in new_side.items()}


def _sums(keys: np.ndarray, weights: np.ndarray) -> dict[int, float]:
    found, place = np.unique(keys, return_inverse=True)
    return dict(zip(found.tolist(), np.bincount(place, weights=weights).tolist()))


def _near_samples(
    news: np.ndarray, olds: np.ndarray, tolerance: float, progress: Progress
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of samples no farther apart than ``tolerance``, as two arrays of indices, in pieces."""
    if not len(news) or not len(olds):
        return
    origin = np.minimum(news.min(axis=0), olds.min(axis=0))
    keys = _squares(olds, origin, tolerance)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    for first in range(0, len(news), _CHUNK):
        progress.step(0.5 * first / len(news))
        piece = news[first : first + _CHUNK]
        own = _squares(piece, origin, tolerance)
        for step in (dx * _ROW + dy for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
            low, high = np.searchsorted(keys, own + step, "left"), np.searchsorted(keys, own + step, "right")
            one = np.repeat(np.arange(len(piece)), high - low)
            within = np.arange(len(one)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
            other = order[np.repeat(low, high - low) + within]
            near = np.hypot(*(piece[one] - olds[other]).T) <= tolerance
            yield one[near] + first, other[near]


_ROW = 1 << 31


def _squares(points: np.ndarray, origin: np.ndarray, size: float) -> np.ndarray:
    """Number of the square of side ``size`` that holds each point."""
    place = np.floor((points - origin) / size).astype(np.int64) + 1
    return np.asarray(place[:, 0] * _ROW + place[:, 1])


def short_in_common(one: np.ndarray, other: np.ndarray, tolerance: float) -> float:
    """Length in common where one of two lines is short, sampled finely.

    The bed is no wider than an eighth of the shorter line, so that a short tributary does not lie in
    its parent's bed because it ends there; lines that lie within two thirds of the tolerance as a whole
    (moved, but neither longer nor shorter) are in common too, the less the farther apart.
    """
    lengths = [float(np.hypot(*np.diff(xy, axis=0).T).sum()) for xy in (one, other)]
    width = min(tolerance, min(lengths) / 8)
    spacing = min(lengths) / _SHORT_SAMPLES
    near_one, near_other = _beside(one, other, tolerance), _beside(other, one, tolerance)
    gap_one = _gaps(_samples(near_one, spacing), near_other)
    gap_other = _gaps(_samples(near_other, spacing), near_one)
    shared = min((gap_one <= width).sum(), (gap_other <= width).sum()) * spacing
    moved = 0.0
    if abs(lengths[0] - lengths[1]) <= 2 * tolerance:
        apart = max(_gaps(one, other).max(initial=0.0), _gaps(other, one).max(initial=0.0))
        moved = min(lengths) * (1 - 0.25 * apart / tolerance) if apart <= tolerance * 2 / 3 else 0.0
    return float(max(shared, moved))


def _beside(xy: np.ndarray, other: np.ndarray, tolerance: float) -> np.ndarray:
    """The stretch of ``xy`` from its first to its last vertex around the box of ``other``."""
    low, high = other.min(axis=0) - tolerance, other.max(axis=0) + tolerance
    start, end = np.minimum(xy[:-1], xy[1:]), np.maximum(xy[:-1], xy[1:])
    near = np.flatnonzero(((start <= high) & (end >= low)).all(axis=1))
    return xy[near[0] : near[-1] + 2] if len(near) else xy[:0]


def _gaps(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Distance of each point from a line, infinite from one without segments."""
    if len(line) < 2 or not len(points):
        return np.full(len(points), np.inf)
    start, step = line[:-1], np.diff(line, axis=0)
    square = np.maximum((step**2).sum(axis=1), 1e-30)
    way = points[:, None, :] - start
    t = np.clip((way * step).sum(axis=2) / square, 0, 1)
    return np.asarray(np.hypot(*np.moveaxis(way - t[:, :, None] * step, 2, 0)).min(axis=1))
