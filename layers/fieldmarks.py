"""The data of a printed field map: its pages, their corners, and what is marked on them (4.1.3).

All of it is a copy in one GeoPackage beside the maps, so that a page can be printed again as it was.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeatureSink,
    QgsGeometry,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core.datum_shift import DatumShift
from ..core.errors import InputError, Problem, problem
from ..core.mapsheets import MapSheet, corners, dms, number, old_number, scales
from ..core.mapsheets.bases import COARSE, NO_SCALE, NONE, PARTLY, Covered
from ..core.mapsheets.grid import DEGREE
from ..core.mapsheets.marks import Marked, MarkKind, Place, kind_of, marked
from ..core.progress import SILENT, Progress
from .datums import Transform
from .mapsheets import frame
from .outputs import Column, feature, fields
from .planar import geometry_of
from .records import Record, read_records
from .replacing import replace

NEAR_M = 100.0
"""How far outside the watershed a thing still belongs on its field map."""

DIRECTIONS = {
    "nw": (-1, 1), "n": (0, 1), "ne": (1, 1), "w": (-1, 0), "e": (1, 0), "sw": (-1, -1), "s": (0, -1), "se": (1, -1),
}  # fmt: skip
CORNER_NAMES = {"nw": "西北", "ne": "东北", "sw": "西南", "se": "东南"}
# QGIS's numbers of the sides of a label, so that a corner's text runs inward along the frame, outside it
_QUADRANTS = {"nw": 2, "ne": 0, "sw": 8, "se": 6}
PAGES, CORNERS, SHAPES = "pages", "corners", ("point", "line", "area")
_PAGE_COLUMNS = (
    Column("page", "integer"), Column("pages", "integer"), Column("tile", "text"), Column("sheet", "text"),
    *(Column(key, "text") for key in DIRECTIONS), Column("facts", "text"), Column("note", "text"),
    Column("code", "text"),
)  # fmt: skip
_CORNER_COLUMNS = (Column("tile", "text"), Column("text", "text"), Column("quadrant", "integer"))
_MARK_COLUMNS = (
    Column("mark", "text"), Column("kind", "text"), Column("name", "text"), Column("layer", "text"),
    Column("row_id", "text"), Column("pages", "text"), Column("x", "number"), Column("y", "number"),
)  # fmt: skip
_TYPES = QgsWkbTypes.GeometryType
_SHAPE_OF = {_TYPES.PointGeometry: "point", _TYPES.LineGeometry: "line", _TYPES.PolygonGeometry: "area"}
_WKB = {
    "point": QgsWkbTypes.Type.MultiPoint,
    "line": QgsWkbTypes.Type.MultiLineString,
    "area": QgsWkbTypes.Type.MultiPolygon,
}


class Page(NamedTuple):
    """A page of the series: ``tile`` is what it shows, a sheet or a part of it; ``base`` what covers the sheet.

    ``outline`` is its frame in the maps' CRS.
    """

    number: int
    tile: MapSheet
    sheet: MapSheet
    base: Covered
    outline: QgsGeometry


class FieldMark(NamedTuple):
    """A mark with its shape (maps' CRS), the place its coordinates are given for, and its pages."""

    one: Marked
    geometry: QgsGeometry
    at: tuple[float, float]
    pages: tuple[int, ...]

    @property
    def kind(self) -> MarkKind:
        """What it is."""
        return self.one.place.kind

    @property
    def shape(self) -> str:
        """``point``, ``line`` or ``area``."""
        return _SHAPE_OF[self.geometry.type()]


class MarkReading(NamedTuple):
    """The marks of all layers, and what must be said."""

    marks: list[FieldMark]
    warnings: list[Problem]


def make_pages(tiles: Sequence[tuple[MapSheet, Covered]], transform: Transform) -> list[Page]:
    """Pages in the order of the tiles; ``transform`` leads from EPSG:4490 to the maps' CRS."""
    found = []
    for count, (tile, base) in enumerate(tiles, start=1):
        outline = frame(tile)
        if not transform.identity:
            outline.transform(transform.qgis())
        found.append(Page(count, tile, parent_sheet(tile), base, outline))
    return found


def parent_sheet(tile: MapSheet) -> MapSheet:
    """The 1:10 000 sheet that a tile is or is a part of."""
    scale = scales()["G"]
    parts = tile.scale.rows // scale.rows
    return MapSheet(scale, tile.column // parts, tile.row // parts)


# -- marks -------------------------------------------------------------------
def read_marks(
    layers: Mapping[str, Sequence[QgsVectorLayer]],
    crs: QgsCoordinateReferenceSystem,
    watershed: QgsGeometry,
    pages: Sequence[Page],
    *,
    shifts: Sequence[DatumShift] = (),
    progress: Progress = SILENT,
) -> MarkReading:
    """What is to be marked in the watershed (maps' CRS) and within 100 m of it, with its pages.

    ``layers`` are the layers by role. Things further out are counted in QL-SHEET-OUTSIDE. Raises InputError
    with the faults of all layers, mixed datums (QL-CRS-DATUM) among them; Cancelled.
    """
    near = watershed.buffer(NEAR_M, 16)
    shapes: dict[Place, QgsGeometry] = {}
    warnings: list[Problem] = []
    faults: list[Problem] = []
    for role, layer in [(role, layer) for role, members in layers.items() for layer in members]:
        try:
            reading = read_records(
                layer, crs, role.upper(), algorithm="mapsheets", shifts=shifts, progress=progress
            )
        except InputError as error:
            faults += error.problems
            continue
        warnings += [w for w in reading.warnings if w.code != "QL-LAYER-NOFEATURES"]
        found = [(_place(role, layer, record), geometry_of(record.wkb or b"")) for record in reading.records]
        inside = {place: shape for place, shape in found if place is not None and shape.intersects(near)}
        left = sum(place is not None and place not in inside for place, _ in found)
        if left:
            warnings.append(problem("QL-SHEET-OUTSIDE", role=role, count=left, near=int(NEAR_M)))
        shapes.update(inside)
    if faults:
        raise InputError(problems=faults)
    marks = [_placed(one, shapes[one.place], near, pages) for one in marked(shapes)]
    return MarkReading([mark for mark in marks if mark.pages], warnings)


def _place(role: str, layer: QgsVectorLayer, record: Record) -> Place | None:
    kind = kind_of(role, record.attributes)
    if kind is None:
        return None
    row, name = record.uuid or f"fid-{record.fid}", str(record.attributes.get("name") or "")
    own = record.attributes.get(kind.own) if kind.own else None
    return Place(kind, table_of(layer), row, name, own)


def table_of(layer: QgsVectorLayer) -> str:
    """The name of the table behind a layer, as far as a printed code can hold it."""
    source = layer.source()
    name = source.split("|layername=")[1].split("|")[0] if "|layername=" in source else layer.name()
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"layer_{plain}".rstrip("_")


def _placed(one: Marked, shape: QgsGeometry, near: QgsGeometry, pages: Sequence[Page]) -> FieldMark:
    pages_of = tuple(page.number for page in pages if page.outline.intersects(shape))
    inside = shape if shape.type() == _TYPES.PointGeometry else shape.intersection(near)
    if inside.type() == _TYPES.LineGeometry:
        middle = inside.interpolate(inside.length() / 2)
    else:
        middle = inside.pointOnSurface()
    at = (middle if not middle.isNull() else shape.centroid()).asPoint()
    return FieldMark(one, shape, (at.x(), at.y()), pages_of)


# -- texts of a page ---------------------------------------------------------
def page_facts(page: Page, transform: Transform) -> str:
    """Numbers, base map and corners in the maps' CRS, line by line in Chinese."""
    lines = [f"图幅号 {number(page.sheet)}", f"旧图号 {old_number(page.sheet)}"]
    if page.tile.scale != page.sheet.scale:
        lines.append(f"本页 {number(page.tile)}")
    lines += [f"底图 {_base_text(page.base)}", "图廓点坐标（N，E，m）"]
    for key, place in corners(page.tile).items():
        x, y = transform.point(place[0] / DEGREE, place[1] / DEGREE)
        lines.append(f"{CORNER_NAMES[key]} {y:.1f}, {x:.1f}")
    return "\n".join(lines)


def _base_text(base: Covered) -> str:
    if base.state == NONE:
        return "未登记"
    scale = f"1:{base.scale}" if base.scale else "比例尺未填"
    return f"{scale}（{base.date or '日期未填'}）"


def page_note(page: Page, most: int, reason: str, scale: float) -> str:
    """What must be said on the page of its base map and scale; empty where all is well."""
    state, lines = page.base.state, []
    if state == COARSE:
        lines.append(
            f"底图仅为 1:{page.base.scale}，第 4.1.3 条要求不小于 1:{most}，不能称符合该条。理由：{reason or '＿' * 12}"
        )
    elif state == NONE:
        lines.append(f"未登记底图；第 4.1.3 条要求不小于 1:{most} 的地形图。")
    elif state == PARTLY:
        lines.append("底图未覆盖本图幅内的全部小流域。")
    elif state == NO_SCALE:
        lines.append(f"底图比例尺未填，无法按第 4.1.3 条（不小于 1:{most}）检验。")
    else:
        lines.append(f"底图比例尺符合第 4.1.3 条（不小于 1:{most}）。")
    if scale > most:
        lines.append(f"本图打印比例尺为 1:{scale:.0f}，小于 1:{most}。")
    return "\n".join(lines)


def page_values(
    page: Page, pages: int, transform: Transform, note: str, code: str
) -> tuple[dict[str, Any], bytes]:
    """The row of a page."""
    around = {key: page.tile.neighbour(*step) for key, step in DIRECTIONS.items()}
    values: dict[str, Any] = {key: number(tile) if tile else "" for key, tile in around.items()}
    values.update(
        page=page.number, pages=pages, tile=number(page.tile), sheet=number(page.sheet), note=note, code=code,
        facts=page_facts(page, transform),
    )  # fmt: skip
    return values, bytes(page.outline.asWkb())


def corner_rows(page: Page, transform: Transform) -> list[tuple[dict[str, Any], bytes]]:
    """The four corners of a page with their longitude and latitude."""
    rows = []
    for key, (longitude, latitude) in corners(page.tile).items():
        x, y = transform.point(longitude / DEGREE, latitude / DEGREE)
        text = f"{dms(longitude)}，{dms(latitude)}"
        values = {"tile": number(page.tile), "text": text, "quadrant": _QUADRANTS[key]}
        rows.append((values, bytes(QgsGeometry.fromWkt(f"POINT({x!r} {y!r})").asWkb())))
    return rows


def mark_values(mark: FieldMark) -> dict[str, Any]:
    """The row of a mark, without its shape."""
    place = mark.one.place
    return {
        "mark": mark.one.mark, "kind": mark.kind.key, "name": place.name or None, "layer": place.table,
        "row_id": place.row, "pages": "、".join(map(str, mark.pages)),
        "x": round(mark.at[0], 1), "y": round(mark.at[1], 1),
    }  # fmt: skip


# -- the file ----------------------------------------------------------------
Rows = Sequence["tuple[Mapping[str, Any], bytes]"]


def write_field_data(
    path: Path,
    crs: QgsCoordinateReferenceSystem,
    page_rows: Rows,
    corners_of_pages: Rows,
    marks: Iterable[FieldMark],
) -> Path:
    """The GeoPackage of a series, whole or not at all. Raises InputError QL-OUT-WRITE."""
    part = path.with_name(f".{uuid.uuid4().hex}.part.gpkg")
    by_shape: dict[str, list[tuple[Mapping[str, Any], bytes]]] = {shape: [] for shape in SHAPES}
    for mark in marks:
        shape = QgsGeometry(mark.geometry)
        shape.convertToMultiType()
        by_shape[mark.shape].append((mark_values(mark), bytes(shape.asWkb())))
    try:
        _add_table(part, PAGES, _PAGE_COLUMNS, page_rows, QgsWkbTypes.Type.Polygon, crs)
        _add_table(part, CORNERS, _CORNER_COLUMNS, corners_of_pages, QgsWkbTypes.Type.Point, crs)
        for shape, rows in by_shape.items():
            _add_table(part, f"marks_{shape}", _MARK_COLUMNS, rows, _WKB[shape], crs)
        replace(part, path)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _add_table(
    path: Path,
    name: str,
    columns: Sequence[Column],
    rows: Rows,
    kind: QgsWkbTypes.Type,
    crs: QgsCoordinateReferenceSystem,
) -> None:
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", name
    if path.exists():
        options.actionOnExistingFile = QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
    made = fields(columns)
    writer = QgsVectorFileWriter.create(str(path), made, kind, crs, QgsCoordinateTransformContext(), options)
    for values, wkb in rows:
        writer.addFeature(feature(made, values, wkb), QgsFeatureSink.Flag.FastInsert)
    reason = writer.errorMessage() if writer.hasError() != QgsVectorFileWriter.WriterError.NoError else ""
    del writer
    if reason:
        raise InputError("QL-OUT-WRITE", path=str(path), reason=reason)
