"""A survey's tables as printed sheets, and the changes of a filled spreadsheet into the store."""

from __future__ import annotations

import uuid as uuids
from typing import Any, Mapping, Optional, Sequence

from ...core.errors import InputError
from ...core.printing import Form, PrintedSheet, RowChange, StoredRow, form_of, sheets_of
from ...core.standard import Edition, default_edition, editions, open_edition
from ..store import Change, GpkgStore, Insert, Row, Update

HEADER_TABLE = "sheet"


def edition_of(store: GpkgStore) -> Edition:
    """The edition a survey was made with, the default one where it is not shipped any more."""
    folder = editions().get(store.meta().get("edition_folder", ""))
    default = default_edition()
    return default if folder is None or folder == default.folder else open_edition(folder)


def forms_of(store: GpkgStore) -> dict[str, Form]:
    """The printed form of every survey table that the store has, by its name in the store."""
    edition = edition_of(store)
    there = store.tables()
    return {t.name: form_of(t, edition) for t in edition.tables.values() if t.name in there}


def chosen_forms(store: GpkgStore, wanted: Sequence[str]) -> dict[str, Form]:
    """The forms named (``a7`` or ``A.7``), all where none is; QL-PRINT-NOTABLE lists what is unknown."""
    forms = forms_of(store)
    if not wanted:
        return forms
    spelt = {key.lower(): name for name, f in forms.items() for key in (f.table, f.table_id)}
    unknown = [w for w in wanted if w.strip().lower() not in spelt]
    if unknown:
        raise InputError("QL-PRINT-NOTABLE", tables=", ".join(unknown), known=", ".join(forms))
    names = {spelt[w.strip().lower()] for w in wanted}
    return {name: form for name, form in forms.items() if name in names}


def stored_rows(store: GpkgStore, table: str) -> list[StoredRow]:
    """The rows of a table."""
    return [_stored(row) for row in store.rows(table)]


def header_rows(store: GpkgStore, table: str) -> list[StoredRow]:
    """The headers of a table's sheets."""
    return [_stored(row) for row in store.rows(HEADER_TABLE, where={"table": table})]


def _stored(row: Row) -> StoredRow:
    return StoredRow(row.uuid, row.version, row.values)


def printed_sheets(store: GpkgStore, form: Form) -> list[PrintedSheet]:
    """The sheets of a table with their rows."""
    survey = store.meta().get("store_id", "")
    return sheets_of(form, header_rows(store, form.table), stored_rows(store, form.table), survey)


def earlier_values(store: GpkgStore, table: str, uuid: str, version: int) -> Optional[Mapping[str, Any]]:
    """A row's values as they were in an earlier version, from the change log; None where it cannot tell."""
    row = store.row(table, uuid)
    if row is None or version > row.version:
        return None
    values = dict(row.values)
    steps = [e for e in store.history(table, uuid) if e.version is not None and e.version > version]
    if sorted(e.version or 0 for e in steps) != list(range(version + 1, row.version + 1)):
        return None  # it was also changed past the store
    for step in reversed(steps):
        values.update(step.before)
    return values


def store_changes(store: GpkgStore, changes: Sequence[RowChange], headers: Mapping[str, str]) -> list[Change]:
    """What the store is to save; ``headers`` gives new rows their sheet where the file names none."""
    found: list[Change] = []
    for change in changes:
        values = dict(change.values)
        if change.uuid:
            found.append(Update(change.table, change.uuid, change.version, values))
            continue
        known = {h.uuid for h in header_rows(store, change.table)}
        if values.get("sheet_uuid") not in known:
            values["sheet_uuid"] = headers.get(change.table)
        found.append(Insert(change.table, values, uuid=str(uuids.uuid4())))
    return found
