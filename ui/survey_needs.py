"""What the chosen type of watershed still needs: indicators that cannot be judged yet, and what they lack (4.1.5).

Asked of the evaluation itself, in a task; a line leads to the form where the value is entered.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import List, Match, NamedTuple, Tuple

from qgis.core import QgsTask
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QTreeWidgetItem, QWidget

from ..core.evaluation import Gap, IndicatorRow, evaluate
from ..core.evaluation.model import INPUTS
from ..core.standard import Edition, text
from ..layers.schema import store_schema
from ..layers.store import BesideStore, Seat
from ..layers.surveyevaluation import edition_of, evaluation_date, read_survey
from .survey_places import Place, PlaceList, line
from .survey_tables import filled_tables, variables_of

translate = QCoreApplication.translate

_COLUMN = re.compile(r"\b(A\.\d+[a-z]?)\.(\w+)")
_INPUT = re.compile(rf"\b{INPUTS} (\d+)\b")
_KEY = re.compile(r"\b[a-z][a-z0-9_]+\b")


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
    needs = [_need(row, edition) for row in found.of(type_) if row.gaps]
    return Needs(text(edition.types[type_]), tuple(needs))


def _need(row: IndicatorRow, edition: Edition) -> Need:
    lacks: List[Lack] = []
    for gap in row.gaps:
        made = _lack(gap, row.number, edition)
        if made.words not in [known.words for known in lacks]:
            lacks.append(made)
    return Need(row.number, text(row, "name"), tuple(lacks))


def _lack(gap: Gap, number: int, edition: Edition) -> Lack:
    words = gap.problem.text().partition(": ")[2] or gap.problem.text()
    place = Place(gap.table or "", gap.row or "", gap.field or "", number)
    return Lack(in_names(words, number, edition), place)


def in_names(words: str, number: int, edition: Edition) -> str:
    """A sentence with the names of tables, columns, variables and layers in place of their keys."""
    tables = filled_tables(edition)
    by_id = {t.id: t for t in tables.values()}
    variables = {i.code: text(i) for i in variables_of(edition) if i.parent == str(number)}
    county = {i.key: text(i) for i in edition.header.county_inputs}
    layers = {name: text(found) for name, found in store_schema(edition).items()}

    named = {**layers, **county, **variables}

    def column(found: Match[str]) -> str:
        table = by_id.get(found[1])
        known = {c.key: text(c) for c in table.columns} if table is not None else {}
        return f"{found[1]} {known[found[2]]}" if found[2] in known else found[0]

    words = _COLUMN.sub(column, words)
    words = _INPUT.sub(lambda found: f"{text(tables[INPUTS], 'title')} {found[1]}", words)
    return _KEY.sub(lambda found: named.get(found[0], found[0]), words)


class NeedsView(PlaceList):
    """The list of what is still needed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("survey_needs", parent)
        self.tree.setWordWrap(True)

    def show_needs(self, needs: Needs) -> None:
        """Show what is still needed."""
        self.say(_title(needs))
        for need in needs.indicators:
            top = QTreeWidgetItem([f"{need.number} {need.name} ({len(need.lacks)})"])
            top.addChildren([line(lack.words, lack.place) for lack in need.lacks])
            self.tree.addTopLevelItem(top)
        self.tree.expandAll()


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
