"""The append-only change log: who changed what, when and why; and what was changed past the store.

Each entry carries a check value of the row as it stood after the change. A row whose content no
longer agrees with its last entry was written by something else (QGIS's own attribute table, a
field app): that is noticed at the next opening and logged as such.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timezone
from typing import Any, Iterable, Mapping, NamedTuple

from .model import LogEntry

INSERT, UPDATE, DELETE, OUTSIDE, META = "insert", "update", "delete", "outside", "meta"
GEOMETRY_KEY = "geometry"


class Stamp(NamedTuple):
    """What all entries of a save share."""

    save_id: str
    at: str
    who: str
    why: str


def now() -> str:
    """UTC, ISO 8601 to the millisecond, as GeoPackage writes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Entry(NamedTuple):
    """A change to log."""

    action: str
    table: str
    uuid: str
    version: int | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    digest: str | None


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"), default=str)


def append(connection: sqlite3.Connection, stamp: Stamp, entries: Iterable[Entry]) -> None:
    """Write entries; inside the transaction of the change itself."""
    rows = [
        (*stamp, e.action, e.table, e.uuid, e.version, _json(e.before), _json(e.after), e.digest)
        for e in entries
    ]
    connection.executemany(
        "INSERT INTO change_log (save_id, at, who, why, action, table_name, row_uuid, version, before, "
        "after, digest) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


_SELECT = (
    "SELECT fid, save_id, at, who, why, action, table_name, row_uuid, version, before, after FROM change_log "
)


def _entry(row: tuple[Any, ...]) -> LogEntry:
    return LogEntry._make((*row[:9], json.loads(row[9] or "{}"), json.loads(row[10] or "{}")))


def since(connection: sqlite3.Connection, sequence: int, table: str | None) -> list[LogEntry]:
    """Entries after ``sequence``, of one table where given."""
    if table is None:
        rows = connection.execute(_SELECT + "WHERE fid > ? ORDER BY fid", (sequence,))
    else:
        rows = connection.execute(
            _SELECT + "WHERE fid > ? AND table_name = ? ORDER BY fid", (sequence, table)
        )
    return [_entry(r) for r in rows]


def history(connection: sqlite3.Connection, table: str, uuid: str) -> list[LogEntry]:
    """All entries of a row."""
    rows = connection.execute(_SELECT + "WHERE row_uuid = ? AND table_name = ? ORDER BY fid", (uuid, table))
    return [_entry(r) for r in rows]


def of_save(connection: sqlite3.Connection, save_id: str) -> list[LogEntry]:
    """The entries of a save."""
    rows = connection.execute(_SELECT + "WHERE save_id = ? ORDER BY fid", (save_id,))
    return [_entry(r) for r in rows]


def last_sequence(connection: sqlite3.Connection) -> int:
    """Number of the last entry, 0 for an empty log."""
    return int(connection.execute("SELECT ifnull(max(fid), 0) FROM change_log").fetchone()[0])


def holds(connection: sqlite3.Connection, save_id: str) -> bool:
    """Whether a save is in the log, that is, on disk."""
    row = connection.execute("SELECT 1 FROM change_log WHERE save_id = ? LIMIT 1", (save_id,)).fetchone()
    return row is not None


def last_digests(connection: sqlite3.Connection) -> dict[str, dict[str, str | None]]:
    """Table -> row -> its check value after its last entry (None where it was deleted), in one pass."""
    found: dict[str, dict[str, str | None]] = {}
    for table, uuid, digest in connection.execute(
        "SELECT table_name, row_uuid, digest FROM change_log ORDER BY fid"
    ):
        found.setdefault(str(table), {})[str(uuid)] = digest
    return found


def last_author(connection: sqlite3.Connection, table: str, uuid: str) -> tuple[str, str]:
    """Who changed a row last, and when; empty where the log does not know."""
    row = connection.execute(
        "SELECT who, at FROM change_log WHERE row_uuid = ? AND table_name = ? ORDER BY fid DESC LIMIT 1",
        (uuid, table),
    ).fetchone()
    return (str(row[0] or ""), str(row[1] or "")) if row else ("", "")
