"""Layers of a layout to items and shapes: measures by table B.1, zones, villages and parcels to cut by (5.1.2)."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple

from qgis.core import QgsGeometry

from ..core.errors import InputError, problem
from ..core.layoutplan.cutting import Areas
from ..core.layoutplan.model import LINE, POINT, POLYGON, Item, item_of
from ..core.layoutplan.palette import measure_named
from ..core.siting.model import Shapes
from ..core.standard import Edition
from .records import Record, id_list

VALUES_SHOWN = 5
CORNERS_AT_MOST = 256
"""Corners of a block that features are cut by: what an overlay does in well under a millisecond."""


class Placed(NamedTuple):
    """A measure of the layout with its shape and all its columns."""

    item: Item
    shape: Any
    record: Record


def placed(
    records: Iterable[Record], shapes: Shapes, edition: Edition, layer: str, parameter: str = "LAYOUT"
) -> list[Placed]:
    """The measures among a layer's records; a feature without uuid is known by its layer and id.

    The field ``measure`` may hold the key, the name or the number of B.1. Raises InputError
    QL-PLAN-NOMEASURE with every value that is none.
    """
    found: list[Placed] = []
    unknown: Counter[str] = Counter()
    ids: list[int] = []
    for record in records:
        value = record.attributes.get("measure")
        measure = measure_named(edition, str(value)) if value is not None else None
        shape = shapes.read(record.wkb) if record.wkb is not None else None
        if measure is None:
            unknown[str(value) if value is not None else "NULL"] += 1
            ids.append(record.fid)
        elif shape is not None:
            kind = (POINT, LINE, POLYGON)[shapes.dimension(shape)]
            uuid = record.uuid or f"{layer}:{record.fid}"
            found.append(Placed(item_of(uuid, measure.key, kind, record.attributes), shape, record))
    if unknown:
        values = ", ".join(value for value, _ in unknown.most_common(VALUES_SHOWN))
        raise InputError(
            problems=[problem("QL-PLAN-NOMEASURE", parameter=parameter, layer=layer, count=len(ids),
                              values=values, ids=id_list(ids))]
        )  # fmt: skip
    return found


def areas_of(records: Iterable[Record], shapes: Shapes, name_of: Callable[[Mapping[str, Any]], Any]) -> Areas:
    """Areas to cut by, named from their columns by ``name_of`` (without a name by their id).

    Areas of many parts come part by part and large ones in blocks of few corners, so that a feature is held
    against what is near it only.
    """
    named: list[tuple[str, Any]] = []
    for record in records:
        shape = shapes.read(record.wkb) if record.wkb is not None else None
        if shape is not None:
            name = name_of(record.attributes)
            title = str(name) if name not in (None, "") else str(record.uuid or record.fid)
            named += [(title, block) for block in _blocks(shape)]
    return Areas(shapes, named)


def _blocks(shape: QgsGeometry) -> Iterator[QgsGeometry]:
    for part in shape.asGeometryCollection():
        if part.constGet().nCoordinates() <= CORNERS_AT_MOST:
            yield part
        else:
            yield from part.subdivide(CORNERS_AT_MOST).asGeometryCollection()
