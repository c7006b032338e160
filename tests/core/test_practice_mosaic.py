"""Label rasters to exact partitions: areas, shared vertices, holes and saddles."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.practice import mosaic


def test_two_cells_side_by_side_make_two_polygons_of_one_cell_each() -> None:
    ids = np.array([[0, 1]])
    left, right = mosaic.polygons(ids, 100.0, 200.0, 5.0)
    assert mosaic.area(left) == 25.0
    assert mosaic.area(right) == 25.0
    shared = {tuple(p) for p in left[0]} & {tuple(p) for p in right[0]}
    assert shared == {(105.0, 200.0), (105.0, 195.0), (105.0, 197.5)} or shared == {
        (105.0, 200.0),
        (105.0, 195.0),
    }


def test_a_single_cell_inside_becomes_a_diamond_and_its_loss_is_the_neighbours_gain() -> None:
    ids = np.zeros((3, 3), dtype=int)
    ids[1, 1] = 1
    around, middle = mosaic.polygons(ids, 0.0, 15.0, 5.0)
    assert mosaic.area(middle) == 12.5
    assert mosaic.area(around) == 9 * 25 - 12.5
    assert len(around) == 2, "the diamond is a hole of its surroundings"


def test_pieces_touching_at_a_corner_are_two_components() -> None:
    ids = mosaic.components(np.array([[0, 1], [1, 0]]))
    assert ids.tolist() == [[0, 1], [2, 3]]


def test_outside_stays_outside() -> None:
    ids = mosaic.components(np.array([[-1, 4, 4], [7, -1, 4]]))
    assert ids.tolist() == [[-1, 0, 0], [1, -1, 0]]


def test_a_small_piece_joins_the_neighbour_with_the_longest_common_border() -> None:
    labels = np.array([[1, 1, 1, 2], [1, 3, 2, 2], [1, 1, 2, 2]])
    ids = mosaic.merge_small(mosaic.components(labels), np.zeros_like(labels), 2)
    assert ids[1, 1] == ids[0, 0]
    assert ids.max() == 1


def test_pieces_of_different_groups_never_join() -> None:
    labels = np.array([[1, 1, 1], [1, 3, 1]])
    group = np.where(labels == 3, 1, 0)
    ids = mosaic.merge_small(mosaic.components(labels), group, 5)
    assert ids[1, 1] != ids[0, 0]


@pytest.mark.parametrize("seed", range(8))
def test_random_partitions_add_up_to_the_whole_to_the_last_bit(seed: int) -> None:
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, 3, (23, 31))
    labels[4:8, 10:13] = mosaic.OUTSIDE
    ids = mosaic.components(labels)
    shapes = mosaic.polygons(ids, 462000.0, 3172000.0, 5.0)
    assert sum(mosaic.area(s) for s in shapes) == (labels >= 0).sum() * 25.0
    assert all(mosaic.ring_area(s[0]) > 0 and all(mosaic.ring_area(h) < 0 for h in s[1:]) for s in shapes)


@pytest.mark.parametrize("seed", range(4))
def test_no_ring_passes_a_point_twice(seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 2, (20, 20))
    for polygon in mosaic.polygons(mosaic.components(labels), 0.0, 100.0, 5.0):
        for ring in polygon:
            assert len({tuple(p) for p in ring[:-1]}) == len(ring) - 1


def test_every_vertex_of_a_border_between_two_parcels_belongs_to_both() -> None:
    labels = np.random.default_rng(3).integers(0, 3, (30, 30))
    ids = mosaic.merge_small(mosaic.components(labels), np.zeros_like(labels), 9)
    segments: dict[frozenset, int] = {}
    for polygon in mosaic.polygons(ids, 0.0, 150.0, 5.0):
        for ring in polygon:
            for a, b in zip(ring[:-1], ring[1:]):
                key = frozenset([tuple(a), tuple(b)])
                segments[key] = segments.get(key, 0) + 1
    rim = [k for k, n in segments.items() if n == 1]
    assert all(any(v in (0.0, 150.0) for v in (a[0], a[1])) for a, *_ in map(tuple, rim))
    assert set(segments.values()) <= {1, 2}
