"""What a project has of the guide's way: layers by role, results of steps, answers kept.

Answers stand in the survey's meta once there is a survey, in the project before; those of the project
go into the survey when it is first written to. Results are recognised by being where the steps of the
main job put them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Callable, Iterable, Mapping, Sequence

from qgis.core import QgsMapLayer, QgsProject, QgsRasterLayer, QgsVectorLayer, QgsWkbTypes

from ..core import language
from ..core.case import Case
from ..core.data import RESOURCES, load_yaml
from ..core.guide.answers import META_KEY, Answer, from_text, joined, to_text
from ..core.guide.stages import Present
from ..core.job import Step
from .opened import open_vector
from .roles import role_of, roles, set_role, survey_of
from .store import GpkgStore

SCOPE, KEY = "qingliu", "guide/answers"
FIELD, MAP = "qingliu/field", "qingliu/map"
RESULTS = "成果 Results"
POINTS = ("OUTLET",)
"""Roles that the algorithms take as a point, not as a layer."""
TYPE_KEY = "type.chosen"
SURVEY_FILE = "survey.gpkg"
TABLES = (".yaml", ".yml", ".csv")  # read by the algorithms themselves
STYLES = {
    "BOUNDARY": "boundary",
    "STREAMS": "channels",
    "CATCHMENTS": "catchments",
    "EROSION_CLASSES": "erosion",
    "ZONES": "zones",
    "BANK_CLASSES": "banks",
}


def project_answers(project: QgsProject) -> dict[str, Answer]:
    """Answers kept with the project. Raises InputError QL-GUIDE-ANSWERS."""
    return from_text(project.readEntry(SCOPE, KEY)[0])


def survey_answers(survey: Path) -> tuple[dict[str, Answer], str]:
    """Answers kept with a survey, and its type. Raises InputError QL-GUIDE-ANSWERS, QL-STORE-*."""
    store = GpkgStore(survey, read_only=True)
    try:
        meta = store.meta()
    finally:
        store.close()
    return from_text(meta.get(META_KEY)), meta.get("type", "")


def keep_in_project(project: QgsProject, answers: Mapping[str, Answer]) -> None:
    """Keep answers with the project; saved when the project is."""
    project.writeEntry(SCOPE, KEY, to_text(answers))
    project.setDirty(True)


def keep_in_survey(store: GpkgStore, answers: Mapping[str, Answer], watershed_type: str, who: str) -> None:
    """Keep answers (and the type chosen) in the survey's meta; logged like every change.

    Answers of the survey that are not in ``answers`` stay. Raises InputError QL-STORE-*.
    """
    before = store.meta()
    values = {META_KEY: to_text(joined(from_text(before.get(META_KEY)), answers))}
    if watershed_type:
        values["type"] = watershed_type
    changed = {k: v for k, v in values.items() if before.get(k) != v}
    if changed:
        store.set_meta(changed, who=who, why="guide")


# -- roles ---------------------------------------------------------------------


def add_case(project: QgsProject, case: Case, depth: Callable[[QgsMapLayer], int]) -> list[QgsMapLayer]:
    """Put a case's layers into a project, each with its role, field and code map; least ``depth`` on top.

    What is no layer (county profile, price list) or lies in the survey, which has layers of its own in the
    project, is kept as a parameter of the steps.
    """
    made: list[QgsMapLayer] = []
    kept = {
        r: x for r, x in case.layers.items() if x.file.suffix.lower() in TABLES or x.file.name == SURVEY_FILE
    }
    files = {role: ref.source for role, ref in kept.items()}
    for role, ref in case.layers.items():
        if role in files:
            continue
        layer = open_role(ref.source, role, role_title(role))
        if ref.field:
            layer.setCustomProperty(FIELD, ref.field)
        if ref.map:
            layer.setCustomProperty(MAP, str(ref.map))
        made.append(layer)
    made = [layer for layer in made if layer.isValid()]
    project.addMapLayers(sorted(made, key=depth))
    facts = {"NAME": case.name, "CODE": case.code, "TYPE": case.type, **files, **case.parameters}
    for key, value in facts.items():
        if value not in (None, ""):
            project.writeEntry(SCOPE, f"parameter/{key}", str(value))
    return made


def open_role(source: str, role: str, title: str = "") -> QgsMapLayer:
    """A source as a layer with its role and, where we have one, its style."""
    path = source.split("|")[0]
    name = title or role.lower()
    if Path(path).suffix.lower() in (".tif", ".tiff", ".img", ".asc", ".vrt"):
        layer: QgsMapLayer = QgsRasterLayer(source, name, "gdal")
    else:
        layer = open_vector(source, name)
    set_role(layer, role)
    style = STYLES.get(role)
    if style and layer.isValid():
        layer.loadNamedStyle(str(RESOURCES / "styles" / f"{style}.qml"))
    return layer


@cache
def role_title(role: str) -> str:
    """What a role is called in the algorithms' help, the role itself where none has it."""
    for path in sorted((RESOURCES / "help").glob("*.yaml")):
        texts = (load_yaml(path).get("parameters") or {}).get(role)
        if texts:
            return language.pick(texts["label"])
    return role.lower()


def role_parameters(project: QgsProject, survey: Path | None = None) -> dict[str, str]:
    """Parameters by role for the steps of the main job, from the project's layers.

    A layer of the survey stands for its role only where no other layer does and it has features.
    """
    found = {key: project.readEntry(SCOPE, f"parameter/{key}")[0] for key in _kept(project)}
    for role, layers in roles(project).items():
        own = [layer for layer in layers if not survey_of(layer)]
        filled = [x for x in layers if isinstance(x, QgsVectorLayer) and x.featureCount() > 0]
        layer = (own or filled or [None])[0]
        if layer is None:
            continue
        if role.upper() in POINTS:
            point = _point_text(layer)
            if point and (own or role.upper() not in found):
                found[role.upper()] = point
            continue
        found[role.upper()] = layer.source()
        for name, ending in ((FIELD, "_FIELD"), (MAP, "_MAP")):
            value = layer.customProperty(name)
            if value:
                found[role.upper() + ending] = str(value)
    if survey is not None:
        found["SURVEY"] = str(survey)
    return found


def _point_text(layer: QgsMapLayer) -> str:
    """The first point of a layer as Processing writes a point, with its CRS; empty where there is none."""
    features = layer.getFeatures() if isinstance(layer, QgsVectorLayer) else ()
    shape = next((f.geometry() for f in features if not f.geometry().isNull()), None)
    if shape is None:
        return ""
    point = shape.centroid().asPoint()
    return f"{point.x()!r},{point.y()!r} [{layer.crs().authid()}]"


def _kept(project: QgsProject) -> Sequence[str]:
    return list(project.entryList(SCOPE, "parameter"))


def present(
    project: QgsProject, survey: Path | None, folder: Path | None, chain: Iterable[Step], watershed_type: str
) -> Present:
    """What the project and its folder of results have of the way."""
    have = role_parameters(project, survey)
    if watershed_type:
        have["TYPE"] = watershed_type
    given = [step.key for step in chain if _has_given(step, have, folder)]
    return Present(frozenset(have), frozenset(given), have.get("TYPE", ""))


def _has_given(step: Step, have: Mapping[str, str], folder: Path | None) -> bool:
    roles_given = [role for role, _ in step.gives.values()]
    return bool(step.proofs) and all(
        (bool(role) and role in have) or (folder is not None and _is_filled(folder / proof))
        for role, proof in zip(roles_given, step.proofs)
    )


def _is_filled(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(path.iterdir()))


def take_results(project: QgsProject, step: Step, parameters: Mapping[str, object]) -> list[QgsMapLayer]:
    """Put what a step gave into the project, in place of an earlier result of the same role."""
    added: list[QgsMapLayer] = []
    for output, (role, _) in step.gives.items():
        source = str(parameters.get(output, ""))
        if not role or role == "SURVEY" or not Path(source).is_file() or source.endswith(".csv"):
            continue
        stale = [x for x in project.mapLayers().values() if role_of(x) == role.lower() and not survey_of(x)]
        project.removeMapLayers([x.id() for x in stale if x.source().split("|")[0] == source])
        layer = open_role(source, role, language.pick(dict(step.title)))
        if layer.isValid():
            project.addMapLayer(layer, False)
            _put_on_top(project, layer)
            added.append(layer)
    return added


def _put_on_top(project: QgsProject, layer: QgsMapLayer) -> None:
    """A result is seen at once: on top, areas below the results that are lines; the latest area alone is drawn."""
    group = project.layerTreeRoot().findGroup(RESULTS) or project.layerTreeRoot().insertGroup(0, RESULTS)
    if not _is_area(layer):
        group.insertLayer(0, layer)
        return
    for node in group.findLayers():
        if node.layer() is not None and _is_area(node.layer()):
            node.setItemVisibilityChecked(False)
            node.setExpanded(False)
    lines = sum(1 for node in group.findLayers() if not _is_area(node.layer()))
    group.insertLayer(lines, layer)


def _is_area(layer: QgsMapLayer | None) -> bool:
    return isinstance(layer, QgsRasterLayer) or (
        isinstance(layer, QgsVectorLayer) and layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry
    )
