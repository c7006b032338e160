"""The planted layout of the practice watershed: the layout check finds what was planted, and nothing where nothing was.

The key follows from the coordinates alone; the engine is asked for each measure's rule on real ground.
"""

from __future__ import annotations

import pytest
from qingliu.core.county import references
from qingliu.core.grid import Grid, GridFrame
from qingliu.core.layoutplan.quantities import strip_length
from qingliu.core.practice import exercise, mosaic, package, plan, planes, scene
from qingliu.core.practice.ground import CELL
from qingliu.core.practice.shores import line_length
from qingliu.core.practice.wkb import wkb
from qingliu.core.siting.engine import judge
from qingliu.core.siting.ground import Ground, fill
from qingliu.core.siting.model import MeasureFeature, Settings
from qingliu.core.siting.planar import ShapelyShapes
from qingliu.core.standard import default_edition
from qingliu.core.terrain.relief import slope_degrees

pytest.importorskip("shapely")
EDITION = default_edition()


@pytest.fixture(scope="module")
def content():
    return package.content(scene.make(7, 5.0))


@pytest.fixture(scope="module")
def ground(content):
    """The exercise's ground: the tilted planes, its pond and channels."""
    made = Ground(ShapelyShapes(), Settings(references(EDITION)))
    tilted = content.planes
    rows, cols = tilted.z.shape
    frame = GridFrame(rows, cols, tilted.x0, tilted.y0, CELL, CELL)
    made.grids["slope_deg"] = Grid(slope_degrees(tilted.z, frame), frame)
    layers = {part.name: part for part in content.layers}
    for role, name in (("WATERBODIES", "exercise_water"), ("CHANNELS", "exercise_channels")):
        part = layers[name]
        fill(made, role, [(f.uuid, wkb(part.geometry, f.geometry), f.values) for f in part.features])
    return made


CASES = exercise.cases(planes.build())


@pytest.mark.parametrize("case", CASES, ids=[c.values["name"] for c in CASES])
def test_the_engine_finds_what_was_planted(content, ground, case):
    row = next(r for r in content.answers["layout_exercise"]["measures"] if r["name"] == case.values["name"])
    measure = MeasureFeature(row["uuid"], row["measure"], wkb(case.kind, case.shape), case.values)
    findings = judge(measure, ground, EDITION, only=row["rule_id"])
    assert [f.clause for f in findings] == [row["clause"]]
    assert findings[0].breach == row["breach"], findings[0].message.text("en")
    if row["failing_area_m2"] is not None:
        assert findings[0].failing_area_m2 == pytest.approx(row["failing_area_m2"], rel=0.01)
    if row["failing_length_m"] is not None:
        assert findings[0].failing_length_m == pytest.approx(row["failing_length_m"], abs=5)


def test_the_key_names_features_that_are_in_the_layers(content):
    key = content.answers["layout_exercise"]
    there = {f.uuid for part in content.layers if part.name in key["layers"] for f in part.features}
    assert {r["uuid"] for r in key["measures"]} == there
    assert len(there) == len(CASES)
    assert {r["breach"] for r in key["measures"]} == {True, False}


def test_the_exercise_has_a_faulty_and_a_sound_measure_for_each_of_its_rules(content):
    found = {}
    for row in content.answers["layout_exercise"]["measures"]:
        found.setdefault(row["rule_id"], set()).add(row["breach"])
        assert EDITION.clause(row["clause"])
    assert set(found) == set(exercise.CLAUSES)
    assert all(kinds == {True, False} for kinds in found.values())


def shapes_of(content, measure):
    """Name -> shapely shape of the measures of a kind."""
    from shapely import wkb as shapely_wkb

    return {
        f.values["name"]: shapely_wkb.loads(wkb(part.geometry, f.geometry))
        for part in content.layers
        if part.name.startswith("measures")
        for f in part.features
        if f.values["measure"] == measure
    }


def planted(content, rule):
    return {row["name"] for row in content.answers["layout_faults"] if row["rule_id"] == rule}


def blocks_of(terraces):
    """Names of terraces that touch each other, as sets."""
    found = []
    for name, shape in terraces.items():
        near = [block for block in found if any(terraces[n].distance(shape) == 0 for n in block)]
        found = [block for block in found if block not in near] + [set().union({name}, *near)]
    return found


def test_every_block_of_terraces_has_its_road_and_its_drain_but_the_planted_one(content):
    """6.2.2-5-2 with 20 m of ours; measured with shapely, not with the layout check."""
    terraces = shapes_of(content, "terrace")
    bare = planted(content, plan.COMPANION_RULE)
    for block in blocks_of(terraces):
        gaps = [
            min(terraces[n].distance(line) for n in block for line in shapes_of(content, works).values())
            for works in ("production_road", "slope_water_system")
        ]
        if block & bare:
            assert block == bare and min(gaps) > 20
        else:
            assert max(gaps) <= 5
    assert len(bare) >= 1


def test_terraces_that_stand_are_one_block_with_a_built_road_and_drain(content):
    layers = {part.name: part for part in content.layers}
    built = {f.values["name"] for f in layers["measures"].features if f.values["status"] == "built"}
    lines = [f.values["measure"] for f in layers["measures_lines"].features if f.values["status"] == "built"]
    assert built in blocks_of(shapes_of(content, "terrace"))
    assert sorted(lines) == ["production_road", "slope_water_system"]


def test_the_planted_steep_terrace_lies_on_cells_above_25_degrees_and_no_other_does(content):
    from shapely.geometry import Point

    w = content.watershed
    rows, cols = (w.site.slope > 0.46630765815499858).nonzero()
    xy = [
        (w.ground.x0 + (c + 0.5) * CELL, w.ground.y0 - (r + 0.5) * CELL)
        for r, c in zip(rows.tolist(), cols.tolist())
    ]
    (steep,) = planted(content, plan.STEEP_RULE)
    for name, shape in shapes_of(content, "terrace").items():
        west, south, east, north = shape.bounds
        near = [Point(x, y) for x, y in xy if west <= x <= east and south <= y <= north]
        share = sum(shape.contains(p) for p in near) * CELL * CELL / shape.area
        assert share == 1 if name == steep else share < 0.05


def test_the_planted_waste_point_stands_by_the_river_and_no_other_near_any_water(content):
    from shapely import wkb as shapely_wkb
    from shapely.geometry import LineString
    from shapely.ops import unary_union

    w = content.watershed
    ponds = next(part for part in content.layers if part.name == "waterbodies")
    water = [LineString([w.ground.centre(c) for c in b.path.tolist()]) for b in w.brooks]
    water += [shapely_wkb.loads(wkb("Polygon", f.geometry)) for f in ponds.features]
    everything = unary_union(water)
    (beside,) = planted(content, plan.WASTE_RULE)
    for name, shape in shapes_of(content, "waste_treatment").items():
        assert (shape.distance(everything) <= 50) == (name == beside), name


def test_gully_heads_have_a_drain_within_20_m_but_the_planted_one(content):
    drains = shapes_of(content, "slope_water_system")
    (bare,) = planted(content, plan.HEAD_RULE)
    for name, head in shapes_of(content, "gully_head_protection").items():
        gap = min(head.distance(d) for d in drains.values())
        assert gap > 20 if name == bare else gap == pytest.approx(10)


def test_check_dams_stand_in_gullies_steeper_than_our_limit(content):
    from qingliu.core.practice import brooks

    w = content.watershed
    steep = {
        tuple(brooks.coordinates(w.ground, b.path[len(b.path) // 2 :][:1])[0].tolist())
        for b in w.brooks
        if b.gradient_permil(w.ground) >= plan.STEEP_GULLY_PERMIL
    }
    dams = shapes_of(content, "check_dam")
    assert dams and {(p.x, p.y) for p in dams.values()} <= steep


def test_the_length_of_the_strip_is_that_of_the_quantities(content):
    """The key's own arithmetic and the plugin's agree on every strip round the reservoir."""
    strips = [f.geometry for part in content.layers if part.name == "measures" for f in part.features
              if f.values["measure"] == "filter_strip"]  # fmt: skip
    assert strips
    for strip in strips:
        perimeter = sum(line_length(ring) for ring in strip)
        assert plan.along(strip) == pytest.approx(strip_length(mosaic.area(strip), perimeter, len(strip)))
