"""SL 190's limits read from an edition's code lists into tables."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

from ..errors import EditionError
from ..standard.edition import Edition
from .scale import FaceTable, GullyTable, IntensityClass, IntensityScale

TOLERABLE = "tolerable"
CROPLAND = "sloping_cropland"


def intensity_scale(edition: Edition) -> IntensityScale:
    """The grades of water erosion. Raises EditionError where the code list lacks a limit."""
    found = edition.codelist("erosion_intensity")
    with _complete("erosion_intensity"):
        classes = tuple(
            IntensityClass(int(i.code), i.zh, i.en, _lower(i.data["min"]))
            for i in sorted(found.items, key=lambda item: int(item.code))
        )
        tolerable = {t["key"]: float(t["value"]) for t in found.data["tolerable"]}
        return IntensityScale(classes, tolerable, int(found.data["eroded_from_class"]))


def face_table(edition: Edition) -> FaceTable:
    """The slope × cover table of sheet erosion. Raises EditionError where it has holes."""
    found = edition.codelist("face_erosion_matrix")
    with _complete("face_erosion_matrix"):
        rows = sorted((i for i in found.items if "cover_pct" in i.data), key=lambda i: i.data["cover_pct"][0])
        cropland = next(i for i in found.items if i.code == CROPLAND)
        slopes = tuple(float(low) for low, _ in found.data["slope_classes_deg"])
        table = FaceTable(
            slopes=slopes,
            covers=tuple(float(r.data["cover_pct"][1]) for r in rows),
            other_land=tuple(tuple(int(c) for c in r.data["classes"]) for r in rows),
            cropland=tuple(int(c) for c in cropland.data["classes"]),
            slight=int(found.data["otherwise"]),
        )
        whole = all(len(row) == len(slopes) for row in (*table.other_land, table.cropland))
        if not whole or list(slopes) != sorted(slopes) or list(table.covers) != sorted(table.covers):
            raise ValueError("rows")
        return table


def gully_table(edition: Edition) -> GullyTable:
    """The grades of gully erosion. Raises EditionError where a limit lacks."""
    found = edition.codelist("gully_erosion")
    with _complete("gully_erosion"):
        rows = sorted(found.items, key=lambda item: int(item.code))
        return GullyTable(
            codes=tuple(int(r.code) for r in rows),
            density=tuple(float(r.data["gully_density_km_km2"][0]) for r in rows),
            share=tuple(float(r.data["gully_area_pct"][0]) for r in rows),
            slight=int(rows[0].code) - 1,
        )


def _lower(limit: Any) -> float | None:
    return None if limit == TOLERABLE else float(limit)


@contextmanager
def _complete(name: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, StopIteration) as lacking:
        what = str(lacking) or type(lacking).__name__
        raise EditionError("QL-EROSION-DATA", list=name, what=what) from lacking
