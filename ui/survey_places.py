"""A list whose lines lead to the place where something is entered."""

from __future__ import annotations

from typing import NamedTuple, Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

_ROLE = int(Qt.ItemDataRole.UserRole) + 1


class Place(NamedTuple):
    """Where something is to be entered; ``number`` is that of the indicator that lacks it, if one does."""

    table: str
    row: str
    field: str
    number: Optional[int]


class PlaceList(QWidget):
    """Words above a tree; ``wanted`` carries the place of a line that was clicked. ``name`` is its object name."""

    wanted = pyqtSignal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setObjectName(f"{name}_title")
        self.title.setWordWrap(True)
        self.tree = QTreeWidget()
        self.tree.setObjectName(name)
        self.tree.setHeaderHidden(True)
        self.tree.itemClicked.connect(self._clicked)
        self.tree.itemActivated.connect(self._clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.tree, 1)

    def say(self, words: str) -> None:
        """Words in place of the list."""
        self.tree.clear()
        self.title.setText(words)

    def _clicked(self, item: QTreeWidgetItem, column: int = 0) -> None:
        place = item.data(0, _ROLE)
        if place is not None:
            self.wanted.emit(place)


def line(words: str, place: Place, tip: str = "") -> QTreeWidgetItem:
    """A line that leads to a place."""
    made = QTreeWidgetItem([words])
    made.setToolTip(0, tip or words)
    made.setData(0, _ROLE, place)
    return made
