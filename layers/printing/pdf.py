"""A survey table as PDF through Qt: Chinese type embedded, rows whole, the head on every page (4.1.4).

Qt's text documents cut through rows at the end of a page, so the pages are made here: rows are measured
some at a time, put on pages, and each page is a document of its own. Between them work can be stopped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, NamedTuple, Sequence

from qgis.PyQt.QtCore import QMarginsF, QRectF, QSizeF, Qt
from qgis.PyQt.QtGui import (
    QAbstractTextDocumentLayout,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
    QTextTable,
)

from ...core.errors import InputError
from ...core.printing import PrintedSheet
from ...core.printing.html import Lines
from ...core.printing.paging import Slice, slices
from ...core.progress import SILENT, Progress
from .documents import MARGIN_MM, SIZE_POINTS, document_of, page_of
from .files import settle_pdf

_DPI = 300
_FOOTER_MM = 6.0
_MM_PER_INCH = 25.4
_BATCH = 30
_ENDLESS = 1e7
_MEASURED, _MADE = 0.35, 0.7  # shares of the work


class Room(NamedTuple):
    """What a page has for the table, in dots of the writer."""

    writer: QPdfWriter
    font: str
    width: float
    height: float


def write_pdf(path: Path, sheets: Sequence[PrintedSheet], font: str, progress: Progress = SILENT) -> None:
    """Write the sheets of one table to a PDF with embedded type. Raises InputError QL-OUT-WRITE, Cancelled."""
    page = page_of(sheets)
    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setTitle(sheets[0].form.title)
    writer.setCreator("Qingliu")
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    across = QPageLayout.Orientation.Landscape
    writer.setPageLayout(QPageLayout(QPageSize(page.size_id), across, margins, QPageLayout.Unit.Millimeter))
    painter = QPainter()
    if not painter.begin(writer):
        raise InputError("QL-OUT-WRITE", path=str(path), reason="QPdfWriter")
    try:
        footer = _FOOTER_MM / _MM_PER_INCH * _DPI
        room = Room(writer, font, float(writer.width()), float(writer.height()) - footer)
        pages = [page for sheet in sheets for page in _pages(sheet, room, progress)]
        progress.step(_MADE)
        _paint(painter, room, pages, sheets[0].form.title, footer, progress)
    finally:
        painter.end()
    settle_pdf(path)


# -- putting rows on pages ------------------------------------------------------------


def _pages(sheet: PrintedSheet, room: Room, progress: Progress) -> Iterator[QTextDocument]:
    """The pages of a sheet, laid out."""
    lines = Lines(sheet)
    heights: List[float] = []
    for start in range(0, len(lines), _BATCH):
        progress.step(_MEASURED * start / len(lines))
        stop = min(start + _BATCH, len(lines))
        heights += _heights(_laid_out(lines, Slice(start, stop, False, False), room, _ENDLESS))
    above_first = _above(_laid_out(lines, Slice(0, 1, True, False), room, _ENDLESS))
    above_next = _above(_laid_out(lines, Slice(0, 1, False, False), room, _ENDLESS))
    tail = _laid_out(lines, Slice(len(lines), len(lines), False, True), room, _ENDLESS).size().height()
    for part in slices(heights, room.height - above_first, room.height - above_next, tail):
        progress.step(_MEASURED + (_MADE - _MEASURED) * part.start / max(len(lines), 1))
        yield from _fitted(lines, part, room)


def _fitted(lines: Lines, part: Slice, room: Room) -> Iterator[QTextDocument]:
    """A page as planned; in two where it turns out a little too high."""
    document = _laid_out(lines, part, room, room.height)
    if document.pageCount() == 1 or part.stop - part.start < 2:
        yield document
        return
    cut = part.stop - 1
    yield from _fitted(lines, Slice(part.start, cut, part.first, False), room)
    yield from _fitted(lines, Slice(cut, part.stop, False, part.last), room)


def _laid_out(lines: Lines, part: Slice, room: Room, height: float) -> QTextDocument:
    document = document_of(lines.html(part, room.font, SIZE_POINTS), room.font)
    document.documentLayout().setPaintDevice(room.writer)
    document.setPageSize(QSizeF(room.width, height))
    return document


def _table(document: QTextDocument) -> QTextTable | None:
    """The survey table of a page: the last one, the header block stands above."""
    tables = [f for f in document.rootFrame().childFrames() if isinstance(f, QTextTable)]
    return tables[-1] if tables else None


def _tops(document: QTextDocument, table: QTextTable) -> List[float]:
    """Where the text of each line below the head begins; its highest cell begins at the top."""
    layout = document.documentLayout()
    return [
        min(
            layout.blockBoundingRect(table.cellAt(line, column).firstCursorPosition().block()).top()
            for column in range(table.columns())
        )
        for line in range(table.format().headerRowCount(), table.rows())
    ]


def _heights(document: QTextDocument) -> List[float]:
    """Height of each line below the head, its frame with it."""
    table = _table(document)
    if table is None:
        return []
    tops = _tops(document, table)
    rest = document.size().height() - tops[-1]
    return [below - above for above, below in zip(tops, tops[1:])] + [rest]


def _above(document: QTextDocument) -> float:
    """What stands above the first line."""
    table = _table(document)
    return 0.0 if table is None else _tops(document, table)[0]


# -- drawing ----------------------------------------------------------------------------


def _paint(
    painter: QPainter,
    room: Room,
    pages: Sequence[QTextDocument],
    title: str,
    footer: float,
    progress: Progress,
) -> None:
    """Draw the pages, with the table's name and the page's number below."""
    count = sum(page.pageCount() for page in pages)
    number = 0
    for document in pages:
        for part in range(document.pageCount()):  # more than one where a single row is higher than a page
            progress.step(_MADE + (1.0 - _MADE) * number / count)
            if number:
                room.writer.newPage()
            number += 1
            _draw(painter, document, QRectF(0.0, part * room.height, room.width, room.height))
            painter.setFont(document.defaultFont())
            below = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.AlignmentFlag.AlignBottom)
            place = QRectF(0.0, room.height, room.width, footer)
            painter.drawText(place, below, f"{title}　第 {number} 页 共 {count} 页")


def _draw(painter: QPainter, document: QTextDocument, window: QRectF) -> None:
    painter.save()
    painter.translate(0.0, -window.top())
    painter.setClipRect(window)
    context = QAbstractTextDocumentLayout.PaintContext()
    context.clip = window
    document.documentLayout().draw(painter, context)
    painter.restore()
