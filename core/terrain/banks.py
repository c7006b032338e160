"""What lies along a channel's banks: width, outfalls, pits, land use, vegetation (4.3.2, table A.6).

Pure functions over lines and what the caller read from layers, all in one projected CRS (m).
A value that no input speaks of is NaN or an empty dict, never 0. "Within reach" is the distance
``belt_m`` to either side of the line (``BANK_BELT``).
"""

from __future__ import annotations

import math
from typing import Any, Hashable, Mapping, Sequence

import numpy as np

from ..grid import GridFrame
from ..progress import SILENT, Progress
from .shapes import ShapeIndex, shapely_modules

_ROUND, _FLAT = 1, 2  # shapely's codes of cap styles, the same in versions 1.8 and 2


def water_widths(
    lines: Sequence[np.ndarray], water: Sequence[Any], progress: Progress = SILENT
) -> np.ndarray:
    """Mean width of each channel where it runs through water polygons, m; NaN where it does not.

    Width is the water's area along the channel over the channel's length inside. Of a polygon
    that goes on beyond the channel only what lies beside it counts. A piece shorter than
    the polygon is wide on average is a tributary's last few metres in the river and is passed over.
    Give rivers, not lakes and reservoirs. ``progress`` is stepped, its stage is the caller's.
    """
    index = ShapeIndex(water)
    area, length = np.zeros(len(lines)), np.zeros(len(lines))
    for i, xy in enumerate(lines):
        progress.step(i / len(lines))
        shape = _line(xy)
        for number in index.near(shape):
            beside, inside = _water_beside(shape, water[number])
            area[i] += beside
            length[i] += inside
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(length > 0, area / length, np.nan)


def _water_beside(line: Any, polygon: Any) -> tuple[float, float]:
    """Area of ``polygon`` beside ``line`` and the length inside, (0, 0) where it only touches it."""
    inside = line.intersection(polygon)
    mean_width = 2 * polygon.area / polygon.length
    if not inside.length > mean_width:
        return 0.0, 0.0
    reach = 2 * polygon.area / inside.length
    beside = polygon.intersection(inside.buffer(reach, cap_style=_FLAT))
    return float(beside.area), float(inside.length)


def section_widths(lines: Sequence[np.ndarray], sections: Sequence[np.ndarray]) -> np.ndarray:
    """Mean length of the measured cross-sections that cross each channel, m; NaN where none does."""
    shapes = [_line(xy) for xy in sections]
    index = ShapeIndex(shapes)
    found = np.full(len(lines), np.nan)
    for i, xy in enumerate(lines):
        line = _line(xy)
        widths = [shapes[k].length for k in index.near(line) if shapes[k].intersects(line)]
        if widths:
            found[i] = np.mean(widths)
    return found


def nearest_channels(
    points: np.ndarray, lines: Sequence[np.ndarray], belt_m: float, progress: Progress = SILENT
) -> np.ndarray:
    """The channel nearest to each point (k, 2), int64 (k,); -1 where none is within ``belt_m``.

    So that a point near a confluence counts once; of equally near channels the first.
    """
    shapely = shapely_modules()
    shapes = [_line(xy) for xy in lines]
    index = ShapeIndex(shapes)
    found = np.full(len(points), -1, np.int64)
    for k, (x, y) in enumerate(np.asarray(points, np.float64).reshape(-1, 2).tolist()):
        progress.step(k / len(found))
        point = shapely.geometry.Point(x, y)
        near = [(shapes[i].distance(point), i) for i in index.near(point.buffer(belt_m))]
        if near and min(near)[0] <= belt_m:
            found[k] = min(near)[1]
    return found


def counts(nearest: np.ndarray, chosen: np.ndarray, channels: int) -> np.ndarray:
    """How many of the ``chosen`` points (bool) each channel has, int64 (channels,)."""
    return np.bincount(nearest[chosen & (nearest >= 0)], minlength=channels)


def land_use_shares(
    lines: Sequence[np.ndarray],
    parcels: Sequence[Any],
    codes: Sequence[Hashable],
    belt_m: float,
    water: Sequence[Any] = (),
    progress: Progress = SILENT,
) -> list[dict[Hashable, float]]:
    """Share of each land use in each channel's belt, 0 to 1, the largest first.

    ``parcels`` are valid polygons with their ``codes``; ``water`` is left out of the belt, since it is no
    bank. Shares are of the belt that parcels cover; an empty dict where none does.
    """
    index, wet = ShapeIndex(parcels), ShapeIndex(water)
    found: list[dict[Hashable, float]] = []
    for i, xy in enumerate(lines):
        progress.step(i / len(lines))
        belt = _line(xy).buffer(belt_m, cap_style=_ROUND)
        for number in wet.near(belt):
            belt = belt.difference(water[number])
        areas: dict[Hashable, float] = {}
        for number in index.near(belt):
            area = float(belt.intersection(parcels[number]).area)
            if area > 0:
                areas[codes[number]] = areas.get(codes[number], 0.0) + area
        found.append(shares(areas))
    return found


def shares(amounts: Mapping[Hashable, float]) -> dict[Hashable, float]:
    """Each amount over their sum, the largest first; of equal ones in the order given."""
    total = sum(amounts.values())
    if not total > 0:
        return {}
    ranked = sorted(amounts.items(), key=lambda item: -item[1])
    return {code: amount / total for code, amount in ranked if amount > 0}


def belt_window(xy: np.ndarray, frame: GridFrame, belt_m: float) -> tuple[int, int, int, int]:
    """Rows and columns (first, stop, first, stop) of a raster that a channel's belt needs; may be empty."""
    (left, bottom), (right, top) = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
    first_row = math.floor((frame.y0 - top - belt_m) / frame.dy)
    stop_row = math.floor((frame.y0 - bottom + belt_m) / frame.dy) + 1
    first_col = math.floor((left - belt_m - frame.x0) / frame.dx)
    stop_col = math.floor((right + belt_m - frame.x0) / frame.dx) + 1
    rows = min(max(first_row, 0), frame.rows), min(max(stop_row, 0), frame.rows)
    return (*rows, min(max(first_col, 0), frame.cols), min(max(stop_col, 0), frame.cols))


def belt_mask(xy: np.ndarray, window: GridFrame, belt_m: float) -> np.ndarray:
    """Cells of a raster window whose centre lies within ``belt_m`` of the line, bool (rows, cols).

    ``window`` is the frame of the window itself, in the line's CRS.
    """
    near = np.zeros((window.rows, window.cols), bool)
    for start, end in zip(xy[:-1], xy[1:]):
        pair = np.array([start, end])
        r0, r1, c0, c1 = belt_window(pair, window, belt_m)
        if r0 < r1 and c0 < c1:
            near[r0:r1, c0:c1] |= _within(pair, window, (r0, r1, c0, c1), belt_m)
    return near


def _within(pair: np.ndarray, window: GridFrame, box: tuple[int, int, int, int], belt_m: float) -> np.ndarray:
    """Centres of the box within ``belt_m`` of one segment."""
    r0, r1, c0, c1 = box
    x = window.x0 + (np.arange(c0, c1) + 0.5) * window.dx
    y = window.y0 - (np.arange(r0, r1)[:, None] + 0.5) * window.dy
    step = pair[1] - pair[0]
    square = float(step @ step)
    t = ((x - pair[0, 0]) * step[0] + (y - pair[0, 1]) * step[1]) / square if square > 0 else 0.0
    t = np.clip(t, 0.0, 1.0)
    gap = (x - pair[0, 0] - t * step[0]) ** 2 + (y - pair[0, 1] - t * step[1]) ** 2
    return np.asarray(gap <= belt_m**2)


def raster_mean(values: np.ndarray, mask: np.ndarray) -> float:
    """Mean of the finite values under the mask, NaN where there is none: vegetation cover of a belt."""
    chosen = values[mask]
    chosen = chosen[np.isfinite(chosen)]
    return float(chosen.mean(dtype=np.float64)) if len(chosen) else float("nan")


def raster_shares(codes: np.ndarray, mask: np.ndarray, nodata: float | None = None) -> dict[Hashable, float]:
    """Share of each code under the mask, the largest first; ``nodata`` and NaN do not count."""
    chosen = codes[mask]
    if chosen.dtype.kind == "f":
        chosen = chosen[np.isfinite(chosen)]
    if nodata is not None:
        chosen = chosen[chosen != nodata]
    found, number = np.unique(chosen, return_counts=True)
    return shares(dict(zip(found.tolist(), number.astype(float).tolist())))


def sinuosity(xy: np.ndarray) -> float:
    """Length of the line over the straight distance between its ends (1 = straight), NaN for a ring."""
    straight = float(np.hypot(*(xy[-1] - xy[0])))
    return float(np.hypot(*np.diff(xy, axis=0).T).sum()) / straight if straight > 0 else float("nan")


def _line(xy: np.ndarray) -> Any:
    return shapely_modules().geometry.LineString(np.asarray(xy, np.float64)[:, :2])
