"""What came back from the field: base, survey and package compared row by row and field by field.

The base is the copy made at packaging time. Only what the package changed is told; what the office
changed alone stays as it is and is no difference. Keys are uuids, never serial numbers, which field
apps renumber. Histories (version, who, when) are no content: they say who and when.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Sequence

from ..printing.cells import several

NEW, CHANGED, CONFLICT = "new", "changed", "conflict"
DELETED_HERE, DELETED_THERE, SAME = "deleted_here", "deleted_there", "same"
KINDS = (NEW, CHANGED, CONFLICT, DELETED_HERE, DELETED_THERE, SAME)
GEOMETRY = "geom"
ROW = ""  # the field of a difference that concerns a whole row


class FieldKind(NamedTuple):
    """A field both sides have; ``kind`` is text, number, integer, boolean, date, datetime or list."""

    name: str
    kind: str


class RowState(NamedTuple):
    """A row on one side: its values by field, flat WKB (None: no place), version, who and when last."""

    values: Mapping[str, Any]
    shape: Optional[bytes] = None
    version: int = 0
    who: str = ""
    when: str = ""

    def value(self, field: str) -> Any:
        """The value of a field, the WKB for :data:`GEOMETRY`."""
        return self.shape if field == GEOMETRY else self.values.get(field)


Rows = Mapping[str, RowState]
UNKNOWN = RowState({}, version=-1)  # the base of a row where no copy of the packaging is left


class Difference(NamedTuple):
    """One thing the package has otherwise; who and when are those of the package's row.

    ``field`` is :data:`ROW` where the whole row is new or deleted; ``ours`` and ``theirs`` are then the
    fields (name -> value) that each side would lose, empty where it would lose nothing.
    """

    table: str
    row_uuid: str
    field: str
    kind: str
    ours: Any
    theirs: Any
    base: Any = None
    who: str = ""
    when: str = ""


def compare_table(
    table: str, fields: Sequence[FieldKind], base: Optional[Rows], ours: Rows, theirs: Rows
) -> list[Difference]:
    """The differences of one table, in the package's order, deleted rows last.

    ``base`` None: no copy of the packaging is left, so that whatever differs is a conflict and nothing
    counts as deleted there.
    """
    found: list[Difference] = []
    known = base or {}
    for uuid, row in theirs.items():
        before = known.get(uuid) if base is not None else UNKNOWN
        found += _compare_row(table, uuid, fields, before, ours.get(uuid), row)
    for uuid, was in known.items():
        if uuid not in theirs:
            found.append(_gone(table, uuid, fields, was, ours.get(uuid)))
    return found


def _compare_row(
    table: str,
    uuid: str,
    fields: Sequence[FieldKind],
    base: Optional[RowState],
    ours: Optional[RowState],
    theirs: RowState,
) -> Iterator[Difference]:
    if ours is None and (base is None or base is UNKNOWN):
        filled = _filled(fields, theirs)
        yield Difference(table, uuid, ROW, NEW, {}, filled, None, theirs.who, theirs.when)
        return
    if ours is None and base is not None:
        edits = changed_fields(fields, base, theirs)
        if edits:
            yield Difference(table, uuid, ROW, DELETED_HERE, {}, edits, None, theirs.who, theirs.when)
        return
    if ours is None:
        return
    for field in fields:
        kind = _kind_of(field, base, ours, theirs)
        if kind is not None:
            was = base.value(field.name) if base is not None else None
            both = (ours.value(field.name), theirs.value(field.name))
            yield Difference(table, uuid, field.name, kind, *both, was, theirs.who, theirs.when)


def _kind_of(field: FieldKind, base: Optional[RowState], ours: RowState, theirs: RowState) -> Optional[str]:
    """What a field's difference is; None where the package has not touched it.

    In a row that both sides added, what the package left empty says nothing: the first merge of that row
    fills links and places in.
    """
    mine, other = ours.value(field.name), theirs.value(field.name)
    same = same_value(field.kind, mine, other)
    if base is None or base is UNKNOWN:
        silent = base is None and _is_empty(other)
        return None if same or silent else CONFLICT
    was = base.value(field.name)
    if same_value(field.kind, was, other):
        return None
    if same:
        return SAME
    return CHANGED if same_value(field.kind, was, mine) else CONFLICT


def _gone(
    table: str, uuid: str, fields: Sequence[FieldKind], base: RowState, ours: Optional[RowState]
) -> Difference:
    if ours is None:
        return Difference(table, uuid, ROW, SAME, {}, {})
    return Difference(table, uuid, ROW, DELETED_THERE, changed_fields(fields, base, ours), {})


def changed_fields(fields: Sequence[FieldKind], before: RowState, after: RowState) -> dict[str, Any]:
    """The fields whose value is another one, with the later value."""
    return {
        f.name: after.value(f.name)
        for f in fields
        if not same_value(f.kind, before.value(f.name), after.value(f.name))
    }


def _filled(fields: Sequence[FieldKind], row: RowState) -> dict[str, Any]:
    return {f.name: row.value(f.name) for f in fields if not _is_empty(row.value(f.name))}


# -- values -------------------------------------------------------------------


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == "{}"


def same_value(kind: str, one: Any, other: Any) -> bool:
    """Whether two values say the same: an emptied text is NULL, one moment in two spellings is one moment."""
    if _is_empty(one) or _is_empty(other):
        return _is_empty(one) and _is_empty(other)
    if kind == "list" or (isinstance(one, str) and one.startswith("{") and isinstance(other, str)):
        return bool(one == other) or set(several(one)) == set(several(other))
    if kind == "datetime":
        return bool(one == other) or (_instant(one) is not None and _instant(one) == _instant(other))
    return bool(one == other)


def _instant(value: Any) -> Optional[datetime]:
    text = str(value).strip().replace("Z", "+00:00").replace("z", "+00:00")
    try:
        found = datetime.fromisoformat(_three_digits(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _three_digits(text: str) -> str:
    """Fractions of a second as Python before 3.11 reads them: three digits."""
    head, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}.{rest[:digits][:3].ljust(3, '0')}{rest[digits:]}"
