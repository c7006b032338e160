"""``qingliu:changematrix``: what became of each class between two dates, by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from qgis.core import QgsProcessingException, QgsProcessingFeedback

_spec = importlib.util.spec_from_file_location("land_files", Path(__file__).with_name("land_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)


@pytest.fixture
def compare(run, tmp_path, english):
    from qgis import processing

    def _compare(**parameters):
        feedback = QgsProcessingFeedback(False)
        boundary = files.polygons(tmp_path / "boundary.gpkg", [(files.square(0, 0, 10, 10), {})])
        wanted = {"BOUNDARY": boundary, "OUTPUT": str(tmp_path / "matrix.gpkg"), **parameters}
        result = processing.run("qingliu:changematrix", wanted, feedback=feedback)
        rows = {(r["before"], r["after"]): r for r in files.rows_of(result["OUTPUT"])}
        return result, rows, feedback.textLog()

    return _compare


def erosion(tmp_path, name, *strips):
    """Classes in vertical strips of (class, squares wide)."""
    rows, west = [], 0
    for code, width in strips:
        rows.append((files.square(west, 0, width, 10), {"class": code}))
        west += width
    return files.polygons(tmp_path / f"{name}.gpkg", rows, **{"class": int})


def test_erosion_up_and_down_by_hand(compare, tmp_path):
    """Before 4 4 4 4 | 1 1 1 1 1 1, after 2 2 | 4 4 | 1 1 1 1 1 | 2: 20 hm² down, 10 up, eroded 40 to 50."""
    before = erosion(tmp_path, "before", (4, 4), (1, 6))
    after = erosion(tmp_path, "after", (2, 2), (4, 2), (1, 5), (2, 1))
    result, rows, _ = compare(KIND="erosion", BEFORE=before, AFTER=after)
    areas = {pair: row["area_hm2"] for pair, row in rows.items()}
    assert areas == {("4", "2"): 20.0, ("4", "4"): 20.0, ("1", "1"): 50.0, ("1", "2"): 10.0}
    assert rows["4", "2"]["step"] == -2 and rows["1", "2"]["step"] == 1
    assert rows["4", "2"]["before_name"] == "强烈" and rows["4", "2"]["after_name"] == "轻度"
    assert (result["DOWN_HM2"], result["UP_HM2"], result["UNCHANGED_HM2"]) == (20.0, 10.0, 70.0)
    assert result["ERODED_CHANGE_HM2"] == 10.0 and result["FOREST_GRASS_CHANGE_HM2"] is None
    assert result["UNCOMPARED_HM2"] == 0.0


def test_land_without_a_class_at_one_date_is_not_compared(compare, tmp_path):
    before = erosion(tmp_path, "before", (1, 10))
    after = erosion(tmp_path, "after", (1, 7))
    result, rows, log = compare(KIND="erosion", BEFORE=before, AFTER=after)
    assert rows["1", "1"]["area_hm2"] == 70.0 and result["UNCOMPARED_HM2"] == 30.0
    assert "QL-CHANGE-UNCOMPARED" in log


def test_land_use_of_polygons_against_a_raster(compare, tmp_path):
    """Cropland of 100 hm² before; afterwards the eastern half is forest, given as cells."""
    before = files.polygons(
        tmp_path / "before.gpkg", [(files.square(0, 0, 10, 10), {"DLBM": "0103"})], DLBM=str
    )
    codes = np.where(np.mgrid[0:100, 0:100][1] < 50, 103, 301).astype(np.int32)
    after = files.raster(tmp_path / "after.tif", codes)
    result, rows, _ = compare(KIND="landuse", BEFORE=before, AFTER=after)
    assert rows["0103", "0301"]["area_hm2"] == 50.0 and rows["0103", "0103"]["area_hm2"] == 50.0
    assert rows["0103", "0301"]["step"] is None and rows["0103", "0301"]["after_name"] == "arbor forest"
    assert result["FOREST_GRASS_CHANGE_HM2"] == 50.0 and result["DOWN_HM2"] is None


def test_faults_of_both_dates_come_in_one_list(compare, tmp_path):
    bad = files.polygons(tmp_path / "bad.gpkg", [(files.square(0, 0), {"class": 8})], **{"class": int})
    none = files.polygons(tmp_path / "none.gpkg", [(files.square(0, 0), {"x": 99})], x=int)
    with pytest.raises(QgsProcessingException) as caught:
        compare(KIND="erosion", BEFORE=bad, AFTER=none)
    assert "QL-EROSION-CODES" in str(caught.value) and "AFTER_FIELD" in str(caught.value)


@pytest.mark.slow
def test_youwuzhen_against_its_earlier_codes_counts_cells(compare, shared, tmp_path):
    """Two maps of one watershed on the same cells: the matrix is a count of cells, nothing else."""
    from osgeo import gdal

    folder = shared / "data/youwuzhen"
    paths = [str(folder / name) for name in ("landuse_5m_original_codes.tif", "landuse_5m.tif")]
    one, two = (gdal.Open(p).ReadAsArray()[150:350, 200:500] for p in paths)
    table = tmp_path / "map.csv"
    lines = ["4,0201", "6,0301", "7,0302", "8,0303", "16,0305", "18,1101", "33,0101", "104,0702", "106,0601"]
    table.write_text("\n".join(["code,gbt21010", *lines]), encoding="utf-8")
    known = dict(line.split(",") for line in lines)
    x0, cell, _, y0, _, _ = gdal.Open(paths[0]).GetGeoTransform()
    x, y = x0 + 200 * cell, y0 - 150 * cell
    wkt = f"POLYGON(({x} {y - 1000},{x + 1500} {y - 1000},{x + 1500} {y},{x} {y},{x} {y - 1000}))"
    boundary = files.polygons(tmp_path / "b.gpkg", [(wkt, {})], epsg=2415)
    _, rows, _ = compare(
        BOUNDARY=boundary, KIND="landuse", BEFORE=paths[0], AFTER=paths[1], LANDUSE_MAP=str(table)
    )
    pairs, counts = np.unique(np.stack([one.ravel(), two.ravel()]), axis=1, return_counts=True)
    expected = {
        (known[str(a)], known[str(b)]): n * cell * cell / 1e4 for (a, b), n in zip(pairs.T.tolist(), counts)
    }
    assert {pair: row["area_hm2"] for pair, row in rows.items()} == pytest.approx(expected, abs=5.1e-5)
