"""What people decide beside the geometry of a layout: overrides, ticked duties, reasons, cards (5.1.2, ch. 8).

Each is signed with name and date and kept as one fact of the survey's ``meta`` (key ``layout.<kind>.<of>``),
so that the survey's change log has who wrote it and what stood there before.
"""

from __future__ import annotations

import datetime
import json
from typing import Dict, Iterable, Mapping, NamedTuple, Tuple

from ..core.siting.model import Confirmation
from ..layers.store import Store

PREFIX = "layout."
CONFIRM, UNUSED, CARD, PLOT, DONE = "confirm", "unused", "card", "plot", "done"
CARD_FIELDS = ("owner", "user", "manager", "completed", "other_name", "other_unit", "other_clause")


class Signed(NamedTuple):
    """A decision: why, by whom, on which day (ISO date)."""

    reason: str
    name: str
    date: str


def today() -> str:
    """Today as an ISO date."""
    return datetime.date.today().isoformat()


def key_of(kind: str, *of: str) -> str:
    """The fact's key in ``meta``."""
    return PREFIX + kind + "." + "|".join(of)


class Notes:
    """The notes of one survey, read once and written through its store at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._kept: Dict[str, Dict[str, str]] = {}
        self.reread()

    def reread(self) -> None:
        """Take over what the survey holds."""
        self._kept = {}
        for key, value in self.store.meta().items():
            found = _entries(value) if key.startswith(PREFIX) and value else None
            if found is not None:
                self._kept[key] = found

    def signed(self, kind: str, *of: str) -> Signed | None:
        """A signed decision, None where there is none."""
        found = self._kept.get(key_of(kind, *of))
        if found is None:
            return None
        return Signed(found.get("reason", ""), found.get("name", ""), found.get("date", ""))

    def sign(self, kind: str, of: Tuple[str, ...], signed: Signed) -> None:
        """Keep a signed decision. Raises what the store raises; ValueError without a name."""
        if not signed.name.strip():
            raise ValueError("a decision needs the name of who takes it")
        self._write({key_of(kind, *of): signed._asdict()}, who=signed.name, why=kind)

    def withdraw(self, kind: str, *of: str) -> None:
        """Take a decision back; the change log keeps it."""
        key = key_of(kind, *of)
        if key in self._kept:
            self._write({key: None}, why=f"{kind} withdrawn")

    def card(self, uuid: str) -> Mapping[str, str]:
        """Owner, user, manager, day of completion and, for an "other" row, its name, unit and clause."""
        return self._kept.get(key_of(CARD, uuid), {})

    def fill_card(self, uuid: str, values: Mapping[str, str]) -> None:
        """Write entries of a measure's card; empty ones are dropped."""
        merged = {**self.card(uuid), **values}
        kept = {k: v for k, v in merged.items() if v}
        self._write({key_of(CARD, uuid): kept or None}, why="card")

    def cards(self) -> Dict[str, Mapping[str, str]]:
        """All cards by uuid of the measure."""
        start = key_of(CARD)
        return {k[len(start) :]: v for k, v in self._kept.items() if k.startswith(start)}

    def plots(self) -> Dict[str, str]:
        """The plot numbers (图斑号) given so far, by uuid of the measure."""
        return dict(self._kept.get(key_of(PLOT), {}))

    def keep_plots(self, numbers: Mapping[str, str]) -> None:
        """Keep plot numbers; they stay once given."""
        if dict(numbers) != self.plots():
            self._write({key_of(PLOT): dict(numbers)}, why="plot numbers")

    def confirmed(self, uuid: str) -> Dict[str, Confirmation]:
        """Duties ticked and breaches overridden on a measure: rule id -> who, when, why."""
        return {
            of[1]: Confirmation(s.name, s.date, s.reason)
            for of, s in self.all_signed(CONFIRM).items()
            if len(of) == 2 and of[0] == uuid
        }

    def all_signed(self, kind: str) -> Dict[Tuple[str, ...], Signed]:
        """Every decision of a kind."""
        start = key_of(kind)
        found: Dict[Tuple[str, ...], Signed] = {}
        for key in self._kept:
            if key.startswith(start):
                of = tuple(key[len(start) :].split("|"))
                signed = self.signed(kind, *of)
                if signed is not None:
                    found[of] = signed
        return found

    def copy(self, uuid: str, made: Iterable[str]) -> None:
        """Give measures made from another one its card."""
        card = dict(self.card(uuid))
        values = {key_of(CARD, new): dict(card) for new in made if card}
        if values:
            self._write(values, why="copied")

    def _write(self, values: Mapping[str, Dict[str, str] | None], *, who: str = "", why: str) -> None:
        texts = {k: None if v is None else _text(v) for k, v in values.items()}
        self.store.set_meta(texts, who=who, why=f"layout: {why}")
        for key, value in values.items():
            if value is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = value


def _text(value: Mapping[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _entries(value: str) -> Dict[str, str] | None:
    """What a fact holds; a fact written by something else is left alone."""
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else None
