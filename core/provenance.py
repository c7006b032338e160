"""Where a number comes from, and which numbers go stale when something changes.

Every value the plugin shows carries its clause, formula, inputs, source, year and the features
it rests on (7.0.2 asks for the year and source of every indicator value). Values are immutable;
a :class:`Register` holds those of a survey and knows what depends on what.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timezone
from graphlib import TopologicalSorter
from typing import Any, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional, Set, Tuple, Union

from .errors import QingliuError

Scalar = Union[float, int, bool, str, None]
KINDS = ("entered", "computed", "official", "estimate")
_TEXT = ("id", "kind", "edition", "made_by")
_OPTIONAL_TEXT = ("unit", "clause", "formula", "source")


class Feature(NamedTuple):
    """A feature a value rests on: the layer's role and the row's uuid.

    ``uuid`` None stands for every feature of the layer, where a value rests on all of them.
    """

    role: str
    uuid: Optional[str] = None


@dataclass(frozen=True)
class Value:
    """A value with its origin.

    ``kind`` is entered (by a person), computed (by ``formula`` from ``inputs``), official (a
    published statistic) or estimate. ``value`` None means that it is not known; it stays None.
    ``made_at`` carries its time zone. Raises QL-PROV-NOTFINITE for NaN and infinity,
    QL-PROV-INVALID for anything else that is no value.
    """

    id: str
    value: Scalar
    kind: str
    edition: str
    made_at: datetime
    made_by: str
    unit: Optional[str] = None
    clause: Optional[str] = None
    formula: Optional[str] = None
    inputs: Tuple[str, ...] = ()
    source: Optional[str] = None
    year: Optional[int] = None
    features: Tuple[Feature, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise QingliuError("QL-PROV-NOTFINITE", id=self.id, value=self.value)
        for name, fits in _FITS.items():
            if not fits(getattr(self, name)):
                raise QingliuError("QL-PROV-INVALID", id=self.id, name=name, value=getattr(self, name))
        if self.id in self.inputs:
            raise QingliuError("QL-PROV-CYCLE", ids=self.id)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


_FITS = {
    **dict.fromkeys(_TEXT, _is_text),
    **dict.fromkeys(_OPTIONAL_TEXT, _is_text_or_none),
    "kind": lambda kind: kind in KINDS,
    "value": lambda value: value is None or isinstance(value, (bool, int, float, str)),
    "year": lambda year: year is None or (isinstance(year, int) and not isinstance(year, bool)),
    "made_at": lambda at: isinstance(at, datetime) and at.tzinfo is not None,
    "inputs": lambda ids: isinstance(ids, tuple) and all(_is_text(i) for i in ids),
    "features": lambda found: isinstance(found, tuple) and all(isinstance(f, Feature) for f in found),
}


def value_of(raw: Any) -> Scalar:
    """A number as provenance keeps it: numpy scalars become plain, NaN becomes None."""
    if hasattr(raw, "item"):
        raw = raw.item()
    if isinstance(raw, float) and math.isnan(raw):
        return None
    plain: Scalar = raw
    return plain


def now() -> datetime:
    """The present moment with its time zone, for ``made_at``."""
    return datetime.now(timezone.utc)


def to_dict(value: Value) -> Dict[str, Any]:
    """The value as plain JSON types, keys in the order of the fields."""
    raw = dict(vars(value))
    raw["made_at"] = value.made_at.isoformat()
    raw["inputs"] = list(value.inputs)
    raw["features"] = [list(f) for f in value.features]
    return raw


def from_dict(raw: Mapping[str, Any]) -> Value:
    """The value of :func:`to_dict`. Raises QL-PROV-UNREADABLE for anything else."""
    try:
        fields = dict(raw)
        fields["made_at"] = datetime.fromisoformat(fields["made_at"])
        fields["inputs"] = tuple(fields["inputs"])
        fields["features"] = tuple(Feature(*f) for f in fields["features"])
        return Value(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise QingliuError("QL-PROV-UNREADABLE", reason=str(error)) from error


def to_json(value: Value) -> str:
    """The value as one line of JSON."""
    return json.dumps(to_dict(value), ensure_ascii=False, allow_nan=False)


def from_json(text: str) -> Value:
    """The value of :func:`to_json`. Raises QL-PROV-UNREADABLE."""
    try:
        raw = json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise QingliuError("QL-PROV-UNREADABLE", reason=str(error)) from error
    if not isinstance(raw, dict):
        raise QingliuError("QL-PROV-UNREADABLE", reason=type(raw).__name__)
    return from_dict(raw)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


class Register:
    """The values of a survey by id, and what depends on what.

    Inputs may be named before they are there; a value that would rest on itself through its
    inputs is refused (QL-PROV-CYCLE).
    """

    def __init__(self, values: Iterable[Value] = ()) -> None:
        self._values: Dict[str, Value] = {}
        self._users: Dict[str, Set[str]] = {}
        for value in values:
            self.put(value)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Value]:
        return iter(self._values.values())

    def __contains__(self, value_id: object) -> bool:
        return value_id in self._values

    def get(self, value_id: str) -> Value | None:
        """The value ``value_id``, None where it is not registered."""
        return self._values.get(value_id)

    def put(self, value: Value) -> Tuple[str, ...]:
        """Add or replace a value; the ids of those that went stale by it."""
        above = set(self.dependents([value.id]))
        round_trip = above.intersection(value.inputs)
        if round_trip:
            raise QingliuError("QL-PROV-CYCLE", ids=", ".join([value.id, *sorted(round_trip)]))
        self._forget(value.id)
        self._values[value.id] = value
        for used in value.inputs:
            self._users.setdefault(used, set()).add(value.id)
        return self.dependents([value.id])

    def remove(self, value_id: str) -> Tuple[str, ...]:
        """Take a value out; the ids of those that went stale by it."""
        stale = self.dependents([value_id])
        self._forget(value_id)
        return stale

    def _forget(self, value_id: str) -> None:
        old = self._values.pop(value_id, None)
        for used in old.inputs if old else ():
            self._users[used].discard(value_id)

    def dependents(self, changed: Iterable[str]) -> Tuple[str, ...]:
        """Ids of all values that rest on one of ``changed``, however far, inputs before users.

        The changed values themselves are not among them.
        """
        start = set(changed)
        found: Set[str] = set()
        ahead = list(start)
        while ahead:
            users = self._users.get(ahead.pop(), set()) - found
            found |= users
            ahead.extend(users)
        return self._inputs_first(found - start)

    def _inputs_first(self, ids: Iterable[str]) -> Tuple[str, ...]:
        wanted = sorted(ids)
        known = set(wanted)
        order = TopologicalSorter({i: [u for u in self._values[i].inputs if u in known] for i in wanted})
        return tuple(order.static_order())

    def resting_on(self, features: Iterable[Feature]) -> Tuple[str, ...]:
        """Ids of the values that name one of ``features`` or its whole layer, in register order.

        A change of a whole layer (uuid None) concerns every value that names a feature of it.
        """
        wanted = set(features)
        whole = {f.role for f in wanted if f.uuid is None}
        roles = {f.role for f in wanted}

        def touched(feature: Feature) -> bool:
            one_of_layer = feature.uuid is None and feature.role in roles
            return feature in wanted or feature.role in whole or one_of_layer

        return tuple(v.id for v in self if any(touched(f) for f in v.features))

    def stale(self, changed: Iterable[str] = (), features: Iterable[Feature] = ()) -> Tuple[str, ...]:
        """Ids of all values to be made anew when values or features changed, inputs before users."""
        given = set(changed)
        direct = self.resting_on(features)
        beyond = self.dependents([*given, *direct])
        return self._inputs_first({*direct, *beyond} - given)

    def to_json(self) -> str:
        """All values as JSON."""
        return json.dumps([to_dict(v) for v in self], ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Register:
        """The register of :meth:`to_json`. Raises QL-PROV-UNREADABLE."""
        try:
            raw = json.loads(text, parse_constant=_no_constant)
        except ValueError as error:
            raise QingliuError("QL-PROV-UNREADABLE", reason=str(error)) from error
        if not isinstance(raw, list) or not all(isinstance(r, dict) for r in raw):
            raise QingliuError("QL-PROV-UNREADABLE", reason=type(raw).__name__)
        return cls(from_dict(r) for r in raw)
