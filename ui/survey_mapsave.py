"""Edits made with QGIS's own tools, saved through the store in a task; nothing can be edited meanwhile (ch. 4).

They stand in their edit buffers and as a draft on disk until COMMIT has returned: a refused save loses
nothing. Then the buffers are emptied a little at a time, and the layers show what is in the file.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence

from qgis.core import QgsVectorLayer
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
        self._heard: List[QgsVectorLayer] = []
        desk.rights_changed.connect(self._end)

    @property
    def busy(self) -> bool:
        """Whether edits are being saved; the window is covered meanwhile."""
        return self._cover is not None

    def save(self) -> None:
        """Edits of all layers as one action; told once they are in the file."""
        session, desk = self.desk.session, self.desk
        if session is None or desk.busy or self.busy:
            return
        if not session.edits.edited():
            desk.say(translate("SurveyDock", "No layer of the survey has unsaved edits."))
            return
        found: List[Taken] = []
        self._cover_window()
        steps = session.edits.taking(WHY, found)
        desk.in_slices("take", steps, lambda: self._write(found), self._not_taken)

    def _not_taken(self, error: QingliuError) -> None:
        self._forget()
        self.desk.tell(error)

    def _write(self, found: Sequence[Taken]) -> None:
        if not found:
            self._forget()
            return
        desk, taken, drafts = self.desk, found[0], self.desk.drafts
        self.taken = taken
        desk.act(
            Action(
                translate("SurveyDock", "Saving map edits …"),
                lambda store: _written(store, drafts, taken),
                len(taken.draft.changes),
                lambda saved: self._saved(taken, saved),
                of_layers=True,
            )
        )
        if not desk.busy:  # it was not begun
            self._forget()

    def _note_edit(self, _: int) -> None:
        self._edited = True

    def _end(self) -> None:
        """Refused, given up, failed: buffers and draft stand."""
        if self.taken is None or self.desk.busy:
            return
        session, draft = self.desk.session, self.taken.draft
        if session is not None and any(d.id == draft.id for d in self.desk.drafts.left(session.id)):
            session.edits.note_kept(draft)
        self._forget()

    def _forget(self) -> None:
        self.taken = None
        self._listen(False)
        self._uncover()

    def _listen(self, on: bool) -> None:
        """Notice what is edited in the layers meanwhile; the window is covered, but a program may."""
        session = self.desk.session
        there = session.edits.layers() if session is not None else []
        for layer in [x for x in self._heard if x in there]:
            layer.undoStack().indexChanged.disconnect(self._note_edit)
        self._heard = session.edits.edited() if session is not None and on else []
        for layer in self._heard:
            layer.undoStack().indexChanged.connect(self._note_edit)

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
        self._cover, self._edited = cover, False
        self._listen(True)

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
