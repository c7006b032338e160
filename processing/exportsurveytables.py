"""qingliu:exportsurveytables: survey tables as files, laid out as the norm prints them (4.1.4, appendix A)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ..core.errors import InputError, Problem
from ..core.printing import Form, PrintedSheet
from ..core.progress import Progress
from ..layers.printing.documents import chinese_font, write_odt
from ..layers.printing.excel import write_workbook
from ..layers.printing.files import whole
from ..layers.printing.pdf import write_pdf
from ..layers.printing.surveys import chosen_forms, printed_sheets
from ..layers.printing.word import write_docx
from ..layers.store import GpkgStore, open_store
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs

FORMATS = ("xlsx", "docx", "odt", "pdf")
STAGES = (("open_survey", 1.0), ("print_tables", 9.0))

Writer = Callable[[Path, Sequence[PrintedSheet], Progress], None]


class ExportSurveyTables(QingliuAlgorithm):
    """A survey's tables to one file each."""

    ID = "exportsurveytables"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: Qt lays the text out, and fonts are not safe elsewhere on every system."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        kind = QgsProcessingParameterFile.Behavior.File
        self.add(QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), kind, "gpkg"))
        self.add(QgsProcessingParameterString("TABLES", self.label("TABLES"), "", optional=True))
        formats = list(FORMATS)
        self.add(
            QgsProcessingParameterEnum(
                "FORMAT", self.label("FORMAT"), formats, defaultValue=formats[0], usesStaticStrings=True
            )
        )
        self.add(QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", self.label("OUTPUT_FOLDER")))
        self.addOutput(QgsProcessingOutputNumber("TABLES_WRITTEN", self.label("TABLES_WRITTEN")))
        self.addOutput(QgsProcessingOutputNumber("ROWS_WRITTEN", self.label("ROWS_WRITTEN")))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        wanted = names_in(inputs.text("TABLES"))
        folder = Path(inputs.text("OUTPUT_FOLDER"))
        file_format = inputs.choice("FORMAT")
        write = writer_of(file_format, inputs)
        progress.stage("open_survey")
        with open_store(Path(inputs.text("SURVEY")), read_only=True) as store:
            inputs.warn(store.findings)
            forms = chosen_forms(store, wanted)
            make_folder(folder)
            progress.stage("print_tables", len(forms))
            rows = write_tables(store, forms, folder, file_format, write, progress)
        return {"OUTPUT_FOLDER": str(folder), "TABLES_WRITTEN": len(forms), "ROWS_WRITTEN": rows}


class OneOf:
    """The progress of one table among those that are written."""

    def __init__(self, whole: Progress, number: int, count: int) -> None:
        self.whole = whole
        self.number = number
        self.count = count

    def stage(self, name: str, count: int | None = None) -> None:
        """A stage within the table is none of the whole."""
        self.step(0.0)

    def step(self, fraction: float) -> None:
        """``fraction`` of the table is written. Raises Cancelled."""
        self.whole.step((self.number + fraction) / self.count)


def names_in(text: str) -> list[str]:
    """The tables named, set apart by commas; what holds no name at all is none, so that it never means all."""
    parts = [part.strip() for part in re.split("[,，、;；]", text)]
    return [part for part in parts if part] or [text.strip()] * bool(text.strip())


def writer_of(file_format: str, inputs: Inputs) -> Writer:
    """What writes a table in this format; a machine without Chinese type is told so."""
    if file_format == "xlsx":
        return write_workbook
    if file_format == "docx":
        return write_docx
    if file_format == "odt":
        return write_odt
    font = chinese_font()
    if not font:
        inputs.warn([Problem("QL-PRINT-NOFONT", {"format": file_format})])
    return lambda path, sheets, progress: write_pdf(path, sheets, font, progress)


def make_folder(folder: Path) -> None:
    """The folder, made where it is not there. Raises InputError QL-OUT-WRITE."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(folder), reason=str(error)) from error


def write_tables(
    store: GpkgStore,
    forms: Mapping[str, Form],
    folder: Path,
    file_format: str,
    write: Writer,
    progress: StageProgress,
) -> int:
    """One file for each table, each whole or not at all; how many rows were printed."""
    rows = 0
    for number, (name, form) in enumerate(forms.items()):
        own = OneOf(progress, number, len(forms))
        own.step(0.0)
        sheets = printed_sheets(store, form)
        with whole(folder / f"{name}.{file_format}") as part:
            write(part, sheets, own)
        rows += sum(len(s.rows) for s in sheets)
    return rows
