"""The stream survey on QGIS's side: a DEM on its way through the engine to whole channels."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

import numpy as np
from qgis.core import QgsCoordinateReferenceSystem

from ..core.datum_shift import DatumShift
from ..core.errors import Problem
from ..core.grid import Grid
from ..core.progress import SILENT, Progress
from ..core.terrain.streams import Depressions, Limits, Streams, survey_streams
from . import engine
from .crs import from_wkt, output_crs
from .datums import Transform, guard
from .dem import frame_extent, read_dem
from .lines import polygon_shapes, projector
from .rasterfiles import RasterSource
from .records import Record


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
    reading = read_dem(source, parameter, progress=progress)
    crs = from_wkt(reading.grid.frame.crs_wkt)
    found = output_crs(crs, frame_extent(reading.grid.frame), parameter)
    moved = guard(crs, found.crs, layer=parameter, parameter=parameter, shifts=shifts)
    return Terrain(reading.grid, crs, found.crs, moved.transform, [*reading.warnings, *found.warnings])


def run_streams(
    terrain: Terrain,
    limits: Limits,
    *,
    depressions: Depressions = Depressions(),  # noqa: B008 - immutable
    lines: Sequence[np.ndarray] = (),
    names: Sequence[Any] | None = None,
    water: Sequence[Record] = (),
    progress: Progress = SILENT,
) -> tuple[Streams, list[Problem]]:
    """Channels of ``terrain`` with warnings; ``lines`` and ``water`` are in the DEM's CRS.

    Raises InputError, Cancelled.
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
        progress=progress,
    )
    return streams, [*streams.warnings, *warnings]
