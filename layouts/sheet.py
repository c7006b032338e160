"""Where things lie on a sheet: paper, frame, map, panel, title block; and which scale fits.

Frame with a 25 mm binding edge on the left and 10 mm (A0 to A2) or 5 mm (A3, A4) elsewhere, after
GB/T 14689. All lengths in mm on paper, from the upper left corner; north is up.
"""

from __future__ import annotations

from typing import NamedTuple

PAPERS = {"A4": (297, 210), "A3": (420, 297), "A2": (594, 420), "A1": (841, 594), "A0": (1189, 841)}
BINDING = 25.0
MARGIN = {"A4": 5.0, "A3": 5.0, "A2": 10.0, "A1": 10.0, "A0": 10.0}
SERIES = (1.0, 2.0, 2.5, 5.0)
TITLE = 15.0  # height of the figure's title
LABELS = 6.0  # room for the grid's labels around the map
GAP = 2.0
INSET = 46.0  # side of the inset on A3
_COARSEST = 1e8


class Box(NamedTuple):
    """A rectangle on paper, mm."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def inner(self, gap: float) -> Box:
        """The same box, smaller by ``gap`` on each side."""
        return Box(self.x + gap, self.y + gap, self.width - 2 * gap, self.height - 2 * gap)


class Sheet(NamedTuple):
    """A sheet of paper with its parts."""

    paper: str
    landscape: bool
    width: float
    height: float
    frame: Box
    title: Box
    map: Box
    north: Box
    legend: Box
    table: Box
    bar: Box
    notes: Box
    block: Box
    inset: Box | None = None

    def with_inset(self) -> Sheet:
        """The same sheet with a square for the place of the watershed in the lower part of the legend's room."""
        side = min(INSET * self.size, self.legend.width, 0.45 * self.legend.height)
        legend = self.legend._replace(height=self.legend.height - side - GAP)
        return self._replace(legend=legend, inset=Box(legend.x, legend.bottom + GAP, side, side))

    @property
    def size(self) -> float:
        """How much larger than A3 lettering is on this paper."""
        return {"A4": 0.8, "A3": 1.0, "A2": 1.15, "A1": 1.5, "A0": 1.8}[self.paper]


class _Parts(NamedTuple):
    north: float
    bar: float
    notes: float
    block: float
    panel: float


def make_sheet(paper: str, landscape: bool, table: bool = False) -> Sheet:
    """The parts of a sheet; with ``table`` the legend shares its room with a table."""
    long, short = PAPERS[paper]
    width, height = (long, short) if landscape else (short, long)
    margin = MARGIN[paper]
    frame = Box(BINDING, margin, width - BINDING - margin, height - 2 * margin)
    size = {"A4": 0.75, "A3": 1.0, "A2": 1.2, "A1": 1.6, "A0": 1.8}[paper]
    parts = _Parts(22 * size, 17 * size, 24 * size, 62 * size, 104 * size)
    compose = _landscape if landscape else _portrait
    return Sheet(paper, landscape, width, height, frame, *compose(frame, parts, table, size))


def _landscape(frame: Box, parts: _Parts, table: bool, size: float) -> tuple[Box, ...]:
    panel = Box(frame.right - parts.panel, frame.y, parts.panel, frame.height)
    title, within = _map_side(Box(frame.x, frame.y, frame.width - parts.panel, frame.height), size)
    block = Box(panel.x, panel.bottom - parts.block, panel.width, parts.block)
    notes = Box(panel.x, block.y - parts.notes, panel.width, parts.notes)
    top = notes.y - parts.north
    north = Box(panel.x, top, parts.north, parts.north)
    bar = Box(north.right, top + parts.north - parts.bar, panel.width - parts.north, parts.bar)
    free = Box(panel.x, panel.y, panel.width, top - panel.y).inner(GAP)
    legend = free._replace(height=free.height * (0.5 if table else 1.0))
    below = Box(free.x, legend.bottom, free.width, free.height - legend.height)
    return title, within, north, legend, below, bar, notes, block


def _portrait(frame: Box, parts: _Parts, table: bool, size: float) -> tuple[Box, ...]:
    height = parts.block + parts.notes + parts.bar + parts.north
    top = frame.bottom - height
    title, within = _map_side(Box(frame.x, frame.y, frame.width, frame.height - height), size)
    left = frame.right - parts.panel
    north = Box(left + (parts.panel - parts.north) / 2, top + GAP, parts.north, parts.north - GAP)
    bar = Box(left, top + parts.north, parts.panel, parts.bar)
    notes = Box(left, bar.bottom, parts.panel, parts.notes)
    block = Box(left, notes.bottom, parts.panel, parts.block)
    free = Box(frame.x, top, left - frame.x, height).inner(GAP)
    legend = free._replace(width=free.width * (0.44 if table else 1.0))
    beside = Box(legend.right + GAP, free.y, free.width - legend.width - GAP, free.height)
    return title, within, north, legend, beside, bar, notes, block


def _map_side(side: Box, size: float) -> tuple[Box, Box]:
    title = Box(side.x, side.y + GAP, side.width, TITLE * size)
    room = LABELS * max(size, 0.8)
    top = title.bottom + room
    return title, Box(side.x + room + 1, top, side.width - 2 * room - 2, side.bottom - top - room - 1)


def fitting_scale(width_m: float, height_m: float, box: Box, wider: float = 1.06) -> float:
    """The largest scale of 1 : {1, 2, 2.5, 5} · 10ⁿ at which the ground fits into ``box``; its denominator.

    ``wider`` is the room around it. Raises ValueError where the ground has no size.
    """
    least = 1000 * wider * max(width_m / box.width, height_m / box.height)
    if not 0 < least < _COARSEST:
        raise ValueError(f"no scale for {width_m} m by {height_m} m")
    power = 1.0
    while True:
        for step in SERIES:
            if step * power >= least:
                return step * power
        power *= 10


def best_sheet(paper: str, width_m: float, height_m: float, table: bool, wider: float) -> tuple[Sheet, float]:
    """The sheet that shows the ground larger, by its shape where both do alike; the scale's denominator."""
    found = []
    for landscape in (True, False):
        sheet = make_sheet(paper, landscape, table)
        scale = fitting_scale(width_m, height_m, sheet.map, wider)
        found.append((scale, landscape != (width_m >= height_m), sheet))
    scale, _, sheet = min(found, key=lambda f: f[:2])
    return sheet, scale


def grid_interval(scale: float) -> float:
    """Distance of the kilometre grid's lines in m, so that they lie 40 to 100 mm apart on paper."""
    least = 0.04 * scale
    power = 100.0
    while True:
        for step in (1.0, 2.0, 5.0):
            if step * power >= least:
                return step * power
        power *= 10
