"""Are a file's triggers only those we know? Asked before SQLite may run any of them.

A trigger of a mailed file runs at our next save. Known are our own, GDAL's for R-tree, row count
and tile tables, in whatever version of GDAL wrote them: a trigger of that name and table may
contain nothing but the words such a trigger is made of.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Collection, Iterator, NamedTuple

_WORD = re.compile(r"""\s+|"(?:[^"]|"")*"|'(?:[^']|'')*'|[A-Za-z_][A-Za-z_0-9]*|\d+|[^\s]""")

_COMMON = {
    "create",
    "trigger",
    "on",
    "when",
    "begin",
    "end",
    "and",
    "not",
    "null",
    "or",
    "where",
    "new",
    "old",
}
_EVENTS = {"after", "before", "insert", "update", "delete", "of", "for", "each", "row"}
_SIGNS = set("().,;=!<>")
_RTREE = _COMMON | _EVENTS | _SIGNS | {
    "replace", "into", "values", "from", "id", "in", "isnull", "notnull", "set",
    "minx", "maxx", "miny", "maxy", "st_isempty", "st_minx", "st_maxx", "st_miny", "st_maxy",
}  # fmt: skip
_COUNT = _COMMON | _EVENTS | _SIGNS | {
    "set", "gpkg_ogr_contents", "feature_count", "table_name", "lower", "+", "-", "1",
}  # fmt: skip
_ABORT = _COMMON | _EVENTS | _SIGNS | {"select", "raise", "abort", "0", "1"}
_TILE_COLUMNS = {"zoom_level", "matrix_width", "matrix_height", "pixel_x_size", "pixel_y_size"}
_EVENT_NAMES = {"insert", "delete", *(f"update{n}" for n in range(1, 8))}


class Trigger(NamedTuple):
    """A trigger as ``sqlite_master`` has it."""

    name: str
    table: str
    sql: str


def triggers_of(connection: sqlite3.Connection) -> list[Trigger]:
    """All triggers of a database."""
    rows = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    return [Trigger(*row) for row in rows]


def foreign_triggers(connection: sqlite3.Connection) -> list[str]:
    """Names of the triggers that are none of those we know."""
    located = {
        str(table): str(column)
        for table, column in connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
    }
    return [t.name for t in triggers_of(connection) if not _is_known(t, located)]


def views_of(connection: sqlite3.Connection) -> list[str]:
    """Names of the database's views."""
    return [str(r[0]) for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]


def computed_columns(connection: sqlite3.Connection) -> list[str]:
    """``table.column`` of every column that the file computes by an expression of its own."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = []
    for (table,) in tables:
        columns = connection.execute(
            "SELECT name FROM pragma_table_xinfo(?) WHERE hidden IN (2, 3)", (table,)
        )
        found += [f"{table}.{name}" for (name,) in columns]
    return found


def disguised(connection: sqlite3.Connection, names: Collection[str]) -> list[str]:
    """Those of ``names`` that are something else than a plain table here: a view, a virtual table."""
    wanted = {name.lower() for name in names}
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
        "AND (type = 'view' OR sql LIKE 'CREATE VIRTUAL %')"
    )
    return [str(name) for (name,) in rows if str(name).lower() in wanted]


def _words(sql: str) -> Iterator[str]:
    """The words of an SQL text: names without their quotes, lower case; texts keep theirs."""
    for found in _WORD.finditer(sql):
        word = found.group()
        if word.isspace():
            continue
        if word.startswith('"'):
            yield word[1:-1].replace('""', '"').lower()
        else:
            yield word.lower()


def _is_known(trigger: Trigger, located: dict[str, str]) -> bool:
    words = list(_words(trigger.sql))
    if "begin" not in words:
        return False
    start = words.index("begin")
    head, body = set(words[:start]), set(words[start:])
    own = {trigger.name.lower(), trigger.table.lower(), f"'{trigger.name}'".lower()}
    own.add(f"'{trigger.table}'".lower())
    return any(head <= allowed | own and body <= allowed for allowed in _allowances(trigger, located))


def _allowances(trigger: Trigger, located: dict[str, str]) -> Iterator[set[str]]:
    """The sets of words that a trigger of this name on this table may consist of.

    The table itself may be named before BEGIN only: nothing after it may touch the table.
    """
    name, table = trigger.name.lower(), trigger.table.lower()
    column = located.get(trigger.table, "").lower()
    rtree = f"rtree_{table}_{column}"
    if column and name.startswith(rtree + "_") and name[len(rtree) + 1 :] in _EVENT_NAMES:
        yield _RTREE | {rtree, column, "fid", "ogc_fid", "id"}
    if name in (f"trigger_insert_feature_count_{table}", f"trigger_delete_feature_count_{table}"):
        yield _COUNT | {f"'{table}'"}
    if table == "change_log" and name in ("change_log_no_update", "change_log_no_delete"):
        yield _ABORT | {"'change_log is append-only'"}
    if table.startswith("gpkg_tile_matrix") and name.startswith(table):
        texts = {w for w in _words(trigger.sql) if w.startswith("'")}
        yield _ABORT | _TILE_COLUMNS | texts
