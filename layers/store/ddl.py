"""The SQL that makes a GeoPackage of a survey: core tables, R-trees, names of columns (OGC 12-128r18).

Written by us and not by GDAL, so that a survey is the same whatever GDAL made it, appears in one
transaction and carries no ``gpkg_ogr_contents``: that cached row count lies after kills and
concurrent writers, and without it GDAL and QGIS count.
"""

from __future__ import annotations

import sqlite3
from typing import Iterable, Mapping, NamedTuple

from ...core.standard import CodeItem
from ..schema import Field, StoreTable, field_title
from .sql import quoted, statement, text_literal

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10300
FID, GEOM = "fid", "geom"

SQL_TYPES = {
    "text": "TEXT",
    "list": "TEXT",
    "number": "REAL",
    "integer": "INTEGER",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "DATETIME",
}


class Srs(NamedTuple):
    """A coordinate reference system as ``gpkg_spatial_ref_sys`` lists it; ``wkt`` is WKT 1."""

    name: str
    srs_id: int
    organization: str
    code: int
    wkt: str


_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
    'AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
_BASE_SRS = (
    Srs("Undefined Cartesian SRS", -1, "NONE", -1, "undefined"),
    Srs("Undefined geographic SRS", 0, "NONE", 0, "undefined"),
    Srs("WGS 84 geodetic", 4326, "EPSG", 4326, _WGS84),
)

_CORE = (
    """CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
    description TEXT)""",
    """CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL,
    identifier TEXT UNIQUE, description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
    definition TEXT NOT NULL, scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))""",
    """CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT,
    title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name))""",
    """CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL,
    constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,
    max_is_inclusive BOOLEAN, description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))""",
)
_SCHEMA_SPEC = "http://www.geopackage.org/spec121/#extension_schema"
_RTREE_SPEC = "http://www.geopackage.org/spec120/#extension_rtree"


def create_core(connection: sqlite3.Connection, srs: Srs) -> None:
    """The tables every GeoPackage has, with the survey's CRS."""
    for sql in _CORE:
        connection.execute(sql)
    listed = {s.srs_id: s for s in (*_BASE_SRS, srs)}
    connection.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)", [tuple(s) for s in listed.values()]
    )
    connection.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [("gpkg_data_columns", _SCHEMA_SPEC), ("gpkg_data_column_constraints", _SCHEMA_SPEC)],
    )


def column_sql(field: Field) -> str:
    """The definition of a column."""
    size = "(36)" if field.name == "uuid" else ""
    parts = [quoted(field.name), SQL_TYPES[field.kind] + size]
    if field.required:
        parts.append("NOT NULL")
    if field.name == "version":
        parts.append("DEFAULT 1")
    if field.unique:
        parts.append("UNIQUE")
    return " ".join(parts)


def create_table(connection: sqlite3.Connection, table: StoreTable, srs_id: int) -> None:
    """A table or located layer with its registration, R-tree, index and names of columns."""
    columns = [f"{quoted(FID)} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"]
    if table.geometry:
        columns.append(f"{quoted(GEOM)} {table.geometry}")
    columns += [column_sql(f) for f in table.fields]
    connection.execute(statement("CREATE TABLE {t} ", t=table.name) + f"({', '.join(columns)})")
    kind = "features" if table.geometry else "attributes"
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
        "VALUES (?, ?, ?, ?, ?)",
        (table.name, kind, table.name, f"{table.zh} / {table.en}", srs_id if table.geometry else 0),
    )
    if table.geometry:
        _create_located(connection, table, srs_id)
    for name in ("sheet_uuid", "row_uuid"):
        if name in table.names:
            _create_index(connection, table.name, name)
    for sql in own_triggers(table):
        connection.execute(sql)
    describe_fields(connection, table.name, table.fields)


def _create_index(connection: sqlite3.Connection, table: str, column: str) -> None:
    connection.execute(
        statement("CREATE INDEX {i} ON {t} ({c})", i=f"idx_{table}_{column}", t=table, c=column)
    )


def _create_located(connection: sqlite3.Connection, table: StoreTable, srs_id: int) -> None:
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)",
        (table.name, GEOM, table.geometry, srs_id),
    )
    connection.execute(
        "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')",
        (table.name, GEOM, _RTREE_SPEC),
    )
    name = f"rtree_{table.name}_{GEOM}"
    connection.execute(statement("CREATE VIRTUAL TABLE {r} USING rtree(id, minx, maxx, miny, maxy)", r=name))
    for sql in rtree_triggers(table.name):
        connection.execute(sql)


# @full, @bare and @entry are put in below; the braces are names to quote
_ENTRY = (
    "VALUES (NEW.{fid},ST_MinX(NEW.{geom}), ST_MaxX(NEW.{geom}),ST_MinY(NEW.{geom}), ST_MaxY(NEW.{geom}))"
)
_FULL = "(NEW.{geom} NOTNULL AND NOT ST_IsEmpty(NEW.{geom}))"
_BARE = "(NEW.{geom} ISNULL OR ST_IsEmpty(NEW.{geom}))"
_RTREE_TRIGGERS = {
    "insert": "AFTER INSERT ON {t} WHEN (new.{geom} NOT NULL AND NOT ST_IsEmpty(NEW.{geom})) "
    "BEGIN INSERT OR REPLACE INTO {r} @entry; END",
    "update1": "AFTER UPDATE OF {geom} ON {t} WHEN OLD.{fid} = NEW.{fid} AND @full "
    "BEGIN INSERT OR REPLACE INTO {r} @entry; END",
    "update2": "AFTER UPDATE OF {geom} ON {t} WHEN OLD.{fid} = NEW.{fid} AND @bare "
    "BEGIN DELETE FROM {r} WHERE id = OLD.{fid}; END",
    "update3": "AFTER UPDATE ON {t} WHEN OLD.{fid} != NEW.{fid} AND @full "
    "BEGIN DELETE FROM {r} WHERE id = OLD.{fid}; INSERT OR REPLACE INTO {r} @entry; END",
    "update4": "AFTER UPDATE ON {t} WHEN OLD.{fid} != NEW.{fid} AND @bare "
    "BEGIN DELETE FROM {r} WHERE id IN (OLD.{fid}, NEW.{fid}); END",
    "delete": "AFTER DELETE ON {t} WHEN old.{geom} NOT NULL BEGIN DELETE FROM {r} WHERE id = OLD.{fid}; END",
}


def _written_out(body: str) -> str:
    return body.replace("@entry", _ENTRY).replace("@full", _FULL).replace("@bare", _BARE)


def rtree_triggers(table: str) -> list[str]:
    """The R-tree triggers of a located table, as the GeoPackage specification gives them."""
    name = f"rtree_{table}_{GEOM}"
    names = {"t": table, "r": name, "fid": FID, "geom": GEOM}
    return [
        statement("CREATE TRIGGER {n} ", n=f"{name}_{event}") + statement(_written_out(body), **names)
        for event, body in _RTREE_TRIGGERS.items()
    ]


def own_triggers(table: StoreTable) -> list[str]:
    """What keeps an append-only table so."""
    if not table.append_only:
        return []
    message = text_literal(f"{table.name} is append-only")
    return [
        statement("CREATE TRIGGER {n} BEFORE ", n=f"{table.name}_no_{event.lower()}")
        + statement(f"{event} ON {{t}} ", t=table.name)
        + f"BEGIN SELECT RAISE(ABORT, {message}); END"
        for event in ("UPDATE", "DELETE")
    ]


def describe_fields(connection: sqlite3.Connection, table: str, fields: Iterable[Field]) -> None:
    """Names of columns for people, in the file itself (gpkg_schema): title Chinese, description English."""
    rows = [
        (table, f.name, f.name, field_title(f, "zh"), _description(f), constraint_name(table, f))
        for f in fields
    ]
    connection.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description, constraint_name) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )
    for field in fields:
        _describe_range(connection, table, field)


def _description(field: Field) -> str:
    """English name; columns that the draft's table lacks are marked as derived."""
    return field_title(field, "en") + (" [derived]" if field.extra else "")


def constraint_name(table: str, field: Field) -> str | None:
    """Name of the field's range in ``gpkg_data_column_constraints``, None where it has not both limits.

    Code lists stay out of it: QGIS would turn them into value maps of its own.
    """
    return None if field.min is None or field.max is None else f"{table}.{field.name}"


def _describe_range(connection: sqlite3.Connection, table: str, field: Field) -> None:
    name = constraint_name(table, field)
    if name is None:
        return
    connection.execute(
        "INSERT INTO gpkg_data_column_constraints VALUES (?, 'range', NULL, ?, 1, ?, 1, NULL)",
        (name, field.min, field.max),
    )


def fill_codes(connection: sqlite3.Connection, lists: Mapping[str, Iterable[CodeItem]]) -> None:
    """The rows of ``code_list``."""
    rows = [
        (name, item.code, item.zh, item.en, item.parent, position)
        for name, items in lists.items()
        for position, item in enumerate(items, 1)
    ]
    connection.executemany(
        "INSERT INTO code_list (list, code, zh, en, parent, position) VALUES (?, ?, ?, ?, ?, ?)", rows
    )
