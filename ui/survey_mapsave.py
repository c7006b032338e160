"""Edits made with QGIS's own tools, saved through the store in a task; nothing can be edited meanwhile (ch. 4).

They stand in their edit buffers and as a draft on disk until COMMIT has returned: a refused save loses
nothing. Then the buffers are emptied a little at a time, and the layers show what is in the file.
"""

from __future__ import annotations

from typing import Iterator, Optional, Sequence

from qgis.PyQt.QtCore import QCoreApplication, QObject, Qt
from qgis.PyQt.QtWidgets import QProgressDialog

from ..core.errors import QingliuError
from ..layers.store import Change, Draft, Drafts, GpkgStore, Saved
from ..layers.store.editing import Taken, keep, write
from .survey_desk import Action, Desk

translate = QCoreApplication.translate

WHY = "map"


class MapSaving(QObject):
    """Saves what was drawn and typed in the survey's layers."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk = desk
        self.taken: Optional[Taken] = None
        self._cover: Optional[QProgressDialog] = None
        self._edited = False

    def save(self) -> None:
        """Edits of all layers as one action; told once they are in the file."""
        session, desk = self.desk.session, self.desk
        if session is None or desk.busy:
            return
        try:
            taken = session.edits.take(WHY)
        except QingliuError as error:
            desk.tell(error)
            return
        if taken is None:
            desk.say(translate("SurveyDock", "No layer of the survey has unsaved edits."))
            return
        drafts = desk.drafts
        self.taken, self._edited = taken, False
        for layer in taken.layers:
            layer.undoStack().indexChanged.connect(self._note_edit)
        self._cover_window()
        desk.act(
            Action(
                translate("SurveyDock", "Saving map edits …"),
                lambda store: _written(store, drafts, taken),
                len(taken.draft.changes),
                lambda saved: self._saved(taken, saved),
                self._refused,
                of_layers=True,
            )
        )

    def _note_edit(self, _: int) -> None:
        self._edited = True

    def _forget(self) -> None:
        taken, self.taken = self.taken, None
        for layer in taken.layers if taken is not None else ():
            layer.undoStack().indexChanged.disconnect(self._note_edit)
        self._uncover()

    def _saved(self, taken: Taken, saved: Saved | None) -> Iterator[None]:
        """The buffers go; what a program has edited in them since is saved in its turn, before."""
        session = self.desk.session
        if session is None or saved is None:
            return
        later = session.edits.later(taken, saved) if self._edited else []
        if later:
            self._write_later(taken, later)
        yield from session.edits.finishing(taken)
        self._forget()
        session.unread({change.table for change in taken.draft.changes})
        self.desk.reload_soon()
        words = translate("SurveyDock", "Map edits saved: {} rows.")
        self.desk.say(words.format(len(taken.draft.changes) + len(later)))

    def _write_later(self, taken: Taken, later: Sequence[Change]) -> None:
        session = self.desk.session
        if session is None:
            return
        draft = Draft(taken.draft.store_id, tuple(later), taken.draft.who, WHY)
        keep(self.desk.drafts, draft, None)
        try:
            session.note(write(session.store, draft), undoable=True)
            self.desk.drafts.drop(draft.id)
        except QingliuError as error:  # the draft stays, and is offered
            self.desk.tell(error)

    def _refused(self, error: QingliuError) -> Optional[Saved]:
        """Buffers and draft stand; why is told."""
        if self.desk.session is not None and self.taken is not None:
            self.desk.session.edits.note_kept(self.taken.draft)
        self._forget()
        raise error

    def settle(self) -> None:
        """Before the survey is closed: buffers of edits that are in the file go."""
        session, taken = self.desk.session, self.taken
        self._forget()
        if session is not None and taken is not None and session.store.holds(taken.draft.id):
            for _ in session.edits.finishing(taken):
                pass

    # -- the window --------------------------------------------------------------
    def _cover_window(self) -> None:
        """Nothing may be drawn between the taking of the edits and their end."""
        words = translate("SurveyDock", "Saving map edits …"), translate("SurveyDock", "Give up waiting")
        cover = QProgressDialog(*words, 0, 0, self.desk.panel)
        cover.setObjectName("survey_map_saving")
        cover.setWindowModality(Qt.WindowModality.ApplicationModal)
        cover.setMinimumDuration(0)
        cover.canceled.connect(self.desk.give_up)
        cover.show()
        self._cover = cover

    def _uncover(self) -> None:
        cover, self._cover = self._cover, None
        if cover is not None:
            cover.canceled.disconnect(self.desk.give_up)
            cover.hide()
            cover.deleteLater()


def _written(store: GpkgStore, drafts: Drafts, taken: Taken) -> Saved:
    problem = keep(drafts, taken.draft, taken.before)
    if problem is not None:
        store.findings.append(problem)
    return write(store, taken.draft)
