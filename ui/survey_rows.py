"""The rows of a survey table as a list, read a page at a time; copied to and pasted from a spreadsheet."""

from __future__ import annotations

import time
import unicodedata
import uuid as uuids
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, QTimer
from qgis.PyQt.QtGui import QColor

from ..core.errors import Problem
from ..core.printing.cells import BadCell
from ..layers.store import Change, GpkgStore, Insert, Row, Update
from ..layers.store.reading import versions_by_fid
from ..layers.store.sql import statement
from .survey_cells import TableCells, in_words

PAGE = 60
JUDGE_S = 0.01
_ROOT = QModelIndex()
_RED = "#b3261e"
_DISPLAY, _TOOL_TIP = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole)
_ROLES = frozenset({_DISPLAY, _TOOL_TIP, int(Qt.ItemDataRole.ForegroundRole)})


class Listed(NamedTuple):
    """A row as the list knows it before it is read: the version is what a deletion is checked against."""

    uuid: str
    version: int


class RowModel(QAbstractTableModel):
    """A table's rows; only pages that are looked at are read, and faults are looked for when nothing else is on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cells: TableCells | None = None
        self.store: GpkgStore | None = None
        self.uuids: List[str] = []
        self._versions: Dict[str, int] = {}
        self._lines: Dict[str, int] = {}
        self._keys: List[str] = []
        self._rows: Dict[str, Row] = {}
        self._faults: Dict[str, Dict[str, str]] = {}
        self._unjudged: Dict[str, None] = {}
        self._judging = QTimer(self)
        self._judging.setSingleShot(True)
        self._judging.timeout.connect(self._judge_some)

    def load(self, store: GpkgStore | None, cells: TableCells | None) -> None:
        """Show a table, or nothing."""
        self._show(store, cells, _listed(store, cells))

    def _show(self, store: GpkgStore | None, cells: TableCells | None, listed: Sequence[Listed]) -> None:
        self.beginResetModel()
        self.store, self.cells = store, cells
        self._rows, self._faults, self._unjudged = {}, {}, {}
        self._keys = list(cells.columns) if cells else []
        self._take(listed)
        self.endResetModel()

    def _take(self, listed: Sequence[Listed]) -> None:
        self.uuids = [row.uuid for row in listed]
        self._versions = dict(listed)
        self._lines = {uuid: line for line, uuid in enumerate(self.uuids)}

    def refresh(self, uuids: Sequence[str]) -> None:
        """Read rows again that were saved; the whole list where rows came or went."""
        listed = _listed(self.store, self.cells)
        if [row.uuid for row in listed] != self.uuids:
            self._show(self.store, self.cells, listed)
            return
        self._take(listed)
        for uuid in uuids:
            self._rows.pop(uuid, None)
            self._faults.pop(uuid, None)
        lines = [self._lines[u] for u in uuids if u in self._lines]
        if lines:
            last = len(self._keys) - 1
            self.dataChanged.emit(self.index(min(lines), 0), self.index(max(lines), last))

    def line(self, uuid: str) -> int:
        """Where a row stands, -1 where it is not there."""
        return self._lines.get(uuid, -1)

    def listed(self, lines: Sequence[int]) -> List[Listed]:
        """Rows by their lines, with the versions that the list shows."""
        return [Listed(u, self._versions[u]) for u in (self.uuids[line] for line in lines)]

    def called(self, uuid: str) -> str:
        """What a row is called, empty where it has no name."""
        row = self.row(self.line(uuid)) if self.line(uuid) >= 0 else None
        key = self.cells.name_key if self.cells is not None else None
        return str(row.values.get(key) or "") if row is not None and key else ""

    def next_number(self) -> int:
        """The row number that a new row begins with: one more than the highest."""
        if self.store is None or self.cells is None:
            return 1
        sql = statement("SELECT max(row_no) FROM {t}", t=self.cells.table.name)
        highest = self.store.connection.execute(sql).fetchone()[0]
        return max(int(highest or 0), len(self.uuids)) + 1

    def row(self, line: int) -> Row | None:
        """The row of a line, read with its page."""
        uuid = self.uuids[line]
        if uuid not in self._rows and self.store is not None and self.cells is not None:
            start = line - line % PAGE
            page = self.uuids[start : start + PAGE]
            self._rows.update((r.uuid, r) for r in self.store.rows(self.cells.table.name, page))
        return self._rows.get(uuid)

    # -- faults --------------------------------------------------------------------
    def fault(self, line: int, key: str) -> str:
        """What is wrong with a cell in words, empty where nothing is or nobody has looked yet."""
        uuid = self.uuids[line]
        if uuid not in self._faults:
            self._unjudged[uuid] = None
            if not self._judging.isActive():
                self._judging.start(0)
            return ""
        return self._faults[uuid].get(key, "")

    def _judge_some(self) -> None:
        """Judge rows that were looked at, for a few milliseconds."""
        end = time.perf_counter() + JUDGE_S
        while self._unjudged and time.perf_counter() < end:
            uuid = next(reversed(self._unjudged))  # what was looked at last is what is seen now
            del self._unjudged[uuid]
            self._judge(uuid)
        if self._unjudged:
            self._judging.start(0)

    def _judge(self, uuid: str) -> None:
        line = self.line(uuid)
        row = self.row(line) if line >= 0 else None
        if row is None or self.cells is None:
            return
        found = self.cells.faults(row.values, uuid)
        self._faults[uuid] = {k: "\n".join(map(in_words, f)) for k, f in found.items()}
        if found:
            self.dataChanged.emit(self.index(line, 0), self.index(line, len(self._keys) - 1))

    # -- Qt ----------------------------------------------------------------------
    def rowCount(self, parent: QModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.uuids)

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._keys)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return section + 1
        return self.cells.head(self._keys[section]) if self.cells else None

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        if role not in _ROLES or self.cells is None or not index.isValid():  # asked a dozen times a cell
            return None
        line, key = index.row(), self._keys[index.column()]
        if role == _DISPLAY:
            row = self.row(line)
            return self.cells.shown(key, row.values.get(key)) if row else None
        fault = self.fault(line, key)
        if not fault:
            return None
        return fault if role == _TOOL_TIP else QColor(_RED)


def _listed(store: GpkgStore | None, cells: TableCells | None) -> List[Listed]:
    if store is None or cells is None:
        return []
    return [Listed(u, v) for _, u, v in versions_by_fid(store.connection, cells.table.name)]


def copied(cells: TableCells, rows: Sequence[Row]) -> str:
    """Rows as a spreadsheet takes them from the clipboard: tab-separated, the head first."""
    keys = list(cells.columns)
    found = [[cells.head(k) for k in keys]]
    found += [[cells.copied(k, row.values.get(k)) for k in keys] for row in rows]
    return "\n".join("\t".join(r) for r in found)


def in_order(rows: Sequence[Row], uuids: Sequence[str]) -> List[Row]:
    """Rows in the order of their uuids; those that are gone are left out."""
    known = {row.uuid: row for row in rows}
    return [known[u] for u in uuids if u in known]


def grid_of(pasted: str) -> List[List[str]]:
    """The cells of tab-separated text; a final line end is no row."""
    lines = pasted.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    return [line.split("\t") for line in lines if line.strip()]


def columns_of(first: Sequence[str], cells: TableCells, start: str) -> tuple[List[str | None], bool]:
    """Which column each pasted cell belongs to, and whether the first line is a head.

    A head is known by its printed heads, titles or keys (two of them, or all); without one the
    columns follow each other from ``start`` on.
    """
    known: Dict[str, List[str]] = {}
    for key, column in cells.printed.items():
        own = cells.columns[key]
        names = {key, column.head, column.title, own.zh, own.en, cells.head(key), *column.names}
        for name in {_folded(n) for n in names if n}:
            known.setdefault(name, []).append(key)
    matched: List[str | None] = []
    for cell in first:  # columns of one name (类型) are taken in their order
        fitting = [k for k in known.get(_folded(cell), []) if k not in matched]
        matched.append(fitting[0] if fitting else None)
    hits = sum(m is not None for m in matched)
    if hits >= min(2, len(first)):
        return matched, True
    keys = list(cells.columns)
    after: List[str | None] = list(keys[keys.index(start) :])
    return (after + [None] * len(first))[: len(first)], False


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).lower()


class Pasted:
    """Pasted rows as changes of the store, with every cell that could not be read."""

    def __init__(self) -> None:
        self.changes: List[Change] = []
        self.problems: List[Problem] = []


class Target(NamedTuple):
    """Where rows are pasted: the cells of the table, uuids of its rows, the line and column to begin with."""

    cells: TableCells
    uuids: Sequence[str]
    line: int
    start: str
    first_number: int
    defaults: Mapping[str, Any]


def pasted_changes(store: GpkgStore, pasted: str, target: Target) -> Pasted:
    """What pasting does: rows that are there are updated, those beyond the last one are new."""
    made = Pasted()
    cells, grid = target.cells, grid_of(pasted)
    if not grid:
        return made
    keys, headed = columns_of(grid[0], cells, target.start)
    entered = grid[1:] if headed else grid
    there = target.uuids[target.line : target.line + len(entered)]
    rows = {row.uuid: row for row in store.rows(cells.table.name, there)}
    new = 0
    for offset, line in enumerate(entered):
        values = _read_line(cells, keys, line, offset + 1, made.problems)
        row = rows.get(there[offset]) if offset < len(there) else None
        if row is not None:
            changed = {k: v for k, v in values.items() if row.values.get(k) != v}
            if changed:
                made.changes.append(Update(row.table, row.uuid, row.version, changed))
        elif any(v is not None for v in values.values()):
            made.changes.append(_new_row(cells, values, target.first_number + new, target.defaults))
            new += 1
    return made


def _new_row(cells: TableCells, values: Dict[str, Any], number: int, defaults: Mapping[str, Any]) -> Insert:
    first = {"row_no": number} if "row_no" in cells.columns and values.get("row_no") is None else {}
    return Insert(cells.table.name, {**defaults, **values, **first}, uuid=str(uuids.uuid4()))


def _read_line(
    cells: TableCells,
    keys: Sequence[str | None],
    entered: Sequence[str],
    number: int,
    problems: List[Problem],
) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for key, cell in zip(keys, entered):
        if key is None:
            continue
        try:
            found[key] = cells.read(key, cell.strip())
        except BadCell as bad:
            facts = {"sheet": cells.table.id, "cell": number, "column": cells.head(key), **bad.facts}
            problems.append(Problem(bad.code, facts))
    return found
