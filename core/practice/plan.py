"""A planned and built layout of measures for the practice watershed, one feature per place, by simple rules
of thumb.

Geometry decides the layer: areas, lines and points. Quantities follow from the features' own coordinates, in the
unit of each measure's price.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import brooks, mosaic, settle
from .layers import SURVEYED_KM2
from .scene import Layer, Watershed, layer, mask_polygons
from .shores import SIDES, banks, line_length
from .site import spread

FIELDS = {"name": str, "measure": str, "status": str, "survey_column": str, "receiving": str}
BUILT_TERRACES = 3
STRIP_CELLS = 2
"""Width of the filter strip round the reservoir, in cells of 5 m."""

WASTE_CELLS = 13
"""Waste points keep this many cells off water."""

_TAN6, _TAN15, _TAN25 = 0.10510423526567646, 0.2679491924311227, 0.46630765815499858


def layers_of_plan(w: Watershed) -> list[Layer]:
    """The layers measures, measures_lines and measures_points."""
    return [
        layer(w, "measures", "Polygon", FIELDS, _areas(w)),
        layer(w, "measures_lines", "LineString", FIELDS, _lines(w)),
        layer(w, "measures_points", "Point", FIELDS, _points(w)),
    ]


def _row(
    name: str, measure: str, status: str = "planned", column: str | None = None, receiving: str | None = None
) -> dict[str, Any]:
    found = {"name": name, "measure": measure, "status": status, "survey_column": column}
    return {**found, "receiving": receiving}


def _terraces(w: Watershed) -> list[mosaic.Polygon]:
    """Outlines of the sloping fields that become terraces."""
    parcels = zip(w.outlines, w.parcels.code, w.parcels.slope.tolist())
    return [outline for outline, code, slope in parcels if code == "0103" and _TAN6 * 1.15 < slope < _TAN15]


def _areas(w: Watershed) -> list[tuple[Any, dict[str, Any]]]:
    """Terraces on sloping fields (the first stand already), closure of open woods, forest on bare ground, a
    strip along the reservoir's shore.
    """
    found: list[tuple[Any, dict[str, Any]]] = []
    for number, outline in enumerate(_terraces(w), 1):
        built = number <= BUILT_TERRACES
        status, column = ("built", "terrace_hm2") if built else ("planned", None)
        found.append((outline, _row(f"梯田{number}", "terrace", status, column)))
    for outline, code, slope in zip(w.outlines, w.parcels.code, w.parcels.slope.tolist()):
        if code == "1206":
            found.append((outline, _row("裸地造林", "conservation_forest")))
        elif code == "0307" and slope > 0.30:
            found.append((outline, _row("疏林封禁", "closure")))
    return [*found, *((p, _row("水库生物过滤带", "filter_strip")) for p in _strips(w))]


def _strips(w: Watershed) -> list[mosaic.Polygon]:
    """The belt of 10 m along the reservoir's shore, on land, inside the watershed."""
    lake = w.works.reservoir
    return mask_polygons(w, spread(lake, STRIP_CELLS) & w.ground.inside & ~lake & ~w.works.river)


def _lines(w: Watershed) -> list[tuple[Any, dict[str, Any]]]:
    """Ecological slope protection on the hard banks of the treated reach; a road and a drain round each of the
    terraces that stand already (6.2.2-5-2), half of its outline each.
    """
    hard = [b for b in banks(w) if b.treated and b.bank_type == "硬质"]
    found = [
        (b.line, _row(f"{SIDES[b.side]}生态护坡{n + 1}", "ecological_slope_protection"))
        for n, b in enumerate(hard)
    ]
    for number, outline in enumerate(_terraces(w)[:BUILT_TERRACES], 1):
        ring = outline[0]
        half = len(ring) // 2
        found.append((ring[: half + 1], _row(f"梯田{number}生产道路", "production_road", "built")))
        found.append((ring[half:], _row(f"梯田{number}截排水沟", "slope_water_system", "built")))
    return found


def _points(w: Watershed) -> list[tuple[Any, dict[str, Any]]]:
    """Check dams half-way up gullies of 150 m and more; a sewage plant, a waste point and a toilet block for each
    hamlet.
    """
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
    wet = _wet(w)
    for village in w.works.villages:
        plant, toilet, waste = _spots(w, village, wet)
        row = _row(f"{village.name}污水处理", "sewage_treatment", "built", receiving="water_body")
        found.append((plant, row))
        found.append((toilet, _row(f"{village.name}公厕", "sanitary_toilet", "built")))
        found.append((waste, _row(f"{village.name}垃圾分类亭", "waste_treatment")))
    return found


def _wet(w: Watershed) -> np.ndarray:
    """Land within some 60 m of a river, a reservoir, a pond or a surveyed brook: no place for waste (8.6.1)."""
    water = w.works.river | w.works.reservoir
    for pond in w.works.ponds:
        water = water | pond
    for brook in w.brooks:
        if brook.area_km2 >= SURVEYED_KM2:
            water.ravel()[brook.path] = True
    return spread(water, WASTE_CELLS)


def _spots(w: Watershed, village: settle.Village, wet: np.ndarray) -> list[tuple[float, float]]:
    """Places for a plant, a toilet block and a waste point: the village's own land nearest to its seat, the last
    away from water (the hamlet's driest land where all of it is near).
    """
    kinds = w.parcels.ids.ravel()[village.cells]
    own = village.cells[np.array([w.parcels.key[k] == "village" for k in kinds.tolist()])]
    row, col = np.divmod(own, w.ground.cols)
    seat_row, seat_col = divmod(village.seat, w.ground.cols)
    order = np.lexsort((own, (row - seat_row) ** 2 + (col - seat_col) ** 2))
    near = own[order].tolist()
    dry = [cell for cell in near[2:] if not wet.ravel()[cell]] or near[-1:]
    return [w.ground.centre(cell) for cell in (near[0], near[1], dry[0])]


def quantities(plan: list[Layer]) -> dict[tuple[str, str], float]:
    """(measure, status) -> quantity in the unit of PRICES: hm² of areas, m or km of lines, number of points; the
    strip in m along its middle.
    """
    found: dict[tuple[str, str], float] = {}
    for part in plan:
        for feature in part.features:
            measure = feature.values["measure"]
            key = (measure, feature.values["status"])
            found[key] = found.get(key, 0.0) + _size(part.geometry, feature.geometry, PRICES[measure][0])
    return found


def _size(kind: str, shape: Any, unit: str) -> float:
    if kind == "Polygon":
        return mosaic.area(shape) / 1e4 if unit == "hm2" else along(shape)
    if kind == "LineString":
        return line_length(np.asarray(shape)) / (1000.0 if unit == "km" else 1.0)
    return 1.0


def along(strip: mosaic.Polygon) -> float:
    """Length of a strip, m: half of its rings' length where it runs round, else L of the rectangle with the same
    area LW and perimeter 2L + 2W.
    """
    half = sum(line_length(ring) for ring in strip) / 2
    if len(strip) > 1:
        return half
    inside = half * half - 4 * mosaic.area(strip)
    return float((half + np.sqrt(inside)) / 2) if inside > 0 else float(np.sqrt(mosaic.area(strip)))


PRICES = {
    "terrace": ("hm2", 30000.0, "中央"),
    "closure": ("hm2", 1200.0, "中央"),
    "conservation_forest": ("hm2", 16000.0, "中央"),
    "ecological_slope_protection": ("m", 650.0, "地方"),
    "check_dam": ("座", 18000.0, "地方"),
    "sewage_treatment": ("处", 150000.0, "地方"),
    "filter_strip": ("m", 120.0, "地方"),
    "production_road": ("km", 260000.0, "地方"),
    "slope_water_system": ("m", 140.0, "中央"),
    "sanitary_toilet": ("座", 90000.0, "地方"),
    "waste_treatment": ("处", 25000.0, "村集体"),
}
"""Unit, price in yuan and fund of each measure of the layout."""


def price_list() -> str:
    """``prices.csv``."""
    rows = [f"{measure},{unit},{price:.0f},{fund}" for measure, (unit, price, fund) in PRICES.items()]
    return "\n".join(["measure,unit,price,fund", *rows]) + "\n"
