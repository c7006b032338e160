"""Drafts of the record in the form: on disk from the first keystroke, offered again after a crash (ch. 4)."""

from __future__ import annotations

import uuid as uuids
from typing import Callable, List, Optional

from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal

from ..layers.store import Change, Draft, Insert, Saved, Update
from .survey_desk import Action, Desk

translate = QCoreApplication.translate

DRAFT_MS = 300


class RecordDrafts(QObject):
    """Keeps what ``pending`` gives; ``taken`` carries a draft whose record goes back into its form."""

    taken = pyqtSignal(object)

    def __init__(self, desk: Desk, pending: Callable[[], Optional[Change]]) -> None:
        super().__init__(desk)
        self.desk = desk
        self.pending = pending
        self.id = ""
        self._kept: Optional[Change] = None
        self._left: List[Draft] = []
        self._timer = desk.timer(DRAFT_MS, self.keep)
        desk.panel.take_button.clicked.connect(lambda _: self.take())
        desk.panel.drop_button.clicked.connect(lambda _: self.drop())

    def keep_soon(self) -> None:
        """Keep the draft once the typing rests."""
        self._timer.start()

    def rest(self) -> None:
        """The form shows nothing that could be kept."""
        self.id, self._kept = "", None
        self._timer.stop()

    def keep(self) -> bool:
        """What was typed so far, on disk; False where no draft could be kept."""
        self._timer.stop()
        change = self.pending()
        session = self.desk.session
        if session is None or self.desk.locked:
            return True
        if change is None:
            self.forget()
            return True
        if self.id and change == self._kept:
            return True
        self.id = self.id or str(uuids.uuid4())
        draft = Draft(session.id, (change,), session.store.who, id=self.id)
        try:
            self.desk.drafts.keep(draft)
        except OSError as error:
            self.desk.say(translate("SurveyDock", "No draft could be kept: {}").format(error))
            return False
        self._kept = change
        return True

    def forget(self) -> None:
        """What was typed is saved or given up."""
        self._timer.stop()
        if self.id:
            self.desk.drafts.drop(self.id)
            self.id, self._kept = "", None

    # -- what was left -------------------------------------------------------------
    def offer(self) -> None:
        """Show the oldest draft that is neither saved nor in the form."""
        session, panel = self.desk.session, self.desk.panel
        if session is None:
            return
        self._left = [d for d in session.left_drafts() if d.id != self.id]
        panel.draft_bar.setVisible(bool(self._left))
        if self._left:
            first = self._left[0]
            tables = ", ".join(sorted({self._table_title(c.table) for c in first.changes}))
            words = translate("SurveyDock", "Not saved: {} of {} ({} in all).")
            panel.draft_label.setText(words.format(tables, first.at[:16].replace("T", " "), len(self._left)))

    def _table_title(self, name: str) -> str:
        edition = self.desk.edition
        tables = edition.tables.values() if edition is not None else ()
        return next((t.id for t in tables if t.name == name), name)

    def take(self) -> None:
        """Put the oldest draft back: a record into its form, edits of the map into the survey."""
        if not self._left or self.desk.session is None or self.desk.edition is None:
            return
        draft = self._left[0]
        change = draft.changes[0]
        tables = {t.name for t in self.desk.edition.tables.values()}
        if len(draft.changes) == 1 and change.table in tables and isinstance(change, (Insert, Update)):
            self.taken.emit(draft)
        else:
            self._save(draft)
        self.offer()

    def _save(self, draft: Draft) -> None:
        """Edits of the map that an earlier session could not save, as they stand."""

        def done(saved: Saved | None) -> None:
            self.desk.drafts.drop(draft.id)
            self.offer()

        changes = list(draft.changes)
        self.desk.act(
            Action(
                translate("SurveyDock", "Saving {} rows …").format(len(changes)),
                lambda store: store.save(changes, why=draft.why, save_id=draft.id),
                len(changes),
                done,
            )
        )

    def drop(self) -> None:
        """Give the oldest draft up."""
        if self._left:
            self.desk.drafts.drop(self._left[0].id)
            self.offer()
