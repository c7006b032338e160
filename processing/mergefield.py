"""qingliu:mergefield: a field package back into its survey, differences first (4.1.4, 4.3.3)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
    QgsProject,
    QgsVectorLayer,
)

from ..core.errors import InputError, Problem
from ..core.field.differences import (
    CHANGED,
    CONFLICT,
    DELETED_HERE,
    DELETED_THERE,
    NEW,
    ROW,
    SAME,
    Difference,
)
from ..core.field.settling import Decisions, Settled, choice_for, read_decisions
from ..layers.fieldmerge import (
    Comparison,
    apply_package,
    checked_rows,
    compare_package,
    counts,
    file_warnings,
    link_warnings,
    plan_files,
    settled,
)
from ..layers.fieldread import find_package
from ..layers.planar import geometry_of
from ..layers.store import open_store
from ..layers.store.editing import layers_of, refuse_while_editing, reload_layers
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .results import write_table

STAGES = (
    ("open_survey", 1.0),
    ("field_compare", 3.0),
    ("field_photos", 2.0),
    ("save_changes", 2.0),
    ("write_features", 1.0),
)
DIFFERENCES = (
    ("table", "text"),
    ("row_uuid", "text"),
    ("field", "text"),
    ("kind", "text"),
    ("ours", "text"),
    ("theirs", "text"),
    ("who", "text"),
    ("when", "text"),
    ("base", "text"),
    ("result", "text"),
)
APPLIED, KEPT, OPEN = "applied", "kept", "open"
COUNTS = {
    "NEW": (NEW,),
    "CHANGED": (CHANGED,),
    "CONFLICTS": (CONFLICT,),
    "DELETED": (DELETED_HERE, DELETED_THERE),
    "SAME": (SAME,),
}
_WKT_DIGITS = 3


class Wish(NamedTuple):
    """What the user asks for."""

    survey: Path
    package: Path
    apply: bool
    delete: bool
    decisions: Decisions
    why: str


class MergeField(QingliuAlgorithm):
    """See ``resources/help/mergefield.yaml``."""

    ID = "mergefield"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: layers of the survey in the project are looked at and reloaded."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        kinds = QgsProcessingParameterFile.Behavior
        self.add(QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), kinds.File, "gpkg"))
        self.add(QgsProcessingParameterFile("PACKAGE", self.label("PACKAGE"), kinds.Folder))
        self.add(QgsProcessingParameterBoolean("APPLY", self.label("APPLY"), False))
        decisions = QgsProcessingParameterFile(
            "DECISIONS", self.label("DECISIONS"), kinds.File, "csv", optional=True
        )
        self.add(decisions)
        self.add(QgsProcessingParameterBoolean("DELETE", self.label("DELETE"), False))
        self.add(QgsProcessingParameterString("WHY", self.label("WHY"), "", optional=True), advanced=True)
        plain = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), plain))
        self.addOutput(QgsProcessingOutputFile("SURVEY", self.label("SURVEY")))
        for name in (*COUNTS, "APPLIED", "OPEN"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        wish = read_wish(inputs)
        progress.stage("open_survey")
        package = inputs.must(lambda: find_package(wish.package))
        layers: list[QgsVectorLayer] = []
        try:
            with open_store(wish.survey, read_only=not wish.apply) as store:
                inputs.warn(store.findings)
                found = compare_package(store, package, progress)
                if wish.apply:
                    layers = layers_of(context.project() or QgsProject.instance(), store)
                    refuse_while_editing(layers)
                    merged = apply_package(
                        store, found, wish.decisions, progress, delete=wish.delete, why=wish.why
                    )
                    done, warnings = merged.settled, merged.warnings
                else:
                    done = settled(found, wish.decisions, delete=wish.delete)
                    files = file_warnings(plan_files(store, found, done))
                    told = (*checked_rows(found, done), *link_warnings(found, done))
                    warnings = (*found.warnings, *files, *told)
        finally:
            reload_layers(layers)  # the journal's mode was changed under them
        inputs.warn(warnings)
        return self.results(inputs, found, done, wish, progress)

    def results(
        self, inputs: Inputs, found: Comparison, done: Settled, wish: Wish, progress: StageProgress
    ) -> dict[str, Any]:
        """The table of differences and the counts."""
        waiting = set(map(_key, done.open))
        if waiting:
            inputs.warn([Problem("QL-FIELD-OPEN", {"count": len(waiting)})])
        inputs.warn(_idle(found, wish.decisions))
        rows = [_row(d, _result(d, waiting, wish)) for d in found.differences]
        progress.stage("write_features", len(rows))
        columns = self.columns("OUTPUT", *DIFFERENCES)
        number = counts(found.differences)
        return {
            "OUTPUT": write_table(self, inputs, "OUTPUT", columns, rows, progress),
            "SURVEY": str(wish.survey),
            **{name: sum(number.get(k, 0) for k in kinds) for name, kinds in COUNTS.items()},
            "APPLIED": len(done.changes) if wish.apply else 0,
            "OPEN": len(waiting),
        }


def read_wish(inputs: Inputs) -> Wish:
    """The parameters, all faults at once."""
    decisions: Optional[Decisions] = {}
    if inputs.given("DECISIONS"):
        decisions = inputs.attempt(lambda: read_decision_file(Path(inputs.text("DECISIONS"))))
    inputs.settle()
    return Wish(
        Path(inputs.text("SURVEY")),
        Path(inputs.text("PACKAGE")),
        inputs.flag("APPLY"),
        inputs.flag("DELETE"),
        decisions or {},
        inputs.text("WHY").strip(),
    )


def read_decision_file(path: Path) -> Decisions:
    """A decision table (UTF-8, with or without BOM). Raises InputError QL-FIELD-NODECISIONS, -DECISIONS, -CHOICE."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return read_decisions(list(csv.DictReader(stream)), path.name)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("QL-FIELD-NODECISIONS", path=str(path), reason=str(error)) from error


def _idle(found: Comparison, decisions: Decisions) -> list[Problem]:
    """QL-FIELD-IDLE for decisions about nothing that differs: a misspelt uuid would be passed over in silence."""
    named = {(d.table, d.row_uuid, f) for d in found.differences for f in (d.field, ROW)}
    idle = [
        f"{table} {uuid} {field}".strip()
        for table, uuid, field in decisions
        if (table, uuid, field) not in named
    ]
    return [Problem("QL-FIELD-IDLE", {"count": len(idle), "rows": "; ".join(idle[:10])})] if idle else []


def _key(item: Difference) -> tuple[str, str, str]:
    return item.table, item.row_uuid, item.field


def _result(item: Difference, waiting: set[tuple[str, str, str]], wish: Wish) -> str:
    """What happened to a difference, or would with APPLY."""
    if _key(item) in waiting:
        return OPEN
    if item.kind == SAME or choice_for(item, wish.decisions) == "ours":
        return KEPT
    return APPLIED if wish.apply else ""


def _row(item: Difference, result: str) -> dict[str, Any]:
    row = {**item._asdict(), "result": result}
    return {**row, **{side: shown(row[side]) for side in ("ours", "theirs", "base")}}


def shown(value: Any) -> Optional[str]:
    """A value of either side as text: places as WKT, several fields as JSON, nothing as NULL."""
    if value is None or value == {}:
        return None
    if isinstance(value, (bytes, bytearray)):
        return str(geometry_of(bytes(value)).asWkt(_WKT_DIGITS))
    if isinstance(value, dict):
        plain = {k: shown(v) if isinstance(v, (bytes, bytearray)) else v for k, v in value.items()}
        return json.dumps(plain, ensure_ascii=False, default=str)
    return str(value)
