"""What the chosen type of watershed still needs: indicators that cannot be judged yet, and what they lack (4.1.5).

Asked of the evaluation itself, in a task; a line leads to the form where the value is entered.
"""

from __future__ import annotations

import datetime as dt
from typing import List, NamedTuple, Tuple

from qgis.core import QgsTask
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from ..core.evaluation import Gap, IndicatorRow, evaluate
from ..core.standard import text
from ..layers.store import BesideStore, Seat
from ..layers.surveyevaluation import edition_of, evaluation_date, read_survey

translate = QCoreApplication.translate

_ROLE = int(Qt.ItemDataRole.UserRole) + 1


class Place(NamedTuple):
    """Where something is to be entered; ``number`` is that of the indicator that lacks it."""

    table: str
    row: str
    field: str
    number: int


class Lack(NamedTuple):
    """One thing that an indicator lacks, in words."""

    words: str
    place: Place


class Need(NamedTuple):
    """An indicator that cannot be judged yet."""

    number: int
    name: str
    lacks: Tuple[Lack, ...]


class Needs(NamedTuple):
    """What a type of watershed still needs; ``type_name`` is empty where the survey has no type."""

    type_name: str
    indicators: Tuple[Need, ...]


def find_needs(task: QgsTask, seat: Seat, type_: str) -> Needs:
    """What the survey still lacks for its type. Raises QingliuError where it cannot be evaluated."""
    with BesideStore(seat) as store:
        edition = edition_of(store)
        if type_ not in edition.types:
            return Needs("", ())
        date = evaluation_date(store, "", dt.date.today())
        reading = read_survey(store, edition, date)
    found = evaluate(reading.given, [type_], edition)
    needs = [_need(row) for row in found.of(type_) if row.gaps]
    return Needs(text(edition.types[type_]), tuple(needs))


def _need(row: IndicatorRow) -> Need:
    lacks: List[Lack] = []
    for gap in row.gaps:
        made = _lack(gap, row.number)
        if made.words not in [known.words for known in lacks]:
            lacks.append(made)
    return Need(row.number, text(row, "name"), tuple(lacks))


def _lack(gap: Gap, number: int) -> Lack:
    words = gap.problem.text().partition(": ")[2] or gap.problem.text()
    return Lack(words, Place(gap.table or "", gap.row or "", gap.field or "", number))


class NeedsView(QWidget):
    """The list; ``wanted`` carries the place of a line that was clicked."""

    wanted = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setObjectName("survey_needs_title")
        self.title.setWordWrap(True)
        self.tree = QTreeWidget()
        self.tree.setObjectName("survey_needs")
        self.tree.setHeaderHidden(True)
        self.tree.setWordWrap(True)
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

    def show_needs(self, needs: Needs) -> None:
        """Show what is still needed."""
        self.tree.clear()
        self.title.setText(_title(needs))
        for need in needs.indicators:
            top = QTreeWidgetItem([f"{need.number} {need.name} ({len(need.lacks)})"])
            for lack in need.lacks:
                line = QTreeWidgetItem([lack.words])
                line.setToolTip(0, lack.words)
                line.setData(0, _ROLE, lack.place)
                top.addChild(line)
            self.tree.addTopLevelItem(top)
        self.tree.expandAll()

    def _clicked(self, item: QTreeWidgetItem, column: int = 0) -> None:
        place = item.data(0, _ROLE)
        if place is not None:
            self.wanted.emit(place)


def _title(needs: Needs) -> str:
    if not needs.type_name:
        return translate(
            "SurveyDock", "The survey names no type of watershed; what it needs depends on that."
        )
    if not needs.indicators:
        words = translate("SurveyDock", "{}: every indicator has what it needs.")
        return words.format(needs.type_name)
    words = translate("SurveyDock", "{}: {} indicators still lack something. Click a line to enter it.")
    return words.format(needs.type_name, len(needs.indicators))
