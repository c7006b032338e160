"""The twenty verdicts: value, limit, margin, how it was reached and on which evidence (ch. 7, table 7-1)."""

from __future__ import annotations

from ..evaluation import NOT_APPLICABLE, IndicatorRow, trace
from ..provenance import Value
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
    link,
    plain,
    said,
)
from .front import RECOGNITION, gap_words, indicator_anchor, without_code
from .model import Contents
from .numbers import SIGNS, STATES, exact_text, number_text, signed_text
from .origins import Origins
from .proofs import for_indicator

_CLASS = "GB 3838 class"
_SHOWN = 12
UNKNOWN_LIMIT = "县级数值（未给）"


def verdicts_part(contents: Contents, origins: Origins) -> Part:
    """The overview of table 7-1, then a card for each indicator."""
    rows = contents.evaluation.of(contents.type)
    lines = tuple(_line(r, origins) for r in rows)
    heads = head("序号", "指标", "自评值", "单位", "要求", "裕量", "结论", "年份", "条文")
    overview = Grid(heads, lines, (6.0, 22.0, 11.0, 10.0, 13.0, 9.0, 12.0, 7.0, 10.0), 8.5)
    note = Paragraph((Run(RECOGNITION), *clause("3.0.8"), Run("）。")), "note")
    how = "裕量为采用值与限值之差，正值表示优于要求；所有适用指标均达标方为达标（"
    blocks: list[Block] = [overview, Paragraph((Run(how), *clause("7.0.3"), Run("）。")), "note"), note]
    for row in rows:
        blocks += _card(row, contents, origins)
    return Part("verdicts", "七", "指标自评", tuple(blocks))


def _line(row: IndicatorRow, origins: Origins) -> Line:
    return Line(
        (
            Cell(link(str(row.number), indicator_anchor(row.number)), "center"),
            Cell(plain(row.name_zh)),
            Cell(value_runs(row, origins), "right" if row.value_num is not None else "left"),
            Cell(unit_runs(row, origins), "center"),
            Cell(limit_runs(row, origins), "center"),
            Cell(_margin(row, origins), "right"),
            Cell(origins.value(row.state_id, STATES[row.state]), "center", tone=row.state),
            Cell(day(row.year), "center"),
            Cell(clause(row.clause), "center"),
        )
    )


def value_runs(row: IndicatorRow, origins: Origins) -> Runs:
    """The value that decides, as a link; words of a judgement as they were said."""
    if row.value_num is not None:
        return origins.value(row.value_id, number_text(row.value_num, row.threshold_num))
    if row.unit == _CLASS and row.value_text:
        return origins.value(row.value_id, row.value_text)
    if row.state == NOT_APPLICABLE:
        return said(row.value_text) or plain("—")
    return plain("定性，见后") if row.value_text else plain("—")


def unit_runs(row: IndicatorRow, origins: Origins) -> Runs:
    """The unit of a value."""
    text = origins.unit(row.unit)
    return (Run(text, "unit"),) if text and row.state != NOT_APPLICABLE else ()


def limit_runs(row: IndicatorRow, origins: Origins) -> Runs:
    """The limit with its sign, leading to the county's number or to the cell of table 7-1."""
    sign = SIGNS.get(row.operator, "")
    if row.operator == "not_applicable":
        return plain("—")
    if row.threshold is None:
        return plain(f"{sign} {UNKNOWN_LIMIT}".strip())
    anchor = _limit_anchor(row, origins)
    if sign:
        return (Run(f"{sign} "), Run(row.threshold, "value", anchor))
    words = row.threshold if len(row.threshold) <= _SHOWN else "见后"
    return (Run(words, "value", anchor),)


def _limit_anchor(row: IndicatorRow, origins: Origins) -> str:
    county = origins.county_limit(row)
    if county is not None:
        return county
    return origins.own(
        f"limit.{row.number}.{row.type}", f"第 {row.number} 项 要求", row.threshold or "", "7.0.3",
        "表 7-1 该类型小流域的限值", source="表 7-1",
    )  # fmt: skip


def _margin(row: IndicatorRow, origins: Origins) -> Runs:
    id = f"margin.{row.number}.{row.type}"
    if row.margin is None or not origins.knows(id):
        return ()
    return origins.value(id, signed_text(row.margin))


def _card(row: IndicatorRow, contents: Contents, origins: Origins) -> list[Block]:
    """One indicator: how its value came about."""
    name = f"　{row.name_zh}　"
    state = (Run(STATES[row.state], "value", origins.anchor_of(row.state_id or "") or ""),)
    title = (*link(str(row.number), indicator_anchor(row.number)), Run(name), *state)
    pairs: list[tuple[str, Runs]] = [("要求", _requirement(row, origins))]
    if row.value_text:
        pairs.append(("陈述" if row.value_num is None else "说明", _statement(row, origins)))
    if row.value_num is not None:
        value = number_text(row.value_num, row.threshold_num)
        pairs.append(("自评值", (*origins.value(row.value_id, value), Run(" "), *unit_runs(row, origins))))
    if row.formula:
        pairs.append(("算法与取值", _working(row, origins)))
    if row.low is not None and row.high is not None:
        span = f"{number_text(row.low, row.threshold_num)} ～ {number_text(row.high, row.threshold_num)}"
        pairs.append(("取值范围", origins.value(row.value_id or row.state_id, span)))
    if row.readings:
        text = origins.words("；".join(row.readings), row.number)
        pairs.append(("并列读数", origins.value(row.value_id or row.state_id, text)))
    pairs += _proof_pairs(row, contents, origins)
    blocks: list[Block] = [Heading(title, 3, indicator_anchor(row.number)), facts(pairs, (16.0, 84.0))]
    inputs = _inputs_grid(row, contents, origins)
    return [*blocks, inputs] if inputs else blocks


def _requirement(row: IndicatorRow, origins: Origins) -> Runs:
    sign = SIGNS.get(row.operator, "")
    if row.operator == "not_applicable":
        return (Run("该类型小流域不要求（"), *clause("7.0.3"), Run("）"))
    if row.threshold is None:
        return (Run(f"{sign} {UNKNOWN_LIMIT}（条文 ".lstrip()), *clause(row.clause), Run("）"))
    shown = (Run(row.threshold, "value", _limit_anchor(row, origins)),)
    return (Run(f"{sign} " if sign else ""), *shown, Run(" "), *(unit_runs(row, origins) if sign else ()),
            Run("（条文 "), *clause(row.clause), Run("）"))  # fmt: skip


def _statement(row: IndicatorRow, origins: Origins) -> Runs:
    if row.unit == _CLASS:
        return origins.value(row.value_id, f"{row.value_text} 类")
    return said(row.value_text)


def _working(row: IndicatorRow, origins: Origins) -> Runs:
    """The formula with its numbers; the numbers lead to the value, whose inputs lead further."""
    id = row.value_id or row.state_id
    expression, _, numbers = (row.formula or "").partition("; ")
    if row.unit == _CLASS or not numbers:
        return origins.value(id, origins.words(row.formula or "", row.number))
    shown = origins.value(id, origins.words(numbers, row.number))
    formula = origins.formula_words(row.number) or origins.words(expression, row.number)
    return (Run(formula, "formula"), Run("；"), *shown)


def _proof_pairs(row: IndicatorRow, contents: Contents, origins: Origins) -> list[tuple[str, Runs]]:
    found: list[tuple[str, Runs]] = []
    if row.source:
        found.append(
            (
                "数据来源",
                (
                    *said(origins.words(row.source, row.number)),
                    *((Run("，"), *day(row.year), Run(" 年")) if row.year else ()),
                ),
            )
        )
    proofs = for_indicator(contents.evidence, row.number)
    if proofs:
        found.append(("佐证", proofs))
    if row.gaps:
        lacking = gap_words(row, origins)
        found.append(("缺少", origins.value(row.state_id, lacking)))
    if row.notes:
        text = origins.words(" ".join(without_code(n.text("zh")) for n in row.notes), row.number)
        found.append(("提示", origins.value(row.state_id, text)))
    return found


def _inputs_grid(row: IndicatorRow, contents: Contents, origins: Origins) -> Grid | None:
    """What the value was made of: entered and measured numbers with source and year."""
    if row.value_id is None or row.value_num is None:
        return None
    made = trace(contents.evaluation.register, row.value_id)[:-1]
    leaves = [v for v in made if not v.inputs]
    if not leaves:
        return None
    shown = leaves if len(leaves) <= _SHOWN else [v for v in made if v.inputs] or leaves[:_SHOWN]
    lines = tuple(_input_line(v, origins) for v in shown)
    return Grid(
        head("输入", "数值", "单位", "来源", "年份", "条文"), lines, (30.0, 18.0, 9.0, 25.0, 8.0, 10.0), 8.0
    )


def _input_line(value: Value, origins: Origins) -> Line:
    text = "逐行取值" if value.value is None and value.inputs else exact_text(value.value)
    unit = origins.unit(value.unit)
    return Line(
        (
            Cell(code(origins.label(value))),
            Cell(origins.value(value.id, text), "right"),
            Cell((Run(unit, "unit"),) if unit else (), "center"),
            Cell(said(origins.words(value.source or "", 0))),
            Cell(day(value.year), "center"),
            Cell(clause(value.clause or ""), "center"),
        )
    )
