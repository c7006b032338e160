# ruff: noqa: E501
"""Values that are nearly right: codes, units, dates, numbers and shapes as people and other programs write them."""

from __future__ import annotations

import sqlite3
import uuid

import ground as g
import numpy as np
from case import Site, exact, refuse, warn
from land import rows_of
from osgeo import gdal, osr

S, W, Z, E, L, EV, B = (
    "streamsurvey", "delineatewatershed", "zoning", "erosionintensity", "landscapeindicators", "evaluate", "shorelineratio",
)  # fmt: skip
_HALF = (g.box(0, 0, 200, 600), g.box(200, 0, 210, 600))
_X, _Y = g.X0, g.Y0


def _one(**given):
    return lambda s: dict(given)


def _rows(found):
    return rows_of(found.results["OUTPUT"])


def _zones(**wanted: float):
    def right(found) -> None:
        for zone, area in wanted.items():
            assert abs(found.results[f"AREA_{zone.upper()}"] - area) < 1e-4, found.results

    return right


def _whole(area: float):
    def right(found) -> None:
        total = sum(found.results[f"AREA_{z}"] for z in ("PROTECTION", "REGULATION", "CHANNEL"))
        assert abs(total - area) < 1e-4, found.results

    return right


# -- heights -----------------------------------------------------------------


def _dem(values=None, wkt_of="", **more):
    def make(site: Site):
        if wkt_of:
            crs = osr.SpatialReference()
            crs.SetFromUserInput(wkt_of)
            more.update(epsg=None, wkt=crs.ExportToWkt())
        return {"DEM": g.raster(site.file("坏高程.tif"), g.valley() if values is None else values, **more)}

    return make


def _changed_dem(change):
    def make(site: Site):
        path = g.raster(site.file("坏高程.tif"), g.valley() - 400)
        data = gdal.Open(path, 1)
        change(data)
        del data
        return {"DEM": path}

    return make


def _masked(data) -> None:
    mask = np.full((g.ROWS, g.COLS), 255, np.uint8)
    mask[:20] = 0
    data.CreateMaskBand(gdal.GMF_PER_DATASET)
    data.GetRasterBand(1).GetMaskBand().WriteArray(mask)


def _stream(length: float, low: float = 470.0, high: float = 498.1):
    def right(found) -> None:
        (row,) = [r for r in _rows(found) if r["survey_required"]]
        assert abs(row["length_m"] - length) < 0.02 * length, row
        assert low <= row["mouth_m"] <= row["head_m"] <= high, row

    return right


def _without(values, rows, cols, value):
    found = values.copy()
    found[rows, cols] = value
    return found


# -- codes -------------------------------------------------------------------


def _land(*codes, field="landuse", role="LANDUSE", **more):
    def make(site: Site):
        rows = [(shape, {field: code}) for shape, code in zip(_HALF, codes)]
        return {role: g.vector(site.file("坏地类.gpkg"), rows, kind="Polygon", **more)}

    return make


def _cells(values, **more):
    return lambda s: {"LANDUSE": g.raster(s.file("坏地类.tif"), values, **more)}


def _map(content: str, encoding: str = "utf-8"):
    def make(site: Site):
        rows = [(_HALF[0], {"landuse": "A"}), (_HALF[1], {"landuse": "b"})]
        land = g.vector(site.file("地类.gpkg"), rows, kind="Polygon")
        return {"LANDUSE": land, "LANDUSE_MAP": g.text(site.file("图.csv"), content, encoding)}

    return make


_CODES = np.repeat([[103] * 20 + [301] * 21], g.ROWS, axis=0).astype(np.int32)
_ZEROS = _without(_CODES, slice(0, 30), slice(None), 0)
_SPLIT = _zones(protection=11.6, regulation=11.02)

# -- shapes ------------------------------------------------------------------


def _boundary(*shapes, **more):
    return lambda s: {
        "BOUNDARY": g.vector(s.file("坏边界.gpkg"), [(x, {}) for x in shapes], kind="Polygon", **more)
    }


_RING = f"({_X + 10} {_Y - 110},{_X + 110} {_Y - 110},{_X + 110} {_Y - 10},{_X + 10} {_Y - 10},{_X + 10} {_Y - 110})"
_HOLE = (
    f"({_X + 40} {_Y - 80},{_X + 60} {_Y - 80},{_X + 60} {_Y - 60},{_X + 40} {_Y - 60},{_X + 40} {_Y - 80})"
)
_TOUCHING = f"({_X + 10} {_Y - 60},{_X + 60} {_Y - 30},{_X + 60} {_Y - 90},{_X + 10} {_Y - 60})"
_SPIKE = _RING.replace(
    f"{_X + 110} {_Y - 110},", f"{_X + 110} {_Y - 110},{_X + 300} {_Y - 110},{_X + 110} {_Y - 110},", 1
)

# -- surveys -----------------------------------------------------------------


def _entry(number: int, key: str, value=None, **more):
    """The sound survey with one more entry of ``indicator_input``, whoever wrote it."""

    def make(site: Site):
        values = {
            "uuid": str(uuid.uuid4()),
            "version": 1,
            "number": number,
            "key": key,
            "value": value,
            "year": 2024,
            **more,
        }
        names = ", ".join(f'"{n}"' for n in values)
        connection = sqlite3.connect(site.survey())
        connection.execute(
            f"INSERT INTO indicator_input ({names}) VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()),
        )
        connection.commit()
        connection.close()
        return {"SURVEY": str(site.survey())}

    return make


def _cell(statement: str):
    def make(site: Site):
        connection = sqlite3.connect(site.survey())
        connection.execute(statement)
        connection.commit()
        connection.close()
        return {"SURVEY": str(site.survey())}

    return make


def _lacks(number: int, *words: str):
    """The indicator is unproven and says why."""

    def right(found) -> None:
        (row,) = [r for r in _rows(found) if r["number"] == number]
        assert row["state"] == "unproven", row
        assert all(word in row["missing"] for word in words), row["missing"]

    return right


def _class(code: str):
    def right(found) -> None:
        (row,) = [r for r in _rows(found) if r["number"] == 15]
        assert row["value_text"] == code, row

    return right


def _county(lines: str):
    return lambda s: {"COUNTY": g.text(s.file("坏县.yaml"), f"name: 甲\nsource: 统计\n{lines}\n")}


_NATURAL = {"bank_type": "自然", "side": "left", "river": "青柳河"}
_HARD = {"bank_type": "硬质", "side": "right", "river": "青柳河"}


def _banks(left: dict, right: dict):
    rows = [
        (g.line((200, 5), (200, 595)), {**_NATURAL, **left}),
        (g.line((210, 5), (210, 595)), {**_HARD, **right}),
    ]
    return lambda s: {"BANKS": g.vector(s.file("坏岸.gpkg"), rows, kind="LineString")}


def _half(found) -> None:
    assert abs(found.results["RATIO"] - 50.0) < 1e-6, found.results


CASES = [
    # -- heights
    warn("dem in degrees", S, _dem(x0=114.0, y0=27.0, cell=1e-4, epsg=4490), "QL-CRS-PROJECTED", right=_stream(609.4)),
    warn("dem in a crs in feet", S, _dem(epsg=2225, x0=6_000_000.0, y0=2_000_000.0, cell=32.8084), "QL-DEM-MAYBEFEET", right=_stream(554.0, high=498.5)),
    exact("dem with a vertical crs in metres", S, _dem(wkt_of="EPSG:4547+5737"), _stream(550.0)),
    warn("dem with a vertical crs in feet", S, _dem(g.valley() / 0.3048, wkt_of="EPSG:4547+6360"), "QL-DEM-FEET", right=_stream(550.0)),
    warn("dem with an offset", S, _changed_dem(lambda d: d.GetRasterBand(1).SetOffset(400)), "QL-DEM-SCALED", right=_stream(550.0)),
    warn("dem with a mask", S, _changed_dem(_masked), "QL-DEM-NONFINITE", says=" 820 "),
    exact("dem whose nodata its type cannot hold", S, _dem(g.valley().astype(np.uint16), kind=gdal.GDT_UInt16, nodata=-9999), _stream(550.0)),
    exact("dem whose nodata is NaN", S, _dem(_without(g.valley(), slice(0, 2), slice(0, 41), np.nan), nodata=float("nan")), _stream(530.0)),
    warn("dem whose nodata is nearly right", S, _dem(_without(g.valley(), slice(0, 2), slice(0, 5), -3.4028235e38), nodata=-3.4e38), "QL-DEM-SENTINEL", says=" 10 "),
    exact("dem of cells that are no squares", S, _dem(transform=(_X, 10, 0, _Y, 0, -12)), _stream(660.0)),
    refuse("dem of text without a crs", S, lambda s: {"DEM": g.text(s.file("坏高程.asc"), "ncols 4\nnrows 4\nxllcorner 500000\nyllcorner 3000000\ncellsize 10\n" + "1 2 3 4\n" * 4)}, "QL-DEM-NOCRS", says="坏高程"),
    refuse("dem of numbers beyond any height", S, _dem(g.valley().astype(np.int32) + 2**30), "QL-DEM-.*", says="坏高程"),
    refuse("an outlet with a full-width comma", W, _one(OUTLET="500205，3000405 [EPSG:4547]"), "QL-PARAM-VALUE", says="x,y"),
    refuse("an outlet whose crs nobody knows", W, _one(OUTLET="500205,3000405 [EPSG:99999]"), "QL-WATERSHED-OUTLETCRS", says="99999"),
    refuse("an outlet with northing first", W, _one(OUTLET="3000405,500205 [EPSG:4547]"), "QL-CRS-SWAPPED"),
    refuse("ids of channels as words", S, lambda s: {"PREVIOUS": g.vector(s.file("旧沟.gpkg"), [(g.line((205, 10), (205, 590)), {"channel_id": "一", "uuid": "c", "name": "甲"})], kind="LineString")}, "QL-STREAMS-PREVIOUSID", says="旧沟.*一"),
    refuse("ids of channels twice", S, lambda s: {"PREVIOUS": g.vector(s.file("旧沟.gpkg"), [(g.line((205, y), (205, y + 280)), {"channel_id": 1, "uuid": f"c{y}", "name": "甲"}) for y in (10, 300)], kind="LineString")}, "QL-STREAMS-PREVIOUSTWICE", says="旧沟.*channel_id"),
    warn("two names on one channel", S, lambda s: {"CHANNELS": g.vector(s.file("坏沟.gpkg"), [(g.line((205, 5), (205, 595)), {"name": n}) for n in "甲乙"], kind="LineString"), "NAME_FIELD": "name"}, "QL-STREAMS-NAMELOST", says="坏沟.*乙"),
    # -- codes
    exact("codes with signs that nobody sees", Z, _land("0103\u200b", "\ufeff0301\u00a0"), _SPLIT),
    exact("codes with their names, and names alone", Z, _land("0103 旱地", "乔木林地"), _SPLIT),
    exact("codes as text of numbers", Z, _land("103.0", "301.0"), _SPLIT),
    warn("codes as numbers", Z, _land(103.0, 301.0), "QL-LANDUSE-ZEROLOST", right=_SPLIT),
    warn("half of the codes empty", L, _land("0103", None, fields={"landuse": str}), "QL-LANDUSE-UNMAPPED", says="NULL", right=lambda f: f.results["FOREST_GRASS_COVER"] is None),
    warn("noughts where a raster knows nothing", L, _cells(_ZEROS), "QL-LANDUSE-UNMAPPED", says=" 0 .11.3100", right=lambda f: f.results["FOREST_GRASS_COVER"] is None),
    refuse("codes cut off by bytes", L, _cells((_CODES % 256).astype(np.uint8)), "QL-LANDUSE-OTHERLIST", says="坏地类.*45"),
    warn("land use in another zone's coordinates", L, _cells(_CODES, epsg=4526, x0=38_500_000.0), "QL-CELLS-RESAMPLED", right=lambda f: abs(f.results["FOREST_GRASS_COVER"] - 51.282) < 0.1),
    *[exact(f"a map of codes {how}", Z, _map(*content), _SPLIT) for how, content in {
        "with semicolons": ("code;gbt21010\nA;0101\nB;0301\n",), "with tabs": ("code\tgbt21010\nA\t0101\nB\t0301\n",),
        "in utf-16": ("code,gbt21010\nA,0101\nB,0301\n", "utf-16"), "with breaks in quotes": ('code,gbt21010\n"A\n",0101\nb,"0301"\n',),
    }.items()],
    refuse("a map of codes with a quote left open", Z, _map('code,gbt21010\n"A,0101\nb,0301\n'), "QL-LANDUSE-MAPTARGET", says="图.csv, row 2"),
    exact("classes in full-width digits", E, _land("１", "３", field="class", role="OFFICIAL"), lambda f: abs(f.results["CONSERVATION_RATE"] - 48.717949) < 1e-5),
    warn("a class between two", E, _land(1.0, 3.5, field="class", role="OFFICIAL"), "QL-EROSION-ODDCODES", says="坏地类.*3.5", right=lambda f: f.results["CONSERVATION_RATE"] is None),
    warn("cover as fractions", E, lambda s: {"OFFICIAL": None, "DEM": s["DEM"], "LANDUSE": s["LANDUSE"], "COVER": g.raster(s.file("盖度.tif"), np.full((60, 41), 0.55, np.float32))}, "QL-EROSION-COVERSCALED"),
    warn("a factor that covers half", E, lambda s: {"OFFICIAL": None, "REGION": "south_red", **{n: s[n] for n in ("R", "K", "B", "E", "T")}, "LS": g.raster(s.file("因子.tif"), np.full((30, 41), 2, np.float32))}, "QL-EROSION-BOUNDS", right=lambda f: f.results["CONSERVATION_RATE"] is None),
    # -- shapes
    exact("a boundary with a hole", Z, _boundary(f"POLYGON({_RING},{_HOLE})"), _whole(0.96)),
    exact("a hole that touches its ring", Z, _boundary(f"POLYGON({_RING},{_TOUCHING})"), _whole(0.85)),
    warn("a boundary with a spike", Z, _boundary(f"POLYGON({_SPIKE})"), "QL-LAYER-REPAIRED", right=_whole(1.0)),
    warn("a boundary in pieces that overlap", Z, _boundary(g.box(10, 10, 100, 100), g.box(60, 10, 100, 100)), "QL-ZONING-BOUNDARYMOVED", right=_whole(1.5)),
    refuse("a boundary narrower than a cell", Z, _boundary(g.box(100, 100, 0.1, 300)), "QL-ZONING-TINY", says="坏边界.*0.003000"),
    refuse("a boundary of a county", Z, _boundary(g.box(-27_000, -27_000, 55_000, 55_000)), "QL-ZONING-OUTSIDEDEM", says="99.99 .*坏边界"),
    refuse("a boundary south of the equator", "mapsheets", _boundary("POLYGON((114 -27,114.1 -27,114.1 -26.9,114 -26.9,114 -27))", epsg=4490), "QL-SHEET-LATITUDE"),
    warn("land use drawn twice with two codes", Z, lambda s: {"LANDUSE": g.vector(s.file("坏地类.gpkg"), [(_HALF[0], {"landuse": "0103"}), (_HALF[0], {"landuse": "0301"}), (_HALF[1], {"landuse": "0301"})], kind="Polygon")}, "QL-ZONING-OVERLAPS", right=_SPLIT),
    warn("land use of arcs", Z, lambda s: {"LANDUSE": g.vector(s.file("坏地类.gpkg"), [(f"CURVEPOLYGON(CIRCULARSTRING({_X} {_Y - 300},{_X + 205} {_Y - 900},{_X + 410} {_Y - 300},{_X + 205} {_Y + 300},{_X} {_Y - 300}))", {"landuse": "0103"})], kind="CurvePolygon")}, "QL-LAYER-CURVES", right=_whole(22.62)),
    *[refuse(f"a reach of {words} in the rules", Z, lambda s, words=words: {"RULES": f"channel_influence_m: {words}", "CHANNELS": s["CHANNELS"]}, "QL-ZONING-(RANGE|NOTNUMBER)", says="channel_influence_m") for words in ("1.0e+300", ".inf", "'30'")],
    warn("sides that nobody knows", B, _banks({"side": "middle"}, {"side": "?"}), "QL-BANK-SIDEVALUE", says="middle"),
    warn("a class with a blank inside", B, _banks({"bank_type": "自 然"}, {}), "QL-BANK-UNKNOWN", says="自 然"),
    warn("a class with other brackets", B, _banks({"bank_type": "硬质(已柔化美化)"}, {}), "QL-BANK-SOFTENED", right=_half),
    exact("classes listed with a chinese comma", B, _one(NATURAL_VALUES="自然，土质"), _half),
    # -- surveys
    refuse("words where an entry's number belongs", EV, _entry(4, "judgement", "yes"), "QL-EVAL-NOTNUMBER", says="indicator_input.*value.*yes"),
    refuse("bytes where a number belongs", EV, _entry(4, "judgement", b"\x00\xff"), "QL-EVAL-NOTNUMBER", says="indicator_input.*value"),
    refuse("words in a table's number", EV, _cell("UPDATE a7 SET households = 'many'"), "QL-EVAL-NOTNUMBER", "QL-EVAL-NOTNUMBER", says="a7.*households.*many"),
    exact("a judgement of seven", EV, _entry(4, "judgement", 7.0), _lacks(4, "QL-EVAL-JUDGEVALUE")),
    exact("an entry of the year nought", EV, _entry(4, "judgement", 1.0, year=0), _lacks(4, "QL-EVAL-OLD")),
    exact("an entry of the year 3000", EV, _entry(4, "judgement", 1.0, year=3000), _lacks(4, "QL-EVAL-FUTURE")),
    exact("an area in a unit nobody knows", EV, _entry(1, "total_area", 500.0, unit="亩亩"), _lacks(1, "QL-EVAL-UNIT", "亩亩")),
    warn("an area in another unit", EV, _entry(1, "total_area", 500.0, unit="km2"), "QL-EVAL-DIFFERS", says="50000"),
    exact("water in grams a litre", EV, _entry(15, "cod", 20.0, unit="g/L"), _class("劣Ⅴ")),
    exact("water in micrograms a litre", EV, _entry(15, "cod", 20_000.0, unit="µg/L"), _class("Ⅲ")),
    exact("water in tons a day", EV, _entry(15, "cod", 20.0, unit="t/d"), _lacks(15, "QL-EVAL-UNIT", "t/d")),
    exact("water of a pH of seven hundred", EV, _entry(15, "ph", 700.0), _lacks(15, "QL-WATER-VALUE")),
    exact("water of class seven", EV, _entry(15, "entered_class", text="VII"), _lacks(15, "QL-EVAL-NOTCLASS", "VII")),
    exact("proof that lies outside the survey", EV, _entry(4, "judgement", 1.0, evidence="../../../etc/passwd"), _lacks(4, "QL-EVAL-NOEVIDENCE")),
    *[refuse(f"a date written {text}", EV, _one(EVALUATION_DATE=text), "QL-EVAL-DATE", says=text) for text in ("2025/6/30", "2025年6月30日", "0000-01-01", "45000")],
    *[refuse(f"a county's {lines}", EV, _county(lines), "QL-(STD|COUNTY)-.*", says="坏县") for lines in (
        "year: 二〇二四", "year: 20240", "year: 2024\ncounty_target_2035: 135", "year: 2024\ncounty_mean_income: 12,000",
        "year: 2024\ncounty_mean_income: .nan", "year: 2024\nno_cultivation_slope_deg: 95", "year: 2024\ncounty_mean_incom: 5")],
    # -- expressions
    refuse("a filter that opens files", "printseries", _one(FILTER="load_layer('/etc/passwd','ogr')"), "QL-SERIES-FILTER", says="load_layer"),
    refuse("a filter that asks the machine", "printseries", _one(FILTER="env('HOME') <> ''"), "QL-SERIES-FILTER", says="env"),
    refuse("a filter that divides by nought", "printseries", _one(FILTER="1/0"), "QL-SERIES-NOTHING"),
]  # fmt: skip
