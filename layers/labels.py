"""Label grids to polygons: catchments, one (multi)polygon for each label."""

from __future__ import annotations

from typing import Iterator

import numpy as np
from osgeo import gdal, ogr

from ..core.grid import GridFrame
from .dem import memory_dataset


def label_polygons(labels: np.ndarray, frame: GridFrame) -> Iterator[tuple[int, bytes]]:
    """(label, WKB) of each label other than 0 in ``labels`` (int32), in ascending order.

    Cells that touch at a corner only are parts of one MultiPolygon; outlines follow the cells.
    """
    parts: dict[int, list[ogr.Geometry]] = {}
    layer_holder = _polygonized(labels, frame)
    for feature in layer_holder.GetLayer(0):
        label = feature.GetField(0)
        if label:
            parts.setdefault(label, []).append(feature.GetGeometryRef().Clone())
    for label in sorted(parts):
        whole = ogr.Geometry(ogr.wkbMultiPolygon)
        for part in parts[label]:
            whole.AddGeometryDirectly(part)
        yield label, bytes(whole.ExportToWkb(ogr.wkbNDR))


def _polygonized(labels: np.ndarray, frame: GridFrame) -> ogr.DataSource:
    raster = memory_dataset(labels, frame)
    band = raster.GetRasterBand(1)
    holder = ogr.GetDriverByName("Memory").CreateDataSource("labels")
    layer = holder.CreateLayer("labels", geom_type=ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("label", ogr.OFTInteger))
    mask = memory_dataset((labels != 0).astype(np.uint8), frame)
    gdal.Polygonize(band, mask.GetRasterBand(1), layer, 0, [])
    return holder
