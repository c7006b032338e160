"""What a filled spreadsheet changes in the survey: told cell by cell before anything is written.

A cell counts as changed only where it differs from what was printed there when the file was made, so
that a file that nobody touched changes nothing, whatever a spreadsheet does to numbers. Where the
survey was changed since as well, it is a conflict and the survey's value stays. Rows are known by their
hidden uuid, else by what names them; rows that the file lacks are listed and never deleted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Optional, Sequence

from ..errors import Problem
from .cells import BadCell, from_cell, is_blank, same_cell, same_value, to_cell, to_text
from .heads import PrintedColumn
from .matching import GridCell, ReadRow, ReadSheet
from .sheets import Form, StoredRow

CHANGED, CLEARED, NEW, CONFLICT = "changed", "cleared", "new", "conflict"
MISSING, GONE, BAD = "missing", "gone", "bad"
KINDS = (CHANGED, CLEARED, NEW, CONFLICT, MISSING, GONE, BAD)
HEADER_TABLE = "sheet"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Earlier = Callable[[str, str, int], Optional[Mapping[str, Any]]]
"""(table, uuid, version) -> the row's values in that version, None where that cannot be told."""


class Difference(NamedTuple):
    """One cell that differs, or one row that is new, missing or gone; ``fault`` is why a cell is bad."""

    table: str
    row_uuid: str
    field: str
    title: str
    kind: str
    old: str
    new: str
    sheet: str
    cell: str
    fault: Optional[Problem] = None


class RowChange(NamedTuple):
    """What to write: new values of a row, or a new row where ``uuid`` is empty."""

    table: str
    uuid: str
    version: int
    values: Mapping[str, Any]


@dataclass
class Comparison:
    """Differences in order, what to write, and how many rows stood beside somebody else's uuid."""

    differences: list[Difference] = field(default_factory=list)
    changes: list[RowChange] = field(default_factory=list)
    moved_rows: int = 0

    def count(self, *kinds: str) -> int:
        """How many differences are of these kinds."""
        return sum(d.kind in kinds for d in self.differences)

    def rows(self, kind: str) -> int:
        """How many rows have a difference of this kind; new ones are told apart by their line in the file."""
        found = [d for d in self.differences if d.kind == kind]
        return len(
            {(d.table, d.row_uuid, d.sheet, "" if d.row_uuid else d.cell.lstrip(_LETTERS)) for d in found}
        )

    def faults(self) -> list[Problem]:
        """What is wrong with cells."""
        return [d.fault for d in self.differences if d.fault is not None]


class _Pair(NamedTuple):
    read: ReadRow
    stored: Optional[StoredRow]
    gone: bool = False
    trusted: bool = True


def compare(
    sheets: Sequence[ReadSheet], stored: Sequence[StoredRow], earlier: Earlier, store_id: str
) -> Comparison:
    """The differences of one table's sheets (one form) against its rows in the survey."""
    found = Comparison()
    form = sheets[0].form
    own = [_own_rows(sheet, store_id) for sheet in sheets]
    matcher = _Matcher(form, stored)
    pairs = matcher.pair([row for rows in own for row in rows], one_sheet=len(sheets) == 1)
    found.moved_rows = matcher.moved
    heads = {sheet.name: sheet.marker.head_uuid for sheet in sheets if sheet.marker is not None}
    for pair in pairs:
        _compare_row(form.table, form.columns, pair, earlier, found, heads.get(pair.read.sheet, ""))
    _missing(form, stored, pairs, sheets, found)
    return found


def compare_header(
    sheet: ReadSheet, heads: Sequence[StoredRow], earlier: Earlier, store_id: str
) -> Comparison:
    """The differences of a sheet's header block against its row of the table ``sheet``."""
    found = Comparison()
    if sheet.head is None or not heads:
        return found
    ours = sheet.marker is not None and sheet.marker.store_id == store_id
    head = next((h for h in heads if ours and h.uuid == sheet.head.uuid), None)
    if head is None and len(heads) > 1:
        return found
    read = sheet.head if ours else _nameless(sheet.head)
    pair = _Pair(read, head or heads[0], trusted=head is not None)
    _compare_row(HEADER_TABLE, sheet.form.header, pair, earlier, found, "")
    return found


def _own_rows(sheet: ReadSheet, store_id: str) -> list[ReadRow]:
    """The rows; those of another survey without the identity they had there."""
    if sheet.marker is None or sheet.marker.store_id == store_id:
        return list(sheet.rows)
    return [_nameless(row) for row in sheet.rows]


def _nameless(row: ReadRow) -> ReadRow:
    return ReadRow(row.sheet, row.line, "", None, row.cells, row.places)


# -- which row -------------------------------------------------------------------


class _Matcher:
    """Pairs rows of the file with rows of the survey."""

    def __init__(self, form: Form, stored: Sequence[StoredRow]) -> None:
        self.form = form
        self.stored = {row.uuid: row for row in stored}
        self.moved = 0
        named = [c for c in form.columns if c.kind == "enum"][:1] + [
            c for c in form.columns if c.kind == "text"
        ][:1]
        numbered = [c for c in form.columns if c.key == "row_no"]
        text = [c for c in named if c.kind == "text"]
        self.name = text
        # from the strictest key to the loosest that still names a row
        self.keys = [k for k in ([*numbered, *named], named, text) if k]

    def pair(self, rows: Sequence[ReadRow], *, one_sheet: bool) -> list[_Pair]:
        """Every row of the file with its row of the survey, in the file's order."""
        found: dict[int, _Pair] = {}
        by_uuid: dict[str, list[int]] = {}
        for number, row in enumerate(rows):
            if row.uuid:
                by_uuid.setdefault(row.uuid, []).append(number)
        for uuid, numbers in by_uuid.items():
            if uuid not in self.stored:
                found.update((n, _Pair(rows[n], None, gone=True)) for n in numbers)
                continue
            # a row copied in the spreadsheet takes its hidden uuid along: the one nearest to the survey keeps it
            best = min(numbers, key=lambda n: (self._unlike(rows[n], self.stored[uuid]), n))
            found[best] = _Pair(rows[best], self.stored[uuid])
        self._put_back_moved(found)
        rest = [n for n in range(len(rows)) if n not in found]
        self._by_keys(rows, rest, found)
        if self.form.one_row and one_sheet and len(rows) == 1 and 0 not in found and len(self.stored) == 1:
            found[0] = _Pair(rows[0], next(iter(self.stored.values())), trusted=False)
        return [found.get(n) or _Pair(row, None) for n, row in enumerate(rows)]

    def _unlike(self, read: ReadRow, row: StoredRow) -> int:
        return sum(
            not same_cell(cell.value, to_cell(c, row.values.get(c.key)))
            for c in self.form.columns
            for cell in (read.cells.get(c.key),)
            if cell is not None
        )

    def _put_back_moved(self, found: dict[int, _Pair]) -> None:
        """Rows sorted without their hidden columns stand beside another row's uuid: their name decides."""
        names = Counter(self._stored_key(r, self.name) for r in self.stored.values())
        owner = {self._stored_key(r, self.name): r for r in self.stored.values()}
        moved: dict[int, StoredRow] = {}
        for number, pair in found.items():
            if pair.stored is None or not self.name:
                continue
            name, own = self._read_key(pair.read, self.name), self._stored_key(pair.stored, self.name)
            if name is not None and name != own and names.get(name) == 1:
                moved[number] = owner[name]
        moved = _settled(moved, found)
        if len(moved) < 2:  # one alone is a row that was given another's name
            return
        self.moved = len(moved)
        for number, stored in moved.items():
            found[number] = _Pair(found[number].read, stored, trusted=False)

    def _by_keys(self, rows: Sequence[ReadRow], rest: list[int], found: dict[int, _Pair]) -> None:
        for key in self.keys:
            taken = {pair.stored.uuid for pair in found.values() if pair.stored is not None}
            free = [r for r in self.stored.values() if r.uuid not in taken]
            theirs = _unique((self._stored_key(r, key), r) for r in free)
            ours = _unique((self._read_key(rows[n], key), n) for n in rest if n not in found)
            for name, number in ours.items():
                if name in theirs:
                    found[number] = _Pair(rows[number], theirs[name], trusted=False)

    def _stored_key(self, row: StoredRow, key: Sequence[PrintedColumn]) -> Optional[tuple[str, ...]]:
        return _key(to_text(c, row.values.get(c.key)) for c in key)

    def _read_key(self, row: ReadRow, key: Sequence[PrintedColumn]) -> Optional[tuple[str, ...]]:
        texts = []
        for column in key:
            cell = row.cells.get(column.key)
            if cell is None:
                return None
            try:
                texts.append(to_text(column, from_cell(column, cell.said(column.kind))))
            except BadCell:
                return None
        return _key(texts)


def _settled(moved: dict[int, StoredRow], found: Mapping[int, _Pair]) -> dict[int, StoredRow]:
    """Those of ``moved`` whose target nobody else holds or claims."""
    while True:
        claims = Counter(row.uuid for row in moved.values())
        held = {p.stored.uuid for n, p in found.items() if n not in moved and p.stored is not None}
        kept = {n: r for n, r in moved.items() if claims[r.uuid] == 1 and r.uuid not in held}
        if len(kept) == len(moved):
            return kept
        moved = kept


def _key(texts: Iterable[str]) -> Optional[tuple[str, ...]]:
    found = tuple(texts)
    return found if any(found) else None


def _unique(items: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    listed = list(items)
    counts = Counter(key for key, _ in listed)
    return {key: value for key, value in listed if key is not None and counts[key] == 1}


# -- what differs ----------------------------------------------------------------


def _compare_row(
    table: str,
    columns: Sequence[PrintedColumn],
    pair: _Pair,
    earlier: Earlier,
    found: Comparison,
    head_uuid: str,
) -> None:
    read, stored = pair.read, pair.stored
    if pair.gone:
        first = next(iter(read.places.values()), "")
        found.differences.append(Difference(table, read.uuid, "", "", GONE, "", "", read.sheet, first))
        return
    base = _base(table, pair, earlier)
    values: dict[str, Any] = {}
    for column in columns:
        cell = read.cells.get(column.key)
        if cell is None:
            continue
        difference, value = _compare_cell(table, column, cell, pair, base)
        if difference is not None:
            found.differences.append(difference)
            if difference.kind in (CHANGED, CLEARED, NEW):
                values[column.key] = value
    if not values:
        return
    if stored is None and head_uuid:
        values["sheet_uuid"] = head_uuid
    found.changes.append(
        RowChange(table, stored.uuid if stored else "", stored.version if stored else 0, values)
    )


def _base(table: str, pair: _Pair, earlier: Earlier) -> Optional[Mapping[str, Any]]:
    """The row as it was when the file was made; None where that is not known."""
    if pair.stored is None or not pair.trusted or pair.read.version is None:
        return None
    if pair.read.version == pair.stored.version:
        return pair.stored.values
    return earlier(table, pair.stored.uuid, pair.read.version)


def _compare_cell(
    table: str,
    column: PrintedColumn,
    cell: GridCell,
    pair: _Pair,
    base: Optional[Mapping[str, Any]],
) -> tuple[Optional[Difference], Any]:
    now = pair.stored.values.get(column.key) if pair.stored else None
    then = base.get(column.key) if base is not None else now
    percent = cell.percent and column.full_unit == "%"
    if not cell.fault and not percent and same_cell(cell.value, to_cell(column, then)):
        return None, None
    if not cell.fault and is_blank(cell.value) and base is None:
        return None, None  # nothing was written there; that is no wish to empty it
    where = {"sheet": pair.read.sheet, "cell": pair.read.places.get(column.key, "")}
    old = to_text(column, now)

    def difference(kind: str, new: str, fault: Optional[Problem] = None) -> Difference:
        uuid = pair.stored.uuid if pair.stored else ""
        return Difference(table, uuid, column.key, column.title, kind, old, new, fault=fault, **where)

    try:
        value = _value(column, cell)
    except BadCell as bad:
        facts = {**bad.facts, **where, "column": column.title}
        return difference(BAD, str(cell.value or ""), Problem(bad.code, facts)), None
    if same_value(column, value, now) or (not percent and same_cell(cell.value, to_cell(column, now))):
        return None, None
    if base is not None and not same_value(column, then, now):
        return difference(CONFLICT, to_text(column, value)), None
    kind = NEW if pair.stored is None else CLEARED if value is None else CHANGED
    return difference(kind, to_text(column, value)), value


def _value(column: PrintedColumn, cell: GridCell) -> Any:
    if cell.fault:
        raise BadCell(cell.fault, value=str(cell.value or ""))
    return from_cell(column, cell.said(column.kind), percent=cell.percent)


def _missing(
    form: Form,
    stored: Sequence[StoredRow],
    pairs: Sequence[_Pair],
    sheets: Sequence[ReadSheet],
    found: Comparison,
) -> None:
    """Rows that the sheets in the file should hold and do not; listed, never deleted."""
    there = {pair.stored.uuid for pair in pairs if pair.stored is not None}
    known = {s.marker.head_uuid for s in sheets if s.marker is not None}
    names = [c for c in form.columns if c.kind in ("text", "enum")][:1]
    for row in stored:
        head = str(row.values.get("sheet_uuid") or "")
        if row.uuid in there or (known and head and head not in known):
            continue
        old = "".join(to_text(c, row.values.get(c.key)) for c in names)
        found.differences.append(
            Difference(form.table, row.uuid, "", "", MISSING, old, "", sheets[0].name, "")
        )
