"""What a printed code, a row number or a mark means, and what of a print has come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.field.paper import (
    Code,
    Return,
    note_returned,
    read_code,
    read_print,
    read_returned,
    returned_text,
)

FARM = "6babfb18-3077-4d9a-8740-7c88aff2832c"
WELL = "d1bfc905-026b-45ed-ac63-3920f7ca38d3"


def row(mark, table, uuid, pages="1", **other):
    values = {"mark": mark, "kind": "farm", "name": "", "layer": table, "row_id": uuid, "pages": pages}
    return {**values, "address": f"qingliu:{table}/{uuid}", "x": "500300.0", "y": "3000500.0", **other}


def printed(*rows, pages=None):
    return read_print(rows, pages or {"H49H064089": 1})


@pytest.fixture
def two():
    return printed(row("Y1", "pollution_sources", FARM, "1、3"), row("C1", "villages", WELL))


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param(f"qingliu:villages/{WELL}", Code("villages", WELL), id="as scanned"),
        pytest.param(f"  qingliu:villages/{WELL}\r\n", Code("villages", WELL), id="with the scanner's Enter"),
        pytest.param(f"QINGLIU:VILLAGES/{WELL.upper()}", Code("villages", WELL), id="capitals locked"),
        pytest.param(f"qingliu：villages／{WELL}", Code("villages", WELL), id="Chinese keyboard"),
        pytest.param(WELL, Code("", WELL), id="the row's number"),
        pytest.param(WELL.replace("-", ""), Code("", WELL), id="without dashes"),
        pytest.param("d1bfc905", Code("", "d1bfc905"), id="its first eight digits"),
        pytest.param("d1bfc905-026b", Code("", "d1bfc905-026b"), id="its first twelve digits"),
        pytest.param("Y1", Code("pollution_sources", FARM), id="a mark"),
        pytest.param("ｙ 1", Code("pollution_sources", FARM), id="a mark in wide letters"),
        pytest.param("qingliu:sheet/H49H064089", Code("sheet", "H49H064089", 1), id="a page"),
        pytest.param(f"qingliu:sheet/{WELL}", Code("sheet", WELL), id="a header of the survey is no page"),
        pytest.param("qingliu:villages/fid-7", Code("villages", "fid-7"), id="a layer without uuids"),
    ],
)
def test_what_a_text_means(two, text, expected):
    assert read_code(text, two) == expected


@pytest.mark.parametrize(
    "text, code",
    [
        ("", "QL-PAPER-CODE"),
        ("Y2", "QL-PAPER-CODE"),
        ("d1bfc9", "QL-PAPER-CODE"),
        ("https://example.org/1", "QL-PAPER-CODE"),
        ("qingliu:villages/../x", "QL-PAPER-CODE"),
        ("qingliu:", "QL-PAPER-CODE"),
        (WELL + "00", "QL-PAPER-CODE"),
        ("qingliu:sheet/H49H064090", "QL-PAPER-PAGE"),
    ],
)
def test_what_is_no_code_of_this_print_is_told(two, text, code):
    with pytest.raises(InputError) as caught:
        read_code(text, two)
    assert caught.value.code == code


def test_without_a_list_codes_are_read_and_marks_are_not():
    assert read_code(f"qingliu:villages/{WELL}") == Code("villages", WELL)
    with pytest.raises(InputError):
        read_code("Y1")


def test_a_list_is_the_same_print_in_any_order_and_another_one_where_a_mark_means_another_row(two):
    again = printed(row("C1", "villages", WELL), row("Y1", "pollution_sources", FARM, name="x"))
    other = printed(row("C1", "villages", FARM), row("Y1", "pollution_sources", FARM))
    assert again.id == two.id != other.id
    assert two.items[0].pages == (1, 3) and two.items[0].at == (500300.0, 3000500.0)


def test_a_list_without_its_columns_or_rows_is_refused():
    with pytest.raises(InputError, match=r"QL-PAPER-COLUMNS.*address"):
        read_print([{"mark": "Y1"}], {}, "x.csv")
    with pytest.raises(InputError, match="QL-PAPER-EMPTY"):
        read_print([], {}, "x.csv")


def test_who_noted_a_return_first_stays_and_it_can_be_taken_back():
    once = note_returned({}, ["a", "b"], True, "2026-05-01T08:00:00Z", "李清")
    twice = note_returned(once, ["a"], True, "2026-05-02T08:00:00Z", "王")
    assert twice == once == {k: Return("2026-05-01T08:00:00Z", "李清") for k in "ab"}
    assert set(note_returned(twice, ["a", "c"], False, "", "")) == {"b"}


@given(st.dictionaries(st.text(max_size=9), st.builds(Return, st.text(max_size=9), st.text(max_size=9))))
def test_what_is_kept_is_read_again(returned):
    assert read_returned(returned_text(returned)) == returned


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"a": 1}', '{"a": ["x"]}', "7"])
def test_damaged_entries_are_no_returns(text):
    assert read_returned(text) == {}


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_refused(text):
    try:
        found = read_code(text)
    except InputError as error:
        assert error.code.startswith("QL-PAPER-")
    else:
        assert found.row
