"""The list that goes with the field maps: every mark with its row, a code to scan and room to write.

What comes back from the field on paper is entered against the row that the code names.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

from qgis.core import (
    QgsLayoutFrame,
    QgsLayoutItemLabel,
    QgsLayoutItemManualTable,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLayoutTable,
    QgsPrintLayout,
    QgsProject,
    QgsTableCell,
)
from qgis.PyQt.QtCore import Qt

from ..core.progress import SILENT, Progress
from ..layers.fieldmarks import FieldMark
from .compose import MM, literal
from .drawings import text_format
from .fieldmaps_codes import code_picture
from .fieldmaps_sheet import COLUMNS, HEAD, ROW, ListPage, list_page
from .figureset import DRAWN
from .sheet import PAPERS, Box

KEY, TITLE = "fieldrecords", "外业对象清单"
_MARGIN, _STROKE = 0.6, 0.15
_TEXT = 7.5
_PAGES = 5  # as many numbers as fit into a line of the cell


class Listing(NamedTuple):
    """What the list says above its rows: name of the watershed, CRS; and its font."""

    project: str
    crs: str
    font: str


def make_list(
    project: QgsProject, marks: Sequence[FieldMark], listing: Listing, progress: Progress = SILENT
) -> QgsPrintLayout:
    """The layout of the list in ``project``, made anew: it holds no work of a designer. Raises Cancelled."""
    manager = project.layoutManager()
    for old in manager.printLayouts():
        if old.customProperty(DRAWN) == KEY:
            manager.removeLayout(old)
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setCustomProperty(DRAWN, KEY)
    layout.setName(TITLE)
    parts = list_page()
    ordered = sorted(marks, key=lambda mark: mark.pages[0])
    groups = [ordered[start : start + parts.rows] for start in range(0, len(ordered), parts.rows)]
    progress.stage("field_records", len(ordered))
    for number, group in enumerate(groups):
        progress.step(number / len(groups))
        _add_page(layout, number)
        _page(layout, number, len(groups), group, parts, listing)
    manager.addLayout(layout)
    return layout


def _add_page(layout: QgsPrintLayout, number: int) -> None:
    pages = layout.pageCollection()
    if number > 0:
        pages.addPage(QgsLayoutItemPage(layout))
    pages.page(number).setPageSize(QgsLayoutSize(PAPERS["A4"][1], PAPERS["A4"][0], MM))


def _page(
    layout: QgsPrintLayout,
    number: int,
    count: int,
    group: Sequence[FieldMark],
    parts: ListPage,
    listing: Listing,
) -> None:
    _label(layout, number, f"{listing.project}{TITLE}", parts.title, listing.font, 14, bold=True)
    foot = f"{listing.crs}    第 {number + 1} 页，共 {count} 页    编号仅在本次打印中有效，行号长期有效"
    _label(layout, number, foot, parts.foot, listing.font, 6.5)
    _table(layout, number, group, parts.table, listing.font)
    left = parts.table.x + COLUMNS[0][1]
    side = min(COLUMNS[1][1], ROW) - 1.0
    for row, mark in enumerate(group):
        picture = code_picture(mark.one.address)
        if picture:
            top = parts.table.y + HEAD + row * ROW + (ROW - side) / 2
            _code(layout, number, picture, Box(left + (COLUMNS[1][1] - side) / 2, top, side, side))


def _put(item: object, box: Box, page: int) -> None:
    item.attemptMove(QgsLayoutPoint(box.x, box.y, MM), True, False, page)  # type: ignore[attr-defined]
    item.attemptResize(QgsLayoutSize(box.width, box.height, MM))  # type: ignore[attr-defined]


def _label(
    layout: QgsPrintLayout, page: int, text: str, box: Box, font: str, size: float, *, bold: bool = False
) -> None:
    item = QgsLayoutItemLabel(layout)
    layout.addLayoutItem(item)
    letters = text_format(font, size, bold=bold)
    if hasattr(item, "setTextFormat"):
        item.setTextFormat(letters)
    else:
        drawn = letters.font()
        drawn.setPointSizeF(letters.size())
        item.setFont(drawn)
    item.setText(literal(text))
    item.setHAlign(Qt.AlignmentFlag.AlignHCenter)
    item.setVAlign(Qt.AlignmentFlag.AlignVCenter)
    _put(item, box, page)


def _code(layout: QgsPrintLayout, page: int, picture: str, box: Box) -> None:
    item = QgsLayoutItemPicture(layout)
    layout.addLayoutItem(item)
    item.setPicturePath(picture)
    _put(item, box, page)


def _table(layout: QgsPrintLayout, page: int, group: Sequence[FieldMark], box: Box, font: str) -> None:
    made = QgsLayoutItemManualTable.create(layout)
    layout.addMultiFrame(made)
    frame = QgsLayoutFrame(layout, made)
    made.addFrame(frame)
    made.setContentTextFormat(text_format(font, _TEXT))
    made.setHeaderTextFormat(text_format(font, _TEXT, bold=True))
    made.setCellMargin(_MARGIN)
    made.setGridStrokeWidth(_STROKE)
    rows = [tuple(title for title, _ in COLUMNS), *(row_texts(mark) for mark in group)]
    made.setTableContents([[QgsTableCell(text) for text in row] for row in rows])
    made.setColumnWidths([width - 2 * _MARGIN - _STROKE for _, width in COLUMNS])
    heights = [HEAD, *([ROW] * len(group))]
    made.setRowHeights([height - 2 * _MARGIN - _STROKE for height in heights])
    made.setWrapBehavior(QgsLayoutTable.WrapBehavior.WrapText)
    made.refresh()
    height = max(sum(heights) + 2 * _STROKE, made.totalSize().height()) + 0.5
    _put(frame, Box(box.x, box.y, box.width, height), page)
    made.recalculateFrameSizes()


def row_texts(mark: FieldMark) -> tuple[str, ...]:
    """The cells of a mark's row; the code and the last are left free."""
    place, (x, y) = mark.one.place, mark.at
    pages = "、".join(map(str, mark.pages[:_PAGES])) + ("…" if len(mark.pages) > _PAGES else "")
    where = f"第 {pages} 页\nN {y:.1f}\nE {x:.1f}"
    half = len(place.row) // 2 if len(place.row) > 24 else len(place.row)
    row = f"{place.table}\n{place.row[:half]}\n{place.row[half:]}".rstrip()
    return mark.one.mark, "", f"{mark.kind.zh}\n{place.name}".rstrip(), where, row, ""
