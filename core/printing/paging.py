"""Where a long table is cut into pages: between rows, never through one (4.1.4)."""

from __future__ import annotations

from typing import NamedTuple, Sequence


class Slice(NamedTuple):
    """Rows ``start`` up to ``stop`` on one page; ``first`` has the title above, ``last`` the notes below."""

    start: int
    stop: int
    first: bool
    last: bool


def slices(heights: Sequence[float], room_first: float, room_next: float, tail: float) -> list[Slice]:
    """Pages for rows of these heights, all in one unit.

    ``room_first`` and ``room_next`` are what a page has for rows below title and head, below the head alone;
    ``tail`` is the height of what stands below the last row. A row higher than a page has one of its own.

    >>> [tuple(s)[:2] for s in slices([4, 4, 4, 4], 9, 12, 3)]
    [(0, 2), (2, 4)]
    """
    found: list[Slice] = []
    start = 0
    while True:
        first = not found
        room = room_first if first else room_next
        stop = start + _fitting(heights[start:], room)
        if stop == len(heights) and sum(heights[start:stop]) + tail <= room:
            return [*found, Slice(start, stop, first, last=True)]
        if stop == len(heights) and stop - start > 1:
            stop -= 1  # the last row goes along with what stands below it
        if start == stop:  # only the tail is left
            return [*found, Slice(start, stop, first, last=True)]
        found.append(Slice(start, stop, first, last=False))
        start = stop


def _fitting(heights: Sequence[float], room: float) -> int:
    """How many rows go into a room; at least one where there is one."""
    used = 0.0
    for number, height in enumerate(heights):
        used += height
        if used > room and number:
            return number
    return len(heights)
