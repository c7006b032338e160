"""A save against a row that has changed since: both values shown, one chosen field by field."""

from __future__ import annotations

from typing import Any, Dict

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..layers.store import Conflict
from .survey_cells import TableCells

translate = QCoreApplication.translate


def differing(conflict: Conflict) -> list[str]:
    """Fields whose two values are not the same."""
    theirs = conflict.theirs or {}
    return [k for k, v in conflict.ours.items() if theirs.get(k) != v]


class ConflictDialog(QDialog):
    """Both values of a row that somebody else changed or deleted."""

    def __init__(self, conflict: Conflict, cells: TableCells, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("survey_conflict")
        self.setWindowTitle(translate("SurveyDock", "Changed by someone else"))
        self.conflict = conflict
        self.names = differing(conflict)
        gone = conflict.theirs is None
        words = (
            translate("SurveyDock", "Deleted by {} at {}. Enter it again with your values?")
            if gone
            else translate("SurveyDock", "Changed by {} at {} since you opened it. Choose which value stays.")
        )
        self.told = QLabel(words.format(conflict.who or "?", conflict.at or "?"))
        self.told.setWordWrap(True)
        self.table = QTableWidget(len(self.names), 4)
        self.table.setObjectName("survey_conflict_values")
        self.table.setHorizontalHeaderLabels(
            [
                translate("SurveyDock", "Field"),
                translate("SurveyDock", "In the survey"),
                translate("SurveyDock", "Entered here"),
                translate("SurveyDock", "Keep"),
            ]
        )
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        for line, name in enumerate(self.names):
            self._fill(line, name, cells)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.told, self.table, buttons):
            column.addWidget(widget)
        self.resize(620, 300)

    def _fill(self, line: int, name: str, cells: TableCells) -> None:
        theirs = self.conflict.theirs or {}
        known = name in cells.columns
        shown = [
            cells.shown(name, v) if known else str(v or "")
            for v in (theirs.get(name), self.conflict.ours[name])
        ]
        for at, words in enumerate((cells.head(name) if known else name, *shown)):
            self.table.setItem(line, at, QTableWidgetItem(words))
        box = QComboBox()
        box.addItems([translate("SurveyDock", "mine"), translate("SurveyDock", "theirs")])
        self.table.setCellWidget(line, 3, box)

    def kept(self) -> Dict[str, Any]:
        """Our values that are to stay."""
        found = {}
        for line, name in enumerate(self.names):
            box = self.table.cellWidget(line, 3)
            if isinstance(box, QComboBox) and box.currentIndex() == 0:
                found[name] = self.conflict.ours[name]
        return found


def ask_conflict(
    conflict: Conflict, cells: TableCells, parent: QWidget | None = None
) -> Dict[str, Any] | None:
    """Our values that are to stay; None where the user wants neither yet."""
    dialog = ConflictDialog(conflict, cells, parent)
    return dialog.kept() if dialog.exec() == QDialog.DialogCode.Accepted else None
