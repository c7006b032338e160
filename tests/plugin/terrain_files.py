"""Small DEM files for the terrain algorithms' tests: valleys whose numbers can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal, osr


def write_dem(
    path: Path, values: np.ndarray, *, cell=10.0, x0=500000.0, y0=3000000.0, epsg=4547, nodata=None
):
    """A GeoTIFF of ``values`` (north-up), cell size and corner in CRS units."""
    rows, cols = values.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, 1, gdal.GDT_Float32)
    dataset.SetGeoTransform((x0, cell, 0, y0, 0, -cell))
    if epsg:
        reference = osr.SpatialReference()
        reference.ImportFromEPSG(epsg)
        dataset.SetProjection(reference.ExportToWkt())
    band = dataset.GetRasterBand(1)
    if nodata is not None:
        band.SetNoDataValue(nodata)
    band.WriteArray(values)
    band.FlushCache()
    del band, dataset
    return str(path)


def valley(rows=60, cols=41, fall=0.5, side=1.0):
    """A straight valley: its floor in the middle column falls south, both sides rise by ``side`` a cell."""
    row, col = np.mgrid[0:rows, 0:cols]
    return (500 - fall * row + side * abs(col - cols // 2)).astype(np.float32)


def ridge_country(rows=120, cols=120, seed=5):
    """Smooth random hills draining in all directions."""
    random = np.random.default_rng(seed)
    field = np.zeros((rows, cols))
    y, x = np.mgrid[0:rows, 0:cols]
    for _ in range(12):
        ky, kx = random.uniform(0.02, 0.12, 2)
        field += (
            random.uniform(2, 10)
            * np.sin(ky * y + random.uniform(0, 6))
            * np.cos(kx * x + random.uniform(0, 6))
        )
    return (300 + field).astype(np.float32)
