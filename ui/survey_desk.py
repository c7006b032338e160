"""What the parts of the survey dock share: the open survey, the chosen table, the widgets, and saving.

Records, drafts, heads and spreadsheet rows each are a part of their own; they meet here and not in each other.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Sequence

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from ..core.errors import QingliuError
from ..core.standard import Edition
from ..layers.store import Change, Drafts, Row, Saved
from .survey_cells import TableCells
from .survey_map import MapLink
from .survey_panel import SurveyPanel
from .survey_session import SurveySession, work_folder

translate = QCoreApplication.translate


class Desk(QObject):
    """The survey being worked on. ``saved`` after every save; ``rights_changed`` when more or less may be done."""

    saved = pyqtSignal(object)
    rights_changed = pyqtSignal()

    def __init__(self, panel: SurveyPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.panel = panel
        self.edition: Edition | None = None
        self.session: SurveySession | None = None
        self.cells: TableCells | None = None
        self.drafts = Drafts(work_folder() / "drafts")
        self.map = MapLink(self)
        self._tasks: Dict[str, QgsTask] = {}

    # -- telling -----------------------------------------------------------------
    def say(self, words: str) -> None:
        """Put words into the status line."""
        self.panel.status.setText(words)

    def tell(self, error: BaseException) -> None:
        """Say why something was not done."""
        self.say(error.text() if isinstance(error, QingliuError) else str(error))

    # -- what is open ---------------------------------------------------------------
    def sheet(self) -> Row | None:
        """The head of the chosen table's sheet."""
        if self.session is None or self.cells is None:
            return None
        found = self.session.store.rows("sheet", where={"table": self.cells.table.name})
        return found[0] if found else None

    @property
    def sheet_uuid(self) -> str | None:
        """What a new row of the chosen table belongs to."""
        found = self.sheet()
        return found.uuid if found is not None else None

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

    # -- working ---------------------------------------------------------------------
    def timer(self, ms: int, slot: Callable[[], object]) -> QTimer:
        """A timer that fires once, ``ms`` after it was last started."""
        made = QTimer(self)
        made.setSingleShot(True)
        made.setInterval(ms)
        made.timeout.connect(slot)
        return made

    def run(
        self, name: str, title: str, work: Callable[..., object], done: Callable[..., None], **given: object
    ) -> None:
        """Run ``work`` in a task; ``done`` gets its result unless it failed, which is told."""

        def finished(error: BaseException | None, result: object = None) -> None:
            if self._tasks.get(name) is not task:
                return
            del self._tasks[name]
            if error is not None:
                self.tell(error)
            elif result is not None:
                done(result)

        task = QgsTask.fromFunction(title, work, on_finished=finished, **given)
        self._tasks[name] = task
        QgsApplication.taskManager().addTask(task)

    def drop_task(self, name: str) -> None:
        """Forget a task: what it brings is not wanted any more."""
        self._tasks.pop(name, None)

    def save(
        self, changes: Sequence[Change], why: str = "", save_id: str | None = None, *, undoable: bool = True
    ) -> Saved | None:
        """One action of the survey; raises what the store raises."""
        if self.session is None:
            return None
        saved = self.session.save(changes, why, save_id, undoable=undoable)
        self.saved.emit(saved)
        return saved

    def attempt(self, work: Callable[[], Saved | None]) -> Saved | None:
        """Do it, or say why not; what was entered stands."""
        try:
            return work()
        except QingliuError as error:
            self.tell(error)
            return None
