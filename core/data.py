"""Reading the plugin's own data files (YAML), fast where the C parser is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "resources"

LARGEST = 2**18
DEEPEST = 30

# The C parser is about ten times faster; some QGIS builds come without it.
SAFE_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnfitYaml(yaml.YAMLError):
    """YAML of anybody's that is no plain, small data."""


def parse_untrusted(data: bytes) -> Any:
    """Plain data of YAML from anywhere: small, not deep, no references to itself, no key twice.

    Deep nesting ends the C parser's process, and references grow without end when they are shown.
    Raises yaml.YAMLError.
    """
    if len(data) > LARGEST:
        raise UnfitYaml(f"> {LARGEST // 1024} KiB")
    try:
        text = data.decode("utf-8-sig")
        depth = 0
        for event in yaml.parse(text, Loader=SAFE_LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise UnfitYaml("*alias")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise UnfitYaml("[[[…")
        twice = _twice(yaml.compose(text, Loader=SAFE_LOADER))
        if twice:
            raise UnfitYaml(f"{twice}: ×2")
        return _single(text)
    except (ValueError, RecursionError) as error:
        raise UnfitYaml(str(error)) from error


def _twice(node: Any) -> str:
    """The first key that stands twice in one mapping (the second would silently win), empty if none does."""
    if isinstance(node, yaml.SequenceNode):
        return next((found for found in map(_twice, node.value) if found), "")
    if not isinstance(node, yaml.MappingNode):
        return ""
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                return str(key.value)
            seen.add(key.value)
    return next((found for _, value in node.value for found in [_twice(value)] if found), "")


def load_untrusted(path: Path) -> Any:
    """:func:`parse_untrusted` of a file. Raises yaml.YAMLError, OSError."""
    with open(path, "rb") as stream:
        return parse_untrusted(stream.read(LARGEST + 1))


def load_yaml(path: Path) -> Any:
    """Content of a YAML file as plain Python (None for an empty one). Raises yaml.YAMLError, OSError."""
    with open(path, encoding="utf-8") as stream:
        return _single(stream)


def _single(source: Any) -> Any:
    loader = SAFE_LOADER(source)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
