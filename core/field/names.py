"""Names that survive tablets: ASCII file names, names of photos, relative paths that stay inside.

Android and exchange by cable damage names with other characters, and paths that come back from a
device are not to be trusted.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Container, Optional

from ..pinyin import initials

_KEPT = re.compile(r"[^A-Za-z0-9_-]+")
_DRIVE = re.compile(r"[A-Za-z]:")
_STAMP = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d))?)?")
_LONGEST = 60
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def ascii_name(text: str, fallback: str = "survey") -> str:
    """A file name of ASCII letters, digits, ``_`` and ``-``; Chinese becomes its pinyin initials.

    >>> ascii_name("411600001"), ascii_name("青柳沟 2"), ascii_name("/")
    ('411600001', 'qlg_2', 'survey')
    """
    spelled = "".join(c if c.isascii() else initials(c)[:1] for c in text)
    return usable(_KEPT.sub("_", spelled).strip("_-")[:_LONGEST] or fallback)


def usable(name: str) -> str:
    """A file name that Windows takes too: devices' names get a mark.

    >>> usable("CON"), usable("aux.txt"), usable("console.txt")
    ('CON_', 'aux_.txt', 'console.txt')
    """
    stem, dot, rest = name.partition(".")
    return f"{stem.rstrip()}_{dot}{rest}" if stem.strip().lower() in _DEVICES else name


def is_ascii_path(text: str) -> bool:
    """Whether every part of a relative path is a plain ASCII name."""
    return text.isascii() and not re.search(r'[<>:"|?*\\\x00-\x1f]', text)


def safe_relative(text: Optional[str]) -> Optional[PurePosixPath]:
    """A relative path with forward slashes; None for an empty, absolute or climbing one."""
    plain = (text or "").strip().replace("\\", "/")
    if not plain or "\0" in plain or plain.startswith("/") or _DRIVE.match(plain):
        return None
    path = PurePosixPath(plain)
    return None if ".." in path.parts or path == PurePosixPath(".") else path


def stamp_of(moment: Optional[str]) -> str:
    """Date and time as a name has them: ``20250618-101500``, ``20250618``, empty where there is none."""
    found = _STAMP.match(moment or "")
    if found is None:
        return ""
    year, month, day, hour, minute, second = found.groups()
    date = f"{year}{month}{day}"
    return date if hour is None else f"{date}-{hour}{minute}{second or '00'}"


def photo_name(table: str, row_uuid: str, moment: str, suffix: str, taken: Container[str]) -> str:
    """Name of a photo by its row and date, none of ``taken``: ``a7_1b4e28ba_20250618-101500.jpg``."""
    row = ascii_name(row_uuid.replace("-", ""), "row")[:8]
    stem = "_".join(p for p in (ascii_name(table or "photo", "photo"), row, stamp_of(moment)) if p)
    ending = suffix.lower() if suffix.isascii() else ""
    name, number = f"{stem}{ending}", 2
    while name in taken:
        name, number = f"{stem}_{number}{ending}", number + 1
    return name
