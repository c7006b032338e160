"""What became of each class between two dates: the change matrix of land use or erosion.

Serves 7.0.2-style comparisons (before and after treatment, 较之前): areas from class to class, and
for graded classes how much land went up and down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, Mapping

import numpy as np

from .areas import Part, Zone, boxed, clipped, cover, read_parts
from .errors import InputError, Problem
from .planar import Planar, ShapelyPlanar
from .progress import SILENT, Progress


@dataclass(frozen=True)
class ChangeMatrix:
    """Areas in m² from a class ``before`` to a class ``after``: ``area[i, j]``.

    ``total`` of the extent; land without a class at either date is ``uncompared``.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    area: np.ndarray
    total: float

    @property
    def uncompared(self) -> float:
        """Land that has no class at one date or at both, m²."""
        rest = self.total - float(self.area.sum())
        return rest if rest > self.total / 50e6 else 0.0

    @property
    def unchanged(self) -> float:
        """Land whose class is the same, m²."""
        return math.fsum(
            float(self.area[i, self.after.index(code)])
            for i, code in enumerate(self.before)
            if code in self.after
        )

    def of_before(self) -> dict[str, float]:
        """Compared area of each class at the first date, m²."""
        return dict(zip(self.before, self.area.sum(axis=1).tolist()))

    def of_after(self) -> dict[str, float]:
        """Compared area of each class at the second date, m²."""
        return dict(zip(self.after, self.area.sum(axis=0).tolist()))

    def warnings(self) -> list[Problem]:
        """What could not be compared."""
        rest = self.uncompared
        return [Problem("QL-CHANGE-UNCOMPARED", {"area": f"{rest:.1f}"})] if rest else []


@dataclass(frozen=True)
class GradeChange:
    """How graded land moved, m²: ``up`` to a higher grade, ``down`` to a lower one, ``same``.

    ``over_before``, ``over_after``: land from the threshold grade on (eroded land, say). ``steps`` area
    by the number of grades moved, negative downwards.
    """

    up: float
    down: float
    same: float
    over_before: float
    over_after: float
    steps: Mapping[int, float]

    @property
    def over_change(self) -> float:
        """Change of the land from the threshold grade on; negative is less."""
        return self.over_after - self.over_before


def change_of_cells(before: np.ndarray, after: np.ndarray, areas_m2: np.ndarray | float) -> ChangeMatrix:
    """The matrix of two rasters of one grid. Class codes are above 0; 0 has no class, negative is outside.

    ``areas_m2`` of a cell, or broadcastable to the raster. By hand: cells of 100 m², before [2, 2, 3, 0],
    after [1, 2, 3, 3]: 2 to 1, 2 to 2 and 3 to 3 hold 100 m² each and 100 m² are not compared.
    """
    if before.shape != after.shape:
        raise InputError("QL-CHANGE-SHAPE", before=str(before.shape), after=str(after.shape))
    weight = np.broadcast_to(np.asarray(areas_m2, dtype=np.float64), before.shape)
    rows, row = np.unique(before, return_inverse=True)
    cols, col = np.unique(after, return_inverse=True)
    pair = row.reshape(before.shape) * cols.size + col.reshape(before.shape)
    sums = np.bincount(pair.ravel(), weight.ravel(), rows.size * cols.size).reshape(rows.size, cols.size)
    keep_rows, keep_cols = rows > 0, cols > 0
    return ChangeMatrix(
        tuple(str(int(v)) for v in rows[keep_rows]),
        tuple(str(int(v)) for v in cols[keep_cols]),
        sums[keep_rows][:, keep_cols],
        float(sums[rows >= 0][:, cols >= 0].sum()),
    )


def change_of_parts(
    before: Iterable[Part],
    after: Iterable[Part],
    extent: Zone,
    planar: Planar | None = None,
    progress: Progress = SILENT,
) -> ChangeMatrix:
    """The matrix of two polygon layers inside ``extent``, exactly.

    Where polygons of a layer overlap, the first keeps the land (see :mod:`.areas`). Raises InputError,
    MissingLibrary, Cancelled.
    """
    plane = ShapelyPlanar() if planar is None else planar
    window = plane.read(extent.wkb, extent.key)
    first, second = (
        cover(read_parts(layer, plane, progress), window, extent.key, plane, progress)
        for layer in (before, after)
    )
    later = boxed(second.pieces, plane)
    found: dict[tuple[str, str], list[float]] = {}
    progress.stage("change", len(first.pieces))
    for done, piece in enumerate(first.pieces):
        progress.step(done / len(first.pieces))
        for common in clipped(later, piece.shape, plane):
            found.setdefault((piece.code, common.code), []).append(plane.area(common.shape))
    codes = sorted({p.code for p in first.pieces})
    columns = sorted({p.code for p in second.pieces})
    area = np.array([[math.fsum(found.get((b, a), [])) for a in columns] for b in codes])
    return ChangeMatrix(tuple(codes), tuple(columns), area.reshape(len(codes), len(columns)), first.total)


def grade_change(matrix: ChangeMatrix, threshold: int) -> GradeChange:
    """Up, down and same of classes that are grades (whole numbers), and the land from ``threshold`` on.

    By hand: 300 m² from 4 to 2 and 100 m² from 1 to 2 with the threshold 2: 300 down, 100 up, the land
    from 2 on grows by 100 m².
    """
    before = np.array([int(c) for c in matrix.before], dtype=int)
    after = np.array([int(c) for c in matrix.after], dtype=int)
    step = after[None, :] - before[:, None]
    steps = {int(s): float(matrix.area[step == s].sum()) for s in np.unique(step)}
    return GradeChange(
        up=math.fsum(a for s, a in steps.items() if s > 0),
        down=math.fsum(a for s, a in steps.items() if s < 0),
        same=steps.get(0, 0.0),
        over_before=float(matrix.area[before >= threshold].sum()),
        over_after=float(matrix.area[:, after >= threshold].sum()),
        steps={s: a for s, a in steps.items() if a > 0},
    )
