"""Surveyed lines that cross and touch themselves and each other never leave a circle of directions."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.flow import flow_directions
from qingliu.core.terrain.network import COL_STEP, OUTLET, ROW_STEP
from qingliu.core.terrain.surveyed import burn, enforce, lay_lines


def lost(direction: np.ndarray) -> int:
    """Cells whose way along the directions never ends."""
    cols = direction.shape[1]
    flat = direction.ravel()
    leaves = flat >= OUTLET
    steps = np.array(ROW_STEP[:8]) * cols + np.array(COL_STEP[:8])
    after = np.arange(flat.size)
    after[~leaves] += steps[flat[~leaves]]
    for _ in range(int(np.ceil(np.log2(flat.size))) + 1):
        after = after[after]
    return int((~leaves[after]).sum())


@pytest.mark.parametrize("seed", range(12))
def test_scribbles_on_rough_or_stepped_ground_drain_everywhere(seed):
    random = np.random.default_rng(seed)
    dem = random.random((60, 50)).cumsum(axis=0).cumsum(axis=1).astype(np.float32) / 100
    if seed % 2:
        dem = np.rint(dem / 2).astype(np.float32) * 2
    frame = GridFrame(60, 50, 0.0, 600.0, 10.0, 10.0)
    scribbles = [np.column_stack([random.random(15) * 500, random.random(15) * 600]) for _ in range(5)]
    paths = lay_lines(scribbles, dem, frame)
    burn(dem, paths)
    direction = flow_directions(dem, frame).direction
    enforce(direction, paths)
    assert lost(direction) == 0
