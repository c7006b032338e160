"""The interface language: Chinese for zh, zh_CN, zh-Hans and their like, else English."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import Iterator, Optional

_TRADITIONAL = ("hant", "tw", "hk", "mo")
_current = "en"
# A thread that writes a document in another language than the interface's; windows beside it keep theirs.
_spoken: ContextVar[Optional[str]] = ContextVar("spoken", default=None)


def from_locale(locale: str | None) -> str:
    """ "zh" or "en" for a locale as QGIS or the system spells it (zh-Hans, zh_CN, zh, en_GB …)."""
    name = (locale or "").replace("-", "_").lower()
    chinese = name.split("_")[0] == "zh" and not any(t in name for t in _TRADITIONAL)
    return "zh" if chinese else "en"


def current() -> str:
    """The language in force, "zh" or "en": the one this thread is told to speak, else the interface's."""
    return _spoken.get() or _current


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak ``language`` meanwhile, in this thread alone: a dossier is Chinese whatever the window speaks."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def use(language: str) -> None:
    """Set the language in force; called once by the plugin when it starts."""
    global _current
    if language not in ("zh", "en"):
        raise ValueError(f"language must be 'zh' or 'en', not {language!r}")
    _current = language


def pick(texts: dict[str, str], language: str | None = None) -> str:
    """The text of ``{"zh": …, "en": …}`` in the language in force, the other one where it is missing."""
    lang = language or current()
    return texts.get(lang) or texts.get("en") or texts.get("zh") or ""
