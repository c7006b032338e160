"""Which parcels suit a measure, by which clause, and in what order (chapters 5 and 6, B.1).

The verdict is the layout check's own (:func:`core.siting.engine.judge`), asked of the whole parcel. Order, ours:
the verdict; a parcel in the zone in which B.1 has the measure before others; more of the tests that the
standard only ranks by (slope position, nearness to village and road: ruling 5); a smaller part in breach; the
larger parcel; then north before south, west before east. A parcel that a clause forbids has no rank.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

from ..errors import Problem
from ..progress import SILENT, Progress
from ..siting.engine import judge, ranks
from ..siting.ground import Ground
from ..siting.model import (
    ASIDE,
    ERROR,
    PASS,
    VERDICTS,
    Finding,
    MeasureFeature,
    Unknown,
    decisive,
)
from ..siting.rules import PLACING
from ..siting.site import GroundSite
from ..siting.truth import YES
from ..standard import Edition

ORDER = tuple(v for v in reversed(VERDICTS) if v != ASIDE)
"""Verdicts from the best candidate to the worst: pass, duty, unknown, note, warning, error."""


class Parcel(NamedTuple):
    """A parcel that may carry a measure: its key, WKB, columns and zone (None: not known, see :func:`zone_of`)."""

    key: str
    wkb: bytes
    attributes: Mapping[str, Any]
    zone: Optional[str] = None


@dataclass(frozen=True)
class Candidate:
    """A parcel judged for a measure: the clause that makes or breaks it, and its rank (None: forbidden).

    ``met`` of ``preferences`` tests that only rank hold; ``failing`` is the share of the parcel in breach;
    ``own_zone``: B.1 has the measure in the parcel's zone (None: zone not known).
    """

    measure: str
    parcel: str
    verdict: str
    rule_id: str
    clause: str
    message: Problem
    area_m2: float
    met: int = 0
    preferences: int = 0
    failing: float = 0.0
    own_zone: Optional[bool] = None
    missing: tuple[str, ...] = ()
    rank: Optional[int] = None


def candidates(
    measures: Sequence[str],
    parcels: Sequence[Parcel],
    ground: Ground,
    edition: Edition,
    progress: Progress = SILENT,
) -> list[Candidate]:
    """All parcels judged for all measures, ranked within each measure. Raises Cancelled, EditionError."""
    progress.stage("judge_candidates", len(measures) * len(parcels))
    shapes = {p.key: ground.shapes.read(p.wkb) for p in parcels}
    corners = {key: ground.shapes.bounds(shape) for key, shape in shapes.items() if shape is not None}
    own: dict[str, list[Candidate]] = {key: [] for key in measures}
    for done, parcel in enumerate(parcels):
        place: GroundSite | None = None
        for number, key in enumerate(measures):
            progress.step((done + number / len(measures)) / len(parcels))
            measure = MeasureFeature(parcel.key, key, parcel.wkb, parcel.attributes)
            place = ground.site(measure) if place is None else place.of(measure)
            candidate = None if place is None else judged(measure, parcel, place, ground, edition)
            if candidate is not None:
                own[key].append(candidate)
    return [candidate for found in own.values() for candidate in _ranked(found, corners)]


def in_zones(
    parcels: Sequence[Parcel], ground: Ground, edition: Edition, progress: Progress = SILENT
) -> list[Parcel]:
    """The parcels, each with the zone that holds most of it. Raises Cancelled."""
    progress.stage("zones_of_parcels", len(parcels))
    found = []
    for done, parcel in enumerate(parcels):
        progress.step(done / len(parcels))
        found.append(parcel._replace(zone=zone_of(parcel, ground, edition)))
    return found


def zone_of(parcel: Parcel, ground: Ground, edition: Edition) -> str | None:
    """The zone that holds most of a parcel, None where zones are not known or none holds it."""
    site = ground.site(
        MeasureFeature(parcel.key, next(iter(edition.measures)), parcel.wkb, parcel.attributes)
    )
    found = site.classes("zone") if site is not None else None
    if found is None or isinstance(found, Unknown):
        return None
    return next((zone for zone in found.shares() if zone in edition.zones), None)


def judged(
    measure: MeasureFeature, parcel: Parcel, place: GroundSite, ground: Ground, edition: Edition
) -> Candidate | None:
    """One parcel, as the ``place`` of a measure; None where no rule speaks to it."""
    findings = judge(measure, ground, edition, candidate=True, site=place)
    finding = _deciding(findings)
    if finding is None:
        return None
    key = measure.key
    tests = ranks(measure, ground, edition, site=place)
    breaches = [f.share or 0.0 for f in findings if f.breach]
    own_zone = None if parcel.zone is None else parcel.zone == edition.measure(key).zone
    return Candidate(
        measure=key,
        parcel=parcel.key,
        verdict=finding.verdict,
        rule_id=finding.rule_id,
        clause=finding.clause,
        message=finding.message,
        area_m2=ground.shapes.area(place.shape),
        met=sum(state == YES for state in tests.values()),
        preferences=len(tests),
        failing=max(breaches, default=0.0),
        own_zone=own_zone,
        missing=tuple(dict.fromkeys(role for f in findings for role in f.missing)),
    )


def _deciding(findings: Sequence[Finding]) -> Finding | None:
    """The finding with the worst verdict; where nothing is wrong the clause that supports the place."""
    found = decisive(findings)
    if found is None or found.verdict != PASS:
        return found
    supporting = (f for f in findings if f.verdict == PASS and f.effect in PLACING)
    return next(supporting, found)


def _ranked(
    found: Iterable[Candidate], corners: Mapping[str, tuple[float, float, float, float]]
) -> list[Candidate]:
    def place(c: Candidate) -> tuple[Any, ...]:
        west, _, _, north = corners[c.parcel]
        worth = (ORDER.index(c.verdict), c.own_zone is False, -c.met, round(c.failing, 6), -round(c.area_m2))
        return (*worth, -north, west, c.parcel)

    ordered = sorted(found, key=place)
    numbers = iter(range(1, len(ordered) + 1))
    return [c if c.verdict == ERROR else replace(c, rank=next(numbers)) for c in ordered]
