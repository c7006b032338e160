"""Several layouts on one base: what differs parcel by parcel, what each costs, and one made of both (5.1.2, 3.0.4).

A result belongs to the digest of what it was computed from; another digest means that it is stale. Merging takes
every parcel whole from one scheme: features that cross into parcels of the other are cut at the parcel's border.
"""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from dataclasses import dataclass, field
from typing import Any, Callable, Collection, Mapping, NamedTuple, Optional, Sequence

from ..siting.model import Shape, Shapes
from ..standard import Edition
from .cutting import Areas
from .model import Part
from .quantities import Bill, counted_in
from .units import WIDTH, decimals_of, per_unit, unit_key

SAME, CHANGED, ONLY_FIRST, ONLY_SECOND = "same", "changed", "only_first", "only_second"
_NAMESPACE = uuids.UUID("6f7d1f0e-0a0f-5c55-9d43-6d0a5e3c5340")


@dataclass(frozen=True)
class Feature:
    """A feature of a scheme: WKB and the columns of the measures layer (``measure``, ``status`` …)."""

    uuid: str
    wkb: bytes
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """A result of a scheme with the digest of what it was computed from."""

    scheme: str
    digest: str
    values: Mapping[str, Any] = field(default_factory=dict)


class ParcelDifference(NamedTuple):
    """What two schemes place on one parcel (None: on no parcel): (measure, unit) -> quantity."""

    parcel: Optional[str]
    kind: str
    first: Mapping[tuple[str, str], float]
    second: Mapping[tuple[str, str], float]


class Difference(NamedTuple):
    """Quantity and cost of a measure in two schemes; costs are None without a price."""

    measure: str
    name: str
    unit: str
    first: float
    second: float
    first_cost: Optional[float]
    second_cost: Optional[float]

    @property
    def change(self) -> float:
        """Second less first."""
        return round(self.second - self.first, decimals_of(self.unit))


class Merged(NamedTuple):
    """A feature of a merged scheme: its source, its shape (None: as it was) and whether its uuid is new."""

    feature: Feature
    from_second: bool
    shape: Optional[Shape] = None


def digest(features: Sequence[Feature], base: Mapping[str, str] | None = None) -> str:
    """Digest of a scheme's features and of its base (name -> digest or version), whatever their order."""
    made = hashlib.sha256()
    for feature in sorted(features, key=lambda f: f.uuid):
        made.update(_canonical([feature.uuid, feature.wkb.hex(), dict(feature.attributes)]))
    made.update(_canonical(dict(base or {})))
    return made.hexdigest()


def is_stale(result: Result, now: str) -> bool:
    """Whether a result was computed from something else than what is there now."""
    return result.digest != now


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8")


# -- differences ------------------------------------------------------------


def by_parcel(
    first: Sequence[Part], second: Sequence[Part], edition: Edition
) -> tuple[ParcelDifference, ...]:
    """Every parcel on which at least one scheme places something, in the order of their names."""
    a, b = _on_parcels(first, edition), _on_parcels(second, edition)
    parcels = sorted({*a, *b}, key=lambda p: (p is None, p or ""))
    return tuple(
        ParcelDifference(p, _kind(a.get(p, {}), b.get(p, {})), a.get(p, {}), b.get(p, {})) for p in parcels
    )


def _on_parcels(parts: Sequence[Part], edition: Edition) -> dict[str | None, dict[tuple[str, str], float]]:
    sums: dict[str | None, dict[tuple[str, str], float]] = {}
    for part in parts:
        own = sums.setdefault(part.parcel, {})
        for quantity in counted_in(part.item, edition):
            if quantity.of == WIDTH:
                continue
            size = {"area": part.area_m2, "length": part.length_m, "count": part.pieces}[quantity.of]
            key = (part.item.measure, unit_key(quantity.unit))
            own[key] = own.get(key, 0.0) + size / per_unit(key[1])
    rounded = {p: {k: round(v, decimals_of(k[1])) for k, v in own.items()} for p, own in sums.items()}
    return {p: {k: v for k, v in own.items() if v} for p, own in rounded.items() if any(own.values())}


def _kind(first: Mapping[Any, float], second: Mapping[Any, float]) -> str:
    if first == second:
        return SAME
    if not second:
        return ONLY_FIRST
    return CHANGED if first else ONLY_SECOND


def compare(first: Bill, second: Bill) -> tuple[Difference, ...]:
    """Whole quantities and costs of every measure that either scheme has, in the order of table B.1."""
    a, b = _wholes(first), _wholes(second)
    found = []
    for key in dict.fromkeys([*a, *b]):
        one, other = a.get(key, (0.0, None)), b.get(key, (0.0, None))
        found.append(Difference(*key, one[0], other[0], one[1], other[1]))
    order = {key: n for n, key in enumerate(_measures(first, second))}
    return tuple(sorted(found, key=lambda d: order[d.measure]))


def _measures(first: Bill, second: Bill) -> list[str]:
    """Measures of both bills; each bill has them in the order of B.1, so the second's fit in between."""
    one = list(dict.fromkeys(r.measure for r in first.rows))
    other = list(dict.fromkeys(r.measure for r in second.rows))
    found: list[str] = []
    for measure in one:
        if measure in other:
            before = other[: other.index(measure)]
            found += [m for m in before if m not in found and m not in one]
        found.append(measure)
    return [*found, *(m for m in other if m not in found)]


def _wholes(found: Bill) -> dict[tuple[str, str, str], tuple[float, float | None]]:
    sums: dict[tuple[str, str, str], tuple[float, float | None]] = {}
    for row in found.rows:
        if row.of == WIDTH:
            continue
        key = (row.measure, row.name, row.unit)
        quantity, cost = sums.get(key, (0.0, None))
        more = cost if row.cost is None else round((cost or 0.0) + row.cost, 2)
        sums[key] = (round(quantity + row.quantity, decimals_of(row.unit)), more)
    return sums


# -- merging ----------------------------------------------------------------


def merge(
    shapes: Shapes,
    first: Sequence[Feature],
    second: Sequence[Feature],
    parcels: Areas,
    taken: Collection[str | None],
) -> list[Merged]:
    """The first scheme with the parcels ``taken`` (None: the land outside all parcels) as in the second.

    Features that lie wholly on parcels of their scheme, or are alike in both, come as they are; others are
    cut. A cut feature of the second whose uuid the first keeps gets a uuid of its own, the same every time.
    """
    theirs = {f.uuid: f for f in second}
    ours = {f.uuid: f for f in first}
    alike = {u for u, f in ours.items() if u in theirs and _alike(f, theirs[u])}
    kept = [Merged(f, False) for f in first if f.uuid in alike]
    for feature in first:
        if feature.uuid not in alike:
            kept += _kept(shapes, feature, parcels, lambda p: p not in taken, False)
    names = {m.feature.uuid for m in kept}
    for feature in second:
        if feature.uuid in alike:
            continue
        for found in _kept(shapes, feature, parcels, lambda p: p in taken, True):
            kept.append(_renamed(found) if feature.uuid in names else found)
    return kept


def _alike(one: Feature, other: Feature) -> bool:
    return one.wkb == other.wkb and dict(one.attributes) == dict(other.attributes)


def _kept(
    shapes: Shapes, feature: Feature, parcels: Areas, wanted: Callable[[str | None], bool], from_second: bool
) -> list[Merged]:
    shape = shapes.read(feature.wkb)
    if shape is None:
        return []
    cut = parcels.split(shape)
    own = [piece for parcel, piece in cut if wanted(parcel)]
    if len(own) == len(cut):
        return [Merged(feature, from_second)]
    whole = shapes.union(own) if own else None
    return [] if whole is None else [Merged(feature, from_second, whole)]


def _renamed(found: Merged) -> Merged:
    old = found.feature
    new = str(uuids.uuid5(_NAMESPACE, old.uuid))
    attributes = {**old.attributes, **({"uuid": new} if "uuid" in old.attributes else {})}
    return found._replace(feature=Feature(new, old.wkb, attributes))
