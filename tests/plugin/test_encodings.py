"""Shapefiles whose Chinese is in GBK without a word about it, as strangers hand them over."""

from __future__ import annotations

import pytest
from osgeo import ogr, osr
from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProject, QgsVectorLayer
from qingliu.layers.encodings import unsaid_chinese
from qingliu.layers.opened import open_again

WORDS = ["自然", "硬质（已柔化美化）", "人工生态"]
EAST, NORTH = 500_000.0, 3_300_000.0


def shapefile(folder, encoding="gbk", words=WORDS, head="岸线类型", page=0):
    """Banks of 100 m each, one a word; no .cpg, the code page as asked."""
    path = folder / "banks.shp"
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(4547)
    data = ogr.GetDriverByName("ESRI Shapefile").CreateDataSource(str(path))
    layer = data.CreateLayer("banks", crs, ogr.wkbLineString, ["ENCODING=UTF-8"])
    for name in ("kind", "river"):
        field = ogr.FieldDefn(name, ogr.OFTString)
        field.SetWidth(30)
        layer.CreateField(field)
    for number, _ in enumerate(words):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField("kind", f"@{number}")
        south = NORTH + 50 * number
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"LINESTRING({EAST} {south},{EAST + 100} {south})"))
        layer.CreateFeature(feature)
    layer = data = None
    path.with_suffix(".cpg").unlink()
    dbf = path.with_suffix(".dbf")
    raw = dbf.read_bytes().replace(b"kind".ljust(11, b"\0"), head.encode(encoding).ljust(11, b"\0"), 1)
    for number, word in enumerate(words):
        raw = raw.replace(f"@{number}".encode().ljust(30), word.encode(encoding).ljust(30))
    dbf.write_bytes(raw[:29] + bytes([page]) + raw[30:])
    return path


@pytest.mark.parametrize("page", [0x00, 0x57], ids=["no-code-page", "western-code-page"])
def test_gbk_that_does_not_say_so_is_read_as_gbk_and_told(provider, tmp_path, page):
    """100 m natural, 100 m hard but softened, 100 m ecological: all three count, 100 %."""
    from qgis import processing

    lines: list[str] = []

    class Log(QgsProcessingFeedback):
        def pushWarning(self, text):
            lines.append(text)

    path = shapefile(tmp_path, page=page)
    parameters = {"BANKS": str(path), "BANK_FIELD": "岸线类型", "OUTPUT": str(tmp_path / "ratio.gpkg")}
    found = processing.run("qingliu:shorelineratio", parameters, feedback=Log())
    assert found["RATIO"] == pytest.approx(100)
    assert any(line.startswith("QL-LAYER-ENCODING:") and "banks" in line for line in lines)


@pytest.mark.parametrize(
    ("encoding", "words", "head", "expected"),
    [
        ("gbk", WORDS, "岸线类型", True),
        ("utf-8", WORDS, "岸线", False),
        ("cp1252", ["Weißer Main", "Fünfstätten", "Köttel"], "Gewässer", False),
        ("ascii", ["natural", "hard", "ecological"], "type", False),
        ("gbk", ["自然岸线段落名称长得列里放不下了"[:15], "硬", "软"], "type", True),
    ],
    ids=["gbk", "utf-8", "western", "ascii", "full-width"],
)
def test_only_chinese_in_gbk_is_taken_for_it(qgis_app, tmp_path, encoding, words, head, expected):
    path = shapefile(tmp_path, encoding, words, head)
    assert unsaid_chinese(QgsVectorLayer(str(path), "banks", "ogr")) is expected


def test_a_value_cut_within_a_sign_does_not_hide_the_encoding(qgis_app, tmp_path):
    path = shapefile(tmp_path)
    dbf = path.with_suffix(".dbf")
    raw = dbf.read_bytes()
    dbf.write_bytes(raw.replace("自然".encode("gbk").ljust(30), ("河" * 15).encode("gbk")[:29] + b"\xba"))
    assert unsaid_chinese(QgsVectorLayer(str(path), "banks", "ogr"))


def test_a_code_page_or_cpg_that_is_said_is_respected(qgis_app, tmp_path):
    path = shapefile(tmp_path, page=0x4D)
    assert not unsaid_chinese(QgsVectorLayer(str(path), "banks", "ogr"))
    raw = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(raw[:29] + b"\0" + raw[30:])
    path.with_suffix(".cpg").write_text("Big5")
    assert not unsaid_chinese(QgsVectorLayer(str(path), "banks", "ogr"))


def test_a_layer_of_the_project_is_left_as_it_is(provider, tmp_path):
    from qgis.core import QgsApplication
    from qingliu.processing.encodings import settle_encodings

    layer = QgsVectorLayer(str(shapefile(tmp_path)), "banks", "ogr")
    before = layer.dataProvider().encoding()
    QgsProject.instance().addMapLayer(layer)
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().algorithmById("qingliu:shorelineratio")
    told = settle_encodings(algorithm, {"BANKS": layer.id()}, context)
    assert [p.code for p in told] == ["QL-LAYER-ENCODINGOPEN"]
    assert layer.dataProvider().encoding() == before
    QgsProject.instance().removeMapLayer(layer.id())


def test_a_layer_opened_again_keeps_the_encoding_it_is_read_in(qgis_app, tmp_path):
    layer = QgsVectorLayer(str(shapefile(tmp_path)), "banks", "ogr")
    layer.setProviderEncoding("GB18030")
    assert [f["岸线类型"] for f in open_again(layer, "岸线").getFeatures()] == WORDS
