"""The figures dock: what it lists, draws and exports in the open project, and how it stops (5.1.2)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from qgis.core import QgsLayoutPoint, QgsProject, QgsRasterLayer, QgsUnitTypes, QgsVectorLayer
from qgis.PyQt.QtCore import QSettings, Qt
from qingliu.layers.roles import set_role
from qingliu.ui.figures_block import OF_PERSON, OF_PROJECT, BlockForm
from qingliu.ui.figures_dock import FiguresDock
from qingliu.ui.figures_press import layout_of, picture_of

_spec = importlib.util.spec_from_file_location("figure_files", Path(__file__).with_name("figure_files.py"))
figure_files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(figure_files)
MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters
ROLES = {"BOUNDARY": "boundary", "CHANNELS": "channels", "VILLAGES": "villages", "MEASURES": "measures"}


@pytest.fixture(autouse=True)
def no_settings(qgis_app):
    """Nothing remembered of an earlier test."""
    QSettings().remove("qingliu/figures")
    yield
    QSettings().remove("qingliu/figures")


@pytest.fixture
def project(qgis_new_project, tmp_path):
    """The open project with the square watershed, its layers by role."""
    opened = QgsProject.instance()
    for name, path in figure_files.files(tmp_path).items():
        if name in ROLES:
            layer = QgsVectorLayer(path, name.lower(), "ogr")
            set_role(layer, ROLES[name])
            opened.addMapLayer(layer)
    assert opened.write(str(tmp_path / "mine.qgz"))
    return opened


@pytest.fixture
def dock(project, qtbot):
    """The dock on that project."""
    made = FiguresDock()
    qtbot.addWidget(made)
    return made


def tick(dock, *keys):
    """Tick these figures and no others."""
    for number in range(dock.list.topLevelItemCount()):
        item = dock.list.topLevelItem(number)
        on = item.data(0, Qt.ItemDataRole.UserRole) in keys
        item.setCheckState(0, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)


def finish(dock, qtbot):
    """Wait until the order is over."""
    qtbot.waitUntil(lambda: not dock.press.busy, timeout=120_000)


def state(dock, key):
    """What the list says of a figure."""
    return dock._item(key).text(2)


def test_without_roles_it_says_what_to_do_and_offers_nothing(qgis_new_project, qtbot):
    dock = FiguresDock()
    qtbot.addWidget(dock)
    assert not dock.draw.isEnabled() and not dock.export.isEnabled() and not dock.open.isEnabled()
    assert dock.status.text() != ""
    assert dock.list.topLevelItemCount() == 12


def test_the_required_figure_is_told_from_the_customary_ones(dock):
    required = [
        dock.list.topLevelItem(n).data(0, Qt.ItemDataRole.UserRole)
        for n in range(12)
        if "5.1.2" in dock.list.topLevelItem(n).text(1)
    ]
    assert required == ["layout"]


def test_the_clause_of_the_required_figure_can_be_followed(dock, qtbot):
    with qtbot.waitSignal(dock.target_requested) as asked:
        dock.list.itemDoubleClicked.emit(dock._item("layout"), 1)
    assert asked.args == ["clause:5.1.2"]


def test_drawing_makes_layouts_in_the_open_project_and_writes_no_pdf(dock, project, qtbot, tmp_path):
    tick(dock, "channels", "zones")
    before = (tmp_path / "mine.qgz").read_bytes()
    dock.draw.click()
    assert dock.draw.isEnabled() and not dock.export.isEnabled()
    finish(dock, qtbot)
    assert layout_of(project, "channels") is not None
    assert layout_of(project, "zones") is None
    assert state(dock, "zones").endswith(("Zones", "分区"))  # left out, and by which layer
    assert not list((tmp_path / "figures").glob("*.pdf"))
    assert (tmp_path / "mine.qgz").read_bytes() == before
    assert project.isDirty()


def test_exporting_writes_the_files_ticked(dock, qtbot, tmp_path):
    tick(dock, "channels", "villages")
    dock.export.click()
    finish(dock, qtbot)
    assert sorted(p.name for p in (tmp_path / "figures").glob("*.pdf")) == ["channels.pdf", "villages.pdf"]


def test_the_page_that_is_made_is_the_one_shown(dock, qtbot):
    tick(dock, "channels", "villages", "layout")
    shown = []
    dock.press.page_done.connect(
        lambda page: shown.append((page.key, dock.list.currentItem().data(0, Qt.ItemDataRole.UserRole)))
    )
    dock.draw.click()
    finish(dock, qtbot)
    assert shown == [(key, key) for key in ("channels", "villages", "layout")]


def test_cancel_stops_before_the_next_page(dock, qtbot, tmp_path):
    tick(dock, "channels", "villages", "layout")
    dock.press.page_done.connect(lambda page: dock.export.click())  # the button says Cancel by now
    dock.export.click()
    finish(dock, qtbot)
    assert [p.name for p in (tmp_path / "figures").iterdir()] == ["channels.pdf"]
    assert dock.draw.isEnabled() and dock.export.isEnabled()


def test_what_the_designer_changed_is_listed_and_stays(dock, project, qtbot):
    tick(dock, "channels")
    dock.draw.click()
    finish(dock, qtbot)
    layout_of(project, "channels").itemById("legend").attemptMove(QgsLayoutPoint(60, 70, MM))
    dock.block.edits["drawn"].setText("李清")
    dock.draw.click()
    finish(dock, qtbot)
    layout = layout_of(project, "channels")
    assert layout.itemById("legend").pagePos().x() == pytest.approx(60)
    assert layout.itemById("block.drawn").text() == "李清"
    assert any("legend" in dock.log.item(n).text() for n in range(dock.log.count()))


def test_a_slope_is_computed_beside_the_window_where_a_dem_is(dock, project, qtbot, tmp_path):
    path = figure_files.land(tmp_path)  # any numbers will do as heights
    dem = QgsRasterLayer(path, "dem")
    set_role(dem, "dem")
    project.addMapLayer(dem)
    tick(dock, "slope")
    dock.draw.click()
    finish(dock, qtbot)
    assert layout_of(project, "slope") is not None
    assert (tmp_path / "figures" / "slope.tif").is_file()


def test_the_preview_is_the_page(dock, project, qtbot):
    tick(dock, "channels")
    dock.draw.click()
    finish(dock, qtbot)
    image = picture_of(layout_of(project, "channels"), 420)
    assert (image.width(), image.height()) == (420, 297)  # A3 across
    dock.list.setCurrentItem(dock._item("channels"))
    qtbot.waitUntil(lambda: not dock._picture.isNull(), timeout=10_000)
    assert dock.open.isEnabled()


def test_an_unsaved_edit_is_remarked(dock, project, qtbot):
    layer = next(x for x in project.mapLayers().values() if x.name() == "channels")
    layer.startEditing()
    layer.changeAttributeValue(1, layer.fields().indexOf("name"), "改名")
    tick(dock, "channels")
    dock.draw.click()
    finish(dock, qtbot)
    layer.rollBack()
    assert any("QL-FIG-UNSAVED" in dock.log.item(n).text() for n in range(dock.log.count()))


def test_another_project_clears_what_was_shown_and_stops_the_work(dock, project, qtbot):
    tick(dock, "channels", "villages")
    dock.draw.click()
    project.clear()
    finish(dock, qtbot)
    assert not dock.draw.isEnabled()
    assert project.layoutManager().printLayouts() == []


def test_who_signs_is_remembered_with_the_person_and_the_stage_with_the_project(project, qtbot):
    form = BlockForm(project)
    qtbot.addWidget(form)
    assert set(form.values()) == {*OF_PERSON, *OF_PROJECT}
    for key, text in (("unit", "水土保持设计院"), ("stage", "实施方案")):
        form.edits[key].setText(text)
        form.edits[key].editingFinished.emit()
    again = BlockForm(project)
    qtbot.addWidget(again)
    assert again.values()["unit"] == "水土保持设计院"
    assert again.values()["stage"] == "实施方案"
    project.clear()
    again.recall()
    assert again.values()["unit"] == "水土保持设计院"
    assert again.values()["stage"] == ""
