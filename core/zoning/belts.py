"""How wide the belt along each stretch of a channel is, and where it begins (2.0.4).

A channel counts from where it drains enough and people use the land beside it, and from there down
to where its water goes; large channels always count. The width at each side goes by drained area
and order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, NamedTuple, Sequence

import numpy as np

LONG = 8.0
"""Water longer than so many times its mean width is running water."""


@dataclass(frozen=True)
class Course:
    """A channel from head to mouth: ``xy`` (k, 2) m, ``drained_km2`` (k,), ``influenced`` bool (k,).

    ``order`` Strahler or None; ``width_m`` of the bed or None.
    """

    xy: np.ndarray
    drained_km2: np.ndarray
    influenced: np.ndarray
    order: int | None = None
    width_m: float | None = None


class Run(NamedTuple):
    """A stretch of a course with one width at each side, m."""

    course: int
    xy: np.ndarray
    distance_m: float


def runs(courses: Sequence[Course], limits: Mapping[str, float]) -> list[Run]:
    """The stretches that have a belt, with its width at each side measured from the line.

    Influence goes on downstream, also into the channel that receives the water (courses meet in
    identical vertices).
    """
    starts = _starts(courses, limits)
    found = []
    for number, (course, start) in enumerate(zip(courses, starts)):
        if start < len(course.xy) - 1:
            found += _cut(number, course, start, limits)
    return found


def _starts(courses: Sequence[Course], limits: Mapping[str, float]) -> list[int]:
    """Index of the vertex at which each course's belt begins; its length where none does."""
    least, always = limits["channel_zone_area_min_km2"], limits["channel_zone_area_always_km2"]
    starts = []
    for course in courses:
        drained = np.maximum.accumulate(course.drained_km2)
        counts = (drained >= least) & course.influenced | (drained >= always)
        counts[-1] = False  # that vertex is the receiving channel's
        starts.append(int(counts.argmax()) if counts.any() else len(course.xy))
    places: dict[tuple[float, float], list[tuple[int, int]]] = {}
    for number, course in enumerate(courses):
        for at, (x, y) in enumerate(np.round(course.xy, 3).tolist()):
            places.setdefault((x, y), []).append((number, at))
    waiting = [i for i, s in enumerate(starts) if s < len(courses[i].xy)]
    while waiting:
        number = waiting.pop()
        x, y = np.round(courses[number].xy[-1], 3).tolist()
        for other, at in places[(x, y)]:
            if other != number and at < starts[other] and at < len(courses[other].xy) - 1:
                starts[other] = at
                waiting.append(other)
    return starts


def _cut(number: int, course: Course, start: int, limits: Mapping[str, float]) -> list[Run]:
    drained = np.maximum.accumulate(course.drained_km2)[start:]
    drained[-1] = drained[-2]  # the last vertex is the receiving channel's
    xy = course.xy[start:]
    distance = side_widths(drained, course.order, limits) + (course.width_m or 0.0) / 2
    change = np.flatnonzero(np.diff(distance[:-1])) + 1
    edges = [0, *change.tolist(), len(xy) - 1]
    return [Run(number, xy[a : b + 1], float(distance[a])) for a, b in zip(edges[:-1], edges[1:]) if b > a]


def side_widths(drained_km2: np.ndarray, order: int | None, limits: Mapping[str, float]) -> np.ndarray:
    """Width at each side for drained areas (km²) along a channel of Strahler ``order``, m.

    The order is that of the mouth; it counts where the channel drains at least half of what it does there.
    """
    large = drained_km2 >= limits["channel_large_area_km2"]
    medium = drained_km2 >= limits["channel_medium_area_km2"]
    if order is not None:
        near_mouth = drained_km2 >= np.max(drained_km2, initial=0.0) / 2
        large = large | (near_mouth & (order >= limits["channel_large_order"]))
        medium = medium | (near_mouth & (order >= limits["channel_medium_order"]))
    steps = [limits[k] for k in ("channel_zone_buffer_m", "channel_medium_belt_m", "channel_small_belt_m")]
    return np.where(large, steps[0], np.where(medium, steps[1], steps[2]))


def shore_width(area_m2: float, perimeter_m: float, kind: str, limits: Mapping[str, float]) -> float:
    """Width of the belt around a water body, m.

    ``kind``: ditch (none), river, or empty. Water that is long and narrow is running water whatever its
    kind says: where it is broad it has the bank belt, where it is narrow the small one (the belt of its
    channel goes by drained area).
    """
    if kind == "ditch":
        return 0.0
    mean_width = 2 * area_m2 / perimeter_m if perimeter_m else 0.0
    long = perimeter_m * mean_width > 0 and perimeter_m / 2 > LONG * mean_width
    if kind == "river" or long:
        return float(
            limits["channel_small_belt_m" if mean_width < limits["narrow_water_m"] else "bank_belt_m"]
        )
    small = area_m2 < limits["small_water_hm2"] * 10_000
    return float(limits["small_water_belt_m" if small else "shore_belt_m"])
