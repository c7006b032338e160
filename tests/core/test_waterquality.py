"""GB 3838 by the worst item: limits as the standard prints them, written out here once more."""

from __future__ import annotations

import pytest
from qingliu.core.errors import InputError
from qingliu.core.waterquality import grade, item_keys, rank_of

# item, direction, limits of classes I to V (GB 3838-2002, table 1)
LIMITS = [
    ("do", ">=", (7.5, 6, 5, 3, 2)),
    ("codmn", "<=", (2, 4, 6, 10, 15)),
    ("cod", "<=", (15, 15, 20, 30, 40)),
    ("bod5", "<=", (3, 3, 4, 6, 10)),
    ("nh3n", "<=", (0.15, 0.5, 1.0, 1.5, 2.0)),
    ("tp", "<=", (0.02, 0.1, 0.2, 0.3, 0.4)),
]
CODES = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")
EDGES = [(item, d, limits, n) for item, d, limits in LIMITS for n in range(5)]


@pytest.mark.parametrize(("item", "direction", "limits", "number"), EDGES)
def test_at_a_limit_the_class_is_met_and_just_beyond_it_is_not(item, direction, limits, number):
    limit = limits[number]
    best = next(n for n, other in enumerate(limits) if other == limit)
    after = next((n for n, other in enumerate(limits) if n > number and other != limit), 5)
    beyond = limit - 0.001 if direction == ">=" else limit + 0.001
    assert grade({item: limit}, "river").code == CODES[best]
    assert grade({item: beyond}, "river").code == CODES[after]


@pytest.mark.parametrize(("value", "code"), [(5.99, "劣Ⅴ"), (6, "Ⅰ"), (9, "Ⅰ"), (9.01, "劣Ⅴ")])
def test_ph_lies_between_six_and_nine(value, code):
    assert grade({"ph": value}, "river").code == code


@pytest.mark.parametrize(("kind", "code"), [("river", "Ⅲ"), ("lake", "Ⅴ")])
def test_phosphorus_is_graded_by_the_kind_of_water(kind, code):
    assert grade({"tp": 0.12}, kind).code == code


def test_rivers_are_not_graded_by_total_nitrogen_and_lakes_are():
    sample = {"tn": 3.0, "cod": 10}
    river = grade(sample, "river")
    assert (river.code, river.ignored) == ("Ⅰ", ("tn",))
    assert grade(sample, "lake").code == "劣Ⅴ"
    assert grade({"tn": 3.0}, "river") is None


def test_the_worst_item_decides_and_is_named():
    found = grade(
        {"ph": 7.3, "do": 7.2, "codmn": 3.4, "cod": 14, "bod5": 2.6, "nh3n": 0.46, "tp": 0.12}, "river"
    )
    assert (found.code, found.rank, found.worst) == ("Ⅲ", 3, ("tp",))
    assert found.unmeasured == ()


def test_items_nobody_measured_are_named():
    assert grade({"cod": 10}, "river").unmeasured == ("ph", "do", "codmn", "bod5", "nh3n", "tp")
    assert "tp_lake" not in grade({"cod": 10, "tp": 0.01}, "lake").unmeasured


@pytest.mark.parametrize(
    ("written", "rank"), [("Ⅲ", 3), ("iii", 3), ("3", 3), ("Ⅲ类", 3), ("劣V", 6), ("", None), ("七", None)]
)
def test_classes_as_people_write_them(written, rank):
    assert rank_of(written) == rank


@pytest.mark.parametrize(
    ("sample", "kind", "code"),
    [
        ({"cod": 1}, "sea", "QL-WATER-KIND"),
        ({"mercury": 1}, "river", "QL-WATER-ITEM"),
        ({"cod": -1}, "river", "QL-WATER-VALUE"),
        ({"ph": 14.1}, "river", "QL-WATER-VALUE"),
        ({"cod": float("nan")}, "river", "QL-WATER-VALUE"),
    ],
)
def test_what_cannot_be_graded_is_refused(sample, kind, code):
    with pytest.raises(InputError, match=code):
        grade(sample, kind)


def test_every_item_has_a_key():
    assert item_keys() == ("ph", "do", "codmn", "cod", "bod5", "nh3n", "tp", "tp_lake", "tn")
