"""Pinyin initials: the borders of GB 2312, and the characters that need a table."""

from __future__ import annotations

import re

import pytest
from qingliu.core import pinyin


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("小流域", "xly"),
        ("沟道", "gd"),
        ("岸线", "ax"),
        ("面源污染", "mywr"),
        ("梯田", "tt"),
        ("游屋圳", "ywz"),
        ("淤地坝", "ydb"),
    ],
)
def test_initials_of_the_fields_words(text, letters):
    assert pinyin.found(letters, pinyin.spelled(text))
    assert len(pinyin.spelled(text)) == len(letters)


def test_a_character_read_two_ways_is_found_by_either():
    assert pinyin.found("c", pinyin.spelled("长")) and pinyin.found("z", pinyin.spelled("长"))


def test_letters_must_follow_one_another():
    assert not pinyin.found("xy", pinyin.spelled("小流域"))


def test_every_han_character_of_the_edition_has_an_initial():
    from qingliu.core.standard import default_edition

    edition = default_edition()
    whole = "".join(c.zh + c.use_zh + (c.term_zh or "") for c in edition.clauses.values())
    whole += "".join(m.name_zh for m in edition.measures.values())
    whole += "".join(s.title_zh for s in edition.standards.values())
    missing = {c for c in re.findall("[\u4e00-\u9fff]", whole) if not pinyin.initials(c)}
    assert missing == set()
