"""In which encoding are the words of a shapefile that does not say so?

Older Chinese software writes GBK and no .cpg. QGIS then takes the computer's own encoding, which
elsewhere than on a Chinese Windows turns every name and every field's name into other signs.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Iterator

from qgis.core import QgsVectorLayer

CHINESE = "GB18030"
# The code page in byte 29 of a .dbf: none, and the Western one that ArcGIS and GDAL write for want of another.
_UNSAID = (0x00, 0x57)
_HEADER, _FIELD, _END = 32, 32, 0x0D
_READ_BYTES = 4_000_000
_HANZI_SHARE = 0.9


def unsaid_chinese(layer: QgsVectorLayer) -> bool:
    """Whether a layer is a shapefile in GBK that does not say so and is read in another encoding."""
    provider = layer.dataProvider()
    if provider is None or provider.storageType() != "ESRI Shapefile":
        return False
    if provider.encoding().upper() in (CHINESE, "GBK", "GB2312", "CP936"):
        return False
    path = Path(layer.source().split("|")[0])
    if path.suffix.lower() != ".shp" or _has_cpg(path):
        return False
    return _is_chinese(path.with_suffix(".DBF" if path.suffix == ".SHP" else ".dbf"))


def _has_cpg(path: Path) -> bool:
    return any(path.with_suffix(suffix).exists() for suffix in (".cpg", ".CPG"))


def _is_chinese(path: Path) -> bool:
    try:
        with open(path, "rb") as stream:
            data = stream.read(_READ_BYTES)
    except OSError:  # whoever reads the layer says what is wrong with it
        return False
    if len(data) < _HEADER or data[29] not in _UNSAID:
        return False
    words = [word for word in _words(data) if not word.isascii()]
    if not words or all(_reads(word, "utf-8") is not None for word in words):
        return False
    read = [_reads(word, CHINESE) for word in words]
    text = "".join(word for word in read if word)
    foreign = [sign for sign in text if not sign.isascii()]
    common = [sign for sign in foreign if _is_common(sign)]
    return None not in read and bool(foreign) and len(common) >= _HANZI_SHARE * len(foreign)


def _words(data: bytes) -> Iterator[bytes]:
    """Names of the fields and values of those that hold text; a .dbf has them in columns of fixed width."""
    start, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    columns, offset = [], 1
    for place in range(_HEADER, min(start, len(data)) - _FIELD + 1, _FIELD):
        if data[place] == _END:
            break
        yield data[place : place + 11].split(b"\0")[0]
        length = data[place + 16]
        if data[place + 11 : place + 12] == b"C":
            columns.append((offset, length))
        offset += length
    if not columns or width < offset:
        return
    for row in range(start, len(data) - width + 1, width):
        for offset, length in columns:
            yield data[row + offset : row + offset + length].split(b"\0")[0].rstrip()


def _reads(word: bytes, encoding: str) -> str | None:
    """The word, but for a last sign that the column's end cut in two; None where it is of another encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(word)
    except UnicodeDecodeError:
        return None


def _is_common(sign: str) -> bool:
    """Whether a sign stands in GB 2312, as nearly all in names do; words of Europe read as GBK give others."""
    try:
        return len(sign.encode("gb2312")) > 1
    except UnicodeEncodeError:
        return False
