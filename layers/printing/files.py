"""Files that come whole or not at all, and the same bytes for the same content."""

from __future__ import annotations

import errno
import io
import os
import re
import uuid
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

from ...core.errors import InputError
from ..replacing import replace

_FIRST = ("mimetype", "[Content_Types].xml")
_OLDEST = (1980, 1, 1, 0, 0, 0)
_FIXED_TIME = b"2000-01-01T00:00:00Z"
_XML_DATES = re.compile(
    rb"(<(dcterms:created|dcterms:modified|dc:date|meta:creation-date)[^>]*>)[^<]*(</\2>)"
)
_PDF_DATES = re.compile(rb"(/(?:CreationDate|ModDate) ?\(D:)\d{14}([+-]\d\d'\d\d'|Z)?")
_XMP_DATES = re.compile(
    rb"""(xmp:(?:CreateDate|ModifyDate|MetadataDate)(?:="|>))\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([^"<]*)"""
)
_XMP_IDS = re.compile(rb"""(xmpMM:(?:DocumentID|InstanceID)(?:="|>)uuid:)([0-9A-Fa-f-]+)""")
_XMP_AUTHOR = re.compile(rb"(<dc:creator>\s*<rdf:\w+>\s*<rdf:li[^>]*>)([^<]*)")


@contextmanager
def whole(final: Path) -> Iterator[Path]:
    """A name to write to; what is there afterwards takes the final name. QL-OUT-FOLDER, QL-OUT-WRITE."""
    if not final.parent.is_dir():
        raise InputError("QL-OUT-FOLDER", path=str(final), folder=str(final.parent))
    part = final.with_name(f".{uuid.uuid4().hex}{final.suffix}")
    try:
        yield part
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        replace(part, final)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(final), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def settle_zip(path: Path, mend: Callable[[dict[str, bytes]], dict[str, bytes]] = dict) -> None:
    """Rewrite a zipped document (.xlsx, .docx, .odt) with fixed order, times and rights; ``mend`` its parts."""
    with zipfile.ZipFile(path) as found:
        parts = mend({name: found.read(name) for name in found.namelist()})
    first = [name for name in _FIRST if name in parts]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as fresh:
        for name in [*first, *sorted(set(parts) - set(first))]:
            info = zipfile.ZipInfo(name, _OLDEST)
            info.create_system = 0
            info.external_attr = 0o600 << 16
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            fresh.writestr(info, _XML_DATES.sub(rb"\g<1>" + _FIXED_TIME + rb"\g<3>", parts[name]))
    path.write_bytes(made.getvalue())


_ENDS = {".pdf": b"%%EOF", ".png": b"IEND", ".svg": b"</svg>"}


def require_end(path: Path) -> None:
    """Raise OSError where a file is cut off: Qt writes PDFs and pictures onto a full disk without a word."""
    wanted = _ENDS.get(path.suffix.lower())
    if wanted is None:
        return
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 1024))
        if wanted not in stream.read():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def settle_pdf(path: Path, day: str = "20000101") -> None:
    """Give a PDF a fixed date and no author, in place: lengths stay, so that its table of contents stays right.

    ``day`` is YYYYMMDD. Newer Qt writes the user's name, the time and a random number into the XMP part too.
    """
    require_end(path)
    stamp = day.encode("ascii")
    iso = b"%s-%s-%sT00:00:00" % (stamp[:4], stamp[4:6], stamp[6:8])

    def fixed(match: re.Match[bytes]) -> bytes:
        return match.group(1) + stamp + b"000000" + (match.group(2) or b"")

    def fixed_xmp(match: re.Match[bytes]) -> bytes:
        return match.group(1) + iso + re.sub(rb"\d", b"0", match.group(2))

    def blank(match: re.Match[bytes]) -> bytes:
        return match.group(1) + b" " * len(match.group(2))

    data = _PDF_DATES.sub(fixed, path.read_bytes())
    data = _XMP_DATES.sub(fixed_xmp, data)
    data = _XMP_IDS.sub(lambda m: m.group(1) + re.sub(rb"[0-9A-Fa-f]", b"0", m.group(2)), data)
    path.write_bytes(_XMP_AUTHOR.sub(blank, data))
