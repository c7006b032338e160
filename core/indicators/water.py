"""Indicator 17: share of ecological bank line (C.8). Row 15 is graded by :mod:`core.waterquality`."""

from __future__ import annotations

from .definition import Measured, indicator


@indicator(
    "ecological_bank_rate",
    share=True,
    natural_bank=(Measured("natural_bank"),),
    artificial_ecological_bank=(Measured("artificial_ecological_bank"),),
    treated_bank_total=(Measured("treated_bank_total"),),
)
def ecological_bank_rate(
    natural_bank: float, artificial_ecological_bank: float, treated_bank_total: float
) -> float:
    """C.8, %: natural and artificial ecological over all bank, all three on treated reaches (ruling 8).

    300 + 200 m of 1 000 m give 50 %.
    """
    return (natural_bank + artificial_ecological_bank) / treated_bank_total * 100
