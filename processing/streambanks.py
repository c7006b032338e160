"""The bank columns of the stream survey: which optional layers answer which columns of A.6 (4.3.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import InputError, Problem
from ..core.grid import Grid
from ..core.progress import Progress
from ..layers import bankfacts
from ..layers.landuse import classify_cells, classify_records, read_map
from ..layers.lines import polygon_shapes
from ..layers.rasters import read_codes, read_raster
from ..layers.records import POINT, POLYGON, Record, Wanted
from ..layers.streams import Terrain
from .inputs import Inputs

BANK_FIELDS = {
    "WATERBODIES": (("width_m", "number"),),
    "POLLUTION": (("sewage_outfalls", "integer"), ("sand_digging", "boolean")),
    "LANDUSE": (("riparian_land_use", "text"),),
    "COVER": (("vegetation", "number"),),
}


class Banks:
    """Columns of A.6 that the optional layers answer, one value a channel."""

    def __init__(self, inputs: Inputs, lines: list[np.ndarray], terrain: Terrain, progress: Progress) -> None:
        self.inputs = inputs
        self.lines = lines
        self.terrain = terrain
        self.progress = progress
        self.belt = inputs.number("BANK_BELT")
        self.frame = bankfacts.metric_frame(terrain.dem.frame, terrain.to_target)

    def columns(self) -> dict[str, list[Any]]:
        """Name -> values, for the layers that were given."""
        found: dict[str, list[Any]] = {}
        water = self._records("WATERBODIES", Wanted(POLYGON), told=True)
        if self.inputs.given("WATERBODIES"):
            found["width_m"] = bankfacts.widths(self.lines, water, self.progress)
        if self.inputs.given("POLLUTION"):
            points = self._records("POLLUTION", Wanted(POINT, ("kind",)))
            self.inputs.warn(bankfacts.unknown_kinds(points, "POLLUTION", self.inputs.title("POLLUTION")))
            found.update(bankfacts.points_along(self.lines, points, self.belt, self.progress))
        if self.inputs.given("COVER"):
            found["vegetation"] = bankfacts.cover(self.lines, self._cover(), self.belt, self.progress)
        if self.inputs.given("LANDUSE"):
            found["riparian_land_use"] = self._land_use(water)
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
        found = self.inputs.records(name, self.terrain.target, wanted, first=self.terrain.crs, told=told)
        self.inputs.settle()
        return found

    def _cover(self) -> Grid:
        source = self.inputs.raster("COVER") or ""
        reading = read_raster(
            source, "COVER", self.frame, algorithm="streamsurvey", shifts=self.inputs.shifts
        )
        self.inputs.warn(reading.warnings)
        self.inputs.faults.extend(bankfacts.cover_fault(reading.grid, "COVER", self.inputs.title("COVER")))
        self.inputs.settle()
        return reading.grid

    def _land_use(self, water: list[Record]) -> list[str | None]:
        inputs = self.inputs
        mapping, warnings = read_map(inputs.text("LANDUSE_MAP"))
        inputs.warn(warnings)
        if inputs.is_raster("LANDUSE"):
            source = inputs.raster("LANDUSE") or ""
            codes = read_codes(source, "LANDUSE", self.frame, algorithm="streamsurvey", shifts=inputs.shifts)
            areas = codes.grid.frame.row_cell_areas()
            found = classify_cells(codes.grid, areas, layer=inputs.title("LANDUSE"), mapping=mapping)
            inputs.warn([*codes.warnings, *found.warnings])
            return bankfacts.cell_land_use(
                self.lines, bankfacts.LandCells(codes.grid, found.classes), self.belt, self.progress
            )
        name = inputs.text("LANDUSE_FIELD")
        if not name:
            raise InputError(
                "QL-PARAM-MISSING", parameter="LANDUSE_FIELD", label=self.inputs.label("LANDUSE_FIELD")
            )
        parcels = self._records("LANDUSE", Wanted(POLYGON, (name,)))
        sizes = [shape.area for shape in polygon_shapes(parcels)]
        classes = classify_records(parcels, sizes, name, layer=inputs.title("LANDUSE"), mapping=mapping)
        inputs.warn(classes.warnings)
        known = bankfacts.Parcels(parcels, classes.classes)
        return bankfacts.parcel_land_use(self.lines, known, self.belt, water, self.progress)
