"""Units that people write into ``indicator_input``, and the factor to the unit a formula wants."""

from __future__ import annotations

# quantity -> unit as written (lower case, without blanks) -> factor to its base unit
_ENTRIES: dict[str, dict[str, float]] = {
    "area": {"m2": 1, "m²": 1, "㎡": 1, "平方米": 1, "hm2": 1e4, "hm²": 1e4, "ha": 1e4, "公顷": 1e4,
             "km2": 1e6, "km²": 1e6, "平方公里": 1e6, "亩": 1e4 / 15, "mu": 1e4 / 15},
    "length": {"m": 1, "米": 1, "km": 1e3, "公里": 1e3, "m/座": 1, "米/座": 1},
    "flow": {"l/d": 1, "l/日": 1, "m3/d": 1e3, "m³/d": 1e3, "l/a": 1 / 365, "l/年": 1 / 365, "m3/a": 1e3 / 365,
             "m³/a": 1e3 / 365, "万m3/a": 1e7 / 365, "万m³/a": 1e7 / 365},
    "mass": {"t/d": 1, "kg/d": 1e-3, "t/a": 1 / 365, "t/年": 1 / 365},
    "intensity": {"kg/hm2": 1, "kg/hm²": 1, "kg/ha": 1, "kg/亩": 15, "kg/mu": 15},
    "money": {"10^4yuan": 1e4, "万元": 1e4, "10^4yuan/a": 1e4, "万元/年": 1e4, "yuan": 1, "元": 1, "yuan/a": 1,
              "元/年": 1, "元/人": 1, "元/(人·年)": 1, "亿元": 1e8},
    "visits": {"10^4person-times/a": 1e4, "10^4person-times": 1e4, "万人次": 1e4, "万人次/年": 1e4,
               "person-times/a": 1, "person-times": 1, "人次": 1, "人次/年": 1},
    "count": {"户": 1, "households": 1, "座": 1, "个": 1, "人": 1, "persons": 1},
    "share": {"%": 1, "％": 1},
    "concentration": {"mg/l": 1, "毫克/升": 1, "g/m3": 1, "g/m³": 1, "g/l": 1e3, "克/升": 1e3, "kg/m3": 1e3,
                      "kg/m³": 1e3, "µg/l": 1e-3, "μg/l": 1e-3, "ug/l": 1e-3, "微克/升": 1e-3, "mg/m3": 1e-3,
                      "mg/m³": 1e-3},
}  # fmt: skip
_UNITS = {name: (quantity, float(f)) for quantity, names in _ENTRIES.items() for name, f in names.items()}


def _plain(unit: str) -> str:
    return unit.strip().replace(" ", "").lower()


def factor(written: str | None, wanted: str | None) -> float | None:
    """What to multiply by to come from ``written`` to ``wanted``; 1 where no unit is written, None where none fits.

    >>> factor("km2", "hm2")
    100.0
    """
    if not written or not written.strip() or not wanted or _plain(written) == _plain(wanted):
        return 1.0
    one, other = _UNITS.get(_plain(written)), _UNITS.get(_plain(wanted))
    if one is None or other is None or one[0] != other[0]:
        return None
    found = one[1] / other[1]
    return round(found, 12) if found >= 1e-3 else found
