"""The course: lessons that stand on the standard and the answer key, marks by result, a class summary."""

from __future__ import annotations

import pytest
from qingliu.core.errors import InputError
from qingliu.core.practice.faults import FAULTS
from qingliu.core.standard import default_edition
from qingliu.core.training.lessons import CHOICE, KINDS, MANY, NUMBER, expected, lessons
from qingliu.core.training.lessons import FAULTS as BY_FAULTS
from qingliu.core.training.marking import Line, Seen, Tried, mark, summary

KEY = {"answers": [{"id": "C.1", "value": 77.52}, {"id": "watershed.area_km2", "value": 12.1}]}
STEPS = [(lesson, step) for lesson in lessons() for step in lesson.steps]
IDS = [f"{lesson.key}-{step.key}" for lesson, step in STEPS]


def step(lesson, key):
    return next(s for x, s in STEPS if x.key == lesson and s.key == key)


@pytest.mark.parametrize(("lesson", "step"), STEPS, ids=IDS)
def test_each_step_names_a_clause_that_exists_and_speaks_both_languages(lesson, step):
    assert step.clause in default_edition().clauses
    assert step.kind in KINDS and step.zh and step.en
    assert len(step.hints_zh) == len(step.hints_en)
    assert lesson.exam == (not step.hints_zh)


@pytest.mark.parametrize(("lesson", "step"), [p for p in STEPS if p[1].options], ids=lambda v: v.key)
def test_right_options_are_among_those_offered_and_never_all_of_them(lesson, step):
    offered = {o.key for o in step.options}
    assert set(step.right) < offered
    assert len(step.right) == 1 or step.kind == MANY


def test_every_planted_fault_of_the_survey_is_found_somewhere_in_the_course():
    trained = [f for _, s in STEPS for f in s.faults]
    assert sorted(trained) == sorted(f.key for f in FAULTS)


def test_the_course_has_the_eight_lessons_and_an_exam_without_hints():
    assert [lesson.exam for lesson in lessons()] == [False] * 8 + [True]


def test_major_measures_of_the_leisure_type_are_as_many_as_the_lesson_says():
    marks = [m.marks.get("leisure") for m in default_edition().measures.values()]
    assert marks.count("major") == expected(step("marks", "count"), KEY)


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("77.52", True),
        ("77.56", True),
        ("77.58", False),
        ("77,52", False),
        ("77.52 %", True),
        ("", False),
        ("nan", False),
    ],
)
def test_a_number_is_right_within_its_tolerance(given, right):
    assert step("indicators", "rate").tolerance == 0.05
    assert mark(step("indicators", "rate"), given, KEY).right is right


def test_a_choice_and_a_choice_of_many_want_exactly_the_right_ones():
    assert mark(step("streams", "or_rule"), "yes", KEY).right
    assert not mark(step("streams", "or_rule"), "no", KEY).right
    assert mark(step("indicators", "failed"), ["17", "8"], KEY).right
    assert not mark(step("indicators", "failed"), ["8"], KEY).right
    assert not mark(step("indicators", "failed"), ["8", "17", "1"], KEY).right


def test_faults_still_there_are_named():
    found = mark(step("forms", "treated"), None, KEY, Seen(mended=frozenset({"toilets"})))
    assert (found.right, found.left) == (False, ("treated_above_total",))


def test_a_measure_that_was_deleted_was_not_made_lawful():
    legal = step("siting", "legal")
    assert mark(legal, None, KEY, Seen(measures=frozenset(legal.measures))).right
    assert not mark(legal, None, KEY, Seen()).right
    assert not mark(
        legal, None, KEY, Seen(in_breach=frozenset(legal.measures), measures=frozenset(legal.measures))
    ).right


def test_a_key_without_the_answer_is_told():
    with pytest.raises(InputError) as caught:
        mark(step("shoreline", "same_reaches"), "1", KEY)
    assert caught.value.problems[0].code == "QL-TRAINING-KEY"


def test_the_summary_counts_per_learner_and_clause_by_the_last_try():
    tries = [
        Tried("李", "streams", "or_rule", "4.3.1", False, 1, "1"),
        Tried("李", "streams", "or_rule", "4.3.1", True, 1, "2"),
        Tried("李", "streams", "exactly", "4.3.1", False, 0, "3"),
        Tried("王", "unit", "area", "3.0.2", True, 0, "4"),
    ]
    assert summary(tries) == [Line("李", "4.3.1", 1, 2, 3, 1), Line("王", "3.0.2", 1, 1, 1, 0)]


def test_kinds_of_the_course_are_all_trained():
    assert {s.kind for _, s in STEPS} == set(KINDS) and {NUMBER, CHOICE, BY_FAULTS} <= set(KINDS)
