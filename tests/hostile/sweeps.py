"""Every layer and file parameter of every algorithm, met by the same bad files.

What must happen does not depend on the algorithm: something that cannot be read, lies nowhere or is of the wrong
kind is refused by a line that names parameter and layer; something from which nothing can be taken is refused or
warned about by such a line, never passed over in silence.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional

import ground as g
import numpy as np
from case import Site

POLYGON, LINE, POINT, ANY = "polygon", "line", "point", "any"
_SHAPES = {
    POLYGON: (g.box(20, 20, 100, 100), "Polygon"), LINE: (g.line((205, 10), (205, 500)), "LineString"),
    POINT: (g.point(205, 300), "Point"),
}  # fmt: skip
# Fields by which a layer is known; so that only what is meant to be bad is bad.
_VALUES = {
    "landuse": "0103", "class": 3, "zone": "protection", "bank_type": "自然", "kind": "outfall", "river": "青柳河",
    "measure": "terrace", "name": "坏层", "uuid": "u1", "channel_id": 1, "side": "left", "soil_depth": 50.0,
    "base_scale": 10000, "base_date": "2023-05-01", "level": "1",
}  # fmt: skip


class Bad(NamedTuple):
    """One way of being bad: how it is made, and the codes that may answer; ``soft``: a warning will do."""

    make: Callable[[Site, str], str]
    codes: str
    soft: bool = False
    needs: str = ""


FACTORS = ("R", "K", "LS", "B", "E", "T")


def company(algorithm: str, parameter: str, site: Site) -> dict[str, Optional[str]]:
    """What must be given beside a parameter so that it is used at all; None takes a parameter away."""
    if algorithm == "erosionintensity" and parameter in ("DEM", "LANDUSE", "COVER"):
        return {"OFFICIAL": None, **{n: site[n] for n in ("DEM", "LANDUSE", "COVER")}}
    if algorithm == "erosionintensity" and parameter in FACTORS:
        return {"OFFICIAL": None, "REGION": "south_red", **{n: site[n] for n in FACTORS}}
    if algorithm == "erosionintensity" and parameter == "SOIL_LOSS":
        return {"OFFICIAL": None, "REGION": "south_red"}
    if algorithm == "landscapeindicators" and parameter in ("GREEN", "BUILT", "VILLAGES"):
        return {n: site[n] for n in ("GREEN", "BUILT")}
    if algorithm == "delineatewatershed" and parameter == "UNDER":
        return {"OUTLET": None, "VILLAGES": site["ADMIN"]}
    if algorithm == "quantities" and parameter == "DEM":
        return {"TRUE_SURFACE": "true"}
    if algorithm == "shorelineratio" and parameter == "CHANNELS":
        return {}
    return {}


def has_place(algorithm: str, parameter: str) -> bool:
    """Whether a run has another layer by which it can be told that this one lies elsewhere."""
    alone = {
        ("streamsurvey", "DEM"), ("delineatewatershed", "DEM"), ("shorelineratio", "BANKS"), ("mapsheets", "BOUNDARY"),
        ("sitemeasures", "PARCELS"), ("createsurvey", "BOUNDARY"), ("printfieldmaps", "BOUNDARY"),
    }  # fmt: skip
    return (algorithm, parameter) not in alone


def _shape(kind: str, x0: float = g.X0, y0: float = g.Y0) -> tuple[str, str]:
    made = {
        POLYGON: (g.box(20, 20, 100, 100, x0=x0, y0=y0), "Polygon"),
        LINE: (g.line((205, 10), (205, 500), x0=x0, y0=y0), "LineString"),
        POINT: (g.point(205, 300, x0=x0, y0=y0), "Point"),
    }
    return made[POLYGON if kind == ANY else kind]


def _layer(
    site: Site, kind: str, name: str = "坏层", *, x0: float = g.X0, y0: float = g.Y0, **more: Any
) -> str:
    shape, code = _shape(kind, x0, y0)
    return g.vector(site.file(f"{name}.gpkg"), [(shape, _VALUES)], kind=code, **more)


def _degrees(site: Site, kind: str) -> str:
    """Longitudes and latitudes under a CRS in metres."""
    ring = "POLYGON((114.20 27.10,114.21 27.10,114.21 27.11,114.20 27.11,114.20 27.10))"
    shapes = {POLYGON: ring, LINE: "LINESTRING(114.20 27.10,114.21 27.11)", POINT: "POINT(114.205 27.105)"}
    kind = POLYGON if kind == ANY else kind
    return g.vector(site.file("坏层.gpkg"), [(shapes[kind], _VALUES)], kind=_shape(kind)[1])


def _other(site: Site, kind: str) -> str:
    """A layer of another kind than the one wanted."""
    return _layer(site, POINT if kind in (POLYGON, LINE) else POLYGON)


def _nan(site: Site, kind: str) -> str:
    nan = float("nan")
    raw = {
        POLYGON: g.raw_polygon(nan, nan, g.X0, g.Y0, g.X0 + 9, g.Y0, nan, nan), POINT: g.raw_point(nan, nan),
        LINE: g.raw_line(nan, nan, nan, nan),
    }  # fmt: skip
    return g.vector(
        site.file("坏层.gpkg"), [(raw[POLYGON if kind == ANY else kind], _VALUES)], kind=_shape(kind)[1]
    )


def _infinite(site: Site, kind: str) -> str:
    inf = float("inf")
    raw = {
        POLYGON: g.raw_polygon(inf, inf, g.X0, g.Y0, g.X0 + 9, g.Y0, inf, inf), POINT: g.raw_point(inf, g.Y0),
        LINE: g.raw_line(g.X0, g.Y0, inf, -inf),
    }  # fmt: skip
    return g.vector(
        site.file("坏层.gpkg"), [(raw[POLYGON if kind == ANY else kind], _VALUES)], kind=_shape(kind)[1]
    )


def _huge(site: Site, kind: str) -> str:
    big = 1e300
    raw = {
        POLYGON: g.raw_polygon(-big, -big, big, -big, big, big, -big, -big), POINT: g.raw_point(big, big),
        LINE: g.raw_line(-big, 0, big, big),
    }  # fmt: skip
    return g.vector(
        site.file("坏层.gpkg"), [(raw[POLYGON if kind == ANY else kind], _VALUES)], kind=_shape(kind)[1]
    )


def _nothing(site: Site, kind: str) -> str:
    return g.vector(
        site.file("坏层.gpkg"), [], kind=_shape(kind)[1], fields={k: type(v) for k, v in _VALUES.items()}
    )


def _shapeless(site: Site, kind: str) -> str:
    return g.vector(site.file("坏层.gpkg"), [(None, _VALUES), (None, _VALUES)], kind=_shape(kind)[1])


def _empties(site: Site, kind: str) -> str:
    word = {"Polygon": "POLYGON EMPTY", "LineString": "LINESTRING EMPTY", "Point": "POINT EMPTY"}
    code = _shape(kind)[1]
    return g.vector(site.file("坏层.gpkg"), [(word[code], _VALUES)], kind=code)


LAYERS = {
    "missing": Bad(lambda s, k: str(s.file("坏层.gpkg")), "QL-LAYER-(NOVECTOR|MISSING)"),
    "text": Bad(lambda s, k: g.text(s.file("坏层.gpkg"), "这不是图层"), "QL-LAYER-(NOVECTOR|UNREADABLE)"),
    "zero bytes": Bad(lambda s, k: g.text(s.file("坏层.gpkg"), b""), "QL-LAYER-(NOVECTOR|EMPTY|UNREADABLE)"),
    "raster": Bad(
        lambda s, k: s.country.copy("DEM", s.file("坏层.tif")), "QL-LAYER-NOVECTOR", needs="vector"
    ),
    "table": Bad(
        lambda s, k: g.vector(s.file("坏层.gpkg"), [(None, _VALUES)], kind="None"),
        "QL-LAYER-GEOMETRYTYPE",
        needs="table",
    ),
    "other kind": Bad(_other, "QL-LAYER-GEOMETRYTYPE", needs="kind"),
    "no crs": Bad(lambda s, k: _layer(s, k, epsg=None), "QL-CRS-NONE"),
    "local crs": Bad(lambda s, k: _layer(s, k, epsg=None, wkt=g.LOCAL_WKT), "QL-CRS-(LOCAL|NONE)"),
    "prefix": Bad(lambda s, k: _layer(s, k, x0=38500000.0), "QL-CRS-PREFIXED"),
    "no prefix": Bad(lambda s, k: _layer(s, k, epsg=4526), "QL-CRS-UNPREFIXED"),
    "degrees": Bad(_degrees, "QL-CRS-DEGREES"),
    "swapped": Bad(lambda s, k: _layer(s, k, x0=3000000.0, y0=500000.0), "QL-CRS-(SWAPPED|NOWHERE)"),
    "huge": Bad(_huge, "QL-", soft=True),
    "infinite": Bad(_infinite, "QL-", soft=True),
    "nan": Bad(_nan, "QL-", soft=True),
    "no feature": Bad(_nothing, "QL-", soft=True),
    "null shapes": Bad(_shapeless, "QL-", soft=True),
    "empty shapes": Bad(_empties, "QL-", soft=True),
    "elsewhere": Bad(lambda s, k: _layer(s, k, x0=560000.0), "QL-", soft=True, needs="place"),
}


def _cells(site: Site, values: Any = None, **more: Any) -> str:
    return g.raster(site.file("坏栅格.tif"), g.valley() if values is None else values, **more)


def _cut(site: Site) -> str:
    path = site.file("坏栅格.tif")
    g.raster(path, g.valley(), options=["COMPRESS=NONE"])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return str(path)


def _holes(site: Site) -> str:
    return _cells(site, np.full((g.ROWS, g.COLS), -9999, np.float32), nodata=-9999)


_TURNED = (g.X0, 7.07, 7.07, g.Y0, 7.07, -7.07)
RASTERS = {
    "missing": Bad(lambda s, k: str(s.file("坏栅格.tif")), "QL-(DEM|LAYER)-MISSING"),
    "text": Bad(lambda s, k: g.text(s.file("坏栅格.tif"), "这不是栅格"), "QL-(DEM|LAYER)-UNREADABLE"),
    "zero bytes": Bad(lambda s, k: g.text(s.file("坏栅格.tif"), b""), "QL-(DEM|LAYER)-EMPTY"),
    "cut off": Bad(lambda s, k: _cut(s), "QL-(DEM|LAYER)-(CUTOFF|UNREADABLE)", needs="cells"),
    "vector": Bad(
        lambda s, k: _layer(s, POLYGON), "QL-LAYER-NORASTER|QL-(DEM|LAYER)-UNREADABLE", needs="raster"
    ),
    "no crs": Bad(lambda s, k: _cells(s, epsg=None), "QL-(DEM-NOCRS|CRS-NONE)"),
    "local crs": Bad(lambda s, k: _cells(s, epsg=None, wkt=g.LOCAL_WKT), "QL-(DEM-LOCALCRS|CRS-LOCAL)"),
    "prefix": Bad(lambda s, k: _cells(s, x0=38500000.0), "QL-CRS-PREFIXED"),
    "unplaced": Bad(
        lambda s, k: _cells(s, placed=False), "QL-(DEM|LAYER)-(NOPLACE|ROTATED|NOVALUES)|QL-CRS-.*"
    ),
    "rotated": Bad(lambda s, k: _cells(s, transform=_TURNED), "QL-(DEM|LAYER)-ROTATED", needs="dem"),
    "three bands": Bad(lambda s, k: _cells(s, bands=3), "QL-(DEM|LAYER)-BANDS"),
    "complex": Bad(lambda s, k: _cells(s, np.ones((g.ROWS, g.COLS), np.complex64)), "QL-(DEM|LAYER)-COMPLEX"),
    "all nodata": Bad(lambda s, k: _holes(s), "QL-(DEM-NODATA|LAYER-NOVALUES)", needs="cells"),
    "elsewhere": Bad(lambda s, k: _cells(s, x0=560000.0), "QL-", soft=True, needs="place"),
    "vrt outside": Bad(lambda s, k: g.vrt(s.file("坏栅格.vrt"), s["DEM"]), "QL-(DEM|LAYER)-VRTOUTSIDE"),
    "vrt itself": Bad(
        lambda s, k: g.vrt(s.file("坏栅格.vrt"), "坏栅格.vrt", relative=True), "QL-(DEM|LAYER)-VRTLOOP"
    ),
    "vrt code": Bad(
        lambda s, k: g.vrt(s.file("坏栅格.vrt"), s.country.copy("DEM", s.file("a.tif")), python=True),
        "QL-(DEM|LAYER)-VRTCODE",
    ),
    "vrt missing": Bad(
        lambda s, k: g.vrt(s.file("坏栅格.vrt"), "none.tif", relative=True), "QL-(DEM|LAYER)-VRTMISSING"
    ),
}
