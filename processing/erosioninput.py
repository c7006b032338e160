"""``EROSION`` or ``OFFICIAL`` of an algorithm: polygons with their class of SL 190."""

from __future__ import annotations

from ..core.erosion.scale import IntensityScale
from ..core.errors import InputError, Problem
from ..core.progress import Progress
from ..layers.erosion import CLASS_FIELD, ErosionParts, class_field, erosion_parts
from ..layers.records import POLYGON, Wanted
from .extent import Extent, alone
from .inputs import Inputs


def read_erosion(
    inputs: Inputs, extent: Extent, name: str, scale: IntensityScale, progress: Progress
) -> ErosionParts:
    """The polygons of the parameter ``name`` with their class, by ``<name>_FIELD`` or the field that fits.

    Raises InputError: QL-PARAM-MISSING where no field is chosen and none stands out, QL-EROSION-CODES.
    """
    parameter = f"{name}_FIELD"
    chosen = inputs.text(parameter)
    wanted = Wanted(POLYGON, (chosen,) if chosen else ())
    crs, first = extent.crs, extent.first
    records = alone(inputs, lambda: inputs.records(name, crs, wanted, first=first, progress=progress))
    if not records:
        return ErosionParts([], False, [])
    layer = inputs.title(name)
    field = chosen or class_field(records, scale)
    if not field:
        label = inputs.algorithm.parameterDefinition(parameter).description()
        raise InputError("QL-PARAM-MISSING", parameter=parameter, label=label)
    if field not in (chosen, CLASS_FIELD):
        facts = {"parameter": name, "layer": layer, "field": field}
        inputs.warn([Problem("QL-EROSION-FIELDFOUND", facts)])
    found = erosion_parts(records, field, scale, layer=layer, parameter=name)
    inputs.warn(found.warnings)
    return found
