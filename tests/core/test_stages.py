"""Every stage that the sources name has its name in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from qingliu.core.data import RESOURCES, load_yaml

ROOT = Path(__file__).resolve().parent.parent.parent


def stages_named():
    found = set()
    for folder in ("core", "layers", "layouts", "processing", "ui"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                if (
                    called
                    and node.func.attr == "stage"
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    found.add(node.args[0].value)
    return sorted(found)


@pytest.mark.parametrize("key", stages_named())
def test_stage_has_a_name_in_both_languages(key):
    texts = load_yaml(RESOURCES / "stages.yaml")
    assert texts[key]["zh"] and texts[key]["en"]
