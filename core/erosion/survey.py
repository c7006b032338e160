"""What the survey and table 7-1 want to know of the erosion: table A.3's row and C.1.

Areas in m² come from polygons or cells; what no class covers is unknown and is reported, never
counted as sound or eroded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Mapping

import numpy as np

from ..areas import is_sliver
from ..errors import InputError
from .scale import M2_PER_HM2, M2_PER_KM2, NO_CLASS, IntensityScale

AREA_TOLERANCE = 1 / 50e6
"""1 m² in 50 km²: areas that differ by less are the same."""

A3_CLASSES = {2: "light", 3: "moderate", 4: "strong", 5: "very_strong", 6: "severe"}
"""Class code -> name inside table A.3's column keys."""


@dataclass(frozen=True)
class ErosionAreas:
    """Area in m² of each class, of what has no class, and of the whole."""

    by_class: Mapping[int, float]
    unknown: float
    total: float

    def eroded(self, scale: IntensityScale) -> float:
        """Area that counts as eroded, m²."""
        return math.fsum(self.by_class.get(code, 0.0) for code in scale.eroded())


@dataclass(frozen=True)
class ConservationRate:
    """C.1 in %: ``value`` None where land has no class; it then lies between ``lower`` and ``upper``."""

    value: float | None
    lower: float
    upper: float
    eroded_m2: float
    unknown_m2: float
    total_m2: float
    estimate: bool


def erosion_areas(by_class: Mapping[int, float], total_m2: float) -> ErosionAreas:
    """Areas of an extent of ``total_m2``; what the classes leave is unknown (class 0 likewise).

    Raises InputError where the classes cover more than the whole (they overlap) or the whole is no area.
    """
    if not total_m2 > 0:
        raise InputError("QL-EROSION-NOAREA", total=total_m2)
    graded = {int(c): float(a) for c, a in by_class.items() if c != NO_CLASS}
    rest = total_m2 - math.fsum(graded.values())
    slack = max(total_m2 * AREA_TOLERANCE, 1e-6)
    if rest < -slack:
        raise InputError("QL-EROSION-OVERLAP", surplus=f"{-rest:.1f}", total=f"{total_m2:.1f}")
    return ErosionAreas(graded, rest if rest > slack else 0.0, float(total_m2))


def area_by_class(classes: np.ndarray, areas_m2: np.ndarray | float) -> dict[int, float]:
    """Area of each class code of a raster, m². ``areas_m2``: of one cell, or broadcastable to the raster
    (``row_areas[:, None]`` on a DEM in degrees). Class 0 is among them."""
    weight = np.broadcast_to(np.asarray(areas_m2, dtype=np.float64), classes.shape)
    sums = np.bincount(classes.ravel(), weight.ravel())
    return {int(code): float(sums[code]) for code in np.unique(classes)}


def conservation_rate(areas: ErosionAreas, scale: IntensityScale, estimate: bool = True) -> ConservationRate:
    """C.1: (1 - eroded / total) · 100 %, with both bounds where more of the land than slivers has no class.

    By hand: 12 hm² eroded of 80 hm² give 85 %; with 4 hm² unknown the rate lies between 80 and 85 %.
    """
    eroded = areas.eroded(scale)
    upper = (1 - eroded / areas.total) * 100
    lower = (1 - (eroded + areas.unknown) / areas.total) * 100
    value = upper if is_sliver(areas.unknown, areas.total) else None
    return ConservationRate(value, lower, upper, eroded, areas.unknown, areas.total, estimate)


def a3_row(
    areas: ErosionAreas,
    scale: IntensityScale,
    modulus_t_km2: float | None = None,
    gully_density_km_km2: float | None = None,
    share_of: str = "eroded",
) -> dict[str, float | None]:
    """The row of table A.3: column key -> value (km², hm², %, t/(km²·a), km/km²).

    ``share_of``: A.3 doesn't say of what the shares are; ``eroded`` (default) or ``watershed``.
    """
    if share_of not in ("eroded", "watershed"):
        raise InputError("QL-EROSION-SHAREOF", share_of=share_of)
    eroded = areas.eroded(scale)
    base = eroded if share_of == "eroded" else areas.total
    row: dict[str, float | None] = {
        "watershed_area_km2": areas.total / M2_PER_KM2,
        "erosion_total_hm2": eroded / M2_PER_HM2,
    }
    for code, name in A3_CLASSES.items():
        area = areas.by_class.get(code, 0.0)
        row[f"erosion_{name}_hm2"] = area / M2_PER_HM2
        row[f"erosion_{name}_pct"] = 100 * area / base if base > 0 else None
    row["erosion_modulus"] = modulus_t_km2
    row["gully_density"] = gully_density_km_km2
    return row


def gully_density(length_m: float, area_m2: float) -> float:
    """Gully length per area, km/km². By hand: 3 000 m in 2 km² are 1.5."""
    if not area_m2 > 0:
        raise InputError("QL-EROSION-NOAREA", total=area_m2)
    return (length_m / 1000) / (area_m2 / M2_PER_KM2)
