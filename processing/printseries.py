"""``qingliu:printseries``: a sheet for each parcel, channel or village with record, photo and map (ch. 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExpression,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsVectorLayer,
)

from ..core.errors import InputError, Problem
from ..core.standard import default_edition
from ..layouts.content import Figure
from ..layouts.export import export_pages
from ..layouts.figureset import Studio, Wish, drop_elsewhere, ground_of
from ..layouts.fonts import choose_font
from ..layouts.series import MadeLayout, SeriesWish, add_pages, make_layout, pages_of, series_parts
from ..layouts.series_records import SUBJECTS, Leaf, Subject, leaves, read_survey, write_leaves
from ..layouts.sources import Fields, Sources, gather
from ..layouts.titleblock import TitleBlock
from ..layouts.workshop import needed_roles, watershed_name
from .algorithm import QingliuAlgorithm
from .exportfigures import Target, open_target, save_project, survey_meta
from .feedback import StageProgress
from .inputs import Inputs

STAGES = (("figures", 1.0),)
FORMATS = ("pdf", "png")
LAYERS = {"BOUNDARY": "boundary", "CHANNELS": "channels", "VILLAGES": "villages", "PARCELS": "landuse"}
MOST_LINES = 44  # of a record on its sheet


class PrintSeries(QingliuAlgorithm):
    """See ``resources/help/printseries.yaml``."""

    ID = "printseries"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: layouts, and perhaps the open project, are worked on."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        file, text = QgsProcessingParameterFile, QgsProcessingParameterString
        self.add(file("PROJECT", self.label("PROJECT"), optional=True, fileFilter="QGIS (*.qgz *.qgs)"))
        self.add(file("SURVEY", self.label("SURVEY"), extension="gpkg", optional=True))
        for name, keys in (("SUBJECT", list(SUBJECTS)), ("FORMAT", list(FORMATS))):
            choice = QgsProcessingParameterEnum(
                name, self.label(name), keys, False, keys[0], usesStaticStrings=True
            )
            self.add(choice)
        self.add(QgsProcessingParameterExpression("FILTER", self.label("FILTER"), "", optional=True))
        self.add(QgsProcessingParameterBoolean("ONLY_RECORDED", self.label("ONLY_RECORDED"), False))
        for name in ("PROJECT_NAME", "UNIT", "DRAWN_BY", "DATE"):
            self.add(text(name, self.label(name), "", optional=True))
        self.add(text("FONT", self.label("FONT"), "", optional=True), advanced=True)
        vector = [QgsProcessing.SourceType.TypeVector]
        for name in LAYERS:
            layer = QgsProcessingParameterVectorLayer(name, self.label(name), vector, optional=True)
            self.add(layer, advanced=True)
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM"), optional=True), advanced=True)
        self.add(QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", self.label("OUTPUT_FOLDER")))
        self.addOutput(QgsProcessingOutputFile("OUTPUT_PROJECT", self.label("OUTPUT_PROJECT")))
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.label("COUNT")))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        folder = Path(self.parameterAsString(parameters, "OUTPUT_FOLDER", context))
        folder.mkdir(parents=True, exist_ok=True)
        subject = SUBJECTS[inputs.choice("SUBJECT")]
        given = series_layers(inputs)
        target = open_target(inputs, folder, context)
        inputs.settle()
        made, count = make_series(inputs, target, subject, given, folder)
        progress.stage("figures", count)
        written = export_pages(
            made.layout, folder, f"series_{subject.key}", inputs.choice("FORMAT"), progress
        )
        for path in written[:3]:
            feedback.pushInfo(str(path))
        saved = save_project(target, inputs)
        return {"OUTPUT_FOLDER": str(folder), "OUTPUT_PROJECT": saved, "COUNT": count}


def series_layers(inputs: Inputs) -> dict[str, list[QgsMapLayer]]:
    """The layers given as parameters, by role; a fault where one does not open."""
    found: dict[str, list[QgsMapLayer]] = {}
    for name, role in {**LAYERS, "DEM": "dem"}.items():
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


def make_series(
    inputs: Inputs, target: Target, subject: Subject, given: dict[str, list[QgsMapLayer]], folder: Path
) -> tuple[MadeLayout, int]:
    """The layout of a series with its layer of sheets; how many there are."""
    figure = Figure(f"series_{subject.key}", subject.zh, "Series", 0, None, (subject.role,), subject.layers)
    sources = gather(needed_roles([figure]), given, target.project, target.survey, Fields())
    ground, warnings = ground_of(sources)
    inputs.warn([*warnings, *drop_elsewhere(sources, ground)])
    layers = [x for x in sources.layers.get(subject.role, []) if isinstance(x, QgsVectorLayer)]
    survey = read_survey(target.survey, subject)
    found = leaves(layers, subject, survey, ground.crs, inputs.text("FILTER"))
    if inputs.flag("ONLY_RECORDED"):
        found = [leaf for leaf in found if leaf.recorded]
    if not found:
        raise InputError("QL-SERIES-NOTHING", subject=subject.zh)
    tell_long(inputs, found)
    path = folder / f"series_{subject.key}.gpkg"
    write_leaves(path, found, ground.crs, pages_of(target.project, subject))
    pages = add_pages(target.project, subject, path)
    font = choose_font(wanted=inputs.text("FONT"))
    inputs.warn(font.warnings)
    edition = default_edition()
    block = dict.fromkeys(TitleBlock._fields[3:], "")
    studio = Studio(target.project, sources, edition, ground, Wish("A4", 0.0, font.family, block, ""))
    shown, warnings = studio.ground_layers(figure, series_parts().sheet)
    centre = ground.extent.center()
    wish = SeriesWish(
        project=inputs.text("PROJECT_NAME") or series_name(target, sources),
        unit=inputs.text("UNIT"),
        drawn=inputs.text("DRAWN_BY"),
        date=inputs.text("DATE"),
        font=font.family,
        crs=ground.crs,
        centre=(centre.x(), centre.y()),
        notes=edition.header.status_zh or "",
    )
    made = make_layout(target.project, subject, pages, shown, wish)
    inputs.warn([*warnings, *made.warnings])
    if made.kept:
        inputs.warn([Problem("QL-FIG-KEPT", {"figure": subject.zh, "items": ", ".join(made.kept)})])
    return made, len(found)


def series_name(target: Target, sources: Sources) -> str:
    """The watershed's name as the survey has it, else its boundary."""
    return survey_meta(target.survey).get("name") or watershed_name(sources)


def tell_long(inputs: Inputs, found: list[Leaf]) -> None:
    """Warn of records that are longer than their sheets."""
    long = [
        Problem("QL-SERIES-LONG", {"name": x.name or x.uuid}) for x in found if len(x.record) > MOST_LINES
    ]
    inputs.warn(long)
