"""What stands on a field map and how it finds its way back from paper: short marks and row addresses (4.1.3).

A mark (``Y3``, the third farm) is for people and holds for one print run, whose list tells which row it is; the
address in the printed code (``qingliu:pollution_sources/…uuid…``) is for machines and holds for good.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ..errors import InputError

SCHEME = "qingliu"
_ADDRESS = re.compile(rf"{SCHEME}:([a-z][a-z0-9_]*)/([0-9A-Za-z-]+)")


class MarkKind(NamedTuple):
    """A kind of thing to be marked: ``key`` is the layer's role, with the value of ``kind`` where it has several.

    ``letter`` leads its marks; ``own`` is the field whose whole numbers are used as marks where it holds them.
    """

    key: str
    letter: str
    zh: str
    role: str
    kind: str = ""
    own: str = ""


KINDS: Sequence[MarkKind] = (
    MarkKind("farm", "Y", "养殖场", "pollution", "farm"),
    MarkKind("outfall", "P", "排污口", "pollution", "outfall"),
    MarkKind("waste_point", "L", "垃圾点", "pollution", "waste_point"),
    MarkKind("plant", "W", "污水处理设施", "pollution", "plant"),
    MarkKind("sand_pit", "S", "采砂点", "pollution", "sand_pit"),
    MarkKind("pollution", "Z", "其他污染源", "pollution"),
    MarkKind("villages", "C", "自然村", "villages"),
    MarkKind("enterprises", "Q", "企事业单位", "enterprises"),
    MarkKind("channels", "G", "沟（河）道", "channels", own="channel_id"),
    MarkKind("waterbodies", "T", "水库、塘坝、湿地", "waterbodies"),
)
ROLES = tuple(dict.fromkeys(kind.role for kind in KINDS))


class Place(NamedTuple):
    """Something of a survey layer on the ground: ``table`` and ``row`` say where it is kept."""

    kind: MarkKind
    table: str
    row: str
    name: str
    own: object = None


class Marked(NamedTuple):
    """A place with its mark and address."""

    place: Place
    mark: str
    address: str


def kind_of(role: str, values: Mapping[str, Any]) -> MarkKind | None:
    """The kind of a feature of a role's layer; None for roles that are not marked."""
    kinds = [kind for kind in KINDS if kind.role == role]
    own = str(values.get("kind") or "")
    named = [kind for kind in kinds if kind.kind and kind.kind == own]
    return next(iter([*named, *(kind for kind in kinds if not kind.kind)]), None)


def marked(places: Iterable[Place]) -> list[Marked]:
    """Marks for all places, in the order of the kinds and within one by name and row.

    A kind whose own numbers (``MarkKind.own``) are whole, positive and all different keeps them.
    """
    groups: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        groups[place.kind.key].append(place)
    found = []
    for kind in KINDS:
        members = groups[kind.key]
        numbers = _own_numbers(members)
        if not numbers:
            members = sorted(members, key=lambda p: (not p.name, p.name, p.table, p.row))
        for count, place in enumerate(members, start=1):
            mark = f"{kind.letter}{numbers.get(place, count)}"
            found.append(Marked(place, mark, address(place.table, place.row)))
    return sorted(found, key=_reading_order)


def _own_numbers(places: Sequence[Place]) -> dict[Place, int]:
    numbers = {
        p: p.own for p in places if isinstance(p.own, int) and not isinstance(p.own, bool) and p.own > 0
    }
    complete = len(numbers) == len(places) and len(set(numbers.values())) == len(places)
    return {place: int(str(number)) for place, number in numbers.items()} if complete else {}


def _reading_order(one: Marked) -> tuple[int, int]:
    return KINDS.index(one.place.kind), int(one.mark[len(one.place.kind.letter) :])


# -- addresses ---------------------------------------------------------------
def address(table: str, row: str) -> str:
    """What the printed code of a row says: ``qingliu:villages/0f8c…``."""
    return f"{SCHEME}:{table}/{row}"


def parse_address(text: str) -> tuple[str, str]:
    """Table and row of a printed code. Raises InputError QL-SHEET-ADDRESS."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None:
        raise InputError("QL-SHEET-ADDRESS", text=text)
    return match.group(1), match.group(2)
