"""The first parts of the dossier: cover, acceptance, what is unproven, index (3.0.8, 7.0.3)."""

from __future__ import annotations

from typing import Iterator, Sequence

from ..evaluation import FAIL, NOT_APPLICABLE, PASS, UNPROVEN, IndicatorRow
from ..evaluation.model import Gap
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
    code,
    day,
    facts,
    head,
    joined,
    link,
    plain,
    said,
)
from .model import ACCEPTANCE, DELETED, THERE, Contents
from .numbers import STATES, VERDICTS
from .origins import Origins
from .proofs import evidence_anchor, state_words

HEADINGS = {True: "生态清洁小流域认定资料", False: "生态清洁小流域预评估资料"}
RECOGNITION = "本资料为自评结果，不评分。是否认定为生态清洁小流域，由水行政主管部门评价后作出（"
COUNTED = ((PASS, "达标"), (FAIL, "不达标"), (UNPROVEN, "待证"), (NOT_APPLICABLE, "不涉及"))
_PLACES = {"indicator_input": "指标录入表", "county": "县级参数文件"}


def heading_of(contents: Contents) -> str:
    """认定资料, or 预评估资料 while the acceptance is not known."""
    return HEADINGS[contents.accepted]


def cover(contents: Contents, origins: Origins) -> Part:
    """What, where, by which edition, with which result; who compiled it is left to be signed."""
    edition, meta = contents.edition, contents.meta
    kind = edition.types.get(contents.type)
    pairs: list[tuple[str, Runs]] = [
        ("小流域名称", said(contents.name)),
        ("小流域代码", said(meta.get("code", "")) or plain("未填")),
        (
            "小流域类型",
            plain(kind.zh) + (clause_note(kind.clause) if kind.clause else ()) if kind else plain("未填"),
        ),
        ("流域面积", area(origins) or plain("未知：调查库没有边界")),
        ("所在县", _county(contents)),
        ("评价日期", day(contents.date.isoformat())),
        ("评价依据", code(f"{edition.header.number}　{edition.header.title_zh}　规则集 {edition.id}")),
        ("自评结论", verdict(contents, origins)),
        ("编制单位（盖章）", plain(" ")),
    ]
    note = Paragraph((Run(RECOGNITION), *clause("3.0.8"), Run("）。")), "lead")
    status = Paragraph((Run(edition.header.status_zh, "code"),), "note")
    blocks: list[Block] = [facts(pairs), note, status]
    if not contents.accepted:
        lacking = "、".join(contents.lacking_acceptance)
        text = f"预评估：缺少{lacking}，验收尚未证明，不能作为认定申请提交（"
        blocks.insert(0, Paragraph((Run(text), *clause("3.0.8"), Run("）。")), "alert"))
    return Part("cover", "", contents.name, tuple(blocks))


def clause_note(clause_id: str) -> Runs:
    """A clause in brackets behind something."""
    return (Run("（"), *clause(clause_id), Run("）"))


def area(origins: Origins) -> Runs:
    """The watershed's area: of the boundary, else of table A.1."""
    found = origins.register_value("figure.total_area")
    if found is None:
        return ()
    return origins.value("figure.total_area", f"{found / 100:.4f} km²")


def _county(contents: Contents) -> Runs:
    county = contents.county
    if county is None:
        return plain("未给县级参数")
    return (
        *said(county.name),
        Run("（参数来源："),
        *said(county.source),
        Run("，"),
        *day(county.year),
        Run(" 年）"),
    )


def verdict(contents: Contents, origins: Origins) -> Runs:
    """The result in words with the counts behind it."""
    id = f"verdict.{contents.type}"
    result = VERDICTS[contents.evaluation.verdicts[contents.type]]
    counts = joined(count_runs(contents, origins), "，")
    return (*origins.value(id, result), Run("（"), *counts, Run("）"))


def count_runs(contents: Contents, origins: Origins) -> Iterator[Runs]:
    """How many indicators stand how."""
    rows = contents.evaluation.of(contents.type)
    for state, words in COUNTED:
        among = [r for r in rows if r.state == state]
        if among:
            inputs = [a for a in (origins.anchor_of(r.state_id) for r in among if r.state_id) if a]
            anchor = origins.own(
                f"count.{state}",
                f"{words}项数",
                str(len(among)),
                "7.0.3",
                "按表 7-1 逐项评价后计数",
                inputs=inputs,
            )
            yield (Run(f"{words} "), Run(str(len(among)), "value", anchor), Run(" 项"))


def acceptance(contents: Contents) -> Part:
    """Date, document and authority of the acceptance; what is missing is said."""
    pairs = []
    for key, name in ACCEPTANCE.items():
        text = contents.meta.get(key, "").strip()
        pairs.append((name, (day(text) if key.endswith("date") else said(text)) or (Run("缺", "bold"),)))
    blocks: list[Block] = [facts(pairs)]
    if contents.accepted:
        words = "工程已按程序验收，以下按指标评价；验收文件原件附后，由水行政主管部门核对（"
    else:
        words = "完工后应先按程序组织验收，验收通过才评价认定；验收日期、文件、主持单位齐全之前，本资料只作预评估（"
    blocks.append(Paragraph((Run(words), *clause("3.0.8"), Run("）。"))))
    return Part("acceptance", "一", "验收", tuple(blocks))


def unproven(contents: Contents, origins: Origins, absences: Sequence[Runs]) -> Part:
    """What is not proven, what fails, which evidence is lost, what this dossier lacks."""
    rows = contents.evaluation.of(contents.type)
    blocks: list[Block] = [Paragraph((Run("自评结论："), *verdict(contents, origins)), "lead")]
    open_rows = [r for r in rows if r.state in (UNPROVEN, FAIL)]
    if open_rows:
        blocks += [Heading(plain("待证与不达标的指标")), _open_grid(open_rows, contents, origins)]
    else:
        blocks.append(Paragraph(plain("各项适用指标均有证据，无待证、不达标项。")))
    blocks += _near(rows, origins)
    lost = list(_lost(contents))
    if lost:
        widths = (40.0, 14.0, 46.0)
        blocks += [
            Heading(plain("缺失的佐证")),
            Grid(head("佐证文件", "状态", "因此削弱的指标"), tuple(lost), widths),
        ]
    if absences:
        blocks.append(Heading(plain("本资料尚缺")))
        blocks += [Paragraph((Run("· "), *a), "item") for a in absences]
    return Part("unproven", "二", "待证与缺项", tuple(blocks))


def _open_grid(rows: Sequence[IndicatorRow], contents: Contents, origins: Origins) -> Grid:
    lines = [
        Line(
            (
                Cell(link(f"{r.number}", indicator_anchor(r.number)), "center"),
                Cell(plain(r.name_zh)),
                Cell(origins.value(r.state_id, STATES[r.state]), "center", tone=r.state),
                Cell(_why(r, origins)),
                Cell(_where(r.gaps, contents)),
            )
        )
        for r in rows
    ]
    return Grid(
        head("序号", "指标", "结论", "缺什么", "在哪里补"), tuple(lines), (6.0, 17.0, 10.0, 49.0, 18.0)
    )


def indicator_anchor(number: int) -> str:
    """Where the card of an indicator is."""
    return f"indicator-{number}"


def _why(row: IndicatorRow, origins: Origins) -> Runs:
    """What is missing, or by how much the value fails; messages point to the state they explain."""
    if row.state == FAIL and not row.gaps:
        return origins.value(row.state_id, f"不满足 {row.threshold or ''}".strip())
    return origins.value(row.state_id, gap_words(row, origins) or "—")


def gap_words(row: IndicatorRow, origins: Origins) -> str:
    """What is missing for an indicator, a line for each, keys by their Chinese names."""
    texts = dict.fromkeys(without_code(g.problem.text("zh")) for g in row.gaps)
    return "\n".join(origins.words(text, row.number) for text in texts)


def without_code(text: str) -> str:
    """A message without its codes: the reader of the dossier has no use for them."""
    words = [w for w in text.split(" ") if not (w.startswith("QL-") and w.endswith(":"))]
    return " ".join(words)


def _where(gaps: Sequence[Gap], contents: Contents) -> Runs:
    """Tables and layers to fill, each once."""
    tables = {t.name: t.id for t in contents.edition.tables.values()}
    found: dict[str, Runs] = {}
    for gap in gaps:
        name = gap.table or ""
        if name in tables:
            found[name] = link(f"表 {tables[name]}", f"table-{name}")
        elif name:
            found[name] = plain(_PLACES.get(name) or f"图层 {contents.layers.get(name, name)}")
    return joined(found.values())


def _near(rows: Sequence[IndicatorRow], origins: Origins) -> list[Block]:
    near = [r for r in rows if r.within_error]
    if not near:
        return []
    names = joined([origins.value(r.state_id, r.name_zh) for r in near])
    return [Paragraph((Run("限值落在误差范围内的指标："), *names, Run("，建议复核。")), "alert")]


def _lost(contents: Contents) -> Iterator[Line]:
    for number, proof in enumerate(contents.evidence, start=1):
        if proof.state != THERE:
            names = [link(str(n), indicator_anchor(n)) for n in proof.numbers]
            weak = (Run("第 "), *joined(names), Run(" 项")) if names else plain("不直接支撑任何指标")
            file = code(proof.path) if proof.state == DELETED else link(proof.path, evidence_anchor(number))
            yield Line((Cell(file), Cell(plain(state_words(proof)), "center", tone="fail"), Cell(weak)))


def index(parts: Sequence[Part]) -> Part:
    """The numbered index; the numbers of pages are filled in where there are pages."""
    lines = []
    for part in parts:
        if part.key != "cover":
            title = link(part.title if part.number else f"　　{part.title}", part.anchor)
            row = (Cell(plain(part.number), "center"), Cell(title), Cell((), "center"))
            lines.append(Line(row, f"index-{part.key}"))
    return Part(
        "index", "三", "目录", (Grid(head("编号", "内容", "页码"), tuple(lines), (14.0, 70.0, 16.0), 10.5),)
    )
