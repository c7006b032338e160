"""Pulling a string tight inside a water body without crossing what else is drawn there.

Plane geometry on coordinates: who sees whom, where lines first meet. Points are (x, y)
tuples; segments are rows (x1, y1, x2, y2).
"""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

Point = Tuple[float, float]
Sees = Callable[[Point, Point], bool]

_CANDIDATES = 32
_BLOCK = 64
# What lies closer than this to a segment (m, or the like in degrees) touches it.
_TOUCH = 1e-6


class Line(NamedTuple):
    """A line with distances: ``xy`` (k, 2) and ``along`` (k,), planar, in CRS units."""

    xy: np.ndarray
    along: np.ndarray

    def point(self, measure: float) -> Point:
        """The point at ``measure``; a vertex comes back with its own bits."""
        k = int(np.searchsorted(self.along, measure, side="right")) - 1
        k = min(max(k, 0), len(self.along) - 1)
        rest = measure - float(self.along[k])
        if rest <= 0 or k == len(self.along) - 1:
            return float(self.xy[k, 0]), float(self.xy[k, 1])
        t = rest / float(self.along[k + 1] - self.along[k])
        x, y = self.xy[k] + t * (self.xy[k + 1] - self.xy[k])
        return float(x), float(y)

    def nearest(self, point: Union[Sequence[float], np.ndarray]) -> float:
        """Measure of the point of the line nearest to ``point``; a vertex has its own to the bit."""
        vertices = np.flatnonzero((self.xy == point).all(axis=1))
        if len(vertices):
            return float(self.along[vertices[0]])
        start, step = self.xy[:-1], np.diff(self.xy, axis=0)
        square = (step**2).sum(axis=1)
        t = np.clip(((np.asarray(point) - start) * step).sum(axis=1) / square, 0, 1)
        k = int(np.argmin(np.hypot(*(start + t[:, None] * step - point).T)))
        return float(self.along[k] + t[k] * (self.along[k + 1] - self.along[k]))

    def between(self, first: float, last: float) -> np.ndarray:
        """Indices of the vertices behind ``first`` up to and with ``last``."""
        return np.flatnonzero((self.along > first) & (self.along <= last))

    def part(self, first: float, last: float) -> Line:
        """The stretch from ``first`` to ``last``, measures as on the whole line."""
        inner = [k for k in self.between(first, last).tolist() if self.along[k] < last]
        xy = [self.point(first), *(self.point(float(self.along[k])) for k in inner), self.point(last)]
        along = [first, *(float(self.along[k]) for k in inner), last]
        return Line(np.array(xy), np.array(along))


def polyline(xy: np.ndarray) -> Line:
    """A :class:`Line` from coordinates (k, 2 or more), without vertices that repeat the one before."""
    xy = np.asarray(xy, np.float64)[:, :2]
    if len(xy) > 1:
        xy = xy[np.append(True, np.any(np.diff(xy, axis=0) != 0, axis=1))]
    return measured_line(xy)


def measured_line(xy: np.ndarray) -> Line:
    """A :class:`Line` of all the vertices given, shape (k, 2)."""
    return Line(xy, np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))))


def segments_of(points: Union[Sequence[Point], np.ndarray]) -> np.ndarray:
    """Rows (x1, y1, x2, y2) of a polyline, shape (k - 1, 4)."""
    xy = np.asarray(points, np.float64).reshape(-1, 2)
    return np.hstack([xy[:-1], xy[1:]])


def blocked(p: Point, q: Point, barriers: np.ndarray) -> bool:
    """Whether the way from ``p`` to ``q`` meets a barrier (k, 4); to start or end together is no meeting."""
    (px, py), (qx, qy) = p, q
    near = (
        (np.minimum(barriers[:, 0], barriers[:, 2]) <= max(px, qx) + _TOUCH)
        & (np.maximum(barriers[:, 0], barriers[:, 2]) >= min(px, qx) - _TOUCH)
        & (np.minimum(barriers[:, 1], barriers[:, 3]) <= max(py, qy) + _TOUCH)
        & (np.maximum(barriers[:, 1], barriers[:, 3]) >= min(py, qy) - _TOUCH)
    )
    return any(_meets(p, q, row) for row in barriers[near].tolist())


def _meets(p: Point, q: Point, barrier: Sequence[float]) -> bool:
    a, b = (barrier[0], barrier[1]), (barrier[2], barrier[3])
    for here, there in ((p, q), (q, p)):
        for end, other in ((a, b), (b, a)):
            if here == end:
                return there == other or _same_way(here, there, other)
    along, across = _sides(p, q, a, b), _sides(a, b, p, q)
    return along[0] * along[1] <= 0 and across[0] * across[1] <= 0


def _sides(p: Point, q: Point, a: Point, b: Point) -> tuple[float, float]:
    """Signed distances of ``a`` and ``b`` from the line through ``p`` and ``q``, 0 where they touch it."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    length = float(np.hypot(dx, dy))
    if length == 0:
        return 0.0, 0.0
    found = [(dx * (c[1] - p[1]) - dy * (c[0] - p[0])) / length for c in (a, b)]
    one, other = (0.0 if abs(d) < _TOUCH else d for d in found)
    return one, other


def _same_way(start: Point, one: Point, other: Point) -> bool:
    """Whether two segments from one start lie on each other."""
    ux, uy, vx, vy = one[0] - start[0], one[1] - start[1], other[0] - start[0], other[1] - start[1]
    reach = max(float(np.hypot(ux, uy)), float(np.hypot(vx, vy)))
    return abs(ux * vy - uy * vx) <= _TOUCH * reach and ux * vx + uy * vy > 0


class Meeting(NamedTuple):
    """Where a polyline first meets a line: on its segment ``edge`` at ``share`` of it, ``measure`` on the line."""

    edge: int
    share: float
    measure: float


def first_meeting(points: Sequence[Point], line: Line) -> Optional[Meeting]:
    """Where the polyline ``points`` first meets ``line``; running along it counts from where it begins."""
    way, edges = segments_of(points), segments_of(line.xy)
    for k, near in _overlapping_boxes(way, edges):
        start = edges[near, :2]
        shares, places = _crossings(way[k, :2], way[k, 2:], start, edges[near, 2:] - start)
        if np.isfinite(shares).any():
            best = int(np.nanargmin(shares))
            edge = int(near[best])
            length = float(line.along[edge + 1] - line.along[edge])
            return Meeting(k, float(shares[best]), float(line.along[edge] + places[best] * length))
    return None


def _overlapping_boxes(some: np.ndarray, others: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Numbers of segments whose bounding box meets boxes of ``others``, in order, and which those are."""
    low, high = (f(others[:, :2], others[:, 2:]) for f in (np.minimum, np.maximum))
    for first in range(0, len(some), _BLOCK):
        block = some[first : first + _BLOCK]
        start, end = (f(block[:, :2], block[:, 2:])[:, None, :] for f in (np.minimum, np.maximum))
        meets = ((start <= high + _TOUCH) & (end >= low - _TOUCH)).all(axis=2)
        for k in np.flatnonzero(meets.any(axis=1)).tolist():
            yield first + k, np.flatnonzero(meets[k])


def _crossings(
    u: np.ndarray, v: np.ndarray, start: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each edge of a line: the share of ``u`` to ``v`` and of the edge where they meet, NaN if never."""
    way, gap, slack = v - u, start - u, 1e-9
    turn = way[0] * step[:, 1] - way[1] * step[:, 0]
    size = np.hypot(*way) * np.hypot(step[:, 0], step[:, 1])
    level = np.abs(turn) <= 1e-12 * size
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (gap[:, 0] * step[:, 1] - gap[:, 1] * step[:, 0]) / turn
        s = (gap[:, 0] * way[1] - gap[:, 1] * way[0]) / turn
    on_it = level & (np.abs(gap[:, 0] * way[1] - gap[:, 1] * way[0]) <= _TOUCH * np.hypot(*way))
    square = float(way @ way)
    if on_it.any() and square > 0:
        one, other = gap @ way / square, (gap + step) @ way / square
        t = np.where(on_it, np.maximum(np.minimum(one, other), 0.0), t)
        with np.errstate(divide="ignore", invalid="ignore"):
            s = np.where(on_it, (t - one) / (other - one), s)
    meets = (~level | on_it) & (t >= -slack) & (t <= 1 + slack) & (s >= -slack) & (s <= 1 + slack)
    return np.where(meets, np.clip(t, 0, 1), np.nan), np.clip(s, 0, 1)


def pulled(points: Sequence[Point], fixed: Sequence[int], sees: Sees) -> Line:
    """The string over ``points`` pulled tight between the ``fixed`` ones, twice."""
    kept = [fixed[0]]
    for first, last in zip(fixed, fixed[1:]):
        piece = list(range(first, last + 1))
        for _ in range(2):
            piece = [piece[k] for k in string_pull([points[k] for k in piece], sees)]
        kept.extend(piece[1:])
    return polyline(np.array([points[k] for k in kept], np.float64))


def string_pull(points: Sequence[Point], sees: Sees) -> list[int]:
    """Which points remain when the farthest visible one is always next; neighbours see each other."""
    kept = [0]
    while kept[-1] < len(points) - 1:
        kept.append(_farthest(points, kept[-1], sees))
    return kept


def _farthest(points: Sequence[Point], here: int, sees: Sees) -> int:
    """A visible point far along: the farthest of some evenly spaced ones, refined by halving."""
    end = len(points) - 1
    tried = np.unique(np.linspace(here + 1, end, _CANDIDATES).astype(np.int64))[::-1].tolist()
    hidden, candidate = end + 1, here + 1
    for candidate in tried:
        if candidate == here + 1 or sees(points[here], points[candidate]):
            break
        hidden = candidate
    while hidden - candidate > 1:
        middle = (candidate + hidden) // 2
        if sees(points[here], points[middle]):
            candidate = middle
        else:
            hidden = middle
    return int(candidate)
