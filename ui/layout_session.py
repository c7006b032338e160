"""The measures of an open layout: which features there are, as edited now; drawn, moved, deleted (5.1.2).

The layers show the table ``measures`` of a survey; edits stand in QGIS's buffers, with a draft on
disk after each, until :meth:`LayoutSession.save` writes them through the store as one action.
"""

from __future__ import annotations

import uuid as uuids
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsTask,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..core.errors import Problem, QingliuError
from ..core.language import current
from ..core.standard import Edition
from ..layers.records import plain
from ..layers.roles import set_role
from ..layers.schema import AUDIT_NAMES
from ..layers.store import Draft, Drafts, GpkgStore, NewSurvey, Saved, create_store, open_store
from ..layers.store.editing import EditSession, layers_of, refuse_while_editing, reload_layers, table_of
from ..layers.storecrs import srs_of
from ..layers.surveyproject import Surveyed, filling, open_layer
from ..layouts.measures import measure_renderer
from .layout_history import History, action
from .layout_notes import Notes

TABLE = "measures"
WHY = "layout"
SHAPES = ("Polygon", "LineString", "Point")
KIND_OF_SHAPE = {"Polygon": "polygon", "LineString": "line", "Point": "point"}
_SHAPE_OF = {
    QgsWkbTypes.GeometryType.PolygonGeometry: "Polygon",
    QgsWkbTypes.GeometryType.LineGeometry: "LineString",
    QgsWkbTypes.GeometryType.PointGeometry: "Point",
}
COLUMNS = ("measure", "name", "status", "survey_column", "receiving")
DRAFT_MS = 400


class Found(NamedTuple):
    """What the look at a survey found: where to work, where it belongs, whether it may be written."""

    path: Path
    home: Path
    read_only: bool = False
    findings: Tuple[Problem, ...] = ()


class Placed(NamedTuple):
    """A measure as it stands in the map now."""

    uuid: str
    measure: str
    status: str
    shape: str
    fid: int
    geometry: QgsGeometry
    values: Mapping[str, Any]


def shape_of(geometry: QgsGeometry) -> str:
    """ "Polygon", "LineString" or "Point"; empty for anything else."""
    return _SHAPE_OF.get(geometry.type(), "")


def new_scratch(folder: Path, name: str, type_: str, crs: QgsCoordinateReferenceSystem, who: str) -> Path:
    """A survey of its own for a layout that belongs to none yet; it stays in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"layout-{uuids.uuid4().hex[:8]}.gpkg"
    create_store(path, NewSurvey(name, "", type_, srs_of(crs), crs=crs.authid()), who=who).close()
    return path


def look(task: QgsTask | None, path: Path, who: str, copies: Path) -> Found:
    """Check, migrate and back up a survey, off the interface thread. Raises QingliuError QL-STORE-*."""
    store = open_store(path, who=who, work_folder=copies)
    found = Found(store.path, store.home, store.read_only, tuple(store.findings))
    store.close()
    return found


class LayoutSession(QObject):
    """One layout being designed; ``changed`` carries the uuids that were drawn, edited or deleted."""

    changed = pyqtSignal(object)
    saved = pyqtSignal()

    def __init__(
        self, found: Found, project: QgsProject, drafts: Drafts, who: str, edition: Edition, *, scratch: bool
    ) -> None:
        super().__init__()
        self.edition = edition
        self.project = project
        self.scratch = scratch
        self.drafts = drafts
        self.closed = False
        self._listening = False
        self.store = GpkgStore(
            found.path, who=who, read_only=found.read_only, findings=found.findings, home=found.home
        )
        self.edits = EditSession(self.store, drafts)
        self.meta = self.store.meta()
        self.id = self.meta.get("store_id", "")
        self.notes = Notes(self.store)
        self.history = History(self)
        self.layers: Dict[str, QgsVectorLayer] = {}
        self.rows: Dict[str, Placed] = {}
        self._uuid_of: Dict[tuple[str, int], str] = {}
        self._known: Dict[str, Placed] = {}  # as last told
        self._touched: set[str] = set()
        self._slots: Dict[str, List[Tuple[Any, Callable[..., Any]]]] = {}
        self._tell = _timer(self, 0, self._told)
        self._reread = _timer(self, 0, self.reread)
        self._draft = _timer(self, DRAFT_MS, self._keep_draft)

    # -- layers ----------------------------------------------------------------
    def showing(self) -> Iterator[None]:
        """Put the measures on the map, a layer at a time, so that a window stays alive; then take them over.

        A survey comes with all its layers, a scratch layout with its measures only.
        """
        if not layers_of(self.project, self.store):
            if self.scratch:
                yield from self._show_measures()
            else:
                survey = Surveyed(self.store.path, self.id, self.meta.get("name", ""), current())
                yield from filling(self.project, survey, [])
                self._raise_layers()
        self._listen()
        self.project.layersAdded.connect(self._listen)
        self._listening = True
        self.reread()

    def _show_measures(self) -> Iterator[None]:
        for shape in SHAPES:
            layer = open_layer(self.store.path, TABLE, self.tr("Measures"), shape)
            set_role(layer, TABLE, self.id)
            self.project.addMapLayer(layer)
            yield

    def show(self) -> None:
        """:meth:`showing` at once."""
        for _ in self.showing():
            pass

    def _raise_layers(self) -> None:
        """Measures on top: what is designed must not lie under the base it is designed on."""
        root = self.project.layerTreeRoot()
        for layer in layers_of(self.project, self.store):
            node = root.findLayer(layer.id())
            if table_of(layer, self.store) == TABLE and node is not None:
                root.insertChildNode(0, node.clone())
                node.parent().removeChildNode(node)

    def _listen(self, *_: object) -> None:
        """Take over the layers that show the measures, those too that somebody adds later."""
        for layer in layers_of(self.project, self.store):
            shape = _SHAPE_OF.get(layer.geometryType(), "")
            if table_of(layer, self.store) == TABLE and shape and shape not in self.layers:
                self.layers[shape] = layer
                self.edits.watch(layer)
                self._connect(shape, layer)
                self._reread.start()

    def _connect(self, shape: str, layer: QgsVectorLayer) -> None:
        self._style(layer)
        self.history.follow(layer)
        slots: List[Tuple[Any, Callable[..., Any]]] = [
            (layer.featureAdded, partial(self._edited, shape)),
            (layer.geometryChanged, lambda fid, _, s=shape: self._edited(s, fid)),
            (layer.attributeValueChanged, lambda fid, *_, s=shape: self._edited(s, fid)),
            (layer.featureDeleted, partial(self._gone, shape)),
            (layer.afterRollBack, self._reread.start),
            (layer.willBeDeleted, partial(self._left, shape)),
        ]
        for signal, slot in slots:
            signal.connect(slot)
        self._slots[shape] = slots

    def _style(self, layer: QgsVectorLayer, measure: str = "") -> None:
        """Symbols for every measure the layer has; none is drawn that has no category."""
        known = layer.renderer()
        if (
            measure
            and isinstance(known, QgsCategorizedSymbolRenderer)
            and known.categoryIndexForValue(measure) >= 0
        ):
            return
        layer.setRenderer(measure_renderer(layer, self.edition))
        layer.triggerRepaint()

    def _left(self, shape: str) -> None:
        if self.layers.pop(shape, None) is not None and not self.closed:
            self._reread.start()

    @property
    def crs(self) -> QgsCoordinateReferenceSystem:
        """The layout's coordinate reference system."""
        layer = next(iter(self.layers.values()), None)
        return layer.crs() if layer is not None else QgsCoordinateReferenceSystem()

    # -- what there is ----------------------------------------------------------------
    def reread(self) -> None:
        """Take over every measure from the layers."""
        before = self.rows
        self.rows, self._uuid_of = {}, {}
        for shape, layer in self.layers.items():
            for feature in layer.getFeatures():
                self._take(shape, feature)
        self._touched |= set(before) | set(self.rows)
        self._tell.start()

    def _take(self, shape: str, feature: QgsFeature) -> str:
        values = {f.name(): plain(v) for f, v in zip(feature.fields(), feature.attributes())}
        uuid = str(values.get("uuid") or f"{shape}{feature.id()}")
        self.rows[uuid] = Placed(
            uuid, str(values.get("measure") or ""), str(values.get("status") or ""), shape, feature.id(),
            QgsGeometry(feature.geometry()), values,
        )  # fmt: skip
        self._uuid_of[(shape, feature.id())] = uuid
        return uuid

    def _edited(self, shape: str, fid: int) -> None:
        layer = self.layers.get(shape)
        feature = layer.getFeature(fid) if layer is not None else QgsFeature()
        if not feature.isValid():
            return
        old = self._uuid_of.get((shape, fid))
        uuid = self._take(shape, feature)
        if old is not None and old != uuid:
            self.rows.pop(old, None)
            self._touched.add(old)
        self._touched.add(uuid)
        self._style(self.layers[shape], self.rows[uuid].measure)
        self._tell.start()

    def _gone(self, shape: str, fid: int) -> None:
        uuid = self._uuid_of.pop((shape, fid), None)
        if uuid is not None and self.rows[uuid].fid == fid:
            del self.rows[uuid]
            self._touched.add(uuid)
            self._tell.start()

    def _told(self) -> None:
        touched, self._touched = self._touched, set()
        differ = {u for u in touched if not _same(self._known.get(u), self.rows.get(u))}
        if differ:
            self._known = dict(self.rows)
            self.changed.emit(differ)
            self._draft.start()

    def settle(self) -> None:
        """Tell what is waiting to be told, now."""
        if self._reread.isActive():
            self._reread.stop()
            self.reread()
        self._tell.stop()
        self._told()

    def feature(self, uuid: str) -> tuple[QgsVectorLayer, int] | None:
        """Layer and feature id of a measure."""
        row = self.rows.get(uuid)
        return (self.layers[row.shape], row.fid) if row is not None and row.shape in self.layers else None

    # -- actions ----------------------------------------------------------------
    def edit(self, shape: str) -> QgsVectorLayer | None:
        """The layer of a shape with editing begun, None where the layout has none or may not be written."""
        layer = self.layers.get(shape)
        if layer is None or self.store.read_only:
            return None
        return layer if layer.isEditable() or layer.startEditing() else None

    def add(
        self,
        measure: str,
        geometries: Sequence[QgsGeometry],
        title: str,
        values: Mapping[str, Any] | None = None,
    ) -> List[str]:
        """New measures as one action, their vertices put into neighbours where topology is kept; their uuids.

        All geometries are of one shape, in the layout's CRS.
        """
        layer = self.edit(shape_of(geometries[0])) if geometries else None
        if layer is None:
            return []
        made = []
        with action(layer, title):
            for geometry in geometries:
                feature = self._feature(layer, measure, geometry, values or {})
                if layer.addFeature(feature):
                    made.append(str(feature["uuid"]))
            if QgsProject.instance().topologicalEditing():
                for geometry in geometries:
                    layer.addTopologicalPoints(geometry)
        return made

    def _feature(
        self, layer: QgsVectorLayer, measure: str, geometry: QgsGeometry, values: Mapping[str, Any]
    ) -> QgsFeature:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(geometry)
        given = {"status": "planned", **values, "measure": measure, "uuid": str(uuids.uuid4())}
        for name, value in given.items():
            if feature.fieldNameIndex(name) >= 0:
                feature.setAttribute(name, value)
        return feature

    def remove(self, uuid_list: Iterable[str], title: str) -> int:
        """Delete measures, one action a layer; how many went."""
        gone = 0
        by_shape: Dict[str, List[int]] = {}
        for uuid in uuid_list:
            if uuid in self.rows:
                by_shape.setdefault(self.rows[uuid].shape, []).append(self.rows[uuid].fid)
        for shape, fids in by_shape.items():
            layer = self.edit(shape)
            if layer is not None:
                with action(layer, title):
                    gone += sum(layer.deleteFeature(f) for f in fids)
        return gone

    def replace(
        self, uuid: str, parts: Sequence[QgsGeometry], title: str, values: Mapping[str, Any] | None = None
    ) -> List[str]:
        """Give a measure other geometry; more than one part makes new measures of the rest."""
        row = self.rows.get(uuid)
        layer = self.edit(row.shape) if row is not None and parts else None
        if row is None or layer is None:
            return []
        made = [uuid]
        own = {k: v for k, v in row.values.items() if k in ("name", "status", "survey_column", "receiving")}
        with action(layer, title):
            layer.changeGeometry(row.fid, parts[0])
            for part in parts[1:]:
                feature = self._feature(layer, row.measure, part, {**own, **(values or {})})
                if layer.addFeature(feature):
                    made.append(str(feature["uuid"]))
        return made

    def take_over(self, wanted: Sequence[Tuple[str, QgsGeometry, Mapping[str, Any]]], title: str) -> bool:
        """Make the layout these measures (uuid, geometry, columns) and no others, as one action."""
        by_shape: Dict[str, Dict[str, Tuple[QgsGeometry, Mapping[str, Any]]]] = {s: {} for s in self.layers}
        for uuid, geometry, values in wanted:
            by_shape.setdefault(shape_of(geometry), {})[uuid] = (geometry, values)
        layers = {shape: self.edit(shape) for shape in by_shape if shape}
        if any(layer is None for layer in layers.values()):
            return False
        with self.history.together():
            for shape, layer in layers.items():
                if layer is not None:
                    with action(layer, title):
                        self._take_over(layer, shape, by_shape[shape])
        return True

    def _take_over(
        self, layer: QgsVectorLayer, shape: str, wanted: Mapping[str, Tuple[QgsGeometry, Mapping[str, Any]]]
    ) -> None:
        here = {u: r for u, r in self.rows.items() if r.shape == shape}
        layer.deleteFeatures([r.fid for u, r in here.items() if u not in wanted])
        for uuid, (geometry, values) in wanted.items():
            row = here.get(uuid)
            if row is None:
                feature = self._feature(layer, str(values.get("measure") or ""), geometry, values)
                feature.setAttribute("uuid", uuid)
                layer.addFeature(feature)
                continue
            if not row.geometry.equals(geometry):
                layer.changeGeometry(row.fid, geometry)
            for name in COLUMNS:
                if plain(values.get(name)) != row.values.get(name):
                    layer.changeAttributeValue(row.fid, layer.fields().indexOf(name), values.get(name))

    def set_values(self, uuid: str, values: Mapping[str, Any], title: str) -> bool:
        """Other attributes of a measure, as one action."""
        row = self.rows.get(uuid)
        layer = self.edit(row.shape) if row is not None else None
        if row is None or layer is None:
            return False
        with action(layer, title):
            for name, value in values.items():
                index = layer.fields().indexOf(name)
                if index >= 0:
                    layer.changeAttributeValue(row.fid, index, value)
        return True

    # -- saving ----------------------------------------------------------------
    @property
    def modified(self) -> bool:
        """Whether edits stand unsaved."""
        return any(x.isEditable() and x.isModified() for x in self.layers.values())

    def _keep_draft(self) -> None:
        try:
            self.edits.keep_draft(why=WHY)
        except QingliuError as error:
            self.store.findings.extend(error.problems)

    def save(self) -> Saved | None:
        """Write all edits as one action of the store; None where there are none. Raises what it raises."""
        self._draft.stop()
        saved = self.edits.save(why=WHY)
        self._end_editing()
        self.settle()
        self.saved.emit()
        return saved

    def discard(self) -> None:
        """Give up what is unsaved."""
        self._draft.stop()
        self.edits.discard()
        self._end_editing()
        self.settle()

    def left(self) -> List[Draft]:
        """What an earlier session drew and did not save; drafts that were saved after all are dropped."""
        found = []
        for draft in self.drafts.left(self.id):
            if self.store.holds(draft.id):
                self.drafts.drop(draft.id)
            elif draft.why == WHY and all(c.table == TABLE for c in draft.changes):
                found.append(draft)
        return found

    def put_back(self, draft: Draft) -> Saved:
        """Save what an earlier session drew. Raises StaleSave where rows have changed since; the draft stays."""
        refuse_while_editing(self.layers.values())
        saved = self.store.save(draft.changes, why=WHY, save_id=draft.id)
        self.drafts.drop(draft.id)
        reload_layers(self.layers.values())
        self.reread()
        return saved

    def _end_editing(self) -> None:
        for layer in self.layers.values():
            if layer.isEditable() and not layer.isModified():
                layer.rollBack()
        self._reread.start()

    def close(self) -> None:
        """Let go of the survey; unsaved edits stay in the layers' buffers."""
        if self.closed:
            return
        self.closed = True
        self.history.stop()
        if self._listening:
            self.project.layersAdded.disconnect(self._listen)
            self._listening = False
        for shape in self.layers:
            for signal, slot in self._slots[shape]:
                signal.disconnect(slot)
        self._slots.clear()
        for timer in (self._tell, self._reread, self._draft):
            timer.stop()
        self.edits.close()
        self.store.close()


def _same(old: Placed | None, new: Placed | None) -> bool:
    """Whether nothing is different; a saved feature has another id and the same content."""
    if old is None or new is None:
        return old is new
    return (
        old.measure == new.measure
        and old.status == new.status
        and _entered(old) == _entered(new)
        and old.geometry.equals(new.geometry)
    )


def _entered(row: Placed) -> Dict[str, Any]:
    """A measure's values without what the store writes itself."""
    own = {"fid", *AUDIT_NAMES}
    return {k: v for k, v in row.values.items() if k not in own}


def _timer(parent: QObject, ms: int, slot: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(ms)
    timer.timeout.connect(slot)
    return timer
