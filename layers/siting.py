"""From layers to what the layout check knows of a watershed (:class:`core.siting.ground.Ground`).

Features come as records in the CRS of the check, rasters on one working grid in it. What a role
lacks stays unknown; the rules that ask for it say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Iterable, Mapping, NamedTuple, Sequence

import numpy as np
from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsFeatureSource, QgsRasterLayer

from ..core.errors import InputError, Problem, QingliuError
from ..core.grid import Grid, GridFrame
from ..core.landuse import LandClass
from ..core.progress import SILENT, Progress
from ..core.siting.aspect import aspect_degrees
from ..core.siting.ground import CODE, Ground, LandUseGrid, fill
from ..core.siting.model import Settings
from ..core.siting.questions import VILLAGE
from ..core.standard import default_edition
from ..core.terrain.relief import slope_degrees
from ..core.terrain.routing import route_values
from ..core.zoning.relief import terrain_of
from ..core.zoning.rules import load_scheme
from . import engine
from .crs import from_wkt
from .landuse import LandUse, classify_cells, classify_records
from .planar import geometry_of
from .rasterfiles import frame_extent
from .rasters import CodeGrid, read_codes, read_dem, read_raster
from .records import ANY, LINE, POLYGON, Record, Wanted, number_of, read_records
from .sitingshapes import QgisShapes
from .sitingvalues import WATER_KINDS, checked
from .zoninggrid import Bounds, brought, working_frame
from .zoninginputs import roads_among, settlements_among

ROLE_KINDS: Mapping[str, str] = {
    "PARCELS": POLYGON, "ZONES": POLYGON, "CHANNELS": LINE, "BANKS": LINE, "FLOOD_PASSAGE": POLYGON,
    "WATER_SOURCE": POLYGON, "VILLAGES": ANY, "ROADS": LINE, "GULLIES": ANY, "WATERBODIES": POLYGON,
    "POLLUTION": ANY, "BUILDINGS": ANY,
}  # fmt: skip
"""Roles that come as plain features, with their kind of geometry."""

LAND_USE_FIELDS = ("landuse", "DLBM")
SOIL_DEPTH_FIELDS = ("depth_cm", "soil_depth_cm", "soil_depth", "TCHD")
_NUMBERS = {
    "BANKS": ("bank_slope_deg",),
    "CHANNELS": ("gradient_permil", "width_m", "hack"),
    "GULLIES": ("gradient_permil",),
}
_MARGIN_M = 100.0
_METRES_AT_MOST = 5.0
_DEEPEST_CM, _FULL_PCT = 30_000.0, 100.5
"""Loess is up to 300 m deep; resampling may overshoot a full cover by a little."""


class GroundReading(NamedTuple):
    """The ground and what must be said about its layers."""

    ground: Ground
    warnings: list[Problem]


@dataclass(frozen=True)
class RoleLayer:
    """A layer that plays a role (:func:`ground_of`): ``field`` of the code or depth, ``mapping`` of codes."""

    layer: Any
    field: str = ""
    mapping: Mapping[str, str] | None = None


def new_ground(settings: Settings) -> Ground:
    """An empty ground whose geometry is QGIS's."""
    return Ground(QgisShapes(), settings)


# -- features -------------------------------------------------------------------


def wanted_of(role: str, present: Collection[str]) -> Wanted:
    """What the layer of a plain role must bring."""
    return Wanted(ROLE_KINDS[role], (), tuple(n for n in _NUMBERS.get(role, ()) if n in present))


def take_records(ground: Ground, role: str, records: Iterable[Record]) -> list[Problem]:
    """The features of a plain role; warnings where a column holds what nobody knows."""
    kept = [_tagged(r) for r in records] if role == "WATERBODIES" else list(records)
    kept, warnings = checked(role, kept, default_edition())
    if role == "VILLAGES":
        inhabited = set(settlements_among(kept))
        kept = [r for r in kept if r.wkb in inhabited]
    if role == "ROADS":
        driven = set(roads_among(kept))
        kept = [r for r in kept if r.wkb in driven]
    fill(ground, role, ((r.fid, r.wkb, r.attributes) for r in kept if r.wkb))
    return warnings


def _tagged(record: Record) -> Record:
    """A water body with its ``kind``, or with what an OSM tag says."""
    tags = [str(record.attributes.get(name) or "") for name in ("kind", "water", "natural")]
    kind = next((t for t in tags if t in WATER_KINDS), tags[0] or tags[1])
    return record._replace(attributes={**record.attributes, "kind": kind or None})


def classify_polygons(
    records: Sequence[Record], name: str, *, layer: str, mapping: Mapping[str, str] | None
) -> LandUse:
    """Classes of parcels by the codes in the field ``name``. Raises InputError QL-LANDUSE-OTHERLIST."""
    areas = [geometry_of(r.wkb or b"").area() for r in records]
    return classify_records(records, areas, name, layer=layer, mapping=mapping)


def take_land_use(ground: Ground, records: Sequence[Record], classes: Sequence[LandClass | None]) -> None:
    """Land-use polygons with their classes."""
    rows = (
        (r.fid, r.wkb, {CODE: (c.code, VILLAGE) if c.village else c.code})
        for r, c in zip(records, classes)
        if c is not None and r.wkb
    )
    fill(ground, "LANDUSE", rows)


def take_codes(ground: Ground, grid: CodeGrid, classes: Mapping[Any, LandClass]) -> None:
    """Land use as a raster in the CRS of the check."""
    codes = sorted({c.code for c in classes.values()})
    place = {code: i for i, code in enumerate(codes)}
    found, inverse = np.unique(np.where(grid.valid, grid.codes, 0), return_inverse=True)
    table = np.array([place[classes[c].code] if c in classes else -1 for c in found.tolist()], np.int32)
    index = np.where(grid.valid, table[inverse].reshape(grid.codes.shape), -1)
    ground.land_use_grid = LandUseGrid(Grid(index, grid.frame), codes)


def take_soil_depth(ground: Ground, records: Sequence[Record], name: str, layer: str) -> list[Problem]:
    """Soil depth (cm) as polygons; a warning where all of it looks like metres."""
    depths = [number_of(r.attributes.get(name)) for r in records]
    known = [d for d in depths if d is not None]
    _depths_in_range(min(known, default=0.0), max(known, default=0.0), layer)
    rows = ((r.fid, r.wkb, {"soil_depth_cm": d}) for r, d in zip(records, depths) if r.wkb)
    fill(ground, "SOIL_DEPTH", rows)
    return _unit_warning(max(known, default=0.0), layer)


def _depths_in_range(least: float, most: float, layer: str) -> None:
    """Raises InputError QL-SITE-DEPTHRANGE where a depth cannot be one."""
    if least < 0 or most > _DEEPEST_CM:
        raise InputError("QL-SITE-DEPTHRANGE", layer=layer, least=f"{least:g}", most=f"{most:g}")


def _unit_warning(most: float, layer: str) -> list[Problem]:
    if 0 < most <= _METRES_AT_MOST:
        return [Problem("QL-SITE-DEPTHUNIT", {"layer": layer, "largest": f"{most:g}"})]
    return []


# -- rasters --------------------------------------------------------------------


def grid_frame(dem: GridFrame, target: QgsCoordinateReferenceSystem, bounds: Bounds | None) -> GridFrame:
    """The working grid over ``bounds`` (in ``target``) as far as the DEM goes, or over the whole DEM."""
    whole = _bounds(dem, target)
    if bounds is None:
        return working_frame(dem, target, whole, 0.0)
    common = Bounds(
        max(bounds.west, whole.west), max(bounds.south, whole.south),
        min(bounds.east, whole.east), min(bounds.north, whole.north),
    )  # fmt: skip
    if common.west >= common.east or common.south >= common.north:  # nowhere near: what is asked has no cells
        return working_frame(dem, target, whole, 0.0)
    return working_frame(dem, target, common, _MARGIN_M)


def frame_without_dem(
    layer: Any, target: QgsCoordinateReferenceSystem, bounds: Bounds | None, role: str
) -> GridFrame:
    """The working grid where there is no DEM: after the cells of the raster of ``role`` itself."""
    own = (read_codes if role == "LANDUSE" else read_raster)(layer, role).grid.frame
    return grid_frame(own, target, bounds)


def _bounds(frame: GridFrame, target: QgsCoordinateReferenceSystem) -> Bounds:
    transform = QgsCoordinateTransform()
    transform.setSourceCrs(from_wkt(frame.crs_wkt))
    transform.setDestinationCrs(target)
    box = transform.transformBoundingBox(frame_extent(frame))
    return Bounds(box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())


def take_terrain(
    ground: Ground, dem: Grid, frame: GridFrame, wanted: Collection[str], progress: Progress = SILENT
) -> list[Problem]:
    """``slope_deg``, and where wanted ``slope_position`` and ``aspect``, of a DEM on the working grid."""
    warnings: list[Problem] = []
    if "slope_position" in wanted:
        found = _positions(dem, warnings, progress)
    else:
        found = {"slope_deg": slope_degrees(dem.values, dem.frame, progress)}
    for key in ("slope_deg", "slope_position"):
        if key in found:
            ground.grids[key] = Grid(brought(found[key], dem.frame, frame, progress), frame)
    if "aspect" in wanted:
        heights = brought(dem.values, dem.frame, frame, progress)
        ground.grids["aspect"] = Grid(aspect_degrees(heights, frame.dx, frame.dy), frame)
    return warnings


def _positions(dem: Grid, warnings: list[Problem], progress: Progress) -> dict[str, np.ndarray]:
    """Slope and slope position, as zoning has them."""
    limits = load_scheme("three").limits
    values = route_values(dem.frame, "fill", 10.0, 200.0)
    done = engine.run(
        "route", {"dem": dem.values}, values, cells=dem.values.size, warnings=warnings, progress=progress
    )
    drained = done.arrays["drained"]
    per_unit = 1e-6 if dem.frame.geographic else dem.frame.dx * dem.frame.dy / 1e6
    return terrain_of(
        dem.values, dem.frame, done.arrays["direction"], drained * per_unit, limits["zone_drainage_area_km2"],
        limits["slope_relief_reach_m"], limits["slope_relief_min_m"], progress,
    )  # fmt: skip


def take_cover(ground: Ground, grid: Grid, layer: str) -> list[Problem]:
    """Vegetation cover, %; a fraction of one becomes per cent, which is told.

    Raises InputError QL-SITE-COVERRANGE where a cover is below 0 or above 100 %.
    """
    least, most = (float(f(grid.values, initial=0.0)) for f in (np.nanmin, np.nanmax))
    if least < -0.5 or most > _FULL_PCT:
        raise InputError("QL-SITE-COVERRANGE", layer=layer, least=f"{least:g}", most=f"{most:g}")
    fraction = most <= 1.5
    values = np.clip(grid.values * np.float32(100 if fraction else 1), 0, 100)
    ground.grids["vegetation_cover"] = Grid(values, grid.frame)
    told = fraction and most > 0
    return [Problem("QL-SITE-COVERSCALED", {"layer": layer, "most": f"{most:g}"})] if told else []


def take_depth(ground: Ground, grid: Grid, layer: str) -> list[Problem]:
    """Soil depth (cm) as a raster; a warning where all of it looks like metres."""
    least, most = (float(f(grid.values, initial=0.0)) for f in (np.nanmin, np.nanmax))
    _depths_in_range(least, most, layer)
    ground.grids["soil_depth_cm"] = grid
    return _unit_warning(most, layer)


# -- all at once, from the layers of a project --------------------------------------


def ground_of(
    layers: Mapping[str, RoleLayer],
    target: QgsCoordinateReferenceSystem,
    settings: Settings,
    *,
    terrain: Collection[str] = ("slope_deg",),
    progress: Progress = SILENT,
) -> GroundReading:
    """The ground from the layers of some roles, as a dock needs it: over the whole of the DEM.

    Faults of a layer become warnings and leave its role unknown, so that one bad layer does not stop
    the others. ``terrain``: ``slope_deg``, ``slope_position``, ``aspect``. Raises Cancelled.
    """
    ground = new_ground(settings)
    warnings: list[Problem] = []
    frame: GridFrame | None = None
    if "DEM" in layers:
        frame = _attempt(lambda: _dem(ground, layers["DEM"], target, terrain, warnings, progress), warnings)
    for role, layer in layers.items():
        if role != "DEM":
            _attempt(lambda r=role, x=layer: _take(ground, r, x, target, frame, warnings, progress), warnings)
    return GroundReading(ground, warnings)


def _attempt(work: Any, warnings: list[Problem]) -> Any:
    try:
        return work()
    except QingliuError as error:
        warnings.extend(error.problems)
        return None


def _dem(
    ground: Ground, source: RoleLayer, target: QgsCoordinateReferenceSystem, wanted: Collection[str],
    warnings: list[Problem], progress: Progress,
) -> GridFrame:  # fmt: skip
    reading = read_dem(source.layer, progress=progress)
    warnings += reading.warnings
    frame = grid_frame(reading.grid.frame, target, None)
    warnings += take_terrain(ground, reading.grid, frame, wanted, progress)
    return frame


def _take(
    ground: Ground, role: str, source: RoleLayer, target: QgsCoordinateReferenceSystem, frame: GridFrame | None,
    warnings: list[Problem], progress: Progress,
) -> None:  # fmt: skip
    if isinstance(source.layer, QgsRasterLayer):
        frame = frame or frame_without_dem(source.layer, target, None, role)
        _take_raster(ground, role, source, frame, warnings, progress)
        return
    present = source.layer.fields().names()
    if role in ROLE_KINDS:
        reading = read_records(source.layer, target, role, wanted_of(role, present), progress=progress)
        warnings += reading.warnings
        warnings += take_records(ground, role, reading.records)
        if role == "PARCELS" and "LANDUSE" not in ground.roles and "landuse" in present:
            _land_use(ground, reading.records, "landuse", source, warnings)
        return
    _take_coded(ground, role, source, target, warnings, progress)


def _take_coded(
    ground: Ground, role: str, source: RoleLayer, target: QgsCoordinateReferenceSystem, warnings: list[Problem],
    progress: Progress,
) -> None:  # fmt: skip
    """LANDUSE and SOIL_DEPTH as polygons."""
    usual = LAND_USE_FIELDS if role == "LANDUSE" else SOIL_DEPTH_FIELDS
    name = source.field or usual_field(source.layer, usual)
    reading = read_records(source.layer, target, role, Wanted(POLYGON, (name,)), progress=progress)
    warnings += reading.warnings
    if role == "LANDUSE":
        ground.roles.pop("LANDUSE", None)
        _land_use(ground, reading.records, name, source, warnings)
    else:
        warnings += take_soil_depth(ground, reading.records, name, source.layer.name())


def _land_use(
    ground: Ground, records: Sequence[Record], name: str, source: RoleLayer, warnings: list[Problem]
) -> None:
    found = classify_polygons(records, name, layer=source.layer.name(), mapping=source.mapping)
    warnings += found.warnings
    take_land_use(ground, records, found.classes)


def usual_field(source: QgsFeatureSource, usual: Sequence[str]) -> str:
    """The first of the usual fields that a layer has, else the first of them (which reading then misses)."""
    present = source.fields().names()
    return next((n for n in usual if n in present), usual[0])


def _take_raster(
    ground: Ground, role: str, source: RoleLayer, frame: GridFrame, warnings: list[Problem],
    progress: Progress,
) -> None:  # fmt: skip
    if role == "LANDUSE":
        codes = read_codes(source.layer, role, frame, progress=progress)
        warnings += codes.warnings
        areas = codes.grid.frame.row_cell_areas()
        found = classify_cells(codes.grid, areas, layer=source.layer.name(), mapping=source.mapping)
        warnings += found.warnings
        take_codes(ground, codes.grid, found.classes)
        return
    reading = read_raster(source.layer, role, frame, progress=progress)
    warnings += reading.warnings
    if role == "COVER":
        warnings += take_cover(ground, reading.grid, source.layer.name())
    else:
        warnings += take_depth(ground, reading.grid, source.layer.name())


def terrain_wanted(keys: Collection[str]) -> tuple[str, ...]:
    """Grids of the DEM that the rules of some measures ask for."""
    from ..core.siting.rules import rules_of

    edition = default_edition()
    asked = {
        t.attr for key in keys if key in edition.measures for r in rules_of(edition, key) for t in r.tests()
    }
    return tuple(k for k in ("slope_deg", "slope_position", "aspect") if k == "slope_deg" or k in asked)
