"""A survey table as OpenDocument text through Qt; type and page for both its documents and PDF."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Sequence

from qgis.PyQt.QtGui import (
    QFont,
    QFontDatabase,
    QPageSize,
    QTextDocument,
    QTextDocumentWriter,
)

from ...core.errors import InputError
from ...core.printing import PrintedSheet
from ...core.printing.html import sheets_html
from ...core.progress import SILENT, Progress
from ...core.report import render
from .files import settle_zip

# The system's own first; Noto last, whose PDFs cannot be searched for 水, 土, 比 (they come out as radicals).
FAMILIES = (
    "SimSun", "宋体", "Microsoft YaHei", "微软雅黑", "DengXian", "SimHei", "PingFang SC", "Songti SC", "STSong",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Source Han Sans SC", "Noto Sans CJK SC", "Noto Serif CJK SC",
)  # fmt: skip
MARGIN_MM = 12.0
SIZE_POINTS = 9
_ODT_FONT = "SimSun"
_TEXT_COLOUR = re.compile(rb'(<style:text-properties[^>]*?) fo:background-color="[^"]*"')
_TYPE = re.compile(rb'fo:(font-size|font-weight|font-family)="([^"]*)"')
_TABLE = re.compile(rb"<table:table [^>]*>.*?</table:table>", re.S)
_ROW = re.compile(rb"<table:table-row>.*?</table:table-row>", re.S)
_WHOLE_ROW = (
    b'<style:style style:name="WholeRow" style:family="table-row">'
    b'<style:table-row-properties fo:keep-together="always"/></style:style></office:automatic-styles>'
)
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


def document_of(html: str, font: str) -> QTextDocument:
    """A text document in a family."""
    document = QTextDocument()
    document.setDocumentMargin(0)
    base = QFont(font) if font else QFont()
    base.setPointSize(SIZE_POINTS)
    document.setDefaultFont(base)
    document.setHtml(html)
    return document


def write_odt(path: Path, sheets: Sequence[PrintedSheet], progress: Progress = SILENT) -> None:
    """Write the sheets of one table to an OpenDocument text. Raises InputError QL-OUT-WRITE, Cancelled.

    The type is named, not embedded: the machine that opens the file has it or puts its own in place.
    """
    page = page_of(sheets)
    writer = QTextDocumentWriter(str(path), b"odf")
    html = sheets_html(sheets, _ODT_FONT, SIZE_POINTS, breaks=False)
    progress.step(0.4)
    document = document_of(html, _ODT_FONT)
    progress.step(0.6)
    if not writer.write(document):
        raise InputError("QL-OUT-WRITE", path=str(path), reason="QTextDocumentWriter")
    progress.step(0.8)
    heads = [number for sheet in sheets for number in (0, sheet.form.head_rows)]  # header block, table
    settle_zip(path, partial(_mended, page=page, heads=heads))


def _mended(parts: dict[str, bytes], page: Page, heads: Sequence[int]) -> dict[str, bytes]:
    """What Qt leaves out or writes as OpenDocument does not know it: page, widths, heads, rows kept whole."""
    across = page.width - 2 * MARGIN_MM

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
    waiting = iter(heads)
    content = _TABLE.sub(lambda found: _with_head(found.group(0), next(waiting, 0)), content)
    content = content.replace(b"</office:automatic-styles>", _WHOLE_ROW)
    manifest = parts["META-INF/manifest.xml"].replace(b"</manifest:manifest>", _MANIFEST_STYLES)
    frame = {"width": page.width, "height": page.height, "margin": MARGIN_MM}
    return {
        **parts,
        "content.xml": content,
        "META-INF/manifest.xml": manifest,
        "styles.xml": render("tables/styles.xml", **frame).encode(),
    }


def _with_head(table: bytes, head_rows: int) -> bytes:
    """A table whose rows stay whole and whose first ones are repeated on every page."""
    rows = list(_ROW.finditer(table))
    if 0 < head_rows < len(rows):
        start, stop = rows[0].start(), rows[head_rows - 1].end()
        head = b"<table:table-header-rows>" + table[start:stop] + b"</table:table-header-rows>"
        table = table[:start] + head + table[stop:]
    return table.replace(b"<table:table-row>", b'<table:table-row table:style-name="WholeRow">')
