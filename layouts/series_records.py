"""The sheets of a series: which parcels, channels or villages, with their record in the survey and a photo (ch. 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core.errors import InputError
from ..layers.outputs import Column, feature, fields
from ..layers.schema import StoreTable, code_lists, store_schema
from ..layers.surveyphotos import file_of
from ..layers.surveyproject import open_layer
from .sheet import Box, fitting_scale
from .sources import TABLES

COLUMNS = (
    Column("number", "integer"), Column("uuid", "text"), Column("name", "text"),
    Column("scale", "number"), Column("record", "text"), Column("more", "text"), Column("photo", "text"),
    Column("caption", "text"),
)  # fmt: skip
MAP = Box(0.0, 0.0, 174.0, 118.0)  # mm on the sheet
NEAR = 5000.0  # scale of a sheet about a point
LEAST, ROOM = 50.0, 1.1  # m that a map shows at least; room around a feature, 1 = none
UNITS = {
    "m2": "m²",
    "hm2": "hm²",
    "km2": "km²",
    "m3": "m³",
    "m3/s": "m³/s",
    "10^4 yuan": "万元",
    "GB 3838 class": "类",
}
NO_PHOTO = "（无照片）"
_LONGEST = 24  # rows of the left column of the record
_INTERNAL = ("fid", "uuid", "sheet_uuid", "row_no", "version")


class Subject(NamedTuple):
    """What a sheet is about: role of the layer, tables of its records, title, background of the map."""

    key: str
    role: str
    tables: tuple[str, ...]
    zh: str
    layers: tuple[str, ...]


SUBJECTS = {
    "channels": Subject(
        "channels", "channels", ("a6",), "沟（河）道调查卡片", ("outline", "villages", "channels", "water", "relief")
    ),
    "villages": Subject(
        "villages", "villages", ("a7", "a8"), "村庄调查卡片",
        ("outline", "villages", "channels", "water", "roads", "built", "relief"),
    ),
    "parcels": Subject(
        "parcels", "landuse", ("a5",), "图斑调查卡片", ("outline", "villages", "channels", "water", "landuse")
    ),
}  # fmt: skip


class Leaf(NamedTuple):
    """One sheet: its place in the maps' CRS, name, record as (what, value), photo and its caption."""

    uuid: str
    name: str
    geometry: QgsGeometry
    record: list[tuple[str, str]]
    photo: str
    caption: str
    recorded: bool


Rows = Mapping[str, Sequence[Mapping[str, Any]]]


class Survey(NamedTuple):
    """What the survey holds for a subject: rows of its tables and photos by the uuid they belong to."""

    home: Path | None
    rows: Rows
    photos: Rows


def read_survey(survey: Path | None, subject: Subject) -> Survey:
    """Rows and photos of a subject's tables, read only; empty where there is no survey."""
    if survey is None:
        return Survey(None, {}, {})
    rows: dict[str, list[Mapping[str, Any]]] = {}
    link = f"{TABLES.get(subject.role, subject.role)}_uuid"
    for table in subject.tables:
        for row in _rows(survey, table):
            rows.setdefault(str(row.get(link) or ""), []).append({**row, "": table})
    photos: dict[str, list[Mapping[str, Any]]] = {}
    for row in _rows(survey, "photos"):
        photos.setdefault(str(row.get("row_uuid") or ""), []).append(row)
    return Survey(survey, rows, photos)


def _rows(survey: Path, table: str) -> Iterator[dict[str, Any]]:
    layer = open_layer(survey, table)
    names = [f.name() for f in layer.fields()] if layer.isValid() else []
    for row in layer.getFeatures() if names else ():
        yield {name: row[name] for name in names}


# -- leaves --------------------------------------------------------------------
def leaves(
    layers: Iterable[QgsVectorLayer],
    subject: Subject,
    survey: Survey,
    crs: QgsCoordinateReferenceSystem,
    wanted: str = "",
) -> list[Leaf]:
    """The sheets in the order of their names; ``wanted`` is a QGIS expression that chooses among them.

    Raises InputError QL-SERIES-FILTER where the expression cannot be read.
    """
    found = []
    for layer in layers:
        chosen = _filter(layer, wanted)
        transform = QgsCoordinateTransform(layer.crs(), crs, QgsProject.instance().transformContext())
        for one in layer.getFeatures():
            geometry = QgsGeometry(one.geometry())
            if geometry.isEmpty() or not chosen(one):
                continue
            geometry.transform(transform)
            found.append(_leaf(one, geometry, subject, survey))
    return sorted(found, key=lambda leaf: (not leaf.name, leaf.name, leaf.uuid))


REACHING = frozenset(
    ("load_layer", "exif", "exif_geotag", "file_exists", "file_size", "is_file", "is_directory", "env")
)
"""Functions of newer QGIS that look at files or at the machine: a filter has no business there."""


def _filter(layer: QgsVectorLayer, wanted: str) -> Callable[[QgsFeature], bool]:
    if not wanted.strip():
        return lambda _: True
    expression = QgsExpression(wanted)
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    strange = sorted(expression.referencedColumns() - {f.name() for f in layer.fields()} - {"*"})
    strange += sorted(expression.referencedFunctions() & REACHING)
    if expression.hasParserError() or strange:
        reason = expression.parserErrorString() or ", ".join(strange)
        raise InputError("QL-SERIES-FILTER", expression=wanted, layer=layer.name(), reason=reason)
    expression.prepare(context)

    def chosen(one: QgsFeature) -> bool:
        context.setFeature(one)
        return bool(expression.evaluate(context))

    return chosen


def _leaf(one: QgsFeature, geometry: QgsGeometry, subject: Subject, survey: Survey) -> Leaf:
    values = {f.name(): one[f.name()] for f in one.fields()}
    uuid = _plain(values.get("uuid"))
    rows = survey.rows.get(uuid, []) if uuid else []
    home = store_schema()[TABLES.get(subject.role, subject.role)]
    record = [*_size(geometry), *_texts(values, home)]
    for row in rows:
        table = store_schema()[row[""]]
        record.append((f"{table.table_id or ''} {table.zh}".strip(), ""))
        record += _texts(row, table)
    owners = [uuid, *(_plain(row.get("uuid")) for row in rows)]
    photo, caption = _photo(survey, [owner for owner in owners if owner])
    return Leaf(uuid, _plain(values.get("name")), geometry, record, photo, caption, bool(rows or photo))


def _size(geometry: QgsGeometry) -> list[tuple[str, str]]:
    kind = geometry.type()
    if kind == QgsWkbTypes.GeometryType.PolygonGeometry:
        return [("图上面积", f"{geometry.area() / 10_000:.4f} hm²")]
    if kind == QgsWkbTypes.GeometryType.LineGeometry:
        return [("图上长度", f"{geometry.length():.3f} m")]
    return []


def _texts(values: Mapping[str, Any], table: StoreTable) -> list[tuple[str, str]]:
    """Fields with a value by their Chinese names; the store's own business and links stay out."""
    known = {f.name: f for f in table.fields}
    found = []
    for name, value in values.items():
        text = _plain(value)
        field = known.get(name)
        if not text or not name or name in _INTERNAL or name.endswith("_uuid"):
            continue
        if field is None:
            found.append((name, text))
        elif not field.hidden:
            unit = f"（{UNITS.get(field.unit, field.unit)}）" if field.unit else ""
            found.append((f"{field.zh}{unit}", _coded(text, field.codes, field.kind)))
    return found


def _coded(text: str, codes: str | None, kind: str) -> str:
    if kind == "boolean":
        return {"true": "是", "1": "是", "false": "否", "0": "否"}.get(text.lower(), text)
    if codes is None:
        return text
    names = {item.code: item.zh for item in code_lists().get(codes, ())}
    parts = [part.strip().strip('"') for part in text.strip("{}").split(",")]
    return "、".join(names.get(part, part) for part in parts)


def _plain(value: Any) -> str:
    if value is None or str(value) == "NULL":
        return ""
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _photo(survey: Survey, owners: Sequence[str]) -> tuple[str, str]:
    """File and caption of the first photo that is there."""
    for owner in owners:
        for row in survey.photos.get(owner, []):
            path = file_of(survey.home, row.get("path")) if survey.home is not None else None
            if path is not None and path.is_file():
                words = (_plain(row.get(name)) for name in ("name", "note", "person"))
                return str(path), "  ".join(word for word in words if word)
    return "", NO_PHOTO


# -- the atlas's layer -----------------------------------------------------------
def write_leaves(
    path: Path, found: Sequence[Leaf], crs: QgsCoordinateReferenceSystem, layer: QgsVectorLayer | None
) -> None:
    """Put the sheets into the GeoPackage ``path``; into ``layer`` where a project has it open.

    Raises InputError QL-SERIES-WRITE.
    """
    in_place = layer is not None and layer.isValid()
    made = layer.fields() if layer is not None and in_place else fields(COLUMNS)
    rows = []
    for number, leaf in enumerate(found, start=1):
        rows.append(feature(made, _values(number, leaf), _multi(leaf.geometry)))
    if layer is not None and in_place:
        provider = layer.dataProvider()
        done = provider.truncate() and provider.addFeatures(rows)[0]
        layer.updateExtents()
        if not done:
            raise InputError("QL-SERIES-WRITE", path=str(path), reason=provider.error().message())
        return
    kind = QgsWkbTypes.singleType(QgsWkbTypes.flatType(found[0].geometry.wkbType()))
    if found[0].geometry.type() != QgsWkbTypes.GeometryType.PointGeometry:
        kind = QgsWkbTypes.multiType(kind)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", "series"
    context = QgsProject.instance().transformContext()
    writer = QgsVectorFileWriter.create(str(path), made, kind, crs, context, options)
    done = writer.hasError() == QgsVectorFileWriter.WriterError.NoError and writer.addFeatures(rows)
    reason = writer.errorMessage()
    del writer  # closes the file
    if not done:
        raise InputError("QL-SERIES-WRITE", path=str(path), reason=reason)


def scale_of(geometry: QgsGeometry) -> float:
    """Denominator of the largest scale of the series that shows all of it with some room; a place has 1:5000."""
    if geometry.type() == QgsWkbTypes.GeometryType.PointGeometry:
        return NEAR
    extent, box = geometry.boundingBox(), MAP
    width, height = max(extent.width(), LEAST), max(extent.height(), LEAST)
    return fitting_scale(width, height, box, ROOM)


def _multi(geometry: QgsGeometry) -> bytes:
    several = QgsGeometry(geometry)
    several.get().dropZValue()
    several.get().dropMValue()
    if several.type() != QgsWkbTypes.GeometryType.PointGeometry:  # QGIS zooms to several points, not to one
        several.convertToMultiType()
    elif several.isMultipart():
        several.convertToSingleType()
    return bytes(several.asWkb())


def _values(number: int, leaf: Leaf) -> dict[str, Any]:
    lines = [f"{what}：{value}" if value else f"【{what}】" for what, value in leaf.record]
    return {
        "number": number,
        "uuid": leaf.uuid,
        "name": leaf.name or f"第 {number} 号",
        "scale": scale_of(leaf.geometry),
        "record": "\n".join(lines[:_LONGEST]),
        "more": "\n".join(lines[_LONGEST:]),
        "photo": leaf.photo,
        "caption": leaf.caption,
    }
