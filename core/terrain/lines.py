"""Where do the channels' lines run: along surveyed lines, and straight through water bodies.

A line follows the centres of its cells; where its cells lie on a surveyed line it takes that
line's own vertices, and inside a water body it is pulled straight, so that a reservoir is
crossed without the zigzag of a flat. What neighbours share stays shared bit for bit: a
tributary's last vertex is a vertex of its parent, moved with it where the parent moves.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

import numpy as np

from ..grid import GridFrame
from ..progress import SILENT, Progress
from .channels import Channels, Lines, measured, places_on_parent, upstream_sums
from .courses import PLAIN, Tracer
from .network import Network
from .shapes import inside_points, sound_polygon
from .surveyed import SurveyedPaths

# A step between two cells of a surveyed path that skips more than this many cells left the path.
_SKIPPED_CELLS = 4
_STEP_CELLS = 4096


def follow(
    channels: Channels,
    paths: Optional[SurveyedPaths] = None,
    water: Sequence[Any] = (),
    project: Optional[Callable[[np.ndarray], np.ndarray]] = None,
    progress: Progress = SILENT,
) -> Channels:
    """``channels`` with their final lines and everything that depends on their lengths.

    ``paths``: surveyed lines that were burned before routing; ``water``: shapely polygons in the
    DEM's CRS; ``project`` turns coordinates (k, 2) of the DEM's CRS into those of the output,
    where lengths are then planar. Without it lengths are planar in a projected CRS and
    ellipsoidal in a geographic one. ``channels`` are as :func:`.channels.extract_channels` gives them;
    ``progress`` is stepped, its stage is the caller's. Raises MissingLibrary (water), Cancelled.
    """
    water = [sound_polygon(polygon) for polygon in water]
    codes = _edge_codes(channels, paths, water, progress)
    if (codes != PLAIN).any():
        lines, place, joint = Tracer(channels, paths, water, codes).courses(progress)
    else:
        joint = np.where(channels.parent >= 0, places_on_parent(channels), -1)
        lines, place = channels.lines, None
    if project is not None:
        lines = _projected(lines, joint, project)
    steps = _steps(lines, channels.network.frame, planar=project is not None)
    to_mouth = upstream_sums(steps, lines.start)
    joined = np.where(joint >= 0, to_mouth[joint], 0.0)
    return measured(channels, lines, to_mouth if place is None else _at_places(to_mouth, place), joined)


def covering_line(
    channels: Channels,
    paths: SurveyedPaths,
    names: Optional[Sequence[Any]] = None,
    progress: Progress = SILENT,
) -> np.ndarray:
    """The surveyed line that covers most of each channel, int64 (m,), -1 where none does.

    Lines of one name (``names``, anything hashable per line) count together; most is more than
    half of the channel's cells, and of those lines the one that covers the most stands for them.
    """
    found = np.full(len(channels), -1, np.int64)
    codes = _edge_codes(channels, paths, (), progress)
    for i in range(len(channels)):
        progress.step(i / len(channels))
        edges = codes[channels.path_start[i] : channels.path_start[i + 1] - 1]
        on_lines, steps = np.unique(edges[edges >= 0], return_counts=True)
        if not len(on_lines):
            continue
        keys = [line if names is None else names[line] for line in on_lines.tolist()]
        together: dict[Any, int] = {}
        for key, count in zip(keys, steps.tolist()):
            together[key] = together.get(key, 0) + count
        most = max(together, key=lambda key: together[key])
        if 2 * together[most] > len(edges):
            own = [count if key == most else 0 for key, count in zip(keys, steps.tolist())]
            found[i] = on_lines[int(np.argmax(own))]
    return found


def _edge_codes(
    channels: Channels, paths: Optional[SurveyedPaths], water: Sequence[Any], progress: Progress
) -> np.ndarray:
    """What each edge of ``path`` (k to k + 1) runs along: a line, a water body (numbered on), or neither."""
    codes = np.full(len(channels.path), PLAIN, np.int64)
    count = len(paths.lines) if paths is not None else 0
    if not len(codes):
        return codes
    if len(water):
        body = _water_of_cells(channels.network, water)[channels.path]
        same = np.append((body[:-1] >= 0) & (body[:-1] == body[1:]), False)
        codes[same] = count + body[same]
    if paths is not None and count:
        _mark_lines(codes, channels, paths, progress)
    codes[channels.path_start[1:] - 1] = PLAIN
    return codes


def _mark_lines(codes: np.ndarray, channels: Channels, paths: SurveyedPaths, progress: Progress) -> None:
    """Edges along a surveyed line, the line of the edge before preferred."""
    members: dict[int, list[int]] = {}
    for line, places in enumerate(paths.measure):
        for cell in places:
            members.setdefault(cell, []).append(line)
    frame = channels.network.frame
    limit = _SKIPPED_CELLS * float(np.hypot(frame.dx, frame.dy))
    after = paths.next_cells()
    cells = channels.network.cells[channels.path]
    on_path = np.isin(cells, paths.cells)
    candidates = np.flatnonzero(on_path[:-1] & on_path[1:]).tolist()
    lasts = set((channels.path_start[1:] - 1).tolist())
    for number, k in enumerate(candidates):
        if number % _STEP_CELLS == 0:
            progress.step(0.0)
        here, there = int(cells[k]), int(cells[k + 1])
        fit = [
            line
            for line in members[here]
            if _runs_along(paths.measure[line], here, there, np.inf if after.get(here) == there else limit)
        ]
        if fit and k not in lasts:
            before = int(codes[k - 1]) if k else PLAIN
            codes[k] = before if before in fit and k - 1 not in lasts else fit[0]


def _runs_along(places: dict[int, float], here: int, there: int, limit: float) -> bool:
    """Whether a step leads down a line, over no more than ``limit`` of it."""
    return there in places and places[here] < places[there] <= places[here] + limit


def _water_of_cells(network: Network, water: Sequence[Any]) -> np.ndarray:
    """Which water body each channel cell's centre lies in, -1 for none; of several the first."""
    body = np.full(len(network), -1, np.int64)
    for number, polygon in enumerate(water):
        if polygon is None or polygon.is_empty:
            continue
        near = network.cells_in(polygon.bounds)
        near = near[body[near] < 0]
        if len(near):
            body[near[inside_points(polygon, network.centres(near))]] = number
    return body


def _projected(lines: Lines, joint: np.ndarray, project: Callable[[np.ndarray], np.ndarray]) -> Lines:
    """Lines in the output's CRS, shared vertices copied so that they stay the same bits."""
    xy = np.array(project(lines.xy), np.float64)
    joins = joint >= 0
    xy[lines.start[1:][joins] - 1] = xy[joint[joins]]
    return Lines(lines.start, xy)


def _steps(lines: Lines, frame: GridFrame, planar: bool) -> np.ndarray:
    """Length from each vertex to the next of its line, m; 0 at the last."""
    step = np.zeros(len(lines.xy))
    delta = np.diff(lines.xy, axis=0)
    if frame.geographic and not planar:
        row = (frame.y0 - (lines.xy[:-1, 1] + lines.xy[1:, 1]) / 2) / frame.dy - 0.5
        east, south = frame.row_steps()
        rows = np.arange(frame.rows)
        delta[:, 0] *= np.interp(row, rows, east) / frame.dx
        delta[:, 1] *= np.interp(row - 0.5, rows, south) / frame.dy
    step[:-1] = np.hypot(delta[:, 0], delta[:, 1])
    step[lines.start[1:] - 1] = 0.0
    return step


def _at_places(value: np.ndarray, place: np.ndarray) -> np.ndarray:
    """``value`` of vertices at fractional vertex numbers."""
    low = np.floor(place).astype(np.int64)
    rest = place - low
    high = np.minimum(low + 1, len(value) - 1)
    return np.where(rest > 0, value[low] * (1 - rest) + value[high] * rest, value[low])
