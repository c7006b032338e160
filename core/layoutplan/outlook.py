"""What a layout would make of the indicators that follow from its drawing: C.1, C.2 and C.8 as planned.

An outlook of ours for comparing schemes, not a value of the evaluation: every measure is taken as built and at its
full effect. Eroded land under a measure against erosion counts as treated, land planted with forest or grass
as forest and grass, hard bank with ecological protection along it as ecological. What no layer tells is None.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Iterable, NamedTuple, Optional, Sequence, Tuple

from ..landuse import forest_grass
from ..siting.features import Feature, Features
from ..siting.ground import CODE, Ground
from ..siting.model import Shape, Shapes
from ..standard import Edition

EROSION, EROSION_CLASS = "EROSION", "class"
BANKS, LANDUSE = "BANKS", "LANDUSE"
PLANTED = ("conservation_forest", "grass", "aerial_seeding")
BANK_WORKS = ("ecological_slope_protection", "bank_treatment")
AGAINST_EROSION, PROTECTION = "erosion_control", "protection"
HARD = "硬质"
GOOD_BANKS = ("自然", "人工生态", "硬质（已柔化美化）")
BESIDE = "beside_m"
NUMBERS = (1, 2, 17)
"""Indicators of table 7-1 that a drawing has something to say of."""

Drawn = Tuple[str, Shape]
"""A measure: its key of table B.1 and its shape."""


class Outlook(NamedTuple):
    """An indicator in per cent: ``now`` on the ground as it is, ``planned`` with the layout; None: not known.

    ``missing``: the role without which neither can be told.
    """

    number: int
    now: Optional[float]
    planned: Optional[float]
    missing: str = ""


def outlook(drawn: Sequence[Drawn], ground: Ground, edition: Edition) -> tuple[Outlook, ...]:
    """The outlooks of :data:`NUMBERS`, in their order."""
    return (_erosion(drawn, ground, edition), _cover(drawn, ground), _banks(drawn, ground))


def _erosion(drawn: Sequence[Drawn], ground: Ground, edition: Edition) -> Outlook:
    """C.1: (1 - light erosion and worse / all land) x 100."""
    features = _known(ground, EROSION, EROSION_CLASS)
    if features is None:
        return Outlook(1, None, None, EROSION)
    eroded = [f for f in features if _grade(f) >= 2]
    keys = {m.key for m in edition.measures.values() if m.group == AGAINST_EROSION or m.zone == PROTECTION}
    return _land(1, features, eroded, _areas(drawn, keys, ground.shapes), ground.shapes)


def _cover(drawn: Sequence[Drawn], ground: Ground) -> Outlook:
    """C.2: forest and grass / all land x 100."""
    features = _known(ground, LANDUSE, CODE)
    if features is None:
        return Outlook(2, None, None, LANDUSE)
    other = [f for f in features if not forest_grass(_code(f))]
    return _land(2, features, other, _areas(drawn, set(PLANTED), ground.shapes), ground.shapes)


def _land(
    number: int, every: Features, bad: Sequence[Feature], mended: Sequence[Shape], shapes: Shapes
) -> Outlook:
    """Share of land that is not among ``bad``, before and after what lies under ``mended`` is no longer so."""
    whole = math.fsum(shapes.area(f.shape) for f in every)
    if whole <= 0:
        return Outlook(number, None, None)
    before = math.fsum(shapes.area(f.shape) for f in bad)
    under = shapes.union(list(mended))
    treated = 0.0 if under is None else _inside(under, bad, shapes, shapes.area)
    return Outlook(number, 100 * (1 - before / whole), 100 * (1 - (before - treated) / whole))


def _banks(drawn: Sequence[Drawn], ground: Ground) -> Outlook:
    """C.8 on all reaches: (natural + ecological) / all banks x 100."""
    features, shapes = _known(ground, BANKS, "bank_type"), ground.shapes
    if features is None:
        return Outlook(17, None, None, BANKS)
    whole = math.fsum(shapes.length(f.shape) for f in features)
    if whole <= 0:
        return Outlook(17, None, None)
    good = math.fsum(shapes.length(f.shape) for f in features if f.attributes.get("bank_type") in GOOD_BANKS)
    hard = [f for f in features if f.attributes.get("bank_type") == HARD]
    reach = float(ground.settings.values[BESIDE])
    belts = [shapes.buffer(shape, reach) for key, shape in drawn if key in BANK_WORKS]
    under = shapes.union([b for b in belts if b is not None])
    softened = 0.0 if under is None else _inside(under, hard, shapes, shapes.length)
    return Outlook(17, 100 * good / whole, 100 * (good + softened) / whole)


def _known(ground: Ground, role: str, column: str) -> Optional[Features]:
    features = ground.roles.get(role)
    return features if features is not None and len(features) and column in features.columns else None


def _areas(drawn: Iterable[Drawn], keys: set[str], shapes: Shapes) -> list[Shape]:
    return [shape for key, shape in drawn if key in keys and shapes.dimension(shape) == 2]


def _inside(
    under: Shape, features: Sequence[Feature], shapes: Shapes, size: Callable[[Shape], float]
) -> float:
    """How much of some features lies under a shape, m² or m."""
    touched = shapes.meeting(under, [f.shape for f in features])
    common = (shapes.common(f.shape, under) for f, meets in zip(features, touched) if meets)
    return math.fsum(size(part) for part in common if part is not None)


def _grade(feature: Feature) -> int:
    """Class of erosion 1 to 6; what cannot be read counts as none."""
    try:
        return int(float(feature.attributes.get(EROSION_CLASS) or 0))
    except (TypeError, ValueError):
        return 0


def _code(feature: Feature) -> str:
    """The land-use code; settlement among village land carries a mark beside it."""
    value: Any = feature.attributes.get(CODE)
    return str(value[0] if isinstance(value, (tuple, list)) and value else value)
