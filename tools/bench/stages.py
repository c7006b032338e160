"""Seconds per stage of a chain, told on standard output as one line of JSON at the end."""

from __future__ import annotations

import json
import resource
import sys
import time


class Stages:
    """Also a progress of the plug-in's computations: each of its stages counts for itself."""

    def __init__(self, first: str) -> None:
        self.name = first
        self.begin = time.perf_counter()
        self.cpu = _cpu()
        self.seconds: dict[str, float] = {}
        self.cpus: dict[str, float] = {}
        self.peaks: dict[str, float] = {}

    def stage(self, name: str, count: int | None = None) -> None:
        """The stage before ends, ``name`` begins."""
        now = time.perf_counter()
        self.seconds[self.name] = round(self.seconds.get(self.name, 0.0) + now - self.begin, 3)
        self.cpus[self.name] = round(self.cpus.get(self.name, 0.0) + _cpu() - self.cpu, 3)
        self.peaks[self.name] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        self.name, self.begin, self.cpu = name, now, _cpu()

    def step(self, fraction: float) -> None:
        """Nothing to show."""

    def end(self) -> None:
        """Tell."""
        self.stage("")
        sys.stdout.write(json.dumps({"wall": self.seconds, "cpu": self.cpus, "peak_mb": self.peaks}) + "\n")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
