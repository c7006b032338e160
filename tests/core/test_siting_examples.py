"""The siting rules against worked examples: every rule that layers can measure passes, fails and does not know."""

from __future__ import annotations

import pytest
from qingliu.core.siting.engine import judge
from qingliu.core.siting.examples import examples, layout_examples
from qingliu.core.siting.model import ASIDE, DUTY, ERROR, NOTE, PASS, UNKNOWN, WARNING
from qingliu.core.siting.omissions import omissions
from qingliu.core.siting.planar import ShapelyShapes
from qingliu.core.siting.rules import measurable, rule_by_id, rules_of
from qingliu.core.standard import default_edition

pytest.importorskip("shapely")
EDITION = default_edition()
SHAPES = ShapelyShapes()
EXAMPLES = examples()
EFFECTS = ("require", "prefer", "permit", "avoid", "forbid", "dimension", "require_with")
BREACHES = {ERROR, WARNING, NOTE}


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.name for e in EXAMPLES])
def test_a_rule_says_what_was_worked_out_by_hand(example):
    (found,) = judge(example.measure, example.ground(SHAPES), only=example.rule_id)
    expected = rule_by_id(example.rule_id).severity if example.expect == "breach" else example.expect
    sentences = [found.message.text(language) for language in ("zh", "en")]
    assert found.verdict == expected, sentences
    assert not any("{" in s or "None" in s for s in sentences), sentences
    assert example.missing is None or example.missing in found.missing
    if example.failing_area_m2 is not None:
        assert found.failing_area_m2 == pytest.approx(example.failing_area_m2, abs=example.tolerance)
    if example.failing_length_m is not None:
        assert found.failing_length_m == pytest.approx(example.failing_length_m, abs=example.tolerance)


def _shown(rule_id):
    return {e.expect for e in EXAMPLES if e.rule_id == rule_id}


MEASURED = [
    r
    for key in EDITION.measures
    for r in rules_of(EDITION, key)
    if r.effect in EFFECTS and measurable(EDITION, r)
]


def test_there_are_58_rules_of_clauses_that_layers_can_measure():
    assert len(MEASURED) == 58 + len(EDITION.measures)  # and the zone of table B.1 for each


@pytest.mark.parametrize("rule", MEASURED, ids=[r.id for r in MEASURED])
def test_every_rule_that_can_be_measured_has_a_passing_a_failing_and_an_unknown_example(rule):
    shown = _shown(rule.id)
    assert PASS in shown
    # planted measures are no engineering works: nothing can break 5.2.3-2 there, nor need anything be known
    if rule.id == "filter_strip.5.2.3-2.avoid":
        assert shown == {PASS}
        return
    assert shown & (BREACHES | {"breach"})
    assert UNKNOWN in shown


def test_examples_name_rules_that_exist_and_explain_themselves_in_both_languages():
    for example in EXAMPLES:
        assert rule_by_id(example.rule_id) is not None, example.name
        assert example.why_zh and example.why_en
        assert example.expect in (*BREACHES, "breach", PASS, UNKNOWN, DUTY, ASIDE)


# -- what a layout as a whole lacks -----------------------------------------------------------
LAYOUTS = layout_examples()


@pytest.mark.parametrize("example", LAYOUTS, ids=[e.name for e in LAYOUTS])
def test_a_rule_about_the_whole_layout_says_what_was_worked_out_by_hand(example):
    found = next(f for f in omissions(example.ground(SHAPES), EDITION) if f.rule_id == example.rule_id)
    expected = found.severity if example.expect == "breach" else example.expect
    sentences = [found.message.text(language) for language in ("zh", "en")]
    assert found.verdict == expected, sentences
    assert not any("{" in s or "None" in s for s in sentences), sentences
    assert found.missing == ((example.missing,) if example.missing else ())
    assert (found.measure, found.measure_uuid) == ("", "")
    if found.verdict == expected == found.severity:
        assert found.share == pytest.approx(1 if example.share is None else example.share)
        if example.failing_area_m2 is not None:
            assert found.failing_area_m2 == pytest.approx(example.failing_area_m2)
        shape = None if found.failing is None else SHAPES.read(found.failing)
        assert (shape is None) == found.rule_id.endswith(".sign_board")  # which may stand anywhere
        if found.failing_area_m2 is not None:
            assert SHAPES.area(shape) == pytest.approx(found.failing_area_m2)


@pytest.mark.parametrize("omission", EDITION.siting.omissions, ids=[o.id for o in EDITION.siting.omissions])
def test_every_rule_about_the_whole_layout_has_a_passing_a_failing_and_an_unknown_example(omission):
    shown = {e.expect for e in LAYOUTS if e.rule_id == omission.id}
    assert {"pass", "breach", "unknown"} <= shown
    clause = EDITION.clauses[omission.clause]
    assert (clause.level, omission.severity) == ("required", "error")  # 应
    assert "algorithm:checklayout" in clause.governs
