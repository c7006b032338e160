"""The one place where features become records, and records features again.

Beyond this line there are no CRSs to mind, no NULLs, no Qt dates, no curves, Z values or
invalid polygons: a :class:`Record` has WKB in the target CRS and plain Python attributes.
Whatever was changed on the way is counted in a warning with the first feature ids.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSource,
    QgsGeometry,
    QgsProcessingFeatureSource,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QByteArray, QDate, QDateTime, Qt, QTime, QVariant

from ..core.datum_shift import DatumShift
from ..core.errors import InputError, Problem, problem
from ..core.progress import SILENT, Progress
from .crs import coordinate_problems, crs_problems, is_absurd
from .datums import Transform, guard

POINT, LINE, POLYGON, ANY, TABLE = "point", "line", "polygon", "any", "table"

_TYPES = {
    POINT: QgsWkbTypes.GeometryType.PointGeometry,
    LINE: QgsWkbTypes.GeometryType.LineGeometry,
    POLYGON: QgsWkbTypes.GeometryType.PolygonGeometry,
}
_TITLES = {POINT: "point 点", LINE: "line 线", POLYGON: "polygon 面", ANY: "geometry 几何图形"}
IDS_SHOWN = 10
NAME_FIELDS = ("name", "NAME", "Name", "名称", "XZQMC", "ZLDWMC", "QSDWMC")
"""Fields in which the makers of layers put what a feature is called, the survey's own first."""


class Record(NamedTuple):
    """One feature: ``wkb`` (2-D, valid, straight) in the target CRS, None for a row of a table.

    ``attributes`` hold None, bool, int, float, str (dates as ISO 8601), bytes or lists of these.
    """

    fid: int
    uuid: str | None
    wkb: bytes | None
    attributes: dict[str, Any]


class RecordReading(NamedTuple):
    """The records of a layer and what must be said about them."""

    records: list[Record]
    warnings: list[Problem]


class Wanted(NamedTuple):
    """What a layer must bring: geometry kind, fields that must exist, fields that must hold numbers."""

    geometry: str = ANY
    fields: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


class _Counts:
    """Feature ids by what happened to them, in the order they came."""

    def __init__(self) -> None:
        self.found: dict[str, list[Any]] = {}
        self.examples: dict[str, str] = {}

    def add(self, code: str, fid: int, example: str = "") -> None:
        self.found.setdefault(code, []).append(fid)
        self.examples.setdefault(code, example)

    def problems(self, codes: Sequence[str], facts: Mapping[str, Any]) -> list[Problem]:
        return [
            problem(code, count=len(self.found[code]), ids=id_list(self.found[code]),
                    example=self.examples[code], **facts)
            for code in codes if code in self.found
        ]  # fmt: skip


_ERRORS = ("QL-LAYER-NOTNUMBER", "QL-LAYER-MIXEDTYPE")
_WARNINGS = (
    "QL-LAYER-NOGEOMETRY",
    "QL-LAYER-BADCOORDS",
    "QL-LAYER-OUTSIDE",
    "QL-LAYER-CURVES",
    "QL-LAYER-REPAIRED",
    "QL-LAYER-LOST",
    "QL-LAYER-TEXTNUMBER",
)


def id_list(ids: Sequence[Any]) -> str:
    """The first ten ids, and how many more there are."""
    shown = ", ".join(str(i) for i in ids[:IDS_SHOWN])
    more = len(ids) - IDS_SHOWN
    return f"{shown} (+{more})" if more > 0 else shown


def told_apart(uuids: Sequence[str]) -> tuple[list[str], list[str]]:
    """A key for each uuid, the second of a kind with ``#2`` and so on, and the uuids that stand on several."""
    seen: Counter[str] = Counter()
    keys = []
    for uuid in uuids:
        seen[uuid] += 1
        keys.append(uuid if seen[uuid] == 1 else f"{uuid}#{seen[uuid]}")
    return keys, [uuid for uuid, count in seen.items() if count > 1]


def read_records(
    source: QgsFeatureSource,
    target: QgsCoordinateReferenceSystem,
    parameter: str,
    wanted: Wanted = Wanted(),  # noqa: B008 - immutable
    *,
    algorithm: str = "",
    first: QgsCoordinateReferenceSystem | None = None,
    shifts: Sequence[DatumShift] = (),
    request: QgsFeatureRequest | None = None,
    progress: Progress = SILENT,
) -> RecordReading:
    """All features of a layer or processing source as records in ``target``.

    Features without geometry, with infinite coordinates or outside the CRS's reach are left out and
    counted; polygons that are not valid are repaired and counted; Z, M and curves end here. Text in a
    field of ``wanted.numbers`` becomes a number where it is one. Raises InputError with all faults:
    QL-LAYER-NOFIELD, QL-LAYER-GEOMETRYTYPE, QL-LAYER-NOTNUMBER, QL-CRS-*; Cancelled.
    """
    name = source.sourceName()
    facts = {"layer": name, "parameter": parameter}
    faults = _schema_faults(source, wanted, facts)
    transform: Transform | None = None
    warnings: list[Problem] = []
    if wanted.geometry != TABLE and source.wkbType() != QgsWkbTypes.Type.NoGeometry:
        without = crs_problems(source.sourceCrs(), name, parameter)
        faults += without
        if not without:
            faults += coordinate_problems(source.sourceCrs(), source.sourceExtent(), name, parameter)
    if faults:
        raise InputError(problems=faults)
    if wanted.geometry != TABLE:
        transform, warnings = guard(
            source.sourceCrs(), target, layer=name, parameter=parameter,
            algorithm=algorithm, first=first, shifts=shifts,
        )  # fmt: skip
    counts = _Counts()
    records = list(_records(source, transform, wanted, request, progress, counts))
    faults = counts.problems(_ERRORS, facts)
    if faults:
        raise InputError(problems=faults)
    if not records:
        warnings = [*warnings, problem("QL-LAYER-NOFEATURES", **facts)]
    return RecordReading(records, [*warnings, *counts.problems(_WARNINGS, facts)])


def _schema_faults(source: QgsFeatureSource, wanted: Wanted, facts: Mapping[str, str]) -> list[Problem]:
    present = source.fields().names()
    missing = [f for f in dict.fromkeys((*wanted.fields, *wanted.numbers)) if f not in present]
    faults = [problem("QL-LAYER-NOFIELD", field=f, fields=", ".join(present), **facts) for f in missing]
    kinds = tuple(_TYPES) if wanted.geometry == ANY else (wanted.geometry,)
    return faults + schema_problem(source, kinds, facts["layer"], facts["parameter"])


def schema_problem(source: Any, kinds: Sequence[str], layer: str, parameter: str) -> list[Problem]:
    """QL-LAYER-GEOMETRYTYPE where a layer's geometry is none of ``kinds`` (point, line, polygon, table).

    A layer of any kind passes, its features are looked at; one of collections does not: QGIS has no CRS for it.
    """
    kind = QgsWkbTypes.geometryType(source.wkbType())
    allowed = {_TYPES[k] for k in kinds if k in _TYPES}
    if QgsWkbTypes.flatType(source.wkbType()) == QgsWkbTypes.Type.GeometryCollection:
        kind = None
    if TABLE in kinds or kind in (*allowed, QgsWkbTypes.GeometryType.UnknownGeometry):
        return []
    expected = _TITLES[ANY] if len(allowed) == len(_TYPES) else ", ".join(_TITLES[k] for k in kinds)
    found = QgsWkbTypes.displayString(source.wkbType())
    facts = {"layer": layer, "parameter": parameter, "expected": expected, "found": found}
    return [problem("QL-LAYER-GEOMETRYTYPE", **facts)]


def _features(source: QgsFeatureSource, request: QgsFeatureRequest | None) -> Iterator[QgsFeature]:
    wish = request or QgsFeatureRequest()
    if isinstance(source, QgsProcessingFeatureSource):
        # Invalid polygons are repaired and counted here; QGIS would stop at the first one.
        return source.getFeatures(wish, QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks)
    return source.getFeatures(wish)


def _records(
    source: QgsFeatureSource,
    transform: Transform | None,
    wanted: Wanted,
    request: QgsFeatureRequest | None,
    progress: Progress,
    counts: _Counts,
) -> Iterator[Record]:
    names = source.fields().names()
    total = max(source.featureCount(), 1)
    progress.stage("read_features", total)
    moved = transform.qgis() if transform is not None and not transform.identity else None
    for number, feature in enumerate(_features(source, request)):
        if number % 20 == 0:
            progress.step(min(number / total, 1.0))
        wkb = None
        if transform is not None:
            wkb = _clean_wkb(feature, moved, wanted.geometry, counts)
            if wkb is None:
                continue
        values = {n: plain(v) for n, v in zip(names, feature.attributes())}
        _to_numbers(values, wanted.numbers, feature.id(), counts)
        uuid = values.get("uuid")
        yield Record(feature.id(), str(uuid) if uuid else None, wkb, values)


# -- geometry ---------------------------------------------------------------


def _clean_wkb(
    feature: QgsFeature, moved: QgsCoordinateTransform | None, kind: str, counts: _Counts
) -> bytes | None:
    fid = feature.id()
    geometry = QgsGeometry(feature.geometry())
    if geometry.isNull() or geometry.isEmpty():
        counts.add("QL-LAYER-NOGEOMETRY", fid)
        return None
    geometry = _flat(geometry, fid, counts)
    if is_absurd(geometry.boundingBox()):
        counts.add("QL-LAYER-BADCOORDS", fid)
        return None
    if moved is not None and not _move(geometry, moved):
        counts.add("QL-LAYER-OUTSIDE", fid)
        return None
    found = _of_kind(_valid(geometry, fid, counts), kind)
    if found is None:
        counts.add("QL-LAYER-LOST" if kind == POLYGON else "QL-LAYER-MIXEDTYPE", fid)
        return None
    return bytes(found.asWkb())


def _flat(geometry: QgsGeometry, fid: int, counts: _Counts) -> QgsGeometry:
    """Straight and two-dimensional."""
    shape = geometry.constGet()
    if QgsWkbTypes.isCurvedType(shape.wkbType()):
        if shape.hasCurvedSegments():
            counts.add("QL-LAYER-CURVES", fid)
        geometry = QgsGeometry(shape.segmentize())
    inner = geometry.get()
    inner.dropZValue()
    inner.dropMValue()
    return geometry


def _move(geometry: QgsGeometry, moved: QgsCoordinateTransform) -> bool:
    try:
        geometry.transform(moved)
    except QgsCsException:
        return False
    return bool(geometry.boundingBox().isFinite())


def _valid(geometry: QgsGeometry, fid: int, counts: _Counts) -> QgsGeometry:
    """The geometry, polygons made valid (OGC simple features) and counted."""
    if geometry.type() != _TYPES[POLYGON] or geometry.isGeosValid():
        return geometry
    before = geometry.area()
    made = _of_kind(geometry.makeValid(), POLYGON)
    after = made.area() if made is not None else 0.0
    counts.add("QL-LAYER-REPAIRED", fid, f"{before:.4f} -> {after:.4f}")
    return made if made is not None else QgsGeometry()


def _of_kind(geometry: QgsGeometry, kind: str) -> QgsGeometry | None:
    """The parts of the wanted kind, None where there are none."""
    if geometry.isNull() or geometry.isEmpty():
        return None
    expected = _TYPES.get(kind)
    if expected is None or geometry.type() == expected:
        return geometry
    parts = [p for p in geometry.asGeometryCollection() if p.type() == expected and not p.isEmpty()]
    return QgsGeometry.collectGeometry(parts) if parts else None


# -- attributes -------------------------------------------------------------


def plain(value: Any) -> Any:
    """A QGIS attribute as plain Python: NULL and NaN become None, dates ISO text."""
    if value is None or isinstance(value, (bool, int, str, bytes)):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, QVariant):
        return None if value.isNull() else plain(value.value())
    if isinstance(value, (QDate, QDateTime, QTime)):
        return value.toString(Qt.DateFormat.ISODate) if value.isValid() else None
    if isinstance(value, QByteArray):
        return bytes(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return str(value)


def number_of(value: Any) -> float | None:
    """A number from a number or from text that is one (full-width digits too), None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    try:
        found = float(unicodedata.normalize("NFKC", str(value)).strip())
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _to_numbers(values: dict[str, Any], names: Iterable[str], fid: int, counts: _Counts) -> None:
    for name in names:
        value = values[name]
        if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            continue
        if isinstance(value, str) and not value.strip():
            values[name] = None
            continue
        number = number_of(value)
        if number is None:
            counts.add("QL-LAYER-NOTNUMBER", fid, f"{name} = {value!r}")
        else:
            counts.add("QL-LAYER-TEXTNUMBER", fid, f"{name} = {value!r}")
            values[name] = number
