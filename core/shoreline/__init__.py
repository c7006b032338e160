"""How much of the bank line is natural or ecological: C.8, row 17 of table 7-1.

Banks come as lines with a class or are made from channels (:mod:`.generation`); each has a river and,
where it can be told, a side (:mod:`.sides`). What lies twice counts once (:mod:`.counting`), what lies
on reaches under treatment is told by :mod:`.treatment`, and :mod:`.ratio` adds up and judges.
"""

from __future__ import annotations

from .banks import (
    CLASSES,
    ECOLOGICAL,
    HARD,
    LEFT,
    NATURAL,
    RIGHT,
    UNCLASSIFIED,
    Bank,
    ClassValues,
    class_values,
    side_of,
)
from .generation import Channel, banks_of_lines, banks_of_polygons
from .ratio import OVER_100, Lengths, Limit, Shares, Shore, shares, verdict
from .sides import tell_sides
from .survey import ShoreSurvey, survey_shore
from .treatment import Reach

__all__ = [
    "CLASSES",
    "ECOLOGICAL",
    "HARD",
    "LEFT",
    "NATURAL",
    "OVER_100",
    "RIGHT",
    "UNCLASSIFIED",
    "Bank",
    "Channel",
    "ClassValues",
    "Lengths",
    "Limit",
    "Reach",
    "Shares",
    "Shore",
    "ShoreSurvey",
    "banks_of_lines",
    "banks_of_polygons",
    "class_values",
    "shares",
    "side_of",
    "survey_shore",
    "tell_sides",
    "verdict",
]
