"""Field work in the window: mark with one click, package, merge, enter from paper (4.1.2, 4.1.4, 4.3.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from qgis.core import QgsApplication, QgsProject, QgsTask, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSettings, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QLabel,
    QProgressBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ..core import language
from ..core.errors import Cancelled, QingliuError
from ..layers.fieldadd import Mark
from ..layers.fieldmerge import Merged
from ..layers.roles import survey_of
from ..layers.store import GpkgStore, Saved
from ..layers.store.editing import refuse_while_editing, reload_layers, table_of
from . import field_work as work
from .dock_frame import Fitting
from .field_marks import Marks
from .field_merge import MergeScreen
from .field_paper import PaperReturn
from .field_paperdesk import PaperDesk
from .field_quickadd import QuickAdd
from .field_work import Compared
from .survey_session import Opened, survey_in
from .tasks import task_of

SETTINGS = "qingliu/field"


class FieldDock(QDockWidget):
    """Four tabs: mark, package, bring back, paper; all for the survey that the project shows."""

    target_requested = pyqtSignal(str)  # "algorithm:packagefield"
    form_requested = pyqtSignal(str, str, str)  # table, row, field

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.opened: Optional[Opened] = None
        self._held: Optional[GpkgStore] = None
        self.package: Optional[Path] = None
        self.saves: List[str] = []
        self._tasks: Dict[str, QgsTask] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self.title, self.status, self.bar = QLabel(), QLabel(), QProgressBar()
        self.quick, self.marks, self.merge, self.paper = (
            QuickAdd(canvas),
            Marks(),
            MergeScreen(),
            PaperReturn(),
        )
        self.paper_desk = PaperDesk(self.paper, self, canvas, self)
        self.tabs = QTabWidget()
        self._arrange()
        self._wire()
        self.follow_project()

    def _arrange(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        for label in (self.title, self.status):
            label.setWordWrap(True)
        self.status.setObjectName("field_status")
        self.bar.setVisible(False)
        self.bar.setTextVisible(False)
        self.tabs.addTab(self.quick, self.tr("Mark"))
        self.tabs.addTab(self.marks, self.tr("Package"))
        self.tabs.addTab(self.merge, self.tr("Bring back"))
        self.tabs.addTab(self.paper, self.tr("From paper"))
        self.tabs.setCurrentIndex(int(QSettings().value(f"{SETTINGS}/tab", 0)))
        column.addWidget(self.title)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        self.setWidget(Fitting(body))

    def _wire(self) -> None:
        self.tabs.currentChanged.connect(lambda at: QSettings().setValue(f"{SETTINGS}/tab", at))
        self.quick.marked.connect(self.add)
        self.quick.undo_requested.connect(self.undo)
        self.marks.package_requested.connect(lambda: self.target_requested.emit("algorithm:packagefield"))
        self.marks.evidence_requested.connect(lambda: self.target_requested.emit("algorithm:importevidence"))
        self.paper_desk.form_requested.connect(self.form_requested)
        self.merge.compare_requested.connect(self._ask_package)
        self.merge.apply_requested.connect(self.apply)
        project = QgsProject.instance()
        project.readProject.connect(self.follow_project)
        project.layersAdded.connect(self._follow_soon)
        project.layersRemoved.connect(self.marks.list_layers)
        project.cleared.connect(self.close_survey)
        self._soon.timeout.connect(self._follow)
        self.destroyed.connect(self.quick.close_tool)
        self.destroyed.connect(self.let_go)
        QgsApplication.instance().aboutToQuit.connect(self.let_go)

    # -- the survey ------------------------------------------------------------
    def _follow_soon(self, *_: object) -> None:
        """Layers are added first and told whose they are afterwards."""
        self._soon.start()

    def _follow(self) -> None:
        self.marks.list_layers()
        self.follow_project()

    def follow_project(self, *_: object) -> None:
        """Take the survey whose layers the project shows, where none is taken yet."""
        if self.opened is not None or "open" in self._tasks:
            return
        path = survey_in(QgsProject.instance())
        if path is None:
            self._say_empty()
        else:
            self.open_survey(path)

    def _say_empty(self) -> None:
        self.quick.enable(False, can_undo=False)
        self.merge.open_button.setEnabled(False)
        self.title.clear()
        self.status.setText(self.tr("Open a survey first (Survey tables), or a project that shows one."))

    def open_survey(self, path: Path | str) -> None:
        """Look at a survey in a task and take it."""
        self.status.setText(self.tr("Checking the survey …"))
        self.run("open", self.tr("Checking the survey"), work.look, self._taken, path=Path(path))

    def _taken(self, opened: Opened) -> None:
        """Hold the survey open, so that its journal does not change under the layers with every action."""
        try:
            self._held = GpkgStore(
                opened.path, who=self.who(), read_only=opened.read_only, home=opened.home, wait_s=0.0
            )
        except QingliuError as error:
            self.status.setText(error.text())
            return
        self.opened, self.saves = opened, []
        reload_layers(self._layers())
        self.title.setText(str(opened.home))
        self.status.setText(work.told(opened.findings))
        self.quick.enable(not opened.read_only, can_undo=False)
        self.merge.open_button.setEnabled(True)
        self.paper_desk.survey_opened()

    def close_survey(self) -> None:
        """Let go of the survey."""
        for task in list(self._tasks.values()):
            task.cancel()
        self.let_go()
        self.opened, self.saves, self.package = None, [], None
        self.bar.setVisible(False)
        self.merge.show_comparison(None)
        self.paper_desk.survey_closed()
        self._say_empty()

    def let_go(self, *_: object) -> None:
        """Leave the survey at rest when the window goes; what still runs tells nobody."""
        self._tasks.clear()
        if self._held is not None:
            self._held.close()
            self._held = None

    def _layers(self) -> List[QgsVectorLayer]:
        """The project's layers of the survey."""
        if self.opened is None:
            return []
        return [
            x
            for x in QgsProject.instance().mapLayers().values()
            if isinstance(x, QgsVectorLayer)
            and survey_of(x)
            and Path(x.source().split("|")[0]) in (self.opened.path, self.opened.home)
        ]

    def who(self) -> str:
        """The name under which this dock saves."""
        return QgsApplication.userFullName() or ""

    def layers_of(self, table: str) -> List[QgsVectorLayer]:
        """The project's layers of a table of the survey."""
        held = self._held
        return [x for x in self._layers() if held is not None and table_of(x, held) == table]

    # -- tasks -----------------------------------------------------------------
    def busy(self) -> bool:
        """Whether a task is under way."""
        return bool(self._tasks)

    def say(self, words: str) -> None:
        """Show words below the tabs."""
        self.status.setText(words)

    def run(self, name: str, title: str, job: Any, done: Callable[[Any], None], **given: Any) -> None:
        """Run ``job`` in a task; ``done`` gets its result unless it failed, which is told."""

        def finished(error: BaseException | None, result: Any = None) -> None:
            if self._tasks.get(name) is not task:
                return
            del self._tasks[name]
            self.bar.setVisible(bool(self._tasks))
            if error is None and result is not None:
                done(result)
            elif error is None or isinstance(error, Cancelled):
                self.status.setText(self.tr("Cancelled; nothing was written."))
            else:
                self.status.setText(error.text() if isinstance(error, QingliuError) else str(error))
            if not self._tasks:
                self.paper_desk.next()

        task = task_of(title, job, on_finished=finished, flags=QgsTask.Flag.CanCancel, **given)
        self._tasks[name] = task
        task.progressChanged.connect(lambda share: self.bar.setValue(int(share)))
        self.bar.setVisible(True)
        QgsApplication.taskManager().addTask(task)

    def _free(self) -> bool:
        """Whether the survey can be written now; says why where it cannot."""
        if self.opened is None:
            return False
        if self._tasks:
            self.status.setText(self.tr("Something is still being written; do it again in a moment."))
            return False
        try:
            refuse_while_editing(self._layers())
        except QingliuError as error:
            self.status.setText(error.text())
            return False
        return True

    # -- quick-add ---------------------------------------------------------------
    def add(self, mark: Mark) -> None:
        """Write a mark; the map shows it once it is in the survey."""
        if not self._free():
            return
        named = f"{mark.thing.zh if language.current() == 'zh' else mark.thing.en} {mark.name}".strip()
        words = self.tr("Saved: {}").format(named)
        self.run(
            "mark", self.tr("Saving"), work.mark, lambda saved: self._added(saved, words),
            opened=self.opened, who=self.who(), wanted=mark,
        )  # fmt: skip

    def _added(self, saved: Saved, words: str) -> None:
        self.saves.append(saved.save_id)
        self._written(words)

    def _written(self, words: str) -> None:
        reload_layers(self._layers())
        self.quick.enable(True, can_undo=bool(self.saves))
        self.status.setText(words)

    def undo(self) -> None:
        """Take the last thing this dock wrote back."""
        if not self.saves or not self._free():
            return
        self.run(
            "undo", self.tr("Taking back"), work.take_back, self._undone,
            opened=self.opened, who=self.who(), save_id=self.saves[-1],
        )  # fmt: skip

    def _undone(self, _saved: Saved) -> None:
        self.saves.pop()
        self._written(self.tr("Taken back."))

    # -- bringing back -------------------------------------------------------------
    def _ask_package(self) -> None:
        start = str(QSettings().value(f"{SETTINGS}/folder", ""))
        path = QFileDialog.getExistingDirectory(self, self.tr("Package that came back"), start)
        if path:
            QSettings().setValue(f"{SETTINGS}/folder", str(Path(path).parent))
            self.compare(Path(path))

    def compare(self, package: Path) -> None:
        """Compare a package with the survey; nothing is written."""
        if self.opened is None or self._tasks:
            return
        self.package = package
        self.status.setText(self.tr("Comparing …"))
        self.run(
            "compare", self.tr("Comparing the package"), work.compare, self._compared,
            opened=self.opened, package=package, language=language.current(),
        )  # fmt: skip

    def _compared(self, compared: Compared) -> None:
        facts = compared.comparison.package.facts
        lines = [
            self.tr("Package of {}, made {}").format(
                facts.person or "–", facts.made_at[:16].replace("T", " ")
            )
        ]
        lines.append(work.told(compared.comparison.warnings))
        self.status.setText("\n".join(filter(None, lines)))
        self.merge.show_comparison(compared)

    def apply(self) -> None:
        """Write what was chosen, after a backup."""
        compared = self.merge.model.compared
        if compared is None or not self._free():
            return
        self.status.setText(self.tr("Writing …"))
        self.run(
            "apply", self.tr("Merging the package"), work.apply, self._applied,
            opened=self.opened, who=self.who(), comparison=compared.comparison,
            decisions=dict(self.merge.model.choices), delete=self.merge.model.delete,
        )  # fmt: skip

    def _applied(self, merged: Merged) -> None:
        if merged.saved is not None:
            self.saves.append(merged.saved.save_id)
        words = self.tr("{} rows written, {} differences still open.")
        words = words.format(len(merged.settled.changes), len(merged.settled.open))
        self._written("\n".join(filter(None, (words, work.told(merged.warnings)))))
        QTimer.singleShot(0, self._compare_again)

    def _compare_again(self) -> None:
        """What is still open after a merge."""
        told = self.status.text()
        if self.opened is None or self.package is None or self._tasks:
            return
        self.run(
            "compare", self.tr("Comparing the package"), work.compare,
            lambda compared: self._still_open(compared, told),
            opened=self.opened, package=self.package, language=language.current(),
        )  # fmt: skip

    def _still_open(self, compared: Compared, told: str) -> None:
        self.merge.show_comparison(compared)
        self.status.setText(told)
