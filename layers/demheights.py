"""Which stored numbers of a DEM are heights, and how many metres are they?

Declared and undeclared no-data values are masked and counted, units become metres, and what no dry
land has is a fault with its first cell.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from osgeo import gdal

from ..core.errors import Problem, problem
from .rasterfiles import RasterSource, gdal_call

# Heights of dry land: the Dead Sea shore lies at -430 m, Everest at 8,849 m.
LOWEST, HIGHEST = -500.0, 9000.0

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


class Scaling(NamedTuple):
    """From stored numbers to metres: ``value * factor + shift``."""

    factor: float = 1.0
    shift: float = 0.0


class Tally:
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


def facts_of(source: RasterSource, parameter: str) -> dict[str, Any]:
    """What every message about a DEM names."""
    return {"layer": source.name, "parameter": parameter, "path": source.path}


# -- units ------------------------------------------------------------------


def scaling_of(
    dataset: gdal.Dataset, source: RasterSource, parameter: str, warnings: list[Problem]
) -> Scaling:
    """How stored numbers become metres; says so where they are not metres already."""
    band, facts = dataset.GetRasterBand(1), facts_of(source, parameter)
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
    return Scaling(scale * metres, offset * metres)


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


# -- the cells --------------------------------------------------------------


def mask_hidden(band: gdal.Band, block: np.ndarray, row: int) -> bool:
    """NaN where the file's own mask hides a cell; False where the mask cannot be read."""
    shown, _ = gdal_call(band.GetMaskBand().ReadAsArray, 0, row, block.shape[1], len(block))
    if shown is None:
        return False
    block[shown == 0] = np.nan
    return True


def sound(
    block: np.ndarray,
    nodata: float | None,
    source: RasterSource,
    scaling: Scaling,
    tally: Tally,
) -> bool:
    """Whether its lowest and highest height show that nothing in a block needs cleaning; counts it if so."""
    if scaling != Scaling():
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


def clean(
    block: np.ndarray,
    first_row: int,
    nodata: float | None,
    source: RasterSource,
    scaling: Scaling,
    tally: Tally,
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
    if scaling != Scaling():
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


def _out_of_range(block: np.ndarray, scaling: Scaling) -> bool:
    ends = np.array([np.fmin.reduce(block, axis=None), np.fmax.reduce(block, axis=None)], dtype=float)
    ends = ends * scaling.factor + scaling.shift
    return bool(np.nanmin(ends) < LOWEST or np.nanmax(ends) > HIGHEST) if not np.isnan(ends).all() else False


def _mask_sentinels(block: np.ndarray, scaling: Scaling, tally: Tally) -> None:
    for value in SENTINELS:
        if LOWEST <= value * scaling.factor + scaling.shift <= HIGHEST:
            continue
        _mask_counted(block, block == np.float32(value), value, tally)
    huge = np.abs(block) > HUGE
    if huge.any():
        _mask_counted(block, huge, float(block[huge][0]), tally)


def _mask_counted(block: np.ndarray, where: np.ndarray, value: float, tally: Tally) -> None:
    count = int(np.count_nonzero(where))
    if count:
        block[where] = np.nan
        tally.sentinels[value] = tally.sentinels.get(value, 0) + count


def _count(block: np.ndarray, first_row: int, tally: Tally) -> None:
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


def cell_faults(tally: Tally, source: RasterSource, parameter: str) -> list[Problem]:
    """Heights that no dry land has (QL-DEM-HEIGHTS)."""
    if not tally.absurd or tally.absurd_cell is None:
        return []
    row, col = tally.absurd_cell
    found = {"low": f"{tally.absurd_low:g}", "high": f"{tally.absurd_high:g}", "row": row, "col": col}
    limits = {"count": tally.absurd, "lowest": f"{LOWEST:g}", "highest": f"{HIGHEST:g}"}
    return [problem("QL-DEM-HEIGHTS", **found, **limits, **facts_of(source, parameter))]


def cell_warnings(tally: Tally, values: np.ndarray, source: RasterSource, parameter: str) -> list[Problem]:
    """What was masked and how often; zeros far below every height are masked here, in ``values``."""
    facts = facts_of(source, parameter)
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
