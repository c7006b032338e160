"""A bank line, its class and its side (C.8; note CM-7.0.1 on what counts as ecological)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

import numpy as np

from ..errors import InputError, Problem

NATURAL, ECOLOGICAL, HARD, UNCLASSIFIED = "natural", "ecological", "hard", "unclassified"
CLASSES = (NATURAL, ECOLOGICAL, HARD, UNCLASSIFIED)
LEFT, RIGHT = "left", "right"

_SIDES = {
    **dict.fromkeys(("left", "l", "左", "左岸", "左侧"), LEFT),
    **dict.fromkeys(("right", "r", "右", "右岸", "右侧"), RIGHT),
}
_SEPARATORS = re.compile(r"[,，、;；\n]")
_SOFTENED = ("硬质", "柔化", "软化", "hard", "soften")


class Bank(NamedTuple):
    """A piece of bank: ``line`` (n, 2) in a projected CRS, m; ``kind`` one of CLASSES.

    ``side`` None where it is not known. ``fid`` and ``uuid`` are those of the feature it came from;
    pieces of one feature share them.
    """

    fid: int
    line: np.ndarray
    kind: str = UNCLASSIFIED
    river: str = ""
    side: Optional[str] = None
    uuid: Optional[str] = None
    generated: bool = False
    softened: bool = False

    @property
    def length_m(self) -> float:
        """Planar length."""
        return line_length(self.line)


def line_length(line: np.ndarray) -> float:
    """Sum of the lengths of a line's segments."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum()) if len(line) > 1 else 0.0


@dataclass(frozen=True)
class ClassValues:
    """Which values of the data mean which class; ``softened`` count as ecological by CM-7.0.1 only."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    softened: frozenset[str] = frozenset()

    def kind(self, value: Any) -> str | None:
        """The class of a value: unclassified where it is empty, None where no list has it."""
        key = plain_value(value)
        return UNCLASSIFIED if not key else self.kinds.get(key)

    def is_softened(self, value: Any) -> bool:
        """Whether the value is a hard bank that was softened."""
        return plain_value(value) in self.softened


def plain_value(value: Any) -> str:
    """A value for comparison: without blanks around, full-width forms as half-width ones."""
    return "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()


def split_values(text: str | Sequence[str]) -> list[str]:
    """The values of a list typed as text (comma, 、, ; or line break between them) or given as a list."""
    parts: Iterable[str] = _SEPARATORS.split(text) if isinstance(text, str) else text
    return [p for p in map(plain_value, parts) if p]


def class_values(
    natural: str | Sequence[str], ecological: str | Sequence[str], hard: str | Sequence[str]
) -> ClassValues:
    """The lists of the user. Raises InputError QL-BANK-TWICE where a value stands in two of them."""
    kinds: dict[str, str] = {}
    twice: list[str] = []
    for kind, text in ((NATURAL, natural), (ECOLOGICAL, ecological), (HARD, hard)):
        for value in split_values(text):
            if kinds.setdefault(value, kind) != kind:
                twice.append(value)
    if twice:
        raise InputError("QL-BANK-TWICE", values=", ".join(dict.fromkeys(twice)))
    softened = {v for v, k in kinds.items() if k == ECOLOGICAL and any(s in v.lower() for s in _SOFTENED)}
    return ClassValues(kinds, frozenset(softened))


def side_of(value: Any) -> str | None:
    """``left`` or ``right`` for what people write, None for anything else."""
    return _SIDES.get(plain_value(value).lower())


def unknown_values(lengths: Mapping[str, float]) -> list[Problem]:
    """The warning on values that no list has, with their lengths; empty where there are none."""
    if not lengths:
        return []
    shown = ", ".join(f"{v} ({m:.1f} m)" for v, m in sorted(lengths.items(), key=lambda p: -p[1])[:10])
    return [Problem("QL-BANK-UNKNOWN", {"values": shown, "length": f"{sum(lengths.values()):.1f}"})]
