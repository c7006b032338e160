"""The merge screen: what came back from the field, both values beside each other, one chosen (4.1.4)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from qgis.PyQt.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QSortFilterProxyModel,
    Qt,
    pyqtSignal,
)
from qgis.PyQt.QtGui import QBrush, QColor
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ..core.field.differences import (
    CHANGED,
    CONFLICT,
    DELETED_HERE,
    DELETED_THERE,
    GEOMETRY,
    NEW,
    ROW,
    SAME,
    Difference,
)
from ..core.field.settling import OURS, THEIRS, needs_decision
from ..layers.fieldmerge import counts, settled
from ..layers.planar import geometry_of
from .field_work import Compared

translate = QCoreApplication.translate

KIND, WHAT, HERE, THERE, CHOICE, WHO = range(6)
COLUMNS = 6
_WIDTHS = (72, 170, 90, 90, 80)
_LONGEST = 80
_COLOURS = {
    CONFLICT: "#f8d7da",
    DELETED_HERE: "#fde2c8",
    DELETED_THERE: "#fde2c8",
    NEW: "#d9f2dd",
    CHANGED: "#fff6cc",
}
OPEN = "open"  # the filter that shows what waits for a decision


def kind_words(kind: str) -> str:
    """A kind of difference in a word or two."""
    return {
        NEW: translate("FieldDock", "new"),
        CHANGED: translate("FieldDock", "changed"),
        CONFLICT: translate("FieldDock", "conflict"),
        DELETED_HERE: translate("FieldDock", "deleted here"),
        DELETED_THERE: translate("FieldDock", "deleted there"),
        SAME: translate("FieldDock", "same"),
    }[kind]


def kind_sentence(kind: str) -> str:
    """What a kind of difference means."""
    return {
        NEW: translate("FieldDock", "Entered in the field; the survey has no such row."),
        CHANGED: translate("FieldDock", "Changed in the field alone."),
        CONFLICT: translate("FieldDock", "Changed on both sides since the package was made; choose one."),
        DELETED_HERE: translate(
            "FieldDock", "Deleted in the survey, edited in the field; the field's brings it back."
        ),
        DELETED_THERE: translate("FieldDock", "Deleted in the field; the field's deletes it here too."),
        SAME: translate("FieldDock", "Both sides say the same."),
    }[kind]


def value_words(value: Any, titles: Mapping[str, str] = MappingProxyType({})) -> str:
    """A value of either side as people read it; several fields by their titles, links left out."""
    if value is None or value == {}:
        return ""
    if isinstance(value, (bytes, bytearray)):
        return str(geometry_of(bytes(value)).asWkt(1))
    if isinstance(value, dict):
        told = {
            k: v
            for k, v in value.items()
            if not k.endswith("_uuid") and not isinstance(v, (bytes, bytearray))
        }
        return translate("FieldDock", ", ").join(f"{titles.get(k, k)}: {v}" for k, v in told.items())
    return str(value)


def short(words: str) -> str:
    """As much as fits into a cell."""
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


class Differences(QAbstractTableModel):
    """The differences of a comparison with what was chosen for each."""

    chosen_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.compared: Optional[Compared] = None
        self.items: List[Difference] = []
        self.choices: Dict[Tuple[str, str, str], str] = {}
        self.delete = False
        self.held: Set[Tuple[str, str]] = set()  # deleted there, and other rows still point to them

    def show_comparison(self, compared: Compared | None) -> None:
        """Show the differences of a comparison, nothing chosen yet."""
        self.beginResetModel()
        self.compared = compared
        self.items = list(compared.comparison.differences) if compared is not None else []
        self.choices = {}
        self._find_held()
        self.endResetModel()
        self.chosen_changed.emit()

    # -- Qt's side ---------------------------------------------------------------
    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.items)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else COLUMNS

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (
            translate("FieldDock", "Kind"),
            translate("FieldDock", "What"),
            translate("FieldDock", "In the survey"),
            translate("FieldDock", "From the field"),
            translate("FieldDock", "Counts"),
            translate("FieldDock", "Who, when"),
        )[section]

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(item, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(item, index.column())
        if role == Qt.ItemDataRole.BackgroundRole and item.kind in _COLOURS and index.column() == KIND:
            return QBrush(QColor(_COLOURS[item.kind]))
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == KIND and item.kind in _COLOURS:
            return QBrush(QColor("#202020"))  # readable on its own ground in dark themes too
        return None

    def text(self, item: Difference, column: int) -> str:
        """What a cell says."""
        if column == KIND:
            return kind_words(item.kind)
        if column == WHAT:
            return " · ".join(self.named(item))
        if column in (HERE, THERE):
            return short(self.value(item, column))
        if column == WHO:
            return " ".join(p for p in (item.who, item.when[:16].replace("T", " ")) if p)
        return self.choice_words(item)

    def value(self, item: Difference, column: int) -> str:
        """The whole value of a side."""
        value = item.ours if column == HERE else item.theirs
        if not isinstance(value, dict) or self.compared is None:
            return value_words(value)
        titles = {name: title for (table, name), title in self.compared.fields.items() if table == item.table}
        return value_words(value, titles)

    def named(self, item: Difference) -> Tuple[str, ...]:
        """The row, the field and the table of a difference as people call them."""
        if self.compared is None:
            return ()
        table = self.compared.tables.get(item.table, item.table)
        row = self.compared.rows.get((item.table, item.row_uuid), item.row_uuid[:8])
        if item.field == ROW:
            return row, table
        if item.field == GEOMETRY:
            return row, translate("FieldDock", "place on the map"), table
        return row, self.compared.fields.get((item.table, item.field), item.field), table

    def tip(self, item: Difference, column: int) -> str:
        """The whole value and what it was when the package was made; what the kind means."""
        if column == KIND:
            return kind_sentence(item.kind)
        if column == WHAT:
            return "\n".join(self.named(item))
        if column not in (HERE, THERE):
            return ""
        was = translate("FieldDock", "When packaged: {}").format(value_words(item.base) or "–")
        return f"{self.value(item, column)}\n{was}"

    # -- choosing ----------------------------------------------------------------
    def choice(self, item: Difference) -> str:
        """What counts for a difference: chosen, else by itself; empty where somebody has to choose."""
        chosen = self.choices.get((item.table, item.row_uuid, item.field))
        if chosen:
            return chosen
        if item.kind == SAME:
            return OURS
        if item.kind == DELETED_THERE and (item.table, item.row_uuid) in self.held:
            return ""
        return "" if needs_decision(item, delete=self.delete) else THEIRS

    def awaits(self, item: Difference) -> bool:
        """Whether somebody has, or had, to choose."""
        held = item.kind == DELETED_THERE and (item.table, item.row_uuid) in self.held
        return held or needs_decision(item, delete=self.delete)

    def choice_words(self, item: Difference) -> str:
        """What counts, in words."""
        if item.kind == SAME:
            return translate("FieldDock", "both")
        words = {
            OURS: translate("FieldDock", "the survey's"),
            THEIRS: translate("FieldDock", "the field's"),
            "": translate("FieldDock", "choose …"),
        }
        return words[self.choice(item)]

    def choose(self, lines: List[int], choice: str) -> None:
        """Choose a side for some differences."""
        for line in lines:
            item = self.items[line]
            if item.kind != SAME:
                self.choices[item.table, item.row_uuid, item.field] = choice
        self._tell()

    def flip(self, line: int) -> None:
        """The other side of what counts now; the field's where nothing does."""
        self.choose([line], OURS if self.choice(self.items[line]) == THEIRS else THEIRS)

    def set_delete(self, delete: bool) -> None:
        """Whether deletions of rows that nobody else touched count by themselves."""
        self.delete = delete
        self._tell()

    def waiting(self) -> int:
        """How many differences wait for a choice."""
        return sum(self.choice(item) == "" for item in self.items)

    def _find_held(self) -> None:
        """Which deletions wait because other rows would point to nothing."""
        self.held = set()
        if self.compared is None or not any(item.kind == DELETED_THERE for item in self.items):
            return
        found = settled(self.compared.comparison, self.choices, delete=self.delete)
        self.held = {(d.table, d.row_uuid) for d in found.open if d.kind == DELETED_THERE}

    def _tell(self) -> None:
        self._find_held()
        if self.items:
            last = self.index(len(self.items) - 1, COLUMNS - 1)
            self.dataChanged.emit(self.index(0, CHOICE), last)
        self.chosen_changed.emit()


class _OfKind(QSortFilterProxyModel):
    """Shows one kind, or what waits for a choice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = ""

    def show_kind(self, kind: str) -> None:
        self.kind = kind
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        model = self.sourceModel()
        if not isinstance(model, Differences) or not self.kind:
            return True
        item = model.items[row]
        return model.awaits(item) if self.kind == OPEN else item.kind == self.kind


class MergeScreen(QWidget):
    """Differences, filters, choices; asks to compare and to apply."""

    compare_requested = pyqtSignal()
    apply_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("field_merge")
        self.model = Differences(self)
        self.shown = _OfKind(self)
        self.shown.setSourceModel(self.model)
        self.open_button = QPushButton(translate("FieldDock", "Choose a package that came back …"))
        self.open_button.setObjectName("field_merge_open")
        self.kinds = QComboBox()
        self.kinds.setObjectName("field_merge_kinds")
        self.table = QTableView()
        self.table.setObjectName("field_merge_table")
        self.delete = QCheckBox(translate("FieldDock", "Take over deletions of rows nobody else touched"))
        self.ours = QPushButton(translate("FieldDock", "Keep the survey's"))
        self.theirs = QPushButton(translate("FieldDock", "Take the field's"))
        self.told = QLabel(
            translate(
                "FieldDock",
                "Copy the whole folder from the tablet and choose it here. Nothing is written before you say so.",
            )
        )
        self.told.setWordWrap(True)
        self.apply = QPushButton(translate("FieldDock", "Write into the survey"))
        self.apply.setObjectName("field_merge_apply")
        self._arrange()
        self._wire()
        self._show_counts()

    def _arrange(self) -> None:
        self.table.setModel(self.shown)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setVisible(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.horizontalHeader().setStretchLastSection(True)
        choices, column = QHBoxLayout(), QVBoxLayout(self)
        for widget in (self.kinds, self.ours, self.theirs):
            choices.addWidget(widget)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.open_button)
        column.addLayout(choices)
        column.addWidget(self.table, 1)
        for widget in (self.delete, self.told, self.apply):
            column.addWidget(widget)

    def _wire(self) -> None:
        self.open_button.clicked.connect(lambda _: self.compare_requested.emit())
        self.apply.clicked.connect(lambda _: self.apply_requested.emit())
        self.ours.clicked.connect(lambda _: self.choose(OURS))
        self.theirs.clicked.connect(lambda _: self.choose(THEIRS))
        self.delete.toggled.connect(self.model.set_delete)
        self.kinds.currentIndexChanged.connect(
            lambda _: self.shown.show_kind(str(self.kinds.currentData() or ""))
        )
        self.table.doubleClicked.connect(lambda index: self.model.flip(self.shown.mapToSource(index).row()))
        self.model.chosen_changed.connect(self._show_counts)

    def show_comparison(self, compared: Compared | None) -> None:
        """Show a comparison; what waits for a choice first, where anything does."""
        self.model.show_comparison(compared)
        self._list_kinds()
        for column, width in enumerate(_WIDTHS):
            self.table.setColumnWidth(column, width)

    def _list_kinds(self) -> None:
        self.kinds.blockSignals(True)
        self.kinds.clear()
        number = counts(self.model.items)
        waiting = self.model.waiting()
        self.kinds.addItem(translate("FieldDock", "all ({})").format(len(self.model.items)), "")
        if waiting:
            self.kinds.addItem(translate("FieldDock", "to be decided ({})").format(waiting), OPEN)
        for kind, count in number.items():
            self.kinds.addItem(f"{kind_words(kind)} ({count})", kind)
        self.kinds.setCurrentIndex(1 if waiting else 0)
        self.kinds.blockSignals(False)
        self.shown.show_kind(str(self.kinds.currentData() or ""))

    def choose(self, choice: str) -> None:
        """Choose a side for the selected lines."""
        selected = self.table.selectionModel().selectedRows()
        self.model.choose([self.shown.mapToSource(i).row() for i in selected], choice)

    def _show_counts(self) -> None:
        model = self.model
        there = model.compared is not None
        for widget in (self.kinds, self.ours, self.theirs, self.table, self.delete, self.apply):
            widget.setEnabled(there and bool(model.items))
        self.delete.setVisible(any(i.kind == DELETED_THERE for i in model.items))
        if not there:
            return
        if not model.items:
            self.told.setText(translate("FieldDock", "The package has nothing that the survey lacks."))
            return
        taken = sum(model.choice(i) == THEIRS for i in model.items)
        words = translate(
            "FieldDock", "{} will be written, {} wait for your choice (double-click flips the side)."
        )
        self.told.setText(words.format(taken, model.waiting()))
