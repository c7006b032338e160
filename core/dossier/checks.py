"""What the checks of the survey and of the layout found, gravest first (4.1.6, 7.0.2, chapters 5 and 6)."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence

from ..standard import Edition
from ..surveychecks import Finding
from .document import (
    Block,
    Cell,
    Grid,
    Heading,
    Line,
    Paragraph,
    Part,
    Run,
    Runs,
    clause,
    head,
    link,
    plain,
    said,
)
from .front import without_code
from .model import Contents, LayoutFinding
from .numbers import number_text
from .origins import Origins

SEVERITIES = {"error": "应改正", "warning": "宜改正", "note": "提示", "unknown": "无法检查"}
_EXAMPLES = 3


def checks_part(contents: Contents, origins: Origins) -> Part:
    """The checks of the survey; findings of one kind on one field stand together with their number."""
    blocks: list[Block] = [Heading(plain("调查库检查"))]
    if contents.findings:
        blocks.append(Paragraph(_counts(contents.findings, origins)))
        groups = _grouped(contents.findings)
        lines = tuple(_line(key, found, contents, origins) for key, found in groups.items())
        blocks.append(
            Grid(head("级别", "位置", "内容", "处数", "条文"), lines, (11.0, 21.0, 53.0, 7.0, 8.0), 8.5)
        )
    else:
        blocks.append(Paragraph(plain("各项检查均无发现。")))
    blocks += _layout(contents.layout_findings, origins)
    return Part("checks", "九", "检查", tuple(blocks))


def _grouped(findings: Sequence[Finding]) -> Mapping[tuple[str, ...], list[Finding]]:
    found: dict[tuple[str, ...], list[Finding]] = {}
    for f in findings:
        found.setdefault((f.severity, f.check_id, f.table, f.field or "", f.clause), []).append(f)
    return found


def _counts(findings: Sequence[Finding], origins: Origins) -> Runs:
    runs: list[Run] = [Run("共 ")]
    for severity, words in SEVERITIES.items():
        count = sum(f.severity == severity for f in findings)
        anchor = origins.own(
            f"checks.{severity}",
            f"检查：{words}",
            str(count),
            "4.1.4",
            "按本规则集的检查表逐行检查后计数",
            source="调查库",
        )
        runs += [Run(f"{words} "), Run(str(count), "value", anchor), Run(" 处，")]
    return (*runs[:-1], Run(" 处。"))


def _line(key: tuple[str, ...], found: Sequence[Finding], contents: Contents, origins: Origins) -> Line:
    severity, check_id, table, field, rule = key
    anchor = origins.own(
        f"check.{'.'.join(key)}", f"检查 {check_id}", "", rule, f"检查规则 {check_id}",
        inputs=_column_anchor(contents.edition, table, field, origins), source=f"调查库 {table}",
    )  # fmt: skip
    texts = list(dict.fromkeys(without_code(f.problem.text("zh")) for f in found))
    more = f"　……同类另有 {len(texts) - _EXAMPLES} 种情形" if len(texts) > _EXAMPLES else ""
    message = "；".join(texts[:_EXAMPLES]) + more
    return Line(
        (
            Cell(plain(SEVERITIES[severity]), "center", tone=severity),
            Cell(_place(contents, table, field, found)),
            Cell((Run(message, "value", anchor),)),
            Cell((Run(str(len(found)), "value", anchor),), "center"),
            Cell(clause(rule), "center"),
        )
    )


def _place(contents: Contents, table: str, field: str, found: Sequence[Finding]) -> Runs:
    known = next((t for t in contents.edition.tables.values() if t.name == table), None)
    if known is None:
        heads = {c.key: c.zh for c in contents.edition.sheet.columns}
        return said(f"{contents.layers.get(table, table)} {heads.get(field, field)}".strip())
    column = next((c.zh for c in known.columns if c.key == field), field)
    rows = [f.row_uuid for f in found if f.row_uuid]
    if len(found) == 1 and rows:
        return link(f"表 {known.id} {column}", f"row-{table}-{rows[0]}")
    return link(f"表 {known.id} {column}", f"table-{table}")


def _column_anchor(edition: Edition, table: str, field: str, origins: Origins) -> tuple[str, ...]:
    known = next((t for t in edition.tables.values() if t.name == table), None)
    column = next((c for c in known.columns if c.key == field), None) if known else None
    return (origins.column(known, column),) if known and column else ()


def _layout(found: Optional[Sequence[LayoutFinding]], origins: Origins) -> list[Block]:
    """Findings of ``checklayout``; those of one measure by one rule stand together."""
    blocks: list[Block] = [Heading(plain("措施布局检查"))]
    if found is None:
        text = "调查库旁没有与现有措施一致的布局检查结果，措施布局是否符合第五、六章尚未检查。"
        return [*blocks, Paragraph(plain(text))]
    if not found:
        return [*blocks, Paragraph(plain("布局检查无发现。"))]
    groups: dict[tuple[str, str, str, str], list[LayoutFinding]] = {}
    for f in sorted(found, key=_gravest):
        groups.setdefault((f.severity, f.measure, f.rule_id, f.clause), []).append(f)
    lines = tuple(_layout_line(key, members, origins) for key, members in groups.items())
    titles = head("级别", "措施", "内容", "处数", "不合面积（m²）", "条文")
    return [*blocks, Grid(titles, lines, (12.0, 16.0, 40.0, 7.0, 13.0, 12.0), 8.5)]


def _gravest(finding: LayoutFinding) -> tuple[int, str, str, str]:
    order = list(SEVERITIES)
    place = order.index(finding.severity) if finding.severity in order else len(order)
    return place, finding.measure, finding.rule_id, finding.measure_uuid


def _layout_line(key: tuple[str, str, str, str], found: Sequence[LayoutFinding], origins: Origins) -> Line:
    severity, measure, rule, clause_id = key
    anchor = origins.own(
        f"layout.{'.'.join(key)}", f"布局检查 {measure}", str(len(found)), clause_id, f"布局规则 {rule}",
        source="布局检查（checklayout）",
        features=tuple(f"measures {f.measure_uuid}" for f in found[:_EXAMPLES] if f.measure_uuid),
    )  # fmt: skip
    area = sum(f.area_m2 or 0.0 for f in found)
    shown = (Run(number_text(area), "value", anchor),) if area else ()
    return Line(
        (
            Cell(plain(SEVERITIES.get(severity, severity)), "center", tone=severity),
            Cell(said(measure or "整个布局")),
            Cell((Run(_layout_words(found[0]), "value", anchor),)),
            Cell((Run(str(len(found)), "value", anchor),), "center"),
            Cell(shown, "right"),
            Cell(clause(clause_id), "center"),
        )
    )


def _layout_words(finding: LayoutFinding) -> str:
    """The finding's sentence where it is Chinese; a run in English left another one."""
    text = without_code(finding.message)
    if any("\u4e00" <= c <= "\u9fff" for c in text):
        return text
    if finding.severity == "unknown":
        return f"资料不全，{finding.clause} 条无法检查"
    return f"不符合 {finding.clause} 条的要求"
