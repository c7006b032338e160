"""qingliu:packagefield: the survey as one folder for QField or Mergin Maps (4.1.2, 4.3.3)."""

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
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProject,
    QgsRasterLayer,
)

from ..core import language
from ..core.errors import Problem
from ..core.field.apps import QFIELD, TARGETS
from ..core.field.secrecy import PUBLIC, Decision
from ..layers.fieldbasemap import BASEMAP, BaseMap, background_faults, layer_mark
from ..layers.fieldpackage import FieldWish, Packaged, package_survey
from ..layers.roles import role_of
from ..layers.store import open_store
from ..layers.store.editing import layers_of, refuse_while_editing, reload_layers
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs

STAGES = (
    ("open_survey", 1.0),
    ("field_copy", 2.0),
    ("field_basemap", 6.0),
    ("write_project", 2.0),
    ("field_check", 1.0),
)
_MB = 1e6
_SHOWN = 8


class PackageField(QingliuAlgorithm):
    """See ``resources/help/packagefield.yaml``."""

    ID = "packagefield"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: a project with its layers is made, which QGIS does not do elsewhere."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        text, number = QgsProcessingParameterString, QgsProcessingParameterNumber
        kind = QgsProcessingParameterFile.Behavior.File
        self.add(QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), kind, "gpkg"))
        target = QgsProcessingParameterEnum(
            "TARGET", self.label("TARGET"), list(TARGETS), defaultValue=QFIELD, usesStaticStrings=True
        )
        self.add(target)
        raster = QgsProcessing.SourceType.TypeRaster
        self.add(
            QgsProcessingParameterMultipleLayers("BASEMAP", self.label("BASEMAP"), raster, optional=True)
        )
        self.add(text("PERSON", self.label("PERSON"), "", optional=True))
        self.add(QgsProcessingParameterBoolean("PHOTOS", self.label("PHOTOS"), True))
        for name, default in (("MARGIN", 200.0), ("RESOLUTION", 0.0)):
            kind_of = number.Type.Double
            self.add(number(name, self.label(name), kind_of, default, minValue=0), advanced=True)
        self.add(QgsProcessingParameterBoolean("ALLOW_MARKED", self.label("ALLOW_MARKED"), False))
        for name in ("DECIDED_BY", "REASON"):
            self.add(text(name, self.label(name), "", optional=True))
        self.add(QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", self.label("OUTPUT_FOLDER")))
        self.addOutput(QgsProcessingOutputFile("SURVEY", self.label("SURVEY")))
        for name in ("SIZE_MB", "FILES", "ROWS"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        wish = read_wish(inputs)
        progress.stage("open_survey")
        survey = Path(inputs.text("SURVEY"))
        layers = []
        try:
            with open_store(survey) as store:
                inputs.warn(store.findings)
                layers = layers_of(context.project() or QgsProject.instance(), store)
                refuse_while_editing(layers)
                made = package_survey(store, wish, progress)
        finally:
            reload_layers(layers)  # the journal's mode was changed under them
        inputs.warn(made.warnings)
        tell_size(made, feedback)
        return {
            "OUTPUT_FOLDER": str(made.folder),
            "SURVEY": str(survey),
            "SIZE_MB": made.size / _MB,
            "FILES": len(made.files),
            "ROWS": made.assignment.kept,
        }


def read_wish(inputs: Inputs) -> FieldWish:
    """The parameters, all faults at once."""
    decision = None
    if inputs.flag("ALLOW_MARKED"):
        decision = Decision(inputs.text("DECIDED_BY"), inputs.text("REASON"))
    maps = _base_maps(inputs)
    inputs.settle()
    return FieldWish(
        Path(inputs.text("OUTPUT_FOLDER")).absolute(),
        inputs.choice("TARGET"),
        inputs.text("PERSON").strip(),
        language.current(),
        tuple(maps),
        inputs.number("MARGIN"),
        inputs.number("RESOLUTION"),
        inputs.flag("PHOTOS"),
        decision,
    )


def _base_maps(inputs: Inputs) -> list[BaseMap]:
    if not inputs.given("BASEMAP"):
        return _public_imagery(inputs)
    layers = inputs.algorithm.parameterAsLayerList(inputs.parameters, "BASEMAP", inputs.context)
    given = inputs.parameters["BASEMAP"]
    wanted = len(given) if isinstance(given, (list, tuple)) else 1
    rasters = [x for x in layers if isinstance(x, QgsRasterLayer) and x.isValid()]
    if len(rasters) < wanted:
        facts = {"parameter": "BASEMAP", "layer": inputs.label("BASEMAP"), "path": str(given)}
        inputs.faults.append(Problem("QL-LAYER-MISSING", facts))
    found, faults = background_faults(rasters, "BASEMAP")
    inputs.faults += faults
    return found


def _public_imagery(inputs: Inputs) -> list[BaseMap]:
    """The background where none is chosen: files of the open project that somebody marked public."""
    project = inputs.context.project() or QgsProject.instance()
    rasters = [
        layer
        for layer in project.mapLayers().values()
        if isinstance(layer, QgsRasterLayer)
        and layer.isValid()
        and layer.providerType() == "gdal"
        and layer.crs().isValid()
        and layer_mark(layer) == PUBLIC
        and role_of(layer) in (None, "", BASEMAP)
    ]
    found, _ = background_faults(sorted(rasters, key=lambda layer: str(layer.name())), "BASEMAP")
    for base in found:
        inputs.feedback.pushInfo(f"BASEMAP: {base.marked.name}")
    return found


def tell_size(made: Packaged, feedback: QgsProcessingFeedback) -> None:
    """The package's size with its largest files, in the log."""
    feedback.pushInfo(f"{made.folder}: {made.size / _MB:.1f} MB, {len(made.files)}")
    largest = sorted(made.files.items(), key=lambda f: -f[1])[:_SHOWN]
    for name, size in largest:
        feedback.pushInfo(f"  {size / _MB:8.2f} MB  {name}")
