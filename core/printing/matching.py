"""A filled spreadsheet as a survey table: which table it is, which column is which, which rows count.

Columns are known by the hidden row of keys, by their printed head (with the group above it), or by
another name (English, the draft's own spelling, with or without unit). What was matched by what is
shown to the user; a head that fits several columns is settled by its neighbours or left out, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

from .cells import is_blank
from .heads import COMPUTED, EXTRA, PrintedColumn, bare
from .sheets import TOTAL, Form

MARK, KEYS, TOTAL_MARK, NOTE_MARK = "#qingliu", "#keys", "#total", "#note"
BY_KEY, BY_HEAD, BY_ALIAS, BY_ORDER = "key", "head", "alias", "order"
SUPERSCRIPTS = dict(zip("abcdefghij", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲ"))
_DECORATION = re.compile(f"[{COMPUTED}{EXTRA}{''.join(SUPERSCRIPTS.values())}\\s]|\\^\\s*[a-z]")
_TABLE = re.compile(r"表\s*([A-Za-z]\.?\s*\d+[a-z]?)")
_NOTE = re.compile(rf"\s*(注\s*[a-z\d]*\s*[：:]|依据[：:]|{COMPUTED}|{EXTRA})")
_HEAD_SEARCH = 30
_MOST_DAYS = 100_000


class GridCell(NamedTuple):
    """A cell as the file has it; ``fault`` is the code of what is wrong with it as a cell.

    ``days_on`` is what the file's calendar begins later than that of 1900: 1462 days in a workbook of 1904.
    """

    value: Any = None
    percent: bool = False
    fault: str = ""
    days_on: int = 0

    def said(self, kind: str) -> Any:
        """What the cell says to a column of a kind: a plain number in a date's column counts days."""
        number = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
        return self.value + self.days_on if number and kind == "date" and self._is_day else self.value

    @property
    def _is_day(self) -> bool:
        """Whether a number may be a day's, and not a date written without its strokes (20250618)."""
        return abs(self.value) < _MOST_DAYS


Grid = Sequence[Sequence[GridCell]]


class Matched(NamedTuple):
    """A column of the file and the table's column that it is; ``by`` is how it was known."""

    column: PrintedColumn
    at: int
    head: str
    by: str


class Marker(NamedTuple):
    """What an exported sheet says of itself: table, its header's uuid and version, the survey's id."""

    table: str
    head_uuid: str
    head_version: Optional[int]
    store_id: str

    def text(self) -> str:
        """As it stands in the sheet's first, hidden cell."""
        version = "" if self.head_version is None else str(self.head_version)
        return "|".join((MARK, self.table, self.head_uuid, version, self.store_id))


@dataclass(frozen=True)
class ReadRow:
    """A row of the file: its line (from 0), the uuid and version that stood hidden in it, its cells by key."""

    sheet: str
    line: int
    uuid: str
    version: Optional[int]
    cells: Mapping[str, GridCell]
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadSheet:
    """What was understood of a sheet."""

    name: str
    form: Form
    marker: Optional[Marker]
    columns: tuple[Matched, ...]
    unknown: tuple[tuple[str, str], ...]
    rows: tuple[ReadRow, ...]
    head: Optional[ReadRow]

    @property
    def lacking(self) -> tuple[PrintedColumn, ...]:
        """Columns of the table that the file lacks."""
        there = {m.column.key for m in self.columns}
        return tuple(c for c in self.form.columns if c.key not in there)


def place(line: int, index: int) -> str:
    """``C7`` for line 6, column 2, both from 0."""
    letters, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{line + 1}"


def folded(head: str) -> str:
    """A head for comparison: no marks, letters, blanks, widths, capitals."""
    return unicodedata.normalize("NFKC", _DECORATION.sub("", head)).replace("/", "").lower()


# -- which table ----------------------------------------------------------------


def read_marker(grid: Grid) -> Optional[Marker]:
    """The hidden marker of an exported sheet, None where there is none."""
    first = grid[0][0].value if grid and grid[0] else None
    parts = str(first or "").split("|")
    if len(parts) != 5 or parts[0] != MARK:
        return None
    version = int(parts[3]) if parts[3].isdigit() else None
    return Marker(parts[1], parts[2], version, parts[4])


def recognise(grid: Grid, name: str, stem: str, forms: Mapping[str, Form]) -> Optional[Form]:
    """The form a sheet was made from: by its marker, its title, its name or the file's, or its heads."""
    marker = read_marker(grid)
    if marker is not None and marker.table in forms:
        return forms[marker.table]
    spelt = {folded(key): form for form in forms.values() for key in (form.table, form.table_id, form.title)}
    for text in (*_titles(grid), name, stem):
        found = spelt.get(folded(text))
        if found is not None:
            return found
    scores = sorted(((_score(grid, form), form.table) for form in forms.values()), reverse=True)
    if not scores or scores[0][0] < 3 or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return forms[scores[0][1]]


def _titles(grid: Grid) -> Iterable[str]:
    for row in grid[:10]:
        for cell in row:
            match = _TABLE.search(str(cell.value or ""))
            if match:
                yield match[1]


def _score(grid: Grid, form: Form) -> int:
    line = _head_line(grid, form)
    return 0 if line is None else len(match_columns(grid, line, form))


# -- which column ----------------------------------------------------------------


def _names(column: PrintedColumn) -> set[str]:
    plain = {column.title, column.head, *(n for n in column.names if "/" not in n or not column.group)}
    return {folded(n) for n in plain} | {folded(bare(n)) for n in plain} | {column.key.lower()}


def _path(group: str, leaf: str) -> str:
    return f"{folded(bare(group))}>{folded(bare(leaf))}"


def _head_line(grid: Grid, form: Form) -> Optional[int]:
    """The line of the head (of its keys where they are there), None where the sheet has none."""
    for line, row in enumerate(grid[:_HEAD_SEARCH]):
        if row and row[0].value == KEYS:
            return line
    known = set().union(*(_names(c) for c in form.columns))
    best, found = 0, None
    for line, row in enumerate(grid[:_HEAD_SEARCH]):
        texts = {i: str(c.value) for i, c in enumerate(row) if not is_blank(c.value)}
        score = sum(folded(t) in known or folded(bare(t)) in known for t in texts.values())
        if score >= best and score:
            best, found = score, line
    return found if best >= min(2, len(form.columns)) else None


class _Head(NamedTuple):
    at: int
    key: str
    leaf: str
    group: str


def _heads(grid: Grid, line: int, form: Form) -> list[_Head]:
    keys = {c.key for c in form.columns}
    has_keys = sum(str(c.value) in keys for c in grid[line]) >= min(2, len(keys))
    leaf_line = line - 1 if has_keys and line else line
    width = max(len(row) for row in grid[: line + 1])
    found = []
    for index in range(width):
        key = _text(grid, line, index) if has_keys else ""
        leaf, above = _text(grid, leaf_line, index), _text(grid, leaf_line - 1, index)
        if key.startswith("#") or leaf.startswith("#") or not (key or leaf):
            continue
        found.append(_Head(index, key, leaf or key, above if above != leaf else ""))
    return found


def _text(grid: Grid, line: int, index: int) -> str:
    if line < 0 or index >= len(grid[line]):
        return ""
    value = grid[line][index].value
    return "" if is_blank(value) else str(value).strip()


def match_columns(grid: Grid, line: int, form: Form) -> list[Matched]:
    """The columns of the head at ``line`` that could be told, each column of the table at most once."""
    heads = _heads(grid, line, form)
    by_key = {c.key: c for c in form.columns}
    found: dict[int, Matched] = {}
    for head in heads:
        if head.key in by_key:
            column = by_key.pop(head.key)
            found[head.at] = Matched(column, head.at, head.leaf, BY_KEY)
    rest = [h for h in heads if h.at not in found]
    free = [c for c in form.columns if c.key in by_key]
    for matched in _by_head(rest, free, form):
        found[matched.at] = matched
    return [found[i] for i in sorted(found)]


def _by_head(heads: Sequence[_Head], free: list[PrintedColumn], form: Form) -> Iterable[Matched]:
    order = {c.key: n for n, c in enumerate(form.columns)}
    options = {h.at: _options(h, free) for h in heads}
    taken: set[str] = set()
    before: Optional[str] = None
    for head in heads:
        fitting, by = options[head.at]
        left = [c for c in fitting if c.key not in taken]
        if len(left) > 1:
            next_one = [c for c in left if before is not None and order[c.key] == order[before] + 1]
            rivals = sum([c.key for c in o[0]] == [c.key for c in fitting] for o in options.values())
            left, by = (next_one, BY_ORDER) if next_one or rivals != len(fitting) else (left[:1], BY_ORDER)
        if left:
            taken.add(left[0].key)
            before = left[0].key
            yield Matched(left[0], head.at, head.leaf, by)
        else:
            before = None


def _options(head: _Head, free: Sequence[PrintedColumn]) -> tuple[list[PrintedColumn], str]:
    """The columns that a head may be, and by what; the narrowest way that gives any."""
    if head.leaf.lower() in {c.key.lower() for c in free}:
        return [c for c in free if c.key.lower() == head.leaf.lower()], BY_KEY
    path = _path(head.group, head.leaf)
    by_path = [c for c in free if c.group and _path(c.group, c.title) == path]
    if by_path:
        return by_path, BY_HEAD
    spelt = {folded(head.leaf), folded(bare(head.leaf))}
    exact = [c for c in free if not c.group and folded(bare(c.title)) in spelt]
    if exact:
        return exact, BY_HEAD
    return [c for c in free if spelt & _names(c)], BY_ALIAS


# -- the rows --------------------------------------------------------------------


def read_sheet(grid: Grid, name: str, form: Form) -> Optional[ReadSheet]:
    """What a sheet holds for ``form``; None where it has no head of that table."""
    line = _head_line(grid, form)
    if line is None:
        return None
    columns = match_columns(grid, line, form)
    if not columns:
        return None
    marker = read_marker(grid)
    used = {m.at for m in columns}
    unknown = tuple(
        (place(line, h.at), h.leaf)
        for h in _heads(grid, line, form)
        if h.at not in used and _has_data(grid, line, h.at)
    )
    rows = tuple(_rows(grid, line, name, form, columns))
    return ReadSheet(
        name, form, marker, tuple(columns), unknown, rows, _header(grid, line, name, form, marker)
    )


def _has_data(grid: Grid, line: int, index: int) -> bool:
    return any(index < len(row) and not is_blank(row[index].value) for row in grid[line + 1 :])


def _rows(grid: Grid, line: int, name: str, form: Form, columns: Sequence[Matched]) -> Iterable[ReadRow]:
    hidden = grid[line][0].value == KEYS
    for number in range(line + 1, len(grid)):
        row = grid[number]
        cells = {m.column.key: row[m.at] if m.at < len(row) else GridCell() for m in columns}
        uuid, version = _identity(row) if hidden else ("", None)
        if uuid.startswith("#") or _is_note_or_total(row, form):
            continue
        filled = [key for key, c in cells.items() if not is_blank(c.value) or c.fault]
        if not uuid and not set(filled) - {"row_no"}:
            continue
        places = {m.column.key: place(number, m.at) for m in columns}
        yield ReadRow(name, number, uuid, version, cells, places)


def _identity(row: Sequence[GridCell]) -> tuple[str, Optional[int]]:
    uuid = str(row[0].value or "").strip() if row else ""
    version = row[1].value if len(row) > 1 else None
    whole = isinstance(version, (int, float)) and not isinstance(version, bool)
    return uuid, int(version) if whole and version is not None else None


def _is_note_or_total(row: Sequence[GridCell], form: Form) -> bool:
    # a note merged over the table's width stands in every cell of it
    texts = list(dict.fromkeys(str(c.value) for c in row if not is_blank(c.value)))
    texts = [t for t in texts if t not in (NOTE_MARK, TOTAL_MARK)]
    if not texts:
        return False
    if form.total_row and texts[0].strip() == TOTAL:
        return True
    return len(texts) == 1 and bool(_NOTE.match(texts[0]))


def _header(grid: Grid, line: int, name: str, form: Form, marker: Optional[Marker]) -> Optional[ReadRow]:
    """The header block above the head: each field's label and the cell to the right of it."""
    labels = {folded(c.title): c for c in form.header}
    cells: dict[str, GridCell] = {}
    places: dict[str, str] = {}
    for number, row in enumerate(grid[:line]):
        for index, cell in enumerate(row):
            text = str(cell.value or "")
            label, colon, inside = text.replace("：", ":").partition(":")
            column = labels.get(folded(label))
            if column is None or column.key in cells:
                continue
            own, at = (
                (GridCell(inside.strip()), index) if colon and inside.strip() else _right(row, index, labels)
            )
            cells[column.key], places[column.key] = own, place(number, at)
    if not cells:
        return None
    uuid, version = (marker.head_uuid, marker.head_version) if marker else ("", None)
    return ReadRow(name, 0, uuid, version, cells, places)


def _right(row: Sequence[GridCell], index: int, labels: Mapping[str, PrintedColumn]) -> tuple[GridCell, int]:
    """The cell right of a label, past the label's own merged cells; empty where the next label comes first."""
    own = row[index].value
    for at in range(index + 1, len(row)):
        if row[at].value == own:
            continue
        label = str(row[at].value or "").replace("：", ":").partition(":")[0]
        return (GridCell(), index + 1) if folded(label) in labels else (row[at], at)
    return GridCell(), index + 1
