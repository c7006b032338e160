"""Belts along channels and around water as polygons (2.0.4).

Where channels are not given they come from the DEM; where water bodies are not given, from the
land use.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

import numpy as np
from qgis.core import QgsGeometry

from ..core.grid import Grid, GridFrame
from ..core.progress import SILENT, Progress
from ..core.terrain.channels import extract_channels
from ..core.zoning.belts import Course, runs, shore_width
from ..core.zoning.relief import running_maximum
from .datums import Transform
from .lines import line_parts, line_wkb, projector
from .records import Record, number_of
from .zoninggrid import at_points

# Segments of a quarter of a belt's round end.
ROUND = 5
# Lines without vertices would be judged at their ends only.
SPACING_M = 25.0


class Drainage(NamedTuple):
    """The routed DEM: heights, directions, area drained in km² by each cell."""

    dem: Grid
    direction: np.ndarray
    drained: np.ndarray
    drained_km2: np.ndarray


class Influence(NamedTuple):
    """How far each cell of the working grid lies from land in use, m; None where land use is not known."""

    distance: np.ndarray | None
    frame: GridFrame
    reach_m: float

    def at(self, xy: np.ndarray) -> np.ndarray:
        """Whether people use the land beside each point (everywhere, where nothing is known)."""
        if self.distance is None:
            return np.ones(len(xy), bool)
        return at_points(self.distance, self.frame, xy) <= self.reach_m


def courses_of_dem(
    drainage: Drainage, least_km2: float, to_target: Transform, influence: Influence
) -> list[Course]:
    """The DEM's channels that drain at least ``least_km2``, in the CRS of the results."""
    dem = drainage.dem
    cell = float(dem.frame.row_cell_areas().min())
    channels = extract_channels(
        drainage.direction, drainage.drained, dem.frame, dem.values, max(least_km2 * 1e6, 10 * cell)
    )
    move = projector(to_target)
    area = channels.network.drained_m2 / 1e6
    found = []
    for i in range(len(channels)):
        xy = channels.lines.line(i)
        xy = move(xy) if move is not None else xy
        path = channels.path_of(i)
        found.append(Course(xy, area[path], influence.at(xy), int(channels.strahler[i])))
    return found


def courses_of_records(
    records: Sequence[Record], drainage: Drainage, to_dem: Transform, influence: Influence
) -> list[Course]:
    """Given lines, running downhill, with the DEM's drained area beside them.

    Fields ``area_km2`` (at the mouth), ``strahler`` and ``width_m`` count where they are there: an area
    far above what the DEM shows (a line beside its valley) is spread along the line.
    """
    move = projector(to_dem)
    frame = drainage.dem.frame
    around = running_maximum(running_maximum(drainage.drained_km2.astype(np.float32), 1, 0), 1, 1)
    found = []
    for record in records:
        stated = number_of(record.attributes.get("area_km2"))
        order = number_of(record.attributes.get("strahler"))
        width = number_of(record.attributes.get("width_m"))
        for part in line_parts(record.wkb or b""):
            xy = _with_vertices(part)
            there = move(xy) if move is not None else xy
            heights = at_points(drainage.dem.values, frame, there)
            if heights[0] < heights[-1] - 1:
                xy, there = xy[::-1], there[::-1]
            area = _area_along(np.nan_to_num(at_points(around, frame, there)), stated)
            found.append(Course(xy, area, influence.at(xy), None if order is None else int(order), width))
    return found


def _area_along(sampled: np.ndarray, stated: float | None) -> np.ndarray:
    if stated is None:
        return sampled
    if sampled.max() < stated / 2:
        return np.linspace(0.0, stated, len(sampled))
    return np.minimum(sampled, stated)


def _with_vertices(xy: np.ndarray) -> np.ndarray:
    """The line with vertices at least every SPACING_M."""
    lengths = np.hypot(*np.diff(xy, axis=0).T)
    counts = np.maximum(np.ceil(lengths / SPACING_M).astype(int), 1)
    pieces = [a + (b - a) * (np.arange(n) / n)[:, None] for a, b, n in zip(xy[:-1], xy[1:], counts.tolist())]
    return np.concatenate([*pieces, xy[-1:]])


def channel_belts(
    courses: Sequence[Course], limits: Mapping[str, float], cell: float, progress: Progress = SILENT
) -> list[bytes]:
    """Polygons (WKB) along the stretches that count; stairs of ``cell`` m are straightened first."""
    stretches = runs(courses, limits)
    progress.stage("zoning_belts", len(stretches))
    found = []
    for number, run in enumerate(stretches):
        if number % 50 == 0:
            progress.step(number / len(stretches))
        if run.distance_m <= 0:
            continue
        line = QgsGeometry()
        line.fromWkb(line_wkb(run.xy))
        found.append(_buffered(line.simplify(0.7 * cell), run.distance_m))
    return [wkb for wkb in found if wkb]


def water_belts(
    shapes: Sequence[tuple[bytes, str]], limits: Mapping[str, float], progress: Progress = SILENT
) -> list[bytes]:
    """Water (WKB, kind) with the belt around it, as polygons."""
    progress.stage("zoning_water", len(shapes))
    found: list[bytes] = []
    for number, (wkb, kind) in enumerate(shapes):
        if number % 50 == 0:
            progress.step(number / len(shapes))
        water = QgsGeometry()
        water.fromWkb(wkb)
        width = shore_width(water.area(), water.length(), kind, limits)
        found.append(_buffered(water, width) if width > 0 else wkb)
    return [wkb for wkb in found if wkb]


def _buffered(geometry: QgsGeometry, width: float) -> bytes:
    made: Any = geometry.buffer(width, ROUND)
    return b"" if made.isNull() or made.isEmpty() else bytes(made.asWkb())


def water_kind(record: Record) -> str:
    """``kind`` of a water body (the store's field), or what an OSM tag says; empty where nothing does."""
    for name in ("kind", "water", "waterway", "natural"):
        value = record.attributes.get(name)
        if isinstance(value, str) and value in ("river", "riverbank", "stream", "canal"):
            return "river"
        if isinstance(value, str) and value in ("ditch", "drain"):
            return "ditch"
    return ""
