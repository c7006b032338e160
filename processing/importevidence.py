"""qingliu:importevidence: GPX, KML, KMZ, photos with EXIF and orthophotos as dated evidence (4.1.4, 4.3.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProject,
    QgsVectorLayer,
)

from ..core.errors import InputError, Problem
from ..layers.fieldevidence import EvidenceWish, Owner, Placed, bring_evidence, evidence_files
from ..layers.store import GpkgStore, open_store
from ..layers.store.editing import layers_of, refuse_while_editing, reload_layers
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .results import write_table

STAGES = (("open_survey", 1.0), ("field_evidence", 6.0), ("write_features", 1.0))
ROWS = (
    ("uuid", "text"),
    ("kind", "text"),
    ("file", "text"),
    ("path", "text"),
    ("taken_at", "text"),
    ("note", "text"),
    ("table_name", "text"),
    ("row_uuid", "text"),
    ("distance_m", "number"),
    ("result", "text"),
)
_MB = 1e6


class ImportEvidence(QingliuAlgorithm):
    """See ``resources/help/importevidence.yaml``."""

    ID = "importevidence"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: layers of the survey in the project are looked at and reloaded."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        kinds, number = QgsProcessingParameterFile.Behavior, QgsProcessingParameterNumber
        text = QgsProcessingParameterString
        self.add(QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), kinds.File, "gpkg"))
        files = QgsProcessing.SourceType.TypeFile
        self.add(QgsProcessingParameterMultipleLayers("FILES", self.label("FILES"), files, optional=True))
        self.add(QgsProcessingParameterFile("FOLDER", self.label("FOLDER"), kinds.Folder, optional=True))
        self.add(text("PERSON", self.label("PERSON"), "", optional=True))
        for name, default in (("LINK_DISTANCE", 50.0), ("COPY_LIMIT", 200.0)):
            self.add(number(name, self.label(name), number.Type.Double, default, minValue=0))
        for name in ("TABLE", "ROW_UUID"):
            self.add(text(name, self.label(name), "", optional=True), advanced=True)
        plain = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), plain))
        self.addOutput(QgsProcessingOutputFile("SURVEY", self.label("SURVEY")))
        for name in ("IMPORTED", "LINKED", "KNOWN"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        files = read_files(inputs)
        progress.stage("open_survey")
        survey = Path(inputs.text("SURVEY"))
        layers: list[QgsVectorLayer] = []
        try:
            with open_store(survey) as store:
                inputs.warn(store.findings)
                layers = layers_of(context.project() or QgsProject.instance(), store)
                refuse_while_editing(layers)
                found = bring_evidence(store, files, read_wish(inputs, store), progress)
        finally:
            reload_layers(layers)  # the journal's mode was changed under them
        inputs.warn(found.warnings)
        rows = [_row(p) for p in found.placed]
        columns = self.columns("OUTPUT", *ROWS)
        progress.stage("write_features", len(rows))
        new = [p for p in found.placed if not p.known]
        return {
            "OUTPUT": write_table(self, inputs, "OUTPUT", columns, rows, progress),
            "SURVEY": str(survey),
            "IMPORTED": len(new),
            "LINKED": sum(p.owner is not None for p in new),
            "KNOWN": len(found.placed) - len(new),
        }


def read_files(inputs: Inputs) -> list[Path]:
    """The files to read. Raises InputError QL-FIELD-NOFILES where there are none."""
    given = inputs.algorithm.parameterAsFileList(inputs.parameters, "FILES", inputs.context)
    paths = [Path(p) for p in given if p]
    if inputs.given("FOLDER"):
        paths.append(Path(inputs.text("FOLDER")))
    found = evidence_files(paths)
    if not found:
        raise InputError("QL-FIELD-NOFILES", parameter="FILES")
    return found


def read_wish(inputs: Inputs, store: GpkgStore) -> EvidenceWish:
    """How to bring it; a row that all of it is about must be there. Raises InputError QL-FIELD-NOROW."""
    table, uuid = inputs.text("TABLE").strip(), inputs.text("ROW_UUID").strip()
    owner: Optional[Owner] = None
    if table or uuid:
        info = store.tables().get(table)
        if info is None or not info.tracked or store.row(table, uuid) is None:
            raise InputError(
                problems=[Problem("QL-FIELD-NOROW", {"table": table or "-", "row": uuid or "-"})]
            )
        owner = Owner(table, uuid)
    return EvidenceWish(
        inputs.text("PERSON").strip(),
        inputs.number("LINK_DISTANCE"),
        owner,
        inputs.number("COPY_LIMIT") * _MB,
    )


def _row(placed: Placed) -> dict[str, Any]:
    item, owner = placed.item, placed.owner
    return {
        "uuid": placed.uuid, "kind": item.kind, "file": item.file.name, "path": placed.path,
        "taken_at": item.moment, "note": item.note or None,
        "table_name": owner.table if owner else None, "row_uuid": owner.uuid if owner else None,
        "distance_m": owner.distance if owner else None, "result": "known" if placed.known else "imported",
    }  # fmt: skip
