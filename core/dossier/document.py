"""The dossier as data: parts of headings, paragraphs, tables and pictures, before any file format.

One document is written as HTML, PDF and a text document; none of the writers knows of surveys. A run of
text says what it is: a ``value`` points to its origin, a ``clause`` to the clause, everything else with
digits in it (dates, codes, words of people) is marked as such, so that no number stands loose (3.0.8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import ClassVar, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

KINDS = ("plain", "bold", "value", "clause", "link", "code", "date", "said", "unit", "formula")
"""``code``: file names, hashes, ids; ``said``: entered by people; ``link``: to another place of the document."""

PAGES = ("portrait", "landscape", "wide", "figures")


class Run(NamedTuple):
    """A piece of text; ``target`` is an origin's id, a clause's id or an anchor, by ``kind``."""

    text: str
    kind: str = "plain"
    target: str = ""


Runs = Tuple[Run, ...]


@dataclass(frozen=True)
class Heading:
    """A heading inside a part; ``level`` 2 or 3."""

    block: ClassVar[str] = "heading"
    runs: Runs
    level: int = 2
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``style`` is plain, note, lead, quote or alert."""

    block: ClassVar[str] = "paragraph"
    runs: Runs
    style: str = "plain"


@dataclass(frozen=True)
class Cell:
    """A cell of a table; ``rows`` and ``columns`` are what it spans, ``tone`` a state or ``derived``."""

    runs: Runs
    align: str = "left"
    rows: int = 1
    columns: int = 1
    tone: str = ""


@dataclass(frozen=True)
class Line:
    """A row of a table; ``anchor`` is what links lead to."""

    cells: Tuple[Cell, ...]
    anchor: str = ""


@dataclass(frozen=True)
class Grid:
    """A table; ``widths`` are shares of its width in per cent, ``size`` of its type in points."""

    block: ClassVar[str] = "grid"
    heads: Tuple[Line, ...]
    lines: Tuple[Line, ...]
    widths: Tuple[float, ...] = ()
    size: float = 9.0


@dataclass(frozen=True)
class Picture:
    """A figure or photo; ``data`` is PNG or JPEG, ``size`` its pixels. ``key`` names a figure's own page."""

    block: ClassVar[str] = "picture"
    key: str
    title: str
    data: bytes = field(default=b"", repr=False)
    media: str = "image/png"
    size: Tuple[int, int] = (0, 0)
    figure: bool = True


Block = Union[Heading, Paragraph, Grid, Picture]


@dataclass(frozen=True)
class Part:
    """A part of the dossier: ``number`` as it is printed, ``page`` one of PAGES."""

    key: str
    number: str
    title: str
    blocks: Tuple[Block, ...]
    page: str = "portrait"

    @property
    def anchor(self) -> str:
        """Where links to the part lead."""
        return self.key if self.key.startswith("table-") else f"part-{self.key}"

    @property
    def head(self) -> str:
        """Number and title as they are printed."""
        return f"{self.number}　{self.title}" if self.number else self.title


class Reference(NamedTuple):
    """An input of an origin: its anchor and what it is called."""

    anchor: str
    label: str
    text: str


@dataclass(frozen=True)
class Origin:
    """Where a number comes from: clause, formula, inputs; for what was entered its source and features."""

    anchor: str
    label: str
    text: str
    clause: str
    formula: str
    inputs: Tuple[Reference, ...] = ()
    source: str = ""
    year: Optional[int] = None
    features: Tuple[str, ...] = ()


class ClauseText(NamedTuple):
    """A clause that is cited, in our words; ``printed`` where the draft numbers it otherwise."""

    id: str
    printed: str
    zh: str
    use_zh: str


@dataclass(frozen=True)
class Document:
    """The whole dossier; ``heading`` says 认定资料 or 预评估, ``edition`` what it is judged by."""

    name: str
    heading: str
    date: str
    edition: str
    version: str
    parts: Tuple[Part, ...]
    origins: Tuple[Origin, ...]
    clauses: Tuple[ClauseText, ...]


def plain(text: str) -> Runs:
    """Words of ours without numbers."""
    return (Run(text),)


def said(text: object) -> Runs:
    """What a person entered, or nothing."""
    return (Run(str(text), "said"),) if text not in (None, "") else ()


def code(text: str) -> Runs:
    """A file name, hash, number of a document."""
    return (Run(text, "code"),) if text else ()


def day(text: object) -> Runs:
    """A date or year."""
    return (Run(str(text), "date"),) if text not in (None, "") else ()


def clause(clause_id: str) -> Runs:
    """A clause, as a link to its text."""
    return (Run(clause_id, "clause", clause_id),) if clause_id else ()


def link(text: str, anchor: str) -> Runs:
    """Words that lead to another place of the dossier."""
    return (Run(text, "link", anchor),)


def joined(pieces: Iterable[Runs], between: str = "、") -> Runs:
    """Several pieces with a mark between them; empty ones are passed over."""
    found: list[Run] = []
    for piece in pieces:
        if piece:
            found += [Run(between), *piece] if found else list(piece)
    return tuple(found)


def cells(*pieces: Runs) -> Line:
    """A row of left-aligned cells."""
    return Line(tuple(Cell(p) for p in pieces))


def head(*titles: str) -> Tuple[Line, ...]:
    """The head of a table in one row."""
    return (Line(tuple(Cell(plain(t), "center") for t in titles)),)


def facts(pairs: Sequence[Tuple[str, Runs]], widths: Tuple[float, ...] = (24.0, 76.0)) -> Grid:
    """A table of names and contents, two columns and no head."""
    lines = tuple(Line((Cell(plain(name), tone="name"), Cell(runs))) for name, runs in pairs)
    return Grid((), lines, widths, 10.0)


def places(parts: Sequence[Part]) -> set[str]:
    """The anchors that links can lead to."""
    found = {part.anchor for part in parts}
    for part in parts:
        for block in part.blocks:
            if isinstance(block, Heading) and block.anchor:
                found.add(block.anchor)
            elif isinstance(block, Grid):
                found |= {line.anchor for line in block.lines if line.anchor}
    return found


def linked_only(parts: Sequence[Part]) -> Tuple[Part, ...]:
    """The parts without links to what is not in the document (a table that the survey lacks): words stay."""
    known = places(parts)

    def runs(found: Runs) -> Runs:
        dead = (r.kind == "link" and r.target not in known for r in found)
        return tuple(Run(r.text, "code") if d else r for r, d in zip(found, dead))

    def block(found: Block) -> Block:
        if isinstance(found, (Heading, Paragraph)):
            return replace(found, runs=runs(found.runs))
        if isinstance(found, Grid):
            return replace(found, lines=tuple(line(x) for x in found.lines))
        return found

    def line(found: Line) -> Line:
        return replace(found, cells=tuple(replace(c, runs=runs(c.runs)) for c in found.cells))

    return tuple(replace(p, blocks=tuple(block(b) for b in p.blocks)) for p in parts)


_DIGIT = re.compile(r"\d")


def every_run(document: Document) -> Iterator[Run]:
    """All runs of the parts in order."""
    for part in document.parts:
        for block in part.blocks:
            if isinstance(block, (Heading, Paragraph)):
                yield from block.runs
            elif isinstance(block, Grid):
                for line in (*block.heads, *block.lines):
                    for cell in line.cells:
                        yield from cell.runs


def loose_numbers(document: Document) -> list[str]:
    """Texts with digits that say nowhere what the number is: there should be none."""
    return [r.text for r in every_run(document) if r.kind in ("plain", "bold") and _DIGIT.search(r.text)]


def dead_links(document: Document) -> list[str]:
    """Targets of values, clauses and origins' inputs that lead nowhere: there should be none."""
    origins = {o.anchor for o in document.origins}
    clauses = {c.id for c in document.clauses}
    known: Mapping[str, set[str]] = {"value": origins, "clause": clauses, "link": places(document.parts)}
    dead = [r.target for r in every_run(document) if r.kind in known and r.target not in known[r.kind]]
    dead += [o.clause for o in document.origins if o.clause not in clauses]
    return dead + [i.anchor for o in document.origins for i in o.inputs if i.anchor not in origins]
