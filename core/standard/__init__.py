"""The standard as data: clauses, tables, measures, indicators, code lists of an edition.

``default_edition()`` is the rule set in force, ``load_edition(folder)`` checks one completely,
``editions()`` lists those available. Everything returned is immutable.
"""

from __future__ import annotations

from .edition import Edition, default_edition, editions, load_edition, open_edition
from .model import (
    Attribute,
    CitedStandard,
    Clause,
    CodeItem,
    CodeList,
    Column,
    Condition,
    Constraint,
    Figure,
    Formula,
    Header,
    Indicator,
    Measure,
    Named,
    Parameter,
    Ruling,
    Siting,
    SitingRule,
    Table,
    Threshold,
    text,
)
from .targets import Target, parse

__all__ = [
    "Attribute",
    "CitedStandard",
    "Clause",
    "CodeItem",
    "CodeList",
    "Column",
    "Condition",
    "Constraint",
    "Edition",
    "Figure",
    "Formula",
    "Header",
    "Indicator",
    "Measure",
    "Named",
    "Parameter",
    "Ruling",
    "Siting",
    "SitingRule",
    "Table",
    "Target",
    "Threshold",
    "default_edition",
    "editions",
    "load_edition",
    "open_edition",
    "parse",
    "text",
]
