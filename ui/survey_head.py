"""The head of a sheet: 调查人, 记录人, 校核人, 日期, its state, and the lock of what was checked (appendix A)."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from qgis.PyQt.QtCore import QCoreApplication, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from ..core.printing.cells import BadCell, from_cell
from ..core.printing.heads import sheet_columns
from ..core.standard import Edition, text
from ..layers.schema import code_lists
from .survey_cells import HEAD

translate = QCoreApplication.translate

OPEN, FILLED, CHECKED = "open", "filled", "checked"


def state_label(state: str, edition: Edition) -> str:
    """A sheet's state for people."""
    item = next((i for i in code_lists(edition)["sheet_state"] if i.code == state), None)
    return state if item is None else text(item)


class SheetHead(QWidget):
    """Who surveyed, recorded and checked, and when; ``saved`` carries what to write into the head."""

    saved = pyqtSignal(dict)
    unlock_wanted = pyqtSignal()

    def __init__(self, edition: Edition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edition = edition
        self._printed = {c.key: c for c in sheet_columns(edition)}
        self.fields: Dict[str, QLineEdit] = {}
        self._before: Mapping[str, Any] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        columns = {c.key: c for c in edition.sheet.columns}
        for at, key in enumerate(HEAD):
            line = QLineEdit()
            line.setObjectName(f"survey_head_{key}")
            line.textChanged.connect(self._judge)
            self.fields[key] = line
            grid.addWidget(QLabel(text(columns[key])), at // 2, at % 2 * 2)
            grid.addWidget(line, at // 2, at % 2 * 2 + 1)
        self.fields["survey_date"].setPlaceholderText("2026-01-31")
        self.state = QLabel()
        self.state.setObjectName("survey_state")
        self.fault = QLabel()
        self.fault.setObjectName("survey_head_fault")
        self.fault.setStyleSheet("color:#b3261e")
        self.fault.setWordWrap(True)
        self.keep = self._button(
            "survey_head_save", translate("SurveyDock", "Save head"), lambda: self._emit({})
        )
        self.fill = self._button(
            "survey_filled", translate("SurveyDock", "Filled"), lambda: self._emit({"state": FILLED})
        )
        self.check = self._button("survey_check", translate("SurveyDock", "Check and lock"), self._sign)
        self.unlock = self._button(
            "survey_unlock", translate("SurveyDock", "Unlock …"), self.unlock_wanted.emit
        )
        grid.addWidget(self.state, 2, 0)
        for at, button in enumerate((self.keep, self.fill, self.check)):
            grid.addWidget(button, 2, at + 1)
        grid.addWidget(self.unlock, 2, 1)
        grid.addWidget(self.fault, 3, 0, 1, 4)

    def _button(self, name: str, label: str, slot: Any) -> QPushButton:
        button = QPushButton(label)
        button.setObjectName(name)
        button.clicked.connect(lambda _: slot())
        return button

    def show_head(self, values: Mapping[str, Any], read_only: bool) -> None:
        """Show a sheet's head."""
        self._before = values
        locked = self.locked
        self.state.setText(state_label(str(values.get("state") or OPEN), self.edition))
        for key, line in self.fields.items():
            line.setText(str(values.get(key) or ""))
            line.setReadOnly(locked or read_only)
        for button in (self.keep, self.fill, self.check):
            button.setVisible(not locked)
            button.setEnabled(not read_only)
        self.unlock.setVisible(locked)
        self.unlock.setEnabled(not read_only)
        self._judge()

    @property
    def locked(self) -> bool:
        """Whether the sheet is checked, so that its rows are locked."""
        return self._before.get("state") == CHECKED

    def entered(self) -> Dict[str, Any]:
        """The head as entered. Raises BadCell for a date that is none."""
        return {k: from_cell(self._printed[k], line.text().strip()) for k, line in self.fields.items()}

    def faults(self) -> str:
        """What speaks against the head, in words."""
        try:
            now = self.entered()
        except BadCell:
            return translate("SurveyDock", "The date cannot be read; write 2026-01-31.")
        if now["checker"] and _plain(now["checker"]) == _plain(now["surveyor"]):
            return translate("SurveyDock", "The checker must be someone else than the surveyor.")
        return ""

    def _judge(self) -> None:
        self.fault.setText(self.faults())
        self.fault.setVisible(bool(self.fault.text()))

    def _sign(self) -> None:
        if not self.fields["checker"].text().strip() or not self.fields["surveyor"].text().strip():
            self.fault.setText(
                translate("SurveyDock", "Enter surveyor and checker before the sheet is checked and locked.")
            )
            self.fault.setVisible(True)
            return
        self._emit({"state": CHECKED})

    def _emit(self, more: Dict[str, Any]) -> None:
        if self.faults():
            return
        values = {**self.entered(), **more}
        changed = {k: v for k, v in values.items() if v != self._before.get(k)}
        if changed:
            self.saved.emit(changed)


def _plain(name: Any) -> str:
    return "".join(str(name or "").split())
