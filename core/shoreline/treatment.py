"""Which bank lies on a reach under treatment: numerator and denominator of C.8 on the same reaches."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Sequence

import numpy as np

from ..terrain.shapes import ShapeIndex, shapely_modules
from .banks import Bank, line_length

SNAP_M = 0.5
"""A rest of a bank shorter than this at the end of a reach goes with the rest of the bank."""

_FLAT, _ROUND = 2, 1


class Reach(NamedTuple):
    """A reach under treatment, (n, 2); ``river`` empty where it is not known."""

    line: np.ndarray
    river: str = ""


class Piece(NamedTuple):
    """A part of bank number ``bank`` that lies on treated reaches or beside them."""

    bank: int
    line: np.ndarray
    treated: bool


def cut_at_reaches(banks: Sequence[Bank], reaches: Sequence[Reach], distance_m: float) -> list[Piece]:
    """Every bank cut where treated reaches begin and end.

    Bank is treated beside a reach, at most ``distance_m`` from it, and not before its beginning or beyond
    its end. A reach that names a river of the banks counts for that river only.
    """
    shapely = shapely_modules()
    rivers = {b.river for b in banks if b.river}
    belts = [(river, belt) for river, belt in _belts(reaches, rivers, distance_m)]
    index = ShapeIndex([belt for _, belt in belts])
    pieces: list[Piece] = []
    for number, bank in enumerate(banks):
        if line_length(bank.line) <= 0:
            continue
        line = shapely.geometry.LineString(bank.line)
        near = [
            belts[k][1]
            for k in index.near(line)
            if not belts[k][0] or belts[k][0] == bank.river or not bank.river
        ]
        pieces += [Piece(number, xy, treated) for xy, treated in _cut(bank.line, line, near)]
    return pieces


def _belts(reaches: Sequence[Reach], rivers: set[str], distance_m: float) -> Iterator[tuple[str, Any]]:
    """(river, polygon) beside each run of reaches; flat ends, so that nothing beyond the reach is in it."""
    shapely = shapely_modules()
    from shapely.ops import linemerge

    by_river: dict[str, list[Any]] = {}
    for reach in reaches:
        if line_length(reach.line) > 0:
            key = reach.river if reach.river in rivers else ""
            by_river.setdefault(key, []).append(shapely.geometry.LineString(reach.line))
    for river, lines in sorted(by_river.items()):
        merged = linemerge(lines) if len(lines) > 1 else lines[0]
        for run in getattr(merged, "geoms", [merged]):
            yield river, run.buffer(distance_m, cap_style=_FLAT, join_style=_ROUND)


def _cut(xy: np.ndarray, line: Any, belts: Sequence[Any]) -> Iterator[tuple[np.ndarray, bool]]:
    """(coordinates, treated) of the parts of a line, in its order."""
    if not belts:
        yield xy, False
        return
    belt = belts[0]
    for other in belts[1:]:
        belt = belt.union(other)
    spans = _spans(line, line.intersection(belt))
    total = line_length(xy)
    done = 0.0
    for start, end in spans:
        if start > done:
            yield part_of(xy, done, start), False
        yield part_of(xy, start, end), True
        done = end
    if done < total:
        yield part_of(xy, done, total), False


def _spans(line: Any, inside: Any) -> list[tuple[float, float]]:
    """Stretches of the line that are inside, as distances along it; slivers go with their neighbours."""
    total = float(line.length)
    shapely = shapely_modules()
    raw = []
    for part in getattr(inside, "geoms", [inside]):
        if part.geom_type == "LineString" and part.length > 0:
            ends = [float(line.project(shapely.geometry.Point(c))) for c in (part.coords[0], part.coords[-1])]
            start, end = min(ends), max(ends)
            if abs((end - start) - part.length) > 1e-3:  # a closed ring begins where it ends
                start, end = 0.0, total
            raw.append((start, end))
    joined: list[tuple[float, float]] = []
    for start, end in sorted(raw):
        if joined and start - joined[-1][1] <= SNAP_M:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    snap = min(SNAP_M, total / 4)
    return [
        (0.0 if start <= snap else start, total if total - end <= snap else end)
        for start, end in joined
        if end - start > snap
    ]


def part_of(xy: np.ndarray, start: float, end: float) -> np.ndarray:
    """The part of a line between two distances along it."""
    d = np.diff(xy, axis=0)
    at = np.concatenate([[0.0], np.cumsum(np.hypot(d[:, 0], d[:, 1]))])
    inner = (at > start) & (at < end)
    first, last = (np.array([np.interp(s, at, xy[:, 0]), np.interp(s, at, xy[:, 1])]) for s in (start, end))
    return np.vstack([first, xy[inner], last])
