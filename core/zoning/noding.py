"""Line segments that cross become edges that meet at their ends only: snap rounding.

Hobby 1999 (Practical segment intersection with finite precision output), Guibas & Marimont 1998:
every end and every crossing makes its lattice point hot; a segment that passes through the unit
square of a hot point is bent through that point. Edges then meet at lattice points only, moved by
less than a unit. All tests are exact in 64-bit integers; pieces of work are short, so that a
cancel is heard.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple

import numpy as np

from ..progress import SILENT, Progress

_PAIRS_AT_ONCE = 1 << 20
_MARGIN = 2.0
# A crossing this near to the side of a unit square (in units) makes both squares hot.
_DOUBT = 1e-4


class Pieces(NamedTuple):
    """What became of segments: piece i runs from ``start[i]`` to ``end[i]`` (int64 (m, 2)), part of ``segment[i]``."""

    segment: np.ndarray
    start: np.ndarray
    end: np.ndarray


class _Bins(NamedTuple):
    """Square bins of ``size`` units; entry k says that ``segment[k]`` may touch ``bin[k]`` (ascending)."""

    size: float
    columns: int
    bin: np.ndarray
    segment: np.ndarray

    def of(self, points: np.ndarray) -> np.ndarray:
        """The bin of each point."""
        cells = np.floor(points / self.size).astype(np.int64) + 1
        return cells[:, 1] * self.columns + cells[:, 0]


def node(segments: np.ndarray, progress: Progress = SILENT) -> Pieces:
    """Pieces of ``segments`` (int64 (n, 4): x1, y1, x2, y2, from 0 to 2^28) that meet at ends only.

    Segments must have two different ends. Pieces of one segment follow each other from its first end.
    Rounding is repeated until it changes nothing (Halperin & Packer 2002), so that noding what was
    noded once gives the same again.
    """
    progress.stage("zoning_node", len(segments))
    if len(segments) == 0:
        empty = np.empty((0, 2), np.int64)
        return Pieces(np.empty(0, np.int64), empty, empty)
    pieces = _rounded(segments, progress)
    while True:
        again = _rounded(np.concatenate([pieces.start, pieces.end], axis=1), progress)
        if len(again.segment) == len(pieces.segment):
            return pieces
        pieces = Pieces(pieces.segment[again.segment], again.start, again.end)


def _rounded(segments: np.ndarray, progress: Progress) -> Pieces:
    """One pass: crossings, hot points, bending."""
    bins = _bins(segments)
    ends = np.concatenate([segments[:, :2], segments[:, 2:]])
    hot = _unique_points(np.concatenate([ends, _crossings(segments, bins, progress)]))
    through, point = _passing(segments, hot, bins, progress)
    return _split(segments, through, hot[point])


def _unique_points(points: np.ndarray) -> np.ndarray:
    codes = np.unique((points[:, 0] << 31) | points[:, 1])
    return np.stack([codes >> 31, codes & (2**31 - 1)], axis=1)


# -- bins -------------------------------------------------------------------


def _bins(segments: np.ndarray) -> _Bins:
    """Bins about as large as a segment's share of the extent, each with the segments that may touch it."""
    low = np.minimum(segments[:, :2], segments[:, 2:])
    high = np.maximum(segments[:, :2], segments[:, 2:])
    extent = (high.max(axis=0) - low.min(axis=0) + 1).astype(np.float64)
    lengths = np.abs(segments[:, 2:] - segments[:, :2]).max(axis=1)
    share = np.sqrt(extent[0] * extent[1] / len(segments))
    size = float(max(share, np.mean(lengths) / 2, 16.0))
    columns = int(high[:, 0].max() // size) + 4
    which, row = _expand(_cell(low[:, 1] - _MARGIN, size), _cell(high[:, 1] + _MARGIN, size))
    west, east = _span(segments[which], row * size - _MARGIN, (row + 1) * size + _MARGIN)
    entry, column = _expand(_cell(west - _MARGIN, size), _cell(east + _MARGIN, size))
    number = (row[entry] + 1) * columns + column + 1
    order = np.argsort(number, kind="stable")
    return _Bins(size, columns, number[order], which[entry][order])


def _cell(values: np.ndarray, size: float) -> np.ndarray:
    return np.floor(values / size).astype(np.int64)


def _expand(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All whole numbers from first to last of each position: (position, number)."""
    counts = last - first + 1
    where = np.repeat(np.arange(len(first)), counts)
    starts = np.cumsum(counts) - counts
    return where, np.arange(len(where)) - starts[where] + first[where]


def _span(segments: np.ndarray, south: np.ndarray, north: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """West and east end of what each segment has between two heights."""
    x1, y1, x2, y2 = segments.T.astype(np.float64)
    rise = np.where(y2 == y1, 1.0, y2 - y1)
    a = np.where(y2 == y1, 0.0, np.clip((south - y1) / rise, 0, 1))
    b = np.where(y2 == y1, 1.0, np.clip((north - y1) / rise, 0, 1))
    xa, xb = x1 + a * (x2 - x1), x1 + b * (x2 - x1)
    return np.minimum(xa, xb), np.maximum(xa, xb)


# -- crossings --------------------------------------------------------------


def _crossings(segments: np.ndarray, bins: _Bins, progress: Progress) -> np.ndarray:
    """Lattice points next to which two segments cross within both, int64 (k, 2)."""
    found = [np.empty((0, 2), np.int64)]
    for one, other, done in _pairs(bins):
        progress.step(0.5 * done)
        p, q = segments[bins.segment[one]], segments[bins.segment[other]]
        near = _boxes_meet(p, q)
        p, q = p[near], q[near]
        crossing = _cross_properly(p, q)
        found.append(_crossing_points(p[crossing], q[crossing]))
    return np.concatenate(found)


def _pairs(bins: _Bins) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """Pairs of entries of one bin, in batches, and how far we are."""
    total = len(bins.bin)
    ends = np.searchsorted(bins.bin, bins.bin, side="right")
    after = ends - np.arange(total) - 1
    sums = np.cumsum(after)
    first = 0
    while first < total:
        base = sums[first - 1] if first else 0
        stop = max(int(np.searchsorted(sums, base + _PAIRS_AT_ONCE, side="right")), first + 1)
        counts = after[first:stop]
        one = np.repeat(np.arange(first, stop), counts)
        starts = np.cumsum(counts) - counts
        other = np.arange(len(one)) - np.repeat(starts, counts) + one + 1
        yield one, other, stop / total
        first = stop


def _boxes_meet(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    meet = np.ones(len(p), bool)
    for axis in (0, 1):
        meet &= np.maximum(p[:, axis], p[:, axis + 2]) >= np.minimum(q[:, axis], q[:, axis + 2])
        meet &= np.maximum(q[:, axis], q[:, axis + 2]) >= np.minimum(p[:, axis], p[:, axis + 2])
    return meet


def side(segments: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Twice the area of the triangle of each segment with a point: positive where the point is on the left."""
    x1, y1, x2, y2 = segments.T
    return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)


def _cross_properly(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    a, b = np.sign(side(p, q[:, 0], q[:, 1])), np.sign(side(p, q[:, 2], q[:, 3]))
    c, d = np.sign(side(q, p[:, 0], p[:, 1])), np.sign(side(q, p[:, 2], p[:, 3]))
    return (a * b < 0) & (c * d < 0)


def _crossing_points(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The lattice points of crossings; both where a crossing is too near to a side to tell."""
    a, b = side(q, p[:, 0], p[:, 1]), side(q, p[:, 2], p[:, 3])
    share = (a / (a - b).astype(np.float64))[:, None]
    away = share * (p[:, 2:] - p[:, :2])  # exact to 1e-7 units: its factors are exact integers
    nearest = np.floor(away + 0.5)
    points = [nearest]
    doubtful = np.abs(away - nearest) > 0.5 - _DOUBT
    for axis in (0, 1):
        other = nearest.copy()
        other[:, axis] += np.where(away[:, axis] > nearest[:, axis], 1, -1)
        points.append(other[doubtful[:, axis]])
    both = doubtful.all(axis=1)
    points.append(nearest[both] + np.where(away > nearest, 1, -1)[both])
    keep = [
        np.arange(len(p)),
        np.flatnonzero(doubtful[:, 0]),
        np.flatnonzero(doubtful[:, 1]),
        np.flatnonzero(both),
    ]
    whole = [p[k, :2] + moved.astype(np.int64) for k, moved in zip(keep, points)]
    return np.maximum(np.concatenate(whole), 0)


# -- hot points -------------------------------------------------------------


def _passing(
    segments: np.ndarray, hot: np.ndarray, bins: _Bins, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """(segment, point) where a segment passes through the square of a hot point that is no end of it."""
    place = bins.of(hot)
    first = np.searchsorted(bins.bin, place, side="left")
    counts = np.searchsorted(bins.bin, place, side="right") - first
    sums = np.cumsum(counts)
    through, points = [], []
    start = 0
    while start < len(hot):
        base = sums[start - 1] if start else 0
        stop = max(int(np.searchsorted(sums, base + _PAIRS_AT_ONCE, side="right")), start + 1)
        point, entry = _expand(first[start:stop], first[start:stop] + counts[start:stop] - 1)
        point += start
        which = bins.segment[entry]
        found = _through_square(segments[which], hot[point])
        through.append(which[found])
        points.append(point[found])
        progress.step(0.5 + 0.5 * stop / len(hot))
        start = stop
    return np.concatenate(through), np.concatenate(points)


def _through_square(segments: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether each segment meets the square [x-1/2, x+1/2) x [y-1/2, y+1/2) of its point without ending there."""
    found = _near_square(segments, points)
    chosen = np.flatnonzero(found)
    found[chosen] = _meets_square(2 * segments[chosen], 2 * points[chosen])
    return found


def _near_square(segments: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Boxes meet (in half units, so that the open sides count), and the point is no end."""
    near = np.ones(len(points), bool)
    end1, end2 = np.ones(len(points), bool), np.ones(len(points), bool)
    for axis in (0, 1):
        a, b, c = segments[:, axis], segments[:, axis + 2], points[:, axis]
        near &= (2 * np.minimum(a, b) < 2 * c + 1) & (2 * np.maximum(a, b) >= 2 * c - 1)
        end1 &= a == c
        end2 &= b == c
    return near & ~end1 & ~end2


def _meets_square(doubled: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """The corner test of JTS's HotPixel, for segments whose box meets the square; all numbers doubled."""
    turned = doubled[:, 0] > doubled[:, 2]
    s = np.where(turned[:, None], doubled[:, [2, 3, 0, 1]], doubled)
    west, east = centre[:, 0] - 1, centre[:, 0] + 1
    south, north = centre[:, 1] - 1, centre[:, 1] + 1
    up = s[:, 1] < s[:, 3]
    straight = (s[:, 0] == s[:, 2]) | (s[:, 1] == s[:, 3])
    nw, ne = np.sign(side(s, west, north)), np.sign(side(s, east, north))
    sw, se = np.sign(side(s, west, south)), np.sign(side(s, east, south))
    cases = [straight, nw == 0, ne == 0, nw != ne, sw == 0, sw != nw, se == 0]
    answers = [np.ones(len(s), bool), ~up, up, *([np.ones(len(s), bool)] * 3), ~up]
    return np.select(cases, answers, default=(sw != se) | (se != ne))


def _split(segments: np.ndarray, through: np.ndarray, points: np.ndarray) -> Pieces:
    """Each segment from end to end through its points in order."""
    n = len(segments)
    start, end = segments[:, :2], segments[:, 2:]
    along = ((points - start[through]) * (end - start)[through]).sum(axis=1)
    whole = ((end - start) ** 2).sum(axis=1)
    segment = np.concatenate([np.arange(n), through, np.arange(n)])
    xy = np.concatenate([start, points, end])
    rank = np.concatenate([np.full(n, -(2**62)), along, whole + 2**61])
    order = np.lexsort((rank, segment))
    segment, xy = segment[order], xy[order]
    same = (segment[1:] == segment[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    return Pieces(segment[:-1][same], xy[:-1][same], xy[1:][same])
