"""What photos and tracks say of themselves."""

from __future__ import annotations

import pytest
from qingliu.core.field.evidence import ExifFacts, exif_facts, kind_of_file, track_length, track_note

FIX = {
    "EXIF_GPSLatitude": "(30) (30) (0)",
    "EXIF_GPSLatitudeRef": "N",
    "EXIF_GPSLongitude": "(114) (0) (36)",
    "EXIF_GPSLongitudeRef": "E",
    "EXIF_DateTimeOriginal": "2025:06:18 10:15:00",
    "EXIF_GPSImgDirection": "(370.5)",
}


def test_a_photo_says_where_when_and_whereto():
    assert exif_facts(FIX) == ExifFacts(114.01, 30.5, "2025-06-18T10:15:00", 10.5)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"EXIF_GPSLatitudeRef": "S", "EXIF_GPSLongitudeRef": "W"}, (-114.01, -30.5)),
        ({"EXIF_GPSLatitude": ""}, None),
        ({"EXIF_GPSLatitude": "(91) (0) (0)"}, None),
        ({"EXIF_GPSLatitude": "(nan) (0) (0)"}, None),
        ({"EXIF_GPSLatitude": "(x)"}, None),
        ({"EXIF_GPSLatitude": "(0) (0) (0)", "EXIF_GPSLongitude": "(0) (0) (0)"}, None),
    ],
    ids=["south west", "missing", "beyond the pole", "nan", "words", "no fix"],
)
def test_positions(changed, expected):
    assert exif_facts({**FIX, **changed}).place == expected


@pytest.mark.parametrize(
    ("changed", "moment"),
    [
        ({"EXIF_OffsetTimeOriginal": "+08:00"}, "2025-06-18T10:15:00+08:00"),
        ({"EXIF_OffsetTimeOriginal": "Beijing"}, "2025-06-18T10:15:00"),
        ({"EXIF_DateTimeOriginal": "0000:00:00 00:00:00"}, None),
        ({"EXIF_DateTimeOriginal": "    :  :     :  :  "}, None),
        ({"EXIF_DateTimeOriginal": "", "EXIF_DateTime": "2024:01:02 03:04:05"}, "2024-01-02T03:04:05"),
    ],
)
def test_times_stay_as_the_camera_wrote_them_and_empty_clocks_are_none(changed, moment):
    assert exif_facts({**FIX, **changed}).moment == moment


def test_kinds_by_ending():
    assert [kind_of_file(s) for s in (".JPG", ".gpx", ".kmz", ".tif", ".exe")] == [
        "photo", "track", "track", "orthophoto", None,
    ]  # fmt: skip


def test_length_of_a_track_is_that_of_the_sphere():
    # one degree of a meridian is 2 π 6 371 008.8 m / 360 = 111 195.08 m
    assert track_length([(114.0, 30.0), (114.0, 31.0)]) == pytest.approx(111_195.08, abs=0.01)
    assert track_length([(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)]) == pytest.approx(2 * 111_195.08, abs=0.02)
    assert track_length([]) == track_length([(1.0, 1.0)]) == 0.0


def test_note_of_a_track():
    moments = ["2025-06-18T08:00:00Z", "2025-06-18T10:15:00Z"]
    assert track_note("晨线", 3210.0, 120, moments) == "晨线 3.2 km, 120 (08:00:00–10:15:00)"
    assert track_note("", 50.0, 2, []) == "0.1 km, 2"
