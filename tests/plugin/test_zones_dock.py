"""The zones dock: faults of a drawn layer listed, ticked ones mended as one undo step, edits signed."""

from __future__ import annotations

from datetime import date

import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QSettings, Qt

# 100 m x 100 m; an overlap of 2 m x 60 m, a gap of 50 m x 2 m, 3 m x 38 m outside.
ZONES = (
    ("protection", "POLYGON((0 0,50 0,50 100,0 100,0 0))"),
    ("regulation", "POLYGON((48 0,100 0,100 60,48 60,48 0))"),
    ("channel", "POLYGON((50 62,103 62,103 100,50 100,50 62))"),
)


def layer(name, rows, fields):
    made = QgsVectorLayer(f"MultiPolygon?crs=EPSG:4547{fields}", name, "memory")
    for values, wkt in rows:
        feature = QgsFeature(made.fields())
        feature.setAttributes(values)
        geometry = QgsGeometry.fromWkt(wkt)
        geometry.convertToMultiType()
        feature.setGeometry(geometry)
        assert made.dataProvider().addFeatures([feature])[0]
    QgsProject.instance().addMapLayer(made)
    return made


@pytest.fixture
def zones(qgis_new_project):
    return layer("zones", [([kind], wkt) for kind, wkt in ZONES], "&field=zone:string(20)")


@pytest.fixture
def dock(qtbot, qgis_canvas, zones):
    from qingliu.ui.zones_dock import SETTINGS, ZonesDock

    QSettings().remove(SETTINGS)
    outline = layer("outline", [([], "POLYGON((0 0,100 0,100 100,0 100,0 0))")], "")
    made = ZonesDock(canvas=qgis_canvas)
    qtbot.addWidget(made)
    made.zones.setLayer(zones)
    made.boundary.setLayer(outline)
    yield made
    made.close()
    QSettings().remove(SETTINGS)


def checked(dock, qtbot):
    dock.run.click()
    qtbot.waitUntil(lambda: dock.seen is not None, timeout=20000)


def mended(dock, qtbot, zones):
    dock.mend.click()
    qtbot.waitUntil(lambda: dock._task is None, timeout=20000)


def rows(dock):
    items = [dock.list.topLevelItem(i) for i in range(dock.list.topLevelItemCount())]
    return [tuple(item.text(c) for c in range(3)) for item in items]


def areas(zones):
    return [round(f.geometry().area(), 3) for f in zones.getFeatures()]


def test_faults_are_listed_with_their_areas(dock, qtbot):
    checked(dock, qtbot)
    # thickness = 2 A / P: 240 / 124, 200 / 104, 228 / 82
    assert rows(dock) == [
        ("overlap", "120.00", "1.94"),
        ("gap", "100.00", "1.92"),
        ("outside", "114.00", "2.78"),
    ]
    assert "3 faults" in dock.status.text() and len(dock._bands) >= 2


def test_all_faults_are_mended_and_one_undo_takes_it_back(dock, qtbot, zones):
    before = areas(zones)
    checked(dock, qtbot)
    mended(dock, qtbot, zones)
    assert sum(areas(zones)) == pytest.approx(10_000)
    checked(dock, qtbot)
    assert "exactly" in dock.status.text()
    dock.undo.click()
    assert areas(zones) == before
    zones.rollBack()


def test_only_ticked_faults_are_mended(dock, qtbot, zones):
    checked(dock, qtbot)
    dock.thin.click()
    assert [dock.list.topLevelItem(i).checkState(0) for i in range(3)] == [
        Qt.CheckState.Checked,
        Qt.CheckState.Checked,
        Qt.CheckState.Unchecked,
    ]
    mended(dock, qtbot, zones)
    assert sum(areas(zones)) == pytest.approx(10_000 + 114)
    zones.rollBack()


def test_a_zone_moved_after_the_check_makes_the_check_void(dock, qtbot, zones):
    checked(dock, qtbot)
    zones.startEditing()
    fid = next(zones.getFeatures()).id()
    zones.changeGeometry(fid, QgsGeometry.fromWkt("MULTIPOLYGON(((0 0,40 0,40 100,0 100,0 0)))"))
    assert dock.seen is None and dock.list.topLevelItemCount() == 0
    assert "Check again" in dock.status.text()
    zones.rollBack()


def test_a_zone_that_was_drawn_last_keeps_its_outline_in_an_overlap(dock, qtbot, zones):
    zones.startEditing()
    second = list(zones.getFeatures())[1].id()
    zones.changeGeometry(second, QgsGeometry.fromWkt("MULTIPOLYGON(((45 0,100 0,100 60,45 60,45 0)))"))
    checked(dock, qtbot)
    mended(dock, qtbot, zones)
    assert zones.getFeature(second).geometry().area() >= 55 * 60 - 1e-6
    zones.rollBack()


def test_hand_edits_are_signed_with_name_reason_and_day(dock, qtbot, zones):
    zones.startEditing()
    fid = next(zones.getFeatures()).id()
    zones.changeGeometry(fid, QgsGeometry.fromWkt("MULTIPOLYGON(((0 0,40 0,40 100,0 100,0 0)))"))
    dock.author.setText("李工")
    dock.signing.click()
    assert "reason" in dock.status.text()
    dock.reason.setText("现场核实")
    before = date.today().isoformat()
    dock.signing.click()
    signed = {f.id(): f["edited_by"] for f in zones.getFeatures()}
    assert signed[fid] == "李工" and sum(bool(v) for v in signed.values()) == 1
    assert zones.getFeature(fid)["edit_reason"] == "现场核实"
    assert zones.getFeature(fid)["edited_on"] in (before, date.today().isoformat())
    zones.rollBack()


def test_without_zones_the_dock_says_what_it_needs(qtbot, qgis_new_project):
    from qingliu.ui.zones_dock import ZonesDock

    made = ZonesDock()
    qtbot.addWidget(made)
    made.run.click()
    assert "zone" in made.status.text() and made._task is None
