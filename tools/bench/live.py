"""The clauses while somebody draws: milliseconds from a mouse move of the real map tools to the verdict.

``live.py PARCELS MEASURES CHANGES``. A ground of PARCELS parcels, MEASURES measures, zones, channels, villages and
roads over a slope raster of 5 m cells; QGIS's capture tool draws polygons of several sizes, the corner tool
drags corners of measures that stand. Each move is sent to the canvas and judged; the clock runs from the
move to the painted verdict.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

from package import register

EAST, NORTH = 500_000.0, 3_000_000.0
CRS = "EPSG:4547"
KEYS = ("terrace", "grass", "conservation_forest", "economic_forest", "closure", "filter_strip", "replanting",
        "conservation_tillage")  # fmt: skip
CODES = ("0103", "0101", "0301", "0401", "0201", "0702")


def main(parcels: int, measures: int, changes: int) -> None:
    """Print percentiles."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import QgsApplication

    application = QgsApplication([], True)
    application.initQgis()
    register()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(parcels, measures, Path(folder))
        _tell(
            f"{parcels:,} parcels, {len(stage.desk.session.rows)} measures, drawing",
            stage.drawn(changes // 2),
        )
        _tell(
            f"{parcels:,} parcels, {len(stage.desk.session.rows)} measures, dragging",
            stage.dragged(changes // 2),
        )
        stage.close()
    sys.stdout.flush()
    os._exit(0)  # QGIS's own end is not what is measured


class Took(NamedTuple):
    """Seconds of one change: on the wall, and of the processor (what another program takes is not in it)."""

    wall: float
    processor: float


def _tell(what: str, changes: list[Took]) -> None:
    sys.stdout.write(f"{what}: {len(changes)} changes\n")
    for name in Took._fields:
        ordered = sorted(1000 * getattr(c, name) for c in changes)
        p95 = ordered[int(0.95 * (len(ordered) - 1))]
        sys.stdout.write(
            f"  {name}: median {statistics.median(ordered):.1f} ms, p95 {p95:.1f} ms, max {ordered[-1]:.1f} ms\n"
        )


class Stage:
    """A canvas, a layout and its ground."""

    def __init__(self, parcels: int, measures: int, folder: Path) -> None:
        from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject, QgsRectangle
        from qgis.gui import QgsMapCanvas
        from qingliu.core.standard import default_edition
        from qingliu.layers.store import Drafts
        from qingliu.ui.layout_desk import LayoutDesk
        from qingliu.ui.layout_ground import reach_of
        from qingliu.ui.layout_live import LayoutCheck
        from qingliu.ui.layout_session import Found, new_scratch

        self.random = random.Random(7)
        self.side = 1000.0 * (parcels / 500) ** 0.5  # about 0.2 hm² a parcel
        crs = QgsCoordinateReferenceSystem(CRS)
        self.canvas = QgsMapCanvas()
        self.canvas.resize(800, 800)
        self.canvas.setDestinationCrs(crs)
        self.canvas.setExtent(QgsRectangle(EAST, NORTH, EAST + self.side, NORTH + self.side))
        self.canvas.show()
        edition = default_edition()
        self.desk = LayoutDesk(edition, self.canvas)
        path = new_scratch(folder, "bench", "green_industry", crs, "bench")
        self.desk.drafts = Drafts(folder / "drafts")
        self.desk._found(Found(path, path), "bench", True)
        while self.desk.session is None:
            QgsApplication.processEvents()
        ground = self._ground(parcels)
        self._measures(measures)
        self.desk.live.ground = ground
        self.desk.check = LayoutCheck(self.desk.session, ground, reach_of(ground.settings))
        begin = time.perf_counter()
        self.desk.check.settle()
        sys.stdout.write(f"whole layout checked in {time.perf_counter() - begin:.1f} s\n")
        self.project = QgsProject.instance()

    def _ground(self, parcels: int):  # type: ignore[no-untyped-def]
        import numpy as np
        from qgis.core import QgsGeometry
        from qingliu.core.county import references
        from qingliu.core.grid import Grid, GridFrame
        from qingliu.core.siting.ground import fill
        from qingliu.core.siting.model import Settings
        from qingliu.layers.siting import new_ground

        ground = new_ground(Settings(references(), "green_industry", "south_red"))
        n = round(parcels**0.5)
        step = self.side / n
        corner = {}
        for i in range(n + 1):
            for j in range(n + 1):
                shift = [self.random.uniform(-0.3, 0.3) * step if 0 < k < n else 0 for k in (i, j)]
                corner[i, j] = (EAST + i * step + shift[0], NORTH + j * step + shift[1])
        rows, land = [], []
        for i in range(n):
            for j in range(n):
                ring = [corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1], corner[i, j]]
                wkb = bytes(QgsGeometry.fromWkt(_polygon(ring)).densifyByCount(6).asWkb())
                code = self.random.choice(CODES)
                rows.append((i * n + j, wkb, {"flags": "retired" if (i + j) % 9 == 0 else ""}))
                land.append((i * n + j, wkb, {"code": code}))
        fill(ground, "PARCELS", rows)
        fill(ground, "LANDUSE", land)
        self._places(ground)
        cells = int(self.side / 5)
        y, x = np.mgrid[0:cells, 0:cells]
        slope = (18 + 14 * np.sin(x / 37.0) * np.cos(y / 53.0)).astype(np.float32)
        frame = GridFrame(cells, cells, EAST, NORTH + self.side, 5.0, 5.0)
        ground.grids["slope_deg"] = Grid(slope, frame)
        ground.grids["slope_position"] = Grid(((slope - 4) / 28).astype(np.float32), frame)
        ground.grids["aspect"] = Grid((slope * 11 % 360).astype(np.float32), frame)
        return ground

    def _places(self, ground) -> None:  # type: ignore[no-untyped-def]
        """Twelve zones of 400 corners, 400 channels of 60, villages and roads."""
        import math

        from qgis.core import QgsGeometry
        from qingliu.core.siting.ground import fill

        zones, band = [], self.side / 12
        for k in range(12):
            low = [
                (EAST + self.side * i / 200, NORTH + k * band + 20 * math.sin(i / 7.0)) for i in range(201)
            ]
            high = [(px, py + band) for px, py in low]
            wkt = _polygon([*low, *high[::-1], low[0]])
            key = ("protection", "regulation", "regulation", "channel")[k % 4]
            zones.append((k, bytes(QgsGeometry.fromWkt(wkt).asWkb()), {"zone": key}))
        fill(ground, "ZONES", zones)
        channels = []
        for k in range(400):
            x, y = EAST + self.random.random() * self.side, NORTH + self.random.random() * self.side
            line = [(x + 5 * i, y + 15 * math.sin(i / 9.0 + k)) for i in range(60)]
            state = ("natural", "disturbed", "destroyed")[k % 3]
            wkt = "LineString(" + ",".join(f"{a} {b}" for a, b in line) + ")"
            facts = {"state": state, "gradient_permil": 20.0, "hack": 1 + k % 3}
            channels.append((k, bytes(QgsGeometry.fromWkt(wkt).asWkb()), facts))
        fill(ground, "CHANNELS", channels)
        for role in ("VILLAGES", "ROADS"):
            fill(ground, role, [(k, wkb, {"name": str(k)}) for k, wkb, _ in channels[:40:4]])

    def _measures(self, count: int) -> None:
        session = self.desk.session
        for key in KEYS:
            shapes = [self._blob(self.random.choice((30.0, 80.0)), 20) for _ in range(count // len(KEYS))]
            if shapes:
                session.add(key, shapes, key)
        session.settle()

    def _blob(self, radius: float, corners: int):  # type: ignore[no-untyped-def]
        from qgis.core import QgsGeometry

        return QgsGeometry.fromWkt(_polygon(self._round(radius, corners)))

    def _round(self, radius: float, corners: int) -> list[tuple[float, float]]:
        import math

        x = EAST + radius + self.random.random() * (self.side - 2 * radius)
        y = NORTH + radius + self.random.random() * (self.side - 2 * radius)
        turns = [2 * math.pi * i / corners for i in range(corners)]
        far = [radius * self.random.uniform(0.7, 1.0) for _ in turns]
        ring = [(x + r * math.cos(t), y + r * math.sin(t)) for r, t in zip(far, turns)]
        return [*ring, ring[0]]

    # -- the real tools ----------------------------------------------------------
    def _send(self, kind, x, y, button=None, buttons=None) -> None:  # type: ignore[no-untyped-def]
        from qgis.PyQt.QtCore import QPointF, Qt
        from qgis.PyQt.QtGui import QMouseEvent
        from qgis.PyQt.QtWidgets import QApplication

        spot = self.canvas.getCoordinateTransform().transform(x, y)
        none = Qt.MouseButton.NoButton
        event = QMouseEvent(
            kind, QPointF(spot.x(), spot.y()), button or none, buttons or none, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(self.canvas.viewport(), event)

    def _timed(self, kind, x, y, buttons=None) -> Took | None:  # type: ignore[no-untyped-def]
        begin, worked = time.perf_counter(), time.thread_time()
        self._send(kind, x, y, buttons=buttons)
        if self.desk.live.judge_now() is None:
            return None
        return Took(time.perf_counter() - begin, time.thread_time() - worked)

    def drawn(self, changes: int) -> list[Took]:
        """Polygons drawn with QGIS's capture tool, 5 to 50 corners, radius 30, 80 or 200 m."""
        from qgis.core import QgsRectangle
        from qgis.PyQt.QtCore import QEvent, Qt
        from qingliu.ui.layout_tools import DrawTool

        left = Qt.MouseButton.LeftButton
        tool = DrawTool(self.canvas, self.desk.session.edit("Polygon"), "Polygon")
        key = {"now": KEYS[0]}
        tool.proposed.connect(lambda g: self.desk.live.propose(key["now"], g))
        self.canvas.setMapTool(tool)
        taken: list[Took] = []
        while len(taken) < changes:
            key["now"] = self.random.choice(KEYS)
            radius = self.random.choice((30.0, 80.0, 200.0))
            ring = self._round(radius, self.random.randint(5, 50))
            xs, ys = [p[0] for p in ring], [p[1] for p in ring]
            self.canvas.setExtent(QgsRectangle(min(xs) - 20, min(ys) - 20, max(xs) + 20, max(ys) + 20))
            for n, (x, y) in enumerate(ring[:-1]):
                seconds = self._timed(QEvent.Type.MouseMove, x, y)
                if n >= 3 and seconds is not None:
                    taken.append(seconds)
                self._send(QEvent.Type.MouseButtonPress, x, y, left, left)
                self._send(QEvent.Type.MouseButtonRelease, x, y, left)
            tool.stopCapturing()
            tool.clearCurve()
        self.canvas.unsetMapTool(tool)
        return taken[:changes]

    def dragged(self, changes: int) -> list[Took]:
        """Corners of standing measures dragged twenty steps."""
        from qgis.core import QgsRectangle
        from qgis.PyQt.QtCore import QEvent, Qt
        from qingliu.ui.layout_tools import CornerTool

        left = Qt.MouseButton.LeftButton
        session = self.desk.session
        tool = CornerTool(self.canvas, lambda: session.rows, session.crs)

        def propose(uuid, geometry):  # type: ignore[no-untyped-def]
            row = session.rows[uuid]
            self.desk.live.propose(row.measure, geometry, uuid, self.desk.check.feature(row).attributes)

        tool.proposed_of.connect(propose)
        self.canvas.setMapTool(tool)
        taken: list[Took] = []
        rows = list(session.rows.values())
        while len(taken) < changes:
            row = self.random.choice(rows)
            box = row.geometry.boundingBox()
            box.grow(60)
            self.canvas.setExtent(QgsRectangle(box))
            start = row.geometry.vertexAt(self.random.randrange(18))
            self._send(QEvent.Type.MouseButtonPress, start.x(), start.y(), left, left)
            for k in range(20):
                seconds = self._timed(QEvent.Type.MouseMove, start.x() + 2 * k, start.y() + k, left)
                if seconds is not None:
                    taken.append(seconds)
            tool.let_go()
        self.canvas.unsetMapTool(tool)
        return taken[:changes]

    def close(self) -> None:
        """Let go."""
        self.desk.close()


def _polygon(ring: list[tuple[float, float]]) -> str:
    return "Polygon((" + ",".join(f"{x:.3f} {y:.3f}" for x, y in ring) + "))"


if __name__ == "__main__":
    main(*(int(float(word)) for word in sys.argv[1:4]))
