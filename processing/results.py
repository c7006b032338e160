"""Writing an output of an algorithm: a layer or a table, with its aliases, style and warnings."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingOutputLayerDefinition,
    QgsProperty,
    QgsWkbTypes,
)

from ..core.errors import Problem
from ..core.progress import Progress
from ..layers.outputs import (
    Column,
    fields,
    format_warnings,
    mark_csv,
    on_load,
    require_held,
    write_csv,
    write_features,
)
from .algorithm import QingliuAlgorithm
from .inputs import Inputs

Rows = Sequence["tuple[Mapping[str, Any], bytes | None]"]


def destination_of(inputs: Inputs, output: str) -> str:
    """Where the user wants ``output``, as text; empty where it goes to memory or nowhere."""
    value = inputs.parameters.get(output)
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    if isinstance(value, QgsProperty):
        value = value.staticValue()
    return str(value or "")


def write_layer(
    algorithm: QingliuAlgorithm,
    inputs: Inputs,
    output: str,
    columns: Sequence[Column],
    rows: Rows,
    crs: QgsCoordinateReferenceSystem,
    *,
    kind: QgsWkbTypes.Type = QgsWkbTypes.Type.MultiPolygon,
    style: str = "",
    progress: Progress,
) -> str:
    """Write rows of (values, WKB) to the sink ``output``; what QGIS calls the result."""
    made = fields(columns)
    sink, destination = algorithm.parameterAsSink(inputs.parameters, output, inputs.context, made, kind, crs)
    if sink is None:
        inputs.no_sink(output)
    write_features(sink, made, rows, output=output, count=len(rows), progress=progress)
    del sink
    require_held(destination, len(rows), output)
    inputs.warn(format_warnings(destination, [c.name for c in columns], output))
    if mark_csv(destination) and kind != QgsWkbTypes.Type.NoGeometry:
        inputs.warn([Problem("QL-OUT-CSVGEOMETRY", {"output": output, "path": destination})])
    aliases = {column.name: column.alias for column in columns}
    on_load(inputs.context, destination, title=algorithm.label(output), aliases=aliases, style=style)
    return str(destination)


def write_table(
    algorithm: QingliuAlgorithm,
    inputs: Inputs,
    output: str,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    progress: Progress,
) -> str:
    """Write rows without geometry; a ``.csv`` gets the byte order mark by which Excel knows UTF-8."""
    path = destination_of(inputs, output)
    names = [column.name for column in columns]
    if path.lower().endswith(".csv"):
        return str(write_csv(path, names, ([row.get(n) for n in names] for row in rows)))
    nowhere = QgsCoordinateReferenceSystem()
    plain = [(row, None) for row in rows]
    none = QgsWkbTypes.Type.NoGeometry
    return write_layer(algorithm, inputs, output, columns, plain, nowhere, kind=none, progress=progress)
