"""What the ground says for the survey tables: heights, slopes of parcels, means of rasters, ways of the water.

Serves A.1 (heights, sloping cropland, climate, cover), A.3 (modulus) and the distances to the outlet of
A.6 to A.9. Everything is measured inside the boundary, on the rasters' own cells.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Sequence

import numpy as np
from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsGeometry

from ..core.datum_shift import DatumShift
from ..core.errors import Problem
from ..core.grid import Grid, GridFrame
from ..core.progress import SILENT, Progress
from ..core.terrain.d8 import OUTLET, step_lengths, steps_on_grid
from ..core.terrain.delineation import snap_outlet
from ..core.terrain.network import area_of_cells
from ..core.terrain.relief import slope_degrees
from ..core.terrain.streams import Streams, default_limits
from .cells import burn, centre_mask, frame_over, native_frame, near_mask, on_frame
from .crs import from_wkt
from .datums import Transform, guard
from .dem import read_dem
from .rasterfiles import RasterSource
from .rasters import read_raster
from .streams import Terrain, run_streams


class Flow(NamedTuple):
    """Where water goes: ``streams`` of the DEM and the cell that is the watershed's outlet (-1: unknown)."""

    terrain: Terrain
    streams: Streams
    outlet: int


def read_ground(
    source: RasterSource | str,
    target: QgsCoordinateReferenceSystem,
    *,
    shifts: Sequence[DatumShift] = (),
    progress: Progress = SILENT,
) -> Terrain:
    """The DEM with its transform to ``target``. Raises InputError with all faults, Cancelled."""
    reading = read_dem(source, "DEM", progress=progress)
    crs = from_wkt(reading.grid.frame.crs_wkt)
    moved = guard(crs, target, layer="DEM", parameter="DEM", shifts=shifts)
    return Terrain(reading.grid, crs, target, moved.transform, [*reading.warnings, *moved.warnings])


def on_dem(shape: QgsGeometry, to_target: Transform) -> QgsGeometry:
    """A geometry of the target CRS in that of the DEM."""
    found = QgsGeometry(shape)
    if not to_target.identity:
        back = QgsCoordinateTransform.TransformDirection.Reverse
        found.transform(to_target.qgis(), back)
    return found


def heights(terrain: Terrain, boundary: QgsGeometry) -> tuple[float, float] | None:
    """(lowest, highest) cell whose centre lies inside the boundary, m; None where no cell has data."""
    mask = centre_mask(on_dem(boundary, terrain.to_target), terrain.dem.frame)
    inside = terrain.dem.values[mask]
    inside = inside[np.isfinite(inside)]
    return (float(inside.min()), float(inside.max())) if inside.size else None


def mean_slopes(terrain: Terrain, shapes: Sequence[QgsGeometry], progress: Progress) -> list[float | None]:
    """Mean slope of each polygon's cells in degrees; None for one without a cell's centre in it."""
    dem = terrain.dem
    slope = slope_degrees(dem.values, dem.frame, progress)
    slope[np.isnan(dem.values)] = np.nan
    wkbs = [bytes(on_dem(s, terrain.to_target).asWkb()) for s in shapes]
    labels = burn(wkbs, list(range(len(wkbs))), dem.frame)
    known = (labels >= 0) & np.isfinite(slope)
    counts = np.bincount(labels[known], minlength=len(wkbs))
    sums = np.bincount(labels[known], slope[known].astype(np.float64), minlength=len(wkbs))
    return [float(s / n) if n else None for s, n in zip(sums, counts)]


def slope_on(terrain: Terrain, frame: GridFrame, progress: Progress) -> np.ndarray:
    """Slope in degrees at the centres of ``frame``'s cells (target CRS), NaN without data.

    The DEM's own cell where both lie in one CRS, else bilinear between the cells.
    """
    dem = terrain.dem
    slope = slope_degrees(dem.values, dem.frame, progress)
    slope[np.isnan(dem.values)] = np.nan
    if not terrain.to_target.identity:
        return on_frame(Grid(slope, dem.frame), frame, terrain.to_target).values
    x = frame.x0 + (np.arange(frame.cols) + 0.5) * frame.dx
    y = frame.y0 - (np.arange(frame.rows) + 0.5) * frame.dy
    cols = np.floor((x - dem.frame.x0) / dem.frame.dx).astype(np.int64)
    rows = np.floor((dem.frame.y0 - y) / dem.frame.dy).astype(np.int64)
    on = np.ix_((rows >= 0) & (rows < dem.frame.rows), (cols >= 0) & (cols < dem.frame.cols))
    found = np.full((frame.rows, frame.cols), np.nan, np.float32)
    inside_rows = rows[(rows >= 0) & (rows < dem.frame.rows)]
    inside_cols = cols[(cols >= 0) & (cols < dem.frame.cols)]
    found[on] = slope[np.ix_(inside_rows, inside_cols)]
    return found


# -- rasters ----------------------------------------------------------------


def raster_over(
    source: RasterSource | str,
    parameter: str,
    boundary: QgsGeometry,
    target: QgsCoordinateReferenceSystem,
    *,
    shifts: Sequence[DatumShift] = (),
    progress: Progress = SILENT,
) -> tuple[Grid, np.ndarray, list[Problem]]:
    """Cells over the boundary, which of them count (their centre inside; the nearest where none is), warnings."""
    native = native_frame(source, parameter)
    moved = guard(from_wkt(native.frame.crs_wkt), target, layer=parameter, parameter=parameter, shifts=shifts)
    frame = frame_over(native, moved.transform, boundary.boundingBox())
    reading = read_raster(source, parameter, frame, shifts=shifts, progress=progress)
    inside = centre_mask(boundary, frame)
    if not inside.any():
        inside = near_mask(boundary, frame)
    return reading.grid, inside, [*moved.warnings, *reading.warnings]


def mean_of(grid: Grid, inside: np.ndarray) -> float | None:
    """Mean of the cells that count and have data; None without any."""
    values = grid.values[inside]
    values = values[np.isfinite(values)]
    return float(values.astype(np.float64).mean()) if values.size else None


def sum_of(grid: Grid, inside: np.ndarray) -> float | None:
    """Sum of the cells that count and have data; None without any."""
    values = grid.values[inside]
    values = values[np.isfinite(values)]
    return float(values.astype(np.float64).sum()) if values.size else None


def cover_percent(mean: float | None, grid: Grid) -> float | None:
    """Vegetation cover in %: a raster of fractions (nothing above 1) times 100."""
    known = grid.values[np.isfinite(grid.values)]
    if mean is None or not known.size:
        return None
    return mean * 100 if float(known.max()) <= 1.0 else mean


# -- ways of the water ------------------------------------------------------


def route(
    terrain: Terrain,
    lines: Sequence[np.ndarray],
    outlet: tuple[float, float] | None,
    boundary: QgsGeometry | None,
    snap_m: float,
    progress: Progress,
) -> tuple[Flow, list[Problem]]:
    """Route the DEM along surveyed ``lines`` (in the DEM's CRS) and find the outlet's cell.

    ``outlet`` (target CRS) is moved to where most land drains within ``snap_m``; without it, the cell inside
    the boundary that drains most. Raises InputError, Cancelled.
    """
    streams, warnings = run_streams(
        terrain, default_limits(), lines=lines, keep_drained=True, progress=progress
    )
    frame, drained = terrain.dem.frame, streams.drained
    cell = -1
    if drained is None:
        return Flow(terrain, streams, cell), warnings
    if outlet is not None:
        point = on_dem(
            QgsGeometry.fromWkt(f"POINT({outlet[0]!r} {outlet[1]!r})"), terrain.to_target
        ).asPoint()
        found = snap_outlet(point.x(), point.y(), streams.direction, drained, frame, snap_m)
        cell = -1 if found is None else found.cell
    if cell < 0 and boundary is not None:
        inside = centre_mask(on_dem(boundary, terrain.to_target), frame)
        cell = _most_drained(streams.direction, drained, inside, frame)
    return Flow(terrain, streams, cell), warnings


def _most_drained(direction: np.ndarray, drained: np.ndarray, inside: np.ndarray, frame: GridFrame) -> int:
    cells = np.flatnonzero(inside & (direction <= OUTLET))
    if not cells.size:
        return -1
    return int(cells[int(np.argmax(area_of_cells(cells, drained, frame)))])


def distance_to_outlet(flow: Flow, x: float, y: float) -> float | None:
    """Length of the way the water takes from a point (target CRS) to the outlet's cell, m.

    Straight from the cell's centre to the next along the flow. None where the point lies off the DEM or its
    water passes the outlet by.
    """
    frame, direction = flow.terrain.dem.frame, flow.streams.direction
    point = on_dem(QgsGeometry.fromWkt(f"POINT({x!r} {y!r})"), flow.terrain.to_target).asPoint()
    place = frame.cell_at(point.x(), point.y())
    if place is None or flow.outlet < 0:
        return None
    return walk(direction, frame, place[0] * frame.cols + place[1], flow.outlet)


def walk(direction: np.ndarray, frame: GridFrame, start: int, end: int) -> float | None:
    """Length in m of the flow path from cell ``start`` to cell ``end`` (flat), None where it never comes there."""
    flat, steps, lengths = direction.ravel(), steps_on_grid(frame.cols), step_lengths(frame)
    cell = start
    total: list[float] = []
    for _ in range(flat.size):
        if cell == end:
            return math.fsum(total)
        code = int(flat[cell])
        if code >= OUTLET:
            return None
        total.append(float(lengths[code, cell // frame.cols]))
        cell += int(steps[code])
    return None


def channel_figures(flow: Flow, lines: int) -> list[dict[str, Any]]:
    """For each surveyed line: ``area_km2`` and ``gradient_permil`` of the channel it covers, empty without one."""
    found: list[dict[str, Any]] = [{} for _ in range(lines)]
    channels = flow.streams.channels
    for number, given in enumerate(flow.streams.given_line.tolist()):
        if given < 0:
            continue
        channel = channels.row(number)
        area = round(channel.area_m2) / 1e6
        if area > found[given].get("area_km2", 0.0):
            found[given] = {"area_km2": area, "gradient_permil": channel.gradient_permil}
    return found
