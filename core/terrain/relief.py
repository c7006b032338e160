"""Slope, and how high a cell stands above the channel it drains to (4.3.1, chapters 5 and 6)."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..grid import GridFrame
from ..progress import SILENT, Progress
from .catchments import follow
from .strips import strips, sweep

_CACHED_CELLS = 1 << 16


def slope_degrees(dem: np.ndarray, frame: GridFrame, progress: Progress = SILENT) -> np.ndarray:
    """Slope in degrees, float32 (rows, cols), NaN at nodata, by Horn 1981 as ``gdaldem slope -compute_edges``
    (but for the four corners).

    ``dem`` in m. Beyond the grid's edge the neighbour is extrapolated from the two cells
    inside, at nodata the cell itself takes its place. In degrees the steps follow each row's
    latitude, where GDAL takes one scale for all. Raises InputError where the shapes differ.
    """
    if dem.shape != (frame.rows, frame.cols):
        raise InputError("QL-FLOW-SHAPE", dem=dem.shape, grid=(frame.rows, frame.cols))
    rows, cols = dem.shape
    slope = np.empty((rows, cols), np.float32)
    east, south = (step.astype(np.float32)[:, None] for step in frame.row_steps())
    step = max(1, _CACHED_CELLS // max(1, cols))

    def work(first: int, stop: int) -> None:
        for a in range(first, stop, step):
            b = min(a + step, stop)
            slope[a:b] = _horn(_extended(dem, a, b), east[a:b], south[a:b])

    progress.stage("slope", dem.size)
    sweep(work, rows, cols, progress)
    return slope


def _extended(dem: np.ndarray, first: int, stop: int) -> np.ndarray:
    """Rows ``first - 1 .. stop + 1`` with a column more on each side, extrapolated where the grid ends."""
    rows, cols = dem.shape
    wide = np.empty((stop - first + 2, cols + 2), np.float32)
    top, bottom = max(first - 1, 0), min(stop + 1, rows)
    inner = wide[:, 1:-1]
    inner[top - first + 1 : bottom - first + 1] = dem[top:bottom]
    if first == 0:
        inner[0] = _beyond(dem[0], dem[min(1, rows - 1)])
    if stop == rows:
        inner[-1] = _beyond(dem[-1], dem[max(rows - 2, 0)])
    inner[np.isinf(inner)] = np.nan
    wide[:, 0] = _beyond(wide[:, 1], wide[:, min(2, cols)])
    wide[:, -1] = _beyond(wide[:, -2], wide[:, max(cols - 1, 1)])
    return wide


def _beyond(edge: np.ndarray, inside: np.ndarray) -> np.ndarray:
    outside = 2 * edge - inside
    return np.where(np.isfinite(outside), outside, edge)


def _horn(z: np.ndarray, east: np.ndarray, south: np.ndarray) -> np.ndarray:
    here = z[1:-1, 1:-1]

    def at(row: int, col: int) -> np.ndarray:
        part = z[row : row + here.shape[0], col : col + here.shape[1]]
        blank = np.isnan(part)
        return np.where(blank, here, part) if blank.any() else part

    nw, n, ne, w, e, sw, s, se = (
        at(r, c) for r, c in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2))
    )
    across = ((nw + 2 * w + sw) - (ne + 2 * e + se)) / (8 * east)
    along = ((sw + 2 * s + se) - (nw + 2 * n + ne)) / (8 * south)
    return np.degrees(np.arctan(np.sqrt(across * across + along * along)))


def height_above_drainage(
    dem: np.ndarray, direction: np.ndarray, channel_mask: np.ndarray, progress: Progress = SILENT
) -> np.ndarray:
    """Height of each cell above the channel cell it drains to, m (HAND, Rennó et al. 2008).

    ``channel_mask`` bool (rows, cols). float32 (rows, cols): 0 in channels and in depressions
    lower than their channel, NaN at nodata and where no channel is met.
    """
    rows, cols = dem.shape
    # The channel's height travels up the slopes in the shape of a label; 0 would be no label.
    height = np.zeros((rows, cols), np.float32)
    channel = np.asarray(channel_mask, bool) & np.isfinite(dem)
    height[channel] = dem[channel]
    height[channel & (height == 0)] = -0.0
    follow(direction, height.view(np.int32), progress)  # its -1, nothing met, reads as NaN
    for a, b in strips(0, rows, cols):
        height[a:b] = np.maximum(dem[a:b] - height[a:b], 0)
    return height
