"""Ids, uuids and names that outlive a new DEM or other limits (PREVIOUS)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from qingliu.core.terrain.matching import Earlier, first_identities, match_previous


def line(*points) -> np.ndarray:
    return np.array(points, float)


def numbered():
    count = itertools.count(1)
    return lambda: f"uuid-{next(count)}"


def earlier(channel_id, *points, name=None):
    return Earlier(channel_id, f"old-{channel_id}", name, line(*points))


def test_without_an_earlier_survey_ids_count_from_one_and_nothing_changed():
    found = first_identities(2, numbered())
    assert [(i.channel_id, i.uuid, i.change) for i in found] == [(1, "uuid-1", None), (2, "uuid-2", None)]


def test_random_uuids_are_the_default_and_differ():
    one, two = first_identities(2)
    assert one.uuid != two.uuid
    assert len(one.uuid) == 36


def test_an_unchanged_line_keeps_id_uuid_and_name():
    old = earlier(7, (0, 0), (500, 0), name="东沟")
    found = match_previous([line((0, 0), (500, 0))], [old], 5.0)
    assert found.identities == [(7, "old-7", "东沟", "same", None)]
    assert found.vanished == []


def test_a_line_moved_by_a_cell_and_a_little_longer_is_the_same():
    found = match_previous([line((0, 5), (520, 5))], [earlier(7, (0, 0), (500, 0))], 5.0)
    assert found.identities[0].change == "same"
    assert found.identities[0].channel_id == 7


def test_a_line_two_cells_away_is_another():
    found = match_previous([line((0, 10), (500, 10))], [earlier(7, (0, 0), (500, 0))], 5.0, numbered())
    assert found.identities == [(8, "uuid-1", None, "new", None)]
    assert [old.channel_id for old in found.vanished] == [7]


@pytest.mark.parametrize(
    ("end", "change"), [(495.0, "new"), (505.0, "same")], ids=["under half", "over half"]
)
def test_overlap_on_most_of_the_length_decides(end, change):
    # new: 1000 m, of which `end` lie on the old line of 1000 m, the rest leaves at a right angle
    new = line((0, 0), (end, 0), (end, 1000 - end))
    old = earlier(3, (0, 0), (1000, 0))
    found = match_previous([new], [old], 1.0)
    assert found.identities[0].change == change


def test_a_short_channel_moved_by_a_third_of_a_cell_is_the_same():
    found = match_previous([line((1.2, 1.2), (11.2, 1.2))], [earlier(3, (0, 0), (10, 0))], 5.0)
    assert found.identities[0].change == "same"


def test_a_short_tributary_is_not_its_parent():
    olds = [earlier(1, (0, 0), (500, 0))]
    news = [line((0, 0), (500, 0)), line((107, 7), (100, 0)), line((200, -10), (200, 0))]
    found = match_previous(news, olds, 5.0)
    assert [i.change for i in found.identities] == ["same", "new", "new"]


def test_of_two_pieces_the_longer_keeps_the_id_and_the_other_is_split_from_it():
    old = earlier(4, (0, 0), (1000, 0))
    found = match_previous([line((0, 0), (390, 0)), line((400, 0), (1000, 0))], [old], 2.0, numbered())
    assert found.identities[1] == (4, "old-4", None, "same", None)
    assert found.identities[0] == (5, "uuid-1", None, "split", 4)
    assert found.vanished == []


def test_where_two_became_one_the_longer_lives_on_and_the_other_vanished():
    olds = [earlier(1, (0, 0), (300, 0)), earlier(2, (300, 0), (1000, 0))]
    found = match_previous([line((0, 0), (1000, 0))], olds, 2.0)
    assert found.identities[0].channel_id == 2
    assert [old.channel_id for old in found.vanished] == [1]


def test_a_channel_that_grew_to_three_times_its_length_is_still_the_same():
    found = match_previous([line((0, 0), (900, 0))], [earlier(6, (600, 0), (900, 0))], 2.0)
    assert found.identities[0].channel_id == 6
    assert found.identities[0].change == "same"


def test_ids_go_on_after_the_largest_and_are_never_used_again():
    olds = [earlier(2, (0, 0), (100, 0)), earlier(9, (0, 500), (100, 500))]
    found = match_previous([line((0, 0), (100, 0)), line((0, 900), (100, 900))], olds, 2.0, numbered())
    assert [i.channel_id for i in found.identities] == [2, 10]
    assert [old.channel_id for old in found.vanished] == [9]


def test_crossing_lines_do_not_match():
    found = match_previous([line((0, -5), (0, 5))], [earlier(1, (-500, 0), (500, 0))], 5.0)
    assert found.identities[0].change == "new"


def test_a_tributary_keeps_its_own_id_where_the_stem_kept_its_course():
    olds = [earlier(1, (0, 0), (1000, 0)), earlier(2, (500, 400), (500, 0))]
    news = [line((0, 1), (1000, 1)), line((501, 420), (501, 1))]
    found = match_previous(news, olds, 5.0)
    assert [i.channel_id for i in found.identities] == [1, 2]


def test_every_id_is_given_once_on_random_nets():
    rng = np.random.default_rng(5)
    starts = rng.random((40, 2)) * 1000
    olds = [Earlier(k + 1, f"o{k}", None, line(s, s + rng.normal(0, 200, 2))) for k, s in enumerate(starts)]
    news = [old.xy + rng.normal(0, 3, old.xy.shape) for old in olds[5:]] + [line((0, 0), (1, 999))]
    found = match_previous(news, olds, 5.0)
    ids = [i.channel_id for i in found.identities]
    assert len(set(ids)) == len(ids)
    assert {old.channel_id for old in found.vanished}.isdisjoint(ids)
    kept = {i.channel_id for i in found.identities if i.change == "same"}
    assert kept | {old.channel_id for old in found.vanished} == set(range(1, 41))
