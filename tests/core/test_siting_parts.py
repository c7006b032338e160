"""Pieces of the layout check by ruler: cells of a place, widths of a strip, four-valued logic, features that move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.grid import GridFrame
from qingliu.core.siting.aspect import aspect_degrees
from qingliu.core.siting.features import Feature, Features
from qingliu.core.siting.sampling import along, sample
from qingliu.core.siting.widths import strip_widths

FRAME = GridFrame(rows=10, cols=10, x0=0.0, y0=100.0, dx=10.0, dy=10.0)


def ring(*points):
    return np.array([*points, points[0]], float)


# -- cells ----------------------------------------------------------------------


def test_a_polygon_has_the_cells_whose_centres_it_holds():
    found = sample([ring((10, 10), (40, 10), (40, 30), (10, 30))], 2, FRAME)
    full = np.zeros((10, 10), bool)
    full[found.row : found.row + found.mask.shape[0], found.col : found.col + found.mask.shape[1]] = (
        found.mask
    )
    rows, cols = np.nonzero(full)
    assert set(zip(rows.tolist(), cols.tolist())) == {(r, c) for r in (7, 8) for c in (1, 2, 3)}


def test_a_hole_takes_its_cells_out():
    found = sample(
        [ring((0, 0), (100, 0), (100, 100), (0, 100)), ring((20, 20), (80, 20), (80, 80), (20, 80))], 2, FRAME
    )
    assert found.mask.sum() == 100 - 36


def test_a_polygon_smaller_than_a_cell_has_the_cell_it_lies_in():
    found = sample([ring((11, 11), (12, 11), (12, 12), (11, 12))], 2, FRAME)
    assert (found.row, found.col, found.mask.tolist()) == (8, 1, [[True]])


def test_a_line_has_every_cell_it_runs_through_and_a_point_its_own():
    line = np.array([(5.0, 95.0), (35.0, 95.0)])
    assert sample([line], 1, FRAME).mask.tolist() == [[True, True, True, True]]
    assert sample([np.array([(99.0, 1.0)])], 0, FRAME).mask.sum() == 1


def test_a_place_outside_the_grid_has_no_cells():
    assert sample([ring((200, 200), (300, 200), (300, 300))], 2, FRAME) is None


def test_points_along_a_line_are_no_farther_apart_than_the_step():
    found = along(np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 3.0)]), 4.0)
    assert np.allclose(found, [[0, 0], [10 / 3, 0], [20 / 3, 0], [10, 0], [10, 3]])


@given(st.lists(st.tuples(st.floats(0, 2 * math.pi), st.floats(5, 45)), min_size=3, max_size=20))
def test_cells_of_a_star_are_those_whose_centres_an_independent_test_finds_inside(spokes):
    ordered = sorted(spokes)
    star = ring(*[(50.3 + r * math.cos(a), 49.7 + r * math.sin(a)) for a, r in ordered])
    found = sample([star], 2, FRAME)
    full = np.zeros((10, 10), bool)
    if found is not None:
        rows, cols = found.mask.shape
        full[found.row : found.row + rows, found.col : found.col + cols] = found.mask
    expected = {(r, c) for r in range(10) for c in range(10) if _inside(star, 10 * c + 5.0, 95.0 - 10 * r)}
    cells = set(zip(*(part.tolist() for part in np.nonzero(full))))
    assert cells == expected or (not expected and len(cells) == 1)


def _inside(star, x, y):
    """Even-odd rule, one edge at a time."""
    inside = False
    for (x0, y0), (x1, y1) in zip(star[:-1], star[1:]):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


# -- widths -----------------------------------------------------------------------


def test_a_rectangle_is_as_wide_as_it_is_drawn():
    found = strip_widths([ring((0, 0), (200, 0), (200, 5), (0, 5))], 3.0)
    assert (found.least, found.median, found.narrow_length_m, found.rings) == (5.0, 5.0, 0.0, [])


@pytest.mark.parametrize("size", [1.0, 10.0])
def test_the_ends_of_a_strip_count_for_no_length(size):
    """100 m long, 5 m wide and 2 m wide on the last 40: 40 % of it is too narrow, 3 m all along is all of it."""
    narrowing = ring((0, 0), (100, 0), (100, 2), (60, 2), (60, 5), (0, 5)) * size
    found = strip_widths([narrowing], 3.0 * size)
    assert (found.share, found.median) == (pytest.approx(0.4, abs=0.003), 5 * size)
    assert found.narrow_length_m == pytest.approx(40 * size)
    assert strip_widths([ring((0, 0), (100, 0), (100, 3), (0, 3)) * size], 3.0 * size).share == pytest.approx(
        1
    )
    assert strip_widths([ring((0, 0), (9, 0), (9, 9), (0, 9)) * size], 3.0 * size).median == 9 * size


@pytest.mark.parametrize("width", [1.0, 2.999, 3.0])
def test_a_strip_not_wider_than_the_limit_is_narrow_all_along(width):
    found = strip_widths([ring((0, 0), (200, 0), (200, width), (0, width))], 3.0)
    assert found.least == width
    assert found.narrow_length_m == pytest.approx(200)


def test_a_waist_is_found_with_its_length():
    """100 m of 4 m, over 20 m of it 2 m."""
    found = strip_widths([ring((0, 0), (100, 0), (100, 4), (60, 4), (60, 2), (40, 2), (40, 4), (0, 4))], 3.0)
    assert (found.least, found.median) == (2.0, 4.0)
    assert found.narrow_length_m == pytest.approx(20)


@pytest.mark.parametrize("angle", [0, 17, 45, 90, 133])
def test_widths_do_not_depend_on_direction(angle):
    turn = np.array([[math.cos(math.radians(angle)), -math.sin(math.radians(angle))],
                     [math.sin(math.radians(angle)), math.cos(math.radians(angle))]])  # fmt: skip
    strip = ring((0, 0), (100, 0), (100, 4), (60, 4), (60, 2), (40, 2), (40, 4), (0, 4)) @ turn.T + 500000.0
    found = strip_widths([strip], 3.0)
    assert found.least == pytest.approx(2.0, abs=2e-3)
    assert found.narrow_length_m == pytest.approx(20, abs=0.5)


def test_a_wedge_is_narrow_over_the_part_that_is_narrow():
    """From 2 m to 6 m over 100 m: not wider than 3 m over the first 25 m."""
    found = strip_widths([ring((0, 0), (100, 0), (100, 6), (0, 2))], 3.0)
    assert found.least == pytest.approx(2.0, abs=0.01)
    assert found.narrow_length_m == pytest.approx(25, abs=1)


def test_a_pointed_end_is_no_narrow_place():
    """A strip 5 m wide that ends in a point 2 m long."""
    found = strip_widths([ring((0, 0), (100, 0), (102, 2.5), (100, 5), (0, 5))], 3.0)
    assert found.least > 3.0


def test_a_bent_strip_has_its_own_width_not_that_of_its_box():
    bend = ring((0, 0), (100, 0), (100, 100), (95, 100), (95, 5), (0, 5))
    found = strip_widths([bend], 3.0)
    assert (found.least, found.median) == (5.0, 5.0)


@pytest.mark.parametrize("height", [1, 2, 40])
def test_a_triangle_has_some_width(height):
    found = strip_widths([ring((0, 0), (3, 0), (1.5, height))], 3.0)
    assert 0 < found.least <= found.median < 60


def test_an_island_in_a_strip_narrows_it():
    """10 m wide with a hole that leaves 2 m on either side."""
    found = strip_widths(
        [ring((0, 0), (100, 0), (100, 10), (0, 10)), ring((40, 2), (60, 2), (60, 8), (40, 8))], 3.0
    )
    assert found.least == 2.0


# -- features -----------------------------------------------------------------------


def test_features_can_be_added_changed_and_removed():
    found = Features()
    for number in range(40):  # more than the first block of boxes holds
        found.put(Feature(number, None, {"n": number}), (number, 0.0, number + 1.0, 1.0))
    assert [f.key for f in found.near((5.5, 0, 5.6, 1))] == [5]
    found.put(Feature(5, None, {"n": 5}), (100.0, 0.0, 101.0, 1.0))
    found.drop(7)
    found.drop("never there")
    assert found.near((5.5, 0, 5.6, 1)) == [] and found.get(7) is None
    assert [f.key for f in found.near((100, 0, 100, 0))] == [5]
    assert len(found) == 39
    found.put(Feature("new", None, {}), (7.0, 0.0, 8.0, 1.0))
    assert [f.key for f in found.near((7.5, 0, 7.6, 1))] == ["new"]


# -- aspect -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("east", "north", "aspect"), [(1, 0, 270), (-1, 0, 90), (0, 1, 180), (0, -1, 0), (1, 1, 225)]
)
def test_a_slope_faces_the_way_it_falls(east, north, aspect):
    """A plane rising to the east faces west (270°)."""
    row, col = np.mgrid[0:5, 0:5]
    heights = 100.0 + east * col * 10 - north * row * 10
    assert aspect_degrees(heights, 10, 10)[2, 2] == pytest.approx(aspect)


def test_flat_ground_faces_nowhere():
    assert np.isnan(aspect_degrees(np.full((4, 4), 7.0), 10, 10)).all()
