"""Yes, no, unknown and "somebody has to look", with the part of the place that breaks a rule.

Kleene's logic with a fourth value: a *no* outweighs what is missing, so that terraces on 27° are wrong
however thick the soil; what is missing outweighs what a person could still say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Callable, NamedTuple, Sequence, Tuple, Union

from ..standard.model import Condition
from .model import NOWHERE, WHOLE, Part, Site

YES, NO, UNKNOWN, PERSON = "yes", "no", "unknown", "person"


class Reason(NamedTuple):
    """A single test and what was found, in Chinese and English."""

    test: Condition
    found_zh: str = ""
    found_en: str = ""


Drawn = Union[Part, Callable[[], Part]]
"""A part, or how to come by it: most are never asked for, because another clause supports the measure."""


@dataclass(frozen=True)
class Truth:
    """The answer to a condition.

    ``breach`` is the part that breaks the rule: where a condition of belonging fails, where a
    condition of offending holds. ``missing`` are roles, ``reasons`` the tests that decided.
    """

    state: str
    drawn: Drawn = NOWHERE
    missing: Tuple[str, ...] = ()
    reasons: Tuple[Reason, ...] = ()

    @cached_property
    def breach(self) -> Part:
        """The part, drawn when first asked for."""
        return self.drawn if isinstance(self.drawn, Part) else self.drawn()


def decided(yes: bool, breach: Drawn, reason: Reason) -> Truth:
    """A plain answer."""
    return Truth(YES if yes else NO, breach, (), (reason,))


def all_of(truths: Sequence[Truth], site: Site, belongs: bool) -> Truth:
    """All hold. Belonging fails where any of them does, offending takes place where all of them do."""
    if not truths:
        return Truth(YES, NOWHERE if belongs else WHOLE)
    broken = [t for t in truths if t.state == NO]
    if broken:
        return _gathered(
            NO, broken, (lambda: site.either([t.breach for t in broken])) if belongs else NOWHERE
        )
    held = [t for t in truths if t.state == YES]
    breach = NOWHERE if belongs else site.both([t.breach for t in held])
    if not belongs and held and breach.nowhere:
        return _gathered(NO, held, NOWHERE)
    return _open(truths, breach) or _gathered(YES, truths, breach)


def any_of(truths: Sequence[Truth], site: Site, belongs: bool) -> Truth:
    """One holds. Belonging fails where none does, offending takes place where any does."""
    held = [t for t in truths if t.state == YES]
    if held:
        return _gathered(YES, held, NOWHERE if belongs else (lambda: site.either([t.breach for t in held])))
    breach: Drawn = (lambda: site.both([t.breach for t in truths])) if belongs else NOWHERE
    return _open(truths, breach) or _gathered(NO, truths, breach)


def _open(truths: Sequence[Truth], breach: Drawn) -> Truth | None:
    """Unknown, or for a person, where one of the truths is."""
    for state in (UNKNOWN, PERSON):
        found = [t for t in truths if t.state == state]
        if found:
            known = [t for t in truths if t.state == YES]
            return _gathered(state, [*found, *known], breach)
    return None


def _gathered(state: str, truths: Sequence[Truth], breach: Drawn) -> Truth:
    missing = tuple(dict.fromkeys(m for t in truths for m in t.missing))
    return Truth(state, breach, missing, tuple(r for t in truths for r in t.reasons))
