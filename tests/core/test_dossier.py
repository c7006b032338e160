"""The dossier as a document: nothing loose, nothing dead, what is unproven first, the same bytes every time."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from qingliu.core.county import county_from
from qingliu.core.dossier import (
    Amount,
    Contents,
    Evidence,
    FigureSheet,
    FileHash,
    build,
    dead_links,
    docx,
    every_run,
    html,
    loose_numbers,
)
from qingliu.core.dossier.digest import content_digest, sums_text
from qingliu.core.dossier.numbers import number_text, signed_text
from qingliu.core.dossier.plan import cards_of
from qingliu.core.dossier.proofs import supported
from qingliu.core.errors import Problem
from qingliu.core.evaluation import EvaluationInput, InputRow, TableRow, evaluate
from qingliu.core.printing import StoredRow, form_of, sheets_of
from qingliu.core.standard import default_edition
from qingliu.core.surveychecks import Finding

try:
    from hypothesis import given as property_test
    from hypothesis import strategies as st
except ImportError:  # the version matrix may run without hypothesis
    property_test = None

DATE = dt.date(2025, 9, 30)
NOON = dt.datetime(2025, 9, 30, 12, tzinfo=dt.timezone.utc)
PROOF = {"statement": "逐户排查", "evidence": "evidence/3.jpg", "person": "周敏", "date": "2025-06-18"}
COUNTY = {
    "name": "某县", "year": 2024, "source": "统计公报", "county_target_2035": 76, "county_current_mean": 73,
    "county_mean": 54, "county_mean_income": 20000, "water_function_zone_target_class": "Ⅲ",
}  # fmt: skip
ACCEPTED = {
    "acceptance_date": "2025-08-01",
    "acceptance_document": "某水保〔2025〕12号",
    "acceptance_authority": "某县水利局",
}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)


def entry(number, key, value=None, **more):
    return InputRow(number, key, value, year=2024, source="公报", uuid=f"in-{number}-{key}", **more)


def survey_input(*more):
    """The conservation rate 77.5 %, a judgement with a photo, villages with toilets."""
    rows = [
        entry(1, "eroded_area", 22.5), entry(1, "total_area", 100.0),
        entry(3, "judgement", 1.0, **PROOF), *more,
    ]  # fmt: skip
    tables = {"a7": [TableRow("v1", {"natural_village": "上店", "households": 40}, 2025)]}
    county = county_from(COUNTY)
    return EvaluationInput(DATE, tables, tuple(rows), county=county, made_at=NOON, made_by="test")


def contents(given=None, **changes):
    edition = default_edition()
    given = given or survey_input()
    form = form_of(edition.table("a7"), edition)
    head = StoredRow("h", 1, {"watershed_name": "青柳沟", "surveyor": "李四", "survey_date": "2025-06-18"})
    row = StoredRow("v1", 1, {"row_no": 1, "natural_village": "上店", "households": 40, "sheet_uuid": "h"})
    base = Contents(
        edition=edition, type="livable", date=DATE, version="0.1.0", meta={"name": "青柳沟", "code": "QL-01"},
        given=given, evaluation=evaluate(given, ["livable"], edition), county=given.county,
        sheets=[*sheets_of(form, [head], [row], "s"), *sheets_of(form_of(edition.table("a9"), edition), [], [], "s")],
        findings=[Finding("f", "error", "a7", "v1", "households", Problem("QL-EVAL-OLD", {"year": 2019}), "4.1.4")],
        evidence=[Evidence("evidence/3.jpg", "evidence", "there", (3,), digest="ab" * 32)],
        figures=[FigureSheet("layout", "措施总体布局图", 10, "5.1.2", PIXEL, (1, 1)),
                 FigureSheet("terrain", "地形图", 2, None, withheld=("DEM 高程",))],
        files=[FileHash("survey", "内容", "cd" * 32)],
        amounts=[Amount("生态治理区", "上店村", "terrace", "hm2", 1.5, 20.25, features=3)],
        cards=cards_of(edition, ["terrace"]), names={("a7", "v1"): "上店"},
    )  # fmt: skip
    return replace(base, **changes)


class Walk(HTMLParser):
    """Every text of a page with the tags it stands in, all ids, all links, all origins."""

    VOID = ("meta", "img", "col", "br")

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.texts, self.sources = [], set(), [], [], []
        self.rows: dict = {}
        self._row = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        if "id" in facts:
            assert facts["id"] not in self.ids, f"id {facts['id']} twice"
            self.ids.add(facts["id"])
        if tag == "tr":
            self._row = facts.get("id")
        if "href" in facts:
            self.links.append(facts["href"])
            if self._row is not None and self.open[-1][0] == "td":
                self.rows.setdefault(self._row, []).append((self.open[-1][1], facts["href"]))
        self.sources += [facts[k] for k in ("src", "srcset", "data", "action") if k in facts]
        if tag not in self.VOID:
            self.open.append((tag, facts.get("class", ""), facts.get("href", "")))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if text.strip() and not any(tag in ("style", "title") for tag, _, _ in self.open):
            self.texts.append((text, list(self.open)))
            if self._row is not None and self.open[-1][0] == "span":
                self.rows.setdefault(self._row, []).append((self.open[-2][1], text))


MARKED = {"code", "said", "date", "unit", "formula", "clause", "clause note"}


def walked(made):
    walk = Walk(html(made))
    for text, stack in walk.texts:
        if re.search(r"\d", text):
            linked = any(tag == "a" and href for tag, _, href in stack)
            marked = any(tag == "span" and kind in MARKED for tag, kind, _ in stack)
            assert linked or marked, f"a number that leads nowhere: {text!r}"
    return walk


def words(part):
    """All texts of a part of the document."""
    from qingliu.core.dossier import Document

    one = Document("", "", "", "", "", (part,), (), ())
    return "".join(run.text for run in every_run(one))


def part_of(made, key):
    return next(p for p in made.parts if p.key == key)


# -- numbers resolve -------------------------------------------------------------
def test_no_number_of_the_document_is_loose_and_no_link_is_dead():
    made = build(contents())
    assert loose_numbers(made) == []
    assert dead_links(made) == []


def test_every_number_of_the_page_leads_to_clause_formula_and_inputs():
    walk = walked(build(contents()))
    assert {link for link in walk.links if not link.startswith("#")} == set()
    dead = {link for link in walk.links if link[1:] not in walk.ids}
    assert dead == set()
    values = {link[1:] for link in walk.links if re.fullmatch(r"#n\d+", link)}
    assert len(values) > 60
    for anchor in values:
        cells = walk.rows[anchor]
        clauses = [href for kind, href in cells if kind == "clause"]
        formulas = [text for kind, text in cells if kind == "formula"]
        inputs = [href for kind, href in cells if kind == "inputs"]
        source = [text for kind, text in cells if kind == "source"]
        assert len(clauses) == 1 and clauses[0][1:] in walk.ids
        assert formulas and formulas[0].strip()
        assert all(href[1:] in walk.ids for href in inputs)
        assert inputs or source, f"{anchor} rests on nothing"


def test_the_conservation_rate_leads_to_its_two_areas_and_the_county():
    made = build(contents())
    rate = next(o for o in made.origins if o.label == "第 1 项 水土保持率")
    assert rate.text == "77.5 %" and rate.clause == "C.1"
    assert [i.text for i in rate.inputs] == ["22.5 hm²", "100 hm²"]
    assert "1 − 水土流失面积 / 总土地面积" in rate.formula
    area = next(o for o in made.origins if o.anchor == rate.inputs[0].anchor)
    assert (area.source, area.year, area.inputs) == ("公报", 2024, ())
    assert any(
        o.label == "县级参数 所在县 2035 年水土保持率目标值" and o.text == "76 %" for o in made.origins
    )


def test_a_cell_of_a_survey_table_leads_to_its_column_or_to_the_value_that_was_used():
    made = build(contents())
    part = part_of(made, "table-a7")
    grid = next(b for b in part.blocks if b.block == "grid")
    run = next(r for line in grid.lines for c in line.cells for r in c.runs if r.kind == "value")
    origin = next(o for o in made.origins if o.anchor == run.target)
    assert run.text == "40" and "户数" in origin.label and origin.clause in ("4.4.1", "4.4.3")


# -- what is said ------------------------------------------------------------------
def test_the_parts_come_in_the_order_of_a_recognition():
    keys = [p.key for p in build(contents()).parts]
    assert keys == [
        "cover", "acceptance", "unproven", "index", "basis", "tables", "table-a7", "figures", "verdicts", "evidence",
        "checks", "plan", "cards", "edition", "signatures", "files",
    ]  # fmt: skip


def test_without_acceptance_it_is_preliminary_and_says_what_is_missing():
    made = build(contents())
    assert made.heading == "生态清洁小流域预评估资料"
    assert "缺少验收日期、验收文件（名称、文号）、验收主持单位" in words(part_of(made, "cover"))


def test_with_the_whole_acceptance_it_is_no_longer_preliminary():
    made = build(contents(meta={"name": "青柳沟", **ACCEPTED}))
    assert made.heading == "生态清洁小流域认定资料"
    assert "某水保〔2025〕12号" in words(part_of(made, "acceptance"))
    assert "预评估" not in html(made)


@pytest.mark.parametrize("key", ACCEPTED)
def test_a_part_of_the_acceptance_alone_is_not_enough(key):
    some = {k: v for k, v in ACCEPTED.items() if k != key}
    made = build(contents(meta={"name": "青柳沟", **some}))
    assert made.heading == "生态清洁小流域预评估资料"


def test_what_is_unproven_comes_with_its_reason_before_the_index():
    made = build(contents())
    assert [p.key for p in made.parts].index("unproven") < [p.key for p in made.parts].index("index")
    text = words(part_of(made, "unproven"))
    assert "居民人均收入" in text and "待证" in text
    assert "QL-" not in text


def test_the_verdict_is_a_self_assessment_without_a_score():
    made = build(contents())
    text = words(part_of(made, "cover")) + words(part_of(made, "verdicts"))
    assert "待证" in text and "水行政主管部门" in text and "不评分" in text
    assert not re.search("得分|总分|评分为|认定合格", html(made))


def test_a_lost_photo_says_which_indicator_it_weakens():
    lost = [Evidence("evidence/3.jpg", "evidence", "lost", (3,))]
    text = words(part_of(build(contents(evidence=lost)), "unproven"))
    assert "缺失的佐证" in text and "evidence/3.jpg" in text and "第 3 项" in text


def test_a_photo_of_a_village_supports_the_indicators_that_rest_on_its_row():
    given = survey_input()
    register = evaluate(given, ["livable"]).register
    assert 12 in supported(register, given, "a7", "v1")  # households of the village
    assert supported(register, given, "indicator_input", "in-3-judgement") == (3,)
    assert supported(register, given, "a7", "another") == ()


def test_a_figure_with_a_marked_layer_is_named_and_its_picture_is_not_there():
    made = build(contents())
    assert "地形图" in words(part_of(made, "figures")) and "含标密图层" in words(part_of(made, "figures"))
    assert html(made).count("data:image/png") == 1


def test_the_index_names_every_numbered_part_once():
    made = build(contents())
    text = words(part_of(made, "index"))
    for part in made.parts:
        if part.number and part.key != "index":
            assert text.count(f"{part.number}{part.title}") == 1, part.title


# -- untrusted text -----------------------------------------------------------------
NASTY = "<script>alert(1)</script><img src=file:///etc/passwd onerror=x> {{ 7*7 }} ]]> \x0b & '\""


def test_names_of_people_come_out_letter_by_letter_and_run_nothing():
    made = build(contents(meta={"name": NASTY, "code": NASTY}))
    walk = walked(made)
    assert all(source.startswith("data:image/") for source in walk.sources)
    assert any(NASTY.replace("\x0b", "") in text.replace("\x0b", "") for text, _ in walk.texts)
    assert "<script" not in html(made) and "49" not in words(part_of(made, "cover"))


def test_word_file_is_well_formed_with_nasty_names_and_points_nowhere_outside():
    from lxml import etree

    file = zipfile.ZipFile(io.BytesIO(docx(build(contents(meta={"name": NASTY})))))
    strict = etree.XMLParser(resolve_entities=False, no_network=True)
    for name in file.namelist():
        if name.endswith((".xml", ".rels")):
            tree = etree.fromstring(file.read(name), strict)
            assert not tree.xpath("//@TargetMode")
    text = "".join(etree.fromstring(file.read("word/document.xml"), strict).itertext())
    assert "{{ 7*7 }}" in text and "<script>" in text


def test_every_link_of_the_word_file_has_its_bookmark():
    page = zipfile.ZipFile(io.BytesIO(docx(build(contents())))).read("word/document.xml").decode()
    marks = re.findall(r'bookmarkStart w:id="\d+" w:name="(\w+)"', page)
    assert len(marks) == len(set(marks))
    assert set(re.findall(r'w:anchor="(\w+)"', page)) <= set(marks)


# -- the same every time -------------------------------------------------------------
def test_two_documents_of_the_same_contents_are_the_same_bytes():
    one, other = build(contents()), build(contents())
    assert html(one) == html(other)
    assert docx(one) == docx(other)


def test_no_member_of_the_word_file_has_a_time_or_a_system():
    file = zipfile.ZipFile(io.BytesIO(docx(build(contents()))))
    assert {i.date_time for i in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {i.create_system for i in file.infolist()} == {0}
    assert "2025-09-30T00:00:00Z" in file.read("docProps/core.xml").decode()


def test_the_digest_is_of_the_content_not_of_its_order():
    rows = [("a7", "1", {"n": 3, "t": "x"}, None), ("a7", "2", {"n": 4.0}, b"\x01")]
    digest = content_digest(rows)
    assert content_digest(reversed(rows)) == digest
    assert content_digest([("a7", "1", {"t": "x", "n": 3.0, "empty": None}, None), rows[1]]) == digest


@pytest.mark.parametrize(
    "change",
    [("a7", "1", {"n": 3.5}, None), ("a7", "1", {"n": 3}, b"\x01"), ("a8", "1", {"n": 3}, None),
     ("a7", "3", {"n": 3}, None), ("a7", "1", {"n": "3"}, None), ("a7", "1", {"m": 3}, None)],
    ids=["value", "geometry", "table", "key", "kind", "field"],
)  # fmt: skip
def test_the_digest_sees_every_change(change):
    assert content_digest([change]) != content_digest([("a7", "1", {"n": 3}, None)])


def test_the_list_of_sums_is_what_sha256sum_reads():
    assert sums_text({"b": "22", "a/x": "11"}) == "11  a/x\n22  b\n"


# -- numbers as text -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [(77.521532899, 76, "77.52"), (75.996, 76, "75.996"), (76.0, 76, "76"), (100.0, 100, "100"),
     (0.004, None, "0.004"), (None, 3, "—"), (-1.5, None, "-1.5"), (True, None, "是"), ("Ⅲ", None, "Ⅲ"),
     (12345.678, None, "12345.68")],
    ids=["two decimals", "as many as tell it from the limit", "equal to the limit", "no zeros", "small", "unknown",
         "negative", "yes", "class", "large"],
)  # fmt: skip
def test_number_as_text(value, limit, text):
    assert number_text(value, limit) == text


@pytest.mark.parametrize(("value", "text"), [(1.52, "+1.52"), (-0.3, "−0.3"), (0.0, "0"), (None, "")])
def test_margin_has_its_sign(value, text):
    assert signed_text(value) == text


if property_test is not None:

    @property_test(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 6)), st.integers(-1000, 1000))
    def test_a_printed_number_is_on_the_side_of_the_limit_where_the_number_is(value, limit):
        shown = float(number_text(value, float(limit)))
        assert (shown > limit) == (value > limit) and (shown < limit) == (value < limit)

    @property_test(st.text(max_size=60))
    def test_any_name_gives_a_page_without_loose_numbers_and_a_readable_word_file(name):
        from lxml import etree

        made = build(contents(meta={"name": name, "code": "1"}))
        walked(made)
        page = zipfile.ZipFile(io.BytesIO(docx(made))).read("word/document.xml")
        assert etree.fromstring(page) is not None


def test_costs_are_added_up_and_the_sum_leads_to_its_clause():
    amounts = [
        Amount("生态治理区", "上店村", "terrace", "hm2", 0.0, 2.0, 50000.0, 3),
        Amount("生态治理区", "下店村", "terrace", "hm2", 0.0, 1.0, 25000.5, 1),
    ]
    made = build(contents(amounts=amounts))
    grid = next(b for b in part_of(made, "plan").blocks if b.block == "grid")
    last = grid.lines[-1].cells
    assert [c.runs[0].text for c in last] == ["合计", "75000.5"]
    assert sum(c.columns for c in last) == len(grid.heads[0].cells)
    assert next(o for o in made.origins if o.anchor == last[1].runs[0].target).clause == "5.1.2"
    assert dead_links(made) == [] and loose_numbers(made) == []


# -- cards -------------------------------------------------------------------------------
def test_cards_are_of_the_measures_that_are_there():
    titles = [c.title for c in cards_of(default_edition(), ["terrace", "terrace"])]
    assert titles == ["各项措施", "梯田"]
    assert cards_of(default_edition(), []) == ()
    wetland = cards_of(default_edition(), ["constructed_wetland"])[-1]
    assert ("8.3.1", "每 1 个月") in [(d.clause, d.interval) for d in wetland.duties]


# -- what the guide keeps: basis, type, targets --------------------------------------------
def answered(**answers):
    from qingliu.core.guide.answers import META_KEY, Answer, to_text

    given = {key.replace("_", "."): Answer(*value) for key, value in answers.items()}
    return {"name": "青柳沟", "code": "QL-01", META_KEY: to_text(given)}


def rows_with(part, text):
    """Rows of a part's tables in which a cell holds ``text``, as texts of their cells."""
    found = []
    for block in part.blocks:
        for line in getattr(block, "lines", ()):
            cells = ["".join(r.text for r in cell.runs) for cell in line.cells]
            if any(text in cell for cell in cells):
                found.append(cells)
    return found


def test_answers_of_the_guide_are_printed_with_their_document_and_who_gave_them():
    meta = answered(plans_conservation=("yes", "青溪县水土保持规划（2021—2035）", "李清", "2025-05-10"),
                    goals_1=("no", "", "李清", "2025-05-10"))  # fmt: skip
    basis = part_of(build(contents(meta=meta)), "basis")
    (plan,) = rows_with(basis, "水土保持规划")
    assert plan[1:] == ["3.0.1", "是", "青溪县水土保持规划（2021—2035）", "李清 2025-05-10"]
    (goal,) = rows_with(basis, "适宜治理的流失全部治理")
    assert goal[1:3] == ["3.0.6-1", "否"]


def test_what_nobody_answered_prints_as_a_blank_and_is_among_what_lacks():
    made = build(contents())
    basis = part_of(made, "basis")
    (principle,) = rows_with(basis, "分区布设")
    assert principle[1:3] == ["3.0.7-3", "□ 是　□ 否"]
    assert principle[3:] == ["＿＿＿＿"] * 2
    assert "建设依据、类型与目标：有未答的项，" in words(part_of(made, "unproven"))
    every = [block for block in basis.blocks if hasattr(block, "lines")]
    # 3.0.2 (2), 3.0.1 (5), 3.0.3 (2), 3.0.5 (5), 3.0.6 (6), 3.0.7 (4), 5.1.1 (20 indicators)
    assert [len(grid.lines) for grid in every] == [2, 5, 2, 5, 6, 4, 20]


def test_the_type_stands_with_the_evidence_of_each_sub_clause():
    meta = answered(**{"type_livable": ("yes", "七个自然村沿河分布")})
    basis = part_of(build(contents(meta=meta)), "basis")
    assert "选定类型：" + default_edition().types["livable"].zh in words(basis)
    (row,) = rows_with(basis, "七个自然村沿河分布")
    assert row[1:3] == ["3.0.5-3", "是"]


def test_targets_stand_by_indicator_for_present_plan_and_horizon_beside_limit_and_value():
    from qingliu.core.guide.answers import META_KEY, Answer, to_text

    given = {
        "target.1.present": Answer("77.5"),
        "target.1.planned": Answer("80"),
        "target.1.horizon": Answer("85"),
    }
    basis = part_of(build(contents(meta={"name": "青柳沟", META_KEY: to_text(given)})), "basis")
    (row,) = rows_with(basis, "水土保持率")
    assert row[:1] + row[3:6] == ["1", "77.5", "80", "85"]
    assert row[6:] == ["≥ 76", "77.5"]
    (empty,) = rows_with(basis, "林草覆盖率")
    assert empty[3:6] == ["＿＿＿＿"] * 3


def test_answers_that_cannot_be_read_are_said_and_the_rest_is_left_blank():
    basis = part_of(build(contents(meta={"name": "x", "plan.answers": "[1"})), "basis")
    assert "无法读出" in words(basis)


# -- what people signed about the layout -----------------------------------------------------
DESIGN = "terrace.6.2.2-5-3.design_standard"
STEEP = "terrace.6.2.2-1-2.forbid"


def signed_layout():
    meta = {
        "name": "青柳沟",
        f"layout.confirm.m1|{DESIGN}": '{"reason": "", "name": "王工", "date": "2026-03-02"}',
        f"layout.confirm.m2|{STEEP}": '{"reason": "旧有石坎梯田，予以保留", "name": "李工", "date": "2026-03-03"}',
        f"layout.confirm.m2|{DESIGN}": '{"reason": "", "name": " ", "date": "2026-03-03"}',
        "layout.confirm.gone|" + DESIGN: '{"reason": "", "name": "王工", "date": "2026-03-02"}',
        "layout.unused.closure": '{"reason": "无疏林地", "name": "王工", "date": "2026-03-02"}',
        "layout.card.m1": '{"owner": "上店村集体", "manager": "周敏"}',
    }
    measures = {"m1": ("terrace", "梯田1"), "m2": ("terrace", "梯田2"), "m3": ("check_dam", "谷坊1")}
    return contents(meta=meta, measures=measures)


def test_duties_stand_with_how_many_are_signed_and_by_whom():
    made = build(signed_layout())
    plan = part_of(made, "plan")
    (row,) = rows_with(plan, "按 GB 51018 设计和施工")[:1]
    assert row == ["8 梯田", "6.2.2-5-3", "按 GB 51018 设计和施工", "2", "1", "王工 2026-03-02"]
    (dam,) = [r for r in rows_with(plan, "按 GB 51018 设计和施工") if r[0] == "15 谷坊"]
    assert dam[3:] == ["1", "0", "＿＿＿＿"]
    assert loose_numbers(made) == [] and dead_links(made) == []


def test_a_breach_that_somebody_keeps_stands_with_its_reason():
    (row,) = rows_with(part_of(build(signed_layout()), "plan"), "旧有石坎梯田")
    assert row == ["梯田2（梯田）", "6.2.2-1-2", "旧有石坎梯田，予以保留", "李工", "2026-03-03"]


def test_major_measures_left_out_stand_with_their_reason_or_a_blank():
    plan = part_of(build(signed_layout()), "plan")
    edition = default_edition()
    major = [m for m in edition.measures.values() if m.marks.get("livable") == "major" and not m.placeholder]
    grid = plan.blocks[-1]
    assert len(grid.lines) == len([m for m in major if m.key not in ("terrace", "check_dam")])
    if edition.measures["closure"].marks["livable"] == "major":
        (row,) = rows_with(plan, "无疏林地")
        assert row[2:] == ["王工", "2026-03-02"]


def test_filled_cards_name_owner_and_manager_and_leave_the_rest_blank():
    cards = part_of(build(signed_layout()), "cards")
    (row,) = rows_with(cards, "上店村集体")
    assert row == ["梯田：梯田1", "上店村集体", "＿＿＿＿", "周敏", "＿＿＿＿"]


def test_every_rule_without_a_measurable_condition_is_a_duty_or_a_signed_word_of_some_measure():
    """No rule of the edition falls through: it is measured, looked for among the measures, or a duty."""
    from qingliu.core.county import references
    from qingliu.core.dossier.signed import _by_person, duty_words
    from qingliu.core.siting.rules import measurable, rules_of

    edition = default_edition()
    for key in edition.measures:
        for rule in rules_of(edition, key):
            ways = [measurable(edition, rule) and rule.effect != "require_with", rule.effect == "require_with"
                    and rule.reading != "confirm", _by_person(edition, rule)]  # fmt: skip
            assert sum(ways) == 1, rule.id
            if _by_person(edition, rule):
                assert any("\u4e00" <= c <= "\u9fff" for c in duty_words(edition, rule, references(edition)))
