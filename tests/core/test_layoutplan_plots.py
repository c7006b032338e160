"""图斑号 as one reads a page, stable once given; the plot table in hm² and 亩."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.layoutplan.model import Item, Part, item_of
from qingliu.core.layoutplan.plots import Place, label, numbered, plot, plot_table, reading_order, villages_of
from qingliu.core.standard import default_edition

EDITION = default_edition()


def test_nine_plots_on_a_grid_are_numbered_as_a_page_is_read():
    grid = [Place(f"{r}{c}", "清源村", 100.0 * c, -100.0 * r) for r in range(3) for c in range(3)]
    assert [p.uuid for p in reading_order(grid[::-1])] == [p.uuid for p in grid]
    assert numbered(grid)["00"] == 1
    assert numbered(grid)["22"] == 9


def test_a_plot_a_little_lower_is_still_in_the_row():
    places = [
        Place("a", "v", 200, 1000),
        Place("b", "v", 0, 990),
        Place("c", "v", 0, 500),
        Place("d", "v", 100, 0),
    ]
    assert numbered(places) == {"b": 1, "a": 2, "c": 3, "d": 4}


def test_each_village_has_numbers_of_its_own_and_land_in_none_too():
    places = [Place("a", "东村", 0, 0), Place("b", "西村", 0, 0), Place("c", None, 0, 0)]
    assert numbered(places) == {"a": 1, "b": 1, "c": 1}


def test_a_number_once_given_stays_and_new_plots_follow():
    places = [Place("old", "v", 0, 0, 7), Place("new", "v", 0, 100)]
    assert numbered(places) == {"old": 7, "new": 8}


def test_the_number_of_a_plot_that_is_gone_is_not_given_again():
    assert numbered([Place("new", "v", 0, 0)], {"v": 12}) == {"new": 13}


def test_of_two_plots_with_one_number_the_upper_keeps_it():
    assert numbered([Place("low", "v", 0, 0, 3), Place("high", "v", 0, 50, 3)]) == {"high": 3, "low": 4}


places_ = st.lists(
    st.builds(Place, st.uuids().map(str), st.sampled_from(["甲", "乙", None]), st.floats(0, 1e4), st.floats(0, 1e4),
              st.none()),
    max_size=25, unique_by=lambda p: p.uuid,
)  # fmt: skip


@given(places_, st.randoms())
def test_numbers_are_unique_in_a_village_and_do_not_depend_on_the_order_of_features(places, chance):
    found = numbered(places)
    for village in {p.village for p in places}:
        own = sorted(found[p.uuid] for p in places if p.village == village)
        assert own == list(range(1, len(own) + 1))
    shuffled = list(places)
    chance.shuffle(shuffled)
    assert numbered(shuffled) == found


@given(places_, places_)
def test_numbers_survive_whatever_is_drawn_or_deleted_later(first, later):
    given_ = numbered(first)
    kept = [p._replace(number=given_[p.uuid]) for p in first[::2]]
    highest = {v: max(given_[p.uuid] for p in first if p.village == v) for v in {p.village for p in first}}
    found = numbered([*kept, *later], highest)
    assert all(found[p.uuid] == p.number for p in kept)
    gone = {(p.village, given_[p.uuid]) for p in first[1::2]}
    assert not gone & {(p.village, found[p.uuid]) for p in later}


def test_a_plot_of_two_parts_has_their_area_in_hectares_and_mu_and_the_zone_of_the_larger():
    item = Item("u", "terrace", "polygon")
    row = plot(
        [Part(item, "channel", "清源村", "p1", 4_000), Part(item, "regulation", "清源村", "p2", 16_000)], 12
    )
    assert (row.area_hm2, row.area_mu, row.zone, row.parcel, row.number) == (
        2.0,
        30.0,
        "regulation",
        "p2",
        12,
    )
    assert label(row, EDITION) == "12/梯田/2.0000"
    assert label(row, EDITION, "亩") == "12/梯田/30.000"
    assert label(row, EDITION, language="en") == "12/Terraces/2.0000"


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part(Item("u", "production_road", "line"), length_m=812.4), "–/生产道路/812m"),
        (Part(Item("u", "check_dam", "point"), pieces=1), "–/谷坊/1"),
        (Part(Item("u", "other_erosion", "point", name="沙障"), pieces=2), "–/沙障/2"),
    ],
    ids=["line", "point", "other"],
)
def test_labels_of_lines_points_and_named_others(part, expected):
    assert label(plot([part]), EDITION) == expected


def test_the_plot_table_is_ordered_by_village_and_number_and_has_one_row_a_feature():
    a, b, c = (Item(u, "terrace", "polygon") for u in "abc")
    parts = [Part(a, village="乙村", area_m2=1e4), Part(b, village="甲村", area_m2=1e4),
             Part(a, village="乙村", area_m2=2e4),
             Part(c, area_m2=1e4)]  # fmt: skip
    rows = plot_table(parts, {"a": 2, "b": 5, "c": 1})
    assert [(r.uuid, r.village, r.number) for r in rows] == [
        ("a", "乙村", 2),
        ("b", "甲村", 5),
        ("c", None, 1),
    ]
    assert rows[0].area_hm2 == 3.0


def test_empty_columns_of_a_feature_take_their_defaults():
    assert item_of("u", "terrace", "polygon", {"status": None, "name": None, "unit": "亩"}) == Item(
        "u", "terrace", "polygon", "planned", "", "亩", ""
    )


def test_zone_village_and_parcel_are_each_those_that_hold_most_of_the_plot():
    """Three parts of 3, 2 and 2: the largest part lies in the east, most of the plot in the west."""
    item = Item("u", "terrace", "polygon")
    parts = [Part(item, "a", "east", "p1", 3_000), Part(item, "b", "west", "p2", 2_000),
             Part(item, "b", "west", "p3", 2_000)]  # fmt: skip
    row = plot(parts)
    assert (row.zone, row.village, row.parcel) == ("b", "west", "p1")
    assert villages_of(parts) == {"u": "west"}
