"""Things marked with one click: the located row and the row of its survey table, as one save (4.3.3)."""

from __future__ import annotations

import uuid as uuids
from dataclasses import dataclass
from functools import cache
from typing import Any, Mapping, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry

from ..core.data import RESOURCES, load_yaml
from ..core.errors import InputError
from ..core.prefill.plan import last_number
from .datums import guard
from .store import Change, GpkgStore, Insert, Saved
from .store.editing import flat_wkb
from .storecrs import crs_of

POINT, POLYGON = "point", "polygon"
_M2_PER_HM2 = 1e4


@dataclass(frozen=True)
class Thing:
    """A kind of thing that can be marked; ``flag`` is a yes/no field that is asked for."""

    key: str
    zh: str
    en: str
    table: str
    geometry: str
    values: Mapping[str, Any]
    flag: str = ""
    row: Optional[Mapping[str, Any]] = None


@cache
def things() -> Mapping[str, Thing]:
    """All kinds by key, in order."""
    entries = load_yaml(RESOURCES / "field" / "quickadd.yaml")
    return {key: Thing(key=key, **entry) for key, entry in entries.items()}


@dataclass(frozen=True)
class Mark:
    """A thing as it was marked: where (in ``crs``), its name, whether its flag is set."""

    thing: Thing
    place: QgsGeometry
    crs: QgsCoordinateReferenceSystem
    name: str = ""
    flag: Optional[bool] = None


def add_mark(store: GpkgStore, mark: Mark) -> Saved:
    """Write a mark. Raises InputError QL-FIELD-NOSHAPE, QL-CRS-OUTSIDE, what the store raises."""
    shape = _in_survey(mark, store)
    wkb = flat_wkb(shape)
    wanted = QgsGeometry(shape)
    if wkb is None or shape.isEmpty() or (mark.thing.geometry == POLYGON and not wanted.area() > 0):
        raise InputError("QL-FIELD-NOSHAPE", thing=mark.thing.key)
    uuid = str(uuids.uuid4())
    values = {**mark.thing.values, "name": mark.name or None}
    if mark.thing.flag and mark.flag is not None:
        values[mark.thing.flag] = mark.flag
    changes: list[Change] = [Insert(mark.thing.table, values, wkb, uuid)]
    if mark.thing.row is not None:
        changes.append(_survey_row(store, mark, uuid, shape))
    return store.save(changes, why=f"quickadd {mark.thing.key}")


def _in_survey(mark: Mark, store: GpkgStore) -> QgsGeometry:
    moved = QgsGeometry(mark.place)
    way = guard(mark.crs, crs_of(store), layer=mark.thing.key, parameter="").transform
    if not way.identity:
        moved.transform(way.qgis())
    return moved if moved.isGeosValid() or mark.thing.geometry == POINT else moved.makeValid()


def _next_number(store: GpkgStore, table: str) -> int:
    """After a deletion the count of rows is the number of one that is there."""
    return last_number([r.values.get("row_no") for r in store.rows(table)]) + 1


def _survey_row(store: GpkgStore, mark: Mark, uuid: str, shape: QgsGeometry) -> Insert:
    row = mark.thing.row or {}
    table = str(row["table"])
    heads = store.rows("sheet", where={"table": table})
    values: dict[str, Any] = {
        **row.get("values", {}),
        "sheet_uuid": heads[0].uuid if heads else None,
        "row_no": _next_number(store, table),
        f"{mark.thing.table}_uuid": uuid,
        row["name"]: mark.name or None,
        row["area"]: round(shape.area() / _M2_PER_HM2, 4),
    }
    return Insert(table, values)
