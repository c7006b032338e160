"""Bank lines, channels and treated reaches as features -> what core works out C.8 from."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from ..core.errors import Problem
from ..core.shoreline import UNCLASSIFIED, Bank, Channel, ClassValues, Reach, side_of, tell_sides
from ..core.shoreline.banks import unknown_values
from .lines import line_parts
from .records import Record, id_list

WIDTH_FIELD = "width_m"


class BankReading(NamedTuple):
    """Banks with classes and sides, and what must be said about them."""

    banks: list[Bank]
    warnings: list[Problem]


class BankFields(NamedTuple):
    """Names of the fields of a bank layer, empty where there is none."""

    kind: str = ""
    side: str = ""
    river: str = ""


def read_banks(
    records: Iterable[Record], fields: BankFields, values: ClassValues, channels: Sequence[Channel] = ()
) -> BankReading:
    """Banks of line features. Sides are those of the field, else told by the nearest channel."""
    found: list[Bank] = []
    unknown: dict[str, float] = {}
    odd_sides: list[str] = []
    for record in records:
        value = record.attributes.get(fields.kind)
        kind = values.kind(value)
        given = record.attributes.get(fields.side) if fields.side else None
        side = side_of(given)
        if given not in (None, "") and side is None:
            odd_sides.append(str(given))
        for bank in _parts(record, fields, kind or UNCLASSIFIED, side, values.is_softened(value)):
            if kind is None:
                unknown[str(value)] = unknown.get(str(value), 0.0) + bank.length_m
            found.append(bank)
    warnings = unknown_values(unknown)
    if odd_sides:
        shown = ", ".join(dict.fromkeys(odd_sides))
        warnings.append(Problem("QL-BANK-SIDEVALUE", {"count": len(odd_sides), "values": shown}))
    banks = _with_sides(found, channels)
    without = sorted({b.fid for b in banks if b.side is None and b.length_m > 0})
    if without:
        warnings.append(Problem("QL-BANK-NOSIDE", {"count": len(without), "ids": id_list(without)}))
    return BankReading(banks, warnings)


def _parts(record: Record, fields: BankFields, kind: str, side: str | None, softened: bool) -> Iterator[Bank]:
    river = _text(record.attributes.get(fields.river)) if fields.river else ""
    for line in line_parts(record.wkb or b""):
        yield Bank(record.fid, line.copy(), kind, river, side, record.uuid, softened=softened)


def _with_sides(banks: list[Bank], channels: Sequence[Channel]) -> list[Bank]:
    """Banks whose side is not given get it from the channels."""
    untold = [i for i, b in enumerate(banks) if b.side is None and b.length_m > 0]
    if not untold or not channels:
        return banks
    sides = tell_sides([banks[i].line for i in untold], [c.line for c in channels])
    done = list(banks)
    for i, side in zip(untold, sides):
        done[i] = banks[i]._replace(side=side)
    return done


def read_channels(records: Iterable[Record], width_m: float, river_field: str = "") -> list[Channel]:
    """Channels of line features; their own ``width_m`` where they have one, else ``width_m``."""
    found = []
    for record in records:
        own = record.attributes.get(WIDTH_FIELD)
        known = isinstance(own, (int, float)) and not isinstance(own, bool) and own > 0
        width = float(own) if known and own is not None else width_m
        river = _text(record.attributes.get(river_field)) if river_field else ""
        for line in line_parts(record.wkb or b""):
            if len(line) > 1:
                found.append(Channel(line.copy(), width, river, record.fid, record.uuid))
    return found


def read_reaches(records: Iterable[Record], river_field: str = "") -> list[Reach]:
    """Reaches under treatment of line features."""
    return [
        Reach(line.copy(), _text(record.attributes.get(river_field)) if river_field else "")
        for record in records
        for line in line_parts(record.wkb or b"")
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
