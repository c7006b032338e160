"""Figures as files: the open project, cancel between pages, equal bytes, georeference, true measures, land use."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsLayoutExporter,
    QgsLayoutPoint,
    QgsLegendModel,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterContourRenderer,
    QgsRasterLayer,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QImage
from qingliu.core.standard import default_edition
from qingliu.layouts.inside import codes_inside
from qingliu.layouts.sheet import make_sheet
from qingliu.layouts.sources import Fields, Sources, gather
from qingliu.layouts.tables import number_text, wrapped

_spec = importlib.util.spec_from_file_location("figure_files", Path(__file__).with_name("figure_files.py"))
figure_files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(figure_files)
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is not installed"
)


@pytest.fixture
def inputs(qgis_app, tmp_path):
    """Parameters of the square watershed."""
    return figure_files.files(tmp_path)


def opened(inputs, key):
    """The saved project of the figures (keep it), and the layout of one."""
    project = QgsProject()
    assert project.read(str(Path(inputs["OUTPUT_FOLDER"]) / "figures.qgz"))
    found = [x for x in project.layoutManager().printLayouts() if x.customProperty("qingliu/figure") == key]
    return project, found[0]


def legend_texts(layout):
    """Texts of the legend's symbols, layer by layer."""
    legend = layout.itemById("legend")
    box = legend.sceneBoundingRect()
    QgsLayoutExporter(layout).renderRegionToImage(box)  # a legend knows what the map shows once painted
    model: QgsLegendModel = legend.model()
    found = {}
    for node in model.rootGroup().findLayers():
        found[node.name()] = [str(one.data(0)) for one in model.layerLegendNodes(node)]
    return found


# -- the open project ----------------------------------------------------------
def test_the_open_project_gets_the_layouts_and_saving_is_left_to_the_user(run, inputs, tmp_path):
    project = QgsProject.instance()
    path = tmp_path / "mine.qgz"
    assert project.write(str(path))
    before = path.read_bytes()
    found = run("qingliu:exportfigures", {**inputs, "PROJECT": str(path), "FIGURES": ["channels", "layout"]})
    assert found["OUTPUT_PROJECT"] in ("", None)
    assert path.read_bytes() == before
    names = {x.customProperty("qingliu/figure") for x in project.layoutManager().printLayouts()}
    assert names == {"channels", "layout"}
    assert project.isDirty()


def test_a_project_that_is_named_and_not_open_is_saved_with_the_layouts(run, inputs, tmp_path):
    path = tmp_path / "other.qgz"
    assert QgsProject().write(str(path))
    found = run("qingliu:exportfigures", {**inputs, "PROJECT": str(path), "FIGURES": ["channels"]})
    assert Path(found["OUTPUT_PROJECT"]) == path
    again = QgsProject()
    assert again.read(str(path))
    assert [x.customProperty("qingliu/figure") for x in again.layoutManager().printLayouts()] == ["channels"]
    assert QgsProject.instance().layoutManager().printLayouts() == []


# -- cancel ---------------------------------------------------------------------
class StopsAfterFirst(QgsProcessingFeedback):
    """The user presses cancel when the first figure is reported."""

    def pushInfo(self, info):
        """A page was reported."""
        super().pushInfo(info)
        if info.endswith(".pdf"):
            self.cancel()


def test_cancel_between_pages_leaves_whole_files_and_no_part_behind(provider, inputs):
    algorithm = provider.algorithm("exportfigures").create()
    feedback = StopsAfterFirst()
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    algorithm.run(inputs, context, feedback)
    written = sorted(p.name for p in Path(inputs["OUTPUT_FOLDER"]).iterdir() if p.suffix == ".pdf")
    assert len(written) == 1
    assert gdal.Open(str(Path(inputs["OUTPUT_FOLDER"]) / written[0])) is not None
    assert not list(Path(inputs["OUTPUT_FOLDER"]).glob(".*part*"))


# -- equal bytes ------------------------------------------------------------------
@pytest.mark.parametrize("ending", ["pdf", "svg", "png"])
def test_two_exports_of_the_same_content_are_equal_byte_for_byte(run, inputs, tmp_path, ending):
    wish = {**inputs, "FIGURES": ["channels"], "FORMAT": ending}
    pages = []
    for number in ("one", "two"):
        folder = tmp_path / number
        run("qingliu:exportfigures", {**wish, "OUTPUT_FOLDER": str(folder)})
        pages.append((folder / f"channels.{ending}").read_bytes())
    assert pages[0] == pages[1]


# -- where it lies, and that it measures true ---------------------------------------
def test_gdal_reads_the_place_of_the_pdf(run, inputs):
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["channels"]})
    dataset = gdal.Open(str(Path(inputs["OUTPUT_FOLDER"]) / "channels.pdf"))
    assert "CGCS2000" in dataset.GetProjection()
    left, step, _, top, _, down = dataset.GetGeoTransform()
    project, layout = opened(inputs, "channels")
    chart = layout.itemById("map")
    # the page's corner is so many mm of 20 m each beside the map's
    x = chart.extent().xMinimum() - chart.pagePos().x() * 20
    y = chart.extent().yMaximum() + chart.pagePos().y() * 20
    assert (left, top) == pytest.approx((x, y), abs=15)
    assert step == pytest.approx(-down, rel=1e-3)
    assert step * dataset.RasterXSize == pytest.approx(20 * 420, rel=2e-3)
    del project


@needs_poppler
def test_grid_crosses_and_scale_bar_measure_true_in_the_pdf(run, inputs, tmp_path):
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["channels"]})
    project, layout = opened(inputs, "channels")
    chart, bar = layout.itemById("map"), layout.itemById("scalebar")
    picture = tmp_path / "page"
    pdf = Path(inputs["OUTPUT_FOLDER"]) / "channels.pdf"
    subprocess.run(["pdftoppm", "-r", "254", "-png", "-singlefile", str(pdf), str(picture)], check=True)
    image = QImage(str(picture) + ".png")
    assert image.width() == pytest.approx(4200, abs=2)
    metres = bar.unitsPerSegment() * (1000 if bar.unitLabel() == "km" else 1)
    widest = max(dark_run(image, y, bar) for y in rows_of(bar))
    assert widest == pytest.approx(4 * metres / 20_000 * 10_000, abs=6)  # 10 pixels a mm
    # the boundary's south-western corner lies where the map's extent says, and its width is 150 mm
    extent = chart.extent()
    left = (chart.pagePos().x() + (463_000 - extent.xMinimum()) / 20) * 10
    y = round((chart.pagePos().y() + (extent.yMaximum() - 3_169_150) / 20) * 10)
    found = red_columns(image, range(y - 40, y + 40))
    assert found[0] == pytest.approx(left, abs=6)
    assert found[-1] - found[0] == pytest.approx(1500, abs=8)
    del project


def rows_of(item):
    """Rows of pixels that an item of the layout covers."""
    top = item.pagePos().y()
    return range(round(10 * top), round(10 * (top + item.rect().height())))


def dark_run(image, y, item):
    """Width of the dark part of a row within an item, 0 where it is not one line."""
    left = item.pagePos().x()
    columns = range(round(10 * left), round(10 * (left + item.rect().width())))
    dark = [x for x in columns if image.pixelColor(x, y).lightness() < 80]
    return dark[-1] - dark[0] if dark and len(dark) > 0.9 * (dark[-1] - dark[0]) else 0


def red_columns(image, rows):
    """Columns of red pixels in some rows, from left to right."""
    found = set()
    for y in rows:
        for x in range(image.width()):
            colour = image.pixelColor(x, y)
            if colour.red() > 180 and colour.green() < 90 and colour.blue() < 90:
                found.add(x)
    return sorted(found)


# -- land use as a raster -------------------------------------------------------------
def test_codes_are_those_inside_the_watershed(inputs, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry

    raster = QgsRasterLayer(figure_files.land(tmp_path), "land")
    outline = QgsGeometry.fromWkt(figure_files.SQUARE)
    crs = QgsCoordinateReferenceSystem("EPSG:4547")
    assert codes_inside(raster, outline, crs) == {301, 302}
    far = QgsGeometry.fromWkt("POLYGON((0 0,10 0,10 10,0 10,0 0))")
    assert codes_inside(raster, far, crs) is None


def test_a_class_of_several_codes_stands_once_in_the_legend_and_nothing_beside_the_watershed_is_drawn(
    run, inputs, tmp_path
):
    wish = {**inputs, "LANDUSE": figure_files.land(tmp_path), "FIGURES": ["landuse"], "FORMAT": "png"}
    del wish["MEASURES"]
    run("qingliu:exportfigures", wish)
    project, layout = opened(inputs, "landuse")
    assert legend_texts(layout)["土地利用"] == ["03 林地"]
    chart = layout.itemById("map")
    image = QgsLayoutExporter(layout).renderPageToImage(0, dpi=50.8)  # 2 pixels a mm
    extent = chart.extent()

    def colour(x, y):
        column = 2 * (chart.pagePos().x() + (x - extent.xMinimum()) / 20)
        return image.pixelColor(
            round(column), round(2 * (chart.pagePos().y() + (extent.yMaximum() - y) / 20))
        )

    assert colour(463_750, 3_169_250).green() > colour(463_750, 3_169_250).red() + 30  # forest
    assert colour(462_800, 3_169_250).lightness() == 255  # 200 m beside the watershed
    del project


def test_parcels_beside_the_watershed_give_no_entry_of_the_legend(run, inputs, tmp_path):
    box = "POLYGON(({0} {1},{2} {1},{2} {3},{0} {3},{0} {1}))"
    rows = [
        (box.format(463_000, 3_168_000, 464_500, 3_170_000), ["0301"]),
        (box.format(464_500, 3_168_000, 466_500, 3_170_000), ["0101"]),
        (box.format(462_000, 3_168_000, 463_000, 3_170_000), ["0702"]),  # touches it only
        (box.format(466_500, 3_168_000, 467_000, 3_170_000), ["0601"]),
    ]
    parcels = figure_files.layer("Polygon", "&field=landuse:string", rows, tmp_path, "parcels")
    run("qingliu:exportfigures", {**inputs, "LANDUSE": parcels, "FIGURES": ["landuse"]})
    project, layout = opened(inputs, "landuse")
    assert legend_texts(layout)["土地利用"] == ["01 耕地", "03 林地"]
    del project


# -- inset ----------------------------------------------------------------------------
def test_townships_that_reach_beyond_the_watershed_give_an_inset(run, inputs, tmp_path):
    wide = "POLYGON((460000 3165000,470000 3165000,470000 3173000,460000 3173000,460000 3165000))"
    towns = figure_files.layer("Polygon", "&field=name:string", [(wide, ["云岭镇"])], tmp_path, "towns")
    run("qingliu:exportfigures", {**inputs, "TOWNSHIPS": towns, "FIGURES": ["channels"]})
    project, layout = opened(inputs, "channels")
    inset = layout.itemById("inset")
    extent = inset.extent()
    assert extent.xMinimum() < 460_000 and extent.xMaximum() > 470_000
    assert layout.referenceMap().id() == "map"
    legend = layout.itemById("legend")
    assert legend.pagePos().y() + legend.rect().height() <= inset.pagePos().y()
    del project


def test_the_inset_stays_where_the_designer_moved_the_legend(run, inputs, tmp_path):
    wide = "POLYGON((460000 3165000,470000 3165000,470000 3173000,460000 3173000,460000 3165000))"
    towns = figure_files.layer("Polygon", "&field=name:string", [(wide, ["云岭镇"])], tmp_path, "towns")
    wish = {**inputs, "TOWNSHIPS": towns, "FIGURES": ["channels"]}
    run("qingliu:exportfigures", wish)
    project, layout = opened(inputs, "channels")
    place = layout.itemById("inset").pagePos()
    layout.itemById("legend").attemptMove(QgsLayoutPoint(60, 70, QgsUnitTypes.LayoutUnit.LayoutMillimeters))
    assert project.write()
    run("qingliu:exportfigures", wish)
    project, layout = opened(inputs, "channels")
    assert layout.itemById("inset").pagePos() == place
    assert layout.itemById("legend").pagePos().x() == pytest.approx(60)
    del project


def test_villages_no_larger_than_the_watershed_give_none(run, inputs, tmp_path):
    admin = figure_files.layer(
        "Polygon", "&field=name:string", [(figure_files.SQUARE, ["竹冲村"])], tmp_path, "admin"
    )
    run("qingliu:exportfigures", {**inputs, "ADMIN": admin, "FIGURES": ["channels"]})
    project, layout = opened(inputs, "channels")
    assert layout.itemById("inset") is None
    del project


@pytest.mark.parametrize("paper", ["A4", "A3", "A0"])
@pytest.mark.parametrize("landscape", [True, False], ids=["landscape", "portrait"])
def test_the_inset_takes_its_room_from_the_legend(paper, landscape):
    sheet = make_sheet(paper, landscape)
    small = sheet.with_inset()
    assert small.inset.bottom == pytest.approx(sheet.legend.bottom)
    assert small.legend.bottom < small.inset.y
    assert small.legend.height >= 0.5 * sheet.legend.height


# -- verdicts ---------------------------------------------------------------------------
@needs_poppler
def test_the_verdicts_are_told_in_the_norms_words_and_rounded(run, inputs, tmp_path):
    head = "number,indicator,value_num,value_text,unit,operator,threshold,state"
    rows = [
        "1,conservation_rate,77.521532899,,%,>=,76,pass",
        "3,conservation_function,,与治理前相比明显提高,,qualitative,持续提高,pass",
        "10,livestock_wastewater_rate,0,,,forbidden,禁止规模化养殖,pass",
        "15,outlet_water_quality,,Ⅲ,GB 3838 class,class_not_worse_than,Ⅲ,pass",
        "19,special_industry_share,,,%,not_applicable,/,not_applicable",
    ]
    table = tmp_path / "evaluation.csv"
    table.write_text("\n".join([head, *rows]), encoding="utf-8")
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["evaluation"], "EVALUATION": str(table)})
    pdf = Path(inputs["OUTPUT_FOLDER"]) / "evaluation.pdf"
    text = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True
    ).stdout.decode()
    flat = re.sub(r"\s+", "", text)
    names = {i.number: i.name_zh for i in default_edition().indicators.values()}
    for words in ("77.52", names[1], names[19][:6], names[19][-2:], "定性要求", "禁止", "不涉及", "不劣于"):
        assert re.sub(r"\s+", "", words) in flat
    assert "77.5215" not in flat and "conservation_rate" not in flat


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("特色产业产值", 3.0, "特色产\n业产值"), ("abcd", 10.0, "abcd"), ("水", 0.1, "水"), ("", 5.0, "")],
    ids=["three square letters a line", "short", "never less than one letter", "empty"],
)
def test_chinese_cells_are_broken_where_they_are_full(text, width, expected):
    assert wrapped(text, width, 1.0) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("77.521532", "77.52"), ("100.0", "100"), ("Ⅲ", "Ⅲ"), ("", "")]
)
def test_numbers_have_two_decimals_at_most(text, expected):
    assert number_text(text) == expected


# -- sources ---------------------------------------------------------------------------
def test_a_layer_without_features_plays_no_role(qgis_app, tmp_path):
    empty = figure_files.layer("Point", "&field=name:string", [], tmp_path, "none")
    from qgis.core import QgsVectorLayer

    found = gather(["villages"], {"villages": [QgsVectorLayer(empty, "v", "ogr")]}, None, None, Fields())
    assert found == Sources({}, Fields(), [])


# -- terrain ---------------------------------------------------------------------
@pytest.fixture
def terrain(run, inputs, tmp_path):
    """The project with the terrain figure, and the layers of its map that draw the heights."""
    run("qingliu:exportfigures", {**inputs, "DEM": figure_files.heights(tmp_path), "FIGURES": ["terrain"]})
    project, layout = opened(inputs, "terrain")
    yield [x for x in layout.itemById("map").layers() if isinstance(x, QgsRasterLayer)]
    project.clear()


def test_contours_are_as_wide_in_print_as_they_are_meant(terrain):
    """QGIS draws them on an image of 96 dpi of its own, so 0.12 mm in a print of 300 dpi are 0.12 * 300 / 96."""
    (lines,) = [x.renderer() for x in terrain if isinstance(x.renderer(), QgsRasterContourRenderer)]
    assert lines.contourSymbol().width() == pytest.approx(0.38, abs=0.005)


def test_heights_between_the_cells_are_interpolated(terrain):
    assert len(terrain) == 3  # contours, shading, classes of heights, which end at contours
    for layer in terrain:
        assert layer.dataProvider().isProviderResamplingEnabled()
        assert layer.resamplingStage() == Qgis.RasterResamplingStage.Provider
