"""The filled survey of the practice watershed: rows of each table by the column keys of appendix A.

Cells that a program fills better than a person (distances, gradients, gully density, slope of cropland) are
left empty for the prefill; what people ask, count or read off a map is filled. Figures of households, sewage,
waste and money are planted so that the indicators come out by simple arithmetic (see :mod:`.verdicts`).
"""

from __future__ import annotations

import uuid as uuids
from typing import Any

from . import VERSION, chance, mosaic, names
from .answers import channel_answers
from .figures import Figures
from .layers import admin_of, brook_name, households_of, industry_parcels, people_of
from .plan import quantities
from .scene import SURVEY_DATE, Layer, Watershed

YEAR = 2024

FERTILISER = {"0101": 264.0, "0103": 236.0, "0201": 228.0, "0202": 205.0}
"""kg of pure nutrients per hm² and year, by land use."""

WATER_USE_L, RETURN_SHARE_PER_TEN = 85, 8
"""Litres of water per head and day; eight tenths of it come back as sewage."""

VISITORS = {"云峰寺": 0.30, "清源山居": 0.22, "龙井水库": 0.10}
"""10 000 visitors a year."""


def tables(w: Watershed, layers: list[Layer], sums: Figures) -> dict[str, list[dict[str, Any]]]:
    """Rows of every table, each row with ``uuid`` and, where it describes a feature, ``<layer>_uuid``."""
    found = {
        "a1": [_a1(w, sums)],
        "a2": _a2(w, layers),
        "a3": [_a3(sums)],
        "a4": [_a4(layers, sums)],
        "a5": _a5(sums),
        "a6": _a6(w, layers),
        "a6w": _a6w(layers),
        "a7": _a7(w, layers),
        "a8": _a8(w, layers),
        "a9": _a9(w, layers),
        "a10": _a10(w, layers),
        "a11x": _a11x(w, layers),
        "a12x": _a12x(w),
    }
    for name, rows in found.items():
        for number, row in enumerate(rows):
            row["uuid"] = chance.identity(w.seed, VERSION, "survey", name, number)
    return found


def store_id(w: Watershed) -> str:
    """Id of the survey store that the rows go into; the store names its headers after it."""
    return chance.identity(w.seed, VERSION, "store")


def sheets(w: Watershed) -> list[dict[str, Any]]:
    """The head of each table."""
    people = {"surveyor": names.PEOPLE[0], "recorder": names.PEOPLE[1], "checker": names.PEOPLE[2]}
    head = {
        "watershed_name": names.WATERSHED,
        "watershed_code": names.CODE,
        **people,
        "survey_date": SURVEY_DATE,
    }
    home = uuids.UUID(store_id(w))
    order = ("a1", "a2", "a3", "a4", "a5", "a6", "a6w", "a7", "a8", "a9", "a10", "a11x", "a12x")
    return [{"table": t, **head, "uuid": str(uuids.uuid5(home, t))} for t in order]


def hm2(square_metres: float) -> float:
    """Hectares with four decimals, as the tables print them."""
    return round(square_metres / 1e4, 4)


def _first_level(sums: Figures, code: str) -> float:
    return sum(v for k, v in sums.landuse.items() if k.startswith(code))


def _a1(w: Watershed, sums: Figures) -> dict[str, Any]:
    z = w.ground.z[w.ground.inside]
    keys = {
        "01": "cropland_hm2",
        "02": "orchard_hm2",
        "03": "forest_hm2",
        "04": "grassland_hm2",
        "05": "commercial_hm2",
        "06": "industrial_hm2",
        "07": "residential_hm2",
        "08": "public_hm2",
        "09": "special_hm2",
        "10": "transport_hm2",
        "11": "water_hm2",
        "12": "other_land_hm2",
    }
    return {
        "watershed_area_km2": round(sums.area / 1e6, 6),
        "elevation_max_m": round(float(z.max()), 1),
        "elevation_min_m": round(float(z.min()), 1),
        "mean_temperature_c": 17.2,
        "frost_free_days": 268,
        "annual_precipitation_mm": 1580.0,
        "rock_type": ["变质岩", "岩浆岩"],
        **{key: hm2(_first_level(sums, code)) for code, key in keys.items()},
    }


def _a2(w: Watershed, layers: list[Layer]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, feature in enumerate(_features(layers, "admin_villages")):
        name = feature.values["name"]
        own = [v for v in w.works.villages if admin_of(w, v.seat) == name]
        households = [households_of(w, v) for v in own]
        people = sum(people_of(h) for h in households)
        rows.append(
            {
                "unit_name": name,
                "land_area_hm2": hm2(sum(mosaic.area(p) for p in feature.geometry)),
                "households": sum(households),
                "registered_population": people + people // 5,
                "resident_population": people,
                "labour_force": people * 11 // 20,
                "gross_output_wan": round(people * 2.6, 1),
                "net_income_yuan": 22000 + 300 * number,
            }
        )
    return rows


def _a3(sums: Figures) -> dict[str, Any]:
    keys = {2: "light", 3: "moderate", 4: "strong", 5: "very_strong", 6: "severe"}
    row: dict[str, Any] = {
        "watershed_area_km2": round(sums.area / 1e6, 6),
        "erosion_total_hm2": hm2(sums.eroded),
    }
    for value, key in keys.items():
        row[f"erosion_{key}_hm2"] = hm2(sums.erosion.get(value, 0.0))
        row[f"erosion_{key}_pct"] = round(sums.erosion.get(value, 0.0) / sums.eroded * 100, 2)
    row["erosion_modulus"] = 1450.0
    return row


def _a4(layers: list[Layer], sums: Figures) -> dict[str, Any]:
    done = {m: v for (m, status), v in quantities(_plan(layers)).items() if status == "built"}
    return {
        "terrace_hm2": round(done.get("terrace", 0.0), 4),
        "check_dams": int(done.get("check_dam", 0)),
        "ponds": sum(f.values["kind"] == "pond" for f in _features(layers, "waterbodies")),
        "treated_bank_m": round(sum(sums.treated_banks.values()), 3),
    }


def _plan(layers: list[Layer]) -> list[Layer]:
    return [part for part in layers if part.name.startswith("measures")]


def _a5(sums: Figures) -> list[dict[str, Any]]:
    names_of = {"0101": "水田", "0103": "旱地", "0201": "果园", "0202": "茶园"}
    rows: list[dict[str, Any]] = []
    for code in names_of:
        if code in sums.landuse:
            rows.append(
                {
                    "land_type": code,
                    "area_hm2": hm2(sums.landuse[code]),
                    "fertiliser_kg_hm2": FERTILISER[code],
                    "pesticide_kg_hm2": 2.4 if code.startswith("01") else 3.6,
                    "film_hm2": 0.0 if code == "0101" else hm2(sums.landuse[code] * 0.05),
                }
            )
    farm = {
        "manure_destination": "堆沤还田",
        "wastewater_destination": "农田消纳",
        "treated_to_standard": True,
    }
    rows.append(
        {
            "livestock_type_mode": "畜禽养殖-散养",
            "species": "猪",
            "output": 160,
            "wastewater_l_a": 420000.0,
            **farm,
        }
    )
    rows.append(
        {
            "livestock_type_mode": "畜禽养殖-散养",
            "species": "鸡",
            "output": 1800,
            "wastewater_l_a": 65000.0,
            **farm,
        }
    )
    for number, row in enumerate(rows):
        row["row_no"] = number + 1
    return rows


def _a6(w: Watershed, layers: list[Layer]) -> list[dict[str, Any]]:
    """One row for each channel that clause 4.3.1 wants surveyed."""
    lines = {f.values["name"]: f.uuid for f in _features(layers, "channels")}
    rows: list[dict[str, Any]] = []
    for channel in channel_answers(w):
        if not channel["survey_required"]:
            continue
        number, large = channel["number"], channel["area_km2"] >= 1.5
        name = brook_name(w, number)
        rows.append(
            {
                "row_no": len(rows) + 1,
                "channel_name": name,
                "channel_code": f"{names.CODE}-{number + 1:02d}",
                "catchment_km2": channel["area_km2"],
                "length_m": channel["length_m"],
                "bed_material": "卵石" if large else ("砾石" if channel["area_km2"] > 0.3 else "砂"),
                "flow_duration": "常年有水" if large else "季节性有水",
                "water_quality_class": "Ⅲ" if number == 0 else "Ⅱ",
                "siltation": "轻" if number % 3 else "无",
                "sand_digging": number == 0,
                "artificial_alteration": "部分渠化" if number == 0 else "自然",
                "bed_state": "自然透水",
                "channels_uuid": lines.get(name),
            }
        )
    return rows


def _a6w(layers: list[Layer]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for feature in _features(layers, "waterbodies"):
        kind = {"pond": "塘坝", "reservoir": "水库"}.get(feature.values["kind"])
        if kind:
            area = feature.values["area_m2"]
            depth = 4.0 if kind == "水库" else 1.5
            rows.append(
                {
                    "row_no": len(rows) + 1,
                    "water_body_type": kind,
                    "name": feature.values["name"],
                    "area_hm2": hm2(area),
                    "volume_m3": round(area * depth, 0),
                    "water_quality_class": "Ⅱ" if kind == "水库" else "Ⅲ",
                    "waterbodies_uuid": feature.uuid,
                }
            )
    return rows


def _a7(w: Watershed, layers: list[Layer]) -> list[dict[str, Any]]:
    built = {f.values["name"]: f.values["area_m2"] for f in _features(layers, "built_land")}
    uuids = {f.values["name"]: f.uuid for f in _features(layers, "villages")}
    rows: list[dict[str, Any]] = []
    for number, village in enumerate(w.works.villages):
        households = households_of(w, village)
        rows.append(
            {
                "row_no": number + 1,
                "natural_village": village.name,
                "township": names.TOWNSHIP,
                "admin_village": admin_of(w, village.seat),
                "residential_area_hm2": hm2(built[village.name]),
                "households": households,
                "population": people_of(households),
                "housing_per_capita_m2": 42.0,
                "yard_per_household_m2": 60.0,
                "main_income": ("外出务工", "茶叶", "水果", "粮食")[number % 4],
                "drain_m": 40.0 * (2 + number % 5),
                "beautified_m2": 15.0 * households,
                "new_energy_type": ["太阳能"] if number % 2 else ["沼气", "太阳能"],
                "new_energy_mode": "户用",
                "industry_type": "茶叶" if number % 2 else "水果",
                "industry_scale": f"{households // 3} 户",
                "industry_output_wan": float(households * 3),
                "villages_uuid": uuids[village.name],
            }
        )
    return rows


def sewage_misses_standard(w: Watershed, number: int) -> bool:
    """Whether the plant of this village misses the standard: the smallest village's, where it has under a
    tenth of all.
    """
    people = [people_of(households_of(w, v)) for v in w.works.villages]
    return number == people.index(min(people)) and 10 * min(people) < sum(people)


def _a8(w: Watershed, layers: list[Layer]) -> list[dict[str, Any]]:
    uuids = {f.values["name"]: f.uuid for f in _features(layers, "villages")}
    rows: list[dict[str, Any]] = []
    for number, village in enumerate(w.works.villages):
        households = households_of(w, village)
        people = people_of(households)
        sewage = people * WATER_USE_L * RETURN_SHARE_PER_TEN / 10
        rows.append(
            {
                "row_no": number + 1,
                "natural_village": village.name,
                "water_use_l_person_day": float(WATER_USE_L),
                "sewage_l_d": sewage,
                "sewage_facilities": 1,
                "sewage_treated_l_d": sewage * 96 / 100,
                "sewage_use": "农田灌溉" if number % 2 else "直接排放",
                "waste_t_d": people * 8 / 10000,
                "waste_facilities": 1 + households // 40,
                "waste_treated_t_d": people * 8 / 10000,
                "toilets_total": households,
                "toilets_converted": households - households // 12,
                "households_sanitary": households - households // 10,
                "public_toilets": 1,
                "treated_to_standard": not sewage_misses_standard(w, number),
                "waste_kinds": "户分类、村收集、镇转运、县处理",
                "villages_uuid": uuids[village.name],
            }
        )
    return rows


_BUSINESS = {
    "清源竹木制品厂": ("竹木制品加工", 26, 3200.0, 2400.0, "沉淀后回用", 85.0, 85.0),
    "云岭粮油加工坊": ("稻米、油茶籽加工", 9, 900.0, 620.0, "三级沉淀", 30.0, 28.0),
    "石壁建筑石料场": ("建筑石料", 18, 5200.0, 4100.0, "沉淀后回用", 640.0, 610.0),
}


def _a9(w: Watershed, layers: list[Layer]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for feature in _features(layers, "enterprises"):
        products, staff, water, waste_water, treatment, waste, treated = _BUSINESS[feature.values["name"]]
        rows.append(
            {
                "row_no": len(rows) + 1,
                "name": feature.values["name"],
                "location": names.TOWNSHIP,
                "scale": "小型",
                "employees": staff,
                "products": products,
                "water_use_m3_a": water,
                "wastewater_treatment": treatment,
                "wastewater_m3_a": waste_water,
                "waste_total_t_a": waste,
                "waste_treated_t_a": treated,
                "waste_discharged_t_a": waste - treated,
                "enterprises_uuid": feature.uuid,
            }
        )
    return rows


def _a10(w: Watershed, layers: list[Layer]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for feature in _features(layers, "tourism"):
        name = feature.values["name"]
        rows.append(
            {
                "row_no": len(rows) + 1,
                "name": name,
                "main_class": feature.values["main_class"],
                "location": names.TOWNSHIP,
                "access": "村道可达",
                "distance_hub_km": 28.0,
                "preservation": "较好",
                "development": "部分开发",
                "potential": "中",
                "visitors_wan": VISITORS[name],
                "tourism_uuid": feature.uuid,
            }
        )
    return rows


def _a11x(w: Watershed, layers: list[Layer]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for feature, parcel in zip(_features(layers, "industry"), industry_parcels(w)):
        area = hm2(feature.values["area_m2"])
        rows.append(
            {
                "row_no": len(rows) + 1,
                "industry_class": "特色农业",
                "industry_type": "茶叶" if w.parcels.code[parcel] == "0202" else "水果",
                "area_hm2": area,
                "output_wan": round(area * 6, 1),
                "brand": "云岭",
                "potential": "高",
                "industry_uuid": feature.uuid,
            }
        )
    return rows


def _a12x(w: Watershed) -> list[dict[str, Any]]:
    first = w.works.villages[0].name
    rows: list[dict[str, Any]] = [
        {"topic": "人文情况", "name": "云峰寺庙会", "description": "每年农历三月举行，约 800 人参加。"},
        {
            "topic": "水土流失危害",
            "name": "果园冲沟",
            "description": "暴雨后冲沟淤埋下方水田。",
            "degree": "一般",
        },
        {"topic": "相关项目", "name": "高标准农田", "description": "2021 年实施，已验收。", "period": "2021"},
        {
            "topic": "防洪安全",
            "name": f"{first}护村堤",
            "natural_village": first,
            "flood_threat": True,
            "flood_standard_a": 10.0,
            "protection_works": "护村坝、排洪渠",
        },
    ]
    return [{"row_no": n + 1, **row} for n, row in enumerate(rows)]


def _features(layers: list[Layer], name: str) -> list[Any]:
    return list(next(part for part in layers if part.name == name).features)
