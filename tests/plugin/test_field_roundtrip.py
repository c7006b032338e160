"""To the field and back on whole surveys: no row, relation, value list or photo is lost, everything entered arrives."""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
from pathlib import Path

import pytest
from qgis.core import QgsProject, QgsVectorLayer

_spec = importlib.util.spec_from_file_location("field_surveys", Path(__file__).with_name("field_surveys.py"))
fs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fs)


@pytest.fixture
def practice_survey(practice_folder, tmp_path):
    home = tmp_path / "练习"
    shutil.copytree(practice_folder, home)
    return home / "survey.gpkg"


@pytest.fixture
def bayreuth_survey(run, shared, tmp_path):
    """A survey filled from the real layers of the Roter Main: villages, channels, roads, water bodies."""
    source = shared / "data/bayreuth_rotmain/osm_layers.gpkg"
    home = tmp_path / "bayreuth"
    home.mkdir()
    path = home / "survey.gpkg"
    run(
        "qingliu:createsurvey",
        {"DESTINATION": str(path), "NAME": "Roter Main", "TYPE": "livable", "CRS": "EPSG:25832"},
    )
    layers = {"VILLAGES": "places", "CHANNELS": "waterways", "ROADS": "roads", "WATERBODIES": "water"}
    given = {role: f"{source}|layername={name}" for role, name in layers.items()}
    dem = {"DEM": str(shared / "data/bayreuth_rotmain/dem_srtm3.tif")}
    streams = str(tmp_path / "watershed.gpkg")
    run("qingliu:delineatewatershed", {**dem, "OUTPUT": streams})
    given["BOUNDARY"] = streams
    run(
        "qingliu:prefillsurvey",
        {"SURVEY": str(path), "COPY_LAYERS": True, "OUTPUT": str(tmp_path / "p.csv"), **given},
    )
    return path


def everything(path):
    """All tracked rows of a survey, without their histories."""
    from qingliu.layers.store import open_store
    from qingliu.layers.store.writing import HISTORY

    with open_store(path, read_only=True) as store:
        return {
            (name, r.uuid): ({k: v for k, v in r.values.items() if k not in HISTORY}, r.wkb)
            for name, table in store.tables().items()
            if table.tracked
            for r in store.rows(name)
        }


def inventory(project):
    """Valid relations, widgets that show value lists, and rows by table of a project."""
    layers = [x for x in project.mapLayers().values() if isinstance(x, QgsVectorLayer)]
    lists = {
        (x.source().split("layername=")[-1], f.name())
        for x in layers
        for i, f in enumerate(x.fields())
        if x.editorWidgetSetup(i).type() == "ValueRelation"
        and project.mapLayer(x.editorWidgetSetup(i).config()["Layer"]) is not None
    }
    relations = {r.id() for r in project.relationManager().relations().values() if r.isValid()}
    rows = {x.source().split("layername=")[-1]: x.featureCount() for x in layers}
    return relations, lists, rows


def office_project(survey):
    from qingliu.core import language
    from qingliu.layers.surveyproject import Surveyed, fill_project

    project = QgsProject()
    fill_project(project, Surveyed(survey, "x", "x", language.current()))
    return project


def texts_of(database, table):
    """Text columns of a table that may hold anything."""
    kept = {
        "uuid",
        "sheet_uuid",
        "created_by",
        "updated_by",
        "path",
        "evidence",
        "table",
        "state",
        "row_uuid",
    }
    return [
        r[1]
        for r in database.execute(f'PRAGMA table_info("{table}")')
        if r[2] == "TEXT" and r[1] not in kept and not r[1].startswith("gnss") and not r[1].endswith("_uuid")
    ]


def enter_everywhere(folder):
    """A device writes a word into a text of every row of every table, and one photo a table; what it entered."""
    from qingliu.layers.store.geometry import register_functions

    database = sqlite3.connect(fs.gpkg_of(folder))
    register_functions(database)
    tables = [r[0] for r in database.execute("SELECT table_name FROM gpkg_contents")]
    entered, photos = {}, {}
    for table in tables:
        columns = {r[1] for r in database.execute(f'PRAGMA table_info("{table}")')}
        if not {"uuid", "version"} <= columns or table == "provenance":
            continue
        field = next(iter(texts_of(database, table)), None)
        uuids = [r[0] for r in database.execute(f'SELECT uuid FROM "{table}" ORDER BY fid')]
        for number, uuid in enumerate(uuids if field else ()):
            entered[table, uuid] = (field, f"外业 {number}")
            database.execute(f'UPDATE "{table}" SET "{field}" = ? WHERE uuid = ?', (f"外业 {number}", uuid))
        if uuids and table != "photos":
            photos[f"photo-{table}"] = (table, uuids[0])
    for uuid, (_, row) in photos.items():
        (folder / "DCIM" / f"{uuid}.jpg").write_bytes(uuid.encode())
        database.execute(
            "INSERT INTO photos (uuid, path, row_uuid) VALUES (?, ?, ?)", (uuid, f"DCIM/{uuid}.jpg", row)
        )
    database.commit()
    database.close()
    return entered, photos


def round_trip(run, survey, tmp_path):
    before = everything(survey)
    folder = tmp_path / "p"
    run("qingliu:packagefield", {"SURVEY": str(survey), "OUTPUT_FOLDER": str(folder)})
    office, field = office_project(survey), QgsProject()
    assert field.read(str(fs.project_of(folder)))
    relations, lists, rows = inventory(office)
    relations_there, lists_there, rows_there = inventory(field)
    assert relations_there == relations and lists_there == lists and len(lists) > 20
    del rows["change_log"]
    assert {t: n for t, n in rows_there.items() if t != "meta"} == {
        t: n for t, n in rows.items() if t != "meta"
    }
    office.clear()
    field.clear()
    entered, photos = enter_everywhere(folder)
    out = tmp_path / "d.csv"
    given = {"SURVEY": str(survey), "PACKAGE": str(folder), "APPLY": True, "OUTPUT": str(out)}
    found = run("qingliu:mergefield", given)
    assert found["OPEN"] == 0 and found["NEW"] == len(photos) and found["CHANGED"] == len(entered)
    after = everything(survey)
    assert set(after) == set(before) | {("photos", uuid) for uuid in photos}
    for key, (values, wkb) in before.items():
        field_name, word = entered.get(key, ("", None))
        expected = {**values, **({field_name: word} if field_name else {})}
        assert after[key] == (expected, wkb), key
    for uuid, (table, row) in photos.items():
        values = after["photos", uuid][0]
        assert (values["table_name"], values["row_uuid"]) == (table, row)
        assert (survey.parent / values["path"]).read_bytes() == uuid.encode()
    assert run("qingliu:mergefield", given)["CHANGED"] == 0
    assert everything(survey) == after
    return len(entered), len(photos)


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_the_practice_survey_goes_out_and_comes_back_whole(run, practice_survey, tmp_path):
    entered, photos = round_trip(run, practice_survey, tmp_path)
    assert entered > 300 and photos > 20


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_bayreuth_goes_out_and_comes_back_whole(run, bayreuth_survey, tmp_path):
    entered, photos = round_trip(run, bayreuth_survey, tmp_path)
    assert entered > 50 and photos > 4


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_merged_practice_survey_is_packaged_again_with_its_new_photos(run, practice_survey, tmp_path):
    round_trip(run, practice_survey, tmp_path)
    again = tmp_path / "again"
    run("qingliu:packagefield", {"SURVEY": str(practice_survey), "OUTPUT_FOLDER": str(again)})
    named = {r.values["path"] for r in fs.rows(practice_survey, "photos").values()}
    assert all((again / path).is_file() for path in named)
