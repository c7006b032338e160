"""Adding one thing takes one file: asked of every consumer in tests/consumers (see the README there)."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDERS = {"table": "tables", "measure": "measures", "indicator": "indicators", "figure": "figures"}
NAMES = {
    "table": "A.13x",
    "measure": "beaver_dam",
    "indicator": "21",
    "figure": "springs",
    "edition": "TINY-1",
}


def consumers(needs_qgis):
    """The consumer modules that need QGIS, or those that do not."""
    found = [_module(path) for path in sorted((HERE / "consumers").glob("*.py"))]
    return [m for m in found if needs_qgis == m.NEEDS_QGIS]


def cases(needs_qgis):
    """(consumer, kind) pairs."""
    return [(c, kind) for c in consumers(needs_qgis) for kind in c.KINDS]


def edition_with(kind, folder, shipped):
    """The folder of an edition that has one ``kind`` more than ``shipped`` (for "edition": another one)."""
    if kind == "edition":
        return Path(shutil.copytree(HERE / "data" / "editions" / "tiny", folder / "tiny"))
    grown = Path(shutil.copytree(shipped, folder / "grown"))
    shutil.copy(HERE / "data" / "additions" / f"{kind}.yaml", grown / FOLDERS[kind] / "zz_added.yaml")
    return grown


def _module(path):
    spec = importlib.util.spec_from_file_location(f"consumer_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
