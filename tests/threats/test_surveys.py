"""A mailed survey: triggers, views, computed columns, stored styles, odd names, broken cells (T02, T08, T09)."""

from __future__ import annotations

import sqlite3

import pytest

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"


def opened(path, **options):
    from qingliu.layers.store import open_store

    return open_store(path, daily_backup=False, **options)


def codes(store):
    return [p.code for p in store.findings]


def read_all(store):
    return {name: len(store.rows(name)) for name, table in store.tables().items() if table.tracked}


# -- T02 what a GeoPackage brings to be run when its layers are added ---------------
def store_style(path, table, canary):
    """As the mailer did it: form code and an action in the style that the file itself carries."""
    from qgis.core import QgsAction, QgsEditFormConfig, QgsVectorLayer

    code = f"open({str(canary)!r}, 'w').write('x')"
    layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
    config = layer.editFormConfig()
    config.setInitCodeSource(QgsEditFormConfig.PythonInitCodeSource.CodeSourceDialog)
    config.setInitFunction("formOpen")
    config.setInitCode(f"def formOpen(dialog, layer, feature):\n    {code}")
    layer.setEditFormConfig(config)
    layer.actions().addAction(QgsAction.ActionType.GenericPython, "evil", code)
    layer.saveStyleToDatabase("evil", "", True, "")


def has_code(layer):
    config = layer.editFormConfig()
    return bool(config.initCode() or config.initFunction() or layer.actions().actions())


def test_the_payload_of_a_stored_style_works_where_a_layer_is_added_carelessly(survey, canary):
    """The test below would prove nothing if QGIS did not take the style up."""
    from qgis.core import QgsVectorLayer

    store_style(survey, "villages", canary)
    assert has_code(QgsVectorLayer(f"{survey}|layername=villages", "v", "ogr"))


def test_a_style_stored_in_a_survey_brings_no_code_to_its_layers(survey, canary, qgis_new_project):
    from qgis.core import QgsProject
    from qingliu.layers.surveyproject import Surveyed, fill_project

    for table in ("villages", "a7", "boundary"):
        store_style(survey, table, canary)
    with opened(survey) as store:
        meta = store.meta()
    project = QgsProject()
    for item in fill_project(project, Surveyed(survey, meta["store_id"], meta["name"], "en")):
        config = item.layer.editFormConfig()
        assert "canary" not in config.initCode() and item.layer.actions().actions() == []


def test_a_style_stored_in_an_input_brings_no_code_through_an_algorithm(survey, canary, run, tmp_path):
    from qgis.core import QgsProject

    store_style(survey, "boundary", canary)
    out = str(tmp_path / "sheets.gpkg")
    run("qingliu:mapsheets", {"BOUNDARY": f"{survey}|layername=boundary", "OUTPUT": out})
    assert not [layer for layer in QgsProject.instance().mapLayers().values() if has_code(layer)]


# -- T08 what the file does behind one's back ------------------------------------
TRIGGERS = {
    "deletes": "CREATE TRIGGER helper AFTER INSERT ON a7 BEGIN DELETE FROM villages; END",
    "takes-a-known-name": (
        "DROP TRIGGER rtree_villages_geom_delete; CREATE TRIGGER rtree_villages_geom_delete AFTER DELETE ON "
        "villages BEGIN DELETE FROM a7; END"
    ),
    "silently-ignores": "CREATE TRIGGER helper BEFORE INSERT ON a7 BEGIN SELECT raise(IGNORE); END",
    "on-the-log": "CREATE TRIGGER helper AFTER INSERT ON change_log BEGIN DELETE FROM a7; END",
    "loads-code": "CREATE TRIGGER helper AFTER INSERT ON a7 BEGIN SELECT load_extension('/tmp/x.so'); END",
    "computed-column": "ALTER TABLE a7 ADD COLUMN more TEXT AS (hex(uuid)) VIRTUAL",
}


@pytest.mark.parametrize("payload", TRIGGERS.values(), ids=TRIGGERS)
def test_code_inside_a_survey_is_named_and_never_run(survey, spoil, payload):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert

    spoil(survey, payload)
    with opened(survey) as store:
        assert "QL-STORE-FOREIGN" in codes(store) and store.read_only
        with pytest.raises(InputError, match="QL-STORE-READONLY"):
            store.save([Insert("a7", {}) for _ in range(10)])
        assert store.count("villages") == 2 and store.count("a7") == 2


DISGUISES = {
    "a-view-without-end": (
        "ALTER TABLE villages RENAME TO kept; CREATE VIEW villages AS " + ENDLESS + " SELECT i AS fid, "
        "NULL AS geom, 'u' || i AS uuid, 1 AS version, 'x' AS name FROM n"
    ),
    "facts-as-a-view": (
        f"ALTER TABLE meta RENAME TO kept; CREATE VIEW meta AS {ENDLESS} SELECT 'k' || i AS key, 'v' AS value FROM n"
    ),
    "the-register-as-a-view": (
        f"ALTER TABLE gpkg_contents RENAME TO kept; CREATE VIEW gpkg_contents AS {ENDLESS} "
        "SELECT 't' || i AS table_name, 'features' AS data_type FROM n"
    ),
    "a-virtual-table": "ALTER TABLE a7 RENAME TO kept; CREATE VIRTUAL TABLE a7 USING fts5(uuid, version)",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("payload", DISGUISES.values(), ids=DISGUISES)
def test_a_table_that_is_none_is_refused_and_not_read(survey, spoil, payload):
    from qingliu.core.errors import InputError

    spoil(survey, payload)
    with pytest.raises(InputError) as told:
        opened(survey)
    assert told.value.code == "QL-STORE-NOTSURVEY"


@pytest.mark.timeout(60)
def test_a_registered_view_without_end_is_left_alone(survey, spoil):
    spoil(
        survey,
        f"CREATE VIEW spy AS {ENDLESS} SELECT i AS fid, 'u' || i AS uuid, 1 AS version FROM n",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('spy', 'attributes', 'spy', 0)",
    )
    with opened(survey) as store:
        assert "QL-STORE-VIEWS" in codes(store) and "spy" not in store.tables()
        store.backup("now")


@pytest.mark.timeout(60)
def test_the_same_in_a_package_that_comes_back(survey, spoil, run, tmp_path):
    from qgis.core import QgsProcessingException

    package = tmp_path / "package"
    run("qingliu:packagefield", {"SURVEY": str(survey), "TARGET": "qfield", "OUTPUT_FOLDER": str(package)})
    (gpkg,) = package.glob("*.gpkg")
    spoil(gpkg, DISGUISES["a-view-without-end"])
    before = survey.read_bytes()
    try:
        run(
            "qingliu:mergefield",
            {"SURVEY": str(survey), "PACKAGE": str(package), "OUTPUT": "TEMPORARY_OUTPUT"},
        )
    except QgsProcessingException as error:
        assert "QL-FIELD-" in str(error) or "QL-STORE-" in str(error)
    with opened(survey) as store:
        assert store.count("villages") == 2
    assert len(before) > 0


CELLS = {
    "a-number-for-a-place": "UPDATE villages SET geom = 5",
    "a-text-for-a-place": "UPDATE villages SET geom = 'GPxxxxxxxxxxxxx'",
    "half-a-place": "UPDATE villages SET geom = x'4750'",
    "a-header-and-no-place": "UPDATE villages SET geom = x'475000030000000001'",
    "a-word-for-a-version": "UPDATE villages SET version = 'abc'",
    "the-largest-version": "UPDATE villages SET version = 9223372036854775807",
    "a-text-that-is-none": "UPDATE villages SET name = CAST(x'ff41' AS TEXT)",
    "a-zero-byte": "UPDATE villages SET name = CAST(x'4100420a' AS TEXT)",
    "bytes-for-a-fact": "UPDATE meta SET value = x'ff00' WHERE key = 'name'",
    "no-layout-number": "UPDATE meta SET value = 'abc' WHERE key = 'schema_version'",
    "no-id": "DELETE FROM meta WHERE key = 'store_id'",
    "a-broken-log": "DROP TRIGGER change_log_no_update; UPDATE change_log SET before = '{', after = '[', digest = 5",
    "a-table-that-is-not-there": (
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('gone', 'attributes', 'g', 0)"
    ),
    "a-place-column-that-is-none": "INSERT INTO gpkg_geometry_columns VALUES ('a7', 'geom', 'POINT', 0, 0, 0)",
    "an-index-that-computes": "CREATE INDEX heavy ON a7 (hex(uuid))",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("payload", CELLS.values(), ids=CELLS)
def test_broken_cells_are_told_with_a_code_or_read_as_they_stand(survey, spoil, payload):
    from qingliu.core.errors import QingliuError

    spoil(survey, payload)
    try:
        with opened(survey) as store:
            found = read_all(store)
            assert found["a7"] == 2 and found["villages"] == 2
    except QingliuError as error:
        assert error.code.startswith("QL-STORE-")


def test_a_place_that_cannot_be_read_is_told_with_table_and_row(survey, spoil):
    from qingliu.core.errors import InputError

    spoil(survey, "UPDATE villages SET geom = 'no place' WHERE name = '上店'")
    with pytest.raises(InputError) as told:
        opened(survey)
    assert told.value.code == "QL-STORE-WKB"
    assert (
        told.value.problems[0].facts["table"] == "villages" and len(told.value.problems[0].facts["row"]) == 36
    )


# -- T09 names as code ------------------------------------------------------------
NAMES = [
    'x"; DROP TABLE a7; --',
    "x'; DROP TABLE a7; --",
    "[x]",
    "x|layername=a7",
    "x\\",
    'x" || load_extension("y") || "',
    "表`名",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_with_a_name_like_code_is_a_name(survey, name):
    from qingliu.layers.store import Insert

    connection = sqlite3.connect(survey)
    quoted = '"' + name.replace('"', '""') + '"'
    connection.execute(
        f"CREATE TABLE {quoted} (fid INTEGER PRIMARY KEY, uuid TEXT, version INTEGER, {quoted} TEXT)"
    )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'attributes', ?, 0)",
        (name, name),
    )
    connection.execute(f"INSERT INTO {quoted} (uuid, version) VALUES ('u-1', 1)")
    connection.commit()
    connection.close()
    with opened(survey) as store:
        assert store.count(name) == 1 and store.rows(name)[0].uuid == "u-1"
        store.save([Insert(name, {name: "值"})])
        assert store.count("a7") == 2 and store.count(name) == 2
        store.backup("copy")


@pytest.mark.parametrize(
    "value", [*NAMES, "=cmd|'/c calc'!A0", "[% env('HOME') %]", "{{ 7*7 }}", "\u202e", "a" * 9000]
)
def test_a_value_like_code_is_kept_letter_by_letter(survey, value):
    from qingliu.layers.store import Insert

    with opened(survey) as store:
        saved = store.save([Insert("a7", {"natural_village": value})])
        kept = store.row("a7", saved.rows[0].uuid)
        assert kept.values["natural_village"] == value and store.count("villages") == 2
