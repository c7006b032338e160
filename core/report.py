"""The one jinja2 environment: sandboxed, strict, escaping; templates from ``resources/templates``.

Templates get plain data (strings, numbers, lists, dicts, our frozen records). A name that
is not given is an error, not an empty string: a report must not lose a number quietly.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from . import language as _language
from .data import RESOURCES


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """The environment every HTML text of Qingliu is made with."""
    made = ImmutableSandboxedEnvironment(
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
