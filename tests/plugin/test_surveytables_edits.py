"""What people do to an exported table in Excel before it comes back: each comes back as what it means, or is told."""

from __future__ import annotations

import csv
import datetime
import re
import zipfile

import pytest

pytest.importorskip("openpyxl")

TOWNSHIP = "云岭镇"


@pytest.fixture
def survey(run, tmp_path):
    """Three villages of one township; its path."""
    from qingliu.layers.store import Insert, open_store

    made = run(
        "qingliu:createsurvey",
        {
            "DESTINATION": str(tmp_path / "survey.gpkg"),
            "NAME": "青柳沟",
            "TYPE": "livable",
            "CRS": "EPSG:4547",
        },
    )
    with open_store(made["SURVEY"], who="测试") as store:
        head = store.rows("sheet", where={"table": "a7"})[0].uuid
        names = (("v1", "上店", 36), ("v2", "中店", 20), ("v3", "下店", 11))
        store.save([
            Insert("a7", {"row_no": n, "natural_village": name, "households": homes, "township": TOWNSHIP,
                          "sheet_uuid": head}, uuid=uuid)
            for n, (uuid, name, homes) in enumerate(names, start=1)
        ])  # fmt: skip
    return tmp_path / "survey.gpkg"


@pytest.fixture
def workbook(run, survey, tmp_path):
    folder = tmp_path / "out"
    run(
        "qingliu:exportsurveytables",
        {"SURVEY": str(survey), "TABLES": "A.7", "FORMAT": "xlsx", "OUTPUT_FOLDER": str(folder)},
    )
    return folder / "a7.xlsx"


class Sheet:
    """The sheet of a table as somebody sees it in Excel."""

    def __init__(self, sheet):
        self.sheet = sheet
        self.keys = next(r for r in range(1, sheet.max_row + 1) if sheet.cell(r, 1).value == "#keys")

    def column(self, key):
        found = (c for c in range(3, self.sheet.max_column + 1) if self.sheet.cell(self.keys, c).value == key)
        return next(found)

    def line(self, uuid):
        return next(
            r for r in range(self.keys, self.sheet.max_row + 1) if self.sheet.cell(r, 1).value == uuid
        )

    def cell(self, uuid, key):
        return self.sheet.cell(self.line(uuid), self.column(key))

    def values(self, uuid):
        return [c.value for c in self.sheet[self.line(uuid)]]


@pytest.fixture
def edited(run, survey, workbook, tmp_path):
    """edited(work, apply) -> results and differences after ``work(sheet)``."""

    def edit(work, *, apply=False):
        from openpyxl import load_workbook

        book = load_workbook(workbook)
        work(Sheet(book.worksheets[0]))
        book.save(workbook)
        return back(run, survey, workbook, tmp_path, apply)

    return edit


def back(run, survey, workbook, tmp_path, apply=False):
    out = tmp_path / "differences.csv"
    given = {"SURVEY": str(survey), "WORKBOOK": str(workbook), "APPLY": apply, "OUTPUT": str(out)}
    found = run("qingliu:importsurveytables", given)
    with open(out, encoding="utf-8-sig", newline="") as stream:
        return found, [(r["row_uuid"], r["field"], r["kind"], r["new"]) for r in csv.DictReader(stream)]


def rows_of(survey):
    from qingliu.layers.store import open_store

    with open_store(survey, read_only=True) as store:
        return {r.uuid: r.values for r in store.rows("a7")}


def insert_column(sheet):
    sheet.sheet.insert_cols(sheet.column("households"))
    at = sheet.column("households") - 1
    for line in (sheet.keys - 1, sheet.line("v1")):
        sheet.sheet.cell(line, at).value = "备注"


def rename(sheet):
    sheet.sheet.title = "Sheet1 (2)"


def sort_rows(sheet):
    one, other = sheet.line("v1"), sheet.line("v3")
    for c in range(1, sheet.sheet.max_column + 1):
        a, b = sheet.sheet.cell(one, c), sheet.sheet.cell(other, c)
        a.value, b.value = b.value, a.value


def without_hidden_columns(sheet):
    sheet.sheet.delete_cols(1, 2)


def merge_equal(sheet):
    """The township written once over all three villages, as printed tables often have it."""
    letter = sheet.cell("v1", "township").column_letter
    sheet.sheet.merge_cells(f"{letter}{sheet.line('v1')}:{letter}{sheet.line('v3')}")


@pytest.mark.parametrize("work", [insert_column, rename, sort_rows, without_hidden_columns, merge_equal])
def test_what_changes_no_value_is_no_difference(edited, work):
    found, differences = edited(work)
    assert differences == [] and found["BAD"] == found["CHANGED"] == found["NEW"] == 0


@pytest.mark.parametrize(
    ("key", "entered", "stored"),
    [
        ("households", 42, 42),
        ("households", "４２", 42),
        ("households", 42.0, 42),
        ("residential_area_hm2", "3.03", 3.03),
        ("residential_area_hm2", 3, 3.0),
        ("natural_village", "上店村", "上店村"),
        ("natural_village", 7, "7"),
        ("township", None, None),
        ("new_energy_type", "沼气、太阳能", '{"沼气","太阳能"}'),
    ],
)
def test_an_entry_of_each_kind_comes_back_as_it_was_meant(edited, survey, key, entered, stored):
    def work(sheet):
        sheet.cell("v1", key).value = entered

    found, differences = edited(work, apply=True)
    assert [(u, f) for u, f, _, _ in differences] == [("v1", key)] and found["BAD"] == 0
    assert rows_of(survey)["v1"][key] == stored
    assert all(rows_of(survey)[u]["township"] == TOWNSHIP for u in ("v2", "v3"))


def test_a_formula_counts_as_what_excel_worked_out(run, survey, workbook, tmp_path):
    from openpyxl import load_workbook

    at = Sheet(load_workbook(workbook).worksheets[0]).cell("v1", "households").coordinate
    part = tmp_path / "part.xlsx"
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(part, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                cell = rf'<c r="{at}"([^>]*?)(?: t="n")?><v>36</v></c>'
                words, count = re.subn(cell, rf'<c r="{at}"\1><f>30+12</f><v>42</v></c>', text.decode())
                assert count == 1
                text = words.encode()
            new.writestr(name, text)
    found, differences = back(run, survey, part, tmp_path)
    assert differences == [("v1", "households", "changed", "42")] and found["BAD"] == 0


def test_a_row_deleted_in_the_file_is_listed_and_never_deleted(edited, survey):
    def work(sheet):
        sheet.sheet.delete_rows(sheet.line("v2"))

    found, differences = edited(work, apply=True)
    assert [(u, k) for u, _, k, _ in differences] == [("v2", "missing")] and found["CHANGED"] == 0
    assert set(rows_of(survey)) == {"v1", "v2", "v3"}


def test_a_row_copied_below_and_renamed_is_a_new_village(edited, survey):
    def work(sheet):
        values, at = sheet.values("v3"), sheet.line("v3") + 1
        sheet.sheet.insert_rows(at)
        for c, value in enumerate(values, start=1):
            sheet.sheet.cell(at, c).value = value
        sheet.sheet.cell(at, sheet.column("natural_village")).value = "新店"

    found, _ = edited(work, apply=True)
    assert found["NEW"] == 1 and found["CHANGED"] == 0
    assert sorted(v["natural_village"] for v in rows_of(survey).values()) == ["上店", "下店", "中店", "新店"]


def test_a_date_of_excel_is_a_date(edited):
    def work(sheet):
        cells = [c for row in sheet.sheet.iter_rows(max_row=sheet.keys) for c in row]
        (label,) = (c for c in cells if str(c.value or "").startswith("调查日期"))
        beside = (c for c in sheet.sheet[label.row][label.column :] if type(c).__name__ == "Cell")
        next(beside).value = datetime.date(2025, 6, 18)

    _, differences = edited(work)
    assert [(f, k, n) for _, f, k, n in differences] == [("survey_date", "changed", "2025-06-18")]


@pytest.mark.parametrize(
    ("days", "of_1904"),
    [(45826, False), (45826 - 1462, True), (20250618, True), ("2025-06-18", True), (None, True)],
    ids=["1900", "1904", "digits in 1904", "text in 1904", "a date of Excel in 1904"],
)
def test_a_day_number_counts_from_the_workbook_s_own_epoch(edited, days, of_1904):
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    def work(sheet):
        if of_1904:
            sheet.sheet.parent.epoch = CALENDAR_MAC_1904
        cells = [c for row in sheet.sheet.iter_rows(max_row=sheet.keys) for c in row]
        (label,) = (c for c in cells if str(c.value or "").startswith("调查日期"))
        cell = next(c for c in sheet.sheet[label.row][label.column :] if type(c).__name__ == "Cell")
        cell.value = datetime.date(2025, 6, 18) if days is None else days

    _, differences = edited(work)
    assert [(f, k, n) for _, f, k, n in differences] == [("survey_date", "changed", "2025-06-18")]


def test_cells_merged_over_values_that_differ_are_told(edited):
    def work(sheet):
        letter = sheet.cell("v1", "households").column_letter
        sheet.sheet.merge_cells(f"{letter}{sheet.line('v1')}:{letter}{sheet.line('v2')}")

    _, differences = edited(work)
    assert [(u, f) for u, f, _, _ in differences] == [("v2", "households")]


def _moved(sheet, by):
    """Delete the hidden columns as Excel does, which takes merged cells along (openpyxl leaves them)."""
    spans = [str(s) for s in sheet.sheet.merged_cells.ranges]
    for span in spans:
        sheet.sheet.unmerge_cells(span)
    sheet.sheet.delete_cols(1, by)
    from openpyxl.worksheet.cell_range import CellRange

    for span in spans:
        cells = CellRange(span)
        cells.shift(col_shift=-by)
        sheet.sheet.merge_cells(cells.coord)


def test_notes_merged_over_the_table_are_no_rows_where_the_hidden_columns_are_gone(edited):
    found, differences = edited(lambda sheet: _moved(sheet, 2))
    assert differences == [] and found["BAD"] == found["NEW"] == 0


def test_cells_merged_far_down_are_read_as_those_at_the_top(edited, survey):
    def work(sheet):
        sheet.sheet.move_range(f"A{sheet.keys + 1}:T{sheet.sheet.max_row}", rows=60)
        merge_equal(sheet)

    found, differences = edited(work)
    assert differences == [] and found["CHANGED"] == 0


def test_cells_merged_over_two_columns_are_told_not_guessed(edited):
    def work(sheet):
        one, other = sheet.cell("v1", "township"), sheet.cell("v1", "admin_village")
        sheet.sheet.merge_cells(f"{one.coordinate}:{other.coordinate}")

    _, differences = edited(work)
    assert [(f, k) for _, f, k, _ in differences] == [("admin_village", "bad")]


def test_a_sheet_and_its_copy_are_told_instead_of_making_every_row_anew(edited, survey):
    from qgis.core import QgsProcessingException

    before = rows_of(survey)
    with pytest.raises(QgsProcessingException, match=r"QL-PRINT-SHEETTWICE: .*a7"):
        edited(lambda sheet: sheet.sheet.parent.copy_worksheet(sheet.sheet), apply=True)
    assert rows_of(survey) == before


def test_notes_are_no_rows_where_only_the_hidden_marks_of_the_head_are_gone(edited):
    def work(sheet):
        sheet.sheet.cell(1, 1).value = sheet.sheet.cell(sheet.keys, 1).value = None

    found, differences = edited(work)
    assert differences == [] and found["BAD"] == found["NEW"] == 0
