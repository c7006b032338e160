"""qingliu:exportfigures: sheets that measure true, figures left out by name, edits that stay."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsLayoutExporter,
    QgsLayoutPoint,
    QgsProcessingException,
    QgsProject,
    QgsUnitTypes,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qingliu.layouts.content import figures
from qingliu.layouts.fonts import choose_font
from qingliu.layouts.sheet import PAPERS, best_sheet, fitting_scale, grid_interval, make_sheet

ROOT = Path(__file__).resolve().parents[2]
MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters
# a watershed of 3 km by 2 km in CGCS2000 / 3-degree zone 114E
SQUARE = "POLYGON((463000 3168000,466000 3168000,466000 3170000,463000 3170000,463000 3168000))"


def layer(kind, fields, rows, folder, name):
    """A GeoPackage layer of (WKT, attributes) rows; its source."""
    made = QgsVectorLayer(f"{kind}?crs=EPSG:4547{fields}", name, "memory")
    for wkt, values in rows:
        feature = QgsFeature(made.fields())
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        feature.setAttributes(values)
        made.dataProvider().addFeatures([feature])
    path = folder / f"{name}.gpkg"
    options = QgsVectorFileWriter.SaveVectorOptions()
    QgsVectorFileWriter.writeAsVectorFormatV3(
        made, str(path), QgsProject.instance().transformContext(), options
    )
    return str(path)


@pytest.fixture
def inputs(qgis_app, tmp_path):
    """Boundary, channels, villages and measures of the square, and where the figures go."""
    line = "LINESTRING(464500 3169900,464500 3168100)"
    terrace = "POLYGON((464000 3169000,464100 3169000,464100 3169100,464000 3169100,464000 3169000))"
    status = "&field=measure:string&field=status:string"
    return {
        "BOUNDARY": layer("Polygon", "&field=name:string", [(SQUARE, ["青柳沟"])], tmp_path, "boundary"),
        "CHANNELS": layer("LineString", "&field=name:string", [(line, ["青柳河"])], tmp_path, "channels"),
        "VILLAGES": layer(
            "Point", "&field=name:string", [("POINT(465000 3169000)", ["上店"])], tmp_path, "villages"
        ),
        "MEASURES": layer("Polygon", status, [(terrace, ["terrace", "planned"])], tmp_path, "measures"),
        "OUTPUT_FOLDER": str(tmp_path / "figures"),
    }


def opened(folder, key):
    """The saved project of the figures (keep it), and the layout of one."""
    project = QgsProject()
    assert project.read(str(Path(folder) / "figures.qgz"))
    found = [x for x in project.layoutManager().printLayouts() if x.customProperty("qingliu/figure") == key]
    assert len(found) == 1
    return project, found[0]


# -- sheets ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ground", "box_mm", "denominator"),
    [((1000, 500), (100, 100), 10_000), ((1001, 500), (100, 100), 20_000), ((2100, 10), (100, 100), 25_000)],
    ids=["just fits at 1:10000", "a metre more needs 1:20000", "1:25000 is of the series"],
)
def test_the_scale_is_the_largest_of_the_series_at_which_the_ground_fits(ground, box_mm, denominator):
    box = make_sheet("A3", True).map._replace(width=box_mm[0], height=box_mm[1])
    assert fitting_scale(*ground, box, wider=1.0) == denominator


def test_ground_without_size_has_no_scale():
    with pytest.raises(ValueError, match="no scale"):
        fitting_scale(0, 0, make_sheet("A3", True).map)


@pytest.mark.parametrize("landscape", [True, False], ids=["landscape", "portrait"])
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("table", [True, False], ids=["with table", "without"])
def test_parts_of_a_sheet_lie_inside_the_frame_and_do_not_overlap(paper, landscape, table):
    sheet = make_sheet(paper, landscape, table)
    frame = sheet.frame
    assert frame.x == 25  # the binding edge
    parts = [sheet.title, sheet.map, sheet.north, sheet.legend, sheet.bar, sheet.notes, sheet.block]
    parts += [sheet.table] if table else []
    for part in parts:
        assert part.width > 15 and part.height > 5
        assert frame.x <= part.x and part.right <= frame.right + 1e-6
        assert frame.y <= part.y and part.bottom <= frame.bottom + 1e-6
    for a, one in enumerate(parts):
        for other in parts[a + 1 :]:
            beside = one.right <= other.x + 1e-6 or other.right <= one.x + 1e-6
            assert beside or one.bottom <= other.y + 1e-6 or other.bottom <= one.y + 1e-6


def test_a_tall_watershed_gets_a_portrait_sheet_and_a_wide_one_a_landscape_sheet():
    assert not best_sheet("A3", 1000, 2500, False, 1.06)[0].landscape
    assert best_sheet("A3", 3000, 2000, False, 1.06)[0].landscape


@pytest.mark.parametrize("scale", [1000, 2500, 10_000, 20_000, 50_000, 100_000])
def test_grid_lines_lie_40_to_100_mm_apart(scale):
    assert 40 <= grid_interval(scale) / scale * 1000 <= 100


# -- fonts -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("installed", "family", "codes"),
    [
        (["Noto Sans CJK SC", "WenQuanYi Zen Hei"], "WenQuanYi Zen Hei", []),
        (["DejaVu Sans", "Noto Sans CJK SC"], "Noto Sans CJK SC", ["QL-FIG-RADICALS"]),
        (["DejaVu Sans"], "", ["QL-FIG-NOFONT"]),
    ],
    ids=["WenQuanYi before Noto", "Noto alone is warned about", "none is warned about"],
)
def test_the_font_is_chosen_and_announced(installed, family, codes):
    found = choose_font(installed)
    assert found.family == family
    assert [w.code for w in found.warnings] == codes


# -- the algorithm -----------------------------------------------------------
def test_figures_without_their_layers_are_left_out_and_the_others_written(run, inputs):
    found = run("qingliu:exportfigures", inputs)
    written = {p.stem for p in Path(inputs["OUTPUT_FOLDER"]).glob("*.pdf")}
    assert written == {"channels", "villages", "layout"}
    assert found["COUNT"] == 3


def test_without_a_boundary_the_run_is_refused_with_its_code(run, inputs):
    inputs["BOUNDARY"] = layer("Polygon", "", [], Path(inputs["OUTPUT_FOLDER"]).parent, "empty")
    with pytest.raises(QgsProcessingException, match="QL-FIG-NOBOUNDARY"):
        run("qingliu:exportfigures", inputs)


def test_scale_bar_and_grid_measure_true_on_paper(run, inputs):
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["channels"]})
    _project, layout = opened(inputs["OUTPUT_FOLDER"], "channels")
    chart, bar = layout.itemById("map"), layout.itemById("scalebar")
    assert chart.scale() == pytest.approx(20_000, rel=1e-6)
    metres = bar.unitsPerSegment() * (1000 if bar.unitLabel() == "km" else 1)
    image = QgsLayoutExporter(layout).renderPageToImage(0, dpi=254)  # 10 pixels a mm
    assert _bar_pixels(image, bar) == pytest.approx(4 * metres / 20_000 * 1000 * 10, abs=6)
    assert chart.grid().intervalX() == 1000
    channel = _blue_column(image, chart)
    extent = chart.extent()
    expected = (chart.pos().x() + (464_500 - extent.xMinimum()) / 20) * 10
    assert channel == pytest.approx(expected, abs=5)


def _bar_pixels(image, bar):
    """Width in pixels of the widest dark row inside the scale bar: its frame."""
    top, bottom = (round(10 * y) for y in (bar.pos().y(), bar.pos().y() + bar.rect().height()))
    left, right = (round(10 * x) for x in (bar.pos().x(), bar.pos().x() + bar.rect().width()))
    widest = 0
    for y in range(top, bottom):
        dark = [x for x in range(left, right) if image.pixelColor(x, y).lightness() < 80]
        if len(dark) > 0.9 * (dark[-1] - dark[0] if dark else 1):
            widest = max(widest, dark[-1] - dark[0])
    return widest


def _blue_column(image, chart):
    """Middle column of the channel's blue pixels on a row of the map."""
    y = round(10 * (chart.pos().y() + chart.rect().height() / 2)) + 120
    row = range(round(10 * chart.pos().x()), round(10 * (chart.pos().x() + chart.rect().width())))
    blue = [x for x in row if image.pixelColor(x, y).blue() > image.pixelColor(x, y).red() + 60]
    return sum(blue) / len(blue)


def test_what_the_designer_changed_stays_and_is_listed(run, inputs):
    wish = {**inputs, "FIGURES": ["channels"]}
    run("qingliu:exportfigures", wish)
    project, layout = opened(inputs["OUTPUT_FOLDER"], "channels")
    layout.itemById("legend").attemptMove(QgsLayoutPoint(60, 70, MM))
    layout.itemById("title").setText("我的标题")
    layout.removeLayoutItem(layout.itemById("north"))
    assert project.write()
    run("qingliu:exportfigures", {**wish, "DRAWN_BY": "李清"})
    _project, layout = opened(inputs["OUTPUT_FOLDER"], "channels")
    assert layout.itemById("legend").pagePos().x() == pytest.approx(60)
    assert layout.itemById("title").text() == "我的标题"
    assert layout.itemById("north") is None
    assert layout.itemById("block.drawn").text() == "李清"  # untouched: brought up to date


def test_a_second_run_finds_nothing_changed_by_hand(run, inputs, qgis_app):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    run("qingliu:exportfigures", inputs)
    first = {p.name: p.read_bytes() for p in Path(inputs["OUTPUT_FOLDER"]).glob("*.pdf")}
    feedback = QgsProcessingFeedback()
    processing.run("qingliu:exportfigures", inputs, feedback=feedback)
    assert "QL-FIG-KEPT" not in feedback.textLog()
    assert {p.name for p in Path(inputs["OUTPUT_FOLDER"]).glob("*.pdf")} == set(first)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_other_formats_are_written_under_the_figures_name(run, inputs, ending):
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["layout"], "FORMAT": ending})
    assert (Path(inputs["OUTPUT_FOLDER"]) / f"layout.{ending}").stat().st_size > 10_000


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_the_required_figure_says_so_and_its_words_can_be_searched_for(run, inputs):
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["layout"], "UNIT": "水土保持设计院"})
    pdf = Path(inputs["OUTPUT_FOLDER"]) / "layout.pdf"
    text = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, check=True).stdout.decode()
    for words in ("措施总体布局图", "水土保持设计院", "5.1.2", "梯田"):
        assert words in text
    assert re.search(rb"/CreationDate \(D:20000101000000", pdf.read_bytes())


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_no_row_of_the_verdicts_is_dropped(run, inputs, tmp_path):
    rows = [f"{n},指标{n},{n}.5,,%,>=,60,{'pass' if n % 2 else 'unproven'}" for n in range(1, 21)]
    head = "number,indicator,value_num,value_text,unit,operator,threshold,state"
    table = tmp_path / "evaluation.csv"
    table.write_text("\n".join([head, *rows]), encoding="utf-8")
    run("qingliu:exportfigures", {**inputs, "FIGURES": ["evaluation"], "EVALUATION": str(table)})
    pdf = Path(inputs["OUTPUT_FOLDER"]) / "evaluation.pdf"
    text = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, check=True).stdout.decode()
    assert all(f"指标{n}" in text for n in range(1, 21))
    assert "自评达标" in text and "待证" in text


@pytest.mark.skipif(shutil.which("qgis_process.bin") is None, reason="qgis_process is not installed")
def test_qgis_process_ends_with_status_0_after_exporting(inputs, tmp_path):
    plugins = tmp_path / "profile" / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "qingliu").symlink_to(ROOT)
    ini = plugins.parents[1] / "QGIS" / "QGIS3.ini"
    ini.parent.mkdir(parents=True)
    ini.write_text("[PythonPlugins]\nqingliu=true\n", encoding="utf-8")
    site = [p for p in sys.path if "site-packages" in p]
    environment = {
        **os.environ,
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"),
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(site),
    }
    values = [f"{name}={value}" for name, value in {**inputs, "FIGURES": "channels"}.items()]
    command = ["qgis_process.bin", "run", "qingliu:exportfigures", "--", *values]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert (Path(inputs["OUTPUT_FOLDER"]) / "channels.pdf").exists()


def test_every_figure_of_the_edition_has_a_composition():
    from qingliu.core.standard import default_edition

    found = figures(default_edition())
    assert len(found) == 12
    assert [f.key for f in found.values() if f.required_by] == ["layout"]
