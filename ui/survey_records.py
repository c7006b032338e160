"""The record in the form: shown, begun, left, saved, given up; and the feature that it describes (ch. 4)."""

from __future__ import annotations

import uuid as uuids
from typing import Any, Callable, Dict, Iterator, Mapping, Optional

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QCoreApplication, QModelIndex, QObject, pyqtSignal

from ..core.errors import QingliuError
from ..layers.store import (
    Change,
    Conflict,
    Draft,
    GpkgStore,
    Insert,
    Row,
    RowKey,
    Saved,
    StaleSave,
    Update,
)
from .survey_cells import TableCells, table_cells
from .survey_conflict import ask_conflict
from .survey_desk import Action, Desk
from .survey_drafts import RecordDrafts
from .survey_form import Computed, RecordForm

translate = QCoreApplication.translate

ChooseConflict = Callable[[Conflict, TableCells], Optional[Dict[str, Any]]]


class Records(QObject):
    """The form of the chosen table and what stands in it. ``table_wanted`` asks for another table."""

    table_wanted = pyqtSignal(str)
    zoom_wanted = pyqtSignal(str)
    target_requested = pyqtSignal(str)
    shown = pyqtSignal(str)  # uuid of the row in the form, empty for none or a new one

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk = desk
        self.form: RecordForm | None = None
        self.row: Row | None = None
        self.new_uuid = ""
        self.drafts = RecordDrafts(desk, self.pending)
        self.drafts.taken.connect(self._take_record)
        self.choose_conflict: ChooseConflict = lambda conflict, cells: ask_conflict(
            conflict, cells, desk.panel
        )
        self._forms: Dict[str, RecordForm] = {}
        self._version: int | None = None
        self._moving = False
        self._free = True
        self._refused = False
        desk.panel.rows.selectionModel().currentRowChanged.connect(self._choose_row)
        desk.map.chosen.connect(self.show_feature)
        desk.saved.connect(self._follow)

    # -- the table ---------------------------------------------------------------
    def open_table(self, cells: TableCells) -> None:
        """Show the rows of a table, and in it the row that shares a feature with the one shown before."""
        linked = dict(self.form.links) if self.form is not None else {}
        self.show_nothing()
        desk, panel = self.desk, self.desk.panel
        desk.cells = cells
        self.form = self._form(cells.table.name)
        self.form.finish()
        self.form.set_free(self._free)
        panel.stack.setCurrentIndex(0)
        panel.model.load(desk.session.store if desk.session else None, cells)
        self.show_empty()
        if not any(self._show_linked(k, u) for k, u in linked.items() if u) and panel.model.uuids:
            panel.rows.selectRow(0)

    def _form(self, name: str) -> RecordForm:
        if name not in self._forms and self.desk.edition is not None:
            form = RecordForm(table_cells(self.desk.edition, name))
            form.target_requested.connect(self.target_requested)
            form.values_changed.connect(self.drafts.keep_soon)
            form.values_changed.connect(self._forget_refusal)
            form.link_wanted.connect(self.link_to_selection)
            form.zoom_wanted.connect(self.zoom_wanted)
            self.desk.panel.stack.addWidget(form)
            self._forms[name] = form
        return self._forms[name]

    def _forget_refusal(self) -> None:
        """What was told of values that could not be read goes once they can."""
        if self._refused and self.form is not None and not self.form.unreadable():
            self._refused = False
            self.desk.say("")

    def making(self, name: str) -> Iterator[None]:
        """Make the form of a table ahead, a line at a time."""
        yield from self._form(name).building

    def show_empty(self) -> None:
        """Say how to begin where the table has no rows."""
        panel = self.desk.panel
        words = translate("SurveyDock", "No rows yet: add one, paste some, or select a feature on the map.")
        panel.empty.setText(words)
        panel.empty.setVisible(not panel.model.uuids)

    def refresh(self) -> None:
        """The list and the form after somebody else saved; what is being entered stays."""
        model = self.desk.panel.model
        self._moving = True
        model.load(model.store, model.cells)
        self._moving = False
        self.show_empty()
        if self.row is None:
            return
        line = model.line(self.row.uuid)
        if self.pending() is None and (line < 0 or model.listed([line])[0].version != self.row.version):
            self.show_again()
        elif line >= 0:
            self._set_line(line)

    def set_free(self, free: bool) -> None:
        """Whether values can be entered."""
        self._free = free
        if self.form is not None:
            self.form.set_free(free)

    # -- rows --------------------------------------------------------------------
    def _choose_row(self, now: QModelIndex, before: QModelIndex) -> None:
        if self.desk.session is None or self._moving or not now.isValid():
            return
        uuid = self.desk.panel.model.uuids[now.row()]
        if self.row is not None and self.row.uuid == uuid:
            return
        if self.leave():
            self.show_row(uuid)
        elif self.row is not None:
            self._set_line(self._line_of_row())

    def _line_of_row(self) -> int:
        """Where the row in the form stands in the list, -1 for a new one."""
        return self.desk.panel.model.line(self.row.uuid) if self.row is not None else -1

    def show_row(self, uuid: str) -> None:
        """Show a row of the chosen table in the form, and its feature on the map."""
        model = self.desk.panel.model
        line = model.line(uuid)
        if self.form is None or self.desk.cells is None or line < 0:
            return
        self.row = model.row(line)
        if self.row is None:
            return
        self.new_uuid, self.drafts.id, self._version = "", "", self.row.version
        self.form.show_record(self.row.values, self._computed(uuid))
        self.desk.panel.stack.setCurrentWidget(self.form)
        self._set_line(line)
        self.desk.map.select(self.form.links)
        self.shown.emit(uuid)

    def _set_line(self, line: int) -> None:
        self._moving = True
        self.desk.panel.rows.selectRow(line)
        self._moving = False

    def _computed(self, uuid: str) -> Dict[str, Computed]:
        session, cells = self.desk.session, self.desk.cells
        if session is None or cells is None:
            return {}
        wanted = {"table_name": cells.table.name, "row_uuid": uuid, "kind": "computed"}
        found = {}
        for row in session.store.rows("provenance", where=wanted):
            v = row.values
            value = v["text"] if v["value"] is None else v["value"]
            source = cells.source_name(str(v["source"] or ""))
            found[str(v["field"])] = Computed(value, source, str(v["clause"] or ""))
        return found

    def new_row(self, values: Mapping[str, Any] | None = None) -> None:
        """Begin a row; it is in the survey once it is saved."""
        desk, panel = self.desk, self.desk.panel
        if self.form is None or desk.cells is None or desk.locked or not self.leave():
            return
        first = {"row_no": panel.model.next_number()} if "row_no" in desk.cells.columns else {}
        self.row, self._version = None, None
        self.new_uuid, self.drafts.id = str(uuids.uuid4()), ""
        self._moving = True
        panel.rows.clearSelection()
        self._moving = False
        self.form.show_record({}, {})
        self.form.enter({**first, **(values or {})})
        panel.stack.setCurrentWidget(self.form)
        self.shown.emit("")

    def show_nothing(self) -> None:
        """No record in the form."""
        self.row, self.new_uuid, self._version = None, "", None
        self.drafts.rest()
        self.desk.panel.stack.setCurrentIndex(0)
        self.shown.emit("")

    def show_gap(self, field: str) -> None:
        """Show the first row that lacks a field, begin one where the table has none."""
        session, cells, model = self.desk.session, self.desk.cells, self.desk.panel.model
        if session is None or cells is None:
            return
        if field in cells.columns:
            lacking = session.store.rows(cells.table.name, where={field: None})
            if lacking:
                self.show_row(lacking[0].uuid)
                return
        if model.uuids:
            self.show_row(model.uuids[0])
        else:
            self.new_row()

    def show_again(self) -> None:
        """The row in the form as the survey has it now."""
        uuid = self.row.uuid if self.row is not None else ""
        self.show_nothing()
        if uuid:
            self.show_row(uuid)

    def _take_record(self, draft: Draft) -> None:
        change = draft.changes[0]
        self.table_wanted.emit(change.table)
        if self.desk.locked or self.form is None or not isinstance(change, (Insert, Update)):
            self.desk.say(translate("SurveyDock", "The sheet is checked; unlock it first."))
            return
        if isinstance(change, Update) and self.desk.panel.model.line(change.uuid) >= 0:
            self.leave()
            self.show_row(change.uuid)
            self._version = change.version
        else:
            self.new_row()
            self.new_uuid = change.uuid or self.new_uuid
        self.drafts.id = draft.id
        self.form.enter({k: v for k, v in change.values.items() if k != "sheet_uuid"})

    # -- saving ------------------------------------------------------------------
    def pending(self) -> Change | None:
        """What stands in the form and is not in the survey, None where nothing is."""
        cells = self.desk.cells
        if self.form is None or cells is None or (self.row is None and not self.new_uuid):
            return None
        changed = self.form.changed()
        if self.row is not None:
            version = self.row.version if self._version is None else self._version
            return Update(cells.table.name, self.row.uuid, version, changed) if changed else None
        given = {k: v for k, v in changed.items() if v is not None}
        if set(given) <= {"row_no"}:
            return None
        return Insert(cells.table.name, {**self.desk.defaults, **given}, uuid=self.new_uuid)

    def leave(self) -> bool:
        """Before another row is shown: what was entered is saved, or stays as a draft that is offered."""
        if self.desk.busy:
            self.desk.say(self.desk.busy)
            return False
        if self.pending() is None or self.desk.locked:
            self.drafts.keep()
            return True
        if self.save() is not None:
            return True
        told = self.desk.panel.status.text()
        if self.desk.busy or not self.drafts.keep():  # neither saved nor on disk: it stays in the form
            return False
        self.show_nothing()
        self.drafts.offer()
        self.desk.say(told)
        return True

    def save(self) -> Saved | None:
        """The record in the form as one action; None where it is not saved yet, and the status says why."""
        change = self.pending()
        desk = self.desk
        if change is None or desk.session is None or self.form is None or desk.cells is None:
            return None
        unreadable = self.form.unreadable()
        if unreadable:
            names = [f"{desk.cells.head(k)}: {v}" for k, v in unreadable.items()]
            desk.say(translate("SurveyDock", "Not saved: {}").format("; ".join(names)))
            self._refused = True
            return None
        self.drafts.keep()
        return self._store(change)

    def _store(self, change: Change) -> Saved | None:
        save_id = self.drafts.id or str(uuids.uuid4())

        def work(store: GpkgStore) -> Saved:
            if store.holds(save_id):  # an attempt whose outcome was in doubt is on disk after all
                return Saved(save_id, store.sequence(), (RowKey(change.table, str(change.uuid), 0),))
            return store.save([change], save_id=save_id)

        title = translate("SurveyDock", "Saving …")
        return self.desk.act(Action(title, work, 1, self._saved, lambda error: self._settle(change, error)))

    def _saved(self, saved: Saved | None) -> None:
        self.drafts.forget()
        self.desk.say(translate("SurveyDock", "Saved."))
        if saved is not None and saved.rows:
            self.show_row(saved.rows[0].uuid)

    def _settle(self, change: Change, error: QingliuError) -> Saved | None:
        """Where somebody else changed the row, the values that the user chooses; any other error is told."""
        if not isinstance(error, StaleSave):
            raise error
        settled = self._settled(change, error.conflicts[0])
        if settled is None:
            raise error
        return self._store(settled)

    def _settled(self, change: Change, conflict: Conflict) -> Change | None:
        if self.desk.cells is None or not isinstance(change, Update):
            return None
        kept = self.choose_conflict(conflict, self.desk.cells)
        if kept is None:
            return None
        if conflict.theirs is None or conflict.version is None:
            before = self.row.values if self.row is not None else {}
            return Insert(change.table, {**before, **kept}, uuid=change.uuid)
        return Update(change.table, change.uuid, conflict.version, kept)

    def _follow(self, saved: Saved) -> None:
        """The list after a save."""
        cells = self.desk.cells
        if cells is None:
            return
        own = [k.uuid for k in saved.rows if k.table == cells.table.name]
        if own:
            self._moving = True
            self.desk.panel.model.refresh(own)
            self._moving = False
        self.show_empty()

    def discard(self) -> None:
        """Back to what the survey has."""
        self.drafts.forget()
        self.show_again()

    # -- the map -----------------------------------------------------------------
    def show_feature(self, layer: str, uuid: str) -> None:
        """Open the row that describes a feature: in the chosen table, else in the first that has one."""
        desk = self.desk
        if desk.edition is None or desk.session is None:
            return
        tables = desk.tables_of(layer)
        now = desk.cells.table.name if desk.cells is not None else ""
        for name in sorted(tables, key=lambda t: t != now):
            found = desk.session.store.rows(name, where={f"{layer}_uuid": uuid})
            if found:
                if name != now:
                    self.table_wanted.emit(name)
                self.leave()
                self.show_row(found[0].uuid)
                return
        desk.say(translate("SurveyDock", "No row for this feature yet; a new row is linked to it."))
        if now not in tables:
            self.table_wanted.emit(tables[0])
        if desk.cells is not None and desk.cells.table.name in tables:
            self.new_row(self._first_values(layer, uuid))

    def _first_values(self, layer: str, uuid: str) -> Dict[str, Any]:
        """What a row takes from its feature: the link and the name."""
        session, cells = self.desk.session, self.desk.cells
        values: Dict[str, Any] = {f"{layer}_uuid": uuid}
        feature = session.store.row(layer, uuid) if session is not None else None
        key = cells.name_key if cells is not None else None
        if feature is not None and key and feature.values.get("name"):
            values[key] = feature.values["name"]
        return values

    def _show_linked(self, field: str, uuid: str) -> bool:
        """Show the row of the chosen table that shares a feature with the row shown before."""
        session, cells = self.desk.session, self.desk.cells
        if session is None or cells is None or self.form is None or field not in self.form.links:
            return False
        found = session.store.rows(cells.table.name, where={field: uuid})
        if found:
            self.show_row(found[0].uuid)
        return bool(found)

    def link_to_selection(self, layer: str) -> None:
        """Link the record to the feature selected on the map."""
        found = self.desk.map.selected(layer)
        if found and self.form is not None:
            self.form.enter({f"{layer}_uuid": found})
        else:
            self.desk.say(translate("SurveyDock", "Select one feature of the layer on the map first."))

    def zoom_to_link(self, canvas: QgsMapCanvas | None, layer: str) -> None:
        """Show the record's feature on the map."""
        if self.form is not None:
            self.desk.map.zoom(canvas, layer, self.form.links.get(f"{layer}_uuid"))
