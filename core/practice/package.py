"""The practice watershed as the content of its files: what ``case.yaml``, ``county.yaml`` and
``answers.json`` say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..progress import SILENT, Progress
from . import aims, block, exercise, faults, figures, layers, names, plan, planes, scene, survey, verdicts
from .answers import answers
from .ground import EPSG, clicked_outlet

EVALUATION_DATE = "2025-09-30"
TYPE = "leisure"
BLOCK_FILE = "thresholds.tif"
PLANES_FILE = "slopes.tif"

ROLES = {  # role: (layer of landuse.gpkg, field)
    "LANDUSE": ("landuse", "landuse"),
    "EROSION": ("erosion", "class"),
    "CHANNELS": ("channels", None),
    "WATERBODIES": ("waterbodies", None),
    "VILLAGES": ("villages", None),
    "ADMIN": ("admin_villages", None),
    "TOWNSHIPS": ("townships", None),
    "ROADS": ("roads", None),
    "POLLUTION": ("pollution_sources", None),
    "GREEN": ("green_space", None),
    "BUILT": ("built_land", None),
    "BANKS": ("banks", "bank_type"),
    "TREATED": ("reaches", None),
    "BUILDINGS": ("buildings", None),
    "GULLIES": ("gullies", None),
    "PARCELS": ("landuse", None),
    "STRUCTURES": ("structures", None),
    "WATER_SOURCE": ("water_source", None),
    "FLOOD_PASSAGE": ("flood_passage", None),
}


@dataclass(frozen=True)
class Content:
    """All that is written, as plain data."""

    watershed: scene.Watershed
    layers: list[scene.Layer]
    case: dict[str, Any]
    county: dict[str, Any]
    answers: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]]
    texts: dict[str, str]
    block: block.Block
    planes: planes.Planes
    meta: dict[str, str]


def content(w: scene.Watershed, progress: Progress = SILENT) -> Content:
    """Content of the practice watershed's folder."""
    progress.stage("practice_layers")
    found = layers.all_layers(w, progress)
    sums = figures.figures(w, found)
    county = county_profile(sums)
    progress.step(0.7)
    tables = survey.tables(w, found, sums)
    progress.step(0.75)
    radius = verdicts.service_radius_m(w, found)
    inputs = verdicts.indicator_inputs(w, found, sums, tables)
    progress.step(0.8)
    rulers = block.build()
    tilted = planes.build()
    found.append(_plane_layer(w, tilted))
    progress.step(0.85)
    drawn = exercise.layers(w, tilted)
    found += drawn
    texts = {**verdicts.evidence_files(), "prices.csv": "\ufeff" + plan.price_list()}
    everything = {**tables, "sheet": survey.sheets(w), "indicator_input": inputs}
    drawn_plan = [part for part in found if part.name.startswith("measures")]
    progress.step(0.9)
    planted = plan.faults(w, drawn_plan)
    key = {
        **answers(w, sums, len(planted)),
        "quantities": quantities(found),
        "layout_faults": planted,
        "verdicts": verdicts.all_verdicts(county, tables, sums, radius),
        "threshold_block": {"file": BLOCK_FILE, "channels": rulers.answers},
        "slope_planes": {
            "file": PLANES_FILE,
            "layer": "slope_planes",
            "how": "每块为一个倾斜平面，坡度即倾斜角；梯田：6°～25° 宜布设，小于 6° 可布设，大于 25° 不得布设",
            "how_en": "tilted planes: terraces preferred at 6 to 25 degrees, permitted below, banned above",
            "parcels": [facts for _, facts in tilted.parcels],
        },
        "layout_exercise": exercise.answers(drawn, tilted),
        "faults": faults.plant(everything, [f.key for f in faults.FAULTS])[1],
    }
    facts = aims.meta(verdicts.values(tables, sums, radius), drawn_plan)
    return Content(w, found, case(w), county, settled(key), settled(everything), texts, rulers, tilted, facts)


def settled(value: Any) -> Any:
    """``value`` with every float at 12 significant digits: another numpy sums in another order."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: settled(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(settled(part) for part in value)
    return value


def _plane_layer(w: scene.Watershed, tilted: planes.Planes) -> scene.Layer:
    fields = {"name": str, "landuse": str, "slope_deg": float, "area_m2": float, "terrace": str}
    return scene.layer(w, "slope_planes", "Polygon", fields, list(tilted.parcels))


def quantities(found: list[scene.Layer]) -> list[dict[str, Any]]:
    """Quantities and costs of the layout by measure and status, from the features' own coordinates."""
    sums = plan.quantities([part for part in found if part.name.startswith("measures")])
    rows = []
    for (measure, status), quantity in sorted(sums.items()):
        unit, price, fund = plan.PRICES[measure]
        row = {"measure": measure, "status": status, "unit": unit, "quantity": quantity}
        rows.append({**row, "cost": quantity * price, "fund": fund})
    return rows


def case(w: scene.Watershed) -> dict[str, Any]:
    """``case.yaml``: every layer by its role; the boundary is left to be delineated from the outlet."""
    x, y = w.ground.centre(clicked_outlet(w.ground))
    roles: dict[str, Any] = {"DEM": {"file": "dem.tif"}}
    for role, (layer, field) in ROLES.items():
        roles[role] = {"file": "landuse.gpkg", "layer": layer, **({"field": field} if field else {})}
    roles["LAYOUT"] = {"file": "survey.gpkg", "layer": "measures"}  # points, lines and areas in one
    roles["COVER"] = {"file": "cover.tif"}
    roles["SOIL_DEPTH"] = {"file": "soil_depth.tif"}
    roles["PRICES"] = {"file": "prices.csv"}
    roles["COUNTY"] = {"file": "county.yaml"}
    return {
        "name": names.WATERSHED,
        "code": names.CODE,
        "type": TYPE,
        "layers": roles,
        "parameters": {
            "OUTLET": f"{x},{y} [EPSG:{EPSG}]",
            "EVALUATION_DATE": EVALUATION_DATE,
            "REGION": "south_red",
            "BANK_FIELD": "bank_type",
            "SIDE_FIELD": "side",
            "GROUP_FIELD": "river",
            "NAME_FIELD": "name",
            "CODE_FIELD": "code",
        },
    }


def county_profile(sums: figures.Figures) -> dict[str, Any]:
    """``county.yaml``: targets and means set so that the planted watershed meets them by some per cent."""
    return {
        "name": names.COUNTY,
        "year": 2024,
        "source": "练习用虚构数据",
        "county_target_2035": math.floor(sums.conservation_rate) - 1,
        "county_current_mean": math.floor(sums.conservation_rate) - 4,
        "county_mean": math.floor(sums.forest_grass_cover) - 3,
        "county_mean_income": 21500,
        "water_function_zone_target_class": "Ⅲ",
        "no_cultivation_slope_deg": 25,
    }
