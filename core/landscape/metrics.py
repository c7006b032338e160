"""FRAGSTATS' pattern metrics at class and landscape level, one function per metric.

Names and definitions are those of FRAGSTATS v4 (McGarigal, Cushman & Ene 2012, and the
help of v4.2, 2015); what each means, its unit and its formula stand in
``resources/landscape/metrics.yaml``. Companions of table 7-1: no verdict reads them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Callable, Iterable

import numpy as np

from ..data import RESOURCES, load_yaml
from ..errors import InputError, Problem
from ..progress import SILENT, Progress
from .mosaic import Mosaic
from .patches import Patches, patches

M2_PER_HM2 = 10_000.0


@dataclass(frozen=True)
class Scope:
    """What a formula sees: one class, or the whole landscape (``code`` None).

    ``cells``, ``sides``, ``nearest`` of its patches (cells, cell sides, cells); ``edge`` cell sides
    that count as edge; ``outline`` cell sides against anything else, the border always included;
    ``all_cells`` of the landscape; ``shares`` (m,) of its classes; ``beside`` (m, m) double count.
    """

    code: int | None
    cells: np.ndarray
    sides: np.ndarray
    nearest: np.ndarray | None
    edge: float
    outline: int
    all_cells: int
    shares: np.ndarray
    beside: np.ndarray
    class_cells: np.ndarray
    cell_size: float
    position: int | None

    @property
    def hm2(self) -> float:
        """Area of one cell, hm²."""
        return self.cell_size * self.cell_size / M2_PER_HM2


@dataclass(frozen=True)
class MetricText:
    """What a metric is called, at which levels it exists, its unit and formula."""

    key: str
    levels: tuple[str, ...]
    unit: str | None
    zh: str
    en: str
    formula: str


@dataclass(frozen=True)
class MetricValue:
    """One number: ``level`` class or landscape; ``value`` None where the metric is undefined."""

    metric: str
    level: str
    class_code: int | None
    value: float | None


@dataclass(frozen=True)
class Pattern:
    """The metrics of a landscape with the rules they were counted by."""

    values: tuple[MetricValue, ...]
    neighbours: int
    cell_size: float
    boundary_is_edge: bool
    cells: int
    patches: int

    def value(self, metric: str, class_code: int | None = None) -> float | None:
        """Value of a metric for a class, or for the landscape. Raises KeyError."""
        for found in self.values:
            if found.metric == metric and found.class_code == class_code:
                return found.value
        raise KeyError((metric, class_code))


Formula = Callable[[Scope], "float | None"]
FORMULAS: dict[str, Formula] = {}


def metric(key: str) -> Callable[[Formula], Formula]:
    """Register a formula under FRAGSTATS' name of the metric."""

    def register(function: Formula) -> Formula:
        FORMULAS[key] = function
        return function

    return register


@metric("CA")
def ca(s: Scope) -> float:
    """Area of the class, hm²."""
    return int(s.cells.sum()) * s.hm2


@metric("PLAND")
def pland(s: Scope) -> float:
    """Share of the landscape, %."""
    return 100.0 * int(s.cells.sum()) / s.all_cells


@metric("NP")
def patch_count(s: Scope) -> float:
    """Number of patches."""
    return float(s.cells.size)


@metric("PD")
def pd(s: Scope) -> float:
    """Patches per 100 hm² of the landscape."""
    return 100.0 * s.cells.size / (s.all_cells * s.hm2)


@metric("LPI")
def lpi(s: Scope) -> float:
    """Share of the largest patch in the landscape, %."""
    return 100.0 * int(s.cells.max()) / s.all_cells


@metric("ED")
def ed(s: Scope) -> float:
    """Edge length per area of the landscape, m/hm²."""
    return s.edge * s.cell_size / (s.all_cells * s.hm2)


@metric("LSI")
def lsi(s: Scope) -> float:
    """Sides of the outline over the fewest sides that so many cells can have."""
    return float(s.outline / shortest_outline(np.array([s.cells.sum()]))[0])


@metric("AREA_MN")
def area_mn(s: Scope) -> float:
    """Mean patch area, hm²."""
    return float(s.cells.mean()) * s.hm2


@metric("SHAPE_MN")
def shape_mn(s: Scope) -> float:
    """Mean of patch perimeter over the shortest possible perimeter of so many cells."""
    return float((s.sides / shortest_outline(s.cells)).mean())


@metric("ENN_MN")
def enn_mn(s: Scope) -> float | None:
    """Mean distance to the nearest patch of the class, m, over the patches that have one."""
    if s.nearest is None or np.isnan(s.nearest).all():
        return None
    return float(np.nanmean(s.nearest)) * s.cell_size


@metric("AI")
def ai(s: Scope) -> float | None:
    """Like neighbours over the most possible ones, %; the landscape's is weighted by class share."""
    each = _aggregation(np.diagonal(s.beside) / 2, s.class_cells)
    if s.position is not None:
        return None if np.isnan(each[s.position]) else float(each[s.position])
    # a class of one cell has no neighbours to share: it adds nothing (He et al. 2000, FRAGSTATS)
    return None if np.isnan(each).all() else float(np.nansum(each * s.shares))


@metric("COHESION")
def cohesion(s: Scope) -> float:
    """Patch cohesion, % (Schumaker 1996): perimeters in cell sides, areas in cells."""
    if s.all_cells == 1:
        return 0.0
    weight = float((s.sides * np.sqrt(s.cells)).sum())
    spread = 1 - int(s.sides.sum()) / weight
    return 100.0 * spread / (1 - 1 / math.sqrt(s.all_cells))


@metric("DIVISION")
def division(s: Scope) -> float:
    """Chance that two random points lie in different patches, or not in the class (Jaeger 2000)."""
    return 1.0 - _squares(s) / float(s.all_cells) ** 2


@metric("MESH")
def mesh(s: Scope) -> float:
    """Effective mesh size, hm² (Jaeger 2000)."""
    return _squares(s) / s.all_cells * s.hm2


@metric("CONTAG")
def contag(s: Scope) -> float | None:
    """Contagion, % (Li & Reynolds 1993), adjacencies counted double; undefined for one class."""
    if s.shares.size < 2:
        return None
    total = s.beside.sum(axis=1)
    joint = s.shares[:, None] * s.beside / np.where(total, total, 1)[:, None]
    joint = joint[joint > 0]
    return 100.0 * (1 + float((joint * np.log(joint)).sum()) / (2 * math.log(s.shares.size)))


@metric("PR")
def pr(s: Scope) -> float:
    """Number of classes."""
    return float(s.shares.size)


@metric("SHDI")
def shdi(s: Scope) -> float:
    """Shannon's diversity, natural logarithm."""
    return _shannon(s.shares)


@metric("SIDI")
def sidi(s: Scope) -> float:
    """Simpson's diversity."""
    return float(1 - (s.shares**2).sum())


@metric("SHEI")
def shei(s: Scope) -> float:
    """Shannon's evenness; 0 for one class."""
    return _shannon(s.shares) / math.log(s.shares.size) if s.shares.size > 1 else 0.0


def shortest_outline(cells: np.ndarray) -> np.ndarray:
    """Fewest sides around so many cells (Milne 1991; Bogaert et al. 2000), shape as given, int64."""
    n = np.sqrt(cells.astype(np.float64)).astype(np.int64)
    n -= n * n > cells
    n += (n + 1) * (n + 1) <= cells
    rest = cells - n * n
    return 4 * n + 2 * (rest > 0) + 2 * (rest > n)


def _most_like_sides(cells: np.ndarray) -> np.ndarray:
    """Most like neighbours among so many cells, single count: (4 a - shortest outline) / 2."""
    return (4 * cells - shortest_outline(cells)) // 2


def _aggregation(like: np.ndarray, cells: np.ndarray) -> np.ndarray:
    most = _most_like_sides(cells).astype(np.float64)
    return np.where(most > 0, 100.0 * like / np.where(most > 0, most, 1), np.nan)


def _shannon(shares: np.ndarray) -> float:
    return float(-(shares * np.log(shares)).sum()) + 0.0


def _squares(s: Scope) -> float:
    return float((s.cells.astype(np.float64) ** 2).sum())


@lru_cache(maxsize=1)
def texts() -> dict[str, MetricText]:
    """Name, levels, unit and formula of every metric, in the order they are listed."""
    raw = load_yaml(RESOURCES / "landscape" / "metrics.yaml")
    return {
        key: MetricText(key, tuple(e["levels"]), e["unit"], e["zh"], e["en"], e["formula"])
        for key, e in raw.items()
    }


def pattern(
    landscape: Mosaic,
    metrics: Iterable[str] | None = None,
    neighbours: int = 8,
    boundary_is_edge: bool = False,
    progress: Progress = SILENT,
) -> Pattern:
    """The ``metrics`` (default all) of every class and of the landscape.

    ``neighbours`` 8 or 4 decides what is one patch; ``boundary_is_edge`` counts the border of the
    landscape (and sides beside no data) as edge in ED. Raises InputError (unknown metric, rule), Cancelled.
    """
    wanted = _checked(metrics, neighbours)
    counted = patches(landscape, neighbours == 8, "ENN_MN" in wanted, progress)
    found: list[MetricValue] = []
    for position in range(len(landscape.classes)):
        scope = _class_scope(landscape, counted, position, boundary_is_edge)
        found += _values(scope, wanted, "class")
    found += _values(_landscape_scope(landscape, counted, boundary_is_edge), wanted, "landscape")
    cells = int(counted.cells.sum())
    return Pattern(tuple(found), neighbours, landscape.cell_size, boundary_is_edge, cells, counted.cells.size)


def _checked(metrics: Iterable[str] | None, neighbours: int) -> list[str]:
    wanted = list(texts()) if metrics is None else [m.upper() for m in metrics]
    problems = [
        Problem("QL-LANDSCAPE-METRIC", {"metric": m, "known": ", ".join(texts())})
        for m in wanted
        if m not in texts()
    ]
    if neighbours not in (4, 8):
        problems.append(Problem("QL-LANDSCAPE-NEIGHBOURS", {"neighbours": neighbours}))
    if problems:
        raise InputError(problems=problems)
    return wanted


def _values(scope: Scope, wanted: list[str], level: str) -> list[MetricValue]:
    return [
        MetricValue(key, level, scope.code, FORMULAS[key](scope))
        for key in wanted
        if level in texts()[key].levels
    ]


def _class_scope(landscape: Mosaic, counted: Patches, position: int, boundary_is_edge: bool) -> Scope:
    mine = counted.owner == position
    others = int(counted.beside[position].sum() - counted.beside[position, position])
    border = int(counted.border[position])
    return _scope(
        landscape, counted, mine, others + (border if boundary_is_edge else 0), others + border, position
    )


def _landscape_scope(landscape: Mosaic, counted: Patches, boundary_is_edge: bool) -> Scope:
    between = int(counted.beside.sum() - np.trace(counted.beside)) // 2
    border = int(counted.border.sum())
    everything = np.ones(counted.owner.size, dtype=bool)
    edge = between + (border if boundary_is_edge else 0)
    return _scope(landscape, counted, everything, edge, between + border, None)


def _scope(
    landscape: Mosaic, counted: Patches, which: np.ndarray, edge: int, outline: int, position: int | None
) -> Scope:
    class_cells = np.bincount(counted.owner, counted.cells, len(landscape.classes)).astype(np.int64)
    total = int(class_cells.sum())
    return Scope(
        code=None if position is None else landscape.classes[position],
        cells=counted.cells[which],
        sides=counted.sides[which],
        nearest=None if counted.nearest is None else counted.nearest[which],
        edge=edge,
        outline=outline,
        all_cells=total,
        shares=class_cells / total,
        beside=counted.beside,
        class_cells=class_cells,
        cell_size=landscape.cell_size,
        position=position,
    )
