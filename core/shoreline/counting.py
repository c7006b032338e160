"""Counting what lies twice once: the share of each stretch of bank that counts, whatever the order.

Where k + 1 segments run along each other within the tolerance, each of them counts 1 / (k + 1) of its
length there: neither the order nor the direction nor the cutting of lines changes a sum. Two lines
count as the same bank on the same river and side within ``DUPLICATE_TOLERANCE``; where the side of one
of them is not known, only where they coincide within 1 cm, so that the two banks of a ditch stay two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, NamedTuple, Sequence

import numpy as np

from ..progress import SILENT, Progress
from ..terrain.shapes import ShapeIndex, shapely_modules
from .banks import UNCLASSIFIED, Bank

COINCIDENCE_M = 0.01
"""Lines whose side cannot be told are one bank only where they coincide within 1 cm."""

_PARALLEL = float(np.cos(np.radians(20)))
_TOUCH_M = 1e-6
_WHOLE = 0.95
_SHOWN_M = 0.05


class Stretch(NamedTuple):
    """A part of a segment that other lines cover: from, to along it (m), by which bank, of which class."""

    start: float
    end: float
    owner: int
    kind: str


class Pair(NamedTuple):
    """Two banks (positions) that run along each other on ``length_m``; ``whole``: duplicates."""

    first: int
    second: int
    length_m: float
    whole: bool
    conflict: bool


@dataclass(frozen=True)
class Counted:
    """What counts of each bank, m by class: ``lengths[i][kind]``; and the pairs that lie twice."""

    lengths: list[dict[str, float]]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class _Segments:
    start: np.ndarray
    step: np.ndarray
    length: np.ndarray
    owner: np.ndarray

    def box(self, i: int, margin: float) -> tuple[float, float, float, float]:
        a, b = self.start[i], self.start[i] + self.step[i] * self.length[i]
        low, high = np.minimum(a, b) - margin, np.maximum(a, b) + margin
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def count_once(banks: Sequence[Bank], tolerance_m: float, progress: Progress = SILENT) -> Counted:
    """What counts of each bank. ``tolerance_m`` within which lines of one river and side are one bank."""
    segments = _segments(banks)
    covered = _covers(banks, segments, max(tolerance_m, COINCIDENCE_M), tolerance_m, progress)
    lengths: list[dict[str, float]] = [{} for _ in banks]
    shared: dict[tuple[int, int], float] = {}
    for i in range(len(segments.length)):
        owner = int(segments.owner[i])
        whole = float(segments.length[i])
        parts = covered.get(i, ())
        for part in parts:
            key = (min(owner, part.owner), max(owner, part.owner))
            shared[key] = shared.get(key, 0.0) + (part.end - part.start)
        for kind, counts in _weighed(whole, banks[owner].kind, parts):
            lengths[owner][kind] = lengths[owner].get(kind, 0.0) + counts
    return Counted(lengths, tuple(_pairs(banks, shared)))


def _segments(banks: Sequence[Bank]) -> _Segments:
    starts, steps, lengths, owners = [], [], [], []
    for number, bank in enumerate(banks):
        d = np.diff(bank.line, axis=0)
        length = np.hypot(d[:, 0], d[:, 1])
        keep = length > 0
        starts.append(bank.line[:-1][keep])
        steps.append(d[keep] / length[keep][:, None])
        lengths.append(length[keep])
        owners.append(np.full(int(keep.sum()), number))
    if not starts:
        return _Segments(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, int))
    return _Segments(*(np.concatenate(parts) for parts in (starts, steps, lengths, owners)))


def _covers(
    banks: Sequence[Bank], segments: _Segments, reach: float, tolerance: float, progress: Progress
) -> dict[int, list[Stretch]]:
    """By segment, the stretches of it that other lines cover."""
    shapely = shapely_modules()
    ends = segments.start + segments.step * segments.length[:, None]
    shapes = [shapely.geometry.LineString([a, b]) for a, b in zip(segments.start.tolist(), ends.tolist())]
    index = ShapeIndex(shapes)
    found: dict[int, list[Stretch]] = {}
    progress.stage("banks", len(shapes))
    for i in range(len(shapes)):
        if i % 500 == 0:
            progress.step(i / len(shapes))
        for k in index.near(shapely.geometry.box(*segments.box(i, reach))):
            if k == i:
                continue
            one, other = banks[int(segments.owner[i])], banks[int(segments.owner[k])]
            within = _tolerance(one, other, tolerance)
            span = None if within is None else _along(segments, ends, i, k, within)
            if span is not None:
                found.setdefault(i, []).append(Stretch(*span, int(segments.owner[k]), other.kind))
    return found


def _tolerance(one: Bank, other: Bank, tolerance: float) -> float | None:
    """How near the two must be to be one bank, None where they never are."""
    if one.side is None or other.side is None:
        return COINCIDENCE_M
    return tolerance if (one.river, one.side) == (other.river, other.side) else None


def _along(
    segments: _Segments, ends: np.ndarray, i: int, k: int, within: float
) -> tuple[float, float] | None:
    """From where to where segment ``k`` runs along segment ``i``, m along ``i``; None where it does not."""
    step = segments.step[i]
    cosine = float(step @ segments.step[k])
    if abs(cosine) < _PARALLEL:  # a bend or a crossing, not a bank drawn twice
        return None
    from_start = np.stack([segments.start[k], ends[k]]) - segments.start[i]
    u = from_start @ step
    off = from_start @ np.array([-step[1], step[0]])
    low, high = (0, 1) if u[0] <= u[1] else (1, 0)
    start, end = max(float(u[low]), 0.0), min(float(u[high]), float(segments.length[i]))
    slope = float(off[high] - off[low]) / float(u[high] - u[low])
    at_zero = float(off[low]) - slope * float(u[low])
    if abs(slope) > 1e-12:
        bounds = sorted(((within - at_zero) / slope, (-within - at_zero) / slope))
        start, end = max(start, bounds[0]), min(end, bounds[1])
    elif abs(at_zero) > within:
        return None
    return (start, end) if end - start > _TOUCH_M else None


def _weighed(length: float, kind: str, parts: Sequence[Stretch]) -> Iterator[tuple[str, float]]:
    """(class, what counts) of a segment, cut where cover begins and ends."""
    if not parts:
        yield kind, length
        return
    cuts = sorted({0.0, length, *(p.start for p in parts), *(p.end for p in parts)})
    for a, b in zip(cuts[:-1], cuts[1:]):
        middle = (a + b) / 2
        over = [p for p in parts if p.start <= middle <= p.end]
        yield resolved([kind, *(p.kind for p in over)]), (b - a) / (1 + len(over))


def resolved(kinds: Sequence[str]) -> str:
    """The class of a stretch that several lines claim: theirs where they agree, else unclassified."""
    said = {k for k in kinds if k != UNCLASSIFIED}
    return said.pop() if len(said) == 1 else UNCLASSIFIED


def _pairs(banks: Sequence[Bank], shared: dict[tuple[int, int], float]) -> Iterator[Pair]:
    for (first, second), length in sorted(shared.items()):
        both = length / 2  # each of the two was met from both sides
        if both < _SHOWN_M:
            continue
        one, other = banks[first], banks[second]
        longest = max(one.length_m, other.length_m)
        whole = first != second and both >= _WHOLE * longest
        conflict = {one.kind, other.kind} - {UNCLASSIFIED} == {
            one.kind,
            other.kind,
        } and one.kind != other.kind
        yield Pair(first, second, both, whole, conflict)
