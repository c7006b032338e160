# ruff: noqa: E501
"""Bad inputs of the stream survey and the delineation of watersheds (4.3.1, 3.0.2)."""

from __future__ import annotations

import ground as g
import numpy as np
from case import Outcome, Site, exact, refuse, warn
from land import rows_of
from osgeo import gdal

S, W = "streamsurvey", "delineatewatershed"
OUTSIDE = 600_000.0


def _dem(values=None, name="坏高程.tif", **more):
    return lambda s: {"DEM": g.raster(s.file(name), g.valley() if values is None else values, **more)}


def _part(change):
    """The valley with some cells changed."""
    values = g.valley()
    change(values)
    return values


def _set(rows, cols, value):
    def change(values):
        values[rows, cols] = value

    return change


def _cut(site: Site):
    path = site.file("坏高程.tif")
    g.raster(path, g.valley())
    path.write_bytes(path.read_bytes()[:-3000])
    return {"DEM": str(path)}


def _feet(site: Site):
    return {"DEM": g.raster(site.file("坏高程.tif"), g.valley() / 0.3048, unit="ft")}


def _heights(low: float, high: float):
    """The mouth and head of the one channel lie at heights in metres."""

    def right(found: Outcome) -> None:
        row = rows_of(found.results["OUTPUT"])[0]
        assert low <= row["mouth_m"] <= row["head_m"] <= high, row

    return right


def _one_channel(found: Outcome) -> None:
    (row,) = [r for r in rows_of(found.results["OUTPUT"]) if r["survey_required"]]
    assert 400 < row["length_m"] < 600, row


def _world(site: Site):
    """A DEM in Web Mercator: lengths on it are 1 / cos(latitude) too long."""
    return {"DEM": g.raster(site.file("坏高程.tif"), g.valley(), x0=12_700_000.0, y0=3_140_000.0, epsg=3857)}


def _lines(*rows, **more):
    return lambda s: {"CHANNELS": g.vector(s.file("坏沟.gpkg"), rows, kind="LineString", **more)}


def _boundary(*shapes, **more):
    return lambda s: {
        "BOUNDARY": g.vector(s.file("坏边界.gpkg"), [(x, {}) for x in shapes], kind="Polygon", **more)
    }


def _out(**goals):
    return lambda s: {k: v.format(out=s.out, dem=s["DEM"], folder=s.file("none")) for k, v in goals.items()}


def _ring(corners):
    return lambda s: {"BOUNDARY": g.vector(s.file("坏边界.gpkg"), [(g.ring_of(corners), {})], kind="Polygon")}


def _park(name, value):
    return lambda s: {name: value}


def _table(name, content, encoding="utf-8"):
    def make(site: Site):
        land = g.vector(site.file("地类.gpkg"), [(g.box(), {"landuse": "A"})], kind="Polygon")
        return {"LANDUSE": land, "LANDUSE_MAP": g.text(site.file(name), content, encoding)}

    return make


ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
)


def _county(content, encoding="utf-8"):
    return lambda s: {"COUNTY": g.text(s.file("坏县.yaml"), content, encoding)}


CASES = [
    # -- the grid
    refuse("dem of one cell", S, _dem(np.ones((1, 1), np.float32)), "QL-DEM-SMALL", says="坏高程.*1 x 1"),
    refuse("dem of one row", S, _dem(np.ones((1, 60), np.float32)), "QL-DEM-SMALL"),
    refuse("dem of two columns", W, _dem(np.ones((60, 2), np.float32)), "QL-DEM-SMALL"),
    refuse("dem all nodata", W, _dem(np.full((60, 41), -9999, np.float32), nodata=-9999), "QL-DEM-NODATA", says="坏高程"),
    refuse("dem all NaN", S, _dem(np.full((60, 41), np.nan, np.float32)), "QL-DEM-NODATA"),
    refuse("dem all infinite", S, _dem(np.full((60, 41), np.inf, np.float32)), "QL-DEM-NODATA"),
    refuse("dem of centimetres", S, _dem(g.valley() * 100), "QL-DEM-HEIGHTS", says="row 1, column"),
    refuse("dem of the moon", S, _dem(g.valley() - 5000), "QL-DEM-HEIGHTS"),
    refuse("dem cells of a centimetre", S, _dem(cell=0.01), "QL-DEM-TINYCELL", says="0.01"),
    refuse("dem cells of ten kilometres", S, _dem(cell=10_000.0), "QL-DEM-HUGECELL"),
    refuse("dem of zero cell size", S, _dem(transform=(g.X0, 0, 0, g.Y0, 0, 0)), "QL-DEM-ROTATED"),
    refuse("dem with NaN in its placing", S, _dem(transform=(float("nan"), 10, 0, g.Y0, 0, -10)), "QL-DEM-ROTATED"),
    refuse("dem is a picture with a colour table", S, _dem(np.ones((60, 41), np.uint8), colours=True), "QL-DEM-IMAGE"),
    refuse("dem is a text table", S, lambda s: {"DEM": g.text(s.file("坏高程.asc"), "name,height\na,5\n")}, "QL-DEM-UNREADABLE"),
    refuse("dem cut off in its last rows", S, _cut, "QL-DEM-(CUTOFF|UNREADABLE)"),
    refuse("dem is a folder", S, lambda s: {"DEM": str(s.bad)}, "QL-DEM-UNREADABLE"),
    refuse("dem on a web address", S, lambda s: {"DEM": "/vsicurl/http://127.0.0.1:9/dem.tif"}, "QL-DEM-UNREADABLE"),
    refuse("dem over the number of its memory", S, lambda s: {"DEM": _sparse(s)}, "QL-DEM-MEMORY", says="坏高程"),
    warn("dem with NaN and infinite cells", S, _dem(_part(_set(slice(0, 3), slice(0, 3), np.nan))), "QL-DEM-NONFINITE", says=" 9 "),
    warn("dem with undeclared -9999", S, _dem(_part(_set(slice(0, 2), slice(0, 5), -9999))), "QL-DEM-SENTINEL", says=" 10 "),
    warn("dem with undeclared -32768", W, _dem(_part(_set(slice(0, 2), slice(0, 5), -32768))), "QL-DEM-SENTINEL", says=" 10 "),
    warn("dem with a frame of zeros", S, _dem(_part(_set(slice(0, 1), slice(None), 0))), "QL-DEM-ZEROS", says=" 41 "),
    warn("dem with a wrong nodata value", S, _dem(_part(_set(slice(0, 1), slice(0, 4), 1e30)), nodata=-1), "QL-DEM-SENTINEL", says=" 4 "),
    warn("dem in feet", S, _feet, "QL-DEM-FEET", right=_heights(400, 600)),
    warn("dem of decimetres by its scale", S, _dem((g.valley() * 10).astype(np.int32), scale=0.1), "QL-DEM-SCALED", right=_heights(400, 600)),
    warn("dem of an unknown unit", S, _dem(unit="cubit"), "QL-DEM-UNIT"),
    warn("dem in web mercator", S, _world, "QL-DEM-WARPED"),
    warn("dem of bytes", S, _dem((g.valley() - 400).astype(np.uint8)), "QL-DEM-BYTE"),
    exact("dem upside down", S, _dem(g.valley()[::-1].copy(), transform=(g.X0, 10, 0, g.Y0 - 600, 0, 10)), _one_channel),
    exact("flat dem", S, _dem(np.full((60, 41), 100, np.float32)), lambda f: rows_of(f.results["OUTPUT"])),
    warn("dem without any channel", S, _dem(np.full((8, 8), 100, np.float32)), "QL-STREAMS-NOCHANNEL"),
    # -- layers
    refuse("boundary of no area", S, _boundary("POLYGON((500010 3000990,500010 3000990,500010 3000990,500010 3000990))"), "QL-STREAMS-EMPTYBOUNDARY", says="坏边界"),
    warn("boundary crosses itself", S, _boundary(g.bow_tie(100, 100, 300)), "QL-LAYER-REPAIRED", says="坏边界"),
    exact("boundary of ten thousand corners", S, _ring(10_000), _one_channel),
    warn("boundary half beyond the dem", S, _boundary(g.box(-300, 100, 500, 300)), "QL-STREAMS-BOUNDARYOUT", says="坏边界"),
    exact("boundary given twice over itself", S, _boundary(g.box(10, 10, 390, 580), g.box(10, 10, 390, 580)), _one_channel),
    warn("lines of no length", S, _lines((g.line((205, 10), (205, 10)), {}), (g.line((205, 10), (205, 590)), {})), "QL-STREAMS-NOLENGTH", says="坏沟.*ids 1"),
    warn("a line at 1e300 among sound ones", S, _lines((g.raw_line(1e300, 0, 1e300, 1), {}), (g.line((205, 10), (205, 590)), {})), "QL-LAYER-BADCOORDS", says="坏沟.*ids 1"),
    warn("curves, Z and M", S, lambda s: {"CHANNELS": _curves(s)}, "QL-LAYER-CURVES"),
    refuse("field that the lines do not have", S, lambda s: {"CHANNELS": s["CHANNELS"], "NAME_FIELD": "NAME"}, "QL-LAYER-NOFIELD", says="channels.*NAME.*name"),
    refuse("field named like a statement", S, lambda s: {"CHANNELS": s["CHANNELS"], "NAME_FIELD": 'x"; DROP TABLE channels; --'}, "QL-LAYER-NOFIELD", "QL-PARAM-VALUE", says="DROP"),
    exact("field named with quotes and blanks", S, lambda s: {"CHANNELS": g.vector(s.file("沟.gpkg"), [(g.line((205, 10), (205, 590)), {"na\"me' x": "青柳河"})], kind="LineString"), "NAME_FIELD": "na\"me' x"},
          lambda f: [r["name"] for r in rows_of(f.results["OUTPUT"])] == ["青柳河"]),
    warn("beijing 54 beside cgcs2000", W, lambda s: {"VILLAGES": None, "OUTLET": None, "OUTLETS": g.vector(s.file("坏口.gpkg"), [(g.point(205, 590, x0=500000.0), {})], kind="Point", epsg=2435), "SNAP_DISTANCE": 300}, "QL-CRS-DATUMSHIFT", says="坏口"),
    refuse("beijing 54 beside cgcs2000 in the survey", S, lambda s: {"CHANNELS": g.vector(s.file("坏沟.gpkg"), [(g.line((205, 10), (205, 590)), {})], kind="LineString", epsg=2435)}, "QL-CRS-DATUM", says="坏沟.*Beijing"),
    refuse("previous without ids", S, lambda s: {"PREVIOUS": g.vector(s.file("旧.gpkg"), [(g.line((205, 10), (205, 590)), {"name": "x"})], kind="LineString")}, "QL-LAYER-NOFIELD", "QL-LAYER-NOFIELD", says="旧"),
    # -- numbers
    refuse("MIN_LENGTH below nought", S, _park("MIN_LENGTH", -1), "QL-PARAM-VALUE", says="MIN_LENGTH"),
    refuse("MIN_LENGTH not a number", S, _park("MIN_LENGTH", float("nan")), "QL-PARAM-VALUE"),
    refuse("MIN_LENGTH with a comma", S, _park("MIN_LENGTH", "1,000"), "QL-PARAM-VALUE", says="1,000"),
    refuse("MIN_LENGTH as words", S, _park("MIN_LENGTH", "三百"), "QL-PARAM-VALUE"),
    refuse("channels begin later than they count", S, _park("INITIATION_AREA", 5), "QL-CHANNELS-INITIATION"),
    refuse("INITIATION_AREA infinite", S, _park("INITIATION_AREA", float("inf")), "QL-PARAM-VALUE"),
    refuse("METHOD that there is not", S, _park("METHOD", "magic"), "QL-PARAM-VALUE", says="fill, breach"),
    refuse("INITIATION_AREA of nought", S, _park("INITIATION_AREA", 0), "QL-CHANNELS-INITIATIONZERO"),
    warn("a name that is no parameter", S, _park("MIN_LENGHT", 5), "QL-PARAM-UNKNOWN", says="MIN_LENGTH"),
    refuse("outlet of words", W, _park("OUTLET", "村口"), "QL-PARAM-VALUE"),
    refuse("outlet beyond the dem", W, _park("OUTLET", f"{OUTSIDE},3000405 [EPSG:4547]"), "QL-WATERSHED-NODATA"),
    refuse("outlet in degrees under metres", W, _park("OUTLET", "114.2,27.1 [EPSG:4547]"), "QL-CRS-DEGREES"),
    refuse("outlet with a zone prefix", W, _park("OUTLET", "38500205,3000405 [EPSG:4547]"), "QL-CRS-PREFIXED"),
    refuse("no outlet, no villages, no layers", W, _park("OUTLET", None), "QL-WATERSHED-NONE"),
    refuse("neither dem nor villages", W, _park("DEM", None), "QL-PARAM-MISSING"),
    refuse("layer under that does not open", W, lambda s: {"OUTLET": None, "UNDER": [str(s.file("none.tif"))]}, "QL-LAYER-MISSING", says="none.tif"),
    # -- where results go
    refuse("results into a folder that is not there", S, _out(OUTPUT="{folder}/a.gpkg"), "QL-OUT-SINK", says="OUTPUT"),
    refuse("results over the dem", S, _out(ACCUMULATION="{dem}"), "QL-OUT-INPUT", says="dem.tif"),
    refuse("two results in one file", S, _out(CATCHMENTS="{out}/output.gpkg"), "QL-OUT-TWICE"),
    exact("results of an unknown format", S, _out(OUTPUT="{out}/a.xyz"), _one_channel),
    refuse("raster result named as a table", S, _out(ACCUMULATION="{out}/a.csv"), "QL-OUT-NOTIFF"),
    exact("results under a folder's name", S, _out(OUTPUT="{out}"), _one_channel),
    warn("results as shapefile", S, _out(OUTPUT="{out}/a.shp"), "QL-OUT-SHAPEFILE", says="survey_required → survey_req"),
    warn("results as csv", S, _out(OUTPUT="{out}/a.csv"), "QL-OUT-CSVGEOMETRY"),
    exact("a result of a reserved name", S, _out(OUTPUT="{out}/CON.gpkg"), lambda f: rows_of(f.results["OUTPUT"])),
    # -- files beside
    refuse("land-use map that is not there", S, lambda s: {"LANDUSE": s["LANDUSE"], "LANDUSE_MAP": str(s.file("无.csv"))}, "QL-LANDUSE-MAPFILE", says="无.csv"),
    refuse("land-use map without its columns", S, _table("图.csv", "a,b\n1,2\n"), "QL-LANDUSE-MAPCOLUMNS", says="图.csv"),
    refuse("land-use map of no row", S, _table("图.csv", "code,gbt21010\n"), "QL-LANDUSE-MAPEMPTY"),
    refuse("land-use map of a code twice", S, _table("图.csv", "code,gbt21010\nA,0101\nA,0301\n"), "QL-LANDUSE-MAPTWICE"),
    refuse("land-use map to no class", S, _table("图.csv", "code,gbt21010\nA,9999\n"), "QL-LANDUSE-MAPTARGET"),
    refuse("land-use map that is binary", S, _table("图.csv", b"\x00\x01\xff\xfe" * 50), "QL-LANDUSE-MAPENCODING"),
    exact("land-use map in gbk", S, _table("图.csv", "code,gbt21010,名称\nA,0101,旱地\n", "gbk"), lambda f: f.results),
    exact("land-use map with a byte order mark", S, _table("图.csv", "\ufeffcode,gbt21010\nA,0101\n"), lambda f: f.results),
    refuse("county file that is not there", S, lambda s: {"COUNTY": str(s.file("无.yaml"))}, "QL-STD-UNREADABLE", says="无.yaml"),
    refuse("county file that is a list", S, _county("- a\n- b\n"), "QL-STD-NOTMAPPING", says="坏县"),
    refuse("county file that is no yaml", S, _county("a: [b\n"), "QL-STD-UNREADABLE", says="坏县"),
    refuse("county file that is binary", S, _county(b"\x00\xff\xfe\x80" * 40), "QL-STD-UNREADABLE"),
    refuse("county file in gbk", S, _county("name: 测试县\n", "gbk"), "QL-STD-UNREADABLE"),
    refuse("county file of nothing", S, _county(""), "QL-STD-NOTMAPPING"),
    refuse("county file with a key twice", S, _county("name: 甲\nyear: 2024\nsource: 统计\nname: 乙\n"), "QL-STD-.*", says="坏县.*name"),
    refuse("county file with code", S, _county('name: !!python/object/apply:os.system ["touch /tmp/qingliu-canary"]\n'), "QL-STD-UNREADABLE"),
    refuse("county file that is a bomb of aliases", S, _county(ALIASES), "QL-STD-UNREADABLE"),
    refuse("county file of fifty megabytes", S, _county("name: x\n" + "#" * 50_000_000), "QL-STD-UNREADABLE"),
    refuse("county datum parameters of words", S, _county("name: 甲\nyear: 2024\nsource: 统计\ndatum:\n  - {from: beijing54, to: cgcs2000, values: [a, b, c]}\n"), "QL-CRS-SHIFTBAD"),
]  # fmt: skip


def _sparse(site: Site) -> str:
    """A file of few bytes that claims a million rows and columns."""
    path = site.file("坏高程.tif")
    options = ["SPARSE_OK=TRUE", "TILED=YES", "BLOCKXSIZE=4096", "BLOCKYSIZE=4096", "BIGTIFF=YES"]
    made = gdal.GetDriverByName("GTiff").Create(str(path), 60_000, 60_000, 1, gdal.GDT_Float32, options)
    made.SetGeoTransform((g.X0, 10, 0, g.Y0, 0, -10))
    made.SetProjection(g.reference().ExportToWkt())
    del made
    return str(path)


def _curves(site: Site) -> str:
    x, y = g.X0, g.Y0
    arc = f"CIRCULARSTRING ZM({x + 205} {y - 10} 1 1,{x + 206} {y - 300} 2 2,{x + 205} {y - 590} 3 3)"
    return g.vector(site.file("坏沟.gpkg"), [(arc, {})], kind="Unknown")
