"""The layout dock on a small watershed worked out by hand: slopes of 27 and 12 degrees, three zones, four parcels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSettings
from qgis.PyQt.QtWidgets import QPushButton

CRS = "EPSG:4547"
EAST, NORTH = 500000, 3000000
WAIT_MS = 30000


def rect(west, south, width, height):
    return QgsGeometry.fromRect(
        QgsRectangle(EAST + west, NORTH + south, EAST + west + width, NORTH + south + height)
    )


def layer(name, kind, rows, fields=""):
    """A memory layer; rows: (geometry, {field: value})."""
    made = QgsVectorLayer(f"{kind}?crs={CRS}{fields}", name, "memory")
    features = []
    for geometry, values in rows:
        feature = QgsFeature(made.fields())
        feature.setGeometry(geometry)
        for key, value in values.items():
            feature[key] = value
        features.append(feature)
    made.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(made)
    return made


@pytest.fixture
def ground(qgis_new_project, tmp_path):
    """A slope of 27° (west half, rising to the west) and of 12° (east half); 1000 m wide, 600 m high, cells of 5 m."""
    x = np.arange(200) * 5 + 2.5
    heights = np.where(x < 500, (500 - x) * math.tan(math.radians(27)), 0) + np.where(
        x < 500, 500 * math.tan(math.radians(12)), (1000 - x) * math.tan(math.radians(12))
    )
    path = tmp_path / "dem.tif"
    raster = gdal.GetDriverByName("GTiff").Create(str(path), 200, 120, 1, gdal.GDT_Float32)
    raster.SetGeoTransform((EAST, 5, 0, NORTH + 600, 0, -5))
    ref = osr.SpatialReference()
    ref.ImportFromEPSG(4547)
    raster.SetProjection(ref.ExportToWkt())
    raster.GetRasterBand(1).WriteArray(np.tile(heights, (120, 1)).astype(np.float32))
    raster = None
    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem(CRS))
    dem = QgsRasterLayer(str(path), "dem")
    project.addMapLayer(dem)
    zones = [
        (rect(0, 0, 100, 600), {"zone": "protection"}),
        (rect(100, 0, 800, 600), {"zone": "regulation"}),
        (rect(900, 0, 100, 600), {"zone": "channel"}),
    ]
    layer("zones", "Polygon", zones, "&field=zone:string")
    parcels = [
        (rect(x, y, 200, 300), {"name": f"p{x}-{y}", "landuse": "0103"}) for x in (200, 600) for y in (0, 300)
    ]
    layer("parcels", "Polygon", parcels, "&field=name:string&field=landuse:string")
    line = QgsGeometry.fromPolylineXY([QgsPointXY(EAST + 950, NORTH + 600), QgsPointXY(EAST + 950, NORTH)])
    layer("channels", "LineString", [(line, {"state": "natural"})], "&field=state:string")
    return project


@pytest.fixture
def canvas(qtbot):
    made = QgsMapCanvas()
    made.resize(500, 300)
    made.setDestinationCrs(QgsCoordinateReferenceSystem(CRS))
    made.setExtent(QgsRectangle(EAST, NORTH, EAST + 1000, NORTH + 600))
    qtbot.addWidget(made)
    made.show()
    yield made
    made.unsetMapTool(made.mapTool())


@pytest.fixture
def dock(qtbot, ground, canvas, tmp_path, english):
    """The dock with a scratch layout and its layers read."""
    from qingliu.layers.store import Drafts
    from qingliu.ui.layout_dock import LayoutDock

    QSettings().remove("qingliu/layout")
    made = LayoutDock(canvas=canvas)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: made.edition is not None, timeout=WAIT_MS)
    made.desk.drafts = Drafts(tmp_path / "drafts")
    made.desk.scratch_folder = tmp_path / "layouts"
    made.panel.palette_.set_type("green_industry")
    made.new_layout()
    qtbot.waitUntil(lambda: made.desk.check is not None, timeout=WAIT_MS)
    yield made
    made.shut()
    QSettings().remove("qingliu/layout")
    QgsProject.instance().clear()


def verdicts(dock, uuid):
    dock.desk.settle()
    return {f.clause: f.verdict for f in dock.desk.check.findings[uuid]}


def test_without_a_layout_the_dock_says_what_to_do(qtbot, qgis_new_project, canvas, english):
    from qingliu.ui.layout_dock import LayoutDock

    made = LayoutDock(canvas=canvas)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: made.edition is not None, timeout=WAIT_MS)
    assert "Open a survey, or begin a new layout" in made.panel.live.text()
    assert not made.panel.tools["draw"].isEnabled() and not made.panel.save_button.isEnabled()
    made.new_layout()
    assert "projected CRS" in made.panel.status.text()
    made.shut()


def test_a_scratch_layout_says_where_it_is_kept_and_that_it_belongs_to_no_survey(dock, tmp_path):
    assert "belongs to no survey" in dock.panel.title.text()
    assert str(tmp_path / "layouts") in dock.panel.title.text()


def test_roles_are_taken_from_the_names_of_the_layers(dock):
    chosen = {role: x.name() for role, x in dock.panel.sources.layers().items()}
    assert chosen == {"DEM": "dem", "ZONES": "zones", "PARCELS": "parcels", "CHANNELS": "channels"}


def test_the_palette_follows_the_zone_under_the_cursor_and_keeps_what_was_picked(dock):
    palette = dock.panel.palette_
    dock.follow(QgsPointXY(EAST + 500, NORTH + 300))
    assert palette.under == "regulation" and palette.choose("terrace")
    dock.follow(QgsPointXY(EAST + 950, NORTH + 300))
    assert palette.under == "channel"
    listed = {i.data(0, i_role).measure for i, i_role in ((i, 257) for i in palette._items())}
    assert "filter_strip" in listed and "terrace" not in listed
    assert palette.offer().measure == "terrace"
    dock.follow(QgsPointXY(EAST + 5000, NORTH))
    assert palette.under is None


def test_terraces_on_27_degrees_are_an_error_by_6_2_2_1_2_and_the_failing_part_is_the_steep_half(dock):
    dock.panel.palette_.choose("terrace")
    # 100 m of 200 m lie west of x = 500 on 27°; the cells at the break have the slope between
    uuid = dock.drawing.place(rect(400, 100, 200, 100), split=False)[0]
    found = verdicts(dock, uuid)
    assert found["6.2.2-1-2"] == "error"
    finding = next(f for f in dock.desk.check.findings[uuid] if f.clause == "6.2.2-1-2")
    assert finding.failing_area_m2 == pytest.approx(10_000, abs=600)
    part = QgsGeometry()
    part.fromWkb(finding.failing)
    assert part.boundingBox().xMaximum() == pytest.approx(EAST + 500, abs=6)
    assert "6.2.2-1-2" in {line.finding.clause for line in dock.panel.findings.model.lines}


def test_terraces_on_12_degrees_are_no_error(dock):
    dock.panel.palette_.choose("terrace")
    uuid = dock.drawing.place(rect(620, 100, 100, 100), split=False)[0]
    assert verdicts(dock, uuid)["6.2.2-1-2"] == "pass"


def test_the_strip_tells_the_verdict_of_a_proposal_and_paints_the_failing_part(dock):
    dock.panel.palette_.choose("terrace")
    dock.drawing._proposed(rect(300, 100, 100, 100))
    judged = dock.desk.live.judge_now()
    assert judged.verdict == "error"
    assert "6.2.2-1-2" in dock.panel.live.text() and "1.0000 hm²" in dock.panel.live.text()
    outline, failing = dock.desk.live._bands
    assert outline.asGeometry().area() == pytest.approx(10_000)
    assert failing.asGeometry().area() == pytest.approx(10_000, rel=0.02)
    dock.desk.live.clear()
    assert outline.asGeometry().isEmpty() and "Choose a measure" in dock.panel.live.text()


def test_the_bill_of_the_strip_adds_the_proposal_to_what_is_drawn(dock, qtbot):
    dock.panel.palette_.choose("terrace")
    dock.drawing.place(rect(620, 100, 100, 100), split=False)
    dock.desk.settle()
    dock.drawing._proposed(rect(620, 300, 50, 100))
    dock.desk.live.judge_now()
    qtbot.waitUntil(lambda: "1.5000 hm²" in dock.panel.live.text(), timeout=5000)


def test_whole_parcels_and_splitting_along_them(dock):
    dock.panel.palette_.choose("terrace")
    made = dock.drawing.place(rect(600, 200, 200, 200), split=True)
    rows = dock.desk.session.rows
    assert sorted(round(rows[u].geometry.area()) for u in made) == [20_000, 20_000]
    assert "split into 2" in dock.panel.status.text()
    dock.undo()
    assert rows is not dock.desk.session.rows or not set(made) & set(dock.desk.session.rows)


def test_an_override_is_signed_and_stays_a_breach_that_somebody_answers_for(dock):
    from qingliu.ui.layout_notes import Signed

    dock.panel.palette_.choose("terrace")
    uuid = dock.drawing.place(rect(300, 100, 100, 100), split=False)[0]
    dock.desk.settle()
    finding = next(f for f in dock.desk.check.findings[uuid] if f.verdict == "error")
    asked = []

    def ask(title, words, *, needs_reason, parent=None):
        asked.append(needs_reason)
        return Signed("old terraces are kept", "Li Si", "2026-11-21")

    dock.ask_signature = ask
    dock.sign(finding)
    dock.desk.settle()
    after = next(f for f in dock.desk.check.findings[uuid] if f.rule_id == finding.rule_id)
    assert asked == [True] and after.breach and after.confirmed.person == "Li Si"
    dock.withdraw(after)
    dock.desk.settle()
    assert next(f for f in dock.desk.check.findings[uuid] if f.rule_id == finding.rule_id).confirmed is None


def test_a_duty_is_ticked_with_name_and_date_and_then_passes(dock):
    from qingliu.ui.layout_notes import Signed

    dock.panel.palette_.choose("terrace")
    uuid = dock.drawing.place(rect(620, 100, 100, 100), split=False)[0]
    dock.desk.settle()
    duty = next(f for f in dock.desk.check.findings[uuid] if f.verdict == "duty" and f.clause == "6.2.2-5-3")
    dock.ask_signature = lambda *a, **k: Signed("", "Li Si", "2026-11-21")
    dock.sign(duty)
    assert verdicts(dock, uuid)["6.2.2-5-3"] == "pass"
    dock.review.show_card(uuid)
    signed = [dock.panel.card.duties.item(i, 2).text() for i in range(dock.panel.card.duties.rowCount())]
    assert "Li Si 2026-11-21" in signed


def test_unused_major_measures_ask_for_a_reason(dock):
    from qingliu.ui.layout_notes import UNUSED, Signed

    dock.desk.settle()
    table = dock.panel.totals.unused
    keys = [table.item(i, 0).data(257) for i in range(table.rowCount())]
    assert "terrace" in keys
    dock.ask_signature = lambda *a, **k: Signed("no sloping cropland left", "Li Si", "2026-11-21")
    dock.give_reason("terrace")
    line = keys.index("terrace")
    assert "no sloping cropland left" in table.item(line, 1).text()
    assert dock.desk.session.notes.signed(UNUSED, "terrace").name == "Li Si"
    dock.panel.palette_.choose("terrace")
    dock.drawing.place(rect(620, 100, 100, 100), split=False)
    dock.desk.settle()
    assert "terrace" not in [table.item(i, 0).data(257) for i in range(table.rowCount())]


def test_quantities_by_zone_add_up_and_follow_the_unit(dock):
    dock.panel.palette_.choose("terrace")
    dock.drawing.place(rect(850, 100, 100, 100), split=False)  # half in regulation, half in the channel zone
    dock.desk.settle()
    table = dock.panel.totals.table

    def rows():
        return [[table.item(i, c).text() for c in range(4)] for i in range(table.rowCount())]

    assert [r[2:4] for r in rows()] == [["0.5000", "hm²"], ["0.5000", "hm²"]]
    dock.panel.totals.unit.setCurrentIndex(dock.panel.totals.unit.findData("亩"))
    assert [r[2:4] for r in rows()] == [["7.500", "mu"], ["7.500", "mu"]]


def test_prices_give_the_cost_and_bad_lists_are_told(dock, tmp_path):
    prices = tmp_path / "prices.csv"
    prices.write_text("measure,unit,price,fund\nterrace,hm2,30000,central\n", encoding="utf-8")
    dock.panel.palette_.choose("terrace")
    dock.drawing.place(rect(620, 100, 100, 100), split=False)
    dock.desk.settle()
    assert dock.files.take_prices(prices)
    assert "30,000.00" in dock.panel.totals.cost.text()
    prices.write_text("measure,unit,price,fund\nno_such,hm2,1,x\n", encoding="utf-8")
    assert not dock.files.take_prices(prices)
    assert "QL-PLAN-PRICEMEASURE" in dock.panel.status.text()


def test_an_other_measure_brings_name_unit_and_clause(dock):
    from qingliu.ui.layout_other import Other

    dock.drawing.ask_other = lambda edition, offer, parent=None: Other("湿地栈道", "m", "6.3.3-2")
    dock.panel.palette_.zone.setCurrentIndex(dock.panel.palette_.zone.findData("all"))
    dock.panel.palette_.choose("other_channel")
    line = QgsGeometry.fromPolylineXY(
        [QgsPointXY(EAST + 920, NORTH + 10), QgsPointXY(EAST + 920, NORTH + 110)]
    )
    uuid = dock.drawing.place(line, split=False)[0]
    dock.desk.settle()
    assert dock.desk.session.notes.card(uuid) == {
        "other_name": "湿地栈道", "other_unit": "m", "other_clause": "6.3.3-2",
    }  # fmt: skip
    cells = [dock.panel.totals.table.item(0, c).text() for c in range(4)]
    assert cells[1] == "湿地栈道" and cells[2:] == ["100.000", "m"]


def test_an_other_measure_without_a_name_is_not_placed(dock):
    dock.drawing.ask_other = lambda edition, offer, parent=None: None
    dock.panel.palette_.zone.setCurrentIndex(dock.panel.palette_.zone.findData("all"))
    dock.panel.palette_.choose("other_channel")
    assert dock.drawing.place(rect(910, 10, 10, 10), split=False) == []
    assert dock.desk.session.rows == {}


def test_saving_keeps_measures_plot_numbers_and_tells_how_many(dock):
    dock.panel.palette_.choose("terrace")
    right = dock.drawing.place(rect(720, 100, 50, 50), split=False)[0]
    left = dock.drawing.place(rect(620, 100, 50, 50), split=False)[0]
    dock.desk.settle()
    dock.panel.save_button.click()
    assert dock.panel.status.text() == "2 measures saved."
    numbers = dock.desk.session.notes.plots()
    assert (numbers[left], numbers[right]) == ("1", "2")
    later = dock.drawing.place(rect(610, 400, 50, 50), split=False)[
        0
    ]  # farther north and west, yet numbered last
    dock.desk.settle()
    assert dock.desk.numbers()[later] == "3"
    assert dock.review.name_of(left).startswith("1 ")


def test_undo_and_redo_go_by_the_users_actions(dock):
    dock.panel.palette_.choose("terrace")
    first = dock.drawing.place(rect(620, 100, 50, 50), split=False)[0]
    dock.desk.session.replace(first, [rect(620, 100, 60, 50)], "Reshape")
    dock.findChild(QPushButton, "layout_undo").click()
    assert "Reshape" in dock.panel.status.text()
    assert dock.desk.session.rows[first].geometry.area() == pytest.approx(2500)
    dock.findChild(QPushButton, "layout_redo").click()
    assert dock.desk.session.rows[first].geometry.area() == pytest.approx(3000)


def test_the_dxf_has_a_layer_for_each_measure(dock, tmp_path):
    dock.panel.palette_.choose("terrace")
    dock.drawing.place(rect(620, 100, 50, 50), split=False)
    dock.panel.palette_.choose("grass")
    dock.drawing.place(rect(720, 100, 50, 50), split=False)
    dock.desk.settle()
    assert dock.files.write_dxf(tmp_path / "layout.dxf") >= 2
    from osgeo import ogr

    source = ogr.Open(str(tmp_path / "layout.dxf"))
    names = {f.GetField("Layer") for f in source.GetLayer(0)}
    assert {"08_terrace", "07_grass"} <= names


def test_the_plot_table_has_a_row_for_each_measure(dock, tmp_path):
    dock.panel.palette_.choose("terrace")
    dock.drawing.place(rect(620, 100, 50, 50), split=False)
    dock.desk.settle()
    assert dock.files.write_plots(tmp_path / "plots.csv") == 1
    lines = (tmp_path / "plots.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("village,plot,measure") and "0.25" in lines[1] and "3.75" in lines[1]


# -- schemes ------------------------------------------------------------------------------------------------


@pytest.fixture
def two(dock):
    """Scheme A: terraces on one parcel; drawn now: grass on another and larger terraces."""
    dock.panel.palette_.choose("terrace")
    terrace = dock.drawing.place(rect(600, 0, 200, 100), split=False)[0]
    dock.desk.settle()
    key = dock.review.keep_scheme("Scheme A")
    dock.desk.session.replace(terrace, [rect(600, 0, 200, 200)], "larger")
    dock.panel.palette_.choose("grass")
    grass = dock.drawing.place(rect(200, 300, 200, 100), split=False)[0]
    dock.desk.settle()
    return dock, key, terrace, grass


def compared(dock, qtbot, first, second):
    dock.panel.schemes.comparison = None
    dock.review.compare(first, second)
    qtbot.waitUntil(lambda: dock.panel.schemes.comparison is not None, timeout=WAIT_MS)
    return dock.panel.schemes.comparison


def test_two_schemes_are_compared_in_quantities_and_parcel_by_parcel(two, qtbot):
    dock, key, *_ = two
    found = compared(dock, qtbot, "current", key)
    changes = {d.measure: (d.first, d.second) for d in found.differences}
    assert changes == {"terrace": (4.0, 2.0), "grass": (2.0, 0.0)}
    assert {p.parcel: p.kind for p in found.parcels} == {"p600-0": "changed", "p200-300": "only_first"}
    assert found.first.verdicts["error"] >= 0 and sum(found.first.verdicts.values()) == 2


def test_schemes_show_what_each_would_make_of_the_indicators_that_a_drawing_tells_of(two, qtbot):
    """Four parcels of cropland, 24 hm²: 2 hm² of grass make 8.33 % of forest and grass; erosion is not given."""
    dock, key, *_ = two
    found = compared(dock, qtbot, "current", key)
    seen = {o.number: o for o in found.first.outlook}
    assert (seen[2].now, seen[2].planned) == pytest.approx((0.0, 100 * 2 / 24))
    assert seen[1].planned is None and seen[1].missing == "EROSION"
    table = dock.panel.schemes.summary
    rows = [[table.item(r, c).text() for c in range(3)] for r in range(table.rowCount())]
    (cover,) = [r for r in rows if "now 0.00" in r[0]]
    assert cover[1:] == ["8.33", "0.00"]
    assert any("not known without soil erosion" in r[0] and r[1:] == ["–", "–"] for r in rows)


def test_a_comparison_is_stale_once_something_is_drawn(two, qtbot):
    dock, key, terrace, _ = two
    compared(dock, qtbot, "current", key)
    dock.desk.session.replace(terrace, [rect(600, 0, 200, 150)], "smaller")
    dock.desk.settle()
    assert "Stale" in dock.panel.schemes.told.text() and not dock.panel.schemes.merge.isEnabled()


def test_working_on_a_scheme_is_one_action_and_undo_brings_back_what_was_drawn(two):
    dock, key, terrace, grass = two
    dock.review.work_on(key)
    dock.desk.settle()
    assert set(dock.desk.session.rows) == {terrace}
    assert dock.desk.session.rows[terrace].geometry.area() == pytest.approx(20_000)
    dock.undo()
    dock.desk.settle()
    assert set(dock.desk.session.rows) == {terrace, grass}
    assert dock.desk.session.rows[terrace].geometry.area() == pytest.approx(40_000)


def test_one_parcel_is_taken_from_the_other_scheme(two, qtbot):
    dock, key, *_ = two
    compared(dock, qtbot, "current", key)
    dock.review.merge(["p600-0"])
    dock.desk.settle()
    rows = dock.desk.session.rows
    assert sorted((r.measure, round(r.geometry.area())) for r in rows.values()) == [
        ("grass", 20_000), ("terrace", 20_000),
    ]  # fmt: skip


# -- boards --------------------------------------------------------------------------------------------------


def test_a_plant_s_notice_board_is_filled_on_its_card_and_says_what_8_5_2_still_wants(dock):
    dock.panel.palette_.choose("sewage_treatment")
    plant = dock.drawing.place(QgsGeometry.fromPointXY(QgsPointXY(EAST + 700, NORTH + 50)), split=False)[0]
    dock.desk.settle()
    dock.review.show_card(plant)
    dock.desk.enter(plant, "manager", "周敏", "card")
    dialog = dock.review.open_board()
    assert dialog.lines["person"].text() == "周敏"
    assert dialog.told.text() == "Still to be filled in: Process · Capacity · Effluent quality"
    for key, value in (("process", "A/O"), ("capacity", "20 m³/d"), ("effluent", "GB 18918 1B")):
        dialog.lines[key].setText(value)
    assert dialog.told.text() == "" and "20 m³/d" in dialog.page.toPlainText()
    dialog.accept()
    assert dock.desk.session.notes.card(plant)["board_capacity"] == "20 m³/d"
    again = dock.review.open_board()
    assert again.values()["process"] == "A/O"
    again.reject()


def test_a_sign_board_names_the_measures_of_the_layout_and_other_measures_have_no_board(dock):
    from qingliu.ui.layout_other import Other

    dock.panel.palette_.choose("terrace")
    terrace = dock.drawing.place(rect(600, 0, 200, 100), split=False)[0]
    place = QgsGeometry.fromPointXY(QgsPointXY(EAST + 650, NORTH + 50))
    dock.desk.settle()
    dock.review.show_card(terrace)
    assert dock.panel.card.board.isHidden() and dock.review.open_board() is None
    dock.drawing.ask_other = lambda edition, offer, parent=None: Other("标识牌", "处", "5.2.2-3")
    dock.panel.palette_.zone.setCurrentIndex(dock.panel.palette_.zone.findData("all"))
    dock.panel.palette_.choose("other_regulation")
    sign = dock.drawing.place(place, split=False)[0]
    dock.desk.settle()
    dock.review.show_card(sign)
    assert not dock.panel.card.board.isHidden()
    dialog = dock.review.open_board()
    dialog.lines["watershed"].setText("青柳沟")
    shown = dialog.page.toPlainText()
    assert "青柳沟" in shown and "2 hm²" in shown
    dialog.reject()


# -- a survey ------------------------------------------------------------------------------------------------


@pytest.fixture
def survey(run, tmp_path):
    """A survey in the CRS of the ground, with a measure that stands."""
    import struct

    from qingliu.layers.store import Insert, open_store

    folder = tmp_path / "调查"
    folder.mkdir()
    made = run(
        "qingliu:createsurvey",
        {"DESTINATION": str(folder / "survey.gpkg"), "NAME": "青柳沟", "TYPE": "livable", "CRS": CRS},
    )
    with open_store(made["SURVEY"], who="张三") as store:
        point = struct.pack("<BIdd", 1, 1, EAST + 950, NORTH + 300)
        store.save([Insert("measures", {"measure": "check_dam", "status": "built"}, point, "m1")])
    return folder / "survey.gpkg"


def test_a_surveys_measures_come_with_its_type_and_are_saved_back_into_it(
    qtbot, survey, ground, canvas, english
):
    from qingliu.layers.store import open_store
    from qingliu.ui.layout_dock import LayoutDock

    made = LayoutDock(canvas=canvas)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: made.edition is not None, timeout=WAIT_MS)
    made.open_survey(survey)
    qtbot.waitUntil(lambda: made.desk.session is not None and made.desk.check is not None, timeout=WAIT_MS)
    assert made.panel.palette_.type_key == "livable"
    assert {u: (r.measure, r.status) for u, r in made.desk.session.rows.items()} == {
        "m1": ("check_dam", "built")
    }
    tree = [x.name() for x in QgsProject.instance().layerTreeRoot().layerOrder()]
    assert all("Measures" in name for name in tree[:3])
    made.panel.palette_.choose("terrace")
    made.drawing.place(rect(620, 100, 100, 100), split=False)
    made.desk.enter("m1", "owner", "上店村", "card")
    made.save()
    assert "1 measures saved" in made.panel.status.text()
    made.shut()
    QgsProject.instance().clear()
    with open_store(survey) as store:
        assert sorted(r.values["measure"] for r in store.rows("measures")) == ["check_dam", "terrace"]
        assert "上店村" in store.meta()["layout.card.m1"]


def test_a_check_dam_on_a_natural_reach_is_warned_of_by_5_2_3_2(dock):
    dock.panel.palette_.zone.setCurrentIndex(dock.panel.palette_.zone.findData("all"))
    dock.panel.palette_.choose("check_dam")
    uuid = dock.drawing.place(QgsGeometry.fromPointXY(QgsPointXY(EAST + 950, NORTH + 300)), split=False)[0]
    assert verdicts(dock, uuid)["5.2.3-2"] == "warning"


def test_a_strip_that_narrows_to_two_metres_is_warned_of_with_the_narrow_part(dock):
    dock.panel.palette_.choose("filter_strip")
    dock.panel.palette_.zone.setCurrentIndex(dock.panel.palette_.zone.findData("all"))
    dock.panel.palette_.choose("filter_strip")
    # 100 m long, 6 m wide on the first half, 2 m on the second
    ring = [(0, 0), (100, 0), (100, 2), (50, 2), (50, 6), (0, 6), (0, 0)]
    strip = QgsGeometry.fromPolygonXY([[QgsPointXY(EAST + 905 + y, NORTH + 100 + x) for x, y in ring]])
    uuid = dock.drawing.place(strip, split=False)[0]
    assert verdicts(dock, uuid)["6.3.2-2"] == "warning"
    finding = next(f for f in dock.desk.check.findings[uuid] if f.clause == "6.3.2-2")
    assert finding.failing_length_m == pytest.approx(50, abs=4)


def test_what_the_whole_layout_lacks_stands_in_the_list_and_goes_when_it_is_drawn(dock):
    """Cropland of 200 m by 300 m four times, 24 hm², in the regulation zone; no measure against diffuse pollution."""
    from qingliu.ui.layout_notes import Signed

    dock.desk.settle()
    rule = "layout.5.2.2-1.non_point"

    def line():
        lines = [x for x in dock.panel.findings.model.lines if x.finding.rule_id == rule]
        return lines[0] if lines else None

    found = line()
    assert (found.name, found.finding.verdict, found.finding.failing_area_m2) == (
        "Whole layout",
        "error",
        240000,
    )
    assert "5.2.2-2" not in {x.finding.clause for x in dock.panel.findings.model.lines if x.finding.breach}
    assert dock.panel.findings.choose("", rule) and dock.panel.findings.zoom.isEnabled()
    dock.panel.findings.zoom.click()
    box = dock.canvas.extent()
    assert box.contains(QgsRectangle(EAST + 200, NORTH, EAST + 800, NORTH + 600)) and box.width() < 3000
    dock.ask_signature = lambda *_, **__: Signed("done by the county", "Li Si", "2026-11-21")
    dock.sign(found.finding)
    dock.desk.settle()
    assert line().finding.breach and line().finding.confirmed.person == "Li Si"
    dock.withdraw(line().finding)
    dock.panel.palette_.choose("soil_test_fertilisation")
    made = dock.drawing.place(rect(300, 100, 50, 50), split=False)
    dock.desk.settle()
    assert line() is None
    dock.desk.session.remove(made, "delete")
    dock.desk.settle()
    assert line().finding.verdict == "error" and line().finding.confirmed is None


def test_villages_missing_are_told_once_and_a_board_has_no_place_to_zoom_to(dock):
    dock.desk.settle()
    panel = dock.panel.findings
    assert "villages (4)" in panel.missing.text()
    assert panel.choose("", "layout.5.2.2-3.sign_board") and not panel.zoom.isEnabled()


def test_the_kind_of_bank_protection_is_chosen_on_the_card_and_the_clauses_follow(dock):
    """A hard bank on the natural channel, far from any village: engineering works where 5.2.3-2 wants none."""
    dock.panel.palette_.choose("ecological_slope_protection")
    line = QgsGeometry.fromPolylineXY(
        [QgsPointXY(EAST + 950, NORTH + 100), QgsPointXY(EAST + 950, NORTH + 200)]
    )
    uuid = dock.drawing.place(line, split=False)[0]
    assert verdicts(dock, uuid)["5.2.3-2"] == "duty"
    dock.review.show_card(uuid)
    card = dock.panel.card
    assert not card.choices["protection"].isHidden() and card.choices["dam_class"].isHidden()
    card.choices["protection"].setCurrentIndex(card.choices["protection"].findData("hard"))
    card.choices["protection"].activated.emit(card.choices["protection"].currentIndex())
    assert verdicts(dock, uuid)["5.2.3-2"] == "warning"
    assert dock.desk.session.notes.card(uuid)["protection"] == "hard"
    dock.review.show_card(uuid)
    assert card.choices["protection"].currentData() == "hard"
    card.choices["protection"].setCurrentIndex(0)
    card.choices["protection"].activated.emit(0)
    assert verdicts(dock, uuid)["5.2.3-2"] == "duty"
