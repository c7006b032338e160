"""Two evaluations side by side: before, planned, as built, or schemes of two surveys (7.0.2, 较之前)."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.evaluation import Evaluation, IndicatorRow
from ..core.evaluation.scale import said
from ..core.standard import Edition, text
from . import evaluation_words as words

GAIN, LOSS = QColor("#1f6f43"), QColor("#b3261e")


class Line(NamedTuple):
    """An indicator of both evaluations; one is None where it was not evaluated for the type."""

    number: int
    before: Optional[IndicatorRow]
    after: Optional[IndicatorRow]

    @property
    def gain(self) -> Optional[float]:
        """How much the margin grew, positive = better."""
        margins = [r.margin if r is not None else None for r in (self.before, self.after)]
        return None if margins[0] is None or margins[1] is None else round(margins[1] - margins[0], 9)

    @property
    def differs(self) -> bool:
        """Whether value or state differ, being within the error counted."""
        sides = [
            (said(r), r.value_num, r.value_text) if r is not None else None for r in (self.before, self.after)
        ]
        return sides[0] != sides[1]


def lines_of(before: Evaluation, after: Evaluation, type_key: str) -> List[Line]:
    """Both evaluations for a type, indicator by indicator."""
    one, other = ({r.number: r for r in e.of(type_key)} for e in (before, after))
    return [Line(n, one.get(n), other.get(n)) for n in sorted({*one, *other})]


class ComparePanel(QWidget):
    """Chooses two evaluations and shows where they differ."""

    keep_wanted = pyqtSignal()
    other_wanted = pyqtSignal()
    forget_wanted = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.known: Dict[str, Evaluation] = {}
        self.edition: Edition | None = None
        self.type = ""
        self.chosen: Dict[str, str] = {}  # by a person, box by box
        self.lines: List[Line] = []
        self.before, self.after = QComboBox(), QComboBox()
        self.before.setObjectName("evaluation_before")
        self.after.setObjectName("evaluation_after")
        self.only = QCheckBox(self.tr("Only what differs"))
        self.only.setObjectName("evaluation_only")
        self.keep_button = _button("evaluation_keep", self.tr("Keep this evaluation …"))
        self.other_button = _button("evaluation_other", self.tr("Evaluate another survey …"))
        self.forget_button = _button("evaluation_forget", self.tr("Remove"))
        self.verdicts = QLabel()
        self.verdicts.setObjectName("evaluation_verdicts")
        self.verdicts.setWordWrap(True)
        self.table = QTableWidget(0, 5)
        self.table.setObjectName("evaluation_differences")
        self.table.verticalHeader().setVisible(False)
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._lay_out()
        for box in (self.before, self.after):
            box.currentIndexChanged.connect(lambda _: self._show())
            box.activated.connect(lambda _, b=box: self.chosen.update({b.objectName(): b.currentData()}))
        self.only.toggled.connect(lambda _: self._show())
        self.keep_button.clicked.connect(lambda _: self.keep_wanted.emit())
        self.other_button.clicked.connect(lambda _: self.other_wanted.emit())
        self.forget_button.clicked.connect(lambda _: self.forget_wanted.emit(self.before.currentData() or ""))

    def _lay_out(self) -> None:
        top, buttons = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.before, 1)
        top.addWidget(QLabel("→"))
        top.addWidget(self.after, 1)
        for widget in (self.keep_button, self.other_button, self.forget_button, self.only):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(buttons)
        column.addLayout(top)
        column.addWidget(self.verdicts)
        column.addWidget(self.table, 1)

    def offer(self, known: Dict[str, Evaluation], edition: Edition, type_key: str) -> None:
        """The evaluations that can be compared, by name, the current one last; their choice stays."""
        self.known, self.edition, self.type = known, edition, type_key
        names = list(known)
        for box, place in ((self.before, 0), (self.after, len(names) - 1)):
            own = self.chosen.get(box.objectName())
            box.blockSignals(True)
            box.clear()
            for name in names:
                box.addItem(name, name)
            found = box.findData(own) if own else -1
            box.setCurrentIndex(found if found >= 0 else place)
            box.blockSignals(False)
        self._show()

    def _show(self) -> None:
        one, other = (self.known.get(b.currentData() or "") for b in (self.before, self.after))
        self.table.setRowCount(0)
        self.lines = []
        if one is None or other is None or self.edition is None:
            return
        if len(self.known) < 2:
            self.verdicts.setText(
                self.tr("Keep this evaluation (before treatment, as planned, as built), or evaluate another survey, "
                        "and compare it with a later one.")
            )  # fmt: skip
            return
        self.lines = [x for x in lines_of(one, other, self.type) if x.differs or not self.only.isChecked()]
        self._say_verdicts(one, other)
        self._fill()

    def _say_verdicts(self, one: Evaluation, other: Evaluation) -> None:
        parts = [
            f"{e.date.isoformat()}: {words.verdict_words(e.verdicts.get(self.type, ''))}"
            for e in (one, other)
        ]
        differ = sum(1 for x in self.lines if x.differs)
        note = self.tr("{} indicators differ.").format(differ)
        if one.edition != other.edition:
            note += " " + self.tr("They were made by different editions: {}, {}.").format(
                one.edition, other.edition
            )
        self.verdicts.setText(" → ".join(parts) + " · " + note)

    def _fill(self) -> None:
        edition = self.edition
        if edition is None:
            return
        self.table.setHorizontalHeaderLabels(
            [self.tr("Indicator"), self.tr("Before"), self.tr("After"), self.tr("Gain"), self.tr("State")]
        )
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.setRowCount(len(self.lines))
        for place, line in enumerate(self.lines):
            row = line.after or line.before
            unit = row.unit if row is not None else None
            name = text(edition.indicators[line.number], "name") if line.number in edition.indicators else ""
            states = [words.state_words(said(r)) if r is not None else "–" for r in (line.before, line.after)]
            gain = (
                "–"
                if line.gain is None
                else ("+" if line.gain > 0 else "") + words.number_words(edition, line.gain, unit)
            )
            cells = (
                f"{line.number}. {name}",
                words.value_words(edition, line.before) if line.before is not None else "–",
                words.value_words(edition, line.after) if line.after is not None else "–",
                gain, states[0] if states[0] == states[1] else " → ".join(states),
            )  # fmt: skip
            for column, sentence in enumerate(cells):
                self.table.setItem(place, column, self._item(sentence, line, column))

    def _item(self, sentence: str, line: Line, column: int) -> QTableWidgetItem:
        item = QTableWidgetItem(sentence)
        item.setToolTip(sentence)
        if column == 3 and line.gain:
            item.setForeground(GAIN if line.gain > 0 else LOSS)
        if line.differs and column in (0, 4):
            font = item.font()
            font.setBold(True)
            item.setFont(font)
        if column in (1, 2, 3):
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return item


def _button(name: str, label: str) -> QPushButton:
    made = QPushButton(label)
    made.setObjectName(name)
    return made
