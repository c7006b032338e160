"""Width, outfalls, land use and vegetation along channels, on figures that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.banks import (
    belt_mask,
    belt_window,
    counts,
    land_use_shares,
    nearest_channels,
    raster_mean,
    raster_shares,
    section_widths,
    sinuosity,
    water_widths,
)

geometry = pytest.importorskip("shapely.geometry")

STRAIGHT = np.array([[0.0, 0.0], [500.0, 0.0], [1000.0, 0.0]])


def test_width_is_the_water_area_over_the_length_inside():
    river = geometry.box(0, -6, 1000, 6)
    assert water_widths([STRAIGHT], [river])[0] == pytest.approx(12.0)


def test_width_counts_only_what_lies_beside_the_channel_where_the_river_goes_on():
    river = geometry.box(-5000, -6, 9000, 6)
    assert water_widths([STRAIGHT], [river])[0] == pytest.approx(12.0)


def test_width_over_two_reaches_is_weighted_by_their_lengths():
    reaches = [geometry.box(0, -5, 300, 5), geometry.box(700, -10, 800, 10)]
    assert water_widths([STRAIGHT], reaches)[0] == pytest.approx((3000 + 2000) / 400)


def test_a_tributarys_last_metres_in_the_river_give_it_no_width():
    river = geometry.box(0, -20, 1000, 20)
    tributary = np.array([[500.0, 300.0], [500.0, 0.0]])
    found = water_widths([STRAIGHT, tributary], [river])
    assert found[0] == pytest.approx(40.0)
    assert np.isnan(found[1])


def test_no_water_no_width():
    assert np.isnan(water_widths([STRAIGHT], [])).all()
    assert np.isnan(water_widths([STRAIGHT], [geometry.box(0, 50, 10, 60)])).all()


def test_measured_sections_give_their_mean_length():
    sections = [np.array([[100.0, -4.0], [100.0, 4.0]]), np.array([[200.0, -6.0], [200.0, 6.0]])]
    assert section_widths([STRAIGHT, STRAIGHT + np.array([0, 99])], sections).tolist() == [
        10.0,
        pytest.approx(np.nan, nan_ok=True),
    ]


def test_a_point_counts_for_the_nearest_channel_within_reach_only():
    other = STRAIGHT + np.array([0.0, 50.0])
    points = np.array([[100.0, 20.0], [100.0, 31.0], [100.0, -30.0], [100.0, -30.1]])
    nearest = nearest_channels(points, [STRAIGHT, other], 30.0)
    assert nearest.tolist() == [0, 1, 0, -1]
    outfall = np.array([True, True, False, True])
    assert counts(nearest, outfall, 2).tolist() == [1, 1]
    assert counts(nearest, ~outfall, 2).tolist() == [1, 0]


def test_no_points_are_no_fault():
    assert nearest_channels(np.empty((0, 2)), [STRAIGHT], 30.0).tolist() == []


def test_land_use_in_the_belt_without_the_water():
    parcels = [geometry.box(-100, 0, 1100, 100), geometry.box(-100, -100, 1100, 0)]
    found = land_use_shares([STRAIGHT], parcels, ["0101", "0301"], 30.0)
    assert found[0] == {"0101": pytest.approx(0.5), "0301": pytest.approx(0.5)}
    river = geometry.box(-100, -15, 1100, 0)
    dry = land_use_shares([STRAIGHT], parcels, ["0101", "0301"], 30.0, [river])
    assert list(dry[0]) == ["0101", "0301"]
    assert dry[0]["0101"] > 0.65
    assert sum(dry[0].values()) == pytest.approx(1.0)
    assert land_use_shares([STRAIGHT], [], [], 30.0) == [{}]


def test_the_belt_of_a_raster_holds_the_cells_whose_centre_is_in_reach():
    frame = GridFrame(10, 10, 0.0, 100.0, 10.0, 10.0)
    line = np.array([[0.0, 50.0], [100.0, 50.0]])
    mask = belt_mask(line, frame, 15.0)
    assert mask.sum(axis=1).tolist() == [0, 0, 0, 10, 10, 10, 10, 0, 0, 0]
    assert belt_window(line, frame, 15.0) == (3, 7, 0, 10)
    ends = belt_mask(np.array([[50.0, 50.0], [50.0, 50.0]]), frame, 8.0)
    assert ends.sum() == 4


def test_a_bent_line_takes_the_union_of_its_segments_belts():
    frame = GridFrame(20, 20, 0.0, 200.0, 10.0, 10.0)
    line = np.array([[25.0, 25.0], [105.0, 105.0], [185.0, 25.0]])
    mask = belt_mask(line, frame, 12.0)
    shape = geometry.LineString(line)
    for r in range(20):
        for c in range(20):
            assert mask[r, c] == (shape.distance(geometry.Point(*frame.centre(r, c))) <= 12.0)


def test_vegetation_cover_is_the_mean_of_what_is_known():
    values = np.array([[0.2, 0.4], [np.nan, 9.0]])
    assert raster_mean(values, np.array([[True, True], [True, False]])) == pytest.approx(0.3)
    assert np.isnan(raster_mean(values, np.zeros((2, 2), bool)))


def test_shares_of_codes_leave_nodata_out():
    codes = np.array([[3, 3, 3, 1], [255, 1, 3, 2]], np.uint8)
    found = raster_shares(codes, np.ones(codes.shape, bool), nodata=255)
    assert found == {3: pytest.approx(4 / 7), 1: pytest.approx(2 / 7), 2: pytest.approx(1 / 7)}
    assert list(found) == [3, 1, 2]


def test_sinuosity_is_length_over_distance():
    assert sinuosity(np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 0.0]])) == pytest.approx(10 / 6)
    assert np.isnan(sinuosity(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])))
