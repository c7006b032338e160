"""Indicators of table 7-1: thresholds, formulas, exemptions (chapter 7, appendix C)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Tuple

from .words import BASES, OPERATORS, one_of


@dataclass(frozen=True)
class Alternative:
    """One of several ways to meet a threshold (``any_of``)."""

    operator: str = one_of(*OPERATORS)
    value: Any = None
    unit: Optional[str] = None
    zh: Optional[str] = None
    en: Optional[str] = None


@dataclass(frozen=True)
class Threshold:
    """One cell, or several equal cells, of table 7-1.

    ``value`` is a number, ``@key`` of a county input, or None. ``inferred`` is true where the
    cell prints a bare number and we read at least. ``printed`` is the cell's wording where it is
    short; ``zh`` and ``en`` say it in our words.
    """

    types: Tuple[str, ...]
    operator: str = one_of(*OPERATORS)
    value: Any = None
    unit: Optional[str] = None
    printed: Optional[str] = None
    inferred: bool = False
    measure: Optional[str] = one_of("density", "service_radius", default=None)
    alternatives: Tuple[Alternative, ...] = ()
    basis: str = one_of(*BASES, default="verbatim")
    zh: Optional[str] = None
    en: Optional[str] = None


@dataclass(frozen=True)
class Variable:
    """An input of a formula; ``unit_printed`` is false where the unit is ours."""

    key: str
    zh: str
    en: str
    unit: Optional[str] = None
    unit_printed: bool = False
    symbol: Optional[str] = None
    columns: Tuple[str, ...] = ()
    source_zh: Optional[str] = None
    source_en: Optional[str] = None


@dataclass(frozen=True)
class Formula:
    """How an indicator is computed; ``number`` is C.n, None where appendix C has none."""

    expr: str
    zh: str
    en: str
    number: Optional[str] = None
    variables: Tuple[Variable, ...] = ()
    basis: str = one_of(*BASES, default="verbatim")
    note_zh: Optional[str] = None
    note_en: Optional[str] = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Exemption:
    """When an indicator need not be evaluated; ``types`` empty means every type.

    ``measures`` are those whose absence the ``test`` asks for, where it asks for measures.
    """

    clause: str
    test: str
    zh: str
    en: str
    types: Tuple[str, ...] = ()
    measures: Tuple[str, ...] = ()


@dataclass(frozen=True)
class IndicatorInput:
    """Something a person enters for an indicator besides the variables of its formula.

    ``key`` is the key of the store's ``indicator_input``; ``codes`` names the code list and
    ``choices`` the values it may have.
    """

    key: str
    zh: str
    en: str
    type: str = one_of("number", "boolean", "text")
    unit: Optional[str] = None
    codes: Optional[str] = None
    choices: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Indicator:
    """A row of table 7-1.

    ``merged``: one printed cell is read as holding for several types. ``judged``: quantitative
    by our judgement, appendix C has no formula. ``basis`` is that of name, group and star.
    """

    number: int
    key: str
    name_zh: str
    name_en: str
    group: str
    clause: str
    thresholds: Tuple[Threshold, ...]
    gis_zh: str
    gis_en: str
    kind: str = one_of("quantitative", "qualitative")
    unit: Optional[str] = None
    starred: bool = False
    merged: bool = False
    exemption: Optional[Exemption] = None
    formula: Optional[Formula] = None
    inputs: Tuple[IndicatorInput, ...] = ()
    judged: bool = False
    basis: str = one_of(*BASES, default="verbatim")
    aliases_zh: Tuple[str, ...] = ()
    note_zh: Optional[str] = None
    note_en: Optional[str] = None

    def threshold(self, type_key: str) -> Threshold:
        """The cell of watershed type ``type_key``. Raises KeyError where there is none."""
        for cell in self.thresholds:
            if type_key in cell.types:
                return cell
        raise KeyError(type_key)
