"""``qingliu:zoning`` in QGIS: exact to the last bit on disk, sensible on a made valley, plain about bad inputs."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

EPSG, X0, Y0, CELL, SIZE = 4527, 39_500_000.0, 3_400_000.0, 10.0, 120


@pytest.fixture(scope="module")
def valley(tmp_path_factory):
    """A V-shaped valley that runs south, 1.2 km square: 60 m high sides, steeper in the north-east."""
    path = tmp_path_factory.mktemp("valley") / "dem.tif"
    row, col = np.mgrid[0:SIZE, 0:SIZE]
    across = np.abs(col - SIZE / 2)
    heights = 300 + across * 4.0 + (SIZE - row) * 0.5 + np.where((col > 90) & (row < 60), (col - 90) * 3.0, 0)
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), SIZE, SIZE, 1, gdal.GDT_Float32)
    dataset.SetGeoTransform((X0, CELL, 0, Y0, 0, -CELL))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(EPSG)
    dataset.SetProjection(reference.ExportToWkt())
    dataset.GetRasterBand(1).WriteArray(heights.astype(np.float32))
    del dataset
    return str(path)


def layer(kind, rows, fields="", epsg=EPSG):
    """A memory layer from (WKT, attributes) rows."""
    made = QgsVectorLayer(f"{kind}?crs=EPSG:{epsg}{fields}", "made", "memory")
    features = []
    for wkt, values in rows:
        feature = QgsFeature(made.fields())
        if wkt is not None:
            feature.setGeometry(QgsGeometry.fromWkt(wkt))
        feature.setAttributes(list(values))
        features.append(feature)
    made.dataProvider().addFeatures(features)
    made.updateExtents()
    return made


def rectangle(x0, y0, x1, y1):
    """WKT in metres from the valley's north-west corner, y down."""
    a, b, c, d = X0 + x0, Y0 - y1, X0 + x1, Y0 - y0
    return f"Polygon (({a} {b}, {c} {b}, {c} {d}, {a} {d}, {a} {b}))"


@pytest.fixture
def boundary():
    return layer("Polygon", [(rectangle(103.3, 51.7, 1103.9, 1151.1), [])])


@pytest.fixture
def land():
    """Fields in the valley, a village, forest on both sides; a gap, an overlap, a sliver."""
    rows = [
        (rectangle(400, 0, 800, 1200), ["0103"]),
        (rectangle(500, 500, 600, 700), ["0702"]),
        (rectangle(0, 0, 400, 1200), ["0301"]),
        (rectangle(800, 0, 1200, 800), ["0301K"]),
        (rectangle(800, 800.4, 1200, 1200), ["0404"]),
    ]
    return layer("Polygon", rows, "&field=DLBM:string(10)")


def read(path, name=None):
    found = QgsVectorLayer(f"{path}|layername={name}" if name else str(path), "found", "ogr")
    assert found.isValid()
    return found


def segments(features):
    counted = {}
    for feature in features:
        for polygon in feature.geometry().asGeometryCollection():
            for ring in [*polygon.asPolygon()]:
                points = [(p.x(), p.y()) for p in ring]
                for pair in zip(points, points[1:]):
                    counted[pair] = counted.get(pair, 0) + 1
    return counted


def assert_exact_on_disk(zones_path, outline_path):
    zones, outline = list(read(zones_path).getFeatures()), list(read(outline_path).getFeatures())
    parts, rim = segments(zones), segments(outline)
    assert max(parts.values()) == 1
    assert {s for s in parts if s[::-1] not in parts} == set(rim)
    assert all(f.geometry().isGeosValid() for f in (*zones, *outline))
    total = math.fsum(f.geometry().area() for f in zones)
    assert abs(total - math.fsum(f.geometry().area() for f in outline)) < 1e-3
    return zones, outline


def test_zones_of_parcels_partition_the_boundary_bit_for_bit_after_a_round_trip(
    run, valley, boundary, land, tmp_path
):
    result = run(
        "qingliu:zoning",
        {"BOUNDARY": boundary, "DEM": valley, "LANDUSE": land, "LANDUSE_FIELD": "DLBM",
         "RULES": "{channel_zone_area_min_km2: 0.05, zone_drainage_area_km2: 0.05}", "MIN_MAPPING_AREA": 0.2,
         "OUTPUT": str(tmp_path / "zones.gpkg"), "BOUNDARY_OUT": str(tmp_path / "outline.gpkg")},
    )  # fmt: skip
    zones, outline = assert_exact_on_disk(result["OUTPUT"], result["BOUNDARY_OUT"])
    area = (1103.9 - 103.3) * (1151.1 - 51.7)
    assert abs(outline[0].geometry().area() - area) < 1
    totals = sum(result[f"AREA_{k}"] for k in ("PROTECTION", "REGULATION", "CHANNEL"))
    assert totals == pytest.approx(area / 10_000, abs=2e-4)
    assert min(result[f"AREA_{k}"] for k in ("PROTECTION", "REGULATION", "CHANNEL")) > 1
    for zone in zones:
        facts = json.loads(zone["parameters"])
        assert zone["clause"] and zone["rule"] and zone["reason"]
        assert (facts["source"] == "ours") == zone["rule"].endswith("(ours)")
        assert round(zone.geometry().area() / 10_000, 4) == zone["area_hm2"]


def zone_at(path, x, y):
    point = QgsGeometry.fromWkt(f"Point ({X0 + x} {Y0 - y})")
    (found,) = [f for f in read(path).getFeatures() if f.geometry().intersects(point)]
    return found["zone"], found["rule"].split(" ")[0]


def test_forest_above_is_protected_fields_and_village_are_regulated_the_valley_line_is_channel(
    run, valley, boundary, land, tmp_path
):
    out = run(
        "qingliu:zoning",
        {"BOUNDARY": boundary, "DEM": valley, "LANDUSE": land, "LANDUSE_FIELD": "DLBM", "MIN_MAPPING_AREA": 0.2,
         "RULES": "{channel_zone_area_min_km2: 0.05, zone_drainage_area_km2: 0.05}",
         "OUTPUT": str(tmp_path / "z.gpkg")},
    )["OUTPUT"]  # fmt: skip
    assert zone_at(out, 150, 600) == ("protection", "upper_slope")
    assert zone_at(out, 450, 400) == ("regulation", "cropland")
    assert zone_at(out, 550, 600)[0] == "regulation"
    assert zone_at(out, 600, 1100) == ("channel", "channel_belt")


def test_without_land_use_and_with_little_else_zones_still_come_and_say_what_fell_out(
    run_logged, valley, boundary, tmp_path
):
    result, log = run_logged({"BOUNDARY": boundary, "DEM": valley, "OUTPUT": str(tmp_path / "z.gpkg"),
                              "BOUNDARY_OUT": str(tmp_path / "b.gpkg")})  # fmt: skip
    assert_exact_on_disk(result["OUTPUT"], result["BOUNDARY_OUT"])
    assert "QL-ZONING-NOLANDUSE" in log and "QL-ZONING-FALLEN" in log and "upper_slope (land_use" in log


class Log(QgsProcessingFeedback):
    """Keeps what is said."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def pushWarning(self, text):
        self.lines.append(text)

    def pushInfo(self, text):
        self.lines.append(text)


@pytest.fixture
def run_logged(provider, qgis_new_project):
    from qgis import processing

    def _run(parameters):
        log = Log()
        return processing.run("qingliu:zoning", parameters, feedback=log), "\n".join(log.lines)

    return _run


def test_gaps_overlaps_and_repairs_are_counted_and_third_survey_codes_are_known(
    run_logged, valley, boundary, land, tmp_path
):
    bow = f"Polygon (({X0} {Y0 - 900}, {X0 + 60} {Y0 - 950}, {X0 + 60} {Y0 - 900}, {X0} {Y0 - 950}, {X0} {Y0 - 900}))"
    feature = QgsFeature(land.fields())
    feature.setGeometry(QgsGeometry.fromWkt(bow))
    feature.setAttributes(["05H1"])
    empty = QgsFeature(land.fields())
    empty.setAttributes(["0101"])
    land.dataProvider().addFeatures([feature, empty])
    result, log = run_logged({"BOUNDARY": boundary, "DEM": valley, "LANDUSE": land, "LANDUSE_FIELD": "DLBM",
                              "OUTPUT": str(tmp_path / "z.gpkg"),
                                    "BOUNDARY_OUT": str(tmp_path / "b.gpkg")})  # fmt: skip
    assert_exact_on_disk(result["OUTPUT"], result["BOUNDARY_OUT"])
    for code in ("QL-ZONING-GAPS: LANDUSE: 1 place", "QL-ZONING-OVERLAPS: LANDUSE: parcels overlap in 1 place",
                 "QL-LAYER-REPAIRED", "QL-LAYER-NOGEOMETRY"):  # fmt: skip
        assert code in log


def test_boundary_with_z_curves_and_in_degrees_is_taken_as_it_is(run, valley, land, tmp_path):
    metres = QgsCoordinateReferenceSystem.fromEpsgId(EPSG)
    from qgis.core import QgsCoordinateTransform, QgsCoordinateTransformContext

    degrees = QgsCoordinateReferenceSystem.fromEpsgId(4490)
    shape = QgsGeometry.fromWkt(rectangle(103, 52, 1103, 1151))
    shape.transform(QgsCoordinateTransform(metres, degrees, QgsCoordinateTransformContext()))
    shape.get().addZValue(7.0)
    result = run(
        "qingliu:zoning",
        {"BOUNDARY": layer("PolygonZ", [(shape.asWkt(12), [])], epsg=4490), "DEM": valley, "LANDUSE": land,
         "LANDUSE_FIELD": "DLBM", "OUTPUT": str(tmp_path / "z.gpkg"), "BOUNDARY_OUT": str(tmp_path / "b.gpkg")},
    )  # fmt: skip
    zones, _ = assert_exact_on_disk(result["OUTPUT"], result["BOUNDARY_OUT"])
    assert read(result["OUTPUT"]).crs().authid() == f"EPSG:{EPSG}"
    assert abs(math.fsum(z.geometry().area() for z in zones) - 1000 * 1099) < 5


def test_two_zones_and_custom_rules(run, valley, boundary, land, tmp_path):
    common = {"BOUNDARY": boundary, "DEM": valley, "LANDUSE": land, "LANDUSE_FIELD": "DLBM"}
    two = run("qingliu:zoning", {**common, "SCHEME": "two", "OUTPUT": str(tmp_path / "two.gpkg")})
    assert {f["zone"] for f in read(two["OUTPUT"]).getFeatures()} == {"protection", "regulation"}
    assert two["AREA_CHANNEL"] == 0
    rules = tmp_path / "mine.yaml"
    rules.write_text(
        "zones: [{key: a, zh: 甲, en: A, clause: 3.0.4}, {key: b, zh: 乙, en: B, clause: 3.0.4}]\n"
        "rules:\n"
        "  - {id: wood, zone: a, clause: 3.0.4, source: ours, zh: 林, en: wood,\n"
        "     when: [{attribute: land_use, codes: ['03']}]}\n"
        "  - {id: rest, zone: b, clause: 3.0.4, source: ours, zh: 余, en: rest}\n",
        encoding="utf-8",
    )
    mine = run("qingliu:zoning", {**common, "SCHEME": "custom", "CUSTOM": str(rules),
                                  "OUTPUT": str(tmp_path / "c.gpkg"),
                                  "BOUNDARY_OUT": str(tmp_path / "b.gpkg")})  # fmt: skip
    zones, _ = assert_exact_on_disk(mine["OUTPUT"], mine["BOUNDARY_OUT"])
    areas = {k: round(sum(z.geometry().area() for z in zones if z["zone"] == k)) for k in "ab"}
    # forest: 296.7 x 1099.4 in the west, 303.9 x 748.3 in the east (the gap below it is a sliver)
    assert areas["a"] == pytest.approx(296.7 * 1099.4 + 303.9 * 748.3, abs=130)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"DEM": "absent.tif"}, ["QL-DEM-MISSING"]),
        ({"LANDUSE": "nameless", "LANDUSE_FIELD": None}, ["QL-ZONING-NOFIELD"]),
        ({"LANDUSE_FIELD": "nothing"}, ["QL-LAYER-NOFIELD"]),
        ({"SCHEME": "custom"}, ["QL-ZONING-NOCUSTOM"]),
        ({"RULES": "{steepness: 3}"}, ["QL-ZONING-NOPARAMETER"]),
        ({"BOUNDARY": "far"}, ["QL-ZONING-OUTSIDEDEM"]),
        ({"BOUNDARY": "none"}, ["QL-ZONING-NOBOUNDARY"]),
        ({"LANDUSE": "text"}, ["QL-LANDUSE-OTHERLIST"]),
        ({"SCHEME": "custom", "LANDUSE": "nameless", "LANDUSE_FIELD": None, "DEM": "absent.tif"},
         ["QL-ZONING-NOCUSTOM", "QL-ZONING-NOFIELD", "QL-DEM-MISSING"]),
    ],
    ids=["no dem", "no field", "wrong field", "no custom", "unknown number", "boundary off the dem", "empty boundary",
         "text for codes", "all at once"],
)  # fmt: skip
def test_bad_input_is_refused_with_every_code_at_once(run, valley, boundary, land, tmp_path, change, codes):
    made = {
        "far": lambda: layer("Polygon", [(rectangle(9000, 9000, 9500, 9500), [])]),
        "none": lambda: layer("Polygon", [(None, [])]),
        "nameless": lambda: layer(
            "Polygon", [(rectangle(0, 0, 1200, 1200), ["0103"])], "&field=kind:string(10)"
        ),
        "text": lambda: layer(
            "Polygon", [(rectangle(0, 0, 1200, 1200), ["forest"])], "&field=DLBM:string(10)"
        ),
    }
    parameters = {
        "BOUNDARY": boundary,
        "DEM": valley,
        "LANDUSE": land,
        "LANDUSE_FIELD": "DLBM",
        "OUTPUT": str(tmp_path / "z.gpkg"),
    }
    parameters.update({k: made[v]() if v in made else v for k, v in change.items()})
    with pytest.raises(QgsProcessingException) as error:
        run("qingliu:zoning", {k: v for k, v in parameters.items() if v is not None})
    message = str(error.value)
    assert message.startswith("QL-")
    assert [code for code in codes if code not in message] == [], message
    assert not (tmp_path / "z.gpkg").exists()


def test_cancel_is_heard_within_the_work_and_writes_nothing(provider, valley, boundary, land, tmp_path):
    from qgis import processing
    from qingliu.processing.feedback import stage_title

    class Stopped(QgsProcessingFeedback):
        def setProgressText(self, text):
            if stage_title("zoning_node") in text:
                self.cancel()

    parameters = {
        "BOUNDARY": boundary,
        "DEM": valley,
        "LANDUSE": land,
        "LANDUSE_FIELD": "DLBM",
        "OUTPUT": str(tmp_path / "z.gpkg"),
    }
    assert processing.run("qingliu:zoning", parameters, feedback=Stopped()) == {}
    assert not (tmp_path / "z.gpkg").exists()


def test_hand_edits_are_checked_mended_in_one_undo_step_and_keep_their_author(qgis_app, tmp_path):
    from qingliu.layers.coveragecheck import apply, check_layer, preview

    fields = "&field=zone:string(20)&field=author:string(20)&field=uuid:string(40)"
    zones = layer("Polygon", [(rectangle(0, 0, 50, 100), ["protection", "Li", "u1"]),
                              (rectangle(48, 0, 100, 60), ["regulation", "Wang", "u2"]),
                              (rectangle(50, 62, 103, 100), ["channel", "Zhao", "u3"])], fields)  # fmt: skip
    outline = layer("Polygon", [(rectangle(0, 0, 100, 100), [])])
    check, warnings = check_layer(zones, outline)
    assert [f.kind for f in check.faults] == ["overlap", "gap", "outside"] and warnings == []
    changes = preview(check)
    before = [f.geometry().asWkt() for f in zones.getFeatures()]
    zones.startEditing()
    apply(zones, changes, "Mend zones")
    assert check_layer(zones, outline)[0].clean
    assert [f["author"] for f in zones.getFeatures()] == ["Li", "Wang", "Zhao"]
    zones.undoStack().undo()
    assert [f.geometry().asWkt() for f in zones.getFeatures()] == before
    zones.rollBack()


def test_zones_that_were_written_and_read_again_pass_the_check_untouched(
    run, valley, boundary, land, tmp_path
):
    from qingliu.layers.coveragecheck import check_layer, preview

    result = run("qingliu:zoning", {"BOUNDARY": boundary, "DEM": valley, "LANDUSE": land, "LANDUSE_FIELD": "DLBM",
                                    "OUTPUT": str(tmp_path / "z.gpkg"),
                                    "BOUNDARY_OUT": str(tmp_path / "b.gpkg")})  # fmt: skip
    check, _ = check_layer(read(result["OUTPUT"]), read(result["BOUNDARY_OUT"]))
    assert check.clean and preview(check) == []


def test_zones_reprojected_have_no_gap_among_themselves(run, valley, boundary, land, tmp_path):
    result = run("qingliu:zoning", {"BOUNDARY": boundary, "DEM": valley, "LANDUSE": land, "LANDUSE_FIELD": "DLBM",
                                    "OUTPUT": str(tmp_path / "z.gpkg")})  # fmt: skip
    options = QgsVectorFileWriter.SaveVectorOptions()
    from qgis.core import QgsCoordinateTransform, QgsCoordinateTransformContext

    source = read(result["OUTPUT"])
    options.ct = QgsCoordinateTransform(
        source.crs(), QgsCoordinateReferenceSystem.fromEpsgId(4549), QgsCoordinateTransformContext()
    )
    QgsVectorFileWriter.writeAsVectorFormatV3(
        source, str(tmp_path / "moved.gpkg"), QgsCoordinateTransformContext(), options
    )
    before, after = segments(source.getFeatures()), segments(read(tmp_path / "moved.gpkg").getFeatures())
    free = [sum(s[::-1] not in found for s in found) for found in (before, after)]
    assert free[0] == free[1] and len(before) == len(after)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["youwuzhen", "bayreuth_rotmain"])
def test_real_watershed_is_partitioned_exactly_and_has_all_three_zones(run, shared, tmp_path, case):
    data = shared / "data" / case
    osm = f"{data / 'osm_layers.gpkg'}|layername="
    if case == "youwuzhen":
        dem = str(data / "dem_5m.tif")
        outlet = {"OUTLET": "39444813.9,2840490.8 [EPSG:2415]"}
        roles = {"LANDUSE": str(data / "landuse_5m.tif"), "LANDUSE_MAP": str(data / "landuse_map.csv")}
    else:
        dem, outlet = str(data / "dem_srtm3.tif"), {}
        roles = {"LANDUSE": osm + "landuse", "LANDUSE_FIELD": "landuse", "LANDUSE_MAP": str(data / "landuse_map.csv"),
                 "CHANNELS": osm + "waterways", "WATERBODIES": osm + "water", "VILLAGES": osm + "places",
                 "ROADS": osm + "roads"}  # fmt: skip
    limits = run("qingliu:delineatewatershed", {"DEM": dem, **outlet, "OUTPUT": str(tmp_path / "b.gpkg")})
    result = run("qingliu:zoning", {"BOUNDARY": limits["OUTPUT"], "DEM": dem, **roles,
                                    "OUTPUT": str(tmp_path / "z.gpkg"),
                                    "BOUNDARY_OUT": str(tmp_path / "o.gpkg")})  # fmt: skip
    zones, outline = assert_exact_on_disk(result["OUTPUT"], result["BOUNDARY_OUT"])
    assert {z["zone"] for z in zones} == {"protection", "regulation", "channel"}
    drawn = math.fsum(f.geometry().area() for f in read(limits["OUTPUT"]).getFeatures())
    assert abs(math.fsum(f.geometry().area() for f in outline) - drawn) < 1


def test_text_in_a_channels_number_is_refused_and_its_numbers_widen_the_belt(
    run, valley, boundary, land, tmp_path
):
    line = f"LineString ({X0 + 600} {Y0 - 100}, {X0 + 600} {Y0 - 1200})"
    common = {"BOUNDARY": boundary, "DEM": valley, "LANDUSE": land, "LANDUSE_FIELD": "DLBM"}
    areas = []
    for area in ("0.8", "12.5"):
        channels = layer("LineString", [(line, [area])], "&field=area_km2:string(10)")
        result = run("qingliu:zoning", {**common, "CHANNELS": channels, "RULES": "{channel_zone_area_min_km2: 0}",
                                        "OUTPUT": str(tmp_path / f"{area}.gpkg")})  # fmt: skip
        areas.append(result["AREA_CHANNEL"])
    assert areas[0] == pytest.approx(20 * 1051.1 / 10_000, rel=0.02)  # 10 m at each side
    assert areas[1] > 1.5 * areas[0]
    channels = layer("LineString", [(line, ["a lot"])], "&field=area_km2:string(10)")
    with pytest.raises(QgsProcessingException, match="QL-LAYER-NOTNUMBER"):
        run("qingliu:zoning", {**common, "CHANNELS": channels, "OUTPUT": str(tmp_path / "x.gpkg")})


def test_land_use_raster_that_covers_half_is_said_and_the_rest_goes_by_terrain(
    run_logged, valley, boundary, tmp_path
):
    path = tmp_path / "use.tif"
    source = gdal.Open(valley)
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), SIZE // 2, SIZE, 1, gdal.GDT_Byte)
    dataset.SetGeoTransform(source.GetGeoTransform())
    dataset.SetProjection(source.GetProjection())
    dataset.GetRasterBand(1).WriteArray(np.full((SIZE, SIZE // 2), 3, np.uint8))
    del dataset
    mapping = tmp_path / "map.csv"
    mapping.write_text("code,gbt21010\n3,0301\n", encoding="utf-8")
    parameters = {"BOUNDARY": boundary, "DEM": valley, "LANDUSE": str(path), "LANDUSE_MAP": str(mapping)}
    outputs = {"OUTPUT": str(tmp_path / "z.gpkg"), "BOUNDARY_OUT": str(tmp_path / "b.gpkg")}
    result, log = run_logged({**parameters, **outputs})
    assert_exact_on_disk(result["OUTPUT"], result["BOUNDARY_OUT"])
    assert "QL-ZONING-UNKNOWNUSE: LANDUSE: for 55." in log
