"""From rules decided to zones drawn: one partition of the boundary that follows parcels, belts and cells.

Serves 3.0.4 and 5.2. Belts come first, then parcels, then cells; what nothing decides joins its
neighbour; what is too small to map joins the neighbour with the longest common border, never across
a belt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Mapping, NamedTuple, Sequence

import numpy as np

from ..errors import InputError
from ..progress import SILENT, Progress
from .cells import Placing, border_lines
from .coverage import NONE, Area, border_lengths, polygons, regions
from .faces import Faces, Linework, faces_of, joined, ring_lines
from .lattice import Lattice, bounds_of, kept_within, lattice_over, polygons_of
from .merging import Preference, merge_small
from .rules import Scheme

BOUNDARY = 0
_BELT, _CELL, _PARCEL = 1, 10_000, 20_000


class Parcels(NamedTuple):
    """Land-use polygons: WKB and the position of the rule each falls under; the first of two that overlap wins."""

    wkb: Sequence[bytes]
    rule: np.ndarray


class CellRules(NamedTuple):
    """The rule of every cell (no gaps), where the cells lie; ``smooth`` cuts the stairs' corners."""

    rule: np.ndarray
    placing: Placing
    smooth: bool = True


class Amount(NamedTuple):
    """How many ``pieces``, and their area in m²."""

    pieces: int
    area_m2: float


@dataclass(frozen=True)
class Drawn:
    """``zones``: polygons whose label is the position of their rule; ``outline``: the boundary with their nodes.

    ``gaps`` and ``overlaps`` between parcels inside the boundary; ``merged``: what joined a neighbour.
    """

    zones: list[Area]
    outline: list[Area]
    lattice: Lattice
    gaps: Amount
    overlaps: Amount
    merged: Amount


def draw(
    scheme: Scheme,
    boundary: Sequence[bytes],
    *,
    belts: Mapping[int, Sequence[bytes]] | None = None,
    parcels: Parcels | None = None,
    cells: CellRules | None = None,
    minimum_m2: float = 0.0,
    progress: Progress = SILENT,
) -> Drawn:
    """The zones of a boundary (WKB polygons). ``belts``: position of a belt rule -> polygons.

    Raises InputError QL-ZONING-NOAREA where the boundary has no area, QL-ZONING-EXTENT; Cancelled.
    """
    west, south, east, north = bounds_of(boundary)
    rim = 1.0 + (2 * max(cells.placing.dx, cells.placing.dy) if cells is not None else 0.0)
    box = west - rim, south - rim, east + rim, north + rim
    lattice = lattice_over(box)
    parts = [linework(boundary, [BOUNDARY] * len(boundary), lattice, box, progress)]
    for rule, shapes in (belts or {}).items():
        parts.append(linework(shapes, [_BELT + rule] * len(shapes), lattice, box, progress))
    if parcels is not None:
        keys = [_PARCEL + i for i in range(len(parcels.wkb))]
        parts.append(linework(parcels.wkb, keys, lattice, box, progress))
    if cells is not None:
        rules, placing = _cropped(cells, box)
        parts.append(border_lines(rules, placing, lattice, _CELL, cells.smooth))
    faces = faces_of(joined(parts), progress)
    if not any(BOUNDARY in c for c in faces.covers):
        raise InputError("QL-ZONING-NOAREA")
    return _settled(scheme, faces, parcels, lattice, minimum_m2, progress)


def linework(
    shapes: Sequence[bytes],
    keys: Sequence[int],
    lattice: Lattice,
    box: tuple[float, float, float, float] = (-math.inf, -math.inf, math.inf, math.inf),
    progress: Progress = SILENT,
) -> Linework:
    """The borders of polygons (WKB) with their keys, cut to ``box``."""
    found = []
    for number, (wkb, key) in enumerate(zip(shapes, keys)):
        if number % 200 == 0:
            progress.step(0.0)
        for rings in polygons_of(wkb):
            low, high = rings[0].min(axis=0), rings[0].max(axis=0)
            if (low <= box[2:]).all() and (high >= box[:2]).all():
                found.append(ring_lines([lattice.snap(kept_within(r, box)) for r in rings], key))
    return joined(found)


def _cropped(cells: CellRules, box: tuple[float, float, float, float]) -> tuple[np.ndarray, Placing]:
    """The cells that lie wholly inside ``box``."""
    p, (rows, cols) = cells.placing, cells.rule.shape
    left, top = max(math.ceil((box[0] - p.x0) / p.dx), 0), max(math.ceil((p.y0 - box[3]) / p.dy), 0)
    right, bottom = (
        min(math.floor((box[2] - p.x0) / p.dx), cols),
        min(math.floor((p.y0 - box[1]) / p.dy), rows),
    )
    placing = Placing(p.x0 + left * p.dx, p.y0 - top * p.dy, p.dx, p.dy)
    return cells.rule[top : max(bottom, top), left : max(right, left)], placing


# -- labels -----------------------------------------------------------------


def _settled(
    scheme: Scheme,
    faces: Faces,
    parcels: Parcels | None,
    lattice: Lattice,
    minimum_m2: float,
    progress: Progress,
) -> Drawn:
    """Label the faces, merge what is too small, dissolve."""
    square = lattice.unit**2
    labels = _labels(scheme, faces, parcels)
    gaps, overlaps = _faults(faces, square) if parcels is not None else (Amount(0, 0.0), Amount(0, 0.0))
    progress.stage("zoning_merge", len(faces))
    labels = _undecided_joined(scheme, faces, labels, progress)
    merged = _merged(scheme, faces, labels, minimum_m2 / square, progress)
    moved = (merged != labels) & (labels != NONE)
    zones = polygons(faces, merged, lattice, progress)
    outline = polygons(faces, np.where(merged == NONE, NONE, 0), lattice, progress)
    amount = Amount(len(np.unique(regions(faces, labels)[moved])), float(faces.area[moved].sum()) * square)
    return Drawn(zones, outline, lattice, gaps, overlaps, amount)


def _labels(scheme: Scheme, faces: Faces, parcels: Parcels | None) -> np.ndarray:
    """The rule of each face: belts before parcels before cells; len(rules) where nothing decides."""
    undecided = len(scheme.rules)
    found = np.full(len(faces), NONE, np.int64)
    for face, covers in enumerate(faces.covers):
        if not covers or covers[0] != BOUNDARY:
            continue
        found[face] = undecided
        if len(covers) == 1:
            continue
        parcel = next((k - _PARCEL for k in covers if k >= _PARCEL), None)
        if covers[1] < _CELL:
            found[face] = covers[1] - _BELT
        elif parcel is not None and parcels is not None:
            found[face] = parcels.rule[parcel]
        elif covers[1] < _PARCEL:
            found[face] = covers[1] - _CELL
    return found


def _faults(faces: Faces, square: float) -> tuple[Amount, Amount]:
    """Land inside the boundary that no parcel or more than one holds."""
    inside = np.array([bool(c) and c[0] == BOUNDARY for c in faces.covers])
    held = np.array([sum(k >= _PARCEL for k in c) for c in faces.covers])
    amounts = []
    for fault in (inside & (held == 0), inside & (held > 1)):
        pieces = np.unique(regions(faces, np.where(fault, 1, 0))[fault])
        amounts.append(Amount(len(pieces), float(faces.area[fault].sum()) * square))
    return amounts[0], amounts[1]


def _graph(faces: Faces) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Faces side by side, each pair once, and the length of their common border in units."""
    sides = np.sort(faces.left.reshape(-1, 2), axis=1)
    pairs, which = np.unique(sides[:, 0] * len(faces) + sides[:, 1], return_inverse=True)
    lengths = np.bincount(which.reshape(-1), weights=border_lengths(faces), minlength=len(pairs))
    return (pairs // len(faces), pairs % len(faces)), lengths


def _undecided_joined(scheme: Scheme, faces: Faces, labels: np.ndarray, progress: Progress) -> np.ndarray:
    """Faces that nothing decides join the neighbour with the longest border, a belt only where there is no other."""
    undecided = len(scheme.rules)
    if not (labels == undecided).any():
        return labels
    belts = set(scheme.belts())

    def preference(own: int, other: int) -> int | None:
        if own != undecided or other in (NONE, undecided):
            return None
        return 0 if other in belts else 1

    pairs, borders = _graph(faces)
    found = merge_small(labels, faces.area, pairs, borders, np.inf, preference, progress)
    rest = next(i for i in range(undecided - 1, -1, -1) if not scheme.rules[i].belt)
    return np.where(found == undecided, rest, found)


def _merged(
    scheme: Scheme, faces: Faces, labels: np.ndarray, minimum: float, progress: Progress
) -> np.ndarray:
    """Small patches joined: to a neighbour of the same zone, else of another, never across a belt."""
    if minimum <= 0:
        return labels
    pairs, borders = _graph(faces)
    first = merge_small(labels, faces.area, pairs, borders, minimum, patch_preference(scheme), progress)
    belts = set(scheme.belts())

    def into_belt(own: int, other: int) -> int | None:
        """What a belt wholly surrounds, or shuts off at the boundary, becomes part of it."""
        return 0 if other in belts and own not in belts and own != NONE else None

    return merge_small(first, faces.area, pairs, borders, minimum, into_belt, progress)


def patch_preference(scheme: Scheme) -> Preference:
    """Whom a patch of one rule may join: its own zone first, then any other; belts only each other."""
    belts = set(scheme.belts())
    zone = [scheme.zone_index(i) for i in range(len(scheme.rules))]

    def preference(own: int, other: int) -> int | None:
        if own == NONE or other == NONE or (own in belts) != (other in belts):
            return None
        return 1 if zone[own] == zone[other] else 0

    return preference


# -- parcels ----------------------------------------------------------------


def parcel_rules(scheme: Scheme, parcel: np.ndarray, rule: np.ndarray, count: int) -> np.ndarray:
    """The rule of each parcel from its cells, int64 (count,), -1 for parcels without a cell.

    ``parcel`` int (n,): the parcel of each cell, ``rule`` its rule. The zone that holds most cells wins,
    and in it the rule that does.
    """
    rules = len(scheme.rules)
    votes = np.bincount(parcel * rules + rule, minlength=count * rules).reshape(count, rules)
    zone_of = np.array([scheme.zone_index(i) for i in range(rules)])
    by_zone = np.stack([votes[:, zone_of == z].sum(axis=1) for z in range(len(scheme.zones))], axis=1)
    winner = by_zone.argmax(axis=1)
    own = np.where(zone_of[None, :] == winner[:, None], votes, -1).argmax(axis=1)
    return np.where(votes.sum(axis=1) > 0, own, NONE)
