"""What the layout as a whole lacks: what a clause wants in a zone and no measure gives (5.2.2-1 to -3, 5.2.3-5).

A finding here belongs to no measure: its ``measure_uuid`` and ``measure`` are empty and its part is what goes
without. Each asks whether there is one at all, for the zone's land, or for every village, enterprise and water
body by itself; whether there is enough of it is for the designer. What asks for measures is worked out once
(:func:`prepared`), so that whoever draws is told after each edit (:func:`omitted`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from ..errors import Problem
from ..landuse import class_name, group_members
from ..standard import Edition
from ..standard.model import Omission
from .features import Feature, Features
from .ground import CODE, LAYOUT, Ground
from .model import ASIDE, PASS, UNKNOWN, Confirmation, Finding, MeasureFeature, Shape, Unknown
from .places import Zones, land_patches
from .siteclasses import values_of

_SHOWN = 5
_WHOLE = {"zh": "全流域", "en": "the watershed"}
_LEAST_M2 = 1.0
"""Land smaller than areas are rounded to asks for nothing."""


class _Missing(Exception):
    """A role without which nothing can be said."""


@dataclass
class Need:
    """What a rule finds on the ground before any measure is looked at.

    ``land`` is what asks for a measure where it is not each of ``places`` by itself: the zone, or its land of some
    use. ``idle``: nothing asks. ``missing``: the role that is not known.
    """

    omission: Omission
    zone: Optional[Shape] = None
    land: Optional[Shape] = None
    places: Tuple[Feature, ...] = ()
    idle: bool = False
    missing: Optional[str] = None
    _met: Dict[int, Tuple[Shape, bool]] = field(default_factory=dict, repr=False)
    _server: Dict[int, Shape] = field(default_factory=dict, repr=False)

    def met(self, measures: Sequence[Feature], ground: Ground) -> bool:
        """Whether any measure lies in the zone; each shape is asked once."""
        if self.zone is None:
            return bool(measures)
        kept = {id(m.shape): self._met.get(id(m.shape)) for m in measures}
        fresh = [m.shape for m in measures if kept[id(m.shape)] is None]
        self._met = {key: known for key, known in kept.items() if known is not None}
        if fresh:
            answers = zip(fresh, ground.shapes.meeting(self.zone, fresh))
            self._met.update((id(s), (s, meets and self._holds(s, ground))) for s, meets in answers)
        return any(meets for _, meets in self._met.values())

    def _holds(self, shape: Shape, ground: Ground) -> bool:
        """Whether a measure that meets the zone has land in it; one that only shares its border has none."""
        if ground.shapes.dimension(shape) < 2:
            return True
        common = ground.shapes.common(shape, self.zone)
        return common is not None and ground.shapes.area(common) >= min(
            _LEAST_M2, ground.shapes.area(shape) / 2
        )

    def without(self, measures: Sequence[Feature], ground: Ground) -> list[Feature]:
        """The places that no measure serves; who served a place last is asked first."""
        reach = float(ground.settings.values[self.omission.reach]) if self.omission.reach else 0.0
        near = Features()
        for measure in measures:
            near.put(measure, ground.shapes.bounds(measure.shape))
        there = {id(m.shape) for m in measures}
        return [p for n, p in enumerate(self.places) if not self._served(n, p, near, there, reach, ground)]

    def _served(
        self, number: int, place: Feature, near: Features, there: set[int], reach: float, ground: Ground
    ) -> bool:
        last = self._server.get(number)
        if last is not None and id(last) in there:
            return True
        for measure in near.near(ground.shapes.bounds(place.shape), reach):
            if ground.shapes.distance(place.shape, measure.shape) <= reach:
                self._server[number] = measure.shape
                return True
        return False


def omissions(
    ground: Ground, edition: Edition, confirmed: Mapping[str, Confirmation] | None = None
) -> list[Finding]:
    """What every rule about the layout as a whole says, in the order of the data."""
    return [omitted(need, ground, edition, confirmed) for need in prepared(ground, edition)]


# -- what asks for measures ---------------------------------------------------------------


def prepared(ground: Ground, edition: Edition) -> list[Need]:
    """What asks for measures by every rule, in the order of the data; measures are not looked at."""
    zones = Zones(ground)
    return [_need(omission, zones, ground, edition) for omission in edition.siting.omissions]


def _need(omission: Omission, zones: Zones, ground: Ground, edition: Edition) -> Need:
    need = Need(omission)
    try:
        if omission.zone is not None:
            _role(ground, "ZONES")
            need = replace(need, zone=zones.shape(omission.zone))
            if need.zone is None:
                return replace(need, idle=True)
        if omission.role is not None:
            places = _places(omission, zones, ground, edition)
            return replace(need, places=tuple(places), idle=not places)
        return _of_land(need, ground, edition)
    except _Missing as missing:
        return replace(need, missing=str(missing))


def _role(ground: Ground, role: str) -> Features:
    features = ground.roles.get(role)
    if features is None:
        raise _Missing(role)
    return features


def _of_land(need: Need, ground: Ground, edition: Edition) -> Need:
    """The zone, or its land of the groups that the rule is about."""
    omission = need.omission
    if (
        omission.words or need.zone is None or not omission.land_use
    ):  # a board stands anywhere in the watershed
        return replace(need, land=None if omission.words else need.zone)
    any_measure = next(iter(edition.measures))
    site = ground.site(MeasureFeature("", any_measure, ground.shapes.wkb(need.zone)))
    classes = Unknown("LANDUSE") if site is None else site.classes("land_use")
    if isinstance(classes, Unknown):
        raise _Missing(classes.role)
    part = classes.where(_codes(omission, edition))
    land = need.zone if part.whole else part.shape
    if part.nowhere or land is None or ground.shapes.area(land) < _LEAST_M2:
        return replace(need, idle=True)
    return replace(need, land=land)


def _codes(omission: Omission, edition: Edition) -> frozenset[str]:
    groups = (g for g in edition.siting.land_use_groups if g.key in omission.land_use)
    return frozenset[str]().union(*(group_members(g.codes) for g in groups))


def _places(omission: Omission, zones: Zones, ground: Ground, edition: Edition) -> list[Feature]:
    """The features of the role, or the patches of land, that lie in the zone."""
    if omission.role == "LANDUSE":
        features = _patches(omission, ground, edition)
    else:
        every = _role(ground, omission.role or "")
        features = [f for f in every if not omission.kinds or f.attributes.get("kind") in omission.kinds]
    return features if omission.zone is None else zones.inside(omission.zone, features)


def _patches(omission: Omission, ground: Ground, edition: Edition) -> list[Feature]:
    codes = _codes(omission, edition)
    features = ground.roles.get("LANDUSE")
    if features is not None:
        return [f for f in features if codes & set(values_of(f.attributes.get(CODE)))]
    if ground.land_use_grid is None:
        raise _Missing("LANDUSE")
    return land_patches(ground.land_use_grid, codes, ground.shapes)


# -- what goes without ---------------------------------------------------------------------


def omitted(
    need: Need, ground: Ground, edition: Edition, confirmed: Mapping[str, Confirmation] | None = None
) -> Finding:
    """What one rule about the layout as a whole says; ``confirmed``: who overrode it, by rule id."""
    telling = _Telling(need, ground, edition, (confirmed or {}).get(need.omission.id))
    layout = ground.roles.get(LAYOUT)
    missing = LAYOUT if layout is None else need.missing
    if layout is None or missing is not None:
        return telling.unknown(str(missing))
    if need.idle:
        return telling.says(ASIDE, "QL-SITE-NONEED")
    measures = [m for m in layout if _does(need.omission, m, edition)]
    if need.places:
        without = need.without(measures, ground)
        return telling.each(without) if without else telling.complete(measures)
    there = bool(measures) if need.omission.words else need.met(measures, ground)
    return telling.complete(measures) if there else telling.land()


def _does(omission: Omission, feature: Feature, edition: Edition) -> bool:
    """Whether a measure of the layout is one that would do."""
    key = str(feature.attributes.get("measure"))
    measure = edition.measures.get(key)
    in_group = omission.group is not None and measure is not None and measure.group == omission.group
    return (
        key in omission.measures or in_group or (bool(omission.words) and _named(omission, feature, edition))
    )


def _named(omission: Omission, feature: Feature, edition: Edition) -> bool:
    """Whether a measure is what only the clause's text names: by its own clause or its name."""
    measure = edition.measures.get(str(feature.attributes.get("measure")))
    if measure is None or not measure.placeholder:
        return False
    name = str(feature.attributes.get("name") or "").lower()
    return feature.attributes.get("clause") == omission.clause or any(w in name for w in omission.words)


@dataclass(frozen=True)
class _Telling:
    """Puts what was found into words."""

    need: Need
    ground: Ground
    edition: Edition
    confirmed: Optional[Confirmation]

    def says(
        self,
        verdict: str,
        code: str,
        part: Optional[Shape] = None,
        share: Optional[float] = None,
        **facts: Any,
    ) -> Finding:
        """A finding whose part is ``part``."""
        omission, shapes = self.need.omission, self.ground.shapes
        named = self.edition.zones.get(omission.zone or "")
        dash = {"zh": "—", "en": "-"}
        words = {
            "zone": {"zh": named.zh, "en": named.en} if named is not None else _WHOLE,
            "what": {"zh": omission.zh, "en": omission.en},
            "lacking": dash, "found": dash, "clause": omission.clause, "rule": omission.id, "roles": "", **facts,
        }  # fmt: skip
        area = shapes.area(part) if part is not None and shapes.dimension(part) == 2 else None
        return Finding(
            "", "", omission.id, omission.clause, "require", omission.severity, verdict, Problem(code, words),
            failing_area_m2=None if area is None else round(area, 3),
            failing=None if part is None else shapes.wkb(part), share=share, confirmed=self.confirmed,
        )  # fmt: skip

    def unknown(self, role: str) -> Finding:
        """The rule cannot be judged for want of a role."""
        return replace(self.says(UNKNOWN, "QL-SITE-OMITUNKNOWN", roles=role), missing=(role,))

    def complete(self, measures: Sequence[Feature]) -> Finding:
        """The layout has what the rule wants."""
        every = self.edition.measures
        keys = [k for k in every if any(m.attributes.get("measure") == k for m in measures)]
        found = {
            "zh": "、".join(every[k].name_zh for k in keys) or "—",
            "en": ", ".join(every[k].name_en for k in keys) or "-",
        }
        return self.says(PASS, "QL-SITE-COMPLETE", found=found)

    def land(self) -> Finding:
        """The zone or its land goes without."""
        omission, land = self.need.omission, self.need.land
        if land is None:
            words = _WHOLE
        elif omission.land_use:
            hm2 = self.ground.shapes.area(land) / 1e4
            groups = [g for g in self.edition.siting.land_use_groups if g.key in omission.land_use]
            zh, en = "、".join(g.zh for g in groups), " and ".join(g.en for g in groups)
            words = {"zh": f"{hm2:.4f} hm² {zh}", "en": f"{hm2:.4f} hm² of {en}"}
        else:
            words = {"zh": "该区", "en": "the zone"}
        return self.says(omission.severity, "QL-SITE-OMITTED", land, 1.0, lacking=words)

    def each(self, without: Sequence[Feature]) -> Finding:
        """Some of the places go without."""
        every = len(self.need.places)
        part = self.ground.shapes.union([f.shape for f in without])
        more = len(without) - _SHOWN
        zh, en = (self._names(without[:_SHOWN], language) for language in ("zh", "en"))
        words = {
            "zh": f"{every} 处中的 {len(without)} 处（{zh}{f' 等 {len(without)} 处' if more > 0 else ''}）",
            "en": f"{len(without)} of {every} ({en}{f' and {more} more' if more > 0 else ''})",
        }
        omission = self.need.omission
        return self.says(omission.severity, "QL-SITE-OMITTED", part, len(without) / every, lacking=words)

    def _names(self, places: Sequence[Feature], language: str) -> str:
        return ("、" if language == "zh" else ", ").join(self._name(p, language) for p in places)

    def _name(self, place: Feature, language: str) -> str:
        own = place.attributes.get("name")
        codes = values_of(place.attributes.get(CODE))
        if own or not codes or self.need.omission.role != "LANDUSE":
            return str(own or place.key)
        return f"{class_name(codes[0], language)} {place.key}"
