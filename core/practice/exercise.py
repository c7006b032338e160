"""A layout with planted faults, for the layout check: what is wrong with each measure follows from how it was drawn.

Terraces lie on the tilted planes of :mod:`.planes`, whose slope is known to the last digit; everything else lies
on a yard south of them, on right angles, so that widths and distances can be read off the coordinates.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .ground import EAST, NORTH
from .mosaic import Polygon
from .planes import Planes
from .scene import Layer, Watershed, layer

STEEP_DEG, STRIP_M, WASTE_M = 25.0, 3.0, 50.0
"""Limits of 6.2.2-1 and 6.3.2-2, and our distance for 8.6.1, written out here once more."""

X0, Y0 = EAST - 3000.0, NORTH - 4400.0
FIELDS = {"name": str, "measure": str, "status": str, "works": str}
TERRACE_RULE = "terrace.6.2.2-1-2.forbid"
STRIP_RULE = "filter_strip.6.3.2-2.dimension"
WASTE_RULE = "waste_treatment.8.6.1.forbid"
NATURAL_RULE = "dredging.5.2.3-2.avoid"
CLAUSES = {TERRACE_RULE: "6.2.2-1-2", STRIP_RULE: "6.3.2-2", WASTE_RULE: "8.6.1", NATURAL_RULE: "5.2.3-2"}


class Case(NamedTuple):
    """One measure of the exercise: whether ``rule`` is broken, how badly, and why."""

    kind: str
    shape: Any
    values: dict[str, Any]
    rule: str
    breach: bool
    zh: str
    en: str
    area_m2: float | None = None
    length_m: float | None = None


def _box(x: float, y: float, width: float, height: float) -> Polygon:
    west, south = X0 + x, Y0 + y
    east, north = west + width, south + height
    return (np.array([[west, south], [east, south], [east, north], [west, north], [west, south]]),)


def _line(*points: tuple[float, float]) -> np.ndarray:
    return np.array([[X0 + x, Y0 + y] for x, y in points])


def _values(name: str, measure: str, works: str | None = None) -> dict[str, Any]:
    return {"name": name, "measure": measure, "status": "planned", "works": works}


def cases(planes: Planes) -> list[Case]:
    """Every measure of the exercise, terraces from gentle to steep first."""
    return [*_terraces(planes), *_strips(), *_waste_points(), *_dredging()]


def _terraces(planes: Planes) -> list[Case]:
    found = []
    for outline, facts in planes.parcels:
        degrees = facts["slope_deg"]
        steep = degrees > STEEP_DEG
        zh = f"坡度 {degrees:g}°，{'大于' if steep else '不大于'} 25°"
        en = f"slope {degrees:g} degrees, {'above' if steep else 'not above'} 25"
        values = _values(f"{facts['name']}坡梯田", "terrace")
        area = facts["area_m2"] if steep else None
        found.append(Case("Polygon", outline, values, TERRACE_RULE, steep, zh, en, area))
    return found


def _strips() -> list[Case]:
    """Strips of 100 m: 3.5 m wide, exactly 3 m (the limit does not count), and 5 m that narrow to 2 m."""
    ring = _line((220, 0), (320, 0), (320, 2), (280, 2), (280, 5), (220, 5), (220, 0))
    return [
        Case("Polygon", _box(0, 0, 100, 3.5), _values("过滤带甲", "filter_strip"), STRIP_RULE, False,
             "宽 3.5 m，大于 3 m", "3.5 m wide, above 3 m"),
        Case("Polygon", _box(110, 0, 100, 3), _values("过滤带乙", "filter_strip"), STRIP_RULE, True,
             "宽恰为 3 m，不大于 3 m", "exactly 3 m wide, which is not above 3 m", length_m=100.0),
        Case("Polygon", (ring,), _values("过滤带丙", "filter_strip"), STRIP_RULE, True,
             "100 m 中有 40 m 只宽 2 m", "40 of its 100 m are 2 m wide", length_m=40.0),
    ]  # fmt: skip


def _waste_points() -> list[Case]:
    """Collection points 49, 50 and 51 m from the pond's western shore."""
    found = []
    for metres in (49.0, 50.0, 51.0):
        near = metres <= WASTE_M
        zh = f"距水域 {metres:g} m，{'不大于' if near else '大于'} 50 m"
        en = f"{metres:g} m from water, {'not above' if near else 'above'} 50 m"
        values = _values(f"垃圾收集点{metres:g}", "waste_treatment")
        shape = (X0 + 200.0 - metres, Y0 + 100.0)
        found.append(Case("Point", shape, values, WASTE_RULE, near, zh, en))
    return found


def _dredging() -> list[Case]:
    """Works on a reach in its natural state and on a disturbed one."""
    natural = _values("天然沟段清淤", "dredging", "engineering")
    disturbed = _values("受扰沟段清淤", "dredging", "engineering")
    return [
        Case("LineString", _line((400, 20), (480, 20)), natural, NATURAL_RULE, True,
             "80 m 工程措施位于自然形态保持较好的沟段", "80 m of works on a reach in its natural state", length_m=80.0),
        Case("LineString", _line((400, 120), (480, 120)), disturbed, NATURAL_RULE, False,
             "沟段受人为干扰较大", "the reach is disturbed"),
    ]  # fmt: skip


def layers(w: Watershed, planes: Planes) -> list[Layer]:
    """The exercise's layout by kind of geometry, its pond and its two channels."""
    found = cases(planes)
    made = []
    for kind, name in NAMES.items():
        rows = [(case.shape, case.values) for case in found if case.kind == kind]
        made.append(layer(w, name, kind, FIELDS, rows))
    water = [(_box(200, 80, 60, 40), {"name": "练习塘", "kind": "pond"})]
    made.append(layer(w, "exercise_water", "Polygon", {"name": str, "kind": str}, water))
    channels: list[tuple[Any, dict[str, Any]]] = [
        (_line((380, 20), (500, 20)), {"name": "天然沟", "state": "natural"}),
        (_line((380, 120), (500, 120)), {"name": "受扰沟", "state": "disturbed"}),
    ]
    return [*made, layer(w, "exercise_channels", "LineString", {"name": str, "state": str}, channels)]


NAMES = {"Polygon": "exercise_areas", "LineString": "exercise_lines", "Point": "exercise_points"}


def answers(made: list[Layer], planes: Planes) -> dict[str, Any]:
    """The key: for each measure the rule it was drawn for, whether that is broken and by how much."""
    uuids = {
        (part.name, str(f.values["name"])): f.uuid
        for part in made
        for f in part.features
        if "name" in f.values
    }
    rows = []
    for case in cases(planes):
        name = case.values["name"]
        rows.append(
            {
                "name": name,
                "uuid": uuids[NAMES[case.kind], name],
                "measure": case.values["measure"],
                "rule_id": case.rule,
                "clause": CLAUSES[case.rule],
                "breach": case.breach,
                "failing_area_m2": case.area_m2,
                "failing_length_m": case.length_m,
                "how": case.zh,
                "how_en": case.en,
            }
        )
    roles = {"DEM": "slopes.tif", "CHANNELS": "exercise_channels", "WATERBODIES": "exercise_water"}
    return {"layers": list(NAMES.values()), "roles": {**roles, "PARCELS": "slope_planes"}, "measures": rows}
