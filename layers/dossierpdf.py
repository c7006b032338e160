"""The dossier as one PDF with embedded Chinese type: text pages, tables across, a page for each figure.

Dates inside are fixed, so that the same content gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, NamedTuple, Sequence

from qgis.PyQt.QtCore import QMarginsF, QRectF, QSizeF, Qt, QUrl
from qgis.PyQt.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)

from ..core.dossier import Document, Part, paper
from ..core.dossier.document import Picture
from ..core.errors import InputError
from ..core.progress import SILENT, Progress
from .dossierpages import Pages, Window, bare, paginate
from .dossierpdfform import Bookmark, settle_form
from .printing.files import settle_pdf, whole

DPI = 300
MARGIN_MM, BINDING_MM, FOOTER_MM = 15.0, 25.0, 9.0
_MM_PER_INCH = 25.4
_SIZES = {"portrait": (210.0, 297.0), "landscape": (297.0, 210.0), "wide": (420.0, 297.0)}
_EDGE = 3.0  # dots beside a cut, so that the line of a table's border is whole


class FigurePage(NamedTuple):
    """A figure with a page of its own: its size in mm and its picture (PNG) over the whole page."""

    width: float
    height: float
    image: bytes


class _Flow(NamedTuple):
    """Parts that follow each other on pages of one size."""

    parts: Sequence[Part]
    page: str
    text: QTextDocument
    pages: Pages


def write_pdf(
    path: Path,
    document: Document,
    font: str,
    figures: Mapping[str, FigurePage],
    progress: Progress = SILENT,
) -> int:
    """Write the dossier; how many pages it has. Raises InputError QL-OUT-WRITE."""
    with whole(path) as part_path:
        writer = QPdfWriter(str(part_path))
        writer.setResolution(DPI)
        writer.setTitle(f"{document.name} {document.heading}")
        writer.setCreator("Qingliu")
        flows = _laid_out(writer, document, font)
        count = _Press(writer, document, font, figures).print(flows, progress)
        del writer  # it holds the file open
        settle_pdf(part_path)
        settle_form(part_path, _bookmarks(flows))
    return count


def _laid_out(writer: QPdfWriter, document: Document, font: str) -> list[_Flow]:
    """All flows, the index with the numbers of the pages."""
    groups = _groups(document.parts)
    flows = [_flow(writer, group, document, font, {}) for group in groups]
    places = _places(flows)
    return [
        _flow(writer, f.parts, document, font, places) if any(p.key == "index" for p in f.parts) else f
        for f in flows
    ]


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    """Neighbours on the same kind of page together; cover and figures alone."""
    found: list[list[Part]] = []
    for part in parts:
        alone = {"cover", "figures"}
        last = found[-1][-1] if found else None
        together = last is not None and last.page == part.page and not alone & {last.key, part.key}
        if together:
            found[-1].append(part)
        else:
            found.append([part])
    return found


def _page_of(part: Part) -> str:
    return "portrait" if part.page == "figures" else part.page


def _flow(
    writer: QPdfWriter, parts: Sequence[Part], document: Document, font: str, places: Mapping[str, str]
) -> _Flow:
    page = _page_of(parts[0])
    width, height = _room(page)
    text = QTextDocument()
    text.setDocumentMargin(0)
    text.setDefaultFont(QFont(font) if font else QFont())
    text.documentLayout().setPaintDevice(writer)
    _add_pictures(text, parts, width)
    body = "".join(_body(paper(p, font, places, pictures=False, title=document.heading)) for p in parts)
    style = paper(parts[0], font, places, pictures=False).split("<body>")[0]
    text.setHtml(f"{style}<body>{body}</body></html>")
    text.setTextWidth(width)
    return _Flow(parts, page, text, paginate(text, height))


def _body(page: str) -> str:
    return page.split("<body>")[1].split("</body>")[0]


def _room(page: str) -> tuple[float, float]:
    """Width and height of the text in dots."""
    width, height = _SIZES[page]
    across = width - BINDING_MM - MARGIN_MM
    return _dots(across), _dots(height - 2 * MARGIN_MM - FOOTER_MM)


def _dots(mm: float) -> float:
    return mm / _MM_PER_INCH * DPI


def _add_pictures(text: QTextDocument, parts: Sequence[Part], width: float) -> None:
    """Photos of the evidence as resources, at most two thirds of the text's width."""
    for part in parts:
        for block in part.blocks:
            if isinstance(block, Picture) and not block.figure:
                image = QImage.fromData(block.data)
                if image.width() > width * 2 / 3:
                    smooth = Qt.TransformationMode.SmoothTransformation
                    image = image.scaledToWidth(int(width * 2 / 3), smooth)
                resource: Any = QTextDocument.ResourceType.ImageResource
                text.addResource(resource, QUrl(f"picture:{block.key}"), image)


def _places(flows: Sequence[_Flow]) -> dict[str, str]:
    """The page of each part, from 1."""
    found: dict[str, str] = {}
    at = 1
    for flow in flows:
        for part in flow.parts:
            found[part.key] = str(at + flow.pages.titles.get(bare(part.head), 0))
        at += len(flow.pages.windows) + _figure_count(flow)
    return found


def _bookmarks(flows: Sequence[_Flow]) -> list[Bookmark]:
    """The parts in order, and the figures with pages of their own."""
    places = _places(flows)
    found: list[Bookmark] = []
    for flow in flows:
        for part in flow.parts:
            page = int(places[part.key]) - 1
            found.append(Bookmark(part.head, page))
            figures = [b for b in part.blocks if isinstance(b, Picture) and b.figure]
            first = page + len(flow.pages.windows)
            found += [Bookmark(f"　{f.title}", first + n) for n, f in enumerate(figures)]
    return found


def _figure_count(flow: _Flow) -> int:
    return sum(isinstance(b, Picture) and b.figure for p in flow.parts for b in p.blocks)


class _Press:
    """Puts flows and figures on paper."""

    def __init__(
        self, writer: QPdfWriter, document: Document, font: str, figures: Mapping[str, FigurePage]
    ) -> None:
        self.writer, self.document, self.figures = writer, document, figures
        self.footer = QFont(font) if font else QFont()
        self.footer.setPointSizeF(8.5)
        self.painter = QPainter()
        self.number = 0
        self.count = 0

    def print(self, flows: Sequence[_Flow], progress: Progress) -> int:
        self.count = sum(len(f.pages.windows) + _figure_count(f) for f in flows)
        progress.stage("dossier_pages", self.count)
        try:
            for flow in flows:
                for window in flow.pages.windows:
                    progress.step(self.number / max(self.count, 1))
                    self._text_page(flow, window)
                for part in flow.parts:
                    self._figure_pages(part, progress)
        finally:
            self.painter.end()
        return self.count

    def _new_page(self, width: float, height: float, margins: QMarginsF) -> None:
        """A page of this size; the first one begins the document."""
        across = width > height
        size = QSizeF(min(width, height), max(width, height))
        orientation = QPageLayout.Orientation.Landscape if across else QPageLayout.Orientation.Portrait
        page = QPageSize(size, QPageSize.Unit.Millimeter, "", QPageSize.SizeMatchPolicy.FuzzyMatch)
        self.writer.setPageLayout(QPageLayout(page, orientation, margins, QPageLayout.Unit.Millimeter))
        if self.number == 0:
            if not self.painter.begin(self.writer):
                raise InputError("QL-OUT-WRITE", path="dossier.pdf", reason="QPdfWriter")
        else:
            self.writer.newPage()
        self.number += 1

    def _text_page(self, flow: _Flow, window: Window) -> None:
        width, height = _SIZES[flow.page]
        self._new_page(width, height, QMarginsF(BINDING_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM))
        top = 0.0
        if window.head is not None:
            self._draw(flow, window.head.top, window.head.bottom, top)
            top = window.head.height
        self._draw(flow, window.span.top, window.span.bottom, top)
        if flow.parts[0].key != "cover":
            self._foot(*_room(flow.page))

    def _draw(self, flow: _Flow, top: float, bottom: float, at: float) -> None:
        """The document from ``top`` to ``bottom``, put at height ``at``."""
        width = _room(flow.page)[0]
        window = QRectF(-_EDGE, top - _EDGE, width + 2 * _EDGE, bottom - top + 2 * _EDGE)
        self.painter.save()
        self.painter.translate(0.0, at - top)
        self.painter.setClipRect(window)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = window
        flow.text.documentLayout().draw(self.painter, context)
        self.painter.restore()

    def _foot(self, width: float, height: float) -> None:
        self.painter.setFont(self.footer)
        place = QRectF(0.0, height, width, _dots(FOOTER_MM))
        bottom = int(Qt.AlignmentFlag.AlignBottom)
        left, right = int(Qt.AlignmentFlag.AlignLeft), int(Qt.AlignmentFlag.AlignRight)
        text = f"{self.document.name}　{self.document.heading}　{self.document.date}"
        self.painter.drawText(place, left | bottom, text)
        self.painter.drawText(place, right | bottom, f"第 {self.number} 页　共 {self.count} 页")

    def _figure_pages(self, part: Part, progress: Progress) -> None:
        for block in part.blocks:
            if isinstance(block, Picture) and block.figure:
                progress.step(self.number / max(self.count, 1))
                page = self.figures[block.key]
                self._new_page(page.width, page.height, QMarginsF(0, 0, 0, 0))
                place = QRectF(0.0, 0.0, float(self.writer.width()), float(self.writer.height()))
                self.painter.drawImage(place, QImage.fromData(page.image))
