"""A package back into its survey: compared with the base and the survey, written as one save (4.1.4).

The comparison lists first and writes nothing. Applied, everything goes through the store in one
transaction after a verified backup; photos lie beside the survey under the name of their row and date
before the rows that name them are saved, and are taken away again where the save is refused.
"""

from __future__ import annotations

import filecmp
import shutil
import uuid as uuids
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple

from qgis.core import QgsGeometry, QgsPointXY

from ..core.errors import InputError, Problem
from ..core.field.apps import GNSS_FIELDS
from ..core.field.copies import in_doubt, kinship, nearest
from ..core.field.differences import (
    CHANGED,
    CONFLICT,
    DELETED_THERE,
    GEOMETRY,
    SAME,
    Difference,
    FieldKind,
    Rows,
    compare_table,
)
from ..core.field.evidence import PHOTO, kind_of_file
from ..core.field.identity import aligned
from ..core.field.links import dangling, held_deletions
from ..core.field.names import safe_relative
from ..core.field.photos import FOLDER, PhotoPlan, PhotoRow, orphans_of, plan_photos
from ..core.field.settling import DELETE, INSERT, THEIRS, Decisions, RowChange, Settled, settle
from ..core.progress import Progress
from .datums import guard
from .fieldbringing import Bringing, Copy, clear_broken_off
from .fielddata import base_of, copies_of, copy_of, first_of
from .fieldevidence import photo_item
from .fieldpackage import BASE, BASEMAPS, HIDDEN, MANIFEST, named_files, store_contents
from .fieldread import Contents, PackageFile, common_fields, contents_of, copied, lacking, unknown_columns
from .replacing import replace
from .schema import store_schema
from .store import KEEP, Change, Delete, GpkgStore, Insert, Saved, Update
from .store.backups import copy_verified
from .store.writing import CHECKED
from .storecrs import crs_of

PHOTOS = "photos"
PROVENANCE = "provenance"
ORPHANS = "QL-FIELD-ORPHANHERE"
_OWN_FOLDERS = (HIDDEN, BASEMAPS, ".mergin")
_OWN_ENDINGS = (".gpkg", ".qgz", ".qgs", ".qgd")
_SHOWN = 10
_WHO_LIMIT = 5


class Comparison(NamedTuple):
    """A package against its survey: what differs, the rows of both sides, what must be said."""

    package: PackageFile
    differences: Tuple[Difference, ...]
    fields: Mapping[str, Sequence[FieldKind]]
    ours: Mapping[str, Rows]
    theirs: Mapping[str, Rows]
    warnings: Tuple[Problem, ...]
    renewed: Path


class Chosen(NamedTuple):
    """What a return is compared with, the file that becomes its base next time, what is in doubt."""

    base: Optional[Contents]
    renewed: Path
    doubtful: frozenset[tuple[str, str, str]]
    warnings: Tuple[Problem, ...] = ()


class Merged(NamedTuple):
    """What a merge wrote: the save (None where there was nothing), what stays open, what must be said."""

    saved: Optional[Saved]
    settled: Settled
    photos: PhotoPlan
    warnings: Tuple[Problem, ...]


# -- comparing ------------------------------------------------------------------


def compare_package(store: GpkgStore, package: PackageFile, progress: Progress) -> Comparison:
    """List what a package has otherwise than its survey; nothing is written.

    Raises InputError QL-FIELD-OTHERSURVEY, QL-FIELD-NOPACKAGE, Cancelled.
    """
    store_id = store.meta().get("store_id", "")
    if package.store_id != store_id:
        raise InputError("QL-FIELD-OTHERSURVEY", path=str(package.gpkg), survey=str(store.home))
    warnings = list(package.findings)
    ours, theirs = store_contents(store), contents_of(package.gpkg)
    known = {uuid for rows in ours.rows.values() for uuid in rows}
    theirs = theirs._replace(rows=aligned(theirs.rows, known))
    chosen = choose_base(store, package, theirs, known)
    base, warnings = chosen.base, warnings + list(chosen.warnings)
    if base is not None:
        warnings += lacking(base, theirs)
    names = [n for n in ours.tables if n in theirs.tables]
    progress.stage("field_compare", sum(len(theirs.rows[n]) for n in names))
    found: list[Difference] = []
    fields: dict[str, Sequence[FieldKind]] = {}
    for number, name in enumerate(names):
        progress.step(number / len(names))
        fields[name] = common_fields(ours.tables[name], theirs.tables[name])
        found += _compare(name, fields[name], base, ours, theirs)
        strange = unknown_columns(ours.tables[name], theirs.tables[name], tuple(GNSS_FIELDS))
        if strange:
            warnings.append(Problem("QL-FIELD-COLUMNS", {"table": name, "columns": ", ".join(strange)}))
    found = [_same_file(d, store, package) for d in in_doubt(found, chosen.doubtful)]
    warnings += [*clear_broken_off(store), *_told(ORPHANS, survey_orphans(store))]
    return Comparison(package, tuple(found), fields, ours.rows, theirs.rows, tuple(warnings), chosen.renewed)


def _compare(
    name: str, fields: Sequence[FieldKind], base: Optional[Contents], ours: Contents, theirs: Contents
) -> list[Difference]:
    before = None if base is None else base.rows.get(name, {})
    return compare_table(name, fields, before, ours.rows[name], theirs.rows[name])


def choose_base(store: GpkgStore, package: PackageFile, theirs: Contents, known: set[str]) -> Chosen:
    """The state a return goes on from: one merged before, else the copy made at packaging.

    Each device that got a copy of the package has a state of its own beside the survey.
    """
    kept = base_of(store.home, package.facts.id)
    first = _existing(first_of(kept), package.folder / HIDDEN / BASE, kept)
    if first is None:
        told = Problem("QL-FIELD-NOBASE", {"path": str(package.folder)})
        return Chosen(None, kept, frozenset(), (told,))
    start = _base_contents(first, known)
    merged = [p for p in (kept, *copies_of(kept)) if p.is_file()]
    states = [_base_contents(path, known) for path in merged]
    fields = {n: common_fields(start.tables[n], t) for n, t in theirs.tables.items() if n in start.tables}
    kin = [kinship(fields, start.rows, state.rows, theirs.rows) for state in states]
    at = nearest(kin)
    if at is not None:
        return Chosen(states[at], merged[at], kin[at].doubtful)
    if not merged:
        return Chosen(start, kept, frozenset())
    told = Problem("QL-FIELD-OTHERCOPY", {"path": str(package.gpkg)})
    return Chosen(start, copy_of(kept, len(merged) + 1), frozenset(), (told,))


def _existing(*paths: Path) -> Optional[Path]:
    return next((p for p in paths if p.is_file()), None)


def _base_contents(path: Path, known: set[str]) -> Contents:
    found = contents_of(path)
    return found._replace(rows=aligned(found.rows, known))


def _same_file(item: Difference, store: GpkgStore, package: PackageFile) -> Difference:
    """A file that was brought before under another name is no difference."""
    if item.kind not in (CHANGED, CONFLICT) or item.field not in file_fields().get(item.table, ()):
        return item
    mine, other = safe_relative(item.ours), safe_relative(item.theirs)
    if mine is None or other is None:
        return item
    here, there = store.home.parent / mine, package.folder / other
    if here.is_file() and there.is_file() and filecmp.cmp(here, there, shallow=False):
        return item._replace(kind=SAME)
    return item


def file_fields() -> dict[str, tuple[str, ...]]:
    """Table -> its fields that name files."""
    found = {
        t.name: tuple(f.name for f in t.fields if f.widget in ("photo", "file"))
        for t in store_schema().values()
    }
    return {name: fields for name, fields in found.items() if fields}


# -- applying -------------------------------------------------------------------


def settled(comparison: Comparison, decisions: Decisions, *, delete: bool = False) -> Settled:
    """What would be written under these decisions.

    Rows of checked sheets wait until their sheet is opened again; deletions of rows that others point to
    wait for a decision about them.
    """
    c = comparison
    found = settle(c.differences, c.fields, c.ours, c.theirs, decisions, delete=delete)
    checked = {(change.table, change.uuid) for change in found.changes if _is_checked(change, c)}
    kept = [change for change in found.changes if (change.table, change.uuid) not in checked]
    decided = {(table, uuid) for (table, uuid, _), choice in decisions.items() if choice == THEIRS}
    held = checked | held_deletions(kept, c.ours, decided)
    if not held:
        return found
    waiting = [d for d in c.differences if (d.table, d.row_uuid) in held and d not in found.open]
    kept = [change for change in kept if (change.table, change.uuid) not in held]
    return Settled(tuple(kept), (*found.open, *waiting))


def link_warnings(comparison: Comparison, found: Settled) -> list[Problem]:
    """QL-FIELD-POINTED where deletions wait for others' sake, QL-FIELD-DANGLING where links lead nowhere."""
    told = []
    deleted = [RowChange(DELETE, d.table, d.row_uuid, 0, {}) for d in found.open if d.kind == DELETED_THERE]
    held = held_deletions([*found.changes, *deleted], comparison.ours, ())
    tables = {d.table: None for d in deleted if (d.table, d.uuid) in held}
    if tables:
        count = sum((d.table, d.uuid) in held for d in deleted)
        told.append(Problem("QL-FIELD-POINTED", {"count": count, "tables": ", ".join(tables)}))
    lost = dangling(found.changes, comparison.ours)
    if lost:
        tables = {one.table: None for one in lost}
        told.append(Problem("QL-FIELD-DANGLING", {"count": len(lost), "tables": ", ".join(tables)}))
    return told


def _is_checked(change: RowChange, comparison: Comparison) -> bool:
    """Whether a row belongs to a sheet that was checked and signed."""
    row = comparison.ours.get(change.table, {}).get(change.uuid)
    sheet = row.value("sheet_uuid") if row is not None else change.values.get("sheet_uuid")
    head = comparison.ours.get("sheet", {}).get(str(sheet or ""))
    return change.table != "sheet" and head is not None and head.value("state") == CHECKED


def checked_rows(comparison: Comparison, found: Settled) -> list[Problem]:
    """QL-FIELD-CHECKED where rows wait because their sheet is checked."""
    open_rows = dict.fromkeys((d.table, d.row_uuid) for d in found.open)
    held = [
        table
        for table, uuid in open_rows
        if _is_checked(RowChange("", table, uuid, 0, _values_of(comparison, table, uuid)), comparison)
    ]
    tables = ", ".join(dict.fromkeys(held))
    return [Problem("QL-FIELD-CHECKED", {"count": len(held), "tables": tables})] if held else []


def _values_of(comparison: Comparison, table: str, uuid: str) -> Mapping[str, Any]:
    row = comparison.theirs.get(table, {}).get(uuid)
    return {} if row is None else row.values


def apply_package(
    store: GpkgStore,
    comparison: Comparison,
    decisions: Decisions,
    progress: Progress,
    *,
    delete: bool = False,
    why: str = "",
) -> Merged:
    """Write what needs no decision or has one; the rest stays open.

    Raises what :meth:`GpkgStore.save` raises (StaleSave where the survey was changed since the
    comparison), InputError QL-STORE-BACKUP, QL-OUT-WRITE; nothing then is written.
    """
    found = settled(comparison, decisions, delete=delete)
    told = still_true(store, comparison.warnings)
    plan = plan_files(store, comparison, found)
    warnings = [*told, *file_warnings(plan), *checked_rows(comparison, found)]
    warnings += link_warnings(comparison, found)
    if not found.changes:
        _renew_base(store, comparison, found)
        return Merged(None, found, plan, tuple(warnings))
    store.backup("mergefield")
    package = comparison.package
    reason = why or f"mergefield {package.folder.name} {package.facts.id[:8]} / {store.who}"
    copies = [Copy(package.folder / move.source, move.target) for move in plan.moves]
    with Bringing(store, copies) as bringing:
        progress.stage("field_photos", len(copies))
        for number, copy in enumerate(copies):
            progress.step(number / len(copies))
            bringing.bring(copy)
        changes = store_changes(store, comparison, found, plan)
        progress.stage("save_changes", len(changes))
        saved = store.save(changes, who=authors(comparison, found), why=reason, save_id=bringing.save_id)
        bringing.keep()
    _renew_base(store, comparison, found)
    return Merged(saved, found, plan, tuple(warnings))


def still_true(store: GpkgStore, warnings: Sequence[Problem]) -> list[Problem]:
    """The warnings of a comparison once the survey may be written: what broke off halfway is cleared away."""
    cleared = clear_broken_off(store)
    if not cleared:
        return list(warnings)
    return [
        *cleared,
        *(w for w in warnings if w.code != ORPHANS),
        *_told(ORPHANS, survey_orphans(store)),
    ]


def authors(comparison: Comparison, found: Settled) -> str:
    """Who entered what is written, as the package's rows say; the person it was made for where they do not."""
    names = dict.fromkeys(
        comparison.theirs[c.table][c.uuid].who for c in found.changes if c.uuid in comparison.theirs[c.table]
    )
    known = [n for n in names if n]
    return "、".join(known[:_WHO_LIMIT]) or comparison.package.facts.person


def store_changes(store: GpkgStore, comparison: Comparison, found: Settled, plan: PhotoPlan) -> list[Change]:
    """The changes as the store takes them, with the files' new names and the receivers' accuracy."""
    places = {move.uuid: move.target for move in plan.moves}
    owners = _owners(comparison)
    shots = photo_places(store, comparison, found, plan)
    changes = [_store_change(c, places, owners, shots) for c in found.changes]
    return [*changes, *_receiver_rows(store, comparison, found)]


def photo_places(
    store: GpkgStore, comparison: Comparison, found: Settled, plan: PhotoPlan
) -> dict[str, bytes]:
    """Where new photos without a place were taken, as their EXIF says."""
    bare = {
        c.uuid
        for c in found.changes
        if c.table == PHOTOS and c.action == INSERT and c.values.get(GEOMETRY) is None
    }
    places = {}
    for move in plan.moves:
        file = comparison.package.folder / move.source
        if move.uuid not in bare or kind_of_file(file.suffix) != PHOTO:
            continue
        try:
            item = photo_item(file)
        except InputError:  # no picture GDAL can read: it is brought all the same, without a place
            continue
        if item.place is not None:
            way = guard(item.crs, crs_of(store), layer=file.name, parameter="PACKAGE").transform
            places[move.uuid] = bytes(QgsGeometry.fromPointXY(QgsPointXY(*way.point(*item.place))).asWkb())
    return places


def _store_change(
    change: RowChange, places: Mapping[str, str], owners: Mapping[str, str], shots: Mapping[str, bytes]
) -> Change:
    if change.action == DELETE:
        return Delete(change.table, change.uuid, change.version)
    values = {k: v for k, v in change.values.items() if k != GEOMETRY}
    for field in file_fields().get(change.table, ()):
        if field in values and change.uuid in places:
            values[field] = places[change.uuid]
    if change.table == PHOTOS and not values.get("table_name"):
        owner = owners.get(str(values.get("row_uuid") or ""))
        if owner and change.action == INSERT:
            values["table_name"] = owner
    shape = change.values.get(GEOMETRY)
    if change.action == INSERT:
        return Insert(change.table, values, shape or shots.get(change.uuid), change.uuid)
    place = shape if GEOMETRY in change.values else KEEP
    return Update(change.table, change.uuid, change.version, values, place)


def _owners(comparison: Comparison) -> dict[str, str]:
    """Row -> table, for the rows that photos point to (apps fill the uuid only)."""
    wanted = {str(r.value("row_uuid") or "") for r in comparison.theirs.get(PHOTOS, {}).values()} - {""}
    found: dict[str, str] = {}
    for rows in (comparison.ours, comparison.theirs):
        for table, by_uuid in rows.items():
            if table not in (PHOTOS, PROVENANCE):
                found.update((uuid, table) for uuid in wanted & set(by_uuid))
    return found


def _receiver_rows(store: GpkgStore, comparison: Comparison, found: Settled) -> list[Change]:
    """What the receiver said of a position that was taken over, as provenance of the row's place."""
    space = uuids.UUID(store.meta()["store_id"])
    known = comparison.ours.get(PROVENANCE, {})
    made: list[Change] = []
    for change in found.changes:
        row = comparison.theirs[change.table].get(change.uuid)
        if row is None or GEOMETRY not in change.values:
            continue
        accuracy, at, source = (row.values.get(name) for name in GNSS_FIELDS)
        key = f"gnss:{change.table}:{change.uuid}:{at or ''}"
        uuid = str(uuids.uuid5(space, key))
        if accuracy is None or uuid in known:
            continue
        values: dict[str, Any] = {
            "value_id": key, "table_name": change.table, "row_uuid": change.uuid, "field": GEOMETRY,
            "value": accuracy, "text": f"GNSS {source or ''}".strip(), "unit": "m", "kind": "entered",
            "made_at": at, "made_by": row.who or None,
        }  # fmt: skip
        made.append(Insert(PROVENANCE, values, uuid=uuid))
    return made


def _renew_base(store: GpkgStore, comparison: Comparison, found: Settled) -> None:
    """Once nothing is open the package as it is becomes the base: it may stay in the field and come back."""
    gone = any(w.code in ("QL-FIELD-NOTABLES", "QL-FIELD-NOCOLUMNS") for w in comparison.warnings)
    if found.open or store.read_only or gone:
        return
    kept, first = comparison.renewed, first_of(base_of(store.home, comparison.package.facts.id))
    kept.parent.mkdir(exist_ok=True)
    part = kept.with_suffix(".part")
    try:
        with_base(comparison.package, part)
        if kept.is_file() and not first.exists():
            carried = comparison.package.folder / HIDDEN / BASE
            shutil.copyfile(carried if carried.is_file() else kept, first)
        replace(part, kept)
    finally:
        part.unlink(missing_ok=True)


def with_base(package: PackageFile, target: Path) -> None:
    """A verified copy of the package's rows at ``target``. Raises InputError QL-STORE-BACKUP."""
    with copied(package.gpkg) as connection:
        copy_verified(connection, target)


# -- files ----------------------------------------------------------------------


def plan_files(store: GpkgStore, comparison: Comparison, found: Settled) -> PhotoPlan:
    """What becomes of the package's files: those of rows that are written, missing ones, orphans."""
    package = comparison.package
    files = package_files(package.folder)
    rows = [r for c in found.changes for r in _file_rows(c, comparison)]
    named = [
        str(row.value(field))
        for table, fields in file_fields().items()
        for row in comparison.theirs.get(table, {}).values()
        for field in fields
        if row.value(field)
    ]
    folder = store.home.parent / FOLDER
    taken = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    return plan_photos(rows, files, named, taken)


def _file_rows(change: RowChange, comparison: Comparison) -> Iterable[PhotoRow]:
    for field in file_fields().get(change.table, ()):
        path = change.values.get(field)
        if not path:
            continue
        row = comparison.theirs[change.table][change.uuid]
        owner = str(row.value("row_uuid") or change.uuid)
        table = str(row.value("table_name") or _owners(comparison).get(owner) or change.table)
        moment = str(row.value("taken_at") or row.when or "")
        yield PhotoRow(change.uuid, str(path), table, owner, moment)


def package_files(folder: Path) -> set[str]:
    """Files of a package that people made: neither data, project, base maps nor what describes it.

    Photos may lie beside the project (Mergin Maps) or in folders (QField's ``DCIM``).
    """
    found = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        own = name.parts[0] in _OWN_FOLDERS
        if len(name.parts) == 1:
            own = name.name == MANIFEST or any(end in name.name.lower() for end in _OWN_ENDINGS)
        if path.is_file() and not path.is_symlink() and not own:
            found.add(name.as_posix())
    return found


def file_warnings(plan: PhotoPlan) -> list[Problem]:
    """Rows without their file, paths that lead out of the package, files without a row."""
    return [
        *_told("QL-FIELD-FILEMISSING", [str(r.path) for r in plan.missing]),
        *_told("QL-FIELD-FILEOUTSIDE", [str(r.path) for r in plan.outside]),
        *_told("QL-FIELD-ORPHAN", plan.orphans),
    ]


def _told(code: str, names: Sequence[str]) -> list[Problem]:
    return [Problem(code, {"count": len(names), "files": ", ".join(names[:_SHOWN])})] if names else []


def survey_orphans(store: GpkgStore) -> tuple[str, ...]:
    """Photos beside the survey that no row names."""
    folder = store.home.parent / FOLDER
    names = {p.relative_to(folder.parent).as_posix() for p in folder.rglob("*") if p.is_file()}
    return orphans_of(names, [value for _, _, value in named_files(store)])


def counts(differences: Iterable[Difference]) -> dict[str, int]:
    """How many differences there are of each kind."""
    found: dict[str, int] = {}
    for item in differences:
        found[item.kind] = found.get(item.kind, 0) + 1
    return found
