"""Quantities and cost as the layout stands, and the ■ measures it does not use (5.1.2, B.1).

Table B.1 is advice: an unused ■ measure is no fault, it asks for a reason that goes into the record.
"""

from __future__ import annotations

from typing import Any, List, Mapping, Sequence

from qgis.PyQt.QtCore import QSettings, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.language import current
from ..core.layoutplan.model import OUTSIDE
from ..core.layoutplan.quantities import Bill, Row
from ..core.layoutplan.units import WIDTH, decimals_of, per_unit, unit_key
from ..core.standard import Edition, text
from .layout_notes import Signed
from .layout_words import HM2, MU, translate

SETTINGS = "qingliu/layout"
KEY = int(Qt.ItemDataRole.UserRole) + 1


class TotalsPanel(QWidget):
    """The bill, the cost, the unused ■ measures, the plot labels."""

    unit_changed = pyqtSignal()
    prices_wanted = pyqtSignal()
    plots_wanted = pyqtSignal()
    labels_wanted = pyqtSignal(bool)
    reason_wanted = pyqtSignal(str)

    def __init__(self, edition: Edition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edition = edition
        self._make()
        self._lay_out()

    def _make(self) -> None:
        kept = QSettings()
        self.unit = QComboBox()
        self.unit.setObjectName("layout_unit")
        self.unit.addItem("hm²", HM2)
        self.unit.addItem(self.tr("mu (15 to the hm²)"), MU)
        self.unit.setCurrentIndex(max(0, self.unit.findData(kept.value(f"{SETTINGS}/unit", HM2))))
        self.unit.currentIndexChanged.connect(self._changed)
        self.villages = QCheckBox(self.tr("By administrative village"))
        self.villages.setObjectName("layout_by_village")
        self.villages.setChecked(str(kept.value(f"{SETTINGS}/by_village", "false")) == "true")
        self.villages.toggled.connect(self._changed)
        self.prices = _button("layout_prices", self.tr("Unit prices …"))
        self.prices.clicked.connect(self.prices_wanted)
        self.plots = _button("layout_plots", self.tr("Plot table …"))
        self.plots.clicked.connect(self.plots_wanted)
        self.labels = QCheckBox(self.tr("Plot labels on the map"))
        self.labels.setObjectName("layout_labels")
        self.labels.toggled.connect(self.labels_wanted)
        self.table = _table("layout_quantities")
        self.cost = QLabel()
        self.cost.setObjectName("layout_cost")
        self.cost.setWordWrap(True)
        self.unused = _table("layout_unused")
        self.unused.setColumnCount(2)
        self.unused.setHorizontalHeaderLabels([self.tr("Measure"), self.tr("Why it is not used")])
        self.unused.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.unused.doubleClicked.connect(lambda _: self._ask_reason())
        self.reason = _button("layout_reason", self.tr("Give a reason …"))
        self.reason.clicked.connect(self._ask_reason)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for widget in (self.unit, self.villages, self.prices, self.plots):
            top.addWidget(widget)
        top.addStretch(1)
        above, below = QWidget(), QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addWidget(self.cost)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        self.unused_title = QLabel()
        self.unused_title.setWordWrap(True)
        column.addWidget(self.unused_title)
        column.addWidget(self.unused, 1)
        line = QHBoxLayout()
        line.addWidget(self.reason)
        line.addStretch(1)
        column.addLayout(line)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(above)
        split.addWidget(below)
        split.setSizes([320, 180])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addLayout(top)
        whole.addWidget(self.labels)
        whole.addWidget(split, 1)

    # -- settings ----------------------------------------------------------
    @property
    def area_unit(self) -> str:
        """ "hm2" or "亩"."""
        return str(self.unit.currentData())

    def _changed(self, *_: object) -> None:
        kept = QSettings()
        kept.setValue(f"{SETTINGS}/unit", self.area_unit)
        kept.setValue(f"{SETTINGS}/by_village", "true" if self.villages.isChecked() else "false")
        self.unit_changed.emit()

    # -- filling ----------------------------------------------------------
    def show_bill(self, found: Bill) -> None:
        """List the rows of the bill; areas in the unit that is set."""
        village = self.villages.isChecked()
        heads = [self.tr("Zone"), *([self.tr("Village")] if village else []), self.tr("Measure"),
                 self.tr("Quantity"), self.tr("Unit"), self.tr("Built"), self.tr("Cost (yuan)")]  # fmt: skip
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setRowCount(len(found.rows))
        for line, row in enumerate(found.rows):
            cells = self._cells(row, village)
            for column, cell in enumerate(cells):
                item = QTableWidgetItem(cell)
                if column >= len(cells) - 4:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(line, column, item)
        self.table.resizeColumnsToContents()
        self.cost.setText(self._cost(found))

    def _cells(self, row: Row, village: bool) -> List[str]:
        quantity, unit = shown_quantity(row.quantity, row.unit, self.area_unit)
        built, _ = shown_quantity(row.built, row.unit, self.area_unit)
        zone = self._zone(row.zone)
        name = self.measure_name(row.measure, row.name)
        if row.of == WIDTH:
            name = self.tr("{} (mean width)").format(name)
        cost = "" if row.cost is None else f"{row.cost:,.2f}"
        return [zone, *([row.village or "–"] if village else []), name, quantity, unit, built, cost]

    def _zone(self, key: str | None) -> str:
        if key is None:
            return "–"
        if key == OUTSIDE or key not in self.edition.zones:
            return self.tr("in no zone")
        return text(self.edition.zones[key])

    def measure_name(self, key: str, own: str = "") -> str:
        """A measure as it is called; an "other" measure by its own name."""
        measure = self.edition.measures.get(key)
        if measure is None:
            return key
        return own if measure.placeholder and own else text(measure, "name")

    def _cost(self, found: Bill) -> str:
        lines = []
        if found.cost is not None:
            funds = "; ".join(f"{fund or '–'} {cost:,.2f}" for fund, cost in found.funds)
            lines.append(self.tr("Cost {} yuan ({})").format(f"{found.cost:,.2f}", funds))
        elif found.rows:
            lines.append(self.tr("No unit prices: choose a list to see the cost."))
        lines += [w.text().split(": ", 1)[-1] for w in found.warnings]
        return "\n".join(lines)

    def show_unused(self, keys: Sequence[str], reasons: Mapping[str, Signed]) -> None:
        """List the ■ measures that the layout does not use, with the reasons given."""
        words = self.tr(
            "■ measures of this type that the layout does not use (B.1 is advice): {}, without a reason: {}"
        )
        open_ = sum(1 for k in keys if k not in reasons)
        self.unused_title.setText(words.format(len(keys), open_))
        self.unused.setRowCount(len(keys))
        for line, key in enumerate(keys):
            item = QTableWidgetItem(self.measure_name(key))
            item.setData(KEY, key)
            self.unused.setItem(line, 0, item)
            self.unused.setItem(line, 1, QTableWidgetItem(_signed(reasons.get(key))))
        self.unused.resizeColumnToContents(0)

    def _ask_reason(self) -> None:
        item = self.unused.item(self.unused.currentRow(), 0)
        if item is not None:
            self.reason_wanted.emit(str(item.data(KEY)))


def shown_quantity(value: float, unit: str, area_unit: str) -> tuple[str, str]:
    """A quantity as it is shown: hectares in 亩 where that is set; (number, unit)."""
    key = unit_key(unit)
    if key == HM2 and area_unit == MU:
        value, key = value * per_unit(HM2) / per_unit(MU), MU
    names = {HM2: "hm²", "m2": "m²", "km2": "km²", MU: MU if current() == "zh" else "mu"}
    return f"{value:,.{decimals_of(key)}f}", names.get(key, unit)


def _signed(reason: Any) -> str:
    if not isinstance(reason, Signed):
        return ""
    return translate("LayoutDock", "{} ({}, {})").format(reason.reason, reason.name, reason.date)


def _button(name: str, label: str) -> QPushButton:
    button = QPushButton(label)
    button.setObjectName(name)
    return button


def _table(name: str) -> QTableWidget:
    table = QTableWidget()
    table.setObjectName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(22)
    return table
