"""Adding a table, measure, threshold, figure or edition takes one file: the parts that need QGIS.

They list themselves in tests/consumers (see the README there).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from qingliu.core.standard import default_edition, load_edition


def _one_place():
    path = Path(__file__).resolve().parent.parent / "one_place.py"
    spec = importlib.util.spec_from_file_location("one_place", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


one_place = _one_place()
CASES = one_place.cases(needs_qgis=True)
IDS = [f"{consumer.__name__}-{kind}" for consumer, kind in CASES]


@pytest.mark.parametrize(("consumer", "kind"), CASES, ids=IDS)
def test_one_added_file_is_shown_by_itself(consumer, kind, tmp_path, qgis_app):
    shipped = default_edition()
    name = one_place.NAMES[kind]
    assert name not in consumer.shown(shipped, kind)
    grown = load_edition(one_place.edition_with(kind, tmp_path, shipped.folder))
    assert name in consumer.shown(grown, kind)
