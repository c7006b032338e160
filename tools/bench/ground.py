"""The benchmark's DEM: a real one, resampled to 5 m, mirror-tiled and given seeded fractal detail.

Resampling alone leaves smooth slopes that no sensor sees, so detail shorter than the source's
cells is added: octaves of noise whose spread follows the source's own roughness (Hurst
exponent from its differences over one and two cells). Heights are rounded to 0.1 m, as
surveys are. Mirrored tiles meet in ridges and valleys that no river made, so part of the
ground lies in closed basins: a hard case for every chain alike. The same call gives the same file.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

CELL = 5.0
SEED = 534
_STRIP = 256
_NODATA = -9999.0
_SPACINGS = (8, 4, 2, 1)  # cells between the knots of an octave of noise


def make(source: Path, cells: int, target: Path) -> tuple[int, int]:
    """Write a DEM of about ``cells`` cells to ``target`` (float32 GeoTIFF); its rows and columns."""
    gdal.UseExceptions()
    fine, roughness, hurst = _resampled(source)
    rows, cols = _shape(cells, fine.shape[1] / fine.shape[0])
    start = [max(0, (have - want) // 2) for have, want in zip(fine.shape, (rows, cols))]
    across = _mirror(start[1], cols, fine.shape[1])
    dataset = gdal.Open(str(source))
    gaps = [n for n in _SPACINGS if n * CELL < 1.5 * dataset.GetGeoTransform()[1]]
    octaves = _octaves(rows, cols, gaps, roughness, hurst)
    out = _create(target, rows, cols, dataset)
    for first in range(0, rows, _STRIP):
        stop = min(first + _STRIP, rows)
        heights = fine[_mirror(start[0] + first, stop - first, fine.shape[0])][:, across]
        for spacing, noise in octaves:
            heights += _between(noise, spacing, first, stop, cols)
        heights[np.isnan(heights)] = _NODATA
        out.GetRasterBand(1).WriteArray(np.round(heights, 1), 0, first)
    out.FlushCache()
    return rows, cols


def _shape(cells: int, aspect: float) -> tuple[int, int]:
    rows = round(math.sqrt(cells / aspect))
    return rows, round(cells / rows)


def _resampled(source: Path) -> tuple[np.ndarray, float, float]:
    """Heights at 5 m, the spread of differences between neighbours of the source, its Hurst exponent."""
    dataset = gdal.Open(str(source))
    heights = dataset.GetRasterBand(1).ReadAsArray().astype(np.float64)
    nodata = dataset.GetRasterBand(1).GetNoDataValue()
    heights[heights == (np.nan if nodata is None else nodata)] = np.nan
    one, two = (float(np.nanstd(heights[:, step:] - heights[:, :-step])) for step in (1, 2))
    hurst = min(1.0, max(0.3, math.log2(two / one)))
    fine = gdal.Warp(
        "", dataset, format="MEM", xRes=CELL, yRes=CELL, resampleAlg="cubic", outputType=gdal.GDT_Float32,
        dstNodata=np.nan,
    )  # fmt: skip
    values = fine.GetRasterBand(1).ReadAsArray()
    edge = int(2 * dataset.GetGeoTransform()[1] / CELL)  # the rim is resampled from half a neighbourhood
    return values[edge:-edge, edge:-edge], one * (CELL / dataset.GetGeoTransform()[1]) ** hurst, hurst


def _mirror(start: int, count: int, size: int) -> np.ndarray:
    """Indices ``start .. start + count`` into a row of ``size`` that is mirrored at its ends for ever."""
    place = np.arange(start, start + count) % (2 * size)
    return np.where(place < size, place, 2 * size - 1 - place)


def _octaves(
    rows: int, cols: int, gaps: list[int], roughness: float, hurst: float
) -> list[tuple[int, np.ndarray]]:
    """Noise at the knots of each octave; ``roughness`` is the spread over one fine cell."""
    random = np.random.default_rng(SEED)
    made = []
    for spacing in gaps:
        knots = random.standard_normal((rows // spacing + 2, cols // spacing + 2), dtype=np.float32)
        knots *= np.float32(0.2 * roughness * spacing**hurst)
        made.append((spacing, knots))
    return made


def _between(knots: np.ndarray, spacing: int, first: int, stop: int, cols: int) -> np.ndarray:
    """Knots interpolated linearly to the cells of rows ``first..stop``."""
    row, col = np.arange(first, stop), np.arange(cols)
    down = ((row % spacing) / spacing).astype(np.float32)[:, None]
    right = ((col % spacing) / spacing).astype(np.float32)
    lines = knots[row // spacing] * (1 - down) + knots[row // spacing + 1] * down
    return lines[:, col // spacing] * (1 - right) + lines[:, col // spacing + 1] * right


def _create(target: Path, rows: int, cols: int, source: gdal.Dataset) -> gdal.Dataset:
    target.parent.mkdir(parents=True, exist_ok=True)
    out = gdal.GetDriverByName("GTiff").Create(str(target), cols, rows, 1, gdal.GDT_Float32)
    transform = source.GetGeoTransform()
    out.SetGeoTransform((round(transform[0]), CELL, 0.0, round(transform[3]), 0.0, -CELL))
    place = osr.SpatialReference()
    place.ImportFromWkt(source.GetProjection())
    out.SetProjection(place.ExportToWkt())
    out.GetRasterBand(1).SetNoDataValue(_NODATA)
    return out


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
