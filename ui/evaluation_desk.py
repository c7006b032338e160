"""Where a number of the evaluation is entered and how it gets into the survey: entries, layers, county, errors.

An entry is one action of the store, made in a task; what rests on it is marked afterwards by the dock.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Sequence

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog

from ..core.county import county_to_yaml, load_county
from ..core.errors import QingliuError
from ..core.evaluation import Gap, last_complete_year
from ..core.evaluation.entries import ABSENT, EntryKind, entry_kind, entry_kinds
from ..core.evaluation.model import INPUTS, JUDGEMENT, Place
from ..core.evaluation.reads import COUNTY_KEY, DATE_KEY
from ..layers.surveyevaluation import ACCURACY_KEYS
from . import evaluation_work as work
from .evaluation_errors import ask_errors
from .evaluation_hold import Hold
from .evaluation_map import survey_layers
from .evaluation_panel import EvaluationPanel
from .evaluation_work import Asked, Entry, Evaluated

ENTRY_FIELDS = ("value", "unit", "text", "source", "statement", "evidence", "person", "date", "year")


class EntryDesk(QObject):
    """Opens forms and saves what they say. ``written`` once something is in the survey.

    ``run(name, title, job, done, **given)`` runs a job in a task.
    """

    written = pyqtSignal()
    told = pyqtSignal(str)
    form_requested = pyqtSignal(str, str, str)

    def __init__(
        self, panel: EvaluationPanel, run: Callable[..., None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.panel = panel
        self.run = run
        self.hold = Hold(QgsProject.instance())
        self.asked: Optional[Asked] = None
        self.found: Optional[Evaluated] = None
        self.saves: List[str] = []
        panel.entry.saved.connect(self.save_entry)
        panel.entry.origin_saved.connect(self.save_origin)
        panel.entry.cancel_button.clicked.connect(lambda _: self._show_entry(False))
        panel.county_action.triggered.connect(lambda _: self.ask_county())
        panel.errors_action.triggered.connect(lambda _: self.ask_errors())
        panel.undo_action.triggered.connect(lambda _: self.undo())

    def follow(self, asked: Asked | None, found: Evaluated | None = None) -> None:
        """The survey that is worked on; another one, or none, is let go. Raises QingliuError."""
        if asked != self.asked:
            self.saves = []
            self._show_entry(False)
            self.hold.release()
        self.asked, self.found = asked, found

    def _tell(self, error: QingliuError) -> None:
        self.told.emit(error.text())

    def _who(self) -> str:
        return QgsApplication.userFullName() or ""

    # -- where things are entered ----------------------------------------------
    def open_gap(self, gap: Gap, number: int) -> None:
        """Lead to where what is missing is entered."""
        what = str(gap.problem.facts.get("what", ""))
        self.open_place(Place(what, gap.table, gap.field), gap.row, number)

    def open_place(self, place: Place, row: str | None, number: int) -> None:
        """The form for a place: an entry here, a row of a table in the survey dock, the county's file, a layer."""
        found = self.found
        if found is None or place.table is None:
            return
        if place.table == INPUTS:
            self.open_entry(number, place.field or "", row)
        elif place.table == "county":
            self.ask_county()
        elif place.table in {t.name for t in found.edition.tables.values()}:
            self.form_requested.emit(place.table, row or "", place.field or "")
            self.told.emit(self.tr("Fill it in the survey tables, then evaluate again."))
        else:
            self._open_origin(place, found)

    def open_entry(self, number: int, key: str, uuid: str | None) -> None:
        """The form for an entry of an indicator: the row ``uuid``, else the latest of that key, else a new one."""
        found = self.found
        if found is None:
            return
        rows = [r for r in found.given.inputs if r.number == number]
        known = next((r for r in rows if uuid and r.uuid == uuid), None)
        kind = self._kind(found, number, known.key if known is not None else key)
        if known is None:
            same = [r for r in rows if r.key == kind.key]
            known = max(same, key=lambda r: (r.year or 0, r.date or ""), default=None)
        if self._read_only():
            return
        self.panel.tree.choose(number)
        self.panel.entry.ask(number, kind, known, last_complete_year(found.date))
        self._show_entry(True)

    def _kind(self, found: Evaluated, number: int, key: str) -> EntryKind:
        indicator = found.edition.indicators[number]
        kinds = entry_kinds(found.edition, indicator)
        if key == "proven_absent":
            return next((k for k in kinds if k.kind == ABSENT), kinds[0])
        if key in ENTRY_FIELDS and all(k.key != key for k in kinds):
            return next((k for k in kinds if k.key == JUDGEMENT), kinds[0])
        return entry_kind(found.edition, indicator, key)

    def _open_origin(self, place: Place, found: Evaluated) -> None:
        """Source and year of the layers behind a figure."""
        if self._read_only():
            return
        layers = work.layers_of_figure(place.label) or (str(place.table),)
        title = self.tr("Source and year: {}").format(", ".join(found.names.get(x, x) for x in layers))
        self.panel.entry.ask_origin(title, layers, "", last_complete_year(found.date))
        self._show_entry(True)

    def _show_entry(self, shown: bool) -> None:
        """The form takes the chart's place while something is entered."""
        self.panel.entry.setVisible(shown)
        self.panel.entry_area.setVisible(shown)
        self.panel.show_chart()

    def _read_only(self) -> bool:
        if self.found is not None and self.found.read_only:
            self.told.emit(self.tr("The survey cannot be written: nothing can be entered."))
            return True
        return False

    # -- saving ----------------------------------------------------------------
    def save_entry(self, entry: Entry) -> None:
        """Write an entry; the rows that rest on it are marked."""
        self._save("entry", work.save_entry, who=self._who(), entry=entry)

    def save_origin(self, layers: Sequence[str], origin: Mapping[str, Any]) -> None:
        """Write source and year of layers."""
        self._save("origin", work.save_origin, who=self._who(), layers=layers, origin=origin)

    def set_date(self, date: str) -> None:
        """The date of the evaluation, kept in the survey."""
        if self.found is not None and date != self.found.date.isoformat() and not self._read_only():
            self._save("facts", work.save_facts, who=self._who(), facts={DATE_KEY: date})

    def _save(self, name: str, job: Any, **given: Any) -> None:
        if self.asked is None or not self._held(self.asked):
            return
        self.told.emit(self.tr("Saving …"))
        self.run(name, self.tr("Saving into the survey"), job, self._saved, asked=self.asked, **given)

    def _held(self, asked: Asked) -> bool:
        """Whether the survey can be written now; if not, why is told and what was entered stands."""
        try:
            self.hold.take(asked, self._who())
        except QingliuError as error:
            self._tell(error)
            return False
        return True

    def _saved(self, saved: Any) -> None:
        if hasattr(saved, "save_id"):
            self.saves.append(saved.save_id)
        self._show_entry(False)
        self.told.emit(self.tr("Saved."))
        self._reload()
        self.written.emit()

    def undo(self) -> None:
        """Take the last entry of this dock back."""
        if self.asked is None or not self.saves:
            self.told.emit(self.tr("There is no entry to take back."))
            return
        if not self._held(self.asked):
            return
        self.run(
            "undo", self.tr("Taking the last entry back"), work.take_back, self._undone,
            asked=self.asked, who=self._who(), save_id=self.saves[-1],
        )  # fmt: skip

    def _undone(self, _: Any) -> None:
        self.saves.pop()
        self.told.emit(self.tr("The last entry was taken back."))
        self._reload()
        self.written.emit()

    def _reload(self) -> None:
        """The project's tables of entries show what is in the file."""
        if self.asked is None:
            return
        for name in (INPUTS, "provenance", "meta"):
            for layer in survey_layers(QgsProject.instance(), self.asked).get(name, ()):
                if not layer.isEditable():
                    layer.dataProvider().reloadData()
                    layer.triggerRepaint()

    # -- county, stated errors -------------------------------------------------
    def ask_county(self) -> None:
        """Choose the county's file."""
        if self.asked is None or self._read_only():
            return
        start = str(self.asked.home.parent)
        path, _ = QFileDialog.getOpenFileName(
            self.panel, self.tr("County profile"), start, self.tr("County profile (*.yaml *.yml)")
        )
        if path:
            self.set_county(Path(path))

    def set_county(self, path: Path) -> None:
        """Keep a county profile in the survey; its faults are told."""
        try:
            county = load_county(path, self.found.edition if self.found is not None else None)
        except QingliuError as error:
            self._tell(error)
            return
        self._save("facts", work.save_facts, who=self._who(), facts={COUNTY_KEY: county_to_yaml(county)})

    def ask_errors(self) -> None:
        """Ask for the stated errors."""
        if self.asked is None or self._read_only():
            return
        found = ask_errors(self.panel)
        if found is not None:
            self.set_errors(*found)

    def set_errors(self, line_m: float, spacing_m: float, share_pct: float) -> None:
        """Keep the stated errors of lines and classes in the survey."""
        facts = dict(zip(ACCURACY_KEYS, (f"{v:g}" for v in (line_m, spacing_m, share_pct))))
        self._save("facts", work.save_facts, who=self._who(), facts=facts)
