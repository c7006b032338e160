"""Which codes land use has inside the watershed: the legend names what is on the page and no more."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from osgeo import gdal, ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)

MOST_CELLS = 4_000_000  # finer than any paper shows


def codes_inside(
    layer: QgsRasterLayer, outline: QgsGeometry, crs: QgsCoordinateReferenceSystem
) -> set[int] | None:
    """Whole-number codes of the cells that ``outline`` (in ``crs``) touches; None where it cannot be told.

    Rasters with more than ``MOST_CELLS`` cells there are read thinned out.
    """
    here = QgsGeometry(outline)
    here.transform(QgsCoordinateTransform(crs, layer.crs(), QgsProject.instance().transformContext()))
    extent = here.boundingBox().intersect(layer.extent())
    dataset = gdal.Open(layer.source()) if layer.providerType() == "gdal" else None
    if dataset is None or here.isEmpty() or extent.isEmpty():
        return None
    window = _window(dataset, extent)
    if window is None:
        return None
    shrink = max(1.0, math.sqrt(window[2] * window[3] / MOST_CELLS))
    columns, rows = max(1, int(window[2] / shrink)), max(1, int(window[3] / shrink))
    band = dataset.GetRasterBand(1)
    cells = band.ReadAsArray(*window, buf_xsize=columns, buf_ysize=rows)
    valid = _mask(dataset, window, (columns, rows), here) & np.isfinite(cells)
    if band.GetNoDataValue() is not None:
        valid &= cells != band.GetNoDataValue()
    return {int(code) for code in np.unique(cells[valid])}


def values_inside(
    layer: QgsVectorLayer, field: str, outline: QgsGeometry, crs: QgsCoordinateReferenceSystem
) -> set[Any]:
    """Values of ``field`` of the polygons that share ground with ``outline`` (in ``crs``); NULL and "" left out."""
    here = QgsGeometry(outline)
    here.transform(QgsCoordinateTransform(crs, layer.crs(), QgsProject.instance().transformContext()))
    engine = QgsGeometry.createGeometryEngine(here.constGet())
    engine.prepareGeometry()
    request = QgsFeatureRequest(here.boundingBox()).setSubsetOfAttributes([field], layer.fields())
    found: set[Any] = set()
    for feature in layer.getFeatures(request):
        value = feature[field]
        if value in (None, "") or str(value) == "NULL" or value in found:
            continue
        shape = feature.geometry().constGet()
        if shape is not None and engine.intersects(shape) and not engine.touches(shape):
            found.add(value)
    return found


def _window(dataset: gdal.Dataset, extent: QgsRectangle) -> tuple[int, int, int, int] | None:
    """Columns and rows of the extent: left, top, width, height; None for turned grids."""
    left, step_x, turn_x, top, turn_y, step_y = dataset.GetGeoTransform()
    if turn_x or turn_y or step_y >= 0:
        return None
    x0 = max(0, int((extent.xMinimum() - left) / step_x))
    y0 = max(0, int((extent.yMaximum() - top) / step_y))
    x1 = min(dataset.RasterXSize, math.ceil((extent.xMaximum() - left) / step_x))
    y1 = min(dataset.RasterYSize, math.ceil((extent.yMinimum() - top) / step_y))
    return (x0, y0, x1 - x0, y1 - y0) if x1 > x0 and y1 > y0 else None


def _mask(
    dataset: gdal.Dataset, window: tuple[int, int, int, int], size: tuple[int, int], outline: QgsGeometry
) -> np.ndarray:
    """True where a cell of the window touches the outline; shape (rows, columns)."""
    left, step_x, _, top, _, step_y = dataset.GetGeoTransform()
    x0, y0, width, height = window
    grid = gdal.GetDriverByName("MEM").Create("", size[0], size[1], 1, gdal.GDT_Byte)
    grid.SetGeoTransform(
        (left + x0 * step_x, width * step_x / size[0], 0, top + y0 * step_y, 0, height * step_y / size[1])
    )
    holder = (ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")).CreateDataSource("")
    shapes = holder.CreateLayer("outline", None, ogr.wkbUnknown)
    feature = ogr.Feature(shapes.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkb(bytes(outline.asWkb())))
    shapes.CreateFeature(feature)
    gdal.RasterizeLayer(grid, [1], shapes, burn_values=[1], options=["ALL_TOUCHED=TRUE"])
    found: np.ndarray = grid.ReadAsArray() == 1
    return found
