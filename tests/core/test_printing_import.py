"""A filled sheet read back: which table, which columns, which rows, what differs. Grids small enough to read."""

from __future__ import annotations

import pytest
from qingliu.core.printing import (
    GridCell,
    Marker,
    StoredRow,
    compare,
    compare_header,
    form_of,
    read_sheet,
    recognise,
)
from qingliu.core.standard import default_edition

STORE = "store-1"


def form(table):
    edition = default_edition()
    return form_of(edition.table(table), edition)


FORMS = {t.name: form(t.name) for t in default_edition().tables.values()}


def grid(*lines):
    return [[c if isinstance(c, GridCell) else GridCell(c) for c in line] for line in lines]


def stored(uuid, version=1, **values):
    return StoredRow(uuid, version, values)


def never(table, uuid, version):
    return None


def read(table, *lines, name="Sheet1"):
    found = read_sheet(grid(*lines), name, form(table))
    if found is None:
        pytest.fail("no head found")
    return found


def exported(table, keys, *rows, head="h1", version=1, store=STORE):
    """A sheet as the export writes it, with these columns: marker, head, hidden keys, rows (uuid, version, …)."""
    titles = {c.key: c.title for c in form(table).columns}
    marker = Marker(table, head, version, store).text()
    return read(table, [marker], ["", "", *(titles[k] for k in keys)], ["#keys", None, *keys], *rows)


def told(comparison):
    return [(d.row_uuid, d.field, d.kind, d.old, d.new) for d in comparison.differences]


def keys_of(sheet):
    return {m.at: (m.column.key, m.by) for m in sheet.columns}


# -- which table ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "name", "stem"),
    [
        ([[Marker("a7", "", None, "").text()]], "x", "x"),
        ([["表 A.7　村庄基本情况调查表"]], "x", "x"),
        ([["附表A.7 村庄"]], "x", "x"),
        ([["随便"]], "A.7", "x"),
        ([["随便"]], "Sheet1", "a7"),
        ([["序号", "自然村名", "所属乡、镇", "所属行政村", "户均庭院面积"]], "Sheet1", "村庄"),
    ],
    ids=["marker", "title", "appended title", "sheet name", "file name", "heads"],
)
def test_a_table_is_recognised(lines, name, stem):
    found = recognise(grid(*lines), name, stem, FORMS)
    assert found is not None and found.table == "a7"


def test_a_sheet_of_something_else_is_not_taken_for_a_table():
    assert recognise(grid(["日期", "天气"], ["9 月", "晴"]), "日记", "日记", FORMS) is None


def test_a_head_that_two_tables_share_does_not_decide():
    assert recognise(grid(["序号", "名称"], [1, "甲"]), "Sheet1", "x", FORMS) is None


# -- which column ----------------------------------------------------------------


def test_columns_are_known_by_head_unit_alias_english_name_and_key():
    sheet = read("a7", ["自 然 村 名", "居民区面积（hm²）", "households", "所属乡镇", "新能源利用 类型", "天气"],
                 ["甲", 1, 2, "镇", "沼气", "晴"])  # fmt: skip
    assert keys_of(sheet) == {
        0: ("natural_village", "head"),
        1: ("residential_area_hm2", "head"),
        2: ("households", "key"),
        4: ("new_energy_type", "alias"),
    }
    assert sheet.unknown == (("D1", "所属乡镇"), ("F1", "天气"))
    assert "township" in {c.key for c in sheet.lacking}


def test_the_group_above_tells_columns_of_the_same_head_apart():
    sheet = read("a8", ["自然村名", "生活污水", "生活污水", "生活垃圾", "生活垃圾"],
                 ["自然村名", "日排放量\n(L/d)", "收集并处置量", "日产生量(t/d)", "收集并处置量"],
                 ["甲", 1, 2, 3, 4])  # fmt: skip
    assert [m.column.key for m in sheet.columns] == [
        "natural_village", "sewage_l_d", "sewage_treated_l_d", "waste_t_d", "waste_treated_t_d",
    ]  # fmt: skip


def test_equal_heads_are_told_by_the_column_they_follow():
    sheet = read("a3", ["轻度", "占比", "强烈", "占比"], [1, 10, 2, 20])
    assert [m.column.key for m in sheet.columns] == [
        "erosion_light_hm2", "erosion_light_pct", "erosion_strong_hm2", "erosion_strong_pct",
    ]  # fmt: skip


def test_an_equal_head_without_a_neighbour_to_tell_it_is_left_out_and_named():
    sheet = read("a3", ["侵蚀模数", "占比", "轻度"], [1450, 10, 2])
    assert [m.column.key for m in sheet.columns] == ["erosion_modulus", "erosion_light_hm2"]
    assert sheet.unknown == (("B1", "占比"),)


def test_hidden_keys_win_over_heads_that_somebody_changed():
    sheet = read(
        "a2", ["", "", "村", "地"], ["#keys", None, "unit_name", "land_area_hm2"], ["", None, "甲", 3]
    )
    assert keys_of(sheet) == {2: ("unit_name", "key"), 3: ("land_area_hm2", "key")}


# -- which rows -------------------------------------------------------------------


def test_totals_notes_and_rows_with_nothing_but_a_number_are_no_rows():
    sheet = read(
        "a2", ["行政村名", "土地面积"], ["甲", 1], ["合计", 1], ["注 a：说明", None], ["依据：SL/T 534", None]
    )
    assert [r.cells["unit_name"].value for r in sheet.rows] == ["甲"]
    numbered = read("a7", ["序号", "自然村名"], [1, "甲"], [2, None], [3, " "], [None, "乙"])
    assert [r.cells["natural_village"].value for r in numbered.rows] == ["甲", "乙"]


def test_header_fields_are_read_beside_their_label_or_in_the_same_cell():
    sheet = read("a2", ["调查人：", "李清", "记录人：", "校核人：王磊"], ["调查日期", "2025/6/18"],
                 ["行政村名", "土地面积"], ["甲", 1])  # fmt: skip
    found = {k: (c.value, sheet.head.places[k]) for k, c in sheet.head.cells.items()}
    assert found["surveyor"] == ("李清", "B1")
    assert found["recorder"][0] is None and found["checker"] == ("王磊", "D1")
    assert found["survey_date"] == ("2025/6/18", "B2")


# -- what differs -------------------------------------------------------------------


def test_a_file_that_nobody_touched_changes_nothing():
    rows = [
        stored("u1", unit_name="甲", land_area_hm2=0.1 + 0.2),
        stored("u2", unit_name="=乙", land_area_hm2=None),
    ]
    sheet = exported("a2", ["unit_name", "land_area_hm2"], ["u1", 1, "甲", 0.3], ["u2", 1, "'=乙", None])
    found = compare([sheet], rows, never, STORE)
    assert told(found) == [] and found.changes == []


def test_changed_cleared_and_new_are_told_with_both_values_and_become_one_change_a_row():
    rows = [stored("u1", 3, unit_name="甲", land_area_hm2=1.5, households=7)]
    sheet = exported("a2", ["unit_name", "land_area_hm2", "households"],
                     ["u1", 3, "甲", "１,２00.5", None], [None, None, "乙", 2, 5])  # fmt: skip
    found = compare([sheet], rows, never, STORE)
    assert told(found) == [
        ("u1", "land_area_hm2", "changed", "1.5", "1200.5"),
        ("u1", "households", "cleared", "7", ""),
        ("", "unit_name", "new", "", "乙"),
        ("", "land_area_hm2", "new", "", "2"),
        ("", "households", "new", "", "5"),
    ]
    first, second = found.changes
    assert (first.uuid, first.version, dict(first.values)) == (
        "u1",
        3,
        {"land_area_hm2": 1200.5, "households": None},
    )
    assert (second.uuid, second.values["sheet_uuid"], second.values["unit_name"]) == ("", "h1", "乙")
    assert found.rows("new") == 1


def test_what_the_survey_alone_changed_since_the_export_stays_untouched():
    rows = [stored("u1", 2, unit_name="甲", households=9)]
    sheet = exported("a2", ["unit_name", "households"], ["u1", 1, "甲", 7])
    found = compare([sheet], rows, lambda t, u, v: {"unit_name": "甲", "households": 7}, STORE)
    assert told(found) == []


def test_what_both_changed_is_a_conflict_and_is_not_written():
    rows = [stored("u1", 2, unit_name="甲", households=9, labour_force=1)]
    sheet = exported("a2", ["unit_name", "households", "labour_force"], ["u1", 1, "甲", 8, 2])
    before = {"unit_name": "甲", "households": 7, "labour_force": 1}
    found = compare([sheet], rows, lambda t, u, v: before, STORE)
    assert told(found) == [
        ("u1", "households", "conflict", "9", "8"),
        ("u1", "labour_force", "changed", "1", "2"),
    ]
    assert dict(found.changes[0].values) == {"labour_force": 2} and found.changes[0].version == 2


def test_both_changing_to_the_same_value_is_no_difference():
    rows = [stored("u1", 2, unit_name="甲", households=8)]
    sheet = exported("a2", ["unit_name", "households"], ["u1", 1, "甲", 8])
    assert told(compare([sheet], rows, lambda t, u, v: {"unit_name": "甲", "households": 7}, STORE)) == []


def test_a_blank_cell_of_a_file_without_versions_is_no_wish_to_empty_it():
    rows = [stored("u1", unit_name="甲", households=7, land_area_hm2=1.0)]
    sheet = read("a2", ["行政村名", "户数", "土地面积"], ["甲", None, 2])
    assert told(compare([sheet], rows, never, STORE)) == [("u1", "land_area_hm2", "changed", "1", "2")]


def test_bad_cells_are_listed_with_sheet_cell_and_reason_and_nothing_else_is_lost():
    rows = [stored("u1", unit_name="甲", households=7, land_area_hm2=1.0)]
    sheet = exported("a2", ["unit_name", "households", "land_area_hm2"],
                     ["u1", 1, "甲", "七", GridCell("=B1*2", fault="QL-PRINT-FORMULA")])  # fmt: skip
    found = compare([sheet], rows, never, STORE)
    assert [(d.kind, d.cell, d.fault.code) for d in found.differences] == [
        ("bad", "E4", "QL-PRINT-FORMULA"),
        ("bad", "D4", "QL-PRINT-NUMBER"),
    ]
    assert found.changes == []
    assert "Sheet1!D4" in found.faults()[1].text("zh") and "户数" in found.faults()[1].text("en")


def test_rows_that_the_file_lacks_are_listed_and_rows_deleted_meanwhile_are_not_made_again():
    rows = [stored("u1", unit_name="甲", sheet_uuid="h1"), stored("u2", unit_name="乙", sheet_uuid="h1"),
            stored("u3", unit_name="丙", sheet_uuid="other")]  # fmt: skip
    sheet = exported("a2", ["unit_name"], ["u1", 1, "甲"], ["u9", 1, "丁"])
    found = compare([sheet], rows, never, STORE)
    assert told(found) == [("u9", "", "gone", "", ""), ("u2", "", "missing", "乙", "")]
    assert found.changes == []


def test_a_row_copied_in_the_spreadsheet_is_new_and_the_original_keeps_its_identity():
    rows = [stored("u1", unit_name="甲", households=7)]
    sheet = exported("a2", ["unit_name", "households"], ["u1", 1, "乙", 5], ["u1", 1, "甲", 7])
    found = compare([sheet], rows, never, STORE)
    assert told(found) == [("", "unit_name", "new", "", "乙"), ("", "households", "new", "", "5")]


def test_rows_sorted_without_their_hidden_columns_are_known_by_name():
    rows = [stored("u1", unit_name="甲", households=1), stored("u2", unit_name="乙", households=2),
            stored("u3", unit_name="丙", households=3)]  # fmt: skip
    sheet = exported(
        "a2", ["unit_name", "households"], ["u1", 1, "丙", 3], ["u2", 1, "甲", 1], ["u3", 1, "乙", 20]
    )
    found = compare([sheet], rows, never, STORE)
    assert told(found) == [("u2", "households", "changed", "2", "20")]
    assert found.moved_rows == 3


def test_a_single_renamed_row_keeps_its_identity():
    rows = [stored("u1", unit_name="甲"), stored("u2", unit_name="乙")]
    sheet = exported("a2", ["unit_name"], ["u1", 1, "乙"], ["u2", 1, "乙"])
    assert told(compare([sheet], rows, never, STORE)) == [("u1", "unit_name", "changed", "甲", "乙")]


def test_a_sheet_of_another_survey_is_matched_by_names():
    rows = [stored("u1", unit_name="甲", households=7)]
    sheet = exported("a2", ["unit_name", "households"], ["x9", 5, "甲", 8], store="store-2")
    found = compare([sheet], rows, never, STORE)
    assert told(found) == [("u1", "households", "changed", "7", "8")]


def test_rows_of_the_same_name_are_told_by_their_number_and_else_are_new():
    rows = [stored("u1", row_no=1, natural_village="甲", households=1),
            stored("u2", row_no=2, natural_village="甲", households=2)]  # fmt: skip
    sheet = read("a7", ["序号", "自然村名", "户数"], [2, "甲", 20], [1, "甲", 1])
    assert told(compare([sheet], rows, never, STORE)) == [("u2", "households", "changed", "2", "20")]
    nameless = read("a7", ["自然村名", "户数"], ["甲", 20])
    found = compare([nameless], rows, never, STORE)
    assert [d.kind for d in found.differences] == ["new", "new", "missing", "missing"]


def test_the_row_of_a_table_of_one_row_needs_no_name():
    rows = [stored("u1", elevation_max_m=500.0)]
    sheet = read("a1", ["流域面积", "无霜期"], [12.5, 260])
    assert told(compare([sheet], rows, never, STORE)) == [
        ("u1", "watershed_area_km2", "changed", "", "12.5"),
        ("u1", "frost_free_days", "changed", "", "260"),
    ]


def test_the_header_block_is_compared_with_the_sheets_own_header():
    heads = [stored("h0", table="a2"), stored("h1", 4, table="a2", surveyor="李清", survey_date="2025-06-18")]
    marker = Marker("a2", "h1", 4, STORE).text()
    sheet = read("a2", [marker, "", "调查人：", "王磊", "调查日期：", "2025年6月18日"],
                 ["", "", "行政村名", "户数"], ["#keys", None, "unit_name", "households"])  # fmt: skip
    found = compare_header(sheet, heads, never, STORE)
    assert told(found) == [("h1", "surveyor", "changed", "李清", "王磊")]
    assert (found.changes[0].table, found.changes[0].version) == ("sheet", 4)
