"""``qingliu:landscapeindicators``: C.1, C.2, C.7, the areas of A.1 and A.3, and companion pattern metrics."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Sequence

from qgis.core import (
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
)

from ..core import language
from ..core.areas import Part, Zone, area_table
from ..core.erosion.scale import IntensityScale
from ..core.erosion.tables import intensity_scale
from ..core.errors import Problem
from ..core.indicators.landscape import (
    FormulaValue,
    conservation,
    counts_as_forest_grass,
    forest_grass_cover,
    village_green_rate,
)
from ..core.landscape.metrics import texts
from ..core.landuse import LandClass
from ..core.standard import default_edition
from ..layers.erosion import CLASS_FIELD, ErosionParts
from ..layers.planar import QgisPlanar
from ..layers.records import POLYGON, Record, Wanted
from .algorithm import QingliuAlgorithm
from .charts import add_chart, land_chart, rates_chart, write_chart
from .erosioninput import read_erosion
from .extent import Extent, alone, read_extent
from .feedback import StageProgress
from .inputs import Inputs
from .landinput import add_landuse, field_of, takes_raster
from .landscapepattern import metric_rows
from .landscaperows import FIELDS, INDICATORS, Row, a1_rows, a3_rows, formula_row, rate_of, whole_land_row
from .landscapescopes import Land, Scope, green_class, measured, named_polygons, named_zones, read_land
from .results import write_table

STAGES = (
    ("read_features", 0.5), ("read_raster", 1.0), ("cell_polygons", 1.0), ("areas_read", 1.0), ("areas", 3.0),
    ("landscape_patches", 1.0), ("landscape_sides", 1.0), ("landscape_nearest", 2.0), ("write_features", 0.5),
)  # fmt: skip

# Number output by formula.
NUMBERS = {"C.1": "CONSERVATION_RATE", "C.2": "FOREST_GRASS_COVER", "C.7": "VILLAGE_GREEN_RATE"}


class Greens(NamedTuple):
    """Green land by class, construction land, and the villages' whole land where it is known."""

    green: Sequence[Part]
    built: Sequence[Part]
    villages: Sequence[Zone]


class LandscapeIndicators(QingliuAlgorithm):
    """See ``resources/help/landscapeindicators.yaml``."""

    ID = "landscapeindicators"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        polygon = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSource("BOUNDARY", self.label("BOUNDARY"), [polygon]))
        add_landuse(self)
        wetland = QgsProcessingParameterBoolean("WETLAND_FOREST", self.label("WETLAND_FOREST"), False)
        self.add(wetland)
        self._source("EROSION", field=True)
        self._source("GREEN", field=True)
        self._source("BUILT")
        self._source("VILLAGES")
        self._source("ZONES")
        metrics = QgsProcessingParameterEnum(
            "METRICS", self.label("METRICS"), list(texts()), True, None, True
        )
        metrics.setUsesStaticStrings(True)
        self.add(metrics)
        double = QgsProcessingParameterNumber.Type.Double
        cell = QgsProcessingParameterNumber("CELL_SIZE", self.label("CELL_SIZE"), double, None, True, 0.01)
        self.add(cell)
        neighbours = QgsProcessingParameterEnum(
            "NEIGHBOURS", self.label("NEIGHBOURS"), ["8", "4"], False, "8"
        )
        neighbours.setUsesStaticStrings(True)
        self.add(neighbours)
        edge = QgsProcessingParameterBoolean("BOUNDARY_IS_EDGE", self.label("BOUNDARY_IS_EDGE"), False)
        self.add(edge)
        behaviour = QgsProcessingParameterFile.Behavior.File
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)
        table = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), table))
        add_chart(self)
        for name in NUMBERS.values():
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def _source(self, name: str, *, field: bool = False) -> None:
        polygon = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSource(name, self.label(name), [polygon], optional=True))
        if field:
            key = f"{name}_FIELD"
            self.add(QgsProcessingParameterField(key, self.label(key), None, name, optional=True))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, measure in every scope, write one table."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        inputs.county()
        extent = read_extent(inputs, progress)
        run = _Run(inputs, extent, progress)
        rows = list(run.rows())
        columns = self.columns("OUTPUT", *FIELDS)
        destination = write_table(self, inputs, "OUTPUT", columns, rows, progress)
        results: dict[str, Any] = {"OUTPUT": destination}
        if inputs.given("CHART"):
            charts = [rates_chart(rows, self.displayName()), land_chart(rows, self.label("LANDUSE"))]
            results["CHART"] = write_chart(self, inputs, self.displayName(), [c for c in charts if c.bars])
        return {**results, **run.numbers}


class _Run:
    """One run: everything is read first, with all faults in one list, then measured."""

    def __init__(self, inputs: Inputs, extent: Extent, progress: StageProgress) -> None:
        self.inputs = inputs
        self.extent = extent
        self.progress = progress
        self.plane = QgisPlanar()
        self.edition = default_edition()
        self.scale: IntensityScale = intensity_scale(self.edition)
        self.numbers: dict[str, float | None] = dict.fromkeys(NUMBERS.values())

    def rows(self) -> Iterator[Row]:
        """The rows of the table: the norm's indicators and areas, then the companions."""
        inputs = self.inputs
        metrics = self._metrics()
        scopes = inputs.attempt(self._scopes) or []
        land = inputs.attempt(lambda: self._land(bool(metrics))) if inputs.given("LANDUSE") else None
        erosion = inputs.attempt(self._erosion) if inputs.given("EROSION") else None
        greens = inputs.attempt(self._greens) if inputs.given("GREEN") and inputs.given("BUILT") else None
        self._check_company()
        inputs.settle()
        if erosion is not None:
            yield from self._erosion_rows(erosion, scopes)
        if land is not None:
            yield from self._land_rows(land, scopes)
        if greens is not None:
            yield from self._green_rows(greens)
        if land is not None and metrics:
            yield from metric_rows(inputs, self.extent, land, metrics, scopes, self.progress)

    # -- reading ---------------------------------------------------------------
    def _check_company(self) -> None:
        """A fault where nothing can be measured at all, a warning where half of what C.7 needs is given."""
        inputs = self.inputs
        green, built = (inputs.given(name) for name in ("GREEN", "BUILT"))
        if green != built:
            alone, other = ("GREEN", "BUILT") if green else ("BUILT", "GREEN")
            facts = {"parameter": alone, "layer": inputs.title(alone), "other": other}
            inputs.warn([Problem("QL-LANDSCAPE-HALFGREEN", facts)])
        if not any(map(inputs.given, ("LANDUSE", "EROSION", "GREEN", "BUILT"))):
            inputs.faults.append(Problem("QL-LANDSCAPE-NOTHING", {"parameter": "LANDUSE"}))

    def _metrics(self) -> list[str]:
        """The metrics asked for; a fault where they cannot be measured."""
        inputs = self.inputs
        if not inputs.given("METRICS"):
            return []
        chosen = inputs.algorithm.parameterAsEnumStrings(inputs.parameters, "METRICS", inputs.context)
        metrics = [name for name in chosen if name]
        if metrics and not inputs.given("LANDUSE"):
            label = inputs.algorithm.parameterDefinition("LANDUSE").description()
            inputs.faults.append(Problem("QL-PARAM-MISSING", {"parameter": "LANDUSE", "label": label}))
        elif metrics and not inputs.given("CELL_SIZE") and not takes_raster(inputs, "LANDUSE"):
            inputs.faults.append(Problem("QL-LANDSCAPE-CELLNEEDED", {"parameter": "CELL_SIZE"}))
        return metrics

    def _records(self, name: str, *fields: str) -> list[Record]:
        inputs, wanted = self.inputs, Wanted(POLYGON, tuple(fields))
        crs, first = self.extent.crs, self.extent.first
        return alone(inputs, lambda: inputs.records(name, crs, wanted, first=first, progress=self.progress))

    def _scopes(self) -> list[Scope]:
        """The watershed, and each zone or polygon of ZONES as far as it lies in it."""
        boundary = self.extent.geometry
        scopes = [Scope("watershed", None, boundary)]
        if not self.inputs.given("ZONES"):
            return scopes
        zones = named_zones(self._records("ZONES"))
        inside = self.plane.clip([zone.geometry for zone in zones], boundary)
        scopes += [z._replace(geometry=g) for z, g in zip(zones, inside) if g is not None and g.area() > 0]
        outside = len(zones) + 1 - len(scopes)
        if outside:
            facts = {"layer": self.inputs.title("ZONES"), "parameter": "ZONES", "count": outside}
            self.inputs.warn([Problem("QL-LANDSCAPE-ZONEOUT", facts)])
        return scopes

    def _land(self, lenient: bool) -> Land:
        return read_land(self.inputs, self.extent, self.progress, lenient=lenient)

    def _erosion(self) -> ErosionParts:
        found = read_erosion(self.inputs, self.extent, "EROSION", self.scale, self.progress)
        if found.estimate:
            self.inputs.warn([Problem("QL-EROSION-ESTIMATE")])
        return found

    def _greens(self) -> Greens:
        name = field_of(self.inputs, "GREEN", (CLASS_FIELD,))
        lawns = self._records("GREEN", name)
        green = [Part(green_class(r.attributes.get(name)), r.wkb or b"", r.fid) for r in lawns]
        built = [Part("built", r.wkb or b"", r.fid) for r in self._records("BUILT")]
        villages = self._records("VILLAGES") if self.inputs.given("VILLAGES") else []
        return Greens(green, built, [scope.zone for scope in named_polygons(villages)])

    # -- measuring -------------------------------------------------------------
    def _erosion_rows(self, erosion: ErosionParts, scopes: Sequence[Scope]) -> Iterator[Row]:
        found = area_table(erosion.parts, [s.zone for s in scopes], self.plane, self.progress)
        self.inputs.warn(found[0].warnings())  # the zones' gaps and overlaps are those of the whole
        for scope, areas in zip(scopes, found):
            yield self._formula_row(conservation(areas, self.scale, erosion.estimate), scope)
            yield from a3_rows(areas, scope, self.edition, self.scale)

    def _land_rows(self, land: Land, scopes: Sequence[Scope]) -> Iterator[Row]:
        classes = {p.code: LandClass(p.code) for p in land.parts if p.code}
        counts = counts_as_forest_grass(classes, self.inputs.flag("WETLAND_FOREST"))
        found = measured(land, [s.zone for s in scopes], self.plane, self.progress)
        self.inputs.warn(found[0].warnings())
        for scope, areas in zip(scopes, found):
            yield self._formula_row(forest_grass_cover(areas, counts), scope)
            if classes:
                yield from a1_rows(areas, scope, self.edition)

    def _green_rows(self, greens: Greens) -> Iterator[Row]:
        zone = self.extent.zone
        *villages, whole = village_green_rate(
            greens.green, greens.built, zone, greens.villages, self.plane, self.progress
        )
        for value in (*villages, whole):
            kind, name = ("watershed", None) if value is whole else ("polygon", value.scope)
            scope = Scope(kind, name, QgsGeometry())
            self.inputs.warn(value.warnings)
            yield self._formula_row(value, scope)
            yield whole_land_row(value, scope, self.edition)

    def _formula_row(self, value: FormulaValue, scope: Scope) -> Row:
        if scope.kind == "watershed":
            self.numbers[NUMBERS[value.formula]] = rate_of(value)
            self._tell_bounds(value)
        return formula_row(value, scope, self.edition)

    def _tell_bounds(self, value: FormulaValue) -> None:
        if value.value is not None or value.lower is None or value.upper is None:
            return
        indicator = self.edition.indicators[INDICATORS[value.formula]]
        name = language.pick({"zh": indicator.name_zh, "en": indicator.name_en})
        facts = {"formula": value.formula, "name": name}
        facts.update(lower=f"{value.lower:.4f}", upper=f"{value.upper:.4f}")
        facts["area"] = f"{value.variables.get('unknown_area', 0.0):.4f}"
        self.inputs.warn([Problem("QL-LANDSCAPE-BOUNDS", facts)])
