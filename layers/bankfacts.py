"""What the layers say along each channel, ready for table A.6: width, outfalls, pits, land use, cover.

Lines, points and polygons are in the output's projected CRS; rasters are read on a frame in it.
A value that no layer speaks of is None.
"""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple, Sequence

import numpy as np

from ..core.errors import Problem, problem
from ..core.grid import Grid, GridFrame
from ..core.landuse import LandClass, class_name
from ..core.progress import SILENT, Progress
from ..core.terrain.banks import (
    belt_mask,
    belt_window,
    counts,
    land_use_shares,
    nearest_channels,
    raster_mean,
    raster_shares,
    water_widths,
)
from .crs import wkt_of
from .datums import Transform
from .lines import point_parts, polygon_shapes
from .rasterfiles import frame_extent
from .rasters import CodeGrid
from .records import Record

# Standing water has no width that a channel could be measured by.
_RUNNING = ("river", "河流", "", None)
_SHOWN_SHARE = 0.1
OUTFALL, SAND_PIT = "outfall", "sand_pit"
# Resampling may overshoot by a little.
_COVER_SLACK = 0.5
# Kinds of pollution sources in the survey's data model; the others are no matter of table A.6.
KINDS = (OUTFALL, SAND_PIT, "farm", "waste_point", "plant")


class Parcels(NamedTuple):
    """Land-use polygons with the class of each (None: no class)."""

    records: Sequence[Record]
    classes: Sequence[LandClass | None]


class LandCells(NamedTuple):
    """Land use as a raster in the output CRS with the class of each code."""

    grid: CodeGrid
    classes: Mapping[Any, LandClass]


def metric_frame(frame: GridFrame, transform: Transform) -> GridFrame:
    """``frame`` where it is in the output CRS already, else one there of about the same cells."""
    if transform.identity:
        return frame
    box = transform.rectangle(frame_extent(frame))
    east, south = frame.row_steps()
    cell = float(min(east.min(), south.min()))
    return GridFrame(
        rows=math.ceil(box.height() / cell),
        cols=math.ceil(box.width() / cell),
        x0=box.xMinimum(),
        y0=box.yMaximum(),
        dx=cell,
        dy=cell,
        crs_wkt=wkt_of(transform.target),
    )


def widths(
    lines: Sequence[np.ndarray], water: Sequence[Record], progress: Progress = SILENT
) -> list[float | None]:
    """Mean width in running water along each line, m; water without a ``kind`` counts as running."""
    running = [r for r in water if r.attributes.get("kind") in _RUNNING]
    return [_none(value, 1) for value in water_widths(lines, polygon_shapes(running), progress)]


def points_along(
    lines: Sequence[np.ndarray], points: Sequence[Record], belt_m: float, progress: Progress = SILENT
) -> dict[str, list[Any]]:
    """``sewage_outfalls`` (count) and ``sand_digging`` (yes or no) of each line within the belt."""
    found = [point_parts(r.wkb or b"") for r in points]
    of_record = np.array([str(r.attributes.get("kind") or "") for r in points], dtype=str)
    kinds = np.repeat(of_record, np.array([len(xy) for xy in found], dtype=int))
    places = np.concatenate([np.empty((0, 2)), *found])
    nearest = nearest_channels(places, lines, belt_m, progress)
    outfalls = counts(nearest, kinds == OUTFALL, len(lines))
    pits = counts(nearest, kinds == SAND_PIT, len(lines))
    return {
        "sewage_outfalls": [int(n) for n in outfalls],
        "sand_digging": [bool(n) for n in pits],
    }


def parcel_land_use(
    lines: Sequence[np.ndarray],
    parcels: Parcels,
    belt_m: float,
    water: Sequence[Record] = (),
    progress: Progress = SILENT,
) -> list[str | None]:
    """Land use along the banks from polygons, the largest shares first; water is no bank."""
    pairs = [(r, c) for r, c in zip(parcels.records, parcels.classes) if c is not None]
    shapes = polygon_shapes([r for r, _ in pairs])
    codes = [c.code for _, c in pairs]
    found = land_use_shares(lines, shapes, codes, belt_m, polygon_shapes(water), progress)
    return [_land_text(shares) for shares in found]


def cell_land_use(
    lines: Sequence[np.ndarray], cells: LandCells, belt_m: float, progress: Progress = SILENT
) -> list[str | None]:
    """Land use along the banks from a raster, the largest shares first."""
    found: list[str | None] = []
    for i, xy in enumerate(lines):
        progress.step(i / len(lines))
        box = belt_window(xy, cells.grid.frame, belt_m)
        window = _window(cells.grid.frame, box)
        mask = belt_mask(xy, window, belt_m) & cells.grid.valid[_slices(box)]
        by_class: dict[Any, float] = {}
        for code, share in raster_shares(cells.grid.codes[_slices(box)], mask).items():
            land = cells.classes.get(code)
            if land is not None:
                by_class[land.code] = by_class.get(land.code, 0.0) + share
        found.append(_land_text(by_class))
    return found


def cover(
    lines: Sequence[np.ndarray], grid: Grid, belt_m: float, progress: Progress = SILENT
) -> list[float | None]:
    """Mean vegetation cover of each belt, %; of a raster of fractions (nothing above 1) times 100."""
    finite = grid.values[np.isfinite(grid.values)]
    factor = 100.0 if finite.size and float(finite.max()) <= 1.0 else 1.0
    found = []
    for i, xy in enumerate(lines):
        progress.step(i / len(lines))
        box = belt_window(xy, grid.frame, belt_m)
        mask = belt_mask(xy, _window(grid.frame, box), belt_m)
        found.append(_none(factor * raster_mean(grid.values[_slices(box)], mask), 1))
    return found


def cover_fault(grid: Grid, parameter: str, layer: str) -> list[Problem]:
    """QL-STREAMS-COVER where values are neither per cent nor fractions; none where they are."""
    finite = grid.values[np.isfinite(grid.values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low >= -_COVER_SLACK and high <= 100 + _COVER_SLACK:
        return []
    return [problem("QL-STREAMS-COVER", parameter=parameter, layer=layer, low=f"{low:g}", high=f"{high:g}")]


def unknown_kinds(points: Sequence[Record], parameter: str, layer: str) -> list[Problem]:
    """QL-STREAMS-KINDS with the kinds that the data model does not know."""
    kinds = [str(r.attributes.get("kind") or "NULL") for r in points]
    strange = [kind for kind in kinds if kind not in KINDS]
    if not strange:
        return []
    found = ", ".join(sorted(set(strange))[:10])
    facts = {"parameter": parameter, "layer": layer, "known": ", ".join(KINDS)}
    return [problem("QL-STREAMS-KINDS", count=len(strange), found=found, **facts)]


def _slices(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    return slice(box[0], max(box[0], box[1])), slice(box[2], max(box[2], box[3]))


def _window(frame: GridFrame, box: tuple[int, int, int, int]) -> GridFrame:
    r0, r1, c0, c1 = box
    return GridFrame(
        rows=max(0, r1 - r0),
        cols=max(0, c1 - c0),
        x0=frame.x0 + c0 * frame.dx,
        y0=frame.y0 - r0 * frame.dy,
        dx=frame.dx,
        dy=frame.dy,
        crs_wkt=frame.crs_wkt,
    )


def _land_text(shares: Mapping[Any, float]) -> str | None:
    """``0101 水田 62%、0301 乔木林地 30%``: every class with a tenth or more, at least the largest."""
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    shown = [pair for k, pair in enumerate(ranked) if k == 0 or pair[1] >= _SHOWN_SHARE]
    return "、".join(f"{code} {class_name(str(code))} {share:.0%}" for code, share in shown) or None


def _none(value: float, decimals: int) -> float | None:
    return None if math.isnan(value) else round(float(value), decimals)
