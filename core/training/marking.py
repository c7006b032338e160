"""Marks: whether a step was done right, judged by what came out and never by how one got there."""

from __future__ import annotations

import math
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from .lessons import CHOICE, FAULTS, LAYOUT, MANY, NUMBER, Step, expected


class Mark(NamedTuple):
    """``right`` or not; ``left`` what is still wrong (keys of faults or names of measures)."""

    right: bool
    left: tuple[str, ...] = ()


class Seen(NamedTuple):
    """What the learner's files hold now: planted faults ``mended``, measures of the exercise ``in_breach``."""

    mended: frozenset[str] = frozenset()
    in_breach: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()


def mark(step: Step, given: Any, key: Mapping[str, Any], seen: Seen = Seen()) -> Mark:  # noqa: B008 - immutable
    """Mark a step. ``given`` is text for a number, an option's key, or keys of options.

    Raises InputError QL-TRAINING-KEY where the answer key lacks what the step asks for.
    """
    if step.kind == NUMBER:
        return Mark(_is_near(given, expected(step, key), step.tolerance))
    if step.kind == CHOICE:
        return Mark(str(given) in step.right)
    if step.kind == MANY:
        return Mark(_keys(given) == set(step.right))
    if step.kind == FAULTS:
        left = tuple(f for f in step.faults if f not in seen.mended)
        return Mark(not left, left)
    if step.kind == LAYOUT:
        # a measure that was deleted was not made lawful
        left = tuple(m for m in step.measures if m in seen.in_breach or m not in seen.measures)
        return Mark(not left, left)
    return Mark(False)


def _is_near(given: Any, wanted: float, tolerance: float) -> bool:
    try:
        number = float(str(given).strip().replace(",", "").replace("，", "").rstrip("%"))
    except ValueError:
        return False
    return math.isfinite(number) and abs(number - wanted) <= tolerance + 1e-9 * max(1.0, abs(wanted))


def _keys(given: Any) -> set[str]:
    return {given} if isinstance(given, str) else {str(g) for g in given or ()}


class Tried(NamedTuple):
    """One try of one learner at a step, as it is kept."""

    learner: str
    lesson: str
    step: str
    clause: str
    right: bool
    hints: int
    at: str


class Line(NamedTuple):
    """A line of the class summary: per learner and clause, steps done right of those tried, tries, hints."""

    learner: str
    clause: str
    right: int
    steps: int
    tries: int
    hints: int


def summary(tries: Iterable[Tried]) -> list[Line]:
    """Per learner and clause, in order; a step counts as right when its last try was."""
    groups: dict[tuple[str, str], dict[tuple[str, str], list[Tried]]] = {}
    for tried in tries:
        steps = groups.setdefault((tried.learner, tried.clause), {})
        steps.setdefault((tried.lesson, tried.step), []).append(tried)
    return [
        _line(learner, clause, list(steps.values())) for (learner, clause), steps in sorted(groups.items())
    ]


def _line(learner: str, clause: str, steps: Sequence[Sequence[Tried]]) -> Line:
    right = sum(tries[-1].right for tries in steps)
    hints = sum(max(t.hints for t in tries) for tries in steps)
    return Line(learner, clause, right, len(steps), sum(len(tries) for tries in steps), hints)
