"""Lines to faces to polygons: nothing lost, nothing twice, every vertex shared bit for bit."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.zoning import lattice
from qingliu.core.zoning.coverage import NONE, polygons
from qingliu.core.zoning.faces import OUTSIDE, faces_of, joined, ring_lines
from qingliu.core.zoning.lattice import Lattice, lattice_over, polygons_of
from qingliu.core.zoning.noding import node

GROUND = Lattice(0.0, 0.0, 1.0)
FAR = Lattice(39_444_000.0, 2_840_000.0, lattice.FINEST)


def square(x, y, size):
    return np.array([[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]], np.int64)


def segments_of(areas):
    """Directed segments of all rings with how often each occurs."""
    found = Counter()
    for area in areas:
        for rings in polygons_of(area.wkb):
            for ring in rings:
                points = [tuple(p) for p in ring.tolist()]
                found.update(zip(points, points[1:]))
    return found


def assert_partition(areas, total):
    """No segment twice in one direction, and the areas add up to the lattice's last unit."""
    segments = segments_of(areas)
    assert max(segments.values(), default=1) == 1
    assert sum(a.area_m2 for a in areas) == total


def test_two_squares_that_overlap_make_three_faces_with_their_areas_and_owners():
    faces = faces_of(joined([ring_lines([square(0, 0, 10)], 1), ring_lines([square(6, 6, 10)], 2)]))
    found = dict(zip(faces.covers[1:], faces.area[1:]))
    assert found == {(1,): 84.0, (1, 2): 16.0, (2,): 84.0}
    assert faces.area[OUTSIDE] == -184.0


def test_an_island_in_a_hole_in_an_island_is_covered_by_what_surrounds_it():
    lines = [ring_lines([square(0, 0, 100), square(10, 10, 80)], 1), ring_lines([square(20, 20, 40)], 2),
             ring_lines([square(25, 25, 4)], 3)]  # fmt: skip
    faces = faces_of(joined(lines))
    found = dict(zip(faces.covers[1:], faces.area[1:]))
    assert found == {(1,): 3600.0, (): 4800.0, (2,): 1584.0, (2, 3): 16.0}


def test_crossing_segments_meet_at_the_nearest_lattice_point():
    pieces = node(np.array([[0, 0, 10, 10], [0, 9, 9, 0]], np.int64))
    assert {tuple(p) for p in pieces.end.tolist()} == {(4, 5), (5, 5), (5, 4), (10, 10), (9, 0)} or {
        tuple(p) for p in pieces.end.tolist()
    } >= {(10, 10), (9, 0), (5, 5)}


def test_a_segment_is_bent_through_a_vertex_less_than_half_a_unit_away():
    pieces = node(np.array([[0, 0, 100, 1], [40, 0, 40, 50]], np.int64))
    assert [0, 0, 40, 0] in np.hstack([pieces.start, pieces.end]).tolist()


def test_a_shell_that_touches_itself_at_a_point_becomes_a_hole_and_stays_valid():
    shapely = pytest.importorskip("shapely.wkb")
    blocks = [
        (0, 0),
        (1, 0),
        (2, 0),
        (0, 1),
        (2, 1),
        (0, 2),
        (1, 2),
    ]  # a ring of squares closed at a corner only
    lines = [ring_lines([square(10 * x, 10 * y, 10)], 1 + i) for i, (x, y) in enumerate(blocks)]
    faces = faces_of(joined(lines))
    labels = np.array([5 if c else NONE for c in faces.covers])
    (area,) = polygons(faces, labels, GROUND)
    shape = shapely.loads(area.wkb)
    assert shape.is_valid and len(shape.interiors) == 1
    assert shape.area == 700


def test_polygon_with_a_spike_and_a_double_point_loses_nothing_but_the_spike():
    ring = np.array(
        [[0, 0], [10, 0], [10, 5], [20, 5], [10, 5], [10, 5], [10, 10], [0, 10], [0, 0]], np.int64
    )
    faces = faces_of(ring_lines([ring], 1))
    assert faces.area[1:].tolist() == [100.0]


def test_lattice_points_survive_the_way_to_coordinates_and_back_bit_for_bit():
    points = np.array([[1, 2], [2**27 + 3, 2**27 - 5]])
    there = FAR.place(points)
    assert np.array_equal(FAR.snap(there), points)
    other = Lattice(FAR.x0 - 1234, FAR.y0 + 777 - 2000, FAR.unit)
    assert np.array_equal(other.place(other.snap(there)), there)


@pytest.mark.parametrize(
    "bounds", [(0, 0, np.inf, 1), (5, 5, 4, 4), (0, 0, 2e7, 1)], ids=["infinite", "none", "vast"]
)
def test_extent_without_a_lattice_is_refused(bounds):
    with pytest.raises(InputError, match="QL-ZONING-EXTENT"):
        lattice_over(bounds)


def star(draw, count, reach):
    """A ring of ``count`` random points, as it comes: it may cross and touch itself."""
    points = draw(
        st.lists(st.tuples(st.integers(0, reach), st.integers(0, reach)), min_size=3, max_size=count)
    )
    return np.array([*points, points[0]], np.int64)


@st.composite
def tangles(draw):
    """Random parcels, slivers and self-touching ones among them, over a boundary, from coarse to fine."""
    reach = draw(st.sampled_from([4, 30, 1000, 2**26]))
    rings = [star(draw, 7, reach) for _ in range(draw(st.integers(1, 6)))]
    if draw(st.booleans()):  # a sliver along the first ring's first edge
        a, b = rings[0][0], rings[0][1]
        rings.append(np.array([a, b, b + 1, a + np.array([0, 1]), a], np.int64))
    return rings


@given(tangles())
def test_any_tangle_becomes_a_partition_whose_lines_meet_at_vertices_only(rings):
    shapely = pytest.importorskip("shapely.wkb")
    faces = faces_of(joined([ring_lines([r], k) for k, r in enumerate(rings)]))
    labels = np.array([c[0] if c else NONE for c in faces.covers])
    areas = polygons(faces, labels, FAR)
    covered = float(faces.area[[i for i, c in enumerate(faces.covers) if c]].sum()) * FAR.unit**2
    assert_partition(areas, covered)
    shapes = [shapely.loads(a.wkb) for a in areas]
    assert all(s.is_valid for s in shapes)
    again = faces_of(
        joined(
            [
                ring_lines([FAR.snap(r) for r in rs], i)
                for i, a in enumerate(areas)
                for rs in polygons_of(a.wkb)
            ]
        )
    )
    assert max(map(len, again.covers)) <= 1  # noding the result finds no new crossing and no overlap
    inside = sum(a for a, c in zip(again.area, again.covers) if c)
    assert inside * FAR.unit**2 == covered


@given(tangles())
def test_winding_rule_agrees_with_exact_areas_of_simple_polygons(rings):
    geometry = pytest.importorskip("shapely.geometry")
    shapes = [geometry.Polygon(r) for r in rings]
    chosen = [(r, s) for r, s in zip(rings, shapes) if s.is_valid and s.area > 0]
    faces = faces_of(joined([ring_lines([r], k) for k, (r, _) in enumerate(chosen)]))
    for key, (_, shape) in enumerate(chosen):
        found = sum(a for a, c in zip(faces.area, faces.covers) if key in c)
        # snap rounding moves a border by less than a unit
        assert abs(found - shape.area) <= shape.length + 4


def test_outline_of_all_zones_is_made_of_the_zones_own_segments():
    faces = faces_of(joined([ring_lines([square(0, 0, 100)], 0), ring_lines([square(50, 50, 100)], 1)]))
    labels = np.array([NONE if 0 not in c else len(c) for c in faces.covers])
    zones = polygons(faces, labels, FAR)
    outline = polygons(faces, np.where(labels == NONE, NONE, 0), FAR)
    rim, parts = segments_of(outline), segments_of(zones)
    assert set(rim) <= set(parts)
    inner = set(parts) - set(rim)
    assert all((b, a) in inner for a, b in inner)
    assert sum(z.area_m2 for z in zones) == outline[0].area_m2
