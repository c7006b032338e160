"""Why these channels: counts and lengths as the limits move, and the profile of a clicked channel (4.3.1).

The terrain is computed once in a task; moving a limit recounts what the task found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsMapLayerProxyModel,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsTask,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas, QgsMapLayerComboBox, QgsMapToolEmitPoint
from qgis.PyQt.QtCore import QSettings, Qt, QTimer
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.data import RESOURCES
from ..core.errors import Cancelled, QingliuError
from ..core.terrain.profile import profile
from ..core.terrain.streams import Limits, Streams, default_limits
from ..core.terrain.survey import Tally, lengths_from, tally, verdicts
from ..layers.crsthreads import lasting
from ..layers.engine import warm
from ..layers.lines import line_wkb
from ..layers.outputs import Column, feature, fields
from ..layers.rasterfiles import RasterSource, raster_source
from ..layers.streams import Terrain, read_terrain, run_streams
from .dock_frame import Fitting
from .profile_plot import ProfileData, ProfilePlot
from .tasks import TaskProgress, task_of

SETTINGS = "qingliu/streams"
REST_MS = 200
STAGES = 16
FIELDS = (
    Column("channel_id", "integer"),
    Column("length_m", "number"),
    Column("area_km2", "number"),
    Column("survey_reason", "text"),
    Column("near_miss", "boolean"),
    Column("change", "text"),
    Column("name", "text"),
)


@dataclass(frozen=True)
class Found:
    """What the task worked out."""

    terrain: Terrain
    streams: Streams
    warnings: tuple[str, ...]


def _survey(task: QgsTask, source: RasterSource, limits: Limits) -> Found:
    progress = TaskProgress(task, STAGES)
    terrain = read_terrain(source, progress=progress)
    streams, warnings = run_streams(terrain, limits, progress=progress)
    return Found(terrain, streams, tuple(w.text() for w in [*terrain.warnings, *warnings]))


class StreamDock(QDockWidget):
    """Choose a DEM, compute, move the limits, click a channel."""

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.found: Found | None = None
        self.layer_id: str | None = None
        self._task: QgsTask | None = None
        self._tool: QgsMapToolEmitPoint | None = None
        self._before_tool: Any = None
        # the map follows when the limits rest: thousands of rows are not for every step of a spin box
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REST_MS)
        self._redraw.timeout.connect(self._judge)
        self._build()
        self._recall()
        warm()  # by the time a DEM has been chosen the kernels are there

    # -- building ----------------------------------------------------------
    def _build(self) -> None:
        self.dem = QgsMapLayerComboBox()
        self.dem.setObjectName("streams_dem")
        self.dem.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.compute = QPushButton(self.tr("Compute"))
        self.compute.setObjectName("streams_compute")
        self.bar = QProgressBar()
        self.bar.setVisible(False)
        self.length = self._limit("streams_length", 0, 5000, 10, 0, " m")
        self.area = self._limit("streams_area", 0, 10, 0.01, 3, " km²")
        self.initiation = self._limit("streams_initiation", 0, 10, 0.005, 4, " km²")
        self.reset = QPushButton(self.tr("Back to the standard's limits"))
        self.reset.setObjectName("streams_reset")
        self.counts = QTableWidget(6, 3)
        self.counts.setObjectName("streams_counts")
        self.counts.setHorizontalHeaderLabels(
            [self.tr("Channels"), self.tr("Now"), self.tr("By the standard")]
        )
        self.counts.verticalHeader().setVisible(False)
        self.counts.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.counts.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.plot = ProfilePlot()
        self.plot.setObjectName("streams_profile")
        self.status = QLabel(self.tr("Choose a DEM and compute. The whole DEM is routed."))
        self.status.setWordWrap(True)
        self._lay_out()
        self.compute.clicked.connect(self._toggle)
        self.reset.clicked.connect(self._standard_limits)
        for box in (self.length, self.area, self.initiation):
            box.valueChanged.connect(self._recount)

    def _limit(
        self, name: str, low: float, high: float, step: float, decimals: int, suffix: str
    ) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setObjectName(name)
        box.setRange(low, high)
        box.setSingleStep(step)
        box.setDecimals(decimals)
        box.setSuffix(suffix)
        box.setKeyboardTracking(False)
        return box

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.dem, 1)
        top.addWidget(self.compute)
        form = QFormLayout()
        form.addRow(self.tr("Longer than"), self.length)
        form.addRow(self.tr("or draining more than"), self.area)
        form.addRow(self.tr("channels begin at"), self.initiation)
        form.addRow(self.reset)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addLayout(form)
        column.addWidget(self.counts, 2)
        column.addWidget(self.plot, 2)
        column.addWidget(self.status)
        self.setWidget(Fitting(body))

    # -- settings ----------------------------------------------------------
    def _recall(self) -> None:
        limits, kept = default_limits(), QSettings()
        length = float(kept.value(f"{SETTINGS}/length", limits.min_length_m))
        area = float(kept.value(f"{SETTINGS}/area", limits.min_area_km2))
        initiation = float(kept.value(f"{SETTINGS}/initiation", limits.initiation_km2))
        self._set(Limits(length, area, initiation))

    def _set(self, limits: Limits) -> None:
        self.length.setValue(limits.min_length_m)
        self.area.setValue(limits.min_area_km2)
        self.initiation.setValue(limits.initiation_km2)

    def _remember(self) -> None:
        kept = QSettings()
        kept.setValue(f"{SETTINGS}/length", self.length.value())
        kept.setValue(f"{SETTINGS}/area", self.area.value())
        kept.setValue(f"{SETTINGS}/initiation", self.initiation.value())

    def _standard_limits(self) -> None:
        self._set(default_limits())

    # -- computing ---------------------------------------------------------
    def _toggle(self) -> None:
        if self._task is not None:
            self._task.cancel()
            return
        layer = self.dem.currentLayer()
        if not isinstance(layer, QgsRasterLayer):
            self.status.setText(self.tr("There is no raster in the project. Add a DEM first."))
            return
        source = raster_source(layer)
        limits = default_limits()
        limits = Limits(
            limits.min_length_m, limits.min_area_km2, min(self.initiation.value(), limits.initiation_km2)
        )
        self._task = task_of(
            self.tr("Stream survey of {}").format(layer.name()),
            _survey,
            on_finished=self._finished,
            flags=QgsTask.Flag.CanCancel,
            source=source,
            limits=limits,
        )
        self._task.progressChanged.connect(lambda value: self.bar.setValue(int(value)))
        self.compute.setText(self.tr("Cancel"))
        self.bar.setVisible(True)
        self.status.setText(self.tr("Computing …"))
        QgsApplication.taskManager().addTask(self._task)

    def _finished(self, error: BaseException | None, found: Found | None = None) -> None:
        self._task = None
        self.compute.setText(self.tr("Compute"))
        self.bar.setVisible(False)
        if isinstance(error, QingliuError):
            self.status.setText(error.text())
        elif error is not None and not isinstance(error, Cancelled):
            self.status.setText(str(error))
        elif found is None:
            self.status.setText(self.tr("Cancelled; nothing was changed."))
        else:
            self.found = found
            base = found.streams.initiation_m2 / 1e6
            self.initiation.setMinimum(base)
            self.status.setText("\n".join(found.warnings) or self.tr("Click a channel to see its profile."))
            self._add_layer(found)
            self._recount()
            self._listen()

    # -- the limits --------------------------------------------------------
    def _limits(self) -> Limits:
        return Limits(self.length.value(), self.area.value(), self.initiation.value())

    def _recount(self) -> None:
        self._remember()
        if self.found is None:
            return
        now = _tally(self.found, self._limits())
        standard = _tally(self.found, default_limits())
        self._fill(now, standard)
        self._redraw.start()

    def _judge(self) -> None:
        layer = self._layer()
        if layer is not None and self.found is not None:
            _judge_layer(layer, self.found.streams.channels, self._limits())

    def _fill(self, now: Tally, standard: Tally) -> None:
        rows = (
            (self.tr("All channels"), "channels", "{:,}"),
            (self.tr("To be surveyed"), "required", "{:,}"),
            (self.tr("by length / by area / by both"), None, ""),
            (self.tr("Near misses"), "near_miss", "{:,}"),
            (self.tr("Length to survey (km)"), "length_required_m", "km"),
            (self.tr("Drainage density (km/km²)"), "drainage_density", "{:.3f}"),
        )
        for row, (label, name, form) in enumerate(rows):
            self.counts.setItem(row, 0, QTableWidgetItem(label))
            for column, found in ((1, now), (2, standard)):
                self.counts.setItem(row, column, QTableWidgetItem(_shown(found, name, form)))

    # -- the map -----------------------------------------------------------
    def _layer(self) -> QgsVectorLayer | None:
        found = QgsProject.instance().mapLayer(self.layer_id) if self.layer_id else None
        return found if isinstance(found, QgsVectorLayer) else None

    def _add_layer(self, found: Found) -> None:
        old = self._layer()
        if old is not None:
            QgsProject.instance().removeMapLayer(old.id())
        layer = QgsVectorLayer("LineString", self.tr("Channels (preview)"), "memory")
        layer.setCrs(lasting(found.terrain.target))
        provider = layer.dataProvider()
        provider.addAttributes(list(fields(FIELDS)))
        layer.updateFields()
        channels = found.streams.channels
        made = layer.fields()
        rows: list[QgsFeature] = []
        for i in range(len(channels)):
            values = {"channel_id": i + 1, "area_km2": float(channels.area_m2[i]) / 1e6}
            rows.append(feature(made, values, line_wkb(channels.lines.line(i))))
        provider.addFeatures(rows)
        layer.loadNamedStyle(str(RESOURCES / "styles" / "channels.qml"))
        _judge_layer(layer, channels, self._limits())
        QgsProject.instance().addMapLayer(layer)
        self.layer_id = layer.id()

    def _listen(self) -> None:
        """Clicks on the map choose a channel until the dock is closed or another tool is taken."""
        if self.canvas is None:
            return
        if self._tool is None:
            self._tool = QgsMapToolEmitPoint(self.canvas)
            self._tool.canvasClicked.connect(self._clicked)
        if self.canvas.mapTool() is not self._tool:
            self._before_tool = self.canvas.mapTool()
            self.canvas.setMapTool(self._tool)

    def _clicked(self, point: QgsPointXY, button: Qt.MouseButton) -> None:
        layer = self._layer()
        if layer is None or self.canvas is None:
            return
        here = self.canvas.mapSettings().mapToLayerCoordinates(layer, point)
        reach = 8 * self.canvas.mapUnitsPerPixel()
        box = QgsRectangle(here.x() - reach, here.y() - reach, here.x() + reach, here.y() + reach)
        near = [
            (f.geometry().closestSegmentWithContext(QgsPointXY(here))[0], int(f["channel_id"]))
            for f in layer.getFeatures(box)
        ]
        if near:
            self.show_profile(min(near)[1] - 1)

    def show_profile(self, index: int) -> None:
        """Draw the profile of channel ``index`` and select it on the map."""
        if self.found is None:
            return
        channels = self.found.streams.channels
        part = slice(int(channels.path_start[index]), int(channels.path_start[index + 1]))
        drawn = profile(channels.height_m[part], channels.cell_to_mouth_m[part])
        gradient = float(channels.gradient_permil[index])
        title = self.tr("Channel {}").format(index + 1)
        shown = None if np.isnan(gradient) else gradient
        self.plot.show_profile(
            ProfileData(title, drawn.distance_m, drawn.height_m, drawn.conditioned_m, shown)
        )
        layer = self._layer()
        if layer is not None:
            layer.selectByExpression(f'"channel_id" = {index + 1}')

    def closeEvent(self, event: Any) -> None:
        self._let_go()
        super().closeEvent(event)

    def _let_go(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self.canvas is not None and self._tool is not None:
            self.canvas.unsetMapTool(self._tool)
            if self._before_tool is not None:
                self.canvas.setMapTool(self._before_tool)
            self._tool, self._before_tool = None, None


def _tally(found: Found, limits: Limits) -> Tally:
    initiation = max(limits.initiation_km2 * 1e6, found.streams.initiation_m2)
    return tally(found.streams.channels, limits.min_length_m, limits.min_area_km2, initiation)


def _shown(found: Tally, name: str | None, form: str) -> str:
    if name is None:
        return f"{found.by_length} / {found.by_area} / {found.by_both}"
    value = getattr(found, name)
    return f"{value / 1000:,.2f}" if form == "km" else form.format(value)


def _judge_layer(layer: QgsVectorLayer, channels: Any, limits: Limits) -> None:
    """Write reason, near miss and length under ``limits`` into the preview; its style follows."""
    initiation = limits.initiation_km2 * 1e6
    lengths = lengths_from(channels, initiation)
    found = verdicts(np.nan_to_num(lengths), channels.area_m2, limits.min_length_m, limits.min_area_km2)
    names = layer.fields()
    reason, near, length = (names.indexOf(n) for n in ("survey_reason", "near_miss", "length_m"))
    changes = {}
    for row in layer.dataProvider().getFeatures():
        i = int(row["channel_id"]) - 1
        gone = bool(np.isnan(lengths[i]))
        values: dict[int, Any] = {
            reason: None if gone else found.reason_of(i),
            near: bool(found.near_miss[i]) and not gone,
        }
        values[length] = None if gone else round(float(lengths[i]), 3)
        changes[row.id()] = values
    layer.dataProvider().changeAttributeValues(changes)
    layer.triggerRepaint()
