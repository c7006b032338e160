"""Signing: the head of the chosen table's sheet, and the reason for which a checked one is opened again (app. A)."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Optional

from qgis.PyQt.QtCore import QCoreApplication, QObject
from qgis.PyQt.QtWidgets import QInputDialog

from ..layers.store import Update
from .survey_desk import Action, Desk
from .survey_head import CHECKED, OPEN

translate = QCoreApplication.translate

AskReason = Callable[[], Optional[str]]


class Sheets(QObject):
    """Shows and writes the heads; ``leave`` is asked before one is written, for what stands in the form."""

    def __init__(self, desk: Desk, leave: Callable[[], bool]) -> None:
        super().__init__(desk)
        self.desk = desk
        self.leave = leave
        self.ask_reason: AskReason = self._ask_reason

    def connect_head(self) -> None:
        """Listen to the head once the edition has made it."""
        self.desk.panel.head.saved.connect(self.save)
        self.desk.panel.head.unlock_wanted.connect(self.unlock)

    def show(self) -> None:
        """Show the head of the chosen table's sheet."""
        sheet, session = self.desk.sheet(), self.desk.session
        read_only = session is None or session.store.read_only
        self.desk.panel.head.show_head(sheet.values if sheet is not None else {}, read_only)
        self.desk.panel.head.setVisible(sheet is not None)
        self.desk.rights_changed.emit()

    def save(self, values: Mapping[str, Any], why: str = "") -> None:
        """Write people, date or state into the sheet's head."""
        sheet = self.desk.sheet()
        if sheet is None or self.desk.session is None or not self.leave():
            return
        change = Update("sheet", sheet.uuid, sheet.version, values)
        words = {
            CHECKED: translate("SurveyDock", "Checked and locked."),
            OPEN: translate("SurveyDock", "Unlocked; the reason is in the change log."),
        }.get(str(values.get("state")), translate("SurveyDock", "Head saved."))
        self.desk.act(
            Action(
                translate("SurveyDock", "Saving …"),
                lambda store: store.save([change], why=why),
                1,
                lambda saved: self._saved(words),
                undoable="state" not in values,  # undo would unlock without a reason
            )
        )

    def _saved(self, words: str) -> None:
        self.show()
        self.desk.say(words)

    def unlock(self) -> None:
        """Open a checked sheet again; the reason goes into the change log."""
        why = self.ask_reason()
        if why is None or not why.strip():
            self.desk.say(translate("SurveyDock", "Not unlocked: a reason is needed."))
            return
        self.save({"state": OPEN}, why.strip())

    def _ask_reason(self) -> str | None:
        why, given = QInputDialog.getText(
            self.desk.panel,
            translate("SurveyDock", "Unlock the sheet"),
            translate("SurveyDock", "Why is the checked sheet opened again?"),
        )
        return str(why) if given else None
