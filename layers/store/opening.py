"""Opening a survey: look at the file before trusting it, say what was found, then open it.

Checked are: it exists, is not empty, is a survey; WAL left without its companion; writable or not;
network or synchronised folder; foreign triggers and views; quick_check; made by a later plugin;
rows written past the store.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple

from ...core.errors import InputError, Problem, QingliuError
from ..schema import store_schema
from . import backups, migrations, outside, places, users
from .connection import connect, journal_mode, told
from .gpkg import GpkgStore
from .model import Waiting
from .reading import read_meta
from .triggers import computed_columns, disguised, foreign_triggers, views_of

_REQUIRED = ("gpkg_contents", "gpkg_geometry_columns", "meta", "change_log")


class Inspection(NamedTuple):
    """What a look at the file found; ``writable`` only where nothing speaks against writing."""

    findings: list[Problem]
    writable: bool


def inspect(path: Path) -> Inspection:
    """Check a survey's file. Raises InputError where it is none: QL-STORE-NOFILE, -NOTSURVEY, -DAMAGED."""
    _require_file(path)
    findings = places.place_problems(path)
    had_wal = wal_of(path).exists()
    writable = is_writable(path)
    if not writable:
        findings.append(Problem("QL-STORE-NOWRITE", {"path": str(path)}))
    try:
        if writable and journal_of(path).exists():
            _roll_back(path)
        connection = connect(path, read_only=True)
        try:
            blocking = _look(connection, path, had_wal, findings)
        finally:
            connection.close()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise _unreadable(error, path) from error
    return Inspection(findings, writable and not blocking)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise InputError("QL-STORE-NOFILE", path=str(path))
    if path.stat().st_size == 0:
        raise InputError("QL-STORE-NOTSURVEY", path=str(path), reason="0 B")


def wal_of(path: Path) -> Path:
    """The write-ahead log that may stand beside the file."""
    return path.with_name(path.name + "-wal")


def journal_of(path: Path) -> Path:
    """The rollback journal that stands beside the file where a session ended while it went to rest."""
    return path.with_name(path.name + "-journal")


def _roll_back(path: Path) -> None:
    """Let SQLite undo what a session that was killed had begun; a read-only connection cannot."""
    connection = connect(path, read_only=False)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    finally:
        connection.close()


def is_writable(path: Path) -> bool:
    """Whether file and folder (SQLite's journals go beside the file) can be written."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) and not _on_read_only_medium(path)


def _on_read_only_medium(path: Path) -> bool:
    statvfs = getattr(os, "statvfs", None)
    if statvfs is None:
        return False
    return bool(statvfs(path).f_flag & getattr(os, "ST_RDONLY", 1))


def _look(connection: sqlite3.Connection, path: Path, had_wal: bool, findings: list[Problem]) -> bool:
    """Look inside; True where something speaks against writing."""
    names = {str(r[0]) for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    lacking = [n for n in _REQUIRED if n not in names]
    if lacking:
        raise InputError("QL-STORE-NOTSURVEY", path=str(path), reason=", ".join(lacking))
    strange = disguised(connection, {*_REQUIRED, *store_schema()})
    if strange:
        raise InputError("QL-STORE-NOTSURVEY", path=str(path), reason="VIEW " + ", ".join(strange))
    facts = {"path": str(path)}
    if journal_mode(connection) == "wal" and not had_wal and not users.ended_while_turning(path):
        findings.append(Problem("QL-STORE-NOCOMPANION", facts))
    damage = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if damage != "ok":
        raise sqlite3.DatabaseError(f"malformed: {damage}")
    foreign = [*foreign_triggers(connection), *computed_columns(connection)]
    views = views_of(connection)
    if foreign:
        findings.append(Problem("QL-STORE-FOREIGN", {**facts, "names": ", ".join(foreign)}))
    if views:
        findings.append(Problem("QL-STORE-VIEWS", {**facts, "names": ", ".join(views)}))
    version = _version_of(connection, path)
    newer = migrations.is_newer(version)
    if newer:
        known = migrations.SCHEMA_VERSION
        findings.append(Problem("QL-STORE-NEWER", {**facts, "version": version, "known": known}))
    return bool(foreign) or newer


def _version_of(connection: sqlite3.Connection, path: Path) -> int:
    text = read_meta(connection).get("schema_version", "0")
    try:
        return int(text)
    except ValueError as error:
        raise InputError(
            "QL-STORE-NOTSURVEY", path=str(path), reason=f"schema_version {text[:40]}"
        ) from error


def _unreadable(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> QingliuError:
    """The fault of a file that cannot be looked into; SQLite's own words may be no text where it is damaged."""
    text = str(error).lower() if isinstance(error, sqlite3.Error) else "malformed"
    if "not a database" in text:
        return InputError("QL-STORE-NOTSURVEY", path=str(path), reason=str(error))
    if "malformed" in text or "corrupt" in text:
        whole = backups.last_whole(path)
        return InputError(
            "QL-STORE-DAMAGED", path=str(path), reason=str(error), backup=str(whole.path) if whole else "-"
        )
    return told(error, path, "QL-STORE-UNREADABLE")  # type: ignore[arg-type]


def open_store(
    path: Path | str,
    *,
    who: str = "",
    read_only: bool = False,
    waiting: Waiting | None = None,
    daily_backup: bool = True,
    work_folder: Path | None = None,
) -> GpkgStore:
    """Open a survey for work; ``store.findings`` says what the look at the file found.

    It opens read-only where it must not be written. ``work_folder`` is where a survey of a network
    path is worked on locally. Raises InputError QL-STORE-* where it cannot be opened at all.
    """
    path = Path(path)
    _require_file(path)
    if not is_writable(path) and _is_stranded(path):
        return _open_stranded(path, who)
    if work_folder is not None and not read_only and places.is_network(path):
        return _open_local_copy(path, work_folder, who, waiting)
    looked = inspect(path)
    store = GpkgStore(
        path, who=who, read_only=read_only or not looked.writable, findings=looked.findings, waiting=waiting
    )
    if not store.read_only:
        _make_ready(store, daily_backup)
    return store


def _make_ready(store: GpkgStore, daily_backup: bool) -> None:
    """Migrations, the daily copy, rows written past the store; a failure closes the store again."""
    try:
        store.findings += migrations.migrate(store)
        store.findings += outside.notice(store)
        outside.recount(store)
        if daily_backup and backups.is_due(store.home) and store.sequence() > 0:
            try:
                store.backup("daily")
            except InputError as error:
                store.findings += error.problems
    except (sqlite3.Error, UnicodeDecodeError) as error:
        store.close()
        raise _unreadable(error, store.path) from error
    except BaseException:
        store.close()
        raise


def _is_stranded(path: Path) -> bool:
    """Whether a file that cannot be written needs a WAL to be read whole."""
    if wal_of(path).exists():
        return True
    try:
        connection = connect(path, read_only=True)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError:  # WAL mode, and no place for its index
        return True
    except (sqlite3.DatabaseError, UnicodeDecodeError):  # not a database; inspect() says so
        return False
    return False


def _open_stranded(path: Path, who: str) -> GpkgStore:
    """A survey on a read-only medium with its -wal: read from a copy of both, or rows would be missing."""
    folder = Path(tempfile.mkdtemp(prefix="qingliu-"))
    for part in (path, wal_of(path), journal_of(path)):
        if part.exists():  # nobody can have it open for writing, so a plain copy is whole
            shutil.copyfile(part, folder / part.name)
    looked = inspect(folder / path.name)
    found = Problem("QL-STORE-STRANDED", {"path": str(path), "copy": str(folder / path.name)})
    findings = [found, *looked.findings]
    return GpkgStore(folder / path.name, who=who, read_only=True, findings=findings, home=path)


def _open_local_copy(path: Path, folder: Path, who: str, waiting: Waiting | None) -> GpkgStore:
    local = places.check_out(path, folder)
    looked = inspect(local)
    findings = [*looked.findings, Problem("QL-STORE-LOCALCOPY", {"path": str(path), "copy": str(local)})]
    store = GpkgStore(
        local, who=who, read_only=not looked.writable, findings=findings, waiting=waiting, home=path
    )
    if not store.read_only:
        _make_ready(store, daily_backup=False)
    return store
