"""The companions of ``qingliu:landscapeindicators``: FRAGSTATS' metrics on the land use of each scope."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

import numpy as np
from qgis.core import QgsGeometry

from ..core.errors import InputError, Problem
from ..core.grid import GridFrame
from ..core.landscape.metrics import pattern
from ..core.landscape.mosaic import mosaic, square_cell_size
from ..core.progress import Progress
from ..layers.cells import centre_mask, frame_over, square_frame
from ..layers.crs import from_wkt, is_in_metres, wkt_of
from ..layers.datums import Transform
from ..layers.rasters import read_codes
from .extent import Extent
from .inputs import Inputs
from .landinput import LandPolygons, land_grid
from .landscaperows import Row, metric_row
from .landscapescopes import Land, Scope, land_transform


class Scene(NamedTuple):
    """What a pattern is measured on: position in ``names`` of each cell's class, -1 without one.

    ``to_cells`` leads from the CRS of the results to that of the cells.
    """

    places: np.ndarray
    names: Sequence[str]
    frame: GridFrame
    to_cells: Transform


def metric_rows(
    inputs: Inputs,
    extent: Extent,
    land: Land,
    metrics: Sequence[str],
    scopes: Sequence[Scope],
    progress: Progress,
) -> Iterator[Row]:
    """The metrics of every scope that holds a cell with a class."""
    scene = _scene(inputs, extent, land, progress)
    size = square_cell_size(scene.frame)
    neighbours, edge = int(inputs.choice("NEIGHBOURS")), inputs.flag("BOUNDARY_IS_EDGE")
    rules = f"neighbours = {neighbours}; cell = {size:g} m; boundary_is_edge = {str(edge).lower()}"
    for scope in scopes:
        inside = centre_mask(_moved(scope.geometry, scene.to_cells), scene.frame)
        if scope.kind == "watershed":
            _tell_unclassed(inputs, inside, scene.places)
        kept = np.where(inside, scene.places, -1)
        if not (kept >= 0).any():
            continue
        found = pattern(mosaic(_trimmed(kept), size, -1), metrics, neighbours, edge, progress)
        for value in found.values:
            yield metric_row(value, scope, scene.names, rules)


def _scene(inputs: Inputs, extent: Extent, land: Land, progress: Progress) -> Scene:
    """The classified cells that the pattern is measured on.

    A raster's classes are its own values, as FRAGSTATS takes them; polygons' are GB/T 21010's.
    """
    frame, to_cells = _frame(inputs, extent, land)
    if isinstance(land.source, LandPolygons):
        return Scene(*_classes_of(land.source, frame), frame, to_cells)
    return Scene(*_values_of(inputs, frame, progress), frame, to_cells)


def _frame(inputs: Inputs, extent: Extent, land: Land) -> tuple[GridFrame, Transform]:
    """The cells, and the way to them.

    A raster keeps its own wherever they are in metres: resampling would change the patches.
    """
    box = extent.geometry.boundingBox()
    stay = Transform(extent.crs, extent.crs, identity=True)
    if inputs.given("CELL_SIZE"):
        return square_frame(box, inputs.number("CELL_SIZE"), wkt_of(extent.crs)), stay
    if land.native is None or isinstance(land.source, LandPolygons):
        raise InputError("QL-LANDSCAPE-CELLNEEDED", parameter="CELL_SIZE")
    crs = from_wkt(land.native.frame.crs_wkt)
    if not (land.native.aligned and is_in_metres(crs)):
        return land.source.grid.frame, stay
    to_cells = land_transform(inputs, extent.crs, crs)
    return frame_over(land.native, Transform(crs, crs, identity=True), to_cells.rectangle(box)), to_cells


def _values_of(inputs: Inputs, frame: GridFrame, progress: Progress) -> tuple[np.ndarray, list[str]]:
    """Position of each cell's value among the values of the land-use raster, -1 where it has none."""
    source, algorithm = inputs.raster("LANDUSE") or "", inputs.algorithm.name()
    reading = read_codes(
        source, "LANDUSE", frame, algorithm=algorithm, shifts=inputs.shifts, progress=progress
    )
    codes, valid = reading.grid.codes, reading.grid.valid
    found, inverse = np.unique(codes, return_inverse=True)
    places = np.where(valid, inverse.reshape(codes.shape), -1)
    return places.astype(np.int32), [str(code) for code in found.tolist()]


def _classes_of(land: LandPolygons, frame: GridFrame) -> tuple[np.ndarray, list[str]]:
    """Position of each cell's class among the codes of GB/T 21010 that occur, -1 where it has none."""
    grid = land_grid(land, frame)
    names = sorted({c.code for c in grid.classes})
    place = np.array([names.index(c.code) for c in grid.classes] + [-1], dtype=np.int32)
    return place[grid.places], names


def _moved(shape: QgsGeometry, transform: Transform) -> QgsGeometry:
    found = QgsGeometry(shape)
    if not transform.identity:
        found.transform(transform.qgis())
    return found


def _trimmed(places: np.ndarray) -> np.ndarray:
    """Without the empty rows and columns around the landscape."""
    rows, cols = np.flatnonzero((places >= 0).any(axis=1)), np.flatnonzero((places >= 0).any(axis=0))
    return places[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def _tell_unclassed(inputs: Inputs, inside: np.ndarray, places: np.ndarray) -> None:
    """Cells inside without a class are outside the landscape, as FRAGSTATS takes them."""
    without = int((inside & (places < 0)).sum())
    if without:
        share = f"{100 * without / int(inside.sum()):.3f}"
        inputs.warn([Problem("QL-LANDSCAPE-UNCLASSED", {"cells": f"{without:,}", "share": share})])
