"""Survey tables to files and back, through real surveys, workbooks and QGIS."""

from __future__ import annotations

import csv
import datetime
import re
import sys
import zipfile

import pytest

pytest.importorskip("openpyxl")

WKT = 'PROJCS["x",GEOGCS["y",DATUM["d",SPHEROID["s",6378137,298.257222101]],PRIMEM["g",0],UNIT["degree",0.0174532925]],'
WKT += 'PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",114],UNIT["metre",1]]'


@pytest.fixture
def survey(tmp_path):
    """An empty survey with a header in each sheet; its path."""
    from qingliu.layers.store import NewSurvey, Srs, Update, create_store

    path = tmp_path / "调查 一" / "survey.gpkg"
    path.parent.mkdir()
    srs = Srs("CGCS2000 / 3-degree Gauss-Kruger CM 114E", 4547, "EPSG", 4547, WKT)
    with create_store(path, NewSurvey("青柳沟", "411600001", "livable", srs), who="测试") as store:
        heads = [
            Update("sheet", h.uuid, h.version, {"surveyor": "李清", "survey_date": "2025-06-18"})
            for h in store.rows("sheet")
        ]
        store.save(heads, why="test")
    return path


def fill(path, table, rows):
    """Rows into a table under its first header; their uuids."""
    from qingliu.layers.store import Insert, open_store

    with open_store(path, who="测试") as store:
        head = store.rows("sheet", where={"table": table})[0].uuid
        saved = store.save([Insert(table, {**row, "sheet_uuid": head}) for row in rows], why="test")
    return [key.uuid for key in saved.rows]


def rows_of(path, table):
    from qingliu.layers.store import open_store

    with open_store(path, read_only=True) as store:
        return {row.uuid: row for row in store.rows(table)}


def export(run, path, folder, file_format="xlsx", tables=""):
    return run(
        "qingliu:exportsurveytables",
        {"SURVEY": str(path), "TABLES": tables, "FORMAT": file_format, "OUTPUT_FOLDER": str(folder)},
    )


def bring_back(run, path, workbook, tmp_path, *, apply=False, **more):
    """Run the import; its results and the rows of its list of differences."""
    out = tmp_path / "differences.csv"
    found = run(
        "qingliu:importsurveytables",
        {"SURVEY": str(path), "WORKBOOK": str(workbook), "APPLY": apply, "OUTPUT": str(out), **more},
    )
    with open(out, encoding="utf-8-sig", newline="") as stream:
        return found, list(csv.DictReader(stream))


def edit(workbook, work):
    """Change the first sheet of a workbook by openpyxl."""
    from openpyxl import load_workbook

    book = load_workbook(workbook)
    work(book.worksheets[0])
    book.save(workbook)


def cell_of(sheet, key, uuid):
    """The cell of a column (by its hidden key) and a row (by its hidden uuid)."""
    line = next(r for r in range(1, sheet.max_row + 1) if sheet.cell(r, 1).value == "#keys")
    at = next(c for c in range(3, sheet.max_column + 1) if sheet.cell(line, c).value == key)
    row = next(r for r in range(line + 1, sheet.max_row + 1) if sheet.cell(r, 1).value == uuid)
    return sheet.cell(row, at)


VILLAGE = {
    "row_no": 1, "natural_village": "=SUM(A1)", "township": "'云岭镇", "admin_village": "007", "households": 36,
    "residential_area_hm2": 3.3525, "main_income": '"茶"\n水果', "new_energy_type": ["沼气", "太阳能"],
}  # fmt: skip


# -- export ---------------------------------------------------------------------


def test_every_table_becomes_a_workbook_with_the_norms_head(run, survey, tmp_path):
    from openpyxl import load_workbook
    from qingliu.core.printing import form_of
    from qingliu.core.standard import default_edition

    found = export(run, survey, tmp_path / "out")
    edition = default_edition()
    assert found["TABLES_WRITTEN"] == len(edition.tables)
    for table in edition.tables.values():
        sheet = load_workbook(tmp_path / "out" / f"{table.name}.xlsx").worksheets[0]
        texts = [str(c.value) for row in sheet.iter_rows(max_row=8) for c in row if c.value]
        assert any(table.title_zh in t for t in texts)
        for head in form_of(table, edition).heads:
            assert any(t.startswith(head.text) for t in texts), f"{table.id}: {head.text}"
        assert "李清" in texts and "2025-06-18" in texts
        assert sheet.column_dimensions["A"].hidden and sheet.column_dimensions["B"].hidden
        assert sheet.page_setup.orientation == "landscape"


def test_no_cell_is_a_formula_and_null_is_blank(run, survey, tmp_path):
    from openpyxl import load_workbook

    (uuid,) = fill(survey, "a7", [VILLAGE])
    export(run, survey, tmp_path / "out", tables="A.7")
    sheet = load_workbook(tmp_path / "out" / "a7.xlsx").worksheets[0]
    assert not [c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert cell_of(sheet, "natural_village", uuid).value == "'=SUM(A1)"
    assert cell_of(sheet, "admin_village", uuid).value == "007"
    assert cell_of(sheet, "population", uuid).value is None
    assert cell_of(sheet, "new_energy_type", uuid).value == "沼气、太阳能"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a7.xlsx"]


@pytest.mark.parametrize("file_format", ["xlsx", "odt", "pdf"])
def test_the_same_survey_gives_the_same_bytes(run, survey, tmp_path, file_format, monkeypatch):
    fill(survey, "a7", [VILLAGE])
    export(run, survey, tmp_path / "1", file_format, "a7,a2")
    later = datetime.datetime.now().timestamp() + 12345
    monkeypatch.setattr("time.time", lambda: later)
    export(run, survey, tmp_path / "2", file_format, "a7,a2")
    for name in (f"a7.{file_format}", f"a2.{file_format}"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_a_pdf_embeds_its_type_and_runs_over_several_pages_with_the_head_on_each(run, survey, tmp_path):
    fill(
        survey, "a12x", [{"row_no": n, "name": f"事项{n}", "description": "说明" * 60} for n in range(1, 60)]
    )
    export(run, survey, tmp_path / "out", "pdf", "a12x")
    data = (tmp_path / "out" / "a12x.pdf").read_bytes()
    assert data.startswith(b"%PDF") and b"/FontFile" in data and b"D:20000101000000" in data
    assert len(re.findall(rb"/Type /Page\b", data)) > 1


def test_an_opendocument_text_has_its_page_across_and_the_table_in_it(run, survey, tmp_path):
    fill(survey, "a7", [VILLAGE])
    export(run, survey, tmp_path / "out", "odt", "a7")
    with zipfile.ZipFile(tmp_path / "out" / "a7.odt") as found:
        assert found.namelist()[0] == "mimetype" and found.testzip() is None
        assert 'fo:page-width="420.0mm"' in found.read("styles.xml").decode()
        content = found.read("content.xml").decode()
    assert "=SUM(A1)" in content and "新能源利用" in content
    assert re.search(r'style:column-width="[\d.]+mm"', content)


def test_a_word_file_where_python_docx_is_there(run, survey, tmp_path):
    docx = pytest.importorskip("docx")
    fill(survey, "a7", [VILLAGE])
    export(run, survey, tmp_path / "out", "docx", "a7")
    found = docx.Document(str(tmp_path / "out" / "a7.docx"))
    texts = [c.text for row in found.tables[1].rows for c in row.cells]
    assert "=SUM(A1)" in texts and "新能源利用b" in texts


@pytest.mark.parametrize(
    ("file_format", "module", "words"),
    [("docx", "docx", ["QL-PRINT-NODOCX", "odt"]), ("xlsx", "openpyxl", ["QL-PRINT-NOOPENPYXL", "apt"])],
)
def test_a_missing_library_is_named_with_the_way_out(
    run, survey, tmp_path, monkeypatch, file_format, module, words
):
    from qgis.core import QgsProcessingException

    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(QgsProcessingException) as error:
        export(run, survey, tmp_path / "out", file_format)
    assert all(w in str(error.value) for w in words)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("tables", ["A.7, A.99", "a99", "A.7 a8", ",", " ， ", "all"])
def test_an_unknown_table_is_told_and_nothing_is_written(run, survey, tmp_path, tables):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="QL-PRINT-NOTABLE"):
        export(run, survey, tmp_path / "out", tables=tables)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("tables", ["A.7,a8", "a7， A.8 ,", "A.8、a7;"])
def test_tables_may_be_set_apart_by_any_comma(run, survey, tmp_path, tables):
    assert export(run, survey, tmp_path / "out", tables=tables)["TABLES_WRITTEN"] == 2
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a7.xlsx", "a8.xlsx"]


def test_an_older_file_stays_whole_when_writing_fails(run, survey, tmp_path, monkeypatch):
    from qgis.core import QgsProcessingException

    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a7.xlsx").write_bytes(b"mine")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("openpyxl.Workbook.save", full)
    with pytest.raises(QgsProcessingException, match="QL-OUT-WRITE"):
        export(run, survey, folder, tables="a7")
    assert (folder / "a7.xlsx").read_bytes() == b"mine" and len(list(folder.iterdir())) == 1


# -- import ----------------------------------------------------------------------


def test_differences_are_listed_first_and_written_in_one_action_when_asked(run, survey, tmp_path):
    from qingliu.layers.store import open_store

    one, two = fill(survey, "a7", [VILLAGE, {"row_no": 2, "natural_village": "茶园里", "households": 5}])
    export(run, survey, tmp_path / "out", tables="a7")
    book = tmp_path / "out" / "a7.xlsx"

    def work(sheet):
        cell_of(sheet, "households", one).value = "１,036 户"
        cell_of(sheet, "new_energy_type", two).value = "太阳能，风能"
        cell_of(sheet, "natural_village", two).value = "=茶园里"
        cell_of(sheet, "natural_village", two).data_type = "s"
        spare = cell_of(sheet, "natural_village", two).row + 1
        sheet.cell(spare, cell_of(sheet, "natural_village", two).column).value = "新村"

    edit(book, work)
    before = rows_of(survey, "a7")
    found, told = bring_back(run, survey, book, tmp_path)
    assert [(t["row_uuid"], t["field"], t["kind"], t["old"], t["new"]) for t in told] == [
        (one, "households", "changed", "36", "1036"),
        (two, "natural_village", "changed", "茶园里", "'=茶园里"),  # the list of differences is a CSV of ours
        (two, "new_energy_type", "changed", "", "太阳能、风能"),
        ("", "natural_village", "new", "", "新村"),
    ]
    assert (found["CHANGED"], found["NEW"], found["BAD"], found["CONFLICTS"]) == (3, 1, 0, 0)
    assert rows_of(survey, "a7") == before

    with open_store(survey) as store:
        last = store.sequence()
    bring_back(run, survey, book, tmp_path, apply=True, WHY="补填")
    after = rows_of(survey, "a7")
    assert after[one].values["households"] == 1036 and after[one].version == 2
    assert after[two].values["new_energy_type"] == '{"太阳能","风能"}'
    assert after[two].values["natural_village"] == "=茶园里"
    (new,) = set(after) - {one, two}
    assert after[new].values["natural_village"] == "新村" and after[new].values["sheet_uuid"]
    with open_store(survey) as store:
        entries = store.changes_since(last)
    assert len({e.save_id for e in entries}) == 1 and {e.why for e in entries} == {"补填"}
    assert (
        bring_back(run, survey, book, tmp_path)[1] == []
    )  # the file says what the survey holds, new row included


def test_bad_cells_stop_the_writing_with_all_of_them_named(run, survey, tmp_path):
    from qgis.core import QgsProcessingException

    one, two = fill(survey, "a8", [{"natural_village": "甲"}, {"natural_village": "乙"}])
    export(run, survey, tmp_path / "out", tables="a8")
    book = tmp_path / "out" / "a8.xlsx"

    def work(sheet):
        cell_of(sheet, "sewage_l_d", one).value = "约 30"
        cell_of(sheet, "treated_to_standard", two).value = "也许"
        cell_of(sheet, "waste_facilities", two).value = 3

    edit(book, work)
    found, told = bring_back(run, survey, book, tmp_path)
    assert found["BAD"] == 2
    assert [(t["kind"], t["sheet"]) for t in told] == [("bad", "A.8"), ("changed", "A.8"), ("bad", "A.8")]
    assert "QL-PRINT-NUMBER" in told[0]["reason"] and told[0]["cell"] in told[0]["reason"]
    before = rows_of(survey, "a8")
    with pytest.raises(QgsProcessingException) as error:
        bring_back(run, survey, book, tmp_path, apply=True)
    assert "QL-PRINT-NUMBER: A.8!" in str(error.value) and "QL-PRINT-YESNO" in str(error.value)
    assert rows_of(survey, "a8") == before


def test_a_value_changed_in_the_survey_since_is_a_conflict_and_stays(run, survey, tmp_path):
    from qingliu.layers.store import Update, open_store

    (uuid,) = fill(survey, "a7", [VILLAGE])
    export(run, survey, tmp_path / "out", tables="a7")
    book = tmp_path / "out" / "a7.xlsx"
    edit(book, lambda sheet: setattr(cell_of(sheet, "households", uuid), "value", 40))
    edit(book, lambda sheet: setattr(cell_of(sheet, "population", uuid), "value", 99))
    with open_store(survey, who="另一人") as store:
        store.save([Update("a7", uuid, 1, {"households": 50, "main_income": "茶"})], why="入户")
    _, told = bring_back(run, survey, book, tmp_path, apply=True)
    assert [(t["field"], t["kind"], t["old"], t["new"]) for t in told] == [
        ("households", "conflict", "50", "40"), ("population", "changed", "", "99"),
    ]  # fmt: skip
    values = rows_of(survey, "a7")[uuid].values
    assert (values["households"], values["population"], values["main_income"]) == (50, 99, "茶")


def test_the_header_block_comes_back_too(run, survey, tmp_path):
    export(run, survey, tmp_path / "out", tables="a1")
    book = tmp_path / "out" / "a1.xlsx"

    def work(sheet):
        for row in sheet.iter_rows(max_row=4):
            for cell in row:
                if cell.value == "李清":
                    cell.value = "王磊"

    edit(book, work)
    _, told = bring_back(run, survey, book, tmp_path, apply=True)
    assert [(t["table"], t["field"], t["old"], t["new"]) for t in told] == [
        ("sheet", "surveyor", "李清", "王磊")
    ]
    assert "王磊" in {
        r.values["surveyor"] for r in rows_of(survey, "sheet").values() if r.values["table"] == "a1"
    }


def test_a_workbook_of_somebody_else_is_matched_by_its_heads_and_the_match_is_listed(run, survey, tmp_path):
    from openpyxl import Workbook

    (uuid,) = fill(survey, "a7", [{"row_no": 1, "natural_village": "甲", "households": 3}])
    book = Workbook()
    sheet = book.active
    sheet.append(["村庄情况"])
    sheet.append(["自然村名", "户数（户）", "人口", "村庄美化面积(m²)", "村支书"])
    sheet.append(["甲", 4, "１２", None, "张"])
    sheet.append(["乙", 6, 20, 15.5, "李"])
    sheet.append([None, "=SUM(B3:B4)", None, None, None])
    book.save(tmp_path / "村.xlsx")
    matched = tmp_path / "matched.csv"
    _, told = bring_back(run, survey, tmp_path / "村.xlsx", tmp_path, TABLE="A.7", MATCHED=str(matched))
    listed = [(t["row_uuid"], t["field"], t["kind"], t["new"]) for t in told]
    assert listed[:5] == [
        (uuid, "households", "changed", "4"), (uuid, "population", "changed", "12"),
        ("", "natural_village", "new", "乙"), ("", "households", "new", "6"), ("", "population", "new", "20"),
    ]  # fmt: skip
    assert told[-1]["kind"] == "bad" and "QL-PRINT-FORMULA" in told[-1]["reason"]
    with open(matched, encoding="utf-8-sig") as stream:
        ways = {r["field"]: r["matched_by"] for r in csv.DictReader(stream)}
    assert ways == {
        "natural_village": "head",
        "households": "head",
        "population": "head",
        "beautified_m2": "head",
    }


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "QL-PRINT-NOTXLSX"), (b"no zip", "QL-PRINT-NOTXLSX"), ("zip", "QL-PRINT-NOTXLSX"), (None, "QL-PRINT-NOFILE"),
     ("other", "QL-PRINT-NOSHEET")],
    ids=["empty", "text", "zip of something else", "missing", "workbook without a table"],
)  # fmt: skip
def test_a_file_that_is_no_filled_workbook_is_told(run, survey, tmp_path, content, code):
    from openpyxl import Workbook
    from qgis.core import QgsProcessingException

    path = tmp_path / "x.xlsx"
    if content == "zip":
        with zipfile.ZipFile(path, "w") as made:
            made.writestr("a.txt", "x")
    elif content == "other":
        book = Workbook()
        book.active.append(["日期", "天气"])
        book.save(path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(QgsProcessingException, match=code):
        bring_back(run, survey, path, tmp_path)


def test_nothing_is_written_into_a_read_only_survey_or_a_checked_sheet(run, survey, tmp_path):
    from qgis.core import QgsProcessingException
    from qingliu.layers.store import Update, open_store

    (uuid,) = fill(survey, "a7", [VILLAGE])
    export(run, survey, tmp_path / "out", tables="a7")
    book = tmp_path / "out" / "a7.xlsx"
    edit(book, lambda sheet: setattr(cell_of(sheet, "households", uuid), "value", 40))
    with open_store(survey) as store:
        head = store.rows("sheet", where={"table": "a7"})[0]
        store.save([Update("sheet", head.uuid, head.version, {"state": "checked"})], why="校核")
    with pytest.raises(QgsProcessingException, match="QL-STORE-CHECKED"):
        bring_back(run, survey, book, tmp_path, apply=True)
    assert rows_of(survey, "a7")[uuid].values["households"] == 36
