"""Schemes on disk: several layouts in one GeoPackage beside the survey, each saved whole or not at all (5.1.2).

``schemes`` has a row for each scheme (key, name, note, when and by whom), ``scheme_measures`` their features with
all columns, ``scheme_results`` results with the digest of what they were computed from.
"""

from __future__ import annotations

import datetime
import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence

from osgeo import gdal, ogr
from qgis.core import QgsCoordinateReferenceSystem

from ..core.errors import InputError
from ..core.layoutplan.schemes import Feature, Result
from .crs import reference
from .rasterfiles import gdal_call, quiet_gdal

_TABLES = {
    "schemes": (ogr.wkbNone, ("key", "name", "note", "made_at", "made_by", "base")),
    "scheme_measures": (ogr.wkbUnknown, ("scheme", "uuid", "measure", "status", "attributes")),
    "scheme_results": (ogr.wkbNone, ("scheme", "digest", "contents")),
}


@dataclass(frozen=True)
class SchemeHead:
    """What is said of a scheme; ``base`` names the scheme it was duplicated from, empty for none."""

    key: str
    name: str
    note: str = ""
    made_at: str = ""
    made_by: str = ""
    base: str = ""


class SchemeBook:
    """The schemes of one survey in the file ``path``, made on first use with features in ``crs``.

    Raises InputError QL-PLAN-SCHEMES where the file cannot be read or written, QL-PLAN-NOSCHEME for a key
    that is not there. No file is held open between calls.
    """

    def __init__(self, path: Path, crs: QgsCoordinateReferenceSystem) -> None:
        self.path = Path(path)
        self._crs = crs

    def heads(self) -> list[SchemeHead]:
        """All schemes in the order in which they were made."""
        if not self.path.exists():
            return []
        with self._opened(write=False) as source:
            rows = [_texts(row, _TABLES["schemes"][1]) for row in source.GetLayerByName("schemes")]
        return [SchemeHead(**row) for row in rows]

    def features(self, key: str) -> list[Feature]:
        """The features of a scheme, ordered by uuid."""
        self._must(key)
        with self._opened(write=False) as source:
            found = [_feature(row) for row in _of(source.GetLayerByName("scheme_measures"), "scheme", key)]
        return sorted(found, key=lambda f: f.uuid)

    def save(self, head: SchemeHead, features: Sequence[Feature]) -> SchemeHead:
        """Keep a scheme, replacing one of the same key, in one transaction; the head with its time."""
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        kept = head if head.made_at else SchemeHead(**{**vars(head), "made_at": stamp})
        with self._opened(write=True) as source:
            _clear(source, "schemes", "key", head.key)
            _clear(source, "scheme_measures", "scheme", head.key)
            self._add(source.GetLayerByName("schemes"), vars(kept))
            layer = source.GetLayerByName("scheme_measures")
            for feature in features:
                values = {name: feature.attributes.get(name) for name in ("measure", "status")}
                packed = json.dumps(dict(feature.attributes), ensure_ascii=False, sort_keys=True, default=str)
                row = {"scheme": head.key, "uuid": feature.uuid, **values, "attributes": packed}
                self._add(layer, row, feature.wkb)
        return kept

    def delete(self, key: str) -> None:
        """Remove a scheme with its features and results."""
        self._must(key)
        with self._opened(write=True) as source:
            _clear(source, "schemes", "key", key)
            _clear(source, "scheme_measures", "scheme", key)
            _clear(source, "scheme_results", "scheme", key)

    def result(self, key: str) -> Result | None:
        """The result kept for a scheme, None where there is none."""
        if not self.path.exists():
            return None
        with self._opened(write=False) as source:
            rows = _of(source.GetLayerByName("scheme_results"), "scheme", key)
            found = [(row.GetField("digest"), row.GetField("contents")) for row in rows]
            del rows
        return Result(key, found[0][0], json.loads(found[0][1])) if found else None

    def keep(self, result: Result) -> None:
        """Keep a result of a scheme, replacing the one before."""
        self._must(result.scheme)
        packed = json.dumps(dict(result.values), ensure_ascii=False, sort_keys=True)
        with self._opened(write=True) as source:
            _clear(source, "scheme_results", "scheme", result.scheme)
            row = {"scheme": result.scheme, "digest": result.digest, "contents": packed}
            self._add(source.GetLayerByName("scheme_results"), row)

    # -- the file --------------------------------------------------------------
    def _must(self, key: str) -> None:
        known = [head.key for head in self.heads()]
        if key not in known:
            raise InputError(
                "QL-PLAN-NOSCHEME", path=str(self.path), scheme=key, known=", ".join(known) or "-"
            )

    def _fault(self, reason: str) -> InputError:
        return InputError("QL-PLAN-SCHEMES", path=str(self.path), reason=reason or "-")

    @contextmanager
    def _opened(self, *, write: bool) -> Iterator[gdal.Dataset]:
        """The file, in one transaction where it is written: what fails leaves it as it was."""
        with quiet_gdal():
            if write and not self.path.exists():
                self._create()
            flags = gdal.OF_VECTOR | (gdal.OF_UPDATE if write else gdal.OF_READONLY)
            source, reason = gdal_call(gdal.OpenEx, str(self.path), flags)
            if source is None or any(source.GetLayerByName(name) is None for name in _TABLES):
                raise self._fault(reason)
            if not write:
                yield source
                return
            begun, reason = gdal_call(source.StartTransaction)
            if begun is None or begun != ogr.OGRERR_NONE:
                raise self._fault(reason)
            done = False
            try:
                yield source
                done = True
            finally:
                ended, reason = gdal_call(source.CommitTransaction if done else source.RollbackTransaction)
            if ended is None or ended != ogr.OGRERR_NONE:
                raise self._fault(reason)

    def _create(self) -> None:
        source, reason = gdal_call(
            gdal.GetDriverByName("GPKG").Create, str(self.path), 0, 0, 0, gdal.GDT_Unknown
        )
        if source is None:
            raise self._fault(reason)
        for name, (kind, fields) in _TABLES.items():
            srs = None if kind == ogr.wkbNone else reference(self._crs)
            layer, reason = gdal_call(source.CreateLayer, name, srs, kind)
            if layer is None:
                raise self._fault(reason)
            for field in fields:
                layer.CreateField(ogr.FieldDefn(field, ogr.OFTString))

    def _add(self, layer: ogr.Layer, values: Any, wkb: bytes | None = None) -> None:
        feature = ogr.Feature(layer.GetLayerDefn())
        for name, value in values.items():
            if value is not None:
                feature.SetField(name, str(value))
        if wkb is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkb(wkb))
        failed, reason = gdal_call(layer.CreateFeature, feature)
        if failed is None or failed != ogr.OGRERR_NONE:
            raise self._fault(reason)


def _texts(row: ogr.Feature, names: Sequence[str]) -> dict[str, str]:
    return {name: row.GetField(name) or "" for name in names}


def _feature(row: ogr.Feature) -> Feature:
    wkb = bytes(row.GetGeometryRef().ExportToWkb(ogr.wkbNDR))
    return Feature(row.GetField("uuid"), wkb, json.loads(row.GetField("attributes")))


def _of(layer: ogr.Layer, field: str, value: str) -> list[ogr.Feature]:
    """The rows whose ``field`` is ``value``: compared here, so that no text becomes SQL."""
    layer.ResetReading()
    return [row for row in layer if row.GetField(field) == value]


def _clear(source: gdal.Dataset, table: str, field: str, value: str) -> None:
    layer = source.GetLayerByName(table)
    for fid in [row.GetFID() for row in _of(layer, field, value)]:
        layer.DeleteFeature(fid)
