"""The guide: what is answered, what can be run, what a change of type moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.guide.answers import Answer, from_text, joined, to_text
from qingliu.core.guide.stages import EPOCHS, KINDS, Present, next_stage, stages, target_key, way
from qingliu.core.guide.typechange import limit_of, mark_of, type_change
from qingliu.core.job import Step, steps
from qingliu.core.standard import default_edition

NOTHING = Present(frozenset(), frozenset())
WORDS = st.text(max_size=20)


def test_every_stage_names_a_clause_and_texts_in_both_languages():
    edition = default_edition()
    keys = [s.key for s in stages()]
    assert len(set(keys)) == len(keys)
    for stage in stages():
        assert stage.clause in edition.clauses or any(c.startswith(stage.clause) for c in edition.clauses)
        assert all((stage.zh, stage.en, stage.why_zh, stage.why_en))
        for question in stage.questions:
            assert question.clause in edition.clauses and question.kind in KINDS
            assert bool(question.options) == (question.kind in ("choice", "many"))


def test_every_step_of_the_main_job_is_in_exactly_one_stage():
    named = [key for stage in stages() for key in stage.jobs]
    assert len(set(named)) == len(named)
    assert {s.key for s in steps()} <= set(named)


def test_the_checklist_asks_for_each_item_of_3_0_5_to_3_0_7():
    asked = {q.clause for stage in stages() for q in stage.questions}
    wanted = {c for c in default_edition().clauses if c.startswith(("3.0.5-", "3.0.6-", "3.0.7-"))}
    assert wanted <= asked


def test_with_nothing_at_hand_the_unit_comes_first_and_steps_say_what_they_lack():
    states = way({}, NOTHING)
    assert next_stage(states).stage.key == "unit"
    assert not any(s.done for s in states if s.asked or s.jobs)
    streams = next(j for s in states for j in s.jobs if j.step.key == "streams")
    assert streams.state == "lacking" and streams.missing == ("DEM",)


def test_a_stage_is_done_when_it_is_answered_and_its_steps_have_given_their_results():
    chain = [Step("delineate", "delineatewatershed", {"en": "", "zh": ""}, needs=("DEM",))]
    answers = {"unit.kind": Answer("catchment")}
    ready = way(answers, Present(frozenset({"DEM"}), frozenset()), chain=chain)[0]
    assert (ready.answered, ready.asked, ready.jobs[0].state, ready.done) == (1, 1, "ready", False)
    done = way(answers, Present(frozenset({"DEM"}), frozenset({"delineate"})), chain=chain)[0]
    assert done.done


def test_a_step_that_a_role_makes_needless_counts_as_done():
    chain = [Step("delineate", "delineatewatershed", {"en": "", "zh": ""}, needs=("DEM",), unless="BOUNDARY")]
    assert way({}, Present(frozenset({"BOUNDARY"}), frozenset()), chain=chain)[0].jobs[0].state == "done"


def test_targets_are_asked_for_each_indicator_and_each_of_three_years():
    numbers = list(default_edition().indicators)
    state = next(s for s in way({}, NOTHING, numbers) if s.stage.targets)
    assert (state.answered, state.asked) == (0, 60)
    answers = {target_key(n, e): Answer("1") for n in numbers for e in EPOCHS}
    state = next(s for s in way(answers, NOTHING, numbers) if s.stage.targets)
    assert state.done


@given(st.dictionaries(WORDS, st.builds(Answer, WORDS, WORDS, WORDS, WORDS), max_size=5))
def test_answers_survive_being_kept_as_text(answers):
    kept = {k: a for k, a in answers.items() if any(a)}
    assert from_text(to_text(answers)) == kept


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": []}', '{"a": [1]}'])
def test_answers_that_cannot_be_read_are_told(text):
    with pytest.raises(InputError) as caught:
        from_text(text)
    assert caught.value.problems[0].code == "QL-GUIDE-ANSWERS"


def test_answers_of_the_survey_go_before_those_of_the_project():
    mine, theirs = {"a": Answer("1"), "b": Answer("2")}, {"a": Answer("3"), "b": Answer("")}
    assert joined(mine, theirs) == {"a": Answer("3"), "b": Answer("2")}


def test_a_change_of_type_lists_exactly_the_marks_and_thresholds_that_differ():
    edition = default_edition()
    moved = {m.key: m for m in type_change(edition, "water_source", "livable")}
    for measure in edition.measures.values():
        before, after = (mark_of(measure, t) for t in ("water_source", "livable"))
        assert (f"measure:{measure.key}" in moved) == (before != after)
    for indicator in edition.indicators.values():
        before, after = (limit_of(indicator, t) for t in ("water_source", "livable"))
        assert (f"indicator:{indicator.number}" in moved) == (before != after)
    assert type_change(edition, "livable", "livable") == []
