"""Giving a finished file its name: tried again while something else (a virus scanner, a viewer) holds the old one.

On Windows a file that another program has open cannot be replaced; scanners and synchronising clients hold
one for moments only.
"""

from __future__ import annotations

import time
from pathlib import Path

PATIENCE_S = 5.0
_PAUSE_S = 0.1


def replace(part: Path, final: Path) -> None:
    """``Path.replace``, tried for five seconds. Raises OSError where it stays refused."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            part.replace(final)
            return
        except PermissionError:
            if time.monotonic() >= end:
                raise
            time.sleep(_PAUSE_S)
