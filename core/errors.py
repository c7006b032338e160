"""What can go wrong, as data: a problem is a stable code with its facts.

The sentences live in ``resources/messages`` (one home for every message, see
:mod:`.messages`); an exception carries problems, so that all faults of a run
reach the user in one list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping


@dataclass(frozen=True)
class Problem:
    """One fault or warning: ``code`` is public and stable, ``facts`` fill its sentence."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str | None = None) -> str:
        """The sentence with its cure, beginning with the code, in ``language`` ("zh" or "en")."""
        from .messages import sentence

        return sentence(self.code, self.facts, language)


def problem(code: str, **facts: Any) -> Problem:
    """A :class:`Problem` from keyword facts."""
    return Problem(code, facts)


class QingliuError(Exception):
    """Root of everything Qingliu raises on purpose.

    Raise with a code and its facts, or with a list of problems found in one go.
    """

    def __init__(self, code: str | None = None, *, problems: Iterable[Problem] = (), **facts: Any) -> None:
        found = list(problems)
        if code is not None:
            found.insert(0, Problem(code, facts))
        if not found:
            raise ValueError("a QingliuError needs at least one problem")
        self.problems: tuple[Problem, ...] = tuple(found)
        super().__init__(self.problems[0].code)

    @property
    def code(self) -> str:
        """Code of the first problem."""
        return self.problems[0].code

    def text(self, language: str | None = None) -> str:
        """All problems, one a line."""
        return "\n".join(p.text(language) for p in self.problems)

    def __str__(self) -> str:
        return self.text("en")


class InputError(QingliuError):
    """An input that cannot be worked on: layer, field, feature or parameter."""


class EditionError(QingliuError):
    """An edition of the standard or a county profile that does not hold together."""


class MissingLibrary(QingliuError):
    """A Python library that this installation lacks; names what needs it and how to get it."""


class Cancelled(Exception):
    """The user cancelled; nothing was written."""
