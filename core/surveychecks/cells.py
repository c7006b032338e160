"""Does each cell hold what its column takes: ranges, code lists, other cells of the row (appendix A)?"""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator, Mapping

from ..standard import CodeItem, Column, Edition, Table
from .model import Case, Finding, Row, names_of, not_finite, number_text, said, title_of, unit_of

_INPUTS, _INPUT_NUMBERS = "indicator_input", ("number", "value", "year")


def codes_in(value: Any) -> list[str]:
    """The codes of a cell: one, or several in QGIS's ``{"a","b"}``."""
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple)):
        return [str(v) for v in value]
    text = str(value)
    if not (text.startswith("{") and text.endswith("}")):
        return [text]
    try:
        return [str(v) for v in json.loads(f"[{text[1:-1]}]")]
    except ValueError:
        return [part.strip() for part in text[1:-1].split(",") if part.strip()]


def check_cells(case: Case) -> list[Finding]:
    """Every cell of every survey table, and coded fields of the layers."""
    found: list[Finding] = []
    for table in case.edition.tables.values():
        items = {c.key: case.edition.items(c) for c in table.columns}
        for row in case.of(table.name):
            for column in table.columns:
                if row.values.get(column.key) is not None:
                    found += _cell(case, table, column, row, items[column.key])
    return [*found, *_not_finite(case), *_input_numbers(case), *_layer_codes(case)]


def _cell(
    case: Case, table: Table, column: Column, row: Row, items: tuple[CodeItem, ...]
) -> Iterator[Finding]:
    facts: dict[str, Any] = {
        **title_of(case, table.name),
        **names_of(case, table.name, column.key),
        "value": row.values[column.key],
        "unit": unit_of(case, table.name, column.key),
    }

    def finding(check_id: str, severity: str, code: str, clause: str | None = None, **more: Any) -> Finding:
        problem = said(code, {**facts, **more})
        return Finding(
            check_id, severity, table.name, row.uuid, column.key, problem, clause or table.clauses[0]
        )

    yield from _range(column, row, finding)
    yield from _at_most(case, table, column, row, finding)
    yield from _codes(case.edition, column, row, items, finding)


Make = Callable[..., Finding]


def _range(column: Column, row: Row, finding: Make) -> Iterator[Finding]:
    value, rule = row.number(column.key), column.constraint
    if not_finite(row.values[column.key]):
        return  # said of every table by _not_finite
    if value is None:
        if column.type in ("number", "integer"):
            yield finding("number", "error", "QL-CHECK-NOTNUMBER")
        return
    if column.type not in ("number", "integer"):
        return
    if (rule.min is not None and value < rule.min) or (rule.max is not None and value > rule.max):
        yield finding("range", "error", "QL-CHECK-RANGE", **_limits(rule.min, rule.max))
    elif (rule.warn_min is not None and value < rule.warn_min) or (
        rule.warn_max is not None and value > rule.warn_max
    ):
        limits = _limits(rule.warn_min, rule.warn_max)
        # a limit of chapter 7 judges the whole watershed, a single row may lie beyond it
        severity = "note" if (rule.warn_clause or "").startswith("7.") else "warning"
        yield finding("usual_range", severity, "QL-CHECK-USUAL", rule.warn_clause, **limits)


def _limits(low: float | None, high: float | None) -> dict[str, str]:
    """Limits in words, ``limits_zh`` and ``limits_en``: from … to …, at least …, at most …."""
    if low is not None and high is not None:
        both = number_text(low), number_text(high)
        return {"limits_zh": "{}～{}".format(*both), "limits_en": "{} to {}".format(*both)}
    if low is not None:
        return {"limits_zh": f"不小于 {number_text(low)}", "limits_en": f"at least {number_text(low)}"}
    most = number_text(high) if high is not None else "-"
    return {"limits_zh": f"不大于 {most}", "limits_en": f"at most {most}"}


def _at_most(case: Case, table: Table, column: Column, row: Row, finding: Make) -> Iterator[Finding]:
    name = column.constraint.at_most
    if name is None:
        return
    value, most = row.number(column.key), row.number(name)
    if value is None or most is None or value <= most:
        return
    other = names_of(case, table.name, name)
    facts = {"other_zh": other["field_zh"], "other_en": other["field_en"], "most": number_text(most)}
    yield finding(_AT_MOST_IDS.get((table.name, column.key), "at_most"), "error", "QL-CHECK-ATMOST", **facts)


# The edition's own names for relations that its columns already state.
_AT_MOST_IDS: Mapping[tuple[str, str], str] = {("a1", "elevation_min_m"): "elevation_order"}


def _codes(
    edition: Edition, column: Column, row: Row, items: tuple[CodeItem, ...], finding: Make
) -> Iterator[Finding]:
    if not items or column.type not in ("enum", "enum_multi"):
        return
    known = {i.code: i for i in items}
    for code in codes_in(row.values[column.key]):
        item = known.get(code)
        if item is None:
            yield finding("code", "error", "QL-CHECK-CODE", value=code)
            continue
        parent = column.constraint.parent_column
        above = row.values.get(parent) if parent else None
        if above is not None and item.parent not in (None, str(above)):
            yield finding("code_parent", "error", "QL-CHECK-CODEPARENT", value=code, parent=str(above))


def _not_finite(case: Case) -> Iterator[Finding]:
    """Infinity and NaN in any table or layer: every sum and share with them would be as empty as they are."""
    for table, rows in case.rows.items():
        for row in rows:
            for name, value in row.values.items():
                if not_finite(value):
                    facts = {**title_of(case, table), **names_of(case, table, name), "value": value}
                    problem = said("QL-CHECK-NOTFINITE", facts)
                    yield Finding("number", "error", table, row.uuid, name, problem, "4.1.4")


def _input_numbers(case: Case) -> list[Finding]:
    """Words where the inputs of the indicators hold numbers; SQLite takes anything."""
    found = []
    for row in case.of(_INPUTS):
        for name in _INPUT_NUMBERS:
            value = row.values.get(name)
            if value is None or row.number(name) is not None or not_finite(value):
                continue
            facts = {**title_of(case, _INPUTS), **names_of(case, _INPUTS, name), "value": value, "unit": ""}
            problem = said("QL-CHECK-NOTNUMBER", facts)
            found.append(Finding("number", "error", _INPUTS, row.uuid, name, problem, "7.0.1"))
    return found


def _layer_codes(case: Case) -> list[Finding]:
    found = []
    for (table, name), allowed in case.codes.items():
        for row in case.of(table):
            odd = [c for c in codes_in(row.values.get(name)) if c not in allowed]
            if odd:
                facts = {**title_of(case, table), **names_of(case, table, name), "value": ", ".join(odd)}
                problem = said("QL-CHECK-CODE", {**facts, "unit": ""})
                found.append(Finding("code", "error", table, row.uuid, name, problem, "4.1.6"))
    return found
