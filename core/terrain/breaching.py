"""Cutting a way out of a depression where a road bank or a rough DEM dams a valley (4.3.1).

After Lindsay & Dhun 2015 (least-cost breaching): from each sink the cheapest way to lower
ground is sought, cheap being what takes the least digging, the area of the cut in profile,
within a bounded length and depth. What finds no such way is left for filling.
"""

from __future__ import annotations

import math

import numpy as np

from ..grid import GridFrame
from ..progress import Progress
from . import jit
from .conditioning import ChangeLog, depressions
from .d8 import DCOL, DROW, step_lengths, steps_on_grid

_MOST_CELLS = 250  # how far a search goes at most, whatever ``max_length`` says
_BUDGET = 1 << 17  # cells looked at between two looks at the user
_PLAIN_BUDGET = 1 << 13


def breach_depressions(
    heights: np.ndarray,
    frame: GridFrame,
    log: ChangeLog,
    room: np.ndarray,
    max_depth: float,
    max_length: float,
    progress: Progress,
) -> None:
    """Cut ``heights`` from each sink of a depression to lower ground or off the DEM.

    ``heights`` float32 (rows, cols) in C order is changed in place. No cut goes deeper than
    ``max_depth`` (m) or farther than ``max_length`` (m, and 250 cells). The bed falls evenly from the
    sink to where the cut ends, or later where that would be too deep. ``room`` int32 (rows, cols) of
    zeros is used up.
    """
    rows, cols = heights.shape
    codes, sinks, levels = depressions(heights, frame, room, progress)
    sinks = sinks[levels > heights.reshape(-1)[sinks]]
    room.fill(0)  # from here on how much was dug from each cell, for several cuts may share it
    dug = room.reshape(-1).view(np.float32)
    progress.stage("breach", len(sinks))
    paces = step_lengths(frame)
    reach = min(_MOST_CELLS, math.ceil(max_length / paces.min())) if len(sinks) else 0
    size = (2 * reach + 1) ** 2
    ways = np.zeros(size, np.int64), np.empty(size, np.uint8), np.empty(size), np.empty(size)
    heap = np.empty(8 * size + 8), np.empty(8 * size + 8, np.int64)
    budget = _BUDGET if jit.compiled() else _PLAIN_BUDGET
    log.repeated = True
    while log.state[0] < len(sinks):
        while log.count + size > len(log.cells):
            log.grow()
        _cut(
            heights.reshape(-1), codes.reshape(-1), dug, sinks, rows, cols, DROW, DCOL,
            steps_on_grid(cols), paces.reshape(-1), max_depth, max_length, reach, *ways, *heap,
            log.cells, log.before, log.state, budget,
        )  # fmt: skip
        progress.step(log.state[0] / len(sinks))


@jit.kernel(
    "no", "f4w", "u1r", "f4w", "i8r", "i8", "i8", "i8r", "i8r", "i8r", "f8r", "f8", "f8", "i8",
    "i8w", "u1w", "f8w", "f8w", "f8w", "i8w", "u4w", "f4w", "i8w", "i8",
)  # fmt: skip
def _cut(  # noqa: C901 - one loop: kernels call no functions
    heights: np.ndarray, codes: np.ndarray, dug: np.ndarray, sinks: np.ndarray, rows: int, cols: int,
    drow: np.ndarray, dcol: np.ndarray, steps: np.ndarray, paces: np.ndarray,
    max_depth: float, max_length: float, reach: int,
    stamp: np.ndarray, came: np.ndarray, cost: np.ndarray, length: np.ndarray,
    keys: np.ndarray, items: np.ndarray,
    cells: np.ndarray, before: np.ndarray, state: np.ndarray, budget: int,
) -> None:  # fmt: skip
    """Dijkstra from one sink after the other until ``budget`` cells were looked at or the log is full.

    Works in a window of 2 x ``reach`` + 1 cells a side around the sink; a window cell is current where
    ``stamp`` holds the sink's number + 1, and settled where its negative.
    """
    side = 2 * reach + 1
    looked = 0
    number = state[0]
    tail = state[2]
    while number < len(sinks) and looked < budget and tail + len(stamp) <= len(cells):
        sink = sinks[number]
        number += 1
        z = 0.0 + heights[sink]  # float64, which float() would not give
        row0 = sink // cols
        col0 = sink - row0 * cols
        middle = reach * side + reach
        stamp[middle] = number
        came[middle] = 8
        cost[middle] = 0.0
        length[middle] = 0.0
        keys[0] = 0.0
        items[0] = middle
        size = 1
        goal = -1
        while size > 0:
            here = items[0]
            key = keys[0]
            size -= 1
            if size > 0:  # take the least out of the heap
                last_key = keys[size]
                last_item = items[size]
                hole = 0
                while True:
                    child = 2 * hole + 1
                    if child >= size:
                        break
                    if child + 1 < size and (
                        keys[child + 1] < keys[child]
                        or (keys[child + 1] == keys[child] and items[child + 1] < items[child])
                    ):
                        child += 1
                    if last_key < keys[child] or (last_key == keys[child] and last_item <= items[child]):
                        break
                    keys[hole] = keys[child]
                    items[hole] = items[child]
                    hole = child
                keys[hole] = last_key
                items[hole] = last_item
            if stamp[here] != number or key > cost[here]:
                continue
            stamp[here] = -number
            looked += 1
            wrow = here // side
            wcol = here - wrow * side
            row = row0 + wrow - reach
            col = col0 + wcol - reach
            s = row * cols + col
            if heights[s] < z or codes[s] & 32 != 0:
                goal = here
                break
            for k in range(8):
                wr = wrow + drow[k]
                wc = wcol + dcol[k]
                r = row + drow[k]
                c = col + dcol[k]
                if not (0 <= wr < side and 0 <= wc < side and 0 <= r < rows and 0 <= c < cols):
                    continue
                q = r * cols + c
                w = wr * side + wc
                if codes[q] == 255 or stamp[w] == -number:
                    continue
                dig = heights[q] - z
                if dig + dug[q] > max_depth:
                    continue
                step = paces[k * rows + row]
                far = length[here] + step
                if far > max_length:
                    continue
                # A little for the distance, so that of equally deep ways the shortest is taken.
                price = cost[here] + step * ((dig if dig > 0.0 else 0.0) + 1e-6)
                if stamp[w] == number and price >= cost[w]:
                    continue
                stamp[w] = number
                came[w] = k
                cost[w] = price
                length[w] = far
                hole = size
                size += 1
                while hole > 0:
                    up = (hole - 1) >> 1
                    if keys[up] < price or (keys[up] == price and items[up] <= w):
                        break
                    keys[hole] = keys[up]
                    items[hole] = items[up]
                    hole = up
                keys[hole] = price
                items[hole] = w
        if goal < 0:
            continue
        total = length[goal]
        wrow = goal // side
        s = (row0 + wrow - reach) * cols + col0 + (goal - wrow * side) - reach
        end = 0.0 + heights[s] if heights[s] < z else z
        here = goal
        bed = end
        while here != middle:  # upstream: never falling, never deeper under the ground than allowed
            even = z + (end - z) * (length[here] / total)
            bed = max(bed, even, dug[s] - max_depth + heights[s])
            if heights[s] > bed:
                cells[tail] = s
                before[tail] = heights[s]
                dug[s] += heights[s] - bed
                heights[s] = bed
                tail += 1
            k = came[here]
            here -= drow[k] * side + dcol[k]
            s -= steps[k]
    state[0] = number
    state[2] = tail
