"""What the evaluation dock does in the background: reading and evaluating a survey, noticing changes, saving.

Each task opens the survey's file for itself; nothing of it belongs to the interface thread. While something
is written the dock holds the file (see :mod:`.evaluation_hold`).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Optional, Sequence, Tuple

from qgis.core import QgsCoordinateReferenceSystem, QgsTask
from qgis.PyQt.QtCore import QSettings

from ..core import language
from ..core.errors import Problem
from ..core.evaluation import Evaluation, EvaluationInput, evaluate
from ..core.evaluation.account import row_names
from ..core.evaluation.gather import LAYERS_OF
from ..core.evaluation.reads import Touched, stale_rows
from ..core.report import environment
from ..core.standard import Edition
from ..layers.schema import store_schema
from ..layers.store import Change, GpkgStore, Insert, Saved, Update, inspect
from ..layers.store.places import local_of
from ..layers.store.undo import undo
from ..layers.surveyevaluation import (
    edition_of,
    evaluation_date,
    findings,
    read_survey,
    stated_accuracy,
    touched_since,
)
from ..layers.surveyevidence import attach
from ..layers.surveyfigures import Homes
from .survey_session import work_folder
from .tasks import TaskProgress, uncollected

RECENT = "qingliu/survey/recent"
STAGES = 12


class Asked(NamedTuple):
    """Which survey: the file that is worked on, and where it belongs (its evidence lies there)."""

    path: Path
    home: Path


class Evaluated(NamedTuple):
    """A survey read and evaluated; ``sequence`` is the last entry of its log that was read."""

    asked: Asked
    name: str
    type: str
    date: dt.date
    sequence: int
    edition: Edition
    given: EvaluationInput
    homes: Optional[Homes]
    crs: QgsCoordinateReferenceSystem
    evaluation: Evaluation
    findings: Tuple[Problem, ...]
    names: Mapping[str, str]
    read_only: bool = False


class Noticed(NamedTuple):
    """Changes since an evaluation: the log's number then, and the rows of table 7-1 they make stale."""

    sequence: int
    stale: frozenset[tuple[str, int]]


def home_of(path: Path) -> Path:
    """Where a survey belongs: the network path whose local copy ``path`` is, else itself."""
    recent = QSettings().value(RECENT, []) or []
    for known in [recent] if isinstance(recent, str) else recent:
        if local_of(Path(known), work_folder() / "copies") == path:
            return Path(known)
    return path


def asked_of(path: Path) -> Asked:
    """The survey in a file."""
    return Asked(path, home_of(path))


@uncollected()
def evaluate_survey(task: QgsTask, asked: Asked) -> Evaluated:
    """Read everything and evaluate it for all types. Raises QingliuError, Cancelled."""
    looked = inspect(asked.path)
    with GpkgStore(asked.path, read_only=True, home=asked.home) as store:
        meta = store.meta()
        edition = edition_of(store)
        date = evaluation_date(store, "", dt.date.today())
        sequence = store.sequence()
        reading = read_survey(store, edition, date, None, stated_accuracy(store), TaskProgress(task, STAGES))
    found = evaluate(reading.given, None, edition)
    environment().get_template("dock/evaluation.html")  # compiled here, not on the interface thread
    own = meta.get("type", "")
    return Evaluated(
        asked, meta.get("name", "") or asked.home.stem, own if own in edition.types else next(iter(edition.types)),
        date, sequence, edition, reading.given, reading.figures.homes, reading.figures.crs, found,
        tuple(findings(reading)), {**titles(), **row_names(reading.given)}, not looked.writable,
    )  # fmt: skip


def titles() -> dict[str, str]:
    """What the layers and tables of a survey are called in the language in force."""
    zh = language.current() == "zh"
    return {t.name: t.zh if zh else t.en for t in store_schema().values()}


@uncollected()
def notice(task: QgsTask, found: Evaluated) -> Noticed:
    """What changed since the survey was evaluated. Raises QingliuError."""
    with GpkgStore(found.asked.path, read_only=True, home=found.asked.home) as store:
        return _noticed(store, found)


def _noticed(store: GpkgStore, found: Evaluated) -> Noticed:
    touched: Sequence[Touched] = touched_since(store, found.sequence)
    return Noticed(store.sequence(), stale_rows(found.edition, touched))


class Entry(NamedTuple):
    """A row of ``indicator_input`` to be written: a new one, or new values of ``uuid`` in ``version``.

    ``attached``: a file to be copied beside the survey as its evidence.
    """

    number: int
    values: Mapping[str, Any]
    uuid: str = ""
    attached: Optional[Path] = None


def save_entry(task: QgsTask, asked: Asked, who: str, entry: Entry) -> Saved:
    """One entry as one action of the store. Raises QingliuError; StaleSave where somebody else changed it."""
    values = dict(entry.values)
    if entry.attached is not None:
        values["evidence"] = attach(asked.home, entry.attached, entry.number)
    with GpkgStore(asked.path, who=who) as store:
        row = store.row("indicator_input", entry.uuid) if entry.uuid else None
        change: Change = (
            Update("indicator_input", row.uuid, row.version, values)
            if row is not None
            else Insert("indicator_input", {"number": entry.number, **values})
        )
        return store.save([change], why="evaluation")


def save_origin(
    task: QgsTask, asked: Asked, who: str, layers: Sequence[str], origin: Mapping[str, Any]
) -> Saved:
    """Source and year of layers, into ``provenance``. Raises QingliuError."""
    with GpkgStore(asked.path, who=who) as store:
        changes: list[Change] = []
        for layer in layers:
            rows = [
                r
                for r in store.rows("provenance", where={"table_name": layer})
                if not r.values.get("row_uuid")
            ]
            changes += [Update("provenance", r.uuid, r.version, dict(origin)) for r in rows]
            if not rows:
                own = {"value_id": layer, "table_name": layer, "kind": "official"}
                changes.append(Insert("provenance", {**own, **origin}))
        return store.save(changes, why="evaluation")


def save_facts(task: QgsTask, asked: Asked, who: str, facts: Mapping[str, Optional[str]]) -> bool:
    """Facts of the survey: date of the evaluation, county profile, stated errors. Raises QingliuError."""
    with GpkgStore(asked.path, who=who) as store:
        store.set_meta(facts, who=who, why="evaluation")
    return True


def take_back(task: QgsTask, asked: Asked, who: str, save_id: str) -> Saved:
    """Undo an entry of this dock. Raises QingliuError; StaleSave where the row has changed since."""
    with GpkgStore(asked.path, who=who) as store:
        return undo(store, save_id, who=who)


def layers_of_figure(label: str) -> tuple[str, ...]:
    """The layers of a figure, from the label of its place ``erosion + boundary (eroded_area)``."""
    name = label.rpartition("(")[2].rstrip(")")
    return LAYERS_OF.get(name, ())
