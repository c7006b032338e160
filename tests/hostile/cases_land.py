# ruff: noqa: E501
"""Bad inputs of zoning, erosion, landscape and change (3.0.4, SL 190, C.1, C.2)."""

from __future__ import annotations

import ground as g
import numpy as np
from case import Outcome, Site, exact, refuse, warn
from land import rows_of

Z, E, L, C = "zoning", "erosionintensity", "landscapeindicators", "changematrix"
_HALF = (g.box(0, 0, 200, 600), g.box(200, 0, 210, 600))


def _land(*codes, field="landuse", shapes=_HALF, role="LANDUSE", **more):
    """Land use of these codes, west first."""

    def make(site: Site):
        rows = [(shape, {field: code}) for shape, code in zip(shapes, codes)]
        return {role: g.vector(site.file("坏地类.gpkg"), rows, kind="Polygon", **more)}

    return make


def _cells(values, role="LANDUSE", **more):
    return lambda s: {role: g.raster(s.file("坏地类.tif"), values, **more)}


def _factor(role, values):
    def make(site: Site):
        given = {n: site[n] for n in ("R", "K", "LS", "B", "E", "T")}
        return {
            **given,
            role: g.raster(site.file("坏因子.tif"), values),
            "OFFICIAL": None,
            "REGION": "south_red",
        }

    return make


def _one(**given):
    return lambda s: dict(given)


def _custom(content):
    return lambda s: {"SCHEME": "custom", "CUSTOM": g.text(s.file("坏规则.yaml"), content)}


def _hm2(field: str, **wanted: float):
    """The areas of the result by a field."""

    def right(found: Outcome) -> None:
        sums: dict[str, float] = {}
        for row in rows_of(found.results["OUTPUT"]):
            sums[str(row[field])] = sums.get(str(row[field]), 0.0) + row["area_hm2"]
        for key, area in wanted.items():
            assert abs(sums.get(key.lstrip("_"), 0.0) - area) < 1e-3, sums

    return right


def _rate(low: float, high: float):
    def right(found: Outcome) -> None:
        assert low <= found.results["CONSERVATION_RATE"] <= high, found.results

    return right


def _unknown(name: str):
    def right(found: Outcome) -> None:
        assert found.results[name] is None, found.results

    return right


_MOST = (g.box(0, 0, 380, 600), g.box(380, 0, 30, 600))
_ALL = np.full((g.ROWS, g.COLS), 1.0, np.float32)
_OVER = (g.box(0, 0, 300, 600), g.box(100, 0, 310, 600))

CASES = [
    # -- zoning
    refuse("codes of another list", Z, _land("甲", "乙"), "QL-LANDUSE-OTHERLIST", says="坏地类"),
    refuse("land use without a code field", Z, _land("0103", "0301", field="DLMC"), "QL-ZONING-NOFIELD", says="坏地类"),
    refuse("land-use field with a wrong case", Z, lambda s: {**_land("0103", "0301")(s), "LANDUSE_FIELD": "LANDUSE"}, "QL-LAYER-NOFIELD", says="坏地类.*LANDUSE"),
    refuse("land use as a raster of fractions", Z, _cells(_ALL * 0.5), "QL-LAYER-NOTCODES", says="坏地类"),
    warn("parcels overlap", Z, _land("0103", "0301", shapes=_OVER), "QL-ZONING-OVERLAPS"),
    warn("parcels leave gaps", Z, _land("0103", shapes=(g.box(0, 0, 200, 600),)), "QL-ZONING-GAPS"),
    warn("parcels cross themselves", Z, _land("0103", "0301", shapes=(g.bow_tie(0, 0, 300), _HALF[1])), "QL-LAYER-REPAIRED", says="坏地类"),
    warn("a code that nobody knows among known ones", Z, _land("0103", "9999", shapes=_MOST), "QL-LANDUSE-UNMAPPED", says="9999"),
    exact("codes with blanks, small letters and full-width digits", Z, _land(" 0103 ", "０３０１"), lambda f: rows_of(f.results["OUTPUT"])),
    exact("codes as numbers that lost their nought", Z, _land(103, 301), lambda f: rows_of(f.results["OUTPUT"])),
    refuse("erosion without a class field", Z, lambda s: {"EROSION": _land(3, 3, field="level", role="EROSION")(s)["EROSION"]}, "QL-ZONING-EROSIONFIELD", says="坏地类"),
    refuse("boundary of no area", Z, lambda s: {"BOUNDARY": g.vector(s.file("坏边界.gpkg"), [("POLYGON((500010 3000990,500020 3000990,500010 3000990,500010 3000990))", {})], kind="Polygon")}, "QL-ZONING-NOBOUNDARY", says="坏边界"),
    refuse("boundary partly beyond the dem", Z, lambda s: {"BOUNDARY": g.vector(s.file("坏边界.gpkg"), [(g.box(-300, 0, 600, 500), {})], kind="Polygon")}, "QL-ZONING-OUTSIDEDEM", says="坏边界.*dem"),
    refuse("overrides that are no mapping", Z, _one(RULES="- 1\n- 2"), "QL-ZONING-OVERRIDES"),
    refuse("overrides of a number nobody knows", Z, _one(RULES="no_such_limit: 5"), "QL-ZONING-.*", says="no_such_limit"),
    refuse("overrides with words for a number", Z, _one(RULES="channel_influence_m: 三十"), "QL-ZONING-.*", says="channel_influence_m"),
    refuse("overrides with not-a-number", Z, _one(RULES="channel_influence_m: .nan"), "QL-ZONING-.*", says="channel_influence_m"),
    refuse("overrides below nought", Z, _one(RULES="channel_influence_m: -5"), "QL-ZONING-.*", says="channel_influence_m"),
    refuse("custom scheme without its file", Z, _one(SCHEME="custom"), "QL-ZONING-.*"),
    refuse("custom scheme that is a list", Z, _custom("- a\n"), "QL-(ZONING|STD)-.*", says="坏规则"),
    refuse("custom scheme of no rule", Z, _custom("rules: []\n"), "QL-(ZONING|STD)-.*"),
    refuse("custom scheme that is binary", Z, lambda s: {"SCHEME": "custom", "CUSTOM": g.text(s.file("坏规则.yaml"), b"\xff\xfe\x00\x80" * 9)}, "QL-(ZONING|STD)-.*", says="坏规则"),
    refuse("least area below nought", Z, _one(MIN_MAPPING_AREA=-1), "QL-PARAM-VALUE", says="MIN_MAPPING_AREA"),
    exact("least area larger than the watershed", Z, _one(MIN_MAPPING_AREA=1e9), lambda f: rows_of(f.results["OUTPUT"])),
    refuse("a boundary layer given as dem too", Z, lambda s: {"DEM": s["BOUNDARY"]}, "QL-(DEM-UNREADABLE|LAYER-NORASTER)", says="DEM"),
    refuse("scheme that there is not", Z, _one(SCHEME="four"), "QL-PARAM-VALUE", says="three, two, custom"),
    refuse("zones and their boundary in one file", Z, lambda s: {"BOUNDARY_OUT": str(s.out / "output.gpkg")}, "QL-OUT-TWICE"),
    # -- erosion
    refuse("classes that are none", E, _land(9, 77, field="class", role="OFFICIAL"), "QL-EROSION-CODES", says="坏地类.*(9|77)"),
    refuse("classes as words nobody knows", E, _land("很多", "少", field="class", role="OFFICIAL"), "QL-EROSION-CODES", says="坏地类.*很多"),
    exact("classes by their chinese names", E, _land("微度", "剧烈", field="class", role="OFFICIAL"), _rate(45, 55)),
    warn("classes overlap", E, _land(1, 3, field="class", role="OFFICIAL", shapes=_OVER), "QL-AREA-OVERLAP"),
    warn("classes leave gaps", E, _land(1, field="class", role="OFFICIAL", shapes=(_HALF[0],)), "QL-AREA-GAP", right=_unknown("CONSERVATION_RATE")),
    warn("a class is empty", E, _land(1, None, field="class", role="OFFICIAL", fields={"class": int}), "QL-", right=_unknown("CONSERVATION_RATE")),
    exact("the same layer for two roles", E, lambda s: {"GULLIES": s["EROSION"]}, _rate(40, 60)),
    refuse("factors without a region", E, lambda s: {**_factor("R", _ALL)(s), "REGION": None}, "QL-EROSION-REGION"),
    refuse("a factor is missing", E, lambda s: {**_factor("R", _ALL)(s), "K": None}, "QL-EROSION-FACTOR", says="K"),
    refuse("a factor below nought", E, _factor("R", -_ALL), "QL-EROSION-.*", says="坏因子"),
    refuse("a management factor above one", E, _factor("B", _ALL * 40), "QL-EROSION-.*", says="坏因子"),
    warn("soil loss of millions", E, lambda s: {"OFFICIAL": None, "REGION": "loess", "SOIL_LOSS": g.raster(s.file("坏模数.tif"), _ALL * 1e9)}, "QL-EROSION-UNIT"),
    refuse("soil loss below nought", E, lambda s: {"OFFICIAL": None, "REGION": "loess", "SOIL_LOSS": g.raster(s.file("坏模数.tif"), -_ALL)}, "QL-EROSION-.*", says="坏模数"),
    refuse("cover of 5000 per cent", E, lambda s: {"OFFICIAL": None, "DEM": s["DEM"], "LANDUSE": s["LANDUSE"], "COVER": g.raster(s.file("坏盖度.tif"), _ALL * 5000)}, "QL-EROSION-.*", says="坏盖度"),
    refuse("gullies that are points", E, lambda s: {"GULLIES": s["VILLAGES"]}, "QL-LAYER-GEOMETRYTYPE", says="GULLIES.*villages"),
    refuse("nothing to take classes from", E, _one(OFFICIAL=None), "QL-EROSION-NOSOURCE"),
    refuse("region that there is not", E, _one(REGION="moon"), "QL-PARAM-VALUE", says="loess"),
    exact("a sliver among the classes", E, _land(1, 3, 2, field="class", role="OFFICIAL", shapes=(*_HALF, "POLYGON((500010 3000500,500300 3000500,500300 3000500.0000001,500010 3000500))")), _rate(45, 55)),
    # -- landscape
    refuse("metrics of polygons without a cell size", L, _one(METRICS=["CA"]), "QL-LANDSCAPE-CELLNEEDED"),
    refuse("cell size of nought", L, _one(METRICS=["CA"], CELL_SIZE=0), "QL-PARAM-VALUE", says="CELL_SIZE"),
    refuse("cells that fill the memory", L, _one(METRICS=["CA"], CELL_SIZE=0.01), "QL-CELLS-MANY"),
    refuse("a metric that there is not", L, _one(METRICS=["XX"], CELL_SIZE=10), "QL-PARAM-VALUE", says="METRICS"),
    refuse("nothing to measure", L, _one(LANDUSE=None, EROSION=None), "QL-LANDSCAPE-NOTHING"),
    warn("green space without built land", L, lambda s: {"GREEN": s["GREEN"]}, "QL-LANDSCAPE-HALFGREEN", says="green.*BUILT"),
    warn("green space of no class", L, lambda s: {"BUILT": s["BUILT"], "GREEN": g.vector(s.file("坏绿地.gpkg"), [(g.box(50, 50, 50, 50), {"class": "草坪"})], kind="Polygon")}, "QL-GREEN-CLASS", says="草坪"),
    warn("land use with a code of nobody", L, _land("0103", "XX", shapes=_MOST), "QL-LANDUSE-UNMAPPED", says="XX", right=_unknown("FOREST_GRASS_COVER")),
    warn("land use overlaps", L, _land("0103", "0301", shapes=_OVER), "QL-AREA-OVERLAP"),
    refuse("erosion field of words", L, _land("不知", "不知", field="class", role="EROSION"), "QL-EROSION-CODES", says="坏地类"),
    exact("boundary in two pieces one over the other", L, lambda s: {"BOUNDARY": g.vector(s.file("边界.gpkg"), [(g.box(10, 10, 390, 580), {}), (g.box(10, 10, 390, 580), {})], kind="Polygon")},
          lambda f: abs(f.results["FOREST_GRASS_COVER"] - 100 * 200 / 390) < 1e-3),
    exact("boundary with a ring of ten thousand corners", L, lambda s: {"BOUNDARY": g.vector(s.file("边界.gpkg"), [(g.ring_of(10_000), {})], kind="Polygon")}, lambda f: f.results),
    # -- change
    refuse("a date of another list", C, _land("甲", "乙", field="class", role="AFTER"), "QL-EROSION-CODES", says="坏地类"),
    refuse("erosion where land use is asked for", C, lambda s: {"KIND": "landuse"}, "QL-PARAM-MISSING", "QL-PARAM-MISSING", says="BEFORE_FIELD"),
    warn("the later date covers half", C, _land(1, field="class", role="AFTER", shapes=(_HALF[0],)), "QL-CHANGE-UNCOMPARED"),
    exact("both dates the same file", C, _one(), lambda f: abs(f.results["UNCHANGED_HM2"] - 22.62) < 1e-6),
    refuse("kind that there is not", C, _one(KIND="weather"), "QL-PARAM-VALUE"),
    refuse("no later date", C, _one(AFTER=None), "QL-PARAM-MISSING", says="AFTER"),
    refuse("dates whose fields are not there", C, _one(BEFORE_FIELD="CLASS"), "QL-LAYER-NOFIELD", says="erosion.*CLASS"),
]  # fmt: skip
