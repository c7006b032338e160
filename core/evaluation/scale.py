"""Value, error, limits and reference lines of an indicator on one scale: what the margin chart draws.

Reference lines (73 % and 75 % of the whole country) stand beside and never decide (ruling 24).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, Optional, Sequence, Tuple

from ..data import RESOURCES, load_yaml
from .model import FAIL, PASS, IndicatorRow

AIR = 0.12
"""Share of the span left free at each end."""


class Reference(NamedTuple):
    """A value of another document, shown and never deciding."""

    indicator: int
    value: float
    unit: str
    zh: str
    en: str
    source_zh: str
    source_en: str


class Limit(NamedTuple):
    """The limit of one type; ``better``: 1 where more is better, -1 where less is."""

    type: str
    value: float
    better: int
    state: str


class Scale(NamedTuple):
    """What lies on the scale from ``first`` to ``last``, all in ``unit``; ``value`` None where none is known."""

    first: float
    last: float
    unit: str
    value: Optional[float]
    low: Optional[float]
    high: Optional[float]
    limits: Tuple[Limit, ...]
    references: Tuple[Reference, ...]

    def at(self, value: float) -> float:
        """Where a value lies, 0 at the first end and 1 at the last."""
        return (value - self.first) / (self.last - self.first)


@cache
def references() -> Tuple[Reference, ...]:
    """The reference lines of every indicator."""
    return tuple(Reference(**raw) for raw in load_yaml(RESOURCES / "evaluation" / "reference_lines.yaml"))


def scale_of(rows: Sequence[IndicatorRow], shown: IndicatorRow) -> Scale | None:
    """The scale of an indicator: ``rows`` are its rows by type, ``shown`` that of the chosen type.

    None where it has neither a value nor a numeric limit. Rows read by another unit are left out.
    """
    same = [
        r
        for r in rows
        if r.threshold_num is not None and r.unit == shown.unit and r.state != "not_applicable"
    ]
    limits = tuple(
        Limit(r.type, float(r.threshold_num or 0.0), 1 if r.operator in (">=", ">") else -1, r.state)
        for r in same
    )
    beside = tuple(r for r in references() if r.indicator == shown.number)
    marks = [m for m in (shown.value_num, shown.low, shown.high) if m is not None]
    if not marks and not limits:
        return None
    whole = [*marks, *(x.value for x in limits), *(r.value for r in beside)]
    first, last = min(whole), max(whole)
    air = (last - first) * AIR or max(abs(last) * AIR, 1.0)
    first, last = first - air, last + air
    if shown.unit == "%":
        first, last = max(first, 0.0), min(last, 100.0) if max(whole) <= 100 else last
    elif min(whole) >= 0:
        first = max(first, 0.0)
    return Scale(first, last, shown.unit or "", shown.value_num, shown.low, shown.high, limits, beside)


def said(row: IndicatorRow) -> str:
    """The state with what people must see beside it: ``pass_within`` and ``fail_within`` lie within the error."""
    return f"{row.state}_within" if row.within_error and row.state in (PASS, FAIL) else row.state
