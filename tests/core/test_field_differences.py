"""Three-way comparison of a field package: every kind by hand, and that merging loses nothing."""

from __future__ import annotations

import pytest
from qingliu.core.errors import InputError
from qingliu.core.field.differences import (
    CHANGED,
    CONFLICT,
    DELETED_HERE,
    DELETED_THERE,
    NEW,
    ROW,
    SAME,
    FieldKind,
    RowState,
    compare_table,
    same_value,
)
from qingliu.core.field.settling import DELETE, INSERT, UPDATE, read_decisions, settle

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

FIELDS = (FieldKind("name", "text"), FieldKind("households", "integer"), FieldKind("geom", "geometry"))


def row(name=None, households=None, shape=None, version=1, who="", when=""):
    return RowState({"name": name, "households": households}, shape, version, who, when)


def kinds(base, ours, theirs):
    return [(d.row_uuid, d.field, d.kind) for d in compare_table("a7", FIELDS, base, ours, theirs)]


HERE = row("上店", 36)
CASES = {
    "untouched": (HERE, HERE, HERE, []),
    "changed there": (HERE, HERE, row("上店", 37), [("u", "households", CHANGED)]),
    "changed here alone": (HERE, row("上店", 40), HERE, []),
    "both the same": (HERE, row("上店", 37), row("上店", 37), [("u", "households", SAME)]),
    "both differently": (HERE, row("上店", 40), row("上店", 37), [("u", "households", CONFLICT)]),
    "two fields, one each": (HERE, row("下店", 36), row("上店", 37), [("u", "households", CHANGED)]),
    "moved there": (HERE, HERE, row("上店", 36, b"p"), [("u", "geom", CHANGED)]),
    "emptied there": (HERE, HERE, row("上店", None), [("u", "households", CHANGED)]),
    "emptied text is no change": (row(None, 36), row(None, 36), row("", 36), []),
    "new there": (None, None, HERE, [("u", ROW, NEW)]),
    "new here alone": (None, HERE, None, []),
    "both added the same": (None, HERE, HERE, []),
    "both added differently": (None, HERE, row("上店", 37), [("u", "households", CONFLICT)]),
    "both added, the package silent": (None, HERE, row("上店", None), []),
    "both added, the survey silent": (None, row("上店", None), HERE, [("u", "households", CONFLICT)]),
    "deleted there": (HERE, HERE, None, [("u", ROW, DELETED_THERE)]),
    "deleted there, edited here": (HERE, row("上店", 40), None, [("u", ROW, DELETED_THERE)]),
    "deleted here": (HERE, None, HERE, []),
    "deleted here, edited there": (HERE, None, row("上店", 37), [("u", ROW, DELETED_HERE)]),
    "deleted on both sides": (HERE, None, None, [("u", ROW, SAME)]),
}


@pytest.mark.parametrize(("base", "ours", "theirs", "expected"), CASES.values(), ids=CASES)
def test_kind_of_difference(base, ours, theirs, expected):
    sides = [{} if side is None else {"u": side} for side in (base, ours, theirs)]
    assert kinds(*sides) == expected


def test_a_difference_shows_both_values_the_base_and_who_and_when():
    theirs = row("上店", 37, who="李清", when="2025-06-18T10:00:00Z")
    (found,) = compare_table("a7", FIELDS, {"u": HERE}, {"u": row("上店", 40)}, {"u": theirs})
    assert (found.ours, found.theirs, found.base) == (40, 37, 36)
    assert (found.who, found.when) == ("李清", "2025-06-18T10:00:00Z")


def test_rows_edited_on_the_side_that_kept_them_show_what_would_be_lost():
    (gone,) = compare_table("a7", FIELDS, {"u": HERE}, {"u": row("上店", 40)}, {})
    assert (gone.kind, gone.ours, gone.theirs) == (DELETED_THERE, {"households": 40}, {})
    (kept,) = compare_table("a7", FIELDS, {"u": HERE}, {}, {"u": row("上店", 37)})
    assert (kept.kind, kept.ours, kept.theirs) == (DELETED_HERE, {}, {"households": 37})


def test_without_the_copy_of_the_packaging_everything_that_differs_is_a_conflict_and_nothing_is_deleted():
    ours = {"u": HERE, "v": row("下店", 12), "x": HERE}
    theirs = {"u": row("上店", 37), "w": row("新店", 5), "x": row(None, 36)}
    found = compare_table("a7", FIELDS, None, ours, theirs)
    assert [(d.row_uuid, d.kind) for d in found] == [("u", CONFLICT), ("w", NEW), ("x", CONFLICT)]


SAMES = [
    ("text", "", None, True),
    ("text", "甲", "甲 ", False),
    ("text", '{"a","b"}', '{"b","a"}', True),
    ("text", '{"a","b"}', "{a,b}", True),
    ("text", '{"a"}', '{"a","b"}', False),
    ("list", None, "{}", True),
    ("number", 1, 1.0, True),
    ("boolean", True, 1, True),
    ("boolean", False, None, False),
    ("integer", 0, None, False),
    ("datetime", "2025-06-18T10:00:00Z", "2025-06-18T10:00:00.000Z", True),
    ("datetime", "2025-06-18T18:00:00+08:00", "2025-06-18T10:00:00Z", True),
    ("datetime", "2025-06-18T10:00:00", "2025-06-18T10:00:01", False),
    ("datetime", "noon", "2025-06-18T10:00:01", False),
]


@pytest.mark.parametrize(("kind", "one", "other", "expected"), SAMES)
def test_same_value(kind, one, other, expected):
    assert same_value(kind, one, other) is expected
    assert same_value(kind, other, one) is expected


# -- settling ---------------------------------------------------------------------


def settled(base, ours, theirs, decisions=(), **how):
    sides = [{} if side is None else {"u": side} for side in (base, ours, theirs)]
    found = compare_table("a7", FIELDS, *sides)
    chosen = {("a7", "u", field): choice for field, choice in decisions}
    return settle(found, {"a7": FIELDS}, {"a7": sides[1]}, {"a7": sides[2]}, chosen, **how)


def test_changed_and_new_are_written_without_asking():
    made = settled(HERE, row("上店", 36, version=3), row("上店", 37))
    assert [(c.action, c.version, dict(c.values)) for c in made.changes] == [(UPDATE, 3, {"households": 37})]
    made = settled(None, None, row("上店", 37, b"p"))
    assert [(c.action, dict(c.values)) for c in made.changes] == [
        (INSERT, {"name": "上店", "households": 37, "geom": b"p"})
    ]
    assert made.open == ()


@pytest.mark.parametrize(
    ("decisions", "written", "waiting"),
    [
        ([], [], 1),
        ([("households", "ours")], [], 0),
        ([("households", "theirs")], [{"households": 37}], 0),
        ([("", "theirs")], [{"households": 37}], 0),
        ([("", "theirs"), ("households", "ours")], [], 0),
        ([("name", "theirs")], [], 1),
    ],
    ids=["undecided", "ours", "theirs", "row theirs", "field before row", "another field"],
)
def test_a_conflict_waits_for_a_decision_and_then_does_what_was_decided(decisions, written, waiting):
    made = settled(HERE, row("上店", 40), row("上店", 37), decisions)
    assert [dict(c.values) for c in made.changes] == written
    assert len(made.open) == waiting


@pytest.mark.parametrize(
    ("ours", "decisions", "how", "actions", "waiting"),
    [
        (HERE, [], {}, [], 1),
        (HERE, [], {"delete": True}, [DELETE], 0),
        (HERE, [("", "ours")], {"delete": True}, [], 0),
        (row("上店", 40), [], {"delete": True}, [], 1),
        (row("上店", 40), [("", "theirs")], {}, [DELETE], 0),
    ],
    ids=["not asked", "asked for all", "kept", "edited here is never deleted unasked", "decided"],
)
def test_rows_deleted_in_the_field_go_only_when_somebody_says_so(ours, decisions, how, actions, waiting):
    made = settled(HERE, ours, None, decisions, **how)
    assert [c.action for c in made.changes] == actions
    assert len(made.open) == waiting


def test_a_row_deleted_here_and_edited_there_comes_back_whole_when_decided_so():
    made = settled(HERE, None, row("上店", 37), [("", "theirs")])
    assert [(c.action, dict(c.values)) for c in made.changes] == [
        (INSERT, {"name": "上店", "households": 37})
    ]


def test_decisions_are_read_and_all_bad_lines_told_together():
    rows = [
        {"table": "a7", "row_uuid": "u", "field": "name", "choice": "theirs"},
        {"table": "a7", "row_uuid": "u", "field": "", "choice": ""},
    ]
    assert read_decisions(rows) == {("a7", "u", "name"): "theirs"}
    bad = [{"table": "a7", "row_uuid": "u", "field": "", "choice": "mine"}] * 2
    with pytest.raises(InputError) as caught:
        read_decisions(bad)
    assert [p.code for p in caught.value.problems] == ["QL-FIELD-CHOICE"] * 2
    with pytest.raises(InputError, match="QL-FIELD-DECISIONS"):
        read_decisions([{"table": "a7"}])


# -- invariants ---------------------------------------------------------------------

NAMES = st.sampled_from(["甲", "乙", None])
STATES = st.none() | st.builds(row, NAMES, st.sampled_from([None, 1, 2]), st.sampled_from([None, b"p"]))
SIDES = st.tuples(STATES, STATES, STATES)


def merged(ours, changes):
    """The row after the changes, None where there is none."""
    for change in changes:
        if change.action == DELETE:
            ours = None
        elif change.action == INSERT:
            ours = RowState(
                {k: v for k, v in change.values.items() if k != "geom"}, change.values.get("geom")
            )
        else:
            values = {**ours.values, **{k: v for k, v in change.values.items() if k != "geom"}}
            ours = RowState(values, change.values.get("geom", ours.shape))
    return ours


@given(SIDES)
def test_no_value_entered_on_one_side_alone_is_ever_lost(sides):
    base, ours, theirs = sides
    after = merged(ours, settled(*sides).changes)
    if ours is not None:
        assert after is not None
        for f in FIELDS:
            was = base.value(f.name) if base else None
            if ours.value(f.name) != was:
                assert after.value(f.name) == ours.value(f.name)
            elif base and theirs and theirs.value(f.name) != was:
                assert after.value(f.name) == theirs.value(f.name)
    elif base is None:
        assert (after is None) == (theirs is None)


@given(SIDES)
def test_all_decided_for_the_package_gives_what_the_package_says(sides):
    base, ours, theirs = sides
    made = settled(*sides, [("", "theirs")])
    assert made.open == ()
    after = merged(ours, made.changes)
    if theirs is None:
        assert after is None if base is not None else after == ours
    elif ours is not None:
        for f in FIELDS:
            told = theirs.value(f.name)
            touched = told is not None if base is None else told != base.value(f.name)
            wanted = theirs.value(f.name) if touched else ours.value(f.name)
            assert after.value(f.name) == wanted


@given(SIDES)
def test_merging_twice_changes_nothing_more(sides):
    base, ours, theirs = sides
    once = merged(ours, settled(*sides, [("", "theirs")]).changes)
    assert settled(base, once, theirs, [("", "theirs")]).changes == ()


@given(STATES, STATES, STATES)
def test_two_devices_in_either_order_give_the_same_row_where_nothing_is_contested(base, one, two):
    if base is None or one is None or two is None:
        return

    def both(first, second):
        after = merged(base, settled(base, base, first).changes)
        made = settled(base, after, second)
        return merged(after, made.changes), made.open

    (forward, open_1), (backward, open_2) = both(one, two), both(two, one)
    assert bool(open_1) == bool(open_2)
    if not open_1:
        assert forward.values == backward.values and forward.shape == backward.shape
