"""How wide a strip is along its length (6.3.2-2): least, median, and where it is not wider than a limit.

At stations along both sides a ray runs inwards at right angles to the side until it meets the
boundary again. A ray that meets it aslant has run into an end and not to the other side, and says
nothing; one that begins at an end runs along the strip, with a side close by its middle, and counts for no length.
Pointed ends are no narrow place: stations near a corner sharper than ``POINTED_DEG`` are left out.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

import numpy as np

STEP_M = 0.5
MOST_PAIRS = 200_000
LEAST_STATIONS = 120
POINTED_DEG = 75.0
POINTED_REACH = 2.0  # times the limit
ASLANT = 0.866  # cosine between ray and the side it meets, from which they are no pair (30°)
WIDE_TIMES = 1.5  # the median, from which a width may be a length
BESIDE_SHARE = (
    0.3  # of half a ray: a boundary nearer to its middle than this is the side of a strip seen lengthwise
)
INSET = 1e-3  # of vertex stations from their vertex, m
_MM = 3  # widths are compared rounded to 1 mm


class Stations(NamedTuple):
    """Stations of all rings: position, unit vector along, length each stands for, ring, and width inwards (m).

    ``fair``: the ray met a side that can be called the other one.
    """

    at: np.ndarray
    ahead: np.ndarray
    length: np.ndarray
    ring: np.ndarray
    width: np.ndarray
    inwards: np.ndarray
    fair: np.ndarray


class StripWidths(NamedTuple):
    """Least and median width (m), length of the narrow part and its share, and its outline as rings (n, 2)."""

    least: float
    median: float
    narrow_length_m: float
    share: float
    rings: list[np.ndarray]


def strip_widths(rings: Sequence[np.ndarray], limit: float) -> StripWidths:
    """Widths of the polygon whose closed ``rings`` (n, 2) are given; narrow is not wider than ``limit`` (m)."""
    found = _without_points(_stations([_clean(r) for r in rings]), rings, POINTED_REACH * limit)
    width = np.round(found.width, _MM)
    weighted = found.length > 0
    narrow = width <= limit
    length = float(found.length[narrow].sum())
    sides = weighted & ~_lengthwise(found, [_clean(r) for r in rings])
    total = float(found.length[sides].sum())
    counted = sides if total else weighted
    return StripWidths(
        least=float(width.min()),
        median=_median(width[counted], found.length[counted]),
        narrow_length_m=length / 2,
        share=min(length / total, 1.0) if total else 0.0,
        rings=[_outline(found, run) for run in _runs(found, narrow & weighted)],
    )


def _clean(ring: np.ndarray) -> np.ndarray:
    """The ring closed, without repeated vertices."""
    closed = ring if (ring[0] == ring[-1]).all() else np.concatenate([ring, ring[:1]])
    kept = np.ones(len(closed), bool)
    kept[1:] = (np.abs(np.diff(closed, axis=0)) > 1e-9).any(axis=1)
    return closed[kept]


def _stations(rings: Sequence[np.ndarray]) -> Stations:
    starts, ends = np.concatenate([r[:-1] for r in rings]), np.concatenate([r[1:] for r in rings])
    lengths = np.hypot(*(ends - starts).T)
    most = max(LEAST_STATIONS, MOST_PAIRS // len(starts))
    step = max(STEP_M, float(lengths.sum()) / most)
    count = np.maximum(np.ceil(lengths / step), 1).astype(np.int64)
    edge = np.repeat(
        np.arange(len(starts)), count + 2
    )  # of each station: one at either end, the others between
    turn = np.arange(len(edge)) - np.repeat(np.cumsum(count + 2) - (count + 2), count + 2)
    length, inset = lengths[edge], np.minimum(INSET, lengths / 4)[edge]
    first, last = turn == 0, turn == count[edge] + 1
    places = np.where(first, inset, np.where(last, length - inset, (turn - 0.5) * length / count[edge]))
    along = ((ends - starts) / lengths[:, None])[edge]
    points = starts[edge] + along * places[:, None]
    stand_for = np.where(first | last, 0.0, length / count[edge])
    number = np.repeat(np.arange(len(rings)), [len(r) - 1 for r in rings])[edge]
    return Stations(points, along, stand_for, number, *_inward(points, along, rings))


def _inward(
    points: np.ndarray, along: np.ndarray, rings: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Width at each point, the unit vector inwards (whose ray crosses an odd number of edges), and if it is fair.

    A ray's line crosses few edges: only their places along the ray are worked out.
    """
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    vertices = np.concatenate(rings)
    origin = vertices[0]
    vertices, points = vertices - origin, points - origin
    # signed distance of the vertices from each ray's line; the step from one ring to the next is no edge
    across = along @ vertices.T - (along * points).sum(axis=1)[:, None]
    beyond = across < 0
    crosses = beyond[:, :-1] != beyond[:, 1:]
    crosses[:, np.cumsum([len(r) for r in rings])[:-1] - 1] = False
    ray, edge = np.nonzero(crosses)
    start, run = vertices[edge] - points[ray], vertices[edge + 1] - vertices[edge]
    from_ray, to_ray = across[ray, edge], across[ray, edge + 1]
    reach = (start * normal[ray]).sum(axis=1) - from_ray * (run * normal[ray]).sum(axis=1) / (
        to_ray - from_ray
    )
    inside_left = np.bincount(ray[reach > 1e-6], minlength=len(points)) % 2 == 1
    ahead = np.where(inside_left[ray], reach, -reach)
    width, hit = np.full(len(points), np.inf), np.zeros(len(points), np.int64)
    onwards = np.flatnonzero(ahead > 1e-6)
    order = onwards[np.lexsort((edge[onwards], ahead[onwards], ray[onwards]))]
    nearest = order[np.unique(ray[order], return_index=True)[1]]
    width[ray[nearest]], hit[ray[nearest]] = ahead[nearest], edge[nearest]
    met = vertices[hit + 1] - vertices[hit]
    aslant = np.abs((met * normal).sum(axis=1)) / np.hypot(*met.T)
    fair = np.isfinite(width) & (aslant <= ASLANT)
    return width, np.where(inside_left[:, None], normal, -normal), fair


def _without_points(found: Stations, rings: Sequence[np.ndarray], reach: float) -> Stations:
    """Fair stations that are not near a pointed corner; where none would be left all fair ones, then all."""
    keep = found.fair.copy()
    for ring in rings:
        for corner in _pointed(_clean(ring)):
            keep &= np.hypot(*(found.at - corner).T) > reach
    for chosen in (keep, found.fair):
        if (chosen & (found.length > 0)).any():
            return Stations(*(values[chosen] for values in found))
    return found


def _pointed(ring: np.ndarray) -> np.ndarray:
    """Vertices (k, 2) where the ring turns by more than 180° - POINTED_DEG."""
    ahead = np.diff(ring, axis=0)
    ahead = ahead / np.hypot(*ahead.T)[:, None]
    before = np.roll(ahead, 1, axis=0)
    turn = np.degrees(np.arccos(np.clip((ahead * before).sum(axis=1), -1, 1)))
    return ring[:-1][turn > 180 - POINTED_DEG]


def _lengthwise(found: Stations, rings: Sequence[np.ndarray]) -> np.ndarray:
    """Which stations stand at an end of the strip and look along it (bool of every station)."""
    weighted = found.length > 0
    most = WIDE_TIMES * _median(found.width[weighted], found.length[weighted])
    asked = np.flatnonzero(weighted & (found.width > most))
    result = np.zeros(len(weighted), bool)
    if not asked.size:
        return result
    starts, ends = np.concatenate([r[:-1] for r in rings]), np.concatenate([r[1:] for r in rings])
    middles = found.at[asked] + found.inwards[asked] * (found.width[asked] / 2)[:, None]
    edges = ends - starts
    away = middles[:, None, :] - starts[None]
    along = np.clip((away * edges).sum(axis=2) / (edges**2).sum(axis=1), 0, 1)
    nearest = np.hypot(*np.moveaxis(away - along[..., None] * edges, 2, 0)).min(axis=1)
    result[asked] = nearest < BESIDE_SHARE * found.width[asked] / 2
    return result


def _median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    heap = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(heap, heap[-1] / 2)])


def _runs(found: Stations, narrow: np.ndarray) -> list[np.ndarray]:
    """Positions of neighbouring narrow stations, stations of no length passed over, ring by ring."""
    places = np.flatnonzero(found.length > 0)
    marked = narrow[places]
    runs: list[list[int]] = []
    for i, place in enumerate(places.tolist()):
        if not marked[i]:
            continue
        fresh = i == 0 or not marked[i - 1] or found.ring[place] != found.ring[places[i - 1]]
        if fresh:
            runs.append([])
        runs[-1].append(place)
    return [np.array(run) for run in runs]


def _outline(found: Stations, run: np.ndarray) -> np.ndarray:
    """The ring round a run: along the side, and back along the far ends of its rays."""
    half = (found.length[run] / 2)[:, None] * found.ahead[run]
    side = np.stack([found.at[run] - half, found.at[run] + half], axis=1).reshape(-1, 2)
    across = np.repeat(found.inwards[run] * found.width[run][:, None], 2, axis=0)
    return np.concatenate([side, (side + across)[::-1], side[:1]])
