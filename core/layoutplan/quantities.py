"""How much of each measure lies in each zone and village, in the measure's own unit (5.1.2, table B.1).

The rows of a measure add up to its features on the map: what is in no zone has a row of its own, and rounding is
apportioned so that the printed rows give the printed whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, NamedTuple, Optional, Sequence

from ..errors import Problem, problem
from ..standard import Edition
from ..standard.model import Quantity
from .model import BUILT, LINE, OUTSIDE, POINT, POLYGON, Item, Part
from .prices import PriceList
from .units import AREA, COUNT, LENGTH, WIDTH, decimals_of, per_unit, sort_of, unit_key

_OTHER = {POLYGON: Quantity("hm2", AREA), LINE: Quantity("m", LENGTH), POINT: Quantity("处", COUNT)}


@dataclass(frozen=True)
class Row:
    """A row of the bill: ``quantity`` of a measure in a zone (``outside``: in none) and village.

    ``of`` says what is measured: area, length, count or (a mean, not a sum) width. ``planar`` is the area on
    the map where ``quantity`` follows the ground. ``cost`` in yuan is None without a price.
    """

    zone: Optional[str]
    village: Optional[str]
    measure: str
    name: str
    unit: str
    of: str
    quantity: float
    planar: float
    built: float
    features: int
    price: Optional[float] = None
    fund: Optional[str] = None
    cost: Optional[float] = None


class Bill(NamedTuple):
    """All rows, the cost by fund in yuan (in the order of the price list) and what must be said."""

    rows: tuple[Row, ...]
    funds: tuple[tuple[str, float], ...]
    warnings: tuple[Problem, ...]

    @property
    def cost(self) -> float | None:
        """Cost of all rows that have a price; None where none has."""
        priced = [r.cost for r in self.rows if r.cost is not None]
        return round(math.fsum(priced), 2) if priced else None


class _Key(NamedTuple):
    zone: Optional[str]
    village: Optional[str]
    measure: str
    name: str
    unit: str
    of: str


def counted_in(item: Item, edition: Edition) -> tuple[Quantity, ...]:
    """The quantities of B.1 that a feature counts in, () where its geometry does not fit the measure.

    An area counts in the measure's area, else in its length (and width), else as one piece; a line in its
    length, else as one piece where the measure may be a line; a point as pieces.
    """
    measure = edition.measures.get(item.measure)
    if measure is None:
        return ()
    if measure.placeholder or not measure.quantities:
        return (_free(item),)
    wanted = {POLYGON: (AREA, LENGTH, COUNT), LINE: (LENGTH, COUNT), POINT: (COUNT,)}[item.kind]
    if item.kind not in measure.geometry and item.kind != POINT:
        wanted = wanted[:1]
    for of in wanted:
        found = [q for q in measure.quantities if q.of == of]
        if found:
            also = (WIDTH,) if item.kind == POLYGON and of == LENGTH else ()
            return (*found, *(q for q in measure.quantities if q.of in also))
    return ()


def _free(item: Item) -> Quantity:
    """What a row 其他 counts in: the designer's unit, else hm², m or pieces by the geometry."""
    unit = unit_key(item.unit)
    of = sort_of(unit)
    fits = {POLYGON: (AREA, LENGTH, COUNT), LINE: (LENGTH, COUNT), POINT: (COUNT,)}[item.kind]
    return Quantity(unit, of) if unit and of in fits else _OTHER[item.kind]


def bill(parts: Sequence[Part], edition: Edition, prices: PriceList | None = None) -> Bill:
    """The bill of quantities of a layout's parts; order: measures of B.1, zones, villages."""
    groups: dict[_Key, list[Part]] = {}
    for part in parts:
        for quantity in counted_in(part.item, edition):
            groups.setdefault(_key(part, quantity), []).append(part)
    order = _Order(edition)
    keys = sorted(groups, key=order)
    rows = _tied(keys, [_row(key, groups[key]) for key in keys])
    priced = tuple(_priced(row, prices) for row in rows)
    return Bill(priced, _funds(priced, prices), tuple(_warnings(parts, priced, edition, prices)))


class _Order:
    """Sorts keys as table B.1 and the edition's zones come, what is outside last."""

    def __init__(self, edition: Edition) -> None:
        self._measures = {key: n for n, key in enumerate(edition.measures)}
        self._zones = {key: n for n, key in enumerate(edition.zones)}

    def __call__(self, key: _Key) -> tuple[object, ...]:
        last = len(self._zones) + 1 if key.zone == OUTSIDE else len(self._zones)
        place = (
            self._zones.get(key.zone or "", last),
            key.zone or "",
            key.village is None,
            key.village or "",
        )
        what = (self._measures.get(key.measure, len(self._measures)), key.measure, key.name)
        return (*what, key.of == WIDTH, key.unit, *place)


def _key(part: Part, quantity: Quantity) -> _Key:
    name = part.item.name if part.item.unit or part.item.clause else ""
    zone = part.zone or OUTSIDE
    return _Key(zone, part.village, part.item.measure, name, unit_key(quantity.unit), quantity.of)


def _row(key: _Key, parts: Sequence[Part]) -> Row:
    planar = _amount(parts, key)
    quantity = _amount([_on_ground(p) for p in parts], key) if key.of == AREA else planar
    built = [p for p in parts if p.item.status == BUILT]
    features = len({p.item.uuid for p in parts})
    return Row(*key, quantity, planar, _amount([_on_ground(p) for p in built], key), features)


def _on_ground(part: Part) -> Part:
    return part if part.surface_m2 is None else part._replace(area_m2=part.surface_m2)


def _amount(parts: Sequence[Part], key: _Key) -> float:
    """Sum of the parts in the key's unit; the mean width for widths."""
    if key.of == WIDTH:
        length = math.fsum(p.length_m for p in parts)
        return math.fsum(p.area_m2 for p in parts) / length if length else 0.0
    size = {AREA: "area_m2", LENGTH: "length_m", COUNT: "pieces"}[key.of]
    whole = math.fsum(getattr(p, size) for p in parts)
    return whole / per_unit(key.unit)


def _tied(keys: Sequence[_Key], rows: Sequence[Row]) -> list[Row]:
    """Rows rounded so that those of one measure and unit add up to their rounded whole."""
    found = list(rows)
    groups: dict[tuple[str, str, str, str], list[int]] = {}
    for i, key in enumerate(keys):
        groups.setdefault((key.measure, key.name, key.unit, key.of), []).append(i)
    for (_, _, unit, of), places in groups.items():
        digits = 3 if of == WIDTH else decimals_of(unit)
        for name in ("quantity", "planar", "built"):
            values = [getattr(rows[i], name) for i in places]
            rounded = [round(v, digits) for v in values] if of == WIDTH else apportioned(values, digits)
            for i, value in zip(places, rounded):
                found[i] = _with(found[i], name, value)
    return [_with(row, "built", min(row.built, row.quantity)) for row in found]


def _with(row: Row, name: str, value: float) -> Row:
    return Row(**{**vars(row), name: value})


def apportioned(values: Sequence[float], decimals: int) -> list[float]:
    """Values rounded down or up so that their sum is the rounded sum (largest remainders go up)."""
    scale = 10**decimals
    exact = [v * scale for v in values]
    down = [math.floor(v + 1e-9) for v in exact]
    missing = round(math.fsum(exact)) - sum(down)
    order = sorted(range(len(exact)), key=lambda i: (down[i] - exact[i], i))
    for i in order[: max(missing, 0)]:
        down[i] += 1
    return [d / scale for d in down]


def _priced(row: Row, prices: PriceList | None) -> Row:
    if prices is None or row.of == WIDTH:
        return row
    shares = prices.of(row.measure, row.unit)
    if not shares:
        return row
    price = math.fsum(s.price for s in shares)
    funds = "、".join(dict.fromkeys(s.fund for s in shares if s.fund))
    return Row(**{**vars(row), "price": price, "fund": funds or None, "cost": round(row.quantity * price, 2)})


def _funds(rows: Iterable[Row], prices: PriceList | None) -> tuple[tuple[str, float], ...]:
    """Cost by fund; the last fund of a row takes what rounding leaves, so that funds add up to the cost."""
    if prices is None:
        return ()
    sums: dict[str, list[float]] = {}
    for row in rows:
        if row.cost is None:
            continue
        shares = prices.of(row.measure, row.unit)
        left = row.cost
        for share in shares[:-1]:
            cost = round(row.quantity * share.price, 2)
            sums.setdefault(share.fund, []).append(cost)
            left -= cost
        sums.setdefault(shares[-1].fund, []).append(left)
    ordered = [f for f in prices.funds() if f in sums]
    return tuple((fund, round(math.fsum(sums[fund]), 2)) for fund in ordered)


def _warnings(
    parts: Sequence[Part], rows: Sequence[Row], edition: Edition, prices: PriceList | None
) -> Iterable[Problem]:
    unfit: dict[str, set[str]] = {}
    for part in parts:
        if not counted_in(part.item, edition):
            unfit.setdefault(f"{part.item.measure} ({part.item.kind})", set()).add(part.item.uuid)
    for what, uuids in sorted(unfit.items()):
        yield problem("QL-PLAN-NOTCOUNTED", what=what, count=len(uuids), ids=", ".join(sorted(uuids)[:10]))
    outside = [r for r in rows if r.zone == OUTSIDE and r.of != WIDTH and r.quantity > 0]
    if outside:
        found = ", ".join(f"{r.measure} {r.quantity:g} {r.unit}" for r in outside)
        yield problem("QL-PLAN-OUTSIDE", what=found)
    if prices is not None:
        lacking = dict.fromkeys(f"{r.measure} ({r.unit})" for r in rows if r.cost is None and r.of != WIDTH)
        if lacking:
            yield problem("QL-PLAN-NOPRICE", what=", ".join(lacking))


def strip_length(area_m2: float, perimeter_m: float, rings: int = 1) -> float:
    """Length along a strip of area A and perimeter P, m.

    With open ends that of the rectangle of this area and perimeter, (P/2 + √((P/2)² − 4A)) / 2; a strip round
    a lake (two rings) has P/2. What is rounder than a square has the side √A.
    """
    half = perimeter_m / 2
    if rings > 1:
        return half
    inside = half * half - 4 * area_m2
    return (half + math.sqrt(inside)) / 2 if inside > 0 else math.sqrt(max(area_m2, 0.0))
