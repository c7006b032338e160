"""Long tables are cut between rows: every row on one page, in order, the notes below the last one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.printing.paging import Slice, slices


@pytest.mark.parametrize(
    ("heights", "rooms", "tail", "wanted"),
    [
        ([], (10, 12), 2, [(0, 0, True, True)]),
        ([4, 4], (10, 12), 2, [(0, 2, True, True)]),
        ([4, 4, 4], (10, 12), 2, [(0, 2, True, False), (2, 3, False, True)]),
        # 4 + 4 fill the page, the notes do not fit any more: the last row goes along with them
        ([4, 4], (9, 12), 3, [(0, 1, True, False), (1, 2, False, True)]),
        # a row higher than any page has one of its own
        ([2, 30, 2], (10, 12), 2, [(0, 1, True, False), (1, 2, False, False), (2, 3, False, True)]),
        # one row that leaves no place for the notes: they follow alone
        ([9], (10, 12), 3, [(0, 1, True, False), (1, 1, False, True)]),
    ],
    ids=["none", "one page", "two pages", "notes", "giant", "notes alone"],
)
def test_pages_by_hand(heights, rooms, tail, wanted):
    assert slices(heights, *rooms, tail) == [Slice(*w) for w in wanted]


@given(
    st.lists(st.floats(0.5, 40), max_size=60),
    st.floats(5, 30),
    st.floats(5, 30),
    st.floats(0, 4),
)
def test_every_row_is_on_one_page_in_order_and_fits(heights, first, following, tail):
    pages = slices(heights, first, following, tail)
    assert [n for p in pages for n in range(p.start, p.stop)] == list(range(len(heights)))
    assert [p.first for p in pages] == [True] + [False] * (len(pages) - 1)
    assert [p.last for p in pages] == [False] * (len(pages) - 1) + [True]
    for page in pages:
        room = first if page.first else following
        used = sum(heights[page.start : page.stop]) + (tail if page.last else 0)
        assert used <= room + 1e-9 or page.stop - page.start <= 1
