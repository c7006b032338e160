# ruff: noqa: E501
"""Bad inputs of the bank line, the map sheets and the layout (C.8, 4.1.3, chapters 5 and 6, B.1)."""

from __future__ import annotations

import ground as g
from case import exact, refuse, warn
from land import rows_of

B, M, SM, CL, Q = "shorelineratio", "mapsheets", "sitemeasures", "checklayout", "quantities"
LEFT, RIGHT = g.line((200, 5), (200, 595)), g.line((210, 5), (210, 595))
NATURAL = {"bank_type": "自然", "side": "left", "river": "青柳河"}
HARD = {"bank_type": "硬质", "side": "right", "river": "青柳河"}


def _banks(*rows, **more):
    return lambda s: {"BANKS": g.vector(s.file("坏岸.gpkg"), rows, kind="LineString", **more)}


def _one(**given):
    return lambda s: dict(given)


def _half(found) -> None:
    assert abs(found.results["RATIO"] - 50.0) < 1e-6, found.results


def _layout(*rows, kind="Polygon", **more):
    return lambda s: {"LAYOUT": [g.vector(s.file("坏布局.gpkg"), rows, kind=kind, **more)]}


def _in_gbk(site):
    """A shapefile as older software writes it: Chinese in GBK, said by its .cpg."""
    path = site.file("anxian.shp")
    g.vector(path, [(LEFT, NATURAL), (RIGHT, HARD)], kind="LineString")
    table = path.with_suffix(".dbf")
    content = table.read_bytes()
    for word in ("自然", "硬质", "青柳河"):
        old, new = word.encode("utf-8"), word.encode("gbk")
        content = content.replace(old, new.ljust(len(old)))
    table.write_bytes(content)
    path.with_suffix(".cpg").write_text("GBK")
    return {"BANKS": str(path)}


def _prices(content, encoding="utf-8"):
    return lambda s: {"PRICES": g.text(s.file("坏价.csv"), content, encoding)}


TERRACE = {"measure": "terrace", "uuid": "m1"}
_MULTI = f"MULTILINESTRING(({g.X0 + 200} {g.Y0 - 5},{g.X0 + 200} {g.Y0 - 595}))"

CASES = [
    # -- banks
    refuse("banks without their class", B, _banks((LEFT, {"river": "青柳河", "side": "left"})), "QL-BANK-CLASSFIELD", says="坏岸"),
    refuse("class field that is not there", B, _one(BANK_FIELD="类型"), "QL-LAYER-NOFIELD", says="banks.*类型"),
    warn("classes that nobody named", B, _banks((LEFT, {**NATURAL, "bank_type": "抛石"}), (RIGHT, HARD)), "QL-BANK-.*", says="抛石"),
    warn("classes left empty", B, _banks((LEFT, {**NATURAL, "bank_type": None}), (RIGHT, HARD)), "QL-BANK-.*"),
    refuse("one value in two classes", B, _one(HARD_VALUES="自然"), "QL-BANK-.*", says="自然"),
    warn("the same line twice", B, _banks((LEFT, NATURAL), (LEFT, NATURAL), (RIGHT, HARD)), "QL-BANK-.*", right=_half),
    warn("a line of no length", B, _banks((g.line((200, 5), (200, 5)), NATURAL), (LEFT, NATURAL), (RIGHT, HARD)), "QL-BANK-.*", right=_half),
    warn("a line without geometry", B, _banks((None, NATURAL), (LEFT, NATURAL), (RIGHT, HARD)), "QL-LAYER-NOGEOMETRY", right=_half),
    exact("lines with Z and M", B, _banks((LEFT.replace("LINESTRING", "LINESTRING ZM").replace(",", " 1 1,").replace(")", " 2 2)"), NATURAL), (RIGHT, HARD)), _half),
    exact("multi-part lines", B, lambda s: {"BANKS": g.vector(s.file("岸.gpkg"), [(_MULTI, NATURAL), (_MULTI.replace("500200", "500210"), HARD)], kind="MultiLineString")}, _half),
    exact("drawn against the stream", B, _banks((g.line((200, 595), (200, 5)), NATURAL), (RIGHT, HARD)), _half),
    refuse("a point among the lines", B, lambda s: {"BANKS": g.vector(s.file("坏岸.gpkg"), [(LEFT, NATURAL), (g.point(5, 5), HARD)], kind="Unknown")}, "QL-LAYER-MIXEDTYPE", says="坏岸.*ids 2"),
    refuse("tolerance below nought", B, _one(DUPLICATE_TOLERANCE=-1), "QL-PARAM-VALUE"),
    refuse("tolerance not a number", B, _one(DUPLICATE_TOLERANCE=float("nan")), "QL-PARAM-VALUE"),
    refuse("distance as words", B, _one(REACH_DISTANCE="三十米"), "QL-PARAM-VALUE"),
    refuse("neither banks nor channels", B, _one(BANKS=None, GROUP_FIELD=None, SIDE_FIELD=None), "QL-BANK-NOTHING"),
    warn("reaches that touch no bank", B, lambda s: {"TREATED": g.vector(s.file("治理.gpkg"), [(g.line((400, 5), (400, 20)), {"river": "青柳河"})], kind="LineString")}, "QL-BANK-NOTREATED"),
    refuse("type that there is not", B, _one(TYPE="city"), "QL-PARAM-VALUE", says="livable"),
    warn("banks a thousand kilometres from the meridian", B, lambda s: {"BANKS": g.vector(s.file("岸.gpkg"), [(g.line((0, 5), (0, 595), x0=1_300_000.0), NATURAL), (g.line((10, 5), (10, 595), x0=1_300_000.0), HARD)], kind="LineString")}, "QL-CRS-(DISTORTED|SCALE)"),
    warn("banks in degrees", B, lambda s: {"BANKS": g.vector(s.file("岸.gpkg"), [("LINESTRING(114 27,114 27.01)", NATURAL), ("LINESTRING(114.0001 27,114.0001 27.01)", HARD)], kind="LineString", epsg=4490)}, "QL-CRS-PROJECTED", right=_half),
    exact("a shapefile in gbk", B, _in_gbk, _half),
    exact("values with blanks around", B, _banks((LEFT, {**NATURAL, "bank_type": " 自然 "}), (RIGHT, HARD)), _half),
    # -- map sheets
    refuse("boundary of no area", M, lambda s: {"BOUNDARY": g.vector(s.file("坏边界.gpkg"), [("POLYGON((500010 3000990,500010 3000990,500010 3000990,500010 3000990))", {})], kind="Polygon")}, "QL-SHEET-NOGROUND", says="坏边界"),
    refuse("scales as words", M, lambda s: {"BASEMAPS": g.vector(s.file("坏图.gpkg"), [(g.box(), {"base_scale": "一万", "base_date": "2023"})], kind="Polygon")}, "QL-SHEET-BADSCALE", says="坏图.*一万"),
    refuse("scales of nought and below", M, lambda s: {"BASEMAPS": g.vector(s.file("坏图.gpkg"), [(g.box(), {"base_scale": -10000, "base_date": "2023-01-01"})], kind="Polygon")}, "QL-SHEET-BADSCALE", says="坏图.*-10000"),
    exact("a date that no calendar has", M, lambda s: {"BASEMAPS": g.vector(s.file("坏图.gpkg"), [(g.box(), {"base_scale": 10000, "base_date": "20260231"})], kind="Polygon")}, lambda f: {r["base_date"] for r in rows_of(f.results["OUTPUT"])} == {"2026-02"}),
    refuse("a boundary around the world", M, lambda s: {"BOUNDARY": g.vector(s.file("坏边界.gpkg"), [("POLYGON((-179 -80,179 -80,179 80,-179 80,-179 -80))", {})], kind="Polygon", epsg=4490)}, "QL-SHEET-LATITUDE", says="BOUNDARY"),
    refuse("a base-map field that is not there", M, lambda s: {"BASEMAPS": s["BASEMAPS"], "BASE_SCALE_FIELD": "比例尺"}, "QL-LAYER-NOFIELD", says="basemaps.*比例尺"),
    # -- measures and layout
    refuse("no parcels", SM, _one(PARCELS=None), "QL-PLAN-NOPARCELS"),
    refuse("a measure that there is not", SM, _one(MEASURES=["castle"]), "QL-PARAM-VALUE", says="MEASURES"),
    warn("parcels cross themselves", SM, lambda s: {"PARCELS": g.vector(s.file("坏图斑.gpkg"), [(g.bow_tie(0, 0, 300), {"landuse": "0103"})], kind="Polygon")}, "QL-LAYER-REPAIRED", says="坏图斑"),
    refuse("parcels of another list", SM, lambda s: {"PARCELS": g.vector(s.file("坏图斑.gpkg"), [(g.box(), {"landuse": "甲"})], kind="Polygon")}, "QL-LANDUSE-OTHERLIST", says="坏图斑"),
    refuse("soil depth as words", SM, lambda s: {"SOIL_DEPTH": g.vector(s.file("坏土.gpkg"), [(g.box(), {"soil_depth": "深"})], kind="Polygon")}, "QL-LAYER-NOTNUMBER", says="坏土.*深"),
    warn("soil depth as full-width text", SM, lambda s: {"SOIL_DEPTH": g.vector(s.file("坏土.gpkg"), [(g.box(), {"soil_depth": "６０"})], kind="Polygon")}, "QL-LAYER-TEXTNUMBER", says="坏土"),
    refuse("soil depth as a dash", SM, lambda s: {"SOIL_DEPTH": g.vector(s.file("坏土.gpkg"), [(g.box(), {"soil_depth": "—"})], kind="Polygon")}, "QL-LAYER-NOTNUMBER", says="—"),
    refuse("soil depth with thousands", SM, lambda s: {"SOIL_DEPTH": g.vector(s.file("坏土.gpkg"), [(g.box(), {"soil_depth": "1,200"})], kind="Polygon")}, "QL-LAYER-NOTNUMBER", says="1,200"),
    refuse("overrides nobody knows", SM, _one(RULES="no_such: 1"), "QL-SITE-NOPARAMETER", says="no_such"),
    refuse("region that there is not", SM, _one(REGION="moon"), "QL-PARAM-VALUE"),
    refuse("a layout without measures", CL, _layout((g.box(0, 0, 50, 50), {"uuid": "m1"})), "QL-LAYER-NOFIELD", says="坏布局.*measure"),
    refuse("a measure nobody knows", CL, _layout((g.box(0, 0, 50, 50), {"measure": "castle", "uuid": "m1"})), "QL-PLAN-NOMEASURE", says="坏布局.*castle"),
    refuse("no layout", CL, _one(LAYOUT=None), "QL-PARAM-MISSING", says="LAYOUT"),
    refuse("a layout layer of no feature", CL, lambda s: {"LAYOUT": [g.vector(s.file("坏布局.gpkg"), [], kind="Polygon", fields={"measure": str})]}, "QL-LAYER-NOFEATURES", says="坏布局"),
    refuse("one of two layouts is missing", CL, lambda s: {"LAYOUT": [s["LAYOUT"], str(s.file("无.gpkg"))]}, "QL-LAYER-NOVECTOR", says="无.gpkg"),
    warn("a measure crosses itself", CL, _layout((g.bow_tie(0, 0, 100), TERRACE)), "QL-LAYER-REPAIRED", says="坏布局"),
    refuse("a layout without measures to count", Q, _layout((g.box(0, 0, 50, 50), {"uuid": "m1"})), "QL-LAYER-NOFIELD", says="坏布局.*measure"),
    refuse("zones without a zone", Q, lambda s: {"ZONES": s["ADMIN"]}, "QL-LAYER-NOFIELD", says="admin.*zone"),
    warn("a terrace drawn as a line", Q, _layout((g.line((10, 10), (90, 10)), TERRACE), kind="LineString"), "QL-PLAN-NOTCOUNTED"),
    exact("a terrace of the size of its halves", Q, _layout((g.bow_tie(20, 20, 100), TERRACE)), lambda f: [r["quantity"] for r in rows_of(f.results["OUTPUT"])] == [0.5]),
    refuse("prices without their columns", Q, _prices("a,b\n1,2\n"), "QL-PLAN-.*", says="坏价"),
    refuse("prices as words", Q, _prices("measure,unit,price,fund\nterrace,hm2,贵,县级\n"), "QL-PLAN-.*", says="坏价.*贵"),
    refuse("prices below nought", Q, _prices("measure,unit,price,fund\nterrace,hm2,-5,县级\n"), "QL-PLAN-.*", says="坏价.*-5"),
    refuse("prices not a number", Q, _prices("measure,unit,price,fund\nterrace,hm2,nan,县级\n"), "QL-PLAN-.*", says="坏价"),
    refuse("prices of a measure twice", Q, _prices("measure,unit,price,fund\nterrace,hm2,5,\nterrace,hm2,6,\n"), "QL-PLAN-.*", says="坏价.*terrace"),
    refuse("prices that are not there", Q, lambda s: {"PRICES": str(s.file("无.csv"))}, "QL-PLAN-.*", says="无.csv"),
    refuse("prices that are a workbook", Q, _prices(b"PK\x03\x04" + b"\x00\xff" * 99), "QL-PLAN-.*", says="坏价"),
    exact("prices in gbk", Q, _prices("measure,unit,price,fund\nterrace,hm2,1000,县级\n", "gbk"), lambda f: f.results["COST"] == 1000),
    refuse("true surface without heights", Q, _one(TRUE_SURFACE=True), "QL-PLAN-NODEM"),
]  # fmt: skip
