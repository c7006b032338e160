"""The sheets over a watershed and the base maps registered for them, as QGIS geometry (4.1.3).

Everything is laid out in EPSG:4490, in which the frames of the national series are straight; areas are
ellipsoidal.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeatureSource,
    QgsGeometry,
    QgsLineString,
    QgsPolygon,
)

from ..core.datum_shift import DatumShift
from ..core.errors import InputError, Problem, problem
from ..core.mapsheets import MapSheet, SheetScale, count_over, number, parse_number, ring, sheets_over
from ..core.mapsheets.bases import Base, SheetPart, date_of, scale_of, unread_date
from ..core.progress import SILENT, Progress
from .crs import distance_area
from .planar import QgisPlanar, geometry_of
from .records import POLYGON, TABLE, Record, Wanted, id_list, read_records

LEAST_M2 = 1.0
"""A part of the watershed below this is the noise of its outline on the sheet's edge."""

MOST_SHEETS = 10_000
"""A quarter of a million square kilometres: more is no watershed."""

_ELSEWHERE = 0.5  # share of a base map's own sheet that it must cover at least


class BaseFields(NamedTuple):
    """Fields of the base maps' layer; empty: not used."""

    scale: str
    date: str
    sheet: str = "sheet"


class BaseReading(NamedTuple):
    """The base maps of a layer and what must be said about them."""

    bases: list[Base]
    warnings: list[Problem]


def sheet_crs() -> QgsCoordinateReferenceSystem:
    """CGCS2000 longitude and latitude, in which frames are laid out."""
    return QgsCoordinateReferenceSystem.fromEpsgId(4490)


def frame(sheet: MapSheet) -> QgsGeometry:
    """The sheet as a polygon in EPSG:4490 with a vertex every 15 arc seconds."""
    points = ring(sheet)
    outline = QgsLineString([p[0] for p in points], [p[1] for p in points])
    polygon = QgsPolygon()
    polygon.setExteriorRing(outline)
    return QgsGeometry(polygon)


def union_of(records: Iterable[Record]) -> QgsGeometry | None:
    """All polygons as one; None for none."""
    return QgisPlanar().union([geometry_of(r.wkb) for r in records if r.wkb is not None])


def sheet_parts(watershed: QgsGeometry, scale: SheetScale, progress: Progress = SILENT) -> list[SheetPart]:
    """The sheets on which the watershed (EPSG:4490) has ground, from north-west row by row.

    Raises InputError QL-SHEET-LATITUDE, QL-SHEET-LONGITUDE, QL-SHEET-TOOMANY; Cancelled.
    """
    plane, measure = QgisPlanar(), distance_area(sheet_crs())
    count = count_over(plane.bounds(watershed), scale)
    if count > MOST_SHEETS:
        raise InputError("QL-SHEET-TOOMANY", count=count, most=MOST_SHEETS)
    sheets = list(sheets_over(plane.bounds(watershed), scale))
    progress.stage("map_sheets", len(sheets))
    total = measure.measureArea(watershed)
    found = []
    for done, sheet in enumerate(sheets):
        progress.step(done / len(sheets))
        outline = frame(sheet)
        part = plane.clip([watershed], outline)[0]
        area = measure.measureArea(part) if part is not None else 0.0
        if area >= LEAST_M2:
            found.append(SheetPart(sheet, part, min(area / measure.measureArea(outline), 1.0), area / total))
    return found


# -- base maps ---------------------------------------------------------------
def read_bases(
    source: QgsFeatureSource,
    parameter: str,
    names: BaseFields,
    *,
    shifts: Sequence[DatumShift] = (),
    progress: Progress = SILENT,
) -> BaseReading:
    """The registered base maps in EPSG:4490; one without geometry lies where its sheet number says.

    Warnings: QL-SHEET-FROMNUMBER, -BADNUMBER, -ELSEWHERE, -BADDATE, -FUTURE. Raises InputError with all faults:
    QL-SHEET-BADSCALE, QL-LAYER-NOFIELD, QL-CRS-*; Cancelled.
    """
    wanted = Wanted(POLYGON, tuple(n for n in (names.scale, names.date) if n))
    reading = read_records(
        source, sheet_crs(), parameter, wanted, algorithm="mapsheets", shifts=shifts, progress=progress
    )
    facts = {"parameter": parameter, "layer": source.sourceName()}
    numbered, warnings = _by_number(source, parameter, names, {r.fid for r in reading.records}, facts)
    records = [*reading.records, *numbered]
    silent = ("QL-LAYER-NOGEOMETRY", "QL-LAYER-NOFEATURES") if numbered else ()
    warnings = [*(w for w in reading.warnings if w.code not in silent), *warnings]
    bases, wrong = [], []
    for record in records:
        try:
            bases.append(_base(record, names))
        except ValueError:
            wrong.append((record.fid, record.attributes.get(names.scale)))
    if wrong:
        shown = ", ".join(str(value) for _, value in wrong[:3])
        raise InputError(
            "QL-SHEET-BADSCALE", field=names.scale, ids=id_list([f for f, _ in wrong]), values=shown, **facts
        )
    told = [*_misplaced(records, names, facts), *_dates(records, names, facts)]
    return BaseReading(bases, [*warnings, *told])


def _base(record: Record, names: BaseFields) -> Base:
    values = record.attributes
    title = next((str(values[n]) for n in ("name", names.sheet) if values.get(n)), "")
    scale, dated = scale_of(values.get(names.scale)), date_of(values.get(names.date))
    return Base(geometry_of(record.wkb or b""), scale, dated, title, record.fid)


def _by_number(
    source: QgsFeatureSource, parameter: str, names: BaseFields, placed: set[int], facts: Mapping[str, str]
) -> tuple[list[Record], list[Problem]]:
    """Rows without geometry, laid where their sheet number says."""
    if source.fields().indexOf(names.sheet) < 0 or len(placed) == source.featureCount():
        return [], []
    rows = read_records(source, sheet_crs(), parameter, Wanted(TABLE)).records
    found, unread = [], []
    for row in rows:
        if row.fid in placed or not row.attributes.get(names.sheet):
            continue
        sheet = _sheet_of(row, names)
        if sheet is None:
            unread.append(row.fid)
        else:
            found.append(row._replace(wkb=bytes(frame(sheet).asWkb())))
    warnings = []
    if found:
        ids = id_list([r.fid for r in found])
        warnings.append(problem("QL-SHEET-FROMNUMBER", count=len(found), ids=ids, **facts))
    if unread:
        warnings.append(problem("QL-SHEET-BADNUMBER", count=len(unread), ids=id_list(unread), **facts))
    return found, warnings


def _sheet_of(record: Record, names: BaseFields) -> MapSheet | None:
    text = record.attributes.get(names.sheet)
    try:
        return parse_number(str(text)) if text else None
    except InputError:
        return None  # a number of the owner's own; where it was needed, the caller says so


def _dates(records: Sequence[Record], names: BaseFields, facts: Mapping[str, Any]) -> list[Problem]:
    """Dates that are none, and those of days that are yet to come."""
    found = []
    today = date.today().isoformat()
    written = {r.fid: r.attributes.get(names.date) for r in records} if names.date else {}
    unread = {fid: value for fid, value in written.items() if unread_date(value)}
    coming = {fid: value for fid, value in written.items() if (date_of(value) or "") > today}
    for code, those in (("QL-SHEET-BADDATE", unread), ("QL-SHEET-FUTURE", coming)):
        if those:
            shown = ", ".join(str(value) for value in list(those.values())[:3])
            ids = id_list(list(those))
            found.append(problem(code, field=names.date, count=len(those), ids=ids, values=shown, **facts))
    return found


def _misplaced(records: Sequence[Record], names: BaseFields, facts: Mapping[str, Any]) -> list[Problem]:
    """Base maps whose polygon covers less than half of the sheet that their number names."""
    plane = QgisPlanar()
    wrong = []
    for record in records:
        sheet = _sheet_of(record, names)
        if sheet is None or record.wkb is None:
            continue
        outline = frame(sheet)
        common = plane.clip([outline], geometry_of(record.wkb))[0]
        if common is None or common.area() < _ELSEWHERE * outline.area():
            wrong.append((record.fid, number(sheet)))
    if not wrong:
        return []
    ids, named = id_list([fid for fid, _ in wrong]), ", ".join(text for _, text in wrong[:3])
    return [problem("QL-SHEET-ELSEWHERE", count=len(wrong), ids=ids, numbers=named, **facts)]
