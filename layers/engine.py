"""Where heavy work runs: compiled inside QGIS, compiled in a child process, or plain.

numba can crash a QGIS that has already started (qgis/QGIS#63594), so it is used in this
process only after a child that started QGIS first has survived it; the answer is kept
beside the compiled kernels. Long work, and work on installations that failed the test,
goes to a child. Without numba, or without a Python to run children, the same functions
run uncompiled: slower, same result, and the user is told what would make it fast.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess  # nosec B404
import sys
import tempfile
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Mapping

import numpy as np
from qgis.core import Qgis, QgsApplication

from ..core.compute import interpreter as interpreters
from ..core.compute.child import job as job_function
from ..core.compute.parent import ChildFailed, Result, run_job
from ..core.errors import Problem
from ..core.progress import SILENT, Progress
from ..core.terrain import jit

# Above this a job takes some ten seconds and gigabytes: better outside QGIS.
LONG_CELLS = 150_000_000
PROBE_SECONDS = 90
_SLICE_S = 0.0005

_PROBE = """
import sys
from qgis.core import QgsApplication
application = QgsApplication([], False)
application.initQgis()
import numpy, threading
try:
    import numba
except Exception as error:
    sys.stdout.write("without " + str(error))
    sys.stdout.flush()
    import os
    os._exit(0)

@numba.njit("f8(f8[::1])", nogil=True)
def total(values):
    s = 0.0
    for v in values:
        s += v
    return s

found = []
thread = threading.Thread(target=lambda: found.append(total(numpy.ones(1000))))
thread.start()
thread.join()
if total(numpy.ones(1000)) + found[0] == 2000.0:
    sys.stdout.write("survived")
    sys.stdout.flush()
import os
os._exit(0)
"""


@dataclass(frozen=True)
class Engine:
    """How this installation computes: ``mode`` is compiled, child or plain; ``reason`` why not compiled."""

    mode: str
    reason: str = ""


_engine: Engine | None = None
_choosing = threading.Lock()
_warming: threading.Thread | None = None


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """Where compiled kernels and the probe's answer are kept: writable, one per user.

    Where neither the folder asked for nor the profile may be written, a folder of this run alone: what
    numba finds in its cache it runs, so a folder others may write into is no choice.
    """
    given = os.environ.get("NUMBA_CACHE_DIR")
    profile = Path(QgsApplication.qgisSettingsDirPath()) / "qingliu" / "numba"
    for folder in ([Path(given)] if given else []) + [profile]:
        if _is_writable(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="qingliu-numba-"))


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def engine() -> Engine:
    """The engine of this installation; the first call may take seconds (the one-time probe)."""
    global _engine
    with _choosing:
        if _engine is None:
            chosen = _choose()
            jit.prepare(cache_folder())
            jit.allow(chosen.mode == "compiled")
            _engine = chosen
    return _engine


def warm() -> threading.Thread | None:
    """Fetch the kernels in a thread of their own, while a DEM is read or a dock looked at.

    Importing numba and fetching compiled kernels takes some 0.3 s in each session. Nothing is probed
    and nothing compiled for the first time here: where the probe has not been passed yet, None.
    """
    global _warming
    if _warming is None and (_remembered() or {}).get("survived") and any(cache_folder().rglob("*.nbi")):
        # no daemon: a process that ends while numba is half imported would not end well
        _warming = threading.Thread(target=_fetch_kernels, name="qingliu-kernels")
        _warming.start()
    return _warming


def _fetch_kernels() -> None:
    """Imports and linking in small slices of time, so that the window goes on moving meanwhile."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SLICE_S)
    try:
        if engine().mode == "compiled":
            jit.load()
    finally:
        sys.setswitchinterval(before)


def _choose() -> Engine:
    if importlib.util.find_spec("numba") is None:
        return Engine("plain", "numba is not installed")
    python = interpreters.find()
    if python is None:
        return Engine("plain", "no Python was found that could test numba outside QGIS")
    answer = _remembered() or _probe(python)
    if answer["survived"]:
        return Engine("compiled")
    if answer.get("broken"):  # an error is no crash: a child could not import it either
        return Engine("plain", str(answer["reason"]))
    return Engine("child", str(answer["reason"]))


def _fingerprint() -> dict[str, str]:
    def version(name: str) -> str:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return "?"

    return {
        "qgis": Qgis.QGIS_VERSION,
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "numba": version("numba"),
        "llvmlite": version("llvmlite"),
        "numpy": np.__version__,
    }


def _answer_file() -> Path:
    return cache_folder() / "probe.json"


def _remembered() -> dict[str, Any] | None:
    try:
        kept = json.loads(_answer_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and kept.get("of") == _fingerprint() else None


def _probe(python: interpreters.Interpreter) -> dict[str, Any]:
    """Start QGIS in a child and use numba there; whether it lived, kept for next time."""
    code = f"import sys; sys.path[:] = {sys.path!r}\n{_PROBE}"
    environment = {**python.environment(), "QT_QPA_PLATFORM": "offscreen"}
    try:
        done = subprocess.run(  # nosec B603
            [python.path, "-c", code],
            capture_output=True,
            timeout=PROBE_SECONDS,
            env=environment,
            check=False,
            **interpreters.no_window(),
        )
        answer = {"of": _fingerprint(), **_verdict(done)}
    except (OSError, subprocess.SubprocessError) as error:
        answer = {"of": _fingerprint(), "survived": False, "broken": False, "reason": str(error)}
    try:
        _answer_file().parent.mkdir(parents=True, exist_ok=True)
        _answer_file().write_text(json.dumps(answer), encoding="utf-8")
    except OSError:
        return answer  # a cache that cannot be written is asked again next time
    return answer


def _verdict(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """What a probe's end says: it lived, numba cannot be imported (``broken``), or it died, and why."""
    said = done.stdout.decode("utf-8", "replace").strip().splitlines()
    last = said[-1] if said else ""
    if last.endswith("survived"):
        return {"survived": True, "broken": False, "reason": ""}
    if "without " in last:
        return {"survived": False, "broken": True, "reason": "numba: " + last.split("without ", 1)[1]}
    words = done.stderr.decode("utf-8", "replace").strip().splitlines()
    reason = f"status {done.returncode}: {words[-1] if words else '-'}"
    return {"survived": False, "broken": False, "reason": reason}


def run(
    job: str,
    arrays: Mapping[str, np.ndarray],
    values: Mapping[str, Any],
    *,
    cells: int,
    warnings: list[Problem],
    progress: Progress = SILENT,
) -> Result:
    """Run ``job`` where it is best run. What made it slow is added to ``warnings``."""
    here = engine()
    outside = here.mode == "child" or (here.mode == "compiled" and cells > LONG_CELLS)
    python = interpreters.find() if outside else None
    if python is not None:
        try:
            return run_job(python, job, arrays, values, progress=progress, cache_folder=cache_folder())
        except ChildFailed as failure:
            warnings.extend(failure.problems)
    if here.mode == "plain" or outside:
        warnings.append(Problem("QL-COMPUTE-SLOW", {"reason": here.reason or "the computing process failed"}))
        with jit.plain():
            return _inside(job, arrays, values, progress)
    return _inside(job, arrays, values, progress)


def _inside(
    job: str, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any], progress: Progress
) -> Result:
    found, plain_values = job_function(job)(arrays, values, progress)
    return Result(found, plain_values)
