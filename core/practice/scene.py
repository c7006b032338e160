"""The practice watershed as layers of records: every feature with its geometry, attributes, UUID and date.

Geometries are plain coordinates (a point is (x, y), a line an (n, 2) array, a polygon a tuple of closed
rings, a multipolygon a tuple of polygons); writing them to files is the business of :mod:`layers.practice`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Mapping

import numpy as np

from ..progress import SILENT, Progress
from . import VERSION, brooks, chance, flow, mosaic, names, settle, site
from .ground import CELL, Ground, build
from .parcels import Parcels, divide

SURVEY_DATE = "2025-06-18"
CREATED = "2025-06-18T08:00:00Z"


@dataclass(frozen=True)
class Feature:
    """One feature; ``values`` by field name, without uuid."""

    geometry: Any
    values: Mapping[str, Any]
    uuid: str = ""


@dataclass(frozen=True)
class Layer:
    """Features of one kind: ``geometry`` is Point, LineString, Polygon or MultiPolygon."""

    name: str
    geometry: str
    fields: Mapping[str, type]
    features: tuple[Feature, ...]


@dataclass(frozen=True)
class Watershed:
    """Everything that is laid on the ground, before it is surveyed."""

    seed: int
    ground: Ground
    site: site.Site
    works: settle.Works
    parcels: Parcels
    brooks: list[brooks.Brook]
    outlines: list[mosaic.Polygon]
    boundary: tuple[mosaic.Polygon, ...]
    erosion_class: np.ndarray
    admin: np.ndarray
    admin_names: tuple[str, ...] = field(default_factory=tuple)


def make(seed: int, area_km2: float, progress: Progress = SILENT) -> Watershed:
    """The whole watershed for a seed and an area of 5 to 50 km²."""
    ground = build(seed, area_km2, progress)
    progress.stage("practice_people")
    facts = site.read(ground)
    progress.step(0.1)
    works = settle.lay(seed, facts, progress)
    progress.step(0.6)
    parcels = divide(seed, facts, works, partial(progress.step, 0.8))
    progress.stage("practice_outlines")
    progress.step(0.0)
    outlines = mosaic.polygons(parcels.ids, ground.x0, ground.y0, CELL, partial(progress.step, 0.3))
    inside = np.where(ground.inside, 0, mosaic.OUTSIDE)
    boundary = tuple(mosaic.polygons(mosaic.components(inside), ground.x0, ground.y0, CELL))
    progress.step(0.5)
    progress.step(0.6)
    eroded = np.array([erosion_class(c, float(s)) for c, s in zip(parcels.code, parcels.slope)])
    admin, admin_names = _admin(facts, works)
    progress.step(0.8)
    lines = brooks.all_brooks(ground)
    return Watershed(
        seed, ground, facts, works, parcels, lines, outlines, boundary, eroded, admin, admin_names
    )


_EROSION = {  # code: (slopes as rise over run at which the class goes up, classes)
    "0103": ((0.09, 0.14, 0.27), (1, 2, 3, 4)),
    "0201": ((0.22, 0.36), (1, 2, 3)),
    "0202": ((0.24,), (1, 2)),
    "0305": ((0.36,), (1, 2)),
    "0307": ((0.30,), (1, 2)),
    "0404": ((0.30,), (1, 2)),
    "0602": ((), (5,)),
    "1206": ((0.27,), (5, 6)),
}


def erosion_class(code: str, slope: float) -> int:
    """Erosion class (SL 190, 1 slight to 6 severe) planted on a parcel of this use and mean slope (rise over
    run).
    """
    breaks, classes = _EROSION.get(code, ((), (1,)))
    return classes[sum(slope >= b for b in breaks)]


def _admin(facts: site.Site, works: settle.Works) -> tuple[np.ndarray, tuple[str, ...]]:
    """Administrative village of each cell: groups of up to three hamlets, divided along the ridges; -1
    outside.

    A stream's cells go to the nearest hamlet's village, and all land to the village of the stream that it
    drains to.
    """
    seats = [v.seat for v in works.villages]
    count = max(2, (len(seats) + 2) // 3)
    cols = facts.inside.shape[1]
    brook = (facts.drained_km2 >= site.BROOK_KM2).ravel()
    i, j = np.divmod(np.flatnonzero(brook), cols)
    best = np.full(i.size, np.inf)
    owner = np.zeros(i.size, dtype=np.int64)
    for number, seat in enumerate(seats):
        row, col = divmod(seat, cols)
        away = ((i - row) * (i - row) + (j - col) * (j - col)).astype(float)
        owner = np.where(away < best, number * count // len(seats), owner)
        best = np.minimum(away, best)
    start = np.zeros(brook.size, dtype=np.int64)
    start[brook] = owner
    land = flow.carry_up(facts.ground.forest, start, brook).reshape(facts.inside.shape)
    pieces = mosaic.components(np.where(facts.inside, land, mosaic.OUTSIDE))
    pieces = mosaic.merge_small(pieces, np.zeros_like(pieces), 6000)
    return np.where(facts.inside, _most(pieces, land), -1), names.ADMIN[:count]


def _most(pieces: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For each cell the value that most cells of its piece have (pieces -1 outside: value of piece 0)."""
    size = int(values.max()) + 1
    votes = np.bincount((pieces * size + values)[pieces >= 0], minlength=(int(pieces.max()) + 1) * size)
    return np.argmax(votes.reshape(-1, size), axis=1)[np.maximum(pieces, 0)]


def layer(
    w: Watershed, name: str, geometry: str, fields: Mapping[str, type], rows: list[tuple[Any, dict[str, Any]]]
) -> Layer:
    """A layer whose features get their UUID from seed, version, layer and place in the list."""
    features = tuple(
        Feature(shape, values, chance.identity(w.seed, VERSION, name, number))
        for number, (shape, values) in enumerate(rows)
    )
    return Layer(name, geometry, fields, features)


def by_class(w: Watershed, values: np.ndarray) -> dict[int, tuple[mosaic.Polygon, ...]]:
    """Polygons of each class of a raster of classes (-1 outside): class -> its pieces."""
    ids = mosaic.components(values)
    kind = np.zeros(int(ids.max()) + 1, dtype=np.int64)
    kind[ids[ids >= 0]] = values[ids >= 0]
    found: dict[int, list[mosaic.Polygon]] = {}
    for polygon, value in zip(mosaic.polygons(ids, w.ground.x0, w.ground.y0, CELL), kind.tolist()):
        found.setdefault(value, []).append(polygon)
    return {value: tuple(pieces) for value, pieces in sorted(found.items())}


def mask_polygons(w: Watershed, mask: np.ndarray) -> list[mosaic.Polygon]:
    """Polygons of the 4-connected pieces of a mask."""
    if not mask.any():
        return []
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(cols[0])
    part = mask[top : int(rows[-1]) + 1, left : int(cols[-1]) + 1]
    ids = mosaic.components(np.where(part, 0, mosaic.OUTSIDE))
    return mosaic.polygons(ids, w.ground.x0 + left * CELL, w.ground.y0 - top * CELL, CELL)


def parcel_raster(w: Watershed, values: np.ndarray) -> np.ndarray:
    """A value per parcel spread over its cells, -1 outside."""
    return np.where(w.parcels.ids >= 0, values[np.maximum(w.parcels.ids, 0)], -1)
