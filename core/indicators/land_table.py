"""Table A.1's land use: the twelve first-level classes of GB/T 21010 and the columns they fill."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Mapping

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "01": "cropland_hm2",
        "02": "orchard_hm2",
        "03": "forest_hm2",
        "04": "grassland_hm2",
        "05": "commercial_hm2",
        "06": "industrial_hm2",
        "07": "residential_hm2",
        "08": "public_hm2",
        "09": "special_hm2",
        "10": "transport_hm2",
        "11": "water_hm2",
        "12": "other_land_hm2",
    }
)
"""First-level code -> column key of A.1, in the order of the table."""


def land_areas(by_code: Mapping[str, float]) -> dict[str, float]:
    """First-level code -> m², of areas by code of either level; every class of A.1 is there, others are not.

    By hand: 3 m² of 0103, 2 of 0101 and 4 of 0301 give 5 of 01 and 4 of 03.
    """
    return {
        first: math.fsum(area for code, area in by_code.items() if code[:2] == first) for first in COLUMNS
    }
