"""``qingliu:sitemeasures``: parcels for each measure, with the clause that makes or breaks each (chapters 5 and 6)."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterMultipleLayers,
)

from ..core.errors import InputError, Problem
from ..core.layoutplan.candidates import Candidate, Parcel, candidates, in_zones
from ..core.siting.ground import LAYOUT
from ..core.siting.model import ERROR, UNKNOWN, MeasureFeature
from ..core.standard import Edition, default_edition, text
from ..layers.crs import coordinate_problems, crs_problems, output_crs
from ..layers.records import POLYGON, Record, Wanted, id_list, told_apart
from ..layers.zoninggrid import Bounds
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .landinput import takes_raster
from .layoutinput import Layout
from .results import write_layer
from .sitingroles import GROUND_STAGES, GroundInput, add_roles, settings_of

STAGES = (*GROUND_STAGES, ("zones_of_parcels", 0.5), ("judge_candidates", 8.0), ("write_features", 1.0))
M2_PER_HM2 = 10_000
FIELDS = (
    ("measure", "text"), ("measure_name", "text"), ("mark", "text"), ("verdict", "text"), ("area_hm2", "number"),
    ("rank", "integer"), ("rule_id", "text"), ("clause", "text"), ("message", "text"), ("zone", "text"),
    ("own_zone", "boolean"), ("met", "integer"), ("preferences", "integer"), ("failing_pct", "number"),
    ("missing", "text"), ("parcel", "text"),
)  # fmt: skip


class SiteMeasures(QingliuAlgorithm):
    """See ``resources/help/sitemeasures.yaml``."""

    ID = "sitemeasures"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        keys = [m.key for m in default_edition().measures.values() if not m.placeholder]
        measures = QgsProcessingParameterEnum(
            "MEASURES",
            self.label("MEASURES"),
            keys,
            allowMultiple=True,
            optional=True,
            usesStaticStrings=True,
        )
        self.add(measures)
        add_roles(self)
        anything = QgsProcessing.SourceType.TypeVectorAnyGeometry
        layout = QgsProcessingParameterMultipleLayers("LAYOUT", self.label("LAYOUT"), anything, optional=True)
        self.add(layout, advanced=True)
        self.add(QgsProcessingParameterBoolean("INCLUDE_BROKEN", self.label("INCLUDE_BROKEN"), True))
        polygon = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), polygon))
        for name in ("PARCEL_COUNT", "RANKED", "BROKEN"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read the parcels and their ground, judge, rank, write."""
        inputs = Inputs(self, parameters, context, feedback)
        run = _Run(inputs, StageProgress(feedback, STAGES))
        parcels = run.read()
        found = candidates(run.keys, parcels, run.ground, run.edition, run.progress)
        _say_missing(inputs, found)
        shown = [c for c in found if c.verdict != ERROR or inputs.flag("INCLUDE_BROKEN")]
        by_key = {p.key: p for p in parcels}
        rows = [(run.row(c, by_key[c.parcel]), by_key[c.parcel].wkb) for c in shown]
        columns = self.columns("OUTPUT", *FIELDS)
        style = self.style("candidates")
        output = write_layer(
            self, inputs, "OUTPUT", columns, rows, run.crs, style=style, progress=run.progress
        )
        broken = sum(c.verdict == ERROR for c in found)
        return {
            "OUTPUT": output,
            "PARCEL_COUNT": len(parcels),
            "RANKED": len(found) - broken,
            "BROKEN": broken,
        }


class _Run:
    """One run: what was read."""

    def __init__(self, inputs: Inputs, progress: StageProgress) -> None:
        self.inputs, self.progress = inputs, progress
        self.edition: Edition = default_edition()
        chosen = inputs.algorithm.parameterAsEnumStrings(inputs.parameters, "MEASURES", inputs.context)
        every = [m.key for m in self.edition.measures.values() if not m.placeholder]
        self.keys = [k for k in every if k in chosen] or every

    def read(self) -> list[Parcel]:
        """The parcels on their ground; all faults in one list."""
        inputs = self.inputs
        settings = settings_of(inputs)
        self.type_key = settings.type_key
        role = self._role()
        source = inputs.must_source(role)
        name, first, box = source.sourceName(), source.sourceCrs(), source.sourceExtent()
        inputs.faults += crs_problems(first, name, role) or coordinate_problems(first, box, name, role)
        inputs.stop()
        if source.featureCount() == 0 or box.isNull():
            raise InputError("QL-LAYER-NOFEATURES", layer=name, parameter=role)
        target = output_crs(first, box, name, role)
        inputs.warn(target.warnings)
        self.crs = target.crs
        records = inputs.records(
            role, self.crs, Wanted(POLYGON), first=first, progress=self.progress, told=True
        )
        inputs.settle()
        parcels = _distinct(inputs, name, records)
        reading = GroundInput(inputs, settings, self.crs, first, _bounds(parcels), self.progress)
        self.ground = reading.read(self.keys)
        self._read_layout(first)
        inputs.settle()
        return in_zones(parcels, self.ground, self.edition, self.progress)

    def _read_layout(self, first: QgsCoordinateReferenceSystem) -> None:
        """Measures that are placed already: what must stand beside others is then known."""
        if not self.inputs.given("LAYOUT"):
            return
        layout = self.inputs.must(lambda: Layout(self.inputs, self.ground.shapes, self.edition))
        layout.crs, layout.first = self.crs, first
        self.ground.give(LAYOUT)
        for one in layout.measures(self.progress):
            wkb = one.record.wkb or b""
            self.ground.put_measure(
                MeasureFeature(one.item.uuid, one.item.measure, wkb, one.record.attributes)
            )

    def _role(self) -> str:
        """PARCELS, else the polygons of LANDUSE. Raises InputError QL-PLAN-NOPARCELS."""
        inputs = self.inputs
        if inputs.given("PARCELS"):
            return "PARCELS"
        if inputs.given("LANDUSE") and not takes_raster(inputs, "LANDUSE"):
            return "LANDUSE"
        inputs.faults.append(Problem("QL-PLAN-NOPARCELS"))
        inputs.settle()
        return ""

    def row(self, found: Candidate, parcel: Parcel) -> Mapping[str, Any]:
        """The columns of a candidate."""
        measure = self.edition.measure(found.measure)
        return {
            **vars(found),
            "measure_name": text(measure, "name"),
            "mark": measure.marks.get(self.type_key) if self.type_key else None,
            "area_hm2": round(found.area_m2 / M2_PER_HM2, 4),
            "message": found.message.text(),
            "zone": parcel.zone,
            "failing_pct": round(100 * found.failing, 2),
            "missing": ", ".join(found.missing) or None,
        }


def _distinct(inputs: Inputs, layer: str, records: Sequence[Record]) -> list[Parcel]:
    """The parcels, those that share a uuid told apart."""
    keys, twice = told_apart([record.uuid or str(record.fid) for record in records])
    found = [Parcel(key, r.wkb, r.attributes) for key, r in zip(keys, records) if r.wkb]
    if twice:
        facts = {"layer": layer, "count": len(twice), "ids": id_list(twice)}
        inputs.warn([Problem("QL-SITE-PARCELTWINS", facts)])
    return found


def _bounds(parcels: Sequence[Parcel]) -> Bounds:
    from ..layers.sitingshapes import QgisShapes

    shapes = QgisShapes()
    boxes = [shapes.bounds(shapes.read(p.wkb)) for p in parcels]  # type: ignore[arg-type]
    west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return Bounds(west, south, max(b[2] for b in boxes), max(b[3] for b in boxes))


def _say_missing(inputs: Inputs, found: Sequence[Candidate]) -> None:
    """Every missing role once, with the clauses that it leaves open."""
    clauses: dict[str, set[str]] = {}
    rules: dict[str, set[str]] = {}
    for candidate in found:
        if candidate.verdict == UNKNOWN:
            for role in candidate.missing:
                clauses.setdefault(role, set()).add(candidate.clause)
                rules.setdefault(role, set()).add(candidate.rule_id)
    inputs.warn(
        [
            Problem(
                "QL-PLAN-NOROLE", {"role": role, "rules": len(rules[role]), "clauses": "、".join(sorted(own))}
            )
            for role, own in sorted(clauses.items())
        ]
    )
