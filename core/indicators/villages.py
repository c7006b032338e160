"""Indicators 8, 9, 11, 12 and 13: sewage, waste, toilets and green space of villages (C.3, C.4, C.6, C.7)."""

from __future__ import annotations

from .definition import Measured, TableSum, indicator

_SEWAGE = ("sewage_l_d", "sewage_treated_l_d")
_WASTE = ("waste_t_d", "waste_treated_t_d")
_HOUSEHOLDS_PER_TOILET = 500


@indicator(
    "sewage_treatment_rate",
    share=True,
    treated_to_standard=(TableSum("a8", "sewage_treated_l_d", when="treated_to_standard", along=_SEWAGE),),
    total_sewage=(TableSum("a8", "sewage_l_d", along=_SEWAGE),),
)
def sewage_treatment_rate(treated_to_standard: float, total_sewage: float) -> float:
    """C.3, %: sewage treated to standard over sewage discharged.

    Villages of 6 000 and 4 000 L/d that treat 5 500 and 3 500 L/d, the second below standard, give 55 %.
    """
    return treated_to_standard / total_sewage * 100


@indicator(
    "waste_treatment_rate",
    share=True,
    treated_waste=(TableSum("a8", "waste_treated_t_d", along=_WASTE),),
    produced_waste=(TableSum("a8", "waste_t_d", along=_WASTE),),
)
def waste_treatment_rate(treated_waste: float, produced_waste: float) -> float:
    """C.4, %: waste treated harmlessly over waste produced. 0.9 of 1.2 t/d give 75 %."""
    return treated_waste / produced_waste * 100


@indicator(
    "sanitary_toilet_rate",
    share=True,
    proxies=(TableSum("a8", "toilets_converted"), TableSum("a8", "toilets_total")),
    households_with_sanitary_toilet=(TableSum("a8", "households_sanitary"),),
    resident_households=(TableSum("a7", "households"),),
)
def sanitary_toilet_rate(households_with_sanitary_toilet: float, resident_households: float) -> float:
    """C.6, %: households with a sanitary toilet over resident households. 160 of 200 give 80 %."""
    return households_with_sanitary_toilet / resident_households * 100


@indicator(
    "public_toilets",
    reading="density",
    expression="public_toilets / (households / 500)",
    public_toilets=(TableSum("a8", "public_toilets"), Measured("public_toilets")),
    households=(TableSum("a7", "households"),),
)
def toilet_density(public_toilets: float, households: float) -> float:
    """Row 12, per 500 households: 3 toilets for 1 000 households give 1.5."""
    return public_toilets / (households / _HOUSEHOLDS_PER_TOILET)


@indicator(
    "public_toilets",
    reading="service_radius",
    expression="max(distance from a home to the nearest public toilet)",
    units={"service_radius_m": "m"},
    service_radius_m=(Measured("service_radius_m"),),
)
def toilet_service_radius(service_radius_m: float) -> float:
    """Row 12, m: the largest distance from a home to the nearest public toilet (ruling 17)."""
    return service_radius_m


@indicator(
    "village_green_rate",
    share=True,
    a_vg1=(Measured("a_vg1"),),
    a_vg2=(Measured("a_vg2"),),
    a_v=(Measured("a_v"),),
)
def village_green_rate(a_vg1: float, a_vg2: float, a_v: float) -> float:
    """C.7, %: park and beautifying green over construction land. 600 + 400 m² on 5 000 m² give 20 %."""
    return (a_vg1 + a_vg2) / a_v * 100
