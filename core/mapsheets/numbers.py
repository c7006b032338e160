"""What a sheet is called, by the present numbering and by that before 1993 (GB/T 13989; serves 4.1.3).

Present: ``J50G003040`` is row 3 from the north and column 40 from the west of the 1:10 000 sheets (G) in the
1:1 000 000 sheet J50. Before: sheets were counted in running numbers, ``J-50-5-(24)`` is 1:10 000 sheet 24 of 64
in 1:100 000 sheet 5 of 144 in J-50.
"""

from __future__ import annotations

import re
import unicodedata

from ..errors import InputError
from .grid import DEGREE, MILLION_HEIGHT, MILLION_WIDTH, MapSheet, SheetScale, scales

CHINA_ROWS, CHINA_COLUMNS = "ABCDEFGHIJKLMN", range(43, 54)
FIRST_COLUMN = 31  # of the 1:1 000 000 sheet east of Greenwich
LAST_ROW = 15  # row O ends at 60° N

_NEW = re.compile(r"([A-O])(\d{2})([B-H])(\d{3})(\d{3})")
_OLD = re.compile(r"([A-O]|\d{1,2})-(\d{1,2})(?:-(.+))?")
_HUNDRED = 12  # 1:100 000 sheets along a side of 1:1 000 000
# the rest of an old number -> scale letter; sides of the divisions that its marks count in
_OLD_FORMS: tuple[tuple[re.Pattern[str], str, tuple[int, ...]], ...] = (
    (re.compile(r"([A-D])"), "B", (2,)),
    (re.compile(r"\[(\d+)\]"), "C", (4,)),
    (re.compile(r"(\d+)"), "D", (_HUNDRED,)),
    (re.compile(r"(\d+)-([A-D])"), "E", (_HUNDRED, 2)),
    (re.compile(r"(\d+)-([A-D])-([1-4])"), "F", (_HUNDRED, 2, 2)),
    (re.compile(r"(\d+)-\((\d+)\)"), "G", (_HUNDRED, 8)),
    (re.compile(r"(\d+)-\((\d+)\)-([a-d])"), "H", (_HUNDRED, 8, 2)),
)
_BRACKETS = str.maketrans(
    {"〔": "[", "〕": "]", "【": "[", "】": "]", "［": "[", "］": "]", "—": "-", "–": "-", "−": "-"}
)


def number(sheet: MapSheet) -> str:
    """The number after GB/T 13989-2012, ten characters: ``H48G059074``."""
    rows = sheet.scale.rows
    from_north = rows - sheet.row % rows
    return f"{_million(sheet)}{sheet.scale.code}{from_north:03d}{sheet.column % rows + 1:03d}"


def old_number(sheet: MapSheet) -> str:
    """The number in use before 1993: ``H-48-65-(18)``."""
    rows = sheet.scale.rows
    line, across = rows - 1 - sheet.row % rows, sheet.column % rows
    name = _million(sheet)
    marks = {
        "B": lambda: "ABCD"[_running(line, across, 2)],
        "C": lambda: f"[{_running(line, across, 4) + 1}]",
        "D": lambda: _hundred(line, across, 1),
        "E": lambda: f"{_hundred(line, across, 2)}-{'ABCD'[_running(line, across, 2)]}",
        "F": lambda: f"{_hundred(line, across, 4)}-{'ABCD'[_running(line // 2, across // 2, 2)]}"
        f"-{_running(line, across, 2) + 1}",
        "G": lambda: f"{_hundred(line, across, 8)}-({_running(line, across, 8) + 1})",
        "H": lambda: f"{_hundred(line, across, 16)}-({_running(line // 2, across // 2, 8) + 1})"
        f"-{'abcd'[_running(line, across, 2)]}",
    }
    return f"{name[0]}-{name[1:]}-{marks[sheet.scale.code]()}"


def _million(sheet: MapSheet) -> str:
    west, south, _, _ = sheet.edges
    return f"{chr(ord('A') + south // MILLION_HEIGHT)}{west // MILLION_WIDTH + FIRST_COLUMN:02d}"


def _running(line: int, across: int, side: int) -> int:
    """Position within a square of ``side`` sheets, row by row from the north-west, from 0."""
    return (line % side) * side + across % side


def _hundred(line: int, across: int, side: int) -> str:
    """Running number of the 1:100 000 sheet, of which ``side`` sheets make a side."""
    return str(_running(line // side, across // side, _HUNDRED) + 1)


def in_china(sheet: MapSheet) -> bool:
    """Whether the 1:1 000 000 sheet is one of rows A to N and columns 43 to 53."""
    name = _million(sheet)
    return name[0] in CHINA_ROWS and int(name[1:]) in CHINA_COLUMNS


# -- reading -----------------------------------------------------------------
def parse_number(text: str) -> MapSheet:
    """The sheet of a present or old number, full-width signs and blanks forgiven.

    Old numbers may give the row as a figure (``10-50-5-(24)``). Raises InputError QL-SHEET-NUMBER.
    """
    plain = unicodedata.normalize("NFKC", str(text)).translate(_BRACKETS)
    plain = "".join(plain.split())
    found = _parse_new(plain.upper()) or _parse_old(plain)
    if found is None:
        raise InputError("QL-SHEET-NUMBER", number=str(text))
    return found


def _parse_new(text: str) -> MapSheet | None:
    match = _NEW.fullmatch(text)
    if match is None:
        return None
    letter, column, code, line, across = match.groups()
    return _placed(ord(letter) - ord("A"), int(column), scales()[code], int(line) - 1, int(across) - 1)


def _parse_old(text: str) -> MapSheet | None:
    match = _OLD.fullmatch(text)
    if match is None or match.group(3) is None:
        return None
    row, column, rest = match.groups()
    letter = int(row) - 1 if row.isdigit() else ord(row) - ord("A")
    for pattern, code, sides in _OLD_FORMS:
        marks = pattern.fullmatch(rest)
        if marks is not None:
            return _counted(letter, int(column), scales()[code], marks.groups(), sides)
    return None


def _counted(
    letter: int, column: int, scale: SheetScale, marks: tuple[str, ...], sides: tuple[int, ...]
) -> MapSheet | None:
    line = across = 0
    for mark, side in zip(marks, sides):
        running = int(mark) - 1 if mark.isdigit() else ord(mark.lower()) - ord("a")
        if not 0 <= running < side * side:
            return None
        line, across = line * side + running // side, across * side + running % side
    return _placed(letter, column, scale, line, across)


def _placed(letter: int, column: int, scale: SheetScale, line: int, across: int) -> MapSheet | None:
    """Row ``line`` from the north and column ``across`` within a 1:1 000 000 sheet; None where there is none."""
    if not (
        0 <= letter < LAST_ROW and 1 <= column <= 60 and 0 <= line < scale.rows and 0 <= across < scale.rows
    ):
        return None
    west = (column - FIRST_COLUMN) * 6 * DEGREE // scale.width
    return MapSheet(scale, west + across, letter * scale.rows + scale.rows - 1 - line)
