"""The survey tables filled beside the map: what is filled, missing, wrong and signed, row by row (ch. 4, app. A).

A survey is opened once and held; every entry is one action of its store, a draft on disk from the
first keystroke until that action is in the file. Selecting a feature opens its row and the reverse.
"""

from __future__ import annotations

import uuid as uuids
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from qgis.core import QgsApplication, QgsProject, QgsTask
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QModelIndex, QSettings, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QInputDialog,
    QTreeWidgetItem,
    QWidget,
)

from ..core.errors import QingliuError
from ..core.standard import Edition, default_edition
from ..layers.store import Change, Conflict, Draft, Drafts, Insert, Row, Saved, StaleSave, Update
from .survey_cells import TableCells
from .survey_conflict import ask_conflict
from .survey_counts import Count, count_survey
from .survey_form import Computed, RecordForm
from .survey_head import OPEN
from .survey_map import MapLink
from .survey_panel import TABLE_ROLE, SurveyPanel
from .survey_rows import pasted_changes
from .survey_session import Opened, SurveySession, look, survey_in, work_folder

SETTINGS = "qingliu/survey"
RECENT = 6
DRAFT_MS = 300
COUNT_MS = 250

ChooseConflict = Callable[[Conflict, TableCells], Optional[Dict[str, Any]]]
AskReason = Callable[[], Optional[str]]


class SurveyDock(QDockWidget):
    """Open a survey, choose a table, fill its rows."""

    target_requested = pyqtSignal(str)  # "kind:name": a clause, an algorithm

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.edition: Edition | None = None
        self.session: SurveySession | None = None
        self.cells: TableCells | None = None
        self.form: RecordForm | None = None
        self.counts: Dict[str, Count] = {}
        self.row: Row | None = None
        self.new_uuid = ""
        self.draft_id = ""
        self.drafts = Drafts(work_folder() / "drafts")
        self.choose_conflict: ChooseConflict = lambda conflict, cells: ask_conflict(conflict, cells, self)
        self.ask_reason: AskReason = self._ask_reason
        self._forms: Dict[str, RecordForm] = {}
        self._version: int | None = None
        self._moving = False
        self._wanted: Path | None = None
        self._tasks: Dict[str, QgsTask] = {}
        self._left: List[Draft] = []
        self._draft_timer = self._timer(DRAFT_MS, self.keep_draft)
        self._count_timer = self._timer(COUNT_MS, self.recount)
        self.panel = SurveyPanel()
        self.setWidget(self.panel)
        self.map = MapLink(self)
        self._wire()
        self._read_edition()

    def _timer(self, ms: int, slot: Callable[[], Any]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(slot)
        return timer

    def _wire(self) -> None:
        panel = self.panel
        panel.status.setText(self.tr("Open a survey, or make a new one."))
        panel.tree.currentItemChanged.connect(lambda now, _: self._choose_table(now))
        panel.rows.selectionModel().currentRowChanged.connect(self._choose_row)
        panel.recent.aboutToShow.connect(self._list_recent)
        for button, slot in (
            (panel.open_button, self._ask_survey),
            (panel.new_button, lambda: self.target_requested.emit("algorithm:createsurvey")),
            (panel.close_button, self.close_survey),
            (panel.map_button, self.save_map_edits),
            (panel.undo_button, self.undo),
            (panel.add_button, self.new_row),
            (panel.copy_button, self.copy_rows),
            (panel.paste_button, lambda: self.paste_rows(QgsApplication.clipboard().text())),
            (panel.save_button, self.save),
            (panel.revert_button, self.discard),
            (panel.take_button, self.take_draft),
            (panel.drop_button, self.drop_draft),
        ):
            button.clicked.connect(lambda _, do=slot: do())
        self.map.chosen.connect(self.show_feature)
        QgsProject.instance().cleared.connect(self.close_survey)
        QgsProject.instance().readProject.connect(self._open_of_project)

    # -- the edition -----------------------------------------------------------------
    def _read_edition(self) -> None:
        self._run("edition", self.tr("Reading the standard"), _read_tables, self._edition_read)

    def _run(self, name: str, title: str, work: Any, done: Any, **given: Any) -> None:
        """Run ``work`` in a task; ``done`` gets its result unless it failed, which is told."""

        def finished(error: BaseException | None, result: Any = None) -> None:
            if self._tasks.get(name) is not task:
                return
            del self._tasks[name]
            if error is not None:
                self._tell(error)
            elif result is not None:
                done(result)

        task = QgsTask.fromFunction(title, work, on_finished=finished, **given)
        self._tasks[name] = task
        QgsApplication.taskManager().addTask(task)

    def _edition_read(self, edition: Edition) -> None:
        self.edition = edition
        self.panel.set_edition(edition)
        self.panel.head.saved.connect(self.save_head)
        self.panel.head.unlock_wanted.connect(self.unlock)
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
        self._run(
            "open", self.tr("Checking the survey"), look,
            lambda opened: self._opened(opened, who), path=Path(path), who=who,
        )  # fmt: skip

    def _opened(self, opened: Opened, who: str) -> None:
        try:
            self.session = SurveySession(opened, QgsProject.instance(), self.drafts, who)
            self.session.show_layers()
        except QingliuError as error:
            self._tell(error)
            self.close_survey()
            return
        session = self.session
        self.destroyed.connect(session.close)
        QgsApplication.instance().aboutToQuit.connect(session.close)
        session.edits.outside = lambda found: self.panel.status.setText("\n".join(p.text() for p in found))
        self._remember(session.store.home)
        meta = session.store.meta()
        self.panel.title.setText("<b>" + meta.get("name", "") + "</b> " + str(session.store.home))
        self.panel.status.setText(
            "\n".join(p.text() for p in opened.findings) or self.tr("The survey is sound.")
        )
        self.panel.splitter.setVisible(True)
        self.map.listen(self.session, self._located())
        self._offer_drafts()
        self._enable()
        self.recount()
        self.panel.tree.setCurrentItem(self.panel.tree.topLevelItem(0))

    def _located(self) -> set[str]:
        """The layers that rows of the edition's tables describe."""
        tables = self.edition.tables.values() if self.edition is not None else ()
        return {layer for table in tables for layer in table.layers}

    def close_survey(self) -> None:
        """Leave the survey at rest; what was typed and not saved stays as a draft."""
        self._tasks.pop("open", None)
        if self.session is None:
            return
        self.keep_draft()
        session, self.session = self.session, None
        self.map.stop()
        self.panel.tree.setCurrentItem(None)
        self._show_nothing()
        self.panel.model.load(None, None)
        self.panel.splitter.setVisible(False)
        self.panel.draft_bar.setVisible(False)
        self.panel.title.clear()
        self.panel.status.setText(self.tr("Open a survey, or make a new one."))
        self._enable()
        try:
            session.close()
        except QingliuError as error:
            self._tell(error)

    def _tell(self, error: BaseException) -> None:
        self.panel.status.setText(error.text() if isinstance(error, QingliuError) else str(error))

    # -- tables ------------------------------------------------------------------------
    def recount(self) -> None:
        """Count rows and cells of all tables again, in a task."""
        if self.session is not None and self.edition is not None:
            self._run(
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
        linked = dict(self.form.links) if self.form is not None else {}
        if not self._leave():
            self.panel.tree.blockSignals(True)
            self.panel.tree.setCurrentItem(self.panel.item(self.cells.table.name if self.cells else ""))
            self.panel.tree.blockSignals(False)
            return
        self._show_nothing()
        name = str(item.data(0, TABLE_ROLE))
        self.cells = TableCells(self.edition.table(name), self.edition)
        if name not in self._forms:
            self._forms[name] = self._new_form(self.cells)
        self.form = self._forms[name]
        self.panel.stack.setCurrentIndex(0)
        self.panel.model.load(self.session.store, self.cells)
        self._show_head()
        self._show_empty()
        if not any(self._show_linked(k, u) for k, u in linked.items() if u) and self.panel.model.uuids:
            self.panel.rows.selectRow(0)

    def _new_form(self, cells: TableCells) -> RecordForm:
        form = RecordForm(cells)
        form.target_requested.connect(self.target_requested)
        form.values_changed.connect(self._edited)
        form.link_wanted.connect(self.link_to_selection)
        form.zoom_wanted.connect(self.zoom_to_link)
        self.panel.stack.addWidget(form)
        return form

    def _show_empty(self) -> None:
        self.panel.empty.setText(
            self.tr("No rows yet: add one, paste from a spreadsheet, or select a feature on the map.")
        )
        self.panel.empty.setVisible(not self.panel.model.uuids)

    # -- sheet heads -----------------------------------------------------------------------
    def sheet(self) -> Row | None:
        """The head of the chosen table's sheet."""
        if self.session is None or self.cells is None:
            return None
        found = self.session.store.rows("sheet", where={"table": self.cells.table.name})
        return found[0] if found else None

    def _show_head(self) -> None:
        sheet = self.sheet()
        if sheet is not None and self.session is not None:
            self.panel.head.show_head(sheet.values, self.session.store.read_only)
        self.panel.head.setVisible(sheet is not None)
        self._enable()

    def save_head(self, values: Mapping[str, Any], why: str = "") -> None:
        """Write people, date or state into the sheet's head."""
        sheet = self.sheet()
        if sheet is None or self.session is None or not self._leave():
            return
        state = "state" in values
        change = Update("sheet", sheet.uuid, sheet.version, values)
        if self._try(lambda: self._save([change], why, undoable=not state)) is not None:
            self._show_head()

    def unlock(self) -> None:
        """Open a checked sheet again; the reason goes into the change log."""
        why = self.ask_reason()
        if why is None or not why.strip():
            self.panel.status.setText(self.tr("Not unlocked: a reason is needed."))
            return
        self.save_head({"state": OPEN}, why.strip())

    def _ask_reason(self) -> str | None:
        why, given = QInputDialog.getText(
            self, self.tr("Unlock the sheet"), self.tr("Why is the checked sheet opened again?")
        )
        return str(why) if given else None

    @property
    def locked(self) -> bool:
        """Whether nothing may be entered: the sheet is checked, or the survey is read-only."""
        return self.session is None or self.session.store.read_only or self.panel.head.locked

    def _enable(self) -> None:
        free = self.session is not None and not self.locked
        for widget in (
            self.panel.add_button,
            self.panel.paste_button,
            self.panel.save_button,
            self.panel.revert_button,
        ):
            widget.setEnabled(free)
        for form in self._forms.values():
            form.set_free(free)
        self.panel.undo_button.setEnabled(self.session is not None and bool(self.session.saves))
        for widget in (self.panel.close_button, self.panel.map_button):
            widget.setEnabled(self.session is not None)

    # -- rows --------------------------------------------------------------------------------
    def _choose_row(self, now: QModelIndex, before: QModelIndex) -> None:
        if self.session is None or self._moving or not now.isValid():
            return
        uuid = self.panel.model.uuids[now.row()]
        if self.row is not None and self.row.uuid == uuid:
            return
        if self._leave():
            self.show_row(uuid)
        elif self.row is not None:
            self._set_line(self._line_of_row())

    def _line_of_row(self) -> int:
        """Where the row in the form stands in the list, -1 for a new one."""
        return self.panel.model.line(self.row.uuid) if self.row is not None else -1

    def show_row(self, uuid: str) -> None:
        """Show a row of the chosen table in the form, and its feature on the map."""
        line = self.panel.model.line(uuid)
        if self.form is None or self.cells is None or line < 0:
            return
        self.row = self.panel.model.row(line)
        if self.row is None:
            return
        self.new_uuid, self.draft_id, self._version = "", "", self.row.version
        self.form.show_record(self.row.values, self._computed(uuid))
        self.panel.stack.setCurrentWidget(self.form)
        self._set_line(line)
        self.map.select(self.form.links)

    def _set_line(self, line: int) -> None:
        self._moving = True
        self.panel.rows.selectRow(line)
        self._moving = False

    def _computed(self, uuid: str) -> Dict[str, Computed]:
        if self.session is None or self.cells is None:
            return {}
        wanted = {"table_name": self.cells.table.name, "row_uuid": uuid, "kind": "computed"}
        found = {}
        for row in self.session.store.rows("provenance", where=wanted):
            v = row.values
            value = v["text"] if v["value"] is None else v["value"]
            found[str(v["field"])] = Computed(value, str(v["source"] or ""), str(v["clause"] or ""))
        return found

    def new_row(self, values: Mapping[str, Any] | None = None) -> None:
        """Begin a row; it is in the survey once it is saved."""
        if self.form is None or self.cells is None or self.locked or not self._leave():
            return
        first: Dict[str, Any] = {}
        if "row_no" in self.cells.columns:
            first["row_no"] = len(self.panel.model.uuids) + 1
        self.row, self._version = None, None
        self.new_uuid, self.draft_id = str(uuids.uuid4()), ""
        self._moving = True
        self.panel.rows.clearSelection()
        self._moving = False
        self.form.show_record({}, {})
        self.form.enter({**first, **(values or {})})
        self.panel.stack.setCurrentWidget(self.form)

    def _show_nothing(self) -> None:
        self.row, self.new_uuid, self.draft_id, self._version = None, "", "", None
        self._draft_timer.stop()
        self.panel.stack.setCurrentIndex(0)

    # -- drafts ------------------------------------------------------------------------------
    def _edited(self) -> None:
        self._draft_timer.start()

    def pending(self) -> Change | None:
        """What stands in the form and is not in the survey, None where nothing is."""
        if self.form is None or self.cells is None or (self.row is None and not self.new_uuid):
            return None
        changed = self.form.changed()
        if self.row is not None:
            version = self.row.version if self._version is None else self._version
            return Update(self.cells.table.name, self.row.uuid, version, changed) if changed else None
        given = {k: v for k, v in changed.items() if v is not None}
        if set(given) <= {"row_no"}:
            return None
        sheet = self.sheet()
        return Insert(
            self.cells.table.name, {"sheet_uuid": sheet.uuid if sheet else None, **given}, uuid=self.new_uuid
        )

    def keep_draft(self) -> bool:
        """What was typed so far, on disk; False where no draft could be kept."""
        self._draft_timer.stop()
        change = self.pending()
        if self.session is None or self.locked:
            return True
        if change is None:
            self._forget_draft()
            return True
        self.draft_id = self.draft_id or str(uuids.uuid4())
        draft = Draft(self.session.id, (change,), self.session.store.who, id=self.draft_id)
        try:
            self.drafts.keep(draft)
        except OSError as error:
            self.panel.status.setText(self.tr("No draft could be kept: {}").format(error))
            return False
        return True

    def _forget_draft(self) -> None:
        if self.draft_id:
            self.drafts.drop(self.draft_id)
            self.draft_id = ""

    def _offer_drafts(self) -> None:
        if self.session is None:
            return
        self._left = [d for d in self.session.left_drafts() if d.id != self.draft_id]
        self.panel.draft_bar.setVisible(bool(self._left))
        if self._left:
            first = self._left[0]
            tables = ", ".join(sorted({self._table_title(c.table) for c in first.changes}))
            words = self.tr("Not saved: {} of {} ({} in all).")
            self.panel.draft_label.setText(
                words.format(tables, first.at[:16].replace("T", " "), len(self._left))
            )

    def _table_title(self, name: str) -> str:
        tables = self.edition.tables.values() if self.edition is not None else ()
        return next((t.id for t in tables if t.name == name), name)

    def take_draft(self) -> None:
        """Put the oldest draft back: a record into its form, edits of the map into the survey."""
        if not self._left or self.session is None or self.edition is None:
            return
        draft = self._left[0]
        change = draft.changes[0]
        tables = {t.name for t in self.edition.tables.values()}
        if len(draft.changes) == 1 and change.table in tables and isinstance(change, (Insert, Update)):
            self._take_record(draft, change)
        elif self._try(lambda: self._save(list(draft.changes), draft.why, draft.id)) is not None:
            self.drafts.drop(draft.id)
        self._offer_drafts()

    def _take_record(self, draft: Draft, change: Change) -> None:
        self.choose_table(change.table)
        if self.locked or self.form is None or not isinstance(change, (Insert, Update)):
            self.panel.status.setText(self.tr("The sheet is checked; unlock it first."))
            return
        if isinstance(change, Update) and self.panel.model.line(change.uuid) >= 0:
            self._leave()
            self.show_row(change.uuid)
            self._version = change.version
        else:
            self.new_row()
            self.new_uuid = change.uuid or self.new_uuid
        self.draft_id = draft.id
        self.form.enter({k: v for k, v in change.values.items() if k != "sheet_uuid"})

    def drop_draft(self) -> None:
        """Give the oldest draft up."""
        if self._left:
            self.drafts.drop(self._left[0].id)
            self._offer_drafts()

    # -- saving ------------------------------------------------------------------------------
    def _leave(self) -> bool:
        """Before another row is shown: what was entered is saved, or stays as a draft that is offered."""
        if self.pending() is None or self.locked:
            self.keep_draft()
            return True
        if self.save() is not None:
            return True
        told = self.panel.status.text()
        if not self.keep_draft():  # neither saved nor on disk: it stays in the form
            return False
        self.draft_id = ""
        self._show_nothing()
        self._offer_drafts()
        self.panel.status.setText(told)
        return True

    def save(self) -> Saved | None:
        """The record in the form as one action; None where nothing was saved, and the status says why."""
        change = self.pending()
        if change is None or self.session is None or self.form is None or self.cells is None:
            return None
        unreadable = self.form.unreadable()
        if unreadable:
            names = [f"{self.cells.head(k)}: {v}" for k, v in unreadable.items()]
            self.panel.status.setText(self.tr("Not saved: {}").format("; ".join(names)))
            return None
        self.keep_draft()
        saved = self._try(lambda: self._save_settling(change))
        if saved is None:
            return None
        self._forget_draft()
        self._after_save(saved, change)
        return saved

    def _save_settling(self, change: Change) -> Saved | None:
        """Save; where somebody else changed the row, the values that the user chooses."""
        try:
            return self._save([change], save_id=self.draft_id or None)
        except StaleSave as stale:
            settled = self._settled(change, stale.conflicts[0])
            if settled is None:
                self.panel.status.setText(stale.text())
                return None
            return self._save([settled], save_id=self.draft_id or None)

    def _settled(self, change: Change, conflict: Conflict) -> Change | None:
        if self.cells is None or not isinstance(change, Update):
            return None
        kept = self.choose_conflict(conflict, self.cells)
        if kept is None:
            return None
        if conflict.theirs is None or conflict.version is None:
            before = self.row.values if self.row is not None else {}
            return Insert(change.table, {**before, **kept}, uuid=change.uuid)
        return Update(change.table, change.uuid, conflict.version, kept)

    def _save(
        self, changes: Sequence[Change], why: str = "", save_id: str | None = None, *, undoable: bool = True
    ) -> Saved | None:
        if self.session is None:
            return None
        saved = self.session.save(changes, why, save_id, undoable=undoable)
        self._follow(saved)
        return saved

    def _try(self, work: Callable[[], Saved | None]) -> Saved | None:
        """Do it, or say why not; what was entered stands."""
        try:
            return work()
        except QingliuError as error:
            self._tell(error)
            return None

    def _follow(self, saved: Saved) -> None:
        """Lists and counts after a save."""
        if self.cells is not None:
            own = [k.uuid for k in saved.rows if k.table == self.cells.table.name]
            if own:
                self._moving = True
                self.panel.model.refresh(own)
                self._moving = False
            self._show_empty()
        self._count_timer.start()
        self._enable()

    def _after_save(self, saved: Saved, change: Change) -> None:
        uuid = saved.rows[0].uuid if saved.rows else ""
        self.panel.status.setText(self.tr("Saved."))
        if uuid:
            self.show_row(uuid)

    def discard(self) -> None:
        """Back to what the survey has."""
        self._draft_timer.stop()
        self._forget_draft()
        uuid = self.row.uuid if self.row is not None else ""
        self._show_nothing()
        if uuid:
            self.show_row(uuid)

    def undo(self) -> None:
        """Take the last action back."""
        if self.session is None or not self._leave():
            return
        session = self.session
        saved = self._try(session.undo_last)
        if saved is None:
            return
        uuid = self.row.uuid if self.row is not None else ""
        self._follow(saved)
        self._show_head()
        self._show_nothing()
        if uuid:
            self.show_row(uuid)
        self.panel.status.setText(self.tr("The last action was taken back."))

    def save_map_edits(self) -> None:
        """Edits of the survey's layers as one action."""
        if self.session is None:
            return
        session = self.session
        saved = self._try(session.save_map_edits)
        if saved is not None:
            self._follow(saved)
            self.panel.status.setText(self.tr("Map edits saved: {} rows.").format(len(saved.rows)))

    # -- spreadsheets ------------------------------------------------------------------------
    def copy_rows(self) -> None:
        """The selected rows, or all, to the clipboard."""
        lines = sorted({i.row() for i in self.panel.rows.selectionModel().selectedRows()})
        chosen = lines if len(lines) > 1 else range(len(self.panel.model.uuids))
        QgsApplication.clipboard().setText(self.panel.model.copied(chosen))
        self.panel.status.setText(self.tr("{} rows copied.").format(len(chosen)))

    def paste_rows(self, pasted: str) -> None:
        """Rows of a spreadsheet from the current row on, as one action; nothing where a cell cannot be read."""
        if (
            self.cells is None
            or self.session is None
            or self.locked
            or not pasted.strip()
            or not self._leave()
        ):
            return
        current = self.panel.rows.currentIndex()
        line = current.row() if current.isValid() else len(self.panel.model.uuids)
        keys = list(self.cells.columns)
        start = keys[current.column()] if current.isValid() else keys[0]
        sheet = self.sheet()
        made = pasted_changes(
            self.panel.model, pasted, line, start, {"sheet_uuid": sheet.uuid if sheet else None}
        )
        if made.problems:
            self.panel.status.setText("\n".join(p.text() for p in made.problems))
            return
        if not made.changes:
            self.panel.status.setText(self.tr("Nothing to paste: the rows are the same already."))
            return
        saved = self._try(lambda: self._save(made.changes, "paste"))
        if saved is not None:
            self._show_nothing()
            self.show_row(saved.rows[0].uuid)
            self.panel.status.setText(self.tr("{} rows pasted.").format(len(made.changes)))

    # -- the map -----------------------------------------------------------------------------
    def show_feature(self, layer: str, uuid: str) -> None:
        """Open the row that describes a feature: in the chosen table, else in the first that has one."""
        if self.edition is None or self.session is None:
            return
        tables = [t.name for t in self.edition.tables.values() if layer in t.layers]
        now = self.cells.table.name if self.cells is not None else ""
        for name in sorted(tables, key=lambda t: t != now):
            found = self.session.store.rows(name, where={f"{layer}_uuid": uuid})
            if found:
                if name != now:
                    self.choose_table(name)
                self._leave()
                self.show_row(found[0].uuid)
                return
        self.panel.status.setText(self.tr("No row for this feature yet; a new row is linked to it."))
        if now not in tables:
            self.choose_table(tables[0])
        if self.cells is not None and self.cells.table.name in tables:
            self.new_row(self._first_values(layer, uuid))

    def _first_values(self, layer: str, uuid: str) -> Dict[str, Any]:
        """What a row takes from its feature: the link and the name."""
        values: Dict[str, Any] = {f"{layer}_uuid": uuid}
        feature = self.session.store.row(layer, uuid) if self.session is not None else None
        key = self.cells.name_key if self.cells is not None else None
        if feature is not None and key and feature.values.get("name"):
            values[key] = feature.values["name"]
        return values

    def _show_linked(self, field: str, uuid: str) -> bool:
        """Show the row of the chosen table that shares a feature with the row shown before."""
        if self.session is None or self.cells is None or self.form is None or field not in self.form.links:
            return False
        found = self.session.store.rows(self.cells.table.name, where={field: uuid})
        if found:
            self.show_row(found[0].uuid)
        return bool(found)

    def link_to_selection(self, layer: str) -> None:
        """Link the record to the feature selected on the map."""
        found = self.map.selected(layer)
        if found and self.form is not None:
            self.form.enter({f"{layer}_uuid": found})
        else:
            self.panel.status.setText(self.tr("Select one feature of the layer on the map first."))

    def zoom_to_link(self, layer: str) -> None:
        """Show the record's feature on the map."""
        if self.form is not None:
            self.map.zoom(self.canvas, layer, self.form.links.get(f"{layer}_uuid"))


def _read_tables(task: QgsTask) -> Edition:
    edition = default_edition()
    for table in edition.tables.values():
        TableCells(table, edition).items  # noqa: B018 - read off the interface thread
    edition.links_to("table:A.1")
    return edition
