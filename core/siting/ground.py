"""What is known of a watershed for the layout check: features by role, grids, the layout itself.

Prepared once, then changed feature by feature, so that a dock can ask while somebody draws. Roles
are the parameters of ``checklayout``; a role that was never given is unknown, not empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Hashable, Iterable, Mapping, Sequence

from ..grid import Grid
from .features import Feature, Features
from .model import MeasureFeature, Settings, Shape, Shapes
from .site import GroundSite

LAYOUT = "LAYOUT"
CODE = "code"
"""Column under which features of LANDUSE hold their class of GB/T 21010."""

KEY = "measure"
_BELTS_KEPT = 20_000
_HEAD = -1.0


@dataclass
class LandUseGrid:
    """Land use as cells: ``index`` (rows, cols) into ``codes``, below 0 where there is none."""

    index: Grid
    codes: Sequence[str]


@dataclass
class Ground:
    """See :class:`.model.Ground`.

    ``grids``: quantities by key (``slope_deg``, ``soil_depth_cm``, ``vegetation_cover``, ``slope_position`` 0..1,
    ``aspect_deg``), float with NaN where unknown, in the project's CRS.
    """

    shapes: Shapes
    settings: Settings = field(default_factory=Settings)
    grids: dict[str, Grid] = field(default_factory=dict)
    roles: dict[str, Features] = field(default_factory=dict)
    land_use_grid: LandUseGrid | None = None
    _belts: dict[tuple[int, float], tuple[Shape, Shape]] = field(default_factory=dict, repr=False)

    def belt(self, shape: Shape, reach: float) -> Shape | None:
        """All points within ``reach`` (m) of a feature's shape; kept, because whoever draws asks again."""
        kept = self._belts.get((id(shape), reach))
        if kept is not None:
            return kept[1]
        made = self.shapes.buffer(shape, reach)
        if len(self._belts) >= _BELTS_KEPT:
            self._belts.clear()
        self._belts[id(shape), reach] = (shape, made)  # the shape is held, so that its id stays its own
        return made

    def head(self, shape: Shape) -> Shape:
        """Where a line begins; a point is its own head."""
        if self.shapes.dimension(shape) == 0:
            return shape
        kept = self._belts.get((id(shape), _HEAD))
        if kept is None:
            kept = self._belts[id(shape), _HEAD] = (shape, self.shapes.point(self.shapes.rings(shape)[0][0]))
        return kept[1]

    def site(self, measure: MeasureFeature) -> GroundSite | None:
        """See :class:`.model.Ground`."""
        shape = self.shapes.read(measure.wkb)
        return None if shape is None else GroundSite(self, measure, shape)

    # -- filling and changing --------------------------------------------------
    def give(self, role: str) -> Features:
        """The features of ``role``, which is known from now on even if nothing lies in it."""
        return self.roles.setdefault(role, Features())

    def put(self, role: str, key: Hashable, wkb: bytes, attributes: Mapping[str, Any]) -> bool:
        """Add or change a feature of a role; False (and nothing there) where its geometry cannot be read."""
        features = self.give(role)
        shape = self.shapes.read(wkb)
        if shape is None:
            features.drop(key)
            return False
        features.put(Feature(key, shape, attributes), self.shapes.bounds(shape))
        return True

    def drop(self, role: str, key: Hashable) -> None:
        """Remove a feature of a role."""
        if role in self.roles:
            self.roles[role].drop(key)

    def put_measure(self, measure: MeasureFeature) -> bool:
        """Add or change a measure of the layout; False where its geometry cannot be read."""
        return self.put(LAYOUT, measure.uuid, measure.wkb, {**measure.attributes, KEY: measure.key})

    def drop_measure(self, uuid: str) -> None:
        """Remove a measure of the layout."""
        self.drop(LAYOUT, uuid)


def fill(ground: Ground, role: str, rows: Iterable[tuple[Hashable, bytes, Mapping[str, Any]]]) -> int:
    """Put (key, WKB, columns) of a role; count of those that could not be read. The role is known afterwards."""
    bad = 0
    ground.give(role)
    for key, wkb, attributes in rows:
        bad += not ground.put(role, key, wkb, attributes)
    return bad
