"""Layout of measures, quantities and maintenance cards as parts of the dossier (5.1.2, chapter 8)."""

from __future__ import annotations

from typing import Iterable, Optional, Sequence

from ..standard import Edition
from ..standard.model.maintenance import MaintenanceDuty
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
    clause,
    code,
    head,
    plain,
    said,
)
from .model import Amount, Card, Contents, Duty, FigureSheet
from .numbers import number_text
from .origins import Origins
from .signed import signed_blocks


def figures_part(contents: Contents) -> Part:
    """The figures, each on its page; those that could not be drawn are named with the reason."""
    blocks: list[Block] = []
    for figure in contents.figures:
        if figure.picture:
            title = f"图 {figure.number}　{figure.title}"
            blocks.append(Picture(figure.key, title, figure.picture, "image/png", figure.size))
    if not blocks:
        blocks.append(Paragraph(plain("没有可出的图件。")))
    return Part("figures", "六", "图件", (*_list(contents.figures), *blocks), "figures")


def _list(figures: Sequence[FigureSheet]) -> list[Block]:
    lines = []
    for figure in figures:
        asked = (Run("规范要求，"), *clause(figure.required_by)) if figure.required_by else plain("惯例图件")
        number = code(str(figure.number))
        lines.append(
            Line((Cell(number, "center"), Cell(plain(figure.title)), Cell(asked), Cell(state_of(figure))))
        )
    return [Grid(head("图号", "图名", "依据", "状态"), tuple(lines), (10.0, 34.0, 22.0, 34.0), 10.0)]


def state_of(figure: FigureSheet) -> Runs:
    """附后, or why the figure is not there."""
    if figure.picture:
        return plain("附后")
    if figure.withheld:
        return (Run("含标密图层，未附："), *said("、".join(figure.withheld)))
    if not figure.lacks:
        return plain("本次未选")
    return (Run("未出图，缺少图层："), *code("、".join(figure.lacks)))


def plan_part(contents: Contents, origins: Origins) -> Part:
    """Quantities by zone, village and measure."""
    if not contents.amounts:
        text = "调查库没有措施图层要素，也没有工程量表；措施布局和工程量待补（"
        blocks: tuple[Block, ...] = (Paragraph((Run(text), *clause("5.1.2"), Run("）。"))),)
        return Part("plan", "十", "措施布局与工程量", (*blocks, *signed_blocks(contents, origins)))
    zoned = any(a.zone for a in contents.amounts)
    costed = any(a.cost is not None for a in contents.amounts)
    titles = [
        *(["分区", "行政村"] if zoned else []),
        "措施",
        "单位",
        "已建",
        "规划",
        *(["费用（元）"] if costed else []),
    ]
    lines = tuple(_line(n, a, zoned, costed, origins) for n, a in enumerate(contents.amounts))
    words = "工程量由措施图层量算（平面），与措施总体布局图一致（"
    note = Paragraph((Run(words), *clause("5.1.2"), Run("）。")))
    if costed:
        lines = (*lines, _cost_line(contents.amounts, len(titles), origins))
    widths = [*((19.0, 12.0) if zoned else ()), 26.0, 8.0, 10.0, 11.0, *((14.0,) if costed else ())]
    shares = tuple(w * 100.0 / sum(widths) for w in widths)
    table = Grid(head(*titles), lines, shares, 9.0)
    return Part("plan", "十", "措施布局与工程量", (note, table, *signed_blocks(contents, origins)))


def _line(number: int, amount: Amount, zoned: bool, costed: bool, origins: Origins) -> Line:
    def shown(what: str, value: Optional[float]) -> Cell:
        if value is None:
            return Cell(plain("—"), "right")
        anchor = origins.own(
            f"amount.{number}", f"工程量 {measure}", "", "5.1.2", "措施图层要素的平面面积、长度或个数之和",
            source="措施图层", features=(f"measures：{amount.features} 个要素",) if amount.features else (),
        )  # fmt: skip
        return Cell((Run(number_text(value), "value", anchor),), "right")

    measure = origins.measure(amount.measure)

    places = (Cell(said(amount.zone)), Cell(said(amount.village))) if zoned else ()
    cost = (shown("cost", amount.cost),) if costed else ()
    unit = Cell((Run(origins.unit(amount.unit), "unit"),), "center")
    row = (
        *places,
        Cell(code(measure)),
        unit,
        shown("built", amount.built),
        shown("planned", amount.planned),
    )
    return Line((*row, *cost))


def _cost_line(amounts: Sequence[Amount], columns: int, origins: Origins) -> Line:
    """The sum of the costs."""
    total = sum(a.cost or 0.0 for a in amounts)
    anchor = origins.own(
        "amount.cost",
        "费用合计",
        number_text(total),
        "5.1.2",
        "各行费用之和（单价 × 工程量）",
        source="工程量表",
    )
    return Line(
        (
            Cell((Run("合计", "bold"),), "center", columns=columns - 1),
            Cell((Run(number_text(total), "value", anchor),), "right"),
        )
    )


def cards_of(edition: Edition, measures: Iterable[str]) -> tuple[Card, ...]:
    """A card for what concerns every measure, and one for each measure that has duties of its own."""
    present = set(measures)
    duties = edition.maintenance.values()
    common = tuple(_duty(d) for d in duties if not d.measures)
    found = [Card("各项措施", common)] if common and present else []
    for key, measure in edition.measures.items():
        own = tuple(_duty(d) for d in duties if key in d.measures)
        if key in present and own:
            found.append(Card(measure.name_zh, own))
    return tuple(found)


def _duty(duty: MaintenanceDuty) -> Duty:
    return Duty(duty.clause, duty.zh, _interval(duty), duty.reason_zh)


def _interval(duty: MaintenanceDuty) -> str:
    if duty.trigger == "interval" and duty.interval_months:
        years, months = divmod(duty.interval_months, 12)
        return f"每 {years} 年" if not months else f"每 {duty.interval_months} 个月"
    if duty.trigger == "after_rain":
        return f"汛期雨后 {duty.within_days} 日内"
    return {"once": "移交时", "continuous": "经常", "on_fault": "发现问题时"}.get(duty.trigger, duty.trigger)


def cards_part(cards: Sequence[Card], origins: Origins, holders: Optional[Grid] = None) -> Part:
    """Maintenance cards, and who ``holders`` says is in charge; without them, the clauses that ask for maintenance."""
    if not cards:
        words = "管护卡待补：措施建成后，按第八章各节落实管护主体、内容和周期（"
        blocks: tuple[Block, ...] = (Paragraph((Run(words), *clause("8.1.1"), Run("）。"))),)
        return Part("cards", "十一", "管护卡", blocks)
    words = "周期为本软件按管护经验拟定，标准只要求定期管护；自竣工之日起算，可按当地情况调整（"
    found: list[Block] = [Paragraph((Run(words), *clause("8.1.1"), Run("）。")), "note")]
    if holders is not None:
        found += [Heading(plain("已登记的权属与管护责任"), 3), holders]
    heads = head("条文", "内容", "周期", "周期依据")
    for card in cards:
        found.append(Heading(said(card.title), 3))
        lines = tuple(_duty_line(card, n, d, origins) for n, d in enumerate(card.duties))
        found.append(Grid(heads, lines, (9.0, 47.0, 14.0, 30.0), 8.5))
        blanks = (
            "产权人：＿＿＿＿＿＿　使用权人：＿＿＿＿＿＿　管理责任人：＿＿＿＿＿＿　竣工日期：＿＿＿＿＿＿"
        )
        found.append(Paragraph(plain(blanks), "note"))
    return Part("cards", "十一", "管护卡", tuple(found))


def _duty_line(card: Card, number: int, duty: Duty, origins: Origins) -> Line:
    anchor = origins.own(
        f"duty.{duty.clause}.{duty.interval}.{duty.text}", f"管护周期 {card.title}", duty.interval, duty.clause,
        "本软件拟定的管护周期", source=duty.reason,
    )  # fmt: skip
    interval = (Run(duty.interval, "value", anchor),)
    row = (
        Cell(clause(duty.clause), "center"),
        Cell(code(duty.text)),
        Cell(interval, "center"),
        Cell(code(duty.reason)),
    )
    return Line(row)
