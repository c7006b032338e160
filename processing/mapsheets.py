"""``qingliu:mapsheets``: the 1:10 000 sheets over a watershed, and the base maps on them (4.1.3)."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from qgis.core import (
    QgsFeatureSource,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsWkbTypes,
)

from ..core.errors import InputError, Problem
from ..core.mapsheets import in_china, number, old_number, sheet_scale
from ..core.mapsheets.bases import COARSE, NO_SCALE, NONE, PARTLY, Base, Covered, SheetPart, covering
from ..core.standard import default_edition
from ..layers.mapsheets import BaseFields, frame, read_bases, sheet_crs, sheet_parts, union_of
from ..layers.planar import QgisPlanar
from ..layers.records import POLYGON, Wanted, read_records
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .results import write_layer

STAGES = (("read_features", 1.0), ("map_sheets", 2.0), ("write_features", 1.0))
DENOMINATOR = 10_000
CLAUSE = "4.1.3"
SCALE_FIELD, DATE_FIELD = "base_scale", "base_date"
FIELDS = (
    ("sheet", "text"), ("sheet_old", "text"), ("covered_pct", "number"), ("watershed_pct", "number"),
    ("base_scale", "integer"), ("base_date", "text"), ("base_covered_pct", "number"), ("base_state", "text"),
    ("base_name", "text"), ("clause", "text"),
)  # fmt: skip
NUMBERS = ("SHEETS", "SHEETS_COARSE", "SHEETS_UNCOVERED")
_SHOWN = 10


class IndexedSheet(NamedTuple):
    """A sheet over the watershed with the base maps found on it."""

    part: SheetPart
    base: Covered

    @property
    def number(self) -> str:
        """Its present number."""
        return number(self.part.sheet)


class MapSheets(QingliuAlgorithm):
    """See ``resources/help/mapsheets.yaml``."""

    ID = "mapsheets"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        polygon = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSource("BOUNDARY", self.label("BOUNDARY"), [polygon]))
        define_bases(self)
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), polygon))
        for name in NUMBERS:
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, lay out, judge, write."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        indexed = index_sheets(inputs, progress)
        for one in indexed:
            share = f"{100 * one.part.watershed_share:.2f} %"
            feedback.pushInfo(f"{one.number}  {old_number(one.part.sheet)}  {share}  {one.base.state}")
        rows = [(_values(one), bytes(frame(one.part.sheet).asWkb())) for one in indexed]
        columns = self.columns("OUTPUT", *FIELDS)
        style = self.style("mapsheets")
        kind = QgsWkbTypes.Type.Polygon
        written = write_layer(
            self, inputs, "OUTPUT", columns, rows, sheet_crs(), kind=kind, style=style, progress=progress
        )
        states = [one.base.state for one in indexed]
        bare = sum(state in (NONE, PARTLY) for state in states) if inputs.given("BASEMAPS") else len(states)
        counts = (len(indexed), states.count(COARSE), bare)
        return {"OUTPUT": written, **dict(zip(NUMBERS, counts))}


def define_bases(algorithm: QingliuAlgorithm) -> None:
    """The parameters of the registered base maps and of local datum parameters."""
    polygon = QgsProcessing.SourceType.TypeVectorPolygon
    label = algorithm.label
    bases = QgsProcessingParameterFeatureSource("BASEMAPS", label("BASEMAPS"), [polygon], optional=True)
    algorithm.add(bases)
    for name, default in (("BASE_SCALE_FIELD", SCALE_FIELD), ("BASE_DATE_FIELD", DATE_FIELD)):
        field = QgsProcessingParameterField(name, label(name), default, "BASEMAPS", optional=True)
        algorithm.add(field, advanced=True)
    behaviour = QgsProcessingParameterFile.Behavior.File
    county = QgsProcessingParameterFile("COUNTY", label("COUNTY"), behaviour, "yaml", optional=True)
    algorithm.add(county, advanced=True)


def index_sheets(inputs: Inputs, progress: StageProgress) -> list[IndexedSheet]:
    """The sheets over BOUNDARY with what BASEMAPS say of them; warnings are given.

    Raises InputError with all faults of both; Cancelled.
    """
    inputs.county()
    watershed = read_watershed(inputs, progress)
    bases = read_base_maps(inputs, progress)
    inputs.settle()
    if watershed is None:
        raise InputError("QL-SHEET-NOGROUND", parameter="BOUNDARY", layer=inputs.title("BOUNDARY"))
    return judged_sheets(inputs, watershed, bases, inputs.given("BASEMAPS"), progress)


def judged_sheets(
    inputs: Inputs, watershed: QgsGeometry, bases: list[Base], registered: bool, progress: StageProgress
) -> list[IndexedSheet]:
    """The sheets over ``watershed`` (EPSG:4490) with their base maps, if any are registered; warnings are given.

    Raises InputError QL-SHEET-NOGROUND, QL-SHEET-LATITUDE, QL-SHEET-LONGITUDE; Cancelled.
    """
    plane, most = QgisPlanar(), int(default_edition().default("base_map_scale_denominator_max"))
    parts = sheet_parts(watershed, sheet_scale(DENOMINATOR), progress)
    if not parts:
        raise InputError("QL-SHEET-NOGROUND", parameter="BOUNDARY", layer=inputs.title("BOUNDARY"))
    indexed = [IndexedSheet(part, covering(part.shape, bases, most, plane)) for part in parts]
    inputs.warn(sheet_warnings(indexed, registered, most))
    return indexed


def read_watershed(inputs: Inputs, progress: StageProgress) -> QgsGeometry | None:
    """BOUNDARY as one polygon in EPSG:4490; None with its faults kept, or where it has no polygon."""
    source = inputs.source("BOUNDARY")
    if source is None:
        return None
    reading = inputs.attempt(
        lambda: read_records(
            source,
            sheet_crs(),
            "BOUNDARY",
            Wanted(POLYGON),
            algorithm="mapsheets",
            shifts=inputs.shifts,
            progress=progress,
        )
    )
    if reading is None:
        return None
    inputs.warn(reading.warnings)
    return union_of(reading.records)


def read_base_maps(
    inputs: Inputs, progress: StageProgress, other: QgsFeatureSource | None = None
) -> list[Base]:
    """The base maps of BASEMAPS, or of ``other`` where that is not given; empty where faulty or none."""
    source = inputs.source("BASEMAPS") or other
    if source is None:
        return []
    scale, date = (inputs.text(name) for name in ("BASE_SCALE_FIELD", "BASE_DATE_FIELD"))
    if date == DATE_FIELD and source.fields().indexOf(date) < 0:
        date = ""  # a layer without dates is still a register of scales
    names = BaseFields(scale or SCALE_FIELD, date)
    reading = inputs.attempt(
        lambda: read_bases(source, "BASEMAPS", names, shifts=inputs.shifts, progress=progress)
    )
    if reading is None:
        return []
    inputs.warn(reading.warnings)
    return reading.bases


def sheet_warnings(indexed: list[IndexedSheet], registered: bool, most: int) -> list[Problem]:
    """What the base maps lack, each once with its sheets, and numbers that no one issued."""
    found = []
    abroad = [one.number for one in indexed if not in_china(one.part.sheet)]
    if abroad:
        found.append(Problem("QL-SHEET-ABROAD", {"sheets": _listed(abroad)}))
    if not registered:
        return found
    codes = {
        COARSE: "QL-SHEET-COARSE",
        PARTLY: "QL-SHEET-PARTLY",
        NO_SCALE: "QL-SHEET-NOSCALE",
        NONE: "QL-SHEET-NOBASE",
    }
    for state, code in codes.items():
        those = [one for one in indexed if one.base.state == state]
        if those:
            scale = max((one.base.scale or 0 for one in those), default=0)
            facts = {"sheets": _listed([one.number for one in those]), "scale": scale, "most": most}
            found.append(Problem(code, facts))
    return found


def _listed(numbers: list[str]) -> str:
    more = len(numbers) - _SHOWN
    return ", ".join(numbers[:_SHOWN]) + (f" (+{more})" if more > 0 else "")


def _values(one: IndexedSheet) -> Mapping[str, Any]:
    base = one.base
    return {
        "sheet": one.number,
        "sheet_old": old_number(one.part.sheet),
        "covered_pct": round(100 * one.part.sheet_share, 2),
        "watershed_pct": round(100 * one.part.watershed_share, 2),
        "base_scale": base.scale,
        "base_date": base.date,
        "base_covered_pct": round(100 * base.share, 2) if base.state != NONE else None,
        "base_state": base.state,
        "base_name": "; ".join(dict.fromkeys(b.name for b in base.used if b.name)) or None,
        "clause": CLAUSE,
    }
