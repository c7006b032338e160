"""Columns from areas, lengths and counts (tables A.1, A.2, A.4, A.5)."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

M2_PER_HM2, M2_PER_KM2 = 1e4, 1e6

A1_LAND = {
    "01": "cropland_hm2", "02": "orchard_hm2", "03": "forest_hm2", "04": "grassland_hm2",
    "05": "commercial_hm2", "06": "industrial_hm2", "07": "residential_hm2", "08": "public_hm2",
    "09": "special_hm2", "10": "transport_hm2", "11": "water_hm2", "12": "other_land_hm2",
}  # fmt: skip
"""First-level class of GB/T 21010 -> column of table A.1."""

ROCKS = ("岩浆岩", "沉积岩", "变质岩")
SLIVER_SHARE, SLIVER_M2 = 0.001, 100.0
"""A village whose land inside the watershed is less than both is not one of its villages."""

WATER_KINDS = {"pond": "塘坝", "wetland": "湿地", "reservoir": "水库", "lake": "湖泊"}
"""``kind`` of a water body -> type in the second part of table A.6."""

# sinuosity limits of plan forms; ours, shown as a hint only
_STRAIGHT = 1.2


def first_level(areas: Mapping[str, float]) -> Dict[str, float]:
    """Areas (m²) by column of A.1, hm². Every class is there: land use covers the watershed or it is said."""
    found = {}
    for code, column in A1_LAND.items():
        found[column] = math.fsum(v for k, v in areas.items() if k[:2] == code) / M2_PER_HM2
    return found


def crop_areas(areas: Mapping[str, float]) -> Dict[str, float]:
    """Area (hm²) of each second-level class of cropland and orchard that occurs, by code."""
    kept = {k: v for k, v in areas.items() if len(k) == 4 and k[:2] in ("01", "02") and v > 0}
    return {k: v / M2_PER_HM2 for k, v in sorted(kept.items())}


def is_sliver(inside_m2: float, watershed_m2: float) -> bool:
    """Whether an administrative village only touches the watershed."""
    return inside_m2 < SLIVER_M2 or inside_m2 < SLIVER_SHARE * watershed_m2


def per_capita(cropland_hm2: Any, people: Any) -> Optional[float]:
    """Cropland per registered person, hm²; None without people."""
    if not isinstance(cropland_hm2, (int, float)) or not isinstance(people, (int, float)) or not people > 0:
        return None
    return cropland_hm2 / people


def prevailing_rock(areas: Mapping[str, float]) -> Optional[List[str]]:
    """The rock kind with the largest area, as the list that the column takes; None where there is none."""
    kept = {k: v for k, v in areas.items() if k in ROCKS and v > 0}
    return [max(kept, key=lambda k: kept[k])] if kept else None


def rock_of(values: Mapping[str, Any]) -> Optional[str]:
    """Which of the three kinds an attribute names, None where none does."""
    texts = [str(v) for v in values.values() if isinstance(v, str)]
    return next((rock for rock in ROCKS if any(rock in t for t in texts)), None)


class Built(NamedTuple):
    """A measure that stands: the A.4 column it counts in, and what its geometry measures."""

    column: str
    area_m2: float
    length_m: float
    points: int


def measure_totals(built: Sequence[Built], units: Mapping[str, Optional[str]]) -> Dict[str, Any]:
    """Totals of table A.4 by column, in the column's unit: area, length or number."""
    found: Dict[str, Any] = {}
    for one in built:
        unit = units.get(one.column)
        if unit == "hm2":
            amount: Any = one.area_m2 / M2_PER_HM2
        elif unit in ("m", "延米"):
            amount = one.length_m
        elif unit == "km":
            amount = one.length_m / 1000
        else:
            amount = one.points
        found[one.column] = found.get(one.column, 0) + amount
    return found


def plan_form_hint(sinuosity: float) -> str:
    """Plan form suggested by sinuosity (line over straight distance)."""
    form = "顺直" if sinuosity < _STRAIGHT else "弯曲"
    return f"{form}（弯曲系数 {sinuosity:.2f}）"


def degrees_text(longitude: float, latitude: float, village: str | None) -> str:
    """A place as the tables give it: longitude, latitude, village."""
    east, north = "E" if longitude >= 0 else "W", "N" if latitude >= 0 else "S"
    text = f"{east}{abs(longitude):.5f}°，{north}{abs(latitude):.5f}°"
    return f"{text}，{village}" if village else text


def nearest(points: Sequence[Tuple[float, float]], x: float, y: float) -> Optional[int]:
    """Position of the nearest point, None without points."""
    if not points:
        return None
    return min(range(len(points)), key=lambda i: math.hypot(points[i][0] - x, points[i][1] - y))
