"""Surveys opened lately, kept in the user's settings."""

from __future__ import annotations

from pathlib import Path
from typing import List

from qgis.PyQt.QtCore import QSettings

SETTINGS = "qingliu/survey"
RECENT = 6


def recently_used() -> List[str]:
    """Surveys opened lately, the last one first; those that are gone left out."""
    kept = QSettings().value(f"{SETTINGS}/recent", []) or []
    return [p for p in ([kept] if isinstance(kept, str) else kept) if Path(p).is_file()]


def folder() -> str:
    """The folder of the survey opened last, empty where none was."""
    return str(QSettings().value(f"{SETTINGS}/folder", ""))


def remember(path: Path) -> None:
    """A survey was opened. Writes to the disk: not for the interface thread."""
    recent = [str(path), *(p for p in recently_used() if p != str(path))]
    settings = QSettings()
    settings.setValue(f"{SETTINGS}/recent", recent[:RECENT])
    settings.setValue(f"{SETTINGS}/folder", str(path.parent))
    settings.sync()
