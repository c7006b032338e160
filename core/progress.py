"""How long work tells where it is and learns that it should stop.

A computation takes a :class:`Progress`, names its stages with their counts and
steps through them; ``step`` raises :class:`~.errors.Cancelled` when the user
said stop. ``SILENT`` does nothing and never cancels.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a computation reports to."""

    def stage(self, name: str, count: int | None = None) -> None:
        """Begin the stage ``name`` (a key of ``resources/messages/stages.yaml``) over ``count`` things."""

    def step(self, fraction: float) -> None:
        """``fraction`` (0..1) of the stage is done. Raises Cancelled; call it at least every second."""


class _Silent:
    def stage(self, name: str, count: int | None = None) -> None:
        return None

    def step(self, fraction: float) -> None:
        return None


SILENT: Progress = _Silent()
