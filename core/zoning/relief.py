"""Where on a slope a cell lies: lower, middle or upper (2.0.2, 2.0.3, 6.2.2).

Slopes are divided by relative height: height above the channel a cell drains to, as a share of
the greatest such height around it.
"""

from __future__ import annotations

import numpy as np

from ..grid import GridFrame
from ..progress import SILENT, Progress
from ..terrain.relief import height_above_drainage, slope_degrees


def slope_position(height: np.ndarray, reach: tuple[int, int], least_relief: float) -> np.ndarray:
    """Relative height 0..1 of each cell, float32: ``height`` above drainage (m) over the greatest within ``reach``.

    ``reach`` cells up and down, left and right. Where the ground around rises less than ``least_relief``
    (m) there are no slopes and the position is 0. NaN where the height is unknown.
    """
    known = np.where(np.isnan(height), -np.inf, height).astype(np.float32)
    highest = running_maximum(running_maximum(known, reach[0], 0), reach[1], 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(highest < least_relief, np.float32(0), height / highest)
    found[np.isnan(height)] = np.nan
    return found.astype(np.float32)


def running_maximum(values: np.ndarray, reach: int, axis: int) -> np.ndarray:
    """Greatest value within ``reach`` cells on either side along an axis, by doubling windows."""
    if reach < 1:
        return values.copy()
    padding = [(reach, reach) if a == axis else (0, 0) for a in (0, 1)]
    wide = np.moveaxis(np.pad(values, padding, constant_values=-np.inf), axis, 0)
    window, width = wide, 1
    while 2 * width <= 2 * reach + 1:
        window = np.maximum(window[:-width], window[width:])
        width *= 2
    rest = 2 * reach + 1 - width
    if rest:
        window = np.maximum(window[:-rest], window[rest:])
    return np.moveaxis(window, 0, axis)


def terrain_of(
    dem: np.ndarray,
    frame: GridFrame,
    direction: np.ndarray,
    drained_km2: np.ndarray,
    drainage_area_km2: float,
    reach_m: float,
    least_relief: float,
    progress: Progress = SILENT,
) -> dict[str, np.ndarray]:
    """Slope, height above drainage and slope position of a DEM's cells, float32 (rows, cols).

    Drainage begins where ``drained_km2`` reaches ``drainage_area_km2``.
    """
    slope = slope_degrees(dem, frame, progress)
    height = height_above_drainage(dem, direction, drained_km2 >= drainage_area_km2, progress)
    east, south = (float(np.median(step)) for step in frame.row_steps())
    reach = max(round(reach_m / south), 1), max(round(reach_m / east), 1)
    return {
        "slope_deg": slope,
        "height_above_drainage_m": height,
        "slope_position": slope_position(height, reach, least_relief),
    }
