"""Which CRS results lie in, and that no datum changes in silence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsPointXY,
    QgsRasterLayer,
    QgsRectangle,
)
from qingliu.core.crs_names import BELTS, central_meridian, epsg_of_zone, zone_of_longitude
from qingliu.core.datum_shift import parse_shift
from qingliu.core.errors import InputError
from qingliu.core.grid import GridFrame
from qingliu.layers.crs import (
    coordinate_problems,
    crs_problems,
    datum_of,
    distance_area,
    ellipsoid_of,
    from_wkt,
    is_usable,
    metric_crs_at,
    output_crs,
    projection_of,
    same_crs,
    scale_error,
    wkt_of,
)
from qingliu.layers.datums import guard
from qingliu.layers.rasters import read_raster

# In the middle of zone 39 (117 degrees east), near 25.7 degrees north.
BOX = QgsRectangle(39_499_000, 2_840_000, 39_501_000, 2_842_000)
DEGREES = QgsRectangle(116.9, 25.6, 117.1, 25.8)


@pytest.fixture(autouse=True)
def _qgis(qgis_app, english):
    return qgis_app


def crs(code):
    return QgsCoordinateReferenceSystem(code if ":" in str(code) else f"EPSG:{code}")


def codes(problems):
    for found in problems:
        assert "{" not in found.text("en") + found.text("zh")
    return [p.code for p in problems]


# -- the output rule --------------------------------------------------------


@pytest.mark.parametrize(
    ("longitude", "latitude", "epsg"),
    [
        (117.0, 25.7, 4527),
        (115.5001, 30.0, 4527),
        (115.4999, 30.0, 4526),
        (87.6, 43.8, 4517),
        (126.6, 45.8, 4530),
        (110.0, 19.5, 4525),
        (11.5, 50.0, 32632),
        (-78.9, 36.0, 32617),
        (151.0, -33.9, 32756),
        (106.9, 47.9, 32648),
        (85.3, 27.7, 32645),
        (105.8, 21.0, 32648),
        (127.0, 37.5, 32652),
    ],
    ids=[
        "Fujian",
        "east of a zone's edge",
        "west of it",
        "Urumqi",
        "Harbin",
        "Hainan",
        "Bayreuth",
        "North Carolina",
        "Sydney",
        "Ulaanbaatar",
        "Kathmandu",
        "Hanoi",
        "Seoul",
    ],
)
def test_zone_inside_china_and_utm_elsewhere(longitude, latitude, epsg):
    assert metric_crs_at(longitude, latitude).authid() == f"EPSG:{epsg}"


@pytest.mark.parametrize("geographic", [4490, 4326, 4610, 4214])
def test_geographic_input_in_china_gives_the_cgcs2000_zone(geographic):
    found = output_crs(crs(geographic), DEGREES, "DEM")
    assert (found.crs.authid(), found.reason) == ("EPSG:4527", "geographic")
    assert codes(found.warnings) == ["QL-CRS-PROJECTED"]
    assert "EPSG:4527" in found.warnings[0].text()


def test_projected_input_in_metres_keeps_its_crs():
    for code in (4527, 4548, 2415, 32650):
        box = BOX if code in (4527, 2415) else QgsRectangle(499_000, 2_840_000, 501_000, 2_842_000)
        found = output_crs(crs(code), box)
        assert (found.crs, found.reason, found.warnings) == (crs(code), "same", [])


@pytest.mark.parametrize(
    ("named", "box", "code"),
    [
        (None, BOX, "QL-CRS-NONE"),
        (4527, QgsRectangle(0, 0, 10, 10), "QL-CRS-NOWHERE"),
        (4527, QgsRectangle(math.nan, math.nan, math.nan, math.nan), "QL-CRS-NOWHERE"),
        (4490, QgsRectangle(math.inf, math.inf, -math.inf, -math.inf), "QL-CRS-NOWHERE"),
        (4548, BOX, "QL-CRS-PREFIXED"),
    ],
)
def test_no_rule_for_what_lies_nowhere(named, box, code):
    with pytest.raises(InputError) as error:
        output_crs(crs(named) if named else QgsCoordinateReferenceSystem(), box, "x")
    assert error.value.code == code


def test_web_mercator_gives_the_zone():
    x = math.radians(117) * 6378137
    found = output_crs(crs(3857), QgsRectangle(x - 1000, 2_960_000, x + 1000, 2_962_000), "DEM")
    assert (found.crs.authid(), found.reason) == ("EPSG:4527", "scale")
    assert found.scale_error < 1e-6


def test_feet_give_utm():
    found = output_crs(crs(2227), QgsRectangle(6_000_000, 2_000_000, 6_001_000, 2_001_000))
    assert (found.crs.authid(), found.reason) == ("EPSG:26910", "units")


def test_crs_without_a_code_is_kept_and_equals_its_registered_twin(shared):
    layer = QgsRasterLayer(str(shared / "data/youwuzhen/dem_5m.tif"), "DEM")
    own, extent = layer.crs(), layer.extent()
    found = output_crs(own, extent)
    assert found.reason == "same"
    assert found.warnings == []
    assert same_crs(own, crs(2415))
    assert same_crs(from_wkt(wkt_of(found.crs)), own)
    assert not same_crs(own, crs(4527))
    assert guard(own, crs(2415), layer="DEM").transform.identity


# -- scale ------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0.0, 50_000.0, 100_000.0, 150_000.0])
def test_scale_error_of_a_zone_grows_with_the_square_of_the_distance(offset):
    x = 39_500_000 + offset
    error = scale_error(crs(4527), QgsRectangle(x - 1, 2_840_000, x + 1, 2_840_100))
    assert error == pytest.approx((offset / 6_370_000) ** 2 / 2, rel=0.02, abs=1e-7)


def test_scale_error_of_web_mercator_is_that_of_the_latitude():
    error = scale_error(crs(3857), QgsRectangle(13_000_000, 2_960_000, 13_000_001, 2_960_001))
    assert error == pytest.approx(1 / math.cos(math.radians(25.67)) - 1, abs=0.006)


def test_scale_error_above_a_twentieth_percent_is_said():
    found = output_crs(crs(4527), BOX)
    far = output_crs(crs(4527), QgsRectangle(39_720_000, 2_840_000, 39_721_000, 2_841_000), "DEM")
    assert found.warnings == []
    assert far.reason == "same"
    assert codes(far.warnings) == ["QL-CRS-SCALE"]


@pytest.mark.parametrize(
    "named",
    ["EPSG:4527", "+proj=tmerc +lon_0=116.7 +x_0=39500000 +ellps=krass"],
    ids=["coded", "without code"],
)
def test_ellipsoidal_length_beside_the_planar_one(named):
    used = crs(named) if ":" in named else QgsCoordinateReferenceSystem.fromProj(named)
    measure = distance_area(used)
    length = measure.measureLine(QgsPointXY(39_600_000, 2_840_000), QgsPointXY(39_601_000, 2_840_000))
    assert 1000.0 / length - 1 == pytest.approx((100_500 / 6_370_000) ** 2 / 2, rel=0.02)


def test_ellipsoid_of_the_old_datum_is_krassowsky():
    assert ellipsoid_of(crs(2415)).semi_major == 6378245
    assert 1 / ellipsoid_of(crs(2415)).flattening == pytest.approx(298.3)


# -- coordinates that do not fit --------------------------------------------


@pytest.mark.parametrize(
    ("code", "box", "problem", "fits"),
    [
        (4548, BOX, "QL-CRS-PREFIXED", "EPSG:4527"),
        (2436, BOX, "QL-CRS-PREFIXED", "EPSG:2415"),
        (4527, QgsRectangle(499_000, 2_840_000, 501_000, 2_842_000), "QL-CRS-UNPREFIXED", "EPSG:4548"),
        (4526, BOX, "QL-CRS-OTHERZONE", "EPSG:4527"),
        (4527, QgsRectangle(20_499_000, 2_840_000, 20_501_000, 2_842_000), "QL-CRS-OTHERZONE", "EPSG:4498"),
        (4527, QgsRectangle(2_840_000, 39_499_000, 2_842_000, 39_501_000), "QL-CRS-SWAPPED", "EPSG:4527"),
        (4527, DEGREES, "QL-CRS-DEGREES", "?"),
        (4490, BOX, "QL-CRS-METRES", "EPSG:4527"),
        (4610, BOX, "QL-CRS-METRES", "EPSG:2363"),
        (4490, QgsRectangle(25.6, 116.9, 25.8, 117.1), "QL-CRS-LATITUDEFIRST", "?"),
    ],
    ids=["prefix", "prefix Beijing 54", "no prefix", "zone 38 for 39", "6-degree zone", "swapped", "degrees",
         "metres", "metres Xian 80", "latitude first"],
)  # fmt: skip
def test_coordinates_that_betray_a_wrong_crs_are_named_with_the_right_one(code, box, problem, fits):
    found = coordinate_problems(crs(code), box, "地块", "PARCELS")
    assert codes(found) == [problem]
    assert found[0].facts["fits"] == fits


@pytest.mark.parametrize(
    ("code", "box"),
    [
        (4527, BOX),
        (4548, QgsRectangle(499_000, 2_840_000, 501_000, 2_842_000)),
        (32650, QgsRectangle(499_000, 2_840_000, 501_000, 2_842_000)),
        (4490, DEGREES),
        (3857, QgsRectangle(13_000_000, 2_900_000, 13_001_000, 2_901_000)),
        (32756, QgsRectangle(330_000, 6_250_000, 331_000, 6_251_000)),
        (32650, QgsRectangle(0, 0, 15, 15)),
        (32650, QgsRectangle(0, -300, 300, 0)),
        (25832, QgsRectangle(100, 5_500_000, 1_000, 5_501_000)),
    ],
)
def test_coordinates_that_fit_raise_no_alarm(code, box):
    assert coordinate_problems(crs(code), box, "x") == []


def test_coordinates_beyond_the_reach_of_their_crs_are_a_fault():
    found = coordinate_problems(crs(4527), QgsRectangle(0, 0, 100, 100), "x", "DEM")
    assert codes(found) == ["QL-CRS-NOWHERE"]


@pytest.mark.parametrize("belt", BELTS, ids=lambda b: f"{b.datum}-{b.width}-{b.prefixed}")
def test_epsg_codes_of_the_chinese_zones_are_those_of_the_register(belt):
    zones = range(25, 46) if belt.width == 3 else range(13, 24)
    for zone in zones:
        named = crs(epsg_of_zone(belt.datum, zone, belt.prefixed))
        meridian = f"CM {central_meridian(zone):.0f}E"
        assert named.description().endswith(f"zone {zone}" if belt.prefixed else meridian)
        assert datum_of(named) == belt.datum
        said = projection_of(named)
        assert said.central_meridian == central_meridian(zone)
        assert said.false_easting == (zone * 1_000_000 + 500_000 if belt.prefixed else 500_000)
        assert zone_of_longitude(said.central_meridian, belt.width) == zone


def test_no_crs_and_local_crs_are_faults():
    local = QgsCoordinateReferenceSystem.fromWkt('LOCAL_CS["工地",UNIT["metre",1]]')
    assert codes(crs_problems(QgsCoordinateReferenceSystem(), "x")) == ["QL-CRS-NONE"]
    assert not is_usable(local)


# -- datums -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"), [(2415, 4527), (4214, 4490), (4610, 4490), (2363, 4527), (2415, 2363), (4214, 4326)]
)
def test_old_datums_are_never_mixed_in_silence(one, other):
    for source, target in ((one, other), (other, one)):
        with pytest.raises(InputError) as error:
            guard(crs(source), crs(target), layer="沟道", algorithm="streamsurvey")
        assert codes(error.value.problems) == ["QL-CRS-DATUM"]
        text = error.value.text()
        assert "沟道" in text and "parameters" in text and "tens of metres" in text
        warned = guard(crs(source), crs(target), layer="沟道", algorithm="zoning")
        assert codes(warned.warnings) == ["QL-CRS-DATUMSHIFT"]


def test_both_datums_are_named():
    found = guard(crs(2415), crs(4527), layer="x").warnings[0].text()
    assert "Beijing 1954" in found and "CGCS2000" in found


def test_projecting_the_first_input_alone_is_no_mixing():
    found = guard(crs(4610), crs(4527), layer="DEM", algorithm="streamsurvey", first=crs(4610))
    assert codes(found.warnings) == ["QL-CRS-DATUMSHIFT"]


def test_earth_centred_datums_are_taken_as_the_same_and_said():
    found = guard(crs(4326), crs(4527), layer="outlet", algorithm="streamsurvey")
    assert codes(found.warnings) == ["QL-CRS-GEOCENTRIC"]
    assert found.transform.point(117.0, 25.7)[0] == pytest.approx(39_500_000, abs=1e-3)


def test_same_datum_needs_no_word():
    assert guard(crs(4490), crs(4527), layer="x", algorithm="streamsurvey").warnings == []
    assert guard(crs(4527), crs(4548), layer="x", algorithm="streamsurvey").warnings == []


THREE = parse_shift("15.8, -154.4, -82.3", "beijing54", "cgcs2000", "县测绘局 2019")
SEVEN = parse_shift("15.8 -154.4 -82.3 1.2 -0.5 0.9 3.1", "beijing54", "cgcs2000")


def by_hand(longitude, latitude, shift):
    """Helmert by the book (EPSG 9606, small angles), in degrees."""
    a, f = 6378245.0, 1 / 298.3
    e2 = f * (2 - f)
    lon, lat = math.radians(longitude), math.radians(latitude)
    n = a / math.sqrt(1 - e2 * math.sin(lat) ** 2)
    x, y, z = (
        n * math.cos(lat) * math.cos(lon),
        n * math.cos(lat) * math.sin(lon),
        n * (1 - e2) * math.sin(lat),
    )
    rx, ry, rz = (math.radians(s / 3600) for s in (shift.rx, shift.ry, shift.rz))
    m = 1 + shift.scale_ppm * 1e-6
    x2 = shift.dx + m * (x - rz * y + ry * z)
    y2 = shift.dy + m * (rz * x + y - rx * z)
    z2 = shift.dz + m * (-ry * x + rx * y + z)
    a2, f2 = 6378137.0, 1 / 298.257222101
    e22, p = f2 * (2 - f2), math.hypot(x2, y2)
    found = math.atan2(z2, p * (1 - e22))
    for _ in range(10):
        n2 = a2 / math.sqrt(1 - e22 * math.sin(found) ** 2)
        found = math.atan2(z2 + e22 * n2 * math.sin(found), p)
    return math.degrees(math.atan2(y2, x2)), math.degrees(found)


@pytest.mark.parametrize("shift", [THREE, SEVEN], ids=["three", "seven"])
def test_local_parameters_are_applied_as_the_book_says(shift):
    found = guard(crs(4214), crs(4490), layer="x", algorithm="streamsurvey", shifts=[shift])
    assert codes(found.warnings) == ["QL-CRS-LOCALSHIFT"]
    x, y = found.transform.point(116.45, 25.67)
    longitude, latitude = by_hand(116.45, 25.67, shift)
    # 1e-8 degrees are a millimetre
    assert (x, y) == (pytest.approx(longitude, abs=2e-8), pytest.approx(latitude, abs=2e-8))


def test_parameters_work_backwards_too():
    forth = guard(crs(2415), crs(4527), layer="x", shifts=[SEVEN]).transform
    back = guard(crs(4527), crs(2415), layer="x", shifts=[SEVEN]).transform
    there = forth.point(39_444_813.9, 2_840_490.8)
    assert math.dist(there, (39_444_813.9, 2_840_490.8)) > 30
    # the inverse of a seven-parameter shift is exact to the square of its small angles
    assert math.dist(back.point(*there), (39_444_813.9, 2_840_490.8)) < 0.01


def test_parameters_for_other_datums_do_not_help():
    with pytest.raises(InputError):
        guard(crs(4610), crs(4490), layer="x", algorithm="mapsheets", shifts=[THREE])


def test_operation_chosen_in_the_project_counts_as_given():
    context = QgsCoordinateTransformContext()
    context.addCoordinateOperation(crs(4214), crs(4326), "+proj=noop", True)
    found = guard(crs(4214), crs(4326), layer="x", algorithm="streamsurvey", context=context)
    assert codes(found.warnings) == ["QL-CRS-LOCALSHIFT"]


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("1,2,3", True),
        ("1，2；3", True),
        ("1 2 3 0.1 0.2 0.3 4", True),
        ("1,2", False),
        ("1,2,3,4", False),
        ("a,b,c", False),
        ("99999,2,3", False),
        ("1,2,3,100,0,0,0", False),
        ("", False),
    ],
)
def test_parameters_typed_in(text, ok):
    if ok:
        assert parse_shift(text, "beijing54", "cgcs2000").dx == 1
    else:
        with pytest.raises(InputError) as error:
            parse_shift(text, "beijing54", "cgcs2000")
        assert error.value.code == "QL-CRS-SHIFTBAD"


def test_raster_moves_with_the_parameters_as_points_do(tmp_path):
    path = tmp_path / "old.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 60, 60, 1, gdal.GDT_Float32)
    dataset.SetGeoTransform((39_444_600.0, 10.0, 0, 2_840_800.0, 0, -10.0))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(2415)
    dataset.SetSpatialRef(reference)
    dataset.GetRasterBand(1).WriteArray(np.fromfunction(lambda r, c: 1000.0 + c + 100 * r, (60, 60)))
    del dataset
    frame = GridFrame(10, 10, 39_444_800.0, 2_840_600.0, 10.0, 10.0, crs_wkt=wkt_of(crs(4527)))
    values = read_raster(path, "COVER", frame, shifts=[THREE]).grid.values
    x, y = guard(crs(4527), crs(2415), layer="x", shifts=[THREE]).transform.point(*frame.centre(4, 4))
    expected = 1000.0 + (x - 39_444_605) / 10 + 100 * (2_840_795 - y) / 10
    assert values[4, 4] == pytest.approx(expected, abs=0.05)


def test_datum_names_of_all_programs():
    esri = (
        'PROJCS["CGCS2000_3_Degree_GK_Zone_39",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
        'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",39500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    assert datum_of(from_wkt(esri)) == "cgcs2000"
    assert same_crs(from_wkt(esri), crs(4527))
    assert [datum_of(crs(c)) for c in (4214, 4610, 4490, 4326, 4258, 4269, 4555)] == [
        "beijing54", "xian80", "cgcs2000", "wgs84", "etrs89", "nad83", "newbeijing",
    ]  # fmt: skip
