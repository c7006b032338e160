"""``LAYOUT``, ``ZONES``, ``ADMIN`` and ``PARCELS``: the layers of a layout in the CRS of the results."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Callable, Mapping, Sequence

from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle, QgsVectorLayer

from ..core.errors import InputError, Problem
from ..core.layoutplan.cutting import Areas
from ..core.layoutplan.model import PLANNED
from ..core.progress import Progress
from ..core.siting.model import Shapes
from ..core.standard import Edition
from ..layers.crs import coordinate_problems, crs_problems, output_crs
from ..layers.layoutplan import Placed, areas_of, placed
from ..layers.records import ANY, POLYGON, Record, Wanted, id_list, read_records, told_apart
from ..layers.sitingsigned import cards_in
from ..layers.sitingvalues import checked, status_of, zones_strange
from .inputs import Inputs

OVERLAP_M2 = 10.0
"""Overlaps of areas up to this, in all, are noise of their vertices."""


def distinct(measures: Sequence[Placed]) -> tuple[list[Placed], list[str]]:
    """The measures, those that share a uuid told apart by a number, and the uuids that stand on several."""
    keys, twice = told_apart([measure.item.uuid for measure in measures])
    found = [
        measure if measure.item.uuid == key else measure._replace(item=replace(measure.item, uuid=key))
        for measure, key in zip(measures, keys)
    ]
    return found, twice


class Layout:
    """The layers named by ``LAYOUT``: the CRS of the results is that of the first (CONTRACT, lengths and areas).

    Raises InputError where a layer cannot be read or none lies anywhere.
    """

    def __init__(self, inputs: Inputs, shapes: Shapes, edition: Edition, name: str = "LAYOUT") -> None:
        self._inputs = inputs
        self._shapes = shapes
        self._edition = edition
        self._name = name
        self.layers = self._open()
        self._cards = cards_in(self.layers)
        main = self.layers[0]
        self.first = main.crs()
        found = output_crs(self.first, self._box(main), main.name(), name)
        inputs.warn(found.warnings)
        self.crs: QgsCoordinateReferenceSystem = found.crs

    def _open(self) -> list[QgsVectorLayer]:
        inputs, name = self._inputs, self._name
        given = inputs.parameters.get(name)
        values = list(given) if isinstance(given, (list, tuple)) else [given]
        found = inputs.algorithm.parameterAsLayerList(inputs.parameters, name, inputs.context)
        layers = [layer for layer in found if isinstance(layer, QgsVectorLayer) and layer.isValid()]
        if len(layers) < len(values):
            facts = {"parameter": name, "layer": ", ".join(map(str, values)), "path": "-"}
            inputs.faults.append(Problem("QL-LAYER-NOVECTOR", facts))
        elif not layers:
            inputs.faults.append(Problem("QL-PLAN-LAYOUTEMPTY"))
        for layer in layers:
            faults = crs_problems(layer.crs(), layer.name(), name)
            inputs.faults += faults or coordinate_problems(layer.crs(), layer.extent(), layer.name(), name)
        inputs.stop()
        return sorted(layers, key=lambda layer: layer.featureCount() == 0)

    def _box(self, layer: QgsVectorLayer) -> QgsRectangle:
        if layer.featureCount() == 0:
            raise InputError("QL-LAYER-NOFEATURES", layer=layer.name(), parameter=self._name)
        return layer.extent()

    def measures(self, progress: Progress) -> list[Placed]:
        """All measures; the faults of all layers are kept in the inputs."""
        found: list[Placed] = []
        for layer in self.layers:
            found += self._inputs.attempt(partial(self._read, layer, progress)) or []
        return found

    def _read(self, layer: QgsVectorLayer, progress: Progress) -> list[Placed]:
        inputs = self._inputs
        wanted = Wanted(ANY, ("measure",))
        reading = read_records(
            layer, self.crs, self._name, wanted, algorithm=inputs.algorithm.name(), first=self.first,
            shifts=inputs.shifts, progress=progress,
        )  # fmt: skip
        inputs.warn(reading.warnings)
        records = self._told(layer, [r._replace(attributes=self._entered(r)) for r in reading.records])
        return placed(records, self._shapes, self._edition, layer.name(), self._name)

    def _entered(self, record: Record) -> dict[str, Any]:
        """The columns of a measure, with what is entered on its card in the survey."""
        return {**record.attributes, **self._cards.get(record.uuid or "", {})}

    def _told(self, layer: QgsVectorLayer, records: Sequence[Record]) -> list[Record]:
        """The records with a status that is known; other words are told and count as planned."""
        found, strange = [], []
        for record in records:
            given = record.attributes.get("status")
            status = status_of(given)
            if status is None:
                strange.append((str(given), record.fid))
            known = {} if given in (None, status) else {"status": status or PLANNED}
            found.append(record._replace(attributes={**record.attributes, **known}))
        if strange:
            values = ", ".join(list(dict.fromkeys(word for word, _ in strange))[:5])
            facts = {"layer": layer.name(), "count": len(strange), "values": values}
            self._inputs.warn([Problem("QL-PLAN-STATUS", {**facts, "ids": id_list([f for _, f in strange])})])
        judged = checked(self._name, found, self._edition)
        self._inputs.warn(judged.warnings)
        return judged.records

    def areas(
        self, name: str, name_of: Callable[[Mapping[str, Any]], Any], progress: Progress, *fields: str
    ) -> Areas | None:
        """The polygons of an input to cut by, None where it is not given."""
        if not self._inputs.given(name):
            return None
        records = self._inputs.records(
            name, self.crs, Wanted(POLYGON, fields), first=self.first, progress=progress
        )
        if name == "ZONES":
            strange = zones_strange((r.attributes.get("zone") for r in records), self._edition)
            words = {"values": ", ".join(strange)}
            self._inputs.warn([Problem("QL-PLAN-ZONEWORD", words)] if strange else [])
        if name != "PARCELS":
            self._tell_overlap(
                name, [shape for r in records for shape in [self._shapes.read(r.wkb or b"")] if shape]
            )
        return areas_of(records, self._shapes, name_of)

    def _tell_overlap(self, name: str, shapes: Sequence[Any]) -> None:
        whole = self._shapes.union(shapes)
        twice = sum(self._shapes.area(s) for s in shapes) - (
            0.0 if whole is None else self._shapes.area(whole)
        )
        if twice > OVERLAP_M2:
            facts = {"parameter": name, "area": f"{twice / 1e4:.4f}"}
            self._inputs.warn([Problem("QL-PLAN-AREAOVERLAP", facts)])
