"""Taking a save back: the changes that undo it, made from the change log.

An undo is a save like any other: it is logged, and refused where a row has been changed since.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ...core.errors import InputError
from . import changelog
from .changelog import GEOMETRY_KEY
from .gpkg import GpkgStore
from .model import KEEP, Change, Delete, Insert, Keep, LogEntry, Saved, Update


def entries_of(store: GpkgStore, save_id: str) -> list[LogEntry]:
    """What a save did, in order."""
    return changelog.of_save(store.connection, save_id)


def inverse(entries: Sequence[LogEntry]) -> list[Change]:
    """The changes that bring the rows of a save back to what they were before it."""
    by_row: dict[tuple[str, str], list[LogEntry]] = {}
    for entry in entries:
        by_row.setdefault((entry.table, entry.uuid), []).append(entry)
    found = [c for steps in by_row.values() for c in _inverse_of_row(steps)]
    return list(reversed(found))


def _inverse_of_row(steps: Sequence[LogEntry]) -> list[Change]:
    """One change for all that a save did to a row: to what it was before the first step."""
    first, last = steps[0], steps[-1]
    version = int(last.version or 0)
    made_here, gone = first.action == changelog.INSERT, last.action == changelog.DELETE
    if made_here:
        return [] if gone else [Delete(first.table, first.uuid, version)]
    before: dict[str, Any] = {}
    for step in reversed(steps):
        before.update(step.before)
    values = {k: v for k, v in before.items() if k not in (GEOMETRY_KEY, "uuid")}
    if gone:
        return [Insert(first.table, values, _wkb(before), first.uuid)]
    wkb: bytes | None | Keep = _wkb(before) if GEOMETRY_KEY in before else KEEP
    return [Update(first.table, first.uuid, version, values, wkb)]


def _wkb(before: Mapping[str, Any]) -> bytes | None:
    shape = before.get(GEOMETRY_KEY)
    return None if shape is None else bytes.fromhex(shape)


def undo(store: GpkgStore, save_id: str, *, who: str = "", why: str = "") -> Saved:
    """Take a save back. Raises InputError QL-STORE-NOSAVE, StaleSave where rows have changed since."""
    entries = [e for e in entries_of(store, save_id) if e.action != changelog.META]
    if not entries:
        raise InputError("QL-STORE-NOSAVE", save=save_id)
    return store.save(inverse(entries), who=who, why=why or f"undo {save_id}")
