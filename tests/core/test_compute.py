"""Work in a child process: same result, progress, cancel within a second, and a crash that stays there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from qingliu.core.compute import interpreter, parent
from qingliu.core.compute.parent import ChildFailed, run_job
from qingliu.core.errors import Cancelled, InputError
from qingliu.core.grid import GridFrame
from qingliu.core.progress import SILENT
from qingliu.core.terrain.routing import route_job, route_values


@pytest.fixture(scope="module")
def python():
    found = interpreter.find()
    assert found is not None
    return found


def slope(rows=40, cols=30):
    """A plane falling to the east with a ripple, 5 m cells."""
    row, col = np.mgrid[0:rows, 0:cols]
    dem = (200 - col + 0.3 * np.sin(row)).astype(np.float32)
    return dem, GridFrame(rows, cols, 500000.0, 3000000.0, 5.0, 5.0)


class Watcher:
    """Remembers the stages; says stop at the stage it is told to."""

    def __init__(self, stop_at=None):
        self.stages = []
        self.stop_at = stop_at

    def stage(self, name, count=None):
        self.stages.append(name)

    def step(self, fraction):
        if self.stop_at in self.stages:
            raise Cancelled()


def test_found_interpreter_is_one_like_ours(python):
    code = "import sys; print(sys.version_info[:2])"
    answer = subprocess.run(
        [python.path, "-c", code], capture_output=True, text=True, env=python.environment()
    )
    assert answer.stdout.strip() == str(sys.version_info[:2])


def test_child_gives_what_the_same_job_gives_here(python):
    dem, frame = slope()
    values = route_values(frame, "fill", 10.0, 200.0)
    here, _ = route_job({"dem": dem}, values, SILENT)
    watcher = Watcher()
    there = run_job(python, "route", {"dem": dem}, values, progress=watcher)
    for name in ("direction", "drained", "contaminated"):
        np.testing.assert_array_equal(there.arrays[name], here[name])
    assert "accumulation" in watcher.stages


def test_problems_of_a_job_come_back_with_their_codes(python):
    dem, frame = slope()
    values = {**route_values(frame, "fill", 10.0, 200.0), "method": "dig"}
    with pytest.raises(InputError) as caught:
        run_job(python, "route", {"dem": dem}, values)
    assert caught.value.code == "QL-FLOW-METHOD"


def test_cancel_ends_the_child_and_leaves_no_files(python, tmp_path, monkeypatch):
    monkeypatch.setattr(parent.tempfile, "tempdir", str(tmp_path))
    dem, frame = slope(600, 600)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        run_job(
            python,
            "route",
            {"dem": dem},
            route_values(frame, "fill", 10.0, 200.0),
            progress=Watcher("descent"),
        )
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - started < 60


def test_a_job_that_does_not_exist_is_a_failed_child_not_a_hang(python):
    with pytest.raises(ChildFailed) as caught:
        run_job(python, "no such job", {}, {})
    assert caught.value.code == "QL-COMPUTE-CHILD"


@pytest.mark.skipif(sys.platform == "win32", reason="sends a Unix signal")
def test_a_child_that_is_killed_is_told_with_its_status(python, monkeypatch):
    dem, frame = slope(1500, 1500)
    started = threading.Event()
    pids = []
    real = subprocess.Popen

    def note(*args, **kwargs):
        process = real(*args, **kwargs)
        pids.append(process.pid)
        started.set()
        return process

    monkeypatch.setattr(parent.subprocess, "Popen", note)
    threading.Thread(target=lambda: (started.wait(30), os.kill(pids[0], signal.SIGSEGV)), daemon=True).start()
    with pytest.raises(ChildFailed) as caught:
        run_job(python, "route", {"dem": dem}, route_values(frame, "fill", 10.0, 200.0), compiled=False)
    assert caught.value.problems[0].facts["status"] == -signal.SIGSEGV


def test_child_that_cannot_be_started_or_has_no_room_is_a_failed_child(python, monkeypatch, tmp_path):
    dem, frame = slope()
    values = route_values(frame, "fill", 10.0, 200.0)
    gone = interpreter.Interpreter(str(tmp_path / "python-that-is-gone"), False)
    with pytest.raises(ChildFailed, match="QL-COMPUTE-CHILD"):
        run_job(gone, "route", {"dem": dem}, values)
    monkeypatch.setattr(parent.tempfile, "tempdir", str(tmp_path / "no such folder"))
    with pytest.raises(ChildFailed, match="QL-COMPUTE-CHILD"):
        run_job(python, "route", {"dem": dem}, values)


def test_words_of_a_startup_script_do_not_disturb_the_child(python, monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('good morning')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    noisy = interpreter.Interpreter(python.path, False)
    assert interpreter._answer(noisy) == [list(sys.version_info[:2]), np.__version__]
    dem, frame = slope()
    done = run_job(noisy, "route", {"dem": dem}, route_values(frame, "fill", 10.0, 200.0))
    assert done.arrays["direction"].shape == dem.shape
