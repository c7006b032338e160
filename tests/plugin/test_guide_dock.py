"""The guide in the window: reads what is there, keeps answers, runs steps in order."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml
from qgis.core import QgsFeature, QgsGeometry, QgsProject
from qgis.PyQt.QtCore import QSettings
from qgis.PyQt.QtWidgets import QComboBox, QPushButton, QTableWidget

_spec = importlib.util.spec_from_file_location("terrain_files", Path(__file__).with_name("terrain_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)


@pytest.fixture
def case(tmp_path):
    folder = tmp_path / "小流域 1"
    folder.mkdir()
    files.write_dem(folder / "dem.tif", files.ridge_country())
    (folder / "case.yaml").write_text(
        yaml.safe_dump({"name": "试验", "code": "T1", "layers": {"DEM": {"file": "dem.tif"}}}),
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def small_survey(provider, tmp_path):
    """A survey where the guide's step would have made it."""
    from qgis import processing
    from qgis.core import QgsCoordinateReferenceSystem

    path = tmp_path / "results" / "survey.gpkg"
    path.parent.mkdir()
    values = {"NAME": "试验", "CRS": QgsCoordinateReferenceSystem.fromEpsgId(4547), "DESTINATION": str(path)}
    processing.run("qingliu:createsurvey", values)
    return path


@pytest.fixture
def guide(qtbot, qgis_new_project, provider):
    from qingliu.ui.guide_dock import SETTINGS, GuideDock

    QSettings().remove(SETTINGS)
    dock = GuideDock()
    qtbot.addWidget(dock)
    yield dock
    dock.close()
    QSettings().remove(SETTINGS)


def stage(dock, key):
    return next(s for s in dock.states if s.stage.key == key)


def page(dock, key):
    dock._choose(next(i for i in items(dock) if i.data(0, 256) == key))
    return dock.page.widget()


def items(dock):
    return [dock.list.topLevelItem(i) for i in range(dock.list.topLevelItemCount())]


def test_an_empty_project_is_told_how_to_begin(guide):
    assert "practice watershed" in guide.head.text()
    assert len(items(guide)) == len(guide.states)


def test_a_folder_of_layers_gives_them_their_roles(guide, case, qtbot):
    from qingliu.layers.roles import role_of

    guide.open_case(case)
    assert [role_of(x) for x in QgsProject.instance().mapLayers().values()] == ["dem"]
    guide.refresh()
    assert [j.state for j in stage(guide, "unit").jobs] == ["ready"]


def test_a_step_runs_with_the_projects_layers_and_its_result_joins_the_project(guide, case, qtbot):
    guide.open_case(case)
    guide._run_keys(["streams"])
    qtbot.waitUntil(lambda: guide.runner is not None and not guide.runner.busy, timeout=120_000)
    guide.refresh()
    assert (case / "results" / "channels.gpkg").exists(), guide.status.text()
    streams = next(j for j in stage(guide, "survey").jobs if j.step.key == "streams")
    assert streams.state == "done"


def test_answers_are_kept_with_the_project_until_there_is_a_survey(guide, qtbot):
    shown = page(guide, "plans")
    box = shown.findChild(QComboBox, "guide_plans.spatial")
    box.setCurrentIndex(box.findData("yes"))
    box.activated.emit(box.currentIndex())
    assert "project" in guide.status.text()
    guide.refresh()
    assert guide.answers["plans.spatial"].value == "yes" and guide.answers["plans.spatial"].date
    assert stage(guide, "plans").answered == 1


def test_answers_go_into_the_survey_with_the_type(guide, qtbot, tmp_path, small_survey):
    from qingliu.layers.guidestate import survey_answers

    folder = small_survey.parent.parent
    QgsProject.instance().writeEntry("qingliu", "case", str(folder))
    guide.refresh()
    assert guide.survey == small_survey
    guide._choose_type("livable")
    qtbot.waitUntil(lambda: guide._keeping is None, timeout=20_000)
    answers, chosen = survey_answers(small_survey)
    assert chosen == "livable" and answers["type.chosen"].value == "livable"


def test_an_answer_is_written_beside_whoever_has_the_survey_open(guide, qtbot, small_survey):
    from qingliu.layers.guidestate import survey_answers
    from qingliu.layers.store import open_store
    from qingliu.ui.survey_bus import bus

    QgsProject.instance().writeEntry("qingliu", "case", str(small_survey.parent.parent))
    guide.refresh()
    with open_store(small_survey, who="张三") as store:
        bus().hold(store)
        guide._choose_type("livable")
        qtbot.waitUntil(lambda: guide._keeping is None, timeout=20_000)
        assert store.meta()["type"] == "livable" and guide.hold.store is None
        bus().let_go(store)
    assert survey_answers(small_survey)[1] == "livable"


def test_a_survey_that_only_layers_show_keeps_its_journal_between_answers(guide, qtbot, small_survey):
    assert QgsProject.instance().read(str(small_survey.with_suffix(".qgz")))
    guide.refresh()
    assert guide.survey == small_survey
    rows = next(x for x in QgsProject.instance().mapLayers().values() if "layername=sheet" in x.source())
    there = len(list(rows.getFeatures()))
    for chosen in ("livable", "water_source"):
        guide._choose_type(chosen)
        qtbot.waitUntil(lambda: guide._keeping is None, timeout=20_000)
        assert small_survey.read_bytes()[18:20] == b"\x02\x02"
        qtbot.waitUntil(lambda: not guide.hold._turn.isActive(), timeout=20_000)
        assert len(list(rows.getFeatures())) == there > 0
    QgsProject.instance().clear()
    assert guide.hold.store is None and small_survey.read_bytes()[18:20] == b"\x01\x01"


def test_a_survey_that_layers_show_is_held_while_a_step_writes_into_it(guide, case, qtbot, small_survey):
    from qingliu.layers.store import Insert, open_store

    square = QgsGeometry.fromWkt(
        "MultiPolygon (((500100 2999100, 500900 2999100, 500900 2999900, 500100 2999100)))"
    )
    with open_store(small_survey) as store:
        store.save([Insert("boundary", {"name": "试验"}, bytes(square.asWkb()))])
    assert QgsProject.instance().read(str(small_survey.with_suffix(".qgz")))
    guide.open_case(case)
    guide.refresh()
    guide._run_keys(["prefill"])
    qtbot.waitUntil(lambda: guide.hold.store is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not guide.runner.busy, timeout=120_000)
    assert "failed" not in guide.status.text(), guide.status.text()
    assert small_survey.read_bytes()[18:20] == b"\x02\x02"
    with open_store(small_survey, read_only=True) as store:
        assert store.rows("a1")


def test_a_step_that_writes_waits_for_edits_to_be_saved_first(guide, case, qtbot, small_survey):
    assert QgsProject.instance().read(str(small_survey.with_suffix(".qgz")))
    guide.open_case(case)
    layers = QgsProject.instance().mapLayers().values()
    villages = next(x for x in layers if "layername=villages" in x.source())
    villages.startEditing()
    villages.addFeature(QgsFeature(villages.fields()))
    guide.refresh()
    guide._run_keys(["prefill"])
    qtbot.waitUntil(lambda: "QL-STORE-EDITING" in guide.status.text(), timeout=20_000)
    assert not guide.runner.busy
    villages.rollBack()


def test_what_others_save_is_looked_at_again(guide, qtbot, small_survey):
    from qingliu.layers.store import open_store

    assert QgsProject.instance().read(str(small_survey.with_suffix(".qgz")))
    qtbot.waitUntil(lambda: guide.survey == small_survey and not guide._rest.isActive(), timeout=20_000)
    with open_store(small_survey, who="李四") as store:
        store.set_meta({"type": "water_source"})
        qtbot.waitUntil(lambda: guide.type == "water_source", timeout=20_000)


def test_a_change_of_type_is_shown_before_it_is_made(guide):
    guide._choose_type("water_source")
    guide.refresh()
    shown = page(guide, "type")
    shown.types.setCurrentIndex(shown.types.findData("livable"))
    moved = shown.findChild(QTableWidget, "guide_moved")
    rows = {
        moved.item(r, 0).text(): (moved.item(r, 1).text(), moved.item(r, 2).text())
        for r in range(moved.rowCount())
    }
    assert ("100%", "≥85%") in rows.values()
    assert shown.findChild(QPushButton, "guide_choose_type").isEnabled()


def test_targets_have_a_cell_for_each_indicator_and_year(guide):
    table = page(guide, "targets").findChild(QTableWidget, "guide_targets")
    assert table.rowCount() == 20
    table.item(0, 3).setText("85")
    guide.refresh()
    assert guide.answers["target.1.planned"].value == "85"


def test_every_step_of_the_way_accepts_what_the_practice_project_gives_it(
    practice_folder, tmp_path, qgis_new_project
):
    """Case layers and survey side by side in one project, as the practice watershed opens."""
    from qgis.core import QgsApplication, QgsProcessingContext
    from qingliu.core import language
    from qingliu.core.job import Skipped, parameters_of, steps
    from qingliu.layers.cases import open_case
    from qingliu.layers.guidestate import add_case, role_parameters
    from qingliu.layers.surveyproject import Surveyed, fill_project
    from qingliu.layouts.caselooks import depth

    project = QgsProject.instance()
    add_case(project, open_case(practice_folder), depth)
    survey = practice_folder / "survey.gpkg"
    fill_project(project, Surveyed(survey, "s", "x", language.current()))
    roles = {**role_parameters(project, survey), "PROJECT": str(tmp_path / "p.qgz")}
    assert roles["OUTLET"].endswith("[EPSG:4547]")
    context = QgsProcessingContext()
    context.setProject(project)
    tried = 0
    for step in steps():
        parameters = parameters_of(step, roles, tmp_path)
        if isinstance(parameters, Skipped):
            continue
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"qingliu:{step.algorithm}")
        accepted, why = algorithm.checkParameterValues(parameters, context)
        assert accepted, (step.key, why)
        tried += 1
    assert tried >= 8


def test_a_step_that_needs_the_window_ends_well_and_is_not_taken_for_cancelled(guide, qtbot, small_survey):
    """Closing a progress window says canceled: that must not stop the way after the tables are printed."""
    QgsProject.instance().writeEntry("qingliu", "case", str(small_survey.parent.parent))
    guide.refresh()
    guide._run_keys(["tables"])
    said = []
    guide.runner.said.connect(said.append)
    ended = []
    guide.runner.finished.connect(ended.append)
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    assert ended == [True], said
    assert (small_survey.parent / "tables" / "a1.xlsx").exists()


def test_results_lie_on_top_lines_above_areas_and_only_the_latest_area_is_drawn(tmp_path, qgis_new_project):
    from qgis.core import QgsVectorFileWriter, QgsVectorLayer
    from qingliu.core.job import steps
    from qingliu.layers.guidestate import RESULTS, take_results

    project = QgsProject.instance()
    project.addMapLayer(QgsVectorLayer("Polygon?crs=EPSG:4547", "land", "memory"))
    kinds = {
        "erosion": ("OUTPUT", "Polygon"),
        "streams": ("OUTPUT", "LineString"),
        "zones": ("OUTPUT", "Polygon"),
    }
    for step in (s for key in kinds for s in steps() if s.key == key):
        output, kind = kinds[step.key]
        source = QgsVectorLayer(f"{kind}?crs=EPSG:4547&field=zone:string", step.key, "memory")
        path = tmp_path / f"{step.key}.gpkg"
        options = QgsVectorFileWriter.SaveVectorOptions()
        QgsVectorFileWriter.writeAsVectorFormatV3(source, str(path), project.transformContext(), options)
        take_results(project, step, {output: str(path)})
    group = project.layerTreeRoot().children()[0]
    assert group.name() == RESULTS
    shown = [
        (Path(n.layer().source().split("|")[0]).stem, n.itemVisibilityChecked()) for n in group.findLayers()
    ]
    assert shown == [("streams", True), ("zones", True), ("erosion", False)]
