"""``qingliu:shorelineratio``: the share of natural and ecological bank line (C.8, 7-1 row 17)."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsWkbTypes,
)

from ..core.errors import InputError, Problem
from ..core.shoreline import (
    CLASSES,
    OVER_100,
    Bank,
    Channel,
    Limit,
    Shore,
    ShoreSurvey,
    banks_of_lines,
    banks_of_polygons,
    class_values,
    survey_shore,
    verdict,
)
from ..core.shoreline.survey import softened_note, unclassified_note
from ..core.standard import Edition, default_edition
from ..layers.crs import distance_area, output_crs
from ..layers.lines import line_wkb
from ..layers.records import ANY, LINE, Record, Wanted
from ..layers.shore import BankFields, read_banks, read_channels, read_reaches
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .results import write_layer, write_table

STAGES = (("read_features", 2.0), ("banks", 4.0), ("write_features", 1.0))
INDICATOR = "ecological_bank_rate"
CLASS_FIELD = "bank_type"
DEFAULT_WIDTH_M = 4.0
TOLD_MOST = 10
"""Faults of one kind that the log names; all of them are in FINDINGS."""

OUTPUT_FIELDS = (
    ("scope", "text"), ("river", "text"), ("side", "text"), ("natural_m", "number"), ("ecological_m", "number"),
    ("hard_m", "number"), ("unclassified_m", "number"), ("all_m", "number"), ("treated_m", "number"),
    ("treated_natural_m", "number"), ("treated_ecological_m", "number"), ("treated_hard_m", "number"),
    ("treated_unclassified_m", "number"), ("ratio_pct", "number"), ("low_pct", "number"), ("high_pct", "number"),
    ("ratio_all_pct", "number"), ("ratio_printed_pct", "number"), ("error", "text"), ("threshold_pct", "number"),
    ("verdict", "text"), ("clause", "text"),
)  # fmt: skip
LINE_FIELDS = (
    ("river", "text"), ("side", "text"), ("bank_class", "text"), ("treated", "boolean"), ("length_m", "number"),
    ("counted_m", "number"), ("generated", "boolean"), ("source_fid", "long"), ("source_uuid", "text"),
)  # fmt: skip
FINDING_FIELDS = (
    ("code", "text"), ("severity", "text"), ("river", "text"), ("source_fids", "text"), ("length_m", "number"),
    ("message", "text"),
)  # fmt: skip


class ShorelineRatio(QingliuAlgorithm):
    """See ``resources/help/shorelineratio.yaml``."""

    ID = "shorelineratio"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        line, polygon = QgsProcessing.SourceType.TypeVectorLine, QgsProcessing.SourceType.TypeVectorPolygon
        self._source("BANKS", [line])
        self._field("BANK_FIELD")
        self._text("NATURAL_VALUES", "自然")
        self._text("ECOLOGICAL_VALUES", "人工生态,硬质（已柔化美化）")
        self._text("HARD_VALUES", "硬质")
        self._source("CHANNELS", [line, polygon])
        self._field("SIDE_FIELD")
        self._source("TREATED", [line])
        distance = default_edition().parameters.get("reach_distance_m")
        self._number("REACH_DISTANCE", float(distance.default) if distance else 30.0)
        self._field("GROUP_FIELD")
        self._number("DUPLICATE_TOLERANCE", 0.5)
        types = QgsProcessingParameterEnum(
            "TYPE", self.label("TYPE"), list(default_edition().types), optional=True, usesStaticStrings=True
        )
        self.add(types)
        self._number("WIDTH", DEFAULT_WIDTH_M, advanced=True)
        behaviour = QgsProcessingParameterFile.Behavior.File
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)
        self._sinks()
        self.addOutput(QgsProcessingOutputNumber("RATIO", self.label("RATIO")))

    def _sinks(self) -> None:
        table, line = QgsProcessing.SourceType.TypeVector, QgsProcessing.SourceType.TypeVectorLine
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), table))
        for name, kind in (("SIDES", table), ("LINES", line), ("FINDINGS", table)):
            self.add(
                QgsProcessingParameterFeatureSink(
                    name, self.label(name), kind, optional=True, createByDefault=name == "LINES"
                )
            )

    def _source(self, name: str, kinds: list[Any]) -> None:
        self.add(QgsProcessingParameterFeatureSource(name, self.label(name), kinds, optional=True))

    def _field(self, name: str) -> None:
        self.add(QgsProcessingParameterField(name, self.label(name), None, "BANKS", optional=True))

    def _text(self, name: str, default: str) -> None:
        self.add(QgsProcessingParameterString(name, self.label(name), default, optional=True))

    def _number(self, name: str, default: float, *, advanced: bool = False) -> None:
        double = QgsProcessingParameterNumber.Type.Double
        number = QgsProcessingParameterNumber(name, self.label(name), double, default, minValue=0.0)
        self.add(number, advanced=advanced)

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, work out, write."""
        inputs = Inputs(self, parameters, context, feedback)
        run = _Run(inputs, StageProgress(feedback, STAGES))
        survey = run.survey()
        run.say(survey)
        return run.write(self, survey)


class _Run:
    """One run: the CRS of the first input, then banks, reaches and what follows."""

    def __init__(self, inputs: Inputs, progress: StageProgress) -> None:
        self.inputs = inputs
        self.progress = progress
        inputs.county()
        self.first = "BANKS" if inputs.given("BANKS") else "CHANNELS"
        if not inputs.given(self.first):
            raise InputError("QL-BANK-NOTHING")
        source = inputs.must_source(self.first)
        target = inputs.must(
            lambda: output_crs(source.sourceCrs(), source.sourceExtent(), source.sourceName(), self.first)
        )
        inputs.warn(target.warnings)
        self.input_crs = source.sourceCrs()
        self.target: QgsCoordinateReferenceSystem = target.crs
        self.river_field = inputs.text("GROUP_FIELD")

    # -- reading ---------------------------------------------------------------
    def survey(self) -> ShoreSurvey:
        inputs = self.inputs
        reach_records = self._records("TREATED", Wanted(LINE))
        channel_records = self._records("CHANNELS", Wanted(ANY))
        banks = self._banks(channel_records, reach_records)
        inputs.settle()
        if not banks:
            raise InputError("QL-BANK-NOTHING")
        inputs.warn(softened_note(banks))
        reaches = read_reaches(reach_records, self.river_field) if inputs.given("TREATED") else None
        self.progress.stage("banks", len(banks))
        return survey_shore(
            banks,
            reaches,
            inputs.number("REACH_DISTANCE"),
            inputs.number("DUPLICATE_TOLERANCE"),
            self.progress,
        )

    def _records(self, name: str, wanted: Wanted) -> list[Record]:
        found = self.inputs.records(name, self.target, wanted, first=self.input_crs, progress=self.progress)
        self.inputs.stop()
        return found

    def _banks(self, channels: list[Record], reaches: list[Record]) -> list[Bank]:
        lines, polygons = _by_geometry(channels)
        width = self.inputs.number("WIDTH")
        if self.first == "BANKS":
            return self._surveyed(read_channels(lines, width))
        own = self.river_field
        generated = banks_of_lines(read_channels(lines, width, own), self.progress)
        if polygons:
            guides = [r.line for r in read_reaches(reaches)]
            shapes = [(p.wkb or b"", str(p.attributes.get(own) or ""), p.fid, p.uuid) for p in polygons]
            more, warnings = banks_of_polygons(shapes, guides)
            self.inputs.warn(warnings)
            generated += more
        return generated

    def _surveyed(self, channels: list[Channel]) -> list[Bank]:
        inputs = self.inputs
        values = inputs.must(
            lambda: class_values(*(inputs.text(f"{k}_VALUES") for k in ("NATURAL", "ECOLOGICAL", "HARD")))
        )
        used = BankFields(self._class_field(), inputs.text("SIDE_FIELD"), self.river_field)
        records = self._records("BANKS", Wanted(LINE, tuple(f for f in used if f)))
        reading = read_banks(records, used, values, channels)
        inputs.warn(reading.warnings)
        return reading.banks

    def _class_field(self) -> str:
        given = self.inputs.text("BANK_FIELD")
        source = self.inputs.must_source("BANKS")
        names = source.fields().names()
        if not given and CLASS_FIELD not in names:
            raise InputError("QL-BANK-CLASSFIELD", layer=source.sourceName(), fields=", ".join(names))
        return given or CLASS_FIELD

    # -- telling ---------------------------------------------------------------
    def say(self, survey: ShoreSurvey) -> None:
        """The log: faults found, bounds, and the length on the ellipsoid."""
        inputs, total = self.inputs, survey.total
        told: dict[str, int] = {}
        for finding in survey.findings:
            code = finding.problem.code
            told[code] = told.get(code, 0) + 1
            if code == OVER_100:
                inputs.feedback.reportError(finding.problem.text(), False)
            elif told[code] <= TOLD_MOST:
                inputs.warn([finding.problem])
        more = {code: count - TOLD_MOST for code, count in told.items() if code != OVER_100}
        inputs.warn([Problem("QL-BANK-MORE", {"kind": c, "count": n}) for c, n in more.items() if n > 0])
        inputs.warn(unclassified_note(total))
        if total.treated is not None and total.treated.total <= 0:
            inputs.warn([Problem("QL-BANK-NOTREATED", {"distance": f"{inputs.number('REACH_DISTANCE'):g}"})])
        measure = distance_area(self.target)
        ellipsoidal = sum(measure.measureLength(_geometry(p.bank)) for p in survey.pieces)
        planar = sum(p.bank.length_m for p in survey.pieces)
        text = Problem(
            "QL-BANK-LENGTHS", {"planar": f"{planar:.3f}", "ellipsoidal": f"{ellipsoidal:.3f}"}
        ).text()
        inputs.feedback.pushInfo(text)

    # -- writing ---------------------------------------------------------------
    def write(self, algorithm: ShorelineRatio, survey: ShoreSurvey) -> dict[str, Any]:
        limit = self._limit()
        shores = [("river", s) for s in survey.rivers] + [("total", survey.total)]
        found = {
            "OUTPUT": self._table(algorithm, "OUTPUT", OUTPUT_FIELDS, [_row(k, s, limit) for k, s in shores])
        }
        if self.inputs.given("SIDES"):
            rows = [_row("bank", s, limit) for s in survey.sides]
            found["SIDES"] = self._table(algorithm, "SIDES", OUTPUT_FIELDS, rows)
        if self.inputs.given("LINES"):
            found["LINES"] = self._write_lines(algorithm, survey)
        if self.inputs.given("FINDINGS"):
            found["FINDINGS"] = self._table(algorithm, "FINDINGS", FINDING_FIELDS, list(_findings(survey)))
        total = survey.total
        return {**found, "RATIO": total.ratio_all if total.treated is None else total.ratio}

    def _limit(self) -> Limit | None:
        kind = self.inputs.choice("TYPE") if self.inputs.given("TYPE") else ""
        return limit_of(kind)

    def _table(
        self, algorithm: ShorelineRatio, output: str, kinds: tuple[tuple[str, str], ...], rows: list[Any]
    ) -> str:
        columns = algorithm.columns(output, *kinds)
        return write_table(algorithm, self.inputs, output, columns, rows, self.progress)

    def _write_lines(self, algorithm: ShorelineRatio, survey: ShoreSurvey) -> str:
        columns = algorithm.columns("LINES", *LINE_FIELDS)
        kind, style = QgsWkbTypes.Type.LineString, algorithm.style("banks")
        rows = list(_lines(survey))
        return write_layer(
            algorithm,
            self.inputs,
            "LINES",
            columns,
            rows,
            self.target,
            kind=kind,
            style=style,
            progress=self.progress,
        )


def limit_of(type_key: str, edition: Edition | None = None) -> Limit | None:
    """Row 17 of table 7-1 for a type of watershed, None where no type is given."""
    if not type_key:
        return None
    cell = (edition or default_edition()).indicator(INDICATOR).threshold(type_key)
    number = cell.value if isinstance(cell.value, (int, float)) else None
    return Limit(cell.operator, number)


def _by_geometry(records: list[Record]) -> tuple[list[Record], list[Record]]:
    """Line features and polygon features."""
    lines: list[Record] = []
    polygons: list[Record] = []
    for record in records:
        flat = int.from_bytes((record.wkb or b"\0" * 5)[1:5], "little")
        if flat in (2, 5):
            lines.append(record)
        elif flat in (3, 6):
            polygons.append(record)
    return lines, polygons


def _row(scope: str, shore: Shore, limit: Limit | None) -> Mapping[str, Any]:
    treated, everywhere = shore.treated, shore.everywhere
    bounds = shore.bounds
    return {
        "scope": scope,
        "river": shore.river or None,
        "side": shore.side,
        **{f"{k}_m": everywhere[k] for k in CLASSES},
        "all_m": everywhere.total,
        "treated_m": None if treated is None else treated.total,
        **{f"treated_{k}_m": None if treated is None else treated[k] for k in CLASSES},
        "ratio_pct": shore.ratio,
        "low_pct": bounds.low,
        "high_pct": bounds.high,
        "ratio_all_pct": shore.ratio_all,
        "ratio_printed_pct": shore.ratio_printed,
        "error": shore.error,
        "threshold_pct": None if limit is None else limit.value,
        "verdict": verdict(shore, limit),
        "clause": "C.8",
    }


def _lines(survey: ShoreSurvey) -> Iterator[tuple[Mapping[str, Any], bytes]]:
    for piece in survey.pieces:
        bank = piece.bank
        row = {
            "river": bank.river or None,
            "side": bank.side,
            "bank_class": bank.kind,
            "treated": piece.treated,
            "length_m": round(bank.length_m, 3),
            "counted_m": piece.counted.total,
            "generated": bank.generated,
            "source_fid": bank.fid,
            "source_uuid": bank.uuid,
        }
        yield row, line_wkb(bank.line)


def _findings(survey: ShoreSurvey) -> Iterator[Mapping[str, Any]]:
    for finding in survey.findings:
        row = {
            "code": finding.problem.code,
            "severity": finding.severity,
            "river": finding.river or None,
            "source_fids": ", ".join(map(str, finding.fids)) or None,
            "length_m": None if finding.length_m is None else round(finding.length_m, 3),
            "message": finding.problem.text(),
        }
        yield row


def _geometry(bank: Bank) -> QgsGeometry:
    made = QgsGeometry()
    made.fromWkb(line_wkb(bank.line))
    return made
