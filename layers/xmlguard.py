"""XML of anybody's: declared entities are refused before a parser sees them (bombs, files read by reference).

The parsers of QGIS and GDAL have limits of their own, which differ from version to version.
"""

from __future__ import annotations

import re
from pathlib import Path

ENTITY = re.compile(rb"<!ENTITY|<!DOCTYPE[^>]*\[", re.IGNORECASE)
_CHUNK = 2**20
_OVERLAP = 4096


def declares_entities(data: bytes) -> bool:
    """Whether a text, in UTF-8 or UTF-16, declares entities of its own."""
    return ENTITY.search(data.replace(b"\0", b"")) is not None


def file_declares_entities(path: Path) -> bool:
    """As :func:`declares_entities`, of a file read piece by piece. Raises OSError."""
    before = b""
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(_CHUNK), b""):
            if declares_entities(before + block):
                return True
            before = block[-_OVERLAP:]
    return False
