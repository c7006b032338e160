"""Evaluation of a watershed by table 7-1: 20 indicators × 5 types, every number answerable (chapter 7).

``evaluate(EvaluationInput(...))`` gives an :class:`Evaluation`: rows with state, value, limit and margin,
the verdict by type, and the register of provenance that leads each number back to its clause, formula,
inputs and features. The verdict is a self-evaluation: recognition is the water authority's (3.0.8).
"""

from __future__ import annotations

from .engine import evaluate, verdict
from .ledger import features_under, last_complete_year, trace
from .model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_RECOGNISED,
    PASS,
    RECOGNISED,
    STATES,
    UNPROVEN,
    Difference,
    Evaluation,
    EvaluationInput,
    Figure,
    Gap,
    IndicatorRow,
    InputRow,
    TableRow,
    differences,
)

__all__ = [
    "FAIL",
    "NOT_APPLICABLE",
    "NOT_RECOGNISED",
    "PASS",
    "RECOGNISED",
    "STATES",
    "UNPROVEN",
    "Difference",
    "Evaluation",
    "EvaluationInput",
    "Figure",
    "Gap",
    "IndicatorRow",
    "InputRow",
    "TableRow",
    "differences",
    "evaluate",
    "features_under",
    "last_complete_year",
    "trace",
    "verdict",
]
