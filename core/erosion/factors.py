"""The factors of the soil-loss equations from what can be measured: R, K, L, S and B.

CSLE (Liu, Zhang & Xie 2002): A = R K L S B E T; RUSLE (Renard et al. 1997): A = R K LS C P. Units:
A t/(hm²·a); R MJ·mm/(hm²·h·a); K t·hm²·h/(hm²·MJ·mm); the others have none. Every function is a
published formula with its source; what comes of them is an estimate (table A.3, C.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError, Problem

UNIT_PLOT_M = 22.13
"""Length of USLE's unit plot, m."""

US_TO_SI = 0.1317
"""K of US customary units in t·hm²·h/(hm²·MJ·mm) (Foster et al. 1981)."""

EROSIVE_DAY_ZHANG_MM = 12.0
EROSIVE_DAY_XIE_MM = 10.0
COMPLETE_YEAR = 0.95


@dataclass(frozen=True)
class Erosivity:
    """Rainfall erosivity in MJ·mm/(hm²·h·a).

    ``annual``, its 24 ``half_months``, the ``years`` it rests on, the ``method`` with its
    coefficients, and ``warnings``.
    """

    annual: float
    half_months: tuple[float, ...]
    years: tuple[int, ...]
    method: str
    warnings: tuple[Problem, ...]


def erosivity_zhang(days: np.ndarray, rain_mm: np.ndarray) -> Erosivity:
    """R from daily rain, half-month model of Zhang, Xie & Liu (2002).

    Scientia Geographica Sinica 22(6): 705-711.
    R_half-month = α Σ P^β over days with P >= 12 mm, β = 0.8363 + 18.144 / P_d12 + 24.455 / P_y12,
    α = 21.586 β^-7.1891; P_d12 mean rain of such days, P_y12 mean yearly sum of such days (mm).
    ``days`` datetime64, ``rain_mm`` of the same length. Complete calendar years only; others are left
    out with a warning. Raises InputError: no complete year, negative rain, a day given twice, no erosive day.

    By hand: one year with two days of 20 mm on one half-month: P_d12 20, P_y12 40, β = 2.354875,
    α = 21.586 · 2.354875^-7.1891 = 0.04571, R = 2 · α · 20^β = 105.9.
    """
    day, rain, years, warnings = _whole_years(days, rain_mm)
    erosive = rain >= EROSIVE_DAY_ZHANG_MM
    if not erosive.any():
        raise InputError("QL-EROSION-NORAIN", limit=EROSIVE_DAY_ZHANG_MM)
    mean_day = float(rain[erosive].mean())
    mean_year = float(rain[erosive].sum()) / len(years)
    beta = 0.8363 + 18.144 / mean_day + 24.455 / mean_year
    alpha = 21.586 * beta**-7.1891
    daily = np.where(erosive, alpha * np.where(erosive, rain, 0.0) ** beta, 0.0)
    method = f"Zhang, Xie & Liu 2002, alpha = {alpha:.5f}, beta = {beta:.5f}"
    return _summed(day, daily, years, method, warnings)


def erosivity_xie(days: np.ndarray, rain_mm: np.ndarray) -> Erosivity:
    """R from daily rain by season, Xie, Yin, Liu et al. (2016), J. of Hydrology 535: 547-558.

    R_day = α P^1.7265 on days with P >= 10 mm, α = 0.3937 from May to September, 0.3101 from October to
    April. Arguments and errors as in :func:`erosivity_zhang`.

    By hand: a July day of 50 mm gives 0.3937 · 50^1.7265 = 0.3937 · 857.6 = 337.6.
    """
    day, rain, years, warnings = _whole_years(days, rain_mm)
    erosive = rain >= EROSIVE_DAY_XIE_MM
    if not erosive.any():
        raise InputError("QL-EROSION-NORAIN", limit=EROSIVE_DAY_XIE_MM)
    month = _month(day)
    alpha = np.where((month >= 5) & (month <= 9), 0.3937, 0.3101)
    daily = np.where(erosive, alpha * np.where(erosive, rain, 0.0) ** 1.7265, 0.0)
    return _summed(day, daily, years, "Xie et al. 2016, exponent 1.7265", warnings)


def erodibility_epic(
    sand_pct: np.ndarray, silt_pct: np.ndarray, clay_pct: np.ndarray, carbon_pct: np.ndarray
) -> np.ndarray:
    """K from texture and organic carbon, EPIC (Sharpley & Williams 1990), in t·hm²·h/(hm²·MJ·mm).

    Sand 0.05-2 mm, silt 0.002-0.05 mm, clay below, and organic carbon (organic matter / 1.724), % by mass.
    Raises InputError where the three fractions are not 100 % within 1 % or anything is negative.

    By hand: 30 / 40 / 30 % with 1 % carbon: 0.3892 · 0.8454 · 0.9209 · 1.0000 = 0.3030, times 0.1317
    gives 0.0399.
    """
    sand, silt, clay, carbon = (
        np.asarray(v, dtype=np.float64) for v in (sand_pct, silt_pct, clay_pct, carbon_pct)
    )
    known = np.isfinite(sand + silt + clay + carbon)
    wrong = known & (np.abs(sand + silt + clay - 100) > 1)
    for part in (sand, silt, clay, carbon):
        wrong |= known & (part < 0)
    if wrong.any():
        raise InputError("QL-EROSION-TEXTURE", count=int(wrong.sum()))
    rest = 1 - sand / 100
    coarse = 0.2 + 0.3 * np.exp(-0.0256 * sand * (1 - silt / 100))
    fine = np.where(clay + silt > 0, silt / np.where(clay + silt > 0, clay + silt, 1), 0.0) ** 0.3
    humus = 1 - 0.25 * carbon / (carbon + np.exp(3.72 - 2.95 * carbon))
    sandy = 1 - 0.7 * rest / (rest + np.exp(-5.51 + 22.9 * rest))
    return coarse * fine * humus * sandy * US_TO_SI


def slope_factor(slope_deg: np.ndarray) -> np.ndarray:
    """S of CSLE: 10.8 sin θ + 0.03 below 5°, 16.8 sin θ - 0.5 from 5°, 21.9 sin θ - 0.96 from 10°.

    McCool et al. (1987), Transactions ASAE 30(5): 1387-1396 for gentle slopes; Liu, Nearing & Risse
    (1994), Transactions ASAE 37(6): 1835-1840 for steep ones. By hand: 30° gives 21.9 / 2 - 0.96 = 9.99.
    """
    slope = np.asarray(slope_deg, dtype=np.float64)
    sine = np.sin(np.radians(slope))
    steep = np.where(slope < 10, 16.8 * sine - 0.5, 21.9 * sine - 0.96)
    return np.where(slope < 5, 10.8 * sine + 0.03, steep)


def length_exponent(slope_deg: np.ndarray) -> np.ndarray:
    """m of the length factor: 0.2 up to 1°, 0.3 up to 3°, 0.4 up to 5°, 0.5 above (CSLE).

    Liu, Nearing, Shi & Jia (2000), Soil Science Society of America Journal 64: 1759-1763, found no
    other exponent on steep slopes.
    """
    slope = np.asarray(slope_deg, dtype=np.float64)
    m = np.array([0.2, 0.3, 0.4, 0.5])[np.searchsorted([1.0, 3.0, 5.0], np.where(np.isnan(slope), 0, slope))]
    return np.where(np.isnan(slope), np.nan, m)


def length_factor(length_m: np.ndarray, slope_deg: np.ndarray) -> np.ndarray:
    """L of a whole slope of this horizontal length: (λ / 22.13)^m.

    By hand: 88.52 m at 20° gives 4^0.5 = 2.
    """
    return (np.asarray(length_m, dtype=np.float64) / UNIT_PLOT_M) ** length_exponent(slope_deg)


def segment_length_factor(above_m: np.ndarray, segment_m: np.ndarray, slope_deg: np.ndarray) -> np.ndarray:
    """L of a piece of slope (a cell): (λ_out^(m+1) - λ_in^(m+1)) / ((λ_out - λ_in) 22.13^m).

    Foster & Wischmeier (1974), Transactions ASAE 17(2): 305-309. ``above_m`` slope length at its upper
    edge, ``segment_m`` its own, both horizontal. The pieces of a uniform slope average to its
    :func:`length_factor`.
    """
    m = length_exponent(slope_deg)
    start = np.asarray(above_m, dtype=np.float64)
    end = start + np.asarray(segment_m, dtype=np.float64)
    return (end ** (m + 1) - start ** (m + 1)) / ((end - start) * UNIT_PLOT_M**m)


def area_length_factor(
    inflow_m2: np.ndarray,
    cell_m: float,
    slope_deg: np.ndarray,
    aspect_deg: np.ndarray | None = None,
    longest_m: float | None = None,
) -> np.ndarray:
    """L of a cell from the area that drains into it.

    Desmet & Govers (1996), Journal of Soil and Water Conservation 51(5): 427-433:
    ((A + D²)^(m+1) - A^(m+1)) / (D^(m+2) x^m 22.13^m), A the area above the cell (its own not included,
    m²), D the cell size, x = |sin a| + |cos a| of the aspect (1 without one). ``longest_m`` caps the slope
    length A / D, as slopes end where channels begin: our choice, no paper's.

    By hand, cells of 22.13 m, steep: 1 without inflow; with that of three such cells 4^1.5 - 3^1.5 = 2.80.
    """
    m = length_exponent(slope_deg)
    inflow = np.asarray(inflow_m2, dtype=np.float64)
    if longest_m is not None:
        inflow = np.minimum(inflow, longest_m * cell_m)
    a = np.radians(0.0 if aspect_deg is None else np.asarray(aspect_deg, dtype=np.float64))
    across = np.where(np.isfinite(a), np.abs(np.sin(a)) + np.abs(np.cos(a)), 1.0)
    grown = (inflow + cell_m**2) ** (m + 1) - inflow ** (m + 1)
    return grown / (cell_m ** (m + 2) * across**m * UNIT_PLOT_M**m)


def cover_factor(cover_pct: np.ndarray) -> np.ndarray:
    """B (C of RUSLE) from vegetation cover: 1 where bare, 0.6508 - 0.3436 lg c up to 78.3 %, 0 above.

    Cai et al. (2000), Journal of Soil and Water Conservation (水土保持学报) 14(2): 19-24. Not above 1.
    By hand: 10 % gives 0.6508 - 0.3436 = 0.3072. Raises InputError outside 0..100.
    """
    cover = np.asarray(cover_pct, dtype=np.float64)
    known = cover[np.isfinite(cover)]
    if known.size and (known.min() < 0 or known.max() > 100):
        raise InputError("QL-EROSION-COVER", what="COVER", least=float(known.min()), most=float(known.max()))
    between = 0.6508 - 0.3436 * np.log10(np.where(cover > 0, cover, 1.0))
    found = np.where(cover > 78.3, 0.0, np.clip(between, 0.0, 1.0))
    found = np.where(cover == 0, 1.0, found)
    return np.where(np.isfinite(cover), found, np.nan)


def _whole_years(
    days: np.ndarray, rain_mm: np.ndarray
) -> tuple[np.ndarray, np.ndarray, tuple[int, ...], tuple[Problem, ...]]:
    """Days and rain of the complete calendar years, the years, and warnings about what was left out."""
    day = np.asarray(days).astype("datetime64[D]")
    rain = np.asarray(rain_mm, dtype=np.float64)
    _refuse_odd_rain(day, rain)
    year = day.astype("datetime64[Y]").astype(int) + 1970
    known = np.isfinite(rain)
    counts = {int(y): int(((year == y) & known).sum()) for y in np.unique(year)}
    whole = tuple(y for y, n in counts.items() if n >= COMPLETE_YEAR * _length(y))
    if not whole:
        raise InputError("QL-EROSION-RAINSHORT", days=int(known.sum()))
    warnings = []
    left_out = [str(y) for y in counts if y not in whole]
    if left_out:
        warnings.append(Problem("QL-EROSION-RAINYEARS", {"years": ", ".join(left_out)}))
    gaps = sum(_length(y) - counts[y] for y in whole)
    if gaps:
        warnings.append(Problem("QL-EROSION-RAINGAPS", {"days": gaps}))
    use = known & np.isin(year, whole)
    return day[use], rain[use], whole, tuple(warnings)


def _refuse_odd_rain(day: np.ndarray, rain: np.ndarray) -> None:
    if day.shape != rain.shape:
        raise InputError("QL-EROSION-SHAPE", name="rain", shape=str(rain.shape), expected=str(day.shape))
    negative = int((rain[np.isfinite(rain)] < 0).sum())
    if negative:
        raise InputError("QL-EROSION-NEGATIVE", what="daily rain", count=negative)
    repeated = day.size - np.unique(day).size
    if repeated:
        raise InputError("QL-EROSION-RAINTWICE", count=repeated)


def _length(year: int) -> int:
    return 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365


def _month(day: np.ndarray) -> np.ndarray:
    return day.astype("datetime64[M]").astype(int) % 12 + 1


def _summed(
    day: np.ndarray, daily: np.ndarray, years: tuple[int, ...], method: str, warnings: tuple[Problem, ...]
) -> Erosivity:
    date = (day - day.astype("datetime64[M]")).astype(int) + 1
    half = 2 * (_month(day) - 1) + (date > 15)
    sums = np.bincount(half, daily, minlength=24) / len(years)
    return Erosivity(float(sums.sum()), tuple(float(v) for v in sums), years, method, warnings)
