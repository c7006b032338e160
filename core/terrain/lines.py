"""Where do the channels' lines run: along surveyed lines, and straight through water bodies.

A line follows the centres of its cells; where its cells lie on a surveyed line it takes that
line's own vertices, and inside a water body it is pulled straight, so that a reservoir is
crossed without the zigzag of a flat. What neighbours share stays shared bit for bit: a
tributary's last vertex is a vertex of its parent, moved with it where the parent moves.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional, Sequence

import numpy as np

from ..grid import GridFrame
from ..progress import SILENT, Progress
from .channels import Channels, Lines, measured, places_on_parent, upstream_sums
from .network import Network
from .shapes import inside_points, shapely_modules
from .surveyed import Line, SurveyedPaths, polyline

Point = tuple  # (x, y)
# A step between two cells of a surveyed path that skips more than this many cells left the path.
_SKIPPED_CELLS = 4
_PLAIN = -1
_CANDIDATES = 32
_STEP_CHANNELS = 64


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
    codes = _edge_codes(channels, paths, water)
    courses = _Tracer(channels, paths, water, codes).courses(progress) if (codes != _PLAIN).any() else None
    if courses is None:
        lines, place = channels.lines, np.arange(len(channels.path), dtype=np.float64)
    else:
        lines, place = courses
    if project is not None:
        lines = _projected(channels, lines, place, project)
    steps = _steps(lines, channels.network.frame, planar=project is not None)
    return measured(channels, lines, _at_places(upstream_sums(steps, lines.start), place))


def covering_line(
    channels: Channels, paths: SurveyedPaths, names: Optional[Sequence[Any]] = None
) -> np.ndarray:
    """The surveyed line that covers most of each channel, int64 (m,), -1 where none does.

    Lines of one name (``names``, anything hashable per line) count together; most is more than
    half of the channel's cells, and of those lines the one that covers the most stands for them.
    """
    found = np.full(len(channels), -1, np.int64)
    codes = _edge_codes(channels, paths, ())
    for i in range(len(channels)):
        edges = codes[channels.path_start[i] : channels.path_start[i + 1] - 1]
        if not (edges >= 0).any():
            continue
        steps = np.bincount(edges[edges >= 0]).tolist()
        keys = list(range(len(steps))) if names is None else list(names[: len(steps)])
        together: dict[Any, int] = {}
        for key, count in zip(keys, steps):
            together[key] = together.get(key, 0) + count
        most = max(together, key=lambda key: together[key])
        if 2 * together[most] > len(edges):
            found[i] = int(np.argmax([count if key == most else 0 for key, count in zip(keys, steps)]))
    return found


def _edge_codes(channels: Channels, paths: Optional[SurveyedPaths], water: Sequence[Any]) -> np.ndarray:
    """What each edge of ``path`` (k to k + 1) runs along: a line, a water body (numbered on), or neither."""
    codes = np.full(len(channels.path), _PLAIN, np.int64)
    count = len(paths.lines) if paths is not None else 0
    if len(water):
        body = _water_of_cells(channels.network, water)[channels.path]
        same = np.append((body[:-1] >= 0) & (body[:-1] == body[1:]), False)
        codes[same] = count + body[same]
    if paths is not None and count:
        _mark_lines(codes, channels, paths)
    codes[channels.path_start[1:] - 1] = _PLAIN
    return codes


def _mark_lines(codes: np.ndarray, channels: Channels, paths: SurveyedPaths) -> None:
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
    for k in candidates:
        here, there = int(cells[k]), int(cells[k + 1])
        fit = [
            line
            for line in members[here]
            if _runs_along(paths.measure[line], here, there, np.inf if after.get(here) == there else limit)
        ]
        if fit and k not in lasts:
            before = int(codes[k - 1]) if k else _PLAIN
            codes[k] = before if before in fit and k - 1 not in lasts else fit[0]


def _runs_along(places: dict[int, float], here: int, there: int, limit: float) -> bool:
    """Whether a step leads down a line, over no more than ``limit`` of it."""
    return there in places and places[here] < places[there] <= places[here] + limit


def _water_of_cells(network: Network, water: Sequence[Any]) -> np.ndarray:
    """Which water body each channel cell's centre lies in, -1 for none; of several the first."""
    frame = network.frame
    body = np.full(len(network), -1, np.int64)
    for number, polygon in enumerate(water):
        if polygon is None or polygon.is_empty:
            continue
        left, bottom, right, top = polygon.bounds
        upper = max(0, int((frame.y0 - top) // frame.dy))
        lower = min(frame.rows, int((frame.y0 - bottom) // frame.dy) + 1)
        first, last = np.searchsorted(network.cells, [upper * frame.cols, lower * frame.cols])
        near = np.arange(first, last)
        xy = network.centres(near)
        near = near[(xy[:, 0] >= left) & (xy[:, 0] <= right) & (body[near] < 0)]
        body[near[inside_points(polygon, network.centres(near))]] = number
    return body


class _Pen:
    """A line as it is drawn: vertices so far, none twice in a row."""

    def __init__(self) -> None:
        self.xy: list[Point] = []

    def to(self, point: Point) -> int:
        """Draw to ``point``; the number of the vertex that stands there."""
        if not self.xy or self.xy[-1] != point:
            self.xy.append(point)
        return len(self.xy) - 1


class _Stretch(NamedTuple):
    """Path positions ``first`` to ``last`` of a channel whose edges have one code."""

    first: int
    last: int
    code: int


class _Tracer:
    """Draws the lines, parents first; ``moved`` holds confluences that left their cell's centre."""

    def __init__(
        self, channels: Channels, paths: Optional[SurveyedPaths], water: Sequence[Any], codes: np.ndarray
    ) -> None:
        self.channels, self.water, self.codes = channels, water, codes
        self.surveyed: tuple[Line, ...] = paths.lines if paths is not None else ()
        self.measure = paths.measure if paths is not None else ()
        self.receives = np.zeros(len(channels.network), bool)
        self.receives[channels.receiving[channels.receiving >= 0]] = True
        self.moved: dict[int, tuple[Point, bool]] = {}
        self.waters: dict[int, Callable[[Point, Point], bool]] = {}

    def courses(self, progress: Progress) -> tuple[Lines, np.ndarray]:
        """All lines, and the vertex (a fraction between two) where each path position lies."""
        start, path, centres = self.channels.path_start, self.channels.path, self.channels.lines.xy
        any_code = np.add.reduceat(self.codes != _PLAIN, start[:-1]) > 0
        drawn: list[np.ndarray] = []
        places: list[np.ndarray] = []
        count = 0
        for i in range(len(self.channels)):
            first, stop = int(start[i]), int(start[i + 1])
            if i % _STEP_CHANNELS == 0:
                progress.step(i / len(self.channels))
            if any_code[i] or int(path[stop - 1]) in self.moved:
                xy, place = self._trace(first, stop, self.channels.parent[i] >= 0)
            else:
                xy, place = centres[first:stop], np.arange(stop - first, dtype=np.float64)
            drawn.append(xy)
            places.append(place + count)
            count += len(xy)
        starts = np.append(0, np.cumsum([len(xy) for xy in drawn])).astype(np.int64)
        return Lines(starts, np.concatenate(drawn)), np.concatenate(places)

    def _trace(self, first: int, stop: int, joins: bool) -> tuple[np.ndarray, np.ndarray]:
        cells = self.channels.path[first:stop]
        centres = [tuple(p) for p in self.channels.lines.xy[first:stop].tolist()]
        owned = len(cells) - joins
        course = _Course(self, cells.tolist(), centres, owned, _stretches(self.codes[first : stop - 1]))
        return course.draw()

    def sees(self, number: int) -> Callable[[Point, Point], bool]:
        """Whether the straight way between two points stays in a water body."""
        if number not in self.waters:
            shapely = shapely_modules()
            prepared = shapely.prepared.prep(self.water[number])
            line = shapely.geometry.LineString
            self.waters[number] = lambda p, q: p == q or bool(prepared.covers(line([p, q])))
        return self.waters[number]


def _stretches(codes: np.ndarray) -> list[_Stretch]:
    edges = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])).tolist() if len(codes) else []
    ends = [*edges[1:], len(codes)]
    return [_Stretch(a, b, int(codes[a])) for a, b in zip(edges, ends)]


class _Course:
    """One channel being drawn, stretch by stretch."""

    def __init__(
        self, tracer: _Tracer, cells: list[int], centres: list[Point], owned: int, stretches: list[_Stretch]
    ) -> None:
        self.tracer, self.cells, self.centres = tracer, cells, centres
        self.owned, self.stretches = owned, stretches
        self.pen = _Pen()
        self.place = np.full(len(cells), np.nan)

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates and the places of the path positions."""
        lines = len(self.tracer.surveyed)
        for number, stretch in enumerate(self.stretches):
            if stretch.code == _PLAIN:
                self._plain(stretch)
            elif stretch.code < lines:
                self._along_line(stretch)
            else:
                self._through_water(number, stretch)
        if not self.stretches:
            self.place[0] = self.pen.to(self.centres[0])
        self._finish()
        known = np.flatnonzero(~np.isnan(self.place))
        place = np.interp(np.arange(len(self.place)), known, self.place[known])
        return np.array(self.pen.xy, np.float64), place

    def _finish(self) -> None:
        """End on the parent's vertex."""
        last = len(self.cells) - 1
        if self.owned <= last:
            move = self.tracer.moved.get(self.cells[last])
            self.pen.to(self.centres[last] if move is None else move[0])
        if len(self.pen.xy) == 1:
            # the parent moved onto the one cell there is: begin at the far side of that cell
            (x, y), (to_x, to_y) = self.centres[0], self.centres[-1]
            self.pen.xy.insert(0, (x + (x - to_x) / 4, y + (y - to_y) / 4))
        self.place[last] = len(self.pen.xy) - 1

    def _is_node(self, position: int) -> bool:
        return position < self.owned and bool(self.tracer.receives[self.cells[position]])

    def _plain(self, stretch: _Stretch) -> None:
        """Cell centres; the ends belong to the neighbouring stretches where there are any."""
        last = len(self.cells) - 1
        for q in range(stretch.first, stretch.last + 1):
            at_join = q in (stretch.first, stretch.last) and q not in (0, last)
            beyond = q == last and self.owned <= last and self._passes_by_centre() is False
            if not at_join and not beyond:
                self.place[q] = self.pen.to(self.centres[q])

    def _passes_by_centre(self) -> bool:
        """Whether the way to a moved confluence leads over the centre of its cell."""
        move = self.tracer.moved.get(self.cells[-1])
        return move is None or move[1]

    def _along_line(self, stretch: _Stretch) -> None:
        """The surveyed line's own vertices, with one more at each confluence."""
        line, measure = self.tracer.surveyed[stretch.code], self.tracer.measure[stretch.code]
        flat = self.tracer.channels.network.cells
        at = [measure[int(flat[self.cells[q]])] for q in range(stretch.first, stretch.last + 1)]
        drawn = [(self.pen.to(line.point(at[0])), at[0])]
        for offset in range(len(at)):
            q = stretch.first + offset
            if offset:
                for k in line.between(at[offset - 1], at[offset]).tolist():
                    drawn.append((self.pen.to(line.point(float(line.along[k]))), float(line.along[k])))
            if self._is_node(q) or (offset == len(at) - 1 and q < self.owned):
                drawn.append((self.pen.to(line.point(at[offset])), at[offset]))
            if self._is_node(q):
                self.tracer.moved[self.cells[q]] = (line.point(at[offset]), False)
        vertices, measures = zip(*drawn)
        # what lies beyond the last vertex drawn is on the way to the parent's
        self.place[stretch.first : stretch.last + 1] = np.interp(at, measures, vertices, right=np.nan)

    def _through_water(self, number: int, stretch: _Stretch) -> None:
        """Pulled straight; confluences move onto the pulled line where they can see it."""
        points = self._water_points(number, stretch)
        sees = self.tracer.sees(stretch.code - len(self.tracer.surveyed))
        inner = [q for q in range(stretch.first + 1, stretch.last) if self._is_node(q)]
        fixed: set[int] = set()
        while True:
            pulled = _pulled(points, sorted({0, len(points) - 1} | {q - stretch.first for q in fixed}), sees)
            spots = _spots(pulled, [self.centres[q] for q in inner])
            hidden = [q for q, m in zip(inner, spots) if not sees(self.centres[q], pulled.point(m))]
            hidden = [q for q in hidden if q not in fixed]
            if not hidden:
                break
            fixed.add(hidden[0])
        self._draw_pulled(stretch, pulled, inner, spots)

    def _water_points(self, number: int, stretch: _Stretch) -> list[Point]:
        """What the string runs over before it is pulled."""
        points = self.centres[stretch.first : stretch.last + 1]
        lines = len(self.tracer.surveyed)
        if number > 0 and 0 <= self.stretches[number - 1].code < lines:
            points[0] = self.pen.xy[-1]
        following = self.stretches[number + 1] if number + 1 < len(self.stretches) else None
        if following is not None and 0 <= following.code < lines:
            flat = int(self.tracer.channels.network.cells[self.cells[stretch.last]])
            points[-1] = self.tracer.surveyed[following.code].point(self.tracer.measure[following.code][flat])
        move = self.tracer.moved.get(self.cells[-1]) if self.owned < len(self.cells) else None
        if following is None and move is not None:
            points.append(move[0])
        return points

    def _draw_pulled(self, stretch: _Stretch, pulled: Line, inner: list[int], spots: list[float]) -> None:
        first = self.pen.to(pulled.point(0.0))
        if np.isnan(self.place[stretch.first]):
            self.place[stretch.first] = first
        before = 0.0
        for q, spot in zip(inner, spots):
            self._draw_between(pulled, before, spot)
            point = pulled.point(spot)
            self.place[q] = self.pen.to(point)
            self.tracer.moved[self.cells[q]] = (point, True)
            before = spot
        self._draw_between(pulled, before, float(pulled.along[-1]))
        self.place[stretch.last] = self.pen.to(pulled.point(float(pulled.along[-1])))

    def _draw_between(self, pulled: Line, first: float, last: float) -> None:
        for k in pulled.between(first, last).tolist():
            self.pen.to(pulled.point(float(pulled.along[k])))


def _pulled(points: list[Point], fixed: list[int], sees: Callable[[Point, Point], bool]) -> Line:
    """The string over ``points`` pulled tight between the ``fixed`` ones."""
    kept = [0]
    for first, last in zip(fixed, fixed[1:]):
        piece = list(range(first, last + 1))
        for _ in range(2):
            piece = [piece[k] for k in string_pull([points[k] for k in piece], sees)]
        kept.extend(piece[1:])
    return polyline(np.array([points[k] for k in kept], np.float64))


def string_pull(points: Sequence[Point], sees: Callable[[Point, Point], bool]) -> list[int]:
    """Which points remain when the farthest visible one is always next; neighbours see each other."""
    kept = [0]
    while kept[-1] < len(points) - 1:
        kept.append(_farthest(points, kept[-1], sees))
    return kept


def _farthest(points: Sequence[Point], here: int, sees: Callable[[Point, Point], bool]) -> int:
    """A visible point far along: the farthest of some evenly spaced ones, refined by halving."""
    end = len(points) - 1
    tried = np.unique(np.linspace(here + 1, end, _CANDIDATES).astype(np.int64))[::-1].tolist()
    hidden = end + 1
    for candidate in tried:
        if candidate == here + 1 or sees(points[here], points[candidate]):
            break
        hidden = candidate
    while hidden - candidate > 1:
        middle = (candidate + hidden) // 2
        if sees(points[here], points[middle]):
            candidate = middle
        else:
            hidden = middle
    return int(candidate)


def _spots(pulled: Line, centres: list[Point]) -> list[float]:
    """Where on the pulled line each confluence comes to lie, never before the one upstream of it."""
    spots: list[float] = []
    for centre in centres:
        spot = pulled.nearest(np.array(centre))
        spots.append(max(spot, spots[-1]) if spots else spot)
    return spots


def _projected(
    channels: Channels, lines: Lines, place: np.ndarray, project: Callable[[np.ndarray], np.ndarray]
) -> Lines:
    """Lines in the output's CRS, shared vertices copied so that they stay the same bits."""
    xy = np.array(project(lines.xy), np.float64)
    joins = channels.parent >= 0
    shared = np.rint(place[places_on_parent(channels)[joins]]).astype(np.int64)
    xy[lines.start[1:][joins] - 1] = xy[shared]
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
