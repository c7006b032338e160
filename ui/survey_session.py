"""An open survey in the window: its store held, its layers looked after, its drafts kept (ch. 4).

The file is looked at in a task (:func:`look`); the store that works on it belongs to the interface
thread and stays open while the project shows its layers.
"""

from __future__ import annotations

from pathlib import Path
from typing import FrozenSet, Iterable, Iterator, List, NamedTuple, Sequence, Set, Tuple

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapLayer,
    QgsProject,
    QgsTask,
    QgsVectorLayer,
)

from ..core import language
from ..core.errors import Problem
from ..layers.roles import survey_of
from ..layers.store import Draft, Drafts, GpkgStore, Saved, open_store
from ..layers.store.editing import EditSession, layers_of, refuse_while_editing, show_again, table_of
from ..layers.store.sql import is_in, select
from ..layers.storecrs import crs_of
from ..layers.surveyproject import Surveyed, SurveyLayer, filling
from .survey_recent import remember


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
    remember(found.home)  # here, for the settings are written to the disk
    return found


class Step(NamedTuple):
    """An action of this session that can be taken back: its save, how many rows it touched."""

    save_id: str
    rows: int


class SurveySession:
    """One survey being worked on. :meth:`close` it before the plugin goes.

    Its store belongs to the interface thread and therefore never waits: where somebody else is
    saving, it refuses at once, and the action goes on in a task (:meth:`.survey_desk.Desk.act`). ``kept``: the
    journal was in WAL already and the layers read it, so they need not be opened anew.
    """

    def __init__(
        self, opened: Opened, project: QgsProject, drafts: Drafts, who: str, *, kept: bool = False
    ) -> None:
        self.store = GpkgStore(
            opened.path, who=who, read_only=opened.read_only, findings=opened.findings, home=opened.home,
            wait_s=0.0,
        )  # fmt: skip
        self.project = project
        self.drafts = drafts
        self.edits = EditSession(self.store, drafts)
        self.steps: List[Step] = []
        self.closed = False
        meta = self.store.meta()
        self.id = meta.get("store_id", "")
        self.name = meta.get("name", "")
        self.type = meta.get("type", "")
        self._added: List[SurveyLayer] = []
        self._kept = kept
        self.fresh = False
        self._unread: Set[str] = set()
        self._seen, self._sequence = self._data_version(), self.store.sequence()
        project.layersAdded.connect(self._watch_new)

    # -- layers ----------------------------------------------------------------
    def showing(self) -> Iterator[None]:
        """Put the survey's layers into the project where it has none, a layer at a time."""
        there = layers_of(self.project, self.store)
        for layer in there:
            self._watch_new([layer])
            yield
        if there:
            return
        survey = Surveyed(self.store.path, self.id, self.name, language.current())
        if not self.project.mapLayers():
            self.fresh = True
            yield from self._knowing_the_way()
        yield from filling(self.project, survey, self._added)
        self._added = []

    def _knowing_the_way(self) -> Iterator[None]:
        """Transformations that QGIS looks up once the first layer is there, one at a time: it keeps them."""
        own, context = crs_of(self.store), self.project.transformContext()
        wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
        for source, target in ((own, wgs84), (self.project.crs(), own)):
            QgsCoordinateTransform(source, target, context)
            yield

    def _watch_new(self, layers: Sequence[QgsMapLayer]) -> None:
        for layer in layers:
            if isinstance(layer, QgsVectorLayer) and table_of(layer, self.store) is not None:
                self.edits.watch(layer, reload=not self._added and not self._kept)

    def table(self, layer: QgsVectorLayer) -> str:
        """The table that a layer shows, known since it is watched: reading its source takes a while."""
        return self.edits.table(layer)

    def layers(self, table: str) -> List[QgsVectorLayer]:
        """The layers that show a table."""
        return [x for x in self.edits.layers() if self.table(x) == table]

    def fid(self, table: str, uuid: str) -> int | None:
        """The feature id of a row."""
        found = self.store.connection.execute(select(table, ["fid"], [is_in("uuid", 1)]), (uuid,)).fetchone()
        return int(found[0]) if found else None

    # -- others ----------------------------------------------------------------
    def _data_version(self) -> int:
        """SQLite's number that changes when another connection has saved."""
        return int(self.store.connection.execute("PRAGMA data_version").fetchone()[0])

    def changed_by_others(self) -> FrozenSet[str]:
        """Tables that another connection (an algorithm, another person) has saved since this was asked last."""
        before, self._seen = self._seen, self._data_version()
        if self._seen == before:
            return frozenset()
        sequence, self._sequence = self._sequence, self.store.sequence()
        sql = "SELECT DISTINCT table_name FROM change_log WHERE fid > ?"
        return frozenset(str(r[0]) for r in self.store.connection.execute(sql, (sequence,)))

    def seen(self) -> None:
        """What is in the file now is known: it was saved here."""
        self._seen, self._sequence = self._data_version(), self.store.sequence()

    def reloading(self) -> Iterator[None]:
        """Show in the layers of saved tables what is in the file now, a layer at a time."""
        while self._unread:
            table = self._unread.pop()
            rows = self.store.count(table)
            for layer in self.layers(table):
                show_again(layer, rows)
                yield

    # -- saving ----------------------------------------------------------------
    def refuse_while_editing(self) -> None:
        """Raise InputError QL-STORE-EDITING while a layer has unsaved edits."""
        refuse_while_editing(self.edits.layers())

    def note(self, saved: Saved, *, undoable: bool) -> None:
        """After an action: it can be taken back, and its layers are to be read again."""
        if undoable:
            self.steps.append(Step(saved.save_id, len(saved.rows)))
        self.unread({key.table for key in saved.rows})
        self.seen()

    def unread(self, tables: Iterable[str]) -> None:
        """Layers of these tables show an older state, until :meth:`reloading`."""
        self._unread.update(tables)

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
        if self._added:  # closed before all layers were there: half of a project is worse than none
            self.project.removeMapLayers([layer.id() for layer in self.edits.layers()])
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
