"""Where each role of the prefill comes from: the layer that was given, else the survey's own layer."""

from __future__ import annotations

from functools import partial
from typing import Any, Mapping, NamedTuple, Sequence

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsRectangle, QgsVectorLayer

from ..core import language
from ..core.errors import InputError
from ..core.progress import Progress
from ..core.standard import Edition
from ..layers.crs import is_in_metres, is_usable, output_crs
from ..layers.datums import Transform, guard
from ..layers.planar import geometry_of
from ..layers.records import (
    ANY,
    LINE,
    NAME_FIELDS,
    POINT,
    POLYGON,
    Record,
    RecordReading,
    Wanted,
    read_records,
)
from ..layers.schema import store_schema
from ..layers.store import GpkgStore
from ..layers.storecrs import crs_of
from ..layers.surveywords import coded, columns_of, without_class
from .inputs import Inputs

# role -> (layer of the survey, geometry)
ROLES = {
    "BOUNDARY": ("boundary", POLYGON), "LANDUSE": ("parcels", POLYGON), "EROSION": ("erosion", POLYGON),
    "CHANNELS": ("channels", LINE), "VILLAGES": ("villages", ANY), "ADMIN": ("admin_villages", POLYGON),
    "TOWNSHIPS": ("", POLYGON), "ROADS": ("roads", LINE), "POLLUTION": ("pollution_sources", POINT),
    "WATERBODIES": ("waterbodies", POLYGON), "OUTLET": ("outlet", POINT), "GULLIES": ("", LINE),
    "GEOLOGY": ("", POLYGON), "STRUCTURES": ("", ANY), "HUBS": ("", POINT),
    "BANKS": ("banks", LINE), "TREATED": ("reaches", LINE), "GREEN": ("green_space", POLYGON),
    "BUILT": ("built_land", POLYGON), "LAYOUT": ("measures", ANY),
}  # fmt: skip
FIELDS = {
    "EROSION": ("EROSION_FIELD",), "BANKS": ("BANK_FIELD", "SIDE_FIELD", "GROUP_FIELD"),
    "GREEN": ("GREEN_FIELD",),
}  # fmt: skip
"""Parameters that name fields of a role's layer."""
SEVERAL = ("LAYOUT",)
"""Roles that take several layers."""
_SHARED = {"TREATED": ("GROUP_FIELD",)}
RASTERS = ("DEM", "COVER", "SOIL_LOSS", "TEMPERATURE", "PRECIPITATION", "POPULATION")


def name_in(values: Mapping[str, Any]) -> str | None:
    """The name of a feature by the usual field names, None without one."""
    found = next((values[n] for n in NAME_FIELDS if values.get(n)), None)
    return None if found is None else str(found)


class Layer(NamedTuple):
    """The features of a role in the target CRS; ``own`` where they are the survey's, with their uuid."""

    name: str
    title: str
    own: bool
    records: Sequence[Record]
    shapes: Sequence[QgsGeometry]

    def __bool__(self) -> bool:
        return bool(self.records)

    def feature(self, index: int) -> tuple[tuple[str, str | None], ...]:
        """What a value rests on: the layer and the uuid of one feature."""
        return ((self.name, self.records[index].uuid),)

    @property
    def whole(self) -> tuple[tuple[str, str | None], ...]:
        """What a value rests on that needs every feature."""
        return ((self.name, None),)


class Roles:
    """Reads roles of one run; ``target`` is the metric CRS that all is measured in."""

    def __init__(self, inputs: Inputs, store: GpkgStore, edition: Edition, progress: Progress) -> None:
        self.inputs = inputs
        self.edition = edition
        self.store = store
        self.progress = progress
        self.own_crs = crs_of(store)
        self.target = self._target()
        self.to_target = guard(self.own_crs, self.target, layer="SURVEY").transform

    def _target(self) -> QgsCoordinateReferenceSystem:
        """The survey's CRS where it is in metres, else the metric one for where its boundary lies."""
        if is_usable(self.own_crs) and is_in_metres(self.own_crs):
            return self.own_crs
        box = QgsRectangle()
        for row in self.store.rows("boundary") if "boundary" in self.store.tables() else []:
            box.combineExtentWith(geometry_of(row.wkb or b"").boundingBox())
        if box.isEmpty():
            raise InputError("QL-PREFILL-CRS", crs=self.own_crs.authid() or "-")
        found = output_crs(self.own_crs, box, "boundary", "SURVEY")
        self.inputs.warn(found.warnings)
        return found.crs

    def layer(self, role: str) -> Layer:
        """Features of a role; empty where neither a layer is given nor the survey has any."""
        name = ROLES[role][0]
        if self.inputs.given(role) and self.inputs.parameters[role] != []:
            return self._given(role)
        return self.own(name) if name else _layer(role.lower(), role, False, [])

    def _given(self, role: str) -> Layer:
        """A layer that was given, its words in the survey's codes; those that have none are told."""
        inputs, (name, kind) = self.inputs, ROLES[role]
        if role in SEVERAL:
            title, records = self._several(role, Wanted(kind))
        else:
            title = inputs.title(role)
            records = inputs.records(
                role, self.target, Wanted(kind), first=self.own_crs, progress=self.progress
            )
        fields = {f: inputs.text(f) for f in (*FIELDS.get(role, ()), *_SHARED.get(role, ()))}
        columns = columns_of(role, fields, self.edition)
        found = coded(records, columns, title)
        inputs.warn(without_class(records, columns, title) + found.warnings)
        return _layer(name or role.lower(), title, False, found.records)

    def _several(self, role: str, wanted: Wanted) -> tuple[str, list[Record]]:
        """The names of the layers of a role that takes several, and the features of all."""
        inputs, found = self.inputs, []
        layers = inputs.algorithm.parameterAsLayerList(inputs.parameters, role, inputs.context)
        vectors = [layer for layer in layers if isinstance(layer, QgsVectorLayer)]
        for layer in vectors:
            reading = inputs.attempt(partial(self._read, layer, role, wanted))
            if reading is not None:
                inputs.warn(reading.warnings)
                found += reading.records
        return "、".join(layer.name() for layer in vectors), found

    def _read(self, layer: QgsVectorLayer, role: str, wanted: Wanted) -> RecordReading:
        inputs = self.inputs
        return read_records(
            layer, self.target, role, wanted, algorithm=inputs.algorithm.name(), first=self.own_crs,
            shifts=inputs.shifts, progress=self.progress,
        )  # fmt: skip

    def own(self, name: str) -> Layer:
        """Features of a layer of the survey."""
        known = store_schema().get(name)
        title = name if known is None else (known.zh if language.current() == "zh" else known.en)
        records = []
        for number, row in enumerate(self.store.rows(name) if name in self.store.tables() else []):
            if row.wkb:
                records.append(Record(number, row.uuid, self._moved(row.wkb, self.to_target), row.values))
        return _layer(name, title, True, records)

    @staticmethod
    def _moved(wkb: bytes, transform: Transform) -> bytes:
        if transform.identity:
            return wkb
        shape = geometry_of(wkb)
        shape.transform(transform.qgis())
        return bytes(shape.asWkb())


def _layer(name: str, title: str, own: bool, records: Sequence[Record]) -> Layer:
    return Layer(name, title, own, records, [geometry_of(r.wkb or b"") for r in records])
