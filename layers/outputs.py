"""Records become features again: fields, sinks, aliases, tables; what a format will not keep.

Results appear whole or not at all: tables are written beside their final name and put in its
place at the end; a sink that refuses a feature ends the run with the format's own reason.
"""

from __future__ import annotations

import codecs
import csv
import os
import shutil
import uuid
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from qgis.core import (
    Qgis,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsVectorLayer,
)

from ..core.errors import InputError, Problem, problem
from ..core.progress import SILENT, Progress
from .replacing import replace

try:  # QgsField takes QMetaType since 3.38; QVariant's types are gone in Qt 6
    from qgis.PyQt.QtCore import QMetaType
except ImportError:  # pragma: no cover - every PyQt5 has it
    QMetaType = None

_META_SINCE = 33800


class Column(NamedTuple):
    """A field of an output: ASCII ``name``, ``kind`` (text, number, integer, long, boolean, date, datetime).

    ``alias`` is the Chinese (or translated) name; formats that cannot keep it get it on loading.
    """

    name: str
    kind: str
    alias: str = ""


_KINDS = {
    "text": "QString",
    "number": "Double",
    "integer": "Int",
    "long": "LongLong",
    "boolean": "Bool",
    "date": "QDate",
    "datetime": "QDateTime",
}


def _qt_type(kind: str) -> Any:
    """Qt's type for a kind, in the spelling this QGIS takes."""
    name = _KINDS[kind]
    if QMetaType is not None and Qgis.versionInt() >= _META_SINCE:
        return getattr(QMetaType.Type, name)
    from qgis.PyQt.QtCore import QVariant

    return getattr(QVariant, {"QString": "String", "QDate": "Date", "QDateTime": "DateTime"}.get(name, name))


def field(column: Column) -> QgsField:
    """The QGIS field of a column."""
    made = QgsField(column.name, _qt_type(column.kind))
    if column.alias:
        made.setAlias(column.alias)
    return made


def fields(columns: Iterable[Column]) -> QgsFields:
    """The QGIS fields of columns, in order."""
    made = QgsFields()
    for column in columns:
        made.append(field(column))
    return made


def string_field(name: str, alias: str = "") -> QgsField:
    """A text field."""
    return field(Column(name, "text", alias))


def double_field(name: str, alias: str = "") -> QgsField:
    """A field of floating-point numbers."""
    return field(Column(name, "number", alias))


def integer_field(name: str, alias: str = "") -> QgsField:
    """A field of 32-bit integers."""
    return field(Column(name, "integer", alias))


def boolean_field(name: str, alias: str = "") -> QgsField:
    """A yes/no field."""
    return field(Column(name, "boolean", alias))


def date_field(name: str, alias: str = "") -> QgsField:
    """A date field."""
    return field(Column(name, "date", alias))


def feature(made: QgsFields, values: Mapping[str, Any], wkb: bytes | None = None) -> QgsFeature:
    """A feature from plain values (None = NULL; names that are no field are left out) and WKB."""
    found = QgsFeature(made)
    found.setAttributes([values.get(f.name()) for f in made])
    if wkb is not None:
        geometry = QgsGeometry()
        geometry.fromWkb(wkb)
        found.setGeometry(geometry)
    return found


def write_features(
    sink: QgsFeatureSink,
    made: QgsFields,
    rows: Iterable[tuple[Mapping[str, Any], bytes | None]],
    *,
    output: str = "OUTPUT",
    count: int | None = None,
    progress: Progress = SILENT,
) -> int:
    """Write rows of (values, WKB) to a sink; how many. Raises InputError QL-OUT-FEATURE, Cancelled."""
    progress.stage("write_features", count)
    written = 0
    for values, wkb in rows:
        if written % 100 == 0:
            progress.step(written / count if count else 0.0)
        if not sink.addFeature(feature(made, values, wkb), QgsFeatureSink.Flag.FastInsert):
            raise InputError("QL-OUT-FEATURE", output=output, number=written + 1, reason=sink.lastError())
        written += 1
    if not sink.flushBuffer():
        raise InputError("QL-OUT-FEATURE", output=output, number=written, reason=sink.lastError())
    return written


# Formats that are written as a whole when they are closed, where nobody asks any more whether it worked.
_AT_CLOSING = (".geojson", ".json", ".csv", ".kml", ".gml", ".fgb")


def require_held(destination: str, count: int, output: str = "OUTPUT") -> None:
    """That a closed file holds the rows written to it. Raises InputError QL-OUT-FEATURE with the first that is lost."""
    path = Path(destination.split("|")[0])
    if not count or path.suffix.lower() not in _AT_CLOSING or not path.is_file():
        return
    layer = QgsVectorLayer(destination, output, "ogr")
    held = int(layer.featureCount()) if layer.isValid() else 0
    if 0 <= held < count:
        room = shutil.disk_usage(path.parent).free
        reason = f"{path.stat().st_size} B; {room // 1024} KB free"
        raise InputError("QL-OUT-FEATURE", output=output, number=held + 1, reason=reason)


# -- what a format keeps ----------------------------------------------------


def shapefile_names(names: Sequence[str]) -> dict[str, str]:
    """Field name -> name as GDAL writes it into a .dbf (10 bytes; doubles numbered)."""
    written: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        short = _cut(name, 10)
        number = 1
        while short.lower() in taken and number < 100:
            short = f"{_cut(name, 8)}_{number}" if number < 10 else f"{_cut(name, 8)}{number:02d}"
            number += 1
        taken.add(short.lower())
        written[name] = short
    return written


def _cut(name: str, size: int) -> str:
    return name.encode("utf-8")[:size].decode("utf-8", "ignore")


def format_warnings(destination: str, names: Sequence[str], output: str = "OUTPUT") -> list[Problem]:
    """What writing to .shp does to field names, empty for other formats or where nothing changes."""
    if not destination.lower().split("|")[0].endswith(".shp"):
        return []
    changed = [f"{old} → {new}" for old, new in shapefile_names(names).items() if old != new]
    return [problem("QL-OUT-SHAPEFILE", output=output, path=destination, names=", ".join(changed) or "-")]


# -- tables -----------------------------------------------------------------

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def csv_cell(value: Any) -> Any:
    """A value as a CSV cell: None empty, text that a spreadsheet would run as a formula quoted with '."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS) and not _is_number(value):
        return "'" + value
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def write_csv(path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """A UTF-8 CSV with BOM (Excel reads it right), whole or not at all. QL-OUT-FOLDER, QL-OUT-WRITE."""
    final = Path(path)
    if not final.parent.is_dir():
        raise InputError("QL-OUT-FOLDER", path=str(final), folder=str(final.parent))
    part = final.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            writer.writerows([csv_cell(v) for v in row] for row in rows)
            stream.flush()
            os.fsync(stream.fileno())
        replace(part, final)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(final), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return final


def mark_csv(path: str | os.PathLike[str]) -> bool:
    """Put the UTF-8 mark in front of a CSV that QGIS wrote without one, so that Excel reads it right.

    Whether there is such a file. Raises InputError QL-OUT-WRITE.
    """
    final = Path(path)
    if final.suffix.lower() != ".csv" or not final.is_file():
        return False
    part = final.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with final.open("rb") as written, part.open("wb") as marked:
            if written.read(3) == codecs.BOM_UTF8:
                return True
            written.seek(0)
            marked.write(codecs.BOM_UTF8)
            shutil.copyfileobj(written, marked)
        replace(part, final)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(final), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return True


# -- loaded layers ----------------------------------------------------------


def set_aliases(layer: QgsVectorLayer, aliases: Mapping[str, str]) -> None:
    """Show aliases on a loaded layer (formats lose them; QGIS before 3.40 does for GeoPackage too)."""
    for name, alias in aliases.items():
        index = layer.fields().indexOf(name)
        if index >= 0:
            layer.setFieldAlias(index, alias)


class _Finish(QgsProcessingLayerPostProcessorInterface):
    """Aliases, style and role of a result once it is loaded."""

    def __init__(self, aliases: Mapping[str, str], style: str, properties: Mapping[str, str]) -> None:
        super().__init__()
        self._aliases = dict(aliases)
        self._style = style
        self._properties = dict(properties)

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        if self._style:
            layer.loadNamedStyle(self._style)
        if isinstance(layer, QgsVectorLayer):
            set_aliases(layer, self._aliases)
        for key, value in self._properties.items():
            layer.setCustomProperty(key, value)
        layer.triggerRepaint()


# QGIS does not own post-processors: without this reference Python would collect them (qgis/QGIS#47533).
_KEPT: list[_Finish] = []
_KEPT_LIMIT = 200


def on_load(
    context: QgsProcessingContext,
    destination: str,
    *,
    title: str = "",
    aliases: Mapping[str, str] | None = None,
    style: str = "",
    properties: Mapping[str, str] | None = None,
) -> None:
    """What to do when the result ``destination`` is loaded into the project; nothing if it is not."""
    if not context.willLoadLayerOnCompletion(destination):
        return
    finish = _Finish(aliases or {}, style, properties or {})
    _KEPT.append(finish)
    del _KEPT[:-_KEPT_LIMIT]
    details = context.layerToLoadOnCompletionDetails(destination)
    if title:
        details.name = title
    details.setPostProcessor(finish)
