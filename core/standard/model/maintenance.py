"""Maintenance of measures by chapter 8: what is to be done and, by our own reckoning, how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from .words import BASES, one_of

TRIGGERS = ("interval", "once", "after_rain", "continuous", "on_fault")


@dataclass(frozen=True)
class MaintenanceDuty:
    """A duty of ``clause`` for ``measures`` (none named: for every measure).

    ``trigger`` ``interval`` comes every ``interval_months``, ``after_rain`` within ``within_days`` of the rain.
    ``reason`` says why this often: intervals are ours, hence ``basis`` derived.
    """

    key: str
    clause: str
    zh: str
    en: str
    reason_zh: str
    reason_en: str
    trigger: str = one_of(*TRIGGERS)
    measures: Tuple[str, ...] = ()
    interval_months: Optional[int] = None
    within_days: Optional[int] = None
    basis: str = one_of(*BASES, default="derived")

    def concerns(self, measure: str) -> bool:
        """Whether the duty holds for the measure with this key."""
        return not self.measures or measure in self.measures
