"""A PDF of Qt's in one form: objects numbered as they are reached from the catalogue, bookmarks added.

Qt embeds fonts in the order of a hash table whose seed differs from process to process; renumbering by
reach makes the same content the same bytes. Only what Qt's writer makes is understood: one table of
cross references, no object streams (PDF 1.4).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, Sequence

from ..core.errors import InputError

_REF = re.compile(rb"\b(\d+) 0 R\b")
_TAG = re.compile(rb"/FontName /[A-Z]{6}\+")
_KIDS = re.compile(rb"/Kids\s*\[(.*?)\]", re.S)
_HEAD = re.compile(rb"\A\d+ 0 obj\s*")


class Bookmark(NamedTuple):
    """A line of the outline: its title and the page, from 0."""

    title: str
    page: int


def settle_form(path: Path, bookmarks: Sequence[Bookmark]) -> None:
    """Rewrite the PDF ``path`` in one form with an outline. Raises InputError QL-OUT-WRITE for another kind of PDF."""
    data = path.read_bytes()
    try:
        objects, root, info = _parsed(data)
    except (ValueError, IndexError, AttributeError) as error:
        raise InputError("QL-OUT-WRITE", path=str(path), reason=f"PDF: {error}") from error
    _outline(objects, root, bookmarks)
    path.write_bytes(_written(objects, root, info))


def _parsed(data: bytes) -> tuple[dict[int, bytes], int, int]:
    """Bodies of the objects by number, and the numbers of catalogue and facts."""
    at = int(data[data.rindex(b"startxref") + 9 :].split()[0])
    table, _, rest = data[at:].partition(b"trailer")
    lines = table.split(b"\n")
    count = int(lines[1].split()[1])
    entries = [line.split() for line in lines[2 : 2 + count]]
    offsets = {n: int(e[0]) for n, e in enumerate(entries) if e[2] == b"n"}
    ends = [*sorted(offsets.values()), at]
    following = dict(zip(ends, ends[1:]))
    objects = {n: _body(data[o : following[o]]) for n, o in offsets.items()}
    root, info = (int(re.search(key + rb"\s+(\d+) 0 R", rest).group(1)) for key in (b"/Root", b"/Info"))  # type: ignore[union-attr]
    return objects, root, info


def _body(raw: bytes) -> bytes:
    """What stands between ``obj`` and ``endobj``."""
    return _HEAD.sub(b"", raw[: raw.rindex(b"endobj")]).strip(b"\r\n")


def _outline(objects: dict[int, bytes], root: int, bookmarks: Sequence[Bookmark]) -> None:
    """Add the bookmarks to the catalogue."""
    pages = _pages(objects, root)
    shown = [b for b in bookmarks if b.page < len(pages)]
    if not shown:
        return
    first = max(objects) + 2
    outlines = first - 1
    last = first + len(shown) - 1
    objects[outlines] = b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (
        first,
        last,
        len(shown),
    )
    for number, mark in enumerate(shown, start=first):
        near = b" /Prev %d 0 R" % (number - 1) if number > first else b""
        near += b" /Next %d 0 R" % (number + 1) if number < last else b""
        title = (b"\xfe\xff" + mark.title.encode("utf-16-be")).hex().upper().encode("ascii")
        place = b"[ %d 0 R /XYZ null null null ]" % pages[mark.page]
        objects[number] = b"<< /Title <%s> /Parent %d 0 R /Dest %s%s >>" % (title, outlines, place, near)
    objects[root] = objects[root].rstrip()[:-2] + b"/Outlines %d 0 R /PageMode /UseOutlines >>" % outlines


def _pages(objects: dict[int, bytes], root: int) -> list[int]:
    """Numbers of the pages in order."""
    top = int(re.search(rb"/Pages\s+(\d+) 0 R", objects[root]).group(1))  # type: ignore[union-attr]
    found: list[int] = []
    ahead = [top]
    while ahead:
        number = ahead.pop(0)
        kids = _KIDS.search(objects[number])
        if kids is None:
            found.append(number)
        else:
            ahead[:0] = [int(m) for m in _REF.findall(kids.group(1))]
    return found


def _written(objects: dict[int, bytes], root: int, info: int) -> bytes:
    """The PDF with its objects in the order in which they are reached."""
    order = _reached(objects, root, info)
    new = {old: number for number, old in enumerate(order, start=1)}
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for old in order:
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (new[old], _renumbered(objects[old], new))
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(order) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<<\n/Size %d\n/Root %d 0 R\n/Info %d 0 R\n>>\n" % (len(order) + 1, new[root], new[info])
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % at)


def _split(body: bytes) -> tuple[bytes, bytes]:
    """The dictionary of an object and its stream (empty where it has none)."""
    at = body.find(b"stream")
    return (body, b"") if at < 0 else (body[:at], body[at:])


def _reached(objects: dict[int, bytes], root: int, info: int) -> list[int]:
    found: dict[int, None] = {}
    ahead = [root, info]
    while ahead:
        number = ahead.pop(0)
        if number in found or number not in objects:
            continue
        found[number] = None
        ahead[:0] = [int(m) for m in _REF.findall(_split(objects[number])[0])]
    return list(found)


def _renumbered(body: bytes, new: dict[int, int]) -> bytes:
    front, stream = _split(body)
    front = _REF.sub(lambda m: b"%d 0 R" % new.get(int(m.group(1)), 0), front)
    return _TAG.sub(b"/FontName /QINGLI+", front) + stream
