"""Indicators 1 and 2 from sums: soil and water conservation rate (C.1), forest and grass coverage (C.2)."""

from __future__ import annotations

from .definition import Measured, TableSum, indicator

_KM2_TO_HM2 = 100.0
_TOTAL = (TableSum("a3", "watershed_area_km2", _KM2_TO_HM2), Measured("total_area"))


@indicator(
    "conservation_rate",
    share=True,
    eroded_area=(TableSum("a3", "erosion_total_hm2"), Measured("eroded_area")),
    total_area=_TOTAL,
)
def conservation_rate(eroded_area: float, total_area: float) -> float:
    """C.1, %: (1 - eroded / total) · 100, areas in hm². 150 hm² eroded of 1 000 hm² give 85 %."""
    return (1 - eroded_area / total_area) * 100


@indicator(
    "forest_grass_cover",
    share=True,
    vegetated_area=(
        Measured("vegetated_area"),
        TableSum("a1", "forest_hm2", plus=("grassland_hm2",), note="QL-EVAL-WHOLELAND"),
    ),
    total_area=(Measured("total_area"), TableSum("a1", "watershed_area_km2", _KM2_TO_HM2)),
)
def forest_grass_cover(vegetated_area: float, total_area: float) -> float:
    """C.2, %: land of forest, shrub and grass over the total. 60 + 10 hm² of 100 hm² give 70 %."""
    return vegetated_area / total_area * 100
