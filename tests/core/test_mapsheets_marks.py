"""Marks of a field map: short for people, addresses for machines, and no two things alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.mapsheets.marks import KINDS, Place, address, kind_of, marked, parse_address

KIND = {kind.key: kind for kind in KINDS}


def place(kind, name, row, own=None):
    return Place(KIND[kind], "layer", row, name, own)


def marks(*places):
    return {one.place.row: one.mark for one in marked(places)}


def test_things_of_a_kind_are_counted_by_name_and_those_without_a_name_come_last():
    found = marks(
        place("farm", "", "d"), place("farm", "b", "c"), place("outfall", "z", "a"), place("farm", "a", "b")
    )
    assert found == {"b": "Y1", "c": "Y2", "d": "Y3", "a": "P1"}


def test_channels_keep_their_own_numbers():
    found = marks(place("channels", "b", "x", 7), place("channels", "a", "y", 12))
    assert found == {"x": "G7", "y": "G12"}


@pytest.mark.parametrize("numbers", [(7, 7), (7, None), (0, 1), (-1, 2), (True, 2), ("7", "8")],
                         ids=["twice", "one lacks", "zero", "negative", "boolean", "text"])  # fmt: skip
def test_own_numbers_that_do_not_tell_all_apart_are_not_used(numbers):
    found = marks(place("channels", "b", "x", numbers[0]), place("channels", "a", "y", numbers[1]))
    assert found == {"y": "G1", "x": "G2"}


def test_marks_come_in_the_order_of_kinds_and_numbers():
    places = [place("villages", f"v{n:02d}", f"v{n}") for n in range(12)] + [place("farm", "f", "f")]
    assert [one.mark for one in marked(places)] == ["Y1", *(f"C{n}" for n in range(1, 13))]


@given(
    st.lists(st.tuples(st.sampled_from(sorted(KIND)), st.text(max_size=3), st.integers(0, 5)), max_size=30)
)
def test_no_two_things_have_the_same_mark_and_order_of_reading_does_not_matter(drawn):
    places = [place(kind, name, str(n), own) for n, (kind, name, own) in enumerate(drawn)]
    found = marks(*places)
    assert len(set(found.values())) == len(places)
    assert marks(*reversed(places)) == found


def test_letters_of_the_kinds_are_all_different():
    assert len({kind.letter for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("role", "values", "key"),
    [
        ("pollution", {"kind": "plant"}, "plant"),
        ("pollution", {"kind": "something"}, "pollution"),
        ("pollution", {}, "pollution"),
        ("villages", {"kind": "hamlet"}, "villages"),
        ("waterbodies", {"kind": "pond"}, "waterbodies"),
    ],
)
def test_kind_of_a_feature(role, values, key):
    assert kind_of(role, values).key == key


def test_roles_that_are_not_marked_have_no_kind():
    assert kind_of("roads", {"kind": "farm"}) is None


def test_the_address_of_a_row_leads_back_to_it():
    row = "0f8c2f34-1111-5222-8333-444455556666"
    assert address("pollution_sources", row) == f"qingliu:pollution_sources/{row}"
    assert parse_address(f" {address('pollution_sources', row)}\n") == ("pollution_sources", row)


@pytest.mark.parametrize("text", ["", "qingliu:", "qingliu:villages", "http://villages/1", "qingliu:villages/a b",
                                  "qingliu:villages/1/2", "qingliu:Villages/1"])  # fmt: skip
def test_other_codes_are_refused(text):
    with pytest.raises(InputError) as raised:
        parse_address(text)
    assert raised.value.code == "QL-SHEET-ADDRESS"
