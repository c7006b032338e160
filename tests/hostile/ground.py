"""A small sound watershed, and the hands that make bad files beside it.

The country is a straight valley of 41 x 60 cells of 10 m whose floor falls south; every layer that any
algorithm asks for lies on it. Cases start from these sound inputs and replace one by something bad.
"""

from __future__ import annotations

import math
import shutil
import sqlite3
import struct
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

import numpy as np
from osgeo import gdal, ogr, osr

X0, Y0, EPSG, CELL = 500000.0, 3001000.0, 4547, 10.0
ROWS, COLS = 60, 41
_KINDS = {str: ogr.OFTString, float: ogr.OFTReal, int: ogr.OFTInteger, bool: ogr.OFTInteger}
_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".kml": "KML", ".csv": "CSV"}
LOCAL_WKT = 'LOCAL_CS["mine plane",UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'


# -- shapes ------------------------------------------------------------------


def box(x=0.0, y=0.0, width=410.0, height=600.0, *, x0=X0, y0=Y0) -> str:
    """WKT of a rectangle, its north-west corner ``x`` m east and ``y`` m south of the country's."""
    west, north = x0 + x, y0 - y
    east, south = west + width, north - height
    return f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


def line(*points: tuple[float, float], x0=X0, y0=Y0) -> str:
    """WKT of a line through points east and south of the country's corner."""
    return "LINESTRING(" + ",".join(f"{x0 + x} {y0 - y}" for x, y in points) + ")"


def point(x: float, y: float, *, x0=X0, y0=Y0) -> str:
    """WKT of a point east and south of the country's corner."""
    return f"POINT({x0 + x} {y0 - y})"


def bow_tie(x=0.0, y=0.0, size=100.0) -> str:
    """A polygon that crosses itself; its two halves together are half the square."""
    w, n = X0 + x, Y0 - y
    e, s = w + size, n - size
    return f"POLYGON(({w} {n},{e} {s},{e} {n},{w} {s},{w} {n}))"


def ring_of(corners: int, radius=180.0, x=205.0, y=300.0) -> str:
    """A round polygon of many corners."""
    places = [
        (X0 + x + radius * math.cos(2 * math.pi * i / corners), Y0 - y + radius * math.sin(2 * math.pi * i / corners))
        for i in range(corners)
    ]  # fmt: skip
    return "POLYGON((" + ",".join(f"{a:.6f} {b:.6f}" for a, b in [*places, places[0]]) + "))"


def raw_line(*numbers: float) -> bytes:
    """WKB of a line whose coordinates may be anything, not-a-number included."""
    return struct.pack(f"<BII{len(numbers)}d", 1, 2, len(numbers) // 2, *numbers)


def raw_polygon(*numbers: float) -> bytes:
    """WKB of a polygon of one ring whose coordinates may be anything."""
    return struct.pack(f"<BIII{len(numbers)}d", 1, 3, 1, len(numbers) // 2, *numbers)


def raw_point(x: float, y: float) -> bytes:
    """WKB of a point whose coordinates may be anything."""
    return struct.pack("<BI2d", 1, 1, x, y)


# -- files -------------------------------------------------------------------


def reference(epsg: int | None = EPSG, wkt: str = "") -> osr.SpatialReference | None:
    """The CRS for a file, None for none."""
    if not epsg and not wkt:
        return None
    found = osr.SpatialReference()
    if wkt:
        found.ImportFromWkt(wkt)
    else:
        found.ImportFromEPSG(epsg)
    return found


def vector(
    path: Path,
    rows: Iterable[tuple[Any, Mapping[str, Any]]] = (),
    *,
    kind: str = "Unknown",
    epsg: int | None = EPSG,
    wkt: str = "",
    fields: Mapping[str, type] | None = None,
    layer: str = "",
    encoding: str = "",
) -> str:
    """A layer of (WKT, WKB or None, values); its path. ``kind`` is OGR's name of the geometry type."""
    rows = list(rows)
    types = dict(fields or {})
    for _, values in rows:
        for name, value in values.items():
            if value is not None:
                types.setdefault(name, type(value))
    driver = ogr.GetDriverByName(_DRIVERS[path.suffix])
    made = driver.CreateDataSource(str(path)) if not path.exists() else ogr.Open(str(path), 1)
    options = ["SPATIAL_INDEX=NO"] if path.suffix == ".gpkg" else []
    if encoding:
        options.append(f"ENCODING={encoding}")
    code = getattr(ogr, f"wkb{kind}")
    table = made.CreateLayer(layer or path.stem, reference(epsg, wkt), code, options)
    for name, type_ in types.items():
        table.CreateField(ogr.FieldDefn(name, _KINDS[type_]))
    bad: dict[int, bytes] = {}
    for shape, values in rows:
        feature = ogr.Feature(table.GetLayerDefn())
        for name, value in values.items():
            if value is not None:
                feature.SetField(name, value)
        if isinstance(shape, str):
            feature.SetGeometry(ogr.CreateGeometryFromWkt(shape))
        elif shape is not None and kind != "None":
            feature.SetGeometry(ogr.CreateGeometryFromWkb(shape) if path.suffix != ".gpkg" else None)
        table.CreateFeature(feature)
        if isinstance(shape, bytes) and path.suffix == ".gpkg":
            bad[feature.GetFID()] = shape
    del table, made
    _put_raw(path, layer or path.stem, bad, epsg or -1)
    return str(path) if not layer else f"{path}|layername={layer}"


def _put_raw(path: Path, table: str, shapes: Mapping[int, bytes], srs: int) -> None:
    """Geometries that no writer would take, straight into the GeoPackage."""
    if not shapes:
        return
    with sqlite3.connect(path) as connection:
        known = connection.execute("SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (table,))
        srs = known.fetchone()[0]
        for fid, wkb in shapes.items():
            blob = b"GP\x00\x01" + struct.pack("<i", srs) + wkb
            name = '"' + table.replace('"', '""') + '"'
            connection.execute(f"UPDATE {name} SET geom = ? WHERE fid = ?", (blob, fid))
    connection.close()


def raster(
    path: Path,
    values: Any,
    *,
    cell: float = CELL,
    x0: float = X0,
    y0: float = Y0,
    epsg: int | None = EPSG,
    wkt: str = "",
    nodata: float | None = None,
    kind: int | None = None,
    bands: int = 1,
    transform: Sequence[float] | None = None,
    placed: bool = True,
    scale: float | None = None,
    unit: str = "",
    colours: bool = False,
    options: Sequence[str] = (),
) -> str:
    """A GeoTIFF of ``values``; its path."""
    array = np.asarray(values)
    natural = {"f": gdal.GDT_Float32, "i": gdal.GDT_Int32, "u": gdal.GDT_Byte, "c": gdal.GDT_CFloat32}
    kind = natural[array.dtype.kind] if kind is None else kind
    rows, cols = array.shape
    made = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, bands, kind, list(options))
    if placed:
        made.SetGeoTransform(transform or (x0, cell, 0, y0, 0, -cell))
    crs = reference(epsg, wkt)
    if crs is not None:
        made.SetProjection(crs.ExportToWkt())
    for number in range(1, bands + 1):
        band = made.GetRasterBand(number)
        if colours:
            table = gdal.ColorTable()
            table.SetColorEntry(1, (0, 128, 0, 255))
            band.SetColorTable(table)
        if nodata is not None:
            band.SetNoDataValue(nodata)
        if scale is not None:
            band.SetScale(scale)
        if unit:
            band.SetUnitType(unit)
        band.WriteArray(array)
        band.FlushCache()
        del band
    del made
    return str(path)


def vrt(path: Path, source: str, *, python: bool = False, relative: bool = False) -> str:
    """A virtual raster over ``source`` as a mailed one would be."""
    code = (
        "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
        '<PixelFunctionCode><![CDATA[def f(*a): open("/tmp/qingliu-canary", "w")]]></PixelFunctionCode>'
    )
    sub = ' subClass="VRTDerivedRasterBand"' if python else ""
    srs = reference().ExportToWkt().replace('"', "&quot;")
    path.write_text(
        f'<VRTDataset rasterXSize="{COLS}" rasterYSize="{ROWS}"><SRS>{srs}</SRS>'
        f"<GeoTransform>{X0}, {CELL}, 0, {Y0}, 0, {-CELL}</GeoTransform>"
        f'<VRTRasterBand dataType="Float32" band="1"{sub}>{code if python else ""}<SimpleSource>'
        f'<SourceFilename relativeToVRT="{int(relative)}">{source}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    return str(path)


def text(path: Path, content: str | bytes, encoding: str = "utf-8") -> str:
    """A file of this content; its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return str(path)


def valley(rows=ROWS, cols=COLS, fall=0.5, side=5.0) -> np.ndarray:
    """Heights of the country: the floor in the middle column falls south, sides rise by ``side`` a cell."""
    row, col = np.mgrid[0:rows, 0:cols]
    return (500 - fall * row + side * abs(col - cols // 2)).astype(np.float32)


# -- the sound country -------------------------------------------------------


class Country:
    """The sound inputs, made once a session; ``folder`` holds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        heights = valley()
        half = np.zeros((ROWS, COLS), np.int32)
        half[:, :20], half[:, 20:] = 103, 301
        here = np.ones((ROWS, COLS), np.float32)
        rasters = {
            "DEM": heights, "LANDCELLS": half, "COVER": here * 55, "SOIL_LOSS": here * 300, "DEPTH": here * 60,
            "R": here * 3000, "K": here * 0.03, "LS": here * 2, "B": here * 0.1, "E": here, "T": here,
            "TEMPERATURE": here * 15, "PRECIPITATION": here * 900, "POPULATION": here * 0.2,
        }  # fmt: skip
        self.path = {name: raster(folder / f"{name.lower()}.tif", values) for name, values in rasters.items()}
        for name, kind, rows in _LAYERS:
            self.path[name] = vector(folder / f"{name.lower()}.gpkg", rows, kind=kind)
        self.path["COUNTY"] = text(folder / "county.yaml", "name: 测试县\nyear: 2024\nsource: 统计年鉴\n")
        self.path["LANDUSE_MAP"] = text(folder / "map.csv", "code,gbt21010\nA,0101\nB,0301\n")
        self.path["PRICES"] = text(folder / "prices.csv", "measure,unit,price,fund\nterrace,hm2,1000,县级\n")

    def __getitem__(self, name: str) -> str:
        return self.path[name]

    def copy(self, name: str, target: Path) -> str:
        """A copy of one sound file."""
        shutil.copy(self.path[name], target)
        return str(target)


_WEST, _EAST = box(0, 0, 200, 600), box(200, 0, 210, 600)
_MIDDLE = line((205, 5), (205, 595))
_LAYERS: list[tuple[str, str, list[tuple[Any, dict[str, Any]]]]] = [
    ("BOUNDARY", "Polygon", [(box(10, 10, 390, 580), {"name": "青柳沟"})]),
    ("LANDUSE", "Polygon", [(_WEST, {"landuse": "0103", "uuid": "p1"}), (_EAST, {"landuse": "0301", "uuid": "p2"})]),
    ("PARCELS", "Polygon", [(_WEST, {"landuse": "0103", "uuid": "p1", "flags": ""}),
                            (_EAST, {"landuse": "0301", "uuid": "p2", "flags": ""})]),
    ("EROSION", "Polygon", [(_WEST, {"class": 1}), (_EAST, {"class": 3})]),
    ("ZONES", "Polygon", [(_WEST, {"zone": "protection"}), (_EAST, {"zone": "regulation"})]),
    ("ADMIN", "Polygon", [(box(0, 0, 410, 600), {"name": "上店村"})]),
    ("TOWNSHIPS", "Polygon", [(box(0, 0, 410, 600), {"name": "青柳镇"})]),
    ("GEOLOGY", "Polygon", [(box(0, 0, 410, 600), {"name": "花岗岩"})]),
    ("WATERBODIES", "Polygon", [(box(190, 500, 40, 40), {"kind": "pond", "name": "上塘"})]),
    ("GREEN", "Polygon", [(box(50, 50, 50, 50), {"class": "VG1"})]),
    ("BUILT", "Polygon", [(box(20, 20, 150, 150), {"name": "上店"})]),
    ("FLOOD_PASSAGE", "Polygon", [(box(195, 0, 20, 600), {"name": "行洪通道"})]),
    ("WATER_SOURCE", "Polygon", [(box(150, 400, 100, 100), {"level": "1"})]),
    ("SOIL_DEPTH", "Polygon", [(box(0, 0, 410, 600), {"soil_depth": 60.0})]),
    ("CHANNELS", "LineString", [(_MIDDLE, {"name": "青柳河", "uuid": "c1", "state": "natural"})]),
    ("PREVIOUS", "LineString", [(_MIDDLE, {"channel_id": 1, "uuid": "c1", "name": "青柳河"})]),
    ("GULLIES", "LineString", [(line((100, 100), (200, 150)), {"name": "一号沟"})]),
    ("BANKS", "LineString", [(line((200, 5), (200, 595)), {"bank_type": "自然", "side": "left", "river": "青柳河"}),
                             (line((210, 5), (210, 595)), {"bank_type": "硬质", "side": "right", "river": "青柳河"})]),
    ("TREATED", "LineString", [(_MIDDLE, {"name": "治理段", "river": "青柳河"})]),
    ("ROADS", "LineString", [(line((60, 5), (60, 595)), {"name": "村道"})]),
    ("VILLAGES", "Point", [(point(100, 100), {"name": "上店"})]),
    ("OUTLETS", "Point", [(point(205, 590), {"name": "出口"})]),
    ("POLLUTION", "Point", [(point(230, 300), {"kind": "outfall", "name": "一号排污口"})]),
    ("HUBS", "Point", [(point(300, 300), {"name": "镇政府"})]),
    ("STRUCTURES", "Point", [(point(205, 400), {"name": "谷坊", "kind": "dam"})]),
    ("BUILDINGS", "Polygon", [(box(60, 60, 20, 20), {"name": "房屋"})]),
    ("LAYOUT", "Polygon", [(box(20, 200, 100, 100), {"measure": "terrace", "uuid": "m1", "status": "planned"})]),
    ("BASEMAPS", "Polygon", [(box(0, 0, 410, 600), {"base_scale": 10000, "base_date": "2023-05-01"})]),
    ("ENTERPRISES", "Point", [(point(120, 120), {"name": "茶厂"})]),
]  # fmt: skip
