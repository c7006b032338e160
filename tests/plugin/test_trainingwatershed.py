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
        if ref.file.suffix in (".yaml", ".csv"):
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


def _survey(path: Path) -> dict[str, list]:
    from qingliu.layers.store import open_store

    with open_store(path, read_only=True) as store:
        tracked = [t for t, info in store.tables().items() if info.tracked]
        return {
            t: sorted((r.uuid, r.version, repr(sorted(r.values.items())), r.wkb) for r in store.rows(t))
            for t in tracked
        }


def test_survey_opens_without_findings_and_holds_the_tables_and_layers(folder):
    from qingliu.layers.store import inspect

    found = inspect(folder / "survey.gpkg")
    assert found.findings == [] and found.writable
    rows = _survey(folder / "survey.gpkg")
    for table in ("a1", "a2", "a3", "a4", "a5", "a6", "a6w", "a7", "a8", "a9", "a10", "a11x", "a12x"):
        assert rows[table], table
    for layer in (
        "boundary",
        "outlet",
        "parcels",
        "erosion",
        "banks",
        "reaches",
        "villages",
        "measures",
        "base_sheets",
    ):
        assert rows[layer], layer
    assert len(rows["a7"]) == len(rows["a8"]) == len(rows["villages"])


def test_surveys_of_equal_seeds_hold_equal_rows(run, folder, tmp_path):
    run(ALGORITHM, {**SMALL, "OUTPUT_FOLDER": str(tmp_path / "again")})
    assert _survey(folder / "survey.gpkg") == _survey(tmp_path / "again" / "survey.gpkg")


def test_the_exercise_differs_from_the_sound_survey_in_the_planted_faults_only(folder):
    key = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    sound, faulty = _survey(folder / "survey.gpkg"), _survey(folder / "exercise.gpkg")
    changed = set()
    for table, rows in sound.items():
        others = {r[0]: r for r in faulty[table]}
        changed |= {(table, r[0]) for r in rows if others.get(r[0]) != r}
    assert changed == {(f["table"], f["row_uuid"]) for f in key["faults"]}


def test_evidence_named_by_the_judgements_lies_beside_the_survey(folder):
    from qingliu.layers.store import open_store

    with open_store(folder / "survey.gpkg", read_only=True) as store:
        named = [r.values["evidence"] for r in store.rows("indicator_input") if r.values["evidence"]]
    assert len(named) == 7
    assert all((folder / name).is_file() for name in named)


def test_a_disk_that_fills_up_is_told_by_code_and_leaves_the_folder_empty(run, tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))  # the DEM alone needs a megabyte
        with pytest.raises(QgsProcessingException, match="QL-PRACTICE-WRITE"):
            run(ALGORITHM, {**SMALL, "OUTPUT_FOLDER": str(tmp_path / "full")})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "full").iterdir()) == []


def test_a_run_stopped_while_writing_leaves_the_folder_empty(provider, tmp_path):
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback

    feedback = QgsProcessingFeedback()
    feedback.progressChanged.connect(lambda done: feedback.cancel() if done > 90 else None)
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(ALGORITHM)
    folder = tmp_path / "stopped"
    results, _ = algorithm.run({**SMALL, "OUTPUT_FOLDER": str(folder)}, QgsProcessingContext(), feedback)
    assert "SURVEY" not in results
    assert list(folder.iterdir()) == []
