"""Land-use codes: both lists, lost zeros, other lists with a map."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.landuse import (
    LandClass,
    classify,
    code_text,
    default_scheme,
    exact_code,
    forest_grass,
    group_members,
    is_village,
    parse_map,
    restored_code,
)
from qingliu.core.standard import default_edition

SCHEME = default_scheme()


def codes_of(problems):
    return [p.code for p in problems]


def classes(*codes, **options):
    return classify(dict.fromkeys(codes, 10000.0), layer="地类", **options)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0101", "0101"),
        ("01", "01"),
        ("0304K", "0304"),
        ("1104A", "1104"),
        ("1104K", "1104"),
        ("0810A", "0810"),
        ("05H1", "05"),
        ("08H1", "08"),
        ("08H2", "08"),
        ("08H2A", "08"),
        ("0508", "0604"),
        ("00", "00"),
        ("0101水田", "0101"),
        ("0101 水田", "0101"),
        ("旱地", "0103"),
        ("可调整果园", "0201"),
        ("0199", None),
        ("13", None),
        ("abc", None),
        ("", None),
    ],
)
def test_codes_of_both_lists(written, meant):
    assert exact_code(code_text(written), SCHEME) == meant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (33, "33"),
        (33.0, "33"),
        ("３３ ", "33"),
        (None, ""),
        (float("nan"), ""),
        ("08h1", "08H1"),
        (1.5, "1.5"),
        ("0103.0", "0103"),
        ("301.00", "301"),
    ],
)
def test_code_as_text(value, text):
    assert code_text(value) == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [("101", "0101"), ("1", "01"), ("404", "0404"), ("33", None), ("9999", None), ("0", None)],
)
def test_lost_leading_zero(written, meant):
    assert restored_code(written, SCHEME) == meant


def test_noughts_of_a_raster_are_land_of_no_class_and_not_wetland():
    found = classify({0: 6.0, 103: 3.0, 301: 1.0}, layer="x")
    assert found.unmapped == {"0": 6.0} and found.classes[103].code == "0103"


@given(st.sampled_from(sorted(c for c in SCHEME.names if len(c) == 4)))
def test_every_second_level_code_survives_a_numeric_field(code):
    read = classify({int(code): 1.0}, layer="x").classes[int(code)]
    assert read.code == SCHEME.aliases.get(code, code)


def test_73_classes_at_second_level_and_12_at_first():
    names = [i.code for i in default_edition().codelists["land_use"].items]
    assert (sum(len(c) == 4 for c in names), sum(len(c) == 2 for c in names)) == (73, 12)


def test_forest_and_grass_is_what_contract_lists():
    counted = {c for c in SCHEME.names if forest_grass(c)}
    assert counted == {"03", "04", "0301", "0302", "0303", "0305", "0401", "0402", "0403", "0404"}
    assert {c for c in SCHEME.names if forest_grass(c, wetland_forest=True)} - counted == {"0304", "0306"}


def test_bare_forest_counts_whole_with_a_note_that_gives_its_area(english):
    found = classify({"03": 12_345.0, "0401": 1.0}, layer="parcels")
    assert codes_of(found.warnings) == ["QL-LANDUSE-WHOLE"]
    assert "03 (1.2345 hm²)" in found.warnings[0].text()


def test_numeric_column_gets_its_zeros_back_with_one_warning(english):
    found = classes(101, 301, 1101)
    assert [found.classes[c].code for c in (101, 301, 1101)] == ["0101", "0301", "1101"]
    assert codes_of(found.warnings) == ["QL-LANDUSE-ZEROLOST"]
    assert "101 → 0101, 301 → 0301" in found.warnings[0].text()


def test_203_is_village_land_where_zeros_are_kept_and_rubber_where_they_are_lost():
    kept = classes("0101", "203")
    assert kept.classes["203"] == LandClass("07", village=True)
    assert kept.warnings == []
    lost = classes(101, 203)
    assert lost.classes[203] == LandClass("0203")
    assert codes_of(lost.warnings) == ["QL-LANDUSE-ZEROLOST", "QL-LANDUSE-AMBIGUOUS"]


def test_rural_homestead_is_village_land():
    assert is_village(classes("0702").classes["0702"])
    assert not is_village(classes("0701").classes["0701"])


def test_single_unknown_code_is_listed_with_its_area(english):
    found = classify({"0101": 90_000.0, "9901": 10_000.0, None: 500.0}, layer="parcels")
    assert found.unmapped == {"9901": 10_000.0, "": 500.0}
    assert "9901 (1.0000 hm²), NULL (0.0500 hm²)" in found.warnings[0].text()


def test_another_list_without_a_map_is_refused_with_all_its_codes(english):
    with pytest.raises(InputError) as error:
        classes(4, 6, 8, 18, 33, 104, 106)
    assert error.value.code == "QL-LANDUSE-OTHERLIST"
    for code in ("18", "33", "104", "106"):
        assert f"{code} (1.0000 hm²)" in error.value.text()


def test_real_list_with_its_map(shared):
    mapping = parse_map((shared / "data/youwuzhen/landuse_map.csv").read_bytes(), "landuse_map.csv").targets
    found = classes(4, 6, 8, 18, 33, 104, 106, mapping=mapping)
    assert {c: land.code for c, land in found.classes.items()} == {
        4: "0201", 6: "0301", 8: "0301", 18: "1101", 33: "0101", 104: "0702", 106: "0601",
    }  # fmt: skip
    assert found.warnings == []
    assert is_village(found.classes[104])


def test_code_missing_from_the_map_is_never_guessed():
    found = classes(4, 33, mapping={"33": "0101"})
    assert list(found.unmapped) == ["4"]
    assert codes_of(found.warnings) == ["QL-LANDUSE-UNMAPPED"]


def test_map_may_list_only_what_is_foreign():
    found = classes("0101", "0304K", "1101", "X7", mapping={"X7": "0702"})
    assert {c: land.code for c, land in found.classes.items()} == {
        "0101": "0101",
        "0304K": "0304",
        "X7": "0702",
    }
    assert list(found.unmapped) == ["1101"]


def test_group_holds_the_first_level_only_when_complete():
    assert "01" in group_members(["0101", "0102", "0103"])
    assert "04" not in group_members(["0401", "0404"])


ROWS = "code,gbt21010\n33,0101\n住宅,0702\n"


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode(),
        codecs.BOM_UTF8 + ROWS.encode(),
        ROWS.encode("gbk"),
        ROWS.encode("utf-16"),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", "\t").encode(),
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("code,gbt21010", "Code , GBT21010").encode(),
        (ROWS + "\n,\n").encode(),
        (ROWS + "33,0101\n").encode(),
    ],
    ids=["utf8", "bom", "gbk", "utf16", "semicolon", "tab", "crlf", "head-case", "blank-rows", "same-twice"],
)
def test_map_in_the_forms_people_send(data):
    assert parse_map(data, "map.csv").targets == {"33": "0101", "住宅": "0702"}


def test_map_from_excel_without_leading_zeros_is_repaired_and_said(english):
    found = parse_map(b"code,gbt21010\n33,101\n34,1101\n", "map.csv")
    assert found.targets == {"33": "0101", "34": "1101"}
    assert "2: 101 → 0101" in found.warnings[0].text()


def test_all_faults_of_a_map_come_at_once_with_their_rows(english):
    with pytest.raises(InputError) as error:
        parse_map(b"code,gbt21010\n1,0101\n2,9999\n,0102\n1,0103\n3,\n", "map.csv")
    found = [(p.code, p.facts["row"]) for p in error.value.problems]
    assert found == [
        ("QL-LANDUSE-MAPTARGET", 3),
        ("QL-LANDUSE-MAPCODE", 4),
        ("QL-LANDUSE-MAPTWICE", 5),
        ("QL-LANDUSE-MAPTARGET", 6),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "QL-LANDUSE-MAPCOLUMNS"),
        (b"a,b\n1,2\n", "QL-LANDUSE-MAPCOLUMNS"),
        (b"code,gbt21010\n", "QL-LANDUSE-MAPEMPTY"),
        (b"PK\x03\x04\x00\x00\xff\xff\x80\x81", "QL-LANDUSE-MAPENCODING"),
    ],
    ids=["empty", "other columns", "head only", "a workbook"],
)
def test_what_is_no_map_is_refused(data, code):
    with pytest.raises(InputError) as error:
        parse_map(data, "map.csv")
    assert error.value.code == code


@given(st.binary(max_size=200))
def test_no_bytes_break_the_map_reader(data):
    try:
        parse_map(data, "map.csv")
    except InputError as error:
        assert error.code.startswith("QL-LANDUSE-MAP")
