"""Can channels be computed on this DEM? Every reason why not, and the grid if they can.

All faults of a DEM are told at once (CONTRACT, "Bad input"); what can be repaired is repaired with
a warning that counts the cells. Heights come out in metres, float32, NaN where there is no data,
north up. Degrees are no fault; a DEM in feet or in Web Mercator is resampled to the CRS of the
results, because lengths and areas on its own grid would be wrong.
"""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from osgeo import gdal
from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

from ..core.errors import InputError, Problem, problem
from ..core.grid import Grid
from ..core.memory import available_bytes
from ..core.progress import SILENT, Progress
from .crs import (
    coordinate_problems,
    crs_title,
    horizontal,
    is_geographic,
    is_usable,
    output_crs,
    reference,
    wkt_of,
)
from .demheights import Tally, cell_faults, cell_warnings, clean, facts_of, mask_hidden, scaling_of, sound
from .rasterfiles import (
    DEM_FILE,
    RasterSource,
    frame_extent,
    gdal_call,
    looking_at,
    memory_dataset,
    open_raster,
    quiet_gdal,
    raster_source,
    rows_per_block,
)
from .rasterplace import extent_of, frame_of, own_crs

SMALLEST_CELL, LARGEST_CELL, COARSE_CELL = 0.1, 5000.0, 100.0
# What the terrain chain holds at its peak, with the heights themselves.
BYTES_PER_CELL = 14.0


class Reading(NamedTuple):
    """A DEM that can be worked on, and what must be said about it."""

    grid: Grid
    warnings: list[Problem]


def read_dem(
    layer: QgsRasterLayer | str | os.PathLike[str] | RasterSource,
    parameter: str = "DEM",
    *,
    progress: Progress = SILENT,
    bytes_per_cell: float = BYTES_PER_CELL,
    reproject: bool = True,
) -> Reading:
    """Heights in m as a :class:`Grid` (float32, NaN = no data), with warnings.

    ``layer`` is a raster layer, a path, or :func:`raster_source` of a layer made in the main thread.
    ``bytes_per_cell`` is what the caller will need at its peak. ``reproject`` resamples (bilinear)
    a DEM that is projected but not in metres, or distorted by more than 0.5 %, to the output CRS.
    Raises InputError with all faults (QL-DEM-*, QL-CRS-*), Cancelled.
    """
    source = raster_source(layer)
    return looking_at(
        source,
        parameter,
        DEM_FILE,
        lambda: _read_dem(source, parameter, progress, bytes_per_cell, reproject),
    )


def dem_header_problems(source: RasterSource, parameter: str = "DEM") -> list[Problem]:
    """What is wrong with a DEM as far as can be told without reading its cells."""

    def look() -> list[Problem]:
        dataset = open_raster(source, parameter, DEM_FILE)
        crs = horizontal(source.crs or own_crs(dataset))
        return _header(dataset, crs, source, parameter, BYTES_PER_CELL)[0]

    try:
        return looking_at(source, parameter, DEM_FILE, look)
    except InputError as error:
        return list(error.problems)


def _read_dem(
    source: RasterSource, parameter: str, progress: Progress, bytes_per_cell: float, reproject: bool
) -> Reading:
    dataset = open_raster(source, parameter, DEM_FILE)
    crs = horizontal(source.crs or own_crs(dataset))
    faults, warnings = _header(dataset, crs, source, parameter, bytes_per_cell)
    if _unreadable(faults):
        raise InputError(problems=faults)
    values, tally, unread = _read(dataset, source, parameter, progress, warnings)
    faults += unread + cell_faults(tally, source, parameter)
    if faults:
        raise InputError(problems=faults)
    warnings += cell_warnings(tally, values, source, parameter)
    if tally.valid == 0:
        raise InputError("QL-DEM-NODATA", **facts_of(source, parameter))
    grid = Grid(values, frame_of(dataset, crs))
    return _in_true_metres(grid, crs, source, parameter, warnings) if reproject else Reading(grid, warnings)


# -- the header -------------------------------------------------------------


def _header(
    dataset: gdal.Dataset,
    crs: QgsCoordinateReferenceSystem,
    source: RasterSource,
    parameter: str,
    bytes_per_cell: float,
) -> tuple[list[Problem], list[Problem]]:
    """(faults, warnings) that need no cell to be read."""
    facts = facts_of(source, parameter)
    faults = _band_faults(dataset, facts)
    if dataset.RasterXSize < 3 or dataset.RasterYSize < 3:
        faults.append(problem("QL-DEM-SMALL", cols=dataset.RasterXSize, rows=dataset.RasterYSize, **facts))
    faults += _memory_faults(dataset, facts, bytes_per_cell)
    if not crs.isValid():
        faults.append(problem("QL-DEM-NOCRS", **facts))
    elif not is_usable(crs):
        faults.append(problem("QL-DEM-LOCALCRS", crs=crs_title(crs), **facts))
    place_faults, warnings = _place(dataset, crs, facts)
    return faults + place_faults, warnings


def _band_faults(dataset: gdal.Dataset, facts: dict[str, Any]) -> list[Problem]:
    band = dataset.GetRasterBand(1)
    if dataset.RasterCount > 1:
        return [problem("QL-DEM-BANDS", bands=dataset.RasterCount, **facts)]
    if gdal.DataTypeIsComplex(band.DataType):
        return [problem("QL-DEM-COMPLEX", type=gdal.GetDataTypeName(band.DataType), **facts)]
    if band.GetRasterColorTable() is not None:
        return [problem("QL-DEM-IMAGE", **facts)]
    return []


def _memory_faults(dataset: gdal.Dataset, facts: dict[str, Any], bytes_per_cell: float) -> list[Problem]:
    cells = dataset.RasterXSize * dataset.RasterYSize
    needed, free = cells * bytes_per_cell, available_bytes()
    if needed <= free:
        return []
    sizes = {"needed": f"{needed / 2**30:.1f}", "free": f"{free / 2**30:.1f}"}
    return [problem("QL-DEM-MEMORY", cells=f"{cells:,}", **sizes, **facts)]


def _place(
    dataset: gdal.Dataset, crs: QgsCoordinateReferenceSystem, facts: dict[str, Any]
) -> tuple[list[Problem], list[Problem]]:
    """Faults and warnings of the grid's place and cell size."""
    placing = dataset.GetGeoTransform(can_return_null=True)
    if placing is None:
        return [problem("QL-DEM-NOPLACE", **facts)], []
    if not all(map(math.isfinite, placing)) or placing[1] == 0 or placing[5] == 0:
        return [problem("QL-DEM-ROTATED", transform=placing, **facts)], []
    if max(abs(placing[2] / placing[1]), abs(placing[4] / placing[5])) > 1e-6:
        return [problem("QL-DEM-ROTATED", transform=placing, **facts)], []
    if not crs.isValid() or not is_usable(crs):
        return [], []
    faults = coordinate_problems(crs, extent_of(dataset), facts["layer"], facts["parameter"])
    if faults:
        return faults, []
    return _cell_size(_cell_metres(dataset, crs), facts)


def _cell_size(size: tuple[float, float], facts: dict[str, Any]) -> tuple[list[Problem], list[Problem]]:
    named = {"size": f"{size[0]:.6g} x {size[1]:.6g}", **facts}
    if min(size) < SMALLEST_CELL * (1 - 1e-9):
        return [problem("QL-DEM-TINYCELL", limit=SMALLEST_CELL, **named)], []
    if max(size) > LARGEST_CELL:
        return [problem("QL-DEM-HUGECELL", limit=f"{LARGEST_CELL:g}", **named)], []
    if max(size) > COARSE_CELL:
        return [], [problem("QL-DEM-COARSE", **named)]
    return [], []


def _cell_metres(dataset: gdal.Dataset, crs: QgsCoordinateReferenceSystem) -> tuple[float, float]:
    """Cell size in m, at the grid's middle where it is in degrees."""
    placing = dataset.GetGeoTransform()
    dx, dy = abs(placing[1]), abs(placing[5])
    if not is_geographic(crs):
        unit = reference(crs).GetLinearUnits()
        return dx * unit, dy * unit
    east, south = frame_of(dataset, crs).row_steps()
    middle = dataset.RasterYSize // 2
    return float(east[middle]), float(south[middle])


def _unreadable(faults: list[Problem]) -> bool:
    """Whether the cells cannot be looked at for further faults."""
    return any(f.code in ("QL-DEM-MEMORY", "QL-DEM-COMPLEX", "QL-DEM-BANDS", "QL-DEM-IMAGE") for f in faults)


# -- the cells --------------------------------------------------------------


def _read(
    dataset: gdal.Dataset,
    source: RasterSource,
    parameter: str,
    progress: Progress,
    warnings: list[Problem],
) -> tuple[np.ndarray, Tally, list[Problem]]:
    """Heights in m, north up; what was met; faults of reading. Adds warnings about units."""
    band = dataset.GetRasterBand(1)
    rows, cols = dataset.RasterYSize, dataset.RasterXSize
    scaling = scaling_of(dataset, source, parameter, warnings)
    nodata = band.GetNoDataValue() if source.use_nodata else None
    masked = band.GetMaskFlags() == gdal.GMF_PER_DATASET
    values = np.empty((rows, cols), dtype=np.float32)
    tally = Tally()
    step = rows_per_block(band, cols, rows)
    progress.stage("read_dem", rows * cols)
    for row in range(0, rows, step):
        block = values[row : row + step]
        done, reason = gdal_call(band.ReadAsArray, 0, row, cols, len(block), buf_obj=block)
        if done is None or (masked and not mask_hidden(band, block, row)):
            facts = facts_of(source, parameter)
            return values, tally, [problem("QL-DEM-CUTOFF", row=row + 1, reason=reason or "mask", **facts)]
        band.FlushCache()  # else GDAL keeps the file's cells beside ours, up to 5 % of all memory
        if not sound(block, nodata, source, scaling, tally):
            clean(block, row, nodata, source, scaling, tally)
        progress.step((row + len(block)) / rows)
    return _north_up(values, dataset), tally, []


def _north_up(values: np.ndarray, dataset: gdal.Dataset) -> np.ndarray:
    placing = dataset.GetGeoTransform(can_return_null=True)
    if placing is None:
        return values
    if placing[5] > 0:
        values = np.ascontiguousarray(values[::-1])
    return np.ascontiguousarray(values[:, ::-1]) if placing[1] < 0 else values


# -- to true metres ---------------------------------------------------------


def _in_true_metres(
    grid: Grid,
    crs: QgsCoordinateReferenceSystem,
    source: RasterSource,
    parameter: str,
    warnings: list[Problem],
) -> Reading:
    """The grid itself, or resampled where its CRS would make lengths and areas wrong."""
    if is_geographic(crs):
        return Reading(grid, warnings)
    target = output_crs(crs, frame_extent(grid.frame), source.name, parameter)
    if target.reason == "same":
        return Reading(grid, warnings)
    made = _resampled(grid, target.crs)
    size = f"{made.frame.dx:.6g}"
    names = {"source": crs_title(crs), "target": crs_title(target.crs), "size": size}
    return Reading(made, [*warnings, problem("QL-DEM-WARPED", **names, **facts_of(source, parameter))])


def _resampled(grid: Grid, target: QgsCoordinateReferenceSystem) -> Grid:
    view = memory_dataset(grid.values, grid.frame)
    view.GetRasterBand(1).SetNoDataValue(math.nan)
    with quiet_gdal():
        warped, reason = gdal_call(
            gdal.Warp, "", view, format="MEM", srcSRS=grid.frame.crs_wkt, dstSRS=wkt_of(target),
            resampleAlg="bilinear", dstNodata=math.nan, outputType=gdal.GDT_Float32, errorThreshold=0,
        )  # fmt: skip
        if warped is None:
            raise InputError("QL-CRS-OUTSIDE", where=reason, source="-", target=crs_title(target))
        values = warped.GetRasterBand(1).ReadAsArray()
        return Grid(values, replace(frame_of(warped, target), crs_wkt=wkt_of(target)))
