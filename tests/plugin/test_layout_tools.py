"""Tools of the layout on a real survey: drawn with QGIS's capture tool, split, carried, dragged, undone, saved."""

from __future__ import annotations

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

CRS = "EPSG:4547"
EAST, NORTH = 500000, 3000000


def rect(west, south, width, height):
    return QgsGeometry.fromRect(
        QgsRectangle(EAST + west, NORTH + south, EAST + west + width, NORTH + south + height)
    )


@pytest.fixture
def session(qgis_new_project, tmp_path):
    """A layout without a survey of its own: three measure layers in a scratch GeoPackage."""
    from qingliu.core.standard import default_edition
    from qingliu.layers.store import Drafts
    from qingliu.ui.layout_session import Found, LayoutSession, new_scratch

    path = new_scratch(tmp_path / "布局", "试", "livable", QgsCoordinateReferenceSystem(CRS), "张三")
    made = LayoutSession(
        Found(path, path), QgsProject.instance(), Drafts(tmp_path / "drafts"), "张三",
        default_edition(), scratch=True,
    )  # fmt: skip
    made.show()
    yield made
    if not made.closed:
        made.close()
    QgsProject.instance().clear()


@pytest.fixture
def canvas(qtbot):
    """A map 400 m wide and high, a pixel a metre, its south-west corner at (EAST, NORTH)."""
    made = QgsMapCanvas()
    made.resize(400, 400)
    made.setDestinationCrs(QgsCoordinateReferenceSystem(CRS))
    made.setExtent(QgsRectangle(EAST, NORTH, EAST + 400, NORTH + 400))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.unsetMapTool(made.mapTool())


def pixel(canvas, x, y):
    found = canvas.getCoordinateTransform().transform(EAST + x, NORTH + y)
    return QPoint(round(found.x()), round(found.y()))


def move(canvas, x, y):
    QTest.mouseMove(canvas.viewport(), pixel(canvas, x, y))
    QTest.qWait(5)


def click(canvas, x, y, button=Qt.MouseButton.LeftButton):
    move(canvas, x, y)
    QTest.mouseClick(canvas.viewport(), button, Qt.KeyboardModifier.NoModifier, pixel(canvas, x, y))


# -- session and history ------------------------------------------------------------------------------------


def test_a_scratch_layout_shows_its_measures_as_points_lines_and_areas(session):
    assert set(session.layers) == {"Polygon", "LineString", "Point"}
    assert session.rows == {}
    assert session.crs.authid() == CRS


def test_each_drawn_measure_is_one_action_taken_back_and_done_again_in_order_over_the_layers(session):
    area = session.add("terrace", [rect(0, 0, 10, 10)], "画梯田")[0]
    road = session.add(
        "production_road", [QgsGeometry.fromWkt("LineString(500000 3000000, 500100 3000000)")], "画路"
    )[0]
    second = session.add("grass", [rect(20, 0, 10, 10), rect(40, 0, 10, 10)], "两块")
    assert set(session.rows) == {area, road, *second}
    assert session.history.undo() == "两块" and set(session.rows) == {area, road}
    assert session.history.undo() == "画路" and set(session.rows) == {area}
    assert session.history.redo() == "画路" and set(session.rows) == {area, road}
    assert session.history.redo() == "两块" and len(session.rows) == 4
    assert session.history.redo() == ""
    assert session.rows[area].measure == "terrace" and session.rows[area].status == "planned"


def test_an_action_after_an_undo_forgets_what_was_taken_back(session):
    session.add("terrace", [rect(0, 0, 10, 10)], "一")
    session.add("production_road", [QgsGeometry.fromWkt("LineString(500000 3000000, 500100 3000000)")], "二")
    session.history.undo()
    session.add("grass", [rect(20, 0, 10, 10)], "三")
    assert session.history.redo() == ""
    assert [session.history.undo(), session.history.undo(), session.history.undo()] == ["三", "一", ""]


def test_edits_made_with_qgis_own_tools_come_in_the_same_row(session):
    area = session.add("terrace", [rect(0, 0, 10, 10)], "一")[0]
    layer, fid = session.feature(area)
    layer.beginEditCommand("Vertex tool")
    layer.changeGeometry(fid, rect(0, 0, 20, 10))
    layer.endEditCommand()
    assert session.rows[area].geometry.area() == pytest.approx(200)
    assert session.history.undo() == "Vertex tool"
    assert session.rows[area].geometry.area() == pytest.approx(100)


def test_saving_goes_through_the_store_as_one_action_and_keeps_uuids(session, qtbot):
    area = session.add("terrace", [rect(0, 0, 10, 10)], "一")[0]
    point = session.add("check_dam", [QgsGeometry.fromPointXY(QgsPointXY(500001, 3000001))], "二")[0]
    before = session.store.sequence()
    told = []
    session.settle()
    session.changed.connect(told.append)
    saved = session.save()
    assert {k.uuid for k in saved.rows} == {area, point} and saved.sequence > before
    assert {r.uuid for r in session.store.rows("measures")} == {area, point}
    assert set(session.rows) == {area, point} and not session.modified
    assert told == []  # the same measures with other feature ids: nothing to judge again
    assert session.history.undo() == ""


def test_a_draft_lies_on_disk_shortly_after_an_edit_and_goes_with_the_save(session, qtbot):
    session.add("terrace", [rect(0, 0, 10, 10)], "一")
    drafts, store = session.drafts, session.id
    qtbot.waitUntil(lambda: len(list(drafts.left(store))) == 1, timeout=5000)
    session.save()
    assert list(drafts.left(store)) == []


def test_what_a_crashed_session_drew_is_put_back_from_its_draft(session, qtbot, tmp_path):
    from qingliu.core.standard import default_edition
    from qingliu.layers.store import Drafts
    from qingliu.ui.layout_session import Found, LayoutSession

    uuid = session.add("terrace", [rect(0, 0, 10, 10)], "一")[0]
    qtbot.waitUntil(lambda: len(session.left()) == 1, timeout=5000)
    path = session.store.path
    session.close()
    QgsProject.instance().clear()
    after = LayoutSession(
        Found(path, path),
        QgsProject.instance(),
        Drafts(tmp_path / "drafts"),
        "张三",
        default_edition(),
        scratch=True,
    )
    after.show()
    assert after.rows == {}
    after.put_back(after.left()[0])
    assert after.rows[uuid].measure == "terrace" and after.left() == []
    after.close()


def test_discarding_brings_back_what_was_saved(session):
    area = session.add("terrace", [rect(0, 0, 10, 10)], "一")[0]
    session.save()
    session.replace(area, [rect(0, 0, 50, 10)], "二")
    session.add("grass", [rect(90, 0, 10, 10)], "三")
    session.discard()
    assert set(session.rows) == {area}
    assert session.rows[area].geometry.area() == pytest.approx(100)


def test_changed_tells_the_uuids_of_what_was_edited_once(session, qtbot):
    with qtbot.waitSignal(session.changed) as told:
        made = session.add("grass", [rect(0, 0, 10, 10), rect(20, 0, 10, 10)], "一")
    assert told.args[0] == set(made)
    with qtbot.waitSignal(session.changed) as told:
        session.remove(made[:1], "删")
    assert told.args[0] == {made[0]}


def test_a_neighbour_gets_the_new_corner_where_topology_is_kept(session):
    QgsProject.instance().setTopologicalEditing(True)
    big = session.add("grass", [rect(0, 0, 100, 100)], "一")[0]
    session.add("terrace", [rect(100, 40, 50, 20)], "二")
    corners = {(round(v.x() - EAST), round(v.y() - NORTH)) for v in session.rows[big].geometry.vertices()}
    assert corners == {(0, 0), (100, 0), (100, 100), (0, 100), (100, 40), (100, 60)}
    session.history.undo()
    assert len(list(session.rows[big].geometry.vertices())) == 5  # one action took both back


# -- notes ----------------------------------------------------------------------------------------------------


def test_a_signed_override_is_kept_in_the_survey_and_its_withdrawal_is_logged(session):
    from qingliu.ui.layout_notes import CONFIRM, Notes, Signed

    notes = session.notes
    notes.sign(CONFIRM, ("m1", "terrace.6.2.2-1-2.forbid"), Signed("台面已成", "李四", "2026-11-21"))
    read = Notes(session.store)
    kept = read.confirmed("m1")["terrace.6.2.2-1-2.forbid"]
    assert (kept.person, kept.date, kept.reason) == ("李四", "2026-11-21", "台面已成")
    notes.withdraw(CONFIRM, "m1", "terrace.6.2.2-1-2.forbid")
    assert Notes(session.store).confirmed("m1") == {}
    log = [e for e in session.store.changes_since(0) if e.why.startswith("layout: confirm")]
    assert [e.who for e in log][:1] == ["李四"] and len(log) == 2


def test_nobody_signs_without_a_name(session):
    from qingliu.ui.layout_notes import CONFIRM, Signed

    with pytest.raises(ValueError, match="name"):
        session.notes.sign(CONFIRM, ("m1", "r"), Signed("why", "  ", "2026-11-21"))


def test_cards_and_plot_numbers_come_back_after_reading_again(session):
    from qingliu.ui.layout_notes import Notes

    session.notes.fill_card("m1", {"owner": "上店村", "manager": ""})
    session.notes.keep_plots({"m1": "上店-1"})
    read = Notes(session.store)
    assert read.card("m1") == {"owner": "上店村"} and read.plots() == {"m1": "上店-1"}
    session.notes.fill_card("m1", {"owner": ""})
    assert Notes(session.store).card("m1") == {}


# -- splitting ------------------------------------------------------------------------------------------------


def test_an_area_is_split_along_parcels_and_nothing_is_lost():
    from qingliu.ui.layout_tools import split_along

    parts = split_along(rect(0, 0, 100, 10), [rect(-50, -5, 80, 50), rect(30, -5, 40, 50)])
    assert sorted(round(p.area()) for p in parts) == [300, 300, 400]
    assert sum(p.area() for p in parts) == pytest.approx(1000)


def test_crumbs_go_to_the_largest_part():
    from qingliu.ui.layout_tools import split_along

    parts = split_along(rect(0, 0, 100, 10), [rect(-1, -1, 100.95, 50)])
    assert len(parts) == 1 and parts[0].area() == pytest.approx(1000)


def test_a_line_is_split_by_length_and_a_measure_in_one_parcel_stays_whole():
    from qingliu.ui.layout_tools import split_along

    line = QgsGeometry.fromWkt("LineString(0 0, 100 0)")
    halves = split_along(line, [QgsGeometry.fromWkt("Polygon((-1 -1, 25 -1, 25 1, -1 1, -1 -1))")])
    assert sorted(h.length() for h in halves) == [25, 75]
    inside = split_along(rect(0, 0, 10, 10), [rect(-5, -5, 50, 50)])
    assert len(inside) == 1 and inside[0].area() == pytest.approx(100)


# -- map tools ------------------------------------------------------------------------------------------------


def test_drawing_proposes_what_would_be_made_and_gives_the_area_at_the_right_click(session, canvas, qtbot):
    from qingliu.ui.layout_tools import DrawTool

    tool = DrawTool(canvas, session.edit("Polygon"), "Polygon")
    canvas.setMapTool(tool)
    seen, drawn = [], []
    tool.proposed.connect(lambda g: seen.append(g.area()))
    tool.drawn.connect(lambda g: drawn.append(g.area()))
    click(canvas, 100, 100)
    click(canvas, 200, 100)
    move(canvas, 200, 150)
    assert seen[-1] == pytest.approx(2500, rel=0.05)
    click(canvas, 200, 200)
    move(canvas, 100, 200)
    assert seen[-1] == pytest.approx(10000, rel=0.05)
    click(canvas, 100, 200)
    click(canvas, 100, 200, Qt.MouseButton.RightButton)
    assert drawn == [pytest.approx(10000, rel=0.05)]


def test_drawing_snaps_where_the_project_snaps(session, canvas, qtbot):
    from qgis.core import QgsSnappingConfig, QgsTolerance
    from qingliu.ui.layout_tools import DrawTool

    parcels = parcel_layer([rect(100, 100, 100, 100)])
    config = QgsSnappingConfig(QgsProject.instance())
    config.setEnabled(True)
    config.setMode(QgsSnappingConfig.SnappingMode.AllLayers)
    config.setType(QgsSnappingConfig.SnappingType.Vertex)
    config.setTolerance(15)
    config.setUnits(QgsTolerance.UnitType.Pixels)
    canvas.setLayers([parcels])
    canvas.snappingUtils().setConfig(config)
    canvas.snappingUtils().setMapSettings(canvas.mapSettings())
    layer = session.edit("Point")
    tool = DrawTool(canvas, layer, "Point")
    tool.setAutoSnapEnabled(True)
    canvas.setMapTool(tool)
    drawn = []
    tool.drawn.connect(drawn.append)
    utils = canvas.snappingUtils()  # its index is built in the background
    qtbot.waitUntil(lambda: utils.snapToMap(pixel(canvas, 106, 95)).isValid(), timeout=10000)
    click(canvas, 106, 95)
    assert (drawn[0].asPoint().x() - EAST, drawn[0].asPoint().y() - NORTH) == (100, 100)


def parcel_layer(shapes):
    layer = QgsVectorLayer(f"Polygon?crs={CRS}&field=name:string", "图斑", "memory")
    features = []
    for shape in shapes:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(shape)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    return layer


def test_a_parcel_is_proposed_under_the_cursor_and_given_by_a_click(session, canvas):
    from qingliu.ui.layout_tools import ParcelTool

    parcels = parcel_layer([rect(0, 0, 100, 100), rect(100, 0, 50, 100)])
    tool = ParcelTool(canvas, parcels, session.crs)
    canvas.setMapTool(tool)
    seen, drawn, dropped = [], [], []
    tool.proposed.connect(lambda g: seen.append(g.area()))
    tool.drawn.connect(lambda g: drawn.append(g.area()))
    tool.dropped.connect(lambda: dropped.append(True))
    move(canvas, 50, 50)
    move(canvas, 60, 50)
    move(canvas, 120, 50)
    assert seen == [10000, 5000]
    move(canvas, 300, 300)
    assert dropped
    click(canvas, 120, 60)
    assert drawn == [5000]


@pytest.mark.parametrize("copy", [False, True], ids=["move", "copy"])
def test_a_measure_is_carried_and_proposed_on_the_way(session, canvas, copy):
    from qingliu.ui.layout_tools import CarryTool

    uuid = session.add("terrace", [rect(50, 50, 40, 40)], "一")[0]
    tool = CarryTool(canvas, lambda: session.rows, session.crs, copy=copy)
    canvas.setMapTool(tool)
    seen, made = [], []
    tool.proposed_of.connect(lambda u, g: seen.append((u, g.boundingBox().xMinimum() - EAST)))
    tool.made.connect(lambda u, g: made.append((u, g.boundingBox().xMinimum() - EAST)))
    click(canvas, 60, 60)
    move(canvas, 110, 60)
    click(canvas, 160, 60)
    assert seen[-1][0] == uuid and seen[0][1] < seen[-1][1]
    assert made == [(uuid, pytest.approx(150, abs=2.5))]


def test_a_corner_is_dragged_and_an_edge_gets_a_new_one(session, canvas):
    from qingliu.ui.layout_tools import CornerTool

    uuid = session.add("terrace", [rect(50, 50, 100, 100)], "一")[0]
    tool = CornerTool(canvas, lambda: session.rows, session.crs)
    canvas.setMapTool(tool)
    seen, made = [], []
    tool.proposed_of.connect(lambda u, g: seen.append(g.area()))
    tool.made.connect(lambda u, g: made.append(g))
    drag(canvas, (150, 150), (200, 150))
    assert made[0].area() == pytest.approx(12500, rel=0.03)  # the corner went 50 m east: 50 * 100 / 2 more
    assert seen[-1] == pytest.approx(12500, rel=0.03)
    drag(canvas, (50, 100), (20, 100))
    assert len(list(made[1].vertices())) == 6 and made[1].area() == pytest.approx(11500, rel=0.03)
    assert session.rows[uuid].geometry.area() == pytest.approx(10000)  # the tool proposes; the dock makes


def drag(canvas, start, end):
    none = Qt.KeyboardModifier.NoModifier
    move(canvas, *start)
    QTest.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, none, pixel(canvas, *start))
    left = Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(pixel(canvas, *end)), Qt.MouseButton.NoButton, left, none
    )
    QApplication.sendEvent(canvas.viewport(), event)
    QTest.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, none, pixel(canvas, *end))


def test_escape_lets_go_of_what_is_carried(session, canvas):
    from qingliu.ui.layout_tools import CarryTool

    session.add("terrace", [rect(50, 50, 40, 40)], "一")
    tool = CarryTool(canvas, lambda: session.rows, session.crs, copy=False)
    canvas.setMapTool(tool)
    click(canvas, 60, 60)
    assert tool.held
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Escape)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert not tool.held
