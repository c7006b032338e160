"""Workbooks, YAML, CSV, rasters and cases of anybody's (T04, T11, T12, T13, T15)."""

from __future__ import annotations

import shutil
import zipfile

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import QgsProcessingException

ERROR = "QL-[A-Z0-9]+-[A-Z0-9]+"


def told(error):
    text = str(error)
    return "QL-" in text and "Traceback" not in text and "root:x" not in text


# -- workbooks ------------------------------------------------------------------------
@pytest.fixture
def workbook(run, survey, tmp_path):
    """The filled table A.7 as a workbook."""
    folder = tmp_path / "t"
    folder.mkdir()
    run("qingliu:exportsurveytables", {"SURVEY": str(survey), "TABLES": "a7", "FORMAT": "xlsx",
                                       "OUTPUT_FOLDER": str(folder)})  # fmt: skip
    return folder / "a7.xlsx"


def rewritten(path, change):
    """The workbook with its parts changed: change(name, bytes) -> bytes; extra parts by change.extra."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts = {name: change(name, data) for name, data in parts.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def in_sheet(old, new):
    def change(name, data):
        return data.replace(old, new) if name.startswith("xl/worksheets/sheet") else data

    return change


BOMB = b"".join(b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1)) * 20 if n else b"x" * 50) for n in range(9))
FILE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
WORKBOOKS = {
    "entity-bomb": lambda n, d: d.replace(b"<worksheet", b"<!DOCTYPE x [" + BOMB + b"]><worksheet", 1)
    if "sheet1" in n else d,
    "entity-file": lambda n, d: d.replace(b"<worksheet", FILE + b"<worksheet", 1)
    if "sheet1" in n else d,
    "utf-16": lambda n, d: d.decode().encode("utf-16") if "sheet1" in n else d,
}  # fmt: skip


def read(run, survey, path):
    return run("qingliu:importsurveytables", {"SURVEY": str(survey), "WORKBOOK": str(path), "APPLY": False,
                                              "OUTPUT": "TEMPORARY_OUTPUT"})  # fmt: skip


def merged(path, reference):
    def change(name, data):
        if not name.startswith("xl/worksheets/sheet"):
            return data
        import re

        data = re.sub(rb"<mergeCells.*?</mergeCells>", b"", data, flags=re.S)
        cells = b'<mergeCells count="1"><mergeCell ref="' + reference + b'"/></mergeCells>'
        return data.replace(b"</sheetData>", b"</sheetData>" + cells)

    return rewritten(path, change)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_with_entities_is_refused(name, run, survey, workbook):
    rewritten(workbook, WORKBOOKS[name])
    with pytest.raises(QgsProcessingException, match="QL-PRINT-") as error:
        read(run, survey, workbook)
    assert told(error.value)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("reference", [b"A1:XFD1048576", b"A1:B1048576", b"A30:XFD300"])
def test_cells_merged_without_end_are_refused(reference, run, survey, workbook):
    merged(workbook, reference)
    with pytest.raises(QgsProcessingException, match="QL-PRINT-TOOLARGE"):
        read(run, survey, workbook)


@pytest.mark.timeout(60)
def test_a_cell_at_the_end_of_the_sheet_is_refused(run, survey, workbook):
    rewritten(
        workbook,
        in_sheet(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
    )
    with pytest.raises(QgsProcessingException, match="QL-PRINT-TOOLARGE"):
        read(run, survey, workbook)


@pytest.mark.timeout(60)
def test_a_workbook_bomb_is_refused_before_it_is_unpacked(run, survey, workbook):
    with zipfile.ZipFile(workbook, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x.bin", b"\0" * 150_000_000)
    with pytest.raises(QgsProcessingException, match="QL-PRINT-TOOLARGE"):
        read(run, survey, workbook)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\xd0\xcf\x11\xe0" + b"\0" * 600,
                                     b"<html></html>"])  # fmt: skip
def test_a_workbook_that_is_none_is_told(content, run, survey, tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(QgsProcessingException, match="QL-PRINT-NOTXLSX") as error:
        read(run, survey, path)
    assert told(error.value)


# -- YAML -----------------------------------------------------------------------------
YAMLS = {
    "object": "!!python/object/apply:os.system ['touch {canary}']",
    "name": "!!python/name:os.system",
    "laughs": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
    "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nname: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n",
    "itself": "name: &a [*a]\nyear: *a\n",
    "deep": "name: " + "[" * 50_000,
    "deep-keys": "{" * 5_000,
    "binary": "\0\1\2\3",
    "two": "name: a\n---\nname: b\n",
    "key-is-a-list": "? [a, b]\n: 1\n",
    "merge": "<<: [1, 2]\nname: x\n",
    "large": "name: x\n#" + "x" * 3_000_000,
    "number": "year: 99999999999999999999999999999999999999999\nname: x\n",
    "date": "year: 2025-99-99\nname: x\n",
    "infinite": "county_target_2035: .inf\nname: .nan\n",
    "empty": "",
    "text": "just words",
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", YAMLS)
@pytest.mark.parametrize("reader", ["county", "case", "scheme"])
def test_yaml_of_anybody_s_is_data_or_is_told(reader, name, tmp_path, canary):
    from qingliu.core.case import read_case
    from qingliu.core.county import load_county
    from qingliu.core.errors import QingliuError
    from qingliu.core.zoning.rules import load_scheme

    path = tmp_path / "case.yaml"
    path.write_text(YAMLS[name].replace("{canary}", str(canary)), encoding="utf-8")
    readers = {"county": lambda: load_county(path), "case": lambda: read_case(tmp_path),
               "scheme": lambda: load_scheme("custom", custom=path)}  # fmt: skip
    try:
        readers[reader]()
    except QingliuError as error:
        assert "QL-" in str(error) and len(str(error)) < 20_000


# -- CSV -------------------------------------------------------------------------------
CSVS = {
    "binary": b"\0\1\2\xff" * 100,
    "utf-16": "code,gbt21010\n1,0101\n".encode("utf-16"),
    "gbk": "编号,gbt21010\n水田,0101\n".encode("gbk"),
    "one-huge-cell": b"code,gbt21010\n1," + b"9" * 3_000_000 + b"\n",
    "open-quote": b'code,gbt21010\n"1,0101\n' + b"x,y\n" * 50_000,
    "formula": b"code,gbt21010\n=cmd|' /C calc'!A0,0101\n",
    "many-columns": b",".join(b"c%d" % n for n in range(20_000)) + b"\n",
    "empty": b"",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", CSVS)
@pytest.mark.parametrize("reader", ["landuse", "prices"])
def test_tables_of_anybody_s_are_read_or_told(reader, name):
    from qingliu.core.errors import QingliuError
    from qingliu.core.landuse import parse_map
    from qingliu.core.layoutplan.prices import parse_prices
    from qingliu.core.standard import default_edition

    data = CSVS[name]
    try:
        parse_map(data, "x.csv") if reader == "landuse" else parse_prices(data, "x.csv", default_edition())
    except QingliuError as error:
        assert "QL-" in str(error) and len(str(error)) < 20_000


# -- rasters -----------------------------------------------------------------------------
def dem(path, rows=40, cols=40):
    made = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, 1, gdal.GDT_Float32)
    made.SetGeoTransform((500_000, 10, 0, 3_000_400, 0, -10))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(4547)
    made.SetProjection(reference.ExportToWkt())
    slope = np.add.outer(np.arange(rows, 0, -1), np.abs(np.arange(cols) - cols / 2))
    made.GetRasterBand(1).WriteArray(slope.astype(np.float32))
    made = None
    return path


BAND = '<VRTDataset rasterXSize="40" rasterYSize="40"><SRS>EPSG:4547</SRS>'
BAND += "<GeoTransform>500000,10,0,3000400,0,-10</GeoTransform>"
BAND += '<VRTRasterBand dataType="Float32" band="1"{kind}>{body}</VRTRasterBand></VRTDataset>'
SOURCE = '<SimpleSource><SourceFilename relativeToVRT="{relative}">{name}</SourceFilename>'
SOURCE += "<SourceBand>1</SourceBand></SimpleSource>"
CODE = (
    "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
    "<PixelFunctionCode><![CDATA[def f(in_ar, out_ar, *a, **k):\n open({canary!r}, 'w').write('x')]]>"
    "</PixelFunctionCode>"
)


def vrts(url, canary, outside):
    return {
        "code": BAND.format(kind=' subClass="VRTDerivedRasterBand"', body=CODE.format(canary=str(canary))),
        "address": BAND.format(kind="", body=SOURCE.format(relative=0, name=f"/vsicurl/{url}/a.tif")),
        "outside": BAND.format(kind="", body=SOURCE.format(relative=0, name=outside)),
        "climbing": BAND.format(kind="", body=SOURCE.format(relative=1, name="../home/dem.tif")),
        "itself": BAND.format(kind="", body=SOURCE.format(relative=1, name="dem.tif")),
        "nested": BAND.format(kind="", body=SOURCE.format(relative=0, name="&lt;VRTDataset/&gt;")),
        "service": f'<GDAL_WMS><Service name="TMS"><ServerUrl>{url}/${{z}}</ServerUrl></Service></GDAL_WMS>',
        "huge": BAND.replace('"40"', '"2000000"').format(kind="", body=""),
    }


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", vrts("", "", ""))
@pytest.mark.parametrize("algorithm", ["delineatewatershed", "zoning"])
def test_a_raster_that_is_none_is_told(algorithm, name, run, listener, canary, tmp_path, survey):
    home = tmp_path / "home"
    home.mkdir()
    outside = dem(home / "dem.tif")
    folder = tmp_path / "mailedraster"
    folder.mkdir()
    path = folder / "dem.tif"
    path.write_text(vrts(listener.url, canary, outside)[name], encoding="utf-8")
    if algorithm == "zoning":
        given = {"BOUNDARY": f"{survey}|layername=boundary", "DEM": str(path), "LANDUSE": str(path)}
    else:
        given = {"DEM": str(path), "OUTLET": "500200,3000010 [EPSG:4547]"}
    with pytest.raises(QgsProcessingException) as error:
        run(f"qingliu:{algorithm}", {**given, "OUTPUT": "TEMPORARY_OUTPUT"})
    assert told(error.value)


TABLE = '<OGRVRTDataSource><OGRVRTLayer name="dem"><SrcDataSource{relative}>{name}</SrcDataSource>'
TABLE += "<GeometryType>wkbPolygon</GeometryType></OGRVRTLayer></OGRVRTDataSource>"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["address", "outside", "climbing", "json"])
def test_a_vector_layer_that_reaches_elsewhere_is_not_opened(name, run, listener, survey, tmp_path):
    folder = tmp_path / "mailedvector"
    folder.mkdir()
    texts = {
        "address": TABLE.format(relative="", name=f"/vsicurl/{listener.url}/dem.geojson"),
        "outside": TABLE.format(relative="", name=str(survey)),
        "climbing": TABLE.format(relative=' relativeToVRT="1"', name="../mailed/survey.gpkg"),
        "json": '{"type": "FeatureCollection", "crs": {"type": "link", "properties": '
        f'{{"href": "{listener.url}"}}}}, "features": []}}',
    }
    path = folder / "boundary.gpkg"
    path.write_text(texts[name], encoding="utf-8")
    with pytest.raises(QgsProcessingException, match="QL-FILE-REACHES"):
        run("qingliu:mapsheets", {"BOUNDARY": str(path), "OUTPUT": "TEMPORARY_OUTPUT"})


# -- a mailed case -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "file", ["../home/dem.tif", "/etc/passwd", "/vsicurl/http://127.0.0.1:1/a.tif", "http://127.0.0.1:1/a", "C:\\x.tif",
             "PG:host=127.0.0.1", "\\\\server\\share\\x.tif", "link.tif"]
)  # fmt: skip
def test_a_case_names_files_of_its_own_folder_only(file, tmp_path):
    from qingliu.core.case import read_case
    from qingliu.core.errors import InputError

    (tmp_path / "home").mkdir()
    dem(tmp_path / "home" / "dem.tif")
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "link.tif").symlink_to(tmp_path / "home" / "dem.tif")
    (folder / "case.yaml").write_text(f"name: x\nlayers:\n  DEM: {{file: '{file}'}}\n", encoding="utf-8")
    with pytest.raises(InputError, match="QL-CASE-"):
        read_case(folder)


@pytest.mark.timeout(120)
def test_figures_draw_no_raster_that_a_case_disguises(run, survey, listener, canary, tmp_path):
    """``case.yaml`` beside a survey gives layers to the figures; a .tif of it may be a VRT that reaches out."""
    folder = tmp_path / "casefolder"
    shutil.copytree(survey.parent, folder)
    (folder / "dem.tif").write_text(vrts(listener.url, canary, "/etc/passwd")["address"], encoding="utf-8")
    (folder / "case.yaml").write_text("name: x\nlayers:\n  DEM: {file: dem.tif}\n", encoding="utf-8")
    try:
        run("qingliu:exportfigures", {"SURVEY": str(folder / survey.name), "FIGURES": ["terrain", "villages"],
                                      "FORMAT": "png", "OUTPUT_FOLDER": str(tmp_path / "f")})  # fmt: skip
    except QgsProcessingException as error:
        assert told(error)


@pytest.mark.parametrize("suffix", [".gml", ".kml", ".geojson", ".vrt"])
def test_looking_through_a_folder_of_anybody_s_calls_nobody(suffix, listener, tmp_path):
    from qingliu.core.errors import InputError
    from qingliu.layers.cases import open_case

    texts = {
        ".gml": '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:xsi='
        f'"http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://a {listener.url}/a.xsd">'
        '<gml:featureMember><a gml:id="x"><b>1</b></a></gml:featureMember></gml:FeatureCollection>',
        ".kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>'
        f"{listener.url}/a.kml</href></Link></NetworkLink></Document></kml>",
        ".geojson": '{"type": "FeatureCollection", "crs": {"type": "link", "properties": '
        f'{{"href": "{listener.url}"}}}},'
        '"features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
        ".vrt": vrts(listener.url, "x", "x")["address"],
    }
    (tmp_path / f"dem{suffix}").write_text(texts[suffix], encoding="utf-8")
    try:
        open_case(tmp_path)
    except InputError as error:
        assert "QL-CASE-" in str(error)
