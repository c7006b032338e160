"""Draining flats: towards lower and away from higher ground (4.3.1).

After Barnes, Lehman & Mulla 2014 (An efficient assignment of drainage direction over flat
surfaces): within each flat every cell is ranked by twice its distance from where the flat
drains, less its distance from higher ground; water follows the ranks down. Flats are worked
on one after another, with memory for the largest.
"""

from __future__ import annotations

import numpy as np

from ..progress import Progress
from . import jit
from .d8 import steps_on_grid
from .strips import bands, sweep_bands
from .sweeps import FLAT

_WAITING = 11  # FLAT, met by a band that does not hold all of its flat
_ORDER = np.array([0, 6, 4, 2, 7, 5, 3, 1], np.int64)  # of equal ranks: E, N, W, S, then NE, NW, SW, SE


def drain_flats(heights: np.ndarray, direction: np.ndarray, ranks: np.ndarray, progress: Progress) -> None:
    """Give every FLAT cell of ``direction`` (uint8, in place) a direction.

    ``heights`` float32 must have no depressions. ``ranks`` int32 (rows, cols) is room to work in;
    what it holds does not matter.
    """
    rows, cols = heights.shape
    steps = steps_on_grid(cols)
    flats = heights.reshape(-1), direction.reshape(-1), ranks.reshape(-1)
    size = int(sum(np.count_nonzero(direction[r : r + 64] == FLAT) for r in range(0, rows, 64)))
    if size == 0:
        return

    room = {low: np.empty(size, np.int32) for low, _ in bands(rows)}

    def solve(first: int, stop: int, low: int, high: int) -> np.ndarray:
        seeds = np.flatnonzero(direction[first:stop] == FLAT)
        seeds += first * cols
        left = np.empty(len(seeds), np.int64)
        count = _drain(*flats, seeds, FLAT, low * cols, high * cols, steps, _ORDER, room[low], left)
        return left[:count].copy()

    progress.stage("flats", size)
    left = [seeds for band in sweep_bands(solve, rows, cols, progress) for seeds in band]
    across = np.concatenate(left)
    _drain(*flats, across, _WAITING, 0, rows * cols, steps, _ORDER, room[0], np.empty(len(across), np.int64))


@jit.kernel("i8", "f4r", "u1w", "i4w", "i8r", "i8", "i8", "i8", "i8r", "i8r", "i4w", "i8w")
def _drain(  # noqa: C901 - one loop: kernels call no functions
    heights: np.ndarray, codes: np.ndarray, ranks: np.ndarray, seeds: np.ndarray, kind: int, low: int, high:
    int, steps: np.ndarray, order: np.ndarray, members: np.ndarray, left: np.ndarray,
) -> int:  # fmt: skip
    """Drain the flats of the ``seeds`` that still are ``kind``; flats reaching out of low..high wait.

    Codes on the way: 10 taken into the flat, 16 + d decided. A flat's cells are never on the
    rim, so all eight neighbours exist. ``members`` holds cells as distances from the
    seed; it is each search's queue in turn, for a search that starts anywhere ends with all of
    them. Ranks are negative once they are final; the cells around a flat have the rank -2^31, so
    that it alone tells who belongs to the flat. Returns how many seeds of waiting flats stand in
    ``left``.
    """
    waiting = 0
    for i in range(len(seeds)):
        seed = seeds[i]
        if codes[seed] != kind:
            continue
        z = heights[seed]
        members[0] = 0
        codes[seed] = 10
        size = 1
        head = 0
        inside = True
        while head < size:  # collect; rank = 2 * distance from higher ground + 1 where lower ground is next
            s = seed + members[head]
            head += 1
            rank = 0
            for k in range(8):
                q = s + steps[k]
                code = codes[q]
                if code >= 9:
                    if q < low or q >= high:
                        inside = False
                        continue
                    if code == 10:
                        continue
                    codes[q] = 10
                    members[size] = q - seed
                    size += 1
                else:
                    ranks[q] = -2147483648
                    rank |= 2 if heights[q] > z else 1
            ranks[s] = rank
        if not inside:
            for j in range(size):
                codes[seed + members[j]] = 11
            left[waiting] = seed
            waiting += 1
            continue
        tail = 0
        for j in range(size):
            member = members[j]
            if ranks[seed + member] & 2:
                members[tail] = member
                tail += 1
        head = 0
        farthest = 0
        while head < tail:
            s = seed + members[head]
            head += 1
            farthest = ranks[s] >> 1
            for k in range(8):
                q = s + steps[k]
                rank = ranks[q]
                if 0 <= rank < 2:
                    ranks[q] = rank | (farthest + 1) << 1
                    members[tail] = q - seed
                    tail += 1
        tail = 0
        for j in range(size):
            member = members[j]
            if ranks[seed + member] & 1:
                members[tail] = member
                tail += 1
        for j in range(tail):
            ranks[seed + members[j]] = (ranks[seed + members[j]] >> 1) - farthest - 4
        head = 0
        level_end = tail
        distance = 4
        while head < tail:
            if head == level_end:
                distance += 2
                level_end = tail
            s = seed + members[head]
            head += 1
            for k in range(8):
                q = s + steps[k]
                rank = ranks[q]
                if rank >= 0:
                    ranks[q] = (rank >> 1) - farthest - distance - 2
                    members[tail] = q - seed
                    tail += 1
        for j in range(size):
            s = seed + members[j]
            best = ranks[s]
            way = 9
            for k in range(8):
                d = order[k]
                q = s + steps[d]
                rank = ranks[q]
                if rank == -2147483648:
                    if heights[q] > z:
                        continue
                    rank = -2  # lower by less than a slope can show counts as equal
                if rank > best:
                    best = rank
                    way = d
            codes[s] = 16 + way
        for j in range(size):
            codes[seed + members[j]] -= 16
    return waiting
