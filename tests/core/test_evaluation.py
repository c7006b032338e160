"""Table 7-1, cell by cell: limits written out here once more as printed, never read from the edition."""

from __future__ import annotations

import datetime as dt

import pytest
from qingliu.core.county import county_from
from qingliu.core.evaluation import (
    EvaluationInput,
    Figure,
    InputRow,
    TableRow,
    differences,
    evaluate,
    features_under,
    last_complete_year,
    trace,
)
from qingliu.core.provenance import Feature

TYPES = ("water_source", "eco_tourism", "livable", "leisure", "green_industry")
ALL = dict.fromkeys(TYPES)
DATE = dt.date(2025, 9, 30)
YEAR = 2024
PROOF = {"statement": "s", "evidence": "evidence/x.txt", "person": "p", "date": "2025-06-18"}
COUNTY = {
    "name": "某县", "year": 2024, "source": "统计公报", "county_target_2035": 80, "county_current_mean": 75,
    "county_mean": 60, "county_mean_income": 20000, "water_function_zone_target_class": "Ⅲ",
}  # fmt: skip


def entry(number, key, value=None, **more):
    more.setdefault("year", YEAR)
    more.setdefault("source", "公报")
    return InputRow(number, key, value, uuid=f"{number}-{key}", **more)


def sound():
    """Entries by (number, key) with which every type passes."""
    rows = [
        entry(1, "eroded_area", 100.0), entry(1, "total_area", 1000.0),
        entry(2, "vegetated_area", 700.0), entry(2, "total_area", 1000.0),
        entry(6, "intensity_i", 200.0),
        entry(8, "treated_to_standard", 100.0), entry(8, "total_sewage", 100.0),
        entry(9, "treated_waste", 100.0), entry(9, "produced_waste", 100.0),
        entry(10, "scale_farms", 0.0, proven_absent=True, **PROOF),
        entry(11, "households_with_sanitary_toilet", 90.0), entry(11, "resident_households", 100.0),
        entry(12, "public_toilets", 2.0), entry(12, "households", 500.0), entry(12, "service_radius_m", 700.0),
        entry(13, "a_vg1", 100.0), entry(13, "a_vg2", 200.0), entry(13, "a_v", 1000.0),
        entry(15, "cod", 10.0), entry(15, "water_kind", text="river"),
        entry(17, "natural_bank", 400.0), entry(17, "artificial_ecological_bank", 400.0),
        entry(17, "treated_bank_total", 1000.0),
        entry(18, "income", 30000.0),
        entry(19, "special_industry_output", 60.0), entry(19, "agricultural_output", 100.0),
        entry(20, "visitors_per_year", 1.0),
        *(entry(n, "judgement", 1.0, **PROOF) for n in (3, 4, 5, 7, 14, 16)),
    ]  # fmt: skip
    return {(r.number, r.key): r for r in rows}


def given(rows=None, **more):
    more.setdefault("county", county_from(COUNTY))
    more.setdefault("date", DATE)
    return EvaluationInput(inputs=tuple((sound() if rows is None else rows).values()), **more)


def changed(*entries, without=()):
    rows = sound()
    for e in entries:
        rows[e.number, e.key] = e
    return {k: r for k, r in rows.items() if k not in without}


def codes(row):
    return [g.problem.code for g in row.gaps]


def test_everything_sound_is_recognised_for_all_five_types_in_a_hundred_rows():
    found = evaluate(given())
    assert len(found.rows) == 100
    assert [r.number for r in found.of("livable")] == list(range(1, 21))
    assert found.verdicts == dict.fromkeys(TYPES, "recognised")
    assert {r.state for r in found.rows} == {"pass", "not_applicable"}


# -- every cell just below, at and just above --------------------------------

RATIOS = {  # number: (numerator, denominator, value of the denominator), share in % = numerator
    8: ("treated_to_standard", "total_sewage"),
    9: ("treated_waste", "produced_waste"),
    11: ("households_with_sanitary_toilet", "resident_households"),
    19: ("special_industry_output", "agricultural_output"),
}


def entries_for(number, value):
    """Entries that make indicator ``number`` come out at ``value``."""
    if number == 1:
        return [entry(1, "eroded_area", 100.0 - value), entry(1, "total_area", 100.0)]
    if number == 2:
        return [entry(2, "vegetated_area", value), entry(2, "total_area", 100.0)]
    if number == 13:
        return [entry(13, "a_vg1", value), entry(13, "a_vg2", 0.0), entry(13, "a_v", 100.0)]
    if number == 17:
        return [
            entry(17, "natural_bank", value), entry(17, "artificial_ecological_bank", 0.0),
            entry(17, "treated_bank_total", 100.0),
        ]  # fmt: skip
    if number in RATIOS:
        return [entry(number, RATIOS[number][0], value), entry(number, RATIOS[number][1], 100.0)]
    if number == 12:
        return [entry(12, "public_toilets", value), entry(12, "households", 500.0)]
    key = {6: "intensity_i", 18: "income", 20: "visitors_per_year", "radius": "service_radius_m"}[number]
    return [entry(12 if number == "radius" else number, key, value)]


AT_LEAST, ABOVE, AT_MOST, BELOW = ">=", ">", "<=", "<"
CELLS = [  # number, operator, limit by type as table 7-1 prints it, step
    (1, AT_LEAST, {**dict.fromkeys(TYPES[:4], 80.0), "green_industry": 75.0}, 0.001),
    (2, ABOVE, dict.fromkeys(TYPES, 60.0), 0.001),
    (6, AT_MOST, dict.fromkeys(TYPES, 250.0), 0.001),
    (8, AT_LEAST, {"water_source": 100.0, **dict.fromkeys(TYPES[1:], 85.0)}, 0.001),
    (9, AT_LEAST, dict.fromkeys(TYPES, 100.0), 0.001),
    (11, AT_LEAST, dict.fromkeys(TYPES, 80.0), 0.001),
    (12, AT_LEAST, dict.fromkeys(("water_source", "livable", "leisure"), 1.0), 0.001),
    ("radius", BELOW, {"eco_tourism": 800.0, "green_industry": 1000.0}, 0.001),
    (13, AT_LEAST, dict.fromkeys(TYPES, 20.0), 0.001),
    (17, AT_LEAST, {"water_source": 70.0, "eco_tourism": 60.0, **dict.fromkeys(TYPES[2:], 50.0)}, 0.001),
    (19, AT_LEAST, {"green_industry": 50.0}, 0.001),
    (20, AT_LEAST, {"eco_tourism": 0.5, "leisure": 0.5}, 0.0001),
]
STEPS = [
    (number, operator, type_key, limit, limit + sign * step, sign)
    for number, operator, limits, step in CELLS
    for type_key, limit in limits.items()
    for sign in (-1, 0, 1)
    if not (limit == 100.0 and sign == 1)
]
HOLDS = {AT_LEAST: (0, 1), ABOVE: (1,), AT_MOST: (-1, 0), BELOW: (-1,)}


@pytest.mark.parametrize(("number", "operator", "type_key", "limit", "value", "sign"), STEPS)
def test_cell_just_below_at_and_just_above(number, operator, type_key, limit, value, sign):
    found = evaluate(given(changed(*entries_for(number, value))), [type_key])
    row = found.row(type_key, 12 if number == "radius" else number)
    holds = sign in HOLDS[operator]
    assert row.state == ("pass" if holds else "fail")
    assert row.operator == operator
    assert (row.value_num, row.threshold_num) == (pytest.approx(value), limit)
    better = 1 if operator in (AT_LEAST, ABOVE) else -1
    assert row.margin == pytest.approx(better * (value - limit))
    assert found.verdicts[type_key] == ("recognised" if holds else "not_recognised")


@pytest.mark.parametrize("type_key", TYPES)
@pytest.mark.parametrize(
    ("income", "state"), [(19999.99, "unproven"), (20000.0, "unproven"), (20000.01, "pass")]
)
def test_income_must_exceed_the_county_mean_or_its_rise_be_judged(type_key, income, state):
    row = evaluate(given(changed(entry(18, "income", income))), [type_key]).row(type_key, 18)
    assert (row.state, row.operator, row.threshold_num) == (state, ">", 20000.0)
    assert row.margin == pytest.approx(income - 20000)


@pytest.mark.parametrize(
    ("income", "judgement", "proof", "state"),
    [
        (15000.0, 1.0, PROOF, "pass"),
        (15000.0, 0.0, PROOF, "fail"),
        (15000.0, 1.0, {**PROOF, "evidence": None}, "unproven"),
        (30000.0, 0.0, PROOF, "pass"),
        (None, 1.0, PROOF, "pass"),
        (None, 0.0, PROOF, "unproven"),
    ],
)
def test_second_half_of_row_18_needs_a_whole_judgement(income, judgement, proof, state):
    rows = changed(entry(18, "judgement", judgement, **proof), without=[(18, "income")])
    if income is not None:
        rows[18, "income"] = entry(18, "income", income)
    assert evaluate(given(rows), ["livable"]).row("livable", 18).state == state


@pytest.mark.parametrize("type_key", TYPES)
@pytest.mark.parametrize(
    ("cod", "state", "code"), [(15.0, "pass", "Ⅰ"), (20.0, "pass", "Ⅲ"), (20.01, "fail", "Ⅳ")]
)
def test_water_at_the_outlet_is_not_worse_than_its_target_class(type_key, cod, state, code):
    row = evaluate(given(changed(entry(15, "cod", cod))), [type_key]).row(type_key, 15)
    assert (row.state, row.value_text, row.threshold) == (state, code, "Ⅲ")
    assert row.margin == {"Ⅰ": 2, "Ⅲ": 0, "Ⅳ": -1}[code]


@pytest.mark.parametrize(
    ("written", "state"), [("Ⅱ", "pass"), ("III", "pass"), ("Ⅳ类", "fail"), ("好", "unproven")]
)
def test_entered_class_decides_where_nothing_was_measured(written, state):
    rows = changed(entry(15, "entered_class", text=written), without=[(15, "cod"), (15, "water_kind")])
    assert evaluate(given(rows), ["livable"]).row("livable", 15).state == state


def test_measured_items_go_before_an_entered_class_and_the_difference_is_said():
    row = evaluate(given(changed(entry(15, "entered_class", text="Ⅳ"))), ["livable"]).row("livable", 15)
    assert (row.state, row.value_text) == ("pass", "Ⅰ")
    assert "QL-EVAL-DIFFERS" in [n.code for n in row.notes]


@pytest.mark.parametrize(
    ("value", "unit", "state", "code"),
    [
        (20.0, "mg/L", "pass", "Ⅲ"),
        (20000.0, "µg/L", "pass", "Ⅲ"),
        (0.02, "g/L", "pass", "Ⅲ"),
        (20.0, "g/L", "fail", "劣Ⅴ"),
        (20.0, "kg", "unproven", None),
    ],
)
def test_a_measured_item_is_graded_in_the_unit_it_was_entered_in(value, unit, state, code):
    row = evaluate(given(changed(entry(15, "cod", value, unit=unit))), ["livable"]).row("livable", 15)
    assert (row.state, row.value_text) == (state, code)


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (entry(15, "ph", 70.0), "QL-WATER-VALUE"),
        (entry(15, "water_kind", text="sea"), "QL-WATER-KIND"),
        (entry(15, "cod", 10.0, unit="t/d"), "QL-EVAL-UNIT"),
    ],
    ids=["ph of seventy", "kind of water nobody knows", "a load for a concentration"],
)
def test_water_data_that_cannot_be_are_named_and_prove_nothing(extra, code):
    row = evaluate(given(changed(extra)), ["livable"]).row("livable", 15)
    assert row.state == "unproven" and code in codes(row)


@pytest.mark.parametrize(
    ("number", "key", "other"),
    [(1, "eroded_area", 900.0), (15, "cod", 35.0), (4, "judgement", 0.0)],
)
def test_two_entries_of_one_year_that_differ_prove_nothing(number, key, other):
    rows = sound()
    rows["again"] = rows[number, key]._replace(value=other, uuid="again")
    row = evaluate(given(rows), ["livable"]).row("livable", number)
    assert row.state == "unproven" and "QL-EVAL-TWICE" in codes(row)
    rows["again"] = rows[number, key]._replace(uuid="again")
    assert evaluate(given(rows), ["livable"]).row("livable", number).state == "pass"


def test_phosphorus_needs_the_kind_of_water():
    rows = changed(entry(15, "tp", 0.12), without=[(15, "water_kind")])
    assert evaluate(given(rows), ["livable"]).row("livable", 15).state == "unproven"
    rows[15, "water_kind"] = entry(15, "water_kind", text="lake")
    assert evaluate(given(rows), ["livable"]).row("livable", 15).value_text == "Ⅴ"


def test_slashes_of_table_7_1_are_not_applicable():
    found = evaluate(given())
    slashes = {(r.type, r.number) for r in found.rows if r.state == "not_applicable" and r.number in (19, 20)}
    expected = {(t, 19) for t in TYPES[:4]} | {(t, 20) for t in ("water_source", "livable", "green_industry")}
    assert slashes == expected


# -- judgements --------------------------------------------------------------

JUDGED = (3, 4, 5, 7, 14, 16)


@pytest.mark.parametrize("number", JUDGED)
@pytest.mark.parametrize(("value", "state"), [(1.0, "pass"), (0.0, "fail"), (0.5, "unproven")])
def test_judgement_passes_or_fails_as_it_says(number, value, state):
    rows = changed(entry(number, "judgement", value, **PROOF))
    for t in TYPES:
        assert evaluate(given(rows), [t]).row(t, number).state == state


@pytest.mark.parametrize("number", JUDGED)
@pytest.mark.parametrize("part", list(PROOF))
@pytest.mark.parametrize("empty", [None, "  "], ids=["null", "blank"])
def test_judgement_without_statement_evidence_person_or_date_stays_unproven(number, part, empty):
    row = entry(number, "judgement", 1.0, **{**PROOF, part: empty})
    found = evaluate(given(changed(row)), ["leisure"])
    assert codes(found.row("leisure", number)) == ["QL-EVAL-NOPROOF"]
    assert found.verdicts["leisure"] == "unproven"


def test_judgement_whose_evidence_file_is_lost_stays_unproven():
    found = evaluate(given(lost_evidence=frozenset({"evidence/x.txt"})), ["livable"])
    assert codes(found.row("livable", 3)) == ["QL-EVAL-NOEVIDENCE"]


def test_judgement_without_a_year_takes_that_of_its_date_and_an_old_one_does_not_hold():
    fresh = entry(4, "judgement", 1.0, **{**PROOF, "year": None})
    old = entry(5, "judgement", 1.0, **{**PROOF, "year": None, "date": "2023-12-31"})
    found = evaluate(given(changed(fresh, old)), ["livable"])
    assert found.row("livable", 4).state == "pass"
    assert codes(found.row("livable", 5)) == ["QL-EVAL-OLD"]


def test_nothing_entered_is_unproven_everywhere_and_every_gap_names_where_it_comes_from():
    found = evaluate(EvaluationInput(date=DATE))
    assert set(found.verdicts.values()) == {"unproven"}
    for row in found.rows:
        assert row.state == ("not_applicable" if row.threshold == "/" else "unproven"), row.number
        if row.state == "unproven":
            assert row.missing("zh") and row.missing("en")
            assert all(g.table for g in row.gaps)


# -- exemptions both ways ----------------------------------------------------

BANNED = ("water_source", "leisure")
FARM = TableRow(
    "f1",
    {"livestock_type_mode": "畜禽养殖-规模养殖", "wastewater_l_a": 100.0, "treated_to_standard": True},
    2025,
)
FREE_RANGE = TableRow("f2", {"livestock_type_mode": "畜禽养殖-散养", "wastewater_l_a": 900.0}, 2025)
NO_PROOF = [(10, "scale_farms")]


@pytest.mark.parametrize("type_key", TYPES)
@pytest.mark.parametrize(
    ("farms", "proven", "banned", "free"),
    [
        ([], True, "pass", "not_applicable"),
        ([], False, "unproven", "unproven"),
        ([FARM], False, "fail", "pass"),
        ([FARM], True, "fail", "pass"),
        ([FREE_RANGE], True, "pass", "not_applicable"),
        ([FREE_RANGE], False, "unproven", "unproven"),
    ],
    ids=["none-proven", "none-unproven", "farm", "farm-denied", "free-range-proven", "free-range-unproven"],
)
def test_row_10_bans_scale_farms_for_two_types_and_is_not_evaluated_without_them_for_the_others(
    type_key, farms, proven, banned, free
):
    rows = changed(without=() if proven else NO_PROOF)
    row = evaluate(given(rows, tables={"a5": farms}), [type_key]).row(type_key, 10)
    assert row.state == (banned if type_key in BANNED else free)
    if farms == [FARM] and proven:
        assert "QL-EVAL-CONTRADICTED" in [n.code for n in row.notes]


@pytest.mark.parametrize(("treated", "state"), [(94.99, "fail"), (95.0, "pass"), (95.01, "pass")])
def test_wastewater_of_scale_farms_at_ninety_five_percent(treated, state):
    farms = [
        TableRow("a", {**FARM.values, "wastewater_l_a": treated}, 2025),
        TableRow("b", {**FARM.values, "wastewater_l_a": 100 - treated, "treated_to_standard": False}, 2025),
        FREE_RANGE,
    ]
    for t in ("eco_tourism", "livable", "green_industry"):
        row = evaluate(given(changed(without=NO_PROOF), tables={"a5": farms}), [t]).row(t, 10)
        assert (row.state, row.value_num) == (state, pytest.approx(treated))


def test_a_farm_of_the_layer_counts_as_a_scale_farm():
    figure = Figure(1.0, source="pollution_sources", year=2025, features=(Feature("pollution_sources", "u"),))
    found = evaluate(given(figures={"scale_farms": figure}), ["leisure", "livable"])
    assert found.row("leisure", 10).state == "fail"
    assert found.row("livable", 10).state == "unproven"  # its wastewater is not known


def test_absence_proven_in_an_old_year_does_not_exempt():
    row = entry(10, "scale_farms", 0.0, proven_absent=True, **{**PROOF, "year": 2020})
    found = evaluate(given(changed(row)), ["leisure", "livable"])
    assert [found.row(t, 10).state for t in ("leisure", "livable")] == ["unproven", "unproven"]


BANKS = [(17, "natural_bank"), (17, "artificial_ecological_bank"), (17, "treated_bank_total")]
NO_WORKS = entry(17, "channel_works", 0.0, proven_absent=True, **PROOF)


@pytest.mark.parametrize("type_key", TYPES)
@pytest.mark.parametrize(
    ("entries", "works", "state"),
    [
        ([NO_WORKS], 0, "not_applicable"),
        ([], 0, "unproven"),
        ([NO_WORKS], 2, "unproven"),
        ([], 2, "unproven"),
    ],
    ids=["proven", "unproven", "contradicted", "works"],
)
def test_row_17_is_not_evaluated_only_where_no_works_is_proven(type_key, entries, works, state):
    figures = {"channel_works": Figure(float(works), year=2025, source="measures")} if works else {}
    row = evaluate(given(changed(*entries, without=BANKS), figures=figures), [type_key]).row(type_key, 17)
    assert row.state == state


# -- years: 7.0.2 ------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "year"), [(dt.date(2025, 12, 31), 2024), (dt.date(2026, 1, 1), 2025), (dt.date(2025, 1, 1), 2024)]
)
def test_last_complete_year(on, year):
    assert last_complete_year(on) == year


@pytest.mark.parametrize(
    ("year", "code"),
    [(2025, None), (2024, None), (2023, "QL-EVAL-OLD"), (None, "QL-EVAL-NOYEAR"), (2026, "QL-EVAL-FUTURE")],
)
@pytest.mark.parametrize(
    ("number", "key", "value"),
    [(9, "treated_waste", 100.0), (20, "visitors_per_year", 1.0), (15, "cod", 10.0)],
)
def test_value_without_a_year_or_older_than_the_last_complete_one_is_unproven(number, key, value, year, code):
    row = evaluate(given(changed(entry(number, key, value, year=year))), ["leisure"]).row("leisure", number)
    assert row.state == ("pass" if code is None else "unproven")
    assert codes(row) == ([] if code is None else [code])
    assert row.value_num is not None or row.value_text is not None  # shown all the same


@pytest.mark.parametrize(("year", "state"), [(2024, "pass"), (2023, "unproven")])
def test_values_of_the_county_have_a_year_too(year, state):
    found = evaluate(given(county=county_from({**COUNTY, "year": year})), ["livable"])
    assert [found.row("livable", n).state for n in (1, 2, 15)] == [state] * 3
    assert found.row("livable", 13).state == "pass"


def test_without_a_county_profile_its_limits_are_named_as_missing():
    row = evaluate(given(county=None), ["green_industry"]).row("green_industry", 1)
    assert (row.state, row.threshold_num, row.value_num) == ("unproven", None, 90.0)
    assert [(g.table, g.field) for g in row.gaps] == [("county", "county_current_mean")]


def test_local_limit_holds_besides_table_7_1():
    local = {"indicator": 13, "operator": ">=", "value": 35, "source": "地方标准", "unit": "%"}
    found = evaluate(given(county=county_from({**COUNTY, "thresholds": [local]})), ["livable"])
    row = found.row("livable", 13)
    assert (row.value_num, row.state, row.margin) == (30.0, "fail", -5.0)


# -- formulas on tables, by hand ---------------------------------------------


def tables_only(tables, figures=None):
    return EvaluationInput(date=DATE, tables=tables, figures=figures or {}, county=county_from(COUNTY))


def rows_of(*values, year=2025):
    return [TableRow(f"r{n}", v, year) for n, v in enumerate(values)]


VILLAGES = rows_of(
    {"natural_village": "上店", "sewage_l_d": 6000.0, "sewage_treated_l_d": 5500.0, "treated_to_standard": True,
     "waste_t_d": 0.8, "waste_treated_t_d": 0.6, "households_sanitary": 70, "public_toilets": 2, "villages_uuid": "v1"},
    {"natural_village": "下店", "sewage_l_d": 4000.0, "sewage_treated_l_d": 3500.0, "treated_to_standard": False,
     "waste_t_d": 0.4, "waste_treated_t_d": 0.3, "households_sanitary": 90, "public_toilets": 1, "villages_uuid": "v2"},
)  # fmt: skip
HOMES = rows_of(
    {"natural_village": "上店", "households": 400}, {"natural_village": "下店", "households": 600}
)


@pytest.mark.parametrize(
    ("number", "tables", "value", "formula"),
    [
        (1, {"a3": rows_of({"erosion_total_hm2": 150.0, "watershed_area_km2": 10.0})}, 85.0, "C.1"),
        (8, {"a8": VILLAGES}, 55.0, "C.3"),
        (9, {"a8": VILLAGES}, 75.0, "C.4"),
        (10, {"a5": [FARM, TableRow("x", {**FARM.values, "treated_to_standard": False}, 2025)]}, 50.0, "C.5"),
        (11, {"a8": VILLAGES, "a7": HOMES}, 16.0, "C.6"),
        (12, {"a8": VILLAGES, "a7": HOMES}, 1.5, "7.0.1-3"),
        (6, {"a5": rows_of({"land_type": "0101", "area_hm2": 60.0, "fertiliser_kg_hm2": 200.0},
                           {"land_type": "0201", "area_hm2": 40.0, "fertiliser_kg_hm2": 300.0})}, 240.0, "7.0.1-3"),
    ],
    ids=lambda v: str(v) if isinstance(v, int) else "",
)  # fmt: skip
def test_formula_on_survey_tables_by_hand(number, tables, value, formula):
    row = evaluate(tables_only(tables), ["livable"]).row("livable", number)
    assert row.value_num == pytest.approx(value)
    assert row.clause == formula


@pytest.mark.parametrize(
    ("number", "figures", "value", "clause"),
    [
        (1, {"eroded_area": 150.0, "total_area": 1000.0}, 85.0, "C.1"),
        (2, {"vegetated_area": 70.0, "total_area": 100.0}, 70.0, "C.2"),
        (13, {"a_vg1": 600.0, "a_vg2": 400.0, "a_v": 5000.0}, 20.0, "C.7"),
        (
            17,
            {"natural_bank": 300.0, "artificial_ecological_bank": 200.0, "treated_bank_total": 1000.0},
            50.0,
            "C.8",
        ),
    ],
)
def test_formula_on_layers_by_hand(number, figures, value, clause):
    made = {k: Figure(v, source="layer", year=2025) for k, v in figures.items()}
    row = evaluate(tables_only({}, made), ["livable"]).row("livable", number)
    assert (row.value_num, row.clause, row.state) == (pytest.approx(value), clause, "pass")


def test_row_12_has_two_readings_and_shows_the_other_one_beside():
    found = evaluate(given(), ["livable", "eco_tourism"])
    assert (found.row("livable", 12).value_num, found.row("eco_tourism", 12).value_num) == (2.0, 700.0)
    assert found.row("livable", 12).readings == ("service_radius = 700",)
    assert found.row("eco_tourism", 12).readings == ("density = 2",)


def test_entered_total_goes_before_the_tables_and_the_difference_is_said():
    rows = changed(entry(8, "treated_to_standard", 9.0), entry(8, "total_sewage", 10.0, unit="m3/d"))
    row = evaluate(given(rows, tables={"a8": VILLAGES}), ["livable"]).row("livable", 8)
    assert row.value_num == pytest.approx(0.09)  # 9 L/d of 10 000 L/d
    assert [n.code for n in row.notes] == ["QL-EVAL-DIFFERS"]  # 9 against 5 500; 10 000 agree
    assert row.readings == ("A.8.sewage_treated_l_d = 5500", "A.8.sewage_l_d = 10000")


def test_difference_within_the_tolerance_is_not_said():
    rows = changed(entry(8, "treated_to_standard", 5510.0), entry(8, "total_sewage", 10000.0))
    row = evaluate(given(rows, tables={"a8": VILLAGES}), ["livable"]).row("livable", 8)
    assert row.notes == ()


@pytest.mark.parametrize(
    ("number", "type_key", "key", "tables"),
    [
        (18, "livable", "income", {"a2": rows_of({"net_income_yuan": 99999.0, "resident_population": 10})}),
        (19, "green_industry", "special_industry_output", {"a7": rows_of({"industry_output_wan": 99.0})}),
        (20, "leisure", "visitors_per_year", {"a10": rows_of({"visitors_wan": 99.0})}),
    ],
)
def test_table_sums_of_rows_18_to_20_stand_beside_and_never_decide(number, type_key, key, tables):
    row = evaluate(given(changed(without=[(number, key)]), tables=tables), [type_key]).row(type_key, number)
    assert (row.state, row.value_num) == ("unproven", None)
    assert "99" in row.readings[0]
    assert (row.gaps[0].table, row.gaps[0].field) == ("indicator_input", key)


def test_converted_toilets_are_shown_for_c_6_and_never_decide():
    tables = {"a8": rows_of({"toilets_converted": 90, "toilets_total": 100}), "a7": HOMES}
    row = evaluate(tables_only(tables), ["livable"]).row("livable", 11)
    assert (row.state, row.value_num) == ("unproven", None)
    assert "A.8.toilets_converted = 90" in row.readings


def test_missing_cell_names_table_field_and_village_and_the_rest_is_shown():
    holes = [VILLAGES[0], TableRow("r9", {**VILLAGES[1].values, "sewage_treated_l_d": None}, 2025)]
    row = evaluate(tables_only({"a8": holes}), ["livable"]).row("livable", 8)
    assert row.state == "unproven"
    assert row.value_num == pytest.approx(100 * 5500 / 6000)  # of the village that is known
    assert {(g.table, g.field, g.row) for g in row.gaps} == {("a8", "sewage_treated_l_d", "r9")}
    assert "A.8.sewage_treated_l_d (下店)" in row.missing("en")


def test_whether_effluent_meets_the_standard_must_be_said_only_where_there_is_some():
    unsaid = [TableRow("a", {**VILLAGES[0].values, "treated_to_standard": None}, 2025)]
    assert (
        evaluate(tables_only({"a8": unsaid}), ["livable"]).row("livable", 8).gaps[0].field
        == "treated_to_standard"
    )
    dry = [TableRow("a", {**unsaid[0].values, "sewage_treated_l_d": 0.0}, 2025)]
    row = evaluate(tables_only({"a8": dry}), ["livable"]).row("livable", 8)
    assert (row.state, row.value_num) == ("fail", 0.0)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([entry(9, "treated_waste", 101.0)], "QL-EVAL-OVER100"),
        ([entry(9, "produced_waste", 0.0), entry(9, "treated_waste", 0.0)], "QL-EVAL-ZERO"),
        ([entry(9, "treated_waste", -1.0)], "QL-EVAL-NEGATIVE"),
        ([entry(9, "treated_waste", 1.0, unit="hm2")], "QL-EVAL-UNIT"),
    ],
)
def test_numbers_that_cannot_be_are_no_verdict(entries, code):
    row = evaluate(given(changed(*entries)), ["livable"]).row("livable", 9)
    assert row.state == "unproven"
    assert code in codes(row)


@pytest.mark.parametrize(
    ("unit", "value"), [("hm2", 100.0), ("km2", 1.0), ("m2", 1e6), ("亩", 1500.0), (None, 100.0)]
)
def test_entered_units_are_converted(unit, value):
    row = evaluate(given(changed(entry(1, "eroded_area", value, unit=unit))), ["livable"]).row("livable", 1)
    assert row.value_num == pytest.approx(90.0)


# -- bounds and errors -------------------------------------------------------


@pytest.mark.parametrize(
    ("unclassified", "state"), [(0.0, "fail"), (90.0, "fail"), (100.0, "unproven"), (300.0, "unproven")]
)
def test_bank_without_a_class_leaves_row_17_open_between_two_bounds(unclassified, state):
    """600 m of 1 000 m count; 70 % is asked, so 100 m more could do."""
    figures = {
        "natural_bank": Figure(600.0, 600.0, 600.0 + unclassified, source="banks", year=2025),
        "artificial_ecological_bank": Figure(0.0, source="banks", year=2025),
        "treated_bank_total": Figure(1000.0, source="banks", year=2025),
    }
    row = evaluate(given(changed(without=BANKS), figures=figures), ["water_source"]).row("water_source", 17)
    assert (row.state, row.value_num) == (state, 60.0)
    if unclassified:
        assert (row.low, row.high) == (60.0, pytest.approx(60 + unclassified / 10))


def test_table_that_repeats_the_known_part_of_a_layer_is_open_like_the_layer():
    """40 of 1 000 hm² are known to be eroded, 400 have no class: A.3 says 40, yet 56 to 96 % is all that holds."""
    tables = {"a3": rows_of({"erosion_total_hm2": 40.0, "watershed_area_km2": 10.0})}
    figures = {"eroded_area": Figure(None, 40.0, 440.0, source="erosion", year=2025)}
    row = evaluate(tables_only(tables, figures), ["livable"]).row("livable", 1)
    assert (row.state, row.low, row.high) == ("unproven", 56.0, 96.0)
    assert "QL-EVAL-OPEN" in codes(row)
    told = {"a3": rows_of({"erosion_total_hm2": 150.0, "watershed_area_km2": 10.0})}  # a monitored total
    assert evaluate(tables_only(told, figures), ["livable"]).row("livable", 1).state == "pass"


def test_total_that_agrees_with_the_layers_has_their_error():
    figures = {
        "eroded_area": Figure(101.0, sd=20.0, source="erosion", year=2025),
        "total_area": Figure(1000.0, source="boundary", year=2025),
    }
    rows = changed(entry(1, "eroded_area", 100.0))
    row = evaluate(given(rows, figures=figures), ["livable"]).row("livable", 1)
    assert row.high - row.low == pytest.approx(2 * 1.959964 * 2)  # 20 of 1 000 hm² are two points
    far = evaluate(given(changed(entry(1, "eroded_area", 150.0)), figures=figures), ["livable"])
    assert far.row("livable", 1).low is None


@pytest.mark.parametrize(
    ("figures", "tables", "estimates"),
    [
        ({"eroded_area": Figure(100.0, estimate=True, source="ours", year=2025)}, {}, ()),
        ({}, {"a3": rows_of({"erosion_total_hm2": 100.0})}, [("a3", "r0", "erosion_total_hm2")]),
    ],
    ids=["layer", "cell"],
)
def test_an_estimate_proves_nothing_until_the_official_figure_is_entered(figures, tables, estimates):
    total = entry(1, "total_area", 1000.0)
    base = {"date": DATE, "figures": figures, "tables": tables, "estimates": frozenset(estimates)}
    row = evaluate(EvaluationInput(inputs=(total,), county=county_from(COUNTY), **base), ["livable"]).row(
        "livable", 1
    )
    assert (row.value_num, row.state, row.margin) == (pytest.approx(90), "unproven", pytest.approx(10))
    assert [(g.problem.code, g.table, g.field) for g in row.gaps] == [
        ("QL-EVAL-ESTIMATE", "indicator_input", "eroded_area")
    ]
    told = (total, entry(1, "eroded_area", 100.0))
    sure = evaluate(EvaluationInput(inputs=told, county=county_from(COUNTY), **base), ["livable"])
    assert sure.row("livable", 1).state == "pass"


def test_forest_and_grass_of_table_a_1_stand_in_where_no_parcels_are_drawn():
    tables = {"a1": rows_of({"forest_hm2": 600.0, "grassland_hm2": 100.0, "watershed_area_km2": 10.0})}
    row = evaluate(tables_only(tables), ["livable"]).row("livable", 2)
    assert (row.value_num, row.state) == (pytest.approx(70.0), "pass")
    assert "QL-EVAL-WHOLELAND" in [n.code for n in row.notes]
    tables["a1"][0].values["grassland_hm2"] = None
    row = evaluate(tables_only(tables), ["livable"]).row("livable", 2)
    assert row.state == "unproven" and row.gaps[0].field == "grassland_hm2"


def test_land_without_a_class_has_no_value_but_a_verdict_where_both_bounds_agree():
    figures = {
        "vegetated_area": Figure(None, 65.0, 75.0, source="parcels", year=2025),
        "total_area": Figure(100.0, source="boundary", year=2025),
    }
    row = evaluate(tables_only({}, figures), ["livable"]).row("livable", 2)
    assert (row.value_num, row.low, row.high, row.state) == (None, 65.0, 75.0, "pass")


@pytest.mark.parametrize(
    ("green", "state", "within"), [(205.0, "pass", True), (260.0, "pass", False), (195.0, "fail", True)]
)
def test_passing_but_within_error_is_a_state_people_see(green, state, within):
    figures = {
        "a_vg1": Figure(green, sd=10.0, source="green_space", year=2025),
        "a_vg2": Figure(0.0, source="green_space", year=2025),
        "a_v": Figure(1000.0, source="built_land", year=2025),
    }
    row = evaluate(tables_only({}, figures), ["livable"]).row("livable", 13)
    assert (row.state, row.within_error) == (state, within)
    assert row.high - row.low == pytest.approx(2 * 1.959964)  # 10 m² of 1 000 m² are one point


# -- every number leads back -------------------------------------------------


def test_every_number_resolves_to_clause_formula_and_features():
    found = evaluate(given(tables={"a8": VILLAGES, "a7": HOMES}))
    for row in found.rows:
        made = found.register.get(row.state_id)
        assert made.value == row.state and made.clause and made.formula
        if row.value_num is None:
            continue
        chain = trace(found.register, row.value_id)
        assert chain[-1].value == pytest.approx(row.value_num)
        assert features_under(found.register, row.value_id)
        for value in chain:
            assert value.clause, value.id
            assert value.formula if value.inputs else value.source, value.id


def test_deleting_a_village_makes_exactly_the_numbers_stale_that_rest_on_it():
    found = evaluate(
        tables_only({"a8": VILLAGES, "a7": HOMES, "a3": rows_of({"erosion_total_hm2": 1.0})}), ["livable"]
    )
    stale = set(found.register.stale(features=[Feature("villages", "v1")]))
    indicators = {i for i in stale if i.startswith("indicator.") and ".beside" not in i}
    assert indicators == {"indicator.8", "indicator.9", "indicator.11", "indicator.12.density"}
    assert {i for i in stale if i.startswith("state.")} == {f"state.{n}.livable" for n in (8, 9, 11, 12)}
    assert not any(i.startswith("a8.r1") for i in stale)


def test_same_survey_at_the_same_moment_gives_the_same_register_byte_for_byte():
    moment = dt.datetime(2025, 9, 30, tzinfo=dt.timezone.utc)
    one, other = (evaluate(given(made_at=moment, tables={"a8": VILLAGES})) for _ in range(2))
    assert one.register.to_json() == other.register.to_json()


def test_unknown_type_is_refused():
    with pytest.raises(KeyError):
        evaluate(given(), ["mountain"])


@pytest.mark.parametrize(("key", "value"), [("scale_farms", 2.0), ("total_wastewater", 500.0)])
def test_an_entry_that_speaks_of_scale_farms_is_one(key, value):
    found = evaluate(
        given(changed(entry(10, key, value), without=NO_PROOF if key != "scale_farms" else ())), ["leisure"]
    )
    assert found.row("leisure", 10).state == "fail"


def test_epochs_are_compared_by_what_changed():
    before = evaluate(given(changed(entry(9, "treated_waste", 70.0))), ["livable", "leisure"])
    after = evaluate(given(), ["livable", "leisure"])
    found = differences(before, after)
    assert [(d.type, d.number, d.before.state, d.after.state, d.gain) for d in found] == [
        ("livable", 9, "fail", "pass", 30.0),
        ("leisure", 9, "fail", "pass", 30.0),
    ]
    assert differences(after, after) == []
