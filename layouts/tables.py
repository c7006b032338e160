"""Tables on a figure: quantities of the measures, verdicts of the indicators, facts of the watershed."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from qgis.core import (
    QgsLayoutFrame,
    QgsLayoutItemManualTable,
    QgsLayoutTable,
    QgsPrintLayout,
    QgsTableCell,
    QgsVectorLayer,
)

from ..core.errors import Problem
from .compose import Page, put
from .drawings import text_format
from .measures import Amount
from .sheet import Box

STATES = {"pass": "自评达标", "fail": "自评不达标", "unproven": "待证", "not_applicable": "不涉及"}  # nosec B105
_ROW = 1.5  # height of a row in heights of its letters, with its margins
_MM_PER_POINT = 0.3528
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
        (str(a.number), a.name, a.unit, _amount(a.built, a.unit), _amount(a.planned, a.unit)) for a in amounts
    ]
    return Table("quantities", ("序号", "措施", "单位", "已建", "规划"), rows, (0.1, 0.42, 0.12, 0.18, 0.18))


def _amount(value: float, unit: str) -> str:
    if not value:
        return "–"
    return f"{value:.2f}" if unit == "hm²" else f"{value:.0f}"


def evaluation_table(layer: QgsVectorLayer) -> Table:
    """The indicators with value, limit and state, as ``qingliu:evaluate`` writes them."""
    rows = []
    for feature in layer.getFeatures():
        values = {f.name(): feature[f.name()] for f in layer.fields()}
        unit = _text(values.get("unit"))
        limit = f"{_text(values.get('operator'))} {_text(values.get('threshold'))}".strip()
        value = _text(values.get("value_text")) or _text(values.get("value_num"))
        state = STATES.get(_text(values.get("state")), _text(values.get("state")))
        rows.append((_text(values.get("number")), _text(values.get("indicator")), value, unit, limit, state))
    head = ("序号", "指标", "数值", "单位", "限值", "状态")
    return Table("verdicts", head, rows, (0.08, 0.34, 0.15, 0.11, 0.16, 0.16))


def _text(value: object) -> str:
    if value is None or str(value) == "NULL":
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def place_table(page: Page, table: Table, box: Box, size: float = 6.5) -> float:
    """Put a table into the upper part of ``box``, smaller where it has many rows; its lower edge in mm."""
    count = len(table.rows) + 1
    while size > 4.0 and count * _row(page, size) > box.height:
        size -= 0.25
    fitting = int(box.height / _row(page, size))
    if fitting < count:
        facts = {"figure": page.figure.zh, "rows": count - fitting}
        page.warnings.append(Problem("QL-FIG-NOTABLE", facts))
    shown = table.rows[: max(fitting - 1, 0)]
    frame = page.keeper.item(table.name, _new_table)
    height = (len(shown) + 1) * _row(page, size)
    if frame is None:
        return box.y + height
    made = frame.multiFrame()
    made.setContentTextFormat(text_format(page.font, page.points(size)))
    made.setHeaderTextFormat(text_format(page.font, page.points(size), bold=True))
    made.setCellMargin(_MARGIN)
    made.setGridStrokeWidth(_STROKE)
    made.setTableContents([_cells(row) for row in (table.head, *shown)])
    made.setColumnWidths([share * box.width - 2 * _MARGIN - _STROKE for share in table.widths])
    made.setRowHeights([_row(page, size) - 2 * _MARGIN - _STROKE] * (len(shown) + 1))
    made.setWrapBehavior(QgsLayoutTable.WrapBehavior.TruncateText)
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
