"""Directions of flow: depressions, flats, edges, nodata; hand-made land first, random land after."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from qingliu.core.errors import Cancelled, InputError
from qingliu.core.grid import GridFrame
from qingliu.core.terrain import strips
from qingliu.core.terrain.d8 import DCOL, DROW, NODATA, OUTLET
from qingliu.core.terrain.flow import flow_directions

NAN = np.nan


def frame_of(dem: np.ndarray, cell: float = 5.0) -> GridFrame:
    return GridFrame(dem.shape[0], dem.shape[1], 0.0, 0.0, cell, cell)


def land(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def directions(dem: np.ndarray, **how) -> np.ndarray:
    return flow_directions(dem, frame_of(dem), **how).direction


def way_down(direction: np.ndarray, row: int, col: int) -> list[tuple[int, int]]:
    way = [(row, col)]
    while direction[way[-1]] != OUTLET:
        d = direction[way[-1]]
        way.append((way[-1][0] + int(DROW[d]), way[-1][1] + int(DCOL[d])))
        if len(way) > direction.size:
            raise RuntimeError(f"circle through {way[:9]}")
    return way


def filled_with_a_queue(dem: np.ndarray) -> np.ndarray:
    """Priority-Flood (Barnes, Lehman & Mulla 2014, algorithm 1): another way to the same fill levels."""
    valid = np.isfinite(dem)
    padded = np.pad(valid, 1)
    rows, cols = dem.shape
    level = np.where(valid, np.inf, NAN)
    queue: list[tuple[float, int, int]] = []
    for r, c in zip(*np.nonzero(valid)):
        if not padded[r : r + 3, c : c + 3].all():
            level[r, c] = dem[r, c]
            heapq.heappush(queue, (float(dem[r, c]), r, c))
    while queue:
        height, r, c = heapq.heappop(queue)
        for dr, dc in zip(DROW, DCOL):
            y, x = r + dr, c + dc
            if 0 <= y < rows and 0 <= x < cols and level[y, x] == np.inf:
                level[y, x] = max(height, float(dem[y, x]))
                heapq.heappush(queue, (level[y, x], y, x))
    return level.astype(np.float32)


@st.composite
def terrains(draw, most: int = 14):
    """Small land with plateaus, pits and holes."""
    shape = draw(st.tuples(st.integers(1, most), st.integers(1, most)))
    heights = draw(
        npst.arrays(np.int16, shape, elements=st.integers(0, draw(st.sampled_from([1, 3, 9, 300]))))
    )
    holes = draw(
        npst.arrays(np.int8, shape, elements=st.integers(0, draw(st.sampled_from([1, 9, 40]))), fill=None)
    )
    dem = heights.astype(np.float32)
    dem[holes == 7] = NAN
    return dem


def test_water_takes_the_steepest_way_and_a_diagonal_is_longer():
    # From the middle (10): east falls 5 over 1, south-east 6 over 1.414 = 4.24 a step.
    dem = land([20, 20, 20], [20, 10, 5], [20, 20, 4])
    assert directions(dem)[1, 1] == 0
    dem[2, 2] = 2  # 8 / 1.414 = 5.66
    assert directions(dem)[1, 1] == 1


def test_of_equal_descents_the_first_from_east_against_the_clock_wins():
    dem = land([9, 5, 9], [5, 10, 5], [9, 5, 9])
    assert directions(dem)[1, 1] == 0
    dem[1, 2] = 9
    assert directions(dem)[1, 1] == 6  # north before west and south


def test_long_cells_change_what_is_steep():
    # 6 over 10 m east, 5 over 5 m south.
    dem = land([20, 20, 20], [20, 10, 4], [20, 5, 20])
    assert flow_directions(dem, GridFrame(3, 3, 0, 0, 10, 5)).direction[1, 1] == 2
    assert flow_directions(dem, GridFrame(3, 3, 0, 0, 5, 5)).direction[1, 1] == 0


def test_degrees_are_shorter_eastward_in_the_north():
    # At 60 degrees a step east is half of a step south: a fall of 3 east beats one of 5 south.
    dem = land([20, 20, 20], [20, 10, 7], [20, 5, 20])
    frame = GridFrame(3, 3, 0.0, 60.0, 0.001, 0.001, geographic=True)
    assert flow_directions(dem, frame).direction[1, 1] == 0
    assert directions(dem)[1, 1] == 2


def test_a_pit_is_filled_to_its_lowest_pass_and_drains_there():
    dem = land([9, 9, 9, 9, 9], [9, 1, 2, 6, 3], [9, 9, 9, 9, 9])
    field = flow_directions(dem, frame_of(dem))
    assert field.conditioned(dem)[1].tolist() == [9, 6, 6, 6, 3]
    assert sorted(field.cells.tolist()) == [6, 7]
    assert way_down(field.direction, 1, 1) == [(1, 1), (1, 2), (1, 3), (1, 4)]


def test_a_pit_within_a_pit_takes_the_outer_level():
    dem = land([9] * 7, [9, 1, 4, 2, 7, 5, 0], [9] * 7)
    assert flow_directions(dem, frame_of(dem)).conditioned(dem)[1].tolist() == [9, 7, 7, 7, 7, 5, 0]


def test_two_lakes_spilling_into_each_other_share_the_level_of_the_way_out():
    dem = land([9] * 8, [9, 1, 3, 0, 3, 1, 8, 0], [9] * 8)
    assert flow_directions(dem, frame_of(dem)).conditioned(dem)[1].tolist() == [9, 8, 8, 8, 8, 8, 8, 0]


def test_cells_on_the_edge_are_never_raised():
    dem = land([5, 0, 5], [5, 5, 5], [5, 5, 5])
    field = flow_directions(dem, frame_of(dem))
    assert field.direction[0, 1] == OUTLET
    assert len(field.cells) == 0


def test_water_runs_into_nodata_and_beside_nodata_nothing_is_filled():
    dem = land([9, 9, 9, 9, 9], [9, 8, 8, 8, 9], [9, 8, NAN, 8, 9], [9, 8, 8, 8, 9], [9, 9, 9, 9, 9])
    field = flow_directions(dem, frame_of(dem))
    assert field.direction[2, 2] == NODATA
    assert (field.direction[1:4, 1:4][[0, 0, 0, 1, 1, 2, 2, 2], [0, 1, 2, 0, 2, 0, 1, 2]] == OUTLET).all()
    assert len(field.cells) == 0


def test_infinite_heights_are_nodata():
    dem = land([1, np.inf, 3], [1, 2, 3], [1, -np.inf, 3])
    direction = directions(dem)
    assert direction[0, 1] == NODATA and direction[2, 1] == NODATA
    assert direction[1, 1] == 4


def test_a_fall_too_small_for_a_slope_still_drains():
    tiny = np.float32(1e-45)  # times 0.7071 this is 0
    dem = np.full((5, 5), 3, np.float32)
    dem[1:4, 1:4] = tiny
    dem[4, 4] = 0
    direction = directions(dem)
    assert all((4, 4) in way_down(direction, row, col) for row in (1, 2, 3) for col in (1, 2, 3))


def test_huge_heights_do_not_stop_the_water():
    dem = np.random.default_rng(2).choice(np.array([-3.4e38, 0, 3.4e38], np.float32), (9, 9))
    direction = directions(dem)
    for row, col in zip(*np.nonzero(direction != NODATA)):
        way_down(direction, row, col)


def test_a_flat_drains_towards_its_outlet_and_away_from_its_walls():
    # A basin of 5 with walls of 9; the only way out is the 4 at the right. The middle row is
    # farthest from the walls: all water gathers there (Barnes 2014, figure 5 in small).
    dem = np.full((7, 8), 9, np.float32)
    dem[1:6, 1:7] = 5
    dem[3, 7] = 4
    direction = directions(dem)
    assert direction[3, 1:7].tolist() == [0] * 6
    assert all((3, 5) in way_down(direction, row, 1) for row in range(1, 6))


@pytest.mark.parametrize(
    "dem",
    [
        np.full((4, 5), NAN, np.float32),
        land([3.0]),
        land([3.0, 1, 2, 1, 5]),
        land([3.0], [1], [2]),
        np.zeros((6, 7), np.float32),
        np.pad(np.zeros((3, 3), np.float32), 2, constant_values=5),
        np.empty((0, 0), np.float32),
        np.empty((0, 5), np.float32),
    ],
    ids=["all nodata", "one cell", "one row", "one column", "flat", "moat", "empty", "no rows"],
)
def test_degenerate_land_drains(dem):
    direction = directions(dem)
    assert direction.shape == dem.shape
    assert ((direction == NODATA) == np.isnan(dem)).all()
    for row, col in zip(*np.nonzero(direction != NODATA)):
        way_down(direction, row, col)


def test_the_dem_is_as_before_even_when_the_user_stops():
    class Stop:
        def stage(self, name, count=None):
            self.at = name

        def step(self, fraction):
            if self.at == "flats":
                raise Cancelled

    dem = np.pad(np.zeros((9, 9), np.float32), 3, constant_values=5)
    before = dem.copy()
    with pytest.raises(Cancelled):
        flow_directions(dem, frame_of(dem), progress=Stop())
    np.testing.assert_array_equal(dem, before)


def test_a_read_only_dem_and_another_layout_in_memory_give_the_same():
    dem = np.random.default_rng(1).integers(0, 9, (8, 9)).astype(np.float32)
    expected = directions(dem)
    dem.flags.writeable = False
    np.testing.assert_array_equal(directions(dem), expected)
    np.testing.assert_array_equal(directions(np.asfortranarray(dem)), expected)
    np.testing.assert_array_equal(directions(dem.astype(np.float64)), expected)


def test_wrong_shape_and_unknown_method_are_refused():
    dem = np.zeros((3, 3), np.float32)
    with pytest.raises(InputError, match="QL-FLOW-SHAPE"):
        flow_directions(dem, GridFrame(3, 4, 0, 0, 5, 5))
    with pytest.raises(InputError, match="QL-FLOW-METHOD"):
        flow_directions(dem, frame_of(dem), method="dig")


@given(dem=terrains())
def test_every_valid_cell_drains_off_without_climbing(dem):
    field = flow_directions(dem, frame_of(dem))
    conditioned = field.conditioned(dem)
    valid = np.isfinite(dem)
    padded = np.pad(valid, 1)
    assert ((field.direction == NODATA) == ~valid).all()
    for row, col in zip(*np.nonzero(valid)):
        way = way_down(field.direction, row, col)
        assert not padded[way[-1][0] : way[-1][0] + 3, way[-1][1] : way[-1][1] + 3].all()
        heights = [conditioned[cell] for cell in way]
        assert heights == sorted(heights, reverse=True)


@given(dem=terrains())
def test_filling_equals_priority_flood(dem):
    before = dem.copy()
    np.testing.assert_array_equal(
        flow_directions(dem, frame_of(dem)).conditioned(dem), filled_with_a_queue(dem)
    )
    np.testing.assert_array_equal(dem, before)


@pytest.mark.parametrize("seed", range(5))
def test_strips_and_bands_do_not_show(seed, monkeypatch):
    dem = np.random.default_rng(seed).integers(0, 5, (40, 30)).astype(np.float32)
    whole = flow_directions(dem, frame_of(dem))
    monkeypatch.setattr(strips, "_COMPILED_CELLS", 60)
    for count in (1, 2, 3, 7):
        monkeypatch.setattr(strips, "threads", lambda count=count: count)
        pieces = flow_directions(dem, frame_of(dem))
        np.testing.assert_array_equal(pieces.direction, whole.direction)
        np.testing.assert_array_equal(pieces.conditioned(dem), whole.conditioned(dem))


@pytest.mark.parametrize("turn", range(1, 4))
def test_turning_and_mirroring_the_land_turns_and_mirrors_the_water(turn):
    # Distinct heights over a slope: no ties and no flats, depressions of random shape.
    dem = np.random.default_rng(turn).permutation(30 * 20).reshape(30, 20).astype(np.float32)
    levels = flow_directions(dem, frame_of(dem)).conditioned(dem)
    turned = np.ascontiguousarray(np.rot90(dem, turn))
    np.testing.assert_array_equal(
        flow_directions(turned, frame_of(turned)).conditioned(turned), np.rot90(levels, turn)
    )
    smooth = np.add.outer(np.arange(30.0) ** 1.5, np.sqrt(np.arange(20.0) + 3) * 7).astype(np.float32)
    direction = directions(smooth)
    turned_direction = directions(np.ascontiguousarray(np.rot90(smooth, turn)))
    expected = np.rot90(np.where(direction < 8, (direction - 2 * turn) % 8, direction), turn)
    np.testing.assert_array_equal(turned_direction, expected)
    mirrored = directions(np.ascontiguousarray(smooth[:, ::-1]))
    np.testing.assert_array_equal(
        mirrored, np.where(direction < 8, (4 - direction.astype(int)) % 8, 8)[:, ::-1]
    )
