"""The practice ground: hills and valleys shaped by rivers, at 5 m.

Stream-power erosion with uplift, solved implicitly down the flow tree (Braun & Willett 2013, Geomorphology
180-181), area exponent 1/2, first on a coarse grid to a steady network, then refined in doublings with
hillslope diffusion, so that channels are dendritic, hilltops convex and the long profile concave. The valley
floor is flattened where enough land drains through, as alluvium does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np

from ..progress import SILENT, Progress
from . import chance, flow

CELL = 5.0
"""Cell of the finished ground, m."""

EPSG = 4547
"""CGCS2000 / 3-degree Gauss-Kruger, central meridian 114 E, easting without zone prefix."""

EAST, NORTH = 462000.0, 3172000.0
"""Upper-left corner of the ground: about 113.61 E, 28.66 N, in the southern red-soil hills. The place is made
up.
"""

_COARSE = (176, 132)
_LEAST_RISE = 0.004
"""Least rise per cell width on the finished ground, m: no flats, no ties."""


@dataclass(frozen=True)
class Ground:
    """The finished ground.

    ``z`` (rows, cols) float32 heights in m; ``x0``, ``y0`` upper-left corner; ``outlet`` flat index of the
    outlet's cell; ``inside`` (rows, cols) the watershed; ``forest`` flow tree of the whole ground;
    ``drained`` cells drained.
    """

    z: np.ndarray
    x0: float
    y0: float
    outlet: int
    inside: np.ndarray
    forest: flow.Tree
    drained: np.ndarray

    @property
    def cols(self) -> int:
        return int(self.z.shape[1])

    def centre(self, cell: int) -> tuple[float, float]:
        """Coordinates of a cell's centre."""
        row, col = divmod(int(cell), self.cols)
        return self.x0 + (col + 0.5) * CELL, self.y0 - (row + 0.5) * CELL


def _border(shape: tuple[int, ...]) -> np.ndarray:
    edge = np.zeros(shape, dtype=bool)
    edge[[0, -1], :] = True
    edge[:, [0, -1]] = True
    return edge


Share = Callable[[float], None]
"""Is told which share of a piece of work is done; may raise Cancelled."""


def _within(progress: Progress, start: float, end: float) -> Share:
    """Steps of a piece of work that takes the stage from ``start`` to ``end``."""
    return lambda done: progress.step(start + (end - start) * done)


def erode(
    z: np.ndarray,
    base: np.ndarray,
    uplift: np.ndarray,
    power: float,
    rounds: int,
    creep: float,
    share: Share = SILENT.step,
) -> np.ndarray:
    """``rounds`` of uplift, stream-power incision (power x sqrt(cells drained) per cell width) and creep.

    ``creep`` is the diffusion number of one round (below 0.25). ``base`` cells keep their height.
    """
    for k in range(rounds):
        receiver = flow.drained_receivers(z, base)
        share((k + 0.3) / rounds)
        forest = flow.tree(receiver, z.shape[1])
        share((k + 0.6) / rounds)
        pull = power * np.sqrt(flow.drained_cells(forest).astype(float)) / forest.step
        flat = z.ravel().copy()
        risen = flat + uplift.ravel()
        for cells in forest.levels():
            f = pull[cells]
            flat[cells] = (risen[cells] + f * flat[forest.receiver[cells]]) / (1 + f)
        z = _creep(flat.reshape(z.shape), base, creep)
        share((k + 1) / rounds)
    return z


def _creep(z: np.ndarray, base: np.ndarray, number: float) -> np.ndarray:
    if number <= 0:
        return z
    p = np.pad(z, 1, mode="edge")
    curve = p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4 * z
    return np.where(base, z, z + number * curve)


def _young_land(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coarse start: a rough plateau tilted to the south, its base level all round, and its uplift."""
    rows, cols = _COARSE
    j, i = np.meshgrid(np.arange(cols, dtype=float), np.arange(rows, dtype=float))
    across, along = (2 * j - cols + 1) / cols, (2 * i - rows + 1) / rows
    rough = chance.smooth_noise(seed, "young", i, j, 48.0, 5)
    fine = chance.uniform_at(seed, "young/fine", i.astype(int), j.astype(int))
    base = across**4 + along**4 > 0.86 + 0.35 * chance.smooth_noise(seed, "rim", i, j, 24.0, 2)
    base |= _border(_COARSE)
    z = 8 * (1 - along) + 6 * across * across + 14 * rough + 1.5 * fine
    rim = 10 * (1 - along) + 0.3 * fine
    uplift = 1 + 0.5 * chance.smooth_noise(seed, "uplift", i, j, 44.0, 3)
    return np.where(base, rim, z + 30.0), base, uplift


def _stem(forest: flow.Tree, drained: np.ndarray, mouth: int) -> list[int]:
    """The main stem from ``mouth`` upwards, each time to the donor that drains most."""
    donors: dict[int, int] = {}
    for cell in np.argsort(drained, kind="stable").tolist():
        donors[int(forest.receiver[cell])] = cell if forest.receiver[cell] != cell else donors.get(cell, -1)
    path, at = [mouth], mouth
    while donors.get(at, -1) >= 0:
        at = donors[at]
        path.append(at)
    return path


def _resample(z: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Catmull-Rom interpolation of ``z`` at fractional rows and columns (separable)."""
    return _along(_along(z, rows).T, cols).T


def _along(z: np.ndarray, at: np.ndarray) -> np.ndarray:
    i = np.floor(at).astype(int)
    t = (at - i)[:, None]
    last = z.shape[0] - 1
    p0, p1, p2, p3 = (z[np.clip(i + k, 0, last)] for k in (-1, 0, 1, 2))
    return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))


@dataclass(frozen=True)
class _Country:
    """The coarse land with the basin chosen on it."""

    z: np.ndarray
    inside: np.ndarray
    outlet: tuple[int, int]


def _country(seed: int, share: Share) -> _Country:
    """The largest basin of the coarse land, closed off by an outlet well inside it."""
    z, base, uplift = _young_land(seed)
    z = erode(z, base, uplift, 0.08, 300, 0.03, share)
    forest = flow.tree(flow.drained_receivers(z, base), z.shape[1])
    drained = flow.drained_cells(forest)
    edge = np.flatnonzero(base.ravel())
    mouth = int(edge[np.argmax(drained[edge])])
    stem = _stem(forest, drained, mouth)
    outlet = next(c for k, c in enumerate(stem) if k >= 9 and not _near(base, c, 6))
    inside = flow.upstream(forest, outlet).reshape(z.shape)
    row, col = divmod(outlet, z.shape[1])
    return _Country(z, inside, (row, col))


def _near(base: np.ndarray, cell: int, reach: int) -> bool:
    row, col = divmod(cell, base.shape[1])
    return bool(base[max(0, row - reach) : row + reach + 1, max(0, col - reach) : col + reach + 1].any())


def _window(inside: np.ndarray, margin: int) -> tuple[slice, slice]:
    rows, cols = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), min(inside.shape[0], int(rows[-1]) + margin + 1)),
        slice(max(0, int(cols[0]) - margin), min(inside.shape[1], int(cols[-1]) + margin + 1)),
    )


def build(seed: int, area_km2: float, progress: Progress = SILENT) -> Ground:
    """The practice ground for a seed, with a watershed of about ``area_km2`` (within some per cent).

    The wish is kept 6 % inside 5 to 50 km², so that what comes out lies within the clause's limits (3.0.2).
    """
    area_km2 = min(max(area_km2, 5.3), 47.2)
    progress.stage("practice_ground")
    country = _country(seed, _within(progress, 0.0, 0.2))
    width = float(np.sqrt(area_km2 * 1e6 / country.inside.sum()))
    window = _window(country.inside, max(6, int(260 / width) + 1))
    coarse = country.z[window]
    relief = coarse[country.inside[window]].max() - country.z[country.outlet]
    heights = (coarse - country.z[country.outlet]) * (_relief(area_km2) / relief)
    outlet = (
        (country.outlet[0] - window[0].start + 0.5) * width,
        (country.outlet[1] - window[1].start + 0.5) * width,
    )
    z = _weather(seed, _first_refinement(heights, width), 20.0, _within(progress, 0.2, 0.3))
    for finer, start, end in ((10.0, 0.3, 0.5), (CELL, 0.5, 0.9)):
        z = _weather(seed, _halve(z), finer, _within(progress, start, end))
    return _finish(seed, z, outlet, _within(progress, 0.9, 1.0))


def _relief(area_km2: float) -> float:
    """Height of the highest ridge above the outlet, m: 330 m at 12 km², growing with the root of the area's
    root.
    """
    return float(330 * np.sqrt(np.sqrt(area_km2 / 12)))


def _first_refinement(heights: np.ndarray, width: float) -> np.ndarray:
    """Heights of the coarse window on a grid of 20 m."""
    rows, cols = (int(n * width / 20) for n in heights.shape)
    at = [(np.arange(n) + 0.5) * 20 / width - 0.5 for n in (rows, cols)]
    return _resample(heights, at[0], at[1])


def _halve(z: np.ndarray) -> np.ndarray:
    at = [(np.arange(2 * n) + 0.5) / 2 - 0.5 for n in z.shape]
    return _resample(z, at[0], at[1])


def _weather(seed: int, z: np.ndarray, cell: float, share: Share) -> np.ndarray:
    """Finer gullies and rounder ridges: a few rounds of erosion at this cell with a little roughness."""
    i, j = np.meshgrid(np.arange(z.shape[0]), np.arange(z.shape[1]), indexing="ij")
    rough = chance.uniform_at(seed, f"rough/{cell}", i, j) - 0.5
    base = _border(z.shape)
    z = np.where(base, z, z + 0.06 * cell * rough)
    uplift = np.full(z.shape, 0.012 * cell)
    rounds = {20.0: 24, 10.0: 10, 5.0: 4}[cell]
    return erode(z, base, uplift, 0.0030 * cell / 5, rounds, {20.0: 0.03, 10.0: 0.08, 5.0: 0.14}[cell], share)


def _finish(seed: int, z: np.ndarray, near: tuple[float, float], share: Share) -> Ground:
    """Valley floors, then heights lifted over the flow tree so that no pit, flat or tie is left."""
    base = _border(z.shape)
    z = _valley_floor(z, base)
    share(0.3)
    z = _creep(_creep(z, base, 0.2), base, 0.2)
    share(0.4)
    forest = flow.tree(flow.drained_receivers(z, base), z.shape[1])
    i, j = np.divmod(np.arange(z.size), z.shape[1])
    least = _LEAST_RISE * (1 + 0.5 * chance.uniform_at(seed, "rise", i, j))
    share(0.6)
    z = flow.raise_over(z.ravel(), forest, least).reshape(z.shape)
    share(0.7)
    z = z - z.min() + 96.0
    z32 = z.astype(np.float32)
    forest = flow.tree(flow.steepest(z32.astype(float), np.zeros_like(base)), z.shape[1])
    share(0.9)
    drained = flow.drained_cells(forest)
    outlet = _outlet(drained.reshape(z.shape), near)
    inside = flow.upstream(forest, outlet).reshape(z.shape)
    return Ground(z32, EAST, NORTH, outlet, inside, forest, drained)


def _outlet(drained: np.ndarray, near: tuple[float, float]) -> int:
    """The cell that drains most within 150 m of the place where the coarse land had its outlet."""
    row, col = int(near[0] / CELL), int(near[1] / CELL)
    top, left = max(1, row - 30), max(1, col - 30)
    part = drained[top : min(row + 31, drained.shape[0] - 1), left : min(col + 31, drained.shape[1] - 1)]
    i, j = divmod(int(np.argmax(part)), part.shape[1])
    return (top + i) * drained.shape[1] + left + j


def clicked_outlet(ground: Ground, reach: float = 100.0) -> int:
    """A cell where someone might click to mean the outlet: of all cells within ``reach`` m of it, the outlet
    drains most.

    The click lies some 95 m upstream of the outlet, 1 m and more inside the reach, while the next cell
    downstream of the outlet lies outside by as much. The outlet itself where there is no such cell.
    """
    rows, cols = ground.z.shape
    row, col = divmod(ground.outlet, cols)
    below = divmod(int(ground.forest.receiver[ground.outlet]), cols)
    span = int(reach / CELL)
    i, j = np.mgrid[
        max(0, row - span) : min(rows, row + span + 1), max(0, col - span) : min(cols, col + span + 1)
    ]

    def away(to: tuple[int, int]) -> np.ndarray:
        return np.sqrt(((i - to[0]) * (i - to[0]) + (j - to[1]) * (j - to[1])).astype(float)) * CELL

    fit = (away((row, col)) <= reach - 1) & (away(below) >= reach + 1) & ground.inside[i, j]
    candidates = (i * cols + j)[fit]
    for cell in candidates[np.argsort(-ground.drained[candidates], kind="stable")].tolist():
        if _drains_most_within(ground, cell, reach) == ground.outlet:
            return int(cell)
    return ground.outlet


def _drains_most_within(ground: Ground, cell: int, reach: float) -> int:
    rows, cols = ground.z.shape
    row, col = divmod(cell, cols)
    span = int(reach / CELL) + 1
    i, j = np.mgrid[
        max(0, row - span) : min(rows, row + span + 1), max(0, col - span) : min(cols, col + span + 1)
    ]
    near = ((i - row) * (i - row) + (j - col) * (j - col)) * (CELL * CELL) <= reach * reach
    cells = (i * cols + j)[near]
    return int(cells[np.argmax(ground.drained[cells])])


def _valley_floor(z: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Ground near large channels brought down towards them, as rivers widen their floors.

    With H the height above the channel and f = the floor's depth (growing with the root of the root of the
    drained area), H falls by 0.92 f t / (1 + t) / (1 + t / 8)^2, t = H / f: the slope at the channel becomes
    0.08 of what it was, and far above nothing changes.
    """
    forest = flow.tree(flow.drained_receivers(z, base), z.shape[1])
    drained = flow.drained_cells(forest).astype(float)
    large = drained * CELL * CELL >= 0.4e6
    flat = z.ravel()
    height = flat - flow.carry_up(forest, flat, large)
    size = flow.carry_up(forest, np.where(large, drained, 0.0), large) * CELL * CELL / 1e6
    depth = np.maximum(11.0 * np.sqrt(np.sqrt(size)), 1e-6)
    t = np.maximum(height, 0) / depth
    fall = 0.92 * depth * t / (1 + t) / ((1 + t / 8) * (1 + t / 8))
    return np.where(size > 0, flat - fall, flat).reshape(z.shape)
