"""Steps of the main job run one after the other, with their parameters from the project's layers.

A step that may run beside the window runs in a task; one that needs the window's thread (layouts)
runs in it with a progress window that can cancel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import QCoreApplication, QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QProgressDialog, QWidget

from ..core import language
from ..core.errors import QingliuError
from ..core.job import Skipped, Step, parameters_of
from ..layers.guidestate import role_parameters, take_results
from .survey_session import survey_in


class Log(QgsProcessingFeedback):
    """Feedback that keeps what went wrong, to be shown where the user looks."""

    def __init__(self) -> None:
        super().__init__(False)
        self.errors: list[str] = []

    def reportError(self, error: str, fatalError: bool = False) -> None:  # noqa: N803 - as QGIS calls it
        self.errors.append(error)
        super().reportError(error, fatalError)


class JobRunner(QObject):
    """Runs steps into ``folder``; ``said`` tells each beginning and end, ``finished`` whether all went well.

    ``hold`` is asked to hold a survey that is shown before a step writes into it; it may raise QingliuError.
    """

    said = pyqtSignal(str)
    progressed = pyqtSignal(float)
    step_done = pyqtSignal(str)
    survey_made = pyqtSignal(str)
    finished = pyqtSignal(bool)

    def __init__(self, project: QgsProject, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.folder = folder
        self.survey: Path | None = survey_in(project)
        self.hold: Callable[[Path], object] = lambda survey: None
        self._left: list[Step] = []
        self._task: QgsProcessingAlgRunnerTask | None = None
        self._held: tuple[Any, ...] = ()
        self._here = False
        self._stopped = False

    @property
    def busy(self) -> bool:
        """Whether a step is running or waiting."""
        return self._task is not None or self._here or bool(self._left)

    def run(self, steps: Sequence[Step]) -> None:
        """Begin; returns at once."""
        self._stopped = False
        self._left = list(steps)
        QTimer.singleShot(0, self._next)

    def cancel(self) -> None:
        """Stop the step that runs and forget the rest."""
        self._stopped = True
        self._left = []
        if self._task is not None:
            self._task.cancel()

    def parameters(self, step: Step, extra: Mapping[str, str] | None = None) -> dict[str, Any] | Skipped:
        """What a step would be run with."""
        have = {**role_parameters(self.project, self.survey), **(extra or {})}
        layers = [role for role in have if have[role] and Path(str(have[role]).split("|")[0]).exists()]
        return parameters_of(step, have, self.folder, layers)

    def _next(self) -> None:
        if not self._left:
            self.finished.emit(not self._stopped)
            return
        step = self._left.pop(0)
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"qingliu:{step.algorithm}")
        found = self.parameters(step)
        if algorithm is None or isinstance(found, Skipped):
            lacks = ", ".join(found.missing) if isinstance(found, Skipped) else step.algorithm
            if lacks:
                self.said.emit(
                    self.tr("{step}: left out, there is no {lacks}.").format(step=_title(step), lacks=lacks)
                )
            self._next()
            return
        if not self._may_write(step, algorithm):
            self._next()
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._fresh(step, found)
        self.said.emit(self.tr("{} …").format(_title(step)))
        if algorithm.flags() & QgsProcessingAlgorithm.Flag.FlagNoThreading:
            self._run_here(step, algorithm, found)
        else:
            self._run_beside(step, algorithm, found)

    def _may_write(self, step: Step, algorithm: QgsProcessingAlgorithm) -> bool:
        """Whether a step may write into the survey; where it may not, why is said and nothing more is run."""
        if self.survey is None or "SURVEY" not in step.needs or algorithm.outputDefinition("SURVEY") is None:
            return True
        try:
            self.hold(self.survey)
        except QingliuError as error:
            self._left, self._stopped = [], True
            self.said.emit(self.tr("{step} failed: {reason}").format(step=_title(step), reason=error.text()))
            return False
        return True

    def _fresh(self, step: Step, parameters: Mapping[str, Any]) -> None:
        """Layers of the project that show a file about to be written again are taken out first."""
        files = {str(parameters[o]) for o in step.gives if o in parameters and step.gives[o][0] != "SURVEY"}
        shown = [i for i, x in self.project.mapLayers().items() if x.source().split("|")[0] in files]
        self.project.removeMapLayers(shown)

    def _run_beside(self, step: Step, algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any]) -> None:
        log, context = Log(), QgsProcessingContext()
        context.setProject(self.project)
        task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, log)
        self._held = (algorithm, context, log)  # the task does not keep them alive
        task.progressChanged.connect(self.progressed)
        task.executed.connect(lambda ok, results: self._executed(step, parameters, ok, log))
        self._task = task
        QgsApplication.taskManager().addTask(task)

    def _run_here(self, step: Step, algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any]) -> None:
        log, context = Log(), QgsProcessingContext()
        context.setProject(self.project)
        window = QProgressDialog(_title(step), self.tr("Cancel"), 0, 100, self.parent())
        window.setWindowModality(Qt.WindowModality.ApplicationModal)  # nothing else may touch the project
        window.setMinimumDuration(0)
        window.setValue(0)
        window.canceled.connect(log.cancel)

        def moved(value: float) -> None:
            window.setValue(int(value))
            self.progressed.emit(value)
            QCoreApplication.processEvents()

        log.progressChanged.connect(moved)
        self._here = True
        _, ok = algorithm.run(parameters, context, log)
        self._here = False
        window.canceled.disconnect(log.cancel)  # closing the window says canceled too
        window.close()
        window.deleteLater()
        if log.isCanceled():
            self.cancel()
        self._executed(step, parameters, ok, log)

    def _executed(self, step: Step, parameters: dict[str, Any], ok: bool, log: Log) -> None:
        self._task = None
        self._held = ()
        if self._stopped:
            self.said.emit(self.tr("Cancelled."))
        elif not ok:
            self._left = []
            self._stopped = True
            self.said.emit(
                self.tr("{step} failed: {reason}").format(step=_title(step), reason="\n".join(log.errors))
            )
        else:
            self._take(step, parameters)
        QTimer.singleShot(0, self._next)

    def _take(self, step: Step, parameters: dict[str, Any]) -> None:
        take_results(self.project, step, parameters)
        for output, (role, _) in step.gives.items():
            if role == "SURVEY" and Path(str(parameters[output])).is_file():
                self.survey = Path(str(parameters[output]))
                self.survey_made.emit(str(self.survey))
        self.said.emit(self.tr("{}: done.").format(_title(step)))
        self.step_done.emit(step.key)


def _title(step: Step) -> str:
    return language.pick(dict(step.title))
