"""The words the records of an edition may use, and the text of a record in a language."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from ... import language as _language

LEVELS = ("required", "recommended", "permitted", "unmarked")
BASES = ("verbatim", "derived", "unverified")
SEVERITY_OF_LEVEL = {
    "required": "error",
    "recommended": "warning",
    "permitted": "note",
    "unmarked": "note",
}
COMPARISONS = (">=", ">", "<=", "<", "class_not_worse_than")
OPERATORS = (*COMPARISONS, "forbidden", "qualitative", "any_of", "not_applicable")
EFFECTS = (
    "require",
    "prefer",
    "permit",
    "avoid",
    "forbid",
    "require_with",
    "dimension",
    "attribute",
    "design_standard",
    "require_quality",
)


def one_of(*choices: str, default: Any = ...) -> Any:
    """A dataclass field that takes one of ``choices``."""
    if default is ...:
        return field(metadata={"choices": choices})
    return field(default=default, metadata={"choices": choices})


def text(record: Any, stem: str = "", language: str | None = None) -> str:
    """The text ``stem`` of a record in ``language`` ("zh" or "en"; default: the interface's).

    ``text(clause)`` reads ``clause.zh``, ``text(measure, "name")`` reads ``measure.name_zh``;
    a text that the record lacks is the empty string.
    """
    lang = language or _language.current()
    return getattr(record, f"{stem}_{lang}" if stem else lang) or ""
