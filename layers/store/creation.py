"""A new survey: all tables of the edition, located layers, code lists and facts in one file (4.1.6).

The file is made beside its final name and put in its place when it is whole; nothing that exists
is overwritten.
"""

from __future__ import annotations

import os
import sqlite3
import uuid as uuids
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Sequence

from ...core.errors import InputError
from ...core.standard import Edition, default_edition
from ..schema import SURVEY, StoreTable, code_lists, store_schema
from . import changelog, ddl
from .backups import sync, sync_folder
from .connection import told, uri_of
from .ddl import Srs
from .gpkg import GpkgStore
from .migrations import SCHEMA_VERSION
from .model import Insert
from .opening import open_store


class NewSurvey(NamedTuple):
    """What a survey starts from; ``type`` is a key of the edition's types, ``county`` a profile as YAML.

    ``store_id`` and ``at`` are made unless given, so that a practice survey can be the same each time.
    """

    name: str
    code: str
    type: str
    srs: Srs
    county: str = ""
    crs: str = ""
    store_id: str = ""
    at: str = ""


def create_store(
    path: Path,
    survey: NewSurvey,
    *,
    who: str = "",
    edition: Edition | None = None,
    rows: Sequence[Insert] = (),
) -> GpkgStore:
    """Make and open a new survey that holds its headers and ``rows``: whole under its name, or not there.

    Raises InputError QL-STORE-EXISTS, QL-OUT-FOLDER, QL-STORE-FULL …
    """
    edition = edition or default_edition()
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError("QL-OUT-FOLDER", path=str(path), folder=str(path.parent))
    if path.exists():
        raise InputError("QL-STORE-EXISTS", path=str(path))
    part = path.with_name(f".{uuids.uuid4().hex}.part")
    try:
        _build(part, survey, edition)
        _first_rows(part, survey, edition, who, rows)
        sync(part)
        _place(part, path)
    except sqlite3.Error as error:
        raise told(error, path) from error
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(path), reason=str(error)) from error
    finally:
        for leftover in (part, *(part.with_name(part.name + s) for s in ("-journal", "-wal", "-shm"))):
            leftover.unlink(missing_ok=True)
    return open_store(path, who=who)


def _place(part: Path, path: Path) -> None:
    """Give the file its name without ever replacing another that came in between."""
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise InputError("QL-STORE-EXISTS", path=str(path)) from error
    except OSError:  # no hard links on this file system
        if path.exists():
            raise InputError("QL-STORE-EXISTS", path=str(path)) from None
        part.rename(path)
    else:
        part.unlink()
    sync_folder(path.parent)


def _build(part: Path, survey: NewSurvey, edition: Edition) -> None:
    connection = sqlite3.connect(uri_of(part, "rwc"), uri=True, isolation_level=None)
    try:
        connection.execute(f"PRAGMA application_id = {ddl.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {ddl.USER_VERSION}")
        connection.execute("BEGIN IMMEDIATE")
        ddl.create_core(connection, survey.srs)
        for table in store_schema(edition).values():
            ddl.create_table(connection, table, survey.srs.srs_id)
        ddl.fill_codes(connection, code_lists(edition))
        facts = first_meta(survey, edition)
        connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", list(facts.items()))
        connection.execute("COMMIT")
    finally:
        connection.close()


def first_meta(survey: NewSurvey, edition: Edition) -> dict[str, str]:
    """The facts of a new survey."""
    facts = {
        "store_id": survey.store_id or str(uuids.uuid4()),
        "schema_version": str(SCHEMA_VERSION),
        "edition": edition.id,
        "edition_folder": edition.folder.name,
        "name": survey.name,
        "code": survey.code,
        "type": survey.type,
        "crs": survey.crs,
        "created_at": survey.at or changelog.now(),
        "county": survey.county,
    }
    return {key: value for key, value in facts.items() if value}


def _first_rows(part: Path, survey: NewSurvey, edition: Edition, who: str, rows: Sequence[Insert]) -> None:
    """A header for each survey table, and what the survey starts with."""
    with open_store(part, who=who, daily_backup=False) as store:
        tables = [t for t in store_schema(edition).values() if t.role == SURVEY]
        save_id = str(uuids.uuid5(uuids.UUID(store.meta()["store_id"]), "headers"))
        headers = [_header(store, t, survey) for t in tables]
        store.save(headers, why="createsurvey", save_id=save_id, at=survey.at)
        if rows:
            store.save(list(rows), why="createsurvey", at=survey.at)


def _header(store: GpkgStore, table: StoreTable, survey: NewSurvey) -> Insert:
    known = {c.name for c in store.tables()["sheet"].columns}
    values: Mapping[str, Any] = {
        "table": table.name, "watershed_name": survey.name, "watershed_code": survey.code, "state": "open",
    }  # fmt: skip
    key = uuids.uuid5(uuids.UUID(store.meta()["store_id"]), table.name)
    return Insert("sheet", {k: v for k, v in values.items() if k in known and v}, uuid=str(key))
