"""QGIS's edits through the store: take the edit buffers, save them as one action, drop them, reload.

``commitChanges()`` is not one transaction and loses and tears saves, so no layer of a survey is
saved by it. The edits of all layers of the survey go through :meth:`EditSession.save` together;
they stand as a draft on disk and in their buffers until COMMIT has returned, so that a refused
save loses nothing. A save that somebody makes with QGIS's own button all the same is noticed at
once and logged as written past the store.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsMapLayer,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ...core.errors import InputError, Problem
from ..records import plain
from . import outside
from .ddl import FID
from .drafts import Draft, Drafts
from .gpkg import GpkgStore
from .model import KEEP, Change, Delete, Insert, Keep, Saved, Update
from .reading import versions_by_fid

_ROWS = 20  # taken at a time
_ORDER = {Delete: 0, Update: 1, Insert: 2}


def _order(change: Change) -> int:
    """Deletions, updates, new rows."""
    return _ORDER[type(change)]


class Known(NamedTuple):
    """The row behind a feature as it stood when its editing began."""

    uuid: str
    version: int


def table_of(layer: QgsMapLayer, store: GpkgStore) -> str | None:
    """The store's table that a layer shows, None where it shows something else."""
    if not isinstance(layer, QgsVectorLayer) or layer.providerType() != "ogr":
        return None
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path, name = parts.get("path"), parts.get("layerName")
    if not path or name not in store.tables():
        return None
    same = Path(path) == store.path or Path(path).resolve() == store.path.resolve()
    return str(name) if same else None


def layers_of(project: QgsProject, store: GpkgStore) -> list[QgsVectorLayer]:
    """The project's layers of a survey."""
    return [x for x in project.mapLayers().values() if table_of(x, store) is not None]


def reload_layers(layers: Iterable[QgsVectorLayer]) -> None:
    """Show what is in the file now; layers being edited are left alone until their editing ends."""
    for layer in layers:
        if layer.isEditable():
            continue
        layer.dataProvider().reloadData()
        layer.triggerRepaint()


def show_again(layer: QgsVectorLayer, rows: int) -> None:
    """Show what is in the file after a save that left ``rows`` rows in the layer's table.

    A plain table with as many rows as before needs no provider opened anew: its rows are read from the file
    whenever they are asked for, and count and extent are what they were.
    """
    provider = layer.dataProvider()
    if layer.isEditable() or layer.isSpatial() or layer.subsetString() or provider.featureCount() != rows:
        reload_layers([layer])
    else:
        layer.dataChanged.emit()
        layer.triggerRepaint()


def refuse_while_editing(layers: Iterable[QgsVectorLayer]) -> None:
    """Raise InputError QL-STORE-EDITING while a layer has unsaved edits: both would be saved over each other."""
    busy = [x.name() for x in layers if x.isEditable() and x.isModified()]
    if busy:
        raise InputError("QL-STORE-EDITING", layers=", ".join(busy))


class Taken(NamedTuple):
    """Edits out of these layers' buffers as a draft; ``before`` is the draft of the attempt before, if one was."""

    draft: Draft
    before: Draft | None
    layers: tuple[QgsVectorLayer, ...]


def keep(drafts: Drafts, draft: Draft, before: Draft | None) -> Problem | None:
    """Put a draft on disk in place of the one before: at any moment one of the two is there.

    For any thread. Where there is no room for it that is told; the edit buffers still hold everything.
    """
    if draft is before:
        return None
    try:
        drafts.keep(draft)
    except OSError as error:
        return Problem("QL-STORE-NODRAFT", {"folder": str(drafts.folder), "reason": str(error)})
    if before is not None:
        drafts.drop(before.id)
    return None


def write(store: GpkgStore, draft: Draft) -> Saved:
    """Save a draft as one action; what an earlier attempt has put on disk after all is not saved again.

    For the thread that ``store`` belongs to. Raises what :meth:`GpkgStore.save` raises.
    """
    if store.holds(draft.id):
        return Saved(draft.id, store.sequence(), ())
    return store.save(draft.changes, why=draft.why, save_id=draft.id)


def _rebased(change: Change, versions: Mapping[tuple[str, str], int]) -> Change:
    """A change against the row that its forerunner has saved."""
    if isinstance(change, Insert):
        uuid = str(change.uuid or change.values.get("uuid") or "")
        version = versions.get((change.table, uuid))
        return change if version is None else Update(change.table, uuid, version, change.values, change.wkb)
    return change._replace(version=versions.get((change.table, change.uuid), change.version))


class EditSession:
    """The edits of a survey's layers; ``drafts`` keeps them on disk while they are saved.

    :meth:`close` before the store is closed or the plugin unloaded.
    """

    def __init__(self, store: GpkgStore, drafts: Drafts) -> None:
        self.store = store
        self.drafts = drafts
        self.outside: Callable[[list[Problem]], None] | None = None
        self.look: Callable[[str, Callable[[list[Problem]], None]], None] = self._look_now
        self._layers: dict[str, QgsVectorLayer] = {}
        self._tables: dict[str, str] = {}
        self._slots: dict[str, list[tuple[Any, Callable[..., None]]]] = {}
        self._known: dict[str, dict[int, Known]] = {}
        self._kept: Draft | None = None

    # -- layers ----------------------------------------------------------------
    def watch(self, layer: QgsVectorLayer, *, reload: bool = True) -> None:
        """Look after a layer's edits. Raises InputError QL-STORE-NOTABLE where it is not of this survey.

        A layer opened before the store reads nothing since the store went to WAL, so it is reloaded; one
        that was opened since needs no ``reload``.
        """
        key = layer.id()
        if key in self._layers:
            return
        table = table_of(layer, self.store)
        if table is None:
            raise InputError("QL-STORE-NOTABLE", table=layer.name())
        self._layers[key] = layer
        self._tables[key] = table
        slots: list[tuple[Any, Callable[..., None]]] = [
            (layer.editingStarted, partial(self._remember, key)),
            (layer.afterCommitChanges, partial(self._committed_past_us, key)),
            (layer.willBeDeleted, partial(self._forget, key)),
        ]
        for signal, slot in slots:
            signal.connect(slot)
        self._slots[key] = slots
        if layer.isEditable():
            self._remember(key)
        if reload:
            reload_layers([layer])

    def layers(self) -> list[QgsVectorLayer]:
        """The layers looked after."""
        return list(self._layers.values())

    def table(self, layer: QgsVectorLayer) -> str:
        """The table that a layer looked after shows; empty for another one."""
        return self._tables.get(layer.id(), "")

    def close(self) -> None:
        """Let go of all layers."""
        for key in list(self._layers):
            for signal, slot in self._slots[key]:
                signal.disconnect(slot)
            self._forget(key)

    def _forget(self, key: str) -> None:
        self._layers.pop(key, None)
        self._tables.pop(key, None)
        self._slots.pop(key, None)
        self._known.pop(key, None)

    def _remember(self, key: str) -> None:
        found = versions_by_fid(self.store.connection, self._tables[key])
        self._known[key] = {fid: Known(uuid, version) for fid, uuid, version in found}

    def _committed_past_us(self, key: str) -> None:
        table = self._tables[key]

        def looked(found: list[Problem]) -> None:
            if key in self._layers:
                self._remember(key)
            if found and self.outside is not None:
                self.outside(found)

        self.look(table, looked)

    def _look_now(self, table: str, done: Callable[[list[Problem]], None]) -> None:
        """Look at once for what was written past the store; a window puts a task in place of this."""
        done(outside.notice(self.store, [table]))

    # -- saving ----------------------------------------------------------------
    def edited(self) -> list[QgsVectorLayer]:
        """Layers with unsaved edits."""
        return [x for x in self._layers.values() if x.isEditable() and x.isModified()]

    def changes(self) -> list[Change]:
        """The unsaved edits of all layers as changes of rows: deletions, updates, new rows."""
        return sorted((c for layer in self.edited() for c in self._changes_of(layer)), key=_order)

    def save(self, *, why: str = "", keep_editing: bool = False) -> Saved | None:
        """Save all unsaved edits as one action; None where there are none.

        Raises what :meth:`GpkgStore.save` raises; edit buffers and draft then stand as they were.
        """
        taken = self.take(why)
        if taken is None:
            return None
        self._keep(taken.draft)
        saved = write(self.store, taken.draft)
        self._kept = None
        self._drop_buffers(taken.layers, keep_editing)
        self.drafts.drop(taken.draft.id)
        return saved

    def take(self, why: str = "") -> Taken | None:
        """All unsaved edits, to be written elsewhere (:func:`keep`, :func:`write`); they stay in their buffers.

        None where there are none. Once they are written, :meth:`finishing`.
        """
        found: list[Taken] = []
        for _ in self.taking(why, found):
            pass
        return found[0] if found else None

    def taking(self, why: str, found: list[Taken]) -> Iterator[None]:
        """:meth:`take` a few rows at a time, so that a window stays alive; into ``found``."""
        layers, changes = self.edited(), []
        for layer in layers:
            for number, change in enumerate(self._changes_of(layer)):
                changes.append(change)
                if number % _ROWS == _ROWS - 1:
                    yield
        if not changes:
            return
        changes.sort(key=_order)
        before = self._kept
        same = before is not None and before.changes == tuple(changes)
        draft = before if same else self._new_draft(changes, why)
        if draft is not None:
            found.append(Taken(draft, before, tuple(layers)))

    def later(self, taken: Taken, saved: Saved) -> list[Change]:
        """What was edited since, against the rows as they are now that what was taken is saved."""
        changes = self.changes()
        if tuple(changes) == taken.draft.changes:
            return []
        versions = {(k.table, k.uuid): k.version for k in saved.rows}
        return [_rebased(c, versions) for c in changes if c not in taken.draft.changes]

    def finishing(self, taken: Taken) -> Iterator[None]:
        """Drop the buffers of edits that are written, a command at a time, and then their draft."""
        self._kept = None
        for layer in [x for x in self.layers() if x in taken.layers]:  # one that was taken away is no more
            while layer.isEditable() and layer.undoStack().canUndo():
                layer.undoStack().undo()
                yield
            layer.rollBack()
            yield
        self.drafts.drop(taken.draft.id)

    def keep_draft(self, why: str = "") -> Draft | None:
        """Put the unsaved edits as they stand on disk, for after a crash; to be called while people edit."""
        taken = self.take(why)
        if taken is not None:
            self._keep(taken.draft)
        return taken.draft if taken is not None else None

    def discard(self) -> None:
        """Give up all unsaved edits and their draft."""
        layers = self.edited()
        self._drop_buffers(layers, keep_editing=False)
        if self._kept is not None:
            self.drafts.drop(self._kept.id)
            self._kept = None

    def _new_draft(self, changes: Sequence[Change], why: str) -> Draft:
        return Draft(self.store.meta().get("store_id", ""), tuple(changes), self.store.who, why)

    def _keep(self, draft: Draft) -> None:
        problem = keep(self.drafts, draft, self._kept)
        if problem is not None:
            self.store.findings.append(problem)
        self._kept = draft

    def note_kept(self, draft: Draft) -> None:
        """A draft that was taken is on disk, and its save was refused: the next attempt goes on from it."""
        self._kept = draft

    def _drop_buffers(self, layers: Sequence[QgsVectorLayer], keep_editing: bool) -> None:
        for layer in layers:
            layer.rollBack()
        reload_layers(self._layers.values())
        for layer in layers if keep_editing else ():
            layer.startEditing()

    # -- edit buffers ----------------------------------------------------------
    def _changes_of(self, layer: QgsVectorLayer) -> Iterator[Change]:
        table = self._tables[layer.id()]
        buffer = layer.editBuffer()
        if buffer.addedAttributes() or buffer.deletedAttributeIds():
            raise InputError("QL-STORE-FIELDS", layers=layer.name())
        known = self._known.get(layer.id(), {})
        columns = {c.name: c.kind for c in self.store.tables()[table].columns}
        fields = {i: (n, columns[n]) for i, n in _provider_fields(layer).items() if n in columns}
        for fid in buffer.deletedFeatureIds():
            if fid in known:
                yield Delete(table, *known[fid])
        values, shapes = buffer.changedAttributeValues(), buffer.changedGeometries()
        for fid in {**values, **shapes}:
            if fid not in known:
                continue
            entered = values.get(fid, {})
            given = {fields[i][0]: entry(fields[i][1], v) for i, v in entered.items() if i in fields}
            wkb: bytes | None | Keep = flat_wkb(shapes[fid]) if fid in shapes else KEEP
            yield Update(table, *known[fid], given, wkb)
        for feature in buffer.addedFeatures().values():
            yield _insert(table, feature, fields, layer.isSpatial())


def _provider_fields(layer: QgsVectorLayer) -> dict[int, str]:
    """Index and name of the fields that are in the file (no joins, no virtual fields)."""
    own = {f.name() for f in layer.dataProvider().fields()}
    return {i: f.name() for i, f in enumerate(layer.fields()) if f.name() in own and f.name() != FID}


_WORDS = {"true": True, "false": False, "": None}


def entry(kind: str, value: Any) -> Any:
    """What a widget put into an edit buffer, as plain Python; value maps give texts for every kind.

    A text that is none of its kind stays one, and the store refuses it.
    """
    found = plain(value)
    if not isinstance(found, str) or kind not in ("boolean", "integer", "number"):
        return found
    text = found.strip().lower()
    if kind == "boolean":
        return _WORDS.get(text, found)
    try:
        return None if not text else int(text) if kind == "integer" else float(text)
    except ValueError:
        return found


def _insert(table: str, feature: QgsFeature, fields: Mapping[int, tuple[str, str]], located: bool) -> Insert:
    attributes = feature.attributes()
    values = {name: entry(kind, attributes[i]) for i, (name, kind) in fields.items()}
    given = {name: value for name, value in values.items() if value is not None}
    return Insert(table, given, flat_wkb(feature.geometry()) if located else None)


def flat_wkb(geometry: QgsGeometry) -> bytes | None:
    """Straight 2-D WKB, None for no geometry."""
    if geometry.isNull():
        return None
    made = QgsGeometry(geometry)
    if QgsWkbTypes.isCurvedType(made.wkbType()):
        made = QgsGeometry(made.constGet().segmentize())
    inner = made.get()
    inner.dropZValue()
    inner.dropMValue()
    return bytes(made.asWkb())
