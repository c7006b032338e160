"""Named stages with counts, and cancel, between core's Progress and QGIS's feedback."""

from __future__ import annotations

from functools import cache
from typing import Sequence

from qgis.core import QgsProcessingFeedback

from ..core import language
from ..core.data import RESOURCES, load_yaml
from ..core.errors import Cancelled


@cache
def _stage_texts() -> dict[str, dict[str, str]]:
    return load_yaml(RESOURCES / "stages.yaml")


def stage_title(key: str, spoken: str | None = None) -> str:
    """The stage's name in ``spoken``, else the language in force; the key itself where it has none."""
    return language.pick(_stage_texts().get(key, {}), spoken) or key


class StageProgress:
    """Progress over known stages, each with its share of the bar.

    ``stages`` are (key, weight) in the order they come; a stage that is not
    listed keeps the bar where it is.
    """

    def __init__(self, feedback: QgsProcessingFeedback, stages: Sequence[tuple[str, float]]) -> None:
        self._feedback = feedback
        self._language = language.current()  # of whoever started it, also while a document speaks another
        total = sum(weight for _, weight in stages) or 1.0
        self._spans: dict[str, tuple[float, float]] = {}
        start = 0.0
        for key, weight in stages:
            self._spans[key] = (start / total, weight / total)
            start += weight
        self._span = (0.0, 0.0)
        self._number = 0

    def stage(self, name: str, count: int | None = None) -> None:
        self._check()
        known = name in self._spans
        if known:
            self._span = self._spans[name]
            self._number = list(self._spans).index(name) + 1
        counted = "" if count is None else f" ({count:,})"
        place = f"[{self._number}/{len(self._spans)}] " if known else "    "
        title = stage_title(name, self._language)
        self._feedback.setProgressText(f"{place}{title}{counted}")
        self._feedback.setProgress(100 * self._span[0])

    def step(self, fraction: float) -> None:
        self._check()
        start, width = self._span
        self._feedback.setProgress(100 * (start + width * min(max(fraction, 0.0), 1.0)))

    def _check(self) -> None:
        if self._feedback.isCanceled():
            raise Cancelled()
