# ruff: noqa: E501
"""Layers as they stand in a project, files of odd make, and places for results that would destroy something."""

from __future__ import annotations

import os
import sqlite3
import zipfile
from pathlib import Path
from xml.dom import minidom

import ground as g
from case import Site, exact, refuse, warn
from land import rows_of

S, Z, L, Q, B, EV = (
    "streamsurvey",
    "zoning",
    "landscapeindicators",
    "quantities",
    "shorelineratio",
    "evaluate",
)
_LEFT, _RIGHT = g.line((200, 5), (200, 595)), g.line((210, 5), (210, 595))
_NATURAL = {"bank_type": "自然", "side": "left", "river": "青柳河"}
_HARD = {"bank_type": "硬质", "side": "right", "river": "青柳河"}
_KEPT: list = []  # what must not be collected while a case runs


def _areas(**wanted: float):
    def right(found) -> None:
        for zone, area in wanted.items():
            assert abs(found.results[f"AREA_{zone.upper()}"] - area) < 1e-4, found.results

    return right


def _rows(found):
    return rows_of(found.results["OUTPUT"])


# -- layers of a project -----------------------------------------------------


def _loaded(path: str, name: str = "坏层"):
    """A layer in the project, as the user chose it from the list."""
    from qgis.core import QgsProject, QgsVectorLayer

    layer = QgsVectorLayer(path, name, "ogr")
    QgsProject.instance().addMapLayer(layer)
    _KEPT[:] = [layer]
    return layer


def _edited(site: Site):
    """Half of an edit: the boundary shrunk to 1 hm², not saved."""
    from qgis.core import QgsGeometry

    layer = _loaded(site.country.copy("BOUNDARY", site.file("边界.gpkg")))
    layer.startEditing()
    layer.changeGeometry(next(layer.getFeatures()).id(), QgsGeometry.fromWkt(g.box(10, 10, 100, 100)))
    return {"BOUNDARY": layer.id()}


def _edited_layout(site: Site):
    from qgis.core import QgsGeometry

    layer = _loaded(site.country.copy("LAYOUT", site.file("布局.gpkg")))
    layer.startEditing()
    layer.changeGeometry(next(layer.getFeatures()).id(), QgsGeometry.fromWkt(g.box(20, 200, 50, 50)))
    return {"LAYOUT": [layer.id()]}


def _filtered(site: Site):
    rows = [(g.box(0, 0, 200, 600), {"landuse": "0103"}), (g.box(200, 0, 210, 600), {"landuse": "0301"})]
    layer = _loaded(g.vector(site.file("地类.gpkg"), rows, kind="Polygon"))
    layer.setSubsetString("landuse = '0103'")
    return {"LANDUSE": layer.id()}


def _selected(*ids: int):
    def make(site: Site):
        from qgis.core import QgsProcessingFeatureSourceDefinition

        rows = [(g.box(10, 10, 100, 100), {}), (g.box(200, 200, 150, 100), {})]
        layer = _loaded(g.vector(site.file("坏边界.gpkg"), rows, kind="Polygon"))
        layer.selectByIds(list(ids))
        return {"BOUNDARY": QgsProcessingFeatureSourceDefinition(layer.id(), True)}

    return make


def _gone(site: Site):
    path = site.country.copy("BOUNDARY", site.file("坏边界.gpkg"))
    layer = _loaded(path, "坏边界")
    os.unlink(path)
    return {"BOUNDARY": layer.id()}


def _gone_shapefile(site: Site):
    layer = _loaded(
        g.vector(site.file("bj.shp"), [(g.box(10, 10, 100, 100), {"a": 1})], kind="Polygon"), "坏边界"
    )
    for part in site.bad.glob("bj.*"):
        part.unlink()
    return {"BOUNDARY": layer.id()}


def _computed(site: Site):
    from qgis.core import QgsField

    layer = _loaded(g.vector(site.file("地类.gpkg"), [(g.box(), {"x": "1"})], kind="Polygon"))
    layer.addExpressionField("'0301'", QgsField("dl", 10))
    return {"LANDUSE": layer.id(), "LANDUSE_FIELD": "dl"}


# -- files -------------------------------------------------------------------


def _several(*layers):
    def make(site: Site):
        path = site.file("多层.gpkg")
        for name, shape, kind in layers:
            g.vector(path, [(shape, {})], kind=kind, layer=name)
        return {"BOUNDARY": str(path)}

    return make


def _in_folder(name: str):
    """DEM, boundary and result in a folder of this name."""

    def make(site: Site):
        folder = site.bad / name
        folder.mkdir()
        return {
            "DEM": site.country.copy("DEM", folder / "dem.tif"),
            "BOUNDARY": site.country.copy("BOUNDARY", folder / "边界.gpkg"),
            "OUTPUT": str(folder / "o.gpkg"),
        }

    return make


def _shapefile(*gone: str, cpg: str = "", gbk: bool = False):
    def make(site: Site):
        path = site.file("anxian.shp")
        g.vector(path, [(_LEFT, _NATURAL), (_RIGHT, _HARD)], kind="LineString")
        table = path.with_suffix(".dbf")
        for word in ("自然", "硬质", "青柳河") if gbk else ():
            old, new = word.encode("utf-8"), word.encode("gbk")
            table.write_bytes(table.read_bytes().replace(old, new.ljust(len(old))))
        if cpg:
            path.with_suffix(".cpg").write_text(cpg)
        for part in gone:
            path.with_suffix(part).unlink()
        return {"BANKS": str(path)}

    return make


def _text(name: str, content, encoding: str = "utf-8"):
    return lambda s: {"BOUNDARY": g.text(s.file(name), content, encoding)}


def _wal(site: Site):
    path = site.country.copy("BOUNDARY", site.file("边界.gpkg"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return {"BOUNDARY": path}


def _unproven(found) -> None:
    """Nothing is told of a class that could not be read."""
    assert found.results["RATIO"] == 0.0 and found.warned() >= {"QL-BANK-UNKNOWN", "QL-BANK-UNCLASSIFIED"}


# -- results -----------------------------------------------------------------


def _another_survey(site: Site):
    return {"OUTPUT": str(site.survey())}


def _into_table(role: str, table: str):
    """The way QGIS writes `a table of a GeoPackage` as destination."""

    def make(site: Site):
        path = site.survey() if role == "SURVEY" else site.country.copy(role, site.file("layer.gpkg"))
        given = {} if role == "SURVEY" else {role: str(path)}
        return {**given, "OUTPUT": f"ogr:dbname='{path}' table=\"{table}\" (geom)"}

    return make


def _link(site: Site):
    path = site.country.copy("BOUNDARY", site.file("b.gpkg"))
    site.file("link.gpkg").symlink_to(path)
    return {"BOUNDARY": path, "OUTPUT": str(site.file("link.gpkg"))}


def _over(output: str, role: str, suffix: str):
    """A chart, page or register over an input of the same run."""

    def make(site: Site):
        path = site.country.copy(role, site.file(f"layer{suffix}"))
        return {role: path, output: path}

    return make


def _well_formed(found) -> None:
    """Every part of the document is XML that a strict reader takes."""
    (made,) = Path(found.results["OUTPUT_FOLDER"]).glob("a7.*")
    with zipfile.ZipFile(made) as archive:
        parts = [n for n in archive.namelist() if n.endswith((".xml", ".rels"))]
        for part in parts:
            minidom.parseString(archive.read(part))
    assert parts


def _written(text: str, kind: str):
    def make(site: Site):
        connection = sqlite3.connect(site.survey())
        connection.execute("UPDATE a7 SET natural_village = ?", (text,))
        connection.commit()
        connection.close()
        return {"SURVEY": str(site.survey()), "FORMAT": kind}

    return make


_CONTROL = "上\x0b\x01店\x1f\ufffe\uffff 😀 ]]>&<"
_COLLECTION = f"GEOMETRYCOLLECTION({g.box(10, 10, 100, 100)},{g.line((0, 0), (5, 5))})"

CASES = [
    # -- layers of a project
    exact("a boundary with edits that are not saved", Z, _edited, _areas(regulation=1.0)),
    exact("a layout with edits that are not saved", Q, _edited_layout, lambda f: [r["quantity"] for r in _rows(f)] == [0.25]),
    warn("land use behind a filter", L, _filtered, "QL-AREA-GAP", right=lambda f: f.results["FOREST_GRASS_COVER"] is None),
    exact("selected features only", Z, _selected(2), lambda f: abs(sum(r["area_hm2"] for r in _rows(f)) - 1.5) < 1e-4),
    refuse("selected features only, none selected", Z, _selected(), "QL-ZONING-NOBOUNDARY", says="坏层.*selection"),
    refuse("a file that vanished under its layer", Z, _gone, "QL-LAYER-GONE", says="BOUNDARY.*坏边界"),
    refuse("a shapefile that vanished under its layer", Z, _gone_shapefile, "QL-LAYER-GONE", says="BOUNDARY.*坏边界.*bj.shp"),
    exact("a field that is an expression", L, _computed, lambda f: f.results["FOREST_GRASS_COVER"] == 100),
    # -- files
    warn("two layers in a file and none named", Z, _several(("甲", g.box(10, 10, 100, 100), "Polygon"), ("乙", g.box(10, 10, 200, 200), "Polygon")), "QL-LAYER-FIRSTOF", says="多层.gpkg.*2.*甲.*乙", right=_areas(regulation=1.0)),
    refuse("two layers in a file, the first of another kind", Z, _several(("点", g.point(1, 1), "Point"), ("面", g.box(), "Polygon")), "QL-LAYER-GEOMETRYTYPE", says="多层.*Point"),
    refuse("a layer's name that is not in the file", Z, lambda s: {"BOUNDARY": s["BOUNDARY"] + "|layername=没有"}, "QL-LAYER-NOVECTOR", says="没有"),
    refuse("a layer of collections", Z, lambda s: {"BOUNDARY": g.vector(s.file("坏边界.gpkg"), [(_COLLECTION, {})], kind="GeometryCollection")}, "QL-LAYER-GEOMETRYTYPE", says="坏边界.*GeometryCollection"),
    warn("a line among the boundary's polygons", Z, lambda s: {"BOUNDARY": g.vector(s.file("坏边界.gpkg"), [(g.box(10, 10, 100, 100), {}), (g.line((0, 0), (5, 5)), {})], kind="Unknown")}, "QL-LAYER-LOST", says="坏边界.*ids 2", right=_areas(regulation=1.0)),
    *[exact(f"a folder named with {name!r}", S, _in_folder(name), _rows) for name in ("a#b", "a?b", "a'b", "[x]*", "a&b;c", "50% 完成", "😀")],
    refuse("a folder whose name looks escaped", S, _in_folder("a%20b"), "QL-LAYER-PERCENT", says="边界.gpkg.*percent"),
    exact("a geopackage that was left in wal", Z, _wal, _areas(protection=11.6)),
    refuse("geojson in utf-16", Z, _text("坏边界.geojson", '{"type":"FeatureCollection","features":[]}', "utf-16"), "QL-LAYER-NOVECTOR", says="坏边界"),
    refuse("geojson of a hundred thousand brackets", Z, _text("坏边界.geojson", '{"type":"FeatureCollection","features":' + "[" * 100_000), "QL-LAYER-NOVECTOR", says="坏边界"),
    refuse("geojson of nothing", Z, _text("坏边界.geojson", '{"type":"FeatureCollection","features":[]}'), "QL-LAYER-GEOMETRYTYPE", says="坏边界"),
    refuse("geojson in metres as its standard forbids", S, lambda s: {"CHANNELS": g.text(s.file("坏沟.geojson"), '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[500205,3000990],[500205,3000410]]}}]}')}, "QL-CRS-METRES", says="坏沟"),
    refuse("a table of texts for a boundary", Z, _text("坏边界.csv", "x,y\n500000,3000000\n"), "QL-LAYER-GEOMETRYTYPE", says="坏边界"),
    refuse("shapes as text without a crs", Z, _text("坏边界.csv", f'WKT,name\n"{g.box(10, 10, 100, 100)}",x\n'), "QL-CRS-NONE", says="坏边界"),
    refuse("a virtual layer over another file", Z, lambda s: {"BOUNDARY": g.text(s.file("坏边界.vrt"), f'<OGRVRTDataSource><OGRVRTLayer name="boundary"><SrcDataSource>{s["BOUNDARY"]}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>')}, "QL-FILE-REACHES", says="坏边界"),
    refuse("a shapefile without its index", B, _shapefile(".shx"), "QL-LAYER-NOVECTOR", says="anxian"),
    refuse("a shapefile without its table", B, _shapefile(".dbf"), "QL-LAYER-NOFIELD", "QL-LAYER-NOFIELD", says="anxian.*side"),
    refuse("a shapefile without its crs", B, _shapefile(".prj"), "QL-CRS-NONE", says="anxian"),
    warn("a shapefile in gbk that says it is utf-8", B, _shapefile(gbk=True, cpg="UTF-8"), "QL-BANK-UNKNOWN", right=_unproven),
    warn("a shapefile of an encoding nobody knows", B, _shapefile(gbk=True, cpg="martian"), "QL-BANK-UNKNOWN", right=_unproven),
    # -- results
    refuse("results over a survey that is no input", Z, _another_survey, "QL-OUT-SURVEY", says="survey.gpkg"),
    refuse("results into a table of a survey", Z, _into_table("SURVEY", "zones"), "QL-OUT-SURVEY", says="survey.gpkg"),
    refuse("results into the table that is an input", Z, _into_table("BOUNDARY", "boundary"), "QL-OUT-INPUT", says="BOUNDARY"),
    refuse("results over an input by a link", Z, _link, "QL-OUT-INPUT", says="BOUNDARY"),
    refuse("results where nobody may write", Z, lambda s: {"OUTPUT": "/proc/x.gpkg"}, "QL-OUT-SINK", says="/proc/x.gpkg"),
    refuse("results under a name of four hundred bytes", Z, lambda s: {"OUTPUT": str(s.out / ("长" * 130 + ".gpkg"))}, "QL-PARAM-NAMELENGTH", says="OUTPUT"),
    refuse("results into a database that is not there", Z, lambda s: {"OUTPUT": "postgis:dbname='x' host=127.0.0.1 port=1 table=\"a\".\"b\" (geom)"}, "QL-OUT-SINK"),
    refuse("a chart over an input", L, _over("CHART", "EROSION", ".gpkg"), "QL-OUT-INPUT", says="CHART.*EROSION"),
    refuse("a chart over another result", L, lambda s: {"CHART": str(s.out / "output.gpkg")}, "QL-OUT-TWICE", says="CHART.*OUTPUT"),
    refuse("a page over the prices", Q, _over("PLOTS_PAGE", "PRICES", ".csv"), "QL-OUT-INPUT", says="PLOTS_PAGE.*PRICES"),
    refuse("a register over the survey", EV, lambda s: {"PROVENANCE": str(s.survey())}, "QL-OUT-INPUT", says="PROVENANCE.*SURVEY"),
    refuse("a register over the verdicts", EV, lambda s: {"PROVENANCE": str(s.out / "output.gpkg")}, "QL-OUT-TWICE"),
    *[refuse("a folder where nobody may write", a, lambda s: {"OUTPUT_FOLDER": "/proc/made"}, "QL-.*", says="/proc/made") for a in ("exportfigures", "printseries", "exportsurveytables", "dossier", "trainingwatershed")],
    *[exact(f"signs that no document may hold, as {kind}", "exportsurveytables", _written(_CONTROL, kind), _well_formed) for kind in ("xlsx", "docx", "odt")],
]  # fmt: skip
