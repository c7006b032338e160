"""Checks of a figure before it is handed out: each fault is found, a fresh figure has none (5.1.2)."""

from __future__ import annotations

import importlib.util
import sqlite3
from pathlib import Path

import pytest
from qgis.core import (
    QgsAbstractValidityCheck,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeedback,
    QgsGeometry,
    QgsLayoutPoint,
    QgsLayoutValidityCheckContext,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsUnitTypes,
    QgsValidityCheckResult,
    QgsVectorLayer,
)
from qingliu.layers.roles import set_role
from qingliu.layouts import validity
from qingliu.layouts.checks import check_layout, is_of_series
from qingliu.layouts.sources import Fields, gather

_spec = importlib.util.spec_from_file_location("figure_files", Path(__file__).with_name("figure_files.py"))
figure_files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(figure_files)
MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters


@pytest.fixture
def drawn(run, tmp_path):
    """The channels' figure: its project, its layout, the parameters it was made with."""
    inputs = figure_files.files(tmp_path)
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["channels"]})
    project = QgsProject()
    assert project.read(str(Path(inputs["OUTPUT_FOLDER"]) / "figures.qgz"))
    return project, project.layoutManager().printLayouts()[0], inputs


def codes(layout):
    """Codes of what the checks find."""
    return {problem.code for problem in check_layout(layout)}


def test_a_fresh_figure_has_nothing_against_it(drawn):
    assert codes(drawn[1]) == set()


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (10_000, True),
        (25_000, True),
        (24_990, True),
        (24_000, False),
        (15_000, False),
        (999_999, True),
        (0, False),
    ],
)
def test_scales_of_the_series_are_1_2_25_5_and_their_tens_to_half_a_per_cent(scale, expected):
    assert is_of_series(scale) is expected


def test_a_scale_beside_the_series_is_named(drawn):
    drawn[1].itemById("map").setScale(17_300)
    assert "QL-FIG-SCALE" in codes(drawn[1])


def test_a_map_moved_off_the_watershed_is_empty_and_so_are_its_legend_entries(drawn):
    drawn[1].itemById("map").setExtent(QgsRectangle(500_000, 3_300_000, 503_000, 3_302_000))
    assert {"QL-FIG-EMPTY", "QL-FIG-LEGENDEMPTY"} <= codes(drawn[1])


def test_a_map_in_degrees_is_named(drawn):
    drawn[1].itemById("map").setCrs(QgsCoordinateReferenceSystem("EPSG:4490"))
    assert "QL-FIG-CRS" in codes(drawn[1])


def test_a_layer_whose_file_is_gone_is_named_with_its_path(drawn):
    _project, layout, inputs = drawn
    for layer in layout.itemById("map").layers():
        if Path(inputs["CHANNELS"]).name in layer.source():
            layer.setDataSource(str(Path(inputs["CHANNELS"]).with_name("moved.gpkg")), layer.name(), "ogr")
    found = [p for p in check_layout(layout) if p.code == "QL-FIG-GONE"]
    assert len(found) == 1
    assert "moved.gpkg" in found[0].text("zh")


@pytest.mark.parametrize(
    ("survey", "expected"), [("", {"QL-FIG-STALE"}), ("store-1", set())], ids=["project", "survey"]
)
def test_other_data_of_a_role_make_a_figure_stale_unless_they_are_a_surveys_own(
    drawn, tmp_path, survey, expected
):
    """A figure may be drawn from a layer that was given in place of the survey's."""
    project, layout, inputs = drawn
    other = tmp_path / "other.gpkg"
    other.write_bytes(Path(inputs["CHANNELS"].split("|")[0]).read_bytes())
    layer = QgsVectorLayer(str(other), "channels", "ogr")
    set_role(layer, "channels", survey)
    project.addMapLayer(layer)
    assert codes(layout) == expected


def test_a_role_played_by_the_survey_and_by_a_layer_beside_it_is_drawn_once_from_the_survey(run, tmp_path):
    """The opened practice watershed has its villages twice: as a file and in the survey."""
    inputs = figure_files.files(tmp_path)
    source = inputs["CHANNELS"].split("|")[0]
    project = QgsProject()
    for name, survey in (("file", ""), ("survey", "store-1")):
        copy = tmp_path / f"{name}.gpkg"
        copy.write_bytes(Path(source).read_bytes())
        layer = QgsVectorLayer(str(copy), name, "ogr")
        set_role(layer, "channels", survey)
        project.addMapLayer(layer)
    found = gather(["channels"], {}, project, None, Fields())
    assert [layer.name() for layer in found.layers["channels"]] == ["survey"]
    own = next(layer for layer in project.mapLayers().values() if layer.name() == "survey")
    assert own.dataProvider().truncate()
    found = gather(["channels"], {}, project, None, Fields())
    assert [layer.name() for layer in found.layers["channels"]] == ["file"]


def test_a_channel_added_after_the_figure_makes_it_stale_and_another_run_fresh(drawn, run):
    _project, layout, inputs = drawn
    layer = QgsVectorLayer(inputs["CHANNELS"], "channels", "ogr")
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("LINESTRING(463500 3169900,463500 3168100)"))
    assert layer.dataProvider().addFeatures([feature])[0]
    stale = [p for p in check_layout(layout) if p.code == "QL-FIG-STALE"]
    assert [p.facts["layer"] for p in stale] == ["沟（河）道"]
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["channels"]})
    again = QgsProject()
    assert again.read(str(Path(inputs["OUTPUT_FOLDER"]) / "figures.qgz"))
    assert codes(again.layoutManager().printLayouts()[0]) == set()


def test_a_text_longer_than_its_box_is_cut_off_and_named(drawn):
    label = drawn[1].itemById("block.unit")
    label.setText("某某省某某市某某县水利水电勘测设计研究院有限责任公司" * 3)
    found = [p for p in check_layout(drawn[1]) if p.code == "QL-FIG-TEXTCUT"]
    assert [p.facts["item"] for p in found] == ["block.unit"]


def test_a_legend_dragged_over_the_edge_of_the_paper_is_named(drawn):
    drawn[1].itemById("legend").attemptMove(QgsLayoutPoint(410, 5, MM))
    found = [p for p in check_layout(drawn[1]) if p.code == "QL-FIG-OFFPAGE"]
    assert [p.facts["item"] for p in found] == ["legend"]


def test_figures_of_two_editions_in_one_project_are_named(drawn):
    project, layout, _inputs = drawn
    other = QgsPrintLayout(project)
    other.initializeDefaults()
    other.setName("other")
    other.setCustomProperty("qingliu/figure", "zones")
    other.setCustomProperty("qingliu/edition", "SLT534-2023")
    project.layoutManager().addLayout(other)
    found = [p for p in check_layout(layout) if p.code == "QL-FIG-EDITIONS"]
    assert len(found) == 1
    assert "SLT534-2023" in found[0].facts["editions"]


def test_sheets_still_being_filled_make_a_draft(run, tmp_path):
    inputs = figure_files.files(tmp_path)
    survey = tmp_path / "survey.gpkg"
    run(
        "qingliu:createsurvey",
        {"DESTINATION": str(survey), "NAME": "青柳沟", "BOUNDARY": inputs["BOUNDARY"], "CRS": "EPSG:4547"},
    )
    wanted = {k: inputs[k] for k in ("CHANNELS", "OUTPUT_FOLDER")}
    run("qingliu:exportfigures", {**wanted, "SURVEY": str(survey), "FIGURES": ["channels"]})
    project = QgsProject()
    assert project.read(str(Path(inputs["OUTPUT_FOLDER"]) / "figures.qgz"))
    layout = project.layoutManager().printLayouts()[0]
    set_states(survey, "open")
    assert "QL-FIG-DRAFT" in codes(layout)
    set_states(survey, "checked")
    assert "QL-FIG-DRAFT" not in codes(layout)


def set_states(survey, state):
    """All sheets of a survey in one state, at least one there."""
    connection = sqlite3.connect(survey)
    count = connection.execute("SELECT count(*) FROM sheet").fetchone()[0]
    if count == 0:
        connection.execute("INSERT INTO sheet (uuid, table_id, version) VALUES ('s-1', 'a1', 1)")
    connection.execute("UPDATE sheet SET state = ?", (state,))
    connection.commit()
    connection.close()


# -- QGIS's own place for checks ----------------------------------------------
@pytest.fixture
def hook(qgis_app):
    """The check in QGIS's registry during the test."""
    validity.register()
    yield QgsApplication.validityCheckRegistry()
    validity.unregister()


def results(registry, layout):
    """What the layout designer would list before an export."""
    kind = QgsAbstractValidityCheck.Type.TypeLayoutCheck
    found = registry.runChecks(kind, QgsLayoutValidityCheckContext(layout), QgsFeedback())
    return [r for r in found if r.checkId == validity.ID]


def test_the_designer_lists_what_is_wrong_before_an_export(drawn, hook):
    assert results(hook, drawn[1]) == []
    drawn[1].itemById("map").setScale(17_300)
    found = results(hook, drawn[1])
    assert [r.type for r in found] == [QgsValidityCheckResult.Type.Warning]
    assert "17300" in found[0].title
    assert found[0].detailedDescription.startswith("QL-FIG-SCALE")


def test_an_empty_map_is_critical(drawn, hook):
    drawn[1].itemById("map").setExtent(QgsRectangle(500_000, 3_300_000, 503_000, 3_302_000))
    kinds = {r.detailedDescription.split(":")[0]: r.type for r in results(hook, drawn[1])}
    assert kinds["QL-FIG-EMPTY"] == QgsValidityCheckResult.Type.Critical


def test_layouts_that_are_not_ours_are_none_of_our_business(hook):
    layout = QgsPrintLayout(QgsProject.instance())
    layout.initializeDefaults()
    assert results(hook, layout) == []


def test_unregistering_takes_the_check_out_again(qgis_app):
    registry = QgsApplication.validityCheckRegistry()
    before = len(registry.checks())
    validity.register()
    validity.register()
    assert len(registry.checks()) == before + 1
    validity.unregister()
    assert len(registry.checks()) == before


def test_the_algorithm_says_the_same_headless(run, tmp_path):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    feedback = QgsProcessingFeedback()
    wish = {**figure_files.files(tmp_path), "FIGURES": ["channels"], "SCALE": 23_000}
    processing.run("qingliu:exportfigures", wish, feedback=feedback)
    assert "QL-FIG-SCALE" in feedback.textLog()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("name:string", '"name"'),
        ("名称:string&field=name:string", '"name"'),
        ("名称:string", '"名称"'),
        ("x:string", ""),
    ],
    ids=["name", "both", "chinese", "none"],
)
def test_villages_are_labelled_by_the_field_that_their_makers_gave_names_in(qgis_app, fields, expected):
    from qgis.core import QgsRectangle, QgsVectorLayer
    from qingliu.core.standard import default_edition
    from qingliu.layouts.drawings import Easel, draw
    from qingliu.layouts.figureset import drawing_of
    from qingliu.layouts.sources import Fields

    layer = QgsVectorLayer(f"Point?crs=EPSG:4547&field={fields}", "villages", "memory")
    draw(layer, drawing_of("villages"), Easel("", 1.0, default_edition(), Fields(), QgsRectangle()))
    label = layer.labeling().settings().fieldName if layer.labelsEnabled() else ""
    assert label == expected


def test_verdicts_on_the_figure_have_chinese_units_and_say_which_limit_is_not_given(qgis_app):
    from qgis.core import QgsFeature, QgsVectorLayer
    from qingliu.core.standard import default_edition
    from qingliu.layouts.tables import evaluation_table

    names = ("number", "indicator", "unit", "operator", "threshold", "state")
    layer = QgsVectorLayer("None?" + "&".join(f"field={n}:string" for n in names), "evaluation", "memory")
    rows = [
        ("2", "forest_grass_cover", "%", ">", "", "unproven"),
        ("6", "fertiliser_intensity", "kg/hm2", "<=", "250", "unproven"),
        ("20", "visitors", "10^4 person-times/a", ">=", "0.5", "unproven"),
    ]
    for row in rows:
        feature = QgsFeature(layer.fields())
        feature.setAttributes(list(row))
        layer.dataProvider().addFeatures([feature])
    found = evaluation_table(layer, default_edition()).rows
    assert [(row[3], row[4]) for row in found] == [
        ("%", "> 未给出"),
        ("kg/hm²", "≤ 250"),
        ("万人次/年", "≥ 0.5"),
    ]
