"""``LANDUSE`` of an algorithm, as polygons with ``LANDUSE_FIELD`` or as a raster, with ``LANDUSE_MAP``."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterMapLayer,
)

from ..core.errors import InputError
from ..core.grid import GridFrame
from ..core.landuse import LandClass
from ..core.progress import SILENT, Progress
from ..layers.cells import burn
from ..layers.landuse import classify_cells, classify_records, read_map
from ..layers.planar import geometry_of
from ..layers.rasters import CodeGrid, read_codes
from ..layers.records import POLYGON, Record, Wanted
from .algorithm import QingliuAlgorithm
from .extent import alone
from .inputs import Inputs

# The store's own field, and the third land survey's.
FIELDS = ("landuse", "DLBM")
NO_CLASS = -1
RASTER_SUFFIXES = (".tif", ".tiff", ".img", ".asc", ".vrt")


class LandPolygons(NamedTuple):
    """Parcels in the output CRS, the class of each (None: no class), and the code as it stands in the data."""

    records: Sequence[Record]
    classes: Sequence[LandClass | None]
    codes: Sequence[Any]


class LandCells(NamedTuple):
    """Land use on a grid and the class of each of its codes."""

    grid: CodeGrid
    classes: Mapping[Any, LandClass]


class LandGrid(NamedTuple):
    """Position in ``classes`` of every cell (int32), -1 where it has no class."""

    places: np.ndarray
    classes: Sequence[LandClass]

    def cells_of(self, *codes: str) -> np.ndarray:
        """Cells whose code is one of ``codes``, or under one of them (01 holds 0103)."""
        table = np.array([c.code.startswith(codes) for c in self.classes] + [False], dtype=bool)
        return table[self.places]

    @property
    def known(self) -> np.ndarray:
        """Cells that have a class."""
        return self.places >= 0


def add_landuse(algorithm: QingliuAlgorithm) -> None:
    """Add the three parameters."""
    raster, polygon = QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon
    landuse = QgsProcessingParameterMapLayer(
        "LANDUSE", algorithm.label("LANDUSE"), optional=True, types=[raster, polygon]
    )
    algorithm.add(landuse)
    label = algorithm.label("LANDUSE_FIELD")
    algorithm.add(QgsProcessingParameterField("LANDUSE_FIELD", label, None, "LANDUSE", optional=True))
    behaviour = QgsProcessingParameterFile.Behavior.File
    label = algorithm.label("LANDUSE_MAP")
    algorithm.add(QgsProcessingParameterFile("LANDUSE_MAP", label, behaviour, "csv", optional=True))


def takes_raster(inputs: Inputs, name: str) -> bool:
    """Whether a parameter for rasters and vectors alike was given a raster, or the name of one that is not there."""
    path = str(inputs.parameters.get(name) or "").lower()
    return inputs.is_raster(name) or path.endswith(RASTER_SUFFIXES)


def field_of(inputs: Inputs, layer: str, defaults: Sequence[str]) -> str:
    """The field chosen in ``<layer>_FIELD``, or the first of ``defaults`` that the layer has.

    Raises QL-PARAM-MISSING where there is none, QL-LAYER-NOVECTOR where the layer cannot be read.
    """
    chosen = inputs.text(f"{layer}_FIELD")
    if chosen:
        return chosen
    source = alone(inputs, lambda: inputs.source(layer))
    present = [] if source is None else source.fields().names()
    found = next((name for name in defaults if name in present), "")
    if not found:
        parameter = f"{layer}_FIELD"
        label = inputs.algorithm.parameterDefinition(parameter).description()
        raise InputError("QL-PARAM-MISSING", parameter=parameter, label=label)
    return found


def read_polygons(
    inputs: Inputs,
    target: QgsCoordinateReferenceSystem,
    first: QgsCoordinateReferenceSystem,
    progress: Progress = SILENT,
    *,
    lenient: bool = False,
    name: str = "LANDUSE",
) -> LandPolygons:
    """Parcels with their classes; ``first`` is the CRS of the run's first input, ``name`` the parameter.

    ``lenient`` takes codes of an unknown list as having no class, with a warning. Raises InputError.
    """
    mapping = _mapping(inputs)
    field = field_of(inputs, name, FIELDS)
    wanted = Wanted(POLYGON, (field,))
    records = alone(inputs, lambda: inputs.records(name, target, wanted, first=first, progress=progress))
    areas = [geometry_of(r.wkb or b"").area() for r in records]
    codes = [r.attributes.get(field) for r in records]
    title = inputs.title(name)
    try:
        found = classify_records(records, areas, field, layer=title, parameter=name, mapping=mapping)
    except InputError as error:
        _forgive(inputs, error, lenient)
        return LandPolygons(records, [None] * len(records), codes)
    inputs.warn(found.warnings)
    return LandPolygons(records, found.classes, codes)


def read_cells(
    inputs: Inputs,
    frame: GridFrame,
    progress: Progress = SILENT,
    *,
    lenient: bool = False,
    name: str = "LANDUSE",
) -> LandCells:
    """Land use on ``frame`` (nearest cell) with the classes of its codes; see :func:`read_polygons`."""
    mapping = _mapping(inputs)
    source, algorithm = inputs.raster(name) or "", inputs.algorithm.name()
    reading = read_codes(source, name, frame, algorithm=algorithm, shifts=inputs.shifts, progress=progress)
    inputs.warn(reading.warnings)
    title = inputs.title(name)
    try:
        found = classify_cells(
            reading.grid, frame.row_cell_areas(), layer=title, parameter=name, mapping=mapping
        )
    except InputError as error:
        _forgive(inputs, error, lenient)
        return LandCells(reading.grid, {})
    inputs.warn(found.warnings)
    return LandCells(reading.grid, found.classes)


def land_grid(land: LandPolygons | LandCells, frame: GridFrame) -> LandGrid:
    """The class of every cell of ``frame``; the first polygon keeps a cell that two claim."""
    if isinstance(land, LandCells):
        return _grid_of_cells(land)
    classes = sorted({c for c in land.classes if c is not None})
    place = {c: i for i, c in enumerate(classes)}
    labels = [NO_CLASS if c is None else place[c] for c in land.classes]
    return LandGrid(burn([r.wkb or b"" for r in land.records], labels, frame), classes)


def _grid_of_cells(land: LandCells) -> LandGrid:
    classes = sorted(set(land.classes.values()))
    codes, inverse = np.unique(land.grid.codes, return_inverse=True)
    place = {c: i for i, c in enumerate(classes)}
    known = {code: place[found] for code, found in land.classes.items()}
    table = np.array([known.get(int(code), NO_CLASS) for code in codes], dtype=np.int32)
    index = table[inverse].reshape(land.grid.codes.shape)
    return LandGrid(np.where(land.grid.valid, index, NO_CLASS).astype(np.int32), classes)


def _mapping(inputs: Inputs) -> Mapping[str, str] | None:
    found, warnings = read_map(inputs.text("LANDUSE_MAP"))
    inputs.warn(warnings)
    return found


def _forgive(inputs: Inputs, error: InputError, lenient: bool) -> None:
    """Raise ``error``, or warn of codes of another list where work goes on without classes."""
    if not lenient or error.code != "QL-LANDUSE-OTHERLIST":
        raise error
    inputs.warn(error.problems)
