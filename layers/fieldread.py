"""Reading packages: which survey, which package, which rows; a package is never opened where it lies.

It came from a device: its file and the write-ahead log beside it are copied first, read through SQLite
with nothing of its schema trusted, and left as they are.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping, NamedTuple, Optional, Sequence

from ..core.errors import InputError, Problem, QingliuError
from ..core.field.differences import GEOMETRY, FieldKind, Rows, RowState
from ..core.field.identity import told_apart
from .fielddata import PackageFacts, package_facts
from .planar import geometry_of
from .store.connection import connect, journal_mode, told
from .store.editing import flat_wkb
from .store.geometry import fitted
from .store.model import Row, TableInfo
from .store.opening import journal_of, wal_of
from .store.reading import read_meta, read_tables, select_rows
from .store.writing import HISTORY

_NO_CONTENT = (*HISTORY, "uuid")


class PackageFile(NamedTuple):
    """A package that came back: its GeoPackage, its folder, what it says about itself, what was noticed."""

    gpkg: Path
    folder: Path
    facts: PackageFacts
    store_id: str
    findings: tuple[Problem, ...]


class Contents(NamedTuple):
    """Rows by table and uuid, with the tables they stand in."""

    tables: Mapping[str, TableInfo]
    rows: Mapping[str, Rows]


@contextmanager
def copied(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of a GeoPackage. Raises InputError QL-FIELD-NOPACKAGE, QL-STORE-DAMAGED."""
    with tempfile.TemporaryDirectory(prefix="qingliu-field-") as folder:
        copy = Path(folder) / "package.gpkg"
        try:
            shutil.copyfile(path, copy)
            for beside in (wal_of, journal_of):
                if beside(path).is_file():
                    shutil.copyfile(beside(path), beside(copy))
            connection = connect(copy, read_only=False)
        except OSError as error:
            raise InputError("QL-FIELD-NOPACKAGE", path=str(path), reason=str(error)) from error
        except sqlite3.Error as error:
            raise told(error, path, "QL-FIELD-NOPACKAGE") from error
        try:
            yield connection
        except sqlite3.Error as error:
            raise told(error, path, "QL-FIELD-NOPACKAGE") from error
        finally:
            connection.close()


def find_package(given: Path) -> PackageFile:
    """The package in a folder, or behind a .gpkg or .qgz of it.

    Raises InputError QL-FIELD-NOPACKAGE, QL-FIELD-TWOFILES where copies of a package lie side by side.
    """
    folder = given if given.is_dir() else given.parent
    files = [given] if given.suffix.lower() == ".gpkg" else sorted(folder.glob("*.gpkg"))
    found = [p for p in map(_look, files) if p is not None]
    if not found:
        raise InputError("QL-FIELD-NOPACKAGE", path=str(given), reason="-")
    if len(found) > 1:
        raise InputError("QL-FIELD-TWOFILES", files=", ".join(p.gpkg.name for p in found), folder=str(folder))
    return found[0]


def _look(path: Path) -> Optional[PackageFile]:
    if not path.is_file() or path.stat().st_size == 0:
        return None
    try:
        with copied(path) as connection:
            had_wal = wal_of(path).is_file()
            in_wal = journal_mode(connection) == "wal"
            damage = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            if damage != "ok":
                raise InputError("QL-STORE-DAMAGED", path=str(path), reason=damage, backup="-")
            meta = read_meta(connection)
    except QingliuError as error:
        if error.code == "QL-STORE-DAMAGED" and "not a database" not in error.text("en"):
            raise
        return None
    facts = package_facts(meta)
    if facts is None:
        return None
    findings = (Problem("QL-FIELD-NOWAL", {"path": str(path)}),) if in_wal and not had_wal else ()
    return PackageFile(path, path.parent, facts, meta.get("store_id", ""), findings)


# -- rows ---------------------------------------------------------------------


def contents_of(path: Path) -> Contents:
    """Everything tracked in a package or a base. Raises InputError QL-FIELD-NOPACKAGE."""
    with copied(path) as connection:
        return contents(connection)


def contents(connection: sqlite3.Connection, names: Sequence[str] | None = None) -> Contents:
    """The tracked rows of an open GeoPackage, of some tables where given."""
    tables = {n: t for n, t in read_tables(connection).items() if t.tracked and (names is None or n in names)}
    return Contents(tables, {n: rows_of(select_rows(connection, t), t) for n, t in tables.items()})


def rows_of(rows: Sequence[Row], table: TableInfo) -> dict[str, RowState]:
    """Rows of a table by uuid, places flat and of the column's kind; none hides another."""
    named = ((str(row.values.get("uuid") or ""), _state(row, table)) for row in rows)
    return told_apart(table.name, named)


def _state(row: Row, table: TableInfo) -> RowState:
    values = row.values
    who = str(values.get("updated_by") or values.get("created_by") or "")
    when = str(values.get("updated_at") or values.get("created_at") or "")
    shape = None if row.wkb is None else _flat(row.wkb, table)
    return RowState(values, shape, row.version, who, when)


def _flat(wkb: bytes, table: TableInfo) -> bytes:
    """Straight 2-D WKB of the column's kind: apps may add heights or single shapes."""
    try:
        return fitted(wkb, str(table.geometry))
    except QingliuError:
        plain = flat_wkb(geometry_of(wkb))
        return wkb if plain is None else fitted(plain, str(table.geometry))


def common_fields(ours: TableInfo, theirs: TableInfo) -> list[FieldKind]:
    """The fields that are content on both sides, the place last."""
    there = {c.name for c in theirs.columns}
    found = [FieldKind(c.name, c.kind) for c in ours.columns if c.name in there and c.name not in _NO_CONTENT]
    if ours.geometry and theirs.geometry:
        found.append(FieldKind(GEOMETRY, "geometry"))
    return found


def unknown_columns(ours: TableInfo, theirs: TableInfo, known: Sequence[str]) -> list[str]:
    """Columns of the package that the survey lacks and that packaging did not add."""
    here = {c.name for c in ours.columns}
    return [c.name for c in theirs.columns if c.name not in here and c.name not in known]


def lacking(base: Contents, theirs: Contents) -> list[Problem]:
    """Tables and columns that were packaged and did not come back: what was in them cannot be compared."""
    gone = [n for n in base.tables if n not in theirs.tables]
    found = [Problem("QL-FIELD-NOTABLES", {"tables": ", ".join(gone)})] if gone else []
    for name, table in base.tables.items():
        if name not in theirs.tables:
            continue
        there = {c.name for c in theirs.tables[name].columns}
        columns = ", ".join(c.name for c in table.columns if c.name not in there)
        if columns:
            found.append(Problem("QL-FIELD-NOCOLUMNS", {"table": name, "columns": columns}))
    return found
