"""What is known of a file before anything is written over it: the store of a survey is never a mere output.

Serves the promise that inputs and surveys stay untouched unless they are named as the target of a run.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

from .store.connection import connect

# Tables that a survey has and hardly any other GeoPackage: its sheets, its log, its first norm table.
_OF_SURVEYS = frozenset({"meta", "sheet", "change_log", "a1"})
_ESCAPED = re.compile("%[0-9A-Fa-f]{2}")
# How QGIS names a table of a database as the place for a result.
_IN_DATABASE = re.compile(
    r"^(?:ogr:)?dbname='(?P<path>(?:[^'\\]|\\.)*)'(?:.*?table=\"(?P<table>[^\"]*)\")?", re.S
)


class InDatabase(NamedTuple):
    """A result that goes into a table of a database file."""

    path: str
    table: str


def in_database(destination: str) -> InDatabase | None:
    """The file and table of ``ogr:dbname='…' table="…" (geom)``, None for any other destination."""
    found = _IN_DATABASE.match(destination.strip())
    if found is None:
        return None
    return InDatabase(re.sub(r"\\(.)", r"\1", found.group("path")), found.group("table") or "")


def is_misread(path: Path) -> bool:
    """Whether GDAL's SQLite takes part of a path for an escaped sign (%20) and opens no GeoPackage there."""
    return _ESCAPED.search(str(path.absolute())) is not None


def is_survey(path: Path) -> bool:
    """Whether a file is the store of a survey, told from the names of its tables; nothing is changed in it.

    By SQLite alone: a file of the process's own that is opened and closed beside it would drop SQLite's locks.
    """
    try:
        if not path.is_file():
            return False
        connection = connect(path, read_only=True, wait_s=1.0)
    except (OSError, sqlite3.Error):  # a name that is too long; no database
        return False
    try:
        names = connection.execute("SELECT lower(name) FROM sqlite_master WHERE type = 'table'").fetchall()
    except (sqlite3.Error, UnicodeDecodeError):  # no database, or a damaged one
        return False
    finally:
        connection.close()
    return {name for (name,) in names} >= _OF_SURVEYS
