"""The few operations on polygons that exact areas need, met by shapely here.

macOS builds of QGIS come without shapely; ``layers`` may meet the same protocol with
QgsGeometry. Shapes are opaque to whoever uses this.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, Protocol, Sequence

from .errors import InputError, MissingLibrary

Shape = Any


class Planar(Protocol):
    """Planar geometry on valid polygons; everything answers with polygonal shapes, never lines or points."""

    def read(self, wkb: bytes, name: str) -> Shape:
        """The polygon or multipolygon of WKB; ``name`` of the feature for messages. Raises InputError."""

    def area(self, shape: Shape) -> float:
        """Area in square units of the coordinates."""

    def bounds(self, shape: Shape) -> tuple[float, float, float, float]:
        """West, south, east, north."""

    def clip(self, shapes: Sequence[Shape], window: Shape) -> list[Shape | None]:
        """What of each shape lies inside ``window``, None where nothing does."""

    def minus(self, shape: Shape, other: Shape) -> Shape | None:
        """``shape`` without ``other``, None where nothing is left."""

    def length_inside(self, wkb: bytes, window: Shape, name: str) -> float:
        """Length of what of a line lies inside ``window``. Raises InputError where it is no line."""

    def union(self, shapes: Sequence[Shape]) -> Shape | None:
        """All shapes as one, None for none."""


class ShapelyPlanar:
    """:class:`Planar` by shapely 1.8 or 2. Raises MissingLibrary where it is not installed."""

    def __init__(self) -> None:
        try:
            import shapely.errors
            import shapely.geometry
            import shapely.ops
            import shapely.prepared
            import shapely.wkb
        except ImportError as error:
            raise MissingLibrary("QL-AREA-SHAPELY", library="shapely") from error
        self._shapely = shapely

    def read(self, wkb: bytes, name: str) -> Shape:
        """See :class:`Planar`."""
        with self._topology("QL-AREA-NOTPOLYGON", name):
            shape = self._polygonal(self._shapely.wkb.loads(wkb))
        if shape is None:
            raise InputError("QL-AREA-NOTPOLYGON", feature=name)
        if not shape.is_valid:
            raise InputError("QL-AREA-INVALID", feature=name)
        return shape

    def area(self, shape: Shape) -> float:
        """See :class:`Planar`."""
        return float(shape.area)

    def bounds(self, shape: Shape) -> tuple[float, float, float, float]:
        """See :class:`Planar`."""
        west, south, east, north = shape.bounds
        return float(west), float(south), float(east), float(north)

    def clip(self, shapes: Sequence[Shape], window: Shape) -> list[Shape | None]:
        """See :class:`Planar`. A shape that lies inside comes back as it is, to the last bit."""
        prepared = self._shapely.prepared.prep(window)
        return [self._clip_one(shape, window, prepared) for shape in shapes]

    def minus(self, shape: Shape, other: Shape) -> Shape | None:
        """See :class:`Planar`."""
        with self._topology("QL-AREA-TOPOLOGY", _place(shape)):
            return self._polygonal(shape.difference(other))

    def length_inside(self, wkb: bytes, window: Shape, name: str) -> float:
        """See :class:`Planar`."""
        with self._topology("QL-AREA-NOTLINE", name):
            line = self._shapely.wkb.loads(wkb)
            if line.geom_type not in ("LineString", "MultiLineString"):
                raise InputError("QL-AREA-NOTLINE", feature=name)
            return float(line.intersection(window).length)

    def union(self, shapes: Sequence[Shape]) -> Shape | None:
        """See :class:`Planar`."""
        if not shapes:
            return None
        with self._topology("QL-AREA-TOPOLOGY", _place(shapes[0])):
            return self._polygonal(self._shapely.ops.unary_union(list(shapes)))

    def _clip_one(self, shape: Shape, window: Shape, prepared: Any) -> Shape | None:
        if not prepared.intersects(shape):
            return None
        if prepared.contains(shape):
            return shape
        with self._topology("QL-AREA-TOPOLOGY", _place(shape)):
            return self._polygonal(shape.intersection(window))

    def _polygonal(self, shape: Shape) -> Shape | None:
        if shape.is_empty:
            return None
        if shape.geom_type in ("Polygon", "MultiPolygon"):
            return shape
        if shape.geom_type != "GeometryCollection":
            return None
        kept: list[Any] = []
        for part in shape.geoms:
            polygons = self._polygonal(part)
            if polygons is not None:
                kept += [polygons] if polygons.geom_type == "Polygon" else list(polygons.geoms)
        return self._shapely.geometry.MultiPolygon(kept) if kept else None

    @contextmanager
    def _topology(self, code: str, feature: str) -> Iterator[None]:
        """GEOS' own errors as ours."""
        try:
            yield
        except self._shapely.errors.ShapelyError as error:
            raise InputError(code, feature=feature) from error


def _place(shape: Shape) -> str:
    west, south, _, _ = shape.bounds
    return f"({west:.1f}, {south:.1f})"
