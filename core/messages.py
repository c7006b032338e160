"""The sentences behind the message codes, in Chinese and English.

Every file of ``resources/messages`` maps a code to ``en``, ``zh`` and, where the
user can do something about it, ``cure_en`` and ``cure_zh``. The interface
language is set once by the plugin; the code in front is the same in both.
"""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path
from typing import Any, Mapping

from . import language as _language
from .data import load_yaml

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "messages"

_SECRET = re.compile(
    r"(?i)\b((?:password|passwd|pwd|token|tk|key|api_?key|access_token|secret|authcfg)=)('[^']*'|\"[^\"]*\"|[^\s&|;,]+)"
)
_ACCOUNT = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
_LONGEST_FACT = 3000  # of a file of anybody's a name may have a million letters


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All messages: code -> {"en", "zh", "cure_en"?, "cure_zh"?}."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        found.update(load_yaml(path))
    return found


def redacted(text: str) -> str:
    """A layer's source as it may be shown and kept in a log: passwords, keys and accounts taken out."""
    return _ACCOUNT.sub("***", _SECRET.sub(r"\1***", text))


class _Facts(string.Formatter):
    """Formats a sentence; a fact that is not there shows as its name instead of raising."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), "{" + str(key) + "}")

    def format_field(self, value: Any, format_spec: str) -> Any:
        shown = redacted(super().format_field(value, format_spec))
        return shown if len(shown) <= _LONGEST_FACT else shown[:_LONGEST_FACT] + "…"


def _one_line(value: Any) -> Any:
    """A text of anybody's in one line: a break in it would look like a message of its own."""
    return " ".join(value.split()) if isinstance(value, str) and len(value.splitlines()) > 1 else value


def sentence(code: str, facts: Mapping[str, Any], language: str | None = None) -> str:
    """``"CODE: what is wrong. What to do."`` in ``language`` (default: the interface's)."""
    entry = catalogue().get(code)
    if entry is None:
        return f"{code}: " + ", ".join(f"{k}={v}" for k, v in facts.items())
    lang = language or _language.current()
    facts = {key: _one_line(value) for key, value in facts.items()}
    parts = [entry[lang], entry.get(f"cure_{lang}", "")]
    gap = "" if lang == "zh" else " "
    text = gap.join(_Facts().vformat(p, (), facts) for p in parts if p)
    return f"{code}: {text}"
