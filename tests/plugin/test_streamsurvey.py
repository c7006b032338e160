"""``qingliu:streamsurvey`` as its users run it: files in, files out."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsFeature, QgsGeometry, QgsProcessingException, QgsVectorLayer

_spec = importlib.util.spec_from_file_location("terrain_files", Path(__file__).with_name("terrain_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)

FIELDS = [
    "channel_id", "uuid", "change", "parent_id", "name", "code", "strahler", "hack", "length_m", "inside_m",
    "area_km2", "gradient_permil", "drop_permil", "head_m", "mouth_m", "distance_outlet_m", "survey_required",
    "survey_reason", "near_miss", "complete", "clause",
]  # fmt: skip


def rows_of(source):
    layer = QgsVectorLayer(source, "rows", "ogr") if isinstance(source, str) else source
    assert layer.isValid()
    names = [f.name() for f in layer.fields()]
    found = []
    for feature in layer.getFeatures():
        row = {n: (None if feature[n] is None or str(feature[n]) == "NULL" else feature[n]) for n in names}
        found.append({**row, "geometry": QgsGeometry(feature.geometry())})
    return found


def survey(run, tmp_path, dem, name="channels", **more):
    parameters = {"DEM": dem, "OUTPUT": str(tmp_path / f"{name}.gpkg"), **more}
    result = run("qingliu:streamsurvey", parameters)
    return result, rows_of(result["OUTPUT"])


def vertices(geometry):
    return [(v.x(), v.y()) for v in geometry.vertices()]


def test_a_straight_valley_is_one_channel_whose_numbers_follow_by_hand(run, tmp_path):
    """60 x 41 cells of 10 m, floor falling 0.5 m a cell, sides as steep as 45 degrees would be: all water
    reaches the floor. The channel begins where ten cells' area times 41 columns make 0.02 km2."""
    dem = files.write_dem(tmp_path / "dem.tif", files.valley(side=10.0))
    result, rows = survey(run, tmp_path, dem, INCLUDE_ALL=True)
    main = max(rows, key=lambda r: r["area_km2"])
    assert list(rows_of(result["OUTPUT"])[0])[1:22] == FIELDS
    assert main["area_km2"] == pytest.approx(60 * 41 * 100 / 1e6)
    assert main["drop_permil"] == pytest.approx(50.0, abs=0.001)  # 0.5 m in 10 m
    assert main["gradient_permil"] == pytest.approx(50.0, abs=0.001)  # uniform slope: both readings agree
    assert main["length_m"] == pytest.approx(main["geometry"].length(), abs=0.001)
    assert main["survey_required"] and main["survey_reason"] == "both"
    assert main["parent_id"] is None and main["hack"] == 1


def test_network_is_sound_lines_share_vertices_and_parents_drain_more(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.ridge_country())
    result, rows = survey(
        run, tmp_path, dem, INCLUDE_ALL=True,
        CATCHMENTS=str(tmp_path / "catchments.gpkg"), ACCUMULATION=str(tmp_path / "area.tif"),
    )  # fmt: skip
    by_id = {r["channel_id"]: r for r in rows}
    assert len(by_id) == len(rows) == result["CHANNELS_TOTAL"] > 5
    for row in rows:
        assert row["length_m"] == pytest.approx(row["geometry"].length(), abs=0.001)
        if row["parent_id"] is not None:
            parent = by_id[row["parent_id"]]
            assert parent["area_km2"] > row["area_km2"]
            assert vertices(row["geometry"])[-1] in vertices(parent["geometry"])
            assert row["hack"] == parent["hack"] + 1
    catchments = rows_of(result["CATCHMENTS"])
    assert sum(c["own_area_km2"] for c in catchments) == pytest.approx(120 * 120 * 100 / 1e6, abs=1e-9)
    for c in catchments:
        assert c["geometry"].area() / 1e6 == pytest.approx(c["own_area_km2"], abs=1e-6)
    assert {c["channel_id"] for c in catchments} >= set(by_id)
    drained = gdal.Open(result["ACCUMULATION"]).ReadAsArray()
    assert drained.min() == 100.0
    assert drained.max() / 1e6 == pytest.approx(max(r["area_km2"] for r in rows))


def test_only_required_channels_come_out_unless_all_are_asked_for(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.ridge_country())
    result, some = survey(run, tmp_path, dem)
    _, everything = survey(run, tmp_path, dem, name="all", INCLUDE_ALL=True)
    assert {r["channel_id"] for r in some} == {r["channel_id"] for r in everything if r["survey_required"]}
    assert result["CHANNELS_REQUIRED"] == len(some)
    assert result["LENGTH_REQUIRED_M"] == pytest.approx(sum(r["length_m"] for r in some), abs=0.01)
    for r in everything:
        long, large = r["length_m"] > 300, r["area_km2"] > 0.1
        assert r["survey_required"] == (long or large)
        assert (
            r["survey_reason"]
            == {(0, 0): "none", (1, 0): "length", (0, 1): "area", (1, 1): "both"}[long, large]
        )
        near = r["length_m"] >= 270 or r["area_km2"] >= 0.09
        assert r["near_miss"] == (near and not r["survey_required"])


def polygon_layer(wkt, crs="EPSG:4547"):
    layer = QgsVectorLayer(f"Polygon?crs={crs}", "boundary", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt(wkt))
    layer.dataProvider().addFeature(feature)
    return layer


def test_boundary_chooses_channels_but_changes_none_of_their_numbers(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.ridge_country())
    _, everything = survey(run, tmp_path, dem, INCLUDE_ALL=True)
    box = "POLYGON((500300 2999800, 500700 2999800, 500700 2999400, 500300 2999400, 500300 2999800))"
    _, chosen = survey(run, tmp_path, dem, name="chosen", INCLUDE_ALL=True, BOUNDARY=polygon_layer(box))
    whole = {r["channel_id"]: r for r in everything}
    square = QgsGeometry.fromWkt(box)
    assert 0 < len(chosen) < len(everything)
    for row in chosen:
        twin = whole[row["channel_id"]]
        assert row["length_m"] == twin["length_m"] and row["area_km2"] == twin["area_km2"]
        inside = row["geometry"].intersection(square).length()
        assert row["inside_m"] == pytest.approx(inside, abs=0.001) and row["inside_m"] > 0
    left = set(whole) - {r["channel_id"] for r in chosen}
    assert not any(whole[i]["geometry"].intersection(square).length() > 0.001 for i in left)


def test_previous_result_keeps_ids_and_lists_what_vanished(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.ridge_country())
    first, before = survey(run, tmp_path, dem, INCLUDE_ALL=True)
    _, after = survey(run, tmp_path, dem, name="after", INCLUDE_ALL=True, PREVIOUS=first["OUTPUT"])
    assert {(r["channel_id"], r["uuid"]) for r in after} == {(r["channel_id"], r["uuid"]) for r in before}
    assert {r["change"] for r in after} == {"same"}
    _, fewer = survey(
        run, tmp_path, dem, name="fewer", INCLUDE_ALL=True, PREVIOUS=first["OUTPUT"], INITIATION_AREA=0.06
    )
    gone = [r for r in fewer if r["change"] == "vanished"]
    kept = [r for r in fewer if r["change"] == "same"]
    assert gone and kept
    uuid_of = {r["channel_id"]: r["uuid"] for r in before}
    assert all(uuid_of[r["channel_id"]] == r["uuid"] for r in gone + kept)


def test_dem_in_degrees_comes_out_projected_with_planar_lengths(run, tmp_path):
    dem = files.write_dem(
        tmp_path / "degrees.tif", files.ridge_country(), cell=1e-4, x0=114.2, y0=27.1, epsg=4490
    )
    result, rows = survey(run, tmp_path, dem, INCLUDE_ALL=True)
    layer = QgsVectorLayer(result["OUTPUT"], "c", "ogr")
    assert not layer.crs().isGeographic() and "CGCS2000" in layer.crs().description()
    for row in rows:
        assert row["length_m"] == pytest.approx(row["geometry"].length(), abs=0.001)


def test_surveyed_lines_are_followed_and_give_their_names_and_states(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.valley(side=0.2))
    own = "LineString?crs=EPSG:4547&field=gm:string&field=dm:string&field=state:string"
    lines = QgsVectorLayer(own, "沟道", "memory")
    feature = QgsFeature(lines.fields())
    # drawn upstream on purpose, two columns beside the floor
    wkt = "LINESTRING(500235 2999405, 500232 2999600, 500236 2999800, 500225 2999950)"
    feature.setGeometry(QgsGeometry.fromWkt(wkt))
    feature.setAttributes(["清水沟", "QSG-01", "natural"])
    lines.dataProvider().addFeature(feature)
    _, rows = survey(run, tmp_path, dem, INCLUDE_ALL=True, CHANNELS=lines, NAME_FIELD="gm", CODE_FIELD="dm")
    named = [r for r in rows if r["name"] == "清水沟"]
    assert len(named) == 1 and named[0]["code"] == "QSG-01" and named[0]["state"] == "natural"
    assert {r["state"] for r in rows if r["name"] != "清水沟"} == {None}
    near = named[0]["geometry"].hausdorffDistance(QgsGeometry.fromWkt(wkt))
    assert near < 60
    assert (500232, 2999600) in [(round(x), round(y)) for x, y in vertices(named[0]["geometry"])]


BAD = {
    "no CRS": ({"epsg": None}, "QL-DEM-NOCRS"),
    "two rows": ({"values": np.ones((2, 9), np.float32)}, "QL-DEM-SMALL"),
    "nothing but nodata": ({"values": np.full((9, 9), -9999, np.float32), "nodata": -9999}, "QL-DEM-NODATA"),
    "cells of a centimetre": ({"cell": 0.01}, "QL-DEM-TINYCELL"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_dem_is_refused_with_its_code(run, tmp_path, case):
    changes, code = BAD[case]
    changes = dict(changes)
    values = changes.pop("values", files.valley())
    dem = files.write_dem(tmp_path / "bad.tif", values, **changes)
    with pytest.raises(QgsProcessingException) as caught:
        survey(run, tmp_path, dem)
    assert str(caught.value).strip().startswith(code)


def test_file_that_is_no_raster_is_refused_with_a_code(run, tmp_path):
    path = tmp_path / "text.tif"
    path.write_text("not a raster", encoding="utf-8")
    with pytest.raises(QgsProcessingException) as caught:
        survey(run, tmp_path, str(path))
    assert str(caught.value).strip().startswith("QL-DEM-")


def test_initiation_area_above_the_area_limit_is_refused(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.valley())
    with pytest.raises(QgsProcessingException) as caught:
        survey(run, tmp_path, dem, INITIATION_AREA=0.1)
    assert str(caught.value).strip().startswith("QL-CHANNELS-INITIATION")


def test_boundary_elsewhere_is_refused(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.valley())
    away = polygon_layer("POLYGON((600000 3100000, 600100 3100000, 600100 3100100, 600000 3100000))")
    with pytest.raises(QgsProcessingException) as caught:
        survey(run, tmp_path, dem, BOUNDARY=away)
    assert str(caught.value).strip().startswith("QL-STREAMS-NOBOUNDARY")


@pytest.mark.slow
def test_youwuzhen_main_stem_drains_the_published_area_at_its_outlet(run, tmp_path, shared):
    """Published 5.3933 km2 at the outlet point; the authors routed a 10 m DEM, this is the 5 m one."""
    result, rows = survey(
        run, tmp_path, str(shared / "data/youwuzhen/dem_5m.tif"), INCLUDE_ALL=True,
        ACCUMULATION=str(tmp_path / "area.tif"),
    )  # fmt: skip
    dataset = gdal.Open(result["ACCUMULATION"])
    x0, dx, _, y0, _, dy = dataset.GetGeoTransform()
    col, row = int((39444813.9 - x0) / dx), int((2840490.8 - y0) / dy)
    near = dataset.ReadAsArray(col - 10, row - 10, 21, 21)
    assert near.max() / 1e6 == pytest.approx(5.3933, rel=0.03)
    assert len(rows) == result["CHANNELS_TOTAL"]


def test_all_faults_of_a_run_come_in_one_list(run, tmp_path):
    with pytest.raises(QgsProcessingException) as caught:
        survey(run, tmp_path, None, MIN_LENGTH=-5, METHOD="dig")
    codes = [line.split(":")[0] for line in str(caught.value).strip().splitlines()]
    assert codes == ["QL-PARAM-MISSING", "QL-PARAM-VALUE", "QL-PARAM-VALUE"]


def test_field_that_is_not_there_is_named(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.valley())
    box = polygon_layer("POLYGON((500000 3000000, 500100 3000000, 500100 2999900, 500000 3000000))")
    with pytest.raises(QgsProcessingException) as caught:
        survey(run, tmp_path, dem, PREVIOUS=box, CHANNELS=str(tmp_path / "none.gpkg"))
    text = str(caught.value)
    assert "QL-LAYER-NOVECTOR" in text and "CHANNELS" in text
    assert "QL-LAYER-NOFIELD" in text or "QL-LAYER-GEOMETRYTYPE" in text
