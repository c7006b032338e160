"""Breaching: the cheapest cut within its bounds, filling for the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.d8 import DCOL, DROW, NODATA, OUTLET
from qingliu.core.terrain.flow import flow_directions


def frame_of(dem: np.ndarray) -> GridFrame:
    return GridFrame(dem.shape[0], dem.shape[1], 0.0, 0.0, 5.0, 5.0)


@pytest.fixture
def dammed() -> np.ndarray:
    """A valley falling 1 m a cell southwards, its bed in column 3, dammed 5 m high by a road in row 6."""
    bed = np.arange(12, 0, -1, dtype=np.float32)[:, None]
    dem = bed + 2 * np.abs(np.arange(7, dtype=np.float32) - 3)
    dem[6] += 5
    return dem


def test_a_road_across_a_valley_is_cut_to_the_slope_of_the_bed(dammed):
    bed = flow_directions(dammed, frame_of(dammed), method="breach").conditioned(dammed)
    assert bed[:, 3].tolist() == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert np.count_nonzero(bed != dammed) == 1


def test_a_dam_higher_than_allowed_is_filled_instead(dammed):
    # The crest (11) stands 4 m over the sink (7): cut (to 7) when 4 m are allowed, not when 3.9 m are.
    cut = flow_directions(dammed, frame_of(dammed), method="breach", max_depth=4.0).conditioned(dammed)
    assert cut[:, 3].tolist() == [12, 11, 10, 9, 8, 7, 7, 5, 4, 3, 2, 1]
    kept = flow_directions(dammed, frame_of(dammed), method="breach", max_depth=3.9).conditioned(dammed)
    assert kept[6, 3] == 11 and kept[5, 3] == 11
    np.testing.assert_array_equal(kept, flow_directions(dammed, frame_of(dammed)).conditioned(dammed))


def test_a_cut_longer_than_allowed_is_not_made(dammed):
    # From the sink over the crest to lower ground: two steps of 5 m.
    cut = flow_directions(dammed, frame_of(dammed), method="breach", max_length=10.0).conditioned(dammed)
    assert cut[6, 3] == 6
    kept = flow_directions(dammed, frame_of(dammed), method="breach", max_length=9.9).conditioned(dammed)
    assert kept[6, 3] == 11


def test_off_the_dem_is_a_way_out_too():
    dem = np.full((5, 5), 9, np.float32)
    dem[2, 2] = 1
    bed = flow_directions(dem, frame_of(dem), method="breach").conditioned(dem)
    # Two cells to the edge, cut to the sink's own height; the rest stays.
    assert np.count_nonzero(bed == 1) == 3
    assert np.count_nonzero(bed == 9) == 22


@given(st.integers(0, 10**6), st.sampled_from([1.0, 5.0, 50.0]), st.sampled_from([5.0, 12.0, 30.0, 200.0]))
def test_after_breaching_every_cell_drains_and_cuts_keep_their_depth(seed, max_depth, max_length):
    random = np.random.default_rng(seed)
    dem = (random.random(random.integers(1, 20, 2)) * 10).astype(np.float32)
    dem[random.random(dem.shape) < 0.03] = np.nan
    before = dem.copy()
    field = flow_directions(dem, frame_of(dem), method="breach", max_depth=max_depth, max_length=max_length)
    np.testing.assert_array_equal(dem, before)
    assert len(np.unique(field.cells)) == len(field.cells)
    bed = field.conditioned(dem)
    assert np.nanmax(dem - bed, initial=0) <= max_depth + 1e-5
    assert (flow_directions(bed, frame_of(dem)).conditioned(bed)[~np.isnan(bed)] == bed[~np.isnan(bed)]).all()
    for row, col in zip(*np.nonzero(field.direction != NODATA)):
        for _ in range(dem.size):
            if field.direction[row, col] == OUTLET:
                break
            d = field.direction[row, col]
            row, col = row + DROW[d], col + DCOL[d]
        assert field.direction[row, col] == OUTLET
