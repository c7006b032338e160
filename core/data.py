"""Reading the plugin's own data files (YAML), fast where the C parser is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "resources"

# The C parser is about ten times faster; some QGIS builds come without it.
SAFE_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(path: Path) -> Any:
    """Content of a YAML file as plain Python (None for an empty one). Raises yaml.YAMLError, OSError."""
    with open(path, encoding="utf-8") as stream:
        loader = SAFE_LOADER(stream)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
