"""``qingliu:printfieldmaps``: the field maps on paper, a page for each 1:10 000 sheet (4.1.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from ..core.errors import InputError
from ..layers.files import is_misread
from ..layouts.fieldmaps_export import FORMATS
from ..layouts.sheet import PAPERS
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .fieldmapsrun import DIVISIONS, LAYERS, Run
from .inputs import Inputs
from .mapsheets import define_bases

STAGES = (
    ("read_features", 1.0),
    ("map_sheets", 1.0),
    ("write_features", 1.0),
    ("field_maps", 12.0),
    ("field_records", 3.0),
)


class PrintFieldMaps(QingliuAlgorithm):
    """See ``resources/help/printfieldmaps.yaml``."""

    ID = "printfieldmaps"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: layouts are worked on."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        """Survey or single layers, what to print on, how to divide."""
        text = QgsProcessingParameterString
        survey = QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), extension="gpkg", optional=True)
        self.add(survey)
        polygon = [QgsProcessing.SourceType.TypeVectorPolygon]
        boundary = QgsProcessingParameterVectorLayer(
            "BOUNDARY", self.label("BOUNDARY"), polygon, optional=True
        )
        self.add(boundary)
        kind = QgsProcessing.SourceType.TypeMapLayer
        under = QgsProcessingParameterMultipleLayers(
            "BACKGROUND", self.label("BACKGROUND"), kind, optional=True
        )
        self.add(under)
        self._choice("DIVISION", list(DIVISIONS), "sheet")
        self._choice("PAPER", sorted(PAPERS, reverse=True), "A1")
        double = QgsProcessingParameterNumber.Type.Double
        self.add(QgsProcessingParameterNumber("SCALE", self.label("SCALE"), double, 0, minValue=0))
        self._choice("FORMAT", list(FORMATS), "pdf")
        for name in ("COARSE_REASON", "PROJECT_NAME"):
            self.add(text(name, self.label(name), "", optional=True))
        define_bases(self)
        self._define_layers()
        self.add(text("FONT", self.label("FONT"), "", optional=True), advanced=True)
        self.add(QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", self.label("OUTPUT_FOLDER")))
        self.addOutput(QgsProcessingOutputFile("OUTPUT_PROJECT", self.label("OUTPUT_PROJECT")))
        for name in ("COUNT", "RECORDS"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def _define_layers(self) -> None:
        vector = [QgsProcessing.SourceType.TypeVector]
        for name in LAYERS:
            if name not in ("BOUNDARY", "DEM"):
                layer = QgsProcessingParameterVectorLayer(name, self.label(name), vector, optional=True)
                self.add(layer, advanced=True)
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM"), optional=True), advanced=True)

    def _choice(self, name: str, keys: list[str], default: str) -> None:
        self.add(
            QgsProcessingParameterEnum(
                name, self.label(name), keys, False, default, optional=False, usesStaticStrings=True
            )
        )

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Gather, divide, mark, print."""
        inputs = Inputs(self, parameters, context, feedback)
        folder = Path(self.parameterAsString(parameters, "OUTPUT_FOLDER", context))
        if is_misread(folder):
            raise InputError("QL-STORE-PERCENT", path=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        run = Run(inputs, folder, StageProgress(feedback, STAGES))
        run.gather()
        run.divide()
        run.mark()
        project = run.print()
        counts = {"COUNT": len(run.pages), "RECORDS": len(run.marks)}
        return {"OUTPUT_FOLDER": str(folder), "OUTPUT_PROJECT": project, **counts}
