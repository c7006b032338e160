"""The grid on which zones are decided: terrain, land use and distances brought to it.

Polygons become cells and cells polygons here, by GDAL; what the cells mean is decided in
:mod:`core.zoning`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple, Sequence

import numpy as np
from osgeo import gdal, ogr
from qgis.core import QgsCoordinateReferenceSystem

from ..core.grid import GridFrame
from ..core.progress import SILENT, Progress
from .crs import from_wkt, same_crs, wkt_of
from .rasterfiles import memory_dataset, watched

# More cells than these make a finer map than anybody reads, and slow the rules down.
MOST_CELLS = 6_000_000
FINEST_M, COARSEST_M = 1.0, 10.0
NO_RECORD = -1


class Bounds(NamedTuple):
    """West, south, east, north."""

    west: float
    south: float
    east: float
    north: float


def working_frame(
    dem: GridFrame, target: QgsCoordinateReferenceSystem, bounds: Bounds, margin: float
) -> GridFrame:
    """Cells in the CRS of the results over ``bounds`` and a ``margin`` (m) around.

    The DEM's own cells where they lie in that CRS and are neither too fine nor too coarse; else square
    cells of 1 to 10 m.
    """
    wide = Bounds(bounds.west - margin, bounds.south - margin, bounds.east + margin, bounds.north + margin)
    area = (wide.east - wide.west) * (wide.north - wide.south)
    least = max(math.sqrt(area / MOST_CELLS), FINEST_M)
    own = same_crs(from_wkt(dem.crs_wkt), target)
    if own and least <= min(dem.dx, dem.dy) and max(dem.dx, dem.dy) <= COARSEST_M:
        return _placed(dem, wide, dem.dx, dem.dy, (dem.x0, dem.y0), target)
    native = min(dem.dx, dem.dy) if own else COARSEST_M
    cell = min(max(least, native), max(COARSEST_M, least))
    return _placed(dem, wide, cell, cell, (0.0, 0.0), target)


def _placed(
    dem: GridFrame,
    wide: Bounds,
    dx: float,
    dy: float,
    corner: tuple[float, float],
    target: QgsCoordinateReferenceSystem,
) -> GridFrame:
    """Whole cells counted from ``corner`` that cover ``wide``."""
    left, right = math.floor((wide.west - corner[0]) / dx), math.ceil((wide.east - corner[0]) / dx)
    top, bottom = math.floor((corner[1] - wide.north) / dy), math.ceil((corner[1] - wide.south) / dy)
    return replace(
        dem, rows=bottom - top, cols=right - left, x0=corner[0] + left * dx, y0=corner[1] - top * dy,
        dx=dx, dy=dy, geographic=False, crs_wkt=wkt_of(target),
    )  # fmt: skip


def brought(
    values: np.ndarray, source: GridFrame, target: GridFrame, progress: Progress = SILENT
) -> np.ndarray:
    """float32 ``values`` on ``source`` as they are on ``target``: cut where cells agree, else bilinear; NaN outside."""
    if _aligned(source, target):
        return _cut(values, source, target)
    found = np.full((target.rows, target.cols), np.nan, np.float32)
    into, out = (
        memory_dataset(found, target),
        memory_dataset(np.ascontiguousarray(values, np.float32), source),
    )
    for dataset in (into, out):
        dataset.GetRasterBand(1).SetNoDataValue(math.nan)
    with watched(progress) as watch:
        gdal.Warp(into, out, resampleAlg="bilinear", errorThreshold=0, dstNodata=math.nan, callback=watch)
    into.FlushCache()
    return into.GetRasterBand(1).ReadAsArray()


def _aligned(source: GridFrame, target: GridFrame) -> bool:
    if (source.dx, source.dy, source.geographic) != (target.dx, target.dy, target.geographic):
        return False
    offset = (target.x0 - source.x0) / source.dx, (source.y0 - target.y0) / source.dy
    on_cells = all(abs(o - round(o)) < 1e-6 for o in offset)
    return on_cells and same_crs(from_wkt(source.crs_wkt), from_wkt(target.crs_wkt))


def _cut(values: np.ndarray, source: GridFrame, target: GridFrame) -> np.ndarray:
    top, left = round((source.y0 - target.y0) / source.dy), round((target.x0 - source.x0) / source.dx)
    found = np.full((target.rows, target.cols), np.nan, np.float32)
    r0, r1 = max(top, 0), min(top + target.rows, source.rows)
    c0, c1 = max(left, 0), min(left + target.cols, source.cols)
    if r0 < r1 and c0 < c1:
        found[r0 - top : r1 - top, c0 - left : c1 - left] = values[r0:r1, c0:c1]
    return found


# -- shapes to cells and back -------------------------------------------------


def burned(
    shapes: Sequence[bytes], frame: GridFrame, progress: Progress = SILENT, *, touched: bool = False
) -> np.ndarray:
    """Position of the shape (WKB) of each cell, int32, NO_RECORD where there is none; of several the first.

    A polygon has the cells whose centre it holds, with ``touched`` all it touches; lines and points have
    the cells they touch.
    """
    found = np.full((frame.rows, frame.cols), NO_RECORD, np.int32)
    if not shapes:
        return found
    layer, keep = _memory_layer(list(range(len(shapes)))[::-1], list(shapes)[::-1], frame)
    dataset = memory_dataset(found, frame)
    options = ["ATTRIBUTE=number", *(["ALL_TOUCHED=TRUE"] if touched else [])]
    with watched(progress) as watch:
        gdal.RasterizeLayer(dataset, [1], layer, options=options, callback=watch)
    dataset.FlushCache()
    del layer, keep
    return dataset.GetRasterBand(1).ReadAsArray()


def _memory_layer(numbers: Sequence[int], shapes: Sequence[bytes], frame: GridFrame) -> tuple[ogr.Layer, Any]:
    """An OGR layer of shapes with the field ``number``, and the dataset that must outlive it."""
    driver = ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")
    dataset = driver.CreateDataSource("")
    reference = memory_dataset(np.zeros((1, 1), np.uint8), frame).GetSpatialRef()
    layer = dataset.CreateLayer("shapes", reference, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("number", ogr.OFTInteger))
    definition = layer.GetLayerDefn()
    for number, wkb in zip(numbers, shapes):
        feature = ogr.Feature(definition)
        feature.SetField(0, number)
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb))
        layer.CreateFeature(feature)
    return layer, dataset


def distance_to(mask: np.ndarray, frame: GridFrame, progress: Progress = SILENT) -> np.ndarray:
    """Distance (m) of each cell's centre to the nearest cell of ``mask``, float32; infinite where there is none."""
    found = np.full(mask.shape, np.inf, np.float32)
    if not mask.any():
        return found
    source, target = memory_dataset(mask.astype(np.uint8), frame), memory_dataset(found, frame)
    with watched(progress) as watch:
        gdal.ComputeProximity(
            source.GetRasterBand(1), target.GetRasterBand(1), ["DISTUNITS=GEO", "VALUES=1"], callback=watch
        )
    target.FlushCache()
    return target.GetRasterBand(1).ReadAsArray()


def outlines(mask: np.ndarray, frame: GridFrame, progress: Progress = SILENT) -> list[bytes]:
    """Polygons (WKB) of the connected cells of ``mask``."""
    if not mask.any():
        return []
    source = memory_dataset(np.ascontiguousarray(mask, np.uint8), frame)
    layer, keep = _memory_layer([], [], frame)
    with watched(progress) as watch:
        band = source.GetRasterBand(1)
        gdal.Polygonize(band, band, layer, 0, ["8CONNECTED=8"], callback=watch)
    found = [bytes(f.GetGeometryRef().ExportToWkb(ogr.wkbNDR)) for f in layer]
    del layer, keep
    return found


def at_points(values: np.ndarray, frame: GridFrame, xy: np.ndarray) -> np.ndarray:
    """The value of the cell under each point (k, 2), NaN outside."""
    col = np.floor((xy[:, 0] - frame.x0) / frame.dx).astype(np.int64)
    row = np.floor((frame.y0 - xy[:, 1]) / frame.dy).astype(np.int64)
    inside = (row >= 0) & (row < frame.rows) & (col >= 0) & (col < frame.cols)
    found = np.full(len(xy), np.nan)
    found[inside] = values[row[inside], col[inside]]
    return found
