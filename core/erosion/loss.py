"""Soil loss as the product of its factors (CSLE, RUSLE), and in which unit it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import numpy as np

from ..errors import InputError, Problem
from .scale import KM2_PER_HM2

REQUIRED = ("R", "K", "LS")
OPTIONAL = ("B", "E", "T")
UNLIKELY_T_HM2 = 500.0
"""A median above this (50 000 t/(km²·a), three times severe) is another unit, not a landscape."""


@dataclass(frozen=True)
class SoilLoss:
    """``values`` t/(hm²·a), NaN where a factor lacks; ``equation`` as used; always an estimate."""

    values: np.ndarray
    equation: str
    warnings: tuple[Problem, ...]
    estimate: bool = True


def soil_loss(factors: Mapping[str, np.ndarray | float]) -> SoilLoss:
    """A = R · K · LS · B · E · T in t/(hm²·a).

    ``factors``: R MJ·mm/(hm²·h·a), K t·hm²·h/(hm²·MJ·mm), LS, and B, E, T where they are known; arrays of one
    shape, or numbers. A missing B, E or T is taken as 1 (bare soil, no measure: the largest loss) with a
    warning. By hand: 5000 · 0.03 · 2 · 0.1 · 1 · 1 = 30 t/(hm²·a). Raises InputError with all problems.
    """
    problems = [Problem("QL-EROSION-FACTOR", {"factor": name}) for name in REQUIRED if name not in factors]
    problems += [
        Problem("QL-EROSION-UNKNOWNFACTOR", {"factor": name, "known": ", ".join(REQUIRED + OPTIONAL)})
        for name in factors
        if name not in REQUIRED + OPTIONAL
    ]
    arrays = {n: np.asarray(v, dtype=np.float64) for n, v in factors.items()}
    problems += _odd_values(arrays)
    problems += _odd_shapes(arrays)
    if problems:
        raise InputError(problems=problems)
    product = np.array(1.0)
    for values in arrays.values():
        product = product * np.where(np.isfinite(values), values, np.nan)
    used = [n for n in REQUIRED + OPTIONAL if n in factors]
    warnings = [Problem("QL-EROSION-FACTORONE", {"factor": n}) for n in OPTIONAL if n not in factors]
    warnings += suspect_unit(product)
    return SoilLoss(product, "A = " + " · ".join(used), tuple(warnings))


def suspect_unit(loss_t_hm2: np.ndarray) -> list[Problem]:
    """A warning where the values look like t/(km²·a), or like a factor in US units."""
    known = loss_t_hm2[np.isfinite(loss_t_hm2)]
    if not known.size:
        return []
    middle = float(np.median(known))
    return [Problem("QL-EROSION-UNIT", {"median": f"{middle:.4g}"})] if middle > UNLIKELY_T_HM2 else []


def per_km2(loss_t_hm2: float) -> float:
    """t/(km²·a) from t/(hm²·a): 1 km² is 100 hm²."""
    return loss_t_hm2 / KM2_PER_HM2


def per_hm2(loss_t_km2: np.ndarray) -> np.ndarray:
    """t/(hm²·a) from t/(km²·a)."""
    return loss_t_km2 * KM2_PER_HM2


def mean_modulus(loss_t_hm2: np.ndarray, areas_m2: np.ndarray) -> float | None:
    """Mean erosion modulus in t/(km²·a) over the known cells, weighted by area; None without any."""
    weight = np.broadcast_to(areas_m2, loss_t_hm2.shape)
    known = np.isfinite(loss_t_hm2)
    total = float(weight[known].sum())
    return per_km2(float((loss_t_hm2[known] * weight[known]).sum()) / total) if total > 0 else None


def _odd_values(arrays: Mapping[str, np.ndarray]) -> list[Problem]:
    problems = []
    for name, values in arrays.items():
        known = values[np.isfinite(values)]
        negative = int((known < 0).sum())
        if negative:
            problems.append(Problem("QL-EROSION-NEGATIVE", {"what": name, "count": negative}))
        if name in OPTIONAL and known.size and known.max() > 1:
            problems.append(Problem("QL-EROSION-ABOVEONE", {"factor": name, "most": f"{known.max():.4g}"}))
    return problems


def _odd_shapes(arrays: Mapping[str, np.ndarray]) -> list[Problem]:
    shapes = {n: a.shape for n, a in arrays.items() if a.ndim}
    expected = next(iter(shapes.values()), ())
    return [
        Problem("QL-EROSION-SHAPE", {"name": n, "shape": str(s), "expected": str(expected)})
        for n, s in shapes.items()
        if s != expected
    ]
