"""Quantities and classes over a place, from cells of a grid or from pieces of features (:mod:`.model`)."""

from __future__ import annotations

import math
import operator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Sequence, Union

import numpy as np

from ..grid import GridFrame
from .features import Feature, Features
from .model import NOWHERE, WHOLE, Part, Shape
from .sampling import Sample

if TYPE_CHECKING:
    from .site import GroundSite

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_COVERS = 1e-6
DECIMALS = 3
"""Values are compared rounded: lengths to 1 mm."""

SLOPE_DECIMALS = 2
"""Slopes of a DEM to 0.01°: heights of single precision make a plane of 25° one of 25.001°."""


class Piece(NamedTuple):
    """What of a place belongs to a feature: its share, its shape (None: the whole place), and a key."""

    feature: Feature
    share: float
    shape: Shape | None
    key: str = ""

    def named(self, key: str) -> Piece:
        """The piece under a key."""
        return self._replace(key=key)


def united(site: GroundSite, pieces: Sequence[Piece], apart: bool = False) -> Part:
    """The part that pieces make together, what several hold counted once; ``apart``: none overlap."""
    if not pieces:
        return NOWHERE
    if any(p.shape is None for p in pieces):
        return WHOLE
    if len(pieces) == 1:
        return Part(pieces[0].share, lambda: pieces[0].shape)
    if apart:
        total = min(math.fsum(p.share for p in pieces), 1.0)
        return Part(total, lambda: site.shapes.union([p.shape for p in pieces]))
    whole = site.shapes.union([p.shape for p in pieces])
    share = 0.0 if whole is None else min(site.amount_of(whole) / site.amount, 1.0)
    return Part(share, lambda: whole)


class CellField:
    """A quantity on the cells of a place: mean, and the part where it compares with a limit."""

    def __init__(
        self, site: GroundSite, frame: GridFrame, taken: Sample, known: np.ndarray, values: np.ndarray,
        decimals: int = DECIMALS,
    ) -> None:  # fmt: skip
        self._site, self._frame, self._taken, self._known, self._grid = site, frame, taken, known, values
        self.values = np.round(values[known].astype(np.float64), decimals)
        self.mean = round(float(self.values.mean()), decimals)

    def where(self, op: str, limit: float) -> Part:
        """The cells where the value compares, cut by the place."""
        return self.where_any([(op, limit)])

    def where_any(self, tests: Sequence[tuple[str, float]]) -> Part:
        """The cells where any of the comparisons holds, drawn in one go."""
        hit = np.zeros(self.values.shape, bool)
        for op, limit in tests:
            hit |= OPERATORS[op](self.values, limit)
        count = int(np.count_nonzero(hit))
        if count == 0:
            return NOWHERE
        if count == len(hit):
            return WHOLE
        return Part(count / len(hit), lambda: self._outline(hit))

    def _outline(self, hit: np.ndarray) -> Shape | None:
        mask = np.zeros(self._known.shape, bool)
        mask[self._known] = hit
        return cells_of(self._site, self._frame, self._taken, mask)


def cells_of(site: GroundSite, frame: GridFrame, taken: Sample, mask: np.ndarray) -> Shape | None:
    """The cells of a mask over a sample's window, cut by the place."""
    west, north = frame.x0 + taken.col * frame.dx, frame.y0 - taken.row * frame.dy
    shape = site.shapes.cells(mask, west, north, frame.dx, frame.dy)
    return None if shape is None else site.shapes.common(site.shape, shape)


class PieceField:
    """A quantity that features along a place carry: mean by share."""

    def __init__(self, site: GroundSite, values: Sequence[tuple[Piece, float]]) -> None:
        self._site, self._values = site, values
        weight = math.fsum(p.share for p, _ in values)
        self.mean = round(math.fsum(p.share * v for p, v in values) / weight, DECIMALS)

    def where(self, op: str, limit: float) -> Part:
        """The pieces whose value compares."""
        hit = [p for p, v in self._values if OPERATORS[op](round(v, DECIMALS), limit)]
        return WHOLE if len(hit) == len(self._values) else united(self._site, hit)

    def where_any(self, tests: Sequence[tuple[str, float]]) -> Part:
        """The pieces whose value compares with any."""
        return self._site.either([self.where(op, limit) for op, limit in tests])


class Distance:
    """Straight distance to the nearest feature of some roles."""

    def __init__(
        self, site: GroundSite, layers: Sequence[Features], wanted: Callable[[Feature], bool] | None
    ) -> None:
        self._site, self._layers = site, layers
        self._wanted = wanted or (lambda _: True)

    @cached_property
    def mean(self) -> float:
        """Least distance of the place, m; inf where there is no feature."""
        best = math.inf
        for layer in self._layers:
            gaps, items = layer.gaps(self._site.box)
            for place in np.argsort(gaps, kind="stable").tolist():
                feature = items[place]
                if gaps[place] > best or feature is None:
                    break
                if self._wanted(feature):
                    best = min(best, self._site.shapes.distance(self._site.shape, feature.shape))
        return round(best, DECIMALS)

    def where(self, op: str, limit: float) -> Part:
        """The part nearer (``<``, ``<=``) or farther (``>``, ``>=``) than the limit."""
        near = self._within(limit)
        if op in ("<", "<="):
            return near
        if near.whole:
            return NOWHERE
        if near.nowhere:
            return WHOLE
        site = self._site
        return Part(1 - near.share, lambda: site.shapes.minus(site.shape, near.shape))

    def where_any(self, tests: Sequence[tuple[str, float]]) -> Part:
        """The parts together."""
        return self._site.either([self.where(op, limit) for op, limit in tests])

    def _within(self, limit: float) -> Part:
        site = self._site
        west, south, east, north = site.box
        if self.mean > limit:
            return NOWHERE
        if site.dimension == 0 or self.mean + math.hypot(east - west, north - south) <= limit:
            return WHOLE
        near = [f for layer in self._layers for f in layer.near(site.box, limit) if self._wanted(f)]
        return united(site, site.reached(near, lambda _: limit))


class PieceClasses:
    """Classes of a place from pieces of features; a feature may have several.

    ``missing``: role -> classes that cannot be told without it. ``cover``: the features are meant to cover
    the land once; where their shares make a whole they do, and nothing has to be dissolved.
    """

    def __init__(
        self,
        site: GroundSite,
        pieces: Sequence[Piece],
        classes_of: Callable[[Feature], Sequence[str]],
        missing: Mapping[str, frozenset[str]] | None = None,
        cover: bool = False,
    ) -> None:
        self._site = site
        self._pieces = [(p, frozenset([p.key] if p.key else classes_of(p.feature))) for p in pieces]
        self.missing: Mapping[str, frozenset[str]] = missing or {}
        self._apart = cover and abs(math.fsum(p.share for p in pieces) - 1) < _COVERS

    def shares(self) -> Mapping[str, float]:
        """Share by class, largest first."""
        found: dict[str, float] = {}
        for piece, keys in self._pieces:
            for key in keys:
                found[key] = min(found.get(key, 0.0) + piece.share, 1.0)
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def where(self, keys: frozenset[str]) -> Part:
        """The part with one of the classes."""
        return united(self._site, [p for p, own in self._pieces if own & keys], self._apart)


class CellClasses:
    """Classes of a place from the cells of a grid: ``index`` into ``codes``, below 0 none."""

    def __init__(
        self, site: GroundSite, frame: GridFrame, taken: Sample, index: np.ndarray, codes: Sequence[str]
    ) -> None:
        self._site, self._frame, self._taken = site, frame, taken
        self._index, self._codes = index, codes
        self._count = int(taken.mask.sum())
        self.missing: Mapping[str, frozenset[str]] = {}

    def shares(self) -> Mapping[str, float]:
        """Share by class, largest first."""
        inside = self._index[self._taken.mask]
        numbers, counts = np.unique(inside[inside >= 0], return_counts=True)
        found = {self._codes[int(n)]: int(c) / self._count for n, c in zip(numbers, counts)}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def where(self, keys: frozenset[str]) -> Part:
        """The cells with one of the classes, cut by the place."""
        wanted = np.array([code in keys for code in self._codes] + [False])
        mask = self._taken.mask & wanted[np.maximum(self._index, -1)]
        share = int(mask.sum()) / self._count
        if share in (0.0, 1.0):
            return WHOLE if share else NOWHERE
        return Part(share, lambda: cells_of(self._site, self._frame, self._taken, mask))


AnyField = Union[CellField, PieceField, Distance]
AnyClasses = Union[CellClasses, PieceClasses]
