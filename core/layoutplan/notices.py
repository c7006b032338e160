"""Texts of the watershed's sign board (5.2.2-3) and of a treatment plant's notice board (8.5.2).

What the clause wants on a board and is not known is left as a line to be filled in, and named.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

from ..errors import Problem, problem
from ..report import render

SIGN_CLAUSE, BOARD_CLAUSE = "5.2.2-3", "8.5.2"
BLANK = "＿＿＿＿＿＿"


@dataclass(frozen=True)
class SignFacts:
    """What a sign board says; ``measures`` are lines such as ``梯田 12.3 hm²``. The draft names no contents."""

    watershed: str = ""
    type_name: str = ""
    area_km2: str = ""
    measures: tuple[str, ...] = ()
    year: str = ""
    builder: str = ""
    manager: str = ""
    telephone: str = ""


@dataclass(frozen=True)
class BoardFacts:
    """What 8.5.2 wants on a notice board: process, capacity, effluent quality, person in charge."""

    name: str = ""
    process: str = ""
    capacity: str = ""
    effluent: str = ""
    person: str = ""
    telephone: str = ""


class Notice(NamedTuple):
    """A board's text as HTML and what is missing on it."""

    html: str
    missing: tuple[Problem, ...]


def sign_board(facts: SignFacts, zh: bool = True) -> Notice:
    """The sign board of the watershed."""
    return _notice("layoutplan/sign_board.html", facts, SIGN_CLAUSE, ("watershed",), zh)


def notice_board(facts: BoardFacts, zh: bool = True) -> Notice:
    """The notice board of a sewage or wastewater plant."""
    wanted = ("name", "process", "capacity", "effluent", "person")
    return _notice("layoutplan/notice_board.html", facts, BOARD_CLAUSE, wanted, zh)


def _notice(
    template: str, facts: SignFacts | BoardFacts, clause: str, wanted: tuple[str, ...], zh: bool
) -> Notice:
    known = {f.name: getattr(facts, f.name) for f in fields(facts)}
    lacking = [name for name in wanted if not known[name]]
    missing = tuple(problem("QL-PLAN-BOARD", field=name, clause=clause) for name in lacking)
    shown = {name: value or (BLANK if name in wanted else value) for name, value in known.items()}
    return Notice(render(template, zh=zh, **shown), missing)
