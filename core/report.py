"""The one jinja2 environment: sandboxed, strict, escaping; templates from ``resources/templates``.

Templates get plain data (strings, numbers, lists, dicts, our frozen records). A name that
is not given is an error, not an empty string: a report must not lose a number quietly.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from . import language as _language
from .data import RESOURCES

_PLAIN = (str, int, float, bool, dict, list, tuple, MappingProxyType)


class PlainEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which nothing is called but macros, jinja2's own functions and methods of plain values.

    The sandbox of jinja2 itself would call any public method of an object that a template is given.
    """

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call ``obj``."""
        owner = getattr(obj, "__self__", None)
        known = (
            type(obj).__module__.startswith("jinja2.")
            or any(obj is found for found in self.globals.values())
            or isinstance(owner, _PLAIN)
        )
        return known and super().is_safe_callable(obj)


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """The environment every HTML text of Qingliu is made with."""
    made = PlainEnvironment(
        loader=FileSystemLoader(str(RESOURCES / "templates")),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.filters["number"] = number
    return made


def render(template: str, **data: Any) -> str:
    """The template filled with ``data``; ``zh`` is true where the interface speaks Chinese."""
    data.setdefault("zh", _language.current() == "zh")
    return environment().get_template(template).render(**data)


def number(value: float | None, decimals: int = 2, missing: str = "–") -> str:
    """A number with thousands separators; ``missing`` for None, never 0."""
    return missing if value is None else f"{value:,.{decimals}f}"
