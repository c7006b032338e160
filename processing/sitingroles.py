"""The roles of the layout check (CONTRACT, Layout): parameters, and the ground that comes of what is given."""

from __future__ import annotations

import math
from typing import Any, Collection, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..core.county import references
from ..core.errors import InputError, Problem
from ..core.grid import GridFrame
from ..core.siting.ground import Ground
from ..core.siting.model import Settings
from ..core.standard import default_edition
from ..core.zoning.rules import parse_overrides
from ..layers.landuse import classify_cells, read_map
from ..layers.rasters import read_codes, read_dem, read_raster
from ..layers.records import POLYGON, Wanted
from ..layers.siting import (
    LAND_USE_FIELDS,
    ROLE_KINDS,
    SOIL_DEPTH_FIELDS,
    classify_polygons,
    frame_without_dem,
    grid_frame,
    new_ground,
    take_codes,
    take_cover,
    take_depth,
    take_land_use,
    take_records,
    take_soil_depth,
    take_terrain,
    terrain_wanted,
    usual_field,
    wanted_of,
)
from ..layers.zoninggrid import Bounds
from .algorithm import QingliuAlgorithm
from .extent import alone
from .feedback import StageProgress
from .inputs import Inputs
from .landinput import add_landuse, takes_raster

GROUND_STAGES = (
    ("read_features", 2.0), ("read_dem", 1.0), ("compile", 0.2), ("descent", 0.5), ("fill", 0.5), ("directions", 0.3),
    ("flats", 0.3), ("accumulation", 0.5), ("slope", 0.5), ("read_raster", 0.5),
)  # fmt: skip
_KINDS = {
    "polygon": QgsProcessing.SourceType.TypeVectorPolygon,
    "line": QgsProcessing.SourceType.TypeVectorLine,
    "any": QgsProcessing.SourceType.TypeVectorAnyGeometry,
}


def add_roles(algorithm: QingliuAlgorithm, *, without: Collection[str] = ()) -> None:
    """Add every role; ``without`` those that the algorithm defines itself."""
    for role in ("PARCELS", "ZONES"):
        _add_source(algorithm, role, without)
    algorithm.add(QgsProcessingParameterRasterLayer("DEM", algorithm.label("DEM"), optional=True))
    add_landuse(algorithm)
    raster, polygon = QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon
    label = algorithm.label("SOIL_DEPTH")
    algorithm.add(QgsProcessingParameterMapLayer("SOIL_DEPTH", label, optional=True, types=[raster, polygon]))
    label = algorithm.label("SOIL_DEPTH_FIELD")
    algorithm.add(QgsProcessingParameterField("SOIL_DEPTH_FIELD", label, None, "SOIL_DEPTH", optional=True))
    algorithm.add(QgsProcessingParameterRasterLayer("COVER", algorithm.label("COVER"), optional=True))
    for role in ROLE_KINDS:
        if role not in ("PARCELS", "ZONES"):
            _add_source(algorithm, role, without)
    _add_enum(algorithm, "REGION", regions())
    _add_enum(algorithm, "TYPE", list(default_edition().types))
    behaviour = QgsProcessingParameterFile.Behavior.File
    label = algorithm.label("COUNTY")
    algorithm.add(QgsProcessingParameterFile("COUNTY", label, behaviour, "yaml", optional=True))
    rules = QgsProcessingParameterString("RULES", algorithm.label("RULES"), "", True, optional=True)
    algorithm.add(rules, advanced=True)


def _add_source(algorithm: QingliuAlgorithm, role: str, without: Collection[str]) -> None:
    if role not in without:
        kinds = [_KINDS[ROLE_KINDS[role]]]
        algorithm.add(QgsProcessingParameterFeatureSource(role, algorithm.label(role), kinds, optional=True))


def _add_enum(algorithm: QingliuAlgorithm, name: str, keys: Sequence[str]) -> None:
    algorithm.add(
        QgsProcessingParameterEnum(
            name, algorithm.label(name), list(keys), optional=True, usesStaticStrings=True
        )
    )


def regions() -> list[str]:
    """Keys of the soil-conservation regions that rules name."""
    attribute = default_edition().siting.attribute("region")
    return [v.key for v in attribute.values] if attribute is not None else []


def settings_of(inputs: Inputs) -> Settings:
    """Type, region, and the numbers of edition, county and ``RULES``; faults QL-SITE-NOPARAMETER, QL-SITE-BADNUMBER."""
    county = inputs.county()
    overrides = inputs.attempt(lambda: parse_overrides(inputs.text("RULES"))) or {}
    known = default_edition().parameters
    strange = sorted(k for k in overrides if k not in known)
    if strange:
        inputs.faults.append(Problem("QL-SITE-NOPARAMETER", {"names": ", ".join(strange)}))
    wrong = sorted(k for k, v in overrides.items() if k in known and not _finite(v))
    if wrong:
        inputs.faults.append(Problem("QL-SITE-BADNUMBER", {"names": ", ".join(wrong)}))
    values = references(county=county, overrides=overrides)
    type_key = inputs.choice("TYPE") if inputs.given("TYPE") else None
    region = inputs.choice("REGION") if inputs.given("REGION") else None
    return Settings(values, type_key, region)


def _finite(value: Any) -> bool:
    """Whether a value is a number that can be reckoned with."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


class GroundInput:
    """Reads the roles of a run into a ground, faults kept in the inputs until they are settled.

    ``target`` is the CRS of the results, ``first`` that of the first input, ``bounds`` where measures lie.
    """

    def __init__(
        self,
        inputs: Inputs,
        settings: Settings,
        target: QgsCoordinateReferenceSystem,
        first: QgsCoordinateReferenceSystem,
        bounds: Bounds,
        progress: StageProgress,
    ) -> None:
        self.inputs, self.settings, self.progress = inputs, settings, progress
        self.target, self.first, self.bounds = target, first, bounds
        self.ground: Ground = new_ground(settings)
        self.frame: GridFrame | None = None
        self.whole = False  # land use is asked over all of the zones too

    def read(self, keys: Collection[str], *, without: Collection[str] = ()) -> Ground:
        """Every role that is given; ``keys`` are the measures that will be judged."""
        if self.inputs.given("DEM"):
            self.inputs.attempt(lambda: self._terrain(keys))
        for role in ROLE_KINDS:
            if role not in without and self.inputs.given(role):
                self.inputs.attempt(lambda r=role: self._features(r))  # type: ignore[misc]
        for role, work in (("LANDUSE", self._land_use), ("SOIL_DEPTH", self._soil), ("COVER", self._cover)):
            if self.inputs.given(role):
                self.inputs.attempt(work)
        return self.ground

    def _terrain(self, keys: Collection[str]) -> None:
        inputs = self.inputs
        reading = read_dem(inputs.raster("DEM") or "", progress=self.progress)
        inputs.warn(reading.warnings)
        self.frame = grid_frame(reading.grid.frame, self.target, self.bounds)
        inputs.warn(take_terrain(self.ground, reading.grid, self.frame, terrain_wanted(keys), self.progress))

    def _features(self, role: str) -> None:
        inputs = self.inputs
        source = alone(inputs, lambda: inputs.source(role))
        present = source.fields().names() if source is not None else []
        wanted = wanted_of(role, present)
        records = alone(
            inputs,
            lambda: inputs.records(role, self.target, wanted, first=self.first, progress=self.progress),
        )
        inputs.warn(take_records(self.ground, role, records))
        if role == "PARCELS" and not inputs.given("LANDUSE"):
            name = next((n for n in LAND_USE_FIELDS if n in present), "")
            if name:
                self._classes(records, name, "PARCELS")

    def _land_use(self) -> None:
        inputs = self.inputs
        if takes_raster(inputs, "LANDUSE"):
            self._land_use_cells()
            return
        name = inputs.text("LANDUSE_FIELD") or self._usual("LANDUSE", LAND_USE_FIELDS)
        wanted = Wanted(POLYGON, (name,))
        records = alone(
            inputs,
            lambda: inputs.records("LANDUSE", self.target, wanted, first=self.first, progress=self.progress),
        )
        self._classes(records, name, "LANDUSE")

    def _usual(self, role: str, names: Sequence[str]) -> str:
        source = alone(self.inputs, lambda: self.inputs.source(role))
        return names[0] if source is None else usual_field(source, names)

    def _classes(self, records: Any, name: str, role: str) -> None:
        mapping, warnings = read_map(self.inputs.text("LANDUSE_MAP") or None)
        found = classify_polygons(records, name, layer=self.inputs.title(role), mapping=mapping)
        self.inputs.warn([*warnings, *found.warnings])
        take_land_use(self.ground, records, found.classes)

    def _land_use_cells(self) -> None:
        inputs = self.inputs
        mapping, warnings = read_map(inputs.text("LANDUSE_MAP") or None)
        frame = self._land_use_frame()
        reading = read_codes(inputs.raster("LANDUSE") or "", "LANDUSE", frame, progress=self.progress)
        areas = reading.grid.frame.row_cell_areas()
        found = classify_cells(reading.grid, areas, layer=inputs.title("LANDUSE"), mapping=mapping)
        inputs.warn([*warnings, *reading.warnings, *found.warnings])
        take_codes(self.ground, reading.grid, found.classes)

    def _soil(self) -> None:
        inputs = self.inputs
        if not takes_raster(inputs, "SOIL_DEPTH"):
            name = inputs.text("SOIL_DEPTH_FIELD") or self._usual("SOIL_DEPTH", SOIL_DEPTH_FIELDS)
            wanted = Wanted(POLYGON, (), (name,))
            records = alone(
                inputs,
                lambda: inputs.records(
                    "SOIL_DEPTH", self.target, wanted, first=self.first, progress=self.progress
                ),
            )
            inputs.warn(take_soil_depth(self.ground, records, name, inputs.title("SOIL_DEPTH")))
            return
        reading = read_raster(
            inputs.raster("SOIL_DEPTH") or "", "SOIL_DEPTH", self._grid("SOIL_DEPTH"), progress=self.progress
        )
        inputs.warn([*reading.warnings, *take_depth(self.ground, reading.grid, inputs.title("SOIL_DEPTH"))])

    def _cover(self) -> None:
        inputs = self.inputs
        reading = read_raster(
            inputs.raster("COVER") or "", "COVER", self._grid("COVER"), progress=self.progress
        )
        inputs.warn([*reading.warnings, *take_cover(self.ground, reading.grid, inputs.title("COVER"))])

    def _land_use_frame(self) -> GridFrame:
        """The working grid; over all of the zones, in the raster's own cells, where the layout is asked as a whole."""
        zones = self.ground.roles.get("ZONES") if self.whole else None
        source = self.inputs.raster("LANDUSE")
        if zones is None or source is None or not len(zones):
            return self._grid("LANDUSE")
        boxes = [self.ground.shapes.bounds(f.shape) for f in zones]
        west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
        east, north = max(b[2] for b in boxes), max(b[3] for b in boxes)
        own = self.bounds
        wide = Bounds(min(west, own.west), min(south, own.south), max(east, own.east), max(north, own.north))
        return frame_without_dem(source, self.target, wide, "LANDUSE")

    def _grid(self, role: str) -> GridFrame:
        """The working grid; where there is no DEM that of the role's own cells."""
        if self.frame is not None:
            return self.frame
        source = self.inputs.raster(role)
        if source is None:
            raise InputError("QL-PARAM-MISSING", parameter=role, label=self.inputs.label(role))
        return frame_without_dem(source, self.target, self.bounds, role)
