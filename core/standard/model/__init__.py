"""What an edition of the standard consists of, as immutable records.

Each class is at once the description of its YAML: a field without a default must be there, a
key that is no field is a fault (:mod:`..reading` builds records from files by these classes).
Fields ending in ``_zh`` and ``_en`` (or named ``zh`` and ``en``) come in pairs.

``basis`` says how a fact was had: ``verbatim`` (cut from the draft), ``derived`` (our reading
of it, or our own) or ``unverified`` (from memory or a third-party copy).
"""

from __future__ import annotations

from .head import CitedStandard, Clause, CountyInput, Header, Named, Parameter, Rule, Ruling, Wording
from .indicators import Alternative, Exemption, Formula, Indicator, IndicatorInput, Threshold, Variable
from .maintenance import MaintenanceDuty
from .measures import (
    Attribute,
    AttributeValue,
    Condition,
    LandUseGroup,
    Measure,
    MeasuresInText,
    Omission,
    Quantity,
    Siting,
    SitingRule,
    TextMeasure,
    TypeFocus,
)
from .tables import CodeItem, CodeList, Column, Constraint, Figure, Sheet, Table, TableCheck
from .words import BASES, COMPARISONS, EFFECTS, LEVELS, OPERATORS, SEVERITY_OF_LEVEL, one_of, text

__all__ = [
    "BASES",
    "COMPARISONS",
    "EFFECTS",
    "LEVELS",
    "OPERATORS",
    "SEVERITY_OF_LEVEL",
    "Alternative",
    "Attribute",
    "AttributeValue",
    "CitedStandard",
    "Clause",
    "CodeItem",
    "CodeList",
    "Column",
    "Condition",
    "Constraint",
    "CountyInput",
    "Exemption",
    "Figure",
    "Formula",
    "Header",
    "Indicator",
    "IndicatorInput",
    "LandUseGroup",
    "MaintenanceDuty",
    "Measure",
    "MeasuresInText",
    "Named",
    "Omission",
    "Parameter",
    "Quantity",
    "Rule",
    "Ruling",
    "Sheet",
    "Siting",
    "SitingRule",
    "Table",
    "TableCheck",
    "TextMeasure",
    "Threshold",
    "TypeFocus",
    "Variable",
    "Wording",
    "one_of",
    "text",
]
