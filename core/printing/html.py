"""Printed sheets as HTML for a text document: head over both rows, rows, totals, notes (templates/tables)."""

from __future__ import annotations

from typing import Any, Sequence

from ..report import render
from .cells import to_text
from .heads import PrintedColumn
from .paging import Slice
from .sheets import TOTAL, Form, PrintedSheet

_PAIRS = 3
_NARROW, _BROAD = 3.0, 14.0


def sheets_html(sheets: Sequence[PrintedSheet], font: str, size: int, *, breaks: bool = True) -> str:
    """The sheets one after another, each on a new page; ``size`` is the type's size in points.

    ``breaks`` puts units on a line of their own, which Qt's OpenDocument writer makes a paragraph of.
    """
    blank = all(not s.rows for s in sheets)
    shown = [_sheet(s, Lines(s).whole()) for s in sheets]
    return render("tables/table.html", sheets=shown, font=font, size=size, blank=blank, breaks=breaks)


class Lines:
    """The lines of a sheet's table below its head: rows, rows to write in, the total."""

    def __init__(self, sheet: PrintedSheet) -> None:
        form = sheet.form
        self.sheet = sheet
        self.shares = widths(sheet)
        self.texts = [sheet.texts(row) for row in sheet.rows]
        self.texts += [[" "] * len(form.columns)] * sheet.blank_rows
        total = [to_text(c, v) if v != TOTAL else TOTAL for c, v in zip(form.columns, sheet.totals())]
        self.total = total or None

    def __len__(self) -> int:
        return len(self.texts) + (self.total is not None)

    def whole(self) -> Slice:
        """All of them on one page."""
        return Slice(0, len(self), True, True)

    def html(self, part: Slice, font: str, size: int) -> str:
        """One page with some of the lines; the head stands on each."""
        shown = [_sheet(self.sheet, part, self)]
        blank = not self.sheet.rows
        return render("tables/table.html", sheets=shown, font=font, size=size, blank=blank, breaks=True)


def _sheet(sheet: PrintedSheet, part: Slice, lines: Lines | None = None) -> dict[str, Any]:
    form = sheet.form
    lines = lines or Lines(sheet)
    pairs = [(c.title, text) for c, text in sheet.header_pairs()] if part.first else []
    numbered = f"（{sheet.number}/{sheet.count}）" if sheet.count > 1 else ""
    return {
        "title": form.title + numbered if part.first else "",
        "header": [pairs[at : at + _PAIRS] for at in range(0, len(pairs), _PAIRS)],
        "heads": _heads(form, lines.shares) if part.stop > part.start else [],
        "rows": [_row(form, texts) for texts in lines.texts[part.start : part.stop]],
        "totals": lines.total if lines.total and part.stop == len(lines) > part.start else [],
        "notes": form.notes if part.last else (),
    }


def _heads(form: Form, shares: Sequence[float]) -> list[list[dict[str, Any]]]:
    lines: list[list[dict[str, Any]]] = [[] for _ in range(form.head_rows)]
    for cell in form.heads:
        share = f"{shares[cell.column]:.2f}" if cell.columns == 1 else ""
        lines[cell.row].append({**cell._asdict(), "width": share})
    return lines


def _row(form: Form, texts: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"lines": text.split("\n"), "derived": column.derived, "align": _align(column)}
        for column, text in zip(form.columns, texts)
    ]


def _align(column: PrintedColumn) -> str:
    if column.kind in ("number", "integer"):
        return "right"
    return "center" if column.choices or column.kind in ("boolean", "date") else "left"


def widths(sheet: PrintedSheet) -> list[float]:
    """Share of each column in the table's width, in per cent, by what stands in it.

    A column is as wide as its head in two lines or its longest unbroken number, and grows with its texts.
    """
    wanted = [_wanted(sheet, n) for n in range(len(sheet.form.columns))]
    total = sum(wanted)
    return [w / total * 100.0 for w in wanted]


def _wanted(sheet: PrintedSheet, number: int) -> float:
    column = sheet.form.columns[number]
    texts = [sheet.texts(row)[number] for row in sheet.rows[:200]]
    longest = max((text_width(t) for t in texts), default=0.0)
    head = max(text_width(column.title) / 3.0, text_width(f"({column.unit})") if column.unit else 0.0)
    if column.kind in ("number", "integer"):
        return max(_NARROW, head, longest + 0.5)
    return max(_NARROW, head, min(longest, _BROAD))


def text_width(text: str) -> float:
    """Width of the longest line in Chinese characters; a Latin one counts half."""
    return max(sum(1.0 if ord(c) > 0x2E7F else 0.55 for c in line) for line in text.split("\n"))
