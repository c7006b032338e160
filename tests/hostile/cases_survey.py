# ruff: noqa: E501
"""Bad inputs of the survey: its file, its tables, its workbooks, its evidence, its field packages (ch. 4)."""

from __future__ import annotations

import shutil
import sqlite3
import struct
import zipfile
from pathlib import Path

import ground as g
import numpy as np
import pytest
from case import Site, exact, refuse, warn
from land import rows_of

CREATE, PRE, CHECK, EVAL = "createsurvey", "prefillsurvey", "checksurvey", "evaluate"
EXP, IMP, EV, PACK, MERGE = (
    "exportsurveytables",
    "importsurveytables",
    "importevidence",
    "packagefield",
    "mergefield",
)
READERS = (CHECK, EVAL, EXP, PRE, PACK, IMP, EV)


def _one(**given):
    return lambda s: dict(given)


# -- survey files ------------------------------------------------------------


def _file(content: bytes):
    """A survey of this content."""
    return lambda s: {"SURVEY": g.text(s.file("坏调查.gpkg"), content)}


def _changed(*statements: str):
    """The sound survey after statements of somebody else's."""

    def make(site: Site):
        path = site.survey()
        connection = sqlite3.connect(path)
        try:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        finally:
            connection.close()
        return {"SURVEY": str(path)}

    return make


def _torn(site: Site):
    path = site.survey()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    return {"SURVEY": str(path)}


def _garbled(site: Site):
    path = site.survey()
    content = bytearray(path.read_bytes())
    for at in range(5 * 4096, len(content) - 4096, 3 * 4096):
        content[at : at + 600] = b"\xa5" * 600
    path.write_bytes(bytes(content))
    return {"SURVEY": str(path)}


def _plain_gpkg(site: Site):
    return {"SURVEY": site["CHANNELS"]}


def _needed(algorithm: str):
    """What an algorithm needs beside its survey, so that only the survey is bad."""
    if algorithm == IMP:
        return lambda s: {"WORKBOOK": _workbook(s)}
    if algorithm == EV:
        return lambda s: {"FILES": [_gpx(s)]}
    return lambda s: {}


def _spoilt(algorithm: str, spoil):
    return lambda s: {**_needed(algorithm)(s), **spoil(s)}


NEWER = "UPDATE meta SET value = '999' WHERE key = 'schema_version'"
TRIGGER = "CREATE TRIGGER bad AFTER INSERT ON villages BEGIN DELETE FROM a7; END"

# -- workbooks ---------------------------------------------------------------


def _workbook(site: Site, name="填好.xlsx", change=None) -> str:
    """The sound table A.7 as a workbook, then changed."""
    from openpyxl import load_workbook
    from qgis import processing

    folder = site.bad / "made"
    processing.run(
        "qingliu:exportsurveytables",
        {"SURVEY": str(site.survey()), "TABLES": "a7", "FORMAT": "xlsx", "OUTPUT_FOLDER": str(folder)},
    )
    (made,) = folder.glob("*.xlsx")
    target = site.file(name)
    shutil.move(made, target)
    if change is not None:
        book = load_workbook(target)
        change(book)
        book.save(target)
    return str(target)


def _book(change=None, **more):
    return lambda s: {"WORKBOOK": _workbook(s, change=change), **more}


def _cell(book, key: str):
    """The first data cell of a column, found by the hidden line of keys."""
    sheet = book.worksheets[0]
    line = next(r for r in range(1, sheet.max_row + 1) if sheet.cell(r, 1).value == "#keys")
    at = next(c for c in range(3, sheet.max_column + 1) if sheet.cell(line, c).value == key)
    row = next(
        r
        for r in range(line + 1, sheet.max_row + 1)
        if sheet.cell(r, 1).value and len(str(sheet.cell(r, 1).value)) > 30
    )
    return sheet.cell(row, at)


def _fill(key: str, value):
    def change(book):
        _cell(book, key).value = value

    return change


def _renamed(book):
    book.worksheets[0].title = "别的表"
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if cell.coordinate not in ():
                try:
                    cell.value = None
                except AttributeError:  # merged cells have no value of their own
                    continue


def _bomb(site: Site):
    """A workbook whose sheet is a bomb of entities."""
    path = site.file("炸弹.xlsx")
    doc = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("xl/workbook.xml", doc)
        made.writestr("xl/worksheets/sheet1.xml", doc)
    return {"WORKBOOK": str(path)}


def _bad(fact: str):
    """The list of differences names a bad cell by this fact."""

    def right(found):
        assert found.results["BAD"] >= 1, found.results
        told = str(rows_of(found.results["OUTPUT"]))
        assert fact in told, told

    return right


# -- evidence ----------------------------------------------------------------

_GPX = '<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'
_POINT = '<wpt lat="27.12" lon="114.005"><time>2025-06-18T07:30:00Z</time><name>点</name></wpt>'


def _gpx(site: Site, body=_POINT, name="轨迹.gpx", before="") -> str:
    return g.text(site.file(name), before + _GPX.format(body))


def _evidence(make):
    return lambda s: {"FILES": [make(s)]}


_ENTITY = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
_KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>{}</name><Point><coordinates>{}</coordinates></Point></Placemark></kml>'


def _kmz(member: str, content: bytes = b"<kml/>"):
    def make(site: Site):
        path = site.file("坏.kmz")
        with zipfile.ZipFile(path, "w") as made:
            made.writestr(member, content)
        return str(path)

    return _evidence(make)


# -- packages ----------------------------------------------------------------


def _package(site: Site, change=None, name="回来") -> str:
    """A package of the sound survey, then changed."""
    folder = site.package(name)
    if change is not None:
        change(folder)
    return str(folder)


def _back(change=None, **more):
    return lambda s: {"PACKAGE": _package(s, change), **more}


def _gpkg(folder: Path) -> Path:
    return next(iter(folder.glob("*.gpkg")))


def _emptied(folder: Path) -> None:
    _gpkg(folder).write_bytes(b"")


def _cut(folder: Path) -> None:
    path = _gpkg(folder)
    path.write_bytes(path.read_bytes()[:5000])


def _zipped(site: Site, *names: str):
    path = site.file("坏包.zip")
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return {"PACKAGE": str(path)}


def _other_survey(site: Site):
    from qgis import processing

    other = site.bad / "other.gpkg"
    processing.run(
        "qingliu:createsurvey",
        {"DESTINATION": str(other), "NAME": "别处", "TYPE": "livable", "BOUNDARY": site["BOUNDARY"]},
    )
    folder = site.bad / "别人的"
    processing.run(
        "qingliu:packagefield", {"SURVEY": str(other), "TARGET": "qfield", "OUTPUT_FOLDER": str(folder)}
    )
    return {"PACKAGE": str(folder)}


def _decisions(content, encoding="utf-8"):
    return lambda s: {"PACKAGE": _package(s), "DECISIONS": g.text(s.file("坏定.csv"), content, encoding)}


_HEADER = b"SQLite format 3\x00" + struct.pack(">H", 4096) + b"\x00" * 4000

_OPEN: list[sqlite3.Connection] = []  # held until the next case lets go


def _held(site: Site):
    """Another programme has begun to write and does not end."""
    while _OPEN:
        _OPEN.pop().close()
    path = site.survey()
    _OPEN.append(sqlite3.connect(path, isolation_level=None))
    _OPEN[-1].execute("BEGIN IMMEDIATE")
    return {"SURVEY": str(path)}


def _nowhere(site: Site):
    return {"OUTPUT": str(site.file("无") / "a.gpkg")}


def _heads(book):
    """Somebody broke the printed heads over lines and put blanks around them."""
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=1, max_row=8):
        for cell in row:
            if (
                isinstance(cell.value, str)
                and not cell.value.startswith("#")
                and "row" not in str(cell.coordinate)
            ):
                cell.value = f" {cell.value}\n"


def _below(book):
    sheet = book.worksheets[0]
    sheet.cell(sheet.max_row + 3, 3).value = "合计"


def _zip_bomb(site: Site):
    path = site.file("炸弹.xlsx")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("xl/workbook.xml", b"0" * 300_000_000)
    return {"WORKBOOK": str(path)}


CASES = [
    # -- a new survey
    refuse("no name", CREATE, _one(NAME="  "), "QL-STORE-NONAME"),
    refuse("destination exists", CREATE, lambda s: {"DESTINATION": g.text(s.file("旧.gpkg"), b"x")}, "QL-STORE-EXISTS", says="旧.gpkg"),
    refuse("destination is no geopackage", CREATE, lambda s: {"DESTINATION": str(s.out / "a.shp")}, "QL-STORE-NOTGPKG", says="a.shp"),
    refuse("destination in no folder", CREATE, lambda s: {"DESTINATION": str(s.out / "无" / "a.gpkg")}, "QL-OUT-FOLDER"),
    refuse("destination is the boundary", CREATE, lambda s: {"DESTINATION": s["BOUNDARY"]}, "QL-STORE-EXISTS"),
    refuse("type that there is not", CREATE, _one(TYPE="city"), "QL-PARAM-VALUE"),
    refuse("crs of nonsense", CREATE, _one(CRS="EPSG:999999"), "QL-(STORE-NOCRS|PARAM-VALUE)"),
    refuse("crs of a mine", CREATE, _one(CRS="WKT:" + g.LOCAL_WKT), "QL-(STORE-NOCRS|PARAM-VALUE)"),
    warn("crs in degrees", CREATE, _one(CRS="EPSG:4490"), "QL-STORE-NOTMETRES"),
    refuse("neither crs nor boundary", CREATE, _one(BOUNDARY=None), "QL-STORE-NOCRS"),
    refuse("county of nothing", CREATE, lambda s: {"COUNTY": g.text(s.file("坏县.yaml"), "")}, "QL-STD-NOTMAPPING", says="坏县"),
    exact("name like a statement", CREATE, _one(NAME="'); DROP TABLE a1; --", CODE="../../x"), lambda f: Path(f.results["SURVEY"]).is_file()),
    warn("boundary crosses itself", CREATE, lambda s: {"BOUNDARY": g.vector(s.file("坏边界.gpkg"), [(g.bow_tie(0, 0, 300), {})], kind="Polygon")}, "QL-LAYER-REPAIRED", says="坏边界"),
    # -- a survey that is none, for everybody who reads one
    *[refuse("survey that is not there", a, _spoilt(a, lambda s: {"SURVEY": str(s.file("无.gpkg"))}), "QL-STORE-NOFILE", says="无.gpkg") for a in READERS],
    *[refuse("survey of no bytes", a, _spoilt(a, _file(b"")), "QL-STORE-(NOTSURVEY|UNREADABLE|DAMAGED)", says="坏调查") for a in READERS],
    *[refuse("survey of text", a, _spoilt(a, _file("这不是调查".encode() * 500)), "QL-STORE-(NOTSURVEY|UNREADABLE|DAMAGED)", says="坏调查") for a in READERS],
    *[refuse("a layer in place of the survey", a, _spoilt(a, _plain_gpkg), "QL-STORE-NOTSURVEY", says="channels") for a in READERS],
    refuse("survey of a header only", CHECK, _file(_HEADER), "QL-STORE-(NOTSURVEY|UNREADABLE|DAMAGED)", says="坏调查"),
    refuse("survey cut off", EVAL, _torn, "QL-STORE-(DAMAGED|UNREADABLE|NOTSURVEY)", says="survey"),
    refuse("survey with garbled pages", CHECK, _garbled, "QL-STORE-(DAMAGED|UNREADABLE|NOTSURVEY)", says="survey"),
    refuse("survey of a newer programme is not written to", PRE, _changed(NEWER), "QL-STORE-(NEWER|READONLY)"),
    warn("survey of a newer programme is read", CHECK, _changed(NEWER), "QL-STORE-NEWER"),
    warn("survey with a foreign trigger", CHECK, _changed(TRIGGER), "QL-STORE-FOREIGN", says="bad"),
    refuse("survey with a foreign trigger is not written to", PRE, _changed(TRIGGER), "QL-STORE-(READONLY|FOREIGN)"),
    exact("survey without a table", CHECK, _changed("DROP TABLE a9"), lambda f: rows_of(f.results["OUTPUT"])),
    refuse("survey with infinite numbers", EVAL, _changed("UPDATE a7 SET households = 9e999"), "QL-PROV-NOTFINITE", says="a7.*households.*inf"),
    # -- reading it
    refuse("type of no kind", EVAL, _one(TYPE="city"), "QL-PARAM-VALUE", says="TYPE"),
    refuse("a date of nonsense", EVAL, _one(EVALUATION_DATE="明天"), "QL-EVAL-.*", says="明天"),
    refuse("a date of the year 20260", EVAL, _one(EVALUATION_DATE="20260-01-01"), "QL-EVAL-.*", says="20260"),
    refuse("the thirty-first of february", EVAL, _one(EVALUATION_DATE="2025-02-31"), "QL-EVAL-.*", says="2025-02-31"),
    refuse("a county file that is a list", EVAL, lambda s: {"COUNTY": g.text(s.file("坏县.yaml"), "- a")}, "QL-STD-NOTMAPPING", says="坏县"),
    refuse("an error of 400 per cent", EVAL, _one(CLASS_ERROR=400), "QL-PARAM-VALUE"),
    refuse("a table that there is not", EXP, _one(TABLES="a99"), "QL-PRINT-NOTABLE", says="a99"),
    refuse("a format that there is not", EXP, _one(FORMAT="exe"), "QL-PARAM-VALUE"),
    refuse("the folder is a file", EXP, lambda s: {"OUTPUT_FOLDER": g.text(s.file("文件"), "x")}, "QL-(PRINT-NOFOLDER|OUT-.*|RUN-FILE)"),
    refuse("results where no folder is", PRE, lambda s: {"OUTPUT": str(s.file("无") / "a.gpkg")}, "QL-OUT-SINK"),
    # -- workbooks
    refuse("workbook that is not there", IMP, lambda s: {"WORKBOOK": str(s.file("无.xlsx"))}, "QL-PRINT-NOFILE", says="无.xlsx"),
    refuse("workbook that is text", IMP, lambda s: {"WORKBOOK": g.text(s.file("坏表.xlsx"), "a,b\n1,2")}, "QL-PRINT-NOTXLSX", says="坏表"),
    refuse("workbook of no bytes", IMP, lambda s: {"WORKBOOK": g.text(s.file("坏表.xlsx"), b"")}, "QL-PRINT-NOTXLSX", says="坏表"),
    refuse("workbook that is an old .xls", IMP, lambda s: {"WORKBOOK": g.text(s.file("坏表.xls"), b"\xd0\xcf\x11\xe0" * 99)}, "QL-PARAM-VALUE", says="坏表"),
    refuse("workbook with a bomb of entities", IMP, _bomb, "QL-PRINT-NOTXLSX", says="炸弹"),
    refuse("workbook of no known sheet", IMP, _book(_renamed), "QL-PRINT-NOSHEET", says="填好"),
    refuse("workbook for a table that there is not", IMP, _book(TABLE="a99"), "QL-PRINT-.*", says="a99"),
    exact("words where a number belongs", IMP, _book(_fill("households", "许多")), _bad("许多")),
    exact("a slash where a number belongs", IMP, _book(_fill("households", "/")), lambda f: f.results["BAD"] in (0, 1)),
    exact("full-width digits where a number belongs", IMP, _book(_fill("households", "４０")), lambda f: f.results["CHANGED"] == 1 and f.results["BAD"] == 0),
    exact("thousands with a comma", IMP, _book(_fill("households", "1,200")), lambda f: "1200" in str(rows_of(f.results["OUTPUT"]))),
    exact("a formula that computes nothing", IMP, _book(_fill("households", "=1/0")), lambda f: f.results["BAD"] + f.results["CHANGED"] >= 1),
    exact("a number below nought", IMP, _book(_fill("households", -5)), _bad("-5")),
    exact("a text of ten thousand signs", IMP, _book(_fill("natural_village", "村" * 10_000)), lambda f: f.results["CHANGED"] == 1),
    refuse("bad cells are never applied", IMP, _book(_fill("households", "许多"), APPLY=True), "QL-PRINT-.*", says="许多"),
    # -- evidence
    refuse("no file", EV, _one(), "QL-FIELD-NOFILES"),
    refuse("files that are not there", EV, lambda s: {"FILES": [str(s.file("无.gpx"))]}, "QL-FIELD-NOSUCHFILE", says="无.gpx"),
    refuse("folder that is not there", EV, lambda s: {"FOLDER": str(s.file("无"))}, "QL-FIELD-NOSUCHFILE"),
    refuse("a track of no point", EV, _evidence(lambda s: _gpx(s, "")), "QL-FIELD-.*", says="轨迹"),
    refuse("a track with an external entity", EV, _evidence(lambda s: _gpx(s, _POINT.replace("点", "&e;"), before=_ENTITY)), "QL-FIELD-.*", says="轨迹"),
    refuse("a track that is cut off", EV, lambda s: {"FILES": [g.text(s.file("轨迹.gpx"), _GPX.format(_POINT)[:-30])]}, "QL-FIELD-.*", says="轨迹"),
    refuse("a track at latitude 9e99", EV, _evidence(lambda s: _gpx(s, _POINT.replace("27.12", "9e99"))), "QL-CRS-OUTSIDE", says="轨迹.*9e"),
    warn("a track in the year 20260", EV, _evidence(lambda s: _gpx(s, _POINT.replace("2025-", "20260-"))), "QL-FIELD-.*", says="轨迹|点"),
    refuse("a photo that is text", EV, lambda s: {"FILES": [g.text(s.file("坏照.jpg"), "不是照片")]}, "QL-FIELD-.*", says="坏照"),
    refuse("a photo of no bytes", EV, lambda s: {"FILES": [g.text(s.file("坏照.jpg"), b"")]}, "QL-FIELD-.*", says="坏照"),
    refuse("placemarks with a doctype", EV, lambda s: {"FILES": [g.text(s.file("坏.kml"), _ENTITY + _KML.format("&e;", "114.005,27.12"))]}, "QL-FIELD-.*", says="坏.kml"),
    refuse("placemarks of words", EV, lambda s: {"FILES": [g.text(s.file("坏.kml"), _KML.format("x", "东经,北纬"))]}, "QL-FIELD-.*", says="坏.kml"),
    refuse("a kmz that leaves its folder", EV, _kmz("../../evil.kml"), "QL-FIELD-.*", says="坏.kmz"),
    refuse("a kmz of nothing", EV, _kmz("a.txt"), "QL-FIELD-.*", says="坏.kmz"),
    refuse("a kmz that is no zip", EV, lambda s: {"FILES": [g.text(s.file("坏.kmz"), "PK")]}, "QL-FIELD-.*", says="坏.kmz"),
    refuse("an orthophoto without crs", EV, lambda s: {"FILES": [g.raster(s.file("正射.tif"), g.valley(), epsg=None)]}, "QL-FIELD-.*", says="正射"),
    refuse("a row that there is not", EV, lambda s: {"FILES": [_gpx(s)], "TABLE": "a7", "ROW_UUID": "none"}, "QL-FIELD-NOROW", says="none"),
    refuse("a table like a statement", EV, lambda s: {"FILES": [_gpx(s)], "TABLE": "a7; DROP TABLE a7", "ROW_UUID": "x"}, "QL-FIELD-NOROW", says="DROP"),
    refuse("a link distance below nought", EV, lambda s: {"FILES": [_gpx(s)], "LINK_DISTANCE": -1}, "QL-PARAM-VALUE"),
    # -- packages
    refuse("a folder that is not empty", PACK, lambda s: {"OUTPUT_FOLDER": str(Path(g.text(s.bad / "满" / "a.txt", "x")).parent)}, "QL-FIELD-(EXISTS|UNMERGED)", says="满"),
    refuse("a package into a file", PACK, lambda s: {"OUTPUT_FOLDER": g.text(s.file("文件"), "x")}, "QL-(FIELD|OUT|RUN)-.*"),
    refuse("a resolution below nought", PACK, _one(RESOLUTION=-1), "QL-PARAM-VALUE"),
    refuse("a package that is not there", MERGE, lambda s: {"PACKAGE": str(s.file("无"))}, "QL-FIELD-NOPACKAGE", says="无"),
    refuse("a package of an empty folder", MERGE, lambda s: {"PACKAGE": str(s.out)}, "QL-FIELD-NOPACKAGE"),
    refuse("a package that is a photo", MERGE, lambda s: {"PACKAGE": g.text(s.file("坏包.jpg"), b"\xff\xd8\xff")}, "QL-(FIELD|STORE)-.*", says="坏包"),
    refuse("a package zipped with names that leave it", MERGE, lambda s: _zipped(s, "../../evil.gpkg"), "QL-(FIELD|STORE)-.*", says="坏包"),
    refuse("a package whose file is empty", MERGE, _back(_emptied), "QL-(FIELD|STORE)-.*", says="gpkg"),
    refuse("a package cut off", MERGE, _back(_cut), "QL-(FIELD|STORE)-.*", says="gpkg"),
    refuse("a package of another survey", MERGE, _other_survey, "QL-FIELD-OTHERSURVEY"),
    refuse("the survey itself as its package", MERGE, lambda s: {"PACKAGE": str(s.survey())}, "QL-FIELD-.*", says="survey"),
    refuse("decisions of nonsense", MERGE, _decisions("a,b\n1,2\n"), "QL-FIELD-.*", says="坏定"),
    refuse("decisions that are binary", MERGE, _decisions(b"\xff\xfe\x00\x80" * 50), "QL-FIELD-.*", says="坏定"),
    refuse("decisions that are not there", MERGE, lambda s: {"PACKAGE": _package(s), "DECISIONS": str(s.file("无.csv"))}, "QL-FIELD-.*", says="无.csv"),
    # -- where results go, for those who write into the survey
    refuse("the list where no folder is, with changes to apply", IMP, lambda s: {**_book(_fill("households", 99))(s), "APPLY": True, **_nowhere(s)}, "QL-OUT-SINK"),
    refuse("the list where no folder is, with evidence to bring", EV, lambda s: {"FILES": [_gpx(s)], **_nowhere(s)}, "QL-OUT-SINK"),
    refuse("the list where no folder is, with a package to merge", MERGE, lambda s: {"PACKAGE": _package(s), "APPLY": True, **_nowhere(s)}, "QL-OUT-SINK"),
    *[refuse("the list over the survey", a, lambda s, a=a: {**_needed(a)(s), "OUTPUT": str(s.survey())}, "QL-OUT-INPUT", says="SURVEY") for a in (PRE, CHECK, EVAL, IMP, EV)],
    refuse("the list over the package", MERGE, lambda s: {"PACKAGE": str(_gpkg(Path(_package(s)))), "OUTPUT": str(_gpkg(s.bad / "回来"))}, "QL-OUT-INPUT", says="PACKAGE"),
    refuse("an erosion field that is not there", PRE, lambda s: {"EROSION": s["EROSION"], "EROSION_FIELD": "级别"}, "QL-LAYER-NOFIELD", says="erosion.*级别"),
    refuse("land use of another list", PRE, lambda s: {"LANDUSE": g.vector(s.file("坏地类.gpkg"), [(g.box(), {"landuse": "甲"})], kind="Polygon")}, "QL-LANDUSE-OTHERLIST", says="坏地类"),
    warn("mean heat of a thousand degrees", PRE, lambda s: {"TEMPERATURE": g.raster(s.file("坏温.tif"), np.full((100, 200), 1000.0, np.float32))}, "QL-PREFILL-IMPOSSIBLE", says="mean_temperature_c.*1000"),
    warn("a cover of two hundred per cent", PRE, lambda s: {"COVER": g.raster(s.file("坏盖度.tif"), np.full((100, 200), 200.0, np.float32))}, "QL-PREFILL-IMPOSSIBLE", says="vegetation_cover_pct"),
    refuse("a survey that somebody else holds", PRE, _held, "QL-STORE-BUSY", says="survey", marks=(pytest.mark.slow,)),
    # -- more workbooks
    exact("a date that is none", IMP, _book(_fill("natural_village", "2025-02-31")), lambda f: f.results["BAD"] == 0),
    exact("a number of a hundred digits", IMP, _book(_fill("households", "9" * 100)), _bad("999")),
    refuse("a number of five thousand digits is never applied", IMP, _book(_fill("households", "9" * 5000), APPLY=True), "QL-PRINT-.*", says="999"),
    exact("heads with blanks and breaks", IMP, _book(_heads), lambda f: f.results["BAD"] == 0),
    exact("rows below the table", IMP, _book(_below), lambda f: f.results["BAD"] == 0),
    refuse("workbook as a zip of a million noughts", IMP, _zip_bomb, "QL-PRINT-(NOTXLSX|TOOLARGE)", says="炸弹"),
]  # fmt: skip
