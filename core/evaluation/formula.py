"""An indicator's value from its variables: the number, its bounds, its error, and what it rests on."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence, Tuple

from ..errors import Problem
from ..indicators.definition import Definition
from ..standard import Edition, Indicator
from .gather import Found, Gatherer, Variable
from .ledger import Ledger
from .model import EvaluationInput, Gap, Term

CONFIDENCE_Z = 1.959964
"""Half width of an interval that holds the truth 95 times in 100, in standard errors."""

OVER_NOISE = 1e-6


@dataclass(frozen=True)
class Worked:
    """What came out for one reading of an indicator.

    ``low``/``high``: the value whatever the unknown parts of the data are; None where nothing is open.
    ``error``: half width of the 95 % interval, 0 where no error is stated.
    """

    value: Optional[float]
    id: Optional[str] = None
    low: Optional[float] = None
    high: Optional[float] = None
    error: float = 0.0
    gaps: Tuple[Gap, ...] = ()
    notes: Tuple[Problem, ...] = ()
    readings: Tuple[str, ...] = ()
    formula: Optional[str] = None
    terms: Tuple[Term, ...] = ()
    expression: Optional[str] = None
    source: Optional[str] = None
    year: Optional[int] = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The value between its bounds and its error, None where neither is known."""
        if self.low is None and not self.error:
            return None
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if low is None or high is None:
            return None
        return low - self.error, high + self.error


def work_out(
    given: EvaluationInput, ledger: Ledger, edition: Edition, indicator: Indicator, definition: Definition
) -> Worked:
    """Gather the variables and apply the definition's function."""
    gatherer = Gatherer(given, ledger, edition, indicator, definition)
    variables = gatherer.variables()
    gaps = tuple(g for v in variables for g in v.decides.gaps)
    notes = tuple(n for v in variables for n in v.decides.notes)
    readings = tuple(_beside(v) for v in variables if v.beside)
    notes += tuple(p for v in variables for p in _differs(v, given.tolerance))
    proxies = gatherer.proxies()
    readings += tuple(f"{p.place} = {_number(p.value)}" for p in proxies)
    ids = [v.decides.id for v in variables if v.decides.id]
    ids_beside = [f.id for v in variables for f in v.beside if f.id] + [p.id for p in proxies if p.id]
    value, faults = _value(definition, {v.key: v.decides.value for v in variables}, indicator)
    low, high = _bounds(definition, variables)
    if value is None and low is not None and low == high:
        value = low
    expression = expression_of(indicator, definition)
    name = f"indicator.{indicator.number}" + (f".{definition.reading}" if definition.reading else "")
    id = ledger.derive(
        name, value, ids, unit=_unit(indicator, definition), clause=gatherer._clause(), formula=expression
    )
    made = ledger.register.get(id)
    for number, beside in enumerate(dict.fromkeys(ids_beside), start=1):
        _keep_beside(ledger, f"{name}.beside.{number}", beside)
    return Worked(
        value, id, low, high, _error(definition, variables, value), (*gaps, *faults), notes, readings,
        f"{expression}; " + ", ".join(_shown(v) for v in variables),
        tuple(Term(v.key, v.decides.value, v.unit, v.decides.id) for v in variables), expression,
        source=made.source if made else None, year=made.year if made else None,
    )  # fmt: skip


def _keep_beside(ledger: Ledger, name: str, id: str) -> None:
    """A value shown beside the deciding one, under a name that says so."""
    shown = ledger.register.get(id)
    if shown is not None:
        ledger.derive(name, shown.value, [id], unit=shown.unit, clause=shown.clause, formula=id)


def expression_of(indicator: Indicator, definition: Definition) -> str:
    """The formula as it is applied."""
    if definition.expression:
        return definition.expression
    return indicator.formula.expr if indicator.formula else definition.key


def _unit(indicator: Indicator, definition: Definition) -> str | None:
    for cell in indicator.thresholds:
        if definition.reading and cell.measure == definition.reading:
            return cell.unit
    own = set(definition.units.values())
    return own.pop() if definition.reading and len(own) == 1 else indicator.unit


def _value(
    definition: Definition, values: Mapping[str, Any], indicator: Indicator
) -> tuple[Optional[float], tuple[Gap, ...]]:
    """The function's value and what is wrong with it."""
    if any(v is None for v in values.values()):
        return None, ()
    if any(isinstance(v, (int, float)) and v < 0 for v in values.values()):
        facts = {"what": ", ".join(k for k, v in values.items() if isinstance(v, (int, float)) and v < 0)}
        return None, (Gap(Problem("QL-EVAL-NEGATIVE", facts)),)
    try:
        value = float(definition.function(**values))
    except ZeroDivisionError:
        facts = {"what": expression_of(indicator, definition)}
        return None, (Gap(Problem("QL-EVAL-ZERO", facts)),)
    if definition.share and not -OVER_NOISE <= value <= 100 + OVER_NOISE:
        facts = {"value": f"{value:.3f}", "number": str(indicator.number)}
        return value, (Gap(Problem("QL-EVAL-OVER100", facts)),)
    return value, ()


def _bounds(definition: Definition, variables: Sequence[Variable]) -> tuple[Optional[float], Optional[float]]:
    """Least and largest value over the bounds of the variables; None, None where none is open."""
    spans: list[tuple[Any, ...]] = []
    for v in variables:
        found = v.decides
        ends = (found.low, found.high)
        if ends[0] is None or ends[1] is None:
            if found.value is None:
                return None, None
            spans.append((found.value,))
        else:
            spans.append(tuple(dict.fromkeys(ends)))
    if all(len(s) == 1 for s in spans):
        return None, None
    keys = [v.key for v in variables]
    try:
        corners = [definition.function(**dict(zip(keys, c))) for c in itertools.product(*spans)]
    except ZeroDivisionError:
        return None, None
    return min(corners), max(corners)


def _error(definition: Definition, variables: Sequence[Variable], value: float | None) -> float:
    """Half width of the 95 % interval by the variables' standard errors, taken as independent."""
    base = {v.key: v.decides.value for v in variables}
    if value is None or any(x is None for x in base.values()):
        return 0.0
    total = 0.0
    for v in variables:
        if v.decides.sd > 0:
            up, down = ({**base, v.key: base[v.key] + s * v.decides.sd} for s in (1, -1))
            try:
                total += ((definition.function(**up) - definition.function(**down)) / 2) ** 2
            except ZeroDivisionError:
                return 0.0
    return CONFIDENCE_Z * math.sqrt(total)


def _differs(variable: Variable, tolerance: float) -> list[Problem]:
    """The notes on computed values that differ from the deciding one by more than the tolerance."""
    one = variable.decides
    found = []
    for other in variable.beside:
        if not _is_number(one.value) or not _is_number(other.value):
            continue
        if abs(one.value - other.value) > tolerance * max(abs(one.value), abs(other.value)):
            facts = {
                "key": variable.key, "entered": _number(one.value), "place": one.place,
                "computed": _number(other.value), "other": other.place,
            }  # fmt: skip
            found.append(Problem("QL-EVAL-DIFFERS", facts))
    return found


def _beside(variable: Variable) -> str:
    return "; ".join(f"{f.place} = {_number(f.value)}" for f in variable.beside)


def _shown(variable: Variable) -> str:
    unit = f" {variable.unit}" if variable.unit else ""
    return f"{variable.key} = {_number(variable.decides.value)}{unit}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Any) -> str:
    if value is None:
        return "?"
    if isinstance(value, tuple):
        return "(" + ", ".join(_number(v) for v in value) + ")"
    return f"{value:.10g}" if _is_number(value) else str(value)


__all__ = ["Found", "Worked", "expression_of", "work_out"]
