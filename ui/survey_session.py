"""An open survey in the window: its store held, its layers looked after, its drafts kept (ch. 4).

The file is looked at in a task (:func:`look`); the store that works on it belongs to the interface
thread and stays open while the project shows its layers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence, Tuple

from qgis.core import QgsApplication, QgsProject, QgsTask, QgsVectorLayer

from ..core import language
from ..core.errors import Problem
from ..layers.roles import survey_of
from ..layers.store import Change, Draft, Drafts, GpkgStore, Saved, open_store
from ..layers.store.editing import EditSession, layers_of, refuse_while_editing, reload_layers, table_of
from ..layers.store.sql import is_in, select
from ..layers.store.undo import undo
from ..layers.surveyproject import Surveyed, fill_project


class Opened(NamedTuple):
    """What the look at a survey found: where to work, where it belongs, whether it may be written."""

    path: Path
    home: Path
    read_only: bool
    findings: Tuple[Problem, ...]


def work_folder() -> Path:
    """Where this person's drafts and local copies of network surveys lie."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "qingliu"


def look(task: QgsTask, path: Path, who: str) -> Opened:
    """Check, migrate and back up a survey. Raises QingliuError QL-STORE-*."""
    store = open_store(path, who=who, work_folder=work_folder() / "copies")
    found = Opened(store.path, store.home, store.read_only, tuple(store.findings))
    store.close()
    return found


class SurveySession:
    """One survey being worked on. :meth:`close` it before the plugin goes."""

    def __init__(self, opened: Opened, project: QgsProject, drafts: Drafts, who: str) -> None:
        self.store = GpkgStore(
            opened.path, who=who, read_only=opened.read_only, findings=opened.findings, home=opened.home
        )
        self.project = project
        self.drafts = drafts
        self.edits = EditSession(self.store, drafts)
        self.saves: List[str] = []
        self.closed = False
        self._tables: Dict[str, str] = {}
        self.id = self.store.meta().get("store_id", "")
        project.layersAdded.connect(self._watch_new)

    # -- layers ----------------------------------------------------------------
    def show_layers(self) -> bool:
        """Put the survey's layers into the project where it has none; whether they were added."""
        added = not layers_of(self.project, self.store)
        if added:
            name = self.store.meta().get("name", "")
            fill_project(self.project, Surveyed(self.store.path, self.id, name, language.current()))
        self._watch_new()
        return added

    def _watch_new(self, *_: object) -> None:
        for layer in layers_of(self.project, self.store):
            self.edits.watch(layer)
            self._tables[layer.id()] = str(table_of(layer, self.store))

    def table(self, layer: QgsVectorLayer) -> str:
        """The table that a layer shows, known since it is watched: reading its source takes a while."""
        return self._tables.get(layer.id(), "")

    def layers(self, table: str) -> List[QgsVectorLayer]:
        """The layers that show a table."""
        return [x for x in self.edits.layers() if self.table(x) == table]

    def fid(self, table: str, uuid: str) -> int | None:
        """The feature id of a row."""
        found = self.store.connection.execute(select(table, ["fid"], [is_in("uuid", 1)]), (uuid,)).fetchone()
        return int(found[0]) if found else None

    # -- saving ----------------------------------------------------------------
    def save(
        self, changes: Sequence[Change], why: str = "", save_id: str | None = None, *, undoable: bool = True
    ) -> Saved:
        """One action through the store; layers that show its tables follow. Raises what the store raises."""
        refuse_while_editing(self.edits.layers())
        saved = self.store.save(changes, why=why, save_id=save_id)
        if undoable:
            self.saves.append(saved.save_id)
        self._follow({c.table for c in changes})
        return saved

    def undo_last(self) -> Saved | None:
        """Take the last action of this session back; None where there is none. Raises StaleSave."""
        if not self.saves:
            return None
        refuse_while_editing(self.edits.layers())
        saved = undo(self.store, self.saves[-1])
        self.saves.pop()
        self._follow({key.table for key in saved.rows})
        return saved

    def save_map_edits(self) -> Saved | None:
        """What was drawn and typed in the survey's layers, as one action."""
        saved = self.edits.save(why="map")
        if saved is not None:
            self.saves.append(saved.save_id)
        return saved

    def _follow(self, tables: set[str]) -> None:
        reload_layers([x for x in self.edits.layers() if self.table(x) in tables])

    def left_drafts(self) -> List[Draft]:
        """What an earlier session entered and could not save; drafts that were saved are dropped."""
        found = []
        for draft in self.drafts.left(self.id):
            if self.store.holds(draft.id):
                self.drafts.drop(draft.id)
            else:
                found.append(draft)
        return found

    def close(self) -> None:
        """Let go of layers and file."""
        if self.closed:
            return
        self.closed = True
        self.project.layersAdded.disconnect(self._watch_new)
        self.edits.close()
        self.store.close()


def survey_in(project: QgsProject) -> Path | None:
    """The survey whose layers a project shows, None where it shows none or the file is gone."""
    for layer in project.mapLayers().values():
        if survey_of(layer) and isinstance(layer, QgsVectorLayer):
            path = Path(layer.source().split("|")[0])
            if path.is_file():
                return path
    return None
