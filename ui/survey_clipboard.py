"""Rows of the chosen table to and from a spreadsheet, by the clipboard."""

from __future__ import annotations

from typing import Optional, Sequence

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QCoreApplication, QObject

from ..core.errors import InputError
from ..layers.store import BesideStore, GpkgStore, Saved, Seat, seat_of
from .survey_cells import TableCells
from .survey_desk import DIRECT_ROWS, Action, Desk
from .survey_records import Records
from .survey_rows import Target, copied, in_order, pasted_changes

translate = QCoreApplication.translate


class RowClipboard(QObject):
    """Copies and pastes rows of the list."""

    def __init__(self, desk: Desk, records: Records) -> None:
        super().__init__(desk)
        self.desk = desk
        self.records = records

    # -- copying -----------------------------------------------------------------
    def copy(self) -> None:
        """The selected rows, or all, to the clipboard."""
        desk, panel = self.desk, self.desk.panel
        if desk.session is None or desk.cells is None:
            return
        lines = panel.selected_lines()
        chosen = lines if len(lines) > 1 else range(len(panel.model.uuids))
        uuids = [panel.model.uuids[line] for line in chosen]
        if len(uuids) <= DIRECT_ROWS:
            self._copied(_copied(desk.session.store, desk.cells, uuids), len(uuids))
            return
        desk.run(
            "copy", translate("SurveyDock", "Copying rows"), _copied_apart,
            lambda words: self._copied(words, len(uuids)),
            seat=seat_of(desk.session.store), cells=desk.cells, uuids=uuids,
        )  # fmt: skip

    def _copied(self, words: str, count: int) -> None:
        QgsApplication.clipboard().setText(words)
        self.desk.say(translate("SurveyDock", "{} rows copied.").format(count))

    # -- pasting -----------------------------------------------------------------
    def paste_clipboard(self) -> None:
        """Paste what the clipboard holds."""
        self.paste(QgsApplication.clipboard().text())

    def paste(self, pasted: str) -> None:
        """Rows of a spreadsheet from the current row on, as one action; nothing where a cell cannot be read."""
        desk, cells = self.desk, self.desk.cells
        if cells is None or desk.session is None or desk.locked or not pasted.strip():
            return
        if not self.records.leave():
            return
        target = self._target(cells)
        size = pasted.count("\n") + 1
        title = translate("SurveyDock", "Pasting rows …")
        desk.act(Action(title, lambda store: _paste(store, pasted, target), size, self._pasted))

    def _target(self, cells: TableCells) -> Target:
        model = self.desk.panel.model
        current = self.desk.panel.rows.currentIndex()
        line = current.row() if current.isValid() else len(model.uuids)
        start = list(cells.columns)[current.column() if current.isValid() else 0]
        number = model.next_number() if "row_no" in cells.columns else 1
        return Target(cells, tuple(model.uuids), line, start, number, self.desk.defaults)

    def _pasted(self, saved: Optional[Saved]) -> None:
        if saved is None:
            self.desk.say(translate("SurveyDock", "Nothing to paste: the rows are the same already."))
            return
        self.records.show_nothing()
        self.records.show_row(saved.rows[0].uuid)
        self.desk.say(translate("SurveyDock", "{} rows pasted.").format(len(saved.rows)))


def _paste(store: GpkgStore, pasted: str, target: Target) -> Optional[Saved]:
    """Save what was pasted. Raises InputError with every cell that could not be read."""
    made = pasted_changes(store, pasted, target)
    if made.problems:
        raise InputError(problems=made.problems)
    return store.save(made.changes, why="paste") if made.changes else None


def _copied(store: GpkgStore, cells: TableCells, uuids: Sequence[str]) -> str:
    return copied(cells, in_order(store.rows(cells.table.name, uuids), uuids))


def _copied_apart(task: QgsTask, seat: Seat, cells: TableCells, uuids: Sequence[str]) -> str:
    with BesideStore(seat) as store:
        return _copied(store, cells, uuids)
