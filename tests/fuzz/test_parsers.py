"""Arbitrary and slightly spoilt input for every reader of our own: data, or an error with a code, in little time.

``make fuzz`` runs these for long; the suite a few examples each.
"""

from __future__ import annotations

import io
import json
import shutil
import struct
import zipfile
from pathlib import Path

import pytest
import yaml

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from qingliu.core.data import RESOURCES  # noqa: E402
from qingliu.core.errors import QingliuError  # noqa: E402

loose = settings(suppress_health_check=list(HealthCheck))

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30),
    st.sampled_from(["", "0", "-1", "1e400", "nan", "村", "a/../b", "[%1%]", "{0}", "\0", "=1"]),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5)
    | st.dictionaries(st.text(max_size=12) | st.integers(), inner, max_size=5),
    max_leaves=20,
)


def coded(work):
    """``work()``; only errors with a code may come out of it."""
    try:
        return work()
    except QingliuError as error:
        assert error.code.startswith("QL-") and len(error.text("zh")) < 100_000 and error.text("en")
        return None


@st.composite
def spoilt(draw, sample):
    """A sample with some of its bytes changed, cut or doubled."""
    data = bytearray(sample)
    for _ in range(draw(st.integers(1, 6))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        how = draw(st.integers(0, 4))
        if how == 0:
            data[at] = draw(st.integers(0, 255))
        elif how == 1:
            del data[at : at + draw(st.integers(1, 60))]
        elif how == 2:
            data[at:at] = draw(st.binary(max_size=20))
        elif how == 3:
            data[at:at] = data[at : at + draw(st.integers(1, 200))]
        else:
            data = data[:at] if draw(st.integers(0, 9)) == 0 else data
    return bytes(data)


def changed(draw, tree, depth=0):
    """A tree of YAML with one of its nodes replaced, dropped or renamed."""
    if isinstance(tree, dict) and tree and (depth < 1 or draw(st.booleans())):
        key = draw(st.sampled_from(sorted(tree, key=str)))
        how = draw(st.integers(0, 4))
        rest = {k: v for k, v in tree.items() if k != key}
        if how == 0:
            return rest
        if how == 1:
            return {**rest, draw(st.text(max_size=8)): tree[key]}
        return {**rest, key: changed(draw, tree[key], depth + 1)}
    if isinstance(tree, list) and tree and draw(st.booleans()):
        at = draw(st.integers(0, len(tree) - 1))
        return [*tree[:at], changed(draw, tree[at], depth + 1), *tree[at + 1 :]]
    return draw(TREES)


# -- texts --------------------------------------------------------------------------------
@loose
@given(
    st.text(max_size=40)
    | st.from_regex(r"[A-V]\d{1,2}[A-H]\d{6}|[0-9A-Z]+-\d+-[\d()甲乙丙丁]+", fullmatch=True)
)
def test_sheet_numbers(text):
    from qingliu.core.mapsheets.numbers import number, parse_number

    sheet = coded(lambda: parse_number(text))
    if sheet is not None:
        assert parse_number(number(sheet)) == sheet


@loose
@given(st.text(max_size=200))
def test_overrides_shifts_and_sources(text):
    from qingliu.core.background import shifted_background
    from qingliu.core.datum_shift import parse_shift
    from qingliu.core.messages import redacted
    from qingliu.core.zoning.rules import parse_overrides

    coded(lambda: parse_overrides(text))
    coded(lambda: parse_shift(text, "beijing54", "cgcs2000"))
    coded(lambda: shifted_background(text))
    assert isinstance(redacted(text), str)


@loose
@given(st.text(max_size=400))
def test_names_of_files(text):
    from qingliu.core.field.names import ascii_name, photo_name, safe_relative
    from qingliu.layers.surveyevidence import safe_name

    for name in (ascii_name(text), safe_name(text), photo_name(text, text, text, ".jpg", ())):
        assert name and not set('<>:"/\\|?*\0') & set(name) and len(name) < 200 and name not in (".", "..")
    path = safe_relative(text)
    assert path is None or (not path.is_absolute() and ".." not in path.parts)


# -- YAML -----------------------------------------------------------------------------------
@loose
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_yaml_of_anything(data):
    from qingliu.core.data import parse_untrusted

    try:
        parse_untrusted(data)
    except yaml.YAMLError:
        return


COUNTY = {
    "name": "练习县", "year": 2024, "source": "公报", "county_target_2035": 80.0, "county_current_mean": 75.0,
    "no_cultivation_slope_deg": 25, "thresholds": [{"indicator": 1, "operator": ">=", "value": 90}],
    "datum": [{"from": "beijing54", "to": "cgcs2000", "dx": 1, "dy": 2, "dz": 3}],
}  # fmt: skip


@loose
@given(st.data())
def test_county_profiles(data):
    from qingliu.core.county import county_from

    coded(lambda: county_from(changed(data.draw, COUNTY)))


SCHEME = yaml.safe_load(
    (RESOURCES / "standard" / "slt534-draft2023" / "zoning" / "three.yaml").read_text("utf-8")
)


@loose
@given(data=st.data())
def test_schemes_of_zones(data, tmp_path_factory):
    from qingliu.core.zoning.rules import load_scheme

    path = tmp_path_factory.getbasetemp() / "scheme.yaml"
    path.write_text(yaml.safe_dump(changed(data.draw, SCHEME), allow_unicode=True), encoding="utf-8")
    coded(lambda: load_scheme("custom", custom=path))


CASE = {"name": "x", "code": "1", "type": "livable", "layers": {"DEM": {"file": "dem.tif"}, "LANDUSE":
        {"file": "dem.tif", "field": "a", "map": "m.csv"}}, "parameters": {"OUTLET": "1,2"}}  # fmt: skip


@loose
@given(data=st.data())
def test_cases(data, tmp_path_factory):
    from qingliu.core.case import read_case

    folder = tmp_path_factory.getbasetemp() / "case"
    folder.mkdir(exist_ok=True)
    (folder / "dem.tif").touch()
    text = yaml.safe_dump(changed(data.draw, CASE), allow_unicode=True)
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    case = coded(lambda: read_case(folder))
    if case is not None:
        coded(case.role_parameters)


# -- CSV and JSON -----------------------------------------------------------------------------
MAP = "code,gbt21010\n1,0101\n水田,0102\n".encode()
PRICES = "measure,unit,price,fund\nterrace,hm2,1000,县\n".encode()


@loose
@given(st.binary(max_size=300) | spoilt(MAP) | spoilt(PRICES))
def test_tables_of_codes_and_prices(data):
    from qingliu.core.landuse import parse_map
    from qingliu.core.layoutplan.prices import parse_prices
    from qingliu.core.standard import default_edition

    coded(lambda: parse_map(data, "x.csv"))
    coded(lambda: parse_prices(data, "x.csv", default_edition()))


@loose
@given(text=st.text(max_size=400))
def test_decisions(text, tmp_path_factory):
    pytest.importorskip("qgis.core")
    from qingliu.processing.mergefield import read_decision_file

    path = tmp_path_factory.getbasetemp() / "decisions.csv"
    path.write_bytes(("table,row_uuid,field,choice\n" + text).encode("utf-8", "surrogatepass"))
    coded(lambda: read_decision_file(path))


@loose
@given(TREES)
def test_kept_evaluations(tree):
    from qingliu.core.evaluation.snapshot import from_json

    coded(lambda: from_json(json.dumps(tree)))


@loose
@given(tree=TREES)
def test_drafts(tree, tmp_path_factory):
    from qingliu.layers.store import Drafts

    folder = tmp_path_factory.getbasetemp() / "drafts"
    folder.mkdir(exist_ok=True)
    (folder / "a.json").write_text(json.dumps(tree), encoding="utf-8")
    assert Drafts(folder).left("x") == []


TAGS = ["EXIF_GPSLatitude", "EXIF_GPSLatitudeRef", "EXIF_GPSLongitude", "EXIF_GPSLongitudeRef",
        "EXIF_DateTimeOriginal", "EXIF_GPSImgDirection", "EXIF_OffsetTimeOriginal"]  # fmt: skip
ANGLES = st.from_regex(r"\(-?\d+(\.\d+)?\) ?(\((nan|inf|1e999|\d+)\) ?){0,3}", fullmatch=True)


@loose
@given(st.dictionaries(st.sampled_from(TAGS), st.text(max_size=30) | ANGLES))
def test_exif(metadata):
    from qingliu.core.field.evidence import exif_facts

    facts = exif_facts(metadata)
    if facts.place is not None:
        assert -180 <= facts.place[0] <= 180 and -90 <= facts.place[1] <= 90


# -- geometry ----------------------------------------------------------------------------------
SQUARE = (
    struct.pack("<BII", 1, 6, 1)
    + struct.pack("<BIII", 1, 3, 1, 5)
    + struct.pack("<10d", 0, 0, 1, 0, 1, 1, 0, 1, 0, 0)
)
BLOB = struct.pack("<2sBBi4d", b"GP", 0, 3, 4547, 0.0, 1.0, 0.0, 1.0) + SQUARE


@loose
@given(st.binary(max_size=120) | spoilt(SQUARE))
def test_well_known_binary(data):
    from qingliu.layers.store import geometry

    coded(lambda: geometry.envelope_of_wkb(data))
    coded(lambda: geometry.fitted(data, "MULTIPOLYGON"))
    coded(lambda: geometry.to_blob(data, 4547))


@loose
@given(st.binary(max_size=120) | spoilt(BLOB))
def test_blobs_of_geopackages(data):
    from qingliu.layers.store import geometry

    coded(lambda: geometry.to_wkb(data))
    coded(lambda: geometry.envelope_of_blob(data))


@loose
@given(st.binary(max_size=120) | spoilt(SQUARE))
def test_shapes_of_the_core(data):
    pytest.importorskip("shapely")
    from qingliu.core.planar import ShapelyPlanar

    coded(lambda: ShapelyPlanar().read(data, "x"))


# -- files, with GDAL and QGIS --------------------------------------------------------------------
@pytest.fixture(scope="module")
def survey(qgis_app, tmp_path_factory):
    """A survey at rest."""
    import importlib.util

    path = Path(__file__).resolve().parents[1] / "plugin" / "field_surveys.py"
    spec = importlib.util.spec_from_file_location("fuzz_surveys", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_survey(tmp_path_factory.mktemp("fuzz"))


KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>
<name>点</name>
<TimeStamp><when>2025-06-18T10:15:00Z</when></TimeStamp><Point><coordinates>114,27,5</coordinates></Point>
</Placemark><Placemark><LineString>
<coordinates>114,27 114.1,27.1</coordinates></LineString></Placemark></Document></kml>"""
GPX = """<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="27" lon="114">
<time>2025-06-18T10:15:00Z</time><name>a</name></wpt>
<trk><trkseg><trkpt lat="27" lon="114"><time>2025-06-18T10:15:00Z</time>
</trkpt><trkpt lat="27.1" lon="114.1"/></trkseg></trk></gpx>"""


@loose
@given(data=st.data(), kind=st.sampled_from([".kml", ".gpx", ".kmz"]))
def test_tracks(data, kind, qgis_app, tmp_path_factory):
    from qingliu.layers.fieldevidence import read_items

    path = tmp_path_factory.getbasetemp() / f"track{kind}"
    text = data.draw(spoilt((GPX if kind == ".gpx" else KML).encode()))
    if kind == ".kmz":
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("doc.kml", text)
        text = data.draw(st.just(made.getvalue()) | spoilt(made.getvalue()))
    path.write_bytes(text)
    coded(lambda: read_items(path))


@loose
@given(data=st.data())
def test_photos(data, qgis_app, tmp_path_factory):
    from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice
    from qgis.PyQt.QtGui import QImage
    from qingliu.layers import dossierfiles, fieldevidence, surveyphotos

    image = QImage(16, 16, QImage.Format.Format_RGB32)
    image.fill(0)
    raw = QByteArray()
    buffer = QBuffer(raw)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG")
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x1a\0\0\0"
    exif += b"\0\0\0\0\x01\0\x02\0\x05\0\x03\0\0\0\x2c\0\0\0\0\0\0\0"
    plain = bytes(raw)
    sample = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]
    path = tmp_path_factory.getbasetemp() / "photo.jpg"
    path.write_bytes(data.draw(spoilt(sample)))
    coded(lambda: fieldevidence.photo_item(path))
    coded(lambda: surveyphotos.look_at(path))
    surveyphotos.thumbnail(path, 16)
    dossierfiles.picture_of(path)


@loose
@given(data=st.data())
def test_projects(data, qgis_app, tmp_path_factory):
    from qingliu.layers.foreignproject import look_at_project

    text = '<!DOCTYPE qgis><qgis version="3.22"><projectlayers><maplayer><datasource>./a.gpkg</datasource><provider>ogr'
    text += '</provider></maplayer></projectlayers><Layouts><Layout><LayoutItem type="65640" file="a"/>'
    text += "</Layout></Layouts></qgis>"
    path = tmp_path_factory.getbasetemp() / "a.qgs"
    path.write_bytes(data.draw(spoilt(text.encode())))
    coded(lambda: look_at_project(path))


@loose
@given(data=st.data())
def test_survey_files_with_bytes_changed(data, survey, tmp_path_factory):
    """Some bytes of a page are other ones: opened or refused with a code, and never a row lost by opening."""
    import sqlite3

    from qingliu.layers.store import open_store

    folder = tmp_path_factory.getbasetemp() / "spoilt"
    folder.mkdir(exist_ok=True)
    path = folder / "survey.gpkg"
    for name in folder.iterdir():
        if name.is_dir():
            shutil.rmtree(name)
        else:
            name.unlink()
    raw = bytearray(survey.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        new = data.draw(st.binary(min_size=1, max_size=16))
        raw[at : at + len(new)] = new
    path.write_bytes(bytes(raw))

    def read():
        try:
            with open_store(path, daily_backup=False) as store:
                return sum(len(store.rows(n)) for n, t in store.tables().items() if t.tracked)
        except (
            sqlite3.DatabaseError
        ) as error:  # rows() of a file that is damaged where quick_check does not look
            assert "malformed" in str(error) or "decode" in str(error)
            return None

    coded(read)


@pytest.fixture(scope="module")
def workbook(survey):
    """The parts of a filled workbook."""
    pytest.importorskip("openpyxl")
    from qingliu.core.printing import form_of, sheets_of
    from qingliu.core.standard import default_edition
    from qingliu.layers.printing.excel import write_workbook

    edition = default_edition()
    (table,) = [t for t in edition.tables.values() if t.name == "a7"]
    path = survey.parent / "a7.xlsx"
    write_workbook(path, sheets_of(form_of(table, edition), [], [], "s"))
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@loose
@given(data=st.data())
def test_workbooks(data, workbook, tmp_path_factory):
    from qingliu.layers.printing.workbooks import read_workbook

    name = data.draw(st.sampled_from(sorted(workbook)))
    parts = {**workbook, name: data.draw(spoilt(workbook[name]))}
    path = tmp_path_factory.getbasetemp() / "fuzz.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    coded(lambda: read_workbook(path))
