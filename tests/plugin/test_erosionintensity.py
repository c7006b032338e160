"""``qingliu:erosionintensity``: classes, areas that add up, table A.3 and C.1 by hand."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from qgis.core import QgsGeometry, QgsProcessingException, QgsWkbTypes

_spec = importlib.util.spec_from_file_location("land_files", Path(__file__).with_name("land_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)

NAMES = {1: "微度", 2: "轻度", 3: "中度", 4: "强烈", 5: "极强烈", 6: "剧烈"}


class Log:
    """What a run said, from QGIS's own feedback."""

    def __init__(self):
        from qgis.core import QgsProcessingFeedback

        self.feedback = QgsProcessingFeedback(False)

    @property
    def text(self):
        return self.feedback.textLog()


@pytest.fixture
def erode(run, tmp_path, english):
    from qgis import processing

    def _erode(boundary, **parameters):
        log = Log()
        wanted = {"OUTPUT": str(tmp_path / "erosion.gpkg"), "TABLE": str(tmp_path / "a3.gpkg"), **parameters}
        result = processing.run(
            "qingliu:erosionintensity", {"BOUNDARY": boundary, **wanted}, feedback=log.feedback
        )
        return result, files.rows_of(result["OUTPUT"]), files.rows_of(result["TABLE"])[0], log.text

    return _erode


def refused(erode, *boundary, **parameters):
    with pytest.raises(QgsProcessingException) as caught:
        erode(*boundary, **parameters)
    return str(caught.value)


@pytest.fixture
def boundary(tmp_path):
    """A square of 1 km, 100 hm²: 10 by 10 squares of 1 hm²."""
    return files.polygons(tmp_path / "boundary.gpkg", [(files.square(0, 0, 10, 10), {})])


def by_class(rows):
    areas = {}
    for row in rows:
        areas[row["class"]] = areas.get(row["class"], 0.0) + row["area_hm2"]
    return areas


def test_official_polygons_give_classes_areas_and_the_rate_by_hand(erode, boundary, tmp_path):
    """88 hm² slight, 6 light, 4 moderate, 2 severe: 12 of 100 hm² are eroded, so C.1 is 88 %."""
    official = files.polygons(
        tmp_path / "official.gpkg",
        [
            (files.square(0, 0, 10, 8), {"class": 1}),
            (files.square(0, 8, 8, 1), {"class": 1}),
            (files.square(8, 8, 2, 1), {"class": 2}),
            (files.square(0, 9, 4, 1), {"class": 2}),
            (files.square(4, 9, 4, 1), {"class": 3}),
            (files.square(8, 9, 2, 1), {"class": 6}),
        ],
        **{"class": int},
    )
    result, rows, table, log = erode(boundary, OFFICIAL=official)
    assert by_class(rows) == {1: 88.0, 2: 6.0, 3: 4.0, 6: 2.0}
    assert {(r["class"], r["class_name"]) for r in rows} == {(c, NAMES[c]) for c in (1, 2, 3, 6)}
    assert {r["estimate"] for r in rows} == {False}
    assert result["CONSERVATION_RATE"] == 88.0
    assert "QL-EROSION-ESTIMATE" not in log
    assert table["watershed_area_km2"] == 1.0 and table["erosion_total_hm2"] == 12.0
    assert table["erosion_light_hm2"] == 6.0 and table["erosion_light_pct"] == 50.0
    assert table["erosion_moderate_pct"] == pytest.approx(100 / 3, abs=1e-4)
    assert table["erosion_strong_hm2"] == 0.0 and table["erosion_severe_pct"] == pytest.approx(
        100 / 6, abs=1e-4
    )
    assert table["erosion_modulus"] is None and table["gully_density"] is None
    assert table["estimate"] is False


def test_fields_are_those_of_the_contract_in_their_order(erode, boundary, tmp_path):
    official = files.polygons(
        tmp_path / "o.gpkg", [(files.square(0, 0, 10, 10), {"class": 1})], **{"class": int}
    )
    _, rows, table, _ = erode(boundary, OFFICIAL=official)
    assert list(rows[0]) == ["fid", "class", "class_name", "area_hm2", "estimate", "geometry"]
    from qingliu.core.standard import default_edition

    columns = [c.key for c in default_edition().table("A.3").columns]
    assert list(table)[1 : 1 + len(columns)] == columns


@pytest.mark.parametrize(
    "values",
    [
        ["1", "2", "3"],
        ["微度", "轻度", "中度"],
        ["微度侵蚀", "轻度侵蚀", "中度侵蚀"],
        ["1 微度", "2 轻度", "３"],
    ],
    ids=["text codes", "names", "names with the word erosion", "codes with names, full width"],
)
def test_official_classes_may_be_codes_or_names(values, erode, boundary, tmp_path):
    shapes = [files.square(0, 0, 10, 8), files.square(0, 8, 10, 1), files.square(0, 9, 10, 1)]
    rows = [(shape, {"强度": value}) for shape, value in zip(shapes, values)]
    official = files.polygons(tmp_path / "official.gpkg", rows, **{"强度": str})
    result, found, _, _ = erode(boundary, OFFICIAL=official, OFFICIAL_FIELD="强度")
    assert by_class(found) == {1: 80.0, 2: 10.0, 3: 10.0}
    assert result["CONSERVATION_RATE"] == 80.0


def test_official_gap_leaves_the_rate_open_between_two_bounds(erode, boundary, tmp_path):
    """90 hm² slight, 4 hm² light, 6 hm² not covered: the rate lies between 90 and 96 %."""
    shapes = [(files.square(0, 0, 10, 9), {"class": 1}), (files.square(0, 9, 4, 1), {"class": 2})]
    official = files.polygons(tmp_path / "official.gpkg", shapes, **{"class": int})
    result, rows, _, log = erode(boundary, OFFICIAL=official)
    assert by_class(rows) == {1: 90.0, 2: 4.0, None: 6.0}
    assert result["CONSERVATION_RATE"] is None
    assert "QL-EROSION-BOUNDS" in log and "between 90.0000 and 96.0000" in log
    result, rows, _, log = erode(boundary, OFFICIAL=official, REST_SLIGHT=True)
    assert by_class(rows) == {1: 96.0, 2: 4.0} and result["CONSERVATION_RATE"] == 96.0
    assert "QL-EROSION-RESTSLIGHT" in log


def test_official_overlap_counts_once_and_is_reported(erode, boundary, tmp_path):
    shapes = [(files.square(0, 0, 10, 10), {"class": 1}), (files.square(0, 0, 2, 1), {"class": 4})]
    official = files.polygons(tmp_path / "official.gpkg", shapes, **{"class": int})
    result, rows, _, log = erode(boundary, OFFICIAL=official)
    assert by_class(rows) == {1: 100.0} and result["CONSERVATION_RATE"] == 100.0
    assert "QL-AREA-OVERLAP" in log and "20000.0 m²" in log


def loss_steps():
    """Soil loss of five strips of 20 cells: 4.9, 5, 25, 50 and 151 t/(hm²·a) on 100 by 100 cells of 10 m."""
    return np.repeat([[4.9, 5.0, 25.0, 50.0, 151.0]], 100, axis=0).repeat(20, axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("region", "expected", "rate"),
    [
        ("south_red", {1: 20.0, 2: 20.0, 3: 20.0, 4: 20.0, 6: 20.0}, 20.0),
        ("loess", {1: 40.0, 3: 20.0, 4: 20.0, 6: 20.0}, 40.0),
        ("northeast_black", {2: 40.0, 3: 20.0, 4: 20.0, 6: 20.0}, 0.0),
    ],
)
def test_soil_loss_is_graded_by_the_region(region, expected, rate, erode, boundary, tmp_path):
    """490 and 500 t/(km²·a) are slight or light by the region's 200, 500 or 1000; lower limits belong up.

    The mean is (490 + 500 + 2500 + 5000 + 15100) / 5 = 4718 t/(km²·a).
    """
    loss = files.raster(tmp_path / "loss.tif", loss_steps())
    result, rows, table, log = erode(boundary, SOIL_LOSS=loss, REGION=region)
    assert by_class(rows) == expected
    assert {r["estimate"] for r in rows} == {True} and "QL-EROSION-ESTIMATE" in log
    assert result["CONSERVATION_RATE"] == rate
    assert table["erosion_modulus"] == pytest.approx(4718, abs=0.01)
    assert table["estimate"] is True


def test_factors_multiply_and_what_is_missing_counts_as_one(erode, boundary, tmp_path):
    """5000 · 0.03 · 2 · 0.1 = 30 t/(hm²·a) = 3000 t/(km²·a): moderate. R comes in coarser cells."""
    fine = np.ones((100, 100), np.float32)
    result, rows, table, log = erode(
        boundary,
        R=files.raster(tmp_path / "r.tif", np.full((4, 4), 5000, np.float32), cell=500.0, y0=files.Y0 + 500),
        K=files.raster(tmp_path / "k.tif", fine * 0.03),
        LS=files.raster(tmp_path / "ls.tif", fine * 2),
        B=files.raster(tmp_path / "b.tif", fine * 0.1),
        REGION="south_red",
    )
    assert by_class(rows) == {3: 100.0} and result["CONSERVATION_RATE"] == 0.0
    assert table["erosion_modulus"] == pytest.approx(3000, rel=1e-6)
    assert log.count("QL-EROSION-FACTORONE") == 2  # E and T


def sloping(tangent, rows=110, cols=110):
    """A plane falling east with this tangent, cells of 10 m, a margin of 5 cells around the square."""
    return (800 - tangent * 10 * np.arange(cols, dtype=np.float64) * np.ones((rows, 1))).astype(np.float32)


def dem_file(tmp_path, tangent):
    return files.raster(tmp_path / "dem.tif", sloping(tangent), x0=files.X0 - 50, y0=files.Y0 + 50)


def land_file(tmp_path, *codes):
    """Land use in equal vertical strips of the square."""
    width = 10 // len(codes)
    rows = [(files.square(i * width, 0, width, 10), {"DLBM": code}) for i, code in enumerate(codes)]
    return files.polygons(tmp_path / "land.gpkg", rows, DLBM=str)


def test_without_cover_steeper_land_other_than_cropland_is_undecided(erode, boundary, tmp_path):
    """tan 20° everywhere: cropland 15-25° is strong (4); forest has no class, so C.1 is between 0 and 50 %."""
    dem, land = dem_file(tmp_path, math.tan(math.radians(20))), land_file(tmp_path, "0103", "0301")
    result, rows, table, log = erode(boundary, DEM=dem, LANDUSE=land)
    assert by_class(rows) == {4: 50.0, None: 50.0}
    assert next(r for r in rows if r["class"] is None)["class_name"] is None
    assert result["CONSERVATION_RATE"] is None
    assert "QL-EROSION-NOCOVER" in log and "between 0.0000 and 50.0000" in log
    assert table["erosion_strong_hm2"] == 50.0


def test_gentle_land_is_slight_without_cover(erode, boundary, tmp_path):
    dem, land = dem_file(tmp_path, math.tan(math.radians(4))), land_file(tmp_path, "0103", "0301")
    result, rows, _, _ = erode(boundary, DEM=dem, LANDUSE=land)
    assert by_class(rows) == {1: 100.0} and result["CONSERVATION_RATE"] == 100.0


def test_the_lower_limit_of_a_slope_class_belongs_to_it(erode, boundary, tmp_path):
    """Exactly 15° (as far as float32 heights say) is in 15-25°: strong on cropland, not moderate."""
    dem, land = dem_file(tmp_path, math.tan(math.radians(15))), land_file(tmp_path, "0103")
    _, rows, _, _ = erode(boundary, DEM=dem, LANDUSE=land)
    assert by_class(rows) == {4: 100.0}


@pytest.mark.parametrize("factor", [1.0, 0.01], ids=["per cent", "fraction"])
def test_cover_grades_other_land(factor, erode, boundary, tmp_path):
    """At 20° cover 80 / 50 / 20 % is slight, moderate (45-60 %: 3), strong (below 30 %: 4)."""
    cover = np.repeat([[80.0, 50.0, 20.0, 20.0]], 100, axis=0).repeat(25, axis=1) * factor
    dem, land = dem_file(tmp_path, math.tan(math.radians(20))), land_file(tmp_path, "0301", "0401")
    result, rows, _, log = erode(
        boundary, DEM=dem, LANDUSE=land, COVER=files.raster(tmp_path / "cover.tif", cover.astype(np.float32))
    )
    assert by_class(rows) == {1: 25.0, 3: 25.0, 4: 50.0}
    assert result["CONSERVATION_RATE"] == 25.0
    assert ("QL-EROSION-COVERSCALED" in log) == (factor < 1)


def test_land_use_may_be_a_raster_with_a_map(erode, boundary, tmp_path):
    codes = np.repeat([[7, 9]], 100, axis=0).repeat(50, axis=1).astype(np.int32)
    land = files.raster(tmp_path / "land.tif", codes)
    table = tmp_path / "map.csv"
    table.write_text("code,gbt21010\n7,0103\n9,0301\n", encoding="utf-8")
    dem = dem_file(tmp_path, math.tan(math.radians(20)))
    _, rows, _, _ = erode(boundary, DEM=dem, LANDUSE=land, LANDUSE_MAP=str(table))
    assert by_class(rows) == {4: 50.0, None: 50.0}


def test_exempt_land_is_slight_and_otherwise_named(erode, boundary, tmp_path):
    dem, land = dem_file(tmp_path, math.tan(math.radians(20))), land_file(tmp_path, "0101", "0103")
    _, rows, _, log = erode(boundary, DEM=dem, LANDUSE=land)
    assert by_class(rows) == {4: 100.0} and "QL-EROSION-LEVELLED" in log
    _, rows, _, log = erode(boundary, DEM=dem, LANDUSE=land, EXEMPT="0101, 11")
    assert by_class(rows) == {1: 50.0, 4: 50.0} and "QL-EROSION-LEVELLED" not in log


def test_classes_add_up_to_a_crooked_boundary(erode, tmp_path):
    """Cells are cut along a triangle and a ring with a hole; no half cell is lost or counted whole."""
    x, y = files.X0, files.Y0
    ring = (
        f"POLYGON(({x + 13} {y - 11},{x + 903.7} {y - 207.3},{x + 417.1} {y - 951.9},{x + 13} {y - 11}),"
        f"({x + 400} {y - 300},{x + 450} {y - 303},{x + 437} {y - 410},{x + 400} {y - 300}))"
    )
    boundary = files.polygons(tmp_path / "crooked.gpkg", [(ring, {})])
    loss = np.random.default_rng(5).uniform(0, 200, (100, 100)).astype(np.float32)
    loss[40:60, 40:60] = np.nan
    raster = files.raster(tmp_path / "loss.tif", loss)
    result, rows, table, _ = erode(boundary, SOIL_LOSS=raster, REGION="loess")
    total = QgsGeometry.fromWkt(ring).area()
    areas = [r["geometry"].area() for r in rows]
    assert math.fsum(areas) == pytest.approx(total, abs=1e-3)
    assert len(rows) == len({r["class"] for r in rows}) <= 7
    for row in rows:
        assert row["geometry"].isGeosValid()
        assert row["geometry"].wkbType() == QgsWkbTypes.MultiPolygon
        assert row["area_hm2"] == pytest.approx(row["geometry"].area() / 1e4, abs=5.1e-5)
    assert table["watershed_area_km2"] == pytest.approx(total / 1e6, abs=5.1e-7)
    graded = sum(r["area_hm2"] for r in rows if r["class"] and r["class"] >= 2)
    assert table["erosion_total_hm2"] == pytest.approx(graded, abs=5e-4)
    shares = [table[f"erosion_{k}_pct"] for k in ("light", "moderate", "strong", "very_strong", "severe")]
    assert sum(shares) == pytest.approx(100, abs=1e-3)
    assert result["CONSERVATION_RATE"] is None


def test_boundary_beyond_the_raster_is_undecided_there(erode, boundary, tmp_path):
    """The raster covers the western half only: 50 hm² have no class."""
    raster = files.raster(tmp_path / "loss.tif", np.full((100, 50), 1.0, np.float32))
    result, rows, _, _ = erode(boundary, SOIL_LOSS=raster, REGION="loess")
    assert by_class(rows) == {1: 50.0, None: 50.0} and result["CONSERVATION_RATE"] is None


def test_gully_density_comes_from_lines_inside_the_boundary(erode, boundary, tmp_path):
    """A line of 2 km of which 1 km lies in the square of 1 km²: 1 km/km². Gullies go before channels."""
    raster = files.raster(tmp_path / "loss.tif", np.full((100, 100), 1.0, np.float32))
    x, y = files.X0, files.Y0
    line = files.QgsWkbTypes.LineString
    gullies = files.polygons(
        tmp_path / "gullies.gpkg", [(f"LINESTRING({x - 500} {y - 50},{x + 1500} {y - 50})", {})], kind=line
    )
    channels = files.polygons(
        tmp_path / "channels.gpkg", [(f"LINESTRING({x} {y - 50},{x + 250} {y - 50})", {})], kind=line
    )
    both = {"GULLIES": gullies, "CHANNELS": channels}
    _, _, table, log = erode(boundary, SOIL_LOSS=raster, REGION="loess", **both)
    assert table["gully_density"] == pytest.approx(1.0, abs=1e-6) and "QL-EROSION-GULLIES" in log
    _, _, table, _ = erode(boundary, SOIL_LOSS=raster, REGION="loess", CHANNELS=channels)
    assert table["gully_density"] == pytest.approx(0.25, abs=1e-6)


def test_gully_polygons_give_a_share_and_no_density(erode, boundary, tmp_path):
    """12 of 100 hm² are gullies: moderate (10-25 %)."""
    raster = files.raster(tmp_path / "loss.tif", np.full((100, 100), 1.0, np.float32))
    gullies = files.polygons(tmp_path / "gullies.gpkg", [(files.square(0, 0, 6, 2), {})])
    _, _, table, log = erode(boundary, SOIL_LOSS=raster, REGION="loess", GULLIES=gullies)
    assert table["gully_density"] is None and "3 中度" in log and "share 12.000 %" in log


def test_shares_may_be_of_the_watershed(erode, boundary, tmp_path):
    raster = files.raster(tmp_path / "loss.tif", loss_steps())
    _, _, table, _ = erode(boundary, SOIL_LOSS=raster, REGION="south_red", SHARE_OF="watershed")
    assert table["erosion_light_pct"] == 20.0 and table["erosion_severe_pct"] == 20.0


def test_boundary_in_degrees_is_measured_in_its_zone_and_the_dem_follows(erode, tmp_path):
    """The same square in EPSG:4490: the results lie in the 3-degree zone of 114 E with prefix."""
    flat = QgsGeometry.fromWkt(files.square(0, 0, 10, 10))
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject

    there = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4547"),
        QgsCoordinateReferenceSystem("EPSG:4490"),
        QgsProject.instance(),
    )
    flat.transform(there)
    boundary = files.polygons(tmp_path / "degrees.gpkg", [(flat.asWkt(12), {})], epsg=4490)
    dem, land = dem_file(tmp_path, math.tan(math.radians(20))), land_file(tmp_path, "0103")
    result, rows, table, log = erode(boundary, DEM=dem, LANDUSE=land)
    layer = files.QgsVectorLayer(result["OUTPUT"], "out", "ogr")
    assert layer.crs().authid() == "EPSG:4526" and "QL-CRS-PROJECTED" in log
    assert table["watershed_area_km2"] == pytest.approx(1.0, abs=1e-5)
    # parcels end a hair inside or outside of cells along the border
    assert by_class(rows)[4] == pytest.approx(100.0, abs=0.5)


def test_table_as_csv_has_a_byte_order_mark(erode, run, boundary, tmp_path):
    raster = files.raster(tmp_path / "loss.tif", loss_steps())
    path = tmp_path / "表.csv"
    parameters = {"BOUNDARY": boundary, "SOIL_LOSS": raster, "REGION": "loess", "TABLE": str(path)}
    run("qingliu:erosionintensity", {**parameters, "OUTPUT": str(tmp_path / "o.gpkg")})
    assert path.read_bytes().startswith(b"\xef\xbb\xbfwatershed_area_km2,")


def test_chart_shows_each_class_and_the_rate(erode, boundary, tmp_path):
    """Five classes of 20 hm² each; the page names them and C.1."""
    raster = files.raster(tmp_path / "loss.tif", loss_steps())
    path = tmp_path / "chart.html"
    result, _, _, _ = erode(boundary, SOIL_LOSS=raster, REGION="south_red", CHART=str(path))
    text = path.read_text(encoding="utf-8")
    assert result["CHART"] == str(path)
    assert text.count("20.00 hm² · 20.0 %") == 5 and "20.00 %." in text and "QL-EROSION-ESTIMATE" in text


def test_cancel_stops_the_run_and_leaves_no_result(run, boundary, tmp_path):
    """The user cancels as soon as the cells become polygons."""
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    class Impatient(QgsProcessingFeedback):
        def setProgressText(self, text):
            super().setProgressText(text)
            if "cell_polygons" in text or "10,000" in text:
                self.cancel()

    raster = files.raster(tmp_path / "loss.tif", loss_steps())
    parameters = {"BOUNDARY": boundary, "SOIL_LOSS": raster, "REGION": "loess"}
    output = tmp_path / "cancelled.gpkg"
    result = processing.run(
        "qingliu:erosionintensity", {**parameters, "OUTPUT": str(output)}, feedback=Impatient(False)
    )
    assert result.get("OUTPUT") is None and not output.exists()


def test_nothing_to_grade_from_is_named(erode, boundary):
    assert refused(erode, boundary).startswith("QL-EROSION-NOSOURCE")


def test_soil_loss_without_region_is_refused(erode, boundary, tmp_path):
    raster = files.raster(tmp_path / "loss.tif", loss_steps())
    assert refused(erode, boundary, SOIL_LOSS=raster).startswith("QL-EROSION-REGION")
    assert refused(erode, boundary, SOIL_LOSS=raster, REGION="gobi").startswith("QL-PARAM-VALUE")


def test_all_faults_of_the_factors_come_in_one_list(erode, boundary, tmp_path):
    raster = files.raster(tmp_path / "k.tif", loss_steps())
    text = refused(erode, boundary, K=raster, B=str(tmp_path / "absent.tif"))
    for code in ("QL-EROSION-REGION", "QL-EROSION-FACTOR", "QL-LAYER-MISSING"):
        assert code in text, code
    assert text.count("QL-EROSION-FACTOR:") == 2  # R and LS


def test_faults_of_the_boundary_stand_beside_those_of_the_sources(erode, boundary, tmp_path):
    nowhere = str(tmp_path / "absent.gpkg")
    text = refused(
        erode, nowhere, DEM=str(tmp_path / "dem.tif"), LANDUSE=str(tmp_path / "l.tif"), EXEMPT="xy"
    )
    assert "QL-LAYER-NOVECTOR: BOUNDARY" in text and "QL-DEM-MISSING" in text
    assert "QL-LAYER-MISSING: LANDUSE" in text and "QL-PARAM-VALUE: EXEMPT" in text
    assert "QL-LAYER-NOVECTOR: BOUNDARY" in refused(erode, nowhere, SOIL_LOSS=nowhere, REGION="loess")


def test_a_field_without_classes_is_refused_and_odd_values_are_listed(erode, boundary, tmp_path):
    shapes = [(files.square(0, 0, 10, 5), {"class": "林地"}), (files.square(0, 5, 10, 5), {"class": "7"})]
    bad = files.polygons(tmp_path / "bad.gpkg", shapes, **{"class": str})
    text = refused(erode, boundary, OFFICIAL=bad)
    assert text.startswith("QL-EROSION-CODES") and "林地 (50.0000 hm²)" in text
    shapes[0][1]["class"] = "微度"
    odd = files.polygons(tmp_path / "odd.gpkg", shapes, **{"class": str})
    result, rows, _, log = erode(boundary, OFFICIAL=odd)
    assert by_class(rows) == {1: 50.0, None: 50.0} and "QL-EROSION-ODDCODES" in log
    assert result["CONSERVATION_RATE"] is None


def test_the_only_field_with_nothing_but_classes_is_found(erode, boundary, tmp_path):
    """fid runs from 1 to 2 and the year is no class: 侵蚀强度 stands out; a second such field makes it unclear."""
    rows = [
        (files.square(0, 0, 10, 9), {"侵蚀强度": "微度", "year": 2022, "other": 1}),
        (files.square(0, 9, 10, 1), {"侵蚀强度": "中度", "year": 2022, "other": 2}),
    ]
    official = files.polygons(tmp_path / "o.gpkg", rows, **{"侵蚀强度": str, "year": int})
    result, _, _, log = erode(boundary, OFFICIAL=official)
    assert result["CONSERVATION_RATE"] == 90.0 and "QL-EROSION-FIELDFOUND" in log
    both = files.polygons(tmp_path / "b.gpkg", rows, **{"侵蚀强度": str, "other": int})
    assert refused(erode, boundary, OFFICIAL=both).startswith("QL-PARAM-MISSING")


def test_official_layer_without_its_field_is_refused(erode, boundary, tmp_path):
    official = files.polygons(tmp_path / "o.gpkg", [(files.square(0, 0), {"dj": 9})], dj=int)
    assert refused(erode, boundary, OFFICIAL=official).startswith("QL-PARAM-MISSING")
    text = refused(erode, boundary, OFFICIAL=official, OFFICIAL_FIELD="nope")
    assert text.startswith("QL-LAYER-NOFIELD") and "dj" in text


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        (np.full((100, 100), -1.0, np.float32), "QL-EROSION-NEGATIVE"),
        (np.full((100, 100), np.nan, np.float32), "QL-LAYER-NOVALUES"),
    ],
    ids=["negative", "no cell"],
)
def test_soil_loss_that_cannot_be_is_refused(loss, code, erode, boundary, tmp_path):
    raster = files.raster(tmp_path / "loss.tif", loss)
    assert refused(erode, boundary, SOIL_LOSS=raster, REGION="loess").startswith(code)


def test_a_boundary_that_is_empty_or_unplaced_is_refused(erode, tmp_path):
    raster = files.raster(tmp_path / "loss.tif", loss_steps())
    empty = files.polygons(tmp_path / "empty.gpkg", [])
    assert refused(erode, empty, SOIL_LOSS=raster, REGION="loess").startswith("QL-LAYER-NOFEATURES")
    nowhere = files.QgsVectorLayer("Polygon", "nowhere", "memory")
    feature = files.QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt(files.square(0, 0)))
    nowhere.dataProvider().addFeature(feature)
    nowhere.updateExtents()
    nowhere.setCrs(files.QgsCoordinateReferenceSystem())
    assert refused(erode, nowhere, SOIL_LOSS=raster, REGION="loess").startswith("QL-CRS-NONE")


def test_crossed_boundary_is_repaired_with_a_warning(erode, tmp_path):
    x, y = files.X0, files.Y0
    bow = f"POLYGON(({x} {y - 1000},{x + 1000} {y},{x + 1000} {y - 1000},{x} {y},{x} {y - 1000}))"
    boundary = files.polygons(tmp_path / "bow.gpkg", [(bow, {})])
    raster = files.raster(tmp_path / "loss.tif", loss_steps())
    _, rows, _, log = erode(boundary, SOIL_LOSS=raster, REGION="south_red")
    assert "QL-LAYER-REPAIRED" in log
    assert math.fsum(r["geometry"].area() for r in rows) == pytest.approx(500_000, abs=1e-3)


@pytest.mark.slow
def test_youwuzhen_adds_up_on_real_ground(erode, shared, tmp_path):
    """DEM and land use of a red-soil watershed over the land use's own extent; no cover is known."""
    folder = shared / "data/youwuzhen"
    from qgis.core import QgsProcessingContext, QgsRasterLayer, QgsRectangle  # noqa: F401

    land = QgsRasterLayer(str(folder / "landuse_5m.tif"), "landuse")
    box = land.extent()
    box.grow(-500)
    wkt = QgsGeometry.fromRect(box).asWkt(6)
    boundary = files.polygons(tmp_path / "b.gpkg", [(wkt, {})], epsg=2415)
    result, rows, _, log = erode(
        boundary,
        DEM=str(folder / "dem_5m.tif"),
        LANDUSE=str(folder / "landuse_5m.tif"),
        LANDUSE_MAP=str(folder / "landuse_map.csv"),
    )
    total = box.width() * box.height()
    assert math.fsum(r["geometry"].area() for r in rows) == pytest.approx(total, abs=total / 50e6)
    assert all(r["geometry"].isGeosValid() for r in rows)
    assert result["CONSERVATION_RATE"] is None and "QL-EROSION-NOCOVER" in log
    assert {r["class"] for r in rows} >= {1, 2, 3, 4, None}


@pytest.mark.slow
def test_bayreuth_in_degrees_with_gaps_in_its_land_use(erode, shared, tmp_path):
    """SRTM in degrees and OSM land use with holes and overlaps: cells without land use stay undecided."""
    folder = shared / "data/bayreuth_rotmain"
    wkt = "POLYGON((11.50 49.98,11.56 49.98,11.56 50.03,11.50 50.03,11.50 49.98))"
    boundary = files.polygons(tmp_path / "b.gpkg", [(wkt, {})], epsg=4326)
    result, rows, table, log = erode(
        boundary,
        DEM=str(folder / "dem_srtm3.tif"),
        LANDUSE=str(folder / "osm_layers.gpkg") + "|layername=landuse",
        LANDUSE_FIELD="landuse",
        LANDUSE_MAP=str(folder / "landuse_map.csv"),
    )
    total = table["watershed_area_km2"] * 1e6
    assert 23e6 < total < 25e6  # 4.30 km by 5.56 km
    assert math.fsum(r["geometry"].area() for r in rows) == pytest.approx(total, abs=1.0)
    assert result["CONSERVATION_RATE"] is None
    assert "QL-EROSION-NOLAND" in log and "QL-EROSION-NOCOVER" in log


@pytest.mark.parametrize(("style", "attribute"), [("erosion", "class"), ("landuse", "landuse")])
def test_style_has_a_colour_for_every_class_and_one_for_none(style, attribute, qgis_app, tmp_path):
    """Drawn on a real layer: every class of SL 190, or first-level class of GB/T 21010, finds its symbol."""
    from qgis.core import QgsRenderContext
    from qingliu.core.data import RESOURCES

    codes = [1, 2, 3, 4, 5, 6] if style == "erosion" else [f"{n:02}01" for n in range(1, 13)]
    kind = type(codes[0])
    rows = [(files.square(i, 0), {attribute: code}) for i, code in enumerate([*codes, None])]
    layer = files.QgsVectorLayer(files.polygons(tmp_path / "l.gpkg", rows, **{attribute: kind}), "l", "ogr")
    _, loaded = layer.loadNamedStyle(str(RESOURCES / "styles" / f"{style}.qml"))
    assert loaded
    renderer, context = layer.renderer().clone(), QgsRenderContext()
    renderer.startRender(context, layer.fields())
    colours = []
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        symbol = renderer.symbolForFeature(feature, context)
        assert symbol is not None, feature.attributes()
        colours.append(symbol.color().name())
    renderer.stopRender(context)
    assert len(set(colours)) == len(colours)
