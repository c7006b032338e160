"""``qingliu:checklayout``: planted faults found with their part, missing layers unknown, bad input in one list."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from qgis.core import QgsGeometry, QgsProcessingException, QgsVectorLayer, QgsWkbTypes

sys.path.insert(0, str(Path(__file__).resolve().parent))
from land_files import X0, Y0, polygons, raster, rows_of, square

sys.path.pop(0)

LINE, POINT = QgsWkbTypes.Type.MultiLineString, QgsWkbTypes.Type.Point


def line(*corners):
    return "LINESTRING(" + ",".join(f"{X0 + 100 * c} {Y0 - 100 * r}" for c, r in corners) + ")"


def layout(tmp_path, rows, kind=QgsWkbTypes.Type.MultiPolygon, name="layout", **kinds):
    fields = {"uuid": str, "measure": str, **kinds}
    return polygons(tmp_path / f"{name}.gpkg", rows, kind=kind, **fields)


@pytest.fixture
def slopes(tmp_path):
    """A DEM of 20 by 10 squares of 1 hm²: the western half falls east by 20°, the eastern by 27°."""
    x = (np.arange(200) + 0.5) * 10
    steep = np.maximum(x - 1000, 0)
    heights = 2000 - math.tan(math.radians(20)) * np.minimum(x, 1000) - math.tan(math.radians(27)) * steep
    return raster(tmp_path / "dem.tif", np.tile(heights.astype(np.float32), (100, 1)), cell=10.0)


def findings(result, verdict=None):
    rows = rows_of(result["OUTPUT"])
    return {r["rule_id"]: r for r in rows if verdict is None or r["severity"] == verdict}


def test_terraces_on_27_degrees_are_an_error_with_all_of_their_area(run, tmp_path, slopes):
    made = layout(tmp_path, [(square(14, 4, 2, 1), {"uuid": "a", "measure": "terrace"})])
    result = run("qingliu:checklayout", {"LAYOUT": [made], "DEM": slopes, "OUTPUT": str(tmp_path / "o.gpkg")})
    row = findings(result, "error")["terrace.6.2.2-1-2.forbid"]
    assert (row["measure_uuid"], row["clause"], row["failing_area_m2"]) == ("a", "6.2.2-1-2", 20000.0)
    assert row["message"].startswith("QL-SITE-FORBIDDEN: ") and "27°" in row["message"]
    assert result["ERRORS"] == 2  # the second: no road and no drains beside it (6.2.2-5-2)
    assert findings(result)["terrace.6.2.2-5-2.require_with"]["severity"] == "error"


def test_the_geometry_of_a_finding_is_the_part_that_fails(run, tmp_path, slopes):
    """Ten squares of 20° and ten of 27°: half of the parcel across the break is too steep."""
    made = layout(tmp_path, [(square(8, 4, 4, 1), {"uuid": "a", "measure": "terrace"})])
    result = run("qingliu:checklayout", {"LAYOUT": [made], "DEM": slopes, "OUTPUT": str(tmp_path / "o.gpkg")})
    layer = QgsVectorLayer(result["OUTPUT"], "o", "ogr")
    (feature,) = [f for f in layer.getFeatures() if f["rule_id"] == "terrace.6.2.2-1-2.forbid"]
    assert feature["failing_area_m2"] == pytest.approx(feature.geometry().area(), abs=1e-3)
    # Horn's window of three cells sees the break in the cells beside it: one column of 10 m at most
    assert feature["failing_area_m2"] == pytest.approx(20000, abs=1000)
    assert feature.geometry().boundingBox().xMaximum() == pytest.approx(X0 + 1200)
    assert feature["failing_pct"] == pytest.approx(50, abs=2.5)


def test_a_strip_that_narrows_to_2_m_and_a_dam_in_a_natural_channel_are_warnings(run, tmp_path):
    x, y = X0, Y0
    corners = ((0, 0), (100, 0), (100, 4), (60, 4), (60, 2), (40, 2), (40, 4), (0, 4), (0, 0))
    strip = "POLYGON((" + ",".join(f"{x + a} {y + b}" for a, b in corners) + "))"
    areas = layout(tmp_path, [(strip, {"uuid": "s", "measure": "生物过滤带"})])
    dams = layout(
        tmp_path, [(f"POINT({x + 500} {y - 500})", {"uuid": "d", "measure": "check_dam"})], POINT, "dams"
    )
    channels = polygons(
        tmp_path / "channels.gpkg", [(line((5, 4), (5, 6)), {"state": "natural"})], kind=LINE, state=str
    )
    result = run(
        "qingliu:checklayout",
        {"LAYOUT": [areas, dams], "CHANNELS": channels, "OUTPUT": str(tmp_path / "o.gpkg")},
    )
    found = findings(result, "warning")
    narrow = found["filter_strip.6.3.2-2.dimension"]
    assert (narrow["failing_area_m2"], narrow["failing_length_m"]) == (40.0, 20.0)
    dam = found["check_dam.5.2.3-2.avoid"]
    assert (dam["measure_uuid"], dam["failing_area_m2"], dam["failing_length_m"]) == ("d", None, None)


def test_a_missing_role_makes_its_rules_unknown_and_is_named_once_in_the_log(
    provider, qgis_new_project, tmp_path, slopes
):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    made = layout(tmp_path, [(square(c, 4, 1, 1), {"uuid": str(c), "measure": "terrace"}) for c in (1, 3, 5)])
    land = polygons(tmp_path / "land.gpkg", [(square(0, 0, 20, 10), {"landuse": "0103"})], landuse=str)
    feedback = QgsProcessingFeedback()
    result = processing.run(
        "qingliu:checklayout",
        {"LAYOUT": [made], "DEM": slopes, "LANDUSE": land, "OUTPUT": str(tmp_path / "o.gpkg")},
        feedback=feedback,
    )
    unknown = [r for r in rows_of(result["OUTPUT"]) if r["severity"] == "unknown"]
    assert {r["missing"] for r in unknown if r["rule_id"] == "terrace.6.2.2-1-3.prefer"} == {"SOIL_DEPTH"}
    assert all(r["failing_area_m2"] is None for r in unknown)
    assert result["UNKNOWN"] == len(unknown)
    assert feedback.textLog().count("QL-SITE-NOROLE: SOIL_DEPTH") == 1


def test_passes_and_duties_are_listed_when_asked_for(run, tmp_path, slopes):
    made = layout(tmp_path, [(square(1, 4, 1, 1), {"uuid": "a", "measure": "terrace"})])
    given = {"LAYOUT": [made], "DEM": slopes}
    plain = run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "a.gpkg")})
    every = run("qingliu:checklayout", {**given, "INCLUDE_PASSES": True, "OUTPUT": str(tmp_path / "b.gpkg")})
    assert "terrace.6.2.2-1-2.forbid" not in findings(plain)
    assert findings(every)["terrace.6.2.2-1-2.forbid"]["severity"] == "pass"
    assert findings(every)["terrace.6.2.2-5-3.design_standard"]["severity"] == "duty"
    assert plain["DUTIES"] == every["DUTIES"] >= 1


def test_numbers_of_the_edition_can_be_replaced_and_strange_ones_are_named(run, tmp_path, slopes):
    made = layout(tmp_path, [(square(14, 4, 2, 1), {"uuid": "a", "measure": "terrace"})])
    given = {"LAYOUT": [made], "DEM": slopes, "OUTPUT": str(tmp_path / "o.gpkg")}
    result = run("qingliu:checklayout", {**given, "RULES": "steep_slope_min_deg: 28"})
    assert "terrace.6.2.2-1-2.forbid" not in findings(result)
    with pytest.raises(
        QgsProcessingException, match=r"QL-SITE-NOPARAMETER.*steep_slope.*\n.*QL-SITE-BADNUMBER"
    ):
        run("qingliu:checklayout", {**given, "RULES": "{steep_slope: 28, beside_m: near}"})


def test_all_faults_of_the_inputs_come_in_one_list(run, tmp_path):
    made = layout(tmp_path, [(square(0, 0, 1, 1), {"uuid": "a", "measure": "terrace"})])
    parcels = polygons(tmp_path / "p.gpkg", [(square(0, 0, 1, 1), {"code": "0103"})], code=str)
    with pytest.raises(QgsProcessingException) as caught:
        run(
            "qingliu:checklayout",
            {"LAYOUT": [made], "DEM": str(tmp_path / "none.tif"), "LANDUSE": parcels, "ROADS": made,
             "COVER": str(tmp_path / "none2.tif"), "OUTPUT": str(tmp_path / "o.gpkg")},
        )  # fmt: skip
    text = str(caught.value)
    assert "none.tif" in text and "none2.tif" in text
    assert "QL-LAYER-GEOMETRYTYPE" in text and "ROADS" in text
    assert "QL-LAYER-NOFIELD" in text and "LANDUSE" in text
    assert "Traceback" not in text


def test_a_measure_that_is_none_is_refused_with_its_value(run, tmp_path):
    made = layout(tmp_path, [(square(0, 0, 1, 1), {"measure": "castle"})])
    with pytest.raises(QgsProcessingException, match=r"QL-PLAN-NOMEASURE.*castle"):
        run("qingliu:checklayout", {"LAYOUT": [made], "OUTPUT": str(tmp_path / "o.gpkg")})


def test_a_bow_tie_is_repaired_and_counted(provider, qgis_new_project, tmp_path, slopes):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    x, y = X0 + 1400, Y0 - 400
    tie = f"POLYGON(({x} {y},{x + 100} {y - 100},{x + 100} {y},{x} {y - 100},{x} {y}))"
    made = layout(tmp_path, [(tie, {"uuid": "a", "measure": "terrace"})])
    feedback = QgsProcessingFeedback()
    result = processing.run(
        "qingliu:checklayout",
        {"LAYOUT": [made], "DEM": slopes, "OUTPUT": str(tmp_path / "o.gpkg")},
        feedback=feedback,
    )
    assert "QL-LAYER-REPAIRED" in feedback.textLog()
    assert findings(result)["terrace.6.2.2-1-2.forbid"]["failing_area_m2"] == pytest.approx(5000)


def test_land_use_as_a_raster_answers_as_polygons_do(run, tmp_path, slopes):
    made = layout(tmp_path, [(square(1, 4, 1, 1), {"uuid": "a", "measure": "soil_test_fertilisation"})])
    codes = np.full((10, 20), 301, np.int32)
    codes[:, :10] = 103
    cells = raster(tmp_path / "land.tif", codes, cell=100.0)
    land = polygons(
        tmp_path / "land.gpkg",
        [(square(0, 0, 10, 10), {"landuse": "0103"}), (square(10, 0, 10, 10), {"landuse": "0301"})],
        landuse=str,
    )
    for place, expected in ((1, "pass"), (14, "note")):
        made = layout(
            tmp_path, [(square(place, 4, 1, 1), {"uuid": "a", "measure": "soil_test_fertilisation"})]
        )
        found = [
            findings(run("qingliu:checklayout", {"LAYOUT": [made], "LANDUSE": source, "INCLUDE_PASSES": True,
                                                 "OUTPUT": str(tmp_path / f"o{place}{n}.gpkg")}))
            for n, source in enumerate((cells, land))
        ]  # fmt: skip
        verdicts = [f["soil_test_fertilisation.6.2.3-2.require"]["severity"] for f in found]
        assert verdicts == [expected, expected]


def test_points_lines_and_areas_come_in_one_geopackage_or_each_for_itself(run, tmp_path):
    areas = layout(tmp_path, [(square(0, 0, 1, 1), {"uuid": "a", "measure": "terrace"})])
    roads = layout(
        tmp_path, [(line((5, 4), (6, 4)), {"uuid": "r", "measure": "production_road"})], LINE, "roads"
    )
    result = run(
        "qingliu:checklayout",
        {"LAYOUT": [areas, roads], "OUTPUT": str(tmp_path / "o.gpkg"), "LINES": str(tmp_path / "l.gpkg"),
         "AREAS": str(tmp_path / "a.gpkg")},
    )  # fmt: skip
    every = rows_of(result["OUTPUT"])
    assert {r["rule_id"].split(".")[0] for r in every if r["measure_uuid"] is None} == {
        "layout"
    }  # no zones given
    every = [r for r in every if r["measure_uuid"] is not None]
    apart = rows_of(result["LINES"]) + rows_of(result["AREAS"])
    assert sorted((r["measure_uuid"], r["rule_id"]) for r in every) == sorted(
        (r["measure_uuid"], r["rule_id"]) for r in apart
    )
    assert {r["measure_uuid"] for r in rows_of(result["LINES"])} == {"r"}


def test_a_layout_in_degrees_is_measured_in_metres(run, tmp_path):
    """100 m by 4 m in the projected zone, given in EPSG:4490."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject

    strip = QgsGeometry.fromWkt(square(0, 0, 1, 1))
    strip = QgsGeometry.fromWkt(
        f"POLYGON(({X0} {Y0},{X0 + 100} {Y0},{X0 + 100} {Y0 + 2.5},{X0} {Y0 + 2.5},{X0} {Y0}))"
    )
    crs = QgsCoordinateReferenceSystem("EPSG:4490")
    strip.transform(
        QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4547"), crs, QgsProject.instance())
    )
    made = polygons(
        tmp_path / "d.gpkg", [(strip.asWkt(17), {"uuid": "s", "measure": "filter_strip"})], epsg=4490,
        kind=QgsWkbTypes.Type.MultiPolygon, uuid=str, measure=str,
    )  # fmt: skip
    result = run("qingliu:checklayout", {"LAYOUT": [made], "OUTPUT": str(tmp_path / "o.gpkg")})
    row = findings(result, "warning")["filter_strip.6.3.2-2.dimension"]
    assert row["failing_area_m2"] == pytest.approx(250, rel=1e-3)
    assert row["failing_length_m"] == pytest.approx(100, rel=1e-3)


def test_a_measure_far_away_does_not_coarsen_the_grid_of_the_others(run, tmp_path, slopes):
    """One terrace 70 km off the DEM: unknown there, and the slope of the other as sharp as before."""
    far = square(500, 500, 2, 1)
    made = layout(
        tmp_path,
        [
            (square(14, 4, 2, 1), {"uuid": "a", "measure": "terrace"}),
            (far, {"uuid": "b", "measure": "terrace"}),
        ],
    )
    result = run("qingliu:checklayout", {"LAYOUT": [made], "DEM": slopes, "OUTPUT": str(tmp_path / "o.gpkg")})
    rows = {
        r["measure_uuid"]: r for r in rows_of(result["OUTPUT"]) if r["rule_id"] == "terrace.6.2.2-1-2.forbid"
    }
    assert (rows["a"]["severity"], rows["a"]["failing_area_m2"]) == ("error", 20000.0)
    assert (rows["b"]["severity"], rows["b"]["missing"]) == ("unknown", "DEM")


def test_a_run_can_be_cancelled(provider, qgis_new_project, tmp_path, slopes):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    made = layout(tmp_path, [(square(c, 4, 1, 1), {"uuid": str(c), "measure": "terrace"}) for c in range(20)])

    class Impatient(QgsProcessingFeedback):
        def setProgressText(self, text):
            if "Checking" in text or "按条文" in text:
                self.cancel()

    result = processing.run(
        "qingliu:checklayout",
        {"LAYOUT": [made], "DEM": slopes, "OUTPUT": str(tmp_path / "o.gpkg")},
        feedback=Impatient(),
    )
    assert "OUTPUT" not in result and not (tmp_path / "o.gpkg").exists()


@pytest.mark.parametrize(("degrees", "middle"), [(5.9, False), (6, True), (25, True), (25.1, False)])
def test_planes_of_exactly_6_and_25_degrees_high_in_the_mountains_belong_to_the_middle_class(
    run, tmp_path, degrees, middle
):
    """Heights of 4000 m in single precision, cells of 5 m: half a millimetre of rounding must not decide."""
    x = (np.arange(200) + 0.5) * 5
    heights = 4000 - math.tan(math.radians(degrees)) * x
    dem = raster(tmp_path / "dem.tif", np.tile(heights.astype(np.float32), (100, 1)), cell=5.0)
    land = polygons(tmp_path / "land.gpkg", [(square(0, 0, 10, 5), {"landuse": "0103"})], landuse=str)
    soil = polygons(tmp_path / "soil.gpkg", [(square(0, 0, 10, 5), {"depth_cm": 40.0})], depth_cm=float)
    made = layout(tmp_path, [(square(3, 2, 2, 1), {"uuid": "a", "measure": "terrace"})])
    given = {"LAYOUT": [made], "DEM": dem, "LANDUSE": land, "SOIL_DEPTH": soil, "INCLUDE_PASSES": True}
    found = findings(run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "o.gpkg")}))
    assert (found["terrace.6.2.2-1-3.prefer"]["severity"] == "pass") == middle
    assert (found["terrace.6.2.2-1-2.forbid"]["severity"] == "error") == (degrees > 25)


def keep_facts(made, facts):
    """Facts of a survey's ``meta`` in the GeoPackage of a layout, as the dock keeps them."""
    from qgis.core import QgsCoordinateTransformContext, QgsFeature, QgsVectorFileWriter

    table = QgsVectorLayer("None?field=key:string&field=value:string", "meta", "memory")
    for key, value in facts.items():
        row = QgsFeature(table.fields())
        row.setAttributes([key, value])
        table.dataProvider().addFeature(row)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", "meta"
    options.actionOnExistingFile = QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
    written = QgsVectorFileWriter.writeAsVectorFormatV3(table, made, QgsCoordinateTransformContext(), options)
    assert written[0] == QgsVectorFileWriter.WriterError.NoError, written


def test_signatures_of_the_survey_tick_duties_and_stay_beside_breaches(run, tmp_path, slopes):
    """The dock keeps them as facts of ``meta`` in the GeoPackage of the measures."""
    made = layout(tmp_path, [(square(14, 4, 2, 1), {"uuid": "a", "measure": "terrace"})])
    facts = {
        "layout.confirm.a|terrace.6.2.2-5-3.design_standard": '{"name": "王工", "date": "2026-11-21", "reason": ""}',
        "layout.confirm.a|terrace.6.2.2-1-2.forbid": '{"name": "李工", "date": "2026-11-20", "reason": "已批复"}',
        "layout.confirm.a|terrace.6.2.2-5-2.require_with": '{"name": " "}',
        "layout.card.a": '{"owner": "村委会"}',
    }
    keep_facts(made, facts)
    result = run(
        "qingliu:checklayout",
        {"LAYOUT": [f"{made}|layername=layout"], "DEM": slopes, "INCLUDE_PASSES": True,
         "OUTPUT": str(tmp_path / "o.gpkg")},
    )  # fmt: skip
    found = findings(result)
    duty, breach = found["terrace.6.2.2-5-3.design_standard"], found["terrace.6.2.2-1-2.forbid"]
    assert (duty["severity"], duty["signed"]) == ("pass", "王工 · 2026-11-21")
    assert (breach["severity"], breach["signed"]) == ("error", "李工 · 2026-11-20 · 已批复")
    assert found["terrace.6.2.2-5-2.require_with"]["signed"] is None


COUNTY = """name: 清源县
year: 2024
source: 公报
water_function_zone_target_class: Ⅲ
no_cultivation_slope_deg: 15
"""


def test_the_county_profile_gives_the_no_cultivation_slope_and_the_class_of_the_water(run, tmp_path, slopes):
    """Cropland of 20°: above a county's 15° it is for trees (6.2.2-2-1), below the usual 25° it is not."""
    county = tmp_path / "county.yaml"
    county.write_text(COUNTY, encoding="utf-8")
    land = polygons(tmp_path / "land.gpkg", [(square(0, 0, 20, 10), {"landuse": "0103"})], landuse=str)
    forest = layout(tmp_path, [(square(2, 4, 2, 1), {"uuid": "f", "measure": "conservation_forest"})])
    plant = layout(
        tmp_path,
        [(f"POINT({X0 + 500} {Y0 - 500})", {"uuid": "p", "measure": "sewage_treatment", "receiving": "water_body",
                                            "effluent_class": "IV"})],
        POINT, "plant", receiving=str, effluent_class=str,
    )  # fmt: skip
    given = {
        "LAYOUT": [forest, plant],
        "DEM": slopes,
        "LANDUSE": land,
        "REGION": "loess",
        "INCLUDE_PASSES": True,
    }
    local = findings(
        run("qingliu:checklayout", {**given, "COUNTY": str(county), "OUTPUT": str(tmp_path / "a.gpkg")})
    )
    usual = findings(run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "b.gpkg")}))
    forest_rule, water_rule = (
        "conservation_forest.6.2.2-2-1.require",
        "sewage_treatment.6.2.5-1.require_quality",
    )
    assert (local[forest_rule]["severity"], usual[forest_rule]["severity"]) == (
        "pass",
        "unknown",
    )  # roads may be near
    assert (local[water_rule]["severity"], usual[water_rule]["severity"]) == ("warning", "duty")
    assert "GB 3838" in usual[water_rule]["message"]
    assert local["sewage_treatment.6.2.5-2.require_quality"]["severity"] == "aside"


def test_soil_and_cover_as_rasters_and_the_type_of_the_watershed_are_read(run, tmp_path, slopes):
    soil = raster(tmp_path / "soil.tif", np.full((100, 200), 20.0, np.float32), cell=10.0)
    cover = raster(tmp_path / "cover.tif", np.full((100, 200), 30.0, np.float32), cell=10.0)
    zones = polygons(tmp_path / "z.gpkg", [(square(0, 0, 20, 10), {"zone": "protection"})], zone=str)
    farms = _farms(tmp_path)
    areas = layout(tmp_path, [(square(2, 4, 2, 1), {"uuid": "t", "measure": "terrace"}),
                              (square(5, 1, 1, 1), {"uuid": "r", "measure": "replanting"})])  # fmt: skip
    ponds = layout(
        tmp_path,
        [(f"POINT({X0 + 505} {Y0 - 500})", {"uuid": "w", "measure": "livestock_wastewater"})],
        POINT,
        "w",
    )
    result = run(
        "qingliu:checklayout",
        {"LAYOUT": [areas, ponds], "DEM": slopes, "SOIL_DEPTH": soil, "COVER": cover, "ZONES": zones,
         "POLLUTION": farms, "TYPE": "water_source", "INCLUDE_PASSES": True, "OUTPUT": str(tmp_path / "o.gpkg")},
    )  # fmt: skip
    found = findings(result)
    assert found["replanting.5.2.1-2.permit"]["severity"] == "pass"
    assert found["livestock_wastewater.7.0.3.forbid"]["severity"] == "error"
    terrace = found["terrace.6.2.2-1-3.prefer"]
    assert terrace["severity"] == "warning" and "20 cm" in terrace["message"]


def _farms(tmp_path):
    """Pollution sources with the column ``kind``, which the helper's own parameter of that name hides."""
    layer = QgsVectorLayer("Point?crs=EPSG:4547&field=kind:string&field=scale_farm:bool", "farms", "memory")
    from qgis.core import QgsFeature

    farm = QgsFeature(layer.fields())
    farm.setGeometry(QgsGeometry.fromWkt(f"POINT({X0 + 500} {Y0 - 500})"))
    farm.setAttributes(["farm", True])
    layer.dataProvider().addFeature(farm)
    return layer


@pytest.fixture
def of_three_kinds(tmp_path):
    """A terrace, a road and a check dam: findings with areas, lines and points."""
    areas = layout(tmp_path, [(square(0, 0, 1, 1), {"uuid": "a", "measure": "terrace"})])
    ways = [(line((5, 4), (6, 4)), {"uuid": "r", "measure": "ecological_slope_protection"})]
    roads = layout(tmp_path, ways, LINE, "ways")
    dam = [(f"POINT({X0 + 500} {Y0 - 500})", {"uuid": "d", "measure": "check_dam"})]
    return [areas, roads, layout(tmp_path, dam, POINT, "dams")]


def kinds_of(layer):
    """Kinds of single geometry among the features, all of them collections; what has no place has none."""
    shapes = [f.geometry() for f in layer.getFeatures() if f["measure_uuid"]]
    assert all(QgsWkbTypes.flatType(s.wkbType()) == QgsWkbTypes.Type.GeometryCollection for s in shapes)
    return {QgsWkbTypes.geometryDisplayString(p.type()) for s in shapes for p in s.asGeometryCollection()}


def test_a_temporary_layer_takes_points_lines_and_areas_together(run, tmp_path, of_three_kinds):
    given = {"LAYOUT": of_three_kinds}
    kept = run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "o.gpkg")})
    layer = run("qingliu:checklayout", {**given, "OUTPUT": "TEMPORARY_OUTPUT"})["OUTPUT"]
    assert kinds_of(layer) == {"Point", "Line", "Polygon"}
    rows = [(f["measure_uuid"] or None, f["rule_id"]) for f in layer.getFeatures()]
    assert rows == [(r["measure_uuid"], r["rule_id"]) for r in rows_of(kept["OUTPUT"])]


def test_mixed_findings_pass_through_a_model(provider, qgis_new_project, of_three_kinds):
    """In a model the findings are a temporary layer that the next step reads."""
    from qgis import processing
    from qgis.core import (
        QgsProcessing,
        QgsProcessingModelAlgorithm,
        QgsProcessingModelChildAlgorithm,
        QgsProcessingModelChildParameterSource,
        QgsProcessingModelOutput,
        QgsProcessingModelParameter,
        QgsProcessingParameterMultipleLayers,
    )

    source = QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("checked", "test")
    anything = QgsProcessing.SourceType.TypeVectorAnyGeometry
    model.addModelParameter(
        QgsProcessingParameterMultipleLayers("LAYOUT", "layout", anything),
        QgsProcessingModelParameter("LAYOUT"),
    )
    check = QgsProcessingModelChildAlgorithm("qingliu:checklayout")
    check.setChildId("check")
    check.addParameterSources("LAYOUT", [source.fromModelParameter("LAYOUT")])
    model.addChildAlgorithm(check)
    errors = QgsProcessingModelChildAlgorithm("native:extractbyexpression")
    errors.setChildId("errors")
    errors.addParameterSources("INPUT", [source.fromChildOutput("check", "OUTPUT")])
    errors.addParameterSources("EXPRESSION", [source.fromStaticValue("1")])
    shown = QgsProcessingModelOutput("shown", "shown")
    shown.setChildId("errors")
    shown.setChildOutputName("OUTPUT")
    errors.setModelOutputs({"shown": shown})
    model.addChildAlgorithm(errors)
    result = processing.run(
        model, {"LAYOUT": of_three_kinds, **dict.fromkeys(("errors:shown", "shown"), "TEMPORARY_OUTPUT")}
    )
    layer = result.get("errors:shown") or result["shown"]
    assert kinds_of(layer) == {"Point", "Line", "Polygon"}


def test_what_the_zones_want_and_the_layout_lacks_comes_with_what_goes_without_and_no_measure(run, tmp_path):
    """A regulation zone of 10 hm² with two villages and 2 hm² of cropland; a channel zone with a pond of 1 hm²."""
    zones = polygons(
        tmp_path / "zones.gpkg",
        [(square(0, 0, 10, 1), {"zone": "regulation"}), (square(0, 1, 10, 1), {"zone": "channel"})],
        zone=str,
    )
    land = polygons(
        tmp_path / "land.gpkg",
        [(square(0, 0, 2, 1), {"landuse": "0103"}), (square(2, 0, 8, 2), {"landuse": "0301"})],
        landuse=str,
    )
    water = polygons(
        tmp_path / "w.gpkg", [(square(4, 1), {"water": "pond", "name": "塘"})], water=str, name=str
    )
    places = [
        (f"POINT({X0 + 50} {Y0 - 50})", {"name": "甲"}),
        (f"POINT({X0 + 950} {Y0 - 50})", {"name": "乙"}),
    ]
    villages = polygons(tmp_path / "v.gpkg", places, kind=POINT, name=str)
    made = layout(tmp_path, [(square(0, 0, 1, 1), {"uuid": "a", "measure": "terrace"})])
    given = {"LAYOUT": [made], "ZONES": zones, "LANDUSE": land, "WATERBODIES": water, "VILLAGES": villages}
    result = run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "o.gpkg")})
    rows = {r["rule_id"]: r for r in rows_of(result["OUTPUT"]) if r["measure_uuid"] is None}
    areas = {rule: r["failing_area_m2"] for rule, r in rows.items()}
    assert areas == {
        "layout.5.2.2-1.non_point": 20000.0, "layout.5.2.2-2.sewage": None, "layout.5.2.2-2.waste": None,
        "layout.5.2.2-2.toilets": None, "layout.5.2.2-2.greening": None, "layout.5.2.2-3.sign_board": None,
        "layout.5.2.3-5.shore_strip": 10000.0,
    }  # fmt: skip
    assert {r["severity"] for r in rows.values()} == {"error"} and {r["measure"] for r in rows.values()} == {
        None
    }
    layer = QgsVectorLayer(result["OUTPUT"], "o", "ogr")
    shapes = {f["rule_id"]: f.geometry() for f in layer.getFeatures() if f["rule_id"] in rows}
    for rule, shape in shapes.items():
        assert shape.isNull() == rule.endswith(".sign_board")  # a board may stand anywhere
        assert shape.isNull() or shape.area() == pytest.approx(areas[rule] or 0.0)
    assert len(shapes["layout.5.2.2-2.sewage"].asMultiPoint()) == 2  # both villages
    assert shapes["layout.5.2.3-5.shore_strip"].boundingBox().yMaximum() == pytest.approx(Y0 - 100)
    without = run("qingliu:checklayout", {**given, "WHOLE_LAYOUT": False, "OUTPUT": str(tmp_path / "p.gpkg")})
    assert result["ERRORS"] - without["ERRORS"] == 7
    assert all(r["measure_uuid"] for r in rows_of(without["OUTPUT"]))


def test_a_sign_board_drawn_in_the_dock_is_known_by_the_clause_on_its_card(run, tmp_path):
    zones = polygons(tmp_path / "zones.gpkg", [(square(0, 0, 10, 1), {"zone": "regulation"})], zone=str)
    board = [(f"POINT({X0 + 50} {Y0 - 50})", {"uuid": "s", "measure": "other_regulation"})]
    made = layout(tmp_path, board, POINT)
    given = {"LAYOUT": [f"{made}|layername=layout"], "ZONES": zones}
    bare = findings(run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "a.gpkg")}))
    assert bare["layout.5.2.2-3.sign_board"]["severity"] == "error"
    keep_facts(made, {"layout.card.s": '{"other_name": "牌", "other_unit": "处", "other_clause": "5.2.2-3"}'})
    told = findings(run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "b.gpkg")}))
    assert "layout.5.2.2-3.sign_board" not in told


@pytest.mark.parametrize(
    ("role", "value", "code"),
    [("COVER", -5.0, "QL-SITE-COVERRANGE"), ("COVER", 5000.0, "QL-SITE-COVERRANGE"),
     ("SOIL_DEPTH", -1.0, "QL-SITE-DEPTHRANGE"), ("SOIL_DEPTH", 1e9, "QL-SITE-DEPTHRANGE")],
    ids=["cover below nought", "cover of 5000", "soil below nought", "soil of a million metres"],
)  # fmt: skip
def test_covers_and_depths_that_cannot_be_are_refused(run, tmp_path, role, value, code):
    cells = raster(tmp_path / "r.tif", np.full((100, 200), value, np.float32), cell=10.0)
    made = layout(tmp_path, [(square(2, 2), {"uuid": "a", "measure": "terrace"})])
    with pytest.raises(QgsProcessingException, match=code):
        run("qingliu:checklayout", {"LAYOUT": [made], role: cells, "OUTPUT": str(tmp_path / "o.gpkg")})


@pytest.mark.parametrize("number", [".nan", ".inf", "true"])
def test_numbers_that_nobody_can_reckon_with_are_no_rules(run, tmp_path, number):
    made = layout(tmp_path, [(square(2, 2), {"uuid": "a", "measure": "terrace"})])
    with pytest.raises(QgsProcessingException, match="QL-SITE-BADNUMBER"):
        run("qingliu:checklayout", {"LAYOUT": [made], "RULES": f"terrace_slope_max_deg: {number}",
                                    "OUTPUT": str(tmp_path / "o.gpkg")})  # fmt: skip


def test_a_channel_in_a_state_that_no_list_knows_leaves_its_rule_unknown(run, tmp_path):
    channel = polygons(
        tmp_path / "c.gpkg", [(line((2, 0), (2, 9)), {"state": "happy"})], kind=LINE, state=str
    )
    made = layout(tmp_path, [(line((1.9, 5), (2.1, 5)), {"uuid": "a", "measure": "dredging"})], LINE)
    result = run(
        "qingliu:checklayout", {"LAYOUT": [made], "CHANNELS": channel, "OUTPUT": str(tmp_path / "o.gpkg")}
    )
    row = findings(result)["dredging.5.2.3-2.avoid"]
    assert (row["severity"], row["missing"]) == ("unknown", "CHANNELS.state")


def test_land_use_as_a_raster_is_asked_over_all_of_the_zones_and_not_only_where_measures_lie(run, tmp_path):
    """A zone of 2 km by 1 km whose eastern half is cropland, 100 hm²; the one measure lies in the far west."""
    codes = np.full((100, 200), 301, np.int32)
    codes[:, 100:] = 103
    land = raster(tmp_path / "land.tif", codes, cell=10.0)
    table = tmp_path / "map.csv"
    table.write_text("code,gbt21010\n301,0301\n103,0103\n", encoding="utf-8")
    zones = polygons(tmp_path / "zones.gpkg", [(square(0, 0, 20, 10), {"zone": "regulation"})], zone=str)
    made = layout(tmp_path, [(square(0, 0), {"uuid": "a", "measure": "conservation_forest"})])
    result = run(
        "qingliu:checklayout",
        {"LAYOUT": [made], "ZONES": zones, "LANDUSE": land, "LANDUSE_MAP": str(table),
         "OUTPUT": str(tmp_path / "o.gpkg")},
    )  # fmt: skip
    row = findings(result)["layout.5.2.2-1.non_point"]
    assert (row["severity"], row["failing_area_m2"]) == ("error", pytest.approx(1_000_000))


def test_a_layer_that_does_not_reach_a_measure_is_told_apart_from_one_that_was_not_given(
    run, tmp_path, qgis_app, provider, english
):
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback

    zones = polygons(tmp_path / "zones.gpkg", [(square(0, 0, 2, 2), {"zone": "regulation"})], zone=str)
    made = layout(tmp_path, [(square(1, 1), {"uuid": "in", "measure": "terrace"}),
                             (square(9, 9), {"uuid": "out", "measure": "terrace"})])  # fmt: skip
    told = QgsProcessingFeedback()
    QgsApplication.processingRegistry().createAlgorithmById("qingliu:checklayout").run(
        {"LAYOUT": [made], "ZONES": zones, "WHOLE_LAYOUT": False, "OUTPUT": str(tmp_path / "o.gpkg")},
        QgsProcessingContext(), told,
    )  # fmt: skip
    log = told.textLog()
    assert "QL-SITE-NOTHERE: ZONES says nothing where 1 measures stand (out)" in log
    assert "QL-SITE-NOROLE: DEM is missing" in log and "QL-SITE-NOROLE: ZONES" not in log


def test_measures_that_share_a_uuid_are_neighbours_all_the_same(run, tmp_path):
    """A terrace with its road and drain beside it, all three copied with one uuid."""
    areas = layout(tmp_path, [(square(2, 2), {"uuid": "x", "measure": "terrace"})])
    beside = [(line((2, 2), (3, 2)), {"uuid": "x", "measure": "production_road"}),
              (line((2, 3), (3, 3)), {"uuid": "x", "measure": "slope_water_system"})]  # fmt: skip
    lines = layout(tmp_path, beside, LINE, "lines")
    result = run("qingliu:checklayout", {"LAYOUT": [areas, lines], "WHOLE_LAYOUT": False, "INCLUDE_PASSES": True,
                                         "OUTPUT": str(tmp_path / "o.gpkg")})  # fmt: skip
    rows = rows_of(result["OUTPUT"])
    assert {r["measure_uuid"] for r in rows} == {"x", "x#2", "x#3"}
    (row,) = [r for r in rows if r["rule_id"] == "terrace.6.2.2-5-2.require_with"]
    assert row["severity"] == "pass"
