"""Rules together: alternatives, what is missing, what a person says, and an edit judged as a fresh start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qingliu.core.county import references
from qingliu.core.errors import EditionError
from qingliu.core.grid import Grid, GridFrame
from qingliu.core.siting.engine import judge, ranks
from qingliu.core.siting.examples import wkb_of
from qingliu.core.siting.ground import Ground
from qingliu.core.siting.model import (
    ASIDE,
    DUTY,
    ERROR,
    NOTE,
    PASS,
    UNKNOWN,
    WARNING,
    Confirmation,
    MeasureFeature,
    Settings,
    decisive,
    verdict_of,
)
from qingliu.core.siting.planar import ShapelyShapes
from qingliu.core.siting.rules import roles_of, rules_of
from qingliu.core.standard import default_edition

pytest.importorskip("shapely")
EDITION = default_edition()
FRAME = GridFrame(rows=60, cols=60, x0=0.0, y0=300.0, dx=5.0, dy=5.0)


def ground(slope=15.0, soil=40.0, land="0103"):
    found = Ground(ShapelyShapes(), Settings(references(), "livable", "loess"))
    for key, value in (("slope_deg", slope), ("soil_depth_cm", soil)):
        if value is not None:
            found.grids[key] = Grid(np.full((60, 60), value, np.float32), FRAME)
    found.put("LANDUSE", 1, wkb_of("box", [0, 0, 300, 300]), {"code": land})
    return found


def terrace(**more):
    return MeasureFeature("t", "terrace", wkb_of("box", [50, 50, 250, 250]), **more)


def verdicts(findings):
    return {f.rule_id: f.verdict for f in findings}


def test_a_clause_that_supports_the_place_sets_the_other_placing_rules_aside():
    found = verdicts(judge(terrace(), ground()))
    assert found["terrace.6.2.2-1-3.prefer"] == PASS
    assert found["terrace.6.2.2-1-4.permit"] == ASIDE
    assert found["terrace.6.2.2-5-1.prefer"] == ASIDE


def test_a_clause_that_may_support_the_place_sets_only_breaches_aside():
    found = verdicts(judge(terrace(), ground(soil=None)))
    assert found["terrace.6.2.2-1-3.prefer"] == UNKNOWN
    assert found["terrace.6.2.2-1-4.permit"] == ASIDE


def test_without_a_clause_that_supports_it_every_placing_rule_speaks():
    found = verdicts(judge(terrace(), ground(slope=27)))
    assert found["terrace.6.2.2-1-3.prefer"] == WARNING
    assert found["terrace.6.2.2-1-4.permit"] == NOTE
    assert found["terrace.6.2.2-5-1.prefer"] == WARNING
    assert found["terrace.6.2.2-1-2.forbid"] == ERROR


def test_a_duty_becomes_a_pass_when_somebody_signs_it_and_keeps_the_signature():
    signed = Confirmation("王工", "2026-11-21")
    rule = "terrace.6.2.2-5-3.design_standard"
    (open_duty,) = judge(terrace(), ground(), only=rule)
    (ticked,) = judge(terrace(confirmed={rule: signed}), ground(), only=rule)
    assert (open_duty.verdict, ticked.verdict, ticked.confirmed) == (DUTY, PASS, signed)


def test_an_override_is_signed_and_stays_a_breach():
    signed = Confirmation("王工", "2026-11-21", "地方已批复")
    rule = "terrace.6.2.2-1-2.forbid"
    (found,) = judge(terrace(confirmed={rule: signed}), ground(slope=27), only=rule)
    assert (found.verdict, found.confirmed) == (ERROR, signed)


def test_a_duty_that_nothing_measured_speaks_for_does_not_silence_a_breach():
    """Grass on cropland in use: that it may flood often (6.2.2-4-3) has to be ticked before it counts."""
    place = ground(slope=10)
    place.put("PARCELS", 1, wkb_of("box", [0, 0, 300, 300]), {"flags": None})
    place.give("GULLIES")
    measure = MeasureFeature("g", "grass", wkb_of("box", [50, 50, 250, 250]))
    found = verdicts(judge(measure, place))
    assert found["grass.6.2.2-4-3.prefer"] == DUTY
    assert found["grass.6.2.2-4-1.require"] == NOTE
    ticked = MeasureFeature(
        "g", "grass", measure.wkb, {}, {"grass.6.2.2-4-3.prefer": Confirmation("王工", "2026-11-21")}
    )
    found = verdicts(judge(ticked, place))
    assert (found["grass.6.2.2-4-3.prefer"], found["grass.6.2.2-4-1.require"]) == (PASS, ASIDE)


def test_what_a_clause_asks_of_land_breaks_nothing_elsewhere_and_is_no_place_for_a_candidate():
    """6.2.2-1-2 wants closure, forest or grass on steep land; forest on gentle cropland breaks no clause."""
    measure = MeasureFeature("f", "conservation_forest", wkb_of("box", [50, 50, 250, 250]))
    rule = "conservation_forest.6.2.2-1-2.require"
    assert [f.verdict for f in judge(measure, ground(slope=10), only=rule)] == [NOTE]
    assert [f.verdict for f in judge(measure, ground(slope=10), only=rule, candidate=True)] == [ERROR]


def test_the_zone_of_table_b1_is_advice_only_where_no_clause_supports_the_place():
    """Closure of steep land in the regulation zone is what 6.2.2-1-2 asks for, whatever the table's column."""
    measure = MeasureFeature("c", "closure", wkb_of("box", [50, 50, 250, 250]))
    steep, gentle = ground(slope=30), ground(slope=10)
    for place in (steep, gentle):
        place.put("ZONES", 1, wkb_of("box", [0, 0, 300, 300]), {"zone": "regulation"})
        place.put("PARCELS", 1, wkb_of("box", [0, 0, 300, 300]), {"flags": None})
    assert verdicts(judge(measure, steep))["closure.B.1.avoid"] == ASIDE
    assert verdicts(judge(measure, gentle))["closure.B.1.avoid"] == NOTE


def test_a_candidate_is_judged_by_its_place_alone():
    effects = {f.effect for f in judge(terrace(), ground(), candidate=True)}
    assert effects == {"prefer", "permit", "forbid"}


def test_ranks_order_terraces_and_exclude_none():
    place = ground()
    place.grids["slope_position"] = Grid(np.full((60, 60), 0.2, np.float32), FRAME)
    place.put("VILLAGES", 1, wkb_of("point", [2000, 150]), {})
    found = ranks(terrace(), place)
    assert found["terrace.6.2.2-5-1.prefer/slope_position"] == "yes"
    assert found["terrace.6.2.2-1-3.prefer/slope_position"] == "no"
    assert found["terrace.6.2.2-5-1.prefer/distance_to_village_m"] == "no"  # 1750 m, near is 1000 m
    assert found["terrace.6.2.2-5-1.prefer/distance_to_road_m"] == "unknown"


def test_the_decisive_finding_is_the_worst():
    found = judge(terrace(), ground(slope=27))
    assert verdict_of(found) == ERROR
    assert decisive(found).rule_id == "terrace.6.2.2-1-2.forbid"
    assert verdict_of([]) == PASS and decisive([]) is None


def test_a_geometry_that_cannot_be_read_has_no_findings_and_a_key_that_is_no_measure_raises():
    assert judge(MeasureFeature("x", "terrace", b"\x01\x03\x00\x00\x00\x00\x00\x00\x00"), ground()) == []
    with pytest.raises(EditionError, match="QL-STD-NOSUCH"):
        judge(MeasureFeature("x", "castle", wkb_of("box", [0, 0, 1, 1])), ground())


def test_every_measure_can_be_judged_with_nothing_known_and_nothing_is_called_wrong():
    """A rule breaks only where something known breaks it."""
    empty = Ground(ShapelyShapes(), Settings(references()))
    for key in EDITION.measures:
        for finding in judge(MeasureFeature("x", key, wkb_of("box", [0, 0, 100, 100])), empty):
            assert not finding.breach, finding.rule_id
            assert finding.message.text("zh") and "{" not in finding.message.text("en"), finding.rule_id


def test_general_rules_stand_beside_a_measures_own_and_are_not_given_twice():
    ids = [r.id for r in rules_of(EDITION, "check_dam")]
    assert ids[-3:] == ["check_dam.5.2.3-1.forbid", "check_dam.5.2.3-2.avoid", "check_dam.B.1.avoid"]
    wetland = [r.id for r in rules_of(EDITION, "constructed_wetland")]
    assert len(wetland) == len(set(wetland))


def test_the_roles_that_terraces_ask_for():
    assert roles_of(EDITION, ["terrace"])[:3] == ("DEM", "SOIL_DEPTH", "LANDUSE")


# -- an edit is judged as a fresh start -------------------------------------------------

KEYS = (
    "terrace",
    "production_road",
    "slope_water_system",
    "economic_forest",
    "filter_strip",
    "check_dam",
    "grass",
)
COORDINATES = st.integers(0, 25).map(lambda n: 10.0 * n)


@st.composite
def edits(draw):
    """Measures put, moved and removed; parcels recoded; channels drawn and taken away."""
    kind = draw(st.sampled_from(("measure", "measure", "measure", "drop", "parcel", "channel", "undraw")))
    x, y = draw(COORDINATES), draw(COORDINATES)
    name = draw(st.integers(0, 4))
    return kind, name, x, y, draw(st.sampled_from(KEYS)), draw(st.sampled_from(("0103", "0201", "0404")))


def apply(place, layout, edit):
    kind, name, x, y, key, code = edit
    if kind == "measure":
        size = [x, y, x + 40, y + 30]
        layout[name] = MeasureFeature(f"m{name}", key, wkb_of("box", size))
        place.put_measure(layout[name])
    elif kind == "drop":
        layout.pop(name, None)
        place.drop_measure(f"m{name}")
    elif kind == "parcel":
        place.put("LANDUSE", name, wkb_of("box", [60.0 * name, 0, 60.0 * name + 60, 300]), {"code": code})
    elif kind == "channel":
        place.put("CHANNELS", name, wkb_of("line", [[x, 0], [x, 300]]), {"state": "natural", "hack": 1})
    else:
        place.drop("CHANNELS", name)


def started():
    place = ground(slope=12)
    place.drop("LANDUSE", 1)
    for role in ("LAYOUT", "CHANNELS", "LANDUSE"):
        place.give(role)
    return place


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(edits(), min_size=1, max_size=25))
def test_after_any_edits_every_measure_is_judged_as_on_a_ground_made_afresh(steps):
    place, layout = started(), {}
    for step in steps:
        apply(place, layout, step)
        for measure in layout.values():
            judge(measure, place)  # what is kept from here must not show later
    fresh = started()
    for role in ("LANDUSE", "CHANNELS"):
        for feature in place.roles[role]:
            fresh.put(role, feature.key, place.shapes.wkb(feature.shape), feature.attributes)
    for measure in layout.values():
        fresh.put_measure(measure)
    for measure in layout.values():
        assert verdicts(judge(measure, place)) == verdicts(judge(measure, fresh))
        now = {f.rule_id: f.failing_area_m2 for f in judge(measure, place)}
        assert now == pytest.approx({f.rule_id: f.failing_area_m2 for f in judge(measure, fresh)})


def test_an_area_half_off_the_grid_is_not_known_by_the_other_half():
    """A box of 100 m by 20 m of which 40 m lie on the grid of slopes, and one of which 60 m do."""
    from qingliu.core.siting.model import Unknown

    ground = Ground(ShapelyShapes(), Settings(references()))
    ground.grids["slope_deg"] = Grid(
        np.full((20, 20), 10.0, np.float32), GridFrame(20, 20, 0.0, 100.0, 5.0, 5.0)
    )
    for east, known in ((40.0, False), (60.0, True)):
        box = [east - 100.0, 40.0, east, 60.0]
        site = ground.site(MeasureFeature("a", "terrace", wkb_of("box", box)))
        assert isinstance(site.field("slope_deg"), Unknown) is not known


@pytest.mark.parametrize(
    ("receiving", "verdict"),
    [("irrigation", DUTY), ("灌溉", DUTY), ("water_body", ASIDE), ("sea", UNKNOWN), (None, UNKNOWN)],
)
def test_where_effluent_goes_is_understood_by_key_and_by_name_and_else_unknown(receiving, verdict):
    plant = MeasureFeature("s", "sewage_treatment", wkb_of("point", [9, 9]), {"receiving": receiving})
    (found,) = judge(plant, ground(), only="sewage_treatment.6.2.5-2.require_quality")
    assert found.verdict == verdict
