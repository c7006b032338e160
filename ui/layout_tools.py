"""Map tools of the layout: draw, assign a parcel, move or copy, drag a corner; each tells what it would make.

Drawing is QGIS's own capture tool with its snapping, tracing, streaming and advanced digitizing. Every tool
emits ``proposed`` while the mouse moves, so that the clauses can be checked before anything is made.
All geometry that goes out is in the layout's CRS.
"""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsPoint,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import (
    QgsAdvancedDigitizingDockWidget,
    QgsMapCanvas,
    QgsMapMouseEvent,
    QgsMapTool,
    QgsMapToolCapture,
    QgsMapToolDigitizeFeature,
    QgsSnapIndicator,
)
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent
from qgis.utils import iface

from .layout_session import Placed

MODES = {
    "Polygon": QgsMapToolCapture.CaptureMode.CapturePolygon,
    "LineString": QgsMapToolCapture.CaptureMode.CaptureLine,
    "Point": QgsMapToolCapture.CaptureMode.CapturePoint,
}
REACH_PX = 10


class Hit(NamedTuple):
    """A corner of a measure under the cursor."""

    uuid: str
    vertex: int


def cad_of(canvas: QgsMapCanvas) -> QgsAdvancedDigitizingDockWidget:
    """QGIS's advanced digitizing panel, or one of its own where there is no main window.

    Whoever asks keeps it, and takes the tool off the canvas before the canvas goes.
    """
    if iface is not None and iface.mapCanvas() is canvas and hasattr(iface, "cadDockWidget"):
        return iface.cadDockWidget()
    found = canvas.window().findChild(QgsAdvancedDigitizingDockWidget)
    return found if found is not None else QgsAdvancedDigitizingDockWidget(canvas, canvas)


class DrawTool(QgsMapToolDigitizeFeature):
    """Capture one measure; ``drawn`` has it whole, ``proposed`` as it would be if it ended at the cursor."""

    proposed = pyqtSignal(QgsGeometry)
    drawn = pyqtSignal(QgsGeometry)
    dropped = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, layer: QgsVectorLayer, shape: str) -> None:
        cad = cad_of(canvas)
        super().__init__(canvas, cad, MODES[shape])
        self.cad = cad
        self.shape = shape
        self.target = layer
        self.setLayer(layer)
        self.digitizingCompleted.connect(self._completed)

    def cadCanvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        super().cadCanvasMoveEvent(event)
        sketch = self.sketch(event.mapPoint())
        if sketch is not None:
            self.proposed.emit(sketch)

    def sketch(self, cursor: QgsPointXY) -> QgsGeometry | None:
        """What stands so far with the cursor (map CRS) as its last point; None while that is no shape yet."""
        here = self.toLayerCoordinates(self.target, cursor)
        if self.shape == "Point":
            return QgsGeometry.fromPointXY(here)
        line = self.captureCurve().curveToLine()
        line.addVertex(QgsPoint(here))
        if self.shape == "LineString":
            return QgsGeometry(line.clone()) if line.numPoints() > 1 else None
        if line.numPoints() < 3:
            return None
        line.close()
        return QgsGeometry.fromPolygonXY([[QgsPointXY(p) for p in line.points()]])

    def _completed(self, feature: QgsFeature) -> None:
        self.dropped.emit()
        if feature.hasGeometry() and not feature.geometry().isEmpty():
            self.drawn.emit(feature.geometry())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() == Qt.Key.Key_Escape:
            self.dropped.emit()

    def deactivate(self) -> None:
        super().deactivate()
        self.dropped.emit()


class ParcelTool(QgsMapTool):
    """Give whole parcels a measure by clicking; the parcel under the cursor is proposed."""

    proposed = pyqtSignal(QgsGeometry)
    drawn = pyqtSignal(QgsGeometry)
    dropped = pyqtSignal()

    def __init__(
        self, canvas: QgsMapCanvas, parcels: QgsVectorLayer, crs: QgsCoordinateReferenceSystem
    ) -> None:
        super().__init__(canvas)
        self.parcels = parcels
        self.crs = crs
        self._under: Optional[int] = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        found = parcel_at(self.parcels, self.toLayerCoordinates(self.parcels, event.mapPoint()))
        fid = found.id() if found is not None else None
        if fid == self._under:
            return
        self._under = fid
        if found is None:
            self.dropped.emit()
        else:
            self._tell(self.proposed, found)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        found = parcel_at(self.parcels, self.toLayerCoordinates(self.parcels, event.mapPoint()))
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._tell(self.drawn, found)

    def _tell(self, signal: Any, parcel: QgsFeature) -> None:
        moved = in_crs(parcel.geometry(), self.parcels.crs(), self.crs)
        if moved is not None:
            signal.emit(moved)

    def deactivate(self) -> None:
        super().deactivate()
        self._under = None
        self.dropped.emit()


class MeasureTool(QgsMapTool):
    """What the tools share that take hold of a measure that is there; Escape or the right button lets go."""

    proposed_of = pyqtSignal(str, QgsGeometry)  # uuid, what it would be
    made = pyqtSignal(str, QgsGeometry)
    picked = pyqtSignal(str)
    dropped = pyqtSignal()

    def __init__(
        self,
        canvas: QgsMapCanvas,
        rows: Callable[[], Mapping[str, Placed]],
        crs: QgsCoordinateReferenceSystem,
    ) -> None:
        super().__init__(canvas)
        self.rows = rows
        self.crs = crs
        self.held: str = ""
        self.marker = QgsSnapIndicator(canvas)

    def here(self, event: QgsMapMouseEvent) -> QgsPointXY:
        """The cursor in the layout's CRS, snapped as the project says."""
        match = event.mapPointMatch()
        point = event.snapPoint()
        match = event.mapPointMatch()
        self.marker.setMatch(match)
        return self._to_layout(point)

    def _to_layout(self, point: QgsPointXY) -> QgsPointXY:
        moved = in_crs(QgsGeometry.fromPointXY(point), self.canvas().mapSettings().destinationCrs(), self.crs)
        return moved.asPoint() if moved is not None else point

    def reach(self) -> float:
        """How near is at the cursor, in units of the layout's CRS."""
        return REACH_PX * float(self.canvas().mapUnitsPerPixel())

    def under(self, point: QgsPointXY) -> Placed | None:
        """The measure at a point: the smallest of those that lie there."""
        near = self.reach()
        box = QgsRectangle(point.x() - near, point.y() - near, point.x() + near, point.y() + near)
        spot = QgsGeometry.fromPointXY(point)
        found = [
            r
            for r in self.rows().values()
            if r.geometry.boundingBox().intersects(box) and r.geometry.distance(spot) <= near
        ]
        return min(found, key=lambda r: (r.geometry.area(), r.geometry.length(), r.uuid), default=None)

    def let_go(self) -> None:
        """Hold nothing."""
        self.held = ""
        self.dropped.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.let_go()
            event.accept()

    def deactivate(self) -> None:
        super().deactivate()
        self.let_go()


class CarryTool(MeasureTool):
    """Click a measure, carry it, click where it goes: moved, or left where it is and copied."""

    def __init__(
        self, canvas: QgsMapCanvas, rows: Any, crs: QgsCoordinateReferenceSystem, *, copy: bool
    ) -> None:
        super().__init__(canvas, rows, crs)
        self.copy = copy
        self._from = QgsPointXY()
        self.setCursor(Qt.CursorShape.SizeAllCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            self.let_go()
            return
        point = self.here(event)
        row = self.rows().get(self.held)
        if row is None:
            found = self.under(point)
            if found is not None:
                self.held, self._from = found.uuid, point
                self.picked.emit(found.uuid)
            return
        moved = self._carried(row, point)
        uuid = self.held
        self.let_go()
        self.made.emit(uuid, moved)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        point = self.here(event)
        row = self.rows().get(self.held)
        if row is not None:
            self.proposed_of.emit(row.uuid, self._carried(row, point))

    def _carried(self, row: Placed, point: QgsPointXY) -> QgsGeometry:
        moved = QgsGeometry(row.geometry)
        moved.translate(point.x() - self._from.x(), point.y() - self._from.y())
        return moved


class CornerTool(MeasureTool):
    """Drag a corner of a measure, or an edge, which gets a new corner; the clauses follow the drag."""

    def __init__(self, canvas: QgsMapCanvas, rows: Any, crs: QgsCoordinateReferenceSystem) -> None:
        super().__init__(canvas, rows, crs)
        self._base = QgsGeometry()
        self._vertex = -1
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            self.let_go()
            return
        point = self._to_layout(event.mapPoint())
        row = self.under(point)
        if row is None:
            return
        grabbed = grab(row.geometry, point, self.reach())
        if grabbed is not None:
            self._base, self._vertex = grabbed
            self.held = row.uuid
            self.picked.emit(row.uuid)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        point = self.here(event)
        if self.held:
            self.proposed_of.emit(self.held, self._dragged(point))

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        if not self.held:
            return
        uuid, shape = self.held, self._dragged(self.here(event))
        self.let_go()
        self.made.emit(uuid, shape)

    def _dragged(self, point: QgsPointXY) -> QgsGeometry:
        moved = QgsGeometry(self._base)
        moved.moveVertex(point.x(), point.y(), self._vertex)
        return moved


def grab(geometry: QgsGeometry, point: QgsPointXY, reach: float) -> tuple[QgsGeometry, int] | None:
    """The geometry with the corner to drag; a new one where ``point`` is at an edge; None out of reach."""
    _, vertex, _, _, square = geometry.closestVertex(point)
    if 0 <= square <= reach * reach:
        return QgsGeometry(geometry), int(vertex)
    square, foot, after, _ = geometry.closestSegmentWithContext(point)
    if not 0 <= square <= reach * reach:
        return None
    made = QgsGeometry(geometry)
    made.insertVertex(foot.x(), foot.y(), after)
    return made, int(after)


def in_crs(
    geometry: QgsGeometry, source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem
) -> QgsGeometry | None:
    """The geometry in another CRS, None where it cannot be brought there."""
    moved = QgsGeometry(geometry)
    if source == target or not source.isValid() or not target.isValid():
        return moved
    try:
        moved.transform(QgsCoordinateTransform(source, target, QgsProject.instance().transformContext()))
    except QgsCsException:
        return None
    return moved


def parcel_at(parcels: QgsVectorLayer, point: QgsPointXY) -> QgsFeature | None:
    """The parcel that a point (parcels' CRS) lies in; the smallest where parcels overlap."""
    spot = QgsGeometry.fromPointXY(point)
    request = QgsFeatureRequest(QgsRectangle(point, point))
    found = [f for f in parcels.getFeatures(request) if f.geometry().contains(spot)]
    return min(found, key=lambda f: f.geometry().area(), default=None)


def parcels_within(
    parcels: QgsVectorLayer, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem
) -> List[QgsGeometry]:
    """Parcels that a geometry (in ``crs``) meets, in ``crs``."""
    there = in_crs(geometry, crs, parcels.crs())
    if there is None:
        return []
    request = QgsFeatureRequest(there.boundingBox()).setNoAttributes()
    moved = (in_crs(f.geometry(), parcels.crs(), crs) for f in parcels.getFeatures(request))
    return [g for g in moved if g is not None and g.intersects(geometry)]


def split_along(
    geometry: QgsGeometry, parcels: Sequence[QgsGeometry], least: float = 1.0
) -> List[QgsGeometry]:
    """The parts of a measure in each parcel and what lies in none; crumbs under ``least`` (m² or m) go to
    the largest part, so that nothing is lost. A measure that one parcel holds comes back whole."""
    size = QgsGeometry.area if geometry.area() > 0 else QgsGeometry.length
    parts: List[QgsGeometry] = []
    rest = QgsGeometry(geometry)
    for parcel in parcels:
        common = _of_kind(rest.intersection(parcel), geometry)
        if common is None:
            continue
        parts.append(common)
        left = _of_kind(rest.difference(parcel), geometry)
        if left is None:
            break
        rest = left
    else:
        parts.append(rest)
    crumbs = [p for p in parts if size(p) < least]
    kept = sorted((p for p in parts if size(p) >= least), key=size, reverse=True)
    if not kept:
        return [QgsGeometry(geometry)]
    for crumb in crumbs:
        joined = _of_kind(kept[0].combine(crumb), geometry)
        kept[0] = joined if joined is not None else kept[0]
    return kept


def _of_kind(found: QgsGeometry, like: QgsGeometry) -> QgsGeometry | None:
    """Only what has the dimension of ``like``; None where nothing is left."""
    if found.isNull() or found.isEmpty():
        return None
    if found.type() == like.type() and not found.isMultipart():
        return found
    parts = [p for p in found.asGeometryCollection() if p.type() == like.type() and not p.isEmpty()]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else QgsGeometry.collectGeometry(parts)
