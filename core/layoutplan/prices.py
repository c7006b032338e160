"""Unit prices by measure and source of funds: the file ``PRICES`` (ours; the draft has no prices).

A CSV with the columns ``measure,unit,price,fund``. Several rows for one measure and unit are shares of its price
from different funds.
"""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from dataclasses import dataclass
from typing import Any, Mapping, NamedTuple, Sequence

from ..errors import InputError, Problem, problem
from ..standard import Edition, Measure
from .palette import measure_named
from .units import WIDTH, unit_factor, unit_key

COLUMNS = ("measure", "unit", "price", "fund")


class Price(NamedTuple):
    """Yuan per ``unit`` of a measure from one fund."""

    measure: str
    unit: str
    price: float
    fund: str


@dataclass(frozen=True)
class PriceList:
    """All prices of a file, in its order."""

    prices: tuple[Price, ...]

    def of(self, measure: str, unit: str) -> tuple[Price, ...]:
        """The shares of a measure's price, converted to ``unit`` (a price per 亩 to one per hm²)."""
        found = []
        for price in self.prices:
            factor = unit_factor(unit, price.unit) if price.measure == measure else None
            if factor is not None:
                found.append(price._replace(unit=unit, price=price.price * factor))
        return tuple(found)

    def funds(self) -> tuple[str, ...]:
        """The funds in the order of the file."""
        return tuple(dict.fromkeys(p.fund for p in self.prices))


def parse_prices(data: bytes, name: str, edition: Edition) -> PriceList:
    """The prices in the bytes of a CSV (UTF-8 with or without mark, or GBK as Excel writes it).

    Raises InputError with every bad row at once: QL-PLAN-PRICEENCODING, -PRICECOLUMNS, -PRICEEMPTY,
    -PRICEMEASURE, -PRICEUNIT, -PRICEVALUE, -PRICETWICE.
    """
    try:
        rows = list(csv.reader(io.StringIO(_text(data, name), newline="")))
    except csv.Error as error:
        raise InputError("QL-PLAN-PRICEENCODING", file=name, reason=str(error)) from error
    head = [unicodedata.normalize("NFKC", h).strip().lower() for h in (rows[0] if rows else [])]
    missing = [c for c in COLUMNS[:3] if c not in head]
    if missing:
        raise InputError(
            "QL-PLAN-PRICECOLUMNS", file=name, missing=", ".join(missing), columns=", ".join(head) or "-"
        )
    reading = _Reading(name, edition)
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row):
            reading.row(number, {c: cell.strip() for c, cell in zip(head, row)})
    if not reading.prices and not reading.faults:
        reading.faults.append(problem("QL-PLAN-PRICEEMPTY", file=name))
    if reading.faults:
        raise InputError(problems=reading.faults)
    return PriceList(tuple(reading.prices))


class _Reading:
    """Rows as they come: ``prices`` so far and ``faults``."""

    def __init__(self, name: str, edition: Edition) -> None:
        self._name = name
        self._edition = edition
        self._seen: dict[tuple[str, str, str], int] = {}
        self.prices: list[Price] = []
        self.faults: list[Problem] = []

    def row(self, number: int, cells: Mapping[str, str]) -> None:
        """Take one row; every fault in it is kept."""
        before = len(self.faults)
        measure = measure_named(self._edition, cells.get("measure", ""))
        if measure is None:
            self._fault("QL-PLAN-PRICEMEASURE", number, value=cells.get("measure", ""))
        unit = self._unit(number, cells.get("unit", ""), measure)
        price = self._price(number, cells.get("price", ""))
        if measure is None or len(self.faults) > before or price is None:
            return
        key = (measure.key, unit, cells.get("fund", ""))
        if key in self._seen:
            self._fault("QL-PLAN-PRICETWICE", number, value=measure.key, first=self._seen[key])
            return
        self._seen[key] = number
        self.prices.append(Price(*key[:2], price, key[2]))

    def _unit(self, number: int, text: str, measure: Measure | None) -> str:
        unit = unit_key(text)
        if measure is None and unit:
            return unit
        own = [q.unit for q in measure.quantities if q.of != WIDTH] if measure is not None else []
        free = measure is not None and not own
        if not unit or not (free or any(unit_factor(unit, other) for other in own)):
            allowed = ", ".join(own) or "hm2, m, 处"
            self._fault(
                "QL-PLAN-PRICEUNIT", number, value=text, measure=getattr(measure, "key", ""), allowed=allowed
            )
        return unit

    def _price(self, number: int, text: str) -> float | None:
        plain = unicodedata.normalize("NFKC", text).replace(",", "")
        try:
            price = float(plain)
        except ValueError:
            price = math.nan
        if not math.isfinite(price) or price < 0:
            self._fault("QL-PLAN-PRICEVALUE", number, value=text)
            return None
        return price

    def _fault(self, code: str, number: int, **facts: Any) -> None:
        self.faults.append(problem(code, file=self._name, row=number, **facts))


def _text(data: bytes, name: str) -> str:
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise InputError("QL-PLAN-PRICEENCODING", file=name)


def _encodings(data: bytes) -> Sequence[str]:
    return ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
