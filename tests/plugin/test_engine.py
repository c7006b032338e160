"""Where heavy work runs on installations that lack something: told, never a traceback."""

from __future__ import annotations

import subprocess

import pytest
from qingliu.core.terrain import jit
from qingliu.layers import engine


@pytest.fixture
def fresh():
    """The folder is asked for anew, before and after the test."""
    engine.cache_folder.cache_clear()
    yield
    engine.cache_folder.cache_clear()


def test_kernels_are_fetched_ahead_only_where_the_probe_was_passed(qgis_app, fresh, monkeypatch, tmp_path):
    """Nothing is probed or compiled behind the user's back; where all is there, one thread, once."""
    monkeypatch.setattr(engine, "_warming", None)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "new"))
    assert engine.warm() is None


def test_kernels_fetched_ahead_are_ready_when_they_are_needed(qgis_app, fresh, monkeypatch):
    pytest.importorskip("numba")
    if engine.engine().mode != "compiled":
        pytest.skip(f"numba does not run inside QGIS here: {engine.engine().reason}")
    jit.load()
    monkeypatch.setattr(engine, "_warming", None)
    thread = engine.warm()
    assert thread is not None and engine.warm() is thread
    thread.join()
    assert all(one._compiled is not None for one in jit._kernels)


@pytest.mark.parametrize("kind", ["file", "below a file"])
def test_cache_folder_that_cannot_be_written_is_passed_over(qgis_app, fresh, monkeypatch, tmp_path, kind):
    occupied = tmp_path / "occupied"
    occupied.write_text("a file", encoding="utf-8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(occupied if kind == "file" else occupied / "numba"))
    found = engine.cache_folder()
    assert found.is_dir() and occupied not in (found, *found.parents)


def test_cache_folder_that_was_asked_for_is_made_and_taken(qgis_app, fresh, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "缓存 1" / "numba"))
    assert engine.cache_folder() == tmp_path / "缓存 1" / "numba"
    assert engine.cache_folder().is_dir()


@pytest.mark.parametrize(
    ("status", "out", "survived", "broken", "reason"),
    [
        (0, b"survived", True, False, ""),
        (0, b"noise\nwithout No module named 'llvmlite'", False, True, "numba: No module named 'llvmlite'"),
        (-11, b"", False, False, "status -11: last words"),
    ],
    ids=["lived", "cannot be imported", "crashed"],
)
def test_end_of_the_probe_tells_a_crash_from_a_numba_that_cannot_be_imported(
    status, out, survived, broken, reason
):
    done = subprocess.CompletedProcess([], status, out, b"first\nlast words")
    assert engine._verdict(done) == {"survived": survived, "broken": broken, "reason": reason}
