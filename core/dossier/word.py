"""The document as a Word file, written part by part: no library, no clock, no name of a user in it.

Every number is a link to its origin at the end of the file, as in the HTML page.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ..report import render
from .document import Cell, Document, Grid, Heading, Line, Paragraph, Part, Picture, Run, head

INDEX = "index-"
_FIRST = "[Content_Types].xml"
_OLDEST = (1980, 1, 1, 0, 0, 0)
# What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EMU_PER_MM = 36000
_TWIPS_PER_MM = 1440 / 25.4
_MARGIN, _BINDING = 15.0, 25.0
_PAPER = {"portrait": (210.0, 297.0), "landscape": (297.0, 210.0), "wide": (420.0, 297.0)}
_FIXED = {
    "[Content_Types].xml": "types.xml",
    "_rels/.rels": "package.xml",
    "docProps/core.xml": "core.xml",
    "docProps/app.xml": "app.xml",
    "word/styles.xml": "styles.xml",
    "word/settings.xml": "settings.xml",
    "word/footer1.xml": "footer1.xml",
    "word/fontTable.xml": "fontTable.xml",
}
"""Parts of the package that do not depend on the contents, and their templates."""
_STYLES = {
    "plain": "Normal",
    "note": "Note",
    "lead": "Lead",
    "alert": "Alert",
    "quote": "Quoted",
    "item": "Item",
}


class _Image(NamedTuple):
    """A picture of the package: its relation, name, size on paper in EMU."""

    relation: str
    name: str
    width: int
    height: int
    title: str
    number: int


def docx(document: Document) -> bytes:
    """The dossier as the bytes of a .docx."""
    packed = _Packing(document)
    parts = {"word/document.xml": render("dossier/docx/document.xml", **packed.data())}
    parts["word/_rels/document.xml.rels"] = render("dossier/docx/relations.xml", images=packed.images)
    for name, template in _FIXED.items():
        parts[name] = render(f"dossier/docx/{template}", document=_clean_head(document))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name in [_FIRST, *sorted(set(parts) - {_FIRST})]:
            _put(file, name, parts[name].encode("utf-8"))
        for image in packed.images:
            _put(file, f"word/media/{image.name}", packed.pictures[image.name])
    return made.getvalue()


def _put(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    """A member with a fixed time and no system's rights."""
    info = zipfile.ZipInfo(name, _OLDEST)
    info.create_system = 0
    info.external_attr = 0o600 << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(info, data)


def _clean_head(document: Document) -> Mapping[str, str]:
    names = ("name", "heading", "date", "edition", "version")
    return {n: clean(getattr(document, n)) for n in names}


def clean(text: str) -> str:
    """Text without characters that XML cannot hold."""
    return _NOT_XML.sub("", text)


class _Packing:
    """The document as plain data for the template: sections, tables in twips, bookmarks by number."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.images: list[_Image] = []
        self.pictures: dict[str, bytes] = {}
        self._marks: dict[str, int] = {}
        self._placed: set[str] = set()

    def data(self) -> dict[str, Any]:
        return {"document": _clean_head(self.document), "sections": list(self._sections())}

    def _sections(self) -> Iterator[dict[str, Any]]:
        groups = self._groups()
        for page, parts in groups:
            width, height = _PAPER[page]
            blocks = [b for part in parts for b in self._part(part, page)]
            yield {"blocks": blocks, **_frame(width, height)}
        width, height = _PAPER["landscape"]
        yield {"blocks": list(self._appendix()), **_frame(width, height)}

    def _groups(self) -> list[tuple[str, list[Part]]]:
        found: list[tuple[str, list[Part]]] = []
        for part in self.document.parts:
            page = _page_of(part)
            if found and found[-1][0] == page:
                found[-1][1].append(part)
            else:
                found.append((page, [part]))
        return found

    # -- blocks -----------------------------------------------------------------
    def _part(self, part: Part, page: str) -> Iterator[dict[str, Any]]:
        if part.key == "cover":
            yield {"kind": "title", "text": clean(self.document.heading), "name": clean(part.title)}
        else:
            yield self._paragraph((Run(part.head),), "Heading1", part.anchor)
        for block in part.blocks:
            yield from self._block(block, page)
        if part.key == "cover":
            yield {"kind": "break"}

    def _block(self, block: object, page: str) -> Iterator[dict[str, Any]]:
        if isinstance(block, Heading):
            yield self._paragraph(block.runs, f"Heading{block.level}", block.anchor)
        elif isinstance(block, Paragraph):
            yield self._paragraph(block.runs, _STYLES.get(block.style, "Normal"))
        elif isinstance(block, Grid):
            yield self._grid(block, page)
        elif isinstance(block, Picture):
            yield {"kind": "picture", "image": self._image(block, page), "title": clean(block.title)}

    def _paragraph(self, runs: Sequence[Run], style: str, anchor: str = "") -> dict[str, Any]:
        return {"kind": "paragraph", "style": style, "runs": self._runs(runs), "mark": self._place(anchor)}

    def _runs(self, runs: Sequence[Run]) -> list[dict[str, Any]]:
        return [
            {"lines": clean(r.text).split("\n"), "bold": r.kind == "bold", "target": self._target(r)}
            for r in runs
            if r.text
        ]

    def _target(self, run: Run) -> str:
        """The bookmark a run leads to, empty where it leads nowhere."""
        if run.kind == "clause":
            return self._mark(f"clause-{run.target}")
        return self._mark(run.target) if run.kind in ("value", "link") else ""

    def _mark(self, anchor: str) -> str:
        return f"b{self._marks.setdefault(anchor, len(self._marks) + 1)}"

    def _place(self, anchor: str) -> dict[str, Any] | None:
        """A bookmark, at the first place that has the anchor."""
        if not anchor or anchor in self._placed:
            return None
        self._placed.add(anchor)
        name = self._mark(anchor)
        return {"name": name, "id": name[1:]}

    def _grid(self, grid: Grid, page: str) -> dict[str, Any]:
        width = _PAPER[page][0] - _MARGIN - _BINDING
        heads = [self._line(line) for line in _filled(grid.heads)]
        return {
            "kind": "grid", "size": int(grid.size * 2), "width": _twips(width),
            "columns": [_twips(width * share / 100.0) for share in _shares(grid)],
            "heads": heads, "lines": [self._line(line) for line in grid.lines],
        }  # fmt: skip

    def _line(self, line: Line | list[Any]) -> dict[str, Any]:
        anchor = line.anchor if isinstance(line, Line) else ""
        cells = [self._cell(c) for c in (line.cells if isinstance(line, Line) else line)]
        if anchor.startswith(INDEX):
            # Word counts the pages: the last cell of a line of the index is the page of what its link leads to
            cells[-1]["page_of"] = next((r["target"] for c in cells for r in c["runs"] if r["target"]), "")
        return {"mark": self._place(anchor), "cells": cells}

    def _cell(self, cell: Any) -> dict[str, Any]:
        merge = getattr(cell, "merge", "")
        return {
            "runs": self._runs(cell.runs), "align": cell.align, "tone": cell.tone, "columns": cell.columns,
            "merge": merge, "page_of": "",
        }  # fmt: skip

    def _image(self, picture: Picture, page: str) -> _Image:
        number = len(self.images) + 1
        ending = "png" if picture.media == "image/png" else "jpeg"
        name = f"image{number}.{ending}"
        paper = _PAPER[page]
        room = (paper[0] - _MARGIN - _BINDING, (paper[1] - 2 * _MARGIN) * (0.86 if picture.figure else 0.4))
        wide, high = max(picture.size[0], 1), max(picture.size[1], 1)
        scale = min(room[0] / wide, room[1] / high)
        size = (int(wide * scale * _EMU_PER_MM), int(high * scale * _EMU_PER_MM))
        image = _Image(f"rId{100 + number}", name, *size, clean(picture.title), number)
        self.images.append(image)
        self.pictures[name] = picture.data
        return image

    # -- where numbers come from ----------------------------------------------------
    def _appendix(self) -> Iterator[dict[str, Any]]:
        yield self._paragraph((Run("附　数值来源"),), "Heading1")
        yield self._grid(self._origins(), "landscape")
        yield self._paragraph((Run("附　引用条文"),), "Heading1")
        yield self._paragraph((Run("条文为本软件转述，非标准原文；引用时请核对正式文本。"),), "Note")
        for text in self.document.clauses:
            printed = f"（原印 {text.printed}）" if text.printed else ""
            runs = (Run(f"{text.id}{printed}　", "bold"), Run(text.zh))
            yield self._paragraph(runs, "Note", f"clause-{text.id}")

    def _origins(self) -> Grid:
        lines = []
        for o in self.document.origins:
            inputs: list[Run] = []
            for i in o.inputs:
                inputs += [Run("；")] if inputs else []
                inputs.append(Run(f"{i.label} = {i.text}" if i.text else i.label, "value", i.anchor))
            source = " ".join([o.source, str(o.year or ""), *o.features]).strip()
            texts = (Run(o.label), Run(o.text), Run(o.clause, "clause", o.clause), Run(o.formula))
            cells = (*(Cell((t,)) for t in texts), Cell(tuple(inputs)), Cell((Run(source),)))
            lines.append(Line(cells, o.anchor))
        titles = head("名称", "数值", "条文", "算式或性质", "输入", "来源、年份、要素")
        return Grid(titles, tuple(lines), (22.0, 11.0, 6.0, 20.0, 23.0, 18.0), 7.0)


class _Merged(NamedTuple):
    """A cell of a head with what Word needs for one that reaches over rows."""

    runs: tuple[Run, ...]
    align: str
    tone: str
    columns: int
    merge: str


def _filled(heads: Sequence[Line]) -> list[list[_Merged]]:
    """Head rows with the continued cells that Word wants written out."""
    found: list[list[_Merged]] = []
    waiting: dict[int, tuple[int, int]] = {}  # column -> rows still to come, columns
    for line in heads:
        row: list[_Merged] = []
        column = 0
        cells = list(line.cells)
        while cells or column in waiting:
            if column in waiting:
                left, wide = waiting.pop(column)
                row.append(_Merged((), "center", "", wide, "continue"))
                if left > 1:
                    waiting[column] = (left - 1, wide)
                column += wide
                continue
            cell = cells.pop(0)
            merge = "restart" if cell.rows > 1 else ""
            row.append(_Merged(cell.runs, cell.align, cell.tone, cell.columns, merge))
            if cell.rows > 1:
                waiting[column] = (cell.rows - 1, cell.columns)
            column += cell.columns
        found.append(row)
    return found


def _shares(grid: Grid) -> Sequence[float]:
    if grid.widths:
        return grid.widths
    first = (*grid.lines, *grid.heads)
    count = sum(c.columns for c in first[0].cells) if first else 1
    return [100.0 / count] * count


def _page_of(part: Part) -> str:
    """Figures lie across unless the first of them stands upright."""
    if part.page != "figures":
        return part.page
    sizes = [b.size for b in part.blocks if isinstance(b, Picture)]
    return "portrait" if sizes and sizes[0][0] < sizes[0][1] else "landscape"


def _twips(mm: float) -> int:
    return round(mm * _TWIPS_PER_MM)


def _frame(width: float, height: float) -> dict[str, Any]:
    """A section's page in twips."""
    return {
        "width": _twips(width), "height": _twips(height), "across": width > height,
        "margin": _twips(_MARGIN), "binding": _twips(_BINDING),
    }  # fmt: skip
