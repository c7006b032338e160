"""``qingliu:delineatewatershed``: outlets to catchments, villages to units."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsProcessingException, QgsVectorLayer

_spec = importlib.util.spec_from_file_location("terrain_files", Path(__file__).with_name("terrain_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)


def rows_of(path):
    layer = QgsVectorLayer(path, "rows", "ogr")
    names = [f.name() for f in layer.fields()]
    found = []
    for f in layer.getFeatures():
        row = {n: (None if str(f[n]) == "NULL" else f[n]) for n in names}
        found.append({**row, "geometry": QgsGeometry(f.geometry())})
    return found


def delineate(run, tmp_path, **parameters):
    result = run("qingliu:delineatewatershed", {"OUTPUT": str(tmp_path / "watershed.gpkg"), **parameters})
    return result, rows_of(result["OUTPUT"])


def bowl(rows=340, cols=340):
    """A bowl 3 km across in a hill; its water leaves by a trench one cell wide through the south rim."""
    y, x = np.mgrid[0:rows, 0:cols]
    r = np.hypot(y - rows / 2, x - cols / 2)
    inside = 300 + 0.25 * r - 0.05 * y
    outside = 300 + 0.25 * 150 - 0.6 * (r - 150)
    dem = np.where(r < 150, inside, outside)
    notch = (x == cols // 2) & (y > rows / 2)
    dem[notch] = (260 - 0.02 * y)[notch] + 0.02 * 200
    return dem.astype(np.float32)


def test_outlet_is_moved_to_the_channel_and_how_far_is_said(run, tmp_path):
    """The valley's floor is column 20 (x = 500205); the outlet is given 30 m beside it, near the mouth."""
    dem = files.write_dem(tmp_path / "dem.tif", files.valley(side=10.0))
    result, (row,) = delineate(run, tmp_path, DEM=dem, OUTLET="500235,2999405 [EPSG:4547]", SNAP_DISTANCE=35)
    assert row["area_km2"] == pytest.approx(60 * 41 * 100 / 1e6)
    assert row["geometry"].area() / 1e6 == pytest.approx(row["area_km2"])
    assert row["snapped_m"] == pytest.approx(30.0)
    assert row["size_check"] == "below"
    assert row["complete"] is False  # it touches the DEM's edges
    assert result["AREA_KM2"] == row["area_km2"]


def test_without_outlet_the_largest_complete_catchment_of_the_right_size_is_taken(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", bowl())
    _, (row,) = delineate(run, tmp_path, DEM=dem)
    assert row["complete"] is True and row["size_check"] == "within"
    assert 5 <= row["area_km2"] <= 50
    assert row["geometry"].area() / 1e6 == pytest.approx(row["area_km2"])


def test_a_dem_without_such_a_catchment_is_refused(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.valley())
    with pytest.raises(QgsProcessingException) as caught:
        delineate(run, tmp_path, DEM=dem)
    assert str(caught.value).strip().startswith("QL-WATERSHED-NONE")


def test_outlet_off_the_dem_is_refused(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.valley())
    with pytest.raises(QgsProcessingException) as caught:
        delineate(run, tmp_path, DEM=dem, OUTLET="700000,2999405 [EPSG:4547]")
    assert str(caught.value).strip().startswith("QL-WATERSHED-NODATA")


def test_several_outlets_give_a_catchment_each_by_name(run, tmp_path):
    dem = files.write_dem(tmp_path / "dem.tif", files.valley(side=10.0))
    outlets = QgsVectorLayer("Point?crs=EPSG:4547&field=name:string", "出口", "memory")
    for name, y in (("上", 2999805), ("下", 2999405)):
        feature = QgsFeature(outlets.fields())
        feature.setGeometry(QgsGeometry.fromWkt(f"POINT(500205 {y})"))
        feature.setAttributes([name])
        outlets.dataProvider().addFeature(feature)
    _, rows = delineate(run, tmp_path, DEM=dem, OUTLETS=outlets, SNAP_DISTANCE=0)
    area = {row["outlet_id"]: row["area_km2"] for row in rows}
    assert area["上"] == pytest.approx(20 * 41 * 100 / 1e6)
    assert area["下"] == pytest.approx(60 * 41 * 100 / 1e6)


def test_villages_make_the_unit_on_plains(run, tmp_path):
    villages = QgsVectorLayer("Polygon?crs=EPSG:4547", "行政村", "memory")
    for x in (500000, 502000):
        feature = QgsFeature()
        wkt = f"POLYGON(({x} 3000000, {x + 2000} 3000000, {x + 2000} 3002000, {x} 3002000, {x} 3000000))"
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        villages.dataProvider().addFeature(feature)
    _, (row,) = delineate(run, tmp_path, VILLAGES=villages)
    assert row["area_km2"] == pytest.approx(8.0)
    assert row["size_check"] == "within" and row["complete"] is True


def test_nothing_given_says_what_is_missing(run, tmp_path):
    with pytest.raises(QgsProcessingException) as caught:
        delineate(run, tmp_path)
    assert str(caught.value).strip().startswith("QL-PARAM-MISSING")


@pytest.mark.slow
def test_youwuzhen_outlet_gives_the_published_area(run, tmp_path, shared):
    """Published 5.3933 km2 by the authors' 10 m chain; the same outlet on the 10 m DEM."""
    dem = str(shared / "data/youwuzhen/dem_10m.tif")
    _, (row,) = delineate(run, tmp_path, DEM=dem, OUTLET="39444813.9,2840490.8 [EPSG:2415]")
    assert row["area_km2"] == pytest.approx(5.3933, rel=0.01)
    assert row["size_check"] == "within" and row["complete"] is True
