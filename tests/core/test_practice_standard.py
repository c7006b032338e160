"""The filled survey of the practice watershed against the edition's own definition of its tables."""

from __future__ import annotations

import pytest
from qingliu.core.practice import package, scene
from qingliu.core.standard import default_edition

EDITION = default_edition()
TABLES = {t.name: t for t in EDITION.tables.values()}


@pytest.fixture(scope="module")
def content() -> package.Content:
    return package.content(scene.make(7, 5.0))


def _own(row: dict) -> dict:
    return {k: v for k, v in row.items() if k != "uuid" and not k.endswith("_uuid") and v is not None}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_filled_with_columns_that_it_has(content: package.Content, name: str) -> None:
    rows = content.tables[name]
    assert rows
    keys = {c.key for c in TABLES[name].columns}
    for row in rows:
        assert set(_own(row)) <= keys


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_value_breaks_a_constraint_of_its_column(content: package.Content, name: str) -> None:
    for row in content.tables[name]:
        for key, value in _own(row).items():
            column = TABLES[name].column(key)
            rule = column.constraint
            if rule.enum:
                allowed = {item.code for item in rule.enum}
                assert set(value if isinstance(value, list) else [value]) <= allowed, key
            if rule.codes and not rule.enum:
                assert EDITION.codelists[rule.codes].item(str(value)) is not None, (key, value)
            if rule.min is not None:
                assert value >= rule.min, key
            if rule.max is not None:
                assert value <= rule.max, key
            if rule.at_most is not None and row.get(rule.at_most) is not None:
                assert value <= row[rule.at_most], key


def test_layers_use_codes_that_the_lists_have(content: package.Content) -> None:
    land = EDITION.codelists["land_use"]
    layers = {layer.name: layer for layer in content.layers}
    assert all(land.item(f.values["landuse"]) is not None for f in layers["landuse"].features)
    erosion = {item.code for item in EDITION.codelists["erosion_intensity"].items}
    assert {str(f.values["class"]) for f in layers["erosion"].features} <= erosion
    measures = set(EDITION.measures)
    for name in ("measures", "measures_lines", "measures_points"):
        assert {f.values["measure"] for f in layers[name].features} <= measures
    columns = {c.key for c in TABLES["a4"].columns}
    counted = {
        f.values["survey_column"] for name in ("measures", "measures_points") for f in layers[name].features
    }
    assert counted - {None} <= columns
