"""Words of a layer as the codes of the survey's layer that takes it in: banks (C.8), green (C.7), measures (B.1).

A word that no list has stays empty in the survey and is told: nobody guesses a class.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence

from ..core.errors import Problem
from ..core.layoutplan.palette import measure_named
from ..core.shoreline import ECOLOGICAL, UNCLASSIFIED, side_of
from ..core.shoreline.banks import plain_value
from ..core.standard import Edition
from .records import Record
from .schema import code_lists
from .sitingvalues import status_of

BANK_FIELD, SIDE_FIELD, RIVER_FIELD, GREEN_FIELD = "bank_type", "side", "river", "class"
_SHOWN = 5
_ECOLOGICAL_CODE = "人工生态"

Code = Callable[[Any], Optional[str]]
"""A word's code; empty for a word that says nothing, None for one that no list has."""


class Column(NamedTuple):
    """A column of the survey's layer, the field of the given layer that it is read from, and its codes."""

    name: str
    field: str
    code: Code


class Coded(NamedTuple):
    """Records whose columns hold the survey's codes, and what must be said about the words that have none."""

    records: list[Record]
    warnings: list[Problem]


def columns_of(role: str, fields: Mapping[str, str], edition: Edition) -> tuple[Column, ...]:
    """The coded columns of a role; ``fields`` names its fields by parameter, empty or missing for the usual ones."""
    river = Column("river", fields.get("GROUP_FIELD") or RIVER_FIELD, _text)
    if role == "BANKS":
        kind = Column("bank_type", fields.get("BANK_FIELD") or BANK_FIELD, _bank_code(edition))
        return kind, Column("side", fields.get("SIDE_FIELD") or SIDE_FIELD, _or_none(side_of)), river
    if role == "TREATED":
        return (river,)
    if role == "GREEN":
        return (Column("class", fields.get("GREEN_FIELD") or GREEN_FIELD, _green_code(edition)),)
    if role == "LAYOUT":
        named = Column("measure", "measure", _measure_code(edition))
        status = Column("status", "status", _or_none(status_of))
        return named, status, Column("survey_column", "survey_column", _listed("a4_columns", edition))
    return ()


def coded(records: Sequence[Record], columns: Sequence[Column], layer: str) -> Coded:
    """The records with each column in the survey's codes; other columns as they are."""
    strange: dict[str, Counter[str]] = {column.name: Counter() for column in columns}
    found = []
    for record in records:
        values = dict(record.attributes)
        for column in columns:
            given = record.attributes.get(column.field)
            code = column.code(given)
            values[column.name] = code or None
            if code is None:
                strange[column.name][str(given)] += 1
        found.append(record._replace(attributes=values))
    told = [_told(layer, column, strange[column.name]) for column in columns if strange[column.name]]
    return Coded(found, told)


def without_class(records: Sequence[Record], columns: Sequence[Column], layer: str) -> list[Problem]:
    """QL-PREFILL-BANKFIELD where banks have no field of the name that their class is read from."""
    field = next((c.field for c in columns if c.name == BANK_FIELD), None)
    if field is None or not records or field in records[0].attributes:
        return []
    return [Problem("QL-PREFILL-BANKFIELD", {"layer": layer, "field": field, "count": len(records)})]


def _told(layer: str, column: Column, words: Counter[str]) -> Problem:
    shown = ", ".join(word for word, _ in words.most_common(_SHOWN))
    facts = {"layer": layer, "field": column.field, "count": sum(words.values()), "values": shown}
    return Problem("QL-PREFILL-WORDS", facts)


def _text(value: Any) -> str:
    """A name as it is written, which no list holds."""
    return "" if value is None else str(value).strip()


def _or_none(read: Callable[[Any], str | None]) -> Code:
    """Nothing for nothing, else what ``read`` makes of a word."""
    return lambda value: read(value) if plain_value(value) else ""


def _listed(name: str, edition: Edition, **more: str) -> Code:
    """The code of a list for itself or its title, whatever its width and case."""
    items = code_lists(edition)[name]
    known = {plain_value(word).lower(): i.code for i in items for word in (i.zh, i.en, i.code) if word}
    known.update(more)
    return _or_none(lambda value: known.get(plain_value(value).lower()))


def _bank_code(edition: Edition) -> Code:
    """The words of ``shorelineratio``, and the classes that it writes."""
    return _listed("bank_type", edition, **{ECOLOGICAL: _ECOLOGICAL_CODE, UNCLASSIFIED: ""})


def _green_code(edition: Edition) -> Code:
    """``VG1``, ``vg1 公园绿地`` or the class's name."""
    codes, listed = [i.code for i in code_lists(edition)["green_class"]], _listed("green_class", edition)

    def code(value: Any) -> str | None:
        start = plain_value(value)[:3].upper()
        return start if start in codes else listed(value)

    return code


def _measure_code(edition: Edition) -> Code:
    def key(value: Any) -> str | None:
        found = measure_named(edition, plain_value(value))
        return None if found is None else found.key

    return _or_none(key)
