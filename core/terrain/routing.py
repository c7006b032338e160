"""From heights to drained areas in one job: what the stream survey and the delineation start from.

Runs in this process or in a child of it (:mod:`..compute`), so it takes and gives
arrays and plain values only.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Mapping

import numpy as np

from ..grid import GridFrame
from ..progress import Progress
from . import jit
from .accumulation import accumulate, contaminated
from .flow import flow_directions
from .surveyed import SurveyedPaths, enforce

# Peak of the whole job beside the DEM itself, bytes a cell: direction, drained, scratch.
BYTES_PER_CELL = 14.0


def route_values(frame: GridFrame, method: str, max_depth: float, max_length: float) -> dict[str, Any]:
    """The job's plain values for a DEM on ``frame``; depth and length (m) bound breaching."""
    return {"frame": asdict(frame), "method": method, "max_depth": max_depth, "max_length": max_length}


def route_job(
    arrays: Mapping[str, np.ndarray], values: Mapping[str, Any], progress: Progress
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """``dem`` (float32, NaN = no data) to ``direction``, ``drained`` and ``contaminated``.

    ``drained`` counts cells (int32) on a projected grid and holds m² (float64) on one in
    degrees. Also gives ``changed``, the number of cells whose height was raised or cut.
    ``path_cells`` and ``path_successor`` (as in SurveyedPaths) hold the flow on surveyed lines.
    """
    frame = GridFrame(**values["frame"])
    jit.load(progress)
    room, out = _shared_room(frame)
    flow = flow_directions(
        arrays["dem"],
        frame,
        progress=progress,
        method=values["method"],
        max_depth=values["max_depth"],
        max_length=values["max_length"],
        room=room,
    )
    direction, changed = flow.direction, len(flow.cells)
    del flow  # its changed heights would lie beside the drained area
    if "path_cells" in arrays:
        paths = SurveyedPaths((), (), (), arrays["path_cells"], arrays["path_successor"])
        enforce(direction, paths)
    weights = frame.row_cell_areas() if frame.geographic else None
    drained = accumulate(direction, weights, progress, out)
    beyond = contaminated(direction, progress)
    return {"direction": direction, "drained": drained, "contaminated": beyond}, {"changed": changed}


def _shared_room(frame: GridFrame) -> tuple[np.ndarray, np.ndarray]:
    """Memory that the directions are worked out in, int32 (rows, cols), and that then takes the drained area."""
    shape = frame.rows, frame.cols
    if not frame.geographic:
        room = np.empty(shape, np.int32)
        return room, room
    out = np.empty(shape, np.float64)
    return out.reshape(-1)[: (out.size + 1) // 2].view(np.int32)[: out.size].reshape(shape), out
