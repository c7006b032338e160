"""Rows of the chosen table to and from a spreadsheet, by the clipboard."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QObject

from .survey_desk import Desk
from .survey_records import Records
from .survey_rows import pasted_changes

translate = QCoreApplication.translate


class RowClipboard(QObject):
    """Copies and pastes rows of the list."""

    def __init__(self, desk: Desk, records: Records) -> None:
        super().__init__(desk)
        self.desk = desk
        self.records = records

    def copy(self) -> None:
        """The selected rows, or all, to the clipboard."""
        panel = self.desk.panel
        lines = sorted({i.row() for i in panel.rows.selectionModel().selectedRows()})
        chosen = lines if len(lines) > 1 else range(len(panel.model.uuids))
        QgsApplication.clipboard().setText(panel.model.copied(chosen))
        self.desk.say(translate("SurveyDock", "{} rows copied.").format(len(chosen)))

    def paste_clipboard(self) -> None:
        """Paste what the clipboard holds."""
        self.paste(QgsApplication.clipboard().text())

    def paste(self, pasted: str) -> None:
        """Rows of a spreadsheet from the current row on, as one action; nothing where a cell cannot be read."""
        desk, panel, cells = self.desk, self.desk.panel, self.desk.cells
        if cells is None or desk.session is None or desk.locked or not pasted.strip():
            return
        if not self.records.leave():
            return
        current = panel.rows.currentIndex()
        line = current.row() if current.isValid() else len(panel.model.uuids)
        keys = list(cells.columns)
        start = keys[current.column()] if current.isValid() else keys[0]
        made = pasted_changes(panel.model, pasted, line, start, {"sheet_uuid": desk.sheet_uuid})
        if made.problems:
            desk.say("\n".join(p.text() for p in made.problems))
            return
        if not made.changes:
            desk.say(translate("SurveyDock", "Nothing to paste: the rows are the same already."))
            return
        saved = desk.attempt(lambda: desk.save(made.changes, "paste"))
        if saved is not None:
            self.records.show_nothing()
            self.records.show_row(saved.rows[0].uuid)
            desk.say(translate("SurveyDock", "{} rows pasted.").format(len(made.changes)))
