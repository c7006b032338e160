"""Zones drawn by hand, checked and mended: gaps, overlaps, land outside, slivers (3.0.4).

The check reads the layer as it is on the screen, unsaved edits included, in a task. Mending is one
edit command of the layer: nothing is saved here, and undo takes it back.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple, Sequence

from qgis.core import (
    QgsApplication,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsTask,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsMapLayerComboBox, QgsRubberBand
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QSettings, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.errors import Cancelled, QingliuError
from ..core.standard import default_edition, text
from ..core.zoning.mending import Change, Check, Fault
from ..layers.coveragecheck import ZONE_FIELD, LayerState, apply, check_layer, preview, sign
from .dock_frame import Fitting
from .tasks import TaskProgress, task_of

SETTINGS = "qingliu/zones"
STAGES = 4
LISTED = 2000  # rows of the list: a layer with more faults was not drawn for this boundary
COLOURS = {
    "protection": QColor(112, 168, 88, 170),
    "regulation": QColor(240, 205, 112, 170),
    "channel": QColor(92, 150, 206, 170),
}
CUT_OFF = QColor(120, 120, 120, 170)
POSITION = Qt.ItemDataRole.UserRole


class Seen(NamedTuple):
    """What a check found in which layer."""

    check: Check
    warnings: tuple[str, ...]
    layer_id: str


def _check(task: QgsTask, zones: LayerState, boundary: LayerState, layer_id: str) -> Seen:
    found, warnings = check_layer(zones, boundary, edited=zones.changed, progress=TaskProgress(task, STAGES))
    return Seen(found, tuple(w.text() for w in warnings), layer_id)


def _mend(task: QgsTask, check: Check, chosen: Sequence[int]) -> list[Change]:
    return preview(check, chosen, TaskProgress(task, 1))


class ZonesDock(QDockWidget):
    """Checks a layer of zones against its boundary, shows each fault with its heir, and mends those ticked."""

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.seen: Seen | None = None
        self._task: QgsTask | None = None
        self._watched: QgsVectorLayer | None = None
        self._edited = False
        self._bands: list[QgsRubberBand] = []
        self._build()
        self.author.setText(str(QSettings().value(f"{SETTINGS}/author", "")))
        self._say_what_next()

    # -- building ----------------------------------------------------------
    def _build(self) -> None:
        self.zones = self._layers("zones_layer")
        self.boundary = self._layers("zones_boundary")
        self.run = self._button("zones_check", self.tr("Check"), self._toggle)
        self.bar = QProgressBar()
        self.bar.setVisible(False)
        self.list = QTreeWidget()
        self.list.setObjectName("zones_faults")
        self.list.setRootIsDecorated(False)
        self.list.setHeaderLabels(
            [
                self.tr("Fault"),
                self.tr("Area (m²)"),
                self.tr("Width (m)"),
                self.tr("Zones"),
                self.tr("Goes to"),
            ]
        )
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemClicked.connect(self._zoom)
        self.list.itemChanged.connect(self._draw)
        self.thin = self._button("zones_thin", self.tr("Tick slivers only"), self._tick_thin)
        self.every = self._button("zones_all", self.tr("Tick all"), self._tick_all)
        self.mend = self._button("zones_mend", self.tr("Mend what is ticked"), self._start_mending)
        self.undo = self._button("zones_undo", self.tr("Undo"), self._undo)
        self.author, self.reason = QLineEdit(), QLineEdit()
        self.author.setObjectName("zones_author")
        self.reason.setObjectName("zones_reason")
        self.reason.setPlaceholderText(self.tr("Why the outline was drawn so"))
        self.signing = self._button("zones_sign", self.tr("Sign my edits"), self._sign)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self._lay_out()
        self._enable()

    def _layers(self, name: str) -> QgsMapLayerComboBox:
        box = QgsMapLayerComboBox()
        box.setObjectName(name)
        box.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        box.layerChanged.connect(self._forget)
        return box

    def _button(self, name: str, text: str, done: Any) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(done)
        return button

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(self.tr("Zones"), self.zones)
        form.addRow(self.tr("Boundary"), self.boundary)
        ticks, mending, who = QHBoxLayout(), QHBoxLayout(), QFormLayout()
        for box, buttons in ((ticks, (self.every, self.thin)), (mending, (self.mend, self.undo))):
            for button in buttons:
                box.addWidget(button)
        who.addRow(self.tr("Drawn by"), self.author)
        who.addRow(self.tr("Reason"), self.reason)
        who.addRow(self.signing)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        column.addLayout(form)
        column.addWidget(self.run)
        column.addWidget(self.bar)
        column.addWidget(self.list, 1)
        column.addLayout(ticks)
        column.addLayout(mending)
        column.addLayout(who)
        column.addWidget(self.status)
        self.setWidget(Fitting(body))

    # -- checking ----------------------------------------------------------
    def _toggle(self) -> None:
        if self._task is not None:
            self._task.cancel()
            return
        zones, boundary = self._chosen()
        if zones is None or boundary is None:
            self._say_what_next()
            return
        self._watch(zones)
        self._start(
            self.tr("Check of {}").format(zones.name()),
            _check,
            self._checked,
            zones=LayerState(zones),
            boundary=LayerState(boundary),
            layer_id=zones.id(),
        )

    def _start(self, title: str, work: Any, done: Any, **facts: Any) -> None:
        def finished(error: BaseException | None, found: Any = None) -> None:
            self._task = None
            self.run.setText(self.tr("Check"))
            self.bar.setVisible(False)
            if isinstance(error, QingliuError):
                self.status.setText(error.text())
            elif error is not None and not isinstance(error, Cancelled):
                self.status.setText(str(error))
            elif found is None:
                self.status.setText(self.tr("Cancelled; nothing was changed."))
            else:
                done(found)
            self._enable()

        self._task = task_of(title, work, on_finished=finished, flags=QgsTask.Flag.CanCancel, **facts)
        self._task.progressChanged.connect(lambda value: self.bar.setValue(int(value)))
        self.run.setText(self.tr("Cancel"))
        self.bar.setVisible(True)
        self._enable()
        QgsApplication.taskManager().addTask(self._task)

    def _watch(self, layer: QgsVectorLayer) -> None:
        """A check holds until a zone is drawn, moved or deleted."""
        self._unwatch()
        self._edited = False
        self._watched = layer
        for signal in (layer.geometryChanged, layer.featureAdded, layer.featureDeleted):
            signal.connect(self._outdated)
        layer.willBeDeleted.connect(self._forget)

    def _unwatch(self) -> None:
        layer, self._watched = self._watched, None
        if layer is not None and not sip.isdeleted(layer):
            for signal in (layer.geometryChanged, layer.featureAdded, layer.featureDeleted):
                signal.disconnect(self._outdated)
            layer.willBeDeleted.disconnect(self._forget)

    def _outdated(self, *_: Any) -> None:
        self._edited = True
        if self._task is None:
            self._forget()
            self.status.setText(self.tr("The zones were edited since the check. Check again."))

    def _checked(self, seen: Seen) -> None:
        if self._edited:
            self._outdated()
            return
        self.seen = seen
        self._fill(seen.check.faults[:LISTED])
        self.status.setText("\n".join([self._summary(seen.check), *seen.warnings]))
        self._draw()

    def _summary(self, check: Check) -> str:
        if check.clean:
            return self.tr("No gap, no overlap, nothing outside: the zones cover the boundary exactly.")
        text = self.tr(
            "{count} faults: gaps {gap:,.1f} m², overlaps {overlap:,.1f} m², outside {outside:,.1f} m²."
        )
        facts = {"gap": check.gap_m2, "overlap": check.overlap_m2, "outside": check.outside_m2}
        said = text.format(count=len(check.faults), **facts)
        if len(check.faults) > LISTED:
            said += " " + self.tr("The first {count} are listed; mending all mends the rest too.").format(
                count=LISTED
            )
        return said

    # -- the list ----------------------------------------------------------
    def _fill(self, faults: Sequence[Fault]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        names = self._zone_names()
        kinds = self._kinds()
        rows = []
        for position, fault in enumerate(faults):
            heir = names.get(fault.heir, "") if fault.heir is not None else self.tr("cut off")
            zones = ", ".join(names.get(z, str(z)) for z in fault.zones)
            row = QTreeWidgetItem(
                [
                    kinds.get(fault.kind, fault.kind),
                    f"{fault.area_m2:,.2f}",
                    f"{fault.thickness_m:,.2f}",
                    zones,
                    heir,
                ]
            )
            row.setData(0, POSITION, position)
            row.setCheckState(0, Qt.CheckState.Checked)
            rows.append(row)
        self.list.addTopLevelItems(rows)
        self.list.blockSignals(False)

    def _kinds(self) -> dict[str, str]:
        return {
            "gap": self.tr("gap"),
            "overlap": self.tr("overlap"),
            "outside": self.tr("outside"),
            "sliver": self.tr("sliver"),
        }

    def _zone_names(self) -> dict[int, str]:
        if self.seen is None:
            return {}
        words = {key: text(zone) for key, zone in default_edition().zones.items()}
        return {z.id: f"{words.get(z.kind, z.kind)} #{z.id}" for z in self.seen.check.zones}

    def _ticked(self) -> list[int]:
        rows = [self.list.topLevelItem(i) for i in range(self.list.topLevelItemCount())]
        ticked = [int(r.data(0, POSITION)) for r in rows if r.checkState(0) == Qt.CheckState.Checked]
        beyond = range(LISTED, len(self.seen.check.faults)) if self.seen is not None else range(0)
        return [*ticked, *beyond] if len(ticked) == len(rows) else ticked

    def _tick(self, wanted: Any) -> None:
        if self.seen is None:
            return
        self.list.blockSignals(True)
        for i in range(self.list.topLevelItemCount()):
            row = self.list.topLevelItem(i)
            on = wanted(self.seen.check.faults[int(row.data(0, POSITION))])
            row.setCheckState(0, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        self._draw()

    def _tick_thin(self) -> None:
        self._tick(lambda fault: fault.thin)

    def _tick_all(self) -> None:
        self._tick(lambda fault: True)

    # -- the map -----------------------------------------------------------
    def _draw(self, *_: Any) -> None:
        """The ticked faults in the colour of the zone that would get them; grey what would be cut off."""
        self._clear_bands()
        if self.canvas is None or self.seen is None:
            return
        kinds = {z.id: z.kind for z in self.seen.check.zones}
        layer = self._layer()
        bands: dict[str, QgsRubberBand] = {}
        for position in self._ticked():
            fault = self.seen.check.faults[position]
            kind = kinds.get(fault.heir, "") if fault.heir is not None else ""
            if kind not in bands:
                band = QgsRubberBand(self.canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
                band.setFillColor(COLOURS.get(kind, CUT_OFF))
                band.setStrokeColor(QColor(200, 30, 30))
                band.setWidth(2)
                bands[kind] = band
            bands[kind].addGeometry(_geometry(fault.wkb), layer, False)
        for band in bands.values():
            band.updatePosition()
            band.update()
        self._bands = list(bands.values())
        self._enable()

    def _clear_bands(self) -> None:
        for band in self._bands:
            band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
            if self.canvas is not None:
                self.canvas.scene().removeItem(band)
        self._bands = []

    def _zoom(self, row: QTreeWidgetItem, column: int) -> None:
        layer = self._layer()
        if self.canvas is None or self.seen is None or layer is None:
            return
        fault = self.seen.check.faults[int(row.data(0, POSITION))]
        box = self.canvas.mapSettings().layerExtentToOutputExtent(layer, _geometry(fault.wkb).boundingBox())
        box.grow(max(box.width(), box.height(), 20 * self.canvas.mapUnitsPerPixel()))
        self.canvas.setExtent(box)
        self.canvas.refresh()

    # -- mending -----------------------------------------------------------
    def _start_mending(self) -> None:
        layer = self._layer()
        chosen = self._ticked()
        if self.seen is None or layer is None or not chosen:
            return
        self._start(
            self.tr("Mending {}").format(layer.name()),
            _mend,
            self._apply,
            check=self.seen.check,
            chosen=chosen,
        )

    def _apply(self, changes: list[Change]) -> None:
        layer = self._layer()
        if layer is None or self._edited:
            self._outdated()
            return
        if not layer.isEditable() and not layer.startEditing():
            self.status.setText(
                self.tr("{}: this layer cannot be edited. Save it as a GeoPackage first.").format(
                    layer.name()
                )
            )
            return
        try:
            apply(layer, changes, self.tr("Mend zones"))
        except QingliuError as error:
            self.status.setText(error.text())
            return
        gained = sum(c.gained_m2 for c in changes)
        self._forget()
        layer.triggerRepaint()
        text = self.tr(
            "{count} zones changed, {area:,.1f} m² given to a zone. Look, then save the layer; Undo takes it back."
        )
        self.status.setText(text.format(count=len(changes), area=gained))

    def _undo(self) -> None:
        layer = self.zones.currentLayer()
        if isinstance(layer, QgsVectorLayer) and layer.isEditable() and layer.undoStack().canUndo():
            layer.undoStack().undo()
            layer.triggerRepaint()
            self._forget()
            self.status.setText(self.tr("Taken back. Check again."))

    def _sign(self) -> None:
        """Author, reason and day on the zones that were drawn by hand since the last save."""
        layer = self.zones.currentLayer()
        if not isinstance(layer, QgsVectorLayer):
            return
        changed = LayerState(layer).changed
        author, reason = self.author.text().strip(), self.reason.text().strip()
        if not changed:
            self.status.setText(self.tr("No zone was drawn or moved since the last save: nothing to sign."))
        elif not author or not reason:
            self.status.setText(self.tr("A signature needs a name and a reason."))
        else:
            QSettings().setValue(f"{SETTINGS}/author", author)
            try:
                sign(layer, changed, author, reason, date.today().isoformat(), self.tr("Sign edits"))
            except QingliuError as error:
                self.status.setText(error.text())
                return
            self.status.setText(self.tr("{count} zones signed.").format(count=len(changed)))

    # -- state -------------------------------------------------------------
    def _chosen(self) -> tuple[QgsVectorLayer | None, QgsVectorLayer | None]:
        zones, boundary = self.zones.currentLayer(), self.boundary.currentLayer()
        is_zones = isinstance(zones, QgsVectorLayer) and zones.fields().indexOf(ZONE_FIELD) >= 0
        is_boundary = isinstance(boundary, QgsVectorLayer) and boundary is not zones
        return zones if is_zones else None, boundary if is_boundary else None

    def _layer(self) -> QgsVectorLayer | None:
        found = QgsProject.instance().mapLayer(self.seen.layer_id) if self.seen is not None else None
        return found if isinstance(found, QgsVectorLayer) else None

    def _forget(self, *_: Any) -> None:
        self._unwatch()
        self.seen = None
        self.list.clear()
        self._clear_bands()
        self._say_what_next()
        self._enable()

    def _say_what_next(self) -> None:
        zones, boundary = self._chosen()
        if zones is None:
            text = self.tr(
                'Choose a layer of zones: polygons with a field "zone", as the zoning algorithm writes them.'
            )
        elif boundary is None:
            text = self.tr("Choose the watershed's boundary: another polygon layer.")
        else:
            text = self.tr("Check finds gaps, overlaps, land outside the boundary and slivers.")
        self.status.setText(text)

    def _enable(self) -> None:
        idle = self._task is None
        for button in (self.mend, self.thin, self.every):
            button.setEnabled(idle and self.seen is not None and bool(self.seen.check.faults))
        self.undo.setEnabled(idle)
        self.signing.setEnabled(idle)

    def closeEvent(self, event: Any) -> None:
        self._unwatch()
        self._clear_bands()
        super().closeEvent(event)


def _geometry(wkb: bytes) -> QgsGeometry:
    shape = QgsGeometry()
    shape.fromWkb(wkb)
    return shape
