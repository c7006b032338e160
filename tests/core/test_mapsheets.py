"""Sheet numbers of GB/T 13989: published examples, every row and column, both sides of every border."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.mapsheets import (
    corners,
    dms,
    in_china,
    number,
    old_number,
    parse_number,
    ring,
    scales,
    sheet_at,
    sheet_scale,
    sheets_over,
)

G = sheet_scale(10_000)


def deg(degrees, minutes=0, seconds=0.0):
    return degrees + minutes / 60 + seconds / 3600


# the place in Beijing of the textbooks on map division, and examples of papers and public implementations
PUBLISHED = [
    ("B", (116, 28, 25), (39, 54, 30), "J50B001001", "J-50-A"),
    ("D", (116, 28, 25), (39, 54, 30), "J50D001005", "J-50-5"),
    ("E", (116, 28, 25), (39, 54, 30), "J50E001010", "J-50-5-B"),
    ("F", (116, 28, 25), (39, 54, 30), "J50F002020", "J-50-5-B-4"),
    ("G", (116, 28, 25), (39, 54, 30), "J50G003040", "J-50-5-(24)"),
    ("E", (117, 17, 24), (31, 50, 57), "H50E001014", "H-50-7-B"),
    ("E", (112, 48, 0), (32, 54, 0), "I49E019020", None),
    ("G", (114, 33, 45), (39, 22, 30), "J50G015010", None),
    ("D", (114, 33, 45), (39, 22, 30), "J50D002002", None),
]


@pytest.mark.parametrize(("code", "lon", "lat", "new", "old"), PUBLISHED, ids=[p[3] for p in PUBLISHED])
def test_published_example(code, lon, lat, new, old):
    sheet = sheet_at(deg(*lon), deg(*lat), scales()[code])
    assert number(sheet) == new
    if old:
        assert old_number(sheet) == old


def test_the_editions_own_examples_come_out():
    from qingliu.core.standard import default_edition

    def degrees(value):
        if not isinstance(value, str):
            return value
        d, rest = value.split("d")
        m, s = rest.rstrip("s").split("m")
        return deg(int(d), int(m), float(s))

    tests = default_edition().codelist("map_sheets").data["tests"]
    assert len(tests) == 3
    for one in tests:
        found = sheet_at(degrees(one["lon"]), degrees(one["lat"]), scales()[one["scale"]])
        assert number(found) == one["sheet"]


def test_published_extents_of_two_sheets():
    # J50E001010: 116°15' to 116°30', 39°50' to 40°; H48G059074: 106°33'45" to 106°37'30", 29°32'30" to 29°35'
    assert [dms(v) for v in parse_number("J50E001010").edges] == [
        "116°15′00″",
        "39°50′00″",
        "116°30′00″",
        "40°00′00″",
    ]
    assert [dms(v) for v in parse_number("H48G059074").edges] == [
        "106°33′45″",
        "29°32′30″",
        "106°37′30″",
        "29°35′00″",
    ]


@pytest.mark.parametrize("letter", "ABCDEFGHIJKLMN")
@pytest.mark.parametrize("column", range(43, 54))
def test_corner_sheets_of_every_row_and_column_of_china(letter, column):
    """The north-west and the south-east sheet of a 1:1 000 000 sheet, reckoned from its edges by hand."""
    west, south = (column - 31) * 6, (ord(letter) - ord("A")) * 4
    inside = 1e-6
    first = sheet_at(west + inside, south + 4 - inside, G)
    assert number(first) == f"{letter}{column}G001001"
    assert old_number(first) == f"{letter}-{column}-1-(1)"
    assert first.bounds == (west, float(south + 4 - Fraction(1, 24)), west + 0.0625, south + 4)
    last = sheet_at(west + 6 - inside, south + inside, G)
    assert number(last) == f"{letter}{column}G096096"
    assert old_number(last) == f"{letter}-{column}-144-(64)"
    assert last.bounds == (west + 6 - 0.0625, south, west + 6, float(south + Fraction(1, 24)))
    assert in_china(first) and in_china(last)


@pytest.mark.parametrize(
    ("longitude", "west_of", "east_of"),
    [
        (114.0, "I49G048096", "I50G048001"),
        (111.0, "I49G048048", "I49G048049"),
        (112.5, "I49G048072", "I49G048073"),
        (112.5625, "I49G048073", "I49G048074"),
    ],
    ids=["border of 6° zones", "middle of a 6° zone", "border of 3° zones", "border of two sheets"],
)
def test_both_sides_of_a_border_of_sheets_and_zones(longitude, west_of, east_of):
    latitude = 34.01  # just above the middle of row I, 32° to 36°: row 48 from the north
    tiny = 1e-8  # a millimetre
    assert number(sheet_at(longitude - tiny, latitude, G)) == west_of
    assert number(sheet_at(longitude + tiny, latitude, G)) == east_of
    assert number(sheet_at(longitude, latitude, G)) == east_of


@pytest.mark.parametrize(
    ("latitude", "below", "above"),
    [(32.0, "H50G001001", "I50G096001"), (34.0, "I50G049001", "I50G048001")],
    ids=["border of rows H and I", "border of two sheets"],
)
def test_both_sides_of_a_parallel(latitude, below, above):
    assert number(sheet_at(114.01, latitude - 1e-8, G)) == below
    assert number(sheet_at(114.01, latitude + 1e-8, G)) == above
    assert number(sheet_at(114.01, latitude, G)) == above


@given(st.integers(72 * 16, 138 * 16 - 1), st.integers(0, 56 * 24 - 1))
def test_the_corner_of_a_sheet_in_degrees_belongs_to_the_sheet_however_it_was_rounded(column, row):
    longitude, latitude = column / 16, float(Fraction(row, 24))
    sheet = sheet_at(longitude, latitude, G)
    assert (sheet.column, sheet.row) == (column, row)
    assert sheet.bounds[:2] == (longitude, latitude)
    assert sheet_at(longitude, math.nextafter(latitude, -1), G) == sheet


@given(st.sampled_from("BCDEFGH"), st.floats(72, 137.99), st.floats(0, 55.99))
def test_numbers_new_and_old_lead_back_to_the_sheet_that_holds_the_place(code, longitude, latitude):
    sheet = sheet_at(longitude, latitude, scales()[code])
    assert parse_number(number(sheet)) == sheet
    assert parse_number(old_number(sheet)) == sheet
    west, south, east, north = sheet.bounds
    assert west - 1e-9 <= longitude <= east + 1e-9 and south - 1e-9 <= latitude <= north + 1e-9


@given(st.floats(72, 137), st.floats(0, 55), st.floats(0, 0.5), st.floats(0, 0.3))
def test_sheets_over_a_rectangle_cover_it_once(west, south, width, height):
    bounds = (west, south, west + width, south + height)
    sheets = list(sheets_over(bounds, G))
    assert len(set(sheets)) == len(sheets)
    columns, rows = {s.column for s in sheets}, {s.row for s in sheets}
    assert len(sheets) == len(columns) * len(rows)
    assert min(s.bounds[0] for s in sheets) <= west + 1e-9
    assert max(s.bounds[2] for s in sheets) >= west + width - 1e-9
    assert min(s.bounds[1] for s in sheets) <= south + 1e-9
    assert max(s.bounds[3] for s in sheets) >= south + height - 1e-9


def test_sheets_come_row_by_row_from_the_north_west():
    found = [number(s) for s in sheets_over((113.99, 34.01, 114.01, 34.05), G)]
    assert found == ["I49G047096", "I50G047001", "I49G048096", "I50G048001"]


def test_a_rectangle_that_is_a_sheet_meets_no_other():
    sheet = parse_number("H48G059074")
    assert list(sheets_over(sheet.bounds, G)) == [sheet]


@pytest.mark.parametrize(
    ("east", "north", "expected"),
    [(0, 1, "I49G096096"), (1, 0, "H50G001001"), (1, 1, "I50G096001"), (0, -1, "H49G002096")],
    ids=["north, another row", "east, another column", "north-east, both", "south"],
)
def test_neighbours_of_a_sheet_in_the_corner_of_a_1_to_1_million_sheet(east, north, expected):
    assert number(parse_number("H49G001096").neighbour(east, north)) == expected


def test_there_is_no_neighbour_beyond_the_equator_or_60_degrees():
    assert sheet_at(110, 0.01, G).neighbour(0, -1) is None
    assert sheet_at(110, 59.99, G).neighbour(0, 1) is None
    assert number(sheet_at(179.99, 50.01, G).neighbour(1, 0)).startswith("M01")


def test_bayreuth_has_a_number_by_the_formula_and_is_not_in_china():
    sheet = sheet_at(11.5, 50.0, G)  # 32nd column, 13th row, upon whose middle 50° N lies
    assert number(sheet) == "M32G048089"
    assert not in_china(sheet)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("j50g003040", "J50G003040"),
        ("J50 G 003040", "J50G003040"),
        ("J－50－5－（24）", "J50G003040"),
        ("10-50-5-(24)", "J50G003040"),
        ("J-50-5-B-4", "J50F002020"),
        ("J-50-【2】", "J50C001002"),
    ],
    ids=["small letters", "blanks", "full width", "row as a figure", "1:25 000", "square brackets"],
)
def test_numbers_as_people_write_them(text, meant):
    assert number(parse_number(text)) == meant


@pytest.mark.parametrize(
    "text",
    ["", "J50", "J-50", "J50G097001", "J50G000001", "J50G001097", "J61G001001", "J00G001001", "P50G001001",
     "J-50-145", "J-50-5-(65)", "J-50-5-E", "J-50-0-(1)", "J50X001001", "清源河"],
)  # fmt: skip
def test_what_is_no_sheet_number_is_refused(text):
    with pytest.raises(InputError) as raised:
        parse_number(text)
    assert raised.value.code == "QL-SHEET-NUMBER"


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ((110, -0.01), "QL-SHEET-LATITUDE"),
        ((110, 60.0), "QL-SHEET-LATITUDE"),
        ((110, math.nan), "QL-SHEET-LATITUDE"),
        ((180.01, 30), "QL-SHEET-LONGITUDE"),
        ((-180.01, 30), "QL-SHEET-LONGITUDE"),
        ((math.inf, 30), "QL-SHEET-LONGITUDE"),
    ],
    ids=["south", "60°", "nan", "east of 180°", "west of 180°", "infinite"],
)
def test_places_without_such_sheets_are_refused(place, code):
    with pytest.raises(InputError) as raised:
        sheet_at(*place, G)
    assert raised.value.code == code


def test_a_watershed_across_180_degrees_is_told_by_its_longitude():
    with pytest.raises(InputError) as raised:
        list(sheets_over((179.9, 30.0, 180.1, 30.1), G))
    assert raised.value.code == "QL-SHEET-LONGITUDE"
    assert "179.900000° to 180.100000°" in raised.value.text("en") and "180.100000°" in raised.value.text(
        "zh"
    )


def test_the_meridian_of_180_degrees_is_the_west_edge_of_the_first_sheets():
    assert sheet_at(180.0, 30.0, G) == sheet_at(-180.0, 30.0, G)
    assert number(sheet_at(180.0, 30.0, G)) == "H01G048001"
    assert [number(s) for s in sheets_over((179.95, 30.0, 180.0, 30.01), G)] == ["H60G048096"]


def test_a_scale_that_the_series_lacks_is_refused_with_those_it_has():
    with pytest.raises(InputError) as raised:
        sheet_scale(20_000)
    assert raised.value.code == "QL-SHEET-SCALE"
    assert "1:10000" in raised.value.text("en")


# -- frames ------------------------------------------------------------------
def test_frame_has_the_exact_corners_and_a_vertex_every_15_seconds():
    points = ring(parse_number("H48G059074"))
    assert points[0] == points[-1] == (106.5625, float(Fraction(709, 24)))
    assert len(points) == 2 * (225 // 15 + 150 // 15) + 1
    south, north = float(Fraction(709, 24)), float(Fraction(710, 24))
    assert {(106.625, south), (106.625, north), (106.5625, north)} <= set(points)


def test_neighbours_share_the_vertices_of_their_common_edge_to_the_last_bit():
    sheet = parse_number("H48G059074")
    east, north = sheet.neighbour(1, 0), sheet.neighbour(0, 1)
    assert len(set(ring(sheet)) & set(ring(east))) == 150 // 15 + 1
    assert len(set(ring(sheet)) & set(ring(north))) == 225 // 15 + 1


def test_sheets_of_a_five_thousandth_have_half_seconds_in_their_corners():
    sheet = parse_number("J-50-5-(24)-b")
    assert {key: tuple(map(dms, place)) for key, place in corners(sheet).items()}["sw"] == (
        "116°28′07.5″",
        "39°53′45″",
    )
    points = ring(sheet)
    assert (Fraction(points[0][0]).limit_denominator(10**6)) == Fraction(1164687500, 10**7)


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "0°00′00″"),
        (3_600_000_000, "1°00′00″"),
        (59_999_999, "0°00′59.999999″"),
        (-225_000_000, "-0°03′45″"),
    ],
)
def test_angles_are_printed_without_rounding_up(micro, text):
    assert dms(micro) == text
