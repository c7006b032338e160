"""Small layers for the tests of figures: a watershed of 3 km by 2 km in CGCS2000 / 3-degree zone 114E."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal, osr
from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorFileWriter, QgsVectorLayer

SQUARE = "POLYGON((463000 3168000,466000 3168000,466000 3170000,463000 3170000,463000 3168000))"
LINE = "LINESTRING(464500 3169900,464500 3168100)"
TERRACE = "POLYGON((464000 3169000,464100 3169000,464100 3169100,464000 3169100,464000 3169000))"


def layer(kind, fields, rows, folder, name):
    """A GeoPackage layer of (WKT, attributes) rows; its path."""
    made = QgsVectorLayer(f"{kind}?crs=EPSG:4547{fields}", name, "memory")
    for wkt, values in rows:
        feature = QgsFeature(made.fields())
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        feature.setAttributes(values)
        made.dataProvider().addFeatures([feature])
    path = folder / f"{name}.gpkg"
    options = QgsVectorFileWriter.SaveVectorOptions()
    context = QgsProject.instance().transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(made, str(path), context, options)
    return str(path)


def land(folder):
    """Land use as a raster of 10 m cells, 500 m wider than the watershed: 0301 west, 0302 east, 0101 outside only."""
    codes = np.full((300, 400), 101, np.int32)
    codes[60:240, 60:200] = 301
    codes[60:240, 200:340] = 302
    codes[50:250, 50:350] = np.where(codes[50:250, 50:350] == 101, 301, codes[50:250, 50:350])
    return _raster(folder / "land.tif", codes, gdal.GDT_Int32)


def heights(folder):
    """A DEM of 10 m cells on the same ground that rises from 100 m in the west by 1 m a cell."""
    return _raster(folder / "dem.tif", np.tile(100.0 + np.arange(400), (300, 1)), gdal.GDT_Float32)


def _raster(path, values, kind):
    made = gdal.GetDriverByName("GTiff").Create(str(path), 400, 300, 1, kind)
    made.SetGeoTransform((462500, 10, 0, 3170500, 0, -10))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(4547)
    made.SetProjection(reference.ExportToWkt())
    made.GetRasterBand(1).WriteArray(values)
    made = None
    return str(path)


def files(folder: Path) -> dict[str, str]:
    """Parameters of exportfigures for the square: boundary, channels, villages, measures, folder."""
    status = "&field=measure:string&field=status:string"
    name = "&field=uuid:string&field=name:string"
    return {
        "BOUNDARY": layer("Polygon", "&field=name:string", [(SQUARE, ["青柳沟"])], folder, "boundary"),
        "CHANNELS": layer("LineString", name, [(LINE, ["c-1", "青柳河"])], folder, "channels"),
        "VILLAGES": layer("Point", name, [("POINT(465000 3169000)", ["v-1", "上店"])], folder, "villages"),
        "MEASURES": layer("Polygon", status, [(TERRACE, ["terrace", "planned"])], folder, "measures"),
        "OUTPUT_FOLDER": str(folder / "figures"),
    }
