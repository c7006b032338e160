"""The operations on polygons that exact areas need (:class:`core.planar.Planar`), met by QGIS itself.

No library beyond QGIS is asked for, and GEOS is there once.
"""

from __future__ import annotations

from typing import Iterable, Sequence

from qgis.core import QgsGeometry, QgsGeometryEngine, QgsMultiPolygon, QgsPolygon, QgsWkbTypes

from ..core.errors import InputError

_POLYGON = QgsWkbTypes.GeometryType.PolygonGeometry
_LINE = QgsWkbTypes.GeometryType.LineGeometry


def geometry_of(wkb: bytes) -> QgsGeometry:
    """The geometry of WKB."""
    found = QgsGeometry()
    found.fromWkb(wkb)
    return found


def polygons_in(shape: QgsGeometry) -> list[QgsPolygon]:
    """The polygons of any geometry, one by one; lines and points in it are left out."""
    if shape.isNull() or shape.isEmpty():
        return []
    return [p.constGet().clone() for p in shape.asGeometryCollection() if p.type() == _POLYGON]


def gathered(shapes: Iterable[QgsGeometry]) -> QgsGeometry:
    """All polygons of ``shapes`` as parts of one MultiPolygon, not dissolved."""
    whole = QgsMultiPolygon()
    for shape in shapes:
        for polygon in polygons_in(shape):
            whole.addGeometry(polygon)
    return QgsGeometry(whole)


class QgisPlanar:
    """:class:`core.planar.Planar` by QgsGeometry."""

    def read(self, wkb: bytes, name: str) -> QgsGeometry:
        """The polygon or multipolygon of WKB. Raises InputError."""
        shape = geometry_of(wkb)
        if shape.type() != _POLYGON or shape.isEmpty():
            raise InputError("QL-AREA-NOTPOLYGON", feature=name)
        if not shape.isGeosValid():
            raise InputError("QL-AREA-INVALID", feature=name)
        return shape

    def area(self, shape: QgsGeometry) -> float:
        """Area in square units of the coordinates."""
        return float(shape.area())

    def bounds(self, shape: QgsGeometry) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        box = shape.boundingBox()
        return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()

    def clip(self, shapes: Sequence[QgsGeometry], window: QgsGeometry) -> list[QgsGeometry | None]:
        """What of each shape lies in ``window``; a shape inside comes back as it is, to the last bit."""
        engine = QgsGeometry.createGeometryEngine(window.constGet())
        engine.prepareGeometry()
        found: list[QgsGeometry | None] = []
        for shape in shapes:
            if not engine.intersects(shape.constGet()):
                found.append(None)
            else:
                found.append(_inside(shape, window, engine))
        return found

    def minus(self, shape: QgsGeometry, other: QgsGeometry) -> QgsGeometry | None:
        """``shape`` without ``other``, None where nothing is left."""
        return _polygonal(shape.difference(other), shape)

    def length_inside(self, wkb: bytes, window: QgsGeometry, name: str) -> float:
        """Length of what of a line lies in ``window``. Raises InputError where it is no line."""
        line = geometry_of(wkb)
        if line.type() != _LINE:
            raise InputError("QL-AREA-NOTLINE", feature=name)
        return float(line.intersection(window).length()) if line.intersects(window) else 0.0

    def union(self, shapes: Sequence[QgsGeometry]) -> QgsGeometry | None:
        """All shapes as one, None for none."""
        if not shapes:
            return None
        return _polygonal(QgsGeometry.unaryUnion(list(shapes)), shapes[0])


def _inside(shape: QgsGeometry, window: QgsGeometry, engine: QgsGeometryEngine) -> QgsGeometry | None:
    """What of a shape lies in the window, part by part: of all cells of a class, most lie wholly inside.

    Asked at once, GEOS compares every part with every other, minutes for the classes of 50 km² in 5 m cells.
    """
    parts = list(shape.constParts())
    within = [engine.contains(part) for part in parts]
    if all(within):
        return shape
    if len(parts) == 1:
        return _polygonal(shape.intersection(window), shape)
    kept = [
        own if whole else _polygonal(own.intersection(window), own)
        for own, whole in zip((QgsGeometry(part.clone()) for part in parts), within)
    ]
    pieces = [piece for piece in kept if piece is not None]
    return gathered(pieces) if pieces else None


def _polygonal(shape: QgsGeometry, of: QgsGeometry) -> QgsGeometry | None:
    """The polygons of an operation's result, None where it has none; QL-AREA-TOPOLOGY where it failed."""
    if shape.isNull():
        if shape.lastError():
            corner = of.boundingBox()
            place = f"({corner.xMinimum():.1f}, {corner.yMinimum():.1f})"
            raise InputError("QL-AREA-TOPOLOGY", feature=place)
        return None
    if shape.isEmpty():
        return None
    if QgsWkbTypes.flatType(shape.wkbType()) != QgsWkbTypes.Type.GeometryCollection:
        return shape if shape.type() == _POLYGON else None
    made = gathered([shape])
    return None if made.isEmpty() else made
