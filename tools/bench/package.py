"""The checkout as the package qingliu, for scripts that run outside QGIS."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def register() -> None:
    """After this ``import qingliu`` finds the checkout, and nothing else lies on the path because of it."""
    here = {str(ROOT), str(ROOT / "tools"), str(ROOT / "tools" / "bench"), ""}
    sys.path[:] = [place for place in sys.path if place not in here]
    spec = importlib.util.spec_from_file_location(
        "qingliu", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(str(ROOT))
    module = importlib.util.module_from_spec(spec)
    sys.modules["qingliu"] = module
    spec.loader.exec_module(module)
