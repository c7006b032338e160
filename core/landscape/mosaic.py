"""Which class each cell belongs to: a classified raster made ready for counting."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..grid import GridFrame

MOST_CLASSES = 1000


@dataclass(frozen=True)
class Mosaic:
    """A classified landscape on square cells.

    ``codes`` (rows, cols) int32: position in ``classes``, -1 where the landscape ends
    (no data); ``classes`` ascending class codes as the raster has them; ``cell_size`` in m.
    """

    codes: np.ndarray
    classes: tuple[int, ...]
    cell_size: float

    @property
    def cell_area(self) -> float:
        """m²."""
        return self.cell_size * self.cell_size


def square_cell_size(frame: GridFrame) -> float:
    """Cell size in m of a raster with square cells in a projected CRS, which FRAGSTATS' definitions need.

    Raises InputError for degrees and for sides that differ by more than 0.1 %.
    """
    if frame.geographic:
        raise InputError("QL-LANDSCAPE-DEGREES")
    if abs(frame.dx - frame.dy) > 1e-3 * max(frame.dx, frame.dy):
        raise InputError("QL-LANDSCAPE-SQUARE", width=f"{frame.dx:g}", height=f"{frame.dy:g}")
    return math.sqrt(frame.dx * frame.dy)


def mosaic(values: np.ndarray, cell_size: float, nodata: float | None = None) -> Mosaic:
    """The mosaic of a raster of whole class codes, shape (rows, cols).

    Cells that equal ``nodata``, are NaN or masked are no part of the landscape (FRAGSTATS'
    exterior background). Raises InputError: no cell, codes that are no whole numbers, more
    than 1000 classes (a continuous raster given by mistake), cell size not positive.
    """
    if not cell_size > 0 or not np.isfinite(cell_size):
        raise InputError("QL-LANDSCAPE-CELLSIZE", cell_size=cell_size)
    if values.ndim != 2:
        raise InputError("QL-LANDSCAPE-SHAPE", dimensions=values.ndim)
    inside = _inside(values, nodata)
    if not inside.any():
        raise InputError("QL-LANDSCAPE-EMPTY")
    whole = _whole(np.ma.getdata(values), inside)
    classes, codes = _encode(whole, inside)
    return Mosaic(codes, classes, float(cell_size))


def _inside(values: np.ndarray, nodata: float | None) -> np.ndarray:
    plain = np.ma.getdata(values)
    inside = ~np.ma.getmaskarray(values)
    if plain.dtype.kind == "f":
        inside &= np.isfinite(plain)
    if nodata is not None and np.isfinite(nodata):
        inside &= plain != nodata
    return inside


def _whole(plain: np.ndarray, inside: np.ndarray) -> np.ndarray:
    if plain.dtype.kind in "iub":
        return plain
    if plain.dtype.kind != "f":
        raise InputError("QL-LANDSCAPE-CODES", kind=str(plain.dtype))
    filled = np.where(inside, plain, 0)
    if (filled != np.rint(filled)).any() or np.abs(filled).max() >= 2**31:
        raise InputError("QL-LANDSCAPE-CODES", kind=str(plain.dtype))
    return filled.astype(np.int64)


def _encode(whole: np.ndarray, inside: np.ndarray) -> tuple[tuple[int, ...], np.ndarray]:
    low, high = int(whole[inside].min()), int(whole[inside].max())
    if high - low < 2**16:  # a look-up table is ten times faster than sorting
        return _encode_by_table(whole, inside, low, high)
    found = np.unique(whole[inside])
    _refuse_continuous(found.size)
    codes = np.searchsorted(found, np.where(inside, whole, found[0])).astype(np.int32)
    codes[~inside] = -1
    return tuple(int(v) for v in found), codes


def _encode_by_table(
    whole: np.ndarray, inside: np.ndarray, low: int, high: int
) -> tuple[tuple[int, ...], np.ndarray]:
    shifted = np.where(inside, whole, low).astype(np.int64) - low
    seen = np.zeros(high - low + 1, dtype=bool)
    seen[shifted[inside]] = True
    found = np.flatnonzero(seen)
    _refuse_continuous(found.size)
    table = np.full(seen.size, -1, dtype=np.int32)
    table[found] = np.arange(found.size)
    codes = table[shifted]
    codes[~inside] = -1
    return tuple(int(v) + low for v in found), codes


def _refuse_continuous(count: int) -> None:
    if count > MOST_CLASSES:
        raise InputError("QL-LANDSCAPE-CONTINUOUS", count=count, most=MOST_CLASSES)
