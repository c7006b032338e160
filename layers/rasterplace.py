"""Where the cells of an open raster lie: its own CRS, its extent, its grid."""

from __future__ import annotations

from osgeo import gdal
from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle

from ..core.grid import GridFrame
from .crs import ellipsoid_of, from_wkt, is_geographic, wkt_of


def own_crs(dataset: gdal.Dataset) -> QgsCoordinateReferenceSystem:
    """The CRS that the file itself declares; invalid where it declares none."""
    ref = dataset.GetSpatialRef()
    return from_wkt(ref.ExportToWkt(["FORMAT=WKT2_2019"])) if ref else QgsCoordinateReferenceSystem()


def extent_of(dataset: gdal.Dataset) -> QgsRectangle:
    """The cells' outer edges, whichever way rows and columns run."""
    x0, dx, _, y0, _, dy = dataset.GetGeoTransform()
    x1, y1 = x0 + dx * dataset.RasterXSize, y0 + dy * dataset.RasterYSize
    return QgsRectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def frame_of(dataset: gdal.Dataset, crs: QgsCoordinateReferenceSystem) -> GridFrame:
    """The grid, rows from north to south and columns from west to east."""
    extent, placing, shape = extent_of(dataset), dataset.GetGeoTransform(), ellipsoid_of(crs)
    return GridFrame(
        rows=dataset.RasterYSize,
        cols=dataset.RasterXSize,
        x0=extent.xMinimum(),
        y0=extent.yMaximum(),
        dx=abs(placing[1]),
        dy=abs(placing[5]),
        geographic=is_geographic(crs),
        crs_wkt=wkt_of(crs),
        semi_major=shape.semi_major,
        flattening=shape.flattening,
    )
