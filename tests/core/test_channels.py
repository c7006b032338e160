"""Whole channels on grids small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.channels import extract_channels
from qingliu.core.terrain.network import build_network
from qingliu.core.terrain.profile import gradient_permil

ARROWS = {">": 0, "\\": 1, "v": 2, "/": 3, "<": 4, "`": 5, "^": 6, "'": 7, "o": 8, ".": 255}


def directions(drawing: str) -> np.ndarray:
    """Arrows point E > SE \\ S v SW / W < NW ` N ^ NE ' ; o is an outlet, . has no data."""
    rows = [line.strip() for line in drawing.strip().splitlines()]
    return np.array([[ARROWS[c] for c in row] for row in rows], np.uint8)


def drained_by_counting(direction: np.ndarray) -> np.ndarray:
    """Cells above each cell, itself included, by walking down from every one."""
    step = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]
    count = np.zeros(direction.shape, np.int32)
    for r, c in np.argwhere(direction != 255).tolist():
        while True:
            count[r, c] += 1
            if direction[r, c] == 8:
                break
            dr, dc = step[direction[r, c]]
            r, c = r + dr, c + dc
    return count


def channels_on(drawing: str, cells: float, size: float = 10.0, dem=None, **more):
    direction = directions(drawing)
    frame = GridFrame(*direction.shape, 1000.0, 2000.0, size, size)
    dem = np.zeros(direction.shape, np.float32) if dem is None else np.asarray(dem, np.float32)
    return extract_channels(
        direction, drained_by_counting(direction), frame, dem, cells * size * size, **more
    )


# Two arms of 4 cells and a slope of 1 meet in row 4 and leave at the bottom: 11 cells.
Y_SHAPE = r"""
    v...v
    v...v
    \.../
    .\v/.
    ..v..
    ..o..
"""


def test_a_full_tie_goes_to_the_lower_index_and_areas_partition():
    # both arms drain 4 cells and are equally long: the tie goes to the lower index, the left arm
    found = channels_on(Y_SHAPE, 2)
    assert len(found) == 2
    assert found.parent.tolist() == [-1, 0]
    assert found.hack.tolist() == [1, 2]
    assert found.strahler.tolist() == [2, 1]
    assert found.area_m2.tolist() == [1100.0, 400.0]
    assert found.own_area_m2.tolist() == [700.0, 400.0]
    assert found.no_channel_m2 == 0.0


def test_lines_run_from_head_to_mouth_and_share_the_confluence_vertex():
    found = channels_on(Y_SHAPE, 2)
    trunk, arm = found.lines.line(0).tolist(), found.lines.line(1).tolist()
    assert trunk[0] == [1005.0, 1985.0]
    assert trunk[-1] == [1025.0, 1945.0]
    assert arm == [[1045.0, 1985.0], [1045.0, 1975.0], [1035.0, 1965.0], [1025.0, 1955.0]]
    assert arm[-1] in trunk


def test_lengths_take_true_diagonal_steps_and_the_step_to_the_confluence():
    found = channels_on(Y_SHAPE, 2)
    assert found.length_m[1] == pytest.approx(10 + 2 * 10 * np.sqrt(2))
    assert found.length_m[0] == pytest.approx(10 + 2 * 10 * np.sqrt(2) + 10)
    assert found.distance_outlet_m.tolist() == [0.0, pytest.approx(10.0)]


def test_the_branch_that_drains_more_is_the_stem_although_the_other_is_longer():
    found = channels_on(
        r"""
        .>v<...
        .'v....
        ..v<<<<
        ..o....
        """,
        1,
    )
    # from above 5 cells and 2 steps, from the right 4 cells and 3 steps
    assert found.area_m2.tolist()[0] == 1100.0
    trunk = found.lines.line(0)
    assert trunk[0, 1] >= 1985.0


def test_of_branches_that_drain_the_same_the_longer_is_the_stem():
    found = channels_on(
        r"""
        .>>v<...
        ...v<<<<
        ...o....
        """,
        1,
    )
    # both bring 4 cells to (1, 3); the right arm has 3 steps, the upper one 2
    assert found.lines.line(0)[0].tolist() == [1075.0, 1985.0]
    assert found.length_m[0] == 50.0


def test_a_channel_begins_where_the_initiation_area_is_reached_exactly():
    drawing = ">>>>>>o"
    assert len(channels_on(drawing, 3).network) == 5
    assert len(channels_on(drawing, 3.001).network) == 4


def test_an_outlet_alone_takes_its_largest_donor_so_that_it_has_a_length():
    drawing = r"""
        v.v
        \v/
        .o.
    """
    found = channels_on(drawing, 6)
    assert len(found) == 1
    assert found.length_m[0] == pytest.approx(10 * np.sqrt(2))
    assert found.lines.line(0)[0].tolist() == [1005.0, 1985.0]
    assert found.area_m2[0] == 600.0


def test_extra_cells_make_a_channel_above_the_initiation_area_down_to_the_network():
    drawing = ">>>>>>>>o"
    plain = channels_on(drawing, 6)
    given = channels_on(drawing, 6, extra_cells=np.array([1]))
    assert plain.length_m[0] == 30.0
    assert given.length_m[0] == 70.0
    assert given.network.given.all()


def test_a_channel_on_the_diagonal_of_three_arms_counts_strahler_as_the_rule_says():
    drawing = r"""
        \.v./
        .\v/.
        ..v..
        \.v./
        .\v/.
        ..o..
    """
    found = channels_on(drawing, 1)
    # five arms of order 1; three meet first (order 2), then two of order 1 join: order stays 2
    assert found.strahler[0] == 2
    assert sorted(found.strahler.tolist()) == [1, 1, 1, 1, 2]
    assert sorted(found.hack.tolist()) == [1, 2, 2, 2, 2]


def test_a_contaminated_mouth_or_one_at_the_edge_is_not_complete():
    direction = directions(Y_SHAPE)
    dirty = np.zeros(direction.shape, bool)
    assert channels_on(Y_SHAPE, 2, contaminated=dirty).complete.tolist() == [False, True]
    dirty[2, 3] = dirty[3, 3] = True
    assert channels_on(Y_SHAPE, 2, contaminated=dirty).complete.tolist() == [False, False]
    assert channels_on(Y_SHAPE, 2).complete is None


def test_directions_in_a_circle_are_refused():
    direction = directions("><")
    drained = np.array([[2, 2]], np.int32)
    with pytest.raises(ValueError, match="circle"):
        build_network(direction, drained, GridFrame(1, 2, 0, 0, 1, 1), 1.0)


def test_cells_in_degrees_need_areas_in_square_metres():
    direction = directions(">o")
    frame = GridFrame(1, 2, 100.0, 30.0, 0.001, 0.001, geographic=True)
    with pytest.raises(ValueError, match="m²"):
        build_network(direction, np.array([[1, 2]], np.int32), frame, 1.0)


def test_no_cell_reaching_the_initiation_area_gives_no_channel():
    found = channels_on(">>o", 100)
    assert len(found) == 0
    assert found.no_channel_m2 == 300.0


def test_nine_hundred_metres_flat_and_a_hundred_rising_a_hundred_give_ten_permil_not_a_hundred():
    heights = [100.0] + [0.0] * 10
    distance = [0.0] + [100.0 * k for k in range(1, 11)]
    assert gradient_permil(np.array(heights), np.array(distance)) == pytest.approx(10.0, abs=1e-12)
    dem = np.array([heights])
    found = channels_on(">" * 10 + "o", 1, size=100.0, dem=dem)
    assert found.gradient_permil[0] == pytest.approx(10.0)
    assert found.drop_permil[0] == pytest.approx(100.0)


def test_an_even_slope_has_the_same_gradient_by_the_formula_and_end_to_end():
    found = channels_on(">>>>o", 1, dem=[[540.0, 530.0, 520.0, 510.0, 500.0]])
    assert found.gradient_permil[0] == pytest.approx(1000.0)
    assert found.drop_permil[0] == pytest.approx(1000.0)


def test_the_profile_is_lowered_where_it_rises_downstream_and_raw_heights_are_kept():
    found = channels_on(">>>>o", 1, dem=[[40.0, 10.0, 20.0, 5.0, 5.0]])
    # conditioned 40 10 10 5 5 over 4 steps of 10 m: Σ = (35+5)·10 + (5+5)·10 + 5·10 + 0 above the mouth
    assert found.gradient_permil[0] == pytest.approx(1000 * (400 + 100 + 50) / 1600)
    shown = found.profile_of(0)
    assert shown.distance_m.tolist() == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert shown.height_m.tolist() == [40.0, 10.0, 20.0, 5.0, 5.0]
    assert shown.conditioned_m.tolist() == [40.0, 10.0, 10.0, 5.0, 5.0]
    assert (found.head_m[0], found.mouth_m[0]) == (40.0, 5.0)


def test_the_printed_formula_and_ours_give_the_same():
    z = np.array([7.0, 5.5, 5.5, 2.0, 1.5, 0.25]) + 812.0
    step = np.array([12.0, 7.5, 30.0, 4.0, 9.0])
    upstream_z, upstream_l = z[::-1], step[::-1]
    total = step.sum()
    printed = 1000 * (((upstream_z[:-1] + upstream_z[1:]) * upstream_l).sum() - 2 * z[-1] * total) / total**2
    assert gradient_permil(z, np.append(0, np.cumsum(step))) == pytest.approx(printed, rel=1e-9)


def test_lengths_on_a_geographic_frame_are_ellipsoidal():
    direction = directions(">>>o")
    frame = GridFrame(1, 4, 110.0, 30.0005, 0.001, 0.001, geographic=True)
    drained = np.cumsum(np.full((1, 4), 1.0e4), axis=1)
    found = extract_channels(direction, drained, frame, np.zeros((1, 4), np.float32), 1.0)
    # at 30° N on GRS80 a degree of longitude is 96 486.28 m
    assert found.length_m[0] == pytest.approx(3 * 96.48628, abs=1e-3)


def test_the_row_of_a_channel_says_none_where_nothing_is():
    row = channels_on(">>o", 1).row(0)
    assert row.parent is None
    assert row.complete is None
    assert row.length_m == 20.0
    assert row.gradient_permil == 0.0
