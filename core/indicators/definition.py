"""How an indicator is defined: a function of its formula's variables, and where each comes from.

A module of this package holds one decorated function per indicator::

    @indicator("waste_treatment_rate", share=True,
               treated_waste=(TableSum("a8", "waste_treated_t_d"),), ...)
    def waste_treatment_rate(treated_waste, produced_waste):
        return 100 * treated_waste / produced_waste

The names of its arguments are the variables of the edition's formula. A watershed total entered in
``indicator_input`` under a variable's name goes before these sources, which then stand beside it.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Callable, Mapping, Optional, Tuple, Union


@dataclass(frozen=True)
class TableSum:
    """Sum of a column over the rows of a survey table, times ``factor``.

    ``when``: only rows where this yes/no column is yes count (it need not be answered where the amount is 0).
    ``only``: (column, value) that a row must have to be asked at all. ``along``: columns that must be filled
    too, so that numerator and denominator stand on the same rows. ``plus``: further columns of the row that are
    added to it. ``note``: code of what must be said where the sum decides.
    """

    table: str
    column: str
    factor: float = 1.0
    when: Optional[str] = None
    only: Optional[Tuple[str, str]] = None
    along: Tuple[str, ...] = ()
    plus: Tuple[str, ...] = ()
    note: Optional[str] = None


@dataclass(frozen=True)
class TableColumn:
    """All values of a column, in the order of the rows; rows without any of ``asked`` are passed over."""

    table: str
    column: str
    asked: Tuple[str, ...] = ()
    along: Tuple[str, ...] = ()


@dataclass(frozen=True)
class TableMean:
    """Mean of a column weighted by another one."""

    table: str
    column: str
    weight: str


@dataclass(frozen=True)
class Measured:
    """A figure measured on layers, by its name."""

    figure: str
    factor: float = 1.0


Source = Union[TableSum, TableMean, TableColumn, Measured]


@dataclass(frozen=True)
class Definition:
    """An indicator's formula: ``reading`` tells apart the readings of one that has several.

    ``official``: only entered figures decide, tables stand beside. ``share``: a value above 100 % is a fault
    of the data. ``expression`` and ``units`` where they are not the edition's. ``alone``: the variable that,
    entered once for the whole watershed, needs no other.
    """

    key: str
    function: Callable[..., float]
    variables: Mapping[str, Tuple[Source, ...]]
    reading: str = ""
    official: bool = False
    share: bool = False
    expression: Optional[str] = None
    units: Mapping[str, str] = field(default_factory=dict)
    proxies: Tuple[Source, ...] = ()
    alone: Optional[str] = None


_DEFINITIONS: dict[tuple[str, str], Definition] = {}


def indicator(
    key: str,
    *,
    reading: str = "",
    official: bool = False,
    share: bool = False,
    expression: str | None = None,
    units: Mapping[str, str] | None = None,
    proxies: Tuple[Source, ...] = (),
    alone: str | None = None,
    **variables: Tuple[Source, ...],
) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Register the decorated function as the formula of indicator ``key``.

    ``proxies`` are shown beside and never decide.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        made = Definition(
            key, function, MappingProxyType(variables), reading, official, share, expression,
            MappingProxyType(dict(units or {})), proxies, alone,
        )  # fmt: skip
        _DEFINITIONS[key, reading] = made
        return function

    return register


@cache
def definitions() -> Mapping[tuple[str, str], Definition]:
    """Every definition of the package by (indicator, reading)."""
    package = __name__.rsplit(".", 1)[0]
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        importlib.import_module(f"{package}.{info.name}")
    return MappingProxyType(dict(_DEFINITIONS))
