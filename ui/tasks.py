"""Core's progress on a QgsTask: stages move the bar on, a cancelled task stops the work at its next step."""

from __future__ import annotations

from qgis.core import QgsTask

from ..core.errors import Cancelled


class TaskProgress:
    """Progress of ``core.progress`` for a task whose work has about ``stages`` stages of like length."""

    def __init__(self, task: QgsTask, stages: int) -> None:
        self.task = task
        self.expected = stages
        self.stages = 0

    def stage(self, name: str, count: int | None = None) -> None:
        """Begin the next stage."""
        self.stages += 1
        self.step(0.0)

    def step(self, fraction: float) -> None:
        """Say how much of the stage is done. Raises Cancelled."""
        if self.task.isCanceled():
            raise Cancelled()
        self.task.setProgress(min(99.0, 100 * (self.stages - 1 + fraction) / self.expected))
