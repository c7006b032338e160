"""Is a value good enough, and by how much: the operators of table 7-1."""

from __future__ import annotations

from typing import Optional

DIGITS = 9
"""Values are compared after rounding the noise of floating-point sums away."""


def meets(operator: str, value: float, limit: float) -> bool:
    """Whether ``value operator limit`` holds; >= and <= include the limit, > and < do not."""
    a, b = round(value, DIGITS), round(limit, DIGITS)
    if operator == ">=":
        return a >= b
    if operator == ">":
        return a > b
    if operator == "<=":
        return a <= b
    if operator == "<":
        return a < b
    raise ValueError(operator)


def margin(operator: str, value: float, limit: float) -> float:
    """Distance to the limit in the value's unit, positive = better."""
    gap = value - limit if operator in (">=", ">") else limit - value
    return round(gap, DIGITS)


def decided(operator: str, low: float, high: float, limit: float) -> Optional[bool]:
    """True or False where every value between the bounds says so, None where they disagree."""
    answers = {meets(operator, low, limit), meets(operator, high, limit)}
    return answers.pop() if len(answers) == 1 else None
