"""How much land drains through each cell (4.3.1).

Water is walked down from every cell that nothing drains into; where branches meet, the last
to arrive carries on, so that each cell is left once. Threads walk bands of the grid and leave
what crosses from band to band to the end.

All functions take directions as :mod:`.flow` gives them, or those of another program in the
same codes: OUTLET may stand anywhere, and a direction that leads off the grid or into nodata
counts as OUTLET.
"""

from __future__ import annotations

import mmap

import numpy as np

from ..errors import InputError
from ..progress import SILENT, Progress
from . import jit
from .d8 import DCOL, DROW, NODATA, checked, steps_on_grid
from .strips import bands, strips, sweep, sweep_bands

# Areas are summed in whole units, of which the whole DEM holds at most this many.
_UNITS = 2**62
_CACHED_CELLS = 1 << 17
# State of a cell while water is walked down: direction + 16 x the inflows that are missing, or
_LEFT = 240  # + direction: done


def accumulate(
    direction: np.ndarray,
    row_weights: np.ndarray | None = None,
    progress: Progress = SILENT,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """What drains through each cell, the cell itself included; 0 at nodata.

    ``direction`` uint8 (rows, cols). Without ``row_weights`` the count of cells, int32 (int64
    from 2^31 cells on). With them (float64 (rows,), m²: the area of one cell of each row) the
    area in m², float64, summed exactly in units of less than 1e-18 of the DEM's area, so that
    no order of summation shows. ``direction`` is written to while this runs and is as before when
    it returns; a read-only array is copied. ``out`` takes the result where it has its shape and
    kind. Raises InputError for codes that are none and for directions that run in a circle.
    """
    direction = checked(direction)
    rows, cols = direction.shape
    if row_weights is None:
        kind = np.int32 if direction.size < 2**31 else np.int64
        return _accumulated(direction, np.ones(rows, kind), out, progress)
    weights = np.asarray(row_weights, np.float64)
    unit = 2.0 ** np.floor(np.log2(_UNITS / (weights.sum() * cols)))
    whole_out = out.view(np.int64) if out is not None and out.dtype == np.float64 else None
    whole = _accumulated(direction, np.rint(weights * unit).astype(np.int64), whole_out, progress)
    areas = whole.view(np.float64)
    for first, stop in strips(0, rows, cols):
        areas[first:stop] = whole[first:stop] / unit
    return areas


def contaminated(direction: np.ndarray, progress: Progress = SILENT) -> np.ndarray:
    """Whether some of a cell's drained area may lie beyond the DEM: bool (rows, cols).

    True where a cell upstream, other than the cell itself, lies on the grid's edge or beside
    nodata. Memory is used only near the cells that are true.
    """
    direction = checked(direction)
    rows, cols = direction.shape
    # Anonymous pages, for what numpy allocates the system makes resident in pieces of 2 MB.
    pages = mmap.mmap(-1, max(1, direction.size))
    beyond = np.frombuffer(pages, np.bool_, direction.size).reshape(rows, cols)
    flats = direction.reshape(-1), beyond.view(np.uint8).reshape(-1)
    steps = steps_on_grid(cols)

    def taint(first: int, stop: int) -> None:
        rim = first * cols + np.flatnonzero(_rim(direction, first, stop))
        _taint(*flats, rim, steps)

    progress.stage("rim", direction.size)
    sweep(taint, rows, cols, progress)
    return beyond


def _accumulated(
    direction: np.ndarray, weights: np.ndarray, out: np.ndarray | None, progress: Progress
) -> np.ndarray:
    rows, cols = direction.shape
    kind = (rows, cols), weights.dtype, True
    if out is not None and (out.shape, out.dtype, out.flags.c_contiguous) == kind:
        drained = out
    else:
        drained = np.empty((rows, cols), weights.dtype)
    state = np.require(direction, requirements=["C", "W"])
    try:
        left = _drain(state, weights, drained, progress)
    finally:
        _restore(state)
    if left:
        raise InputError("QL-FLOW-CIRCLE", cells=left)
    return drained


def _drain(state: np.ndarray, weights: np.ndarray, drained: np.ndarray, progress: Progress) -> int:
    """Sum ``weights`` down the directions in ``state`` into ``drained``; how many cells wait in vain."""
    rows, cols = state.shape
    valid = _count_inflows(state, weights, drained, progress)
    run, deliver = (_run_down, _deliver) if weights.dtype == np.int32 else (_run_down_wide, _deliver_wide)
    flats = state.reshape(-1), drained.reshape(-1)
    steps = steps_on_grid(cols)

    def walk(first: int, stop: int, low: int, high: int) -> int:
        return int(run(*flats, steps, first * cols, stop * cols, low * cols, high * cols))

    progress.stage("accumulation", state.size)
    done = sum(sum(counts) for counts in sweep_bands(walk, rows, cols, progress))
    return valid - done - int(deliver(*flats, steps, _leaving_bands(state)))


def _count_inflows(state: np.ndarray, weights: np.ndarray, drained: np.ndarray, progress: Progress) -> int:
    """Add to each direction 16 x how many cells drain into it and set ``drained`` to the weights.

    Returns how many cells are valid. Threads read their neighbours' rows before or after these
    are changed: the lower four bits are the direction either way.
    """
    rows, cols = state.shape
    begin = _begin if weights.dtype == np.int32 else _begin_wide
    flats = state.reshape(-1), drained.reshape(-1), weights

    def compiled(first: int, stop: int) -> int:
        return int(begin(*flats, rows, cols, first, stop, np.full(3 * (cols + 2), NODATA, np.uint8)))

    def plain(first: int, stop: int) -> int:
        step = max(1, _CACHED_CELLS // max(1, cols))
        pieces = ((a, min(a + step, stop)) for a in range(first, stop, step))
        return sum(_begin_strip(state, weights, drained, a, b) for a, b in pieces)

    progress.stage("inflows", state.size)
    return sum(sweep(compiled if jit.compiled() else plain, rows, cols, progress))


def _begin_strip(state: np.ndarray, weights: np.ndarray, drained: np.ndarray, first: int, stop: int) -> int:
    """Numpy twin of :func:`_begin_rows`."""
    cols = state.shape[1]
    here = state[first:stop]
    around = _framed(state, first, stop) & 15
    into = np.zeros(here.shape, np.uint8)
    for d in range(8):
        above, left = 1 - DROW[d], 1 - DCOL[d]
        into += around[above : above + stop - first, left : left + cols] == d
    into *= 16
    blank = here == NODATA
    drained[first:stop] = weights[first:stop, None]
    drained[first:stop][blank] = 0
    here |= into
    return blank.size - int(np.count_nonzero(blank))


def _restore(state: np.ndarray) -> None:
    def restore(first: int, stop: int) -> None:
        part = state[first:stop]
        blank = (part == NODATA).view(np.uint8)
        blank *= NODATA - 15
        part &= 15
        part |= blank

    rows, cols = state.shape
    sweep(restore, rows, cols, SILENT)


def _framed(direction: np.ndarray, first: int, stop: int) -> np.ndarray:
    """Rows ``first..stop`` in a frame of neighbours, NODATA outside."""
    rows, cols = direction.shape
    framed = np.full((stop - first + 2, cols + 2), NODATA, np.uint8)
    top, bottom = max(first - 1, 0), min(stop + 1, rows)
    framed[top - first + 1 : bottom - first + 1, 1:-1] = direction[top:bottom]
    return framed


def _rim(direction: np.ndarray, first: int, stop: int) -> np.ndarray:
    """Which cells of rows ``first..stop`` are on the grid's edge or beside nodata."""
    blank = _framed(direction, first, stop) == NODATA
    if not blank[1:-1, 1:-1].any() and first > 0 and stop < direction.shape[0]:  # the usual case, made short
        blank[1:-1, 2:-2] = False
    wide = blank[:, :-2] | blank[:, 1:-1] | blank[:, 2:]
    return (wide[:-2] | wide[1:-1] | wide[2:]) & ~blank[1:-1, 1:-1]


def _leaving_bands(state: np.ndarray) -> np.ndarray:
    """Flat numbers of the cells that are done and drain into another band, int64."""
    rows, cols = state.shape
    found = []
    for low, high in bands(rows):
        for row, across in ((low, DROW < 0), (high - 1, DROW > 0)):
            leaving = np.isin(state[row], _LEFT + np.flatnonzero(across))
            found.append(row * cols + np.flatnonzero(leaving))
    return np.concatenate(found).astype(np.int64)


def _begin_rows(
    state: np.ndarray, drained: np.ndarray, weights: np.ndarray, rows: int, cols: int, first: int, stop: int,
    lines: np.ndarray,
) -> int:  # fmt: skip
    """Count what drains into the cells of rows ``first..stop``; count of valid ones.

    ``lines`` is room for three rows with NODATA at both ends.
    """
    wide = cols + 2
    valid = 0
    for row in range(first - 1, stop + 1):
        line = lines[(row % 3) * wide : (row % 3) * wide + wide]
        if 0 <= row < rows:
            source = state[row * cols : row * cols + cols]
            for j in range(cols):
                line[j + 1] = source[j] & 15
        else:
            for j in range(cols):
                line[j + 1] = 15
        if row < first + 1:
            continue
        here = row - 1
        up = lines[((row - 2) % 3) * wide : ((row - 2) % 3) * wide + wide]
        mid = lines[(here % 3) * wide : (here % 3) * wide + wide]
        low = line
        out = state[here * cols : here * cols + cols]
        area = drained[here * cols : here * cols + cols]
        weight = weights[here]
        count = 0
        for j in range(cols):
            into = (up[j] == 1) + (up[j + 1] == 2) + (up[j + 2] == 3) + (mid[j] == 0)
            into += (mid[j + 2] == 4) + (low[j + 2] == 5) + (low[j + 1] == 6) + (low[j] == 7)
            blank = mid[j + 1] == 15
            out[j] = 255 if blank else mid[j + 1] + 16 * into
            area[j] = 0 if blank else weight
            count += 0 if blank else 1
        valid += count
    return valid


def _run_down_cells(
    state: np.ndarray, drained: np.ndarray, steps: np.ndarray, first: int, stop: int, low: int, high: int
) -> int:
    """Walk water down from the springs among first..stop, within low..high; count of cells done."""
    count = 0
    for spring in range(first, stop):
        if state[spring] >= 16:
            continue
        s = spring
        d = state[s]
        water = drained[s]
        while True:
            state[s] = 240 | d
            count += 1
            if d == 8:
                break
            s += steps[d]
            if s < low or s >= high:
                break
            below = state[s]
            if below == 255:
                break
            water += drained[s]
            drained[s] = water
            if below >= 32:
                state[s] = below - 16
                break
            d = below & 15
    return count


def _deliver_cells(state: np.ndarray, drained: np.ndarray, steps: np.ndarray, leaving: np.ndarray) -> int:
    """Walk on from cells that are done but have not handed their water down; count of cells done."""
    count = 0
    for i in range(len(leaving)):
        s = leaving[i]
        d = state[s] & 15
        water = drained[s]
        while d != 8:
            s += steps[d]
            below = state[s]
            if below == 255:
                break
            water += drained[s]
            drained[s] = water
            if below >= 32:
                state[s] = below - 16
                break
            d = below & 15
            state[s] = 240 | d
            count += 1
    return count


_begin = jit.kernel("i8", "u1w", "i4w", "i4r", "i8", "i8", "i8", "i8", "u1w")(_begin_rows)
_begin_wide = jit.kernel("i8", "u1w", "i8w", "i8r", "i8", "i8", "i8", "i8", "u1w")(_begin_rows)
_run_down = jit.kernel("i8", "u1w", "i4w", "i8r", "i8", "i8", "i8", "i8")(_run_down_cells)
_run_down_wide = jit.kernel("i8", "u1w", "i8w", "i8r", "i8", "i8", "i8", "i8")(_run_down_cells)
_deliver = jit.kernel("i8", "u1w", "i4w", "i8r", "i8r")(_deliver_cells)
_deliver_wide = jit.kernel("i8", "u1w", "i8w", "i8r", "i8r")(_deliver_cells)


@jit.kernel("no", "u1r", "u1w", "i8r", "i8r")
def _taint(
    direction: np.ndarray, beyond: np.ndarray, rim: np.ndarray, steps: np.ndarray,
) -> None:  # fmt: skip
    """Mark everything downstream of the rim cells. Threads may mark the same way at once."""
    for i in range(len(rim)):
        s = rim[i]
        while direction[s] < 8:
            s += steps[direction[s]]
            if beyond[s] != 0 or direction[s] == 255:
                break
            beyond[s] = 1
