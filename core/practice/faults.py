"""Planted faults for exercises: each changes the filled survey or a layer in one known place.

``plant`` works on copies: the sound survey stays what it is, and taking the same faults again gives the same
faulty one.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Callable, Mapping


@dataclass(frozen=True)
class Fault:
    """One planted fault.

    ``table`` and ``field`` say where, ``zh`` and ``en`` what was done, ``clause`` what it offends; ``change``
    alters the tables in place and returns the uuid of the row it touched.
    """

    key: str
    clause: str
    table: str
    field: str
    zh: str
    en: str
    change: Callable[[Mapping[str, list[dict[str, Any]]]], str]


def _set(row: dict[str, Any], field: str, value: Any) -> str:
    row[field] = value
    return str(row["uuid"])


def _tonnes(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return _set(t["a8"][1], "sewage_l_d", t["a8"][1]["sewage_l_d"] / 1000)


def _more_treated(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return _set(t["a8"][2], "sewage_treated_l_d", t["a8"][2]["sewage_l_d"] * 1.2)


def _cropland(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return _set(t["a1"][0], "cropland_hm2", t["a1"][0]["cropland_hm2"] * 10)


def _heights(t: Mapping[str, list[dict[str, Any]]]) -> str:
    row = t["a1"][0]
    row["elevation_max_m"], row["elevation_min_m"] = row["elevation_min_m"], row["elevation_max_m"]
    return str(row["uuid"])


def _hectares(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return _set(t["a3"][0], "watershed_area_km2", t["a3"][0]["watershed_area_km2"] * 100)


def _lost_village(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return str(t["a8"].pop()["uuid"])


def _per_mu(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return _set(t["a5"][0], "fertiliser_kg_hm2", round(t["a5"][0]["fertiliser_kg_hm2"] / 15, 1))


def _lost_channel(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return str(t["a6"].pop()["uuid"])


def _toilets(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return _set(t["a8"][0], "toilets_converted", t["a8"][0]["toilets_total"] + 5)


def _labour(t: Mapping[str, list[dict[str, Any]]]) -> str:
    return _set(t["a2"][0], "labour_force", t["a2"][0]["registered_population"] + 12)


def _checker(t: Mapping[str, list[dict[str, Any]]]) -> str:
    row = t["sheet"][0]
    return _set(row, "checker", row["surveyor"])


def _old_year(t: Mapping[str, list[dict[str, Any]]]) -> str:
    row = next(r for r in t["indicator_input"] if r["number"] == 20)
    return _set(row, "year", 2019)


def _no_evidence(t: Mapping[str, list[dict[str, Any]]]) -> str:
    row = next(r for r in t["indicator_input"] if r["key"] == "judgement" and r["number"] == 5)
    return _set(row, "evidence", None)


def _printed_c8(t: Mapping[str, list[dict[str, Any]]]) -> str:
    row = next(r for r in t["indicator_input"] if r["key"] == "treated_bank_total")
    return _set(row, "value", row["value"] / 2)


FAULTS = (
    Fault(
        "sewage_in_tonnes",
        "C.3",
        "a8",
        "sewage_l_d",
        "日排放量按 t/d 填写",
        "sewage entered in t/d instead of L/d",
        _tonnes,
    ),
    Fault(
        "treated_above_total",
        "C.3",
        "a8",
        "sewage_treated_l_d",
        "处理量大于排放量",
        "more treated than discharged",
        _more_treated,
    ),
    Fault(
        "land_sum",
        "4.1.4",
        "a1",
        "cropland_hm2",
        "耕地面积多写一位",
        "cropland ten times too large",
        _cropland,
    ),
    Fault(
        "heights_swapped",
        "4.1.4",
        "a1",
        "elevation_max_m",
        "最高、最低海拔颠倒",
        "highest and lowest swapped",
        _heights,
    ),
    Fault(
        "area_in_hectares",
        "A.3",
        "a3",
        "watershed_area_km2",
        "总面积按 hm² 填写",
        "total area in hm² instead of km²",
        _hectares,
    ),
    Fault(
        "village_missing",
        "4.4.3",
        "a8",
        "natural_village",
        "漏填一个自然村",
        "one hamlet missing from A.8",
        _lost_village,
    ),
    Fault(
        "fertiliser_per_mu",
        "A.5",
        "a5",
        "fertiliser_kg_hm2",
        "化肥强度按每亩填写",
        "fertiliser per mu",
        _per_mu,
    ),
    Fault(
        "channel_missing",
        "4.3.1",
        "a6",
        "channel_name",
        "漏查一条应调查的沟道",
        "a required channel missing",
        _lost_channel,
    ),
    Fault(
        "toilets",
        "C.6",
        "a8",
        "toilets_converted",
        "已改厕多于总数",
        "more toilets converted than there are",
        _toilets,
    ),
    Fault(
        "labour",
        "4.1.4",
        "a2",
        "labour_force",
        "劳动力多于户籍人口",
        "more workers than registered people",
        _labour,
    ),
    Fault(
        "checker_is_surveyor",
        "4.1.4",
        "sheet",
        "checker",
        "校核人与调查人相同",
        "checker and surveyor the same",
        _checker,
    ),
    Fault("old_year", "7.0.2", "indicator_input", "year", "游客数为 2019 年", "visitors of 2019", _old_year),
    Fault(
        "no_evidence",
        "7.0.1",
        "indicator_input",
        "evidence",
        "定性判断缺少证据",
        "a judgement without evidence",
        _no_evidence,
    ),
    Fault(
        "c8_above_100",
        "C.8",
        "indicator_input",
        "value",
        "治理岸线总长只计一侧，比例超过 100 %",
        "treated bank length of one side only: the ratio exceeds 100 %",
        _printed_c8,
    ),
)
"""All faults, in the order of a course."""


def plant(
    tables: Mapping[str, list[dict[str, Any]]], keys: list[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A copy of the tables with the faults of ``keys``, and what was done: key, table, field, row_uuid,
    texts.

    ``tables`` hold the survey's tables, ``sheet`` and ``indicator_input``. Raises KeyError for an unknown
    key.
    """
    known = {fault.key: fault for fault in FAULTS}
    faulty = copy.deepcopy({name: list(rows) for name, rows in tables.items()})
    done = []
    for key in keys:
        fault = known[key]
        uuid = fault.change(faulty)
        done.append(
            {
                "key": key,
                "clause": fault.clause,
                "table": fault.table,
                "field": fault.field,
                "row_uuid": uuid,
                "zh": fault.zh,
                "en": fault.en,
            }
        )
    return faulty, done
