"""Water works, villages, roads and businesses: where people put things in a valley, and why there."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from functools import partial
from typing import Callable

import numpy as np

from ..progress import SILENT, Progress
from . import chance, flow, names
from .ground import CELL
from .site import RIVER_KM2, STREAM_KM2, Site, linked, spread

_LEAST_VILLAGE = 300
"""Cells of the smallest hamlet (0.75 hm²)."""

BLOCK = 4
"""Roads are traced on blocks of 4 x 4 cells (20 m)."""


@dataclass(frozen=True)
class Village:
    """A natural village: its seat (flat cell) and its land (mask of the whole raster as flat cells)."""

    name: str
    seat: int
    cells: np.ndarray


@dataclass(frozen=True)
class Road:
    """A road as a chain of coordinates; ``trunk`` carries the traffic of three villages or more."""

    name: str
    trunk: bool
    blocks: np.ndarray


@dataclass(frozen=True)
class Works:
    """Masks of land taken by something built or by water, and the things themselves."""

    river: np.ndarray
    reservoir: np.ndarray
    dam: np.ndarray
    dam_cell: int
    ponds: tuple[np.ndarray, ...]
    villages: tuple[Village, ...]
    roads: tuple[Road, ...]
    sites: dict[str, tuple[int, np.ndarray]] = field(default_factory=dict)


def lay(seed: int, site: Site, progress: Progress = SILENT) -> Works:
    """Everything built, in the order in which one thing limits the next."""
    dam_cell, lake, dam = _reservoir(seed, site, partial(progress.step, 0.15))
    progress.step(0.2)
    river = _river(site) & ~lake & ~dam
    taken = lake | dam | spread(river, 2)
    villages = _villages(seed, site, spread(lake | dam, 12) | taken)
    for village in villages:
        taken.ravel()[village.cells] = True
    progress.step(0.3)
    ponds = _ponds(seed, site, taken)
    for pond in ponds:
        taken |= pond
    sites = _sites(seed, site, villages, taken)
    progress.step(0.4)
    roads = _roads(site, villages, lake | dam | _any(ponds, taken.shape), sites)
    return Works(river, lake, dam, dam_cell, ponds, villages, roads, sites)


def _any(masks: tuple[np.ndarray, ...], shape: tuple[int, ...]) -> np.ndarray:
    total = np.zeros(shape, dtype=bool)
    for mask in masks:
        total |= mask
    return total


def _river(site: Site) -> np.ndarray:
    """Water surface of the streams that drain more than 1.5 km², wider where they drain more."""
    receiver = site.ground.forest.receiver
    cells = np.flatnonzero((site.drained_km2.ravel() >= RIVER_KM2) & site.inside.ravel())
    shape = site.inside.shape
    rows, cols = np.divmod(cells, shape[1])
    to = receiver[cells]
    mask = np.zeros(shape, dtype=bool)
    mask[rows, cols] = True
    mask[to // shape[1], cols] = True
    wide = np.zeros(shape, dtype=bool)
    wide[rows, cols] = site.drained_km2[rows, cols] >= 5
    return (mask | spread(wide, 1)) & site.inside


def _reservoir(seed: int, site: Site, breathe: Callable[[], None]) -> tuple[int, np.ndarray, np.ndarray]:
    """A small reservoir on a side valley: dam cell, water and dam masks. Water stands 7 to 13 m above its
    foot.
    """
    forest, z = site.ground.forest, site.ground.z.ravel().astype(np.float64)
    drained = site.drained_km2.ravel()
    cells = np.flatnonzero(site.inside.ravel() & (drained > 0.3) & (drained < 1.4))
    order = cells[np.argsort(chance.uniform_at(seed, "dam", cells), kind="stable")]
    for cell, depth in [(c, d) for d in (9, 13, 7) for c in order[:60].tolist()]:
        breathe()
        above = flow.upstream(forest, cell)
        water = above & (z < z[cell] + depth)
        if 600 <= int(water.sum()) <= 2400:
            lake = _joined(water.reshape(site.inside.shape), cell)
            ring = spread(lake, 3) & ~lake & site.inside & ~above.reshape(lake.shape)
            near = _disc(lake.shape, cell, 60.0)
            dam = ring & near & (site.ground.z < z[cell] + depth + 1)
            return cell, lake, _joined(dam, int(forest.receiver[cell]))
    empty = np.zeros(site.inside.shape, dtype=bool)
    return -1, empty, empty


def _joined(mask: np.ndarray, cell: int) -> np.ndarray:
    """The 4-connected piece of ``mask`` that holds the cell (empty where it holds none)."""
    from .mosaic import components

    pieces = components(np.where(mask, 0, -1))
    own = pieces.ravel()[cell]
    return mask & (pieces == own) if own >= 0 else np.zeros_like(mask)


def _disc(shape: tuple[int, ...], cell: int, radius: float) -> np.ndarray:
    row, col = divmod(cell, shape[1])
    i, j = np.ogrid[: shape[0], : shape[1]]
    return ((i - row) * (i - row) + (j - col) * (j - col)) * (CELL * CELL) <= radius * radius


def _disc_is_free(hindered: np.ndarray, cell: int, radius: float) -> bool:
    """Whether no hindered cell lies within ``radius`` m of the cell, and the disc is wholly on the raster."""
    row, col = divmod(cell, hindered.shape[1])
    reach = int(radius / CELL) + 1
    if min(row, col) < reach or row + reach >= hindered.shape[0] or col + reach >= hindered.shape[1]:
        return False
    part = hindered[row - reach : row + reach + 1, col - reach : col + reach + 1]
    centre = reach * part.shape[1] + reach
    return not (part & _disc(part.shape, centre, radius)).any()


def _villages(seed: int, site: Site, taken: np.ndarray) -> tuple[Village, ...]:
    """Villages on gentle ground a little above a stream, at least 480 m apart."""
    damp = spread(site.drained_km2 >= STREAM_KM2, 3)
    fit = (
        site.inside
        & ~taken
        & ~damp
        & (site.slope < 0.14)
        & (site.above > 2.5)
        & (site.above < 18)
        & (site.to_stream < 220)
    )
    cells = np.flatnonzero(fit.ravel())
    worth = chance.uniform_at(seed, "village", cells) + 0.35 * np.minimum(
        site.drained_km2.ravel()[_stream_below(site, cells)], 4
    )
    wanted = max(5, int(site.inside.sum() * CELL * CELL / 1e6 * 0.75))
    blocked = taken | damp
    found: dict[int, np.ndarray] = {}
    for cell in cells[np.argsort(-worth, kind="stable")].tolist():
        if len(found) == wanted:
            break
        if all(_apart(cell, seat, site.inside.shape[1]) >= 480 for seat in found):
            land = _village_land(seed, site, cell, blocked)
            if land.size >= _LEAST_VILLAGE:
                found[cell] = land
    ordered = sorted(found, key=lambda cell: (float(site.ground.z.ravel()[cell]), cell))
    return tuple(
        Village(names.numbered(names.HAMLETS, k), cell, found[cell]) for k, cell in enumerate(ordered)
    )


def _stream_below(site: Site, cells: np.ndarray) -> np.ndarray:
    me = np.arange(site.inside.size)
    below = flow.carry_up(site.ground.forest, me, site.drained_km2.ravel() >= STREAM_KM2)
    return below[cells]


def _apart(one: int, two: int, cols: int) -> float:
    dr, dc = one // cols - two // cols, one % cols - two % cols
    return float(np.sqrt(float(dr * dr + dc * dc)) * CELL)


def _village_land(seed: int, site: Site, seat: int, blocked: np.ndarray) -> np.ndarray:
    """The best-placed cells round the seat: near, gentle, not in the flood's way; 1.5 to 6 hm² in one compact
    piece.

    Flat indices in order; none where the seat itself does not belong to such a piece.
    """
    luck = float(chance.uniform_at(seed, "village/size", np.array([seat]))[0])
    window, centre = _window(blocked.shape, seat, 52)
    i, j = np.ogrid[: window[0].stop - window[0].start, : window[1].stop - window[1].start]
    away = ((i - centre[0]) * (i - centre[0]) + (j - centre[1]) * (j - centre[1])) * (CELL * CELL)
    gentle = (site.slope[window] < 0.3) & (site.above[window] > 1.2)
    free = site.inside[window] & ~blocked[window] & gentle & (away < 260.0 * 260.0)
    s = site.slope[window] / 0.10
    cost = np.where(free, away * (1 + s * s), np.inf)
    best = np.sort(cost[free])
    if not best.size:
        return np.empty(0, dtype=np.int64)
    land = cost <= best[min(600 + int(1800 * luck), best.size) - 1]
    land &= spread(~spread(~land, 4), 5)
    land = _joined(land, centre[0] * land.shape[1] + centre[1])
    rows, cols = np.nonzero(land)
    return (rows + window[0].start) * blocked.shape[1] + cols + window[1].start


def _window(shape: tuple[int, ...], cell: int, reach: int) -> tuple[tuple[slice, slice], tuple[int, int]]:
    """Slices of ``reach`` cells round a cell, and the cell's place in them."""
    row, col = divmod(cell, shape[1])
    top, left = max(0, row - reach), max(0, col - reach)
    bottom, right = min(shape[0], row + reach + 1), min(shape[1], col + reach + 1)
    return (slice(top, bottom), slice(left, right)), (row - top, col - left)


def _ponds(seed: int, site: Site, taken: np.ndarray) -> tuple[np.ndarray, ...]:
    """Irrigation ponds on gentle ground at the valley's edge."""
    fit = (
        site.inside
        & ~taken
        & (site.slope < 0.16)
        & (site.above > 2)
        & (site.above < 25)
        & (site.drained_km2 < 0.05)
    )
    cells = np.flatnonzero(fit.ravel())
    order = cells[np.argsort(chance.uniform_at(seed, "pond", cells), kind="stable")]
    wanted = max(4, int(site.inside.sum() * CELL * CELL / 1e6 * 1.1))
    hindered = taken | ~site.inside | (site.slope > 0.3)
    ponds: list[np.ndarray] = []
    seats: list[int] = []
    for cell in order[:4000].tolist():
        if len(ponds) == wanted:
            break
        if any(_apart(cell, seat, taken.shape[1]) < 260 for seat in seats):
            continue
        radius = 13 + 14 * float(chance.uniform_at(seed, "pond/radius", np.array([cell]))[0])
        if _disc_is_free(hindered, cell, radius):
            ponds.append(_disc(taken.shape, cell, radius))
            seats.append(cell)
    return tuple(ponds)


_KINDS = (  # key, radius m, slope at most, height above the stream between
    ("plant", 18.0, 0.15, 1.2, 9.0),
    ("works", 48.0, 0.16, 2.0, 25.0),
    ("mill", 30.0, 0.16, 2.0, 25.0),
    ("farm1", 34.0, 0.20, 6.0, 45.0),
    ("farm2", 26.0, 0.20, 6.0, 45.0),
    ("quarry", 60.0, 0.60, 20.0, 90.0),
    ("dump", 14.0, 0.25, 2.0, 30.0),
    ("temple", 20.0, 0.35, 25.0, 120.0),
    ("lodge", 26.0, 0.22, 6.0, 60.0),
)


def _sites(
    seed: int, site: Site, villages: tuple[Village, ...], taken: np.ndarray
) -> dict[str, tuple[int, np.ndarray]]:
    """Single plots: sewage plant, factory, mill, two farms, quarry, dump, temple, lodge; each (cell, mask)."""
    seats = [v.seat for v in villages]
    busy = spread(taken, 3)
    found: dict[str, tuple[int, np.ndarray]] = {}
    for key, radius, steep, low, high in _KINDS:
        fit = site.inside & ~busy & (site.slope < steep) & (site.above > low) & (site.above < high)
        cells = np.flatnonzero(fit.ravel())
        order = cells[np.argsort(chance.uniform_at(seed, f"site/{key}", cells), kind="stable")]
        for cell in order[:3000].tolist():
            near = min(_apart(cell, seat, taken.shape[1]) for seat in seats)
            if 150 <= near <= 1500 and _disc_is_free(busy | ~site.inside, cell, radius):
                plot = _disc(taken.shape, cell, radius)
                found[key] = (cell, plot)
                busy = busy | spread(plot, 3)
                break
    return found


def _roads(
    site: Site, villages: tuple[Village, ...], water: np.ndarray, sites: dict[str, tuple[int, np.ndarray]]
) -> tuple[Road, ...]:
    """The cheapest ways from the valley's mouth to every village and business, trunk where three or more
    share them.
    """
    cost = _block_cost(site, water)
    start = _block(site.ground.outlet, site)
    came = _cheapest(cost, start)
    goals = [(v.name, _block(v.seat, site)) for v in villages]
    goals += [(key, _block(cell, site)) for key, (cell, _) in sites.items() if key not in ("dump", "plant")]
    traffic: dict[int, int] = {}
    for _, goal in goals:
        for block in _way(came, goal):
            traffic[block] = traffic.get(block, 0) + 1
    roads: list[Road] = []
    used: set[int] = {start}
    for name, goal in goals:
        way = []
        for block in _way(came, goal):
            way.append(block)
            if block in used and len(way) > 1:
                break
        if len(way) > 1:
            roads += _by_traffic(name, way[::-1], traffic)
            used.update(way)
    return tuple(roads)


def _by_traffic(name: str, way: list[int], traffic: dict[int, int]) -> list[Road]:
    """A way from the mouth upwards cut where it ceases to be a trunk road."""
    cut = next((k for k, block in enumerate(way) if traffic[block] < 3), len(way))
    parts = []
    if cut > 1:
        parts.append(Road(f"{names.TOWNSHIP[:2]}线", True, np.array(way[:cut])))
    rest = way[max(0, cut - 1) :]
    if len(rest) > 1:
        parts.append(Road(f"{name}路", False, np.array(rest)))
    return parts


def block_columns(site: Site) -> int:
    """Number of block columns of the raster."""
    return site.inside.shape[1] // BLOCK


def _block(cell: int, site: Site) -> int:
    row, col = divmod(cell, site.inside.shape[1])
    return (row // BLOCK) * block_columns(site) + col // BLOCK


def _block_cost(site: Site, water: np.ndarray) -> np.ndarray:
    """Cost per metre of crossing a block; infinite outside the watershed and in water."""
    rows, cols = (n // BLOCK for n in site.inside.shape)

    def blocks(values: np.ndarray) -> np.ndarray:
        return values[: rows * BLOCK, : cols * BLOCK].reshape(rows, BLOCK, cols, BLOCK).astype(np.float64)

    steep = blocks(site.slope).mean(axis=(1, 3)) / 0.05
    wet = blocks(site.drained_km2).max(axis=(1, 3)) >= RIVER_KM2
    near = blocks(spread(site.drained_km2 >= RIVER_KM2, 4)).max(axis=(1, 3)) > 0
    cost = 1 + steep * steep + np.where(wet, 5, np.where(near, 0.5, 0))
    open_ground = (blocks(site.inside).min(axis=(1, 3)) > 0) & (blocks(water).max(axis=(1, 3)) == 0)
    outlet = _block(site.ground.outlet, site)
    open_ground.ravel()[outlet] = True
    return np.where(open_ground, cost, np.inf)


def _cheapest(cost: np.ndarray, start: int) -> np.ndarray:
    """Dijkstra from ``start``: for each block the block before it, -1 where there is no way."""
    rows, cols = cost.shape
    value = cost.ravel().tolist()
    came = [-1] * len(value)
    best = [float("inf")] * len(value)
    best[start] = 0.0
    queue = [(0.0, start)]
    steps = [(di, dj, float(np.sqrt(2.0)) if di and dj else 1.0) for di, dj in flow.OFFSETS]
    while queue:
        spent, block = heapq.heappop(queue)
        if spent > best[block]:
            continue
        row, col = divmod(block, cols)
        for di, dj, length in steps:
            i, j = row + di, col + dj
            if not (0 <= i < rows and 0 <= j < cols):
                continue
            other = i * cols + j
            total = spent + length * (value[block] + value[other])
            if total < best[other]:
                best[other], came[other] = total, block
                heapq.heappush(queue, (total, other))
    return np.array(came)


def _way(came: np.ndarray, goal: int) -> list[int]:
    """Blocks from ``goal`` back to the start, empty where there is no way."""
    if came[goal] < 0:
        return []
    way = [goal]
    while came[way[-1]] >= 0:
        way.append(int(came[way[-1]]))
    return way


def road_cells(road: Road, site: Site) -> np.ndarray:
    """Mask of the cells under a road: straight from block centre to block centre, 4-connected."""
    across = block_columns(site)
    row, col = np.divmod(road.blocks, across)
    row, col = row * BLOCK + BLOCK // 2, col * BLOCK + BLOCK // 2
    steps = np.arange(BLOCK)
    i = (row[:-1, None] + (row[1:] - row[:-1])[:, None] // BLOCK * steps).ravel()
    j = (col[:-1, None] + (col[1:] - col[:-1])[:, None] // BLOCK * steps).ravel()
    i, j = np.append(i, row[-1]), np.append(j, col[-1])
    return linked(i * site.inside.shape[1] + j, site.inside.shape) & site.inside
