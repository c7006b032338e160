"""The stream survey on QGIS's side: a DEM on its way through the engine to whole channels."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

import numpy as np
from osgeo import gdal, ogr
from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsGeometry

from ..core.datum_shift import DatumShift
from ..core.errors import Problem
from ..core.grid import Grid, GridFrame
from ..core.progress import SILENT, Progress
from ..core.terrain.streams import Depressions, Limits, Streams, survey_streams
from . import engine
from .crs import from_wkt, output_crs
from .datums import Transform, guard
from .dem import read_dem
from .lines import polygon_shapes, projector
from .rasterfiles import RasterSource, frame_extent, memory_dataset, quiet_gdal
from .records import Record, id_list


class Terrain(NamedTuple):
    """A DEM that has been read, where its results lie, and how they get there."""

    dem: Grid
    crs: QgsCoordinateReferenceSystem
    target: QgsCoordinateReferenceSystem
    to_target: Transform
    warnings: list[Problem]


def read_terrain(
    source: RasterSource | str,
    parameter: str = "DEM",
    *,
    shifts: Sequence[DatumShift] = (),
    progress: Progress = SILENT,
) -> Terrain:
    """Read a DEM and settle the CRS of its results. Raises InputError with all faults, Cancelled."""
    engine.warm()
    reading = read_dem(source, parameter, progress=progress)
    crs = from_wkt(reading.grid.frame.crs_wkt)
    found = output_crs(crs, frame_extent(reading.grid.frame), parameter, parameter)
    moved = guard(crs, found.crs, layer=parameter, parameter=parameter, shifts=shifts)
    return Terrain(
        reading.grid, crs, found.crs, moved.transform, [*reading.warnings, *found.warnings, *moved.warnings]
    )


def lines_beyond(
    parts: Sequence[tuple[Record, np.ndarray]], dem: Grid, layer: str, parameter: str = "CHANNELS"
) -> list[Problem]:
    """QL-STREAMS-LINESOUT with the surveyed lines that meet no cell with data; in the DEM's CRS."""
    met: dict[int, bool] = {}
    for record, xy in parts:
        met[record.fid] = met.get(record.fid, False) or _meets_data(xy, dem)
    out = [fid for fid, there in met.items() if not there]
    facts = {"parameter": parameter, "layer": layer, "count": len(out), "ids": id_list(out)}
    return [Problem("QL-STREAMS-LINESOUT", facts)] if out else []


def _meets_data(xy: np.ndarray, dem: Grid) -> bool:
    """Whether any point of a line, sampled twice a cell, lies in a cell with data."""
    frame = dem.frame
    place = np.column_stack([(xy[:, 0] - frame.x0) / frame.dx, (frame.y0 - xy[:, 1]) / frame.dy])
    for (c0, r0), (c1, r1) in zip(place[:-1], place[1:]):
        # only what crosses the grid is sampled: a line may reach far beyond it
        if max(c0, c1) < 0 or min(c0, c1) > frame.cols or max(r0, r1) < 0 or min(r0, r1) > frame.rows:
            continue
        steps = int(min(2 * max(abs(c1 - c0), abs(r1 - r0)), 1e6)) + 2
        col = np.floor(np.linspace(c0, c1, steps)).astype(np.int64)
        row = np.floor(np.linspace(r0, r1, steps)).astype(np.int64)
        here = (row >= 0) & (row < frame.rows) & (col >= 0) & (col < frame.cols)
        if np.isfinite(dem.values[row[here], col[here]]).any():
            return True
    return False


def boundary_area(boundary: QgsGeometry, terrain: Terrain) -> float:
    """Area of the boundary (in the output's CRS) where the DEM has data, m².

    Exactly the boundary's own where the DEM covers it without a gap, else to the cell.
    """
    frame = terrain.dem.frame
    shape = QgsGeometry(boundary)
    if not terrain.to_target.identity:
        shape.transform(terrain.to_target.qgis(), QgsCoordinateTransform.TransformDirection.Reverse)
    inside = _cells_within(shape, frame)
    data = np.isfinite(terrain.dem.values)
    covered = frame_extent(frame).contains(shape.boundingBox())
    if covered and data[inside].all():
        return float(boundary.area())
    return float(((inside & data).sum(axis=1) * frame.row_cell_areas()).sum())


def _cells_within(shape: QgsGeometry, frame: GridFrame) -> np.ndarray:
    """Cells whose centre lies inside a polygon in the frame's CRS, bool of the frame's shape."""
    inside = np.zeros((frame.rows, frame.cols), np.uint8)
    grid = memory_dataset(inside, frame)
    holder = ogr.GetDriverByName("Memory").CreateDataSource("boundary")
    layer = holder.CreateLayer("boundary", grid.GetSpatialRef(), ogr.wkbUnknown)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkb(bytes(shape.asWkb())))
    layer.CreateFeature(feature)
    with quiet_gdal():
        gdal.RasterizeLayer(grid, [1], layer, burn_values=[1])
    return np.asarray(grid.GetRasterBand(1).ReadAsArray(), bool)


def run_streams(
    terrain: Terrain,
    limits: Limits,
    *,
    depressions: Depressions = Depressions(),  # noqa: B008 - immutable
    lines: Sequence[np.ndarray] = (),
    names: Sequence[Any] | None = None,
    water: Sequence[Record] = (),
    keep_drained: bool = False,
    progress: Progress = SILENT,
) -> tuple[Streams, list[Problem]]:
    """Channels of ``terrain`` with warnings; ``lines`` and ``water`` are in the DEM's CRS.

    ``keep_drained``: also the grid of drained areas. Raises InputError, Cancelled.
    """
    warnings: list[Problem] = []

    def route(arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> Any:
        cells = terrain.dem.values.size
        done = engine.run("route", arrays, values, cells=cells, warnings=warnings, progress=progress)
        return done.arrays, done.values

    streams = survey_streams(
        terrain.dem,
        limits,
        route,
        depressions=depressions,
        lines=lines,
        names=names,
        water=polygon_shapes(water),
        project=projector(terrain.to_target),
        keep_drained=keep_drained,
        progress=progress,
    )
    return streams, [*streams.warnings, *warnings]
