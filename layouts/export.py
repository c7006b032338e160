"""A layout becomes a file: PDF (vector, text as text, georeferenced), PNG or SVG.

The file appears whole under its name or not at all; dates inside a PDF are overwritten in place, so that
two exports of the same content are equal (see reproducible builds; Qt ignores SOURCE_DATE_EPOCH).
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsFeedback, QgsLayoutExporter, QgsPrintLayout, QgsRenderContext

from ..core.errors import Cancelled, InputError
from ..core.progress import SILENT, Progress
from ..layers.printing.files import require_end, settle_pdf
from ..layers.replacing import replace

FORMATS = ("pdf", "png", "svg")
DPI = 300.0
_REASONS = {
    QgsLayoutExporter.ExportResult.Canceled: "canceled",
    QgsLayoutExporter.ExportResult.MemoryError: "memory",
    QgsLayoutExporter.ExportResult.FileError: "file",
    QgsLayoutExporter.ExportResult.PrintError: "print",
    QgsLayoutExporter.ExportResult.SvgLayerError: "svg",
    QgsLayoutExporter.ExportResult.IteratorError: "iterator",
}


def export_layout(layout: QgsPrintLayout, path: Path, title: str, day: str = "20000101") -> Path:
    """Write ``layout`` to ``path`` in the format of its ending; ``day`` (YYYYMMDD) is the date in a PDF.

    Raises InputError QL-FIG-EXPORT.
    """
    part = path.with_name(f".{uuid.uuid4().hex}.part{path.suffix}")
    exporter = QgsLayoutExporter(layout)
    try:
        result = _WRITERS[path.suffix.lower()[1:]](exporter, str(part))
        if result != QgsLayoutExporter.ExportResult.Success:
            reason = _REASONS.get(result, str(result))
            raise InputError("QL-FIG-EXPORT", figure=title, path=str(path), reason=reason)
        if path.suffix.lower() == ".pdf":
            settle_pdf(part, day)
        require_end(part)
        replace(part, path)
    except OSError as error:
        raise InputError("QL-FIG-EXPORT", figure=title, path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def export_pages(
    layout: QgsPrintLayout, folder: Path, name: str, ending: str, progress: Progress = SILENT
) -> list[Path]:
    """Write the pages of an atlas: ``<name>.pdf``, or ``<name>_<number>.png`` each.

    The map that the atlas moves is put back. Raises InputError QL-FIG-EXPORT; Cancelled.
    """
    chart = layout.referenceMap()
    before = chart.extent() if chart is not None else None
    try:
        return _pages(layout, folder, name, ending, progress)
    finally:
        layout.atlas().endRender()
        if chart is not None:
            chart.setExtent(before)


def _pages(layout: QgsPrintLayout, folder: Path, name: str, ending: str, progress: Progress) -> list[Path]:
    atlas = layout.atlas()
    count = atlas.updateFeatures()
    if ending == "pdf":
        return [_one_pdf(layout, folder / f"{name}.pdf", progress)]
    written = []
    atlas.beginRender()
    for number in range(count):
        progress.step(number / count)
        atlas.seekTo(number)
        path = folder / f"{name}_{number + 1:04d}.{ending}"
        written.append(export_layout(layout, path, name))
    return written


def _one_pdf(layout: QgsPrintLayout, path: Path, progress: Progress) -> Path:
    part = path.with_name(f".{uuid.uuid4().hex}.part.pdf")
    feedback, stopped = QgsFeedback(), []

    def step(percent: float) -> None:
        try:
            progress.step(percent / 100)
        except Cancelled:
            stopped.append(percent)
            feedback.cancel()

    feedback.progressChanged.connect(step)
    try:
        result, reason = QgsLayoutExporter.exportToPdf(layout.atlas(), str(part), _pdf_settings(), feedback)
        if stopped:
            raise Cancelled
        if result != QgsLayoutExporter.ExportResult.Success:
            why = reason or _REASONS.get(result, str(result))
            raise InputError("QL-FIG-EXPORT", figure=path.stem, path=str(path), reason=why)
        settle_pdf(part)
        replace(part, path)
    except OSError as error:
        raise InputError("QL-FIG-EXPORT", figure=path.stem, path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _as_text() -> Any:
    """Labels of the map as text, so that they can be found (named otherwise from 3.32 on)."""
    formats = (
        Qgis.TextRenderFormat if hasattr(Qgis, "TextRenderFormat") else QgsRenderContext.TextRenderFormat
    )
    return formats.AlwaysText


def _pdf(exporter: QgsLayoutExporter, path: str) -> object:
    return exporter.exportToPdf(path, _pdf_settings())


def _pdf_settings() -> QgsLayoutExporter.PdfExportSettings:
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = DPI
    settings.forceVectorOutput = True
    settings.rasterizeWholeImage = False
    settings.appendGeoreference = True
    settings.exportMetadata = False
    settings.textRenderFormat = _as_text()
    return settings


def _png(exporter: QgsLayoutExporter, path: str) -> object:
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = DPI
    settings.exportMetadata = False
    settings.generateWorldFile = False
    return exporter.exportToImage(path, settings)


def _svg(exporter: QgsLayoutExporter, path: str) -> object:
    settings = QgsLayoutExporter.SvgExportSettings()
    settings.dpi = DPI
    settings.forceVectorOutput = True
    settings.exportMetadata = False
    settings.textRenderFormat = _as_text()
    return exporter.exportToSvg(path, settings)


_WRITERS = {"pdf": _pdf, "png": _png, "svg": _svg}
