"""The verdict while drawing is the verdict of the batch: random edits of a layout, judged both ways."""

from __future__ import annotations

import random

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsProject

KEYS = ("terrace", "grass", "conservation_forest", "economic_forest", "filter_strip", "production_road",
        "slope_water_system", "check_dam", "sewage_treatment", "soil_test_fertilisation")  # fmt: skip
CRS = "EPSG:4547"
EAST, NORTH, SIDE = 500_000.0, 3_000_000.0, 600.0


@pytest.fixture(scope="module")
def edition():
    from qingliu.core.standard import default_edition

    return default_edition()


@pytest.fixture
def session(qgis_new_project, tmp_path, edition):
    from qingliu.layers.store import Drafts
    from qingliu.ui.layout_session import Found, LayoutSession, new_scratch

    path = new_scratch(tmp_path, "试", "green_industry", QgsCoordinateReferenceSystem(CRS), "张三")
    made = LayoutSession(
        Found(path, path), QgsProject.instance(), Drafts(tmp_path / "drafts"), "张三", edition, scratch=True
    )
    made.show()
    yield made
    made.close()
    QgsProject.instance().clear()


def wkb(text):
    return bytes(QgsGeometry.fromWkt(text).asWkb())


def box(x, y, w, h):
    ring = ((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y))
    return "Polygon((" + ",".join(f"{EAST + a} {NORTH + b}" for a, b in ring) + "))"


def fresh_ground():
    """Nine zones, 36 parcels with land use, three channels, a village, a road, slopes from 2° to 34°."""
    import numpy as np
    from qingliu.core.county import references
    from qingliu.core.grid import Grid, GridFrame
    from qingliu.core.siting.ground import fill
    from qingliu.core.siting.model import Settings
    from qingliu.layers.siting import new_ground

    near = {"near_village_m": 150}  # so that a village gains and loses its works as they are moved
    ground = new_ground(Settings(references(overrides=near), "green_industry", "south_red"))
    zones = ("protection", "regulation", "channel")
    fill(ground, "ZONES", [(k, wkb(box(200 * (k % 3), 200 * (k // 3), 200, 200)), {"zone": zones[k % 3]})
                           for k in range(9)])  # fmt: skip
    codes = ("0103", "0301", "0401", "0201", "0101", "0702")
    cells = [(i, wkb(box(100 * (i % 6), 100 * (i // 6), 100, 100))) for i in range(36)]
    fill(ground, "PARCELS", [(i, w, {"flags": "retired" if i % 7 == 0 else ""}) for i, w in cells])
    fill(ground, "LANDUSE", [(i, w, {"code": codes[i % 6]}) for i, w in cells])
    lines = [
        f"LineString({EAST + 100 + 200 * k} {NORTH}, {EAST + 130 + 200 * k} {NORTH + 600})" for k in range(3)
    ]
    states = ("natural", "disturbed", "destroyed")
    fill(ground, "CHANNELS", [(k, wkb(t), {"state": states[k], "gradient_permil": 15.0 * k, "hack": 1})
                              for k, t in enumerate(lines)])  # fmt: skip
    fill(
        ground,
        "VILLAGES",
        [(0, wkb(box(450, 450, 60, 60)), {"name": "上店"}), (1, wkb(box(260, 40, 60, 60)), {"name": "下店"})],
    )
    fill(ground, "WATERBODIES", [(0, wkb(box(420, 60, 40, 40)), {"kind": "pond", "name": "塘"})])
    fill(ground, "ROADS", [(0, wkb(f"LineString({EAST} {NORTH + 330}, {EAST + 600} {NORTH + 340})"), {})])
    y, x = np.mgrid[0:120, 0:120]
    slope = (18 + 16 * np.sin(x / 11.0) * np.cos(y / 17.0)).astype(np.float32)
    frame = GridFrame(120, 120, EAST, NORTH + SIDE, 5.0, 5.0)
    ground.grids["slope_deg"] = Grid(slope, frame)
    ground.grids["slope_position"] = Grid(((slope - 2) / 32).astype(np.float32), frame)
    ground.grids["aspect"] = Grid((slope * 13 % 360).astype(np.float32), frame)
    return ground


class Edits:
    """Random edits as a designer makes them."""

    def __init__(self, session, edition, seed):
        self.session, self.edition, self.random = session, edition, random.Random(seed)

    def shape(self, key):
        kind = self.random.choice(self.edition.measure(key).geometry)
        x, y = (self.random.uniform(0, SIDE - 130) for _ in "xy")
        if kind == "point":
            return QgsGeometry.fromWkt(f"Point({EAST + x} {NORTH + y})")
        w, h = self.random.uniform(3, 130), self.random.uniform(2, 130)
        if kind == "line":
            return QgsGeometry.fromWkt(f"LineString({EAST + x} {NORTH + y}, {EAST + x + w} {NORTH + y + h})")
        return QgsGeometry.fromWkt(box(x, y, w, h))

    def step(self):
        rows = sorted(self.session.rows)
        act = self.random.choice(
            ("draw", "draw", "reshape", "reshape", "move", "change", "delete", "undo", "redo")
        )
        if act == "draw" or len(rows) < 3:
            key = self.random.choice(KEYS)
            self.session.add(key, [self.shape(key)], "draw")
        elif act in ("undo", "redo"):
            getattr(self.session.history, act)()
        else:
            self._edit(act, self.random.choice(rows), len(rows))

    def _edit(self, act, uuid, count):
        row = self.session.rows[uuid]
        if act == "delete" or count > 14:
            self.session.remove([uuid], "delete")
        elif act == "change":
            same = [
                k
                for k in KEYS
                if self.edition.measure(k).geometry == self.edition.measure(row.measure).geometry
            ]
            self.session.set_values(uuid, {"measure": self.random.choice(same)}, "change")
        else:
            moved = QgsGeometry(row.geometry)
            if act == "move":
                moved.translate(self.random.uniform(-60, 60), self.random.uniform(-60, 60))
            else:
                at = moved.vertexAt(0)
                moved.moveVertex(
                    at.x() + self.random.uniform(-20, 20), at.y() + self.random.uniform(-20, 20), 0
                )
            self.session.replace(uuid, [moved], act)


def told(findings):
    """What a finding says, without how its geometry was cut."""
    return sorted(
        (f.rule_id, f.verdict, f.message.code, f.missing, round(f.failing_area_m2 or 0, 2),
         round(f.failing_length_m or 0, 2))
        for f in findings
    )  # fmt: skip


def batch(session, check):
    """Everything judged anew on a ground of its own, in another order; the layout as a whole under ``""``."""
    from qingliu.core.siting.engine import judge
    from qingliu.core.siting.omissions import omissions

    ground = fresh_ground()
    ground.give("LAYOUT")
    features = [check.feature(session.rows[u]) for u in sorted(session.rows, reverse=True)]
    for feature in features:
        ground.put_measure(feature)
    whole = omissions(ground, check.session.edition, session.notes.confirmed(""))
    return {"": told(whole), **{f.uuid: told(judge(f, ground)) for f in features}}


def edited(session, edition, edits, seed, every):
    from qingliu.core.siting.omissions import prepared
    from qingliu.ui.layout_ground import reach_of
    from qingliu.ui.layout_live import LayoutCheck, LiveCheck

    ground = fresh_ground()
    check = LayoutCheck(session, ground, reach_of(ground.settings), prepared(ground, edition))
    session.changed.connect(check.update)
    live = LiveCheck(None)
    live.ground = ground
    work = Edits(session, edition, seed)
    for n in range(1, edits + 1):
        work.step()
        session.settle()
        check.settle()
        if n % every and n != edits:
            continue
        expected = batch(session, check)
        found = {"": told(check.lacks), **{u: told(f) for u, f in check.findings.items()}}
        assert found == expected, f"after edit {n} of seed {seed}"
        for uuid in sorted(session.rows)[:3]:
            row = session.rows[uuid]
            live.propose(row.measure, row.geometry, uuid, check.feature(row).attributes)
            assert told(live.judge_now().findings) == expected[uuid], f"live, edit {n} of seed {seed}"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_live_verdicts_are_those_of_a_fresh_batch_after_random_edits(session, edition, seed):
    edited(session, edition, edits=100, seed=seed, every=5)


@pytest.mark.torture
@pytest.mark.timeout(7200)
def test_live_verdicts_are_those_of_a_fresh_batch_after_ten_thousand_edits(session, edition):
    edited(session, edition, edits=10_000, seed=11, every=10)
