"""Classes over a place: zone, land use, state of the channel, water beside it, gullies (:class:`.model.Classes`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Mapping, Union

from .features import Feature, Features
from .model import Unknown
from .pieces import CellClasses, Piece, PieceClasses

if TYPE_CHECKING:
    from .site import GroundSite

LEAST_KNOWN = 0.5
"""Share of a place that must be known before a grid or a cover of polygons says anything of it."""

HARD_BANKS = ("hard", "硬质")
STILL_WATER = ("reservoir", "lake", "pond")
STATES = frozenset({"natural", "disturbed", "destroyed"})
WIDEST_M = 50.0
"""Half the width of the widest channel that is looked for around a place."""


def _columns(site: GroundSite, role: str, column: str) -> Union[Features, Unknown]:
    """The features of a role if they are there and carry a column."""
    features = site.ground.roles.get(role)
    if features is None:
        return Unknown(role)
    if len(features) and column not in features.columns:
        return Unknown(f"{role}.{column}")
    return features


def _by_polygons(site: GroundSite, role: str, column: str) -> Union[PieceClasses, Unknown]:
    features = _columns(site, role, column)
    if isinstance(features, Unknown):
        return features
    pieces = site.once(("overlay", role), lambda: site.overlay(features.near(site.box)))
    if sum(p.share for p in pieces) < LEAST_KNOWN:  # land that no polygon covers is not known
        return Unknown(role)
    return PieceClasses(site, pieces, lambda f: values_of(f.attributes.get(column)), cover=True)


def _zone(site: GroundSite) -> Union[PieceClasses, Unknown]:
    return _by_polygons(site, "ZONES", "zone")


def _flags(site: GroundSite) -> Union[PieceClasses, Unknown]:
    return _by_polygons(site, "PARCELS", "flags")


def _land_use(site: GroundSite) -> Union[PieceClasses, CellClasses, Unknown]:
    if "LANDUSE" in site.ground.roles:
        return _by_polygons(site, "LANDUSE", "code")
    grid = site.ground.land_use_grid
    if grid is None:
        return Unknown("LANDUSE")
    taken = site.sample_of(grid.index.frame)
    if taken is None or site.share_on(grid.index.frame) < LEAST_KNOWN:
        return Unknown("LANDUSE")
    return CellClasses(site, grid.index.frame, taken, taken.values(grid.index.values), grid.codes)


def _neighbours(site: GroundSite) -> Union[PieceClasses, CellClasses, Unknown]:
    """Land use of the ground beside the place."""
    if "LANDUSE" not in site.ground.roles and site.ground.land_use_grid is None:
        return Unknown("LANDUSE")
    wide = site.shapes.buffer(site.shape, site.limit("beside_m"))
    ring = None if wide is None else site.shapes.minus(wide, site.shape) if site.dimension == 2 else wide
    if ring is None:
        return Unknown("LANDUSE")
    return site.around(ring).classes("land_use")


def _channel_state(site: GroundSite) -> Union[PieceClasses, Unknown]:
    """State of the channel the place is in; nothing where it is in none."""
    channels = site.ground.roles.get("CHANNELS")
    if channels is None:
        return Unknown("CHANNELS")
    pieces = site.reached(channels.near(site.box, WIDEST_M), site.half_width)
    silent = any(not STATES & set(values_of(p.feature.attributes.get("state"))) for p in pieces)
    missing = {"CHANNELS.state": STATES} if silent else {}
    return PieceClasses(site, pieces, lambda f: values_of(f.attributes.get("state")), missing)


def _bank_type(site: GroundSite) -> Union[PieceClasses, Unknown]:
    features = _columns(site, "BANKS", "bank_type")
    if isinstance(features, Unknown):
        return features
    reach = site.limit("beside_m")
    pieces = site.reached(features.near(site.box, reach), lambda _: reach)
    return PieceClasses(site, pieces, _banks)


def _reach(site: GroundSite) -> Union[PieceClasses, Unknown]:
    """Whether the place lies along a village or an important building."""
    reach = site.limit("village_reach_m")
    pieces: list[Piece] = []
    missing: dict[str, frozenset[str]] = {}
    for role, key in (("VILLAGES", "through_village"), ("BUILDINGS", "important_building")):
        features = site.ground.roles.get(role)
        if features is None:
            missing[role] = frozenset({key})
            continue
        pieces += [p.named(key) for p in site.reached(features.near(site.box, reach), lambda _: reach)]
    return PieceClasses(site, pieces, _no_classes, missing)


def _adjacent_water(site: GroundSite) -> Union[PieceClasses, Unknown]:
    """Kinds of water beside the place."""
    reach = site.limit("beside_m")
    pieces: list[Piece] = []
    missing: dict[str, frozenset[str]] = {}
    for role, kinds in (("CHANNELS", frozenset({"channel"})), ("WATERBODIES", frozenset(STILL_WATER))):
        features = site.ground.roles.get(role)
        if features is None:
            missing[role] = kinds
            continue
        near = (
            f for f in features.near(site.box, reach) if site.shapes.distance(site.shape, f.shape) <= reach
        )
        pieces += [Piece(f, 1.0, None, "channel" if role == "CHANNELS" else kind_of(f)) for f in near]
    return PieceClasses(site, pieces, _no_classes, missing)


def _facility(site: GroundSite) -> Union[PieceClasses, Unknown]:
    features = _columns(site, "POLLUTION", "kind")
    if isinstance(features, Unknown):
        return features
    reach = site.limit("village_reach_m")
    pieces = site.reached(features.near(site.box, reach), lambda _: reach)
    return PieceClasses(site, pieces, _facilities)


def _landform(site: GroundSite) -> Union[PieceClasses, Unknown]:
    features = _columns(site, "GULLIES", "landform")
    if isinstance(features, Unknown):
        return features
    reach = site.limit("gully_edge_m")
    pieces = site.reached(features.near(site.box, reach), lambda _: reach)
    return PieceClasses(site, pieces, lambda f: values_of(f.attributes.get("landform")))


def _gully(site: GroundSite) -> Union[PieceClasses, Unknown]:
    """Heads, edges and sides of gullies: a line's head is its first vertex, a polygon's inside its side."""
    gullies = site.ground.roles.get("GULLIES")
    if gullies is None:
        return Unknown("GULLIES")
    reach = site.limit("gully_edge_m")
    near = gullies.near(site.box, reach)
    pieces = [p.named("gully_edge") for p in site.reached(near, lambda _: reach)]
    wide = [f for f in near if site.shapes.dimension(f.shape) == 2]
    pieces += [p.named("gully_side") for p in site.overlay(wide)]
    heads = [_head(site, f) for f in near if site.shapes.dimension(f.shape) < 2]
    pieces += [p.named("gully_head") for p in site.reached(heads, lambda _: reach)]
    return PieceClasses(site, pieces, _no_classes)


def _head(site: GroundSite, feature: Feature) -> Feature:
    """The head of a gully: its point, or where its line begins."""
    return feature._replace(shape=site.ground.head(feature.shape))


def values_of(value: Any) -> tuple[str, ...]:
    """The keys in a column: one, several with commas or ``{"a","b"}``, or none."""
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return tuple(str(v) for v in value)
    return tuple(t for t in (p.strip(' "{}') for p in str(value).replace("，", ",").split(",")) if t)


def _no_classes(feature: Feature) -> tuple[str, ...]:
    return ()


def kind_of(feature: Feature) -> str:
    """The column ``kind``, empty where it says nothing."""
    return str(feature.attributes.get("kind") or "")


def _banks(feature: Feature) -> tuple[str, ...]:
    return tuple("hard" if v in HARD_BANKS else v for v in values_of(feature.attributes.get("bank_type")))


def _facilities(feature: Feature) -> tuple[str, ...]:
    if kind_of(feature) != "farm":
        return ()
    large = feature.attributes.get("scale_farm") in (True, 1, "1", "true", "True")
    return ("livestock_farm", "scale_livestock_farm") if large else ("livestock_farm",)


CLASSES: Mapping[str, Callable[[Any], Any]] = {
    "zone": _zone,
    "land_use": _land_use,
    "neighbour_land_use": _neighbours,
    "flags": _flags,
    "channel_state": _channel_state,
    "bank_type": _bank_type,
    "reach": _reach,
    "adjacent_to": _adjacent_water,
    "facility": _facility,
    "landform": _landform,
    "gully": _gully,
}
