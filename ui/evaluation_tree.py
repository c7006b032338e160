"""The indicator tree: twenty rows in the groups of 7.0.1, value, limit and margin of the chosen type, five states."""

from __future__ import annotations

from typing import AbstractSet, Dict, Iterator

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QResizeEvent
from qgis.PyQt.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from ..core.evaluation import IndicatorRow
from ..core.evaluation.scale import said
from ..core.standard import Edition, text
from . import evaluation_words as words
from .evaluation_work import Evaluated

NUMBER_ROLE = int(Qt.ItemDataRole.UserRole) + 1
NAME_WIDTH = 150
NAME, STATE, VALUE, LIMIT, MARGIN, TYPES = range(6)


class IndicatorTree(QTreeWidget):
    """Shows an evaluation; rows that went stale are marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluation_tree")
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setIndentation(10)
        self.items: Dict[int, QTreeWidgetItem] = {}

    def show_evaluation(self, found: Evaluated, type_key: str, stale: AbstractSet[tuple[str, int]]) -> None:
        """Fill the tree for a type; the chosen indicator stays chosen."""
        chosen = self.number()
        self.blockSignals(True)
        self.clear()
        self.items.clear()
        edition = found.edition
        self._head(edition)
        for group in edition.header.indicator_groups:
            top = QTreeWidgetItem([text(group)])
            top.setFirstColumnSpanned(True)
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = top.font(NAME)
            font.setBold(True)
            top.setFont(NAME, font)
            self.addTopLevelItem(top)
            for indicator in edition.indicators.values():
                if indicator.group == group.key:
                    item = QTreeWidgetItem([f"{indicator.number}. {text(indicator, 'name')}"])
                    item.setData(NAME, NUMBER_ROLE, indicator.number)
                    self.items[indicator.number] = item
                    top.addChild(item)
            top.setExpanded(True)
        self.mark(found, type_key, stale)
        if chosen in self.items:
            self.setCurrentItem(self.items[chosen])
        self.blockSignals(False)

    def _head(self, edition: Edition) -> None:
        fixed = [
            self.tr("Indicator"),
            self.tr("State"),
            self.tr("Value"),
            self.tr("Limit"),
            self.tr("Margin"),
        ]
        self.setHeaderLabels([*fixed, *(words.type_short(edition, t)[:2] for t in edition.types)])
        head = self.header()
        head.setStretchLastSection(False)
        for column, width in ((STATE, 88), (VALUE, 88), (LIMIT, 88), (MARGIN, 80)):
            head.resizeSection(column, width)
        head.setMinimumSectionSize(26)
        for place, key in enumerate(edition.types):
            head.resizeSection(TYPES + place, 32)
            self.headerItem().setToolTip(TYPES + place, text(edition.types[key]))
        self._fit_name()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_name()

    def _fit_name(self) -> None:
        """The name has what the other columns leave, but never less than it can be read in."""
        head = self.header()
        others = sum(head.sectionSize(c) for c in range(STATE, head.count()))
        head.resizeSection(NAME, max(NAME_WIDTH, self.viewport().width() - others))

    def mark(self, found: Evaluated, type_key: str, stale: AbstractSet[tuple[str, int]]) -> None:
        """States and numbers of the type, and which of them are stale."""
        for number, item in self.items.items():
            self._mark(item, found, found.evaluation.row(type_key, number), stale)

    def _mark(
        self, item: QTreeWidgetItem, found: Evaluated, row: IndicatorRow, stale: AbstractSet[tuple[str, int]]
    ) -> None:
        edition, old = found.edition, (row.type, row.number) in stale
        state = words.state_words(said(row)) + (" ⟳" if old else "")
        shown = (
            state,
            words.value_words(edition, row),
            words.limit_words(edition, row),
            words.margin_words(edition, row),
        )
        item.setIcon(STATE, words.row_icon(row, old))
        for column, sentence in enumerate(shown, STATE):
            item.setText(column, sentence)
            item.setToolTip(column, sentence)
        item.setToolTip(NAME, item.text(NAME))
        font = item.font(VALUE)
        font.setItalic(old)
        for column in (STATE, VALUE, MARGIN):
            item.setFont(column, font)
        for place, key in enumerate(edition.types):
            other = found.evaluation.row(key, row.number)
            item.setIcon(TYPES + place, words.row_icon(other, (key, row.number) in stale))
            item.setToolTip(TYPES + place, f"{text(edition.types[key])}: {words.state_words(said(other))}")

    def number(self) -> int:
        """The chosen indicator, 0 where none is."""
        item = self.currentItem()
        return int(item.data(NAME, NUMBER_ROLE) or 0) if item is not None else 0

    def choose(self, number: int) -> None:
        """Choose an indicator."""
        if number in self.items:
            self.setCurrentItem(self.items[number])
            self.scrollToItem(self.items[number])

    def numbers(self) -> Iterator[int]:
        """The indicators in their order."""
        return iter(self.items)
