"""Asking for the stated errors of a survey's lines and classes: they give the intervals of C.1, C.2, C.7 and C.8."""

from __future__ import annotations

from typing import Tuple

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QLabel, QWidget

from ..core.evaluation.uncertainty import Accuracy

translate = QCoreApplication.translate


class ErrorsDialog(QDialog):
    """Standard error of lines (m), the length over which it holds (m), share of wrong classes (%)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluation_errors")
        self.setWindowTitle(translate("ErrorsDialog", "Stated errors"))
        note = QLabel(
            translate("ErrorsDialog", "As stated by whoever made the layers; 0 where nothing is stated.")
        )
        note.setWordWrap(True)
        self.line = _box(0.0, 1000.0, " m")
        self.spacing = _box(Accuracy().vertex_m, 10000.0, " m")
        self.share = _box(0.0, 100.0, " %")
        form = QFormLayout(self)
        form.addRow(note)
        form.addRow(translate("ErrorsDialog", "Standard error of lines"), self.line)
        form.addRow(translate("ErrorsDialog", "A line is off alike over"), self.spacing)
        form.addRow(translate("ErrorsDialog", "Share of polygons with a wrong class"), self.share)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def values(self) -> Tuple[float, float, float]:
        """What was entered."""
        return self.line.value(), self.spacing.value(), self.share.value()


def ask_errors(parent: QWidget) -> Tuple[float, float, float] | None:
    """Ask; None where the user said no."""
    dialog = ErrorsDialog(parent)
    accepted = dialog.exec() if hasattr(dialog, "exec") else dialog.exec_()
    return dialog.values() if accepted else None


def _box(value: float, most: float, suffix: str) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(0.0, most)
    made.setDecimals(2)
    made.setSuffix(suffix)
    made.setValue(value)
    return made
