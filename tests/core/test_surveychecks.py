"""Checks of a survey on rows small enough to check by hand, and their data."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from qingliu.core.errors import EditionError
from qingliu.core.standard import default_edition
from qingliu.core.surveychecks import Case, Row, check_survey, load_checks
from qingliu.core.surveychecks.cells import codes_in
from qingliu.core.surveychecks.places import match_channels
from qingliu.core.surveychecks.rules import Check, severity_of

EDITION = default_edition()
LAND = (
    "cropland_hm2", "orchard_hm2", "forest_hm2", "grassland_hm2", "commercial_hm2", "industrial_hm2",
    "residential_hm2", "public_hm2", "special_hm2", "transport_hm2", "water_hm2", "other_land_hm2",
)  # fmt: skip


def _row(table: str, serial: int = 0, /, measures=None, **values) -> Row:
    return Row(table, f"{table}-{serial}", values, measures or {})


def _case(*rows: Row, **more) -> Case:
    tables: dict = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row)
    return Case(EDITION, tables, **more)


def _ids(case: Case, *severities: str) -> list[str]:
    wanted = severities or ("error", "warning")
    return [f.check_id for f in check_survey(case) if f.severity in wanted]


def _found(case: Case, check_id: str) -> list:
    return [f for f in check_survey(case) if f.check_id == check_id]


def _a1(**values) -> Row:
    """1 km² of 100 hm²: 40 cropland, 60 forest, 0 elsewhere."""
    land = dict.fromkeys(LAND, 0.0)
    return _row(
        "a1", **{"watershed_area_km2": 10.0, **land, "cropland_hm2": 400.0, "forest_hm2": 600.0, **values}
    )


# -- the data ---------------------------------------------------------------


@pytest.mark.parametrize("check", load_checks(), ids=lambda c: c.id)
def test_every_check_has_a_clause_a_severity_and_is_sound(check):
    assert EDITION.clause(check.clause).id == check.clause
    assert severity_of(check, EDITION) in ("error", "warning", "note", "unknown")
    assert check.zh and check.en


def test_the_edition_s_own_relations_are_all_checked():
    asked = {check.key for table in EDITION.tables.values() for check in table.checks}
    built_in = {"elevation_order"}
    assert asked - built_in <= {check.id for check in load_checks()}


def test_severity_of_a_clause_is_that_of_its_wording():
    channels = next(c for c in load_checks() if c.id == "channels_surveyed")
    assert channels.severity == "clause" and severity_of(channels, EDITION) == "error"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- {id: x, zh: 甲, en: a, kind: sum, severity: error, clause: 4.1.4, table: a1}", "QL-STD-MISSING"),
        ("- {id: x, zh: 甲, en: a, kind: guess, severity: error, clause: 4.1.4}", "QL-STD-CHOICE"),
        ("- {id: x, zh: 甲, en: a, kind: year, severity: error, clause: '9.9.9'}", "QL-CHECK-NOCLAUSE"),
        ("- {id: x, zh: 甲, en: a, kind: year, severity: clause, clause: 4.1.5}", "QL-CHECK-NOLEVEL"),
        ("- {id: x, zh: 甲, kind: year, severity: error, clause: 4.1.4}", "QL-STD-MISSING"),
        ("- {id: x, zh: 甲, en: a, kind: unique, severity: error, clause: 4.1.4, table: a7, field: nothing}",
         "QL-CHECK-NOCOLUMN"),
        ("- {id: x, zh: 甲, en: a, kind: year, severity: error, clause: 4.1.4, parameter: none}",
         "QL-CHECK-NOPARAMETER"),
        ("- &a {id: x, zh: 甲, en: a, kind: year, severity: error, clause: 4.1.4}\n- *a", "QL-CHECK-TWICE"),
        ("- {id: x, id: y, zh: 甲, en: a, kind: year, severity: error, clause: 4.1.4}", "QL-STD-DUPLICATEKEY"),
        ("- {id: x, zh: 甲, en: a, kind: year, severity: error, clause: 4.1.4, colour: red}",
         "QL-STD-UNKNOWNKEY"),
    ],
    ids=["missing", "kind", "clause", "level", "language", "column", "parameter", "twice", "key twice", "unknown"],
)  # fmt: skip
def test_a_fault_in_the_checks_is_named(tmp_path, monkeypatch, text, code):
    from qingliu.core.surveychecks import rules

    folder = tmp_path / EDITION.folder.name
    folder.mkdir()
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(rules, "folder_of", lambda edition: (tmp_path, EDITION.folder.name))
    rules.load_checks.cache_clear()
    try:
        with pytest.raises(EditionError) as told:
            rules.load_checks()
        assert code in [p.code for p in told.value.problems]
    finally:
        rules.load_checks.cache_clear()


# -- cells ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        (None, []),
        ("", []),
        ("太阳能", ["太阳能"]),
        ('{"沼气","太阳能"}', ["沼气", "太阳能"]),
        ("{a,b}", ["a", "b"]),
    ],
    ids=["null", "empty", "one", "several", "bare"],
)
def test_codes_of_a_cell(value, codes):
    assert codes_in(value) == codes


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (_row("a1", frost_free_days=400), ["range"]),
        (_row("a1", watershed_area_km2=60.0), ["usual_range"]),
        (_row("a1", elevation_max_m=100.0, elevation_min_m=300.0), ["elevation_order"]),
        (_row("a8", toilets_total=30, toilets_converted=31), ["at_most"]),
        (_row("a8", toilets_total=30, toilets_converted=30), []),
        (_row("a6", siltation="淤死"), ["code"]),
        (_row("a6", siltation="轻"), []),
        (_row("a7", new_energy_type='{"沼气","核能"}'), ["code"]),
        (_row("a5", land_type="0301"), ["code"]),
        (_row("a10", main_class="A", sub_class="BA"), ["code_parent"]),
    ],
    ids=["impossible", "too large", "heights", "converted", "just so", "code", "coded", "one of two", "wood is no crop",
         "parent"],
)  # fmt: skip
def test_a_cell_against_its_column(row, found):
    built_in = {"range", "usual_range", "elevation_order", "at_most", "code", "code_parent"}
    assert [i for i in _ids(_case(row)) if i in built_in] == found


@pytest.mark.parametrize("field", ["number", "value", "year"])
def test_words_where_an_indicator_s_input_holds_a_number_are_an_error(field):
    values = {"number": 20, "key": "visitors_per_year", "value": 0.6, "year": 2024}
    assert _found(_case(_row("indicator_input", **values)), "number") == []
    (finding,) = _found(_case(_row("indicator_input", **{**values, field: "很多"})), "number")
    assert (finding.severity, finding.table, finding.field) == ("error", "indicator_input", field)
    assert "很多" in finding.problem.text()


# -- relations --------------------------------------------------------------


def test_land_that_adds_up_is_silent_and_a_digit_too_many_names_its_column():
    assert "land_area_sum" not in _ids(_case(_a1()))
    assert "land_area_sum" not in _ids(_case(_a1(forest_hm2=609.0)))  # 0.9 %
    [found] = _found(_case(_a1(cropland_hm2=4000.0)), "land_area_sum")
    assert (found.severity, found.field) == ("warning", "cropland_hm2")


def test_the_same_area_in_two_units_is_an_error_that_names_the_unit(english):
    case = _case(_a1(), _row("a3", watershed_area_km2=1000.0))
    [found] = _found(case, "area_a1_a3")
    assert found.severity == "error" and "hm²" in found.problem.text("en")
    assert _found(_case(_a1(), _row("a3", watershed_area_km2=10.0)), "area_a1_a3") == []


def test_the_boundary_s_area_is_compared_with_the_table():
    fits = _row("boundary", measures={"area_m2": 10_050_000.0})
    off = _row("boundary", measures={"area_m2": 12_000_000.0})
    assert _found(_case(_a1(), fits), "area_boundary") == []
    assert len(_found(_case(_a1(), off), "area_boundary")) == 1


def test_crops_may_not_exceed_the_cropland_of_table_a1():
    rows = [_row("a5", 1, land_type="0101", area_hm2=300.0), _row("a5", 2, land_type="0103", area_hm2=104.0)]
    assert _found(_case(_a1(), *rows), "crop_area_a5") == []  # 404 of 400: within 1 %
    more = _row("a5", 3, land_type="0102", area_hm2=50.0)
    assert len(_found(_case(_a1(), *rows, more), "crop_area_a5")) == 1


def test_the_five_classes_of_erosion_add_up():
    parts = {"erosion_light_hm2": 15.0, "erosion_moderate_hm2": 5.0}
    assert _found(_case(_row("a3", erosion_total_hm2=20.0, **parts)), "erosion_sum") == []
    assert len(_found(_case(_row("a3", erosion_total_hm2=21.0, **parts)), "erosion_sum")) == 1


def test_villages_of_a7_and_a8_are_the_same_whatever_blanks_are_typed():
    a7 = [_row("a7", 1, natural_village="上屋"), _row("a7", 2, natural_village="下屋")]
    assert _found(_case(*a7, _row("a8", 1, natural_village="上 屋")), "same_villages")[0].row_uuid == "a7-2"
    both = [_row("a8", 1, natural_village="上屋"), _row("a8", 2, natural_village="下屋")]
    assert _found(_case(*a7, *both), "same_villages") == []


@pytest.mark.parametrize(
    ("sewage", "loud"), [(6800.0, False), (3400.0, False), (6.8, True), (2_482_000.0, True)],
    ids=["100 people, 85 L, 0.8", "half", "t/d", "L/a"],
)  # fmt: skip
def test_sewage_suits_people_and_water_use(sewage, loud):
    case = _case(
        _row("a7", natural_village="上屋", population=100),
        _row("a8", natural_village="上屋", water_use_l_person_day=85.0, sewage_l_d=sewage),
    )
    assert bool(_found(case, "sewage_plausible")) is loud


@pytest.mark.parametrize(
    ("kilograms", "loud"), [(264.0, False), (17.6, True), (0.0, False), (None, False)],
    ids=["per hm²", "per mu", "none used", "empty"],
)  # fmt: skip
def test_fertiliser_per_mu_is_recognised(kilograms, loud):
    assert bool(_found(_case(_row("a5", fertiliser_kg_hm2=kilograms)), "fertiliser_unit")) is loud


# -- tables and the map -----------------------------------------------------


def _farm(number: int, **values) -> Row:
    return _row("a5", number, livestock_type_mode="畜禽养殖-散养", **values)


def _points(count: int, kind: str) -> list[Row]:
    return [_row("pollution_sources", n, kind=kind, name=f"点{n}") for n in range(count)]


def test_farms_and_their_points_are_held_against_each_other():
    assert [f.severity for f in _found(_case(_farm(1), _farm(2), *_points(2, "farm")), "farms_on_map")] == [
        "note"
    ]
    short = _found(_case(_farm(1), _farm(2), *_points(1, "farm")), "farms_on_map")
    assert [(f.severity, f.row_uuid) for f in short] == [("warning", "a5-2"), ("note", None)]
    linked = _farm(1, pollution_sources_uuid="pollution_sources-0")
    over = _found(_case(linked, *_points(2, "farm")), "farms_on_map")
    assert [(f.table, f.row_uuid) for f in over] == [("pollution_sources", "pollution_sources-1")]
    assert _found(_case(linked, *_points(1, "farm")), "farms_on_map") == []


def test_one_plant_may_serve_several_villages_but_none_serves_nobody():
    villages = [_row("a8", n, natural_village=f"村{n}", sewage_facilities=1) for n in range(3)]
    assert _found(_case(*villages, *_points(1, "plant")), "plants_on_map") == []
    assert len(_found(_case(*villages), "plants_on_map")) == 1


@pytest.mark.parametrize(
    ("counted", "drawn", "tables"), [(2, 2, []), (3, 2, ["a6"]), (1, 2, ["pollution_sources"])],
    ids=["equal", "too few drawn", "not counted"],
)  # fmt: skip
def test_outfalls_counted_and_drawn(counted, drawn, tables):
    case = _case(_row("a6", channel_name="沟", sewage_outfalls=counted), *_points(drawn, "outfall"))
    assert [f.table for f in _found(case, "outfalls_on_map")] == tables


def test_a_link_to_nothing_is_an_error():
    [found] = _found(_case(_row("a9", name="厂", enterprises_uuid="gone")), "dangling_link")
    assert (found.severity, found.field) == ("error", "enterprises_uuid")


@pytest.mark.parametrize(
    ("length", "area", "loud"), [(300.0, 0.1, False), (300.001, 0.05, True), (100.0, 0.100001, True)],
    ids=["at both limits", "longer", "larger"],
)  # fmt: skip
def test_channels_beyond_the_limits_of_4_3_1_need_a_row(length, area, loud):
    network = [_row("channels", 1, length_m=length, area_km2=area)]
    found = _found(_case(network=network), "channels_surveyed")
    assert [f.severity for f in found] == (["error"] if loud else [])


def test_a_channel_is_recognised_by_link_code_name_or_size():
    channels = [
        _row("channels", 1, name="甲沟"),
        _row("channels", 2, code="B-2"),
        _row("channels", 3),
        _row("channels", 4, length_m=1000.0, area_km2=0.5),
        _row("channels", 5, length_m=1000.0, area_km2=0.9),
    ]
    rows = [
        _row("a6", 1, channel_name="甲 沟"),
        _row("a6", 2, channel_code="B-2"),
        _row("a6", 3, channels_uuid="channels-3"),
        _row("a6", 4, length_m=1015.0, catchment_km2=0.495),
        _row("a6", 5, length_m=2000.0, catchment_km2=0.9),
    ]
    matched = match_channels(rows, channels)
    assert {k: v.uuid for k, v in matched.items()} == {f"a6-{n}": f"channels-{n}" for n in (1, 2, 3, 4)}


@pytest.mark.parametrize(
    ("scale", "severity"), [(10_000, None), (5_000, None), (25_000, "error"), (None, "unknown")],
    ids=["just so", "larger", "smaller", "not told"],
)  # fmt: skip
def test_the_base_map_is_of_1_to_10000_or_larger(scale, severity):
    found = _found(_case(_row("base_sheets", base_scale=scale)), "base_map_scale")
    assert [f.severity for f in found] == ([] if severity is None else [severity])


def test_a_coarse_base_map_under_a_detailed_one_breaks_nothing():
    rows = [_row("base_sheets", 1, base_scale=10_000), _row("base_sheets", 2, base_scale=50_000)]
    assert [f.row_uuid for f in _found(_case(*rows), "base_map_scale")] == ["base_sheets-2"]
    covered = _case(*rows, base_maps=frozenset({"base_sheets-1"}))
    assert _found(covered, "base_map_scale") == []
    bare = _case(*rows, base_maps=frozenset({"base_sheets-1", "base_sheets-2"}))
    assert [f.row_uuid for f in _found(bare, "base_map_scale")] == ["base_sheets-2"]


# -- heads, years, indicators -----------------------------------------------


def test_the_checker_is_somebody_else():
    same = _row("sheet", 1, table="a1", surveyor="李清", checker="李 清")
    assert len(_found(_case(same), "checker_other_person")) == 1
    nobody = _row("sheet", 2, table="a1", surveyor=None, checker=None)
    assert _found(_case(nobody), "checker_other_person") == []


def test_a_value_older_than_the_last_complete_year_is_found():
    rows = [
        _row("indicator_input", n, number=20, key="visitors_per_year", year=y)
        for n, y in enumerate((2023, 2024))
    ]
    assert [f.row_uuid for f in _found(_case(*rows, year=2024), "value_year")] == ["indicator_input-0"]
    assert _found(_case(*rows), "value_year") == []


def test_a_value_of_a_year_that_has_not_come_is_found():
    rows = [
        _row("indicator_input", n, number=20, key="visitors_per_year", year=y)
        for n, y in enumerate((2025, 2026, 2027))
    ]
    hits = _found(_case(*rows, year=2025, day=dt.date(2026, 3, 10)), "value_year")
    assert [(f.row_uuid, f.problem.code) for f in hits] == [("indicator_input-2", "QL-CHECK-FUTUREYEAR")]


def test_banks_above_their_whole_are_an_error_and_nothing_is_capped():
    def bank(n, key, value):
        return _row("indicator_input", n, number=17, key=key, value=value)

    rows = [bank(1, "natural_bank", 700.0), bank(2, "artificial_ecological_bank", 300.0)]
    assert _found(_case(*rows, bank(3, "treated_bank_total", 1000.0)), "banks_over_100") == []
    [found] = _found(_case(*rows, bank(3, "treated_bank_total", 600.0)), "banks_over_100")
    assert found.severity == "error" and found.problem.facts["share"] == "166.7"


@pytest.mark.parametrize("lacking", ["statement", "evidence", "person", "date"])
def test_a_judgement_without_proof_names_what_is_missing(lacking):
    whole = {"statement": "稳定", "evidence": "e/4.txt", "person": "周敏", "date": "2025-06-18"}
    row = {"number": 4, "key": "judgement", "value": 1.0, **whole}
    assert _found(_case(_row("indicator_input", **row)), "judgement_proof") == []
    [found] = _found(_case(_row("indicator_input", **{**row, lacking: None})), "judgement_proof")
    assert found.field == lacking


def test_what_appendix_c_needs_is_unknown_until_it_is_there():
    empty = {(f.table, f.field) for f in _found(_case(), "indicator_inputs")}
    assert ("a8", "households_sanitary") in empty and ("indicator_input", "value") in empty
    whole = _row("a8", natural_village="甲", households_sanitary=20, sewage_l_d=1.0, sewage_treated_l_d=1.0,
                 treated_to_standard=True, waste_t_d=1.0, waste_treated_t_d=1.0)  # fmt: skip
    rest = {(f.table, f.field) for f in _found(_case(whole), "indicator_inputs")}
    assert "a8" not in {table for table, _ in rest} and ("a7", "households") in rest
    assert all(f.severity == "unknown" for f in _found(_case(), "indicator_inputs"))


@pytest.mark.parametrize(
    ("type_", "tables"), [("eco_tourism", {"a10"}), ("green_industry", {"a5", "a7", "a11x"})],
    ids=["tourism", "industry"],
)  # fmt: skip
def test_tables_that_4_1_5_stresses_are_missed(type_, tables):
    assert {f.table for f in _found(_case(type=type_), "type_emphasis")} == tables


def test_findings_come_gravest_first():
    case = _case(_a1(cropland_hm2=4000.0), _row("a8", toilets_total=1, toilets_converted=2))
    order = [f.severity for f in check_survey(case)]
    assert order == sorted(order, key=["error", "warning", "note", "unknown"].index)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_of_an_empty_survey_reads_whole(language):
    from qingliu.core import language as spoken

    before = spoken.current()
    spoken.use(language)
    try:
        for finding in check_survey(_case(_row("sheet", table="a1"), _a1(), type="leisure")):
            text = finding.problem.text(language)
            assert text.startswith("QL-CHECK-") and "{" not in text, text
    finally:
        spoken.use(before)


def test_a_check_is_no_more_than_its_data():
    check = Check(id="x", zh="甲", en="a", kind="unique", severity="note", clause="4.1.4", table="a7",
                  field="main_income")  # fmt: skip
    rows = [_row("a7", n, main_income="茶叶") for n in range(2)]
    assert [f.severity for f in check_survey(_case(*rows), [check]) if f.check_id == "x"] == ["note"]


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        (_row("a1", frost_free_days=400), "（0～366）", "(possible: 0 to 366)"),
        (_row("a7", households=-1), "（不小于 0）", "(possible: at least 0)"),
    ],
    ids=["both", "lower only"],
)
def test_limits_are_told_in_words_where_one_is_missing(row, zh, en):
    from qingliu.core import language

    said = {}
    before = language.current()
    for name in ("zh", "en"):
        language.use(name)
        (finding,) = _found(_case(row), "range")
        said[name] = finding.problem.text()
    language.use(before)
    assert zh in said["zh"] and en in said["en"]


def test_a_feature_without_a_place_is_no_place_on_the_map():
    bare = Row("villages", "v1", {"name": "上店"}, {"unplaced": 1.0})
    placed = Row("villages", "v2", {"name": "下店"})
    [found] = _found(_case(bare, placed), "unplaced")
    assert (found.row_uuid, found.severity) == ("v1", "warning") and "上店" in found.problem.text("zh")


def test_a_row_of_another_tables_sheet_or_of_none_is_told():
    heads = [Row("sheet", "h7", {"table": "a7"}), Row("sheet", "h8", {"table": "a8"})]
    rows = [
        Row("a7", f"r{n}", {"natural_village": str(n), "sheet_uuid": h})
        for n, h in enumerate(("h7", "h8", "x", None))
    ]
    assert [f.row_uuid for f in _found(_case(*heads, *rows), "sheet_link")] == ["r1", "r2", "r3"]


# -- what cannot stand as it is written ----------------------------------------


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2026-03-10", None),
        ("2026-03-11", None),
        ("2026-03-12", "QL-CHECK-FUTURE"),
        ("2099-01-01", "QL-CHECK-FUTURE"),
        ("2024-02-30", "QL-CHECK-NODATE"),
        ("2024-02-29", None),
        ("去年", "QL-CHECK-NODATE"),
        ("", None),
        (None, None),
    ],
    ids=[
        "today",
        "a day of grace",
        "two days ahead",
        "2099",
        "30 February",
        "leap day",
        "words",
        "blank",
        "empty",
    ],
)
@pytest.mark.parametrize(
    ("table", "field", "check_id"),
    [
        ("sheet", "survey_date", "survey_date_possible"),
        ("indicator_input", "date", "judgement_date_possible"),
    ],
    ids=["sheet", "judgement"],
)
def test_a_date_is_a_day_of_the_calendar_and_not_ahead_of_its_time(table, field, check_id, written, code):
    case = _case(_row(table, **{field: written}), day=dt.date(2026, 3, 10))
    hits = _found(case, check_id)
    assert [(f.severity, f.problem.code, f.field) for f in hits] == ([("error", code, field)] if code else [])


def test_a_photo_s_moment_is_held_against_the_day_whatever_its_zone():
    rows = [
        _row("photos", n, taken_at=t)
        for n, t in enumerate(("2026-03-10T08:00:00+08:00", "2031-03-10T08:00:00Z"))
    ]
    hits = _found(_case(*rows, day=dt.date(2026, 3, 10)), "photo_date_possible")
    assert [(f.row_uuid, f.severity) for f in hits] == [("photos-1", "warning")]


def test_no_date_is_ahead_where_the_day_is_not_known():
    assert _found(_case(_row("sheet", survey_date="2099-01-01")), "survey_date_possible") == []


def test_a_row_number_stands_once_in_a_sheet_and_may_return_in_another():
    rows = [
        _row("a7", n, natural_village=str(n), sheet_uuid=head, row_no=number)
        for n, (head, number) in enumerate(
            [("h1", 1), ("h1", 2), ("h1", 2), ("h2", 2), ("h1", None), ("h1", None)]
        )
    ]
    hits = _found(_case(*rows), "row_number_once")
    assert [(f.row_uuid, f.field, f.severity) for f in hits] == [("a7-2", "row_no", "warning")]


def test_files_that_are_gone_or_elsewhere_are_told_with_their_names():
    rows = [
        _row("photos", 1, path="photos/gone.jpg"),
        _row("photos", 2, path="photos/there.jpg"),
        _row("indicator_input", 1, number=3, key="judgement", evidence="/etc/passwd"),
    ]
    faults = {
        ("photos", "photos-1", "path"): "missing",
        ("indicator_input", "indicator_input-1", "evidence"): "outside",
    }
    case = _case(*rows, files=faults)
    told = {f.row_uuid: (f.check_id, f.problem.code, f.problem.facts["path"]) for f in check_survey(case)
            if f.check_id in ("photo_file", "evidence_file")}  # fmt: skip
    assert told == {
        "photos-1": ("photo_file", "QL-CHECK-NOFILE", "photos/gone.jpg"),
        "indicator_input-1": ("evidence_file", "QL-CHECK-OUTSIDE", "/etc/passwd"),
    }


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan], ids=["inf", "-inf", "nan"])
def test_a_number_that_is_not_finite_is_told_as_such_and_once(value):
    rows = [
        _a1(cropland_hm2=value),
        _row("channels", length_m=value),
        _row("indicator_input", number=3, value=value),
    ]
    hits = [f for f in check_survey(_case(*rows)) if f.severity in ("error", "warning")]
    told = [(f.table, f.field) for f in hits if f.problem.code == "QL-CHECK-NOTFINITE"]
    assert sorted(told) == [("a1", "cropland_hm2"), ("channels", "length_m"), ("indicator_input", "value")]
    assert not [f for f in hits if f.problem.code == "QL-CHECK-NOTNUMBER"]


def test_words_in_a_cell_that_counts_are_told_and_break_no_check():
    hits = check_survey(_case(_row("a6", channel_name="沟", sewage_outfalls="两处"), *_points(1, "outfall")))
    assert ("number", "sewage_outfalls") in [(f.check_id, f.field) for f in hits]
