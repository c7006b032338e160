"""YAML of anybody's: small, shallow, every key once; else it is refused, however it is hidden."""

from __future__ import annotations

import pytest
from qingliu.core.data import DEEPEST, LARGEST, UnfitYaml, parse_untrusted

MANY = "".join(f"k{number}: 1\n" for number in range(20_000)).encode()


def test_plain_data_comes_as_it_was_written():
    assert parse_untrusted(b"\xef\xbb\xbfname: \xe6\xb2\xb3\nlist: [1, 2.5, {a: null}]\n") == {
        "name": "河",
        "list": [1, 2.5, {"a": None}],
    }


def test_twenty_thousand_keys_are_read_and_one_that_stands_twice_among_them_is_named():
    assert len(parse_untrusted(MANY)) == 20_000
    with pytest.raises(UnfitYaml, match=r"^k7: ×2$"):
        parse_untrusted(MANY + b"k7: 2\n")


def test_the_same_key_in_two_mappings_is_no_key_twice():
    assert parse_untrusted(b"a: {x: 1}\nb: {x: 2}\n") == {"a": {"x": 1}, "b": {"x": 2}}
    with pytest.raises(UnfitYaml, match=r"^x: ×2$"):
        parse_untrusted(b"a: [{x: 1, x: 2}]\n")


@pytest.mark.parametrize("deep", [DEEPEST, DEEPEST + 1])
def test_nesting_is_allowed_to_its_limit_and_no_further(deep):
    data = b"[" * deep + b"]" * deep
    if deep <= DEEPEST:
        assert parse_untrusted(data) is not None
    else:
        with pytest.raises(UnfitYaml):
            parse_untrusted(data)


@pytest.mark.parametrize("data", [b"a: &x [1]\nb: *x\n", b"#" * (LARGEST + 1)], ids=["alias", "too large"])
def test_references_and_large_files_are_refused(data):
    with pytest.raises(UnfitYaml):
        parse_untrusted(data)
