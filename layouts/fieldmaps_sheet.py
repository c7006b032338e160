"""Where things lie on a field map and on its list of records; all lengths in mm on paper.

The map takes what it can get, a narrow panel on the right holds the rest: scheme of neighbours, facts of the
sheet, legend, scale bar, notes, signatures. Frame and binding edge as on the plan figures.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

from .sheet import BINDING, GAP, MARGIN, PAPERS, SERIES, Box, Sheet

PANEL = {"A4": 40.0, "A3": 46.0, "A2": 74.0, "A1": 116.0, "A0": 150.0}
LETTERS = {"A4": 0.8, "A3": 1.0, "A2": 1.2, "A1": 1.45, "A0": 1.7}
TITLE = 11.0
GRID_LABELS = 5.0  # room for the grid's labels around the map
CORNER_LABELS = 5.0  # room for the corners' coordinates above and below the sheet's frame, within the map
_COARSEST = 1e8


class FieldSheet(NamedTuple):
    """A field map's page: ``page`` has the boxes shared with other sheets, the others are its own."""

    page: Sheet
    neighbours: Box
    facts: Box
    code: Box
    signatures: Box
    warning: Box
    letters: float


def field_sheet(paper: str) -> FieldSheet:
    """The parts of a field map, landscape."""
    width, height = PAPERS[paper]
    margin, letters = MARGIN[paper], LETTERS[paper]
    frame = Box(BINDING, margin, width - BINDING - margin, height - 2 * margin)
    panel = Box(frame.right - PANEL[paper], frame.y, PANEL[paper], frame.height).inner(GAP / 2)
    title = Box(frame.x, frame.y, frame.width - PANEL[paper], TITLE * letters)
    room = GRID_LABELS * letters
    top = title.bottom + room
    chart = Box(frame.x + room + 1, top, title.width - 2 * room - 2, frame.bottom - top - room)
    neighbours = Box(panel.x, panel.y, panel.width, 0.42 * panel.width + 5 * letters)
    facts = Box(panel.x, neighbours.bottom + 1, panel.width, 34 * letters)
    signatures = Box(panel.x, panel.bottom - 26 * letters, panel.width, 26 * letters)
    notes = Box(panel.x, signatures.y - 51 * letters, panel.width, 50 * letters)
    warning = notes._replace(height=0.4 * notes.height)
    notes = Box(notes.x, warning.bottom, notes.width, notes.height - warning.height)
    bar = Box(panel.x, warning.y - 16 * letters, panel.width, 15 * letters)
    north = Box(panel.right - 14 * letters, bar.y - 17 * letters, 14 * letters, 16 * letters)
    code = Box(panel.x + 1, bar.y - 17 * letters, 16 * letters, 16 * letters)
    legend = Box(panel.x, facts.bottom + 1, panel.width, north.y - facts.bottom - 2)
    page = Sheet(
        paper, True, width, height, frame, title, chart, north, legend, legend, bar, notes, signatures
    )
    return FieldSheet(page, neighbours, facts, code, signatures, warning, letters)


def field_scale(sizes: Sequence[tuple[float, float]], chart: Box) -> float:
    """The largest scale of 1 : {1, 2, 2.5, 5} · 10ⁿ at which every sheet fits with its corner labels.

    ``sizes`` are widths and heights of the sheets on the ground, m. Raises ValueError where there is none.
    """
    width, height = max(w for w, _ in sizes), max(h for _, h in sizes)
    room = chart.height - 2 * CORNER_LABELS
    least = 1000 * max(width / (chart.width - 2), height / room)
    if not 0 < least < _COARSEST:
        raise ValueError(f"no scale for {width} m by {height} m")
    return min(step * 10.0**power for power in range(2, 9) for step in SERIES if step * 10.0**power >= least)


def fits(size: tuple[float, float], scale: float, chart: Box) -> bool:
    """Whether a sheet of so many metres fits at 1:``scale``."""
    return size[0] / scale * 1000 <= chart.width and size[1] / scale * 1000 <= chart.height


# -- the list of records -----------------------------------------------------
ROW = 17.0
HEAD = 8.0
_LIST_TITLE = 14.0
COLUMNS = (("编号", 15.0), ("二维码", 17.0), ("类别、名称", 37.0), ("图幅页、坐标（m）", 35.0), ("行号", 36.0),
           ("现场核实（增、删、改）", 40.0))  # fmt: skip


class ListPage(NamedTuple):
    """A4 upright: title, table and foot; ``rows`` records fit."""

    title: Box
    table: Box
    foot: Box
    rows: int


def list_page() -> ListPage:
    """The parts of a page of the list."""
    short, long = PAPERS["A4"][1], PAPERS["A4"][0]
    margin = MARGIN["A4"]
    inside = Box(BINDING, margin, short - BINDING - margin, long - 2 * margin)
    rows = int((inside.height - _LIST_TITLE - HEAD - 6) / ROW)
    title = Box(inside.x, inside.y, inside.width, _LIST_TITLE)
    table = Box(inside.x, title.bottom, inside.width, HEAD + rows * ROW)
    return ListPage(title, table, Box(inside.x, inside.bottom - 6, inside.width, 6), rows)
