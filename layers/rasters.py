"""Rasters in and out: land-use codes and continuous factors on a given grid, GeoTIFF as output.

DEMs have their own gate, :func:`layers.dem.read_dem`, re-exported here.
"""

from __future__ import annotations

import math
import os
import uuid
from pathlib import Path
from typing import Any, NamedTuple, Sequence

import numpy as np
from osgeo import gdal
from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

from ..core.datum_shift import DatumShift
from ..core.errors import Cancelled, InputError, Problem, problem
from ..core.grid import Grid, GridFrame
from ..core.memory import available_bytes
from ..core.progress import SILENT, Progress
from .crs import coordinate_problems, crs_problems, from_wkt, horizontal, wkt_of
from .datums import Transform, guard
from .dem import read_dem
from .demheights import HUGE, SENTINELS, mask_declared
from .rasterfiles import (
    RASTER_FILE,
    RasterSource,
    Watch,
    gdal_call,
    looking_at,
    memory_dataset,
    open_raster,
    quiet_gdal,
    raster_source,
)
from .rasterplace import extent_of, frame_of, own_crs
from .replacing import replace

__all__ = [
    "CodeGrid",
    "CodeReading",
    "RasterReading",
    "read_codes",
    "read_dem",
    "read_raster",
    "write_raster",
]

_INTEGERS = (gdal.GDT_Byte, gdal.GDT_Int16, gdal.GDT_UInt16, gdal.GDT_Int32)
# Larger rasters are searched for undeclared no-data values in their overviews or samples only.
_EXACT_CELLS = 50_000_000
# No code list uses it, so that cells outside a raster can be told from every code.
_NO_CODE = -(2**31)


class CodeGrid(NamedTuple):
    """Integer codes of shape (rows, cols), int32, with ``valid`` False where there is no data."""

    codes: np.ndarray
    valid: np.ndarray
    frame: GridFrame


class CodeReading(NamedTuple):
    """A categorical raster and what must be said about it."""

    grid: CodeGrid
    warnings: list[Problem]


class RasterReading(NamedTuple):
    """A continuous raster and what must be said about it."""

    grid: Grid
    warnings: list[Problem]


class _Ready(NamedTuple):
    """A dataset that may be read, its CRS, how it comes to the wanted frame, and its no-data value."""

    dataset: gdal.Dataset
    crs: QgsCoordinateReferenceSystem
    source: RasterSource
    parameter: str
    transform: Transform | None
    warnings: list[Problem]
    nodata: float | None


def read_raster(
    layer: QgsRasterLayer | str | os.PathLike[str] | RasterSource,
    parameter: str,
    frame: GridFrame | None = None,
    *,
    algorithm: str = "",
    shifts: Sequence[DatumShift] = (),
    progress: Progress = SILENT,
) -> RasterReading:
    """A continuous raster (factor, depth, cover) as float32 with NaN, bilinear on ``frame`` where given.

    Scale and offset of the band are applied. Raises InputError (QL-LAYER-*, QL-CRS-*), Cancelled.
    """
    source = raster_source(layer)

    def work() -> RasterReading:
        return _read_raster(_prepare(source, parameter, frame, algorithm, shifts), frame, progress)

    return looking_at(source, parameter, RASTER_FILE, work)


def raster_header_problems(source: RasterSource, parameter: str) -> list[Problem]:
    """What is wrong with a raster other than a DEM as far as can be told without reading its cells."""

    def look() -> list[Problem]:
        dataset = open_raster(source, parameter)
        crs = horizontal(source.crs or own_crs(dataset))
        return _header_problems(dataset, crs, source, parameter)

    try:
        return looking_at(source, parameter, RASTER_FILE, look)
    except InputError as error:
        return list(error.problems)


def _read_raster(ready: _Ready, frame: GridFrame | None, progress: Progress) -> RasterReading:
    band = ready.dataset.GetRasterBand(1)
    scale, offset = band.GetScale() or 1.0, band.GetOffset() or 0.0
    ready = _without_sentinel(ready, frame)
    values, found = _cells(ready, frame, gdal.GDT_Float32, "bilinear", progress)
    values[np.isinf(values)] = np.nan
    if (scale, offset) != (1.0, 0.0):
        values *= np.float32(scale)
        values += np.float32(offset)
    warnings = ready.warnings + _coverage(np.isnan(values), ready)
    return RasterReading(Grid(values, found), warnings)


def _without_sentinel(ready: _Ready, frame: GridFrame | None) -> _Ready:
    """With -9999 and its like as the no-data value where the file holds it but does not declare it."""
    if ready.nodata is not None:
        return ready
    band = ready.dataset.GetRasterBand(1)
    ends, _ = gdal_call(band.ComputeRasterMinMax, band.XSize * band.YSize > _EXACT_CELLS)
    for value in ends or ():
        # 9999 may be a true maximum of a factor; no factor is negative.
        if (value in SENTINELS and value not in (9999.0, 99999.0)) or abs(value) > HUGE:
            found, _ = _cells(ready, frame, gdal.GDT_Float32, "near", SILENT)
            facts = {"layer": ready.source.name, "parameter": ready.parameter, "value": f"{value:g}"}
            count = int(np.count_nonzero(found == np.float32(value)))
            said = problem("QL-LAYER-SENTINEL", count=count, **facts)
            return ready._replace(nodata=value, warnings=[*ready.warnings, said])
    return ready


def read_codes(
    layer: QgsRasterLayer | str | os.PathLike[str] | RasterSource,
    parameter: str,
    frame: GridFrame | None = None,
    *,
    algorithm: str = "",
    shifts: Sequence[DatumShift] = (),
    progress: Progress = SILENT,
) -> CodeReading:
    """A categorical raster as int32 codes with their mask, nearest cell on ``frame`` where given.

    Raises InputError (QL-LAYER-NOTCODES where cells hold fractions; QL-LAYER-*, QL-CRS-*), Cancelled.
    """
    source = raster_source(layer)

    def work() -> CodeReading:
        return _read_codes(_prepare(source, parameter, frame, algorithm, shifts), frame, progress)

    return looking_at(source, parameter, RASTER_FILE, work)


def _read_codes(ready: _Ready, frame: GridFrame | None, progress: Progress) -> CodeReading:
    whole = ready.dataset.GetRasterBand(1).DataType in _INTEGERS
    kind = gdal.GDT_Int32 if whole else gdal.GDT_Float64
    values, found = _cells(ready, frame, kind, "near", progress)
    if whole:
        valid = values != _NO_CODE
        codes = values
    else:
        valid = np.isfinite(values)
        codes = _whole_numbers(values, valid, ready)
    for low, high in ready.source.nodata_ranges:
        valid &= ~((codes >= low) & (codes <= high))
    return CodeReading(CodeGrid(codes, valid, found), ready.warnings + _coverage(~valid, ready))


def _whole_numbers(values: np.ndarray, valid: np.ndarray, ready: _Ready) -> np.ndarray:
    kept = values[valid]
    broken = (kept != np.round(kept)) | (np.abs(kept) >= 2**31)
    if broken.any():
        facts: dict[str, Any] = {"layer": ready.source.name, "parameter": ready.parameter}
        example = f"{float(kept[broken][0]):g}"
        raise InputError("QL-LAYER-NOTCODES", count=int(broken.sum()), example=example, **facts)
    return np.where(valid, values, _NO_CODE).astype(np.int32)


def _prepare(
    source: RasterSource,
    parameter: str,
    frame: GridFrame | None,
    algorithm: str,
    shifts: Sequence[DatumShift],
) -> _Ready:
    """Open, check the header with all faults at once, agree on the transform."""
    dataset = open_raster(source, parameter)
    crs = horizontal(source.crs or own_crs(dataset))
    faults = _header_faults(dataset, crs, source, parameter, frame)
    if faults:
        raise InputError(problems=faults)
    nodata = dataset.GetRasterBand(1).GetNoDataValue() if source.use_nodata else None
    if frame is None:
        return _Ready(dataset, crs, source, parameter, None, [], nodata)
    target = from_wkt(frame.crs_wkt)
    agreed = guard(crs, target, layer=source.name, parameter=parameter, algorithm=algorithm, shifts=shifts)
    return _Ready(dataset, crs, source, parameter, agreed.transform, agreed.warnings, nodata)


def _header_faults(
    dataset: gdal.Dataset,
    crs: QgsCoordinateReferenceSystem,
    source: RasterSource,
    parameter: str,
    frame: GridFrame | None,
) -> list[Problem]:
    facts = {"layer": source.name, "parameter": parameter}
    faults = _header_problems(dataset, crs, source, parameter)
    placing = dataset.GetGeoTransform(can_return_null=True)
    if placing is not None and frame is None and (placing[2] or placing[4]):
        faults.append(problem("QL-LAYER-ROTATED", **facts))
    cells = frame.rows * frame.cols if frame else dataset.RasterXSize * dataset.RasterYSize
    if cells * 8 > available_bytes():
        faults.append(problem("QL-LAYER-MEMORY", cells=f"{cells:,}", **facts))
    return faults


def _header_problems(
    dataset: gdal.Dataset, crs: QgsCoordinateReferenceSystem, source: RasterSource, parameter: str
) -> list[Problem]:
    """Faults of a raster's header, whatever grid it is brought to."""
    facts = {"layer": source.name, "parameter": parameter}
    faults = crs_problems(crs, source.name, parameter)
    if dataset.RasterCount > 1:
        faults.append(problem("QL-LAYER-BANDS", bands=dataset.RasterCount, **facts))
    if gdal.DataTypeIsComplex(dataset.GetRasterBand(1).DataType):
        faults.append(problem("QL-LAYER-COMPLEX", **facts))
    placing = dataset.GetGeoTransform(can_return_null=True)
    if placing is None:
        faults.append(problem("QL-LAYER-NOPLACE", **facts))
    elif not faults:
        faults += coordinate_problems(crs, extent_of(dataset), source.name, parameter)
    return faults


def _cells(
    ready: _Ready, frame: GridFrame | None, kind: int, method: str, progress: Progress
) -> tuple[np.ndarray, GridFrame]:
    """Cells as ``kind``, no data as NaN or ``_NO_CODE``, on ``frame`` or the raster's own grid."""
    own = frame_of(ready.dataset, ready.crs)
    wanted = frame or own
    empty = _NO_CODE if kind == gdal.GDT_Int32 else math.nan
    values: np.ndarray = np.full((wanted.rows, wanted.cols), empty, dtype=_numpy(kind))
    target = memory_dataset(values, wanted)
    target.GetRasterBand(1).SetNoDataValue(empty)
    options: dict[str, Any] = {"srcSRS": wkt_of(ready.crs), "dstSRS": wanted.crs_wkt}
    if ready.transform is not None and ready.transform.operation:
        # The pipeline takes eastings first; the register has northings first for Gauss-Kruger.
        options = {"srcSRS": ready.crs.toProj(), "dstSRS": ready.transform.target.toProj()}
        options["coordinateOperation"] = ready.transform.operation
    # "None" keeps GDAL from the file's own value, which the user may have switched off.
    options["srcNodata"] = "None" if ready.nodata is None else ready.nodata
    watch = Watch(progress)
    progress.stage("read_raster", wanted.rows * wanted.cols)
    done, reason = gdal_call(
        gdal.Warp, target, ready.dataset, resampleAlg=method, errorThreshold=0, dstNodata=empty,
        workingType=gdal.GDT_Float64, callback=watch, **options,
    )  # fmt: skip
    if not done:
        watch.raise_if_cancelled()
        raise InputError(
            RASTER_FILE.cut_off,
            row="-",
            reason=reason or gdal.GetLastErrorMsg(),
            layer=ready.source.name,
            parameter=ready.parameter,
            path=ready.source.path,
        )
    target.FlushCache()
    if kind == gdal.GDT_Float32:
        mask_declared(values, ready.nodata, ready.source.nodata_ranges)
    return values, wanted


def _numpy(kind: int) -> type:
    return {gdal.GDT_Int32: np.int32, gdal.GDT_Float32: np.float32, gdal.GDT_Float64: np.float64}[kind]


def _coverage(empty: np.ndarray, ready: _Ready) -> list[Problem]:
    """No cell at all is a fault (the raster lies elsewhere)."""
    if not empty.all():
        return []
    raise InputError("QL-LAYER-NOVALUES", layer=ready.source.name, parameter=ready.parameter)


# -- writing ----------------------------------------------------------------

_KINDS = {
    "bool": gdal.GDT_Byte,
    "uint8": gdal.GDT_Byte,
    "int16": gdal.GDT_Int16,
    "uint16": gdal.GDT_UInt16,
    "int32": gdal.GDT_Int32,
    "uint32": gdal.GDT_UInt32,
    "float32": gdal.GDT_Float32,
    "float64": gdal.GDT_Float64,
}


def write_raster(
    path: str | os.PathLike[str],
    values: np.ndarray,
    frame: GridFrame,
    *,
    nodata: float | None = None,
    unit: str = "",
    description: str = "",
    progress: Progress = SILENT,
) -> Path:
    """Write a GeoTIFF (DEFLATE, tiled): whole under its name or not at all.

    ``nodata`` defaults to NaN for floating kinds; integers declare none unless given. Raises
    InputError QL-OUT-FOLDER, QL-OUT-WRITE (disk full, read-only, held by another program), Cancelled.
    """
    final = Path(path)
    if not final.parent.is_dir():
        raise InputError("QL-OUT-FOLDER", path=str(final), folder=str(final.parent))
    part = final.with_name(f".{uuid.uuid4().hex}.part.tif")
    try:
        _write_and_close(part, values, frame, nodata, (unit, description), progress)
        _sync(part)
        replace(part, final)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(final), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return final


def _write_and_close(part: Path, *arguments: Any) -> None:
    """As :func:`_write`; the file is closed even after a failure, or Windows would not let it be removed."""
    failure: Exception | None = None
    with quiet_gdal():
        try:
            _write(part, *arguments)
        except (OSError, Cancelled) as error:
            # The traceback holds the frames that hold the dataset that holds the file.
            failure = error.with_traceback(None)
    if failure is not None:
        raise failure


def _write(
    part: Path,
    values: np.ndarray,
    frame: GridFrame,
    nodata: float | None,
    texts: tuple[str, str],
    progress: Progress,
) -> None:
    kind = _KINDS[values.dtype.name]
    floating = kind in (gdal.GDT_Float32, gdal.GDT_Float64)
    options = ["COMPRESS=DEFLATE", "TILED=YES", "BIGTIFF=IF_SAFER", f"PREDICTOR={3 if floating else 2}"]
    rows, cols = values.shape
    progress.stage("write_raster", rows * cols)
    driver = gdal.GetDriverByName("GTiff")
    dataset, reason = gdal_call(driver.Create, str(part), cols, rows, 1, kind, options)
    if dataset is None:
        raise OSError(reason)
    dataset.SetGeoTransform((frame.x0, frame.dx, 0.0, frame.y0, 0.0, -frame.dy))
    dataset.SetProjection(frame.crs_wkt)
    band = dataset.GetRasterBand(1)
    _declare(band, math.nan if floating and nodata is None else nodata, texts)
    _write_rows(band, values, progress)
    del band
    _flush(dataset)


def _declare(band: gdal.Band, nodata: float | None, texts: tuple[str, str]) -> None:
    if nodata is not None:
        band.SetNoDataValue(nodata)
    if texts[0]:
        band.SetUnitType(texts[0])
    if texts[1]:
        band.SetDescription(texts[1])


def _write_rows(band: gdal.Band, values: np.ndarray, progress: Progress) -> None:
    rows, cols = values.shape
    step = max(2**22 // cols // 256, 1) * 256
    for row in range(0, rows, step):
        block = values[row : row + step]
        if block.dtype == bool:
            block = block.view(np.uint8)
        state, reason = gdal_call(band.WriteArray, block, 0, row)
        if state is None or state != 0:
            raise OSError(reason or gdal.GetLastErrorMsg())
        progress.step(min((row + step) / rows, 1.0))


def _flush(dataset: gdal.Dataset) -> None:
    """Flush to the file; GDAL tells a full disk only here."""
    _, reason = gdal_call(dataset.FlushCache)
    failed = gdal.GetLastErrorType() >= gdal.CE_Failure
    if failed:
        raise OSError(reason or gdal.GetLastErrorMsg())


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
