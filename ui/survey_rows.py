"""The rows of a survey table as a list, read a page at a time; copied to and pasted from a spreadsheet."""

from __future__ import annotations

import unicodedata
import uuid as uuids
from typing import Any, Dict, List, Sequence

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QColor

from ..core.errors import Problem
from ..core.printing.cells import BadCell
from ..layers.store import Change, GpkgStore, Insert, Row, Update
from ..layers.store.reading import versions_by_fid
from .survey_cells import TableCells, in_words

PAGE = 60
_ROOT = QModelIndex()
_RED = "#b3261e"


class RowModel(QAbstractTableModel):
    """A table's rows; only pages that are looked at are read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cells: TableCells | None = None
        self.store: GpkgStore | None = None
        self.uuids: List[str] = []
        self._keys: List[str] = []
        self._rows: Dict[str, Row] = {}
        self._faults: Dict[str, Dict[str, str]] = {}

    def load(self, store: GpkgStore | None, cells: TableCells | None) -> None:
        """Show a table, or nothing."""
        self.beginResetModel()
        self.store, self.cells = store, cells
        self._rows, self._faults = {}, {}
        self._keys = list(cells.columns) if cells else []
        self.uuids = []
        if store is not None and cells is not None:
            self.uuids = [uuid for _, uuid, _ in versions_by_fid(store.connection, cells.table.name)]
        self.endResetModel()

    def refresh(self, uuids: Sequence[str]) -> None:
        """Read rows again that were saved; the whole list where rows came or went."""
        if self.store is None or self.cells is None:
            return
        now = [uuid for _, uuid, _ in versions_by_fid(self.store.connection, self.cells.table.name)]
        if now != self.uuids:
            self.load(self.store, self.cells)
            return
        for uuid in uuids:
            self._rows.pop(uuid, None)
            self._faults.pop(uuid, None)
            line = self.line(uuid)
            if line >= 0:
                self.dataChanged.emit(self.index(line, 0), self.index(line, len(self._keys) - 1))

    def line(self, uuid: str) -> int:
        """Where a row stands, -1 where it is not there."""
        return self.uuids.index(uuid) if uuid in self.uuids else -1

    def row(self, line: int) -> Row | None:
        """The row of a line, read with its page."""
        uuid = self.uuids[line]
        if uuid not in self._rows and self.store is not None and self.cells is not None:
            start = line - line % PAGE
            page = self.uuids[start : start + PAGE]
            self._rows.update((r.uuid, r) for r in self.store.rows(self.cells.table.name, page))
        return self._rows.get(uuid)

    def fault(self, line: int, key: str) -> str:
        """What is wrong with a cell in words, empty where nothing is."""
        row = self.row(line)
        if row is None or self.cells is None:
            return ""
        if row.uuid not in self._faults:
            found = self.cells.faults(row.values, row.uuid)
            self._faults[row.uuid] = {k: "\n".join(map(in_words, f)) for k, f in found.items()}
        return self._faults[row.uuid].get(key, "")

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
        if not index.isValid() or self.cells is None:
            return None
        key = self._keys[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            row = self.row(index.row())
            return self.cells.shown(key, row.values.get(key)) if row else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.fault(index.row(), key) or None
        if role == Qt.ItemDataRole.ForegroundRole and self.fault(index.row(), key):
            return QColor(_RED)
        return None

    # -- spreadsheets --------------------------------------------------------------
    def copied(self, lines: Sequence[int], *, with_head: bool = True) -> str:
        """Rows as a spreadsheet takes them from the clipboard: tab-separated, the head first."""
        if self.cells is None:
            return ""
        cells = self.cells
        found = [[cells.head(k) for k in self._keys]] if with_head else []
        for line in lines:
            row = self.row(line)
            if row is not None:
                found.append([cells.copied(k, row.values.get(k)) for k in self._keys])
        return "\n".join("\t".join(r) for r in found)


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


def pasted_changes(model: RowModel, pasted: str, line: int, start: str, defaults: Dict[str, Any]) -> Pasted:
    """What pasting at a line does: rows there are updated, those beyond the last one are new."""
    made = Pasted()
    cells = model.cells
    grid = grid_of(pasted)
    if cells is None or not grid:
        return made
    keys, headed = columns_of(grid[0], cells, start)
    for offset, entered in enumerate(grid[1:] if headed else grid):
        values = _read_line(cells, keys, entered, offset + 1, made.problems)
        at = line + offset
        row = model.row(at) if at < len(model.uuids) else None
        if row is not None:
            changed = {k: v for k, v in values.items() if row.values.get(k) != v}
            if changed:
                made.changes.append(Update(row.table, row.uuid, row.version, changed))
        elif any(v is not None for v in values.values()):
            made.changes.append(_new_row(cells, values, at + 1, defaults))
    return made


def _new_row(cells: TableCells, values: Dict[str, Any], number: int, defaults: Dict[str, Any]) -> Insert:
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
