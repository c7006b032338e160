"""Editors of single cells: a number with its unit, a choice, several choices, yes/no/nothing, a date, text."""

from __future__ import annotations

from typing import Any, List, Tuple

from qgis.gui import QgsCheckableComboBox
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QWheelEvent
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from ..core.printing.cells import BadCell
from ..core.standard import CodeItem
from ..core.surveychecks.cells import codes_in
from ..layers.store import multi_text
from .survey_cells import TableCells, item_label
from .survey_examples import example

translate = QCoreApplication.translate


class Unreadable(ValueError):
    """What stands in an editor is no value of its column; the text says why."""


class _Box(QComboBox):
    """A choice that does not change when a form is scrolled over it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _CheckableBox(QgsCheckableComboBox):
    """The same with several choices."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class CellEditor(QWidget):
    """The editor of one column."""

    changed = pyqtSignal()

    def __init__(self, cells: TableCells, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = cells
        self.key = key
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)

    def value(self) -> Any:
        """The value, None where nothing is entered. Raises Unreadable."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def entered(self) -> Any:
        """What stands there, readable or not."""
        try:
            return self.value()
        except Unreadable:
            return self.text()

    def text(self) -> str:
        """What stands there as text."""
        return ""

    def _take(self, widget: QWidget, stretch: int = 1) -> None:
        widget.setObjectName(f"survey_field_{self.key}")
        self.row.addWidget(widget, stretch)
        self.setFocusProxy(widget)


class LineEditor(CellEditor):
    """Numbers, dates and text: typed as people write them, read as the survey keeps them."""

    def __init__(self, cells: TableCells, key: str, parent: QWidget | None = None) -> None:
        super().__init__(cells, key, parent)
        self.line = QLineEdit()
        self._take(self.line)
        self._kept: Any = None
        kind = cells.columns[key].type
        if kind in ("number", "integer"):
            self.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        shown = "2026-01-31" if kind == "date" else cells.shown(key, example(cells.table.name, key))
        if shown:
            self.line.setPlaceholderText(translate("SurveyDock", "e.g. {}").format(shown))
        unit = cells.unit(key)
        if unit:
            self.row.addWidget(QLabel(unit))
        self.line.textChanged.connect(lambda _: self.changed.emit())

    def text(self) -> str:
        return self.line.text()

    def set_value(self, value: Any) -> None:
        self._kept = value
        self.line.setText(self.cells.shown(self.key, value))
        self.line.setCursorPosition(0)

    def value(self) -> Any:
        entered = self.line.text().strip()
        if entered == self.cells.shown(self.key, self._kept):
            return self._kept  # a number that is shown with fewer digits keeps all of them
        try:
            return self.cells.read(self.key, entered)
        except BadCell as bad:
            raise Unreadable(_reason(self.cells, self.key, bad)) from bad


def _reason(cells: TableCells, key: str, bad: BadCell) -> str:
    kind = cells.columns[key].type
    shown = {
        "number": translate("SurveyDock", "“{}” is not a number."),
        "integer": translate("SurveyDock", "“{}” is not a whole number."),
        "date": translate("SurveyDock", "“{}” is not a date; write 2026-01-31."),
    }.get(kind, translate("SurveyDock", "“{}” cannot be read."))
    return shown.format(bad.facts.get("value", ""))


class ChoiceEditor(CellEditor):
    """One of a list, or nothing; a value that the list lacks stays, and is told."""

    def __init__(self, cells: TableCells, key: str, parent: QWidget | None = None) -> None:
        super().__init__(cells, key, parent)
        self.box = _Box()
        self.box.setMinimumContentsLength(8)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._take(self.box)
        self._above: str | None = None
        self._offer(self._items())
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())

    def _items(self) -> Tuple[CodeItem, ...]:
        items = self.cells.items[self.key]
        if self._above is None:
            return items
        return tuple(i for i in items if i.parent in (None, self._above))

    def _offer(self, items: Tuple[CodeItem, ...]) -> None:
        self.box.clear()
        self.box.addItem("", None)
        whole = self.cells.items[self.key]
        for item in items:
            self.box.addItem(item_label(item, whole), item.code)

    def follow(self, above: Any) -> None:
        """Offer only what lies under the class that another column holds."""
        above = None if above is None else str(above)
        if above == self._above:
            return
        self._above = above
        kept = self.value()
        self.box.blockSignals(True)
        self._offer(self._items())
        self._choose(kept)
        self.box.blockSignals(False)

    def text(self) -> str:
        return str(self.box.currentText())

    def value(self) -> Any:
        code = self.box.currentData()
        counted = self.cells.columns[self.key].type == "integer"
        return int(code) if counted and code is not None and str(code).isdigit() else code

    def set_value(self, value: Any) -> None:
        self._choose(None if value is None else str(value))

    def _choose(self, code: str | None) -> None:
        at = 0 if code is None else self.box.findData(code)
        if at < 0:
            self.box.addItem(code, code)
            at = self.box.count() - 1
        self.box.setCurrentIndex(at)


class YesNoEditor(CellEditor):
    """Yes, no or nothing."""

    def __init__(self, cells: TableCells, key: str, parent: QWidget | None = None) -> None:
        super().__init__(cells, key, parent)
        self.box = _Box()
        for label, value in (
            ("", None),
            (translate("SurveyDock", "yes"), True),
            (translate("SurveyDock", "no"), False),
        ):
            self.box.addItem(label, value)
        self._take(self.box)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())

    def text(self) -> str:
        return str(self.box.currentText())

    def value(self) -> Any:
        return (None, True, False)[self.box.currentIndex()]

    def set_value(self, value: Any) -> None:
        self.box.setCurrentIndex(0 if value is None else 1 if value else 2)


class SeveralEditor(CellEditor):
    """Several of a list."""

    def __init__(self, cells: TableCells, key: str, parent: QWidget | None = None) -> None:
        super().__init__(cells, key, parent)
        self.box = _CheckableBox()
        self.box.setSeparator("、")
        items = cells.items[key]
        for item in items:
            self.box.addItemWithCheckState(item_label(item, items), Qt.CheckState.Unchecked, item.code)
        self.box.lineEdit().setObjectName(f"survey_several_{key}")
        self._odd: List[str] = []
        self._kept: Any = None
        self._take(self.box)
        self.box.checkedItemsChanged.connect(lambda _: self.changed.emit())

    def text(self) -> str:
        return "、".join(self.box.checkedItems())

    def value(self) -> Any:
        codes = [str(c) for c in self.box.checkedItemsData()] + self._odd
        if set(codes) == set(codes_in(self._kept)):
            return self._kept  # in the order in which it was entered
        return multi_text(codes) if codes else None

    def set_value(self, value: Any) -> None:
        self._kept = value
        codes = codes_in(value)
        known = [str(self.box.itemData(i)) for i in range(self.box.count())]
        self._odd = [c for c in codes if c not in known]
        for i, code in enumerate(known):
            state = Qt.CheckState.Checked if code in codes else Qt.CheckState.Unchecked
            self.box.setItemCheckState(i, state)


def editor_for(cells: TableCells, key: str, parent: QWidget | None = None) -> CellEditor:
    """The editor that a column's type asks for."""
    kind = cells.columns[key].type
    if kind == "boolean":
        return YesNoEditor(cells, key, parent)
    if kind == "enum_multi":
        return SeveralEditor(cells, key, parent)
    if cells.items[key]:
        return ChoiceEditor(cells, key, parent)
    return LineEditor(cells, key, parent)
