"""Is there what the indicators need: inputs of C.1 to C.8, years, evidence, possible ratios (ch. 7, App. C)?"""

from __future__ import annotations

import math
from typing import Any, Iterator, Mapping

from ..errors import Problem
from ..standard import Indicator
from .model import Case, Finding, Row, names_of, number_text, said, title_of
from .relations import found
from .rules import Check

TABLE = "indicator_input"
JUDGEMENT = "judgement"
_PROOF = ("statement", "evidence", "person", "date")
# Layers from which an indicator's inputs can be measured.
_LAYERS = {
    1: ("erosion", "boundary"),
    2: ("parcels", "boundary"),
    13: ("green_space", "built_land"),
    17: ("banks",),
}
SCALE_FARM = "规模"


def _inputs(case: Case, number: int) -> list[Row]:
    return [r for r in case.of(TABLE) if r.values.get("number") == number]


def check_ratio(case: Case, check: Check) -> Iterator[Finding]:
    """A part is not larger than its whole: the sum of ``keys`` against ``than`` of one indicator."""
    by_key = {r.values.get("key"): r for r in _inputs(case, check.number or 0)}
    whole = by_key.get(check.than)
    parts = [by_key[k].number("value") for k in check.keys if k in by_key]
    total = math.fsum(v for v in parts if v is not None)
    limit = None if whole is None else whole.number("value")
    if whole is None or limit is None or not parts or total <= limit * (1 + 1e-6):
        return
    share = f"{100 * total / limit:.1f}" if limit else "-"
    facts: dict[str, Any] = {
        "number": check.number,
        "total": number_text(total),
        "most": number_text(limit),
        "share": share,
    }
    yield found(case, check, "QL-CHECK-OVER100", whole, "value", **facts)


def check_judgement(case: Case, check: Check) -> Iterator[Finding]:
    """A judgement, or a thing said to be absent, has statement, evidence, person and date."""
    for row in case.of(TABLE):
        if row.values.get("key") != JUDGEMENT and not row.values.get("proven_absent"):
            continue
        lacking = [n for n in _PROOF if not row.values.get(n)]
        if lacking:
            facts: dict[str, Any] = {"number": row.values.get("number"), "lacking": ", ".join(lacking)}
            yield found(case, check, "QL-CHECK-NOPROOF", row, lacking[0], **facts)


def check_year(case: Case, check: Check) -> Iterator[Finding]:
    """A value is of the last complete year, and of none that has not come."""
    for row in case.of(TABLE):
        year = row.number("year")
        if year is None:
            continue
        facts: dict[str, Any] = {
            "number": row.values.get("number"),
            "key": row.values.get("key"),
            "year": int(year),
        }
        if case.year is not None and year < case.year:
            yield found(case, check, "QL-CHECK-OLDYEAR", row, "year", **facts, wanted=case.year)
        elif case.day is not None and year > case.day.year:
            yield found(case, check, "QL-CHECK-FUTUREYEAR", row, "year", **facts, most=str(case.day))


# -- what an indicator lacks ------------------------------------------------


def check_needs(case: Case, check: Check) -> Iterator[Finding]:
    """Inputs of the formulas of appendix C that neither a table nor indicator_input nor a layer has."""
    for indicator in case.edition.indicators.values():
        formula = indicator.formula
        if formula is None or not (formula.number or "").startswith("C."):
            continue
        if not _is_settled(case, indicator.number):
            yield from _lacking(case, check, indicator)


def _is_settled(case: Case, number: int) -> bool:
    """Whether the thing is proven absent, or its layers are there to measure it by."""
    if any(r.values.get("proven_absent") for r in _inputs(case, number)):
        return True
    layers = _LAYERS.get(number, ())
    return bool(layers) and all(case.of(layer) for layer in layers)


def _lacking(case: Case, check: Check, indicator: Indicator) -> Iterator[Finding]:
    formula = indicator.formula
    given = {r.values.get("key") for r in _inputs(case, indicator.number) if r.number("value") is not None}
    reported: set[str] = set()
    for variable in formula.variables if formula is not None else ():
        if variable.key in given:
            continue
        facts: dict[str, Any] = {
            "number": indicator.number, "formula": formula.number if formula is not None else "-",
            "indicator_zh": indicator.name_zh, "indicator_en": indicator.name_en,
            "variable_zh": variable.zh, "variable_en": variable.en,
        }  # fmt: skip
        if not variable.columns:
            yield _unknown(check, TABLE, None, "value", said("QL-CHECK-NOINPUT", facts))
        for column in variable.columns:
            if column not in reported:
                reported.add(column)
                yield from _lacking_column(case, check, column, facts)


def _lacking_column(case: Case, check: Check, column: str, facts: Mapping[str, Any]) -> Iterator[Finding]:
    table_id, _, name = column.rpartition(".")
    table = case.edition.table(table_id).name
    rows = list(case.of(table))
    if facts["number"] == 10:
        rows = [r for r in rows if SCALE_FARM in str(r.values.get("livestock_type_mode") or "")]
    empty = [r for r in rows if r.values.get(name) is None]
    if rows and not empty:
        return
    every = {
        **facts,
        **title_of(case, table),
        **names_of(case, table, name),
        "count": len(empty),
        "of": len(rows),
    }
    code = "QL-CHECK-NOCELLS" if rows else "QL-CHECK-NOROWSFOR"
    uuid = empty[0].uuid if empty else None
    yield _unknown(check, table, uuid, name, said(code, every))


def _unknown(check: Check, table: str, uuid: str | None, field: str, problem: Problem) -> Finding:
    return Finding(check.id, "unknown", table, uuid, field, problem, check.clause)
