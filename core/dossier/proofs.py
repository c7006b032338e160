"""Evidence: which files statements rest on, and which indicators a missing one weakens (7.0.2, rulings 15, 16)."""

from __future__ import annotations

import re
from typing import Iterable, Sequence

from ..evaluation import EvaluationInput
from ..evaluation.model import INPUTS
from ..provenance import Feature, Register
from .document import (
    Block,
    Cell,
    Grid,
    Heading,
    Line,
    Paragraph,
    Part,
    Picture,
    Run,
    Runs,
    code,
    day,
    head,
    joined,
    link,
    plain,
    said,
)
from .model import DELETED, LOST, OUTSIDE, THERE, Contents, Evidence

_NUMBERED = re.compile(r"(?:indicator|state|count|variable)\.(\d+)(?:\.|$)")
_STATES = {THERE: "在", LOST: "文件缺失", OUTSIDE: "路径在调查库文件夹之外", DELETED: "照片记录已删除"}


def state_words(proof: Evidence) -> str:
    """Whether the file is there, in words."""
    return _STATES[proof.state]


def supported(register: Register, given: EvaluationInput, table: str, uuid: str) -> tuple[int, ...]:
    """Numbers of the indicators that rest on a row of a table, however far."""
    if table == INPUTS:
        return tuple(sorted({r.number for r in given.inputs if r.uuid == uuid}))
    direct = register.resting_on([Feature(table, uuid)])
    found = {int(m.group(1)) for id in (*direct, *register.dependents(direct)) if (m := _NUMBERED.match(id))}
    return tuple(sorted(found))


def evidence_anchor(number: int) -> str:
    """Where a piece of evidence is shown."""
    return f"evidence-{number}"


def for_indicator(proofs: Sequence[Evidence], number: int) -> Runs:
    """Links to the evidence of an indicator, with what is wrong with it."""
    found = []
    for place, proof in enumerate(proofs, start=1):
        if number in proof.numbers:
            name = link(proof.path, evidence_anchor(place))
            found.append(name if proof.state == THERE else (*name, Run(f"（{state_words(proof)}）", "bold")))
    return joined(found)


def proofs_part(contents: Contents) -> Part:
    """All evidence with what it supports; small pictures and texts are shown."""
    blocks: list[Block] = []
    if not contents.evidence:
        blocks.append(Paragraph(plain("调查库没有登记佐证文件或照片。")))
        return Part("evidence", "八", "佐证材料", tuple(blocks))
    lines = [_line(n, proof) for n, proof in enumerate(contents.evidence, start=1)]
    heads = head("序号", "文件", "状态", "支撑的指标", "陈述", "签名", "日期")
    blocks.append(Grid(heads, tuple(lines), (6.0, 22.0, 11.0, 12.0, 29.0, 9.0, 11.0), 8.5))
    blocks += _shown(contents.evidence)
    return Part("evidence", "八", "佐证材料", tuple(blocks))


def _line(number: int, proof: Evidence) -> Line:
    anchor = evidence_anchor(number)
    names = [link(str(n), f"indicator-{n}") for n in proof.numbers]
    tone = "" if proof.state == THERE else "fail"
    row = (
        Cell(link(str(number), anchor), "center"),
        Cell(code(proof.path)),
        Cell(plain(state_words(proof)), "center", tone=tone),
        Cell(joined(names) or plain("—"), "center"),
        Cell(said(proof.statement)),
        Cell(said(proof.person), "center"),
        Cell(day(proof.date), "center"),
    )
    return Line(row, anchor)


def _shown(proofs: Iterable[Evidence]) -> list[Block]:
    """Pictures and short texts of the evidence that is there."""
    found: list[Block] = []
    for number, proof in enumerate(proofs, start=1):
        if proof.words:
            found += [
                Heading(
                    (Run("佐证 "), *link(str(number), evidence_anchor(number)), Run("　"), *code(proof.path)),
                    3,
                ),
                Paragraph(said(proof.words), "quote"),
            ]
        elif proof.picture:
            found.append(
                Picture(f"evidence-{number}", f"佐证 {number}　{proof.path}", proof.picture, "image/jpeg", proof.size,
                        figure=False)
            )  # fmt: skip
    return found
