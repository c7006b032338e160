"""Per-cell sweeps of a DEM: steepest descent, and where filling has to look closer.

Each sweep is written twice, once as a loop that a compiler turns into vector instructions
and once in numpy for installations without numba; both do the same float32 operations in
the same order and give the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..grid import GridFrame
from ..progress import Progress
from . import jit
from .d8 import DCOL, DROW, NODATA, TIE_ORDER, slope_factors
from .strips import sweep

# Codes while a DEM is being worked on: 0..7 a direction, then
SINK = 8  # nowhere lower; on the rim it is the outlet
FLAT = 9  # not lower anywhere, drained later
SADDLE = 16  # flag: lower ground on more than one side, or a rim cell above its neighbours
RIM = 32  # flag: on the DEM's edge or beside nodata


def steepest_descent(
    heights: np.ndarray, frame: GridFrame, progress: Progress, codes: np.ndarray | None = None
) -> np.ndarray:
    """Directions uint8 (rows, cols); FLAT where nothing around is lower, OUTLET if that is on the rim.

    They are written into ``codes`` where it is given.
    """
    progress.stage("directions", heights.size)
    directions = np.empty(heights.shape, np.uint8) if codes is None else codes
    return _swept(heights, frame, directions, progress, False)


def descent_and_saddles(heights: np.ndarray, frame: GridFrame, progress: Progress) -> np.ndarray:
    """Codes uint8 (rows, cols): descents in the total order (height, cell number), SINK, SADDLE and RIM.

    Of two equally high cells the one with the smaller number counts as lower, so that no
    plateau is without order: each has its sinks, and passes at its own height (the
    simulation of simplicity of Edelsbrunner & Mücke 1990).
    """
    progress.stage("descent", heights.size)
    return _swept(heights, frame, np.empty(heights.shape, np.uint8), progress, True)


def _swept(
    heights: np.ndarray, frame: GridFrame, codes: np.ndarray, progress: Progress, total_order: bool
) -> np.ndarray:
    rows, cols = heights.shape
    factors = slope_factors(frame)

    def compiled(first: int, stop: int) -> None:
        lines = np.full(3 * (cols + 2), np.nan, np.float32)
        code_rows = _code_rows_in_order if total_order else _code_rows
        code_rows(heights.reshape(-1), codes.reshape(-1), rows, cols, first, stop, factors.reshape(-1), lines)

    def plain(first: int, stop: int) -> None:
        codes[first:stop] = _code_strip(heights, factors, first, stop, total_order)

    sweep(compiled if jit.compiled() else plain, rows, cols, progress)
    return codes


def _code_strip(
    heights: np.ndarray, factors: np.ndarray, first: int, stop: int, total_order: bool
) -> np.ndarray:
    """Numpy twin of the two kernels below, for rows ``first..stop``."""
    around = _windows(heights, first, stop)
    centre = around[1, 1]
    north, south, diagonal_north, diagonal_south = factors[:, first:stop, None]
    weights: list[Any] = [
        None,
        diagonal_south,
        south,
        diagonal_south,
        None,
        diagonal_north,
        north,
        diagonal_north,
    ]
    best = np.zeros(centre.shape, np.float32)
    code = np.full(centre.shape, SINK, np.uint8)
    total = np.zeros(centre.shape, np.float32)
    for d in TIE_ORDER:
        neighbour = around[DROW[d] + 1, DCOL[d] + 1]
        slope = centre - neighbour if weights[d] is None else (centre - neighbour) * weights[d]
        steeper = slope > best
        best[steeper] = slope[steeper]
        code[steeper] = d
        total += neighbour
    rim = np.isnan(total)
    if total_order:
        lower = np.zeros(centre.shape, np.int64)
        for d in range(8):
            neighbour = around[DROW[d] + 1, DCOL[d] + 1]
            lower |= (neighbour <= centre if d >= 4 else neighbour < centre).astype(np.int64) << d
            if d >= 4:
                code[(code == SINK) & (neighbour == centre)] = d
        code[_several_sides(lower) | (rim & (lower != 0))] |= SADDLE
        code[rim] |= RIM
    else:
        code[(code == SINK) & ~rim] = FLAT
    code[np.isnan(centre)] = NODATA
    return code


def _windows(heights: np.ndarray, first: int, stop: int) -> np.ndarray:
    """Views (3, 3, rows, cols) of a strip and its eight neighbours, NaN outside and at nodata."""
    rows, cols = heights.shape
    padded = np.full((stop - first + 2, cols + 2), np.nan, np.float32)
    top, bottom = max(first - 1, 0), min(stop + 1, rows)
    padded[top - first + 1 : bottom - first + 1, 1:-1] = heights[top:bottom]
    padded[np.isinf(padded)] = np.nan
    return np.lib.stride_tricks.sliding_window_view(padded, (stop - first, cols))


def _several_sides(lower: np.ndarray) -> np.ndarray:
    """Whether the lower neighbours (bit d = direction d) fall into several groups of adjacent cells."""
    sides = lower | (((lower >> 1) | (lower << 7)) & ((lower << 1) | (lower >> 7)) & 0xAA)
    starts = sides & ~((sides << 1) | (sides >> 7)) & 0xFF
    return (starts & (starts - 1)) != 0


@jit.kernel("no", "f4r", "u1w", "i8", "i8", "i8", "i8", "f4r", "f4w")
def _code_rows(
    heights: np.ndarray, codes: np.ndarray, rows: int, cols: int, first: int, stop: int, factors:
    np.ndarray, lines: np.ndarray,
) -> None:  # fmt: skip
    """Directions of rows ``first..stop``; ``lines`` is room for three rows with a NaN at both ends."""
    wide = cols + 2
    for row in range(first - 1, stop + 1):
        line = lines[(row % 3) * wide : (row % 3) * wide + wide]
        if 0 <= row < rows:
            source = heights[row * cols : row * cols + cols]
            for j in range(cols):
                line[j + 1] = source[j] if source[j] - source[j] == 0 else np.float32(np.nan)
        else:
            for j in range(cols):
                line[j + 1] = np.float32(np.nan)
        if row < first + 1:
            continue
        here = row - 1
        up = lines[((row - 2) % 3) * wide : ((row - 2) % 3) * wide + wide]
        mid = lines[(here % 3) * wide : (here % 3) * wide + wide]
        low = line
        out = codes[here * cols : here * cols + cols]
        wn = factors[here]
        ws = factors[rows + here]
        wdn = factors[2 * rows + here]
        wds = factors[3 * rows + here]
        for j in range(cols):
            z = mid[j + 1]
            e, ne, n, nw = mid[j + 2], up[j + 2], up[j + 1], up[j]
            w, sw, s, se = mid[j], low[j], low[j + 1], low[j + 2]
            total = ((((((e + ne) + n) + nw) + w) + sw) + s) + se
            d = np.int32(9) if total == total else np.int32(8)
            best = np.float32(0)
            slope = z - e
            d, best = (np.int32(0), slope) if slope > best else (d, best)
            slope = (z - ne) * wdn
            d, best = (np.int32(7), slope) if slope > best else (d, best)
            slope = (z - n) * wn
            d, best = (np.int32(6), slope) if slope > best else (d, best)
            slope = (z - nw) * wdn
            d, best = (np.int32(5), slope) if slope > best else (d, best)
            slope = z - w
            d, best = (np.int32(4), slope) if slope > best else (d, best)
            slope = (z - sw) * wds
            d, best = (np.int32(3), slope) if slope > best else (d, best)
            slope = (z - s) * ws
            d, best = (np.int32(2), slope) if slope > best else (d, best)
            slope = (z - se) * wds
            d, best = (np.int32(1), slope) if slope > best else (d, best)
            out[j] = d if z == z else np.int32(255)


@jit.kernel("no", "f4r", "u1w", "i8", "i8", "i8", "i8", "f4r", "f4w")
def _code_rows_in_order(
    heights: np.ndarray, codes: np.ndarray, rows: int, cols: int, first: int, stop: int, factors:
    np.ndarray, lines: np.ndarray,
) -> None:  # fmt: skip
    """As :func:`_code_rows`, in the total order and with the flags SADDLE and RIM."""
    wide = cols + 2
    for row in range(first - 1, stop + 1):
        line = lines[(row % 3) * wide : (row % 3) * wide + wide]
        if 0 <= row < rows:
            source = heights[row * cols : row * cols + cols]
            for j in range(cols):
                line[j + 1] = source[j] if source[j] - source[j] == 0 else np.float32(np.nan)
        else:
            for j in range(cols):
                line[j + 1] = np.float32(np.nan)
        if row < first + 1:
            continue
        here = row - 1
        up = lines[((row - 2) % 3) * wide : ((row - 2) % 3) * wide + wide]
        mid = lines[(here % 3) * wide : (here % 3) * wide + wide]
        low = line
        out = codes[here * cols : here * cols + cols]
        wn = factors[here]
        ws = factors[rows + here]
        wdn = factors[2 * rows + here]
        wds = factors[3 * rows + here]
        for j in range(cols):
            z = mid[j + 1]
            e, ne, n, nw = mid[j + 2], up[j + 2], up[j + 1], up[j]
            w, sw, s, se = mid[j], low[j], low[j + 1], low[j + 2]
            total = ((((((e + ne) + n) + nw) + w) + sw) + s) + se
            d = np.int32(8)
            d = np.int32(4) if w == z else d
            d = np.int32(5) if (nw == z) & (d == 8) else d
            d = np.int32(6) if (n == z) & (d == 8) else d
            d = np.int32(7) if (ne == z) & (d == 8) else d
            best = np.float32(0)
            slope = z - e
            d, best = (np.int32(0), slope) if slope > best else (d, best)
            slope = (z - ne) * wdn
            d, best = (np.int32(7), slope) if slope > best else (d, best)
            slope = (z - n) * wn
            d, best = (np.int32(6), slope) if slope > best else (d, best)
            slope = (z - nw) * wdn
            d, best = (np.int32(5), slope) if slope > best else (d, best)
            slope = z - w
            d, best = (np.int32(4), slope) if slope > best else (d, best)
            slope = (z - sw) * wds
            d, best = (np.int32(3), slope) if slope > best else (d, best)
            slope = (z - s) * ws
            d, best = (np.int32(2), slope) if slope > best else (d, best)
            slope = (z - se) * wds
            d, best = (np.int32(1), slope) if slope > best else (d, best)
            m = np.int32(1) if e < z else np.int32(0)
            m |= np.int32(2) if se < z else np.int32(0)
            m |= np.int32(4) if s < z else np.int32(0)
            m |= np.int32(8) if sw < z else np.int32(0)
            m |= np.int32(16) if w <= z else np.int32(0)
            m |= np.int32(32) if nw <= z else np.int32(0)
            m |= np.int32(64) if n <= z else np.int32(0)
            m |= np.int32(128) if ne <= z else np.int32(0)
            lower = m
            m |= (
                ((m >> np.int32(1)) | (m << np.int32(7)))
                & ((m << np.int32(1)) | (m >> np.int32(7)))
                & np.int32(0xAA)
            )
            m &= ~((m << np.int32(1)) | (m >> np.int32(7))) & np.int32(0xFF)
            rim = total != total
            saddle = ((m & (m - np.int32(1))) != 0) | (rim & (lower != 0))
            d |= np.int32(16) if saddle else np.int32(0)
            d |= np.int32(32) if rim else np.int32(0)
            out[j] = d if z == z else np.int32(255)
