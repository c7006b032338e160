"""Pinyin initials of Chinese text, so that a search for ``ggsyl`` finds 沟（河）道生态岸线率's like.

GB 2312 orders its 3,755 level-1 characters by pronunciation, so their initials follow
from 23 borders of that code. Level-2 characters are ordered by radical: they, and characters
read in more than one way, stand in ``resources/pinyin_initials.yaml``.
"""

from __future__ import annotations

import bisect
import string
from functools import cache, lru_cache

from .data import RESOURCES, load_yaml

# First GB 2312 character of each initial (i, u, v begin no syllable).
_FIRST = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_LETTERS = [letter for letter in string.ascii_lowercase if letter not in "iuv"]
_LEVEL_1_END = 0xD7F9


@cache
def _borders() -> list[int]:
    return [int.from_bytes(c.encode("gb2312"), "big") for c in _FIRST]


@cache
def _extra() -> dict[str, str]:
    groups = load_yaml(RESOURCES / "pinyin_initials.yaml")
    return {character: str(letters) for letters, characters in groups.items() for character in characters}


@lru_cache(maxsize=8192)
def initials(character: str) -> str:
    """The possible initials of one character, lower case; itself for a letter or digit, else ``""``."""
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    known = _extra().get(character)
    if known:
        return known
    try:
        code = int.from_bytes(character.encode("gb2312"), "big")
    except UnicodeEncodeError:
        return ""
    place = bisect.bisect_right(_borders(), code) - 1
    return _LETTERS[place] if place >= 0 and code <= _LEVEL_1_END else ""


def spelled(text: str) -> tuple[str, ...]:
    """Initials of each character that has any, in order."""
    return tuple(letters for letters in map(initials, text) if letters)


def found(query: str, text: tuple[str, ...]) -> bool:
    """Whether the letters of ``query`` follow one another in ``text`` (from :func:`spelled`)."""
    letters = query.lower()
    last = len(text) - len(letters)
    return any(all(c in text[at + i] for i, c in enumerate(letters)) for at in range(last + 1))
