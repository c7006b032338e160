"""Without numba the same functions give the same bits."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qingliu.core.grid import GridFrame
from qingliu.core.progress import SILENT
from qingliu.core.terrain import jit
from qingliu.core.terrain.accumulation import accumulate, contaminated
from qingliu.core.terrain.catchments import label_catchments
from qingliu.core.terrain.flow import flow_directions
from qingliu.core.terrain.relief import height_above_drainage, slope_degrees
from qingliu.core.terrain.sweeps import descent_and_saddles, steepest_descent

needs_numba = pytest.mark.skipif(
    not jit.compiled(), reason="numba is not installed: there is nothing to compare"
)


def everything(dem: np.ndarray, frame: GridFrame, method: str, seeds: np.ndarray) -> list[np.ndarray]:
    field = flow_directions(dem, frame, method=method, max_depth=4.0, max_length=60.0)
    drained = accumulate(field.direction)
    return [
        descent_and_saddles(dem, frame, SILENT),
        steepest_descent(dem, frame, SILENT),
        field.direction,
        field.conditioned(dem),
        drained,
        accumulate(field.direction, frame.row_cell_areas()),
        contaminated(field.direction),
        label_catchments(field.direction, seeds),
        height_above_drainage(dem, field.direction, drained > 3),
        slope_degrees(dem, frame),
    ]


@needs_numba
@settings(max_examples=100)
@given(
    seed=st.integers(0, 10**9),
    steps=st.sampled_from([1, 2, 6, 40, 10**5]),
    holes=st.sampled_from([0.0, 0.02, 0.2]),
    degrees=st.booleans(),
    method=st.sampled_from(["fill", "breach"]),
)
def test_plain_python_equals_compiled(seed, steps, holes, degrees, method):
    random = np.random.default_rng(seed)
    shape = tuple(int(n) for n in random.integers(1, 25, 2))
    dem = (random.integers(0, steps, shape) * random.choice([1.0, 0.1, 3.7])).astype(np.float32)
    dem[random.random(shape) < holes] = np.nan
    frame = GridFrame(*shape, 118.0, 50.0, 0.001, 0.002, True) if degrees else GridFrame(*shape, 0, 0, 5, 5)
    seeds = (random.random(shape) < 0.1).astype(np.int32) * random.integers(1, 9, shape, np.int32)
    compiled = everything(dem, frame, method, seeds)
    with jit.plain():
        plain = everything(dem, frame, method, seeds)
    for one, other in zip(compiled, plain):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_without_numba_nothing_of_it_is_imported(monkeypatch):
    monkeypatch.setattr(jit, "_asked", False)
    monkeypatch.setattr(jit, "_numba", None)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not jit.compiled()
    dem = np.array([[9, 9, 9, 9], [9, 1, 6, 3], [9, 9, 9, 9]], np.float32)
    field = flow_directions(dem, GridFrame(3, 4, 0, 0, 5, 5))
    assert accumulate(field.direction)[1, 3] == 12
    jit.load()


@needs_numba
def test_the_cache_folder_is_made_and_used(tmp_path, monkeypatch):
    import numba

    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    folder = tmp_path / "kernels 缓存"
    jit.prepare(folder)
    kernel = jit.Kernel(_double, "no", ("i8w",))
    values = np.array([1, 2], np.int64)
    kernel(values)
    assert values.tolist() == [2, 4]
    assert list(folder.rglob("*.nbi"))


@needs_numba
def test_where_no_cache_can_be_written_kernels_are_compiled_for_the_process(monkeypatch):
    def refuse(*signature, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(*signature, **options)

    import numba

    real = numba.njit
    monkeypatch.setattr(numba, "njit", refuse)
    values = np.array([3], np.int64)
    jit.Kernel(_double, "no", ("i8w",))(values)
    assert values[0] == 6


def _double(values):
    for i in range(len(values)):
        values[i] *= 2
