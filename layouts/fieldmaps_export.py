"""The series on disk: one PDF of all pages, or a PNG for each; whole under their names or not at all."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from qgis.core import QgsFeedback, QgsLayoutExporter, QgsPrintLayout

from ..core.errors import Cancelled, InputError
from ..core.progress import SILENT, Progress
from ..layers.printing.files import settle_pdf
from ..layers.replacing import replace
from .export import DPI, export_layout
from .sheet import PAPERS

FORMATS = ("pdf", "png")
_LEAST_DPI = 150.0
_STRANGE = re.compile(r"[^0-9A-Za-z_-]+")


def export_series(
    layout: QgsPrintLayout, folder: Path, ending: str, title: str, progress: Progress = SILENT
) -> list[Path]:
    """Write the pages of an atlas: ``fieldmaps.pdf``, or ``fieldmap_<sheet>.png`` each.

    Raises InputError QL-FIG-EXPORT; Cancelled.
    """
    chart = layout.referenceMap()
    before = chart.extent() if chart is not None else None
    try:
        return _pages(layout, folder, ending, title, progress)
    finally:
        layout.atlas().endRender()
        if chart is not None:  # the atlas moved it, not the designer
            chart.setExtent(before)


def _pages(layout: QgsPrintLayout, folder: Path, ending: str, title: str, progress: Progress) -> list[Path]:
    atlas = layout.atlas()
    count = atlas.updateFeatures()
    progress.stage("field_maps", count)
    if ending == "pdf":
        return [_whole_series(layout, folder / "fieldmaps.pdf", title, progress)]
    written = []
    atlas.beginRender()
    for number in range(count):
        progress.step(number / count)
        atlas.seekTo(number)
        name = _STRANGE.sub("_", atlas.nameForPage(number)) or str(number + 1)
        written.append(_picture(layout, 0, folder / f"fieldmap_{name}.png", title))
    return written


def _whole_series(layout: QgsPrintLayout, path: Path, title: str, progress: Progress) -> Path:
    part = path.with_name(f".{uuid.uuid4().hex}.part.pdf")
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = _dpi(layout)
    settings.forceVectorOutput = True
    settings.rasterizeWholeImage = False
    settings.exportMetadata = False
    stop = _Stop(progress)
    try:
        result, reason = QgsLayoutExporter.exportToPdf(layout.atlas(), str(part), settings, stop.feedback)
        if stop.cancelled:
            raise Cancelled
        if result != QgsLayoutExporter.ExportResult.Success:
            raise InputError("QL-FIG-EXPORT", figure=title, path=str(path), reason=reason or str(result))
        settle_pdf(part)
        replace(part, path)
    except OSError as error:
        raise InputError("QL-FIG-EXPORT", figure=title, path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path


class _Stop:
    """QGIS's feedback, tied to ours: each page is a step, and a stop is passed on."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.feedback = QgsFeedback()
        self.cancelled = False
        self.feedback.progressChanged.connect(self._step)

    def _step(self, percent: float) -> None:
        try:
            self.progress.step(percent / 100)
        except Cancelled:
            self.cancelled = True
            self.feedback.cancel()


def export_list(layout: QgsPrintLayout, folder: Path, ending: str, title: str) -> list[Path]:
    """Write the list of records: ``records.pdf``, or ``records_<page>.png`` each. QL-FIG-EXPORT."""
    if ending == "pdf":
        return [export_layout(layout, folder / "records.pdf", title)]
    count = layout.pageCollection().pageCount()
    return [_picture(layout, n, folder / f"records_{n + 1:02d}.png", title) for n in range(count)]


def _picture(layout: QgsPrintLayout, page: int, path: Path, title: str) -> Path:
    """A page as it stands as a PNG; a page too large for memory comes out null."""
    image = QgsLayoutExporter(layout).renderPageToImage(page, dpi=_dpi(layout))
    part = path.with_name(f".{uuid.uuid4().hex}.part.png")
    try:
        if image.isNull() or not image.save(str(part)):
            raise InputError("QL-FIG-EXPORT", figure=title, path=str(path), reason="image")
        replace(part, path)
    except OSError as error:
        raise InputError("QL-FIG-EXPORT", figure=title, path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _dpi(layout: QgsPrintLayout) -> float:
    return dpi_of(layout.pageCollection().page(0).pageSize().width())


def dpi_of(width: float) -> float:
    """300 up to A3; less on larger paper (mm wide), whose relief would fill tens of megabytes a page."""
    return DPI if width <= PAPERS["A3"][0] else max(DPI * PAPERS["A3"][0] / width, _LEAST_DPI)
