"""What zoning knows of each cell, from the layers at hand (3.0.4): attributes on one working grid.

Whatever is missing stays missing; the rules that need it fall out (:func:`core.zoning.rules.narrowed`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

import numpy as np

from ..core.errors import Problem, problem
from ..core.grid import GridFrame
from ..core.landuse import LandClass, code_text
from ..core.progress import SILENT, Progress
from ..core.standard import default_edition
from ..core.zoning.cells import Cells
from ..core.zoning.rules import Scheme
from .records import Record, number_of
from .zoninggrid import NO_RECORD, burned, distance_to

PLACES = (
    "city",
    "town",
    "village",
    "hamlet",
    "suburb",
    "quarter",
    "neighbourhood",
    "isolated_dwelling",
    "farm",
)


@dataclass
class Ground:
    """The working grid and what is known on it; ``parcel`` is the position of each cell's parcel."""

    frame: GridFrame
    measured: dict[str, np.ndarray] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    land_use: np.ndarray | None = None
    parcel: np.ndarray | None = None

    def cells(self) -> Cells:
        """As the rules take it."""
        return Cells(self.measured, self.land_use, tuple(self.codes))

    def available(self, belts: Iterable[str]) -> frozenset[str]:
        """Attributes and belts that are known."""
        known = {*self.measured, *(f"belt:{b}" for b in belts)}
        return frozenset(known | ({"land_use"} if self.land_use is not None else set()))

    def in_group(self, scheme: Scheme, *groups: str) -> np.ndarray:
        """Cells whose land use is in one of the scheme's groups."""
        if self.land_use is None:
            return np.zeros((self.frame.rows, self.frame.cols), bool)
        prefixes = tuple(c for g in groups for c in scheme.groups[g])
        return np.array([c.startswith(prefixes) for c in self.codes] + [False])[self.land_use]

    def take_parcels(
        self, records: Sequence[Record], classes: Sequence[LandClass | None], progress: Progress = SILENT
    ) -> None:
        """Land use from polygons with their classes."""
        self.codes = sorted({c.code for c in classes if c is not None})
        number = {code: i for i, code in enumerate(self.codes)}
        of_parcel = [NO_RECORD if c is None else number[c.code] for c in classes] + [NO_RECORD]
        self.parcel = burned([r.wkb or b"" for r in records], self.frame, progress)
        self.land_use = np.array(of_parcel)[self.parcel]

    def take_codes(self, codes: np.ndarray, valid: np.ndarray, classes: Mapping[Any, LandClass]) -> None:
        """Land use from a raster's codes on the working grid."""
        self.codes = sorted({c.code for c in classes.values()})
        number = {code: i for i, code in enumerate(self.codes)}
        self.land_use = np.full(codes.shape, NO_RECORD, np.int64)
        for raw, land in classes.items():
            self.land_use[valid & (codes == int(raw))] = number[land.code]


def take_distances(
    ground: Ground,
    scheme: Scheme,
    villages: Sequence[bytes],
    roads: Sequence[bytes],
    progress: Progress = SILENT,
) -> None:
    """``settlement_m`` and ``road_m`` where something says where settlements and roads are."""
    settled = ground.in_group(scheme, "settlement")
    if villages or settled.any():
        near = burned(villages, ground.frame, progress, touched=True) != NO_RECORD
        ground.measured["settlement_m"] = distance_to(near | settled, ground.frame, progress)
    trafficked = ground.in_group(scheme, "transport")
    if roads or trafficked.any():
        near = burned(roads, ground.frame, progress, touched=True) != NO_RECORD
        ground.measured["road_m"] = distance_to(near | trafficked, ground.frame, progress)


def settlements_among(records: Sequence[Record]) -> list[bytes]:
    """Villages; where the layer has OSM's field ``place``, only the places where people live."""
    return [
        r.wkb for r in records
        if r.wkb and ("place" not in r.attributes or r.attributes["place"] in PLACES)
    ]  # fmt: skip


def roads_among(records: Sequence[Record]) -> list[bytes]:
    """Roads with traffic: all but those with ``hard`` false (the store) or ``highway`` track, path … (OSM)."""
    quiet = ("track", "path", "footway", "steps", "bridleway", "cycleway", "pedestrian", "proposed")
    return [
        r.wkb for r in records
        if r.wkb and r.attributes.get("hard") not in (False, 0) and r.attributes.get("highway") not in quiet
    ]  # fmt: skip


def erosion_classes(
    records: Sequence[Record], name: str, layer: str
) -> tuple[list[int | None], list[Problem]]:
    """Class 1 to 6 of each polygon from its code or class name; a warning with those that have none."""
    items = default_edition().codelist("erosion_intensity").items
    known = {text: int(i.code) for i in items for text in (i.code, i.zh, i.en)}
    found: list[int | None] = []
    strange: dict[str, int] = {}
    for record in records:
        value = record.attributes.get(name)
        number = number_of(value)
        text = (
            code_text(int(number))
            if number is not None and number == int(number)
            else str(value or "").strip()
        )
        found.append(known.get(text))
        if found[-1] is None:
            strange[text or "NULL"] = strange.get(text or "NULL", 0) + 1
    if not strange:
        return found, []
    shown = ", ".join(list(strange)[:10])
    return found, [problem("QL-ZONING-EROSIONCODE", count=sum(strange.values()), layer=layer, values=shown)]


def take_erosion(
    ground: Ground, records: Sequence[Record], classes: Sequence[int | None], progress: Progress = SILENT
) -> None:
    """``erosion_class`` of the cells, NaN where no polygon says."""
    of = np.array([np.nan if c is None else float(c) for c in classes] + [np.nan], np.float32)
    ground.measured["erosion_class"] = of[burned([r.wkb or b"" for r in records], ground.frame, progress)]


def means(values: Mapping[str, np.ndarray], owner: np.ndarray, count: int) -> list[dict[str, float]]:
    """Mean of each attribute over the cells of each owner (0 .. count - 1, below 0 none), rounded."""
    mine = owner >= 0
    found: list[dict[str, float]] = [{} for _ in range(count)]
    for name, array in values.items():
        known = mine & np.isfinite(array)
        number = np.bincount(owner[known], minlength=count)
        total = np.bincount(owner[known], weights=array[known].astype(np.float64), minlength=count)
        for i in np.flatnonzero(number).tolist():
            found[i][name] = round(float(total[i] / number[i]), 2)
    return found


def shares(
    land_use: np.ndarray, codes: Sequence[str], owner: np.ndarray, count: int
) -> list[dict[str, float]]:
    """Share of each land-use code in the cells of each owner, largest first; at least 1 %."""
    known = (owner >= 0) & (land_use >= 0)
    votes = np.bincount(owner[known] * len(codes) + land_use[known], minlength=count * len(codes))
    table = votes.reshape(count, len(codes))
    found = []
    for row in table:
        total = max(int(row.sum()), 1)
        order = np.argsort(-row, kind="stable")
        found.append(
            {
                codes[j]: round(int(row[j]) / total, 3)
                for j in order.tolist()
                if row[j] >= 0.01 * total and row[j]
            }
        )
    return found
