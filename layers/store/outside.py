"""Rows that something else wrote: QGIS's own attribute table, a field app, another program.

Such a save is not guaranteed by the store (it may be half of an action), so it is noticed at the
next opening: rows are compared with their last check value in the log, what differs is checked
for values that do not fit their fields, logged as ``outside`` and gets a new version, so that
forms filled against the old row notice it too.
"""

from __future__ import annotations

import sqlite3
from typing import Iterator, Mapping, NamedTuple, Sequence

from ...core.errors import Problem
from . import changelog
from .changelog import Entry, Stamp
from .gpkg import GpkgStore
from .model import Row, TableInfo
from .reading import count_rows, select_rows
from .sql import update
from .values import Misfit, digest, misfit, to_sql

_SHOWN = 10


class Outside(NamedTuple):
    """A row changed past the store: ``how`` is added, changed or deleted; ``row`` None where it is gone."""

    table: str
    uuid: str
    how: str
    row: Row | None


def find(store: GpkgStore, tables: Sequence[str] | None = None) -> list[Outside]:
    """Every row of the tracked tables (of those named, where given) that does not agree with the log."""
    known = changelog.last_digests(store.connection)
    found: list[Outside] = []
    for name, table in store.tables().items():
        if table.tracked and (tables is None or name in tables):
            found += _find_in(store.connection, table, known.get(name, {}))
    return found


def _find_in(
    connection: sqlite3.Connection, table: TableInfo, known: Mapping[str, str | None]
) -> Iterator[Outside]:
    seen = set()
    for row in select_rows(connection, table):
        seen.add(row.uuid)
        check = known.get(row.uuid)
        if check is None:
            yield Outside(table.name, row.uuid, "added", row)
        elif check != digest(row.values, row.wkb):
            yield Outside(table.name, row.uuid, "changed", row)
    for uuid, check in known.items():
        if check is not None and uuid not in seen:
            yield Outside(table.name, uuid, "deleted", None)


def notice(store: GpkgStore, tables: Sequence[str] | None = None) -> list[Problem]:
    """Find, check and log what was written past the store; what to tell the user."""
    found = find(store, tables)
    if not found:
        return []
    store.transact(lambda connection: _log(connection, store, found))
    problems = [
        Problem("QL-STORE-OUTSIDE", {"table": t, "how": how, "count": len(ids), "rows": _shown(ids)})
        for (t, how), ids in _grouped(found).items()
    ]
    return problems + [p for item in found for p in _faults(store, item)]


def _grouped(found: list[Outside]) -> dict[tuple[str, str], list[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for item in found:
        groups.setdefault((item.table, item.how), []).append(item.uuid)
    return groups


def _shown(ids: list[str]) -> str:
    more = len(ids) - _SHOWN
    return ", ".join(ids[:_SHOWN]) + (f" (+{more})" if more > 0 else "")


def _faults(store: GpkgStore, item: Outside) -> list[Problem]:
    """Values that their fields do not take (SQLite itself keeps anything)."""
    if item.row is None:
        return []
    problems = []
    for column in store.tables()[item.table].columns:
        value = item.row.values[column.name]
        try:
            to_sql(column, value)
        except (Misfit, UnicodeEncodeError):
            problems.append(misfit(item.table, item.uuid, column.name, value, column.kind))
    return problems


def _log(connection: sqlite3.Connection, store: GpkgStore, found: list[Outside]) -> None:
    stamp = Stamp("", changelog.now(), "?", "written past the store")
    entries = []
    for item in found:
        if item.row is None:
            entries.append(Entry(changelog.OUTSIDE, item.table, item.uuid, None, {}, {"how": item.how}, None))
            continue
        version = item.row.version + (1 if item.how == "changed" else 0)
        connection.execute(update(item.table, ["version"], "uuid"), (version, item.uuid))
        check = digest({**item.row.values, "version": version}, item.row.wkb)
        entries.append(Entry(changelog.OUTSIDE, item.table, item.uuid, version, {}, {"how": item.how}, check))
    changelog.append(connection, stamp, entries)


def recount(store: GpkgStore) -> None:
    """Put right the cached row counts that a file made or extended by GDAL carries (they lie after kills)."""
    has = store.connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'gpkg_ogr_contents'"
    ).fetchone()
    if has is None:
        return
    for (name,) in store.connection.execute("SELECT table_name FROM gpkg_ogr_contents").fetchall():
        if name in store.tables():
            counted = count_rows(store.connection, str(name))
            store.connection.execute(
                update("gpkg_ogr_contents", ["feature_count"], "table_name"), (counted, name)
            )
