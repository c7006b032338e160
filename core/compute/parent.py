"""Run a job in a child process: arrays by memory-mapped files, progress and cancel by pipes.

A child that crashes is an error of its own (:class:`ChildFailed`) and nothing worse. The
parent that dies takes its child along: the child watches its standard input.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess  # nosec B404
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Mapping

import numpy as np

from ..data import ROOT
from ..errors import Cancelled, QingliuError
from ..progress import SILENT, Progress
from .interpreter import Interpreter, no_window

POLL_SECONDS = 0.1
GRACE_SECONDS = 2.0

BOOT = """
import importlib.util, json, sys
sys.path[:] = json.loads(sys.argv[2])
spec = importlib.util.spec_from_file_location(
    "qingliu", sys.argv[1] + "/__init__.py", submodule_search_locations=[sys.argv[1]])
package = importlib.util.module_from_spec(spec)
sys.modules["qingliu"] = package
spec.loader.exec_module(package)
from qingliu.core.compute.child import main
sys.exit(main())
"""


class ChildFailed(QingliuError):
    """The child process ended without a result; the facts hold its status and last words."""


@dataclass(frozen=True)
class Result:
    """What a job gave back: arrays by name, and plain values."""

    arrays: Mapping[str, np.ndarray]
    values: Mapping[str, Any]


def run_job(
    interpreter: Interpreter,
    job: str,
    arrays: Mapping[str, np.ndarray],
    values: Mapping[str, Any],
    *,
    progress: Progress = SILENT,
    cache_folder: Path | None = None,
    compiled: bool = True,
) -> Result:
    """Run ``job`` (a name of :data:`.child.JOBS`) in a child and wait for it.

    Raises Cancelled within a second of the user's word, ChildFailed where the child died, could not be
    started or found no room for its arrays, and whatever QingliuError the job itself raised.
    """
    try:
        return _run(interpreter, job, arrays, values, progress, cache_folder, compiled)
    except OSError as error:  # no temporary folder, no room in it, no such interpreter
        raise ChildFailed("QL-COMPUTE-CHILD", status="-", words=str(error)) from error


def _run(
    interpreter: Interpreter,
    job: str,
    arrays: Mapping[str, np.ndarray],
    values: Mapping[str, Any],
    progress: Progress,
    cache_folder: Path | None,
    compiled: bool,
) -> Result:
    folder = Path(tempfile.mkdtemp(prefix="qingliu-"))
    try:
        for name, array in arrays.items():
            np.save(folder / f"in-{name}.npy", array)
        request = {
            "job": job,
            "folder": str(folder),
            "arrays": list(arrays),
            "values": dict(values),
            "cache": str(cache_folder) if cache_folder else None,
            "compiled": compiled,
        }
        answer = _talk(interpreter, request, folder, progress)
        names = answer["arrays"]
        return Result({n: np.load(folder / f"out-{n}.npy") for n in names}, answer["values"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _talk(
    interpreter: Interpreter, request: dict[str, Any], folder: Path, progress: Progress
) -> dict[str, Any]:
    with open(folder / "stderr.txt", "w+b") as errors:
        process = subprocess.Popen(  # nosec B603
            [interpreter.path, "-u", "-c", BOOT, str(ROOT), json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=interpreter.environment(),
            start_new_session=sys.platform != "win32",
            **no_window(),
        )
        try:
            _say(process, request)
            answer = _listen(process, progress)
        except BaseException:
            _stop(process)
            raise
        finally:
            _close(process)
        if answer is None:
            errors.seek(0)
            words = errors.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
            raise ChildFailed(
                "QL-COMPUTE-CHILD", status=process.returncode, words=words[-1] if words else "-"
            )
    return answer


def _say(process: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
    pipe = _pipe(process.stdin)
    try:
        pipe.write(json.dumps(message).encode("utf-8") + b"\n")
        pipe.flush()
    except (BrokenPipeError, OSError):  # it died at once: the missing answer tells
        return


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the child was started without a pipe")
    return pipe


def _listen(process: subprocess.Popen[bytes], progress: Progress) -> dict[str, Any] | None:
    """The child's answer, or None where it ended without one. Progress is passed on meanwhile."""
    lines: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_read, args=(_pipe(process.stdout), lines), daemon=True).start()
    fraction, answer = 0.0, None
    while True:
        try:
            line = lines.get(timeout=POLL_SECONDS)
        except queue.Empty:
            progress.step(fraction)  # raises Cancelled
            continue
        if line is None:
            process.wait()
            return answer
        message = _message(line)
        if message is None:
            continue
        if "stage" in message:
            fraction = 0.0
            progress.stage(message["stage"], message["count"])
        elif "step" in message:
            fraction = message["step"]
            progress.step(fraction)
        elif "problems" in message:
            from ..errors import InputError, Problem

            raise InputError(problems=[Problem(p["code"], p["facts"]) for p in message["problems"]])
        else:
            answer = message


def _message(line: bytes) -> dict[str, Any] | None:
    """What the child says; None for what a start-up script or a library printed in between."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _read(pipe: IO[bytes], lines: queue.Queue[bytes | None]) -> None:
    for line in pipe:
        lines.put(line)
    lines.put(None)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the child to end, and end it (with its group) where it does not listen."""
    try:
        _pipe(process.stdin).write(b"cancel\n")
        _pipe(process.stdin).flush()
        process.wait(GRACE_SECONDS)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        try:
            _pipe(pipe).close()
        except OSError:
            continue
    process.wait()


__all__ = ["Cancelled", "ChildFailed", "Result", "run_job"]
