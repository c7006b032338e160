"""The field dock on real surveys: one click marks, packages come back, sides are chosen, all is taken back."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from qgis.core import QgsGeometry, QgsPointXY, QgsProject, QgsRasterLayer, QgsRectangle
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSettings, Qt

_spec = importlib.util.spec_from_file_location("field_surveys", Path(__file__).with_name("field_surveys.py"))
fs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fs)

WAIT_MS = 20000


@pytest.fixture
def survey(tmp_path, qgis_app):
    return fs.make_survey(tmp_path / "调查 一")


@pytest.fixture
def canvas(qtbot, qgis_new_project):
    from qgis.core import QgsCoordinateReferenceSystem

    made = QgsMapCanvas()
    made.setDestinationCrs(QgsCoordinateReferenceSystem.fromEpsgId(4547))
    qtbot.addWidget(made)
    return made


@pytest.fixture
def bare(qtbot, canvas):
    from qingliu.ui.field_dock import SETTINGS, FieldDock

    QSettings().remove(SETTINGS)
    made = FieldDock(canvas=canvas)
    qtbot.addWidget(made)
    yield made
    made.quick.close_tool()
    made.close_survey()
    QgsProject.instance().clear()


@pytest.fixture
def dock(bare, survey, qtbot):
    bare.open_survey(survey)
    settle(bare, qtbot)
    assert bare.opened is not None
    return bare


def settle(dock, qtbot):
    """Wait until nothing is under way."""
    qtbot.waitUntil(lambda: not dock._tasks, timeout=WAIT_MS)
    qtbot.wait(20)
    qtbot.waitUntil(lambda: not dock._tasks, timeout=WAIT_MS)


def click(dock, qtbot, key, *places, name="", flag=False):
    dock.quick.buttons[key].click()
    for x, y in places:
        dock.quick.tool.click(QgsPointXY(fs.X0 + x, fs.Y0 + y))
    if len(places) > 1:
        dock.quick.tool.click(QgsPointXY(0, 0), ends=True)
    assert dock.quick.name.isEnabled()
    dock.quick.flag.setChecked(flag)
    qtbot.keyClicks(dock.quick.name, name)
    qtbot.keyClick(dock.quick.name, Qt.Key.Key_Return)
    settle(dock, qtbot)


def test_without_a_survey_it_says_what_to_do_next(bare):
    assert bare.status.text() and not bare.merge.open_button.isEnabled()
    assert not any(b.isEnabled() for b in bare.quick.buttons.values())


def test_click_type_done(dock, qtbot, survey):
    click(dock, qtbot, "outfall", (700, 300), name="north outfall")
    row = fs.row_named(survey, "pollution_sources", "name", "north outfall")
    assert row.values["kind"] == "outfall" and row.wkb == fs.point(700, 300)
    click(dock, qtbot, "farm", (720, 300), name="big farm", flag=True)
    assert fs.row_named(survey, "pollution_sources", "name", "big farm").values["scale_farm"] is True
    assert dock.quick.thing.key == "farm"  # the next one can be clicked at once


def test_a_pond_gets_its_row_in_a6_with_the_area_and_the_link(dock, qtbot, survey):
    click(dock, qtbot, "pond", (100, 100), (200, 100), (200, 300), (100, 300), name="upper pond")
    pond = fs.row_named(survey, "waterbodies", "name", "upper pond")
    row = fs.row_named(survey, "a6w", "waterbodies_uuid", pond.uuid).values
    assert pond.values["kind"] == "pond" and row["water_body_type"] == "塘坝" and row["name"] == "upper pond"
    assert row["area_hm2"] == 2.0 and row["row_no"] == 1  # 100 m by 200 m
    assert row["sheet_uuid"] == fs.row_named(survey, "sheet", "table", "a6w").uuid
    dock.undo()
    settle(dock, qtbot)
    assert fs.rows(survey, "waterbodies") == {} == fs.rows(survey, "a6w")
    assert not dock.quick.undo.isEnabled()


def test_a_place_clicked_in_degrees_arrives_in_the_surveys_crs(dock, qtbot, survey, canvas):
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform
    from qingliu.layers.planar import geometry_of

    crs = [QgsCoordinateReferenceSystem.fromEpsgId(n) for n in (4547, 4326)]
    there = QgsCoordinateTransform(*crs, QgsProject.instance()).transform(QgsPointXY(fs.X0 + 50, fs.Y0 + 60))
    canvas.setDestinationCrs(crs[1])
    dock.quick.buttons["toilet"].click()
    dock.quick.tool.click(there)
    dock.quick.finish()
    settle(dock, qtbot)
    made = [r for r in fs.rows(survey, "toilets").values() if r.wkb != fs.point(600, 500)]
    found = geometry_of(made[0].wkb).asPoint()
    assert found.x() == pytest.approx(fs.X0 + 50, abs=0.01) and found.y() == pytest.approx(
        fs.Y0 + 60, abs=0.01
    )


def test_an_area_without_extent_is_refused_and_nothing_is_written(dock, qtbot, survey):
    click(dock, qtbot, "wetland", (0, 0), (100, 0), (50, 0), name="x")
    assert "QL-FIELD-NOSHAPE" in dock.status.text() and fs.rows(survey, "waterbodies") == {}


def test_corners_can_be_taken_back_and_a_sketch_given_up(dock, qtbot, canvas):
    dock.quick.buttons["pond"].click()
    tool = dock.quick.tool
    assert canvas.mapTool() is tool
    for x in (0, 10, 20):
        tool.click(QgsPointXY(fs.X0 + x, fs.Y0 + x * x))
    qtbot.keyClick(canvas, Qt.Key.Key_Backspace)
    assert len(tool.corners) == 2
    tool.click(QgsPointXY(0, 0), ends=True)
    assert not dock.quick.name.isEnabled()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert tool.corners == []
    canvas.unsetMapTool(tool)
    assert dock.quick.thing is None and not dock.quick.buttons["pond"].isChecked()


def test_every_thing_is_of_the_store(qgis_app):
    from qingliu.layers.fieldadd import things
    from qingliu.layers.schema import code_lists, store_schema

    tables = store_schema()
    for thing in things().values():
        table = tables[thing.table]
        assert table.geometry == {"point": "POINT", "polygon": "MULTIPOLYGON"}[thing.geometry]
        for name, value in thing.values.items():
            assert value in {c.code for c in code_lists()[table.field(name).codes]}
        if thing.row:
            row = tables[thing.row["table"]]
            assert {thing.row["name"], thing.row["area"], f"{thing.table}_uuid"} <= set(row.names)
            for name, value in thing.row["values"].items():
                assert value in {c.code for c in code_lists()[row.field(name).codes]}


# -- marks ------------------------------------------------------------------------------


def test_base_layers_are_internal_until_marked_and_the_mark_stays_with_the_project(dock, qtbot, tmp_path):
    from osgeo import gdal
    from qingliu.layers.fieldbasemap import layer_mark

    gdal.GetDriverByName("GTiff").Create(str(tmp_path / "map.tif"), 4, 4)
    layer = QgsRasterLayer(str(tmp_path / "map.tif"), "map")
    QgsProject.instance().addMapLayer(layer)
    qtbot.waitUntil(lambda: dock.marks.table.rowCount() == 1, timeout=WAIT_MS)
    box = dock.marks.table.cellWidget(0, 1)
    assert box.currentData() == "internal" == layer_mark(layer)
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert layer_mark(layer) == "public"
    asked = []
    dock.target_requested.connect(asked.append)
    dock.marks.package.click()
    assert asked == ["algorithm:packagefield"]


# -- bringing back ------------------------------------------------------------------------


@pytest.fixture
def package(run, survey, tmp_path, dock):
    run(
        "qingliu:packagefield",
        {"SURVEY": str(survey), "OUTPUT_FOLDER": str(tmp_path / "p"), "PERSON": "李清"},
    )
    return tmp_path / "p"


def texts(dock, column):
    model = dock.merge.model
    return [model.data(model.index(line, column)) for line in range(model.rowCount())]


def test_a_package_is_compared_chosen_and_written(dock, package, survey, qtbot):
    from qingliu.ui import field_merge as merge

    fs.device(package, "UPDATE a7 SET households = 37, main_income = '茶' WHERE natural_village = '上店'")
    uuid = fs.change_here(survey, "a7", "natural_village", "上店", households=40)
    dock.compare(package)
    settle(dock, qtbot)
    assert dock.merge.model.rowCount() == 2 and dock.merge.model.waiting() == 1
    assert dock.merge.shown.rowCount() == 1  # what is to be decided is shown first
    assert all(text.startswith("上店 · ") for text in texts(dock, merge.WHAT))
    lines = dict(zip(texts(dock, merge.HERE), texts(dock, merge.THERE)))
    assert lines == {"40": "37", "": "茶"}
    assert fs.rows(survey, "a7")[uuid].values["main_income"] is None
    dock.merge.apply.click()
    settle(dock, qtbot)
    row = fs.rows(survey, "a7")[uuid].values
    assert (row["households"], row["main_income"]) == (40, "茶")
    assert dock.merge.model.waiting() == 1  # still open, and shown again
    dock.merge.table.selectAll()
    dock.merge.theirs.click()
    assert dock.merge.model.waiting() == 0
    dock.merge.apply.click()
    settle(dock, qtbot)
    assert fs.rows(survey, "a7")[uuid].values["households"] == 37
    assert dock.merge.model.rowCount() == 0
    dock.undo()
    settle(dock, qtbot)
    assert fs.rows(survey, "a7")[uuid].values["households"] == 40


def test_the_side_flips_on_a_double_click_and_nothing_counts_twice(dock, package, survey, qtbot):
    fs.device(package, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    dock.compare(package)
    settle(dock, qtbot)
    model = dock.merge.model
    assert model.choice(model.items[0]) == "theirs"
    dock.merge.table.doubleClicked.emit(dock.merge.shown.index(0, 0))
    assert model.choice(model.items[0]) == "ours"
    dock.merge.apply.click()
    settle(dock, qtbot)
    assert fs.row_named(survey, "a7", "natural_village", "上店").values["households"] == 36


def test_deletions_count_only_where_the_box_is_ticked(dock, package, survey, qtbot):
    fs.device(package, "DELETE FROM toilets")
    dock.compare(package)
    settle(dock, qtbot)
    assert dock.merge.model.waiting() == 1 and not dock.merge.delete.isHidden()
    dock.merge.delete.setChecked(True)
    assert dock.merge.model.waiting() == 0
    dock.merge.apply.click()
    settle(dock, qtbot)
    assert fs.rows(survey, "toilets") == {}


def test_a_deletion_that_would_leave_others_pointing_to_nothing_waits(dock, package, survey, qtbot):
    fs.device(package, "DELETE FROM villages WHERE name = '下店'")
    dock.compare(package)
    settle(dock, qtbot)
    dock.merge.delete.setChecked(True)
    assert dock.merge.model.waiting() == 1  # its row in A.7 stays
    dock.merge.apply.click()
    settle(dock, qtbot)
    assert "QL-FIELD-POINTED" in dock.status.text() and len(fs.rows(survey, "villages")) == 2
    dock.merge.table.selectAll()
    dock.merge.theirs.click()
    assert dock.merge.model.waiting() == 0
    dock.merge.apply.click()
    settle(dock, qtbot)
    assert len(fs.rows(survey, "villages")) == 1


def test_a_folder_that_is_no_package_is_told_with_its_cure(dock, tmp_path, qtbot):
    dock.compare(tmp_path)
    settle(dock, qtbot)
    assert "QL-FIELD-NOPACKAGE" in dock.status.text() and dock.merge.model.rowCount() == 0


def test_unsaved_edits_of_the_surveys_layers_stop_a_merge(dock, package, survey, qtbot):
    from qgis.core import QgsFeature
    from qingliu.layers.roles import set_role
    from qingliu.layers.surveyproject import open_layer

    layer = open_layer(survey, "villages")
    set_role(layer, "villages", "x")
    QgsProject.instance().addMapLayer(layer)
    fs.device(package, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    dock.compare(package)
    settle(dock, qtbot)
    layer.startEditing()
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(fs.X0, fs.Y0)))
    layer.addFeature(feature)
    dock.merge.apply.click()
    settle(dock, qtbot)
    assert "QL-STORE-EDITING" in dock.status.text()
    assert fs.row_named(survey, "a7", "natural_village", "上店").values["households"] == 36
    layer.rollBack()


def test_a_new_project_lets_go_of_the_survey(dock, qtbot):
    QgsProject.instance().clear()
    assert dock.opened is None and dock.merge.model.rowCount() == 0


# -- back from paper ------------------------------------------------------------------------


@pytest.fixture
def printed(dock, survey, tmp_path, qtbot):
    """The list of a print with the two villages, the farm and a row of another survey, open in the dock."""
    found = {r.values["name"]: uuid for uuid, r in fs.rows(survey, "villages").items()}
    farm = next(iter(fs.rows(survey, "pollution_sources")))
    rows = [
        ("C1", "villages", "上店", "villages", found["上店"], "1"),
        ("C2", "villages", "下店", "villages", found["下店"], "1、2"),
        ("Y1", "farm", "猪场", "pollution_sources", farm, "2"),
        ("C3", "villages", "elsewhere", "villages", "00000000-0000-0000-0000-000000000000", "2"),
    ]
    path = tmp_path / "外业图" / "records.csv"
    path.parent.mkdir()
    lines = ["mark,kind,name,layer,row_id,address,pages,x,y"]
    lines += [f"{m},{k},{n},{t},{u},qingliu:{t}/{u},{p},500300.0,3000500.0" for m, k, n, t, u, p in rows]
    path.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    dock.paper_desk.open_list(path)
    settle(dock, qtbot)
    return {mark: uuid for mark, _, _, _, uuid, _ in rows}


def scan(dock, qtbot, text):
    """A scanner types a code and Enter."""
    dock.paper.code.setText(text)
    qtbot.keyClick(dock.paper.code, Qt.Key.Key_Return)
    settle(dock, qtbot)


def shown_marks(dock):
    lines = dock.paper.list
    items = [lines.topLevelItem(n) for n in range(lines.topLevelItemCount())]
    return [item.text(0) for item in items if not item.isHidden()]


def forms_of(dock):
    asked = []
    dock.form_requested.connect(lambda *place: asked.append(place))
    return asked


def test_without_a_survey_no_code_can_be_entered(bare):
    assert not bare.paper.code.isEnabled() and not bare.paper.open_list.isEnabled()


def test_a_scanned_code_opens_the_row_in_which_its_village_is_entered(dock, qtbot, survey):
    asked = forms_of(dock)
    village = fs.row_named(survey, "villages", "name", "上店").uuid
    row = fs.row_named(survey, "a7", "natural_village", "上店").uuid
    scan(dock, qtbot, f"qingliu:villages/{village}")
    assert asked == [("a7", row, "")] and dock.paper.code.text() == ""
    assert "上店" in dock.paper.found.text() and f"a7/{row}" in dock.paper.found.text()
    dock.paper.opens.setChecked(False)
    scan(dock, qtbot, village[:8])
    assert len(asked) == 1
    dock.paper.found.linkActivated.emit(f"a7/{row}")
    assert asked[1:] == [("a7", row, "")]
    dock.paper.opens.setChecked(True)


def test_a_thing_about_which_no_table_has_a_row_leads_to_the_map(dock, qtbot, survey):
    asked = forms_of(dock)
    farm = next(iter(fs.rows(survey, "pollution_sources")))
    scan(dock, qtbot, f"qingliu:pollution_sources/{farm}")
    assert asked == [] and f"pollution_sources/{farm}" in dock.paper.found.text()


def test_a_row_is_selected_on_the_map(dock, qtbot, survey, canvas):
    from qingliu.layers.roles import set_role
    from qingliu.layers.surveyproject import open_layer

    layer = open_layer(survey, "villages")
    set_role(layer, "villages", "x")
    QgsProject.instance().addMapLayer(layer)
    canvas.resize(200, 200)
    canvas.setLayers([layer])
    canvas.setExtent(QgsRectangle(0, 0, 100, 100))
    village = fs.row_named(survey, "villages", "name", "下店").uuid
    scan(dock, qtbot, f"qingliu:villages/{village}")
    assert [f["uuid"] for f in layer.selectedFeatures()] == [village]
    assert canvas.extent().contains(layer.selectedFeatures()[0].geometry().asPoint())


@pytest.mark.parametrize(
    "text, code",
    [
        ("Y1", "QL-PAPER-CODE"),
        ("nonsense", "QL-PAPER-CODE"),
        ("qingliu:villages/00000000-0000-0000-0000-000000000000", "QL-PAPER-FOREIGN"),
        ("qingliu:castles/00000000-0000-0000-0000-000000000000", "QL-PAPER-NOTABLE"),
        ("00000000", "QL-PAPER-UNKNOWN"),
        ("qingliu:sheet/H49H064089", "QL-PAPER-PAGE"),
    ],
)
def test_a_code_that_leads_nowhere_is_told(dock, qtbot, text, code):
    scan(dock, qtbot, text)
    assert code in dock.status.text() and dock.paper.found.text() == ""


def test_a_row_that_was_deleted_after_printing_is_told_with_who_and_when(dock, qtbot, survey):
    from qingliu.layers.store import Delete, open_store

    farm = next(iter(fs.rows(survey, "pollution_sources").values()))
    with open_store(survey, who="王工", daily_backup=False) as store:
        store.save([Delete("pollution_sources", farm.uuid, farm.version)], why="test")
    scan(dock, qtbot, f"qingliu:pollution_sources/{farm.uuid}")
    assert "QL-PAPER-GONE" in dock.status.text() and "王工" in dock.status.text()


def test_the_list_says_what_came_back_and_what_is_still_out(dock, qtbot, printed, survey):
    from qingliu.ui.field_paper import OUT, RETURNED

    assert shown_marks(dock) == ["C1", "C2", "Y1", "C3"]
    scan(dock, qtbot, "c2")
    counts = [dock.paper.shown.itemText(n) for n in range(dock.paper.shown.count())]
    assert [text.split("(")[-1].rstrip(")") for text in counts[:3]] == ["4", "2", "1"]  # C3 is nobody's
    dock.paper.shown.setCurrentIndex(dock.paper.shown.findData(OUT))
    assert shown_marks(dock) == ["C1", "Y1"]
    dock.paper.shown.setCurrentIndex(dock.paper.shown.findData(RETURNED))
    assert shown_marks(dock) == ["C2"]
    dock.paper.shown.setCurrentIndex(dock.paper.shown.findData(2))
    assert shown_marks(dock) == ["C2", "Y1", "C3"]
    scan(dock, qtbot, "Y1")
    assert dock.paper.shown.currentData() == 2 and dock.paper.shown.currentText().count("2") == 3


def test_returns_are_kept_in_the_survey_and_can_be_taken_back(dock, qtbot, printed, survey):
    from qingliu.layers.store import open_store

    scan(dock, qtbot, "Y1")
    line = dock.paper.list.topLevelItem(0)
    line.setCheckState(0, Qt.CheckState.Checked)
    settle(dock, qtbot)

    def kept():
        with open_store(survey, read_only=True) as store:
            return next(v for k, v in store.meta().items() if k.startswith("field_paper:"))

    assert printed["Y1"] in kept() and printed["C1"] in kept() and printed["C2"] not in kept()
    line.setCheckState(0, Qt.CheckState.Unchecked)
    settle(dock, qtbot)
    assert printed["C1"] not in kept()
    dock.close_survey()
    assert dock.paper.printed is None
    dock.open_survey(survey)
    settle(dock, qtbot)  # the list of this survey is shown again
    assert set(dock.paper.returned) == {f"qingliu:pollution_sources/{printed['Y1']}"}


def test_scans_that_come_faster_than_they_are_looked_up_wait_in_line(dock, qtbot, printed):
    for mark in ("C1", "C2", "Y1"):
        dock.paper.code_entered.emit(mark)
    settle(dock, qtbot)
    assert len(dock.paper.returned) == 3


def test_a_file_that_is_no_list_is_told(dock, qtbot, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"a,b\n1,2\n")
    dock.paper_desk.open_list(tmp_path / "x.csv")
    settle(dock, qtbot)
    assert "QL-PAPER-COLUMNS" in dock.status.text() and dock.paper.printed is None
    (tmp_path / "y.csv").write_bytes(b"\xff\xfe\x00mark")
    dock.paper_desk.open_list(tmp_path / "y.csv")
    settle(dock, qtbot)
    assert "QL-PAPER-NOLIST" in dock.status.text()


def test_pictures_need_a_decoder_and_say_so(dock, qtbot, tmp_path):
    from qingliu.layers.fieldcodes import reader

    if reader() is not None:
        pytest.skip("a decoder is installed")
    dock.paper_desk.read_picture(tmp_path / "scan.png")
    settle(dock, qtbot)
    assert "QL-PAPER-NODECODER" in dock.status.text()


def test_codes_are_read_out_of_a_picture_where_a_decoder_is_there(dock, qtbot, printed, tmp_path):
    segno = pytest.importorskip("segno")
    from qingliu.layers.fieldcodes import reader

    if reader() is None:
        pytest.skip("neither OpenCV nor zbar is installed")
    address = f"qingliu:pollution_sources/{printed['Y1']}"
    segno.make(address, error="m", micro=False).save(str(tmp_path / "scan.png"), scale=8, border=8)
    dock.paper_desk.read_picture(tmp_path / "scan.png")
    settle(dock, qtbot)
    assert set(dock.paper.returned) == {address}


def test_names_are_no_markup(dock, qtbot, survey):
    uuid = fs.change_here(survey, "villages", "name", "上店", name="<img src=x>&")
    scan(dock, qtbot, f"qingliu:villages/{uuid}")
    assert "&lt;img" in dock.paper.found.text() and "<img" not in dock.paper.found.text()
