"""The faces between noded lines, and which inputs cover each.

Every line says of which input (a *key*: the boundary, a belt, a parcel, a class of cells) it is the
border, and on which side. Whole numbers only: how often an input winds around a face follows from
face to face across the edges, so no point-in-polygon test can be wrong, and overlaps and gaps
between inputs are faces like any other.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Sequence

import numpy as np

from ..progress import SILENT, Progress
from .noding import Pieces, node, side

OUTSIDE = 0
"""The face that has no end."""


class Linework(NamedTuple):
    """Directed segments ``xy`` int64 (n, 4), the ``key`` each borders and its ``gain``.

    Gain is how often the key winds around what is on the left, less how often on the right.
    """

    xy: np.ndarray
    key: np.ndarray
    gain: np.ndarray


@dataclass(frozen=True)
class Edges:
    """Noded edges: ``points`` int64 (v, 2), ``ends`` int64 (e, 2), and who they border.

    ``key[first[i]:first[i + 1]]`` are the inputs of edge i, ``gain`` their windings on its left less
    those on its right. Edges on whose two sides the windings are the same have been dropped.
    """

    points: np.ndarray
    ends: np.ndarray
    first: np.ndarray
    key: np.ndarray
    gain: np.ndarray


@dataclass(frozen=True)
class Faces:
    """A planar subdivision.

    Half-edge 2e runs along edge e, 2e + 1 against it; ``left[h]`` is the face on its left,
    ``turn[h]`` the next half-edge around that face. ``area`` float64 (faces,) in square units,
    ``covers[f]`` the keys that wind around face f, ascending; face 0 is outside.
    """

    edges: Edges
    left: np.ndarray
    area: np.ndarray
    covers: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.covers)


def ring_lines(rings: Sequence[np.ndarray], key: int) -> Linework:
    """The borders of a polygon from its lattice rings (k, 2), closed, shell first; spikes and repeats are dropped."""
    xys = []
    for number, ring in enumerate(rings):
        twice = signed_area(ring)
        ring = ring if (twice > 0) == (number == 0) else ring[::-1]
        xys.append(np.concatenate([ring[:-1], ring[1:]], axis=1))
    xy = np.concatenate(xys) if xys else np.empty((0, 4), np.int64)
    xy = xy[(xy[:, :2] != xy[:, 2:]).any(axis=1)]
    return Linework(xy, np.full(len(xy), key, np.int64), np.ones(len(xy), np.int64))


def signed_area(ring: np.ndarray) -> int:
    """Twice the area of a closed lattice ring, positive where it runs counter-clockwise."""
    p = ring - ring[0]
    return int((p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1]).sum())


def joined(parts: Sequence[Linework]) -> Linework:
    """All lines as one."""
    if not parts:
        return Linework(np.empty((0, 4), np.int64), np.empty(0, np.int64), np.empty(0, np.int64))
    return Linework(*(np.concatenate([p[i] for p in parts]) for i in range(3)))


def faces_of(lines: Linework, progress: Progress = SILENT) -> Faces:
    """Node the lines and find the faces between them. Raises Cancelled."""
    edges = noded(lines, progress)
    progress.stage("zoning_faces", len(edges.ends))
    turn = next_around(edges.points, edges.ends)
    progress.step(0.3)
    left, area = _faces(edges, turn, progress)
    progress.step(0.6)
    covers = _covers(edges, left, len(area), progress)
    return Faces(edges, left, area, covers)


# -- edges ------------------------------------------------------------------


def noded(lines: Linework, progress: Progress = SILENT) -> Edges:
    """The lines as edges that meet at their ends only."""
    against = (lines.xy[:, 0] > lines.xy[:, 2]) | (
        (lines.xy[:, 0] == lines.xy[:, 2]) & (lines.xy[:, 1] > lines.xy[:, 3])
    )
    xy = np.where(against[:, None], lines.xy[:, [2, 3, 0, 1]], lines.xy)
    segments, which = _unique_segments(xy)
    pieces = node(segments, progress)
    points, ends, piece_edge, along = _unique_edges(pieces)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=len(segments))
    starts = np.cumsum(counts) - counts
    # every piece inherits what its segment borders
    repeats = counts[pieces.segment]
    piece = np.repeat(np.arange(len(repeats)), repeats)
    offset = np.arange(len(piece)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    source = order[np.repeat(starts[pieces.segment], repeats) + offset]
    gain = np.where(against[source], -lines.gain[source], lines.gain[source]) * along[piece]
    return _bordering(points, ends, piece_edge[piece], lines.key[source], gain)


def _unique_segments(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes = np.stack([(xy[:, 0] << 31) | xy[:, 1], (xy[:, 2] << 31) | xy[:, 3]], axis=1)
    order = np.lexsort((codes[:, 1], codes[:, 0]))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (codes[order][1:] != codes[order][:-1]).any(axis=1)
    which = np.empty(len(order), np.int64)
    which[order] = np.cumsum(fresh) - 1
    return xy[order][fresh], which


def _unique_edges(pieces: Pieces) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(points, ends, edge of each piece, 1 or -1: whether the piece runs along its edge)."""
    start = (pieces.start[:, 0] << 31) | pieces.start[:, 1]
    end = (pieces.end[:, 0] << 31) | pieces.end[:, 1]
    codes, places = np.unique(np.concatenate([start, end]), return_inverse=True)
    places = places.reshape(-1)
    a, b = places[: len(start)], places[len(start) :]
    pair = np.minimum(a, b) * max(len(codes), 1) + np.maximum(a, b)
    pairs, edge = np.unique(pair, return_inverse=True)
    ends = np.stack([pairs // max(len(codes), 1), pairs % max(len(codes), 1)], axis=1)
    points = np.stack([codes >> 31, codes & (2**31 - 1)], axis=1)
    return points, ends, edge.reshape(-1), np.where(a < b, 1, -1)


def _bordering(
    points: np.ndarray, ends: np.ndarray, edge: np.ndarray, key: np.ndarray, gain: np.ndarray
) -> Edges:
    """Sum the gains of each (edge, key); edges without any are none."""
    order = np.lexsort((key, edge))
    edge, key, gain = edge[order], key[order], gain[order]
    fresh = np.ones(len(edge), bool)
    fresh[1:] = (edge[1:] != edge[:-1]) | (key[1:] != key[:-1])
    starts = np.flatnonzero(fresh)
    sums = np.add.reduceat(gain, starts) if len(starts) else gain
    kept = sums != 0
    edge, key, gain = edge[starts][kept], key[starts][kept], sums[kept]
    used, numbered = np.unique(edge, return_inverse=True)
    first = np.zeros(len(used) + 1, np.int64)
    np.cumsum(np.bincount(numbered.reshape(-1), minlength=len(used)), out=first[1:])
    return Edges(points, ends[used], first, key, gain)


# -- faces ------------------------------------------------------------------


def next_around(points: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """For each half-edge the next one around the face on its left, int64 (2e,)."""
    origin = ends.reshape(-1)
    head = ends[:, ::-1].reshape(-1)
    away = points[head] - points[origin]
    order = _around(origin, away)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    first = np.ones(len(order), bool)
    first[1:] = origin[order][1:] != origin[order][:-1]
    starts = np.flatnonzero(first)
    group = np.cumsum(first) - 1
    last = np.append(starts[1:], len(order)) - 1
    clockwise = np.where(first, last[group], np.arange(len(order)) - 1)
    twin = np.arange(len(order)) ^ 1
    return order[clockwise[rank[twin]]]


def _around(origin: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Half-edges by origin, counter-clockwise around it; exact where angles are too close for floats."""
    order = np.lexsort((np.arctan2(away[:, 1], away[:, 0]), origin))
    while True:
        a, b = order[:-1], order[1:]
        turn = away[a, 0] * away[b, 1] - away[a, 1] * away[b, 0]
        ahead = away[a, 0] * away[b, 0] + away[a, 1] * away[b, 1] > 0
        near = np.abs(turn) < 1e-6 * (np.abs(away[a]).sum(axis=1) * np.abs(away[b]).sum(axis=1))
        wrong = np.flatnonzero((origin[a] == origin[b]) & ahead & near & (turn < 0))
        if len(wrong) == 0:
            return order
        at = wrong[np.concatenate([[True], np.diff(wrong) > 1])]
        order[at], order[at + 1] = order[at + 1].copy(), order[at].copy()


def _cycles(turn: np.ndarray) -> tuple[np.ndarray, int]:
    """The ring each half-edge belongs to, numbered from 0, and how many there are."""
    label, jump = np.arange(len(turn)), turn.copy()
    while True:
        lower = np.minimum(label, label[jump])
        if np.array_equal(lower, label) and np.array_equal(label[turn], label):
            break
        label, jump = lower, jump[jump]
    numbers, ring = np.unique(label, return_inverse=True)
    return ring.reshape(-1), len(numbers)


def _faces(edges: Edges, turn: np.ndarray, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    ring, count = _cycles(turn)
    progress.step(0.45)
    origin = edges.ends.reshape(-1)
    p, q = edges.points[origin], edges.points[edges.ends[:, ::-1].reshape(-1)]
    cross = p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]
    twice = np.zeros(count, np.int64)
    np.add.at(twice, ring, cross)  # sums may wrap on the way, never in the end
    face = np.full(count, OUTSIDE, np.int64)
    shells = np.flatnonzero(twice > 0)
    face[shells] = np.arange(len(shells)) + 1
    holes = np.flatnonzero(twice <= 0)
    face[holes] = _homes(edges, ring, face, holes)
    area = np.zeros(len(shells) + 1)
    np.add.at(area, face, twice / 2)
    return face[ring], area


def _homes(edges: Edges, ring: np.ndarray, face: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """The face in which each ring that is seen from outside (``holes``) lies."""
    if len(holes) == 0:
        return np.empty(0, np.int64)
    is_hole = np.zeros(len(face), bool)
    is_hole[holes] = True
    rim = np.flatnonzero(is_hole[ring])
    at = edges.ends.reshape(-1)[rim]
    order = np.lexsort((edges.points[at, 0], edges.points[at, 1], ring[rim]))
    rings_in_order = ring[rim][order]
    first = np.concatenate([[True], rings_in_order[1:] != rings_in_order[:-1]])
    lowest = dict(zip(rings_in_order[first].tolist(), at[order][first].tolist()))
    below = _below(edges, np.array([lowest[h] for h in holes.tolist()]))
    home: dict[int, int] = {}
    over = {h: (None if b < 0 else int(ring[b])) for h, b in zip(holes.tolist(), below.tolist())}
    for h in holes.tolist():
        chain, here = [], h
        while here is not None and is_hole[here] and here not in home:
            chain.append(here)
            here = over[here]
        found = OUTSIDE if here is None else (home[here] if is_hole[here] else int(face[here]))
        home.update(dict.fromkeys(chain, found))
    return np.array([home[h] for h in holes.tolist()])


def _below(edges: Edges, vertices: np.ndarray) -> np.ndarray:
    """The half-edge whose left side is met first straight below each vertex (a hair to the right), -1 for none."""
    a, b = edges.points[edges.ends[:, 0]], edges.points[edges.ends[:, 1]]
    half = np.where(a[:, 0] < b[:, 0], 2 * np.arange(len(a)), 2 * np.arange(len(a)) + 1)
    turned = a[:, 0] > b[:, 0]
    s = np.concatenate([np.where(turned[:, None], b, a), np.where(turned[:, None], a, b)], axis=1)
    width = max(int((s[:, 2] - s[:, 0]).mean()) * 2, 1)
    first, last = s[:, 0] // width, s[:, 2] // width
    counts = np.where(s[:, 0] == s[:, 2], 0, last - first + 1)  # upright edges are never below
    edge = np.repeat(np.arange(len(s)), counts)
    strip = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    order = np.argsort(strip, kind="stable")
    strip, edge = strip[order], edge[order]
    found = np.full(len(vertices), -1, np.int64)
    for i, (x, y) in enumerate(edges.points[vertices].tolist()):
        lo, hi = np.searchsorted(strip, [x // width, x // width + 1])
        near = edge[lo:hi]
        near = near[(s[near, 0] <= x) & (s[near, 2] > x) & (np.minimum(s[near, 1], s[near, 3]) <= y)]
        near = near[side(s[near], np.array(x), np.array(y)) > 0]
        if len(near):
            found[i] = half[_highest(s, near, x)]
    return found


def _highest(s: np.ndarray, near: np.ndarray, x: int) -> int:
    """Of edges that span x the one that is highest a hair to the right of it."""
    x1, y1, x2, y2 = s[near].T.astype(np.float64)
    height = y1 + (x - x1) * (y2 - y1) / (x2 - x1)
    top = near[height > height.max() - 1e-3]
    if len(top) == 1:
        return int(top[0])

    def exact(e: int) -> tuple[Fraction, Fraction]:
        px, py, qx, qy = (int(v) for v in s[e])
        slope = Fraction(qy - py, qx - px)
        return py + (x - px) * slope, slope

    return int(max(top.tolist(), key=exact))


# -- coverage ---------------------------------------------------------------


def neighbours(left: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of faces with a common edge: (one, other, an edge between them), one < other."""
    pair = np.sort(left.reshape(-1, 2), axis=1)
    code = pair[:, 0] * (int(left.max(initial=0)) + 1) + pair[:, 1]
    _, edge = np.unique(code, return_index=True)
    edge = edge[pair[edge, 0] != pair[edge, 1]]
    return pair[edge, 0], pair[edge, 1], edge


def _covers(edges: Edges, left: np.ndarray, count: int, progress: Progress) -> tuple[tuple[int, ...], ...]:
    """The keys around each face, by walking from the outside across one edge after the other."""
    one, other, edge = neighbours(left)
    doors: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for a, b, e in zip(one.tolist(), other.tolist(), edge.tolist()):
        doors[a].append((b, e))
        doors[b].append((a, e))
    first, key, gain = edges.first.tolist(), edges.key.tolist(), edges.gain.tolist()
    ahead = left[0::2].tolist()
    windings: list[dict[int, int] | None] = [None] * count
    windings[OUTSIDE] = {}
    queue = deque([OUTSIDE])
    done = 0
    while queue:
        here = queue.popleft()
        done += 1
        if done % 5000 == 0:
            progress.step(0.6 + 0.4 * done / count)
        around = windings[here] or {}
        for there, e in doors[here]:
            if windings[there] is not None:
                continue
            sign = 1 if ahead[e] == there else -1
            found = dict(around)
            for k in range(first[e], first[e + 1]):
                total = found.pop(key[k], 0) + sign * gain[k]
                if total:
                    found[key[k]] = total
            windings[there] = found
            queue.append(there)
    return tuple(tuple(sorted(k for k, w in (found or {}).items() if w > 0)) for found in windings)
