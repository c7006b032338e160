"""A survey table as PDF or OpenDocument text through Qt, with Chinese type embedded."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Sequence

from qgis.PyQt.QtCore import QMarginsF, QRectF, QSizeF, Qt
from qgis.PyQt.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QFontDatabase,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
    QTextDocumentWriter,
)

from ...core.errors import InputError
from ...core.printing import PrintedSheet
from ...core.printing.html import sheets_html
from ...core.progress import SILENT, Progress
from ...core.report import render
from .files import settle_pdf, settle_zip

# The system's own first; Noto last, whose PDFs cannot be searched for 水, 土, 比 (they come out as radicals).
FAMILIES = (
    "SimSun", "宋体", "Microsoft YaHei", "微软雅黑", "DengXian", "SimHei", "PingFang SC", "Songti SC", "STSong",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Source Han Sans SC", "Noto Sans CJK SC", "Noto Serif CJK SC",
)  # fmt: skip
_DPI = 300
_MARGIN_MM = 12.0
_FOOTER_MM = 6.0
_MM_PER_INCH = 25.4
_SIZE_POINTS = 9
_ODT_FONT = "SimSun"
_TEXT_COLOUR = re.compile(rb'(<style:text-properties[^>]*?) fo:background-color="[^"]*"')
_TYPE = re.compile(rb'fo:(font-size|font-weight|font-family)="([^"]*)"')
_MANIFEST_STYLES = (
    b' <manifest:file-entry manifest:media-type="text/xml" manifest:full-path="styles.xml"/>\n'
    b"</manifest:manifest>"
)


class Page(NamedTuple):
    """A page across: its size in mm."""

    size_id: Any
    width: float
    height: float


def page_of(sheets: Sequence[PrintedSheet]) -> Page:
    """A4 across, A3 across for tables of many columns."""
    if any(s.form.wide for s in sheets):
        return Page(QPageSize.PageSizeId.A3, 420.0, 297.0)
    return Page(QPageSize.PageSizeId.A4, 297.0, 210.0)


def chinese_font() -> str:
    """A family of this machine that has Chinese characters; empty where there is none."""
    try:
        database: Any = QFontDatabase()
    except TypeError:  # Qt 6: all its methods are static
        database = QFontDatabase
    system = QFontDatabase.WritingSystem.SimplifiedChinese
    there = list(database.families(system))
    plain = {family.split(" [")[0]: family for family in there}
    for family in FAMILIES:
        if family in plain:
            return plain[family]
    return str(there[0]) if there else ""


def _document(sheets: Sequence[PrintedSheet], font: str, *, breaks: bool = True) -> QTextDocument:
    document = QTextDocument()
    document.setDocumentMargin(0)
    base = QFont(font) if font else QFont()
    base.setPointSize(_SIZE_POINTS)
    document.setDefaultFont(base)
    document.setHtml(sheets_html(sheets, font, _SIZE_POINTS, breaks=breaks))
    return document


def write_pdf(path: Path, sheets: Sequence[PrintedSheet], font: str, progress: Progress = SILENT) -> None:
    """Write the sheets of one table to a PDF with embedded type. Raises InputError QL-OUT-WRITE."""
    page = page_of(sheets)
    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setTitle(sheets[0].form.title)
    writer.setCreator("Qingliu")
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    across = QPageLayout.Orientation.Landscape
    writer.setPageLayout(QPageLayout(QPageSize(page.size_id), across, margins, QPageLayout.Unit.Millimeter))
    painter = QPainter()
    if not painter.begin(writer):
        raise InputError("QL-OUT-WRITE", path=str(path), reason="QPdfWriter")
    try:
        _paint(painter, writer, _document(sheets, font), sheets[0].form.title, progress)
    finally:
        painter.end()
    settle_pdf(path)


def _paint(
    painter: QPainter, writer: QPdfWriter, document: QTextDocument, title: str, progress: Progress
) -> None:
    """Draw the document page by page, with the table's name and the page's number below."""
    footer = _FOOTER_MM / _MM_PER_INCH * _DPI
    width, height = float(writer.width()), float(writer.height()) - footer
    document.documentLayout().setPaintDevice(writer)
    document.setPageSize(QSizeF(width, height))
    count = document.pageCount()
    for number in range(count):
        progress.step(number / count)
        if number:
            writer.newPage()
        painter.save()
        painter.translate(0.0, -number * height)
        window = QRectF(0.0, number * height, width, height)
        painter.setClipRect(window)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = window
        document.documentLayout().draw(painter, context)
        painter.restore()
        painter.setFont(document.defaultFont())
        place = QRectF(0.0, height, width, footer)
        below = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.AlignmentFlag.AlignBottom)
        painter.drawText(place, below, f"{title}　第 {number + 1} 页 共 {count} 页")


def write_odt(path: Path, sheets: Sequence[PrintedSheet]) -> None:
    """Write the sheets of one table to an OpenDocument text. Raises InputError QL-OUT-WRITE.

    The type is named, not embedded: the machine that opens the file has it or puts its own in place.
    """
    page = page_of(sheets)
    writer = QTextDocumentWriter(str(path), b"odf")
    if not writer.write(_document(sheets, _ODT_FONT, breaks=False)):
        raise InputError("QL-OUT-WRITE", path=str(path), reason="QTextDocumentWriter")
    settle_zip(path, partial(_mended, page=page))


def _mended(parts: dict[str, bytes], page: Page) -> dict[str, bytes]:
    """What Qt leaves out or writes as OpenDocument does not know it: the page, widths of columns."""
    across = page.width - 2 * _MARGIN_MM

    def width(match: re.Match[bytes]) -> bytes:
        share = float(match.group(1))
        text = (
            f'style:column-width="{across * share / 100:.2f}mm" style:rel-column-width="{share * 100:.0f}*"'
        )
        return text.encode()

    content = re.sub(rb'style:column-width="([\d.]+)%"', width, parts["content.xml"])
    # Qt takes the table's width in per cent for points, a cell's colour for its text's, and styles Latin type alone
    content = content.replace(
        b'style:width="100pt"', f'style:width="{across:.2f}mm" table:align="margins"'.encode()
    )
    content = _TEXT_COLOUR.sub(rb"\1", content)
    content = _TYPE.sub(rb'\g<0> style:\1-asian="\2"', content)
    manifest = parts["META-INF/manifest.xml"].replace(b"</manifest:manifest>", _MANIFEST_STYLES)
    frame = {"width": page.width, "height": page.height, "margin": _MARGIN_MM}
    return {
        **parts,
        "content.xml": content,
        "META-INF/manifest.xml": manifest,
        "styles.xml": render("tables/styles.xml", **frame).encode(),
    }
