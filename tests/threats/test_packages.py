"""Files that come back from the field: packages, photos, tracks, archives (T04, T10, T12, T14, T16).

The plugin unpacks no archive but the one file inside a .kmz; packages come as folders.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from qgis.core import QgsProcessingException

SECRET = "geheim-4711-canary"


@pytest.fixture
def secret(tmp_path):
    """A file of this machine's that no product may carry away."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "id_rsa").write_text(SECRET)
    return folder / "id_rsa"


@pytest.fixture(scope="session")
def packaged(provider, sound_survey, tmp_path_factory):
    """A survey that has been packaged, and its package, to be copied."""
    from qgis import processing

    home = tmp_path_factory.mktemp("packaged")
    shutil.copytree(sound_survey.parent, home / "survey")
    given = {"TARGET": "qfield", "OUTPUT_FOLDER": str(home / "package")}
    processing.run("qingliu:packagefield", {"SURVEY": str(home / "survey" / sound_survey.name), **given})
    return home


@pytest.fixture
def package(run, survey, packaged, tmp_path):
    """A package of the survey, as it came back."""
    shutil.copytree(packaged / "survey", survey.parent, dirs_exist_ok=True)  # it knows of the package
    return Path(shutil.copytree(packaged / "package", tmp_path / "package"))


def carried(folder):
    """Whether any file below a folder holds the secret."""
    return [p for p in Path(folder).rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]


def add_photo(package, surveys, path):
    from uuid import uuid4

    surveys.device(
        package,
        "INSERT INTO photos (uuid, version, path, table_name, row_uuid) SELECT ?, 1, ?, 'a7', uuid FROM a7 LIMIT 1",
        str(uuid4()),
        path,
    )


def merge(run, survey, package):
    wanted = {"SURVEY": str(survey), "PACKAGE": str(package), "APPLY": True, "OUTPUT": "TEMPORARY_OUTPUT"}
    return run("qingliu:mergefield", wanted)


PATHS = ["../home/id_rsa", "..\\home\\id_rsa", "/etc/passwd", "C:\\Windows\\win.ini", "DCIM/../../home/id_rsa",
         "file:///etc/passwd", "DCIM/\0x.jpg", "\\\\server\\share\\x.jpg", "."]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_photo_s_path_that_leads_out_of_the_package_brings_nothing(
    path, run, survey, package, surveys, secret
):
    add_photo(package, surveys, path)
    before = {p for p in survey.parent.rglob("*") if p.is_file() and p.suffix in (".jpg", "", ".ini")}
    try:
        merge(run, survey, package)
    except QgsProcessingException as error:
        assert "QL-STORE-VALUE" in str(error)  # a zero byte is no text
    after = {p for p in survey.parent.rglob("*") if p.is_file() and p.suffix in (".jpg", "", ".ini")}
    assert after == before and carried(survey.parent) == []


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_in_a_package_brings_nothing(kind, run, survey, package, surveys, secret):
    if kind == "file":
        (package / "DCIM" / "x.jpg").symlink_to(secret)
        add_photo(package, surveys, "DCIM/x.jpg")
    else:
        (package / "DCIM" / "more").symlink_to(secret.parent, target_is_directory=True)
        add_photo(package, surveys, "DCIM/more/id_rsa")
    merge(run, survey, package)
    assert carried(survey.parent) == []


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_beside_a_survey_is_not_packaged(kind, run, survey, secret, tmp_path):
    from qingliu.layers.store import Insert, open_store

    if kind == "file":
        (survey.parent / "photos" / "x.jpg").symlink_to(secret)
        path = "photos/x.jpg"
    else:
        (survey.parent / "photos" / "more").symlink_to(secret.parent, target_is_directory=True)
        path = "photos/more/id_rsa"
    with open_store(survey, daily_backup=False) as store:
        row = store.rows("a7")[0]
        store.save([Insert("photos", {"path": path, "table_name": "a7", "row_uuid": row.uuid})])
    out = tmp_path / "out"
    run("qingliu:packagefield", {"SURVEY": str(survey), "TARGET": "mergin", "OUTPUT_FOLDER": str(out)})
    assert carried(out) == [] and not [p for p in out.rglob("*") if p.is_symlink()]


@pytest.mark.parametrize("path", ["../home/id_rsa", "/etc/passwd", "evidence/link"])
def test_evidence_from_outside_gets_into_no_dossier(path, run, survey, secret, tmp_path):
    from qingliu.layers.store import Insert, open_store

    (survey.parent / "evidence" / "link").symlink_to(secret)
    values = {"number": 5, "key": "judgement", "value": 1.0, "evidence": path, "source": "x", "year": 2025}
    with open_store(survey, daily_backup=False) as store:
        store.save([Insert("indicator_input", values)])
    out = tmp_path / "out"
    wanted = {"SURVEY": str(survey), "FIGURES": ["villages"], "EVALUATION_DATE": "2025-09-30"}
    try:
        run("qingliu:dossier", {**wanted, "OUTPUT_FOLDER": str(out)})
    except QgsProcessingException as error:
        assert "QL-" in str(error)
    assert carried(out) == []
    assert not [p for p in out.rglob("*") if p.is_file() and b"root:x:0" in p.read_bytes()]


# -- what describes a package -----------------------------------------------------------
MANIFESTS = [
    "",
    "[]",
    "{",
    "{}",
    '{"files": 5}',
    '{"files": {"../../x": 5}}',
    '{"id": null, "files": {}}',
    "\xff",
]


@pytest.mark.parametrize("text", MANIFESTS, ids=range(len(MANIFESTS)))
def test_a_spoilt_manifest_is_told_or_does_not_matter(text, run, survey, package):
    (package / "package.json").write_bytes(text.encode("latin-1"))
    try:
        merge(run, survey, package)
        run(
            "qingliu:packagefield", {"SURVEY": str(survey), "TARGET": "qfield", "OUTPUT_FOLDER": str(package)}
        )
    except QgsProcessingException as error:
        assert "QL-" in str(error) and "Traceback" not in str(error)


DECISIONS = ["", "[]", "{", '{"a7": 5}', '[{"table": "a7"}]', '{"default": "theirs"}', "[" * 100_000]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", DECISIONS, ids=range(len(DECISIONS)))
def test_spoilt_decisions_are_told(text, run, survey, package, tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text(text)
    try:
        run("qingliu:mergefield", {"SURVEY": str(survey), "PACKAGE": str(package), "DECISIONS": str(path),
                                   "APPLY": True, "OUTPUT": "TEMPORARY_OUTPUT"})  # fmt: skip
    except QgsProcessingException as error:
        assert "QL-" in str(error) and "Traceback" not in str(error)


def test_a_trigger_in_a_package_runs_neither_there_nor_here(run, survey, package, spoil):
    from qingliu.layers.store import open_store

    (gpkg,) = package.glob("*.gpkg")
    spoil(gpkg, "CREATE TRIGGER helper AFTER UPDATE ON a7 BEGIN DELETE FROM villages; END",
          "UPDATE a7 SET households = households + 1")  # fmt: skip
    try:
        merge(run, survey, package)
    except QgsProcessingException as error:
        assert "QL-" in str(error)
    with open_store(survey, daily_backup=False) as store:
        assert store.findings == [] and store.count("a7") == 2 and store.count("villages") == 2


# -- tracks -------------------------------------------------------------------------------
KML = (
    '<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
)
PLACE = "<Placemark><name>{name}</name><description>{words}</description>"
PLACE += "<Point><coordinates>114.01,27.11</coordinates></Point></Placemark>"


def bring(run, survey, *files):
    wanted = {"SURVEY": str(survey), "FILES": [str(f) for f in files], "OUTPUT": "TEMPORARY_OUTPUT"}
    return run("qingliu:importevidence", wanted)


def test_a_kml_that_names_addresses_calls_none(run, survey, listener, tmp_path):
    body = (
        PLACE.format(name="点", words="x")
        + f"<NetworkLink><Link><href>{listener.url}/a.kml</href></Link></NetworkLink>"
        + f'<Style id="s"><IconStyle><Icon><href>{listener.url}/a.png</href></Icon></IconStyle></Style>'
        + f"<GroundOverlay><Icon><href>{listener.url}/b.png</href></Icon></GroundOverlay>"
        + f'<Schema name="a"/><Placemark><styleUrl>{listener.url}/c.kml#s</styleUrl></Placemark>'
    )
    path = tmp_path / "a.kml"
    path.write_text(KML.format(head="", body=body), encoding="utf-8")
    assert bring(run, survey, path)["IMPORTED"] == 1


ENTITIES = {
    "bomb": '<!DOCTYPE x [<!ENTITY a "{}">{}]>'.format(
        "x" * 100,
        "".join(f'<!ENTITY a{n} "{"&a;" * 30 if n == 1 else f"&a{n - 1};" * 30}">' for n in range(1, 9)),
    ),
    "file": '<!DOCTYPE x [<!ENTITY a8 SYSTEM "file:///etc/passwd">]>',
    "address": '<!DOCTYPE x SYSTEM "{url}/x.dtd" [<!ENTITY % p SYSTEM "{url}/p"> %p; <!ENTITY a8 "x">]>',
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ENTITIES)
@pytest.mark.parametrize("suffix", [".kml", ".gpx"])
def test_entities_are_refused_before_they_are_read(kind, suffix, run, survey, listener, tmp_path):
    head = ENTITIES[kind].replace("{url}", listener.url)
    text = KML.format(head=head, body=PLACE.format(name="点", words="&a8;"))
    if suffix == ".gpx":
        text = (
            f'<?xml version="1.0"?>{head}<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'
            '<wpt lat="27.11" lon="114.01"><name>点</name><desc>&a8;</desc></wpt></gpx>'
        )
    path = tmp_path / f"a{suffix}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(QgsProcessingException, match="QL-FIELD-"):
        bring(run, survey, path)
    from qingliu.layers.store import open_store

    with open_store(survey, daily_backup=False) as store:
        assert store.count("photos") == 2


def _kmz(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def test_a_kmz_whose_member_climbs_writes_nowhere_else(run, survey, tmp_path):
    text = KML.format(head="", body=PLACE.format(name="点", words="x"))
    path = _kmz(tmp_path / "a.kmz", [("../../../canary.kml", text), ("C:\\x.kml", text)])
    before = set(tmp_path.parent.rglob("canary*"))
    assert bring(run, survey, path)["IMPORTED"] == 1
    assert set(tmp_path.parent.rglob("canary*")) == before


def test_a_kmz_bomb_is_stopped_at_its_limit(run, survey, tmp_path):
    path = _kmz(tmp_path / "a.kmz", [("doc.kml", b" " * 100 * 2**20)])
    with pytest.raises(QgsProcessingException, match="QL-FIELD-BADKMZ"):
        bring(run, survey, path)


def test_a_kmz_that_lies_about_its_size_is_stopped_too(run, survey, tmp_path):
    path = _kmz(tmp_path / "a.kmz", [("doc.kml", b" " * 100 * 2**20)])
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 100)
    path.write_bytes(bytes(data))
    with pytest.raises(QgsProcessingException, match="QL-FIELD-"):
        bring(run, survey, path)


# -- photos -------------------------------------------------------------------------------
def _png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def _jpeg(exif):
    from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice
    from qgis.PyQt.QtGui import QImage

    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(0)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG")
    raw = bytes(data)
    segment = b"Exif\0\0" + exif
    return raw[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + raw[2:]


def _entry(tag, kind, count, value):
    return struct.pack("<HHII", tag, kind, count, value)


def _tiff(*entries, after=b""):
    """The TIFF inside an EXIF segment: one directory at byte 8, ``after`` at byte 26 for one entry."""
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(entries) + b"\0\0\0\0" + after


_PLACE = struct.pack("<H", 2) + _entry(2, 5, 3, 60) + _entry(4, 5, 3, 60) + b"\0\0\0\0"
EXIF = {
    "cut-off": b"II*\0\x08\0\0\0",
    "points-to-itself": _tiff(_entry(0x8769, 4, 1, 8)),
    "huge-count": _tiff(_entry(0x9286, 7, 0xFFFFFFF0, 8)),
    "no-denominator": _tiff(_entry(0x8825, 4, 1, 26), after=_PLACE + struct.pack("<6I", *([1, 0] * 3))),
    "text-as-date": _tiff(_entry(0x0132, 2, 20, 26), after=b"[% env('HOME') %]   \0"),
    "noise": bytes(range(256)) * 8,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", EXIF)
def test_spoilt_exif_is_no_reason_to_fail_and_gives_no_place(name, run, survey, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(_jpeg(EXIF[name]))
    assert bring(run, survey, path)["IMPORTED"] == 1
    from qingliu.layers.store import open_store

    with open_store(survey, daily_backup=False) as store:
        (made,) = [r for r in store.rows("photos") if r.values["name"] == "a"]
        assert made.wkb is None and made.values["taken_at"] is None


def test_a_picture_of_ten_thousand_million_cells_is_refused_unread(survey, tmp_path):
    from qingliu.core.errors import InputError
    from qingliu.layers import dossierfiles, surveyphotos

    path = tmp_path / "bomb.png"
    path.write_bytes(_png(100_000, 100_000))
    with pytest.raises(InputError, match="QL-STORE-NOPICTURE"):
        surveyphotos.look_at(path)
    assert surveyphotos.thumbnail(path, 64).isNull() and dossierfiles.picture_of(path).data == b""


@pytest.mark.parametrize("content", [b"<html><script>x</script>", b"%PDF-1.4\n", b"MZ" + b"\0" * 99, b""])
def test_a_picture_that_is_none_is_told(content, survey, tmp_path):
    from qingliu.core.errors import InputError
    from qingliu.layers import surveyphotos

    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match="QL-STORE-NOPICTURE"):
        surveyphotos.look_at(path)


def test_a_picture_in_a_report_says_nothing_of_where_it_was_taken(tmp_path):
    from qingliu.layers.dossierfiles import picture_of

    path = tmp_path / "a.jpg"
    path.write_bytes(_jpeg(EXIF["text-as-date"]))
    shown = picture_of(path)
    assert shown.data and b"Exif" not in shown.data and b"env(" not in shown.data


# -- names ---------------------------------------------------------------------------------
NAMES = ["CON", "con.txt", "nul", "LPT1.jpg", "a/b", "..\\..\\x", "a" * 300, "名" * 300, "x. ", " .", "..", "a:b",
         "a|b?*", "a\0b", "\u202egpj.exe", "-rf", "~", "%2e%2e%2f", "aux.", "COM9 .jpg"]  # fmt: skip
DEVICES = {"con", "nul", "aux", "prn", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}


def is_sound(name):
    stem = name.split(".")[0].strip().lower()
    return (
        0 < len(name.encode()) <= 255
        and not set('<>:"/\\|?*') & set(name)
        and all(ord(c) >= 32 for c in name)
        and not name.endswith((".", " "))
        and stem not in DEVICES
        and name not in (".", "..")
    )


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_from_data_become_names_of_files_everywhere(name):
    from qingliu.core.field.names import ascii_name, photo_name
    from qingliu.layers.surveyevidence import safe_name

    assert is_sound(ascii_name(name)) and is_sound(ascii_name(name) + ".gpkg")
    assert is_sound(safe_name(name))
    assert is_sound(photo_name(name, name, "2025-06-18", ".jpg", ()))


@pytest.mark.parametrize("name", ["CON", "..", "a/b", "名" * 100, "../../x"])
def test_a_package_named_by_its_survey_stays_in_its_folder(name, run, survey, tmp_path):
    from qingliu.layers.store import open_store

    with open_store(survey, daily_backup=False) as store:
        store.set_meta({"code": name, "name": name}, why="test")
    out = tmp_path / "outbox" / "p"
    out.parent.mkdir()
    run("qingliu:packagefield", {"SURVEY": str(survey), "TARGET": "qfield", "OUTPUT_FOLDER": str(out)})
    assert [p.name for p in out.parent.iterdir()] == ["p"]
    assert all(is_sound(p.name) for p in out.rglob("*"))
    assert len(json.loads((out / "package.json").read_text("utf-8"))["files"]) > 3


def test_attached_evidence_keeps_to_its_folder(survey, tmp_path):
    from qingliu.layers.surveyevidence import attach

    source = tmp_path / ("长" * 80 + ".pdf")
    source.write_bytes(b"x")
    path = attach(survey, source, 3)
    assert (survey.parent / path).is_file() and Path(path).parent == Path("evidence")
    assert os.path.commonpath([survey.parent / path, survey.parent]) == str(survey.parent)
    shutil.rmtree(survey.parent)
