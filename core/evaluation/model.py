"""What goes into an evaluation and what comes out (chapter 7, table 7-1, appendix C).

Everything is plain data: whoever reads a survey makes an :class:`EvaluationInput` of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..county import County
from ..errors import Problem
from ..provenance import Feature, Register

PASS, FAIL, NOT_APPLICABLE, UNPROVEN = "pass", "fail", "not_applicable", "unproven"
STATES = (PASS, FAIL, NOT_APPLICABLE, UNPROVEN)
RECOGNISED, NOT_RECOGNISED = "recognised", "not_recognised"

INPUTS = "indicator_input"
JUDGEMENT = "judgement"


class TableRow(NamedTuple):
    """A row of a survey table; ``year`` is that of its sheet's survey date, None where it has none."""

    uuid: str
    values: Mapping[str, Any]
    year: Optional[int] = None


class InputRow(NamedTuple):
    """A row of ``indicator_input``; ``date`` is ISO 8601."""

    number: int
    key: str
    value: Optional[float] = None
    text: Optional[str] = None
    unit: Optional[str] = None
    source: Optional[str] = None
    year: Optional[int] = None
    statement: Optional[str] = None
    evidence: Optional[str] = None
    person: Optional[str] = None
    date: Optional[str] = None
    proven_absent: Optional[bool] = None
    uuid: str = ""


class Located(NamedTuple):
    """Something drawn on the map that a survey table must have a row for: a village."""

    uuid: str
    name: Optional[str] = None


class Place(NamedTuple):
    """Where a value that was entered stands; ``field`` is a column, or a key of ``indicator_input``."""

    label: str
    table: Optional[str] = None
    field: Optional[str] = None


class Term(NamedTuple):
    """A variable of a formula as it decided: its number (several for a column), unit, and id in the register."""

    key: str
    value: Any
    unit: Optional[str] = None
    id: Optional[str] = None


@dataclass(frozen=True)
class Figure:
    """A number measured on layers, in the unit of the formula's variable.

    ``low`` and ``high`` bound it where part of the data is unknown (``value`` may then be None); ``sd`` is
    its standard error from stated errors of lines, cells and classes. ``features`` are those it rests on.
    """

    value: Optional[float]
    low: Optional[float] = None
    high: Optional[float] = None
    sd: float = 0.0
    source: Optional[str] = None
    year: Optional[int] = None
    features: Tuple[Feature, ...] = ()
    estimate: bool = False
    notes: Tuple[Problem, ...] = ()


@dataclass(frozen=True)
class EvaluationInput:
    """A survey as the evaluation sees it.

    ``tables``: table name (``a8``) -> rows; ``figures``: variable -> figure from layers (areas hm², C.7 m²,
    lengths m, counts). ``located``: layer -> what is drawn there and asks for a row. ``lost_evidence`` are
    evidence paths that lead to no file; ``estimates`` cells (table, row, column) that are estimates of ours.
    ``date`` is that of the evaluation (7.0.2); ``made_at`` the moment written into every value.
    """

    date: date
    tables: Mapping[str, Sequence[TableRow]] = field(default_factory=dict)
    inputs: Sequence[InputRow] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    located: Mapping[str, Sequence[Located]] = field(default_factory=dict)
    county: Optional[County] = None
    lost_evidence: frozenset[str] = frozenset()
    estimates: frozenset[Tuple[str, str, str]] = frozenset()
    tolerance: float = 0.01
    made_at: Optional[datetime] = None
    made_by: str = "qingliu:evaluate"

    def entered(self, number: int, key: str) -> list[InputRow]:
        """Rows of ``indicator_input`` for a variable, those that say something."""
        rows = [r for r in self.inputs if r.number == number and r.key == key]
        return [r for r in rows if r.value is not None or (r.text or "").strip()]


class Gap(NamedTuple):
    """What keeps an indicator unproven, and which table, field and row would supply it."""

    problem: Problem
    table: Optional[str] = None
    field: Optional[str] = None
    row: Optional[str] = None


@dataclass(frozen=True)
class IndicatorRow:
    """One indicator for one type of watershed: a row of the result.

    ``margin`` is signed, in the indicator's unit, positive = better. ``low`` and ``high`` enclose the value
    where bounds or errors are known; ``within_error``: the limit lies inside. ``value_id`` and ``state_id``
    lead into the register. ``readings``: the same indicator read otherwise, shown and never deciding.
    ``terms`` are the variables of the formula with their numbers, ``expression`` the formula itself.
    """

    type: str
    number: int
    key: str
    name_zh: str
    name_en: str
    state: str
    clause: str
    value_num: Optional[float] = None
    value_text: Optional[str] = None
    unit: Optional[str] = None
    operator: str = ""
    threshold: Optional[str] = None
    threshold_num: Optional[float] = None
    margin: Optional[float] = None
    low: Optional[float] = None
    high: Optional[float] = None
    within_error: bool = False
    source: Optional[str] = None
    year: Optional[int] = None
    formula: Optional[str] = None
    gaps: Tuple[Gap, ...] = ()
    notes: Tuple[Problem, ...] = ()
    readings: Tuple[str, ...] = ()
    value_id: Optional[str] = None
    state_id: Optional[str] = None
    terms: Tuple[Term, ...] = ()
    expression: Optional[str] = None

    def missing(self, language: str | None = None) -> str | None:
        """What is missing, one sentence after another; None where nothing is."""
        return " ".join(dict.fromkeys(g.problem.text(language) for g in self.gaps)) or None


@dataclass(frozen=True)
class Evaluation:
    """All rows, the verdict by type, and the register that leads every number back to its origin.

    ``places``: id of a value that was entered or measured -> where it stands and can be changed.
    """

    date: date
    edition: str
    rows: Tuple[IndicatorRow, ...]
    verdicts: Mapping[str, str]
    register: Register
    places: Mapping[str, Place] = field(default_factory=dict)

    def of(self, type_key: str) -> list[IndicatorRow]:
        """The rows of a type in the order of table 7-1."""
        return [r for r in self.rows if r.type == type_key]

    def row(self, type_key: str, number: int) -> IndicatorRow:
        """One row. Raises KeyError where there is none."""
        for found in self.rows:
            if (found.type, found.number) == (type_key, number):
                return found
        raise KeyError((type_key, number))


class Difference(NamedTuple):
    """An indicator before and after: between epochs (before, planned, as built) or between schemes."""

    type: str
    number: int
    before: IndicatorRow
    after: IndicatorRow

    @property
    def gain(self) -> Optional[float]:
        """How much the margin grew, positive = better; None where one of them has none."""
        one, other = self.before.margin, self.after.margin
        return None if one is None or other is None else round(other - one, 9)


def differences(before: Evaluation, after: Evaluation) -> list[Difference]:
    """Indicators whose state or value differs between two evaluations of the same types, in their order."""
    known = {(r.type, r.number): r for r in before.rows}
    pairs = [(known[r.type, r.number], r) for r in after.rows if (r.type, r.number) in known]
    return [
        Difference(r.type, r.number, b, r)
        for b, r in pairs
        if (b.state, b.value_num, b.value_text) != (r.state, r.value_num, r.value_text)
    ]
