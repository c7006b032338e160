"""Units that quantities of measures are given in: hm², m², 亩, m, km and pieces (table B.1; 亩 is customary)."""

from __future__ import annotations

AREA, LENGTH, COUNT, WIDTH = "area", "length", "count", "width"

MU_PER_HM2 = 15
"""Fifteen 亩 make a hectare."""

_UNITS = {  # unit: (what it measures, m² or m in one, decimals printed)
    "hm2": (AREA, 10_000.0, 4), "m2": (AREA, 1.0, 0), "km2": (AREA, 1e6, 6), "亩": (AREA, 10_000 / MU_PER_HM2, 3),
    "m": (LENGTH, 1.0, 3), "km": (LENGTH, 1000.0, 6),
}  # fmt: skip
_SPELLINGS = {
    "hm²": "hm2", "ha": "hm2", "公顷": "hm2", "m²": "m2", "㎡": "m2", "平方米": "m2", "km²": "km2",
    "平方千米": "km2", "平方公里": "km2", "mu": "亩", "米": "m", "千米": "km", "公里": "km",
}  # fmt: skip
_PIECE = (COUNT, 1.0, 0)


def unit_key(text: str) -> str:
    """A unit as the data spell it (``hm²``, ``公顷`` → ``hm2``); unknown ones as they are."""
    plain = text.strip()
    return _SPELLINGS.get(plain, _SPELLINGS.get(plain.lower(), plain))


def sort_of(unit: str) -> str:
    """What a unit measures: area, length or, for any other word (处, 座), pieces."""
    return _UNITS.get(unit_key(unit), _PIECE)[0]


def per_unit(unit: str) -> float:
    """m² or m in one ``unit``; 1 for pieces."""
    return _UNITS.get(unit_key(unit), _PIECE)[1]


def decimals_of(unit: str) -> int:
    """Decimals that a quantity in ``unit`` is given with: 1 m², 1 mm, whole pieces."""
    return _UNITS.get(unit_key(unit), _PIECE)[2]


def unit_factor(unit: str, into: str) -> float | None:
    """How many ``into`` are in one ``unit``; None where they do not measure the same (处 and 座)."""
    if unit_key(unit) == unit_key(into):
        return 1.0
    if sort_of(unit) != sort_of(into) or sort_of(unit) == COUNT:
        return None
    return per_unit(unit) / per_unit(into)
