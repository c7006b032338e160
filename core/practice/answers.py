"""The answer key: what is right for the practice watershed, each with how it follows from the construction.

An answer: ``id``, ``value``, ``unit``, ``clause``, ``how``; ``tolerance`` is what a correct program may
differ by (rounding of its outputs, nothing else).
"""

from __future__ import annotations

import math
from typing import Any

from . import VERSION, names
from .figures import Figures
from .ground import CELL, EPSG, clicked_outlet
from .scene import Watershed

LENGTH_LIMIT_M, AREA_LIMIT_KM2, NEAR = 300.0, 0.1, 0.9
LEAST_KM2, MOST_KM2 = 5.0, 50.0

HOW = {
    "tree": (
        "地面沿一棵汇流树抬起：每个格网高于其受水格网，没有洼地和平地；流域即树上流经出口格网的全部格网",
        "the ground is raised over a flow tree: every cell stands above the one it drains to, without pits or flats; "
        "the watershed is every cell that drains through the outlet's cell",
    ),
    "cells": (
        "{cells} 个格网 × 25 m²；边界沿格网边",
        "{cells} cells of 25 m²; the boundary follows their edges",
    ),
    "size": ("面积与 5～50 km² 比较", "the area against 5 to 50 km²"),
    "complete": (
        "DEM 大于流域，流域不触及 DEM 边缘",
        "the DEM is larger; the watershed keeps clear of its edge",
    ),
    "outlet": (
        "点击处 100 m 内汇水最大的格网的中心",
        "centre of the cell that drains most within 100 m of the click",
    ),
    "clicked": (
        "案例文件中的 OUTLET：出口上游约 95 m 处",
        "OUTLET of the case file, some 95 m above the outlet",
    ),
    "snapped": ("点击处与出口的直线距离", "straight distance from the click to the outlet"),
    "lowest": ("流域内 DEM 最小值（出口格网）", "least height of the DEM inside (the outlet's cell)"),
    "highest": ("流域内 DEM 最大值", "greatest height of the DEM inside"),
    "shoelace": (
        "该类各图斑由生成器自身坐标按鞋带公式求面积后相加；顶点是 2.5 m 的整数倍，面积无舍入",
        "areas of the class's polygons by the shoelace rule from the generator's own coordinates, added up; "
        "vertices are multiples of 2.5 m, so nothing is rounded",
    ),
    "whole": ("图斑铺满流域，面积之和等于流域面积", "the parcels cover the watershed: their sum is its area"),
    "C.1": (
        "(1 − 轻度及以上面积 / 流域面积) × 100",
        "(1 - area of light erosion and worse / watershed) x 100",
    ),
    "C.2": (
        "0301、0302、0305、0404 面积之和 / 流域面积 × 100",
        "areas of 0301, 0302, 0305, 0404 / watershed x 100",
    ),
    "C.7": ("(VG1 + VG2) / 村庄建设用地 × 100", "(VG1 + VG2) / village built-up land x 100"),
    "banks": (
        "岸线各段由生成器自身坐标求长后按类相加；治理段岸线与未治理段相距 80 m 以上",
        "lengths of the bank pieces from their own coordinates, added by class; "
        "untreated banks begin more than 80 m away",
    ),
    "C.8": (
        "治理段（自然 + 人工生态）/ 治理段岸线总长 × 100",
        "(natural + ecological) / all banks x 100, treated reach",
    ),
    "C.8.all": (
        "全部岸线（自然 + 人工生态）/ 全部岸线 × 100",
        "(natural + ecological) / all banks x 100, all reaches",
    ),
    "C.8.printed": (
        "按原文字面：全部（自然 + 人工生态）/ 治理段岸线总长 × 100，超过 100 % 即为错误，不作判定",
        "as printed: natural and ecological banks everywhere / banks of the treated reach x 100; above 100 % it is an "
        "error and decides nothing",
    ),
    "channels": (
        "由汇流树逐条数得：自汇水 0.02 km²（800 个格网）处起，止于汇入汇水更大（相等时更长）的沟道处，"
        "长度按格网中心距相加",
        "counted on the flow tree: from where 0.02 km² (800 cells) drain to where a channel that drains more "
        "(or as much and is longer) is joined; lengths from cell centre to cell centre",
    ),
    "required": (
        "长大于 300 m 或汇水大于 0.1 km² 的沟道",
        "channels longer than 300 m or draining more than 0.1 km²",
    ),
    "planted": (
        "总体布局按构造合规，只埋设了 layout_faults 所列的错误",
        "the layout is lawful by construction but for the faults planted in it, listed in layout_faults",
    ),
    "near": ("未达到但不小于某一限值的 90 %", "not required, but at least 90 % of a limit"),
}
"""How the answers follow, in Chinese and English."""


def answer(
    id: str, value: Any, unit: str | None, clause: str | None, how: str, tolerance: float = 0.0, **facts: Any
) -> dict[str, Any]:
    """One entry of the key; ``how`` names an entry of HOW, ``facts`` fill it."""
    zh, en = (text.format(**facts) for text in HOW[how])
    found = {"id": id, "value": value, "unit": unit, "clause": clause, "tolerance": tolerance}
    return {**found, "how": zh, "how_en": en}


def answers(w: Watershed, sums: Figures, planted: int) -> dict[str, Any]:
    """The whole key; ``planted``: number of faults in the layout."""
    channels = channel_answers(w)
    return {
        "watershed": names.WATERSHED,
        "seed": w.seed,
        "version": VERSION,
        "crs": f"EPSG:{EPSG}",
        "answers": [
            *_watershed(w),
            *_areas(sums),
            *_shores(sums),
            *_counts(channels),
            answer("layout.planted", planted, None, "5.1.2", "planted"),
        ],
        "channels": channels,
    }


def size_check(area_km2: float) -> str:
    """``below``, ``within`` or ``above`` the 5 to 50 km² of 3.0.2, limits included."""
    if area_km2 < LEAST_KM2:
        return "below"
    return "above" if area_km2 > MOST_KM2 else "within"


def _watershed(w: Watershed) -> list[dict[str, Any]]:
    cells = int(w.ground.inside.sum())
    area = cells * CELL * CELL / 1e6
    x, y = w.ground.centre(w.ground.outlet)
    z = w.ground.z[w.ground.inside]
    clicked = list(w.ground.centre(clicked_outlet(w.ground)))
    moved = round(math.sqrt((clicked[0] - x) ** 2 + (clicked[1] - y) ** 2), 3)
    return [
        answer("watershed.cells", cells, None, "3.0.2", "tree"),
        answer("watershed.area_km2", area, "km2", "3.0.2", "cells", 1e-6, cells=cells),
        answer("watershed.size_check", size_check(area), None, "3.0.2", "size"),
        answer("watershed.complete", True, None, "3.0.2", "complete"),
        answer("watershed.outlet", [x, y], "m", "3.0.2", "outlet"),
        answer("watershed.outlet_clicked", clicked, "m", "3.0.2", "clicked"),
        answer("watershed.snapped_m", moved, "m", "3.0.2", "snapped", 1e-3),
        answer("watershed.elevation_min_m", float(z.min()), "m", "4.1.4", "lowest", 1e-3),
        answer("watershed.elevation_max_m", float(z.max()), "m", "4.1.4", "highest", 1e-3),
    ]


def _areas(sums: Figures) -> list[dict[str, Any]]:
    found = [
        answer(f"landuse.{k}", v / 1e4, "hm2", "4.1.4", "shoelace", 1e-4) for k, v in sums.landuse.items()
    ]
    found.append(answer("landuse.sum", sums.area / 1e4, "hm2", "4.1.4", "whole", 1e-4))
    found += [
        answer(f"erosion.{k}", v / 1e4, "hm2", "A.3", "shoelace", 1e-4) for k, v in sums.erosion.items()
    ]
    found.append(answer("C.1", sums.conservation_rate, "%", "C.1", "C.1", 1e-3))
    found.append(answer("C.2", sums.forest_grass_cover, "%", "C.2", "C.2", 1e-3))
    found.append(answer("C.7", sums.green_rate, "%", "C.7", "C.7", 1e-3))
    return found


def _shores(sums: Figures) -> list[dict[str, Any]]:
    found = [
        answer(f"banks.treated.{k}", v, "m", "C.8", "banks", 1e-2) for k, v in sums.treated_banks.items()
    ]
    found += [answer(f"banks.all.{k}", v, "m", "C.8", "banks", 1e-2) for k, v in sums.banks.items()]
    found.append(answer("C.8", sums.bank_rate, "%", "C.8", "C.8", 1e-3))
    total, good = sum(sums.banks.values()), sum(v for k, v in sums.banks.items() if k != "硬质")
    treated = sum(sums.treated_banks.values())
    found.append(answer("C.8.all", good / total * 100, "%", "C.8", "C.8.all", 1e-3))
    found.append(answer("C.8.printed", good / treated * 100, "%", "C.8", "C.8.printed", 1e-3))
    return found


def verdict(length_m: float, area_km2: float) -> tuple[bool, str, bool]:
    """(survey required, reason, near miss) of 4.3.1 for a channel, after rounding to 1 mm and 1 m²."""
    length, area = round(length_m, 3), round(area_km2, 6)
    by_length, by_area = length > LENGTH_LIMIT_M, area > AREA_LIMIT_KM2
    reason = "both" if by_length and by_area else ("length" if by_length else ("area" if by_area else "none"))
    near = reason == "none" and (length >= NEAR * LENGTH_LIMIT_M or area >= NEAR * AREA_LIMIT_KM2)
    return reason != "none", reason, near


def channel_answers(w: Watershed) -> list[dict[str, Any]]:
    """Every whole channel that drains 0.02 km² or more, with head, mouth, length, area and verdict."""
    found = []
    for number, brook in enumerate(w.brooks):
        length = brook.length_m(w.ground.cols)
        required, reason, near = verdict(length, brook.area_km2)
        found.append(
            {
                "number": number,
                "parent": brook.parent,
                "head": list(w.ground.centre(int(brook.path[0]))),
                "mouth": list(w.ground.centre(int(brook.path[-1]))),
                "length_m": round(length, 3),
                "area_km2": round(brook.area_km2, 6),
                "survey_required": required,
                "survey_reason": reason,
                "near_miss": near,
            }
        )
    return found


def _counts(channels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    required = [c for c in channels if c["survey_required"]]
    length = round(sum(c["length_m"] for c in required), 3)
    return [
        answer("channels.total", len(channels), None, "4.3.1", "channels"),
        answer("channels.required", len(required), None, "4.3.1", "required"),
        answer("channels.near_miss", sum(c["near_miss"] for c in channels), None, "4.3.1", "near"),
        answer("channels.length_required_m", length, "m", "4.3.1", "channels", 0.05),
    ]
