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


def test_terraces_that_stand_have_their_road_and_their_drain_along_their_outline(content):
    layers = {part.name: part for part in content.layers}
    built = [f for f in layers["measures"].features if f.values["status"] == "built"]
    lines = [f for f in layers["measures_lines"].features if f.values["status"] == "built"]
    assert len(built) == plan.BUILT_TERRACES and len(lines) == 2 * len(built)
    outline = sum(line_length(f.geometry[0]) for f in built)
    assert sum(line_length(f.geometry) for f in lines) == pytest.approx(outline)


def test_the_length_of_the_strip_is_that_of_the_quantities(content):
    """The key's own arithmetic and the plugin's agree on every strip round the reservoir."""
    strips = [f.geometry for part in content.layers if part.name == "measures" for f in part.features
              if f.values["measure"] == "filter_strip"]  # fmt: skip
    assert strips
    for strip in strips:
        perimeter = sum(line_length(ring) for ring in strip)
        assert plan.along(strip) == pytest.approx(strip_length(mosaic.area(strip), perimeter, len(strip)))
