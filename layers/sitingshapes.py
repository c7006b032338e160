"""Planar geometry of the layout check (:class:`core.siting.model.Shapes`), met by QGIS and GDAL."""

from __future__ import annotations

from typing import Sequence

import numpy as np
from osgeo import gdal, ogr
from qgis.core import QgsGeometry, QgsGeometryCollection, QgsGeometryEngine, QgsPointXY, QgsWkbTypes

from .planar import geometry_of

_SEGMENTS = 8  # of a quarter circle
_KINDS = {
    QgsWkbTypes.GeometryType.PointGeometry: 0,
    QgsWkbTypes.GeometryType.LineGeometry: 1,
    QgsWkbTypes.GeometryType.PolygonGeometry: 2,
}


class QgisShapes:
    """:class:`core.siting.model.Shapes` by QgsGeometry; cells become polygons by GDAL."""

    def read(self, wkb: bytes) -> QgsGeometry | None:
        """See :class:`core.siting.model.Shapes`."""
        shape = geometry_of(wkb)
        if shape.isNull() or shape.isEmpty() or shape.type() not in _KINDS:
            return None
        dimension = self.dimension(shape)
        if dimension == 2 and not shape.isGeosValid():
            shape = shape.makeValid()
        return _of_dimension(shape, dimension)

    def wkb(self, shape: QgsGeometry) -> bytes:
        """See :class:`core.siting.model.Shapes`."""
        return bytes(shape.asWkb())

    def dimension(self, shape: QgsGeometry) -> int:
        """See :class:`core.siting.model.Shapes`."""
        return _KINDS.get(shape.type(), -1)

    def area(self, shape: QgsGeometry) -> float:
        """See :class:`core.siting.model.Shapes`."""
        return float(shape.area())

    def length(self, shape: QgsGeometry) -> float:
        """See :class:`core.siting.model.Shapes`."""
        return float(shape.length()) if self.dimension(shape) == 1 else 0.0

    def bounds(self, shape: QgsGeometry) -> tuple[float, float, float, float]:
        """See :class:`core.siting.model.Shapes`."""
        box = shape.boundingBox()
        return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()

    def meeting(self, shape: QgsGeometry, others: Sequence[QgsGeometry]) -> list[bool]:
        """See :class:`core.siting.model.Shapes`."""
        if not others:
            return []
        engine = QgsGeometry.createGeometryEngine(shape.constGet())
        engine.prepareGeometry()
        return [bool(engine.intersects(other.constGet())) for other in others]

    def holding(self, shape: QgsGeometry, others: Sequence[QgsGeometry]) -> list[bool]:
        """See :class:`core.siting.model.Shapes`."""
        if not others:
            return []
        engine = QgsGeometry.createGeometryEngine(shape.constGet())
        return [bool(engine.within(other.constGet())) for other in others]

    def clip(self, shape: QgsGeometry, others: Sequence[QgsGeometry]) -> list[QgsGeometry | None]:
        """See :class:`core.siting.model.Shapes`."""
        if not others:
            return []
        engine = QgsGeometry.createGeometryEngine(shape.constGet())
        engine.prepareGeometry()
        return [self._clip_one(shape, other, engine) for other in others]

    def _clip_one(
        self, shape: QgsGeometry, other: QgsGeometry, engine: QgsGeometryEngine
    ) -> QgsGeometry | None:
        if not engine.intersects(other.constGet()):
            return None
        if engine.contains(other.constGet()):
            return other
        if other.boundingBox().contains(shape.boundingBox()) and engine.within(other.constGet()):
            return shape
        return self.common(shape, other)

    def common(self, shape: QgsGeometry, other: QgsGeometry) -> QgsGeometry | None:
        """See :class:`core.siting.model.Shapes`."""
        return _of_dimension(shape.intersection(other), self.dimension(shape))

    def minus(self, shape: QgsGeometry, other: QgsGeometry) -> QgsGeometry | None:
        """See :class:`core.siting.model.Shapes`."""
        return _of_dimension(shape.difference(other), self.dimension(shape))

    def union(self, shapes: Sequence[QgsGeometry]) -> QgsGeometry | None:
        """See :class:`core.siting.model.Shapes`."""
        found = QgsGeometry.unaryUnion(list(shapes)) if shapes else QgsGeometry()
        return None if found.isNull() or found.isEmpty() else found

    def buffer(self, shape: QgsGeometry, distance: float) -> QgsGeometry | None:
        """See :class:`core.siting.model.Shapes`."""
        found = shape.buffer(distance, _SEGMENTS)
        return None if found.isNull() or found.isEmpty() else found

    def distance(self, shape: QgsGeometry, other: QgsGeometry) -> float:
        """See :class:`core.siting.model.Shapes`."""
        return float(shape.distance(other))

    def point(self, xy: np.ndarray) -> QgsGeometry:
        """See :class:`core.siting.model.Shapes`."""
        return QgsGeometry.fromPointXY(QgsPointXY(float(xy[0]), float(xy[1])))

    def rings(self, shape: QgsGeometry) -> list[np.ndarray]:
        """See :class:`core.siting.model.Shapes`."""
        many = QgsGeometry(shape)
        many.convertToMultiType()
        dimension = self.dimension(shape)
        if dimension == 2:
            return [_array(ring) for polygon in many.asMultiPolygon() for ring in polygon]
        if dimension == 1:
            return [_array(line) for line in many.asMultiPolyline()]
        return [_array([point]) for point in many.asMultiPoint()]

    def polygons(self, rings: Sequence[np.ndarray]) -> QgsGeometry | None:
        """See :class:`core.siting.model.Shapes`."""
        made = []
        for ring in rings:
            polygon = QgsGeometry.fromPolygonXY([[QgsPointXY(float(x), float(y)) for x, y in ring]])
            valid = _of_dimension(polygon.makeValid(), 2)
            if valid is not None:
                made.append(valid)
        return self.union(made)

    def cells(
        self, mask: np.ndarray, west: float, north: float, width: float, height: float
    ) -> QgsGeometry | None:
        """See :class:`core.siting.model.Shapes`."""
        if not mask.any():
            return None
        rows, cols = mask.shape
        dataset = gdal.GetDriverByName("MEM").Create("", cols, rows, 1, gdal.GDT_Byte)
        dataset.SetGeoTransform((west, width, 0.0, north, 0.0, -height))
        band = dataset.GetRasterBand(1)
        band.WriteArray(mask.astype(np.uint8))
        source = (ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")).CreateDataSource("")
        layer = source.CreateLayer("cells", None, ogr.wkbPolygon)
        gdal.Polygonize(band, band, layer, -1, [])
        parts = [geometry_of(bytes(f.GetGeometryRef().ExportToWkb(ogr.wkbNDR))) for f in layer]
        found = parts[0] if len(parts) == 1 else QgsGeometry.collectGeometry(parts)
        return found if len(parts) == 1 or found.isGeosValid() else self.union(parts)


def as_collection(wkb: bytes) -> bytes:
    """A geometry as a collection of its parts: what a layer of collections takes of any kind (memory layers
    refuse a single geometry there).
    """
    shape = geometry_of(wkb)
    if QgsWkbTypes.flatType(shape.wkbType()) == QgsWkbTypes.Type.GeometryCollection:
        return wkb
    collection = QgsGeometryCollection()
    for part in shape.asGeometryCollection():
        collection.addGeometry(part.constGet().clone())
    return bytes(QgsGeometry(collection).asWkb())


def _array(points: Sequence[QgsPointXY]) -> np.ndarray:
    return np.array([(p.x(), p.y()) for p in points])


def _of_dimension(shape: QgsGeometry, dimension: int) -> QgsGeometry | None:
    """The parts of a result that have the dimension asked for; None for none."""
    if shape.isNull() or shape.isEmpty():
        return None
    if QgsWkbTypes.flatType(shape.wkbType()) != QgsWkbTypes.Type.GeometryCollection:
        return shape if _KINDS.get(shape.type()) == dimension else None
    kept = [p for p in shape.asGeometryCollection() if _KINDS.get(p.type()) == dimension]
    return QgsGeometry.collectGeometry(kept) if kept else None
