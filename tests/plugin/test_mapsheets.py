"""qingliu:mapsheets: frames that follow the parallels, shares that add up, base maps judged by 4.1.3."""

from __future__ import annotations

import math

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingException,
    QgsVectorLayer,
)
from qingliu.core.mapsheets import parse_number, ring, sheet_at, sheet_scale
from qingliu.layers.mapsheets import frame

G = sheet_scale(10_000)
# CGCS2000 3-degree zones with and without prefix, 6-degree zone, UTM, Web Mercator, cones and planes
CRSS = [
    "EPSG:4526", "EPSG:4547", "EPSG:4510", "EPSG:32649", "EPSG:3857", "EPSG:3395", "EPSG:3995", "EPSG:3035",
    "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80", "+proj=laea +lat_0=35 +lon_0=105 +ellps=GRS80",
    "+proj=lcc +lat_1=30 +lat_2=62 +lat_0=0 +lon_0=105 +ellps=GRS80",
]  # fmt: skip
SHEET = "I49G048074"  # 112°33'45" to 112°37'30" E, 34° to 34°02'30" N


def projected(crs):
    made = (
        QgsCoordinateReferenceSystem.fromProj(crs)
        if crs.startswith("+")
        else QgsCoordinateReferenceSystem(crs)
    )
    assert made.isValid()
    source = QgsCoordinateReferenceSystem.fromEpsgId(4490)
    return QgsCoordinateTransform(source, made, QgsCoordinateTransformContext())


def furthest_off(points, transform):
    """How far the middles of a frame's straight pieces lie from their places on the true frame, m."""
    worst = 0.0
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        a, b = transform.transform(QgsPointXY(x0, y0)), transform.transform(QgsPointXY(x1, y1))
        true = transform.transform(QgsPointXY((x0 + x1) / 2, (y0 + y1) / 2))
        line = QgsGeometry.fromPolylineXY([a, b])
        worst = max(worst, line.distance(QgsGeometry.fromPointXY(true)))
    return worst


@pytest.mark.parametrize("crs", CRSS)
def test_the_frame_follows_the_parallels_to_a_decimetre_in_every_row_of_china(qgis_app, crs):
    transform = projected(crs)
    for row in range(14):
        for longitude in (108.01, 111.01, 113.9):
            sheet = sheet_at(longitude, 4 * row + 3.99, G)
            assert furthest_off(ring(sheet), transform) < 0.1


def test_a_frame_of_four_corners_would_be_decimetres_off(qgis_app):
    sheet = sheet_at(112.6, 40.01, G)
    west, south, east, north = sheet.bounds
    four = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    assert 0.3 < furthest_off(four, projected("EPSG:4547")) < 0.6
    assert furthest_off(ring(sheet), projected("EPSG:4547")) < 0.01


# -- the algorithm -----------------------------------------------------------
def memory(kind, crs, fields, rows, name="layer"):
    made = QgsVectorLayer(f"{kind}?crs={crs}{fields}", name, "memory")
    assert made.isValid()
    for geometry, values in rows:
        feature = QgsFeature(made.fields())
        if geometry is not None:
            feature.setGeometry(QgsGeometry(geometry))
        feature.setAttributes(values)
        made.dataProvider().addFeatures([feature])
    made.updateExtents()
    return made


def polygon(west, south, east, north):
    return QgsGeometry.fromWkt(
        f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
    )


def boundary(*shapes, crs="EPSG:4490"):
    return memory("Polygon", crs, "", [(shape, []) for shape in shapes], "boundary")


def bases(*rows, fields="&field=sheet:string&field=base_scale:integer&field=base_date:string"):
    return memory("Polygon", "EPSG:4490", fields, rows, "base maps")


def sheets(run, where, **parameters):
    """Sheet number -> feature, and all results."""
    results = run("qingliu:mapsheets", {"BOUNDARY": where, "OUTPUT": "memory:", **parameters})
    return {f["sheet"]: f for f in results["OUTPUT"].getFeatures()}, results


def test_a_boundary_that_is_a_sheet_is_that_sheet_whole(run):
    found, results = sheets(run, boundary(frame(parse_number(SHEET))))
    assert list(found) == [SHEET]
    feature = found[SHEET]
    assert feature["sheet_old"] == "I-49-70-(58)"
    assert feature["covered_pct"] == 100.0 and feature["watershed_pct"] == 100.0
    assert feature["clause"] == "4.1.3"
    assert results["SHEETS"] == 1
    assert results["OUTPUT"].crs().authid() == "EPSG:4490"
    outline = feature.geometry().asPolygon()[0]
    assert QgsPointXY(112.5625, 34.0) in outline and QgsPointXY(112.625, 34 + 1 / 24) in outline


def test_corners_are_exact_after_a_geopackage_round_trip(run, tmp_path):
    path = tmp_path / "sheets.gpkg"
    run(
        "qingliu:mapsheets",
        {"BOUNDARY": boundary(polygon(112.57, 34.001, 112.61, 34.03)), "OUTPUT": str(path)},
    )
    layer = QgsVectorLayer(str(path), "sheets", "ogr")
    (feature,) = layer.getFeatures()
    assert layer.crs().authid() == "EPSG:4490"
    written = [(p.x(), p.y()) for p in feature.geometry().asPolygon()[0]]
    assert written == ring(parse_number(SHEET))


def test_a_boundary_over_four_sheets_gives_four_with_shares_that_add_up(run):
    # a square of 40" around a point where four sheets meet: a quarter on each
    x, y, half = 112.5625, 34 + 1 / 24, 20 / 3600
    found, results = sheets(run, boundary(polygon(x - half, y - half, x + half, y + half)))
    assert sorted(found) == ["I49G047073", "I49G047074", "I49G048073", "I49G048074"]
    shares = [f["watershed_pct"] for f in found.values()]
    assert sum(shares) == pytest.approx(100, abs=0.02)
    for share in shares:
        assert share == pytest.approx(25, abs=0.02)
    # 20" by 20" of a sheet of 225" by 150"
    assert found["I49G048074"]["covered_pct"] == pytest.approx(100 * 400 / (225 * 150), abs=0.01)
    assert results["SHEETS_UNCOVERED"] == 4


def test_a_projected_boundary_is_laid_on_the_sheets(run):
    transform = projected("EPSG:4547")
    shape = polygon(112.57, 34.001, 112.61, 34.03)
    shape.transform(transform)
    found, _ = sheets(run, boundary(shape, crs="EPSG:4547"))
    assert list(found) == [SHEET]


def test_ground_on_an_edge_alone_does_not_make_a_sheet(run):
    found, _ = sheets(run, boundary(polygon(112.5625, 34.0, 112.6, 34.02)))
    assert list(found) == [SHEET]


def test_outside_china_the_numbers_follow_the_formula_and_it_is_said(run, english):
    found, _ = sheets(run, boundary(polygon(11.51, 50.01, 11.52, 50.02), crs="EPSG:4326"))
    assert list(found) == ["M32G048089"]


def test_base_maps_give_scale_date_and_state(run):
    sheet = parse_number(SHEET)
    west, south, east, north = sheet.bounds
    middle = (west + east) / 2
    register = bases(
        (polygon(west, south, middle, north), [None, 10_000, "2019-05"]),
        (polygon(middle, south, east, north), [None, 25_000, "1998"]),
    )
    found, results = sheets(run, boundary(frame(sheet)), BASEMAPS=register)
    feature = found[SHEET]
    assert (feature["base_scale"], feature["base_date"], feature["base_state"]) == (25_000, "1998", "coarse")
    assert (results["SHEETS_COARSE"], results["SHEETS_UNCOVERED"]) == (1, 0)
    left, _ = sheets(run, boundary(polygon(west, south, middle, north)), BASEMAPS=register)
    assert (left[SHEET]["base_scale"], left[SHEET]["base_state"]) == (10_000, "ok")


def test_half_a_base_map_leaves_the_sheet_partly_bare(run):
    sheet = parse_number(SHEET)
    west, south, east, north = sheet.bounds
    register = bases((polygon(west, south, (west + east) / 2, north), [None, 10_000, None]))
    found, results = sheets(run, boundary(frame(sheet)), BASEMAPS=register)
    assert found[SHEET]["base_covered_pct"] == pytest.approx(50, abs=0.01)
    assert found[SHEET]["base_state"] == "partly"
    assert results["SHEETS_UNCOVERED"] == 1


@pytest.mark.parametrize(
    "written", [SHEET, "I-49-70-(58)", "Ｉ－49－70－（58）"], ids=["new", "old", "full width"]
)
def test_a_base_map_without_polygon_lies_where_its_number_says(run, written):
    found, _ = sheets(
        run, boundary(frame(parse_number(SHEET))), BASEMAPS=bases((None, [written, 10_000, "2020"]))
    )
    assert (found[SHEET]["base_scale"], found[SHEET]["base_date"], found[SHEET]["base_state"]) == (
        10_000,
        "2020",
        "ok",
    )


def test_the_log_names_what_the_base_maps_lack(provider, qgis_new_project, english):
    from qgis import processing
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback

    sheet = parse_number(SHEET)
    register = bases(
        (polygon(110.1, 30.1, 110.2, 30.2), [SHEET, 10_000, None]),  # drawn elsewhere than numbered
        (None, ["sheet 7", 10_000, None]),
        (frame(sheet), [None, 25_000, "last year"]),
        (frame(sheet), [None, 25_000, "3023-01-01"]),
    )
    feedback = QgsProcessingFeedback()
    parameters = {"BOUNDARY": boundary(frame(sheet)), "BASEMAPS": register, "OUTPUT": "memory:"}
    processing.run("qingliu:mapsheets", parameters, context=QgsProcessingContext(), feedback=feedback)
    log = feedback.textLog()
    for code in (
        "QL-SHEET-ELSEWHERE",
        "QL-SHEET-BADNUMBER",
        "QL-SHEET-COARSE",
        "QL-SHEET-BADDATE",
        "QL-SHEET-FUTURE",
    ):
        assert log.count(code) == 1, log
    assert "1:25000" in log and SHEET in log


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"BOUNDARY": boundary}, "QL-SHEET-NOGROUND"),
        ({"BOUNDARY": lambda: boundary(polygon(110, -1, 110.1, -0.9))}, "QL-SHEET-LATITUDE"),
        ({"BOUNDARY": lambda: boundary(polygon(110, 60.1, 110.1, 60.2))}, "QL-SHEET-LATITUDE"),
        ({"BOUNDARY": lambda: boundary(polygon(73, 18, 135, 53))}, "QL-SHEET-TOOMANY"),
        ({"BOUNDARY": lambda: boundary(polygon(0, 0, 1, 1), crs="")}, "QL-CRS-NONE"),
        ({"BOUNDARY": lambda: memory("Point", "EPSG:4490", "", [])}, "QL-LAYER-GEOMETRYTYPE"),
        ({"BASEMAPS": lambda: bases(fields="&field=a:string")}, "QL-LAYER-NOFIELD"),
        (
            {
                "BASEMAPS": lambda: bases(
                    (polygon(110, 30, 111, 31), ["A"]), fields="&field=base_scale:string"
                )
            },
            "QL-SHEET-BADSCALE",
        ),
    ],
    ids=[
        "empty",
        "south of the equator",
        "beyond 60° N",
        "all of China",
        "no CRS",
        "points",
        "no scale field",
        "scale is text",
    ],
)
def test_bad_input_is_refused_with_its_code(run, changed, code):
    given = {"BOUNDARY": lambda: boundary(polygon(110, 30, 110.01, 30.01)), **changed}
    with pytest.raises(QgsProcessingException, match=code):
        run("qingliu:mapsheets", {**{k: make() for k, make in given.items()}, "OUTPUT": "memory:"})


@pytest.mark.parametrize(
    "crs", ["EPSG:4610", "EPSG:4214", "EPSG:2379"], ids=["Xi'an 80", "Beijing 54", "Xi'an 80 GK"]
)
def test_old_datums_are_refused_until_local_parameters_are_given(run, crs):
    shape = polygon(111.01, 34.01, 111.02, 34.02)
    if crs == "EPSG:2379":
        shape = polygon(400_000, 3_765_000, 401_000, 3_766_000)
    with pytest.raises(QgsProcessingException, match="QL-CRS-DATUM"):
        run("qingliu:mapsheets", {"BOUNDARY": boundary(shape, crs=crs), "OUTPUT": "memory:"})


def test_with_local_parameters_an_old_datum_is_laid_on_the_sheets(run, tmp_path):
    """Xi'an 80, 60 m east of the border of two sheets; the county's parameters move it 120 m west."""
    west = 112.5625 + 60 / (30.9 * 3600 * math.cos(math.radians(34)))  # m to degrees
    shape = polygon(west, 34.01, west + 0.0001, 34.0101)
    shift = math.radians(west)
    moved = {"dx": 120 * math.sin(shift), "dy": -120 * math.cos(shift), "dz": 0}
    lines = [f"  {key}: {value:.3f}" for key, value in moved.items()]
    head = ["name: 某县", "year: 2024", "source: 实测", "datum:", "  from: Xian 1980", "  to: CGCS2000"]
    county = tmp_path / "county.yaml"
    county.write_text("\n".join([*head, *lines, "  source: 县测绘"]), encoding="utf-8")
    found, _ = sheets(run, boundary(shape, crs="EPSG:4610"), COUNTY=str(county))
    assert list(found) == ["I49G048073"]


def test_a_watershed_across_the_border_of_two_6_degree_zones_has_sheets_of_both(run):
    shape = polygon(113.98, 34.01, 114.02, 34.03)
    shape.transform(projected("EPSG:4547"))
    found, _ = sheets(run, boundary(shape, crs="EPSG:4547"))
    assert sorted(found) == ["I49G048096", "I50G048001"]
    assert found["I49G048096"]["watershed_pct"] == pytest.approx(50, abs=0.05)


def test_base_maps_on_another_datum_are_refused_too(run):
    register = memory(
        "Polygon", "EPSG:4610", "&field=base_scale:integer", [(polygon(112.5, 34, 112.7, 34.1), [10_000])]
    )
    with pytest.raises(QgsProcessingException, match="QL-CRS-DATUM"):
        run(
            "qingliu:mapsheets",
            {
                "BOUNDARY": boundary(polygon(112.6, 34.01, 112.61, 34.02)),
                "BASEMAPS": register,
                "OUTPUT": "memory:",
            },
        )


def test_area_shares_are_ellipsoidal(run):
    """A sheet's southern half is larger than its northern one by the narrowing of the meridians."""
    west, south, east, north = sheet_at(112.6, 50.01, G).bounds
    found, _ = sheets(run, boundary(polygon(west, south, east, (south + north) / 2)))
    (feature,) = found.values()
    lat = math.radians((south + north) / 2)
    expected = 50 * (1 + math.tan(lat) * math.radians((north - south) / 4))
    assert feature["covered_pct"] == pytest.approx(expected, abs=0.006)
