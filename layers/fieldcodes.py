"""QR codes out of photos and scans of printed lists, by OpenCV or zbar where one is installed (4.1.4).

A page of the list holds some fifteen codes, more than a detector takes at a glance, and detectors want modules of
several cells: a picture is looked at whole (one code, close up), then in two sizes, each in overlapping parts (an A4
page scanned at 150 to 300 dpi).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Tuple

import numpy as np
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QImage, QImageReader

from ..core.errors import InputError, MissingLibrary
from ..core.progress import SILENT, Progress

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
LIBRARIES = "opencv-python-headless, pyzbar"
_MOST_MILLIONS = 200
_SIZES = (4200, 6000)  # cells of the longer side; one of the two suits a scan of 150, 200 or 300 dpi
_WHOLE = 1200
_MOST_TIMES = 4  # as far as a picture is enlarged
_EDGE, _OVERLAP = 640, 340  # parts of a picture, cells; a code of the list has at most 330

Reader = Callable[[Any], List[str]]


def reader() -> Optional[Reader]:
    """What reads codes out of grey pictures here; None where neither library is there."""
    return _zbar() or _opencv()


def _zbar() -> Optional[Reader]:
    try:
        from pyzbar import pyzbar
    except (ImportError, OSError):  # the package without its library
        return None

    def read(grey: Any) -> List[str]:
        found = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
        return [one.data.decode("utf-8", "replace") for one in found]

    return read


def _opencv() -> Optional[Reader]:
    try:
        import cv2
    except (ImportError, OSError):
        return None
    detector = cv2.QRCodeDetector()

    def read(grey: Any) -> List[str]:
        try:
            found, texts, _, _ = detector.detectAndDecodeMulti(grey)
        except cv2.error:  # what it takes for a code is none
            return []
        return [str(text) for text in texts if text] if found else []

    return read


def codes_in(path: Path, progress: Progress = SILENT) -> Tuple[str, ...]:
    """The texts of all QR codes in a picture, each once.

    Raises MissingLibrary QL-PAPER-NODECODER, InputError QL-PAPER-NOPICTURE, QL-PAPER-NOCODE, Cancelled.
    """
    read = reader()
    if read is None:
        raise MissingLibrary("QL-PAPER-NODECODER", library=LIBRARIES)
    picture = _picture(path)
    longest = max(picture.width(), picture.height())
    sizes = [size for size in _SIZES if size <= _MOST_TIMES * longest]
    progress.stage("field_codes", len(sizes) + 1)
    found = dict.fromkeys(read(_grey(picture, min(longest, _WHOLE))))
    for number, size in enumerate(sizes):
        parts = list(_parts(_grey(picture, size)))
        for count, part in enumerate(parts):
            progress.step((number + count / len(parts)) / len(sizes))
            found.update(dict.fromkeys(read(part)))
    if not found:
        raise InputError("QL-PAPER-NOCODE", file=path.name)
    return tuple(found)


def _picture(path: Path) -> QImage:
    """A picture, upright, by Qt, which reads what photos and scans come in. Raises InputError QL-PAPER-NOPICTURE."""
    looked = QImageReader(str(path))
    looked.setDecideFormatFromContent(True)
    looked.setAutoTransform(True)
    size = looked.size()
    facts: dict[str, Any] = {"file": path.name, "most": _MOST_MILLIONS}
    if size.width() * size.height() > _MOST_MILLIONS * 1_000_000:
        raise InputError("QL-PAPER-NOPICTURE", reason=f"{size.width()} × {size.height()}", **facts)
    image = looked.read()
    if image.isNull():
        raise InputError("QL-PAPER-NOPICTURE", reason=looked.errorString(), **facts)
    return image


def _grey(picture: QImage, edge: int) -> Any:
    """Grey bytes of a picture whose longer side gets ``edge`` cells."""
    ratio, how = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    plain = picture.scaled(edge, edge, ratio, how).convertToFormat(QImage.Format.Format_Grayscale8)
    bits = plain.constBits()
    bits.setsize(plain.height() * plain.bytesPerLine())
    rows = np.frombuffer(bits, np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : plain.width()].copy()


def _parts(grey: Any) -> Iterator[Any]:
    """Overlapping squares of a picture."""
    height, width = grey.shape
    step = _EDGE - _OVERLAP
    for top in range(0, max(height - _OVERLAP, 1), step):
        for left in range(0, max(width - _OVERLAP, 1), step):
            yield grey[top : top + _EDGE, left : left + _EDGE].copy()
