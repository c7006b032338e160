"""Label grids to polygons: catchments, one (multi)polygon for each label."""

from __future__ import annotations

from typing import Iterator

import numpy as np
from osgeo import gdal, ogr

from ..core.errors import Cancelled
from ..core.grid import GridFrame
from ..core.progress import SILENT, Progress
from .rasterfiles import gdal_call, memory_dataset, quiet_gdal


def label_polygons(
    labels: np.ndarray, frame: GridFrame, progress: Progress = SILENT
) -> Iterator[tuple[int, bytes]]:
    """(label, WKB) of each label other than 0 in ``labels`` (int32), in ascending order.

    Cells that touch at a corner only are parts of one MultiPolygon; outlines follow the cells.
    ``progress`` is stepped, its stage is the caller's. Raises Cancelled.
    """
    parts: dict[int, list[ogr.Geometry]] = {}
    layer_holder = _polygonized(labels, frame, progress)
    for number, feature in enumerate(layer_holder.GetLayer(0)):
        if number % 1000 == 0:
            progress.step(1.0)
        label = feature.GetField(0)
        if label:
            parts.setdefault(label, []).append(feature.GetGeometryRef().Clone())
    for label in sorted(parts):
        whole = ogr.Geometry(ogr.wkbMultiPolygon)
        for part in parts[label]:
            whole.AddGeometryDirectly(part)
        yield label, bytes(whole.ExportToWkb(ogr.wkbNDR))


def _polygonized(labels: np.ndarray, frame: GridFrame, progress: Progress) -> ogr.DataSource:
    raster = memory_dataset(labels, frame)
    band = raster.GetRasterBand(1)
    holder = ogr.GetDriverByName("Memory").CreateDataSource("labels")
    layer = holder.CreateLayer("labels", geom_type=ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("label", ogr.OFTInteger))
    mask = memory_dataset((labels != 0).astype(np.uint8), frame)
    stopped: list[Cancelled] = []

    def going_on(fraction: float, _message: str, _data: object) -> int:
        try:
            progress.step(fraction)
        except Cancelled as word:
            stopped.append(word)
        return 0 if stopped else 1

    with quiet_gdal():
        gdal_call(gdal.Polygonize, band, mask.GetRasterBand(1), layer, 0, [], callback=going_on)
    if stopped:
        raise stopped[0]
    return holder
