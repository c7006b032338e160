"""Where does each cell's water go: D8 directions over a DEM without sinks (4.3.1)."""

from __future__ import annotations

import numpy as np

# Direction d leads from (row, col) to (row + DROW[d], col + DCOL[d]): E, SE, S, SW, W, NW, N, NE.
DROW = np.array([0, 1, 1, 1, 0, -1, -1, -1], np.int64)
DCOL = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
OUTLET = 8  # drains off the DEM or into nodata
NODATA = 255
