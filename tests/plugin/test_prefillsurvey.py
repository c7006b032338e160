"""qingliu:prefillsurvey on real GeoPackages: the practice survey, and a small one computed by hand."""

from __future__ import annotations

import csv
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr

EPSG = 4547
X0, Y0 = 500_000.0, 3_001_000.0
SIDE = 1000.0


# -- the practice watershed -------------------------------------------------


@pytest.fixture(scope="module")
def practice(practice_folder, tmp_path_factory) -> Path:
    from qgis import processing

    target = tmp_path_factory.mktemp("practice") / "case"
    shutil.copytree(practice_folder, target)
    streams = {
        "DEM": str(target / "dem.tif"),
        "BOUNDARY": f"{target / 'landuse.gpkg'}|layername=boundary",
        "INCLUDE_ALL": True,
        "OUTPUT": str(target / "streams.gpkg"),
    }
    processing.run("qingliu:streamsurvey", streams)
    return target


def _prefill(run, survey: Path, out: Path, **more) -> tuple[list[dict], dict]:
    results = run("qingliu:prefillsurvey", {"SURVEY": str(survey), "OUTPUT": str(out), **more})
    with out.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream)), results


def _rows(survey: Path, table: str) -> list:
    from qingliu.layers.store import open_store

    with open_store(survey, read_only=True) as store:
        return store.rows(table)


def _given(practice: Path) -> dict:
    layers = practice / "landuse.gpkg"
    return {
        "DEM": str(practice / "dem.tif"),
        "COVER": str(practice / "cover.tif"),
        "CHANNELS": str(practice / "streams.gpkg"),
        "GULLIES": f"{layers}|layername=gullies",
        "TOWNSHIPS": f"{layers}|layername=townships",
        "STRUCTURES": f"{layers}|layername=structures",
    }


@pytest.mark.slow
def test_the_practice_survey_is_filled_once_and_what_was_entered_stays(run, practice, tmp_path):
    survey = tmp_path / "survey.gpkg"
    shutil.copy(practice / "survey.gpkg", survey)
    tables = ("a1", "a2", "a3", "a4", "a5", "a6", "a6w", "a7", "a8", "a9", "a10", "a11x")
    before = {t: {r.uuid: r.values for r in _rows(survey, t)} for t in tables}
    rows, results = _prefill(run, survey, tmp_path / "out.csv", **_given(practice))
    after = {t: {r.uuid: r.values for r in _rows(survey, t)} for t in tables}
    assert results["FILLED"] > 60
    changed = 0
    for table in tables:
        assert set(after[table]) == set(before[table]), f"{table}: every row is there already"
        for uuid, old in before[table].items():
            for field, value in old.items():
                if field in ("version", "updated_at", "updated_by"):
                    continue
                if value is not None:
                    assert after[table][uuid][field] == value, f"{table}.{field} was entered"
                elif after[table][uuid][field] is not None and not field.endswith("_uuid"):
                    changed += 1
    assert changed == results["FILLED"]
    again, second = _prefill(run, survey, tmp_path / "again.csv", **_given(practice))
    assert second["FILLED"] == 0 and second["DIFFERENT"] == results["DIFFERENT"]
    assert len(again) == len(rows)


@pytest.mark.slow
def test_computed_cells_agree_with_the_key_of_the_practice_watershed(run, practice, tmp_path):
    survey = tmp_path / "survey.gpkg"
    shutil.copy(practice / "survey.gpkg", survey)
    rows, _ = _prefill(run, survey, tmp_path / "out.csv", **_given(practice))
    key = json.loads((practice / "answers.json").read_text(encoding="utf-8"))
    values = {a["id"]: a["value"] for a in key["answers"]}
    found = {(r["table"], r["field"]): r["computed"] for r in rows if r["table"] in ("a1", "a3")}
    assert float(found["a1", "watershed_area_km2"]) == values["watershed.area_km2"]
    assert float(found["a1", "elevation_min_m"]) == pytest.approx(
        values["watershed.elevation_min_m"], abs=1e-3
    )
    assert float(found["a1", "elevation_max_m"]) == pytest.approx(
        values["watershed.elevation_max_m"], abs=1e-3
    )
    crops = sum(v for k, v in values.items() if k.startswith("landuse.01"))
    assert float(found["a1", "cropland_hm2"]) == pytest.approx(crops, abs=1e-4)
    assert float(found["a3", "erosion_light_hm2"]) == pytest.approx(values["erosion.2"], abs=1e-4)
    # what people counted another way is kept and listed: green space, waste bins
    differ = {r["field"] for r in rows if r["entered"] and not _same(r["entered"], r["computed"])}
    assert differ <= {"beautified_m2", "waste_facilities", "location", "access", "plan_form"}
    lengths = {round(c["length_m"], 3) for c in key["channels"]}
    computed = [float(r["computed"]) for r in rows if r["table"] == "a6" and r["field"] == "length_m"]
    assert computed and all(any(abs(v - n) < 0.002 for n in lengths) for v in computed)


def _same(entered: str, computed: str) -> bool:
    try:
        return abs(float(entered) - float(computed)) <= 0.5
    except ValueError:
        return entered.replace(" ", "").strip("{}").replace('"', "") == computed


@pytest.mark.slow
def test_a_prefilled_practice_survey_still_raises_no_alarm(run, practice, tmp_path):
    survey = tmp_path / "survey.gpkg"
    shutil.copy(practice / "survey.gpkg", survey)
    shutil.copytree(practice / "evidence", tmp_path / "evidence")  # the survey names its files
    _prefill(run, survey, tmp_path / "out.csv", **_given(practice))
    out = tmp_path / "found.csv"
    more = {"CHANNELS": str(practice / "streams.gpkg")}
    found = run("qingliu:checksurvey", {"SURVEY": str(survey), "OUTPUT": str(out), **more})
    with out.open(encoding="utf-8-sig", newline="") as stream:
        loud = [r for r in csv.DictReader(stream) if r["severity"] in ("error", "warning")]
    assert loud == [] and found["ERRORS"] == found["WARNINGS"] == 0


@pytest.mark.slow
def test_an_empty_survey_gets_its_rows_and_its_layers(run, practice, tmp_path):
    survey, layers = tmp_path / "new.gpkg", practice / "landuse.gpkg"
    boundary = f"{layers}|layername=boundary"
    run("qingliu:createsurvey", {
        "DESTINATION": str(survey), "NAME": "空库", "TYPE": "leisure", "BOUNDARY": boundary,
    })  # fmt: skip
    given = {
        **_given(practice), "COPY_LAYERS": True, "LANDUSE": f"{layers}|layername=landuse",
        "EROSION": f"{layers}|layername=erosion", "VILLAGES": f"{layers}|layername=villages",
        "ADMIN": f"{layers}|layername=admin_villages", "WATERBODIES": f"{layers}|layername=waterbodies",
        "POLLUTION": f"{layers}|layername=pollution_sources", "ROADS": f"{layers}|layername=roads",
    }  # fmt: skip
    _, results = _prefill(run, survey, tmp_path / "out.csv", **given)
    key = json.loads((practice / "answers.json").read_text(encoding="utf-8"))
    required = [c for c in key["channels"] if c["survey_required"]]
    villages = _rows(survey, "villages")
    assert len(_rows(survey, "a6")) == len(required)
    assert sorted(r.values["length_m"] for r in _rows(survey, "a6")) == pytest.approx(
        sorted(c["length_m"] for c in required), abs=0.002
    )
    for table in ("a7", "a8"):
        assert {r.values["villages_uuid"] for r in _rows(survey, table)} == {v.uuid for v in villages}
    assert [r.values["row_no"] for r in _rows(survey, "a7")] == list(range(1, len(villages) + 1))
    assert len(_rows(survey, "a1")) == len(_rows(survey, "a3")) == 1
    assert results["DIFFERENT"] == 0
    _, second = _prefill(run, survey, tmp_path / "again.csv", **given)
    assert second["FILLED"] == 0 and len(_rows(survey, "a7")) == len(villages)


# -- a square of one kilometre, by hand -------------------------------------


def _square(x: float, y: float, width: float, height: float) -> str:
    x, y = X0 + x, Y0 - SIDE + y
    return f"MULTIPOLYGON((({x} {y}, {x + width} {y}, {x + width} {y + height}, {x} {y + height}, {x} {y})))"


def _point(x: float, y: float) -> str:
    return f"POINT({X0 + x} {Y0 - SIDE + y})"


def _wkb(wkt: str) -> bytes:
    from qgis.core import QgsGeometry

    return bytes(QgsGeometry.fromWkt(wkt).asWkb())


@pytest.fixture
def survey(run, tmp_path) -> Path:
    """1 km²: the west half dry land (0103), the east half orchard and wood; two hamlets."""
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import Insert, open_store

    path = tmp_path / "small.gpkg"
    crs = QgsCoordinateReferenceSystem.fromEpsgId(EPSG)
    run("qingliu:createsurvey", {"DESTINATION": str(path), "NAME": "小方", "TYPE": "livable", "CRS": crs})
    features = [
        ("boundary", {"name": "小方"}, _square(0, 0, SIDE, SIDE)),
        ("parcels", {"landuse": "0103"}, _square(0, 0, 500, SIDE)),
        ("parcels", {"landuse": "0201"}, _square(500, 0, 500, 400)),
        ("parcels", {"landuse": "0301"}, _square(500, 400, 500, 600)),
        ("admin_villages", {"name": "南村"}, _square(0, 0, SIDE, 250)),
        ("admin_villages", {"name": "北村"}, _square(0, 250, SIDE, 750)),
        ("erosion", {"class": 1}, _square(0, 0, SIDE, 800)),
        ("erosion", {"class": 2}, _square(0, 800, SIDE, 150)),
        ("erosion", {"class": 3}, _square(0, 950, SIDE, 50)),
        ("villages", {"name": "上屋"}, _point(505, 805)),
        ("villages", {"name": "下屋"}, _point(105, 105)),
        ("built_land", {"name": "上屋"}, _square(480, 780, 50, 50)),
        ("channels", {"name": "中沟"}, f"MULTILINESTRING(({X0 + 505} {Y0 - 5}, {X0 + 505} {Y0 - SIDE + 5}))"),
        ("measures", {"measure": "terrace", "status": "built", "survey_column": "terrace_hm2"},
         _square(0, 0, 100, 100)),
        ("measures", {"measure": "terrace", "status": "planned", "survey_column": "terrace_hm2"},
         _square(100, 0, 100, 100)),
        ("roads", {"name": "路", "hard": True}, f"MULTILINESTRING(({X0} {Y0 - 500}, {X0 + 1500} {Y0 - 500}))"),
    ]  # fmt: skip
    with open_store(path) as store:
        store.save([Insert(table, values, _wkb(wkt)) for table, values, wkt in features], why="test")
    return path


@pytest.fixture
def dem(tmp_path) -> Path:
    """Cells of 10 m: a valley along x = 505 that falls 1 m a row to the south, sides that rise 1 m a cell."""
    path = tmp_path / "dem.tif"
    rows = cols = 100
    row, col = np.mgrid[0:rows, 0:cols]
    heights = (200.0 + (rows - 1 - row) + np.abs(col - 50)).astype(np.float32)
    made = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, 1, gdal.GDT_Float32)
    made.SetGeoTransform((X0, 10.0, 0.0, Y0, 0.0, -10.0))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(EPSG)
    made.SetProjection(reference.ExportToWkt())
    made.GetRasterBand(1).WriteArray(heights)
    made.FlushCache()
    return path


def _only(rows: list, **where):
    [found] = [r for r in rows if all(r.values[k] == v for k, v in where.items())]
    return found.values


def test_areas_of_a_square_are_those_worked_out_by_hand(run, survey, tmp_path):
    _, results = _prefill(run, survey, tmp_path / "out.csv")
    a1 = _only(_rows(survey, "a1"))
    assert (a1["watershed_area_km2"], a1["cropland_hm2"], a1["orchard_hm2"], a1["forest_hm2"]) == (
        1,
        50,
        20,
        30,
    )
    assert a1["grassland_hm2"] == 0 and a1["elevation_max_m"] is None
    south, north = (_only(_rows(survey, "a2"), unit_name=n) for n in ("南村", "北村"))
    assert (south["land_area_hm2"], south["cropland_hm2"]) == (25, 12.5)
    assert (north["land_area_hm2"], north["cropland_hm2"]) == (75, 37.5)
    a3 = _only(_rows(survey, "a3"))
    assert (a3["erosion_total_hm2"], a3["erosion_light_hm2"], a3["erosion_light_pct"]) == (20, 15, 75)
    assert a3["gully_density"] == 0.99  # the channel's 990 m in 1 km²
    a4 = _only(_rows(survey, "a4"))
    assert (a4["terrace_hm2"], a4["field_road_km"], a4["field_road_impervious_km"]) == (1, 1, 1)
    crops = {r.values["land_type"]: r.values["area_hm2"] for r in _rows(survey, "a5")}
    assert crops == {"0103": 50, "0201": 20}
    assert results["DIFFERENT"] == 0


def test_villages_get_joins_and_distances_along_the_water(run, survey, dem, tmp_path):
    _prefill(run, survey, tmp_path / "out.csv", DEM=str(dem))
    upper, lower = (_only(_rows(survey, "a8"), natural_village=n) for n in ("上屋", "下屋"))
    # 80 cells up the valley: straight down its bed, 10 m a cell, to the last cell inside
    assert upper["distance_outlet_m"] == 800
    # 40 cells to the west: the water takes the diagonal, straight down, or both; never less than that
    assert 400 < lower["distance_outlet_m"] <= 40 * 10 * math.sqrt(2) + 1000
    assert (upper["distance_channel_m"], lower["distance_channel_m"]) == (0, 400)
    village = _only(_rows(survey, "a7"), natural_village="上屋")
    assert village["admin_village"] == "北村" and village["residential_area_hm2"] == 0.25
    a1 = _only(_rows(survey, "a1"))
    assert (a1["elevation_min_m"], a1["elevation_max_m"]) == (200, 349)
    # the plane falls 1 m in 10 m east and 1 m in 10 m south: atan(0.1414) = 8.05° > 2°
    assert a1["sloping_cropland_hm2"] == 50
    channel = _only(_rows(survey, "a6"))
    assert channel["length_m"] == 990 and channel["channel_name"] == "中沟"


def test_an_entered_value_is_kept_and_listed_beside_the_computed_one(run, survey, tmp_path):
    from qingliu.layers.store import Insert, open_store

    with open_store(survey) as store:
        [sheet] = store.rows("sheet", where={"table": "a1"})
        values = {"sheet_uuid": sheet.uuid, "cropland_hm2": 48.5, "orchard_hm2": 20.0}
        store.save([Insert("a1", values)], why="test")
    rows, results = _prefill(run, survey, tmp_path / "out.csv")
    a1 = _only(_rows(survey, "a1"))
    assert a1["cropland_hm2"] == 48.5 and a1["forest_hm2"] == 30
    beside = {r["field"]: (r["entered"], r["computed"]) for r in rows if r["table"] == "a1"}
    assert beside["cropland_hm2"] == ("48.5", "50") and beside["orchard_hm2"] == ("20", "20")
    assert results["DIFFERENT"] == 1


def test_a_value_computed_before_follows_its_layer_and_a_corrected_one_does_not(run, survey, tmp_path):
    from qingliu.layers.store import Update, open_store

    _prefill(run, survey, tmp_path / "one.csv")
    with open_store(survey) as store:
        [wood] = store.rows("parcels", where={"landuse": "0301"})
        [a1] = store.rows("a1")
        changes = [
            Update("parcels", wood.uuid, wood.version, {"landuse": "0401"}),
            Update("a1", a1.uuid, a1.version, {"orchard_hm2": 19.0}),
        ]
        store.save(changes, why="test")
    _, results = _prefill(run, survey, tmp_path / "two.csv")
    a1 = _only(_rows(survey, "a1"))
    assert (a1["forest_hm2"], a1["grassland_hm2"], a1["orchard_hm2"]) == (0, 30, 19)
    assert (results["FILLED"], results["DIFFERENT"]) == (2, 1)


def test_all_is_one_action_with_the_origin_of_every_value(run, survey, tmp_path):
    from qingliu.layers.store import open_store

    with open_store(survey, read_only=True) as store:
        before = store.sequence()
    _, results = _prefill(run, survey, tmp_path / "out.csv")
    with open_store(survey, read_only=True) as store:
        entries = store.changes_since(before)
        origins = store.rows("provenance")
    assert len({e.save_id for e in entries}) == 1 and {e.why for e in entries} == {"prefillsurvey"}
    assert len(origins) == results["FILLED"]
    [area] = [
        o.values
        for o in origins
        if o.values["field"] == "watershed_area_km2" and o.values["table_name"] == "a1"
    ]
    assert (area["value"], area["unit"], area["kind"], area["clause"]) == (1, "km2", "computed", "4.1.4")


def test_a_checked_sheet_is_left_alone_and_said_so(run, survey, tmp_path):
    from qingliu.layers.store import Update, open_store

    with open_store(survey) as store:
        [sheet] = store.rows("sheet", where={"table": "a3"})
        store.save([Update("sheet", sheet.uuid, sheet.version, {"state": "checked"})], why="test")
    _prefill(run, survey, tmp_path / "out.csv")
    assert _rows(survey, "a3") == [] and len(_rows(survey, "a1")) == 1


def test_rasters_give_means_and_an_impossible_one_is_refused(run, survey, dem, tmp_path):
    warm, wet = tmp_path / "warm.tif", tmp_path / "wet.tif"
    for path, value in ((warm, 2890.0), (wet, 1400.0)):  # the first in tenths of a kelvin
        shutil.copy(dem, path)
        data = gdal.Open(str(path), gdal.GA_Update)
        data.GetRasterBand(1).WriteArray(np.full((100, 100), value, np.float32))
        data.FlushCache()
        del data
    _prefill(run, survey, tmp_path / "out.csv", TEMPERATURE=str(warm), PRECIPITATION=str(wet))
    a1 = _only(_rows(survey, "a1"))
    assert a1["annual_precipitation_mm"] == 1400 and a1["mean_temperature_c"] is None


def test_a_file_that_is_no_survey_is_refused_with_a_code(run, tmp_path):
    from qgis.core import QgsProcessingException

    path = tmp_path / "no.gpkg"
    path.write_bytes(b"nothing")
    with pytest.raises(QgsProcessingException, match="QL-STORE-"):
        _prefill(run, path, tmp_path / "out.csv")


@pytest.fixture
def dem_in_degrees(dem, tmp_path) -> Path:
    """The same valley on a grid in degrees (CGCS2000)."""
    path = tmp_path / "degrees.tif"
    made = gdal.Warp(str(path), str(dem), dstSRS="EPSG:4490", resampleAlg="bilinear", dstNodata=-9999.0)
    made.FlushCache()
    return path


def test_a_dem_in_degrees_gives_the_same_within_a_cell(run, survey, dem_in_degrees, tmp_path):
    _prefill(run, survey, tmp_path / "out.csv", DEM=str(dem_in_degrees))
    a1 = _only(_rows(survey, "a1"))
    assert a1["elevation_min_m"] == pytest.approx(200, abs=2)
    assert a1["elevation_max_m"] == pytest.approx(349, abs=2)
    assert a1["sloping_cropland_hm2"] == 50
    upper = _only(_rows(survey, "a8"), natural_village="上屋")
    assert upper["distance_outlet_m"] == pytest.approx(800, rel=0.1)


def test_a_survey_in_degrees_is_measured_in_metres_and_takes_layers_in_its_own_crs(run, survey, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.planar import geometry_of

    degrees = tmp_path / "degrees.gpkg"
    run("qingliu:createsurvey", {
        "DESTINATION": str(degrees), "NAME": "度", "TYPE": "livable",
        "BOUNDARY": f"{survey}|layername=boundary", "CRS": QgsCoordinateReferenceSystem.fromEpsgId(4490),
    })  # fmt: skip
    villages = f"{survey}|layername=villages"
    more = {"VILLAGES": villages, "COPY_LAYERS": True, "LANDUSE": f"{survey}|layername=parcels"}
    _prefill(run, degrees, tmp_path / "out.csv", **more)
    a1 = _only(_rows(degrees, "a1"))
    assert a1["watershed_area_km2"] == pytest.approx(1, rel=1e-3)
    assert a1["cropland_hm2"] == pytest.approx(50, rel=1e-3)
    points = [geometry_of(r.wkb).asPoint() for r in _rows(degrees, "villages")]
    assert len(points) == 2 and all(110 < p.x() < 120 and 20 < p.y() < 30 for p in points)
    assert {r.values["villages_uuid"] for r in _rows(degrees, "a7")} == {
        r.uuid for r in _rows(degrees, "villages")
    }


# -- layers of a case that the evaluation measures on ------------------------


def _line(x: float, y: float, x2: float, y2: float) -> str:
    return f"LINESTRING({X0 + x} {Y0 - SIDE + y}, {X0 + x2} {Y0 - SIDE + y2})"


def _written(path: Path, name: str, kind: str, features: list[tuple[dict, str]]) -> str:
    """A GeoPackage of one layer; fields are those of the first feature."""
    from osgeo import ogr

    made = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(EPSG)
    layer = made.CreateLayer(name, reference, getattr(ogr, f"wkb{kind}"))
    for field in features[0][0]:
        layer.CreateField(ogr.FieldDefn(field, ogr.OFTString))
    for values, wkt in features:
        feature = ogr.Feature(layer.GetLayerDefn())
        for field, value in values.items():
            feature.SetField(field, value)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    del layer, made
    return f"{path}|layername={name}"


@pytest.fixture
def bare(run, tmp_path) -> Path:
    """A survey that has nothing but the square of its boundary."""
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import Insert, open_store

    path = tmp_path / "bare.gpkg"
    crs = QgsCoordinateReferenceSystem.fromEpsgId(EPSG)
    run("qingliu:createsurvey", {"DESTINATION": str(path), "NAME": "小方", "TYPE": "livable", "CRS": crs})
    with open_store(path) as store:
        boundary = Insert("boundary", {"name": "小方"}, _wkb(_square(0, 0, SIDE, SIDE)))
        store.save([boundary], why="test")
    return path


@pytest.fixture
def case_layers(tmp_path) -> dict:
    """60 m natural and 40 m hard bank beside a reach, 30 m² of green on 100 m² built, two measures."""
    far = _line(100, -500, 160, -500)  # a bank of another watershed
    banks = [
        ({"岸坡": "自然", "岸": "左岸", "河名": "小河"}, _line(100, 500, 160, 500)),
        ({"岸坡": "硬质", "岸": "左岸", "河名": "小河"}, _line(160, 500, 200, 500)),
        ({"岸坡": "硬质", "岸": "左岸", "河名": "大河"}, far),
    ]
    green = [({"class": "VG1"}, _polygon(300, 300, 10, 1)), ({"class": "vg2"}, _polygon(300, 301, 10, 2))]
    areas = [
        ({"measure": "梯田", "status": "已建", "survey_column": "terrace_hm2"}, _polygon(600, 600, 100, 100))
    ]
    dams = [({"measure": "check_dam", "status": "planned", "survey_column": ""}, _point(550, 550))]
    return {
        "BANKS": _written(tmp_path / "岸线.gpkg", "岸线", "LineString", banks),
        "BANK_FIELD": "岸坡", "SIDE_FIELD": "岸", "GROUP_FIELD": "河名",
        "TREATED": _written(tmp_path / "reach.gpkg", "reach", "LineString",
                            [({"河名": "小河"}, _line(100, 503, 200, 503))]),
        "GREEN": _written(tmp_path / "green.gpkg", "green", "Polygon", green),
        "BUILT": _written(tmp_path / "built.gpkg", "built", "Polygon",
                          [({"name": "上屋"}, _polygon(300, 300, 10, 10))]),
        "LAYOUT": [_written(tmp_path / "areas.gpkg", "areas", "Polygon", areas),
                   _written(tmp_path / "dams.gpkg", "dams", "Point", dams)],
        "COPY_LAYERS": True,
    }  # fmt: skip


def _polygon(x: float, y: float, width: float, height: float) -> str:
    return _square(x, y, width, height).replace("MULTIPOLYGON((", "POLYGON(")[:-1]


def _evaluated(run, survey: Path, out: Path) -> dict[int, dict]:
    run("qingliu:evaluate", {"SURVEY": str(survey), "OUTPUT": str(out), "EVALUATION_DATE": "2025-12-31"})
    with out.open(encoding="utf-8-sig", newline="") as stream:
        return {int(row["number"]): row for row in csv.DictReader(stream)}


def _content(survey: Path, *tables: str) -> dict:
    return {(t, r.uuid): (r.version, r.values, r.wkb) for t in tables for r in _rows(survey, t)}


TAKEN = ("banks", "reaches", "green_space", "built_land", "measures")


def test_banks_green_and_measures_of_a_case_reach_the_evaluation(run, bare, case_layers, tmp_path):
    from qingliu.layers.store import Insert, open_store

    _prefill(run, bare, tmp_path / "out.csv", **case_layers)
    banks = sorted(_rows(bare, "banks"), key=lambda r: r.values["bank_type"], reverse=True)
    assert [(r.values["bank_type"], r.values["side"], r.values["river"]) for r in banks] == [
        ("自然", "left", "小河"), ("硬质", "left", "小河")
    ]  # fmt: skip
    assert _only(_rows(bare, "reaches"))["river"] == "小河"
    assert sorted(r.values["class"] for r in _rows(bare, "green_space")) == ["VG1", "VG2"]
    assert _only(_rows(bare, "built_land"))["name"] == "上屋"
    rows = _evaluated(run, bare, tmp_path / "found.csv")
    # no year is known: the values are there and stay unproven
    assert float(rows[17]["value_num"]) == 60 and float(rows[13]["value_num"]) == 30
    assert {rows[n]["state"] for n in (13, 17)} == {"unproven"} and all(
        "NOYEAR" in rows[n]["missing"] for n in (13, 17)
    )
    with open_store(bare) as store:
        dated = [Insert("provenance", {"table_name": t, "year": 2025, "source": "测图"}) for t in TAKEN]
        store.save(dated, why="test")
    rows = _evaluated(run, bare, tmp_path / "dated.csv")
    assert float(rows[17]["value_num"]) == 60 and rows[17]["year"] == rows[13]["year"] == "2025"
    assert {rows[n]["state"] for n in (13, 17)} <= {"pass", "fail"}


def test_measures_of_several_layers_are_in_the_survey_and_those_built_in_table_a4(
    run, bare, case_layers, tmp_path
):
    from qingliu.layers.planar import geometry_of

    _prefill(run, bare, tmp_path / "out.csv", **case_layers)
    found = {r.values["measure"]: r for r in _rows(bare, "measures")}
    assert {k: r.values["status"] for k, r in found.items()} == {"terrace": "built", "check_dam": "planned"}
    assert geometry_of(found["terrace"].wkb).area() == pytest.approx(1e4)
    assert geometry_of(found["check_dam"].wkb).asPoint().x() == X0 + 550
    assert _only(_rows(bare, "a4"))["terrace_hm2"] == 1


def test_measures_keep_the_uuid_by_which_the_layout_check_names_them(run, bare, tmp_path):
    from qingliu.layers.store import Delete, open_store

    known = "94a6fe47-1ba0-58df-b7cc-fd74d8ca7777"
    uuids = [known, known, "甲", ""]
    dams = [({"measure": "check_dam", "uuid": u}, _point(500 + n, 550)) for n, u in enumerate(uuids)]
    given = {"LAYOUT": _written(tmp_path / "dams.gpkg", "dams", "Point", dams), "COPY_LAYERS": True}
    for _ in range(2):  # and again after they were deleted
        _prefill(run, bare, tmp_path / "out.csv", **given)
        found = [r.uuid for r in _rows(bare, "measures")]
        assert len(set(found)) == 4 and found.count(known) == 1 and "甲" not in found
        with open_store(bare) as store:
            gone = [Delete("measures", r.uuid, r.version) for r in store.rows("measures")]
            store.save(gone, why="test")


def test_layers_are_taken_once_and_never_over_what_the_survey_has(run, bare, case_layers, tmp_path):
    from qingliu.layers.store import Insert, open_store

    with open_store(bare) as store:
        own = Insert("banks", {"bank_type": "人工生态"}, _wkb(_line(400, 400, 450, 400)))
        store.save([own], why="test")
    before = _content(bare, "banks")
    _prefill(run, bare, tmp_path / "out.csv", **case_layers)
    assert _content(bare, "banks") == before
    after = _content(bare, *TAKEN, "a1", "a4", "a7", "provenance")
    _, again = _prefill(run, bare, tmp_path / "again.csv", **case_layers)
    assert _content(bare, *TAKEN, "a1", "a4", "a7", "provenance") == after
    assert again["FILLED"] == again["DIFFERENT"] == 0


def test_without_copying_the_layers_of_a_case_stay_outside(run, bare, case_layers, tmp_path):
    _prefill(run, bare, tmp_path / "out.csv", **{**case_layers, "COPY_LAYERS": False})
    assert _content(bare, *TAKEN) == {}


def test_words_that_no_list_has_stay_empty_and_are_told(bare, tmp_path):
    from qgis import processing
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback

    banks = [
        ({"bank_type": "石头", "side": "中"}, _line(100, 500, 160, 500)),
        ({"bank_type": "ecological", "side": "R"}, _line(160, 500, 200, 500)),
    ]
    layer = _written(tmp_path / "b.gpkg", "b", "LineString", banks)
    feedback = QgsProcessingFeedback()
    given = {"SURVEY": str(bare), "OUTPUT": str(tmp_path / "o.csv"), "BANKS": layer, "COPY_LAYERS": True}
    processing.run("qingliu:prefillsurvey", given, feedback=feedback, context=QgsProcessingContext())
    found = sorted((r.values["bank_type"] or "", r.values["side"] or "") for r in _rows(bare, "banks"))
    assert found == [("", ""), ("人工生态", "right")]
    log = feedback.textLog()
    assert "QL-PREFILL-WORDS" in log and "石头" in log and "中" in log


def test_banks_without_a_field_of_their_class_are_taken_and_told(bare, tmp_path):
    from qgis import processing
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback

    layer = _written(tmp_path / "b.gpkg", "b", "LineString", [({"x": "自然"}, _line(100, 500, 160, 500))])
    feedback = QgsProcessingFeedback()
    given = {"SURVEY": str(bare), "OUTPUT": str(tmp_path / "o.csv"), "BANKS": layer, "COPY_LAYERS": True}
    processing.run("qingliu:prefillsurvey", given, feedback=feedback, context=QgsProcessingContext())
    assert _only(_rows(bare, "banks"))["bank_type"] is None
    assert "QL-PREFILL-BANKFIELD" in feedback.textLog()


@pytest.mark.parametrize("name", ["SIDE_FIELD", "GROUP_FIELD", "GREEN_FIELD"])
def test_a_field_of_a_layer_that_is_not_there_does_not_matter(run, bare, tmp_path, name):
    _prefill(run, bare, tmp_path / "out.csv", **{name: "岸"})
    assert len(_rows(bare, "a1")) == 1
