"""The practice watershed's filled survey, written through the survey store like any other survey.

Store id, row uuids, header uuids and time stamps follow from the seed, so that the rows are the same each time.
"""

from __future__ import annotations

import uuid as uuids
from pathlib import Path
from typing import Any, Mapping, Sequence

import yaml

from ..core.practice import ground, names
from ..core.practice.package import TYPE, Content
from ..core.practice.scene import CREATED, Layer
from ..core.practice.survey import store_id
from ..core.practice.wkb import wkb
from .practice import srs
from .store import Change, Insert, NewSurvey, Srs, TableInfo, Update, create_store, multi_text

WHO = "练习"
_STORE_NAMES = {"landuse": "parcels", "measures_lines": "measures", "measures_points": "measures"}
_LISTS = frozenset({"flags"})


def write_survey(path: Path, content: Content, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """A survey with the content's layers and the rows of ``tables`` (sound or with planted faults).

    Raises InputError of the store where it cannot be written.
    """
    reference = srs()
    wkt = reference.ExportToWkt(["FORMAT=WKT1_GDAL"])
    frame = Srs(reference.GetName(), ground.EPSG, "EPSG", ground.EPSG, wkt)
    survey = NewSurvey(
        name=names.WATERSHED,
        code=names.CODE,
        type=TYPE,
        srs=frame,
        county=yaml.safe_dump(content.county, allow_unicode=True, sort_keys=False),
        crs=f"EPSG:{ground.EPSG}",
        store_id=store_id(content.watershed),
        at=CREATED,
    )
    with create_store(path, survey, who=WHO) as store:
        known = store.tables()
        changes: list[Change] = [*_features(content.layers, known), *_rows(tables, known)]
        headers = {row.uuid: row.version for row in store.rows("sheet")}
        for head in tables["sheet"]:
            values = {k: v for k, v in head.items() if k != "uuid"}
            changes.append(
                Update("sheet", head["uuid"], headers[head["uuid"]], {**values, "state": "filled"})
            )
        save_id = str(uuids.uuid5(uuids.UUID(survey.store_id), "practice"))
        store.save(changes, why="trainingwatershed", save_id=save_id, at=CREATED)
        told = str(uuids.uuid5(uuids.UUID(survey.store_id), "practice/meta"))
        store.set_meta(content.meta, why="trainingwatershed", save_id=told, at=CREATED)


def _features(layers: Sequence[Layer], known: Mapping[str, TableInfo]) -> list[Change]:
    """Every feature of a layer that the store has, with the fields that it has there."""
    found: list[Change] = []
    for layer in layers:
        table = known.get(_STORE_NAMES.get(layer.name, layer.name))
        if table is None:
            continue
        fields = {c.name for c in table.columns}
        for feature in layer.features:
            values = {k: _value(k, v) for k, v in feature.values.items() if k in fields and v is not None}
            shape = wkb(layer.geometry, feature.geometry)
            found.append(Insert(table.name, values, shape, feature.uuid))
    return found


def _value(field: str, value: Any) -> Any:
    return multi_text([value]) if field in _LISTS else value


def _rows(tables: Mapping[str, Sequence[Mapping[str, Any]]], known: Mapping[str, TableInfo]) -> list[Change]:
    """Rows of the survey tables under their headers, and of indicator_input."""
    headers = {head["table"]: head["uuid"] for head in tables["sheet"]}
    found: list[Change] = []
    for name, rows in tables.items():
        if name == "sheet":
            continue
        fields = {c.name for c in known[name].columns}
        for row in rows:
            values = {k: v for k, v in row.items() if k != "uuid" and v is not None}
            if "sheet_uuid" in fields:
                values["sheet_uuid"] = headers[name]
            found.append(Insert(name, values, uuid=row["uuid"]))
    return found
