"""图斑号: the number, label and table row of each plot of a layout (5.1.2; the numbering is ours).

Numbers run within a village from the top left to the bottom right and are kept once given: a plot that is drawn
later takes the next free number, and that of a plot that is gone is not given again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, Mapping, NamedTuple, Optional, Sequence

from ..standard import Edition, text
from .model import LINE, POINT, Part
from .units import AREA, COUNT, LENGTH, decimals_of, per_unit, unit_key


class Place(NamedTuple):
    """Where a plot lies: its village (None: in none), west and north of its box, m, and the number it has."""

    uuid: str
    village: Optional[str]
    west: float
    north: float
    number: Optional[int] = None


@dataclass(frozen=True)
class Plot:
    """A row of the plot table; areas in hm² and 亩 (15 to the hm²), None where the plot is no area."""

    uuid: str
    village: Optional[str]
    number: Optional[int]
    measure: str
    name: str
    zone: Optional[str]
    parcel: Optional[str]
    status: str
    area_hm2: Optional[float] = None
    area_mu: Optional[float] = None
    length_m: Optional[float] = None
    pieces: Optional[int] = None


def numbered(places: Iterable[Place], highest: Mapping[str | None, int] | None = None) -> dict[str, int]:
    """uuid -> number. ``highest``: the largest number ever given in a village, that of plots gone included.

    Two plots of a village with the same number (after a merge) keep it for the one nearer the top left; the
    other takes a new one.
    """
    villages: dict[str | None, list[Place]] = {}
    for place in places:
        villages.setdefault(place.village, []).append(place)
    found: dict[str, int] = {}
    for village, own in villages.items():
        found.update(_within(own, (highest or {}).get(village, 0)))
    return found


def _within(places: Sequence[Place], highest: int) -> dict[str, int]:
    found: dict[str, int] = {}
    waiting = []
    for place in reading_order(places):
        if place.number is not None and place.number > 0 and place.number not in found.values():
            found[place.uuid] = place.number
        else:
            waiting.append(place)
    following = max([highest, *found.values()])
    for n, place in enumerate(waiting, 1):
        found[place.uuid] = following + n
    return found


def reading_order(places: Sequence[Place]) -> list[Place]:
    """Places as one reads a page: in rows from the top, each from the left.

    A row is as high as the extent divided by the root of the number of places, rounded up.
    """
    if not places:
        return []
    left = sorted(places, key=lambda p: (-p.north, p.west, p.uuid))
    height = (left[0].north - left[-1].north) / math.ceil(math.sqrt(len(left)))
    found: list[Place] = []
    while left:
        top = left[0].north
        row = [p for p in left if p.north == top or p.north > top - height]
        found += sorted(row, key=lambda p: (p.west, -p.north, p.uuid))
        left = left[len(row) :]
    return found


def plot(parts: Sequence[Part], number: int | None = None) -> Plot:
    """The table row of one feature from its parts; zone, village and parcel are those that hold most of it."""
    item = parts[0].item
    zone, village, parcel = (_main(parts, name) for name in ("zone", "village", "parcel"))
    sizes: dict[str, float | int | None] = {}
    if item.kind == POINT:
        sizes["pieces"] = round(math.fsum(p.pieces for p in parts))
    elif item.kind == LINE:
        sizes["length_m"] = round(math.fsum(p.length_m for p in parts), 3)
    else:
        area = math.fsum(p.area_m2 for p in parts)
        sizes["area_hm2"] = round(area / per_unit("hm2"), decimals_of("hm2"))
        sizes["area_mu"] = round(area / per_unit("亩"), decimals_of("亩"))
    return Plot(
        item.uuid, village, number, item.measure, item.name, zone, parcel, item.status,
        **sizes,  # type: ignore[arg-type]
    )  # fmt: skip


def plot_table(parts: Iterable[Part], numbers: Mapping[str, int]) -> list[Plot]:
    """The plot table of a layout, by village and number."""
    rows = [plot(own, numbers.get(uuid)) for uuid, own in _by_feature(parts).items()]
    return sorted(
        rows, key=lambda r: (r.village is None, r.village or "", r.number is None, r.number or 0, r.uuid)
    )


def villages_of(parts: Iterable[Part]) -> dict[str, str | None]:
    """uuid of each feature -> the village that holds most of it."""
    return {uuid: _main(own, "village") for uuid, own in _by_feature(parts).items()}


def _by_feature(parts: Iterable[Part]) -> dict[str, list[Part]]:
    features: dict[str, list[Part]] = {}
    for part in parts:
        features.setdefault(part.item.uuid, []).append(part)
    return features


def _main(parts: Sequence[Part], name: str) -> str | None:
    """The zone, village or parcel (``name``) with most of a feature; where two have as much the first."""
    sums: dict[str | None, float] = {}
    for part in parts:
        place = getattr(part, name)
        sums[place] = sums.get(place, 0.0) + _extent(part)
    return max(sums, key=lambda place: sums[place])


def label(row: Plot, edition: Edition, area_unit: str = "hm2", language: str = "zh") -> str:
    """``number/measure/size`` as it stands on the map: ``12/梯田/1.2345``, the size in ``area_unit`` (hm2 or 亩)."""
    measure = edition.measures.get(row.measure)
    name = (
        row.name if measure is None or (measure.placeholder and row.name) else text(measure, "name", language)
    )
    return f"{row.number or '–'}/{name}/{_size(row, area_unit)}"


def _size(row: Plot, area_unit: str) -> str:
    if row.area_hm2 is not None:
        unit = unit_key(area_unit)
        value = row.area_mu if unit == "亩" else row.area_hm2
        return f"{value:.{decimals_of(unit)}f}"
    if row.length_m is not None:
        return f"{row.length_m:.0f}m"
    return str(row.pieces)


def size_of(row: Plot) -> tuple[str, float]:
    """What the plot is measured by (area in hm², length in m, count) and how much it is."""
    if row.area_hm2 is not None:
        return AREA, row.area_hm2
    if row.length_m is not None:
        return LENGTH, row.length_m
    return COUNT, float(row.pieces or 0)


def _extent(part: Part) -> float:
    return part.area_m2 or part.length_m or part.pieces
