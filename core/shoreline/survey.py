"""The shore of a watershed worked out: what counts where, per river, per bank and in total (C.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, NamedTuple, Optional, Sequence

import numpy as np

from ..errors import Problem
from ..progress import SILENT, Progress
from ..terrain.shapes import ShapeIndex, shapely_modules
from .banks import UNCLASSIFIED, Bank
from .counting import Pair, count_once
from .ratio import OVER_100, Lengths, Shore, summed
from .treatment import Reach, cut_at_reaches

ZERO_M = 1e-3
IDS_SHOWN = 10
GENERATED_M = 1.0
"""Shorter overlaps of generated banks are the corners of confluences, no fault of the data."""


class Laid(NamedTuple):
    """A piece of bank on or off a treated reach: ``counted_m`` is what counts of it once, by class."""

    bank: Bank
    treated: Optional[bool]
    counted: Lengths


class Finding(NamedTuple):
    """A fault of the data: ``problem`` with its features and length."""

    problem: Problem
    severity: str
    river: str
    fids: tuple[int, ...]
    length_m: Optional[float]


@dataclass(frozen=True)
class ShoreSurvey:
    """``total``, then each river, then each bank of each river; the pieces; what was found at fault."""

    total: Shore
    rivers: tuple[Shore, ...]
    sides: tuple[Shore, ...]
    pieces: tuple[Laid, ...]
    findings: tuple[Finding, ...]


def survey_shore(
    banks: Sequence[Bank],
    reaches: Sequence[Reach] | None = None,
    reach_distance_m: float = 30.0,
    tolerance_m: float = 0.5,
    progress: Progress = SILENT,
) -> ShoreSurvey:
    """Work out the shore. ``reaches`` None: it is not known which reaches are treated.

    Zero-length banks count nothing; banks drawn twice count once. Raises MissingLibrary, Cancelled.
    """
    zero = [b for b in banks if b.length_m < ZERO_M]
    sound = [b for b in banks if b.length_m >= ZERO_M]
    cut = cut_at_reaches(sound, reaches or (), reach_distance_m)
    parts = [sound[p.bank]._replace(line=p.line) for p in cut]
    counted = count_once(parts, tolerance_m, progress)
    laid = tuple(
        Laid(part, p.treated if reaches is not None else None, Lengths(lengths))
        for part, p, lengths in zip(parts, cut, counted.lengths)
    )
    rivers = sorted({b.river for b in sound})
    known = reaches is not None
    total = _shore("", None, laid, known)
    named = rivers if any(rivers) else []
    found = tuple(_shore(river, None, [p for p in laid if p.bank.river == river], known) for river in named)
    by_side = tuple(_by_side(laid, rivers, known))
    pairs = _merged(counted.pairs, [p.bank for p in cut])
    findings = (
        *_zero(zero),
        *_twice(sound, pairs),
        *_dangling(sound, pairs, tolerance_m),
        *_over((total, *found)),
    )
    return ShoreSurvey(total, found, by_side, laid, findings)


def _shore(river: str, side: str | None, laid: Sequence[Laid], known: bool) -> Shore:
    treated = summed(p.counted for p in laid if p.treated) if known else None
    return Shore(river, side, summed(p.counted for p in laid), treated)


def _by_side(laid: Sequence[Laid], rivers: Sequence[str], known: bool) -> Iterator[Shore]:
    for river in rivers:
        own = [p for p in laid if p.bank.river == river]
        for side in sorted({p.bank.side or "" for p in own}):
            yield _shore(river, side or None, [p for p in own if (p.bank.side or "") == side], known)


def _merged(pairs: Sequence[Pair], bank_of: Sequence[int]) -> list[Pair]:
    """Pairs of pieces as pairs of banks."""
    sums: dict[tuple[int, int], list[Pair]] = {}
    for pair in pairs:
        one, other = sorted((bank_of[pair.first], bank_of[pair.second]))
        sums.setdefault((one, other), []).append(pair)
    return [
        Pair(
            one,
            other,
            sum(p.length_m for p in group),
            all(p.whole for p in group),
            any(p.conflict for p in group),
        )
        for (one, other), group in sorted(sums.items())
    ]


def _zero(zero: Sequence[Bank]) -> Iterator[Finding]:
    if zero:
        fids = tuple(sorted(b.fid for b in zero))
        yield Finding(
            Problem("QL-BANK-ZERO", {"count": len(zero), "ids": _ids(fids)}), "warning", "", fids, 0.0
        )


def _twice(banks: Sequence[Bank], pairs: Sequence[Pair]) -> Iterator[Finding]:
    for pair in pairs:
        one, other = banks[pair.first], banks[pair.second]
        if one.generated and other.generated and pair.length_m < GENERATED_M:
            continue
        fids = (one.fid, other.fid)
        facts = {"ids": _ids(fids), "length": f"{pair.length_m:.3f}", "river": one.river or "-"}
        duplicate = Problem("QL-BANK-DUPLICATE", facts)
        overlap = Problem("QL-BANK-OVERLAP", facts)
        yield Finding(duplicate if pair.whole else overlap, "warning", one.river, fids, pair.length_m)
        if pair.conflict:
            classes = {**facts, "classes": f"{one.kind} / {other.kind}"}
            yield Finding(Problem("QL-BANK-CONFLICT", classes), "error", one.river, fids, pair.length_m)


def _dangling(banks: Sequence[Bank], pairs: Sequence[Pair], tolerance_m: float) -> Iterator[Finding]:
    """Ends that come within the tolerance of another bank of their river and side and do not meet it."""
    shapely = shapely_modules()
    lines = [shapely.geometry.LineString(b.line) for b in banks]
    index = ShapeIndex(lines)
    known = {frozenset((p.first, p.second)) for p in pairs}
    for i, bank in enumerate(banks):
        for end in () if bank.generated else (bank.line[0], bank.line[-1]):
            point = shapely.geometry.Point(end)
            for k in index.near(point.buffer(tolerance_m)):
                same = (banks[k].river, banks[k].side) == (bank.river, bank.side) and k != i
                if not same or bank.side is None or frozenset((i, k)) in known:
                    continue
                gap = float(lines[k].distance(point))
                if ZERO_M < gap <= tolerance_m and not _meets_elsewhere(bank.line, banks[k].line):
                    fids = (bank.fid, banks[k].fid)
                    facts = {"ids": _ids(fids), "gap": f"{gap:.3f}", "place": f"{end[0]:.1f}, {end[1]:.1f}"}
                    yield Finding(Problem("QL-BANK-DANGLING", facts), "warning", bank.river, fids, gap)


def _meets_elsewhere(line: np.ndarray, other: np.ndarray) -> bool:
    """Whether an end of one is an end of the other (the short pieces of a well drawn bank)."""
    ends, others = line[[0, -1]], other[[0, -1]]
    return bool((np.abs(ends[:, None] - others[None]).max(axis=2) <= ZERO_M).any())


def _over(shores: Sequence[Shore]) -> Iterator[Finding]:
    for shore in shores:
        if shore.error is not None and shore.treated is not None:
            facts = {
                "river": shore.river or "∑",
                "ratio": f"{shore.ratio_printed:.3f}",
                "counting": f"{shore.everywhere.counting:.3f}",
                "treated": f"{shore.treated.total:.3f}",
            }
            yield Finding(Problem(OVER_100, facts), "error", shore.river, (), None)


def softened_note(banks: Sequence[Bank]) -> list[Problem]:
    """That softened hard bank counts as ecological only because the note permits it; empty where there is none."""
    soft = [b for b in banks if b.softened]
    if not soft:
        return []
    length = sum(b.length_m for b in soft)
    return [Problem("QL-BANK-SOFTENED", {"count": len(soft), "length": f"{length:.1f}"})]


def unclassified_note(total: Shore) -> list[Problem]:
    """How much bank has no class and between what the ratio lies; empty where all has."""
    lengths = total.treated if total.treated is not None else total.everywhere
    if lengths[UNCLASSIFIED] <= 0:
        return []
    return [
        Problem(
            "QL-BANK-UNCLASSIFIED", {"length": f"{lengths[UNCLASSIFIED]:.1f}", "all": f"{lengths.total:.1f}"}
        )
    ]


def _ids(fids: Sequence[int]) -> str:
    shown = ", ".join(str(f) for f in fids[:IDS_SHOWN])
    more = len(fids) - IDS_SHOWN
    return f"{shown} (+{more})" if more > 0 else shown
