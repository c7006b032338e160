"""The series on disk: one PDF of all pages, or a PNG for each; whole under their names or not at all."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from qgis.core import QgsFeedback, QgsLayoutExporter, QgsPrintLayout

from ..core.errors import Cancelled, InputError
from ..core.progress import SILENT, Progress
from .export import DPI, export_layout

FORMATS = ("pdf", "png")
_DATES = re.compile(rb"(/(?:CreationDate|ModDate) ?\(D:)\d{14}")
_FIXED_DATE = rb"\g<1>20000101000000"
_STRANGE = re.compile(r"[^0-9A-Za-z_-]+")


def export_series(
    layout: QgsPrintLayout, folder: Path, ending: str, title: str, progress: Progress = SILENT
) -> list[Path]:
    """Write the pages of an atlas: ``fieldmaps.pdf``, or ``fieldmap_<sheet>.png`` each.

    Raises InputError QL-FIG-EXPORT; Cancelled.
    """
    atlas = layout.atlas()
    count = atlas.updateFeatures()
    progress.stage("field_maps", count)
    if ending == "pdf":
        return [_whole_series(layout, folder / "fieldmaps.pdf", title, count, progress)]
    written = []
    atlas.beginRender()
    for number in range(count):
        progress.step(number / count)
        atlas.seekTo(number)
        layout.refresh()
        name = _STRANGE.sub("_", atlas.nameForPage(number)) or str(number + 1)
        written.append(export_layout(layout, folder / f"fieldmap_{name}.png", title))
    atlas.endRender()
    return written


def _whole_series(layout: QgsPrintLayout, path: Path, title: str, count: int, progress: Progress) -> Path:
    part = path.with_name(f".{uuid.uuid4().hex}.part.pdf")
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = DPI
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
        fix_dates(part)
        part.replace(path)
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
    written = []
    for number in range(layout.pageCollection().pageCount()):
        path = folder / f"records_{number + 1:02d}.png"
        image = QgsLayoutExporter(layout).renderPageToImage(number, dpi=DPI)
        if image.isNull() or not image.save(str(path)):
            raise InputError("QL-FIG-EXPORT", figure=title, path=str(path), reason="image")
        written.append(path)
    return written


def fix_dates(path: Path) -> None:
    """Dates inside a PDF overwritten in place, so that equal content gives equal files."""
    data = path.read_bytes()
    path.write_bytes(_DATES.sub(_FIXED_DATE, data))
