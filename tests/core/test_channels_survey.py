"""The clause's verdicts on synthetic valleys, and the recount under other limits (4.3.1)."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.errors import InputError
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.accumulation import accumulate
from qingliu.core.terrain.channels import Channels, extract_channels
from qingliu.core.terrain.flow import flow_directions
from qingliu.core.terrain.survey import lengths_from, settled_initiation, tally, verdicts


def straight_valley(columns: int, rows: int, size: float) -> np.ndarray:
    """Steep sides to the middle row, which falls gently east: every column brings ``rows`` cells."""
    side = np.abs(np.arange(rows) - rows // 2)[:, None] * size
    along = (columns - np.arange(columns))[None, :] * size * 0.01
    return (side + along + 100).astype(np.float32)


def surveyed(dem: np.ndarray, size: float, initiation_km2: float = 0.02) -> Channels:
    frame = GridFrame(*dem.shape, 500000.0, 3000000.0, size, size)
    direction = flow_directions(dem, frame).direction
    return extract_channels(direction, accumulate(direction), frame, dem, initiation_km2 * 1e6)


@pytest.mark.parametrize(
    ("length", "required", "reason", "near"),
    [
        (269, False, "none", False),
        (270, False, "none", True),
        (299, False, "none", True),
        (300, False, "none", True),
        (301, True, "length", False),
    ],
)
def test_a_valley_of_so_many_metres_gets_the_verdict_of_the_clause(length, required, reason, near):
    # 200 rows of 1 m: the channel begins in column 100, where 20 000 m² are reached
    found = surveyed(straight_valley(length + 100, 200, 1.0), 1.0)
    assert found.length_m.tolist() == [float(length)]
    assert found.area_m2[0] == (length + 100) * 200
    verdict = verdicts(found.length_m, found.area_m2)
    assert (bool(verdict.required[0]), verdict.reason_of(0), bool(verdict.near_miss[0])) == (
        required,
        reason,
        near,
    )


@pytest.mark.parametrize(
    ("rows", "area_km2", "required", "reason", "near"),
    [
        (89, 0.089, False, "none", False),
        (90, 0.090, False, "none", True),
        (99, 0.099, False, "none", True),
        (100, 0.100, False, "none", True),
        (101, 0.101, True, "area", False),
    ],
)
def test_a_short_valley_draining_so_much_gets_the_verdict_of_the_clause(
    rows, area_km2, required, reason, near
):
    found = surveyed(straight_valley(10, rows, 10.0), 10.0)
    assert found.length_m[0] < 100
    assert found.area_m2[0] / 1e6 == pytest.approx(area_km2)
    verdict = verdicts(found.length_m, found.area_m2)
    assert (bool(verdict.required[0]), verdict.reason_of(0), bool(verdict.near_miss[0])) == (
        required,
        reason,
        near,
    )


def test_a_gully_of_320_m_that_drains_only_6_hectares_is_in():
    found = surveyed(straight_valley(96, 25, 5.0), 5.0)
    assert found.length_m.tolist() == [320.0]
    assert found.area_m2.tolist() == [60000.0]
    verdict = verdicts(found.length_m, found.area_m2)
    assert verdict.required.all()
    assert verdict.reason_of(0) == "length"


def test_verdicts_round_to_the_millimetre_and_the_square_metre_before_they_compare():
    length = np.array([300.0004, 300.0006, 0.0, 0.0, 400.0])
    area = np.array([0.0, 0.0, 100000.4, 100000.6, 200000.0])
    verdict = verdicts(length, area)
    assert verdict.required.tolist() == [False, True, False, True, True]
    assert [verdict.reason_of(i) for i in range(5)] == ["none", "length", "none", "area", "both"]


def test_other_limits_are_as_strict():
    verdict = verdicts(np.array([500.0, 500.001]), np.array([0.0, 0.0]), 500.0, 0.2)
    assert verdict.required.tolist() == [False, True]


def test_the_initiation_area_is_raised_to_ten_cells_with_a_warning():
    frame = GridFrame(10, 10, 0.0, 0.0, 90.0, 90.0)
    used, warnings = settled_initiation(0.02, 0.1, frame)
    assert used == 81000.0
    assert [w.code for w in warnings] == ["QL-CHANNELS-INITIATIONRAISED"]
    assert "0.081" in warnings[0].text("en")
    assert settled_initiation(0.02, 0.1, GridFrame(10, 10, 0.0, 0.0, 30.0, 30.0)) == (20000.0, [])


@pytest.mark.parametrize(
    ("asked", "size"), [(0.1, 5.0), (0.2, 5.0), (0.02, 100.0)], ids=["equal", "above", "coarse"]
)
def test_an_initiation_area_not_below_the_least_area_is_refused(asked, size):
    with pytest.raises(InputError) as caught:
        settled_initiation(asked, 0.1, GridFrame(10, 10, 0.0, 0.0, size, size))
    assert caught.value.code == "QL-CHANNELS-INITIATION"


def test_an_initiation_area_of_nothing_is_refused():
    with pytest.raises(InputError) as caught:
        settled_initiation(0.0, 0.1, GridFrame(10, 10, 0.0, 0.0, 5.0, 5.0))
    assert caught.value.code == "QL-CHANNELS-INITIATIONZERO"


def rough(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    dem = rng.random((60, 70)) * 30 + np.linspace(60, 0, 60)[:, None]
    return dem.astype(np.float32)


def test_tally_counts_what_the_verdicts_say():
    found = surveyed(rough(3), 10.0, 0.002)
    verdict = verdicts(found.length_m, found.area_m2, 200.0, 0.02)
    count = tally(found, 200.0, 0.02)
    assert count.channels == len(found)
    assert count.required == verdict.required.sum() == count.by_length + count.by_area + count.by_both
    assert count.near_miss == verdict.near_miss.sum()
    assert count.length_m == pytest.approx(found.length_m.sum())
    assert count.drainage_density == pytest.approx(found.length_m.sum() / 1000 / 0.42)
    inside = np.arange(len(found)) % 2 == 0
    assert tally(found, 200.0, 0.02, among=inside).channels == inside.sum()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("cells", [21, 37.5, 60, 300])
def test_a_larger_initiation_area_counts_as_if_the_network_were_traced_anew(seed, cells):
    dem = rough(seed)
    base = surveyed(dem, 10.0, 0.002)
    anew = surveyed(dem, 10.0, cells * 1e-4)
    lengths = lengths_from(base, cells * 100)
    exists = ~np.isnan(lengths)
    assert sorted(base.area_m2[exists]) == sorted(anew.area_m2)
    confluences = base.receiving[base.parent >= 0]
    tie = base.network.drained_m2[base.network.stem[confluences]] == base.area_m2[base.parent >= 0]
    if not tie.any():
        np.testing.assert_allclose(np.sort(lengths[exists]), np.sort(anew.length_m))
    count = tally(base, 300.0, 0.1, initiation_m2=cells * 100)
    assert count.channels == len(anew)


def test_given_lines_stay_whatever_the_initiation_area():
    dem = straight_valley(60, 11, 10.0)
    frame = GridFrame(*dem.shape, 0.0, 0.0, 10.0, 10.0)
    direction = flow_directions(dem, frame).direction
    head = (dem.shape[0] // 2) * dem.shape[1] + 2
    found = extract_channels(
        direction, accumulate(direction), frame, dem, 20000.0, extra_cells=np.array([head])
    )
    assert found.length_m[0] == 570.0
    assert lengths_from(found, 50000.0)[0] == 570.0
