"""A survey table as an Excel workbook: the printed sheet, with what brings it back hidden in it.

Two hidden columns hold each row's uuid and version, a hidden line the columns' keys, the first cell
the table and its header (see :mod:`...core.printing.matching`). Text is text: no cell is a formula.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Sequence

from ...core.errors import MissingLibrary
from ...core.printing import Form, HeadCell, Marker, PrintedColumn, PrintedSheet, labels, neutral
from ...core.printing.cells import to_cell
from ...core.printing.matching import KEYS, NOTE_MARK, SUPERSCRIPTS, TOTAL_MARK
from ...core.progress import SILENT, Progress
from .files import settle_zip

HIDDEN = 2
_FONT = "宋体"
_GREY, _HEAD = "F2F2F2", "DDEBF7"
_PAPER_A3, _PAPER_A4 = 8, 9
_PAIRS = 3
_MIN_COLUMNS = 6
_SPARE_ROWS = 5
_LIST_LIMIT = 250
_FILLABLE = 500


def write_workbook(path: Path, sheets: Sequence[PrintedSheet], progress: Progress = SILENT) -> None:
    """Write the sheets of one table to ``path``. Raises MissingLibrary QL-PRINT-NOOPENPYXL, OSError."""
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise MissingLibrary("QL-PRINT-NOOPENPYXL", reason=str(error)) from error
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = "Qingliu"
    book.properties.title = sheets[0].form.title
    for sheet in sheets:
        name = sheet.form.table_id if sheet.count == 1 else f"{sheet.form.table_id} ({sheet.number})"
        _Writer(book.create_sheet(name), sheet, progress).write()
    try:
        book.save(str(path))
    except _unwritten() as error:  # lxml's own, where openpyxl writes through it onto a full disk
        raise OSError(errno.ENOSPC, str(error) or os.strerror(errno.ENOSPC), str(path)) from error
    settle_zip(path)


def _unwritten() -> tuple[type[Exception], ...]:
    """What lxml raises where a file cannot be written; nothing where it is not there."""
    try:
        from lxml.etree import LxmlError
    except ImportError:
        return ()
    return (LxmlError,)


class _Writer:
    """Writes one sheet from top to bottom; ``line`` is the next one."""

    def __init__(self, sheet: Any, printed: PrintedSheet, progress: Progress) -> None:
        from openpyxl import styles

        self.sheet = sheet
        self.printed = printed
        self.form: Form = printed.form
        self.progress = progress
        self.styles = styles
        self.width = max(len(self.form.columns), _MIN_COLUMNS)
        self.line = 1
        thin = styles.Side(style="thin", color="808080")
        self.frame = styles.Border(left=thin, right=thin, top=thin, bottom=thin)
        self.fonts = {
            "plain": styles.Font(name=_FONT, size=10),
            "bold": styles.Font(name=_FONT, size=10, bold=True),
            "title": styles.Font(name=_FONT, size=14, bold=True),
            "note": styles.Font(name=_FONT, size=9, color="404040"),
        }
        self.middle = styles.Alignment(horizontal="center", vertical="center", wrap_text=True)
        self.left = styles.Alignment(horizontal="left", vertical="center", wrap_text=True)
        self.right = styles.Alignment(horizontal="right", vertical="center")
        self.grey = styles.PatternFill("solid", fgColor=_GREY)
        self.blue = styles.PatternFill("solid", fgColor=_HEAD)

    def write(self) -> None:
        self._title()
        self._header()
        self._head()
        first = self.line
        self._rows()
        self._totals()
        self._choices(first)
        self._notes()
        self._page(first)

    # -- parts ---------------------------------------------------------------
    def _title(self) -> None:
        head = self.printed.head
        marker = Marker(
            self.form.table, head.uuid if head else "", head.version if head else None, self.printed.survey
        )
        self.sheet.cell(1, 1, marker.text())
        self._put(1, 0, self.form.title, "title", self.middle, columns=self.width)
        self.sheet.row_dimensions[1].height = 26
        self.line = 2

    def _header(self) -> None:
        """Three fields a line: the label in one cell, the value in what is left of its third."""
        starts = [round(n * self.width / _PAIRS) for n in range(_PAIRS + 1)]
        values = self.printed.head.values if self.printed.head else {}
        for number, column in enumerate(self.form.header):
            line, at = self.line + number // _PAIRS, number % _PAIRS
            span = starts[at + 1] - starts[at]
            label = 2 if span > 4 else 1
            self._put(line, starts[at], f"{column.title}：", "bold", self.right, columns=label)
            value = to_cell(column, values.get(column.key))
            self._put(line, starts[at] + label, value, "plain", self.left, columns=span - label)
            self.sheet.row_dimensions[line].height = 18
        self.line += -(-len(self.form.header) // _PAIRS)

    def _head(self) -> None:
        for head in self.form.heads:
            self._put(
                self.line + head.row, head.column, head_text(head), "bold", self.middle,
                rows=head.rows, columns=head.columns, fill=self.grey if head.mark else self.blue, frame=True,
            )  # fmt: skip
        for number in range(self.form.head_rows):
            self.sheet.row_dimensions[self.line + number].height = 32
        self.line += self.form.head_rows
        self.sheet.cell(self.line, 1, KEYS)
        for number, column in enumerate(self.form.columns):
            self.sheet.cell(self.line, HIDDEN + 1 + number, column.key)
        self.sheet.row_dimensions[self.line].hidden = True
        self.line += 1

    def _rows(self) -> None:
        for number, row in enumerate(self.printed.rows):
            if number % 20 == 0:
                self.progress.step(number / len(self.printed.rows))
            self.sheet.cell(self.line, 1, row.uuid)
            self.sheet.cell(self.line, 2, row.version)
            self._cells(self.printed.cells(row))
        spare = self.printed.blank_rows or (0 if self.form.one_row else _SPARE_ROWS)
        for _ in range(spare):
            self._cells([None] * len(self.form.columns))

    def _cells(self, values: Sequence[Any]) -> None:
        for number, (column, value) in enumerate(zip(self.form.columns, values)):
            cell = self.sheet.cell(self.line, HIDDEN + 1 + number)
            self._value(cell, value)
            is_number = column.kind in ("number", "integer")
            cell.number_format = "General" if is_number else "@"
            cell.font, cell.border = self.fonts["plain"], self.frame
            cell.alignment = self.middle if is_number or column.choices else self.left
            if column.derived:
                cell.fill = self.grey
        self.line += 1

    def _totals(self) -> None:
        totals = self.printed.totals()
        if not totals:
            return
        self.sheet.cell(self.line, 1, TOTAL_MARK)
        for number, value in enumerate(totals):
            self._put(self.line, number, value, "bold", self.middle, frame=True)
        self.line += 1

    def _notes(self) -> None:
        for note in self.form.notes:
            self.sheet.cell(self.line, 1, NOTE_MARK)
            self._put(self.line, 0, neutral(note), "note", self.left, columns=self.width)
            self.sheet.row_dimensions[self.line].height = 13 * (1 + text_width(note) // self._total_width())
            self.line += 1

    def _choices(self, first: int) -> None:
        """Lists to choose from in cells with codes; a warning, no ban: the import says what is wrong."""
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet.datavalidation import DataValidation

        last = first + max(len(self.printed.rows), 1) + _SPARE_ROWS - 1
        for number, column in enumerate(self.form.columns):
            if column.kind not in ("enum", "boolean"):
                continue
            offered = labels(column)
            listed = ",".join(offered)
            if len(listed) > _LIST_LIMIT or any("," in o or '"' in o for o in offered):
                continue
            rule = DataValidation("list", formula1=f'"{listed}"', allow_blank=True)
            rule.errorStyle = "warning"
            letter = get_column_letter(HIDDEN + 1 + number)
            rule.add(f"{letter}{first}:{letter}{last}")
            self.sheet.add_data_validation(rule)

    def _page(self, first: int) -> None:
        from openpyxl.utils import get_column_letter

        sheet = self.sheet
        for number in range(HIDDEN):
            sheet.column_dimensions[get_column_letter(number + 1)].hidden = True
        for number in range(self.width):
            sheet.column_dimensions[get_column_letter(HIDDEN + 1 + number)].width = self._column_width(number)
        sheet.freeze_panes = sheet.cell(first, HIDDEN + 1)
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = _PAPER_A3 if self.form.wide else _PAPER_A4
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_options.horizontalCentered = True
        sheet.print_title_rows = f"{first - 1 - self.form.head_rows}:{first - 2}"
        sheet.oddFooter.center.text = "&P / &N"

    # -- cells ---------------------------------------------------------------
    def _put(
        self, line: int, column: int, value: Any, font: str, place: Any, *,
        rows: int = 1, columns: int = 1, fill: Any = None, frame: bool = False,
    ) -> None:  # fmt: skip
        """A cell, merged over ``rows`` and ``columns``; ``column`` counts the visible ones."""
        at = HIDDEN + 1 + column
        if rows > 1 or columns > 1:
            self.sheet.merge_cells(
                start_row=line, start_column=at, end_row=line + rows - 1, end_column=at + columns - 1
            )
        for r in range(rows):
            for c in range(columns):
                cell = self.sheet.cell(line + r, at + c)
                if frame:
                    cell.border = self.frame
                if fill is not None:
                    cell.fill = fill
        cell = self.sheet.cell(line, at)
        self._value(cell, value)
        cell.font, cell.alignment = self.fonts[font], place

    def _value(self, cell: Any, value: Any) -> None:
        """Set a value so that text stays text: no cell of ours is a formula."""
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"

    def _column_width(self, number: int) -> float:
        if number >= len(self.form.columns):
            return 10.0
        column = self.form.columns[number]
        texts = [self.printed.texts(row)[number] for row in self.printed.rows[:200]]
        longest = max((text_width(t) for t in texts), default=0)
        head = text_width(head_label(column)) / 2
        return float(min(max(6.0, head + 1, min(longest, 24) + 2), 28.0))

    def _total_width(self) -> int:
        return max(int(sum(self._column_width(n) for n in range(self.width))), 1)


def head_label(column: PrintedColumn) -> str:
    """A column's head in one line, with letter, unit and mark."""
    return f"{column.title}{SUPERSCRIPTS.get(column.letter, '')}({column.unit})" + column.mark


def head_text(head: HeadCell) -> str:
    """What stands in a cell of the head."""
    unit = f"\n({head.unit})" if head.unit else ""
    return f"{head.text}{SUPERSCRIPTS.get(head.letter, '')}{head.mark}{unit}"


def text_width(text: str) -> int:
    """How wide a text is in a spreadsheet's units: a Chinese character takes two."""
    lines = text.split("\n")
    return max(sum(2 if ord(c) > 0x2E7F else 1 for c in line) for line in lines)
