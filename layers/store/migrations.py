"""Bringing an older survey up to date: a backup first, then one transaction per step.

Ids once published are never renamed or removed, so that a step mostly adds: tables and columns
that the edition or the plugin gained are added by comparing the file with the schema.
"""

from __future__ import annotations

import sqlite3
from typing import Callable, Mapping

from ...core.errors import Problem
from ..schema import StoreTable, code_lists, store_schema
from . import changelog, ddl
from .changelog import Entry, Stamp
from .gpkg import GpkgStore
from .sql import statement

SCHEMA_VERSION = 1

Step = Callable[[sqlite3.Connection], None]
STEPS: Mapping[int, Step] = {}  # version reached -> what leads there from the one before


def is_newer(version: int) -> bool:
    """Whether a file was made by a later plugin."""
    return version > SCHEMA_VERSION


def migrate(
    store: GpkgStore, *, steps: Mapping[int, Step] = STEPS, version: int = SCHEMA_VERSION
) -> list[Problem]:
    """Bring an open store to ``version`` and complete its tables; what was done, as findings.

    The backup is made before anything is changed; each step and its version number are one transaction.
    """
    found = store.schema_version
    missing = missing_parts(store)
    if found >= version and not missing:
        return []
    copy = store.backup(f"before-version-{version}")
    for number in range(found + 1, version + 1):
        store.transact(lambda connection, n=number: _step(connection, n, steps.get(n)))
    store.reread_tables()
    if missing_parts(store):
        store.transact(lambda connection: _complete(connection, missing_parts(store)))
        store.reread_tables()
    return [Problem("QL-STORE-MIGRATED", {"old": found, "new": version, "backup": str(copy)})]


def _step(connection: sqlite3.Connection, number: int, step: Step | None) -> None:
    if step is not None:
        step(connection)
    connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(number),))
    _log(connection, f"schema version {number}", {})


def missing_parts(store: GpkgStore) -> dict[str, tuple[StoreTable, tuple[str, ...]]]:
    """Tables that lack columns of the schema (all of them where the table itself is missing)."""
    found = {}
    for name, table in store_schema().items():
        info = store.tables().get(name)
        have = {c.name for c in info.columns} if info else set()
        lacking = tuple(n for n in table.names if n not in have)
        if lacking:
            found[name] = (table, lacking)
    return found


def _complete(
    connection: sqlite3.Connection, missing: Mapping[str, tuple[StoreTable, tuple[str, ...]]]
) -> None:
    existing = {str(r[0]) for r in connection.execute("SELECT table_name FROM gpkg_contents")}
    srs = _survey_srs(connection)
    for name, (table, columns) in missing.items():
        if name not in existing:
            ddl.create_table(connection, table, srs)
            continue
        fields = [table.field(c) for c in columns]
        for field in fields:
            sql = statement("ALTER TABLE {t} ADD COLUMN ", t=name)
            connection.execute(sql + ddl.column_sql(field).replace(" UNIQUE", ""))
        ddl.describe_fields(connection, name, fields)
    connection.execute("DELETE FROM code_list")
    ddl.fill_codes(connection, code_lists())
    _log(connection, "added", {name: ", ".join(columns) for name, (_, columns) in missing.items()})


def _survey_srs(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT srs_id FROM gpkg_geometry_columns LIMIT 1").fetchone()
    return int(row[0]) if row else 0


def _log(connection: sqlite3.Connection, why: str, after: Mapping[str, str]) -> None:
    stamp = Stamp("", changelog.now(), "Qingliu", why)
    changelog.append(connection, stamp, [Entry("schema", "meta", "schema_version", None, {}, after, None)])
