"""What a rule asks and what was found, in Chinese and English, for the sentences of findings."""

from __future__ import annotations

import math
from typing import Any, Iterable, Mapping, Sequence

from ..landuse import class_name
from ..standard import Edition
from ..standard.model import Attribute, Condition

_UNITS = {"degree": "°", "%": "%", "‰": "‰"}
_SIGN = {">": "＞", ">=": "≥", "<": "＜", "<=": "≤", "=": "＝"}
_SIGN_EN = {">": "> ", ">=": "≥ ", "<": "< ", "<=": "≤ ", "=": "= "}
_SHOWN = 3


def unit_of(edition: Edition, key: str) -> str:
    """The unit of an attribute as it is written behind a number."""
    attribute = edition.siting.attribute(key)
    unit = attribute.unit if attribute is not None and attribute.unit else ""
    return _UNITS.get(unit, f" {unit}" if unit else "")


def number(value: float) -> str:
    """A number with at most three decimals, none that say nothing."""
    if math.isinf(value):
        return "∞"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def number_words(edition: Edition, key: str, value: float) -> tuple[str, str]:
    """A measured value with its unit."""
    text = number(value) + unit_of(edition, key)
    return text, text


def class_words(edition: Edition, key: str, shares: Mapping[str, float]) -> tuple[str, str]:
    """The largest classes with their shares."""
    shown = [(k, s) for k, s in shares.items() if not k.startswith("@")][:_SHOWN]
    if not shown:
        return "无", "none"
    names = [(named(edition, key, k), s) for k, s in shown]
    zh = "、".join(f"{n[0]} {100 * s:.1f}%" for n, s in names)
    return zh, ", ".join(f"{n[1]} {100 * s:.1f} %" for n, s in names)


def plain_words(edition: Edition, key: str, values: Iterable[str]) -> tuple[str, str]:
    """Values of an attribute by name."""
    names = [named(edition, key, v) for v in sorted(values)]
    return "、".join(n[0] for n in names), ", ".join(n[1] for n in names)


def asked(edition: Edition, conditions: Sequence[Condition], values: Mapping[str, Any]) -> tuple[str, str]:
    """Conditions in words, ``and`` between them."""
    parts = [_asked(edition, c, values) for c in conditions]
    return "，且".join(p[0] for p in parts), " and ".join(p[1] for p in parts)


def _asked(edition: Edition, condition: Condition, values: Mapping[str, Any]) -> tuple[str, str]:
    if condition.any or condition.all:
        parts = [_asked(edition, c, values) for c in condition.any or condition.all]
        zh, en = ("或", " or ") if condition.any else ("且", " and ")
        return "（" + zh.join(p[0] for p in parts) + "）", "(" + en.join(p[1] for p in parts) + ")"
    attribute = edition.siting.attribute(condition.attr or "")
    if attribute is None:
        return str(condition.attr), str(condition.attr)
    if condition.op in ("is", "in"):
        return _asked_words(edition, attribute, condition)
    return _asked_number(edition, attribute, condition, values)


def _asked_number(
    edition: Edition, attribute: Attribute, condition: Condition, values: Mapping[str, Any]
) -> tuple[str, str]:
    raw = condition.value if isinstance(condition.value, (list, tuple)) else [condition.value]
    limits = [values.get(v[1:]) if isinstance(v, str) and v.startswith("@") else v for v in raw]
    texts = ["?" if v is None else number(float(v)) for v in limits]
    unit = unit_of(edition, attribute.key)
    if condition.op == "between":
        return (f"{attribute.zh} {texts[0]}{unit}～{texts[1]}{unit}",
                f"{attribute.en} {texts[0]}{unit} to {texts[1]}{unit}")  # fmt: skip
    op = condition.op or "="
    return f"{attribute.zh}{_SIGN[op]}{texts[0]}{unit}", f"{attribute.en} {_SIGN_EN[op]}{texts[0]}{unit}"


def _asked_words(edition: Edition, attribute: Attribute, condition: Condition) -> tuple[str, str]:
    value = condition.value
    if isinstance(value, bool):
        no_zh, no_en = ("", "") if value else ("非", "not ")
        return no_zh + attribute.zh, no_en + attribute.en
    keys = [str(v) for v in (value if isinstance(value, (list, tuple)) else [value])]
    names = [named(edition, attribute.key, k) for k in keys]
    return (
        f"{attribute.zh}为{'、'.join(n[0] for n in names)}",
        f"{attribute.en}: {' / '.join(n[1] for n in names)}",
    )


def named(edition: Edition, key: str, value: str) -> tuple[str, str]:
    """A class by name: zone, land-use code or group, measure, value of the attribute."""
    if key == "zone" and value in edition.zones:
        return edition.zones[value].zh, edition.zones[value].en
    if key == "watershed_type" and value in edition.types:
        return edition.types[value].zh, edition.types[value].en
    if key in ("measure", "adjacent_measure", "own_measure") and value in edition.measures:
        return edition.measures[value].name_zh, edition.measures[value].name_en
    if key in ("land_use", "neighbour_land_use"):
        group = edition.siting.land_use_group(value)
        return (class_name(value, "zh"), class_name(value, "en")) if group is None else (group.zh, group.en)
    attribute = edition.siting.attribute(key)
    found = next((v for v in attribute.values if v.key == value), None) if attribute is not None else None
    return (value, value) if found is None else (found.zh, found.en)
