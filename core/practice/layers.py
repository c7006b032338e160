"""The layers of the practice watershed, by the names and fields of the survey store."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..progress import SILENT, Progress
from . import brooks, chance, mosaic, names, settle
from .ground import CELL
from .parcels import NAMES
from .scene import Layer, Watershed, by_class, layer, mask_polygons, parcel_raster
from .site import RIVER_KM2, spread

SURVEYED_KM2 = 0.25
"""Brooks that drain this much are surveyed lines of the layer channels."""

EROSION_NAMES = {1: "微度", 2: "轻度", 3: "中度", 4: "强烈", 5: "极强烈", 6: "剧烈"}


def all_layers(w: Watershed, progress: Progress = SILENT) -> list[Layer]:
    """Every layer, in the order in which they are written. ``progress`` is stepped, its stage is the caller's."""
    makers = (
        _boundary,
        _outlet,
        _townships,
        _admin,
        _landuse,
        _erosion,
        _roads,
        _villages,
        _buildings,
        _channels,
        _gullies,
        _waterbodies,
        _pollution,
        _toilets,
        _green,
        _built,
        _enterprises,
        _tourism,
        _industry,
        _reaches,
        _banks,
        _structures,
        _base_sheets,
        _water_source,
        _flood_passage,
    )
    from .plan import layers_of_plan

    found: list[Layer] = []
    for number, make in enumerate(makers):
        progress.step(0.6 * number / len(makers))
        found.append(make(w))
    progress.step(0.6)
    return [*found, *layers_of_plan(w)]


def _boundary(w: Watershed) -> Layer:
    fields = {"name": str, "code": str, "area_km2": float}
    values = {
        "name": names.WATERSHED,
        "code": names.CODE,
        "area_km2": sum(mosaic.area(part) for part in w.boundary) / 1e6,
    }
    return layer(w, "boundary", "MultiPolygon", fields, [(w.boundary, values)])


def _outlet(w: Watershed) -> Layer:
    values = {"name": f"{names.WATERSHED}出口", "water_quality_class": "Ⅲ"}
    return layer(
        w,
        "outlet",
        "Point",
        {"name": str, "water_quality_class": str},
        [(w.ground.centre(w.ground.outlet), values)],
    )


def _townships(w: Watershed) -> Layer:
    return layer(w, "townships", "Polygon", {"name": str}, [(_frame(w), {"name": names.TOWNSHIP})])


def _frame(w: Watershed) -> mosaic.Polygon:
    rows, cols = w.ground.z.shape
    x0, y0, x1, y1 = w.ground.x0, w.ground.y0, w.ground.x0 + cols * CELL, w.ground.y0 - rows * CELL
    return (np.array([[x0, y1], [x1, y1], [x1, y0], [x0, y0], [x0, y1]]),)


def _admin(w: Watershed) -> Layer:
    pieces = by_class(w, w.admin)
    rows = [
        (pieces[k], {"name": name, "township": names.TOWNSHIP})
        for k, name in enumerate(w.admin_names)
        if k in pieces
    ]
    return layer(w, "admin_villages", "MultiPolygon", {"name": str, "township": str}, rows)


def _landuse(w: Watershed) -> Layer:
    fields = {"name": str, "landuse": str, "flags": str, "slope_deg_class": str, "area_m2": float}
    rows = []
    for polygon, code, slope in zip(w.outlines, w.parcels.code, w.parcels.slope.tolist()):
        flags = _flag(code, slope)
        values = {
            "name": NAMES[code],
            "landuse": code,
            "flags": flags,
            "slope_deg_class": _steepness(slope),
            "area_m2": mosaic.area(polygon),
        }
        rows.append((polygon, values))
    return layer(w, "landuse", "Polygon", fields, rows)


def _flag(code: str, slope: float) -> str | None:
    """Paddies on slopes are terraced; open woods grow up again if left alone (6.1.2-1)."""
    if code == "0101":
        return "terraced" if slope > 0.08 else None
    return "natural_regeneration" if code == "0307" else None


_TANGENTS = (  # tangents of 2, 6, 15 and 25 degrees
    (0.03492076949174773, "≤2°"),
    (0.10510423526567646, "2°~6°"),
    (0.2679491924311227, "6°~15°"),
    (0.46630765815499858, "15°~25°"),
)


def _steepness(slope: float) -> str:
    """Slope class of the land survey (TD/T 1055) for a rise over run."""
    return next((name for limit, name in _TANGENTS if slope <= limit), ">25°")


def _erosion(w: Watershed) -> Layer:
    rows = []
    for value, pieces in by_class(w, parcel_raster(w, w.erosion_class)).items():
        if value > 0:
            rows += [
                (p, {"name": EROSION_NAMES[value], "class": value, "area_m2": mosaic.area(p)}) for p in pieces
            ]
    return layer(w, "erosion", "Polygon", {"name": str, "class": int, "area_m2": float}, rows)


def _roads(w: Watershed) -> Layer:
    rows = []
    for road in w.works.roads:
        row, col = np.divmod(road.blocks, settle.block_columns(w.site))
        half = settle.BLOCK // 2
        xy = np.stack(
            [
                w.ground.x0 + (col * settle.BLOCK + half + 0.5) * CELL,
                w.ground.y0 - (row * settle.BLOCK + half + 0.5) * CELL,
            ],
            axis=1,
        )
        kind = "县道" if road.trunk else "村道"
        rows.append((xy, {"name": road.name, "kind": kind, "hard": int(road.trunk or len(road.blocks) < 40)}))
    return layer(w, "roads", "LineString", {"name": str, "kind": str, "hard": int}, rows)


def _villages(w: Watershed) -> Layer:
    fields = {"name": str, "admin_village": str, "township": str, "households": int, "population": int}
    rows = []
    for village in w.works.villages:
        households = households_of(w, village)
        values = {
            "name": village.name,
            "admin_village": admin_of(w, village.seat),
            "township": names.TOWNSHIP,
            "households": households,
            "population": people_of(households),
        }
        rows.append((w.ground.centre(village.seat), values))
    return layer(w, "villages", "Point", fields, rows)


def admin_of(w: Watershed, cell: int) -> str:
    """Administrative village that a cell lies in."""
    return w.admin_names[int(w.admin.ravel()[cell])]


def households_of(w: Watershed, village: settle.Village) -> int:
    """One household on 450 m² of village land, at least 12."""
    return max(12, len(village.cells) * 25 // 450)


def people_of(households: int) -> int:
    """3.5 people to a household, rounded down."""
    return households * 7 // 2


def _buildings(w: Watershed) -> Layer:
    rows = []
    shape = w.ground.z.shape
    for number, village in enumerate(w.works.villages):
        land = np.zeros(shape, dtype=bool)
        land.ravel()[village.cells] = True
        land &= np.isin(w.parcels.ids, [k for k, key in enumerate(w.parcels.key) if key == "village"])
        rows += [
            (_house(w, i, j, wide), {"name": village.name, "floors": 2})
            for i, j, wide in _plots(w, number, land)
        ]
    return layer(w, "buildings", "Polygon", {"name": str, "floors": int}, rows)


def _plots(w: Watershed, number: int, land: np.ndarray) -> list[tuple[int, int, int]]:
    """House plots (row, column, cells wide) of 2 x 2 or 2 x 3 cells with a lane between, wholly on village
    land.
    """
    rows, cols = np.flatnonzero(land.any(axis=1)), np.flatnonzero(land.any(axis=0))
    found = []
    for i in range(int(rows[0]), int(rows[-1]), 4):
        for j in range(int(cols[0]), int(cols[-1]), 4):
            wide = 2 + int(
                chance.uniform_at(w.seed, f"house/{number}", np.array([i]), np.array([j]))[0] < 0.4
            )
            if land[i : i + 3, j : j + wide + 1].all() and land[i : i + 3, j : j + wide + 1].shape == (
                3,
                wide + 1,
            ):
                found.append((i, j, wide))
    return found


def _house(w: Watershed, i: int, j: int, wide: int) -> mosaic.Polygon:
    x0, y1 = w.ground.x0 + (j + 0.5) * CELL, w.ground.y0 - (i + 0.5) * CELL
    x1, y0 = x0 + wide * CELL, y1 - 2 * CELL
    return (np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]),)


def brook_name(w: Watershed, number: int) -> str:
    """Name of a channel by its rank: the river, then the brooks, then numbers."""
    if number == 0:
        return names.RIVER
    return names.BROOKS[number - 1] if number <= len(names.BROOKS) else f"支沟{number}"


def _channels(w: Watershed) -> Layer:
    """Surveyed lines of the river and its larger brooks (those that drain 0.25 km² and more)."""
    fields = {"name": str, "code": str, "state": str, "width_m": float}
    rows = []
    for number, brook in enumerate(w.brooks):
        if brook.area_km2 >= SURVEYED_KM2:
            width = 2.0 if brook.area_km2 < 0.6 else (4.0 if brook.area_km2 < RIVER_KM2 else 8.0)
            state = "disturbed" if number in (0, 2) else "natural"
            values = {
                "name": brook_name(w, number),
                "code": f"{names.CODE}-{number + 1:02d}",
                "state": state,
                "width_m": width,
            }
            rows.append((brooks.coordinates(w.ground, brook.path), values))
    return layer(w, "channels", "LineString", fields, rows)


def _gullies(w: Watershed) -> Layer:
    """Erosion gullies: the channels that drain less than 0.1 km²."""
    rows = []
    for number, brook in enumerate(w.brooks):
        if brook.area_km2 < 0.1 and brook.parent is not None:
            values = {
                "name": f"侵蚀沟{number}",
                "length_m": brook.length_m(w.ground.cols),
                "gradient_permil": round(brook.gradient_permil(w.ground), 3),
            }
            rows.append((brooks.coordinates(w.ground, brook.path), values))
    fields = {"name": str, "length_m": float, "gradient_permil": float}
    return layer(w, "gullies", "LineString", fields, rows)


def _waterbodies(w: Watershed) -> Layer:
    fields = {"name": str, "kind": str, "area_m2": float}
    rows: list[Any] = []
    counts = {"river": 0, "reservoir": 0, "pond": 0}
    for polygon, key in zip(w.outlines, w.parcels.key):
        if key in counts:
            counts[key] += 1
            name = {"river": names.RIVER, "reservoir": names.RESERVOIR, "pond": f"山塘{counts[key]}"}[key]
            rows.append((polygon, {"name": name, "kind": key, "area_m2": mosaic.area(polygon)}))
    return layer(w, "waterbodies", "Polygon", fields, rows)


def _pollution(w: Watershed) -> Layer:
    fields = {"name": str, "kind": str, "scale_farm": int}
    rows: list[Any] = []
    for key, kind, name in (
        ("farm1", "farm", "石桥养猪户"),
        ("farm2", "farm", "半岭养鸡户"),
        ("plant", "plant", "清源污水处理站"),
    ):
        if key in w.works.sites:
            rows.append(
                (
                    w.ground.centre(w.works.sites[key][0]),
                    {"name": name, "kind": kind, "scale_farm": 0 if kind == "farm" else None},
                )
            )
    for number, village in enumerate(w.works.villages):
        west = int(village.cells[0])
        rows.append(
            (
                w.ground.centre(west),
                {"name": f"{village.name}垃圾收集点", "kind": "waste_point", "scale_farm": None},
            )
        )
        if number % 2 == 0:
            below = int(w.ground.forest.receiver[village.seat])
            while w.site.drained_km2.ravel()[below] < RIVER_KM2 and w.ground.forest.receiver[below] != below:
                below = int(w.ground.forest.receiver[below])
            rows.append(
                (
                    w.ground.centre(below),
                    {"name": f"{village.name}排污口", "kind": "outfall", "scale_farm": None},
                )
            )
    river = w.brooks[0].path
    rows.append(
        (
            w.ground.centre(int(river[len(river) // 2])),
            {"name": "废弃采砂坑", "kind": "sand_pit", "scale_farm": None},
        )
    )
    return layer(w, "pollution_sources", "Point", fields, rows)


def _toilets(w: Watershed) -> Layer:
    rows = []
    for village in w.works.villages:
        x, y = w.ground.centre(village.seat)
        rows.append(((x + 5.0, y), {"name": f"{village.name}公厕", "kind": "public"}))
    return layer(w, "toilets", "Point", {"name": str, "kind": str}, rows)


def village_mask(w: Watershed, village: settle.Village) -> np.ndarray:
    """Land of a village as a mask of the ground."""
    mask = np.zeros(w.ground.z.size, dtype=bool)
    mask[village.cells] = True
    return mask.reshape(w.ground.z.shape)


def _without_rim(mask: np.ndarray) -> np.ndarray:
    """Cells of a mask whose eight neighbours belong to it too."""
    p = np.pad(mask, 1)
    tall = p[:-2] & p[1:-1] & p[2:]
    return tall[:, :-2] & tall[:, 1:-1] & tall[:, 2:]


def _green(w: Watershed) -> Layer:
    """Green of each village: the outer belt of its land, one cell wide (VG2), and a park round its seat
    (VG1).
    """
    rows = []
    for village in w.works.villages:
        land = village_mask(w, village)
        belt = land & ~_without_rim(land)
        row, col = divmod(village.seat, land.shape[1])
        park = np.zeros_like(land)
        park[row - 3 : row + 4, col - 3 : col + 4] = True
        park &= land & ~belt
        for kind, mask in (("VG1", park), ("VG2", belt)):
            rows += [
                (p, {"name": village.name, "class": kind, "area_m2": mosaic.area(p)})
                for p in mask_polygons(w, mask)
            ]
    return layer(w, "green_space", "Polygon", {"name": str, "class": str, "area_m2": float}, rows)


def _built(w: Watershed) -> Layer:
    rows = []
    for village in w.works.villages:
        rows += [
            (p, {"name": village.name, "area_m2": mosaic.area(p)})
            for p in mask_polygons(w, village_mask(w, village))
        ]
    return layer(w, "built_land", "Polygon", {"name": str, "area_m2": float}, rows)


def _enterprises(w: Watershed) -> Layer:
    kinds = (("works", "清源竹木制品厂"), ("mill", "云岭粮油加工坊"), ("quarry", "石壁建筑石料场"))
    rows = [(w.ground.centre(w.works.sites[k][0]), {"name": n}) for k, n in kinds if k in w.works.sites]
    return layer(w, "enterprises", "Point", {"name": str}, rows)


def _tourism(w: Watershed) -> Layer:
    kinds = (("temple", "云峰寺", "E"), ("lodge", "清源山居", "E"))
    rows = [
        (w.ground.centre(w.works.sites[k][0]), {"name": n, "main_class": c})
        for k, n, c in kinds
        if k in w.works.sites
    ]
    if w.works.dam_cell >= 0:
        rows.append((w.ground.centre(w.works.dam_cell), {"name": names.RESERVOIR, "main_class": "B"}))
    return layer(w, "tourism", "Point", {"name": str, "main_class": str}, rows)


def industry_parcels(w: Watershed) -> list[int]:
    """The three largest tea and three largest orchard parcels."""
    found: list[int] = []
    for code in ("0202", "0201"):
        own = [k for k, c in enumerate(w.parcels.code) if c == code]
        found += sorted(own, key=lambda k: (-int(w.parcels.cells[k]), k))[:3]
    return found


def _industry(w: Watershed) -> Layer:
    rows = []
    for number, k in enumerate(industry_parcels(w)):
        tea = w.parcels.code[k] == "0202"
        values = {
            "name": f"{'茶园' if tea else '果园'}基地{number + 1}",
            "industry_class": "特色农业",
            "area_m2": mosaic.area(w.outlines[k]),
        }
        rows.append((w.outlines[k], values))
    return layer(w, "industry", "Polygon", {"name": str, "industry_class": str, "area_m2": float}, rows)


def _reaches(w: Watershed) -> Layer:
    from .shores import reaches

    rows = [(r.line, {"name": r.name, "river": r.river}) for r in reaches(w)]
    return layer(w, "reaches", "LineString", {"name": str, "river": str}, rows)


def _banks(w: Watershed) -> Layer:
    from .shores import SIDES, banks

    fields = {
        "name": str,
        "river": str,
        "side": str,
        "bank_type": str,
        "bank_slope_deg": float,
        "length_m": float,
    }
    rows = []
    for bank in banks(w):
        values = {
            "name": f"{bank.river}{SIDES[bank.side]}",
            "river": bank.river,
            "side": bank.side,
            "bank_type": bank.bank_type,
            "bank_slope_deg": bank.slope_deg,
            "length_m": bank.length_m,
        }
        rows.append((bank.line, values))
    return layer(w, "banks", "LineString", fields, rows)


def _structures(w: Watershed) -> Layer:
    rows: list[Any] = []
    if w.works.dam_cell >= 0:
        rows.append((w.ground.centre(w.works.dam_cell), {"name": f"{names.RESERVOIR}大坝", "kind": "dam"}))
    river = w.brooks[0].path
    for number, share in enumerate((3, 5, 7)):
        rows.append(
            (
                w.ground.centre(int(river[len(river) * share // 8])),
                {"name": f"{names.RIVER}堰{number + 1}", "kind": "weir"},
            )
        )
    return layer(w, "structures", "Point", {"name": str, "kind": str}, rows)


def _base_sheets(w: Watershed) -> Layer:
    fields = {"name": str, "base_scale": int, "base_date": str}
    values = {"name": "清源河1:10000地形图", "base_scale": 10000, "base_date": "2023-11-05"}
    return layer(w, "base_sheets", "Polygon", fields, [(_frame(w), values)])


def _water_source(w: Watershed) -> Layer:
    """Protection belts of the reservoir: level 1 to 60 m from its water, level 2 to 200 m."""
    lake = w.works.reservoir
    first = spread(lake, 12) & w.ground.inside
    second = spread(lake, 40) & w.ground.inside & ~first
    rows = []
    for level, mask in (("1", first), ("2", second)):
        rows += [(p, {"name": names.RESERVOIR, "level": level}) for p in mask_polygons(w, mask)]
    return layer(w, "water_source", "Polygon", {"name": str, "level": str}, rows)


def _flood_passage(w: Watershed) -> Layer:
    """What the river needs in flood: its water and 15 m on either side."""
    mask = spread(w.works.river, 3) & w.ground.inside
    rows = [(p, {"name": f"{names.RIVER}行洪区"}) for p in mask_polygons(w, mask)]
    return layer(w, "flood_passage", "Polygon", {"name": str}, rows)
