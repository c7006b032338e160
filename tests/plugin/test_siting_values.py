"""Words and numbers in the columns of the roles: known ones become keys, others are told and count as not given."""

from __future__ import annotations

import pytest
from qingliu.core.standard import default_edition
from qingliu.layers.records import Record
from qingliu.layers.sitingvalues import checked, status_of


def records(column, *values):
    return [Record(n, None, b"", {column: value}) for n, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("role", "column", "given", "kept", "strange"),
    [
        ("CHANNELS", "state", "natural", "natural", None),
        ("CHANNELS", "state", "近自然、少扰动", "natural", None),
        ("CHANNELS", "state", "happy", None, "happy"),
        ("CHANNELS", "state", None, None, None),
        ("WATER_SOURCE", "level", 1, "1", None),
        ("WATER_SOURCE", "level", 2.0, "2", None),
        ("WATER_SOURCE", "level", "二级", "2", None),
        ("WATER_SOURCE", "level", "九", None, "九"),
        ("POLLUTION", "kind", "alien", None, "alien"),
        ("WATERBODIES", "kind", "sea", None, "sea"),
        ("ZONES", "zone", " Regulation ", "regulation", None),
        ("ZONES", "zone", "治理区", "regulation", None),
        ("ZONES", "zone", "甲", None, "甲"),
        ("PARCELS", "flags", '{"retired","terraced"}', "retired,terraced", None),
        ("PARCELS", "flags", "退耕;xyz", "retired", "xyz"),
        ("LAYOUT", "receiving", "灌溉", "irrigation", None),
        ("LAYOUT", "receiving", "sea", None, "sea"),
        ("LAYOUT", "protection", "植物护坡", "plant", None),
        ("LAYOUT", "works", "engineering", "engineering", None),
    ],
)
def test_words_become_keys_and_strange_ones_are_told(role, column, given, kept, strange):
    found = checked(role, records(column, given), default_edition())
    assert found.records[0].attributes[column] == kept
    assert [w.code for w in found.warnings] == (["QL-SITE-STRANGE"] if strange else [])
    if strange:
        assert all(strange in w.text(language) for w in found.warnings for language in ("zh", "en"))


@pytest.mark.parametrize(
    ("role", "column", "low", "high"),
    [("BANKS", "bank_slope_deg", 0.0, 90.0), ("CHANNELS", "gradient_permil", 0.0, 10000.0)],
)
def test_numbers_beyond_their_range_are_told_and_not_used(role, column, low, high):
    found = checked(role, records(column, low, high, low - 0.1, high + 0.1, None), default_edition())
    assert [r.attributes[column] for r in found.records] == [low, high, None, None, None]
    (warning,) = found.warnings
    assert (warning.code, warning.facts["count"]) == ("QL-SITE-RANGE", 2)


def test_a_status_is_planned_or_built_in_both_languages():
    assert [status_of(v) for v in ("built", "已建", None, "", "规划", "maybe")] == [
        "built", "built", "planned", "planned", "planned", None,
    ]  # fmt: skip
