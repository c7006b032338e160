"""Real DEMs against what TauDEM, pysheds and GDAL made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.accumulation import accumulate, contaminated
from qingliu.core.terrain.catchments import catchment_mask
from qingliu.core.terrain.d8 import NODATA, OUTLET
from qingliu.core.terrain.flow import flow_directions
from qingliu.core.terrain.relief import slope_degrees

pytestmark = pytest.mark.slow
gdal = pytest.importorskip("osgeo.gdal")

TAUDEM = {1: 0, 2: 7, 3: 6, 4: 5, 5: 4, 6: 3, 7: 2, 8: 1}
ESRI = {1: 0, 2: 1, 4: 2, 8: 3, 16: 4, 32: 5, 64: 6, 128: 7}
CHANNEL = 100  # cells drained


def read(path: Path) -> tuple[np.ndarray, GridFrame, float]:
    gdal.UseExceptions()
    dataset = gdal.Open(str(path))
    x0, dx, _, y0, _, dy = dataset.GetGeoTransform()
    band = dataset.GetRasterBand(1)
    values = band.ReadAsArray()
    frame = GridFrame(*values.shape, x0, y0, dx, -dy, geographic=dx < 0.1)
    return values, frame, band.GetNoDataValue()


def read_dem(path: Path) -> tuple[np.ndarray, GridFrame]:
    values, frame, nodata = read(path)
    dem = values.astype(np.float32)
    dem[dem == np.float32(nodata)] = np.nan
    return dem, frame


def recoded(codes: np.ndarray, table: dict[int, int]) -> np.ndarray:
    direction = np.full(codes.shape, NODATA, np.uint8)
    for code, d in table.items():
        direction[codes == code] = d
    return direction


@pytest.fixture
def reference(shared) -> Path:
    return shared / "data" / "reference"


@pytest.mark.parametrize(
    ("p", "area"),
    [
        ("taudem_bt30/p.tif", "taudem_bt30/acc.tif"),
        ("taudem_eno/expected/p.tif", "taudem_eno/expected/ad8.tif"),
    ],
    ids=["bt30", "eno"],
)
def test_given_taudems_directions_drained_area_is_taudems_exactly(reference, p, area):
    direction = recoded(read(reference / p)[0], TAUDEM)
    expected, _, _ = read(reference / area)
    known = expected > 0
    assert known.sum() > 500_000
    assert (accumulate(direction)[known] == expected[known]).all()
    if "eno" in p:  # TauDEM leaves out what may drain land beyond the DEM
        assert not contaminated(direction)[known].any()


@pytest.mark.parametrize(
    ("dem", "fel", "p", "least"),
    [
        ("taudem_bt30/bt30.tif", "taudem_bt30/fel.tif", "taudem_bt30/p.tif", 0.998),
        ("taudem_eno/input/dem_enogeo.tif", "taudem_eno/expected/fel.tif", "taudem_eno/expected/p.tif", 0.99),
    ],
    ids=["bt30", "eno"],
)
def test_the_whole_chain_finds_taudems_channel_cells(reference, dem, fel, p, least):
    heights, frame = read_dem(reference / dem)
    field = flow_directions(heights, frame)
    filled, _, _ = read(reference / fel)
    known = filled > -1e30
    assert (field.conditioned(heights)[known] == filled[known]).all()
    theirs = recoded(read(reference / p)[0], TAUDEM)
    directed = theirs != NODATA
    # Only flats may differ, and in degrees two near ties.
    assert np.mean(field.direction[directed] == theirs[directed]) > 0.998
    channel = (accumulate(theirs) >= CHANNEL) & directed
    assert np.mean(accumulate(field.direction)[channel] >= CHANNEL) >= least


def test_eno_channels_lie_within_one_cell_of_taudems_and_differ_only_at_flats(reference):
    """A river plain in degrees, 178 to 241 m: what differs are the ways across its filled flats."""
    heights, frame = read_dem(reference / "taudem_eno/input/dem_enogeo.tif")
    direction = flow_directions(heights, frame).direction
    theirs = recoded(read(reference / "taudem_eno/expected/p.tif")[0], TAUDEM)
    filled, _, _ = read(reference / "taudem_eno/expected/fel.tif")
    channel = (accumulate(theirs) >= CHANNEL) & (theirs != NODATA)
    ours = accumulate(direction) >= CHANNEL
    assert np.mean(_widened(ours)[channel]) > 0.998
    flat = filled == _lowest_around(filled)
    assert _widened(flat)[channel & ~ours].all()


def test_eno_drains_taudems_area_at_the_gauge(reference):
    heights, frame = read_dem(reference / "taudem_eno/input/dem_enogeo.tif")
    theirs, _, _ = read(reference / "taudem_eno/expected/ad8o.tif")
    gauge = np.unravel_index(theirs.argmax(), theirs.shape)
    assert theirs[gauge] == 154_269
    assert accumulate(flow_directions(heights, frame).direction)[gauge] == 154_269


def _around(values: np.ndarray, beyond: float) -> list[np.ndarray]:
    padded = np.pad(values, 1, constant_values=beyond)
    rows, cols = values.shape
    return [padded[r : r + rows, c : c + cols] for r in range(3) for c in range(3)]


def _widened(mask: np.ndarray) -> np.ndarray:
    return np.logical_or.reduce(_around(mask, False))


def _lowest_around(values: np.ndarray) -> np.ndarray:
    return np.minimum.reduce(_around(values, np.inf))


def test_pysheds_catchment_from_its_own_directions_has_11422_cells(reference):
    direction = recoded(read(reference / "pysheds_test/dir_d8_esri.tif")[0], ESRI)
    assert catchment_mask(direction, 101, 229).sum() == 11_422
    assert accumulate(direction)[101, 229] == 11_422


def test_pysheds_catchment_from_its_dem_is_nearly_that(reference):
    heights, frame = read_dem(reference / "pysheds_test/dem.tif")
    direction = flow_directions(heights, frame).direction
    drained = accumulate(direction)
    # Our channel may pass beside the pour point: take the largest within two cells.
    near = drained[99:104, 227:232]
    row, col = np.unravel_index(near.argmax(), near.shape)
    mine = catchment_mask(direction, 99 + row, 227 + col)
    assert mine.sum() == pytest.approx(11_422, rel=0.02)
    theirs = catchment_mask(recoded(read(reference / "pysheds_test/dir_d8_esri.tif")[0], ESRI), 101, 229)
    assert (mine & theirs).sum() / (mine | theirs).sum() > 0.97


def test_slope_is_gdals(reference, tmp_path):
    heights, frame = read_dem(reference / "taudem_bt30/bt30.tif")
    made = gdal.DEMProcessing(
        str(tmp_path / "slope.tif"), str(reference / "taudem_bt30/bt30.tif"), "slope", computeEdges=True
    )
    expected = made.ReadAsArray()
    known = expected != made.GetRasterBand(1).GetNoDataValue()
    known[:: known.shape[0] - 1, :: known.shape[1] - 1] = (
        False  # GDAL extrapolates the four corners otherwise
    )
    assert known.sum() > 700_000
    np.testing.assert_allclose(slope_degrees(heights, frame)[known], expected[known], atol=2e-4)


def test_every_cell_of_the_real_dems_drains_off(reference):
    for name in ("taudem_bt30/bt30.tif", "taudem_eno/input/dem_enogeo.tif", "pysheds_test/dem.tif"):
        heights, frame = read_dem(reference / name)
        for method in ("fill", "breach"):
            direction = flow_directions(heights, frame, method=method).direction
            drained = accumulate(direction)
            assert drained[direction == OUTLET].sum() == np.isfinite(heights).sum()


def test_a_dem_in_degrees_and_its_projected_twin_drain_the_same_land(reference, tmp_path):
    projected, frame = read_dem(reference / "taudem_bt30/bt30.tif")
    warped = gdal.Warp(
        str(tmp_path / "degrees.tif"),
        str(reference / "taudem_bt30/bt30.tif"),
        dstSRS="EPSG:4326",
        resampleAlg="bilinear",
        dstNodata=-9999,
    )
    warped.FlushCache()
    degrees, twin = read_dem(tmp_path / "degrees.tif")
    assert twin.geographic
    metric = accumulate(flow_directions(projected, frame).direction, frame.row_cell_areas())
    area = accumulate(flow_directions(degrees, twin).direction, twin.row_cell_areas())
    # Big Tujunga's outlet: the largest drained area inside the DEM, 300 km² and more. UTM's own
    # scale makes 0.08 % of areas at most.
    assert metric.max() > 3e8
    assert area.max() == pytest.approx(metric.max(), rel=0.005)
