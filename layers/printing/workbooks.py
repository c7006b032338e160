"""A filled Excel workbook as plain grids of cells; what is wrong with the file is told with a code."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from ...core.errors import InputError, MissingLibrary
from ...core.printing import GridCell
from ..xmlguard import declares_entities

_UNPACKED_LIMIT = 200 * 2**20
_ROW_LIMIT, _COLUMN_LIMIT = 50_000, 1_000
_SMALL_PART, _RATIO_LIMIT = 20 * 2**20, 200
_MERGED_LIMIT = 500_000
_EPOCH_1900 = dt.datetime(1899, 12, 30)  # day 0; Excel on the old Macintosh counted from 1904
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([^\"'<>]{1,60})[\"']")
_REFERENCE = re.compile(r"([A-Za-z]{1,3})(\d{1,8}):([A-Za-z]{1,3})(\d{1,8})")
# What openpyxl raises on files that are not what they say, by its own and by its parsers' doing.
_FAULTS = (
    OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, EOFError,
    NotImplementedError,
)  # fmt: skip


def read_workbook(path: Path) -> dict[str, list[list[GridCell]]]:
    """Cells of every visible sheet by its name, merged cells filled out.

    Raises InputError QL-PRINT-NOFILE, QL-PRINT-NOTXLSX, QL-PRINT-TOOLARGE; MissingLibrary.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise MissingLibrary("QL-PRINT-NOOPENPYXL", reason=str(error)) from error
    _check_file(path)
    try:
        shown = load_workbook(str(path), data_only=True)
        typed = load_workbook(str(path), data_only=False)
        days_on = (shown.epoch - _EPOCH_1900).days
        return {
            sheet.title: _grid(sheet, typed[sheet.title], path, days_on)
            for sheet in shown.worksheets
            if sheet.sheet_state == "visible"
        }
    except _FAULTS as error:
        raise InputError(
            "QL-PRINT-NOTXLSX", path=str(path), reason=str(error) or type(error).__name__
        ) from error


def _check_file(path: Path) -> None:
    """Refuse what would fill the memory or the disk before a parser sees it."""
    if not path.is_file():
        raise InputError("QL-PRINT-NOFILE", path=str(path))
    try:
        with zipfile.ZipFile(path) as found:
            members = found.infolist()
            size = sum(info.file_size for info in members)
            bombs = [m for m in members if m.file_size > max(_SMALL_PART, _RATIO_LIMIT * m.compress_size)]
            if size > _UNPACKED_LIMIT or bombs:
                raise InputError("QL-PRINT-TOOLARGE", path=str(path), size=f"{size / 2**20:.0f} MB")
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _check_part(found.read(member), member.filename, path)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
        raise InputError("QL-PRINT-NOTXLSX", path=str(path), reason=str(error)) from error


def _check_part(data: bytes, name: str, path: Path) -> None:
    """No entities; no cells merged beyond what a table has (the reader makes an object of each)."""
    if declares_entities(data):
        raise InputError("QL-PRINT-NOTXLSX", path=str(path), reason=f"{name}: <!ENTITY")
    if b"\0" in data:  # not UTF-8, in which spreadsheets are written
        raise InputError("QL-PRINT-NOTXLSX", path=str(path), reason=f"{name}: UTF-16")
    merged = 0
    for reference in _MERGED.findall(data):
        merged += _cells_of(reference.decode("ascii", "replace"))
        if merged > _MERGED_LIMIT:
            raise InputError("QL-PRINT-TOOLARGE", path=str(path), size=f"{name}: {reference.decode()[:40]}")


def _cells_of(reference: str) -> int:
    """How many cells ``A1:C9`` has; what is no reference is left to the reader."""
    found = _REFERENCE.fullmatch(reference.replace("$", "").strip())
    if found is None:
        return 0
    left, top, right, bottom = found.groups()
    return (abs(_column(right) - _column(left)) + 1) * (abs(int(bottom) - int(top)) + 1)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _grid(shown: Any, typed: Any, path: Path, days_on: int) -> list[list[GridCell]]:
    rows, columns = shown.max_row, shown.max_column
    if rows > _ROW_LIMIT or columns > _COLUMN_LIMIT:
        raise InputError("QL-PRINT-TOOLARGE", path=str(path), size=f"{shown.title}: {rows} × {columns}")
    grid = [
        [_cell(a, b, days_on) for a, b in zip(line, written)]
        for line, written in zip(shown.iter_rows(), typed.iter_rows())
    ]
    for span in shown.merged_cells.ranges:
        first = grid[span.min_row - 1][span.min_col - 1]
        # over several columns it says which head stands over which, but no longer which cell a value was for
        spread = first if first.value is None or first.fault else first._replace(fault="QL-PRINT-MERGED")
        for line in grid[span.min_row - 1 : span.max_row]:
            width = min(span.max_col, len(line)) - span.min_col + 1
            line[span.min_col - 1 : span.max_col] = [first] + [spread] * (width - 1)
    return grid


def _cell(shown: Any, typed: Any, days_on: int) -> GridCell:
    value = shown.value
    percent = isinstance(value, (int, float)) and "%" in str(shown.number_format)
    if typed.data_type == "f" and value is None:
        return GridCell(str(typed.value), fault="QL-PRINT-FORMULA")
    if shown.data_type == "e":
        return GridCell(str(value), fault="QL-PRINT-ERRORVALUE")
    return GridCell(value, percent, days_on=days_on)
