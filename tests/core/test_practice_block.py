"""The ground by ruler: verdicts of clause 4.3.1 counted by hand, and the generator's own water agrees."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.practice import block, flow

BLOCK = block.build()
MAIN = 66

EXPECTED = {  # key: (length m, area km², required, reason, near miss), worked out on paper
    "length_300": (300.0, 0.0919, False, "none", True),
    "length_299": (299.142, 0.086275, False, "none", True),
    "length_301": (301.213, 0.086275, True, "length", False),
    "length_305": (305.0, 0.097525, True, "length", False),
    "both": (350.0, 0.225025, True, "both", False),
    "neither": (260.0, 0.0619, False, "none", False),
    "area_0.099": (135.0, 0.099, False, "none", True),
    "area_0.100": (135.0, 0.1, False, "none", True),
    "area_0.100025": (135.0, 0.100025, True, "area", False),
    "area_0.101": (135.0, 0.101, True, "area", False),
}


@pytest.mark.parametrize("key", list(EXPECTED))
def test_planted_channel_has_the_length_area_and_verdict_worked_out_by_hand(key: str) -> None:
    found = next(a for a in BLOCK.answers if a["key"] == key)
    assert (
        found["length_m"],
        found["area_km2"],
        found["survey_required"],
        found["survey_reason"],
        found["near_miss"],
    ) == EXPECTED[key]


def test_the_area_on_the_limit_is_four_thousand_cells_and_one_cell_more_is_over_it() -> None:
    strips = {s.key: s for s in block.WEST_STRIPS}
    assert sum(block.rows_of(strips["area_0.100"], 32)) + 1 == 4000
    assert sum(block.rows_of(strips["area_0.100025"], 32)) + 1 == 4001


@pytest.fixture(scope="module")
def forest() -> flow.Tree:
    z = BLOCK.z.astype(float)
    return flow.tree(flow.steepest(z, np.zeros(z.shape, dtype=bool)), z.shape[1])


@pytest.mark.parametrize("answer", BLOCK.answers, ids=[a["key"] for a in BLOCK.answers])
def test_water_runs_on_the_block_as_it_was_drawn(answer: dict, forest: flow.Tree) -> None:
    cols = BLOCK.z.shape[1]
    row = int((BLOCK.y0 - answer["mouth"][1]) / 5)
    mouth = row * cols + MAIN
    drained = flow.drained_cells(forest)
    west = answer["key"].startswith("area")
    cell = mouth - 1 if west else mouth + 1
    assert forest.receiver[cell] == mouth
    assert drained[cell] * 25 / 1e6 == answer["area_km2"]
    length, at = 5.0, cell
    while True:
        donors = np.flatnonzero((forest.receiver == at) & (drained >= 800))
        if not donors.size:
            break
        upper = int(donors[np.argmax(drained[donors])])
        length += 5.0 if abs(upper - at) in (1, cols) else 5.0 * 2**0.5
        at = upper
    assert round(length, 3) == answer["length_m"]


def test_every_plane_has_the_slope_it_was_tilted_to() -> None:
    from qingliu.core.practice import planes, site

    built = planes.build()
    slope = np.degrees(np.arctan(site.slope(built.z.astype(float))))
    for polygon, facts in built.parcels:
        x, y = polygon[0][:, 0], polygon[0][:, 1]
        left, right = int((x.min() - built.x0) / 5), int((x.max() - built.x0) / 5)
        top, bottom = int((built.y0 - y.max()) / 5), int((built.y0 - y.min()) / 5)
        part = slope[top:bottom, left:right]
        assert part.size * 25 == facts["area_m2"]
        assert np.abs(part - facts["slope_deg"]).max() < 1e-3


def test_terraces_are_banned_on_the_planes_above_25_degrees_only() -> None:
    from qingliu.core.practice import planes

    verdicts = {facts["slope_deg"]: facts["terrace"] for _, facts in planes.build().parcels}
    assert [d for d, v in verdicts.items() if v == "forbidden"] == [25.1, 27.0, 40.0]
    assert [d for d, v in verdicts.items() if v == "permitted"] == [2.0, 5.9]
