"""Name, unit and clause of a measure under one of the rows 其他 of table B.1."""

from __future__ import annotations

from typing import Dict, NamedTuple

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ..core.layoutplan.palette import Offer
from ..core.standard import Edition, text
from .layout_palette import offer_name

translate = QCoreApplication.translate
UNITS = ("hm2", "m", "km", "处", "座", "个")


class Other(NamedTuple):
    """What the designer says of an "other" measure."""

    name: str
    unit: str
    clause: str

    def card(self) -> Dict[str, str]:
        """Its entries on the measure's card."""
        return {"other_name": self.name, "other_unit": self.unit, "other_clause": self.clause}


class OtherDialog(QDialog):
    """Asks for the three; what a clause names brings its own name and clause."""

    def __init__(self, edition: Edition, offer: Offer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layout_other_dialog")
        measure = edition.measure(offer.measure)
        self.setWindowTitle(text(measure, "name"))
        self.edition = edition
        told = QLabel(
            translate(
                "LayoutDock",
                "A measure without a row of its own in table B.1: name it, give its unit and its clause.",
            )
        )
        told.setWordWrap(True)
        self.name = QLineEdit(offer_name(edition, offer) if offer.text is not None else "")
        self.name.setObjectName("layout_other_name")
        self.unit = QComboBox()
        self.unit.setObjectName("layout_other_unit")
        self.unit.setEditable(True)
        self.unit.addItems(UNITS)
        self.clause = QLineEdit(offer.text.clause if offer.text is not None else "")
        self.clause.setObjectName("layout_other_clause")
        self.fault = QLabel()
        self.fault.setStyleSheet("color:#b3261e")
        form = QFormLayout()
        form.addRow(translate("LayoutDock", "Name"), self.name)
        form.addRow(translate("LayoutDock", "Unit"), self.unit)
        form.addRow(translate("LayoutDock", "Clause"), self.clause)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(told)
        column.addLayout(form)
        column.addWidget(self.fault)
        column.addWidget(self.buttons)
        for edit in (self.name, self.clause):
            edit.textChanged.connect(self._check)
        self.unit.editTextChanged.connect(self._check)
        self.resize(420, 220)
        self._check()

    def _check(self, *_: object) -> None:
        found = self.entered()
        unknown = bool(found.clause) and found.clause not in self.edition.clauses
        self.fault.setText(
            translate("LayoutDock", "There is no clause {}.").format(found.clause) if unknown else ""
        )
        whole = bool(found.name and found.unit and found.clause) and not unknown
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(whole)

    def entered(self) -> Other:
        """The three as they stand."""
        return Other(self.name.text().strip(), self.unit.currentText().strip(), self.clause.text().strip())


def ask_other(edition: Edition, offer: Offer, parent: QWidget | None = None) -> Other | None:
    """Name, unit and clause; None where the question is refused."""
    dialog = OtherDialog(edition, offer, parent)
    return dialog.entered() if dialog.exec() == QDialog.DialogCode.Accepted else None
