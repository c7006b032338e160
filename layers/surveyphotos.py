"""Photos of a survey's rows: copied beside the survey, read for place, time and direction, missed and left over.

Files lie under ``photos/`` beside the survey and rows name them by relative paths, so that the folder can
be moved and packed (4.1.3, 4.1.6). Removing a photo removes its row; the file stays, so that an undo finds it.
"""

from __future__ import annotations

import os
import shutil
import uuid as uuids
from datetime import datetime
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsExifTools,
    QgsGeometry,
    QgsPointXY,
)
from qgis.PyQt.QtCore import QDateTime
from qgis.PyQt.QtGui import QImage, QImageReader

from ..core.errors import InputError, Problem
from ..core.field.names import photo_name, safe_relative
from ..core.field.photos import FOLDER, orphans_of
from .records import plain
from .replacing import replace
from .store import GpkgStore, Insert, Row, Saved
from .store.editing import flat_wkb

TABLE = "photos"
_SUFFIXES = {"jpeg": ".jpg", "jpg": ".jpg", "png": ".png", "tiff": ".tif", "tif": ".tif", "webp": ".webp",
             "bmp": ".bmp", "heic": ".heic", "heif": ".heif", "gif": ".gif"}  # fmt: skip
_MOST_PIXELS = 400_000_000
_WGS84 = "EPSG:4326"
_TAKEN = ("Exif.Photo.DateTimeOriginal", "Exif.Image.DateTime")
_DIRECTION = "Exif.GPSInfo.GPSImgDirection"


class PhotoFacts(NamedTuple):
    """What a picture says of itself: ``taken_at`` ISO 8601, ``direction`` degrees, ``place`` in degrees."""

    suffix: str
    taken_at: Optional[str]
    direction: Optional[float]
    place: Optional[Tuple[float, float]]


class Owner(NamedTuple):
    """The row that photos belong to, and the survey's CRS for their places."""

    table: str
    uuid: str
    crs: QgsCoordinateReferenceSystem


class PhotoFiles(NamedTuple):
    """How files and rows agree: rows whose file is gone, files that no row names (relative paths)."""

    missing: Tuple[str, ...]
    orphans: Tuple[str, ...]


def look_at(path: Path) -> PhotoFacts:
    """What a picture says of itself. Raises InputError QL-STORE-NOPICTURE where it is none."""
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if not reader.canRead() or size.width() * size.height() > _MOST_PIXELS:
        reason = reader.errorString() if not reader.canRead() else f"{size.width()} × {size.height()}"
        raise InputError("QL-STORE-NOPICTURE", path=str(path), reason=reason)
    suffix = _SUFFIXES.get(bytes(reader.format()).decode("ascii", "replace").lower(), path.suffix.lower())
    tags = QgsExifTools.readTags(str(path)) if hasattr(QgsExifTools, "readTags") else {}
    return PhotoFacts(suffix, _moment(tags), _degrees(tags.get(_DIRECTION)), _place(path))


def _moment(tags: Mapping[str, Any]) -> Optional[str]:
    for name in _TAKEN:
        value = tags.get(name)
        if isinstance(value, QDateTime) and value.isValid():
            return str(value.toString("yyyy-MM-ddTHH:mm:ss")) + "Z"
        found = _parsed(value)
        if found:
            return found
    return None


def _parsed(value: Any) -> Optional[str]:
    try:
        moment = datetime.strptime(str(value or "")[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _degrees(value: Any) -> Optional[float]:
    found = plain(value)
    return float(found) % 360.0 if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def _place(path: Path) -> Optional[Tuple[float, float]]:
    if not QgsExifTools.hasGeoTag(str(path)):
        return None
    point, ok = QgsExifTools.getGeoTag(str(path))
    return (point.x(), point.y()) if ok else None


def thumbnail(path: Path, edge: int) -> QImage:
    """A small picture, upright; a null image where the file cannot be read."""
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _MOST_PIXELS:
        return QImage()
    share = edge / max(size.width(), size.height(), 1)
    if share < 1:
        reader.setScaledSize(size * share)
    return reader.read()


# -- adding -------------------------------------------------------------------------


def add_photos(store: GpkgStore, files: Sequence[Path], owner: Owner, person: str) -> Saved:
    """Copy pictures beside the survey and save a row for each, as one action.

    Raises InputError with every file that is no picture, QL-STORE-PHOTOCOPY where one cannot be copied, and
    what the store raises; nothing is left behind then.
    """
    facts = _look_at_all(files)
    folder = store.home.parent / FOLDER
    taken = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    made: list[Path] = []
    changes: list[Insert] = []
    try:
        for source, fact in zip(files, facts):
            name = photo_name(owner.table, owner.uuid, fact.taken_at or "", fact.suffix, taken)
            taken.add(name)
            made.append(_copied(source, folder / name))
            changes.append(_row(f"{FOLDER}/{name}", fact, owner, person))
        return store.save(changes, why=TABLE)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise


def _look_at_all(files: Sequence[Path]) -> list[PhotoFacts]:
    found: list[PhotoFacts] = []
    problems: list[Problem] = []
    for path in files:
        try:
            found.append(look_at(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems=problems)
    return found


def _copied(source: Path, target: Path) -> Path:
    """The file under its new name, whole or not at all."""
    part = target.with_name(f".{uuids.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(source, "rb") as given, open(part, "wb") as kept:
            shutil.copyfileobj(given, kept, 1 << 20)
            kept.flush()
            os.fsync(kept.fileno())
        replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError("QL-STORE-PHOTOCOPY", path=str(source), reason=str(error)) from error
    return target


def _row(path: str, fact: PhotoFacts, owner: Owner, person: str) -> Insert:
    values = {
        "path": path, "direction": fact.direction, "taken_at": fact.taken_at, "person": person,
        "table_name": owner.table, "row_uuid": owner.uuid, "name": Path(path).stem,
    }  # fmt: skip
    given = {k: v for k, v in values.items() if v is not None}
    return Insert(TABLE, given, _wkb(fact.place, owner.crs), uuid=str(uuids.uuid4()))


def _wkb(place: Optional[Tuple[float, float]], crs: QgsCoordinateReferenceSystem) -> Optional[bytes]:
    """A place in the survey's CRS; None where it has none or lies outside what the CRS covers."""
    if place is None or not crs.isValid():
        return None
    way = QgsCoordinateTransform(QgsCoordinateReferenceSystem(_WGS84), crs, QgsCoordinateTransformContext())
    try:
        return flat_wkb(QgsGeometry.fromPointXY(way.transform(QgsPointXY(*place))))
    except QgsCsException:
        return None


# -- keeping house ------------------------------------------------------------------


def photos_of(store: GpkgStore, row_uuid: str) -> list[Row]:
    """The photos of a row, in the order they were added."""
    return store.rows(TABLE, where={"row_uuid": row_uuid})


def file_of(home: Path, path: Any) -> Optional[Path]:
    """The file that a photo's path means beside the survey; None for a path or a link that leads elsewhere."""
    relative = safe_relative(str(path) if path else None)
    if relative is None:
        return None
    found = home.parent.joinpath(*relative.parts)
    try:
        inside = home.parent.resolve() in found.resolve().parents
    except (OSError, RuntimeError, ValueError):  # a link to itself, a name that no system takes
        return None
    return found if inside else None


def photo_files(home: Path, paths: Iterable[Any]) -> PhotoFiles:
    """Files under ``photos/`` held against the paths that rows name."""
    named = [str(p) for p in paths if p]
    folder = home.parent / FOLDER
    there = [
        p.relative_to(home.parent).as_posix()
        for p in (sorted(folder.rglob("*")) if folder.is_dir() else ())
        if p.is_file() and not p.name.startswith(".")
    ]
    missing = [p for p in named if not _is_file(file_of(home, p))]
    return PhotoFiles(tuple(missing), orphans_of(there, named))


def _is_file(path: Optional[Path]) -> bool:
    return path is not None and path.is_file()
