"""``qingliu:landscapeindicators``: C.1, C.2, C.7 and areas by hand, metrics against FRAGSTATS' tables."""

from __future__ import annotations

import csv
import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from qgis.core import QgsGeometry, QgsProcessingException, QgsProcessingFeedback, QgsRasterLayer

_spec = importlib.util.spec_from_file_location("land_files", Path(__file__).with_name("land_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)

FIELDS = [
    "indicator", "name_zh", "name_en", "value", "unit", "clause", "formula", "scope", "scope_id", "level",
    "class_code",
]  # fmt: skip


@pytest.fixture
def measure(run, tmp_path, english):
    from qgis import processing

    def _measure(boundary, **parameters):
        feedback = QgsProcessingFeedback(False)
        wanted = {"BOUNDARY": boundary, "OUTPUT": str(tmp_path / "indicators.gpkg"), **parameters}
        result = processing.run("qingliu:landscapeindicators", wanted, feedback=feedback)
        return result, files.rows_of(result["OUTPUT"]), feedback.textLog()

    return _measure


def refused(measure, *boundary, **parameters):
    with pytest.raises(QgsProcessingException) as caught:
        measure(*boundary, **parameters)
    return str(caught.value)


def values(rows, indicator, scope="watershed", scope_id=None, code=None):
    """The values of an indicator in one scope (a class code None: any)."""
    return [
        r["value"]
        for r in rows
        if (r["indicator"], r["scope"], r["scope_id"]) == (indicator, scope, scope_id)
        and (code is None or r["class_code"] == code)
    ]


@pytest.fixture
def boundary(tmp_path):
    """A square of 1 km, 100 hm²: 10 by 10 squares of 1 hm²."""
    return files.polygons(tmp_path / "boundary.gpkg", [(files.square(0, 0, 10, 10), {})])


def land_file(tmp_path, *strips, name="land", **more):
    """Land use as (code, rows): horizontal strips of the square from the north."""
    rows, north = [], 0
    for code, height in strips:
        rows.append((files.square(0, north, 10, height), {"landuse": code}))
        north += height
    return files.polygons(tmp_path / f"{name}.gpkg", rows, landuse=str, **more)


def test_forest_and_grass_cover_and_the_areas_of_a1_by_hand(measure, boundary, tmp_path):
    """30 hm² arbor, 10 shrub, 10 grass of 100: 50 %. Swamp forest (20) counts by a parameter only."""
    land = land_file(tmp_path, ("0301", 3), ("0305", 1), ("0404", 1), ("0304", 2), ("0103", 2), ("1101", 1))
    result, rows, _ = measure(boundary, LANDUSE=land)
    assert list(rows[0])[1:-1] == FIELDS
    assert result["FOREST_GRASS_COVER"] == 50.0
    assert result["CONSERVATION_RATE"] is None and result["VILLAGE_GREEN_RATE"] is None
    assert values(rows, "forest_hm2") == [60.0] and values(rows, "grassland_hm2") == [10.0]
    assert values(rows, "cropland_hm2") == [20.0] and values(rows, "water_hm2") == [10.0]
    assert sum(r["value"] for r in rows if r["clause"] == "A.1") == 100.0
    (row,) = [r for r in rows if r["indicator"] == "forest_grass_cover"]
    assert row["level"] == "norm" and row["clause"] == "C.2" and row["unit"] == "%"
    assert row["formula"].startswith("vegetated_area / total_area * 100; vegetated_area = 50.0000")
    result, _, _ = measure(boundary, LANDUSE=land, WETLAND_FOREST=True)
    assert result["FOREST_GRASS_COVER"] == 70.0


def test_chart_shows_the_rates_and_the_land(measure, boundary, tmp_path):
    land = land_file(tmp_path, ("0301", 6), ("0103", 4))
    path = tmp_path / "chart.html"
    measure(boundary, LANDUSE=land, CHART=str(path))
    text = path.read_text(encoding="utf-8")
    assert "60.00 %" in text and "60.00 hm² · 60.0 %" in text and "40.00 hm² · 40.0 %" in text


def test_conservation_rate_and_the_areas_of_a3_by_hand(measure, boundary, tmp_path):
    """80 hm² slight, 15 light, 5 strong: C.1 is 80 %, shares of the eroded 20 hm² are 75 and 25 %."""
    shapes = [
        (files.square(0, 0, 10, 8), {"class": 1}),
        (files.square(0, 8, 10, 1), {"class": 2}),
        (files.square(0, 9, 5, 1), {"class": 2}),
        (files.square(5, 9, 5, 1), {"class": 4}),
    ]
    erosion = files.polygons(tmp_path / "erosion.gpkg", shapes, **{"class": int})
    result, rows, log = measure(boundary, EROSION=erosion)
    assert result["CONSERVATION_RATE"] == 80.0 and result["FOREST_GRASS_COVER"] is None
    assert values(rows, "erosion_total_hm2") == [20.0]
    assert values(rows, "erosion_light_hm2") == [15.0] and values(rows, "erosion_light_pct") == [75.0]
    assert values(rows, "erosion_strong_pct", code="4") == [25.0]
    assert "QL-EROSION-ESTIMATE" not in log


def test_an_estimated_erosion_layer_says_so(measure, boundary, tmp_path):
    shapes = [(files.square(0, 0, 10, 10), {"class": 1, "estimate": True})]
    erosion = files.polygons(tmp_path / "erosion.gpkg", shapes, **{"class": int, "estimate": bool})
    _, rows, log = measure(boundary, EROSION=erosion)
    assert "QL-EROSION-ESTIMATE" in log
    assert next(r for r in rows if r["indicator"] == "conservation_rate")["formula"].endswith("; estimate")


def test_unknown_land_leaves_the_rate_open_between_bounds(measure, boundary, tmp_path):
    """60 hm² of forest, 30 of cropland, 10 with a code that is none: between 60 and 70 %."""
    land = land_file(tmp_path, ("0301", 6), ("0103", 3), ("9999", 1))
    result, rows, log = measure(boundary, LANDUSE=land)
    assert result["FOREST_GRASS_COVER"] is None
    assert "QL-LANDSCAPE-BOUNDS" in log and "between 60.0000 and 70.0000" in log
    assert "QL-LANDUSE-UNMAPPED" in log and values(rows, "forest_hm2") == [60.0]


def test_overlap_counts_once_and_a_gap_is_unknown(measure, boundary, tmp_path):
    shapes = [
        (files.square(0, 0, 10, 6), {"landuse": "0301"}),
        (files.square(0, 5, 10, 4), {"landuse": "0103"}),
    ]
    land = files.polygons(tmp_path / "land.gpkg", shapes, landuse=str)
    result, rows, log = measure(boundary, LANDUSE=land)
    assert values(rows, "forest_hm2") == [60.0] and values(rows, "cropland_hm2") == [30.0]
    assert "QL-AREA-OVERLAP" in log and "100000.0 m²" in log
    assert "QL-AREA-GAP" in log and result["FOREST_GRASS_COVER"] is None


def test_zones_of_one_kind_are_measured_together(measure, boundary, tmp_path):
    """Protection is the two outer strips (forest and cropland), regulation the middle one (forest)."""
    land = land_file(tmp_path, ("0301", 8), ("0103", 2))
    shapes = [
        (files.square(0, 0, 10, 2), {"zone": "protection"}),
        (files.square(0, 2, 10, 6), {"zone": "regulation"}),
        (files.square(0, 8, 10, 2), {"zone": "protection"}),
    ]
    zones = files.polygons(tmp_path / "zones.gpkg", shapes, zone=str)
    result, rows, _ = measure(boundary, LANDUSE=land, ZONES=zones)
    assert result["FOREST_GRASS_COVER"] == 80.0
    assert values(rows, "forest_grass_cover", "zone", "protection") == [50.0]
    assert values(rows, "forest_grass_cover", "zone", "regulation") == [100.0]
    total = sum(values(rows, "forest_hm2", "zone", z)[0] for z in ("protection", "regulation"))
    assert total == values(rows, "forest_hm2")[0] == 80.0


def test_any_polygons_are_measured_one_by_one_inside_the_boundary(measure, boundary, tmp_path):
    """甲 reaches 1 hm² beyond the boundary, which does not count; 丙 lies outside and is left out."""
    land = land_file(tmp_path, ("0301", 5), ("0103", 5))
    shapes = [
        (files.square(-1, 4, 2, 2), {"name": "甲"}),
        (files.square(5, 0, 1, 4), {"name": "乙"}),
        (files.square(20, 0), {"name": "丙"}),
    ]
    zones = files.polygons(tmp_path / "polygons.gpkg", shapes, name=str)
    _, rows, log = measure(boundary, LANDUSE=land, ZONES=zones)
    assert values(rows, "forest_grass_cover", "polygon", "甲") == [50.0]
    assert values(rows, "forest_hm2", "polygon", "甲") == [1.0]
    assert values(rows, "forest_grass_cover", "polygon", "乙") == [100.0]
    assert values(rows, "forest_hm2", "polygon", "丙") == [] and "QL-LANDSCAPE-ZONEOUT" in log


def greens(tmp_path):
    """甲: 1 + 1 hm² of green on 10 hm² of construction land; 乙: 3 (VG1) on 5; VG3 counts nowhere."""
    green = files.polygons(
        tmp_path / "green.gpkg",
        [
            (files.square(0, 0), {"class": "VG1"}),
            (files.square(1, 0), {"class": "VG2 环境美化绿地"}),
            (files.square(5, 0, 3, 1), {"class": "VG1"}),
            (files.square(9, 9), {"class": "VG3"}),
        ],
        **{"class": str},
    )
    built = files.polygons(
        tmp_path / "built.gpkg", [(files.square(0, 0, 5, 2), {}), (files.square(5, 0, 5, 1), {})]
    )
    villages = files.polygons(
        tmp_path / "villages.gpkg",
        [(files.square(0, 0, 5, 4), {"name": "甲"}), (files.square(5, 0, 5, 5), {"name": "乙"})],
        name=str,
    )
    return green, built, villages


def test_village_green_rate_by_hand_with_both_denominators(measure, boundary, tmp_path):
    """甲 2 / 10 = 20 %, 乙 3 / 5 = 60 %, the watershed 5 / 15 = 33.3 %; of whole land 2 / 20, 3 / 25, 5 / 45."""
    green, built, villages = greens(tmp_path)
    result, rows, _ = measure(boundary, GREEN=green, BUILT=built, VILLAGES=villages)
    assert result["VILLAGE_GREEN_RATE"] == pytest.approx(100 * 5 / 15, abs=1e-6)
    assert values(rows, "village_green_rate", "polygon", "甲") == [20.0]
    assert values(rows, "village_green_rate", "polygon", "乙") == [60.0]
    assert values(rows, "village_green_rate_whole_land", "polygon", "甲") == [10.0]
    assert values(rows, "village_green_rate_whole_land", "polygon", "乙") == [12.0]
    assert values(rows, "village_green_rate_whole_land") == [pytest.approx(100 * 5 / 45, abs=1e-6)]


def test_village_green_rate_without_villages_and_without_its_inputs(measure, boundary, tmp_path):
    green, built, _ = greens(tmp_path)
    result, rows, _ = measure(boundary, GREEN=green, BUILT=built)
    assert result["VILLAGE_GREEN_RATE"] == pytest.approx(100 * 5 / 15, abs=1e-6)
    assert values(rows, "village_green_rate_whole_land") == [None]
    result, rows, _ = measure(boundary, GREEN=green)
    assert result["VILLAGE_GREEN_RATE"] is None and rows == []


def test_raster_land_use_is_cut_along_the_boundary_exactly(measure, tmp_path):
    """A triangle over a checkerboard of 10 m cells: the classes add up to the triangle's area."""
    x, y = files.X0, files.Y0
    triangle = (
        f"POLYGON(({x + 7.3} {y - 3.1},{x + 911.7} {y - 123.3},{x + 333.3} {y - 987.1},{x + 7.3} {y - 3.1}))"
    )
    boundary = files.polygons(tmp_path / "triangle.gpkg", [(triangle, {})])
    row, col = np.mgrid[0:100, 0:100]
    codes = np.where((row + col) % 2, 301, 103).astype(np.int32)
    land = files.raster(tmp_path / "land.tif", codes)
    _, rows, log = measure(boundary, LANDUSE=land)
    assert "QL-LANDUSE-ZEROLOST" in log
    total = QgsGeometry.fromWkt(triangle).area() / 1e4
    assert sum(r["value"] for r in rows if r["clause"] == "A.1") == pytest.approx(total, abs=2e-4)
    (cover,) = values(rows, "forest_grass_cover")
    assert cover == pytest.approx(50, abs=0.5)


def test_raster_cells_without_value_are_a_gap(measure, boundary, tmp_path):
    codes = np.full((100, 100), 31, np.int32)
    codes[:10] = -1
    table = tmp_path / "map.csv"
    table.write_text("code,gbt21010\n31,0301\n", encoding="utf-8")
    land = files.raster(tmp_path / "land.tif", codes, nodata=-1)
    result, rows, log = measure(boundary, LANDUSE=land, LANDUSE_MAP=str(table), METRICS=["PLAND"])
    assert result["FOREST_GRASS_COVER"] is None and "between 90.0000 and 100.0000" in log
    assert values(rows, "forest_hm2") == [90.0]
    assert values(rows, "PLAND", code="31") == [100.0] and "QL-LANDSCAPE-UNCLASSED" in log


def test_metrics_on_polygons_by_hand(measure, boundary, tmp_path):
    """Two strips of 50 hm² on cells of 100 m: ED = 1000 m of edge / 100 hm² = 10, SHDI = ln 2."""
    land = land_file(tmp_path, ("0301", 5), ("0103", 5))
    _, rows, _ = measure(
        boundary, LANDUSE=land, CELL_SIZE=100, METRICS=["CA", "NP", "ED", "SHDI", "ENN_MN", "PR"]
    )
    assert values(rows, "CA", code="0301") == [50.0] and values(rows, "CA", code="0103") == [50.0]
    assert values(rows, "SHDI") == [pytest.approx(math.log(2))] and values(rows, "PR") == [2.0]
    landscape = [r for r in rows if r["level"] == "landscape"]
    assert {r["indicator"]: r["value"] for r in landscape}["ED"] == pytest.approx(10.0)
    assert values(rows, "ENN_MN", code="0301") == [None]  # one patch has no nearest neighbour
    stated = [r["formula"] for r in rows if r["level"] != "norm"]
    assert all(f.endswith("; neighbours = 8; cell = 100 m; boundary_is_edge = false") for f in stated)
    assert {r["clause"] for r in rows if r["level"] != "norm"} == {None}
    _, rows, _ = measure(boundary, LANDUSE=land, CELL_SIZE=100, METRICS=["ED"], BOUNDARY_IS_EDGE=True)
    landscape = {r["indicator"]: r["value"] for r in rows if r["level"] == "landscape"}
    assert landscape["ED"] == pytest.approx(50.0)  # 4000 m of border more


def test_neighbour_rule_decides_what_is_a_patch(measure, boundary, tmp_path):
    """A checkerboard of 2 by 2: diagonal cells are one patch by 8 neighbours, two by 4."""
    codes = np.array([[301, 103], [103, 301]], np.int32)
    land = files.raster(tmp_path / "land.tif", codes, cell=500.0)
    for neighbours, patches in (("8", 1.0), ("4", 2.0)):
        _, rows, _ = measure(boundary, LANDUSE=land, METRICS=["NP"], NEIGHBOURS=neighbours)
        assert values(rows, "NP", code="301") == [patches]


def test_metrics_by_zone_count_the_zones_cells_only(measure, boundary, tmp_path):
    land = land_file(tmp_path, ("0301", 5), ("0103", 5))
    zones = files.polygons(
        tmp_path / "z.gpkg", [(files.square(0, 0, 10, 5), {"zone": "protection"})], zone=str
    )
    _, rows, _ = measure(boundary, LANDUSE=land, CELL_SIZE=50, METRICS=["CA", "PR"], ZONES=zones)
    assert values(rows, "CA", "zone", "protection", code="0301") == [50.0]
    assert values(rows, "PR", "zone", "protection") == [1.0]


def test_metrics_on_polygons_need_a_cell_size_and_land_use(measure, boundary, tmp_path):
    land = land_file(tmp_path, ("0301", 5), ("0103", 5))
    assert refused(measure, boundary, LANDUSE=land, METRICS=["NP"]).startswith("QL-LANDSCAPE-CELLNEEDED")
    assert refused(measure, boundary, METRICS=["NP"]).startswith("QL-PARAM-MISSING")
    assert refused(measure, boundary, LANDUSE=land, METRICS=["TE"]).startswith("QL-PARAM-VALUE")


def test_codes_of_another_list_need_a_map_unless_only_the_pattern_is_asked_for(measure, boundary, tmp_path):
    codes = np.where(np.mgrid[0:100, 0:100][0] < 50, 41, 82).astype(np.int32)
    land = files.raster(tmp_path / "nlcd.tif", codes)
    assert refused(measure, boundary, LANDUSE=land).startswith("QL-LANDUSE-OTHERLIST")
    result, rows, log = measure(boundary, LANDUSE=land, METRICS=["CA"])
    assert result["FOREST_GRASS_COVER"] is None and "QL-LANDUSE-OTHERLIST" in log
    assert values(rows, "CA", code="41") == [50.0] and not [r for r in rows if r["clause"] == "A.1"]


def test_all_faults_come_in_one_list(measure, boundary, tmp_path):
    land = files.polygons(tmp_path / "land.gpkg", [(files.square(0, 0), {"x": "0301"})], x=str)
    erosion = files.polygons(tmp_path / "e.gpkg", [(files.square(0, 0), {"class": 9})], **{"class": int})
    text = refused(measure, boundary, LANDUSE=land, EROSION=erosion, METRICS=["NP"])
    for code in ("QL-PARAM-MISSING", "QL-EROSION-CODES", "QL-LANDSCAPE-CELLNEEDED"):
        assert code in text, code


def test_crossed_parcels_null_geometry_and_z_are_repaired_with_a_warning(measure, boundary, tmp_path):
    """A bow tie of 2 x 25 hm² of forest, one parcel without geometry, one with Z."""
    x, y = files.X0, files.Y0
    bow = f"POLYGON(({x} {y - 1000},{x + 1000} {y},{x + 1000} {y - 1000},{x} {y},{x} {y - 1000}))"
    land = files.polygons(
        tmp_path / "land.gpkg",
        [(bow, {"landuse": "0301K"}), ("MULTIPOLYGON EMPTY", {"landuse": "0103"})],
        landuse=str,
    )
    result, rows, log = measure(boundary, LANDUSE=land)
    assert "QL-LAYER-REPAIRED" in log and "QL-LAYER-NOGEOMETRY" in log
    assert values(rows, "forest_hm2") == [50.0] and result["FOREST_GRASS_COVER"] is None


def test_land_use_in_another_crs_is_moved_and_a_raster_resampled_with_a_warning(measure, boundary, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject

    there = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4547"),
        QgsCoordinateReferenceSystem("EPSG:4490"),
        QgsProject.instance(),
    )
    shape = QgsGeometry.fromWkt(files.square(-1, -1, 12, 12))
    shape.transform(there)
    land = files.polygons(
        tmp_path / "d.gpkg", [(shape.asWkt(12), {"landuse": "0301"})], epsg=4490, landuse=str
    )
    result, _, _ = measure(boundary, LANDUSE=land)
    assert result["FOREST_GRASS_COVER"] == 100.0
    box = shape.boundingBox()
    codes = np.full((40, 40), 301, np.int32)
    grid = files.raster(
        tmp_path / "d.tif", codes, cell=box.width() / 40, x0=box.xMinimum(), y0=box.yMaximum(), epsg=4490
    )
    result, _, log = measure(boundary, LANDUSE=grid)
    assert "QL-CELLS-RESAMPLED" in log and result["FOREST_GRASS_COVER"] == 100.0


def _table(path):
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = [[cell.strip() for cell in row] for row in csv.reader(stream)]
    return [dict(zip(rows[0], row)) for row in rows[1:] if any(row)]


@pytest.mark.slow
def test_fragstats_own_tables_are_reproduced_to_printed_precision(measure, shared, tmp_path):
    """The algorithm on the raster FRAGSTATS measured, boundary = the raster's own frame."""
    folder = shared / "data/reference/fragstats_augusta"
    raster = QgsRasterLayer(str(folder / "augusta_nlcd_30m.tif"), "augusta")
    boundary = files.QgsVectorLayer("Polygon", "frame", "memory")
    boundary.setCrs(raster.crs())
    feature = files.QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(raster.extent()))
    boundary.dataProvider().addFeature(feature)
    from qingliu.core.landscape.metrics import texts

    _, rows, _ = measure(boundary, LANDUSE=raster, METRICS=list(texts()))
    compared = 0
    for line in _table(folder / "augusta_nlcd.fragstats.class.csv"):
        code = line["TYPE"].replace("cls_", "")
        for key in texts():
            if key in line and "class" in texts()[key].levels:
                (ours,) = [
                    r["value"] for r in rows
                    if r["level"] == "class" and r["indicator"] == key and r["class_code"] == code
                ]  # fmt: skip
                compared += _same(ours, line[key], f"{key} of {code}")
    (line,) = _table(folder / "augusta_nlcd.fragstats.land.csv")
    for key in texts():
        if key in line and "landscape" in texts()[key].levels:
            (ours,) = [r["value"] for r in rows if r["level"] == "landscape" and r["indicator"] == key]
            compared += _same(ours, line[key], key)
    assert compared > 200


def _same(ours, printed, what):
    text = printed.strip()
    if text in ("N/A", ""):
        assert ours is None, what
        return 1
    digits = len(text.split(".")[1]) if "." in text else 0
    assert ours == pytest.approx(float(text), abs=0.51 * 10.0**-digits), what
    return 1


@pytest.mark.slow
def test_youwuzhen_cover_equals_its_cells(measure, shared, tmp_path):
    """On whole cells C.2 is a count of cells: forest (6, 8) over all cells with a code."""
    from osgeo import gdal

    folder = shared / "data/youwuzhen"
    path = str(folder / "landuse_5m.tif")
    values_ = gdal.Open(path).ReadAsArray()
    window = values_[150:350, 200:500]
    assert (window != 255).all()
    box = QgsRasterLayer(path, "l").extent()
    x, y = box.xMinimum() + 200 * 5, box.yMaximum() - 150 * 5
    wkt = f"POLYGON(({x} {y - 1000},{x + 1500} {y - 1000},{x + 1500} {y},{x} {y},{x} {y - 1000}))"
    boundary = files.polygons(tmp_path / "b.gpkg", [(wkt, {})], epsg=2415)
    result, rows, _ = measure(
        boundary, LANDUSE=path, LANDUSE_MAP=str(folder / "landuse_map.csv"), METRICS=["CA", "NP", "COHESION"]
    )
    forest = np.isin(window, (6, 8))
    assert result["FOREST_GRASS_COVER"] == pytest.approx(100 * forest.mean(), abs=1e-6)
    assert values(rows, "forest_hm2") == [pytest.approx(forest.sum() * 25 / 1e4, abs=5e-5)]
    for code in np.unique(window):
        assert values(rows, "CA", code=str(code)) == [pytest.approx((window == code).sum() * 25 / 1e4)]


@pytest.mark.slow
def test_bayreuth_in_degrees_with_gaps_and_overlaps_adds_up(measure, shared, tmp_path):
    """OSM land use: codes by a map, half the land unmapped, overlaps counted once."""
    folder = shared / "data/bayreuth_rotmain"
    wkt = "POLYGON((11.50 49.98,11.56 49.98,11.56 50.03,11.50 50.03,11.50 49.98))"
    boundary = files.polygons(tmp_path / "b.gpkg", [(wkt, {})], epsg=4326)
    result, rows, log = measure(
        boundary,
        LANDUSE=str(folder / "osm_layers.gpkg") + "|layername=landuse",
        LANDUSE_FIELD="landuse",
        LANDUSE_MAP=str(folder / "landuse_map.csv"),
        METRICS=["PLAND", "PR"],
        CELL_SIZE=20,
    )
    assert result["FOREST_GRASS_COVER"] is None
    for code in ("QL-AREA-OVERLAP", "QL-AREA-GAP", "QL-LANDSCAPE-BOUNDS", "QL-CRS-PROJECTED"):
        assert code in log, code
    assert 0 < sum(r["value"] for r in rows if r["clause"] == "A.1") < 2400
    assert sum(r["value"] for r in rows if r["indicator"] == "PLAND") == pytest.approx(100)
