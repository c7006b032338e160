"""The fault harness: its module, and its programs run as processes of their own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _load(name):
    spec = importlib.util.spec_from_file_location(f"faults_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def faults():
    """The module ``faults``."""
    return _load("faults")


class Program:
    """A run of ``faults.py``."""

    def __init__(self, *arguments, env=None):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "faults.py"), *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
        )  # fmt: skip

    def ready(self):
        """Wait until it says so."""
        line = self.process.stdout.readline()
        assert line == "READY\n", (line, self.process.stderr.read())
        return self

    def lines(self, timeout=280):
        """What it said, when it has ended well."""
        out, err = self.process.communicate(timeout=timeout)
        assert self.process.returncode == 0, err
        return out.splitlines()


@pytest.fixture
def program():
    """program("some", path, 20) starts a writer; all that were started are gone after the test."""
    started = []

    def start(*arguments, env=None):
        started.append(Program(*arguments, env=env))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def storm(program, tmp_path):
    """storm(kills, seed, how) -> what was lost, torn, corrupt."""

    def run(kills, seed, how="store"):
        (line,) = program("storm", tmp_path / "survey.gpkg", kills, seed, how).lines(timeout=7200)
        found = json.loads(line)
        print(how, found)
        return found

    return run


@pytest.fixture
def survey(program, tmp_path):
    """A survey in state 0."""
    path = tmp_path / "survey.gpkg"
    program("new", path).lines()
    return path
