"""C.8 from lengths: the ratio in its three readings, its bounds, and the verdict (7-1, row 17; ruling 8).

By hand: on treated reaches 300 m natural, 200 m ecological, 400 m hard and 100 m unclassified bank give
500 / 1000 = 50 %, and anything from 50 % to 60 % once the 100 m are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable, Mapping, NamedTuple, Optional

from .banks import CLASSES, ECOLOGICAL, HARD, NATURAL, UNCLASSIFIED

OVER_100 = "QL-C8-OVER100"
PASS, FAIL, NOT_APPLICABLE, UNPROVEN = "pass", "fail", "not_applicable", "unproven"


class Limit(NamedTuple):
    """A cell of row 17: ``operator`` >=, > or not_applicable, ``value`` in %."""

    operator: str
    value: Optional[float]


@dataclass(frozen=True)
class Lengths:
    """Bank by class, m, rounded to 1 mm."""

    by_class: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> float:
        return round(self.by_class.get(kind, 0.0), 3)

    @property
    def total(self) -> float:
        """All classes together."""
        return round(sum(self[k] for k in CLASSES), 3)

    @property
    def counting(self) -> float:
        """Natural and ecological bank."""
        return round(self[NATURAL] + self[ECOLOGICAL], 3)

    def plus(self, other: Lengths) -> Lengths:
        """Both together."""
        keys = {*self.by_class, *other.by_class}
        return Lengths({k: self.by_class.get(k, 0.0) + other.by_class.get(k, 0.0) for k in keys})


class Shares(NamedTuple):
    """Share of natural and ecological bank, %: unclassified taken as hard, and as ecological."""

    low: Optional[float]
    high: Optional[float]


def shares(lengths: Lengths) -> Shares:
    """Both bounds, None where there is no bank."""
    total = lengths.total
    if total <= 0:
        return Shares(None, None)
    low = round(100 * lengths.counting / total, 9)
    return Shares(low, round(100 * (lengths.counting + lengths[UNCLASSIFIED]) / total, 9))


@dataclass(frozen=True)
class Shore:
    """The bank of a river, of one side of it, or of all: lengths everywhere and on treated reaches.

    ``treated`` None where it is not known which reaches are treated.
    """

    river: str
    side: Optional[str]
    everywhere: Lengths
    treated: Optional[Lengths]

    @property
    def ratio(self) -> float | None:
        """C.8 on treated reaches, %."""
        return None if self.treated is None else shares(self.treated).low

    @property
    def ratio_all(self) -> float | None:
        """The same on all reaches, %."""
        return shares(self.everywhere).low

    @property
    def ratio_printed(self) -> float | None:
        """All natural and ecological bank over treated bank, % as the formula prints it; never capped."""
        if self.treated is None or self.treated.total <= 0:
            return None
        return round(100 * self.everywhere.counting / self.treated.total, 9)

    @property
    def error(self) -> str | None:
        """QL-C8-OVER100 where the printed reading exceeds 100 %."""
        printed = self.ratio_printed
        return OVER_100 if printed is not None and printed > 100 else None

    @property
    def bounds(self) -> Shares:
        """C.8 on treated reaches with unclassified bank as hard and as ecological."""
        return Shares(None, None) if self.treated is None else shares(self.treated)


def verdict(shore: Shore, limit: Limit | None) -> str:
    """The state of row 17: pass or fail only where both bounds say so, unproven without treated reaches.

    A river none of whose bank is on a treated reach is not asked (not_applicable) where others are; that the
    whole watershed has no works must be proven elsewhere.
    """
    if limit is not None and limit.operator == NOT_APPLICABLE:
        return NOT_APPLICABLE
    if shore.treated is None or limit is None or limit.value is None:
        return UNPROVEN
    low, high = shore.bounds
    if low is None or high is None:
        return NOT_APPLICABLE if shore.river else UNPROVEN
    if _meets(low, limit):
        return PASS
    return UNPROVEN if _meets(high, limit) else FAIL


def _meets(value: float, limit: Limit) -> bool:
    if limit.value is None:
        return False
    return value >= limit.value if limit.operator == ">=" else value > limit.value


def summed(parts: Iterable[Lengths]) -> Lengths:
    """All of them together."""
    total = Lengths()
    for part in parts:
        total = total.plus(part)
    return total


__all__ = ["ECOLOGICAL", "HARD", "NATURAL", "OVER_100", "UNCLASSIFIED", "Lengths", "Limit", "Shares", "Shore"]
