"""Parcels, belts and cells become zones: who wins where, what is too small, nothing lost."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.progress import SILENT
from qingliu.core.zoning.belts import Course, runs, shore_width, side_widths
from qingliu.core.zoning.cells import Placing, border_lines, filled, smoothed, without_small_patches
from qingliu.core.zoning.draw import CellRules, Parcels, draw, parcel_rules
from qingliu.core.zoning.faces import faces_of
from qingliu.core.zoning.lattice import (
    FINEST,
    Lattice,
    kept_within,
    multipolygon_wkb,
    polygon_wkb,
    polygons_of,
)
from qingliu.core.zoning.relief import running_maximum, slope_position
from qingliu.core.zoning.rules import load_scheme

SCHEME = load_scheme("three")
RULE = {r.id: i for i, r in enumerate(SCHEME.rules)}


def polygon(*points):
    return polygon_wkb([np.array([*points, points[0]], float)])


def box(x0, y0, x1, y1):
    return polygon((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def parcels(*pairs):
    return Parcels([w for w, _ in pairs], np.array([RULE[r] for _, r in pairs]))


def found(drawn):
    """(rule, area m²) of every zone polygon."""
    return sorted((SCHEME.rules[z.label].id, z.area_m2) for z in drawn.zones)


def assert_exact(drawn):
    """Zones pair every inner segment with its reverse, and the rest is the outline, bit for bit."""

    def segments(areas):
        counted = Counter()
        for area in areas:
            for rings in polygons_of(area.wkb):
                for ring in rings:
                    points = [p.tobytes() for p in ring]
                    counted.update(zip(points, points[1:]))
        return counted

    zones, outline = segments(drawn.zones), segments(drawn.outline)
    assert max(zones.values()) == 1
    assert {s for s in zones if s[::-1] not in zones} == set(outline)
    assert sum(z.area_m2 for z in drawn.zones) == sum(o.area_m2 for o in drawn.outline)


def test_parcels_keep_their_borders_and_belts_cut_them():
    drawn = draw(
        SCHEME, [box(0, 0, 200, 100)], belts={RULE["channel_belt"]: [box(90, -50, 110, 150)]},
        parcels=parcels((box(0, 0, 100, 100), "cropland"), (box(100, 0, 200, 100), "upper_slope")),
    )  # fmt: skip
    assert found(drawn) == [("channel_belt", 2000.0), ("cropland", 9000.0), ("upper_slope", 9000.0)]
    assert_exact(drawn)


def test_parcels_beyond_the_boundary_are_cut_off_however_far_they_reach():
    drawn = draw(
        SCHEME,
        [box(0, 0, 100, 100)],
        parcels=parcels((box(-1e7, -1e7, 50, 1e7), "cropland"), (box(50, -9e6, 1e7, 9e6), "steep")),
    )
    assert found(drawn) == [("cropland", 5000.0), ("steep", 5000.0)]
    assert_exact(drawn)


def test_of_overlapping_parcels_the_first_keeps_the_land_and_it_is_counted():
    drawn = draw(
        SCHEME,
        [box(0, 0, 100, 100)],
        parcels=parcels((box(0, 0, 60, 100), "cropland"), (box(40, 0, 100, 100), "steep")),
    )
    assert found(drawn) == [("cropland", 6000.0), ("steep", 4000.0)]
    assert (drawn.overlaps.pieces, drawn.overlaps.area_m2) == (1, 2000.0)


def test_gap_between_parcels_joins_the_neighbour_with_the_longest_border_and_is_counted():
    drawn = draw(
        SCHEME, [box(0, 0, 100, 100)],
        parcels=parcels((box(0, 0, 49, 100), "cropland"), (box(50, 0, 100, 60), "steep"),
                        (box(50, 60, 100, 100), "orchard")),
    )  # fmt: skip
    assert (drawn.gaps.pieces, drawn.gaps.area_m2) == (1, 100.0)
    assert found(drawn) == [("cropland", 5000.0), ("orchard", 2000.0), ("steep", 3000.0)]
    assert_exact(drawn)


def test_gaps_large_enough_are_divided_by_the_cells():
    rule = np.full((10, 10), RULE["rest"], np.int16)
    rule[:, 5:] = RULE["high_and_steep"]
    cells = CellRules(rule, Placing(0.0, 100.0, 10.0, 10.0), smooth=False)
    drawn = draw(
        SCHEME, [box(0, 0, 100, 100)], parcels=parcels((box(0, 50, 100, 100), "cropland")), cells=cells
    )
    assert found(drawn) == [("cropland", 5000.0), ("high_and_steep", 2500.0), ("rest", 2500.0)]
    assert_exact(drawn)


def test_small_patch_joins_its_own_zone_before_a_longer_border_with_another():
    # 10 x 10 steep (protection): 30 m border with cropland, 10 m with upper_slope (protection)
    drawn = draw(
        SCHEME, [box(0, 0, 100, 100)], minimum_m2=500,
        parcels=parcels((box(50, 0, 60, 10), "steep"), (box(60, 0, 100, 100), "upper_slope"),
                        (box(0, 0, 60, 100), "cropland")),
    )  # fmt: skip
    assert found(drawn) == [("cropland", 5900.0), ("upper_slope", 4100.0)]
    assert (drawn.merged.pieces, drawn.merged.area_m2) == (1, 100.0)


def test_small_patch_never_joins_what_lies_across_a_belt():
    drawn = draw(
        SCHEME, [box(0, 0, 100, 100)], minimum_m2=2000, belts={RULE["channel_belt"]: [box(40, -10, 60, 110)]},
        parcels=parcels((box(0, 0, 10, 100), "steep"), (box(10, 0, 50, 100), "cropland"),
                        (box(50, 0, 100, 100), "upper_slope")),
    )  # fmt: skip
    assert found(drawn) == [("channel_belt", 2000.0), ("cropland", 4000.0), ("upper_slope", 4000.0)]


def test_small_island_shut_off_by_a_belt_becomes_part_of_it():
    drawn = draw(
        SCHEME, [box(0, 0, 100, 100)], minimum_m2=600, belts={RULE["channel_belt"]: [box(5, -10, 60, 110)]},
        parcels=parcels((box(0, 0, 100, 100), "cropland")),
    )  # fmt: skip
    assert found(drawn) == [("channel_belt", 6000.0), ("cropland", 4000.0)]
    assert_exact(drawn)


def test_small_belt_stays_a_belt():
    pond = {RULE["water_belt"]: [box(20, 20, 30, 30)]}
    drawn = draw(
        SCHEME,
        [box(0, 0, 100, 100)],
        minimum_m2=5000,
        belts=pond,
        parcels=parcels((box(0, 0, 100, 100), "cropland")),
    )
    assert found(drawn) == [("cropland", 9900.0), ("water_belt", 100.0)]


def test_boundary_of_several_parts_with_a_hole_is_covered_exactly():
    ring = polygon_wkb(
        [
            np.array([[0, 0], [90, 0], [90, 90], [0, 90], [0, 0]], float),
            np.array([[30, 30], [60, 30], [60, 60], [30, 60], [30, 30]], float),
        ]
    )
    both = multipolygon_wkb([next(polygons_of(ring)), next(polygons_of(box(200, 0, 210, 10)))])
    drawn = draw(SCHEME, [both], parcels=parcels((box(-5, -5, 300, 300), "cropland")))
    assert found(drawn) == [("cropland", 100.0), ("cropland", 7200.0)]
    assert_exact(drawn)


def test_boundary_without_area_is_refused():
    with pytest.raises(InputError, match="QL-ZONING-NOAREA"):
        draw(SCHEME, [polygon((0, 0), (10, 10), (20, 20))], parcels=parcels((box(0, 0, 9, 9), "cropland")))


@st.composite
def scenes(draw_one):
    """A boundary, random parcels (slivers and ones that cross themselves among them), belts and cells."""
    coordinate = st.floats(-20, 220, allow_nan=False)
    point = st.tuples(coordinate, coordinate)
    rules = [i for i, r in enumerate(SCHEME.rules) if not r.belt]
    rings = draw_one(st.lists(st.lists(point, min_size=3, max_size=6), min_size=1, max_size=7))
    number = draw_one(st.integers(0, 2**31))
    random = np.random.default_rng(number)
    cells = random.choice(rules, (12, 11)).astype(np.int16)
    belt = [polygon(*r) for r in rings[: len(rings) // 3]]
    x, y, w = draw_one(coordinate), draw_one(coordinate), draw_one(st.sampled_from([1e-3, 0.01, 1.0]))
    sliver = polygon((x, y), (x + 150, y + 3), (x + 150, y + 3 + w), (x, y + w))
    land = [polygon(*r) for r in rings] + [sliver]
    return (
        land,
        random.choice(rules, len(land)),
        belt,
        cells,
        draw_one(st.sampled_from([0.0, 50.0, 3000.0])),
        draw_one(st.booleans()),
    )


@given(scenes())
def test_any_scene_is_partitioned_exactly(scene):
    wkb = pytest.importorskip("shapely.wkb")
    land, rules, belt, cells, minimum, smooth = scene
    boundary = polygon((3.3, 4.1), (197.7, -3.9), (201.5, 180.1), (120.1, 90.7), (9.7, 203.3))
    drawn = draw(
        SCHEME, [boundary], belts={RULE["channel_belt"]: belt}, parcels=Parcels(land, rules),
        cells=CellRules(cells, Placing(-10.0, 210.0, 20.0, 20.0), smooth), minimum_m2=minimum,
    )  # fmt: skip
    assert_exact(drawn)
    assert all(wkb.loads(z.wkb).is_valid for z in drawn.zones)
    exact = wkb.loads(boundary)
    assert abs(sum(z.area_m2 for z in drawn.zones) - exact.area) < exact.length * FINEST


@given(st.integers(0, 2**31), st.booleans())
def test_borders_of_cells_enclose_each_class_once(number, smooth):
    labels = np.random.default_rng(number).integers(-1, 4, (6, 7)).astype(np.int16)
    faces = faces_of(
        border_lines(labels, Placing(0.0, 60.0, 10.0, 10.0), Lattice(-5.0, -5.0, 2.0**-4), 0, smooth)
    )
    assert max(map(len, faces.covers)) <= 1
    for label in range(4):
        area = sum(a for a, c in zip(faces.area, faces.covers) if c == (label,)) * 2.0**-8
        if smooth:  # corners lose or win an eighth of a cell each
            assert abs(area - 100 * (labels == label).sum()) <= 12.5 * 4 * (labels == label).sum()
        else:
            assert area == 100 * (labels == label).sum()


def test_a_cell_alone_in_others_becomes_a_diamond_of_half_its_area():
    labels = np.zeros((3, 3), np.int16)
    labels[1, 1] = 1
    faces = faces_of(border_lines(labels, Placing(0.0, 3.0, 1.0, 1.0), Lattice(-1.0, -1.0, 0.5), 0))
    found = dict(zip(faces.covers[1:], faces.area[1:] * 0.25))
    assert found[(1,)] == 0.5


def test_majority_removes_speckle_and_leaves_straight_borders():
    labels = np.zeros((9, 9), np.int16)
    labels[:, 5:] = 1
    labels[4, 2] = 1
    clean = smoothed(labels, 2)
    assert (clean[:, :5] == 0).all() and (clean[:, 5:] == 1).all()


def test_unlabelled_cells_take_their_neighbours_label():
    labels = np.array([[0, -1, -1, -1, -1, -1, 1], [-1] * 7])
    assert filled(labels)[0].tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert (filled(labels) >= 0).all()
    assert (filled(np.full((2, 2), -1)) == -1).all()


def test_small_patches_of_cells_join_a_neighbour():
    labels = np.zeros((6, 6), np.int16)
    labels[2:4, 2:4] = 1
    assert (without_small_patches(labels, 100.0, 500.0, lambda a, b: 0, SILENT) == 0).all()
    assert (without_small_patches(labels, 100.0, 400.0, lambda a, b: 0, SILENT) == labels).all()


def test_parcel_takes_the_zone_of_most_cells_and_in_it_the_commonest_rule():
    # 5 of 9 cells are protection by two rules, 4 regulation by one
    cells = ["upper_slope"] * 3 + ["steep"] * 2 + ["cropland"] * 4
    rules = parcel_rules(SCHEME, np.zeros(9, int), np.array([RULE[c] for c in cells]), 2)
    assert rules.tolist() == [RULE["upper_slope"], -1]


@pytest.mark.parametrize("far", [1e3, 1e8])
def test_ring_cut_to_a_box_winds_around_the_same_points_inside_it(far):
    ring = np.array([[-far, 5], [5, -far], [far, 5], [5, far], [-far, 5]])
    cut = kept_within(ring, (0.0, 0.0, 10.0, 10.0))
    assert cut.min() == 0.0 and cut.max() == 10.0
    twice = sum(x * v - u * y for (x, y), (u, v) in zip(cut, cut[1:]))
    assert twice == pytest.approx(200.0)


# -- belts --------------------------------------------------------------------

LIMITS = SCHEME.limits


def course(points, drained, influenced, **keywords):
    return Course(np.array(points, float), np.array(drained, float), np.array(influenced, bool), **keywords)


def test_belt_begins_where_people_use_the_land_and_goes_on_to_the_mouth():
    found = runs([course([(0, 0), (10, 0), (20, 0), (30, 0)], [0.4, 0.5, 0.6, 0.7], [0, 1, 0, 0])], LIMITS)
    assert [r.xy[:, 0].tolist() for r in found] == [[10, 20, 30]]
    assert found[0].distance_m == 10.0


def test_influence_reaches_the_receiving_channel_from_the_confluence_down():
    main = course([(0, 0), (10, 0), (20, 0), (30, 0)], [0.5, 0.5, 0.9, 0.9], [0, 0, 0, 0])
    side = course([(10, 30), (10, 10), (10, 0)], [0.3, 0.4, 0.9], [1, 0, 0])
    found = {r.course: r.xy.tolist() for r in runs([main, side], LIMITS)}
    assert found[0][0] == [10, 0] and found[1][0] == [10, 30]


def test_a_wild_tributary_does_not_count_because_its_last_vertex_is_the_receivers():
    side = course([(10, 30), (10, 10), (10, 0)], [0.3, 0.4, 9.0], [0, 0, 1])
    assert runs([side], LIMITS) == []


def test_large_channels_count_without_influence_and_widths_go_by_area_and_order():
    found = runs(
        [course([(0, 0), (1, 0), (2, 0), (3, 0)], [0.5, 2.0, 12.0, 12.0], [0, 0, 0, 0], width_m=6.0)], LIMITS
    )
    assert [(r.xy[0, 0], r.distance_m) for r in found] == [(1.0, 28.0), (2.0, 53.0)]
    assert side_widths(np.array([0.5, 1.0, 10.0]), None, LIMITS).tolist() == [10.0, 25.0, 50.0]
    assert side_widths(np.array([0.2, 0.4, 0.5]), 4, LIMITS).tolist() == [10.0, 25.0, 25.0]


@pytest.mark.parametrize(
    ("area", "perimeter", "kind", "width"),
    [
        (100 * 100, 400, "", 50.0),
        (99 * 100, 398, "", 15.0),
        (10 * 1000, 2020, "", 10.0),
        (30 * 3000, 6060, "", 30.0),
        (60 * 100, 320, "river", 30.0),
        (100 * 100, 400, "ditch", 0.0),
    ],
    ids=["lake", "pond", "stream", "river by shape", "river by name", "ditch"],
)
def test_belt_around_water_goes_by_kind_size_and_shape(area, perimeter, kind, width):
    assert shore_width(area, perimeter, kind, LIMITS) == width


# -- slope position -------------------------------------------------------------


def test_running_maximum_is_the_greatest_within_reach():
    values = np.random.default_rng(3).random((5, 23)).astype(np.float32)
    for reach in (0, 1, 2, 3, 7):
        found = running_maximum(values, reach, 1)
        expected = [values[:, max(c - reach, 0) : c + reach + 1].max(axis=1) for c in range(23)]
        assert np.array_equal(found, np.array(expected).T)


def test_slope_position_is_the_share_of_the_height_around_and_0_on_flat_land():
    height = np.array([[0, 10, 20, 30]], np.float32)
    assert np.allclose(slope_position(height, (3, 3), 15), [[0, 1 / 3, 2 / 3, 1]])
    assert slope_position(height, (3, 3), 31).tolist() == [[0.0] * 4]
    assert np.isnan(slope_position(np.array([[np.nan, 40]], np.float32), (1, 1), 15)[0, 0])
