"""An example of what a column takes, at the point where it is typed (from ``resources/store/examples.yaml``)."""

from __future__ import annotations

from functools import cache
from typing import Any, Mapping

from ..core import language
from ..core.data import RESOURCES, load_yaml


@cache
def _examples() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = load_yaml(RESOURCES / "store" / "examples.yaml")
    return found


def example(table: str, key: str) -> Any:
    """A number, or a text in the language in force; None where a column has no example."""
    found = _examples().get(table, {}).get(key)
    return language.pick(dict(found)) if isinstance(found, Mapping) else found
