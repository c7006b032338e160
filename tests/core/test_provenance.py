"""Where numbers come from: nothing is lost on the way to JSON, and what is stale is known."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import QingliuError
from qingliu.core.provenance import (
    KINDS,
    Feature,
    Register,
    Value,
    from_json,
    now,
    to_json,
    value_of,
)

AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)


def value(value_id, *inputs, features=(), **fields):
    base = {
        "value": 1.5,
        "kind": "computed",
        "edition": "SLT534-draft2023",
        "made_at": AT,
        "made_by": "evaluate",
    }
    return Value(id=value_id, inputs=inputs, features=tuple(features), **{**base, **fields})


# --- round trips -------------------------------------------------------------------------------

text = st.text(max_size=20)
name = st.text(min_size=1, max_size=12)
zones = st.sampled_from([timezone.utc, timezone(timedelta(hours=8)), timezone(timedelta(minutes=-210))])
values = st.builds(
    Value,
    id=name.map(lambda i: "v:" + i),
    value=st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), text
    ),
    kind=st.sampled_from(KINDS),
    edition=name,
    made_at=st.datetimes(timezones=zones),
    made_by=name,
    unit=st.none() | text,
    clause=st.none() | text,
    formula=st.none() | text,
    inputs=st.lists(name, max_size=4).map(tuple),
    source=st.none() | text,
    year=st.none() | st.integers(1900, 2100),
    features=st.lists(st.builds(Feature, name, st.none() | text), max_size=4).map(tuple),
)


@given(values)
def test_json_loses_nothing_neither_types_nor_microseconds(before):
    after = from_json(to_json(before))
    assert after == before
    assert type(after.value) is type(before.value)
    assert after.made_at.utcoffset() == before.made_at.utcoffset()


@given(st.lists(values, unique_by=lambda v: v.id, max_size=6))
def test_a_register_written_and_read_again_holds_the_same_values_in_order(found):
    before = Register(found)
    after = Register.from_json(before.to_json())
    assert list(after) == list(before) == found


def test_an_unknown_value_stays_none():
    assert '"value": null' in to_json(value("a", value=None))
    assert from_json(to_json(value("a", value=None))).value is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf], ids=str)
def test_no_value_is_nan_or_infinite(bad):
    with pytest.raises(QingliuError, match="QL-PROV-NOTFINITE"):
        value("a", value=bad)


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (np.float64(2.5), 2.5),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.float64("nan"), None),
        (math.nan, None),
        (None, None),
        ("Ⅲ", "Ⅲ"),
    ],
    ids=repr,
)
def test_numbers_of_numpy_become_plain_and_nan_becomes_unknown(raw, plain):
    found = value_of(raw)
    assert found == plain and type(found) is type(plain)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "guessed"},
        {"made_at": datetime(2024, 1, 1)},
        {"made_by": ""},
        {"year": "2024"},
        {"value": [1]},
        {"features": (("parcels", "u"),)},
    ],
    ids=["kind", "no time zone", "nobody", "year as text", "a list", "no feature"],
)
def test_what_is_no_value_is_refused(fields):
    with pytest.raises(QingliuError, match="QL-PROV-INVALID"):
        value("a", **fields)


@pytest.mark.parametrize(
    "broken",
    ["", "[]", "{}", "null", '{"id": "a"}', to_json(value("a")).replace("1.5", "NaN")],
    ids=["empty", "list", "no fields", "null", "few fields", "NaN"],
)
def test_a_broken_record_is_refused_with_its_code(broken):
    with pytest.raises(QingliuError, match="QL-PROV-UNREADABLE"):
        from_json(broken)


def test_now_knows_its_time_zone():
    assert now().tzinfo is not None


# --- what goes stale -----------------------------------------------------------------------------

# total and eroded area -> conservation rate -> verdict; cover rests on the same total
PARCEL = Feature("parcels", "p1")


@pytest.fixture
def chain():
    return Register(
        [
            value("total", features=[Feature("boundary", "b")]),
            value("eroded", features=[Feature("erosion")]),
            value("rate", "eroded", "total"),
            value("forest", features=[PARCEL, Feature("parcels", "p2")]),
            value("cover", "forest", "total"),
            value("verdict", "rate", "cover", "income"),
            value("note"),
        ]
    )


def test_a_changed_input_makes_everything_above_it_stale_inputs_before_users(chain):
    assert chain.stale(["eroded"]) == ("rate", "verdict")
    assert set(chain.stale(["total"])) == {"rate", "cover", "verdict"}
    assert chain.stale(["total"])[-1] == "verdict"
    assert chain.stale(["income"]) == ("verdict",)  # named as input, not registered yet
    assert chain.stale(["note"]) == chain.stale(["nothing"]) == ()


def test_a_changed_feature_makes_the_values_on_it_and_above_stale(chain):
    assert chain.stale(features=[PARCEL]) == ("forest", "cover", "verdict")
    assert chain.stale(features=[Feature("parcels", "p9")]) == ()


def test_a_value_on_a_whole_layer_goes_stale_with_any_of_its_features_and_the_reverse(chain):
    assert chain.stale(features=[Feature("erosion", "new")]) == ("eroded", "rate", "verdict")
    assert chain.stale(features=[Feature("parcels")]) == ("forest", "cover", "verdict")


def test_putting_and_removing_tell_what_went_stale(chain):
    assert chain.put(value("eroded", value=2.0)) == ("rate", "verdict")
    assert chain.get("eroded").value == 2.0
    assert chain.remove("cover") == ("verdict",)
    assert "cover" not in chain and chain.get("cover") is None
    assert set(chain.stale(["total"])) == {"rate", "verdict"}


def test_replacing_a_value_forgets_its_old_inputs(chain):
    chain.put(value("rate", "total"))
    assert chain.stale(["eroded"]) == ()


def test_a_value_that_would_rest_on_itself_is_refused_and_nothing_changes(chain):
    before = chain.to_json()
    with pytest.raises(QingliuError, match=r"QL-PROV-CYCLE.*eroded"):
        chain.put(value("eroded", "verdict"))
    with pytest.raises(QingliuError, match="QL-PROV-CYCLE"):
        value("a", "a")
    assert chain.to_json() == before


@st.composite
def graphs(draw):
    """Values v0 … vn, each with inputs among the earlier ones: any acyclic graph."""
    count = draw(st.integers(1, 12))
    edges = []
    for i in range(count):
        inputs = draw(st.sets(st.integers(0, i - 1))) if i else set()
        edges.append(tuple(f"v{j}" for j in sorted(inputs)))
    return [value(f"v{i}", *inputs) for i, inputs in enumerate(edges)]


@given(graphs(), st.data())
def test_stale_is_exactly_what_can_be_reached_and_each_after_its_inputs(found, data):
    register = Register(data.draw(st.permutations(found)))
    changed = data.draw(st.sampled_from(found)).id
    stale = register.stale([changed])
    reached, grew = {changed}, True
    while grew:
        above = {v.id for v in found if reached.intersection(v.inputs)}
        grew = not above <= reached
        reached |= above
    assert set(stale) == reached - {changed} and len(set(stale)) == len(stale)
    place = {value_id: n for n, value_id in enumerate(stale)}
    for value_id in stale:
        for used in register.get(value_id).inputs:
            assert place.get(used, -1) < place[value_id]
