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
from .model import Contents
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
    return Part("checks", "八", "检查", tuple(blocks))


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
        return said(f"{table} {field}".strip())
    column = next((c.zh for c in known.columns if c.key == field), field)
    rows = [f.row_uuid for f in found if f.row_uuid]
    if len(found) == 1 and rows:
        return link(f"表 {known.id} {column}", f"row-{table}-{rows[0]}")
    return link(f"表 {known.id} {column}", f"table-{table}")


def _column_anchor(edition: Edition, table: str, field: str, origins: Origins) -> tuple[str, ...]:
    known = next((t for t in edition.tables.values() if t.name == table), None)
    column = next((c for c in known.columns if c.key == field), None) if known else None
    return (origins.column(known, column),) if known and column else ()


def _layout(rows: Optional[Sequence[Mapping[str, str]]], origins: Origins) -> list[Block]:
    """Findings of ``checklayout``, where its table lies beside the survey."""
    blocks: list[Block] = [Heading(plain("措施布局检查"))]
    if rows is None:
        text = "调查库旁没有布局检查的结果，措施布局是否符合第五、六章尚未检查。"
        return [*blocks, Paragraph(plain(text))]
    if not rows:
        return [*blocks, Paragraph(plain("布局检查无发现。"))]
    lines = []
    for number, row in enumerate(rows):
        anchor = origins.own(
            f"layout.{number}", f"布局规则 {row.get('rule_id', '')}", "", row.get("clause", ""),
            f"规则 {row.get('rule_id', '')}", source="checklayout", features=(row.get("measure_uuid", ""),),
        )  # fmt: skip
        severity = row.get("severity", "")
        lines.append(
            Line(
                (
                    Cell(plain(SEVERITIES.get(severity, severity)), "center", tone=severity),
                    Cell((Run(without_code(row.get("message", "")), "value", anchor),)),
                    Cell((Run(row.get("failing_area_m2", ""), "value", anchor),), "right"),
                    Cell(clause(row.get("clause", "")), "center"),
                )
            )
        )
    return [
        *blocks,
        Grid(head("级别", "内容", "不合面积（m²）", "条文"), tuple(lines), (12.0, 62.0, 16.0, 10.0), 8.5),
    ]
