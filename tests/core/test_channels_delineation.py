"""Outlets snapped, sizes checked, and the largest complete catchment proposed (3.0.2)."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.accumulation import accumulate, contaminated
from qingliu.core.terrain.catchments import catchment_mask
from qingliu.core.terrain.delineation import is_complete, largest_complete, size_check, snap_outlet
from qingliu.core.terrain.flow import flow_directions


@pytest.mark.parametrize(
    ("area", "found"),
    [
        (4.999999, "below"),
        (5.0, "within"),
        (50.0, "within"),
        (50.000001, "above"),
        (4.9999996, "within"),
        (50.0000004, "within"),
    ],
)
def test_five_to_fifty_square_kilometres_are_a_small_watershed_limits_included(area, found):
    assert size_check(area) == found


def grids():
    direction = np.full((5, 7), 2, np.uint8)
    drained = np.ones((5, 7), np.int32)
    drained[2, 4] = 40
    drained[2, 1] = 90
    drained[4, 4] = 40
    return direction, drained, GridFrame(5, 7, 0.0, 50.0, 10.0, 10.0)


def test_the_outlet_moves_to_the_largest_drained_area_within_reach():
    direction, drained, frame = grids()
    found = snap_outlet(55.0, 25.0, direction, drained, frame, 20.0)
    assert (found.row, found.col, found.area_m2, found.snapped_m) == (2, 4, 4000.0, 10.0)
    far = snap_outlet(55.0, 25.0, direction, drained, frame, 40.0)
    assert (far.row, far.col) == (2, 1)
    assert snap_outlet(55.0, 25.0, direction, drained, frame, 39.9).col == 4


def test_without_a_distance_the_outlets_own_cell_is_taken():
    direction, drained, frame = grids()
    found = snap_outlet(58.0, 22.0, direction, drained, frame, 0.0)
    assert (found.row, found.col) == (2, 5)
    assert found.snapped_m == pytest.approx(np.hypot(3, 3))


def test_of_equal_areas_the_nearer_cell_is_taken():
    direction, drained, frame = grids()
    drained[2, 1] = 1
    assert snap_outlet(45.0, 20.0, direction, drained, frame, 30.0).row == 2
    assert snap_outlet(45.0, 10.0, direction, drained, frame, 30.0).row == 4


def test_nodata_is_never_an_outlet_and_a_point_far_off_finds_nothing():
    direction, drained, frame = grids()
    direction[2, 4] = 255
    assert snap_outlet(55.0, 25.0, direction, drained, frame, 10.0).col != 4
    assert snap_outlet(5000.0, 25.0, direction, drained, frame, 100.0) is None
    direction[:] = 255
    assert snap_outlet(55.0, 25.0, direction, drained, frame, 20.0) is None


def test_a_point_just_outside_the_dem_still_finds_the_cell_in_reach():
    direction, drained, frame = grids()
    found = snap_outlet(-4.0, 25.0, direction, drained, frame, 30.0)
    assert (found.row, found.col, found.snapped_m) == (2, 1, 19.0)


def test_in_degrees_the_distance_is_in_metres():
    direction = np.zeros((3, 41), np.uint8)
    drained = np.full((3, 41), 100.0)
    frame = GridFrame(3, 41, 110.0, 60.0015, 0.001, 0.001, geographic=True)
    drained[1, 22] = 900.0  # two cells east: 2 × 55.8 m at 60° N
    x, y = frame.centre(1, 20)
    assert snap_outlet(x, y, direction, drained, frame, 112.0).col == 22
    assert snap_outlet(x, y, direction, drained, frame, 111.0).col != 22


def bowl(rows: int, cols: int) -> np.ndarray:
    """A valley that drains south through a gap in a ridge all around."""
    side = np.abs(np.arange(cols) - cols // 2)[None, :] * 3.0
    dem = side + np.arange(rows, 0, -1.0)[:, None]
    dem[:6] = 500 - np.arange(6)[::-1, None] * 5.0
    dem[:6] += np.arange(6)[:, None] * 10
    dem[:, :4] = 400 + np.arange(4)[None, :] * 10
    dem[:, -4:] = 430 - np.arange(4)[None, :] * 10
    return dem.astype(np.float32)


def test_the_largest_complete_catchment_touches_no_edge_and_no_larger_one_does_not():
    rng = np.random.default_rng(11)
    dem = bowl(60, 50) + rng.random((60, 50)).astype(np.float32)
    frame = GridFrame(60, 50, 0.0, 0.0, 100.0, 100.0)
    direction = flow_directions(dem.astype(np.float32), frame).direction
    drained, dirty = accumulate(direction), contaminated(direction)
    found = largest_complete(direction, drained, dirty, frame, 0.5, 30.0)
    assert found is not None
    mask = catchment_mask(direction, found.row, found.col)
    assert mask.sum() * 1e4 == found.area_m2
    assert is_complete(mask, direction)
    best = 0
    for r in range(60):
        for c in range(50):
            size = int(drained[r, c])
            if 50 <= size <= 3000 and size > best and is_complete(catchment_mask(direction, r, c), direction):
                best = size
    assert best * 1e4 == found.area_m2


def test_no_complete_catchment_of_the_size_is_none():
    dem = np.repeat(np.arange(30, 0, -1.0, dtype=np.float32)[:, None], 30, axis=1)
    frame = GridFrame(30, 30, 0.0, 0.0, 100.0, 100.0)
    direction = flow_directions(dem, frame).direction
    assert largest_complete(direction, accumulate(direction), contaminated(direction), frame) is None


def test_a_catchment_beside_nodata_is_not_complete():
    direction = np.zeros((7, 7), np.uint8)
    mask = np.zeros((7, 7), bool)
    mask[3, 2:5] = True
    assert is_complete(mask, direction)
    direction[2, 5] = 255
    assert not is_complete(mask, direction)
    edge = np.zeros((7, 7), bool)
    edge[0, 3] = True
    assert not is_complete(edge, direction)
