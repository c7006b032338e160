"""What must hold on any terrain, and TauDEM's Strahler order on TauDEM's own directions."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.grid import GridFrame
from qingliu.core.terrain import jit
from qingliu.core.terrain.accumulation import accumulate, contaminated
from qingliu.core.terrain.catchments import label_catchments
from qingliu.core.terrain.channels import extract_channels
from qingliu.core.terrain.flow import flow_directions

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402


def random_terrain(seed: int, rows: int, cols: int, levels: int, holes: float) -> np.ndarray:
    """A tilted rough surface with plateaus (few levels) and gaps."""
    rng = np.random.default_rng(seed)
    dem = np.rint(rng.random((rows, cols)) * levels) + np.linspace(levels, 0, rows)[:, None] * 2
    dem[rng.random((rows, cols)) < holes] = np.nan
    return dem.astype(np.float32)


def survey(dem: np.ndarray, cells: float, geographic: bool = False):
    rows, cols = dem.shape
    size = 0.001 if geographic else 10.0
    frame = GridFrame(rows, cols, 110.0, 35.0, size, size, geographic=geographic)
    direction = flow_directions(dem, frame).direction
    drained = accumulate(direction, frame.row_cell_areas() if geographic else None)
    initiation = cells * float(frame.row_cell_areas().max())
    found = extract_channels(direction, drained, frame, dem, initiation, contaminated=contaminated(direction))
    return found, direction, drained


terrains = st.tuples(
    st.integers(0, 10**6),
    st.integers(3, 25),
    st.integers(3, 25),
    st.sampled_from([2, 8, 500]),
    st.sampled_from([0.0, 0.05]),
)


@given(terrains, st.integers(1, 12), st.booleans())
def test_on_any_terrain_the_whole_channels_keep_their_rules(terrain, cells, geographic):
    dem = random_terrain(*terrain)
    if np.isnan(dem).all():
        return
    found, _, _ = survey(dem, cells, geographic)
    network = found.network
    for i in range(len(found)):
        own, path, line = found.cells_of(i), found.path_of(i), found.lines.line(i)
        p = int(found.parent[i])
        assert len(path) >= 2 and len(line) == len(path)
        # every step goes where the water goes, and more is drained with each
        for here, there in zip(path[:-1], path[1:]):
            assert network.down[here] == there
            assert network.drained_m2[there] > network.drained_m2[here]
        assert found.area_m2[i] == network.drained_m2[np.searchsorted(network.cells, own[-1])]
        if p >= 0:
            assert found.area_m2[p] > found.area_m2[i] and p < i
            assert found.hack[i] == found.hack[p] + 1
            assert found.strahler[i] <= found.strahler[p]
            assert network.cells[path[-1]] in found.cells_of(p)
            assert any((line[-1] == v).all() for v in found.lines.line(p))
            # the stem where they meet drains at least as much
            assert network.drained_m2[network.stem[path[-1]]] >= found.area_m2[i] - 1e-3
        else:
            assert found.hack[i] == 1 and not found.complete[i]
        if not geographic:
            assert found.length_m[i] == pytest.approx(np.hypot(*np.diff(line, axis=0).T).sum())
        assert found.mouth_m[i] == dem.ravel()[network.cells[path[-1]]]
    all_own = np.concatenate([found.cells_of(i) for i in range(len(found))]) if len(found) else np.empty(0)
    assert sorted(all_own.tolist()) == network.cells.tolist()
    assert (found.own_area_m2 >= -1e-6).all()


@given(terrains, st.integers(1, 12))
def test_own_areas_and_the_rest_partition_the_valid_area_to_the_cell(terrain, cells):
    dem = random_terrain(*terrain)
    if np.isnan(dem).all():
        return
    found, direction, _ = survey(dem, cells)
    labels = label_catchments(direction, (found.mouth_cells(), np.arange(1, len(found) + 1, dtype=np.int32)))
    counts = np.bincount(labels[direction != 255], minlength=len(found) + 1)
    assert counts[1:].tolist() == np.rint(found.own_area_m2 / 100).tolist()
    assert counts[0] * 100 == pytest.approx(found.no_channel_m2)


@given(terrains, st.integers(1, 12))
def test_strahler_order_follows_from_the_orders_above_it(terrain, cells):
    dem = random_terrain(*terrain)
    if np.isnan(dem).all():
        return
    network = survey(dem, cells)[0].network
    for k in range(len(network)):
        above = sorted(network.strahler[network.down == k].tolist(), reverse=True)
        if not above:
            assert network.strahler[k] == 1 and network.stem[k] == -1
        elif len(above) > 1 and above[0] == above[1]:
            assert network.strahler[k] == above[0] + 1
        else:
            assert network.strahler[k] == above[0]


@given(terrains, st.integers(1, 8))
def test_without_numba_the_channels_are_the_same(terrain, cells):
    dem = random_terrain(*terrain)
    if np.isnan(dem).all():
        return
    with jit.plain():
        plain, _, _ = survey(dem, cells)
    fast, _, _ = survey(dem, cells)
    for name in ("path", "parent", "strahler", "hack", "length_m", "gradient_permil", "distance_outlet_m"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(fast, name))


@given(terrains, st.integers(1, 8))
def test_mirrored_directions_have_the_mirrored_channels_but_for_ties(terrain, cells):
    dem = random_terrain(*terrain)
    if np.isnan(dem).all():
        return
    plain, direction, drained = survey(dem, cells)
    confluences = plain.receiving[plain.parent >= 0]
    if (plain.network.drained_m2[plain.network.stem[confluences]] == plain.area_m2[plain.parent >= 0]).any():
        return  # a tie in drained area may fall to the other branch
    if (plain.network.drained_m2 < plain.network.initiation_m2 - 1e-3).any():
        return  # a lone outlet's largest donor may be one of two
    mirror = np.arange(256, dtype=np.uint8)
    mirror[:8] = [4, 3, 2, 1, 0, 7, 6, 5]
    flipped = np.ascontiguousarray(mirror[direction][:, ::-1])
    turned = extract_channels(
        flipped,
        np.ascontiguousarray(drained[:, ::-1]),
        plain.network.frame,
        np.ascontiguousarray(dem[:, ::-1]),
        plain.network.initiation_m2,
    )
    for name in (
        "area_m2",
        "length_m",
        "strahler",
        "hack",
        "gradient_permil",
        "distance_outlet_m",
        "own_area_m2",
    ):
        np.testing.assert_allclose(
            np.sort(getattr(plain, name)), np.sort(getattr(turned, name)), rtol=1e-9, err_msg=name
        )


def _raster(path) -> np.ndarray:
    gdal = pytest.importorskip("osgeo.gdal")
    dataset = gdal.Open(str(path))
    return dataset.ReadAsArray()


@pytest.fixture(scope="module")
def big_tujunga(shared):
    """TauDEM's directions in our codes, its drained cells and Strahler orders."""
    folder = shared / "data" / "reference" / "taudem_bt30"
    if not folder.is_dir():
        pytest.skip("the TauDEM reference is not there")
    p, acc, order = (_raster(folder / f"{n}.tif") for n in ("p", "acc", "ord"))
    valid = (p >= 1) & (p <= 8)
    direction = np.full(p.shape, 255, np.uint8)
    direction[valid] = (9 - p[valid].astype(int)) % 8  # 1 = E, 2 = NE … counter-clockwise
    step = np.array([(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)])
    at = np.argwhere(valid)
    to = at + step[direction[valid]]
    inside = ((to >= 0) & (to < p.shape)).all(axis=1)
    leads_out = ~inside
    leads_out[inside] = ~valid[tuple(to[inside].T)]
    direction[tuple(at[leads_out].T)] = 8
    return direction, np.where(valid, acc, 0).astype(np.int32), np.where(order > 0, order, 0)


@pytest.mark.slow
def test_strahler_order_equals_taudems_in_every_channel_cell_given_its_directions(big_tujunga):
    direction, drained, order = big_tujunga
    frame = GridFrame(*direction.shape, 0.0, 0.0, 30.0, 30.0)
    dem = np.zeros(direction.shape, np.float32)
    found = extract_channels(direction, drained, frame, dem, 100 * 900.0)
    mine = np.zeros(direction.size, np.int64)
    mine[found.network.cells] = found.network.strahler
    reference = order.ravel()
    assert np.count_nonzero(reference) == 40802
    np.testing.assert_array_equal(mine[reference > 0], reference[reference > 0])
    # ours alone: the donor given to a channel cell that would stand alone at the rim
    extra = np.flatnonzero((mine > 0) & (reference == 0))
    assert (drained.ravel()[extra] < 100).all()
    assert found.own_area_m2.sum() + found.no_channel_m2 == pytest.approx(found.valid_m2)
