"""From differences and a person's decisions to what is written: nothing is overwritten unasked.

New rows and fields that only the package changed are taken over. Conflicts and rows deleted on one
side wait for a decision (``ours`` or ``theirs``) of somebody; deletions of untouched rows are taken
over where that is asked for as a whole.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..errors import InputError, Problem
from .differences import (
    CHANGED,
    CONFLICT,
    DELETED_HERE,
    DELETED_THERE,
    NEW,
    ROW,
    Difference,
    FieldKind,
    Rows,
    RowState,
)

OURS, THEIRS = "ours", "theirs"
CHOICES = (OURS, THEIRS)
INSERT, UPDATE, DELETE = "insert", "update", "delete"
COLUMNS = ("table", "row_uuid", "field", "choice")
_ORDER = {DELETE: 0, UPDATE: 1, INSERT: 2}

Key = Tuple[str, str, str]
Decisions = Mapping[Key, str]


class RowChange(NamedTuple):
    """What to write to a row; ``values`` by field, the place under GEOMETRY where it changes."""

    action: str
    table: str
    uuid: str
    version: int
    values: Mapping[str, Any]


class Settled(NamedTuple):
    """What is to be written, in order, and the differences that still wait for a decision."""

    changes: Tuple[RowChange, ...]
    open: Tuple[Difference, ...]


def read_decisions(rows: Iterable[Mapping[str, Optional[str]]], file: str = "") -> dict[Key, str]:
    """Decisions of a table with the columns table, row_uuid, field (may be empty: the whole row), choice.

    ``file`` is what the table is called in messages.

    Raises InputError with every bad line at once: QL-FIELD-DECISIONS (columns), QL-FIELD-CHOICE.
    """
    found: dict[Key, str] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, 2):
        lacking = [name for name in COLUMNS if name not in row]
        if lacking:
            raise InputError("QL-FIELD-DECISIONS", file=file, columns=", ".join(lacking))
        table, uuid, field, choice = (str(row[name] or "").strip() for name in COLUMNS)
        if not choice:
            continue
        if choice not in CHOICES or not table or not uuid:
            problems.append(Problem("QL-FIELD-CHOICE", {"line": number, "choice": choice, "table": table}))
            continue
        found[table, uuid, field] = choice
    if problems:
        raise InputError(problems=problems)
    return found


def choice_for(difference: Difference, decisions: Decisions) -> Optional[str]:
    """What was decided about a difference: about its field, else about its whole row."""
    table, uuid = difference.table, difference.row_uuid
    return decisions.get((table, uuid, difference.field)) or decisions.get((table, uuid, ROW))


def needs_decision(difference: Difference, *, delete: bool = False) -> bool:
    """Whether somebody has to say which side counts; ``delete``: untouched rows deleted there may go."""
    if difference.kind == DELETED_THERE:
        return bool(difference.ours) or not delete
    return difference.kind in (CONFLICT, DELETED_HERE)


def settle(
    differences: Sequence[Difference],
    fields: Mapping[str, Sequence[FieldKind]],
    ours: Mapping[str, Rows],
    theirs: Mapping[str, Rows],
    decisions: Decisions,
    *,
    delete: bool = False,
) -> Settled:
    """What is written under these decisions. ``delete`` takes deletions of untouched rows over."""
    inserts: list[RowChange] = []
    deletes: list[RowChange] = []
    updates: dict[tuple[str, str], dict[str, Any]] = {}
    waiting: list[Difference] = []
    for item in differences:
        choice = choice_for(item, decisions)
        if choice is None and needs_decision(item, delete=delete):
            waiting.append(item)
            continue
        if choice == OURS:
            continue
        if item.kind in (NEW, DELETED_HERE):
            row = theirs[item.table][item.row_uuid]
            inserts.append(_insert(item, fields[item.table], row))
        elif item.kind == DELETED_THERE:
            version = ours[item.table][item.row_uuid].version
            deletes.append(RowChange(DELETE, item.table, item.row_uuid, version, {}))
        elif item.kind in (CHANGED, CONFLICT):
            updates.setdefault((item.table, item.row_uuid), {})[item.field] = item.theirs
    changed = [
        RowChange(UPDATE, table, uuid, ours[table][uuid].version, values)
        for (table, uuid), values in updates.items()
    ]
    ordered = sorted([*deletes, *changed, *inserts], key=lambda c: _ORDER[c.action])
    return Settled(tuple(ordered), tuple(waiting))


def _insert(item: Difference, fields: Sequence[FieldKind], row: RowState) -> RowChange:
    values = {f.name: row.value(f.name) for f in fields if row.value(f.name) is not None}
    return RowChange(INSERT, item.table, item.row_uuid, 0, values)
