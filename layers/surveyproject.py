"""The QGIS project beside a survey: layers, relations, forms, constraints, styles, roles.

The schema is put *into the layers* (aliases with units, edit widgets, value relations to the code
lists inside the GeoPackage, defaults, constraints), so that QGIS's own forms and QField fill and
check the tables without this plugin. Paths are relative: the folder can be moved.
"""

from __future__ import annotations

import uuid as uuids
from pathlib import Path
from typing import Iterable, Iterator, Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsLayerTreeGroup,
    QgsProject,
    QgsRelation,
    QgsRelationContext,
    QgsVectorLayer,
)

from ..core.errors import InputError
from .opened import open_vector
from .replacing import replace
from .roles import set_role
from .schema import LAYER, OWN, SURVEY, StoreTable, store_schema
from .surveyforms import FormContext, make_form
from .surveystyles import style_layer

GROUPS = {
    LAYER: ("定位图层", "Located layers"),
    SURVEY: ("调查表", "Survey tables"),
    OWN: ("调查库", "Store"),
}
_SHAPES = {"Point": ("点", "points"), "LineString": ("线", "lines"), "Polygon": ("面", "areas")}
# what a person sees on top of what
_DRAW_ORDER = ("MULTIPOLYGON", "GEOMETRY", "MULTILINESTRING", "POINT")
CODE_LIST = "code_list"


class SurveyLayer(NamedTuple):
    """A layer of the project with the table it shows."""

    layer: QgsVectorLayer
    table: StoreTable


class Surveyed(NamedTuple):
    """Which survey the project shows: the GeoPackage, the store's id, its name, the labels' language."""

    gpkg: Path
    store_id: str
    name: str
    language: str = "zh"


def source_of(gpkg: Path, table: str, shape: str = "") -> str:
    """The source by which QGIS opens a table of a survey."""
    return f"{gpkg}|layername={table}" + (f"|geometrytype={shape}" if shape else "")


def open_layer(gpkg: Path, table: str, title: str = "", shape: str = "") -> QgsVectorLayer:
    """A table of a survey as a layer; a style stored in the file is not loaded (it may carry code)."""
    return open_vector(source_of(gpkg, table, shape), title or table)


def survey_layers(survey: Surveyed) -> list[SurveyLayer]:
    """A layer for each table; a table of mixed geometries gets one for points, lines and areas each."""
    return list(_open_layers(survey))


def _open_layers(survey: Surveyed) -> Iterator[SurveyLayer]:
    for table in store_schema().values():
        title = table.zh if survey.language == "zh" else table.en
        if table.role == SURVEY and table.table_id:
            title = f"{table.table_id} {title}"
        for shape in _SHAPES if table.geometry == "GEOMETRY" else ("",):
            words = _SHAPES.get(shape)
            shown = title if words is None else f"{title}（{words[0]}）"
            if words is not None and survey.language != "zh":
                shown = f"{title} ({words[1]})"
            layer = open_layer(survey.gpkg, table.name, shown, shape)
            if layer.isValid():  # before it is drawn for the first time
                style_layer(layer, table, survey.language)
            yield SurveyLayer(layer, table)


def fill_project(project: QgsProject, survey: Surveyed) -> list[SurveyLayer]:
    """Add a survey's layers with relations, forms, styles and roles to a project.

    Raises InputError QL-STORE-PROJECT where a layer cannot be opened.
    """
    found: list[SurveyLayer] = []
    for _ in filling(project, survey, found):
        pass
    return found


def filling(project: QgsProject, survey: Surveyed, found: list[SurveyLayer]) -> Iterator[None]:
    """:func:`fill_project` a layer at a time, so that a window stays alive; the layers go into ``found``."""
    for opened in _open_layers(survey):
        found.append(opened)
        yield
    bad = [item.table.name for item in found if not item.layer.isValid()]
    if bad:
        raise InputError("QL-STORE-PROJECT", path=str(survey.gpkg), reason=", ".join(bad))
    for _ in _adding(project, found, survey):
        yield
    by_table = _first_layers(found)
    relations = list(_relations(project, by_table))
    for relation in relations:
        project.relationManager().addRelation(relation)
    yield
    context = FormContext(survey.language, by_table[CODE_LIST], by_table["sheet"])
    for item in found:
        make_form(item.layer, item.table, context, relations)
        yield
        set_role(item.layer, item.table.name, survey.store_id)
        if item.table.name in (CODE_LIST, "change_log", "meta"):
            item.layer.setReadOnly(True)
        yield


def _adding(project: QgsProject, layers: Sequence[SurveyLayer], survey: Surveyed) -> Iterator[None]:
    zh = survey.language == "zh"
    root = project.layerTreeRoot()
    groups: dict[str, QgsLayerTreeGroup] = {  # above what is there: a DEM would cover what is drawn
        role: root.insertGroup(number, names[0] if zh else names[1])
        for number, (role, names) in enumerate(GROUPS.items())
    }
    for item in sorted(layers, key=lambda i: _depth(i.table), reverse=True):
        project.addMapLayer(item.layer, False)
        groups[item.table.role].addLayer(item.layer)
        yield
    groups[OWN].setExpanded(False)


def _depth(table: StoreTable) -> int:
    if table.geometry is None:
        return 0
    return 10 * _DRAW_ORDER.index(table.geometry) + (5 if table.outline else 0)


def _first_layers(layers: Iterable[SurveyLayer]) -> dict[str, QgsVectorLayer]:
    found: dict[str, QgsVectorLayer] = {}
    for item in layers:
        found.setdefault(item.table.name, item.layer)
    return found


def _relations(project: QgsProject, layers: Mapping[str, QgsVectorLayer]) -> Iterator[QgsRelation]:
    """Sheets to rows, located features to rows, rows and features to photos."""
    for table in store_schema().values():
        for field in table.fields:
            if field.references and field.references in layers:
                yield relation(project, layers, table.name, field.name, field.references)
        if table.tracked and table.name not in ("photos", "provenance", "sheet"):
            owner = relation(project, layers, "photos", "row_uuid", table.name)
            owner.setStrength(QgsRelation.RelationStrength.Composition)
            yield owner


def relation(
    project: QgsProject, layers: Mapping[str, QgsVectorLayer], child: str, field: str, parent: str
) -> QgsRelation:
    """The relation by which ``field`` of ``child`` points to the uuid of ``parent``."""
    made = QgsRelation(QgsRelationContext(project))
    made.setId(f"qingliu_{child}_{field}_{parent}")
    made.setName(layers[child].name())
    made.setReferencingLayer(layers[child].id())
    made.setReferencedLayer(layers[parent].id())
    made.addFieldPair(field, "uuid")
    return made


def write_project(path: Path, survey: Surveyed, crs: QgsCoordinateReferenceSystem) -> None:
    """Make the project ``path`` (.qgz) beside the survey. Raises InputError QL-STORE-PROJECT, -EXISTS."""
    if path.exists():
        raise InputError("QL-STORE-EXISTS", path=str(path))
    project = QgsProject()
    project.setTitle(survey.name)
    project.setCrs(crs)
    project.writeEntryBool("Paths", "/Absolute", False)
    fill_project(project, survey)
    save_whole(project, path)
    project.clear()


def save_whole(project: QgsProject, path: Path) -> None:
    """Save a project: the old file or the new one whole, whenever the machine stops.

    Raises InputError QL-STORE-PROJECT.
    """
    # inside a .qgz QGIS names the project by what stands before the first dot
    part = path.with_name(f"{path.stem}.{uuids.uuid4().hex}.part{path.suffix}")
    try:
        if not project.write(str(part)):
            raise InputError("QL-STORE-PROJECT", path=str(path), reason=project.error())
        project.setFileName(str(path))
        replace(part, path)
    except OSError as error:
        raise InputError("QL-STORE-PROJECT", path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
