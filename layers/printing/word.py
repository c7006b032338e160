"""A survey table as a Word document, where python-docx is installed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterator, Sequence

from ...core.errors import MissingLibrary
from ...core.printing import PrintedColumn, PrintedSheet, to_text
from ...core.printing.html import widths
from ...core.printing.sheets import TOTAL
from ...core.progress import SILENT, Progress
from .files import settle_zip

_FONT, _LATIN = "宋体", "Times New Roman"
_PAIRS = 3
_MARGIN_MM = 12.0
_A4, _A3 = (297.0, 210.0), (420.0, 297.0)
_GREY, _BLUE = "F2F2F2", "DDEBF7"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_docx(path: Path, sheets: Sequence[PrintedSheet], progress: Progress = SILENT) -> None:
    """Write the sheets of one table to ``path``. Raises MissingLibrary QL-PRINT-NODOCX."""
    try:
        import docx
    except ImportError as error:
        raise MissingLibrary("QL-PRINT-NODOCX", reason=str(error)) from error
    document = docx.Document()
    document.core_properties.author = "Qingliu"
    document.core_properties.title = sheets[0].form.title
    document.core_properties.comments = ""
    width = _page(document, sheets)
    for number, sheet in enumerate(sheets):
        if number:
            document.add_page_break()
        _Section(document, sheet, width, progress).write()
    document.save(str(path))
    settle_zip(path)


def _page(document: Any, sheets: Sequence[PrintedSheet]) -> float:
    """Set the page across; the width between the margins in mm."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    wide, high = _A3 if any(s.form.wide for s in sheets) else _A4
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(wide), Mm(high)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Mm(_MARGIN_MM))
    return wide - 2 * _MARGIN_MM


class _Section:
    """Writes one sheet."""

    def __init__(self, document: Any, printed: PrintedSheet, width: float, progress: Progress) -> None:
        self.document = document
        self.printed = printed
        self.form = printed.form
        self.width = width
        self.progress = progress

    def write(self) -> None:
        title = self.document.add_paragraph()
        self._fill(title, self.form.title, 13, bold=True, place="CENTER")
        self._header()
        self._fill(self.document.add_paragraph(), "", 2)  # two tables that touch are one to Word
        self._table()
        for note in self.form.notes:
            self._fill(self.document.add_paragraph(), note, 7)

    def _header(self) -> None:
        pairs = self.printed.header_pairs()
        table = self.document.add_table(rows=-(-len(pairs) // _PAIRS), cols=_PAIRS)
        for number, (column, text) in enumerate(pairs):
            cell = table.cell(number // _PAIRS, number % _PAIRS)
            self._fill(cell.paragraphs[0], f"{column.title}：{text}", 8)

    def _table(self) -> None:
        """The head by python-docx, the lines below it as XML: cell by cell it takes a minute for 1,000 rows."""
        from docx.shared import Mm

        form, printed = self.form, self.printed
        table = self.document.add_table(rows=form.head_rows, cols=len(form.columns))
        table.style = "Table Grid"
        table.autofit = False
        for column, share in zip(table.columns, widths(printed)):
            column.width = Mm(self.width * share / 100.0)
        self._heads(table)
        lines = [printed.texts(row) for row in printed.rows] + [[""] * len(form.columns)] * printed.blank_rows
        for number, texts in enumerate(lines):
            if number % 20 == 0:
                self.progress.step(number / len(lines))
            table._tbl.append(_line([_cell(t, c) for c, t in zip(form.columns, texts)]))
        totals = printed.totals()
        if totals:
            texts = [TOTAL if v == TOTAL else to_text(c, v) for c, v in zip(form.columns, totals)]
            cells = [_cell(t, c, bold=True, place="center") for c, t in zip(form.columns, texts)]
            table._tbl.append(_line(cells))

    def _heads(self, table: Any) -> None:
        for head in self.form.heads:
            first = table.cell(head.row, head.column)
            last = table.cell(head.row + head.rows - 1, head.column + head.columns - 1)
            cell = first.merge(last) if first is not last else first
            paragraph = self._middle(cell)
            self._fill(paragraph, head.text, 8, bold=True, place="CENTER")
            if head.letter:
                run = paragraph.add_run(head.letter)
                run.font.superscript = True
            unit = f"\n({head.unit})" if head.unit else ""
            self._run(paragraph, f"{head.mark}{unit}", 8, bold=True)
            _shade(cell, _GREY if head.mark else _BLUE)
        for line in table.rows:
            _mark_row(line, "w:cantSplit")
            _mark_row(line, "w:tblHeader")

    def _middle(self, cell: Any) -> Any:
        from docx.enum.table import WD_ALIGN_VERTICAL

        cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
        return cell.paragraphs[0]

    def _fill(self, paragraph: Any, text: str, size: int, *, bold: bool = False, place: str = "LEFT") -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, place)
        paragraph.paragraph_format.space_after = Pt(0)
        self._run(paragraph, text, size, bold=bold)

    def _run(self, paragraph: Any, text: str, size: int, *, bold: bool = False) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Pt

        run = paragraph.add_run(text)
        run.bold = bold
        run.font.size = Pt(size)
        run.font.name = _LATIN
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)


def _element(name: str, **attributes: str) -> Any:
    """An element of WordprocessingML with its attributes."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _within(parent: Any, *children: Any) -> Any:
    for child in children:
        parent.append(child)
    return parent


def _line(cells: Sequence[Any]) -> Any:
    """A row of cells that is kept whole at the end of a page."""
    properties = _within(_element("w:trPr"), _element("w:cantSplit"))
    return _within(_element("w:tr"), properties, *cells)


def _cell(text: str, column: PrintedColumn, *, bold: bool = False, place: str = "") -> Any:
    """A cell with its text; numbers to the right, derived columns grey."""
    number = column.kind in ("number", "integer")
    properties = _element("w:tcPr")
    if column.derived:
        properties.append(_element("w:shd", val="clear", fill=_GREY))
    properties.append(_element("w:vAlign", val="center"))
    place = place or ("right" if number else "left")
    paragraph = _within(_element("w:pPr"), _element("w:spacing", after="0"), _element("w:jc", val=place))
    font = _element("w:rFonts", ascii=_LATIN, hAnsi=_LATIN, eastAsia=_FONT)
    run = _within(_element("w:rPr"), font, *([_element("w:b")] if bold else []), _element("w:sz", val="16"))
    words = _within(_element("w:r"), run, *_words(text))
    return _within(_element("w:tc"), properties, _within(_element("w:p"), paragraph, words))


def _words(text: str) -> Iterator[Any]:
    """A text with its line breaks; characters that XML does not know are left out."""
    for number, part in enumerate(text.split("\n")):
        if number:
            yield _element("w:br")
        made = _element("w:t")
        made.text = _NOT_XML.sub("", part)
        made.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        yield made


def _mark_row(line: Any, mark: str) -> None:
    """Give a row a property: kept whole at the end of a page, repeated on the next one."""
    from docx.oxml import OxmlElement

    line._tr.get_or_add_trPr().append(OxmlElement(mark))


def _shade(cell: Any, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), colour)
    cell._tc.get_or_add_tcPr().append(shade)
