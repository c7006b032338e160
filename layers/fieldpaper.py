"""What came back on paper, in the survey: the row of a printed code, where it is entered, what is still out (4.1.4).

A map marks located things (a village, a farm); what is noted about them belongs to rows of survey tables that
point to them, and those are what a person wants to open.
"""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Tuple

from ..core.errors import InputError
from ..core.field.paper import (
    META,
    PAGE,
    Code,
    Print,
    Return,
    note_returned,
    read_print,
    read_returned,
    returned_text,
)
from .planar import geometry_of
from .schema import SURVEY, store_schema
from .store import GpkgStore, Row
from .store.changelog import DELETE, now
from .store.connection import connect
from .store.sql import select, statement

_SHEETS = "fieldmaps.gpkg"  # beside the list: which sheet each page shows
_NAMES = ("name", "natural_village", "channel_name", "unit_name")
_SHOWN = 5


class Entry(NamedTuple):
    """A row of a survey table in which something about a thing is entered; ``name`` as people call it."""

    table: str
    row: str
    name: str


class PaperRow(NamedTuple):
    """The row of a code: ``box`` west, south, east, north in the survey's CRS, None without a place.

    ``entries`` are the survey's rows about it, itself where it is one.
    """

    table: str
    row: str
    name: str
    box: Optional[Tuple[float, float, float, float]]
    entries: Tuple[Entry, ...]


# -- the list -------------------------------------------------------------------
def read_list(path: Path) -> Print:
    """The list of a print (``records.csv``). Raises InputError QL-PAPER-NOLIST, -COLUMNS, -EMPTY."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("QL-PAPER-NOLIST", file=path.name, reason=str(error)) from error
    return read_print(rows, _pages_beside(path), path.name)


def _pages_beside(path: Path) -> Mapping[str, int]:
    """Sheet -> page of the series beside the list; empty where its data is gone."""
    data = path.with_name(_SHEETS)
    if not data.is_file():
        return {}
    try:
        connection = connect(data, read_only=True)
        try:
            rows = connection.execute(select("pages", ["tile", "page"])).fetchall()
        finally:
            connection.close()
    except sqlite3.Error:  # codes of pages then are unknown, those of rows are read all the same
        return {}
    return {str(tile): int(page) for tile, page in rows if isinstance(page, int)}


def returned_of(store: GpkgStore, printed: Print) -> dict[str, Return]:
    """What of a print has come back, by address."""
    return read_returned(store.meta().get(META + printed.id))


def note(store: GpkgStore, printed: Print, addresses: list[str], back: bool) -> dict[str, Return]:
    """Keep in the survey that these have come back, or have not after all; all that is back now.

    Raises what :meth:`GpkgStore.set_meta` raises.
    """
    before = returned_of(store, printed)
    after = note_returned(before, addresses, back, now(), store.who)
    if after != before:
        store.set_meta({META + printed.id: returned_text(after)}, why="field paper")
    return after


def strangers(store: GpkgStore, printed: Print) -> set[str]:
    """Addresses of a print whose rows the survey does not have (any more)."""
    wanted: dict[str, set[str]] = {}
    for one in printed.items:
        wanted.setdefault(one.table, set()).add(one.row)
    known = {
        table: {str(u) for (u,) in store.connection.execute(select(table, ["uuid"]))}
        for table in wanted
        if table in store.tables() and store.tables()[table].tracked
    }
    return {one.address for one in printed.items if one.row not in known.get(one.table, set())}


# -- the row of a code ------------------------------------------------------------
def find_row(store: GpkgStore, code: Code) -> PaperRow:
    """The row that a code means.

    Raises InputError QL-PAPER-NOTABLE, -FOREIGN, -GONE (with who deleted it when), -UNKNOWN, -SEVERAL.
    """
    table, uuid = (code.table, code.row) if code.table else _by_number(store, code.row)
    if table not in store.tables() or not store.tables()[table].tracked:
        raise InputError("QL-PAPER-NOTABLE", table=table)
    row = store.row(table, uuid)
    if row is None:
        raise _missing(store, table, uuid)
    return PaperRow(table, uuid, _name(row, table), _box(row), tuple(_entries(store, table, row)))


def _missing(store: GpkgStore, table: str, uuid: str) -> InputError:
    gone = [entry for entry in store.history(table, uuid) if entry.action == DELETE]
    if not gone:
        return InputError("QL-PAPER-FOREIGN", table=table, row=uuid)
    return InputError("QL-PAPER-GONE", table=table, row=uuid, who=gone[-1].who, when=gone[-1].at[:16])


def _by_number(store: GpkgStore, digits: str) -> tuple[str, str]:
    """Table and row whose uuid begins with ``digits``."""
    found: list[tuple[str, str]] = []
    for name, table in store.tables().items():
        if table.tracked:
            sql = statement("SELECT uuid FROM {t} WHERE lower(substr(uuid, 1, ?)) = ?", t=name)
            rows = store.connection.execute(sql, (len(digits), digits))
            found += [(name, str(uuid)) for (uuid,) in rows]
    if not found:
        raise InputError("QL-PAPER-UNKNOWN", row=digits)
    if len(found) > 1:
        tables = ", ".join(dict.fromkeys(name for name, _ in found[:_SHOWN]))
        raise InputError("QL-PAPER-SEVERAL", row=digits, count=len(found), tables=tables)
    return found[0]


def _entries(store: GpkgStore, table: str, row: Row) -> Iterator[Entry]:
    schema = store_schema()
    if table in schema and schema[table].role == SURVEY:
        yield Entry(table, row.uuid, _name(row, table))
        return
    link = f"{table}_uuid"
    for name, other in schema.items():
        if other.role == SURVEY and name in store.tables() and link in other.names:
            for one in store.rows(name, where={link: row.uuid}):
                yield Entry(name, one.uuid, _name(one, name))


def _name(row: Row, table: str) -> str:
    for key in _NAMES:
        value: Any = row.values.get(key)
        if value:
            return str(value)
    number = row.values.get("row_no")
    return str(number) if number is not None else f"{table} {row.uuid[:8]}"


def _box(row: Row) -> Optional[Tuple[float, float, float, float]]:
    if row.wkb is None:
        return None
    box = geometry_of(row.wkb).boundingBox()
    return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()


def is_page(code: Code) -> bool:
    """Whether a code is that of a map's page."""
    return code.table == PAGE and code.page > 0
