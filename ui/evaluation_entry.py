"""Entering a number, a judgement or an absence for an indicator, or source and year of a layer (7.0.2).

A judgement and an absence ask for statement, evidence, person and date; a number for unit, source and year.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from pathlib import Path
from typing import Any, Dict, Optional, Sequence

from qgis.PyQt.QtCore import QDate, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDateEdit,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from ..core.evaluation import InputRow
from ..core.evaluation.entries import ABSENT, BOOLEAN, NUMBER, TEXT, EntryKind
from ..core.evaluation.units import factor
from ..core.standard import default_edition
from .evaluation_words import unit_words
from .evaluation_work import Entry

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
PROOF = ("statement", "evidence", "person", "date")


class EntryForm(QGroupBox):
    """One entry of ``indicator_input``, or the origin of layers. ``saved`` and ``origin_saved`` carry what was said."""

    saved = pyqtSignal(object)  # Entry
    origin_saved = pyqtSignal(object, object)  # layers, {"source", "year"}

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluation_entry")
        self.number = 0
        self.kind: Optional[EntryKind] = None
        self.uuid = ""
        self.layers: Sequence[str] = ()
        self.attached: Optional[Path] = None
        self._make()
        self.setVisible(False)

    def _make(self) -> None:
        self.value, self.unit, self.source, self.year = (
            _line(n) for n in ("value", "unit", "source", "year")
        )
        self.person, self.evidence = _line("person"), _line("evidence")
        self.answer, self.choice = QComboBox(), QComboBox()
        self.answer.setObjectName("evaluation_entry_answer")
        self.choice.setObjectName("evaluation_entry_choice")
        self.answer.addItem(self.tr("not judged"), None)
        self.answer.addItem(self.tr("met"), 1.0)
        self.answer.addItem(self.tr("not met"), 0.0)
        self.statement = QPlainTextEdit()
        self.statement.setObjectName("evaluation_entry_statement")
        self.statement.setFixedHeight(54)
        self.day = QDateEdit()
        self.day.setObjectName("evaluation_entry_date")
        self.day.setCalendarPopup(True)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.fault = QLabel()
        self.fault.setObjectName("evaluation_entry_fault")
        self.fault.setWordWrap(True)
        self.fault.setStyleSheet("color: #b3261e")
        self.save_button = _button("evaluation_entry_save", self.tr("Save"))
        self.cancel_button = _button("evaluation_entry_cancel", self.tr("Cancel"))
        self.attach_button = _button("evaluation_entry_attach", self.tr("Attach …"))
        self.save_button.clicked.connect(self.submit)
        self.cancel_button.clicked.connect(self.hide)
        self.attach_button.clicked.connect(self._ask_file)
        self._lay_out()

    def _lay_out(self) -> None:
        self.rows: Dict[str, tuple[QLabel, QWidget]] = {}
        form = QFormLayout(self)
        form.setContentsMargins(6, 6, 6, 6)
        form.setVerticalSpacing(2)  # rows that are hidden keep their spacing
        evidence = QWidget()
        beside = QHBoxLayout(evidence)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.evidence, 1)
        beside.addWidget(self.attach_button)
        for name, label, widget in (
            ("answer", self.tr("Judgement"), self.answer), ("choice", self.tr("Value"), self.choice),
            ("value", self.tr("Value"), self.value), ("unit", self.tr("Unit"), self.unit),
            ("source", self.tr("Source"), self.source), ("year", self.tr("Statistical year"), self.year),
            ("statement", self.tr("Statement"), self.statement), ("evidence", self.tr("Evidence"), evidence),
            ("person", self.tr("Person"), self.person), ("date", self.tr("Date"), self.day),
        ):  # fmt: skip
            shown = QLabel(label)
            form.addRow(shown, widget)
            self.rows[name] = (shown, widget)
        form.addRow(self.fault)
        buttons = QHBoxLayout()
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        form.addRow(buttons)

    # -- showing ---------------------------------------------------------------
    def ask(self, number: int, kind: EntryKind, known: InputRow | None, year: int) -> None:
        """Show the form for an entry: the one that is there, or an empty one with the year that would hold."""
        self.number, self.kind, self.layers, self.attached = number, kind, (), None
        self.uuid = known.uuid if known is not None and not known.uuid.startswith("row-") else ""
        self.setTitle(f"{number}. {kind.label}")
        asked = {
            NUMBER: ("value", "unit", "source", "year"),
            TEXT: ("choice", "source", "year") if kind.choices else ("value", "source", "year"),
            BOOLEAN: ("answer", "source", "year", *PROOF),
            ABSENT: ("answer", "source", "year", *PROOF),
        }[kind.kind]
        self._only(asked)
        absent = kind.kind == ABSENT
        for place, answer in (
            (1, (self.tr("met"), self.tr("yes"))),
            (2, (self.tr("not met"), self.tr("no"))),
        ):
            self.answer.setItemText(place, answer[absent])
        self.rows["answer"][0].setText(
            self.tr("Proven that there is none") if absent else self.tr("Judgement")
        )
        self._fill(kind, known, year)
        self.setVisible(True)

    def ask_origin(self, title: str, layers: Sequence[str], source: str, year: int) -> None:
        """Show the form for source and year of layers."""
        self.kind, self.layers, self.attached = None, tuple(layers), None
        self.setTitle(title)
        self._only(("source", "year"))
        self.source.setText(source)
        self.year.setText(str(year))
        self.fault.clear()
        self.setVisible(True)

    def _only(self, names: Sequence[str]) -> None:
        for name, pair in self.rows.items():
            for widget in pair:
                widget.setVisible(name in names)

    def _fill(self, kind: EntryKind, known: InputRow | None, year: int) -> None:
        row = known or InputRow(self.number, kind.key)
        written = row.text if kind.kind == TEXT else ("" if row.value is None else f"{row.value:.12g}")
        self.value.setText(written or "")
        self.unit.setText(row.unit or _written(kind.unit))
        self.source.setText(row.source or "")
        self.year.setText(str(row.year if row.year is not None else (year if known is None else "")))
        self.statement.setPlainText(row.statement or "")
        self.evidence.setText(row.evidence or "")
        self.person.setText(row.person or "")
        day = QDate.fromString(str(row.date or "")[:10], "yyyy-MM-dd")
        self.day.setDate(day if day.isValid() else QDate.currentDate())
        self.choice.clear()
        self.choice.addItems(list(kind.choices))
        self.choice.setCurrentIndex(max(0, self.choice.findText(row.text or "")))
        said = row.value if kind.kind == BOOLEAN else ({True: 1.0, False: 0.0}.get(bool(row.proven_absent)))
        self.answer.setCurrentIndex(max(0, self.answer.findData(said if known is not None else None)))
        self.fault.clear()

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Evidence"))
        if path:
            self.attach(Path(path))

    def attach(self, path: Path) -> None:
        """A file to be copied beside the survey when the entry is saved."""
        self.attached = path
        self.evidence.setText(path.name)

    # -- saving ----------------------------------------------------------------
    def submit(self) -> None:
        """Say what was entered, or what of it cannot be."""
        found = self.entered()
        if found is None:
            return
        if self.kind is None:
            self.origin_saved.emit(self.layers, found)
        else:
            self.saved.emit(Entry(self.number, {"key": self.kind.key, **found}, self.uuid, self.attached))

    def entered(self) -> Dict[str, Any] | None:
        """The fields of the row; None where one of them cannot be read, and the form says which."""
        faults = []
        values: Dict[str, Any] = {"source": self.source.text().strip() or None}
        values["year"] = _whole(self.year.text())
        if self.year.text().strip() and values["year"] is None:
            faults.append(self.tr("{} is no year.").format(self.year.text()))
        if self.kind is not None:
            values.update(self._of_kind(self.kind, faults))
        self.fault.setText(" ".join(faults))
        return None if faults else values

    def _of_kind(self, kind: EntryKind, faults: list[str]) -> Dict[str, Any]:
        if kind.kind == NUMBER:
            value = _number(self.value.text())
            if value is None and self.value.text().strip():
                faults.append(self.tr("{} is no number.").format(self.value.text()))
            return {"value": value, "unit": self.unit.text().strip() or None}
        if kind.kind == TEXT:
            return {
                "text": (self.choice.currentText() if kind.choices else self.value.text()).strip() or None
            }
        said = self.answer.currentData()
        proof = {
            "statement": self.statement.toPlainText().strip() or None,
            "evidence": self.evidence.text().strip() or None,
            "person": self.person.text().strip() or None,
            "date": dt.date(
                self.day.date().year(), self.day.date().month(), self.day.date().day()
            ).isoformat(),
        }
        if kind.kind == ABSENT:
            return {**proof, "value": 0.0 if said == 1.0 else None, "proven_absent": said == 1.0}
        return {**proof, "value": said}


def _line(name: str) -> QLineEdit:
    made = QLineEdit()
    made.setObjectName(f"evaluation_entry_{name}")
    return made


def _button(name: str, label: str) -> QPushButton:
    made = QPushButton(label)
    made.setObjectName(name)
    return made


def _written(unit: str | None) -> str:
    """The unit as people write it, where the evaluation reads it so."""
    words = unit_words(default_edition(), unit)
    return words if factor(words, unit) == 1.0 else unit or ""


def _number(text: str) -> float | None:
    """A number as people write it, with thousands apart; a comma is never taken for a decimal point."""
    written = text.strip().replace("，", ",")
    if _THOUSANDS.fullmatch(written):
        written = written.replace(",", "")
    try:
        found = float(written)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _whole(text: str) -> int | None:
    found = text.strip()
    return int(found) if found.isdigit() and len(found) == 4 else None
