"""Parcels as an exact partition: a raster of labels turned into polygons that share every vertex.

Outlines run through the middles of the cells' edges, which turns staircases into slopes, while corners where
three parcels meet and the outline of the whole stay where they are. All coordinates are multiples of half a
cell, so that areas are exact in floating point and add up to the whole without remainder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np

OUTSIDE = -1

Ring = np.ndarray
"""Closed ring, (n, 2) float64 x, y; first point repeated at the end."""

Polygon = tuple
"""Outer ring (anticlockwise), then holes (clockwise)."""


def _still() -> None:
    return None


def components(labels: np.ndarray, breathe: Callable[[], None] = _still) -> np.ndarray:
    """Ids 0..n-1 of the 4-connected pieces of equal label; ``OUTSIDE`` stays outside. Shape of ``labels``.

    ``breathe`` is called in each round, and may raise.
    """
    rows, cols = labels.shape
    parent = np.arange(labels.size)
    index = parent.reshape(rows, cols)
    same_e = labels[:, :-1] == labels[:, 1:]
    same_s = labels[:-1] == labels[1:]
    one = np.concatenate([index[:, :-1][same_e], index[:-1][same_s]])
    two = np.concatenate([index[:, 1:][same_e], index[1:][same_s]])
    while one.size:
        breathe()
        low, high = np.minimum(parent[one], parent[two]), np.maximum(parent[one], parent[two])
        np.minimum.at(parent, high, low)
        parent = _flattened(parent)
        apart = parent[one] != parent[two]
        one, two = one[apart], two[apart]
    parent[labels.ravel() == OUTSIDE] = OUTSIDE
    kept = np.unique(parent[parent >= 0])
    ids = np.where(parent >= 0, np.searchsorted(kept, parent), OUTSIDE)
    return ids.reshape(rows, cols)


def _flattened(parent: np.ndarray) -> np.ndarray:
    while True:
        further = parent[parent]
        if np.array_equal(further, parent):
            return parent
        parent = further


def borders(ids: np.ndarray) -> np.ndarray:
    """Rows (id a, id b, shared edges) for all ordered pairs of neighbours inside, (n, 3)."""
    pairs = []
    for a, b in ((ids[:, :-1], ids[:, 1:]), (ids[:-1], ids[1:])):
        apart = (a != b) & (a >= 0) & (b >= 0)
        pairs += [np.stack([a[apart], b[apart]]), np.stack([b[apart], a[apart]])]
    both = np.concatenate(pairs, axis=1)
    size = int(ids.max()) + 1
    code, count = np.unique(both[0].astype(np.int64) * size + both[1], return_counts=True)
    return np.stack([code // size, code % size, count], axis=1)


def merge_small(
    ids: np.ndarray, group: np.ndarray, least_cells: int, breathe: Callable[[], None] = _still
) -> np.ndarray:
    """Pieces below ``least_cells`` joined to the neighbour of the same group with the longest common border.

    ``group`` (rows, cols): pieces of different groups never join (a river is not a field); a piece without a
    neighbour of its group stays. Returns fresh ids.
    """
    while True:
        breathe()
        size = np.bincount(ids[ids >= 0])
        of = np.zeros(size.size, dtype=np.int64)
        of[ids[ids >= 0]] = group[ids >= 0]
        near = borders(ids)
        a, b = near[:, 0], near[:, 1]
        larger = (size[b] > size[a]) | ((size[b] == size[a]) & (b < a))
        near = near[(size[a] < least_cells) & (of[a] == of[b]) & larger]
        if not near.size:
            return ids
        near = near[np.lexsort((near[:, 1], -near[:, 2], near[:, 0]))]
        first = np.concatenate([[True], near[1:, 0] != near[:-1, 0]])
        to = np.arange(size.size)
        to[near[first, 0]] = near[first, 1]
        to = _flattened(to)
        fresh = np.unique(to, return_inverse=True)[1]
        ids = np.where(ids >= 0, fresh.reshape(-1)[np.maximum(ids, 0)], OUTSIDE)


@dataclass(frozen=True)
class _Edges:
    """Directed unit edges of the corner lattice: number 4 x corner + direction (E, N, W, S), region on the
    left.
    """

    left: np.ndarray
    right: np.ndarray
    cols: int


def _edges(ids: np.ndarray) -> _Edges:
    padded = np.pad(ids, 1, constant_values=OUTSIDE)
    nw, ne, sw, se = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    left = np.stack([ne, nw, sw, se], axis=-1)
    right = np.stack([se, ne, nw, sw], axis=-1)
    return _Edges(left.ravel(), right.ravel(), ids.shape[1] + 1)


def _next_edges(edges: _Edges, edge: np.ndarray) -> np.ndarray:
    """The edge after each edge on its ring; where four pieces meet, the right turn keeps rings simple."""
    step = np.array([1, -edges.cols, -1, edges.cols])
    direction = edge % 4
    corner = edge // 4 + step[direction]
    label = edges.left[edge]
    follow = np.full(edge.shape, -1)
    for turn in (3, 0, 1):
        candidate = corner * 4 + (direction + turn) % 4
        fits = (follow < 0) & (edges.left[candidate] == label) & (edges.right[candidate] != label)
        follow = np.where(fits, candidate, follow)
    return follow


def polygons(
    ids: np.ndarray, x0: float, y0: float, cell: float, breathe: Callable[[], None] = _still
) -> list[Polygon]:
    """Polygon of each id 0..n-1 (4-connected pieces), in id order.

    ``x0``, ``y0`` upper-left corner of the raster, ``cell`` its cell size. Neighbours share every vertex.
    """
    edges = _edges(ids)
    border = (edges.left != edges.right) & (edges.left >= 0)
    number = np.flatnonzero(border)
    follow = np.zeros(edges.left.size, dtype=np.int64)
    follow[number] = _next_edges(edges, number)
    breathe()
    any_border = (edges.left != edges.right).reshape(-1, 4)
    node = any_border.sum(axis=1) >= 3
    outer = np.zeros(node.size, dtype=bool)
    rim = np.flatnonzero(border & (edges.right == OUTSIDE))
    outer[rim // 4] = True
    outer[follow[rim] // 4] = True
    found: list[list[Ring]] = [[] for _ in range(int(ids.max()) + 1)]
    breathe()
    for ring in _cycles(number, follow):
        breathe()
        points = _outline(ring, edges, node, node | outer)
        found[int(edges.left[ring[0]])].append(points)
    return [_polygon(rings, x0, y0, cell / 2) for rings in found]


def _cycles(number: np.ndarray, follow: np.ndarray) -> list[np.ndarray]:
    after = dict(zip(number.tolist(), follow[number].tolist()))
    rings = []
    while after:
        start, at = after.popitem()
        ring = [start]
        while at != start:
            ring.append(at)
            at = after.pop(at)
        rings.append(np.array(ring))
    return rings


def _outline(ring: np.ndarray, edges: _Edges, node: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Points of a ring in half cells (x east, y south), integers, not closed."""
    corner = ring // 4
    y, x = np.divmod(corner, edges.cols)
    half = np.array([[1, 0], [0, -1], [-1, 0], [0, 1]])[ring % 4]
    at = np.stack([2 * x, 2 * y], axis=1)
    points = np.stack([at, at + half], axis=1).reshape(-1, 2)
    inner = edges.right[ring] != OUTSIDE
    wanted = np.stack([kept[corner], inner], axis=1).ravel()
    fixed = np.stack([node[corner], np.zeros(ring.size, dtype=bool)], axis=1).ravel()
    points, fixed = points[wanted], fixed[wanted]
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    a, b = points - before, after - points
    return points[fixed | (a[:, 0] * b[:, 1] != a[:, 1] * b[:, 0])]


def _polygon(rings: Sequence[np.ndarray], x0: float, y0: float, half: float) -> Polygon:
    shells: list[Ring] = []
    holes: list[Ring] = []
    for points in rings:
        points = np.roll(points, -int(np.lexsort((points[:, 0], points[:, 1]))[0]), axis=0)
        xy = np.stack([x0 + points[:, 0] * half, y0 - points[:, 1] * half], axis=1)
        xy = np.concatenate([xy, xy[:1]])
        (shells if ring_area(xy) > 0 else holes).append(xy)
    holes.sort(key=lambda r: (r[0, 1], r[0, 0]))
    return (*shells, *holes)


def ring_area(ring: np.ndarray) -> float:
    """Signed area of a closed ring by the shoelace rule, anticlockwise positive, CRS units squared."""
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def area(polygon: Polygon) -> float:
    """Area of a polygon, m²."""
    return sum(ring_area(ring) for ring in polygon)
