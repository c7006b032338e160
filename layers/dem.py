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
from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer, QgsRectangle

from ..core.errors import InputError, Problem, problem
from ..core.grid import Grid, GridFrame
from ..core.memory import available_bytes
from ..core.progress import SILENT, Progress
from .crs import (
    coordinate_problems,
    crs_title,
    ellipsoid_of,
    from_wkt,
    horizontal,
    is_geographic,
    is_usable,
    output_crs,
    reference,
    wkt_of,
)
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

# Heights of dry land: the Dead Sea shore lies at -430 m, Everest at 8,849 m.
LOWEST, HIGHEST = -500.0, 9000.0
SMALLEST_CELL, LARGEST_CELL, COARSE_CELL = 0.1, 5000.0, 100.0
# What the terrain chain holds at its peak, with the heights themselves.
BYTES_PER_CELL = 14.0

# Values that stand for "no data" in the wild though the file does not say so.
SENTINELS = (-9999.0, -32768.0, -32767.0, 32767.0, 65535.0, -99999.0, -9999999.0, 9999.0, 99999.0, -999.0)
HUGE = 1e9
# Zeros around a DEM whose lowest real height lies above this are no heights.
_ZERO_GAP = 50.0

_METRES = {
    "": 1.0, "m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0, "米": 1.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "international foot": 0.3048, "英尺": 0.3048,
    "us-ft": 1200 / 3937, "us survey foot": 1200 / 3937, "ftus": 1200 / 3937, "us_survey_foot": 1200 / 3937,
    "dm": 0.1, "cm": 0.01, "mm": 0.001, "km": 1000.0, "厘米": 0.01, "分米": 0.1, "毫米": 0.001,
}  # fmt: skip


class Reading(NamedTuple):
    """A DEM that can be worked on, and what must be said about it."""

    grid: Grid
    warnings: list[Problem]


class _Scaling(NamedTuple):
    """From stored numbers to metres: ``value * factor + shift``."""

    factor: float = 1.0
    shift: float = 0.0


class _Tally:
    """What the cells turned out to be, counted while they are read."""

    def __init__(self) -> None:
        self.valid = 0
        self.nonfinite = 0
        self.zeros = 0
        self.sentinels: dict[float, int] = {}
        self.absurd = 0
        self.absurd_low = math.inf
        self.absurd_high = -math.inf
        self.absurd_cell: tuple[int, int] | None = None
        self.lowest_but_zero = math.inf


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
        crs = horizontal(source.crs or _own_crs(dataset))
        return _header(dataset, crs, source, parameter, BYTES_PER_CELL)[0]

    try:
        return looking_at(source, parameter, DEM_FILE, look)
    except InputError as error:
        return list(error.problems)


def _read_dem(
    source: RasterSource, parameter: str, progress: Progress, bytes_per_cell: float, reproject: bool
) -> Reading:
    dataset = open_raster(source, parameter, DEM_FILE)
    crs = horizontal(source.crs or _own_crs(dataset))
    faults, warnings = _header(dataset, crs, source, parameter, bytes_per_cell)
    if _unreadable(faults):
        raise InputError(problems=faults)
    values, tally, cell_faults = _read(dataset, source, parameter, progress, warnings)
    faults += cell_faults
    faults += _cell_faults(tally, source, parameter)
    if faults:
        raise InputError(problems=faults)
    warnings += _cell_warnings(tally, values, source, parameter)
    if tally.valid == 0:
        raise InputError("QL-DEM-NODATA", **_facts(source, parameter))
    grid = Grid(values, _frame(dataset, crs))
    return _in_true_metres(grid, crs, source, parameter, warnings) if reproject else Reading(grid, warnings)


def _facts(source: RasterSource, parameter: str) -> dict[str, Any]:
    return {"layer": source.name, "parameter": parameter, "path": source.path}


def _own_crs(dataset: gdal.Dataset) -> QgsCoordinateReferenceSystem:
    ref = dataset.GetSpatialRef()
    return from_wkt(ref.ExportToWkt(["FORMAT=WKT2_2019"])) if ref else QgsCoordinateReferenceSystem()


# -- the header -------------------------------------------------------------


def _header(
    dataset: gdal.Dataset,
    crs: QgsCoordinateReferenceSystem,
    source: RasterSource,
    parameter: str,
    bytes_per_cell: float,
) -> tuple[list[Problem], list[Problem]]:
    """(faults, warnings) that need no cell to be read."""
    facts = _facts(source, parameter)
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
    faults = coordinate_problems(crs, _extent(dataset), facts["layer"], facts["parameter"])
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


def _extent(dataset: gdal.Dataset) -> QgsRectangle:
    x0, dx, _, y0, _, dy = dataset.GetGeoTransform()
    x1, y1 = x0 + dx * dataset.RasterXSize, y0 + dy * dataset.RasterYSize
    return QgsRectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _cell_metres(dataset: gdal.Dataset, crs: QgsCoordinateReferenceSystem) -> tuple[float, float]:
    """Cell size in m, at the grid's middle where it is in degrees."""
    placing = dataset.GetGeoTransform()
    dx, dy = abs(placing[1]), abs(placing[5])
    if not is_geographic(crs):
        unit = reference(crs).GetLinearUnits()
        return dx * unit, dy * unit
    east, south = _frame(dataset, crs).row_steps()
    middle = dataset.RasterYSize // 2
    return float(east[middle]), float(south[middle])


def _frame(dataset: gdal.Dataset, crs: QgsCoordinateReferenceSystem) -> GridFrame:
    extent, placing, shape = _extent(dataset), dataset.GetGeoTransform(), ellipsoid_of(crs)
    return GridFrame(
        rows=dataset.RasterYSize,
        cols=dataset.RasterXSize,
        x0=extent.xMinimum(),
        y0=extent.yMaximum(),
        dx=abs(placing[1]),
        dy=abs(placing[5]),
        geographic=is_geographic(crs),
        crs_wkt=wkt_of(crs),
        semi_major=shape.semi_major,
        flattening=shape.flattening,
    )


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
) -> tuple[np.ndarray, _Tally, list[Problem]]:
    """Heights in m, north up; what was met; faults of reading. Adds warnings about units."""
    band = dataset.GetRasterBand(1)
    rows, cols = dataset.RasterYSize, dataset.RasterXSize
    scaling = _scaling(dataset, source, parameter, warnings)
    nodata = band.GetNoDataValue() if source.use_nodata else None
    masked = band.GetMaskFlags() == gdal.GMF_PER_DATASET
    values = np.empty((rows, cols), dtype=np.float32)
    tally = _Tally()
    step = rows_per_block(band, cols, rows)
    progress.stage("read_dem", rows * cols)
    for row in range(0, rows, step):
        block = values[row : row + step]
        done, reason = gdal_call(band.ReadAsArray, 0, row, cols, len(block), buf_obj=block)
        if done is None or (masked and not _mask(band, block, row)):
            facts = _facts(source, parameter)
            return values, tally, [problem("QL-DEM-CUTOFF", row=row + 1, reason=reason or "mask", **facts)]
        band.FlushCache()  # else GDAL keeps the file's cells beside ours, up to 5 % of all memory
        if not _sound(block, nodata, source, scaling, tally):
            _clean(block, row, nodata, source, scaling, tally)
        progress.step((row + len(block)) / rows)
    return _north_up(values, dataset), tally, []


def _mask(band: gdal.Band, block: np.ndarray, row: int) -> bool:
    """NaN where the file's own mask hides a cell; False where the mask cannot be read."""
    shown, _ = gdal_call(band.GetMaskBand().ReadAsArray, 0, row, block.shape[1], len(block))
    if shown is None:
        return False
    block[shown == 0] = np.nan
    return True


def _north_up(values: np.ndarray, dataset: gdal.Dataset) -> np.ndarray:
    placing = dataset.GetGeoTransform(can_return_null=True)
    if placing is None:
        return values
    if placing[5] > 0:
        values = np.ascontiguousarray(values[::-1])
    return np.ascontiguousarray(values[:, ::-1]) if placing[1] < 0 else values


def _sound(
    block: np.ndarray,
    nodata: float | None,
    source: RasterSource,
    scaling: _Scaling,
    tally: _Tally,
) -> bool:
    """Whether its lowest and highest height show that nothing in a block needs cleaning; counts it if so."""
    if scaling != _Scaling():
        return False
    hidden = [*source.nodata_ranges, *([] if nodata is None else [(nodata, nodata)])]
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = float(np.min(block)), float(np.max(block))  # NaN where any height is
        if not (low > 0 and high <= HIGHEST):
            return False
        if any(np.float32(first) <= high and np.float32(last) >= low for first, last in hidden):
            return False
    tally.valid += block.size
    tally.lowest_but_zero = min(tally.lowest_but_zero, low)
    return True


def _clean(
    block: np.ndarray,
    first_row: int,
    nodata: float | None,
    source: RasterSource,
    scaling: _Scaling,
    tally: _Tally,
) -> None:
    """Mask what is no height and turn the rest into metres, in place."""
    declared_nan = nodata is not None and math.isnan(nodata)
    tally.nonfinite += 0 if declared_nan else int(np.count_nonzero(np.isnan(block)))
    mask_declared(block, nodata, source.nodata_ranges)
    infinite = np.isinf(block)
    tally.nonfinite += int(np.count_nonzero(infinite))
    block[infinite] = np.nan
    if _out_of_range(block, scaling):
        _mask_sentinels(block, scaling, tally)
    if scaling != _Scaling():
        block *= np.float32(scaling.factor)
        block += np.float32(scaling.shift)
    _count(block, first_row, tally)


def mask_declared(block: np.ndarray, nodata: float | None, ranges: tuple[tuple[float, float], ...]) -> None:
    """NaN where a float32 block holds the declared no-data value or one of the user's ranges."""
    if nodata is not None and not math.isnan(nodata):
        with np.errstate(over="ignore"):
            block[block == np.float32(nodata)] = np.nan
    for low, high in ranges:
        block[(block >= np.float32(low)) & (block <= np.float32(high))] = np.nan


def _out_of_range(block: np.ndarray, scaling: _Scaling) -> bool:
    ends = np.array([np.fmin.reduce(block, axis=None), np.fmax.reduce(block, axis=None)], dtype=float)
    ends = ends * scaling.factor + scaling.shift
    return bool(np.nanmin(ends) < LOWEST or np.nanmax(ends) > HIGHEST) if not np.isnan(ends).all() else False


def _mask_sentinels(block: np.ndarray, scaling: _Scaling, tally: _Tally) -> None:
    for value in SENTINELS:
        if LOWEST <= value * scaling.factor + scaling.shift <= HIGHEST:
            continue
        _mask_counted(block, block == np.float32(value), value, tally)
    huge = np.abs(block) > HUGE
    if huge.any():
        _mask_counted(block, huge, float(block[huge][0]), tally)


def _mask_counted(block: np.ndarray, where: np.ndarray, value: float, tally: _Tally) -> None:
    count = int(np.count_nonzero(where))
    if count:
        block[where] = np.nan
        tally.sentinels[value] = tally.sentinels.get(value, 0) + count


def _count(block: np.ndarray, first_row: int, tally: _Tally) -> None:
    tally.valid += block.size - int(np.count_nonzero(np.isnan(block)))
    zeros = block == 0
    tally.zeros += int(np.count_nonzero(zeros))
    low, high = float(np.fmin.reduce(block, axis=None)), float(np.fmax.reduce(block, axis=None))
    if low == 0 and tally.lowest_but_zero > 0:
        others = block[block > 0]
        low = float(others.min()) if others.size else math.inf
    tally.lowest_but_zero = min(tally.lowest_but_zero, low) if not math.isnan(low) else tally.lowest_but_zero
    if low < LOWEST or high > HIGHEST:
        where = (block < LOWEST) | (block > HIGHEST)
        tally.absurd += int(np.count_nonzero(where))
        tally.absurd_low = min(tally.absurd_low, low)
        tally.absurd_high = max(tally.absurd_high, high)
        if tally.absurd_cell is None:
            row, col = np.argwhere(where)[0]
            tally.absurd_cell = (first_row + int(row) + 1, int(col) + 1)


def _cell_faults(tally: _Tally, source: RasterSource, parameter: str) -> list[Problem]:
    if not tally.absurd or tally.absurd_cell is None:
        return []
    row, col = tally.absurd_cell
    found = {"low": f"{tally.absurd_low:g}", "high": f"{tally.absurd_high:g}", "row": row, "col": col}
    limits = {"count": tally.absurd, "lowest": f"{LOWEST:g}", "highest": f"{HIGHEST:g}"}
    return [problem("QL-DEM-HEIGHTS", **found, **limits, **_facts(source, parameter))]


def _cell_warnings(tally: _Tally, values: np.ndarray, source: RasterSource, parameter: str) -> list[Problem]:
    facts = _facts(source, parameter)
    found = [
        problem("QL-DEM-SENTINEL", value=f"{value:g}", count=count, **facts)
        for value, count in sorted(tally.sentinels.items())
    ]
    if tally.nonfinite:
        found.append(problem("QL-DEM-NONFINITE", count=tally.nonfinite, **facts))
    if tally.zeros and _ZERO_GAP < tally.lowest_but_zero < math.inf:
        values[values == 0] = np.nan
        tally.valid -= tally.zeros
        lowest = f"{tally.lowest_but_zero:.1f}"
        found.append(problem("QL-DEM-ZEROS", count=tally.zeros, lowest=lowest, **facts))
    return found


# -- units ------------------------------------------------------------------


def _scaling(
    dataset: gdal.Dataset, source: RasterSource, parameter: str, warnings: list[Problem]
) -> _Scaling:
    """How stored numbers become metres; says so where they are not metres already."""
    band, facts = dataset.GetRasterBand(1), _facts(source, parameter)
    scale, offset = band.GetScale(), band.GetOffset()
    scale = 1.0 if scale is None or scale == 0 else scale
    offset = offset or 0.0
    if (scale, offset) != (1.0, 0.0):
        warnings.append(problem("QL-DEM-SCALED", scale=f"{scale:g}", offset=f"{offset:g}", **facts))
    unit = (band.GetUnitType() or _vertical_unit(dataset)).strip()
    metres = _METRES.get(unit.lower())
    if metres is None:
        warnings.append(problem("QL-DEM-UNIT", unit=unit, **facts))
        metres = 1.0
    elif metres != 1.0:
        warnings.append(problem("QL-DEM-FEET", unit=unit, factor=f"{metres:.6g}", **facts))
    elif not unit and _horizontal_feet(dataset):
        warnings.append(problem("QL-DEM-MAYBEFEET", **facts))
    if band.DataType == gdal.GDT_Byte:
        warnings.append(problem("QL-DEM-BYTE", **facts))
    return _Scaling(scale * metres, offset * metres)


def _vertical_unit(dataset: gdal.Dataset) -> str:
    """The unit of the vertical part of a compound CRS, empty where there is none."""
    ref = dataset.GetSpatialRef()
    if ref is None or not ref.IsCompound():
        return ""
    name = ref.GetAttrValue("VERT_CS|UNIT") or ""
    return name if name.lower() in _METRES else _unit_by_factor(ref.GetAttrValue("VERT_CS|UNIT", 1))


def _unit_by_factor(factor: str | None) -> str:
    size = float(factor) if factor else 1.0
    near = [name for name, metres in _METRES.items() if name and abs(metres - size) < 1e-9]
    return near[0] if near else ""


def _horizontal_feet(dataset: gdal.Dataset) -> bool:
    ref = dataset.GetSpatialRef()
    return ref is not None and bool(ref.IsProjected()) and abs(ref.GetLinearUnits() - 0.3048) < 1e-4


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
    return Reading(made, [*warnings, problem("QL-DEM-WARPED", **names, **_facts(source, parameter))])


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
        return Grid(values, replace(_frame(warped, target), crs_wkt=wkt_of(target)))
