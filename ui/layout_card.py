"""The card of one measure: what it is, whose it is, what keeps it in order (5.1.2, 8.1 to 8.7).

Status, receiving water and name stand in the measure's row; owner, user, manager, the day of completion
and, for the rows 其他, name, unit and clause stand on its card, as does what the rules ask of the measure itself:
the kind of bank protection, the size of a dam, its material, the use of a ditch.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.language import current
from ..core.layoutplan.maintenance import Holder, Round, Task, card
from ..core.layoutplan.quantities import counted_in
from ..core.siting.model import DUTY, PASS, Confirmation, Finding
from ..core.siting.questions import words_of
from ..core.siting.rules import rules_of
from ..core.standard import Edition, text
from ..layers.schema import code_lists
from .layout_boards import has_board
from .layout_ledger import item_from
from .layout_session import Placed
from .layout_words import sentence, translate

FINDING = int(Qt.ItemDataRole.UserRole) + 1
ROW_FIELDS = ("name", "status", "receiving")
CHOICES = ("receiving", "protection", "dam_class", "material", "ditch_use")
"""What one word says of a measure, chosen from the words that siting.yaml gives for it."""


_BY_PROTECTION = ("ecological_slope_protection", "bank_treatment")
"""Measures that are engineering works or not by their kind of protection (5.2.3-2)."""


class CardPanel(QWidget):
    """The chosen measure; entries are one action each."""

    entered = pyqtSignal(str, str)  # field, value
    sign_wanted = pyqtSignal(object)
    withdraw_wanted = pyqtSignal(object)
    done_wanted = pyqtSignal(str)  # a maintenance duty was done
    board_wanted = pyqtSignal()

    def __init__(self, edition: Edition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edition = edition
        self.row: Placed | None = None
        self.lines: Dict[str, QLineEdit] = {}
        self.choices: Dict[str, QComboBox] = {}
        self._filling = False
        self._make()
        self.show_nothing()

    def _make(self) -> None:
        self.title = QLabel()
        self.title.setObjectName("layout_card_title")
        self.title.setWordWrap(True)
        self.status = QComboBox()
        self.status.setObjectName("layout_card_status")
        for item in code_lists().get("measure_status", ()):
            self.status.addItem(item.zh if current() == "zh" else item.en, item.code)
        self.status.activated.connect(lambda _: self._tell("status", str(self.status.currentData())))
        self.form = QFormLayout()
        self.form.addRow(self.tr("Status"), self.status)
        for key, label in self._labels():
            self._add_line(key, label)
        for key in CHOICES:
            self._add_choice(key)
        self.duties = _table(
            "layout_duties", [self.tr("Clause"), self.tr("To be confirmed by a person"), self.tr("Signed")]
        )
        self.tick = _button("layout_tick", self.tr("Tick …"))
        self.untick = _button("layout_untick", self.tr("Withdraw"))
        self.tick.clicked.connect(lambda: self._send(self.sign_wanted))
        self.untick.clicked.connect(lambda: self._send(self.withdraw_wanted))
        self.care = _table(
            "layout_care", [self.tr("Clause"), self.tr("Maintenance"), self.tr("Due"), self.tr("State")]
        )
        self.care_done = _button("layout_care_done", self.tr("Done today …"))
        self.care_done.clicked.connect(self._done)
        self.board = _button("layout_board_open", self.tr("Text of the board …"))
        self.board.setToolTip(
            self.tr("Sign board of the watershed (5.2.2-3), notice board of a plant (8.5.2)")
        )
        self.board.clicked.connect(lambda: self.board_wanted.emit())
        self._lay_out()

    def _labels(self) -> Sequence[Tuple[str, str]]:
        return (
            ("name", self.tr("Name")),
            ("other_name", self.tr("Measure (other)")), ("other_unit", self.tr("Unit (other)")),
            ("other_clause", self.tr("Clause (other)")), ("owner", self.tr("Owner")), ("user", self.tr("User")),
            ("manager", self.tr("Manager")), ("completed", self.tr("Completed on (yyyy-mm-dd)")),
        )  # fmt: skip

    def _add_line(self, key: str, label: str) -> None:
        line = self.lines[key] = QLineEdit()
        line.setObjectName(f"layout_card_{key}")
        line.editingFinished.connect(lambda k=key: self._tell(k, self.lines[k].text().strip()))
        self.form.addRow(label, line)

    def _add_choice(self, key: str) -> None:
        attribute = self.edition.siting.attribute(key)
        if attribute is None:
            return
        box = self.choices[key] = QComboBox()
        box.setObjectName(f"layout_card_{key}")
        box.addItem("–", "")
        for value in attribute.values:
            box.addItem(text(value), value.key)
        box.activated.connect(lambda _, k=key: self._tell(k, str(self.choices[k].currentData() or "")))
        self.form.addRow(text(attribute), box)

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 4, 0)
        column.addLayout(self.form)
        self.duties_title = QLabel(self.tr("Duties that no layer can tell (ticked with name and date)"))
        column.addWidget(self.duties_title)
        column.addWidget(self.duties)
        column.addLayout(_beside(self.tick, self.untick))
        self.care_title = QLabel(self.tr("Maintenance (chapter 8; the intervals are ours)"))
        column.addWidget(self.care_title)
        column.addWidget(self.care)
        column.addLayout(_beside(self.care_done))
        column.addLayout(_beside(self.board))
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addWidget(self.title)
        whole.addWidget(self.area, 1)

    # -- filling ----------------------------------------------------------
    def show_nothing(self) -> None:
        """No measure is chosen."""
        self.row = None
        self.title.setText(self.tr("Choose a measure on the map or in the list of findings."))
        self.area.setVisible(False)

    def show_measure(
        self,
        row: Placed,
        kept: Mapping[str, str],
        findings: Sequence[Finding],
        rounds: Sequence[Round],
        number: str,
    ) -> None:
        """Fill the card; ``kept`` holds its own entries, ``number`` its plot number if it has one."""
        self.row = row
        self._filling = True
        measure = self.edition.measures.get(row.measure)
        named = text(measure, "name") if measure is not None else row.measure
        zone = text(self.edition.zones[measure.zone]) if measure is not None else ""
        units = ", ".join(q.unit for q in counted_in(item_from(row, kept), self.edition))
        head = f"<b>{named}</b> · {zone}" + (f" · {units}" if units else "")
        self.title.setText(head + (f" · {self.tr('plot')} {number}" if number else ""))
        self.status.setCurrentIndex(max(0, self.status.findData(row.status)))
        other = measure is not None and measure.placeholder
        for key, line in self.lines.items():
            value = row.values.get(key) if key in ROW_FIELDS else kept.get(key)
            line.setText("" if value is None else str(value))
            self._show_line(line, other or not key.startswith("other_"))
        self._show_choices(row, kept)
        self._show_duties(findings)
        self._show_care(row, kept, rounds)
        self.board.setVisible(has_board(row.measure, self.edition))
        self.area.setVisible(True)
        self._filling = False

    def _show_choices(self, row: Placed, kept: Mapping[str, str]) -> None:
        """What the measure's rules ask of itself; a word that is none of the choices is shown as it is."""
        rules = rules_of(self.edition, row.measure) if row.measure in self.edition.measures else ()
        asked = {test.attr for rule in rules for test in rule.tests()}
        if asked & {"works"} and row.measure in _BY_PROTECTION:
            asked.add("protection")
        for key, box in self.choices.items():
            value = str((row.values.get(key) if key in ROW_FIELDS else kept.get(key)) or "")
            attribute = self.edition.siting.attribute(key)
            known = words_of(attribute) if attribute is not None else {}
            place = box.findData(known.get(value.lower(), value))
            if place < 0:
                box.addItem(value, value)
                place = box.count() - 1
            box.setCurrentIndex(place)
            self._show_line(box, key in asked)

    def _show_line(self, line: QWidget, shown: bool) -> None:
        line.setVisible(shown)
        label = self.form.labelForField(line)
        if label is not None:
            label.setVisible(shown)

    def _show_duties(self, findings: Sequence[Finding]) -> None:
        own = [f for f in findings if f.verdict == DUTY or (f.verdict == PASS and f.confirmed is not None)]
        self.duties.setRowCount(len(own))
        for line, finding in enumerate(own):
            cells = (finding.clause, sentence(finding), _signature(finding.confirmed))
            _fill(self.duties, line, cells, finding)
        _fit(self.duties)
        for widget in (self.duties_title, self.duties, self.tick, self.untick):
            widget.setVisible(bool(own))

    def _show_care(self, row: Placed, kept: Mapping[str, str], rounds: Sequence[Round]) -> None:
        completed = day_of(kept.get("completed", ""))
        holder = Holder(kept.get("owner", ""), kept.get("user", ""), kept.get("manager", ""), "", completed)
        tasks: Sequence[Task] = ()
        if row.measure in self.edition.measures:
            tasks = card(self.edition, row.uuid, row.measure, holder, date.today(), rounds).tasks
        self.care.setRowCount(len(tasks))
        for line, task in enumerate(tasks):
            due = task.due.isoformat() if task.due is not None else "–"
            cells = (task.duty.clause, text(task.duty), due, _state(task.state))
            _fill(self.care, line, cells, task.duty.key)
        _fit(self.care)
        for widget in (self.care_title, self.care, self.care_done):
            widget.setVisible(bool(tasks))

    # -- entries ----------------------------------------------------------
    def _tell(self, key: str, value: str) -> None:
        if not self._filling and self.row is not None:
            self.entered.emit(key, value)

    def _send(self, signal: Any) -> None:
        item = self.duties.item(self.duties.currentRow(), 0)
        if item is not None:
            signal.emit(item.data(FINDING))

    def _done(self) -> None:
        item = self.care.item(self.care.currentRow(), 0)
        if item is not None:
            self.done_wanted.emit(str(item.data(FINDING)))


def day_of(words: str) -> date | None:
    """A day written yyyy-mm-dd, None where it is none."""
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _signature(kept: Confirmation | None) -> str:
    return "" if kept is None else f"{kept.person} {kept.date}"


def _state(state: str) -> str:
    return {
        "overdue": translate("LayoutDock", "overdue"),
        "due": translate("LayoutDock", "due now"),
        "done": translate("LayoutDock", "done"),
        "waiting": translate("LayoutDock", "not yet"),
    }.get(state, state)


def _fill(table: QTableWidget, line: int, cells: Sequence[str], data: Any) -> None:
    for column, cell in enumerate(cells):
        item = QTableWidgetItem(cell)
        item.setToolTip(cell)
        if column == 0:
            item.setData(FINDING, data)
        table.setItem(line, column, item)


def _fit(table: QTableWidget) -> None:
    table.resizeRowsToContents()
    heights = [table.rowHeight(i) for i in range(table.rowCount())]
    table.setFixedHeight(min(300, sum(heights) + table.horizontalHeader().sizeHint().height() + 6))


def _table(name: str, heads: List[str]) -> QTableWidget:
    table = QTableWidget(0, len(heads))
    table.setObjectName(name)
    table.setHorizontalHeaderLabels(heads)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setWordWrap(True)
    table.verticalHeader().setVisible(False)
    table.horizontalHeader().resizeSection(0, 88)
    table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    return table


def _button(name: str, label: str) -> QPushButton:
    button = QPushButton(label)
    button.setObjectName(name)
    return button


def _beside(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    for widget in widgets:
        line.addWidget(widget)
    line.addStretch(1)
    return line
