"""``qingliu:delineatewatershed`` on inputs nobody would give on purpose: refused with a code, or right."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsProcessingException, QgsProcessingFeedback, QgsVectorLayer

_spec = importlib.util.spec_from_file_location("terrain_files", Path(__file__).with_name("terrain_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)


class Told(QgsProcessingFeedback):
    """Keeps the warnings of a run."""

    def __init__(self):
        super().__init__(False)
        self.warnings = []

    def pushWarning(self, warning):
        self.warnings.append(warning)


def layer(kind, shapes, crs="EPSG:4547"):
    made = QgsVectorLayer(f"{kind}?crs={crs}", "层", "memory")
    for shape in shapes:
        feature = QgsFeature()
        if shape is not None:
            feature.setGeometry(QgsGeometry.fromWkt(shape))
        made.dataProvider().addFeature(feature)
    made.updateExtents()
    return made


@pytest.fixture
def delineate(run, tmp_path):
    """delineate(**parameters) on the valley of terrain_files -> (rows, feedback)."""
    from qgis import processing

    dem = files.write_dem(tmp_path / "dem.tif", files.valley(side=10.0))

    def _delineate(**more):
        told = Told()
        parameters = {"DEM": dem, "OUTPUT": str(tmp_path / "watershed.gpkg"), **more}
        result = processing.run("qingliu:delineatewatershed", parameters, feedback=told)
        return list(QgsVectorLayer(result["OUTPUT"], "rows", "ogr").getFeatures()), told

    return _delineate


def refused(delineate, **parameters):
    with pytest.raises(QgsProcessingException) as caught:
        delineate(**parameters)
    lines = str(caught.value).strip().splitlines()
    assert all(line.startswith("QL-") for line in lines)
    return [line.split(":")[0] for line in lines]


OUTLET = "500205,2999405 [EPSG:4547]"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"OUTLET": "nan,nan [EPSG:4547]"}, "QL-PARAM-VALUE"),
        ({"OUTLET": "here"}, "QL-PARAM-VALUE"),
        ({"SNAP_DISTANCE": float("nan")}, "QL-PARAM-VALUE"),
        ({"SNAP_DISTANCE": -1}, "QL-PARAM-VALUE"),
        ({"OUTLET": "500205,2999405 [EPSG:99999]"}, "QL-WATERSHED-OUTLETCRS"),
        ({"OUTLET": "38500205,2999405 [EPSG:4547]"}, "QL-CRS-PREFIXED"),
        ({"OUTLET": "114.2,27.1 [EPSG:4547]"}, "QL-CRS-DEGREES"),
        ({"OUTPUT": "/no/such/folder/watershed.gpkg"}, "QL-OUT-SINK"),
    ],
    ids=["outlet nan", "outlet text", "snap nan", "snap negative", "crs", "prefix", "degrees", "folder"],
)
def test_bad_parameter_is_refused_with_its_code(delineate, changes, code):
    assert refused(delineate, **{"OUTLET": OUTLET, **changes}) == [code]


def test_points_of_a_multipoint_are_outlets_of_their_own(delineate):
    """At the mouth all 60 rows of 41 cells drain; ten rows further up, 50."""
    both = "MULTIPOINT((500205 2999405),(500205 2999505))"
    rows, _ = delineate(OUTLETS=layer("MultiPoint", [both]), SNAP_DISTANCE=1)
    found = {row["outlet_id"]: row["area_km2"] for row in rows}
    assert found == {"1-1": pytest.approx(60 * 41e-4), "1-2": pytest.approx(50 * 41e-4)}


def test_single_multipoint_keeps_its_name(delineate):
    rows, _ = delineate(OUTLETS=layer("MultiPoint", ["MULTIPOINT((500205 2999405))"]))
    assert [row["outlet_id"] for row in rows] == ["1"]


@pytest.mark.parametrize(
    ("outlets", "code"),
    [
        (("Point", [], "EPSG:4547"), "QL-LAYER-NOFEATURES"),
        (("Polygon", ["POLYGON((500000 3000000,500001 3000000,500000 3000001,500000 3000000))"]),
         "QL-LAYER-GEOMETRYTYPE"),
    ],
    ids=["empty", "polygons"],
)  # fmt: skip
def test_bad_layer_of_outlets_is_told_once_and_by_its_own_fault(delineate, outlets, code):
    assert refused(delineate, OUTLETS=layer(*outlets)) == [code]


def test_outlets_off_the_dem_are_told_under_their_parameter(delineate):
    with pytest.raises(QgsProcessingException, match="QL-WATERSHED-NODATA: OUTLETS: "):
        delineate(OUTLETS=layer("Point", ["POINT(600000 3000000)"]))


def test_incomplete_catchments_are_told_in_one_line(delineate):
    points = [f"POINT(500205 {2999405 + 20 * i})" for i in range(15)]
    rows, told = delineate(OUTLETS=layer("Point", points))
    warnings = [w for w in told.warnings if w.startswith("QL-WATERSHED-INCOMPLETE")]
    assert len(rows) == 15 and len(warnings) == 1 and "(+5)" in warnings[0]


def test_layer_of_under_that_does_not_open_is_refused(delineate):
    assert refused(delineate, UNDER=["/no/such/layer.tif"]) == ["QL-LAYER-MISSING"]


def test_villages_without_crs_are_named_with_their_parameter(delineate):
    box = "POLYGON((500000 2999000,502000 2999000,502000 3001000,500000 2999000))"
    with pytest.raises(QgsProcessingException, match="QL-CRS-NONE: VILLAGES: "):
        delineate(VILLAGES=layer("Polygon", [box], crs=""))


def test_shapefile_is_announced(delineate, tmp_path):
    _, told = delineate(OUTLET=OUTLET, OUTPUT=str(tmp_path / "watershed.shp"))
    assert any(w.startswith("QL-OUT-SHAPEFILE") for w in told.warnings)
