"""Rows that point to rows: what a merge would leave pointing to nothing (photos of a row, rows of a village).

A link is a column whose name ends in ``_uuid`` (``row_uuid``, ``sheet_uuid``, ``villages_uuid``).
"""

from __future__ import annotations

from typing import Any, Collection, Iterator, Mapping, NamedTuple, Sequence, Set, Tuple

from .differences import Rows
from .settling import DELETE, INSERT, RowChange

LINK = "_uuid"
RowName = Tuple[str, str]  # table and uuid


class Dangling(NamedTuple):
    """A row that is written although what it points to is not there."""

    table: str
    uuid: str
    field: str
    target: str


def held_deletions(
    changes: Sequence[RowChange], ours: Mapping[str, Rows], decided: Collection[RowName]
) -> Set[RowName]:
    """Rows whose deletion would leave others pointing to nothing, unless somebody ``decided`` on it."""
    held: Set[RowName] = set()
    while True:
        kept = [c for c in changes if (c.table, c.uuid) not in held]
        targets = {target for _, _, _, target in _links_after(kept, ours)}
        more = {
            (c.table, c.uuid)
            for c in kept
            if c.action == DELETE and c.uuid in targets and (c.table, c.uuid) not in decided
        }
        if not more:
            return held
        held |= more


def dangling(changes: Sequence[RowChange], ours: Mapping[str, Rows]) -> list[Dangling]:
    """Links that the changes write to rows that are not there afterwards."""
    gone = {c.uuid for c in changes if c.action == DELETE}
    there = {uuid for rows in ours.values() for uuid in rows} - gone
    there |= {c.uuid for c in changes if c.action == INSERT}
    return [
        Dangling(c.table, c.uuid, field, target)
        for c in changes
        if c.action != DELETE
        for field, target in _links(c.values)
        if target not in there
    ]


def _links(values: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
    for field, value in values.items():
        if field.endswith(LINK) and isinstance(value, str) and value:
            yield field, value


def _links_after(
    changes: Sequence[RowChange], ours: Mapping[str, Rows]
) -> Iterator[Tuple[str, str, str, str]]:
    """(table, uuid, field, target) of all links once the changes are written."""
    by_row = {(c.table, c.uuid): c for c in changes}
    for table, rows in ours.items():
        for uuid, row in rows.items():
            change = by_row.get((table, uuid))
            if change is not None and change.action == DELETE:
                continue
            values = row.values if change is None else {**row.values, **change.values}
            for field, target in _links(values):
                if target != uuid:
                    yield table, uuid, field, target
    for change in changes:
        if change.action == INSERT:
            for field, target in _links(change.values):
                yield change.table, change.uuid, field, target
