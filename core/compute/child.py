"""The inside of a child process: read one request, work, answer.

Lines of JSON on standard output: ``stage``, ``step``, ``problems`` or the answer. A line
``cancel`` on standard input, or its end (the parent is gone), ends the process at once.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Mapping

import numpy as np

from ..errors import QingliuError
from ..progress import Progress

Job = Callable[
    [Mapping[str, np.ndarray], Mapping[str, Any], Progress], "tuple[dict[str, np.ndarray], dict[str, Any]]"
]

# The jobs a child may be asked for: name -> (module below core, function).
JOBS = {"route": ("terrain.routing", "route_job")}


class _Teller:
    """Progress as lines on standard output."""

    def stage(self, name: str, count: int | None = None) -> None:
        tell({"stage": name, "count": count})

    def step(self, fraction: float) -> None:
        tell({"step": fraction})


def tell(message: dict[str, Any]) -> None:
    """One line to the parent."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def job(name: str) -> Job:
    """The function behind a job's name. Raises KeyError for a name that is no job."""
    module, function = JOBS[name]
    package = __name__.rsplit(".", 2)[0]
    return getattr(importlib.import_module(f"{package}.{module}"), function)


def main() -> int:
    """Work through the request on standard input; 0 when an answer or a problem was told."""
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_watch, daemon=True).start()
    from ..terrain import jit

    if request["cache"]:
        jit.prepare(request["cache"])
    jit.allow(request["compiled"])
    folder = Path(request["folder"])
    arrays = {name: np.load(folder / f"in-{name}.npy", mmap_mode="r") for name in request["arrays"]}
    try:
        results, values = job(request["job"])(arrays, request["values"], _Teller())
    except QingliuError as error:
        tell({"problems": [{"code": p.code, "facts": dict(p.facts)} for p in error.problems]})
        return 0
    for name, array in results.items():
        np.save(folder / f"out-{name}.npy", array)
    tell({"arrays": list(results), "values": values})
    return 0


def _watch() -> None:
    """End the process when the parent says so or is no more."""
    sys.stdin.readline()
    os._exit(3)
