"""Land in the survey tables: A.1, A.2, A.3, A.4 and the crops of A.5, measured inside the boundary.

Areas are planar in the target CRS; land that two polygons claim counts once (the first keeps it).
"""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple, Optional, Protocol, Sequence

import numpy as np
from qgis.core import QgsGeometry

from ..core.areas import Piece, Zone, areas_in, boxed, length_in
from ..core.erosion.scale import IntensityScale
from ..core.erosion.survey import a3_row, erosion_areas, gully_density
from ..core.grid import GridFrame
from ..core.landuse import LandClass
from ..core.prefill import Cell, Existing, Line
from ..core.prefill.formulas import (
    M2_PER_HM2,
    M2_PER_KM2,
    Built,
    crop_areas,
    first_level,
    is_sliver,
    measure_totals,
    per_capita,
    prevailing_rock,
    rock_of,
)
from ..core.prefill.plan import matched
from ..core.progress import SILENT, Progress
from ..core.standard import Table
from .cells import centre_mask
from .planar import QgisPlanar

Features = Sequence["tuple[str, str | None]"]
CROPLAND = "01"
TERRACED = "terraced"
UNKNOWN_SHARE = 0.01


class Land(Protocol):
    """Land use that can be asked for areas by class inside a polygon."""

    def areas(self, window: QgsGeometry) -> Mapping[str, float]:
        """Area of each class of GB/T 21010 inside ``window``, m²."""


class LandPieces:
    """Land use as polygons; ``classes`` in the order of ``shapes``, None without one."""

    def __init__(self, shapes: Sequence[QgsGeometry], classes: Sequence[Optional[LandClass]]) -> None:
        self.plane = QgisPlanar()
        kept = [(i, s, c) for i, (s, c) in enumerate(zip(shapes, classes)) if c is not None]
        self.pieces = boxed([Piece(c.code, i, s) for i, s, c in kept], self.plane)

    def areas(self, window: QgsGeometry) -> Mapping[str, float]:
        """Area of each class inside ``window``, m²."""
        return areas_in(self.pieces, "BOUNDARY", window, self.plane).by_code


class LandRaster(NamedTuple):
    """Land use as cells; ``places`` are positions in ``classes``, -1 without a class."""

    places: np.ndarray
    classes: Sequence[LandClass]
    frame: GridFrame

    def areas(self, window: QgsGeometry) -> Mapping[str, float]:
        """Area of the cells whose centre lies in ``window`` by class, m²."""
        inside = self.places[centre_mask(window, self.frame)]
        counts = np.bincount(inside[inside >= 0], minlength=len(self.classes))
        size = self.frame.dx * self.frame.dy
        found: dict[str, float] = {}
        for place, count in enumerate(counts.tolist()):
            if count:
                code = self.classes[place].code
                found[code] = found.get(code, 0.0) + count * size
        return found


class Ground(NamedTuple):
    """What rasters say inside the boundary; None where there is none. ``titles`` by parameter."""

    heights: Optional[tuple[float, float]] = None
    temperature: Optional[float] = None
    precipitation: Optional[float] = None
    cover: Optional[float] = None
    modulus: Optional[float] = None
    titles: Mapping[str, str] = {}


def one_row(rows: Sequence[Existing]) -> str | None:
    """Uuid of the row of a table that has one row a watershed; None where it is to be made."""
    return rows[0].uuid if rows else None


def watershed_line(
    rows: Sequence[Existing],
    boundary: QgsGeometry,
    title: str,
    ground: Ground,
    land: Land | None,
    land_title: str,
    sloping_m2: float | None,
    rocks: Mapping[str, float],
    rock_title: str,
) -> Line:
    """The row of table A.1."""
    whole = (("boundary", None),)
    cells = [Cell("watershed_area_km2", boundary.area() / M2_PER_KM2, title, whole)]
    dem = ground.titles.get("DEM", "DEM")
    if ground.heights is not None:
        cells.append(Cell("elevation_max_m", ground.heights[1], dem))
        cells.append(Cell("elevation_min_m", ground.heights[0], dem))
    for field, value, name in (
        ("mean_temperature_c", ground.temperature, "TEMPERATURE"),
        ("annual_precipitation_mm", ground.precipitation, "PRECIPITATION"),
        ("vegetation_cover_pct", ground.cover, "COVER"),
    ):
        cells.append(Cell(field, value, ground.titles.get(name, name)))
    if land is not None:
        areas = land.areas(boundary)
        parcels = (("parcels", None),)
        whole_known = covered(areas, boundary)
        # where land has no class, a class that does not occur elsewhere may well occur there
        cells += [
            Cell(k, v, land_title, parcels) for k, v in first_level(areas).items() if v > 0 or whole_known
        ]
    if sloping_m2 is not None:
        cells.append(Cell("sloping_cropland_hm2", sloping_m2 / M2_PER_HM2, f"{land_title} + {dem}"))
    cells.append(Cell("rock_type", prevailing_rock(rocks), rock_title))
    return Line("a1", one_row(rows), cells)


def covered(areas: Mapping[str, float], boundary: QgsGeometry) -> bool:
    """Whether land use is known of all but a hundredth of the watershed."""
    return math.fsum(areas.values()) >= (1 - UNKNOWN_SHARE) * boundary.area()


def sloping_area(
    shapes: Sequence[QgsGeometry],
    classes: Sequence[Optional[LandClass]],
    flags: Sequence[Any],
    slopes: Sequence[Optional[float]],
    boundary: QgsGeometry,
    least_deg: float,
) -> float:
    """Cropland inside the boundary whose mean slope exceeds ``least_deg`` and that is not terraced, m²."""
    chosen = [
        s
        for s, c, f, slope in zip(shapes, classes, flags, slopes)
        if c is not None
        and c.code.startswith(CROPLAND)
        and TERRACED not in str(f or "")
        and slope is not None
        and slope > least_deg
    ]
    inside = QgisPlanar().clip(chosen, boundary)
    return math.fsum(s.area() for s in inside if s is not None)


def rock_areas(
    shapes: Sequence[QgsGeometry], values: Sequence[Mapping[str, Any]], boundary: QgsGeometry
) -> dict[str, float]:
    """Area of each of the three kinds of rock inside the boundary, m²."""
    found: dict[str, float] = {}
    for shape, row in zip(QgisPlanar().clip(list(shapes), boundary), values):
        rock = rock_of(row)
        if rock is not None and shape is not None:
            found[rock] = found.get(rock, 0.0) + shape.area()
    return found


def admin_lines(
    rows: Sequence[Existing],
    names: Sequence[str],
    uuids: Sequence[str | None],
    shapes: Sequence[QgsGeometry],
    boundary: QgsGeometry,
    land: Land | None,
    titles: tuple[str, str],
    people: Sequence[float | None],
) -> list[Line]:
    """Rows of table A.2: one for each administrative village with land inside; pieces of one name are one."""
    parts: dict[str, list[int]] = {}
    clipped = QgisPlanar().clip(list(shapes), boundary)
    for number, name in enumerate(names):
        if name and clipped[number] is not None:
            parts.setdefault(name, []).append(number)
    found = []
    for name, numbers in parts.items():
        pieces = [s for s in (clipped[i] for i in numbers) if s is not None]
        inside = math.fsum(p.area() for p in pieces)
        if is_sliver(inside, boundary.area()):
            continue
        row = matched(name, rows, "unit_name")
        features = tuple(("admin_villages", uuids[i]) for i in numbers)
        cells = [
            Cell("unit_name", name, titles[0], features),
            Cell("land_area_hm2", inside / M2_PER_HM2, titles[0], features),
        ]
        if land is not None:
            cells += _cropland(row, pieces, land, titles[1])
        counted = [p for p in (people[i] for i in numbers) if p is not None]
        if counted:
            cells.append(Cell("resident_population", round(math.fsum(counted)), "POPULATION", (), True))
        found.append(Line("a2", None if row is None else row.uuid, cells))
    return found


def _cropland(row: Existing | None, pieces: Sequence[QgsGeometry], land: Land, title: str) -> list[Cell]:
    """Cropland of an administrative village and, by its registered people, per head."""
    areas = [land.areas(p) for p in pieces]
    crop = math.fsum(v for a in areas for k, v in a.items() if k.startswith(CROPLAND)) / M2_PER_HM2
    values = {} if row is None else row.values
    entered = values.get("cropland_hm2")
    head = per_capita(crop if entered is None else entered, values.get("registered_population"))
    return [
        Cell("cropland_hm2", crop, title, (("parcels", None),)),
        Cell("cropland_per_capita_hm2", head, "cropland_hm2 / registered_population"),
    ]


def erosion_line(
    rows: Sequence[Existing],
    boundary: QgsGeometry,
    by_class: Mapping[int, float] | None,
    scale: IntensityScale,
    titles: Mapping[str, str],
    modulus: float | None,
    lines: Sequence[QgsGeometry] | None,
    progress: Progress = SILENT,
) -> Line:
    """The row of table A.3: classes where erosion polygons are there, density where gullies or channels are."""
    total = boundary.area()
    cells = [Cell("watershed_area_km2", total / M2_PER_KM2, titles["BOUNDARY"], (("boundary", None),))]
    if by_class:
        areas = erosion_areas(by_class, total)
        # where land has no class the sums are lower bounds: shown, never written as the watershed's
        for key, value in a3_row(areas, scale).items():
            if key.startswith("erosion_") and value is not None:
                cells.append(
                    Cell(key, value, titles["EROSION"], (("erosion", None),), hint=areas.unknown > 0)
                )
    if modulus is not None:
        cells.append(Cell("erosion_modulus", modulus, titles.get("SOIL_LOSS", "SOIL_LOSS")))
    if lines:
        wkbs = [bytes(line.asWkb()) for line in lines]
        length = length_in(wkbs, Zone("BOUNDARY", bytes(boundary.asWkb())), QgisPlanar(), progress)
        cells.append(Cell("gully_density", gully_density(length, total), titles["GULLIES"]))
    return Line("a3", one_row(rows), cells)


def measures_line(
    rows: Sequence[Existing],
    table: Table,
    built: Sequence[Built],
    titles: Mapping[str, str],
    roads: tuple[float, float | None] | None,
    ponds: int,
    treated_m: float | None,
) -> Line:
    """The row of table A.4. ``roads``: (all, hard) in m; a measure that nobody drew stays empty."""
    units = {c.key: c.unit for c in table.columns}
    totals = measure_totals(built, units)
    measures = (("measures", None),)
    cells = [Cell(k, v, titles["MEASURES"], measures) for k, v in totals.items()]
    if "ponds" not in totals and ponds:
        cells.append(Cell("ponds", ponds, titles["WATERBODIES"], (("waterbodies", None),)))
    if roads is not None:
        cells.append(Cell("field_road_km", roads[0] / 1000, titles["ROADS"], (("roads", None),)))
        if roads[1] is not None:
            hard = Cell("field_road_impervious_km", roads[1] / 1000, titles["ROADS"], (("roads", None),))
            cells.append(hard)
    if treated_m and "treated_bank_m" not in totals:
        cells.append(Cell("treated_bank_m", treated_m, titles["BANKS"], (("banks", None), ("reaches", None))))
    return Line("a4", one_row(rows), cells)


def crop_lines(rows: Sequence[Existing], areas: Mapping[str, float], title: str) -> list[Line]:
    """Rows of table A.5 for every class of cropland and orchard inside the boundary."""
    found = []
    for code, hectares in crop_areas(areas).items():
        row = matched(code, rows, "land_type")
        cells = [Cell("land_type", code, title), Cell("area_hm2", hectares, title, (("parcels", None),))]
        found.append(Line("a5", None if row is None else row.uuid, cells))
    return found


def lengths_inside(shapes: Sequence[QgsGeometry], boundary: QgsGeometry | None) -> list[float]:
    """Planar length of each line inside the boundary, m; the whole without one."""
    if boundary is None:
        return [float(s.length()) for s in shapes]
    plane, found = QgisPlanar(), []
    for shape in shapes:
        found.append(plane.length_inside(bytes(shape.asWkb()), boundary, "-"))
    return found
