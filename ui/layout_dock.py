"""Designing the layout beside the map: measures drawn, checked while they are drawn, counted, compared (5.1.2).

The clauses of chapters 5 and 6 follow the cursor; nothing is forbidden: a breach is told, and overridden
only by a name, a date and a reason. Edits stand in QGIS's buffers and in a draft until they are saved
through the survey's store as one action.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Iterable

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QDockWidget, QLabel, QWidget

from ..core.errors import QingliuError
from ..core.siting.model import DUTY, Finding
from ..core.siting.rules import rules_of
from ..core.standard import Edition, default_edition, text
from .dock_frame import Fitting
from .layout_desk import LayoutDesk
from .layout_drawing import LayoutDrawing
from .layout_files import LayoutFiles
from .layout_findings import ask_signature
from .layout_live import Judged
from .layout_notes import UNUSED
from .layout_panel import LayoutPanel
from .layout_review import LayoutReview
from .layout_strip import strip_html
from .layout_tools import in_crs
from .layout_words import sentence
from .tasks import task_of

REST_MS = 250
BILL_MS = 120


class LayoutDock(QDockWidget):
    """Open a survey or begin a layout, choose a measure, draw it."""

    target_requested = pyqtSignal(str)  # "kind:name": a clause, an algorithm

    panel: LayoutPanel
    desk: LayoutDesk
    files: LayoutFiles
    review: LayoutReview
    drawing: LayoutDrawing

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.edition: Edition | None = None
        self.ask_signature = ask_signature
        self._resting = QgsPointXY()
        self._rest = self._timer(REST_MS, self._rested)
        self._bill = self._timer(BILL_MS, self._show_strip)
        self.setWidget(QLabel(self.tr("Reading the standard …")))
        self._task = task_of(
            self.tr("Reading the standard"), lambda _: _read_edition(), on_finished=self._edition_read
        )
        QgsApplication.taskManager().addTask(self._task)

    def _timer(self, ms: int, slot: Callable[[], Any]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(slot)
        return timer

    # -- building ----------------------------------------------------------
    def _edition_read(self, error: BaseException | None, edition: Edition | None = None) -> None:
        if edition is None:
            self.setWidget(QLabel(str(error or "")))
            return
        self.edition = edition
        self.panel = LayoutPanel(edition)
        self.setWidget(Fitting(self.panel))
        self.desk = LayoutDesk(edition, self.canvas, self)
        self.files = LayoutFiles(self.desk, self.panel, self)
        self.review = LayoutReview(self.desk, self.panel, self.canvas, self)
        self.drawing = LayoutDrawing(self.desk, self.panel, self.canvas, self.review.name_of)
        self.drawing.told.connect(self.tell)
        self.drawing.picked.connect(self.review.show_card)
        self._wire()
        self._enable()
        self._say_what_next()
        self.files.open_of_project()

    def _wire(self) -> None:
        panel, desk = self.panel, self.desk
        for button, slot in (
            (panel.scratch_button, self.new_layout),
            (panel.save_button, self.save),
            (panel.undo_button, self.undo),
            (panel.redo_button, self.redo),
        ):
            button.clicked.connect(lambda _, do=slot: do())
        panel.discard_action.triggered.connect(lambda _: self.discard())
        for action, algorithm in (
            (panel.candidates_action, "sitemeasures"), (panel.report_action, "checklayout"),
        ):  # fmt: skip
            action.triggered.connect(lambda _, a=algorithm: self.target_requested.emit(f"algorithm:{a}"))
        panel.left_action.triggered.connect(lambda _: self.put_back())
        panel.live.linkActivated.connect(self.target_requested)
        panel.findings.clause_wanted.connect(self.target_requested)
        panel.findings.sign_wanted.connect(self.sign)
        panel.findings.withdraw_wanted.connect(self.withdraw)
        panel.card.sign_wanted.connect(self.sign)
        panel.card.withdraw_wanted.connect(self.withdraw)
        panel.totals.reason_wanted.connect(self.give_reason)
        panel.palette_.settings_changed.connect(self._type_changed)
        panel.sources.wanted.connect(self.read_layers)
        desk.opened.connect(self._opened)
        desk.closed.connect(self._closed)
        desk.told.connect(self.tell)
        desk.working.connect(self._progress)
        desk.ground_ready.connect(self._ground_ready)
        desk.settled.connect(self._enable)
        desk.live.judged.connect(self._judged)
        desk.live.cleared.connect(self._unjudged)
        QgsProject.instance().cleared.connect(self.close_layout)
        QgsProject.instance().readProject.connect(self.files.open_of_project)
        if self.canvas is not None:
            self.canvas.xyCoordinates.connect(self._moved)

    # -- opening ----------------------------------------------------------
    def new_layout(self) -> None:
        """A layout in a scratch file, in the project's CRS where that is planar."""
        crs = self._scratch_crs()
        if not crs.isValid():
            self.tell(self.tr("Add a layer in a projected CRS (metres) first: the layout is drawn in it."))
            return
        self.desk.open_scratch(self.panel.palette_.type_key, crs)

    def _scratch_crs(self) -> QgsCoordinateReferenceSystem:
        candidates = [QgsProject.instance().crs(), *(x.crs() for x in self.panel.sources.layers().values())]
        candidates += [x.crs() for x in QgsProject.instance().mapLayers().values()]
        return next(
            (c for c in candidates if c.isValid() and not c.isGeographic()), QgsCoordinateReferenceSystem()
        )

    def open_survey(self, path: Any) -> None:
        """Open a survey's layout."""
        self.tell(self.tr("Opening the layout …"))
        self.desk.open(path)

    def _opened(self) -> None:
        session = self.desk.session
        if session is None:
            return
        session.history.moved.connect(self._enable)
        session.changed.connect(lambda _: self._enable())
        self.panel.palette_.set_type(session.meta.get("type", ""))
        self.panel.sources.recall(QgsProject.instance(), session.id)
        name = session.meta.get("name", "")
        where = str(session.store.home)
        if session.scratch:
            where = self.tr("scratch layout, belongs to no survey; kept in {}").format(where)
        self.panel.title.setText(f"<b>{name}</b> {where}")
        self._enable()
        self._say_what_next()
        if self.panel.sources.layers():
            self.read_layers()
        self._tell_left()

    def _closed(self) -> None:
        self.drawing.drop_tool()
        self.panel.title.setText("")
        self._enable()
        self._say_what_next()

    def close_layout(self) -> None:
        """Let go of the layout."""
        if self.edition is not None:
            self.drawing.drop_tool()
            self.desk.close()

    def read_layers(self) -> None:
        """Read the layers that are chosen, in a task."""
        if self.desk.session is None:
            return
        self.panel.sources.remember(QgsProject.instance())
        self._try(
            lambda: self.desk.read_ground(
                self.panel.sources.choice(self.panel.palette_.type_key, self.desk.stored_county())
            )
        )

    def _progress(self, percent: float) -> None:
        self.panel.sources.bar.setVisible(percent >= 0)
        self.panel.sources.bar.setValue(int(max(0.0, percent)))
        if percent == 0:
            self.tell(self.tr("Reading the layers …"))

    def _ground_ready(self, found: Any) -> None:
        self.panel.sources.told.setText(
            "\n".join(w.text() for w in found.warnings) or self.tr("All layers were read.")
        )
        self._say_what_next()
        self._enable()

    def _type_changed(self) -> None:
        """Another type of watershed: other measures are offered, and some rules ask for it."""
        if self.desk.base is None or self.desk.session is None:
            return
        settings = self.desk.base.ground.settings
        if settings.type_key != self.panel.palette_.type_key:
            self.read_layers()

    # -- actions ----------------------------------------------------------
    def undo(self) -> None:
        """Take the last action back."""
        session = self.desk.session
        title = session.history.undo() if session is not None else ""
        self.tell(self.tr("Taken back: {}").format(title) if title else self.tr("Nothing to take back."))

    def redo(self) -> None:
        """Do again what was taken back."""
        session = self.desk.session
        title = session.history.redo() if session is not None else ""
        self.tell(self.tr("Done again: {}").format(title) if title else self.tr("Nothing to do again."))

    def save(self) -> None:
        """All edits as one action of the survey."""
        self.drawing.drop_tool()
        count = self._try(self.desk.save)
        if count is not None:
            self.tell(self.tr("{} measures saved.").format(count) if count else self.tr("Nothing to save."))
        self._enable()

    def discard(self) -> None:
        """Back to what the survey has."""
        self.drawing.drop_tool()
        if self.desk.session is not None:
            self.desk.session.discard()
            self.tell(self.tr("Back to what is saved."))

    def _tell_left(self) -> None:
        """Say what an earlier session drew and could not save."""
        session = self.desk.session
        left = session.left() if session is not None else []
        self.panel.left_action.setVisible(bool(left))
        if left:
            count, when = sum(len(d.changes) for d in left), max(d.at for d in left)
            words = self.tr("{0} edits of {1} were not saved; More puts them back.")
            self.tell(words.format(count, when[:16].replace("T", " ")))

    def put_back(self) -> None:
        """Save what an earlier session drew; what cannot be saved any more stays aside and is told."""
        session = self.desk.session
        if session is None:
            return
        left = session.left()
        tried = [self._try(partial(session.put_back, draft)) for draft in left]
        saved = [x for x in tried if x is not None]
        self.panel.left_action.setVisible(len(saved) < len(left))
        if saved:
            self.tell(self.tr("{} edits put back and saved.").format(sum(len(x.rows) for x in saved)))

    def sign(self, finding: Finding) -> None:
        """Override a breach, or tick a duty, with name and date."""
        duty = finding.verdict == DUTY
        title = self.tr("Tick a duty") if duty else self.tr("Override a finding")
        signed = self.ask_signature(title, sentence(finding), needs_reason=not duty, parent=self)
        if signed is not None:
            self._try(lambda: self.desk.sign(finding, signed))

    def withdraw(self, finding: Finding) -> None:
        """Take an override or a tick back."""
        self._try(lambda: self.desk.withdraw(finding))

    def give_reason(self, measure: str) -> None:
        """Why a ■ measure is not used."""
        session = self.desk.session
        if session is None or self.edition is None:
            return
        title = self.tr("Not used: {}").format(text(self.edition.measure(measure), "name"))
        words = self.tr("Table B.1 marks it ■ for this type of watershed; the table is advice.")
        signed = self.ask_signature(title, words, needs_reason=True, parent=self)
        if signed is not None:
            notes = session.notes
            self._try(lambda: notes.sign(UNUSED, (measure,), signed))
            self.review.refresh()

    # -- the strip and the status ----------------------------------------------------------
    def _judged(self, judged: Judged) -> None:
        self._show_strip(quick=True)
        self._bill.start()

    def _show_strip(self, *, quick: bool = False) -> None:
        """The judgement at once; what the bill would say when the cursor rests."""
        judged = self.desk.live.last
        if judged is None or self.edition is None or (self._bill.isActive() and not quick):
            return
        bill = None
        if not quick:
            bill = self.desk.ledger.with_proposal(judged.feature.key, judged.geometry, judged.feature.uuid)
        unit = self.panel.totals.area_unit
        self.panel.live.setText(strip_html(judged, self.edition, unit, bill))

    def _unjudged(self) -> None:
        self._bill.stop()
        self._say_what_next()

    def _moved(self, point: QgsPointXY) -> None:
        self._resting = point
        self._rest.start()

    def _rested(self) -> None:
        """The palette follows where the cursor rests, not where it passes on its way to the dock."""
        session = self.desk.session if self.edition is not None else None
        if session is None or self.canvas is None or not self.canvas.underMouse():
            return
        self.follow(self._resting)

    def follow(self, point: QgsPointXY) -> None:
        """Offer the measures of the zone at a point (map CRS)."""
        session = self.desk.session
        if session is None or self.canvas is None:
            return
        crs = self.canvas.mapSettings().destinationCrs()
        here = in_crs(QgsGeometry.fromPointXY(point), crs, session.crs)
        if here is not None:
            self.panel.palette_.show_zone(self.desk.zone_at(here.asPoint()))

    def tell(self, words: str) -> None:
        """Say something under the dock."""
        self.panel.status.setText(words)

    def _say_what_next(self) -> None:
        if self.desk.session is None:
            words = self.tr("Open a survey, or begin a new layout: its measures are drawn on the map.")
        elif self.desk.base is None or self.desk.check is None:
            words = self.tr(
                "Choose the layers to check against on the page Layers. Without them nothing can be judged."
            )
        else:
            words = self.tr("Choose a measure and draw it: the clauses follow the cursor here.")
        self.panel.live.setText(f"<span style='color:#666666'>{words}</span>")
        if self.panel.status.text() in (self.tr("Opening the layout …"), self.tr("Reading the layers …")):
            self.panel.status.setText("")

    def _try(self, work: Callable[[], Any]) -> Any:
        """Do it, or say why not."""
        try:
            return work()
        except QingliuError as error:
            self.tell(error.text())
            return None

    def _enable(self, *_: Iterable[Any]) -> None:
        session = self.desk.session
        panel = self.panel
        writes = session is not None and not session.store.read_only
        for widget in (*panel.tools.values(), panel.split_button, panel.delete_button):
            widget.setEnabled(writes)
        panel.save_button.setEnabled(session is not None and session.modified)
        panel.discard_action.setEnabled(session is not None and session.modified)
        panel.undo_button.setEnabled(session is not None and bool(session.history.done))
        panel.redo_button.setEnabled(session is not None and bool(session.history.undone))
        for action in (panel.dxf_action, panel.plots_action, panel.close_action):
            action.setEnabled(session is not None)

    # -- going ----------------------------------------------------------
    def closeEvent(self, event: Any) -> None:
        if self.edition is not None:
            self.drawing.drop_tool()
            self.desk.live.close()
        super().closeEvent(event)

    def shut(self) -> None:
        """Let go of everything; called when the dock is taken out for good."""
        if self.edition is not None:
            self.close_layout()
            self.desk.live.close()


def _read_edition() -> Edition:
    """The edition with the parts that the dock needs, read off the interface thread."""
    edition = default_edition()
    for measure in edition.measures.values():
        rules_of(edition, measure.key)
    edition.maintenance  # noqa: B018 - read here
    return edition
