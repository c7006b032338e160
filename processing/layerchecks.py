"""Are the layers of a run what their roles ask for? One checker for all algorithms, before work starts.

What must hold stands in ``resources/input_roles.yaml``: the kind of geometry or cells, a CRS that says where on
Earth, coordinates that belong to it, the fields named in parameters. What can only be told by reading rows and
cells is told by whoever reads them; all of it comes in one list.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Sequence, Union

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeatureSource,
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProperty,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core.errors import Problem, QingliuError, problem
from ..core.inputroles import ANY, DEM, LINE, PICTURE, POINT, POLYGON, RASTER, Role, input_roles
from ..layers.crs import coordinate_problems, crs_problems, crs_title, is_absurd
from ..layers.dem import dem_header_problems
from ..layers.files import is_misread
from ..layers.rasterfiles import file_problems, raster_source
from ..layers.rasters import raster_header_problems
from ..layers.records import schema_problem
from ..layers.store import open_store
from .checks import file_of

_LAYERS = ("source", "vector", "layer", "raster", "multilayer")
_TYPES = {
    QgsWkbTypes.GeometryType.PointGeometry: POINT,
    QgsWkbTypes.GeometryType.LineGeometry: LINE,
    QgsWkbTypes.GeometryType.PolygonGeometry: POLYGON,
    QgsWkbTypes.GeometryType.NullGeometry: "table",
}
# A parameter's own word for what it takes, where it says one.
_DECLARED = {0: POINT, 1: LINE, 2: POLYGON, 3: RASTER}
_METRES_PER_DEGREE = 111_320.0

Vector = Union[QgsFeatureSource, QgsVectorLayer]


class Place(NamedTuple):
    """Where a run works: the parameter and layer that say so, and their box in degrees."""

    name: str
    title: str
    box: QgsRectangle


class Given(NamedTuple):
    """A layer as it was given: ``found`` is None where nothing could be opened."""

    role: Role
    found: Vector | QgsRasterLayer | None
    value: Any

    @property
    def title(self) -> str:
        """What it is called."""
        if isinstance(self.found, QgsMapLayer):
            return str(self.found.name())
        if self.found is not None:
            return str(self.found.sourceName())
        return Path(_text(self.value).split("|")[0]).name


def layer_faults(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """What makes the layers of a run unusable, whatever is done with them (QL-LAYER-*, QL-CRS-*, QL-DEM-*)."""
    faults: list[Problem] = []
    for given in layers_given(algorithm, parameters, context):
        faults += _gone(given, context) or _faults(given)
        if algorithm.name() in input_roles().drawn:  # nobody would leave out and count single features
            faults += _absurd(given)
    if algorithm.name() in input_roles().drawn:
        faults += _survey_faults(algorithm, parameters, context)
    return faults + _field_faults(algorithm, parameters, context)


def layers_elsewhere(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
    main: Place | None = None,
) -> list[Problem]:
    """QL-LAYER-ELSEWHERE for layers that lie far from where the run works: nothing of them counts.

    ``main`` says where, for a run on a survey; else the first layer given for one of the main roles does.
    """
    everything = list(layers_given(algorithm, parameters, context))
    place = main or _place(everything)
    if place is None:
        return []
    found = []
    for given in everything:
        box = None if given.role.beyond or given.role.name == place.name else _box(given)
        distance = 0.0 if box is None else _distance(box, place.box)
        if distance > input_roles().far_m:
            there = {"main": place.name, "main_layer": place.title, "km": f"{distance / 1e3:.1f}"}
            facts = {"parameter": given.role.name, "layer": given.title}
            found.append(problem("QL-LAYER-ELSEWHERE", **facts, **there))
    return found


def layers_empty(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """QL-LAYER-NOFEATURES for layers that are only drawn and hold nothing to draw."""
    if algorithm.name() not in input_roles().drawn:
        return []
    found = []
    for given in layers_given(algorithm, parameters, context):
        layer = given.found
        if layer is None or isinstance(layer, QgsRasterLayer):
            continue
        table = layer.wkbType() == QgsWkbTypes.Type.NoGeometry
        if layer.featureCount() == 0 or (not table and layer.sourceExtent().isNull()):
            found.append(problem("QL-LAYER-NOFEATURES", parameter=given.role.name, layer=given.title))
    return found


def layers_first(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """QL-LAYER-FIRSTOF for files of several layers that were given without a layer's name: the first is taken."""
    found = []
    for definition in algorithm.parameterDefinitions():
        name, value = definition.name(), parameters.get(definition.name())
        if definition.type() not in ("source", "vector", "layer") or not isinstance(value, str):
            continue
        if "|" in value or not Path(value).is_file():
            continue
        layer = algorithm.parameterAsLayer(parameters, name, context)
        names = _layers_in(layer) if isinstance(layer, QgsVectorLayer) else []
        if len(names) > 1:
            facts = {"count": len(names), "taken": names[0], "names": ", ".join(names[1:9])}
            found.append(problem("QL-LAYER-FIRSTOF", parameter=name, layer=Path(value).name, **facts))
    return found


def _layers_in(layer: QgsVectorLayer) -> list[str]:
    """Names of the layers of the file that a layer lies in, the first first."""
    provider = layer.dataProvider()
    parts = [text.split(provider.sublayerSeparator()) for text in provider.subLayers()]
    return list(dict.fromkeys(p[1] for p in parts if len(p) > 1))


def merged(early: Sequence[Problem], later: Sequence[Problem]) -> list[Problem]:
    """All faults once; what only follows from a layer that is unusable anyway is left out."""
    names = {f.facts["parameter"] for f in early if f.facts.get("parameter")}
    layers = {f.facts["layer"] for f in early if f.facts.get("layer")}
    kept = list(early)
    for fault in later:
        parameter, layer = fault.facts.get("parameter"), fault.facts.get("layer")
        follows = parameter in names if parameter else layer in layers
        told = {(k.code, str(k.facts.get("path"))) for k in kept if k.facts.get("path")}
        if (fault.code, str(fault.facts.get("path"))) in told:
            continue
        if fault not in kept and (fault.code == "QL-LAYER-NOFIELD" or not follows):
            kept.append(fault)
    return kept


# -- what was given ----------------------------------------------------------


def layers_given(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> Iterator[Given]:
    """Every layer of a run that plays a role, as far as it can be opened."""
    for definition in algorithm.parameterDefinitions():
        role = input_roles().role(definition.name(), algorithm.name())
        value = parameters.get(definition.name())
        if definition.type() not in _LAYERS or role is None or value is None or value == "" or value == []:
            continue
        role = role._replace(kinds=_kinds(role, definition))
        yield from _opened(algorithm, definition, role, parameters, context)


def _kinds(role: Role, definition: QgsProcessingParameterDefinition) -> tuple[str, ...]:
    """The role's kinds that the parameter declares, all of them where it declares none."""
    if definition.type() == "raster" or not hasattr(definition, "dataTypes"):
        return role.kinds
    declared = {_DECLARED.get(int(code)) for code in definition.dataTypes()} - {None}
    kept = tuple(kind for kind in role.kinds if kind in declared)
    return kept or role.kinds


def _opened(
    algorithm: QgsProcessingAlgorithm,
    definition: QgsProcessingParameterDefinition,
    role: Role,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
) -> Iterator[Given]:
    name, value = definition.name(), parameters[definition.name()]
    if definition.type() == "source":
        yield Given(role, algorithm.parameterAsSource(parameters, name, context), value)
    elif definition.type() == "multilayer":
        for one in value if isinstance(value, (list, tuple)) else [value]:
            found = algorithm.parameterAsLayerList({name: [one]}, name, context)
            yield Given(role, found[0] if found and found[0].isValid() else None, one)
    else:
        layer = algorithm.parameterAsLayer(parameters, name, context)
        yield Given(role, layer if layer is not None and layer.isValid() else None, value)


def _text(value: Any) -> str:
    if isinstance(value, QgsProperty):
        value = value.staticValue()
    source = getattr(value, "source", value)  # a definition of a source, or a layer
    found = source() if callable(source) else source
    return _text(found) if isinstance(found, QgsProperty) else str(found)


# -- one layer ---------------------------------------------------------------


def _faults(given: Given) -> list[Problem]:
    role, name = given.role, given.role.name
    if PICTURE in role.kinds:
        return _picture_faults(given)
    cells = [kind for kind in role.kinds if kind in (DEM, RASTER)]
    if cells and (isinstance(given.found, QgsRasterLayer) or not role.vectors or _like_raster(given)):
        return _raster_faults(given, DEM in cells)
    if given.found is None or isinstance(given.found, QgsRasterLayer):
        path = _text(given.value)
        code = "QL-LAYER-PERCENT" if _escaped(path) else "QL-LAYER-NOVECTOR"
        return [problem(code, parameter=name, layer=given.title, path=path)]
    if ANY in role.kinds:
        return []
    faults = schema_problem(given.found, role.vectors, given.title, name)
    if faults or given.found.wkbType() == QgsWkbTypes.Type.NoGeometry:
        return faults
    crs = given.found.sourceCrs()
    return crs_problems(crs, given.title, name) or coordinate_problems(
        crs, given.found.sourceExtent(), given.title, name
    )


def _escaped(path: str) -> bool:
    """Whether a GeoPackage that is there lies under a path that is read as another."""
    file = Path(path.split("|")[0])
    return file.suffix.lower() == ".gpkg" and file.is_file() and is_misread(file)


def _gone(given: Given, context: QgsProcessingContext) -> list[Problem]:
    """QL-LAYER-GONE for a layer that QGIS still shows though its file is no more: it would give nothing."""
    if given.found is None or isinstance(given.found, QgsRasterLayer):
        return []
    file = file_of(given.value, context)
    if not file or Path(file).exists():
        return []
    return [problem("QL-LAYER-GONE", parameter=given.role.name, layer=given.title, path=file)]


def _absurd(given: Given) -> list[Problem]:
    """QL-CRS-NOWHERE for a layer with coordinates beyond any on Earth, which nothing can be drawn of."""
    layer = given.found
    if layer is None or isinstance(layer, QgsRasterLayer) or layer.sourceExtent().isNull():
        return []
    box = layer.sourceExtent()
    if layer.wkbType() == QgsWkbTypes.Type.NoGeometry or not is_absurd(box):
        return []
    ends = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
    facts = {"parameter": given.role.name, "layer": given.title, "crs": crs_title(layer.sourceCrs())}
    return [problem("QL-CRS-NOWHERE", example=", ".join(f"{end:.6g}" for end in ends), **facts)]


def _picture_faults(given: Given) -> list[Problem]:
    """A background must open and lie somewhere; where a service is drawn nothing more is asked."""
    name, path = given.role.name, _text(given.value).split("|")[0]
    if given.found is None:
        source = raster_source(path)
        facts = {"parameter": name, "layer": given.title, "path": path, "reason": "-"}
        return file_problems(source, name) or [problem("QL-LAYER-UNREADABLE", **facts)]
    if not isinstance(given.found, QgsRasterLayer) or given.found.providerType() != "gdal":
        return []
    return file_problems(raster_source(given.found), name) or crs_problems(
        given.found.crs(), given.title, name
    )


def _like_raster(given: Given) -> bool:
    """Whether something that cannot be opened is named as a raster."""
    suffixes = (".tif", ".tiff", ".img", ".asc", ".vrt")
    return given.found is None and _text(given.value).lower().endswith(suffixes)


def _raster_faults(given: Given, is_dem: bool) -> list[Problem]:
    name = given.role.name
    if given.found is not None and not isinstance(given.found, QgsRasterLayer):
        return [problem("QL-LAYER-NORASTER", parameter=name, layer=given.title)]
    value = given.value.staticValue() if isinstance(given.value, QgsProperty) else given.value
    if isinstance(value, QgsMapLayer) and not isinstance(value, QgsRasterLayer):
        return [problem("QL-LAYER-NORASTER", parameter=name, layer=value.name())]
    look = dem_header_problems if is_dem else raster_header_problems
    try:
        found = given.found
        source = raster_source(found if isinstance(found, QgsRasterLayer) else _text(given.value))
    except QingliuError as error:  # a service, no file
        return [Problem(p.code, {**p.facts, "parameter": name}) for p in error.problems]
    return look(source, name)


def _survey_faults(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """Why SURVEY is none (QL-STORE-*), for those who only draw what is found in it."""
    path = algorithm.parameterAsString(parameters, "SURVEY", context)
    if not path:
        return []
    try:
        with open_store(Path(path), read_only=True):
            return []
    except QingliuError as error:
        return list(error.problems)


def _field_faults(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[Problem]:
    """QL-LAYER-NOFIELD for a field chosen by name that its layer does not have."""
    faults = []
    for definition in algorithm.parameterDefinitions():
        name, parent = definition.name(), getattr(definition, "parentLayerParameterName", str)()
        if definition.type() != "field" or not parameters.get(name) or not parameters.get(parent):
            continue
        layer = algorithm.parameterAsLayer(parameters, parent, context)
        source = None if layer is not None else algorithm.parameterAsSource(parameters, parent, context)
        found = layer if isinstance(layer, QgsVectorLayer) else source
        if found is None:
            continue
        present, wanted = found.fields().names(), str(parameters[name])
        if wanted not in present:
            facts = {"parameter": parent, "layer": found.sourceName(), "field": wanted}
            faults.append(problem("QL-LAYER-NOFIELD", fields=", ".join(present), **facts))
    return faults


# -- where they lie ----------------------------------------------------------


def place_of(name: str, title: str, crs: QgsCoordinateReferenceSystem, box: QgsRectangle) -> Place | None:
    """Where something lies, None where that cannot be said."""
    if not crs.isValid() or box.isNull() or is_absurd(box):
        return None
    try:
        return Place(name, title, _to_degrees(crs).transformBoundingBox(box))
    except QgsCsException:
        return None


def _place(everything: Sequence[Given]) -> Place | None:
    """The place of the first layer given for a main role."""
    main = next((g for name in input_roles().main for g in everything if g.role.name == name), None)
    box = None if main is None else _box(main)
    return None if main is None or box is None else Place(main.role.name, main.title, box)


def _box(given: Given) -> QgsRectangle | None:
    """Where a layer lies, in degrees; None where that cannot be said."""
    found = given.found
    if found is None:
        return None
    raster = isinstance(found, QgsRasterLayer)
    crs, box = (found.crs(), found.extent()) if raster else (found.sourceCrs(), found.sourceExtent())
    place = place_of(given.role.name, given.title, crs, box)
    return None if place is None else place.box


def _to_degrees(crs: QgsCoordinateReferenceSystem) -> QgsCoordinateTransform:
    """For kilometres a datum's shift does not matter."""
    degrees = QgsCoordinateReferenceSystem.fromEpsgId(4326)
    made = QgsCoordinateTransform(crs, degrees, QgsCoordinateTransformContext())
    made.setBallparkTransformsAreAppropriate(True)
    return made


def _distance(one: QgsRectangle, other: QgsRectangle) -> float:
    """About how far two boxes in degrees lie apart, m; 0 where they meet."""
    east = max(other.xMinimum() - one.xMaximum(), one.xMinimum() - other.xMaximum(), 0.0)
    north = max(other.yMinimum() - one.yMaximum(), one.yMinimum() - other.yMaximum(), 0.0)
    latitude = math.radians(min(max(one.center().y(), -85.0), 85.0))
    return math.hypot(east * math.cos(latitude), north) * _METRES_PER_DEGREE
