"""The channels that the practice ground was made with, told from its flow tree (for clause 4.3.1's answers).

A whole channel runs from the first cell that drains the initiation area down to the channel that drains more,
or to the edge. Its area excludes the receiving cell; its length includes the step into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from .ground import CELL, Ground

INITIATION_M2 = 20000.0


@dataclass(frozen=True)
class Brook:
    """A whole channel: ``path`` flat cells from head to the receiving cell (or the edge)."""

    path: np.ndarray
    drained_cells: int
    parent: Optional[int]

    @property
    def area_km2(self) -> float:
        """Drained at the mouth, without the receiving cell."""
        return self.drained_cells * CELL * CELL / 1e6

    def length_m(self, cols: int) -> float:
        """From centre to centre along the path: straight steps of 5 m, diagonal ones of 5 m x root 2."""
        apart = np.abs(np.diff(self.path))
        diagonal = int(((apart == cols + 1) | (apart == cols - 1)).sum())
        return CELL * ((apart.size - diagonal) + diagonal * float(np.sqrt(2.0)))

    def gradient_permil(self, ground: Ground) -> float:
        """Mean gradient, permil: 1000 [sum of (Z(i-1) + Z(i)) l(i) - 2 Z(0) L] / L², Z(0) the mouth's height."""
        z = ground.z.ravel()[self.path[::-1]].astype(np.float64)
        apart = np.abs(np.diff(self.path[::-1]))
        diagonal = (apart == ground.cols + 1) | (apart == ground.cols - 1)
        step = np.where(diagonal, CELL * np.sqrt(2.0), CELL)
        length = float(sum(step.tolist()))
        total = float(sum(((z[1:] + z[:-1]) * step).tolist()))
        return 1000 * (total - 2 * float(z[0]) * length) / (length * length)


def all_brooks(ground: Ground) -> list[Brook]:
    """Whole channels with their mouth inside the watershed, or running through it, largest first.

    The first is the main river, followed to the edge of the ground.
    """
    receiver, drained = ground.forest.receiver, ground.drained
    wet = np.flatnonzero(drained >= int(INITIATION_M2 / (CELL * CELL)))
    wet = wet[np.argsort(drained[wet], kind="stable")]
    donor = _main_donors(receiver, drained, ground.forest.step, wet)
    heads = wet[donor[wet] < 0]
    inside = ground.inside.ravel()
    found = []
    for head in heads.tolist():
        path = [head]
        while receiver[path[-1]] != path[-1] and donor[receiver[path[-1]]] == path[-1]:
            path.append(int(receiver[path[-1]]))
        count = int(drained[path[-1]])
        if receiver[path[-1]] != path[-1]:
            path.append(int(receiver[path[-1]]))
        if inside[head]:
            found.append((count, np.array(path)))
    found.sort(key=lambda item: (-item[0], int(item[1][0])))
    return _with_parents(found)


def _main_donors(receiver: np.ndarray, drained: np.ndarray, step: np.ndarray, wet: np.ndarray) -> np.ndarray:
    """For each cell the donor that carries its channel on upwards, -1 at a head.

    It is the one that drains most; where two drain the same, the one with the longer way from its head.
    """
    donor = np.full(drained.size, -1)
    length = np.zeros(drained.size)
    for cell in wet.tolist():  # ascending in drained cells: a donor always comes before its receiver
        if donor[cell] >= 0:
            length[cell] = length[donor[cell]] + step[donor[cell]]
        to = receiver[cell]
        rival = donor[to]
        if to != cell and (rival < 0 or (drained[cell], length[cell]) > (drained[rival], length[rival])):
            donor[to] = cell
    return donor


def _with_parents(found: list[tuple[int, np.ndarray]]) -> list[Brook]:
    owner: dict[int, int] = {}
    for number, (_, path) in enumerate(found):
        for cell in path[:-1].tolist():
            owner[cell] = number
    if found:
        owner.setdefault(int(found[0][1][-1]), 0)
    return [
        Brook(path, count, None if k == 0 else owner.get(int(path[-1])))
        for k, (count, path) in enumerate(found)
    ]


def coordinates(ground: Ground, path: np.ndarray) -> np.ndarray:
    """Cell centres of a path, (n, 2), points on a straight run left out."""
    row, col = np.divmod(path, ground.cols)
    xy = np.stack([ground.x0 + (col + 0.5) * CELL, ground.y0 - (row + 0.5) * CELL], axis=1)
    if len(xy) < 3:
        return xy
    a, b = xy[1:-1] - xy[:-2], xy[2:] - xy[1:-1]
    bend = a[:, 0] * b[:, 1] != a[:, 1] * b[:, 0]
    return xy[np.concatenate([[True], bend, [True]])]
