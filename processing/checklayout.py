"""``qingliu:checklayout``: every measure of a layout by every rule that concerns it (chapters 5 and 6, B.1)."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterable, Mapping, Sequence

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterMultipleLayers,
    QgsWkbTypes,
)

from ..core.errors import Problem
from ..core.siting.engine import judge
from ..core.siting.ground import LAYOUT, Ground
from ..core.siting.model import DUTY, ERROR, NOTE, UNKNOWN, WARNING, Finding, MeasureFeature
from ..core.siting.omissions import omissions
from ..core.standard import default_edition, text
from ..layers.layoutplan import Placed
from ..layers.records import id_list
from ..layers.sitingshapes import QgisShapes, as_collection
from ..layers.sitingsigned import signed_in
from ..layers.zoninggrid import Bounds
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .layoutinput import Layout, distinct
from .results import destination_of, write_layer
from .sitingroles import GROUND_STAGES, GroundInput, add_roles, settings_of

STAGES = (*GROUND_STAGES, ("check_layout", 5.0), ("write_features", 1.0))
FIELDS = (
    ("measure_uuid", "text"), ("measure", "text"), ("measure_name", "text"), ("rule_id", "text"), ("clause", "text"),
    ("effect", "text"), ("severity", "text"), ("message", "text"), ("failing_area_m2", "number"),
    ("failing_length_m", "number"), ("failing_pct", "number"), ("missing", "text"), ("signed", "text"),
)  # fmt: skip
SHOWN = (ERROR, WARNING, NOTE, UNKNOWN)
"""Verdicts that are listed without being asked for."""

COUNTS = {"ERRORS": ERROR, "WARNINGS": WARNING, "NOTES": NOTE, "UNKNOWN": UNKNOWN, "DUTIES": DUTY}
_MULTI = {
    0: QgsWkbTypes.Type.MultiPoint,
    1: QgsWkbTypes.Type.MultiLineString,
    2: QgsWkbTypes.Type.MultiPolygon,
}
_KIND_SINKS = (
    ("POINTS", 0, QgsProcessing.SourceType.TypeVectorPoint),
    ("LINES", 1, QgsProcessing.SourceType.TypeVectorLine),
    ("AREAS", 2, QgsProcessing.SourceType.TypeVectorPolygon),
)


class CheckLayout(QingliuAlgorithm):
    """See ``resources/help/checklayout.yaml``."""

    ID = "checklayout"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        anything = QgsProcessing.SourceType.TypeVectorAnyGeometry
        self.add(QgsProcessingParameterMultipleLayers("LAYOUT", self.label("LAYOUT"), anything))
        add_roles(self)
        self.add(QgsProcessingParameterBoolean("INCLUDE_PASSES", self.label("INCLUDE_PASSES"), False))
        self.add(
            QgsProcessingParameterBoolean("WHOLE_LAYOUT", self.label("WHOLE_LAYOUT"), True), advanced=True
        )
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), anything))
        for name, _, kind in _KIND_SINKS:
            sink = QgsProcessingParameterFeatureSink(
                name, self.label(name), kind, optional=True, createByDefault=False
            )
            self.add(sink)
        for name in ("MEASURES", *COUNTS):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, judge, write."""
        inputs = Inputs(self, parameters, context, feedback)
        run = _Run(inputs, StageProgress(feedback, STAGES))
        measures = run.read()
        findings = run.judge(measures)
        run.say(measures, findings)
        return run.write(self, measures, findings)


class _Run:
    """One run: everything is read first, with all faults in one list, then judged."""

    def __init__(self, inputs: Inputs, progress: StageProgress) -> None:
        self.inputs, self.progress = inputs, progress
        self.edition = default_edition()
        self.shapes = QgisShapes()
        self.ground: Ground

    def read(self) -> list[MeasureFeature]:
        """The measures, put on their ground."""
        inputs = self.inputs
        settings = settings_of(inputs)
        layout = inputs.must(lambda: Layout(inputs, self.shapes, self.edition))
        self.crs = layout.crs
        self.placed, self.twins = distinct(layout.measures(self.progress))
        keys = {p.item.measure for p in self.placed}
        bounds = self._bounds(self.placed)
        reading = GroundInput(inputs, settings, layout.crs, layout.first, bounds, self.progress)
        reading.whole = inputs.flag("WHOLE_LAYOUT")
        self.ground = reading.read(keys)
        inputs.settle()
        signed = signed_in(layout.layers)
        self.overridden = signed.get("", {})
        measures = [
            MeasureFeature(
                p.item.uuid,
                p.item.measure,
                p.record.wkb or b"",
                p.record.attributes,
                signed.get(p.record.uuid or p.item.uuid, {}),
            )
            for p in self.placed
        ]
        self.ground.give(LAYOUT)
        for measure in measures:
            self.ground.put_measure(measure)
        return measures

    def _bounds(self, placed: Sequence[Placed]) -> Bounds:
        boxes = [self.shapes.bounds(p.shape) for p in placed] or [(0.0, 0.0, 1.0, 1.0)]
        west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
        return Bounds(west, south, max(b[2] for b in boxes), max(b[3] for b in boxes))

    def judge(self, measures: Sequence[MeasureFeature]) -> list[Finding]:
        """What every rule says of every measure."""
        self.progress.stage("check_layout", len(measures))
        found: list[Finding] = []
        for number, measure in enumerate(measures):
            self.progress.step(number / len(measures))
            found += judge(measure, self.ground, self.edition)
        if self.inputs.flag("WHOLE_LAYOUT"):
            found += omissions(self.ground, self.edition, self.overridden)
        return found

    # -- telling -----------------------------------------------------------------
    def say(self, measures: Sequence[MeasureFeature], findings: Sequence[Finding]) -> None:
        """What is missing, once for every role; doubtful features; how many duties wait for a person."""
        warnings = [*self._missing(findings), *self._twins(), *self._drawn_otherwise()]
        plain = sum(1 for m in measures if self.edition.measure(m.key).placeholder)
        if plain:
            warnings.append(Problem("QL-SITE-NORULES", {"count": plain}))
        self.inputs.warn(warnings)
        duties = sum(1 for f in findings if f.verdict == DUTY)
        if duties and not self.inputs.flag("INCLUDE_PASSES"):
            self.inputs.feedback.pushInfo(Problem("QL-SITE-DUTIES", {"count": duties}).text())

    def _missing(self, findings: Sequence[Finding]) -> list[Problem]:
        """Every missing role once, with the rules it leaves unknown and the measures these concern."""
        rules: dict[str, set[str]] = {}
        measures: dict[str, set[str]] = {}
        for finding in findings:
            if finding.verdict == UNKNOWN:
                for role in finding.missing:
                    rules.setdefault(role, set()).add(finding.rule_id)
                    measures.setdefault(role, set()).update([finding.measure_uuid] if finding.measure else [])
        return [self._lacking(role, rules[role], measures[role]) for role in sorted(rules)]

    def _lacking(self, role: str, rules: set[str], measures: set[str]) -> Problem:
        """A role that was not given, or one that says nothing where some measures stand."""
        base = role.split(".", 1)[0]
        there = base == LAYOUT or base in self.ground.roles or self.inputs.given(base)
        whole = any(r.startswith("layout.") for r in rules)
        count = len(measures)
        zh = " 与".join([f" {count} 处措施"] * bool(count) + ["整个布局"] * whole)
        en = " and ".join([f"{count} measures"] * bool(count) + ["the layout as a whole"] * whole)
        facts = {
            "role": role,
            "rules": len(rules),
            "what": {"zh": zh, "en": en},
            "ids": id_list(sorted(measures)),
            "clauses": "、".join(sorted({r.split(".", 1)[1].rsplit(".", 1)[0] for r in rules})),
        }
        return Problem("QL-SITE-NOTHERE" if there and count else "QL-SITE-NOROLE", facts)

    def _twins(self) -> list[Problem]:
        facts = {"count": len(self.twins), "ids": id_list(self.twins)}
        return [Problem("QL-SITE-TWINS", facts)] if self.twins else []

    def _drawn_otherwise(self) -> list[Problem]:
        """Measures drawn with another kind of geometry than table B.1 counts them by."""
        strange = [p for p in self.placed if p.item.kind not in self.edition.measure(p.item.measure).geometry]
        if not strange:
            return []
        names = sorted({text(self.edition.measure(p.item.measure), "name") for p in strange})
        facts = {
            "count": len(strange),
            "names": ", ".join(names),
            "ids": id_list([p.item.uuid for p in strange]),
        }
        return [Problem("QL-SITE-KIND", facts)]

    # -- results -----------------------------------------------------------------
    def write(
        self, algorithm: QingliuAlgorithm, measures: Sequence[MeasureFeature], findings: Sequence[Finding]
    ) -> dict[str, Any]:
        """One row per finding; the geometry is the failing part, of a rule that is not broken the measure."""
        own = {m.uuid: m.wkb for m in measures}
        every = self.inputs.flag("INCLUDE_PASSES")
        shown = [f for f in findings if every or f.verdict in SHOWN]
        rows = [(self._row(f), f.failing or own.get(f.measure_uuid)) for f in shown]
        kinds = [-1 if wkb is None else self._dimension(wkb) for _, wkb in rows]
        results: dict[str, Any] = {
            "OUTPUT": self._sink(algorithm, "OUTPUT", rows, self._kind(kinds)),
            "MEASURES": len(measures),
        }
        for name, dimension, _ in _KIND_SINKS:
            if self.inputs.given(name):
                chosen = [row for row, kind in zip(rows, kinds) if kind == dimension]
                results[name] = self._sink(algorithm, name, chosen, _MULTI[dimension])
        counts = Counter(f.verdict for f in findings)
        return {**results, **{name: counts[verdict] for name, verdict in COUNTS.items()}}

    def _sink(self, algorithm: QingliuAlgorithm, name: str, rows: Any, kind: Any) -> str:
        if kind == QgsWkbTypes.Type.GeometryCollection:
            rows = [(values, None if wkb is None else as_collection(wkb)) for values, wkb in rows]
        columns = algorithm.columns("OUTPUT", *FIELDS)
        return write_layer(
            algorithm, self.inputs, name, columns, rows, self.crs, kind=kind, progress=self.progress
        )

    def _dimension(self, wkb: bytes) -> int:
        shape = self.shapes.read(wkb)
        return -1 if shape is None else self.shapes.dimension(shape)

    def _kind(self, kinds: Iterable[int]) -> Any:
        """The one kind of geometry there is; of several one layer for all where the format can hold it."""
        found = {k for k in kinds if k >= 0} or {2}
        if len(found) == 1:
            return _MULTI[found.pop()]
        if (
            destination_of(self.inputs, "OUTPUT")
            .lower()
            .split("|")[0]
            .endswith((".gpkg", ".geojson", ".json"))
        ):
            return QgsWkbTypes.Type.Unknown
        self.inputs.warn([Problem("QL-SITE-MIXED")])
        return QgsWkbTypes.Type.GeometryCollection

    def _row(self, finding: Finding) -> Mapping[str, Any]:
        measure = self.edition.measures.get(
            finding.measure
        )  # none where the layout as a whole lacks something
        return {
            "measure_uuid": finding.measure_uuid or None,
            "measure": finding.measure or None,
            "measure_name": None if measure is None else text(measure, "name"),
            "rule_id": finding.rule_id,
            "clause": finding.clause,
            "effect": finding.effect,
            "severity": finding.verdict,
            "message": finding.message.text(),
            "failing_area_m2": _rounded(finding.failing_area_m2, 3),
            "failing_length_m": _rounded(finding.failing_length_m, 3),
            "failing_pct": None if finding.share is None else round(100 * finding.share, 2),
            "missing": ", ".join(finding.missing) or None,
            "signed": None if finding.confirmed is None else " · ".join(p for p in finding.confirmed if p),
        }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
