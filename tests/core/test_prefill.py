"""What the prefill writes, what it leaves, and the columns it works out, by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.prefill import Cell, Existing, Line, decide
from qingliu.core.prefill.formulas import (
    Built,
    crop_areas,
    degrees_text,
    first_level,
    is_sliver,
    measure_totals,
    nearest,
    per_capita,
    prevailing_rock,
    rock_of,
)
from qingliu.core.prefill.plan import last_number, matched, numbered, same, value_id
from qingliu.core.standard import default_edition

EDITION = default_edition()


def _decide(lines, rows=(), ours=None):
    serial = itertools.count(1)
    known = {(r.table, r.uuid): r for r in rows}
    return decide(lines, known, EDITION, ours=ours or {}, new_uuid=lambda: f"new-{next(serial)}")


def _row(**values):
    return Existing("a1", "one", 3, values)


# -- the decision -----------------------------------------------------------


def test_an_empty_cell_is_filled_and_an_entered_one_is_kept():
    line = Line("a1", "one", [Cell("cropland_hm2", 50.0, "parcels"), Cell("forest_hm2", 30.0, "parcels")])
    plan = _decide([line], [_row(cropland_hm2=48.0)])
    assert [values for _, values in plan.updates] == [{"forest_hm2": 30.0}]
    assert [(c.field, c.state) for c in plan.listed] == [
        ("cropland_hm2", "different"),
        ("forest_hm2", "filled"),
    ]
    assert (plan.filled, plan.different) == (1, 1)


@pytest.mark.parametrize(
    ("entered", "before", "computed", "state"),
    [
        (None, None, 50.0, "filled"),
        (50.0, None, 50.0, "same"),
        (48.0, None, 50.0, "different"),
        (48.0, 48.0, 50.0, "filled"),
        (50.0, 50.0, 50.0, "same"),
        (47.0, 48.0, 50.0, "different"),
    ],
    ids=["empty", "agrees", "entered", "ours and stale", "ours and right", "ours once, corrected since"],
)
def test_only_what_was_computed_before_and_left_alone_is_brought_up_to_date(entered, before, computed, state):
    ours = {} if before is None else {value_id("a1", "one", "cropland_hm2"): before}
    plan = _decide(
        [Line("a1", "one", [Cell("cropland_hm2", computed, "x")])], [_row(cropland_hm2=entered)], ours
    )
    assert [c.state for c in plan.listed] == [state]


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6))
def test_whatever_is_entered_stays(entered, computed):
    plan = _decide([Line("a1", "one", [Cell("cropland_hm2", computed, "x")])], [_row(cropland_hm2=entered)])
    assert plan.updates == [] and plan.inserts == [] and plan.filled == 0


def test_a_row_that_is_missing_is_made_with_its_links_and_number():
    line = Line("a7", None, [Cell("natural_village", "上屋", "villages")], {"villages_uuid": "v1"})
    plan = _decide([line, Line("a7", None, [], {}, create=False)])
    numbered(plan, {"a7": 4})
    assert plan.inserts == [
        ("a7", "new-1", {"villages_uuid": "v1", "natural_village": "上屋", "row_no": 5}),
    ]


@pytest.mark.parametrize(("there", "last"), [([], 0), ([1, 2], 2), ([1, 3], 3), ([None, None, 1], 3)])
def test_new_rows_go_after_the_highest_number_so_that_a_deletion_makes_no_doubles(there, last):
    assert last_number(there) == last


def test_a_hint_is_shown_and_not_written_and_words_are_not_compared():
    cells = [Cell("natural_village", "上屋", "v"), Cell("population", 120, "raster", (), True)]
    plan = _decide([Line("a7", None, cells)])
    assert [c.state for c in plan.listed] == ["filled", "hint"] and "population" not in plan.inserts[0][2]
    row = Existing("a9", "one", 1, {"location": "云岭镇"})
    loose = _decide([Line("a9", "one", [Cell("location", "E113°", "e", loose=True)])], [row])
    assert (loose.filled, loose.different) == (0, 0)


def test_a_value_that_its_column_cannot_hold_is_refused():
    plan = _decide([Line("a1", None, [Cell("mean_temperature_c", 2890.0, "K x 10")])])
    assert plan.refused == [("a1", "mean_temperature_c", 2890.0)] and plan.inserts == []


def test_values_are_rounded_by_unit_and_carry_their_origin():
    cells = [Cell("watershed_area_km2", 5.43602549, "boundary", (("boundary", None),))]
    plan = _decide([Line("a1", None, cells)])
    [origin] = plan.provenance.values()
    assert (origin["value"], origin["unit"], origin["kind"], origin["clause"]) == (
        5.436025,
        "km2",
        "computed",
        "4.1.4",
    )
    assert origin["features"] == '[["boundary", null]]' and origin["edition"] == EDITION.id


@pytest.mark.parametrize(
    ("entered", "computed", "equal"),
    [(85.3, 85.27, True), (85.3, 85.36, False), (12.0, 12.4, True), (12.0, 12.6, False), (0.0, 0.0, True),
     (True, 1, True), ("上 屋", "上屋", True), ("上屋", "下屋", False), ('{"变质岩"}', ["变质岩"], True)],
    ids=["rounded", "off", "whole", "half over", "nought", "yes", "blanks", "names", "list"],
)  # fmt: skip
def test_values_are_compared_as_far_as_they_were_written_out(entered, computed, equal):
    assert same(entered, computed) is equal


def test_a_name_that_stands_twice_matches_no_row():
    rows = [Existing("a7", str(n), 1, {"natural_village": v}) for n, v in enumerate(("甲", "甲", "乙"))]
    assert matched("甲", rows, "natural_village") is None
    assert (
        matched("乙", rows, "natural_village").uuid == "2" and matched(None, rows, "natural_village") is None
    )


# -- the formulas -----------------------------------------------------------


def test_first_level_land_is_the_sum_of_its_classes():
    found = first_level({"0101": 20_000.0, "0103": 30_000.0, "03": 10_000.0, "1101": 5_000.0})
    assert (found["cropland_hm2"], found["forest_hm2"], found["water_hm2"], found["orchard_hm2"]) == (
        5,
        1,
        0.5,
        0,
    )
    assert len(found) == 12


def test_crops_are_second_level_classes_of_cropland_and_orchard():
    assert crop_areas({"0103": 5e4, "0201": 2e4, "01": 1e4, "0301": 9e4, "0101": 0.0}) == {
        "0103": 5.0,
        "0201": 2.0,
    }


def test_measures_count_in_the_unit_of_their_column():
    built = [
        Built("terrace_hm2", 10_000.0, 0.0, 1), Built("terrace_hm2", 5_000.0, 0.0, 1),
        Built("check_dams", 0.0, 0.0, 1), Built("check_dams", 0.0, 0.0, 1),
        Built("slope_protection_m", 0.0, 120.0, 1), Built("field_road_km", 0.0, 1500.0, 1),
    ]  # fmt: skip
    units = {c.key: c.unit for c in EDITION.table("a4").columns}
    assert measure_totals(built, units) == {
        "terrace_hm2": 1.5, "check_dams": 2, "slope_protection_m": 120.0, "field_road_km": 1.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("inside", "sliver"), [(50.0, True), (900.0, True), (10_000.0, False)],
    ids=["50 m²", "under a thousandth", "1 hm²"],
)  # fmt: skip
def test_a_village_that_only_touches_the_watershed_is_not_one_of_its_own(inside, sliver):
    assert is_sliver(inside, 1e6) is sliver


def test_small_helpers():
    assert per_capita(30.0, 200) == 0.15 and per_capita(30.0, 0) is None and per_capita(30.0, None) is None
    assert rock_of({"a": "花岗岩（岩浆岩）"}) == "岩浆岩" and rock_of({"a": "土"}) is None
    assert prevailing_rock({"岩浆岩": 2.0, "变质岩": 3.0}) == ["变质岩"] and prevailing_rock({}) is None
    assert degrees_text(113.5, 28.25, "石桥村") == "E113.50000°，N28.25000°，石桥村"
    assert nearest([(0, 0), (3, 4)], 3, 3) == 1 and nearest([], 0, 0) is None
