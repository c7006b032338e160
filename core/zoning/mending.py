"""What is wrong with zones edited by hand, and how to set it right (3.0.4: no gap, no overlap).

Zones and boundary are noded once more: faces that no zone holds are gaps, faces that several hold are
overlaps, land outside the boundary is said too. Mending gives every such face to one zone; what a zone
is called, who drew it and why stay with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, NamedTuple, Sequence

import numpy as np

from ..errors import InputError
from ..progress import SILENT, Progress
from .coverage import NONE, border_lengths, polygons
from .draw import linework
from .faces import Faces, faces_of, joined
from .lattice import Lattice, bounds_of, lattice_over, multipolygon_wkb, polygons_of
from .merging import merge_small

GAP, OVERLAP, OUTSIDE, SLIVER = "gap", "overlap", "outside", "sliver"
BOUNDARY_KEY, _ZONE = 0, 1

# Thinner than this (m) a fault is a sliver: a slip of the hand, not a decision.
SLIVER_M = 2.0


class Zone(NamedTuple):
    """A zone polygon: feature ``id``, ``kind`` (the value of ``zone``), ``wkb`` in the boundary's CRS."""

    id: int
    kind: str
    wkb: bytes


@dataclass(frozen=True)
class Fault:
    """A place that is wrong: ``gap``, ``overlap``, ``outside`` or a zone's ``sliver``, its polygon, its mending.

    ``zones`` are the feature ids concerned (those that overlap, or the neighbours of a gap), ``heir``
    the one that gets the land (None: it is cut off). ``thickness_m`` is twice the area by the perimeter.
    """

    kind: str
    wkb: bytes
    area_m2: float
    thickness_m: float
    zones: tuple[int, ...]
    heir: int | None

    @property
    def thin(self) -> bool:
        """Whether it is too thin to be meant."""
        return self.thickness_m < SLIVER_M


@dataclass(frozen=True)
class Change:
    """New geometry of a zone (None: nothing is left of it), and what it won and lost, m²."""

    id: int
    wkb: bytes | None
    gained_m2: float
    lost_m2: float


@dataclass(frozen=True)
class Check:
    """Faults of a set of zones, and the noded ground on which they can be mended."""

    faults: tuple[Fault, ...]
    gap_m2: float
    overlap_m2: float
    outside_m2: float
    ground: _Ground

    @property
    def clean(self) -> bool:
        """Whether the zones are a partition of the boundary."""
        return not self.faults

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones as they were read."""
        return self.ground.zones


@dataclass(frozen=True)
class _Ground:
    zones: tuple[Zone, ...]
    faces: Faces
    lattice: Lattice
    fault: np.ndarray  # face -> position in the faults, -1 where nothing is wrong
    owner: np.ndarray  # face -> position of the zone that has it or gets it, NONE outside


def check_zones(
    zones: Sequence[Zone], boundary: Sequence[bytes], keep: Sequence[int] = (), progress: Progress = SILENT
) -> Check:
    """Gaps, overlaps and land outside the boundary, each as polygons with who would get the land.

    An overlap goes to the zone in ``keep`` (ids edited last, say) that holds it, else to the one that
    stands first; a gap to the neighbour with the longest common border, a channel zone only where there
    is no other. Raises InputError QL-ZONING-NOAREA, QL-ZONING-EXTENT; Cancelled.
    """
    lattice = lattice_over(bounds_of([*boundary, *(z.wkb for z in zones)]))
    parts = [linework(boundary, [BOUNDARY_KEY] * len(boundary), lattice)]
    parts.append(linework([z.wkb for z in zones], [_ZONE + i for i in range(len(zones))], lattice))
    faces = faces_of(joined(parts), progress)
    if not any(BOUNDARY_KEY in c for c in faces.covers):
        raise InputError("QL-ZONING-NOAREA")
    inside = np.array([bool(c) and c[0] == BOUNDARY_KEY for c in faces.covers])
    holders = [tuple(k - _ZONE for k in c if k != BOUNDARY_KEY) for c in faces.covers]
    owner = _owners(zones, faces, inside, holders, set(keep), progress)
    fault, faults = _faults(zones, faces, inside, holders, owner, lattice, progress)
    faults += _slivers(zones, faces, fault, owner, lattice, len(faults), progress)
    sums = {kind: sum(f.area_m2 for f in faults if f.kind == kind) for kind in (GAP, OVERLAP, OUTSIDE)}
    ground = _Ground(tuple(zones), faces, lattice, fault, owner)
    return Check(tuple(faults), sums[GAP], sums[OVERLAP], sums[OUTSIDE], ground)


def _owners(
    zones: Sequence[Zone],
    faces: Faces,
    inside: np.ndarray,
    holders: Sequence[tuple[int, ...]],
    keep: set[int],
    progress: Progress,
) -> np.ndarray:
    """Who has each face once all is mended."""
    vacant = len(zones)
    found = np.full(len(faces), NONE, np.int64)
    for face in np.flatnonzero(inside).tolist():
        held = holders[face]
        found[face] = next((z for z in held if zones[z].id in keep), held[0] if held else vacant)
    if not (found == vacant).any() or not zones:
        return np.where(found == vacant, NONE, found)

    def preference(own: int, other: int) -> int | None:
        if own != vacant or other in (NONE, vacant):
            return None
        return 0 if zones[other].kind == "channel" else 1

    pairs = faces.left[0::2], faces.left[1::2]
    merged = merge_small(found, faces.area, pairs, border_lengths(faces), np.inf, preference, progress)
    return np.where(merged == vacant, NONE, merged)


def _faults(
    zones: Sequence[Zone],
    faces: Faces,
    inside: np.ndarray,
    holders: Sequence[tuple[int, ...]],
    owner: np.ndarray,
    lattice: Lattice,
    progress: Progress,
) -> tuple[np.ndarray, list[Fault]]:
    """Position of each face's fault, and the faults: neighbouring faces with the same holders are one."""
    cases: dict[tuple[str, tuple[int, ...], int], int] = {}
    labels = np.full(len(faces), NONE, np.int64)
    for face in range(1, len(faces)):
        kind = _kind(bool(inside[face]), holders[face])
        if kind:
            case = (kind, holders[face], int(owner[face]) if kind == GAP else 0)
            labels[face] = cases.setdefault(case, len(cases))
    names = list(cases)
    at = np.full(len(faces), -1, np.int64)
    found = []
    for number, area in enumerate(polygons(faces, labels, lattice, progress)):
        kind, held, _ = names[area.label]
        heir = int(owner[area.faces[0]])
        perimeter = _perimeter(area.wkb)
        at[list(area.faces)] = number
        concerned = held or ((heir,) if heir != NONE else ())
        found.append(
            Fault(
                kind,
                area.wkb,
                area.area_m2,
                2 * area.area_m2 / perimeter,
                tuple(zones[z].id for z in concerned),
                zones[heir].id if heir != NONE else None,
            )
        )
    return at, found


def _slivers(
    zones: Sequence[Zone],
    faces: Faces,
    fault: np.ndarray,
    owner: np.ndarray,
    lattice: Lattice,
    first: int,
    progress: Progress,
) -> list[Fault]:
    """Pieces of zones too thin to be meant; ``fault`` and ``owner`` take them in.

    A zone that is thin altogether is one as well.
    """
    found: list[Fault] = []
    lengths = border_lengths(faces)
    ahead, behind = faces.left[0::2], faces.left[1::2]
    for area in polygons(faces, np.where(fault >= 0, NONE, owner), lattice, progress):
        thickness = 2 * area.area_m2 / _perimeter(area.wkb)
        if thickness >= SLIVER_M:
            continue
        mine = np.isin(ahead, area.faces), np.isin(behind, area.faces)
        borders: dict[int, float] = {}
        for here, beyond in ((mine[0] & ~mine[1], behind), (mine[1] & ~mine[0], ahead)):
            for zone, length in zip(owner[beyond[here]].tolist(), lengths[here].tolist()):
                borders[zone] = borders.get(zone, 0.0) + length
        borders.pop(NONE, None)
        borders.pop(area.label, None)
        if not borders:
            continue
        heir = max(borders, key=lambda z: (zones[z].kind != "channel", borders[z]))
        faces_in = list(area.faces)
        fault[faces_in], owner[faces_in] = first + len(found), heir
        concerned = (zones[area.label].id, zones[heir].id)
        found.append(Fault(SLIVER, area.wkb, area.area_m2, thickness, concerned, zones[heir].id))
    return found


def _kind(inside: bool, held: tuple[int, ...]) -> str:
    if not inside:
        return OUTSIDE if held else ""
    return GAP if not held else (OVERLAP if len(held) > 1 else "")


def _perimeter(wkb: bytes) -> float:
    return float(sum(np.hypot(*np.diff(r, axis=0).T).sum() for rings in polygons_of(wkb) for r in rings))


def mend(check: Check, chosen: Sequence[int] | None = None, progress: Progress = SILENT) -> list[Change]:
    """The changes that mend the faults at these positions (default: all), as a list to be shown first.

    Zones that share a node with a change get it too, so that neighbours go on sharing every vertex.
    """
    ground = check.ground
    after, gained, lost = _after(check, range(len(check.faults)) if chosen is None else chosen)
    shapes = _shapes(ground, after, progress)
    changes = []
    for number, zone in enumerate(ground.zones):
        if not _same(zone.wkb, shapes[number]):
            fresh = multipolygon_wkb(shapes[number]) if shapes[number] else None
            changes.append(Change(zone.id, fresh, float(gained[number]), float(lost[number])))
    return changes


def _after(check: Check, chosen: Iterable[int]) -> tuple[list[tuple[int, ...]], np.ndarray, np.ndarray]:
    """Positions of the zones that hold each face afterwards, and what each zone gains and loses (m²)."""
    ground = check.ground
    picked = np.zeros(len(check.faults) + 1, bool)  # the last place stands for "no fault"
    picked[list(chosen)] = True
    mended = picked[ground.fault] & (ground.fault >= 0)
    gained, lost = np.zeros(len(ground.zones)), np.zeros(len(ground.zones))
    square = ground.lattice.unit**2
    holders: list[tuple[int, ...]] = []
    for face, covers in enumerate(ground.faces.covers):
        before = tuple(k - _ZONE for k in covers if k != BOUNDARY_KEY)
        owner = int(ground.owner[face])
        now = before if not mended[face] else (owner,) if owner != NONE else ()
        area = float(ground.faces.area[face]) * square
        for zone in set(now) - set(before):
            gained[zone] += area
        for zone in set(before) - set(now):
            lost[zone] += area
        holders.append(now)
    return holders, gained, lost


def _shapes(
    ground: _Ground, holders: Sequence[tuple[int, ...]], progress: Progress
) -> list[list[list[np.ndarray]]]:
    """The polygons of each zone: all at once, those that still overlap another one by one."""
    found: list[list[list[np.ndarray]]] = [[] for _ in ground.zones]
    sharing = sorted({zone for held in holders if len(held) > 1 for zone in held})
    labels = np.array([held[0] if held else NONE for held in holders])
    for area in polygons(ground.faces, labels, ground.lattice, progress):
        found[area.label] += list(polygons_of(area.wkb))
    for zone in sharing:
        mine = np.array([zone if zone in held else NONE for held in holders])
        areas = polygons(ground.faces, mine, ground.lattice, progress)
        found[zone] = [rings for area in areas for rings in polygons_of(area.wkb)]
    return found


def _same(wkb: bytes, shapes: Sequence[Sequence[np.ndarray]]) -> bool:
    """Whether a polygon has these vertices, wherever its rings begin."""
    return _vertices(polygons_of(wkb)) == _vertices(shapes)


def _vertices(shapes: object) -> list[list[bytes]]:
    rings = [np.ascontiguousarray(r[:-1], "<f8") for rings in shapes for r in rings]  # type: ignore[attr-defined]
    return sorted(sorted(p.tobytes() for p in r) for r in rings)


def area_by_kind(check: Check) -> dict[str, float]:
    """Area (m²) of each kind of zone as drawn, overlaps counted for each that claims them."""
    square = check.ground.lattice.unit**2
    found: dict[str, float] = {}
    for face, covers in enumerate(check.ground.faces.covers):
        for key in covers:
            if key != BOUNDARY_KEY:
                kind = check.ground.zones[key - _ZONE].kind
                found[kind] = found.get(kind, 0.0) + float(check.ground.faces.area[face]) * square
    return found
