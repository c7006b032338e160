"""The answer key: what is right for the practice watershed, each with how it follows from the construction.

An answer: ``id``, ``value``, ``unit``, ``clause``, ``how``; ``tolerance`` is what a correct program may
differ by (rounding of its outputs, nothing else).
"""

from __future__ import annotations

import math
from typing import Any

from . import VERSION, names
from .figures import Figures
from .ground import CELL, clicked_outlet
from .scene import Watershed

LENGTH_LIMIT_M, AREA_LIMIT_KM2, NEAR = 300.0, 0.1, 0.9


def answer(
    id: str, value: Any, unit: str | None, clause: str | None, how: str, tolerance: float = 0.0
) -> dict[str, Any]:
    """One entry of the key."""
    return {"id": id, "value": value, "unit": unit, "clause": clause, "tolerance": tolerance, "how": how}


def answers(w: Watershed, sums: Figures) -> dict[str, Any]:
    """The whole key."""
    channels = channel_answers(w)
    return {
        "watershed": names.WATERSHED,
        "seed": w.seed,
        "version": VERSION,
        "crs": "EPSG:4547",
        "answers": [*_watershed(w), *_areas(sums), *_shores(sums), *_counts(channels)],
        "channels": channels,
    }


def _watershed(w: Watershed) -> list[dict[str, Any]]:
    cells = int(w.ground.inside.sum())
    x, y = w.ground.centre(w.ground.outlet)
    tree = (
        "地面是沿一棵汇流树抬起来的：每个格网高于其受水格网，没有洼地和平地；流域即树上流经出口格网的全部格网"
    )
    z = w.ground.z[w.ground.inside]
    clicked = list(w.ground.centre(clicked_outlet(w.ground)))
    moved = round(math.sqrt((clicked[0] - x) ** 2 + (clicked[1] - y) ** 2), 3)
    return [
        answer("watershed.cells", cells, None, "3.0.2", tree),
        answer(
            "watershed.area_km2",
            cells * CELL * CELL / 1e6,
            "km2",
            "3.0.2",
            f"{cells} 个格网 × 25 m²；边界沿格网边",
            1e-6,
        ),
        answer("watershed.size_check", "within", None, "3.0.2", "5～50 km² 之间"),
        answer("watershed.complete", True, None, "3.0.2", "DEM 大于流域，流域不触及 DEM 边缘"),
        answer("watershed.outlet", [x, y], "m", "3.0.2", "点击处 100 m 内汇水最大的格网的中心"),
        answer("watershed.outlet_clicked", clicked, "m", "3.0.2", "案例文件中的 OUTLET：出口上游约 95 m 处"),
        answer("watershed.snapped_m", moved, "m", "3.0.2", "点击处与出口的直线距离", 1e-3),
        answer(
            "watershed.elevation_min_m", float(z.min()), "m", "4.1.4", "流域内 DEM 最小值（出口格网）", 1e-3
        ),
        answer("watershed.elevation_max_m", float(z.max()), "m", "4.1.4", "流域内 DEM 最大值", 1e-3),
    ]


def _areas(sums: Figures) -> list[dict[str, Any]]:
    shoelace = "该类各图斑由生成器自身坐标按鞋带公式求面积后相加；图斑顶点是 2.5 m 的整数倍，面积无舍入"
    found = [
        answer(f"landuse.{code}", v / 1e4, "hm2", "4.1.4", shoelace, 1e-4) for code, v in sums.landuse.items()
    ]
    found.append(
        answer("landuse.sum", sums.area / 1e4, "hm2", "4.1.4", "图斑铺满流域，面积之和等于流域面积", 1e-4)
    )
    found += [answer(f"erosion.{k}", v / 1e4, "hm2", "A.3", shoelace, 1e-4) for k, v in sums.erosion.items()]
    found.append(
        answer("C.1", sums.conservation_rate, "%", "C.1", "(1 − 轻度及以上面积 / 流域面积) × 100", 1e-3)
    )
    found.append(
        answer(
            "C.2",
            sums.forest_grass_cover,
            "%",
            "C.2",
            "0301、0302、0305、0404 图斑面积之和 / 流域面积 × 100",
            1e-3,
        )
    )
    found.append(
        answer("C.7", sums.green_rate, "%", "C.7", "(VG1 + VG2) / 村庄建设用地，均为自身坐标的鞋带面积", 1e-3)
    )
    return found


def _shores(sums: Figures) -> list[dict[str, Any]]:
    how = "岸线各段由生成器自身坐标求长后按类相加；治理段岸线与未治理段相距 80 m 以上"
    found = [answer(f"banks.treated.{k}", v, "m", "C.8", how, 1e-2) for k, v in sums.treated_banks.items()]
    found += [answer(f"banks.all.{k}", v, "m", "C.8", how, 1e-2) for k, v in sums.banks.items()]
    found.append(
        answer("C.8", sums.bank_rate, "%", "C.8", "治理段（自然 + 人工生态）/ 治理段岸线总长 × 100", 1e-3)
    )
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
    how = (
        "由汇流树逐条数得：沟道自汇水 0.02 km²（800 个格网）处起，"
        "止于汇入汇水更大（相等时更长）的沟道处，长度按格网中心距相加"
    )
    required = [c for c in channels if c["survey_required"]]
    return [
        answer("channels.total", len(channels), None, "4.3.1", how),
        answer("channels.required", len(required), None, "4.3.1", how + "；长大于 300 m 或汇水大于 0.1 km²"),
        answer(
            "channels.near_miss",
            sum(c["near_miss"] for c in channels),
            None,
            "4.3.1",
            how + "；未达但不小于限值的 90 %",
        ),
        answer(
            "channels.length_required_m",
            round(sum(c["length_m"] for c in required), 3),
            "m",
            "4.3.1",
            how,
            0.05,
        ),
    ]
