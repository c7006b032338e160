"""What the rules say of the layout, as a list: filtered by verdict, shown on the map, overridden, ticked (ch. 5, 6).

An override leaves the breach in the list and says who answers for it, when and why; a duty that is ticked is
kept. Both are signed with a name and a date.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import QAbstractTableModel, QDate, QModelIndex, QSettings, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ..core.siting.model import DUTY, ERROR, NOTE, UNKNOWN, WARNING, Finding
from .layout_live import COLOURS
from .layout_notes import Signed, today
from .layout_words import failing_text, role_word, sentence, translate, verdict_word

SHOWN = (ERROR, WARNING, NOTE, UNKNOWN, DUTY)
SETTINGS = "qingliu/layout"


class Line(NamedTuple):
    """A line of the list: the finding, what the measure is called, how much of it fails."""

    finding: Finding
    name: str
    amount: str


class FindingsModel(QAbstractTableModel):
    """The findings that are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: List[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Show these."""
        self.beginResetModel()
        self.lines = list(lines)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else 5

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (
            self.tr("Verdict"), self.tr("Measure"), self.tr("Clause"), self.tr("Failing part"), self.tr("Why"),
        )[section]  # fmt: skip

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        finding = line.finding
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(line, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return _hint(finding)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0:
            return QColor(COLOURS[finding.verdict])
        return None

    def _cell(self, line: Line, column: int) -> str:
        finding = line.finding
        verdict = verdict_word(finding.verdict)
        if finding.breach and finding.confirmed is not None:
            verdict += " ✓"
        return (verdict, line.name, finding.clause, line.amount, sentence(finding))[column]


class FindingsPanel(QWidget):
    """The list with its filters and what can be done with a line."""

    zoom_wanted = pyqtSignal(object)
    sign_wanted = pyqtSignal(object)
    withdraw_wanted = pyqtSignal(object)
    clause_wanted = pyqtSignal(str)
    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: Dict[str, QCheckBox] = {}
        self.summary = QLabel(self.tr("Choose the layers first; then every measure is checked."))
        self.summary.setObjectName("layout_summary")
        self.summary.setWordWrap(True)
        self.missing = QLabel()
        self.missing.setObjectName("layout_missing")
        self.missing.setWordWrap(True)
        self._findings: Mapping[str, Tuple[Finding, ...]] = {}
        self._lacks: Tuple[Finding, ...] = ()
        self._name_of: Callable[[str], str] = str
        self._unit = "hm2"
        self._make_table()
        self._lay_out()

    def _make_table(self) -> None:
        self.model = FindingsModel(self)
        self.table = QTableView()
        self.table.setObjectName("layout_findings")
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setWordWrap(True)
        self.table.verticalHeader().setVisible(False)
        self.table.verticalHeader().setDefaultSectionSize(38)
        header = self.table.horizontalHeader()
        for column, width in enumerate((70, 110, 80, 110)):
            header.resizeSection(column, width)
        header.setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        self.table.selectionModel().currentRowChanged.connect(self._moved)
        self.table.doubleClicked.connect(lambda _: self._send(self.zoom_wanted))

    def _lay_out(self) -> None:
        filters = QGridLayout()
        hidden = str(QSettings().value(f"{SETTINGS}/hidden", DUTY)).split(",")
        for n, verdict in enumerate(SHOWN):
            box = self.boxes[verdict] = QCheckBox(verdict_word(verdict))
            box.setObjectName(f"layout_show_{verdict}")
            box.setChecked(verdict not in hidden)
            box.toggled.connect(self._filtered)
            filters.addWidget(box, n // 3, n % 3)
        self.zoom = _button("layout_zoom", self.tr("Show"), self)
        self.sign = _button("layout_sign", self.tr("Override …"), self)
        self.withdraw = _button("layout_withdraw", self.tr("Withdraw"), self)
        self.clause = _button("layout_clause", self.tr("Clause"), self)
        self.zoom.clicked.connect(lambda: self._send(self.zoom_wanted))
        self.sign.clicked.connect(lambda: self._send(self.sign_wanted))
        self.withdraw.clicked.connect(lambda: self._send(self.withdraw_wanted))
        self.clause.clicked.connect(self._clause)
        buttons = QHBoxLayout()
        for button in (self.zoom, self.sign, self.withdraw, self.clause):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.full = QLabel()
        self.full.setObjectName("layout_finding_text")
        self.full.setWordWrap(True)
        self.full.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        for part in (self.summary, filters, self.table, self.full, buttons, self.missing):
            if isinstance(part, QWidget):
                column.addWidget(part, 1 if part is self.table else 0)
            else:
                column.addLayout(part)
        self._enable()

    # -- filling ----------------------------------------------------------
    def show_findings(
        self,
        findings: Mapping[str, Tuple[Finding, ...]],
        missing: Mapping[str, int],
        name_of: Callable[[str], str],
        unit: str,
        lacks: Tuple[Finding, ...] = (),
    ) -> None:
        """List the findings of all measures and of the layout as a whole (``lacks``).

        ``missing``: roles that lack, with the number of rules.
        """
        self._findings, self._name_of, self._unit, self._lacks = findings, name_of, unit, lacks
        self._tell_missing(missing)
        self._fill()

    def _filtered(self) -> None:
        hidden = [v for v, box in self.boxes.items() if not box.isChecked()]
        QSettings().setValue(f"{SETTINGS}/hidden", ",".join(hidden))
        self._fill()

    def _fill(self) -> None:
        now = self.current()
        every = [*self._lacks, *(f for own in self._findings.values() for f in own)]
        counts = {v: sum(f.verdict == v for f in every) for v in SHOWN}
        for verdict, box in self.boxes.items():
            box.setText(f"{verdict_word(verdict)} ({counts[verdict]})")
        wanted = {v for v, box in self.boxes.items() if box.isChecked()}
        order = {v: n for n, v in enumerate(SHOWN)}
        shown = sorted(
            (f for f in every if f.verdict in wanted),
            key=lambda f: (
                order[f.verdict],
                not f.measure_uuid,
                -(f.failing_area_m2 or 0),
                -(f.failing_length_m or 0),
            ),  # what was drawn comes before what is still to be drawn
        )
        self.model.show([Line(f, self._name_of(f.measure_uuid), failing_text(f, self._unit)) for f in shown])
        self._summarise(len(self._findings), counts)
        if now is not None:
            self.choose(now.measure_uuid, now.rule_id)
        self._enable()

    def _summarise(self, measures: int, counts: Mapping[str, int]) -> None:
        if not measures:
            self.summary.setText(self.tr("No measures yet: pick one of the palette and draw it."))
            return
        words = self.tr("{} measures checked: {} errors, {} warnings, {} unknown, {} to confirm.")
        self.summary.setText(
            words.format(measures, counts[ERROR], counts[WARNING], counts[UNKNOWN], counts[DUTY])
        )

    def _tell_missing(self, missing: Mapping[str, int]) -> None:
        named = ", ".join(f"{role_word(r)} ({n})" for r, n in missing.items())
        words = self.tr("Not known for want of a layer or column (number of rules): {}")
        self.missing.setText(words.format(named) if named else "")
        self.missing.setVisible(bool(named))

    # -- the chosen line ----------------------------------------------------------
    def current(self) -> Finding | None:
        """The finding that is chosen."""
        index = self.table.currentIndex()
        return self.model.lines[index.row()].finding if index.isValid() else None

    def choose(self, uuid: str, rule_id: str = "") -> bool:
        """Choose a measure's finding; False where it is not in the list."""
        for row, line in enumerate(self.model.lines):
            if line.finding.measure_uuid == uuid and rule_id in ("", line.finding.rule_id):
                self.table.setCurrentIndex(self.model.index(row, 0))
                return True
        return False

    def _moved(self, *_: object) -> None:
        self._enable()
        finding = self.current()
        self.full.setText(_hint(finding) if finding is not None else "")
        if finding is not None:
            self.chosen.emit(finding.measure_uuid)

    def _enable(self) -> None:
        finding = self.current()
        placed = finding is not None and bool(finding.measure_uuid or finding.failing)
        self.zoom.setEnabled(placed)
        self.clause.setEnabled(finding is not None)
        signable = finding is not None and (finding.breach or finding.verdict == DUTY)
        self.sign.setEnabled(signable)
        self.withdraw.setEnabled(finding is not None and finding.confirmed is not None)
        duty = finding is not None and finding.verdict == DUTY
        whole = finding is not None and not finding.measure_uuid
        words = self.tr("Give a reason …") if whole else self.tr("Override …")
        self.sign.setText(self.tr("Tick …") if duty else words)

    def _send(self, signal: Any) -> None:
        finding = self.current()
        if finding is not None:
            signal.emit(finding)

    def _clause(self) -> None:
        finding = self.current()
        if finding is not None:
            self.clause_wanted.emit(f"clause:{finding.clause}")


class SignDialog(QDialog):
    """A name and a date under a decision; a reason where a rule is broken."""

    def __init__(self, title: str, words: str, *, needs_reason: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layout_sign_dialog")
        self.setWindowTitle(title)
        self.needs_reason = needs_reason
        told = QLabel(words)
        told.setWordWrap(True)
        self.reason = QPlainTextEdit()
        self.reason.setObjectName("layout_sign_reason")
        self.reason.setFixedHeight(70)
        self.name = QLineEdit(str(QSettings().value(f"{SETTINGS}/signs_as", "")))
        self.name.setObjectName("layout_sign_name")
        self.date = QDateEdit(QDate.fromString(today(), Qt.DateFormat.ISODate))
        self.date.setObjectName("layout_sign_date")
        self.date.setCalendarPopup(True)
        self.date.setDisplayFormat("yyyy-MM-dd")
        form = QFormLayout()
        label = translate("LayoutDock", "Reason") if needs_reason else translate("LayoutDock", "Remark")
        form.addRow(label, self.reason)
        form.addRow(translate("LayoutDock", "Name"), self.name)
        form.addRow(translate("LayoutDock", "Date"), self.date)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(told)
        column.addLayout(form)
        column.addWidget(self.buttons)
        self.reason.textChanged.connect(self._enable)
        self.name.textChanged.connect(self._enable)
        self.resize(440, 260)
        self._enable()

    def _enable(self) -> None:
        whole = bool(self.name.text().strip())
        whole = whole and (not self.needs_reason or bool(self.reason.toPlainText().strip()))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(whole)

    def signed(self) -> Signed:
        """What was entered; the name is offered next time."""
        name = self.name.text().strip()
        QSettings().setValue(f"{SETTINGS}/signs_as", name)
        day = self.date.date().toString(Qt.DateFormat.ISODate)
        return Signed(self.reason.toPlainText().strip(), name, day)


def ask_signature(
    title: str, words: str, *, needs_reason: bool, parent: QWidget | None = None
) -> Optional[Signed]:
    """A signature, None where it is refused."""
    dialog = SignDialog(title, words, needs_reason=needs_reason, parent=parent)
    return dialog.signed() if dialog.exec() == QDialog.DialogCode.Accepted else None


def _hint(finding: Finding) -> str:
    lines = [sentence(finding)]
    if finding.confirmed is not None:
        kept = finding.confirmed
        words = translate("LayoutDock", "Signed by {} on {}: {}")
        lines.append(words.format(kept.person, kept.date, kept.reason or "–"))
    return "\n".join(lines)


def _button(name: str, label: str, parent: QWidget) -> QPushButton:
    button = QPushButton(label, parent)
    button.setObjectName(name)
    return button
