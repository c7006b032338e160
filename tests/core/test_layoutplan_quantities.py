"""Quantities that a person can add up, rounding that ties, prices whose faults come all at once."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.layoutplan.model import Item, Part
from qingliu.core.layoutplan.prices import parse_prices
from qingliu.core.layoutplan.quantities import apportioned, bill, counted_in, strip_length
from qingliu.core.layoutplan.units import unit_factor, unit_key
from qingliu.core.standard import default_edition

EDITION = default_edition()


def rows(parts, prices=None):
    found = bill(parts, EDITION, prices)
    return {(r.zone, r.measure, r.unit, r.of): r for r in found.rows}


def prices(*lines):
    return parse_prices("\n".join(["measure,unit,price,fund", *lines]).encode(), "prices.csv", EDITION)


TERRACE = Item("t1", "terrace", "polygon")


def test_a_terrace_in_two_zones_has_a_row_in_hectares_for_each():
    found = rows([Part(TERRACE, "regulation", area_m2=12_345), Part(TERRACE, "channel", area_m2=5_000)])
    assert {k: r.quantity for k, r in found.items()} == {
        ("regulation", "terrace", "hm2", "area"): 1.2345,
        ("channel", "terrace", "hm2", "area"): 0.5,
    }
    assert [r.features for r in found.values()] == [1, 1]


def test_what_lies_in_no_zone_has_a_row_of_its_own_and_is_said():
    found = bill([Part(TERRACE, None, area_m2=20_000)], EDITION)
    assert [(r.zone, r.quantity) for r in found.rows] == [("outside", 2.0)]
    assert [w.code for w in found.warnings] == ["QL-PLAN-OUTSIDE"]
    assert "terrace 2 hm2" in found.warnings[0].facts["what"]


def test_a_filter_strip_has_a_row_for_its_length_and_one_for_its_mean_width():
    strip = Item("f", "filter_strip", "polygon")
    found = rows(
        [Part(strip, "channel", area_m2=500, length_m=100), Part(strip, "channel", area_m2=300, length_m=20)]
    )
    assert found["channel", "filter_strip", "m", "length"].quantity == 120
    assert found["channel", "filter_strip", "m", "width"].quantity == pytest.approx(800 / 120, abs=5e-4)


def test_roads_count_in_kilometres_and_the_slope_water_system_in_metres_and_pieces():
    road, drain, tank = (
        Item("r", "production_road", "line"),
        Item("d", "slope_water_system", "line"),
        Item("p", "slope_water_system", "point"),
    )
    found = rows([Part(road, "regulation", length_m=1234.5), Part(drain, "regulation", length_m=80.25),
                  Part(tank, "regulation", pieces=3)])  # fmt: skip
    assert found["regulation", "production_road", "km", "length"].quantity == 1.2345
    assert found["regulation", "slope_water_system", "m", "length"].quantity == 80.25
    assert found["regulation", "slope_water_system", "座", "count"].quantity == 3


def test_the_area_on_the_ground_is_the_quantity_and_the_area_on_the_map_stands_beside_it():
    found = bill([Part(TERRACE, "regulation", area_m2=10_000, surface_m2=11_547)], EDITION)
    assert [(r.quantity, r.planar) for r in found.rows] == [(1.1547, 1.0)]


def test_built_features_are_part_of_the_quantity_and_told():
    done = Item("b", "terrace", "polygon", status="built")
    found = bill(
        [Part(TERRACE, "regulation", area_m2=10_000), Part(done, "regulation", area_m2=4_000)], EDITION
    )
    assert [(r.quantity, r.built, r.features) for r in found.rows] == [(1.4, 0.4, 2)]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (Item("1", "terrace", "polygon"), [("hm2", "area")]),
        (Item("1", "terrace", "line"), []),
        (Item("1", "terrace", "point"), []),
        (Item("1", "check_dam", "point"), [("座", "count")]),
        (Item("1", "check_dam", "line"), []),
        (Item("1", "sewage_treatment", "polygon"), [("处", "count")]),
        (Item("1", "dredging", "polygon"), [("m", "length")]),
        (Item("1", "filter_strip", "polygon"), [("m", "length"), ("m", "width")]),
        (Item("1", "gully_head_protection", "line"), [("m", "length")]),
        (Item("1", "gully_head_protection", "point"), [("处", "count")]),
        (Item("1", "village_greening", "polygon"), [("m2", "area")]),
        (Item("1", "other_erosion", "polygon"), [("hm2", "area")]),
        (Item("1", "other_erosion", "polygon", unit="亩"), [("亩", "area")]),
        (Item("1", "other_erosion", "line", unit="套"), [("套", "count")]),
        (Item("1", "other_erosion", "point", unit="hm2"), [("处", "count")]),
        (Item("1", "castle", "point"), []),
    ],
    ids=lambda v: f"{v.measure}-{v.kind}-{v.unit}" if isinstance(v, Item) else None,
)
def test_a_feature_counts_in_the_units_that_fit_its_geometry(item, expected):
    assert [(q.unit, q.of) for q in counted_in(item, EDITION)] == expected


def test_every_measure_of_b1_counts_in_each_geometry_that_it_may_have():
    for measure in EDITION.measures.values():
        for kind in measure.geometry:
            assert counted_in(Item("1", measure.key, kind), EDITION), (measure.key, kind)


def test_features_whose_geometry_does_not_fit_are_counted_and_named():
    found = bill([Part(Item("x7", "terrace", "line"), "regulation", length_m=50)], EDITION)
    assert found.rows == ()
    assert [(w.code, w.facts["count"], w.facts["ids"]) for w in found.warnings] == [
        ("QL-PLAN-NOTCOUNTED", 1, "x7")
    ]


def test_rows_come_as_b1_has_them_and_zones_as_the_edition_has_them_with_outside_last():
    dredged = [Item(n, "dredging", "line") for n in "13"]
    parts = [Part(dredged[0], None, length_m=5), Part(TERRACE, "channel", area_m2=5e4)]
    parts += [Part(dredged[1], "channel", length_m=5), Part(TERRACE, "regulation", area_m2=5e4)]
    assert [(r.measure, r.zone) for r in bill(parts, EDITION).rows] == [
        ("terrace", "regulation"), ("terrace", "channel"), ("dredging", "channel"), ("dredging", "outside"),
    ]  # fmt: skip


# -- rounding ---------------------------------------------------------------


def test_thirds_are_apportioned_to_their_whole():
    assert apportioned([1 / 3, 1 / 3, 1 / 3], 4) == [0.3334, 0.3333, 0.3333]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(0, 6))
def test_apportioned_values_add_up_and_stay_within_one_last_digit(values, decimals):
    found = apportioned(values, decimals)
    step = 10.0**-decimals
    assert math.fsum(found) == pytest.approx(round(math.fsum(values), decimals), abs=step * 0.51 + 1e-9)
    assert all(abs(a - b) < step * (1 + 1e-6) for a, b in zip(found, values))


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30))
def test_the_printed_rows_of_a_measure_add_up_to_the_map_to_the_square_metre(tenths):
    zones = ["protection", "regulation", "channel", None]
    parts = [
        Part(Item(str(n), "terrace", "polygon"), zones[n % 4], area_m2=t / 10) for n, t in enumerate(tenths)
    ]
    found = bill(parts, EDITION)
    assert abs(math.fsum(r.quantity for r in found.rows) * 1e4 - math.fsum(tenths) / 10) <= 0.5 + 1e-3


# -- lengths of strips ------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "perimeter", "rings", "length"),
    [(300.0, 206.0, 1, 100.0), (100.0, 40.0, 1, 10.0), (math.pi * 25, math.pi * 10, 1, math.sqrt(math.pi * 25)),
     (400.0, 160.0, 2, 80.0)],
    ids=["3 by 100", "square of 10", "circle: side of the square of its area", "square ring 15..25 wide 5"],
)  # fmt: skip
def test_length_of_a_strip(area, perimeter, rings, length):
    assert strip_length(area, perimeter, rings) == pytest.approx(length)


# -- units and prices -------------------------------------------------------


def test_a_hectare_has_fifteen_mu_and_pieces_of_two_names_are_not_the_same():
    assert unit_factor("hm²", "亩") == pytest.approx(15)
    assert unit_factor("km", "m") == 1000
    assert unit_factor("处", "座") is None
    assert unit_factor("hm2", "m") is None
    assert unit_key(" 公顷 ") == "hm2"


def test_cost_is_quantity_times_price_and_a_price_per_mu_is_one_per_hectare():
    found = bill([Part(TERRACE, "regulation", area_m2=12_345)], EDITION, prices("terrace,亩,2000,中央"))
    assert [(r.price, r.fund, r.cost) for r in found.rows] == [(pytest.approx(30_000), "中央", 37_035.0)]
    assert found.funds == (("中央", 37_035.0),)
    assert found.cost == 37_035.0


def test_two_funds_share_a_price_and_add_up_to_the_cost():
    shared = prices("terrace,hm2,20000,中央", "terrace,hm2,10000.01,地方")
    found = bill([Part(TERRACE, "regulation", area_m2=3_333)], EDITION, shared)
    assert found.rows[0].fund == "中央、地方"
    assert dict(found.funds)["中央"] == 6666.0
    assert math.fsum(c for _, c in found.funds) == pytest.approx(found.cost)


def test_a_measure_without_a_price_has_no_cost_and_is_named():
    found = bill([Part(TERRACE, "regulation", area_m2=1e4)], EDITION, prices("grass,hm2,100,中央"))
    assert found.rows[0].cost is None and found.cost is None
    assert [w.code for w in found.warnings] == ["QL-PLAN-NOPRICE"]


def test_a_width_never_costs_anything():
    strip = Item("f", "filter_strip", "polygon")
    found = rows([Part(strip, "channel", area_m2=400, length_m=100)], prices("filter_strip,m,50,中央"))
    assert found["channel", "filter_strip", "m", "length"].cost == 5000
    assert found["channel", "filter_strip", "m", "width"].cost is None


def test_all_bad_rows_of_a_price_file_are_told_at_once():
    with pytest.raises(InputError) as caught:
        prices("castle,hm2,1,中央", "terrace,m,1,中央", "terrace,hm2,-3,中央", "grass,hm2,dear,x", "grass,hm2,1,x",
               "grass,hm2,2,x", "terrace,,5,x")  # fmt: skip
    assert [(p.code, p.facts["row"]) for p in caught.value.problems] == [
        ("QL-PLAN-PRICEMEASURE", 2), ("QL-PLAN-PRICEUNIT", 3), ("QL-PLAN-PRICEVALUE", 4), ("QL-PLAN-PRICEVALUE", 5),
        ("QL-PLAN-PRICETWICE", 7), ("QL-PLAN-PRICEUNIT", 8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"measure,price\nterrace,1", "QL-PLAN-PRICECOLUMNS"), (b"", "QL-PLAN-PRICECOLUMNS"),
     (b"measure,unit,price,fund\n\n", "QL-PLAN-PRICEEMPTY"), (b"\x81\xff\xfe\x00\x01", "QL-PLAN-PRICEENCODING")],
    ids=["columns", "nothing", "head only", "no text"],
)  # fmt: skip
def test_a_file_that_is_no_price_list_is_refused(data, code):
    with pytest.raises(InputError) as caught:
        parse_prices(data, "prices.csv", EDITION)
    assert caught.value.code == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_prices_are_read_in_the_encodings_that_spreadsheets_write(encoding):
    text = 'measure,unit,price,fund\n梯田,公顷,"30,000",中央\n'
    found = parse_prices(text.encode(encoding), "prices.csv", EDITION)
    assert found.prices == (("terrace", "hm2", 30000.0, "中央"),)


@given(st.lists(st.tuples(st.integers(1, 10**7), st.booleans()), min_size=1, max_size=30))
def test_no_more_is_built_than_there_is(sizes):
    parts = [Part(Item(str(n), "terrace", "polygon", "built" if built else "planned"), zone, area_m2=area / 7)
             for n, (area, built) in enumerate(sizes) for zone in ("protection", "channel")]  # fmt: skip
    assert all(0 <= r.built <= r.quantity for r in bill(parts, EDITION).rows)
