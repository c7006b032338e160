"""Schemes of the layout: kept, opened again, beside each other, merged parcel by parcel (5.1.2)."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.layoutplan.outlook import Outlook
from ..core.layoutplan.schemes import ONLY_FIRST, ONLY_SECOND, ParcelDifference
from ..core.siting.model import DUTY, ERROR, NOTE, UNKNOWN, WARNING
from ..core.standard import Edition, text
from ..layers.layoutplanschemes import SchemeHead
from .layout_compare import CURRENT, Comparison, Facts
from .layout_totals import shown_quantity
from .layout_words import role_word, translate, verdict_word

PARCEL = int(Qt.ItemDataRole.UserRole) + 1
BETTER, WORSE = QColor("#1b5e20"), QColor("#b71c1c")


class SchemesPanel(QWidget):
    """The schemes with what can be done with them, and two of them side by side."""

    keep_wanted = pyqtSignal()
    open_wanted = pyqtSignal(str)
    delete_wanted = pyqtSignal(str)
    compare_wanted = pyqtSignal(str, str)
    merge_wanted = pyqtSignal(object)  # parcels to take from the second
    zoom_wanted = pyqtSignal(object)  # parcel

    def __init__(self, edition: Edition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edition = edition
        self.comparison: Comparison | None = None
        self.pair: Tuple[str, str] = (CURRENT, "")
        self._make()
        self.show_schemes([])

    def _make(self) -> None:
        self.first, self.second = _combo("layout_first"), _combo("layout_second")
        self.keep = _button("layout_keep_scheme", self.tr("Duplicate as a scheme …"))
        self.open = _button("layout_open_scheme", self.tr("Work on it"))
        self.open.setToolTip(
            self.tr("The measures drawn now give way to those of the scheme on the right; undo takes it back")
        )
        self.delete = _button("layout_delete_scheme", self.tr("Delete"))
        self.compare = _button("layout_compare", self.tr("Compare"))
        self.merge = _button("layout_merge", self.tr("Take the ticked parcels from the right"))
        self.told = QLabel()
        self.told.setObjectName("layout_schemes_told")
        self.told.setWordWrap(True)
        self.summary = _table("layout_scheme_summary")
        self.table = _table("layout_scheme_table")
        self.parcels = QTreeWidget()
        self.parcels.setObjectName("layout_scheme_parcels")
        self.parcels.setRootIsDecorated(False)
        self.parcels.setHeaderLabels([self.tr("Parcel"), self.tr("Left"), self.tr("Right")])
        self.parcels.header().resizeSection(0, 130)
        self.parcels.header().resizeSection(1, 170)
        self.keep.clicked.connect(self.keep_wanted)
        self.open.clicked.connect(lambda: self.open_wanted.emit(self._second()))
        self.delete.clicked.connect(lambda: self.delete_wanted.emit(self._second()))
        self.compare.clicked.connect(
            lambda: self.compare_wanted.emit(str(self.first.currentData()), self._second())
        )
        self.merge.clicked.connect(lambda: self.merge_wanted.emit(self.ticked()))
        self.parcels.itemDoubleClicked.connect(lambda i, _: self.zoom_wanted.emit(i.data(0, PARCEL)))
        self.second.currentIndexChanged.connect(self._enable)
        self._lay_out()

    def _lay_out(self) -> None:
        choice = QHBoxLayout()
        choice.addWidget(self.first, 1)
        choice.addWidget(QLabel("↔"))
        choice.addWidget(self.second, 1)
        choice.addWidget(self.compare)
        split = QSplitter(Qt.Orientation.Vertical)
        for widget in (self.summary, self.table, self.parcels):
            split.addWidget(widget)
        split.setSizes([150, 220, 160])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(_beside(self.keep, self.open, self.delete))
        column.addLayout(choice)
        column.addWidget(self.told)
        column.addWidget(split, 1)
        column.addLayout(_beside(self.merge))

    # -- schemes ----------------------------------------------------------
    def show_schemes(self, heads: Sequence[SchemeHead]) -> None:
        """Offer these and the layout as it is drawn."""
        chosen = self._second()
        for box, with_current in ((self.first, True), (self.second, False)):
            box.blockSignals(True)
            before = box.currentData()
            box.clear()
            if with_current:
                box.addItem(self.tr("as drawn now"), CURRENT)
            for head in heads:
                box.addItem(head.name, head.key)
            box.setCurrentIndex(max(0, box.findData(before)) if box.count() else -1)
            box.blockSignals(False)
        if not heads:
            self.told.setText(
                self.tr("Only one layout yet. Duplicate it, change what is drawn, and compare both here.")
            )
        elif chosen == "":
            self.told.setText("")
        self._enable()

    def choose_second(self, key: str) -> None:
        """Put a scheme on the right."""
        self.second.setCurrentIndex(max(0, self.second.findData(key)))

    def _second(self) -> str:
        return str(self.second.currentData() or "")

    def name(self, key: str) -> str:
        """What a scheme is called."""
        index = self.first.findData(key)
        return self.first.itemText(index) if index >= 0 else key

    def _enable(self, *_: object) -> None:
        has = bool(self._second())
        for button in (self.open, self.delete, self.compare):
            button.setEnabled(has)
        self.merge.setEnabled(self.comparison is not None and bool(self.comparison.parcels))

    # -- side by side ----------------------------------------------------------
    def show_comparison(self, found: Comparison, pair: Tuple[str, str], area_unit: str) -> None:
        """Both schemes, what differs marked."""
        self.comparison, self.pair = found, pair
        names = [self.name(k) for k in pair]
        self._summary(found, names)
        self._quantities(found, names, area_unit)
        self.parcels.setHeaderLabels([self.tr("Parcel"), *names])
        self.parcels.clear()
        for parcel in found.parcels:
            self.parcels.addTopLevelItem(self._parcel(parcel, area_unit))
        words = self.tr("{} parcels differ.")
        self.told.setText(words.format(len(found.parcels)))
        self.told.setStyleSheet("")
        self._enable()

    def mark_stale(self) -> None:
        """What is shown rests on something that has been changed since."""
        if self.comparison is not None:
            self.told.setText(self.tr("Stale: the layout has been changed since. Compare again."))
            self.told.setStyleSheet("color:#b3261e")
            self.merge.setEnabled(False)

    def _summary(self, found: Comparison, names: Sequence[str]) -> None:
        rows: List[Tuple[str, str, str, int]] = []

        def add(label: str, one: float, other: float, form: str, sign: int = 0) -> None:
            rows.append(
                (
                    label,
                    form.format(one),
                    form.format(other),
                    sign * (1 if other < one else -1 if other > one else 0),
                )
            )

        a, b = found.first, found.second
        add(self.tr("Measures"), len(a.features), len(b.features), "{:,}")
        add(self.tr("Area under measures (hm²)"), _area(a), _area(b), "{:,.4f}")
        for verdict in (ERROR, WARNING, NOTE, UNKNOWN, DUTY):
            add(
                self.tr("Measures: {}").format(verdict_word(verdict)),
                a.verdicts[verdict],
                b.verdicts[verdict],
                "{:,}",
                1,
            )
        if a.bill.cost is not None or b.bill.cost is not None:
            add(self.tr("Cost (yuan)"), a.bill.cost or 0.0, b.bill.cost or 0.0, "{:,.2f}", 1)
        for one, other in zip(a.outlook, b.outlook):
            rows.append(self._outlook(one, other))
        _show(self.summary, [self.tr("Whole"), *names], [r[:3] for r in rows])
        for line, row in enumerate(rows):
            item = self.summary.item(line, 2)
            if row[3] and item is not None:
                item.setForeground(BETTER if row[3] > 0 else WORSE)

    def _outlook(self, one: Outlook, other: Outlook) -> Tuple[str, str, str, int]:
        """An indicator as the schemes would make it, if every measure were built and did all it can."""
        name = text(self.edition.indicators[one.number], "name")
        if one.planned is None or other.planned is None or one.now is None:
            lacking = role_word(one.missing) if one.missing else "–"
            return self.tr("{0}: not known without {1}").format(name, lacking), "–", "–", 0
        label = self.tr("{0} (%), now {1}; with all measures built").format(name, f"{one.now:.2f}")
        better = 1 if other.planned > one.planned else -1 if other.planned < one.planned else 0
        return label, f"{one.planned:.2f}", f"{other.planned:.2f}", better

    def _quantities(self, found: Comparison, names: Sequence[str], area_unit: str) -> None:
        priced = any(d.first_cost is not None or d.second_cost is not None for d in found.differences)
        heads = [self.tr("Measure"), self.tr("Unit"), *names, self.tr("Change")]
        if priced:
            heads += [self.tr("Cost: {}").format(n) for n in names]
        rows = []
        for d in found.differences:
            one, unit = shown_quantity(d.first, d.unit, area_unit)
            other, _ = shown_quantity(d.second, d.unit, area_unit)
            change, _ = shown_quantity(d.change, d.unit, area_unit)
            costs = [_money(d.first_cost), _money(d.second_cost)] if priced else []
            shown = change if d.change <= 0 else f"+{change}"
            rows.append(
                (self._measure(d.measure, d.name), unit, one, other, shown if d.change else "", *costs)
            )
        _show(self.table, heads, rows)

    def _measure(self, key: str, own: str = "") -> str:
        measure = self.edition.measures.get(key)
        if measure is None:
            return key
        return own if measure.placeholder and own else text(measure, "name")

    def _parcel(self, found: ParcelDifference, area_unit: str) -> QTreeWidgetItem:
        def words(placed: Any) -> str:
            shown = []
            for (measure, unit), value in placed.items():
                number, spelt = shown_quantity(value, unit, area_unit)
                shown.append(f"{self._measure(measure)} {number} {spelt}")
            return "; ".join(shown) or "–"

        name = found.parcel if found.parcel is not None else self.tr("outside all parcels")
        item = QTreeWidgetItem([_short(name), words(found.first), words(found.second)])
        item.setData(0, PARCEL, found.parcel)
        item.setToolTip(0, name)
        item.setCheckState(0, Qt.CheckState.Unchecked)
        colours = {ONLY_FIRST: WORSE, ONLY_SECOND: BETTER}
        if found.kind in colours:
            item.setForeground(0, colours[found.kind])
        return item

    def ticked(self) -> List[Optional[str]]:
        """Parcels that are to be taken from the second scheme."""
        items = map(self.parcels.topLevelItem, range(self.parcels.topLevelItemCount()))
        return [i.data(0, PARCEL) for i in items if i.checkState(0) == Qt.CheckState.Checked]


def _area(facts: Facts) -> float:
    return sum(p.area_m2 for p in facts.parts) / 10_000


def _money(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _short(name: str) -> str:
    """A uuid is told by its beginning."""
    return name[:8] if len(name) == 36 and name.count("-") == 4 else name


def next_name(heads: Sequence[SchemeHead]) -> str:
    """Scheme A, B, C …: the first that is not taken."""
    taken = {h.name for h in heads}
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        name = translate("LayoutDock", "Scheme {}").format(letter)
        if name not in taken:
            return name
    return translate("LayoutDock", "Scheme {}").format(len(taken) + 1)


def _show(table: QTableWidget, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table.setColumnCount(len(heads))
    table.setHorizontalHeaderLabels(list(heads))
    table.setRowCount(len(rows))
    for line, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            item = QTableWidgetItem(cell)
            if column and cell[:1] in "0123456789+-–":
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(line, column, item)
    table.resizeColumnsToContents()


def _combo(name: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    return box


def _table(name: str) -> QTableWidget:
    table = QTableWidget()
    table.setObjectName(name)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(22)
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
