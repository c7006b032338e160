"""Candidates: parcels on planes of known slope, judged by the engine and put in an order that can be explained."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.county import references
from qingliu.core.errors import Cancelled
from qingliu.core.grid import Grid, GridFrame
from qingliu.core.layoutplan.candidates import ORDER, Parcel, candidates
from qingliu.core.siting.engine import judge
from qingliu.core.siting.ground import CODE, Ground, fill
from qingliu.core.siting.model import MeasureFeature, Settings, verdict_of
from qingliu.core.siting.planar import ShapelyShapes
from qingliu.core.standard import default_edition

geometry = pytest.importorskip("shapely.geometry")
EDITION = default_edition()
SLOPES = (4.0, 10.0, 24.0, 27.0)


def column(number, height=100.0):
    """The parcel on the plane ``number``, 100 m wide."""
    return geometry.box(100.0 * number, 0, 100.0 * number + 100, height)


@pytest.fixture
def ground():
    made = Ground(ShapelyShapes(), Settings(references(EDITION)))
    frame = GridFrame(20, 40, 0.0, 200.0, 10.0, 10.0)
    made.grids["slope_deg"] = Grid(np.repeat(SLOPES, 10)[None, :].repeat(20, 0).astype(np.float32), frame)
    made.grids["soil_depth_cm"] = Grid(np.full((20, 40), 60.0, np.float32), frame)
    fill(made, "LANDUSE", [(n, column(n, 200.0).wkb, {CODE: "0103"}) for n in range(len(SLOPES))])
    return made


def parcels(**zones):
    return [Parcel(f"p{n}", column(n).wkb, {}, zones.get(f"p{n}")) for n in range(len(SLOPES))]


def by_parcel(found):
    return {c.parcel: c for c in found}


def test_terraces_are_broken_by_the_steep_slope_and_nothing_else(ground):
    found = by_parcel(candidates(["terrace"], parcels(), ground, EDITION))
    assert found["p3"].verdict == "error"
    assert (found["p3"].rule_id, found["p3"].clause) == ("terrace.6.2.2-1-2.forbid", "6.2.2-1-2")
    assert found["p3"].rank is None and found["p3"].failing == pytest.approx(1.0)
    assert all(found[p].verdict != "error" and found[p].rank for p in ("p0", "p1", "p2"))
    assert {c.area_m2 for c in found.values()} == {10_000.0}


def test_the_verdict_is_that_of_the_layout_check(ground):
    for key in ("terrace", "closure", "grass", "conservation_tillage"):
        for candidate, parcel in zip(
            sorted(candidates([key], parcels(), ground, EDITION), key=lambda c: c.parcel), parcels()
        ):
            findings = judge(MeasureFeature("x", key, parcel.wkb), ground, EDITION, candidate=True)
            assert candidate.verdict == verdict_of(findings)


def test_ranks_count_from_one_within_each_measure_in_the_order_of_verdicts(ground):
    found = candidates(["terrace", "closure", "grass"], parcels(), ground, EDITION)
    for key in ("terrace", "closure", "grass"):
        own = [c for c in found if c.measure == key]
        assert len(own) == 4
        numbers = [c.rank for c in own if c.rank is not None]
        assert numbers == list(range(1, len(numbers) + 1))
        assert [ORDER.index(c.verdict) for c in own] == sorted(ORDER.index(c.verdict) for c in own)


def test_steep_land_suits_closure_by_6_2_2_1_2(ground):
    found = by_parcel(candidates(["conservation_forest"], parcels(), ground, EDITION))
    assert found["p3"].rank == 1
    assert (found["p3"].verdict, found["p3"].clause) == ("pass", "6.2.2-1-2")


def test_equal_parcels_are_ranked_by_zone_then_size_then_place(ground):
    flat = Ground(ground.shapes, ground.settings)
    flat.grids["slope_deg"] = Grid(np.full((20, 40), 30.0, np.float32), ground.grids["slope_deg"].frame)
    same = [
        Parcel("south", geometry.box(0, 0, 50, 50).wkb, {}),
        Parcel("north", geometry.box(0, 100, 50, 150).wkb, {}),
        Parcel("east", geometry.box(100, 100, 150, 150).wkb, {}),
        Parcel("large", geometry.box(200, 0, 300, 50).wkb, {}),
        Parcel("elsewhere", geometry.box(200, 100, 400, 200).wkb, {}, "channel"),
    ]
    found = candidates(["conservation_forest"], same, flat, EDITION)
    assert [c.parcel for c in found] == ["large", "north", "east", "south", "elsewhere"]
    assert [c.own_zone for c in found] == [None, None, None, None, False]


def test_the_order_of_the_parcels_does_not_matter(ground):
    one = candidates(["terrace"], parcels(), ground, EDITION)
    other = candidates(["terrace"], parcels()[::-1], ground, EDITION)
    assert one == other


def test_a_missing_role_is_unknown_and_named(ground):
    bare = Ground(ground.shapes, ground.settings)
    found = by_parcel(candidates(["terrace"], parcels(), bare, EDITION))
    assert {c.verdict for c in found.values()} == {"unknown"}
    assert "DEM" in found["p0"].missing


class _Stop:
    def stage(self, name, count=None):
        assert (name, count) == ("judge_candidates", 4)

    def step(self, fraction):
        if fraction >= 0.5:
            raise Cancelled()


def test_judging_stops_when_the_user_says_so(ground):
    with pytest.raises(Cancelled):
        candidates(["terrace"], parcels(), ground, EDITION, _Stop())
