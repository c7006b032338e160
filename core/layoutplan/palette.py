"""Which measures table B.1 offers in a zone for a watershed type, and which main ones a layout leaves unused.

Serves table B.1 with its remark, 5.2, 5.3 and note 5.2.7 (the table is advice): ■ comes first, then ★, then the
rows 其他 with the measures that only a clause names.
"""

from __future__ import annotations

from typing import Collection, NamedTuple, Optional

from ..errors import EditionError
from ..standard import Edition, Measure
from ..standard.model import TextMeasure

MAJOR, MINOR = "major", "minor"
STANDARD, SOUTH = "standard", "south"
PROFILES = (STANDARD, SOUTH)
HABITAT_GROUP, MOVED_TO = "rural_habitat", "channel"

_ZONE_OF_SECTION = {
    "5.2.1": "protection", "6.1": "protection", "5.2.2": "regulation", "6.2": "regulation",
    "5.2.3": "channel", "6.3": "channel",
}  # fmt: skip
_EROSION_CLAUSES = "6.2.2"


class Offer(NamedTuple):
    """A measure of the palette: a row of B.1 with its mark, or under a row 其他 what a clause names.

    ``moved``: offered in this zone by the remark of B.1 only. ``mark`` is None for the rows 其他.
    """

    measure: str
    mark: Optional[str] = None
    moved: bool = False
    text: Optional[TextMeasure] = None


def palette(edition: Edition, zone: str | None, type_key: str, profile: str = STANDARD) -> tuple[Offer, ...]:
    """Offers for a zone (None: for all zones) and a watershed type, ■ first, each in the order of B.1.

    ``profile`` ``south`` applies the remark of B.1: in the south and in plain water networks the measures of
    the rural living environment are offered in the channel zone too.
    Raises EditionError QL-STD-NOSUCH for a zone, type or profile that does not exist.
    """
    _must(edition, "type", type_key, edition.types)
    _must(edition, "profile", profile, PROFILES)
    if zone is not None:
        _must(edition, "zone", zone, edition.zones)
    rows = [o for m in edition.measures.values() for o in _offers(m, zone, type_key, profile)]
    ranked = [o for mark in (MAJOR, MINOR) for o in rows if o.mark == mark]
    others = [m for m in edition.measures.values() if m.placeholder and zone in (None, m.zone)]
    return (*ranked, *(o for m in others for o in (Offer(m.key), *_named_in_text(edition, m))))


def unused_major(edition: Edition, type_key: str, used: Collection[str]) -> tuple[str, ...]:
    """The ■ measures of a type that a layout does not use: B.1 is advice, so each asks for a reason only."""
    _must(edition, "type", type_key, edition.types)
    return tuple(
        m.key for m in edition.measures.values() if m.marks.get(type_key) == MAJOR and m.key not in used
    )


def zone_of_text(edition: Edition, measure: TextMeasure) -> str | None:
    """The zone of a measure that only a clause names; None where the clause holds everywhere."""
    if measure.measure is not None:
        return edition.measure(measure.measure).zone
    found = [zone for section, zone in _ZONE_OF_SECTION.items() if _within(measure.clause, section)]
    return found[0] if found else None


def measure_named(edition: Edition, name: str) -> Measure | None:
    """The measure with this key, Chinese or English name, alias or number of B.1; None where there is none."""
    wanted = name.strip()
    if wanted.lower() in edition.measures:
        return edition.measures[wanted.lower()]
    found = [
        m
        for m in edition.measures.values()
        if not m.placeholder
        and wanted.lower()
        in {n.lower() for n in (m.name_zh, m.name_en, str(m.number), *m.aliases_zh, *m.aliases_en)}
    ]
    return found[0] if len(found) == 1 else None


_LEAST_OF_A_NAME = 3


def zone_named(edition: Edition, name: object) -> str | None:
    """The zone with this key or Chinese or English name, or with a part of the former that no other has (保护区).

    Another word as it is, None for nothing.
    """
    wanted = "" if name is None else str(name).strip()
    zones = edition.zones.values()
    found = [z.key for z in zones if wanted.lower() in (z.key, z.zh, z.en.lower())]
    within = [z.key for z in zones if len(wanted) >= _LEAST_OF_A_NAME and wanted in z.zh]
    if not found and len(within) == 1:
        found = within
    return found[0] if found else wanted or None


def _offers(measure: Measure, zone: str | None, type_key: str, profile: str) -> tuple[Offer, ...]:
    if measure.placeholder:
        return ()
    mark = measure.marks.get(type_key)
    if zone in (None, measure.zone):
        return (Offer(measure.key, mark),)
    moves = profile == SOUTH and measure.group == HABITAT_GROUP and zone == MOVED_TO
    return (Offer(measure.key, mark, moved=True),) if moves else ()


def _named_in_text(edition: Edition, other: Measure) -> tuple[Offer, ...]:
    """What clauses name and B.1 has no row for, under the row 其他 it belongs to."""
    return tuple(
        Offer(other.key, text=text)
        for text in edition.measures_in_text.measures
        if _belongs(edition, text, other)
    )


def _belongs(edition: Edition, text: TextMeasure, other: Measure) -> bool:
    zone = zone_of_text(edition, text)
    if zone is None:
        return other.group is None
    if zone != other.zone:
        return False
    erosion = [
        m for m in edition.measures.values() if m.placeholder and m.zone == zone and m.group is not None
    ]
    if not erosion:
        return True
    return (other.group is not None) == _within(text.clause, _EROSION_CLAUSES)


def _within(clause: str, section: str) -> bool:
    return clause == section or clause.startswith((f"{section}.", f"{section}-"))


def _must(edition: Edition, kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise EditionError("QL-STD-NOSUCH", kind=kind, name=name, edition=edition.id)
