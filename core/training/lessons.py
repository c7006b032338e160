"""The lessons: what is learnt, in which steps, and where the right answer stands.

Answers come from the practice watershed's own key, which follows from how it was built; a literal in a
lesson is a fact of the standard.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Mapping

from .. import language
from ..data import RESOURCES, load_yaml
from ..errors import InputError
from ..guide.stages import Option

NUMBER, CHOICE, MANY, FAULTS, LAYOUT = "number", "choice", "many", "faults", "layout"
KINDS = (NUMBER, CHOICE, MANY, FAULTS, LAYOUT)
LITERAL = "literal:"


@dataclass(frozen=True)
class Step:
    """A question or a task. ``faults`` and ``measures`` name what must be mended in the exercise."""

    key: str
    clause: str
    kind: str
    zh: str
    en: str
    unit: str = ""
    answer: str = ""
    tolerance: float = 0.0
    right: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    faults: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    hints_zh: tuple[str, ...] = ()
    hints_en: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """In the language in force."""
        return language.pick({"zh": self.zh, "en": self.en})

    @property
    def hints(self) -> tuple[str, ...]:
        """In the language in force, the first one the least telling."""
        return self.hints_zh if language.current() == "zh" else self.hints_en


@dataclass(frozen=True)
class Lesson:
    """Steps with an aim, for so many ``minutes``; an ``exam`` gives no hints."""

    key: str
    clause: str
    minutes: int
    zh: str
    en: str
    aim_zh: str
    aim_en: str
    steps: tuple[Step, ...]
    exam: bool = False

    @property
    def title(self) -> str:
        """In the language in force."""
        return language.pick({"zh": self.zh, "en": self.en})

    @property
    def aim(self) -> str:
        """In the language in force."""
        return language.pick({"zh": self.aim_zh, "en": self.aim_en})


@lru_cache(maxsize=1)
def lessons() -> tuple[Lesson, ...]:
    """The course in order, from ``resources/training/lessons.yaml``."""
    return tuple(_lesson(entry) for entry in load_yaml(RESOURCES / "training" / "lessons.yaml"))


def _lesson(entry: Mapping[str, Any]) -> Lesson:
    rest = {k: v for k, v in entry.items() if k not in ("steps", "clause")}
    return Lesson(**rest, clause=str(entry["clause"]), steps=tuple(_step(s) for s in entry["steps"]))


def _step(entry: Mapping[str, Any]) -> Step:
    right = entry.get("right", ())
    lists = ("options", "right", "faults", "measures", "hints_zh", "hints_en", "clause", "answer")
    rest = {k: v for k, v in entry.items() if k not in lists}
    return Step(
        **rest,
        clause=str(entry["clause"]),
        answer=str(entry.get("answer", "")),
        right=tuple(right) if isinstance(right, list) else (str(right),) if right else (),
        options=tuple(Option(**o) for o in entry.get("options") or ()),
        faults=tuple(entry.get("faults") or ()),
        measures=tuple(entry.get("measures") or ()),
        hints_zh=tuple(entry.get("hints_zh") or ()),
        hints_en=tuple(entry.get("hints_en") or ()),
    )


def expected(step: Step, key: Mapping[str, Any]) -> float:
    """The right number of a step by the answer key. Raises InputError QL-TRAINING-KEY where the key lacks it."""
    if step.answer.startswith(LITERAL):
        return float(step.answer[len(LITERAL) :])
    for answer in key.get("answers") or ():
        if answer.get("id") == step.answer and isinstance(answer.get("value"), (int, float)):
            return float(answer["value"])
    raise InputError("QL-TRAINING-KEY", answer=step.answer)
