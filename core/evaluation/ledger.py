"""The values of one evaluation, each with its origin, and what their years say (7.0.2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Iterable, Iterator, Optional

from ..errors import Problem
from ..provenance import Feature, Register, Value, now, value_of
from .model import Gap, Place


class Ledger:
    """Puts values into a :class:`Register` and remembers where those that were entered stand."""

    def __init__(self, edition: str, made_at: datetime | None, made_by: str) -> None:
        self.register = Register()
        self.edition = edition
        self.made_at = made_at or now()
        self.made_by = made_by
        self.places: dict[str, Place] = {}

    def enter(self, id: str, value: Any, kind: str, place: Place, **origin: Any) -> str:
        """A value that rests on no other: entered, official, or measured on layers."""
        self.places[id] = place
        return self._put(id, value, kind, origin)

    def derive(self, id: str, value: Any, inputs: Iterable[str], **origin: Any) -> str:
        """A value computed from ``inputs``; its source and year are those of what it rests on."""
        ids = tuple(dict.fromkeys(i for i in inputs if i in self.register))
        origin["inputs"] = ids
        found = list(self.leaves(ids))
        origin.setdefault("source", sources(found))
        origin.setdefault("year", oldest(found))
        return self._put(id, value, "computed", origin)

    def _put(self, id: str, value: Any, kind: str, origin: dict[str, Any]) -> str:
        made = Value(
            id=id, value=value_of(value), kind=kind, edition=self.edition,
            made_at=self.made_at, made_by=self.made_by, **origin,
        )  # fmt: skip
        self.register.put(made)
        return id

    def leaves(self, ids: Iterable[str]) -> Iterator[Value]:
        """The entered and measured values that ``ids`` rest on, each once."""
        seen: set[str] = set()
        ahead = list(ids)
        while ahead:
            id = ahead.pop(0)
            value = self.register.get(id)
            if value is None or id in seen:
                continue
            seen.add(id)
            ahead.extend(value.inputs)
            if id in self.places:
                yield value

    def year_gaps(self, ids: Iterable[str], on: date) -> list[Gap]:
        """Values under ``ids`` without a year, older than the last complete year before ``on``, or from after it."""
        found: dict[tuple[str, Optional[int]], Gap] = {}
        for leaf in self.leaves(ids):
            place = self.places[leaf.id]
            gap = year_gap(place, leaf.year, on)
            if gap is not None:
                found.setdefault((place.label, leaf.year), gap)
        return list(found.values())


def last_complete_year(on: date) -> int:
    """The last complete statistical year before a date: 2025 is complete on 2026-01-01, not on 2025-12-31."""
    return on.year - 1


def year_gap(place: Place, year: int | None, on: date) -> Gap | None:
    """What is wrong with the year of a value, None where nothing is (7.0.2)."""
    last = last_complete_year(on)
    facts = {"what": place.label, "year": year, "last": last, "date": on.isoformat()}
    if year is None:
        return Gap(Problem("QL-EVAL-NOYEAR", facts), place.table, place.field)
    if year < last:
        return Gap(Problem("QL-EVAL-OLD", facts), place.table, place.field)
    if year > on.year:
        return Gap(Problem("QL-EVAL-FUTURE", facts), place.table, place.field)
    return None


def sources(leaves: Iterable[Value]) -> str | None:
    """Sources of values, each once."""
    return "；".join(dict.fromkeys(v.source for v in leaves if v.source)) or None


def oldest(leaves: Iterable[Value]) -> int | None:
    """The oldest year of values, None where one has none."""
    years = [v.year for v in leaves]
    known = [y for y in years if y is not None]
    return min(known) if known and len(known) == len(years) else None


def trace(register: Register, id: str) -> list[Value]:
    """Everything a value rests on, inputs before users, itself last."""
    found: dict[str, Value] = {}

    def walk(at: str) -> None:
        value = register.get(at)
        if value is None or at in found:
            return
        for used in value.inputs:
            walk(used)
        found[at] = value

    walk(id)
    return list(found.values())


def features_under(register: Register, id: str) -> tuple[Feature, ...]:
    """The features a value rests on, however far down."""
    return tuple(dict.fromkeys(f for v in trace(register, id) for f in v.features))
