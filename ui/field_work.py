"""What the field dock does off the interface thread: look at packages, compare, merge, mark, take back."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import List, Mapping, NamedTuple, Optional, Tuple

from qgis.core import QgsTask

from ..core.errors import InputError, Problem
from ..core.field.paper import Print, Returned, read_code
from ..core.field.settling import Decisions
from ..core.mapsheets.marks import address
from ..layers.fieldadd import Mark, add_mark
from ..layers.fieldcodes import codes_in
from ..layers.fieldmerge import Comparison, Merged, apply_package, compare_package
from ..layers.fieldpaper import PaperRow, find_row, is_page, note, read_list, returned_of, strangers
from ..layers.fieldread import find_package
from ..layers.schema import field_title, store_schema
from ..layers.store import GpkgStore, Saved, inspect
from ..layers.store.undo import undo
from .survey_session import Opened
from .tasks import TaskProgress

COMPARE_STAGES, APPLY_STAGES = 1, 2
_NAMES = ("name", "natural_village", "channel_name", "unit_name", "table", "key", "path")


def look(task: QgsTask, path: Path) -> Opened:
    """Check a survey without touching it: its layers are shown, and may be drawn this very moment.

    Raises InputError QL-STORE-*.
    """
    from .evaluation_work import home_of  # much to read, and not on the interface thread

    found = inspect(path)
    return Opened(path, home_of(path), not found.writable, tuple(found.findings))


class Compared(NamedTuple):
    """A package compared, with what people call its rows and fields."""

    comparison: Comparison
    rows: Mapping[Tuple[str, str], str]
    tables: Mapping[str, str]
    fields: Mapping[Tuple[str, str], str]


def compare(task: QgsTask, opened: Opened, package: Path, language: str) -> Compared:
    """Compare a package with its survey. Raises QingliuError, Cancelled."""
    found = find_package(package)
    with GpkgStore(opened.path, read_only=True, home=opened.home) as store:
        comparison = compare_package(store, found, TaskProgress(task, COMPARE_STAGES))
    schema = store_schema()
    used = {d.table for d in comparison.differences}
    return Compared(
        comparison,
        {(d.table, d.row_uuid): _row_name(comparison, d.table, d.row_uuid) for d in comparison.differences},
        {t: (schema[t].zh if language == "zh" else schema[t].en) for t in used if t in schema},
        {(t, f.name): field_title(f, language) for t in used if t in schema for f in schema[t].fields},
    )


def _row_name(comparison: Comparison, table: str, uuid: str) -> str:
    for side in (comparison.ours, comparison.theirs):
        row = side.get(table, {}).get(uuid)
        for key in _NAMES if row is not None else ():
            if row is not None and row.values.get(key):
                return str(row.values[key])
    return uuid[:8]


def apply(
    task: QgsTask, opened: Opened, who: str, comparison: Comparison, decisions: Decisions, delete: bool
) -> Merged:
    """Merge as decided. Raises QingliuError; nothing then was written."""
    with GpkgStore(opened.path, who=who, home=opened.home) as store:
        return apply_package(store, comparison, decisions, TaskProgress(task, APPLY_STAGES), delete=delete)


def mark(task: QgsTask, opened: Opened, who: str, wanted: Mark) -> Saved:
    """Write a mark of the quick-add tools. Raises QingliuError."""
    with GpkgStore(opened.path, who=who, home=opened.home) as store:
        return add_mark(store, wanted)


def take_back(task: QgsTask, opened: Opened, who: str, save_id: str) -> Saved:
    """Undo a save of this dock. Raises QingliuError; StaleSave where a row has changed since."""
    with GpkgStore(opened.path, who=who, home=opened.home) as store:
        return undo(store, save_id, who=who)


def told(problems: Tuple[Problem, ...]) -> str:
    """Warnings, one a line."""
    return "\n".join(p.text() for p in problems)


# -- back from paper ------------------------------------------------------------


class Listed(NamedTuple):
    """The list of a print, what of it has come back, addresses that the survey does not have."""

    printed: Print
    returned: Returned
    strange: Tuple[str, ...]


class Looked(NamedTuple):
    """What a code meant: a row, a page, or neither (``told`` says why).

    ``address`` is set where the open list has the row, ``returned`` where that list is open.
    """

    row: Optional[PaperRow] = None
    page: int = 0
    told: str = ""
    address: str = ""
    returned: Optional[Returned] = None
    titles: Mapping[str, str] = MappingProxyType({})


def read_paper_list(task: QgsTask, opened: Opened, path: Path) -> Listed:
    """Read a list. Raises QingliuError."""
    printed = read_list(path)
    with GpkgStore(opened.path, read_only=True, home=opened.home) as store:
        return Listed(printed, returned_of(store, printed), tuple(sorted(strangers(store, printed))))


def note_paper(
    task: QgsTask, opened: Opened, who: str, printed: Print, addresses: List[str], back: bool
) -> Returned:
    """Keep what has come back. Raises QingliuError."""
    with GpkgStore(opened.path, who=who, home=opened.home) as store:
        return note(store, printed, addresses, back)


def look_paper_up(
    task: QgsTask, opened: Opened, who: str, code: str, printed: Optional[Print], language: str
) -> Looked:
    """The row or page of a code; a row of the open list counts as come back. Raises QingliuError."""
    return _look_up(opened, who, (code,), printed, language)[0]


def read_paper_picture(
    task: QgsTask, opened: Opened, who: str, path: Path, printed: Optional[Print], language: str
) -> Tuple[Looked, ...]:
    """All codes of a picture as if each had been scanned, with one save. Raises QingliuError, Cancelled."""
    return _look_up(opened, who, codes_in(path, TaskProgress(task, 1)), printed, language)


def _look_up(
    opened: Opened, who: str, texts: Tuple[str, ...], printed: Optional[Print], language: str
) -> Tuple[Looked, ...]:
    listed = {one.address for one in printed.items} if printed is not None else set()
    schema = store_schema()
    titles = {t.name: t.zh if language == "zh" else t.en for t in schema.values()}
    found: List[Looked] = []
    with GpkgStore(opened.path, who=who, read_only=opened.read_only, home=opened.home) as store:
        for text in texts:
            try:
                code = read_code(text, printed)
                row = None if is_page(code) else find_row(store, code)
            except InputError as error:
                found.append(Looked(told=error.text()))
                continue
            place = address(row.table, row.row) if row is not None else ""
            found.append(Looked(row, code.page, "", place if place in listed else "", None, titles))
        if printed is None:
            return tuple(found)
        back = [one.address for one in found if one.address]
        returned = returned_of(store, printed) if opened.read_only else note(store, printed, back, True)
    return tuple(one._replace(returned=returned) for one in found)
