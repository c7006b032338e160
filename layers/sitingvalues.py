"""What the columns of a role may hold: words of CONTRACT's lists, numbers in their range; all else is told.

A word that no list knows, or a number that cannot be, is taken as not given, so that the rules that ask for it
stay unknown and never pass by it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ..core.errors import Problem
from ..core.layoutplan.palette import zone_named
from ..core.siting.questions import words_of
from ..core.siting.siteclasses import values_of
from ..core.standard import Edition
from .records import Record, id_list

_SHOWN = 5
_BY_ENGINE = ("works", "measure")
"""Attributes of a measure that its kind says, whose columns mean something else (``works``) or are keys."""

WATER_KINDS = ("river", "reservoir", "lake", "pond", "wetland")
_KNOWN: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("WATER_SOURCE", "level"): {
        "1": "1", "2": "2", "quasi": "quasi", "一级": "1", "二级": "2", "准保护区": "quasi",
        "一级保护区": "1", "二级保护区": "2",
    },
    ("POLLUTION", "kind"): {k: k for k in ("farm", "outfall", "waste_point", "plant", "sand_pit")},
    ("WATERBODIES", "kind"): {k: k for k in WATER_KINDS},
    ("PARCELS", "flags"): {
        **{k: k for k in ("retired", "abandoned", "terraced", "natural_regeneration")},
        "退耕": "retired", "退耕地": "retired", "撂荒": "abandoned", "撂荒地": "abandoned", "梯田": "terraced",
    },
}  # fmt: skip
_RANGES: Mapping[tuple[str, str], tuple[float, float]] = {
    ("BANKS", "bank_slope_deg"): (0.0, 90.0),
    ("CHANNELS", "gradient_permil"): (0.0, 10_000.0),
    ("GULLIES", "gradient_permil"): (0.0, 10_000.0),
    ("CHANNELS", "width_m"): (0.0, 10_000.0),
}


class Checked(NamedTuple):
    """Records with words and numbers as the rules read them, and what must be said about the others."""

    records: list[Record]
    warnings: list[Problem]


def checked(role: str, records: Sequence[Record], edition: Edition) -> Checked:
    """The records of a role with every coded column in the keys of the edition, numbers out of range left out."""
    found, warnings = list(records), []
    for (of, column), (low, high) in _RANGES.items():
        if of == role:
            found, told = _in_range(role, found, column, low, high)
            warnings += told
    for column, known in _lists(role, found, edition).items():
        found, told = _in_list(role, found, column, known)
        warnings += told
    return Checked(found, warnings)


def _lists(role: str, records: Sequence[Record], edition: Edition) -> dict[str, Mapping[str, str]]:
    """Column -> word in lower case -> key, for the coded columns of a role."""
    lists = {column: known for (of, column), known in _KNOWN.items() if of == role}
    if role == "ZONES":
        words = {str(r.attributes.get("zone") or "").strip() for r in records}
        named = {w.lower(): zone_named(edition, w) for w in (*words, *edition.zones)}
        lists["zone"] = {w: key for w, key in named.items() if key is not None and key in edition.zones}
    if role == "LAYOUT":
        own = (a for a in edition.siting.attributes if a.role == "LAYOUT" and a.key not in _BY_ENGINE)
        lists.update({a.key: words_of(a) for a in own if a.values})
    attribute = edition.siting.attribute("channel_state") if role == "CHANNELS" else None
    if attribute is not None:
        lists["state"] = words_of(attribute)
    return lists


def _in_list(
    role: str, records: Sequence[Record], column: str, known: Mapping[str, str]
) -> tuple[list[Record], list[Problem]]:
    strange: Counter[str] = Counter()
    ids: list[int] = []
    found = []
    for record in records:
        given = record.attributes.get(column)
        words = _words(given, known)
        keys = [known[w.lower()] for w in words if w.lower() in known]
        other = [w for w in words if w.lower() not in known]
        if other:
            strange.update(other)
            ids.append(record.fid)
        value = ",".join(keys) if keys else None
        found.append(record if given in (None, value) else _with(record, column, value))
    if not strange:
        return list(found), []
    facts = {
        "role": role, "column": column, "count": len(ids), "ids": id_list(ids),
        "values": ", ".join(word for word, _ in strange.most_common(_SHOWN)),
        "known": ", ".join(dict.fromkeys(known.values())),
    }  # fmt: skip
    return list(found), [Problem("QL-SITE-STRANGE", facts)]


def _words(value: Any, known: Mapping[str, str]) -> Iterable[str]:
    """The words in a column; a whole number is its digits, a name with a comma in it is one word."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    if text.lower() in known:
        return (text,)
    return tuple(w.strip() for v in values_of(value) for w in v.replace("；", ";").split(";") if w.strip())


def _in_range(
    role: str, records: Sequence[Record], column: str, low: float, high: float
) -> tuple[list[Record], list[Problem]]:
    ids: list[int] = []
    values: list[float] = []
    found = []
    for record in records:
        value = record.attributes.get(column)
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        if number is not None and not low <= number <= high:
            ids.append(record.fid)
            values.append(float(number))
            record = _with(record, column, None)
        found.append(record)
    if not ids:
        return found, []
    facts = {
        "role": role, "column": column, "count": len(ids), "ids": id_list(ids), "low": f"{low:g}", "high": f"{high:g}",
        "values": ", ".join(f"{v:g}" for v in values[:_SHOWN]),
    }  # fmt: skip
    return found, [Problem("QL-SITE-RANGE", facts)]


def _with(record: Record, column: str, value: Any) -> Record:
    return record._replace(attributes={**record.attributes, column: value})


def status_of(value: Any) -> str | None:
    """``planned`` or ``built`` of a measure's ``status``; planned where it says nothing, None for other words."""
    word = "" if value is None else str(value).strip().lower()
    return {
        "": "planned", "planned": "planned", "规划": "planned", "计划": "planned", "拟建": "planned", "新建": "planned",
        "built": "built", "已建": "built", "已建成": "built", "建成": "built", "现有": "built",
    }.get(word)  # fmt: skip


def zones_strange(values: Iterable[Any], edition: Edition) -> list[str]:
    """Words in a column ``zone`` that name no zone of the edition, NULL among them, the commonest first."""
    strange = Counter(
        "NULL" if v in (None, "") else str(v) for v in values if zone_named(edition, v) not in edition.zones
    )
    return [word for word, _ in strange.most_common(_SHOWN)]
