"""Which Python can run beside QGIS: same version, and it imports what we import.

``sys.executable`` inside QGIS is qgis-bin.exe on Windows, and here and there another
Python; so the interpreter is looked for under the prefixes and asked who it is.
"""

from __future__ import annotations

import json
import os
import subprocess  # nosec B404
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_ASK = "import json,sys; import numpy; print(json.dumps([list(sys.version_info[:2]), numpy.__version__]))"
_OWN = ("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")
ASK_SECONDS = 20


@dataclass(frozen=True)
class Interpreter:
    """A Python to run children with, and whether it needs our own PYTHON* variables gone."""

    path: str
    clean: bool

    def environment(self) -> dict[str, str]:
        """Environment for the child; library paths travel separately (``sys.path``)."""
        kept = dict(os.environ)
        if self.clean:
            for name in _OWN:
                kept.pop(name, None)
        kept["PYTHONDONTWRITEBYTECODE"] = "1"
        kept["PYTHONIOENCODING"] = "utf-8"
        return kept


def candidates() -> list[Path]:
    """Where a Python like ours may lie, the likeliest first, existing files only."""
    major, minor = sys.version_info[:2]
    found: list[Path] = []
    for prefix in dict.fromkeys((sys.base_prefix, sys.exec_prefix, sys.prefix, sys.base_exec_prefix)):
        home = Path(prefix)
        if sys.platform == "win32":
            found += [home / "python.exe", home.parent.parent / "bin" / "python3.exe", home / "pythonw.exe"]
        else:
            found += [home / "bin" / f"python{major}.{minor}", home / "bin" / "python3"]
            found += [
                home / "MacOS" / "bin" / "python3",
                home / "Resources" / "Python.app" / "Contents" / "MacOS",
            ]
    return [path for path in dict.fromkeys(found) if path.is_file()]


@lru_cache(maxsize=1)
def find() -> Interpreter | None:
    """The first candidate of our version with our numpy, or None. Asks each once (some 0.1 s)."""
    import numpy

    wanted = [list(sys.version_info[:2]), numpy.__version__]
    for path in candidates():
        for clean in (False, True):
            interpreter = Interpreter(str(path), clean)
            if _answer(interpreter) == wanted:
                return interpreter
    return None


def _answer(interpreter: Interpreter) -> object:
    code = f"import sys; sys.path[:] = {sys.path!r}; {_ASK}"
    try:
        done = subprocess.run(  # nosec B603
            [interpreter.path, "-c", code],
            capture_output=True,
            timeout=ASK_SECONDS,
            env=interpreter.environment(),
            check=False,
            **no_window(),
        )
        # a start-up script may have printed something before
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        return json.loads(said[-1]) if said else None
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def no_window() -> dict[str, Any]:
    """Keyword that keeps Windows from opening a console for the child."""
    flag = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    return {"creationflags": flag} if flag else {}
