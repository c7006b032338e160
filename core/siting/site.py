"""One measure's place, asked question by question (:class:`.model.Site`). Answers are kept."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable, Hashable, Iterable, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from .features import Feature, Features
from .model import NOWHERE, WHOLE, MeasureFeature, Part, Shape, Unknown, Widths
from .pieces import CellClasses, CellField, Distance, Piece, PieceClasses, PieceField, united
from .sampling import Sample, sample
from .widths import strip_widths

if TYPE_CHECKING:
    from .ground import Ground

_LEAST_KNOWN = 0.5
"""Share of a place that must be known before a grid or a cover of polygons says anything of it."""

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
HARD_BANKS = ("hard", "硬质")
_STILL_WATER = ("reservoir", "lake", "pond")
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
        return self._once(("field", attribute), lambda: self._field(attribute))

    def classes(self, attribute: str) -> Union[CellClasses, PieceClasses, Unknown]:
        """See :class:`.model.Site`."""
        return self._once(("classes", attribute), lambda: _CLASSES[attribute](self))

    def inside(self, attribute: str) -> Union[Part, Unknown]:
        """See :class:`.model.Site`."""
        return self._once(("inside", attribute), lambda: self._inside(attribute))

    def widths(self, limit: float) -> Union[Widths, Unknown]:
        """See :class:`.model.Site`."""
        return self._once(("widths", limit), lambda: self._widths(limit))

    def beside(self, reach: float, block_reach: float | None = None) -> Union[frozenset[str], Unknown]:
        """See :class:`.model.Site`."""
        features = self.ground.roles.get("LAYOUT")
        if features is None:
            return Unknown("LAYOUT")
        return self._once(("beside", reach, block_reach), lambda: self._beside(features, reach, block_reach))

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
            return self._along("BANKS", "bank_slope_deg", self._limit("beside_m"))
        if attribute == "channel_gradient":
            return self._along("CHANNELS", "gradient_permil", self._limit("beside_m"))
        if attribute == "soil_depth_cm" and "SOIL_DEPTH" in self.ground.roles:
            return self._of_polygons("SOIL_DEPTH", attribute)
        return self.cells(attribute, _GRIDS.get(attribute, "DEM"))

    def cells(self, grid: str, role: str) -> Union[CellField, Unknown]:
        """The values of a grid in the place."""
        found = self.ground.grids.get(grid)
        taken = None if found is None else self._sample(found.frame)
        if found is None or taken is None:
            return Unknown(role)
        values = taken.values(found.values)
        known = taken.mask & np.isfinite(values)
        if known.sum() < _LEAST_KNOWN * taken.mask.sum():
            return Unknown(role)
        return CellField(self, found.frame, taken, known, values)

    def _sample(self, frame: Any) -> Sample | None:
        return self._once(
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
        return Distance(self, layers, (lambda f: _kind(f) in _STILL_WATER) if still else None)

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
        return united(self, self.reached(main, self._half_width))

    def _half_width(self, channel: Feature) -> float:
        width = channel.attributes.get("width_m")
        return (
            float(width) / 2 if isinstance(width, (int, float)) and width > 0 else self._limit("in_channel_m")
        )

    def _along(self, role: str, column: str, reach: float) -> Union[PieceField, Unknown]:
        """A number that the lines of a role carry, where the place lies along them."""
        features = self.ground.roles.get(role)
        if features is None:
            return Unknown(role)
        with_number = [
            f for f in features.near(self.box, reach) if _number(f.attributes.get(column)) is not None
        ]
        pieces = self.reached(with_number, lambda _: reach)
        if not pieces:
            return Unknown(f"{role}.{column}")
        values = [(p, float(_number(p.feature.attributes[column]) or 0.0)) for p in pieces]
        return PieceField(self, values)

    def _of_polygons(self, role: str, column: str) -> Union[PieceField, Unknown]:
        """A number that the polygons of a role carry; unknown where less than half the place has one."""
        found = self.overlay(self.ground.roles[role].near(self.box))
        values = [(p, _number(p.feature.attributes.get(column))) for p in found]
        known = [(p, v) for p, v in values if v is not None]
        return PieceField(self, known) if sum(p.share for p, _ in known) >= _LEAST_KNOWN else Unknown(role)

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

    # -- classes ---------------------------------------------------------------
    def columns(self, role: str, column: str) -> Union[Features, Unknown]:
        """The features of a role if they are there and carry a column."""
        features = self.ground.roles.get(role)
        if features is None:
            return Unknown(role)
        if len(features) and column not in features.columns:
            return Unknown(f"{role}.{column}")
        return features

    def _by_polygons(self, role: str, column: str) -> Union[PieceClasses, Unknown]:
        features = self.columns(role, column)
        if isinstance(features, Unknown):
            return features
        pieces = self._once(("overlay", role), lambda: self.overlay(features.near(self.box)))
        if sum(p.share for p in pieces) < _LEAST_KNOWN:  # land that no polygon covers is not known
            return Unknown(role)
        return PieceClasses(self, pieces, lambda f: _values(f.attributes.get(column)), cover=True)

    def _land_use(self) -> Union[PieceClasses, CellClasses, Unknown]:
        if "LANDUSE" in self.ground.roles:
            return self._by_polygons("LANDUSE", "code")
        grid = self.ground.land_use_grid
        if grid is None:
            return Unknown("LANDUSE")
        taken = self._sample(grid.index.frame)
        if taken is None:
            return Unknown("LANDUSE")
        return CellClasses(self, grid.index.frame, taken, taken.values(grid.index.values), grid.codes)

    def _neighbours(self) -> Union[PieceClasses, CellClasses, Unknown]:
        """Land use of the ground beside the place."""
        if "LANDUSE" not in self.ground.roles and self.ground.land_use_grid is None:
            return Unknown("LANDUSE")
        wide = self.shapes.buffer(self.shape, self._limit("beside_m"))
        ring = None if wide is None else self.shapes.minus(wide, self.shape) if self.dimension == 2 else wide
        if ring is None:
            return Unknown("LANDUSE")
        return GroundSite(self.ground, self.measure, ring).classes("land_use")

    def _channel_state(self) -> Union[PieceClasses, Unknown]:
        """State of the channel the place is in; nothing where it is in none."""
        channels = self.ground.roles.get("CHANNELS")
        if channels is None:
            return Unknown("CHANNELS")
        pieces = self.reached(channels.near(self.box, 50.0), self._half_width)
        if any(not _values(p.feature.attributes.get("state")) for p in pieces):
            return Unknown("CHANNELS.state")
        return PieceClasses(self, pieces, lambda f: _values(f.attributes.get("state")))

    def _bank_type(self) -> Union[PieceClasses, Unknown]:
        features = self.columns("BANKS", "bank_type")
        if isinstance(features, Unknown):
            return features
        reach = self._limit("beside_m")
        pieces = self.reached(features.near(self.box, reach), lambda _: reach)
        return PieceClasses(self, pieces, lambda f: _banks(f))

    def _reach(self) -> Union[PieceClasses, Unknown]:
        """Whether the place lies along a village or an important building."""
        reach = self._limit("village_reach_m")
        pieces: list[Piece] = []
        missing: dict[str, frozenset[str]] = {}
        for role, key in (("VILLAGES", "through_village"), ("BUILDINGS", "important_building")):
            features = self.ground.roles.get(role)
            if features is None:
                missing[role] = frozenset({key})
                continue
            pieces += [p.named(key) for p in self.reached(features.near(self.box, reach), lambda _: reach)]
        return PieceClasses(self, pieces, _no_classes, missing)

    def _adjacent_water(self) -> Union[PieceClasses, Unknown]:
        """Kinds of water beside the place."""
        reach = self._limit("beside_m")
        pieces: list[Piece] = []
        missing: dict[str, frozenset[str]] = {}
        for role, kinds in (("CHANNELS", frozenset({"channel"})), ("WATERBODIES", frozenset(_STILL_WATER))):
            features = self.ground.roles.get(role)
            if features is None:
                missing[role] = kinds
                continue
            near = (
                f
                for f in features.near(self.box, reach)
                if self.shapes.distance(self.shape, f.shape) <= reach
            )
            pieces += [Piece(f, 1.0, None, "channel" if role == "CHANNELS" else _kind(f)) for f in near]
        return PieceClasses(self, pieces, _no_classes, missing)

    def _facility(self) -> Union[PieceClasses, Unknown]:
        features = self.columns("POLLUTION", "kind")
        if isinstance(features, Unknown):
            return features
        reach = self._limit("village_reach_m")
        pieces = self.reached(features.near(self.box, reach), lambda _: reach)
        return PieceClasses(self, pieces, _facilities)

    def _landform(self) -> Union[PieceClasses, Unknown]:
        features = self.columns("GULLIES", "landform")
        if isinstance(features, Unknown):
            return features
        reach = self._limit("gully_edge_m")
        pieces = self.reached(features.near(self.box, reach), lambda _: reach)
        return PieceClasses(self, pieces, lambda f: _values(f.attributes.get("landform")))

    def _gully(self) -> Union[PieceClasses, Unknown]:
        """Heads, edges and sides of gullies: a line's head is its first vertex, a polygon's inside its side."""
        gullies = self.ground.roles.get("GULLIES")
        if gullies is None:
            return Unknown("GULLIES")
        reach = self._limit("gully_edge_m")
        near = gullies.near(self.box, reach)
        pieces = [p.named("gully_edge") for p in self.reached(near, lambda _: reach)]
        wide = [f for f in near if self.shapes.dimension(f.shape) == 2]
        pieces += [p.named("gully_side") for p in self.overlay(wide)]
        heads = [f._replace(shape=self._head(f.shape)) for f in near if self.shapes.dimension(f.shape) < 2]
        pieces += [p.named("gully_head") for p in self.reached(heads, lambda _: reach)]
        return PieceClasses(self, pieces, _no_classes)

    def _head(self, shape: Shape) -> Shape:
        if self.shapes.dimension(shape) == 0:
            return shape
        return self.shapes.point(self.shapes.rings(shape)[0][0])

    def _limit(self, key: str) -> float:
        return float(self.ground.settings.values[key])

    def _once(self, key: Hashable, work: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = work()
        return self._kept[key]


def _number(value: Any) -> float | None:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None


def _values(value: Any) -> tuple[str, ...]:
    """The keys in a column: one, several with commas or ``{"a","b"}``, or none."""
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return tuple(str(v) for v in value)
    return tuple(t for t in (p.strip(' "{}') for p in str(value).replace("，", ",").split(",")) if t)


def _no_classes(feature: Feature) -> tuple[str, ...]:
    return ()


def _kind(feature: Feature) -> str:
    return str(feature.attributes.get("kind") or "")


def _banks(feature: Feature) -> tuple[str, ...]:
    return tuple("hard" if v in HARD_BANKS else v for v in _values(feature.attributes.get("bank_type")))


def _facilities(feature: Feature) -> tuple[str, ...]:
    if _kind(feature) != "farm":
        return ()
    large = feature.attributes.get("scale_farm") in (True, 1, "1", "true", "True")
    return ("livestock_farm", "scale_livestock_farm") if large else ("livestock_farm",)


_CLASSES: Mapping[str, Callable[[GroundSite], Any]] = {
    "zone": lambda s: s._by_polygons("ZONES", "zone"),
    "land_use": GroundSite._land_use,
    "neighbour_land_use": GroundSite._neighbours,
    "flags": lambda s: s._by_polygons("PARCELS", "flags"),
    "channel_state": GroundSite._channel_state,
    "bank_type": GroundSite._bank_type,
    "reach": GroundSite._reach,
    "adjacent_to": GroundSite._adjacent_water,
    "facility": GroundSite._facility,
    "landform": GroundSite._landform,
    "gully": GroundSite._gully,
}
