"""``qingliu:evaluate``: a survey by table 7-1, twenty indicators with their state (chapter 7, appendix C)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Iterator, Mapping

import numpy as np
from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsWkbTypes,
)

from ..core import language
from ..core.errors import InputError, Problem
from ..core.evaluation import Evaluation, IndicatorRow, evaluate
from ..core.evaluation.uncertainty import Accuracy
from ..core.standard import default_edition
from ..core.standard.model.words import text
from ..layers.store import GpkgStore, open_store
from ..layers.surveyevaluation import (
    SurveyReading,
    edition_of,
    evaluation_date,
    findings,
    read_survey,
    stated_accuracy,
    write_register,
)
from ..layers.surveyfigures import homes_outside
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .results import write_layer, write_table

STAGES = (("read_survey", 4.0), ("evaluate", 1.0), ("write_features", 1.0))

FIELDS = (
    ("type", "text"), ("number", "integer"), ("indicator", "text"), ("name", "text"), ("value_num", "number"),
    ("value_text", "text"), ("unit", "text"), ("operator", "text"), ("threshold", "text"),
    ("threshold_num", "number"), ("state", "text"), ("margin", "number"), ("low", "number"), ("high", "number"),
    ("within_error", "boolean"), ("source", "text"), ("year", "integer"), ("clause", "text"),
    ("formula", "text"), ("missing", "text"), ("notes", "text"), ("beside", "text"),
)  # fmt: skip
HOME_FIELDS = (
    ("name", "text"), ("distance_m", "number"), ("along_roads_m", "number"), ("limit_m", "number"),
    ("outside", "text"),
)  # fmt: skip

SAID = {
    "recognised": {"zh": "自评达标", "en": "passes"},
    "not_recognised": {"zh": "自评不达标", "en": "does not pass"},
    "unproven": {"zh": "待证", "en": "is unproven"},
}
"""How a verdict is said: a self-evaluation, never a recognition."""


class Evaluate(QingliuAlgorithm):
    """See ``resources/help/evaluate.yaml``."""

    ID = "evaluate"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        behaviour = QgsProcessingParameterFile.Behavior.File
        self.add(QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), behaviour, "gpkg"))
        types = QgsProcessingParameterEnum(
            "TYPE", self.label("TYPE"), list(default_edition().types), optional=True, usesStaticStrings=True
        )
        self.add(types)
        self.add(QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True))
        date = QgsProcessingParameterString(
            "EVALUATION_DATE", self.label("EVALUATION_DATE"), "", optional=True
        )
        self.add(date)
        self.add(QgsProcessingParameterBoolean("ALL_TYPES", self.label("ALL_TYPES"), False))
        self._number("LINE_ERROR")
        self._number("VERTEX_SPACING")
        self._number("CLASS_ERROR", 100.0)
        table, point = QgsProcessing.SourceType.TypeVector, QgsProcessing.SourceType.TypeVectorPoint
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), table))
        outside = QgsProcessingParameterFeatureSink(
            "OUTSIDE", self.label("OUTSIDE"), point, optional=True, createByDefault=False
        )
        self.add(outside)
        register = QgsProcessingParameterFileDestination(
            "PROVENANCE", self.label("PROVENANCE"), "JSON (*.json)", optional=True, createByDefault=False
        )
        self.add(register)
        for name in ("VERDICT", "DATE"):
            self.addOutput(QgsProcessingOutputString(name, self.label(name)))
        for name in ("PASSED", "FAILED", "UNPROVEN", "NOT_APPLICABLE"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def _number(self, name: str, most: float = 1000.0) -> None:
        double = QgsProcessingParameterNumber.Type.Double
        number = QgsProcessingParameterNumber(
            name, self.label(name), double, None, optional=True, minValue=0.0, maxValue=most
        )
        self.add(number, advanced=True)

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read the survey, evaluate, write; the survey is only read."""
        inputs = Inputs(self, parameters, context, feedback)
        return _Run(self, inputs, StageProgress(feedback, STAGES)).results()


class _Run:
    """One evaluation of one survey."""

    def __init__(self, algorithm: Evaluate, inputs: Inputs, progress: StageProgress) -> None:
        self.algorithm = algorithm
        self.inputs = inputs
        self.progress = progress
        self.edition = default_edition()

    def results(self) -> dict[str, Any]:
        inputs = self.inputs
        county = inputs.county()
        inputs.settle()
        self.progress.stage("read_survey")
        with open_store(Path(inputs.text("SURVEY")), read_only=True) as store:
            self.edition = edition_of(store)
            own = self._type(store)
            date = evaluation_date(store, inputs.text("EVALUATION_DATE"), dt.date.today())
            reading = read_survey(store, self.edition, date, county, self._accuracy(store), self.progress)
            name = store.meta().get("name", "")
        inputs.warn(findings(reading))
        types = list(self.edition.types) if inputs.flag("ALL_TYPES") else [own]
        self.progress.stage("evaluate", len(types))
        found = evaluate(reading.given, types, self.edition)
        self._say(found, own, name)
        return {**self._write(found, reading, own), **numbers(found, own), "DATE": date.isoformat()}

    def _type(self, store: GpkgStore) -> str:
        given = self.inputs.choice("TYPE") if self.inputs.given("TYPE") else store.meta().get("type", "")
        if given not in self.edition.types:
            raise InputError("QL-STORE-TYPE", type=given, types=", ".join(self.edition.types))
        return given

    def _accuracy(self, store: GpkgStore) -> Accuracy:
        """The errors given, else those that the survey states."""
        inputs, stated = self.inputs, stated_accuracy(store)
        share = inputs.number("CLASS_ERROR") / 100 if inputs.given("CLASS_ERROR") else stated.class_share
        return Accuracy(
            inputs.number("LINE_ERROR") if inputs.given("LINE_ERROR") else stated.line_m,
            inputs.number("VERTEX_SPACING") if inputs.given("VERTEX_SPACING") else stated.vertex_m,
            share,
        )

    def _say(self, found: Evaluation, own: str, name: str) -> None:
        """The verdict in words, what is unproven and why."""
        feedback = self.inputs.feedback
        for row in found.of(own):
            if row.missing():
                feedback.pushInfo(f"{row.number} {title_of(row)}: {row.missing()}")
            self.inputs.warn(row.notes)
        for key, verdict in found.verdicts.items():
            facts = {
                "name": name or "-", "type": text(self.edition.types[key]), "date": found.date.isoformat(),
                "verdict": language.pick(SAID[verdict]),
            }  # fmt: skip
            feedback.pushInfo(Problem("QL-EVAL-SELF", facts).text())

    def _write(self, found: Evaluation, reading: SurveyReading, own: str) -> dict[str, Any]:
        algorithm, inputs = self.algorithm, self.inputs
        columns = algorithm.columns("OUTPUT", *FIELDS)
        rows = [row_values(r) for r in found.rows]
        results = {"OUTPUT": write_table(algorithm, inputs, "OUTPUT", columns, rows, self.progress)}
        if inputs.given("OUTSIDE"):
            homes = list(outside(reading, self._radius(own)))
            kind, crs = QgsWkbTypes.Type.Point, reading.figures.crs
            columns = algorithm.columns("OUTSIDE", *HOME_FIELDS)
            results["OUTSIDE"] = write_layer(
                algorithm, inputs, "OUTSIDE", columns, homes, crs, kind=kind, progress=self.progress
            )
        if inputs.given("PROVENANCE"):
            path = algorithm.parameterAsFileOutput(inputs.parameters, "PROVENANCE", inputs.context)
            results["PROVENANCE"] = str(write_register(Path(path), found.register.to_json()))
        return results

    def _radius(self, own: str) -> float | None:
        """The service radius asked of the type, None where its row 12 is read as a density."""
        for indicator in self.edition.indicators.values():
            cell = indicator.threshold(own)
            if cell.measure == "service_radius":
                return float(cell.value)
        return None


def title_of(row: IndicatorRow) -> str:
    """The indicator's name in the language in force."""
    return text(row, "name")


def row_values(row: IndicatorRow) -> Mapping[str, Any]:
    """A row of the output."""
    return {
        **{name: getattr(row, name, None) for name, _ in FIELDS},
        "indicator": row.key,
        "name": title_of(row),
        "missing": row.missing(),
        "notes": " ".join(n.text() for n in row.notes) or None,
        "beside": "; ".join(row.readings) or None,
    }


def numbers(found: Evaluation, own: str) -> dict[str, Any]:
    """Verdict and counts of the survey's own type."""
    states = [r.state for r in found.of(own)]
    return {
        "VERDICT": found.verdicts[own],
        "PASSED": states.count("pass"),
        "FAILED": states.count("fail"),
        "UNPROVEN": states.count("unproven"),
        "NOT_APPLICABLE": states.count("not_applicable"),
    }


def outside(reading: SurveyReading, limit: float | None) -> Iterator[tuple[Mapping[str, Any], bytes]]:
    """Homes at or beyond the service radius of public toilets, straight or along roads; none where none is asked."""
    homes = reading.figures.homes
    if homes is None or limit is None:
        return
    for home in homes_outside(homes, limit):
        yield home.values, point_wkb(home.x, home.y)


def point_wkb(x: float, y: float) -> bytes:
    """A point's WKB."""
    return b"\x01\x01\x00\x00\x00" + np.array([x, y], "<f8").tobytes()
