"""Left or right bank: on which side of the channel, seen downstream, a line runs (C.8).

Channels must run downstream, as ``streamsurvey`` writes them.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from ..terrain.shapes import ShapeIndex, shapely_modules
from .banks import LEFT, RIGHT

SAMPLE_M = 10.0
ON_CHANNEL_M = 0.01
MOST = 0.8
NEAR_M = 30.0
_BLOCK = 32


def tell_sides(
    lines: Sequence[np.ndarray], channels: Sequence[np.ndarray], reach_m: float = 200.0
) -> list[str | None]:
    """The side of each line, None where no channel is within ``reach_m`` or the line runs on both sides.

    A line is left (right) where at least 80 % of its length is, by the nearest channel at each place.
    """
    shapely = shapely_modules()
    shapes = [shapely.geometry.LineString(xy) for xy in channels]
    index = ShapeIndex(shapes)
    found: list[str | None] = []
    for line in lines:
        low, high = line.min(axis=0) - reach_m, line.max(axis=0) + reach_m
        near = [channels[k] for k in index.near(shapely.geometry.box(*low, *high))]
        found.append(_side(line, near, reach_m))
    return found


def _side(line: np.ndarray, channels: Sequence[np.ndarray], reach_m: float) -> str | None:
    if not channels:
        return None
    points, weights = samples(line)
    starts = np.concatenate([c[:-1] for c in channels])
    steps = np.concatenate([np.diff(c, axis=0) for c in channels])
    distance, offset = _nearest_within(points, starts, steps, reach_m)
    told = (distance <= reach_m) & (np.abs(offset) > ON_CHANNEL_M)
    votes = np.where(told, np.sign(offset), 0.0) * weights
    left, right = float(votes[votes > 0].sum()), float(-votes[votes < 0].sum())
    total = float(weights.sum())
    if left >= MOST * total:
        return LEFT
    return RIGHT if right >= MOST * total else None


def _nearest_within(
    points: np.ndarray, starts: np.ndarray, steps: np.ndarray, reach_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Distance and offset as :func:`_nearest` gives them, inf where nothing is within ``reach_m``.

    Looks near by first, block by block, so that long banks beside long channels stay fast.
    """
    low, high = np.minimum(starts, starts + steps), np.maximum(starts, starts + steps)
    distance, offset = np.full(len(points), np.inf), np.zeros(len(points))
    for reach in (min(NEAR_M, reach_m), reach_m):
        waiting = np.flatnonzero(distance > reach)
        for first in range(0, len(waiting), _BLOCK):
            own = waiting[first : first + _BLOCK]
            west, east = points[own].min(axis=0) - reach, points[own].max(axis=0) + reach
            near = np.flatnonzero(((low <= east) & (high >= west)).all(axis=1))
            if len(near):
                found, side = _nearest(points[own], starts[near], steps[near])
                within = found <= reach
                distance[own[within]], offset[own[within]] = found[within], side[within]
    return distance, offset


def samples(line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points along a line, at most 10 m apart, (n, 2), and the length each stands for, (n,)."""
    d = np.diff(line, axis=0)
    length = np.hypot(d[:, 0], d[:, 1])
    counts = np.maximum(1, np.ceil(length / SAMPLE_M)).astype(int)
    which = np.repeat(np.arange(len(d)), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    t = (place + 0.5) / counts[which]
    return line[:-1][which] + d[which] * t[:, None], length[which] / counts[which]


def _nearest(points: np.ndarray, starts: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the nearest segment and offset to its left (negative: right), for each point."""
    square = np.maximum((steps**2).sum(axis=1), 1e-12)
    p = points[:, None, :] - starts[None]
    t = np.clip((p * steps).sum(axis=2) / square, 0.0, 1.0)
    gap = np.hypot(*(p - t[..., None] * steps).transpose(2, 0, 1))
    cross = (steps[:, 0] * p[..., 1] - steps[:, 1] * p[..., 0]) / np.sqrt(square)
    # where a vertex is nearest, the segment that sees the point most from the side decides
    nearest = gap.min(axis=1)
    best = np.where(gap <= nearest[:, None] + 1e-9, np.abs(cross), -1.0).argmax(axis=1)
    return nearest, cross[np.arange(len(best)), best]
