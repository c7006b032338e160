"""A filled survey table as the norm prints it, as data: header block, head, rows, totals, notes.

Every writer (Excel, Word, PDF) draws this; none knows of the standard (appendix A, 4.1.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..standard import Edition, Table
from .cells import CellValue, is_blank, to_cell, to_text
from .heads import (
    COMPUTED,
    EXTRA,
    HeadCell,
    PrintedColumn,
    head_cells,
    head_rows,
    printed_columns,
    sheet_columns,
)

TOTAL = "合计"
WIDE = 12
"""More columns than this go on A3."""
_QUOTIENT = re.compile(r"(\w+)\s*/\s*(\w+)(?:\s*\*\s*(\d+(?:\.\d+)?))?")
_FORM_ROWS = 12


class StoredRow(NamedTuple):
    """A row of the store: key, version, values by column."""

    uuid: str
    version: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """A survey table's printed form without its content."""

    table: str
    table_id: str
    title: str
    one_row: bool
    total_row: bool
    columns: Tuple[PrintedColumn, ...]
    header: Tuple[PrintedColumn, ...]
    heads: Tuple[HeadCell, ...]
    head_rows: int
    notes: Tuple[str, ...]
    formulas: Mapping[str, str]

    @property
    def wide(self) -> bool:
        """Whether it wants A3 instead of A4, both across."""
        return len(self.columns) > WIDE


@dataclass(frozen=True)
class PrintedSheet:
    """A form with the rows of one sheet; ``head`` is the row of the store's table ``sheet``."""

    form: Form
    head: Optional[StoredRow]
    rows: Tuple[StoredRow, ...]
    survey: str = ""
    number: int = 1
    count: int = 1

    @property
    def blank_rows(self) -> int:
        """Rows to write in, where nothing is filled yet."""
        if self.rows:
            return 0
        return 1 if self.form.one_row else _FORM_ROWS

    def header_pairs(self) -> list[tuple[PrintedColumn, str]]:
        """Field of the header block and its text."""
        values = self.head.values if self.head else {}
        return [(c, to_text(c, values.get(c.key))) for c in self.form.header]

    def texts(self, row: StoredRow) -> list[str]:
        """A row as it is printed."""
        return [to_text(c, row.values.get(c.key)) for c in self.form.columns]

    def cells(self, row: StoredRow) -> list[CellValue]:
        """A row as cells of a spreadsheet."""
        return [to_cell(c, row.values.get(c.key)) for c in self.form.columns]

    def totals(self) -> list[Any]:
        """Values of the total row by column, None where there is none; [] where the table has no such row."""
        if not self.form.total_row or not self.rows:
            return []
        return totals(self.form, [r.values for r in self.rows])


def form_of(table: Table, edition: Edition) -> Form:
    """The printed form of a survey table of an edition."""
    columns = printed_columns(table, edition)
    ending = "（插件扩展）" if table.extension else ""
    return Form(
        table=table.name,
        table_id=table.id,
        title=f"表 {table.id}　{table.title_zh}{ending}",
        one_row=table.rows == "one",
        total_row=table.total_row,
        columns=columns,
        header=sheet_columns(edition),
        heads=head_cells(columns),
        head_rows=head_rows(columns),
        notes=_notes(table, columns, edition),
        formulas={c.key: c.formula for c in table.columns if c.formula},
    )


def _notes(table: Table, columns: Sequence[PrintedColumn], edition: Edition) -> tuple[str, ...]:
    """What stands below: footnotes, what the marks mean, where the heads come from."""
    lettered = any(c.letter or c.group_letter for c in columns)
    found = []
    for number, note in enumerate(table.footnotes_zh):
        mark = chr(ord("a") + number) if lettered else str(number + 1)
        found.append(f"注 {mark}：{note}")
    marks = {c.mark for c in columns}
    if COMPUTED in marks:
        found.append(f"{COMPUTED} 由其他列计算得出。")
    if EXTRA in marks:
        found.append(f"{EXTRA} 草案原表无此列，按条文或计算需要增设。")
    header = edition.header
    found.append(f"依据：{header.number}，规则集 {header.id}。{header.status_zh}{table.status_zh}")
    return tuple(found)


def sheets_of(
    form: Form, heads: Sequence[StoredRow], rows: Sequence[StoredRow], survey: str
) -> list[PrintedSheet]:
    """The sheets of a table: one per header with its rows by 序号; rows without a header go with the first.

    A table without any header is one sheet with an empty header block.
    """
    known: list[Optional[StoredRow]] = list(heads) or [None]
    members: list[list[StoredRow]] = [[] for _ in known]
    place = {head.uuid: n for n, head in enumerate(heads)}
    for row in rows:
        members[place.get(str(row.values.get("sheet_uuid") or ""), 0)].append(row)
    return [
        PrintedSheet(form, head, tuple(_in_order(own)), survey, n + 1, len(known))
        for n, (head, own) in enumerate(zip(known, members))
    ]


def _in_order(rows: Sequence[StoredRow]) -> list[StoredRow]:
    """By 序号 where there is one, else as they were entered."""

    def place(row: StoredRow) -> tuple[bool, float]:
        number = row.values.get("row_no")
        return number is None, float(number or 0)

    return sorted(rows, key=place)


def totals(form: Form, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The total row: sums of what adds up; ratios anew from the sums; None where a row lacks the value."""
    sums: dict[str, Any] = {}
    for column in form.columns:
        values = [row[column.key] for row in rows if row.get(column.key) is not None]
        if _adds_up(column, form) and len(values) == len(rows):
            found = sum(values)
            sums[column.key] = found if column.kind == "integer" else round(found, 6)
    for column in form.columns:
        match = _QUOTIENT.fullmatch(form.formulas.get(column.key, "").strip())
        if match and sums.get(match[1]) is not None and sums.get(match[2]):
            sums[column.key] = round(sums[match[1]] / sums[match[2]] * float(match[3] or 1), 6)
    found_row = [sums.get(c.key) for c in form.columns]
    label = next((n for n, c in enumerate(form.columns) if c.kind == "text"), 0)
    return [TOTAL if n == label else v for n, v in enumerate(found_row)]


def _adds_up(column: PrintedColumn, form: Form) -> bool:
    """Whether a column's values can be added: no rates, shares, degrees, numbers of rows."""
    if column.kind not in ("number", "integer") or column.key == "row_no" or column.key in form.formulas:
        return False
    unit = column.full_unit
    return bool(unit) and "/" not in unit and unit not in ("%", "‰", "°", "℃", "a", "d")


def is_empty(cells: Sequence[Any]) -> bool:
    """Whether a row has nothing in it."""
    return all(is_blank(c) for c in cells)
