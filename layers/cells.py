"""Cells against a boundary: which grid to work on, what lies inside, and cells back to polygons.

Cells end where the boundary ends: their polygons are clipped to it, so that the areas of a
classified raster add up to the boundary's own area instead of to whole cells.
"""

from __future__ import annotations

import math
from typing import Iterator, NamedTuple, Sequence

import numpy as np
from osgeo import gdal, ogr
from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle

from ..core.errors import InputError, problem
from ..core.grid import Grid, GridFrame
from ..core.memory import available_bytes
from ..core.progress import SILENT, Progress
from .crs import crs_problems, horizontal, wkt_of
from .datums import Transform, guard
from .lines import line_parts
from .planar import geometry_of, polygons_in
from .rasterfiles import (
    RasterSource,
    gdal_call,
    memory_dataset,
    open_raster,
    quiet_gdal,
    raster_source,
    watched,
)
from .rasterplace import frame_of, own_crs

# Labels, masks, slope, land use and cover side by side.
BYTES_PER_CELL = 40


class NativeFrame(NamedTuple):
    """The grid of a raster file; ``aligned`` False where its rows and columns do not run east and south."""

    frame: GridFrame
    aligned: bool


def native_frame(source: RasterSource | str, parameter: str) -> NativeFrame:
    """The grid of a raster from its header alone. Raises InputError (QL-LAYER-*, QL-CRS-*)."""
    known = raster_source(source)
    dataset = open_raster(known, parameter)
    crs = horizontal(known.crs or own_crs(dataset))
    faults = crs_problems(crs, known.name, parameter)
    placing = dataset.GetGeoTransform(can_return_null=True)
    if placing is None:
        faults.append(problem("QL-LAYER-NOPLACE", layer=known.name, parameter=parameter))
    if faults:
        raise InputError(problems=faults)
    north_up = placing[2] == 0 and placing[4] == 0 and placing[1] > 0 and placing[5] < 0
    return NativeFrame(frame_of(dataset, crs), north_up)


def frame_over(native: NativeFrame, to_target: Transform, box: QgsRectangle) -> GridFrame:
    """Cells that cover ``box`` (in the target CRS) wholly: the raster's own, or square ones of its size.

    The raster's own where it lies in the target CRS already; elsewhere squares in m whose side is
    that of the raster's cells at the middle of ``box``.
    """
    if to_target.identity and native.aligned:
        return _window(native.frame, box)
    return square_frame(box, _cell_metres(native.frame, to_target, box), wkt_of(to_target.target))


def square_frame(box: QgsRectangle, cell: float, crs_wkt: str) -> GridFrame:
    """Square cells that cover ``box``, their edges at whole multiples of ``cell`` m."""
    return _window(GridFrame(1, 1, 0.0, 0.0, cell, cell, crs_wkt=crs_wkt), box)


def _window(frame: GridFrame, box: QgsRectangle) -> GridFrame:
    west = math.floor((box.xMinimum() - frame.x0) / frame.dx)
    east = math.ceil((box.xMaximum() - frame.x0) / frame.dx)
    north = math.floor((frame.y0 - box.yMaximum()) / frame.dy)
    south = math.ceil((frame.y0 - box.yMinimum()) / frame.dy)
    rows, cols = max(south - north, 1), max(east - west, 1)
    if rows * cols * BYTES_PER_CELL > available_bytes():
        raise InputError("QL-CELLS-MANY", cells=f"{rows * cols:,}", size=f"{frame.dx:g}")
    return GridFrame(
        rows=rows,
        cols=cols,
        x0=frame.x0 + west * frame.dx,
        y0=frame.y0 - north * frame.dy,
        dx=frame.dx,
        dy=frame.dy,
        crs_wkt=frame.crs_wkt,
    )


def _cell_metres(frame: GridFrame, to_target: Transform, box: QgsRectangle) -> float:
    """The shorter side of a raster's cell at the middle of ``box``, m, to the centimetre."""
    back = guard(to_target.target, to_target.source, layer="").transform
    x, y = back.point(box.center().x(), box.center().y())
    corners = [to_target.point(*p) for p in ((x, y), (x + frame.dx, y), (x, y + frame.dy))]
    here, east, north = (QgsPointXY(*p) for p in corners)
    return round(min(here.distance(east), here.distance(north)), 2)


def cropped(grid: Grid, frame: GridFrame) -> Grid:
    """``grid`` on ``frame``, a window of its own cells; NaN beyond its edges."""
    found = np.full((frame.rows, frame.cols), np.nan, np.float32)
    top = round((grid.frame.y0 - frame.y0) / grid.frame.dy)
    left = round((frame.x0 - grid.frame.x0) / grid.frame.dx)
    r0, c0 = max(top, 0), max(left, 0)
    r1, c1 = min(top + frame.rows, grid.frame.rows), min(left + frame.cols, grid.frame.cols)
    if r1 > r0 and c1 > c0:
        found[r0 - top : r1 - top, c0 - left : c1 - left] = grid.values[r0:r1, c0:c1]
    return Grid(found, frame)


def on_frame(grid: Grid, frame: GridFrame, to_target: Transform) -> Grid:
    """``grid`` (float32, NaN = no data) on ``frame``: its own cells, or bilinear between them."""
    if to_target.identity:
        return cropped(grid, frame)
    found = np.full((frame.rows, frame.cols), np.nan, np.float32)
    view, target = memory_dataset(grid.values, grid.frame), memory_dataset(found, frame)
    for dataset in (view, target):
        dataset.GetRasterBand(1).SetNoDataValue(math.nan)
    options = {"srcSRS": grid.frame.crs_wkt, "dstSRS": frame.crs_wkt}
    if to_target.operation:
        options = {"srcSRS": to_target.source.toProj(), "dstSRS": to_target.target.toProj()}
        options["coordinateOperation"] = to_target.operation
    with quiet_gdal():
        done, reason = gdal_call(
            gdal.Warp, target, view, resampleAlg="bilinear", dstNodata=math.nan, errorThreshold=0, **options
        )
        if not done:
            raise InputError("QL-CRS-OUTSIDE", where=reason, source="-", target=to_target.target.authid())
        target.FlushCache()
    return Grid(found, frame)


# -- polygons to cells ------------------------------------------------------


def centre_mask(boundary: QgsGeometry, frame: GridFrame) -> np.ndarray:
    """Cells whose centre lies in ``boundary``, bool (rows, cols)."""
    return burn([bytes(boundary.asWkb())], [1], frame) == 1


def near_mask(boundary: QgsGeometry, frame: GridFrame) -> np.ndarray:
    """Every cell that ``boundary`` meets, and neighbours of such cells; bool (rows, cols).

    A cell that it meets either has its centre inside or lies on the outline; there it is a neighbour of
    a cell that holds one of the points set along it, half a cell apart. (GDAL's ALL_TOUCHED leaves
    cells out where an outline runs close to their sides.)
    """
    mask = centre_mask(boundary, frame)
    apart = min(frame.dx, frame.dy) / 2
    for ring in line_parts(bytes(boundary.constGet().boundary().asWkb())):
        for xy in _set_along(ring, apart):
            cols = np.clip(np.floor((xy[:, 0] - frame.x0) / frame.dx).astype(int), 0, frame.cols - 1)
            rows = np.clip(np.floor((frame.y0 - xy[:, 1]) / frame.dy).astype(int), 0, frame.rows - 1)
            mask[rows, cols] = True
    wide = np.pad(mask, 1)
    for row in range(3):
        for col in range(3):
            mask = mask | wide[row : row + frame.rows, col : col + frame.cols]
    return mask


def _set_along(ring: np.ndarray, apart: float) -> Iterator[np.ndarray]:
    """Points (k, 2) along each segment of ``ring``, at most ``apart`` from one to the next."""
    for start, end in zip(ring[:-1], ring[1:]):
        count = max(1, math.ceil(math.hypot(*(end - start)) / apart))
        yield start + np.linspace(0.0, 1.0, count + 1)[:, None] * (end - start)


def burn(shapes: Sequence[bytes], labels: Sequence[int], frame: GridFrame) -> np.ndarray:
    """Label of the first of ``shapes`` (WKB) that holds each cell's centre, int32; -1 where none does."""
    found = np.full((frame.rows, frame.cols), -1, np.int32)
    target = memory_dataset(found, frame)
    holder = _memory_source()
    layer = holder.CreateLayer("shapes", geom_type=ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("label", ogr.OFTInteger))
    for wkb, label in zip(reversed(shapes), reversed(labels)):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField(0, int(label))
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(bytes(wkb)))
        layer.CreateFeature(feature)
    with quiet_gdal():
        gdal.RasterizeLayer(target, [1], layer, options=["ATTRIBUTE=label"])
        target.FlushCache()
    return found


# -- cells to polygons ------------------------------------------------------


def cell_polygons(
    labels: np.ndarray, frame: GridFrame, progress: Progress = SILENT
) -> Iterator[tuple[int, QgsGeometry]]:
    """(label, polygon) of each connected group of cells of one label >= 0, every one valid.

    Cells that touch at a corner only are groups of their own. Outlines follow the cells.
    """
    progress.stage("cell_polygons", labels.size)
    raster = memory_dataset(np.ascontiguousarray(labels, np.int32), frame)
    mask = memory_dataset((labels >= 0).astype(np.uint8), frame)
    holder = _memory_source()
    layer = holder.CreateLayer("labels", geom_type=ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("label", ogr.OFTInteger))
    bands = raster.GetRasterBand(1), mask.GetRasterBand(1)
    with watched(progress, 0.5) as watch:
        gdal.Polygonize(*bands, layer, 0, [], callback=watch)
    count = max(layer.GetFeatureCount(), 1)
    for number, feature in enumerate(layer):
        if number % 200 == 0:
            progress.step(0.5 + 0.5 * number / count)
        shape = geometry_of(bytes(feature.GetGeometryRef().ExportToWkb(ogr.wkbNDR)))
        for part in _valid_parts(shape):
            yield feature.GetField(0), part


def _memory_source() -> ogr.DataSource:
    """An empty vector source in memory; newer GDALs know the driver as MEM."""
    driver = ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")
    return driver.CreateDataSource("cells")


def _valid_parts(shape: QgsGeometry) -> list[QgsGeometry]:
    """Older GDALs draw a ring through one corner twice; such an outline comes apart there."""
    if shape.isGeosValid():
        return [shape]
    return [QgsGeometry(p) for p in polygons_in(shape.makeValid())]
