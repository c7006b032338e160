"""Cutting a way out of a depression where a road bank or a rough DEM dams a valley (4.3.1)."""

from __future__ import annotations

import numpy as np

from ..grid import GridFrame
from ..progress import Progress
from .conditioning import ChangeLog


def breach_depressions(
    heights: np.ndarray, frame: GridFrame, log: ChangeLog, max_depth: float, max_length: float, progress: Progress
) -> None:
    raise NotImplementedError
