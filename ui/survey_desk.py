"""What the parts of the survey dock share: the open survey, the chosen table, the widgets, and saving.

Records, drafts, heads and spreadsheet rows each are a part of their own; they meet here and not in each
other. A small action is saved at once on the interface thread, where it takes milliseconds; a large one,
and one that has to wait for somebody else's save, goes on in a task. Success is told after COMMIT only.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from ..core.errors import Problem, QingliuError
from ..core.standard import Edition
from ..layers.store import BesideStore, Drafts, GpkgStore, Row, Saved, Seat, outside, seat_of
from .survey_cells import TableCells
from .survey_map import MapLink
from .survey_panel import SurveyPanel
from .survey_session import SurveySession, work_folder
from .tasks import task_of, uncollected

translate = QCoreApplication.translate

DIRECT_ROWS = 12  # up to so many rows an action is saved on the interface thread (about 1 ms a row and 5 ms)
SLICE_S = 0.008
SHARED_SWITCH_S = 0.0005  # Python's 5 ms would hold up every painted cell that long while a task runs
CLOSE_WAIT_S = 60.0
RELOAD_MS = 120


def _not_settled(error: QingliuError) -> Optional[Saved]:
    raise error


class Action(NamedTuple):
    """Something to do to the survey as one save.

    ``work`` gets a store and gives what it saved (None for nothing to save); it may run in another thread
    and touches no widget. ``size`` is about how many rows it touches. ``done`` is told on the interface
    thread, after COMMIT, and may give what it leaves to be done a little at a time; ``failed`` may settle an
    error, or raises it to have it told. ``of_layers``: it saves the edits of layers, which others wait for.
    """

    title: str
    work: Callable[[GpkgStore], Optional[Saved]]
    size: int
    done: Callable[[Optional[Saved]], Optional[Iterator[None]]]
    failed: Callable[[QingliuError], Optional[Saved]] = _not_settled
    undoable: bool = True
    of_layers: bool = False


class Desk(QObject):
    """The survey being worked on. ``saved`` after every save; ``rights_changed`` when more or less may be done."""

    saved = pyqtSignal(object)
    rights_changed = pyqtSignal()
    waiting_for = pyqtSignal(float, str)

    def __init__(self, panel: SurveyPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.panel = panel
        self.edition: Edition | None = None
        self.session: SurveySession | None = None
        self.cells: TableCells | None = None
        self.busy = ""
        self.drafts = Drafts(work_folder() / "drafts")
        self.map = MapLink(self)
        self._tasks: Dict[str, QgsTask] = {}
        self._slices: Dict[str, Iterator[None]] = {}
        self._switch_s = sys.getswitchinterval()
        self._at_rest = threading.Event()
        self._at_rest.set()
        self._reload_timer = self.timer(RELOAD_MS, self._reload)
        self.waiting_for.connect(self._say_waiting)

    # -- telling -----------------------------------------------------------------
    def say(self, words: str) -> None:
        """Put words into the status line."""
        self.panel.status.setText(words)

    def tell(self, error: BaseException) -> None:
        """Say why something was not done."""
        self.say(error.text() if isinstance(error, QingliuError) else str(error))

    def _say_waiting(self, seconds: float, who: str) -> None:
        words = translate("SurveyDock", "Waiting for {} to finish saving ({} s) …")
        self.say(words.format(who or translate("SurveyDock", "another program"), round(seconds)))

    # -- what is open ---------------------------------------------------------------
    def sheet(self) -> Row | None:
        """The head of the chosen table's sheet."""
        if self.session is None or self.cells is None:
            return None
        found = self.session.store.rows("sheet", where={"table": self.cells.table.name})
        return found[0] if found else None

    @property
    def defaults(self) -> Dict[str, Any]:
        """What every new row of the chosen table begins with: the sheet that it belongs to."""
        if self.session is None or self.cells is None:
            return {}
        columns = self.session.store.tables()[self.cells.table.name].columns
        if not any(c.name == "sheet_uuid" for c in columns):
            return {}
        found = self.sheet()
        return {"sheet_uuid": found.uuid if found is not None else None}

    @property
    def locked(self) -> bool:
        """Whether nothing may be entered: the sheet is checked, or the survey is read-only."""
        return self.session is None or self.session.store.read_only or self.panel.head.locked

    def tables_of(self, layer: str) -> List[str]:
        """The survey tables whose rows describe features of a layer."""
        tables = self.edition.tables.values() if self.edition is not None else ()
        return [t.name for t in tables if layer in t.layers]

    def located(self) -> set[str]:
        """The layers that rows of the edition's tables describe."""
        tables = self.edition.tables.values() if self.edition is not None else ()
        return {layer for table in tables for layer in table.layers}

    # -- tasks and slices --------------------------------------------------------------
    def timer(self, ms: int, slot: Callable[[], object]) -> QTimer:
        """A timer that fires once, ``ms`` after it was last started."""
        made = QTimer(self)
        made.setSingleShot(True)
        made.setInterval(ms)
        made.timeout.connect(slot)
        return made

    def run(
        self,
        name: str,
        title: str,
        work: Callable[..., Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None = None,
        **given: Any,
    ) -> None:
        """Run ``work(task, **given)`` in a task; ``done`` gets its result, ``failed`` its error, else it is told."""

        def finished(error: BaseException | None, result: Any = None) -> None:
            if self._tasks.get(name) is not task:
                return
            self.drop_task(name)
            if error is not None:
                (failed or self.tell)(error)
            elif result is not None:
                done(result)

        def job(task: QgsTask, **given: Any) -> Any:
            with uncollected():
                return work(task, **given)

        task = task_of(title, job, on_finished=finished, **given)
        self._tasks[name] = task
        sys.setswitchinterval(SHARED_SWITCH_S)
        QgsApplication.taskManager().addTask(task)

    def drop_task(self, name: str) -> None:
        """Forget a task: what it brings is not wanted any more."""
        self._tasks.pop(name, None)
        if not self._tasks:
            sys.setswitchinterval(self._switch_s)

    def in_slices(
        self,
        name: str,
        steps: Iterator[None],
        done: Callable[[], None],
        failed: Callable[[QingliuError], None] | None = None,
    ) -> None:
        """Do ``steps`` a little at a time while the window stays alive.

        Given up once the survey is closed, or other work of the same name begins.
        """
        session = self.session
        self._slices[name] = steps

        def go_on() -> None:
            if self.session is not session or session is None or self._slices.get(name) is not steps:
                return
            end = time.perf_counter() + SLICE_S
            try:
                while time.perf_counter() < end:
                    next(steps)
            except StopIteration:
                self._slices.pop(name)
                done()
            except QingliuError as error:
                (failed or self.tell)(error)
            else:
                QTimer.singleShot(1, go_on)

        QTimer.singleShot(1, go_on)

    # -- saving ------------------------------------------------------------------------
    def act(self, action: Action) -> Saved | None:
        """Do an action. What it saved, where that is known at once; else ``action.done`` is told later."""
        session = self.session
        if session is None or self.busy:
            return None
        if action.of_layers:
            self._act_apart(action, session)
            return None
        try:
            session.refuse_while_editing()
        except QingliuError as error:
            self.tell(error)
            return None
        if action.size > DIRECT_ROWS:
            self._act_apart(action, session)
            return None
        try:
            saved = action.work(session.store)
        except QingliuError as error:
            if error.code == "QL-STORE-BUSY":
                self._act_apart(action, session)
                return None
            return self._settle(action, error)
        for _ in self._after(action, saved):
            pass
        return saved

    def _settle(self, action: Action, error: QingliuError) -> Saved | None:
        try:
            return action.failed(error)
        except QingliuError as told:
            self.tell(told)
            return None

    def _after(self, action: Action, saved: Saved | None) -> Iterator[None]:
        """Layers, lists and forms after an action."""
        if saved is not None and self.session is not None:
            self.session.note(saved, undoable=action.undoable)
            self.reload_soon()
            self.saved.emit(saved)
            yield
        yield from action.done(saved) or ()

    def reload_soon(self) -> None:
        """Read the layers of saved tables again once nothing more urgent is on; it takes a while for each."""
        self._reload_timer.start()

    def _reload(self) -> None:
        if self.session is not None:
            self.in_slices("reload", self.session.reloading(), lambda: None)

    def _act_apart(self, action: Action, session: SurveySession) -> None:
        """In a task, over a connection of its own; nothing else is entered meanwhile."""
        self._set_busy(action.title)
        self.say(action.title)

        def done(found: Tuple[Optional[Saved]]) -> None:
            if self.session is session:
                steps = self._after(action, found[0])
                self.in_slices("after", steps, lambda: self._set_busy(""))

        def failed(error: BaseException) -> None:
            if self.session is not session:
                return
            self._set_busy("")
            if isinstance(error, QingliuError):
                self._settle(action, error)
            else:
                self.tell(error)

        self.run(
            "act", action.title, _apart,
            done, failed, seat=seat_of(session.store), action=action.work, wait=self.waiting_for.emit,
            at_rest=self._at_rest,
        )  # fmt: skip

    def look_outside(self, table: str, done: Callable[[List[Problem]], None]) -> None:
        """Look in a task for what QGIS's own saving wrote past the store."""
        if self.session is not None:
            self.run(
                f"look {table}", translate("SurveyDock", "Checking what QGIS saved"), _look_apart,
                lambda found: done(list(found)), seat=seat_of(self.session.store), table=table,
            )  # fmt: skip

    def _set_busy(self, words: str) -> None:
        self.busy = words
        self.rights_changed.emit()

    def give_up(self) -> None:
        """An action that waits for somebody else's save waits no longer; it is told that it was not done."""
        task = self._tasks.get("act")
        if task is not None:
            task.cancel()

    def rest(self) -> None:
        """Before the survey is closed: an action that still waits is given up, one being written ends."""
        task = self._tasks.get("act")
        self.drop_task("act")
        if task is not None:
            task.cancel()
            self._at_rest.wait(CLOSE_WAIT_S)
        self.busy = ""


def _look_apart(task: QgsTask, seat: Seat, table: str) -> List[Problem]:
    with BesideStore(seat) as store:
        return outside.notice(store, [table])


def _apart(
    task: QgsTask,
    seat: Seat,
    action: Callable[[GpkgStore], Optional[Saved]],
    wait: Callable[[float, str], None],
    at_rest: threading.Event,
) -> Any:
    """An action beside the open survey; its result in a tuple, for None is a result too."""

    def waiting(seconds: float, holders: Any) -> bool:
        wait(seconds, ", ".join(holders))
        return not task.isCanceled()

    at_rest.clear()
    try:
        with BesideStore(seat, waiting=waiting) as store:
            return (action(store),)
    finally:
        at_rest.set()
