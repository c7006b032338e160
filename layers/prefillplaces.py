"""Places in the survey tables: channels and water (A.6), villages (A.7, A.8), A.9, A.10, A.11x.

One row for each feature; names, links and joins come from the layers, distances from the flow of the
water and from the channels' lines.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence

import numpy as np
from qgis.core import QgsGeometry, QgsPointXY, QgsWkbTypes

from ..core.prefill import Cell, Existing, Line
from ..core.prefill.formulas import M2_PER_HM2, WATER_KINDS, degrees_text, nearest, plan_form_hint
from ..core.prefill.plan import matched
from ..core.surveychecks.model import Case, Row
from ..core.surveychecks.places import is_required, match_channels
from ..core.terrain.banks import sinuosity

# columns described in words: filled where empty, an entered description is not compared
_IN_WORDS = ("riparian_land_use",)
Way = Callable[[float, float], Optional[float]]
_POLYGON = QgsWkbTypes.GeometryType.PolygonGeometry


class Place(NamedTuple):
    """A feature: layer, uuid, whether it is the survey's own, name, geometry, values."""

    layer: str
    uuid: Optional[str]
    own: bool
    name: Optional[str]
    shape: QgsGeometry
    values: Mapping[str, Any]

    @property
    def point(self) -> QgsPointXY:
        """The point itself, or one inside the polygon."""
        inside = self.shape.centroid() if self.shape.type() != _POLYGON else self.shape.pointOnSurface()
        return inside.asPoint()

    @property
    def area_m2(self) -> Optional[float]:
        """Area of a polygon, None for anything else."""
        return float(self.shape.area()) if self.shape.type() == _POLYGON else None

    @property
    def features(self) -> tuple[tuple[str, str | None], ...]:
        """What its values rest on."""
        return ((self.layer, self.uuid),)

    @property
    def links(self) -> dict[str, str]:
        """How a row points to it: only to a feature of the survey."""
        return {f"{self.layer}_uuid": self.uuid} if self.own and self.uuid else {}


class Around(NamedTuple):
    """What lies about: way to the outlet, channels, administrative areas; ``titles`` by role."""

    way: Optional[Way]
    channels: Sequence[QgsGeometry]
    admin: Sequence[Place]
    townships: Sequence[Place]
    titles: Mapping[str, str]
    degrees: Callable[[float, float], tuple[float, float]]


def row_of(place: Place, rows: Sequence[Existing], field: str) -> Existing | None:
    """The row that describes a feature: by its link, else by its name."""
    link = f"{place.layer}_uuid"
    if place.uuid is not None:
        hit = next((r for r in rows if r.values.get(link) == place.uuid), None)
        if hit is not None:
            return hit
    free = [r for r in rows if not r.values.get(link)] if place.own else list(rows)
    return matched(place.name, free, field)


def within(place: Place, areas: Sequence[Place]) -> str | None:
    """Name of the first polygon that holds the place."""
    point = QgsGeometry.fromPointXY(place.point)
    return next((a.name for a in areas if a.shape.contains(point)), None)


def distances(place: Place, around: Around) -> list[Cell]:
    """Way to the outlet and distance to the nearest channel."""
    point = place.point
    way = around.way(point.x(), point.y()) if around.way is not None else None
    cells = [Cell("distance_outlet_m", way, around.titles.get("DEM", "DEM"), place.features)]
    if around.channels:
        shape = place.shape if place.shape.type() == _POLYGON else QgsGeometry.fromPointXY(point)
        near = min(shape.distance(line) for line in around.channels)
        cells.append(
            Cell("distance_channel_m", near, around.titles.get("CHANNELS", "CHANNELS"), place.features)
        )
    return cells


def location(place: Place, around: Around) -> Cell:
    """Longitude, latitude and administrative village."""
    point = place.point
    east, north = around.degrees(point.x(), point.y())
    text = degrees_text(east, north, within(place, around.admin))
    return Cell("location", text, place.layer, place.features, loose=True)


def _line(table: str, place: Place, row: Existing | None, cells: list[Cell]) -> Line:
    return Line(table, None if row is None else row.uuid, cells, place.links)


# -- villages ---------------------------------------------------------------


class Village(NamedTuple):
    """A village with what belongs to it."""

    place: Place
    built: Sequence[QgsGeometry]
    drain_m: Optional[float]
    green_m2: Optional[float]
    waste_points: Optional[int]
    toilets: Optional[int]
    people: Optional[float] = None


def village_lines(
    villages: Sequence[Village], rows: Mapping[str, Sequence[Existing]], around: Around
) -> list[Line]:
    """Rows of tables A.7 and A.8, the same villages in both."""
    found = []
    for village in villages:
        for table, cells in (("a7", _a7(village, around)), ("a8", _a8(village, around))):
            row = row_of(village.place, rows[table], "natural_village")
            found.append(_line(table, village.place, row, cells))
    return found


def _name(village: Village) -> Cell:
    return Cell("natural_village", village.place.name, village.place.layer, village.place.features)


def _a7(village: Village, around: Around) -> list[Cell]:
    place, titles = village.place, around.titles
    own = place.values
    township = within(place, around.townships) or own.get("township")
    admin = within(place, around.admin) or own.get("admin_village")
    area = math.fsum(s.area() for s in village.built) / M2_PER_HM2 if village.built else None
    people = None if village.people is None else round(village.people)
    return [
        _name(village),
        Cell("township", township, titles.get("TOWNSHIPS", place.layer), place.features),
        Cell("admin_village", admin, titles.get("ADMIN", place.layer), place.features),
        Cell("residential_area_hm2", area, titles.get("BUILT", "built_land"), (("built_land", None),)),
        Cell("drain_m", village.drain_m, titles.get("STRUCTURES", "STRUCTURES"), place.features),
        Cell("beautified_m2", village.green_m2, titles.get("GREEN", "green_space"), (("green_space", None),)),
        Cell("population", people, "POPULATION", place.features, True),
    ]


def _a8(village: Village, around: Around) -> list[Cell]:
    place, titles = village.place, around.titles
    return [
        _name(village),
        *distances(place, around),
        Cell("waste_facilities", village.waste_points, titles.get("POLLUTION", "-"), place.features),
        Cell("public_toilets", village.toilets, titles.get("TOILETS", "-"), place.features),
    ]


def by_village(points: Sequence[QgsPointXY], villages: Sequence[Place]) -> list[int]:
    """How many points have each village as their nearest."""
    seats = [(v.point.x(), v.point.y()) for v in villages]
    counts = [0] * len(seats)
    for point in points:
        place = nearest(seats, point.x(), point.y())
        if place is not None:
            counts[place] += 1
    return counts


# -- enterprises, tourism, industry, standing water -------------------------


def enterprise_lines(places: Sequence[Place], rows: Sequence[Existing], around: Around) -> list[Line]:
    """Rows of table A.9."""
    found = []
    for place in places:
        name = Cell("name", place.name, place.layer, place.features)
        cells = [name, location(place, around), *distances(place, around)]
        found.append(_line("a9", place, row_of(place, rows, "name"), cells))
    return found


def tourism_lines(
    places: Sequence[Place],
    rows: Sequence[Existing],
    around: Around,
    roads: Sequence[QgsGeometry],
    hubs: Sequence[QgsGeometry],
) -> list[Line]:
    """Rows of table A.10; hubs are measured in a straight line."""
    found = []
    for place in places:
        cells = [Cell("name", place.name, place.layer, place.features), location(place, around)]
        if place.area_m2 is not None:
            cells.append(Cell("area_hm2", place.area_m2 / M2_PER_HM2, place.layer, place.features))
        if roads:
            metres = min(place.shape.distance(r) for r in roads)
            text = f"距最近道路 {metres:.0f} m"
            cells.append(
                Cell("access", text, around.titles.get("ROADS", "ROADS"), place.features, loose=True)
            )
        if hubs:
            away = min(place.shape.distance(h) for h in hubs) / 1000
            cells.append(Cell("distance_hub_km", away, around.titles.get("HUBS", "HUBS"), place.features))
        found.append(_line("a10", place, row_of(place, rows, "name"), cells))
    return found


def industry_lines(places: Sequence[Place], rows: Sequence[Existing]) -> list[Line]:
    """Rows of table A.11x, by their links only: blocks have no name in the table."""
    found = []
    for place in places:
        row = next((r for r in rows if r.values.get("industry_uuid") == place.uuid), None)
        area = None if place.area_m2 is None else place.area_m2 / M2_PER_HM2
        cells = [Cell("area_hm2", area, place.layer, place.features)]
        found.append(_line("a11x", place, row, cells))
    return found


def water_lines(places: Sequence[Place], rows: Sequence[Existing], around: Around) -> list[Line]:
    """Rows of the second part of A.6: ponds, wetlands, reservoirs, lakes."""
    found = []
    for place in places:
        kind = WATER_KINDS.get(str(place.values.get("kind") or ""))
        if kind is None or place.area_m2 is None:
            continue
        cells = [
            Cell("water_body_type", kind, place.layer, place.features),
            Cell("name", place.name, place.layer, place.features),
            Cell("area_hm2", place.area_m2 / M2_PER_HM2, place.layer, place.features),
            distances(place, around)[0],
        ]
        found.append(_line("a6w", place, row_of(place, rows, "name"), cells))
    return found


# -- channels ---------------------------------------------------------------


def channel_lines(
    case: Case,
    places: Sequence[Place],
    rows: Sequence[Existing],
    facts: Sequence[Mapping[str, Any]],
    cover: Sequence[Optional[float]],
    titles: Mapping[str, str],
) -> list[Line]:
    """Rows of table A.6; ``facts`` of each channel by column, ``cover`` (%) along it.

    A row is made only where 4.3.1 wants one.
    """
    channels = [
        Row("channels", p.uuid or f"#{n}", {**p.values, **_judged(f)}, {"length_m": float(p.shape.length())})
        for n, (p, f) in enumerate(zip(places, facts))
    ]
    taken = match_channels([Row("a6", r.uuid, r.values) for r in rows], channels)
    number_of = {id(c): n for n, c in enumerate(channels)}
    row_by_channel = {number_of[id(c)]: uuid for uuid, c in taken.items()}
    found = []
    for number, place in enumerate(places):
        cells = [*_channel_cells(place, facts[number], titles), *_cover_hint(place, cover[number])]
        create = is_required(case, channels[number])
        found.append(Line("a6", row_by_channel.get(number), cells, place.links, create))
    return found


def _cover_hint(place: Place, cover: float | None) -> list[Cell]:
    """Vegetation along the channel in words, to start a description from."""
    if cover is None:
        return []
    return [Cell("vegetation", f"沟道两侧植被覆盖度 {cover:.0f}%", "COVER", place.features, True)]


def _judged(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Area of a channel by the DEM, by which it is judged where the layer does not say."""
    area = facts.get("catchment_km2")
    return {} if area is None else {"area_km2": area}


def _channel_cells(place: Place, facts: Mapping[str, Any], titles: Mapping[str, str]) -> list[Cell]:
    title = titles.get("CHANNELS", place.layer)
    cells = [
        Cell("channel_name", place.name, title, place.features),
        Cell("channel_code", place.values.get("code"), title, place.features),
    ]
    cells += [Cell(k, v, title, place.features, loose=k in _IN_WORDS) for k, v in facts.items()]
    parts = [
        np.array([(v.x(), v.y()) for v in part.vertices()]) for part in place.shape.asGeometryCollection()
    ]
    longest = max(parts, key=len)
    winding = sinuosity(longest)
    if math.isfinite(winding):
        cells.append(Cell("plan_form", plan_form_hint(winding), title, place.features, True))
    return cells
