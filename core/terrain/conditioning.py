"""Taking the sinks out of a DEM without a priority queue (4.3.1).

Only the critical cells matter. Every sink is a basin; basins meet at saddles, cells with
lower ground on more than one side (the DEM's rim is a saddle to the outside). From each
saddle the steepest descents lead to the basins it joins; these passes, lowest first, grow
Kruskal's minimum spanning tree, and the pass that joins a tree to the outside is the spill
level of all its basins (the join tree of Carr, Snoeyink & Axen 2003, found by monotone
paths as Chiang et al. 2005; the same levels as Barnes, Lehman & Mulla's 2014
Priority-Flood). Filling floods each sink to its level. All but the search for saddles costs
as many steps as there are sinks, saddles and flooded cells, not as there are cells.
"""

from __future__ import annotations

import numpy as np

from ..grid import GridFrame
from ..progress import Progress
from . import jit
from .d8 import DCOL, DROW, steps_on_grid
from .strips import sweep
from .sweeps import NODATA, SADDLE, SINK, descent_and_saddles

_OUTSIDE = 1  # the basin number of the world beyond the rim; sinks count from 2
_LEAST_ROOM = 1 << 12
_FLOOD_STEP = 1 << 21
_PLAIN_FLOOD_STEP = 1 << 16


class ChangeLog:
    """Which cells of ``heights`` were changed, and their heights before: enough to undo it."""

    def __init__(self, heights: np.ndarray) -> None:
        self.flat = heights.reshape(-1)
        room = _LEAST_ROOM + heights.size // 4  # memory that no one touches costs nothing, growing copies
        self.cells = np.empty(room, np.uint32)
        self.before = np.empty(room, np.float32)
        # What the flood remembers between its turns: sink, head and tail of its queue in ``cells``.
        self.state = np.zeros(3, np.int64)
        self.repeated = False  # whether a cell may have been changed twice

    @property
    def count(self) -> int:
        """How many changes are recorded."""
        return int(self.state[2])

    def grow(self) -> None:
        """Room for half as many changes again."""
        size = len(self.cells) * 3 // 2
        self.cells, self.before = (
            np.concatenate([a, np.empty(size - len(a), a.dtype)]) for a in (self.cells, self.before)
        )

    def undo(self) -> tuple[np.ndarray, np.ndarray]:
        """Put the heights back; flat numbers of the changed cells, each once, and their heights till now."""
        cells, before = self.cells[: self.count], self.before[: self.count]
        if self.repeated:
            cells, first = np.unique(cells, return_index=True)
            before = before[first]
        for a in range(0, len(cells), _FLOOD_STEP):  # exchanged piece by piece: no third copy in memory
            piece = slice(a, a + _FLOOD_STEP)
            changed = self.flat[cells[piece]]
            self.flat[cells[piece]] = before[piece]
            before[piece] = changed
        self.state[:] = 0
        return cells, before


def fill_depressions(
    heights: np.ndarray, frame: GridFrame, log: ChangeLog, basins: np.ndarray, progress: Progress
) -> np.ndarray:
    """Raise every depression of ``heights`` (float32, C order) to its spill level, in place.

    Cells on the edge or beside nodata keep their height. ``basins`` int32 (rows, cols), zeros, is
    room to work in. Returns uint8 (rows, cols) without meaning, room for the next step.
    """
    codes, sinks, levels = depressions(heights, frame, basins, progress)
    _flood(heights, codes, sinks, levels, log, progress)
    return codes


def depressions(
    heights: np.ndarray, frame: GridFrame, basins: np.ndarray, progress: Progress
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sinks of a DEM and how high each would fill.

    ``basins`` int32 (rows, cols) of zeros is written to. Returns the codes of :mod:`.sweeps`, the
    flat numbers of the sinks, int64 (n,) ascending, and their spill levels, float32 (n,), at least
    the sink's own height.
    """
    codes = descent_and_saddles(heights, frame, progress)
    sinks, saddles = _critical_cells(codes, progress)
    basins.reshape(-1)[sinks] = np.arange(2, len(sinks) + 2, dtype=np.int32)
    passes = _passes(heights, codes, basins, saddles, progress)
    return codes, sinks, spill_levels(len(sinks), *passes)


def _critical_cells(codes: np.ndarray, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Flat numbers of the sinks that are no outlets and of the saddles, int64."""
    rows, cols = codes.shape

    def find(first: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        part = codes[first:stop].reshape(-1)
        # One look for both: SINK alone is 8, a saddle is 16 and more; both are rare.
        rare = np.flatnonzero((part >= SINK) & (part < NODATA))
        kinds = part[rare]
        rare += first * cols
        return rare[kinds == SINK], rare[(kinds & SADDLE) != 0]

    progress.stage("saddles", codes.size)
    found = sweep(find, rows, cols, progress)
    return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])


def _passes(
    heights: np.ndarray, codes: np.ndarray, basins: np.ndarray, saddles: np.ndarray, progress: Progress
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Passes between different basins: their two numbers int32 (n,) and their height float32 (n,)."""
    rows, cols = heights.shape
    flats = heights.reshape(-1), codes.reshape(-1), basins.reshape(-1)
    steps = steps_on_grid(cols)

    def find(first: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        room = 4 * (stop - first)
        one, other, level = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.float32)
        count = _walk_down(*flats, saddles[first:stop], rows, cols, DROW, DCOL, steps, one, other, level)
        return one[:count].copy(), other[:count].copy(), level[:count].copy()

    progress.stage("passes", len(saddles))
    nothing = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32)
    found = [nothing, *sweep(find, len(saddles), 64, progress)]
    one, other, level = (np.concatenate(part) for part in zip(*found))
    return one, other, level


def spill_levels(sinks: int, one: np.ndarray, other: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Height at which each basin 2, 3 … spills, over whatever basins, to the outside (basin 1).

    ``one``, ``other`` int32 and ``level`` float32 (passes,); returns float32 (sinks,), NaN where
    no chain of passes leads outside.
    """
    parent = np.arange(sinks + 2, dtype=np.int32)
    spill = np.full(sinks + 2, np.nan, np.float32)
    spill[_OUTSIDE] = -np.inf
    _join(one, other, level, np.argsort(level, kind="stable"), parent, spill)
    return spill[2:]


def _flood(
    heights: np.ndarray,
    codes: np.ndarray,
    sinks: np.ndarray,
    levels: np.ndarray,
    log: ChangeLog,
    progress: Progress,
) -> None:
    rows, cols = heights.shape
    progress.stage("fill", len(sinks))
    step = _FLOOD_STEP if jit.compiled() else _PLAIN_FLOOD_STEP
    log.state[:2] = 0, log.count
    steps = steps_on_grid(cols)
    flats = heights.reshape(-1), codes.reshape(-1)
    while _raise_basins(
        *flats, sinks, levels, rows, cols, DROW, DCOL, steps, log.cells, log.before, log.state, step
    ):
        progress.step(log.state[0] / max(1, len(sinks)))
        if log.count + 8 + step // 8 > len(log.cells):
            log.grow()
    progress.step(1.0)


@jit.kernel("i8", "f4r", "u1r", "i4w", "i8r", "i8", "i8", "i8r", "i8r", "i8r", "i4w", "i4w", "f4w")
def _walk_down(
    heights: np.ndarray, codes: np.ndarray, basins: np.ndarray, saddles: np.ndarray, rows: int, cols: int,
    drow: np.ndarray, dcol: np.ndarray, steps: np.ndarray, one: np.ndarray, other: np.ndarray, level:
    np.ndarray,
) -> int:  # fmt: skip
    """Follow the descents on each side of each saddle to their basins; count of passes written.

    A walk leaves its basin's number on its way, so that the next one ends there. Threads may
    walk the same way at once: they write the same numbers.
    """
    count = 0
    for i in range(len(saddles)):
        s = saddles[i]
        row = s // cols
        col = s - row * cols
        z = heights[s]
        m = 0
        for k in range(8):
            r = row + drow[k]
            c = col + dcol[k]
            if 0 <= r < rows and 0 <= c < cols:
                q = r * cols + c
                if codes[q] != 255 and (heights[q] < z or (heights[q] == z and q < s)):
                    m |= 1 << k
        m |= ((m >> 1) | (m << 7)) & ((m << 1) | (m >> 7)) & 0xAA
        starts = 1 if m == 255 else m & ~((m << 1) | (m >> 7)) & 255
        basin = 1 if codes[s] & 32 else 0
        for k in range(8):
            if not (starts >> k) & 1:
                continue
            first = s + steps[k]
            q = first
            while basins[q] == 0 and codes[q] & 15 != 8:
                q += steps[codes[q] & 15]
            found = basins[q]
            if found == 0:  # a sink without number is an outlet
                found = 1
                basins[q] = 1
            while first != q:
                basins[first] = found
                first += steps[codes[first] & 15]
            if basin == 0:
                basin = found
            elif basin != found:
                one[count] = basin
                other[count] = found
                level[count] = z
                count += 1
    return count


@jit.kernel("no", "i4r", "i4r", "f4r", "i8r", "i4w", "f4w")
def _join(
    one: np.ndarray, other: np.ndarray, level: np.ndarray, order: np.ndarray, parent: np.ndarray, spill:
    np.ndarray,
) -> None:  # fmt: skip
    """Kruskal over the passes in ``order``; a tree's root gets its spill level when it meets the outside."""
    closed = len(parent) - 2
    for i in range(len(order)):
        if closed == 0:
            break
        p = order[i]
        a = one[p]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        b = other[p]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a == b:
            continue
        open_a = spill[a] == spill[a]
        open_b = spill[b] == spill[b]
        if open_a and open_b:
            continue
        if open_a:
            spill[b] = level[p]
        elif open_b:
            spill[a] = level[p]
        elif a < b:
            parent[b] = a
        else:
            parent[a] = b
        closed -= 1
    for i in range(2, len(parent)):
        a = i
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        spill[i] = spill[a]


@jit.kernel("i8", "f4w", "u1r", "i8r", "f4r", "i8", "i8", "i8r", "i8r", "i8r", "u4w", "f4w", "i8w", "i8")
def _raise_basins(
    heights: np.ndarray, codes: np.ndarray, sinks: np.ndarray, levels: np.ndarray, rows: int, cols: int,
    drow: np.ndarray, dcol: np.ndarray, steps: np.ndarray, cells: np.ndarray, before: np.ndarray, state:
    np.ndarray, budget: int,
) -> int:  # fmt: skip
    """Flood the basins from their sinks; 1 when ``budget`` is spent or the room used up, 0 at the end.

    The log of changes is also the queue: ``state`` holds the next sink, head and tail.
    """
    sink = state[0]
    head = state[1]
    tail = state[2]
    room = len(cells) - 8
    last = head + budget
    more = 0
    while True:
        if head >= last or tail > room:
            more = 1
            break
        if head == tail:
            while sink < len(sinks) and not heights[sinks[sink]] < levels[sink]:
                sink += 1
            if sink == len(sinks):
                break
            s = sinks[sink]
            cells[tail] = s
            before[tail] = heights[s]
            heights[s] = levels[sink]
            tail += 1
        s = cells[head]
        head += 1
        z = heights[s]
        row = s // cols
        col = s - row * cols
        inner = 0 < row < rows - 1 and 0 < col < cols - 1
        for k in range(8):
            if not inner:
                r = row + drow[k]
                c = col + dcol[k]
                if not (0 <= r < rows and 0 <= c < cols):
                    continue
            q = s + steps[k]
            if heights[q] < z and codes[q] != 255:
                cells[tail] = q
                before[tail] = heights[q]
                heights[q] = z
                tail += 1
    state[0] = sink
    state[1] = head
    state[2] = tail
    return more
