"""qingliu:createsurvey: the survey it makes, the project beside it, and what it refuses."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFieldConstraints,
    QgsGeometry,
    QgsProcessingException,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)

COUNTY = """name: 某县
year: 2024
source: 县水务局
county_target_2035: 78.5
county_current_mean: 71.2
county_mean: 62.0
county_mean_income: 21500
"""

TABLES = ["a1", "a2", "a3", "a4", "a5", "a6", "a6w", "a7", "a8", "a9", "a10", "a11x", "a12x"]
LAYERS = {
    "boundary": "MULTIPOLYGON",
    "outlet": "POINT",
    "admin_villages": "MULTIPOLYGON",
    "parcels": "MULTIPOLYGON",
    "erosion": "MULTIPOLYGON",
    "roads": "MULTILINESTRING",
    "villages": "POINT",
    "enterprises": "POINT",
    "channels": "MULTILINESTRING",
    "reaches": "MULTILINESTRING",
    "waterbodies": "MULTIPOLYGON",
    "pollution_sources": "POINT",
    "toilets": "POINT",
    "green_space": "MULTIPOLYGON",
    "built_land": "MULTIPOLYGON",
    "banks": "MULTILINESTRING",
    "measures": "GEOMETRY",
    "zones": "MULTIPOLYGON",
    "tourism": "POINT",
    "industry": "MULTIPOLYGON",
    "base_sheets": "MULTIPOLYGON",
    "photos": "POINT",
}


def boundary_layer(crs="EPSG:4490"):
    """A square of 0.1° near 114° E, 33° N."""
    layer = QgsVectorLayer(f"Polygon?crs={crs}&field=name:string&field=code:string", "边界", "memory")
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["青柳沟", "411600001"])
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((114 33,114.05 33,114.05 33.05,114 33.05,114 33))"))
    layer.dataProvider().addFeatures([feature])
    return layer


@pytest.fixture
def made(run, tmp_path):
    """A survey of the square, in a folder with Chinese and a blank in its name."""
    folder = tmp_path / "调查 一"
    folder.mkdir()
    county = folder / "county.yaml"
    county.write_text(COUNTY, encoding="utf-8")
    parameters = {
        "DESTINATION": str(folder / "survey.gpkg"),
        "NAME": "青柳沟",
        "CODE": "411600001",
        "TYPE": "livable",
        "BOUNDARY": boundary_layer(),
        "COUNTY": str(county),
    }
    return run("qingliu:createsurvey", parameters)


@pytest.fixture
def database(made):
    connection = sqlite3.connect(made["SURVEY"])
    yield connection
    connection.close()


@pytest.fixture
def project(made, qgis_new_project):
    found = QgsProject.instance()
    assert found.read(made["PROJECT"])
    yield found
    found.clear()


def layer_named(project, table):
    found = [x for x in project.mapLayers().values() if x.source().endswith(f"layername={table}")]
    assert len(found) == 1
    return found[0]


def columns(database, table):
    return {row[1]: row[2] for row in database.execute(f'PRAGMA table_info("{table}")')}


def test_every_survey_table_has_its_columns_with_the_types_of_the_edition(database):
    from qingliu.core.standard import default_edition

    kinds = {
        "number": "REAL", "integer": "INTEGER", "boolean": "BOOLEAN", "date": "DATE",
        "text": "TEXT", "enum": "TEXT", "enum_multi": "TEXT",
    }  # fmt: skip
    assert [t.name for t in default_edition().tables.values()] == TABLES
    history = {"uuid", "sheet_uuid", "version", "created_at", "created_by", "updated_at", "updated_by"}
    for table in default_edition().tables.values():
        found = columns(database, table.name)
        assert history <= set(found), table.name
        for column in table.columns:
            assert found[column.key] == kinds[column.type], f"{table.name}.{column.key}"
        for layer in table.layers:
            assert found[f"{layer}_uuid"] == "TEXT"


def test_columns_that_the_draft_lacks_are_marked_as_derived(database):
    sql = (
        "SELECT column_name FROM gpkg_data_columns WHERE table_name = 'a8' AND description LIKE '%[derived]'"
    )
    assert {r[0] for r in database.execute(sql)} == {
        "households_sanitary", "public_toilets", "treated_to_standard", "waste_kinds",
    }  # fmt: skip


def test_located_layers_have_their_geometry_uuid_name_and_listed_fields(database):
    types = dict(database.execute("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))
    assert types == LAYERS
    listed = {
        "parcels": {"landuse", "flags"},
        "erosion": {"class"},
        "roads": {"hard"},
        "waterbodies": {"kind"},
        "pollution_sources": {"kind", "scale_farm"},
        "toilets": {"kind"},
        "green_space": {"class"},
        "banks": {"bank_type", "side", "river"},
        "measures": {"measure", "status", "survey_column"},
    }
    for layer in LAYERS:
        wanted = {"uuid", "name", "version"} | listed.get(layer, set())
        assert wanted <= set(columns(database, layer)), layer


def test_indicator_input_provenance_meta_log_and_code_lists_are_there(database):
    asked = {
        "number", "key", "value", "text", "unit", "source", "year", "statement", "evidence", "person",
        "date", "proven_absent",
    }  # fmt: skip
    assert asked <= set(columns(database, "indicator_input"))
    assert {"table_name", "row_uuid", "field", "kind", "clause", "formula", "edition"} <= set(
        columns(database, "provenance")
    )
    lists = {r[0] for r in database.execute("SELECT DISTINCT list FROM code_list")}
    assert {"land_use", "tourism", "water_quality", "a7.new_energy_type", "waterbody_kind"} <= lists
    meta = dict(database.execute("SELECT key, value FROM meta"))
    assert (meta["name"], meta["code"], meta["type"]) == ("青柳沟", "411600001", "livable")
    assert meta["edition"] == "SLT534-draft2023" and "78.5" in meta["county"]


def test_each_table_has_one_sheet_header_that_names_the_watershed(database):
    rows = database.execute('SELECT "table", watershed_name, watershed_code, state FROM sheet').fetchall()
    assert rows == [(t, "青柳沟", "411600001", "open") for t in TABLES]


def test_boundary_in_degrees_is_kept_in_the_cgcs2000_zone(database):
    assert database.execute("SELECT DISTINCT srs_id FROM gpkg_geometry_columns").fetchall() == [(4526,)]
    rows = database.execute("SELECT name, code FROM boundary").fetchall()
    assert rows == [("青柳沟", "411600001")]
    box = database.execute(
        "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'boundary'"
    ).fetchone()
    # zone 38; 0.05° of longitude at 33° N are 4.67 km, 0.05° of latitude 5.55 km
    assert box[0] == pytest.approx(38_500_000, abs=1) and box[2] == pytest.approx(38_504_672, abs=5)
    assert box[1] == pytest.approx(3_652_900, abs=700) and box[3] - box[1] == pytest.approx(5_546, abs=5)


def test_the_file_is_at_rest_one_file_and_gdals_validator_is_content(made):
    from osgeo_utils.samples import validate_gpkg

    path = Path(made["SURVEY"])
    names = sorted(p.name for p in path.parent.iterdir() if not p.name.endswith(".backups"))
    assert names == ["county.yaml", "survey.gpkg", "survey.qgz"]
    assert path.read_bytes()[18:20] == b"\x01\x01"  # rollback journal, not WAL
    assert not validate_gpkg.check(str(path), extra_checks=True)


def test_nothing_that_exists_is_overwritten(run, made, tmp_path):
    before = Path(made["SURVEY"]).read_bytes()
    parameters = {"DESTINATION": made["SURVEY"], "NAME": "x", "TYPE": "livable", "CRS": "EPSG:4547"}
    with pytest.raises(QgsProcessingException, match=r"^QL-STORE-EXISTS"):
        run("qingliu:createsurvey", parameters)
    assert Path(made["SURVEY"]).read_bytes() == before
    project_only = tmp_path / "other.gpkg"
    project_only.with_suffix(".qgz").write_text("mine")
    with pytest.raises(QgsProcessingException, match=r"QL-STORE-EXISTS.*other\.qgz"):
        run("qingliu:createsurvey", {**parameters, "DESTINATION": str(project_only)})
    assert not project_only.exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"NAME": " "}, "QL-STORE-NONAME"),
        ({"DESTINATION": "survey.shp"}, "QL-STORE-NOTGPKG"),
        ({"DESTINATION": "absent/survey.gpkg"}, "QL-OUT-FOLDER"),
        ({"CRS": None}, "QL-STORE-NOCRS"),
        ({"COUNTY": "absent.yaml"}, "QL-STD-UNREADABLE"),
    ],
    ids=["no-name", "shapefile", "no-folder", "no-crs", "no-county"],
)
def test_a_bad_parameter_is_named_with_a_code_and_leaves_nothing(run, tmp_path, changed, code):
    wish = {"DESTINATION": "survey.gpkg", "NAME": "青柳沟", "TYPE": "livable", "CRS": "EPSG:4547", **changed}
    for key in ("DESTINATION", "COUNTY"):
        if key in wish:
            wish[key] = str(tmp_path / wish[key])
    with pytest.raises(QgsProcessingException, match=code):
        run("qingliu:createsurvey", wish)
    assert list(tmp_path.iterdir()) == []


def test_all_faults_come_in_one_list(run, tmp_path):
    with pytest.raises(QgsProcessingException) as told:
        run("qingliu:createsurvey", {"DESTINATION": str(tmp_path / "x.shp"), "NAME": " ", "TYPE": "livable"})
    text = str(told.value)
    assert "QL-STORE-NOTGPKG" in text and "QL-STORE-NONAME" in text


def test_project_opens_after_its_folder_was_moved(made, tmp_path, qgis_new_project):
    moved = tmp_path / "移动 之后"
    shutil.move(str(Path(made["SURVEY"]).parent), str(moved))
    project = QgsProject.instance()
    assert project.read(str(moved / "survey.qgz"))
    layers = project.mapLayers().values()
    assert len(layers) == 43 and all(x.isValid() for x in layers)
    assert all(str(moved) in x.source() for x in layers)
    project.clear()


def test_project_carries_no_absolute_path_and_no_code(made):
    import zipfile

    with zipfile.ZipFile(made["PROJECT"]) as archive:
        text = archive.read("survey.qgs").decode("utf-8")
    assert str(Path(made["SURVEY"]).parent) not in text
    assert "<Macros" not in text and "actionsetting" not in text


def test_layers_have_roles_and_the_stores_id(project, database):
    from qingliu.layers import roles

    store_id = dict(database.execute("SELECT key, value FROM meta"))["store_id"]
    for table in [*TABLES, *LAYERS, "sheet", "indicator_input"]:
        found = roles.layers_of(project, table, store_id)
        assert len(found) == (3 if table == "measures" else 1), table


def test_relations_tie_rows_to_sheets_features_and_photos(project):
    manager = project.relationManager()
    assert all(r.isValid() for r in manager.relations().values())
    ids = set(manager.relations())
    assert {f"qingliu_{t}_sheet_uuid_sheet" for t in TABLES} <= ids
    assert {f"qingliu_photos_row_uuid_{t}" for t in TABLES} <= ids
    assert {"qingliu_a7_villages_uuid_villages", "qingliu_a8_villages_uuid_villages"} <= ids
    assert "qingliu_a6_channels_uuid_channels" in ids


@pytest.mark.parametrize(
    ("table", "field", "widget"),
    [
        ("a1", "rock_type", "ValueRelation"),
        ("a1", "frost_free_days", "Range"),
        ("a1", "cropland_hm2", "TextEdit"),
        ("a6", "sand_digging", "ValueMap"),
        ("a7", "villages_uuid", "RelationReference"),
        ("photos", "path", "ExternalResource"),
        ("indicator_input", "date", "DateTime"),
        ("a5", "version", "Hidden"),
    ],
)
def test_fields_have_the_widget_of_their_kind(project, table, field, widget):
    layer = layer_named(project, table)
    assert layer.editorWidgetSetup(layer.fields().indexOf(field)).type() == widget


def test_lists_are_value_relations_to_the_code_lists_inside_the_file(project):
    layer = layer_named(project, "a5")
    setup = layer.editorWidgetSetup(layer.fields().indexOf("land_type")).config()
    assert setup["Layer"] == layer_named(project, "code_list").id()
    assert setup["FilterExpression"] == "\"list\" = 'land_use' AND \"parent\" IN ('01', '02')"
    codes = layer_named(project, "code_list")
    codes.setSubsetString("")
    chosen = {f["code"] for f in codes.getFeatures(setup["FilterExpression"])}
    assert {"0101", "0102", "0103", "0201"} <= chosen and "0301" not in chosen


def test_constraints_bound_values_and_leave_empty_fields_alone(project):
    layer = layer_named(project, "a1")
    index = layer.fields().indexOf("mean_temperature_c")
    assert layer.constraintExpression(index) == (
        '"mean_temperature_c" is null or ("mean_temperature_c" >= -20 and "mean_temperature_c" <= 35)'
    )
    hard = QgsFieldConstraints.ConstraintStrength.ConstraintStrengthHard
    kind = QgsFieldConstraints.Constraint.ConstraintExpression
    assert layer.fields().field(index).constraints().constraintStrength(kind) == hard
    feature = QgsFeature(layer.fields())
    for value, good in ((None, True), (14.2, True), (-20, True), (36, False)):
        feature.setAttribute(index, value)
        assert QgsVectorLayerUtils.validateAttribute(layer, feature, index)[0] is good, value


def test_a_new_row_brings_uuid_sheet_version_and_time(project):
    layer = layer_named(project, "a7")
    row = QgsVectorLayerUtils.createFeature(layer)
    sheets = {f["table"]: f["uuid"] for f in layer_named(project, "sheet").getFeatures()}
    assert len(row["uuid"]) == 36 and row["sheet_uuid"] == sheets["a7"]
    assert row["version"] == 1 and row["created_at"].isValid()


def test_aliases_are_the_names_of_the_columns_with_their_units(run, tmp_path):
    from qingliu.core import language

    before = language.current()
    language.use("zh")
    try:
        wish = {"NAME": "青柳沟", "TYPE": "livable", "CRS": QgsCoordinateReferenceSystem("EPSG:4547")}
        made = run("qingliu:createsurvey", {"DESTINATION": str(tmp_path / "s.gpkg"), **wish})
    finally:
        language.use(before)
    project = QgsProject.instance()
    assert project.read(made["PROJECT"])
    layer = layer_named(project, "a1")
    shown = {f.name(): f.alias() for f in layer.fields()}
    assert shown["watershed_area_km2"] == "流域面积 (km²)"
    assert shown["mean_temperature_c"] == "年均气温 (℃)"
    assert layer.name().startswith("A.1 ")
    project.clear()


@pytest.fixture
def forms(qgis_app):
    from qgis.gui import QgsGui

    if "TextEdit" not in QgsGui.editorWidgetRegistry().factories():
        QgsGui.editorWidgetRegistry().initEditors()


@pytest.mark.parametrize(
    "table", ["a1", "a5", "a6", "a7", "a8", "a12x", "pollution_sources", "indicator_input"]
)
def test_a_form_saved_after_one_entry_leaves_every_other_field_empty(project, made, forms, tmp_path, table):
    """Null is null: a check box, for one, would turn an empty field into "no"."""
    from qgis.gui import QgsAttributeDialog
    from qingliu.layers.store import Drafts, Insert, open_store
    from qingliu.layers.store.editing import EditSession

    layer = layer_named(project, table)
    with open_store(made["SURVEY"]) as store:
        (key,) = store.save([Insert(table, {})]).rows
        session = EditSession(store, Drafts(tmp_path / "drafts"))
        session.watch(layer)
        before = store.row(table, key.uuid)
        layer.startEditing()
        dialog = QgsAttributeDialog(layer, next(layer.getFeatures()), False)
        texts = ("row_no", "name", "text", "vegetation_cover_pct")
        field = next(n for n in texts if n in before.values)
        dialog.attributeForm().changeAttribute(field, 7)
        assert dialog.attributeForm().save()
        session.save()
        after = store.row(table, key.uuid)
        changed = {n for n, v in after.values.items() if v != before.values[n]}
        assert changed - {"updated_at", "updated_by"} == {field, "version"}
        session.close()
        dialog.close()


@pytest.mark.parametrize(("entered", "stored"), [("true", True), ("false", False), (None, None)])
def test_yes_no_and_nothing_are_three_answers(project, made, forms, tmp_path, entered, stored):
    from qgis.gui import QgsAttributeDialog
    from qingliu.layers.store import Drafts, Insert, open_store
    from qingliu.layers.store.editing import EditSession

    layer = layer_named(project, "a6")
    with open_store(made["SURVEY"]) as store:
        (key,) = store.save([Insert("a6", {"sand_digging": not stored})]).rows
        session = EditSession(store, Drafts(tmp_path / "drafts"))
        session.watch(layer)
        layer.startEditing()
        dialog = QgsAttributeDialog(layer, next(layer.getFeatures()), False)
        dialog.attributeForm().changeAttribute("sand_digging", entered)
        assert dialog.attributeForm().save()
        session.save()
        assert store.row("a6", key.uuid).values["sand_digging"] is stored
        session.close()
        dialog.close()


@pytest.mark.parametrize("name", ["a%20b/survey.gpkg", "ab/100%25.gpkg"])
def test_a_place_where_gdal_opens_no_geopackage_is_refused_before_anything_is_made(run, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir()
    with pytest.raises(QgsProcessingException, match=r"^QL-STORE-PERCENT"):
        run(
            "qingliu:createsurvey",
            {"DESTINATION": str(path), "NAME": "x", "TYPE": "livable", "CRS": "EPSG:4547"},
        )
    assert not list(path.parent.iterdir())


def test_a_percent_sign_alone_is_no_hindrance(run, tmp_path):
    path = tmp_path / "100% 清" / "survey.gpkg"
    path.parent.mkdir()
    made = run(
        "qingliu:createsurvey", {"DESTINATION": str(path), "NAME": "x", "TYPE": "livable", "CRS": "EPSG:4547"}
    )
    assert Path(made["PROJECT"]).is_file()


@pytest.mark.parametrize("algorithm", ["createsurvey", "checksurvey"])
@pytest.mark.parametrize("chosen", ["zh", "en"])
def test_the_help_of_the_type_says_what_each_key_means(algorithm, chosen):
    from qingliu.core.standard import default_edition
    from qingliu.processing.algorithm import help_of

    told = help_of(algorithm)["parameters"]["TYPE"]["help"][chosen]
    for key, named in default_edition().types.items():
        assert key in told and (named.zh if chosen == "zh" else named.en) in told


@pytest.mark.parametrize(("given", "told"), [({}, 1), ({"TYPE": "water_source"}, 0)], ids=["no-type", "type"])
def test_a_type_that_nobody_chose_is_told(run, tmp_path, given, told):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    lines: list[str] = []

    class Log(QgsProcessingFeedback):
        def pushWarning(self, text):
            lines.append(text)

    parameters = {"DESTINATION": str(tmp_path / "s.gpkg"), "NAME": "沟", "CRS": "EPSG:4547", **given}
    processing.run("qingliu:createsurvey", parameters, feedback=Log())
    found = [line for line in lines if line.startswith("QL-STORE-TYPEASSUMED:")]
    assert len(found) == told and all("水源保护型" in line and "water_source" in line for line in found)
