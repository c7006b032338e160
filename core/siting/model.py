"""The nouns of the layout check: a measure on the map, what is known of its place, a finding.

Serves chapters 5 and 6, 8.6.1 and table B.1. How they fit together::

    ground = Ground(shapes, settings), filled role by role     core/siting/ground.py, layers/siting.py
    findings = judge(measure, ground)                          core/siting/engine.py
    verdict = verdict_of(findings)                             the worst of them

All geometry is planar in one projected CRS in metres; areas are m², lengths m, slopes degrees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Callable, FrozenSet, Mapping, NamedTuple, Optional, Protocol, Sequence, Tuple, Union

import numpy as np

from ..errors import Problem

PASS, NOTE, WARNING, ERROR = "pass", "note", "warning", "error"
UNKNOWN, DUTY, ASIDE = "unknown", "duty", "aside"
NOISE = 1e-9
"""Shares below this are rounding."""

VERDICTS = (ERROR, WARNING, NOTE, UNKNOWN, DUTY, PASS, ASIDE)
"""What a rule says of a measure, worst first.

``error`` (应), ``warning`` (宜) and ``note`` (可) are breaches by the level of the clause; ``unknown``: an
input is missing; ``duty``: only a person can say, to be ticked with name and date; ``aside``: the rule does
not decide here, because another clause supports the measure or its condition is not met.
"""

Shape = Any
"""A geometry, opaque to whoever is not the :class:`Shapes` that made it."""


class Shapes(Protocol):
    """Planar geometry of points, lines and polygons. An operation that leaves nothing answers None."""

    def read(self, wkb: bytes) -> Shape | None:
        """The shape of WKB, made valid where it is not; None where nothing can be made of it."""

    def wkb(self, shape: Shape) -> bytes:
        """The shape as WKB."""

    def dimension(self, shape: Shape) -> int:
        """0 points, 1 lines, 2 polygons."""

    def area(self, shape: Shape) -> float:
        """Area, m²; 0 for points and lines."""

    def length(self, shape: Shape) -> float:
        """Length of lines, m; 0 for points and polygons."""

    def bounds(self, shape: Shape) -> tuple[float, float, float, float]:
        """West, south, east, north."""

    def meeting(self, shape: Shape, others: Sequence[Shape]) -> list[bool]:
        """Which of ``others`` share a point with ``shape``."""

    def holding(self, shape: Shape, others: Sequence[Shape]) -> list[bool]:
        """Which of ``others`` hold all of ``shape``."""

    def clip(self, shape: Shape, others: Sequence[Shape]) -> list[Shape | None]:
        """What each of ``others`` (polygons) has of ``shape``, of its dimension; the same object where all of it."""

    def common(self, shape: Shape, other: Shape) -> Shape | None:
        """What both hold, of the dimension of ``shape``."""

    def minus(self, shape: Shape, other: Shape) -> Shape | None:
        """``shape`` without ``other``, of the dimension of ``shape``."""

    def union(self, shapes: Sequence[Shape]) -> Shape | None:
        """All shapes as one."""

    def buffer(self, shape: Shape, distance: float) -> Shape | None:
        """All points within ``distance`` (m), round."""

    def distance(self, shape: Shape, other: Shape) -> float:
        """Least distance, m; 0 where they touch."""

    def point(self, xy: np.ndarray) -> Shape:
        """A point."""

    def rings(self, shape: Shape) -> list[np.ndarray]:
        """Coordinates (n, 2) of every ring, line or point."""

    def polygons(self, rings: Sequence[np.ndarray]) -> Shape | None:
        """The union of simple rings (n, 2), made valid."""

    def cells(self, mask: np.ndarray, west: float, north: float, width: float, height: float) -> Shape | None:
        """The cells of a mask (rows from the north) as one polygon; ``width``, ``height`` of a cell, m."""


class Confirmation(NamedTuple):
    """A duty ticked, or a breach overridden with its reason: by whom and when (ISO date)."""

    person: str
    date: str
    reason: str = ""


@dataclass(frozen=True)
class MeasureFeature:
    """A measure of a layout: ``key`` of table B.1, WKB in the project's CRS, and its columns.

    ``attributes`` may answer what only the measure knows (``receiving``, ``species``, ``protection`` …) or only
    a person (``soil_quality`` …), under the keys of ``siting.yaml``. ``confirmed``: rule id -> who ticked it.
    """

    uuid: str
    key: str
    wkb: bytes
    attributes: Mapping[str, Any] = field(default_factory=dict)
    confirmed: Mapping[str, Confirmation] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What one rule says of one measure.

    ``severity`` is that of the rule's level (``error``, ``warning``, ``note``) whatever the verdict, ``verdict`` one
    of :data:`VERDICTS`. ``failing_area_m2``, ``failing_length_m`` and ``failing`` (WKB) are the part that breaks
    the rule, all None where nothing breaks it, the numbers also for points; a breach of the whole has the whole.
    ``missing``: roles without which the rule cannot be judged. ``share``: part / whole, 0 to 1.
    """

    measure_uuid: str
    measure: str
    rule_id: str
    clause: str
    effect: str
    severity: str
    verdict: str
    message: Problem
    failing_area_m2: Optional[float] = None
    failing_length_m: Optional[float] = None
    failing: Optional[bytes] = None
    share: Optional[float] = None
    missing: Tuple[str, ...] = ()
    confirmed: Optional[Confirmation] = None

    @property
    def breach(self) -> bool:
        """Whether the rule is broken."""
        return self.verdict in (ERROR, WARNING, NOTE)


@dataclass(frozen=True)
class Unknown:
    """A question that cannot be answered: the input ``role`` is missing, or nothing of it lies here.

    ``by_person``: no layer could say; somebody has to look.
    """

    role: str
    by_person: bool = False


@dataclass(frozen=True)
class Part:
    """A part of a place: its ``share``, 0 to 1, by area, length or number of points, whichever the place has.

    ``make`` draws the shape when somebody asks for it; without it a share of 1 is the whole place and any
    other has no shape.
    """

    share: float
    make: Optional[Callable[[], Shape]] = None

    @cached_property
    def shape(self) -> Shape | None:
        """The shape, None where it is the whole place or nothing."""
        return self.make() if self.make is not None else None

    @property
    def whole(self) -> bool:
        """Whether nothing of the place is left out."""
        return self.share >= 1 - NOISE

    @property
    def nowhere(self) -> bool:
        """Whether it holds nothing."""
        return self.share <= NOISE


WHOLE, NOWHERE = Part(1.0), Part(0.0)


class Field(Protocol):
    """A quantity over a place: slope, soil depth, cover, distance along …"""

    @property
    def mean(self) -> float:
        """Mean over the place by area, length or number; of a distance the least."""

    def where(self, op: str, limit: float) -> Part:
        """The part where the value compares with ``limit`` (``op`` one of > >= < <=)."""

    def where_any(self, tests: Sequence[Tuple[str, float]]) -> Part:
        """The part where any of some comparisons holds."""


class Classes(Protocol):
    """A class over a place: zone, land use, state of the channel …

    ``missing``: role that was not given -> the classes that cannot be told without it.
    """

    @property
    def missing(self) -> Mapping[str, FrozenSet[str]]:
        """Role -> classes."""

    def shares(self) -> Mapping[str, float]:
        """Share of the place by class, largest first; what no class covers is not in it."""

    def where(self, keys: frozenset[str]) -> Part:
        """The part with one of the classes."""


@dataclass(frozen=True)
class Widths:
    """Width along a strip, m: least, median, and the part that is not wider than the limit asked for.

    ``narrow_length_m`` is the length of that part along the strip.
    """

    least: float
    median: float
    narrow: Part
    narrow_length_m: float


@dataclass(frozen=True)
class Settings:
    """What holds for the whole watershed.

    ``values``: what ``@name`` stands for (:func:`core.county.references`); ``type_key`` of the watershed and
    ``region`` (keys of ``erosionintensity``), None where not said.
    """

    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    type_key: Optional[str] = None
    region: Optional[str] = None


class Site(Protocol):
    """A measure's place: what the engine may ask. Every answer may be :class:`Unknown`."""

    shape: Shape

    def size(self, part: Part) -> Tuple[Optional[float], Optional[float]]:
        """Area (m²) and length (m) of a part; None for what the place does not have."""

    def either(self, parts: Sequence[Part]) -> Part:
        """The part that any of ``parts`` holds."""

    def both(self, parts: Sequence[Part]) -> Part:
        """The part that all of ``parts`` hold."""

    def rest(self, part: Part) -> Part:
        """The place without ``part``."""

    def field(self, attribute: str) -> Union[Field, Unknown]:
        """A quantity by its key in ``siting.yaml`` (``slope_deg``, ``soil_depth_cm``, ``vegetation_cover``,
        ``bank_slope_deg``, ``channel_gradient``, ``distance_to_village_m`` …)."""

    def classes(self, attribute: str) -> Union[Classes, Unknown]:
        """Classes by key (``zone``, ``land_use``, ``neighbour_land_use``, ``flags``, ``slope_position``, ``aspect``,
        ``channel_state``, ``bank_type``, ``reach``, ``adjacent_to``, ``facility``, ``landform``, ``gully``)."""

    def inside(self, attribute: str) -> Union[Part, Unknown]:
        """The part inside something (``inside_flood_passage`` …, ``gully_head``)."""

    def widths(self, limit: float) -> Union[Widths, Unknown]:
        """Widths along a polygon, with the part not wider than ``limit``."""

    def beside(self, reach: float, block_reach: Optional[float] = None) -> Union[FrozenSet[str], Unknown]:
        """Keys of the other measures of the layout within ``reach`` (m) of it, or of its block.

        A block are measures of its kind that follow each other within ``block_reach`` (m).
        """

    def block_area(self, enough: float) -> Union[float, Unknown]:
        """Area (m²) of the block of like parcels the place belongs to; its own where that is ``enough``."""


class Ground(Protocol):
    """Everything known of a watershed; prepared once, changed piece by piece."""

    shapes: Shapes
    settings: Settings

    def site(self, measure: MeasureFeature) -> Union[Site, None]:
        """The place of a measure; None where its geometry is empty or cannot be read."""


def verdict_of(findings: Sequence[Finding]) -> str:
    """The worst verdict: what colours the measure. ``pass`` for none."""
    found = {f.verdict for f in findings}
    return next((v for v in VERDICTS if v in found and v != ASIDE), PASS)


def decisive(findings: Sequence[Finding]) -> Finding | None:
    """The finding that makes or breaks the measure: the first with the worst verdict, None for none."""
    worst = verdict_of(findings)
    return next((f for f in findings if f.verdict == worst), None)
