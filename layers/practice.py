"""The practice watershed as files: dem.tif, landuse.gpkg and their like, written through GDAL.

Equal content for a seed and version: feature order, geometry bytes, raster values and time stamps.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import yaml
from osgeo import gdal, ogr, osr

from ..core.errors import InputError
from ..core.practice import ground
from ..core.practice.scene import CREATED, Layer
from ..core.practice.wkb import wkb

_OGR_TYPES = {str: ogr.OFTString, int: ogr.OFTInteger, float: ogr.OFTReal}
_WKB = {
    "Point": ogr.wkbPoint,
    "LineString": ogr.wkbLineString,
    "Polygon": ogr.wkbPolygon,
    "MultiPolygon": ogr.wkbMultiPolygon,
}


def srs() -> osr.SpatialReference:
    """The practice watershed's CRS (CGCS2000, 3-degree zone, central meridian 114 E), x before y."""
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(ground.EPSG)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def prepare_folder(folder: Path) -> None:
    """Make the folder. Raises InputError QL-PRACTICE-FOLDER where it cannot be made or is not empty."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        busy = next(folder.iterdir(), None)
    except OSError as error:
        raise InputError(
            "QL-PRACTICE-FOLDER", folder=str(folder), reason=error.strerror or str(error)
        ) from error
    if busy is not None:
        raise InputError("QL-PRACTICE-NOTEMPTY", folder=str(folder), file=busy.name)


def empty_folder(folder: Path) -> None:
    """Take away what a run that was stopped or failed has left in its folder."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever GDAL or the system reports while the block writes ``path`` becomes QL-PRACTICE-WRITE."""
    failures: list[str] = []

    def note(level: int, number: int, message: str) -> None:
        if level >= gdal.CE_Failure:
            failures.append(message)

    gdal.PushErrorHandler(note)
    try:
        yield
    except (RuntimeError, OSError) as error:  # GDAL raises or reports, by the mode the host program set
        failures.append(str(error))
    finally:
        gdal.PopErrorHandler()
    if failures:
        raise InputError("QL-PRACTICE-WRITE", file=path.name, reason=failures[0])


def write_raster(
    path: Path, values: np.ndarray, x0: float, y0: float, cell: float, nodata: float | None = None
) -> None:
    """A GeoTIFF of one band of 32-bit floats, north up, upper-left corner (x0, y0). Raises InputError."""
    rows, cols = values.shape
    options = ["COMPRESS=DEFLATE", "PREDICTOR=3", "TILED=YES"]
    with _told(path):
        dataset = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, 1, gdal.GDT_Float32, options)
        if dataset is None:
            raise OSError(gdal.GetLastErrorMsg())
        dataset.SetGeoTransform((x0, cell, 0.0, y0, 0.0, -cell))
        dataset.SetProjection(srs().ExportToWkt())
        band = dataset.GetRasterBand(1)
        if nodata is not None:
            band.SetNoDataValue(nodata)
        band.WriteArray(values.astype(np.float32))
        dataset.FlushCache()
        del band, dataset  # closes the file while errors are still heard


@contextmanager
def _fixed_date() -> Iterator[None]:
    """GeoPackage's own time stamps set to the practice watershed's date while the block runs."""
    before = gdal.GetConfigOption("OGR_CURRENT_DATE")
    gdal.SetConfigOption("OGR_CURRENT_DATE", CREATED.replace("Z", ".000Z"))
    try:
        yield
    finally:
        gdal.SetConfigOption("OGR_CURRENT_DATE", before)


def write_layers(path: Path, layers: list[Layer]) -> None:
    """A GeoPackage with the layers, in order. Raises InputError when it fails."""
    with _told(path), _fixed_date():
        dataset = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
        if dataset is None:
            raise OSError(gdal.GetLastErrorMsg())
        for layer in layers:
            _write_layer(dataset, layer)
        dataset.FlushCache()
        del dataset


def _write_layer(dataset: gdal.Dataset, layer: Layer) -> None:
    target = dataset.CreateLayer(layer.name, srs(), _WKB[layer.geometry], ["GEOMETRY_NAME=geom", "FID=fid"])
    target.CreateField(ogr.FieldDefn("uuid", ogr.OFTString))
    for name, kind in layer.fields.items():
        target.CreateField(ogr.FieldDefn(name, _OGR_TYPES[kind]))
    target.StartTransaction()
    for record in layer.features:
        feature = ogr.Feature(target.GetLayerDefn())
        feature.SetField("uuid", record.uuid)
        for name, value in record.values.items():
            if value is not None:
                feature.SetField(name, value)
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb(layer.geometry, record.geometry)))
        target.CreateFeature(feature)
    target.CommitTransaction()


def write_yaml(path: Path, data: dict[str, Any]) -> None:
    """A YAML file in UTF-8, keys in their order."""
    with _told(path), open(path, "w", encoding="utf-8", newline="\n") as stream:
        yaml.safe_dump(data, stream, allow_unicode=True, sort_keys=False, width=110)


def write_json(path: Path, data: Any) -> None:
    """A JSON file in UTF-8, keys in their order."""
    with _told(path), open(path, "w", encoding="utf-8", newline="\n") as stream:
        json.dump(data, stream, ensure_ascii=False, indent=1)
        stream.write("\n")


def write_texts(folder: Path, texts: dict[str, str]) -> None:
    """Text files by their path below ``folder``, in UTF-8."""
    for name, text in texts.items():
        path = folder / name
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
