"""What the field apps know: widgets, functions and variables of ``resources/field/apps.yaml``.

A package that uses anything else would open with empty fields or dead buttons on the device.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Iterable, Mapping

from ..data import RESOURCES, load_yaml

QFIELD, MERGIN = "qfield", "mergin"
TARGETS = (QFIELD, MERGIN)
# Columns that located tables have in a package only, with their kinds.
GNSS_FIELDS: Mapping[str, str] = {"gnss_accuracy_m": "number", "gnss_at": "datetime", "gnss_source": "text"}


@cache
def known() -> Mapping[str, Any]:
    """The lists as read."""
    found: Mapping[str, Any] = load_yaml(RESOURCES / "field" / "apps.yaml")
    return found


def unknown_widgets(types: Iterable[str]) -> list[str]:
    """Edit widget types that are not on the apps' list."""
    return sorted(set(types) - set(known()["widgets"]))


def unknown_functions(names: Iterable[str]) -> list[str]:
    """Functions of expressions that not every app and version knows; variables (``var``) are asked apart."""
    return sorted(set(names) - set(known()["functions"]) - {"var"})


def unknown_variables(names: Iterable[str], target: str) -> list[str]:
    """Variables of expressions that the app has not."""
    lists = known()["variables"]
    return sorted({n for n in names if n} - set(lists["common"]) - set(lists[target]))


def gnss_expressions(target: str) -> Mapping[str, str]:
    """Field -> expression that records accuracy, time and receiver of a position."""
    found: Mapping[str, str] = known()["gnss"][target]
    return found


def person_expression(target: str, person: str) -> str:
    """The expression for who enters a row."""
    parts = [f"nullif(@{name}, '')" for name in known()["person"][target]]
    if person:
        quoted = person.replace("\\", "\\\\").replace("'", "''")
        return f"coalesce({', '.join([*parts, _text(quoted)])})"
    return f"coalesce({', '.join([*parts, '@user_full_name'])})"


def _text(quoted: str) -> str:
    return f"'{quoted}'"
