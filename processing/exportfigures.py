"""``qingliu:exportfigures``: the plan figures as layouts and files (5.1.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from qgis.core import (
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsProject,
)

from ..core.errors import InputError, Problem
from ..core.standard import Edition, default_edition
from ..layers.foreignproject import guard_project
from ..layers.roles import roles as roles_of
from ..layers.store import open_store
from ..layers.surveyproject import save_whole
from ..layouts.checks import check_layout
from ..layouts.content import Figure, figures
from ..layouts.export import FORMATS, export_layout
from ..layouts.figureset import (
    Ground,
    Made,
    Studio,
    Wish,
    drop_elsewhere,
    ground_of,
    missing_roles,
)
from ..layouts.fonts import choose_font
from ..layouts.sheet import PAPERS
from ..layouts.sources import Fields, Sources, gather
from ..layouts.workshop import add_slope, facts_of, needed_roles, watershed_name
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs

STAGES = (("read_dem", 1.0), ("slope", 1.0), ("write_raster", 1.0), ("figures", 20.0))
LAYERS = {
    "BOUNDARY": "boundary", "CHANNELS": "channels", "ZONES": "zones", "EROSION": "erosion", "BANKS": "banks",
    "VILLAGES": "villages", "POLLUTION": "pollution", "ROADS": "roads", "WATERBODIES": "waterbodies",
    "MEASURES": "measures", "EVALUATION": "evaluation", "ADMIN": "admin_villages", "TOWNSHIPS": "townships",
}  # fmt: skip
BLOCK = {
    "UNIT": "unit", "PROJECT_NAME": "project", "APPROVED_BY": "approved", "RATIFIED_BY": "ratified",
    "EXAMINED_BY": "examined", "CHECKED_BY": "checked", "DESIGNED_BY": "designed", "DRAWN_BY": "drawn",
    "STAGE": "stage", "DISCIPLINE": "discipline", "DATE": "date", "CERTIFICATE": "certificate",
}  # fmt: skip
OWN_PROJECT = "figures.qgz"


class Target(NamedTuple):
    """The project that gets the layouts; ``path`` is where to save it, None where that is the user's business."""

    project: QgsProject
    path: Path | None
    survey: Path | None


class ExportFigures(QingliuAlgorithm):
    """See ``resources/help/exportfigures.yaml``."""

    ID = "exportfigures"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: layouts, and perhaps the open project, are worked on."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        file, text = QgsProcessingParameterFile, QgsProcessingParameterString
        self.add(file("PROJECT", self.label("PROJECT"), optional=True, fileFilter="QGIS (*.qgz *.qgs)"))
        self.add(file("SURVEY", self.label("SURVEY"), extension="gpkg", optional=True))
        self._choice("FIGURES", list(figures(default_edition())), None, many=True)
        self._choice("FORMAT", list(FORMATS), "pdf")
        self.add(
            QgsProcessingParameterNumber(
                "SCALE", self.label("SCALE"), QgsProcessingParameterNumber.Type.Double, 0, minValue=0
            )
        )
        self._choice("PAPER", sorted(PAPERS, reverse=True), "A3")
        for name in BLOCK:
            self.add(text(name, self.label(name), "", optional=True))
        self.add(text("NUMBER_PREFIX", self.label("NUMBER_PREFIX"), "图", optional=True))
        self.add(text("FONT", self.label("FONT"), "", optional=True), advanced=True)
        self._define_layers()
        self.add(QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", self.label("OUTPUT_FOLDER")))
        self.addOutput(QgsProcessingOutputFile("OUTPUT_PROJECT", self.label("OUTPUT_PROJECT")))
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.label("COUNT")))

    def _define_layers(self) -> None:
        vector = [QgsProcessing.SourceType.TypeVector]
        for name in LAYERS:
            layer = QgsProcessingParameterVectorLayer(name, self.label(name), vector, optional=True)
            self.add(layer, advanced=True)
            if name == "EROSION":
                self._field("EROSION_FIELD", "EROSION")
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM"), optional=True), advanced=True)
        kinds = [QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon]
        land = QgsProcessingParameterMapLayer("LANDUSE", self.label("LANDUSE"), optional=True, types=kinds)
        self.add(land, advanced=True)
        self._field("LANDUSE_FIELD", "LANDUSE")
        table = QgsProcessingParameterFile(
            "LANDUSE_MAP", self.label("LANDUSE_MAP"), extension="csv", optional=True
        )
        self.add(table, advanced=True)

    def _field(self, name: str, parent: str) -> None:
        field = QgsProcessingParameterField(name, self.label(name), None, parent, optional=True)
        self.add(field, advanced=True)

    def _choice(self, name: str, keys: list[str], default: str | None, many: bool = False) -> None:
        self.add(
            QgsProcessingParameterEnum(
                name, self.label(name), keys, many, default, optional=many, usesStaticStrings=True
            )
        )

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        folder = Path(self.parameterAsString(parameters, "OUTPUT_FOLDER", context))
        folder.mkdir(parents=True, exist_ok=True)
        wanted = self._figures(parameters, context)
        given = given_layers(inputs)
        target = open_target(inputs, folder, context)
        inputs.settle()
        fields = Fields(
            inputs.text("LANDUSE_FIELD"), inputs.text("LANDUSE_MAP"), inputs.text("EROSION_FIELD")
        )
        sources = gather(needed_roles(wanted), given, target.project, target.survey, fields)
        if sources.found:
            feedback.pushInfo("case.yaml: " + ", ".join(sources.found))
        ground, warnings = ground_of(sources)
        inputs.warn([*warnings, *drop_elsewhere(sources, ground)])
        add_slope(wanted, sources, folder, progress)
        made = make_figures(inputs, target, sources, ground, wanted, folder, progress)
        saved = save_project(target, inputs)
        return {"OUTPUT_FOLDER": str(folder), "OUTPUT_PROJECT": saved, "COUNT": made}

    def _figures(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[Figure]:
        known = figures(default_edition())
        chosen = [key for key in self.parameterAsEnumStrings(parameters, "FIGURES", context) if key]
        return [f for key, f in known.items() if not chosen or key in chosen]


def given_layers(inputs: Inputs) -> dict[str, list[QgsMapLayer]]:
    """The layers given as parameters, by role; a fault where one does not open."""
    found: dict[str, list[QgsMapLayer]] = {}
    for name, role in {**LAYERS, "DEM": "dem", "LANDUSE": "landuse"}.items():
        if not inputs.given(name):
            continue
        layer = inputs.algorithm.parameterAsLayer(inputs.parameters, name, inputs.context)
        if layer is None or not layer.isValid():
            value = str(inputs.parameters[name])
            facts = {"parameter": name, "layer": Path(value.split("|")[0]).name, "path": value}
            inputs.faults.append(Problem("QL-LAYER-NOVECTOR", facts))
        else:
            found[role] = [layer]
    return found


def open_target(inputs: Inputs, folder: Path, context: QgsProcessingContext) -> Target:
    """The project named, else the one beside the figures, new or of an earlier run."""
    survey = Path(inputs.text("SURVEY")) if inputs.given("SURVEY") else None
    if survey is not None and not survey.is_file():
        inputs.faults.append(Problem("QL-STORE-NOFILE", {"path": str(survey)}))
    if inputs.given("PROJECT"):
        path = Path(inputs.text("PROJECT"))
        opened = QgsProject.instance()
        if opened.fileName() and Path(opened.fileName()).resolve() == path.resolve():
            return Target(opened, None, survey)
        return Target(read_project(path, inputs), path, survey)
    if survey is None and context.project() is not None and roles_of(context.project()):
        return Target(context.project(), None, None)
    if survey is None and not inputs.given("BOUNDARY"):
        inputs.faults.append(Problem("QL-FIG-NOSOURCE"))
    path = folder / OWN_PROJECT
    return Target(read_project(path, inputs) if path.exists() else new_project(), path, survey)


def new_project() -> QgsProject:
    """A project whose scale bars are planar, as its grids are."""
    project = QgsProject()
    project.setEllipsoid("NONE")
    project.writeEntryBool("Paths", "/Absolute", False)
    return project


def read_project(path: Path, inputs: Inputs) -> QgsProject:
    """A project from its file, looked at before; a fault QL-FIG-PROJECT, QL-PROJECT-* where it is not read."""
    project = QgsProject()
    if path.is_file():
        try:
            inputs.warn(guard_project(path))
        except InputError as error:
            inputs.faults += error.problems
            return project
    if not path.is_file() or not project.read(str(path)):
        reason = project.error() or "no such file"
        inputs.faults.append(Problem("QL-FIG-PROJECT", {"path": str(path), "reason": reason}))
    return project


def make_figures(
    inputs: Inputs,
    target: Target,
    sources: Sources,
    ground: Ground,
    wanted: list[Figure],
    folder: Path,
    progress: StageProgress,
) -> int:
    """Make and export figure by figure; how many."""
    edition = default_edition()
    font = choose_font(wanted=inputs.text("FONT"))
    inputs.warn(font.warnings)
    inputs.feedback.pushInfo(f"字体 font: {font.family or '-'}")
    studio = Studio(
        target.project, sources, edition, ground, wish_of(inputs, target, sources, font.family, edition)
    )
    progress.stage("figures", len(wanted))
    count = 0
    for number, figure in enumerate(wanted):
        progress.step(number / len(wanted))
        lacks = missing_roles(figure, sources)
        if lacks:
            inputs.warn([Problem("QL-FIG-LEFTOUT", {"figure": figure.zh, "roles": ", ".join(lacks)})])
            continue
        made = studio.make(figure)
        inputs.warn(check_layout(made.layout))
        path = export_layout(made.layout, folder / f"{figure.key}.{inputs.choice('FORMAT')}", figure.zh)
        tell(inputs, made, path)
        count += 1
    return count


def tell(inputs: Inputs, made: Made, path: Path) -> None:
    """What was written and what was left alone."""
    inputs.warn(made.warnings)
    if made.kept:
        inputs.warn([Problem("QL-FIG-KEPT", {"figure": made.figure.zh, "items": ", ".join(made.kept)})])
    inputs.feedback.pushInfo(f"{made.figure.zh}: {path}")


def wish_of(inputs: Inputs, target: Target, sources: Sources, font: str, edition: Edition) -> Wish:
    """Paper, scale and title block; names of the watershed come from the survey where they are not given."""
    meta = survey_meta(target.survey)
    block = {field: inputs.text(name) for name, field in BLOCK.items()}
    block["project"] = block["project"] or meta.get("name") or watershed_name(sources)
    prefix = inputs.text("NUMBER_PREFIX")
    facts = facts_of(meta, edition)
    return Wish(inputs.choice("PAPER"), inputs.number("SCALE"), font, block, prefix, facts)


def survey_meta(survey: Path | None) -> dict[str, str]:
    """What the survey says of itself; nothing where there is none."""
    if survey is None:
        return {}
    with open_store(survey, read_only=True) as store:
        return dict(store.meta())


def save_project(target: Target, inputs: Inputs) -> str:
    """Save a project that is ours or was named and is not open; its path, empty where not saved."""
    if target.path is None:
        return ""
    project = target.project
    try:
        save_whole(project, target.path)
    except InputError as error:
        reason = str(error.problems[0].facts.get("reason", ""))
        raise InputError("QL-FIG-SAVE", path=str(target.path), reason=reason) from error
    finally:
        project.clear()
    return str(target.path)
