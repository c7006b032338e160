"""``qingliu:checksurvey``: is the survey complete and free of contradictions (ch. 4, 7.0.2, appendices A, C)?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsRectangle,
)

from ..core.progress import Progress
from ..core.standard import default_edition
from ..core.surveychecks import Finding, Row, check_survey
from ..layers.checkrows import measures_of, read_case
from ..layers.crs import crs_problems
from ..layers.planar import geometry_of
from ..layers.records import LINE, Wanted
from ..layers.store import GpkgStore, open_store
from ..layers.storecrs import crs_of
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .results import write_table

STAGES = (("read_features", 2.0), ("survey_checks", 2.0), ("write_features", 1.0))
FIELDS = (
    ("check_id", "text"), ("severity", "text"), ("table", "text"), ("row_uuid", "text"), ("field", "text"),
    ("message", "text"), ("clause", "text"),
)  # fmt: skip
COUNTS = {"ERRORS": "error", "WARNINGS": "warning", "NOTES": "note"}


class CheckSurvey(QingliuAlgorithm):
    """See ``resources/help/checksurvey.yaml``."""

    ID = "checksurvey"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        behaviour = QgsProcessingParameterFile.Behavior.File
        self.add(QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), behaviour, "gpkg"))
        types = list(default_edition().types)
        type_ = QgsProcessingParameterEnum("TYPE", self.label("TYPE"), types, False, None, True)
        type_.setUsesStaticStrings(True)
        self.add(type_)
        line = [QgsProcessing.SourceType.TypeVectorLine]
        channels = QgsProcessingParameterFeatureSource(
            "CHANNELS", self.label("CHANNELS"), line, optional=True
        )
        self.add(channels)
        table = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), table))
        for name in COUNTS:
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))
        self.addOutput(QgsProcessingOutputFile("SURVEY", self.label("SURVEY")))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read the survey, check it, list what was found."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        path = inputs.text("SURVEY")
        network = read_network(inputs, progress) if inputs.given("CHANNELS") else None
        inputs.settle()
        edition = default_edition()
        with open_store(Path(path), read_only=True) as store:
            inputs.warn(store.findings)
            _warn_elsewhere(inputs, store)
            case = read_case(store, edition, inputs.choice("TYPE"), network)
        found = check_survey(case, progress=progress)
        rows = [row_of(finding) for finding in found]
        columns = self.columns("OUTPUT", *FIELDS)
        results: dict[str, Any] = {
            "OUTPUT": write_table(self, inputs, "OUTPUT", columns, rows, progress),
            "SURVEY": path,
        }
        results.update(counts(found))
        return results


def _warn_elsewhere(inputs: Inputs, store: GpkgStore) -> None:
    """Say of channels that they lie far from the survey's boundary."""
    box = QgsRectangle()
    for row in store.rows("boundary") if inputs.given("CHANNELS") and "boundary" in store.tables() else []:
        box.combineExtentWith(geometry_of(row.wkb or b"").boundingBox())
    inputs.warn_elsewhere(crs_of(store), box, "boundary")


def counts(found: Sequence[Finding]) -> dict[str, int]:
    """How many of each severity; ``unknown`` is none of the three."""
    return {name: sum(f.severity == severity for f in found) for name, severity in COUNTS.items()}


def row_of(finding: Finding) -> dict[str, Any]:
    """A finding as a row of OUTPUT."""
    return {
        "check_id": finding.check_id,
        "severity": finding.severity,
        "table": finding.table,
        "row_uuid": finding.row_uuid,
        "field": finding.field,
        "message": finding.problem.text(),
        "clause": finding.clause,
    }


def read_network(inputs: Inputs, progress: Progress) -> list[Row]:
    """Channels of a stream survey, with the survey's own figures or else the lines' planar lengths."""
    source = inputs.source("CHANNELS")
    if source is None:
        return []
    inputs.faults += crs_problems(source.sourceCrs(), source.sourceName(), "CHANNELS")
    if inputs.faults:
        return []
    records = inputs.records("CHANNELS", source.sourceCrs(), Wanted(LINE), progress=progress)
    return [
        Row("channels", r.uuid or str(r.fid), r.attributes, measures_of(r.wkb))
        for r in records
        if r.attributes.get("change") != "vanished"
    ]
