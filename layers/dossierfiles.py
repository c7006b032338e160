"""Files behind a dossier: hashed, reduced to pictures, copied beside it, listed with their SHA-256 (3.0.8)."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple

from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from qgis.PyQt.QtGui import QImage, QImageReader

from ..core.dossier.digest import Content, content_digest, sums_text
from ..core.errors import InputError
from .replacing import replace
from .store import GpkgStore
from .store.sql import statement

PICTURES = (".jpg", ".jpeg", ".png")
TEXTS = (".txt", ".md")
SUMS = "SHA256SUMS"
ANNEX = "annex"
_SIDE = 1400
_QUALITY = 84
_MOST_PIXELS = 200_000_000
_MOST_TEXT = 4000
_BLOCK = 1 << 20
_GPKG = ".gpkg"
# The store's own history and SQLite's counters are no content.
_PASSING = {"change_log", "sqlite_sequence"}


class Shown(NamedTuple):
    """A reduced picture as JPEG with its pixels; empty where the file is no picture that can be read."""

    data: bytes = b""
    size: tuple[int, int] = (0, 0)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises OSError."""
    made = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(_BLOCK), b""):
            made.update(block)
    return made.hexdigest()


def survey_digest(store: GpkgStore) -> str:
    """The hash of a survey's content: all rows and facts, not their history and not the file."""
    return content_digest(_survey_rows(store))


def _survey_rows(store: GpkgStore) -> Iterator[Content]:
    for name, table in store.tables().items():
        if table.tracked:
            for row in store.rows(name):
                yield name, row.uuid, row.values, row.wkb
    for key, value in store.meta().items():
        yield "meta", key, {"value": value}, None


def source_digest(path: Path) -> tuple[str, str]:
    """How a source of figures was hashed and its hash: GeoPackages by content, others by bytes. OSError."""
    if path.suffix.lower() != _GPKG:
        return "字节", file_digest(path)
    try:
        return "内容", content_digest(_gpkg_rows(path))
    except sqlite3.Error:
        return "字节", file_digest(path)


def _gpkg_rows(path: Path) -> Iterator[Content]:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        connection.row_factory = sqlite3.Row
        names = [str(r[0]) for r in connection.execute("SELECT table_name FROM gpkg_contents")]
        for name in sorted(set(names) - _PASSING):
            rows = connection.execute(statement("SELECT * FROM {table} ORDER BY rowid", table=name))
            for number, row in enumerate(rows):
                yield name, f"{number:09d}", dict(row), None
    finally:
        connection.close()


def picture_of(path: Path) -> Shown:
    """A photo, upright, at most 1400 pixels wide or high, without its metadata."""
    if path.suffix.lower() not in PICTURES:
        return Shown()
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _MOST_PIXELS:
        return Shown()
    if max(size.width(), size.height()) > _SIDE:
        reader.setScaledSize(size.scaled(QSize(_SIDE, _SIDE), Qt.AspectRatioMode.KeepAspectRatio))
    return encoded(reader.read(), "JPEG", _QUALITY)


def encoded(image: QImage, kind: str, quality: int = -1) -> Shown:
    """An image as PNG or JPEG in memory; nothing for a null image."""
    if image.isNull():
        return Shown()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, kind, quality)
    buffer.close()
    return Shown(bytes(data), (image.width(), image.height()))


def words_of(path: Path) -> str:
    """The text of a small text file, empty for anything else."""
    if path.suffix.lower() not in TEXTS or path.stat().st_size > _MOST_TEXT:
        return ""
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:
        return ""


def copy_annex(home: Path, paths: Iterable[str], folder: Path) -> list[str]:
    """Copy evidence (relative to the survey's folder) into the annex; names as the list of sums has them.

    Raises InputError QL-OUT-WRITE.
    """
    found = []
    for relative in dict.fromkeys(paths):
        name = f"{ANNEX}/{relative}"
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(home / relative, target)
        except OSError as error:
            raise InputError("QL-OUT-WRITE", path=str(target), reason=str(error)) from error
        found.append(name)
    return found


def write_sums(folder: Path, names: Iterable[str]) -> Path:
    """The list of the folder's files with their SHA-256, all but itself. Raises InputError QL-OUT-WRITE."""
    path = folder / SUMS
    try:
        text = sums_text({name: file_digest(folder / name) for name in names})
        part = folder / f".{SUMS}.part"
        part.write_bytes(text.encode("utf-8"))
        replace(part, path)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(path), reason=str(error)) from error
    return path
