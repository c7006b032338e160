"""What the practice watershed's people answered and signed: the guide's questions, targets, duties, cards.

Everything is made up; present values are those of the key. One principle and one goal are left open so that blanks
show. Serves 3.0.1 to 3.0.7, 5.1.1, 5.1.2, chapter 8.
"""

from __future__ import annotations

import json
import math
from typing import Any, Mapping

from ..guide.answers import META_KEY, Answer, to_text
from ..guide.stages import target_key
from . import names
from .scene import Layer
from .verdicts import JUDGED

PERSON, DAY = "李清", "2025-07-02"
SIGNER, SIGNED_ON = "王磊", "2025-07-08"
OPEN = ("goals.6", "principles.4")
"""Questions that nobody answered."""

_QUESTIONS: Mapping[str, tuple[str, str]] = {
    "unit.kind": ("catchment", ""),
    "plans.economic": ("yes", "青溪县国民经济和社会发展第十四个五年规划（练习用虚构文件）"),
    "plans.spatial": ("yes", "青溪县国土空间总体规划（练习用虚构文件）"),
    "plans.conservation": ("yes", "青溪县水土保持规划（练习用虚构文件）"),
    "plans.special": ("yes", "青溪县生态清洁小流域建设工作方案（练习用虚构文件）"),
    "plans.procedure": ("yes", "实施方案经云岭镇审查、青溪县水利局批复"),
    "priority.areas": ("settlements resources", ""),
    "priority.evidence": ("村庄沿河集中分布，森林和果茶资源较好", ""),
    "type.water_source": ("no", "龙井水库只供村内用水，不是重要水源地"),
    "type.eco_tourism": ("no", "森林资源较好，但景点规模小"),
    "type.livable": ("yes", "村庄沿清源河分布，居住区周边林草、水景较好"),
    "type.leisure": ("yes", "有云峰寺、清源山居和龙井水库三处景点，果茶园可观光采摘"),
    "type.green_industry": ("no", "特色产业产值不足农业总产值的一半"),
    "goals.1": ("yes", "梯田、造林、封禁和谷坊覆盖轻度及以上侵蚀地块"),
    "goals.2": ("yes", "测土配方施肥，水库周边设生物过滤带"),
    "goals.3": ("yes", "治理段硬质护岸改为生态护坡"),
    "goals.4": ("yes", "各村污水、垃圾、厕所和绿化均列入建设内容"),
    "goals.5": ("yes", "果园、茶园基地配套生产道路"),
    "principles.1": ("yes", "全流域按一个系统布设"),
    "principles.2": ("yes", "以清源河小流域为单元"),
    "principles.3": ("yes", "按三区布设措施"),
}
_RAISED = {1: (1.5, 3.0), 2: (1.0, 2.0), 6: (-15.0, -30.0), 8: (4.0, 8.0), 11: (4.0, 8.0), 13: (1.0, 2.0),
           17: (8.0, 15.0), 18: (2500.0, 6000.0), 19: (3.0, 6.0), 20: (0.2, 0.6)}  # fmt: skip
"""By how much an indicator is to rise (or fall) until the planned and the horizon year."""

_PERCENT = (1, 2, 8, 9, 11, 13, 17, 19)
_DIGITS = {6: 0, 18: 0, 20: 1}
_DUTIES = {
    "terrace": "terrace.6.2.2-5-3.design_standard",
    "check_dam": "check_dam.6.2.2-11-3.design_standard",
}


def meta(values: Mapping[int, tuple[float, str]], plan: list[Layer]) -> dict[str, str]:
    """Facts of the survey: answers with targets, signatures and cards of what is built.

    ``values``: value of each numeric indicator (:func:`.verdicts.values`); ``plan``: layers of the layout.
    """
    answers = {
        key: Answer(value, note, PERSON, DAY) for key, (value, note) in _QUESTIONS.items() if key not in OPEN
    }
    answers.update(targets(values))
    return {META_KEY: to_text(answers), **_signed(plan)}


def targets(values: Mapping[int, tuple[float, str]]) -> dict[str, Answer]:
    """Present, planned and horizon value of every indicator (5.1.1)."""
    found = {}
    for number in range(1, 21):
        texts = _texts(number, values)
        for epoch, text in zip(("present", "planned", "horizon"), texts):
            found[target_key(number, epoch)] = Answer(text, "", PERSON, DAY)
    return found


def _texts(number: int, values: Mapping[int, tuple[float, str]]) -> tuple[str, str, str]:
    if number in JUDGED:
        return "基本符合", "符合", "符合"
    if number == 10:
        return ("无规模养殖场",) * 3
    if number == 15:
        return "Ⅲ", "Ⅲ", "Ⅱ"
    now = values[number][0]
    planned, horizon = _RAISED.get(number, (0.0, 0.0))
    return _text(number, now), _text(number, now + planned), _text(number, now + horizon)


def _text(number: int, value: float) -> str:
    """A value as a planner writes it, no share above 100 %."""
    most = 100.0 if number in _PERCENT else math.inf
    digits = _DIGITS.get(number, 1)
    return f"{min(value, most):.{digits}f}"


def _signed(plan: list[Layer]) -> dict[str, str]:
    """Design standards signed for what is built, and who owns and looks after it."""
    found: dict[str, str] = {}
    for part in plan:
        for feature in part.features:
            if feature.values["status"] != "built":
                continue
            rule = _DUTIES.get(str(feature.values["measure"]))
            if rule is not None:
                found[f"layout.confirm.{feature.uuid}|{rule}"] = _text_of(
                    reason="", name=SIGNER, date=SIGNED_ON
                )
            found[f"layout.card.{feature.uuid}"] = _text_of(
                owner="村集体", user="村集体", manager=names.PEOPLE[3], completed="2024-11-20"
            )
    return found


def _text_of(**facts: Any) -> str:
    return json.dumps(facts, ensure_ascii=False)
