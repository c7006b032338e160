"""Area on the ground of a plot: its area on the map over the cosine of the slope, cell by cell (5.1.2, ours)."""

from __future__ import annotations

import numpy as np

from ..grid import Grid
from ..progress import SILENT, Progress
from ..siting.model import Shape, Shapes
from ..siting.sampling import sample
from ..terrain.relief import slope_degrees


def ground_factor(dem: Grid, progress: Progress = SILENT) -> Grid:
    """Ground area per map area of each cell, 1 / cos(slope by Horn 1981), float32, NaN at nodata."""
    slope = slope_degrees(dem.values, dem.frame, progress)
    factor = 1.0 / np.cos(np.radians(slope))
    factor[np.isnan(dem.values)] = np.nan
    return Grid(factor.astype(np.float32), dem.frame)


class GroundArea:
    """Measures polygons on the ground; ``factor`` (:func:`ground_factor`) lies in the CRS of the shapes.

    ``gaps`` counts the polygons of which no cell is known.
    """

    def __init__(self, shapes: Shapes, factor: Grid) -> None:
        self._shapes = shapes
        self._factor = factor
        self.gaps = 0

    def __call__(self, shape: Shape) -> float | None:
        """m² on the ground: map area times the mean factor of its cells; None where none is known."""
        found = sample(self._shapes.rings(shape), 2, self._factor.frame)
        values = found.values(self._factor.values)[found.mask] if found is not None else np.empty(0)
        known = values[np.isfinite(values)]
        if known.size == 0:
            self.gaps += 1
            return None
        return self._shapes.area(shape) * float(np.mean(known, dtype=np.float64))
