"""Indicators 1, 2 and 13 from exact areas: C.1, C.2 and C.7, with everything they rest on.

Variables carry the names of the edition's formulas, so that a report can print each formula
with its numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Callable, Iterable, Mapping, Sequence

from ..areas import Part, Zone, ZoneAreas, areas_in, is_sliver, read_parts
from ..erosion.scale import M2_PER_HM2, IntensityScale
from ..erosion.survey import conservation_rate, erosion_areas
from ..errors import Problem
from ..landuse import LandClass, Scheme, forest_grass
from ..planar import Planar, Shape, ShapelyPlanar
from ..progress import SILENT, Progress

PARK_GREEN = "VG1"
BEAUTIFYING_GREEN = "VG2"
LANDSCAPE_GREEN = "VG3"
GREEN_CLASSES = (PARK_GREEN, BEAUTIFYING_GREEN, LANDSCAPE_GREEN)


@dataclass(frozen=True)
class FormulaValue:
    """An indicator's value in % for one scope, with the variables of its formula.

    ``value`` None where it cannot be said; it then lies between ``lower`` and ``upper`` where these
    are known. ``estimate``: rests on our own grading, not on official results. ``others``: the same
    indicator by another reading, shown beside it and never used for a verdict.
    """

    formula: str
    scope: str
    value: float | None
    variables: Mapping[str, float]
    lower: float | None = None
    upper: float | None = None
    estimate: bool = False
    others: Mapping[str, float | None] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def conservation(areas: ZoneAreas, scale: IntensityScale, estimate: bool) -> FormulaValue:
    """C.1 from erosion polygons coded by class (``"1"`` .. ``"6"``; other codes have no class).

    (1 - eroded / total) · 100, total being the zone's area; areas in hm². Land without a class leaves
    the value open between two bounds.
    """
    known = {str(c.code): c.code for c in scale.classes}
    graded = {known[code]: area for code, area in areas.by_code.items() if code in known}
    rate = conservation_rate(erosion_areas(graded, areas.total), scale, estimate)
    return FormulaValue(
        formula="C.1",
        scope=areas.key,
        value=rate.value,
        variables={
            "eroded_area": rate.eroded_m2 / M2_PER_HM2,
            "total_area": areas.total / M2_PER_HM2,
            "unknown_area": rate.unknown_m2 / M2_PER_HM2,
        },
        lower=rate.lower,
        upper=rate.upper,
        estimate=estimate,
        warnings=tuple(areas.warnings()),
    )


def counts_as_forest_grass(
    classes: Mapping[str, LandClass], wetland_forest: bool = False, scheme: Scheme | None = None
) -> Callable[[str], bool | None]:
    """Whether a code of the data counts in C.2, None where it has no class.

    ``classes``: code as it stands in the data -> class (``landuse.classify``); ``wetland_forest`` also
    counts forest and shrub swamp (0304, 0306).
    """

    def counts(code: str) -> bool | None:
        land = classes.get(code)
        return None if land is None else forest_grass(land.code, wetland_forest, scheme)

    return counts


def forest_grass_cover(areas: ZoneAreas, counts: Callable[[str], bool | None]) -> FormulaValue:
    """C.2: area of forest, shrub and grass parcels over the zone's area, %; areas in hm².

    ``counts`` says whether a land-use code counts, None where the code is unknown. Unknown codes and
    gaps leave the value open between two bounds, unless they are slivers. By hand: 60 hm² of forest and
    10 hm² of grass in 100 hm² give 70 %.
    """
    answers = {code: counts(code) for code in areas.by_code}
    green = math.fsum(a for code, a in areas.by_code.items() if answers[code])
    unknown = areas.gap + math.fsum(a for code, a in areas.by_code.items() if answers[code] is None)
    lower = 100 * green / areas.total
    upper = 100 * (green + unknown) / areas.total
    return FormulaValue(
        formula="C.2",
        scope=areas.key,
        value=lower if is_sliver(unknown, areas.total) else None,
        variables={
            "vegetated_area": green / M2_PER_HM2,
            "total_area": areas.total / M2_PER_HM2,
            "unknown_area": unknown / M2_PER_HM2,
        },
        lower=lower,
        upper=upper,
        warnings=tuple(areas.warnings()),
    )


def green_rate(green: ZoneAreas, built_m2: float, whole_m2: float | None) -> FormulaValue:
    """C.7 of one village: (VG1 + VG2) / construction land · 100, areas in m².

    The definition's words speak of the village's whole land (整体用地), the formula of its construction
    land (Av): the formula gives the value, the other reading stands beside it where ``whole_m2`` is known.
    A rate above 100 % is an error of the data: no value, and a warning with the rate.
    By hand: 600 + 400 m² of green on 5 000 m² give 20 %, and 10 % of 10 000 m² of village land.
    """
    park, beautifying = (green.by_code.get(c, 0.0) for c in (PARK_GREEN, BEAUTIFYING_GREEN))
    warnings = [w for w in green.warnings() if w.code == "QL-AREA-OVERLAP"]
    value: float | None = None
    if built_m2 > 0:
        value = 100 * (park + beautifying) / built_m2
    else:
        warnings.append(Problem("QL-GREEN-NOBUILT", {"village": green.key}))
    if value is not None and value > 100 * (1 + 1e-9):
        warnings.append(Problem("QL-GREEN-OVER", {"village": green.key, "rate": f"{value:.1f}"}))
        value = None
    by_definition = 100 * (park + beautifying) / whole_m2 if whole_m2 else None
    return FormulaValue(
        formula="C.7",
        scope=green.key,
        value=value,
        variables={"a_vg1": park, "a_vg2": beautifying, "a_v": built_m2, "a_whole": whole_m2 or 0.0},
        others={"of_whole_village_land": by_definition},
        warnings=tuple(warnings),
    )


def village_green_rate(
    green: Iterable[Part],
    built: Iterable[Part],
    boundary: Zone,
    villages: Sequence[Zone] = (),
    planar: Planar | None = None,
    progress: Progress = SILENT,
) -> list[FormulaValue]:
    """C.7 of each village, and last of the watershed: sums of numerators over sums of denominators.

    ``green`` coded VG1, VG2 or VG3 (not counted), ``built`` the villages' construction land (any code),
    ``villages`` their whole land; with them green and construction land count inside a village only,
    without them all inside ``boundary`` counts and there is one row. Raises InputError, MissingLibrary.
    """
    plane = ShapelyPlanar() if planar is None else planar
    greens, odd = _known_green(green)
    pieces, grounds = read_parts(greens, plane, progress), read_parts(built, plane, progress)
    edge = plane.read(boundary.wkb, boundary.key)
    places = [(z.key, w) for z, w in _within(villages, edge, plane)] or [(boundary.key, edge)]
    progress.stage("areas", len(places))
    rows: list[FormulaValue] = []
    for done, (key, window) in enumerate(places):
        progress.step(done / len(places))
        found = areas_in(pieces, key, window, plane, progress)
        ground = areas_in(grounds, key, window, plane, progress)
        whole = found.total if villages else None
        rows.append(green_rate(found, math.fsum(ground.by_code.values()), whole))
    total = _sum_of_villages(boundary.key, rows) if villages else rows.pop()
    return [*rows, replace(total, warnings=(*total.warnings, *odd))]


def _sum_of_villages(key: str, rows: Sequence[FormulaValue]) -> FormulaValue:
    sums = {name: math.fsum(r.variables[name] for r in rows) for name in ("a_vg1", "a_vg2", "a_v", "a_whole")}
    by_code = {PARK_GREEN: sums["a_vg1"], BEAUTIFYING_GREEN: sums["a_vg2"]}
    all_green = ZoneAreas(key, sums["a_whole"], by_code, 0.0, 0.0, ())
    return green_rate(all_green, sums["a_v"], sums["a_whole"])


def _within(villages: Sequence[Zone], edge: Shape, plane: Planar) -> list[tuple[Zone, Shape]]:
    """Villages inside the boundary, each only once where two claim the same land."""
    found: list[tuple[Zone, Shape]] = []
    shapes = plane.clip([plane.read(v.wkb, v.key) for v in villages], edge)
    taken = None
    for village, shape in zip(villages, shapes):
        own = shape if shape is None or taken is None else plane.minus(shape, taken)
        if own is None:
            continue
        found.append((village, own))
        taken = own if taken is None else plane.union([taken, own])
    return found


def _known_green(green: Iterable[Part]) -> tuple[list[Part], list[Problem]]:
    parts = list(green)
    odd = [p.code for p in parts if p.code not in GREEN_CLASSES]
    if not odd:
        return parts, []
    facts = {"count": len(odd), "known": ", ".join(GREEN_CLASSES), "found": ", ".join(sorted(set(odd))[:10])}
    return [p for p in parts if p.code in GREEN_CLASSES], [Problem("QL-GREEN-CLASS", facts)]
