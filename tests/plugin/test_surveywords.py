"""Words of given layers in the survey's codes: the same classes as the algorithms read, and nothing guessed."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def edition(qgis_app):
    from qingliu.core.standard import default_edition

    return default_edition()


def _coded(edition, role: str, column: str, value, **fields):
    """The code that a column gets for a value, and the codes of the warnings."""
    from qingliu.layers.records import Record
    from qingliu.layers.surveywords import coded, columns_of

    columns = columns_of(role, fields, edition)
    field = next(c.field for c in columns if c.name == column)
    found = coded([Record(1, None, None, {field: value})], columns, "layer")
    return found.records[0].attributes[column], [w.code for w in found.warnings]


@pytest.mark.parametrize(
    "value", ["自然", " 自然 ", "人工生态", "硬质", "硬质（已柔化美化）", "硬质(已柔化美化)"]
)
def test_a_bank_has_the_same_class_in_the_survey_as_the_shoreline_ratio_gives_it(edition, value):
    from qingliu.core.shoreline import class_values
    from qingliu.layers.schema import code_lists
    from qingliu.layers.surveyfigures import ECOLOGICAL_VALUES, HARD_VALUES, NATURAL_VALUES

    known = class_values(NATURAL_VALUES, ECOLOGICAL_VALUES, HARD_VALUES)
    code, told = _coded(edition, "BANKS", "bank_type", value)
    assert code in {i.code for i in code_lists(edition)["bank_type"]} and not told
    assert known.kind(code) == known.kind(value) is not None
    assert known.is_softened(code) == known.is_softened(value)


@pytest.mark.parametrize(
    ("role", "column", "value", "code"),
    [
        ("BANKS", "bank_type", "ecological", "人工生态"),  # what shorelineratio writes into bank_class
        ("BANKS", "bank_type", "unclassified", None),
        ("BANKS", "bank_type", None, None),
        ("BANKS", "side", "右岸", "right"),
        ("BANKS", "river", "小河（上段）", "小河（上段）"),
        ("TREATED", "river", " 小河 ", "小河"),
        ("GREEN", "class", "vg1 公园绿地", "VG1"),
        ("GREEN", "class", "环境美化绿地", "VG2"),
        ("LAYOUT", "measure", "梯田", "terrace"),
        ("LAYOUT", "measure", "terrace", "terrace"),
        ("LAYOUT", "status", "已建", "built"),
        ("LAYOUT", "status", None, None),
        ("LAYOUT", "survey_column", "terrace_hm2", "terrace_hm2"),
    ],
)
def test_words_become_codes(edition, role, column, value, code):
    assert _coded(edition, role, column, value) == (code, [])


@pytest.mark.parametrize(
    ("role", "column", "value"),
    [("BANKS", "bank_type", "石头"), ("BANKS", "side", "中"), ("GREEN", "class", "VG3"),
     ("LAYOUT", "measure", "长城"), ("LAYOUT", "status", "也许"), ("LAYOUT", "survey_column", "walls")],
)  # fmt: skip
def test_a_word_of_no_list_stays_empty_and_is_told(edition, role, column, value):
    assert _coded(edition, role, column, value) == (None, ["QL-PREFILL-WORDS"])


def test_fields_are_those_that_were_named(edition):
    assert _coded(edition, "BANKS", "bank_type", "自然", BANK_FIELD="岸坡") == ("自然", [])
    assert _coded(edition, "GREEN", "class", "VG1", GREEN_FIELD="类") == ("VG1", [])
