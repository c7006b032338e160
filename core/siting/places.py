"""Where the things lie that a clause wants measures for: in which zone, and as patches of land on a grid (5.2)."""

from __future__ import annotations

from typing import Dict, Optional, Sequence

import numpy as np

from .features import Feature
from .ground import CODE, Ground, LandUseGrid
from .model import Shape, Shapes

_TIE = 1e-6


class Zones:
    """The zones as one shape each, and what lies in them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._kept: Dict[str, Optional[Shape]] = {}

    def shape(self, key: str) -> Shape | None:
        """All of a zone as one shape, None where the watershed has none."""
        if key not in self._kept:
            own = [f.shape for f in self._ground.roles["ZONES"] if f.attributes.get("zone") == key]
            self._kept[key] = self._ground.shapes.union(own)
        return self._kept[key]

    def inside(self, key: str, features: Sequence[Feature]) -> list[Feature]:
        """The features that lie in a zone: points and lines that meet it, areas that no other zone has more of."""
        zone, shapes = self.shape(key), self._ground.shapes
        if zone is None or not features:
            return []
        found = []
        for feature, common in zip(features, shapes.clip(zone, [f.shape for f in features])):
            if shapes.dimension(feature.shape) < 2:
                if common is not None or any(shapes.meeting(zone, [feature.shape])):
                    found.append(feature)
            elif common is not None and self._most(key, common, feature):
                found.append(feature)
        return found

    def _most(self, key: str, common: Shape, feature: Feature) -> bool:
        """Whether no other zone holds more of an area than this one, which holds ``common``."""
        shapes = self._ground.shapes
        if common is feature.shape:
            return True
        own = shapes.area(common)
        others = {
            str(f.attributes.get("zone"))
            for f in self._ground.roles["ZONES"].near(shapes.bounds(feature.shape))
        }
        for other in others - {key}:
            zone = self.shape(other)
            part = None if zone is None else shapes.common(feature.shape, zone)
            if part is not None and shapes.area(part) > own + _TIE:
                return False
        return own > _TIE


def land_patches(grid: LandUseGrid, codes: frozenset[str], shapes: Shapes) -> list[Feature]:
    """Patches of connected cells (8 neighbours) of some classes as features, keyed by their number from 1."""
    from ..landscape.labels import label_patches  # brings numba, which a dock that opens need not wait for

    index, frame = grid.index.values, grid.index.frame
    places = [n for n, code in enumerate(grid.codes) if code in codes]
    wanted = np.isin(index, places) if places else np.zeros(index.shape, bool)
    if not wanted.any():
        return []
    labels, count = label_patches(np.where(wanted, 0, -1).astype(np.int32))
    rows, cols = np.nonzero(labels >= 0)
    order = np.argsort(labels[rows, cols], kind="stable")
    rows, cols = rows[order], cols[order]
    ends = np.searchsorted(labels[rows, cols], np.arange(count + 1))
    found = []
    for number in range(count):
        r, c = rows[ends[number] : ends[number + 1]], cols[ends[number] : ends[number + 1]]
        top, left = int(r.min()), int(c.min())
        mask = np.zeros((int(r.max()) - top + 1, int(c.max()) - left + 1), bool)
        mask[r - top, c - left] = True
        west, north = frame.x0 + left * frame.dx, frame.y0 - top * frame.dy
        shape = shapes.cells(mask, west, north, frame.dx, frame.dy)
        if shape is not None:
            found.append(Feature(number + 1, shape, {CODE: grid.codes[int(index[r[0], c[0]])]}))
    return found
