"""Are the values of a run usable at all? Missing ones, wrong kinds, results that would replace inputs.

QGIS stops at the first wrong value with a sentence that has no code and no cure; here all faults of a
run come in one list. Layers are looked into by whoever reads them (QL-DEM-*, QL-LAYER-*).
"""

from __future__ import annotations

import errno
import math
import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Iterator, NamedTuple

from qgis.core import (
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProperty,
)

from ..core.errors import Problem
from ..layers.disguises import disguise_problems
from ..layers.files import in_database, is_survey

# Parameters that hold layers: whoever reads them says what is wrong with the file (QL-DEM-*, QL-LAYER-*).
_READ_LATER = ("source", "raster", "vector", "layer", "multilayer", "meshlayer")
_TRUTHS = ("true", "false", "1", "0", "1.0", "0.0")
_NUMBERS = ("number", "distance", "scale", "area", "duration")
_PLAIN = ("string", "file", *_NUMBERS)
_FILES = (*_READ_LATER, "file")
# Results that are files of their own; a store that an algorithm writes into is named as its target.
_RESULTS = ("sink", "vectorDestination", "rasterDestination", "fileDestination")
# A store that is to be made: whoever makes it refuses any file that is there already.
_NEW_STORE = "DESTINATION"
_GEOTIFF = (".tif", ".tiff")
# What a writer sets around the name of a file until it is whole.
_UNTIL_WHOLE = ".{}.part"
_SHOWN = 40  # signs of a name that is too long to be shown
_INVALID, _TOO_LONG = 123, 206  # what Windows says of a part above 255 signs, and of a path too long in all


def parameter_faults(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """What is wrong with the values of a run: missing, of the wrong kind, out of range (QL-PARAM-*),
    results that would replace an input, a survey or each other (QL-OUT-INPUT, -SURVEY, -TWICE, -NOTIFF).
    """
    faults = []
    for definition in algorithm.parameterDefinitions():
        value = parameters.get(definition.name(), definition.defaultValue())
        optional = bool(definition.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional)
        facts = {"parameter": definition.name(), "label": definition.description(), "value": value}
        if value is None or value == "":
            if not optional:
                faults.append(Problem("QL-PARAM-MISSING", facts))
        elif definition.type() in _READ_LATER:
            continue
        elif (
            not definition.checkValueIsAcceptable(value, context)
            or _is_passed_over(definition, value)
            or _is_nan(algorithm, definition, parameters, context)
        ):
            faults.append(Problem("QL-PARAM-VALUE", {**facts, "allowed": _allowed(definition)}))
    return [*faults, *_destination_faults(algorithm, parameters, context)]


def reaching_faults(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """Faults of files named as layers that would reach elsewhere as soon as QGIS opens them: asked first."""
    found: list[Problem] = []
    for definition in algorithm.parameterDefinitions():
        if definition.type() not in _READ_LATER:
            continue
        value = parameters.get(definition.name())
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(one, QgsProcessingFeatureSourceDefinition):
                one = one.source
            if isinstance(one, QgsProperty):
                one = one.staticValue()
            if isinstance(one, str) and context.getMapLayer(one) is None:
                found += disguise_problems(one, definition.name())
    return found


def name_faults(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """QL-PARAM-NAMELENGTH for files and folders with names that no disk here takes: asked before anything else."""
    faults = []
    for definition in algorithm.parameterDefinitions():
        kind, name = definition.type(), definition.name()
        if kind not in (*_FILES, *_RESULTS, "folderDestination"):
            continue
        value = parameters.get(name)
        for one in value if isinstance(value, (list, tuple)) else [value]:
            path = _named_path(one, kind in _READ_LATER)
            if path is not None and _is_too_long(path, kind not in _FILES):
                longest = max(path.parts, key=lambda part: len(os.fsencode(part)))
                shown = longest if len(longest) <= _SHOWN else f"{longest[:_SHOWN]}…"
                facts = {"parameter": name, "label": definition.description(), "name": shown}
                length = len(os.fsencode(longest))
                faults.append(Problem("QL-PARAM-NAMELENGTH", {**facts, "length": length}))
    return faults


def _named_path(value: Any, may_be_layer: bool) -> Path | None:
    """The path that a value spells, None for layers, memory, servers and what else is no path."""
    text = written(value)
    if not isinstance(text, str) or not text or "\0" in text:
        return None
    inside = in_database(text)
    path = inside.path if inside is not None else text.split("|")[0]
    if path.startswith(("/vsi", "memory:")):
        return None
    if Path(path).is_absolute() or path.startswith("."):
        return Path(path)
    return None if may_be_layer and any(sign in path for sign in "?=:") else Path(path)


def _is_too_long(path: Path, is_result: bool) -> bool:
    asked = path.with_name(_UNTIL_WHOLE.format(path.name)) if is_result and path.name else path
    try:
        asked.stat()
    except OSError as error:
        said = getattr(error, "winerror", 0)
        odd = said == _INVALID and any(len(part) > 255 for part in asked.parts)
        return error.errno == errno.ENAMETOOLONG or said == _TOO_LONG or odd
    return False


def unknown_parameters(algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any]) -> list[Problem]:
    """QL-PARAM-UNKNOWN for names the algorithm does not have: QGIS passes over a misspelt one in silence."""
    known = {definition.name() for definition in algorithm.parameterDefinitions()}
    strange = sorted(name for name in parameters if name not in known)
    if not strange:
        return []
    near = [
        f"{name} → {close[0]}" for name in strange for close in [get_close_matches(name, known, 1)] if close
    ]
    return [Problem("QL-PARAM-UNKNOWN", {"parameter": ", ".join(strange), "near": ", ".join(near) or "-"})]


def _is_passed_over(definition: QgsProcessingParameterDefinition, value: Any) -> bool:
    """Whether QGIS would accept a value and then read something else: any text but ``false`` or ``0`` is
    true (``no`` and 否 too), and a list or a map for a text or a file is read as nothing given."""
    if isinstance(value, QgsProperty):
        return False
    if definition.type() == "boolean":
        return str(value).strip().lower() not in _TRUTHS
    return definition.type() in _PLAIN and not isinstance(value, (str, int, float))


def _is_nan(
    algorithm: QgsProcessingAlgorithm,
    definition: QgsProcessingParameterDefinition,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
) -> bool:
    """Whether a number is none that can be reckoned with (NaN, infinite), which QGIS finds acceptable."""
    name = definition.name()
    if definition.type() in _NUMBERS:
        return not math.isfinite(algorithm.parameterAsDouble(parameters, name, context))
    if definition.type() == "point":
        point = algorithm.parameterAsPoint(parameters, name, context)
        return not (math.isfinite(point.x()) and math.isfinite(point.y()))
    return False


def _allowed(definition: QgsProcessingParameterDefinition) -> str:
    if isinstance(definition, QgsProcessingParameterEnum):
        return ", ".join(definition.options())
    if isinstance(definition, QgsProcessingParameterNumber):
        low, high = definition.minimum(), definition.maximum()
        return f"{low:g} … {high:g}" if high < 1e300 else f">= {low:g}"
    if isinstance(definition, QgsProcessingParameterFile) and definition.extension():
        return f"*.{definition.extension()}"
    if definition.type() == "boolean":
        return "true, false"
    if definition.type() == "point":
        return "x,y [EPSG:4547]"
    return definition.type()


# -- where results go --------------------------------------------------------


def _destination_faults(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """Results whose file is an input's, a survey's or another result's: what was there would be lost."""
    taken = dict(_input_files(algorithm, parameters, context))
    faults: list[Problem] = []
    others: dict[str, str] = {}
    for definition in algorithm.parameterDefinitions():
        name = definition.name()
        if definition.type() not in _RESULTS or name == _NEW_STORE:
            continue
        goal = _goal_of(parameters.get(name), context)
        if goal is None:
            continue
        faults += _goal_faults(definition, goal, taken, others)
        others.setdefault(goal.key, name)
    return faults


def _goal_faults(
    definition: QgsProcessingParameterDefinition, goal: _Goal, taken: dict[str, str], others: dict[str, str]
) -> list[Problem]:
    name, kind, file = definition.name(), definition.type(), goal.file
    facts = {"output": name, "path": file}
    faults = []
    folder = Path(file).parent
    if not folder.is_dir() and kind != "fileDestination":  # whoever writes a plain file says so itself
        reason = f"{folder} ?"
        faults.append(Problem("QL-OUT-SINK", {"output": name, "destination": file, "reason": reason}))
    if file in taken:
        faults.append(Problem("QL-OUT-INPUT", {**facts, "parameter": taken[file]}))
    elif is_survey(Path(file)):
        faults.append(Problem("QL-OUT-SURVEY", facts))
    elif goal.key in others:
        faults.append(Problem("QL-OUT-TWICE", {**facts, "other": others[goal.key]}))
    elif kind == "rasterDestination" and Path(file).suffix.lower() not in ("", *_GEOTIFF):
        faults.append(Problem("QL-OUT-NOTIFF", facts))
    return faults


class _Goal(NamedTuple):
    """Where a result goes: a file, or a ``table`` of it."""

    file: str
    table: str = ""

    @property
    def key(self) -> str:
        """What two results must not share."""
        return f"{self.file}|{self.table}" if self.table else self.file


def _goal_of(value: Any, context: QgsProcessingContext) -> _Goal | None:
    """The file behind an output's value, None where it goes to memory or to a server."""
    plain = written(value)
    inside = in_database(plain) if isinstance(plain, str) else None
    if inside is not None:
        return _Goal(os.path.normcase(os.path.realpath(inside.path)), inside.table)
    file = file_of(value, context)
    return _Goal(file) if file else None


def _input_files(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> Iterator[tuple[str, str]]:
    """(file, parameter) of every input that is one."""
    for definition in algorithm.parameterDefinitions():
        if definition.type() not in _FILES:
            continue
        value = parameters.get(definition.name())
        for one in value if isinstance(value, (list, tuple)) else [value]:
            file = file_of(one, context)
            if file:
                yield file, definition.name()


def written(value: Any) -> Any:
    """What was chosen, out of QGIS's wrappings."""
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    return value.staticValue() if isinstance(value, QgsProperty) else value


def file_of(value: Any, context: QgsProcessingContext) -> str:
    """The real path of the file behind a parameter's value, empty where there is none yet or none at all."""
    value = written(value)
    if isinstance(value, str) and value:
        value = context.getMapLayer(value) or value
    if isinstance(value, QgsMapLayer):
        value = value.source()
    if not isinstance(value, (str, os.PathLike)):
        return ""
    path = os.fspath(value).split("|")[0]
    plain = Path(path).is_absolute() or path.startswith(".") or Path(path).is_file()
    return os.path.normcase(os.path.realpath(path)) if plain and not path.startswith("/vsi") else ""
