"""Copies of a survey: by SQLite's own means, verified, five kept, never the last whole one deleted.

A file copy of an open survey misses saved rows or is corrupt; these are made through the backup
API, checked (integrity, rows of each table), synced and put in place at once. They are ordered by
a number in the name, so that a clock set back does no harm.
"""

from __future__ import annotations

import os
import re
import sqlite3
import uuid as uuids
from datetime import datetime
from pathlib import Path
from typing import Mapping, NamedTuple

from ...core.errors import InputError
from ..replacing import replace
from .connection import journal_mode, uri_of
from .reading import count_rows

KEPT = 5
_NAME = re.compile(r"(?P<number>\d{6})_(?P<stamp>\d{8}T\d{6})_(?P<reason>[^.]+)\.gpkg")
_UNSAFE = re.compile(r"[^\w-]+")


class Backup(NamedTuple):
    """A copy: its number, the local time it was made, why."""

    path: Path
    number: int
    made: datetime
    reason: str


def folder_of(survey: Path) -> Path:
    """Where a survey's copies are: beside it."""
    return survey.with_name(f"{survey.stem}.backups")


def backups_of(survey: Path) -> list[Backup]:
    """Copies of a survey, oldest first."""
    found = []
    folder = folder_of(survey)
    for path in folder.glob("*.gpkg") if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match:
            made = datetime.strptime(match["stamp"], "%Y%m%dT%H%M%S")
            found.append(Backup(path, int(match["number"]), made, match["reason"]))
    return sorted(found, key=lambda b: b.number)


def backup(connection: sqlite3.Connection, survey: Path, reason: str) -> Path:
    """Copy the open survey into its folder of copies; the path. Raises InputError QL-STORE-BACKUP."""
    folder = folder_of(survey)
    earlier = backups_of(survey)
    number = earlier[-1].number + 1 if earlier else 1
    stamp = datetime.now().strftime("%Y%m%dT%H%M%S")
    final = folder / f"{number:06d}_{stamp}_{_UNSAFE.sub('-', reason) or 'copy'}.gpkg"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError("QL-STORE-BACKUP", path=str(final), reason=str(error)) from error
    copy_verified(connection, final)
    _drop_old(survey)
    return final


def copy_verified(connection: sqlite3.Connection, final: Path) -> None:
    """A copy of an open database at ``final``: whole, checked and on disk, or not at all."""
    part = final.with_name(f".{uuids.uuid4().hex}.part")
    try:
        _copy(connection, part)
        sync(part)
        replace(part, final)
        sync_folder(final.parent)
    except (sqlite3.Error, OSError) as error:
        raise InputError("QL-STORE-BACKUP", path=str(final), reason=str(error)) from error
    finally:
        for leftover in (part, *(part.with_name(part.name + s) for s in ("-journal", "-wal", "-shm"))):
            leftover.unlink(missing_ok=True)


def _copy(connection: sqlite3.Connection, part: Path) -> None:
    target = sqlite3.connect(uri_of(part, "rwc"), uri=True, isolation_level=None)
    try:
        connection.execute("BEGIN")  # source and counts are of one moment
        try:
            counted = row_counts(connection)
            connection.backup(target)
        finally:
            connection.execute("ROLLBACK")
        target.execute("PRAGMA journal_mode = DELETE").fetchone()
        if journal_mode(target) != "delete":
            raise OSError("journal")
        verify(target, counted)
    finally:
        target.close()


def row_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows of every registered table."""
    names = connection.execute(
        "SELECT table_name FROM gpkg_contents WHERE table_name IN (SELECT name FROM sqlite_master "
        "WHERE type = 'table')"  # a view of anybody's may have no end
    ).fetchall()
    return {str(n): count_rows(connection, str(n)) for (n,) in names}


def verify(connection: sqlite3.Connection, expected: Mapping[str, int] | None = None) -> None:
    """Raise OSError where a copy is not whole."""
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if found != "ok":
        raise OSError(found)
    counted = row_counts(connection)
    if expected is not None and counted != dict(expected):
        raise OSError("row counts differ")


def is_whole(path: Path) -> bool:
    """Whether a copy can be read and passes SQLite's integrity check."""
    try:
        found = sqlite3.connect(uri_of(path, "ro"), uri=True)
        try:
            verify(found)
        finally:
            found.close()
    except (sqlite3.Error, OSError):
        return False
    return True


def last_whole(survey: Path) -> Backup | None:
    """The newest copy that is whole."""
    return next((b for b in reversed(backups_of(survey)) if is_whole(b.path)), None)


def _drop_old(survey: Path) -> None:
    """Keep the newest five; the one just made was verified, so a whole one is always among them."""
    for old in backups_of(survey)[:-KEPT]:
        old.path.unlink(missing_ok=True)


def is_due(survey: Path, now: datetime | None = None) -> bool:
    """Whether today has no copy yet."""
    today = (now or datetime.now()).date()
    return not any(b.made.date() == today for b in backups_of(survey))


def restore(copy: Path, target: Path) -> None:
    """Put a copy at ``target``, which must not exist: nothing is ever overwritten.

    Raises InputError QL-STORE-EXISTS, QL-STORE-BACKUP.
    """
    if target.exists():
        raise InputError("QL-STORE-EXISTS", path=str(target))
    source = sqlite3.connect(uri_of(copy, "ro"), uri=True, isolation_level=None)
    try:
        copy_verified(source, target)
    finally:
        source.close()


def sync(path: Path) -> None:
    """On disk, not only in the cache. A fresh copy that nothing else has open: a plain handle is safe."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """The folder's own entry on disk: a new name is there after a power cut."""
    if os.name == "nt":  # folders cannot be synced there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
