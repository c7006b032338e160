"""qingliu:createsurvey: a new survey database with its QGIS project (ch. 4, 4.1.6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
)

from ..core import language
from ..core.county import county_to_yaml
from ..core.errors import InputError, Problem
from ..core.standard import default_edition
from ..layers.crs import crs_title, is_in_metres, is_usable, output_crs
from ..layers.files import is_misread
from ..layers.records import POLYGON, Record, Wanted
from ..layers.store import Insert, NewSurvey, create_store
from ..layers.storecrs import srs_of
from ..layers.surveyproject import Surveyed, write_project
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs

STAGES = (("create_store", 2.0), ("read_features", 1.0), ("copy_boundary", 1.0), ("write_project", 4.0))


class Wish(NamedTuple):
    """What the user asks for, checked."""

    path: Path
    name: str
    code: str
    type: str
    crs: QgsCoordinateReferenceSystem
    county: str
    boundary: list[Record]


class CreateSurvey(QingliuAlgorithm):
    """Name, type and boundary to a survey store and a project beside it."""

    ID = "createsurvey"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: a project with its layers is made, which QGIS does not do elsewhere."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        types = list(default_edition().types)
        text = QgsProcessingParameterString
        self.add(
            QgsProcessingParameterFileDestination(
                "DESTINATION", self.label("DESTINATION"), "GeoPackage (*.gpkg)"
            )
        )
        self.add(text("NAME", self.label("NAME")))
        self.add(text("CODE", self.label("CODE"), "", optional=True))
        self.add(
            QgsProcessingParameterEnum(
                "TYPE", self.label("TYPE"), types, defaultValue=types[0], usesStaticStrings=True
            )
        )
        polygon = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.add(
            QgsProcessingParameterFeatureSource("BOUNDARY", self.label("BOUNDARY"), polygon, optional=True)
        )
        self.add(QgsProcessingParameterCrs("CRS", self.label("CRS"), optional=True))
        self.add(QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), extension="yaml", optional=True))
        self.addOutput(QgsProcessingOutputFile("SURVEY", self.label("SURVEY")))
        self.addOutput(QgsProcessingOutputFile("PROJECT", self.label("PROJECT")))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        wish = read_wish(inputs, progress)
        progress.stage("create_store")
        store_id = make_store(wish, progress)
        progress.stage("write_project")
        project = wish.path.with_suffix(".qgz")
        shown = Surveyed(wish.path, store_id, wish.name, language.current())
        write_project(project, shown, wish.crs)
        return {"SURVEY": str(wish.path), "PROJECT": str(project)}


def read_wish(inputs: Inputs, progress: StageProgress) -> Wish:
    """The parameters, all faults at once; nothing is written before they are settled."""
    path = _destination(inputs)
    county = inputs.county()
    crs = _crs(inputs)
    boundary: list[Record] = []
    if crs is not None:
        boundary = inputs.records("BOUNDARY", crs, Wanted(POLYGON), progress=progress)
    name = inputs.text("NAME").strip()
    if not name:
        inputs.faults.append(Problem("QL-STORE-NONAME", {"parameter": "NAME"}))
    inputs.settle()
    if crs is None:
        raise InputError("QL-STORE-NOCRS", parameter="CRS")
    profile = county_to_yaml(county) if county is not None else ""
    return Wish(path, name, inputs.text("CODE").strip(), _type(inputs), crs, profile, boundary)


def _destination(inputs: Inputs) -> Path:
    """The new file; faults where it or the project beside it exist, or it is no .gpkg."""
    path = Path(inputs.text("DESTINATION"))
    if path.suffix.lower() != ".gpkg":
        inputs.faults.append(Problem("QL-STORE-NOTGPKG", {"path": str(path)}))
        return path
    if is_misread(path):
        inputs.faults.append(Problem("QL-STORE-PERCENT", {"path": str(path)}))
    for made in (path, path.with_suffix(".qgz")):
        if made.exists():
            inputs.faults.append(Problem("QL-STORE-EXISTS", {"path": str(made)}))
    if not path.parent.is_dir():
        inputs.faults.append(Problem("QL-OUT-FOLDER", {"path": str(path), "folder": str(path.parent)}))
    return path


def _type(inputs: Inputs) -> str:
    found = inputs.choice("TYPE")
    types = default_edition().types
    if found not in types:
        raise InputError("QL-STORE-TYPE", type=found, types=", ".join(types))
    if not inputs.given("TYPE"):  # a script's; the dialog always gives one
        inputs.warn([Problem("QL-STORE-TYPEASSUMED", {"type": found, "zh": types[found].zh})])
    return found


def _crs(inputs: Inputs) -> QgsCoordinateReferenceSystem | None:
    """The CRS asked for, else the metric one for the boundary; a fault where neither can be had."""
    if inputs.given("CRS"):
        crs = inputs.algorithm.parameterAsCrs(inputs.parameters, "CRS", inputs.context)
        if not is_usable(crs):
            inputs.faults.append(Problem("QL-STORE-NOCRS", {"parameter": "CRS"}))
            return None
        if not is_in_metres(crs):
            inputs.warn([Problem("QL-STORE-NOTMETRES", {"crs": crs_title(crs)})])
        return crs
    source = inputs.source("BOUNDARY")
    if source is None or not is_usable(source.sourceCrs()):
        if not inputs.faults:
            inputs.faults.append(Problem("QL-STORE-NOCRS", {"parameter": "CRS"}))
        return None
    found = inputs.attempt(
        lambda: output_crs(source.sourceCrs(), source.sourceExtent(), source.sourceName(), "BOUNDARY")
    )
    if found is None:
        return None
    inputs.warn(found.warnings)
    return found.crs


def make_store(wish: Wish, progress: StageProgress) -> str:
    """Make the store with the boundary in it; its id."""
    survey = NewSurvey(
        wish.name, wish.code, wish.type, srs_of(wish.crs), county=wish.county, crs=crs_title(wish.crs)
    )
    progress.stage("copy_boundary", len(wish.boundary))
    rows = [_boundary_row(record, wish, len(wish.boundary)) for record in wish.boundary]
    with create_store(wish.path, survey, rows=rows) as store:
        return store.meta()["store_id"]


def _boundary_row(record: Record, wish: Wish, count: int) -> Insert:
    """A polygon of the boundary; a single one is the watershed itself."""
    own = {k: record.attributes.get(k) for k in ("name", "code")}
    name = str(own["name"] or wish.name) if count > 1 else wish.name
    code = str(own["code"] or "") if count > 1 else wish.code or str(own["code"] or "")
    return Insert("boundary", {"name": name, "code": code or None}, record.wkb)
