"""A survey store as the checks see it: plain rows, what geometries measure, code lists, the year that counts."""

from __future__ import annotations

from typing import Any, FrozenSet, Iterable, Mapping

from qgis.core import QgsGeometry, QgsWkbTypes

from ..core.mapsheets.bases import Base, covering, date_of, scale_of
from ..core.standard import Edition
from ..core.surveychecks import Case, Row
from ..core.surveychecks.places import UNPLACED
from .planar import QgisPlanar, geometry_of
from .schema import LAYER, SURVEY, StoreTable, code_lists, store_schema
from .store import GpkgStore

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


def last_complete_year(meta: Mapping[str, str], sheets: Iterable[Row]) -> int | None:
    """The year before that of the evaluation, else before that of the latest survey date; None without both."""
    dates = [meta[k] for k in YEAR_KEYS if meta.get(k)]
    dates = dates or [str(r.values["survey_date"]) for r in sheets if r.values.get("survey_date")]
    years = [int(d[:4]) for d in dates if d[:4].isdigit()]
    return max(years) - 1 if years else None


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
    store: GpkgStore, edition: Edition, type_: str = "", network: Iterable[Row] | None = None
) -> Case:
    """The survey for :func:`core.surveychecks.check_survey`; without ``type_`` the survey's own type."""
    rows, meta = check_rows(store, edition), store.meta()
    return Case(
        edition,
        rows,
        type_ or meta.get("type", ""),
        last_complete_year(meta, rows.get("sheet", [])),
        layer_codes(edition),
        None if network is None else list(network),
        base_maps_needed(store, edition),
    )
