"""What is missing, as a list of things to do: each leads to the form where it is entered (7.0.2)."""

from __future__ import annotations

from typing import AbstractSet, List, NamedTuple

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from ..core.evaluation import UNPROVEN, Gap, IndicatorRow
from ..core.evaluation.wording import worded
from .evaluation_texts import leads
from .evaluation_work import Evaluated


class Task(NamedTuple):
    """A gap with the indicators that wait for it."""

    gap: Gap
    rows: tuple[IndicatorRow, ...]


def tasks_of(found: Evaluated, type_key: str) -> List[Task]:
    """What keeps the indicators of a type unproven, each thing once, in the order of table 7-1."""
    waiting: dict[tuple[str, str], list[tuple[Gap, IndicatorRow]]] = {}
    for row in found.evaluation.of(type_key):
        for gap in row.gaps if row.state == UNPROVEN else ():
            key = (gap.problem.code, str(sorted(gap.problem.facts.items(), key=str)))
            waiting.setdefault(key, []).append((gap, row))
    return [Task(pairs[0][0], tuple(row for _, row in pairs)) for pairs in waiting.values()]


class TodoList(QTreeWidget):
    """The list; ``wanted`` carries the gap that is followed and its first indicator."""

    wanted = pyqtSignal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluation_todo")
        self.setRootIsDecorated(False)
        self.setWordWrap(True)
        self.setAlternatingRowColors(True)
        self.setHeaderLabels([self.tr("No."), self.tr("What is missing"), self.tr("Leads to")])
        self.header().resizeSection(0, 62)
        self.header().resizeSection(1, 400)
        self.tasks: List[Task] = []
        self.itemActivated.connect(lambda item, _: self.follow(self.indexOfTopLevelItem(item)))
        self.itemClicked.connect(
            lambda item, column: self.follow(self.indexOfTopLevelItem(item)) if column == 2 else None
        )

    def show_tasks(self, found: Evaluated, type_key: str, stale: AbstractSet[tuple[str, int]]) -> None:
        """List what a type still needs."""
        self.tasks = tasks_of(found, type_key)
        self.clear()
        for task in self.tasks:
            numbers = ", ".join(str(r.number) for r in task.rows)
            if any((r.type, r.number) in stale for r in task.rows):
                numbers += " ⟳"
            sentence = worded(task.gap.problem, found.edition, task.rows[0].number, found.names)
            item = QTreeWidgetItem([numbers, sentence, leads(task.gap)])
            item.setToolTip(1, f"{sentence}\n{task.gap.problem.code}")
            font = item.font(2)
            font.setUnderline(bool(leads(task.gap)))
            item.setFont(2, font)
            self.addTopLevelItem(item)

        if not self.tasks:
            self.addTopLevelItem(QTreeWidgetItem(["", self.tr("Nothing is missing for this type.")]))

    def follow(self, line: int) -> None:
        """Lead to the form of a line."""
        if 0 <= line < len(self.tasks):
            task = self.tasks[line]
            self.wanted.emit(task.gap, task.rows[0].number)
