"""What a merge would leave pointing to nothing: held back, or told."""

from __future__ import annotations

import pytest
from qingliu.core.field.differences import RowState
from qingliu.core.field.links import Dangling, dangling, held_deletions
from qingliu.core.field.settling import DELETE, INSERT, UPDATE, RowChange


def rows(**values):
    return {uuid: RowState(fields) for uuid, fields in values.items()}


OURS = {
    "villages": rows(v1={"name": "上店"}, v2={"name": "下店"}),
    "a7": rows(r1={"villages_uuid": "v1"}, r2={"villages_uuid": None}),
    "photos": rows(p1={"row_uuid": "r1"}),
}


def gone(table, uuid):
    return RowChange(DELETE, table, uuid, 1, {})


@pytest.mark.parametrize(
    "changes, decided, held",
    [
        pytest.param([gone("villages", "v2")], (), set(), id="nothing points there"),
        pytest.param([gone("villages", "v1")], (), {("villages", "v1")}, id="a row points there"),
        pytest.param([gone("villages", "v1")], {("villages", "v1")}, set(), id="decided"),
        pytest.param(
            [gone("villages", "v1"), gone("a7", "r1"), gone("photos", "p1")], (), set(), id="all go together"
        ),
        pytest.param(
            [gone("villages", "v1"), gone("a7", "r1")],
            (),
            {("villages", "v1"), ("a7", "r1")},
            id="a row that is held holds what it points to",
        ),
        pytest.param(
            [gone("villages", "v1"), RowChange(UPDATE, "a7", "r1", 1, {"villages_uuid": "v2"})],
            (),
            set(),
            id="it points elsewhere now",
        ),
        pytest.param(
            [gone("villages", "v2"), RowChange(INSERT, "a7", "r3", 0, {"villages_uuid": "v2"})],
            (),
            {("villages", "v2")},
            id="a new row points there",
        ),
    ],
)
def test_deletions_that_would_break_a_link_are_held(changes, decided, held):
    assert held_deletions(changes, OURS, decided) == held


def test_links_to_rows_that_are_not_there_are_found():
    photo = RowChange(INSERT, "photos", "p2", 0, {"row_uuid": "r9", "path": "x_uuid"})
    assert dangling([photo], OURS) == [Dangling("photos", "p2", "row_uuid", "r9")]
    assert dangling([photo, RowChange(INSERT, "a7", "r9", 0, {})], OURS) == []
    assert dangling([gone("a7", "r1"), RowChange(UPDATE, "photos", "p1", 1, {"row_uuid": "r1"})], OURS) == [
        Dangling("photos", "p1", "row_uuid", "r1")
    ]
