"""Printed survey tables: heads as the norm prints them, cells out and in, totals, headers."""

from __future__ import annotations

import datetime

import pytest
from qingliu.core.printing import (
    COMPUTED,
    EXTRA,
    BadCell,
    PrintedColumn,
    StoredRow,
    form_of,
    from_cell,
    neutral,
    number_text,
    restored,
    sheets_of,
    to_cell,
    to_text,
)
from qingliu.core.printing.cells import same_cell, several
from qingliu.core.standard import CodeItem, default_edition

KINDS = (CodeItem("沼气", "沼气", "biogas"), CodeItem("太阳能", "太阳能", "solar"))
LAND = (
    CodeItem("0101", "水田", "paddy"),
    CodeItem("0201", "果园", "orchard"),
    CodeItem("9", "果园", "other orchard"),
)


def column(kind="text", **more):
    return PrintedColumn("key", kind, "列", **more)


def form(table):
    edition = default_edition()
    return form_of(edition.table(table), edition)


def heads(table):
    return [(h.row, h.column, h.rows, h.columns, h.text) for h in form(table).heads]


# -- heads ---------------------------------------------------------------------


def test_grouped_heads_span_their_columns_and_the_others_both_rows():
    found = heads("a7")
    assert found[0] == (0, 0, 2, 1, "序号")
    assert (0, 12, 1, 2, "新能源利用") in found
    assert (1, 12, 1, 1, "类型") in found and (1, 13, 1, 1, "方式") in found
    assert (0, 14, 1, 3, "农业特色产业") in found


def test_footnote_letters_are_counted_anew_where_the_draft_misprints_one():
    letters = {h.text: h.letter for h in form("a7").heads if h.letter}
    assert letters == {"居民区面积": "a", "新能源利用": "b", "农业特色产业": "c"}
    assert form("a7").notes[0].startswith("注 a：居民区面积")


def test_units_stand_in_the_head_unless_the_group_says_them():
    columns = {c.key: c.head for c in form("a3").columns}
    assert columns["erosion_light_hm2"] == "轻度"  # the group reads 水土流失面积(hm²)
    assert columns["erosion_light_pct"] == "占比(%)"
    assert columns["gully_density"] == "沟壑密度(km/km²)"
    assert {c.key: c.head for c in form("a8").columns}["toilets_total"] == "总数"


def test_computed_and_added_columns_are_marked_and_the_notes_say_what_the_marks_mean():
    a2 = {c.key: c.mark for c in form("a2").columns}
    assert a2["cropland_per_capita_hm2"] == COMPUTED and a2["households"] == ""
    assert {c.key for c in form("a8").columns if c.mark == EXTRA} == {
        "households_sanitary",
        "public_toilets",
        "treated_to_standard",
        "waste_kinds",
    }
    assert any(n.startswith(EXTRA) for n in form("a8").notes)
    assert not any(n.startswith(COMPUTED) for n in form("a8").notes)


@pytest.mark.parametrize("table", list(default_edition().tables))
def test_head_covers_every_column_once(table):
    made = form(table)
    covered = [(h.row + r, h.column + c) for h in made.heads for r in range(h.rows) for c in range(h.columns)]
    assert sorted(covered) == [(r, c) for r in range(made.head_rows) for c in range(len(made.columns))]
    assert len({c.key for c in made.columns}) == len(made.columns)
    assert all(c.title for c in made.columns)


def test_tables_of_more_than_twelve_columns_are_wide():
    assert not form("a2").wide and form("a6").wide


# -- out -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text", "number", "integer", "boolean", "date", "enum", "enum_multi"])
def test_null_stays_blank_and_is_never_zero(kind):
    assert to_cell(column(kind), None) is None
    assert to_text(column(kind), None) == ""
    assert from_cell(column(kind), None) is None
    assert from_cell(column(kind), "  \n") is None


def test_zero_is_printed_as_zero():
    assert to_cell(column("number"), 0.0) == 0.0 and to_text(column("number"), 0.0) == "0"
    assert to_text(column("boolean"), False) == "否"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (12.5, "12.5"),
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (1e-9, "1e-09"),
        (-2.25, "-2.25"),
        (1e15, "1000000000000000"),
    ],
)
def test_numbers_are_printed_without_idle_digits(value, printed):
    assert number_text(value) == printed


@pytest.mark.parametrize("text", ["=1+1", "+86 10", "-", "@SUM(A1)", "＝1", "'=1", "'", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe_and_loses_it_again(text):
    assert neutral(text) == "'" + text
    assert restored(neutral(text)) == text


@pytest.mark.parametrize("text", ["村", "1-2", "a=b", ""])
def test_other_text_is_left_alone(text):
    assert neutral(text) == text and restored(text) == text


def test_an_apostrophe_that_somebody_typed_stays():
    assert restored("'茶") == "'茶"
    assert restored(neutral("'茶")) == "'茶"


def test_codes_are_printed_as_labels_and_with_the_code_where_labels_are_shared():
    land = column("enum", choices=LAND)
    assert to_text(land, "0101") == "水田"
    assert to_text(land, "0201") == "0201 果园"
    assert to_text(land, "0999") == "0999"  # not in the list: shown as it stands
    many = column("enum_multi", choices=KINDS)
    assert to_text(many, '{"沼气","太阳能"}') == "沼气、太阳能"
    assert several('{"沼气","太阳能"}') == ("沼气", "太阳能")


def test_whole_numbers_that_a_spreadsheet_would_round_are_text():
    assert to_cell(column("integer"), 2**60) == str(2**60)
    assert from_cell(column("integer"), str(2**60)) == 2**60


def test_what_xml_cannot_hold_is_replaced():
    assert to_cell(column(), "a\x00b\x0bc\ufffed\r\ne\rf") == "a\ufffdb\ufffdc\ufffdd\ne\nf"


# -- in ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234.5", 1234.5), ("1，234", 1234.0), ("１２．５", 12.5), (" 36 hm² ", 36.0), ("36hm2", 36.0),
        (7, 7.0), (-0.5, -0.5), ("1e3", 1000.0), (".5", 0.5), ("'-3", -3.0),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(cell, value):
    assert from_cell(column("number", full_unit="hm²"), cell) == value


@pytest.mark.parametrize("cell", ["12,5", "1,23,456", "约30", "30~40", "36 m", "nan", "inf", "1e999", True,
                                  datetime.date(2025, 1, 1)])  # fmt: skip
def test_what_is_no_number_is_told_and_not_guessed(cell):
    with pytest.raises(BadCell) as bad:
        from_cell(column("number", full_unit="hm²"), cell)
    assert bad.value.code == "QL-PRINT-NUMBER"


def test_a_cell_shown_as_a_percentage_counts_in_per_cent():
    share = column("number", full_unit="%")
    assert from_cell(share, 0.125, percent=True) == 12.5
    assert from_cell(share, 12.5) == 12.5
    assert from_cell(share, "12.5％") == 12.5
    assert from_cell(column("number", full_unit="hm²"), 0.125, percent=True) == 0.125


@pytest.mark.parametrize(("cell", "value"), [("３６ 户", 36), (36.0, 36), ("1,200", 1200), ("012", 12)])
def test_whole_numbers(cell, value):
    assert from_cell(column("integer", full_unit="户"), cell) == value


def test_a_fraction_is_no_whole_number():
    with pytest.raises(BadCell) as bad:
        from_cell(column("integer"), "36.5")
    assert bad.value.code == "QL-PRINT-INTEGER"


def test_limits_hold_and_name_themselves():
    with pytest.raises(BadCell) as bad:
        from_cell(column("number", low=0.0, high=100.0), "101")
    assert bad.value.code == "QL-PRINT-RANGE" and bad.value.facts["limits"] == "0 … 100"
    assert from_cell(column("number", low=0.0, high=100.0), 100) == 100.0


@pytest.mark.parametrize(
    "cell",
    ["2025-09-03", "2025/9/3", "2025.9.3", "2025年9月3日", "20250903", 20250903, "２０２５－０９－０３", 45903,
     datetime.datetime(2025, 9, 3, 8, 0), datetime.date(2025, 9, 3), "2025-09-03T00:00:00"],
)  # fmt: skip
def test_dates_as_people_and_spreadsheets_write_them(cell):
    assert from_cell(column("date"), cell) == "2025-09-03"


@pytest.mark.parametrize("cell", ["2025-02-30", "9/3", "昨天", 3.5, "2025"])
def test_what_is_no_date_is_told(cell):
    with pytest.raises(BadCell):
        from_cell(column("date"), cell)


@pytest.mark.parametrize(("cell", "value"), [("是", True), ("有", True), (1, True), ("TRUE", True), (True, True),
                                             ("否", False), ("无", False), (0.0, False), ("n", False)])  # fmt: skip
def test_yes_and_no(cell, value):
    assert from_cell(column("boolean"), cell) is value


@pytest.mark.parametrize("cell", ["可能", 2, "是否"])
def test_neither_yes_nor_no(cell):
    with pytest.raises(BadCell):
        from_cell(column("boolean"), cell)


@pytest.mark.parametrize(
    ("cell", "code"),
    [("0101", "0101"), ("水田", "0101"), ("paddy", "0101"), (" 0101 水田", "0101"), (101, "0101"), (101.0, "0101"),
     ("0201 果园", "0201"), ("9果园", "9")],
)  # fmt: skip
def test_codes_and_labels_name_a_code(cell, code):
    assert from_cell(column("enum", choices=LAND), cell) == code


@pytest.mark.parametrize("cell", ["果园", "旱地", "01"])
def test_a_label_of_two_codes_or_of_none_is_told(cell):
    with pytest.raises(BadCell) as bad:
        from_cell(column("enum", choices=LAND), cell)
    assert bad.value.code == "QL-PRINT-CHOICE" and "水田" in bad.value.facts["allowed"]


@pytest.mark.parametrize(
    "cell", ["沼气、太阳能", "沼气，太阳能", "沼气;solar", "沼气\n太阳能", '{"沼气","太阳能"}']
)
def test_several_codes_in_one_cell(cell):
    assert from_cell(column("enum_multi", choices=KINDS), cell) == ("沼气", "太阳能")


def test_text_keeps_leading_zeros_and_numbers_in_text_columns_lose_no_digit():
    assert from_cell(column(), "007") == "007"
    assert from_cell(column(), 12.0) == "12" and from_cell(column(), 12.5) == "12.5"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0.1 + 0.2, 0.3, True), (252154398564530.53125, 252154398564530.5, True), (0.3, 0.30001, False),
        (999999999999999, 999999999999998, False), (36, 36.0, True), ("甲\r\n乙", "甲\n乙", True), (None, " ", True),
        ("007", 7, False), (True, "是", True), (0, None, False),
    ],
)  # fmt: skip
def test_cells_are_the_same_where_a_spreadsheet_would_keep_them_the_same(one, other, same):
    assert same_cell(one, other) is same and same_cell(other, one) is same


# -- sheets --------------------------------------------------------------------


def test_rows_go_with_their_header_in_the_order_of_their_number():
    head = [StoredRow("h1", 1, {}), StoredRow("h2", 1, {})]
    rows = [
        StoredRow("c", 1, {"sheet_uuid": "h2", "row_no": 1}),
        StoredRow("b", 1, {"sheet_uuid": "h1", "row_no": 2}),
        StoredRow("x", 1, {"sheet_uuid": "h1"}),
        StoredRow("a", 1, {"sheet_uuid": "h1", "row_no": 1}),
        StoredRow("lost", 1, {"sheet_uuid": "gone", "row_no": 3}),
    ]
    first, second = sheets_of(form("a7"), head, rows, "")
    assert [r.uuid for r in first.rows] == ["a", "b", "lost", "x"]
    assert [r.uuid for r in second.rows] == ["c"] and (second.number, second.count) == (2, 2)


def test_an_empty_table_has_rows_to_write_in_and_no_total():
    (sheet,) = sheets_of(form("a2"), [], [], "")
    assert sheet.blank_rows > 1 and sheet.totals() == []
    assert sheets_of(form("a1"), [], [], "")[0].blank_rows == 1


def test_totals_add_what_adds_up_and_leave_out_what_a_row_lacks():
    rows = [
        StoredRow("1", 1, {"unit_name": "甲", "land_area_hm2": 1.1, "households": 3, "registered_population": 10,
                           "cropland_hm2": 2.0, "net_income_yuan": 100.0, "labour_force": 4}),
        StoredRow("2", 1, {"unit_name": "乙", "land_area_hm2": 2.2, "households": 4, "registered_population": 30,
                           "cropland_hm2": 4.0, "net_income_yuan": 200.0}),
    ]  # fmt: skip
    made = form("a2")
    (sheet,) = sheets_of(made, [], rows, "")
    totals = dict(zip((c.key for c in made.columns), sheet.totals()))
    assert totals["unit_name"] == "合计"
    assert totals["land_area_hm2"] == 3.3 and totals["households"] == 7
    assert totals["cropland_per_capita_hm2"] == 0.15  # 6 hm² for 40 persons
    assert totals["labour_force"] is None  # one village did not tell
    assert totals["net_income_yuan"] is None  # income per head does not add up


def test_the_html_escapes_what_is_in_the_cells():
    from qingliu.core.printing.html import sheets_html, widths

    (sheet,) = sheets_of(form("a12x"), [], [StoredRow("1", 1, {"name": '<b>&"茶\n园'})], "")
    html = sheets_html([sheet], "SimSun", 9)
    assert "&lt;b&gt;&amp;&#34;茶<br>园" in html and "<b>&" not in html
    assert sum(widths(sheet)) == pytest.approx(100.0)
