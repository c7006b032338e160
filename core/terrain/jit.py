"""Who runs the loops over cells: numba where it is there and trusted, else plain Python, same results.

A kernel is a function over flat arrays with one signature written down, so that nothing is
inferred when it is called. It is compiled (or fetched from the cache folder) when first
needed, never when a module is imported: importing numba inside QGIS must be a decision of
the plugin (qgis/QGIS#63594). Without numba the same function runs over memoryviews, whose
items are plain Python numbers; sweeps that would be too slow so have a numpy twin.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

from ..progress import SILENT, Progress

# What a broken or mismatched numba (its numpy, its LLVM) raises when it is imported.
_BROKEN = (ImportError, ValueError, AttributeError, OSError, SystemError)
_numba: Any = None
_asked = False
_allowed = True
_compiling = threading.Lock()
_kernels: list[Kernel] = []


def prepare(cache_folder: str | Path) -> None:
    """Keep compiled kernels in ``cache_folder``, made if missing. Call before the first kernel runs."""
    Path(cache_folder).mkdir(parents=True, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(cache_folder)
    config = getattr(sys.modules.get("numba"), "config", None)
    if config is not None:  # another plugin imported numba before us: it reads the variable only once
        config.CACHE_DIR = str(cache_folder)


def allow(compiled: bool) -> None:
    """Whether numba may be used in this process; the plugin forbids it where its probe failed."""
    global _allowed
    _allowed = compiled


def compiled() -> bool:
    """Whether kernels run compiled here. Imports numba when first asked and allowed."""
    return _allowed and _find() is not None


@contextmanager
def plain() -> Iterator[None]:
    """Within the block kernels run without numba."""
    before = _allowed
    allow(False)
    try:
        yield
    finally:
        allow(before)


def load(progress: Progress = SILENT) -> None:
    """Compile every kernel of the modules imported so far, or fetch it from the cache.

    Worth its own stage: some ten seconds on the first run after an installation or update.
    """
    if not compiled():
        return
    progress.stage("compile", len(_kernels))
    for number, one in enumerate(_kernels, 1):
        one.ready()
        progress.step(number / len(_kernels))


def kernel(returns: str, *arguments: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a function a kernel.

    Types: ``u1 u4 i4 i8 f4 f8``, with ``r`` (read) or ``w`` (written) behind them for flat arrays; ``no`` for
    no result.
    """

    def wrap(function: Callable[..., Any]) -> Kernel:
        one = Kernel(function, returns, arguments)
        _kernels.append(one)
        return one

    return wrap


class Kernel:
    """A function over flat arrays, compiled where possible; the GIL is released while it runs."""

    def __init__(self, function: Callable[..., Any], returns: str, arguments: tuple[str, ...]) -> None:
        self.function = function
        self.signature = (returns, arguments)
        self._compiled: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        if compiled():
            return self.ready()(*arguments)
        return self.function(*(memoryview(a.data) if isinstance(a, np.ndarray) else a for a in arguments))

    def ready(self) -> Callable[..., Any]:
        """The compiled function; compiles it or fetches it from the cache if that hasn't happened."""
        if self._compiled is None:
            with _compiling:  # the threads of a sweep may all come here first
                self._compiled = self._compiled or _compile(self.function, *self.signature)
        return self._compiled


def _find() -> Any:
    global _asked, _numba
    if not _asked:
        try:
            _numba = importlib.import_module("numba")
        except _BROKEN:
            _numba = None
        _asked = True
    return _numba


def _compile(function: Callable[..., Any], returns: str, arguments: tuple[str, ...]) -> Callable[..., Any]:
    signature = _type(returns)(*(_type(a) for a in arguments))
    try:
        return _numba.njit(signature, cache=True, nogil=True)(function)
    except RuntimeError:  # no folder to write the cache to: compile for this process only
        return _numba.njit(signature, nogil=True)(function)


def _type(name: str) -> Any:
    types = _numba.types
    scalar = {
        "u1": types.uint8,
        "u4": types.uint32,
        "i4": types.int32,
        "i8": types.int64,
        "f4": types.float32,
        "f8": types.float64,
        "no": types.void,
    }[name[:2]]
    return scalar if len(name) == 2 else types.Array(scalar, 1, "C", readonly=name[2] == "r")
