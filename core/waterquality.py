"""Which class of surface water a sample belongs to: GB 3838-2002, single-factor method (7-1, row 15).

The worst of the items measured decides. Limits are those of the edition's code list ``water_quality``;
some hold for rivers or for lakes and reservoirs only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from .errors import InputError
from .standard import Edition, default_edition

CODES = "water_quality"
RIVER, LAKE = "river", "lake"
KINDS = (RIVER, LAKE)
LIMITS_IN = "mg/L"
PH, PH_MOST = "ph", 14.0

_PLAIN = {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ", "IV": "Ⅳ", "V": "Ⅴ", "劣V": "劣Ⅴ"}
_NUMBERS = {"1": "Ⅰ", "2": "Ⅱ", "3": "Ⅲ", "4": "Ⅳ", "5": "Ⅴ", "6": "劣Ⅴ"}


@dataclass(frozen=True)
class Grading:
    """A sample's class: ``code`` (Ⅰ … Ⅴ, 劣Ⅴ), its ``rank`` 1 to 6, ``worst`` the items that decided.

    ``ranks`` by item; ``ignored`` were measured and are not graded for this kind of water; ``unmeasured``
    are the items with limits for it that nobody measured.
    """

    code: str
    rank: int
    worst: tuple[str, ...]
    ranks: Mapping[str, int]
    ignored: tuple[str, ...]
    unmeasured: tuple[str, ...]


def item_keys(edition: Edition | None = None) -> tuple[str, ...]:
    """Keys of the items that have limits, in the list's order."""
    return tuple(str(i["key"]) for i in _items(edition))


def depends_on_kind(key: str, edition: Edition | None = None) -> bool:
    """Whether an item's limits hold for rivers or for lakes only."""
    return any(i["key"] == key and "water" in i for i in _items(edition))


def grade(measured: Mapping[str, float], kind: str, edition: Edition | None = None) -> Grading | None:
    """The class of a sample of ``kind`` (river or lake), None where no item of it can be graded.

    ``measured``: item -> concentration in mg/L (pH without unit); ``tp`` is graded by the limits of the kind.
    Raises InputError QL-WATER-KIND, QL-WATER-ITEM, QL-WATER-VALUE. By hand: total phosphorus 0.12 mg/L lies
    between 0.1 and 0.2, so a river whose other items are class Ⅱ is class Ⅲ.
    """
    if kind not in KINDS:
        raise InputError("QL-WATER-KIND", kind=kind, kinds=", ".join(KINDS))
    limits = {str(i["key"]): i for i in _items(edition)}
    unknown = [k for k in measured if k not in limits]
    if unknown:
        raise InputError("QL-WATER-ITEM", items=", ".join(unknown), known=", ".join(limits))
    ranks: dict[str, int] = {}
    ignored: list[str] = []
    for key, value in measured.items():
        item = _for_kind(limits, key, kind)
        if item is None:
            ignored.append(key)
        else:
            ranks[key] = _rank(item, value, key)
    if not ranks:
        return None
    rank = max(ranks.values())
    worst = tuple(k for k, r in ranks.items() if r == rank)
    asked = [k for k, i in limits.items() if i.get("water", kind) == kind]
    done = {str(item["key"]) for k in ranks if (item := _for_kind(limits, k, kind))}
    missing = tuple(k for k in asked if k not in done)
    return Grading(code_of(rank, edition), rank, worst, ranks, tuple(ignored), missing)


def _items(edition: Edition | None) -> list[Mapping[str, Any]]:
    return list((edition or default_edition()).codelist(CODES).data["items"])


def _for_kind(limits: Mapping[str, Mapping[str, Any]], key: str, kind: str) -> Mapping[str, Any] | None:
    """The limits of an item for a kind of water: its own, those of ``<key>_<kind>``, or none."""
    own = limits[key]
    if own.get("water", kind) == kind:
        return own
    return limits.get(f"{key}_{kind}")


def _rank(item: Mapping[str, Any], value: float, key: str) -> int:
    """1 to 5 for the best class whose limit the value meets, 6 where it meets none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise InputError("QL-WATER-VALUE", item=key, value=value)
    if key == PH and value > PH_MOST:
        raise InputError("QL-WATER-VALUE", item=key, value=value)
    if "range" in item:
        low, high = item["range"]
        return 1 if low <= value <= high else 6
    for rank, limit in enumerate(item["limits"], start=1):
        if value >= limit if item["direction"] == ">=" else value <= limit:
            return rank
    return 6


def code_of(rank: int, edition: Edition | None = None) -> str:
    """The class of a rank."""
    items = (edition or default_edition()).codelist(CODES).items
    return next(i.code for i in items if i.data["rank"] == rank)


def rank_of(code: Any, edition: Edition | None = None) -> int | None:
    """The rank of a class as people write it (Ⅲ, III, 3, Ⅲ类), None where it is none."""
    text = str(code or "").strip().upper().rstrip("类").strip()
    text = _NUMBERS.get(text, _PLAIN.get(text, text))
    items = (edition or default_edition()).codelist(CODES).items
    return next((int(i.data["rank"]) for i in items if i.code == text), None)
