"""Which Chinese font the figures are set in.

WenQuanYi before Noto: in PDFs Noto CJK maps 水, 土, 生 to Kangxi radicals, so that a search for 水土
finds nothing.
"""

from __future__ import annotations

from typing import Iterable, NamedTuple

from qgis.PyQt.QtGui import QFontDatabase

from ..core.errors import Problem

PREFERRED = (
    "SimSun", "宋体", "NSimSun", "FangSong", "仿宋", "Microsoft YaHei", "微软雅黑", "SimHei", "黑体",
    "WenQuanYi Zen Hei", "文泉驿正黑", "WenQuanYi Micro Hei", "Songti SC", "PingFang SC", "Heiti SC",
    "Source Han Sans SC", "Noto Sans CJK SC", "Noto Serif CJK SC", "Droid Sans Fallback",
)  # fmt: skip
RADICALS = ("Source Han", "Noto Sans CJK", "Noto Serif CJK")


class Font(NamedTuple):
    """A font family, and what must be said about it."""

    family: str
    warnings: list[Problem]


def choose_font(families: Iterable[str] | None = None, wanted: str = "") -> Font:
    """The font of the figures among those installed; ``wanted`` is the user's choice.

    Warnings: QL-FIG-FONTGONE where ``wanted`` is not installed, QL-FIG-RADICALS where searching the PDF
    may fail, QL-FIG-NOFONT where no Chinese font is installed.
    """
    installed = list(_installed() if families is None else families)
    warnings: list[Problem] = []
    if wanted and wanted not in installed:
        warnings.append(Problem("QL-FIG-FONTGONE", {"font": wanted}))
    candidates = [wanted, *PREFERRED] if wanted else list(PREFERRED)
    family = next((f for f in candidates if f in installed), "")
    if not family:
        family = next((f for f in _chinese() if families is None), "")
    if not family:
        warnings.append(Problem("QL-FIG-NOFONT", {"fonts": ", ".join(PREFERRED[:3])}))
    elif family.startswith(RADICALS):
        warnings.append(Problem("QL-FIG-RADICALS", {"font": family}))
    return Font(family, warnings)


def _installed() -> list[str]:
    return list(_database().families())


def _chinese() -> list[str]:
    return list(_database().families(QFontDatabase.WritingSystem.SimplifiedChinese))


def _database() -> QFontDatabase:
    try:
        return QFontDatabase()
    except TypeError:  # Qt 6: its functions are static
        return QFontDatabase  # type: ignore[return-value]
