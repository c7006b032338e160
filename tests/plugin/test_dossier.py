"""``qingliu:dossier`` on the practice watershed: three files, the same bytes, evidence, secrecy, exit status."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from qgis.core import QgsProcessingException, QgsProcessingFeedback, QgsProject, QgsRasterLayer
from qgis.PyQt.QtGui import QImage, QPdfWriter, QTextDocument

ROOT = Path(__file__).resolve().parents[2]
FILES = ("dossier.html", "dossier.pdf", "dossier.docx")
QUICK = {"FIGURES": ["villages"], "EVALUATION_DATE": "2025-09-30"}
DECISION = {"ALLOW_MARKED": True, "DECIDED_BY": "王主任", "DECISION_REASON": "练习用虚构数据"}


@pytest.fixture(scope="module")
def practice(tmp_path_factory, provider):
    """The practice watershed, made once."""
    from qgis import processing

    folder = tmp_path_factory.mktemp("practice") / "p"
    processing.run("qingliu:trainingwatershed", {"SEED": 1, "AREA_KM2": 8, "OUTPUT_FOLDER": str(folder)})
    return folder


def make(folder, out, feedback=None, **more):
    from qgis import processing

    parameters = {"SURVEY": str(folder / "survey.gpkg"), "OUTPUT_FOLDER": str(out), **more}
    return processing.run("qingliu:dossier", parameters, feedback=feedback)


@pytest.fixture(scope="module")
def made(practice, tmp_path_factory):
    """The dossier of the practice watershed: (folder, results)."""
    out = tmp_path_factory.mktemp("dossier")
    return out, make(practice, out)


@pytest.fixture
def bare(practice, tmp_path):
    """The survey alone with its evidence, without the layers beside it: figures are few and quick."""
    folder = tmp_path / "调查 库"
    folder.mkdir()
    shutil.copy(practice / "survey.gpkg", folder)
    shutil.copytree(practice / "evidence", folder / "evidence")
    return folder


def page(folder):
    return (folder / "dossier.html").read_text("utf-8")


def section(text, key):
    return text.partition(f'<section id="part-{key}">')[2].partition("</section>")[0]


def pdf_text(path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    found = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    return found.stdout.decode("utf-8")


# -- what comes out --------------------------------------------------------------
def test_three_files_the_evidence_and_a_list_of_sums_that_covers_all_but_itself(made):
    out, result = made
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    sums = dict(
        reversed(line.split("  ", 1)) for line in (out / "SHA256SUMS").read_text("utf-8").splitlines()
    )
    assert set(sums) == there - {"SHA256SUMS"} and set(FILES) <= there
    for name, digest in sums.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    assert result["VERDICT"] == "recognised" and result["UNPROVEN"] == 0


def test_the_page_stands_alone_and_every_number_of_it_leads_somewhere(made):
    text = page(made[0])
    ids = set(re.findall(r' id="([^"]+)"', text))
    links = set(re.findall(r'href="([^"]*)"', text))
    assert links and all(link.startswith("#") and link[1:] in ids for link in links)
    assert all(source.startswith("data:") for source in re.findall(r'src="([^"]{0,40})', text))
    visible = re.sub(r"<style>.*?</style>|<title>.*?</title>|<img[^>]*>", "", text, flags=re.S)
    # what is left once links and marked texts are taken out holds no digit
    rest = re.sub(r"<a [^>]*>.*?</a>|<span class=\"[^\"]+\">.*?</span>", "", visible, flags=re.S)
    loose = [t for t in re.findall(r">([^<]*)<", rest) if re.search(r"\d", t)]
    assert loose == []


def test_the_twenty_indicators_are_each_a_line_and_a_card(made):
    text = section(page(made[0]), "verdicts")
    assert "自评达标" in text and "水行政主管部门" in text
    overview = re.findall(r'<tr><td class="center"><a class="l" href="#indicator-(\d+)">', text)
    assert overview == [str(n) for n in range(1, 21)]
    assert re.findall(r'<h4 id="indicator-(\d+)">', text) == overview


def test_pdf_is_searchable_has_bookmarks_and_embedded_type(made):
    pdf = made[0] / "dossier.pdf"
    text = pdf_text(pdf)
    assert "水土保持率" in text and "生态清洁小流域" in text
    data = pdf.read_bytes()
    assert b"/FontFile2" in data and b"/Outlines" in data
    assert len(re.findall(rb"/Type /Page\b(?!s)", data)) == made[1]["PAGES"]
    titles = [bytes.fromhex(t.decode()).decode("utf-16") for t in re.findall(rb"/Title <([0-9A-F]+)>", data)]
    assert any("验收" in t for t in titles) and any("措施总体布局图" in t for t in titles)


def test_pages_of_the_index_are_those_of_the_parts(made):
    pages = [unicodedata.normalize("NFKC", p) for p in pdf_text(made[0] / "dossier.pdf").split("\f")]
    index = next(p for p in pages if "目录" in p and "页码" in p)
    for title in ("指标自评", "佐证材料", "签署"):
        number = next(
            n for n, p in enumerate(pages, start=1) if re.search(rf"[七八十]三? *{title}", p) and p != index
        )
        assert number > pages.index(index)


# -- the same bytes ---------------------------------------------------------------
@pytest.mark.timeout(1200)  # two whole dossiers; slow where other tests left windows open
def test_two_builds_are_the_same_bytes_one_after_the_survey_was_moved(made, practice, tmp_path):
    moved = tmp_path / "搬 家" / "practice"
    shutil.copytree(practice, moved)
    again = tmp_path / "again"
    make(moved, again)
    for name in (*FILES, "SHA256SUMS"):
        assert (again / name).read_bytes() == (made[0] / name).read_bytes(), name


def test_no_file_names_the_user_the_machine_or_a_folder(made, practice):
    import getpass
    import zipfile

    words = {str(practice), str(practice.parent), os.uname().nodename}
    user = getpass.getuser()
    package = zipfile.ZipFile(made[0] / "dossier.docx")
    texts = [(made[0] / "dossier.html").read_bytes(), (made[0] / "dossier.pdf").read_bytes()]
    texts += [package.read(n) for n in package.namelist() if n.endswith(".xml")]
    for text in texts:
        assert not any(word.encode() in text for word in words if len(word) > 3)
    assert f"<dc:creator>{user}".encode() not in texts[-1]


class _Talk(QgsProcessingFeedback):
    """What a run says: its stages and its warnings."""

    def __init__(self):
        super().__init__(False)
        self.stages, self.warnings = [], []

    def setProgressText(self, text):
        self.stages.append(text)

    def pushWarning(self, text):
        self.warnings.append(text)


def test_the_run_speaks_the_windows_language_and_the_dossier_chinese(bare, tmp_path, english):
    talk = _Talk()
    (bare / "evidence" / "03.txt").unlink()
    make(bare, tmp_path / "out", feedback=talk, **QUICK)
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert talk.stages and not [text for text in talk.stages if chinese.search(text)]
    lost = [text for text in talk.warnings if "03.txt" in text]
    assert lost and not [text for text in lost if chinese.search(text)]
    assert "自评" in page(tmp_path / "out")


def test_figures_that_were_not_asked_for_are_named(bare, tmp_path):
    make(bare, tmp_path / "out", **QUICK)
    text = page(tmp_path / "out")
    assert text.count("data:image/png") == 1
    assert "措施总体布局图 本次未选" in section(text, "unproven")  # required by 5.1.2: said in front


def test_another_value_gives_another_hash_of_the_survey(bare, tmp_path):
    from qingliu.layers.dossierfiles import survey_digest
    from qingliu.layers.store import Update, open_store

    with open_store(bare / "survey.gpkg") as store:
        before = survey_digest(store)
        row = store.rows("a7")[0]
        store.save([Update("a7", row.uuid, row.version, {"households": row.values["households"] + 1})])
        after = survey_digest(store)
        assert after != before
    with open_store(bare / "survey.gpkg", read_only=True) as store:
        assert survey_digest(store) == after


# -- evidence ---------------------------------------------------------------------
def test_taking_one_photo_away_says_which_indicator_it_weakens(bare, tmp_path):
    (bare / "evidence" / "03.txt").unlink()
    out = tmp_path / "out"
    result = make(bare, out, **QUICK)
    text = section(page(out), "unproven")
    assert "缺失的佐证" in text and "evidence/03.txt" in text
    assert re.search(r'第 <a class="l" href="#indicator-3">3</a> 项', text)
    assert result["UNPROVEN"] == 1 and result["VERDICT"] == "unproven"


def test_a_photo_of_a_row_is_shown_and_its_removal_is_not_forgotten(bare, tmp_path):
    from qingliu.layers.store import Delete, Insert, open_store

    (bare / "photos").mkdir()
    image = QImage(3000, 1500, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    image.save(str(bare / "photos" / "村口.jpg"))
    with open_store(bare / "survey.gpkg") as store:
        row = store.rows("a7")[0]
        values = {"path": "photos/村口.jpg", "table_name": "a7", "row_uuid": row.uuid, "note": "村口"}
        store.save([Insert("photos", values)])
    make(bare, tmp_path / "with", **QUICK)
    text = section(page(tmp_path / "with"), "evidence")
    assert "photos/村口.jpg" in text and "data:image/jpeg;base64," in text
    assert 'href="#indicator-12"' in text  # the households of the village
    with open_store(bare / "survey.gpkg") as store:
        photo = store.rows("photos")[0]
        store.save([Delete("photos", photo.uuid, photo.version)])
    make(bare, tmp_path / "without", **QUICK)
    text = section(page(tmp_path / "without"), "unproven")
    assert "照片记录已删除" in text and "photos/村口.jpg" in text and 'href="#indicator-12"' in text


def test_evidence_outside_the_survey_s_folder_is_neither_read_nor_copied(bare, tmp_path):
    from qingliu.layers.store import Update, open_store

    (tmp_path / "secret.txt").write_text("not for the dossier", "utf-8")
    with open_store(bare / "survey.gpkg") as store:
        row = next(r for r in store.rows("indicator_input") if r.values["evidence"])
        store.save([Update("indicator_input", row.uuid, row.version, {"evidence": "../secret.txt"})])
    out = tmp_path / "out"
    make(bare, out, **QUICK)
    assert "not for the dossier" not in page(out)
    assert not list(out.rglob("secret.txt"))
    assert "路径在调查库文件夹之外" in page(out)


# -- acceptance --------------------------------------------------------------------
def test_acceptance_is_kept_in_the_survey_and_ends_the_preliminary_state(bare, tmp_path):
    from qingliu.layers.store import open_store

    given = {
        "ACCEPTANCE_DATE": "2025-08-01", "ACCEPTANCE_DOCUMENT": "某水保〔2025〕12号",
        "ACCEPTANCE_AUTHORITY": "青溪县水利局",
    }  # fmt: skip
    make(bare, tmp_path / "one", **QUICK)
    assert "预评估" in page(tmp_path / "one")
    make(bare, tmp_path / "two", **QUICK, **given)
    make(bare, tmp_path / "three", **QUICK)
    assert "预评估" not in page(tmp_path / "three") and "某水保〔2025〕12号" in page(tmp_path / "three")
    with open_store(bare / "survey.gpkg", read_only=True) as store:
        assert store.meta()["acceptance_authority"] == "青溪县水利局"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [({"ACCEPTANCE_DATE": "last week"}, "QL-DOSSIER-DATE"), ({"ALLOW_MARKED": True}, "QL-DOSSIER-DECISION"),
     ({"SURVEY": "nowhere.gpkg"}, "QL-STORE-NOFILE"), ({"PROJECT": "nowhere.qgz"}, "QL-FIG-PROJECT"),
     ({"EVALUATION_DATE": "soon"}, "QL-EVAL-DATE")],
    ids=["a date that is none", "a decision without name", "no survey", "no project", "no day"],
)  # fmt: skip
def test_bad_input_has_its_code(bare, tmp_path, parameters, code):
    with pytest.raises(QgsProcessingException, match=code):
        make(bare, tmp_path / "out", **{**QUICK, **parameters})


@pytest.mark.parametrize(
    ("date", "codes"),
    [("2025-08-01", []), ("2025-09-30", []), ("2025-10-01", ["QL-DOSSIER-ORDER"]), ("August", ["QL-DOSSIER-DATE"]),
     ("", [])],
    ids=["before", "on the day", "after the evaluation", "no date", "none"],
)  # fmt: skip
def test_an_acceptance_after_the_evaluation_is_said(qgis_app, date, codes):
    import datetime as dt

    from qingliu.layers.dossier import acceptance_warnings

    found = acceptance_warnings({"acceptance_date": date}, dt.date(2025, 9, 30))
    assert [p.code for p in found] == codes


# -- marked layers -------------------------------------------------------------------
def test_the_dem_is_internal_and_stays_out_until_somebody_decides(made):
    text = section(page(made[0]), "figures")
    assert "含标密图层" in text and "DEM" in text
    assert "地形图" in text and 'alt="图 2' not in text


def test_a_named_decision_lets_the_dem_in_and_is_logged(practice, tmp_path):
    from qingliu.layers.store import open_store

    folder = tmp_path / "p"
    shutil.copytree(practice, folder)
    make(folder, tmp_path / "out", FIGURES=["terrain"], **DECISION)
    text = page(tmp_path / "out")
    assert 'alt="图 2' in text and "王主任" in text
    with open_store(folder / "survey.gpkg", read_only=True) as store:
        assert "王主任" in store.meta()["dossier_released"]
        assert any(e.who == "王主任" and e.why == "练习用虚构数据" for e in store.changes_since(0))


# -- what lies beside the survey ---------------------------------------------------------
HEAD = "zone,zone_name,admin_village,measure,measure_name,unit,of,quantity,planar,built,planned,features"
HEAD += ",price,fund,cost"


def bill(folder, *rows):
    (folder / "quantities.csv").write_text("\n".join([HEAD, *rows]), encoding="utf-8-sig")


def taken(folder, *on_map, uuids=("m1",)):
    from qingliu.core.dossier import Amount
    from qingliu.core.standard import default_edition
    from qingliu.layers.dossierplan import beside

    measured = [Amount("", "", key, unit, 0.0, amount) for key, unit, amount in on_map]
    return beside(folder, measured, frozenset(uuids), default_edition())


def test_a_bill_that_ties_to_the_map_is_taken_with_zones_and_costs(qgis_app, tmp_path):
    bill(
        tmp_path,
        "regulation,treatment,上店,terrace,Terraces,hm2,area,2,2,0,2,1,10,县,20",
        "outside,outside,,terrace,Terraces,hm2,area,1,1,0,1,1,10,县,10",
    )
    found = taken(tmp_path, ("terrace", "hm2", 3.0))
    assert [(a.zone, a.planned, a.cost) for a in found.amounts] == [
        ("生态治理区", 2.0, 20.0),
        ("各分区之外", 1.0, 10.0),
    ]
    assert found.warnings == [] and found.findings is None


@pytest.mark.parametrize(
    "on_map",
    [[("terrace", "hm2", 3.1)], [("terrace", "hm2", 3.0), ("check_dam", "处", 2.0)]],
    ids=["more was drawn since", "another measure was drawn since"],
)
def test_a_bill_that_does_not_tie_is_passed_over_and_said(qgis_app, tmp_path, on_map):
    bill(tmp_path, "regulation,r,上店,terrace,Terraces,hm2,area,3,3,0,3,1,,,")
    found = taken(tmp_path, *on_map)
    assert [p.code for p in found.warnings] == ["QL-DOSSIER-STALE"]
    assert [a.planned for a in found.amounts] == [amount for _, _, amount in on_map]


@pytest.mark.parametrize(
    ("uuid", "count"),
    [("m1", 1), ("gone", None), ("", 1)],
    ids=["of a measure", "of one that is gone", "of the whole layout"],
)
def test_findings_of_the_layout_are_taken_while_their_measures_are_there(qgis_app, tmp_path, uuid, count):
    head = "measure_uuid,measure,rule_id,clause,severity,message,failing_area_m2"
    text = f"{head}\n{uuid},terrace,t.1,6.2.2-5-2,error,太陡,12.5\n"
    (tmp_path / "checklayout.csv").write_text(text, encoding="utf-8")
    found = taken(tmp_path)
    assert (found.findings and len(found.findings)) == count
    assert [p.code for p in found.warnings] == ([] if count else ["QL-DOSSIER-STALE"])
    if count:
        assert (found.findings[0].measure, found.findings[0].area_m2) == ("梯田", 12.5)


# -- pictures and pages ---------------------------------------------------------------
def test_what_was_seen_most_often_wins_and_chance_has_no_say():
    from collections import Counter

    from qingliu.processing.dossierimages import winner

    assert winner(Counter({"b": 5, "a": 2})) == "b"
    assert winner(Counter({"b": 3, "a": 3})) == "a"


def table(rows, lines=1):
    cells = "".join(f"<tr><td>{n}{'<br>x' * (lines - 1)}</td><td>y</td></tr>" for n in range(rows))
    head = "<thead><tr><th>名</th><th>值</th></tr></thead>"
    return f'<table border="1" width="100%" style="border-collapse:collapse">{head}<tbody>{cells}</tbody></table>'


def paged(html, height, tmp_path):
    from qingliu.layers.dossierpages import paginate

    writer = QPdfWriter(str(tmp_path / "x.pdf"))
    writer.setResolution(96)
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.documentLayout().setPaintDevice(writer)
    document.setHtml(html)
    document.setTextWidth(400)
    return paginate(document, height), document, writer


@pytest.mark.parametrize("lines", [1, 3], ids=["low rows", "high rows"])
def test_no_row_is_cut_and_every_page_after_the_first_repeats_the_head(qgis_app, tmp_path, lines):
    pages, *_keep = paged(table(60, lines), 300, tmp_path)
    assert len(pages.windows) > 3
    assert pages.windows[0].head is None
    assert all(w.head is not None for w in pages.windows[1:])
    for before, after in zip(pages.windows, pages.windows[1:]):
        assert after.span.top == pytest.approx(before.span.bottom)
        head = before.head.height if before.head else 0.0
        assert before.span.height + head <= 300


def test_a_heading_does_not_stay_alone_at_the_foot_of_a_page(qgis_app, tmp_path):
    text = "".join(f"<p>{n}</p>" for n in range(40))
    for more in range(20):
        html = "<p>z</p>" * more + text + "<h3>题</h3><p>文</p>"
        pages, document, _writer = paged(html, 300, tmp_path)
        title = next(b for b in iterate(document) if b.text() == "题")
        at = document.documentLayout().blockBoundingRect(title)
        below = document.documentLayout().blockBoundingRect(title.next())
        place = [n for n, w in enumerate(pages.windows) if w.span.top - 1 <= at.top() < w.span.bottom]
        follow = [n for n, w in enumerate(pages.windows) if w.span.top - 1 <= below.top() < w.span.bottom]
        assert place == follow


def iterate(document):
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def test_objects_in_another_order_give_the_same_pdf(qgis_app, tmp_path):
    from qingliu.layers.dossierpdfform import Bookmark, settle_form

    def pdf(order):
        """A small PDF whose objects 3.. lie and are numbered in this order."""
        bodies = {
            "catalog": b"<< /Type /Catalog /Pages %(pages)d 0 R >>",
            "pages": b"<< /Type /Pages /Kids [ %(page)d 0 R ] /Count 1 >>",
            "page": b"<< /Type /Page /Parent %(pages)d 0 R /F %(font)d 0 R >>",
            "font": b"<< /FontName /QABCDE+Song /L %(length)d 0 R >>\nstream\n1 0 R\nendstream",
            "length": b"5", "info": b"<< /Title (x) >>",
        }  # fmt: skip
        number = {name.encode(): n for n, name in enumerate(order, start=1)}
        out, places = b"%PDF-1.4\n", []
        for name in order:
            places.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number[name.encode()], bodies[name] % number)
        at = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(order) + 1)
        out += b"".join(b"%010d 00000 n \n" % p for p in places)
        refs = number[b"catalog"], number[b"info"]
        return out + b"trailer\n<<\n/Root %d 0 R\n/Info %d 0 R\n>>\nstartxref\n%d\n%%%%EOF\n" % (*refs, at)

    one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
    one.write_bytes(pdf(["catalog", "info", "pages", "page", "font", "length"]))
    other.write_bytes(pdf(["length", "font", "page", "info", "pages", "catalog"]))
    for path in (one, other):
        settle_form(path, [Bookmark("一　验收", 0), Bookmark("not there", 7)])
    assert one.read_bytes() == other.read_bytes()
    assert b"stream\n1 0 R\nendstream" in one.read_bytes()  # a stream's bytes are nobody's reference
    assert one.read_bytes().count(b"/Title <") == 1


# -- the designer's layouts, the open project ------------------------------------------
def test_a_designer_s_title_block_is_taken_over_and_the_project_is_not_saved(run, bare, tmp_path):
    figures = bare / "figures"
    run(
        "qingliu:exportfigures",
        {
            "SURVEY": str(bare / "survey.gpkg"),
            "FIGURES": ["villages"],
            "UNIT": "青溪水保规划院",
            "OUTPUT_FOLDER": str(figures),
        },
    )
    before = (figures / "figures.qgz").read_bytes()
    make(bare, tmp_path / "out", **QUICK)
    assert (figures / "figures.qgz").read_bytes() == before
    project = QgsProject()
    assert project.read(str(figures / "figures.qgz"))
    from qingliu.processing.dossierfigures import _block_of

    assert _block_of(project)["unit"] == "青溪水保规划院"


def test_a_layer_s_own_mark_goes_before_its_role(qgis_app, tmp_path, practice):
    from qingliu.processing.dossierfigures import MARK, _mark

    layer = QgsRasterLayer(str(practice / "dem.tif"), "dem")
    assert _mark(layer) is None
    layer.setCustomProperty(MARK, "public")
    assert _mark(layer) == "public"


# -- exit status --------------------------------------------------------------------
@pytest.fixture
def outside(tmp_path):
    """An algorithm through qgis_process in a process and a profile of its own."""
    if shutil.which("qgis_process.bin") is None:
        pytest.skip("qgis_process is not installed")
    plugins = tmp_path / "profile" / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "qingliu").symlink_to(ROOT)
    ini = plugins.parents[1] / "QGIS" / "QGIS3.ini"
    ini.parent.mkdir(parents=True)
    ini.write_text("[PythonPlugins]\nqingliu=true\n", encoding="utf-8")
    environment = {
        **os.environ,
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"),
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if "site-packages" in p),
    }

    def run(algorithm, *arguments):
        command = ["qgis_process.bin", "run", f"qingliu:{algorithm}", "--", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, timeout=600, check=False)

    return run


@pytest.mark.parametrize("algorithm", ["exportfigures", "dossier"])
def test_qgis_process_ends_with_status_0(outside, bare, tmp_path, algorithm):
    out = tmp_path / "out"
    done = outside(algorithm, f"SURVEY={bare / 'survey.gpkg'}", f"OUTPUT_FOLDER={out}", "FIGURES=villages")
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert list(out.glob("*.pdf"))


def test_qgis_process_ends_with_another_status_on_a_fault(outside, bare, tmp_path):
    done = outside("dossier", f"SURVEY={bare / 'none.gpkg'}", f"OUTPUT_FOLDER={tmp_path / 'out'}")
    assert done.returncode != 0
    assert b"QL-STORE-NOFILE" in done.stdout + done.stderr
