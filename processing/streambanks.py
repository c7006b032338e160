"""The bank columns of the stream survey: which optional layers answer which columns of A.6 (4.3.2)."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from ..core.errors import Problem
from ..core.grid import Grid
from ..core.progress import Progress
from ..layers import bankfacts
from ..layers.landuse import classify_cells, classify_records, read_map
from ..layers.lines import polygon_shapes
from ..layers.rasters import read_codes, read_raster
from ..layers.records import POINT, POLYGON, Record, Wanted
from ..layers.streams import Terrain
from .inputs import Inputs
from .landinput import FIELDS, field_of

BANK_FIELDS = {
    "WATERBODIES": (("width_m", "number"),),
    "POLLUTION": (("sewage_outfalls", "integer"), ("sand_digging", "boolean")),
    "LANDUSE": (("riparian_land_use", "text"),),
    "COVER": (("vegetation", "number"),),
}


class Banks:
    """Columns of A.6 that the optional layers answer, one value a channel."""

    def __init__(self, inputs: Inputs, terrain: Terrain, progress: Progress) -> None:
        self.inputs = inputs
        self.terrain = terrain
        self.progress = progress
        self.belt = inputs.number("BANK_BELT")
        self.frame = bankfacts.metric_frame(terrain.dem.frame, terrain.to_target)
        self.mapping: Mapping[str, str] | None = None
        self.points: list[Record] = []
        self.parcels = bankfacts.Parcels([], [])

    def read(self) -> None:
        """Read the vectors before the long work; faults are left with ``inputs``."""
        inputs = self.inputs
        self.points = self._records("POLLUTION", Wanted(POINT, ("kind",)))
        inputs.warn(bankfacts.unknown_kinds(self.points, "POLLUTION", inputs.title("POLLUTION")))
        found = inputs.attempt(lambda: read_map(inputs.text("LANDUSE_MAP")))
        if found is None:  # without its map, what the codes mean is not known either
            return
        self.mapping, warnings = found
        inputs.warn(warnings)
        if inputs.given("LANDUSE") and not inputs.is_raster("LANDUSE"):
            self.parcels = self._parcels() or self.parcels

    def columns(self, lines: list[np.ndarray]) -> dict[str, list[Any]]:
        """Name -> values, for the layers that were given."""
        found: dict[str, list[Any]] = {}
        water = self._records("WATERBODIES", Wanted(POLYGON), told=True)
        self.inputs.settle()
        if self.inputs.given("WATERBODIES"):
            found["width_m"] = bankfacts.widths(lines, water, self.progress)
        if self.inputs.given("POLLUTION"):
            found.update(bankfacts.points_along(lines, self.points, self.belt, self.progress))
        if self.inputs.given("COVER"):
            found["vegetation"] = bankfacts.cover(lines, self._cover(), self.belt, self.progress)
        if self.inputs.given("LANDUSE"):
            found["riparian_land_use"] = self._land_use(lines, water)
        self._warn_of_nothing(found)
        return found

    def _warn_of_nothing(self, found: dict[str, list[Any]]) -> None:
        """A layer that lies along no channel is likely the wrong one, or elsewhere."""
        for name, fields in BANK_FIELDS.items():
            values = found.get(fields[0][0], [])
            if values and all(value is None for value in values):
                facts = {"parameter": name, "layer": self.inputs.title(name)}
                self.inputs.warn([Problem("QL-STREAMS-NOBANK", facts)])

    def _records(self, name: str, wanted: Wanted, *, told: bool = False) -> list[Record]:
        """The records of a layer in the output's CRS; ``told``: its warnings have been given before."""
        return self.inputs.records(name, self.terrain.target, wanted, first=self.terrain.crs, told=told)

    def _cover(self) -> Grid:
        source = self.inputs.raster("COVER") or ""
        reading = read_raster(
            source, "COVER", self.frame, algorithm="streamsurvey", shifts=self.inputs.shifts
        )
        self.inputs.warn(reading.warnings)
        self.inputs.faults.extend(bankfacts.cover_fault(reading.grid, "COVER", self.inputs.title("COVER")))
        self.inputs.settle()
        return reading.grid

    def _parcels(self) -> bankfacts.Parcels | None:
        """Land-use polygons with their classes; None where there is a fault."""
        inputs, before = self.inputs, len(self.inputs.faults)
        name = inputs.attempt(lambda: field_of(inputs, "LANDUSE", FIELDS)) or ""
        parcels = self._records("LANDUSE", Wanted(POLYGON, (name,) if name else ()))
        if len(inputs.faults) > before:
            return None
        sizes = [shape.area for shape in polygon_shapes(parcels)]
        layer = inputs.title("LANDUSE")
        classes = inputs.attempt(
            lambda: classify_records(parcels, sizes, name, layer=layer, mapping=self.mapping)
        )
        if classes is None:
            return None
        inputs.warn(classes.warnings)
        return bankfacts.Parcels(parcels, classes.classes)

    def _land_use(self, lines: list[np.ndarray], water: list[Record]) -> list[str | None]:
        inputs = self.inputs
        if not inputs.is_raster("LANDUSE"):
            return bankfacts.parcel_land_use(lines, self.parcels, self.belt, water, self.progress)
        source = inputs.raster("LANDUSE") or ""
        codes = read_codes(source, "LANDUSE", self.frame, algorithm="streamsurvey", shifts=inputs.shifts)
        areas = codes.grid.frame.row_cell_areas()
        found = classify_cells(codes.grid, areas, layer=inputs.title("LANDUSE"), mapping=self.mapping)
        inputs.warn([*codes.warnings, *found.warnings])
        cells = bankfacts.LandCells(codes.grid, found.classes)
        return bankfacts.cell_land_use(lines, cells, self.belt, self.progress)
