"""What of each measure lies in which zone, village and parcel: cut so that the parts add up to the feature (5.1.2).

Where areas overlap the first of them keeps the part; what lies in none of them is a part of its own. A line along
a common border belongs to the first area that it touches. Shapes are planar, m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Iterator, Optional, Sequence, Tuple

import numpy as np

from ..siting.model import Shape, Shapes
from .model import LINE, POINT, POLYGON, Item, Part
from .quantities import strip_length

KINDS = (POINT, LINE, POLYGON)
NOISE = 1e-6
"""Parts smaller than this (m, m²) are noise of the overlay and are left out."""

Surface = Callable[[Shape], Optional[float]]
"""Area on the ground of a polygon, m²; None where it is not known."""


_Label = Tuple[Optional[str], Optional[str], Optional[str]]


class Areas:
    """Named areas (zones, villages, parcels) that shapes are cut by, in order of precedence."""

    def __init__(self, shapes: Shapes, named: Iterable[tuple[str, Shape]]) -> None:
        self._shapes = shapes
        self._named = list(named)
        boxes = [shapes.bounds(shape) for _, shape in self._named]
        self._boxes = np.array(boxes, dtype=np.float64).reshape(-1, 4)

    def split(self, shape: Shape) -> list[tuple[str | None, Shape]]:
        """Parts of ``shape`` by area, None for what lies in no area."""
        found: list[tuple[str | None, Shape]] = []
        rest: Any = shape
        for name, area in self._near(shape):
            if self._shapes.holding(rest, [area])[0]:
                return [*found, (name, rest)]
            inside = self._shapes.common(rest, area)
            if inside is None:
                continue
            found.append((name, inside))
            rest = self._shapes.minus(rest, area)
            if rest is None:
                return found
        return [*found, (None, rest)]

    def _near(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        west, south, east, north = self._shapes.bounds(shape)
        boxes = self._boxes
        meets = (
            (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        )
        near = [self._named[i] for i in np.flatnonzero(meets)]
        touched = self._shapes.meeting(shape, [area for _, area in near])
        return (pair for pair, touches in zip(near, touched) if touches)


@dataclass(frozen=True)
class Cutter:
    """Cuts features by zones, villages and parcels; any of them may be missing.

    ``surface`` measures polygons on the ground where true areas are wanted.
    """

    shapes: Shapes
    zones: Optional[Areas] = None
    villages: Optional[Areas] = None
    parcels: Optional[Areas] = None
    surface: Optional[Surface] = None

    def parts(self, item: Item, shape: Shape) -> list[Part]:
        """The parts of a feature, one for each zone, village and parcel; their areas, lengths and pieces add up."""
        groups: dict[_Label, list[tuple[float, Shape]]] = {}
        for label, piece in self._cut(shape):
            groups.setdefault(label, []).append((self._size(piece), piece))
        sizes = {label: math.fsum(size for size, _ in own) for label, own in groups.items()}
        largest = max(sizes, key=lambda label: sizes[label])
        whole = math.fsum(sizes.values())
        along = self._along(item, shape)
        found = []
        for label, own in groups.items():
            if sizes[label] <= NOISE and label != largest:
                continue
            share = sizes[label] / whole if whole else 1.0
            part = self._part(item, [piece for _, piece in own], sizes[label], along * share)
            pieces = part.pieces if item.kind == POINT else float(label == largest)
            found.append(part._replace(zone=label[0], village=label[1], parcel=label[2], pieces=pieces))
        return found

    def _part(self, item: Item, pieces: Sequence[Shape], size: float, along: float) -> Part:
        if item.kind == POINT:
            return Part(item, pieces=size)
        if item.kind == LINE:
            return Part(item, length_m=along)
        return Part(item, area_m2=size, length_m=along, surface_m2=self._surface(pieces))

    def _surface(self, pieces: Sequence[Shape]) -> float | None:
        """Area on the ground; what of it is not known counts as on the map, None where nothing is known."""
        if self.surface is None:
            return None
        known = [self.surface(piece) for piece in pieces]
        if all(area is None for area in known):
            return None
        flat = (self.shapes.area(piece) for piece in pieces)
        return math.fsum(map_area if area is None else area for area, map_area in zip(known, flat))

    def _cut(self, shape: Shape) -> list[tuple[_Label, Shape]]:
        found: list[tuple[list[str | None], Shape]] = [([], shape)]
        for areas in (self.zones, self.villages, self.parcels):
            if areas is None:
                found = [([*places, None], piece) for places, piece in found]
            else:
                found = [
                    ([*places, name], part) for places, piece in found for name, part in areas.split(piece)
                ]
        return [((p[0], p[1], p[2]), piece) for p, piece in found]

    def _size(self, shape: Shape) -> float:
        """m² of polygons, m of lines, number of points."""
        dimension = self.shapes.dimension(shape)
        if dimension == 0:
            return float(sum(len(ring) for ring in self.shapes.rings(shape)))
        return self.shapes.length(shape) if dimension == 1 else self.shapes.area(shape)

    def _along(self, item: Item, shape: Shape) -> float:
        """The whole length, shared by the parts as their sizes are: a line that doubles back keeps all of it."""
        if item.kind != POLYGON:
            return self.shapes.length(shape)
        return length_along(self.shapes.rings(shape), self.shapes.area(shape))


def kind_of(shapes: Shapes, shape: Shape) -> str:
    """point, line or polygon."""
    return KINDS[shapes.dimension(shape)]


def length_along(rings: Sequence[np.ndarray], area_m2: float) -> float:
    """Length along the strips that ``rings`` (n, 2) enclose, m; a strip with a hole runs round it."""
    sizes = [(_enclosed(ring), _round(ring)) for ring in rings]
    if math.fsum(area for area, _ in sizes) > area_m2 * (1 + 1e-9) + NOISE:
        return math.fsum(perimeter for _, perimeter in sizes) / 2
    return math.fsum(strip_length(area, perimeter) for area, perimeter in sizes)


def _enclosed(ring: np.ndarray) -> float:
    """Area inside a ring by the shoelace rule, taken from its first vertex to keep digits."""
    x, y = (ring - ring[0]).T
    return abs(float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))) / 2


def _round(ring: np.ndarray) -> float:
    steps = np.diff(ring, axis=0)
    return float(np.sum(np.hypot(steps[:, 0], steps[:, 1])))
