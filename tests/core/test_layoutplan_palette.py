"""The palette equals table B.1: 30 measures, five types, three zones; marks order it."""

from __future__ import annotations

import itertools

import pytest
import yaml
from qingliu.core.errors import EditionError
from qingliu.core.layoutplan.palette import (
    MAJOR,
    MINOR,
    PROFILES,
    measure_named,
    palette,
    unused_major,
    zone_named,
    zone_of_text,
)
from qingliu.core.standard import default_edition

EDITION = default_edition()
ZONES, TYPES = list(EDITION.zones), list(EDITION.types)
HABITAT = {
    "village_greening",
    "waste_treatment",
    "sewage_treatment",
    "livestock_wastewater",
    "sanitary_toilet",
}


def named(zone, type_key, profile="standard"):
    return {o.measure: o.mark for o in palette(EDITION, zone, type_key, profile) if o.mark}


def test_30_measures_by_5_types_by_3_zones_equal_table_b1(shared):
    facts = yaml.safe_load((shared / "standard" / "measures.yaml").read_text(encoding="utf-8"))
    rows = [m for m in facts["measures"] if not m["is_placeholder"]]
    cells = 0
    for zone, type_key in itertools.product(ZONES, TYPES):
        printed = {m["key"]: m["importance"][type_key] for m in rows if m["zone"] == zone}
        assert named(zone, type_key) == printed
        cells += len(printed)
    assert len(rows) == 30
    assert cells == 150


@pytest.mark.parametrize("type_key", TYPES)
@pytest.mark.parametrize("zone", [*ZONES, None])
@pytest.mark.parametrize("profile", PROFILES)
def test_major_measures_come_first_then_minor_ones_each_in_the_order_of_b1(zone, type_key, profile):
    offers = palette(EDITION, zone, type_key, profile)
    ranks = [{MAJOR: 0, MINOR: 1, None: 2}[o.mark] for o in offers]
    assert ranks == sorted(ranks)
    for mark in (MAJOR, MINOR):
        numbers = [EDITION.measure(o.measure).number for o in offers if o.mark == mark]
        assert numbers == sorted(numbers)


def test_filter_strips_lead_the_channel_zone_of_a_water_source_watershed():
    assert named("channel", "water_source")["filter_strip"] == MAJOR


@pytest.mark.parametrize("type_key", TYPES)
def test_the_remark_of_b1_offers_habitat_works_in_the_channel_zone_of_the_south(type_key):
    moved = [o for o in palette(EDITION, "channel", type_key, "south") if o.moved]
    assert {o.measure for o in moved} == HABITAT
    assert {o.measure: o.mark for o in moved} == {k: EDITION.measure(k).marks[type_key] for k in HABITAT}
    assert not HABITAT & set(named("channel", type_key))
    for zone in ("protection", "regulation"):
        assert palette(EDITION, zone, type_key, "south") == palette(EDITION, zone, type_key)


def test_every_measure_that_only_a_clause_names_stands_under_one_row_other_of_its_zone():
    texts = EDITION.measures_in_text.measures
    for text in texts:
        zone = zone_of_text(EDITION, text)
        shown = {
            z: [o.measure for o in palette(EDITION, z, "livable") if o.text is not None and o.text == text]
            for z in ZONES
        }
        expected = ZONES if zone is None else [zone]
        assert [z for z in ZONES if shown[z]] == expected, text.zh
        assert all(len(rows) <= 1 for rows in shown.values()), text.zh
    assert {zone_of_text(EDITION, t) for t in texts} == {*ZONES, None}


def test_quarry_restoration_of_6_2_2_12_stands_under_the_row_other_of_erosion_control():
    offers = palette(EDITION, "regulation", "livable")
    found = [o.measure for o in offers if o.text is not None and o.text.clause == "6.2.2-12"]
    assert found == ["other_erosion"]
    straw = [o.measure for o in offers if o.text is not None and o.text.clause == "6.2.3-3"]
    assert straw == ["other_regulation"]


def test_the_four_rows_other_appear_once_over_all_zones():
    rows = [o.measure for o in palette(EDITION, None, "leisure") if o.mark is None and o.text is None]
    assert rows == ["other_protection", "other_erosion", "other_regulation", "other_channel"]


def test_unused_major_measures_are_those_of_the_type_that_the_layout_lacks():
    all_major = unused_major(EDITION, "water_source", [])
    assert "closure" in all_major and "terrace" not in all_major
    assert set(all_major) - set(unused_major(EDITION, "water_source", ["closure"])) == {"closure"}


@pytest.mark.parametrize(
    ("name", "key"),
    [("terrace", "terrace"), ("梯田", "terrace"), ("经济林", "economic_forest"), ("8", "terrace"),
     (" 谷坊 ", "check_dam"), ("Dredging", "dredging"), ("其他", None), ("castle", None), ("", None)],
)  # fmt: skip
def test_measures_are_known_by_key_name_alias_and_number(name, key):
    found = measure_named(EDITION, name)
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("zone", "type_key", "profile"),
    [("sea", "livable", "standard"), ("channel", "rich", "standard"), ("channel", "livable", "north")],
    ids=["zone", "type", "profile"],
)
def test_what_does_not_exist_is_a_fault(zone, type_key, profile):
    with pytest.raises(EditionError) as caught:
        palette(EDITION, zone, type_key, profile)
    assert caught.value.code == "QL-STD-NOSUCH"


@pytest.mark.parametrize(
    ("name", "key"),
    [("channel", "channel"), ("生态保护区", "protection"), (" Ecological regulation zone ", "regulation"),
     ("core", "core"), (None, None), (" ", None)],
)  # fmt: skip
def test_zones_are_known_by_key_and_name_and_other_words_stay(name, key):
    assert zone_named(EDITION, name) == key
