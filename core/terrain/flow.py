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
from .strips import sweep
from .sweeps import steepest_descent

__all__ = ["DCOL", "DROW", "NODATA", "OUTLET", "FlowField", "flow_directions"]


_MOST_CELLS = 2**32  # flat numbers of changed cells take 4 bytes; more than that goes by tiles


@dataclass(frozen=True)
class FlowField:
    """Directions, and what conditioning changed.

    ``direction`` uint8 (rows, cols): 0..7, OUTLET or NODATA. ``cells`` uint32 (n,): flat
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
    room: np.ndarray | None = None,
) -> FlowField:
    """D8 directions of a DEM such that every cell drains to an edge or to nodata.

    ``dem`` float32 (rows, cols), m; what is not finite is nodata. It is written to while
    this runs and is as before when it returns; a read-only array is copied. ``method``
    ``"fill"`` or ``"breach"``: cut a channel from a pit to lower ground where that is at most
    ``max_depth`` (m) deep and ``max_length`` (m) long, and fill the rest. Beside the DEM 5
    bytes a cell are needed; 4 of them, int32 (rows, cols) in C order, can be given as ``room``:
    best the array that :func:`.accumulation.accumulate` then writes to. Raises InputError
    where the shapes differ, the method is unknown or there are more than 2^32 cells.
    """
    if dem.shape != (frame.rows, frame.cols):
        raise InputError("QL-FLOW-SHAPE", dem=dem.shape, grid=(frame.rows, frame.cols))
    if method not in ("fill", "breach"):
        raise InputError("QL-FLOW-METHOD", method=method)
    if dem.size > _MOST_CELLS:
        raise InputError("QL-FLOW-SIZE", cells=dem.size)
    if dem.size == 0:
        return FlowField(np.empty(dem.shape, np.uint8), np.empty(0, np.uint32), np.empty(0, np.float32))
    heights = np.require(dem, np.float32, ["C", "W"])
    log = ChangeLog(heights)
    try:
        room = _zeros(heights.shape, room)
        if method == "breach":
            breach_depressions(heights, frame, log, room, max_depth, max_length, progress)
            room = _zeros(heights.shape, room)
        codes = fill_depressions(heights, frame, log, room, progress)
        direction = steepest_descent(heights, frame, progress, codes)
        drain_flats(heights, direction, room, progress)
    finally:
        changed = log.undo()
    return FlowField(direction, *changed)


def _zeros(shape: tuple[int, ...], room: np.ndarray | None) -> np.ndarray:
    if room is None or room.shape != shape or room.dtype != np.int32 or not room.flags.c_contiguous:
        return np.zeros(shape, np.int32)
    sweep(lambda first, stop: room[first:stop].fill(0), shape[0], shape[1], SILENT)
    return room
