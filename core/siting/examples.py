"""Worked examples of the siting rules (``resources/training/siting``): small places with what each rule must say.

Tests hold the engine against them and the training shows them: one home for both. Geometry is given as
``box`` (west, south, east, north), ``polygon``, ``line`` or ``point``; a place with several takes
the one that the measure is drawn with.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterator, Mapping, Sequence

import numpy as np

from ..county import references
from ..data import RESOURCES, load_yaml
from ..grid import Grid, GridFrame
from ..standard import default_edition
from .ground import LAYOUT, Ground
from .model import MeasureFeature, Settings, Shapes

FOLDER = RESOURCES / "training" / "siting"
OMISSIONS = RESOURCES / "training" / "omissions.yaml"
FRAME = GridFrame(rows=80, cols=80, x0=-100.0, y0=300.0, dx=5.0, dy=5.0)
_DEM = ("slope_deg", "slope_position", "aspect")
_GRIDS = {"SOIL_DEPTH": "soil_depth_cm", "COVER": "vegetation_cover"}
_SHAPES = ("box", "polygon", "line", "point")


@dataclass(frozen=True)
class Example:
    """A rule, a measure and its ground, and the verdict worked out by hand.

    The rule is judged by itself, without the other placing rules beside which it might step aside.
    ``why_zh``, ``why_en``: the number worked out. ``expect``: a verdict, or ``breach`` for that of the rule's level.
    """

    name: str
    rule_id: str
    expect: str
    why_zh: str
    why_en: str
    measure: MeasureFeature
    roles: Mapping[str, Any]
    settings: Settings
    missing: str | None
    failing_area_m2: float | None
    failing_length_m: float | None
    tolerance: float

    def ground(self, shapes: Shapes) -> Ground:
        """The example's ground."""
        ground = Ground(shapes, self.settings)
        for role, content in self.roles.items():
            if content is not None:
                _take(ground, role, content)
        return ground


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """All examples, in the order of their files."""
    return tuple(
        example
        for path in sorted(FOLDER.glob("*.yaml"))
        for group in load_yaml(path)
        for rule_id in group["rules"]
        for number, case in enumerate(group["cases"], start=1)
        for example in _examples(rule_id, group, case, number)
    )


@dataclass(frozen=True)
class LayoutExample:
    """A rule about a layout as a whole (:mod:`.omissions`), a layout on its ground, the verdict worked out by hand."""

    name: str
    rule_id: str
    expect: str
    why_zh: str
    why_en: str
    measures: Sequence[MeasureFeature] | None
    roles: Mapping[str, Any]
    missing: str | None
    failing_area_m2: float | None
    share: float | None

    def ground(self, shapes: Shapes) -> Ground:
        """The example's ground with its layout on it; without measures nothing is known of a layout."""
        ground = Ground(shapes, Settings(references()))
        for role, content in self.roles.items():
            if content is not None:
                _take(ground, role, content)
        if self.measures is not None:
            ground.give(LAYOUT)
            for measure in self.measures:
                ground.put_measure(measure)
        return ground


@lru_cache(maxsize=1)
def layout_examples() -> tuple[LayoutExample, ...]:
    """All examples of ``resources/training/omissions.yaml``, in their order."""
    return tuple(
        LayoutExample(
            f"{rule_id}-{number}", rule_id, case["expect"], case["zh"], case["en"],
            _layout_of(rule_id, case.get("measures", group["measures"])), {**group["ground"], **case.get("with", {})},
            case.get("missing"), case.get("failing_area_m2"), case.get("share"),
        )
        for group in load_yaml(OMISSIONS)
        for rule_id in group["rules"]
        for number, case in enumerate(group["cases"], start=1)
    )  # fmt: skip


def _layout_of(rule_id: str, rows: Sequence[Mapping[str, Any]] | None) -> tuple[MeasureFeature, ...] | None:
    """The measures of a layout; ``@`` is the one that the rule asks for, drawn as it is counted."""
    if rows is None:
        return None
    omission = next(o for o in default_edition().siting.omissions if o.id == rule_id)
    found = []
    for number, row in enumerate(rows):
        key = omission.measures[0] if row["measure"] == "@" else row["measure"]
        shape = _shape_for(key, row)
        columns = {k: v for k, v in row.items() if k not in _SHAPES and k != "measure"}
        found.append(MeasureFeature(f"m{number}", key, wkb_of(shape, row[shape]), columns))
    return tuple(found)


def _examples(
    rule_id: str, group: Mapping[str, Any], case: Mapping[str, Any], number: int
) -> Iterator[Example]:
    key = rule_id.split(".", 1)[0]
    place = case.get("place", group["place"])
    shape = _shape_for(key, place)
    columns = {**group.get("columns", {}), **case.get("columns", {})}
    roles = {**group["ground"], **case.get("with", {})}
    values = {**group.get("values", {}), **case.get("values", {})}
    numbers = {**case, **case.get(shape, {})}
    yield Example(
        name=f"{rule_id}-{number}",
        rule_id=rule_id,
        expect=case["expect"],
        why_zh=case["zh"],
        why_en=case["en"],
        measure=MeasureFeature("example", key, wkb_of(shape, place[shape]), columns),
        roles={k: v for k, v in roles.items() if k not in ("TYPE", "REGION")},
        settings=Settings(references(overrides=values), roles.get("TYPE"), roles.get("REGION")),
        missing=case.get("missing"),
        failing_area_m2=numbers.get("failing_area_m2"),
        failing_length_m=numbers.get("failing_length_m"),
        tolerance=float(case.get("tolerance", 1e-3)),
    )


def _shape_for(key: str, place: Mapping[str, Any]) -> str:
    """The shape of a place with which the measure is drawn, else the first that the place has."""
    given = [s for s in _SHAPES if s in place]
    drawn = [s for s in given if _drawn(s) in default_edition().measure(key).geometry]
    return (drawn or given)[0]


def _drawn(shape: str) -> str:
    return "polygon" if shape == "box" else shape


def _take(ground: Ground, role: str, content: Any) -> None:
    if role == "DEM":
        for key in _DEM:
            if key in content:
                ground.grids[key] = _grid(content[key])
    elif role in _GRIDS:
        ground.grids[_GRIDS[role]] = _grid(content)
    else:
        ground.give(role)
        for number, feature in enumerate(content):
            shape = next(s for s in _SHAPES if s in feature)
            attributes = {k: v for k, v in feature.items() if k != shape}
            ground.put(role, f"{role}-{number}", wkb_of(shape, feature[shape]), attributes)


def _grid(content: Any) -> Grid:
    """One value everywhere, or bands (from x, to x, value)."""
    bands = content if isinstance(content, list) else [[-np.inf, np.inf, content]]
    middles = FRAME.x0 + (np.arange(FRAME.cols) + 0.5) * FRAME.dx
    row = np.full(FRAME.cols, np.nan, np.float32)
    for west, east, value in bands:
        row[(middles >= west) & (middles < east)] = value
    return Grid(np.broadcast_to(row, (FRAME.rows, FRAME.cols)), FRAME)


def wkb_of(shape: str, coordinates: Sequence[Any]) -> bytes:
    """WKB of a ``box``, ``polygon`` (one ring), ``line`` or ``point``."""
    if shape == "point":
        return struct.pack("<BI2d", 1, 1, *coordinates)
    if shape == "box":
        west, south, east, north = coordinates
        coordinates = [(west, south), (east, south), (east, north), (west, north)]
    ring = [tuple(map(float, c)) for c in coordinates]
    if shape == "line":
        return struct.pack("<BII", 1, 2, len(ring)) + _points(ring)
    closed = [*ring, ring[0]]
    return struct.pack("<BIII", 1, 3, 1, len(closed)) + _points(closed)


def _points(points: Sequence[Sequence[float]]) -> bytes:
    return b"".join(struct.pack("<2d", *p) for p in points)
