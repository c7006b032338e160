"""Do cells agree with each other: sums, the same quantity twice, one column against others, units?"""

from __future__ import annotations

import math
from typing import Any, Iterator, Sequence

from .model import Case, Finding, Row, names_of, number_text, said, title_of, unit_of
from .rules import Check, severity_of, tolerance_of

_ROUNDING = 1e-4
# how near a ratio must come to that of two units to be taken for a mistaken unit
_SUSPECT_NEAR = 1.6


def rows_of(case: Case, check: Check, table: str) -> list[Row]:
    """Rows of a table that the check means."""
    rows = case.of(table)
    if check.rows is None or table != check.table:
        return list(rows)
    return [r for r in rows if check.rows.holds(r.values.get(check.rows.field))]


def found(
    case: Case, check: Check, code: str, row: Row | None, field: str | None, table: str = "", **facts: Any
) -> Finding:
    """A finding of a check, with its title and the names of table and field."""
    where = table or (row.table if row is not None else check.table or "")
    every = {
        "check_zh": check.zh, "check_en": check.en, **title_of(case, where), **names_of(case, where, field),
        "unit": unit_of(case, where, field or ""), **facts,
    }  # fmt: skip
    uuid = None if row is None else row.uuid
    severity = severity_of(check, case.edition)
    return Finding(check.id, severity, where, uuid, field, said(code, every), check.clause)


def suspect(check: Check, ratio: float) -> dict[str, str]:
    """``hint_zh``, ``hint_en``: the unit that explains a ratio of value to what was expected, or nothing."""
    for unit in check.suspects:
        if ratio > 0 and abs(math.log(ratio / unit.factor)) < math.log(_SUSPECT_NEAR):
            return {"hint_zh": f"（疑按{unit.zh}填写）", "hint_en": f" (entered in {unit.en}?)"}
    return {"hint_zh": "", "hint_en": ""}


def _total(row: Row, parts: Sequence[str]) -> float | None:
    """Sum of the cells that are filled, None where none is."""
    values = [v for v in (row.number(p) for p in parts) if v is not None]
    return math.fsum(values) if values else None


def check_sum(case: Case, check: Check) -> Iterator[Finding]:
    """``parts`` of a row add up to ``field`` (times ``factor``) within the tolerance."""
    for row in rows_of(case, check, check.table or ""):
        whole, total = row.number(check.field or ""), _total(row, check.parts)
        if whole is None or total is None:
            continue
        expected = whole * (check.factor or 1.0)
        slack = max(abs(expected) * tolerance_of(check, case.edition), _ROUNDING * len(check.parts))
        if abs(total - expected) > slack:
            facts = {"total": number_text(total), "expected": number_text(expected)}
            culprit = _culprit(row, check.parts, total - expected)
            yield found(case, check, "QL-CHECK-SUM", row, culprit or check.field, **facts)


def _culprit(row: Row, parts: Sequence[str], surplus: float) -> str | None:
    """The part whose tenth (a digit too many) takes away the surplus, where exactly one does."""
    hits = []
    for name in parts:
        value = row.number(name)
        if value and surplus > 0 and abs(value * 0.9 - surplus) <= 0.02 * surplus:
            hits.append(name)
    return hits[0] if len(hits) == 1 else None


def check_shares(case: Case, check: Check) -> Iterator[Finding]:
    """Percentages of a row add up to 100 within 0.5, where all are filled."""
    for row in rows_of(case, check, check.table or ""):
        values = [row.number(p) for p in check.parts]
        if any(v is None for v in values):
            continue
        total = math.fsum(v for v in values if v is not None)
        if total > 0 and abs(total - 100) > 0.5:
            yield found(case, check, "QL-CHECK-SHARES", row, check.parts[0], total=number_text(total))


def _other(case: Case, check: Check) -> tuple[str, str, list[Row]]:
    table, _, name = (check.other or "").partition(".")
    return table, name, list(case.of(table))


def check_equal(case: Case, check: Check) -> Iterator[Finding]:
    """A quantity that stands in two places is the same; rows of the other table are added up."""
    table, name, others = _other(case, check)
    values = [v for v in (r.number(name) for r in others) if v is not None]
    if not values:
        return
    expected = math.fsum(values) * (check.factor or 1.0)
    for row in rows_of(case, check, check.table or ""):
        value = row.number(check.field or "")
        if value is None or abs(value - expected) <= max(
            abs(expected) * tolerance_of(check, case.edition), 1e-6
        ):
            continue
        other = names_of(case, table, name)
        facts = {"value": number_text(value), "expected": number_text(expected), "other_table": table}
        facts.update(title_other(case, table), other_zh=other["field_zh"], other_en=other["field_en"])
        hint = suspect(check, value / expected) if expected else suspect(check, 0.0)
        yield found(case, check, "QL-CHECK-EQUAL", row, check.field, **facts, **hint)


def title_other(case: Case, table: str) -> dict[str, str]:
    """``other_table``: id of another table, for messages."""
    return {"other_table": title_of(case, table)["table_id"]}


def check_not_above(case: Case, check: Check) -> Iterator[Finding]:
    """The sum of a column's rows does not exceed the other cell (times ``factor``)."""
    table, name, others = _other(case, check)
    limits = [v for v in (r.number(name) for r in others) if v is not None]
    rows = rows_of(case, check, check.table or "")
    values = [v for v in (r.number(check.field or "") for r in rows) if v is not None]
    if not limits or not values:
        return
    total, limit = math.fsum(values), math.fsum(limits) * (check.factor or 1.0)
    if total <= limit * (1 + tolerance_of(check, case.edition)) + _ROUNDING:
        return
    other = names_of(case, table, name)
    facts = {"value": number_text(total), "most": number_text(limit), **title_other(case, table)}
    facts.update(other_zh=other["field_zh"], other_en=other["field_en"])
    row = rows[0] if len(rows) == 1 else None
    yield found(case, check, "QL-CHECK-NOTABOVE", row, check.field, check.table or "", **facts)


def check_same_keys(case: Case, check: Check) -> Iterator[Finding]:
    """Both tables name the same things: what one has and the other lacks."""
    table, name, others = _other(case, check)
    rows = rows_of(case, check, check.table or "")
    if not rows and not others:
        return
    sides = (
        (rows, check.field or "", others, name, table),
        (others, name, rows, check.field or "", check.table),
    )
    for mine, own, theirs, their, there in sides:
        known = {_key(r, their) for r in theirs}
        for row in mine:
            if _key(row, own) is not None and _key(row, own) not in known:
                facts = {"value": str(row.values.get(own)), **title_other(case, there or "")}
                yield found(case, check, "QL-CHECK-MISSINGROW", row, own, **facts)


def _key(row: Row, name: str) -> str | None:
    value = row.values.get(name)
    return None if value is None else "".join(str(value).split())


def check_unique(case: Case, check: Check) -> Iterator[Finding]:
    """A name stands once only."""
    seen: set[str] = set()
    for row in rows_of(case, check, check.table or ""):
        key = _key(row, check.field or "")
        if key is not None and key in seen:
            yield found(case, check, "QL-CHECK-TWICEROW", row, check.field, value=key)
        if key is not None:
            seen.add(key)


def check_unit(case: Case, check: Check) -> Iterator[Finding]:
    """A value between ``above`` and ``below`` (both exclusive) was likely entered in another unit."""
    for row in rows_of(case, check, check.table or ""):
        value = row.number(check.field or "")
        if value is None or not (check.above or 0.0) < value < (check.below or 0.0):
            continue
        facts = {"value": number_text(value), "scaled": number_text(value * (check.factor or 1.0))}
        hint = suspect(check, 1 / (check.factor or 1.0))
        yield found(case, check, "QL-CHECK-UNIT", row, check.field, **facts, **hint)


def check_product(case: Case, check: Check) -> Iterator[Finding]:
    """``field`` lies between ``low`` and ``high`` times the product of ``parts``.

    A part is a column of the row, ``table.column`` of the row there with the same village, or
    ``parameter.key`` of the edition. Rows where one is missing are passed over.
    """
    for row in rows_of(case, check, check.table or ""):
        value = row.number(check.field or "")
        factors = [_factor(case, row, part) for part in check.parts]
        if value is None or any(f is None for f in factors):
            continue
        expected = math.prod(f for f in factors if f is not None)
        if expected <= 0 or (check.low or 0.0) <= value / expected <= (check.high or math.inf):
            continue
        facts = {"value": number_text(value), "expected": number_text(expected)}
        hint = suspect(check, value / expected)
        yield found(case, check, "QL-CHECK-PRODUCT", row, check.field, **facts, **hint)


def _factor(case: Case, row: Row, part: str) -> float | None:
    table, _, name = part.rpartition(".")
    if not table:
        return row.number(name)
    if table == "parameter":
        return float(case.edition.default(name))
    key = _key(row, "natural_village")
    match = [r for r in case.of(table) if key is not None and _key(r, "natural_village") == key]
    return match[0].number(name) if len(match) == 1 else None
