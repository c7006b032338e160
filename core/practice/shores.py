"""Banks with their classes, and the reaches under treatment, planted so that C.8 can be worked out by adding
lengths.

The lower river is under treatment from end to end of its surveyed banks; the banks of the upper river and of
the first brook, not treated, begin 80 m and more away, so no bank lies half in a treated reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import chance, names
from .scene import Watershed
from .site import RIVER_KM2

GAP_M = 80.0
SIDES = {"left": "左岸", "right": "右岸"}
SLOPES_DEG = {"硬质": 45.0, "人工生态": 26.6, "自然": 12.0}
"""Slope of a bank by its class, degrees: walls of 1:1, laid banks of 1:2, grown ones flatter than 15 (6.3.4-1)."""

_OFFSET = 6.0
_PIECE_M = 90.0


@dataclass(frozen=True)
class Reach:
    """A reach under treatment."""

    name: str
    river: str
    line: np.ndarray


@dataclass(frozen=True)
class Bank:
    """A piece of bank of one class on one side."""

    river: str
    side: str
    bank_type: str
    line: np.ndarray
    treated: bool

    @property
    def slope_deg(self) -> float:
        """Slope of the bank above the water, degrees."""
        return SLOPES_DEG[self.bank_type]

    @property
    def length_m(self) -> float:
        """Length from its own coordinates."""
        return line_length(self.line)


def line_length(line: np.ndarray) -> float:
    """Sum of the lengths of a line's segments."""
    d = np.diff(line, axis=0)
    return float(sum(np.sqrt(d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]).tolist()))


def _course(w: Watershed) -> list[np.ndarray]:
    """Smoothed centre lines, downstream: lower river (treated), upper river, first brook."""
    river = w.brooks[0].path
    inside = w.ground.inside.ravel()[river]
    drained = w.site.drained_km2.ravel()[river]
    wide = river[inside & (drained >= RIVER_KM2)]
    lines = _smooth(brooks_xy(w, wide))
    half = len(lines) // 2
    gap = int(GAP_M / 15) + 2
    found = [lines[half + gap :], lines[: half - gap]]
    brook = next((b for b in w.brooks[1:] if b.parent == 0 and b.area_km2 >= 0.5), None)
    if brook is not None:
        xy = _smooth(brooks_xy(w, brook.path[:-1]))
        found.append(xy[len(xy) // 3 : len(xy) - 3 * gap])
    return found


def brooks_xy(w: Watershed, path: np.ndarray) -> np.ndarray:
    """All cell centres of a path, (n, 2)."""
    row, col = np.divmod(path, w.ground.cols)
    return np.stack([w.ground.x0 + (col + 0.5) * 5.0, w.ground.y0 - (row + 0.5) * 5.0], axis=1)


def _smooth(xy: np.ndarray) -> np.ndarray:
    """Every third point of a running mean over nine."""
    half = 4
    if len(xy) < 3 * half:
        return xy
    sums = np.cumsum(np.concatenate([np.zeros((1, 2)), xy - xy[0]]), axis=0)
    mean = (sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1) + xy[0]
    return np.round(mean[::3] * 8) / 8


def reaches(w: Watershed) -> list[Reach]:
    """The one reach under treatment: the lower river."""
    return [Reach(f"{names.RIVER}下游治理段", names.RIVER, _course(w)[0])]


def _shifted(line: np.ndarray, left: bool) -> np.ndarray:
    """The line moved 6 m to its left or right, seen downstream; coordinates rounded to 1/8 m."""
    along = np.zeros_like(line)
    along[1:-1] = line[2:] - line[:-2]
    along[0], along[-1] = line[1] - line[0], line[-1] - line[-2]
    length = np.sqrt(along[:, 0] * along[:, 0] + along[:, 1] * along[:, 1])
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    return np.round((line + (_OFFSET if left else -_OFFSET) * normal) * 8) / 8


def banks(w: Watershed) -> list[Bank]:
    """Both banks of the courses in pieces of about 90 m with planted classes.

    On the treated reach pieces are made hard, in an order of chance, as long as they stay within 38 % of the
    length: the ratio of C.8 comes out a little above 62 %, so that it passes 60 and fails 70.
    """
    found: list[Bank] = []
    rivers = (names.RIVER, names.RIVER, names.BROOKS[0])
    for number, line in enumerate(_course(w)):
        pieces = [(left, piece) for left in (True, False) for piece in _pieces(_shifted(line, left))]
        lengths = [line_length(piece) for _, piece in pieces]
        hard: set[int] = set()
        laid = 0.0
        for k in chance.shuffled(w.seed, "banks", list(range(len(pieces)))) if number == 0 else []:
            if laid + lengths[k] <= 0.38 * sum(lengths):
                hard.add(k)
                laid += lengths[k]
        for k, (left, piece) in enumerate(pieces):
            kind = "硬质" if k in hard else ("人工生态" if number == 0 and k % 3 == 0 else "自然")
            found.append(Bank(rivers[number], "left" if left else "right", kind, piece, number == 0))
    return found


def _pieces(line: np.ndarray) -> list[np.ndarray]:
    """The line cut at its points into pieces of at least 90 m (the last one as it comes)."""
    d = np.diff(line, axis=0)
    reach = np.cumsum(np.sqrt(d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]))
    pieces, start, laid = [], 0, 0.0
    for k, at in enumerate(reach.tolist(), start=1):
        if (at - laid >= _PIECE_M and len(line) - 1 - k >= 4) or k == len(line) - 1:
            pieces.append(line[start : k + 1])
            start, laid = k, at
    return pieces
