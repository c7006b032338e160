"""What a person may enter for an indicator in ``indicator_input``: its variables, inputs, judgement, absence."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional, Tuple

from ..indicators.definition import definitions
from ..standard import Edition, Indicator, text
from ..waterquality import CODES, item_keys
from .account import variable_name
from .model import JUDGEMENT

NUMBER, BOOLEAN, TEXT, ABSENT = "number", "boolean", "text", "absent"
WATER_QUALITY = "class_not_worse_than"


class EntryKind(NamedTuple):
    """A key of ``indicator_input``: what it is called, what is written there, in which unit."""

    key: str
    label: str
    kind: str = NUMBER
    unit: Optional[str] = None
    choices: Tuple[str, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether it counts only with statement, evidence, person and date."""
        return self.kind in (BOOLEAN, ABSENT)


def entry_kinds(edition: Edition, indicator: Indicator) -> list[EntryKind]:
    """Everything that may be entered for an indicator, what decides first."""
    found = {k.key: k for k in _kinds(edition, indicator)}
    if not found:  # no formula is known for it: its value is entered under its own key
        found[indicator.key] = EntryKind(indicator.key, text(indicator, "name"), NUMBER, indicator.unit)
    return list(found.values())


def entry_kind(edition: Edition, indicator: Indicator, key: str) -> EntryKind:
    """One of them; a number without a unit where the edition knows no such key."""
    known = {k.key: k for k in entry_kinds(edition, indicator)}
    return known.get(key) or EntryKind(key, variable_name(edition, indicator, key))


def _kinds(edition: Edition, indicator: Indicator) -> Iterator[EntryKind]:
    operators = {c.operator for c in indicator.thresholds}
    if operators <= {"qualitative"}:
        yield EntryKind(JUDGEMENT, variable_name(edition, indicator, JUDGEMENT), BOOLEAN)
        return
    yield from _variables(edition, indicator)
    for given in indicator.inputs:
        choices: Tuple[str, ...] = given.choices
        if given.codes:
            choices = tuple(i.code for i in edition.codelist(given.codes).items)
        yield EntryKind(
            given.key, variable_name(edition, indicator, given.key), given.type, given.unit, choices
        )
    if WATER_QUALITY in operators:
        unit = edition.codelist(CODES).unit
        for key in item_keys(edition):
            yield EntryKind(
                key, variable_name(edition, indicator, key), NUMBER, None if key == "ph" else unit
            )
    if indicator.exemption is not None:
        absent = ABSENCE_KEYS.get(indicator.exemption.test)
        if absent is not None:
            yield EntryKind(absent, variable_name(edition, indicator, absent), ABSENT)


ABSENCE_KEYS = {"no_scale_farm": "scale_farms", "no_channel_works": "channel_works"}
"""Under which key it is proven that there is none."""


def _variables(edition: Edition, indicator: Indicator) -> Iterator[EntryKind]:
    formula = indicator.formula
    units = {v.key: v.unit for v in formula.variables} if formula else {}
    for (key, _), definition in definitions().items():
        if key == indicator.key:
            for name in definition.variables:
                own = definition.units.get(name) or units.get(name)
                yield EntryKind(name, variable_name(edition, indicator, name), NUMBER, own)
