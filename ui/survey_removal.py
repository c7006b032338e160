"""Rows deleted: asked first, with their photos and computed values, as one action that can be taken back."""

from __future__ import annotations

from typing import Callable, Optional, Sequence

from qgis.PyQt.QtCore import QCoreApplication, QObject
from qgis.PyQt.QtWidgets import QMessageBox

from ..layers.store import Change, Delete, GpkgStore, Saved
from .survey_desk import Action, Desk
from .survey_records import Records
from .survey_rows import Listed

translate = QCoreApplication.translate

Confirm = Callable[[str], bool]
DEPENDENT = ("photos", "provenance")
"""Tables whose rows belong to a row of a survey table, by ``table_name`` and ``row_uuid``."""


class RowRemoval(QObject):
    """Deletes the rows selected in the list."""

    def __init__(self, desk: Desk, records: Records) -> None:
        super().__init__(desk)
        self.desk = desk
        self.records = records
        self.confirm: Confirm = self._ask

    def delete(self) -> None:
        """Delete the selected rows, once that is confirmed."""
        desk, panel = self.desk, self.desk.panel
        lines = panel.selected_lines()
        if desk.session is None or desk.cells is None or desk.locked or desk.busy:
            return
        if not lines:
            desk.say(translate("SurveyDock", "Select the rows to delete in the list first."))
            return
        table, rows = desk.cells.table.name, panel.model.listed(lines)
        if not self.confirm(self._question(rows)):
            return
        self.records.drafts.forget()
        self.records.show_nothing()
        title = translate("SurveyDock", "Deleting {} rows …").format(len(rows))
        desk.act(Action(title, lambda store: delete_rows(store, table, rows), len(rows), self._deleted))

    def _question(self, rows: Sequence[Listed]) -> str:
        named = [self.desk.panel.model.called(row.uuid) for row in rows[:6]]
        names = ", ".join(n for n in named if n) + (" …" if len(rows) > len(named) else "")
        asked = translate("SurveyDock", "Delete {count} rows of {table} ({names})?")
        told = translate(
            "SurveyDock", "Their photos go with them, features on the map stay; Undo brings all back."
        )
        words = f"{asked}\n{told}"
        table = self.desk.cells.table.id if self.desk.cells is not None else ""
        return words.format(count=len(rows), table=table, names=names or "–")

    def _ask(self, question: str) -> bool:
        buttons = QMessageBox.StandardButton
        asked = QMessageBox.question(
            self.desk.panel,
            translate("SurveyDock", "Delete rows"),
            question,
            buttons.Yes | buttons.Cancel,
            buttons.Cancel,
        )
        return bool(asked == buttons.Yes)

    def _deleted(self, saved: Optional[Saved]) -> None:
        count = sum(key.table not in DEPENDENT for key in saved.rows) if saved is not None else 0
        self.desk.say(translate("SurveyDock", "{} rows deleted; Undo brings them back.").format(count))


def delete_rows(store: GpkgStore, table: str, rows: Sequence[Listed]) -> Saved:
    """Delete rows with what depends on them, as one action. Raises what the store raises."""
    doomed = {row.uuid for row in rows}
    changes: list[Change] = [Delete(table, row.uuid, row.version) for row in rows]
    for name in DEPENDENT:
        where = {"table_name": table} if name == "provenance" else {}  # QField names only the row of a photo
        changes += [
            Delete(name, row.uuid, row.version)
            for row in store.rows(name, where=where)
            if row.values["row_uuid"] in doomed
        ]
    return store.save(changes, why="delete")
