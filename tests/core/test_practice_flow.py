"""The generator's own flow tree, on grounds small enough to follow by eye."""

from __future__ import annotations

import numpy as np
from qingliu.core.practice import flow

NO_BASE = np.zeros((1, 5), dtype=bool)


def _base(shape: tuple[int, int], *cells: tuple[int, int]) -> np.ndarray:
    base = np.zeros(shape, dtype=bool)
    for cell in cells:
        base[cell] = True
    return base


def test_a_row_falling_east_drains_east_and_counts_up() -> None:
    z = np.array([[5.0, 4.0, 3.0, 2.0, 1.0]])
    forest = flow.tree(flow.steepest(z, _base((1, 5), (0, 4))), 5)
    assert forest.receiver.tolist() == [1, 2, 3, 4, 4]
    assert flow.drained_cells(forest).tolist() == [1, 2, 3, 4, 5]
    assert flow.distance_down(forest).tolist() == [4.0, 3.0, 2.0, 1.0, 0.0]


def test_a_diagonal_neighbour_must_be_lower_by_root_two_to_win() -> None:
    z = np.array([[9.0, 9.0], [8.0, 7.6]])
    assert flow.steepest(z, np.zeros((2, 2), dtype=bool))[0] == 2  # 1.0 south beats 1.4 / root 2
    z[1, 1] = 7.5
    assert flow.steepest(z, np.zeros((2, 2), dtype=bool))[0] == 3  # 1.5 / root 2 beats 1.0


def test_a_pit_is_let_out_over_its_lowest_pass() -> None:
    z = np.array([[9.0, 9.0, 9.0, 9.0, 9.0], [0.0, 6.0, 2.0, 7.0, 9.0], [9.0, 9.0, 9.0, 9.0, 9.0]])
    base = _base((3, 5), (1, 0))
    receiver = flow.drained_receivers(z, base)
    forest = flow.tree(receiver, 5)
    assert receiver[7] == 6 and receiver[6] == 5, "the pit at 2 m leaves over the pass at 6 m"
    assert flow.drained_cells(forest)[5] == 15


def test_raising_over_the_tree_leaves_every_cell_above_its_receiver() -> None:
    z = np.array([[0.0, 6.0, 2.0, 7.0, 9.0]])
    forest = flow.tree(flow.drained_receivers(z, _base((1, 5), (0, 0))), 5)
    lifted = flow.raise_over(z.ravel(), forest, np.full(5, 0.5))
    assert lifted.tolist() == [0.0, 6.0, 6.5, 7.0, 9.0]


def test_upstream_is_what_drains_through_a_cell() -> None:
    forest = flow.tree(np.array([0, 0, 1, 1, 0]), 5)
    assert flow.upstream(forest, 1).tolist() == [False, True, True, True, False]
