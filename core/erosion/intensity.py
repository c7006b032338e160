"""How strong the erosion is, cell by cell: from soil loss, or from slope and cover (SL 190-2007).

Serves table A.3 and C.1. Arrays of any one shape; class codes uint8, 0 where a cell cannot be graded.
"""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from .scale import KM2_PER_HM2, NO_CLASS, FaceTable, GullyTable, IntensityScale


def grade_soil_loss(loss_t_hm2: np.ndarray, scale: IntensityScale, region: str | None) -> np.ndarray:
    """Class of each cell from the soil loss in **t/(hm²·a)**; SL 190's limits are in t/(km²·a).

    5 t/(hm²·a) is 500 t/(km²·a): in a region that tolerates 500 it is light, the lower limit being
    included. NaN gives 0. Raises InputError: unknown region, negative loss.
    """
    limits = scale.limits(region)
    loss = np.asarray(loss_t_hm2, dtype=np.float64)
    known = np.isfinite(loss)
    negative = int((loss[known] < 0).sum())
    if negative:
        raise InputError("QL-EROSION-NEGATIVE", what="soil loss", count=negative)
    # six decimals: a float32 of a limit must not fall a hair below it
    per_km2 = np.round(np.where(known, loss, 0.0) / KM2_PER_HM2, 6)
    codes = np.array([c.code for c in scale.classes], dtype=np.uint8)
    return np.where(known, codes[np.searchsorted(limits, per_km2, side="right")], NO_CLASS).astype(np.uint8)


def grade_slope_and_cover(
    slope_deg: np.ndarray,
    cropland: np.ndarray,
    cover_pct: np.ndarray | None,
    table: FaceTable,
    exempt: np.ndarray | None = None,
) -> np.ndarray:
    """Class of each cell from slope (degrees), land use and vegetation cover (%).

    Gentle slopes are slight. Steeper cropland is graded by slope alone, other land by slope and cover;
    without ``cover_pct``, or where it is NaN, steeper other land gets 0. ``exempt`` marks cells taken as
    slight whatever their slope (water, sealed ground, paddy): our reading, SL 190 grades soil surfaces.
    Lower limits included, upper excluded, in both directions. NaN slope gives 0.
    Raises InputError: slope outside 0..90, cover outside 0..100 or given as a fraction, shapes that differ.
    """
    slope = _within(slope_deg, 90.0, "QL-EROSION-SLOPE")
    crop = _same_shape("cropland", np.asarray(cropland, dtype=bool), slope)
    step = np.searchsorted(np.asarray(table.slopes), np.where(np.isnan(slope), 0, slope), side="right")
    graded = np.maximum(step - 1, 0)
    found = np.where(crop, np.asarray(table.cropland)[graded], NO_CLASS)
    if cover_pct is not None:
        cover = _same_shape("cover", _cover(cover_pct), slope)
        found = np.where(crop, found, _other_land(graded, cover, table))
    found = np.where(step == 0, table.slight, found)
    found = np.where(np.isnan(slope), NO_CLASS, found)
    if exempt is not None:
        found = np.where(_same_shape("exempt", np.asarray(exempt, dtype=bool), slope), table.slight, found)
    return found.astype(np.uint8)


def grade_gullies(density_km_km2: float | None, share_pct: float | None, table: GullyTable) -> int | None:
    """Class of gully erosion of an area: the graver of the grades by density (km/km²) and by share (%).

    None where neither is known; no gully at all is slight although the first share class begins at 0.
    """
    grades = [
        int(np.searchsorted(np.asarray(limits), value, side="right")) if value > 0 else 0
        for value, limits in ((density_km_km2, table.density), (share_pct, table.share))
        if value is not None
    ]
    if not grades:
        return None
    worst = max(grades)
    return table.slight if worst == 0 else table.codes[worst - 1]


def _other_land(graded: np.ndarray, cover: np.ndarray, table: FaceTable) -> np.ndarray:
    row = np.searchsorted(np.asarray(table.covers), np.where(np.isnan(cover), 0, cover), side="right")
    dense = row == len(table.covers)
    codes = np.asarray(table.other_land)[np.where(dense, 0, row), graded]
    return np.where(np.isnan(cover), NO_CLASS, np.where(dense, table.slight, codes))


def _cover(cover_pct: np.ndarray) -> np.ndarray:
    cover = _within(cover_pct, 100.0, "QL-EROSION-COVER")
    known = cover[~np.isnan(cover)]
    if known.size and known.max() <= 1 and (known != np.rint(known)).any():
        raise InputError("QL-EROSION-COVERFRACTION", what="COVER", most=float(known.max()))
    return cover


def _within(values: np.ndarray, most: float, code: str) -> np.ndarray:
    found = np.asarray(values, dtype=np.float64)
    found = np.where(np.isfinite(found), found, np.nan)
    known = found[~np.isnan(found)]
    if known.size and (known.min() < 0 or known.max() > most):
        raise InputError(code, what=code.split("-")[-1], least=float(known.min()), most=float(known.max()))
    return found


def _same_shape(name: str, values: np.ndarray, like: np.ndarray) -> np.ndarray:
    if values.shape != like.shape:
        raise InputError("QL-EROSION-SHAPE", name=name, shape=str(values.shape), expected=str(like.shape))
    return values
