"""qingliu:printfieldmaps: pages that measure true, marks that lead back to rows, what a base map lacks in print."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qingliu.core.mapsheets import number, parse_number
from qingliu.core.mapsheets.marks import parse_address
from qingliu.layouts.fieldmaps_codes import can_print_codes
from qingliu.layouts.fieldmaps_sheet import field_scale, field_sheet, list_page
from qingliu.layouts.sheet import PAPERS

POPPLER = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed"
)
CRS = "EPSG:4547"
# around 113°37'30" E, 28°37'30" N, where four 1:10 000 sheets meet
X, Y = 463_325, 3_167_765
SHEETS = ["H49G081090", "H49G081091", "H49G082090", "H49G082091"]


# -- sheets of paper ---------------------------------------------------------
@pytest.mark.parametrize("paper", sorted(PAPERS))
def test_parts_of_a_field_map_lie_inside_the_frame_and_do_not_overlap(paper):
    sheet = field_sheet(paper)
    page = sheet.page
    parts = [page.title, page.map, sheet.neighbours, sheet.facts, page.legend, sheet.code, page.north, page.bar,
             sheet.warning, page.notes, sheet.signatures]  # fmt: skip
    for a, one in enumerate(parts):
        assert one.width > 8 and one.height > 5
        assert page.frame.x <= one.x and one.right <= page.frame.right + 1e-6
        assert page.frame.y <= one.y and one.bottom <= page.frame.bottom + 1e-6
        for other in parts[a + 1 :]:
            beside = one.right <= other.x + 1e-6 or other.right <= one.x + 1e-6
            assert beside or one.bottom <= other.y + 1e-6 or other.bottom <= one.y + 1e-6


@pytest.mark.parametrize("latitude", [20, 24, 28, 33, 40, 48, 53])
@pytest.mark.parametrize(("paper", "seconds"), [("A1", (225, 150)), ("A3", (112.5, 75))], ids=["A1", "A3"])
def test_a_sheet_on_a1_and_a_quarter_of_it_on_a3_are_printed_at_1_to_10_000(paper, seconds, latitude):
    from math import cos, radians

    size = (30.922 * seconds[0] * cos(radians(latitude)), 30.8 * seconds[1])  # m per second of arc
    assert field_scale([size], field_sheet(paper).page.map) == 10_000


def test_ground_without_size_has_no_scale():
    with pytest.raises(ValueError, match="no scale"):
        field_scale([(0, 0)], field_sheet("A3").page.map)


def test_rows_of_the_list_fit_on_their_page():
    parts = list_page()
    assert parts.rows == 15
    assert parts.table.bottom <= parts.foot.y


# -- the algorithm -----------------------------------------------------------
def saved(kind, fields, rows, folder, name):
    """A GeoPackage layer of (WKT, attributes) rows; its source."""
    made = QgsVectorLayer(f"{kind}?crs={CRS}{fields}", name, "memory")
    for wkt, values in rows:
        feature = QgsFeature(made.fields())
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        feature.setAttributes(values)
        made.dataProvider().addFeatures([feature])
    path = folder / f"{name}.gpkg"
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = name
    QgsVectorFileWriter.writeAsVectorFormatV3(
        made, str(path), QgsProject.instance().transformContext(), options
    )
    return f"{path}|layername={name}"


def square(x, y, half):
    west, south, east, north = x - half, y - half, x + half, y + half
    return f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


@pytest.fixture
def inputs(qgis_app, tmp_path):
    """A watershed of 600 m by 600 m over the corner of four sheets, with things to mark."""
    kind = "&field=uuid:string&field=name:string&field=kind:string"
    named = "&field=uuid:string&field=name:string"
    sources = [
        (f"POINT({X + 100} {Y + 100})", ["u-farm", "上店养殖场", "farm"]),
        (f"POINT({X - 100} {Y - 100})", ["u-out", "下店排污口", "outfall"]),
        (f"POINT({X + 5000} {Y})", ["u-far", "远处", "farm"]),
    ]
    line = f"LINESTRING({X - 200} {Y + 50},{X + 200} {Y + 50})"
    channels = f"{named}&field=channel_id:integer"
    return {
        "BOUNDARY": saved(
            "Polygon", "&field=name:string", [(square(X, Y, 300), ["青柳沟"])], tmp_path, "boundary"
        ),
        "POLLUTION": saved("Point", kind, sources, tmp_path, "pollution_sources"),
        "CHANNELS": saved("LineString", channels, [(line, ["u-gully", "青柳河", 42])], tmp_path, "channels"),
        "VILLAGES": saved(
            "Point", named, [(f"POINT({X + 150} {Y - 50})", [None, "上店"])], tmp_path, "villages"
        ),
        "PAPER": "A3",
        "OUTPUT_FOLDER": str(tmp_path / "maps"),
    }


def records(inputs):
    """Mark -> row of records.csv."""
    path = Path(inputs["OUTPUT_FOLDER"]) / "records.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["mark"]: row for row in csv.DictReader(stream)}


def pages(inputs):
    """Tile -> row of the pages' layer."""
    layer = QgsVectorLayer(f"{inputs['OUTPUT_FOLDER']}/fieldmaps.gpkg|layername=pages", "pages", "ogr")
    return {feature["tile"]: feature for feature in layer.getFeatures()}


def text_of(path):
    return subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()


def test_a_page_for_each_sheet_and_a_row_for_each_thing_nearby(run, inputs):
    found = run("qingliu:printfieldmaps", inputs)
    assert (found["COUNT"], found["RECORDS"]) == (4, 4)
    rows = records(inputs)
    assert set(rows) == {"Y1", "P1", "C1", "G42"}
    assert rows["Y1"]["name"] == "上店养殖场"
    assert (rows["Y1"]["row_id"], rows["Y1"]["pages"]) == ("u-farm", "2")
    assert rows["P1"]["pages"] == "3"
    assert rows["G42"]["pages"] == "1、2"
    assert parse_address(rows["Y1"]["address"]) == ("pollution_sources", "u-farm")
    assert rows["C1"]["row_id"].startswith("fid-")
    assert (float(rows["Y1"]["x"]), float(rows["Y1"]["y"])) == (X + 100, Y + 100)
    folder = Path(inputs["OUTPUT_FOLDER"])
    assert {p.name for p in folder.glob("*.pdf")} == {"fieldmaps.pdf", "records.pdf"}


def test_pages_name_their_neighbours_and_corners(run, inputs):
    run("qingliu:printfieldmaps", inputs)
    found = pages(inputs)
    assert list(found) == SHEETS
    page = found["H49G081091"]
    assert (page["page"], page["pages"]) == (2, 4)
    assert [page[key] for key in ("nw", "n", "w", "e", "sw", "s", "se")] == [
        "H49G080090", "H49G080091", "H49G081090", "H49G081092", "H49G082090", "H49G082091", "H49G082092",
    ]  # fmt: skip
    assert "H-49-132-(3)" in page["facts"]
    corner = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem.fromEpsgId(4490),
        QgsCoordinateReferenceSystem(CRS),
        QgsCoordinateTransformContext(),
    ).transform(QgsPointXY(113.625, 28.625))
    assert f"西南 {corner.y():.1f}, {corner.x():.1f}" in page["facts"]
    layer = QgsVectorLayer(f"{inputs['OUTPUT_FOLDER']}/fieldmaps.gpkg|layername=corners", "corners", "ogr")
    texts = {f["text"] for f in layer.getFeatures() if f["tile"] == "H49G081091"}
    assert "113°37′30″，28°37′30″" in texts and len(texts) == 4


def test_quarters_are_the_1_to_5000_sheets(run, inputs):
    found = run("qingliu:printfieldmaps", {**inputs, "DIVISION": "quarter"})
    assert found["COUNT"] == 4
    rows = pages(inputs)
    for tile, row in rows.items():
        sheet = parse_number(tile)
        assert sheet.scale.denominator == 5000
        assert row["sheet"] in SHEETS
        assert f"本页 {number(sheet)}" in row["facts"]


def test_every_page_is_centred_on_its_sheet_at_the_scale_asked_for(run, inputs):
    run("qingliu:printfieldmaps", {**inputs, "SCALE": 25_000})
    project = QgsProject()
    assert project.read(str(Path(inputs["OUTPUT_FOLDER"]) / "fieldmaps.qgz"))
    (layout,) = [
        x for x in project.layoutManager().printLayouts() if x.customProperty("qingliu/figure") == "fieldmaps"
    ]
    atlas, chart = layout.atlas(), layout.itemById("map")
    assert atlas.updateFeatures() == 4
    atlas.beginRender()
    for step, tile in enumerate(SHEETS):
        atlas.seekTo(step)
        assert layout.reportContext().feature()["tile"] == tile
        outline = layout.reportContext().feature().geometry().boundingBox()
        assert chart.scale() == pytest.approx(25_000, rel=1e-4)
        assert chart.extent().center().x() == pytest.approx(outline.center().x(), abs=0.5)
        assert chart.extent().contains(outline)


def test_a_background_lies_beneath_all_others(run, inputs, tmp_path):
    scan = saved("Polygon", "&field=name:string", [(square(X, Y, 9000), ["scan"])], tmp_path, "scan")
    run("qingliu:printfieldmaps", {**inputs, "BACKGROUND": [scan]})
    project = QgsProject()
    assert project.read(str(Path(inputs["OUTPUT_FOLDER"]) / "fieldmaps.qgz"))
    layouts = project.layoutManager().printLayouts()
    layout = next(x for x in layouts if x.customProperty("qingliu/figure") == "fieldmaps")
    shown = layout.itemById("map").layers()
    assert shown[-1].source().startswith(scan.split("|")[0])
    assert [layer.source().split("layername=")[1] for layer in shown[:4]] == [
        "corners",
        "pages",
        "pages",
        "marks_point",
    ]


@POPPLER
def test_print_shows_numbers_marks_and_rows(run, inputs):
    run("qingliu:printfieldmaps", {**inputs, "PROJECT_NAME": "青柳沟小流域"})
    folder = Path(inputs["OUTPUT_FOLDER"])
    printed = text_of(folder / "fieldmaps.pdf")
    for words in ("青柳沟小流域", "外业调查图", *SHEETS, "接图表", "养殖场", "调查人", "1:20000"):
        assert words in printed, words
    listed = text_of(folder / "records.pdf")
    for words in ("Y1", "P1", "C1", "G42", "上店养殖场", "u-farm", "现场核实"):
        assert words in listed, words
    assert "远处" not in listed
    assert re.search(rb"/CreationDate \(D:20000101000000", (folder / "fieldmaps.pdf").read_bytes())


@POPPLER
@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [(square(X, Y, 9000), [25_000, "1998"])],
            ["底图仅为1:25000", "底图1:25000（1998）", "不能称符合该条", "山区无大比例尺图"],
        ),
        ([(square(X, Y, 9000), [10_000, "2020"])], ["1:10000（2020）"]),
        ([], ["未登记底图"]),
    ],
    ids=["coarser alone", "1:10 000", "none registered"],
)
def test_what_the_base_map_lacks_is_printed_on_every_page(run, inputs, tmp_path, rows, words):
    fields = "&field=base_scale:integer&field=base_date:string"
    register = {"BASEMAPS": saved("Polygon", fields, rows, tmp_path, "base_sheets")} if rows else {}
    run("qingliu:printfieldmaps", {**inputs, **register, "COARSE_REASON": "山区无大比例尺图"})
    printed = text_of(Path(inputs["OUTPUT_FOLDER"]) / "fieldmaps.pdf").replace("\n", "").replace(" ", "")
    for one in words:
        assert printed.count(one) == 4, one
    assert ("不能称符合" in printed) == ("不能称符合该条" in words)


@pytest.mark.skipif(not can_print_codes(), reason="segno is not installed")
def test_every_row_of_the_list_has_its_own_code(run, inputs):
    run("qingliu:printfieldmaps", {**inputs, "FORMAT": "png"})
    project = QgsProject()
    assert project.read(str(Path(inputs["OUTPUT_FOLDER"]) / "fieldmaps.qgz"))
    (layout,) = [
        x
        for x in project.layoutManager().printLayouts()
        if x.customProperty("qingliu/figure") == "fieldrecords"
    ]
    from qgis.core import QgsLayoutItemPicture
    from qingliu.layouts.fieldmaps_codes import code_picture

    drawn = [item.picturePath() for item in layout.items() if isinstance(item, QgsLayoutItemPicture)]
    assert sorted(drawn) == sorted(code_picture(row["address"]) for row in records(inputs).values())
    names = {p.name for p in Path(inputs["OUTPUT_FOLDER"]).glob("*.png")}
    assert names == {*(f"fieldmap_{tile}.png" for tile in SHEETS), "records_01.png"}


def test_what_the_designer_changed_stays_and_is_listed(run, inputs):
    run("qingliu:printfieldmaps", inputs)
    path = Path(inputs["OUTPUT_FOLDER"]) / "fieldmaps.qgz"
    project = QgsProject()
    assert project.read(str(path))
    layouts = project.layoutManager().printLayouts()
    layout = next(x for x in layouts if x.customProperty("qingliu/figure") == "fieldmaps")
    layout.itemById("title").setText("我的标题")
    assert project.write()
    project.clear()
    from qgis import processing

    feedback = QgsProcessingFeedback()
    processing.run("qingliu:printfieldmaps", inputs, feedback=feedback)
    assert feedback.textLog().count("QL-FIG-KEPT") == 1
    assert project.read(str(path))
    layouts = project.layoutManager().printLayouts()
    assert len(layouts) == 2
    layout = next(x for x in layouts if x.customProperty("qingliu/figure") == "fieldmaps")
    assert layout.itemById("title").text() == "我的标题"


def test_a_second_run_finds_nothing_changed_by_hand(run, inputs):
    from qgis import processing

    run("qingliu:printfieldmaps", inputs)
    feedback = QgsProcessingFeedback()
    processing.run("qingliu:printfieldmaps", inputs, feedback=feedback)
    assert "QL-FIG-KEPT" not in feedback.textLog()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"BOUNDARY": None}, "QL-FIG-NOBOUNDARY"),
        ({"BOUNDARY": "nowhere.gpkg"}, "QL-LAYER-NOVECTOR"),
        ({"SURVEY": "nowhere.gpkg"}, "QL-STORE-NOFILE"),
        ({"PAPER": "B4"}, "QL-PARAM-VALUE"),
        ({"OUTPUT_FOLDER": "/nowhere/a%20b"}, "QL-STORE-PERCENT"),
    ],
    ids=[
        "no boundary",
        "a boundary that is not there",
        "a survey that is not there",
        "strange paper",
        "percent",
    ],
)
def test_bad_input_is_refused_with_its_code(run, inputs, changed, code):
    given = {key: value for key, value in {**inputs, **changed}.items() if value is not None}
    with pytest.raises(QgsProcessingException, match=code):
        run("qingliu:printfieldmaps", given)


def test_an_old_datum_is_refused(run, inputs, tmp_path):
    old = QgsVectorLayer("Polygon?crs=EPSG:4610", "old", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((113.6 28.6,113.61 28.6,113.61 28.61,113.6 28.6))"))
    old.dataProvider().addFeatures([feature])
    with pytest.raises(QgsProcessingException, match="QL-CRS-DATUM"):
        run("qingliu:printfieldmaps", {**inputs, "BOUNDARY": old})


def test_things_to_mark_on_an_old_datum_are_refused(run, inputs):
    old = QgsVectorLayer("Point?crs=EPSG:4610", "old", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt("POINT(113.625 28.625)"))
    old.dataProvider().addFeatures([feature])
    with pytest.raises(QgsProcessingException, match="QL-CRS-DATUM"):
        run("qingliu:printfieldmaps", {**inputs, "VILLAGES": old})


class _StopsWhenDrawing(QgsProcessingFeedback):
    """Cancels at the second page."""

    def __init__(self):
        super().__init__()
        self.drawing = 0

    def setProgressText(self, text):
        self.drawing += "(4)" in text and "[4/5]" in text

    def setProgress(self, percent):
        super().setProgress(percent)
        if self.drawing:
            self.drawing += 1
        if self.drawing > 3:
            self.cancel()


@pytest.mark.parametrize("ending", ["pdf", "png"])
def test_a_stop_while_drawing_leaves_no_half_file(provider, qgis_new_project, inputs, ending):
    from qgis.core import QgsProcessingContext
    from qingliu.processing.printfieldmaps import PrintFieldMaps

    feedback = _StopsWhenDrawing()
    made = PrintFieldMaps()
    made.initAlgorithm()
    results, _ = made.run({**inputs, "FORMAT": ending}, QgsProcessingContext(), feedback, {}, False)
    assert feedback.isCanceled()
    assert results == {}
    folder = Path(inputs["OUTPUT_FOLDER"])
    left = {p.name for p in folder.iterdir()}
    assert not {name for name in left if "part" in name}
    assert "fieldmaps.pdf" not in left and "records.pdf" not in left and "fieldmaps.qgz" not in left
    assert len([name for name in left if name.endswith(".png")]) < 4


@POPPLER
def test_without_segno_the_list_has_the_rows_and_no_codes(provider, qgis_new_project, inputs, monkeypatch):
    import sys

    from qgis import processing
    from qgis.core import QgsLayoutItemPicture

    monkeypatch.setitem(sys.modules, "segno", None)
    feedback = QgsProcessingFeedback()
    processing.run("qingliu:printfieldmaps", inputs, feedback=feedback)
    assert feedback.textLog().count("QL-SHEET-NOSEGNO") == 1
    project = QgsProject()
    assert project.read(str(Path(inputs["OUTPUT_FOLDER"]) / "fieldmaps.qgz"))
    layouts = project.layoutManager().printLayouts()
    layout = next(x for x in layouts if x.customProperty("qingliu/figure") == "fieldrecords")
    assert not [item for item in layout.items() if isinstance(item, QgsLayoutItemPicture)]
    assert "u-farm" in text_of(Path(inputs["OUTPUT_FOLDER"]) / "records.pdf")
