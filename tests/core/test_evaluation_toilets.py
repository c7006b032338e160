"""Row 12's distances: straight by Pythagoras, along roads by adding up."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.indicators.toilets import road_distances, straight_distances


def places(*points):
    return np.array(points, dtype=float).reshape(-1, 2)


def test_straight_distance_is_to_the_nearest_toilet():
    found = straight_distances(places((0, 0), (900, 0), (300, 400)), places((300, 0), (5000, 0)))
    assert found.tolist() == [300.0, 600.0, 400.0]


def test_no_toilet_is_infinitely_far():
    assert np.isinf(straight_distances(places((0, 0)), places())).all()
    assert np.isinf(road_distances(places((0, 0)), places(), [places((0, 0), (1, 0))])).all()


def test_along_roads_is_the_sum_of_the_way():
    """From (0, 30) down 30 m to the road, 400 m east, 300 m north, and 5 m to the toilet."""
    roads = [places((0, 0), (400, 0)), places((400, 0), (400, 300))]
    found = road_distances(places((0, 30)), places((405, 300)), roads)
    assert found.tolist() == [pytest.approx(30 + 400 + 300 + 5)]


def test_home_beside_a_toilet_walks_straight_and_one_without_a_road_gets_nowhere():
    roads = [places((0, 100), (500, 100)), places((0, 9000), (500, 9000))]
    toilets = places((10, 90))
    found = road_distances(places((0, 80), (0, 9001)), toilets, roads)
    assert found[0] == pytest.approx(np.hypot(10, 10))
    assert np.isinf(found[1])


def test_straight_is_never_longer_than_along_roads():
    random = np.random.default_rng(7)
    homes, toilets = random.random((40, 2)) * 1000, random.random((3, 2)) * 1000
    roads = [random.random((6, 2)) * 1000 for _ in range(8)]
    along = road_distances(homes, toilets, roads)
    assert (straight_distances(homes, toilets) <= along + 2 * 2).all()  # junctions are joined within 1 m


def test_home_reaches_a_long_straight_road_where_it_passes_by():
    """A road of 1 km with two vertices only: the home lives beside its middle."""
    found = road_distances(places((500, 30)), places((0, 0)), [places((0, 0), (1000, 0))])
    assert found.tolist() == [pytest.approx(530)]
