"""One SQLite connection to a survey: opened with care, one transaction per action, put to rest.

The journal is WAL while the survey is open, because QGIS reads GeoPackages without a lock and
gets torn scans from a rollback journal; at rest it is DELETE, so that a survey is one file.
``synchronous=EXTRA`` so that a save that was told survives a power cut. The file itself is never
opened by anything but SQLite in this process: closing such a handle would drop SQLite's locks.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Sequence

from ...core.errors import InputError, QingliuError
from .geometry import register_functions
from .model import Waiting

BUSY_SLICE_S = 0.25
WAIT_S = 20.0
_LOCKED = ("locked", "busy")
_JOURNAL_NEEDS = 2**20


def uri_of(path: Path, mode: str) -> str:
    """SQLite's URI of a file, any characters in its name."""
    return f"{path.resolve().as_uri()}?mode={mode}"


def connect(path: Path, *, read_only: bool, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """A guarded connection in autocommit; nothing of the file's schema is trusted yet.

    ``wait_s`` is how long it waits for others, now and later. Raises sqlite3.Error.
    """
    mode = "ro" if read_only else "rw"
    found = sqlite3.connect(uri_of(path, mode), uri=True, isolation_level=None, timeout=wait_s)
    try:
        found.execute("PRAGMA trusted_schema = OFF")
        found.execute("PRAGMA cell_size_check = ON")
        if not read_only:
            found.execute("PRAGMA synchronous = EXTRA")
        register_functions(found)
    except sqlite3.Error:
        found.close()
        raise
    return found


def trust_triggers(connection: sqlite3.Connection) -> None:
    """Let the R-tree triggers call our functions; only after all triggers were found to be known ones."""
    connection.execute("PRAGMA trusted_schema = ON")


def journal_mode(connection: sqlite3.Connection) -> str:
    """The journal mode of the file, read after it was really looked at."""
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0]).lower()


def use_wal(connection: sqlite3.Connection, wait_s: float = WAIT_S) -> bool:
    """Switch to WAL; whether it took. SQLite does not wait for this one, so we do. Raises sqlite3.Error."""
    started = time.monotonic()
    while True:
        try:
            if journal_mode(connection) == "wal":
                return True
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return journal_mode(connection) == "wal"  # its look makes the log: the file does not wait for it
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() - started >= wait_s:
                raise
            time.sleep(BUSY_SLICE_S)


def put_to_rest(connection: sqlite3.Connection, wait_s: float = BUSY_SLICE_S) -> bool:
    """Everything into the one file and back to a rollback journal; False while someone else has it open."""
    connection.execute(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        return journal_mode(connection) == "delete"
    except sqlite3.OperationalError:
        return False


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another connection is in the way."""
    return any(word in str(error).lower() for word in _LOCKED)


def begin(
    connection: sqlite3.Connection,
    *,
    wait_s: float = WAIT_S,
    waiting: Waiting | None = None,
    holders: Callable[[], Sequence[str]] = tuple,
) -> None:
    """BEGIN IMMEDIATE, trying for ``wait_s`` seconds (0: once, at once). Raises QingliuError QL-STORE-BUSY."""
    connection.execute(f"PRAGMA busy_timeout = {int(min(BUSY_SLICE_S, wait_s) * 1000)}")
    started = time.monotonic()
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA busy_timeout = {int(WAIT_S * 1000)}")
            return
        except sqlite3.OperationalError as error:
            if not is_locked(error):
                raise
            waited = time.monotonic() - started
            if waited >= wait_s or (waiting is not None and not waiting(waited, holders())):
                who = ", ".join(holders()) or "?"
                raise QingliuError("QL-STORE-BUSY", seconds=round(waited), who=who) from error


def commit(connection: sqlite3.Connection) -> None:
    """COMMIT, after a look whether SQLite has not rolled the transaction back by itself.

    Disk full, I/O errors and lack of memory may do that; what came after would stand alone.
    """
    if not connection.in_transaction:
        raise sqlite3.OperationalError("the transaction was rolled back")
    connection.execute("COMMIT")


@contextmanager
def transaction(connection: sqlite3.Connection, start: Callable[[], None]) -> Iterator[None]:
    """``start`` (a BEGIN), the body, COMMIT; rolled back whatever else happens."""
    start()
    try:
        yield
        commit(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def told(error: sqlite3.Error, path: Path, otherwise: str = "QL-STORE-FAILED") -> QingliuError:
    """SQLite's refusal as ours, with its reason; ``otherwise`` is the code where it is none of the known ones."""
    text = str(error)
    low = text.lower()
    for words, code in (
        (("full",), "QL-STORE-FULL"),
        (_LOCKED, "QL-STORE-BUSY"),
        (("readonly", "read-only"), "QL-STORE-READONLY"),
        (("malformed", "not a database", "corrupt"), "QL-STORE-DAMAGED"),
    ):
        if any(word in low for word in words):
            return InputError(code, path=str(path), reason=text, seconds=round(WAIT_S), who="?", backup="-")
    if "i/o error" in low and _is_full(
        path
    ):  # the journal's shared memory found no room: told as any failure
        return InputError("QL-STORE-FULL", path=str(path), reason=text)
    return InputError(otherwise, path=str(path), reason=text)


def _is_full(path: Path) -> bool:
    """Whether the disk of a file has no room for a journal."""
    try:
        return shutil.disk_usage(path.parent).free < _JOURNAL_NEEDS
    except OSError:
        return False
