"""A planned and built layout of measures for the practice watershed, one feature per place, by simple rules
of thumb.

Geometry decides the layer: areas, lines and points. Quantities follow from the features' own coordinates, in the
unit of each measure's price. The layout is lawful but for a few faults planted for training: a feature that
carries one says so in the answer key (:func:`faults`), not on the map.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import brooks, fieldworks, mosaic, names, settle
from .brooks import Brook
from .fieldworks import Box, box_of
from .ground import CELL
from .scene import Layer, Watershed, layer, mask_polygons
from .shores import SIDES, banks, line_length
from .site import spread

FIELDS = {"name": str, "measure": str, "status": str, "survey_column": str, "receiving": str}
STRIP_CELLS = 2
"""Width of the filter strip round the reservoir, in cells of 5 m."""

WASTE_CELLS = 13
"""Waste points keep this many cells off water."""

SHORE_CELLS = (4, 6)
"""The planted waste point stands between so many cells from the river: out of its flood passage, within 50 m."""

BUSINESSES = {"works": "清源竹木制品厂", "mill": "云岭粮油加工坊", "quarry": "石壁建筑石料场"}
SERVED_CELLS = 120
"""A business nearer than this to a hamlet's seat is served by the hamlet's plant, toilets and waste point (5.2.2-2)."""

BUILT_DAMS, HEADS = 4, 5
STEEP_GULLY_PERMIL = 60.0
"""Check dams stand in gullies steeper than this (6.2.2-11-1; ours is 50)."""

COMPANION_RULE = "terrace.6.2.2-5-2.require_with"
STEEP_RULE = "terrace.6.2.2-1-2.forbid"
WASTE_RULE = "waste_treatment.8.6.1.forbid"
HEAD_RULE = "gully_head_protection.6.2.2-8-2.require_with"
PLANTED = {
    COMPANION_RULE: (
        "6.2.2-5-2",
        "所在地块 60 m 内未布设生产道路和坡面水系",
        "no field road and no drain was drawn within 60 m of its block",
    ),
    STEEP_RULE: (
        "6.2.2-1-2",
        "布设在坡度处处大于 26.5° 的山坡上",
        "drawn on a hillside steeper than 26.5 degrees everywhere",
    ),
    WASTE_RULE: ("8.6.1", "布设在河边 50 m 以内", "drawn less than 50 m from the river"),
    HEAD_RULE: (
        "6.2.2-8-2",
        "沟头 60 m 内未布设坡面水系",
        "no drain was drawn within 60 m of the gully's head",
    ),
}
"""Rule that a planted fault breaks (应, an error) -> its clause and how it follows from the construction."""


class Item(NamedTuple):
    """One measure: kind of geometry, shape, columns, and the rule it was drawn to break."""

    kind: str
    shape: Any
    values: dict[str, Any]
    fault: str | None = None


def layers_of_plan(w: Watershed) -> list[Layer]:
    """The layers measures, measures_lines and measures_points."""
    found = items(w)
    kinds = {"measures": "Polygon", "measures_lines": "LineString", "measures_points": "Point"}
    return [
        layer(w, name, kind, FIELDS, [(i.shape, i.values) for i in found if i.kind == kind])
        for name, kind in kinds.items()
    ]


def items(w: Watershed) -> list[Item]:
    """Every measure, in the order of its layer."""
    terraces, lines = _terraces(w)
    drains = [box_of(i.shape) for i in lines if i.values["measure"] == "slope_water_system"]
    return [
        *terraces,
        *_other_areas(w),
        *_banks(w),
        *lines,
        *_gully_works(w, drains),
        *_hamlets(w),
        *_businesses(w),
        *_sign_board(w),
    ]


def faults(w: Watershed, plan: list[Layer]) -> list[dict[str, Any]]:
    """The planted faults: name, uuid, measure, rule, clause and how they follow. Everything else is lawful."""
    uuids = {str(f.values["name"]): f.uuid for part in plan for f in part.features}
    rows = []
    for item in items(w):
        if item.fault is not None:
            clause, zh, en = PLANTED[item.fault]
            row = {
                "name": item.values["name"],
                "uuid": uuids[item.values["name"]],
                "measure": item.values["measure"],
            }
            rows.append({**row, "rule_id": item.fault, "clause": clause, "how": zh, "how_en": en})
    return rows


def _row(
    name: str, measure: str, status: str = "planned", column: str | None = None, receiving: str | None = None
) -> dict[str, Any]:
    found = {"name": name, "measure": measure, "status": status, "survey_column": column}
    return {**found, "receiving": receiving}


def _terraces(w: Watershed) -> tuple[list[Item], list[Item]]:
    """Terraces block by block, a road and a drain along each block (6.2.2-5-2); the first block stands already.

    Planted: one block stands without works, and one terrace lies on a hillside that is too steep.
    """
    plot, found = fieldworks.steep_plot(w), fieldworks.blocks(w)
    bare = fieldworks.without_works(found, [] if plot is None else [box_of(plot[0])])
    built = next((k for k in range(len(found)) if k != bare), None)
    areas: list[Item] = []
    lines: list[Item] = []
    for number, block in enumerate(found):
        status, column = ("built", "terrace_hm2") if number == built else ("planned", None)
        fault = COMPANION_RULE if number == bare else None
        for k in block.members:
            row = _row(f"梯田{len(areas) + 1}", "terrace", status, column)
            areas.append(Item("Polygon", w.outlines[k], row, fault))
        if number != bare:
            lines += _companions(f"梯田片{number + 1}", block.road, block.drain, status)
    if plot is not None:
        areas.append(Item("Polygon", plot, _row(f"梯田{len(areas) + 1}", "terrace"), STEEP_RULE))
        lines += _companions(f"梯田片{len(found) + 1}", *fieldworks.edges(w, plot[0]), "planned")
    return areas, lines


def _companions(name: str, road: np.ndarray, drain: np.ndarray, status: str) -> list[Item]:
    return [
        Item("LineString", road, _row(f"{name}生产道路", "production_road", status)),
        Item("LineString", drain, _row(f"{name}截排水沟", "slope_water_system", status)),
    ]


def _other_areas(w: Watershed) -> list[Item]:
    """Forest on bare ground, closure of open woods, a strip along the reservoir's shore."""
    found = []
    for outline, code, slope in zip(w.outlines, w.parcels.code, w.parcels.slope.tolist()):
        if code == "1206":
            found.append(Item("Polygon", outline, _row("裸地造林", "conservation_forest")))
        elif code == "0307" and slope > 0.30:
            found.append(Item("Polygon", outline, _row("疏林封禁", "closure")))
    found += [
        Item("Polygon", w.outlines[k], _row("测土配方施肥", "soil_test_fertilisation")) for k in _paddies(w)
    ]
    return [*found, *_strips(w), *_greening(w)]


def _paddies(w: Watershed) -> list[int]:
    """The three largest paddies: fertiliser by soil tests (5.2.2-1)."""
    own = [k for k, code in enumerate(w.parcels.code) if code == "0101"]
    return sorted(own, key=lambda k: (-int(w.parcels.cells[k]), k))[:3]


def _strips(w: Watershed) -> list[Item]:
    """The belt of 10 m along the shore of reservoir and ponds, on land, inside the watershed (5.2.3-5)."""
    water = w.works.reservoir | w.works.river
    for pond in w.works.ponds:
        water = water | pond
    found = []
    shores = [("水库", w.works.reservoir), *((f"山塘{n}", pond) for n, pond in enumerate(w.works.ponds, 1))]
    for name, lake in shores:
        belt = spread(lake, STRIP_CELLS) & w.ground.inside & ~water
        found += [
            Item("Polygon", p, _row(f"{name}生物过滤带", "filter_strip")) for p in mask_polygons(w, belt)
        ]
    return found


def _greening(w: Watershed) -> list[Item]:
    """A green of up to 35 m square round the seat of each hamlet, on its own land (5.2.2-2)."""
    village = _land(w, ("village",))
    found = []
    for hamlet in w.works.villages:
        row, col = divmod(hamlet.seat, w.ground.cols)
        green = np.zeros_like(village)
        green[max(row - 3, 0) : row + 4, max(col - 3, 0) : col + 4] = True
        largest = max(mask_polygons(w, green & village), key=mosaic.area, default=None)
        if largest is not None:
            found.append(Item("Polygon", largest, _row(f"{hamlet.name}绿化美化", "village_greening")))
    return found


def _sign_board(w: Watershed) -> list[Item]:
    """The sign board that 5.2.2-3 asks for, beside the first hamlet: a measure that table B.1 has no row for."""
    if not w.works.villages:
        return []
    x, y = w.ground.centre(w.works.villages[0].seat)
    return [Item("Point", (float(x) + 40.0, float(y)), _row(f"{names.WATERSHED}标识牌", "other_regulation"))]


def _banks(w: Watershed) -> list[Item]:
    """Ecological slope protection on the hard banks of the treated reach."""
    hard = [b for b in banks(w) if b.treated and b.bank_type == "硬质"]
    measure = "ecological_slope_protection"
    return [
        Item("LineString", b.line, _row(f"{SIDES[b.side]}生态护坡{n + 1}", measure))
        for n, b in enumerate(hard)
    ]


def _gully_works(w: Watershed, drains: list[Box]) -> list[Item]:
    """Check dams half-way up steep gullies of 150 m and more, and works at the heads of the first, each with a
    drain above it (6.2.2-8-2); planted: the last of them, far from every drain, goes without.
    """
    cols = w.ground.cols
    gullies = [b for b in w.brooks if b.area_km2 < 0.1 and b.parent is not None and b.length_m(cols) >= 150]
    found: list[Item] = []
    for brook in gullies:
        if brook.gradient_permil(w.ground) >= STEEP_GULLY_PERMIL:
            built = len(found) < BUILT_DAMS
            middle = brooks.coordinates(w.ground, brook.path[len(brook.path) // 2 :][:1])[0]
            status = ("built", "check_dams") if built else ("planned", None)
            row = _row(f"谷坊{len(found) + 1}", "check_dam", *status)
            found.append(Item("Point", (float(middle[0]), float(middle[1])), row))
    return [*found, *_heads(w, gullies, drains)]


def _heads(w: Watershed, gullies: list[Brook], drains: list[Box]) -> list[Item]:
    found: list[Item] = []
    kept = list(drains)
    for brook in gullies:
        alone = all(box_of(np.array([_head(w, brook)])).apart(box) for box in kept)
        if len(found) >= 2 * (HEADS - 1) and not alone:
            continue
        number = len(found) // 2 + 1
        fault = HEAD_RULE if len(found) >= 2 * (HEADS - 1) else None
        row = _row(f"沟头防护{number}", "gully_head_protection")
        found.append(Item("Point", _head(w, brook), row, fault))
        if fault is not None:
            break
        drain = _above_head(w, brook)
        kept.append(box_of(drain))
        found.append(Item("LineString", drain, _row(f"沟头{number}截水沟", "slope_water_system")))
    return found


def _head(w: Watershed, brook: Brook) -> tuple[float, float]:
    x, y = w.ground.centre(int(brook.path[0]))
    return float(x), float(y)


def _above_head(w: Watershed, brook: Brook) -> np.ndarray:
    """A drain of 30 m across the slope, 10 m above the head of a gully."""
    (x, y), (below_x, below_y) = _head(w, brook), w.ground.centre(int(brook.path[1]))
    dx, dy = (x - below_x) / CELL, (y - below_y) / CELL
    long = float(np.sqrt(dx * dx + dy * dy))
    dx, dy = dx / long, dy / long
    middle = np.array([x + 10 * dx, y + 10 * dy])
    across = np.array([-15 * dy, 15 * dx])
    return np.array([middle - across, middle + across])


def _hamlets(w: Watershed) -> list[Item]:
    """A sewage plant, a toilet block and a waste point for each hamlet; planted: one waste point by the river."""
    found: list[Item] = []
    wet, shore = _wet(w), _shore(w)
    beside = min(range(len(w.works.villages)), key=lambda k: _from_shore(w, k, shore)[0], default=None)
    for number, village in enumerate(w.works.villages):
        plant, toilet, waste = _spots(w, village.seat, _own_land(w, village), wet)
        row = _row(f"{village.name}污水处理", "sewage_treatment", "built", receiving="water_body")
        found.append(Item("Point", plant, row))
        found.append(Item("Point", toilet, _row(f"{village.name}公厕", "sanitary_toilet", "built")))
        fault = WASTE_RULE if number == beside and shore.size else None
        waste = w.ground.centre(_from_shore(w, number, shore)[1]) if fault else waste
        found.append(Item("Point", waste, _row(f"{village.name}垃圾分类亭", "waste_treatment"), fault))
    return found


def _businesses(w: Watershed) -> list[Item]:
    """Plant, toilets, waste point and a green on the own land of every business that lies far from all hamlets."""
    found: list[Item] = []
    wet = _wet(w)
    for key, name in BUSINESSES.items():
        if key not in w.works.sites or _near_a_hamlet(w, w.works.sites[key][0]):
            continue
        own = _land(w, (key,))
        plant, toilet, waste = _spots(w, w.works.sites[key][0], np.flatnonzero(own.ravel()), wet)
        row = _row(f"{name}污水处理", "sewage_treatment", receiving="irrigation")
        found.append(Item("Point", plant, row))
        found.append(Item("Point", toilet, _row(f"{name}卫生厕所", "sanitary_toilet")))
        found.append(Item("Point", waste, _row(f"{name}垃圾收集点", "waste_treatment")))
        green = max(mask_polygons(w, own), key=mosaic.area)
        found.append(Item("Polygon", green, _row(f"{name}绿化美化", "village_greening")))
    return found


def _near_a_hamlet(w: Watershed, cell: int) -> bool:
    row, col = divmod(cell, w.ground.cols)
    seats = (divmod(village.seat, w.ground.cols) for village in w.works.villages)
    return any((row - r) ** 2 + (col - c) ** 2 < SERVED_CELLS**2 for r, c in seats)


def _shore(w: Watershed) -> np.ndarray:
    """Cells of fields and hamlets within 50 m of the river, out of its flood passage (flat)."""
    near = spread(w.works.river, SHORE_CELLS[1]) & ~spread(w.works.river, SHORE_CELLS[0]) & w.ground.inside
    return np.flatnonzero((near & _land(w, ("field", "village"))).ravel())


def _land(w: Watershed, keys: tuple[str, ...]) -> np.ndarray:
    own = np.array([key in keys for key in w.parcels.key])
    return (w.parcels.ids >= 0) & own[np.maximum(w.parcels.ids, 0)]


def _from_shore(w: Watershed, number: int, cells: np.ndarray) -> tuple[int, int]:
    """How far (squared, in cells) the nearest of some cells is from a hamlet's seat, and which it is."""
    if not cells.size:
        return 0, -1
    cols = w.ground.cols
    row, col = np.divmod(cells, cols)
    seat_row, seat_col = divmod(w.works.villages[number].seat, cols)
    away = (row - seat_row) ** 2 + (col - seat_col) ** 2
    nearest = int(np.argmin(away))
    return int(away[nearest]), int(cells[nearest])


def _wet(w: Watershed) -> np.ndarray:
    """Land within some 60 m of a river, a reservoir, a pond or a channel: no place for waste (8.6.1)."""
    water = w.works.river | w.works.reservoir
    for pond in w.works.ponds:
        water = water | pond
    for brook in w.brooks:
        water.ravel()[brook.path] = True
    return spread(water, WASTE_CELLS)


def _own_land(w: Watershed, village: settle.Village) -> np.ndarray:
    kinds = w.parcels.ids.ravel()[village.cells]
    return village.cells[np.array([w.parcels.key[k] == "village" for k in kinds.tolist()])]


def _spots(w: Watershed, seat: int, own: np.ndarray, wet: np.ndarray) -> list[tuple[float, float]]:
    """Places for a plant, a toilet block and a waste point: of a hamlet's or a business's ``own`` cells those
    nearest to its seat, the last away from water (the nearest dry land of any kind where its own is all near it).
    """
    near = _by_distance(w, seat, own)
    dry = near[2:][~wet.ravel()[near[2:]]]
    if not dry.size:
        land = np.flatnonzero((_land(w, ("field", "hill")) & ~wet).ravel())
        dry = _by_distance(w, seat, land)
    return [w.ground.centre(int(cell)) for cell in (near[0], near[1], (dry if dry.size else near[-1:])[0])]


def _by_distance(w: Watershed, seat: int, cells: np.ndarray) -> np.ndarray:
    """Cells from the nearest to ``seat`` to the farthest."""
    row, col = np.divmod(cells, w.ground.cols)
    seat_row, seat_col = divmod(seat, w.ground.cols)
    return cells[np.lexsort((cells, (row - seat_row) ** 2 + (col - seat_col) ** 2))]


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
    if kind == "Polygon" and unit in ("hm2", "m2"):
        return mosaic.area(shape) / (1e4 if unit == "hm2" else 1.0)
    if kind == "Polygon":
        return along(shape)
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
    "gully_head_protection": ("处", 12000.0, "地方"),
    "sewage_treatment": ("处", 150000.0, "地方"),
    "filter_strip": ("m", 120.0, "地方"),
    "production_road": ("km", 260000.0, "地方"),
    "slope_water_system": ("m", 140.0, "中央"),
    "sanitary_toilet": ("座", 90000.0, "地方"),
    "soil_test_fertilisation": ("hm2", 450.0, "中央"),
    "village_greening": ("m2", 60.0, "地方"),
    "other_regulation": ("处", 3000.0, "地方"),
    "waste_treatment": ("处", 25000.0, "村集体"),
}
"""Unit, price in yuan and fund of each measure of the layout."""


def price_list() -> str:
    """``prices.csv``."""
    rows = [f"{measure},{unit},{price:.0f},{fund}" for measure, (unit, price, fund) in PRICES.items()]
    return "\n".join(["measure,unit,price,fund", *rows]) + "\n"
