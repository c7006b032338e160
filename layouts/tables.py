"""Tables on a figure: quantities of the measures, verdicts of the indicators, facts of the watershed."""

from __future__ import annotations

import itertools
from typing import Mapping, NamedTuple, Sequence

from qgis.core import (
    QgsFeature,
    QgsLayoutFrame,
    QgsLayoutItemManualTable,
    QgsLayoutTable,
    QgsPrintLayout,
    QgsTableCell,
    QgsVectorLayer,
)

from ..core.errors import Problem
from ..core.layoutplan.units import decimals_of
from ..core.standard import Edition
from .compose import Page, put
from .drawings import text_format
from .measures import Amount
from .sheet import Box

STATES = {"pass": "自评达标", "fail": "自评不达标", "unproven": "待证", "not_applicable": "不涉及"}  # nosec B105
OPERATORS = {">=": "≥", "<=": "≤", "class_not_worse_than": "不劣于", "any_of": ""}
UNGIVEN = "未给出"  # a limit of the county's that nobody gave
_PRINTED = {"hm2": 2, "km": 3, "km2": 2, "亩": 1}
"""Decimals on a map; every other unit is printed whole."""

_ROW = 1.5  # height of a row in heights of its letters, with its margins
_MM_PER_POINT = 0.3528
_IDEOGRAMS = 0x2E7F  # signs after it are as wide as high
_MARGIN, _STROKE = 0.5, 0.12  # of a cell, mm


class Table(NamedTuple):
    """Rows of text under a head; ``widths`` are shares of the table's width."""

    name: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    widths: tuple[float, ...]


def measures_table(amounts: Sequence[Amount]) -> Table:
    """Number, measure, unit, built and planned amount."""
    rows = [
        (str(a.number), a.name, a.unit_text, _amount(a.built, a.unit), _amount(a.planned, a.unit))
        for a in amounts
    ]
    return Table("quantities", ("序号", "措施", "单位", "已建", "规划"), rows, (0.1, 0.42, 0.12, 0.18, 0.18))


def _amount(value: float, unit: str) -> str:
    if not value:
        return "–"
    return f"{value:.{min(decimals_of(unit), _PRINTED.get(unit, 0))}f}"


def evaluation_table(layer: QgsVectorLayer, edition: Edition) -> Table:
    """The indicators with value, limit and state, as ``qingliu:evaluate`` writes them, in the norm's words.

    What is judged by words says 定性; its text is in the evaluation, it would not fit into a cell.
    """
    rows = [_verdict(_values(feature), edition) for feature in layer.getFeatures()]
    head = ("序号", "指标", "数值", "单位", "限值", "状态")
    return Table("verdicts", head, rows, (0.07, 0.33, 0.13, 0.13, 0.17, 0.17))


def _values(feature: QgsFeature) -> dict[str, str]:
    return {f.name(): _text(feature[f.name()]) for f in feature.fields()}


def _verdict(values: Mapping[str, str], edition: Edition) -> tuple[str, ...]:
    known = {i.key: i for i in edition.indicators.values()}.get(values.get("indicator", ""))
    name = known.name_zh if known is not None else values.get("indicator", "")
    operator, state = values.get("operator", ""), values.get("state", "")
    value, limit = number_text(values.get("value_num", "")) or values.get("value_text", ""), ""
    if operator == "qualitative":
        value, limit = "定性" if value else "", "定性要求"
    elif operator == "forbidden":
        limit = "禁止"
    elif operator != "not_applicable":
        limit = f"{OPERATORS.get(operator, operator)} {values.get('threshold', '') or UNGIVEN}".strip()
    unit = edition.code_label("units", values.get("unit", ""), "zh") if values.get("unit") else ""
    return values.get("number", ""), name, value, unit, limit, STATES.get(state, state)


def _text(value: object) -> str:
    return "" if value is None or str(value) == "NULL" else str(value)


def number_text(text: str) -> str:
    """A number with at most two decimals; other texts as they are."""
    try:
        return f"{float(text):.2f}".rstrip("0").rstrip(".") if text else ""
    except ValueError:
        return text


def wrapped(text: str, width: float, letter: float) -> str:
    """The text broken into lines of at most ``width`` mm, letters being ``letter`` mm high.

    QGIS breaks between words only, and Chinese has none.
    """
    lines, line, length = [], "", 0.0
    for sign in text:
        step = letter if ord(sign) > _IDEOGRAMS else 0.62 * letter
        if line and length + step > width:
            lines.append(line)
            line, length = "", 0.0
        line, length = line + sign, length + step
    return "\n".join([*lines, line])


def _wrap(page: Page, table: Table, width: float, size: float) -> list[tuple[str, ...]]:
    """Head and rows with their texts broken into lines."""
    letter = page.points(size) * _MM_PER_POINT
    rooms = [share * width - 2 * _MARGIN - _STROKE for share in table.widths]
    rows = (table.head, *table.rows)
    return [tuple(wrapped(text, room, letter) for text, room in zip(row, rooms)) for row in rows]


def _height(page: Page, row: Sequence[str], size: float) -> float:
    """Height in mm of a row with its longest cell."""
    lines = max(text.count("\n") for text in row)
    return _row(page, size) + lines * 1.3 * page.points(size) * _MM_PER_POINT


def place_table(page: Page, table: Table, box: Box, size: float = 6.5) -> float:
    """Put a table into the upper part of ``box``, smaller where it has many rows; its lower edge in mm."""
    rows = _wrap(page, table, box.width, size)
    while size > 4.0 and sum(_height(page, row, size) for row in rows) > box.height:
        size -= 0.25
        rows = _wrap(page, table, box.width, size)
    heights = [_height(page, row, size) for row in rows]
    fitting = sum(total <= box.height for total in itertools.accumulate(heights))
    if fitting < len(heights):
        facts = {"figure": page.figure.zh, "rows": len(heights) - fitting}
        page.warnings.append(Problem("QL-FIG-NOTABLE", facts))
    heights = heights[: max(fitting, 1)]
    frame = page.keeper.item(table.name, _new_table)
    height = sum(heights)
    if frame is None:
        return box.y + height
    made = frame.multiFrame()
    made.setContentTextFormat(text_format(page.font, page.points(size)))
    made.setHeaderTextFormat(text_format(page.font, page.points(size), bold=True))
    made.setCellMargin(_MARGIN)
    made.setGridStrokeWidth(_STROKE)
    made.setTableContents([_cells(row) for row in rows[: len(heights)]])
    made.setColumnWidths([share * box.width - 2 * _MARGIN - _STROKE for share in table.widths])
    made.setRowHeights([one - 2 * _MARGIN - _STROKE for one in heights])
    made.setWrapBehavior(QgsLayoutTable.WrapBehavior.WrapText)
    made.refresh()
    # a frame that is a hair too low would drop the last row without a word
    height = max(height + _STROKE, made.totalSize().height()) + 0.5
    put(frame, Box(box.x, box.y, box.width, height))
    made.recalculateFrameSizes()
    return float(box.y + height)


def _row(page: Page, size: float) -> float:
    return page.points(size) * _MM_PER_POINT * _ROW + 0.9


def _cells(row: Sequence[str]) -> list[QgsTableCell]:
    return [QgsTableCell(text) for text in row]


def _new_table(layout: QgsPrintLayout) -> QgsLayoutFrame:
    made = QgsLayoutItemManualTable.create(layout)
    layout.addMultiFrame(made)
    frame = QgsLayoutFrame(layout, made)
    made.addFrame(frame)
    return frame
