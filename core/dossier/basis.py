"""What people answered on the way to the plan: higher plans, goals, principles, type, targets (3.0.1 to 3.0.7, 5.1.1).

The guide keeps the answers with the survey; what nobody answered prints as a blank to be filled by hand.
"""

from __future__ import annotations

from typing import Iterator, Mapping, Optional

from ..errors import InputError
from ..guide.answers import META_KEY, Answer, from_text
from ..guide.stages import CHOICE, EPOCHS, MANY, TEXT, Question, Stage, stages, target_key
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
    head,
    link,
    plain,
    said,
)
from .front import indicator_anchor
from .model import Contents
from .origins import Origins
from .verdicts import limit_runs, unit_runs, value_runs

BLANK = "＿＿＿＿"
_TICKS = {"yes": "是", "no": "否", "open": "未定"}
_UNTICKED = "□ 是　□ 否"
_EPOCH_HEADS = {"present": "现状", "planned": "规划", "horizon": "远期"}


def answers_of(contents: Contents) -> Optional[Mapping[str, Answer]]:
    """The answers kept with the survey; None where they cannot be read."""
    try:
        return from_text(contents.meta.get(META_KEY))
    except InputError:
        return None


def basis_part(contents: Contents, origins: Origins) -> Part:
    """Every stage of the guide that asks people something, and the targets."""
    found = answers_of(contents)
    blocks: list[Block] = []
    if found is None:
        words = "调查库中的答复（plan.answers）无法读出，以下全部留空，请在导引中重新填写。"
        blocks.append(Paragraph(code(words), "alert"))
    answers = found or {}
    for stage in stages():
        if stage.targets:
            blocks += _targets(stage, answers, contents, origins)
        elif stage.questions:
            blocks += _stage(stage, answers, contents)
    return Part("basis", "四", "建设依据、类型与目标", tuple(blocks))


def unanswered(contents: Contents) -> list[tuple[Stage, int]]:
    """Stages with questions that nobody answered, and how many."""
    answers = answers_of(contents) or {}
    found = []
    for stage in stages():
        keys = [q.key for q in stage.questions if not q.optional]
        if stage.targets:
            keys = [target_key(r.number, e) for r in contents.evaluation.of(contents.type) for e in EPOCHS]
        count = sum(not (k in answers and answers[k].given) for k in keys)
        if count:
            found.append((stage, count))
    return found


# -- questions ---------------------------------------------------------------------


def _stage(stage: Stage, answers: Mapping[str, Answer], contents: Contents) -> Iterator[Block]:
    yield Heading((Run(stage.zh), Run("（"), *clause(stage.clause), Run("）")))
    if stage.type:
        kind = contents.edition.types.get(contents.type)
        shown = plain(kind.zh) if kind else plain(BLANK)
        yield Paragraph((Run("选定类型："), *shown, Run("；各款依据如下。")))
    lines = tuple(_line(q, answers.get(q.key)) for q in stage.questions)
    titles = head("事项", "条文", "结论", "文件、依据与说明", "填写人、日期")
    yield Grid(titles, lines, (30.0, 10.0, 14.0, 30.0, 16.0), 9.0)


def _line(question: Question, answer: Optional[Answer]) -> Line:
    note = answer.note if answer else ""
    return Line(
        (
            Cell(code(question.zh)),
            Cell(clause(question.clause), "center"),
            Cell(_value(question, answer), "center"),
            Cell(said(note) or plain(BLANK)),
            Cell(_who(answer), "center"),
        )
    )


def _value(question: Question, answer: Optional[Answer]) -> Runs:
    if answer is None or not answer.given:
        return plain(BLANK if question.kind in (CHOICE, MANY, TEXT) else _UNTICKED)
    if question.kind in (CHOICE, MANY):
        names = {o.key: o.zh for o in question.options}
        return said("、".join(names.get(v, v) for v in answer.value.split()))
    return said(answer.value if question.kind == TEXT else _TICKS.get(answer.value, answer.value))


def _who(answer: Optional[Answer]) -> Runs:
    if answer is None or not answer.person:
        return plain(BLANK)
    return (*said(answer.person), Run(" "), *day(answer.date))


# -- targets -----------------------------------------------------------------------


def _targets(
    stage: Stage, answers: Mapping[str, Answer], contents: Contents, origins: Origins
) -> Iterator[Block]:
    """Present value, planned value and that of the horizon year beside the limit and today's own value."""
    yield Heading((Run(stage.zh), Run("（"), *clause(stage.clause), Run("）")))
    words = "现状、规划和远期目标由编制单位填写；要求为表 7-1 所选类型的限值，自评值为本次评价所得。"
    yield Paragraph(code(words), "note")
    lines = []
    for row in contents.evaluation.of(contents.type):
        given = [answers.get(target_key(row.number, e)) for e in EPOCHS]
        lines.append(
            Line(
                (
                    Cell(link(str(row.number), indicator_anchor(row.number)), "center"),
                    Cell(plain(row.name_zh)),
                    Cell(unit_runs(row, origins), "center"),
                    *(Cell(said(a.value) if a and a.given else plain(BLANK), "center") for a in given),
                    Cell(limit_runs(row, origins), "center"),
                    Cell(value_runs(row, origins), "center"),
                )
            )
        )
    titles = head("序号", "指标", "单位", *(_EPOCH_HEADS[e] for e in EPOCHS), "要求", "自评值")
    yield Grid(titles, tuple(lines), (6.0, 24.0, 10.0, 12.0, 12.0, 12.0, 12.0, 12.0), 8.5)
