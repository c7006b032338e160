"""qingliu:importsurveytables: a filled Excel back into the survey, differences first (4.1.4, appendix A)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

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

from ..core.errors import InputError
from ..layers.printing.surveys import header_rows, store_changes
from ..layers.printing.workbooks import read_workbook
from ..layers.store import GpkgStore, open_store
from ..layers.store.editing import layers_of, refuse_while_editing, reload_layers
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .results import write_table
from .surveytablesread import Reading, read_sheets, warnings_of

STAGES = (
    ("read_workbook", 3.0),
    ("open_survey", 1.0),
    ("compare_tables", 3.0),
    ("save_changes", 2.0),
    ("write_features", 1.0),
)
DIFFERENCES = (
    ("table", "text"),
    ("row_uuid", "text"),
    ("field", "text"),
    ("kind", "text"),
    ("old", "text"),
    ("new", "text"),
    ("title", "text"),
    ("sheet", "text"),
    ("cell", "text"),
    ("reason", "text"),
)
MATCHES = (
    ("sheet", "text"),
    ("table", "text"),
    ("head", "text"),
    ("field", "text"),
    ("title", "text"),
    ("matched_by", "text"),
)


class Wish(NamedTuple):
    """What the user asks for."""

    survey: Path
    workbook: Path
    table: str
    apply: bool
    why: str


class ImportSurveyTables(QingliuAlgorithm):
    """A filled workbook to differences and, where asked, to one save."""

    ID = "importsurveytables"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: layers of the survey in the project are looked at and reloaded."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        kind = QgsProcessingParameterFile.Behavior.File
        self.add(QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), kind, "gpkg"))
        self.add(QgsProcessingParameterFile("WORKBOOK", self.label("WORKBOOK"), kind, "xlsx"))
        self.add(QgsProcessingParameterString("TABLE", self.label("TABLE"), "", optional=True))
        self.add(QgsProcessingParameterBoolean("APPLY", self.label("APPLY"), False))
        self.add(QgsProcessingParameterString("WHY", self.label("WHY"), "", optional=True), advanced=True)
        plain = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), plain))
        self.add(QgsProcessingParameterFeatureSink("MATCHED", self.label("MATCHED"), plain, optional=True,
                                                   createByDefault=False))  # fmt: skip
        self.addOutput(QgsProcessingOutputFile("SURVEY", self.label("SURVEY")))
        for name in ("CHANGED", "NEW", "CONFLICTS", "BAD"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        wish = Wish(
            Path(inputs.text("SURVEY")),
            Path(inputs.text("WORKBOOK")),
            inputs.text("TABLE").strip(),
            inputs.flag("APPLY"),
            inputs.text("WHY").strip(),
        )
        progress.stage("read_workbook")
        grids = read_workbook(wish.workbook)
        progress.stage("open_survey")
        layers: list[QgsVectorLayer] = []
        try:
            with open_store(wish.survey, read_only=not wish.apply) as store:
                inputs.warn(store.findings)
                progress.stage("compare_tables", len(grids))
                reading = read_sheets(store, grids, wish.workbook, wish.table, progress)
                tell(reading, inputs)
                if wish.apply:
                    layers = layers_of(context.project() or QgsProject.instance(), store)
                    refuse_while_editing(layers)
                    progress.stage("save_changes", len(reading.comparison.changes))
                    save(store, reading, wish)
        finally:
            reload_layers(layers)  # the journal's mode was changed under them
        return self.results(inputs, reading, wish, progress)

    def results(
        self, inputs: Inputs, reading: Reading, wish: Wish, progress: StageProgress
    ) -> dict[str, Any]:
        """The tables of differences and matched columns, and the counts."""
        found = reading.comparison
        rows = reading.difference_rows()
        progress.stage("write_features", len(rows))
        made: dict[str, Any] = {
            "OUTPUT": write_table(
                self, inputs, "OUTPUT", self.columns("OUTPUT", *DIFFERENCES), rows, progress
            ),
            "SURVEY": str(wish.survey),
            "CHANGED": found.count("changed", "cleared"),
            "NEW": found.rows("new"),
            "CONFLICTS": found.count("conflict"),
            "BAD": found.count("bad"),
        }
        if inputs.given("MATCHED"):
            columns = self.columns("MATCHED", *MATCHES)
            made["MATCHED"] = write_table(self, inputs, "MATCHED", columns, reading.match_rows(), progress)
        return made


def tell(reading: Reading, inputs: Inputs) -> None:
    """Say which column was taken for what, and what should be known before the differences are applied."""
    for line in reading.match_lines():
        inputs.feedback.pushInfo(line)
    inputs.warn(warnings_of(reading))


def save(store: GpkgStore, reading: Reading, wish: Wish) -> None:
    """Write all changes in one action, after a copy; nothing where a cell is bad."""
    faults = reading.comparison.faults()
    if faults:
        raise InputError(problems=faults)
    changes = reading.comparison.changes
    if not changes:
        return
    headers = {c.table: _first_header(store, c.table) for c in changes if not c.uuid}
    store.backup("importsurveytables")
    why = wish.why or f"importsurveytables {wish.workbook.name}"
    store.save(store_changes(store, changes, headers), why=why)


def _first_header(store: GpkgStore, table: str) -> str:
    heads = header_rows(store, table)
    return heads[0].uuid if heads else ""
