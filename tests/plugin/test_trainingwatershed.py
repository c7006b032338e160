"""qingliu:trainingwatershed through QGIS: files, roles, CRS, refusals, equal content for a seed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, ogr
from qgis.core import QgsProcessingException, QgsRasterLayer, QgsVectorLayer

ALGORITHM = "qingliu:trainingwatershed"
SMALL = {"SEED": 7, "AREA_KM2": 5}


@pytest.fixture(scope="module")
def folder(provider, tmp_path_factory) -> Path:
    from qgis import processing

    target = tmp_path_factory.mktemp("practice") / "练习 1"
    processing.run(ALGORITHM, {**SMALL, "OUTPUT_FOLDER": str(target)})
    return target


def _rows(path: Path) -> dict[str, list]:
    dataset = gdal.OpenEx(str(path), gdal.OF_VECTOR)
    found = {}
    for index in range(dataset.GetLayerCount()):
        layer = dataset.GetLayer(index)
        names = [
            layer.GetLayerDefn().GetFieldDefn(k).GetName()
            for k in range(layer.GetLayerDefn().GetFieldCount())
        ]
        found[layer.GetName()] = [
            ([f.GetField(n) for n in names], bytes(f.GetGeometryRef().ExportToWkb())) for f in layer
        ]
    return found


def test_all_files_of_the_contract_are_there(folder):
    names = {p.name for p in folder.iterdir()}
    assert {"dem.tif", "landuse.gpkg", "county.yaml", "case.yaml", "answers.json"} <= names


def test_case_reads_and_every_layer_of_it_opens_in_the_promised_crs(folder):
    from qingliu.core.case import read_case

    case = read_case(folder)
    assert len(case.layers) > 15
    for role, ref in case.layers.items():
        if ref.file.suffix == ".yaml":
            continue
        kind = QgsRasterLayer if ref.file.suffix == ".tif" else QgsVectorLayer
        layer = kind(ref.source, role)
        assert layer.isValid(), role
        assert layer.crs().authid() == "EPSG:4547", role
        if ref.field:
            assert layer.fields().indexOf(ref.field) >= 0, role


def test_every_polygon_is_valid(folder):
    for name, rows in _rows(folder / "landuse.gpkg").items():
        for values, wkb in rows:
            assert ogr.CreateGeometryFromWkb(wkb).IsValid(), (name, values)


def test_parcels_leave_no_gap_and_no_overlap_in_the_boundary(folder):
    rows = _rows(folder / "landuse.gpkg")
    boundary = ogr.CreateGeometryFromWkb(rows["boundary"][0][1])
    union = ogr.Geometry(ogr.wkbMultiPolygon)
    total = 0.0
    for _, wkb in rows["landuse"]:
        part = ogr.CreateGeometryFromWkb(wkb)
        total += part.GetArea()
        union.AddGeometry(part)
    assert total == boundary.GetArea()
    assert union.UnionCascaded().SymmetricDifference(boundary).GetArea() == 0.0


def test_answers_give_the_area_of_the_boundary_layer(folder):
    key = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    values = {a["id"]: a["value"] for a in key["answers"]}
    boundary = ogr.CreateGeometryFromWkb(_rows(folder / "landuse.gpkg")["boundary"][0][1])
    assert values["watershed.area_km2"] == boundary.GetArea() / 1e6
    assert all(a["how"] for a in key["answers"])


def test_equal_seed_and_version_give_equal_rows_geometry_bytes_and_raster_values(run, folder, tmp_path):
    run(ALGORITHM, {**SMALL, "OUTPUT_FOLDER": str(tmp_path / "again")})
    assert _rows(folder / "landuse.gpkg") == _rows(tmp_path / "again" / "landuse.gpkg")
    for name in ("dem.tif", "cover.tif", "soil_depth.tif"):
        one, two = (gdal.Open(str(p / name)).ReadAsArray() for p in (folder, tmp_path / "again"))
        assert np.array_equal(one, two), name
    for name in ("county.yaml", "case.yaml", "answers.json"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_a_folder_with_something_in_it_is_refused_and_left_as_it_was(run, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(QgsProcessingException, match="QL-PRACTICE-NOTEMPTY"):
        run(ALGORITHM, {**SMALL, "OUTPUT_FOLDER": str(tmp_path)})
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("area", [4.9, 50.1], ids=["below", "above"])
def test_an_area_outside_the_clause_is_refused(run, tmp_path, area):
    with pytest.raises(QgsProcessingException):
        run(ALGORITHM, {"SEED": 1, "AREA_KM2": area, "OUTPUT_FOLDER": str(tmp_path / "x")})
