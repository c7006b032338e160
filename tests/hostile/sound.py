"""Sound parameters of every algorithm on the sound country."""

from __future__ import annotations

from typing import Any, Callable

from case import Site


def _layers(site: Site, *names: str) -> dict[str, Any]:
    return {name: site[name] for name in names}


def _outputs(site: Site, *names: str) -> dict[str, Any]:
    return {name: str(site.out / f"{name.lower()}.gpkg") for name in names}


def _survey(site: Site) -> dict[str, Any]:
    return {"SURVEY": str(site.survey())}


def _folder(site: Site) -> dict[str, Any]:
    return {"OUTPUT_FOLDER": str(site.out / "made")}


_SITING = (
    "PARCELS", "ZONES", "DEM", "LANDUSE", "CHANNELS", "BANKS", "FLOOD_PASSAGE", "WATER_SOURCE", "VILLAGES", "ROADS",
    "GULLIES", "WATERBODIES", "POLLUTION", "BUILDINGS",
)  # fmt: skip

SOUND: dict[str, Callable[[Site], dict[str, Any]]] = {
    "streamsurvey": lambda s: {**_layers(s, "DEM"), **_outputs(s, "OUTPUT", "CATCHMENTS")},
    "delineatewatershed": lambda s: {
        **_layers(s, "DEM"),
        "OUTLET": "500205,3000405 [EPSG:4547]",
        **_outputs(s, "OUTPUT"),
    },
    "zoning": lambda s: {
        **_layers(s, "BOUNDARY", "DEM", "LANDUSE"),
        "MIN_MAPPING_AREA": 0.01,
        **_outputs(s, "OUTPUT"),
    },
    "erosionintensity": lambda s: {
        **_layers(s, "BOUNDARY", "CHANNELS"),
        "OFFICIAL": s["EROSION"],
        **_outputs(s, "OUTPUT", "TABLE"),
    },
    "landscapeindicators": lambda s: {
        **_layers(s, "BOUNDARY", "LANDUSE", "EROSION"),
        **_outputs(s, "OUTPUT"),
    },
    "changematrix": lambda s: {
        **_layers(s, "BOUNDARY"),
        "BEFORE": s["EROSION"],
        "AFTER": s["EROSION"],
        **_outputs(s, "OUTPUT"),
    },
    "shorelineratio": lambda s: {
        **_layers(s, "BANKS"),
        "GROUP_FIELD": "river",
        "SIDE_FIELD": "side",
        **_outputs(s, "OUTPUT"),
    },
    "mapsheets": lambda s: {**_layers(s, "BOUNDARY"), **_outputs(s, "OUTPUT")},
    "sitemeasures": lambda s: {
        **_layers(s, "PARCELS"),
        "MEASURES": ["terrace", "closure"],
        **_outputs(s, "OUTPUT"),
    },
    "checklayout": lambda s: {"LAYOUT": [s["LAYOUT"]], **_layers(s, "PARCELS"), **_outputs(s, "OUTPUT")},
    "quantities": lambda s: {"LAYOUT": [s["LAYOUT"]], **_layers(s, "ZONES"), **_outputs(s, "OUTPUT")},
    "createsurvey": lambda s: {
        "DESTINATION": str(s.out / "new.gpkg"),
        "NAME": "青柳沟",
        "TYPE": "livable",
        **_layers(s, "BOUNDARY"),
    },
    "prefillsurvey": lambda s: {**_survey(s), **_outputs(s, "OUTPUT")},
    "checksurvey": lambda s: {**_survey(s), **_outputs(s, "OUTPUT")},
    "evaluate": lambda s: {
        **_survey(s),
        "TYPE": "livable",
        "EVALUATION_DATE": "2025-06-30",
        **_outputs(s, "OUTPUT"),
    },
    "exportsurveytables": lambda s: {**_survey(s), "TABLES": "a7", **_folder(s)},
    "importsurveytables": lambda s: {**_survey(s), "WORKBOOK": "", **_outputs(s, "OUTPUT")},
    "importevidence": lambda s: {**_survey(s), **_outputs(s, "OUTPUT")},
    "packagefield": lambda s: {**_survey(s), **_folder(s)},
    "mergefield": lambda s: {**_survey(s), "PACKAGE": "", **_outputs(s, "OUTPUT")},
    "printfieldmaps": lambda s: {**_layers(s, "BOUNDARY"), "PAPER": "A3", "SCALE": 10000, **_folder(s)},
    "exportfigures": lambda s: {
        **_layers(s, "BOUNDARY", "CHANNELS"),
        "FIGURES": ["channels"],
        "FORMAT": "png",
        **_folder(s),
    },
    "printseries": lambda s: {**_layers(s, "BOUNDARY", "CHANNELS"), "FORMAT": "png", **_folder(s)},
    "dossier": lambda s: {
        **_survey(s),
        "TYPE": "livable",
        "EVALUATION_DATE": "2025-06-30",
        "FIGURES": ["location"],
        **_folder(s),
    },
    "trainingwatershed": lambda s: {"SEED": 1, "AREA_KM2": 5, **_folder(s)},
}
"""What each algorithm gets before a case spoils it."""


def sound(algorithm: str, site: Site) -> dict[str, Any]:
    """The sound parameters of an algorithm."""
    return SOUND[algorithm](site)
