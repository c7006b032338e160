"""Evaluations to compare with: kept beside the survey by epoch (before, planned, as built), or schemes read now."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional, Tuple

from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QInputDialog, QWidget

from ..core.errors import QingliuError
from ..core.evaluation import Evaluation
from ..core.evaluation.snapshot import EPOCHS, Kept
from ..layers.surveyevidence import keep, kept_files, read_kept
from . import evaluation_words as words

translate = QCoreApplication.translate


class Epochs(QObject):
    """The evaluations beside a survey, by the name they are shown under."""

    changed = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.home: Optional[Path] = None
        self.known: Dict[str, Evaluation] = {}
        self._files: Dict[str, Path] = {}

    def follow(self, home: Path | None) -> None:
        """Read the evaluations kept beside a survey; one that cannot be read is told and left out."""
        self.home, self.known, self._files = home, {}, {}
        for path in kept_files(home) if home is not None else ():
            try:
                kept = read_kept(path)
            except QingliuError as error:
                self.told.emit(f"{path.name}: {error.text()}")
                continue
            self.known[shown(kept)] = kept.evaluation
            self._files[shown(kept)] = path

    def keep_as(self, kept: Kept) -> None:
        """Keep an evaluation beside the survey."""
        if self.home is None:
            return
        try:
            path = keep(self.home, kept)
        except QingliuError as error:
            self.told.emit(error.text())
            return
        self.known = {n: e for n, e in self.known.items() if self._files.get(n) != path}
        self.add(shown(kept), kept.evaluation)
        self._files[shown(kept)] = path
        self.told.emit(translate("Epochs", "Kept as {}.").format(path.name))

    def add(self, name: str, evaluation: Evaluation) -> None:
        """An evaluation to compare with, for as long as the survey is open."""
        self.known[name] = evaluation
        self.changed.emit()

    def forget(self, name: str) -> None:
        """Remove an evaluation, with its file where it was kept."""
        path = self._files.pop(name, None)
        try:
            if path is not None:
                path.unlink()
        except OSError as error:
            self.told.emit(str(error))
            return
        if self.known.pop(name, None) is not None:
            self.changed.emit()


def shown(kept: Kept) -> str:
    """What a kept evaluation is called in a list."""
    return f"{kept.name} ({words.epoch_words(kept.epoch)}, {kept.evaluation.date.isoformat()})"


def ask_keep(parent: QWidget) -> Tuple[str, str] | None:
    """Name and epoch under which an evaluation is kept; None where the user said no."""
    epochs = [words.epoch_words(e) for e in EPOCHS]
    title = translate("Epochs", "Keep this evaluation")
    chosen, given = QInputDialog.getItem(
        parent, title, translate("Epochs", "It stands for"), epochs, 0, False
    )
    if not given:
        return None
    name, given = QInputDialog.getText(parent, title, translate("Epochs", "Name"), text=chosen)
    return (str(name), EPOCHS[epochs.index(chosen)]) if given else None
