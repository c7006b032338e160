"""Banks made from channels where none were surveyed: left and right of a line, or the shore of a polygon.

Generated banks carry no class: until someone looks, C.8 lies between two bounds.
"""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Optional, Sequence

import numpy as np

from ..errors import Problem
from ..progress import SILENT, Progress
from ..terrain.shapes import ShapeIndex, shapely_modules
from .banks import LEFT, RIGHT, Bank, line_length
from .sides import tell_sides

SHRINK_M = 1e-3
"""Offset lines inside the water, by more than this, are the loops of sharp bends and confluences."""

STUB_M = 0.02
SCRAP_SHARE = 0.25
MITRE = 2.0
END_ANGLE = float(np.cos(np.radians(60)))
_FLAT, _ROUND = 2, 1


class Channel(NamedTuple):
    """A channel, downstream, (n, 2); ``width_m`` from bank to bank."""

    line: np.ndarray
    width_m: float
    river: str = ""
    fid: int = -1
    uuid: Optional[str] = None


def banks_of_lines(channels: Sequence[Channel], progress: Progress = SILENT) -> list[Bank]:
    """Left and right bank of each channel at half its width, open at confluences, never crossing the water.

    Channels that go on in one another (same river and width) are taken as one, so that a cut in the data
    leaves no mark.
    """
    whole = _joined([c._replace(line=_clean(c.line)) for c in channels if line_length(c.line) > 0])
    water = [_water(c) for c in whole]
    index = ShapeIndex(water)
    found: list[Bank] = []
    progress.stage("banks", len(whole))
    for number, channel in enumerate(whole):
        progress.step(number / len(whole))
        for side, sign in ((LEFT, 1.0), (RIGHT, -1.0)):
            for line in _shore(channel, sign, water, index):
                found.append(
                    Bank(channel.fid, line, river=channel.river, side=side, uuid=channel.uuid, generated=True)
                )
    return found


def _clean(line: np.ndarray) -> np.ndarray:
    """Without points that repeat the one before."""
    return line[np.concatenate([[True], (np.diff(line, axis=0) != 0).any(axis=1)])]


def _joined(channels: Sequence[Channel]) -> list[Channel]:
    """Channels that go on in exactly one other of the same river and width, put together."""
    ends: dict[tuple[float, float], list[int]] = {}
    for number, c in enumerate(channels):
        for point in (c.line[0], c.line[-1]):
            ends.setdefault((float(point[0]), float(point[1])), []).append(number)
    follower: dict[int, int] = {}
    for number, c in enumerate(channels):
        meeting = ends[float(c.line[-1, 0]), float(c.line[-1, 1])]
        other = next((m for m in meeting if m != number), None)
        if other is None or len(meeting) != 2:
            continue
        goes_on = channels[other]
        same = (goes_on.river, goes_on.width_m) == (c.river, c.width_m)
        if same and (goes_on.line[0] == c.line[-1]).all() and (goes_on.line[0] != goes_on.line[-1]).any():
            follower[number] = other
    return list(_chains(channels, follower))


def _chains(channels: Sequence[Channel], follower: dict[int, int]) -> Iterator[Channel]:
    heads = [n for n in range(len(channels)) if n not in set(follower.values())]
    seen: set[int] = set()
    for number in [*heads, *range(len(channels))]:
        if number in seen:
            continue
        lines: list[np.ndarray] = []
        at: int | None = number
        while at is not None and at not in seen:
            seen.add(at)
            lines.append(channels[at].line if not lines else channels[at].line[1:])
            at = follower.get(at)
        yield channels[number]._replace(line=np.concatenate(lines))


def _water(channel: Channel) -> Any:
    """The channel's water, a little less than bank to bank."""
    line = shapely_modules().geometry.LineString(channel.line)
    half = max(channel.width_m / 2 - SHRINK_M, channel.width_m / 4)
    return line.buffer(half, 64, cap_style=_FLAT, join_style=_ROUND)


def _shore(channel: Channel, sign: float, water: Sequence[Any], index: ShapeIndex) -> list[np.ndarray]:
    """The offset line on one side without what lies in any water."""
    shapely = shapely_modules()
    from shapely.ops import linemerge, unary_union

    raw = shapely.geometry.LineString(offset_line(channel.line, sign * channel.width_m / 2))
    wet = [water[k] for k in index.near(raw)]
    dry = unary_union(raw)  # nodes where the raw line crosses itself
    for polygon in wet:
        dry = dry.difference(polygon)
    parts = [g for g in getattr(dry, "geoms", [dry]) if g.geom_type == "LineString" and g.length > STUB_M]
    parts = _without_scraps(parts, channel.width_m)
    merged = linemerge(parts) if len(parts) > 1 else None
    runs = parts if merged is None else list(getattr(merged, "geoms", [merged]))
    return [np.asarray(g.coords, dtype=np.float64)[:, :2] for g in runs]


def _without_scraps(parts: Sequence[Any], width_m: float) -> list[Any]:
    """Pieces without what stands over where offset lines cross at a sharp bend: short ends and tiny loops."""
    meeting: dict[tuple[float, float], int] = {}
    for part in parts:
        for end in (part.coords[0], part.coords[-1]):
            meeting[end[:2]] = meeting.get(end[:2], 0) + 1

    def is_scrap(part: Any) -> bool:
        ends = [meeting[part.coords[0][:2]], meeting[part.coords[-1][:2]]]
        loop = part.coords[0][:2] == part.coords[-1][:2]
        if loop:
            return bool(part.length < width_m)
        return bool(min(ends) == 1 and max(ends) > 2 and part.length < SCRAP_SHARE * width_m)

    return [part for part in parts if not is_scrap(part)]


def offset_line(line: np.ndarray, offset: float) -> np.ndarray:
    """The line moved to its left by ``offset`` m (right where negative), segment by segment.

    Outer corners are mitred up to twice the offset, then cut; inner corners overlap and are cleaned by whoever
    knows the water.
    """
    d = np.diff(line, axis=0)
    size = np.hypot(d[:, 0], d[:, 1])
    normal = np.stack([-d[:, 1], d[:, 0]], axis=1) / size[:, None]
    points = [line[0] + offset * normal[0]]
    for k in range(1, len(line) - 1):
        before, after = normal[k - 1], normal[k]
        turn = float(before[0] * after[1] - before[1] * after[0])
        cosine = float(before @ after)
        outer = turn * offset < 0
        mitre = np.sqrt(2 / (1 + cosine)) if cosine > -1 + 1e-9 else np.inf
        if outer and mitre <= MITRE:
            bisector = before + after
            points.append(line[k] + offset * mitre * bisector / np.hypot(*bisector))
        elif outer:
            points += _round_corner(line[k], before, after, offset)
        else:
            points += [line[k] + offset * before, line[k] + offset * after]
    points.append(line[-1] + offset * normal[-1])
    return np.array(points)


def _round_corner(at: np.ndarray, before: np.ndarray, after: np.ndarray, offset: float) -> list[np.ndarray]:
    """An arc around a sharp outer corner, just outside the water."""
    first = float(np.arctan2(before[1], before[0]))
    span = float(np.arctan2(before[0] * after[1] - before[1] * after[0], before @ after))
    if offset > 0 and span > 0:
        span -= 2 * np.pi
    if offset < 0 and span < 0:
        span += 2 * np.pi
    angles = first + np.linspace(0.0, span, 17)
    reach = offset / np.cos(span / 32)  # the chords touch the circle instead of cutting it
    return [at + reach * np.array([np.cos(a), np.sin(a)]) for a in angles]


def banks_of_polygons(
    polygons: Sequence[tuple[bytes, str, int, Optional[str]]], guides: Sequence[np.ndarray] = ()
) -> tuple[list[Bank], list[Problem]]:
    """The two shores of rivers given as polygons: (WKB, river, fid, uuid); and what must be said.

    Polygons of a river that touch are one water; islands do not count. The river's two ends are the farthest
    points of its outline; an edge straight across there is no bank. ``guides`` (lines, downstream) tell left
    from right; without one the side is not known.
    """
    shapely = shapely_modules()
    from shapely.ops import unary_union

    by_river: dict[str, list[tuple[Any, int, Optional[str]]]] = {}
    for wkb, river, fid, uuid in polygons:
        by_river.setdefault(river, []).append((shapely.wkb.loads(wkb), fid, uuid))
    found: list[Bank] = []
    for river, parts in sorted(by_river.items()):
        merged = unary_union([shape for shape, _, _ in parts])
        for shape in getattr(merged, "geoms", [merged]):
            fid, uuid = next(((f, u) for s, f, u in parts if s.intersects(shape)), (-1, None))
            for line in _two_shores(np.asarray(shape.exterior.coords)[:, :2]):
                found.append(Bank(fid, line, river=river, uuid=uuid, generated=True))
    told = tell_sides([b.line for b in found], guides) if guides else [None] * len(found)
    banks = [b._replace(side=s) for b, s in zip(found, told)]
    untold = sum(b.side is None for b in banks)
    warnings = [Problem("QL-BANK-NOSIDE", {"count": untold, "ids": "-"})] if untold else []
    return banks, warnings


def _two_shores(ring: np.ndarray) -> Iterator[np.ndarray]:
    """An outline without its end edges, from one end to the other on either side."""
    points = _clean(ring[:-1])
    first, last = _farthest(points)
    edges_out = _end_edges(points, first) | _end_edges(points, last)
    count = len(points)
    run: list[int] = []
    start = (max(edges_out) + 1) % count if edges_out else first
    breaks = {first, last} if not edges_out else set()
    for step in range(count):
        k = (start + step) % count
        run.append(k)
        if k in edges_out or (k in breaks and len(run) > 1):
            if len(run) > 1:
                yield points[run]
            run = [k] if k in breaks and k not in edges_out else []
    if run:
        run.append(start)
        if len(run) > 1 and (count - 1 + start) % count not in edges_out:
            yield points[run]


def _farthest(points: np.ndarray) -> tuple[int, int]:
    """Positions of the two outline points farthest apart."""
    best, pair = -1.0, (0, 0)
    for i in range(len(points)):
        gap = ((points - points[i]) ** 2).sum(axis=1)
        k = int(gap.argmax())
        if gap[k] > best + 1e-9:
            best, pair = float(gap[k]), (i, k)
    return pair


def _end_edges(points: np.ndarray, tip: int) -> set[int]:
    """The edge (by its first point) straight across the river at its tip, empty where it ends in a point."""
    count = len(points)
    area = (
        abs(
            float(
                np.dot(points[:, 0], np.roll(points[:, 1], -1))
                - np.dot(points[:, 1], np.roll(points[:, 0], -1))
            )
        )
        / 2
    )
    around = float(np.hypot(*(np.roll(points, -1, axis=0) - points).T).sum())
    width = 2 * area / around
    best: tuple[float, int] | None = None
    for k in ((tip - 1) % count, tip):
        a, b = points[k], points[(k + 1) % count]
        edge = b - a
        size = float(np.hypot(*edge))
        before, after = a - points[k - 1], points[(k + 2) % count] - b
        turns = [float(edge @ v) / (size * float(np.hypot(*v))) for v in (before, after)]
        if size <= 3 * width and max(turns) < END_ANGLE and (best is None or size < best[0]):
            best = (size, k)
    return set() if best is None else {best[1]}
