"""A further connection of a survey that this process has open: work that must not hold the window up.

A :class:`GpkgStore` belongs to the thread that opened it. A task takes a seat beside it and saves through
a connection of its own, under the same locks, triggers and log; it neither signs anybody in nor puts
anything to rest, which is the open survey's own business.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Optional

from .connection import WAIT_S, trust_triggers
from .gpkg import GpkgStore
from .model import Waiting


class Seat(NamedTuple):
    """What a further connection needs to know; taken where the survey is open, used in any thread."""

    path: Path
    home: Path
    who: str
    note: Optional[Path]
    read_only: bool


def seat_of(store: GpkgStore) -> Seat:
    """The seat beside an open survey, whose triggers were looked at when it was opened."""
    return Seat(store.path, store.home, store.who, store.note, store.read_only)


class BesideStore(GpkgStore):
    """A survey through a seat; for the thread that makes it. Raises QingliuError QL-STORE-UNREADABLE."""

    def __init__(self, seat: Seat, *, waiting: Waiting | None = None, wait_s: float = WAIT_S) -> None:
        self._seat = seat
        super().__init__(
            seat.path, who=seat.who, read_only=seat.read_only, waiting=waiting, wait_s=wait_s, home=seat.home
        )

    def _prepare_writing(self) -> Path | None:
        trust_triggers(self._connection)
        return self._seat.note  # so that its own session is not taken for somebody else

    def close(self) -> bool:
        """Let go of this connection; the survey stays open."""
        if not self._closed:
            self._closed = True
            self._connection.close()
        return False
