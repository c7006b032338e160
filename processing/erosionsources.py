"""Where the erosion classes of ``qingliu:erosionintensity`` come from: four sources, each graded its way.

Official polygons go first; the others grade cells and are estimates: soil loss from CSLE's factors,
a soil-loss raster, or SL 190's table of slope and cover.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Callable, NamedTuple, Sequence, TypeVar

import numpy as np
from qgis.core import QgsCoordinateReferenceSystem

from ..core.erosion.intensity import grade_slope_and_cover, grade_soil_loss
from ..core.erosion.loss import OPTIONAL, REQUIRED, mean_modulus, soil_loss, suspect_unit
from ..core.erosion.scale import M2_PER_HM2, NO_CLASS, FaceTable, IntensityScale
from ..core.errors import InputError, Problem
from ..core.grid import Grid, GridFrame
from ..core.landuse import default_scheme
from ..core.progress import Progress
from ..core.terrain.relief import slope_degrees
from ..layers.cells import NativeFrame, centre_mask, frame_over, native_frame, on_frame
from ..layers.crs import from_wkt
from ..layers.datums import Guarded, guard
from ..layers.dem import Reading, read_dem
from ..layers.rasters import read_raster
from .extent import Extent
from .inputs import Inputs
from .landinput import LandGrid, LandPolygons, land_grid, read_cells, read_polygons, takes_raster

OFFICIAL, FACTORS, SOIL_LOSS, TABLE = "official", "factors", "soil_loss", "slope_cover"
FACTOR_NAMES = (*REQUIRED, *OPTIONAL)
CROPLAND = "01"
# Land whose soil a DEM's slope says little about: paddies are levelled, water and built land hold none bare.
LEVELLED = ("0101", "05", "07", "08", "09", "10", "11")
# Slopes of float32 heights are noise below this.
SLOPE_DECIMALS = 3


class Graded(NamedTuple):
    """Classes of cells: ``classes`` uint8 (0 without a class) on ``frame``, the ``method`` in words.

    ``modulus`` t/(km²·a), None where the method gives none.
    """

    classes: np.ndarray
    frame: GridFrame
    method: str
    modulus: float | None = None


def chosen_source(inputs: Inputs) -> str:
    """Which source grades: the first that is given, in the order of trust. Raises QL-EROSION-NOSOURCE."""
    factors = [n for n in FACTOR_NAMES if inputs.given(n)]
    given = {
        OFFICIAL: inputs.given("OFFICIAL"),
        FACTORS: bool(factors),
        SOIL_LOSS: inputs.given("SOIL_LOSS"),
        TABLE: inputs.given("DEM") and inputs.given("LANDUSE"),
    }
    found = [name for name, there in given.items() if there]
    if not found:
        raise InputError("QL-EROSION-NOSOURCE", parameter="OFFICIAL")
    unused = [n for n in found[1:] if n != TABLE]
    if unused:
        inputs.warn([Problem("QL-EROSION-UNUSED", {"used": found[0], "unused": ", ".join(unused)})])
    return found[0]


class Prepared(NamedTuple):
    """What of a source can be read without the boundary, so that its faults stand beside the boundary's."""

    source: str
    region: str | None = None
    exempt: tuple[str, ...] = ()
    dem: Reading | None = None


T = TypeVar("T")


def prepare(inputs: Inputs, source: str, scale: IntensityScale, progress: Progress) -> Prepared:
    """Look at a source's parameters, the headers of its rasters and the DEM; faults are kept in ``inputs``."""
    if source == OFFICIAL:
        return Prepared(source)
    if source == TABLE:
        path = inputs.raster("DEM") or ""
        dem = inputs.attempt(lambda: read_dem(path, "DEM", progress=progress))
        names = [
            n for n in ("COVER", "LANDUSE") if inputs.given(n) and (n == "COVER" or takes_raster(inputs, n))
        ]
        _check_headers(inputs, names)
        return Prepared(source, exempt=_exempt(inputs), dem=dem)
    region = inputs.choice("REGION") or None
    inputs.attempt(lambda: scale.limits(region))
    given = [n for n in FACTOR_NAMES if inputs.given(n)] if source == FACTORS else [SOIL_LOSS.upper()]
    if source == FACTORS:
        inputs.faults += [Problem("QL-EROSION-FACTOR", {"factor": n}) for n in REQUIRED if n not in given]
    _check_headers(inputs, given)
    return Prepared(source, region)


def _check_headers(inputs: Inputs, names: Sequence[str]) -> None:
    for name in names:
        inputs.attempt(partial(native_frame, inputs.raster(name) or "", name))


def _exempt(inputs: Inputs) -> tuple[str, ...]:
    codes = tuple(c for c in re.split(r"[\s,;，；、]+", inputs.text("EXEMPT")) if c)
    known = default_scheme().names
    odd = [c for c in codes if c not in known]
    if odd:
        label = inputs.algorithm.parameterDefinition("EXEMPT").description()
        facts = {"parameter": "EXEMPT", "label": label, "value": ", ".join(odd), "allowed": "GB/T 21010"}
        inputs.faults.append(Problem("QL-PARAM-VALUE", facts))
    return codes


class Grading:
    """Grades cells over a boundary, in the CRS of the results."""

    def __init__(
        self, inputs: Inputs, extent: Extent, prepared: Prepared, scale: IntensityScale, progress: Progress
    ) -> None:
        self.inputs = inputs
        self.extent = extent
        self.prepared = prepared
        self.scale = scale
        self.progress = progress

    def graded(self, table: FaceTable) -> Graded:
        """The classes. Raises InputError with every fault, Cancelled."""
        source = self.prepared.source
        if source == FACTORS:
            return self._by_factors()
        if source == SOIL_LOSS:
            return self._by_soil_loss()
        return self._by_table(table)

    # -- soil loss -----------------------------------------------------------
    def _by_factors(self) -> Graded:
        inputs = self.inputs
        given = [n for n in FACTOR_NAMES if inputs.given(n)]
        frames = [inputs.attempt(partial(self._frame, n)) for n in given]
        inputs.settle()
        frame = min((f for f in frames if f is not None), key=lambda f: f.dx * f.dy)
        rasters = {n: inputs.attempt(partial(self._raster, n, frame)) for n in given}
        inputs.settle()
        known = {n: r for n, r in rasters.items() if r is not None}
        found = self._named(lambda: soil_loss(known))
        inputs.warn(found.warnings)
        return self._by_loss(found.values, frame, found.equation)

    def _by_soil_loss(self) -> Graded:
        frame = self._frame("SOIL_LOSS")
        values = self._raster("SOIL_LOSS", frame)
        self.inputs.settle()
        self.inputs.warn(suspect_unit(values))
        return self._by_loss(values, frame, "SOIL_LOSS")

    def _by_loss(self, loss: np.ndarray, frame: GridFrame, method: str) -> Graded:
        region = self.prepared.region
        classes = self._named(lambda: grade_soil_loss(loss, self.scale, region), "SOIL_LOSS")
        inside = centre_mask(self.extent.geometry, frame)
        modulus = mean_modulus(np.where(inside, loss, np.nan), np.array(frame.dx * frame.dy))
        tolerable = self.scale.tolerable[region] if region else 0.0
        return Graded(classes, frame, f"{method}; {region} {tolerable:g} t/(km²·a)", modulus)

    def _frame(self, name: str) -> GridFrame:
        """The cells of a raster over the boundary, in the CRS of the results."""
        return self._framed(native_frame(self.inputs.raster(name) or "", name), name)

    def _framed(self, native: NativeFrame, name: str) -> GridFrame:
        to_target = self._agreed(from_wkt(native.frame.crs_wkt), name).transform
        return frame_over(native, to_target, self.extent.geometry.boundingBox())

    def _raster(self, name: str, frame: GridFrame) -> np.ndarray:
        inputs = self.inputs
        source, algorithm = inputs.raster(name) or "", inputs.algorithm.name()
        reading = read_raster(
            source, name, frame, algorithm=algorithm, shifts=inputs.shifts, progress=self.progress
        )
        inputs.warn(reading.warnings)
        return reading.grid.values.astype(np.float64)

    def _named(self, work: Callable[[], T], role: str = "") -> T:
        """``work()``; what is wrong with values is said with the parameter and the layer that holds them."""
        try:
            return work()
        except InputError as error:
            told = []
            for fault in error.problems:
                name = role or str(fault.facts.get("what") or fault.facts.get("factor") or "")
                source = f"{name} ({self.inputs.title(name)})" if self.inputs.given(name) else name
                facts = {**fault.facts, "what": source, "factor": source}
                told.append(Problem(fault.code, facts))
            raise InputError(problems=told) from error

    def _agreed(self, crs: QgsCoordinateReferenceSystem, name: str) -> Guarded:
        first, shifts = self.extent.first, self.inputs.shifts
        return guard(crs, self.extent.crs, layer=name, parameter=name, first=first, shifts=shifts)

    # -- slope and cover -----------------------------------------------------
    def _by_table(self, table: FaceTable) -> Graded:
        inputs = self.inputs
        parcels = inputs.attempt(self._parcels)
        inputs.settle()
        slope = self._slope()
        frame = slope.frame
        land = land_grid(parcels or read_cells(inputs, frame, self.progress), frame)
        cover = self._cover(frame) if inputs.given("COVER") else None
        if cover is not None:
            cover = np.where(land.known, cover, np.nan)
        cropland = land.cells_of(CROPLAND)
        exempt = self.prepared.exempt
        mask = land.cells_of(*exempt) if exempt else None
        classes = self._named(
            lambda: grade_slope_and_cover(slope.values, cropland, cover, table, mask), "COVER"
        )
        self._tell(classes, slope, land, cover is not None)
        method = "SL 190 slope × cover" if cover is not None else "SL 190 slope, cropland only"
        return Graded(classes, frame, method)

    def _slope(self) -> Grid:
        """Slope in degrees on the DEM's cells, or on square ones where it lies in another CRS."""
        reading = self.prepared.dem
        if reading is None:
            raise InputError("QL-PARAM-MISSING", parameter="DEM", label="DEM")
        self.inputs.warn(reading.warnings)
        dem = reading.grid
        agreed = self._agreed(from_wkt(dem.frame.crs_wkt), "DEM")
        self.inputs.warn(agreed.warnings)
        to_target = agreed.transform
        frame = self._framed(NativeFrame(dem.frame, True), "DEM")
        slope = slope_degrees(dem.values, dem.frame, self.progress)
        slope[np.isnan(dem.values)] = np.nan
        found = on_frame(Grid(slope, dem.frame), frame, to_target)
        if np.isnan(found.values).all():
            raise InputError("QL-LAYER-NOVALUES", layer=self.inputs.title("DEM"), parameter="DEM")
        return Grid(np.round(found.values.astype(np.float64), SLOPE_DECIMALS), frame)

    def _parcels(self) -> LandPolygons | None:
        """Land use where it is polygons; a raster is read later, on the DEM's cells."""
        if takes_raster(self.inputs, "LANDUSE"):
            return None
        return read_polygons(self.inputs, self.extent.crs, self.extent.first, self.progress)

    def _cover(self, frame: GridFrame) -> np.ndarray:
        """Vegetation cover in %; of fractions (nothing above 1) times 100, with a warning."""
        cover = self._raster("COVER", frame)
        known = cover[np.isfinite(cover)]
        if known.size and known.max() <= 1 and (known != np.rint(known)).any():
            self.inputs.warn([Problem("QL-EROSION-COVERSCALED", {"most": f"{known.max():.3g}"})])
            cover = cover * 100
        # what bilinear resampling adds to 100 % is noise
        return np.where(np.abs(cover - 100) < 1e-3, 100.0, cover)

    def _tell(self, classes: np.ndarray, slope: Grid, land: LandGrid, covered: bool) -> None:
        """Say why cells have no class, and how much levelled land was graded by the DEM's slope."""
        inside = centre_mask(self.extent.geometry, slope.frame)
        open_ = inside & (classes == NO_CLASS)
        without_slope = open_ & np.isnan(slope.values)
        without_land = open_ & ~without_slope & ~land.known
        without_cover = open_ & ~without_slope & land.known
        graded = inside & land.cells_of(*LEVELLED) & (classes >= self.scale.eroded_from)
        size = slope.frame.dx * slope.frame.dy / M2_PER_HM2
        for code, cells in (
            ("QL-EROSION-NOSLOPE", without_slope),
            ("QL-EROSION-NOLAND", without_land),
            ("QL-EROSION-COVERGAPS" if covered else "QL-EROSION-NOCOVER", without_cover),
            ("QL-EROSION-LEVELLED", graded),
        ):
            if cells.any():
                self.inputs.warn([Problem(code, {"area": f"{int(cells.sum()) * size:.4f}"})])
