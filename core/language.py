"""The interface language: Chinese for zh, zh_CN, zh-Hans and their like, else English."""

from __future__ import annotations

_TRADITIONAL = ("hant", "tw", "hk", "mo")
_current = "en"


def from_locale(locale: str | None) -> str:
    """ "zh" or "en" for a locale as QGIS or the system spells it (zh-Hans, zh_CN, zh, en_GB …)."""
    name = (locale or "").replace("-", "_").lower()
    chinese = name.split("_")[0] == "zh" and not any(t in name for t in _TRADITIONAL)
    return "zh" if chinese else "en"


def current() -> str:
    """The language in force, "zh" or "en"."""
    return _current


def use(language: str) -> None:
    """Set the language in force; called once by the plugin when it starts."""
    global _current
    if language not in ("zh", "en"):
        raise ValueError(f"language must be 'zh' or 'en', not {language!r}")
    _current = language


def pick(texts: dict[str, str], language: str | None = None) -> str:
    """The text of ``{"zh": …, "en": …}`` in the language in force, the other one where it is missing."""
    lang = language or _current
    return texts.get(lang) or texts.get("en") or texts.get("zh") or ""
