"""The shipped edition says what the draft says: held against the facts cut from it.

The facts lie in ../shared/standard, beside the checkout; without them these tests are skipped.
"""

from __future__ import annotations

import re

import pytest
import yaml
from qingliu.core.data import SAFE_LOADER
from qingliu.core.standard import default_edition

EDITION = default_edition()
LONGEST = 20  # characters of the draft that may be repeated outside names
RENAMED = {
    "loess_plateau": ["loess"],
    "earth_rock_mountain": ["north_rocky", "southwest_rocky"],
}


@pytest.fixture(scope="module")
def facts(shared):
    def load(name):
        with open(shared / "standard" / name, encoding="utf-8") as stream:
            return yaml.load(stream, Loader=SAFE_LOADER)

    return load


@pytest.fixture(scope="module")
def measures(facts):
    return facts("measures.yaml")


@pytest.fixture(scope="module")
def indicators(facts):
    return facts("indicators.yaml")


@pytest.fixture(scope="module")
def survey(facts):
    return facts("survey_tables.yaml")


@pytest.fixture(scope="module")
def draft(facts):
    return facts("clauses.yaml")


# --- clauses ---------------------------------------------------------------------------------


def test_every_clause_item_and_note_of_the_draft_is_there_once_with_number_level_and_kind(draft):
    kinds = {"commentary": "note"}
    wanted = {
        c["id"]: (c.get("printed_id"), kinds.get(c["kind"], c["kind"]), c["level"], c["computable"])
        for c in draft["clauses"] + draft["explanatory_notes"]
    }
    ours = {
        c.id: (c.printed_id if wanted.get(c.id, (None,))[0] else None, c.kind, c.level, c.computable)
        for c in EDITION.clauses.values()
        if c.kind != "appendix"
    }
    assert ours == wanted


def test_every_number_of_a_clause_stands_in_both_paraphrases(draft):
    missing = []
    for fact in draft["clauses"]:
        clause = EDITION.clause(fact["id"])
        for number in re.findall(r"\d+(?:\.\d+)?", fact["text_zh"]):
            for language in ("zh", "en"):
                spaceless = re.sub(r"\s", "", getattr(clause, language))
                if number not in spaceless:
                    missing.append((clause.id, language, number))
    assert missing == []


# --- table B.1 -------------------------------------------------------------------------------


def test_the_34_rows_and_150_marks_of_table_b1_equal_the_facts(measures):
    wanted = {
        m["number"]: (m["key"], m["name_zh"], m["zone"], m["group"], m["is_placeholder"], m["importance"])
        for m in measures["measures"]
    }
    types = list(EDITION.types)
    ours = {
        m.number: (m.key, m.name_zh, m.zone, m.group, m.placeholder, {t: m.marks.get(t) for t in types})
        for m in EDITION.measures.values()
    }
    assert ours == wanted
    assert len(ours) == 34
    assert sum(len(m.marks) for m in EDITION.measures.values()) == 150


def test_geometry_and_units_of_every_measure_equal_the_facts(measures):
    for fact in measures["measures"]:
        ours = EDITION.measure(fact["key"])
        any_kind = fact["geometry"] == "any"
        assert set(ours.geometry) == (
            {"point", "line", "polygon"} if any_kind else set(fact["geometry"].split("_or_"))
        ), fact["key"]
        printed = re.sub(r" \(\w+\)", "", fact["quantity_unit"] or "")
        assert [q.unit for q in ours.quantities] == [u for u in re.split(r" / |, ", printed) if u]


def test_the_118_siting_rules_have_the_facts_clause_level_and_effect_in_order(measures):
    wanted = {
        m["key"]: [(s["clause"], s["level"], s["effect"]) for s in m["siting"]] for m in measures["measures"]
    }
    ours = {m.key: [(r.clause, r.level, r.effect) for r in m.rules] for m in EDITION.measures.values()}
    assert ours == wanted
    assert sum(map(len, ours.values())) == 118
    for measure in EDITION.measures.values():
        for rule in measure.rules:  # ids are public: they stand in reports of checklayout
            assert rule.id == f"{measure.key}.{rule.clause}.{rule.effect}"


def _fact_tests(condition):
    if "attr" in condition:
        return [condition]
    return [t for group in ("any", "all") for c in condition.get(group, []) for t in _fact_tests(c)]


def _says(attribute, value):
    """All ways the vocabulary spells ``value``: its key and its names."""
    found = EDITION.siting.attribute(attribute)
    entry = next((v for v in found.values if v.key == value), None)
    return {value} if entry is None else {value, entry.zh, entry.en}


def _resolved(value):
    is_reference = isinstance(value, str) and value.startswith("@")
    return EDITION.default(value[1:]) if is_reference else value


@pytest.mark.parametrize("key", list(EDITION.measures))
def test_every_siting_condition_asks_what_the_facts_ask(measures, key):
    fact = next(m for m in measures["measures"] if m["key"] == key)
    for rule, siting in zip(EDITION.measure(key).rules, fact["siting"]):
        wanted = [t for c in siting["when"] for t in _fact_tests(c)]
        standards = [t for t in wanted if t["attr"] == "standard"]
        named = [v for t in standards for v in ([t["value"]] if isinstance(t["value"], str) else t["value"])]
        assert list(rule.standards) == [re.sub(r" \(.*", "", n) for n in named], rule.id
        asked = [t for t in wanted if t["attr"] != "standard"]
        assert len(rule.tests()) == len(asked), rule.id
        for ours, theirs in zip(rule.tests(), asked):
            assert (ours.attr, ours.printed_op or ours.op) == (theirs["attr"], theirs["op"]), rule.id
            assert ours.quantified == theirs.get("quantified", True), rule.id
            assert ours.inclusive == theirs.get("inclusive"), rule.id
            _same_value(ours, theirs["value"], rule.id)


def _same_value(ours, wanted, rule_id):
    mine = list(ours.value) if isinstance(ours.value, list) else [ours.value]
    theirs = wanted if isinstance(wanted, list) else [wanted]
    theirs = [r for t in theirs for r in RENAMED.get(t, [t])]
    assert len(mine) == len(theirs), rule_id
    for one, other in zip(mine, theirs):
        same = _resolved(one) == _resolved(other)
        renamed = (ours.attr, one, other) == ("channel_state", "natural", "near natural, little disturbed")
        assert same or renamed or other in _says(ours.attr, one), (rule_id, one, other)


def test_land_use_groups_equal_the_facts(measures):
    ours = {g.key: list(g.codes) for g in EDITION.siting.land_use_groups}
    assert ours == {key: group["codes"] for key, group in measures["land_use_groups"].items()}


def test_parameters_equal_the_facts_and_say_whether_the_standard_fixes_them(measures):
    for fact in measures["parameters"]:
        ours = EDITION.parameter(fact["key"])
        assert (ours.default, ours.unit) == (fact["default"], fact["unit"]), fact["key"]
        assert (ours.source == "ours") == ("engineering judgement" in fact["source"]), fact["key"]
        assert ours.operator == fact["operator"] if "operator" in fact else True
        assert ours.maximum == fact["max"] if "max" in fact else True


def test_measures_that_only_clauses_name_equal_the_facts(measures):
    found = EDITION.measures_in_text
    assert [(m.zh, m.clause) for m in found.measures] == [
        (m["zh"], m["clause"]) for m in measures["other_measures_in_text"]
    ]
    numbers = {m.key: m.number for m in EDITION.measures.values()}
    for focus in found.types:
        fact = measures["type_main_measures_by_clause"][focus.type]
        assert fact["clause"].startswith(focus.clause)
        assert [numbers[k] for k in focus.measures] == fact.get("rows", [])
        assert len(focus.topics_zh) == len(fact.get("text_only", []))


# --- table 7-1 -------------------------------------------------------------------------------

CELLS = [(i.number, t) for i in EDITION.indicators.values() for t in EDITION.types]


def test_table_7_1_has_100_cells():
    assert len(CELLS) == 100


@pytest.mark.parametrize(("number", "type_key"), CELLS, ids=[f"{n}-{t}" for n, t in CELLS])
def test_every_cell_of_table_7_1_equals_the_facts(indicators, number, type_key):
    fact = indicators["indicators"][number - 1]["thresholds"][type_key]
    ours = EDITION.indicator(number).threshold(type_key)
    assert ours.operator == fact["operator"]
    assert ours.inferred == fact.get("operator_inferred", False)
    our_reading = ours.inferred or EDITION.indicator(number).merged
    assert ours.basis == ("derived" if our_reading else "verbatim")
    assert ours.measure == fact.get("measure")
    in_words = fact["operator"] in ("qualitative", "any_of") or len(fact["printed"]) > LONGEST
    assert ours.printed == (None if in_words else fact["printed"])
    if fact["operator"] in (">=", ">", "<=", "<", "class_not_worse_than"):
        assert (ours.value, ours.unit) == (fact["value"], fact.get("unit"))
    if fact["operator"] == "any_of":
        wanted = [(a["operator"], a["value"] if "unit" in a else None) for a in fact["value"]]
        assert [(a.operator, a.value) for a in ours.alternatives] == wanted


def test_every_indicator_has_the_facts_name_group_unit_kind_star_and_formula(indicators):
    for fact in indicators["indicators"]:
        ours = EDITION.indicator(fact["number"])
        assert (ours.key, ours.name_zh, ours.group, ours.unit, ours.kind, ours.starred) == (
            fact["key"],
            fact["name_zh"],
            fact["group"],
            fact["unit"],
            fact["kind"],
            fact["starred"],
        )
        assert ours.merged == ("merged_cell_note" in fact)
        assert (ours.formula is None) == (fact["formula"] is None)
        assert (ours.exemption is None) == ("exemption" not in fact)
        if ours.formula is None:
            continue
        assert (ours.formula.number, ours.formula.expr) == (fact["formula"]["id"], fact["formula"]["expr"])
        assert [(v.key, v.zh, v.unit, v.unit_printed) for v in ours.formula.variables] == [
            (v["key"], v["zh"], v.get("unit"), v.get("unit_printed", False))
            for v in fact["formula"]["variables"]
        ]


def test_nutrient_contents_of_fertilisers_equal_the_facts_and_are_marked_unverified(indicators):
    facts = indicators["indicators"][5]["formula"]["nutrient_contents_default"]["percent"]
    data = EDITION.indicator(6).formula.data
    ours = [{k: v for k, v in row.items() if k not in ("zh", "en")} for row in data["nutrient_contents"]]
    assert ours == list(facts.values())
    assert data["nutrient_basis"] == "unverified"


def test_which_indicators_are_quantitative_by_judgement_and_not_by_appendix_c(indicators):
    by_judgement = [
        i["number"]
        for i in indicators["indicators"]
        if i["kind"] == "quantitative" and not i["in_appendix_c"]
    ]
    assert [i.number for i in EDITION.indicators.values() if i.judged] == by_judgement
    assert by_judgement == [6, 12, 15, 18, 19, 20]


def test_exemptions_ask_for_scale_farms_and_for_channel_measures_27_to_33(indicators):
    exempt = {i.number: i.exemption for i in EDITION.indicators.values() if i.exemption}
    assert {n: e.test for n, e in exempt.items()} == {10: "no_scale_farm", 17: "no_channel_works"}
    assert [EDITION.measure(k).number for k in exempt[17].measures] == list(range(27, 34))
    assert "measures 27-33" in indicators["indicators"][16]["exemption"]["test"]
    banned = [t for t in EDITION.types if EDITION.indicator(10).threshold(t).operator == "forbidden"]
    assert set(exempt[10].types) == set(EDITION.types) - set(banned)  # ruling 15


def test_a_verdict_by_judgement_can_be_entered_for_every_qualitative_threshold():
    judged = [i.number for i in EDITION.indicators.values() if any(x.key == "judgement" for x in i.inputs)]
    asks = [
        i.number
        for i in EDITION.indicators.values()
        if any("qualitative" in (c.operator, *(a.operator for a in c.alternatives)) for c in i.thresholds)
    ]
    assert judged == asks == [3, 4, 5, 7, 14, 16, 18]


def test_which_types_an_indicator_applies_to_equals_the_applicability_matrix(indicators):
    for type_key, row in indicators["applicability_matrix"].items():
        left_out = [
            i.number
            for i in EDITION.indicators.values()
            if i.threshold(type_key).operator == "not_applicable"
        ]
        assert left_out == row["not_applicable"]


def test_county_inputs_equal_the_facts(indicators):
    ours = [(c.key, c.zh, c.unit) for c in EDITION.header.county_inputs]
    assert ours == [(c["key"], c["zh"], c["unit"]) for c in indicators["county_inputs"]]


# --- survey tables ---------------------------------------------------------------------------


def _parts(survey):
    for table in survey["tables"]:
        extra = table.get("extra_columns_needed", [])
        yield table["id"], table, table["columns"], extra
        if "part2_columns" in table:
            yield table["id"] + "w", table, table["part2_columns"], []


def test_every_column_of_every_table_equals_the_facts(survey):
    seen = 0
    for table_id, _, columns, extra in _parts(survey):
        ours = EDITION.table(table_id).columns
        wanted = [(c, False) for c in columns] + [(c, True) for c in extra]
        assert [(c.key, c.extra) for c in ours] == [(c["key"], e) for c, e in wanted], table_id
        for column, (fact, _) in zip(ours, wanted):
            where = f"{table_id}.{column.key}"
            assert (column.zh, column.unit, column.type) == (fact["zh"], fact["unit"], fact["type"]), where
            assert column.group_zh == fact.get("group_zh"), where
            assert column.formula == fact.get("formula"), where
            assert column.printed == fact.get("printed"), where
            copied = fact["source"].startswith("copy")
            assert column.source == ("third-party copy" if copied else fact["source"]), where
            assert (column.basis == "verbatim") == (fact["source"] == "verbatim"), where
            assert (column.from_layer_zh is None) == (fact["from_layer"] == "none"), where
            _same_constraint(column, fact.get("constraint", {}), where)
            seen += 1
    assert seen == 188


def _same_constraint(column, fact, where):
    ours = column.constraint
    assert (ours.min, ours.max, ours.at_most) == (
        fact.get("min"),
        fact.get("max"),
        fact.get("less_or_equal"),
    ), where
    warned = fact.get("warn_range", [None, fact.get("warn_above")])
    assert [ours.warn_min, ours.warn_max] == warned, where
    if isinstance(fact.get("enum"), list):
        offered = EDITION.items(column)
        assert [_as_printed(i) for i in offered] == [v.replace(" ", "") for v in fact["enum"]], where
    elif "enum" in fact:
        level = {"main": 8, "sub": 23, "basic": 110}
        name = re.search(r"tourism\.(\w+)", fact["enum"]).group(1)
        assert len(EDITION.items(column)) == level[name], where


def _as_printed(item):
    if item.code.isdigit():
        return item.code + item.zh
    return item.code


def test_table_titles_and_clauses_equal_the_facts(survey):
    for table_id, fact, _, _ in _parts(survey):
        ours = EDITION.table(table_id)
        assert fact["title_zh"].startswith(ours.title_zh) or table_id.endswith("w")
        if not table_id.endswith("w"):
            assert list(ours.clauses) == [c for c in fact["clauses"] if c[0].isdigit()]
            assert (ours.basis == "verbatim") == fact["status"].startswith("verbatim")
            assert ours.total_row == fact.get("total_row", False)


def test_the_head_of_the_sheets_equals_the_facts(survey):
    assert [(c.key, c.zh, c.type) for c in EDITION.sheet.columns] == [
        (c["key"], c["zh"], c["type"]) for c in survey["header_fields"]
    ]


# --- code lists ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def codes(facts):
    return facts("codelists.yaml")


def test_every_list_of_the_facts_is_there(codes):
    assert {k for k in codes if k != "meta"} <= set(EDITION.codelists)


def test_land_use_codes_equal_the_facts(codes):
    wanted = []
    for first in codes["land_use"]["classes"]:
        wanted.append((first["code"], first["zh"], None))
        wanted += [(s["code"], s["zh"], first["code"]) for s in first["sub"]]
    ours = [(i.code, i.zh, i.parent) for i in EDITION.codelist("land_use").items]
    assert ours == wanted
    assert len([i for i in ours if i[2] is not None]) == 73


def test_extra_codes_of_the_third_survey_equal_the_facts(codes):
    ours = EDITION.codelist("land_use_third_survey_extras").items
    assert [(i.code, i.zh) for i in ours] == [
        (c["code"], c["zh"].split(" (")[0]) for c in codes["land_use_third_survey_extras"]["codes"]
    ]
    assert {i.code: i.data["gbt21010"] for i in ours if "gbt21010" in i.data}["0508"] == "0604"


def test_tourism_codes_equal_the_facts(codes):
    facts = codes["tourism"]
    wanted = [(c["code"], c["zh"], None) for c in facts["main"]]
    wanted += [(c["code"], c["zh"], c["main"]) for c in facts["sub"]]
    wanted += [(c["code"], c["zh"], c["sub"]) for c in facts["basic"]]
    assert [(i.code, i.zh, i.parent) for i in EDITION.codelist("tourism").items] == wanted


def test_erosion_classes_and_tolerable_losses_equal_the_facts(codes):
    facts = codes["erosion_intensity"]
    ours = EDITION.codelist("erosion_intensity")
    assert [(i.code, i.zh, i.data.get("min"), i.data.get("max")) for i in ours.items] == [
        (str(c["code"]), c["zh"], c["min"], c["max"]) for c in facts["classes"]
    ]
    assert [(t["zh"], t["value"]) for t in ours.data["tolerable"]] == [
        (t["zh"], t["value"]) for t in facts["tolerable"]
    ]


def test_the_sheet_erosion_matrix_equals_the_facts(codes):
    names = {i.code: i.zh for i in EDITION.codelist("erosion_intensity").items}
    rows = EDITION.codelist("face_erosion_matrix").items
    facts = codes["face_erosion_matrix"]
    wanted = [(c["cover"], c["class"]) for c in facts["non_cropland_cover_pct"]]
    wanted.append((None, facts["sloping_cropland"]["class"]))
    assert [(r.data.get("cover_pct"), [names[c] for c in r.data["classes"]]) for r in rows] == wanted


def test_slope_classes_equal_the_facts(codes):
    items = EDITION.codelist("slope_classes").items
    for name, fact in codes["slope_classes"].items():
        scheme = next(i for i in items if i.code == name)
        assert scheme.data["breaks_deg"] == fact["breaks_deg"]
        assert scheme.data.get("bank_break_deg") == fact.get("bank_break_deg")
        classes = [i for i in items if i.parent == name]
        if "classes" in fact:
            assert [i.zh for i in classes] == fact["classes"]
        edges = [0, *fact["breaks_deg"], 90]
        assert [i.data["range_deg"] for i in classes] == [list(e) for e in zip(edges, edges[1:])]


@pytest.mark.parametrize("list_id", ["gully_erosion", "wind_erosion"])
def test_gully_and_wind_erosion_classes_equal_the_facts(codes, list_id):
    for ours, fact in zip(EDITION.codelist(list_id).items, codes[list_id]["rows"]):
        assert ours.zh == fact["class"]
        assert ours.data == {k: v for k, v in fact.items() if k != "class"}


def test_water_quality_limits_equal_the_facts(codes):
    facts = codes["water_quality"]
    ours = EDITION.codelist("water_quality")
    assert [i.code for i in ours.items] == [*facts["classes"], facts["worse"]]
    for item, fact in zip(ours.data["items"], facts["items"]):
        same = ("key", "zh", "range", "direction", "limits")
        assert {k: item.get(k) for k in same} == {k: fact.get(k) for k in same}


def test_coordinate_systems_and_map_sheets_equal_the_facts(codes):
    zones = {i.code: i.data for i in EDITION.codelist("crs").items}
    for fact in codes["crs"]["zones_3deg"]:
        assert zones[str(fact["zone"])] == {k: v for k, v in fact.items() if k != "zone"}
    rows = {i.code: i.data["rows_per_1m"] for i in EDITION.codelist("map_sheets").items}
    assert rows == {k[0]: v for k, v in codes["map_sheets"]["rows_per_1m"].items()}


# --- names, rulings, standards ---------------------------------------------------------------


def test_types_zones_chapters_sections_and_wording_equal_the_facts(draft, measures):
    header = EDITION.header
    assert header.title_zh == draft["meta"]["title_zh"] + "（征求意见稿）"
    assert [(t.key, t.zh) for t in header.types] == [(t["key"], t["zh"]) for t in measures["types"]]
    assert [(z.key, z.zh) for z in header.zones] == [(z["key"], z["zh"]) for z in measures["zones"]]
    assert [(c.key, c.zh) for c in header.chapters] == [
        (str(c["number"]), c["zh"]) for c in draft["chapters"]
    ]
    assert [(s.key, s.zh) for s in header.sections] == [(s["number"], s["zh"]) for s in draft["sections"]]
    assert [(w.word, list(w.equivalents), w.level) for w in header.wording] == [
        (w["zh"], w["equivalents_zh"], w["level"]) for w in draft["wording_table"]
    ]


def test_every_contradiction_of_the_facts_readme_has_its_ruling(shared):
    readme = (shared / "standard" / "README.md").read_text(encoding="utf-8")
    numbers = [int(n) for n in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)]
    assert list(EDITION.rulings) == numbers == list(range(1, 25))


def test_the_register_of_cited_standards_equals_the_facts(draft):
    listed = {s["number"] for s in draft["referenced_standards"]}
    assert {s.number for s in EDITION.standards.values() if s.listed} == listed


# --- the draft's sentences are not in the plugin ------------------------------------------------

NAMES_OF_SUBSTANCES = ("聚己二酸对苯二甲酸丁二醇酯", "聚丁二酸丁二醇酯", "聚乳酸")


def _names():
    """Names that may be as long as they are: they are facts, not sentences."""
    found = [n.zh for n in (*EDITION.header.types, *EDITION.header.zones)]
    for measure in EDITION.measures.values():
        found += [measure.name_zh, *measure.aliases_zh]
    found += [i.name_zh for i in EDITION.indicators.values()]
    found += [s.title_zh for s in EDITION.standards.values()]
    found += [c.term_zh for c in EDITION.clauses.values() if c.term_zh]
    return sorted({*found, *NAMES_OF_SUBSTANCES}, key=len, reverse=True)


def _runs(text, names):
    """The text without blanks, cut at names and titles in 《》."""
    text = re.sub(r"\s|《[^》]*》", lambda m: "\n" if m.group(0)[0] == "《" else "", text)
    for name in names:
        text = text.replace(name, "\n")
    return text.split("\n")


def _texts(raw):
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, dict):
        for value in raw.values():
            yield from _texts(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _texts(value)


def test_no_file_repeats_more_than_twenty_characters_of_the_draft(draft, measures):
    quoted = [c["text_zh"] for c in draft["clauses"] + draft["explanatory_notes"]]
    quoted += [s.get("quote_zh", "") for m in measures["measures"] for s in m["siting"]]
    names = _names()
    pieces = set()
    for text in quoted:
        for run in _runs(text, names):
            pieces.update(run[i : i + LONGEST + 1] for i in range(len(run) - LONGEST))
    repeated = []
    for path in sorted(EDITION.folder.rglob("*.yaml")):
        for text in _texts(yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)):
            for run in _runs(text, names):
                hits = (run[i : i + LONGEST + 1] for i in range(len(run) - LONGEST))
                repeated += [(path.name, hit) for hit in hits if hit in pieces]
    assert repeated == []
