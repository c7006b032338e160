"""Figures of the practice watershed that follow from what was planted: areas by shoelace, lengths by
addition.

All of them come from the generator's own coordinates and choices; nothing here runs what Qingliu would run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import numpy as np

from . import mosaic, shores
from .layers import households_of, people_of
from .scene import Layer, Watershed

FOREST_GRASS = ("0301", "0302", "0303", "0305", "0401", "0402", "0403", "0404")
"""Codes that count in C.2 (the draft's trees, shrubs and grass; 0307 is other forest land and does not)."""


@dataclass(frozen=True)
class Figures:
    """Sums over the planted layers. Areas in m², lengths in m."""

    area: float
    landuse: Mapping[str, float]
    erosion: Mapping[int, float]
    banks: Mapping[str, float]
    treated_banks: Mapping[str, float]
    green: Mapping[str, float]
    built: float
    households: int
    population: int
    gullies: float

    @property
    def eroded(self) -> float:
        """Light erosion and worse."""
        return sum(v for k, v in self.erosion.items() if k >= 2)

    @property
    def conservation_rate(self) -> float:
        """C.1, %."""
        return (1 - self.eroded / self.area) * 100

    @property
    def forest_grass(self) -> float:
        """Area of trees, shrubs and grass, m²."""
        return sum(self.landuse.get(code, 0.0) for code in FOREST_GRASS)

    @property
    def forest_grass_cover(self) -> float:
        """C.2, %."""
        return self.forest_grass / self.area * 100

    @property
    def green_rate(self) -> float:
        """C.7, %."""
        return sum(self.green.values()) / self.built * 100

    @property
    def bank_rate(self) -> float:
        """C.8 on treated reaches, %."""
        total = sum(self.treated_banks.values())
        return (total - self.treated_banks.get("硬质", 0.0)) / total * 100


def figures(w: Watershed, layers: list[Layer]) -> Figures:
    """The sums, from the watershed and its layers."""
    by_name = {layer.name: layer for layer in layers}

    def total(name: str, field: str) -> dict:
        sums: dict = {}
        for feature in by_name[name].features:
            key = feature.values[field]
            sums[key] = sums.get(key, 0.0) + mosaic.area(feature.geometry)
        return dict(sorted(sums.items()))

    every: dict[str, float] = {}
    treated: dict[str, float] = {}
    for bank in shores.banks(w):
        every[bank.bank_type] = every.get(bank.bank_type, 0.0) + bank.length_m
        if bank.treated:
            treated[bank.bank_type] = treated.get(bank.bank_type, 0.0) + bank.length_m
    households = [households_of(w, v) for v in w.works.villages]
    return Figures(
        area=sum(mosaic.area(part) for part in w.boundary),
        landuse=total("landuse", "landuse"),
        erosion=total("erosion", "class"),
        banks=every,
        treated_banks=treated,
        green=total("green_space", "class"),
        built=sum(mosaic.area(f.geometry) for f in by_name["built_land"].features),
        households=sum(households),
        population=sum(people_of(h) for h in households),
        gullies=sum(shores.line_length(np.asarray(f.geometry)) for f in by_name["gullies"].features),
    )
