"""Drawing the channels' lines one by one, parents before tributaries, so that nothing crosses.

A channel is drawn stretch by stretch: over cell centres, along a surveyed line, or pulled
straight through a water body. Where a parent leaves the cells' centres its tributaries are
told how to reach it (:class:`Ending`): they end where they first meet its new line, or go on to it. In
a water body every other channel is a barrier; D8 paths do not cross, and no step here makes them.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, NamedTuple, Optional, Sequence

import numpy as np

from ..progress import Progress
from .channels import Channels, Lines, places_on_parent
from .shapes import shapely_modules
from .sketches import Ending, Sketch, Span
from .strings import (
    Line,
    Meeting,
    Point,
    blocked,
    first_meeting,
    measured_line,
    polyline,
    pulled,
    segments_of,
)
from .surveyed import SurveyedPaths

PLAIN = -1


class Courses(NamedTuple):
    """Lines drawn. ``place`` (path): the vertex, a fraction between two, of each path position.

    ``joint`` (m,): the vertex of the parent where each channel ends, -1 for those without parent.
    """

    lines: Lines
    place: np.ndarray
    joint: np.ndarray


class _Stretch(NamedTuple):
    """Positions ``first`` to ``last`` of a channel whose edges have one code."""

    first: int
    last: int
    code: int


class Tracer:
    """Draws all channels. ``codes`` (path): surveyed line, water body numbered on behind them, or PLAIN."""

    def __init__(
        self, channels: Channels, paths: Optional[SurveyedPaths], water: Sequence[Any], codes: np.ndarray
    ) -> None:
        self.channels, self.codes = channels, codes
        self.surveyed: tuple[Line, ...] = paths.lines if paths is not None else ()
        self.measure = paths.measure if paths is not None else ()
        self.centres = channels.network.centres(channels.path)
        self.endings: dict[int, Ending] = {}
        self.joint = np.full(len(channels), -1, np.int64)
        self.drawn: dict[int, np.ndarray] = {}
        self.children = _children(channels)
        self.breathe: Callable[[], None] = lambda: None
        self._water = water
        self._bodies: dict[int, _Body] = {}

    def courses(self, progress: Progress) -> Courses:
        """All lines."""
        start = self.channels.path_start
        coded = np.add.reduceat(self.codes != PLAIN, start[:-1]) > 0
        reached = np.array([self.ends_on_line(i) for i in range(len(coded))]) & (self.channels.parent >= 0)
        coded[self.channels.parent[reached]] = (
            True  # a surveyed tributary may meet it before its cell's centre
        )
        places: list[np.ndarray] = []
        pieces: list[np.ndarray] = []
        for i in range(len(self.channels)):
            self.breathe = partial(progress.step, i / len(self.channels))
            self.breathe()
            if coded[i] or i in self.endings:
                course = Course(self, i)
                xy, place = course.draw()
                self.drawn[i] = xy
                self._tell(i)
            else:
                xy, place = self.raw(i), np.arange(start[i + 1] - start[i], dtype=np.float64)
            for position, child in self.children.get(i, ()):
                if self.joint[child] < 0:
                    self.joint[child] = round(float(place[position]))
            pieces.append(xy)
            places.append(place)
        counts = np.array([len(xy) for xy in pieces], np.int64)
        starts = np.append(0, np.cumsum(counts))
        shift = np.repeat(starts[:-1], np.diff(start))
        joins = self.channels.parent >= 0
        self.joint[joins] += starts[self.channels.parent[joins]]
        return Courses(Lines(starts, np.concatenate(pieces)), np.concatenate(places) + shift, self.joint)

    def raw(self, i: int) -> np.ndarray:
        """Cell centres of channel ``i``, the receiving cell's last."""
        return self.centres[self.channels.path_start[i] : self.channels.path_start[i + 1]]

    def raw_codes(self, i: int) -> list[int]:
        """Codes of the edges between them."""
        first, last = self.channels.path_start[i], self.channels.path_start[i + 1] - 1
        return [int(code) for code in self.codes[first:last]]

    def sketch(self, i: int, start: int = 0) -> Sketch:
        """Channel ``i`` from path position ``start`` over cell centres and along surveyed lines, as it will end."""
        points: list[Point] = [(x, y) for x, y in self.raw(i).tolist()]
        codes, ending = self.raw_codes(i), self.endings.get(i)
        if ending is not None:
            points = [*points[: ending.kept], ending.point]
            codes = [*codes[: ending.kept - 1], ending.code]
        sketch = Sketch([points[start]], [])
        for k in range(start, len(codes)):
            if 0 <= codes[k] < len(self.surveyed):
                self._sketch_line(sketch, i, k, codes)
            elif not (k + 1 < len(codes) and 0 <= codes[k + 1] < len(self.surveyed)):
                sketch.to(points[k + 1], Span(k))
        if ending is not None and sketch.points[-1] != ending.point:
            sketch.to(ending.point, Span(len(codes) - 1))
        return sketch

    def _sketch_line(self, sketch: Sketch, i: int, k: int, codes: list[int]) -> None:
        """Edge ``k`` along its surveyed line."""
        line, ending = self.surveyed[codes[k]], self.endings.get(i)
        first, last = (self._place(i, q, codes[k]) for q in (k, k + 1))
        if ending is not None and k == len(codes) - 1 and ending.along is not None:
            last = ending.along
        if not sketch.spans:
            sketch.points[0] = line.point(first)
        else:
            sketch.to(line.point(first), Span(k - 1))
        at = first
        for vertex in line.between(first, last).tolist():
            measure = float(line.along[vertex])
            sketch.to(line.point(measure), Span(k, at, measure))
            at = measure
        sketch.to(line.point(last), Span(k, at, last))

    def _place(self, i: int, position: int, line: int) -> float:
        """Where on a surveyed line a path position of channel ``i`` lies."""
        cell = self.channels.network.cells[self.channels.path[self.channels.path_start[i] + position]]
        return self.measure[line][int(cell)]

    def end(self, i: int, ending: Ending) -> None:
        """Settle how tributary ``i`` ends."""
        self.endings[i] = ending
        self._tell(i)

    def _tell(self, i: int) -> None:
        for body in self._bodies.values():
            if i in body.segments:
                body.take(i)

    def is_raw(self, i: int) -> bool:
        """Whether channel ``i``, as far as it is known, runs over its cells' centres."""
        lines = len(self.surveyed)
        return i not in self.endings and not (lines and any(0 <= c < lines for c in self.raw_codes(i)))

    def ends_on_line(self, i: int) -> bool:
        """Whether the last edge of channel ``i`` runs along a surveyed line."""
        return 0 <= self.codes[self.channels.path_start[i + 1] - 2] < len(self.surveyed)

    def tail(self, i: int) -> int:
        """Position from which nothing joins channel ``i`` any more."""
        joined = self.children.get(i)
        return joined[-1][0] if joined else 0

    def body(self, number: int) -> _Body:
        """A water body with what is drawn in it so far."""
        if number not in self._bodies:
            self._bodies[number] = _Body(self, self._water[number])
        return self._bodies[number]


def _children(channels: Channels) -> dict[int, list[tuple[int, int]]]:
    """Channel -> (position on it, tributary) of its tributaries, downstream."""
    found: dict[int, list[tuple[int, int]]] = {}
    places = places_on_parent(channels)
    for child, parent in enumerate(channels.parent.tolist()):
        if parent >= 0:
            position = int(places[child] - channels.path_start[parent])
            found.setdefault(parent, []).append((position, child))
    return {parent: sorted(joined) for parent, joined in found.items()}


class _Body:
    """A water body: its polygon, and the segments of every channel around as barriers."""

    def __init__(self, tracer: Tracer, polygon: Any) -> None:
        shapely = shapely_modules()
        self._covers = shapely.prepared.prep(polygon).covers
        self._segment = shapely.geometry.LineString
        self._bounds = polygon.bounds
        self._tracer = tracer
        # channel -> (path position where each segment starts, segments)
        self.segments: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for i in self._around():
            self.take(i)

    def _around(self) -> list[int]:
        """Channels with a cell in the polygon's bounding box or near it."""
        channels = self._tracer.channels
        near = channels.network.cells_in(self._bounds, margin=2)
        return [int(i) for i in np.unique(channels.channel_of_cell[near])]

    def take(self, i: int) -> None:
        """Channel ``i`` as it is now; of its segments those at the polygon's bounding box."""
        drawn = self._tracer.drawn.get(i)
        if drawn is not None:
            found, edges = segments_of(drawn), np.arange(len(drawn) - 1)
        elif self._tracer.is_raw(i):
            raw = self._tracer.raw(i)
            found, edges = segments_of(raw), np.arange(len(raw) - 1)
        else:
            sketch = self._tracer.sketch(i)
            found, edges = (
                segments_of(sketch.points),
                np.array([span.edge for span in sketch.spans], np.int64),
            )
        left, bottom, right, top = self._bounds
        near = (found[:, [0, 2]].min(axis=1) <= right) & (found[:, [0, 2]].max(axis=1) >= left)
        near &= (found[:, [1, 3]].min(axis=1) <= top) & (found[:, [1, 3]].max(axis=1) >= bottom)
        self.segments[i] = edges[near], found[near]

    def barriers(self, i: int, open_tails: Sequence[int]) -> np.ndarray:
        """Segments that channel ``i`` must not meet: all others', but for the tails of some tributaries."""
        found = [np.empty((0, 4))]
        for j, (positions, segments) in self.segments.items():
            if j != i:
                found.append(segments[positions < self._tracer.tail(j)] if j in open_tails else segments)
        return np.vstack(found)

    def inside(self, p: Point, q: Point) -> bool:
        """Whether the straight way between two points stays in the water."""
        return p == q or bool(self._covers(self._segment([p, q])))


class _Pen:
    """A line as it is drawn: vertices so far, none twice in a row."""

    def __init__(self) -> None:
        self.xy: list[Point] = []

    def to(self, point: Point) -> int:
        """Draw to ``point``; the number of the vertex that stands there."""
        if not self.xy or self.xy[-1] != point:
            self.xy.append(point)
        return len(self.xy) - 1


class Course:
    """One channel being drawn."""

    def __init__(self, tracer: Tracer, i: int) -> None:
        self.tracer, self.i = tracer, i
        first, stop = tracer.channels.path_start[i], tracer.channels.path_start[i + 1]
        self.cells = tracer.channels.network.cells[tracer.channels.path[first:stop]].tolist()
        self.joins = bool(tracer.channels.parent[i] >= 0)
        self.points: list[Point] = [(x, y) for x, y in tracer.raw(i).tolist()]
        codes = tracer.raw_codes(i)
        self.ending = ending = tracer.endings.get(i)
        if ending is not None:
            self.points = [*self.points[: ending.kept], ending.point]
            codes = [*codes[: ending.kept - 1], ending.code]
        self.stretches = _stretches(codes)
        self.children = tracer.children.get(i, [])
        self.pen = _Pen()
        self.place = np.full(len(self.points), np.nan)

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates, and the vertex of each of the channel's own path positions."""
        for number, stretch in enumerate(self.stretches):
            if stretch.code == PLAIN:
                self._over_centres(stretch)
            elif not self._is_line(stretch):
                self._through_water(number, stretch)
            elif not self._is_line(self._neighbour(number - 1)):
                self._along_lines(number)
        if self.joins:
            self.pen.to(self.points[-1])
        if len(self.pen.xy) == 1:
            # the parent moved onto the one cell there is: begin at the far side of that cell
            (x, y), (to_x, to_y) = self.tracer.raw(self.i)[[0, -1]].tolist()
            self.pen.xy.insert(0, (x + (x - to_x) / 4, y + (y - to_y) / 4))
            self.place[0] = 0.0
        self.place[-1] = len(self.pen.xy) - 1
        known = np.flatnonzero(~np.isnan(self.place))
        place = np.interp(np.arange(len(self.cells)), known, self.place[known])
        place[-1] = self.place[-1]
        return np.array(self.pen.xy, np.float64), place

    def _is_line(self, stretch: Optional[_Stretch]) -> bool:
        return stretch is not None and 0 <= stretch.code < len(self.tracer.surveyed)

    def _neighbour(self, number: int) -> Optional[_Stretch]:
        return self.stretches[number] if 0 <= number < len(self.stretches) else None

    def _over_centres(self, stretch: _Stretch) -> None:
        """Cell centres; the ends belong to the neighbouring stretches where there are any."""
        curve = measured_line(np.array(self.points[stretch.first : stretch.last + 1]))
        at = curve.along.tolist()
        first = at[0] if stretch.first == 0 else at[1]
        last = at[-1] if stretch.last == len(self.points) - 1 else at[-2]
        if first > last:
            return
        joints: list[tuple[float, int]] = []
        for q, child in self.children:
            if stretch.first <= q <= stretch.last and self.tracer.ends_on_line(child):
                joints.extend(self._surveyed_joint(child, curve, first, last))
        measures, vertices = zip(*self._draw_line(curve, first, last, joints))
        drawn = (np.array(at) >= first) & (np.array(at) <= last)
        self.place[stretch.first + np.flatnonzero(drawn)] = np.interp(at, measures, vertices)[drawn]

    def _surveyed_joint(self, child: int, curve: Line, first: float, last: float) -> list[tuple[float, int]]:
        """Where a surveyed tributary meets the cells' centres before it comes to its confluence's, if it does."""
        sketch = self.tracer.sketch(child, self.tracer.tail(child))
        met = first_meeting(sketch.points, curve)
        if met is None or _at_start(met) or not first <= met.measure <= last:
            return []
        self.tracer.end(child, sketch.ending(met, curve.point(met.measure), self.tracer.raw_codes(child)))
        return [(met.measure, child)]

    def _along_lines(self, number: int) -> None:
        """Surveyed lines' own vertices, with one more at each confluence; lines that follow each other as one."""
        first, (curve, at) = self.stretches[number].first, self._bed(number)
        joints = [
            (self._end_on_line(child, curve, at[q - first]), child)
            for q, child in self.children
            if first <= q < first + len(at)
        ]
        end = at[-1]
        if self.joins and first + len(at) == len(self.points):  # the last point is the parent's
            end = max([float(curve.along[-2]), *(measure for measure, _ in joints)])
        measures, vertices = zip(*self._draw_line(curve, at[0], end, joints))
        # what lies beyond the last vertex drawn is on the way to the parent's
        self.place[first : first + len(at)] = np.interp(at, measures, vertices, right=np.nan)

    def _bed(self, number: int) -> tuple[Line, list[float]]:
        """Surveyed lines from stretch ``number`` on as one curve, and the places of the positions along it."""
        pieces: list[np.ndarray] = []
        at: list[float] = []
        length = 0.0
        for stretch in self.stretches[number:]:
            if not self._is_line(stretch):
                break
            line, measure = self.tracer.surveyed[stretch.code], self.tracer.measure[stretch.code]
            places = [measure[self.cells[q]] for q in range(stretch.first, stretch.last + 1)]
            if (
                stretch.last == len(self.points) - 1
                and self.ending is not None
                and self.ending.along is not None
            ):
                places[-1] = self.ending.along
            part = line.part(places[0], places[-1])
            if pieces:
                length += float(np.hypot(*(part.xy[0] - pieces[-1][-1])))
                at.pop()
            at.extend(length + place - places[0] for place in places)
            length += places[-1] - places[0]
            pieces.append(part.xy)
        curve = polyline(np.concatenate(pieces))
        # summed in another order, the curve's own length may differ in the last digits
        return curve, [min(place, float(curve.along[-1])) for place in at]

    def _end_on_line(self, child: int, curve: Line, default: float) -> float:
        """Have a tributary end where it first meets the surveyed line; the place on the line."""
        raw, codes = self.tracer.raw(child), self.tracer.raw_codes(child)
        sketch = self.tracer.sketch(child, self.tracer.tail(child))
        surveyed = self.tracer.ends_on_line(child)
        if not surveyed:
            sketch.points[-1] = curve.point(default)
        met = first_meeting(sketch.points, curve)
        if met is not None and not _at_start(met):
            self.tracer.end(child, sketch.ending(met, curve.point(met.measure), codes))
            return met.measure
        kept, code = (len(raw), PLAIN) if surveyed else (len(raw) - 1, codes[-1])
        self.tracer.end(child, Ending(kept, curve.point(default), code))
        return default

    def _through_water(self, number: int, stretch: _Stretch) -> None:
        """Pulled straight; what joins on the way ends on the pulled line."""
        body = self.tracer.body(stretch.code - len(self.tracer.surveyed))
        points = self._string(number, stretch)
        inner = [(q, child) for q, child in self.children if stretch.first < q < stretch.last]
        fixed: set[int] = set()
        while True:
            self.tracer.breathe()
            free = [child for q, child in inner if q not in fixed]
            barriers = body.barriers(self.i, free)
            anchors = sorted({0, len(points) - 1, *(q - stretch.first for q in fixed)})
            line = pulled(points, anchors, _view(body, barriers))
            endings = _Endings(self.tracer, body, line, barriers, stretch.code)
            stuck = endings.settle([(q, child) for q, child in inner if q not in fixed])
            if stuck is None:
                break
            fixed.add(stuck)
        for child, ending in endings.found.items():
            self.tracer.end(child, ending)
        joints = [(measure, child) for child, measure in endings.measures.items()]
        joints += [(line.nearest(self.points[q]), child) for q, child in inner if q in fixed]
        drawn = self._draw_line(line, 0.0, float(line.along[-1]), joints)
        self.place[stretch.first], self.place[stretch.last] = drawn[0][1], drawn[-1][1]

    def _string(self, number: int, stretch: _Stretch) -> list[Point]:
        """What the string runs over before it is pulled; its ends where the neighbours left or begin."""
        points = self.points[stretch.first : stretch.last + 1]
        if self._is_line(self._neighbour(number - 1)):
            points[0] = self.pen.xy[-1]
        following = self._neighbour(number + 1)
        if following is not None and self._is_line(following):
            line, measure = self.tracer.surveyed[following.code], self.tracer.measure[following.code]
            points[-1] = line.point(measure[self.cells[stretch.last]])
        return points

    def _draw_line(
        self, line: Line, first: float, last: float, joints: list[tuple[float, int]]
    ) -> list[tuple[float, int]]:
        """Draw from one measure to another with a vertex at each joint: (measure, vertex) of all."""
        drawn = [(first, self.pen.to(line.point(first)))]
        for measure, child in [*sorted(joints), (last, -1)]:
            for k in line.between(drawn[-1][0], measure).tolist():
                drawn.append((float(line.along[k]), self.pen.to(line.point(float(line.along[k])))))
            drawn.append((measure, self.pen.to(line.point(measure))))
            if child >= 0:
                self.tracer.joint[child] = drawn[-1][1]
        return drawn


def _stretches(codes: list[int]) -> list[_Stretch]:
    edges = [k for k in range(len(codes)) if k == 0 or codes[k] != codes[k - 1]]
    return [_Stretch(a, b, codes[a]) for a, b in zip(edges, [*edges[1:], len(codes)])]


def _at_start(met: Meeting) -> bool:
    """Whether nothing would be left of a tributary that ended there."""
    return met.edge == 0 and met.share <= 1e-6


def _view(body: _Body, barriers: np.ndarray) -> Any:
    return lambda p, q: body.inside(p, q) and not blocked(p, q, barriers)


class _Endings:
    """How the tributaries of a pulled stretch reach it."""

    def __init__(self, tracer: Tracer, body: _Body, line: Line, barriers: np.ndarray, code: int) -> None:
        self._tracer, self._body, self._line, self._code = tracer, body, line, code
        self._barriers = [barriers]
        self.found: dict[int, Ending] = {}
        self.measures: dict[int, float] = {}

    def settle(self, joining: list[tuple[int, int]]) -> Optional[int]:
        """Settle all of (position, tributary); the position where the string must stay if one cannot."""
        onward: list[tuple[int, int]] = []
        for q, child in joining:
            sketch = self._sketch(child)
            met = first_meeting(sketch.points, self._line)
            if met is None:
                onward.append((q, child))
                continue
            if _at_start(met):
                return q
            point = self._line.point(met.measure)
            self.found[child] = sketch.ending(met, point, self._tracer.raw_codes(child))
            self.measures[child] = met.measure
            self._barriers.append(segments_of([*sketch.points[: met.edge + 1], point]))
        self._barriers.extend(segments_of(self._sketch(child).points) for _, child in onward)
        positions = [q for q, _ in onward]
        for q, child in onward:
            if positions.count(q) > 1 or not self._go_on(child):
                return q
        return None

    def _sketch(self, child: int) -> Sketch:
        return self._tracer.sketch(child, self._tracer.tail(child))

    def _go_on(self, child: int) -> bool:
        """Lead a tributary from its confluence's cell to the pulled line, if the way is free."""
        here = self._sketch(child).points[-1]
        measure = self._line.nearest(here)
        point = self._line.point(measure)
        if not self._body.inside(here, point) or blocked(here, point, np.vstack(self._barriers)):
            return False
        on_line = self._tracer.ends_on_line(child)
        self.found[child] = Ending(len(self._tracer.raw(child)), point, PLAIN if on_line else self._code)
        self.measures[child] = measure
        self._barriers.append(segments_of([here, point]))
        return True
