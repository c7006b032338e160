"""What the layout as a whole lacks: what a clause wants in a zone and no measure gives (5.2.2-1 to -3, 5.2.3-5).

A finding here belongs to no measure: its ``measure_uuid`` and ``measure`` are empty and its part is the zone. Each
asks whether there is one at all, for the zone's land, or for every village and water body by itself; whether
there is enough of it is for the designer.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional, Sequence, Tuple

from ..errors import Problem
from ..landuse import group_members
from ..standard import Edition
from ..standard.model import Omission
from .features import Feature, Features
from .ground import LAYOUT, Ground
from .model import ASIDE, NOISE, PASS, UNKNOWN, Finding, MeasureFeature, Shape, Unknown

_SHOWN = 5
_WHOLE = {"zh": "全流域", "en": "the watershed"}


class _Lack(NamedTuple):
    """What goes without: ``share`` of all that needs it, its area (m²) where it has one, and words for it."""

    share: float
    area_m2: Optional[float]
    words: Mapping[str, str]


class _Missing(Exception):
    """A role without which nothing can be said."""


def omissions(ground: Ground, edition: Edition) -> list[Finding]:
    """What every rule about the layout as a whole says, in the order of the data."""
    return [_judged(omission, ground, edition) for omission in edition.siting.omissions]


def _judged(omission: Omission, ground: Ground, edition: Edition) -> Finding:
    zone: Optional[Shape] = None
    try:
        measures = _wanted(omission, ground, edition)
        if omission.zone is not None:
            zone = _zone(omission.zone, ground)
            if zone is None:
                return _finding(omission, ground, edition, ASIDE, "QL-SITE-NONEED")
        lack = _lack(omission, zone, measures, ground, edition)
    except _Missing as missing:
        role = str(missing)
        return _finding(omission, ground, edition, UNKNOWN, "QL-SITE-OMITUNKNOWN", zone, roles=(role,))
    if lack is None:
        return _finding(omission, ground, edition, ASIDE, "QL-SITE-NONEED", zone)
    if lack.share <= NOISE:
        names = _names(edition, measures)
        return _finding(omission, ground, edition, PASS, "QL-SITE-COMPLETE", zone, found=names)
    return _finding(omission, ground, edition, omission.severity, "QL-SITE-OMITTED", zone, lack=lack)


def _role(ground: Ground, role: str) -> Features:
    features = ground.roles.get(role)
    if features is None:
        raise _Missing(role)
    return features


def _wanted(omission: Omission, ground: Ground, edition: Edition) -> list[Feature]:
    """The measures of the layout that would do."""
    keys = set(omission.measures)
    keys |= {
        m.key for m in edition.measures.values() if omission.group is not None and m.group == omission.group
    }
    found = []
    for feature in _role(ground, LAYOUT):
        key = str(feature.attributes.get("measure"))
        if key in keys or (omission.words and _named(omission, feature, edition)):
            found.append(feature)
    return found


def _named(omission: Omission, feature: Feature, edition: Edition) -> bool:
    """Whether a measure is what only the clause's text names: by its own clause or its name."""
    measure = edition.measures.get(str(feature.attributes.get("measure")))
    if measure is None or not measure.placeholder:
        return False
    name = str(feature.attributes.get("name") or "").lower()
    return feature.attributes.get("clause") == omission.clause or any(w in name for w in omission.words)


def _zone(key: str, ground: Ground) -> Optional[Shape]:
    """All of a zone as one shape, None where the watershed has none."""
    return ground.shapes.union([f.shape for f in _role(ground, "ZONES") if f.attributes.get("zone") == key])


def _lack(
    omission: Omission, zone: Optional[Shape], measures: Sequence[Feature], ground: Ground, edition: Edition
) -> Optional[_Lack]:
    """What goes without; None where nothing needs it."""
    if omission.role is not None:
        return _each(omission, zone, measures, ground, edition)
    need = _Lack(1.0, None if zone is None else ground.shapes.area(zone), {"zh": "该区", "en": "the zone"})
    if omission.words:  # anywhere in the watershed will do
        return _Lack(0.0 if measures else 1.0, None, _WHOLE)
    if omission.land_use and zone is not None:
        area = _land(omission, zone, ground, edition)
        if area <= NOISE:
            return None
        groups = [g for g in edition.siting.land_use_groups if g.key in omission.land_use]
        zh, en = "、".join(g.zh for g in groups), " and ".join(g.en for g in groups)
        need = _Lack(1.0, area, {"zh": f"{area / 1e4:.4f} hm² {zh}", "en": f"{area / 1e4:.4f} hm² of {en}"})
    shapes = [m.shape for m in measures]
    there = bool(shapes) if zone is None else any(ground.shapes.meeting(zone, shapes))
    return need._replace(share=0.0) if there else need


def _land(omission: Omission, zone: Shape, ground: Ground, edition: Edition) -> float:
    """Area (m²) of the zone's land of the groups."""
    any_measure = next(iter(edition.measures))
    site = ground.site(MeasureFeature("", any_measure, ground.shapes.wkb(zone)))
    classes = Unknown("LANDUSE") if site is None else site.classes("land_use")
    if isinstance(classes, Unknown):
        raise _Missing(classes.role)
    groups = (g for g in edition.siting.land_use_groups if g.key in omission.land_use)
    codes = frozenset[str]().union(*(group_members(g.codes) for g in groups))
    return classes.where(codes).share * ground.shapes.area(zone)


def _each(
    omission: Omission, zone: Optional[Shape], measures: Sequence[Feature], ground: Ground, edition: Edition
) -> Optional[_Lack]:
    """Features of the role in the zone, each with a measure within reach or without one."""
    features = [
        f
        for f in _role(ground, omission.role or "")
        if not omission.kinds or f.attributes.get("kind") in omission.kinds
    ]
    if zone is not None:
        inside = ground.shapes.meeting(zone, [f.shape for f in features])
        features = [f for f, meets in zip(features, inside) if meets]
    if not features:
        return None
    reach = float(ground.settings.values[omission.reach]) if omission.reach else 0.0
    without = [f for f in features if not _served(f, measures, reach, ground)]
    areas = [ground.shapes.area(f.shape) for f in without if ground.shapes.dimension(f.shape) == 2]
    area = sum(areas) if areas and len(areas) == len(without) else None
    return _Lack(len(without) / len(features), area, _counted(omission, without, len(features), edition))


def _served(feature: Feature, measures: Sequence[Feature], reach: float, ground: Ground) -> bool:
    west, south, east, north = ground.shapes.bounds(feature.shape)
    for measure in measures:
        left, low, right, high = ground.shapes.bounds(measure.shape)
        apart = left - east > reach or west - right > reach or low - north > reach or south - high > reach
        if not apart and ground.shapes.distance(feature.shape, measure.shape) <= reach:
            return True
    return False


def _counted(omission: Omission, without: Sequence[Feature], of: int, edition: Edition) -> Mapping[str, str]:
    names = [str(f.attributes.get("name") or f.key) for f in without]
    more = len(names) - _SHOWN
    zh = "、".join(names[:_SHOWN]) + (f" 等 {len(names)} 处" if more > 0 else "")
    en = ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return {"zh": f"{of} 处中的 {len(without)} 处（{zh}）", "en": f"{len(without)} of {of} ({en})"}


def _names(edition: Edition, measures: Sequence[Feature]) -> Mapping[str, str]:
    keys = [k for k in edition.measures if any(m.attributes.get("measure") == k for m in measures)]
    return {
        "zh": "、".join(edition.measures[k].name_zh for k in keys) or "—",
        "en": ", ".join(edition.measures[k].name_en for k in keys) or "-",
    }


def _finding(
    omission: Omission,
    ground: Ground,
    edition: Edition,
    verdict: str,
    code: str,
    zone: Optional[Shape] = None,
    *,
    lack: Optional[_Lack] = None,
    roles: Tuple[str, ...] = (),
    found: Optional[Mapping[str, str]] = None,
) -> Finding:
    named = edition.zones.get(omission.zone or "")
    facts = {
        "zone": {"zh": named.zh, "en": named.en} if named is not None else _WHOLE,
        "what": {"zh": omission.zh, "en": omission.en},
        "lacking": lack.words if lack is not None else {"zh": "—", "en": "-"},
        "found": found or {"zh": "—", "en": "-"},
        "clause": omission.clause, "rule": omission.id, "roles": ", ".join(roles),
    }  # fmt: skip
    area = None if lack is None or lack.area_m2 is None else round(lack.area_m2, 3)
    return Finding(
        "", "", omission.id, omission.clause, "require", omission.severity, verdict, Problem(code, facts),
        failing_area_m2=area, failing=None if zone is None else ground.shapes.wkb(zone),
        share=None if lack is None else lack.share, missing=roles,
    )  # fmt: skip
