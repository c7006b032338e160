"""A channel's way before it is drawn, and how it ends on a parent that moved."""

from __future__ import annotations

from typing import NamedTuple, Optional

from .strings import Meeting, Point


class Ending(NamedTuple):
    """How a tributary reaches a parent that moved: so many of its own path positions, then ``point``.

    ``code`` is that of the edge to ``point`` (see :func:`.lines.follow`); where that runs along a
    surveyed line, ``along`` is the place of ``point`` on it.
    """

    kept: int
    point: Point
    code: int
    along: Optional[float] = None


class Span(NamedTuple):
    """A segment of a sketch: the path edge it belongs to, and its ends' places where that runs along a line."""

    edge: int
    first: Optional[float] = None
    last: Optional[float] = None


class Sketch(NamedTuple):
    """A channel before it is drawn: points, and a span for each segment between them."""

    points: list[Point]
    spans: list[Span]

    def to(self, point: Point, span: Span) -> None:
        """Go on to ``point``."""
        if self.points[-1] != point:
            self.points.append(point)
            self.spans.append(span)

    def ending(self, met: Meeting, point: Point, codes: list[int]) -> Ending:
        """End where the sketch meets another line."""
        edge, first, last = self.spans[met.edge]
        along = None if first is None or last is None else first + met.share * (last - first)
        return Ending(edge + 1, point, codes[edge], along)
