"""Where the figures' layers come from: given layers, a project's roles, a survey, the case beside it.

The first that has features wins, in this order.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping, NamedTuple

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer

from ..core.case import LayerRef, read_case
from ..core.errors import InputError
from ..layers.disguises import disguise_problems
from ..layers.opened import open_raster, open_vector
from ..layers.roles import role_of, survey_of
from ..layers.schema import store_schema
from ..layers.surveyproject import open_layer

# Roles that have another name in the survey or in a case.
TABLES = {"landuse": "parcels", "pollution": "pollution_sources"}
CASE_ROLES = {"ADMIN": "admin_villages", "GREEN": "green_space", "BUILT": "built_land", "LAYOUT": "measures"}
_SHAPES = ("Polygon", "LineString", "Point")

Layers = Mapping[str, "list[QgsMapLayer]"]


class Fields(NamedTuple):
    """Fields and tables that say how layers are to be read."""

    landuse: str = ""
    landuse_map: str = ""
    erosion: str = ""


class Sources(NamedTuple):
    """Layers by role with how to read them; ``found`` are roles taken from the case beside the survey."""

    layers: dict[str, list[QgsMapLayer]]
    fields: Fields
    found: list[str]


def gather(
    roles: Iterable[str],
    given: Layers,
    project: QgsProject | None,
    survey: Path | None,
    fields: Fields,
) -> Sources:
    """Layers with features for ``roles``: those given, the project's, the survey's.

    Where a survey's own layers and others play a role in the project, the survey's speak: both would
    draw every village twice.
    """
    wanted = list(dict.fromkeys(roles))
    layers: dict[str, list[QgsMapLayer]] = {}
    in_project = _of_project(project) if project is not None else {}
    for role in wanted:
        for candidates in (given.get(role, []), in_project.get(role, [])):
            if role not in layers and (full := [one for one in candidates if has_content(one)]):
                layers[role] = full
        if role not in layers and survey is not None and (full := _of_survey(survey, role)):
            layers[role] = full
    found = []
    if survey is not None:
        refs = _case_refs(survey.parent)
        for role in wanted:
            if role in layers or role not in refs:
                continue
            if disguise_problems(str(refs[role].file), role.upper()):
                continue  # a case of anybody's: what reaches elsewhere is not opened
            layer = _open(refs[role], role)
            if has_content(layer):
                layers[role] = [layer]
                fields = _with_field(fields, role, refs[role])
                found.append(role)
    return Sources(layers, fields, found)


def has_content(layer: QgsMapLayer | None) -> bool:
    """Whether a layer is valid and, where it is a vector layer, has a feature."""
    if layer is None or not layer.isValid():
        return False
    return not isinstance(layer, QgsVectorLayer) or next(layer.getFeatures(), None) is not None


def _of_project(project: QgsProject) -> dict[str, list[QgsMapLayer]]:
    names = {table: role for role, table in TABLES.items()}
    found: dict[str, list[QgsMapLayer]] = {}
    for _, layer in sorted(project.mapLayers().items()):
        role = role_of(layer)
        if role:
            found.setdefault(names.get(role, role), []).append(layer)
    return {role: _own(layers) for role, layers in found.items()}


def _own(layers: list[QgsMapLayer]) -> list[QgsMapLayer]:
    """A survey's own layers where they hold something, else all."""
    own = [layer for layer in layers if survey_of(layer)]
    return own if any(map(has_content, own)) else layers


def _of_survey(gpkg: Path, role: str) -> list[QgsMapLayer]:
    table = store_schema().get(TABLES.get(role, role))
    if table is None:
        return []
    shapes = _SHAPES if table.geometry == "GEOMETRY" else ("",)
    opened = [open_layer(gpkg, table.name, table.zh, shape) for shape in shapes]
    return [layer for layer in opened if has_content(layer)]


def _case_refs(folder: Path) -> dict[str, LayerRef]:
    if not (folder / "case.yaml").exists():
        return {}
    try:
        case = read_case(folder)
    except InputError:
        return {}  # the case is not what was asked for; whoever opens it says what is wrong
    return {CASE_ROLES.get(role, role.lower()): ref for role, ref in case.layers.items()}


def _open(ref: LayerRef, role: str) -> QgsMapLayer:
    if ref.file.suffix.lower() in (".tif", ".tiff", ".img", ".asc"):
        return open_raster(ref.source, role)
    return open_vector(ref.source, role)


def _with_field(fields: Fields, role: str, ref: LayerRef) -> Fields:
    if role == "landuse":
        return fields._replace(landuse=ref.field or "", landuse_map=str(ref.map or ""))
    if role == "erosion":
        return fields._replace(erosion=ref.field or "")
    return fields
