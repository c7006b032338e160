"""Small layers for the tests of erosion and landscape: squares whose areas a person can add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

X0, Y0, EPSG = 500000.0, 3000000.0, 4547
"""North-west corner of the test country, CGCS2000 3-degree zone of 114 E without prefix."""

_KINDS = {str: QVariant.String, int: QVariant.Int, float: QVariant.Double, bool: QVariant.Bool}


def square(col, row, width=1, height=1, side=100.0):
    """WKT of a rectangle counted in squares of ``side`` m from the north-west corner, rows southwards."""
    west, north = X0 + col * side, Y0 - row * side
    east, south = west + width * side, north - height * side
    return f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


def polygons(path: Path, rows, *, epsg=EPSG, kind=QgsWkbTypes.MultiPolygon, **types):
    """A GeoPackage of (WKT, {field: value}); ``types`` name each field's Python type."""
    fields = QgsFields()
    for name, type_ in types.items():
        fields.append(QgsField(name, _KINDS[type_]))
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    crs = QgsCoordinateReferenceSystem.fromEpsgId(epsg) if epsg else QgsCoordinateReferenceSystem()
    writer = QgsVectorFileWriter.create(
        str(path), fields, kind, crs, QgsCoordinateTransformContext(), options
    )
    assert writer.hasError() == QgsVectorFileWriter.NoError, writer.errorMessage()
    for wkt, values in rows:
        feature = QgsFeature(fields)
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        feature.setAttributes([values.get(name) for name in types])
        assert writer.addFeature(feature), writer.errorMessage()
    del writer
    return str(path)


def raster(path: Path, values, *, cell=10.0, x0=X0, y0=Y0, epsg=EPSG, nodata=None):
    """A GeoTIFF of ``values`` (north-up) of their own number type."""
    array = np.asarray(values)
    kind = {"f": gdal.GDT_Float32, "i": gdal.GDT_Int32, "u": gdal.GDT_Byte}[array.dtype.kind]
    rows, cols = array.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, 1, kind)
    dataset.SetGeoTransform((x0, cell, 0, y0, 0, -cell))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(epsg)
    dataset.SetProjection(reference.ExportToWkt())
    band = dataset.GetRasterBand(1)
    if nodata is not None:
        band.SetNoDataValue(nodata)
    band.WriteArray(array)
    band.FlushCache()
    del band, dataset
    return str(path)


def rows_of(path):
    """Rows of a written layer or table as dictionaries with NULL as None, and ``geometry``."""
    layer = QgsVectorLayer(path, "rows", "ogr")
    assert layer.isValid(), path
    names = [f.name() for f in layer.fields()]
    found = []
    for feature in layer.getFeatures():
        row = {n: (None if str(feature[n]) == "NULL" else feature[n]) for n in names}
        found.append({**row, "geometry": QgsGeometry(feature.geometry())})
    return found
