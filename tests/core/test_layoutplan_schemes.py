"""Cutting that adds up, schemes that differ and merge parcel by parcel; shapes small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.layoutplan.cutting import Areas, Cutter, kind_of, length_along
from qingliu.core.layoutplan.model import Item, item_of
from qingliu.core.layoutplan.prices import parse_prices
from qingliu.core.layoutplan.quantities import bill
from qingliu.core.layoutplan.schemes import (
    CHANGED,
    ONLY_FIRST,
    ONLY_SECOND,
    SAME,
    Feature,
    Result,
    by_parcel,
    compare,
    digest,
    is_stale,
    merge,
)
from qingliu.core.siting.planar import ShapelyShapes
from qingliu.core.standard import default_edition

geometry = pytest.importorskip("shapely.geometry")
EDITION = default_edition()
SHAPES = ShapelyShapes()


def box(west, south, east, north):
    return geometry.box(west, south, east, north)


def areas(**named):
    return Areas(SHAPES, [(name, box(*corners)) for name, corners in named.items()])


def sizes(parts, which="area_m2"):
    return {(p.zone, p.village, p.parcel): getattr(p, which) for p in parts}


ZONES = areas(protection=(0, 50, 100, 100), regulation=(0, 0, 100, 50))


def test_a_square_over_the_border_of_two_zones_is_cut_in_two():
    cutter = Cutter(SHAPES, zones=ZONES)
    parts = cutter.parts(Item("t", "terrace", "polygon"), box(0, 40, 100, 70))
    assert sizes(parts) == {("protection", None, None): 2000, ("regulation", None, None): 1000}


def test_what_lies_in_no_zone_is_a_part_of_its_own():
    parts = Cutter(SHAPES, zones=ZONES).parts(Item("t", "terrace", "polygon"), box(90, 0, 120, 10))
    assert sizes(parts) == {("regulation", None, None): 100, (None, None, None): 200}


def test_zones_villages_and_parcels_cut_one_another():
    cutter = Cutter(
        SHAPES, ZONES, areas(东村=(0, 0, 50, 100), 西村=(50, 0, 100, 100)), areas(p1=(0, 0, 100, 60))
    )
    parts = cutter.parts(Item("t", "terrace", "polygon"), box(0, 0, 100, 100))
    assert sizes(parts) == {
        ("regulation", "东村", "p1"): 2500, ("regulation", "西村", "p1"): 2500,
        ("protection", "东村", "p1"): 500, ("protection", "西村", "p1"): 500,
        ("protection", "东村", None): 2000, ("protection", "西村", None): 2000,
    }  # fmt: skip


def test_a_line_along_a_common_border_is_counted_once():
    line = geometry.LineString([(0, 50), (100, 50), (100, 10)])
    parts = Cutter(SHAPES, zones=ZONES).parts(Item("d", "dredging", "line"), line)
    assert math.fsum(p.length_m for p in parts) == 140
    assert sizes(parts, "length_m")["protection", None, None] == 100


def test_points_are_counted_where_they_lie_and_on_a_border_once():
    points = geometry.MultiPoint([(10, 10), (10, 50), (10, 90), (500, 500)])
    parts = Cutter(SHAPES, zones=ZONES).parts(Item("c", "check_dam", "point"), points)
    assert sizes(parts, "pieces") == {
        ("protection", None, None): 2, ("regulation", None, None): 1, (None, None, None): 1,
    }  # fmt: skip


def test_a_plant_drawn_as_an_area_is_one_piece_in_the_zone_that_holds_most_of_it():
    parts = Cutter(SHAPES, zones=ZONES).parts(Item("s", "sewage_treatment", "polygon"), box(0, 40, 10, 52))
    assert sizes(parts, "pieces") == {("regulation", None, None): 1, ("protection", None, None): 0}
    rows = bill(parts, EDITION).rows
    assert [(r.zone, r.quantity) for r in rows if r.quantity] == [("regulation", 1)]


def test_a_strip_cut_lengthwise_keeps_its_whole_length():
    """A strip of 4 m by 100 m lies half in each zone: 100 m in all, not 100 m in each."""
    parts = Cutter(SHAPES, zones=ZONES).parts(Item("f", "filter_strip", "polygon"), box(0, 48, 100, 52))
    assert sizes(parts, "length_m") == pytest.approx(
        {("protection", None, None): 50, ("regulation", None, None): 50}
    )
    whole = [r for r in bill(parts, EDITION).rows if r.of == "width"]
    assert [r.quantity for r in whole] == [4.0, 4.0]


def test_length_round_a_lake_is_that_of_its_middle():
    ring = box(0, 0, 50, 50).difference(box(10, 10, 40, 40))
    assert length_along(SHAPES.rings(ring), ring.area) == pytest.approx((200 + 120) / 2)


def test_where_zones_overlap_the_first_keeps_the_land():
    overlapping = areas(a=(0, 0, 60, 100), b=(40, 0, 100, 100))
    parts = Cutter(SHAPES, zones=overlapping).parts(Item("t", "terrace", "polygon"), box(0, 0, 100, 100))
    assert sizes(parts) == {("a", None, None): 6000, ("b", None, None): 4000}


def test_area_on_the_ground_is_asked_for_each_part():
    cutter = Cutter(SHAPES, zones=ZONES, surface=lambda shape: shape.area * 2)
    parts = cutter.parts(Item("t", "terrace", "polygon"), box(0, 40, 100, 70))
    assert [p.surface_m2 for p in parts] == [2 * p.area_m2 for p in parts]


corner = st.integers(-40, 140)
shapes_ = st.one_of(
    st.tuples(corner, corner, st.integers(1, 80), st.integers(1, 80)).map(
        lambda c: box(c[0], c[1], c[0] + c[2], c[1] + c[3])),
    st.lists(st.tuples(corner, corner), min_size=2, max_size=6, unique=True).map(geometry.LineString),
    st.lists(st.tuples(corner, corner), min_size=1, max_size=6, unique=True).map(geometry.MultiPoint),
)  # fmt: skip


@given(shapes_)
def test_parts_add_up_to_the_feature_whatever_it_is(shape):
    cutter = Cutter(SHAPES, ZONES, areas(v=(20, 20, 80, 90)), areas(p=(0, 0, 30, 30), q=(30, 0, 60, 45)))
    kind = kind_of(SHAPES, shape)
    parts = cutter.parts(Item("u", "terrace", kind), shape)
    assert math.fsum(p.area_m2 for p in parts) == pytest.approx(shape.area, abs=1e-4)
    if kind == "line":
        assert math.fsum(p.length_m for p in parts) == pytest.approx(shape.length, abs=1e-4)
    if kind == "point":
        assert math.fsum(p.pieces for p in parts) == len(shape.geoms)


# -- schemes ----------------------------------------------------------------

PARCELS = areas(p1=(0, 0, 50, 100), p2=(50, 0, 100, 100))


def feature(uuid, shape, measure="terrace", **more):
    return Feature(uuid, bytes(shape.wkb), {"measure": measure, "status": "planned", **more})


def parts_of(features):
    cutter = Cutter(SHAPES, zones=ZONES, parcels=PARCELS)
    found = []
    for f in features:
        shape = SHAPES.read(f.wkb)
        found += cutter.parts(
            item_of(f.uuid, f.attributes["measure"], kind_of(SHAPES, shape), f.attributes), shape
        )
    return found


def test_parcels_differ_where_the_schemes_place_other_measures_or_amounts():
    a = [feature("1", box(0, 0, 50, 40)), feature("2", box(50, 0, 60, 40))]
    b = [
        feature("1", box(0, 0, 50, 40)),
        feature("2", box(50, 0, 60, 20)),
        feature("3", box(200, 0, 300, 50)),
    ]
    found = {d.parcel: d for d in by_parcel(parts_of(a), parts_of(b), EDITION)}
    assert {p: d.kind for p, d in found.items()} == {"p1": SAME, "p2": CHANGED, None: ONLY_SECOND}
    assert found["p2"].first == {("terrace", "hm2"): 0.04}
    assert found["p2"].second == {("terrace", "hm2"): 0.02}
    assert {d.kind for d in by_parcel(parts_of(a), [], EDITION)} == {ONLY_FIRST}


def test_bills_of_two_schemes_are_compared_measure_by_measure_in_the_order_of_b1():
    prices = parse_prices(b"measure,unit,price,fund\nterrace,hm2,10000,x\ngrass,hm2,1000,x", "p.csv", EDITION)
    a = bill(parts_of([feature("1", box(0, 0, 100, 50))]), EDITION, prices)
    b = bill(
        parts_of([feature("2", box(0, 0, 100, 20)), feature("3", box(0, 20, 100, 50), "grass")]),
        EDITION,
        prices,
    )
    found = compare(a, b)
    assert [(d.measure, d.first, d.second, d.change, d.first_cost, d.second_cost) for d in found] == [
        ("grass", 0.0, 0.3, 0.3, None, 300.0), ("terrace", 0.5, 0.2, -0.3, 5000.0, 2000.0),
    ]  # fmt: skip


def test_a_result_is_stale_once_a_feature_or_the_base_changed_and_not_when_features_are_read_in_another_order():
    a = [feature("1", box(0, 0, 50, 40)), feature("2", box(50, 0, 60, 40))]
    result = Result("A", digest(a, {"dem": "v1"}))
    assert not is_stale(result, digest(a[::-1], {"dem": "v1"}))
    assert is_stale(result, digest(a, {"dem": "v2"}))
    assert is_stale(result, digest(a[:1], {"dem": "v1"}))
    assert is_stale(result, digest([a[0], feature("2", box(50, 0, 60, 41))], {"dem": "v1"}))
    assert is_stale(result, digest([a[0], feature("2", box(50, 0, 60, 40), status="built")], {"dem": "v1"}))


FIRST = [
    feature("1", box(0, 0, 100, 40)),
    feature("2", box(0, 50, 40, 90)),
    feature("s", box(0, 95, 100, 100)),
]
SECOND = [
    feature("1", box(0, 0, 100, 20)),
    feature("3", box(60, 50, 90, 90)),
    feature("s", box(0, 95, 100, 100)),
]


def merged(first, second, taken):
    found = merge(SHAPES, first, second, PARCELS, taken)
    return {m.feature.uuid: (m.shape or SHAPES.read(m.feature.wkb)) for m in found}


def test_with_nothing_taken_a_merge_is_the_first_and_with_everything_the_second():
    assert {u: s.wkb for u, s in merged(FIRST, SECOND, ()).items()} == {f.uuid: f.wkb for f in FIRST}
    everything = merged(FIRST, SECOND, ("p1", "p2", None))
    assert {u: s.wkb for u, s in everything.items()} == {f.uuid: f.wkb for f in SECOND}


def test_a_parcel_taken_from_the_second_cuts_what_crosses_its_border():
    found = merge(SHAPES, FIRST, SECOND, PARCELS, ("p2",))
    kept = {m.feature.uuid: m for m in found}
    assert kept["1"].shape.equals(box(0, 0, 50, 40))
    assert kept["2"].shape is None  # wholly on p1: as it was
    assert kept["3"].from_second and kept["3"].shape is None
    assert kept["s"].shape is None  # alike in both: whole
    other = [m for m in found if m.feature.uuid not in ("1", "2", "3", "s")]
    assert len(other) == 1 and other[0].from_second and other[0].shape.equals(box(50, 0, 100, 20))
    again = merge(SHAPES, FIRST, SECOND, PARCELS, ("p2",))
    assert [m.feature.uuid for m in again] == [m.feature.uuid for m in found]


@given(st.sets(st.sampled_from(["p1", "p2", None])))
def test_every_parcel_of_a_merge_is_as_in_the_scheme_it_was_taken_from(taken):
    found = [
        Feature(m.feature.uuid, bytes((m.shape or SHAPES.read(m.feature.wkb)).wkb), m.feature.attributes)
        for m in merge(SHAPES, FIRST, SECOND, PARCELS, taken)
    ]
    assert len({f.uuid for f in found}) == len(found)
    ours = {d.parcel: d for d in by_parcel(parts_of(FIRST), parts_of(found), EDITION)}
    theirs = {d.parcel: d for d in by_parcel(parts_of(SECOND), parts_of(found), EDITION)}
    for parcel in ("p1", "p2"):
        assert (theirs if parcel in taken else ours)[parcel].kind == SAME


def test_rings_without_area_have_no_length():
    assert length_along([np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])], 0.0) == pytest.approx(1.0)
