"""Which background layers of a project are shifted (GCJ-02, BD-09)."""

from __future__ import annotations

from typing import Iterable

from qgis.core import QgsMapLayer

from ..core.background import shifted_background
from ..core.errors import Problem, problem


def background_problems(layers: Iterable[QgsMapLayer]) -> list[Problem]:
    """One QL-CRS-GCJ02 for every shifted web map among ``layers``."""
    found = []
    for layer in layers:
        shifted = shifted_background(layer.source())
        if shifted is not None:
            facts = {"layer": layer.name(), "publisher": shifted.publisher, "system": shifted.system}
            found.append(problem("QL-CRS-GCJ02", **facts))
    return found
