"""The layers of a run in the encoding that their words are in, before anything reads them."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsVectorLayer

from ..core.errors import Problem, problem
from ..layers.encodings import CHINESE, unsaid_chinese

_VECTORS = ("source", "vector", "layer", "multilayer")


def settle_encodings(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """Read shapefiles in GBK that do not say so as what they are, and say it (QL-LAYER-ENCODING).

    A layer of the user's project is left as it is; then only how to set it right is said.
    """
    told: dict[str, list[str]] = {}
    for definition in algorithm.parameterDefinitions():
        name = definition.name()
        if definition.type() not in _VECTORS or not parameters.get(name):
            continue
        for layer in _layers(algorithm, parameters, name, definition.type(), context):
            if isinstance(layer, QgsVectorLayer) and layer.isValid() and unsaid_chinese(layer):
                project = context.project()
                mine = project is None or project.mapLayer(layer.id()) is None
                if mine:
                    layer.setProviderEncoding(CHINESE)
                code = "QL-LAYER-ENCODING" if mine else "QL-LAYER-ENCODINGOPEN"
                told.setdefault(code, []).append(f"{name} {layer.name()}")
    return [problem(code, layers=", ".join(layers)) for code, layers in told.items()]


def _layers(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    kind: str,
    context: QgsProcessingContext,
) -> list[Any]:
    if kind == "multilayer":
        return list(algorithm.parameterAsLayerList(parameters, name, context))
    return [algorithm.parameterAsLayer(parameters, name, context)]
