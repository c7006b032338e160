"""Photos that came back: renamed to row and date, missing files and files without a row both told.

A path in a package is not to be trusted: only files inside the package are taken.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Collection, Mapping, NamedTuple, Optional, Sequence, Tuple

from .names import photo_name, safe_relative

FOLDER = "photos"


class PhotoRow(NamedTuple):
    """A row that names a file: ``table`` and ``row_uuid`` are the row that the file belongs to."""

    uuid: str
    path: Optional[str]
    table: str
    row_uuid: str
    moment: str = ""


class Move(NamedTuple):
    """A file of the package and where it comes to lie beside the survey (both relative)."""

    uuid: str
    source: str
    target: str


class PhotoPlan(NamedTuple):
    """Files to bring, rows whose file is missing or outside the package, files that no row names."""

    moves: Tuple[Move, ...]
    missing: Tuple[PhotoRow, ...]
    outside: Tuple[PhotoRow, ...]
    orphans: Tuple[str, ...]


def plan_photos(
    rows: Sequence[PhotoRow], files: Collection[str], named: Collection[str], taken: Collection[str]
) -> PhotoPlan:
    """What becomes of the files of a package.

    ``rows`` are new or changed in the package, ``files`` its files (relative, forward slashes),
    ``named`` all paths that any of its rows names, ``taken`` the names already used beside the survey.
    """
    moves: list[Move] = []
    missing: list[PhotoRow] = []
    outside: list[PhotoRow] = []
    used = set(taken)
    by_case: Mapping[str, str] = {f.lower(): f for f in files}
    for row in rows:
        path = safe_relative(row.path)
        if path is None:
            if row.path:
                outside.append(row)
            continue
        source = str(path) if str(path) in files else by_case.get(str(path).lower())
        if source is None:
            missing.append(row)
            continue
        name = photo_name(row.table, row.row_uuid or row.uuid, row.moment, PurePosixPath(source).suffix, used)
        used.add(name)
        moves.append(Move(row.uuid, source, f"{FOLDER}/{name}"))
    return PhotoPlan(tuple(moves), tuple(missing), tuple(outside), orphans_of(files, named))


def orphans_of(files: Collection[str], named: Collection[str]) -> tuple[str, ...]:
    """Files that no row names, whatever the case of their letters."""
    known = {str(p).lower() for p in map(safe_relative, named) if p is not None}
    return tuple(sorted(f for f in files if f.lower() not in known))
