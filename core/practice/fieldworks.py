"""Which sloping fields become terraces, in which blocks, and the road and the drain of each block (6.2.2-1, 6.2.2-5).

What makes a terrace lawful is worked out here from the planted ground and parcels alone: fields of 6 to 15
degrees without steep cells, with fields of their kind beside them on 1 hm² and more, clear of the flood passage and
of the surveyed brooks. A block is fields that touch each other; a road follows its lower edge, a drain its upper.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import mosaic
from .ground import CELL
from .scene import Watershed
from .site import spread

FIELD = "0103"
CONTIGUOUS_M2 = 10000.0
CLEAR_KM2 = 0.25
"""Brooks that drain this much are surveyed: no works in their way."""

_TAN6, _TAN15, _TAN24 = 0.10510423526567646, 0.2679491924311227, 0.4452286853085361
_STEEP_SHARE = 0.03
_CLEAR_CELLS = 5
APART_M = 60.0
"""Works whose boxes keep this distance do not stand beside each other (20 m)."""

PLOT_CELLS = 8  # a power of two: see :func:`steep_plot`
STEEP_PLOT = 0.4986
"""Tangent of 26.5 degrees: every cell of the steep plot is steeper."""


class Box(NamedTuple):
    """West, south, east, north."""

    west: float
    south: float
    east: float
    north: float

    def apart(self, other: Box) -> bool:
        """Whether :data:`APART_M` and more lie between the two."""
        return (
            self.west - other.east >= APART_M
            or other.west - self.east >= APART_M
            or self.south - other.north >= APART_M
            or other.south - self.north >= APART_M
        )


class Block(NamedTuple):
    """Fields that are terraced together: parcel numbers, and the lines along their common edge."""

    members: tuple[int, ...]
    road: np.ndarray
    drain: np.ndarray
    box: Box


def box_of(points: np.ndarray) -> Box:
    """The box of coordinates (n, 2)."""
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def blocks(w: Watershed) -> list[Block]:
    """Blocks of fields fit for terraces, by their first parcel."""
    near = mosaic.borders(w.parcels.ids)
    fit = _fit(w, near)
    joined = {k: {k} for k in np.flatnonzero(fit).tolist()}
    for a, b, _ in near.tolist():
        if fit[a] and fit[b] and joined[a] is not joined[b]:
            both = joined[a] | joined[b]
            for k in both:
                joined[k] = both
    found = {min(members): tuple(sorted(members)) for members in joined.values()}
    return [_block(w, members) for _, members in sorted(found.items())]


def _fit(w: Watershed, near: np.ndarray) -> np.ndarray:
    """Parcels that may become terraces, as a mask."""
    code = np.array(w.parcels.code)
    field = code == FIELD
    slope = w.parcels.slope
    gentle = (slope > _TAN6 * 1.15) & (slope < _TAN15)
    with_neighbours = np.array([mosaic.area(o) for o in w.outlines])
    own = with_neighbours.copy()
    alike = near[field[near[:, 1]]]
    np.add.at(with_neighbours, alike[:, 0], own[alike[:, 1]])
    steep = _share(w, w.site.slope > _TAN24) > _STEEP_SHARE
    return field & gentle & (with_neighbours >= CONTIGUOUS_M2) & ~steep & (_share(w, _in_the_way(w)) == 0)


def _share(w: Watershed, mask: np.ndarray) -> np.ndarray:
    """Share of each parcel's cells that a mask holds."""
    inside = w.parcels.ids >= 0
    return np.bincount(w.parcels.ids[inside], mask[inside], minlength=len(w.parcels.code)) / w.parcels.cells


def _in_the_way(w: Watershed) -> np.ndarray:
    """Land that floods and surveyed brooks need, with room to spare."""
    wet = w.works.river | w.works.reservoir
    for brook in w.brooks:
        if brook.area_km2 >= CLEAR_KM2:
            wet.ravel()[brook.path] = True
    return spread(wet, _CLEAR_CELLS)


def _block(w: Watershed, members: tuple[int, ...]) -> Block:
    outline = _outline(w, members)
    road, drain = edges(w, outline)
    return Block(members, road, drain, box_of(outline))


def _outline(w: Watershed, members: tuple[int, ...]) -> np.ndarray:
    """Outer ring of parcels that touch each other."""
    west, south, east, north = box_of(np.concatenate([w.outlines[k][0] for k in members]))
    top, left = int((w.ground.y0 - north) / CELL), int((west - w.ground.x0) / CELL)
    bottom, right = int((w.ground.y0 - south) / CELL) + 1, int((east - w.ground.x0) / CELL) + 1
    part = np.isin(w.parcels.ids[top:bottom, left:right], members)
    ids = np.where(part, 0, mosaic.OUTSIDE)
    x0, y0 = w.ground.x0 + left * CELL, w.ground.y0 - top * CELL
    ring: np.ndarray = mosaic.polygons(ids, x0, y0, CELL)[0][0]
    return ring


def edges(w: Watershed, ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A closed outline cut at its two ends: the lower edge and the upper one."""
    points = ring[:-1]
    one = _farthest(points, points[0])
    two = _farthest(points, points[one])
    first, last = min(one, two), max(one, two)
    way = points[first : last + 1]
    back = np.concatenate([points[last:], points[: first + 1]])
    return (way, back) if _height(w, way) <= _height(w, back) else (back, way)


def _farthest(points: np.ndarray, start: np.ndarray) -> int:
    d = points - start
    return int(np.argmax(d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]))


def _height(w: Watershed, points: np.ndarray) -> float:
    """Mean height of the ground under some points, m."""
    rows, cols = w.ground.z.shape
    row = np.clip(((w.ground.y0 - points[:, 1]) / CELL).astype(int), 0, rows - 1)
    col = np.clip(((points[:, 0] - w.ground.x0) / CELL).astype(int), 0, cols - 1)
    return float(w.ground.z[row, col].astype(np.float64).mean())


def steep_plot(w: Watershed) -> mosaic.Polygon | None:
    """A square of 40 m on the hills whose cells are all steeper than 26.5 degrees; None where there is none."""
    hill = np.array([key == "hill" for key in w.parcels.key])
    on_hill = (w.parcels.ids >= 0) & hill[np.maximum(w.parcels.ids, 0)]
    least = np.where(on_hill, w.site.slope, 0.0)
    for step in (1, 2, 4):  # the least of 2, 4, 8 cells southwards and eastwards
        least = np.minimum(least[:-step], least[step:])
        least = np.minimum(least[:, :-step], least[:, step:])
    row, col = divmod(int(np.argmax(least)), least.shape[1])
    if not least[row, col] > STEEP_PLOT:
        return None
    west, north = w.ground.x0 + col * CELL, w.ground.y0 - row * CELL
    east, south = west + PLOT_CELLS * CELL, north - PLOT_CELLS * CELL
    return (np.array([[west, south], [east, south], [east, north], [west, north], [west, south]]),)


def without_works(found: list[Block], others: list[Box]) -> int | None:
    """Number of the smallest block far from all others and from ``others``: it will get no road and no drain.

    None where no block stands alone, or where it is the only one.
    """
    for number in sorted(range(len(found)), key=lambda k: (len(found[k].members), k)):
        rest = [b.box for k, b in enumerate(found) if k != number] + others
        if len(found) > 1 and all(found[number].box.apart(box) for box in rest):
            return number
    return None
