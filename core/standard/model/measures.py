"""Measures of table B.1 and where they go (chapters 5 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Mapping, Optional, Tuple

from .head import Named
from .words import BASES, EFFECTS, LEVELS, SEVERITY_OF_LEVEL, one_of


@dataclass(frozen=True)
class Condition:
    """A test on one attribute of the place, or a group of tests (``any`` or ``all``).

    ``value`` may be ``@parameter``. ``quantified`` is false where the standard gives a word
    (坡度较缓) and no number; then the attribute's value in ``siting.yaml`` says how we test it.
    A test that ``ranks`` orders the places and excludes none. Where a ``ruling`` settled a
    contradiction, ``printed_op`` keeps the printed operator.
    """

    attr: Optional[str] = None
    op: Optional[str] = one_of("in", "is", "=", ">", ">=", "<", "<=", "between", default=None)
    value: Any = None
    unit: Optional[str] = None
    quantified: bool = True
    inclusive: Optional[str] = one_of("both", "neither", "low", "high", default=None)
    ranks: bool = False
    ruling: Optional[int] = None
    printed_op: Optional[str] = None
    any: Tuple[Condition, ...] = ()
    all: Tuple[Condition, ...] = ()

    def tests(self) -> tuple[Condition, ...]:
        """The single tests in it, groups resolved."""
        if self.attr is not None:
            return (self,)
        return tuple(t for c in self.any + self.all for t in c.tests())


@dataclass(frozen=True)
class SitingRule:
    """Where a measure shall, should, may, should not or must not go; all of ``when`` must hold.

    ``standards`` are the numbers a ``design_standard`` or ``require_quality`` rule points to;
    ``report_as`` is a ``ruling``'s severity where it is not that of the level. ``reading`` is how a rule
    speaks: ``site`` says where the measure belongs; ``demand`` what a place or another measure needs, so
    that the measure elsewhere breaks nothing; ``confirm`` what only a person can say once its condition is
    settled. ``variant`` is the kind of the measure (its ``protection``) that the rule is about.
    """

    id: str
    clause: str
    level: str = one_of(*LEVELS)
    effect: str = one_of(*EFFECTS)
    when: Tuple[Condition, ...] = ()
    standards: Tuple[str, ...] = ()
    also_require: Tuple[str, ...] = ()
    report_as: Optional[str] = one_of("error", "warning", "note", default=None)
    ruling: Optional[int] = None
    reading: str = one_of("site", "demand", "confirm", default="site")
    variant: Optional[str] = None
    basis: str = one_of(*BASES, default="verbatim")
    note_zh: Optional[str] = None
    note_en: Optional[str] = None

    @property
    def severity(self) -> str:
        """How a breach is reported: ``error``, ``warning`` or ``note``."""
        return self.report_as or SEVERITY_OF_LEVEL[self.level]

    def tests(self) -> tuple[Condition, ...]:
        """All single tests of the rule, groups resolved."""
        return tuple(t for c in self.when for t in c.tests())


@dataclass(frozen=True)
class Quantity:
    """A unit in which a measure is counted and what of the geometry is measured."""

    unit: str
    of: str = one_of("area", "length", "count", "width")


@dataclass(frozen=True)
class Measure:
    """A row of table B.1. ``marks`` has, per watershed type, ``major`` (■) or ``minor`` (★).

    ``basis`` is that of name, zone, group and marks; geometry and quantities are ours.
    """

    number: int
    key: str
    name_zh: str
    name_en: str
    zone: str
    geometry: Tuple[str, ...]
    marks: Mapping[str, str]
    group: Optional[str] = None
    placeholder: bool = False
    quantities: Tuple[Quantity, ...] = ()
    aliases_zh: Tuple[str, ...] = ()
    aliases_en: Tuple[str, ...] = ()
    rules: Tuple[SitingRule, ...] = ()
    basis: str = one_of(*BASES, default="verbatim")
    note_zh: Optional[str] = None
    note_en: Optional[str] = None


@dataclass(frozen=True)
class TextMeasure:
    """A measure that a clause names and table B.1 has no row for."""

    zh: str
    en: str
    clause: str
    measure: Optional[str] = None


@dataclass(frozen=True)
class TypeFocus:
    """The main measures of a watershed type by 5.3: rows of B.1, or words where it names no row."""

    type: str
    clause: str
    zh: str
    en: str
    measures: Tuple[str, ...] = ()
    topics_zh: Tuple[str, ...] = ()
    topics_en: Tuple[str, ...] = ()


@dataclass(frozen=True)
class MeasuresInText:
    """``measures_in_text.yaml``."""

    measures: Tuple[TextMeasure, ...] = ()
    types: Tuple[TypeFocus, ...] = ()


@dataclass(frozen=True)
class AttributeValue:
    """A value a condition may ask for; ``test`` is our number for a word of the standard."""

    key: str
    zh: str
    en: str
    test: Optional[Condition] = None


@dataclass(frozen=True)
class Attribute:
    """Something a siting condition asks about a place.

    ``role`` is the input that answers it (a parameter of ``checklayout``), None where only a
    person can say.
    """

    key: str
    zh: str
    en: str
    unit: Optional[str] = None
    role: Optional[str] = None
    how_zh: Optional[str] = None
    how_en: Optional[str] = None
    values: Tuple[AttributeValue, ...] = ()


@dataclass(frozen=True)
class LandUseGroup:
    """A name for land in the clauses as GB/T 21010 codes (empty: another layer or a flag says)."""

    key: str
    zh: str
    en: str
    codes: Tuple[str, ...] = ()
    when: Tuple[Condition, ...] = ()
    flag: Optional[str] = None
    role: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None


@dataclass(frozen=True)
class GeneralRule:
    """A rule that a clause gives for every measure of a kind; each of ``measures`` has it under its own id."""

    clause: str
    level: str = one_of(*LEVELS)
    effect: str = one_of(*EFFECTS)
    when: Tuple[Condition, ...] = ()
    measures: Tuple[str, ...] = ()
    basis: str = one_of(*BASES, default="derived")
    note_zh: Optional[str] = None
    note_en: Optional[str] = None

    def of(self, measure: str) -> SitingRule:
        """The rule as one of ``measure``."""
        return SitingRule(
            f"{measure}.{self.clause}.{self.effect}", self.clause, self.level, self.effect, self.when,
            basis=self.basis, note_zh=self.note_zh, note_en=self.note_en,
        )  # fmt: skip


@dataclass(frozen=True)
class Omission:
    """What a clause wants of a layout as a whole: where ``zone`` has the land or things, one of the measures.

    ``zone`` None is the whole watershed. What needs it is land of ``land_use`` groups, or each feature of
    ``role`` (of the ``kinds``; of LANDUSE each parcel or patch of the groups) by itself, else the zone.
    Of ``measures``, or any of the ``group``, one is enough;
    ``words`` are names of what only the text of the clause names, looked for among the rows 其他. ``reach`` is the
    parameter (m) within which a measure serves a feature.
    """

    key: str
    clause: str
    zh: str
    en: str
    level: str = one_of(*LEVELS, default="required")
    zone: Optional[str] = None
    measures: Tuple[str, ...] = ()
    group: Optional[str] = None
    words: Tuple[str, ...] = ()
    land_use: Tuple[str, ...] = ()
    role: Optional[str] = None
    kinds: Tuple[str, ...] = ()
    reach: Optional[str] = None

    @property
    def id(self) -> str:
        """As it stands in findings: ``layout.<clause>.<key>``."""
        return f"layout.{self.clause}.{self.key}"

    @property
    def severity(self) -> str:
        """How a breach is reported: ``error``, ``warning`` or ``note``."""
        return SEVERITY_OF_LEVEL[self.level]


@dataclass(frozen=True)
class Siting:
    """``siting.yaml``: the vocabulary of the siting rules."""

    effects: Tuple[Named, ...] = ()
    attributes: Tuple[Attribute, ...] = ()
    land_use_groups: Tuple[LandUseGroup, ...] = ()
    general_rules: Tuple[GeneralRule, ...] = ()
    omissions: Tuple[Omission, ...] = ()

    def attribute(self, key: str) -> Attribute | None:
        """The attribute ``key``, or None."""
        return self._attributes.get(key)

    @cached_property
    def _attributes(self) -> Mapping[str, Attribute]:
        return {a.key: a for a in self.attributes}

    def land_use_group(self, key: str) -> LandUseGroup | None:
        """The land-use group ``key``, or None."""
        return next((g for g in self.land_use_groups if g.key == key), None)
