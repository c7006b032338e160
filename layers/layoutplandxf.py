"""A layout as DXF for CAD: one layer per measure, outlines as closed polylines, labels as text (5.1.2).

Layers are called by number and key (``08_terrace``), because CAD programs read other letters in names by the
code page of the machine; the Chinese of labels is written as escapes, which all of them read.
"""

from __future__ import annotations

import uuid
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple, Sequence

from osgeo import gdal, ogr

from ..core.data import RESOURCES, load_yaml
from ..core.errors import InputError
from ..core.standard import Edition
from .rasterfiles import gdal_call, quiet_gdal
from .replacing import replace

_COLOUR = "#444444"
_TEXT_HEIGHT_M = 5.0


class Drawn(NamedTuple):
    """A measure to draw: WKB, and the label that stands in it (empty for none)."""

    measure: str
    wkb: bytes
    label: str = ""


class DxfReport(NamedTuple):
    """The file and how many entities each of its layers has."""

    path: Path
    layers: dict[str, int]


def dxf_layer(edition: Edition, measure: str) -> str:
    """Name of a measure's layer in the drawing."""
    known = edition.measures.get(measure)
    return f"{known.number:02d}_{known.key}" if known is not None else measure


@cache
def _colours() -> dict[str, str]:
    looks = load_yaml(RESOURCES / "figures" / "measures.yaml")
    return {key: str(look.get("colour", _COLOUR)) for key, look in looks.items()}


def export_dxf(path: Path, drawn: Iterable[Drawn], edition: Edition) -> DxfReport:
    """Write the drawing, whole or not at all. Raises InputError QL-PLAN-DXF with GDAL's own reason."""
    final, wanted = Path(path), list(drawn)
    part = final.with_name(f".{uuid.uuid4().hex}.dxf")
    try:
        with quiet_gdal():
            counts = _write(part, final, wanted, edition)
        replace(part, final)
    except OSError as error:
        raise InputError("QL-PLAN-DXF", path=str(final), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return DxfReport(final, counts)


def _write(part: Path, final: Path, drawn: Sequence[Drawn], edition: Edition) -> dict[str, int]:
    source, reason = gdal_call(ogr.GetDriverByName("DXF").CreateDataSource, str(part))
    if source is None:
        raise InputError("QL-PLAN-DXF", path=str(final), reason=reason)
    counts: Counter[str] = Counter()
    try:
        layer = source.CreateLayer("entities")
        for one in drawn:
            name = dxf_layer(edition, one.measure)
            for geometry, style in _entities(one, _colours().get(one.measure, _COLOUR)):
                reason = _add(layer, name, geometry, style)
                if reason:
                    raise InputError("QL-PLAN-DXF", path=str(final), reason=reason)
                counts[name] += 1
    finally:
        layer = source = None  # closing writes the file, and lets go of it where something failed
    if not part.is_file():
        raise InputError("QL-PLAN-DXF", path=str(final), reason="-")
    return dict(sorted(counts.items()))


def _add(layer: ogr.Layer, name: str, geometry: ogr.Geometry, style: str) -> str:
    """Add an entity to the drawing's layer ``name``; the reason where that failed, else empty."""
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetField("Layer", name)
    feature.SetStyleString(style)
    feature.SetGeometry(geometry)
    failed, reason = gdal_call(layer.CreateFeature, feature)
    return "" if failed == ogr.OGRERR_NONE else reason or gdal.GetLastErrorMsg() or "-"


def _entities(one: Drawn, colour: str) -> Iterator[tuple[ogr.Geometry, str]]:
    """Geometries with their style: rings and lines as polylines, points as points, a label as text."""
    geometry = ogr.CreateGeometryFromWkb(one.wkb)
    if geometry is None or geometry.IsEmpty():
        return
    geometry.FlattenTo2D()
    for simple in _simple(geometry):
        yield simple, f"PEN(c:{colour})"
    if one.label:
        inside = geometry.PointOnSurface() if geometry.GetDimension() == 2 else geometry.Centroid()
        text = one.label.replace("\\", "/").replace('"', "''")
        yield inside, f'LABEL(f:"Arial",s:{_TEXT_HEIGHT_M}g,c:{colour},t:"{text}")'


def _simple(geometry: ogr.Geometry) -> Iterator[ogr.Geometry]:
    kind = ogr.GT_Flatten(geometry.GetGeometryType())
    if kind == ogr.wkbPolygon:
        for i in range(geometry.GetGeometryCount()):
            ring = geometry.GetGeometryRef(i)
            outline = ogr.Geometry(ogr.wkbLineString)
            for x, y, *_ in ring.GetPoints():
                outline.AddPoint_2D(x, y)
            yield outline
    elif geometry.GetGeometryCount():
        for i in range(geometry.GetGeometryCount()):
            yield from _simple(geometry.GetGeometryRef(i))
    else:
        yield geometry.Clone()
