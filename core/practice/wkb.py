"""Plain coordinates as well-known binary (OGC 06-103r4), little-endian."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np


def wkb(kind: str, shape: Any) -> bytes:
    """Little-endian WKB of plain coordinates (see :mod:`core.practice.scene`)."""
    if kind == "Point":
        return struct.pack("<BI2d", 1, 1, *shape)
    if kind == "LineString":
        return struct.pack("<BI", 1, 2) + _points(shape)
    if kind == "Polygon":
        return struct.pack("<BII", 1, 3, len(shape)) + b"".join(_points(ring) for ring in shape)
    return struct.pack("<BII", 1, 6, len(shape)) + b"".join(wkb("Polygon", part) for part in shape)


def _points(line: np.ndarray) -> bytes:
    return struct.pack("<I", len(line)) + np.ascontiguousarray(line, dtype="<f8").tobytes()
