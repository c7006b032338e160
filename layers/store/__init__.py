"""The survey store: a GeoPackage that loses nothing (ch. 4, 4.1.6).

One user action is one transaction over all tables it touches; success is told after COMMIT.
Rows are kept by uuid with a version (a stale save shows both values), every change is logged,
copies are verified. Nothing else in the plugin writes into a survey: no layer of it is saved by
``commitChanges()``; :mod:`.editing` takes QGIS's edit buffers through here.

    with open_store(path, who="张三") as store:
        row = store.rows("a7", where={"natural_village": "上店"})[0]
        store.save([Update("a7", row.uuid, row.version, {"households": 36})], why="入户核实")
"""

from __future__ import annotations

from .beside import BesideStore, Seat, seat_of
from .creation import NewSurvey, create_store
from .ddl import Srs
from .drafts import Draft, Drafts
from .gpkg import GpkgStore
from .model import (
    KEEP,
    Change,
    Conflict,
    Delete,
    Insert,
    LogEntry,
    Row,
    RowKey,
    Saved,
    StaleSave,
    Store,
    TableInfo,
    Update,
)
from .opening import Inspection, inspect, open_store
from .values import multi_text, multi_values

__all__ = [
    "KEEP",
    "BesideStore",
    "Change",
    "Conflict",
    "Delete",
    "Draft",
    "Drafts",
    "GpkgStore",
    "Insert",
    "Inspection",
    "LogEntry",
    "NewSurvey",
    "Row",
    "RowKey",
    "Saved",
    "Seat",
    "Srs",
    "StaleSave",
    "Store",
    "TableInfo",
    "Update",
    "create_store",
    "inspect",
    "multi_text",
    "multi_values",
    "open_store",
    "seat_of",
]
