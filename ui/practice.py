"""Open the practice watershed: made from a seed in a folder of the user's, its layers and survey opened.

The same seed and area give the same files, so that a class works on one watershed; what lies in the
folder already is opened as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProject,
    QgsTask,
)
from qgis.PyQt.QtCore import QObject, QSettings, QStandardPaths, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from .job_runner import Log

SETTINGS = "qingliu/practice"
SEED, AREA_KM2 = 534, 12.0


class PracticeOpener(QObject):
    """``opened`` carries the folder once it holds the practice watershed; ``said`` what goes on."""

    opened = pyqtSignal(str)
    said = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task: QgsTask | None = None
        self._held: tuple[Any, ...] = ()

    def ask(self) -> None:
        """Ask for a folder and open the watershed there."""
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        start = str(QSettings().value(f"{SETTINGS}/folder", documents))
        folder = QFileDialog.getExistingDirectory(
            self.parent(), self.tr("An empty folder for the practice watershed"), start
        )
        if folder:
            QSettings().setValue(f"{SETTINGS}/folder", folder)
            self.open(Path(folder))

    def open(self, folder: Path) -> None:
        """Open what ``folder`` holds; make it first where it holds no case."""
        if self._task is not None:
            self.said.emit(self.tr("The practice watershed is being made; wait a little."))
        elif (folder / "case.yaml").exists():
            self.opened.emit(str(folder))
        elif folder.exists() and any(folder.iterdir()):
            self.said.emit(
                self.tr("{}: the folder holds other files. Choose an empty one.").format(folder.name)
            )
        else:
            self._make(folder)

    def _make(self, folder: Path) -> None:
        algorithm = QgsApplication.processingRegistry().createAlgorithmById("qingliu:trainingwatershed")
        log, context = Log(), QgsProcessingContext()
        context.setProject(QgsProject.instance())
        values = {"SEED": SEED, "AREA_KM2": AREA_KM2, "OUTPUT_FOLDER": str(folder)}
        task = QgsProcessingAlgRunnerTask(algorithm, values, context, log)
        task.executed.connect(lambda ok, results: self._made(folder, ok, log))
        self._task, self._held = task, (algorithm, context, log)
        self.said.emit(self.tr("Making the practice watershed …"))
        QgsApplication.taskManager().addTask(task)

    def _made(self, folder: Path, ok: bool, log: Log) -> None:
        self._task, self._held = None, ()
        if ok:
            self.opened.emit(str(folder))
        else:
            reason = "\n".join(log.errors) or self.tr("cancelled")
            self.said.emit(self.tr("The practice watershed was not made: {}").format(reason))
