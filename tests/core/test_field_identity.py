"""Rows of a package are known however their uuid is written, and none hides another."""

from __future__ import annotations

import pytest
from qingliu.core.field.differences import RowState
from qingliu.core.field.identity import aligned, plain, told_apart

ONE = "a08ad6b9-0365-4a91-80af-0e8b93527e06"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (ONE, ONE),
        (f"{{{ONE}}}", ONE),
        (ONE.upper(), ONE),
        (f" {{{ONE.upper()}}} ", ONE),
        ("v1", "v1"),
        ("{V1}", "{V1}"),
        ("", ""),
    ],
)
def test_a_uuid_is_told_without_braces_and_capitals_and_other_text_stays(written, meant):
    assert plain(written) == meant


def test_rows_without_a_uuid_are_all_kept_and_named_alike_each_time():
    rows = [("", RowState({"name": n})) for n in ("甲", "乙", "甲")] + [("x", RowState({"name": "丙"}))]
    found = told_apart("a7", rows)
    assert [r.values["name"] for r in found.values()] == ["甲", "乙", "甲", "丙"]
    assert list(found) == list(told_apart("a7", rows)) and "x" in found


def test_two_rows_of_one_uuid_are_both_kept():
    found = told_apart("a7", [("x", RowState({"name": "甲"})), ("x", RowState({"name": "乙"}))])
    assert [r.values["name"] for r in found.values()] == ["甲", "乙"] and next(iter(found)) == "x"


def test_the_survey_spelling_wins_in_keys_and_links():
    kept = "{" + ONE.upper() + "}"
    rows = {"a7": {ONE: RowState({"n": 1})}, "photos": {"p": RowState({"row_uuid": ONE, "name": ONE})}}
    found = aligned(rows, {kept})
    assert list(found["a7"]) == [kept]
    assert found["photos"]["p"].values == {"row_uuid": kept, "name": ONE}


def test_spellings_of_one_uuid_side_by_side_stay_two_rows():
    rows = {"a7": {"{" + ONE + "}": RowState({"n": 1}), ONE: RowState({"n": 2})}}
    assert sorted(r.values["n"] for r in aligned(rows, set())["a7"].values()) == [1, 2]
