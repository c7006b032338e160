"""``qingliu:zoning``: protection, regulation and channel zone with a reason on every polygon (3.0.4, 5.2)."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsWkbTypes,
)

from ..core.standard import default_edition
from ..core.zoning.draw import Drawn
from ..core.zoning.lattice import multipolygon_wkb, polygons_of
from ..core.zoning.rules import SCHEMES
from ..layers.outputs import fields, on_load, require_held, write_features
from ..layers.roles import ROLE
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .zoningrun import HM2, NUMBERS, Run

STAGES = (
    ("read_dem", 2.0), ("compile", 2.0), ("descent", 1.0), ("saddles", 1.0), ("passes", 0.5), ("fill", 0.5),
    ("directions", 1.0), ("flats", 1.0), ("inflows", 0.5), ("accumulation", 1.5), ("rim", 0.5), ("slope", 1.0),
    ("catchments", 1.0), ("zoning_belts", 1.0), ("zoning_water", 0.5), ("zoning_rules", 0.5),
    ("zoning_patches", 2.0), ("zoning_node", 4.0), ("zoning_faces", 3.0), ("zoning_merge", 1.0),
    ("zoning_polygons", 1.5), ("write_features", 0.5),
)  # fmt: skip

FIELDS = (
    ("zone", "text"), ("zone_name", "text"), ("area_hm2", "number"), ("rule", "text"), ("clause", "text"),
    ("reason", "text"), ("parameters", "text"),
)  # fmt: skip


class Zoning(QingliuAlgorithm):
    """See ``resources/help/zoning.yaml``."""

    ID = "zoning"
    KERNELS = True

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        types = QgsProcessing.SourceType
        self._source("BOUNDARY", types.TypeVectorPolygon, optional=False)
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM")))
        self._define_land_use()
        self._source("CHANNELS", types.TypeVectorLine)
        self._source("WATERBODIES", types.TypeVectorPolygon)
        self._source("VILLAGES", types.TypeVectorAnyGeometry)
        self._source("ROADS", types.TypeVectorLine)
        self._source("EROSION", types.TypeVectorPolygon)
        self._field("EROSION_FIELD", "EROSION")
        self.add(QgsProcessingParameterRasterLayer("COVER", self.label("COVER"), optional=True))
        self._define_scheme()
        polygon = types.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), polygon))
        outline = QgsProcessingParameterFeatureSink(
            "BOUNDARY_OUT", self.label("BOUNDARY_OUT"), polygon, optional=True, createByDefault=False
        )
        self.add(outline)
        for name in NUMBERS:
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def _define_land_use(self) -> None:
        kinds = [QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon]
        self.add(QgsProcessingParameterMapLayer("LANDUSE", self.label("LANDUSE"), optional=True, types=kinds))
        self._field("LANDUSE_FIELD", "LANDUSE")
        behaviour = QgsProcessingParameterFile.Behavior.File
        mapping = QgsProcessingParameterFile(
            "LANDUSE_MAP", self.label("LANDUSE_MAP"), behaviour, "csv", optional=True
        )
        self.add(mapping)

    def _define_scheme(self) -> None:
        scheme = QgsProcessingParameterEnum("SCHEME", self.label("SCHEME"), list(SCHEMES), False, "three")
        scheme.setUsesStaticStrings(True)
        self.add(scheme)
        behaviour = QgsProcessingParameterFile.Behavior.File
        self.add(
            QgsProcessingParameterFile("CUSTOM", self.label("CUSTOM"), behaviour, optional=True),
            advanced=True,
        )
        rules = QgsProcessingParameterString("RULES", self.label("RULES"), "", True, optional=True)
        self.add(rules, advanced=True)
        least = QgsProcessingParameterNumber(
            "MIN_MAPPING_AREA", self.label("MIN_MAPPING_AREA"), QgsProcessingParameterNumber.Type.Double,
            float(default_edition().default("min_mapping_area_hm2")), minValue=0.0,
        )  # fmt: skip
        self.add(least)
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)

    def _source(self, name: str, kind: Any, optional: bool = True) -> None:
        self.add(QgsProcessingParameterFeatureSource(name, self.label(name), [kind], optional=optional))

    def _field(self, name: str, layer: str) -> None:
        self.add(QgsProcessingParameterField(name, self.label(name), None, layer, optional=True))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, decide, draw, write."""
        inputs = Inputs(self, parameters, context, feedback)
        run = Run(inputs, StageProgress(feedback, STAGES))
        run.read()
        drawn = run.draw()
        return self._write(run, drawn)

    def _write(self, run: Run, drawn: Drawn) -> dict[str, Any]:
        columns = self.columns("OUTPUT", *FIELDS)
        made = fields(columns)
        inputs, crs = run.inputs, run.target
        sink, destination = self.parameterAsSink(
            inputs.parameters, "OUTPUT", inputs.context, made, QgsWkbTypes.Type.Polygon, crs
        )
        if sink is None:
            inputs.no_sink("OUTPUT")
        write_features(sink, made, run.rows(drawn), count=len(drawn.zones), progress=run.progress)
        del sink
        require_held(destination, len(drawn.zones))
        aliases = {column.name: column.alias for column in columns}
        on_load(
            inputs.context,
            destination,
            title=self.label("OUTPUT"),
            aliases=aliases,
            style=self.style("zones"),
            properties={ROLE: "zones"},
        )
        results: dict[str, Any] = {"OUTPUT": destination, **run.areas(drawn)}
        if inputs.given("BOUNDARY_OUT"):
            results["BOUNDARY_OUT"] = self._write_outline(run, drawn)
        return results

    def _write_outline(self, run: Run, drawn: Drawn) -> str:
        made = fields(self.columns("BOUNDARY_OUT", ("area_hm2", "number")))
        inputs = run.inputs
        sink, destination = self.parameterAsSink(
            inputs.parameters, "BOUNDARY_OUT", inputs.context, made, QgsWkbTypes.Type.MultiPolygon, run.target
        )
        if sink is None:
            inputs.no_sink("BOUNDARY_OUT")
        whole = multipolygon_wkb([rings for a in drawn.outline for rings in polygons_of(a.wkb)])
        area = round(sum(a.area_m2 for a in drawn.outline) / HM2, 4)
        write_features(sink, made, [({"area_hm2": area}, whole)], output="BOUNDARY_OUT", count=1)
        title, style = self.label("BOUNDARY_OUT"), self.style("boundary")
        on_load(inputs.context, destination, title=title, style=style)
        return str(destination)
