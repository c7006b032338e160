"""A planned and built layout of measures for the practice watershed, one feature per place, by simple rules
of thumb.

Geometry decides the layer: areas, lines and points. Quantities follow from the features' own coordinates.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import brooks, mosaic
from .scene import Layer, Watershed, layer
from .shores import SIDES, banks

FIELDS = {"name": str, "measure": str, "status": str, "survey_column": str}

_TAN6, _TAN15, _TAN25 = 0.10510423526567646, 0.2679491924311227, 0.46630765815499858


def layers_of_plan(w: Watershed) -> list[Layer]:
    """The layers measures, measures_lines and measures_points."""
    return [
        layer(w, "measures", "Polygon", FIELDS, _areas(w)),
        layer(w, "measures_lines", "LineString", FIELDS, _lines(w)),
        layer(w, "measures_points", "Point", FIELDS, _points(w)),
    ]


def _row(name: str, measure: str, status: str = "planned", column: str | None = None) -> dict[str, Any]:
    return {"name": name, "measure": measure, "status": status, "survey_column": column}


def _areas(w: Watershed) -> list[tuple[Any, dict[str, Any]]]:
    """Terraces on sloping fields, closure of open woods, forest on bare ground; the first terraces stand
    already.
    """
    found = []
    terraces = 0
    for outline, code, slope in zip(w.outlines, w.parcels.code, w.parcels.slope.tolist()):
        if code == "0103" and _TAN6 * 1.15 < slope < _TAN15:
            terraces += 1
            built = terraces <= 3
            status, column = ("built", "terrace_hm2") if built else ("planned", None)
            found.append((outline, _row(f"梯田{terraces}", "terrace", status, column)))
        elif code == "1206":
            found.append((outline, _row("裸地造林", "conservation_forest")))
        elif code == "0307" and slope > 0.30:
            found.append((outline, _row("疏林封禁", "closure")))
    return found


def _lines(w: Watershed) -> list[tuple[Any, dict[str, Any]]]:
    """Ecological slope protection on the hard banks of the treated reach."""
    hard = [b for b in banks(w) if b.treated and b.bank_type == "硬质"]
    return [
        (b.line, _row(f"{SIDES[b.side]}生态护坡{n + 1}", "ecological_slope_protection"))
        for n, b in enumerate(hard)
    ]


def _points(w: Watershed) -> list[tuple[Any, dict[str, Any]]]:
    """Check dams half-way up gullies of 150 m and more, and a sewage plant for each hamlet."""
    found: list[tuple[Any, dict[str, Any]]] = []
    for brook in w.brooks:
        if brook.area_km2 < 0.1 and brook.parent is not None and brook.length_m(w.ground.cols) >= 150:
            middle = brooks.coordinates(w.ground, brook.path[len(brook.path) // 2 :][:1])[0]
            built = len(found) < 4
            row = _row(
                f"谷坊{len(found) + 1}",
                "check_dam",
                *(("built", "check_dams") if built else ("planned", None)),
            )
            found.append(((float(middle[0]), float(middle[1])), row))
    for village in w.works.villages:
        x, y = w.ground.centre(village.seat)
        found.append(((x - 10.0, y), _row(f"{village.name}污水处理", "sewage_treatment", "built")))
    return found


def quantities(plan: list[Layer]) -> dict[tuple[str, str], float]:
    """(measure, status) -> hm² of areas, m of lines or number of points."""
    from .shores import line_length

    found: dict[tuple[str, str], float] = {}
    for part in plan:
        for feature in part.features:
            key = (feature.values["measure"], feature.values["status"])
            size = {
                "Polygon": lambda g: mosaic.area(g) / 1e4,
                "LineString": lambda g: line_length(np.asarray(g)),
                "Point": lambda g: 1.0,
            }[part.geometry](feature.geometry)
            found[key] = found.get(key, 0.0) + size
    return found


PRICES = {
    "terrace": ("hm2", 30000.0, "中央"),
    "closure": ("hm2", 1200.0, "中央"),
    "conservation_forest": ("hm2", 16000.0, "中央"),
    "ecological_slope_protection": ("m", 650.0, "地方"),
    "check_dam": ("座", 18000.0, "地方"),
    "sewage_treatment": ("处", 150000.0, "地方"),
}
"""Unit, price in yuan and fund of each measure of the layout."""


def price_list() -> str:
    """``prices.csv``."""
    rows = [f"{measure},{unit},{price:g},{fund}" for measure, (unit, price, fund) in PRICES.items()]
    return "\n".join(["measure,unit,price,fund", *rows]) + "\n"
