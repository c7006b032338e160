"""The survey tables filled beside the map: what is filled, missing, wrong and signed, row by row (ch. 4, app. A).

A survey is opened once and held; every entry is one action of its store, a draft on disk from the
first keystroke until that action is in the file. Selecting a feature opens its row and the reverse.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, Iterator, Set

from qgis.core import QgsApplication, QgsProject, QgsTask
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QDockWidget, QFileDialog, QTreeWidgetItem, QWidget

from ..core.errors import QingliuError
from ..core.evaluation.model import INPUTS
from ..core.standard import Edition, default_edition, text
from ..layers.schema import store_schema
from ..layers.store import Saved
from ..layers.store.undo import undo
from .dock_frame import Fitting
from .survey_bus import bus
from .survey_cells import table_cells
from .survey_clipboard import RowClipboard
from .survey_counts import Count, counting
from .survey_desk import Action, Desk
from .survey_lookups import Lookups
from .survey_mapsave import MapSaving
from .survey_panel import TABLE_ROLE, SurveyPanel
from .survey_photos import Photos
from .survey_places import Place
from .survey_recent import folder as last_folder
from .survey_recent import recently_used
from .survey_records import Records
from .survey_removal import RowRemoval
from .survey_session import Opened, SurveySession, look, survey_in
from .survey_sheets import Sheets
from .survey_tables import filled_tables, number_of

COUNT_MS = 250
AGAIN_MS = 500


class SurveyDock(QDockWidget):
    """Open a survey, choose a table, fill its rows."""

    target_requested = pyqtSignal(str)  # "kind:name": a clause, an algorithm

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.counts: Dict[str, Count] = {}
        self.panel = SurveyPanel()
        self.setWidget(Fitting(self.panel))
        self.desk = Desk(self.panel, self)
        self.records = Records(self.desk)
        self.sheets = Sheets(self.desk, self.records.leave)
        self.clipboard = RowClipboard(self.desk, self.records)
        self.removal = RowRemoval(self.desk, self.records)
        self.photos = Photos(self.desk, self.records, self.panel.photos)
        self.map_saving = MapSaving(self.desk)
        self.lookups = Lookups(self.desk)
        self._stale: Set[str] = set()
        self._counting: Set[str] = set()
        self._wanted: Path | None = None
        self._count_timer = self.desk.timer(COUNT_MS, self._recount_stale)
        self._again = self.desk.timer(AGAIN_MS, self.follow_others)
        self._wire()
        self._read_edition()

    def _wire(self) -> None:
        panel, records = self.panel, self.records
        panel.status.setText(self.tr("Open a survey, or make a new one."))
        panel.tree.currentItemChanged.connect(lambda now, _: self._choose_table(now))
        panel.recent.aboutToShow.connect(self._list_recent)
        for button, slot in (
            (panel.open_button, self._ask_survey),
            (panel.new_button, lambda: self.target_requested.emit("algorithm:createsurvey")),
            (panel.close_button, self.close_survey),
            (panel.map_button, self.map_saving.save),
            (panel.undo_button, self.undo),
            (panel.add_button, records.new_row),
            (panel.delete_button, self.removal.delete),
            (panel.copy_button, self.clipboard.copy),
            (panel.paste_button, self.clipboard.paste_clipboard),
            (panel.save_button, records.save),
            (panel.revert_button, records.discard),
        ):
            button.clicked.connect(lambda _, do=slot: do())
        records.target_requested.connect(self.target_requested)
        records.table_wanted.connect(self.choose_table)
        records.zoom_wanted.connect(lambda layer: records.zoom_to_link(self.canvas, layer))
        self.lookups.wanted.connect(self._open_place)
        self.desk.saved.connect(self._follow)
        self.desk.saved.connect(bus().look_soon)
        self.desk.rights_changed.connect(self._enable)
        bus().changed.connect(self._heard)
        QgsProject.instance().cleared.connect(self.close_survey)
        QgsProject.instance().readProject.connect(self._open_of_project)

    @property
    def edition(self) -> Edition | None:
        """The edition in force, None until it is read."""
        return self.desk.edition

    @property
    def session(self) -> SurveySession | None:
        """The survey being worked on."""
        return self.desk.session

    # -- the edition -----------------------------------------------------------------
    def _read_edition(self) -> None:
        self.desk.run("edition", self.tr("Reading the standard"), _read_tables, self._edition_read)

    def _edition_read(self, edition: Edition) -> None:
        self.desk.edition = edition
        self.panel.set_edition(edition)
        self.sheets.connect_head()
        self._enable()
        if self._wanted is not None:
            self.open_survey(self._wanted)
        else:
            self._open_of_project()

    def _open_of_project(self, *_: object) -> None:
        """The survey whose layers the project shows is held from the start."""
        path = survey_in(QgsProject.instance())
        if path is not None and self.session is None:
            self.open_survey(path)

    # -- opening and closing -----------------------------------------------------------
    def _ask_survey(self) -> None:
        title = self.tr("Open survey")
        path, _ = QFileDialog.getOpenFileName(self, title, last_folder(), self.tr("Survey (*.gpkg)"))
        if path:
            self.open_survey(path)

    def _list_recent(self) -> None:
        self.panel.recent.clear()
        for path in recently_used():
            self.panel.recent.addAction(path).triggered.connect(lambda _, p=path: self.open_survey(p))
        if self.panel.recent.isEmpty():
            self.panel.recent.addAction(self.tr("No survey opened yet")).setEnabled(False)

    def open_survey(self, path: Path | str) -> None:
        """Check the survey in a task, then hold it and show its layers and tables."""
        if self.edition is None:
            self._wanted = Path(path)
            return
        self.close_survey()
        gc.freeze()  # what is there stays: looked through again and again it would hold up the window
        self.panel.status.setText(self.tr("Checking the survey …"))
        who = QgsApplication.userFullName() or ""
        self.desk.run(
            "open", self.tr("Checking the survey"), look,
            lambda opened: self._opened(opened, who), path=Path(path), who=who,
        )  # fmt: skip

    def _opened(self, opened: Opened, who: str) -> None:
        try:
            kept = bus().keeper.keeps(opened.path)
            session = SurveySession(opened, QgsProject.instance(), self.desk.drafts, who, kept=kept)
        except QingliuError as error:
            self.desk.tell(error)
            return
        self.desk.session, self.counts = session, {}
        bus().watch(session.store.path)
        bus().hold(session.store)
        self.panel.status.setText(self.tr("Opening the layers …"))
        self._enable()
        steps = session.showing()
        self.desk.in_slices("show", steps, lambda: self._shown(opened, session), self._not_shown)

    def _not_shown(self, error: QingliuError) -> None:
        self.close_survey()
        self.desk.tell(error)

    def _shown(self, opened: Opened, session: SurveySession) -> None:
        """All layers are there: begin."""
        self.destroyed.connect(session.close)
        QgsApplication.instance().aboutToQuit.connect(session.close)
        session.edits.outside = lambda found: self.desk.say("\n".join(p.text() for p in found))
        session.edits.look = self.desk.look_outside
        self.panel.title.setText("<b>" + session.name + "</b> " + str(session.store.home))
        self.panel.status.setText(
            "\n".join(p.text() for p in opened.findings) or self.tr("The survey is sound.")
        )
        self.panel.splitter.setVisible(True)
        self.desk.map.listen(session, self.desk.located())
        self.records.drafts.offer()
        self._enable()
        self.desk.in_slices("begin", self._beginning(session), self.recount)
        self.lookups.forget()

    def _looking_at(self, session: SurveySession) -> Iterator[None]:
        """A project that was empty takes the survey's CRS, and the map shows its boundary."""
        found = session.layers("boundary")
        if not session.fresh or not found or self.canvas is None:
            return
        session.project.setCrs(found[0].crs())
        yield
        self.canvas.setDestinationCrs(found[0].crs())
        yield
        extent = found[0].extent()
        if not extent.isEmpty():
            extent.scale(1.1)
            self.canvas.setExtent(extent)
            yield
            self.canvas.refresh()

    def _heard(self, path: str, tables: object) -> None:
        if self.session is not None and self.session.store.path == Path(path):
            self.follow_others()

    def follow_others(self) -> None:
        """Show what an algorithm, another dock or another person has saved into the survey meanwhile."""
        session, cells = self.session, self.desk.cells
        if session is not None and self.desk.busy:
            self._again.start()
            return
        tables = session.changed_by_others() if session is not None else frozenset()
        if session is None or not tables:
            return
        session.unread(tables)
        self.desk.reload_soon()
        if cells is not None and tables & {cells.table.name, "sheet", "provenance", "photos"}:
            self.records.refresh()
            self.sheets.show()
        self._to_count(tables)
        if not self.records.pending():
            self.desk.say(self.tr("Saved elsewhere and shown anew: {}.").format(self._titles(tables)))

    def _titles(self, tables: Iterable[str]) -> str:
        """What tables are called: survey tables by their number, the others by their title."""
        if self.edition is None:
            return ""
        filled, stored = filled_tables(self.edition), store_schema(self.edition)
        named = [filled[t].id if t in filled else text(stored[t]) for t in stored if t in set(tables)]
        return ", ".join(named)

    def _to_count(self, tables: Iterable[str]) -> None:
        """Counts and needs are to be found anew."""
        self._stale |= set(tables)
        self._count_timer.start()
        self.lookups.forget()

    def _beginning(self, session: SurveySession) -> Iterator[None]:
        """The map shows the survey, and forms are made ahead, so that none is waited for later."""
        yield from self._looking_at(session)
        names = list(filled_tables(self.edition)) if self.edition is not None else []
        for number, name in enumerate(names):
            yield from self.records.making(name)
            if number == 0 and self.panel.tree.currentItem() is None:
                yield
                self.choose_table(name)
        gc.freeze()

    def close_survey(self) -> None:
        """Leave the survey at rest; what was typed and not saved stays as a draft."""
        self.desk.drop_task("open")
        if self.session is None:
            return
        self.desk.rest()
        self.map_saving.settle()
        self.records.drafts.keep()
        session, self.desk.session = self.session, None
        self.desk.map.stop()
        self.panel.tree.setCurrentItem(None)
        self.records.show_nothing()
        self.panel.model.load(None, None)
        self.panel.splitter.setVisible(False)
        self.panel.draft_bar.setVisible(False)
        self.panel.title.clear()
        self.panel.status.setText(self.tr("Open a survey, or make a new one."))
        self._enable()
        gc.unfreeze()
        bus().unwatch(session.store.path)
        bus().let_go(session.store)
        try:
            session.close()
        except QingliuError as error:
            self.desk.tell(error)

    # -- tables ------------------------------------------------------------------------
    def recount(self, wanted: FrozenSet[str] | None = None) -> None:
        """Count rows and cells of all tables again, or of those wanted, a little at a time."""
        if self.session is None or self.edition is None:
            return
        found: Dict[str, Count] = {}
        steps = counting(self.session.store, self.edition, wanted, found)
        self.desk.in_slices("count", steps, lambda: self._counted(found))

    def _recount_stale(self) -> None:
        """Count what was saved; everything before the first count, and where a sheet's head changed."""
        self._counting |= self._stale  # what a count that is overtaken would have brought
        self._stale = set()
        whole = not self.counts or "sheet" in self._counting
        self.recount(None if whole else frozenset(self._counting))

    def _counted(self, counts: Dict[str, Count]) -> None:
        if self.edition is None or self.session is None:
            return
        self._counting = set()
        self.counts = {**self.counts, **counts}
        self.panel.show_counts(counts, self.edition, self.session.type)

    # -- links from elsewhere -----------------------------------------------------------
    def _open_place(self, place: Place) -> None:
        self.open_form(place.table, place.row, place.field, place.number)

    def open_form(self, table: str, row_uuid: str = "", field: str = "", number: int | None = None) -> None:
        """Show where a value is entered: a table by name or id, its row and field, each as far as known.

        For ``indicator_input``, ``field`` may be a variable of the indicator ``number``. Other docks lead here.
        """
        self.show()
        self.raise_()
        if self.session is None or self.edition is None:
            self.desk.say(self.tr("Open the survey first, then follow the link again."))
            return
        names = {key: t.name for t in filled_tables(self.edition).values() for key in (t.id, t.name)}
        if table in names:
            self._open_row(names[table], row_uuid, field, number)
        elif table == "sheet":
            self._open_head(row_uuid, field)
        elif self.session.layers(table):
            self._lead_to_layer(table, row_uuid)
        else:
            self.desk.say(self.tr("This is no entry of a table: {} {}").format(table, field))

    def _open_row(self, table: str, row_uuid: str, field: str, number: int | None) -> None:
        self.choose_table(table)
        cells = self.desk.cells
        if cells is None or cells.table.name != table or not self.records.leave():
            return
        if row_uuid and self.panel.model.line(row_uuid) >= 0:
            self.records.show_row(row_uuid)
        elif table == INPUTS and field not in cells.columns and self.edition is not None:
            number = number_of(field, self.edition) if number is None else number
            self.records.new_row({"number": number, "key": field or None})
            field = "value"
        elif table == INPUTS:
            self.records.new_row({"number": number})
        else:
            self.records.show_gap(field)
        if self.records.form is not None:
            self.records.form.point_at(field)

    def _open_head(self, uuid: str, field: str) -> None:
        """The head of a sheet, above the rows of its table."""
        row = self.session.store.row("sheet", uuid) if self.session is not None and uuid else None
        if row is not None:
            self.choose_table(str(row.values["table"]))
        line = self.panel.head.fields.get(field)
        if line is not None:
            line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lead_to_layer(self, table: str, uuid: str) -> None:
        """A value that is measured on the map."""
        layers = self.session.layers(table) if self.session is not None else []
        if self.canvas is not None and layers:
            self.canvas.setCurrentLayer(layers[0])
            self.desk.map.zoom(self.canvas, table, uuid)
        names = ", ".join(layer.name() for layer in layers)
        self.desk.say(self.tr("This is measured on the map: draw or edit it in the layer {}.").format(names))

    def choose_table(self, name: str) -> None:
        """Show the rows of a table."""
        item = self.panel.item(name)
        if item is not None:
            self.panel.tree.setCurrentItem(item)

    def _choose_table(self, item: QTreeWidgetItem | None) -> None:
        if item is None or self.session is None or self.edition is None:
            return
        if not self.records.leave():
            cells = self.desk.cells
            self.panel.tree.blockSignals(True)
            self.panel.tree.setCurrentItem(self.panel.item(cells.table.name if cells else ""))
            self.panel.tree.blockSignals(False)
            return
        name = str(item.data(0, TABLE_ROLE))
        self.records.open_table(table_cells(self.edition, name))
        self.sheets.show()

    def _enable(self) -> None:
        panel, session = self.panel, self.session
        there = session is not None and not self.desk.busy and self.desk.cells is not None
        free = there and not self.desk.locked
        for widget in (
            panel.add_button,
            panel.delete_button,
            panel.paste_button,
            panel.save_button,
            panel.revert_button,
        ):
            widget.setEnabled(free)
        self.records.set_free(free)
        panel.undo_button.setEnabled(session is not None and bool(session.steps) and not self.desk.busy)
        panel.map_button.setEnabled(there)
        panel.close_button.setEnabled(session is not None)

    # -- actions -----------------------------------------------------------------------
    def _follow(self, saved: Saved) -> None:
        """Counts after a save."""
        self._to_count(key.table for key in saved.rows)
        self._enable()

    def undo(self) -> None:
        """Take the last action back."""
        session = self.session
        if session is None or not self.records.leave() or not session.steps:
            return
        step = session.steps[-1]

        def done(saved: Saved | None) -> None:
            session.steps.pop()
            self.sheets.show()
            self.records.show_again()
            self.panel.status.setText(self.tr("The last action was taken back."))

        title = self.tr("Taking the last action back …")
        self.desk.act(Action(title, lambda s: undo(s, step.save_id), step.rows, done, undoable=False))


def _read_tables(task: QgsTask) -> Edition:
    edition = default_edition()
    for name in filled_tables(edition):
        table_cells(edition, name).items  # noqa: B018 - read off the interface thread
    edition.links_to("table:A.1")
    return edition
