"""Where does each cell's water go: D8 directions over a DEM without sinks (4.3.1).

The direction is that of the steepest descent (O'Callaghan & Mark 1984); of equal ones the
first in the order E, NE, N, NW, W, SW, S, SE. Depressions are filled to their spill level,
or breached first and filled where that would be too deep or too long; flats drain towards
lower and away from higher ground (Barnes et al. 2014), so that every cell drains. No
priority queue is needed: see :mod:`.conditioning`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..grid import GridFrame
from ..progress import SILENT, Progress
from .breaching import breach_depressions
from .conditioning import ChangeLog, fill_depressions
from .d8 import DCOL, DROW, NODATA, OUTLET
from .flats import drain_flats
from .sweeps import steepest_descent

__all__ = ["DCOL", "DROW", "NODATA", "OUTLET", "FlowField", "flow_directions"]

@dataclass(frozen=True)
class FlowField:
    """Directions, and what conditioning changed.

    ``direction`` uint8 (rows, cols): 0..7, OUTLET or NODATA. ``cells`` int64 (n,): flat
    numbers of the cells whose height was changed, each once; ``heights`` float32 (n,):
    their heights in the conditioned DEM.
    """

    direction: np.ndarray
    cells: np.ndarray
    heights: np.ndarray

    def conditioned(self, dem: np.ndarray) -> np.ndarray:
        """A copy of ``dem`` with depressions filled or breached."""
        copy = np.array(dem, np.float32)
        copy.reshape(-1)[self.cells] = self.heights
        return copy


def flow_directions(
    dem: np.ndarray,
    frame: GridFrame,
    *,
    progress: Progress = SILENT,
    method: str = "fill",
    max_depth: float = 10.0,
    max_length: float = 200.0,
) -> FlowField:
    """D8 directions of a DEM such that every cell drains to an edge or to nodata.

    ``dem`` float32 (rows, cols), m; what is not finite is nodata. It is written to while
    this runs and is as before when it returns; a read-only array is copied. ``method``
    ``"fill"`` or ``"breach"``: cut a channel from a pit to lower ground where that is at most
    ``max_depth`` (m) deep and ``max_length`` (m) long, and fill the rest. Beside the DEM 5
    bytes a cell are needed. Raises InputError where the shapes differ or the method is unknown.
    """
    if dem.shape != (frame.rows, frame.cols):
        raise InputError("QL-FLOW-SHAPE", dem=dem.shape, grid=(frame.rows, frame.cols))
    if method not in ("fill", "breach"):
        raise InputError("QL-FLOW-METHOD", method=method)
    heights = np.require(dem, np.float32, ["C", "W"])
    log = ChangeLog(heights)
    try:
        if method == "breach":
            breach_depressions(heights, frame, log, max_depth, max_length, progress)
        scratch = fill_depressions(heights, frame, log, progress)
        direction = steepest_descent(heights, frame, progress)
        drain_flats(heights, direction, scratch, progress)
        cells, new = log.changed()
    finally:
        log.undo()
    return FlowField(direction, cells, new)
