"""A north-up raster in memory and the true size of its cells.

Cells in degrees have no single size: areas and lengths follow the ellipsoid by
latitude (Snyder 1987, authalic and meridional series in closed form), so that
one set of terrain functions serves both kinds of DEM.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GridFrame:
    """Where a raster lies: upper-left corner, cell size, kind of coordinates.

    ``x0``, ``y0`` upper-left corner and ``dx``, ``dy`` (both positive) in CRS units
    (metres, or degrees where ``geographic``); rows run south. ``crs_wkt`` is carried,
    never interpreted here. ``semi_major`` (m) and ``flattening`` are the ellipsoid's.
    """

    rows: int
    cols: int
    x0: float
    y0: float
    dx: float
    dy: float
    geographic: bool = False
    crs_wkt: str = ""
    semi_major: float = 6378137.0
    flattening: float = 1 / 298.257222101

    def centre(self, row: float, col: float) -> tuple[float, float]:
        """Coordinates of a cell's centre."""
        return self.x0 + (col + 0.5) * self.dx, self.y0 - (row + 0.5) * self.dy

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the cell that holds the point, None outside."""
        col = math.floor((x - self.x0) / self.dx)
        row = math.floor((self.y0 - y) / self.dy)
        return (row, col) if 0 <= row < self.rows and 0 <= col < self.cols else None

    def row_cell_areas(self) -> np.ndarray:
        """Area of one cell of each row, m², shape (rows,), float64."""
        if not self.geographic:
            return np.full(self.rows, self.dx * self.dy)
        edges = np.radians(self.y0 - self.dy * np.arange(self.rows + 1))
        zone = _zone_area(edges, self.semi_major, self.flattening)
        return (zone[:-1] - zone[1:]) * math.radians(self.dx)

    def row_steps(self) -> tuple[np.ndarray, np.ndarray]:
        """Length of a step east and a step south from each row's centre, m, each of shape (rows,)."""
        if not self.geographic:
            return np.full(self.rows, self.dx), np.full(self.rows, self.dy)
        lat = np.radians(self.y0 - self.dy * (np.arange(self.rows) + 0.5))
        e2 = self.flattening * (2 - self.flattening)
        w = 1 - e2 * np.sin(lat) ** 2
        east = self.semi_major * np.cos(lat) / np.sqrt(w) * math.radians(self.dx)
        middle = lat - math.radians(self.dy) / 2
        wm = 1 - e2 * np.sin(middle) ** 2
        south = self.semi_major * (1 - e2) / wm**1.5 * math.radians(self.dy)
        return east, south


def _zone_area(lat: np.ndarray, semi_major: float, flattening: float) -> np.ndarray:
    """Area from the equator to ``lat`` per radian of longitude, m² (Snyder 1987, eq. 3-12)."""
    e2 = flattening * (2 - flattening)
    e = math.sqrt(e2)
    s = np.sin(lat)
    if e == 0:
        return semi_major**2 * s
    q = (1 - e2) * (s / (1 - e2 * s * s) + np.arctanh(e * s) / e)
    return semi_major**2 * q / 2


@dataclass(frozen=True)
class Grid:
    """A raster: ``values`` of shape (rows, cols), NaN where there is no data (float kinds)."""

    values: np.ndarray
    frame: GridFrame
