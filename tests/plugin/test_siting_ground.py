"""QGIS's geometry answers as shapely's does; layers become the ground they describe."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer, QgsVectorLayer
from qingliu.core.county import references
from qingliu.core.grid import Grid, GridFrame
from qingliu.core.siting.engine import judge
from qingliu.core.siting.examples import examples, wkb_of
from qingliu.core.siting.ground import Ground
from qingliu.core.siting.model import PASS, WARNING, MeasureFeature, Settings
from qingliu.core.siting.planar import ShapelyShapes
from qingliu.core.siting.rules import rule_by_id
from qingliu.layers.siting import RoleLayer, ground_of
from qingliu.layers.sitingshapes import QgisShapes

sys.path.insert(0, str(Path(__file__).resolve().parent))
from land_files import X0, Y0, polygons, raster, square

sys.path.pop(0)

pytest.importorskip("shapely")
EXAMPLES = examples()
CRS = QgsCoordinateReferenceSystem("EPSG:4547")


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.name for e in EXAMPLES])
def test_every_worked_example_holds_with_qgis_geometry(qgis_app, example):
    (found,) = judge(example.measure, example.ground(QgisShapes()), only=example.rule_id)
    expected = rule_by_id(example.rule_id).severity if example.expect == "breach" else example.expect
    assert found.verdict == expected
    if example.failing_area_m2 is not None:
        assert found.failing_area_m2 == pytest.approx(example.failing_area_m2, abs=example.tolerance)
    if example.failing_length_m is not None:
        assert found.failing_length_m == pytest.approx(example.failing_length_m, abs=example.tolerance)


# -- random country: both geometries say the same ------------------------------------------

FRAME = GridFrame(rows=60, cols=60, x0=0.0, y0=300.0, dx=5.0, dy=5.0)
KEYS = ("terrace", "conservation_forest", "closure", "filter_strip", "constructed_wetland", "slope_water_system",
        "ecological_slope_protection", "check_dam", "waste_treatment")  # fmt: skip


def country(shapes, seed):
    random = np.random.default_rng(seed)
    ground = Ground(shapes, Settings(references(), "leisure", "loess"))
    y, x = np.mgrid[0:60, 0:60]
    slope = 20 + 12 * np.sin(x / (3 + seed % 7)) * np.cos(y / 5)
    for key, values in (("slope_deg", slope), ("slope_position", np.abs(np.sin(y / 9))), ("soil_depth_cm", x),
                        ("vegetation_cover", y * 1.5)):  # fmt: skip
        ground.grids[key] = Grid(values.astype(np.float32), FRAME)
    codes = ("0103", "0301", "0404", "0702", "1206")
    for n in range(25):
        column, row = divmod(n, 5)
        box = wkb_of("box", [60.0 * column, 60.0 * row, 60.0 * column + 60, 60.0 * row + 60])
        ground.put("LANDUSE", n, box, {"code": codes[random.integers(5)]})
        ground.put(
            "PARCELS", n, box, {"flags": [None, "retired", "natural_regeneration"][random.integers(3)]}
        )
    for n, zone in enumerate(("protection", "regulation", "channel")):
        ground.put("ZONES", n, wkb_of("box", [0, 100.0 * n, 300, 100.0 * n + 100]), {"zone": zone})
    for n in range(4):
        course = np.cumsum(random.normal(0, 30, (8, 2)), axis=0) + random.uniform(0, 300, 2)
        state = ("natural", "disturbed")[n % 2]
        ground.put(
            "CHANNELS",
            n,
            wkb_of("line", course.tolist()),
            {"state": state, "hack": 1 + n % 2, "width_m": 6.0},
        )
        ground.put(
            "BANKS",
            n,
            wkb_of("line", (course + 3).tolist()),
            {"bank_slope_deg": 8.0 * n, "bank_type": "自然"},
        )
    for role in (
        "VILLAGES",
        "ROADS",
        "WATERBODIES",
        "FLOOD_PASSAGE",
        "WATER_SOURCE",
        "BUILDINGS",
        "GULLIES",
        "LAYOUT",
    ):
        ground.give(role)
    ground.put("VILLAGES", 1, wkb_of("point", [150, 150]), {})
    ground.put("ROADS", 1, wkb_of("line", [[0, 80], [300, 220]]), {})
    ground.put("WATERBODIES", 1, wkb_of("box", [200, 200, 240, 240]), {"kind": "pond"})
    return ground


@pytest.fixture(scope="module")
def countries(qgis_app):
    return [(country(QgisShapes(), seed), country(ShapelyShapes(), seed)) for seed in range(3)]


STAR = st.lists(st.floats(4, 60), min_size=5, max_size=14)


def shape_of(spokes, x, y, drawn):
    angles = np.arange(len(spokes)) * 2 * np.pi / len(spokes)
    points = [[x + r * np.cos(a), y + r * np.sin(a)] for r, a in zip(spokes, angles)]
    return {
        "polygon": wkb_of("polygon", points),
        "line": wkb_of("line", points),
        "point": wkb_of("point", [x, y]),
    }[drawn]


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(KEYS), st.integers(0, 2), STAR, st.floats(30, 270), st.floats(30, 270),
       st.sampled_from(("polygon", "line", "point")))  # fmt: skip
def test_qgis_and_shapely_give_the_same_verdicts_and_parts(countries, key, number, spokes, x, y, drawn):
    measure = MeasureFeature("m", key, shape_of(spokes, x, y, drawn), {"protection": "plant"})
    ours, theirs = (judge(measure, ground) for ground in countries[number])
    for one, other in zip(ours, theirs):
        assert (one.rule_id, one.verdict, one.missing) == (other.rule_id, other.verdict, other.missing)
        assert one.failing_area_m2 == pytest.approx(other.failing_area_m2, abs=0.02)
        assert one.failing_length_m == pytest.approx(other.failing_length_m, abs=0.02)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(KEYS), STAR, st.floats(30, 270), st.floats(30, 270))
def test_a_failing_part_lies_in_the_measure_and_has_the_area_that_is_said(countries, key, spokes, x, y):
    ground = countries[0][0]
    measure = MeasureFeature("m", key, shape_of(spokes, x, y, "polygon"))
    whole = ground.shapes.read(measure.wkb)
    for finding in judge(measure, ground):
        if finding.failing is None:
            assert not finding.breach
            continue
        part = ground.shapes.read(finding.failing)
        assert ground.shapes.area(part) == pytest.approx(finding.failing_area_m2, abs=2e-3)
        outside = ground.shapes.minus(part, ground.shapes.buffer(whole, 1e-3))
        assert outside is None or ground.shapes.area(outside) < 1e-3


# -- drawing: what is judged while the ground changes is what a fresh check says --------------------


class Drawing:
    """A ground that is edited as somebody draws, and how to make it afresh."""

    def __init__(self, seed):
        self.seed, self.random = seed, np.random.default_rng(seed)
        self.ground = country(QgisShapes(), seed)
        self.measures, self.changed, self.live = {}, {}, {}

    def edit(self):
        """One edit: a measure drawn or moved (mostly), removed; a parcel of other use; a channel drawn elsewhere."""
        kind = self.random.choice(["draw", "draw", "draw", "remove", "recode", "channel"])
        if kind == "draw":
            self._draw(f"m{self.random.integers(40)}")
        elif kind == "remove":
            uuid = f"m{self.random.integers(40)}"
            self.measures.pop(uuid, None)
            self.ground.drop_measure(uuid)
        elif kind == "recode":
            number = int(self.random.integers(25))
            column, row = divmod(number, 5)
            box = wkb_of("box", [60.0 * column, 60.0 * row, 60.0 * column + 60, 60.0 * row + 60])
            self._change(
                "LANDUSE", number, box, {"code": str(self.random.choice(["0103", "0301", "0404", "0702"]))}
            )
        else:
            course = np.cumsum(self.random.normal(0, 30, (8, 2)), axis=0) + self.random.uniform(0, 300, 2)
            state = str(self.random.choice(["natural", "disturbed"]))
            facts = {"state": state, "hack": 1, "width_m": 6.0}
            self._change("CHANNELS", int(self.random.integers(4)), wkb_of("line", course.tolist()), facts)

    def _draw(self, uuid):
        spokes = self.random.uniform(4, 50, self.random.integers(5, 12))
        x, y = self.random.uniform(40, 260, 2)
        drawn = str(self.random.choice(["polygon", "polygon", "line", "point"]))
        measure = MeasureFeature(uuid, str(self.random.choice(KEYS)), shape_of(spokes, x, y, drawn))
        self.measures[uuid] = measure
        self.ground.put_measure(measure)
        judge(measure, self.ground)

    def _change(self, role, key, wkb, attributes):
        self.changed[role, key] = (wkb, attributes)
        self.ground.put(role, key, wkb, attributes)

    def afresh(self):
        ground = country(QgisShapes(), self.seed)
        for (role, key), (wkb, attributes) in self.changed.items():
            ground.put(role, key, wkb, attributes)
        for measure in self.measures.values():
            ground.put_measure(measure)
        return ground


def said(measure, ground):
    return [
        (f.rule_id, f.verdict, f.missing, f.failing_area_m2, f.failing_length_m)
        for f in judge(measure, ground)
    ]


@pytest.mark.parametrize(
    ("edits", "every"),
    [(240, 60), pytest.param(10_000, 1000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
    ids=["quick", "long"],
)
def test_live_verdicts_are_those_of_a_fresh_check_after_random_edits(qgis_app, edits, every):
    drawing = Drawing(seed=2)
    for number in range(1, edits + 1):
        drawing.edit()
        if number % every == 0:
            fresh = drawing.afresh()
            assert drawing.measures
            for measure in drawing.measures.values():
                live, batch = said(measure, drawing.ground), said(measure, fresh)
                assert [x[:3] for x in live] == [x[:3] for x in batch]
                assert [x[3:] for x in live] == [pytest.approx(x[3:], abs=2e-3) for x in batch]


# -- layers -----------------------------------------------------------------------------------


def test_layers_become_the_ground_they_describe(qgis_app, tmp_path):
    """A plane of 10°, dry land, 40 cm of soil as polygons, cover as a fraction."""
    x = (np.arange(100) + 0.5) * 10
    dem = raster(
        tmp_path / "dem.tif", np.tile(2000 - np.tan(np.radians(10)) * x, (100, 1)).astype(np.float32)
    )
    cover = raster(tmp_path / "cover.tif", np.full((100, 100), 0.8, np.float32))
    land = polygons(tmp_path / "land.gpkg", [(square(0, 0, 10, 10), {"DLBM": "0103"})], DLBM=str)
    soil = polygons(tmp_path / "soil.gpkg", [(square(0, 0, 10, 10), {"depth_cm": 40.0})], depth_cm=float)
    layers = {
        "DEM": RoleLayer(QgsRasterLayer(dem, "dem")),
        "COVER": RoleLayer(QgsRasterLayer(cover, "cover")),
        "LANDUSE": RoleLayer(QgsVectorLayer(land, "land", "ogr")),
        "SOIL_DEPTH": RoleLayer(QgsVectorLayer(soil, "soil", "ogr")),
    }
    reading = ground_of(layers, CRS, Settings(references()), terrain=("slope_deg", "aspect"))
    assert [w.code for w in reading.warnings] == ["QL-SITE-COVERSCALED"]
    place = wkb_of("box", [X0 + 200, Y0 - 400, X0 + 400, Y0 - 200])
    site = reading.ground.site(MeasureFeature("t", "terrace", place))
    assert site.field("slope_deg").mean == pytest.approx(10, abs=1e-3)
    assert site.field("aspect").mean == pytest.approx(90, abs=1e-3)
    assert site.field("vegetation_cover").mean == pytest.approx(80, abs=1e-3)
    assert site.field("soil_depth_cm").mean == 40
    assert site.classes("land_use").shares() == {"0103": 1.0}
    (found,) = judge(MeasureFeature("t", "terrace", place), reading.ground, only="terrace.6.2.2-1-3.prefer")
    assert found.verdict == PASS


def test_zones_may_stand_under_their_chinese_names(qgis_app, tmp_path):
    zones = polygons(tmp_path / "z.gpkg", [(square(0, 0, 10, 10), {"zone": "生态治理区"})], zone=str)
    reading = ground_of({"ZONES": RoleLayer(QgsVectorLayer(zones, "z", "ogr"))}, CRS, Settings(references()))
    place = wkb_of("box", [X0 + 200, Y0 - 400, X0 + 400, Y0 - 200])
    site = reading.ground.site(MeasureFeature("t", "terrace", place))
    assert site.classes("zone").shares() == {"regulation": 1.0}


def test_one_bad_layer_is_named_and_leaves_the_others_at_work(qgis_app, tmp_path):
    land = polygons(tmp_path / "land.gpkg", [(square(0, 0, 10, 10), {"other": "0103"})], other=str)
    channel = f"LINESTRING({X0} {Y0},{X0} {Y0 - 500})"
    from qgis.core import QgsWkbTypes

    channels = polygons(
        tmp_path / "c.gpkg", [(channel, {"state": "natural"})], kind=QgsWkbTypes.Type.LineString, state=str
    )
    layers = {
        "LANDUSE": RoleLayer(QgsVectorLayer(land, "land", "ogr")),
        "CHANNELS": RoleLayer(QgsVectorLayer(channels, "c", "ogr")),
    }
    reading = ground_of(layers, CRS, Settings(references()))
    assert [p.code for p in reading.warnings] == ["QL-LAYER-NOFIELD"]
    dam = MeasureFeature("d", "check_dam", wkb_of("point", [X0, Y0 - 100]))
    (found,) = judge(dam, reading.ground, only="check_dam.5.2.3-2.avoid")
    assert found.verdict == WARNING


def test_soil_depth_that_looks_like_metres_is_doubted(qgis_app, tmp_path):
    depth = raster(tmp_path / "soil.tif", np.full((20, 20), 0.6, np.float32))
    reading = ground_of({"SOIL_DEPTH": RoleLayer(QgsRasterLayer(depth, "soil"))}, CRS, Settings(references()))
    assert [p.code for p in reading.warnings] == ["QL-SITE-DEPTHUNIT"]
