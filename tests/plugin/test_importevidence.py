"""qingliu:importevidence: tracks, photos and orthophotos as dated rows linked to what they show."""

from __future__ import annotations

import csv
import importlib.util
import zipfile
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsPointXY,
    QgsProcessingException,
)

_spec = importlib.util.spec_from_file_location("field_surveys", Path(__file__).with_name("field_surveys.py"))
fs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fs)


@pytest.fixture
def survey(tmp_path):
    return fs.make_survey(tmp_path / "调查 一")


@pytest.fixture
def bring(run, survey, tmp_path):
    """bring(*files, **parameters) -> (results, rows of the list)."""

    def done(*files, **more):
        out = tmp_path / "evidence.csv"
        given = {"SURVEY": str(survey), "FILES": [str(f) for f in files], "OUTPUT": str(out), **more}
        found = run("qingliu:importevidence", given)
        with out.open(encoding="utf-8-sig", newline="") as stream:
            return found, list(csv.DictReader(stream))

    return done


def degrees(x, y):
    """Longitude and latitude of a place of the survey."""
    survey_crs, geographic = (QgsCoordinateReferenceSystem.fromEpsgId(n) for n in (4547, 4326))
    way = QgsCoordinateTransform(survey_crs, geographic, QgsCoordinateTransformContext())
    found = way.transform(QgsPointXY(fs.X0 + x, fs.Y0 + y))
    return found.x(), found.y()


def gpx(path, x, y):
    """A waypoint at (x, y) and a track of three points from there eastwards, 100 m each."""
    lon, lat = degrees(x, y)
    points = "".join(
        f'<trkpt lat="{b}" lon="{a}"><time>2025-06-18T{8 + i:02d}:00:00Z</time></trkpt>'
        for i, (a, b) in enumerate(degrees(x + 100 * i, y) for i in range(3))
    )
    path.write_text(
        f'<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">'
        f'<wpt lat="{lat}" lon="{lon}"><time>2025-06-18T07:30:00Z</time><name>排污口</name><desc>黑水</desc></wpt>'
        f'<rte><name>路线</name><rtept lat="{lat}" lon="{lon}"/><rtept lat="{lat}" lon="{lon + 0.001}"/></rte>'
        f"<trk><name>晨线</name><trkseg>{points}</trkseg></trk></gpx>",
        encoding="utf-8",
    )
    return path


KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>塘坝</name><TimeStamp>'
    "<when>2025-06-18T09:00:00Z</when></TimeStamp><Point><coordinates>{},{},12</coordinates></Point>"
    "</Placemark></Document></kml>"
)


def dms(value):
    """Degrees, minutes and seconds as cameras write them."""
    minutes = value % 1 * 60
    return float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 4)


def jpeg(path, x=None, y=None, moment="2025:06:18 10:15:00", direction=90.0):
    image = pytest.importorskip("PIL.Image")
    made = image.new("RGB", (8, 8), (10, 200, 30))
    exif = made.getexif()
    if moment:
        exif[0x8769] = {0x9003: moment}
    if x is not None:
        longitude, latitude = degrees(x, y)
        exif[0x8825] = {1: "N", 2: dms(latitude), 3: "E", 4: dms(longitude), 17: direction}
    made.save(path, exif=exif)
    return path


def near(row, x, y, tolerance=0.05):
    from qingliu.layers.planar import geometry_of

    found = geometry_of(row.wkb).asPoint()
    return abs(found.x() - fs.X0 - x) < tolerance and abs(found.y() - fs.Y0 - y) < tolerance


def test_points_tracks_and_routes_of_a_gpx_come_in_dated_and_linked(bring, survey, tmp_path):
    found, listed = bring(gpx(tmp_path / "晨 线.gpx", 510, 200), PERSON="李清")
    assert found["IMPORTED"] == 3 and found["LINKED"] == 3
    kinds = {d["kind"]: d for d in listed if d["note"].startswith(("排污口", "晨线"))}
    farm = fs.row_named(survey, "pollution_sources", "name", "猪场").uuid
    assert (kinds["point"]["note"], kinds["point"]["taken_at"]) == ("排污口 黑水", "2025-06-18T07:30:00Z")
    assert kinds["track"]["note"] == "晨线 0.2 km, 3 (08:00:00–10:00:00)"
    assert kinds["track"]["taken_at"] == "2025-06-18T08:00:00Z"
    assert {d["row_uuid"] for d in listed} == {farm} and float(kinds["point"]["distance_m"]) == pytest.approx(
        10, abs=0.1
    )
    row = fs.rows(survey, "photos")[kinds["point"]["uuid"]]
    assert near(row, 510, 200) and row.values["table_name"] == "pollution_sources"
    assert row.values["person"] == "李清" and row.values["created_by"] == "李清"
    path = survey.parent / row.values["path"]
    assert path.parent.name == "evidence" and path.name.isascii()
    assert path.read_bytes() == (tmp_path / "晨 线.gpx").read_bytes()


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2025-06-18T07:30:00+08:00", "2025-06-17T23:30:00Z"),  # an hour and a half after seven in Beijing
        ("2025-06-18T07:30:00-03:30", "2025-06-18T11:00:00Z"),
        ("2025-06-18T07:30:00Z", "2025-06-18T07:30:00Z"),
    ],
)
def test_the_zone_of_a_time_is_heeded(bring, survey, tmp_path, written, utc):
    path = gpx(tmp_path / "a.gpx", 510, 200)
    path.write_text(path.read_text("utf-8").replace("2025-06-18T07:30:00Z", written), encoding="utf-8")
    _, listed = bring(path)
    (point,) = [d for d in listed if d["kind"] == "point" and d["note"].startswith("排污口")]
    assert fs.rows(survey, "photos")[point["uuid"]].values["taken_at"] == utc.replace("Z", ".000Z")


def test_the_same_file_a_second_time_changes_nothing(bring, survey, tmp_path):
    track = gpx(tmp_path / "a.gpx", 510, 200)
    bring(track)
    before = fs.rows(survey, "photos")
    found, listed = bring(track)
    assert (found["IMPORTED"], found["KNOWN"]) == (0, 3) and {d["result"] for d in listed} == {"known"}
    assert fs.rows(survey, "photos") == before


def test_kml_and_kmz_say_the_same(bring, survey, tmp_path):
    text = KML.format(*degrees(300, 505))
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "b.kmz", "w") as archive:
        archive.writestr("doc.kml", text)
        archive.writestr("../../climb.txt", "x")
    _, listed = bring(tmp_path / "a.kml", tmp_path / "b.kmz")
    # GDAL without LIBKML cannot read the time of a placemark; that is said as a warning
    moment = "2025-06-18T09:00:00Z" if gdal.GetDriverByName("LIBKML") is not None else ""
    assert [(d["kind"], d["note"], d["taken_at"]) for d in listed] == [("point", "塘坝", moment)] * 2
    village = fs.row_named(survey, "villages", "name", "上店").uuid
    assert {d["row_uuid"] for d in listed} == {village}
    rows = fs.rows(survey, "photos")
    assert all(near(rows[d["uuid"]], 300, 505) for d in listed)
    assert not list(tmp_path.parent.rglob("climb.txt"))


def test_a_photo_comes_with_place_time_and_direction_under_the_name_of_its_row_and_date(
    bring, survey, tmp_path
):
    picture = jpeg(tmp_path / "IMG_1.JPG", 905, 500)
    _, (listed,) = bring(picture)
    village = fs.row_named(survey, "villages", "name", "下店").uuid
    assert (
        listed["row_uuid"] == village
        and listed["path"] == f"photos/villages_{village[:8]}_20250618-101500.jpg"
    )
    row = fs.rows(survey, "photos")[listed["uuid"]]
    assert near(row, 905, 500, 0.5)
    assert (row.values["direction"], row.values["taken_at"]) == (90.0, "2025-06-18T10:15:00.000Z")
    assert (survey.parent / listed["path"]).read_bytes() == picture.read_bytes()


def test_photos_without_place_or_time_are_kept_and_can_be_linked_by_name(bring, survey, tmp_path):
    village = fs.row_named(survey, "villages", "name", "下店").uuid
    plain = jpeg(tmp_path / "a.jpg", moment=None)
    _, (listed,) = bring(plain, TABLE="villages", ROW_UUID=village)
    row = fs.rows(survey, "photos")[listed["uuid"]]
    assert row.wkb is None and row.values["taken_at"] is None and row.values["row_uuid"] == village
    with pytest.raises(QgsProcessingException, match="QL-FIELD-NOROW"):
        bring(plain, TABLE="villages", ROW_UUID="nobody")


def test_nothing_is_linked_beyond_the_distance(bring, tmp_path):
    track = gpx(tmp_path / "a.gpx", 1500, 800)
    assert bring(track)[0]["LINKED"] == 0
    assert bring(gpx(tmp_path / "b.gpx", 1501, 800), LINK_DISTANCE=2000)[0]["LINKED"] == 3


def ortho(path, epsg=4547, cells=40):
    ref = osr.SpatialReference()
    ref.ImportFromEPSG(epsg)
    made = gdal.GetDriverByName("GTiff").Create(str(path), cells, cells, 3, gdal.GDT_Byte)
    made.SetGeoTransform((fs.X0 + 480, 1.0, 0, fs.Y0 + 220, 0, -1.0))
    made.SetProjection(ref.ExportToWkt())
    made.SetMetadataItem("TIFFTAG_DATETIME", "2025:06:17 09:00:00")
    made.GetRasterBand(1).WriteArray(np.full((cells, cells), 7, np.uint8))
    return path


def test_an_orthophoto_stands_at_its_centre_with_its_date_and_large_ones_are_only_registered(
    bring, survey, tmp_path
):
    _, (listed,) = bring(ortho(tmp_path / "uav.tif"))
    row = fs.rows(survey, "photos")[listed["uuid"]]
    assert near(row, 500, 200) and row.values["taken_at"] == "2025-06-17T09:00:00.000Z"
    assert row.values["note"] == "uav 40 × 40, 1" and listed["kind"] == "orthophoto"
    _, (listed,) = bring(ortho(tmp_path / "big.tif", cells=60), COPY_LIMIT=0.001)
    assert listed["path"] == "" and listed["result"] == "imported"
    inside = survey.parent / "uav"
    inside.mkdir()
    _, (listed,) = bring(ortho(inside / "here.tif", cells=70), COPY_LIMIT=0.001)
    assert listed["path"] == "uav/here.tif"


def test_a_folder_is_read_whole_and_it_is_one_save_that_can_be_taken_back(bring, survey, tmp_path):
    from qingliu.layers.store import open_store
    from qingliu.layers.store.undo import undo

    (tmp_path / "in" / "deep").mkdir(parents=True)
    gpx(tmp_path / "in" / "a.gpx", 510, 200)
    jpeg(tmp_path / "in" / "deep" / "b.jpg", 905, 500)
    (tmp_path / "in" / "readme.txt").write_text("x")
    before = fs.rows(survey, "photos")
    assert bring(FOLDER=str(tmp_path / "in"))[0]["IMPORTED"] == 4
    with open_store(survey) as store:
        undo(store, store.changes_since(0)[-1].save_id)
    assert fs.rows(survey, "photos") == before


def _not_a_gpx(path):
    (path / "a.gpx").write_text("<html/>")
    return path / "a.gpx"


def _vrt_as_tif(path):
    (path / "a.tif").write_text('<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>')
    return path / "a.tif"


def _bare_tif(path):
    gdal.GetDriverByName("GTiff").Create(str(path / "a.tif"), 4, 4)
    return path / "a.tif"


def _no_zip(path):
    (path / "a.kmz").write_bytes(b"PK no zip")
    return path / "a.kmz"


def _bomb(path):
    with zipfile.ZipFile(path / "a.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b"\0" * (65 * 2**20))
    return path / "a.kmz"


def _text(path):
    (path / "a.txt").write_text("x")
    return path / "a.txt"


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (_not_a_gpx, "QL-FIELD-NOEVIDENCE"),
        (_vrt_as_tif, "QL-FIELD-NOEVIDENCE"),
        (_bare_tif, "QL-FIELD-NOPLACE"),
        (_no_zip, "QL-FIELD-BADKMZ"),
        (_bomb, "QL-FIELD-BADKMZ"),
        (_text, "QL-FIELD-NOEVIDENCE"),
        (lambda path: path / "gone.jpg", "QL-FIELD-NOSUCHFILE"),
    ],
    ids=["html", "vrt", "no place", "no zip", "bomb", "text", "gone"],
)
def test_files_that_are_none_are_refused_all_at_once_and_nothing_is_written(
    bring, survey, tmp_path, work, code
):
    before = fs.rows(survey, "photos")
    sound = gpx(tmp_path / "sound.gpx", 510, 200)
    with pytest.raises(QgsProcessingException) as caught:
        bring(sound, work(tmp_path), tmp_path / "missing.gpx")
    assert code in str(caught.value) and "missing.gpx" in str(caught.value)
    assert fs.rows(survey, "photos") == before and len(list((survey.parent / "evidence").iterdir())) == 1


_BARE_KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document></Document></kml>'
_BARE_GPX = '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"></gpx>'
_ENTITIES = '<!DOCTYPE x [<!ENTITY a "b">]><gpx/>'


@pytest.mark.parametrize(
    ("name", "content", "zh", "en"),
    [
        ("a.txt", b"x", "不支持扩展名 .txt", "the ending .txt is not known"),
        ("bare", b"x", "没有扩展名", "no ending"),
        ("a.gpx", None, "文件夹", "it is a folder"),
        ("a.gpx", b"", "0 字节", "the file is empty"),
        ("a.kml", b"", "0 字节", "the file is empty"),
        ("a.jpg", b"", "0 字节", "the file is empty"),
        ("a.kmz", b"", "0 字节", "the file is empty"),
        ("a.gpx", b"<html/>", "不是 .gpx 文件的内容", "not that of a .gpx file"),
        ("a.tif", b"hello", "不是 .tif 文件的内容", "not that of a .tif file"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "内容损坏", "damaged"),
        ("a.gpx", _BARE_GPX.encode(), "没有带位置的轨迹", "no track, route, point"),
        ("a.kml", _BARE_KML.encode(), "没有带位置的轨迹", "no track, route, point"),
        ("a.gpx", _ENTITIES.encode(), "<!ENTITY", "entities of its own"),
        ("a.kmz", b"PK no zip", "不是 ZIP", "no ZIP archive"),
    ],
    ids=["text", "no ending", "folder", "empty gpx", "empty kml", "empty jpg", "empty kmz", "html", "no tif",
         "cut jpg", "bare gpx", "bare kml", "entities", "no zip"],
)  # fmt: skip
def test_why_a_file_is_no_evidence_is_said_in_words(qgis_app, tmp_path, name, content, zh, en):
    from qingliu.core import language
    from qingliu.core.errors import InputError
    from qingliu.layers.fieldevidence import read_items

    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)
    before = language.current()
    try:
        for which, words in (("zh", zh), ("en", en)):
            language.use(which)
            with pytest.raises(InputError) as told:
                read_items(path)
            assert (
                words in told.value.text(which)
                and str(tmp_path) not in told.value.problems[0].facts["reason"]
            )
    finally:
        language.use(before)


def test_what_is_wrong_inside_a_kmz_is_said_in_words(qgis_app, tmp_path):
    from qingliu.core.errors import InputError
    from qingliu.layers.fieldevidence import read_items

    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(InputError, match=r"QL-FIELD-BADKMZ.*no \.kml file inside"):
        read_items(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", _BARE_KML * 50)
    data = bytearray(path.read_bytes())
    at = data.index(b"doc.kml") + len(b"doc.kml")
    data[at : at + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"QL-FIELD-BADKMZ.*its archive is damaged"):
        read_items(path)
