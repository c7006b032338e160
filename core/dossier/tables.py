"""The survey tables as parts of the dossier: every cell with a number leads to its origin (appendix A)."""

from __future__ import annotations

from typing import Mapping, Sequence

from ..printing import PrintedColumn, PrintedSheet, StoredRow, to_text
from ..printing.html import widths
from ..printing.sheets import TOTAL
from ..standard import Table
from .document import (
    Cell,
    Grid,
    Heading,
    Line,
    Paragraph,
    Part,
    Run,
    Runs,
    code,
    day,
    head,
    link,
    plain,
    said,
)
from .model import Contents
from .origins import Origins


def tables_parts(contents: Contents, origins: Origins) -> list[Part]:
    """The list of the tables, then a part for each with rows; all on A3 where one of them needs it."""
    by_table: dict[str, list[PrintedSheet]] = {}
    for sheet in contents.sheets:
        by_table.setdefault(sheet.form.table, []).append(sheet)
    filled = {name: found for name, sheets in by_table.items() if (found := [s for s in sheets if s.rows])}
    page = "wide" if any(s.form.wide for found in filled.values() for s in found) else "landscape"
    listed = Part("tables", "五", "调查表", (_list(by_table, origins),))
    return [listed, *(_part(name, found, contents, origins, page) for name, found in filled.items())]


def _list(by_table: Mapping[str, Sequence[PrintedSheet]], origins: Origins) -> Grid:
    """Every table with how many rows it has."""
    lines = []
    for name, sheets in by_table.items():
        form, count = sheets[0].form, sum(len(s.rows) for s in sheets)
        title = link(form.title, f"table-{name}") if count else code(form.title)
        anchor = origins.own(
            f"rows.{name}",
            f"表 {form.table_id} 行数",
            str(count),
            "4.1.4",
            "调查库中该表的行数",
            source="调查库",
        )
        state = plain("附后") if count else plain("无内容")
        number = (Run(str(count), "value", anchor),)
        lines.append(
            Line(
                (Cell(title), Cell(number, "right"), Cell(state, "center", tone="" if count else "unproven"))
            )
        )
    return Grid(head("调查表", "行数", "状态"), tuple(lines), (70.0, 14.0, 16.0), 10.0)


def empty_tables(contents: Contents) -> list[str]:
    """Ids of tables without a row."""
    filled = {s.form.table for s in contents.sheets if s.rows}
    return list(dict.fromkeys(s.form.table_id for s in contents.sheets if s.form.table not in filled))


def _part(name: str, sheets: Sequence[PrintedSheet], contents: Contents, origins: Origins, page: str) -> Part:
    table = contents.edition.table(name)
    blocks: list[Heading | Paragraph | Grid] = []
    for sheet in sheets:
        counted = f"（{sheet.number}/{sheet.count}）" if sheet.count > 1 else ""
        if counted:
            blocks.append(Heading((Run(sheet.form.title + counted, "code"),), 2))
        blocks.append(Paragraph(_head_block(sheet), "note"))
        blocks.append(_grid(sheet, table, origins))
        blocks += [Paragraph((Run(note, "code"),), "note") for note in sheet.form.notes]
    return Part(f"table-{name}", "", sheets[0].form.title, tuple(blocks), page)


def _head_block(sheet: PrintedSheet) -> Runs:
    found: list[Run] = []
    for column, text in sheet.header_pairs():
        shown = day(text) if column.kind == "date" else said(text)
        found += [Run(f"{column.title}："), *(shown or plain("未填")), Run("　　")]
    return tuple(found[:-1])


def _grid(sheet: PrintedSheet, table: Table, origins: Origins) -> Grid:
    form = sheet.form
    heads: list[list[Cell]] = [[] for _ in range(form.head_rows)]
    for cell in form.heads:
        unit = f"({cell.unit})" if cell.unit else ""
        text = f"{cell.text}{cell.letter}{cell.mark}{unit}"
        tone = "derived" if cell.mark else ""
        heads[cell.row].append(Cell(code(text), "center", cell.rows, cell.columns, tone))
    lines = [_line(sheet, row, table, origins) for row in sheet.rows]
    totals = sheet.totals()
    if totals:
        lines.append(_total(sheet, totals, table, origins))
    size = 7.5 if len(form.columns) > 16 else 8.5
    return Grid(tuple(Line(tuple(h)) for h in heads), tuple(lines), tuple(widths(sheet)), size)


def _line(sheet: PrintedSheet, row: StoredRow, table: Table, origins: Origins) -> Line:
    found = []
    for column, text in zip(sheet.form.columns, sheet.texts(row)):
        tone = "derived" if column.derived else ""
        found.append(Cell(_runs(column, text, table, row.uuid, origins), _align(column), tone=tone))
    return Line(tuple(found), f"row-{table.name}-{row.uuid}")


def _runs(column: PrintedColumn, text: str, table: Table, uuid: str, origins: Origins) -> Runs:
    if not text:
        return ()
    if column.kind in ("number", "integer") and column.key != "row_no":
        return origins.cell(table, table.column(column.key), uuid, text)
    return day(text) if column.kind == "date" else said(text)


def _total(sheet: PrintedSheet, totals: Sequence[object], table: Table, origins: Origins) -> Line:
    found = []
    for column, value in zip(sheet.form.columns, totals):
        text = to_text(column, value) if value is not None and value != TOTAL else ""
        if value == TOTAL:
            found.append(Cell((Run(TOTAL, "bold"),), "center"))
        elif text:
            anchor = origins.column(table, table.column(column.key))
            found.append(Cell((Run(text, "value", anchor),), "right"))
        else:
            found.append(Cell(()))
    return Line(tuple(found))


def _align(column: PrintedColumn) -> str:
    if column.kind in ("number", "integer"):
        return "right"
    return "center" if column.choices or column.kind in ("boolean", "date") else "left"
