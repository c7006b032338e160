"""A QGIS CRS as a GeoPackage lists it, and back."""

from __future__ import annotations

import zlib

from osgeo import osr
from qgis.core import QgsCoordinateReferenceSystem

from ..core.errors import InputError
from .crs import crs_title, from_wkt, reference
from .store.ddl import Srs
from .store.gpkg import GpkgStore

_OWN_CODES = 200_000  # beyond EPSG's; a CRS without a code gets one from its WKT


def srs_of(crs: QgsCoordinateReferenceSystem) -> Srs:
    """The entry of ``gpkg_spatial_ref_sys``. Raises InputError QL-STORE-NOCRS where there is no WKT 1 for it."""
    ref = reference(crs)
    wkt = _wkt1(ref)
    if not wkt:
        raise InputError("QL-STORE-NOCRS", parameter=crs_title(crs))
    authority, _, code = crs.authid().partition(":")
    if authority == "EPSG" and code.isdigit():
        return Srs(ref.GetName() or crs.authid(), int(code), "EPSG", int(code), wkt)
    number = _OWN_CODES + zlib.crc32(wkt.encode("utf-8")) % 100_000
    return Srs(ref.GetName() or "CRS", number, "NONE", number, wkt)


def _wkt1(ref: osr.SpatialReference) -> str:
    try:
        return str(ref.ExportToWkt(["FORMAT=WKT1_GDAL"]) or "")
    except RuntimeError:  # raised or returned empty, by the mode the host program set
        return ""


def crs_of(store: GpkgStore) -> QgsCoordinateReferenceSystem:
    """The CRS in which a survey keeps its geometries."""
    row = store.connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "WHERE srs_id = (SELECT srs_id FROM gpkg_geometry_columns LIMIT 1)"
    ).fetchone()
    if row is None:
        return QgsCoordinateReferenceSystem()
    if str(row[0]).upper() == "EPSG":
        return QgsCoordinateReferenceSystem.fromEpsgId(int(row[1]))
    return from_wkt(str(row[2]))
