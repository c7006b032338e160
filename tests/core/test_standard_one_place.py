"""Adding a table, measure, threshold, figure or edition takes one file and is picked up by itself.

The consumers that are asked list themselves in tests/consumers.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from qingliu.core.standard import default_edition, editions, load_edition


def _one_place():
    path = Path(__file__).resolve().parent.parent / "one_place.py"
    spec = importlib.util.spec_from_file_location("one_place", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


one_place = _one_place()
CASES = one_place.cases(needs_qgis=False)
IDS = [f"{consumer.__name__}-{kind}" for consumer, kind in CASES]


@pytest.mark.parametrize(("consumer", "kind"), CASES, ids=IDS)
def test_one_added_file_is_shown_by_itself(consumer, kind, tmp_path):
    shipped = default_edition()
    name = one_place.NAMES[kind]
    assert name not in consumer.shown(shipped, kind)
    grown = load_edition(one_place.edition_with(kind, tmp_path, shipped.folder))
    added = consumer.shown(grown, kind)
    assert name in added
    if kind != "edition":
        assert added == consumer.shown(shipped, kind) | {name}


def test_an_edition_in_the_users_folder_is_listed_beside_the_shipped_one(tmp_path):
    one_place.edition_with("edition", tmp_path, default_edition().folder)
    assert set(editions(tmp_path)) == {"slt534-draft2023", "tiny"}
    assert set(editions()) == {"slt534-draft2023"}


def test_every_kind_has_a_consumer():
    assert {kind for _, kind in CASES} == set(one_place.NAMES)
