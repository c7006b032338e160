"""How much of each class lies inside each zone, exactly: nothing counted twice, nothing lost.

Serves C.1, C.2, C.7 and tables A.1 and A.3. Areas are planar in the polygons' CRS, m². Where
polygons overlap, the first of them keeps the land and the overlap is reported with its
features; what no polygon covers is the gap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, Iterator, Mapping, NamedTuple, Sequence

import numpy as np

from .errors import InputError, Problem
from .planar import Planar, Shape, ShapelyPlanar
from .progress import SILENT, Progress

AREA_TOLERANCE = 1 / 50e6
"""1 m² in 50 km²: smaller differences are the noise of noding."""

SHARE_STEP = 1e-6
"""Values are rounded to 0.001 ‰ before they are compared."""

CUT_M2 = 1e-6
"""Once something overlaps, every overlap above this is cut away, so that the classes add up."""

PAIRS_SHOWN = 10


def is_sliver(area: float, total: float) -> bool:
    """Whether land is too little to move a rate: it rounds to 0.000 ‰ of the whole.

    By hand: 0.4 m² of 12.87 km², the seams of parcels that were drawn in degrees; 5 m² of 10 km² is the limit.
    """
    return 2 * area <= SHARE_STEP * total


class Part(NamedTuple):
    """A polygon of a class: ``code``, WKB in a projected CRS, and the feature's id."""

    code: str
    wkb: bytes
    fid: int = -1


class Zone(NamedTuple):
    """Where to measure: the boundary, a zone or any polygon, with its ``key``."""

    key: str
    wkb: bytes


class Overlap(NamedTuple):
    """Two polygons that claim the same land, and how much, m²."""

    first: int
    second: int
    area: float


@dataclass(frozen=True)
class ZoneAreas:
    """Areas inside one zone, m²: ``by_code`` + ``gap`` = ``total``; ``overlap`` was claimed twice."""

    key: str
    total: float
    by_code: Mapping[str, float]
    gap: float
    overlap: float
    overlaps: tuple[Overlap, ...]

    def share(self, code: str) -> float:
        """Share of a class in the zone, %."""
        return 100 * self.by_code.get(code, 0.0) / self.total

    def warnings(self) -> list[Problem]:
        """What must be said: overlaps and gaps with their areas and features."""
        found = []
        if self.overlap:
            pairs = ", ".join(f"{o.first}/{o.second}" for o in self.overlaps[:PAIRS_SHOWN])
            facts = {
                "zone": self.key,
                "area": f"{self.overlap:.1f}",
                "count": len(self.overlaps),
                "pairs": pairs,
            }
            found.append(Problem("QL-AREA-OVERLAP", facts))
        if self.gap:
            share = f"{100 * self.gap / self.total:.3f}"
            found.append(
                Problem("QL-AREA-GAP", {"zone": self.key, "area": f"{self.gap:.1f}", "share": share})
            )
        return found


@dataclass(frozen=True)
class PartitionCheck:
    """How far polygons are from a partition of an extent, m²; all zero within 1 m² per 50 km² is one."""

    total: float
    covered: float
    gap: float
    overlap: float
    outside: float
    overlaps: tuple[Overlap, ...]

    @property
    def holds(self) -> bool:
        """Neither gap nor overlap nor land outside."""
        return not (self.gap or self.overlap or self.outside)


class Piece(NamedTuple):
    """A part, or what of it lies in a window, as a shape."""

    code: str
    fid: int
    shape: Shape


class Pieces(NamedTuple):
    """Parts read once, with their bounding boxes (n, 4): west, south, east, north."""

    items: Sequence[Piece]
    boxes: np.ndarray


@dataclass(frozen=True)
class Cover:
    """What lies in a window: ``pieces`` that do not overlap, and how they fill it, m².

    ``claimed`` is what the pieces held before overlaps were cut, ``covered`` what they hold together.
    """

    pieces: Sequence[Piece]
    total: float
    claimed: float
    covered: float
    overlaps: tuple[Overlap, ...]

    @property
    def overlap(self) -> float:
        """Land claimed more than once."""
        return _above_noise(self.claimed - self.covered, self.total)

    @property
    def gap(self) -> float:
        """Land that nothing covers."""
        return _above_noise(self.total - self.covered, self.total)


def area_table(
    parts: Iterable[Part],
    zones: Iterable[Zone],
    planar: Planar | None = None,
    progress: Progress = SILENT,
) -> list[ZoneAreas]:
    """Areas of the classes of ``parts`` inside each zone. Raises InputError, MissingLibrary, Cancelled."""
    plane = ShapelyPlanar() if planar is None else planar
    pieces = read_parts(parts, plane, progress)
    windows = [(z.key, plane.read(z.wkb, z.key)) for z in zones]
    progress.stage("areas", len(windows))
    found = []
    for done, (key, window) in enumerate(windows):
        progress.step(done / len(windows))
        found.append(areas_in(pieces, key, window, plane, progress))
    return found


def check_partition(
    parts: Iterable[Part],
    extent: Zone,
    planar: Planar | None = None,
    progress: Progress = SILENT,
) -> PartitionCheck:
    """Whether ``parts`` cover ``extent`` once and nothing else; if not by how much, and who overlaps."""
    plane = ShapelyPlanar() if planar is None else planar
    pieces = read_parts(parts, plane, progress)
    found = cover(pieces, plane.read(extent.wkb, extent.key), extent.key, plane, progress)
    everything = math.fsum(plane.area(p.shape) for p in pieces.items)
    outside = _above_noise(everything - found.claimed, found.total)
    return PartitionCheck(found.total, found.covered, found.gap, found.overlap, outside, found.overlaps)


def length_in(
    lines: Iterable[bytes], zone: Zone, planar: Planar | None = None, progress: Progress = SILENT
) -> float:
    """Length of lines (WKB) inside a zone, m: gullies or channels for table A.3. Raises InputError."""
    plane = ShapelyPlanar() if planar is None else planar
    window = plane.read(zone.wkb, zone.key)
    progress.stage("areas_read")
    found: list[float] = []
    for number, line in enumerate(lines):
        if number % 200 == 0:
            progress.step(0.0)
        found.append(plane.length_inside(line, window, str(number)))
    return math.fsum(found)


def merged(zones: Sequence[ZoneAreas], key: str = "") -> ZoneAreas:
    """Zones that do not overlap, as one."""
    codes = sorted({c for z in zones for c in z.by_code})
    return ZoneAreas(
        key,
        math.fsum(z.total for z in zones),
        {c: math.fsum(z.by_code.get(c, 0.0) for z in zones) for c in codes},
        math.fsum(z.gap for z in zones),
        math.fsum(z.overlap for z in zones),
        tuple(o for z in zones for o in z.overlaps),
    )


def read_parts(parts: Iterable[Part], plane: Planar, progress: Progress = SILENT) -> Pieces:
    """The parts as shapes. Raises InputError for what is no valid polygon."""
    progress.stage("areas_read")
    items: list[Piece] = []
    for part in parts:
        if len(items) % 500 == 0:
            progress.step(0.0)
        items.append(Piece(part.code, part.fid, plane.read(part.wkb, str(part.fid))))
    return boxed(items, plane)


def areas_in(
    pieces: Pieces, key: str, window: Shape, plane: Planar, progress: Progress = SILENT
) -> ZoneAreas:
    """Areas of the classes inside one window."""
    found = cover(pieces, window, key, plane, progress)
    sums: dict[str, list[float]] = {}
    for piece in found.pieces:
        sums.setdefault(piece.code, []).append(plane.area(piece.shape))
    by_code = {code: math.fsum(areas) for code, areas in sorted(sums.items())}
    return ZoneAreas(key, found.total, by_code, found.gap, found.overlap, found.overlaps)


def cover(pieces: Pieces, window: Shape, key: str, plane: Planar, progress: Progress = SILENT) -> Cover:
    """What of the pieces lies in ``window``, overlaps cut. Raises InputError where it has no area."""
    total = plane.area(window)
    if not total > 0:
        raise InputError("QL-AREA-NOAREA", zone=key)
    inside = clipped(pieces, window, plane, progress)
    claimed = math.fsum(plane.area(p.shape) for p in inside)
    progress.step(0.0)
    whole = plane.union([p.shape for p in inside])
    covered = plane.area(whole) if whole is not None else 0.0
    if not _above_noise(claimed - covered, total):
        return Cover(inside, total, claimed, covered, ())
    kept, overlaps = _first_come(inside, plane, progress)
    # Of shapes that cross at sharp angles GEOS may lose land in a union; what is kept adds up by itself.
    return Cover(kept, total, claimed, math.fsum(plane.area(p.shape) for p in kept), overlaps)


def boxed(items: Sequence[Piece], plane: Planar) -> Pieces:
    """Pieces with their bounding boxes."""
    return Pieces(items, _boxes(items, plane))


def clipped(pieces: Pieces, window: Shape, plane: Planar, progress: Progress = SILENT) -> list[Piece]:
    """What of each piece lies in ``window``; overlaps stay."""
    west, south, east, north = plane.bounds(window)
    boxes = pieces.boxes
    meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    near = [pieces.items[i] for i in np.flatnonzero(meets)]
    found: list[Piece] = []
    for first in range(0, len(near), 200):
        progress.step(0.0)
        batch = near[first : first + 200]
        inside = plane.clip([p.shape for p in batch], window)
        found += [p._replace(shape=s) for p, s in zip(batch, inside) if s is not None]
    return found


def _boxes(items: Sequence[Piece], plane: Planar) -> np.ndarray:
    return np.array([plane.bounds(p.shape) for p in items], dtype=np.float64).reshape(-1, 4)


def _above_noise(area: float, total: float) -> float:
    return area if area > max(total * AREA_TOLERANCE, 1e-9) else 0.0


def _first_come(
    pieces: Sequence[Piece], plane: Planar, progress: Progress
) -> tuple[list[Piece], tuple[Overlap, ...]]:
    """The pieces without the land that an earlier one holds, and who overlapped whom."""
    boxes = _boxes(pieces, plane)
    left: list[Shape | None] = [p.shape for p in pieces]
    found: list[Overlap] = []
    for done, (first, second) in enumerate(_meeting_boxes(boxes)):
        if done % 50 == 0:
            progress.step(0.0)
        common = plane.clip([pieces[second].shape], pieces[first].shape)[0]
        if common is None or plane.area(common) <= CUT_M2:
            continue
        found.append(Overlap(pieces[first].fid, pieces[second].fid, plane.area(common)))
        rest = left[second]
        left[second] = None if rest is None else plane.minus(rest, pieces[first].shape)
    kept = [p._replace(shape=s) for p, s in zip(pieces, left) if s is not None]
    return kept, tuple(sorted(found, key=lambda o: -o.area))


def _meeting_boxes(boxes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs (earlier, later) whose bounding boxes share more than an edge, by the later one."""
    for later in range(1, len(boxes)):
        west, south, east, north = boxes[later]
        before = boxes[:later]
        meets = (
            (before[:, 0] < east) & (before[:, 2] > west) & (before[:, 1] < north) & (before[:, 3] > south)
        )
        for earlier in np.flatnonzero(meets):
            yield int(earlier), later
