"""The survey store in a GeoPackage: one connection, one transaction per action, nothing lost.

:func:`open_store` checks the file, says what it found and gives a :class:`GpkgStore`; a save is
told only after COMMIT returned, and a refusal names its reason. A save whose outcome is in doubt
(an I/O error at COMMIT) is settled by its id in the change log.
"""

from __future__ import annotations

import sqlite3
import uuid as uuids
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Sequence

from ...core.errors import InputError, Problem, QingliuError
from . import backups, changelog, places, reading, users, writing
from .changelog import Entry, Stamp
from .connection import WAIT_S, begin, connect, put_to_rest, told, transaction, trust_triggers, use_wal
from .model import Change, LogEntry, Row, RowKey, Saved, Store, TableInfo, Waiting
from .values import moment


class GpkgStore:
    """An open survey; use :func:`open_store` or :func:`.creation.create_store`. Close it, or use ``with``.

    Belongs to the thread that opened it. ``waiting`` is called while another writer holds the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        who: str = "",
        read_only: bool = False,
        findings: Sequence[Problem] = (),
        waiting: Waiting | None = None,
        wait_s: float = WAIT_S,
        home: Path | None = None,
    ) -> None:
        self._path = path
        self._home = home or path
        self._read_only = read_only
        self._closed = False
        self.findings: list[Problem] = list(findings)
        self.who = who or users.current_user()
        self.waiting = waiting
        self.wait_s = wait_s
        try:
            self._connection = connect(path, read_only=read_only)
        except sqlite3.Error as error:
            raise told(error, path, "QL-STORE-UNREADABLE") from error
        try:
            self._note = None if read_only else self._prepare_writing()
            self.reread_tables()
        except sqlite3.Error as error:
            self._connection.close()
            raise told(error, path, "QL-STORE-UNREADABLE") from error

    def _prepare_writing(self) -> Path | None:
        trust_triggers(self._connection)
        note = users.sign_in(self._path, self.who, turning=True)
        try:
            if not use_wal(self._connection, self.wait_s):
                self.findings.append(Problem("QL-STORE-NOWAL", {"path": str(self._path)}))
        except sqlite3.Error:
            users.sign_out(note)
            raise
        users.turn(note, False)
        return note

    # -- what it is ----------------------------------------------------------
    @property
    def path(self) -> Path:
        """The file that is worked on."""
        return self._path

    @property
    def home(self) -> Path:
        """Where the survey belongs; differs from ``path`` while a network survey is worked on locally."""
        return self._home

    @property
    def read_only(self) -> bool:
        """Whether it refuses to save."""
        return self._read_only

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for the store's own modules and for reading."""
        return self._connection

    @property
    def note(self) -> Path | None:
        """The note by which others know that this session has the survey open."""
        return self._note

    def users(self) -> list[str]:
        """Who else has the survey open."""
        return users.others(self._path, self._note)

    @property
    def schema_version(self) -> int:
        """The version of the store's layout."""
        return int(self.meta().get("schema_version", "0"))

    def tables(self) -> Mapping[str, TableInfo]:
        """Tables by name, in the order they were made."""
        return self._tables

    def reread_tables(self) -> None:
        """Look at the tables again, after a migration."""
        self._tables = reading.read_tables(self._connection)
        self._srs = {t: reading.srs_of(self._connection, t) for t in self._tables}

    # -- reading -------------------------------------------------------------
    def _table(self, name: str) -> TableInfo:
        found = self._tables.get(name)
        if found is None:
            raise InputError("QL-STORE-NOTABLE", table=name)
        return found

    def rows(
        self, table: str, uuids: Iterable[str] | None = None, *, where: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """Rows of a tracked table by uuid and by equal values. QL-STORE-NOTABLE, QL-STORE-NOFIELD."""
        return reading.select_rows(self._connection, self._table(table), uuids, where)

    def row(self, table: str, uuid: str) -> Row | None:
        """One row, None where there is none."""
        return reading.row_of(self._connection, self._table(table), uuid)

    def count(self, table: str) -> int:
        """How many rows, counted now."""
        return reading.count_rows(self._connection, self._table(table).name)

    def meta(self) -> dict[str, str]:
        """The survey's facts: name, code, type, edition, schema_version, store_id, county …"""
        return reading.read_meta(self._connection)

    def codes(self, name: str) -> list[tuple[str, str, str]]:
        """Entries (code, Chinese, English) of a code list in order."""
        sql = "SELECT code, zh, en FROM code_list WHERE list = ? ORDER BY position"
        return [(str(c), str(z), str(e)) for c, z, e in self._connection.execute(sql, (name,))]

    def uuids_of(self, table: str, fids: Iterable[int]) -> dict[int, str]:
        """QGIS feature id -> uuid; rows that are gone are missing."""
        return reading.uuid_by_fid(self._connection, self._table(table).name, fids)

    def sequence(self) -> int:
        """The log's last number."""
        return changelog.last_sequence(self._connection)

    def changes_since(self, sequence: int, table: str | None = None) -> list[LogEntry]:
        """Log entries after ``sequence``, in order."""
        return changelog.since(self._connection, sequence, table)

    def history(self, table: str, uuid: str) -> list[LogEntry]:
        """Everything that happened to a row."""
        return changelog.history(self._connection, table, uuid)

    def holds(self, save_id: str) -> bool:
        """Whether a save is on disk."""
        return changelog.holds(self._connection, save_id)

    # -- writing -------------------------------------------------------------
    def save(
        self,
        changes: Sequence[Change],
        *,
        who: str = "",
        why: str = "",
        save_id: str | None = None,
        at: str = "",
    ) -> Saved:
        """Write a user's action: one transaction over all tables it touches, told after COMMIT.

        ``save_id`` is that of its draft; ``at`` (UTC, ISO 8601) only where a file must be reproducible.
        Raises InputError with every fault of the values; StaleSave with both values where rows have
        changed since; QL-STORE-BUSY, -FULL, -READONLY, -CHECKED, -FAILED. After any of them nothing of
        the batch is in the file; after QL-STORE-UNKNOWN ask :meth:`holds` once the file can be read.
        """
        self._refuse_read_only()
        batch = writing.prepare(changes, self._tables)
        stamp = Stamp(save_id or str(uuids.uuid4()), moment(at or changelog.now()), who or self.who, why)
        keys: list[RowKey] = []

        def work() -> None:
            done = writing.apply(self._connection, batch, stamp, self._srs)
            keys.extend(done.keys)

        self._transact(work, stamp.save_id)
        return Saved(stamp.save_id, self.sequence(), tuple(keys))

    def set_meta(
        self,
        values: Mapping[str, str | None],
        *,
        who: str = "",
        why: str = "",
        save_id: str | None = None,
        at: str = "",
    ) -> None:
        """Change facts of the survey, logged like everything else; ``save_id`` and ``at`` as for :meth:`save`."""
        self._refuse_read_only()
        stamp = Stamp(save_id or str(uuids.uuid4()), moment(at or changelog.now()), who or self.who, why)
        self._transact(lambda: _write_meta(self._connection, values, stamp), stamp.save_id)

    def _refuse_read_only(self) -> None:
        if self._read_only:
            reason = "; ".join(p.code for p in self.findings) or "read-only"
            raise InputError("QL-STORE-READONLY", path=str(self._path), reason=reason)

    def _begin(self) -> None:
        begin(self._connection, wait_s=self.wait_s, waiting=self.waiting, holders=self.users)

    def _transact(self, work: Any, save_id: str) -> None:
        try:
            with transaction(self._connection, self._begin):
                work()
        except sqlite3.Error as error:
            if not self._is_on_disk(save_id, error):
                raise told(error, self._path) from error

    def _is_on_disk(self, save_id: str, error: sqlite3.Error) -> bool:
        """Settle a save in doubt on a fresh connection. Raises QL-STORE-UNKNOWN where it cannot be read."""
        if not save_id:
            return False
        try:
            fresh = connect(self._path, read_only=True)
            try:
                return changelog.holds(fresh, save_id)
            finally:
                fresh.close()
        except sqlite3.Error as second:
            raise QingliuError(
                "QL-STORE-UNKNOWN", path=str(self._path), save=save_id, reason=f"{error}; {second}"
            ) from error

    # -- keeping it safe -----------------------------------------------------
    def backup(self, reason: str) -> Path:
        """A verified copy beside the survey; the last five are kept."""
        return backups.backup(self._connection, self._home, reason)

    def transact(self, work: Any) -> None:
        """Run ``work(connection)`` in one transaction, for migrations and repairs of this package."""
        self._refuse_read_only()
        self._transact(lambda: work(self._connection), "")

    def close(self) -> bool:
        """Leave the survey at rest as one file; False where someone else still has it open.

        A local copy of a network survey is sent back. Raises InputError QL-STORE-COPYCONFLICT, -BACKUP.
        """
        if self._closed:
            return True
        self._closed = True
        at_rest = True
        try:
            if not self._read_only:
                users.turn(self._note, True)
                at_rest = put_to_rest(self._connection)
        finally:
            self._connection.close()
            users.sign_out(self._note)
        if self._home != self._path and not self._read_only:
            places.send_back(self._path, self._home)
        return at_rest

    def __enter__(self) -> GpkgStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


if TYPE_CHECKING:
    _CONFORMS: type[Store] = GpkgStore


def _write_meta(connection: sqlite3.Connection, values: Mapping[str, str | None], stamp: Stamp) -> None:
    before = reading.read_meta(connection)
    entries = []
    for key, value in values.items():
        if before.get(key) == value:
            continue
        connection.execute("DELETE FROM meta WHERE key = ?", (key,))
        if value is not None:
            connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))
        entries.append(Entry(changelog.META, "meta", key, None, {key: before.get(key)}, {key: value}, None))
    changelog.append(connection, stamp, entries)
