"""Slope and height above drainage on planes and steps whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.accumulation import accumulate
from qingliu.core.terrain.d8 import NODATA, OUTLET
from qingliu.core.terrain.flow import flow_directions
from qingliu.core.terrain.relief import height_above_drainage, slope_degrees


@pytest.mark.parametrize(
    ("east", "south", "degrees"),
    [(0.0, 0.0, 0.0), (1.0, 0.0, 45.0), (0.0, -1.0, 45.0), (3.0, 4.0, math.degrees(math.atan(5)))],
    ids=["level", "east", "north", "both"],
)
def test_a_plane_has_one_slope_everywhere_edges_included(east, south, degrees):
    row, col = np.mgrid[0:5, 0:6]
    dem = (east * 5 * col + south * 10 * row).astype(np.float32)
    slope = slope_degrees(dem, GridFrame(5, 6, 0, 0, 5, 10))
    np.testing.assert_allclose(slope, degrees, atol=1e-5)


def test_a_step_by_horns_weights():
    # Middle column rises by 8 from left to right over two cells: (4 x 8) / (8 x 5 m) = 0.8.
    dem = np.array([[0, 4, 8]] * 3, np.float32)
    assert slope_degrees(dem, GridFrame(3, 3, 0, 0, 5, 5))[1, 1] == pytest.approx(
        math.degrees(math.atan(0.8)), rel=1e-6
    )


def test_nodata_has_no_slope_and_its_neighbours_count_themselves_instead():
    dem = np.array([[0, 4, np.nan]] * 3, np.float32)
    slope = slope_degrees(dem, GridFrame(3, 3, 0, 0, 5, 5))
    assert np.isnan(slope[:, 2]).all()
    assert slope[1, 1] == pytest.approx(math.degrees(math.atan(0.4)), rel=1e-6)


def test_in_degrees_the_steps_are_those_of_the_latitude():
    # At 60 degrees 0.001 degrees east are 55.8 m: one metre a cell is 1.027 degrees.
    frame = GridFrame(3, 3, 0, 60.0015, 0.001, 0.001, geographic=True)
    dem = np.array([[0, 1, 2]] * 3, np.float32)
    assert slope_degrees(dem, frame)[1, 1] == pytest.approx(math.degrees(math.atan(1 / 55.80)), rel=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (2, 2)])
def test_tiny_grids_have_a_slope(shape):
    assert (slope_degrees(np.ones(shape, np.float32), GridFrame(*shape, 0, 0, 5, 5)) == 0).all()


def test_another_shape_is_refused():
    with pytest.raises(InputError, match="QL-FLOW-SHAPE"):
        slope_degrees(np.ones((2, 2), np.float32), GridFrame(2, 3, 0, 0, 5, 5))


def test_height_above_the_channel_a_cell_drains_to():
    direction = np.array([[0, 0, 0, 0, OUTLET]], np.uint8)
    dem = np.array([[9, 7, 4, 3, 2]], np.float32)
    channel = np.array([[False, False, True, False, False]])
    height = height_above_drainage(dem, direction, channel)
    np.testing.assert_array_equal(height, [[5, 3, 0, np.nan, np.nan]])


def test_channels_at_sea_level_and_hollows_below_their_channel():
    direction = np.array([[0, 0, 0, OUTLET]], np.uint8)
    dem = np.array([[3, -2, 0, 0]], np.float32)
    height = height_above_drainage(dem, direction, np.array([[False, False, True, True]]))
    np.testing.assert_array_equal(height, [[3, 0, 0, 0]])


@given(st.integers(0, 10**6))
def test_height_above_drainage_is_that_of_the_first_channel_cell(seed):
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 15, 2))
    dem = random.integers(-3, 20, shape).astype(np.float32)
    dem[random.random(shape) < 0.05] = np.nan
    direction = flow_directions(dem, GridFrame(*shape, 0, 0, 5, 5)).direction
    channel = accumulate(direction) >= 4
    height = height_above_drainage(dem, direction, channel)
    assert (height[channel] == 0).all()
    assert np.isnan(height[direction == NODATA]).all()
    assert (height[np.isfinite(height)] >= 0).all()
