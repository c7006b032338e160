"""The shipped edition holds together, can be looked up and links both ways."""

from __future__ import annotations

import dataclasses

import pytest
from qingliu.core.errors import EditionError
from qingliu.core.standard import default_edition, load_edition, open_edition, parse, text
from qingliu.core.standard.edition import PARTS
from qingliu.core.standard.targets import ALGORITHMS, LAYERS

EDITION = default_edition()


def test_the_shipped_edition_has_no_fault():
    load_edition(EDITION.folder)


def test_the_edition_says_that_it_is_a_draft_and_since_when_the_final_standard_is_in_force():
    for status in (EDITION.header.status_zh, EDITION.header.status_en):
        assert "2023-10-18" in status
        assert "SL/T 534-2023" in status


def test_parts_have_as_many_records_as_the_draft():
    counts = {name: len(EDITION.part(name).records) for name in PARTS}
    assert counts == {
        "edition": 1,
        "clauses": 91 + 99 + 35 + 19 + 20,
        "rulings": 24,
        "standards": 44,
        "parameters": len(EDITION.parameters),
        "siting": 1,
        "measures": 34,
        "measures_in_text": 1,
        "indicators": 20,
        "sheet": 1,
        "tables": 13,
        "codelists": len(EDITION.codelists),
        "figures": 12,
        "maintenance": len(EDITION.maintenance),
    }


def test_nothing_is_read_before_it_is_asked_for():
    edition = open_edition(EDITION.folder)
    assert "_parts" not in vars(edition)
    assert edition.figure("layout").required_by == "5.1.2"
    assert set(vars(edition)["_parts"]) == {"figures"}


def test_only_the_layout_figure_is_required_by_the_standard():
    required = {f.key: f.required_by for f in EDITION.figures.values() if f.required_by}
    assert required == {"layout": "5.1.2"}


def test_tables_come_in_the_order_of_appendix_a_with_extensions_last():
    assert [t.name for t in EDITION.tables.values()] == [
        "a1", "a2", "a3", "a4", "a5", "a6", "a6w", "a7", "a8", "a9", "a10", "a11x", "a12x",
    ]  # fmt: skip
    assert [t.id for t in EDITION.tables.values() if t.extension] == ["A.11x", "A.12x"]


def test_look_ups_take_ids_store_names_and_keys():
    assert EDITION.table("a6") is EDITION.table("A.6")
    assert EDITION.indicator(17) is EDITION.indicator("ecological_bank_rate") is EDITION.indicator("17")
    assert EDITION.column("A.3", "erosion_total_hm2").unit == "hm2"
    assert EDITION.clause("5.3.2").printed_id == "5.2.2"
    assert EDITION.clause("CM-6.1.2").chapter == EDITION.clause("6.1.2").chapter == "6"


@pytest.mark.parametrize(
    ("look_up", "name"),
    [
        (EDITION.clause, "9.9.9"),
        (EDITION.table, "A.99"),
        (EDITION.measure, "dam"),
        (EDITION.indicator, 21),
        (EDITION.indicator, "beauty"),
        (EDITION.parameter, "luck"),
        (EDITION.figure, "portrait"),
        (EDITION.codelist, "colours"),
        (EDITION.ruling, 25),
    ],
    ids=["clause", "table", "measure", "number", "indicator", "parameter", "figure", "codelist", "ruling"],
)
def test_a_look_up_of_something_unknown_names_it(look_up, name, english):
    with pytest.raises(EditionError, match=rf"QL-STD-NOSUCH.*{name}"):
        look_up(name)


def test_texts_come_in_both_languages():
    clause = EDITION.clause("4.3.1")
    assert "300" in text(clause, language="zh")
    assert "300" in text(clause, language="en")
    assert text(clause, "use", "zh") == clause.use_zh
    assert text(clause, "term", "en") == ""


def test_code_lists_offer_values_and_labels():
    land_types = EDITION.items(EDITION.column("A.5", "land_type"))
    assert [i.code for i in land_types] == ["0101", "0102", "0103", "0201", "0202", "0203", "0204"]
    assert EDITION.code_label("land_use", "0101", "zh") == "水田"
    assert EDITION.code_label("land_use", "9999") == "9999"
    assert EDITION.items(EDITION.column("A.7", "households")) == ()


def test_every_unit_in_use_has_its_printed_form():
    units = {i.code for i in EDITION.codelist("units").items}
    used = {c.unit for t in EDITION.tables.values() for c in t.columns}
    used |= {i.unit for i in EDITION.indicators.values()}
    used |= {c.unit for i in EDITION.indicators.values() for c in i.thresholds}
    used |= {v.unit for i in EDITION.indicators.values() if i.formula for v in i.formula.variables}
    used |= {q.unit for m in EDITION.measures.values() for q in m.quantities}
    used |= {p.unit for p in EDITION.parameters.values()}
    used |= {c.unit for c in EDITION.header.county_inputs}
    assert used - {None} <= units


def test_severity_follows_the_wording_and_a_ruling_may_soften_it():
    assert EDITION.clause("4.3.1").severity == "error"
    rules = {r.id: r for m in EDITION.measures.values() for r in m.rules}
    assert rules["terrace.6.2.2-1-3.prefer"].severity == "warning"
    assert rules["replanting.5.2.1-2.permit"].severity == "note"
    softened = [r for r in rules.values() if r.report_as is not None]
    assert [(r.id, r.level, r.severity, r.ruling) for r in softened] == [
        ("sewage_treatment.6.2.5-1.require_quality", "required", "warning", 19)
    ]


def test_ruling_5_accepts_terraces_at_25_degrees_and_on_any_slope_position():
    rules = {r.id: r for r in EDITION.measure("terrace").rules}
    for rule_id in ("terrace.6.2.2-1-3.prefer", "terrace.6.2.2-5-1.prefer"):
        tests = {t.attr: t for t in rules[rule_id].tests()}
        assert tests["slope_position"].ranks
        assert tests["slope_deg"].op in ("<=", "between")
        assert not tests["land_use"].ranks
        assert {t.ruling for t in tests.values()} == {None, 5}


# --- links -------------------------------------------------------------------------------------


def test_links_lead_from_the_clause_to_the_table_and_back():
    assert parse("table:A.6") in EDITION.links_to("clause:4.3.1")
    assert parse("clause:4.3.1") in EDITION.links_to("table:A.6")
    assert EDITION.links_to("table:nowhere") == ()


def test_every_link_leads_back():
    for target, others in EDITION.links.items():
        assert len(set(others)) == len(others)
        for other in others:
            assert target in EDITION.links[other]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("table", list(EDITION.tables)),
        ("measure", [m.key for m in EDITION.measures.values() if not m.placeholder]),
        ("indicator", [str(n) for n in EDITION.indicators]),
        ("zone", list(EDITION.zones)),
        ("type", list(EDITION.types)),
        ("figure", list(EDITION.figures)),
        ("algorithm", [a for a in ALGORITHMS if a != "trainingwatershed"]),
        ("parameter", [p.key for p in EDITION.parameters.values() if p.clauses]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_everything_the_standard_governs_leads_to_a_clause(kind, names):
    orphans = [n for n in names if not any(t.kind == "clause" for t in EDITION.links_to(f"{kind}:{n}"))]
    assert orphans == []


def test_the_register_of_standards_and_the_clauses_name_the_same_citations():
    by_clause = {(c.id, s) for c in EDITION.clauses.values() for s in c.standards if c.id != "1.0.4"}
    by_register = {(c, s.number) for s in EDITION.standards.values() for c in s.cited_by}
    assert by_clause == by_register
    by_rule = {(r.clause, s) for m in EDITION.measures.values() for r in m.rules for s in r.standards}
    assert by_rule <= by_clause


def test_twelve_listed_standards_are_never_cited_and_five_cited_ones_are_not_listed():
    never_cited = [s.number for s in EDITION.standards.values() if s.listed and not s.cited_by]
    not_listed = [s.number for s in EDITION.standards.values() if not s.listed]
    assert len(never_cited) == 12 and {"SL 190", "SL 73.6"} <= set(never_cited)
    assert {"GB/T 32000", "NY/T 2911", "TD/T 1055"} <= set(not_listed)
    in_foreword_only = [n for n in not_listed if not EDITION.standards[n].cited_by]
    assert in_foreword_only == ["SL 1"]


def test_links_name_only_layers_of_the_store():
    named = {t.name for t in EDITION.links if t.kind == "layer"}
    assert named <= set(LAYERS)


# --- immutability ------------------------------------------------------------------------------


def test_records_and_mappings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        EDITION.clause("4.3.1").level = "permitted"
    with pytest.raises(TypeError):
        EDITION.measures["terrace"] = None
