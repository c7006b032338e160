"""Numbers as the dossier prints them: enough decimals to be on the right side of a limit, none invented."""

from __future__ import annotations

from typing import Any, Optional

SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "class_not_worse_than": "不劣于"}
STATES = {"pass": "自评达标", "fail": "自评不达标", "unproven": "待证", "not_applicable": "不涉及"}  # nosec B105
VERDICTS = {"recognised": "自评达标", "not_recognised": "自评不达标", "unproven": "待证"}
_DECIMALS = 2
_MOST = 9


def number_text(value: Any, limit: Optional[float] = None) -> str:
    """A number with two decimals, or with as many as tell it from ``limit``; trailing zeros go.

    >>> number_text(75.996, 76), number_text(77.5215, 76), number_text(12.0)
    ('75.996', '77.52', '12')
    """
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if not isinstance(value, (int, float)):
        return str(value)
    decimals = _DECIMALS if abs(value) >= 0.1 or value == 0 else 6
    while limit is not None and value != limit and decimals < _MOST:
        if round(value, decimals) != round(limit, decimals):
            break
        decimals += 1
    return _plain(f"{value:.{decimals}f}")


def exact_text(value: Any) -> str:
    """A number with all the digits that were computed (ten), for where it comes from."""
    if isinstance(value, float):
        return _plain(f"{value:.10g}") if 1e-4 <= abs(value) < 1e15 else f"{value:.10g}"
    return number_text(value)


def signed_text(value: Optional[float]) -> str:
    """A margin with its sign."""
    if value is None:
        return ""
    text = number_text(value, 0.0)
    return f"+{text}" if value > 0 else text.replace("-", "−")


def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
