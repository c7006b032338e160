"""Printed tables page by page: rows whole and heads repeated in PDF, Word and OpenDocument; stopped within a second."""

from __future__ import annotations

import re
import time
import zipfile

import pytest
from qingliu.core.errors import Cancelled
from qingliu.core.printing import StoredRow, form_of, sheets_of
from qingliu.core.standard import default_edition

HEAD = StoredRow("s1", 1, {"watershed_name": "青柳沟", "surveyor": "李清", "survey_date": "2025-06-18"})


def sheets(table, rows):
    """The sheets of a table with rows."""
    stored = [StoredRow(f"r{n}", 1, {"sheet_uuid": "s1", **values}) for n, values in enumerate(rows)]
    return sheets_of(form_of(default_edition().table(table), default_edition()), [HEAD], stored, "store")


def long_table(count=70):
    """Rows of one to many lines."""
    return sheets(
        "a12x",
        [
            {"row_no": n, "name": f"第{n}项", "description": "说明文字，" * (1 + n % 40)}
            for n in range(1, count)
        ],
    )


@pytest.fixture
def pages(qgis_app, tmp_path):
    """pages(sheet) -> its pages as they are drawn."""
    from qgis.PyQt.QtGui import QPainter, QPdfWriter
    from qingliu.core.progress import SILENT
    from qingliu.layers.printing.pdf import Room, _pages

    writer = QPdfWriter(str(tmp_path / "measure.pdf"))
    writer.setResolution(300)
    painter = QPainter(writer)

    def made(sheet):
        return list(_pages(sheet, Room(writer, "", 3200.0, 2200.0), SILENT))

    yield made
    painter.end()


def test_each_page_of_a_pdf_has_the_head_and_whole_rows(pages):
    (sheet,) = long_table()
    made = pages(sheet)
    assert len(made) > 3 and {page.pageCount() for page in made} == {1}
    texts = [page.toPlainText() for page in made]
    assert all("情况说明" in text for text in texts)  # the head
    for number in range(1, 70):
        wanted = "说明文字，" * (1 + number % 40)
        holding = [text for text in texts if f"第{number}项" in text]
        assert len(holding) == 1 and wanted in holding[0]
    assert ["依据：" in text for text in texts] == [False] * (len(texts) - 1) + [True]
    assert ["李清" in text for text in texts] == [True] + [False] * (len(texts) - 1)


def test_a_row_higher_than_a_page_is_the_only_one_that_is_cut(pages):
    rows = [{"row_no": 1, "name": "短"}, {"row_no": 2, "name": "长", "description": "很长的说明，" * 1500}]
    (sheet,) = sheets("a12x", [*rows, {"row_no": 3, "name": "尾"}])
    counts = [page.pageCount() for page in pages(sheet)]
    assert max(counts) > 1 and sum(n > 1 for n in counts) == 1


class Stop:
    """A user who stops the work after some looks."""

    def __init__(self, looks):
        self.looks = looks
        self.longest = 0.0
        self.last = time.perf_counter()

    def stage(self, name, count=None):
        self.step(0.0)

    def step(self, fraction):
        now = time.perf_counter()
        self.longest, self.last = max(self.longest, now - self.last), now
        assert 0.0 <= fraction <= 1.0
        self.looks -= 1
        if self.looks < 0:
            raise Cancelled()


def writers():
    from qingliu.layers.printing.documents import write_odt
    from qingliu.layers.printing.excel import write_workbook
    from qingliu.layers.printing.pdf import write_pdf
    from qingliu.layers.printing.word import write_docx

    return {
        "pdf": lambda path, made, progress: write_pdf(path, made, "", progress),
        "xlsx": write_workbook,
        "docx": write_docx,
        "odt": write_odt,
    }


@pytest.mark.parametrize("ending", ["pdf", "xlsx", "docx", "odt"])
def test_work_on_one_long_table_can_be_stopped_and_leaves_the_older_file(qgis_app, tmp_path, ending):
    from qingliu.layers.printing.files import whole

    pytest.importorskip({"xlsx": "openpyxl", "docx": "docx"}.get(ending, "qgis"))
    final = tmp_path / f"a12x.{ending}"
    final.write_bytes(b"mine")
    with pytest.raises(Cancelled), whole(final) as part:
        writers()[ending](part, long_table(), Stop(1))
    assert final.read_bytes() == b"mine" and [p.name for p in tmp_path.iterdir()] == [final.name]


def test_stopping_the_export_between_pages_ends_it(provider, qgis_new_project, tmp_path):
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback
    from qingliu.layers.store import Insert, NewSurvey, Srs, create_store

    wkt = 'LOCAL_CS["test",UNIT["metre",1]]'
    path = tmp_path / "survey.gpkg"
    with create_store(path, NewSurvey("青柳沟", "1", "livable", Srs("t", 300001, "NONE", 300001, wkt))) as s:
        s.save([Insert("a12x", {"name": f"{n}", "description": "说明" * 90}) for n in range(200)])

    class Impatient(QgsProcessingFeedback):
        def setProgress(self, value):
            super().setProgress(value)
            if value > 30:
                self.cancel()

    export = QgsApplication.processingRegistry().algorithmById("qingliu:exportsurveytables")
    given = {"SURVEY": str(path), "TABLES": "a12x", "FORMAT": "pdf", "OUTPUT_FOLDER": str(tmp_path / "out")}
    feedback = Impatient()
    export.create().run(given, QgsProcessingContext(), feedback)
    assert feedback.isCanceled() and list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("table", [t.name for t in default_edition().tables.values()])
def test_a_word_file_has_every_cell_as_it_is_printed(qgis_app, tmp_path, table):
    docx = pytest.importorskip("docx")
    from qingliu.core.printing.cells import to_text
    from qingliu.core.printing.sheets import TOTAL
    from qingliu.layers.printing.word import write_docx

    samples = {
        "number": 12.5,
        "integer": 7,
        "text": "文字\n第二行 <&\x07",
        "boolean": True,
        "date": "2025-09-30",
    }
    form = form_of(default_edition().table(table), default_edition())
    row = {
        c.key: (c.choices[0].code if c.choices and c.kind == "enum" else
                f'{{"{c.choices[0].code}"}}' if c.choices else samples.get(c.kind)) for c in form.columns
    }  # fmt: skip
    made = sheets(table, [row, {}, row])
    write_docx(tmp_path / "t.docx", made)
    found = docx.Document(str(tmp_path / "t.docx")).tables[-1]
    lines = [[c.text for c in r.cells] for r in found.rows]
    wanted = [[t.replace("\x07", "") for t in made[0].texts(r)] for r in made[0].rows]
    assert lines[form.head_rows : form.head_rows + 3] == wanted
    totals = [TOTAL if v == TOTAL else to_text(c, v) for c, v in zip(form.columns, made[0].totals())]
    assert lines[form.head_rows + 3 :] == ([totals] if totals else [])
    xml = [r._tr.xml for r in found.rows]
    assert all("w:cantSplit" in x for x in xml)
    assert ["w:tblHeader" in x for x in xml] == [n < form.head_rows for n in range(len(xml))]


def test_the_table_of_a_word_file_does_not_touch_the_header_block(qgis_app, tmp_path):
    """Word takes two tables without a paragraph between them for one, and repeats no head in it."""
    docx = pytest.importorskip("docx")
    from qingliu.layers.printing.word import write_docx

    write_docx(tmp_path / "t.docx", long_table(4))
    body = docx.Document(str(tmp_path / "t.docx")).element.body
    tags = [child.tag.rpartition("}")[2] for child in body]
    assert "tbl" in tags and not any(a == b == "tbl" for a, b in zip(tags, tags[1:]))


def test_an_opendocument_table_repeats_its_head_and_keeps_rows_whole(qgis_app, tmp_path):
    from qingliu.layers.printing.documents import write_odt

    write_odt(
        tmp_path / "t.odt", sheets("a7", [{"row_no": n, "natural_village": f"村{n}"} for n in range(9)])
    )
    with zipfile.ZipFile(tmp_path / "t.odt") as found:
        content = found.read("content.xml").decode()
    (head,) = re.findall(r"<table:table-header-rows>.*?</table:table-header-rows>", content, re.S)
    assert head.count("<table:table-row") == 2 and "新能源利用" in head and "村0" not in head
    assert "<table:table-row>" not in content and 'fo:keep-together="always"' in content
