"""Evidence from the field: photos with EXIF, GPX, KML and KMZ, orthophotos, as dated rows of ``photos``.

Each is copied beside the survey, placed in the survey's CRS and linked to the nearest located row. The
files come from anybody: only their own formats' drivers open them, a KMZ's members are looked at first.
"""

from __future__ import annotations

import hashlib
import tempfile
import uuid as uuids
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Optional, Sequence, Tuple

from osgeo import gdal, ogr
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY

from ..core.errors import InputError, Problem
from ..core.field.evidence import (
    ORTHOPHOTO,
    PHOTO,
    TRACK,
    WAYPOINT,
    exif_facts,
    kind_of_file,
    refusal,
    track_length,
    track_note,
)
from ..core.field.names import ascii_name, photo_name
from ..core.field.photos import FOLDER
from ..core.progress import Progress
from .crs import is_in_metres
from .datums import Transform, guard
from .fieldbringing import Bringing, Copy, clear_broken_off
from .planar import geometry_of
from .rasterfiles import gdal_call, quiet_gdal
from .store import GpkgStore, Insert
from .storecrs import crs_of
from .xmlguard import file_declares_entities

EVIDENCE = "evidence"
# Located layers whose rows evidence is about; areas that cover everything would catch it all.
LINKED = (
    "villages", "pollution_sources", "toilets", "enterprises", "tourism", "measures", "waterbodies",
    "banks", "reaches", "channels", "industry", "green_space", "roads",
)  # fmt: skip
_DRIVERS = {".gpx": ["GPX"], ".kml": ["LIBKML", "KML"], ".tif": ["GTiff"], ".tiff": ["GTiff"]}
_KML = (".kml", ".kmz")
_GPX_LAYERS = ("waypoints", "tracks", "routes")
_KMZ_LIMIT = 64 * 2**20
_BAD_KMZ = "QL-FIELD-BADKMZ"
_CHUNK = 2**20


class Item(NamedTuple):
    """One piece of evidence: where (WGS 84 or ``crs``), when, what it says; ``number`` counts in its file."""

    file: Path
    kind: str
    number: int
    place: Optional[Tuple[float, float]]
    crs: QgsCoordinateReferenceSystem
    moment: Optional[str] = None
    name: str = ""
    note: str = ""
    direction: Optional[float] = None


class Owner(NamedTuple):
    """The row that evidence is about, and how far it lies from it (m)."""

    table: str
    uuid: str
    distance: Optional[float] = None


class Placed(NamedTuple):
    """A piece of evidence as it stands, or will stand, in the survey; ``known`` where it was there before."""

    item: Item
    uuid: str
    path: Optional[str]
    point: Optional[QgsGeometry]
    owner: Optional[Owner]
    known: bool = False


class EvidenceWish(NamedTuple):
    """How evidence is to be brought: who took it, how near a row it must lie, the row all of it is about."""

    person: str = ""
    distance: float = 50.0
    owner: Optional[Owner] = None
    copy_limit: float = 200e6


class Brought(NamedTuple):
    """What was brought, and what must be said."""

    placed: Tuple[Placed, ...]
    warnings: Tuple[Problem, ...]


# -- reading --------------------------------------------------------------------


def wgs84() -> QgsCoordinateReferenceSystem:
    """The CRS of EXIF, GPX and KML."""
    return QgsCoordinateReferenceSystem.fromEpsgId(4326)


def evidence_files(given: Sequence[Path]) -> list[Path]:
    """The files among ``given`` and inside its folders that can be evidence, by name."""
    found: list[Path] = []
    for path in given:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        found += [p for p in inside if kind_of_file(p.suffix) is not None or not path.is_dir()]
    return list(dict.fromkeys(found))


def read_items(path: Path) -> list[Item]:
    """The evidence in a file. Raises InputError QL-FIELD-NOSUCHFILE, QL-FIELD-NOEVIDENCE, QL-FIELD-BADKMZ."""
    kind = kind_of_file(path.suffix)
    if not path.exists():
        raise InputError("QL-FIELD-NOSUCHFILE", path=str(path))
    if not path.is_file() or kind is None:
        why = "folder" if not path.is_file() else "ending" if path.suffix else "no_ending"
        raise _refused(path, why, ending=path.suffix)
    if kind == PHOTO:
        return [photo_item(path)]
    if kind == ORTHOPHOTO:
        return [_orthophoto(path)]
    return _tracks(path)


@contextmanager
def _opened(path: Path, flags: int, drivers: list[str], source: Path) -> Iterator[gdal.Dataset]:
    with quiet_gdal():
        dataset, reason = gdal_call(gdal.OpenEx, str(path), flags | gdal.OF_READONLY, drivers)
    if dataset is None:
        empty = path.stat().st_size == 0
        words = reason.replace(str(path), "").strip(" :")
        raise _refused(
            source,
            "empty" if empty else "damaged" if words else "content",
            ending=path.suffix.lower(),
            words=words,
        )
    yield dataset


def _refused(path: Path, why: str, code: str = "QL-FIELD-NOEVIDENCE", **facts: object) -> InputError:
    return InputError(code, path=str(path), reason=refusal(why, **facts))


def photo_item(path: Path) -> Item:
    """What a photo says of itself. Raises InputError QL-FIELD-NOEVIDENCE."""
    with _opened(path, gdal.OF_RASTER, ["JPEG"], path) as dataset:
        with quiet_gdal():  # damaged EXIF is no EXIF
            metadata, _ = gdal_call(dataset.GetMetadata)
        facts = exif_facts(dict(metadata or {}))
    return Item(path, PHOTO, 0, facts.place, wgs84(), facts.moment, path.stem, "", facts.direction)


def _orthophoto(path: Path) -> Item:
    with _opened(path, gdal.OF_RASTER, ["GTiff"], path) as dataset:
        frame, own = dataset.GetGeoTransform(can_return_null=True), dataset.GetProjection()
        if frame is None or not own:
            raise InputError("QL-FIELD-NOPLACE", path=str(path))
        cols, rows = dataset.RasterXSize, dataset.RasterYSize
        stamp = dataset.GetMetadataItem("TIFFTAG_DATETIME") or ""
    x, y = (frame[i] + frame[i + 1] * cols / 2 + frame[i + 2] * rows / 2 for i in (0, 3))
    moment = exif_facts({"EXIF_DateTime": stamp}).moment
    crs = QgsCoordinateReferenceSystem.fromWkt(own)
    note = f"{path.stem} {cols} × {rows}, {abs(frame[1]):g}"
    return Item(path, ORTHOPHOTO, 0, (x, y), crs, moment, path.stem, note)


def _tracks(path: Path) -> list[Item]:
    with _plain_file(path) as plain:
        _refuse_entities(plain, path)
        drivers = _DRIVERS[plain.suffix.lower()]
        with _opened(plain, gdal.OF_VECTOR, drivers, path) as dataset:
            names = [dataset.GetLayer(i).GetName() for i in range(dataset.GetLayerCount())]
            times = _track_times(dataset)
            wanted = [n for n in names if plain.suffix.lower() != ".gpx" or n in _GPX_LAYERS]
            found: list[Item] = []
            for name in wanted:
                for feature in dataset.GetLayerByName(name):
                    moments = times.get(feature.GetFID(), []) if name == "tracks" else []
                    found += _feature_items(path, feature, len(found), moments)
    if not found:
        raise _refused(path, "no_places")
    return found


def _refuse_entities(plain: Path, path: Path) -> None:
    try:
        if file_declares_entities(plain):
            raise _refused(path, "entities")
    except OSError as error:
        raise _refused(path, "unreadable", words=error.strerror or str(error)) from error


@contextmanager
def _plain_file(path: Path) -> Iterator[Path]:
    """The file itself, for a KMZ the KML inside it, unpacked with its size looked at first."""
    if path.suffix.lower() != ".kmz":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="qingliu-kmz-") as folder:
        target = Path(folder) / "doc.kml"
        try:
            with zipfile.ZipFile(path) as archive:
                members = [m for m in archive.infolist() if m.filename.lower().endswith(".kml")]
                if not members:
                    raise _refused(path, "no_kml", _BAD_KMZ)
                _unpack(archive, members[0], target, path)
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError) as error:
            why = (
                "broken_zip" if zipfile.is_zipfile(path) else "empty" if not path.stat().st_size else "no_zip"
            )
            raise _refused(path, why, _BAD_KMZ, words=str(error)) from error
        yield target


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, path: Path) -> None:
    """One member under a name of ours, no more of it than the limit whatever its header says."""
    left = _KMZ_LIMIT
    with archive.open(member) as source, target.open("wb") as sink:
        while True:
            block = source.read(_CHUNK)
            if not block:
                return
            left -= len(block)
            if left < 0:
                raise _refused(path, "too_large", _BAD_KMZ, most=_KMZ_LIMIT // 2**20)
            sink.write(block)


def _feature_items(path: Path, feature: ogr.Feature, number: int, moments: Sequence[str]) -> list[Item]:
    shape = feature.GetGeometryRef()
    if shape is None or shape.IsEmpty():
        return []
    shape = shape.Clone()
    shape.FlattenTo2D()
    name = _text(feature, ("name", "Name"))
    words = _text(feature, ("desc", "cmt", "description", "Description"))
    moment = _time(feature, ("time", "timestamp", "begin"))
    if shape.GetGeometryName() == "POINT":
        note = " ".join(filter(None, (name, words)))
        return [Item(path, WAYPOINT, number, (shape.GetX(), shape.GetY()), wgs84(), moment, name, note)]
    points = list(_points(shape))
    if not points:
        return []
    note = " ".join(filter(None, (track_note(name, _length(shape), len(points), moments), words)))
    first = moments[0] if moments else moment
    return [Item(path, TRACK, number, points[0], wgs84(), first, name, note)]


def _points(shape: ogr.Geometry) -> Iterator[Tuple[float, float]]:
    for part in range(shape.GetGeometryCount()):
        yield from _points(shape.GetGeometryRef(part))
    for point in range(shape.GetPointCount()):
        yield shape.GetX(point), shape.GetY(point)


def _length(shape: ogr.Geometry) -> float:
    parts = [shape.GetGeometryRef(i) for i in range(shape.GetGeometryCount())] or [shape]
    return sum(track_length(list(_points(part))) for part in parts)


def _text(feature: ogr.Feature, names: Sequence[str]) -> str:
    for name in names:
        index = feature.GetFieldIndex(name)
        if index >= 0 and feature.IsFieldSetAndNotNull(index):
            return str(feature.GetFieldAsString(index)).strip()
    return ""


def _time(feature: ogr.Feature, names: Sequence[str]) -> Optional[str]:
    for name in names:
        index = feature.GetFieldIndex(name)
        if index < 0 or not feature.IsFieldSetAndNotNull(index):
            continue
        year, month, day, hour, minute, second, zone = feature.GetFieldAsDateTime(index)
        if 0 < year < 10_000:  # newer GDAL reads years of five digits
            mark = "" if zone < 2 else _zone(zone - 100)  # OGR: 0 unknown, 1 local, 100 UTC, by quarter hours
            return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{int(second):02d}{mark}"
    return None


def _zone(quarters: int) -> str:
    hours, rest = divmod(abs(quarters), 4)
    return f"{'-' if quarters < 0 else '+'}{hours:02d}:{15 * rest:02d}" if quarters else "Z"


def _track_times(dataset: gdal.Dataset) -> dict[int, list[str]]:
    """Track of a GPX -> the times of its points, in order; empty for other formats."""
    layer = dataset.GetLayerByName("track_points")
    found: dict[int, list[str]] = {}
    for feature in layer if layer is not None else ():
        moment = _time(feature, ("time",))
        if moment is not None:
            found.setdefault(feature.GetFieldAsInteger("track_fid"), []).append(moment)
    return {track: sorted(times) for track, times in found.items()}


# -- placing and linking ----------------------------------------------------------


class _Places:
    """The located rows that evidence may be about."""

    def __init__(self, store: GpkgStore, limit: float) -> None:
        self.limit = limit
        self.rows = [
            (table, row.uuid, geometry_of(row.wkb))
            for table in LINKED
            if table in store.tables()
            for row in store.rows(table)
            if row.wkb is not None
        ]
        self.boxes = [shape.boundingBox().buffered(limit) for _, _, shape in self.rows]

    def nearest(self, point: QgsGeometry) -> Optional[Owner]:
        """The nearest row within the limit; at equal distance the one of the earlier layer."""
        at = point.asPoint()
        best: Optional[Owner] = None
        for (table, uuid, shape), box in zip(self.rows, self.boxes):
            if not box.contains(at):
                continue
            distance = shape.distance(point)
            if distance <= self.limit and (best is None or distance < float(best.distance or 0.0)):
                best = Owner(table, uuid, round(distance, 3))
        return best


def bring_evidence(
    store: GpkgStore, files: Sequence[Path], wish: EvidenceWish, progress: Progress
) -> Brought:
    """Copy evidence beside the survey and save its rows as one action; what is known already is not doubled.

    Raises InputError with every file that cannot be read (nothing then is written), QL-OUT-WRITE, what
    the store raises, Cancelled.
    """
    items, warnings = _read_all(files, progress)
    warnings += clear_broken_off(store)
    crs = crs_of(store)
    if not is_in_metres(crs) and wish.owner is None:
        warnings.append(Problem("QL-FIELD-NOLINK", {"crs": crs.authid() or "-"}))
        wish = wish._replace(distance=0.0)
    placed, told = _place_all(store, items, wish, crs)
    new = [p for p in placed if not p.known]
    home = store.home.parent
    copies = [Copy(p.item.file, p.path) for p in new if p.path is not None and not (home / p.path).exists()]
    with Bringing(store, list({copy.target: copy for copy in copies}.values())) as bringing:
        for copy in bringing.copies:
            bringing.bring(copy)
        if new:
            rows = [_row(p, wish) for p in new]
            store.save(rows, who=wish.person, why="importevidence", save_id=bringing.save_id)
        bringing.keep()
    return Brought(tuple(placed), (*warnings, *told))


def _read_all(files: Sequence[Path], progress: Progress) -> tuple[list[Item], list[Problem]]:
    progress.stage("field_evidence", len(files))
    items: list[Item] = []
    faults: list[Problem] = []
    for number, path in enumerate(files):
        progress.step(number / len(files))
        try:
            items += read_items(path)
        except InputError as error:
            faults += error.problems
    if faults:
        raise InputError(problems=faults)
    if not items:
        raise InputError("QL-FIELD-NOFILES", parameter="FILES")
    nowhere = [i.file.name for i in items if i.place is None]
    undated = [i.file.name for i in items if i.moment is None]
    warnings = [
        Problem(code, {"count": len(names), "files": ", ".join(dict.fromkeys(names[:10]))})
        for code, names in (("QL-FIELD-UNPLACED", nowhere), ("QL-FIELD-UNDATED", undated))
        if names
    ]
    timeless = {i.file.name for i in items if i.file.suffix.lower() in _KML and i.moment is None}
    if timeless and gdal.GetDriverByName("LIBKML") is None:
        warnings.append(Problem("QL-FIELD-NOKMLTIME", {"files": ", ".join(sorted(timeless))}))
    return items, warnings


def _place_all(
    store: GpkgStore, items: Sequence[Item], wish: EvidenceWish, crs: QgsCoordinateReferenceSystem
) -> tuple[list[Placed], list[Problem]]:
    space = uuids.UUID(store.meta()["store_id"])
    digests = {path: _digest(path) for path in dict.fromkeys(i.file for i in items)}
    known = {row.uuid: row for row in store.rows("photos")}
    places = _Places(store, wish.distance)
    names = _Names(store)
    ways: dict[str, Transform] = {}
    warnings: list[Problem] = []
    placed = []
    for item in items:
        uuid = str(uuids.uuid5(space, f"{item.kind}:{item.number}:{digests[item.file]}"))
        if uuid in known:
            placed.append(Placed(item, uuid, known[uuid].values.get("path"), None, None, known=True))
            continue
        if item.place is not None and item.crs.authid() not in ways:
            found = guard(item.crs, crs, layer=item.file.name, parameter="FILES")
            ways[item.crs.authid()] = found.transform
            warnings += found.warnings
        point = None
        if item.place is not None:
            point = _moved(item, item.place, ways[item.crs.authid()])
        owner = wish.owner or (places.nearest(point) if point is not None and wish.distance > 0 else None)
        path = names.path_for(item, owner, digests[item.file], wish)
        placed.append(Placed(item, uuid, path, point, owner))
    left = [p.item.file.name for p in placed if not p.known and p.path is None]
    if left:
        facts = {"count": len(left), "files": ", ".join(dict.fromkeys(left)), "limit": wish.copy_limit / 1e6}
        warnings.append(Problem("QL-FIELD-TOOBIG", facts))
    return placed, warnings


def _moved(item: Item, place: tuple[float, float], way: Transform) -> QgsGeometry:
    """The place of an item in the survey's CRS. Raises InputError QL-CRS-OUTSIDE that names its file."""
    try:
        return QgsGeometry.fromPointXY(QgsPointXY(*way.point(*place)))
    except InputError as error:
        facts = dict(error.problems[0].facts)
        facts["where"] = f"{item.file.name}: {facts['where']}"
        raise InputError(error.code, **facts) from error


class _Names:
    """Where files come to lie beside the survey."""

    def __init__(self, store: GpkgStore) -> None:
        self.home = store.home.parent.resolve()
        folder = self.home / FOLDER
        self.taken = {p.name for p in folder.iterdir()} if folder.is_dir() else set()

    def path_for(self, item: Item, owner: Optional[Owner], digest: str, wish: EvidenceWish) -> Optional[str]:
        """The relative path; where it lies already, where it is beside the survey; None for what is too big."""
        file = item.file.resolve()
        if self.home in file.parents:
            return file.relative_to(self.home).as_posix()
        if file.stat().st_size > wish.copy_limit:
            return None
        if item.kind != PHOTO:
            return f"{EVIDENCE}/{ascii_name(file.stem, 'file')}_{digest[:8]}{file.suffix.lower()}"
        table, row = (owner.table, owner.uuid) if owner is not None else ("photo", digest)
        name = photo_name(table, row, item.moment or "", file.suffix, self.taken)
        self.taken.add(name)
        return f"{FOLDER}/{name}"


def _digest(path: Path) -> str:
    found = hashlib.blake2b(digest_size=16)
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(_CHUNK), b""):
            found.update(block)
    return found.hexdigest()


def _row(placed: Placed, wish: EvidenceWish) -> Insert:
    item, owner = placed.item, placed.owner
    values: dict[str, Any] = {
        "name": item.name or None, "path": placed.path, "direction": item.direction,
        "taken_at": item.moment, "person": wish.person or None, "note": item.note or None,
        "table_name": owner.table if owner else None, "row_uuid": owner.uuid if owner else None,
    }  # fmt: skip
    wkb = bytes(placed.point.asWkb()) if placed.point is not None else None
    return Insert("photos", values, wkb, placed.uuid)
