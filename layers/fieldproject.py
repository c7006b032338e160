"""The QGIS project of a field package, ready for QField or Mergin Maps.

It is the survey's own project (layers, relations by uuid, code lists as value relations inside the
GeoPackage, photos as composition, tabs) with what the device needs: who and when on every change, the
receiver's accuracy and time, photos under ``DCIM/``, soft constraints, base maps below everything.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple, Tuple

from qgis.core import (
    QgsAttributeEditorContainer,
    QgsAttributeEditorField,
    QgsCoordinateReferenceSystem,
    QgsDefaultValue,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsFieldConstraints,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtXml import QDomDocument

from ..core.errors import InputError
from ..core.field.apps import GNSS_FIELDS, MERGIN, gnss_expressions, person_expression
from .schema import SURVEY
from .surveyproject import Surveyed, SurveyLayer, fill_project

# Tables that the office keeps, and those that the device only reads.
OFFICE_ONLY = ("change_log",)
READ_ONLY = ("meta", "code_list", "provenance", "base_sheets")
# Layers whose shapes are given: drawn over by accident they would spoil every area.
FIXED_SHAPES = ("boundary", "zones", "base_sheets", "erosion", "admin_villages")
DCIM = "DCIM"
_MOMENT = "format_date(now(), 'yyyyMMddhhmmsszzz')"
_GNSS_TITLES = {
    "zh": {"gnss_accuracy_m": "定位精度 (m)", "gnss_at": "定位时间", "gnss_source": "定位设备"},
    "en": {"gnss_accuracy_m": "accuracy (m)", "gnss_at": "time of position", "gnss_source": "receiver"},
}
_GROUP = {"zh": "底图", "en": "Base maps"}


class FieldProject(NamedTuple):
    """What a package's project shows and for whom."""

    survey: Surveyed
    crs: QgsCoordinateReferenceSystem
    target: str
    person: str
    extent: QgsRectangle
    base_maps: Tuple[Tuple[Path, str], ...] = ()


def write_field_project(path: Path, wanted: FieldProject) -> None:
    """Make the project ``path`` (.qgz) inside the package's folder. Raises InputError QL-STORE-PROJECT."""
    project = QgsProject()
    try:
        project.setTitle(" ".join(filter(None, (wanted.survey.name, wanted.person))))
        project.setCrs(wanted.crs)
        project.writeEntryBool("Paths", "/Absolute", False)
        layers = fill_project(project, wanted.survey)
        kept = [item for item in layers if item.table.name not in OFFICE_ONLY]
        for item in layers:
            if item not in kept:
                project.removeMapLayer(item.layer.id())
        _prepare_all(project, kept, wanted)
        _add_base_maps(project, wanted)
        _show(project, wanted)
        project.writeProject.connect(nameless)
        if not project.write(str(path)):
            raise InputError("QL-STORE-PROJECT", path=str(path), reason=project.error())
    finally:
        project.clear()


def nameless(document: QDomDocument) -> None:
    """Take out who saved the project on which machine."""
    root = document.documentElement()
    for name in ("saveUser", "saveUserFull", "saveDateTime"):
        root.removeAttribute(name)


def _prepare_all(project: QgsProject, layers: list[SurveyLayer], wanted: FieldProject) -> None:
    sheets = next(item.layer for item in layers if item.table.name == "sheet")
    for item in layers:
        if item.table.tracked:
            _record_author(item, wanted)
            _soften(item.layer)
        if item.table.role == SURVEY:
            _default_sheet(item, sheets)
        if item.layer.isSpatial():
            _record_receiver(item.layer, wanted)
        if item.table.name == "photos":
            _prepare_photos(project, item.layer, wanted)
        _sync_properties(item)


def _index(layer: QgsVectorLayer, name: str) -> int:
    return int(layer.fields().indexOf(name))


def _set_default(layer: QgsVectorLayer, name: str, expression: str, on_update: bool = False) -> None:
    layer.setDefaultValueDefinition(_index(layer, name), QgsDefaultValue(expression, on_update))


def _record_author(item: SurveyLayer, wanted: FieldProject) -> None:
    person = person_expression(wanted.target, wanted.person)
    for name, expression, on_update in (
        ("created_by", person, False),
        ("updated_by", person, True),
        ("updated_at", "now()", True),
    ):
        _set_default(item.layer, name, expression, on_update)


def _soften(layer: QgsVectorLayer) -> None:
    """Conditions warn; only a record that would be useless is refused, and one without identity cannot be."""
    kinds, strength = QgsFieldConstraints.Constraint, QgsFieldConstraints.ConstraintStrength
    for index in range(layer.fields().count()):
        if layer.constraintExpression(index):
            layer.setFieldConstraint(index, kinds.ConstraintExpression, strength.ConstraintStrengthSoft)


def _require(layer: QgsVectorLayer, name: str) -> None:
    kinds, strength = QgsFieldConstraints.Constraint, QgsFieldConstraints.ConstraintStrength
    layer.setFieldConstraint(_index(layer, name), kinds.ConstraintNotNull, strength.ConstraintStrengthHard)


def _default_sheet(item: SurveyLayer, sheets: QgsVectorLayer) -> None:
    """A new row's header, found by the layer's name: synchronising may give layers other ids."""
    layer, own = map(QgsExpression.quotedString, (sheets.name(), item.table.name))
    _set_default(item.layer, "sheet_uuid", f'aggregate({layer}, \'min\', "uuid", "table" = {own})')


def _record_receiver(layer: QgsVectorLayer, wanted: FieldProject) -> None:
    expressions = gnss_expressions(wanted.target)
    titles = _GNSS_TITLES[wanted.survey.language]
    config = layer.editFormConfig()
    for name in GNSS_FIELDS:
        index = _index(layer, name)
        layer.setFieldAlias(index, titles[name])
        layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("TextEdit", {"IsMultiline": False}))
        _set_default(layer, name, expressions[name])
        config.setReadOnly(index, True)
    # Only now: a change detaches the configuration from the layer's, and tabs asked for before would be the layer's.
    tabs = [e for e in config.tabs() if isinstance(e, QgsAttributeEditorContainer)]
    if len(tabs) > 1:
        for name in GNSS_FIELDS:
            tabs[1].addChildElement(QgsAttributeEditorField(name, _index(layer, name), tabs[1]))
    layer.setEditFormConfig(config)


def _prepare_photos(project: QgsProject, layer: QgsVectorLayer, wanted: FieldProject) -> None:
    _require(layer, "path")
    _set_default(layer, "taken_at", "now()")
    _set_default(layer, "person", person_expression(wanted.target, wanted.person))
    if wanted.target == MERGIN:
        project.writeEntry("Mergin", f"PhotoNaming/{layer.id()}/path", _MOMENT)
        return
    naming = json.dumps({"path": f"'{DCIM}/' || {_MOMENT} || '.{{extension}}'"})
    layer.setCustomProperty("QFieldSync/attachment_naming", naming)
    layer.setCustomProperty("QFieldSync/photo_naming", naming)


def _sync_properties(item: SurveyLayer) -> None:
    """How QFieldSync and QFieldCloud treat a layer, should a user take that way."""
    reads = item.table.name in READ_ONLY
    for name in ("QFieldSync/action", "QFieldSync/cloud_action"):
        item.layer.setCustomProperty(name, "no_action" if reads else "offline")
    if reads:
        item.layer.setReadOnly(True)
    if item.table.name in FIXED_SHAPES:
        item.layer.setCustomProperty("QFieldSync/is_geometry_locked", True)


def _add_base_maps(project: QgsProject, wanted: FieldProject) -> None:
    if not wanted.base_maps:
        return
    group = project.layerTreeRoot().addGroup(_GROUP[wanted.survey.language])
    for path, title in wanted.base_maps:
        layer = QgsRasterLayer(str(path), title)
        if not layer.isValid():
            raise InputError("QL-FIELD-BASEMAP", layer=title, reason=str(path.name))
        layer.setCustomProperty("QFieldSync/action", "copy")
        layer.setCustomProperty("QFieldSync/cloud_action", "no_action")
        project.addMapLayer(layer, False)
        group.addLayer(layer)


def _show(project: QgsProject, wanted: FieldProject) -> None:
    if not wanted.extent.isEmpty():
        view = QgsReferencedRectangle(wanted.extent, wanted.crs)
        project.viewSettings().setDefaultViewExtent(view)
