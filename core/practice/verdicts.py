"""The twenty indicators of the practice watershed and their verdicts for the five types, by plain arithmetic.

The limits are written out here once more, from table 7-1 as printed, and not read from the edition, so that a
limit wrongly typed there disagrees with this key.
"""

from __future__ import annotations

import math
from typing import Any, Callable

from . import VERSION, chance
from .figures import Figures
from .scene import Layer, Watershed
from .survey import YEAR

TYPES = ("water_source", "eco_tourism", "livable", "leisure", "green_industry")

WATER = {"ph": 7.3, "do": 7.2, "codmn": 3.4, "cod": 14.0, "bod5": 2.6, "nh3n": 0.46, "tp": 0.12}
"""Measured at the outlet, mg/L (pH without unit). Total phosphorus 0.12 lies between 0.1 and 0.2: class Ⅲ,
the worst.
"""

JUDGED = {
    3: "与治理前相比，中度及以上侵蚀面积减少，水土保持功能明显提升。",
    4: "近五年植被覆盖度稳定，未发生大面积病虫害和火灾。",
    5: "样线调查记录到的鸟类和水生生物种数较上期增加。",
    7: "抽查农户用药台账，施用次数、用量和安全间隔期符合 GB/T 8321。",
    14: "村庄整洁，入户道路硬化，房前屋后绿化。",
    16: "河道畅通，河底未硬化，采砂坑已停用并回填，未见垃圾堆放。",
}


def service_radius_m(w: Watershed, layers: list[Layer]) -> float:
    """Largest distance from the centre of a house to the nearest public toilet, rounded up to a metre."""
    by_name = {part.name: part for part in layers}
    toilets = [f.geometry for f in by_name["toilets"].features]
    worst = 0.0
    for house in by_name["buildings"].features:
        ring = house.geometry[0]
        x, y = (ring[0, 0] + ring[2, 0]) / 2, (ring[0, 1] + ring[2, 1]) / 2
        worst = max(worst, min((x - tx) * (x - tx) + (y - ty) * (y - ty) for tx, ty in toilets))
    return float(math.ceil(math.sqrt(worst)))


def indicator_inputs(
    w: Watershed, layers: list[Layer], sums: Figures, tables: dict[str, Any]
) -> list[dict[str, Any]]:
    """Rows of ``indicator_input``: totals that no table holds, measured water, judgements with their
    evidence.
    """
    special = sum(r["industry_output_wan"] for r in tables["a7"])
    values: list[tuple[int, str, float, str]] = [
        (1, "eroded_area", sums.eroded / 1e4, "hm2"),
        (1, "total_area", sums.area / 1e4, "hm2"),
        (2, "vegetated_area", sums.forest_grass / 1e4, "hm2"),
        (2, "total_area", sums.area / 1e4, "hm2"),
        (12, "service_radius_m", service_radius_m(w, layers), "m"),
        (13, "a_vg1", sums.green.get("VG1", 0.0), "m2"),
        (13, "a_vg2", sums.green.get("VG2", 0.0), "m2"),
        (13, "a_v", sums.built, "m2"),
        (17, "natural_bank", sums.treated_banks.get("自然", 0.0), "m"),
        (17, "artificial_ecological_bank", sums.treated_banks.get("人工生态", 0.0), "m"),
        (17, "treated_bank_total", sum(sums.treated_banks.values()), "m"),
        (18, "income", mean_income(tables["a2"]), "yuan/a"),
        (19, "special_industry_output", special, "10^4 yuan"),
        (19, "agricultural_output", agricultural_output(special), "10^4 yuan"),
        (
            20,
            "visitors_per_year",
            round(sum(r["visitors_wan"] for r in tables["a10"]), 2),
            "10^4 person-times/a",
        ),
        *((15, item, value, "" if item == "ph" else "mg/L") for item, value in WATER.items()),
    ]
    rows = [_input(n, key, value=v, unit=unit, source="练习调查") for n, key, v, unit in values]
    rows.append(_input(15, "water_kind", text="river", source="练习监测"))
    rows.append(
        _input(10, "scale_farms", value=0.0, unit="座", source="全域排查", proven_absent=1, **_proof(10))
    )
    rows += [
        _input(n, "judgement", value=1.0, source="现场调查", statement=text, **_proof(n))
        for n, text in JUDGED.items()
    ]
    for number, row in enumerate(rows):
        row["uuid"] = chance.identity(w.seed, VERSION, "indicator_input", number)
    return rows


def mean_income(a2: list[dict[str, Any]]) -> float:
    """Income of table A.2 weighted by resident population, yuan/a, as the town publishes it."""
    people = sum(r["resident_population"] for r in a2)
    return sum(r["net_income_yuan"] * r["resident_population"] for r in a2) / people


def _input(number: int, key: str, **values: Any) -> dict[str, Any]:
    return {"number": number, "key": key, "year": YEAR, **values}


def _proof(number: int) -> dict[str, Any]:
    found: dict[str, Any] = {"evidence": f"evidence/{number:02d}.txt", "person": "周敏", "date": "2025-06-18"}
    if number == 10:
        found["statement"] = "逐户排查，流域内无规模化畜禽养殖场。"
    return found


def agricultural_output(special: float) -> float:
    """Agricultural output of which the special industry makes 46 % and a little less, 10^4 yuan."""
    return float(math.ceil(special / 0.46))


def evidence_files() -> dict[str, str]:
    """The evidence that the judgements point to: path -> text."""
    texts = {**JUDGED, 10: "逐户排查，流域内无规模化畜禽养殖场。"}
    return {
        f"evidence/{n:02d}.txt": f"练习用证据材料（虚构）\n指标 {n}：{text}\n记录人：周敏  2025-06-18\n"
        for n, text in sorted(texts.items())
    }


HOW_EN = {
    1: "(1 - light erosion and worse / watershed) x 100",
    2: "(0301 + 0302 + 0305 + 0404) / watershed x 100",
    3: "statement, evidence, person and date are there",
    6: "the four crops of A.5 weighted by area",
    8: "A.8: treated where the standard is met / discharged x 100",
    9: "A.8: all that arises is treated, village by village",
    10: "no scale farm: passes for the two types that ban them, not evaluated for the others",
    11: "A.8 households with sanitary toilet / A.7 households x 100",
    12: "one toilet a village / (households / 500), or the service radius",
    13: "(VG1 + VG2) / village built-up land x 100",
    15: "total phosphorus, 0.12 mg/L, is the worst item: class III",
    17: "(natural + ecological) / all banks of the treated reach x 100",
    18: "A.2 income weighted by resident population",
    19: "A.7 special industry / agricultural output x 100",
    20: "visitors of the three places of A.10",
}
"""How each value follows, in English; the rows have it in Chinese."""


def values(tables: dict[str, Any], sums: Figures, radius: float) -> dict[int, tuple[float, str]]:
    """Value of each numeric indicator with its sum written out."""
    a5 = [r for r in tables["a5"] if r.get("fertiliser_kg_hm2") is not None]
    a8, a2 = tables["a8"], tables["a2"]
    land = sum(r["area_hm2"] for r in a5)
    sewage, good = (
        sum(r["sewage_l_d"] for r in a8),
        sum(r["sewage_treated_l_d"] for r in a8 if r["treated_to_standard"]),
    )
    waste, clean = sum(r["waste_t_d"] for r in a8), sum(r["waste_treated_t_d"] for r in a8)
    homes, sanitary = sum(r["households"] for r in tables["a7"]), sum(r["households_sanitary"] for r in a8)
    special = sum(r["industry_output_wan"] for r in tables["a7"])
    toilets = sum(r["public_toilets"] for r in a8)
    return {
        1: (sums.conservation_rate, "(1 − 轻度及以上侵蚀面积 / 流域面积) × 100"),
        2: (sums.forest_grass_cover, "(0301 + 0302 + 0305 + 0404) / 流域面积 × 100"),
        6: (sum(r["area_hm2"] * r["fertiliser_kg_hm2"] for r in a5) / land, "表 A.5 四类耕园地按面积加权"),
        8: (good / sewage * 100, "表 A.8 达标村的处理量之和 / 排放量之和 × 100"),
        9: (clean / waste * 100, "表 A.8 处置量与产生量逐村相等"),
        11: (sanitary / homes * 100, "表 A.8 使用卫生厕所户数 / 表 A.7 户数 × 100"),
        12: (toilets / (homes / 500), f"每村 1 座 / (户数 / 500)；服务半径 {radius:.0f} m"),
        13: (sums.green_rate, "(VG1 + VG2) / 村庄建设用地 × 100"),
        17: (sums.bank_rate, "治理段 (自然 + 人工生态) / 岸线总长 × 100"),
        18: (
            mean_income(a2),
            "表 A.2 人均纯收入按常住人口加权",
        ),
        19: (special / agricultural_output(special) * 100, "表 A.7 特色产业产值之和 / 农业总产值 × 100"),
        20: (round(sum(r["visitors_wan"] for r in tables["a10"]), 2), "表 A.10 三处游客数之和"),
    }


Test = Callable[[float], bool]


def _at_least(limit: float) -> tuple[str, float, Test]:
    return ">=", limit, lambda v: v >= limit


def _above(limit: float) -> tuple[str, float, Test]:
    return ">", limit, lambda v: v > limit


def _limits(kind: str, county: dict[str, Any]) -> dict[int, tuple[str, float, Test]]:
    """Table 7-1 as printed, for one type: number -> (operator, limit, test)."""
    green, source = kind == "green_industry", kind == "water_source"
    found = {
        1: _at_least(county["county_current_mean"] if green else county["county_target_2035"]),
        2: _above(county["county_mean"]),
        6: ("<=", 250.0, lambda v: v <= 250.0),
        8: _at_least(100.0 if source else 85.0),
        9: _at_least(100.0),
        11: _at_least(80.0),
        12: _at_least(1.0),
        13: _at_least(20.0),
        17: _at_least(70.0 if source else (60.0 if kind == "eco_tourism" else 50.0)),
        18: _above(county["county_mean_income"]),
    }
    if kind in ("eco_tourism", "green_industry"):
        radius = 800.0 if kind == "eco_tourism" else 1000.0
        found[12] = ("<", radius, lambda v: v < radius)
    if green:
        found[19] = _at_least(50.0)
    if kind in ("eco_tourism", "leisure"):
        found[20] = _at_least(0.5)
    return found


def verdicts(
    kind: str, county: dict[str, Any], figures: dict[int, tuple[float, str]], radius: float
) -> dict[str, Any]:
    """The twenty rows of one type and the whole verdict."""
    limits = _limits(kind, county)
    rows: list[dict[str, Any]] = []
    for number in range(1, 21):
        if number in JUDGED:
            rows.append({"number": number, "state": "pass", "how": "判断有陈述、证据、责任人和日期"})
        elif number == 15:
            rows.append(
                {
                    "number": 15,
                    "value_text": "Ⅲ",
                    "threshold": "Ⅲ",
                    "state": "pass",
                    "how": "总磷 0.12 mg/L 为最差项，属Ⅲ类",
                }
            )
        elif number == 10:
            banned = kind in ("water_source", "leisure")
            state = "pass" if banned else "not_applicable"
            rows.append({"number": 10, "state": state, "how": "无规模化养殖：禁止的两类为达标，其余不评价"})
        elif number not in limits:
            rows.append({"number": number, "state": "not_applicable", "how": "表 7-1 对本类型不作要求"})
        else:
            operator, limit, test = limits[number]
            value = radius if operator == "<" and number == 12 else figures[number][0]
            row = {"number": number, "value": value, "operator": operator, "threshold": limit}
            rows.append({**row, "state": "pass" if test(value) else "fail", "how": figures[number][1]})
    for done in rows:
        number = int(done["number"])
        judged = 3 if number in JUDGED else number
        asked = number in limits or number in (10, 15) or judged == 3
        done["how_en"] = HOW_EN[judged] if asked else "table 7-1 asks nothing of this type"
    failed = [r["number"] for r in rows if r["state"] == "fail"]
    return {
        "type": kind,
        "verdict": "not_recognised" if failed else "recognised",
        "failed": failed,
        "rows": rows,
    }


def all_verdicts(
    county: dict[str, Any], tables: dict[str, Any], sums: Figures, radius: float
) -> list[dict[str, Any]]:
    """Verdicts of the five types."""
    figures = values(tables, sums, radius)
    return [verdicts(kind, county, figures, radius) for kind in TYPES]
