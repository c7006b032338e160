"""The guide: a watershed's way from an empty map to recognised, what is done, what is next and why.

What is done is read off the project, the survey and the folder of results each time; the guide keeps
only the answers that people give.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProject, QgsTask
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSettings, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.errors import QingliuError
from ..core.guide.answers import Answer, joined
from ..core.guide.stages import StageState, next_stage, way
from ..core.job import steps
from ..core.standard import default_edition
from ..layers.cases import open_case
from ..layers.guidestate import (
    TYPE_KEY,
    add_case,
    keep_in_project,
    keep_in_survey,
    present,
    project_answers,
    role_title,
    survey_answers,
)
from ..layers.roles import role_of
from ..layers.store import BesideStore, GpkgStore, Seat, seat_of
from ..layers.store.users import current_user
from ..layouts.caselooks import depth, dress
from .dock_frame import Fitting
from .evaluation_hold import Hold
from .evaluation_work import asked_of
from .guide_stage import StagePage
from .job_runner import JobRunner
from .survey_bus import bus
from .survey_session import survey_in
from .tasks import task_of

SETTINGS = "qingliu/guide"
RESULTS = "results"
REST_MS = 400
KEY = Qt.ItemDataRole.UserRole


class GuideDock(QDockWidget):
    """Stages as a list, the chosen one as a page; ``target_requested`` opens clauses, docks, dialogs, surveys."""

    target_requested = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.edition = default_edition()
        self.answers: dict[str, Answer] = {}
        self.type = ""
        self.states: list[StageState] = []
        self.runner: JobRunner | None = None
        self._keeping: QgsTask | None = None
        self._chosen = ""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.refresh)
        self._build()
        project = QgsProject.instance()
        self._signals = (project.layersAdded, project.layersRemoved, project.readProject, project.cleared)
        for signal in self._signals:
            signal.connect(self._soon)
        self.hold = Hold(project)
        project.cleared.connect(self._let_go)
        self.destroyed.connect(self.hold.release)
        bus().changed.connect(self._heard)
        self.refresh()

    # -- building ----------------------------------------------------------
    def _build(self) -> None:
        self.head = QLabel()
        self.head.setObjectName("guide_head")
        self.head.setWordWrap(True)
        self.list = QTreeWidget()
        self.list.setObjectName("guide_stages")
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.currentItemChanged.connect(self._choose)
        self.page = QScrollArea()
        self.page.setWidgetResizable(True)
        self.status = QLabel()
        self.status.setObjectName("guide_status")
        self.status.setWordWrap(True)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setVisible(False)
        self.folder_button = self._button("guide_case", self.tr("Open a folder of layers …"), self._ask_case)
        self.all_button = self._button(
            "guide_run_all", self.tr("Run every step that can be run"), self._run_all
        )
        self.stop_button = self._button("guide_stop", self.tr("Cancel"), self._stop)
        self.stop_button.setVisible(False)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.list)
        split.addWidget(self.page)
        split.setStretchFactor(1, 2)
        row = QHBoxLayout()
        for button in (self.folder_button, self.all_button, self.stop_button):
            row.addWidget(button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.head)
        column.addLayout(row)
        column.addWidget(split, 1)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        self.setWidget(Fitting(body))

    def _button(self, name: str, text: str, done: Any) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(done)
        return button

    # -- state -------------------------------------------------------------
    @property
    def survey(self) -> Path | None:
        """The survey that the project shows, or that the folder of results holds."""
        shown = survey_in(QgsProject.instance())
        if shown is not None:
            return shown
        folder = self.folder
        made = folder / "survey.gpkg" if folder is not None else None
        return made if made is not None and made.is_file() else None

    @property
    def folder(self) -> Path | None:
        """Where the steps' results go: ``results`` beside the project, else beside the case opened last."""
        home = QgsProject.instance().homePath() or QgsProject.instance().readEntry("qingliu", "case")[0]
        return Path(home) / RESULTS if home else None

    def refresh(self) -> None:
        """Look again at project, survey and results."""
        project = QgsProject.instance()
        try:
            mine = project_answers(project)
            theirs, kept_type = survey_answers(self.survey) if self.survey is not None else ({}, "")
        except QingliuError as error:
            self.status.setText(error.text())
            return
        self.answers = joined(mine, theirs)
        chosen = self.answers.get(TYPE_KEY, Answer("")).value
        at_hand = present(project, self.survey, self.folder, steps(), kept_type or chosen)
        self.type = at_hand.type
        self.states = way(self.answers, at_hand, self.edition.indicators)
        self._show()

    def _heard(self, path: str, tables: object) -> None:
        """A survey was saved, by whomever."""
        if self.survey == Path(path):
            self._soon()

    def _soon(self, *_: Any) -> None:
        self._rest.start()

    def _show(self) -> None:
        done = sum(s.done for s in self.states)
        following = next_stage(self.states)
        words = self.tr("{done} of {all} stages done.").format(done=done, all=len(self.states))
        if not QgsProject.instance().mapLayers() and following is not None:
            words += " " + self.tr("Add a DEM, open a folder of layers, or open the practice watershed.")
        elif following is not None:
            words += " " + self.tr("Next: {}.").format(following.stage.label)
        self.head.setText(words)
        wanted = self._chosen or (following.stage.key if following else self.states[0].stage.key)
        self.list.blockSignals(True)
        self.list.clear()
        for state in self.states:
            item = QTreeWidgetItem([self._label(state, following)])
            item.setData(0, KEY, state.stage.key)
            self.list.addTopLevelItem(item)
            if state.stage.key == wanted:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self._open(wanted)

    def _label(self, state: StageState, following: StageState | None) -> str:
        mark = "✓" if state.done else "▶" if following is state else "○"
        counts = [f"{state.answered}/{state.asked}"] if state.asked else []
        if state.jobs:
            ready = sum(1 for j in state.jobs if j.state == "done")
            counts.append(self.tr("steps {done}/{all}").format(done=ready, all=len(state.jobs)))
        return f"{mark} {state.stage.clause}  {state.stage.label}" + (
            f"  ({', '.join(counts)})" if counts else ""
        )

    def _choose(self, item: QTreeWidgetItem | None, _: Any = None) -> None:
        if item is not None:
            self._chosen = str(item.data(0, KEY))
            self._open(self._chosen)

    def _open(self, key: str) -> None:
        state = next((s for s in self.states if s.stage.key == key), None)
        if state is None:
            return
        person = str(QSettings().value(f"{SETTINGS}/person", "") or current_user())
        page = StagePage(state, self.answers, self.edition, self.type, person)
        page.answered.connect(self._answered)
        page.type_chosen.connect(self._choose_type)
        page.run_requested.connect(self._run_keys)
        page.target_requested.connect(self.target_requested)
        self.page.setWidget(page)

    # -- answers -----------------------------------------------------------
    def _answered(self, key: str, answer: Answer) -> None:
        self.answers[key] = answer
        self._keep()

    def _choose_type(self, key: str) -> None:
        self.answers[TYPE_KEY] = Answer(key, "", current_user())
        self.type = key
        self._keep(key)

    def _keep(self, watershed_type: str = "") -> None:
        """Into the project at once, into the survey in a task: success is told after it was written."""
        keep_in_project(QgsProject.instance(), self.answers)
        survey = self.survey
        if survey is None:
            self.status.setText(self.tr("Kept with the project; save the project to keep it for good."))
            self._rest.start()
            return
        answers, who = dict(self.answers), current_user()
        try:
            seat = self._seat(survey, who)
        except QingliuError as error:
            self.status.setText(error.text())
            return

        def work(task: QgsTask) -> bool:
            with GpkgStore(survey, who=who) if seat is None else BesideStore(seat) as store:
                keep_in_survey(store, answers, watershed_type, who)
            return True

        self._keeping = task_of(self.tr("Keep answers"), work, on_finished=self._kept)
        QgsApplication.taskManager().addTask(self._keeping)

    def _seat(self, survey: Path, who: str) -> Seat | None:
        """Beside whoever has the survey open, None where nobody has and no layer shows it.

        Where only layers show it, it is held open here: closing it after each answer would change its
        journal under them. Raises QingliuError QL-STORE-*.
        """
        seat = bus().seat(survey)
        if seat is not None or survey_in(QgsProject.instance()) != survey:
            return seat
        self.hold.take(asked_of(survey), who)
        if self.hold.store is None:
            raise QingliuError("QL-STORE-UNREADABLE", path=str(survey), reason="")
        bus().hold(self.hold.store)
        return seat_of(self.hold.store)

    def _let_go(self, *_: Any) -> None:
        """The project that showed the survey goes, or the guide."""
        if self.hold.store is not None:
            bus().let_go(self.hold.store)
            self.hold.release()

    def _kept(self, error: BaseException | None, result: Any = None) -> None:
        self._keeping = None
        if isinstance(error, QingliuError):
            self.status.setText(error.text())
        elif error is not None:
            self.status.setText(str(error))
        else:
            self.status.setText(self.tr("Kept in the survey."))
        bus().look_soon()
        self._rest.start()

    # -- cases and steps ---------------------------------------------------
    def _ask_case(self) -> None:
        start = str(QSettings().value(f"{SETTINGS}/folder", ""))
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder with the watershed's layers"), start)
        if folder:
            QSettings().setValue(f"{SETTINGS}/folder", folder)
            self.open_case(Path(folder))

    def open_case(self, folder: Path) -> None:
        """Put the layers of a folder into the project, each with its role (docs: case folders)."""
        try:
            case = open_case(folder)
        except QingliuError as error:
            self.status.setText(error.text())
            return
        QgsProject.instance().writeEntry("qingliu", "case", str(folder))
        made = add_case(QgsProject.instance(), case, depth)
        warnings = dress(QgsProject.instance(), made)
        names = ", ".join(role_title(role) for role in case.layers)
        text = self.tr("{count} layers opened; roles: {roles}.").format(count=len(made), roles=names)
        if case.guessed:
            text += " " + self.tr("There was no case.yaml: the roles were guessed by the layers' names.")
        self.status.setText("\n".join([text, *(w.text() for w in warnings)]))
        if self.canvas is not None and made:
            shown = next((layer for layer in made if role_of(layer) == "boundary"), made[0])
            self.canvas.setExtent(self.canvas.mapSettings().layerExtentToOutputExtent(shown, shown.extent()))
            self.canvas.refresh()

    def _run_keys(self, keys: list[str]) -> None:
        self._start([s for s in steps() if s.key in keys])

    def _run_all(self) -> None:
        undone = {j.step.key for s in self.states for j in s.jobs if j.state != "done"}
        self._start([s for s in steps() if s.key in undone])

    def _start(self, chain: list[Any]) -> None:
        folder = self.folder
        if folder is None:
            self.status.setText(self.tr("The results need a folder: save the project first."))
            return
        if self.runner is not None and self.runner.busy:
            self.status.setText(self.tr("A step is running; wait for it or cancel it."))
            return
        self.runner = JobRunner(QgsProject.instance(), folder, self)
        self.runner.survey = self.survey
        self.runner.hold = lambda survey: self._seat(survey, current_user())
        self.runner.said.connect(self.status.setText)
        self.runner.progressed.connect(lambda value: self.bar.setValue(int(value)))
        self.runner.step_done.connect(self._soon)
        self.runner.survey_made.connect(lambda path: self.target_requested.emit(f"survey:{path}"))
        self.runner.finished.connect(self._finished)
        self._running(True)
        self.runner.run(chain)

    def _stop(self) -> None:
        if self.runner is not None:
            self.runner.cancel()

    def _finished(self, well: bool) -> None:
        self._running(False)
        self._rest.start()

    def _running(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.bar.setValue(0)
        self.stop_button.setVisible(busy)
        self.all_button.setEnabled(not busy)

    def closeEvent(self, event: Any) -> None:
        """Stop what runs; the project's signals stay until the dock is deleted."""
        self._stop()
        super().closeEvent(event)
