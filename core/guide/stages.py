"""The stages of the way as data, and how far a watershed has come on each.

A stage is done when its questions are answered and the steps of the main job that it names have
given what they give; a step whose roles are missing says which. Nothing is assumed to be done.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from .. import language
from ..data import RESOURCES, load_yaml
from ..job import Step, steps
from .answers import Answer

YES, TEXT, CHOICE, MANY = "yes", "text", "choice", "many"
KINDS = (YES, TEXT, CHOICE, MANY)
DONE, READY, LACKING = "done", "ready", "lacking"
EPOCHS = ("present", "planned", "horizon")


@dataclass(frozen=True)
class Option:
    """A value a question offers."""

    key: str
    zh: str
    en: str

    @property
    def label(self) -> str:
        """In the language in force."""
        return language.pick({"zh": self.zh, "en": self.en})


@dataclass(frozen=True)
class Question:
    """Something only a person can answer; ``clause`` is where it is asked."""

    key: str
    kind: str
    zh: str
    en: str
    clause: str
    options: tuple[Option, ...] = ()
    optional: bool = False

    @property
    def label(self) -> str:
        """In the language in force."""
        return language.pick({"zh": self.zh, "en": self.en})


@dataclass(frozen=True)
class Stage:
    """A part of the way: questions, steps of the main job by key, docks to work in.

    ``type`` marks the stage where the type is chosen, ``targets`` the one of 5.1.1's table.
    """

    key: str
    clause: str
    zh: str
    en: str
    why_zh: str
    why_en: str
    questions: tuple[Question, ...] = ()
    jobs: tuple[str, ...] = ()
    docks: tuple[str, ...] = ()
    type: bool = False
    targets: bool = False

    @property
    def label(self) -> str:
        """In the language in force."""
        return language.pick({"zh": self.zh, "en": self.en})

    @property
    def why(self) -> str:
        """Why this stage, in the language in force."""
        return language.pick({"zh": self.why_zh, "en": self.why_en})


class JobState(NamedTuple):
    """A step of the main job: ``state`` is done, ready or lacking, ``missing`` the roles it lacks."""

    step: Step
    state: str
    missing: tuple[str, ...]


class StageState(NamedTuple):
    """How far a stage is: questions ``answered`` of ``asked``, and its steps."""

    stage: Stage
    answered: int
    asked: int
    jobs: tuple[JobState, ...]

    @property
    def done(self) -> bool:
        """Whether nothing is left to do here."""
        something = bool(self.asked or self.jobs)
        return something and self.answered == self.asked and all(j.state == DONE for j in self.jobs)


class Present(NamedTuple):
    """What a project has: ``roles`` at hand, steps by key that have ``given`` their results, the ``type``."""

    roles: frozenset[str]
    given: frozenset[str]
    type: str = ""


@lru_cache(maxsize=1)
def stages() -> tuple[Stage, ...]:
    """The stages in order, from ``resources/guide.yaml``."""
    return tuple(_stage(entry) for entry in load_yaml(RESOURCES / "guide.yaml"))


def _stage(entry: Mapping[str, Any]) -> Stage:
    plain = {k: v for k, v in entry.items() if k not in ("questions", "jobs", "docks")}
    asked = tuple(_question(q, entry["clause"]) for q in entry.get("questions") or ())
    return Stage(
        **plain,
        questions=asked,
        jobs=tuple(entry.get("jobs") or ()),
        docks=tuple(entry.get("docks") or ()),
    )


def _question(entry: Mapping[str, Any], clause: str) -> Question:
    options = tuple(Option(**o) for o in entry.get("options") or ())
    # YAML reads an unquoted yes as true
    kind = YES if entry["kind"] is True else str(entry["kind"])
    rest = {k: v for k, v in entry.items() if k not in ("options", "kind", "clause")}
    return Question(**rest, kind=kind, options=options, clause=str(entry.get("clause", clause)))


def target_key(number: int, epoch: str) -> str:
    """The key under which a target of 5.1.1 is kept: indicator ``number``, one of :data:`EPOCHS`."""
    return f"target.{number}.{epoch}"


def way(
    answers: Mapping[str, Answer],
    present: Present,
    indicators: Iterable[int] = (),
    chain: Sequence[Step] | None = None,
) -> list[StageState]:
    """Every stage with what is done and what it lacks, in order."""
    by_key = {s.key: s for s in (steps() if chain is None else chain)}
    numbers = tuple(indicators)
    return [_state(stage, answers, present, numbers, by_key) for stage in stages()]


def next_stage(states: Sequence[StageState]) -> StageState | None:
    """The first stage with something to do that can be done now; None where all is done."""
    open_ones = [s for s in states if not s.done]
    able = [s for s in open_ones if s.answered < s.asked or any(j.state == READY for j in s.jobs)]
    if able:
        return able[0]
    return open_ones[0] if open_ones else None


def _state(
    stage: Stage,
    answers: Mapping[str, Answer],
    present: Present,
    numbers: Sequence[int],
    chain: Mapping[str, Step],
) -> StageState:
    keys = [q.key for q in stage.questions if not q.optional]
    if stage.targets:
        keys += [target_key(n, epoch) for n in numbers for epoch in EPOCHS]
    answered = sum(1 for key in keys if key in answers and answers[key].given)
    asked = len(keys)
    if stage.type:
        answered, asked = answered + bool(present.type), asked + 1
    jobs = tuple(_job(chain[key], present) for key in stage.jobs if key in chain)
    return StageState(stage, answered, asked, jobs)


def _job(step: Step, present: Present) -> JobState:
    if step.key in present.given or (step.unless and step.unless in present.roles):
        return JobState(step, DONE, ())
    missing = tuple(role for role in step.needs if role not in present.roles)
    return JobState(step, LACKING if missing else READY, missing)
