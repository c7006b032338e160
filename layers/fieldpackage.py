"""A survey to one folder for the field (4.1.2, 4.3.3): made beside its name, checked, put in place whole.

What stands in the folder before is only replaced where it is an earlier package of the same survey in
which nobody has entered anything.
"""

from __future__ import annotations

import json
import shutil
import uuid as uuids
from pathlib import Path, PurePosixPath
from typing import Iterator, Mapping, NamedTuple, Optional, Tuple

from qgis.core import QgsRectangle

from ..core.errors import InputError, Problem
from ..core.field.apps import MERGIN
from ..core.field.differences import compare_table
from ..core.field.names import ascii_name, is_ascii_path, safe_relative
from ..core.field.secrecy import Decision, decision_record, marked, release_problems
from ..core.progress import Progress
from .fieldbasemap import Area, BaseMap, area_of, clip_base_map
from .fieldcheck import package_faults
from .fielddata import Assignment, PackageFacts, base_of, copy_survey, forget_package, rename_files, seal
from .fieldproject import DCIM, FieldProject, write_field_project
from .fieldread import Contents, common_fields, contents, contents_of, find_package
from .files import is_misread
from .replacing import replace
from .schema import store_schema
from .store import GpkgStore
from .store.backups import sync_folder
from .store.changelog import now
from .store.sql import select
from .storecrs import crs_of
from .surveyphotos import file_of
from .surveyproject import Surveyed

HIDDEN = ".qingliu"
BASE = "base.gpkg"
MANIFEST = "package.json"
BASEMAPS = "basemap"
PACKAGE_KEY = "field_package:"
DECISION_KEY = "field_decision:"


class FieldWish(NamedTuple):
    """What is to be packaged, for whom and where to."""

    folder: Path
    target: str
    person: str
    language: str
    base_maps: Tuple[BaseMap, ...] = ()
    margin: float = 200.0
    resolution: float = 0.0
    photos: bool = True
    decision: Optional[Decision] = None


class Packaged(NamedTuple):
    """A package that is in place: its files with their sizes, and what must be said."""

    folder: Path
    id: str
    files: Mapping[str, int]
    assignment: Assignment
    warnings: Tuple[Problem, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(self.files.values())


def package_survey(store: GpkgStore, wish: FieldWish, progress: Progress) -> Packaged:
    """Make the package of an open survey at ``wish.folder``.

    Raises InputError QL-FIELD-* (marks, folder, base maps, an unfit result), QL-STORE-*, Cancelled; the
    folder then is as it was.
    """
    faults = release_problems([b.marked for b in wish.base_maps], wish.target, wish.decision)
    if store.read_only:  # packaging is logged, and a package that is not would be nobody's
        reason = "; ".join(p.code for p in store.findings) or "read-only"
        faults.append(Problem("QL-STORE-READONLY", {"path": str(store.path), "reason": reason}))
    if is_misread(wish.folder):
        faults.append(Problem("QL-STORE-PERCENT", {"path": str(wish.folder)}))
    if faults:
        raise InputError(problems=faults)
    recover(wish.folder)
    replaced = require_free(store, wish.folder)
    part = part_of(wish.folder)
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(wish.folder), reason=str(error)) from error
    maker = _Maker(store, wish, part)
    unused: Optional[Path] = base_of(store.home, maker.facts.id)
    try:
        made = maker.make(progress)
        put_in_place(part, wish.folder)
        unused = base_of(store.home, replaced) if replaced else None
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(wish.folder), reason=str(error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if unused is not None:
            forget_package(unused)
    return made


class _Maker:
    """The steps of one packaging, inside the folder ``part``."""

    def __init__(self, store: GpkgStore, wish: FieldWish, part: Path) -> None:
        self.store, self.wish, self.part = store, wish, part
        self.meta = store.meta()
        self.warnings: list[Problem] = []
        self.name = ascii_name(self.meta.get("code") or self.meta.get("name", ""))
        self.gpkg = part / f"{self.name}.gpkg"
        self.facts = PackageFacts(str(uuids.uuid4()), wish.target, wish.person, now(), store.sequence())

    def make(self, progress: Progress) -> Packaged:
        progress.stage("field_copy", len(self.store.tables()))
        assignment = copy_survey(self.store, self.gpkg, self.facts)
        self._warn_about(assignment)
        self._bring_files()
        maps = self._clip_base_maps(progress)
        progress.stage("write_project")
        self._write_project(maps)
        progress.stage("field_check")
        seal(self.gpkg, self.part / HIDDEN / BASE if self._carries_base() else None)
        self._check()
        self._keep_base()
        self._log()
        files = self._write_manifest()
        return Packaged(self.wish.folder, self.facts.id, files, assignment, tuple(self.warnings))

    def _carries_base(self) -> bool:
        """A cloud target would upload the base a second time; the survey's own copy is enough there."""
        if self.wish.target == MERGIN:
            return False
        (self.part / HIDDEN).mkdir()
        return True

    def _warn_about(self, found: Assignment) -> None:
        if not self.wish.person:
            return
        facts = {"person": self.wish.person, "count": found.left_out, "kept": found.kept}
        if found.left_out:
            self.warnings.append(Problem("QL-FIELD-LEFTOUT", facts))
        if not found.own_sheets:
            self.warnings.append(Problem("QL-FIELD-NOSHEET", facts))

    # -- files ------------------------------------------------------------------
    def _bring_files(self) -> None:
        """Copy the files that rows name; one with a name that devices damage gets another inside."""
        (self.part / DCIM).mkdir()
        renamed: dict[tuple[str, str], dict[str, str]] = {}
        missing = []
        for table, field, value in named_files(self.store):
            path = safe_relative(value)
            source = file_of(self.store.home, value)
            if path is None or source is None or not source.is_file():
                missing.append(value)
                continue
            if not self.wish.photos:
                continue
            inside = str(path) if is_ascii_path(str(path)) else _ascii_path(path)
            if inside != value:
                renamed.setdefault((table, field), {})[value] = inside
            target = self.part / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        if renamed:
            rename_files(self.gpkg, renamed)
        if missing:
            facts = {"count": len(missing), "files": ", ".join(sorted(set(missing))[:10])}
            self.warnings.append(Problem("QL-FIELD-NOFILE", facts))

    def _area(self) -> Area:
        return area_of(survey_extent(self.store), crs_of(self.store), self.wish.margin)

    def _clip_base_maps(self, progress: Progress) -> list[tuple[Path, str]]:
        if not self.wish.base_maps:
            return []
        area = self._area()
        if survey_extent(self.store).isEmpty():
            raise InputError("QL-FIELD-NOAREA", survey=str(self.store.home))
        folder = self.part / BASEMAPS
        folder.mkdir()
        found = []
        progress.stage("field_basemap", len(self.wish.base_maps))
        for number, base in enumerate(self.wish.base_maps, 1):
            path = folder / f"basemap_{number}.tif"
            made = clip_base_map(base, area, path, progress, self.wish.resolution)
            if made is None:
                self.warnings.append(Problem("QL-FIELD-ELSEWHERE", {"layer": base.marked.name}))
                continue
            found.append((made, base.marked.name))
        return found

    # -- the project ------------------------------------------------------------
    def _write_project(self, maps: list[tuple[Path, str]]) -> None:
        survey = Surveyed(
            self.gpkg, self.meta.get("store_id", ""), self.meta.get("name", ""), self.wish.language
        )
        extent = survey_extent(self.store)
        shown = extent if extent.isEmpty() else self._area().extent
        wanted = FieldProject(
            survey, crs_of(self.store), self.wish.target, self.wish.person, shown, tuple(maps)
        )
        write_field_project(self.project, wanted)

    @property
    def project(self) -> Path:
        """The project file; its name is not the GeoPackage's, which field apps mix up."""
        return self.part / f"{self.name}_field.qgz"

    def _check(self) -> None:
        faults = package_faults(self.part, self.project, self.wish.target)
        if faults:
            told = "; ".join(f"{f.where}: {f.what}" for f in faults[:10])
            raise InputError("QL-FIELD-UNFIT", count=len(faults), faults=told)
        for sidecar in self.part.rglob("*.aux.xml"):  # statistics that QGIS left beside base maps
            sidecar.unlink()
        for leftover in ("-wal", "-shm"):
            self.gpkg.with_name(self.gpkg.name + leftover).unlink(missing_ok=True)

    # -- what is kept in the office -----------------------------------------------
    def _keep_base(self) -> None:
        kept = base_of(self.store.home, self.facts.id)
        kept.parent.mkdir(exist_ok=True)
        part = kept.with_suffix(".part")
        shutil.copyfile(self.gpkg, part)
        replace(part, kept)

    def _log(self) -> None:
        """Package and decision into the survey's change log; a decision is logged in the decider's name."""
        wish = self.wish
        record = {"target": wish.target, "person": wish.person, "made_at": self.facts.made_at,
                  "folder": wish.folder.name, "sequence": self.facts.sequence}  # fmt: skip
        key = PACKAGE_KEY + self.facts.id
        self.store.set_meta({key: json.dumps(record, ensure_ascii=False)}, why="packagefield")
        held = marked([b.marked for b in wish.base_maps])
        if held and wish.decision is not None:
            decided = decision_record(held, wish.target, wish.decision)
            self.store.set_meta(
                {DECISION_KEY + self.facts.id: json.dumps(decided, ensure_ascii=False)},
                who=wish.decision.by.strip(),
                why=wish.decision.reason.strip(),
            )
            names = ", ".join(layer.name for layer in held)
            facts = {"layers": names, "by": wish.decision.by, "reason": wish.decision.reason}
            self.warnings.append(Problem("QL-FIELD-RELEASED", facts))

    def _write_manifest(self) -> dict[str, int]:
        files = {p.relative_to(self.part).as_posix(): p.stat().st_size for p in _files_in(self.part)}
        content = {**self.facts._asdict(), "survey": self.meta.get("name", ""), "files": files}
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (self.part / MANIFEST).write_text(text, encoding="utf-8")
        return {**files, MANIFEST: len(text.encode("utf-8"))}


def _ascii_path(path: PurePosixPath) -> str:
    """A name that devices keep for a file whose own name they would damage."""
    folders = [ascii_name(part, "files") for part in path.parts[:-1]]
    mark = uuids.uuid5(uuids.NAMESPACE_URL, str(path)).hex[:8]
    suffix = path.suffix.lower() if path.suffix.isascii() else ""
    return "/".join([*folders, f"{ascii_name(path.stem, 'file')}_{mark}{suffix}"])


def named_files(store: GpkgStore) -> Iterator[tuple[str, str, str]]:
    """(table, field, value) of every file that rows of a survey name, each value once."""
    for table in store_schema().values():
        if table.name not in store.tables():
            continue
        for field in table.fields:
            if field.widget in ("photo", "file"):
                rows = store.connection.execute(select(table.name, [field.name]))
                for value in dict.fromkeys(str(v) for (v,) in rows if v):
                    yield table.name, field.name, value


def survey_extent(store: GpkgStore) -> QgsRectangle:
    """The bounds of the watershed, of all located rows where it has no boundary; empty without both."""
    found = QgsRectangle()
    found.setMinimal()
    listed = store.connection.execute(
        "SELECT table_name, min_x, min_y, max_x, max_y FROM gpkg_contents WHERE min_x IS NOT NULL"
    ).fetchall()
    boxes = {str(name): box for name, *box in listed if store.count(str(name))}
    chosen = [boxes["boundary"]] if "boundary" in boxes else list(boxes.values())
    for box in chosen:
        found.combineExtentWith(QgsRectangle(*box))
    return found if chosen else QgsRectangle()


def _files_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


# -- the place ------------------------------------------------------------------


def part_of(folder: Path) -> Path:
    """Where a package is made."""
    return folder.with_name(f".{folder.name}.part")


def _old_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def put_in_place(part: Path, folder: Path) -> None:
    """Give a finished folder its name; the one before goes when the new one is there. Raises OSError."""
    old = _old_of(folder)
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    part.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def recover(folder: Path) -> None:
    """After a kill between the two renames: the folder before gets its name back. Raises InputError QL-OUT-*."""
    if not folder.parent.is_dir():
        raise InputError("QL-OUT-FOLDER", path=str(folder), folder=str(folder.parent))
    old = _old_of(folder)
    if old.is_dir() and not folder.exists():
        old.rename(folder)


def require_free(store: GpkgStore, folder: Path) -> str:
    """The id of the untouched package that may be replaced, empty where the folder is free.

    Raises InputError QL-FIELD-EXISTS, QL-FIELD-UNMERGED where the folder holds something to keep.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return ""
    if not (folder / MANIFEST).is_file():
        raise InputError("QL-FIELD-EXISTS", folder=str(folder))
    package = find_package(folder)
    if package.store_id != store.meta().get("store_id", ""):
        raise InputError("QL-FIELD-EXISTS", folder=str(folder))
    base = base_of(store.home, package.facts.id)
    if not base.is_file():
        base = folder / HIDDEN / BASE
    known = json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("files", {})
    files = {p.relative_to(folder).as_posix() for p in _files_in(folder)}
    added = files - set(known) - {MANIFEST}
    if not base.is_file() or added or has_entries(contents_of(base), contents_of(package.gpkg)):
        raise InputError("QL-FIELD-UNMERGED", folder=str(folder))
    return package.facts.id


def has_entries(base: Contents, theirs: Contents) -> bool:
    """Whether anything was entered in a package since it was made."""
    for name, table in theirs.tables.items():
        before = base.tables.get(name)
        if before is None:
            return True
        fields = common_fields(before, table)
        if compare_table(name, fields, base.rows[name], base.rows[name], theirs.rows[name]):
            return True
    return False


def store_contents(store: GpkgStore) -> Contents:
    """The tracked rows of an open survey."""
    return contents(store.connection)
