"""What people signed about the layout: duties that no layer can tell, breaches kept with a reason, measures left out.

Kept by the layout dock as facts of the survey's ``meta`` (``layout.<kind>.<of>``); serves chapters 5, 6, 8 and
table B.1. A duty that nobody ticked stands with a blank.
"""

from __future__ import annotations

import json
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Sequence

from ..county import references
from ..siting.rules import measurable, rules_of
from ..siting.wording import asked
from ..standard import Edition
from ..standard.model import SitingRule
from .document import (
    Block,
    Cell,
    Grid,
    Heading,
    Line,
    Paragraph,
    Run,
    Runs,
    clause,
    code,
    day,
    head,
    joined,
    plain,
    said,
)
from .model import Contents
from .origins import Origins

CONFIRM, UNUSED, CARD = "layout.confirm.", "layout.unused.", "layout.card."
BLANK = "＿＿＿＿"
_MAJOR = "major"
_HOLDERS = ("owner", "user", "manager", "completed")
_SHOWN = 3


class Signature(NamedTuple):
    """Who signed, when, and why."""

    name: str
    date: str
    reason: str = ""


def signatures(meta: Mapping[str, str]) -> dict[tuple[str, str], Signature]:
    """(uuid of the measure, rule id) -> signature; facts that name nobody are no signatures."""
    found = {}
    for key, text in meta.items():
        uuid, bar, rule = key[len(CONFIRM) :].partition("|")
        entry = _entry(text) if key.startswith(CONFIRM) and bar else {}
        if entry.get("name", "").strip():
            found[uuid, rule] = Signature(entry["name"], entry.get("date", ""), entry.get("reason", ""))
    return found


def _entry(text: Optional[str]) -> dict[str, str]:
    try:
        raw = json.loads(text or "")
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in raw.items() if v is not None} if isinstance(raw, dict) else {}


def signed_blocks(contents: Contents, origins: Origins) -> Iterator[Block]:
    """Duties, kept breaches and reasons for what is left out; nothing where no measure is drawn."""
    if not contents.measures:
        return
    given = signatures(contents.meta)
    yield Heading(plain("须由人核定的事项"))
    words = "下列要求图层无法判断，由责任人在措施卡上逐处签认；未签的留空手填（"
    yield Paragraph((Run(words), *clause("5.1.2"), Run("）。")), "note")
    yield _duties(contents, given, origins)
    kept = list(_kept(contents, given))
    if kept:
        yield Heading(plain("签认保留的不符事项"))
        titles = head("措施", "条文", "理由", "签认人", "日期")
        yield Grid(titles, tuple(kept), (28.0, 12.0, 34.0, 14.0, 12.0), 8.5)
    left_out = list(_left_out(contents))
    if left_out:
        yield Heading(plain("未采用的重点措施（■）"))
        words = "措施重点供参考；未采用的重点措施宜写明理由（"
        yield Paragraph((Run(words), *clause("B.1"), Run("）。")), "note")
        yield Grid(head("措施", "理由", "签认人", "日期"), tuple(left_out), (28.0, 44.0, 16.0, 12.0), 8.5)


# -- duties -------------------------------------------------------------------------


def _duties(contents: Contents, given: Mapping[tuple[str, str], Signature], origins: Origins) -> Grid:
    edition = contents.edition
    lines = []
    for key in edition.measures:
        uuids = [uuid for uuid, own in contents.measures.items() if own[0] == key]
        for rule in rules_of(edition, key) if uuids else ():
            if _by_person(edition, rule):
                lines.append(_duty_line(rule, key, uuids, given, contents, origins))
    titles = head("措施", "条文", "须核定的事项", "处数", "已签", "签认人、日期")
    return Grid(titles, tuple(lines), (16.0, 11.0, 41.0, 7.0, 7.0, 18.0), 8.5)


def _by_person(edition: Edition, rule: SitingRule) -> bool:
    """Whether no layer can settle a rule; a companion is looked for among the measures themselves."""
    if rule.effect == "require_with":
        return rule.reading == "confirm"
    return not measurable(edition, rule)


def _duty_line(
    rule: SitingRule,
    key: str,
    uuids: Sequence[str],
    given: Mapping[tuple[str, str], Signature],
    contents: Contents,
    origins: Origins,
) -> Line:
    signed = [given[uuid, rule.id] for uuid in uuids if (uuid, rule.id) in given]
    name = origins.measure(key)

    def counted(what: str, number: int, formula: str) -> Runs:
        anchor = origins.own(
            f"duty.signed.{rule.id}.{what}",
            f"{name} {what}",
            str(number),
            rule.clause,
            formula,
            source="措施图层与签认记录",
        )
        return (Run(str(number), "value", anchor),)

    return Line(
        (
            Cell(code(name)),
            Cell(clause(rule.clause), "center"),
            Cell(code(duty_words(contents.edition, rule, references(contents.edition, contents.county)))),
            Cell(counted("处数", len(uuids), "该措施的要素个数"), "center"),
            Cell(counted("已签", len(signed), "其中已由责任人签认的个数"), "center"),
            Cell(_signers(signed), "center"),
        )
    )


def duty_words(edition: Edition, rule: SitingRule, values: Mapping[str, Any]) -> str:
    """What a person has to say that no layer can: in Chinese."""
    standards = "、".join(rule.standards)
    if rule.effect == "design_standard":
        return f"按 {standards} 设计和施工"
    zh, _ = asked(edition, [c for c in rule.when if not c.ranks], values)
    if rule.effect == "require_quality":
        return f"{zh}：水质符合 {standards}"
    if rule.effect in ("forbid", "avoid"):
        return f"不存在此情形：{zh}"
    return zh or (rule.note_zh or rule.id)


def _signers(signed: Sequence[Signature]) -> Runs:
    """Who signed and when, each once; a blank where nobody did."""
    distinct = list(dict.fromkeys((s.name, s.date) for s in signed))
    if not distinct:
        return plain(BLANK)
    shown = joined([(*said(name), Run(" "), *day(date)) for name, date in distinct[:_SHOWN]], "；")
    return (*shown, Run(" 等")) if len(distinct) > _SHOWN else shown


# -- kept breaches, measures left out ---------------------------------------------------


def _kept(contents: Contents, given: Mapping[tuple[str, str], Signature]) -> Iterator[Line]:
    """Breaches of rules that are measured, kept on somebody's word."""
    edition = contents.edition
    for (uuid, rule_id), signature in sorted(given.items()):
        if uuid not in contents.measures:
            continue
        key, name = contents.measures[uuid]
        rule = (
            next((r for r in rules_of(edition, key) if r.id == rule_id), None)
            if key in edition.measures
            else None
        )
        if rule is None or _by_person(edition, rule):
            continue
        reason, person, date = said(signature.reason), said(signature.name), day(signature.date)
        what = f"{name}（{edition.measures[key].name_zh}）" if name else edition.measures[key].name_zh
        yield Line((Cell(said(what)), Cell(clause(rule.clause), "center"), Cell(reason or plain(BLANK)),
                    Cell(person, "center"), Cell(date, "center")))  # fmt: skip


def _left_out(contents: Contents) -> Iterator[Line]:
    """Measures that table B.1 marks ■ for the type and the layout has nowhere."""
    present = {key for key, _ in contents.measures.values()}
    for key, measure in contents.edition.measures.items():
        if measure.marks.get(contents.type) != _MAJOR or measure.placeholder or key in present:
            continue
        entry = _entry(contents.meta.get(UNUSED + key))
        row = (
            Cell(code(f"{measure.number} {measure.name_zh}")),
            Cell(said(entry.get("reason", "")) or plain(BLANK)),
            Cell(said(entry.get("name", "")) or plain(BLANK), "center"),
            Cell(day(entry.get("date", "")) or plain(BLANK), "center"),
        )
        yield Line(row)


def holders_grid(contents: Contents) -> Optional[Grid]:
    """Owner, user, manager and day of completion of the measures whose cards are filled; alike ones together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for uuid, (key, _) in contents.measures.items():
        entry = _entry(contents.meta.get(CARD + uuid))
        values = tuple(entry.get(name, "") for name in _HOLDERS)
        if any(values):
            groups.setdefault((key, *values), []).append(uuid)
    if not groups:
        return None
    lines = []
    for (key, owner, user, manager, completed), uuids in groups.items():
        known = contents.edition.measures.get(key)
        names = [contents.measures[uuid][1] or uuid[:8] for uuid in uuids]
        more = f" 等 {len(names)} 处" if len(names) > _SHOWN else ""
        what = f"{known.name_zh if known else key}：{'、'.join(names[:_SHOWN])}{more}"
        cells = [Cell(said(v) or plain(BLANK), "center") for v in (owner, user, manager)]
        lines.append(Line((Cell(said(what)), *cells, Cell(day(completed) or plain(BLANK), "center"))))
    titles = head("措施", "产权人", "使用权人", "管理责任人", "竣工日期")
    return Grid(titles, tuple(lines), (40.0, 16.0, 16.0, 16.0, 12.0), 8.5)
