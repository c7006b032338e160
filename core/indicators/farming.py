"""Indicators 6 and 10: fertiliser intensity, wastewater of scale livestock farms (C.5)."""

from __future__ import annotations

from typing import Sequence

from .definition import TableColumn, TableSum, indicator

SCALE_FARM = "畜禽养殖-规模养殖"
_CROPS = ("land_type", "fertiliser_kg_hm2")
_FARM = ("livestock_type_mode", SCALE_FARM)


@indicator(
    "fertiliser_intensity",
    alone="intensity_i",
    area_i=(TableColumn("a5", "area_hm2", _CROPS, ("fertiliser_kg_hm2",)),),
    intensity_i=(TableColumn("a5", "fertiliser_kg_hm2", _CROPS, ("area_hm2",)),),
)
def fertiliser_intensity(area_i: Sequence[float], intensity_i: Sequence[float]) -> float:
    """Row 6, kg/hm²: intensity of pure nutrients weighted by area.

    60 hm² at 200 and 40 hm² at 300 kg/hm² give 240. One intensity for the whole watershed needs no areas.
    """
    if len(intensity_i) == 1:
        return intensity_i[0]
    return sum(a * q for a, q in zip(area_i, intensity_i)) / sum(area_i)


@indicator(
    "livestock_wastewater_rate",
    share=True,
    treated_to_standard=(TableSum("a5", "wastewater_l_a", when="treated_to_standard", only=_FARM),),
    total_wastewater=(TableSum("a5", "wastewater_l_a", only=_FARM),),
)
def livestock_wastewater_rate(treated_to_standard: float, total_wastewater: float) -> float:
    """C.5, %: wastewater of scale farms treated to standard over all of theirs. 95 of 100 m³ give 95 %."""
    return treated_to_standard / total_wastewater * 100
