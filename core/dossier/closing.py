"""The last parts: edition and rulings, signatures, hashes of all files behind the dossier (1.0.4, 3.0.8)."""

from __future__ import annotations

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
    code,
    day,
    facts,
    head,
    link,
    plain,
    said,
)
from .model import Contents
from .numbers import exact_text
from .origins import Origins

_SIGNED = ("编制", "校核", "审查", "单位负责人")


def edition_part(contents: Contents, origins: Origins) -> Part:
    """By which edition, with which numbers of the county, how contradictions of the draft are settled."""
    header = contents.edition.header
    pairs: list[tuple[str, Runs]] = [
        ("标准", code(f"{header.number}　{header.title_zh}")),
        ("规则集", code(header.id)),
        ("状态", code(header.status_zh)),
        ("软件", code(f"清流 Qingliu {contents.version}")),
    ]
    blocks: list[Block] = [facts(pairs), Heading(plain("县级参数"))]
    blocks += _county(contents, origins)
    blocks.append(Heading(plain("草案中矛盾、缺漏与印误的处理")))
    lines = tuple(
        Line((Cell(code(str(r.number)), "center"), Cell(code(r.issue_zh)), Cell(code(r.ruling_zh))))
        for r in contents.edition.rulings.values()
    )
    blocks.append(Grid(head("序号", "问题", "本软件的处理"), lines, (7.0, 45.0, 48.0), 8.5))
    return Part("edition", "十二", "依据版本与条文裁定", tuple(blocks))


def _county(contents: Contents, origins: Origins) -> list[Block]:
    county = contents.county
    if county is None:
        return [Paragraph(plain("未给县级参数，凡以县级数值为限值的指标均为待证。"))]
    lines = []
    for asked in contents.edition.header.county_inputs:
        value = county.inputs.get(asked.key)
        unit = origins.unit(asked.unit)
        id = f"county.{asked.key}"
        if value is None:
            shown = plain("未填")
        elif origins.knows(id):
            shown = origins.value(id, exact_text(value))
        else:
            anchor = origins.own(
                id,
                f"县级参数 {asked.zh}",
                f"{exact_text(value)} {unit}",
                "7.0.3",
                "县级公布数据",
                source=county.source,
            )
            shown = (Run(exact_text(value), "value", anchor),)
        unit_cell = Cell((Run(unit, "unit"),) if unit else (), "center")
        row = (
            Cell(code(asked.zh)),
            Cell(shown, "right"),
            unit_cell,
            Cell(said(county.source)),
            Cell(day(county.year)),
        )
        lines.append(Line(row))
    return [
        Grid(head("参数", "数值", "单位", "来源", "年份"), tuple(lines), (44.0, 14.0, 10.0, 22.0, 10.0), 9.0)
    ]


def signatures_part(contents: Contents) -> Part:
    """Who surveyed, recorded and checked each table; lines for those who sign the dossier."""
    lines = []
    for sheet in contents.sheets:
        if sheet.head is not None and sheet.rows:
            values = sheet.head.values
            people = [
                said(values.get(k)) or (Run("未签", "bold"),) for k in ("surveyor", "recorder", "checker")
            ]
            when = day(values.get("survey_date")) or (Run("未填", "bold"),)
            table = link(sheet.form.title, f"table-{sheet.form.table}")
            lines.append(Line((Cell(table), *(Cell(p, "center") for p in people), Cell(when, "center"))))
    blocks: list[Block] = []
    if lines:
        heads = head("调查表", "调查人", "记录人", "校核人", "调查日期")
        blocks.append(Grid(heads, tuple(lines), (46.0, 13.0, 13.0, 13.0, 15.0), 9.0))
    blocks.append(Heading(plain("本资料签署")))
    empty = Cell(plain("　"))
    signed = tuple(Line((Cell(plain(who), "center", tone="name"), empty, empty, empty)) for who in _SIGNED)
    blocks.append(Grid(head("职责", "姓名", "签字（盖章）", "日期"), signed, (20.0, 25.0, 33.0, 22.0), 12.0))
    return Part("signatures", "十三", "签署", tuple(blocks))


def decisions_grid(contents: Contents) -> list[Block]:
    """Decisions to let marked layers in."""
    if not contents.decisions:
        return []
    lines = tuple(
        Line((Cell(said("、".join(d.layers))), Cell(said(d.by), "center"), Cell(said(d.reason))))
        for d in contents.decisions
    )
    heading = Heading(plain("标密图层的使用决定（已记入调查库修改日志）"))
    return [heading, Grid(head("图层", "决定人", "理由"), lines, (40.0, 15.0, 45.0), 9.0)]


def files_part(contents: Contents) -> Part:
    """SHA-256 of everything the dossier rests on; the list of the folder's own files lies beside them."""
    lines = tuple(
        Line((Cell(code(f.name)), Cell(plain(f.what), "center"), Cell(code(f.digest))))
        for f in contents.files
    )
    words = "下列为本资料所依据的数据与佐证的 SHA-256；调查库按内容计算，与存放位置无关。本文件夹内各文件的校验值见 "
    note = Paragraph((Run(words, "code"), *code("SHA256SUMS"), Run("（不含其自身）。")))
    blocks: list[Block] = [note]
    if lines:
        blocks.append(Grid(head("文件", "方式", "校验值"), lines, (34.0, 10.0, 56.0), 7.5))
    return Part("files", "十四", "文件校验值", (*blocks, *decisions_grid(contents)))


def cited() -> tuple[str, ...]:
    """Clauses that the parts name without a number behind them."""
    return ("3.0.8", "5.1.2", "7.0.1", "7.0.2", "7.0.3", "8.1.1", "4.1.4")
