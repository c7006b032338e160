"""The clauses while somebody draws: what the rules say of the measure under the cursor, where it fails, how much.

A proposal (the rubber band of a tool) is judged when the mouse rests for a moment or the last judgement is
done, never more often than the window can bear. The same engine judges the whole layout (ch. 5 and 6).
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.sip import isdeleted

from ..core.siting.engine import judge
from ..core.siting.ground import Ground
from ..core.siting.model import (
    ASIDE,
    DUTY,
    ERROR,
    NOTE,
    PASS,
    UNKNOWN,
    VERDICTS,
    WARNING,
    Confirmation,
    Finding,
    MeasureFeature,
    verdict_of,
)
from ..core.siting.omissions import Need, omitted
from ..layers.schema import AUDIT_NAMES
from ..layers.sitingsigned import said_on
from ..layers.store.editing import flat_wkb
from .layout_session import LayoutSession, Placed

COLOURS = {
    ERROR: "#c62828", WARNING: "#ef6c00", NOTE: "#f9a825", UNKNOWN: "#757575", DUTY: "#1565c0",
    PASS: "#2e7d32", ASIDE: "#2e7d32",
}  # fmt: skip
CANDIDATE = "candidate"
SLICE_S = 0.025
REST_MS = 12
_NOT_FACTS = {"fid", "uuid", "measure", *AUDIT_NAMES}


class Judged(NamedTuple):
    """What the rules say of a proposal, worst first, and how long it took to find out."""

    feature: MeasureFeature
    geometry: QgsGeometry
    verdict: str
    findings: Tuple[Finding, ...]
    seconds: float


def as_feature(row: Placed, confirmed: Mapping[str, Confirmation]) -> MeasureFeature:
    """A measure of the layout as the engine reads it."""
    facts = {k: v for k, v in row.values.items() if k not in _NOT_FACTS and v is not None}
    return MeasureFeature(row.uuid, row.measure, flat_wkb(row.geometry) or b"", facts, confirmed)


def ranked(findings: Sequence[Finding]) -> Tuple[Finding, ...]:
    """Findings, worst first; among equals the larger failing part first."""
    order = {v: n for n, v in enumerate(VERDICTS)}
    return tuple(
        sorted(
            findings,
            key=lambda f: (order.get(f.verdict, 99), -(f.failing_area_m2 or f.failing_length_m or 0)),
        )
    )


class LiveCheck(QObject):
    """Judges one proposal after the other and paints verdict and failing part on the map."""

    judged = pyqtSignal(object)
    cleared = pyqtSignal()

    def __init__(self, canvas: Optional[QgsMapCanvas], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.ground: Ground | None = None
        self.crs = QgsCoordinateReferenceSystem()
        self.last: Judged | None = None
        self._waiting: Tuple[MeasureFeature, QgsGeometry] | None = None
        self._bands: List[QgsRubberBand] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.judge_now)

    def propose(
        self,
        measure: str,
        geometry: QgsGeometry,
        uuid: str = CANDIDATE,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Judge this as soon as may be; a proposal that is overtaken by the next is never judged."""
        wkb = flat_wkb(geometry)
        if self.ground is None or wkb is None or not measure:
            return
        self._waiting = (MeasureFeature(uuid, measure, wkb, dict(facts or {})), geometry)
        if not self._timer.isActive():
            # as much time for the window as the last judgement took from it
            last = 1000 * self.last.seconds if self.last is not None else 0.0
            self._timer.start(int(min(max(REST_MS, last), 100)))

    def judge_now(self) -> Judged | None:
        """Judge what waits."""
        if self._waiting is None or self.ground is None:
            return None
        (feature, geometry), self._waiting = self._waiting, None
        begin = time.perf_counter()
        findings = ranked(judge(feature, self.ground))
        verdict = verdict_of(findings)
        self._paint(geometry, verdict, findings)
        self.last = Judged(feature, geometry, verdict, findings, time.perf_counter() - begin)
        self.judged.emit(self.last)
        return self.last

    def clear(self) -> None:
        """Nothing is proposed any more."""
        self._timer.stop()
        self._waiting = None
        self.unpaint()
        self.cleared.emit()

    # -- the map ----------------------------------------------------------
    def _paint(self, geometry: QgsGeometry, verdict: str, findings: Sequence[Finding]) -> None:
        if self.canvas is None:
            return
        outline, failing = self._band(0, geometry.type()), self._band(1, geometry.type())
        style(outline, verdict, part=False)
        outline.setToGeometry(geometry, self.crs)
        first = next((f for f in findings if f.breach and f.failing is not None), None)
        if first is None or first.failing is None:
            failing.reset(geometry.type())
            return
        part = QgsGeometry()
        part.fromWkb(first.failing)
        style(failing, first.verdict, part=True)
        failing.setToGeometry(part, self.crs)

    def _band(self, index: int, kind: QgsWkbTypes.GeometryType) -> QgsRubberBand:
        while len(self._bands) <= index:
            self._bands.append(QgsRubberBand(self.canvas, kind))
        return self._bands[index]

    def unpaint(self) -> None:
        """Take the verdict off the map."""
        for band in self._bands:
            band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)

    def close(self) -> None:
        """Leave nothing on the canvas.

        To be called before it goes: what Python hangs on Qt's last signal of an object may be gone by then.
        """
        self._timer.stop()
        self._waiting = None
        if self.canvas is not None and not isdeleted(self.canvas):
            for band in self._bands:
                self.canvas.scene().removeItem(band)
        self._bands.clear()


def style(band: QgsRubberBand, verdict: str, *, part: bool) -> None:
    """The look of a verdict: an outline for the whole, hatching for the part that fails."""
    colour = QColor(COLOURS[verdict])
    band.setStrokeColor(colour)
    band.setWidth(2 if part else 3)
    fill = QColor(colour)
    fill.setAlpha(150 if part else 40)
    band.setFillColor(fill)
    band.setBrushStyle(Qt.BrushStyle.BDiagPattern if part else Qt.BrushStyle.SolidPattern)
    band.setIcon(QgsRubberBand.IconType.ICON_CIRCLE)
    band.setIconSize(10)


class LayoutCheck(QObject):
    """The findings of every measure of a layout, and of the layout as a whole, kept up to date edit by edit."""

    progressed = pyqtSignal(int, int)  # judged, in all
    finished = pyqtSignal()

    def __init__(
        self, session: LayoutSession, ground: Ground, reach: float, needs: Sequence[Need] = ()
    ) -> None:
        super().__init__(session)
        self.session = session
        self.ground = ground
        self.reach = reach  # how far one measure can matter to another, m
        self.findings: Dict[str, Tuple[Finding, ...]] = {}
        self._queue: List[str] = []
        self._needs = needs
        self._lacks: Dict[int, Finding] = {}
        self._waiting: List[int] = list(range(len(needs)))  # rules about the whole, judged after the measures
        self._boxes: Dict[str, Tuple[float, float, float, float]] = {}
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._slice)
        ground.give("LAYOUT")
        self.update(set(session.rows))

    def update(self, touched: Iterable[str]) -> None:
        """Measures were drawn, edited or deleted: they and those within reach are judged again."""
        for uuid in touched:
            boxes = [b for b in (self._boxes.pop(uuid, None),) if b is not None]
            row = self.session.rows.get(uuid)
            if row is None:
                self.ground.drop_measure(uuid)
                self.findings.pop(uuid, None)
            else:
                self.ground.put_measure(self.feature(row))
                self._boxes[uuid] = _box(row.geometry)
                boxes.append(self._boxes[uuid])
                self._ask(uuid)
            for box in boxes:
                self._ask_near(box)
        self._waiting = list(range(len(self._needs)))
        if self.busy and not self._timer.isActive():
            self._timer.start(0)

    def again(self, uuid: str) -> None:
        """Judge one measure again, or the layout as a whole (``""``): something was confirmed or withdrawn."""
        if uuid in self.session.rows:
            self._ask(uuid)
        elif not uuid:
            self._waiting = list(range(len(self._needs)))
        if self.busy:
            self._timer.start(0)

    def feature(self, row: Placed) -> MeasureFeature:
        """A measure with what people have confirmed of it and what its card says of it."""
        found = as_feature(row, self.session.notes.confirmed(row.uuid))
        card = self.session.notes.card(row.uuid)
        said = said_on(card)
        return replace(found, attributes={**found.attributes, **said}) if said else found

    def _ask(self, uuid: str) -> None:
        if uuid not in self._queue:
            self._queue.append(uuid)

    def _ask_near(self, box: Tuple[float, float, float, float]) -> None:
        west, south, east, north = (
            box[0] - self.reach, box[1] - self.reach, box[2] + self.reach, box[3] + self.reach,
        )  # fmt: skip
        for uuid, (w, s, e, n) in self._boxes.items():
            if w <= east and e >= west and s <= north and n >= south:
                self._ask(uuid)

    def _slice(self) -> None:
        """A few measures, then the window's turn."""
        begin = time.perf_counter()
        while self.busy and time.perf_counter() - begin < SLICE_S:
            self._next()
        done = len(self.findings)
        if not self.busy:
            self._timer.stop()
            self.finished.emit()
        self.progressed.emit(done, len(self.session.rows))

    def _next(self) -> None:
        if self._queue:
            self._judge(self._queue.pop(0))
            return
        number = self._waiting.pop(0)
        confirmed = self.session.notes.confirmed("")
        self._lacks[number] = omitted(self._needs[number], self.ground, self.session.edition, confirmed)

    def _judge(self, uuid: str) -> None:
        row = self.session.rows.get(uuid)
        if row is not None:
            self.findings[uuid] = ranked(judge(self.feature(row), self.ground))

    def settle(self) -> None:
        """Judge all that waits, now."""
        while self.busy:
            self._next()
        if self._timer.isActive():
            self._timer.stop()
            self.finished.emit()

    @property
    def busy(self) -> bool:
        """Whether measures, or the whole, wait to be judged."""
        return bool(self._queue or self._waiting)

    @property
    def lacks(self) -> Tuple[Finding, ...]:
        """What the layout as a whole says to its rules, in their order."""
        return tuple(self._lacks[n] for n in sorted(self._lacks))

    def missing(self) -> Dict[str, int]:
        """Roles that were not given -> in how many findings they lack."""
        counts: Dict[str, int] = {}
        for own in (*self.findings.values(), self.lacks):
            for finding in own:
                for role in finding.missing:
                    counts[role] = counts.get(role, 0) + 1
        return dict(sorted(counts.items(), key=lambda pair: -pair[1]))

    def verdict(self, uuid: str) -> str:
        """The worst of a measure."""
        return verdict_of(self.findings.get(uuid, ()))

    def stop(self) -> None:
        """Judge no more."""
        self._queue.clear()
        self._waiting.clear()
        self._timer.stop()


def _box(geometry: QgsGeometry) -> Tuple[float, float, float, float]:
    box = geometry.boundingBox()
    return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()
