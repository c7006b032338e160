"""A batch of changes inside one transaction: prepared before it, applied whole, logged.

Everything that can be wrong with the values is found before the transaction begins; inside it
only conflicts can stop the batch, and they are collected over all rows first.
"""

from __future__ import annotations

import sqlite3
import uuid as uuids
from dataclasses import dataclass, field
from typing import Any, Mapping, NamedTuple, Sequence

from ...core.errors import InputError, Problem, QingliuError
from . import changelog
from .changelog import GEOMETRY_KEY, Entry, Stamp
from .ddl import GEOM
from .geometry import Envelope, envelope_of_wkb, fitted, to_blob
from .model import (
    KEEP,
    Change,
    Conflict,
    Delete,
    Insert,
    Row,
    RowKey,
    StaleSave,
    StoreColumn,
    TableInfo,
    Update,
)
from .reading import row_of
from .sql import insert, statement, update
from .values import Misfit, digest, from_sql, geometry_digest, misfit, to_sql

HISTORY = ("version", "created_at", "created_by", "updated_at", "updated_by")
CHECKED = "checked"


class Prepared(NamedTuple):
    """A change with its values as SQLite stores them."""

    change: Change
    table: TableInfo
    uuid: str
    values: dict[str, Any]
    wkb: bytes | None
    moved: bool


@dataclass
class Applied:
    """What a batch did so far."""

    keys: list[RowKey] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    extents: dict[str, Envelope | None] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    locked: list[Problem] = field(default_factory=list)

    def touch(self, table: str, box: Envelope | None) -> None:
        """A table was written, with a geometry of these bounds."""
        before = self.extents.get(table)
        self.extents[table] = before if box is None else box.joined(before)


def prepare(changes: Sequence[Change], tables: Mapping[str, TableInfo]) -> list[Prepared]:
    """The batch, checked; raises InputError with every fault of every row at once."""
    problems: list[Problem] = []
    found = []
    for change in changes:
        table = tables.get(change.table)
        if table is None or not table.tracked:
            problems.append(Problem("QL-STORE-NOTABLE", {"table": change.table}))
            continue
        found.append(_prepare_one(change, table, problems))
    if problems:
        raise InputError(problems=problems)
    return found


def _prepare_one(change: Change, table: TableInfo, problems: list[Problem]) -> Prepared:
    if isinstance(change, Delete):
        return Prepared(change, table, change.uuid, {}, None, False)
    if isinstance(change, Insert):
        key = str(change.uuid or change.values.get("uuid") or uuids.uuid4())
        moved, wkb = change.wkb is not None, change.wkb
    else:
        key = change.uuid
        moved, wkb = change.wkb is not KEEP, None if change.wkb is KEEP else change.wkb
    values = _values(change.values, table, key, problems)
    return Prepared(change, table, key, values, _geometry(wkb, table, key, problems), moved)


def _values(given: Mapping[str, Any], table: TableInfo, key: str, problems: list[Problem]) -> dict[str, Any]:
    columns = {c.name: c for c in table.columns}
    unknown = [n for n in given if n not in columns]
    if unknown:
        problems.append(Problem("QL-STORE-NOFIELD", {"table": table.name, "fields": ", ".join(unknown)}))
    found = {}
    for name, value in given.items():
        column = columns.get(name)
        if column is None or name in HISTORY or name == "uuid":
            continue
        try:
            found[name] = to_sql(column, value)
        except (Misfit, UnicodeEncodeError):
            problems.append(misfit(table.name, key, name, value, column.kind))
    return found


def _geometry(wkb: bytes | None, table: TableInfo, key: str, problems: list[Problem]) -> bytes | None:
    if wkb is None:
        return None
    if table.geometry is None:
        problems.append(Problem("QL-STORE-NOTLOCATED", {"table": table.name, "row": key}))
        return None
    try:
        found = fitted(wkb, table.geometry)
        envelope_of_wkb(found)
    except QingliuError as error:
        problems += [Problem(p.code, {**p.facts, "table": table.name, "row": key}) for p in error.problems]
        return None
    return found


def apply(
    connection: sqlite3.Connection, batch: Sequence[Prepared], stamp: Stamp, srs: Mapping[str, int]
) -> Applied:
    """Write the batch and its log; inside a transaction. Raises StaleSave, QingliuError QL-STORE-CHECKED."""
    done = Applied()
    for item in batch:
        if isinstance(item.change, Insert):
            _insert(connection, item, stamp, srs, done)
        elif isinstance(item.change, Update):
            _update(connection, item, item.change, stamp, srs, done)
        else:
            _delete(connection, item, item.change, stamp, done)
    if done.locked:
        raise QingliuError(problems=done.locked)
    if done.conflicts:
        raise StaleSave(done.conflicts)
    for table, box in done.extents.items():
        _touch_contents(connection, table, box, stamp.at)
    changelog.append(connection, stamp, done.entries)
    return done


def _insert(
    connection: sqlite3.Connection, item: Prepared, stamp: Stamp, srs: Mapping[str, int], done: Applied
) -> None:
    if _is_locked(connection, item, item.values.get("sheet_uuid"), done):
        return
    history = {
        "uuid": item.uuid, "version": 1, "created_at": stamp.at, "created_by": stamp.who,
        "updated_at": stamp.at, "updated_by": stamp.who,
    }  # fmt: skip
    columns = {c.name: c for c in item.table.columns}
    values = {**item.values, **{k: v for k, v in history.items() if k in columns}}
    stored = dict(values)
    if item.table.geometry:
        stored[GEOM] = None if item.wkb is None else to_blob(item.wkb, srs[item.table.name])
    try:
        connection.execute(insert(item.table.name, list(stored)), list(stored.values()))
    except sqlite3.IntegrityError as error:
        raise _refused(item, error) from error
    after = _plain(item.values, columns)
    if item.wkb is not None:
        after[GEOMETRY_KEY] = geometry_digest(item.wkb)
    check = digest(_content(columns, values), item.wkb)
    done.entries.append(Entry(changelog.INSERT, item.table.name, item.uuid, 1, {}, after, check))
    done.keys.append(RowKey(item.table.name, item.uuid, 1))
    done.touch(item.table.name, envelope_of_wkb(item.wkb) if item.wkb else None)


def _update(
    connection: sqlite3.Connection,
    item: Prepared,
    change: Update,
    stamp: Stamp,
    srs: Mapping[str, int],
    done: Applied,
) -> None:
    row = row_of(connection, item.table, item.uuid)
    if row is None or row.version != change.version:
        done.conflicts.append(_conflict(connection, item, change.version, row))
        return
    if _is_locked(connection, item, row.values.get("sheet_uuid"), done):
        return
    columns = {c.name: c for c in item.table.columns}
    wanted = _plain(item.values, columns)
    changed = {n: v for n, v in wanted.items() if row.values.get(n) != v}
    moved = item.moved and item.wkb != row.wkb
    if not changed and not moved:
        done.keys.append(RowKey(item.table.name, item.uuid, row.version))
        return
    version = row.version + 1
    stored = {n: item.values[n] for n in changed}
    stored.update(
        (k, v)
        for k, v in (("version", version), ("updated_at", stamp.at), ("updated_by", stamp.who))
        if k in columns
    )
    if moved:
        stored[GEOM] = None if item.wkb is None else to_blob(item.wkb, srs[item.table.name])
    _write_update(connection, item, stored)
    wkb = item.wkb if moved else row.wkb
    _note_update(item, row, changed, {**row.values, **changed, **_plain(stored, columns)}, wkb, done)
    done.touch(item.table.name, envelope_of_wkb(wkb) if moved and wkb else None)


def _write_update(connection: sqlite3.Connection, item: Prepared, stored: Mapping[str, Any]) -> None:
    try:
        connection.execute(update(item.table.name, list(stored), "uuid"), [*stored.values(), item.uuid])
    except sqlite3.IntegrityError as error:
        raise _refused(item, error) from error


def _refused(item: Prepared, error: sqlite3.Error) -> InputError:
    return InputError("QL-STORE-REFUSED", table=item.table.name, row=item.uuid, reason=str(error))


def _note_update(
    item: Prepared,
    row: Row,
    changed: Mapping[str, Any],
    values: Mapping[str, Any],
    wkb: bytes | None,
    done: Applied,
) -> None:
    before = {n: row.values.get(n) for n in changed}
    after = dict(changed)
    if wkb != row.wkb:
        before[GEOMETRY_KEY] = row.wkb.hex() if row.wkb is not None else None  # so that it can be undone
        after[GEOMETRY_KEY] = geometry_digest(wkb)
    columns = {c.name: c for c in item.table.columns}
    version = row.version + 1
    check = digest(_content(columns, values), wkb)
    done.entries.append(Entry(changelog.UPDATE, item.table.name, item.uuid, version, before, after, check))
    done.keys.append(RowKey(item.table.name, item.uuid, version))


def _delete(
    connection: sqlite3.Connection, item: Prepared, change: Delete, stamp: Stamp, done: Applied
) -> None:
    row = row_of(connection, item.table, item.uuid)
    if row is None or row.version != change.version:
        done.conflicts.append(_conflict(connection, item, change.version, row))
        return
    if _is_locked(connection, item, row.values.get("sheet_uuid"), done):
        return
    connection.execute(statement("DELETE FROM {t} WHERE uuid = ?", t=item.table.name), (item.uuid,))
    before = {n: v for n, v in row.values.items() if v is not None and n not in HISTORY}
    if row.wkb is not None:
        before[GEOMETRY_KEY] = row.wkb.hex()  # the only copy of what is gone
    done.entries.append(Entry(changelog.DELETE, item.table.name, item.uuid, row.version, before, {}, None))
    done.keys.append(RowKey(item.table.name, item.uuid, row.version))
    done.touch(item.table.name, None)


def _conflict(connection: sqlite3.Connection, item: Prepared, base: int, row: Row | None) -> Conflict:
    columns = {c.name: c for c in item.table.columns}
    ours = _plain(item.values, columns)
    who, at = changelog.last_author(connection, item.table.name, item.uuid)
    theirs = None if row is None else dict(row.values)
    return Conflict(item.table.name, item.uuid, base, row.version if row else None, ours, theirs, who, at)


def _is_locked(connection: sqlite3.Connection, item: Prepared, sheet: Any, done: Applied) -> bool:
    """Rows of a checked sheet are locked until the sheet is opened again, which asks why."""
    if not sheet or item.table.name == "sheet":
        return False
    found = connection.execute("SELECT state FROM sheet WHERE uuid = ?", (sheet,)).fetchone()
    if found is None or found[0] != CHECKED:
        return False
    done.locked.append(Problem("QL-STORE-CHECKED", {"table": item.table.name, "row": item.uuid}))
    return True


def _plain(values: Mapping[str, Any], columns: Mapping[str, StoreColumn]) -> dict[str, Any]:
    return {n: from_sql(columns[n], v) for n, v in values.items() if n in columns}


def _content(columns: Mapping[str, StoreColumn], values: Mapping[str, Any]) -> dict[str, Any]:
    """A row's values as they are read back, for its check value."""
    return {n: from_sql(c, values.get(n)) for n, c in columns.items()}


def _touch_contents(connection: sqlite3.Connection, table: str, box: Envelope | None, at: str) -> None:
    """Last change and extent; the extent only grows (recomputing it reads the whole index)."""
    connection.execute("UPDATE gpkg_contents SET last_change = ? WHERE table_name = ?", (at, table))
    if box is None:
        return
    connection.execute(
        "UPDATE gpkg_contents SET min_x = min(ifnull(min_x, ?1), ?1), max_x = max(ifnull(max_x, ?2), ?2), "
        "min_y = min(ifnull(min_y, ?3), ?3), max_y = max(ifnull(max_y, ?4), ?4) WHERE table_name = ?5",
        (*box, table),
    )
