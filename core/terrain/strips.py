"""A sweep over a grid in strips of rows: several at once, cancelled within a second.

The kernels release the GIL, so threads use all cores and the window stays alive.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Callable, TypeVar

from ..progress import Progress
from . import jit

T = TypeVar("T")
_COMPILED_CELLS = 1 << 21  # some 10 to 60 ms of work
_PLAIN_CELLS = 1 << 17
_MOST_THREADS = 8


def threads() -> int:
    """How many strips run at the same time: plain Python holds the GIL, so only one there."""
    return min(os.cpu_count() or 1, _MOST_THREADS) if jit.compiled() else 1


def strips(start: int, stop: int, width: int) -> list[tuple[int, int]]:
    """``start..stop`` of things that hold ``width`` cells each, cut into pieces of some milliseconds."""
    cells = _COMPILED_CELLS if jit.compiled() else _PLAIN_CELLS
    step = max(1, cells // max(1, width))
    return [(a, min(a + step, stop)) for a in range(start, stop, step)]


def sweep(work: Callable[[int, int], T], rows: int, cols: int, progress: Progress) -> list[T]:
    """``work(first_row, stop_row)`` over all strips of a grid, several at once; results in order of rows."""
    pieces = strips(0, rows, cols)
    if threads() == 1:
        return [_stepped(work(a, b), progress, n / len(pieces)) for n, (a, b) in enumerate(pieces, 1)]
    with ThreadPoolExecutor(threads()) as pool:
        futures = [pool.submit(work, a, b) for a, b in pieces]
        try:
            return [_stepped(f.result(), progress, n / len(pieces)) for n, f in enumerate(futures, 1)]
        finally:
            for future in futures:
                future.cancel()


def _stepped(result: T, progress: Progress, fraction: float) -> T:
    progress.step(fraction)
    return result


def bands(rows: int) -> list[tuple[int, int]]:
    """The grid cut into as many bands of rows as threads, for work that must not leave its band."""
    count = max(1, min(threads(), rows // 3))
    edges = [rows * i // count for i in range(count + 1)]
    return list(zip(edges[:-1], edges[1:]))


def sweep_bands(
    work: Callable[[int, int, int, int], T], rows: int, cols: int, progress: Progress
) -> list[list[T]]:
    """``work(first_row, stop_row, band_first, band_stop)``: bands at once, a band's strips in turn."""
    plan = [(band, strips(band[0], band[1], cols)) for band in bands(rows)]
    total = max(1, sum(len(pieces) for _, pieces in plan))
    stop = threading.Event()
    done = [0] * len(plan)

    def run(number: int, step: Callable[[], None]) -> list[T]:
        band, pieces = plan[number]
        found = []
        for a, b in pieces:
            if stop.is_set():
                break
            found.append(work(a, b, band[0], band[1]))
            done[number] += 1
            step()
        return found

    if len(plan) == 1:
        return [run(0, lambda: progress.step(sum(done) / total))]
    with ThreadPoolExecutor(len(plan)) as pool:
        futures = [pool.submit(run, n, lambda: None) for n in range(len(plan))]
        try:
            while wait(futures, timeout=0.1).not_done:
                progress.step(sum(done) / total)
            progress.step(1.0)
        finally:
            stop.set()
        return [f.result() for f in futures]
