"""Gaps and notes in the words of the field: keys of columns, variables, layers and limits by their names.

The codes and keys of a message stay what scripts rely on; people read this.
"""

from __future__ import annotations

import re
from typing import Callable, Mapping

from .. import language
from ..errors import Problem
from ..standard import Edition, text
from .account import reading_name, variable_name
from .model import INPUTS

_CODE = re.compile(r"^QL-[A-Z0-9-]+: ")
_KEYS = re.compile(
    rf"{INPUTS} (?P<number>\d+) (?P<key>[a-z0-9_]+)(?: … (?P<last>[a-z0-9_]+))?"
    r"|(?P<table>\b[A-Z]\.\d+x?)\.(?P<column>[a-z0-9_]+)"
    r"|county\.yaml:? (?P<county>[a-z0-9_]+)"
    r"|(?<![\w./])(?P<word>[a-z][a-z0-9]*(?:_[a-z0-9]+)*)(?![\w./])"
)
_WORDS = {
    "statement": ("说明", "statement"), "evidence": ("佐证文件", "evidence file"), "person": ("判定人", "person"),
    "date": ("日期", "date"), "measured_items": ("监测项目浓度", "items measured"),
    "proven_absent": ("已证实不存在", "proven absent"), "county": ("县域资料", "county profile"),
}  # fmt: skip


def worded(problem: Problem, edition: Edition, number: int, layers: Mapping[str, str]) -> str:
    """A problem of indicator ``number`` without its code, keys in its facts called by their names.

    ``layers``: layer or table of the survey -> its title in the language in force.
    """
    facts = {
        k: plain(v, edition, number, layers) if isinstance(v, str) else v for k, v in problem.facts.items()
    }
    return _CODE.sub("", Problem(problem.code, facts).text())


def plain(said: str, edition: Edition, number: int, layers: Mapping[str, str]) -> str:
    """Text made of keys, with every key called by its name; each place is replaced once."""

    def name(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        if match.group("number"):
            return _entry(match, edition, layers)
        if kind == "column":
            return _column(match, edition)
        if kind == "county":
            return f"{_word('county')}·{_county(match.group(kind), edition)}"
        return _named(match.group("word"), edition, number, layers)

    return _KEYS.sub(name, said)


def _word(key: str) -> str:
    zh, en = _WORDS[key]
    return language.pick({"zh": zh, "en": en})


def _entry(match: re.Match[str], edition: Edition, layers: Mapping[str, str]) -> str:
    indicator = edition.indicators.get(int(match.group("number")))
    keys = [k for k in (match.group("key"), match.group("last")) if k]
    if indicator is None:
        return match.group(0)
    names = [_word(k) if k in _WORDS else variable_name(edition, indicator, k) for k in keys]
    return f"{layers.get(INPUTS, INPUTS)}·{' … '.join(names)}"


def _column(match: re.Match[str], edition: Edition) -> str:
    table = edition.tables.get(match.group("table"))
    key = match.group("column")
    column = next((c for c in table.columns if c.key == key), None) if table is not None else None
    return f"{match.group('table')} {text(column)}" if column is not None else match.group(0)


def _county(key: str, edition: Edition) -> str:
    found = next((i for i in edition.header.county_inputs if i.key == key), None)
    return text(found) if found is not None else key


def _named(key: str, edition: Edition, number: int, layers: Mapping[str, str]) -> str:
    indicator = edition.indicators.get(number)
    tries: tuple[Callable[[], str], ...] = (
        lambda: _word(key) if key in _WORDS else key,
        lambda: variable_name(edition, indicator, key) if indicator is not None else key,
        lambda: layers.get(key, key),
        lambda: reading_name(key) if "_" in key or key == "density" else key,
        lambda: _county(key, edition),
    )
    return next((named for named in (one() for one in tries) if named != key), key)
