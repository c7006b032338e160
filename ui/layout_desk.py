"""An open layout at work: session, ground, check and bill kept in step with what is drawn (5.1.2, ch. 5 and 6).

Knows no widgets. Files are looked at and layers read in tasks; what is drawn is judged in small slices on
the interface thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping

from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsPointXY, QgsProject, QgsTask
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..core.errors import Cancelled, QingliuError
from ..core.layoutplan.maintenance import Round
from ..core.siting.model import Finding
from ..core.standard import Edition
from ..layers.sitingshapes import QgisShapes
from ..layers.store import Drafts
from ..layers.surveyevaluation import stored_county
from .layout_card import day_of
from .layout_ground import Choice, Copies, Read, read
from .layout_ledger import Bases, Ledger
from .layout_live import LayoutCheck, LiveCheck
from .layout_notes import CONFIRM, DONE, Signed
from .layout_session import Found, LayoutSession, look, new_scratch
from .survey_session import work_folder
from .tasks import task_of

SETTLE_MS = 150


class LayoutDesk(QObject):
    """One layout, and everything that follows its edits."""

    opened = pyqtSignal()
    closed = pyqtSignal()
    told = pyqtSignal(str)
    working = pyqtSignal(float)  # progress of reading the layers, 0..100; below 0: done
    ground_ready = pyqtSignal(object)
    edited = pyqtSignal(object)  # uuids
    settled = pyqtSignal()  # check and bill are up to date again

    def __init__(self, edition: Edition, canvas: QgsMapCanvas | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.edition = edition
        self.drafts = Drafts(work_folder() / "drafts")
        self.scratch_folder = work_folder() / "layouts"
        self.session: LayoutSession | None = None
        self.live = LiveCheck(canvas, self)
        self.check: LayoutCheck | None = None
        self.ledger = Ledger(edition, QgisShapes(), Bases())
        self.base: Read | None = None
        self._tasks: Dict[str, QgsTask] = {}
        self._following: Dict[str, Callable[[], None] | None] = {}
        self._opening: LayoutSession | None = None
        self._steps: Iterator[None] | None = None
        self._showing = QTimer(self)
        self._showing.setInterval(0)
        self._showing.timeout.connect(self._show_step)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self.settled)

    # -- tasks ----------------------------------------------------------
    def _run(self, name: str, title: str, work: Any, done: Callable[[Any], None], **given: Any) -> QgsTask:
        def finished(error: BaseException | None, result: Any = None) -> None:
            for copies in (x for x in given.values() if isinstance(x, Copies)):
                copies.drop()
            following, self._following[name] = self._following.get(name), None
            if following is not None:
                self._tasks.pop(name, None)
                following()
                return
            if self._tasks.get(name) is not task:
                return
            del self._tasks[name]
            if name == "ground":
                self.working.emit(-1.0)
            if error is not None and not isinstance(error, Cancelled):
                self.told.emit(error.text() if isinstance(error, QingliuError) else str(error))
            elif result is not None:
                done(result)

        task = task_of(title, work, on_finished=finished, flags=QgsTask.Flag.CanCancel, **given)
        self._tasks[name] = task
        QgsApplication.taskManager().addTask(task)
        return task

    @property
    def busy(self) -> bool:
        """Whether a task is under way."""
        return bool(self._tasks) or self._opening is not None

    # -- opening ----------------------------------------------------------
    def open(self, path: Path | str, *, scratch: bool = False) -> None:
        """Look at a survey in a task, then show its measures."""
        self.close()
        who = str(QgsApplication.userFullName() or "")
        self._run(
            "open", self.tr("Opening the layout"), look,
            lambda found: self._found(found, who, scratch),
            path=Path(path), who=who, copies=work_folder() / "copies",
        )  # fmt: skip

    def open_scratch(self, type_key: str, crs: QgsCoordinateReferenceSystem) -> None:
        """A layout that belongs to no survey yet, in a GeoPackage of its own."""
        self.close()
        who = str(QgsApplication.userFullName() or "")
        self._run(
            "scratch", self.tr("New layout"), _scratch, lambda path: self.open(path, scratch=True),
            folder=self.scratch_folder, called=self.tr("Layout"), type_key=type_key, crs=crs, who=who,
        )  # fmt: skip

    def _found(self, found: Found, who: str, scratch: bool) -> None:
        scratch = scratch or found.path.parent == self.scratch_folder
        made = LayoutSession(found, QgsProject.instance(), self.drafts, who, self.edition, scratch=scratch)
        self._opening = made
        self._steps = made.showing()
        self._showing.start()

    def _show_step(self) -> None:
        """A layer at a time goes into the project; then the layout is open."""
        made, steps = self._opening, self._steps
        if made is None or steps is None:
            self._showing.stop()
            return
        try:
            next(steps)
            return
        except StopIteration:
            self._show_end()
            self._is_open(made)
        except QingliuError as error:
            self._show_end()
            made.close()
            self.told.emit(error.text())

    def _show_end(self) -> None:
        self._showing.stop()
        self._opening = self._steps = None

    def _is_open(self, session: LayoutSession) -> None:
        self.session = session
        # the file is put to rest when the window or the plugin goes, whichever comes first
        self.destroyed.connect(session.close)
        QgsApplication.instance().aboutToQuit.connect(
            lambda held=session: held.close()
        )  # which also keeps it
        session.changed.connect(self._edited)
        self.live.crs = session.crs
        self.ledger = Ledger(self.edition, QgisShapes(), Bases())
        self._count(session.rows)
        self.opened.emit()
        self._settling.start()

    def close(self) -> None:
        """Let go of the layout; unsaved edits stay in their buffers and in the draft."""
        for task in list(self._tasks.values()):
            task.cancel()
        self._tasks.clear()
        self._following.clear()
        self._settling.stop()
        if self._opening is not None:  # closed before it was open
            opening = self._opening
            self._show_end()
            opening.close()
        self.live.clear()
        self.live.ground = None
        if self.check is not None:
            self.check.stop()
            self.check = None
        self.base = None
        if self.session is not None:
            self.session.close()
            self.session = None
            self.closed.emit()

    # -- the ground ----------------------------------------------------------
    def stored_county(self) -> Any:
        """The county profile kept in the survey. Raises EditionError with its faults."""
        return stored_county(self.session.store, self.edition) if self.session is not None else None

    def read_ground(self, choice: Choice) -> None:
        """Read the chosen layers in a task; then every measure is checked."""
        if self.session is None:
            return
        before = self._tasks.get("ground")
        if before is not None:  # one at a time: the last choice counts
            self._following["ground"] = lambda: self.read_ground(choice)
            before.cancel()
            return
        copies = Copies(choice.layers)
        task = self._run(
            "ground", self.tr("Reading the layers of the layout"), read, self._ground_read,
            copies=copies, choice=choice, crs=self.session.crs, edition=self.edition,
        )  # fmt: skip
        task.progressChanged.connect(self.working)
        self.working.emit(0.0)

    def _ground_read(self, found: Read) -> None:
        if self.session is None:
            return
        self.base = found
        if self.check is not None:
            self.check.stop()
        self.live.ground = found.ground
        prices = self.ledger.prices
        self.ledger = Ledger(self.edition, QgisShapes(), found.bases)
        self.ledger.prices = prices
        self._count(self.session.rows)
        self.check = LayoutCheck(self.session, found.ground, found.reach, found.needs)
        self.check.finished.connect(self._settling.start)
        self.ground_ready.emit(found)
        self._settling.start()

    def zone_at(self, point: QgsPointXY) -> str | None:
        """The zone that a point (layout CRS) lies in."""
        zones = self.base.ground.roles.get("ZONES") if self.base is not None else None
        if zones is None:
            return None
        x, y = point.x(), point.y()
        for feature in zones.near((x, y, x, y)):
            if feature.shape.contains(point):
                key = str(feature.attributes.get("zone") or "")
                return key if key in self.edition.zones else None
        return None

    # -- following edits ----------------------------------------------------------
    def _edited(self, touched: Iterable[str]) -> None:
        uuids = set(touched)
        self._count(uuids)
        if self.check is not None:
            self.check.update(uuids)
        self.edited.emit(uuids)
        self._settling.start()

    def _count(self, uuids: Iterable[str]) -> None:
        if self.session is None:
            return
        for uuid in uuids:
            row = self.session.rows.get(uuid)
            if row is None:
                self.ledger.drop(uuid)
            else:
                self.ledger.put(row, self.session.notes.card(uuid))

    def settle(self) -> None:
        """Finish what waits, now."""
        if self.session is not None:
            self.session.settle()
        if self.check is not None:
            self.check.settle()
        self._settling.stop()
        self.settled.emit()

    # -- decisions ----------------------------------------------------------
    def sign(self, finding: Finding, signed: Signed) -> None:
        """Override a breach or tick a duty. Raises what the store raises."""
        if self.session is not None:
            self.session.notes.sign(CONFIRM, (finding.measure_uuid, finding.rule_id), signed)
            self._again(finding.measure_uuid)

    def withdraw(self, finding: Finding) -> None:
        """Take an override or a tick back."""
        if self.session is not None:
            self.session.notes.withdraw(CONFIRM, finding.measure_uuid, finding.rule_id)
            self._again(finding.measure_uuid)

    def _again(self, uuid: str) -> None:
        if self.check is not None:
            self.check.again(uuid)
        self._settling.start()

    def enter(self, uuid: str, field: str, value: str, title: str) -> None:
        """An entry of a measure's card: in its row where the row has the column, else on its card."""
        session = self.session
        if session is None or uuid not in session.rows:
            return
        if field in session.rows[uuid].values:
            if str(session.rows[uuid].values.get(field) or "") != value:
                session.set_values(uuid, {field: value or None}, title)
        elif session.notes.card(uuid).get(field, "") != value:
            session.notes.fill_card(uuid, {field: value})
            self._count([uuid])
            self._again(uuid)

    def rounds(self, uuid: str) -> List[Round]:
        """Maintenance done on a measure."""
        if self.session is None:
            return []
        found = []
        for of, signed in self.session.notes.all_signed(DONE).items():
            day = day_of(signed.date)
            if len(of) == 3 and of[0] == uuid and day is not None:
                found.append(Round(of[1], day, signed.name))
        return found

    def care_done(self, uuid: str, duty: str, signed: Signed) -> None:
        """A maintenance duty was done on a day."""
        if self.session is not None:
            self.session.notes.sign(DONE, (uuid, duty, signed.date), signed)

    def numbers(self) -> Mapping[str, str]:
        """Plot numbers; those given stay, and new ones are kept when the layout is saved."""
        if self.session is None:
            return {}
        return self.ledger.numbers(self.session.rows, self.session.notes.plots())

    def save(self) -> int:
        """Write edits and plot numbers; how many rows were written. Raises what the store raises."""
        if self.session is None:
            return 0
        saved = self.session.save()
        if not self.session.store.read_only:
            self.session.notes.keep_plots(self.numbers())
        return len(saved.rows) if saved is not None else 0


def _scratch(
    task: QgsTask, folder: Path, called: str, type_key: str, crs: QgsCoordinateReferenceSystem, who: str
) -> Path:
    return new_scratch(folder, called, type_key, crs, who)
