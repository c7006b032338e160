"""How far homes are from the nearest public toilet: straight, and along roads (row 12, ruling 17)."""

from __future__ import annotations

import heapq
import math
from typing import Sequence

import numpy as np

from .definition import Measured, indicator

SNAP_M = 1.0
"""Ends of roads nearer than this are one junction."""

STEP_M = 20.0
"""Roads get a place to step on at least so often."""

_CHUNK = 2_000_000


@indicator(
    "public_toilets",
    reading="service_radius_along_roads",
    expression="max(distance along roads from a home to the nearest public toilet)",
    units={"service_radius_roads_m": "m"},
    service_radius_roads_m=(Measured("service_radius_roads_m"),),
)
def toilet_service_radius_along_roads(service_radius_roads_m: float) -> float:
    """Row 12, m, along roads; shown beside the straight one."""
    return service_radius_roads_m


def straight_distances(homes: np.ndarray, toilets: np.ndarray) -> np.ndarray:
    """Distance of each home (n, 2) to the nearest toilet (m, 2), (n,); inf where there is none.

    By hand: homes at 0 and 900 m, a toilet at 300 m: 300 and 600 m.
    """
    found = np.full(len(homes), np.inf)
    if not len(toilets):
        return found
    step = max(1, _CHUNK // len(toilets))
    for first in range(0, len(homes), step):
        part = homes[first : first + step, None, :] - toilets[None]
        found[first : first + step] = np.hypot(part[..., 0], part[..., 1]).min(axis=1)
    return found


def road_distances(homes: np.ndarray, toilets: np.ndarray, roads: Sequence[np.ndarray]) -> np.ndarray:
    """Distance of each home along roads, with the straight ways to and from the road; inf where none leads there.

    Homes and toilets reach the road at the nearest of places 20 m apart, roads are joined where vertices lie
    within 1 m.
    A home nearer to a toilet than to its road walks straight.
    """
    nodes, edges = _graph([dense(road) for road in roads])
    direct = straight_distances(homes, toilets)
    if not len(nodes) or not len(toilets):
        return direct if len(toilets) else np.full(len(homes), np.inf)
    at_toilet, to_toilet = _nearest_nodes(toilets, nodes)
    reach = _spread(len(nodes), edges, dict_min(at_toilet, to_toilet))
    at_home, to_home = _nearest_nodes(homes, nodes)
    along = reach[at_home] + to_home
    return np.where(direct <= to_home, direct, along)


def dense(line: np.ndarray) -> np.ndarray:
    """The line with further points, at most 20 m apart; its own vertices stay."""
    d = np.diff(line, axis=0)
    counts = np.maximum(1, np.ceil(np.hypot(d[:, 0], d[:, 1]) / STEP_M)).astype(int)
    which = np.repeat(np.arange(len(d)), counts)
    t = (np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[which]
    return np.vstack([line[:-1][which] + d[which] * t[:, None], line[-1:]])


def dict_min(keys: np.ndarray, values: np.ndarray) -> dict[int, float]:
    """The least value of each key."""
    found: dict[int, float] = {}
    for key, value in zip(keys.tolist(), values.tolist()):
        found[key] = min(value, found.get(key, math.inf))
    return found


def _graph(roads: Sequence[np.ndarray]) -> tuple[np.ndarray, dict[int, list[tuple[int, float]]]]:
    numbers: dict[tuple[int, int], int] = {}
    places: list[np.ndarray] = []
    edges: dict[int, list[tuple[int, float]]] = {}
    for line in roads:
        ids = []
        for point in line:
            key = (round(float(point[0]) / SNAP_M), round(float(point[1]) / SNAP_M))
            if key not in numbers:
                numbers[key] = len(places)
                places.append(point)
            ids.append(numbers[key])
        for a, b, p, q in zip(ids[:-1], ids[1:], line[:-1], line[1:]):
            length = float(np.hypot(*(q - p)))
            edges.setdefault(a, []).append((b, length))
            edges.setdefault(b, []).append((a, length))
    return np.array(places).reshape(-1, 2), edges


def _nearest_nodes(points: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    which = np.zeros(len(points), int)
    distance = np.zeros(len(points))
    for i, point in enumerate(points):
        gap = np.hypot(nodes[:, 0] - point[0], nodes[:, 1] - point[1])
        which[i] = int(gap.argmin())
        distance[i] = float(gap[which[i]])
    return which, distance


def _spread(count: int, edges: dict[int, list[tuple[int, float]]], starts: dict[int, float]) -> np.ndarray:
    """Shortest way from the starts to every node (Dijkstra)."""
    reach = np.full(count, np.inf)
    heap = [(d, n) for n, d in starts.items()]
    heapq.heapify(heap)
    while heap:
        distance, node = heapq.heappop(heap)
        if distance >= reach[node]:
            continue
        reach[node] = distance
        for other, length in edges.get(node, ()):
            if distance + length < reach[other]:
                heapq.heappush(heap, (distance + length, other))
    return reach
