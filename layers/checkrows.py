"""A survey store as the checks see it: plain rows, what geometries measure, code lists, the year that counts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, FrozenSet, Iterable, Mapping, Sequence

from qgis.core import QgsGeometry, QgsWkbTypes

from ..core.field.names import safe_relative
from ..core.mapsheets.bases import Base, covering, date_of, scale_of
from ..core.standard import Edition
from ..core.surveychecks import Case, Row
from ..core.surveychecks.model import MISSING, OUTSIDE
from ..core.surveychecks.places import UNPLACED
from ..core.surveychecks.written import date_in, lies_ahead
from .planar import QgisPlanar, geometry_of
from .schema import LAYER, SURVEY, StoreTable, code_lists, store_schema
from .store import GpkgStore
from .surveyphotos import file_of

_POLYGON = QgsWkbTypes.GeometryType.PolygonGeometry
_LINE = QgsWkbTypes.GeometryType.LineGeometry
_TABLES = ("sheet", "indicator_input")
BASE_MAPS = "base_sheets"
YEAR_KEYS = ("evaluation_date",)


def measures_of(wkb: bytes | None) -> dict[str, float]:
    """``area_m2`` of a polygon, ``length_m`` of a line, planar in its CRS; empty for anything else."""
    if not wkb:
        return {}
    shape = geometry_of(wkb)
    if shape.type() == _POLYGON:
        return {"area_m2": float(shape.area())}
    return {"length_m": float(shape.length())} if shape.type() == _LINE else {}


def _measures(table: StoreTable, wkb: bytes | None) -> dict[str, float]:
    if table.geometry is not None and (not wkb or geometry_of(wkb).isEmpty()):
        return {UNPLACED: 1.0}
    return measures_of(wkb)


def check_rows(store: GpkgStore, edition: Edition) -> dict[str, list[Row]]:
    """Every row that checks look at, by table; a table that the file lacks has none."""
    wanted = [t for t in store_schema(edition).values() if t.role in (SURVEY, LAYER) or t.name in _TABLES]
    present = store.tables()
    return {
        t.name: [Row(t.name, r.uuid, r.values, _measures(t, r.wkb)) for r in store.rows(t.name)]
        for t in wanted
        if t.name in present
    }


def layer_codes(edition: Edition) -> dict[tuple[str, str], FrozenSet[str]]:
    """Values that coded fields of layers and of the store's own tables take, by (table, field)."""
    lists = code_lists(edition)
    found = {}
    for table in store_schema(edition).values():
        if table.role == LAYER or table.name in _TABLES:
            found.update(_codes_of(table, lists))
    return found


def _codes_of(table: StoreTable, lists: Mapping[str, Iterable[Any]]) -> dict[tuple[str, str], FrozenSet[str]]:
    return {
        (table.name, f.name): frozenset(str(item.code) for item in lists[f.codes])
        for f in table.fields
        if f.codes
        and f.codes in lists
        and f.name != "landuse"  # land use comes in several lists; A.1 and A.5 judge it
    }


def last_complete_year(meta: Mapping[str, str], sheets: Iterable[Row], today: dt.date) -> int | None:
    """The year before that of the evaluation, else before that of the latest survey date; None without both.

    A survey date that is none or lies ahead tells no year: by 2099 every value would be too old.
    """
    given = evaluation_day(meta)
    if given is not None:
        return given.year - 1
    days = [date_in(r.values["survey_date"]) for r in sheets if r.values.get("survey_date")]
    years = [d.year for d in days if d is not None and not lies_ahead(d, today)]
    return max(years) - 1 if years else None


def evaluation_day(meta: Mapping[str, str]) -> dt.date | None:
    """The day of the evaluation as the survey has it, None where it is not given or no day."""
    days = [date_in(meta[k]) for k in YEAR_KEYS if meta.get(k)]
    return max((d for d in days if d is not None), default=None)


def file_faults(
    home: Path, rows: Mapping[str, Sequence[Row]], edition: Edition
) -> dict[tuple[str, str, str], str]:
    """Files that rows name and that lie elsewhere or nowhere, by (table, uuid, field)."""
    found = {}
    for table in store_schema(edition).values():
        for field in (f for f in table.fields if f.widget in ("photo", "file")):
            for row in rows.get(table.name, ()):
                value = row.values.get(field.name)
                fault = _file_fault(home, str(value)) if value else None
                if fault is not None:
                    found[(table.name, row.uuid, field.name)] = fault
    return found


def _file_fault(home: Path, path: str) -> str | None:
    if safe_relative(path) is None:
        return OUTSIDE
    found = file_of(home, path)
    try:
        there = found is not None and found.is_file()
        elsewhere = found is None and home.parent.joinpath(path).exists()
    except (OSError, ValueError):  # a name that no system takes
        return MISSING
    if elsewhere:
        return OUTSIDE
    return None if there else MISSING


def base_maps_needed(store: GpkgStore, edition: Edition) -> FrozenSet[str] | None:
    """Base maps that the watershed rests on, the most detailed first (4.1.3); None where no map has its ground.

    A map without ground of its own counts as needed.
    """
    if BASE_MAPS not in store.tables():
        return None
    rows = store.rows(BASE_MAPS)
    shapes = {n: _polygon(r.wkb) for n, r in enumerate(rows)}
    bases = [
        Base(shape, _scale(rows[n].values.get("base_scale")), date_of(rows[n].values.get("base_date")), "", n)
        for n, shape in shapes.items()
        if shape is not None
    ]
    if not bases:
        return None
    ground = _watershed(store) or QgsGeometry.unaryUnion([b.shape for b in bases])
    most = int(edition.default("base_map_scale_denominator_max"))
    used = {b.fid for b in covering(ground, bases, most, QgisPlanar()).used}
    return frozenset(r.uuid for n, r in enumerate(rows) if n in used or shapes[n] is None)


def _scale(value: Any) -> int | None:
    try:
        return scale_of(value)
    except ValueError:
        return None


def _watershed(store: GpkgStore) -> QgsGeometry | None:
    if "boundary" not in store.tables():
        return None
    parts = [shape for shape in (_polygon(r.wkb) for r in store.rows("boundary")) if shape is not None]
    return QgsGeometry.unaryUnion(parts) if parts else None


def _polygon(wkb: bytes | None) -> QgsGeometry | None:
    """A valid polygon, None where the row has none."""
    shape = geometry_of(wkb) if wkb else QgsGeometry()
    if shape.isNull() or shape.type() != _POLYGON or shape.isEmpty():
        return None
    return shape if shape.isGeosValid() else shape.makeValid()


def read_case(
    store: GpkgStore,
    edition: Edition,
    type_: str = "",
    network: Iterable[Row] | None = None,
    day: dt.date | None = None,
) -> Case:
    """The survey for :func:`core.surveychecks.check_survey`; without ``type_`` the survey's own type.

    ``day`` is that of the evaluation; without it the survey's own, else today.
    """
    rows, meta = check_rows(store, edition), store.meta()
    latest = day or evaluation_day(meta) or dt.date.today()
    return Case(
        edition,
        rows,
        type_ or meta.get("type", ""),
        last_complete_year(meta, rows.get("sheet", []), latest),
        layer_codes(edition),
        None if network is None else list(network),
        base_maps_needed(store, edition),
        latest,
        file_faults(store.home, rows, edition),
    )
