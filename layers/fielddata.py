"""The data of a field package: the survey's own tables in one GeoPackage, copied by SQLite's own means.

The change log stays in the office; located tables gain the receiver's accuracy, time and name; rows of
sheets that somebody else surveys are left out of a person's package. The base, against which the
package is compared when it comes back, is a copy of exactly this.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping, NamedTuple, Sequence

from ..core.errors import InputError
from ..core.field.apps import GNSS_FIELDS
from .schema import SURVEY, store_schema
from .store.backups import copy_verified
from .store.connection import connect, told, trust_triggers
from .store.ddl import SQL_TYPES
from .store.gpkg import GpkgStore
from .store.reading import count_rows
from .store.sql import is_in, statement

LOG = "change_log"
PREFIX = "package_"
# Facts of the survey that are no business of the field.
_OFFICE_FACTS = "field_%"
_CHUNK = 500


class PackageFacts(NamedTuple):
    """What a package says about itself, in its table ``meta`` under ``package_<name>``."""

    id: str
    target: str
    person: str
    made_at: str
    sequence: int


class Assignment(NamedTuple):
    """Rows of survey tables in a person's package, and those left out because somebody else surveys them."""

    kept: int
    left_out: int
    own_sheets: int


@contextmanager
def package_connection(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a package being made. Raises QingliuError QL-STORE-* for what SQLite says."""
    try:
        connection = connect(path, read_only=False)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise told(error, path) from error


def copy_survey(store: GpkgStore, path: Path, facts: PackageFacts) -> Assignment:
    """Copy the open survey to ``path`` and make it fit for the field. Raises InputError QL-STORE-BACKUP."""
    copy_verified(store.connection, path)
    with package_connection(path) as connection:
        trust_triggers(connection)  # they were looked at when the survey was opened
        connection.execute("BEGIN IMMEDIATE")
        _add_receiver_fields(connection)
        _write_facts(connection, facts)
        found = _assign(connection, facts.person)
        connection.execute("COMMIT")
    return found


def _add_receiver_fields(connection: sqlite3.Connection) -> None:
    located = [str(r[0]) for r in connection.execute("SELECT table_name FROM gpkg_geometry_columns")]
    for table in located:
        for name, kind in GNSS_FIELDS.items():
            sql = statement("ALTER TABLE {t} ADD COLUMN {c} ", t=table, c=name)
            connection.execute(sql + SQL_TYPES[kind])


def _write_facts(connection: sqlite3.Connection, facts: PackageFacts) -> None:
    connection.execute("DELETE FROM meta WHERE key LIKE ? OR key LIKE ?", (_OFFICE_FACTS, PREFIX + "%"))
    rows = [(PREFIX + name, str(value)) for name, value in facts._asdict().items()]
    connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", rows)


def package_facts(meta: Mapping[str, str]) -> PackageFacts | None:
    """What a GeoPackage's facts say about the package it is; None where it is none."""
    if not meta.get(PREFIX + "id"):
        return None
    sequence = meta.get(PREFIX + "sequence", "0")
    return PackageFacts(
        meta[PREFIX + "id"],
        meta.get(PREFIX + "target", ""),
        meta.get(PREFIX + "person", ""),
        meta.get(PREFIX + "made_at", ""),
        int(sequence) if sequence.isdigit() else 0,
    )


# -- assignment by person -----------------------------------------------------


def _assign(connection: sqlite3.Connection, person: str) -> Assignment:
    """Leave out rows of sheets whose surveyor is another named person."""
    tables = [t.name for t in store_schema().values() if t.role == SURVEY]
    present = {str(r[0]) for r in connection.execute("SELECT table_name FROM gpkg_contents")}
    tables = [t for t in tables if t in present]
    own, others = 0, []
    if person:
        rows = connection.execute("SELECT uuid, surveyor FROM sheet").fetchall()
        named = [(str(u), {n.strip() for n in _names(str(s))}) for u, s in rows if s and str(s).strip()]
        own = sum(person in names for _, names in named)
        others = [u for u, names in named if person not in names]
    left_out = sum(_leave_out(connection, table, others) for table in tables)
    for start in range(0, len(others), _CHUNK):
        part = others[start : start + _CHUNK]
        sql = statement("DELETE FROM {t} WHERE ", t="sheet") + is_in("uuid", len(part))
        connection.execute(sql, part)
    kept = sum(count_rows(connection, t) for t in tables)
    return Assignment(kept, left_out, own)


def _names(text: str) -> list[str]:
    """Names in a header's field, however they are set apart."""
    for mark in "，、;；/":
        text = text.replace(mark, ",")
    return [n for n in text.split(",") if n.strip()]


def _leave_out(connection: sqlite3.Connection, table: str, sheets: Sequence[str]) -> int:
    gone = 0
    for start in range(0, len(sheets), _CHUNK):
        part = list(sheets[start : start + _CHUNK])
        sql = statement("DELETE FROM {t} WHERE ", t=table) + is_in("sheet_uuid", len(part))
        gone += connection.execute(sql, part).rowcount
    return gone


# -- leaving --------------------------------------------------------------------


def rename_files(path: Path, renamed: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    """Give rows the names that their files have inside the package: (table, field) -> old -> new."""
    with package_connection(path) as connection:
        trust_triggers(connection)
        connection.execute("BEGIN IMMEDIATE")
        for (table, field), names in renamed.items():
            sql = statement("UPDATE {t} SET {f} = ? WHERE {f} = ?", t=table, f=field)
            connection.executemany(sql, [(new, old) for old, new in names.items()])
        connection.execute("COMMIT")


def seal(path: Path, base: Path | None) -> None:
    """Take the change log out, pack the file and copy it as the base. Raises InputError QL-STORE-BACKUP."""
    with package_connection(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(statement("DROP TABLE IF EXISTS {t}", t=LOG))
        for registry in ("gpkg_contents", "gpkg_data_columns"):
            connection.execute(statement("DELETE FROM {t} WHERE table_name = ?", t=registry), (LOG,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.execute("VACUUM")
        if base is not None:
            copy_verified(connection, base)
    for leftover in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)


def base_folder(survey: Path) -> Path:
    """Where the bases of a survey's packages are kept: beside it."""
    return survey.with_name(f"{survey.stem}.field")


def base_of(survey: Path, package_id: str) -> Path:
    """The base of a package. Raises InputError QL-FIELD-PACKAGEID for an id that is no name."""
    if not package_id.replace("-", "").isalnum():
        raise InputError("QL-FIELD-PACKAGEID", id=package_id)
    return base_folder(survey) / f"{package_id}.gpkg"


def first_of(kept: Path) -> Path:
    """Where the copy made at packaging stays once a return has become the base."""
    return kept.with_suffix(".first.gpkg")


def copy_of(kept: Path, number: int) -> Path:
    """Where the state of a further device's copy of the package is kept."""
    return kept.with_suffix(f".copy{number}.gpkg")


def copies_of(kept: Path) -> list[Path]:
    """The states of further copies that were merged."""
    return sorted(kept.parent.glob(f"{kept.stem}.copy*.gpkg"))


def forget_package(kept: Path) -> None:
    """Remove everything that is kept of a package: its base, the copy made at packaging, states of copies."""
    for path in (kept, first_of(kept), *copies_of(kept)):
        path.unlink(missing_ok=True)
