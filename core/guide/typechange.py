"""What changing the type would move: marks of table B.1 and thresholds of table 7-1 (3.0.5, 5.1.1)."""

from __future__ import annotations

from typing import NamedTuple

from .. import language
from ..standard import Edition
from ..standard.model import Indicator, Measure, Threshold

_SIGNS = {">=": "≥", "<=": "≤", "=": "=", ">": ">", "<": "<"}
_MARKS = {"major": "■", "minor": "★"}


class Moved(NamedTuple):
    """One thing that differs: ``kind`` is measure or indicator, ``key`` its target for links."""

    kind: str
    key: str
    label: str
    before: str
    after: str


def type_change(edition: Edition, old: str, new: str) -> list[Moved]:
    """Everything that differs between two types, measures first, in the order of the tables.

    ``old`` may be empty: then everything of ``new`` is listed.
    """
    marks = [
        Moved("measure", f"measure:{m.key}", _name(m), mark_of(m, old), mark_of(m, new))
        for m in edition.measures.values()
    ]
    limits = [
        Moved("indicator", f"indicator:{i.number}", _name(i), limit_of(i, old), limit_of(i, new))
        for i in edition.indicators.values()
    ]
    return [found for found in (*marks, *limits) if found.before != found.after]


def mark_of(measure: Measure, watershed_type: str) -> str:
    """■, ★ or nothing."""
    return _MARKS.get(measure.marks.get(watershed_type, ""), "")


def limit_of(indicator: Indicator, watershed_type: str) -> str:
    """The threshold of a type as it is printed, or in signs; empty where there is none."""
    held = [t for t in indicator.thresholds if watershed_type in t.types]
    return "; ".join(_limit(t) for t in held)


def _limit(threshold: Threshold) -> str:
    if threshold.printed:
        return threshold.printed
    words = language.pick({"zh": threshold.zh or "", "en": threshold.en or ""})
    if words:
        return words
    value = "" if threshold.value is None else str(threshold.value)
    return f"{_SIGNS.get(threshold.operator, threshold.operator)} {value}{threshold.unit or ''}".strip()


def _name(thing: Measure | Indicator) -> str:
    return language.pick({"zh": thing.name_zh, "en": thing.name_en})
