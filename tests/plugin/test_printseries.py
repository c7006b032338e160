"""qingliu:printseries: a sheet each with map, record and photo; filter, order, a second run, edits that stay."""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsLayoutExporter,
    QgsLayoutPoint,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor, QImage
from qingliu.layouts.series import series_parts
from qingliu.layouts.series_records import SUBJECTS, read_survey, scale_of

_spec = importlib.util.spec_from_file_location("figure_files", Path(__file__).with_name("figure_files.py"))
figure_files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(figure_files)
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed"
)


@pytest.fixture
def inputs(run, tmp_path):
    """Two channels with a survey: 青柳河 has a record and a photo, 石沟 has neither."""
    found = figure_files.files(tmp_path)
    survey = tmp_path / "survey.gpkg"
    run(
        "qingliu:createsurvey",
        {"DESTINATION": str(survey), "NAME": "青柳沟", "BOUNDARY": found["BOUNDARY"], "CRS": "EPSG:4547"},
    )
    rows = [
        (figure_files.LINE, ["c-1", "青柳河"]),
        ("LINESTRING(463500 3169000,463900 3169000)", ["c-2", "石沟"]),
    ]
    lines = figure_files.layer("LineString", "&field=uuid:string&field=name:string", rows, tmp_path, "two")
    (tmp_path / "photos").mkdir()
    picture = QImage(80, 60, QImage.Format.Format_RGB32)
    picture.fill(QColor("#0000ff"))
    assert picture.save(str(tmp_path / "photos" / "one.png"))
    row = {
        "uuid": "r-1",
        "channel_name": "青柳河",
        "width_m": 3.5,
        "sand_digging": True,
        "channels_uuid": "c-1",
    }
    add(survey, "a6", {**row, "version": 1})
    photo = {"uuid": "p-1", "name": "上游", "path": "photos/one.png", "note": "枯水期", "table_name": "a6"}
    add(survey, "photos", {**photo, "row_uuid": "r-1", "version": 1})
    return {
        "SURVEY": str(survey), "CHANNELS": lines, "VILLAGES": found["VILLAGES"],
        "OUTPUT_FOLDER": str(tmp_path / "series"),
    }  # fmt: skip


def add(survey, table, values):
    """A row in a table of a survey."""
    layer = QgsVectorLayer(f"{survey}|layername={table}", table, "ogr")
    row = QgsFeature(layer.fields())
    for name, value in values.items():
        row.setAttribute(name, value)
    assert layer.dataProvider().addFeatures([row])[0]


def words_of(pdf, page):
    """The text of one page."""
    command = ["pdftotext", "-f", str(page), "-l", str(page), str(pdf), "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def opened(inputs):
    """The saved project of the series (keep it) and its layout."""
    project = QgsProject()
    assert project.read(str(Path(inputs["OUTPUT_FOLDER"]) / "figures.qgz"))
    return project, project.layoutManager().printLayouts()[0]


@needs_poppler
def test_each_channel_has_a_sheet_with_its_own_record(run, inputs):
    found = run("qingliu:printseries", {**inputs, "SUBJECT": "channels"})
    assert found["COUNT"] == 2
    pdf = Path(inputs["OUTPUT_FOLDER"]) / "series_channels.pdf"
    first, second = words_of(pdf, 1), words_of(pdf, 2)  # in the order of their names
    assert "石沟" in second + first
    own = first if "枯水期" in first else second
    other = second if own is first else first
    assert "1800.000 m" in own and "3.5" in own and "上游" in own
    assert "400.000 m" in other and "无照片" in other and "枯水期" not in other
    assert "第 1 张，共 2 张" in first and "第 2 张，共 2 张" in second


def test_the_photo_of_a_channels_record_is_on_its_sheet_and_on_no_other(run, inputs):
    run("qingliu:printseries", {**inputs, "SUBJECT": "channels", "FORMAT": "png"})
    folder = Path(inputs["OUTPUT_FOLDER"])
    box = series_parts().photo
    blue = []
    for number in (1, 2):
        image = QImage(str(folder / f"series_channels_{number:04d}.png"))
        dots = image.width() / 210
        colour = image.pixelColor(
            round((box.x + box.width / 2) * dots), round((box.y + box.height / 2) * dots)
        )
        blue.append(colour.blue() > 200 and colour.red() < 60)
    assert sorted(blue) == [False, True]


def test_only_what_has_a_record_is_printed_where_asked(run, inputs):
    found = run("qingliu:printseries", {**inputs, "SUBJECT": "channels", "ONLY_RECORDED": True})
    assert found["COUNT"] == 1


def test_the_filter_chooses_by_an_expression(run, inputs):
    found = run("qingliu:printseries", {**inputs, "SUBJECT": "channels", "FILTER": "\"name\" = '石沟'"})
    assert found["COUNT"] == 1


@pytest.mark.parametrize(
    ("wish", "code"),
    [({"FILTER": '"nosuch" = 1'}, "QL-SERIES-FILTER"), ({"FILTER": "name ="}, "QL-SERIES-FILTER"),
     ({"FILTER": "false"}, "QL-SERIES-NOTHING")],
    ids=["a field that is not there", "no expression", "nothing left"],
)  # fmt: skip
def test_a_filter_that_cannot_be_used_is_refused_with_its_code(run, inputs, wish, code):
    with pytest.raises(QgsProcessingException, match=code):
        run("qingliu:printseries", {**inputs, "SUBJECT": "channels", **wish})


def test_a_village_stands_in_the_middle_of_its_sheet_at_1_to_5000(run, inputs):
    run("qingliu:printseries", {**inputs, "SUBJECT": "villages"})
    project, layout = opened(inputs)
    atlas = layout.atlas()
    atlas.updateFeatures()
    atlas.beginRender()
    assert atlas.seekTo(0)
    QgsLayoutExporter(layout).renderPageToImage(0, dpi=30)
    chart = layout.itemById("map")
    assert chart.scale() == pytest.approx(5000, rel=1e-3)
    assert chart.extent().center().x() == pytest.approx(465_000, abs=1)
    del project


@pytest.mark.parametrize(
    ("wkt", "scale"),
    [("POINT(0 0)", 5000), ("LINESTRING(0 0,1000 0)", 10_000), ("LINESTRING(0 0,790 0)", 5000),
     ("LINESTRING(0 0,1 0)", 500)],
    ids=["a place", "1 km takes 1100 m of 174 mm", "790 m with room are 869 m", "a metre is shown in 50 m"],
)  # fmt: skip
def test_each_sheet_has_the_largest_scale_of_the_series_that_shows_all(wkt, scale):
    assert scale_of(QgsGeometry.fromWkt(wkt)) == scale


def test_a_second_run_is_equal_and_finds_nothing_changed_by_hand(run, inputs):
    from qgis import processing

    wish = {**inputs, "SUBJECT": "channels"}
    run("qingliu:printseries", wish)
    pdf = Path(inputs["OUTPUT_FOLDER"]) / "series_channels.pdf"
    first = pdf.read_bytes()
    feedback = QgsProcessingFeedback()
    processing.run("qingliu:printseries", wish, feedback=feedback)
    assert "QL-FIG-KEPT" not in feedback.textLog()
    assert pdf.read_bytes() == first
    sheets = QgsVectorLayer(str(pdf.with_suffix(".gpkg")), "sheets", "ogr")
    assert sorted(f["name"] for f in sheets.getFeatures()) == sorted(["青柳河", "石沟"])


def test_what_the_designer_changed_stays_and_is_listed(run, inputs):
    from qgis import processing

    wish = {**inputs, "SUBJECT": "channels"}
    run("qingliu:printseries", wish)
    project, layout = opened(inputs)
    layout.itemById("photo").attemptMove(QgsLayoutPoint(40, 200, QgsUnitTypes.LayoutUnit.LayoutMillimeters))
    assert project.write()
    feedback = QgsProcessingFeedback()
    processing.run("qingliu:printseries", {**wish, "UNIT": "水保站"}, feedback=feedback)
    project, layout = opened(inputs)
    assert layout.itemById("photo").pagePos().x() == pytest.approx(40)
    assert "水保站" in layout.itemById("foot").text()
    assert "QL-FIG-KEPT" in feedback.textLog()
    del project


def test_the_survey_is_not_changed(run, inputs):
    before = dump(inputs["SURVEY"])
    run("qingliu:printseries", {**inputs, "SUBJECT": "villages"})
    assert dump(inputs["SURVEY"]) == before


def dump(path):
    """All rows of the tables that a series reads."""
    connection = sqlite3.connect(path)
    rows = [connection.execute(f"SELECT * FROM {t}").fetchall() for t in ("a5", "a6", "a7", "a8", "photos")]
    connection.close()
    return rows


def test_a_photo_path_that_leads_out_of_the_survey_is_not_followed(inputs):
    photos = QgsVectorLayer(f"{inputs['SURVEY']}|layername=photos", "photos", "ogr")
    one = next(photos.getFeatures())
    path = {photos.fields().indexOf("path"): "../secret.png"}
    assert photos.dataProvider().changeAttributeValues({one.id(): path})
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layouts.series_records import leaves

    subject = SUBJECTS["channels"]
    layer = QgsVectorLayer(inputs["CHANNELS"], "channels", "ogr")
    survey = read_survey(Path(inputs["SURVEY"]), subject)
    found = leaves([layer], subject, survey, QgsCoordinateReferenceSystem("EPSG:4547"))
    assert [leaf.photo for leaf in found] == ["", ""]
