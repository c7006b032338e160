"""Returns of one package from several devices: which state each goes on from."""

from __future__ import annotations

from qingliu.core.field.copies import in_doubt, kinship, nearest
from qingliu.core.field.differences import CHANGED, CONFLICT, Difference, FieldKind, RowState

FIELDS = {"a7": (FieldKind("n", "integer"), FieldKind("name", "text"))}


def table(**rows):
    return {"a7": {uuid: RowState({"n": n, "name": name}) for uuid, (n, name) in rows.items()}}


FIRST = table(u=(36, "上店"), v=(12, "下店"))
MERGED = table(u=(40, "上店甲"), v=(12, "下店"))


def kin(theirs, merged=MERGED):
    return kinship(FIELDS, FIRST, merged, theirs)


def test_a_return_with_all_that_was_merged_goes_on_from_it_without_doubt():
    found = kin(table(u=(40, "上店甲"), v=(13, "下店")))
    assert found.goes_on and found.stands == 2 and not found.doubtful


def test_a_return_with_nothing_of_it_is_another_copy():
    assert not kin(table(u=(36, "上店"), v=(99, "下店"))).goes_on
    assert not kin(table(u=(41, "上店"), v=(12, "下店"))).goes_on
    assert nearest([kin(table(u=(36, "上店"), v=(99, "下店")))]) is None


def test_what_does_not_stand_in_a_return_that_has_a_part_is_in_doubt():
    found = kin(table(u=(36, "上店甲"), v=(12, "下店")))
    assert found.goes_on and found.doubtful == {("a7", "u", "n")}
    both = [Difference("a7", "u", f, CHANGED, 1, 2) for f in ("n", "name")]
    assert [d.kind for d in in_doubt(both, found.doubtful)] == [CONFLICT, CHANGED]


def test_a_row_made_there_settles_that_a_return_goes_on():
    merged = table(u=(40, "上店甲"), v=(12, "下店"), w=(1, "新村"))
    found = kin(table(u=(36, "上店"), v=(12, "下店"), w=(1, "新村")), merged)
    assert found.sure and not found.doubtful
    assert not kin(FIRST, merged).goes_on


def test_the_nearest_of_several_states_is_taken():
    other = kin(MERGED, table(u=(36, "上店"), v=(5, "下店")))
    assert nearest([other, kin(MERGED)]) == 1
    assert nearest([kin(MERGED, FIRST)]) == 0  # nothing was changed there: nothing speaks against it
