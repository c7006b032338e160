"""Guess the roles of a folder that has no case.yaml, from the names and kinds of its layers."""

from __future__ import annotations

from pathlib import Path

from osgeo import gdal, ogr

from ..core.case import Case, LayerRef, guess_role, read_case
from ..core.errors import InputError
from .disguises import disguise_problems

RASTERS = (".tif", ".tiff", ".img", ".asc", ".vrt")
VECTORS = (".gpkg", ".shp", ".geojson", ".kml", ".gml")
_KINDS = {1: "point", 2: "line", 3: "polygon", 4: "point", 5: "line", 6: "polygon"}


def open_case(folder: Path) -> Case:
    """The folder's case.yaml, or the case guessed by ``resources/case_roles.yaml``.

    Raises InputError: QL-CASE-EMPTY where no role can be guessed, and what read_case raises.
    """
    if (folder / "case.yaml").exists():
        return read_case(folder)
    layers: dict[str, LayerRef] = {}
    for name, kind, ref in _layers_of(folder):
        role = guess_role(name, kind)
        if role and role not in layers:
            layers[role] = ref
    if not layers:
        raise InputError("QL-CASE-EMPTY", folder=folder.name)
    return Case(folder=folder, name=folder.name, layers=layers, guessed=True)


def _layers_of(folder: Path) -> list[tuple[str, str, LayerRef]]:
    """(name, kind, reference) of every layer in the folder, files by name."""
    found: list[tuple[str, str, LayerRef]] = []
    for path in sorted(folder.iterdir()):
        suffix = path.suffix.lower()
        if suffix in RASTERS:
            found.append((path.stem, "raster", LayerRef(path)))
        elif suffix in VECTORS:
            found += _vector_layers(path)
    return found


def _vector_layers(path: Path) -> list[tuple[str, str, LayerRef]]:
    if disguise_problems(str(path), "CASE"):
        return []
    dataset = gdal.OpenEx(str(path), gdal.OF_VECTOR)
    if dataset is None:
        return []
    count = dataset.GetLayerCount()
    found = []
    for index in range(count):
        layer = dataset.GetLayer(index)
        kind = _KINDS.get(ogr.GT_Flatten(layer.GetGeomType()), "table")
        name = layer.GetName()
        label = name if count > 1 else f"{path.stem} {name}"
        found.append((label, kind, LayerRef(path, name)))
    return found
