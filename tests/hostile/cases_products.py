# ruff: noqa: E501
"""Bad inputs of figures, field maps, series, dossier and the practice watershed (5.1.2, 4.1.3, 3.0.8)."""

from __future__ import annotations

from pathlib import Path

import ground as g
from case import Site, exact, refuse, warn

FIG, MAP, SER, DOS, TRAIN = "exportfigures", "printfieldmaps", "printseries", "dossier", "trainingwatershed"


def _one(**given):
    return lambda s: dict(given)


def _project(content, name="坏项目.qgs"):
    return lambda s: {"PROJECT": g.text(s.file(name), content), "BOUNDARY": None, "CHANNELS": None}


def _file_as_folder(site: Site):
    return {"OUTPUT_FOLDER": g.text(site.file("文件"), "x")}


def _pages(pattern: str):
    """Something was drawn."""

    def right(found):
        assert list(Path(found.results["OUTPUT_FOLDER"]).rglob(pattern)), found.results

    return right


_BOMB = '<!DOCTYPE qgis [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;">]><qgis>&b;</qgis>'
_FOLDERS = "QL-(OUT|RUN|FIG|SHEET|SERIES|DOSSIER|PRINT|TRAINING|PRACTICE)-.*"

CASES = [
    # -- figures
    refuse("scale below nought", FIG, _one(SCALE=-1), "QL-PARAM-VALUE", says="SCALE"),
    refuse("scale not a number", FIG, _one(SCALE=float("nan")), "QL-PARAM-VALUE"),
    refuse("a figure that there is not", FIG, _one(FIGURES=["portrait"]), "QL-PARAM-VALUE", says="FIGURES"),
    refuse("a format that there is not", FIG, _one(FORMAT="exe"), "QL-PARAM-VALUE"),
    refuse("paper that there is not", FIG, _one(PAPER="A9"), "QL-PARAM-VALUE", says="A4, A3"),
    refuse("the folder is a file", FIG, _file_as_folder, _FOLDERS),
    refuse("a project that is not there", FIG, lambda s: {"PROJECT": str(s.file("无.qgz")), "BOUNDARY": None, "CHANNELS": None}, "QL-.*", says="无.qgz"),
    refuse("a project of text", FIG, _project("这不是项目"), "QL-.*", says="坏项目"),
    refuse("a project of no bytes", FIG, _project(b""), "QL-.*", says="坏项目"),
    refuse("a project with a bomb of entities", FIG, _project(_BOMB), "QL-.*", says="坏项目"),
    refuse("a project that is no zip", FIG, _project(b"PK\x03\x04xx", "坏项目.qgz"), "QL-.*", says="坏项目"),
    refuse("a survey that is text", FIG, lambda s: {"SURVEY": g.text(s.file("坏调查.gpkg"), "x"), "BOUNDARY": None, "CHANNELS": None}, "QL-.*", says="坏调查"),
    exact("title block with markup, expressions and a million brackets", FIG, _one(UNIT="<b>[% env('HOME') %]{{7*7}}</b>", PROJECT_NAME="({[" * 60), _pages("*.png")),
    exact("a scale of one to a billion", FIG, _one(SCALE=1e9), _pages("*.png")),
    warn("a font that there is not", FIG, _one(FONT="No Such Font 字体"), "QL-.*"),
    refuse("no boundary", FIG, _one(BOUNDARY=None, CHANNELS=None), "QL-FIG-NOSOURCE"),
    # -- field maps
    refuse("scale below nought", MAP, _one(SCALE=-5), "QL-PARAM-VALUE"),
    refuse("maps into a file", MAP, _file_as_folder, _FOLDERS),
    warn("a scale by which the maps fill a library", MAP, _one(SCALE=1), "QL-SHEET-CUT", says="1:1 "),
    refuse("division that there is not", MAP, _one(DIVISION="half"), "QL-PARAM-VALUE"),
    refuse("neither survey nor boundary", MAP, _one(BOUNDARY=None), "QL-FIG-NOBOUNDARY"),
    refuse("a survey that is not there", MAP, lambda s: {"SURVEY": str(s.file("无.gpkg")), "BOUNDARY": None}, "QL-STORE-NOFILE", says="无.gpkg"),
    refuse("a base-map scale field that is not there", MAP, lambda s: {"BASEMAPS": s["BASEMAPS"], "BASE_SCALE_FIELD": "比例"}, "QL-LAYER-NOFIELD", says="basemaps.*比例"),
    refuse("a background that is not there", MAP, lambda s: {"BACKGROUND": [str(s.file("无.tif"))]}, "QL-LAYER-MISSING", says="BACKGROUND.*无.tif"),
    refuse("a background with code in it", MAP, lambda s: {"BACKGROUND": [g.vrt(s.file("坏.vrt"), s.country.copy("DEM", s.file("a.tif")), python=True)]}, "QL-LAYER-VRTCODE", says="坏.vrt|坏"),
    # -- series
    refuse("a filter that is no expression", SER, _one(FILTER='"name" = (('), "QL-.*", says="FILTER"),
    refuse("a filter of a field that is not there", SER, _one(FILTER='"nobody" = 1'), "QL-.*", says="FILTER|nobody"),
    refuse("a filter that keeps nothing", SER, _one(FILTER="1 = 0"), "QL-SERIES-NOTHING"),
    refuse("a subject that there is not", SER, _one(SUBJECT="clouds"), "QL-PARAM-VALUE"),
    refuse("series into a file", SER, _file_as_folder, _FOLDERS),
    exact("channels named like paths", SER, lambda s: {"CHANNELS": g.vector(s.file("沟.gpkg"), [(g.line((205, 5), (205, 595)), {"name": "../../CON", "uuid": "c1"}), (g.line((100, 5), (100, 300)), {"name": "a/b\\c:d*?<>|", "uuid": "c2"})], kind="LineString")},
          lambda f: all(f.site.out in p.parents for p in Path(f.results["OUTPUT_FOLDER"]).rglob("*"))),
    # -- dossier
    refuse("a date of nonsense", DOS, _one(EVALUATION_DATE="明天"), "QL-.*", says="明天"),
    refuse("an acceptance on the thirty-first of february", DOS, _one(ACCEPTANCE_DATE="2025-02-31"), "QL-.*", says="2025-02-31"),
    refuse("a survey of no bytes", DOS, lambda s: {"SURVEY": g.text(s.file("坏调查.gpkg"), b"")}, "QL-STORE-.*", says="坏调查"),
    refuse("a survey that is not there", DOS, lambda s: {"SURVEY": str(s.file("无.gpkg"))}, "QL-STORE-NOFILE", says="无.gpkg"),
    refuse("dossier into a file", DOS, _file_as_folder, _FOLDERS),
    refuse("type that there is not", DOS, _one(TYPE="city"), "QL-PARAM-VALUE"),
    refuse("county of a list", DOS, lambda s: {"COUNTY": g.text(s.file("坏县.yaml"), "- a")}, "QL-STD-NOTMAPPING", says="坏县"),
    refuse("a project of text for the dossier", DOS, lambda s: {"PROJECT": g.text(s.file("坏项目.qgz"), "x")}, "QL-.*", says="坏项目"),
    # -- practice
    refuse("an area of a county", TRAIN, _one(AREA_KM2=5000), "QL-PARAM-VALUE", says="5 … 50"),
    refuse("an area not a number", TRAIN, _one(AREA_KM2=float("nan")), "QL-PARAM-VALUE"),
    refuse("a seed below nought", TRAIN, _one(SEED=-1), "QL-PARAM-VALUE"),
    refuse("a seed of words", TRAIN, _one(SEED="一"), "QL-PARAM-VALUE"),
    refuse("practice into a file", TRAIN, _file_as_folder, _FOLDERS),
]  # fmt: skip
