"""The survey tables filled beside the map: what is filled, missing, wrong and signed, row by row (ch. 4, app. A).

A survey is opened once and held; every entry is one action of its store, a draft on disk from the
first keystroke until that action is in the file. Selecting a feature opens its row and the reverse.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

from qgis.core import QgsApplication, QgsProject, QgsTask
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSettings, pyqtSignal
from qgis.PyQt.QtWidgets import QDockWidget, QFileDialog, QTreeWidgetItem, QWidget

from ..core.errors import QingliuError
from ..core.standard import Edition, default_edition
from ..layers.store import Saved
from .survey_cells import TableCells
from .survey_clipboard import RowClipboard
from .survey_counts import Count, count_survey
from .survey_desk import Desk
from .survey_panel import TABLE_ROLE, SurveyPanel
from .survey_records import Records
from .survey_session import Opened, SurveySession, look, survey_in
from .survey_sheets import Sheets

SETTINGS = "qingliu/survey"
RECENT = 6
COUNT_MS = 250


class SurveyDock(QDockWidget):
    """Open a survey, choose a table, fill its rows."""

    target_requested = pyqtSignal(str)  # "kind:name": a clause, an algorithm

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.counts: Dict[str, Count] = {}
        self.panel = SurveyPanel()
        self.setWidget(self.panel)
        self.desk = Desk(self.panel, self)
        self.records = Records(self.desk)
        self.sheets = Sheets(self.desk, self.records.leave)
        self.clipboard = RowClipboard(self.desk, self.records)
        self._wanted: Path | None = None
        self._count_timer = self.desk.timer(COUNT_MS, self.recount)
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
            (panel.map_button, self.save_map_edits),
            (panel.undo_button, self.undo),
            (panel.add_button, records.new_row),
            (panel.copy_button, self.clipboard.copy),
            (panel.paste_button, self.clipboard.paste_clipboard),
            (panel.save_button, records.save),
            (panel.revert_button, records.discard),
        ):
            button.clicked.connect(lambda _, do=slot: do())
        records.target_requested.connect(self.target_requested)
        records.table_wanted.connect(self.choose_table)
        records.zoom_wanted.connect(lambda layer: records.zoom_to_link(self.canvas, layer))
        self.desk.saved.connect(self._follow)
        self.desk.rights_changed.connect(self._enable)
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
        start = str(QSettings().value(f"{SETTINGS}/folder", ""))
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open survey"), start, self.tr("Survey (*.gpkg)"))
        if path:
            self.open_survey(path)

    def recently_used(self) -> List[str]:
        """Surveys opened lately, the last one first; those that are gone left out."""
        kept = QSettings().value(f"{SETTINGS}/recent", []) or []
        return [p for p in ([kept] if isinstance(kept, str) else kept) if Path(p).is_file()]

    def _list_recent(self) -> None:
        self.panel.recent.clear()
        for path in self.recently_used():
            self.panel.recent.addAction(path).triggered.connect(lambda _, p=path: self.open_survey(p))
        if self.panel.recent.isEmpty():
            self.panel.recent.addAction(self.tr("No survey opened yet")).setEnabled(False)

    def _remember(self, path: Path) -> None:
        recent = [str(path), *(p for p in self.recently_used() if p != str(path))]
        QSettings().setValue(f"{SETTINGS}/recent", recent[:RECENT])
        QSettings().setValue(f"{SETTINGS}/folder", str(path.parent))

    def open_survey(self, path: Path | str) -> None:
        """Check the survey in a task, then hold it and show its layers and tables."""
        if self.edition is None:
            self._wanted = Path(path)
            return
        self.close_survey()
        self.panel.status.setText(self.tr("Checking the survey …"))
        who = QgsApplication.userFullName() or ""
        self.desk.run(
            "open", self.tr("Checking the survey"), look,
            lambda opened: self._opened(opened, who), path=Path(path), who=who,
        )  # fmt: skip

    def _opened(self, opened: Opened, who: str) -> None:
        try:
            session = SurveySession(opened, QgsProject.instance(), self.desk.drafts, who)
            self.desk.session = session
            session.show_layers()
        except QingliuError as error:
            self.desk.tell(error)
            self.close_survey()
            return
        self.destroyed.connect(session.close)
        QgsApplication.instance().aboutToQuit.connect(session.close)
        session.edits.outside = lambda found: self.desk.say("\n".join(p.text() for p in found))
        self._remember(session.store.home)
        meta = session.store.meta()
        self.panel.title.setText("<b>" + meta.get("name", "") + "</b> " + str(session.store.home))
        self.panel.status.setText(
            "\n".join(p.text() for p in opened.findings) or self.tr("The survey is sound.")
        )
        self.panel.splitter.setVisible(True)
        self.desk.map.listen(session, self.desk.located())
        self.records.drafts.offer()
        self._enable()
        self.recount()
        self.panel.tree.setCurrentItem(self.panel.tree.topLevelItem(0))

    def close_survey(self) -> None:
        """Leave the survey at rest; what was typed and not saved stays as a draft."""
        self.desk.drop_task("open")
        if self.session is None:
            return
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
        try:
            session.close()
        except QingliuError as error:
            self.desk.tell(error)

    # -- tables ------------------------------------------------------------------------
    def recount(self) -> None:
        """Count rows and cells of all tables again, in a task."""
        if self.session is not None and self.edition is not None:
            self.desk.run(
                "count", self.tr("Counting the survey's tables"), count_survey, self._counted,
                path=self.session.store.path, edition=self.edition,
            )  # fmt: skip

    def _counted(self, counts: Dict[str, Count]) -> None:
        if self.edition is None or self.session is None:
            return
        self.counts = counts
        type_ = self.session.store.meta().get("type", "")
        self.panel.show_counts(counts, self.edition, type_)

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
        self.records.open_table(TableCells(self.edition.table(name), self.edition))
        self.sheets.show()

    def _enable(self) -> None:
        free = self.session is not None and not self.desk.locked
        for widget in (
            self.panel.add_button,
            self.panel.paste_button,
            self.panel.save_button,
            self.panel.revert_button,
        ):
            widget.setEnabled(free)
        self.records.set_free(free)
        self.panel.undo_button.setEnabled(self.session is not None and bool(self.session.saves))
        for widget in (self.panel.close_button, self.panel.map_button):
            widget.setEnabled(self.session is not None)

    # -- actions -----------------------------------------------------------------------
    def _follow(self, saved: Saved) -> None:
        """Counts after a save."""
        self._count_timer.start()
        self._enable()

    def undo(self) -> None:
        """Take the last action back."""
        if self.session is None or not self.records.leave():
            return
        session = self.session
        saved = self.desk.attempt(session.undo_last)
        if saved is None:
            return
        self.desk.saved.emit(saved)
        self.sheets.show()
        self.records.show_again()
        self.panel.status.setText(self.tr("The last action was taken back."))

    def save_map_edits(self) -> None:
        """Edits of the survey's layers as one action."""
        if self.session is None:
            return
        session = self.session
        saved = self.desk.attempt(session.save_map_edits)
        if saved is not None:
            self.desk.saved.emit(saved)
            self.panel.status.setText(self.tr("Map edits saved: {} rows.").format(len(saved.rows)))


def _read_tables(task: QgsTask) -> Edition:
    edition = default_edition()
    for table in edition.tables.values():
        TableCells(table, edition).items  # noqa: B018 - read off the interface thread
    edition.links_to("table:A.1")
    return edition
