"""How recognition is decided: twenty verdicts by five types, each number open down to its entries (ch. 7, app. C).

The survey is read and evaluated in a task. What somebody changes afterwards marks exactly the rows that
rest on it; they are worked out anew when the user says so. The result is a self-evaluation (3.0.8).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence

from qgis.core import QgsApplication, QgsProject, QgsTask
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QDate, QSettings, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QDockWidget, QFileDialog, QWidget

from ..core.errors import Cancelled, QingliuError
from ..core.evaluation import InputRow
from ..core.evaluation.model import Place
from ..core.evaluation.scale import scale_of
from ..core.evaluation.snapshot import Kept
from ..core.provenance import Feature
from ..core.standard import text
from ..layers.crsthreads import lasting
from ..layers.surveyfigures import homes_outside
from . import evaluation_words as words
from . import evaluation_work as work
from .dock_frame import Fitting
from .evaluation_desk import EntryDesk
from .evaluation_epochs import Epochs, ask_keep
from .evaluation_map import Lights, homes_layer
from .evaluation_panel import EvaluationPanel
from .evaluation_texts import Page, page_of
from .evaluation_work import Asked, Evaluated, Noticed
from .survey_bus import bus, stamp_of
from .survey_session import survey_in
from .tasks import task_of

SETTINGS = "qingliu/evaluation"


class EvaluationDock(QDockWidget):
    """Evaluate the survey of the project, ask any number how it came about, mend what is missing."""

    target_requested = pyqtSignal(str)  # "kind:name": a clause, a ruling, an algorithm
    form_requested = pyqtSignal(str, str, str)  # table, uuid of the row, field: a form of the survey dock

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.asked: Optional[Asked] = None
        self.found: Optional[Evaluated] = None
        self.stale: frozenset[tuple[str, int]] = frozenset()
        self.page: Optional[Page] = None
        self.epochs = Epochs(self)
        self.lights = Lights()
        self._tasks: Dict[str, QgsTask] = {}
        self._stamp: tuple[tuple[int, int], ...] = ()
        self._missed = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.follow_project)
        self.panel = EvaluationPanel()
        self.setWidget(Fitting(self.panel))
        self.desk = EntryDesk(self.panel, self._run, self)
        self.destroyed.connect(self.desk.hold.release)
        self._wire()
        self.follow_project()

    def _wire(self) -> None:
        panel = self.panel
        panel.run.clicked.connect(lambda _: self.toggle())
        panel.type.currentIndexChanged.connect(lambda _: self.show_type())
        panel.date.dateChanged.connect(lambda day: self.desk.set_date(day.toString("yyyy-MM-dd")))
        panel.tree.currentItemChanged.connect(lambda *_: self.show_number(panel.tree.number()))
        panel.page.anchorClicked.connect(self.follow)
        panel.todo.wanted.connect(self.desk.open_gap)
        panel.open_action.triggered.connect(lambda _: self._ask_survey())
        panel.compare.keep_wanted.connect(self._ask_keep)
        panel.compare.other_wanted.connect(self._ask_other)
        panel.compare.forget_wanted.connect(self.epochs.forget)
        self.desk.told.connect(panel.status.setText)
        self.desk.written.connect(lambda: self.look(now=True))
        self.desk.form_requested.connect(self.form_requested)
        self.epochs.changed.connect(self.show_type)
        self.epochs.told.connect(panel.status.setText)
        QgsProject.instance().readProject.connect(self.follow_project)
        QgsProject.instance().layersAdded.connect(self.follow_soon)
        QgsProject.instance().cleared.connect(self.close_survey)
        self.visibilityChanged.connect(self._shown)

    # -- the survey ------------------------------------------------------------
    def follow_project(self, *_: object) -> None:
        """Take the survey whose layers the project shows, where none is taken yet."""
        if self.asked is not None:
            return
        path = survey_in(QgsProject.instance())
        if path is not None:
            self.open_survey(path)
        else:
            self._say_empty()

    def follow_soon(self, *_: object) -> None:
        """Layers are added first and told whose they are afterwards."""
        self._soon.start()

    def _say_empty(self) -> None:
        self.panel.run.setEnabled(False)
        self.panel.status.setText(
            self.tr("Open a project that shows a survey, or choose a survey under More, then evaluate.")
        )

    def open_survey(self, path: Path | str) -> None:
        """Take a survey; it is evaluated when asked to."""
        self.close_survey()
        self.asked = work.asked_of(Path(path))
        bus().watch(self.asked.path)
        self.desk.follow(self.asked)
        self.panel.run.setEnabled(True)
        self.panel.title.setText(str(self.asked.home))
        self.panel.status.setText(self.tr("Press Evaluate to work out the 20 indicators for all five types."))

    def close_survey(self) -> None:
        """Let go of the survey."""
        self._missed = False
        if self.asked is not None:
            bus().unwatch(self.asked.path)
        for task in list(self._tasks.values()):
            task.cancel()
        self._tasks.clear()
        try:
            self.desk.follow(None)
        except QingliuError as error:
            self._tell(error)
        self.asked, self.found, self.page, self.stale = None, None, None, frozenset()
        self.epochs.follow(None)
        self.panel.body.setVisible(False)
        self.panel.bar.setVisible(False)
        self.panel.run.setText(self.tr("Evaluate"))
        for label in (self.panel.title, self.panel.verdict, self.panel.stale):
            label.clear()
        self.panel.stale.setVisible(False)
        self._say_empty()

    def _ask_survey(self) -> None:
        start = str(QSettings().value("qingliu/survey/folder", ""))
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open survey"), start, self.tr("Survey (*.gpkg)"))
        if path:
            self.open_survey(path)
            self.evaluate()

    # -- tasks -----------------------------------------------------------------
    def _run(self, name: str, title: str, job: Any, done: Callable[[Any], None], **given: Any) -> None:
        """Run ``job`` in a task; ``done`` gets its result unless it failed, which is told."""

        def finished(error: BaseException | None, result: Any = None) -> None:
            if self._tasks.get(name) is not task:
                return
            del self._tasks[name]
            self._settle()
            if isinstance(error, Cancelled) or (error is None and result is None):
                self.panel.status.setText(self.tr("Cancelled; nothing was changed."))
            elif error is not None:
                self._tell(error)
            else:
                done(result)
            if self._missed and not {"notice", "evaluate"} & set(self._tasks):
                self._missed = False
                self.look()

        flags = QgsTask.Flag.CanCancel
        if name == "notice" and hasattr(QgsTask.Flag, "Silent"):  # from 3.26 on
            flags = flags | QgsTask.Flag.Silent
        task = task_of(title, job, on_finished=finished, flags=flags, **given)
        self._tasks[name] = task
        QgsApplication.taskManager().addTask(task)

    def _settle(self) -> None:
        busy = "evaluate" in self._tasks or "other" in self._tasks
        self.panel.bar.setVisible(busy)
        self.panel.run.setText(self.tr("Cancel") if busy else self._run_words())

    def _run_words(self) -> str:
        return self.tr("Evaluate again") if self.found is not None else self.tr("Evaluate")

    def _tell(self, error: BaseException) -> None:
        self.panel.status.setText(error.text() if isinstance(error, QingliuError) else str(error))

    # -- evaluating ------------------------------------------------------------
    def toggle(self) -> None:
        """Evaluate, or cancel what is running."""
        running = [t for n, t in self._tasks.items() if n in ("evaluate", "other")]
        if running:
            for task in running:
                task.cancel()
        else:
            self.evaluate()

    def evaluate(self) -> None:
        """Read the survey and work everything out, in a task."""
        if self.asked is None or "evaluate" in self._tasks:
            return
        self._stamp = stamp_of(self.asked.path)
        self.panel.status.setText(self.tr("Evaluating …"))
        self._run(
            "evaluate",
            self.tr("Evaluating the survey"),
            work.evaluate_survey,
            self._evaluated,
            asked=self.asked,
        )
        self._tasks["evaluate"].progressChanged.connect(lambda value: self.panel.bar.setValue(int(value)))
        self._settle()

    def _evaluated(self, found: Evaluated) -> None:
        first = self.found is None
        self.found, self.stale = found._replace(crs=lasting(found.crs)), frozenset()
        self.desk.follow(found.asked, found)
        self.panel.title.setText(f"<b>{found.name}</b> {found.asked.home}")
        self.panel.status.setText("\n".join(p.text() for p in found.findings))
        self.panel.run.setText(self._run_words())
        self.panel.body.setVisible(True)
        if first:
            self._fill_types(found)
            self.epochs.follow(found.asked.home)
        self.panel.date.blockSignals(True)
        self.panel.date.setDate(QDate(found.date.year, found.date.month, found.date.day))
        self.panel.date.blockSignals(False)
        self.show_type()
        if first and self.panel.tree.number() == 0:
            self.panel.tree.choose(next(self.panel.tree.numbers(), 0))

    def _fill_types(self, found: Evaluated) -> None:
        box = self.panel.type
        box.blockSignals(True)
        box.clear()
        for key, named in found.edition.types.items():
            box.addItem(text(named), key)
        box.setCurrentIndex(box.findData(found.type))
        box.blockSignals(False)

    @property
    def type(self) -> str:
        """The type of watershed that is looked at."""
        return str(self.panel.type.currentData() or "")

    def show_type(self) -> None:
        """Tree, verdict, to-do list and comparison for the chosen type."""
        found = self.found
        if found is None or not self.type:
            return
        self.panel.tree.show_evaluation(found, self.type, self.stale)
        self._show_stale()
        self._show_verdict(found)
        self.panel.todo.show_tasks(found, self.type, self.stale)
        self.panel.tabs.setTabText(1, self.tr("To do ({})").format(len(self.panel.todo.tasks)))
        now = self.tr("This evaluation, {}").format(found.date.isoformat())
        self.panel.compare.offer({**self.epochs.known, now: found.evaluation}, found.edition, self.type)
        self.show_number(self.panel.tree.number())

    def _show_verdict(self, found: Evaluated) -> None:
        verdict = found.evaluation.verdicts[self.type]
        counts = dict.fromkeys(("pass", "fail", "unproven", "not_applicable"), 0)
        for row in found.evaluation.of(self.type):
            counts[row.state] += 1
        listed = " · ".join(f"{words.state_words(s)} {n}" for s, n in counts.items() if n)
        rule = next((r for r in found.edition.header.rules if r.key == "recognition"), None)
        note = f"{text(rule)}（{rule.clause}）" if rule is not None else ""
        self.panel.verdict.setText(
            f"<b style='color:{words.verdict_colour(verdict)};font-size:large'>{words.verdict_words(verdict)}</b>"
            f" &nbsp; {listed}<br/><span style='color:#777777'>{note}</span>"
        )

    # -- one indicator ---------------------------------------------------------
    def show_number(self, number: int, whole: bool = False) -> None:
        """How an indicator is decided, and what it rests on, on the map."""
        if self.found is None or not number:
            return
        found = self.found
        self.page = page_of(found, self.type, number, (self.type, number) in self.stale, whole)
        self.panel.page.setHtml(self.page.html)
        rows = [r for r in found.evaluation.rows if r.number == number]
        names = {t: text(named) for t, named in found.edition.types.items()}
        unit = words.unit_words(found.edition, self.page.row.unit)
        self.panel.chart.show_scale(scale_of(rows, self.page.row), names, self.type, unit)
        self.panel.show_chart()
        self.light(self.page.features)

    def light(self, features: Sequence[Feature]) -> int:
        """Light features up on the map; how many there are."""
        if self.asked is None:
            return 0
        return self.lights.light(QgsProject.instance(), self.asked, features)

    def follow(self, url: QUrl) -> None:
        """Where a link of the page leads."""
        kind, _, name = QUrl.fromPercentEncoding(url.toEncoded()).partition(":")
        if self.page is None or self.found is None:
            return
        if kind in ("clause", "ruling"):
            self.target_requested.emit(f"{kind}:{name}")
        elif kind == "show":
            self._show_on_map(self.page.lines[int(name)].features)
        elif kind == "showall":
            self._show_on_map(self.page.features)
        elif kind == "gap":
            self.desk.open_gap(self.page.gaps[int(name)], self.page.row.number)
        elif kind == "change":
            line = self.page.lines[int(name)]
            self.desk.open_place(line.place or Place(""), line.row, self.page.row.number)
        elif kind == "enter":
            self.desk.open_entry(self.page.row.number, name, None)
        elif kind == "evidence":
            self._open_evidence(self.page.evidence[int(name)])
        elif kind == "homes":
            self.draw_homes()
        elif kind == "whole":
            self.show_number(self.page.row.number, whole=True)

    def _show_on_map(self, features: Sequence[Feature]) -> None:
        count = self.light(features)
        self.lights.zoom(self.canvas, QgsProject.instance())
        if count:
            self.panel.status.setText(self.tr("{} features lit up on the map.").format(count))
        else:
            self.panel.status.setText(
                self.tr("The survey's layers are not in the project, or have no such feature.")
            )

    def _open_evidence(self, row: InputRow) -> None:
        if self.asked is None:
            return
        folder = self.asked.home.parent.resolve()
        path = (folder / str(row.evidence).replace("\\", "/")).resolve()
        if folder in path.parents and path.is_file():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
        else:
            self.panel.status.setText(self.tr("There is no file {} beside the survey.").format(row.evidence))

    def draw_homes(self) -> None:
        """Homes beyond the service radius, straight or along roads, as a layer."""
        found = self.found
        if found is None or found.homes is None:
            return
        limit, own = self._radius(found)
        outside = homes_outside(found.homes, limit)
        if not outside:
            self.panel.status.setText(self.tr("No home lies outside {:g} m.").format(limit))
            return
        QgsProject.instance().addMapLayer(homes_layer(outside, limit, found.crs))
        said = self.tr("{0} places outside {1:g} m drawn.").format(len(outside), limit)
        if not own:
            said += " " + self.tr(
                "This type asks for toilets per household; the radius is that of another type."
            )
        self.panel.status.setText(said)

    def _radius(self, found: Evaluated) -> tuple[float, bool]:
        """The service radius of the type; the smallest of any type where it is read by households."""
        cells = [(t, i.threshold(t)) for i in found.edition.indicators.values() for t in found.edition.types]
        asked = {t: float(c.value) for t, c in cells if c.measure == "service_radius"}
        return (asked[self.type], True) if self.type in asked else (min(asked.values()), False)

    # -- noticing changes ------------------------------------------------------
    def survey_changed(self, path: str, tables: object) -> None:
        """A survey was saved, by whomever."""
        if self.asked is not None and self.asked.path == Path(path):
            self.look()

    def _shown(self, shown: bool) -> None:
        """What another program wrote past the store is noticed when somebody looks."""
        if shown:
            self.look()

    def look(self, now: bool = False) -> None:
        """Whether the file changed since it was read; then what that makes stale, in a task."""
        found = self.found
        if found is None:
            return
        if "notice" in self._tasks or "evaluate" in self._tasks:
            self._missed = True
            return
        stamp = stamp_of(found.asked.path)
        if stamp == self._stamp and not now:
            return
        self._stamp = stamp
        self._run("notice", self.tr("Looking for changes"), work.notice, self._noticed, found=found)

    def _noticed(self, noticed: Noticed) -> None:
        if self.found is None or noticed.stale == self.stale:
            return
        self.stale = noticed.stale
        self.panel.tree.mark(self.found, self.type, self.stale)
        self.panel.todo.show_tasks(self.found, self.type, self.stale)
        self._show_stale()
        number = self.panel.tree.number()
        if (self.type, number) in self.stale:
            self.show_number(number)

    def _show_stale(self) -> None:
        own = sorted(n for t, n in self.stale if t == self.type)
        self.panel.stale.setVisible(bool(self.stale))
        listed = ", ".join(map(str, own)) or "–"
        self.panel.stale.setText(
            self.tr("Changed since this evaluation. Stale for this type: {}. Evaluate again.").format(listed)
        )

    # -- epochs and schemes ----------------------------------------------------
    def _ask_keep(self) -> None:
        asked = ask_keep(self)
        if asked is not None:
            self.keep_as(*asked)

    def keep_as(self, name: str, epoch: str) -> None:
        """Keep the evaluation beside the survey, to be compared later."""
        if self.found is not None:
            self.epochs.keep_as(Kept(name, epoch, self.found.type, self.found.evaluation))

    def _ask_other(self) -> None:
        start = str(self.asked.home.parent) if self.asked is not None else ""
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open survey"), start, self.tr("Survey (*.gpkg)"))
        if path:
            self.evaluate_other(Path(path))

    def evaluate_other(self, path: Path) -> None:
        """Evaluate another survey (a scheme) to compare with."""
        self.panel.status.setText(self.tr("Evaluating …"))
        self._run("other", self.tr("Evaluating the survey"), work.evaluate_survey, self._other_evaluated,
                  asked=Asked(path, path))  # fmt: skip
        self._settle()

    def _other_evaluated(self, other: Evaluated) -> None:
        self.panel.status.setText("")
        self.epochs.add(f"{other.name} ({other.asked.home.name}, {other.date.isoformat()})", other.evaluation)

    def closeEvent(self, event: Any) -> None:
        self.lights.put_out(QgsProject.instance())
        super().closeEvent(event)
