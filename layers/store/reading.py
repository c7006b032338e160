"""Reading a survey through its own connection: tables, columns, rows, facts."""

from __future__ import annotations

import sqlite3
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ...core.errors import InputError
from .ddl import FID, GEOM
from .geometry import to_wkb
from .model import Row, StoreColumn, TableInfo
from .sql import is_in, quoted, select, statement
from .values import from_sql, kind_of, to_sql

_CHUNK = 500
_MOST_SAVES = 2**53


def read_tables(connection: sqlite3.Connection) -> dict[str, TableInfo]:
    """The tables that the file registers, with their columns (row number and geometry left out).

    Views, virtual tables and names that are registered and not there are left out: a file of anybody's may
    hide anything behind them.
    """
    geometries = dict(connection.execute("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))
    names = [
        str(r[0])
        for r in connection.execute(
            "SELECT table_name FROM gpkg_contents "
            "WHERE data_type IN ('features', 'attributes') AND table_name IN (SELECT name FROM sqlite_master "
            "WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %') ORDER BY rowid"
        )
    ]
    return {n: TableInfo(n, geometries.get(n), tuple(_columns(connection, n))) for n in names}


def _columns(connection: sqlite3.Connection, table: str) -> Iterator[StoreColumn]:
    for _, name, sql_type, *_ in connection.execute(statement("PRAGMA table_info({t})", t=table)):
        kind = kind_of(sql_type)
        if name not in (FID, GEOM) and kind != "blob":
            yield StoreColumn(name, kind)


def srs_of(connection: sqlite3.Connection, table: str) -> int:
    """Id of a located table's CRS in the file."""
    row = connection.execute(
        "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (table,)
    ).fetchone()
    return int(row[0]) if row else 0


def select_rows(
    connection: sqlite3.Connection,
    table: TableInfo,
    uuids: Iterable[str] | None = None,
    where: Mapping[str, Any] | None = None,
) -> list[Row]:
    """Rows of a tracked table by row number. Raises InputError QL-STORE-NOFIELD for an unknown name."""
    conditions, parameters = _conditions(table, where or {})
    names = ([GEOM] if table.geometry else []) + [c.name for c in table.columns]
    if uuids is None:
        sql = select(table.name, names, conditions, FID)
        return [_row(table, found) for found in connection.execute(sql, parameters)]
    rows: list[Row] = []
    wanted = list(dict.fromkeys(uuids))
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        sql = select(table.name, names, [*conditions, is_in("uuid", len(part))], FID)
        rows += [_row(table, found) for found in connection.execute(sql, [*parameters, *part])]
    return rows


def _conditions(table: TableInfo, where: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    kinds = {c.name: c for c in table.columns}
    unknown = [n for n in where if n not in kinds]
    if unknown or not table.tracked:
        raise InputError("QL-STORE-NOFIELD", table=table.name, fields=", ".join(unknown) or "uuid")
    return [f"{quoted(n)} IS ?" for n in where], [to_sql(kinds[n], v) for n, v in where.items()]


def _row(table: TableInfo, found: Sequence[Any]) -> Row:
    shape = None
    if table.geometry:
        shape, found = found[0], found[1:]
    values = {c.name: from_sql(c, v) for c, v in zip(table.columns, found)}
    uuid = str(values["uuid"])
    try:
        wkb = to_wkb(shape)
    except InputError as error:
        facts = {**error.problems[0].facts, "table": table.name, "row": uuid}
        raise InputError(error.code, **facts) from error
    return Row(table.name, uuid, _version(values["version"]), values, wkb)


def _version(value: Any) -> int:
    """A row's version; what is none, in a file that something else wrote, counts as the first."""
    return value if isinstance(value, int) and 0 <= value < _MOST_SAVES else 0


def row_of(connection: sqlite3.Connection, table: TableInfo, uuid: str) -> Row | None:
    """One row by uuid."""
    found = select_rows(connection, table, [uuid])
    return found[0] if found else None


def count_rows(connection: sqlite3.Connection, table: str) -> int:
    """How many rows, counted: cached counts lie."""
    return int(connection.execute(statement("SELECT count(*) FROM {t}", t=table)).fetchone()[0])


def uuid_by_fid(connection: sqlite3.Connection, table: str, fids: Iterable[int]) -> dict[int, str]:
    """Row number -> uuid, as QGIS's feature ids are row numbers; rows that are gone are missing."""
    wanted = list(fids)
    found: dict[int, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        sql = select(table, [FID, "uuid"], [is_in(FID, len(part))])
        found.update((int(f), str(u)) for f, u in connection.execute(sql, part))
    return found


def versions_by_fid(connection: sqlite3.Connection, table: str) -> list[tuple[int, str, int]]:
    """Row number, uuid and version of every row of a tracked table."""
    rows = connection.execute(select(table, [FID, "uuid", "version"]))
    return [(int(f), str(u), _version(v)) for f, u, v in rows]


def read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    """The survey's facts."""
    rows = connection.execute("SELECT key, value FROM meta WHERE value IS NOT NULL")
    return {str(k): str(v) for k, v in rows}
