"""Planar geometry of the layout check (:class:`.model.Shapes`), met by shapely 1.8 or 2."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from ..errors import MissingLibrary
from .model import Shape

_SEGMENTS = 8  # of a quarter circle
_DIMENSION = {"Point": 0, "MultiPoint": 0, "LineString": 1, "MultiLineString": 1, "LinearRing": 1}


class ShapelyShapes:
    """:class:`Shapes` by shapely. Raises MissingLibrary where it is not installed."""

    def __init__(self) -> None:
        try:
            import shapely.errors
            import shapely.geometry
            import shapely.ops
            import shapely.prepared
            import shapely.validation
            import shapely.wkb
        except ImportError as error:
            raise MissingLibrary("QL-AREA-SHAPELY", library="shapely") from error
        self._shapely = shapely

    def read(self, wkb: bytes) -> Shape | None:
        """See :class:`Shapes`."""
        try:
            shape = self._shapely.wkb.loads(wkb)
        except self._shapely.errors.ShapelyError:
            return None
        if shape.is_empty:
            return None
        dimension = self.dimension(shape)
        valid = shape if shape.is_valid else self._shapely.validation.make_valid(shape)
        return self._of_dimension(valid, dimension)

    def wkb(self, shape: Shape) -> bytes:
        """See :class:`Shapes`."""
        return bytes(shape.wkb)

    def dimension(self, shape: Shape) -> int:
        """See :class:`Shapes`."""
        return _DIMENSION.get(shape.geom_type, 2)

    def area(self, shape: Shape) -> float:
        """See :class:`Shapes`."""
        return float(shape.area)

    def length(self, shape: Shape) -> float:
        """See :class:`Shapes`."""
        return float(shape.length) if self.dimension(shape) == 1 else 0.0

    def bounds(self, shape: Shape) -> tuple[float, float, float, float]:
        """See :class:`Shapes`."""
        west, south, east, north = shape.bounds
        return float(west), float(south), float(east), float(north)

    def meeting(self, shape: Shape, others: Sequence[Shape]) -> list[bool]:
        """See :class:`Shapes`."""
        prepared = self._shapely.prepared.prep(shape)
        return [bool(prepared.intersects(other)) for other in others]

    def holding(self, shape: Shape, others: Sequence[Shape]) -> list[bool]:
        """See :class:`Shapes`."""
        return [bool(other.covers(shape)) for other in others]

    def clip(self, shape: Shape, others: Sequence[Shape]) -> list[Shape | None]:
        """See :class:`Shapes`."""
        prepared = self._shapely.prepared.prep(shape)
        return [self._clip_one(shape, other, prepared) for other in others]

    def _clip_one(self, shape: Shape, other: Shape, prepared: Any) -> Shape | None:
        if not prepared.intersects(other):
            return None
        if prepared.contains(other):
            return other
        return shape if other.covers(shape) else self.common(shape, other)

    def common(self, shape: Shape, other: Shape) -> Shape | None:
        """See :class:`Shapes`."""
        return self._of_dimension(shape.intersection(other), self.dimension(shape))

    def minus(self, shape: Shape, other: Shape) -> Shape | None:
        """See :class:`Shapes`."""
        return self._of_dimension(shape.difference(other), self.dimension(shape))

    def union(self, shapes: Sequence[Shape]) -> Shape | None:
        """See :class:`Shapes`."""
        if not shapes:
            return None
        found = self._shapely.ops.unary_union(list(shapes))
        return None if found.is_empty else found

    def buffer(self, shape: Shape, distance: float) -> Shape | None:
        """See :class:`Shapes`."""
        found = shape.buffer(distance, _SEGMENTS)
        return None if found.is_empty else found

    def distance(self, shape: Shape, other: Shape) -> float:
        """See :class:`Shapes`."""
        return float(shape.distance(other))

    def point(self, xy: np.ndarray) -> Shape:
        """See :class:`Shapes`."""
        return self._shapely.geometry.Point(float(xy[0]), float(xy[1]))

    def rings(self, shape: Shape) -> list[np.ndarray]:
        """See :class:`Shapes`."""
        if hasattr(shape, "geoms"):
            return [ring for part in shape.geoms for ring in self.rings(part)]
        if shape.geom_type == "Polygon":
            return [np.asarray(r.coords)[:, :2] for r in (shape.exterior, *shape.interiors)]
        return [np.asarray(shape.coords)[:, :2]]

    def polygons(self, rings: Sequence[np.ndarray]) -> Shape | None:
        """See :class:`Shapes`."""
        made = [self._shapely.geometry.Polygon(ring) for ring in rings if len(ring) >= 3]
        valid = [self._of_dimension(self._shapely.validation.make_valid(p), 2) for p in made]
        return self.union([p for p in valid if p is not None])

    def cells(self, mask: np.ndarray, west: float, north: float, width: float, height: float) -> Shape | None:
        """See :class:`Shapes`."""
        box = self._shapely.geometry.box
        made = []
        for row, a, b in runs(mask):
            top = north - row * height
            made.append(box(west + a * width, top - height, west + b * width, top))
        return self.union(made)

    def _of_dimension(self, shape: Any, dimension: int) -> Shape | None:
        """The parts of a result that have the dimension asked for; None for none."""
        if shape.is_empty:
            return None
        if shape.geom_type != "GeometryCollection":
            return shape if self.dimension(shape) == dimension else None
        kept = [p for p in (self._of_dimension(g, dimension) for g in shape.geoms) if p is not None]
        return self.union(kept)


def runs(mask: np.ndarray) -> list[tuple[int, int, int]]:
    """Runs of true cells as (row, first column, column behind the last)."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, first = np.nonzero(edges == 1)
    _, behind = np.nonzero(edges == -1)
    return list(zip(rows.tolist(), first.tolist(), behind.tolist()))
