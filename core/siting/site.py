"""One measure's place, asked question by question (:class:`.model.Site`). Answers are kept."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable, Hashable, Iterable, Optional, Sequence, Tuple, Union

import numpy as np

from ..grid import GridFrame
from .features import Feature, Features
from .model import NOWHERE, WHOLE, MeasureFeature, Part, Shape, Unknown, Widths
from .pieces import (
    DECIMALS,
    SLOPE_DECIMALS,
    CellClasses,
    CellField,
    Distance,
    Piece,
    PieceClasses,
    PieceField,
    united,
)
from .sampling import Sample, sample
from .siteclasses import CLASSES, LEAST_KNOWN, STILL_WATER, kind_of
from .widths import strip_widths

if TYPE_CHECKING:
    from .ground import Ground

_DECIMALS = 3
_BLOCK_MOST = 200
"""Measures of one block that are followed; a larger block is looked at in part."""

_NEAREST = {
    "distance_to_village_m": ("VILLAGES",),
    "distance_to_road_m": ("ROADS",),
    "distance_to_channel_m": ("CHANNELS",),
    "distance_to_lake_reservoir_m": ("WATERBODIES",),
    "distance_to_water_m": ("CHANNELS", "WATERBODIES"),
}
_GRIDS = {"soil_depth_cm": "SOIL_DEPTH", "vegetation_cover": "COVER"}
"""Role of a grid; all others come from the DEM."""
_POLYGONS_OF = {
    "inside_flood_passage": "FLOOD_PASSAGE",
    "inside_water_source_protection_area": "WATER_SOURCE",
}


class GroundSite:
    """See :class:`.model.Site`."""

    def __init__(self, ground: Ground, measure: MeasureFeature, shape: Shape) -> None:
        self.ground, self.measure, self.shape = ground, measure, shape
        self.shapes = ground.shapes
        self.dimension = self.shapes.dimension(shape)
        self.box = self.shapes.bounds(shape)
        self._kept: dict[Hashable, Any] = {}

    def of(self, measure: MeasureFeature) -> GroundSite:
        """The same place for another measure: what was asked of the ground is not asked again.

        Answers that rest on the measure itself carry its key (:meth:`beside`) or are never kept.
        """
        found = GroundSite(self.ground, measure, self.shape)
        found._kept = self._kept
        return found

    # -- size ------------------------------------------------------------------
    @cached_property
    def amount(self) -> float:
        """Area, length or number of points of the place."""
        return self.amount_of(self.shape)

    def amount_of(self, shape: Shape) -> float:
        """Area, length or number of points of a shape, whichever the place has."""
        if self.dimension == 2:
            return self.shapes.area(shape)
        if self.dimension == 1:
            return self.shapes.length(shape)
        return float(sum(len(r) for r in self.shapes.rings(shape)))

    def size(self, part: Part) -> Tuple[Optional[float], Optional[float]]:
        """See :class:`.model.Site`."""
        if self.dimension == 0:
            return None, None
        shape = self.shape if part.shape is None and part.whole else part.shape
        amount = 0.0 if shape is None else self.amount_of(shape)
        return (amount, None) if self.dimension == 2 else (None, amount)

    def either(self, parts: Sequence[Part]) -> Part:
        """See :class:`.model.Site`."""
        some = [p for p in parts if not p.nowhere]
        if not some or any(p.whole for p in some) or len(some) == 1:
            return next((p for p in some if p.whole), some[0] if some else NOWHERE)
        return self._drawn(self.shapes.union([p.shape for p in some if p.shape is not None]))

    def both(self, parts: Sequence[Part]) -> Part:
        """See :class:`.model.Site`."""
        cut = [p for p in parts if not p.whole]
        if any(p.nowhere for p in cut):
            return NOWHERE
        if len(cut) < 2:
            return cut[0] if cut else WHOLE
        common = cut[0].shape
        for part in cut[1:]:
            if common is not None and part.shape is not None:
                common = self.shapes.common(common, part.shape)
        return self._drawn(common)

    def rest(self, part: Part) -> Part:
        """See :class:`.model.Site`."""
        if part.whole or part.nowhere:
            return NOWHERE if part.whole else WHOLE
        return Part(1 - part.share, lambda: self.shapes.minus(self.shape, part.shape))

    def _drawn(self, shape: Shape | None) -> Part:
        if shape is None:
            return NOWHERE
        return Part(min(self.amount_of(shape) / self.amount, 1.0), lambda: shape)

    # -- questions ---------------------------------------------------------------
    def field(self, attribute: str) -> Union[CellField, PieceField, Distance, Unknown]:
        """See :class:`.model.Site`."""
        return self.once(("field", attribute), lambda: self._field(attribute))

    def classes(self, attribute: str) -> Union[CellClasses, PieceClasses, Unknown]:
        """See :class:`.model.Site`."""
        return self.once(("classes", attribute), lambda: CLASSES[attribute](self))

    def inside(self, attribute: str) -> Union[Part, Unknown]:
        """See :class:`.model.Site`."""
        return self.once(("inside", attribute), lambda: self._inside(attribute))

    def widths(self, limit: float) -> Union[Widths, Unknown]:
        """See :class:`.model.Site`."""
        return self.once(("widths", limit), lambda: self._widths(limit))

    def beside(self, reach: float, block_reach: float | None = None) -> Union[frozenset[str], Unknown]:
        """See :class:`.model.Site`."""
        features = self.ground.roles.get("LAYOUT")
        if features is None:
            return Unknown("LAYOUT")
        own = (self.measure.uuid, self.measure.key)
        return self.once(
            ("beside", own, reach, block_reach), lambda: self._beside(features, reach, block_reach)
        )

    def _beside(self, features: Features, reach: float, block_reach: float | None) -> frozenset[str]:
        own = Feature(self.measure.uuid, self.shape, {"measure": self.measure.key})
        block, found = [own], set[str]()
        known = {own.key}
        for member in block:  # the block grows while it is walked
            wide = max(reach, block_reach or 0.0)
            for other in features.near(self.shapes.bounds(member.shape), wide):
                key = str(other.attributes.get("measure"))
                if other.key in known or (key in found and (block_reach is None or key != self.measure.key)):
                    continue
                gap = self.shapes.distance(member.shape, other.shape)
                if gap <= reach:
                    found.add(key)
                like = block_reach is not None and key == self.measure.key and gap <= block_reach
                if like and len(block) < _BLOCK_MOST:
                    known.add(other.key)
                    block.append(other)
        return frozenset(found)

    def block_area(self, enough: float) -> Union[float, Unknown]:
        """See :class:`.model.Site`."""
        if self.dimension != 2:
            return 0.0
        if round(self.amount, _DECIMALS) >= enough:
            return self.amount
        parcels = self.ground.roles.get("LANDUSE") or self.ground.roles.get("PARCELS")
        if parcels is None:
            return Unknown("PARCELS")
        touching = self._meeting(parcels.near(self.box))
        main = self._commonest(touching)
        like = [f.shape for f in touching if f.attributes.get("code") == main]
        whole = self.shapes.union([self.shape, *like])
        return self.amount if whole is None else self.shapes.area(whole)

    # -- grids -----------------------------------------------------------------
    def _field(self, attribute: str) -> Union[CellField, PieceField, Distance, Unknown]:
        if attribute in _NEAREST:
            return self._distance(attribute)
        if attribute == "bank_slope_deg":
            return self._along("BANKS", "bank_slope_deg", self.limit("beside_m"))
        if attribute == "channel_gradient":
            return self._gradient()
        if attribute == "soil_depth_cm" and "SOIL_DEPTH" in self.ground.roles:
            return self._of_polygons("SOIL_DEPTH", attribute)
        return self.cells(attribute, _GRIDS.get(attribute, "DEM"))

    def cells(self, grid: str, role: str) -> Union[CellField, Unknown]:
        """The values of a grid in the place."""
        found = self.ground.grids.get(grid)
        taken = None if found is None else self.sample_of(found.frame)
        if found is None or taken is None:
            return Unknown(role)
        values = taken.values(found.values)
        known = taken.mask & np.isfinite(values)
        if known.sum() * self.share_on(found.frame) < LEAST_KNOWN * taken.mask.sum():
            return Unknown(role)
        decimals = SLOPE_DECIMALS if grid == "slope_deg" else DECIMALS
        return CellField(self, found.frame, taken, known, values, decimals)

    def share_on(self, frame: GridFrame) -> float:
        """Share of the place that lies on a grid at all, 0 to 1."""
        return float(self.once(("on", frame), lambda: self._share_on(frame)))

    def _share_on(self, frame: GridFrame) -> float:
        west, south, east, north = self.box
        right, low = frame.x0 + frame.cols * frame.dx, frame.y0 - frame.rows * frame.dy
        if west >= frame.x0 and east <= right and south >= low and north <= frame.y0:
            return 1.0
        corners = [(frame.x0, low), (right, low), (right, frame.y0), (frame.x0, frame.y0), (frame.x0, low)]
        common = self._cut(self.shapes.polygons([np.array(corners)]))
        return 0.0 if common is None else self.amount_of(common) / self.amount

    def sample_of(self, frame: Any) -> Sample | None:
        """The cells of the place on a grid."""
        return self.once(
            ("sample", frame), lambda: sample(self.shapes.rings(self.shape), self.dimension, frame)
        )

    # -- features ----------------------------------------------------------------
    def _distance(self, attribute: str) -> Union[Distance, Unknown]:
        layers: list[Features] = []
        for role in _NEAREST[attribute]:
            found = self.ground.roles.get(role)
            if found is None:
                return Unknown(role)
            layers.append(found)
        still = attribute == "distance_to_lake_reservoir_m"
        return Distance(self, layers, (lambda f: kind_of(f) in STILL_WATER) if still else None)

    def _inside(self, attribute: str) -> Union[Part, Unknown]:
        if attribute in _POLYGONS_OF:
            return self.held_by(_POLYGONS_OF[attribute])
        if attribute == "gully_head":
            found = self.classes("gully")
            return found if isinstance(found, Unknown) else found.where(frozenset({"gully_head"}))
        if attribute == "inside_main_channel_bed":
            return self._bed()
        if attribute == "natural_regeneration":
            found = self.classes("flags")
            return found if isinstance(found, Unknown) else found.where(frozenset({attribute}))
        return Unknown(attribute, by_person=True)

    def held_by(self, role: str) -> Union[Part, Unknown]:
        """The part inside the features of a role."""
        features = self.ground.roles.get(role)
        if features is None:
            return Unknown(role)
        return united(self, self.overlay(features.near(self.box)))

    def _bed(self) -> Union[Part, Unknown]:
        """The part in the bed of the main channel: its line by its width, and river polygons beside it."""
        channels = self.ground.roles.get("CHANNELS")
        if channels is None:
            return Unknown("CHANNELS")
        main = [
            f
            for f in channels.near(self.box, 50.0)
            if "hack" not in f.attributes or f.attributes["hack"] == 1
        ]
        return united(self, self.reached(main, self.half_width))

    def half_width(self, channel: Feature) -> float:
        """Half the width of a channel, m; where it says none what counts as in the channel."""
        width = channel.attributes.get("width_m")
        return (
            float(width) / 2 if isinstance(width, (int, float)) and width > 0 else self.limit("in_channel_m")
        )

    def _along(
        self, role: str, column: str, reach: float, *, nearest: bool = False
    ) -> Union[PieceField, Unknown]:
        """A number that the lines of a role carry, where the place lies along them; ``nearest``: those only that
        none is nearer than.
        """
        features = self.ground.roles.get(role)
        if features is None:
            return Unknown(role)
        with_number = [
            f for f in features.near(self.box, reach) if _number(f.attributes.get(column)) is not None
        ]
        if nearest and with_number:
            apart = [round(self.shapes.distance(self.shape, f.shape), _DECIMALS) for f in with_number]
            with_number = [f for f, gap in zip(with_number, apart) if gap == min(apart)]
        pieces = self.reached(with_number, lambda _: reach)
        if not pieces:
            return Unknown(f"{role}.{column}")
        values = [(p, float(_number(p.feature.attributes[column]) or 0.0)) for p in pieces]
        return PieceField(self, values)

    def _gradient(self) -> Union[PieceField, Unknown]:
        """Fall of the channel the place stands in; of a gully where no channel with a gradient is there."""
        reach = self.limit("beside_m")
        found = self._along("CHANNELS", "gradient_permil", reach, nearest=True)
        if isinstance(found, Unknown) and "GULLIES" in self.ground.roles:
            of_gullies = self._along("GULLIES", "gradient_permil", reach, nearest=True)
            found = found if isinstance(of_gullies, Unknown) else of_gullies
        return found

    def _of_polygons(self, role: str, column: str) -> Union[PieceField, Unknown]:
        """A number that the polygons of a role carry; unknown where less than half the place has one."""
        found = self.overlay(self.ground.roles[role].near(self.box))
        values = [(p, _number(p.feature.attributes.get(column))) for p in found]
        known = [(p, v) for p, v in values if v is not None]
        return PieceField(self, known) if sum(p.share for p, _ in known) >= LEAST_KNOWN else Unknown(role)

    def overlay(self, features: Sequence[Feature]) -> list[Piece]:
        """What of the place lies in each of some polygons."""
        found = []
        for feature, common in zip(features, self.shapes.clip(self.shape, [f.shape for f in features])):
            if common is self.shape:
                found.append(Piece(feature, 1.0, None))
            elif common is not None:
                found.append(Piece(feature, self.amount_of(common) / self.amount, common))
        return [p for p in found if p.share > 1e-9]

    def reached(self, features: Iterable[Feature], reach: Callable[[Feature], float]) -> list[Piece]:
        """What of the place lies within a reach (m) of each feature."""
        found = []
        for feature in features:
            if self.shapes.distance(self.shape, feature.shape) > reach(feature):
                continue
            belt = self.ground.belt(feature.shape, max(reach(feature), 1e-3))
            common = None if belt is None else self.shapes.common(self.shape, belt)
            if common is not None:
                found.append(Piece(feature, min(self.amount_of(common) / self.amount, 1.0), common))
            elif self.dimension == 0:
                found.append(Piece(feature, 1.0, None))
        return found

    def _meeting(self, features: Sequence[Feature]) -> list[Feature]:
        return [
            f for f, m in zip(features, self.shapes.meeting(self.shape, [f.shape for f in features])) if m
        ]

    def _commonest(self, touching: Sequence[Feature]) -> Any:
        pieces = sorted(self.overlay(touching), key=lambda p: -p.share)
        return pieces[0].feature.attributes.get("code") if pieces else None

    # -- widths ----------------------------------------------------------------
    def _widths(self, limit: float) -> Union[Widths, Unknown]:
        if self.dimension != 2:
            said = _number(self.measure.attributes.get("width_m"))
            if said is None:
                return Unknown("LAYOUT.width_m")
            return Widths(said, said, WHOLE if said <= limit else NOWHERE, 0.0)
        found = strip_widths(self.shapes.rings(self.shape), limit)
        if not found.rings:
            return Widths(found.least, found.median, NOWHERE, 0.0)
        narrow = Part(found.share, lambda: self._cut(self.shapes.polygons(found.rings)))
        return Widths(found.least, found.median, narrow, found.narrow_length_m)

    def _cut(self, shape: Shape | None) -> Shape | None:
        return None if shape is None else self.shapes.common(self.shape, shape)

    def around(self, shape: Shape) -> GroundSite:
        """The place of the same measure with another shape, such as the ground beside it."""
        return GroundSite(self.ground, self.measure, shape)

    def limit(self, key: str) -> float:
        """A number of the edition, the county or the user."""
        return float(self.ground.settings.values[key])

    def once(self, key: Hashable, work: Callable[[], Any]) -> Any:
        """``work()``, done once for every key."""
        if key not in self._kept:
            self._kept[key] = work()
        return self._kept[key]


def _number(value: Any) -> float | None:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None
