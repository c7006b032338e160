"""SL 190's limits as the edition holds them: intensity classes, slope × cover table, gullies.

Serves C.1 and table A.3. Limits are data (code lists ``erosion_intensity``,
``face_erosion_matrix`` and ``gully_erosion`` of an edition); here they become tables
that arrays can be sorted into. Lower limits belong to a class, upper ones don't.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import numpy as np

from ..errors import InputError

NO_CLASS = 0
"""Class of a cell that cannot be graded: an input is missing there."""

M2_PER_HM2 = 10_000.0
M2_PER_KM2 = 1_000_000.0
KM2_PER_HM2 = 0.01


@dataclass(frozen=True)
class IntensityClass:
    """One of the six grades: ``lower`` limit in t/(km²·a), None where it is the region's tolerable loss."""

    code: int
    zh: str
    en: str
    lower: float | None


@dataclass(frozen=True)
class IntensityScale:
    """SL 190-2007's grades of water erosion.

    ``classes`` from slight to severe; ``tolerable`` region key -> tolerable soil loss in t/(km²·a);
    from class ``eroded_from`` on land counts as eroded (C.1).
    """

    classes: tuple[IntensityClass, ...]
    tolerable: Mapping[str, float]
    eroded_from: int

    def limits(self, region: str | None) -> np.ndarray:
        """Lower limits of the second to the last class for a region, ascending, t/(km²·a).

        Raises InputError where the region is missing or unknown: it decides between slight and light.
        """
        if region is None or region not in self.tolerable:
            raise InputError("QL-EROSION-REGION", region=region or "", known=", ".join(self.tolerable))
        own = self.tolerable[region]
        found = np.array([own if c.lower is None else c.lower for c in self.classes[1:]], dtype=np.float64)
        if (np.diff(found) <= 0).any():
            raise InputError("QL-EROSION-LIMITS", region=region, limits=", ".join(f"{v:g}" for v in found))
        return found

    def eroded(self) -> tuple[int, ...]:
        """Codes of the classes that count as eroded."""
        return tuple(c.code for c in self.classes if c.code >= self.eroded_from)

    def by_name(self, zh: str) -> IntensityClass:
        """The class with a Chinese name (轻度 …). Raises KeyError."""
        for one in self.classes:
            if one.zh == zh:
                return one
        raise KeyError(zh)


@dataclass(frozen=True)
class FaceTable:
    """SL 190-2007's grades of sheet erosion by slope and cover.

    ``slopes`` lower limits of the slope classes (degrees) that are graded at all, ``covers`` ascending
    breaks of the cover (%); ``other_land`` one row per cover class from the barest, one code per slope
    class; ``cropland`` one code per slope class. Gentler slopes, and other land with a cover from the
    last break on, are ``slight``.
    """

    slopes: tuple[float, ...]
    covers: tuple[float, ...]
    other_land: tuple[tuple[int, ...], ...]
    cropland: tuple[int, ...]
    slight: int


@dataclass(frozen=True)
class GullyTable:
    """SL 190-2007's grades of gully erosion: lower limits of each class, ascending.

    ``density`` km/km², ``share`` of the area taken by gullies in %; below the first limits ``slight``.
    """

    codes: tuple[int, ...]
    density: tuple[float, ...]
    share: tuple[float, ...]
    slight: int
