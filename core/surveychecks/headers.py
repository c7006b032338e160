"""Who surveyed and checked, and what is still empty for this type of watershed (4.1.5, appendix A)?"""

from __future__ import annotations

from typing import Iterator

from ..standard import Column, Table
from .model import Case, Finding, Row, title_of
from .relations import found
from .rules import Check

# Tables whose rows are of several kinds, each with a group of columns of its own.
_GROUPED = ("a5",)
_SHOWN = 12


def _named(value: object) -> str:
    return "".join(str(value or "").split())


def check_people(case: Case, check: Check) -> Iterator[Finding]:
    """The checker is someone else than the surveyor."""
    for sheet in case.of("sheet"):
        checker = _named(sheet.values.get("checker"))
        if checker and checker == _named(sheet.values.get("surveyor")):
            table = str(sheet.values.get("table") or "")
            facts = {"person": checker, "sheet": title_of(case, table)["table_id"]}
            yield found(case, check, "QL-CHECK-SAMEPERSON", sheet, "checker", **facts)


def check_header(case: Case, check: Check) -> Iterator[Finding]:
    """A field of the head of every sheet that has rows is filled."""
    for sheet in case.of("sheet"):
        table = str(sheet.values.get("table") or "")
        if case.of(table) and not _named(sheet.values.get(check.field or "")):
            yield found(
                case, check, "QL-CHECK-NOHEAD", sheet, check.field, sheet=title_of(case, table)["table_id"]
            )


def check_type(case: Case, check: Check) -> Iterator[Finding]:
    """Tables that 4.1.5 stresses for the type have rows."""
    for table in case.edition.tables.values():
        if case.type in table.emphasis and table.part_of is None and not case.of(table.name):
            type_ = case.edition.types[case.type]
            facts = {"type_zh": type_.zh, "type_en": type_.en, "title_zh": table.title_zh}
            yield found(
                case, check, "QL-CHECK-TYPENEEDS", None, None, table.name, **facts, title_en=table.title_en
            )


def check_empty(case: Case, check: Check) -> Iterator[Finding]:
    """Cells that the printed table asks for and nobody has filled, one note a table."""
    for table in case.edition.tables.values():
        rows = case.of(table.name)
        if not rows:
            if not table.extension and table.part_of is None and case.type not in table.emphasis:
                facts = {"title_zh": table.title_zh, "title_en": table.title_en}
                yield found(case, check, "QL-CHECK-EMPTYTABLE", None, None, table.name, **facts)
            continue
        empty = [
            (c, r) for c, r in ((c, _first_empty(table, c, rows)) for c in _asked(table)) if r is not None
        ]
        if not empty:
            continue
        shown, more = [c for c, _ in empty][:_SHOWN], len(empty) - _SHOWN
        tail = f" (+{more})" if more > 0 else ""
        facts = {
            "columns_zh": "、".join(c.zh for c in shown) + tail,
            "columns_en": ", ".join(c.en for c in shown) + tail,
        }
        column, row = empty[0]
        yield found(case, check, "QL-CHECK-EMPTY", row, column.key, count=len(empty), **facts)


def _asked(table: Table) -> list[Column]:
    return [c for c in table.columns if not c.extra and c.key != "row_no"]


def _first_empty(table: Table, column: Column, rows: object) -> Row | None:
    """The first row whose cell is empty though the row is of the kind that has it."""
    mates = [c.key for c in table.columns if c.group_zh == column.group_zh and c.key != column.key]
    grouped = table.name in _GROUPED and column.group_zh is not None
    for row in rows if isinstance(rows, (list, tuple)) else ():
        if row.values.get(column.key) is not None:
            continue
        if not grouped or any(row.values.get(k) is not None for k in mates):
            return row
    return None
