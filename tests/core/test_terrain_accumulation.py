"""Drained area, catchments, contamination: land small enough to count by hand, invariants on random land."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from qingliu.core.errors import Cancelled, InputError
from qingliu.core.grid import GridFrame
from qingliu.core.terrain import strips
from qingliu.core.terrain.accumulation import accumulate, contaminated
from qingliu.core.terrain.catchments import catchment_mask, label_catchments
from qingliu.core.terrain.d8 import DCOL, DROW, NODATA, OUTLET
from qingliu.core.terrain.flow import flow_directions

E, SE, S, SW, W, NW, N, NE = range(8)


def codes(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.uint8)


def below(direction: np.ndarray, row: int, col: int) -> tuple[int, int] | None:
    """The cell that ``row``, ``col`` drains into."""
    d = direction[row, col]
    if d >= OUTLET:
        return None
    r, c = row + int(DROW[d]), col + int(DCOL[d])
    inside = 0 <= r < direction.shape[0] and 0 <= c < direction.shape[1]
    return (r, c) if inside and direction[r, c] != NODATA else None


def ways(direction: np.ndarray):
    """Each valid cell with the cells on its way down, itself first."""
    for cell in zip(*np.nonzero(direction != NODATA)):
        way, here = [], cell
        while here is not None:
            way.append(here)
            here = below(direction, *here)
        yield way


def on_rim(direction: np.ndarray, row: int, col: int) -> bool:
    around = np.pad(direction, 1, constant_values=NODATA)[row : row + 3, col : col + 3]
    return bool((around == NODATA).any())


@st.composite
def flows(draw):
    """Directions of random land with holes; some cells are outlets, some lead off the grid or into nodata."""
    shape = draw(st.tuples(st.integers(1, 16), st.integers(1, 12)))
    dem = draw(npst.arrays(np.int16, shape, elements=st.integers(0, 30))).astype(np.float32)
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    dem[random.random(shape) < draw(st.sampled_from([0.0, 0.1]))] = np.nan
    direction = flow_directions(dem, GridFrame(*shape, 0, 0, 5, 5)).direction
    if draw(st.booleans()):
        direction[(random.random(shape) < 0.1) & (direction != NODATA)] = OUTLET
    if draw(st.booleans()):
        direction[0][direction[0] != NODATA] = N
        direction[(random.random(shape) < 0.05)] = NODATA
    return direction


@pytest.fixture
def confluence() -> np.ndarray:
    """Two branches of 2 and 3 cells join at (1, 2), which drains off at (1, 3)."""
    return codes([E, E, S, NODATA], [W, NODATA, E, OUTLET], [E, NE, N, W])


def test_areas_add_up_at_a_confluence(confluence):
    assert accumulate(confluence).tolist() == [[1, 2, 3, 0], [1, 0, 8, 9], [1, 2, 2, 1]]
    assert accumulate(confluence).dtype == np.int32


def test_with_row_weights_the_area_is_that_of_each_cells_row(confluence):
    area = accumulate(confluence, np.array([10.0, 20.0, 40.5]))
    assert area.dtype == np.float64
    assert area.tolist() == [[10, 20, 30, 0], [20, 0, 212, 232], [40.5, 81, 81, 40.5]]


def test_what_leads_off_the_grid_or_into_nodata_is_an_outlet():
    direction = codes([N, W, NE], [E, E, E], [NODATA, W, SE])
    assert accumulate(direction).tolist() == [[2, 1, 1], [1, 2, 3], [0, 1, 1]]


def test_codes_of_no_direction_are_refused():
    with pytest.raises(InputError, match="QL-FLOW-CODES"):
        accumulate(codes([E, 9]))
    with pytest.raises(InputError, match="QL-FLOW-CODES"):
        accumulate(np.zeros((2, 2), np.int16))


def test_directions_in_a_circle_are_refused():
    with pytest.raises(InputError, match="QL-FLOW-CIRCLE"):
        accumulate(codes([E, S], [N, W]))
    with pytest.raises(InputError, match="QL-FLOW-CIRCLE"):
        label_catchments(codes([E, W]), np.zeros((1, 2), np.int32))


def test_directions_are_as_before_and_may_be_read_only(confluence):
    before = confluence.copy()
    accumulate(confluence)
    np.testing.assert_array_equal(confluence, before)
    circle = codes([E, S, NODATA], [N, W, W])
    with pytest.raises(InputError):
        accumulate(circle)
    np.testing.assert_array_equal(circle, codes([E, S, NODATA], [N, W, W]))
    confluence.flags.writeable = False
    assert accumulate(confluence)[1, 3] == 9


@pytest.mark.parametrize("stage", ["inflows", "accumulation"])
def test_stopping_leaves_the_directions_as_they_were(stage):
    class Stop:
        def stage(self, name, count=None):
            self.at = name

        def step(self, fraction):
            if self.at == stage:
                raise Cancelled

    dem = np.random.default_rng(1).random((50, 40), np.float32)
    dem[3, 3] = np.nan
    direction = flow_directions(dem, GridFrame(50, 40, 0, 0, 5, 5)).direction
    before = direction.copy()
    with pytest.raises(Cancelled):
        accumulate(direction, progress=Stop())
    np.testing.assert_array_equal(direction, before)


def test_the_given_array_takes_the_result(confluence):
    out = np.full(confluence.shape, 77, np.int32)
    assert accumulate(confluence, out=out) is out
    assert out[1, 3] == 9
    areas = np.full(confluence.shape, 77.0)
    assert np.shares_memory(accumulate(confluence, np.ones(3), out=areas), areas)
    assert areas[1, 3] == 9


def test_contaminated_is_what_the_rim_drains_into():
    # Only the middle is no rim; what comes from the left edge passes through it and leaves right.
    direction = codes([W, W, E], [E, E, OUTLET], [W, W, E])
    assert contaminated(direction).astype(int).tolist() == [[1, 0, 0], [0, 1, 1], [1, 0, 0]]


def test_a_cell_belongs_to_the_first_seed_downstream():
    direction = codes([E, E, E, E, OUTLET])
    seeds = np.array([[0, 7, 0, 4, 0]], np.int32)
    assert label_catchments(direction, seeds).tolist() == [[7, 7, 4, 4, 0]]
    assert seeds.tolist() == [[0, 7, 0, 4, 0]]
    assert label_catchments(direction, (np.array([1, 3]), np.array([7, 4]))).tolist() == [[7, 7, 4, 4, 0]]


def test_the_catchment_of_nodata_is_empty(confluence):
    assert not catchment_mask(confluence, 1, 1).any()
    assert catchment_mask(confluence, 1, 2).sum() == 8


@given(direction=flows())
def test_drained_area_counts_the_ways_through_each_cell(direction):
    expected = np.zeros(direction.shape, int)
    tainted = np.zeros(direction.shape, bool)
    for way in ways(direction):
        for cell in way:
            expected[cell] += 1
        if on_rim(direction, *way[0]):
            for cell in way[1:]:
                tainted[cell] = True
    drained = accumulate(direction)
    np.testing.assert_array_equal(drained, expected)
    np.testing.assert_array_equal(contaminated(direction), tainted)
    ends = [cell for cell in zip(*np.nonzero(direction != NODATA)) if below(direction, *cell) is None]
    assert sum(drained[cell] for cell in ends) == np.count_nonzero(direction != NODATA)


@given(direction=flows(), seed=st.integers(0, 99))
def test_catchments_partition_what_drains_through_the_seeds(direction, seed):
    random = np.random.default_rng(seed)
    seeds = np.where(random.random(direction.shape) < 0.15, random.integers(1, 99, direction.shape), 0)
    seeds[direction == NODATA] = 0
    labels = label_catchments(direction, seeds.astype(np.int32))
    for way in ways(direction):
        assert labels[way[0]] == next((seeds[cell] for cell in way if seeds[cell]), 0)
    assert (labels[direction == NODATA] == 0).all()
    row, col = (int(random.integers(0, n)) for n in direction.shape)
    assert catchment_mask(direction, row, col).sum() == accumulate(direction)[row, col]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_strips_and_bands_do_not_show(count, monkeypatch):
    dem = np.random.default_rng(count).integers(0, 50, (60, 41)).astype(np.float32)
    direction = flow_directions(dem, GridFrame(60, 41, 0, 0, 5, 5)).direction
    weights = np.linspace(1, 2, 60)
    whole = accumulate(direction), accumulate(direction, weights), contaminated(direction)
    monkeypatch.setattr(strips, "_COMPILED_CELLS", 90)
    monkeypatch.setattr(strips, "threads", lambda: count)
    for one, other in zip(
        whole, (accumulate(direction), accumulate(direction, weights), contaminated(direction))
    ):
        np.testing.assert_array_equal(one, other)


def test_a_dem_in_degrees_drains_the_ellipsoids_area():
    frame = GridFrame(50, 40, 118.0, 30.0, 0.001, 0.001, geographic=True)
    direction = np.full((50, 40), E, np.uint8)
    direction[:, -1] = S
    direction[-1, -1] = OUTLET
    area = accumulate(direction, frame.row_cell_areas())
    assert area[-1, -1] == pytest.approx(40 * frame.row_cell_areas().sum(), rel=1e-14)
