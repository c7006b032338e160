"""Vegetation cover and soil depth as rasters: one planted value per parcel, by land use and slope."""

from __future__ import annotations

import numpy as np

from . import chance
from .scene import Watershed, parcel_raster

NODATA = -9999.0

_COVER = {  # per cent, from and to
    "0301": (75, 92),
    "0302": (78, 90),
    "0305": (48, 74),
    "0307": (35, 60),
    "0404": (40, 70),
    "0201": (40, 66),
    "0202": (50, 72),
    "0101": (50, 60),
    "0103": (30, 50),
    "0702": (12, 25),
    "1206": (4, 20),
    "0602": (2, 6),
}

_DEPTH = {  # cm, from and to, on level ground
    "0301": (45, 80),
    "0302": (50, 80),
    "0305": (24, 45),
    "0307": (28, 50),
    "0404": (20, 40),
    "0201": (45, 80),
    "0202": (45, 70),
    "0101": (70, 110),
    "0103": (40, 75),
    "1206": (6, 18),
    "0602": (0, 4),
}


def cover(w: Watershed) -> np.ndarray:
    """Fraction of ground covered by plants, 0..1, (rows, cols); NODATA outside the watershed."""
    return _spread(w, cover_of_parcels(w))


def cover_of_parcels(w: Watershed) -> np.ndarray:
    """Cover of each parcel, a fraction of whole per cents."""
    luck = chance.uniform(w.seed, "cover", len(w.parcels.code))
    low, high = _ranges(w, _COVER, (0, 10))
    return np.floor(low + luck * (high - low + 1)) / 100


def soil_depth(w: Watershed) -> np.ndarray:
    """Depth of soil in cm, (rows, cols); NODATA outside the watershed."""
    luck = chance.uniform(w.seed, "soil", len(w.parcels.code))
    low, high = _ranges(w, _DEPTH, (30, 60))
    depth = np.floor((low + luck * (high - low)) * np.maximum(1 - w.parcels.slope * 0.6, 0.3))
    return _spread(w, depth)


def _ranges(
    w: Watershed, table: dict[str, tuple[int, int]], other: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.array([table.get(code, other) for code in w.parcels.code], dtype=float)
    return pairs[:, 0], pairs[:, 1]


def _spread(w: Watershed, values: np.ndarray) -> np.ndarray:
    raster = parcel_raster(w, values)
    return np.where(w.ground.inside, raster, NODATA).astype(np.float32)
