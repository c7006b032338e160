"""Features of a layout, and what of each lies in which zone, village and parcel (5.1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, NamedTuple, Optional

POINT, LINE, POLYGON = "point", "line", "polygon"
PLANNED, BUILT = "planned", "built"
OUTSIDE = "outside"
"""Zone of what lies in no zone: a row of its own, never dropped."""


@dataclass(frozen=True)
class Item:
    """A feature of a layout: ``measure`` is a key of table B.1, ``kind`` point, line or polygon.

    ``name``, ``unit`` and ``clause`` are what the designer says of a measure under one of the rows 其他.
    """

    uuid: str
    measure: str
    kind: str
    status: str = PLANNED
    name: str = ""
    unit: str = ""
    clause: str = ""


class Part(NamedTuple):
    """What of an item lies in one zone, village and parcel: m², m and pieces; None where in none of them.

    ``length_m`` of a polygon is its share of the whole strip's length; ``surface_m2`` follows the ground,
    None where no DEM was asked.
    """

    item: Item
    zone: Optional[str] = None
    village: Optional[str] = None
    parcel: Optional[str] = None
    area_m2: float = 0.0
    length_m: float = 0.0
    pieces: float = 0.0
    surface_m2: Optional[float] = None


def item_of(uuid: str, measure: str, kind: str, attributes: Mapping[str, Any]) -> Item:
    """The item of a feature from its columns; columns that are not there or empty take their defaults."""

    def value(name: str, default: str = "") -> str:
        found = attributes.get(name)
        return default if found is None else str(found)

    status = value("status") or PLANNED
    return Item(uuid, measure, kind, status, value("name"), value("unit"), value("clause"))
