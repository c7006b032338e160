"""Values into printed cells and back: what a person reads and writes for what the store keeps.

Out: labels for codes, 是/否, ISO dates, nothing for null (never 0); text that a spreadsheet would take
for a formula gets an apostrophe, which the way back takes off. In: numbers with thousands commas,
full-width digits or their own unit behind them, dates as people write them, labels or codes. A cell
that cannot be understood is a :class:`BadCell` with its reason; nothing is guessed.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any, Callable, Iterable, Mapping, Optional, Union

from ..standard import CodeItem
from .heads import PrintedColumn

CellValue = Union[None, str, int, float, bool]

FORMULA_STARTS = "=+-@\t\r＝＋－＠"
YES, NO = "是", "否"
SEPARATOR = "、"
CELL_LIMIT = 32767
_EXACT_DIGITS = 10**15
# What a database keeps as a whole number.
_LARGEST_INTEGER = 2**63 - 1
_LONGEST_NUMBER = 40
_RELATIVE = 1e-14  # spreadsheets keep 15 digits
_YES_WORDS = frozenset({"是", "有", "y", "yes", "true", "t", "1", "√", "✓", "✔", "对"})
_NO_WORDS = frozenset({"否", "无", "没有", "n", "no", "false", "f", "0", "×", "x", "✗", "错"})
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_DATE_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SPLIT = re.compile(r"[、,，;；\n]+")
# What XML 1.0 cannot hold; a spreadsheet's file would be broken by it.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadCell(ValueError):
    """A cell that its column does not take; ``code`` is the reason's message, ``facts`` fill it."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


# -- several codes in one value -----------------------------------------------


def several(value: Any) -> tuple[str, ...]:
    """The codes of a value of several: a list, or as QGIS writes it, ``{"a","b"}``."""
    if value is None:
        return ()
    if not isinstance(value, str):
        return tuple(str(v) for v in value)
    if not (value.startswith("{") and value.endswith("}")):
        return (value,) if value else ()
    try:
        return tuple(str(v) for v in json.loads(f"[{value[1:-1]}]"))
    except ValueError:
        return tuple(part.strip() for part in value[1:-1].split(",") if part.strip())


# -- out ------------------------------------------------------------------------


def neutral(text: str) -> str:
    """Text that no spreadsheet runs as a formula: an apostrophe in front where it would."""
    return "'" + text if text[:1] and text[0] in FORMULA_STARTS + "'" else text


def restored(text: str) -> str:
    """The text that :func:`neutral` was given."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA_STARTS + "'" else text


def to_cell(column: PrintedColumn, value: Any) -> CellValue:
    """A stored value as a spreadsheet's cell; None for null.

    Numbers stay numbers; a whole number that a spreadsheet would round (over 15 digits) is text.
    """
    if value is None:
        return None
    if column.kind in ("number", "integer") and isinstance(value, (int, float)):
        large = isinstance(value, int) and abs(value) >= _EXACT_DIGITS
        return str(value) if large else value
    return neutral(to_text(column, value)) or None


def to_text(column: PrintedColumn, value: Any) -> str:
    """A stored value as it is printed; empty for null."""
    if value is None:
        return ""
    if column.kind == "boolean":
        return YES if value else NO
    if column.kind == "enum":
        return _clean(label_of(str(value), column.choices))
    if column.kind == "enum_multi":
        return _clean(SEPARATOR.join(label_of(code, column.choices) for code in several(value)))
    if column.kind in ("number", "integer") and isinstance(value, (int, float)):
        return number_text(value)
    return _clean(str(value))


def number_text(value: float) -> str:
    """A number as it is printed: at most six decimals, no idle zeros; six digits with an exponent below."""
    if isinstance(value, int) or float(value).is_integer():
        return str(int(value))
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text if float(text) != 0.0 else f"{value:.6g}"


def _clean(text: str) -> str:
    """Text as a file of XML can hold it: one kind of line end, no control characters, not too long."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _NOT_XML.sub("\ufffd", text)
    return text if len(text) < CELL_LIMIT else text[: CELL_LIMIT - 2] + "…"


def label_of(code: str, choices: Iterable[CodeItem]) -> str:
    """What is printed for a code: its label, with the code where two share the label; itself if unknown."""
    items = list(choices)
    item = next((i for i in items if i.code == code), None)
    if item is None:
        return code
    shared = sum(i.zh == item.zh for i in items) > 1
    return f"{item.code} {item.zh}" if shared else item.zh


def labels(column: PrintedColumn) -> list[str]:
    """What can be chosen in a column, as it is printed."""
    if column.kind == "boolean":
        return [YES, NO]
    return [label_of(i.code, column.choices) for i in column.choices]


# -- in -------------------------------------------------------------------------


def is_blank(cell: Any) -> bool:
    """Whether nothing stands in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def from_cell(column: PrintedColumn, cell: Any, *, percent: bool = False) -> Any:
    """What the store keeps for a cell; None for an empty one. Raises BadCell with the reason.

    ``cell`` is what the spreadsheet holds (text, number, date, yes/no); ``percent`` tells that it is
    shown as a percentage, so that 0.125 stands for 12.5.
    """
    if is_blank(cell):
        return None
    if isinstance(cell, str):
        cell = restored(cell)
    value = _READERS.get(column.kind, _text)(column, cell, percent)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_range(column, value)
    return value


def _check_range(column: PrintedColumn, value: float) -> None:
    if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        raise BadCell("QL-PRINT-RANGE", value=f"{str(value)[:20]}…", limits="±2^63")
    low, high = column.low, column.high
    if (low is not None and value < low) or (high is not None and value > high):
        limits = f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}".strip()
        raise BadCell("QL-PRINT-RANGE", value=number_text(value), limits=limits)


def _text(column: PrintedColumn, cell: Any, percent: bool) -> str:
    if isinstance(cell, bool):
        return YES if cell else NO
    if isinstance(cell, (datetime, date)):
        return _iso(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT_DIGITS:
        return str(int(cell))
    return str(cell)


def _number(column: PrintedColumn, cell: Any, percent: bool) -> float:
    if isinstance(cell, (bool, datetime, date)):
        raise BadCell("QL-PRINT-NUMBER", value=str(cell))
    if isinstance(cell, (int, float)):
        found = float(cell) * (100.0 if percent and column.full_unit == "%" else 1.0)
    else:
        found = float(_digits(column, str(cell)))
    if not math.isfinite(found):
        raise BadCell("QL-PRINT-NUMBER", value=str(cell))
    return found


def _integer(column: PrintedColumn, cell: Any, percent: bool) -> int:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, str):
        plain = _digits(column, cell)
        if re.fullmatch(r"[+-]?\d+", plain):
            return int(plain[:_LONGEST_NUMBER])  # longer ones are refused for their size
    found = _number(column, cell, False)
    if not found.is_integer():
        raise BadCell("QL-PRINT-INTEGER", value=str(cell))
    return int(found)


def _digits(column: PrintedColumn, text: str) -> str:
    """The number in a text, plain: full-width forms, thousands commas and the column's unit taken off."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower()
    for unit in (column.full_unit, "%" if column.full_unit == "%" else ""):
        ending = re.sub(r"\s", "", unicodedata.normalize("NFKC", unit)).lower()
        if ending and plain.endswith(ending) and plain != ending:
            plain = plain[: -len(ending)]
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _PLAIN.fullmatch(plain):
        raise BadCell("QL-PRINT-NUMBER", value=text)
    return plain


def _boolean(column: PrintedColumn, cell: Any, percent: bool) -> bool:
    if isinstance(cell, bool):
        return cell
    word = str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)
    word = unicodedata.normalize("NFKC", word).strip().lower()
    if word in _YES_WORDS:
        return True
    if word in _NO_WORDS:
        return False
    raise BadCell("QL-PRINT-YESNO", value=str(cell))


def _iso(found: date) -> str:
    return f"{found.year:04d}-{found.month:02d}-{found.day:02d}"


def _date(column: PrintedColumn, cell: Any, percent: bool) -> str:
    found = _as_date(cell)
    if found is None:
        raise BadCell("QL-PRINT-DATE", value=str(cell))
    return _iso(found)


def _as_date(cell: Any) -> Optional[date]:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 20000 <= cell < 80000:
        return date(1899, 12, 30) + timedelta(days=int(cell))  # a spreadsheet's day number, 1954 to 2119
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", text.strip().split("T")[0]))
    match = _DATE.fullmatch(text) or _DATE_DIGITS.fullmatch(text)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def _enum(column: PrintedColumn, cell: Any, percent: bool) -> str:
    text = _text(column, cell, percent)
    code = code_of(text, column.choices)
    if code is None:
        raise _unknown(column, text)
    return code


def _enum_multi(column: PrintedColumn, cell: Any, percent: bool) -> tuple[str, ...]:
    text = _text(column, cell, percent)
    whole = code_of(text, column.choices)
    if whole is not None:
        return (whole,)
    parts = several(text) if text.startswith("{") else [p for p in map(str.strip, _SPLIT.split(text)) if p]
    codes = [(part, code_of(part, column.choices)) for part in parts]
    unknown = [part for part, code in codes if code is None]
    if unknown:
        raise _unknown(column, SEPARATOR.join(unknown))
    return tuple(dict.fromkeys(code for _, code in codes if code is not None))


def _unknown(column: PrintedColumn, text: str) -> BadCell:
    shown = [label_of(i.code, column.choices) for i in column.choices]
    allowed = SEPARATOR.join(shown[:12]) + ("…" if len(shown) > 12 else "")
    return BadCell("QL-PRINT-CHOICE", value=text, allowed=allowed)


def code_of(text: str, choices: Iterable[CodeItem]) -> Optional[str]:
    """The code that a text names: the code, its label in either language, or both; None if none does.

    A number that lost its leading zeros (``101`` for ``0101``) is known where only one code fits.
    """
    items = list(choices)
    wanted = _folded(text)
    for spell in (_code, _zh, _both, _en):
        found = {i.code for i in items if _folded(spell(i)) == wanted}
        if len(found) == 1:
            return found.pop()
    short = {i.code for i in items if i.code.isdigit() and i.code.lstrip("0") == wanted}
    return short.pop() if len(short) == 1 else None


def _folded(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower()


def _code(item: CodeItem) -> str:
    return item.code


def _zh(item: CodeItem) -> str:
    return item.zh


def _both(item: CodeItem) -> str:
    return item.code + item.zh


def _en(item: CodeItem) -> str:
    return item.en


_READERS: Mapping[str, Callable[[PrintedColumn, Any, bool], Any]] = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "enum": _enum,
    "enum_multi": _enum_multi,
}


# -- are they the same? ---------------------------------------------------------


def same_cell(one: Any, other: Any) -> bool:
    """Whether two cells show the same: numbers to 15 digits, as spreadsheets keep them; text to the letter.

    Line ends count as one kind, as do no text and empty text.
    """
    first, second = _shown(one), _shown(other)
    if not (isinstance(first, float) and isinstance(second, float)):
        return bool(first == second)
    if first.is_integer() and second.is_integer() and max(abs(first), abs(second)) < _EXACT_DIGITS:
        return first == second
    return math.isclose(first, second, rel_tol=_RELATIVE, abs_tol=0.0)


def _shown(cell: Any) -> Any:
    if is_blank(cell):
        return None
    if isinstance(cell, bool):
        return YES if cell else NO
    if isinstance(cell, (int, float)):
        return float(cell)
    if isinstance(cell, (datetime, date)):
        return _iso(cell)
    # openpyxl takes this escape out of every text it reads, whether it is one or not
    return str(cell).replace("\r\n", "\n").replace("\r", "\n").replace("x005F_", "")


def same_value(column: PrintedColumn, one: Any, other: Any) -> bool:
    """Whether two stored values are the same to the person who reads them."""
    if column.kind == "enum_multi":
        return set(several(one)) == set(several(other))
    if column.kind in ("number", "integer") and one is not None and other is not None:
        return same_cell(one, other)
    return bool(one == other)
