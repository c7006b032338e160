"""Land use in parcels (GB/T 21010 codes): fields on the floor, terraces and orchards on the lower slopes,
forest above.

Parcels follow the contours because the seeds they grow round are far apart when their heights differ. Water,
roads and villages are cut out first; every cell of the watershed belongs to exactly one parcel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np

from . import chance, mosaic, settle
from .ground import CELL
from .site import Site, spread

KEYS = (
    "river",
    "reservoir",
    "dam",
    "pond",
    "trunk",
    "road",
    "village",
    "plant",
    "works",
    "mill",
    "farm1",
    "farm2",
    "quarry",
    "dump",
    "temple",
    "lodge",
)
"""What takes land before the fields do; the index is the group of the parcel."""

CODES = {
    "river": "1101",
    "reservoir": "1103",
    "dam": "1109",
    "pond": "1104",
    "trunk": "1003",
    "road": "1006",
    "village": "0702",
    "plant": "0809",
    "works": "0601",
    "mill": "0604",
    "farm1": "1202",
    "farm2": "1202",
    "quarry": "0602",
    "dump": "0809",
    "temple": "0904",
    "lodge": "0504",
}

NAMES = {
    "0101": "水田",
    "0103": "旱地",
    "0201": "果园",
    "0202": "茶园",
    "0301": "乔木林地",
    "0302": "竹林地",
    "0305": "灌木林地",
    "0307": "其他林地",
    "0404": "其他草地",
    "0504": "旅馆用地",
    "0601": "工业用地",
    "0602": "采矿用地",
    "0604": "仓储用地",
    "0702": "农村宅基地",
    "0809": "公用设施用地",
    "0904": "宗教用地",
    "1003": "公路用地",
    "1006": "农村道路",
    "1101": "河流水面",
    "1103": "水库水面",
    "1104": "坑塘水面",
    "1109": "水工建筑用地",
    "1202": "设施农用地",
    "1206": "裸土地",
}

_FIELDS, _HILL = len(KEYS), len(KEYS) + 1
_LEAST_FIELD, _LEAST_HILL, _LEAST_WORK = 60, 240, 6
"""Smallest parcels, cells of 25 m²: 0.15 hm² of field, 0.6 hm² of hill, 150 m² of anything else."""


@dataclass(frozen=True)
class Parcels:
    """The partition: ``ids`` (rows, cols), -1 outside; per parcel its key (see KEYS, or field|hill), code and
    facts.

    ``slope`` mean rise over run, ``above`` mean height over the stream in m, ``cells`` count.
    """

    ids: np.ndarray
    key: tuple[str, ...]
    code: tuple[str, ...]
    slope: np.ndarray
    above: np.ndarray
    cells: np.ndarray


def divide(seed: int, site: Site, works: settle.Works, breathe: Callable[[], None]) -> Parcels:
    """Parcels of the whole watershed; ``breathe`` is called between the parts of the work, and may raise."""
    group = _groups(site, works)
    labels = np.where(group >= _FIELDS, 0, -2 - group)
    lowland, hill = group == _FIELDS, group == _HILL
    labels = np.where(lowland, 2 * _nearest_seed(seed, "field", site, 78.0, 3.0, breathe), labels)
    labels = np.where(hill, 2 * _nearest_seed(seed, "hill", site, 250.0, 2.0, breathe) + 1, labels)
    labels = np.where(site.inside, labels, mosaic.OUTSIDE)
    ids = mosaic.components(labels, breathe)
    ids = mosaic.merge_small(ids, group, _LEAST_FIELD, breathe)
    ids = _merge_hills(ids, group, breathe)
    breathe()
    return _describe(seed, site, ids, group)


def _groups(site: Site, works: settle.Works) -> np.ndarray:
    low = (site.above < 34) & (site.slope < 0.34) & (site.to_stream < 420)
    low = ~spread(~spread(low, 2), 4)
    group = np.where(spread(low, 2), _FIELDS, _HILL)
    for key in ("temple", "lodge", "dump", "quarry", "farm2", "farm1", "mill", "works", "plant"):
        if key in works.sites:
            group[works.sites[key][1]] = KEYS.index(key)
    for village in works.villages:
        group.ravel()[village.cells] = KEYS.index("village")
    for key, wanted in (("road", False), ("trunk", True)):
        for road in works.roads:
            if road.trunk is wanted:
                group[settle.road_cells(road, site)] = KEYS.index(key)
    group[works.river] = KEYS.index("river")
    for pond in works.ponds:
        group[pond] = KEYS.index("pond")
    group[works.dam] = KEYS.index("dam")
    group[works.reservoir] = KEYS.index("reservoir")
    return group


def _nearest_seed(
    seed: int, stream: str, site: Site, spacing: float, steepness: float, breathe: Callable[[], None]
) -> np.ndarray:
    """Number of the nearest of jittered seeds; a metre of height counts as ``steepness`` metres of way."""
    rows, cols = site.inside.shape
    z = site.ground.z.astype(np.float64)
    i, j = np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij")
    y, x = (i + 0.5) * CELL, (j + 0.5) * CELL
    wide = int(cols * CELL / spacing) + 3
    best = np.full(site.inside.shape, np.inf)
    nearest = np.zeros(site.inside.shape, dtype=np.int64)
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            breathe()
            a, b = (y / spacing).astype(int) + di + 1, (x / spacing).astype(int) + dj + 1
            sy = (a - 1 + chance.uniform_at(seed, stream + "/y", a, b)) * spacing
            sx = (b - 1 + chance.uniform_at(seed, stream + "/x", a, b)) * spacing
            r = np.clip((sy / CELL).astype(int), 0, rows - 1)
            c = np.clip((sx / CELL).astype(int), 0, cols - 1)
            dz = (z[r, c] - z) * steepness
            away = (sy - y) * (sy - y) + (sx - x) * (sx - x) + dz * dz
            nearer = away < best
            best = np.where(nearer, away, best)
            nearest = np.where(nearer, a * wide + b, nearest)
    return nearest


def _merge_hills(ids: np.ndarray, group: np.ndarray, breathe: Callable[[], None]) -> np.ndarray:
    """Hill pieces joined up to their own least size; slivers of field or hill cut off by works join what is
    next.
    """
    hills_only = np.where(group == _HILL, 0, 1 + ids)
    ids = mosaic.merge_small(ids, hills_only, _LEAST_HILL, breathe)
    land = np.where(group >= _FIELDS, 0, 1 + group)
    ids = mosaic.merge_small(ids, land, _LEAST_FIELD, breathe)
    everything = np.where(group == KEYS.index("river"), 1, 0)
    return mosaic.merge_small(ids, everything, _LEAST_WORK, breathe)


def _describe(seed: int, site: Site, ids: np.ndarray, group: np.ndarray) -> Parcels:
    inside = ids >= 0
    label = ids[inside]
    cells = np.bincount(label)
    slope = np.bincount(label, site.slope[inside]) / cells
    above = np.bincount(label, site.above[inside]) / cells
    votes = np.bincount(label * (_HILL + 1) + group[inside], minlength=cells.size * (_HILL + 1))
    main = np.argmax(votes.reshape(-1, _HILL + 1), axis=1)
    luck = chance.uniform(seed, "parcel", cells.size)
    mood = chance.uniform(seed, "mood", cells.size)
    key = tuple(KEYS[g] if g < _FIELDS else ("field" if g == _FIELDS else "hill") for g in main.tolist())
    code = tuple(
        CODES[k] if k in CODES else _use(k, float(s), float(a), int(n), float(u), float(v))
        for k, s, a, n, u, v in zip(key, slope, above, cells, luck, mood)
    )
    return Parcels(ids, key, code, slope, above, cells)


def _use(key: str, slope: float, above: float, cells: int, luck: float, mood: float) -> str:
    """What a farmer does with a parcel of this slope and height."""
    if key == "field":
        if above < 14 and slope < 0.15:
            return "0101" if luck < 0.88 else "0103"
        if slope < 0.20:
            return "0103" if luck < 0.45 else ("0101" if luck < 0.62 and slope < 0.16 else "0201")
        return "0201" if luck < 0.55 else ("0202" if luck < 0.68 else ("0103" if luck < 0.80 else "0301"))
    if above < 42 and slope < 0.36 and luck < 0.55:
        return ("0201", "0202", "0302", "0307")[int(mood * 4)]
    if cells < 900 and luck < 0.16:
        return "1206"
    if luck < 0.04:
        return "0404"
    if luck < 0.16:
        return "0305"
    return "0302" if luck < 0.22 else ("0307" if luck < 0.28 else "0301")
