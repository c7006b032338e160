"""One command in a process of its own: wall seconds, processor seconds, peak memory of it and its children."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Mapping, NamedTuple, Sequence

_EVERY = 0.04
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


class Failed(Exception):
    """A chain ended with an error; holds its last words."""


class Run(NamedTuple):
    """What one run took; ``stages`` holds wall seconds where the chain tells them."""

    wall: float
    cpu: float
    peak_mb: float
    stages: Mapping[str, float]


def run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Run:
    """Run ``command`` to its end; its words go to ``log``. Raises Failed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w+", encoding="utf-8", errors="replace") as words:
        begin = time.perf_counter()
        process = subprocess.Popen(
            list(command), env=dict(environment), stdout=words, stderr=subprocess.STDOUT
        )
        peak = _Peak(process.pid)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        sampled = peak.stop()
        words.seek(0)
        text = words.read()
    if process.returncode:
        raise Failed(f"{' '.join(command)}: status {process.returncode}\n{text[-2000:]}")
    # The system's own record misses nothing of one process, the samples add up the children.
    return Run(wall, used.ru_utime + used.ru_stime, max(sampled, used.ru_maxrss / 1024), _stages(text))


def _stages(text: str) -> dict[str, float]:
    for line in text.splitlines():
        if line.startswith('{"wall"'):
            return dict(json.loads(line)["wall"])
    return {}


class _Peak:
    """The highest sum of resident memory of a process and its children, looked at 25 times a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._highest = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Stop watching; the highest sum, MB."""
        self._over.set()
        self._thread.join()
        return self._highest

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            self._highest = max(self._highest, sum(_resident(pid) for pid in _family(self._pid)))


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:  # ended while it was looked at
                continue
    return found


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB
    except (OSError, IndexError):  # ended while it was looked at
        return 0.0
