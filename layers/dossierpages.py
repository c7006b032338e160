"""A text document cut into pages: rows stay whole, heads are repeated, headings stay with what follows.

Qt cuts rows in two at a page's end; so the text is laid out on one endless page, and windows on it become
the pages.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional, Sequence

from qgis.PyQt.QtGui import QTextBlock, QTextDocument, QTextFrame, QTextTable

_ROOM = 8.0


class Span(NamedTuple):
    """From where to where, downwards in the units of the document."""

    top: float
    bottom: float

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top


class Piece(NamedTuple):
    """What must not be cut: a line of text, a row of a table; ``head`` is the table's head.

    ``stays``: it stays with the next one; ``title`` is the text of a heading; ``row``: of a table, which the
    piece ``opens`` or not.
    """

    span: Span
    head: Optional[Span] = None
    stays: bool = False
    title: str = ""
    row: bool = False
    opens: bool = False


class Window(NamedTuple):
    """What a page shows: a head to repeat above it (or None) and a span of the document."""

    head: Optional[Span]
    span: Span


class Pages(NamedTuple):
    """The pages of a document, and on which of them (from 0) each heading of the first level stands."""

    windows: list[Window]
    titles: dict[str, int]


def paginate(document: QTextDocument, height: float) -> Pages:
    """Pages of ``height``. The document has its text width and no page height."""
    pieces = _with_tables(list(_pieces(document)))
    windows: list[Window] = []
    titles: dict[str, int] = {}
    at = 0
    while at < len(pieces):
        last, head = _fill(pieces, at, height)
        end = pieces[last].span.bottom
        windows.append(Window(head, Span(pieces[at].span.top, max(end, pieces[at].span.top))))
        titles.update({p.title: len(windows) - 1 for p in pieces[at : last + 1] if p.title})
        at = last + 1
    return Pages(windows or [Window(None, Span(0.0, 0.0))], titles)


def _fill(pieces: Sequence[Piece], start: int, height: float) -> tuple[int, Optional[Span]]:
    """The last piece of a page that begins with ``start``, and the head it repeats."""
    first = pieces[start]
    repeats = first.head is not None and first.span.top > first.head.bottom - 1.0
    head = first.head if repeats and first.head and first.head.height < height / 2 else None
    room = height - (head.height if head else 0.0)
    last = start
    while last + 1 < len(pieces) and pieces[last + 1].span.bottom - first.span.top <= room:
        last += 1
    if last + 1 < len(pieces):
        kept = last
        while kept > start and pieces[kept].stays:
            kept -= 1
        last = kept if not pieces[kept].stays else last
    return last, head


def _pieces(document: QTextDocument) -> Iterator[Piece]:
    iterator = document.rootFrame().begin()
    behind_table = False
    while not iterator.atEnd():
        frame, block = iterator.currentFrame(), iterator.currentBlock()
        if isinstance(frame, QTextTable):
            yield from _rows(document, frame)
        elif isinstance(frame, QTextFrame):
            yield Piece(_span(document, frame))
        elif block.isValid() and not (behind_table and not block.text()):
            # the empty block that Qt keeps behind a table lies upon what follows
            yield from _lines(document, block)
        behind_table = isinstance(frame, QTextTable)
        iterator += 1


def _with_tables(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces; a line of text right above a table stays with it."""
    found = list(pieces)
    for number, (one, other) in enumerate(zip(pieces, pieces[1:])):
        if other.opens and not one.row:
            found[number] = one._replace(stays=True)
    return found


def bare(text: str) -> str:
    """A heading without blanks, which Qt changes."""
    return "".join(text.split())


def _span(document: QTextDocument, frame: QTextFrame) -> Span:
    box = document.documentLayout().frameBoundingRect(frame)
    return Span(box.top(), box.bottom())


def _lines(document: QTextDocument, block: QTextBlock) -> Iterator[Piece]:
    """The lines of a paragraph; a heading is one piece."""
    box = document.documentLayout().blockBoundingRect(block)
    level = block.blockFormat().headingLevel()
    layout = block.layout()
    if level or layout is None or layout.lineCount() < 2:
        title = bare(block.text()) if level == 2 else ""
        yield Piece(Span(box.top(), box.bottom()), stays=bool(level), title=title)
        return
    tops = [box.top() + layout.lineAt(n).y() for n in range(layout.lineCount())]
    for top, bottom in zip(tops, [*tops[1:], box.bottom()]):
        yield Piece(Span(top, bottom))


def _rows(document: QTextDocument, table: QTextTable) -> Iterator[Piece]:
    """The rows of a table, its head first as one piece that stays with the first row."""
    boxes = [_row(document, table, n) for n in range(table.rows())]
    gaps = [other.top - one.bottom for one, other in zip(boxes, boxes[1:])]
    # what Qt gives as a table's frame begins at the text of its first cell: the room around texts is known
    # from row to row
    room = min((g / 2 for g in gaps if g > 0), default=_ROOM)
    edges = [boxes[0].top - room]
    edges += [(one.bottom + other.top) / 2 for one, other in zip(boxes, boxes[1:])]
    edges.append(boxes[-1].bottom + room)
    heads = table.format().headerRowCount()
    head = Span(edges[0], edges[heads]) if heads else None
    if head is not None:
        yield Piece(head, stays=True, row=True, opens=True)
    for number in range(heads, table.rows()):
        opens = number == 0
        yield Piece(Span(edges[number], edges[number + 1]), head, row=True, opens=opens)


def _row(document: QTextDocument, table: QTextTable, number: int) -> Span:
    """Where the texts of a row begin and end: of cells that begin, and of those that end in it."""
    layout = document.documentLayout()
    tops, bottoms = [], []
    for column in range(table.columns()):
        cell = table.cellAt(number, column)
        if cell.row() == number:
            tops.append(layout.blockBoundingRect(cell.firstCursorPosition().block()).top())
        if cell.row() + cell.rowSpan() - 1 == number:
            bottoms.append(layout.blockBoundingRect(cell.lastCursorPosition().block()).bottom())
    top = min(tops, default=min(bottoms, default=0.0))
    return Span(top, max(bottoms, default=top))
