"""qingliu:packagefield: the package is whole, fit for the apps, and holds nothing it must not."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsAttributeEditorContainer,
    QgsExpression,
    QgsFieldConstraints,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

_spec = importlib.util.spec_from_file_location("field_surveys", Path(__file__).with_name("field_surveys.py"))
fs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fs)

HARD = QgsFieldConstraints.ConstraintStrength.ConstraintStrengthHard
CONDITION = QgsFieldConstraints.Constraint.ConstraintExpression


@pytest.fixture
def survey(tmp_path):
    return fs.make_survey(tmp_path / "调查 一")


@pytest.fixture
def package(run, survey, tmp_path):
    """package(**parameters) -> the folder."""

    def made(folder="p", **more):
        target = tmp_path / folder
        run("qingliu:packagefield", {"SURVEY": str(survey), "OUTPUT_FOLDER": str(target), **more})
        return target

    return made


def image(path, x0, y0, cells=(400, 200), size=10.0, bands=3, epsg=4547):
    """A raster of bytes with its upper left corner at (x0, y0)."""
    ref = osr.SpatialReference()
    ref.ImportFromEPSG(epsg)
    made = gdal.GetDriverByName("GTiff").Create(str(path), *cells, bands, gdal.GDT_Byte)
    made.SetGeoTransform((x0, size, 0, y0, 0, -size))
    made.SetProjection(ref.ExportToWkt())
    ramp = np.add.outer(np.arange(cells[1]), np.arange(cells[0])) % 200 + 20
    for band in range(bands):
        made.GetRasterBand(band + 1).WriteArray(ramp.astype(np.uint8))
    made = None
    return path


def in_project(source, name, provider="gdal"):
    """A raster layer of the open project, which owns it: a refusal keeps its frames, and they would keep the layer."""
    layer = QgsRasterLayer(source, name, provider)
    QgsProject.instance().addMapLayer(layer)
    return layer


@pytest.fixture
def imagery(tmp_path):
    return image(tmp_path / "影像.tif", fs.X0 - 1000, fs.Y0 + 1500)


# -- the folder ---------------------------------------------------------------------


def test_one_folder_with_ascii_names_and_nothing_of_this_machine(package, survey):
    folder = package()
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    photo = next(n for n in names if n.startswith("photos/ck_zp"))
    assert names == [
        ".qingliu/base.gpkg",
        "411600001.gpkg",
        "411600001_field.qgz",
        "evidence/03.txt",
        "package.json",
        "photos/a7_1.jpg",
        photo,
    ]
    assert all(n.isascii() for n in names)
    assert (folder / photo).read_bytes() == b"second"
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert (
                str(survey.parent).encode() not in content and str(Path.home()).encode() + b"/" not in content
            )
    assert not [p for p in folder.parent.iterdir() if p.name.startswith(".")]


def test_paths_from_the_folder_one_stands_in_serve_to_package_and_to_merge(
    run, survey, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    named = str(survey.relative_to(tmp_path))
    run("qingliu:packagefield", {"SURVEY": named, "OUTPUT_FOLDER": "p"})
    device = sqlite3.connect(fs.gpkg_of(tmp_path / "p"))
    device.execute("UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    device.commit()
    device.close()
    merged = run(
        "qingliu:mergefield", {"SURVEY": named, "PACKAGE": "p", "APPLY": True, "OUTPUT": "TEMPORARY_OUTPUT"}
    )
    assert Path(merged["SURVEY"]).samefile(survey)
    assert 37 in [row.values["households"] for row in fs.rows(survey, "a7").values()]


def test_the_data_holds_every_table_and_row_but_the_office_log(package, survey):
    folder = package()
    here, there = sqlite3.connect(survey), sqlite3.connect(fs.gpkg_of(folder))
    tables = [r[0] for r in here.execute("SELECT table_name FROM gpkg_contents")]
    assert [r[0] for r in there.execute("SELECT table_name FROM gpkg_contents")] == [
        t for t in tables if t != "change_log"
    ]
    for table in tables:
        if table not in ("change_log", "meta"):
            count = f'SELECT count(*) FROM "{table}"'
            assert here.execute(count).fetchone() == there.execute(count).fetchone(), table
    names = {r[0] for r in there.execute("SELECT name FROM sqlite_master")}
    assert "change_log" not in names and "change_log_no_update" not in names
    assert there.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert there.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_gdals_validator_is_content_with_the_geopackage(package):
    from osgeo_utils.samples import validate_gpkg

    assert not validate_gpkg.check(str(fs.gpkg_of(package())), extra_checks=True)


def content(path):
    """Every row of every table of a GeoPackage."""
    found = sqlite3.connect(path)
    names = [r[0] for r in found.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    rows = {n: found.execute(f'SELECT * FROM "{n}"').fetchall() for n in names}
    found.close()
    return rows


def test_the_base_is_the_same_as_what_was_packaged_and_stays_beside_the_survey_too(package, survey):
    folder = package()
    packaged = content(fs.gpkg_of(folder))
    assert content(folder / ".qingliu" / "base.gpkg") == packaged
    (kept,) = (survey.parent / "survey.field").iterdir()
    assert content(kept) == packaged
    assert json.loads((folder / "package.json").read_text("utf-8"))["id"] == kept.stem


def test_packaging_is_in_the_change_log_and_the_survey_opens_without_findings(package, survey):
    from qingliu.layers.store import open_store

    package(PERSON="李清")
    with open_store(survey) as store:
        assert store.findings == []
        entry = store.changes_since(0, "meta")[-1]
        (record,) = (json.loads(v) for v in entry.after.values())
        assert (entry.why, record["person"], record["target"]) == ("packagefield", "李清", "qfield")


# -- the project, before and after ----------------------------------------------------


def item(project):
    """Everything of a project that must not be lost, by names and not by ids."""
    tables = {x.id(): x.source().split("layername=")[-1] for x in project.mapLayers().values()}
    found = {}
    for layer in project.mapLayers().values():
        if isinstance(layer, QgsVectorLayer):
            found[tables[layer.id()]] = layer_items(layer, tables)
    relations = {
        r.id(): (r.name(), r.strength(), tables[r.referencingLayerId()], tables[r.referencedLayerId()], r.fieldPairs())
        for r in project.relationManager().relations().values()
    }  # fmt: skip
    return found, relations


def layer_items(layer, tables):
    fields = {}
    for i, field in enumerate(layer.fields()):
        setup = layer.editorWidgetSetup(i)
        config = {k: tables.get(v, v) if k == "Layer" else v for k, v in setup.config().items()}
        fields[field.name()] = {
            "alias": layer.attributeAlias(i),
            "widget": (setup.type(), config),
            "condition": (layer.constraintExpression(i), layer.constraintDescription(i)),
            "default": layer.defaultValueDefinition(i).expression(),
        }
    return {
        "name": layer.name(),
        "count": layer.featureCount(),
        "display": layer.displayExpression(),
        "tabs": [outline(e) for e in layer.editFormConfig().tabs()],
        "role": layer.customProperty("qingliu/role"),
        "fields": fields,
    }


def outline(element):
    if isinstance(element, QgsAttributeEditorContainer):
        return element.name(), [outline(e) for e in element.children()]
    return element.name()


def read(path):
    project = QgsProject()
    assert project.read(str(path))
    return project


def without_receiver(tabs):
    return [(name, [c for c in inner if c not in GNSS]) for name, inner in tabs]


GNSS = ("gnss_accuracy_m", "gnss_at", "gnss_source")
OURS_ALONE = {"updated_by", "updated_at", "created_by", "taken_at", "person", "sheet_uuid"}


def test_the_project_before_and_after_packaging_item_by_item(package, survey, qgis_new_project):
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.core import language
    from qingliu.layers.surveyproject import Surveyed, write_project

    path = survey.with_suffix(".qgz")
    shown = Surveyed(survey, "x", "青柳沟", language.current())
    write_project(path, shown, QgsCoordinateReferenceSystem.fromEpsgId(4547))
    folder = package()
    before, after = read(path), read(fs.project_of(folder))
    (was, relations), (now, relations_now) = item(before), item(after)
    assert set(was) - set(now) == {"change_log"} and set(now) <= set(was)
    assert relations == relations_now and len(relations) > 30
    assert all(r.isValid() for r in after.relationManager().relations().values())
    for table, layer in now.items():
        for key in ("name", "count", "display", "role"):
            if table != "meta":
                assert layer[key] == was[table][key], (table, key)
        assert without_receiver(layer["tabs"]) == without_receiver(was[table]["tabs"]), table
        assert set(layer["fields"]) - set(was[table]["fields"]) <= set(GNSS), table
        for name, field in was[table]["fields"].items():
            packaged = layer["fields"][name]
            for key in ("alias", "widget", "condition"):
                assert packaged[key] == field[key], (table, name, key)
            if name not in OURS_ALONE:
                assert packaged["default"] == field["default"], (table, name)
    before.clear()
    after.clear()


def test_value_lists_come_from_the_geopackage_itself(package):
    with fs.Device(package()) as device:
        layer = device.layer("a7")
        setup = layer.editorWidgetSetup(layer.fields().indexOf("new_energy_type"))
        codes = device.project.mapLayer(setup.config()["Layer"])
        assert setup.type() == "ValueRelation" and codes.source().endswith(
            "411600001.gpkg|layername=code_list"
        )
        wanted = QgsExpression(setup.config()["FilterExpression"])
        listed = [f["code"] for f in codes.getFeatures() if wanted.evaluate(context_of(codes, f))]
        assert "沼气" in listed and len(listed) > 2


def context_of(layer, feature):
    context = layer.createExpressionContext()
    context.setFeature(feature)
    return context


def test_photos_are_compositions_and_pictures_go_to_dcim(package):
    with fs.Device(package()) as device:
        owned = [
            r for r in device.project.relationManager().relations().values() if "photos_row_uuid" in r.id()
        ]
        assert len(owned) > 30 and all(r.strength() == r.RelationStrength.Composition for r in owned)
        photos = device.layer("photos")
        naming = json.loads(photos.customProperty("QFieldSync/attachment_naming"))["path"]
        made = QgsExpression(naming).evaluate(photos.createExpressionContext())
        assert made.startswith("DCIM/2") and made.endswith(".{extension}")
        config = photos.editorWidgetSetup(photos.fields().indexOf("path")).config()
        assert config["RelativeStorage"] == 1 and not config.get("DefaultRoot")


def hard_of(layer, index):
    """Kinds of conditions by which a field refuses a record."""
    kinds = QgsFieldConstraints.Constraint
    limits = layer.fields()[index].constraints()
    listed = (kinds.ConstraintNotNull, kinds.ConstraintUnique, CONDITION)
    return [k for k in listed if limits.constraints() & k and limits.constraintStrength(k) == HARD]


def test_only_a_record_without_identity_or_a_photo_without_file_is_refused(package):
    hard, soft = {}, 0
    with fs.Device(package()) as device:
        for layer in device.project.mapLayers().values():
            for index, field in enumerate(layer.fields()):
                soft += bool(layer.constraintExpression(index))
                for kind in hard_of(layer, index):
                    hard.setdefault(kind, set()).add(field.name())
    assert CONDITION not in hard and soft > 50
    named = set().union(*hard.values())
    assert {"path", "uuid"} <= named <= {"path", "uuid", "version", "fid", "key"}


def test_a_new_row_knows_who_when_its_sheet_and_its_uuid(package, survey):
    with fs.Device(package(PERSON="李清")) as device:
        uuid = device.add("a7", natural_village="新村")
        row = device.feature("a7", "uuid", uuid)
        sheet = fs.row_named(survey, "sheet", "table", "a7")
        assert (
            row["sheet_uuid"] == sheet.uuid and row["created_by"] == "李清" and row["updated_at"] is not None
        )
        device.change("a7", "natural_village", "上店", households=37)
        assert device.feature("a7", "natural_village", "上店")["updated_by"] == "李清"


@pytest.mark.parametrize("target", ["qfield", "mergin"])
def test_the_receivers_accuracy_is_recorded_by_variables_the_app_knows(package, target):
    from qingliu.core.field.apps import unknown_variables

    with fs.Device(package(TARGET=target)) as device:
        layer = device.layer("villages")
        for name in GNSS:
            text = layer.defaultValueDefinition(layer.fields().indexOf(name)).expression()
            parsed = QgsExpression(text)
            assert text and not parsed.hasParserError()
            assert unknown_variables(parsed.referencedVariables(), target) == []
        record = layer.editFormConfig().tabs()[1]
        assert set(GNSS) <= {e.name() for e in record.children()}


@pytest.mark.parametrize("target", ["qfield", "mergin"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_widget_and_expression_is_on_the_apps_list(package, target, language):
    from qingliu.core import language as spoken
    from qingliu.layers.fieldcheck import expressions_of, package_faults

    before = spoken.current()
    spoken.use(language)
    try:
        folder = package(TARGET=target)
    finally:
        spoken.use(before)
    assert package_faults(folder, fs.project_of(folder), target) == []
    with fs.Device(folder) as device:
        asked = [e for x in device.project.mapLayers().values() for e in expressions_of(x)]
    assert len(asked) > 300


def spoil(folder, work):
    """Change a package's project as a careless hand would."""
    project = read(fs.project_of(folder))
    work(project)
    assert project.write()
    project.clear()


def _widget(project):
    from qgis.core import QgsEditorWidgetSetup

    layer = next(x for x in project.mapLayers().values() if x.source().endswith("layername=a7"))
    layer.setEditorWidgetSetup(3, QgsEditorWidgetSetup("Classification", {}))


def _function(project):
    from qgis.core import QgsDefaultValue

    layer = next(x for x in project.mapLayers().values() if x.source().endswith("layername=a7"))
    layer.setDefaultValueDefinition(3, QgsDefaultValue("env('HOME')"))


def _parse(project):
    layer = next(x for x in project.mapLayers().values() if x.source().endswith("layername=a7"))
    layer.setConstraintExpression(3, '"row_no" >=')


def _memory(project):
    project.addMapLayer(QgsVectorLayer("Point?crs=EPSG:4547", "scratch", "memory"))


def _outside(project):
    path = image(Path(project.fileName()).parent.parent / "other.tif", fs.X0, fs.Y0)
    project.addMapLayer(QgsRasterLayer(str(path), "other"))


def _home(project):
    project.setPresetHomePath("/data")


@pytest.mark.parametrize(
    ("work", "word"),
    [
        (_widget, "widget Classification"),
        (_function, "function env"),
        (_parse, "expression cannot be read"),
        (_memory, "comes from memory"),
        (_outside, "lies outside the folder"),
        (_home, "home path"),
    ],
)
def test_the_check_finds_what_would_fail_in_the_field(package, work, word):
    from qingliu.layers.fieldcheck import package_faults

    folder = package()
    spoil(folder, work)
    assert word in "; ".join(f.what for f in package_faults(folder, fs.project_of(folder), "qfield"))


def test_the_check_finds_names_that_devices_damage(package):
    from qingliu.layers.fieldcheck import package_faults

    folder = package()
    (folder / "DCIM" / "照片.jpg").write_bytes(b"x")
    faults = package_faults(folder, fs.project_of(folder), "qfield")
    assert [(f.where, f.what) for f in faults] == [("DCIM/照片.jpg", "name is not plain ASCII")]


# -- persons ------------------------------------------------------------------------


def test_rows_of_sheets_that_others_survey_are_left_out_of_a_persons_package(package, survey):
    fs.surveyors(survey, {"a7": "李清、王岸", "a8": "王岸"})
    own = package("own", PERSON="李清")
    other = package("other", PERSON="赵渠")
    count = 'SELECT count(*) FROM "a7"'
    sheets = 'SELECT "table" FROM sheet'
    with sqlite3.connect(fs.gpkg_of(own)) as mine, sqlite3.connect(fs.gpkg_of(other)) as theirs:
        assert mine.execute(count).fetchone() == (2,) and theirs.execute(count).fetchone() == (0,)
        assert ("a8",) not in mine.execute(sheets).fetchall() and ("a7",) in mine.execute(sheets).fetchall()
        assert theirs.execute("SELECT count(*) FROM villages").fetchone() == (2,)
    mine.close()
    theirs.close()


# -- base maps and marks ----------------------------------------------------------------


SIGNED = {"ALLOW_MARKED": True, "DECIDED_BY": "王局", "REASON": "核实等高线"}


def test_a_base_map_needs_a_named_decision_which_is_logged(package, survey, imagery):
    from qingliu.layers.store import open_store

    with pytest.raises(QgsProcessingException, match="QL-FIELD-MARKED"):
        package(BASEMAP=[str(imagery)])
    with pytest.raises(QgsProcessingException, match="QL-FIELD-DECISION"):
        package(BASEMAP=[str(imagery)], ALLOW_MARKED=True, DECIDED_BY="王局")
    with pytest.raises(QgsProcessingException, match="QL-FIELD-CLOUD"):
        package(BASEMAP=[str(imagery)], TARGET="mergin", **SIGNED)
    assert not (survey.parent.parent / "p").exists() and not (survey.parent / "survey.field").exists()
    package(BASEMAP=[str(imagery)], **SIGNED)
    with open_store(survey) as store:
        entry = store.changes_since(0, "meta")[-1]
        (record,) = (json.loads(v) for v in entry.after.values())
    assert (entry.who, entry.why) == ("王局", "核实等高线")
    assert record["layers"] == [{"layer": "影像", "mark": "internal"}]


def test_a_layer_marked_public_goes_anywhere_and_one_marked_secret_stays(package, imagery, qgis_new_project):
    from qingliu.layers.fieldbasemap import mark_layer

    layer = in_project(str(imagery), "天地图")
    mark_layer(layer, "public")
    folder = package(BASEMAP=[layer], TARGET="mergin")
    assert (folder / "basemap" / "basemap_1.tif").is_file() and not (folder / ".qingliu").exists()
    mark_layer(layer, "secret")
    with pytest.raises(QgsProcessingException, match="秘密 secret"):
        package("q", BASEMAP=[layer])


def test_imagery_of_the_project_that_is_marked_public_is_the_background_where_none_is_chosen(
    package, imagery, tmp_path, qgis_new_project
):
    from qingliu.layers.fieldbasemap import mark_layer
    from qingliu.layers.roles import set_role

    image(tmp_path / "dem.tif", fs.X0 - 1000, fs.Y0 + 1500, bands=1)
    layer, dem = in_project(str(imagery), "影像"), in_project(str(tmp_path / "dem.tif"), "高程")
    set_role(dem, "dem")
    mark_layer(dem, "public")
    assert not (package("inside") / "basemap").exists()  # imagery is internal until somebody marks it
    mark_layer(layer, "public")
    assert [p.name for p in (package("taken") / "basemap").iterdir()] == ["basemap_1.tif"]


def test_base_maps_are_clipped_to_the_watershed_with_a_margin_in_its_crs(package, imagery):
    folder = package(BASEMAP=[str(imagery)], MARGIN=100, **SIGNED)
    made = gdal.Open(str(folder / "basemap" / "basemap_1.tif"))
    x, dx, _, y, _, dy = made.GetGeoTransform()
    assert (x, y, dx, dy) == (fs.X0 - 100, fs.Y0 + 1100, 10, -10)
    assert (made.RasterXSize, made.RasterYSize) == (220, 120)
    assert made.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE") == "YCbCr JPEG"
    source = gdal.Open(str(imagery)).ReadAsArray(90, 40, 220, 120)
    assert np.abs(source.astype(int) - made.ReadAsArray().astype(int)).mean() < 3
    with fs.Device(folder) as device:
        (raster,) = [x for x in device.project.mapLayers().values() if isinstance(x, QgsRasterLayer)]
        assert raster.isValid() and raster.name() == "影像"
        order = [x.name() for x in device.project.layerTreeRoot().layerOrder()]
        assert order[-1] == "影像"
    coarse = package("coarse", BASEMAP=[str(imagery)], MARGIN=100, RESOLUTION=20, **SIGNED)
    assert gdal.Open(str(coarse / "basemap" / "basemap_1.tif")).RasterXSize == 110


@pytest.mark.parametrize(("epsg", "side"), [(4547, 100.0), (4490, 100 / 111_320)])
def test_margins_are_metres_in_any_crs(epsg, side, qgis_app):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle
    from qingliu.layers.fieldbasemap import area_of

    crs = QgsCoordinateReferenceSystem.fromEpsgId(epsg)
    found = area_of(QgsRectangle(1, 2, 3, 4), crs, 100).extent
    assert (1 - found.xMinimum(), found.yMaximum() - 4) == pytest.approx((side, side))


def test_a_base_map_elsewhere_is_told_and_left_out_and_one_without_crs_refused(package, tmp_path):
    far = image(tmp_path / "far.tif", fs.X0 + 50_000, fs.Y0)
    folder = package(BASEMAP=[str(far)], **SIGNED)
    assert not list((folder / "basemap").iterdir())
    with pytest.raises(QgsProcessingException, match="QL-FIELD-TOOFINE"):
        package("fine", BASEMAP=[str(far)], RESOLUTION=0.01, **SIGNED)


def tiles(folder, zoom=16):
    """XYZ tiles around the survey, each of one colour."""
    import math

    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsPointXY

    crs = [QgsCoordinateReferenceSystem.fromEpsgId(n) for n in (4547, 4326)]
    way = QgsCoordinateTransform(*crs, QgsProject.instance())
    corners = [way.transform(QgsPointXY(fs.X0 + dx, fs.Y0 + dy)) for dx, dy in ((-400, 1400), (2400, -400))]
    (x0, y0), (x1, y1) = [
        (int((p.x() + 180) / 360 * 2**zoom),
         int((1 - math.asinh(math.tan(math.radians(p.y()))) / math.pi) / 2 * 2**zoom))
        for p in corners
    ]  # fmt: skip
    memory = gdal.GetDriverByName("MEM").Create("", 256, 256, 3)
    for band, value in ((1, 30), (2, 160), (3, 60)):
        memory.GetRasterBand(band).Fill(value)
    for x in range(x0, x1 + 1):
        (folder / str(zoom) / str(x)).mkdir(parents=True)
        for y in range(y0, y1 + 1):
            gdal.GetDriverByName("PNG").CreateCopy(str(folder / str(zoom) / str(x) / f"{y}.png"), memory)
    return f"type=xyz&url=file://{folder}/{{z}}/{{x}}/{{y}}.png&zmin={zoom}&zmax={zoom}"


def test_imagery_of_the_network_is_drawn_into_a_file(package, tmp_path, qgis_new_project):
    online = in_project(tiles(tmp_path / "tiles"), "影像", "wms")
    assert online.isValid()
    folder = package(BASEMAP=[online], MARGIN=100, RESOLUTION=5, **SIGNED)
    made = gdal.Open(str(folder / "basemap" / "basemap_1.tif"))
    x, dx, _, y, _, dy = made.GetGeoTransform()
    assert (round(x), round(y), dx, dy) == (fs.X0 - 100, fs.Y0 + 1100, 5, -5)
    colours = made.ReadAsArray()[:, 10:-10, 10:-10].reshape(3, -1).mean(axis=1)
    assert colours == pytest.approx([30, 160, 60], abs=4)
    assert [p.name for p in (folder / "basemap").iterdir()] == ["basemap_1.tif"]
    with pytest.raises(QgsProcessingException, match="QL-FIELD-TOOFINE"):
        package("fine", BASEMAP=[online], RESOLUTION=0.05, **SIGNED)


def test_shifted_maps_are_refused_by_name(package, qgis_new_project):
    shifted = in_project("type=xyz&url=https://webrd01.is.autonavi.com/{x}/{y}/{z}", "高德", "wms")
    with pytest.raises(QgsProcessingException, match="QL-FIELD-SHIFTED"):
        package(BASEMAP=[shifted], **SIGNED)


# -- folders that exist -----------------------------------------------------------------


def test_a_folder_where_gdal_opens_no_geopackage_is_refused_before_anything_is_made(package, tmp_path):
    with pytest.raises(QgsProcessingException, match="QL-STORE-PERCENT"):
        package(folder="a%20b")
    assert not (tmp_path / "a%20b").exists()


def test_a_folder_with_anything_else_in_it_is_refused_and_left_as_it_was(package, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "mine.txt").write_text("x")
    with pytest.raises(QgsProcessingException, match="QL-FIELD-EXISTS"):
        package()
    assert [p.name for p in (tmp_path / "p").iterdir()] == ["mine.txt"]


def test_an_untouched_package_is_replaced_and_one_with_entries_is_not(package, survey):
    folder = package()
    first = json.loads((folder / "package.json").read_text("utf-8"))["id"]
    package()
    now = json.loads((folder / "package.json").read_text("utf-8"))["id"]
    assert now != first and [p.stem for p in (survey.parent / "survey.field").iterdir()] == [now]
    fs.device(folder, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    with pytest.raises(QgsProcessingException, match="QL-FIELD-UNMERGED"):
        package()
    other = package("other")
    (other / "DCIM" / "new.jpg").write_bytes(b"x")
    with pytest.raises(QgsProcessingException, match="QL-FIELD-UNMERGED"):
        package("other")


def test_a_file_that_rows_name_and_that_is_gone_is_told(package, survey):
    (survey.parent / "photos" / "a7_1.jpg").unlink()
    folder = package()
    assert not (folder / "photos" / "a7_1.jpg").exists()
    count = sqlite3.connect(fs.gpkg_of(folder)).execute("SELECT count(*) FROM photos").fetchone()
    assert count == (2,)


def test_a_failure_halfway_leaves_neither_folder_nor_parts(package, survey, tmp_path, monkeypatch):
    from qingliu.layers import fieldpackage

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fieldpackage.shutil, "copyfile", full)
    with pytest.raises(QgsProcessingException, match="QL-OUT-WRITE"):
        package()
    assert [p.name for p in tmp_path.iterdir()] == ["调查 一"]
    kept = tmp_path / "调查 一" / "survey.field"
    assert not kept.exists() or not list(kept.iterdir())


def test_after_a_kill_between_the_renames_the_folder_before_comes_back(package, tmp_path):
    folder = package()
    held = json.loads((folder / "package.json").read_text("utf-8"))["id"]
    shutil.move(folder, tmp_path / ".p.old")
    fs.device(tmp_path / ".p.old", "UPDATE a7 SET households = 37")
    with pytest.raises(QgsProcessingException, match="QL-FIELD-UNMERGED"):
        package()
    assert json.loads((folder / "package.json").read_text("utf-8"))["id"] == held
