"""Tasks: how one is made, core's progress on it (cancel stops the work at its next step), garbage left alone meanwhile.

Python's collector looks through every object of QGIS and its plugins at once, which holds up all threads,
the window's with them, for some 80 ms; started by a task it could end Qt objects in the wrong thread besides.
"""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from qgis.core import QgsProject, QgsTask

from ..core.errors import Cancelled
from ..layers.crsthreads import meet_project


def task_of(title: str, work: Callable[..., Any], **given: Any) -> QgsTask:
    """A task as ``QgsTask.fromFunction`` makes it; CRSs are met first (see :mod:`..layers.crsthreads`)."""
    meet_project(QgsProject.instance())
    return QgsTask.fromFunction(title, work, **given)


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


class _Pause:
    """How many bodies want the collector to rest, and whether it worked before the first of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.bodies = 0
        self.worked = True


_PAUSE = _Pause()


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection while the body runs, in whatever threads; what is in no cycle is freed all the same."""
    with _PAUSE.lock:
        if _PAUSE.bodies == 0:
            _PAUSE.worked = gc.isenabled()
        _PAUSE.bodies += 1
        gc.disable()
    try:
        yield
    finally:
        with _PAUSE.lock:
            _PAUSE.bodies -= 1
            if _PAUSE.bodies == 0 and _PAUSE.worked:
                gc.enable()
