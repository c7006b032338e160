"""Is a package fit for the field? Asked of every package before it is handed over.

Everything in one folder under ASCII names, relative paths, no layer in memory, nothing of this machine,
every widget, function and variable on the apps' list, every expression parsed, every relation whole.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Iterator, NamedTuple

from qgis.core import (
    QgsAttributeEditorContainer,
    QgsAttributeEditorElement,
    QgsAttributeEditorField,
    QgsAttributeEditorRelation,
    QgsExpression,
    QgsMapLayer,
    QgsProject,
    QgsVectorLayer,
)

from ..core.field.apps import unknown_functions, unknown_variables, unknown_widgets
from ..core.field.names import is_ascii_path

_SOURCES = ("ogr", "gdal")


class Unfit(NamedTuple):
    """Something in a package that would fail on a device: where, and what."""

    where: str
    what: str


def package_faults(folder: Path, project_file: Path, target: str) -> list[Unfit]:
    """What is wrong with a package, empty where it is fit."""
    faults = list(_file_faults(folder))
    project = QgsProject()
    try:
        if not project.read(str(project_file)):
            return [*faults, Unfit(project_file.name, project.error() or "cannot be read")]
        faults += _text_faults(folder, project_file)
        faults += _project_faults(project, folder, target)
    finally:
        project.clear()
    return faults


def _file_faults(folder: Path) -> Iterator[Unfit]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not is_ascii_path(name):
            yield Unfit(name, "name is not plain ASCII")
        if path.name.endswith(("-wal", "-shm", "-journal")):
            yield Unfit(name, "database not at rest")


def _text_faults(folder: Path, project_file: Path) -> Iterator[Unfit]:
    """Traces of this machine in the project's text."""
    text = project_text(project_file)
    for trace in {str(folder), folder.as_posix(), str(Path.home()), Path.home().as_posix()}:
        if len(trace) > 1 and trace in text:
            yield Unfit(project_file.name, f"names {trace}")


def project_text(project_file: Path) -> str:
    """The XML of a .qgz. Raises OSError, zipfile.BadZipFile."""
    with zipfile.ZipFile(project_file) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".qgs"))
        return archive.read(name).decode("utf-8")


def _project_faults(project: QgsProject, folder: Path, target: str) -> Iterator[Unfit]:
    if project.presetHomePath():
        yield Unfit("project", "has a home path of its own")
    for layer in project.mapLayers().values():
        yield from _layer_faults(layer, folder)
        if isinstance(layer, QgsVectorLayer):
            yield from _form_faults(layer)
            for where, text in expressions_of(layer):
                yield from expression_faults(where, text, target)
    for relation in project.relationManager().relations().values():
        if not relation.isValid():
            yield Unfit(relation.id(), "relation is broken")


def _layer_faults(layer: QgsMapLayer, folder: Path) -> Iterator[Unfit]:
    if not layer.isValid():
        yield Unfit(layer.name(), "cannot be opened")
    if layer.providerType() not in _SOURCES:
        yield Unfit(layer.name(), f"comes from {layer.providerType()}")
    elif folder.resolve() not in Path(layer.source().split("|")[0]).resolve().parents:
        yield Unfit(layer.name(), "lies outside the folder")


def _form_faults(layer: QgsVectorLayer) -> Iterator[Unfit]:
    types = {layer.editorWidgetSetup(i).type() for i in range(layer.fields().count())} - {""}
    for name in unknown_widgets(types):
        yield Unfit(layer.name(), f"widget {name}")
    # by class: type() of a container tells what kind of container it is from QGIS 3.32 on
    allowed = (QgsAttributeEditorContainer, QgsAttributeEditorField, QgsAttributeEditorRelation)
    for element in _elements(layer):
        if not isinstance(element, allowed):
            yield Unfit(layer.name(), f"form element {element.name()}")


def _elements(layer: QgsVectorLayer) -> Iterator[QgsAttributeEditorElement]:
    waiting = list(layer.editFormConfig().tabs())
    while waiting:
        element = waiting.pop()
        yield element
        if isinstance(element, QgsAttributeEditorContainer):
            waiting += element.children()


def expressions_of(layer: QgsVectorLayer) -> Iterator[tuple[str, str]]:
    """(where, expression) of all a form and its lists evaluate."""
    for index, field in enumerate(layer.fields()):
        where = f"{layer.name()}.{field.name()}"
        default = layer.defaultValueDefinition(index).expression()
        condition = layer.constraintExpression(index)
        filtered = str(layer.editorWidgetSetup(index).config().get("FilterExpression", ""))
        yield from ((where, text) for text in (default, condition, filtered) if text)
    if layer.displayExpression():
        yield layer.name(), layer.displayExpression()


def expression_faults(where: str, text: str, target: str) -> Iterator[Unfit]:
    """What the apps would stumble over in an expression."""
    parsed = QgsExpression(text)
    if parsed.hasParserError():
        yield Unfit(where, f"expression cannot be read: {parsed.parserErrorString().strip()}")
        return
    for name in unknown_functions(parsed.referencedFunctions()):
        yield Unfit(where, f"function {name}")
    for name in unknown_variables(parsed.referencedVariables(), target):
        yield Unfit(where, f"variable @{name}")
