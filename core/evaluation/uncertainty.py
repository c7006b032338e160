"""How sure a number is: standard errors from stated errors of lines, cells and classes (C.1, C.2, C.7, C.8).

Errors are stated by whoever made the data; nothing is assumed. The interval holds the truth about 95
times in 100 where the errors are what was stated (tested on data with known error).
"""

from __future__ import annotations

import math
from typing import Iterable, NamedTuple, Sequence


class Accuracy(NamedTuple):
    """Stated errors: ``line_m`` standard error of a line's place, ``vertex_m`` the length over which it holds
    (about the spacing of vertices), ``class_share`` share (0 to 1) of units with a wrong class.
    """

    line_m: float = 0.0
    vertex_m: float = 50.0
    class_share: float = 0.0

    @property
    def stated(self) -> bool:
        """Whether any error is stated."""
        return self.line_m > 0 or self.class_share > 0


def cell_accuracy(cell_m: float) -> Accuracy:
    """The line error of polygons made from cells: anywhere within a cell, cell by cell."""
    return Accuracy(cell_m / math.sqrt(12), cell_m)


def outline_sd(perimeter_m: float, accuracy: Accuracy) -> float:
    """Standard error of an area, m², from the place of its outline.

    Along every ``vertex_m`` of outline the line is off by ``line_m`` on its own: σ · √(P · l). By hand: 10 km of
    outline off by 5 m every 100 m: 5 · √(10 000 · 100) = 5 000 m².
    """
    return accuracy.line_m * math.sqrt(max(perimeter_m, 0.0) * accuracy.vertex_m)


def class_sd(inside: Sequence[float], outside: Sequence[float], share: float) -> float:
    """Standard error of the area of a class, m², where ``share`` of its units belong elsewhere.

    As much land is wrongly out as wrongly in: units outside are wrong with share · inside / outside. By hand:
    100 units of 1 m² in and 300 out, 10 % wrong: √(100 · 0.09 + 300 · (1/30)(29/30)) = 4.32 m².
    """
    within, beyond = math.fsum(inside), math.fsum(outside)
    if share <= 0 or within <= 0 or beyond <= 0:
        return 0.0
    other = min(share * within / beyond, 1.0)
    variance = share * (1 - share) * _squares(inside) + other * (1 - other) * _squares(outside)
    return math.sqrt(variance)


def _squares(values: Iterable[float]) -> float:
    return math.fsum(v * v for v in values)


def breaks_sd(breaks: int, accuracy: Accuracy) -> float:
    """Standard error of a length of bank, m, from the place where classes change: σ · √breaks."""
    return accuracy.line_m * math.sqrt(max(breaks, 0))


def together(*errors: float) -> float:
    """Independent errors together."""
    return math.sqrt(math.fsum(e * e for e in errors))
