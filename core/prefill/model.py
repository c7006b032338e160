"""What is computed for a survey: cells, gathered in lines that are rows of its tables."""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple, Optional, Tuple

DECIMALS = {"km2": 6, "hm2": 4, "m": 3, "延米": 3, "km": 3, "m2": 1, "%": 2, "‰": 3, "degC": 1, "mm": 1}
"""Decimals of a value by its unit (CONTRACT, "General"); other numbers have USUAL."""
USUAL = 3


class Cell(NamedTuple):
    """A computed value. ``source`` says from what; a ``hint`` is shown and never written into the survey,
    ``loose`` words are written where nothing is entered and not compared with what is.

    ``features`` are (layer, uuid) pairs that it rests on, uuid None for a whole layer.
    """

    field: str
    value: Any
    source: str
    features: Tuple[Tuple[str, Optional[str]], ...] = ()
    hint: bool = False
    loose: bool = False


class Line(NamedTuple):
    """Cells of one row; ``uuid`` None where the row is to be made.

    ``links`` are values of a new row that point to its features; a line without uuid and with
    ``create`` False is left out.
    """

    table: str
    uuid: Optional[str]
    cells: List[Cell]
    links: Mapping[str, Any] = {}
    create: bool = True


class Existing(NamedTuple):
    """A row as the survey has it: version and values."""

    table: str
    uuid: str
    version: int
    values: Mapping[str, Any]


def rounded(value: Any, unit: str | None) -> Any:
    """A number with the decimals of its unit; whole numbers and anything else as they are."""
    if isinstance(value, bool) or not isinstance(value, float):
        return value
    return round(value, DECIMALS.get(unit or "", USUAL))
