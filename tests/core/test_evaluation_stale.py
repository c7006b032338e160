"""Exactly the rows that rest on a change go stale: by hand, and against a full evaluation after each change."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from qingliu.core.county import county_from
from qingliu.core.evaluation import EvaluationInput, Figure, InputRow, TableRow, evaluate
from qingliu.core.evaluation.model import Located
from qingliu.core.evaluation.reads import Touched, stale_rows
from qingliu.core.standard import default_edition

EDITION = default_edition()
TYPES = tuple(EDITION.types)
DATE = dt.date(2025, 9, 30)
COUNTY = county_from(
    {
        "name": "某县", "year": 2024, "source": "统计公报", "county_target_2035": 80, "county_current_mean": 75,
        "county_mean": 60, "county_mean_income": 20000, "water_function_zone_target_class": "Ⅲ",
    }
)  # fmt: skip
VILLAGE = {
    "natural_village": "上店", "villages_uuid": "v1", "sewage_l_d": 6000.0, "sewage_treated_l_d": 5500.0,
    "treated_to_standard": True, "waste_t_d": 0.8, "waste_treated_t_d": 0.6, "households_sanitary": 70,
    "public_toilets": 2, "toilets_converted": 3, "toilets_total": 4,
}  # fmt: skip
FARM = {"livestock_type_mode": "畜禽养殖-规模养殖", "wastewater_l_a": 100.0, "treated_to_standard": True}
FIELD = {"land_type": "0101", "area_hm2": 60.0, "fertiliser_kg_hm2": 200.0}


def numbers(*changes):
    return {n for _, n in stale_rows(EDITION, changes)}


def cell(table, before, **after):
    return Touched(table, "r", before, {**before, **after})


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        (cell("a8", VILLAGE, sewage_l_d=7000.0), {8}),
        (cell("a8", VILLAGE, treated_to_standard=False), {8}),
        (cell("a8", VILLAGE, waste_t_d=0.9), {9}),
        (cell("a8", VILLAGE, households_sanitary=71), {11}),
        (cell("a8", VILLAGE, public_toilets=3), {12}),
        (cell("a8", VILLAGE, note="x"), set()),
        (cell("a7", {"natural_village": "上店", "households": 30}, households=31), {11, 12}),
        (cell("a5", FARM, wastewater_l_a=90.0), {10}),
        (cell("a5", {**FARM, "livestock_type_mode": "畜禽养殖-散养"}, wastewater_l_a=90.0), set()),
        (cell("a5", FIELD, area_hm2=61.0), {6}),
        (cell("a5", FIELD, pesticide_kg=1.0), set()),
        (cell("a1", {"forest_hm2": 1.0, "grassland_hm2": 1.0}, grassland_hm2=2.0), {2}),
        (Touched("a8", "r", VILLAGE, None), {8, 9, 11, 12}),
        (Touched("villages", "v9", None, {"name": "新村"}), {8, 9, 11, 12}),
        (Touched("erosion", "e", {"class": 1}, {"class": 3}), {1}),
        (Touched("erosion", "e", {"class": 1, "name": "a"}, {"class": 1, "name": "b"}), set()),
        (Touched("boundary", "b", {}, {}, whole=True), {1, 2, 13}),
        (Touched("toilets", "t", None, {"kind": "public"}), {12}),
        (Touched("toilets", "t", None, {"kind": "household"}), set()),
        (Touched("reaches", "r", None, {"river": "云溪"}), {17}),
        (Touched("measures", "m", None, {"measure": "dredging"}), {17}),
        (Touched("measures", "m", None, {"measure": "terrace"}), set()),
        (Touched("indicator_input", "i", {"number": 20, "value": 1.0}, {"number": 20, "value": 2.0}), {20}),
        (Touched("indicator_input", "i", {"number": 8, "value": 1.0}, {"number": 9, "value": 1.0}), {8, 9}),
        (Touched("provenance", "p", None, {"table_name": "banks", "year": 2024}), {17}),
        (Touched("sheet", "s", {"table": "a8", "survey_date": None}, {"table": "a8", "survey_date": "2025-06-01"}),
         {8, 9, 11, 12}),
        (Touched("sheet", "s", {"table": "a8", "recorder": None}, {"table": "a8", "recorder": "李"}), set()),
        (Touched("meta", "county", {"value": "name: a"}, {"value": "name: b"}), {1, 2, 15, 18}),
        (Touched("meta", "evaluation_date", {"value": None}, {"value": "2025-01-01"}), set(range(1, 21))),
        (Touched("meta", "name", {"value": "a"}, {"value": "b"}), set()),
        (Touched("photos", "p", None, {"path": "x.jpg"}), set()),
    ],
    ids=lambda v: f"{v.table}-{v.uuid}" if isinstance(v, Touched) else "",
)  # fmt: skip
def test_exactly_the_dependent_indicators_go_stale(change, stale):
    assert numbers(change) == stale


def test_slashes_are_never_stale_and_a_ban_only_where_farms_come_or_go():
    visitors = Touched("indicator_input", "i", None, {"number": 20, "value": 1.0})
    assert stale_rows(EDITION, [visitors]) == {("eco_tourism", 20), ("leisure", 20)}
    water = cell("a5", FARM, wastewater_l_a=1.0)
    assert {t for t, _ in stale_rows(EDITION, [water])} == {"eco_tourism", "livable", "green_industry"}
    gone = Touched("a5", "r", FARM, None)
    assert {t for t, n in stale_rows(EDITION, [gone]) if n == 10} == set(TYPES)


# -- against a full evaluation -------------------------------------------------------------------

TABLES = {
    "a3": [("e1", {"erosion_total_hm2": 150.0, "watershed_area_km2": 10.0})],
    "a5": [("f1", FARM), ("f2", {**FARM, "treated_to_standard": False}), ("c1", FIELD),
           ("c2", {**FIELD, "fertiliser_kg_hm2": 300.0})],
    "a7": [("h1", {"natural_village": "上店", "households": 400, "industry_output_wan": 9.0}),
           ("h2", {"natural_village": "下店", "households": 600, "industry_output_wan": None})],
    "a8": [("s1", VILLAGE), ("s2", {**VILLAGE, "natural_village": "下店", "villages_uuid": "v2"})],
    "a10": [("t1", {"visitors_wan": 2.0})],
    "a2": [("p1", {"net_income_yuan": 9000.0, "resident_population": 10})],
}  # fmt: skip
INPUTS = [
    InputRow(18, "income", 30000.0, year=2024, source="公报", uuid="i18"),
    InputRow(20, "visitors_per_year", 1.0, year=2024, source="公报", uuid="i20"),
    InputRow(15, "cod", 10.0, year=2024, source="监测", uuid="i15"),
]
FIGURES = {
    name: Figure(value, source="layer", year=2025)
    for name, value in {
        "vegetated_area": 700.0, "total_area": 1000.0, "a_vg1": 100.0, "a_vg2": 200.0, "a_v": 1000.0,
        "natural_bank": 400.0, "artificial_ecological_bank": 400.0, "treated_bank_total": 1000.0,
        "service_radius_m": 700.0, "service_radius_roads_m": 900.0,
    }.items()
}  # fmt: skip
CELLS = [(t, uuid, key) for t, rows in TABLES.items() for uuid, values in rows for key in values]


def survey(tables, inputs=INPUTS):
    made = {t: [TableRow(u, dict(v), 2025) for u, v in rows] for t, rows in tables.items()}
    places = {"villages": (Located("v1", "上店"), Located("v2", "下店"))}
    return EvaluationInput(
        DATE, tables=made, inputs=tuple(inputs), figures=FIGURES, located=places, county=COUNTY,
        made_at=dt.datetime(2025, 9, 30, tzinfo=dt.timezone.utc),
    )  # fmt: skip


def differing(one, other):
    return {(a.type, a.number) for a, b in zip(one.rows, other.rows) if a != b}


BEFORE = evaluate(survey(TABLES))


@drawn(st.sampled_from(CELLS), st.sampled_from([None, 0.0, 1.0, 77.0]))
def test_no_row_changes_that_was_not_said_to_be_stale(at, value):
    table, uuid, key = at
    old = dict(TABLES[table])[uuid]
    if isinstance(old[key], str):
        value = None if value is None else f"x{value}"
    elif isinstance(old[key], bool):
        value = None if value is None else bool(value)
    new = {**old, key: value}
    changed = {t: [(u, new if (t, u) == (table, uuid) else v) for u, v in rows] for t, rows in TABLES.items()}
    stale = stale_rows(EDITION, [Touched(table, uuid, old, new)])
    assert differing(BEFORE, evaluate(survey(changed))) <= stale


@pytest.mark.parametrize(("table", "uuid"), sorted({(t, u) for t, u, _ in CELLS}))
def test_rows_that_come_and_go_make_stale_whatever_changes(table, uuid):
    old = dict(TABLES[table])[uuid]
    left = {t: [(u, v) for u, v in rows if (t, u) != (table, uuid)] for t, rows in TABLES.items()}
    after = evaluate(survey(left))
    assert differing(BEFORE, after)
    for change in (Touched(table, uuid, old, None), Touched(table, uuid, None, old)):
        assert differing(BEFORE, after) <= stale_rows(EDITION, [change])


def test_deleting_a_village_and_its_rows_changes_exactly_the_stale_rows():
    left = {t: [(u, v) for u, v in rows if v.get("natural_village") != "下店"] for t, rows in TABLES.items()}
    gone = [
        Touched(t, u, v, None)
        for t, rows in TABLES.items()
        for u, v in rows
        if v.get("natural_village") == "下店"
    ]
    stale = stale_rows(EDITION, [*gone, Touched("villages", "v2", {"name": "下店"}, None)])
    # 19 shows the sum of A.7 beside the official figure
    assert stale == {(t, n) for t in TYPES for n in (8, 9, 11, 12)} | {("green_industry", 19)}
    given = survey(left)
    after = evaluate(EvaluationInput(**{**vars(given), "located": {"villages": (Located("v1", "上店"),)}}))
    assert {n for _, n in differing(BEFORE, after)} <= {n for _, n in stale}
    assert {8, 12} <= {n for _, n in differing(BEFORE, after)}
