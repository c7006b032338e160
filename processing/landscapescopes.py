"""What ``qingliu:landscapeindicators`` reads: where to measure, and land use as exact parts."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple, Sequence

import numpy as np
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry

from ..core.areas import (
    AREA_TOLERANCE,
    Part,
    Pieces,
    Zone,
    ZoneAreas,
    area_table,
    clipped,
    read_parts,
)
from ..core.errors import InputError, Problem
from ..core.grid import GridFrame
from ..core.landuse import LandClass
from ..core.planar import Planar, Shape
from ..core.progress import Progress
from ..layers.cells import NativeFrame, cell_polygons, frame_over, native_frame, near_mask
from ..layers.crs import from_wkt
from ..layers.datums import Transform, guard
from ..layers.planar import gathered, geometry_of, polygons_in
from ..layers.records import Record
from .extent import Extent
from .inputs import Inputs
from .landinput import LandCells, LandPolygons, land_grid, read_cells, read_polygons, takes_raster

ZONE_FIELD = "zone"


class Scope(NamedTuple):
    """Where an indicator is measured: ``kind`` watershed, zone or polygon, and which one."""

    kind: str
    name: str | None
    geometry: QgsGeometry

    @property
    def zone(self) -> Zone:
        """The same as core measures in it."""
        return Zone(self.name or "BOUNDARY", bytes(self.geometry.asWkb()))


class Land(NamedTuple):
    """Land use as exact parts, coded by class (empty: none), how it was read, and a raster's own grid."""

    parts: Sequence[Part]
    source: LandPolygons | LandCells
    native: NativeFrame | None = None


def read_land(
    inputs: Inputs, extent: Extent, progress: Progress, *, lenient: bool = False, name: str = "LANDUSE"
) -> Land:
    """Land use inside the extent, of the parameter ``name``; a raster's cells become polygons.

    Raises InputError.
    """
    if not takes_raster(inputs, name):
        land = read_polygons(inputs, extent.crs, extent.first, progress, lenient=lenient, name=name)
        parts = [
            Part(_code(kind), bytes(polygon.asWkb()), record.fid)
            for record, kind in zip(land.records, land.classes)
            for polygon in polygons_in(geometry_of(record.wkb or b""))
        ]
        return Land(parts, land)
    native = native_frame(inputs.raster(name) or "", name)
    frame = _frame(inputs, extent, native, name)
    cells = read_cells(inputs, frame, progress, lenient=lenient, name=name)
    return Land(_cell_parts(cells, extent, progress), cells, native)


def measured(land: Land, zones: Sequence[Zone], plane: Planar, progress: Progress) -> list[ZoneAreas]:
    """Areas of the classes of ``land`` inside each zone.

    Polygons drawn from cells cannot overlap, so that the union by which overlaps are found is spared.
    """
    if land.native is None:
        return area_table(land.parts, zones, plane, progress)
    pieces = read_parts(land.parts, plane, progress)
    progress.stage("areas", len(zones))
    return [_apart(pieces, plane.read(zone.wkb, zone.key), zone.key, plane, progress) for zone in zones]


def _apart(pieces: Pieces, window: Shape, key: str, plane: Planar, progress: Progress) -> ZoneAreas:
    total = plane.area(window)
    if not total > 0:
        raise InputError("QL-AREA-NOAREA", zone=key)
    sums: dict[str, list[float]] = {}
    for piece in clipped(pieces, window, plane, progress):
        sums.setdefault(piece.code, []).append(plane.area(piece.shape))
    by_code = {code: math.fsum(areas) for code, areas in sorted(sums.items())}
    gap = total - math.fsum(by_code.values())
    return ZoneAreas(key, total, by_code, gap if gap > total * AREA_TOLERANCE else 0.0, 0.0, ())


def land_transform(
    inputs: Inputs,
    source: QgsCoordinateReferenceSystem,
    target: QgsCoordinateReferenceSystem,
    name: str = "LANDUSE",
) -> Transform:
    """How land use moves between its CRS and that of the results."""
    return guard(source, target, layer=name, parameter=name, shifts=inputs.shifts).transform


def _frame(inputs: Inputs, extent: Extent, native: NativeFrame, name: str) -> GridFrame:
    """The raster's own cells over the boundary; squares of their size where its CRS is another."""
    to_target = land_transform(inputs, from_wkt(native.frame.crs_wkt), extent.crs, name)
    frame = frame_over(native, to_target, extent.geometry.boundingBox())
    if not (to_target.identity and native.aligned):
        facts = {"layer": inputs.title(name), "parameter": name, "size": f"{frame.dx:g}"}
        inputs.warn([Problem("QL-CELLS-RESAMPLED", facts)])
    return frame


def _cell_parts(cells: LandCells, extent: Extent, progress: Progress) -> list[Part]:
    grid = land_grid(cells, cells.grid.frame)
    near = near_mask(extent.geometry, cells.grid.frame)
    # cells with a value but no class are land of unknown use, cells without a value a gap
    unknown = len(grid.classes)
    labels = np.where(grid.known, grid.places, np.where(cells.grid.valid, unknown, -1))
    codes = [_code(c) for c in grid.classes] + [""]
    found = cell_polygons(np.where(near, labels, -1), cells.grid.frame, progress)
    return [Part(codes[label], bytes(shape.asWkb()), n) for n, (label, shape) in enumerate(found)]


def _code(kind: LandClass | None) -> str:
    return "" if kind is None else kind.code


def green_class(value: Any) -> str:
    """VG1 .. of ``VG1``, ``vg1 公园绿地``; anything else as it stands."""
    text = "" if value is None else str(value).strip()
    found = re.match(r"VG\d", text.upper())
    return found.group(0) if found else text


def named_zones(records: Sequence[Record]) -> list[Scope]:
    """Zones by their key, polygons of one key together; without a field ``zone`` every polygon by itself."""
    if not records or ZONE_FIELD not in records[0].attributes:
        return named_polygons(records)
    together: dict[str, list[QgsGeometry]] = {}
    for record in records:
        key = str(record.attributes.get(ZONE_FIELD) or "-")
        together.setdefault(key, []).append(geometry_of(record.wkb or b""))
    return [Scope("zone", key, QgsGeometry.unaryUnion(shapes)) for key, shapes in sorted(together.items())]


def named_polygons(records: Sequence[Record]) -> list[Scope]:
    """Every polygon by its ``name`` where all differ, else by its uuid, else by its number."""
    names: list[Any] = []
    for pick in (lambda r: r.attributes.get("name"), lambda r: r.uuid, lambda r: r.fid):
        names = [pick(r) for r in records]
        if all(n not in (None, "") for n in names) and len(set(names)) == len(names):
            break
    shapes = [gathered([geometry_of(r.wkb or b"")]) for r in records]
    return [Scope("polygon", str(name), shape) for name, shape in zip(names, shapes)]
