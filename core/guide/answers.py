"""What people answered: value, note, who and when, as text that the survey's meta (or a project) keeps.

An answer that cannot be read is a fault that is told, never an empty form.
"""

from __future__ import annotations

import json
from typing import Any, Mapping, NamedTuple

from ..errors import InputError

META_KEY = "plan.answers"


class Answer(NamedTuple):
    """``value`` is a key, keys joined by a blank, yes, no, or text; ``note`` a document or reason."""

    value: str
    note: str = ""
    person: str = ""
    date: str = ""

    @property
    def given(self) -> bool:
        """Whether there is an answer at all."""
        return bool(self.value)


def to_text(answers: Mapping[str, Answer]) -> str:
    """Answers as JSON, keys in order; what is empty is left out."""
    kept = {key: list(a) for key, a in sorted(answers.items()) if any(a)}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str | None) -> dict[str, Answer]:
    """Answers that :func:`to_text` wrote. Raises InputError QL-GUIDE-ANSWERS."""
    if not text:
        return {}
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise InputError("QL-GUIDE-ANSWERS", reason=str(error)) from error
    if not isinstance(raw, dict) or not all(_is_answer(v) for v in raw.values()):
        raise InputError("QL-GUIDE-ANSWERS", reason="not a mapping of answers")
    return {str(key): Answer(*value) for key, value in raw.items()}


def _is_answer(raw: Any) -> bool:
    return isinstance(raw, list) and 1 <= len(raw) <= 4 and all(isinstance(part, str) for part in raw)


def joined(mine: Mapping[str, Answer], theirs: Mapping[str, Answer]) -> dict[str, Answer]:
    """``theirs`` with every answer of ``mine`` that they lack."""
    return {**{k: a for k, a in mine.items() if a.given}, **{k: a for k, a in theirs.items() if a.given}}
